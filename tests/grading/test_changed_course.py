"""A course that changes after grading began: marks of what remains stay, and who was graded by an older version is said."""

import csv
import errno
import io
import json
import os
import shutil
import sqlite3
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output
from nbgrader.coursedir import CourseDirectory
from sqlalchemy.exc import OperationalError

from scalinglaws.cli import main
from scalinglaws.course.exercises import Exercise
from scalinglaws.course.grading import class_run
from scalinglaws.course.grading.classroom import describe_stale, stale, versions
from scalinglaws.course.grading.gradebook_writer import Records
from scalinglaws.course.grading.ledger import Entry, Ledger
from scalinglaws.course.grading.nbgrader_api import load_config, open_gradebook
from scalinglaws.course.grading.remarks import Kind, look
from scalinglaws.course.grading.results import State, Test as CellTest, decide, judge, results
from scalinglaws.course.grading.submission import grade_id, master, repair
from scalinglaws.course.grading.submission_job import Outcome, write_files
from scalinglaws.course.grading.troubles import explain

from . import classroom
from .classroom import NAME, RIGHT, meta

ROOT = Path(__file__).parents[2]
ESSAY = "An answer that a person has read."


@pytest.fixture(scope="module")
def empty_gradebook(tmp_path_factory) -> Path:
    """nbgrader takes seconds to make one."""
    folder = tmp_path_factory.mktemp("empty")
    shutil.copy(ROOT / "nbgrader_config.py", folder)
    config = load_config(folder, folder)
    open_gradebook(CourseDirectory(config=config)).close()
    return folder / "gradebook.db"


@pytest.fixture
def course(tmp_path, monkeypatch, empty_gradebook):
    """A course with a source and two who handed in; nothing is run in these tests."""
    monkeypatch.setenv("SCALINGLAWS_COURSE", str(tmp_path))
    config = (ROOT / "nbgrader_config.py").read_text("utf-8")
    (tmp_path / "nbgrader_config.py").write_text(config, encoding="utf-8")
    shutil.copy(empty_gradebook, tmp_path)
    write(tmp_path, classroom.source_notebook())
    for student in ("ada", "bob"):
        folder = tmp_path / "submitted" / student / NAME
        folder.mkdir(parents=True)
        (folder / f"{NAME}.ipynb").write_text(nbformat.v4.writes(answered(tmp_path)))
    return tmp_path


def write(course: Path, notebook) -> None:
    folder = course / "source" / NAME
    folder.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, folder / f"{NAME}.ipynb")


def source(course: Path):
    return master(course / "source" / NAME / f"{NAME}.ipynb", load_config(course, course))


def answered(course: Path):
    notebook = nbformat.from_dict(json.loads(json.dumps(source(course))))
    for cell in notebook.cells:
        if grade_id(cell) in RIGHT:
            cell.source = RIGHT[grade_id(cell)]
        if grade_id(cell) == "essay":
            cell.source = ESSAY
    return notebook


def grade(course: Path, *students: str, passed=True) -> list[dict]:
    """Record these as graded, as the engine would have written the notebook; returns marks that went."""
    config = load_config(course, course)
    directory = CourseDirectory(config=config)
    made = source(course)
    removed: list[dict] = []
    with Records(directory, config, NAME) as records:
        removed += records.enter_assignment({NAME: made})
        for student in students:
            notebook = answered(course)
            repair(notebook, made)
            for cell in notebook.cells:
                if grade_id(cell).endswith("_test") and not passed:
                    cell.outputs = [
                        new_output("error", ename="CheckFailed", evalue="no", traceback=[])
                    ]
            outcome = Outcome(student, {NAME: notebook}, tests=judge(notebook))
            records.enter(outcome)
            entry = Entry("digest", versions({NAME: made}, {}), tests=outcome.tests)
            Ledger(course, NAME).write(student, entry)
    return removed


def waiting(course: Path) -> dict:
    config = load_config(course, course)
    with Records(CourseDirectory(config=config), config, NAME) as records:
        return records.waiting()


