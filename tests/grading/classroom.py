"""A small assignment, and students who hand it in in every state; shared by the tests of the engine."""

import json
from dataclasses import dataclass, field, replace
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI

from scalinglaws.course.grading.engine.sandbox import Limits
from scalinglaws.course.grading.execute import Plan
from scalinglaws.course.grading.nbgrader_api import load_config
from scalinglaws.course.grading.submission import grade_id, master, visible
from scalinglaws.course.grading.submission_job import Assignment, Outcome, grade_submission

isolated = pytest.mark.usefixtures("sandbox")  # for tests that need the sandbox

NAME = "tiny"
SECRET = "the answer to life"  # stands in a hidden test: nothing of a student's may ever show it
TOTAL = 12.0  # points that a computer gives

GIVEN = "import numpy as np\nimport pandas as pd\n\nframe = pd.DataFrame({'x': [1.0, 2.0, 4.0], 'y': [2.0, 4.0, 8.0]})"
RIGHT = {
    "square": "def square(x):\n    return x**2",
    "mean": "def mean_of(values):\n    return sum(values) / len(values)",
    "limit": "limit = 0.25",
    "slope": "def fit(table):\n    a, b = np.polyfit(table['x'], table['y'], 1)\n    return {'slope': a, 'intercept': b}",
}
STUBS = {
    "square": "def square(x):\n    pass",
    "mean": "def mean_of(values):\n    pass",
    "limit": "limit = None",
    "slope": "def fit(table):\n    pass",
}
TESTS = {
    "square": (3, "assert square(2) == 4", f"# {SECRET}\nassert square(3) == 9\nassert (square(np.arange(3)) == np.array([0, 1, 4])).all()"),
    "mean": (3, "np.testing.assert_allclose(mean_of([1, 2, 6]), 3)", "np.testing.assert_allclose(mean_of([4.0]), 4)\nnp.testing.assert_allclose(mean_of(np.arange(5)), 2)"),
    "limit": (2, "from scalinglaws.grading import check_number\nassert limit is not None", "check_number('limit', limit, 0.25, expected='1/4')\nassert abs(limit - 0.25) < 1e-9\nassert limit == 0.25"),
    "slope": (4, "assert set(fit(frame)) == {'slope', 'intercept'}", "_t = pd.DataFrame({'x': [0.0, 1.0, 2.0], 'y': [1.0, 4.0, 7.0]})\nassert abs(fit(_t)['slope'] - 3) < 1e-9\nassert abs(fit(_t)['intercept'] - 1) < 1e-9"),
}  # fmt: skip
POINTS = {name: points for name, (points, _, _) in TESTS.items()}


def meta(name, *, grade=False, solution=False, points=None):
    """nbgrader's metadata of a cell."""
    about = {
        "grade": grade, "solution": solution, "locked": not solution, "grade_id": name, "schema_version": 3, "task": False,
    }  # fmt: skip
    return {"nbgrader": about | ({"points": points} if grade else {})}


def source_notebook() -> nbformat.NotebookNode:
    """The teacher's notebook."""
    cells = [new_markdown_cell("# Tiny"), new_code_cell(GIVEN)]
    for name, (points, shown, hidden) in TESTS.items():
        first, rest = STUBS[name].split("\n", 1) if "\n" in STUBS[name] else (STUBS[name], "")
        body = RIGHT[name].split("\n", 1)[1] if rest else RIGHT[name]
        indent = "    " if rest else ""
        text = f"{first}\n{indent}### BEGIN SOLUTION\n{body}\n{indent}### END SOLUTION"
        cells.append(new_code_cell(text, metadata=meta(name, solution=True)))
        test = f"{shown}\n### BEGIN HIDDEN TESTS\n{hidden}\n### END HIDDEN TESTS"
        cells.append(new_code_cell(test, metadata=meta(name + "_test", grade=True, points=points)))
    cells.append(
        new_markdown_cell("Because.", metadata=meta("essay", grade=True, solution=True, points=4))
    )
    cells.append(new_code_cell("'the end'"))
    notebook = new_notebook(cells=cells)
    notebook.metadata["kernelspec"] = {
        "display_name": "Python 3",
        "language": "python",
        "name": "python3",
    }
    return notebook


