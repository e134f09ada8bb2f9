"""A run that goes on from the last one comes to what a run from the start comes to."""

import random
import sys
import time
from dataclasses import replace

import pytest

from scalinglaws.course.grading.engine import memory as engine_memory
from scalinglaws.course.grading.engine.memory import Memory
from scalinglaws.course.grading.engine.session import Session
from scalinglaws.course.grading.submission_job import Outcome, grade_submission, text_of

from ..grading.classroom import NAME, RIGHT, STUBS, Student, assignment, released, total

pytestmark = [
    pytest.mark.slow,  # they run submissions
    pytest.mark.skipif(sys.platform != "linux", reason="the engine needs Linux"),
]

# Cells of a learner's own whose effect a copy of the process might lose, share or double.
OWN = (
    "seen = globals().get('seen', 0) + 1\nprint(seen, 'times')",
    "print(random.random(), np.random.rand())",
    "with open('notes.txt', 'a') as file:\n    file.write('one more\\n')\nprint(open('notes.txt').read())",
    "lines = open('lines.txt', 'w+')\n_ = lines.write('a\\nb\\nc\\n'), lines.flush(), lines.seek(0)",
    "print(lines.readline())",
    "import threading\nstop = threading.Event()\nthreading.Thread(target=stop.wait, daemon=True).start()",
    "import subprocess\nsubprocess.Popen(['sleep', '60'])",
    "np.random.rand = lambda *_: 0.5\ndel frame",
    "1 / 0",
    "import os\nos._exit(0)",
    "import os\nif os.fork() == 0:\n    os._exit(0)\nos.wait()[1]",
    "_, Out, In[-1]",
)
ANSWERS = {
    name: (STUBS[name], RIGHT[name], RIGHT[name] + "\n# again", RIGHT[name].replace("2", "3"), "oops(")
    for name in RIGHT
}  # fmt: skip


@pytest.fixture
def student(tmp_path) -> Student:
    made = assignment(tmp_path, sandboxed=False)
    return Student(made, released(made)).add("import random\nrandom.seed(3)\nnp.random.seed(4)")


@pytest.fixture
def memory(monkeypatch):
    monkeypatch.setattr(engine_memory, "WORTH_IT", 0)  # a place before each answer
    kept = Memory()
    yield kept
    kept.close()


def run(student: Student, memory: Memory | None = None, tests=None) -> Outcome:
    files = {f"{NAME}.ipynb": text_of(student.nb).encode()}
    return grade_submission(student.made, "sam", files, tests=tests, draw=False, memory=memory)


def told(outcome: Outcome) -> tuple:
    """All that a run came to, but for the time that it took."""
    tests = {name: replace(test, seconds=0.0) for name, test in outcome.tests.items()}
    notebook = outcome.notebooks[NAME]
    outputs = [(cell.outputs, cell.execution_count) for cell in notebook.cells if "outputs" in cell]
    return tests, outputs, outcome.stopped, outcome.flooded, outcome.unjudged


def edit(student: Student, chance: random.Random) -> None:
    """Change one cell, add one, or take one away."""
    own = [cell for cell in student.nb.cells if cell.source in OWN]
    what = chance.choice(["answer", "answer", "add", "add", "remove"])
    if what == "remove" and own:
        student.nb.cells.remove(chance.choice(own))
    elif what == "add":
        student.add(chance.choice(OWN), before=chance.choice(list(RIGHT)))
    else:
        name = chance.choice(list(ANSWERS))
        student.write(**{name: chance.choice(ANSWERS[name])})


@pytest.mark.parametrize("sandboxed", [False, True])
def test_after_random_edits_it_says_what_a_run_from_the_start_says(
    student, memory, sandboxed, request
):
    if sandboxed:
        request.getfixturevalue("sandbox")
    student.made = replace(student.made, sandboxed=sandboxed)
    chance = random.Random(sandboxed)
    student.write(**RIGHT)
    for step in range(4):
        assert told(run(student, memory)) == told(run(student)), step
        for _ in range(chance.choice([1, 1, 3])):
            edit(student, chance)


