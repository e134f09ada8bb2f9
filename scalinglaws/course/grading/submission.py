"""A submitted notebook in any state: read as far as possible, and put into the order of the source.

Nothing that a submission says about itself counts: points, locks, tags and kernels come from the
source notebook. The answers, the other cells and their order come from the learner. An answer that
is no longer in its graded cell is matched with it by id, by the names it defines, or by position.
"""

import itertools
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
from nbformat import NotebookNode
from nbformat.corpus.words import generate_corpus_id
from nbformat.v4 import new_code_cell, new_markdown_cell, new_raw_cell

from scalinglaws.course.exercises import graded_cells, is_grade, is_solution, read_notebook

from .cells import checksum, is_task
from .messages import visible_text
from .remarks import Remark, look, repaired

if TYPE_CHECKING:
    from traitlets.config import Config

MAX_FILE = 64 * 2**20  # bytes of a submitted notebook
MAX_VALUES = 4_000_000  # of its JSON: each takes about a hundred bytes of memory
MAX_CELLS = 5_000
_MOST_REMARKS = 5  # of one kind
_LONG_TEXT = 30  # characters: a longer text may be a written answer, in any cell
_MAX_SCAN = 200_000  # characters of a cell to search for names


class Unreadable(Exception):
    """This file does not contain a notebook; the text says what it contains instead."""


# --- reading ---


def parse(data: bytes) -> tuple[NotebookNode, list[Remark]]:
    """The notebook in a file's content, and remarks on what had to be repaired. Raises Unreadable."""
    if len(data) > MAX_FILE:
        raise Unreadable(f"the file has {len(data) / 2**20:.0f} MiB")
    remarks: list[str] = []
    text = _decode(data, remarks)
    if not text.strip():
        raise Unreadable("the file is empty")
    if sum(map(text.count, ",[{")) > MAX_VALUES:
        raise Unreadable(f"the file holds more than {MAX_VALUES:,} values")
    content = _parse(text, remarks)
    if not isinstance(content, dict):
        raise Unreadable("the file is JSON, but no notebook")
    if isinstance(content.get("worksheets"), list):
        remarks.append("an old notebook format was converted")
        content = {"cells": [c for sheet in content["worksheets"] for c in _old_cells(sheet)]}
    cells = content.get("cells")
    if not isinstance(cells, list):
        raise Unreadable("the file is JSON, but no notebook")
    if len(cells) > MAX_CELLS:
        raise Unreadable(f"the notebook has {len(cells):,} cells")
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [cell for cell in map(_cell, cells) if cell is not None]
    if len(notebook.cells) < len(cells):
        remarks.append(f"{len(cells) - len(notebook.cells)} damaged cells were left out")
    return notebook, [repaired(text) for text in remarks]