def mark(course: Path, student="ada", points=3.0, extra=None, comment="Good."):
    with classroom.gradebook(course) as book:
        mark = book.find_grade("essay", NAME, NAME, student)
        mark.manual_score, mark.needs_manual_grade, mark.extra_credit = points, False, extra
        book.find_comment("essay", NAME, NAME, student).manual_comment = comment
        book.db.commit()


def change(course: Path, edit) -> None:
    notebook = classroom.source_notebook()
    edit(notebook)
    write(course, notebook)


def cell_of(notebook, name):
    return next(cell for cell in notebook.cells if grade_id(cell) == name)


def add_a_test(nb):
    nb.cells.append(new_code_cell("assert limit", metadata=meta("new_test", grade=True, points=2)))


def add_an_essay(nb):
    nb.cells.append(
        new_markdown_cell("So.", metadata=meta("why", grade=True, solution=True, points=2))
    )


def remove_a_test(nb):
    nb.cells.remove(cell_of(nb, "mean_test"))


def rename_a_test(nb):
    cell_of(nb, "mean_test").metadata.nbgrader["grade_id"] = "average_test"


def more_points(nb):
    cell_of(nb, "mean_test").metadata.nbgrader["points"] = 5


def other_test(nb):
    cell_of(nb, "mean_test").source += "\n# harder"


def other_given_cell(nb):
    nb.cells[1].source += "\n# other data"


def other_kind(nb):
    nb.cells.remove(cell_of(nb, "mean_test"))
    nb.cells.append(
        new_markdown_cell("Say.", metadata=meta("mean_test", grade=True, solution=True, points=1))
    )


CHANGES = [add_a_test, add_an_essay, remove_a_test, rename_a_test, more_points, other_test, other_given_cell, other_kind]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("edit", CHANGES)
def test_marks_of_what_remains_stay(course, edit):
    grade(course, "ada", "bob")
    mark(course, extra=0.5)
    change(course, edit)
    for _ in range(2):
        assert grade(course, "ada") == []
    cells = classroom.scores(course)
    assert cells["ada"]["essay"] == (None, 3.0, False) and cells["ada"]["square_test"][0] == 3
    assert cells["bob"]["essay"] == (None, None, True)  # nobody has marked it, and it still waits
    names = {
        grade_id(c) for c in source(course).cells if c.metadata.get("nbgrader", {}).get("grade")
    }
    assert set(cells["ada"]) == set(cells["bob"]) == names
    with classroom.gradebook(course) as book:
        essay = book.find_grade("essay", NAME, NAME, "ada")
        assert (essay.score, essay.extra_credit) == (3.5, 0.5)
        assert book.find_comment("essay", NAME, NAME, "ada").comment == "Good."
    assert waiting(course)["bob"][0] == 1


@pytest.mark.slow
@pytest.mark.parametrize("edit", [add_a_test, add_an_essay])
def test_a_zero_for_a_cell_that_was_not_graded_yet_is_not_silent(course, edit):
    grade(course, "ada", "bob")
    before = set(classroom.scores(course)["bob"])
    change(course, edit)
    grade(course, "ada")
    bob = classroom.scores(course)["bob"]
    (new,) = set(bob) - before
    assert bob[new] == (0.0, None, True)
    grade(course, "bob")
    assert classroom.scores(course)["bob"] == classroom.scores(course)["ada"]


@pytest.mark.slow
def test_a_mark_above_the_new_maximum_waits_for_a_person(course):
    grade(course, "ada")
    mark(course, points=3.0)
    change(course, lambda nb: cell_of(nb, "essay").metadata.nbgrader.update(points=2))
    grade(course, "ada")
    assert classroom.scores(course)["ada"]["essay"] == (None, 3.0, True)


@pytest.mark.slow
@pytest.mark.parametrize("graded", [True, False])
def test_of_what_cannot_be_read_the_marks_stay_and_a_person_is_asked(course, graded):
    """Another notebook of the same assignment may have been graded, or none."""
    grade(course, "ada")
    before = classroom.scores(course)["ada"]
    config = load_config(course, course)
    notebooks = {"other": answered(course)} if graded else {}
    with Records(CourseDirectory(config=config), config, NAME) as records:
        records.enter(Outcome("ada", notebooks, unreadable={NAME: "the file is empty"}))
        records.enter(Outcome("zoe", unreadable={NAME: "the file is empty"}))
    after = classroom.scores(course)
    assert set(after) == {"ada"}
    assert after["ada"] == {name: (*marks[:2], True) for name, marks in before.items()}


