"""Variants: numbers of one's own, from a token that only the key can make."""

import copy
import itertools
import json
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

import scalinglaws as sl
from scalinglaws import grading
from scalinglaws.cli import main
from scalinglaws.course import variants
from scalinglaws.course.exercises import assignments, graded_cells, read_notebook
from scalinglaws.course.grading.checks import CheckFailed, check_answer, check_variant
from scalinglaws.course.grading.copied import copied_answers, foreign_outputs
from scalinglaws.course.grading.submission_job import grade_submission, lay_out
from scalinglaws.course.learner.events import Progress
from scalinglaws.course.practice.sitting import Practice
from scalinglaws.course.questions.own_options import in_another_order
from scalinglaws.course.questions.seal import find, mark
from scalinglaws.course.school import handout
from scalinglaws.course.variants import (
    CLASS_FILE,
    EXERCISES,
    KEY_FILE,
    MARK_FILE,
    TOKEN_FILE,
    ClassTokens,
    drawn,
    token_of,
    valid_token,
)
from scalinglaws.errors import CourseError
from tests.grading import classroom

ROOT = Path(__file__).parents[2]
KEY = b"0" * 64
CLASS = {f"s{i:03}": token_of(KEY, f"s{i:03}") for i in range(200)}
# {exercise: (the answer cell, its test cells, the answer as an expression)}
CELLS = {
    "00/5b": ("ex5b_suits", ["ex5b_suits_test"], "answer_5b"),
    "00/7": ("ex7_first_loss", ["ex7_first_loss_test"], "first_loss_gpt2"),
    "00/13d": ("ex13d_accuracy_bound", ["ex13d_accuracy_bound_test"], "answer_13d"),
    "01/3b": ("ex3b_two_terms", ["ex3b_two_terms_test"], "answer_3b"),
    "01/11": ("ex11_doubling", ["ex11_slope_test"], "local_slope"),
    "01/12": ("ex12_logarithm", ["ex12_logarithm_test"], "worst_six"),
    "02/6b": ("ex6b_rule", ["ex6b_rule_test"], "D_break"),
    "02/11a": ("ex11a_read", ["ex11a_read_test"], "tokens_large"),
    "02/12": ("ex12_tenfold", ["ex12_tenfold_test"], "gain_late"),
    "03/3": ("ex3_claim", ["ex3_claim_test"], "L_paper"),
    "03/12": ("ex12_how_many_runs", ["ex12_how_many_runs_test"], "answer_12"),
    "03/14": ("ex14_1e20", ["ex14_1e20_test"], "D_high"),
    "04/5": ("ex5_published", ["ex5_published_test"], "step_ratio"),
    "04/7": ("ex7_batch", [], "step_saving"),  # its test fits the runs: tests/course does that
    "04/11c": ("ex11c_three_times", ["ex11c_three_times_test"], "answer_11c"),
    "05/8": ("ex8_exponents", [], "predicted_in_D"),  # its test simulates worlds
    "05/9": ("ex9_reviewer", ["ex9_halve_test"], "data_factors['speech recognition']"),
    "06/3b": ("ex3_demand", ["ex3_demand_test"], "wrong_per_million"),
    "07/3": ("ex4_forecast", ["ex4_forecast_test"], "growth_seen"),
    "07/4": ("ex5_claim", ["ex5_claim_test"], "context_equal"),
    "07/11": ("ex11_mixtral", ["ex11_mixtral_test"], "answer_11"),
    "08/2": ("ex2_waste", ["ex2_waste_test"], "waste_of_run"),
    "08/6": ("ex6_line_budgets", ["ex6_line_budgets_test"], "cheapest"),
    "08/9b": ("ex9_other", ["ex9_other_test"], "waste_other"),
}
SUBSETS = {"06/6": 56, "06/7": 53}  # rows of which a student has a part
NOTEBOOKS = list(assignments(ROOT))
GRID = sl.load_runs("grid", corpus="prose").groupby(["N", "D"])["loss"].mean().unstack()
# What given cells and earlier answers define.
GIVEN = {
    "np": np,
    "sl": sl,
    "kaplan": lambda N: (8.8e13 / N) ** 0.076,
    "refit": sl.CHINCHILLA_REPLICATION,
    "gains": lambda N, D, k, A, B, a, b: (A * (N**-a - (k * N) ** -a), B * (D**-b - (k * D) ** -b)),
    "D_grid": GRID.columns.to_numpy(float),
    "L_grid": GRID.to_numpy(),
    "fresh_equivalent": lambda loss, D, L: np.exp(np.interp(loss, L[::-1], np.log(D)[::-1])),
    "worlds": dict.fromkeys((0.5, 1.0), np.full(9, 0.1))
    | {world.name: world for world in sl.practice_worlds()},
    "draws": dict.fromkeys((0.5, 1.0), np.arange(9)),
    "n_seen": [2, 4, 8],
    "unseen_mass": lambda p, seen: 1 - p[seen].sum(),
    "hestness": {
        "language model on words": 0.066,
        "machine translation": 0.128,
        "speech recognition": 0.30,
        "ImageNet, lowest": 0.31,
        "ImageNet, highest": 0.49,
    },
    "criticals": pd.DataFrame({"B_crit": [900.0, 1700.0], "c": [1.1, 1.2]}),
    "gpt3": pd.DataFrame(
        {
            "N": [125e6, 350e6, 760e6, 1.3e9, 2.7e9, 6.7e9, 13e9, 175e9],
            "n_layer": [12, 24, 24, 24, 32, 32, 40, 96],
            "d_model": [768, 1024, 1536, 2048, 2560, 4096, 5140, 12288],
        }
    ),
}


