"""Mistakes that are common in every subject, recognised from the wrong result alone.

An exercise lists the slips of its own subject. The common ones are here: a share in per cent, the
wrong logarithm, numerator and denominator exchanged, the wrong unit, an off-by-one error, arguments
exchanged or never used. Each sentence first states a fact about the result ("100 times the right
value"), and then what probably happened.
"""

import copy
import itertools
import math
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

Array = np.ndarray
Pair = tuple[Array, Array]  # the result, and the right one
Case = tuple[tuple[Any, ...], Any]  # the arguments of a function, and the right result

# One number may satisfy a relation by chance, so its tolerance is narrow: four digits, or three if
# it is written with three.
_NARROW, _WIDE, _WIDE_OF_SEVERAL = 5e-4, 2e-3, 0.02
_SLOW = 0.5  # seconds: a function that takes longer is not called again

_TIMES: list[tuple[float, str]] = [
    (100, "Per cent and shares are mixed up."),
    (math.log(10), "Natural and decimal logarithms are mixed up."),
    (math.log(2), "Natural logarithms and those to base 2 (nats and bits) are mixed up."),
    (math.log2(10), "Logarithms to base 2 and to base 10 are mixed up."),
    (2, "Look for a factor of 2."),
    (6, "Look for a factor of 6, as in C = 6ND."),
]
_OF: list[tuple[Callable[[Array], Array], str]] = [
    (lambda w: 1 / w, "1 divided by the right value: numerator and denominator changed places."),
    (lambda w: 1 - w, "1 minus the right value: you have the complement."),
    (lambda w: 100 - w, "100 minus the right value: you have the complement."),
    (lambda w: 100 * (1 - w), "the rest to 1, in per cent."),
    (lambda w: 100 * (w - 1), "the change in per cent, but the question asks for the factor."),
    (lambda w: 1 + w / 100, "the factor, but the question asks for the change in per cent."),
    (lambda w: w**2, "the square of the right value."),
    (np.sqrt, "the square root of the right value."),
    (np.log, "the natural logarithm of the right value: undo it with exp."),
    (np.log10, "the decimal logarithm of the right value: undo it with 10**."),
    (np.log2, "the logarithm to base 2 of the right value: undo it with 2**."),
    (np.exp, "exp of the right value: the logarithm was asked for."),
    (lambda w: 10.0**w, "10 to the power of the right value: the logarithm was asked for."),
    (lambda w: 2.0**w, "2 to the power of the right value: the logarithm was asked for."),
]
_ONE_APART = [
    (-1.0, "the right value minus 1: it is one too low, or it is a change instead of a factor."),
    (1.0, "the right value plus 1: it is one too high, or it is a factor instead of a change."),
]


def of_values(pairs: Sequence[Pair], rtol: float, *, shown: bool = True) -> str:
    """How `got` is related to `want` in every pair, in a sentence; "" if no relation is known.

    rtol: the answer's relative tolerance. shown: whether a sentence may hold numbers computed from the values.
    """
    if any(got.shape != want.shape for got, want in pairs):
        rtol = max(_NARROW, min(rtol, _WIDE_OF_SEVERAL))
        return _of_shapes(pairs, rtol) if len(pairs) == 1 else ""
    got = np.concatenate([np.ravel(g) for g, _ in pairs])
    want = np.concatenate([np.ravel(w) for _, w in pairs])
    if digits := _rounded(got, want):
        return f"It is right, but rounded to {digits}: keep more digits, or search more finely."
    rtol = max(_NARROW, min(rtol, _precision(got) if got.size == 1 else _WIDE_OF_SEVERAL))
    found = list(itertools.islice(_relations(got, want, rtol), 3))
    if 0 < len(found) < 3:  # if three relations hold, it is a coincidence
        return " Or: ".join(found)
    return "" if found else _of_several(pairs, rtol, shown)


