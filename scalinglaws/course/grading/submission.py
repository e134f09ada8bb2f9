"""A submitted notebook, whatever state it is in: read as far as it can be, and put in the order of the source.

Nothing that a submission says about itself counts: points, locks, tags, kernels come from the source notebook. Of the learner's
there remain the answers, the other cells and their order.
"""

import html
import json
import re
from collections.abc import Iterable
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader import utils
from nbgrader.preprocessors import ClearSolutions, ComputeChecksums, LockCells
from traitlets.config import Config

MAX_FILE = 64 * 2**20  # bytes of a submitted notebook
MAX_VALUES = 4_000_000  # of its JSON: each takes some hundred bytes of memory
MAX_CELLS = 5_000
_MOST_REMARKS = 5  # of one kind
_MERGE = re.compile(r"^<{7}[^\n]*\n(.*?)^={7}[^\n]*\n(.*?)^>{7}[^\n]*\n?", re.DOTALL | re.MULTILINE)


class Unreadable(Exception):
    """There is no notebook in this file; the text says what there is instead."""


# --- reading ---


def read(path: Path) -> tuple[NotebookNode, list[str]]:
    """The notebook in a file, and remarks on what had to be mended. Raises Unreadable."""
    if path.is_symlink() or not path.is_file():
        raise Unreadable("it is not a plain file")
    if path.stat().st_size > MAX_FILE:
        raise Unreadable(f"the file has {path.stat().st_size / 2**20:.0f} MiB")
    remarks: list[str] = []
    text = _decode(path.read_bytes(), remarks)
    if not text.strip():
        raise Unreadable("the file is empty")
    if sum(map(text.count, ",[{")) > MAX_VALUES:
        raise Unreadable(f"the file holds more than {MAX_VALUES:,} values")
    data = _parse(text, remarks)
    if not isinstance(data, dict):
        raise Unreadable("the file is JSON, but no notebook")
    if isinstance(data.get("worksheets"), list):
        remarks.append("an old notebook format was converted")
        data = {"cells": [c for sheet in data["worksheets"] for c in _old_cells(sheet)]}
    cells = data.get("cells")
    if not isinstance(cells, list):
        raise Unreadable("the file is JSON, but no notebook")
    if len(cells) > MAX_CELLS:
        raise Unreadable(f"the notebook has {len(cells):,} cells")
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [cell for cell in map(_cell, cells) if cell is not None]
    if len(notebook.cells) < len(cells):
        remarks.append(f"{len(cells) - len(notebook.cells)} damaged cells were left out")
    return notebook, remarks


