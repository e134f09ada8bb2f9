"""Mistakes that people make in every subject are told without being listed, and nothing is told that does not hold."""

import numpy as np
import pytest

from scalinglaws.grading import CheckFailed, check_array, check_function, check_number


def _reply(check, *args, **options) -> str:
    with pytest.raises(CheckFailed) as caught:
        check(*args, **options)
    return str(caught.value)


@pytest.mark.parametrize(
    ("got", "want", "part"),
    [
        (0.347, 34.7, "Per cent"),
        (34.7, 0.347, "Per cent"),
        (1 / 0.347, 0.347, "changed places"),
        (1 - 0.347, 0.347, "you have the complement"),
        (3.47 * np.log(10), 3.47, "decimal logarithms"),
        (3.47 / np.log(2), 3.47, "nats and bits"),
        (3.47 * np.log10(2), 3.47, "base 2 and to base 10"),
        (6.94, 3.47, "factor of 2"),
        (3.47e12 / 6, 3.47e12, "6ND"),
        (3.47e9, 3.47, "power of ten"),
        (3.47**2, 3.47, "square of"),
        (np.log(347.0), 347.0, "undo it with exp"),
        (np.exp(3.47), 3.47, "the logarithm was asked for"),
        (348, 347, "one too high"),
        (24.7, 1.247, "change in per cent"),
    ],
)
def test_one_number(got, want, part):
    reply = _reply(check_number, "x", got, want)
    assert part in reply and " Or: " not in reply


@pytest.mark.parametrize("got", [2.9, 5.123, 41.0, 0.0123, 4.4755])
def test_a_number_that_is_nothing_of_the_right_one_gets_a_plain_reply(got):
    assert _reply(check_number, "x", got, 3.47) == f"x is {got:g}, expected 3.47."


def test_a_slip_of_the_exercise_comes_first():
    reply = _reply(check_number, "x", 0.347, 34.7, slips={0.347: "A sentence of its own."})
    assert reply.endswith("A sentence of its own.")


@pytest.mark.parametrize(
    ("got", "part"),
    [
        ([7.1, 4.2, 2.3, 1.6], "reverse order"),
        ([2.3, 1.6, 7.1, 4.2], "another order"),
        ([1.6, 3.9, 8.1, 15.2], "running sums"),
        ([1.6 * 3, 2.3 * 3, 4.2 * 3, 7.1 * 3], "3 times the right one"),
        ([2.6 + 1.7, 3.3 + 1.7, 5.2 + 1.7, 8.1 + 1.7], "plus 2.7"),
        ([1.6, 2.3, 4.4, 7.1], "Value 3 of 4 differs"),
        (3.8, "the mean of the right values"),
        (15.2, "the sum of the right values"),
    ],
)
def test_several_numbers(got, part):
    assert part in _reply(check_array, "x", got, [1.6, 2.3, 4.2, 7.1])


def test_a_table_on_its_side():
    table = np.arange(6.0).reshape(2, 3)
    assert "Rows and columns" in _reply(check_array, "x", table.T, table)


def flops(N, D, overhead):
    return 6 * N * D + overhead


_CASES = [((N, D, e), flops(N, D, e)) for N, D, e in ((2.0, 5.0, 1.0), (3.0, 7.0, 20.0))]


def _power(a, b):
    return a / b**2


@pytest.mark.parametrize(
    ("wrong", "part"),
    [
        (lambda N, D, overhead: flops(N, 5.0, overhead), "whatever D is"),
        (lambda N, D, overhead: 6 * N * D, "whatever overhead is"),
        (lambda N, D, overhead: flops(N, D, 0) - overhead, "its sign is wrong"),
        (lambda N, D, overhead: flops(N, D, 2 * overhead), "counted once too often"),
        (lambda N, D, overhead: flops(N, overhead, D), "D and overhead changed places"),
        (lambda N, D, overhead: N * flops(N, D, overhead), "multiplies once too often"),
        (lambda N, D, overhead: 2 * flops(N, D, overhead), "factor of 2"),
        (lambda N, D, overhead: flops(N, D, overhead) / 6.5, "0.1538 times the right one"),
    ],
)
def test_what_a_function_does_with_its_arguments(wrong, part):
    assert part in _reply(check_function, wrong, _CASES)


def test_a_function_that_is_wrong_in_another_way_is_not_accused():
    reply = _reply(check_function, lambda N, D, overhead: N + D + overhead, _CASES)
    assert reply.endswith("expected 61.")


def test_a_function_that_fails_on_other_cases_or_takes_texts_is_no_trouble():
    def words(text, n):
        if n > 2:
            raise ValueError
        return n + 40.0

    reply = _reply(check_function, words, [(("ab", 1), 7.0), (("c", 3), 9.0)])
    assert "expected 7." in reply


def test_small_round_numbers_that_agree_with_much_are_told_nothing():
    assert _reply(check_number, "x", 4, 2).count("right value") <= 2


def test_an_argument_that_makes_no_difference_to_the_right_result_either_is_not_called_ignored():
    def share(p, k):  # of p = [1, 0] a half, whatever k is
        return float(np.mean(1 - (1 - np.asarray(p)) ** k))

    given = [(np.array([1.0, 0.0]), 5), (np.array([0.5, 0.25]), 2)]
    cases = [(args, share(*args)) for args in given]
    assert "Per cent" in _reply(check_function, lambda p, k: 100 * share(p, k), cases)
    assert "whatever k is" in _reply(check_function, lambda p, k: share(p, 5) / 3, cases)


@pytest.mark.parametrize("n", [10.0, 0.5, 8])
def test_one_result_that_differs_by_a_plain_number_says_nothing_of_the_argument_with_that_value(n):
    reply = _reply(check_function, lambda x, n: 7.3 / 10 if n == 10 else 7.3 * n, [((1.3, n), 7.3)])
    assert "Every result" not in reply
    assert "times n" in _reply(check_function, lambda x, n: 7.3 * n, [((1.3, 11.7), 7.3)])


@pytest.mark.parametrize(
    ("got", "want", "part"),
    [
        (0.123, 0.1234567, "3 digits"),
        (0.01, 0.0142857, "2 decimals"),
        ([0.5, 0.2], [0.5, 0.225347], "1 decimal "),
    ],
)
def test_what_is_right_to_few_digits_only(got, want, part):
    assert f"rounded to {part.strip()}" in _reply(check_array, "x", got, want)


def test_one_number_that_is_written_with_all_its_digits_must_meet_a_relation_to_four():
    assert "nats and bits" in _reply(check_number, "x", 7.4537, 7.4537 / np.log(2), rtol=0.002)
    off = 1.001 * 10.75342 * np.log(2)
    assert _reply(check_number, "x", off, 10.75342, rtol=0.002).endswith("expected 10.7534.")
    assert "Per cent" in _reply(check_number, "x", 34.7, 0.34735, rtol=0.002)


def test_a_function_that_knows_one_example_only_is_told():
    cases = [((np.array([1.0, 2.0]),), 1.5), ((np.array([3.0, 4.0]),), 3.5)]
    reply = _reply(check_function, lambda x: 1.5, cases, name="f")
    assert "the same for every input" in reply
    assert "the same for every input" not in _reply(check_function, lambda x: x[0], cases, name="f")