@pytest.mark.slow
def test_marks_of_a_removed_essay_are_kept_beside_the_ledger(course):
    grade(course, "ada", "bob")
    mark(course)
    change(course, lambda nb: nb.cells.remove(cell_of(nb, "essay")))
    removed = grade(course, "ada")
    assert [(r["student"], r.get("manual_score"), r.get("manual_comment")) for r in removed] == [
        ("ada", 3.0, None), ("ada", None, "Good."),
    ]  # fmt: skip
    ledger = Ledger(course, NAME)
    ledger.keep_removed(removed)
    kept = (ledger.folder / "removed_marks.jsonl").read_text("utf-8").splitlines()
    assert json.loads(kept[0])["manual_score"] == 3.0


def test_a_renamed_essay_keeps_its_mark(course):
    grade(course, "ada")
    mark(course)
    change(course, lambda nb: cell_of(nb, "essay").metadata.nbgrader.update(grade_id="judge"))
    config = load_config(course, course)
    with Records(CourseDirectory(config=config), config, NAME) as records:
        assert records.enter_assignment({NAME: source(course)}) == []
    assert classroom.scores(course)["ada"]["judge"] == (None, 3.0, False)


def test_tests_that_were_never_run_are_no_written_answers(course):
    """`nbgrader autograde` enters a submission that it cannot read, and all of its cells wait."""
    grade(course, "ada")
    with classroom.gradebook(course) as book:
        book.update_or_create_student("bob")
        submission = book.update_or_create_submission(NAME, "bob")
        for mark in submission.notebooks[0].grades:
            mark.needs_manual_grade = True
        book.db.commit()
    assert waiting(course) == {"ada": (1, 0), "bob": (1, 4)}


def test_what_waits_is_what_the_gradebook_says(course):
    grade(course, "ada", "bob")
    assert waiting(course) == {"ada": (1, 0), "bob": (1, 0)}
    mark(course)
    grade(course, "ada", "bob")
    assert waiting(course) == {"bob": (1, 0)}


# --- versions ---


@pytest.mark.parametrize("edit", CHANGES)
def test_who_was_graded_by_an_older_version_is_known(course, edit):
    grade(course, "ada")
    entry = Ledger(course, NAME).read("ada")
    assert entry.stale(versions({NAME: source(course)}, {})) == []
    change(course, edit)
    old = entry.stale(versions({NAME: source(course)}, {}))
    wanted = {
        add_a_test: ["new_test"], add_an_essay: ["why"], remove_a_test: [], rename_a_test: ["average_test"],
    }.get(edit, ["mean_test"])  # fmt: skip
    if edit is other_given_cell:
        assert len(old) > 5
    else:
        assert old == wanted


def test_words_around_an_exercise_make_no_mark_old(course):
    grade(course, "ada")
    change(course, lambda nb: nb.cells.insert(1, new_markdown_cell("More words.")))
    assert Ledger(course, NAME).read("ada").stale(versions({NAME: source(course)}, {})) == []


