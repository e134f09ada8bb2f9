"""A semester: what course.yaml says about dates, lateness, exemptions and what counts, and marks that were published."""

import csv
import datetime
import errno
import html
import io
import re
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbgrader.coursedir import CourseDirectory

from scalinglaws.cli import main
from scalinglaws.course.grading.gradebook_writer import Records
from scalinglaws.course.grading.ledger import Entry, Ledger
from scalinglaws.course.grading.nbgrader_api import load_config
from scalinglaws.course.grading.semester import Late, Semester, load_semester
from scalinglaws.course.grading.submission import master
from scalinglaws.course.school.marking import share
from scalinglaws.course.school.roster import Student, save_roster
from scalinglaws.errors import CourseError

from .conftest import NAME

ROOT = Path(__file__).parents[2]
CELLS = (
    "square_test",
    "mean_test",
    "limit_test",
    "slope_test",
)  # 3, 3, 2 and 4 points; the essay has 4


def write(course: Path, text: str) -> None:
    (course / "course.yaml").write_text(text, encoding="utf-8")


def enter(
    course: Path, student: str, when: str = "", essay: float | None = 4.0, cells=CELLS
) -> None:
    """Enter a submission as `grade` does: full points in `cells`, and what a person gave for the essay."""
    config = load_config(course, course)
    directory = CourseDirectory(config=config)
    notebook = master(course / "source" / NAME / f"{NAME}.ipynb", config)
    (course / "submitted" / student / NAME).mkdir(parents=True, exist_ok=True)
    with Records(directory, config, NAME) as records:
        records.enter_assignment({NAME: notebook})
        book = records.gradebook
        extra: Any = {"timestamp": datetime.datetime.fromisoformat(when)} if when else {}
        book.update_or_create_student(student)
        submission = book.update_or_create_submission(NAME, student, **extra)
        for grade in submission.notebooks[0].grades:
            if grade.cell.name == "essay":
                grade.auto_score, grade.manual_score = None, essay
            else:
                grade.auto_score = grade.cell.max_score * (grade.cell.name in cells)
            grade.needs_manual_grade = grade.cell.name == "essay" and essay is None
        book.db.commit()
    Ledger(course, NAME).write(student, Entry("x"))


def grades(capsys, *words: str) -> dict[str, list[str]]:
    """{first column: the other columns} of `scalinglaws grades`."""
    assert main(["grades", *words]) == 0
    return {row[0]: row[1:] for row in csv.reader(io.StringIO(capsys.readouterr().out))}


LATE = """
timezone: UTC
due:
  01_power_laws: 2026-11-02 23:59
late: {percent_per_day: 10, most_percent: 50, grace_minutes: 15, closed_after_days: 7}
extensions:
  - {student: cleo, assignment: 01_power_laws, days: 3, reason: ill}
"""


@pytest.mark.parametrize(
    ("seconds", "share_taken"),
    [(0, 0), (900, 0), (901, 0.1), (86_400, 0.1), (86_401, 0.2), (6.5 * 86_400, 0.5), (7.1 * 86_400, 1)],
)  # fmt: skip
def test_each_day_begun_costs_its_share(seconds, share_taken):
    late = Late(percent_per_day=10, most_percent=50, grace_minutes=15, closed_after_days=7)
    assert late.share(seconds) == pytest.approx(share_taken)
    assert Late().share(seconds) == 0


def test_late_marks_lose_their_share_and_an_extension_keeps_it(course, capsys):
    write(course, LATE)
    enter(course, "ada", "2026-11-02 23:59:00")
    enter(course, "bob", "2026-11-04 12:00:00")  # two days begun: a fifth of 16
    enter(course, "cleo", "2026-11-05 23:00:00")
    enter(course, "dan", "2026-11-04 12:00:00", cells=())  # a fifth of 4
    enter(course, "eli", "2026-12-01 00:00:00")
    table = grades(capsys, "--columns", "student_id,score,late_penalty,late_hours")
    assert table["ada"] == ["16", "0", "0"]
    assert table["bob"] == ["12.8", "3.2", "36.02"]
    assert table["cleo"] == ["16", "0", "0"]
    assert table["dan"] == ["3.2", "0.8", "36.02"]
    assert table["eli"][:2] == ["0", "16"]
    # A mark that changes later, another rule, a date put off: the penalty follows.
    enter(course, "bob", "2026-11-04 12:00:00", essay=0.0)
    assert grades(capsys, "--columns", "student_id,score")["bob"] == ["9.6"]
    write(course, LATE.replace("percent_per_day: 10", "percent_per_day: 25"))
    assert grades(capsys, "--columns", "student_id,score")["bob"] == ["6"]
    write(course, LATE.replace("2026-11-02", "2026-11-30"))
    assert grades(capsys, "--columns", "student_id,score,late_penalty")["bob"] == ["12", "0"]