def assignment(
    tmp_path, *, files=None, sandboxed=True, hide=(), source=None, config=None, **limits
) -> Assignment:
    """The assignment as `scalinglaws grade` loads it."""
    path = tmp_path / f"{NAME}.ipynb"
    nbformat.write(source or source_notebook(), path)
    made = master(path, config)
    plan = Plan.of(made, [str(h) for h in hide])
    return Assignment(NAME, {NAME: made}, {NAME: plan}, files or {}, Limits(**limits), sandboxed)


def released(made: Assignment) -> nbformat.NotebookNode:
    """What a student gets."""
    notebook = nbformat.from_dict(json.loads(json.dumps(made.notebooks[NAME])))
    for cell in notebook.cells:
        cell.source = visible(cell.source).rstrip("\n")
    return notebook


@dataclass
class Student:
    """A submission in the making. `nb`: its notebook; `files`: what else is handed in."""

    made: Assignment
    nb: nbformat.NotebookNode
    files: dict[str, bytes] = field(default_factory=dict)
    raw: bytes | None = None  # in place of the notebook
    name: str = NAME

    def cell(self, name: str) -> nbformat.NotebookNode:
        return next(cell for cell in self.nb.cells if grade_id(cell) == name)

    def where(self, name: str) -> int:
        return self.nb.cells.index(self.cell(name))

    def write(self, **answers: str) -> "Student":
        for name, text in answers.items():
            self.cell(name).source = text
        return self

    def add(self, text: str, before: str = "", after: str = "") -> "Student":
        """A cell of the student's own; at the start of the answers unless told where."""
        at = self.where(after) + 1 if after else self.where(before or "square")
        self.nb.cells.insert(at, new_code_cell(text))
        return self

    def hand_in(self) -> Outcome:
        files = dict(self.files)
        data = self.raw if self.raw is not None else nbformat.v4.writes(self.nb).encode()
        if self.name:
            files[f"{self.name}.ipynb"] = data
        return grade_submission(self.made, "sam", files)


def points(outcome: Outcome) -> dict[str, float]:
    """{exercise: points} of those that a computer marks."""
    return {
        n.removesuffix("_test"): t.points for n, t in outcome.tests.items() if n.endswith("_test")
    }


def total(outcome: Outcome) -> float:
    """Points that a computer gave."""
    return sum(points(outcome).values())


def remarks(outcome: Outcome) -> list[str]:
    """What the grader remarked."""
    return [remark.text for remark in outcome.remarks]


def shown(outcome: Outcome) -> str:
    """All text that the student's own cells put out."""
    return json.dumps(
        [
            cell.outputs
            for notebook in outcome.notebooks.values()
            for cell in notebook.cells
            if cell.cell_type == "code" and not grade_id(cell).endswith("_test")
        ]
    )


def replace_limits(made: Assignment, **limits) -> Assignment:
    """The same assignment with other limits."""
    return replace(made, limits=replace(made.limits, **limits))


# --- a course's folder in which a class was graded ---


def gradebook(course: Path) -> Gradebook:
    return Gradebook(f"sqlite:///{(course / 'gradebook.db').as_posix()}", "scaling_laws")


def scores(course: Path) -> dict:
    """{student: {grade_id: (auto, manual, waits)}} of the whole gradebook."""
    with gradebook(course) as book:
        return {
            s.student.id: {
                g.name: (g.auto_score, g.manual_score, g.needs_manual_grade) for n in s.notebooks for g in n.grades
            }
            for s in book.find_assignment(NAME).submissions
        }  # fmt: skip


def computer(course: Path) -> dict[str, float]:
    """{student: points that a computer gave}."""
    return {
        name: sum(auto for auto, _, _ in cells.values() if auto is not None) for name, cells in scores(course).items()
    }  # fmt: skip


def feedback(course: Path, student: str) -> str:
    result = NbGraderAPI(config=load_config(course, course)).generate_feedback(NAME, student)
    assert result["success"], result
    return (course / "feedback" / student / NAME / f"{NAME}.html").read_text("utf-8")