def test_grades_and_items_and_grade_say_who_is_old(course, capsys, monkeypatch):
    grade(course, "ada", "bob")
    mark(course, extra=0.5)
    change(course, more_points)
    grade(course, "ada")  # only one of two
    assert main(["grades"]) == 0
    said = capsys.readouterr()
    rows = {row["student_id"]: row for row in csv.DictReader(io.StringIO(said.out))}
    assert rows["bob"]["older_version"] == "mean_test" and rows["ada"]["older_version"] == ""
    assert (rows["ada"]["score"], rows["ada"]["extra_credit"]) == ("17.5", "0.5")
    assert "1 of these scores come from an older version" in said.err
    assert main(["items", NAME, "--json"]) == 0
    assert "1 graded with an older version of exercise mean_test: bob." in capsys.readouterr().err
    chosen = []
    monkeypatch.setattr(class_run, "require_isolation", lambda wanted: wanted)
    monkeypatch.setattr(
        class_run, "grade_all", lambda d, c, a, ledger, todo, args: chosen.append(todo) or {}
    )
    assert main(["grade", NAME, "--stale"]) == 0
    assert chosen == [["bob"]]
    assert "graded with an older version of exercise mean_test: bob" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "bob"),
    [
        (["--form", "canvas"], ""),
        (["--form", "moodle"], "-"),
        (["--form", "canvas", "--unmarked", "partial"], "12"),
        (["--form", "moodle", "--unmarked", "marked"], "12 unmarked"),
        (["--form", "canvas", "--unmarked", "marked", "--percent"], "75% unmarked"),
        (["--columns", "student_id,score"], "12"),
        (["--columns", "student_id,score", "--unmarked", "empty"], ""),
    ],
)
def test_a_score_without_all_marks_is_exported_as_the_person_chooses(course, capsys, words, bob):
    grade(course, "ada", "bob")
    mark(course)
    assert main(["grades", *words]) == 0
    said = capsys.readouterr()
    rows = {row[0]: row[-1] for row in csv.reader(io.StringIO(said.out))}
    assert rows["bob"] == bob and rows["ada"].startswith(("15", "93.75%"))
    assert "1 of these scores wait for a person's marks" in said.err


# --- the ledger ---


def test_an_old_entry_is_read_once_from_the_cache(tmp_path):
    old = tmp_path / ".cache" / "grade" / NAME
    old.mkdir(parents=True)
    note = {
        "digest": "d", "unreadable": {}, "remarks": ["missing answers: a", "a was there 2 times"],
        "stopped": [], "flooded": ["b"], "seconds": 1.5,
        "tests": {
            "a": {"points": 1.0, "most": 2.0, "message": "no", "seconds": 0.1},
            "e": {"points": None, "most": 4.0, "message": "", "seconds": 0.0},
        },
    }  # fmt: skip
    (old / "ada.json").write_text(json.dumps(note))
    ledger = Ledger(tmp_path, NAME)
    entry = ledger.read("ada")
    assert [r.kind for r in entry.remarks] == [Kind.LOOK, Kind.REPAIRED]
    assert entry.tests["a"].state is State.WRONG and entry.tests["e"].state is State.WAITS
    ledger.write("ada", replace(entry, digest="new", remarks=(look("look"),)))
    (old / "ada.json").unlink()
    again = ledger.read("ada")
    assert again.digest == "new" and again.tests == entry.tests and again.remarks == (look("look"),)


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"digest": 1}', "null", "[" * 9_999, '{"tests": 3}']
)
def test_a_damaged_entry_is_none(tmp_path, text):
    ledger = Ledger(tmp_path, NAME)
    ledger.folder.mkdir(parents=True)
    (ledger.folder / "ada.json").write_text(text)
    assert ledger.read("ada") is None


@pytest.mark.parametrize("student", ["o'brien", "jörg@uni.de", "a b", "李雷", "x" * 100])
def test_any_id_that_names_a_folder_works(course, capsys, student):
    (course / "submitted" / "bob").rename(course / "submitted" / student)
    grade(course, student)
    assert Ledger(course, NAME).read(student).tests
    assert main(["grades", "--columns", "student_id,score"]) == 0
    assert [student, "12"] in list(csv.reader(io.StringIO(capsys.readouterr().out)))


# --- one decision ---


def test_the_state_of_an_exercise_is_decided_from_its_tests():
    exercise = Exercise("1", "one", tests=["a", "b"], points=3)

    def state(a, b, message="no"):
        tests = {
            name: CellTest(None if s is State.WAITS else float(s is State.RIGHT), 1.5, s, message)
            for name, s in (("a", a), ("b", b))
        }
        return decide(exercise, tests)

    right, wrong, new = State.RIGHT, State.WRONG, State.NOT_STARTED
    assert state(right, right).state is right
    assert state(new, new).state is new and state(new, new).messages == ()
    assert state(right, new).state is wrong and state(wrong, new).messages == ("no",)
    assert state(right, State.UNJUDGED).state is State.UNJUDGED
    assert state(right, State.WAITS).state is State.WAITS
    assert state(right, State.WAITS).points is None
    assert results([Exercise("2", "no points")], {}) == []


