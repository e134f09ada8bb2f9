"""Variants: numbers of one's own, from a token that only the key can make."""

import itertools
import json
from pathlib import Path

import numpy as np
import pytest

import scalinglaws as sl
from scalinglaws.cli import main
from scalinglaws.course import variants
from scalinglaws.course.exercises import graded_cells, read_notebook
from scalinglaws.course.grading.checks import CheckFailed, check_variant
from scalinglaws.course.grading.copied import copied_answers
from scalinglaws.course.grading.submission_job import lay_out
from scalinglaws.course.variants import (
    CLASS_FILE,
    EXERCISES,
    KEY_FILE,
    TOKEN_FILE,
    ClassTokens,
    drawn,
    token_of,
    valid_token,
)
from scalinglaws.errors import CourseError

ROOT = Path(__file__).parents[2]
KEY = b"0" * 64
CLASS = {f"s{i:03}": token_of(KEY, f"s{i:03}") for i in range(200)}
# {exercise: (test cells with what they need, the name of the answer)}
CELLS = {
    "00/5b": ("ex5b_suits", ["ex5b_suits_test"], "answer_5b"),
    "00/7": ("ex7_first_loss", ["ex7_first_loss_test"], "first_loss_gpt2"),
    "00/13d": ("ex13d_accuracy_bound", ["ex13d_accuracy_bound_test"], "answer_13d"),
    "01/3b": ("ex3b_two_terms", ["ex3b_two_terms_test"], "answer_3b"),
    "01/11": ("ex11_doubling", ["ex11_slope_test"], "local_slope"),
}
NOTEBOOKS = {"00": "00_pipeline", "01": "01_power_laws"}


@pytest.fixture(scope="module")
def cells():
    """{exercise: (code of the solution, code of its tests)}."""
    found = {}
    for number, name in NOTEBOOKS.items():
        graded = graded_cells(read_notebook(ROOT / "source" / name / f"{name}.ipynb"))
        for exercise, (answer, tests, _) in CELLS.items():
            if exercise.startswith(number):
                code = [compile(graded[key].source, key, "exec") for key in (answer, *tests)]
                found[exercise] = code
    return found


def at_work(folder: Path, student: str, monkeypatch) -> None:
    """Make a folder the tester's, for one student."""
    for name, content in ClassTokens(CLASS).tester_files(student).items():
        (folder / name).write_bytes(content)
    monkeypatch.chdir(folder)


def solve(cells, exercise: str) -> dict:
    names = {"np": np, "sl": sl}
    exec(cells[exercise][0], names)
    return names


def test_every_exercise_that_draws_numbers_is_tried_here():
    assert set(CELLS) == set(EXERCISES)


def test_200_perfect_students_are_right_no_two_alike_and_a_copy_is_told(
    cells, tmp_path, monkeypatch, capsys
):
    answers: dict[str, list[float]] = {exercise: [] for exercise in CELLS}
    for student in CLASS:
        at_work(tmp_path, student, monkeypatch)
        for exercise, (_, _, answer) in CELLS.items():
            names = solve(cells, exercise)
            for test in cells[exercise][1:] if len(answers[exercise]) < 25 else ():
                exec(test, names)
            answers[exercise].append(float(names[answer]))
    for exercise, got in answers.items():
        numbers = [tuple(drawn(exercise, token).values.values()) for token in CLASS.values()]
        assert len(set(numbers)) == len(CLASS), exercise
        assert len(set(got)) == len(CLASS), exercise
    at_work(tmp_path, "s007", monkeypatch)
    capsys.readouterr()
    for exercise, (_, _, answer) in CELLS.items():
        names = {"np": np, "sl": sl, "first_loss_bytes": np.log(128)}
        names[answer] = answers[exercise][42]
        with pytest.raises(CheckFailed, match="another variant") as failed:
            for test in cells[exercise][1:]:
                exec(test, names)
        assert variants.code_of(CLASS["s042"]) in str(failed.value)
        assert CLASS["s042"] not in str(failed.value)


