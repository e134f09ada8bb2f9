"""One student's submission of one assignment: from the files to what the gradebook needs. Runs in any process, on any machine."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import nbformat
from nbformat import NotebookNode

from scalinglaws.course.variants import CLASS_FILE, TOKEN_FILE, ClassTokens

from .copied import copied_answers, foreign_outputs
from .engine.memory import Memory
from .engine.sandbox import IMPORTABLE, MIB, Limits
from .execute import Plan, needed_for, run_notebook
from .finder import Folder, find_work
from .remarks import Kind, Remark
from .results import Test, judge
from .scratch import temporary_folder
from .submission import Unreadable, repair
from .troubles import is_full


@dataclass(frozen=True)
class Assignment:
    """What all submissions share: {name: notebook from `submission.master`}, the other files, how
    to run.
    """

    name: str
    notebooks: dict[str, NotebookNode]
    plans: dict[str, Plan]
    files: dict[str, bytes]
    limits: Limits = field(default_factory=Limits)
    sandboxed: bool = True
    digest: bytes = b""  # of all this
    versions: Mapping[str, str] = field(default_factory=dict)  # see `ledger.Entry`
    variants: ClassTokens = field(default_factory=ClassTokens)


@dataclass
class Outcome:
    """The result of grading a submission. notebooks: the graded ones. unreadable: {notebook: why}."""

    student: str
    notebooks: dict[str, NotebookNode] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    unreadable: dict[str, str] = field(default_factory=dict)
    remarks: list[Remark] = field(default_factory=list)
    stopped: list[str] = field(default_factory=list)
    flooded: list[str] = field(default_factory=list)
    unjudged: list[str] = field(default_factory=list)  # tests without a verdict: 0 points for now
    tests: dict[str, Test] = field(default_factory=dict)
    seconds: float = 0.0


def grade_submission(
    assignment: Assignment,
    student: str,
    files: dict[str, bytes],
    left_out: Sequence[str] = (),
    tests: Collection[str] | None = None,
    draw: bool = True,
    memory: Memory | None = None,
) -> Outcome:
    """Find, read, repair and run a submission.

    files, left_out: from `finder.read_folder`. tests: run only what these test cells need; ignore
    the results of the others. draw: whether the figures are needed. memory: see `run_notebook`; for
    an assignment of one notebook.
    """
    outcome = Outcome(student)
    submitted = Folder(files, list(left_out))
    # As in nbgrader, the source's files take precedence.
    outcome.files = {**others(files), **assignment.files}
    for name, source in assignment.notebooks.items():
        try:
            work = find_work(name, source, submitted, assignment.notebooks, assignment.files)
        except Unreadable as error:
            outcome.unreadable[name] = str(error)
            continue
        outcome.remarks += [r for r in work.remarks if r not in outcome.remarks]
        notebook = work.notebook
        outcome.remarks += foreign_outputs(notebook, assignment.variants, student)
        outcome.remarks += repair(notebook, source)
        with temporary_folder() as temporary:
            shared = temporary / "shared"
            own = assignment.variants
            if more := lay_out(shared, work.files, assignment.files, own, student):
                said = f"{more} of the files beside the notebook were left out: no room"
                outcome.remarks.append(Remark(Kind.LEFT_OUT, said))
            ran = run_notebook(
                notebook if tests is None else needed_for(notebook, tests),
                assignment.plans[name],
                limits=assignment.limits,
                files=shared,
                sandboxed=assignment.sandboxed,
                draw=draw,
                memory=memory,
            )
        outcome.notebooks[name] = notebook
        outcome.seconds += ran.total
        outcome.stopped += ran.stopped
        outcome.flooded += ran.flooded
        outcome.unjudged += ran.unjudged
        outcome.tests.update(judge(notebook, ran.seconds))
        outcome.remarks += copied_answers(notebook, assignment.variants)
    return outcome


def others(files: dict[str, bytes]) -> dict[str, bytes]:
    """The files that are not notebooks."""
    return {name: data for name, data in files.items() if not name.endswith(".ipynb")}


def without_clashes(files: dict[str, bytes]) -> dict[str, bytes]:
    """The files whose paths do not conflict.

    Later ones take precedence: the source's files, then the notebooks. A student may submit a file
    with the name of one of the source's folders, or a folder with the name of a notebook, which
    nbgrader would open.
    """
    kept: dict[str, bytes] = {}
    folders: set[str] = set()
    for name in reversed(files):
        above = [folder.as_posix() for folder in PurePosixPath(name).parents]
        if name in folders or any(a in kept or a.endswith(".ipynb") for a in above):
            continue
        kept[name] = files[name]
        folders.update(above)
    return kept


def write_files(folder: Path, files: dict[str, bytes]) -> None:
    """Write {path below the folder: content}; of two conflicting paths, the first.

    Raises OSError on a full disk: a submission is not graded without its files.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        path = folder / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        except OSError as error:
            if is_full(error):
                raise
            # Otherwise a name that this system does not allow.


def lay_out(
    folder: Path,
    submitted: dict[str, bytes],
    source: dict[str, bytes],
    variants: ClassTokens,
    student: str,
) -> int:
    """Write the initial content of the two processes' folders.

    A token in a submission is ignored. Submitted files that Python could import are not given to
    the tester. Returns how many submitted files were left out because a sandbox has no room for
    more.
    """
    own = {n: d for n, d in submitted.items() if n not in {*source, TOKEN_FILE, CLASS_FILE}}
    fitting = _fitting(own)
    tester = {**source, **data_only(fitting), **variants.tester_files(student)}
    write_files(folder / "learner", {**source, **fitting, **variants.learner_files(student)})
    write_files(folder / "tester", tester)
    return len(own) - len(fitting)


MOST_ENTRIES = 4_000  # submitted files and their folders
MOST_BYTES = 48 * MIB


def _fitting(files: dict[str, bytes]) -> dict[str, bytes]:
    """The first files, as many as a sandbox has room for."""
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


def data_only(files: dict[str, bytes]) -> dict[str, bytes]:
    """The files that Python cannot import."""
    return {name: data for name, data in files.items() if not name.endswith(IMPORTABLE)}


def text_of(notebook: NotebookNode) -> str:
    """The notebook as the text of a file."""
    return nbformat.v4.writes(notebook) + "\n"