@pytest.mark.parametrize("own", [o for o in OWN if "open" in o or "import threading" in o])
def test_what_a_copy_would_not_have_or_share_is_not_lost(student, memory, own):
    student.write(**RIGHT)
    student.add(own, after="square_test")
    run(student, memory)
    student.write(slope=STUBS["slope"])
    assert told(run(student, memory)) == told(run(student))


def test_only_what_follows_the_change_runs_again(student, memory):
    clock = "import time\nprint(time.time_ns())"
    student.write(**RIGHT).add(clock, before="square").add(clock, before="slope")
    ran = [run(student, memory)]
    student.write(limit="limit = 0.5")
    ran.append(run(student, memory))
    first, second = (
        [cell.outputs[0].text for cell in r.notebooks[NAME].cells if cell.source == clock]
        for r in ran
    )
    assert first[0] == second[0] and first[1] != second[1]
    assert (total(ran[0]), total(ran[1])) == (12, 10)


def test_nothing_runs_again_where_nothing_changed(student, memory, monkeypatch):
    student.write(**RIGHT)
    before = told(run(student, memory))
    monkeypatch.setattr(Session, "run", lambda *_: pytest.fail("it was known"))
    assert told(run(student, memory)) == before


def test_one_exercise_and_then_another(student, memory):
    student.write(**RIGHT)
    for tests in ({"mean_test"}, {"limit_test"}, {"slope_test"}, {"square_test"}):
        warm, cold = (run(student, kept, tests).tests for kept in (memory, None))
        for name in tests:
            assert replace(warm[name], seconds=0.0) == replace(cold[name], seconds=0.0)


def test_what_was_late_is_tried_again(student, memory, monkeypatch):
    slow = "import time\ntime.sleep(30)"
    student.made = replace(
        student.made, limits=replace(student.made.limits, cell_time=3)
    )  # only the sleep is late
    student.write(**RIGHT).add(slow, before="slope")
    assert run(student, memory).stopped
    ran: list[str] = []
    whole = Session.run
    monkeypatch.setattr(
        Session, "run", lambda self, cell: (ran.append(cell.source), whole(self, cell))
    )
    run(student, memory)
    assert slow in ran and RIGHT["square"] not in ran


def test_another_file_or_other_limits_begin_from_the_start(student, memory):
    student.write(**RIGHT)
    run(student, memory)
    student.made = replace(student.made, files={"data.csv": b"1"})
    student.add("print(open('data.csv').read())")
    assert told(run(student, memory)) == told(run(student))


def test_few_processes_stay_and_all_end(student, memory, monkeypatch):
    monkeypatch.setattr(engine_memory, "MOST_PLACES", 4)
    for number in range(9):
        student.add(f"n = {number}")
    run(student, memory)
    assert 0 < len(memory._places) <= 4
    session = memory._session
    assert session is not None
    waiting = session._launcher.processes()
    assert len(waiting) >= 4
    memory.close()
    for _ in range(200):
        if not any(_runs(pid) for pid in waiting):
            break
        time.sleep(0.01)
    assert not any(_runs(pid) for pid in waiting)


def test_too_much_memory_is_not_kept(student, memory, monkeypatch):
    monkeypatch.setattr(engine_memory, "MOST_MEMORY", 0)
    before = told(run(student, memory))
    assert memory._places == []
    student.write(**RIGHT)
    assert before != told(run(student, memory)) == told(run(student))


@pytest.mark.parametrize("which", ["learner", "tester"])
def test_processes_that_were_killed_are_replaced(student, memory, which):
    student.write(**RIGHT)
    run(student, memory)
    session = memory._session
    assert session is not None
    session._launcher._roots[which].kill()
    for kept in memory._places:
        for process in (kept.place.learner.process, kept.place.tester):
            if process is not None:
                process.close()
    student.write(limit="limit = 3")
    assert told(run(student, memory)) == told(run(student))


def _runs(pid: int) -> bool:
    from scalinglaws.course.grading.engine.usage import has_ended

    return not has_ended(pid)