# --- the disk, the gradebook, the log ---


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), "The disk is full (No space left on device): make room"),
        (sqlite3.OperationalError("database or disk is full"), "The disk is full (database or disk is full): make room"),
        (sqlite3.OperationalError("database is locked"), "The gradebook is locked (database is locked): another program"),
        (sqlite3.OperationalError("no such column: student.lms_user_id"), "run `nbgrader db upgrade`"),
        (sqlite3.OperationalError("attempt to write a readonly database"), "may not be written"),
        (sqlite3.DatabaseError("database disk image is malformed"), "The gradebook is damaged"),
    ],
)  # fmt: skip
def test_what_the_gradebook_says_is_one_sentence(error, said):
    if isinstance(error, sqlite3.Error):
        error = OperationalError("SELECT secret FROM grade", {}, error)
    text = str(explain(error))
    assert said in text and "SELECT" not in text and "\n" not in text
    assert explain(ValueError("x")) is None and explain(OSError(errno.EACCES, "no")) is None


def test_an_old_gradebook_names_the_way_out(course, capsys):
    grade(course, "ada")
    with sqlite3.connect(course / "gradebook.db") as db:
        db.execute("ALTER TABLE student DROP COLUMN lms_user_id")
    assert main(["grades"]) == 2
    error = capsys.readouterr().err
    assert "nbgrader db upgrade" in error and error.count("\n") == 1


def test_a_full_disk_stops_the_class_and_loses_nothing(course, monkeypatch):
    from scalinglaws.errors import CourseError

    grade(course, "ada")
    config = load_config(course, course)
    made = source(course)
    assignment = classroom.Assignment(NAME, {NAME: made}, {}, {})
    full = OperationalError("INSERT", {}, sqlite3.OperationalError("database or disk is full"))

    def fail(self, outcome):
        raise full

    monkeypatch.setattr(Records, "enter", fail)
    records = Records(CourseDirectory(config=config), config, NAME)
    with records, pytest.raises(CourseError, match="The disk is full"):
        class_run.record(Ledger(course, NAME), assignment, records, Outcome("bob"), "d")
    assert Ledger(course, NAME).read("bob") is None and Ledger(course, NAME).read("ada")


def test_a_run_into_a_log_file_prints_a_line_now_and_then(capsys, monkeypatch):
    clock = iter(range(0, 10_000, 20))
    monkeypatch.setattr(class_run.time, "monotonic", lambda: float(next(clock)))
    with class_run.Progress("tiny", 30) as progress:
        for _ in range(30):
            progress.step()
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "tiny: 30 submissions to grade" and 10 < len(lines) < 20
    assert lines[1].startswith("tiny: 2 of 30 graded, about ")


def test_marks_of_an_unknown_version_are_called_so_and_count_as_stale(course):
    grade(course, "ada", "bob")
    path = Ledger(course, NAME).folder / "ada.json"  # as version 0.1 wrote it
    entry = json.loads(path.read_text("utf-8"))
    del entry["versions"]
    path.write_text(json.dumps(entry), "utf-8")
    ledger = Ledger(course, NAME)
    entries = {student: ledger.read(student) for student in ("ada", "bob", "eve")}
    old = stale(entries, versions({NAME: source(course)}, {}))
    assert old == {"ada": ["unknown version"]}
    assert "1 graded by an unknown version: ada. `scalinglaws grade" in describe_stale(old, NAME)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_submission_is_not_run_without_its_files_on_a_full_disk(tmp_path, monkeypatch, number):
    def full(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError) as raised:
        write_files(tmp_path / "made", {"data.csv": b"1"})
    assert "The disk is full" in str(explain(raised.value))


def test_a_name_that_the_system_does_not_know_is_passed_over(tmp_path):
    write_files(tmp_path / "made", {"a" * 300: b"1", "b.csv": b"2"})
    assert [path.name for path in (tmp_path / "made").iterdir()] == ["b.csv"]
