"""The checks' own behaviour: each rung of the ladder, and what must never cost or earn a point."""

import copy
import linecache
import sys
import warnings

import numpy as np
import pandas as pd
import pytest

from scalinglaws.course.grading import (
    CheckFailed,
    NotStarted,
    call,
    check_array,
    check_between,
    check_function,
    check_number,
    check_sealed,
    number,
    numbers,
    require,
)
from scalinglaws.course.questions.seal import seal_number
from scalinglaws.errors import CourseError


class Liar:
    """Claims to equal everything, and to be whatever number is asked for."""

    def __eq__(self, other):
        return True

    __hash__ = None

    def __float__(self):
        return 7.0


def reply(check, *args, **options) -> str:
    with pytest.raises(CheckFailed) as error:
        check(*args, **options)
    return str(error.value)


@pytest.mark.parametrize(
    "value", [2, 2.0, np.float32(2), np.array(2), np.array([2.0]), [2], pd.Series([2])]
)
def test_every_spelling_of_a_number_is_accepted(value):
    assert check_number("x", value, 2.0) is None


@pytest.mark.parametrize("blank", [None, ..., "", "  "])
def test_blank_is_not_started(blank):
    with pytest.raises(NotStarted):
        number("x", blank)
    with pytest.raises(NotStarted):
        check_array("x", blank, [1.0])


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (True, "truth value"),
        ("2", "quotation marks"),
        ([1, 2], "one number"),
        (np.sqrt, "forget to call"),
        (1j, "complex"),
        ({"x": 2}, "type dict"),
        (object(), "type object"),
    ],
)
def test_wrong_kinds_are_named(value, words):
    assert words in reply(check_number, "x", value, 2.0)


def test_ladder_from_slip_to_nearly():
    options = {"rtol": 0.01, "why": "1 %: seeds differ", "slips": {0.5: "Half was forgotten."}}
    assert "Half was forgotten" in reply(check_number, "x", 0.5, 2.0, **options)
    assert "Nearly" in reply(check_number, "x", 2.07, 2.0, **options)
    assert "seeds differ" in reply(check_number, "x", 2.07, 2.0, **options)
    assert "sign" in reply(check_number, "x", -2.0, 2.0, **options)
    assert "not finite" in reply(check_number, "x", np.nan, 2.0, **options)
    assert reply(check_number, "x", 9.0, 2.0, **options) == "x is 9, expected 2."
    assert (
        reply(check_number, "x", 9.0, 2.0, expected="half of four")
        == "x is 9, expected half of four."
    )


def test_slip_that_is_also_right_costs_nothing():
    check_number("x", 2.0, 2.0, slips={2.0: "never said"})


def test_between_refuses_nan_and_names_the_span():
    check_between("x", 1, 0, 1)
    assert "from 0 to 1. Say it so." in reply(check_between, "x", 2, 0, 1, "Say it so.")
    assert "above 3" in reply(check_between, "x", 1, 3, np.inf)
    assert reply(check_between, "x", np.nan, 0, 1)


@pytest.mark.parametrize(
    ("want", "tolerance"),
    [
        (22.48e9, {"rtol": 0.02}),
        (108, {"atol": 0.01}),
        (-0.3, {"rtol": 0.003}),
        (2, {"rtol": 1e-6}),
    ],
)
def test_a_seal_tells_right_from_wrong_as_the_hidden_test_does(want, tolerance, capsys):
    seal = seal_number("x", want, **tolerance)
    half = tolerance.get("atol", 0) or tolerance["rtol"] * abs(want)
    for steps in (0, 0.7, -0.7):
        check_number("x", want + steps * half, want, **{"rtol": 0, **tolerance})
        check_sealed("x", want + steps * half, seal)
        assert capsys.readouterr().out == "x is right.\n"
    for steps in (1.3, -1.3, 3, 1000):
        wrong = want + steps * half
        assert reply(check_number, "x", wrong, want, **{"rtol": 0, **tolerance})
        assert "not right yet" in reply(check_sealed, "x", wrong, seal)
    for wrong in (-want, 0, np.nan, np.inf):
        assert "not right yet" in reply(check_sealed, "x", wrong, seal)
    for close in (0.9999, 1.0001):  # at the very edge it does not claim to know
        check_sealed("x", want + close * half, seal)
        assert "the full check decides" in capsys.readouterr().out


