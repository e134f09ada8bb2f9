"""A test's verdict is explicit: nothing that is missing, cut or unreadable ever counts as right, and it is said."""

import csv
import json
import math
from decimal import Decimal

import nbformat
import numpy as np
import pytest
from nbclient.exceptions import CellTimeoutError
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI

from scalinglaws.cli import main
from scalinglaws.course.grading import execute
from scalinglaws.course.grading.engine import handle
from scalinglaws.course.grading.engine.cells import Cell, Course
from scalinglaws.course.grading.engine.messages import Gone
from scalinglaws.course.grading.engine.sandbox import Limits
from scalinglaws.course.grading.engine.session import Session
from scalinglaws.course.grading.engine.verdict import UNJUDGED_ERROR, State, Verdict
from scalinglaws.course.grading.nbgrader_api import load_config
from scalinglaws.course.questions.seal import seal_number
from scalinglaws.course.questions.stretch import stretched

from . import classroom
from .classroom import NAME, POINTS, RIGHT, TOTAL, Student, isolated, points, total
from .test_class_run import ROOT


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return classroom.assignment(tmp_path_factory.mktemp("source"), cell_time=20, total_time=120)


# --- what an outcome may be ---


@pytest.mark.parametrize("value", [None, True, np.True_])
def test_a_test_that_ran_to_its_end_passed(value):
    assert Verdict.of_value(value) == Verdict(State.PASSED)


@pytest.mark.parametrize(
    ("value", "points"),
    [(1, 1.0), (0, 0.0), (2.5, 2.5), (np.float64(0.25), 0.25), (np.int64(3), 3.0), (np.float32(0.5), 0.5), (Decimal("1.5"), 1.5), (-2, -2.0), (10**9, 1e9)],
)  # fmt: skip
def test_a_number_is_partial_credit(value, points):
    assert Verdict.of_value(value) == Verdict(State.PASSED, points)


class FalseFriend:
    def __float__(self):
        return 3.0

    def __repr__(self):
        return "3.0"