def _rounded(got: Array, want: Array) -> str:
    """To how many digits or decimals `got` is `want` rounded, in words; "" if it is not."""
    if not np.all(np.isfinite(want)):
        return ""
    for digits in range(2, 7):
        if np.array_equal(got, [float(f"{w:.{digits}g}") for w in want]):
            return f"{digits} digits"
    for places in range(1 if got.size > 1 else 2, 7):
        if np.array_equal(got, np.round(want, places)) and np.any(got):
            return f"{places} decimal{'s' if places > 1 else ''}"
    return ""


def _precision(got: Array) -> float:
    """The tolerance of a relation for one number, from the digits that it is written with."""
    value = float(got[0])
    return _WIDE if value == float(f"{value:.3g}") else _NARROW


def _relations(got: Array, want: Array, rtol: float) -> Iterator[str]:
    """The relations that hold for all values, and do not hold for the right ones."""

    def holds(value: Array, apart: float = rtol) -> bool:
        return _alike(got, value, rtol) and not _alike(value, want, apart)

    with np.errstate(all="ignore"):
        for factor, hint in _TIMES:
            if factor == 6 and np.max(np.abs([got, want])) < 1e6:
                continue  # not a number of FLOPs
            if holds(want * factor):
                yield f"It is {factor:.4g} times the right value. {hint}"
            if holds(want / factor):
                yield f"It is the right value divided by {factor:.4g}. {hint}"
        for change, sentence in _OF:
            # Near 1 all powers are close to each other, so none can be identified.
            if holds(change(want), 0.1 if np.all(abs(np.log(np.abs(want))) < 0.1) else rtol):
                yield f"It is {sentence}"
        for one, sentence in _ONE_APART:
            # For large numbers, 1 is within any relative tolerance.
            if holds(want + one) and np.all(np.abs(got - want - one) <= 2e-3):
                yield f"It is {sentence}"
        exponent = np.round(np.log10(np.median(got / want))) if np.all(got / want > 0) else 0.0
        if abs(exponent) not in (0, 2) and holds(want * 10.0**exponent):
            yield f"The digits are right, the power of ten is not (1e{exponent:.0f} times): look at the units."


def _of_several(pairs: Sequence[Pair], rtol: float, shown: bool) -> str:
    """What several wrong values have in common: their order, one factor, one difference."""
    got, want = pairs[0]
    if len(pairs) == 1:
        if want.ndim == 1 and _alike(got, want[::-1], rtol):
            return "Those are the right values in the reverse order."
        if want.ndim == 1 and _alike(np.sort(got), np.sort(want), rtol):
            return "Those are the right values in another order."
        if want.ndim == 1 and _alike(got, np.cumsum(want), rtol):
            return "Those are running sums of the right values."
        if want.ndim == 2 and _alike(got, want.T, rtol):
            return "Rows and columns changed places."
    got = np.concatenate([np.ravel(g) for g, _ in pairs])
    want = np.concatenate([np.ravel(w) for _, w in pairs])
    if (
        got.size < 2
        or not np.all(np.isfinite(got))
        or _alike(want, np.full_like(want, want[0]), 0.01)
    ):
        return ""
    with np.errstate(all="ignore"):
        factor = np.median(got / want)
        if factor != 0 and abs(factor - 1) > 0.02 and _alike(got, want * factor, rtol):
            if factor > 10 and _are_whole(got) and not _are_whole(want):
                return "Those are whole numbers: is it a position in an array? Return the value at that place."
            times = f"{factor:.4g} times the right one" if shown else "the right one times the same"
            return f"Every value is {times}: look for a constant factor."
        shift = np.median(got - want)
        if shift != 0 and np.ptp(got - want) <= 1e-3 * min(abs(shift), np.ptp(want)):
            sign = "plus" if shift > 0 else "minus"
            apart = f"{sign} {abs(shift):.4g}" if shown else f"{sign} the same"
            return f"Every value is the right one {apart}: look for a missing or extra term."
    right = np.isclose(got, want, rtol=rtol, atol=0)
    if len(pairs) == 1 and 2 < right.size <= 20 and 2 * right.sum() >= right.size:
        wrong = ", ".join(str(i + 1) for i in np.flatnonzero(~right))
        plural = "Values" if (~right).sum() > 1 else "Value"
        return f"{plural} {wrong} of {right.size} differ{'' if plural == 'Values' else 's'}; the others are right."
    return ""