def test_a_seal_below_a_hidden_test_that_found_the_number_right_costs_no_hash(monkeypatch, capsys):
    seal = seal_number("x", 108, rtol=0.01)
    monkeypatch.setattr("scalinglaws.course.questions.seal._hash", None)
    check_number("x", 108.5, 108, rtol=0.01)
    check_sealed("x", 108.5, seal)
    assert capsys.readouterr().out == "x is right.\n"
    with pytest.raises(TypeError):  # a seal in a later test is looked at
        check_sealed("x", 108.5, seal)
    for name, sealed, rtol in (("y", 108.5, 0.01), ("x", 109.9, 0.01), ("x", 108.5, 0.1)):
        check_number(name, 108.5, 108, rtol=rtol)
        with pytest.raises(TypeError):
            check_sealed("x", sealed, seal)


def test_a_seal_holds_no_value_and_refuses_what_a_few_guesses_find():
    seals = {seal_number(name, 0.512, rtol=0.01).split(" ")[1] for name in ("a", "b")}
    assert len(seals) == 2 and not any("512" in seal for seal in seals)
    for tolerance in ({"rtol": 0.15}, {"atol": 0.3}):
        with pytest.raises(CourseError, match="guesses would find it"):
            seal_number("gap", 3.3, **tolerance)


def test_object_that_equals_everything_earns_nothing():
    assert "is 7, expected 2" in reply(check_number, "x", Liar(), 2.0)
    assert reply(check_function, lambda x: Liar(), [((1.0,), 2.0)])
    assert reply(check_array, "x", [Liar(), Liar()], [2.0, 2.0])


def test_arrays_lists_and_series_are_alike():
    for value in ([1, 2], (1.0, 2.0), np.array([1, 2]), pd.Series([1.0, 2.0])):
        check_array("x", value, [1.0, 2.0])
    assert "holds 3 values (shape (3,)), expected 2" in reply(
        check_array, "x", [1, 2, 3], [1.0, 2.0]
    )


def test_function_may_warn_and_print(capsys):
    def noisy(x):
        print("working")
        print("careful", file=sys.stderr)
        warnings.warn("careful", stacklevel=1)
        np.log(np.array([0.0]))
        return x + 0

    given = np.array([1.0, 2.0])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_function(noisy, [((given,), [1.0, 2.0])])
    assert capsys.readouterr() == ("", "")
    assert given.tolist() == [1.0, 2.0]


@pytest.mark.parametrize(
    ("given", "spoil"),
    [
        (np.array([3.0, 1.0]), lambda x: x.sort()),
        (np.array([3.0, 1.0]), lambda x: x.__isub__(1)),
        ([3, 1], lambda x: x.pop()),
        ({"a": [1]}, lambda x: x["a"].append(2)),
        (pd.DataFrame({"a": [1, 2]}), lambda x: x.drop(0, inplace=True)),
        (pd.Series([1.0, np.nan]), lambda x: x.fillna(0, inplace=True)),
        ({1, 2}, lambda x: x.clear()),
    ],
)
def test_a_function_that_changes_its_input_is_refused(given, spoil):
    def f(first, table):
        spoil(table)
        return 1.0

    said = reply(check_function, f, [((0, given), 1.0)])
    assert "f changed its input" in said and "table was modified" in said
    assert "changed its input" in reply(call, f, 0, given)

    def careful(first, table):
        spoil(copy.deepcopy(table))
        return 1.0

    assert check_function(careful, [((0, given), 1.0)]) is None