def test_the_extension_is_in_nbgraders_own_place(course, capsys):
    write(course, LATE)
    enter(course, "cleo", "2026-11-05 23:00:00")
    grades(capsys)
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{course}/gradebook.db", "scaling_laws") as book:
        submission: Any = book.find_submission(NAME, "cleo")
        assert submission.extension == datetime.timedelta(days=3)
        assert submission.duedate == datetime.datetime(2026, 11, 5, 23, 59)
    write(course, LATE.replace("days: 3", "until: 2026-11-03 12:00"))
    assert grades(capsys, "--columns", "student_id,late_hours")["cleo"] == ["59"]
    write(course, LATE.partition("extensions:")[0])
    assert grades(capsys, "--columns", "student_id,late_hours")["cleo"] == ["71.02"]


def test_penalties_of_nbgraders_plugin_reach_the_table(course, capsys):
    enter(course, "ada")
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{course}/gradebook.db", "scaling_laws") as book:
        book.find_submission(NAME, "ada").notebooks[0].late_submission_penalty = 5.0
        book.db.commit()
    assert grades(capsys, "--columns", "student_id,score,late_penalty")["ada"] == ["11", "5"]
    with (course / "nbgrader_config.py").open("a") as file:
        file.write('\nc.LateSubmissionPlugin.penalty_method = "zero"\n')
    assert grades(capsys, "--columns", "student_id,score")["ada"] == ["11"]
    write(course, "late: {percent_per_day: 10}")
    assert main(["grades"]) == 2
    assert "keep them in one of the two" in capsys.readouterr().err


def test_who_is_exempt_has_no_score_and_does_not_wait(course, capsys):
    write(course, "exempt: [{student: bob, assignment: 01_power_laws}, {student: zoe, assignment: 01_power_laws}]")  # fmt: skip
    save_roster(course, [Student("zoe", "Zoe", "B", login="zoe")])
    enter(course, "ada")
    enter(course, "bob", essay=None)
    assert main(["grades", "--form", "canvas", "--total"]) == 0
    out, err = capsys.readouterr()
    rows = {row[0]: row[5:] for row in csv.reader(io.StringIO(out))}
    assert rows == {
        "Student": [NAME, "Total"], "Points Possible": ["16", "100"], "ada": ["16", "100%"], "bob": ["EX", ""],
        "Zoe B": ["EX", ""],
    }  # fmt: skip
    assert "wait" not in err
    assert grades(capsys, "--form", "moodle")["zoe"][-1] == "-"


def test_the_best_count_and_the_exempt_do_not():
    semester = Semester(best_of=2, exempt=frozenset({("ada", "c")}))
    marks = {"a": 50.0, "b": 80.0, "c": 100.0, "d": None}
    assert semester.total("bob", marks) == 90
    assert semester.total("ada", marks) == 65
    assert Semester().total("bob", marks) == 57.5
    assert Semester(exempt=frozenset({("ada", "a")})).total("ada", {"a": None}) is None
    assert Semester(best_of=9).total("bob", marks) == 57.5


