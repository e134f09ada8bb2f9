"""What takes long and is made once for all tests: the course's notebooks as a kernel leaves them, and a graded class."""

import shutil
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest

from scalinglaws.course.exercises import graded_cells

from .notebooks import (
    ASSIGNMENT,
    COURSE,
    SYNTAX_ERROR,
    WRONG_SIGN,
    command,
    nbgrader,
    perfect,
    release,
)

# What the lessons of some students change in the perfect notebook; those of the others: tests/course/notebooks.py.
NEVER_ENDS = {"ex12_logarithm": "import time\nwhile True:\n    time.sleep(1)"}
TAIL = ("ex11", "ex12", "ex13", "ex14")  # what the half-done student has not begun

# A learner's own output and text, harmless and not.
ATTACK = "<script>hacked = 1</script><img src=x onerror='hacked = 2'><img src='http://203.0.113.1/a.png'>"
SHOWN = f"""
import matplotlib.pyplot as plt
from IPython.display import HTML, Javascript, display
print("my own output")
plt.plot([1, 2])
plt.show()
display(HTML("{ATTACK}<b>bold</b>"), Javascript("hacked = 3"))
"""
ESSAY = f"Because $L = E + aN^{{-\\alpha}}$. {ATTACK} <a href='javascript:hacked=4'>here</a>"


@pytest.fixture(scope="session")
def executed(once, run_notebook) -> Callable[[str], nbformat.NotebookNode]:
    """executed(assignment): the released notebook with its outputs."""

    def executed(assignment: str) -> nbformat.NotebookNode:
        def make(path: Path) -> None:
            notebook = release(assignment)
            run_notebook(notebook, allow_errors=True)
            nbformat.write(notebook, path)

        return nbformat.read(once(f"{assignment}.ipynb", make), as_version=4)

    return executed


@pytest.fixture(scope="session")
def graded_class(once) -> Path:
    """The folder of a course in which a class was graded, with feedback and grades.csv; written answers wait for a person."""
    return once("class", _grade_a_class)


def _grade_a_class(course: Path) -> None:
    shutil.copytree(COURSE / "source", course / "source", ignore=shutil.ignore_patterns(".ipynb_*"))
    shutil.copy(COURSE / "nbgrader_config.py", course)
    nbgrader(course, "generate_assignment", ASSIGNMENT)
    stubs = {
        name: cell.source
        for name, cell in graded_cells(
            nbformat.read(course / f"release/{ASSIGNMENT}/{ASSIGNMENT}.ipynb", as_version=4)
        ).items()
    }

    def change(cells: dict[str, str]) -> nbformat.NotebookNode:
        notebook = perfect(course)
        for name, code in cells.items():
            graded_cells(notebook)[name].source = code
        return notebook

    deleted = perfect(course)
    deleted.cells = [
        c
        for c in deleted.cells
        if c.metadata.get("nbgrader", {}).get("grade_id") != "ex4_debug_test"
    ]
    more = change(WRONG_SIGN | SYNTAX_ERROR | {"ex14_judge": ESSAY})
    graded_cells(more)["ex9_forecast"].source += SHOWN
    notebooks = {
        "perfect": change({}),
        "blank": change(stubs),
        "half": change({name: text for name, text in stubs.items() if name.startswith(TAIL)}),
        "wrong_sign": change(WRONG_SIGN),
        "wrong_sign_and_more": more,
        "deleted_cell": deleted,
        "syntax_error": change(SYNTAX_ERROR),
        "never_ends": change(NEVER_ENDS),
    }
    for student, notebook in notebooks.items():
        folder = course / "submitted" / student / ASSIGNMENT
        folder.mkdir(parents=True)
        nbformat.write(notebook, folder / f"{ASSIGNMENT}.ipynb")
    command(course, "scalinglaws", "grade", ASSIGNMENT, "--cell-time", "30")
    nbgrader(course, "generate_feedback", ASSIGNMENT)
    nbgrader(course, "export")