def test_a_wrong_value_is_said_before_a_changed_input():
    def f(x):
        x.clear()
        return 2.0

    said = reply(check_function, f, [(([1],), 1.0)])
    assert said.startswith("f([1]) is 2, expected 1. f changed its input")


def test_a_slip_has_a_tolerance_of_its_own():
    options = {"rtol": 0.1, "slips": [(2.0, "Doubled."), (2.3, "Read off.", 0.05)]}
    assert "Doubled." in reply(check_number, "x", 2.003, 1.0, **options)
    assert reply(check_number, "x", 2.1, 1.0, **options) == "x is 2.1, expected 1."
    assert "Read off." in reply(check_number, "x", 2.38, 1.0, **options)


def test_the_nearest_slip_is_named_and_two_for_the_same_value():
    slips = [(2.0, "Doubled."), (2.003, "Another."), (3.0, "Tripled."), (3.0, "Added two.")]
    assert "Doubled" not in reply(check_number, "x", 2.0029, 1.0, slips=slips)
    assert "Another." in reply(check_number, "x", 2.0029, 1.0, slips=slips)
    assert "Tripled. Or: Added two." in reply(check_number, "x", 3.0, 1.0, slips=slips)


def test_a_slip_of_a_function_must_agree_on_every_case():
    slips = [(lambda x: 2 * x, "Doubled."), (lambda x: x + 2, "Added two.")]
    cases = [((2.0,), 1.0), ((5.0,), 1.0)]
    assert "Doubled." in reply(check_function, lambda x: x * 2, cases, slips=slips)
    assert "Added two." in reply(check_function, lambda x: x + 2, cases, slips=slips)
    said = reply(check_function, lambda x: 4.0, cases, slips=slips)
    assert "Doubled" not in said and "Added" not in said


def test_a_slip_of_a_function_may_speak_of_one_case_only():
    slips = [(lambda x: 7.0 if x == 2 else np.nan, "Only here.")]
    cases = [((1.0,), 1.0), ((2.0,), 2.0)]
    assert "Only here." in reply(
        check_function, lambda x: 7.0 if x == 2 else 1.0, cases, slips=slips
    )


def test_a_slip_of_zero_or_of_infinity_is_met():
    assert "Zero." in reply(check_number, "x", 1e-20, 2.0, slips=[(0.0, "Zero.")])
    assert "Zero." not in reply(check_number, "x", 0.1, 2.0, slips=[(0.0, "Zero.")])
    assert "Overflow." in reply(check_number, "x", np.inf, 2.0, slips=[(np.inf, "Overflow.")])


def test_right_but_rounded_too_early():
    assert "rounded to 3 digits" in reply(check_number, "x", 0.123, 0.1234567)
    assert "rounded" not in reply(check_number, "x", 0.124, 0.1234567)


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("You gave np.float64(0.79812345).", "You gave 0.798123."),
        ("It is [np.int64(3), np.float64(1e-07)].", "It is [3, 1e-7]."),
        ("   a  b\n0  1  2\n", "a  b 0  1  2"),
        ("It stopped with ValueError: bad value..", "It stopped with ValueError: bad value."),
        ("One, two, ...", "One, two, ..."),
    ],
)
def test_messages_are_written_as_a_person_writes(message, said):
    assert reply(require, False, message) == said


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ((np.float64(0.5), 2), "(0.5, 2)"),
        ([np.float64(1e-7)] * 20, "[1e-7, 1e-7, 1e-7, 1e-7, 1e-7, 1e-7, ..., 1e-7]"),
        (np.arange(3.0), "[0, 1, 2]"),
        (pd.Series([1.5, 2.5], index=["a", "b"]), "[1.5, 2.5]"),
        (pd.DataFrame({"N": [1], "loss": [2]}), "a table of 1 rows with the columns N, loss"),
        ({"E": np.float64(1.5)}, "{'E': 1.5}"),
        (2e10, "2e10"),
    ],
)
def test_values_are_shown_on_one_line(value, shown):
    assert (
        reply(check_function, lambda x: 1.0, [((value,), 2.0)])
        == f"<lambda>({shown}) is 1, expected 2."
    )


