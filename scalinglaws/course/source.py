"""`scalinglaws source`: the notebooks of source/ as text that can be read, edited and reviewed.

`source/01_power_laws.md` is the truth; `source/01_power_laws/01_power_laws.ipynb` is made from it,
for JupyterLab and nbgrader. The text is jupytext's Markdown: a Markdown cell is Markdown, a code
cell is a block of Python, and the line that opens a cell has its id, its role, and only what cannot
be derived:

    ```python id="ex2-power-law-test" role="test" type="function" covers=["B11", "E1"]

Derived are nbgrader's own marks (from the id and the role) and the number, title, level, minutes
and points of an exercise (from its heading). Roles: "answer" (what a learner fills in), "test",
"essay" (marked by hand). `folded` hides a cell's code; `may_fail` is for a given cell that uses
what the learner was asked for.

A cell belongs to the exercise whose heading precedes it. Either form may be edited. The command
updates the other, and refuses if both have changed. A cell that shows a question of the bank
(`question="power_laws.trend"`) is filled in from `questions/`: edit the question there.
"""

import argparse
import hashlib
import json
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import jupytext
import nbformat
from nbformat import NotebookNode

from scalinglaws.errors import CourseError
from scalinglaws.files import write_output
from scalinglaws.paths import complete_course_dir

from .questions import bank

# nbgrader's marks by role.
ROLES = {
    "answer": {"grade": False, "locked": False, "solution": True},
    "test": {"grade": True, "locked": True, "solution": False},
    "essay": {"grade": True, "locked": False, "solution": True},
}
# The options on the line that opens a cell, in this order.
OPTIONS = (
    *("id", "role", "points", "title", "type", "level", "minutes"),
    *("covers", "claims", "question", "folded", "may_fail"),
)
HEADING = re.compile(
    r"^### Exercise (\w+) · (.*) · ([●○]{3}) · (\d+) min · (\d+) points?\b", re.MULTILINE
)
NOTEBOOK_METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
# JupyterLab's own metadata in a cell.
_TRANSIENT = {"collapsed", "deletable", "editable", "execution", "scrolled", "trusted"}
_CONFLICT = "\n<<<<<<< "  # left by git if two people changed the same lines


@dataclass(frozen=True)
class Source:
    """The two forms of one notebook."""

    text: Path
    notebook: Path

    @property
    def name(self) -> str:
        """The name of both: an assignment, or a page such as `start`."""
        return self.text.stem


def sources(course: Path, only: Sequence[str] = ()) -> list[Source]:
    """The notebooks of `course/source`, in order. only: names; all by default.

    Raises CourseError for an unknown name.
    """
    folder = course / "source"
    found = {
        path.stem
        for path in (*folder.glob("*.ipynb"), *folder.glob("*/*.ipynb"))
        if path.parent in (folder, folder / path.stem)
    }
    found |= {path.stem for path in folder.glob("*.md") if is_notebook_text(path)}
    if unknown := sorted(set(only) - found):
        raise CourseError(
            f"source/ has no notebook {unknown[0]}: it has {', '.join(sorted(found))}."
        )
    return [
        Source(
            folder / f"{name}.md",
            (folder / name if (folder / name).is_dir() else folder) / f"{name}.ipynb",
        )
        for name in sorted(set(only) or found)
    ]


def is_notebook_text(path: Path) -> bool:
    """Whether a Markdown file is the text of a notebook (with its solutions), and not a page for readers."""
    with path.open(encoding="utf-8") as file:
        return re.match(r'(<!-- #region|```+python) id="', file.readline()) is not None


# --- one form into the other ---