@pytest.fixture(scope="module")
def notebooks():
    """{the first two digits of a notebook's name: the notebook}."""
    paths = {name[:2]: ROOT / "source" / name / f"{name}.ipynb" for name in NOTEBOOKS}
    return {digits: read_notebook(path) for digits, path in paths.items()}


@pytest.fixture(scope="module")
def cells(notebooks):
    """{exercise: (code of the solution, code of its tests)}."""
    found = {}
    for digits, notebook in notebooks.items():
        graded = graded_cells(notebook)
        for exercise, (answer, tests, _) in CELLS.items():
            if exercise.startswith(digits):
                code = [compile(graded[key].source, key, "exec") for key in (answer, *tests)]
                found[exercise] = code
    return found


def at_work(folder: Path, student: str, monkeypatch) -> None:
    """Make a folder the tester's, for one student."""
    for name, content in ClassTokens(CLASS).tester_files(student).items():
        (folder / name).write_bytes(content)
    monkeypatch.chdir(folder)


def solve(cells, exercise: str) -> dict:
    names = dict(GIVEN)
    exec(cells[exercise][0], names)
    return names


def test_every_exercise_that_draws_numbers_is_tried_here():
    assert {*CELLS, *FITTED} == set(EXERCISES)  # tests/course solves those that are FITTED
    assert all(("seed" in drawn(e, "").values) == (e in SUBSETS) for e in EXERCISES)


def test_every_notebook_has_three_exercises_with_numbers_of_ones_own():
    own = Counter(exercise[:2] for exercise in EXERCISES)
    assert all(own[name[:2]] >= 3 for name in assignments(ROOT)), own


def test_200_perfect_students_are_right_no_two_alike_and_a_copy_is_told(
    cells, tmp_path, monkeypatch
):
    answers: dict[str, list[float]] = {exercise: [] for exercise in CELLS}
    for student in CLASS:
        at_work(tmp_path, student, monkeypatch)
        for exercise, (_, _, answer) in CELLS.items():
            names = solve(cells, exercise)
            for test in cells[exercise][1:] if len(answers[exercise]) < 6 else ():
                exec(test, names)
            answers[exercise].append(float(eval(answer, names)))
    for exercise in EXERCISES:
        numbers = [tuple(drawn(exercise, token).values.values()) for token in CLASS.values()]
        assert len(set(numbers)) == len(CLASS), exercise
        assert len(set(answers.get(exercise, numbers))) == len(CLASS), exercise
    at_work(tmp_path, "s042", monkeypatch)
    copied = {exercise: solve(cells, exercise) for exercise in CELLS if cells[exercise][1:]}
    at_work(tmp_path, "s007", monkeypatch)
    for exercise, names in copied.items():
        with pytest.raises(CheckFailed, match="another variant") as failed:
            for test in cells[exercise][1:]:
                exec(test, names)
        assert variants.code_of(CLASS["s042"]) in str(failed.value)
        assert CLASS["s042"] not in str(failed.value)


@pytest.mark.parametrize("exercise", SUBSETS)
def test_no_two_students_have_the_same_rows(exercise, capsys):
    table = pd.DataFrame({"N": range(SUBSETS[exercise])})
    own = [drawn(exercise, token) for token in CLASS.values()]
    rows = [tuple(variant.subset(table, 0.5)["N"]) for variant in own]
    assert len(set(rows)) == len(CLASS)
    assert all(list(r) == sorted(r) and len(r) == round(len(table) / 2) for r in rows)
    assert drawn(exercise, "").subset(table, 0.5) is table
    own[7].show()
    drawn(exercise, "").show()
    assert capsys.readouterr().out.count("Your own rows") == 1


