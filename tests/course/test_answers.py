"""Every exercise, with right answers, other right answers, wrong ones and mutants: the checks must tell them apart."""

import re
from importlib import import_module

import pytest
from nbgrader import utils

from scalinglaws.course.exercises import read_notebook

from .lesson import Lesson, shared_fits
from .mutants import Machine
from .notebooks import ASSIGNMENTS, COURSE

# Exercises whose checks fit or resample for seconds: a sample of their mutants stands for all, which the benchmark runs.
SAMPLED = {
    ("03_chinchilla", "ex8_bootstrap"): 5,
    ("03_chinchilla", "ex13_debug"): 5,
    ("03_chinchilla", "ex15_plan"): 10,
    ("05_limits", "ex2_ranges"): 8,
    ("05_limits", "ex2_levels"): 5,
    ("05_limits", "ex5_turn"): 20,
    ("05_limits", "ex7_absurd"): 15,
    ("05_limits", "ex8_exponents"): 12,
    ("06_loss_to_skill", "ex8_final"): 12,
}
# What no person would write in a reply: numpy's names, addresses, line breaks, two full stops, signs of a table.
_MACHINE_WRITTEN = re.compile(
    r"np\.(float|int|bool|str)\w*\(|array\(| at 0x|\n|(?<!\.)\.\.(?!\.)|dtype"
)


@pytest.fixture(scope="module", autouse=True)
def _shared():
    with shared_fits():
        yield


@pytest.fixture(scope="module", params=ASSIGNMENTS)
def lesson(request):
    number, name = request.param.split("_", 1)  # a module's name can't begin with a digit
    answers = import_module(f"tests.course.answers.{name}_{number}").ANSWERS
    return Lesson(request.param), answers


def test_the_source_runs_and_earns_every_point_within_a_minute(lesson):
    """A minute of the processor: how long others keep it busy is not the notebook's fault."""
    notebook, _ = lesson  # a test that fails raises
    assert not notebook.complaints
    assert notebook.seconds < 60


def test_every_exercise_has_answers(lesson):
    notebook, answers = lesson
    assert set(answers) == {name for name, task in notebook.tasks.items() if task.tests}
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
            if not reply or part not in reply or _MACHINE_WRITTEN.search(reply):
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


def test_no_mutant_survives_every_shape_is_taken_and_every_slip_is_reached(lesson):
    notebook, answers = lesson
    open_ = {}
    for name, given in answers.items():
        if given.exempt:
            continue
        machine = Machine(notebook, name)
        sample = SAMPLED.get((notebook.assignment, name))
        report = machine.report(given.equal, sample)
        assert machine.stale_seals() == [], name
        unused = set(given.equal) - set(report.equal) if sample is None else set()
        missed = {message: reply for message, reply in report.slips.items() if reply}
        if report.survived or report.shapes_refused or missed or unused:
            open_[name] = (report.survived, report.shapes_refused, missed, unused)
    assert not open_, "survived, shapes refused, slips not reached, listed as equal for nothing"