def _decode(data: bytes, remarks: list[str]) -> str:
    for mark, encoding in (
        (b"\xef\xbb\xbf", "utf-8-sig"),
        (b"\xff\xfe", "utf-16"),
        (b"\xfe\xff", "utf-16"),
    ):
        if data.startswith(mark):
            remarks.append("the file began with a byte order mark")
            return data.decode(encoding, "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        remarks.append("the file is not UTF-8; it was read as Latin-1")
        return data.decode("latin-1")


def _parse(text: str, remarks: list[str]) -> object:
    """The JSON of a file; of a conflict the first side that can be read, of a torn file the cells that are whole."""
    try:
        return json.loads(text)
    except RecursionError:
        raise Unreadable("the file is nested too deeply") from None
    except ValueError:
        pass
    if _MERGE.search(text):
        for side in (1, 2):
            try:
                data = json.loads(_MERGE.sub(lambda m, side=side: m[side], text))
            except (ValueError, RecursionError):
                continue
            remarks.append("the file held marks of a merge conflict; one side was taken")
            return data
    start = text.find('"cells"')
    opened = text.find("[", start)
    if start < 0 or opened < 0:
        kind = "an HTML page" if re.match(r"\s*<(!doctype|html)", text, re.I) else "no notebook"
        raise Unreadable(f"the file is {kind}")
    cells, at, decoder = [], opened + 1, json.JSONDecoder()
    while True:
        at = re.compile(r"[\s,]*").match(text, at).end()
        try:
            cell, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            break
        cells.append(cell)
    if not cells:
        raise Unreadable("the file is damaged: no cell of it can be read")
    remarks.append(f"the file is damaged; {len(cells)} cells could be read")
    return {"cells": cells}


def _old_cells(sheet: object) -> list:
    """Cells of nbformat 3 with the names of nbformat 4."""
    cells = sheet.get("cells") if isinstance(sheet, dict) else None
    found = []
    for cell in cells if isinstance(cells, list) else ():
        if isinstance(cell, dict):
            cell = {**cell, "source": cell.get("input", cell.get("source", ""))}
            if cell.get("cell_type") == "heading":
                cell["cell_type"] = "markdown"
            found.append(cell)
    return found


def _cell(cell: object) -> NotebookNode | None:
    """One cell with nothing but its kind, its source, its grade_id and its id; None where it is no cell."""
    if not isinstance(cell, dict):
        return None
    kind, source, metadata = cell.get("cell_type"), cell.get("source", ""), cell.get("metadata")
    if isinstance(source, list):
        source = "".join(part for part in source if isinstance(part, str))
    if kind not in ("code", "markdown", "raw") or not isinstance(source, str):
        return None
    made = getattr(nbformat.v4, f"new_{kind}_cell")(_unicode(source))
    if isinstance(name := cell.get("id"), str) and re.fullmatch(r"[\w-]{1,64}", name, re.ASCII):
        made["id"] = name
    own = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    if isinstance(own, dict) and isinstance(own.get("grade_id"), str):
        made.metadata["nbgrader"] = NotebookNode(grade_id=own["grade_id"])
    attachments = cell.get("attachments")
    if kind == "markdown" and isinstance(attachments, dict):
        made["attachments"] = {
            _unicode(name): {_unicode(mime): _unicode(data) for mime, data in bundle.items()}
            for name, bundle in attachments.items()
            if isinstance(bundle, dict) and all(isinstance(data, str) for data in bundle.values())
        }
    return made


def _unicode(text: str) -> str:
    """The text without lone surrogates, which JSON may hold and no file can."""
    return text.encode("utf-8", "replace").decode("utf-8")


# --- the source ---


def master(path: Path, config: Config | None = None) -> NotebookNode:
    """A source notebook as nbgrader hands it out, but with its hidden tests: stubs, locks and checksums."""
    notebook, resources = nbformat.read(path, as_version=4), {}
    for step in (ClearSolutions, LockCells, ComputeChecksums):
        notebook, resources = step(config=config).preprocess(notebook, resources)
    return notebook


def grade_id(cell: NotebookNode) -> str:
    """nbgrader's name of a cell, or an empty text."""
    own = cell.metadata.get("nbgrader")
    return own.get("grade_id", "") if own else ""


def is_test(cell: NotebookNode) -> bool:
    """Whether a cell is run to give points, and is none of the learner's."""
    return cell.cell_type == "code" and utils.is_grade(cell) and not utils.is_solution(cell)


def visible(source: str) -> str:
    """A cell's source as learners see it: without hidden tests."""
    return re.sub(
        r"^[^\n]*BEGIN HIDDEN TESTS.*?END HIDDEN TESTS[^\n]*\n?",
        "",
        source,
        flags=re.DOTALL | re.MULTILINE,
    )


# --- mending ---


MISSING = "missing answers"  # how the remark begins that a person should read


def mend(notebook: NotebookNode, source: NotebookNode) -> list[str]:
    """Put a submission in order, in place: what belongs to the source is the source's. Returns remarks.

    source: what `master` gives.
    """
    ours = {grade_id(cell): cell for cell in source.cells if grade_id(cell)}
    remarks = _claim(notebook, ours)
    remarks += _put_back(notebook, source, ours)
    remarks += _tests_after_answers(notebook, ours)
    seen: set[str] = set()
    for cell in notebook.cells:
        if cell.id in seen:
            cell["id"] = nbformat.corpus.words.generate_corpus_id()
        seen.add(cell.id)
    notebook.metadata = NotebookNode(
        kernelspec=source.metadata.get("kernelspec", {}), language_info=NotebookNode(name="python")
    )
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    return remarks


def _claim(notebook: NotebookNode, ours: dict[str, NotebookNode]) -> list[str]:
    """Give each of the source's cells to one submitted cell; a second copy becomes an ordinary cell."""
    remarks: list[str] = []
    strange: list[str] = []
    copies: dict[str, list[NotebookNode]] = {}
    for cell in notebook.cells:
        name = grade_id(cell)
        cell.metadata = NotebookNode()
        if name in ours:
            copies.setdefault(name, []).append(cell)
        elif name:
            strange.append(f"a cell called {name[:60]!r} is not of this assignment")
    remarks += strange[:_MOST_REMARKS]
    if len(strange) > _MOST_REMARKS:
        remarks.append(f"and {len(strange) - _MOST_REMARKS} more such cells")
    for name, cells in copies.items():
        original = ours[name]
        if len(cells) > 1:
            remarks.append(f"{name} was there {len(cells)} times")
        # Of an answer the last copy that was worked on counts, of a test any: it is overwritten.
        changed = [c for c in cells if c.source.strip() != original.source.strip()]
        cell = (changed or cells)[-1] if utils.is_solution(original) else cells[0]
        _become(cell, original)
        if not utils.is_solution(original):
            if cell.source.strip() not in (
                original.source.strip(),
                visible(original.source).strip(),
            ):
                remarks.append(f"{name} was changed; the original was run")
            cell.source = original.source
    return remarks


def _become(cell: NotebookNode, original: NotebookNode) -> None:
    """Take over the kind and the metadata of the source's cell."""
    if cell.cell_type != original.cell_type:
        cell.cell_type = original.cell_type
        if cell.cell_type == "code":
            cell.update(outputs=[], execution_count=None)
            cell.pop("attachments", None)
        else:
            cell.pop("outputs", None)
            cell.pop("execution_count", None)
    cell.metadata = _metadata(original)


def _metadata(original: NotebookNode) -> NotebookNode:
    kept = {k: v for k, v in original.metadata.items() if k in ("nbgrader", "scalinglaws")}
    return nbformat.from_dict(json.loads(json.dumps(kept)))


def _put_back(notebook: NotebookNode, source: NotebookNode, ours: dict) -> list[str]:
    """Put missing tests and written answers where they belong: before the next cell of the source that is there."""
    places = {key: i for i, cell in enumerate(source.cells) for key in _keys(cell)}
    present = {grade_id(cell) for cell in notebook.cells}
    missing: list[str] = []
    back: list[str] = []
    for at, original in enumerate(source.cells):
        name = grade_id(original)
        if not name or name in present:
            continue
        if not (utils.is_grade(original) or utils.is_task(original)):
            if utils.is_solution(original):
                missing.append(name)
            continue
        back.append(name)
        cell = nbformat.from_dict(json.loads(json.dumps(original)))
        _become(cell, original)
        index = next(
            (
                i
                for i, other in enumerate(notebook.cells)
                if any(places.get(key, -1) > at for key in _keys(other))
            ),
            len(notebook.cells),
        )
        notebook.cells.insert(index, cell)
    return [
        f"{what}: {', '.join(names[:5])}{', and others' * (len(names) > 5)}"
        for names, what in ((missing, MISSING), (back, "missing and put back"))
        if names
    ]


def _keys(cell: NotebookNode) -> Iterable[str]:
    """What a cell is known by: its grade_id, or its text."""
    if name := grade_id(cell):
        yield "id " + name
    elif len(cell.source) > 20:
        yield "text " + cell.source.strip()


def _tests_after_answers(notebook: NotebookNode, ours: dict) -> list[str]:
    """Move a test that stands before an answer, or a test whose names it may use, that precedes it in the source."""
    order, remarks = list(ours), []
    for name in order:
        if not is_test(ours[name]):
            continue
        before = {
            n for n in order[: order.index(name)] if utils.is_solution(ours[n]) or is_test(ours[n])
        }
        where = {grade_id(c): i for i, c in enumerate(notebook.cells) if grade_id(c)}
        last = max((where[n] for n in before if n in where), default=-1)
        if where.get(name, len(notebook.cells)) < last:
            cell = notebook.cells.pop(where[name])
            notebook.cells.insert(last, cell)
            remarks.append(f"{name} stood before its answer and was moved")
    return remarks


def plain_text(markdown: str) -> str:
    """The words of a text without its HTML."""
    return html.unescape(re.sub(r"<[^>]+>", "", markdown))
