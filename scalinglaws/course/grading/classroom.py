"""The class and its assignments: who submitted what, and the versions of the exercises."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from nbformat import NotebookNode

import scalinglaws
from scalinglaws.course.exercises import exercises, graded_cells, is_grade
from scalinglaws.course.variants import class_tokens

from .engine.sandbox import Limits
from .execute import Plan
from .finder import Folder, read_folder
from .ledger import UNKNOWN_VERSION, Entry, Ledger
from .submission import master
from .submission_job import Assignment

if (
    TYPE_CHECKING
):  # importing nbgrader takes more than a second, and a check of one copy does not need it
    from nbgrader.coursedir import CourseDirectory
    from traitlets.config import Config


def load_assignment(
    directory: "CourseDirectory", config: "Config", name: str, limits: Limits, sandboxed: bool
) -> Assignment:
    """Read an assignment's source."""
    folder = Path(directory.format_path(directory.source_directory, ".", name))
    notebooks = {path.stem: master(path, config) for path in sorted(folder.glob("*.ipynb"))}
    return assignment_of(name, Path(directory.root), folder, notebooks, limits, sandboxed)


def assignment_of(
    name: str,
    course: Path,
    folder: Path,
    notebooks: dict[str, NotebookNode],
    limits: Limits,
    sandboxed: bool,
) -> Assignment:
    """The assignment whose source is in a folder. notebooks: from `submission.master`."""
    hide = [str(course.resolve())]
    plans = {key: Plan.of(notebook, hide) for key, notebook in notebooks.items()}
    files = {n: d for n, d in read_folder(folder).files.items() if not n.endswith(".ipynb")}
    digest = _digest_of_source(notebooks, files, limits, sandboxed)
    found = versions(notebooks, files)
    tokens = class_tokens(course)
    return Assignment(name, notebooks, plans, files, limits, sandboxed, digest, found, tokens)


def submitted_folder(directory: "CourseDirectory", student: str, assignment: str) -> Path:
    """The folder of a student's submission."""
    return Path(directory.format_path(directory.submitted_directory, student, assignment))


def students(directory: "CourseDirectory", assignment: str) -> list[str]:
    """All who submitted something."""
    root = Path(directory.format_path(directory.submitted_directory, "*", assignment))
    found = root.parent.parent.glob(f"*/{assignment}")
    return sorted(
        path.parent.name for path in found if path.is_dir() and not path.parent.name.startswith(".")
    )


def read_submission(directory: "CourseDirectory", student: str, assignment: str) -> Folder:
    """The files of a submission."""
    return read_folder(submitted_folder(directory, student, assignment))


# --- versions ---


def versions(notebooks: Mapping[str, NotebookNode], files: Mapping[str, bytes]) -> dict[str, str]:
    """{exercise: digest of everything that decides its mark}; "" is what all exercises share: given
    code and files.

    notebooks: from `submission.master`. The text around the exercises does not count.
    """
    shared = hashlib.sha256()
    _add(shared, files)
    found: dict[str, str] = {}
    for name, notebook in notebooks.items():
        cells = graded_cells(notebook)
        for exercise in exercises(notebook):
            digest = hashlib.sha256()
            for key in dict.fromkeys([*exercise.answers, *exercise.tests]):
                cell = cells[key]
                points = float(cell.metadata.nbgrader["points"]) if is_grade(cell) else None
                about = [key, cell.cell_type, cell.source, points]
                digest.update(json.dumps(about).encode())
            found[f"{name}/" * (len(notebooks) > 1) + exercise.number] = digest.hexdigest()
        for cell in notebook.cells:
            if cell.cell_type == "code" and not cell.metadata.get("nbgrader"):
                shared.update(json.dumps(cell.source).encode())
    return {"": shared.hexdigest(), **found}


def current_versions(
    directory: "CourseDirectory", config: "Config", assignment: str
) -> dict[str, str]:
    """The versions of an assignment's exercises in the current source."""
    folder = Path(directory.format_path(directory.source_directory, ".", assignment))
    notebooks = {path.stem: master(path, config) for path in sorted(folder.glob("*.ipynb"))}
    files = {n: d for n, d in read_folder(folder).files.items() if not n.endswith(".ipynb")}
    return versions(notebooks, files)


def stale(entries: Mapping[str, Entry | None], now: Mapping[str, str]) -> dict[str, list[str]]:
    """{student: exercises marked with an older version}, only for students who have any."""
    found = {s: entry.stale(now) for s, entry in entries.items() if entry is not None}
    return {student: names for student, names in found.items() if names}


def read_entries(ledger: Ledger, names: Iterable[str]) -> dict[str, Entry | None]:
    """{student: ledger entry}."""
    return {name: ledger.read(name) for name in names}


def describe_stale(found: Mapping[str, list[str]], assignment: str) -> str:
    """A message about marks from an older or unknown version."""
    unknown = sorted(student for student, old in found.items() if old == [UNKNOWN_VERSION])
    names = sorted(set(found) - set(unknown))
    which = list(dict.fromkeys(name for student in names for name in found[student]))
    what = ", ".join(which[:8]) + (" ..." if len(which) > 8 else "")
    said = []
    if names:
        said.append(
            f"{len(names)} graded with an older version of exercise {what}: {_some(names)}."
        )
    if unknown:
        said.append(f"{len(unknown)} graded by an unknown version: {_some(unknown)}.")
    return " ".join([*said, f"`scalinglaws grade {assignment} --stale` grades just those again."])


def _some(names: list[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def digest_of(assignment: Assignment, files: Mapping[str, bytes], student: str = "") -> str:
    """A fingerprint of everything that a submission's grade depends on."""
    digest = hashlib.sha256(assignment.digest)
    _add(digest, assignment.variants.learner_files(student))
    _add(digest, files)
    return digest.hexdigest()


def _digest_of_source(
    notebooks: dict[str, NotebookNode], files: dict[str, bytes], limits: Limits, sandboxed: bool
) -> bytes:
    """The part of a fingerprint that is the same for all students."""
    about = {
        "version": scalinglaws.__version__,
        "limits": asdict(limits),
        "notebooks": notebooks,
        "sandboxed": sandboxed,
    }
    digest = hashlib.sha256(json.dumps(about, sort_keys=True).encode())
    _add(digest, files)
    return digest.digest()


def _add(digest: "hashlib._Hash", files: Mapping[str, bytes]) -> None:
    for name, data in sorted(files.items()):
        digest.update(f"{name} {len(data)}\n".encode("utf-8", "surrogateescape") + data)
