"""The notebooks as people get them: complete in source/, empty in release/, which runs to its end (source/: test_answers.py)."""

import ast
import re
import shutil

import nbformat
import pytest
from nbgrader import utils

from scalinglaws.course.exercises import exercises, read_notebook
from scalinglaws.course.questions import bank
from scalinglaws.course.release import fresh_files, stale_files
from scalinglaws.course.source import HEADING

from .notebooks import ASSIGNMENTS, COURSE, ROWS, failures, hidden_lines, release, source


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_untouched_release_runs_and_earns_nothing(assignment, executed):
    notebook = executed(assignment)
    graded = {
        cell.id: utils.determine_grade(cell)[0] for cell in notebook.cells if utils.is_grade(cell)
    }
    assert set(graded.values()) == {0}
    failed = failures(notebook)
    assert set(failed) <= set(graded), failed
    assert all(text.startswith("NotStarted") for text in failed.values()), failed


@pytest.mark.slow
def test_release_and_sealed_replies_are_fresh():
    assert stale_files(COURSE, fresh_files(COURSE)) == []


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_release_holds_no_solution_and_no_hidden_test(assignment):
    text = (COURSE / "release" / assignment / f"{assignment}.ipynb").read_text("utf-8")
    assert "HIDDEN TESTS" not in text and "SOLUTION" not in text
    visible = "\n".join(cell.source for cell in release(assignment).cells)
    hidden = hidden_lines(assignment, solutions=True)
    assert len(hidden) > 50
    assert not [line for line in hidden if line in visible]


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_source_is_clean_and_its_ids_are_stable(assignment):
    notebook = source(assignment)
    ids = [cell.id for cell in notebook.cells]
    assert len(set(ids)) == len(ids)
    assert not [i for i in ids if re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f-]+)?", i)], (
        "ids are words, not random"
    )
    grade_ids = [c.metadata.nbgrader.grade_id for c in notebook.cells if "nbgrader" in c.metadata]
    assert len(set(grade_ids)) == len(grade_ids)
    for cell in notebook.cells:
        assert not cell.get("outputs") and cell.get("execution_count") is None, cell.id


def names(cell: nbformat.NotebookNode) -> tuple[set[str], set[str], set[str]]:
    """The names that a code cell uses, those that it imports, and those that it binds in another way."""
    used, imported, bound = set(), set(), set()
    for node in ast.walk(ast.parse(cell.source)):
        match node:
            case ast.Import(names=found) | ast.ImportFrom(names=found):
                imported |= {(alias.asname or alias.name).split(".")[0] for alias in found}
            case ast.Name(id=name, ctx=ast.Load()):
                used.add(name)
            case ast.Name(id=name) | ast.FunctionDef(name=name) | ast.arg(arg=name):
                bound.add(name)
    return used, imported, bound


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_a_check_imports_what_it_uses_so_that_it_runs_first_after_a_restart(assignment):
    cells = [c for c in source(assignment).cells if c.cell_type == "code"]
    tests = [c for c in cells if utils.is_grade(c) and not utils.is_solution(c)]
    by_tests = set().union(*(names(c)[1] for c in tests))
    elsewhere = set().union(*(set().union(*names(c)[1:]) for c in cells if c not in tests))
    lacking = {}
    for cell in tests:
        used, imported, bound = names(cell)
        if lack := (used & by_tests) - imported - bound - elsewhere:
            lacking[cell.id] = lack
    assert tests and not lacking


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_no_guess_is_called_right(assignment):
    guesses = [c for c in source(assignment).cells if c.id == "ex1-guess-test"]
    assert guesses or assignment == "00_pipeline"
    assert not [cell.id for cell in guesses if "right" in names(cell)[0]]


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_every_row_is_covered(assignment):
    covered = {row for exercise in exercises(source(assignment)) for row in exercise.covers}
    assert set(ROWS[assignment].split()) <= covered


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_every_exercise_says_what_it_is_and_what_it_is_worth(assignment):
    notebook = source(assignment)
    prose = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    header = r"^### Exercise (\w+) · (.*) · ([●○]{3}) · (\d+) min · (\d+) points?"
    said = {number: rest for number, *rest in re.findall(header, prose, re.M)}
    found = {e.number: e for e in exercises(notebook)}
    assert said == {
        number: [e.title, "●" * e.level + "○" * (3 - e.level), f"{e.minutes:g}", f"{e.points:g}"]
        for number, e in found.items()
    }
    assert all(e.type and e.covers for e in found.values())
    said = re.search(r"\*\*Points:\*\* (\d+), of which (\d+)", prose)
    assert float(said[1]) == sum(e.points for e in found.values())
    assert float(said[2]) == sum(e.points for e in found.values() if e.by_hand)


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_the_time_it_says_is_that_of_reading_and_of_its_exercises(assignment):
    prose, minutes = "", 0
    for cell in source(assignment).cells:
        if cell.cell_type != "markdown":
            continue
        if exercise := HEADING.search(cell.source):  # its minutes include reading it
            minutes += int(exercise[4])
        else:
            prose += re.sub("(?s)<details>.*?</details>", "", cell.source)
    said = re.search(r"\*\*Time:\*\* about (\d+) minutes(?:, and another (\d+) for)?", prose)
    assert int(said[1]) <= 100
    assert int(said[1]) + int(said[2] or 0) == pytest.approx(
        minutes + len(prose.split()) / 180, abs=10
    )


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_the_break_comes_within_an_hour(assignment):
    prose, minutes, after = "", 0, None
    for cell in source(assignment).cells:
        if cell.cell_type != "markdown":
            continue
        if exercise := HEADING.search(cell.source):
            minutes += int(exercise[4])
            if re.match(rf"### Exercise {after}\D", exercise[0]):
                assert 25 <= minutes + len(prose.split()) / 180 <= 60
                return
        else:
            prose += re.sub("(?s)<details>.*?</details>", "", cell.source)
            if said := re.search(r"a break is the end of exercise (\d+)", prose):
                after = said[1]
    assert "in two sittings" in prose


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_quiz_cells_show_the_questions_of_the_bank(assignment):
    questions = bank.load_bank(COURSE / "questions")
    shown = [
        c for c in source(assignment).cells if c.metadata.get("scalinglaws", {}).get("question")
    ]
    assert shown
    for cell in shown:
        assert (
            bank.as_markdown(bank.shown(questions[cell.metadata.scalinglaws.question]))
            in cell.source
        )


def test_start_page_runs_and_leads_to_every_notebook(tmp_path, monkeypatch, run_notebook):
    shutil.copy(COURSE / "nbgrader_config.py", tmp_path)
    shutil.copytree(COURSE / "source", tmp_path / "source")
    shutil.copytree(COURSE / "release", tmp_path / "release")
    monkeypatch.setenv("SCALINGLAWS_COURSE", str(tmp_path))
    monkeypatch.setenv("SCALINGLAWS_STUDENT", "ada")
    notebook = read_notebook(tmp_path / "release/start.ipynb")
    run_notebook(notebook, allow_errors=True)
    assert not failures(notebook)
    text = "\n".join(cell.source for cell in notebook.cells)
    linked = set(re.findall(r"\]\(([\w./]+)\)", text))
    assert {f"{name}/{name}.ipynb" for name in ASSIGNMENTS} <= linked
    assert not [name for name in linked if not (COURSE / "release" / name).is_file()]