def test_published_marks_stay_until_they_are_published_again(course, capsys):
    enter(course, "ada")
    enter(course, "bob", essay=None)
    assert main(["publish", NAME, "--dry-run"]) == 1
    assert "Nothing was written" in capsys.readouterr().out
    assert main(["publish", NAME]) == 1
    said = capsys.readouterr().out
    assert "1 published" in said and "wait for a person's marks: bob" in said
    enter(course, "bob", essay=2.0)
    assert main(["publish", NAME]) == 0
    enter(course, "ada", essay=1.0)
    enter(course, "cleo")  # late to the party: not published yet
    assert main(["grades", "--columns", "student_id,score,published"]) == 0
    out, err = capsys.readouterr()
    today = datetime.date.today().isoformat()
    assert f"ada,16,{today}" in out and f"bob,14,{today}" in out and "cleo,16,\r" in out
    assert "ada, 01_power_laws: the mark is now 13 of 16, and 16 of 16 was published" in err
    assert main(["publish", NAME]) == 0
    assert "ada: 16 of 16 stays, though the mark is 13 of 16 now" in capsys.readouterr().out
    assert main(["publish", NAME, "--student", "ada"]) == 0
    assert "ada: 16 of 16, now 13 of 16" in capsys.readouterr().out
    assert grades(capsys, "--columns", "student_id,score")["ada"] == ["13"]
    assert main(["publish", NAME, "--student", "nobody"]) == 2
    (course / "ledger" / NAME / "published" / "marks.json").write_text("{")
    assert main(["grades"]) == 2
    assert "restore it from a copy" in capsys.readouterr().err


def test_open_requests_wait_on_the_class_page(course, capsys):
    write(
        course,
        "regrades:\n"
        "  - {student: ada, assignment: 01_power_laws, exercise: 4, reason: the second fit is right too}\n"
        "  - {student: bob, assignment: 01_power_laws, decision: 2 points more}\n",
    )
    enter(course, "ada")
    enter(course, "bob")
    assert main(["class", "--no-similar"]) == 0
    page = (course / "ledger" / "class.html").read_text("utf-8")
    words = " ".join(html.unescape(re.sub("<[^>]+>", " ", page)).split())
    assert "Asked to be regraded (1) ada: exercise 4: the second fit is right too" in words


def test_markers_share_what_waits_without_a_name(course, capsys):
    assert main(["marking", NAME]) == 2
    assert "markers: [mia, tom]" in capsys.readouterr().err
    write(course, "markers: [mia, tom]")
    for name in ("ada", "bob", "cleo", "dan"):
        enter(course, name, essay=None if name != "dan" else 4.0)
    assert main(["marking", NAME, "--csv"]) == 0
    out = capsys.readouterr().out
    rows = list(csv.DictReader(io.StringIO(out)))
    assert sorted(row["marker"] for row in rows) == ["mia", "mia", "tom"]
    shown = {value for row in rows for key, value in row.items() if key != "page"}  # a hex number
    assert not {"ada", "bob", "cleo", "dan"} & shown and len(shown) == 2 + 3 + 1
    assert all(re.fullmatch(r"formgrader/submissions/[0-9a-f]{32}/", row["page"]) for row in rows)
    assert main(["marking", NAME, "--marker", "tom"]) == 0
    assert capsys.readouterr().out.count("Submission #") == 1
    assert main(["marking", NAME, "--marker", "eve"]) == 2


@pytest.mark.parametrize("text", ["", "{", "[1]", "null", "[" * 99_999, "\\xff"])
@pytest.mark.parametrize(
    ("file", "words", "what"),
    [
        ("marking/markers.json", ["marking", NAME], "who marks which submission"),
        ("published/marks.json", ["publish", NAME], "the published marks"),
        ("collected/origins.json", ["feedback", NAME], "what the submissions were called"),
    ],
)
def test_a_record_that_cannot_be_read_is_said_and_left(course, capsys, file, words, what, text):
    """Nobody could make it again: markers would change, marks and names go, all in silence."""
    write(course, "markers: [mia]")
    enter(course, "ada", essay=None)
    page = course / "feedback" / "ada" / NAME / f"{NAME}.html"
    page.parent.mkdir(parents=True)
    page.write_text("x")
    path = course / "ledger" / NAME / file
    path.parent.mkdir(parents=True)
    path.write_bytes(text.encode("latin-1"))
    assert main(words) == 2
    said = capsys.readouterr().err
    assert f"{path} holds {what} and cannot be read" in said and said.count("\n") == 1
    assert path.read_bytes() == text.encode("latin-1")