@pytest.mark.parametrize("form", [tuple, list, np.array, lambda v: pd.Series(v, index=[7, 8, 9])])
def test_several_numbers_in_any_form(form):
    assert numbers("f(x)", form([1.0, 2.0, 3.0]), "E, a, alpha") == (1.0, 2.0, 3.0)
    assert "three numbers were expected, (E, a, alpha)" in reply(
        numbers, "f(x)", form([1.0, 2.0, 3.0])[:2], "E, a, alpha"
    )


def test_a_whole_fit_is_no_number():
    class Fit:
        E = 1.5

    for said in (
        reply(check_number, "E", Fit(), 1.5),
        reply(check_array, "E", Fit(), [1.5]),
        reply(numbers, "E", Fit(), "E, a"),
    ):
        assert "of type Fit" in said and "such as `fit.E`" in said


def test_errors_of_a_function_are_told_not_thrown():
    def broken(x):
        return x / 0

    assert "broken(1) stopped with ZeroDivisionError" in reply(
        check_function, broken, [((1,), 1.0)]
    )
    assert "SystemExit" in reply(check_function, lambda x: sys.exit(), [((1,), 1.0)])
    with pytest.raises(NotStarted, match="returned None"):
        check_function(lambda x: None, [((1,), 1.0)])
    with pytest.raises(NotStarted):
        check_function(None, [((1,), 1.0)], name="f")
    assert "function was expected" in reply(call, 3.0, 1)


def test_table_of_slips():
    table = """
        4.0       | Squared once too often.
        1, -2     | The sign of the second.
    """
    assert "once too often" in reply(check_function, lambda x: 4.0, [((1,), 2.0)], slips=table)
    assert "second" in reply(check_function, lambda x: (1, -2), [((1,), (1.0, 2.0))], slips=table)


def test_slip_given_as_a_wrong_implementation():
    slips = [(lambda x: x**2, "Squared."), (lambda x: 1 / 0, "Never reached.")]
    assert "Squared." in reply(check_function, lambda x: x * x, [((3.0,), 6.0)], slips=slips)


def test_a_failed_check_shows_one_line_and_no_source():
    assert CheckFailed("Say this.")._render_traceback_() == ["CheckFailed: Say this."]


# --- what a hidden test keeps to itself ---

