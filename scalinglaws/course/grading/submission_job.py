"""One student's submission of one assignment: from the files to what the gradebook needs. Runs in any process, on any machine."""

import contextlib
import os
import stat
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import nbformat
from nbformat import NotebookNode
from nbgrader import utils

from .engine.sandbox import IMPORTABLE, MIB, Limits
from .execute import Plan, run_notebook
from .feedback import failure_message, visible_text
from .scratch import temporary_folder
from .submission import Unreadable, grade_id, mend, read


@dataclass(frozen=True)
class Assignment:
    """What all submissions share: {name: notebook as `submission.master` gives it}, the other files, how to run."""

    name: str
    notebooks: dict[str, NotebookNode]
    plans: dict[str, Plan]
    files: dict[str, bytes]
    limits: Limits = field(default_factory=Limits)
    sandboxed: bool = True
    digest: bytes = b""  # of all this


@dataclass
class Test:
    """One test of one submission. points: None where a person marks."""

    points: float | None
    most: float
    message: str = ""
    seconds: float = 0.0


@dataclass
class Outcome:
    """What became of a submission. notebooks: the graded ones. unreadable: {notebook: why}. remarks: what was mended."""

    student: str
    notebooks: dict[str, NotebookNode] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    unreadable: dict[str, str] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
    stopped: list[str] = field(default_factory=list)
    flooded: list[str] = field(default_factory=list)
    unjudged: list[str] = field(default_factory=list)  # tests without a verdict: 0 points for now
    tests: dict[str, Test] = field(default_factory=dict)
    seconds: float = 0.0


def read_files(folder: Path, most: int = 64 * MIB, many: int = 5_000) -> dict[str, bytes]:
    """{path below the folder: content} of all plain files.

    Left out: links, what is hidden or cannot be read, what lies in a folder that is called like a notebook, and what is over `most`
    bytes or the first `many` files.
    """
    found: dict[str, bytes] = {}
    for above, folders, files in os.walk(folder):
        folders[:] = sorted(
            f
            for f in folders
            if not (f == "__pycache__" or f.endswith(".ipynb") or f.startswith("."))
        )
        for name in sorted(files):
            path = Path(above, name)
            if name.startswith(".") or len(found) >= many:
                continue
            with contextlib.suppress(OSError):  # no right to read it, or gone meanwhile
                about = path.lstat()
                if stat.S_ISREG(about.st_mode) and about.st_size <= most:
                    most -= about.st_size
                    found[path.relative_to(folder).as_posix()] = path.read_bytes()
    return found


def grade_submission(assignment: Assignment, student: str, files: dict[str, bytes]) -> Outcome:
    """Read, mend and run a submission; `files` is what `read_files` gives."""
    outcome = Outcome(student)
    with temporary_folder() as temporary:
        submitted, shared = temporary / "submitted", temporary / "shared"
        write_files(submitted, files)
        others = {n: d for n, d in files.items() if not n.endswith(".ipynb")}
        outcome.files = {**others, **assignment.files}  # as nbgrader does: the source's files win
        left_out = lay_out(shared, others, assignment.files)
        if left_out:
            outcome.remarks.append(f"{left_out} of the files beside the notebook were left out")
        for name, source in assignment.notebooks.items():
            try:
                notebook = _find(name, assignment, submitted, outcome)
            except Unreadable as error:
                outcome.unreadable[name] = str(error)
                continue
            outcome.remarks += mend(notebook, source)
            ran = run_notebook(
                notebook,
                assignment.plans[name],
                limits=assignment.limits,
                files=shared,
                sandboxed=assignment.sandboxed,
            )
            outcome.notebooks[name] = notebook
            outcome.seconds += ran.total
            outcome.stopped += ran.stopped
            outcome.flooded += ran.flooded
            outcome.unjudged += ran.unjudged
            outcome.tests.update(_tests(notebook, ran.seconds))
    return outcome


def write_files(folder: Path, files: dict[str, bytes]) -> None:
    """Write {path below the folder: content}; of two that cannot stand side by side, the first."""
    folder.mkdir(parents=True)
    for name, data in files.items():
        path = folder / name
        with contextlib.suppress(OSError):  # a name that this system does not know
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)


def lay_out(folder: Path, submitted: dict[str, bytes], source: dict[str, bytes]) -> int:
    """Lay out what the two processes find in their folders.

    Nothing submitted that Python could import goes to the tester. Returns how many of the submitted
    files were left out, since a sandbox has no room for more.
    """
    fitting = _fitting(_others(submitted, source))
    write_files(folder / "learner", {**source, **fitting})
    write_files(folder / "tester", {**source, **data_only(fitting)})
    return len(_others(submitted, source)) - len(fitting)


MOST_ENTRIES = 4_000  # submitted files, and the folders that they lie in
MOST_BYTES = 48 * MIB


def _fitting(files: dict[str, bytes]) -> dict[str, bytes]:
    """The first files that a sandbox has room for."""
    found: dict[str, bytes] = {}
    entries: set[str] = set()
    room = MOST_BYTES
    for name, data in files.items():
        path = PurePosixPath(name)
        new = {name, *map(str, path.parents)} - entries
        if len(entries) + len(new) <= MOST_ENTRIES and len(data) <= room:
            entries |= new
            room -= len(data)
            found[name] = data
    return found


def _others(files: dict[str, bytes], source: dict[str, bytes]) -> dict[str, bytes]:
    return {name: data for name, data in files.items() if name not in source}


def data_only(files: dict[str, bytes]) -> dict[str, bytes]:
    """The files that no import statement reads."""
    return {name: data for name, data in files.items() if not name.endswith(IMPORTABLE)}


def _find(name: str, assignment: Assignment, folder: Path, outcome: Outcome) -> NotebookNode:
    """The submitted notebook of that name, or else the one that holds its cells. Raises Unreadable."""
    path = folder / f"{name}.ipynb"
    if path.is_file():
        notebook, remarks = read(path)
        outcome.remarks += remarks
        return notebook
    ours = {grade_id(cell) for cell in assignment.notebooks[name].cells} - {""}
    best: tuple[int, str, NotebookNode | None, list[str]] = (0, "", None, [])
    for other in sorted(folder.rglob("*.ipynb")):
        if other.stem in assignment.notebooks:
            continue
        try:
            notebook, remarks = read(other)
        except Unreadable:
            continue
        shared = len(ours & {grade_id(cell) for cell in notebook.cells})
        if shared > best[0]:
            best = (shared, visible_text(other.relative_to(folder).as_posix()), notebook, remarks)
    if best[2] is None:
        raise Unreadable("there is no such file")
    outcome.remarks += [f"the notebook was called {best[1]}", *best[3]]
    return best[2]


def _tests(notebook: NotebookNode, seconds: dict[str, float]) -> dict[str, Test]:
    """The result of each cell that gives points."""
    found = {}
    for cell in notebook.cells:
        if not utils.is_grade(cell):
            continue
        points, most = utils.determine_grade(cell)
        name = grade_id(cell)
        errors = [o for o in cell.get("outputs", ()) if o.output_type == "error"]
        message = failure_message(errors[0]) if errors and not utils.is_solution(cell) else ""
        found[name] = Test(points, most, message, seconds.get(name, 0.0))
    return found


def text_of(notebook: NotebookNode) -> str:
    """The notebook as a file holds it."""
    return nbformat.v4.writes(notebook) + "\n"
