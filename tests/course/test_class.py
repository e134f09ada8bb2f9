"""A class in miniature, graded as an instructor would: the CSV must hold the marks we know, and stock nbgrader must agree."""

import csv
import html
import re
import shutil
from pathlib import Path

import nbformat
import pytest

from scalinglaws.course.exercises import exercises, graded_cells, read_notebook
from scalinglaws.course.variants import start

from .notebooks import ASSIGNMENT, COURSE, hidden_lines, nbgrader, perfect

pytestmark = pytest.mark.slow


@pytest.fixture
def marks(graded_class) -> tuple[dict[str, dict[str, str]], Path]:
    """({student: row of the CSV}, the course's folder)."""
    with (graded_class / "grades.csv").open(newline="", encoding="utf-8") as file:
        return {row["student_id"]: row for row in csv.DictReader(file)}, graded_class


def points(*numbers: str) -> float:
    """The points of the exercises whose numbers begin with one of `numbers`."""
    notebook = read_notebook(COURSE / "source" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb")
    return sum(
        e.points for e in exercises(notebook) if not e.by_hand and e.number.startswith(numbers)
    )


def test_the_csv_equals_the_known_marks(marks):
    rows, _ = marks
    everything = points("")
    # With the wrong sign in power_law, the learner's own fit of the floor is wrong too, and what follows from it.
    whole = {name: row for name, row in rows.items() if not name.startswith("wrong_sign")}
    assert {name: float(row["score"]) for name, row in whole.items()} == {
        "perfect": everything,
        "blank": 0,
        "half": everything - points("11", "12", "13"),
        "deleted_cell": everything,
        "syntax_error": everything - points("4"),
        "never_ends": everything - points("12"),
    }
    lost = everything - float(rows["wrong_sign"]["score"])
    assert points("2") + points("4") + points("6") <= lost <= points("2", "4", "6", "8", "9")


def cell_scores(course: Path, student: str) -> dict[str, float]:
    """{grade_id: points that a computer gave} of one student."""
    from nbgrader.api import Gradebook

    with Gradebook(
        f"sqlite:///{(course / 'gradebook.db').as_posix()}", "scaling_laws"
    ) as gradebook:
        submission = gradebook.find_submission(ASSIGNMENT, student)
        return {g.name: g.auto_score for n in submission.notebooks for g in n.grades}


def test_nbgrader_gives_the_same_points_through_our_config_and_by_itself(marks, tmp_path):
    _, course = marks
    ours = cell_scores(course, "wrong_sign")
    shutil.copytree(course / "source", tmp_path / "source")
    shutil.copytree(course / "submitted" / "wrong_sign", tmp_path / "submitted" / "wrong_sign")
    config = (COURSE / "nbgrader_config.py").read_text("utf-8")
    (tmp_path / "nbgrader_config.py").write_text(config, encoding="utf-8")
    nbgrader(tmp_path, "generate_assignment", ASSIGNMENT)
    for lines in ("", "del c.Autograde"):
        (tmp_path / "nbgrader_config.py").write_text(f"{config}\n{lines}\n", encoding="utf-8")
        nbgrader(tmp_path, "autograde", ASSIGNMENT, "--force")
        assert cell_scores(tmp_path, "wrong_sign") == ours

    # By itself it also knows each student's own numbers, once the course has a key.
    start(tmp_path)
    handed_in = tmp_path / "submitted" / "perfect" / ASSIGNMENT
    handed_in.mkdir(parents=True)
    typed = perfect(course)
    graded_cells(typed)["ex3b_two_terms"].source = "answer_3b = 1000**-0.5 + 10000**-0.3"
    nbformat.write(typed, handed_in / f"{ASSIGNMENT}.ipynb")
    nbgrader(tmp_path, "autograde", ASSIGNMENT, "--student", "perfect")
    scores, full = cell_scores(tmp_path, "perfect"), cell_scores(course, "perfect")
    lost = {name for name, score in full.items() if score is not None and scores[name] < score}
    assert lost == {"ex3b_two_terms_test"}  # the numbers of the text; all else is computed from own


def test_validate_tells_finished_from_untouched(marks):
    _, course = marks
    said = {
        student: nbgrader(
            course, "validate", f"submitted/{student}/{ASSIGNMENT}/{ASSIGNMENT}.ipynb"
        )
        for student in ("perfect", "blank")
    }
    assert "Success! Your notebook passes all the tests." in said["perfect"]
    blank = read_notebook(course / "submitted" / "blank" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb")
    failing = sum(cell.metadata.get("nbgrader", {}).get("grade", False) for cell in blank.cells)
    assert f"VALIDATION FAILED ON {failing} CELL(S)" in said["blank"].replace("\n", " ")


def test_only_written_answers_wait_for_a_person(marks):
    rows, course = marks
    from nbgrader.api import Gradebook

    with Gradebook(
        f"sqlite:///{(course / 'gradebook.db').as_posix()}", "scaling_laws"
    ) as gradebook:
        waiting = {
            s.student.id
            for s in gradebook.find_assignment(ASSIGNMENT).submissions
            if s.needs_manual_grade
        }
    assert waiting == set(rows) - {"blank", "half"}


def test_feedback_names_slips_and_holds_no_hidden_test(marks):
    rows, course = marks
    for student in rows:
        page = course / "feedback" / student / ASSIGNMENT / f"{ASSIGNMENT}.html"
        text = page.read_text("utf-8")
        assert "HIDDEN TESTS" not in text
        words = html.unescape(re.sub("<[^>]+>", "", text))
        assert not [line for line in hidden_lines(ASSIGNMENT) if line in words]
        assert not re.search(r"<(script|link|img)[^>]+(src|href)=[\"']https?:", text)
        assert "<math" in text and "import mermaid" not in text
    wrong = (course / "feedback" / "wrong_sign" / ASSIGNMENT / f"{ASSIGNMENT}.html").read_text(
        "utf-8"
    )
    assert "the minus sign of the exponent is missing" in wrong
    endless = (course / "feedback" / "never_ends" / ASSIGNMENT / f"{ASSIGNMENT}.html").read_text(
        "utf-8"
    )
    assert "worst_six does not exist" in endless