def _decode(data: bytes, remarks: list[str]) -> str:
    for mark, encoding in (
        (b"\xef\xbb\xbf", "utf-8-sig"),
        (b"\xff\xfe\0\0", "utf-32"),
        (b"\0\0\xfe\xff", "utf-32"),
        (b"\xff\xfe", "utf-16"),
        (b"\xfe\xff", "utf-16"),
    ):
        if data.startswith(mark):
            remarks.append("the file began with a byte order mark")
            return data.decode(encoding, "replace")
    encoding = json.detect_encoding(data)
    if encoding != "utf-8":  # UTF-16 or UTF-32 without a byte order mark
        remarks.append(f"the file is not UTF-8; it was read as {encoding.upper()}")
        return data.decode(encoding, "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        remarks.append("the file is not UTF-8; it was read as Latin-1")
        return data.decode("latin-1")


def _parse(text: str, remarks: list[str]) -> object:
    """The JSON of a file; for a conflict the first readable side, for a torn file the complete
    cells.
    """
    try:
        return json.loads(text)
    except RecursionError:
        raise Unreadable("the file is nested too deeply") from None
    except ValueError:
        pass
    for side in (1, 2):
        merged = _side_of_merge(text, side)
        if merged is None:
            break
        try:
            data = json.loads(merged)
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
        while at < len(text) and (text[at] == "," or text[at].isspace()):
            at += 1
        try:
            cell, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            break
        cells.append(cell)
    if not cells:
        raise Unreadable("the file is damaged: no cell of it can be read")
    remarks.append(f"the file is damaged; {len(cells)} cells could be read")
    return {"cells": cells}


def _side_of_merge(text: str, side: int) -> str | None:
    """A file with the first or the second side of each of git's conflicts; None if it has none."""
    kept: list[str] = []
    sides: dict[int, list[str]] = {}
    now, found = 0, False  # 0: outside, 1 and 2: on a side, 3: in the common ancestor (diff3)
    for line in text.split("\n"):
        mark = line[:7] if line[7:8] in ("", " ", "\r") else ""
        if now == 0 and mark == "<" * 7:
            now, sides = 1, {1: [], 2: [], 3: []}
        elif now == 1 and mark == "|" * 7:
            now = 3
        elif now in (1, 3) and mark == "=" * 7:
            now = 2
        elif now == 2 and mark == ">" * 7:
            kept += sides[side]
            now, found = 0, True
        else:
            (sides[now] if now else kept).append(line)
    return "\n".join(kept) if found and now == 0 else None


def _old_cells(sheet: object) -> list[dict[str, Any]]:
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
    """One cell reduced to its kind, source, grade_id and id; None if it is not a cell."""
    if not isinstance(cell, dict):
        return None
    kind, source, metadata = cell.get("cell_type"), cell.get("source", ""), cell.get("metadata")
    if isinstance(source, list):
        source = "".join(part for part in source if isinstance(part, str))
    if kind not in ("code", "markdown", "raw") or not isinstance(source, str):
        return None
    source = source.replace("\r\n", "\n").replace("\r", "\n")  # as Jupyter reads a file
    name = cell.get("id")
    known = isinstance(name, str) and re.fullmatch(r"[\w-]{1,64}", name, re.ASCII)
    # Like nbformat.v4.new_code_cell, which validates each cell and takes much of the time for a
    # class.
    made = NotebookNode(
        id=name if known else generate_corpus_id(),
        cell_type=kind,
        metadata=NotebookNode(),
        source=_unicode(source),
        **({"execution_count": None, "outputs": []} if kind == "code" else {}),
    )
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
    """The text without lone surrogates, which JSON may contain but files cannot."""
    return text.encode("utf-8", "replace").decode("utf-8")


# --- the source ---


def master(path: Path, config: "Config | None" = None) -> NotebookNode:
    """A source notebook as nbgrader releases it, with stubs, locks and checksums, but with its
    hidden tests.

    In a course without source/, a notebook of release/ is used as it is, with only its visible
    tests.
    """
    notebook = read_notebook(path)
    if was_released(notebook):
        for cell in graded_cells(notebook).values():
            cell.metadata.nbgrader["checksum"] = checksum(cell)
        return notebook
    # Not at the top: checking a learner's copy doesn't need this slow import.
    from nbconvert.exporters.exporter import ResourcesDict
    from nbgrader.preprocessors import ClearSolutions, ComputeChecksums, LockCells

    resources = ResourcesDict()
    for step in (ClearSolutions, LockCells, ComputeChecksums):
        notebook, resources = step(config=config).preprocess(notebook, resources)
    return notebook


def was_released(notebook: NotebookNode) -> bool:
    """Whether nbgrader made a notebook: it has checksums, and neither solutions nor hidden tests."""
    ours = [cell for cell in notebook.cells if grade_id(cell)]
    marks = ("### BEGIN SOLUTION", "### BEGIN HIDDEN TESTS")
    return any(cell.metadata.nbgrader.get("checksum") for cell in ours) and not any(
        mark in cell.source for cell in ours for mark in marks
    )


def grade_id(cell: NotebookNode) -> str:
    """nbgrader's name of a cell, or an empty string."""
    own = cell.metadata.get("nbgrader")
    return own.get("grade_id", "") if own else ""


def is_test(cell: NotebookNode) -> bool:
    """Whether a cell is a locked test that gives points."""
    return cell.cell_type == "code" and is_grade(cell) and not is_solution(cell)


def visible(source: str) -> str:
    """A cell's source as learners see it: without hidden tests."""
    if "BEGIN HIDDEN TESTS" not in source:
        return source
    return re.sub(
        r"^[^\n]*BEGIN HIDDEN TESTS.*?END HIDDEN TESTS[^\n]*\n?",
        "",
        source,
        flags=re.DOTALL | re.MULTILINE,
    )


def same_text(one: str, other: str) -> bool:
    """Whether two cells' sources are equal up to spaces at the ends of lines."""
    return one == other or _plain(one) == _plain(other)


def _plain(source: str) -> str:
    return "\n".join(line.rstrip() for line in source.strip().splitlines())


# --- repair ---


def repair(notebook: NotebookNode, source: NotebookNode) -> list[Remark]:
    """Repair a submission in place: cells of the source are restored from it.

    source: from `master`. Returns remarks for the marker.
    """
    ours = {grade_id(cell): cell for cell in source.cells if grade_id(cell)}
    remarks = match_cells(notebook, source)
    remarks += _put_back(notebook, source, ours)
    remarks += _claim_texts(notebook, source, ours)
    remarks += _tests_after_answers(notebook, ours)
    seen: set[str] = set()
    for cell in notebook.cells:
        if cell.id in seen:
            cell["id"] = generate_corpus_id()
        seen.add(cell.id)
        original = ours.get(grade_id(cell))
        if original is not None and same_text(cell.source, original.source):
            cell.source = original.source  # so that its checksum marks it as unchanged
    notebook.metadata = NotebookNode(
        kernelspec=source.metadata.get("kernelspec", {}), language_info=NotebookNode(name="python")
    )
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    return remarks


# --- which cell is which ---


def match_cells(notebook: NotebookNode, source: NotebookNode) -> list[Remark]:
    """Give each of the source's graded cells to one submitted cell; all others become ordinary
    cells.

    A cell is matched by its grade_id, otherwise by its id, or for code by the names that it
    defines.
    """
    ours = {grade_id(cell): cell for cell in source.cells if grade_id(cell)}
    remarks: list[Remark] = []
    strange: list[str] = []
    copies: dict[str, list[NotebookNode]] = {}
    for cell in notebook.cells:
        name = grade_id(cell)
        cell.metadata = NotebookNode()
        if name in ours:
            copies.setdefault(name, []).append(cell)
        elif name:
            strange.append(f"a cell called {visible_text(name[:60])!r} is not of this assignment")
    remarks += [repaired(text) for text in strange[:_MOST_REMARKS]]
    if len(strange) > _MOST_REMARKS:
        remarks.append(repaired(f"and {len(strange) - _MOST_REMARKS} more such cells"))
    by_id = {cell.id: name for name, cell in ours.items() if cell.get("id")}
    taken = {id(cell) for cells in copies.values() for cell in cells}
    for cell in notebook.cells:
        name = by_id.get(cell.get("id", ""), "")
        if name and name not in copies and id(cell) not in taken:
            copies[name] = [cell]
    written = _written_in_locked(copies, ours)
    changed = [name for name, cells in copies.items() if _is_changed(cells[0], ours[name])]
    if changed:
        verbs = ("were", "originals were") if len(changed) > 1 else ("was", "original was")
        remarks.append(repaired(f"{', '.join(changed)} {verbs[0]} changed; the {verbs[1]} run"))
    for name, cells in copies.items():
        remarks += _match_copies(name, cells, ours[name])
    remarks += _claim_code(notebook, source, ours, written)
    return remarks


def _is_changed(cell: NotebookNode, original: NotebookNode) -> bool:
    """Whether a locked cell differs from the release."""
    if is_solution(original):
        return False
    return not any(same_text(cell.source, s) for s in (original.source, visible(original.source)))


def _written_in_locked(
    copies: dict[str, list[NotebookNode]], ours: dict[str, NotebookNode]
) -> list[tuple[NotebookNode, NotebookNode]]:
    """(locked cell, a cell with the learner's additions) for each locked cell that was added to."""
    found: list[tuple[NotebookNode, NotebookNode]] = []
    for name, cells in copies.items():
        given = {line.strip() for line in ours[name].source.splitlines()}
        for cell in () if is_solution(ours[name]) else cells[:1]:
            lines = cell.source[:_MAX_SCAN].split("\n")
            text = "\n".join(line for line in lines if line.strip() not in given).strip("\n")
            if text.strip():
                made = {"code": new_code_cell, "markdown": new_markdown_cell}
                found.append((cell, made.get(cell.cell_type, new_raw_cell)(text)))
    return found


def _match_copies(name: str, cells: list[NotebookNode], original: NotebookNode) -> list[Remark]:
    """Choose among the cells with one grade_id: for an answer, the last one that was worked on."""
    remarks = []
    if len(cells) > 1:
        remarks.append(repaired(f"{name} was there {len(cells)} times"))
    if not is_solution(original):
        cell = cells[0]
        adopt_metadata(cell, original)
        cell.source = original.source
        return remarks
    changed = [c for c in cells if not same_text(c.source, original.source)]
    cell = (changed or cells)[-1]
    if original.cell_type == "markdown" and len(changed) > 1:  # split in two, or written twice
        texts = list(dict.fromkeys(c.source.strip() for c in changed))
        cell.source = "\n\n".join(texts)
    adopt_metadata(cell, original)
    return remarks


def _claim_code(
    notebook: NotebookNode,
    source: NotebookNode,
    ours: dict[str, NotebookNode],
    written: list[tuple[NotebookNode, NotebookNode]],
) -> list[Remark]:
    """Match unchanged or missing code answers with the learner's own cells that define their names.

    written: see `_written_in_locked`. Such a cell becomes part of the notebook, before the locked
    one, if it is an answer or contains text.
    """
    owners = {grade_id(cell): cell for cell in notebook.cells if grade_id(cell)}
    given = {_plain(visible(cell.source)) for cell in source.cells}
    free = [c for c in notebook.cells if not grade_id(c) and _plain(c.source) not in given]
    locked = {id(cell): before for before, cell in written}
    free += [cell for _, cell in written]
    defined = {id(cell): _defined_names(_code_of(cell)) for cell in free}
    claimed: dict[int, str] = {}
    found: list[str] = []
    for name, original in ours.items():
        if original.cell_type != "code" or not is_solution(original):
            continue
        stub = owners.get(name)
        if stub is not None and not same_text(stub.source, original.source):
            continue
        wanted = _defined_names(original.source)
        cells = [cell for cell in free if wanted & defined[id(cell)]]
        if not cells:
            continue
        # Of several, take the one with the most names, and then the last: a later definition
        # replaces an earlier one.
        cell = max(reversed(cells), key=lambda c: len(wanted & defined[id(c)]))
        if before := locked.pop(id(cell), None):
            notebook.cells.insert(_index(notebook, before), cell)
        complete = wanted <= defined[id(cell)]
        if stub is not None:
            notebook.cells.remove(stub)
            if id(cell) in claimed:  # several answers in one cell: the stub must not overwrite them
                notebook.cells.insert(_index(notebook, cell), stub)
                continue
        elif id(cell) in claimed:
            continue
        claimed[id(cell)] = name
        cell.source = _code_of(cell) if complete else f"{original.source}\n{_code_of(cell)}"
        adopt_metadata(cell, original)
        found.append(name)
    for before, cell in written:
        if id(cell) in locked and (cell.cell_type != "code" or _prose_in_code(cell.source)):
            notebook.cells.insert(_index(notebook, before), cell)
    names = ", ".join(found)
    return [repaired(f"answers that were in the learner's own cells: {names}")] if found else []


def _index(notebook: NotebookNode, cell: NotebookNode) -> int:
    return next(i for i, other in enumerate(notebook.cells) if other is cell)


def _code_of(cell: NotebookNode) -> str:
    """A cell's source as code; for a text cell, without the fence of a code block."""
    if cell.cell_type == "code":
        return cell.source
    lines = cell.source.split("\n")
    return "\n".join(line for line in lines if not line.lstrip().startswith("```"))


_DEFINITION = re.compile(r"(?:async +def|def|class) +(\w+)")
_IMPORT = re.compile(r"(?:from [\w.]+ )?import (.+)")
_LOOP = re.compile(r"(?:async +)?for (.+?) in ")
_EQUALS = re.compile(r"(?<![=!<>+*/%&|^@:-])=(?!=)")
_AS = re.compile(r"\bas (\w+)|\b(\w+) *:=")


def _defined_names(code: str) -> set[str]:
    """The names that a cell defines outside functions and classes, found in the text without
    parsing.
    """
    names: set[str] = set()
    body = -1  # the indentation of the definition that contains the line
    for line in code[:_MAX_SCAN].split("\n"):
        statement = line.lstrip()
        indent = len(line) - len(statement)
        if not statement or (body >= 0 and indent > body):
            continue
        body = -1
        if definition := _DEFINITION.match(statement):
            names.add(definition[1])
            body = indent
            continue
        for part in statement[:500].split(";"):
            names |= _bound_by(part.strip())
    return names


def _bound_by(statement: str) -> set[str]:
    """The names that one statement binds, if it is a simple one."""
    names = {one or other for one, other in _AS.findall(statement)}
    if imported := _IMPORT.match(statement):
        parts = [part.split() for part in imported[1].strip("()").split(",")]
        return names | {words[-1].split(".")[0] for words in parts if words}
    if loop := _LOOP.match(statement):
        return names | _targets(loop[1])
    for part in _EQUALS.split(statement)[:-1]:
        targets = _targets(part)
        if not targets:
            break
        names |= targets
    return names


def _targets(text: str) -> set[str]:
    """The names to the left of an equals sign; none if there is anything else."""
    parts = text.strip().strip("()[]").split(",")
    found = [part.partition(":")[0].strip(" *()") for part in parts if part.strip()]
    return set(found) if all(name.isidentifier() for name in found) else set()


def adopt_metadata(cell: NotebookNode, original: NotebookNode) -> None:
    """Copy the kind and metadata of the source's cell."""
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
    return _copy(kept)


def _copy(node: dict[str, Any]) -> NotebookNode:
    copy = nbformat.from_dict(json.loads(json.dumps(node)))
    assert isinstance(copy, NotebookNode)
    return copy


# --- written answers ---


@dataclass(frozen=True)
class _OwnText:
    """Text that a learner wrote in a cell outside the exercises. whole: none of it is from the
    source.
    """

    cell: NotebookNode
    text: str
    whole: bool


def _claim_texts(
    notebook: NotebookNode, source: NotebookNode, ours: dict[str, NotebookNode]
) -> list[Remark]:
    """Give written answers the text next to them, so that a person reads it.

    Text between an answer's neighbours is moved into its cell. An answer that is still empty gets a
    copy of what the learner wrote elsewhere: better one look too many than an unnoticed 0.
    """
    essays = {
        name: cell
        for name, cell in ours.items()
        if cell.cell_type == "markdown" and is_solution(cell) and is_grade(cell)
    }
    if not essays:
        return []
    lines = {line.strip() for cell in source.cells for line in visible(cell.source).splitlines()}
    own = [text for cell in notebook.cells if (text := _own_text(cell, lines)) is not None]
    if not own:
        return []
    remarks: list[Remark] = []
    used: set[int] = set()
    answers = {grade_id(cell): cell for cell in notebook.cells if grade_id(cell) in essays}
    for name, answer in answers.items():
        beside = _beside(notebook, source, name)
        texts = [t for t in own if id(t.cell) in beside and id(t.cell) not in used]
        if not texts:
            continue
        parts: list[tuple[int, str]] = [(_index(notebook, t.cell), t.text) for t in texts]
        if not same_text(answer.source, essays[name].source):
            parts.append((_index(notebook, answer), answer.source.strip()))
        answer.source = "\n\n".join(text for _, text in sorted(parts))
        _take_pictures(answer, texts)
        used |= {id(t.cell) for t in texts}
        moved = {id(t.cell) for t in texts if t.whole}
        notebook.cells = [cell for cell in notebook.cells if id(cell) not in moved]
        remarks.append(look(f"{name}: text next to the answer's cell was moved into it"))
    elsewhere = [t for t in own if id(t.cell) not in used and len(t.text) >= _LONG_TEXT]
    for name, answer in answers.items() if elsewhere else ():
        if same_text(answer.source, essays[name].source):
            answer.source = "\n\n".join(t.text for t in elsewhere)
            _take_pictures(answer, elsewhere)
            remarks.append(
                look(f"{name} was empty: text from elsewhere in the notebook was copied into it")
            )
    return remarks


def _take_pictures(answer: NotebookNode, texts: Iterable[_OwnText]) -> None:
    """Give an answer the pictures that were pasted into the cells whose text it has.

    Jupyter names each of them image.png; pictures of the same name are all kept and shown.
    """
    kept = dict(answer.get("attachments", {}))
    for text in texts:
        for name, bundle in text.cell.get("attachments", {}).items():
            if kept.setdefault(name, bundle) != bundle:
                other = next(n for i in itertools.count(2) if (n := f"{i}-{name}") not in kept)
                kept[other] = bundle
                answer.source += f"\n\n![{other}](attachment:{other})"
    if kept:
        answer["attachments"] = kept


def _own_text(cell: NotebookNode, given: set[str]) -> _OwnText | None:
    """The learner's own lines in a cell outside the exercises, if they are prose."""
    if grade_id(cell) or not cell.source.strip():
        return None
    lines = cell.source.split("\n")
    mine = [line for line in lines if not line.strip() or line.strip() not in given]
    text = "\n".join(mine).strip()
    if cell.cell_type == "code":
        text = _prose_in_code(text)
    if len(text) < 2:
        return None
    return _OwnText(cell, text, whole=len(mine) == len(lines))


_STATEMENT = (
    "import ",
    "from ",
    "def ",
    "class ",
    "for ",
    "if ",
    "with ",
    "print(",
    "return ",
    "assert ",
    "%",
)


_SHOWS = {
    "from",
    "import",
    "IPython",
    "display",
    "print",
    "Markdown",
    "HTML",
    "Latex",
    "Math",
    "f",
    "r",
}
_STRING = re.compile(r"""(\"{3}|'{3})(.*?)\1|(["'])((?:(?!\3)[^\\\n]|\\.)*+)\3?""", re.DOTALL)


def _prose_in_code(code: str) -> str:
    """The text of a code cell without code: comments, strings, or plain sentences; otherwise ""."""
    code = code[:_MAX_SCAN]
    lines = [line.strip() for line in code.splitlines() if line.strip()]
    if lines and all(line.startswith("#") for line in lines):
        return "\n".join(line.lstrip("# ") for line in lines)
    for quote in ('"""', "'''"):
        first, last = code.find(quote), code.rfind(quote)
        if 0 <= first < last and "\n" not in code[:first].strip():
            return code[first + 3 : last].strip()
    for quote in ('"', "'"):
        if code.startswith((quote, "print(" + quote)) and code.rstrip(")").endswith(quote):
            return code.removeprefix("print(").rstrip(")").strip(quote)
    if lines and lines[0].startswith(("%%markdown", "%%html", "%%latex")):
        return code.partition("\n")[2].strip()
    quoted = [long or short for _, long, _, short in _STRING.findall(code)]
    text = "\n".join(part.strip() for part in quoted if part.strip())
    rest = _STRING.sub("", code)
    if len(text.split()) >= 6 and set(re.findall(r"\w+(?!\w| *=)", rest)) <= _SHOWS:
        return text  # a string that is printed, displayed or assigned
    letters = sum(character.isalpha() or character in " .,;'" for character in code)
    sentences = len(code.split()) >= 6 and letters >= 0.85 * len(code) and " = " not in code
    return code if sentences and not any(line.startswith(_STATEMENT) for line in lines) else ""


def _beside(notebook: NotebookNode, source: NotebookNode, name: str) -> set[int]:
    """The `id()`s of the cells between an answer's neighbours in the source."""
    where: dict[str, int] = {}
    for i, cell in enumerate(notebook.cells):
        for key in _keys(cell):
            where.setdefault(key, i)
    at = next(i for i, cell in enumerate(source.cells) if grade_id(cell) == name)

    def nearest(cells: Iterable[NotebookNode]) -> int | None:
        return next((where[k] for cell in cells for k in _keys(cell) if k in where), None)

    before, after = nearest(reversed(source.cells[:at])), nearest(source.cells[at + 1 :])
    before = 0 if before is None else before
    after = len(notebook.cells) - 1 if after is None else after
    return {id(cell) for cell in notebook.cells[before : after + 1]}


# --- what is missing, and in the wrong order ---


def _put_back(
    notebook: NotebookNode, source: NotebookNode, ours: dict[str, NotebookNode]
) -> list[Remark]:
    """Insert missing tests and written answers before the next cell of the source that is present."""
    places = {key: i for i, cell in enumerate(source.cells) for key in _keys(cell)}
    found = [max((places.get(k, -1) for k in _keys(cell)), default=-1) for cell in notebook.cells]
    present = {grade_id(cell) for cell in notebook.cells}
    missing: list[str] = []
    back: list[str] = []
    for at, original in enumerate(source.cells):
        name = grade_id(original)
        if not name or name in present:
            continue
        if not (is_grade(original) or is_task(original)):
            if is_solution(original):
                missing.append(name)
            continue
        back.append(name)
        cell = _copy(original)
        adopt_metadata(cell, original)
        index = next((i for i, place in enumerate(found) if place > at), len(found))
        found.insert(index, at)
        notebook.cells.insert(index, cell)
    return [
        kind(f"{what}: {', '.join(names)}")
        for kind, names, what in (
            (look, missing, "missing answers"),
            (repaired, back, "missing and put back"),
        )
        if names
    ]


def _keys(cell: NotebookNode) -> Iterator[str]:
    """The keys of a cell: its grade_id, its id, its text."""
    if name := grade_id(cell):
        yield "grade_id " + name
    if name := cell.get("id", ""):
        yield "id " + name
    if not grade_id(cell) and 20 < len(cell.source) < _MAX_SCAN:
        yield "text " + _plain(cell.source)


def _tests_after_answers(notebook: NotebookNode, ours: dict[str, NotebookNode]) -> list[Remark]:
    """Move a test behind the answers and tests that precede it in the source and whose names it may
    use.
    """
    order, remarks = list(ours), list[Remark]()
    where = _places(notebook)
    for name in order:
        if not is_test(ours[name]):
            continue
        before = {n for n in order[: order.index(name)] if is_solution(ours[n]) or is_test(ours[n])}
        last = max((where[n] for n in before if n in where), default=-1)
        if where.get(name, len(notebook.cells)) < last:
            cell = notebook.cells.pop(where[name])
            notebook.cells.insert(last, cell)
            where = _places(notebook)
            remarks.append(repaired(f"{name} was before its answer and was moved"))
    return remarks


def _places(notebook: NotebookNode) -> dict[str, int]:
    """{grade_id: the cell's place in the notebook}."""
    return {grade_id(c): i for i, c in enumerate(notebook.cells) if grade_id(c)}