def _of_shapes(pairs: Sequence[Pair], rtol: float) -> str:
    got, want = pairs[0]
    if got.size == 1 and want.size > 1:
        for what, value in (("mean", np.mean(want)), ("sum", np.sum(want))):
            if _alike(got.reshape(()), np.asarray(value), rtol):
                return f"That is the {what} of the right values: keep one for each input."
    if want.ndim == 2 and got.shape == want.T.shape and _alike(got, want.T, rtol):
        return "Rows and columns changed places."
    return ""


def of_function(
    function: Callable[..., Any],
    cases: Sequence[Case],
    failed: int,
    rtol: float,
    parameter: Callable[[int], str],
    *,
    shown: bool = True,
) -> str:
    """What a wrong function does with its arguments, in a sentence; "" if nothing is known.

    function: takes the arguments and returns an array; it may raise. failed: the case that went wrong.
    parameter: gives the function's name for the argument at a position.
    shown: whether a sentence may hold numbers computed from the values.
    """
    args, want = cases[failed]
    want = np.asarray(want, dtype=float)
    start = time.perf_counter()
    asked = _Asked(function, rtol)
    got = asked(args)
    if got is None or time.perf_counter() - start > _SLOW:
        return ""
    return (
        _exchanged(asked, cases, failed, parameter)
        or _ignored(asked, cases, failed, parameter)
        or _constant(asked, cases)
        or _with_argument(asked, cases, failed, parameter)
        or of_values(
            [(g, w) for given, w in _arrays(cases) if (g := asked(given)) is not None],
            rtol,
            shown=shown,
        )
        or (
            _of_several([(got, want)], max(_NARROW, min(rtol, _WIDE)), shown)
            if got.shape == want.shape and want.ndim
            else ""
        )
    )


class _Asked:
    """A learner's function; if it raises, there is no result."""

    def __init__(self, function: Callable[..., Any], rtol: float) -> None:
        self.function, self.rtol = function, max(rtol, 1e-6)

    def __call__(self, args: tuple[Any, ...]) -> Array | None:
        try:
            return np.asarray(self.function(*copy.deepcopy(args)), dtype=float)
        except Exception:
            return None

    def gives(self, args: tuple[Any, ...], want: Any) -> bool:
        got = self(args)
        return got is not None and _alike(got, np.asarray(want, dtype=float), self.rtol)


def _arrays(cases: Sequence[Case]) -> list[tuple[tuple[Any, ...], Array]]:
    return [(args, np.asarray(want, dtype=float)) for args, want in cases]


def _exchanged(
    asked: _Asked, cases: Sequence[Case], failed: int, parameter: Callable[[int], str]
) -> str:
    args = cases[failed][0]

    def swapped(given: tuple[Any, ...], i: int, j: int) -> tuple[Any, ...]:
        order = list(given)
        order[i], order[j] = order[j], order[i]
        return tuple(order)

    for i, j in itertools.combinations(range(len(args)), 2):
        if _kind(args[i]) != _kind(args[j]) or _same(args[i], args[j]):
            continue
        if asked.gives(swapped(args, i, j), cases[failed][1]) and all(
            asked.gives(swapped(given, i, j), want) for given, want in cases if len(given) > j
        ):
            return f"{parameter(i)} and {parameter(j)} changed places: with the two exchanged it is right."
    return ""


def _ignored(
    asked: _Asked, cases: Sequence[Case], failed: int, parameter: Callable[[int], str]
) -> str:
    for i, value in enumerate(cases[failed][0]):
        if _kind(value) != "number":
            continue
        numbers = [given for given, _ in cases if len(given) > i and _kind(given[i]) == "number"]
        others = {given[i] for given in numbers if given[i] != value}
        # Check every case: for some arguments the right result may not depend on one of them.
        if others and all(
            _same_whatever(asked, given, i, others | {value}) for given in numbers[:3]
        ):
            return f"The result is the same whatever {parameter(i)} is: use the argument."
    return ""


