"""The course's notebooks, and what the tests do with them: run one, solve one, find what it must hide."""

import multiprocessing
import os
import re
import runpy
import sys
import tempfile
from pathlib import Path

import nbformat
from nbgrader import utils

from scalinglaws.course.exercises import assignments, graded_cells, read_notebook

COURSE = Path(__file__).parents[2]
ASSIGNMENTS = assignments(COURSE)

# The rows of the coverage map that each notebook teaches, practises and grades.
ROWS = {
    "00_pipeline": "B1 B2 B3 B4 B5",
    "01_power_laws": "A1 A2 A4 A5 B6 B7 B8 B9 B11 D4 E1",
    "02_diminishing_returns": "B10 C1 C2 C3 C7 C13 D2",
    "03_chinchilla": "A3 C4 C5 C6 C14 C15 C17 D3 E2 E4",
    "04_recipe": "F1 F2 F3 F4",
    "05_limits": "D1 D5 D7 D8 D9 D10 E3 E5",
    "06_loss_to_skill": "F6 D6",
    "07_beyond_scaling": "C8 C9 C10 C11 C12 C16 C18 F5 F7 F8 F9 F10 F11 F12",
    "08_capstone": "A3 D3 D8",
}


def source(assignment: str) -> nbformat.NotebookNode:
    return read_notebook(COURSE / "source" / assignment / f"{assignment}.ipynb")


def release(assignment: str) -> nbformat.NotebookNode:
    return read_notebook(COURSE / "release" / assignment / f"{assignment}.ipynb")


def failures(notebook: nbformat.NotebookNode) -> dict[str, str]:
    """{cell id: error} of all cells that raised or wrote to stderr."""
    found = {}
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            if output.output_type == "error":
                found[cell.id] = f"{output.ename}: {output.evalue}"
            elif output.output_type == "stream" and output.name == "stderr":
                found[cell.id] = output.text
    return found


def hidden_lines(assignment: str, solutions: bool = False) -> set[str]:
    """The lines of the source that stand between markers of hidden tests (and of solutions), and nowhere else."""
    kinds = "SOLUTION|HIDDEN TESTS" if solutions else "HIDDEN TESTS"
    hidden, shown = set(), ""
    for cell in source(assignment).cells:
        parts = re.findall(rf"### BEGIN (?:{kinds})\n(.*?)### END", cell.source, re.S)
        if solutions and utils.is_solution(cell) and cell.cell_type == "markdown":
            parts = [cell.source]
        rest = cell.source
        for part in parts:
            rest = rest.replace(part, "")
        hidden |= {line.strip() for part in parts for line in part.splitlines()}
        shown += rest
    return {line for line in hidden if len(line) > 24 and line not in shown}


# --- an assignment that is graded ---

ASSIGNMENT = "01_power_laws"

# What the lessons of each student change in the perfect notebook, and the points that it costs them (of those that a computer gives).
WRONG_SIGN = {
    "ex2_power_law": "def power_law(x, a, alpha, E=0.0):\n    return E + a * x**alpha",
    "ex4_debug": "def loss(N, D, a=1.0, b=0.5, c=1.0, d=0.3):\n    return a * N**b + c * D**d",
}
SYNTAX_ERROR = {"ex4_debug": "def loss(N, D, a=1.0, b=0.5, c=1.0, d=0.3)\n    return 0"}


def perfect(course: Path) -> nbformat.NotebookNode:
    """The released notebook with the answers of the source."""
    notebook = read_notebook(course / "release" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb")
    solved = graded_cells(read_notebook(course / "source" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"))
    for name, cell in graded_cells(notebook).items():
        if cell.metadata.nbgrader.solution:
            cell.source = solved[name].source
    return notebook


# What nbgrader imports takes seconds of the processor. Its commands run in processes forked from one that has imported it.
_WARM = multiprocessing.get_context("spawn" if os.name == "nt" else "forkserver")
if os.name != "nt":
    _WARM.set_forkserver_preload(["scalinglaws.course.grading.class_run", "nbgrader.apps"])


def nbgrader(course: Path, *words: str) -> str:
    """Run nbgrader as an instructor does; returns what it printed."""
    return command(course, "nbgrader", *words)


def command(course: Path, program: str, *words: str) -> str:
    """Run `python -m program words` in the course's folder; returns what it printed."""
    path = os.pathsep.join(filter(None, [str(COURSE), os.environ.get("PYTHONPATH")]))
    with tempfile.TemporaryDirectory() as folder:
        printed, complained = Path(folder, "stdout"), Path(folder, "stderr")
        outputs = str(printed), str(complained)
        environment = {**os.environ, "PYTHONPATH": path}
        process = _WARM.Process(target=_run, args=(course, environment, outputs, program, *words))
        process.start()
        process.join(timeout=1800)
        process.kill()  # unless it has ended
        assert process.exitcode == 0, complained.read_text("utf-8")
        return printed.read_text("utf-8")


def _run(
    course: Path, environment: dict[str, str], outputs: tuple[str, str], program: str, *words: str
) -> None:
    """What the process does."""
    os.chdir(course)
    os.environ.clear()
    os.environ.update(environment)
    for number, path in enumerate(outputs, 1):
        with open(path, "w") as file:
            os.dup2(file.fileno(), number)
    sys.argv = [program, *words]
    runpy.run_module(program, run_name="__main__", alter_sys=True)
