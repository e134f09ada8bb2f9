"""Places in the notebooks: the cell of each exercise, and where each idea is taught and checked."""

import functools
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import nbformat

from scalinglaws.course.exercises import Exercise, exercises, graded_cells
from scalinglaws.course.ideas import IDEAS, ideas_of

START = "start"  # the page beside the notebooks, with cells for practice and the challenge
_GUESSES = "Predict first"  # the section of a notebook before anything is taught
_SECTION = re.compile(r"^## (.+)$", re.MULTILINE)
_STATEMENT = re.compile(r"^#{2,4} Exercise\b", re.MULTILINE)


@dataclass(frozen=True)
class Place:
    """A cell of a notebook. text: of a link to it."""

    notebook: str
    cell: str
    text: str

    @property
    def path(self) -> str:
        """The notebook, below the learner's own folder."""
        page = self.notebook == START
        return f"{START}.ipynb" if page else f"{self.notebook}/{self.notebook}.ipynb"

    @property
    def fragment(self) -> str:
        """The URL fragment by which JupyterLab finds the cell; "" for the top of the notebook."""
        return f"#cell-id={self.cell}" if self.cell else ""


@dataclass(frozen=True)
class IdeaPlaces:
    """Where an idea is taught (a section), and the exercises that check it."""

    taught: Place
    checked: tuple[Place, ...]


def chapter(assignment: str) -> str:
    """A notebook's number: "3" for 03_chinchilla."""
    number = assignment.partition("_")[0]
    return str(int(number)) if number.isdigit() else assignment


def exercise_places(release: Path, assignment: str) -> dict[str, Place]:
    """{number of an exercise: its statement's cell} of a released notebook; empty if there is none."""
    return {
        number: Place(assignment, cell, f"exercise {number}")
        for number, (_, cell, _) in _read(release, assignment).items()
    }


def idea_places(release: Path, assignments: tuple[str, ...]) -> dict[str, IdeaPlaces]:
    """{idea: its places} of all ideas that an exercise checks.

    An idea is taught at the first exercise on it in its own notebook, not counting the guesses at
    the start.
    """
    taught: dict[str, Place] = {}
    guessed: dict[str, Place] = {}
    checked: dict[str, list[Place]] = {}
    for assignment in assignments:
        for number, (exercise, cell, section) in _read(release, assignment).items():
            for idea in ideas_of(exercise.covers):
                guessed.setdefault(idea, section)
                if section.text != _GUESSES and IDEAS[idea].notebook == assignment:
                    taught.setdefault(idea, section)
                name = f"{chapter(assignment)}/{number}"
                checked.setdefault(idea, []).append(Place(assignment, cell, name))
    found = guessed | taught
    return {idea: IdeaPlaces(found[idea], tuple(places)) for idea, places in checked.items()}


def first_untouched(release: Path, own: Path, assignment: str) -> str:
    """The first exercise whose answer is unchanged; "" if there is none, or no readable copy."""
    found = _read(release, assignment)
    given = _answers(release / assignment / f"{assignment}.ipynb")
    here = _answers(own / assignment / f"{assignment}.ipynb")
    for number, (exercise, _, _) in found.items():
        if any(name in here and here[name] == given.get(name) for name in exercise.answers):
            return number
    return ""


def _answers(path: Path) -> Mapping[str, str]:
    try:
        return {name: cell.source for name, cell in graded_cells(_notebook(path)).items()}
    except (OSError, ValueError, LookupError, AttributeError, TypeError):  # the check says why
        return {}


def _notebook(path: Path) -> nbformat.NotebookNode:
    """A notebook without validation, which takes far longer than reading.

    Raises ValueError for any other file.
    """
    notebook = nbformat.from_dict(json.loads(path.read_text("utf-8-sig")))
    if not isinstance(notebook, nbformat.NotebookNode):
        raise ValueError(f"{path} is not a notebook")
    for cell in notebook.cells:
        cell.source = "".join(cell.source)
    return notebook


def _read(release: Path, assignment: str) -> dict[str, tuple[Exercise, str, Place]]:
    path = release / assignment / f"{assignment}.ipynb"
    try:
        return _read_once(path, path.stat().st_mtime_ns)
    except OSError:
        return {}


@functools.lru_cache(maxsize=64)
def _read_once(path: Path, changed: int) -> dict[str, tuple[Exercise, str, Place]]:
    """{number: (exercise, id of its statement's cell, the section that it is in)}. changed: the
    file's time of change, for the cache.
    """
    notebook = _notebook(path)
    of_cell = {
        name: exercise
        for exercise in exercises(notebook)
        if exercise.tests
        for name in (*exercise.answers, *exercise.tests)
    }
    found: dict[str, tuple[Exercise, str, Place]] = {}
    section = Place(path.stem, "", path.stem)
    statement = ""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            if heading := _SECTION.search(cell.source):
                section = Place(path.stem, cell.get("id", ""), heading[1].strip())
            if _STATEMENT.search(cell.source):
                statement = cell.get("id", "")
        name = cell.metadata.get("nbgrader", {}).get("grade_id", "")
        if (exercise := of_cell.get(name)) and exercise.number not in found:
            found[exercise.number] = (exercise, statement or cell.get("id", ""), section)
            statement = ""
    return found
