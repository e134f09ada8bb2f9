"""What a class gets: nothing that gives answers away, and everything that its notebooks name."""

import os
import subprocess
import sys
import zipfile

import pytest

from scalinglaws.cli import main
from scalinglaws.course.school.handout import FOLDER, handout_files
from tests.course.notebooks import COURSE, hidden_lines

ONE = "01_power_laws"


@pytest.fixture(scope="module")
def handed_out(tmp_path_factory):
    """The folder that a student has unpacked, of one assignment."""
    folder = tmp_path_factory.mktemp("student")
    target = folder / "course.zip"
    os.environ["SCALINGLAWS_COURSE"] = str(COURSE)
    try:
        assert main(["handout", ONE, "--output", str(target)]) == 0
    finally:
        del os.environ["SCALINGLAWS_COURSE"]
    with zipfile.ZipFile(target) as archive:
        assert {name.split("/")[0] for name in archive.namelist()} == {FOLDER}
        archive.extractall(folder)
    return folder / FOLDER


def run(folder, *args):
    """A command with the hand-out's own package, as its environment would run it."""
    environment = {**os.environ, "SCALINGLAWS_COURSE": str(folder), "COLUMNS": "100"}
    return subprocess.run(
        [sys.executable, "-m", "scalinglaws", *args],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )


@pytest.mark.slow
def test_it_holds_no_solution_and_no_hidden_test(handed_out):
    names = {path.relative_to(handed_out).parts[0] for path in handed_out.rglob("*")}
    assert not names & {
        "source",
        "questions",
        "tests",
        "docs",
        "benchmarks",
        ".git",
        "gradebook.db",
    }
    texts = [
        p.read_text("utf-8", "replace")
        for p in handed_out.rglob("*")
        if p.suffix in (".py", ".ipynb", ".md", ".json", ".yaml")
    ]
    secret = {line for line in hidden_lines(ONE, solutions=True) if len(line) > 40}
    assert len(secret) > 20
    assert not [line for line in secret if any(line in text for text in texts)]


@pytest.mark.slow
def test_a_student_works_checks_and_practises_in_it(handed_out):
    copy = handed_out / "submitted" / "ada" / ONE
    copy.mkdir(parents=True)
    text = (handed_out / "release" / ONE / f"{ONE}.ipynb").read_text("utf-8")
    stub = "def power_law"
    assert stub in text
    (copy / f"{ONE}.ipynb").write_text(text, "utf-8")
    checked = run(handed_out, "check", ONE, "--student", "ada")
    assert checked.returncode == 1, checked.stderr
    assert "0 of 18 exercises are right as far as the visible tests go" in " ".join(
        checked.stdout.split()
    )
    assert "not started" in checked.stdout and "/33" not in checked.stdout
    assert "0 due" in run(handed_out, "progress", "--student", "ada").stdout
    for command in (
        ["reveal", f"{ONE}/1", "--student", "ada"],
        ["grade", ONE],
        ["release"],
        ["handout"],
        ["grades"],
        ["roster", "x"],
    ):
        refused = run(handed_out, *command)
        assert refused.returncode == 2 and "handed out without" in refused.stderr, command


@pytest.mark.slow
def test_the_same_zip_file_from_the_same_course(handed_out):
    again = dict(handout_files(COURSE, [ONE]))
    here = {p.relative_to(handed_out).as_posix() for p in handed_out.rglob("*") if p.is_file()}
    made = ("submitted/", "scalinglaws/__pycache__")
    assert {
        name for name in here if not name.startswith(made) and "__pycache__" not in name
    } >= set(again)
