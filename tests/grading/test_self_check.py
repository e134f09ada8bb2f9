"""`scalinglaws check` as a learner calls it."""

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from scalinglaws.cli import main
from scalinglaws.course.exercises import exercises, graded_cells, read_notebook
from scalinglaws.course.grading import execute as run, self_check as check
from scalinglaws.course.grading.nbgrader_api import load_config
from scalinglaws.course.grading.submission import master

COURSE = Path(__file__).parents[2]
ASSIGNMENT = "01_power_laws"
EXERCISES = exercises(read_notebook(COURSE / "source" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"))
TOTAL = sum(e.points for e in EXERCISES if not e.by_hand)  # what a computer gives


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A course in which ada has the released notebook."""
    for name in ("source", "release"):
        shutil.copytree(COURSE / name, tmp_path / name)
    shutil.copy(COURSE / "nbgrader_config.py", tmp_path)
    shutil.copytree(tmp_path / "release", tmp_path / "submitted" / "ada")
    monkeypatch.setenv("SCALINGLAWS_COURSE", str(tmp_path))
    return tmp_path


def copy_of(course: Path, student: str = "ada") -> Path:
    return course / "submitted" / student / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"


def write(course: Path, answers: dict[str, str]) -> None:
    notebook = read_notebook(copy_of(course))
    for name, code in answers.items():
        graded_cells(notebook)[name].source = code
    nbformat.write(notebook, copy_of(course))


@pytest.mark.slow
@pytest.mark.parametrize("engine", [True, False], ids=["engine", "kernel"])
def test_each_exercise_has_its_state_and_its_message(course, capsys, monkeypatch, engine):
    if not engine:  # what Windows and macOS have
        for module in (check, run):
            monkeypatch.setattr(module, "HAS_ENGINE", False)
    elif not run.HAS_ENGINE:
        pytest.skip("the engine needs Linux")
    write(
        course,
        {
            "ex1_guess": "guess_doubling = 0.5",
            "ex2_power_law": "def power_law(x, a, alpha, E=0.0):\n    return E + a * x**alpha",
            "ex4_debug": "def loss(N, D, a=1.0, b=0.5, c=1.0, d=0.3)\n    return 0",
            "ex8_contest": "error_line = error_floor = None\nerror_line = undefined_name",
            "ex13a_trend": 'answer_13a = "a"',
            "ex14_judge": "I would ask for one more run.",
        },
    )
    before = hashlib.sha256(copy_of(course).read_bytes()).hexdigest()
    assert main(["check", ASSIGNMENT, "--student", "ada", "--json", "--page"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert hashlib.sha256(copy_of(course).read_bytes()).hexdigest() == before

    rows = {row["exercise"]: row for row in report["exercises"]}
    states = {number: row["state"] for number, row in rows.items()}
    assert states.pop("1") == "right"
    assert {states.pop(number) for number in ("2", "4", "8", "13a")} == {"wrong"}
    assert states.pop("14") == "waits for a person"
    assert set(states.values()) == {"not started"}
    assert report["score"] == 1 and report["max_score"] == TOTAL > 20
    assert "minus sign" in rows["2"]["messages"][0]
    assert any("SyntaxError" in message for message in rows["4"]["messages"])
    assert any("undefined_name" in message for message in rows["8"]["messages"])
    assert "logarithmic law" in rows["13a"]["messages"][0]
    assert not any(row["messages"] for row in rows.values() if row["state"] == "not started")
    assert Path(report["feedback"]).is_file()
    assert not (course / "gradebook.db").exists() and not (course / "feedback").exists()
    # One exercise alone is judged as it is among all.
    assert main(["check", ASSIGNMENT, "--student", "ada", "--json", "--exercise", "4"]) == 1
    alone = json.loads(capsys.readouterr().out)
    assert alone["exercises"] == [rows["4"]] and alone["feedback"] == ""


@pytest.mark.slow
def test_perfect_copy_exits_with_zero_and_prints_a_table(course, capsys):
    solved = graded_cells(read_notebook(course / "source" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"))
    write(course, {n: c.source for n, c in solved.items() if c.metadata.nbgrader.solution})
    # As some editors write a file; `grade` reads it, too.
    copy_of(course).write_bytes(b"\xef\xbb\xbf" + copy_of(course).read_bytes())
    assert main(["check", ASSIGNMENT, "--student", "ada", "--page"]) == 0
    out = capsys.readouterr().out
    assert f"{TOTAL:g} of {TOTAL:g} points, and 4 that a person marks" in out
    assert "feedback page: " in out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ["check", "99_nothing"],
            "There is no assignment '99_nothing': choose one of ",
        ),
        (["check", ASSIGNMENT, "--student", "bob"], "bob has no copy of 01_power_laws yet"),
        (["check", ASSIGNMENT, "--student", "ada", "--exercise", "99"], "has no exercise '99'"),
        (["check", "--exercise", "4"], "Add the assignment"),
        (["check", ASSIGNMENT, "--student", "../ada"], "'../ada' is not a student's name"),
        (["check", ASSIGNMENT, "--student", ""], "'' is not a student's name"),
    ],
)
def test_what_is_missing_is_said_in_one_sentence(course, capsys, words, said):
    assert main(words) == 2
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1


@pytest.mark.slow
def test_an_untouched_copy_has_nothing_wrong(course, capsys):
    assert main(["check", ASSIGNMENT, "--student", "ada"]) == 1
    out = capsys.readouterr().out
    assert f"0 of {TOTAL:g} points, and 4 that a person marks" in out
    assert out.count("not started") == len(EXERCISES) and "  wrong" not in out
    assert "feedback page" not in out and not list((course / ".cache").rglob("*.html"))


def test_damaged_copy_is_said_in_one_sentence_and_left_alone(course, capsys):
    copy_of(course).write_text("{ not a notebook", encoding="utf-8")
    assert main(["check", ASSIGNMENT, "--student", "ada"]) == 2
    error = capsys.readouterr().err
    assert "cannot be read as a notebook" in error and error.count("\n") == 1
    assert copy_of(course).read_text("utf-8") == "{ not a notebook"


def test_the_source_as_handed_out_is_kept_until_something_changes(course, monkeypatch):
    path = course / "source" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
    made = check._master(course, path)
    wanted = master(path, load_config(course, course))
    assert made == wanted
    with monkeypatch.context() as without:
        without.setattr(check, "master", lambda *_: pytest.fail("it was there"))
        assert check._master(course, path) == wanted
    for damage in ("", "{}", '{"digest": 1}', json.dumps({"digest": "0" * 64, "notebook": {}})):
        (course / ".cache" / "check" / "source" / path.name).write_text(damage)
        assert check._master(course, path) == wanted
    for file, old, new in (
        (path, "doubling", "halving"),
        (course / "nbgrader_config.py", "# Your code here", "# Yours"),
    ):
        file.write_text(file.read_text("utf-8").replace(old, new), "utf-8")
        changed = check._master(course, path)
        assert changed == master(path, load_config(course, course)) != wanted
        wanted = changed


@pytest.mark.parametrize("path", sorted(COURSE.glob("release/*/*.ipynb")), ids=lambda p: p.stem)
def test_a_released_notebook_has_its_checksums(path):
    assert master(path) == read_notebook(path)


def test_a_check_loads_nothing_of_nbgrader():
    code = "import sys, scalinglaws.course.grading.self_check; print('nbgrader' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