@pytest.mark.parametrize(
    "value",
    [
        math.nan, math.inf, -math.inf, np.nan, "3", "3.0", b"3", False, np.False_, [3], (3,), {3}, np.array([3.0]), 3j, 10**400,
        "9" * 10**6, FalseFriend(), FalseFriend, float, Ellipsis, Decimal("sNaN"), Decimal("1e999"),
    ],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_what_is_no_number_of_points_cannot_be_judged(value):
    verdict = Verdict.of_value(value)
    assert verdict.state is State.UNJUDGED and "person" in verdict.message
    assert len(verdict.message) < 300


@pytest.mark.parametrize(
    "verdict",
    [Verdict(State.PASSED), Verdict(State.PASSED, 0.5), Verdict.failed("ValueError", "no", ["a", "b"]), Verdict.unjudged("lost")],
    ids=lambda v: v.error or str(v.points),
)  # fmt: skip
def test_a_verdict_crosses_unchanged(verdict):
    again = Verdict.from_message({"verdict": verdict.to_message()})
    assert (again.state, again.points, again.error, again.message) == (verdict.state, verdict.points, verdict.error, verdict.message)  # fmt: skip


GOOD = Verdict(State.PASSED).to_message()


@pytest.mark.parametrize(
    "message",
    [
        None, {}, [], {"verdict": None}, {"verdict": []}, {"verdict": "passed"}, {"verdict": {}}, {"verdict": {"state": "passed"}},
        {"outputs": []}, {"verdict": {**GOOD, "state": "right"}}, {"verdict": {**GOOD, "state": None}},
        {"verdict": {**GOOD, "points": "3"}}, {"verdict": {**GOOD, "points": True}}, {"verdict": {**GOOD, "points": math.nan}},
        {"verdict": {**GOOD, "traceback": [3]}}, {"verdict": {**GOOD, "message": None}}, {"verdict": {**GOOD, "state": ["passed"]}},
    ],
    ids=str,
)  # fmt: skip
def test_what_is_no_verdict_is_no_pass(message):
    assert Verdict.from_message(message).state is State.UNJUDGED


def test_messages_are_bounded_and_credit_is_clipped():
    verdict = Verdict.failed("E" * 10**6, "m" * 10**7, ["t" * 10**6] * 50)
    (output,) = verdict.outputs(3)
    assert len(str(output)) < 60_000
    assert [Verdict(State.PASSED, p).outputs(3.0)[0]["data"]["text/plain"] for p in (-1.0, 1.5, 9.0)] == ["0.0", "1.5", "3.0"]  # fmt: skip


# --- however much a submission puts out ---

FLOODS = {
    "rich, to the last byte": [
        *["from IPython.display import display\ndisplay({'text/plain': 'x' * 2_090_000}, raw=True)"] * 16,
        *[f"for _ in range(190): display({{'text/plain': 'x' * {k}}}, raw=True)" for k in (900, 900, 50, 50, 0, 0)],
    ],
    "by accident": ["print('x' * 260_000)"] * 140,
    "pictures": ["from IPython.display import display\nfor _ in range(9): display({'image/png': 'x' * 500_000}, raw=True)"] * 12,
    "results": ["'x' * 2_000_000"] * 20,
    "stderr": ["import sys; print('x' * 260_000, file=sys.stderr)"] * 140,
    "errors": ["raise ValueError('x' * 10**6)"] * 150,
    "many small": ["from IPython.display import display\nfor _ in range(190): display(1)"] * 60,
    "a table of text": ["from IPython.display import HTML\nHTML('<p>' + 'x' * 2_000_000)"] * 20,
}  # fmt: skip


@isolated
@pytest.mark.parametrize("cells", FLOODS.values(), ids=FLOODS)
def test_no_output_takes_the_room_of_a_verdict(made, cells):
    """With answers that are wrong, blank and right: each test has its own points."""
    wrong = RIGHT | {"square": "def square(x):\n    return 1", "mean": classroom.STUBS["mean"]}
    student = Student(made, classroom.released(made)).write(**wrong)
    for cell in cells:
        student.add(cell)
    outcome = student.hand_in()
    assert points(outcome) == POINTS | {"square": 0, "mean": 0}
    assert not outcome.unjudged and all(
        outcome.tests[f"{n}_test"].message for n in ("square", "mean")
    )
    assert len(nbformat.v4.writes(outcome.notebooks[NAME])) < 100 * 2**20


@isolated
def test_what_is_left_out_of_the_outputs_is_said(made):
    student = Student(made, classroom.released(made)).write(**RIGHT)
    for cell in FLOODS["by accident"]:
        student.add(cell)
    assert outcome_names(student.hand_in().flooded)


def outcome_names(flooded):
    return [name for name in flooded if name.startswith("cell ")]


# --- a tester that does not answer ---


def judge(monkeypatch, sent):
    """Run a test in a session in which the tester's messages are what `sent` makes of them."""
    answer = handle.ProcessHandle.answer

    def changed(self, deadline):
        message = answer(self, deadline)
        return sent(message) if "verdict" in message else message

    monkeypatch.setattr(handle.ProcessHandle, "answer", changed)
    with Session(execute.shared_server(), Course(), Limits(cell_time=5)) as running:
        cell, after = Cell("1", test="t"), Cell("2", test="u")
        running.run(cell)
        monkeypatch.undo()
        running.run(after)
    assert after.verdict == Verdict(State.PASSED, 2.0)
    return cell


def gone(message):
    raise Gone


def stuck(message):
    raise TypeError


@isolated
@pytest.mark.parametrize(
    "sent",
    [
        gone,
        stuck,
        lambda m: {},
        lambda m: {"verdict": m["verdict"] | {"points": "many"}},
        lambda m: {"verdict": {}},
    ],
    ids=["killed", "nonsense", "nothing", "unreadable", "cut"],
)
def test_a_verdict_that_does_not_arrive_is_no_pass(monkeypatch, sent):
    cell = judge(monkeypatch, sent)
    assert cell.verdict.state is State.UNJUDGED
    assert cell.verdict.outputs(1)[0]["ename"] == UNJUDGED_ERROR


@isolated
@pytest.mark.parametrize(
    "test",
    [
        "import os; os._exit(0)",
        "import ctypes; ctypes.string_at(0)",
        "while True: pass",
        "import os; os.closerange(3, 999)",
    ],
)
def test_a_tester_that_ends_gives_no_points(test):
    with Session(execute.shared_server(), Course(), Limits(cell_time=2)) as running:
        cell, after = Cell(test, test="t"), Cell("None", test="u")
        running.run(cell)
        running.run(after)
    assert (cell.verdict.state, after.verdict.state) == (State.UNJUDGED, State.PASSED)


@isolated
@pytest.mark.parametrize(
    "test",
    [
        "%%time\nassert False",
        "%time 1 / 0",
        "from IPython.display import clear_output\ntry:\n    assert False\nfinally:\n    clear_output()",
        "get_ipython().run_cell('1 / 0')",
        "for _ in range(500): display(1)\nassert False",
        "print('x' * 10**7)\nassert False",
        "raise SystemExit",
        "raise KeyboardInterrupt",
        "class E(Exception):\n    def __str__(self): raise ValueError\nraise E",
        "def f(:",
    ],
)
def test_an_error_counts_however_it_is_shown(test):
    with Session(execute.shared_server(), Course(), Limits(cell_time=10)) as running:
        cell = Cell(test, test="t")
        running.run(cell)
    assert cell.verdict.state is State.FAILED


@isolated
def test_no_time_for_a_test_is_no_pass(made):
    student = Student(classroom.replace_limits(made, total_time=3), classroom.released(made))
    outcome = student.write(**RIGHT).add("import time; time.sleep(30)").hand_in()
    assert total(outcome) == 0
    assert outcome.unjudged == [f"{name}_test" for name in POINTS]
    assert "took longer than 3 s" in outcome.tests["square_test"].message


# --- on all roads to a grade ---


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A course whose second test gives text for points, and one student who floods, one who is right."""
    monkeypatch.setenv("SCALINGLAWS_COURSE", str(tmp_path))
    config = (ROOT / "nbgrader_config.py").read_text("utf-8")
    (tmp_path / "nbgrader_config.py").write_text(config, encoding="utf-8")
    folder = tmp_path / "source" / NAME
    folder.mkdir(parents=True)
    source = classroom.source_notebook()
    cells = {classroom.grade_id(cell): cell for cell in source.cells}
    cells["mean_test"].source += "\n'2.0'"
    cells["limit_test"].source += "\n1.5"
    cells["slope_test"].source += "\nfloat('nan')"
    made = classroom.assignment(folder, source=source, config=load_config(ROOT, tmp_path))
    for name, answers in {"ada": RIGHT, "eve": {}}.items():
        student = Student(made, classroom.released(made)).write(**answers)
        if name == "eve":
            for cell in FLOODS["rich, to the last byte"]:
                student.add(cell)
        folder = tmp_path / "submitted" / name / NAME
        folder.mkdir(parents=True)
        nbformat.write(student.nb, folder / f"{NAME}.ipynb")
    return tmp_path


def marks(course):
    """{student: {test: (points, whether a person is asked)}}."""
    with Gradebook(f"sqlite:///{(course / 'gradebook.db').as_posix()}", "scaling_laws") as book:
        return {
            s.student.id: {
                g.name.removesuffix("_test"): (g.auto_score, g.needs_manual_grade)
                for n in s.notebooks for g in n.grades if g.name.endswith("_test")
            }
            for s in book.find_assignment(NAME).submissions
        }  # fmt: skip


EXPECTED = {
    "ada": {"square": (3, False), "mean": (0, True), "limit": (1.5, False), "slope": (0, True)},
    "eve": dict.fromkeys(POINTS, (0, False)),
}


@isolated
def test_grade_gives_nothing_for_what_is_missing_and_says_so(course, capsys, monkeypatch):
    assert main(["grade", NAME]) == 0
    said = capsys.readouterr().out
    assert marks(course) == EXPECTED
    look = said.split("please look:")[1]
    assert "ada  mean_test, slope_test could not be judged" in look.splitlines()[1]
    assert "eve" in look and "printed too much" in look

    # What could not be judged is a score for nobody: neither in an export nor in the statistics.
    monkeypatch.chdir(course)
    monkeypatch.setenv("SCALINGLAWS_COURSE", str(course))
    for form, empty in (("canvas", ""), ("moodle", "-")):
        assert main(["grades", "--form", form]) == 0
        rows = {row[0]: row[-1] for row in csv.reader(capsys.readouterr().out.splitlines())}
        assert (rows["ada"], rows["eve"]) == (empty, "0")
    assert main(["items", NAME, "--json"]) == 0
    items = {item["exercise"]: item for item in json.loads(capsys.readouterr().out)}
    assert (items["mean_test"]["answers"], items["mean_test"]["unjudged"]) == (1, 1)
    assert items["mean_test"]["discrimination"] is None and items["square_test"]["unjudged"] == 0
    assert main(["items", NAME]) == 0
    assert capsys.readouterr().out.count("1 could not be judged and are left out") == 2


@isolated
def test_nbgraders_own_command_gives_the_same(course):
    api = NbGraderAPI(config=load_config(course, course))
    assert api.generate_assignment(NAME)["success"]
    for name in EXPECTED:
        result = api.autograde(NAME, name)
        assert result["success"], result
    assert marks(course) == EXPECTED


@isolated
def test_check_says_what_could_not_be_judged(course, capsys):
    assert main(["check", NAME, "--student", "ada"]) == 1
    said = capsys.readouterr().out
    assert said.count("could not be judged") >= 2 and "4.5 of 12 points" in said
    assert main(["check", NAME, "--student", "eve"]) == 1
    assert "0 of 12 points" in capsys.readouterr().out


@pytest.mark.parametrize("end", [None, CellTimeoutError("late"), "all"])
def test_a_kernel_that_does_not_answer_gives_no_points(made, monkeypatch, end):
    """Where there is no engine: a kernel runs the first cells, and then no more. Outputs that were handed in count for nothing."""
    notebook = classroom.released(made)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [nbformat.v4.new_output("stream", text="all is right")]

    class Client:
        def __init__(self, nb, on_cell_executed, **options):
            self.nb, self.note = nb, on_cell_executed

        def execute(self):
            for number, cell in enumerate(self.nb.cells):
                if cell.cell_type != "code":
                    continue
                assert cell.outputs == []
                if end != "all" and classroom.grade_id(cell) == "mean_test":
                    if end:
                        raise end
                    return
                content = {"status": "ok"}
                if classroom.grade_id(cell) == "slope_test":
                    content = {"status": "error", "ename": "E", "evalue": "no", "traceback": []}
                if classroom.grade_id(cell) == "mean_test":
                    cell.outputs = [
                        nbformat.v4.new_output("execute_result", {"text/plain": "np.float64(1.5)"})
                    ]
                if classroom.grade_id(cell) == "limit_test":
                    cell.outputs = [
                        nbformat.v4.new_output("error", ename="E", evalue="no", traceback=[])
                    ]
                self.note(cell=cell, cell_index=number, execute_reply={"content": content})

    monkeypatch.setattr("nbclient.NotebookClient", Client)
    monkeypatch.setattr(execute, "HAS_ENGINE", False)
    ran = execute.run_notebook(notebook, made.plans[NAME])
    from nbgrader.utils import determine_grade

    given = {
        classroom.grade_id(c).removesuffix("_test"): determine_grade(c)[0]
        for c in notebook.cells
        if classroom.grade_id(c).endswith("_test")
    }
    rest = (
        {"mean": 1.5, "limit": 0, "slope": 0}
        if end == "all"
        else dict.fromkeys(["mean", "limit", "slope"], 0)
    )
    assert given == {"square": 3} | rest
    assert len(ran.unjudged) == (0 if end == "all" else 3)
    assert TOTAL == 12


@isolated
def test_an_equal_answer_of_another_submission_is_not_stretched_again():
    """The slow hash of a sealed answer is computed in the command, once for a class; the verdicts are those of the answers."""
    seal = seal_number("limit", 0.25, rtol=0.001)
    test = f"from scalinglaws.grading import check_sealed\ncheck_sealed('limit', limit, {seal!r})"
    stretched.cache_clear()
    verdicts = []
    for value in ("0.25", "0.25", "0.5", "10.0**-400"):
        cells = [Cell(f"limit = {value}"), Cell(test, test="limit_test")]
        course = Course(learners={"limit_test": ["limit"]})
        with Session(execute.shared_server(), course, Limits(cell_time=20)) as session:
            session.run_all(cells)
        assert cells[1].verdict is not None
        verdicts.append(cells[1].verdict.state)
    assert verdicts == [State.PASSED, State.PASSED, State.FAILED, State.FAILED]
    assert stretched.cache_info().hits == 1 and stretched.cache_info().misses == 3


@isolated
def test_an_answer_too_long_to_remember_is_stretched_where_it_is_tested():
    stretched.cache_clear()
    test = (
        "from scalinglaws.course.questions.stretch import stretch\n"
        "stretch(said.encode(), b'salt', 2)\nassert stretch(b'short', b'salt', 2)"
    )
    cells = [Cell("said = 'x' * 100_000"), Cell(test, test="said_test")]
    course = Course(learners={"said_test": ["said"]})
    with Session(execute.shared_server(), course, Limits(cell_time=20)) as session:
        session.run_all(cells)
    assert cells[1].verdict is not None and cells[1].verdict.state is State.PASSED
    assert stretched.cache_info().currsize == 1