def _same_whatever(asked: _Asked, given: tuple[Any, ...], i: int, values: set[Any]) -> bool:
    """Whether the result stays the same if argument `i` takes each of the values."""
    results = [asked((*given[:i], value, *given[i + 1 :])) for value in sorted(values)[:4]]
    first = results[0]
    return first is not None and all(r is not None and _same(r, first) for r in results)


def _constant(asked: _Asked, cases: Sequence[Case]) -> str:
    """Whether inputs with different results all get the same one."""
    wanted = [want for _, want in _arrays(cases)]
    if len(cases) < 2 or all(_same(want, wanted[0]) for want in wanted):
        return ""
    results = [asked(args) for args, _ in cases]
    if all(r is not None and _same(r, results[0]) for r in results):
        return (
            "The result is the same for every input: it comes from names outside the function,"
            " or one example is typed in. Use the arguments."
        )
    return ""


def _with_argument(
    asked: _Asked, cases: Sequence[Case], failed: int, parameter: Callable[[int], str]
) -> str:
    """Whether every result is the right one plus, minus, times or divided by one argument."""
    known = [
        (args, got, want)
        for args, want in _arrays(cases)
        if (got := asked(args)) is not None and got.shape == want.shape
    ]
    if len(known) != len(cases):
        return ""
    ways: list[tuple[Callable[[Array, Any], Array], str]] = [
        (lambda w, a: w - a, "the right one minus {}: it is missing"),
        (lambda w, a: w + a, "the right one plus {}: it is counted once too often"),
        (lambda w, a: w - 2 * a, "the right one minus twice {}: its sign is wrong"),
        (lambda w, a: w * a, "the right one times {}: it multiplies once too often"),
        (lambda w, a: w / a, "the right one divided by {}: it should multiply once more"),
        (lambda w, a: w * a**2, "the right one times {} squared: divide by it, do not multiply"),
        (
            lambda w, a: w / a**2,
            "the right one divided by {} squared: multiply by it, do not divide",
        ),
    ]
    for i, value in enumerate(cases[failed][0]):
        if _kind(value) != "number" or not all(
            len(args) > i and _kind(args[i]) == "number" for args, _, _ in known
        ):
            continue
        if sum(want.size for _, _, want in known) == 1 and _is_plain(value):
            continue
        for way, sentence in ways:
            with np.errstate(all="ignore"):
                wrong = [(got, want, way(want, args[i])) for args, got, want in known]
            if all(_alike(got, value, asked.rtol) for got, _, value in wrong) and not all(
                _alike(value, want, asked.rtol) for _, want, value in wrong
            ):
                return f"Every result is {sentence.format(parameter(i))}."
    return ""


def _are_whole(values: Array) -> bool:
    return bool(np.all(values == np.round(values)))


def _is_plain(value: Any) -> bool:
    """Whether a number is a power of 2 or 10: a single result with such a factor does not point to
    an argument.
    """
    size = abs(float(value))
    return size == 0 or any(
        math.isclose(log, round(log), abs_tol=1e-9) for log in (math.log2(size), math.log10(size))
    )


def _kind(value: Any) -> str:
    """The kind of an argument; only those of the same kind can be exchanged: numbers, or arrays of
    one shape.
    """
    if isinstance(value, bool | str):
        return type(value).__name__
    if isinstance(value, int | float | np.number):
        return "number"
    if isinstance(value, np.ndarray | list | tuple):
        return f"array {np.shape(value)}" if not _ragged(value) else "list"
    return type(value).__name__


def _ragged(value: Any) -> bool:
    try:
        np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        return True
    return False


def _same(a: Any, b: Any) -> bool:
    try:
        a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    except (TypeError, ValueError):
        return bool(a is b)
    return a.shape == b.shape and bool(np.array_equal(a, b))


def _alike(got: Array, value: Array, rtol: float) -> bool:
    return (
        got.shape == value.shape
        and bool(np.all(np.isfinite(value)))
        and bool(np.allclose(got, value, rtol=rtol, atol=0))
    )