class _Exercise:
    """The last heading above a cell, and whether a cell of that exercise already has the points."""

    def __init__(self) -> None:
        self.number, self.points = "", 0
        self.said: dict[str, str | int] = {}

    def read(self, markdown: str) -> None:
        """Take note of a heading."""
        for number, title, level, minutes, points in HEADING.findall(markdown):
            self.number, self.points = number, int(points)
            self.said = {"title": title, "level": level.count("●"), "minutes": int(minutes)}

    def metadata(self, cell: NotebookNode, options: dict[str, Any]) -> dict[str, Any]:
        """The metadata of a cell from the options on its opening line."""
        role, points = options.get("role"), options.get("points", self.points)
        metadata: dict[str, Any] = {}
        own = {key: options[key] for key in OPTIONS[3:-2] if key in options}
        if role:
            if role not in ROLES:
                raise CourseError(f"cell {cell.id}: a role is one of {', '.join(ROLES)}.")
            if not self.number:
                raise CourseError(
                    f"cell {cell.id}: there is no `### Exercise ...` heading above it."
                )
            metadata["nbgrader"] = {
                "cell_type": cell.cell_type,
                "grade_id": cell.id.replace("-", "_"),
                "schema_version": 3,
                "task": False,
                **ROLES[role],
            }
            own = {"exercise": self.number, **own}
            if ROLES[role]["grade"]:
                metadata["nbgrader"]["points"] = points
                own, self.said = {**self.said, **own}, {}
        if own:
            metadata["scalinglaws"] = own
        if role == "test" or options.get("folded"):
            metadata["jupyter"] = {"source_hidden": True}
        if role == "test" or options.get("may_fail"):
            metadata["tags"] = ["raises-exception"]
        return metadata

    def options(self, cell: NotebookNode) -> dict[str, Any]:
        """The shortest options from which `metadata` gives the cell's metadata."""
        metadata = {
            key: value
            for key, value in cell.metadata.items()
            if key not in _TRANSIENT and not key.startswith("jp-")
        }
        marks, own = metadata.get("nbgrader", {}), dict(metadata.get("scalinglaws", {}))
        options: dict[str, Any] = {"id": cell.id}
        for role, flags in ROLES.items():
            if marks and all(marks.get(key) == value for key, value in flags.items()):
                options["role"] = role
        if marks.get("points", self.points) != self.points:
            options["points"] = marks["points"]
        said = self.said if marks.get("grade") else {}
        options |= {key: value for key, value in own.items() if value != said.get(key)}
        options.pop("exercise", None)
        if options.get("role") != "test":
            options |= {"folded": True} if metadata.get("jupyter") else {}
            options |= {"may_fail": True} if metadata.get("tags") else {}
        if set(options) - set(OPTIONS) or self.metadata(cell, options) != metadata:
            raise CourseError(
                f"cell {cell.id}: its text cannot hold the metadata {json.dumps(metadata)}. See "
                "`scalinglaws/course/source.py` for the allowed options."
            )
        return {key: options[key] for key in OPTIONS if key in options}


def notebook_from_text(text: str) -> NotebookNode:
    """The notebook, without outputs.

    Raises CourseError with the cell's id, or its position, if the text is invalid.
    """
    if _CONFLICT in "\n" + text:
        raise CourseError("it contains a merge conflict: resolve that first.")
    cells, exercise, before = [], _Exercise(), "the beginning"
    for read in jupytext.reads(text, fmt="md").cells:
        options = {k: v for k, v in read.metadata.items() if k != "lines_to_next_cell"}
        if not options.get("id"):
            start = next(iter(read.source.strip().splitlines()), "")
            raise CourseError(
                f"the cell after {before} ({start[:40]!r}) has no id: open Markdown with"
                ' `<!-- #region id="..." -->`, code with ```` ```python id="..." ````.'
            )
        before = options["id"]
        if unknown := sorted(set(options) - set(OPTIONS)):
            raise CourseError(
                f"cell {before}: {unknown[0]} is not one of {', '.join(OPTIONS)} (with a value: folded=true)."
            )
        cell = getattr(nbformat.v4, f"new_{read.cell_type}_cell")(read.source, id=before)
        if read.cell_type == "markdown":
            exercise.read(read.source)
        cell.metadata = nbformat.from_dict(exercise.metadata(cell, options))
        cells.append(cell)
    ids = [cell.id for cell in cells]
    if double := next((name for name in ids if ids.count(name) > 1), ""):
        raise CourseError(f"two cells have the id {double}.")
    return nbformat.v4.new_notebook(cells=cells, metadata=NOTEBOOK_METADATA)


def text_from_notebook(notebook: NotebookNode) -> str:
    """The text of a notebook; outputs, counts and JupyterLab's own metadata are left out.

    Raises CourseError for a cell whose metadata the text cannot express.
    """
    cells, exercise = [], _Exercise()
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            exercise.read(cell.source)
        written = getattr(nbformat.v4, f"new_{cell.cell_type}_cell")(cell.source)
        written.metadata = nbformat.from_dict(exercise.options(cell))
        cells.append(written)
    filters = {"notebook_metadata_filter": "-all", "cell_metadata_filter": "all"}
    return jupytext.writes(
        nbformat.v4.new_notebook(cells=cells, metadata={"jupytext": filters}), fmt="md"
    )


def with_questions(notebook: NotebookNode, questions: Mapping[str, Any]) -> NotebookNode:
    """`notebook`, with each question below its heading in the bank's current wording.

    Raises CourseError for a question that is not in the bank.
    """
    for cell in notebook.cells:
        if name := cell.metadata.get("scalinglaws", {}).get("question"):
            if name not in questions:
                raise CourseError(f"cell {cell.id}: questions/ has no question {name}.")
            heading = cell.source.partition("\n")[0]
            cell.source = f"{heading}\n\n{bank.as_cell(bank.shown(questions[name]))}"
    return notebook


