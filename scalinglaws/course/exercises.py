"""The exercises of a notebook, read from the metadata of its cells.

Every cell that belongs to an exercise carries `metadata.scalinglaws.exercise`, its number as a text; the cell that holds the
points also carries `title`, `type`, `level` (1 to 3), `minutes`, and the rows and claims that it `covers`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import nbformat

from scalinglaws.errors import CourseError, did_you_mean
from scalinglaws.paths import exercises_dir


@dataclass
class Exercise:
    """One exercise: what a learner fills in (`answers`), and what earns points (`tests`), by grade_id in order."""

    number: str
    title: str = ""
    type: str = ""
    level: int = 1
    minutes: float = 0
    points: float = 0
    covers: tuple[str, ...] = ()
    claims: tuple[str, ...] = ()
    by_hand: bool = False
    answers: list[str] = field(default_factory=list)
    tests: list[str] = field(default_factory=list)


def assignments(course: Path) -> list[str]:
    """The assignments of a course: the folders of `source/` (or of `release/`, if there is no
    source) that contain a notebook with the folder's name.
    """
    return sorted(
        path.parent.name
        for path in exercises_dir(course).glob("*/*.ipynb")
        if path.stem == path.parent.name
    )


def check_name(course: Path, assignment: str) -> None:
    """Raise CourseError, listing the assignments, for one that does not exist."""
    known = assignments(course)
    if assignment not in known:
        raise CourseError(
            f"There is no assignment {assignment!r}: choose one of {', '.join(known) or 'none'}."
            + did_you_mean(assignment, known)
        )


def check_number(assignment: str, number: str, known: Sequence[str]) -> None:
    """Raise CourseError, listing the exercises, for one that does not exist."""
    if number not in known:
        raise CourseError(
            f"{assignment} has no exercise {number!r}: choose one of {', '.join(known)}."
        )


def number_of(exercise: int | str) -> str:
    """The number of an exercise in any spelling: 7, "07", "ex7", "Exercise 13a"."""
    text = str(exercise).strip().lower()
    found = re.fullmatch(r"(?:exercise|ex)?[\s_.-]*0*(\d\w*)", text)
    return found[1] if found else text


def read_notebook(path: Path) -> nbformat.NotebookNode:
    """The notebook at `path`, as nbformat 4; a byte order mark is ignored."""
    return nbformat.reads(path.read_text("utf-8-sig"), as_version=4)


# As in nbgrader.utils, whose import takes a second; `scalinglaws reveal` should be instant.
def is_grade(cell: nbformat.NotebookNode) -> bool:
    """Whether the cell carries points."""
    return bool(cell.metadata.get("nbgrader", {}).get("grade", False))


def is_solution(cell: nbformat.NotebookNode) -> bool:
    """Whether the learner fills in the cell."""
    return bool(cell.metadata.get("nbgrader", {}).get("solution", False))


def graded_cells(notebook: nbformat.NotebookNode) -> dict[str, nbformat.NotebookNode]:
    """{grade_id: cell} of a notebook; the first of a doubled id counts."""
    found: dict[str, nbformat.NotebookNode] = {}
    for cell in notebook.cells:
        if is_grade(cell) or is_solution(cell):
            found.setdefault(cell.metadata.nbgrader["grade_id"], cell)
    return found


def exercises(notebook: nbformat.NotebookNode) -> list[Exercise]:
    """The exercises of a *source* notebook, in order."""
    found: dict[str, Exercise] = {}
    for grade_id, cell in graded_cells(notebook).items():
        meta = cell.metadata.get("scalinglaws", {})
        number = str(meta.get("exercise", grade_id))
        exercise = found.setdefault(number, Exercise(number))
        if is_solution(cell):
            exercise.answers.append(grade_id)
        if is_grade(cell):
            exercise.tests.append(grade_id)
            exercise.points += float(cell.metadata.nbgrader["points"])
            exercise.by_hand |= is_solution(cell)
        # The first cell with points gives the exercise's title and number.
        exercise.title = exercise.title or meta.get("title", "")
        exercise.type = exercise.type or meta.get("type", "")
        exercise.level = max(exercise.level, meta.get("level", 1))
        exercise.minutes += meta.get("minutes", 0)
        exercise.covers += tuple(meta.get("covers", ()))
        exercise.claims += tuple(meta.get("claims", ()))
    return list(found.values())
