"""What a class gets: nothing that gives answers away, and everything that its notebooks name."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest

from scalinglaws.cli import main
from scalinglaws.course.questions import bank
from scalinglaws.course.questions.seal import SEALED_FILE
from scalinglaws.course.school.handout import FOLDER, _in_translation
from scalinglaws.course.texts import Translator, translations
from tests.course.notebooks import COURSE, hidden_lines

ONE = "01_power_laws"


@pytest.fixture(scope="module")
def handed_out(tmp_path_factory):
    """The folder that a student has unpacked, of one assignment."""
    folder = tmp_path_factory.mktemp("student")
    target = folder / "course.zip"
    # The sealed replies are taken as they are: tests/course/test_notebooks.py makes them again, and
    # each of their hundreds of keys is slow on purpose.
    sealed = (COURSE / "scalinglaws/course/questions" / SEALED_FILE).read_text("utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SCALINGLAWS_COURSE", str(COURSE))
        patch.setattr(bank, "sealed_file", lambda questions: sealed)
        assert main(["handout", ONE, "--output", str(target)]) == 0
    with zipfile.ZipFile(target) as archive:
        assert {name.split("/")[0] for name in archive.namelist()} == {FOLDER}
        archive.extractall(folder)
    return folder / FOLDER


def test_the_start_page_of_a_translation_is_handed_out():
    page = Path("release", "start.ipynb")
    translate = Translator(translations(COURSE, "de"))
    (content,) = _in_translation(COURSE, {page: b""}, translate).values()
    assert "# Skalierungsgesetze von Sprachmodellen" in content.decode()
    before, after = (
        nbformat.reads(text, 4).cells
        for text in ((COURSE / page).read_text("utf-8"), content.decode())
    )
    assert [c.source for c in after if c.cell_type == "code"] == [
        c.source for c in before if c.cell_type == "code"
    ]


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
def test_a_student_works_checks_and_practises_in_it(handed_out, monkeypatch, capsys):
    copy = handed_out / "submitted" / "ada" / ONE
    shutil.copytree(handed_out / "release" / ONE, copy)
    monkeypatch.setenv("SCALINGLAWS_COURSE", str(handed_out))
    assert main(["check", ONE, "--student", "ada"]) == 1
    said = " ".join(capsys.readouterr().out.split())
    assert "0 of 18 exercises are right as far as the visible tests go" in said
    assert "not started" in said and "points" not in said
    refused = "reveal 01_power_laws/1|grade 01_power_laws|release|handout|grades|roster x|collect x|items 01_power_laws"
    for command in refused.split("|"):
        assert main([*command.split()]) == 2, command
        assert "handed out without" in capsys.readouterr().err, command


@pytest.mark.slow
def test_its_own_package_runs(handed_out):
    environment = {**os.environ, "SCALINGLAWS_COURSE": str(handed_out)}
    command = [
        sys.executable,
        "-m",
        "scalinglaws",
        "progress",
        "--student",
        "ada",
    ]  # from this folder
    done = subprocess.run(
        command, cwd=handed_out, env=environment, capture_output=True, text=True, encoding="utf-8"
    )
    assert done.returncode == 0 and "0 due" in done.stdout, done.stderr