def notebook_file(notebook: NotebookNode) -> str:
    """The content of the .ipynb file, as JupyterLab and nbgrader write it."""
    return nbformat.writes(notebook) + "\n"


# --- keeping both in step ---


@dataclass(frozen=True)
class Change:
    """A file whose content differs from the other form."""

    path: Path
    content: str


def changes(course: Path, source: Source, winner: str = "") -> Iterator[Change]:
    """What must be written to bring one notebook's two forms in step.

    winner: "text" or "notebook" to decide by hand which of the two counts. Raises CourseError if
    both have changed, or one cannot be read.
    """
    try:
        text = _read(source.text)
        from_text = text and text_from_notebook(notebook_from_text(text))
        old = _read(source.notebook)
        if _CONFLICT in old:  # people merge the text, not the notebook
            old = ""
        from_notebook = old and text_from_notebook(nbformat.reads(old, as_version=4))
    except (CourseError, nbformat.reader.NotJSONError, nbformat.ValidationError) as error:
        raise CourseError(f"source/{source.name}: {error}") from None
    if from_text and from_notebook and from_text != from_notebook and not winner:
        known = {_last_seen(course).get(source.name, ""), digest(_committed(source.text))}
        if digest(from_notebook) in known:  # the notebook has nothing new
            winner = "text"
        elif digest(from_text) in known:
            winner = "notebook"
        else:
            raise CourseError(
                f"{source.text.name} and {source.notebook.name} have both changed. Keep one: `scalinglaws source --from"
                f" text {source.name}` or `--from notebook`; the other's changes are lost."
            )
    right = from_notebook if winner == "notebook" or not from_text else from_text or from_notebook
    try:
        notebook = with_questions(notebook_from_text(right), _questions(course))
    except CourseError as error:
        raise CourseError(f"source/{source.name}: {error}") from None
    for path, now, content in (
        (source.text, text, text_from_notebook(notebook)),
        (source.notebook, _read(source.notebook), notebook_file(notebook)),
    ):
        if now != content:
            yield Change(path, content)


def bring_in_step(course: Path, only: Sequence[str] = (), winner: str = "") -> list[Path]:
    """Bring all notebooks (or `only` these) and their texts in step; returns the files written.

    Raises CourseError as `changes` does, before writing anything.
    """
    found = sources(course, only)
    todo = [change for source in found for change in changes(course, source, winner)]
    for change in todo:
        write_output(change.path, change.content.encode())
    seen = _last_seen(course)
    now = seen | {source.name: digest(_read(source.text)) for source in found}
    if now != seen:
        write_output(course / ".cache/source.json", json.dumps(now, indent=1).encode())
    return [change.path for change in todo]


def digest(text: str) -> str:
    """The SHA-256 of a text; "" for an empty one."""
    return hashlib.sha256(text.encode()).hexdigest() if text else ""


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""


@cache
def _questions(course: Path) -> Mapping[str, Any]:
    """The question bank of a course, read once per process; empty if there is none."""
    folder = course / "questions"
    return bank.load_bank(folder) if folder.is_dir() else {}


def _last_seen(course: Path) -> dict[str, str]:
    """{name: digest of its text} from the last time that both forms were in step here."""
    try:
        return json.loads(_read(course / ".cache/source.json") or "{}")
    except ValueError:
        return {}


def _committed(path: Path) -> str:
    """The file in git's last commit, where both forms are in step; "" if git does not have it."""
    try:
        shown = subprocess.run(
            ["git", "show", f"HEAD:./{path.name}"],
            cwd=path.parent,
            capture_output=True,
            encoding="utf-8",
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return ""
    return shown.stdout


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("notebook", nargs="*", help="only these (default: all)")
    parser.add_argument(
        "--from",
        dest="winner",
        choices=("text", "notebook"),
        default="",
        help="which form counts if both have changed",
    )
    parser.add_argument(
        "--check", action="store_true", help="change nothing; exit with 1 if they are not in step"
    )


def run(args: argparse.Namespace) -> int:
    """Bring texts and notebooks in step, or compare them. Returns 1 if `--check` finds a difference."""
    course = complete_course_dir()
    if args.check:
        stale = [
            change.path
            for source in sources(course, args.notebook)
            for change in changes(course, source, args.winner)
        ]
    else:
        stale = bring_in_step(course, args.notebook, args.winner)
    for path in stale:
        print(f"{'stale:' if args.check else 'wrote'} {path.relative_to(course).as_posix()}")
    if args.check:
        print("run `scalinglaws source`" if stale else "source/ is in step")
    return 1 if args.check and stale else 0
