"""The checks' own behaviour: each rung of the ladder, and what must never cost or earn a point."""

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
    number,
)


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


def test_function_may_warn_print_and_change_its_arguments(capsys):
    def noisy(x):
        print("working")
        print("careful", file=sys.stderr)
        warnings.warn("careful", stacklevel=1)
        np.log(np.array([0.0]))
        x += 1
        return x - 1

    given = np.array([1.0, 2.0])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_function(noisy, [((given,), [1.0, 2.0])])
    assert capsys.readouterr() == ("", "")
    assert given.tolist() == [1.0, 2.0]


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
