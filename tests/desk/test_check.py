"""`sl.check()`: how it knows the notebook, what it says, and that one exercise alone is judged as among all."""

from pathlib import Path

import nbformat
import pytest

from scalinglaws.course.desk import check as desk
from scalinglaws.course.grading.check_report import CheckReport
from scalinglaws.course.grading.execute import needed_for
from scalinglaws.course.grading.submission import grade_id
from scalinglaws.course.learner.events import Checked, note_check, progress_of
from scalinglaws.errors import CourseError


@pytest.fixture
def copy(tmp_path, monkeypatch) -> Path:
    """ada's copy of a notebook, in a course; the working folder is the copy's."""
    course = tmp_path / "course"
    folder = course / "submitted" / "ada" / "01_first"
    folder.mkdir(parents=True)
    (course / "release").mkdir()
    (course / "nbgrader_config.py").write_text("c = get_config()\n")
    (folder / "01_first.ipynb").write_text("{}")
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    monkeypatch.delenv("SCALINGLAWS_COURSE", raising=False)
    monkeypatch.chdir(folder)
    return folder / "01_first.ipynb"


@pytest.mark.parametrize("written", ["7", 7, "07", "ex7", "ex07", "Exercise 7", " ex_7 "])
def test_an_exercise_is_known_however_it_is_written(written):
    assert desk.number_of(written) == "7"


def test_other_numbers_stay():
    assert desk.number_of("13a") == desk.number_of("Ex 13A") == "13a"
    assert desk.number_of("") == ""
    assert desk.number_of("?") == "?"  # the check says that there is none


class TestOpenNotebook:
    def test_jupyter_says_it(self, copy, monkeypatch):
        (copy.parent / "scratch.ipynb").write_text("{}")
        monkeypatch.setenv("JPY_SESSION_NAME", str(copy))
        assert desk.open_notebook({}) == copy

    def test_jupyter_says_it_below_another_folder(self, copy, monkeypatch):
        monkeypatch.setenv("JPY_SESSION_NAME", f"01_first/{copy.name}")
        assert desk.open_notebook({}) == copy

    def test_vs_code_says_it(self, copy):
        (copy.parent / "scratch.ipynb").write_text("{}")
        assert desk.open_notebook({"__vsc_ipynb_file__": str(copy)}) == copy

    def test_the_only_one_here(self, copy, monkeypatch):
        monkeypatch.setenv("JPY_SESSION_NAME", "console-1-7c0f")  # no notebook's
        assert desk.open_notebook({"__vsc_ipynb_file__": 7}) == copy

    @pytest.mark.parametrize("others", [0, 2])
    def test_else_one_sentence(self, copy, others):
        copy.unlink()
        for i in range(others):
            (copy.parent / f"{i}.ipynb").write_text("{}")
        with pytest.raises(CourseError, match="in a terminal"):
            desk.open_notebook({})


class TestOwner:
    def test_a_copy(self, copy):
        assert desk.owner_of(copy) == ("ada", "01_first")

    @pytest.mark.parametrize("name", ["mine.ipynb", "deep/01_first.ipynb", "../start.ipynb"])
    def test_no_copy_of_an_assignment(self, copy, name):
        with pytest.raises(CourseError, match="is not your copy of an assignment"):
            desk.owner_of(copy.parent / name)

    def test_outside_of_a_course(self, copy, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        with pytest.raises(CourseError, match="Colab or Kaggle"):
            desk.owner_of(tmp_path / "01_first.ipynb")


ROW = {
    "exercise": "2", "title": "a <law>", "state": "wrong", "points": 0.5, "max_points": 2.0,
    "by_hand": False, "messages": ["f(3) is -9\n& not 9"],
}  # fmt: skip
REPORT = {
    "assignment": "01_first", "student": "ada", "score": 0.5, "max_score": 2.0, "remarks": ["look"],
    "feedback": "", "full": True,
    "exercises": [ROW, ROW | {"exercise": "3", "state": "waits for a person", "by_hand": True}],
}  # fmt: skip


def test_a_report_reads_in_a_terminal_and_in_a_notebook():
    report = CheckReport(REPORT, "As saved at 12:00.")
    text, page = repr(report), report._repr_html_()
    for said in ("0.5/2", "–/2", "wrong", "0.5 of 2 points, and 2 that a person marks", "12:00"):
        assert said in text and said in page
    assert "a &lt;law&gt;" in page and "<law>" not in page and "&amp; not 9" in page
    assert page.count('scope="row"') == 2 and page.count('scope="col"') == 4


def test_a_course_without_its_tests_promises_no_points():
    report = CheckReport(REPORT | {"full": False, "exercises": [ROW | {"state": "right"}]})
    assert "right so far" in repr(report) and "0.5" not in report._repr_html_()


def asked_of_a_worker(monkeypatch, reply: dict) -> list[dict]:
    """What the worker is asked from now on; it answers `reply`."""
    asked = []
    monkeypatch.setattr(desk.Worker, "ask", lambda _, request: asked.append(request) or reply)
    return asked


def test_the_check_runs_elsewhere(copy, monkeypatch):
    asked = asked_of_a_worker(monkeypatch, {"report": REPORT, "note": "As saved."})
    assert [row["exercise"] for row in desk.check("ex02").exercises] == ["2", "3"]
    assert asked == [{"do": "check", "path": str(copy), "exercise": "2"}]
    assert desk._worker(copy.parent) is desk._worker(copy.parent)  # warm from the second check on


def test_what_a_check_cannot_do_is_its_own_sentence(copy, monkeypatch):
    asked_of_a_worker(monkeypatch, {"error": "It is full."})
    with pytest.raises(CourseError, match=r"^It is full\.$"):
        desk.check()


def test_a_check_that_was_noted_before_the_worker_died_is_noted_once(copy):
    course = copy.parents[3]
    for again in (False, True, True):
        note_check(course, "ada", REPORT, again=again)
    note_check(course, "ada", REPORT | {"score": 1.0}, again=True)
    note_check(course, "ada", REPORT | {"score": 1.0})
    scores = [event.score for event in progress_of("ada").events() if isinstance(event, Checked)]
    assert scores == [0.5, 1.0, 1.0]


def cell(source: str, name: str = "", points: float = 0) -> nbformat.NotebookNode:
    own = {"grade_id": name, "grade": points > 0, "solution": not points, "points": points}
    return nbformat.v4.new_code_cell(source, metadata={"nbgrader": own} if name else {})


def test_one_exercise_needs_no_other_test_and_no_later_cell():
    notebook = nbformat.v4.new_notebook(
        cells=[
            cell("import numpy as np"),
            cell("a = 1", "a"),
            cell("from x import check\nlimit = 3\ncheck(a)", "test-a", 1),
            cell("b = a", "b"),
            cell("from x import check\ncheck(b, limit)", "test-b", 1),
            cell("c = b", "c"),
            cell("from x import check\ncheck(c)", "test-c", 1),
        ]
    )

    def needed(*tests: str) -> list[str]:
        return [grade_id(cell) for cell in needed_for(notebook, tests).cells]

    assert needed("test-a") == ["", "a", "test-a"]
    assert needed("test-b") == ["", "a", "test-a", "b", "test-b"]  # for its `limit`
    assert needed("test-c") == ["", "a", "b", "c", "test-c"]
    assert needed_for(notebook, ["test-a"]).cells[1] is notebook.cells[1]
    notebook.cells[-1].source = "assert globals()"
    assert len(needed("test-c")) == 7
