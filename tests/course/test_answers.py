"""Every exercise, with right answers, other right answers and wrong ones: the checks must tell them apart.

Cells run here in this process, in order, as a kernel would run them; a candidate answer runs in a copy of what the cells before it
defined. Nothing needs nbgrader, so hundreds of answers take seconds.
"""

import contextlib
import io
import warnings
from importlib import import_module

import pytest
from nbgrader import utils

from scalinglaws.course.exercises import read_notebook
from scalinglaws.grading import CheckFailed

from .notebooks import ASSIGNMENTS, COURSE


class Lesson:
    """The namespace before each answer cell of a source notebook, and the test cells that follow it."""

    def __init__(self, assignment: str):
        self.assignment = assignment
        notebook = read_notebook(COURSE / "source" / assignment / f"{assignment}.ipynb")
        namespace: dict = {}
        self.before: dict[str, dict] = {}
        self.tests: dict[str, list[str]] = {}
        current = None
        for cell in notebook.cells:
            if cell.cell_type != "code":
                continue
            if utils.is_solution(cell):
                current = cell.metadata.nbgrader["grade_id"]
                self.before[current], self.tests[current] = dict(namespace), []
            elif utils.is_grade(cell):
                self.tests[current].append(cell.source)
            run(cell.source, namespace)

    def judge(self, answer_cell: str, code: str) -> str:
        """Run `code` as the answer, then its tests. Returns "" if all pass, else the reply of the first that fails."""
        namespace = dict(self.before[answer_cell])
        run(code, namespace)
        for test in self.tests[answer_cell]:
            try:
                errors = run(test, namespace)
            except CheckFailed as reply:
                return str(reply)
            except NameError as error:
                return f"{type(error).__name__}: {error}"
            assert not errors, f"a test cell wrote to stderr, which nbgrader marks with 0: {errors}"
        return ""


def run(source: str, namespace: dict) -> str:
    """Execute one cell; returns what it wrote to stderr."""
    stderr = io.StringIO()
    with (
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(stderr),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("default")
        exec(compile(source, "<cell>", "exec"), namespace)
    return stderr.getvalue()


@pytest.fixture(scope="module", params=ASSIGNMENTS)
def lesson(request):
    number, name = request.param.split("_", 1)  # a module's name can't begin with a digit
    answers = import_module(f"tests.course.answers.{name}_{number}").ANSWERS
    return Lesson(request.param), answers


def test_every_exercise_has_answers(lesson):
    notebook, answers = lesson
    assert set(answers) == {cell for cell, tests in notebook.tests.items() if tests}
    for name, given in answers.items():
        assert len(given.right) >= 2 and len(set(given.right)) == len(given.right), name
        assert len(given.wrong) >= 6, name


def test_right_answers_pass(lesson):
    notebook, answers = lesson
    refused = [
        (name, code, reply)
        for name, given in answers.items()
        for code in given.right
        if (reply := notebook.judge(name, code))
    ]
    assert not refused


def test_wrong_answers_are_refused_and_the_slip_is_named(lesson):
    notebook, answers = lesson
    faults = []
    for name, given in answers.items():
        for code, part in given.wrong:
            reply = notebook.judge(name, code)
            if not reply or part not in reply:
                faults.append((name, code, part, reply or "ACCEPTED"))
        named = [part for _, part in given.wrong if part]
        assert len(named) >= max(3, len(given.wrong) / 2), name
    assert not faults, "\n\n".join("\n".join(fault) for fault in faults)


def test_a_blank_answer_is_not_started(lesson):
    notebook, answers = lesson
    assignment = notebook.assignment
    release = read_notebook(COURSE / "release" / assignment / f"{assignment}.ipynb")
    stubs = {
        cell.metadata.nbgrader["grade_id"]: cell.source
        for cell in release.cells
        if utils.is_solution(cell) and cell.cell_type == "code"
    }
    for name in answers:
        reply = notebook.judge(name, stubs[name])
        assert any(
            words in reply for words in ("no value yet", "not written yet", "no answer yet")
        ), (
            name,
            reply,
        )