def test_a_full_disk_leaves_the_table_that_was_there(course, capsys, monkeypatch):
    enter(course, "ada")
    path = course / "grades.csv"
    path.write_text("old")

    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    assert main(["grades", "--output", str(path)]) == 2
    said = capsys.readouterr().err
    assert "grades.csv cannot be written: No space left on device." in said
    assert path.read_text() == "old" and said.count("\n") == 1
    monkeypatch.undo()


def answered(course: Path, student: str, text: str) -> None:
    """What `grade` leaves in autograded/."""
    notebook = nbformat.read(course / "source" / NAME / f"{NAME}.ipynb", as_version=4)
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") == "essay":
            cell.source = text
    path = course / "autograded" / student / NAME / f"{NAME}.ipynb"
    path.parent.mkdir(parents=True)
    nbformat.write(notebook, path)


def test_a_second_marker_sees_no_name_and_no_first_mark(course, tmp_path, capsys):
    marks = {"ada": 3.0, "bob": 1.5, "cleo": 4.0, "dan": None}
    said_by = dict(zip(marks, ("one", "two", "three", "four"), strict=True))
    for name in marks:
        enter(course, name, essay=None)
        answered(course, name, f"=1+1\nnumber {said_by[name]}, with; a comma")
    write(course, "markers: [mia]")
    sheet = tmp_path / "second.csv"
    assert main(["marking", NAME, "--second", str(sheet)]) == 2
    assert "another person" in capsys.readouterr().err
    write(course, "markers: [mia, tom]")
    assert main(["marking", NAME, "--csv"]) == 0  # now each has a first marker
    rows = csv.DictReader(io.StringIO(capsys.readouterr().out))
    first = {row["page"].split("/")[2]: row["marker"] for row in rows}
    for name, essay in marks.items():
        enter(course, name, essay=essay)
    assert main(["marking", NAME, "--second", str(sheet)]) == 0
    rows = list(csv.DictReader(io.StringIO(sheet.read_text("utf-8-sig"))))
    shown = [v for row in rows for k, v in row.items() if k != "submission"]  # a hex number
    assert not any(name in text for name in marks for text in shown)
    assert len(rows) == 4 and {row["points"] for row in rows} == {""}
    assert all({row["marker"], first[row["submission"]]} == {"mia", "tom"} for row in rows)
    assert all(row["answer"].startswith("'=1+1\nnumber ") for row in rows)
    # Filled in as Excel does it: semicolons, and a comma in the number.
    points = {"ada": "3", "bob": "2,5", "cleo": "1", "dan": "2"}
    for row in rows:
        row["points"] = next(p for n, p in points.items() if said_by[n] in row["answer"])
    with sheet.open("w", newline="", encoding="cp1252") as file:
        table = csv.DictWriter(file, list(rows[0]), delimiter=";")
        table.writeheader()
        table.writerows(rows)
    capsys.readouterr()
    assert main(["marking", NAME, "--compare", str(sheet)]) == 0
    said = capsys.readouterr().out
    assert re.search(
        r"#\d +essay +(mia|tom): 4, (mia|tom): 1, of 4\n.*: 1.5, (mia|tom): 2.5, of 4\n", said
    )
    assert "3 answers have two marks; 1 are the same" in said and "0.67 points lower" in said
    assert "1 answers have a second mark and wait" in said
    assert grades(capsys, NAME, "--columns", "student_id,score")["bob"] == ["13.5"]
    for wrong in ("5", "-1", "good", "nan"):
        rows[0]["points"] = wrong
        with sheet.open("w", newline="", encoding="utf-8") as file:
            table = csv.DictWriter(file, list(rows[0]))
            table.writeheader()
            table.writerows(rows)
        assert main(["marking", NAME, "--compare", str(sheet)]) == 2
        assert "line 2" in (err := capsys.readouterr().err) or "points must be a number" in err
    sheet.write_text("a,b\n1,2\n")
    assert main(["marking", NAME, "--compare", str(sheet)]) == 2
    assert "--second wrote" in capsys.readouterr().err