@pytest.mark.parametrize("exercise", CELLS)
def test_without_a_key_the_numbers_are_those_of_the_text(exercise, cells, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = solve(cells, exercise)
    for test in cells[exercise][1:]:
        exec(test, names)
    assert not sl.variant(exercise).is_own


def test_the_numbers_of_the_text_are_told_apart(tmp_path, monkeypatch):
    at_work(tmp_path, "s001", monkeypatch)
    with pytest.raises(CheckFailed, match="numbers of the text"):
        check_variant("x", 0.55, "00/13d", lambda own: own.accuracy, rtol=1e-3)


def graded(*messages: str):
    """A notebook whose test cells said this."""
    from nbformat.v4 import new_code_cell, new_notebook, new_output

    made = []
    for i, message in enumerate(messages):
        output = new_output("error", ename="CheckFailed", evalue=message, traceback=[])
        about = {"grade": True, "solution": False, "locked": True, "grade_id": str(i), "points": 1}
        made.append(new_code_cell("", outputs=[output], metadata={"nbgrader": about}))
    return new_notebook(cells=made)


def said(student: str, name: str = "x") -> str:
    code = variants.code_of(CLASS[student])
    return f"{name} is right for the numbers of another variant ({code}), not for yours: use the"


def test_a_copied_submission_is_named_and_one_that_fits_by_chance_is_not():
    tokens = ClassTokens(CLASS)
    (remark,) = copied_answers(graded(said("s042"), said("s042", "y")), tokens)
    assert "s042" in str(remark) and "2 answers" in str(remark)
    assert not copied_answers(graded(said("s042"), said("s043")), tokens)
    assert not copied_answers(graded("is 3, expected 2."), tokens)
    assert not copied_answers(graded(said("s042"), said("s042")), ClassTokens())


def test_what_a_submission_says_of_its_token_counts_for_nothing(tmp_path):
    forged = {TOKEN_FILE: b"mine", CLASS_FILE: b"[]", "data.txt": b"1"}
    lay_out(tmp_path / "off", forged, {}, ClassTokens(), "s001")
    assert not (tmp_path / "off/learner" / TOKEN_FILE).exists()
    assert (tmp_path / "off/tester" / TOKEN_FILE).read_text() == ""
    lay_out(tmp_path / "on", forged, {}, ClassTokens(CLASS), "s001")
    for role in ("learner", "tester"):
        assert (tmp_path / "on" / role / TOKEN_FILE).read_text() == CLASS["s001"]
    assert not (tmp_path / "on/learner" / CLASS_FILE).exists()
    others = json.loads((tmp_path / "on/tester" / CLASS_FILE).read_text())
    assert len(others) == 199 and CLASS["s001"] not in others


def test_a_token_is_typed_in_any_way_but_not_wrongly():
    token = CLASS["s000"]
    assert valid_token(f" {token.upper().replace('-', ' ')}\n") == token
    swapped = token[1] + token[0] + token[2:]
    for wrong in ("", "k7f3", swapped if swapped != token else "aaaa" + token[4:], token + "a"):
        with pytest.raises(CourseError, match="no token"):
            valid_token(wrong)
    assert len({*CLASS.values()}) == len(CLASS)
    assert token_of(b"1" * 64, "s000") != token


def test_a_learner_without_a_token_is_told(tmp_path, monkeypatch):
    (tmp_path / "release").mkdir()
    (tmp_path / "nbgrader_config.py").write_text("")
    (tmp_path / "variants.on").write_text("")
    monkeypatch.setenv("SCALINGLAWS_COURSE", str(tmp_path))
    own = tmp_path / "submitted" / "ada"
    notebook = own / "01_power_laws"
    notebook.mkdir(parents=True)
    monkeypatch.chdir(notebook)
    with pytest.raises(CourseError, match="--variant"):
        sl.variant("01/3b")
    with pytest.raises(CourseError, match="--variant"):
        variants.keep_token(own, tmp_path, "ada", None)
    variants.keep_token(own, tmp_path, "ada", CLASS["s000"].upper())
    assert sl.variant("01/3b") == drawn("01/3b", CLASS["s000"])
    variants.keep_token(own, tmp_path, "ada", None)  # it is known by now


def test_the_command_makes_one_key_and_lists_tokens(tmp_path, monkeypatch, capsys):
    (tmp_path / "nbgrader_config.py").write_text((ROOT / "nbgrader_config.py").read_text("utf-8"))
    (tmp_path / "source").mkdir()
    monkeypatch.setenv("SCALINGLAWS_COURSE", str(tmp_path))
    assert main(["variants"]) == 2
    assert main(["variants", "--start"]) == 0
    key = variants.read_key(tmp_path)
    assert main(["variants", "--start"]) == 2
    assert variants.read_key(tmp_path) == key
    (tmp_path / "submitted" / "ada" / "x").mkdir(parents=True)
    capsys.readouterr()
    assert main(["variants"]) == 0
    out = capsys.readouterr().out
    assert f"ada,,,,{token_of(key, 'ada')}" in out and key.decode() not in out
    (tmp_path / KEY_FILE).write_text("short")
    assert main(["variants"]) == 2


def test_every_number_of_a_text_can_be_told_from_every_draw():
    for exercise, numbers in EXERCISES.items():
        values = (drawn(exercise, token).values for token in itertools.islice(CLASS.values(), 50))
        for own in values:
            for name, n in numbers.items():
                assert n.low <= own[name] <= n.high * (1 + 1e-12), (exercise, name)