def test_own_numbers_are_shown_beside_those_of_the_text(capsys):
    drawn("04/5", "").show()
    assert not capsys.readouterr().out
    own = drawn("04/5", CLASS["s007"])
    own.show()
    said = capsys.readouterr().out
    assert own.code in said
    assert f"N = {own.N:,.0f} instead of 98,304" in said
    assert f"D = {own.D:,.0f} instead of 2,097,408" in said


@pytest.mark.parametrize("exercise", CELLS)
def test_without_a_key_the_numbers_are_those_of_the_text(exercise, cells, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = solve(cells, exercise)
    for test in cells[exercise][1:]:
        exec(test, names)
    assert not sl.variant(exercise).is_own


def in_text(text: str, value: float) -> bool:
    """Whether a text states this number, as 1e20, 50257, 50,257 or 40 million."""
    millions = [f"{value / size:g} {word}" for size, word in ((1e6, "million"), (1e9, "billion"))]
    short = re.sub(r"e\+?(-?)0*", r"e\1", f"{value:g}")
    return any(
        re.search(rf"(?<![\w.,^-]){re.escape(written)}(?![\w^]|[.,]\d)", text)
        for written in (short, f"{value:.10g}", f"{value:,.10g}", *millions)
    )


# Test cells that are too slow to check every answer of a class, but not to read their messages once.
SLOW_TESTS = {"04/7": ["ex7_batch_test"], "05/8": ["ex8_exponents_test"]}
# {exercise: (the given cells that its answers need, its answers and their tests)}
FITTED = {
    "05/2": (
        ["corpora_table", "worked_numbers", "ex2_given"],
        ["ex2_ranges", "ex2_ranges_test", "ex2_levels", "ex2_levels_test"],
    ),
    "06/6": (["ex6_given"], ["ex6_discordant", "ex6_numbers", "ex6_numbers_test"]),
    "06/7": (["ex7_given"], ["ex7_ratio", "ex7_rehearsal", "ex7_rehearsal_test"]),
}


def numbers_in_text(exercise: str) -> list[float]:
    """The numbers that a student with others must not read; of rows, how many the text has."""
    if exercise in SUBSETS:
        rows = SUBSETS[exercise]
        return [rows, rows * (rows - 1) / 2]
    return [number.in_text for number in EXERCISES[exercise].values()]


@pytest.mark.parametrize("exercise", EXERCISES)
def test_messages_state_the_students_numbers_and_hints_none(
    exercise, notebooks, tmp_path, monkeypatch
):
    messages: list[str] = []

    def keep(value: str | tuple | list | dict | float) -> None:
        """Keep the texts among what a check is given, slips included."""
        if isinstance(value, str):
            messages.append(value)
        elif isinstance(value, tuple | list):
            for item in value:
                keep(item)
        elif isinstance(value, dict):
            keep(list(value.values()))

    for name in ("array", "between", "number", "variant"):
        monkeypatch.setattr(
            grading, f"check_{name}", lambda *args, **options: keep([args, options])
        )
    for name in ("require", "right"):
        monkeypatch.setattr(grading, name, lambda *args: keep(args))
    for name in ("check_answer", "check_sealed", "refuse_other_variants"):
        monkeypatch.setattr(grading, name, lambda *args, **options: None)
    at_work(tmp_path, "s003", monkeypatch)
    notebook = notebooks[exercise[:2]]
    graded = graded_cells(notebook)
    if exercise in FITTED:
        given, keys = FITTED[exercise]
    else:
        answer, tests, _ = CELLS[exercise]
        given, keys = [], [answer, *(SLOW_TESTS.get(exercise) or tests)]
    names = dict(GIVEN)
    code = {cell["id"].replace("-", "_"): cell.source for cell in notebook.cells}
    for source in [code[key] for key in given] + [graded[key].source for key in keys]:
        exec(source, names)
    assert len(messages) >= 3
    (task,) = (
        cell.source for cell in notebook.cells if f"### Exercise {exercise[3:]} " in cell.source
    )
    hints = re.findall("</summary>.*?</details>", task, re.DOTALL)
    for value in numbers_in_text(exercise):
        assert not [text for text in messages + hints if in_text(text, value)]


def test_a_number_is_found_in_a_text_however_it_is_written():
    for text, value in (
        ("N_opt(1e20) of", 1e20),
        ("at B = 4,096.", 4096),
        ("starts from 40 million", 40e6),
        ("a share of 0.5, then", 0.5),
    ):
        assert in_text(text, value), text
    for text, value in (("N_1e20[0]", 1e20), ("0.55 or 1.50", 0.5), ("14,096", 4096)):
        assert not in_text(text, value), text


@pytest.fixture(scope="module")
def quizzes():
    """{question: (what stands between it and its answer, its answer, its test)} of those whose options can have any order."""
    found = {}
    for name in assignments(ROOT):
        cells = read_notebook(ROOT / "source" / name / f"{name}.ipynb").cells
        for i, cell in enumerate(cells):
            question = cell.metadata.get("scalinglaws", {}).get("question")
            if question and in_another_order(find(question), "") and not find(question).ordered:
                found[question] = [c.source for c in cells[i + 1 : i + 4]]
    return found


def test_every_quiz_of_letters_shows_the_students_own_order(quizzes):
    assert len(quizzes) > 15
    for question, (shows, answer, test) in quizzes.items():
        assert shows == f'sl.options("{question}").show()'
        assert f'sl.options("{question}").letters("' in answer
        assert f'check_answer("{question}", ' in test


def test_own_orders_differ_the_right_letters_are_right_and_the_texts_are_not(
    quizzes, tmp_path, monkeypatch, capsys
):
    letters: dict[str, set[str]] = {question: set() for question in quizzes}
    orders = set()
    for student in itertools.islice(CLASS, 60):
        at_work(tmp_path, student, monkeypatch)
        orders.add(tuple(tuple(sl.options(question).called) for question in quizzes))
        for question, (shows, answer, test) in quizzes.items():
            names = {"sl": sl}
            exec(answer, names)
            (name,) = set(names) - {"sl", "__builtins__"}
            letters[question].add(names[name])
            if student == "s003":
                exec(shows, names)
                exec(test, names)
                of_the_text = sl.options(question).in_bank(names[name])
                if of_the_text != names[name]:
                    with pytest.raises(CheckFailed):
                        exec(test, names | {name: of_the_text})
    assert len(orders) == 60
    assert all(len(given) >= 3 for given in letters.values()), letters
    assert "Your own order (variant" in capsys.readouterr().out


def test_a_reply_calls_the_options_by_the_students_letters(tmp_path, monkeypatch, capsys):
    question = "chinchilla.why_disagree"
    right = sl.options(question).letters(right_letters_of(question))
    at_work(tmp_path, "s003", monkeypatch)
    own = sl.options(question)
    check_answer(question, own.letters(right))
    said = capsys.readouterr().out
    assert all(f"({c})" in said for c in own.letters(right))
    for answer, text in (("z", "write the letters"), (1, "write the letters")):
        with pytest.raises(CheckFailed, match=text):
            check_answer(question, answer)


def right_letters_of(question: str) -> str:
    letters = find(question).options
    sets = ("".join(c) for n in range(len(letters)) for c in itertools.combinations(letters, n + 1))
    return next(answer for answer in sets if mark(question, answer).right)


def test_without_a_key_the_options_are_those_of_the_text(quizzes, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for question, (shows, answer, test) in quizzes.items():
        names = {"sl": sl}
        for code in (shows, answer, test):
            exec(code, names)
        assert not sl.options(question).called
    assert "Your own order" not in capsys.readouterr().out


def test_the_numbers_of_the_text_are_told_apart(tmp_path, monkeypatch):
    at_work(tmp_path, "s001", monkeypatch)
    with pytest.raises(CheckFailed, match="numbers in the text"):
        check_variant("x", 0.55, "00/13d", lambda own: own.accuracy, rtol=1e-3)


def graded(*messages: str):
    """A notebook whose test cells said this."""
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


def test_outputs_of_somebody_elses_run_are_named(capsys):
    def shown(student: str):
        drawn("01/3b", CLASS[student]).show()
        output = new_output("stream", text=capsys.readouterr().out)
        return new_notebook(cells=[new_code_cell("", outputs=[output])])

    tokens = ClassTokens(CLASS)
    (remark,) = foreign_outputs(shown("s042"), tokens, "s007")
    assert "s042" in str(remark)
    assert not foreign_outputs(shown("s007"), tokens, "s007")
    assert not foreign_outputs(shown("s042"), ClassTokens(), "s007")


def test_a_copied_answer_is_told_however_it_was_rounded(tmp_path, monkeypatch):
    at_work(tmp_path, "s007", monkeypatch)

    def want(own):
        return own.accuracy

    exact = drawn("00/13d", CLASS["s042"]).accuracy
    for digits, told in ((17, True), (7, True), (5, True), (4, True), (2, False)):
        with pytest.raises(CheckFailed) as failed:
            check_variant("x", float(f"{exact:.{digits}g}"), "00/13d", want, rtol=1e-9)
        assert (variants.code_of(CLASS["s042"]) in str(failed.value)) == told, digits


def test_stock_nbgrader_finds_key_and_student_by_its_folder(tmp_path, monkeypatch):
    (tmp_path / KEY_FILE).write_bytes(KEY)
    for student in ("s001", "s002"):
        (tmp_path / "submitted" / student).mkdir(parents=True)
    here = tmp_path / "autograded" / "s001" / "01_power_laws"
    here.mkdir(parents=True)
    (here / TOKEN_FILE).write_text(CLASS["s002"])  # what a submission says
    monkeypatch.chdir(here)
    assert sl.variant("01/3b") == drawn("01/3b", CLASS["s001"])
    assert variants.others_tokens() == [CLASS["s002"]]
    (tmp_path / KEY_FILE).unlink()
    (here / TOKEN_FILE).unlink()
    assert not sl.variant("01/3b").is_own


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
        with pytest.raises(CourseError, match="not a token"):
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


def test_practice_draws_from_the_variant(tmp_path):
    def first(token: str) -> str:
        own = tmp_path / (token or "none")
        own.mkdir()
        if token:
            (own / TOKEN_FILE).write_text(token)
        practice = Practice(Progress(own / "progress.jsonl"))
        return practice._variant("drawn.bits", [])

    assert first("") == "drawn.bits"
    put = [first(token) for token in CLASS.values()]
    assert len(set(put)) == len(CLASS) and all(id.startswith("drawn.bits#") for id in put)
    assert len({find(id).prompt for id in put}) > 5


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


def exam_of(*, copies: str = ""):
    """An assignment of two exercises with numbers of one's own, and what s001 hands in."""
    cells = []
    for name, value in (("x", "own.accuracy"), ("y", "own.accuracy * 2")):
        answer = f'own = sl.variant("00/13d")\n{name} = {value}'
        test = (
            "from scalinglaws.grading import check_variant\n"
            f'check_variant("{name}", {name}, "00/13d", lambda own: {value}, rtol=1e-6)'
        )
        cells += [
            new_code_cell(answer, metadata=classroom.meta(name, solution=True)),
            new_code_cell(test, metadata=classroom.meta(f"{name}_test", grade=True, points=1)),
        ]
    notebook = new_notebook(cells=[new_code_cell("import scalinglaws as sl"), *cells])
    handed_in = copy.deepcopy(notebook)
    if copies:
        accuracy = drawn("00/13d", CLASS[copies]).accuracy
        for cell, name, value in zip(cells[::2], "xy", (accuracy, 2 * accuracy), strict=True):
            at = cells.index(cell) + 1
            # A learner's code may write the other's token as well: it counts for nothing.
            handed_in.cells[
                at
            ].source = f"{name} = {value!r}\nopen('{TOKEN_FILE}', 'w').write('{CLASS[copies]}')"
    return notebook, {f"{classroom.NAME}.ipynb": nbformat.writes(handed_in).encode()}


@classroom.isolated
def test_the_grader_gives_full_marks_for_own_numbers_and_names_a_copy(tmp_path):
    for copies, points in (("", 2), ("s042", 0)):
        notebook, files = exam_of(copies=copies)
        made = classroom.assignment(tmp_path, source=notebook)
        outcome = grade_submission(replace(made, variants=ClassTokens(CLASS)), "s001", files)
        assert sum(test.points for test in outcome.tests.values()) == points
        named = [str(remark) for remark in outcome.remarks if "s042" in str(remark)]
        assert bool(named) == bool(copies), outcome.remarks


def test_a_hand_out_asks_for_a_token_and_holds_no_key(tmp_path, monkeypatch):
    monkeypatch.setattr(handout, "TREES", ())
    monkeypatch.setattr(handout, "assignments", lambda course: [])
    monkeypatch.setattr(handout, "fresh_files", lambda course, only: {})
    for name in handout.PLAIN:
        (tmp_path / name).write_text("")
    assert MARK_FILE not in dict(handout.handout_files(tmp_path))
    key = variants.start(tmp_path)
    files = dict(handout.handout_files(tmp_path))
    assert MARK_FILE in files
    assert not any(key.name in name or key.read_bytes().strip() in files[name] for name in files)