# (a line of a hidden test, with 31337 as what nobody may learn; a part of the reply)
HIDDEN = {
    "a wrong value": ("check_function(f, [((31337,), 2.0)])", "f is not right for an input that is not shown. Try inputs of your own."),
    "a slip": ("check_function(f, [((31337,), 62674.0)], slips=[(lambda x: x, 'Double it.')])", "f is not right for an input that is not shown. Double it."),
    "a slip of a table": ("check_function(f, [((31337,), 62674.0)], slips='31337 | Double it.')", "Double it."),
    "a sign": ("check_function(f, [((31337,), -31337.0)])", "the sign is not"),
    "rounded": ("check_function(f, [((31337,), 31337.4)])", "rounded to 5 digits"),
    "nearly": ("check_function(f, [((31337,), 31900)], rtol=0.01, why='1 %: noise')", "Nearly, but outside the tolerance: 1 %: noise."),
    "an array": ("check_function(lambda x: [x, x], [((31337,), [1, 2])], name='f')", "f is not right"),
    "a length": ("check_function(np.zeros, [((31337,), [1, 2])], name='f')", "f holds another number of values than expected for an input that is not shown"),
    "many for one": ("check_function(np.zeros, [((31337,), 1)], name='f')", "f holds several values for an input that is not shown: one number"),
    "a truth value": ("check_function(lambda x: x == 31337, [((31337,), 1)], name='f')", "f is True or False for an input"),
    "a text": ("check_function(str, [((31337,), 1)], name='f')", "f is a text for an input that is not shown: write the number"),
    "a kind": ("check_function(lambda x: type(f'K{x}', (), {})(), [((31337,), 1)], name='f')", "f is of another type for an input that is not shown"),
    "nothing": ("check_function(lambda x: None, [((31337,), 1)], name='f')", "f returned None for an input that is not shown"),
    "not written": ("check_function(later, [((31337,), 1)])", "later is not written yet"),
    "an error": ("check_function(bad, [((31337,), 1)])", "bad stopped with ZeroDivisionError: division by zero for an input that is not shown."),
    "a changed input": ("check_function(spoil, [(([31337],), 1)])", "spoil changed its input: x was modified"),
    "a call": ("call(bad, 31337)", "bad stopped with ZeroDivisionError"),
    "a call that is named": ("call(bad, 31337, shown='bad(n=31337)')", "bad stopped with ZeroDivisionError"),
    "a call named by names": ("call(bad, 31337, shown='bad(n, m)')", "bad(n, m) stopped with"),
    "a number of a call": ("check_number('f(31337)', f(31337), 2)", "f is not right for an input that is not shown"),
    "a part of a result": ("check_number('E of f(31337, (1, 2))', f(31337), 2)", "E of f is not right for an input that is not shown"),
    "in words": ("check_number('f of a random row', f(31337), 2)", "f of a random row is not right."),
    "with what was expected": ("check_number('f(31337)', f(31337), 2, expected='the best size')", "f is not right for an input that is not shown. Expected: the best size."),
    "an array of a call": ("check_array('f(31337)', [f(31337)], [2])", "f is not right for an input"),
    "several numbers": ("numbers('f(31337)', [f(31337)], 'E, a')", "f is something else for an input that is not shown: two numbers were expected, (E, a)"),
    "a range": ("check_between('f(31337)', f(31337), 31330, 31336, 'Look.')", "f is too small or too large for an input that is not shown. Look."),
    "an object in place of a variable": ("check_number('alpha', Sly(), 2)", "alpha (an object of your own) is not right."),
    "objects in a list": ("check_array('alpha', [1.0, Sly()], [1, 2])", "alpha (an object of your own) is not right."),
    "objects in an array": ("check_array('alpha', np.array([Sly(), 1], dtype=object), [1, 2])", "alpha (an object of your own) is not right."),
    "in a function": ("def judge(x):\n    check_function(f, [((x,), 2.0)])\njudge(31337)", "f is not right for an input that is not shown"),
}  # fmt: skip


class Sly:
    """Turns into what a hidden call told it."""

    def __float__(self):
        return 31337.0


def cell(source: str, name: str = "<ipython-input-1-test>") -> None:
    """Run a cell as IPython does."""

    def f(x):
        return x

    def later(x):
        raise NotImplementedError

    def bad(n):
        return n / 0

    def spoil(x):
        x.clear()
        return 1.0

    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    space = {**globals(), "f": f, "later": later, "bad": bad, "spoil": spoil, "alpha": 0.3}
    exec(compile(source, name, "exec"), space)


@pytest.mark.parametrize(("code", "part"), HIDDEN.values(), ids=HIDDEN)
@pytest.mark.parametrize("name", ["<ipython-input-1-test>", "/tmp/ipykernel_7/1.py"])
def test_a_hidden_test_shows_neither_arguments_nor_values(code, part, name):
    hidden = f"x = 1\n### BEGIN HIDDEN TESTS\n{code}\n### END HIDDEN TESTS"
    said = reply(cell, hidden, name)
    assert part in said and "31337" not in said and "31336" not in said


def test_what_is_no_secret_is_shown():
    visible = "check_function(f, [((31337,), 2.0)])\n### BEGIN HIDDEN TESTS\n### END HIDDEN TESTS"
    assert reply(cell, visible) == "f(31337) is 31337, expected 2."
    for name in ("alpha", "table['alpha']", "fit.alpha", "alpha - 0.2"):
        hidden = f"### BEGIN HIDDEN TESTS\ncheck_number({name!r}, alpha, 0.34)"
        assert reply(cell, hidden) == f"{name} is 0.3, expected 0.34."