def test_a_submission_keeps_its_marker():
    first = share(["a", "b", "c"], ["mia", "tom"], {})
    assert first == {"a": "mia", "b": "tom", "c": "mia"}
    assert share(["d", "b", "c", "a"], ["mia", "tom"], first) == {**first, "d": "tom"}
    # Mia left: what was hers is shared among the others.
    assert share(["a", "b", "c"], ["tom", "eve"], first) == {"a": "eve", "b": "tom", "c": "tom"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("due: {01_power_laws: tomorrow}", "due, 01_power_laws: expected a time such as"),
        ("due: {01_power_law: 2026-11-02}", "no assignment '01_power_law': choose one of 01_power_laws"),
        ("due:\n  01_power_laws: 2026-11-02\n  01_power_laws: 2026-11-03", "line 3: '01_power_laws' stands twice"),
        ("late: {percent_per_week: 1}", "late: expected one of percent_per_day"),
        ("late: {percent_per_day: ten}", "late, percent_per_day: expected a number"),
        ("late: {percent_per_day: -1}", "a number from 0"),
        ("late: {percent_per_day: nan}", "a number from 0"),
        ("late: {most_percent: 120}", "at most 100 percent"),
        ("extensions: [{student: ada, assignment: 01_power_laws, days: 1}]", "a date under `due`, for ada"),
        ("due: {01_power_laws: 2026-11-02}\nextensions: [{student: a, assignment: 01_power_laws}]", "days, hours, or a later"),
        ("exempt: {student: ada}", "a list, each entry after a dash"),
        ("exempt: [{student: ada}]", "a `student` and an `assignment`"),
        ("exempt: [ada]", "`name: value` pairs"),
        ("best_of: 1.5", "a whole number"),
        ("timezone: Mars/Olympus", "a name such as Europe/Berlin"),
        ("best-of: 3", "expected one of timezone, due"),
        ("[1, 2]", "`name: value` pairs"),
        ("due: [", "line 1:"),
        ("due: &a [*a]", "line 1:"),
        ("[" * 5_000, "not YAML"),
        ("? [x]\n: y", "line 1: a name is expected"),
        ("markers: [[mia]]", "a text"),
    ],
)  # fmt: skip
def test_what_cannot_be_understood_is_one_sentence(course, text, said):
    write(course, text)
    with pytest.raises(CourseError) as caught:
        load_semester(course)
    assert said in str(caught.value) and "\n" not in str(caught.value)


def test_times_are_read_as_people_write_them(course):
    def due(value: str, zone: str = "Europe/Berlin") -> datetime.datetime:
        write(course, f"timezone: {zone}\ndue: {{01_power_laws: {value}}}")
        return load_semester(course).due[NAME]

    assert due("2026-07-02") == datetime.datetime(2026, 7, 2, 21, 59, 59)
    assert due("2026-12-02 23:59") == datetime.datetime(2026, 12, 2, 22, 59)
    assert due('"2026-12-02T23:59:00+05:30"') == datetime.datetime(2026, 12, 2, 18, 29)
    write(course, "")
    assert load_semester(course) == Semester()
    (course / "course.yaml").write_bytes(b"\xff\xfe")
    with pytest.raises(CourseError, match="UTF-8"):
        load_semester(course)


def test_a_mistyped_id_is_said(course, capsys):
    enter(course, "ada")
    write(course, "exempt: [{student: aad, assignment: 01_power_laws}]")
    assert main(["grades"]) == 0
    assert "there is no student 'aad'" in capsys.readouterr().err


def test_the_pages_example_is_understood(course):
    """docs/semester.md shows a file that works, and names commands that exist."""
    page = (ROOT / "docs" / "semester.md").read_text("utf-8")
    example = page.partition("```yaml\n")[2].partition("```")[0]
    (course / "source" / "02_diminishing_returns").mkdir()
    (course / "source" / "02_diminishing_returns" / "02_diminishing_returns.ipynb").write_text("{}")
    write(course, example)
    found = load_semester(course)
    assert found.due[NAME] == datetime.datetime(2026, 11, 2, 22, 59) and found.best_of == 5
    assert found.late == Late(10, 50, 15, 7) and found.markers == ("mia", "tom")
    assert found.extensions["dan", NAME] == datetime.timedelta(hours=36, minutes=1)
