"""Check the runs that a fit is given: every error lists the rows and says what to do."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..arrays import floats
from ..errors import CourseError


def name_rows(bad: NDArray[np.bool_], show: int = 5) -> str:
    """The rows that a mask selects, in words: "row 3", "rows 3, 7 and 12 more"; counted from 0.

    >>> name_rows(np.array([False, True, True]))
    'rows 1, 2 (counted from 0)'
    """
    rows = np.flatnonzero(bad)
    text = ", ".join(map(str, rows[:show]))
    if len(rows) > show:
        text += f" and {len(rows) - show} more"
    return f"{'row' if len(rows) == 1 else 'rows'} {text} (counted from 0)"


# What the runs of one size, or with one number of tokens, still determine.
_INSTEAD = {
    "N": ", or fit a law of D alone (fit_power_law; --method power --x D)",
    "D": ", or fit a law of N alone (fit_power_law; --method power --x N)",
}


def check_runs(
    parameters: int, distinct: dict[str, int] | None = None, **columns: ArrayLike | None
) -> list[NDArray[np.float64]]:
    """The columns as float arrays of one length: finite, positive, and enough of them.

    parameters: how many the law has; there must be more runs than that. distinct: for a column, how
    many different values the law needs at least. Raises CourseError with one sentence: the column,
    the rows, and what to do.
    """
    arrays = {}
    for name, values in columns.items():
        if values is None:
            raise CourseError(f"The column {name} is missing: give one value for each run.")
        try:
            arrays[name] = floats(values)
        except (TypeError, ValueError):
            raise CourseError(f"The column {name} must hold numbers only.") from None
        if arrays[name].ndim != 1:
            raise CourseError(f"The column {name} must be one-dimensional, one value for each run.")
    lengths = {name: len(values) for name, values in arrays.items()}
    if len(set(lengths.values())) > 1:
        listed = ", ".join(f"{name} {length}" for name, length in lengths.items())
        raise CourseError(f"The columns differ in length ({listed}): give one value for each run.")
    for name, values in arrays.items():
        for bad, what in (
            (np.isnan(values), "missing (NaN)"),
            (np.isinf(values), "infinite"),
            (values <= 0, "zero or negative"),
        ):
            if bad.any():
                raise CourseError(
                    f"{name} is {what} in {name_rows(bad)}: correct or drop "
                    f"{'it' if bad.sum() == 1 else 'them'} before fitting."
                )
    n = next(iter(lengths.values()))
    if n <= parameters:
        raise CourseError(
            f"{n} run{' is' if n == 1 else 's are'} too few for a law with {parameters} parameters: it needs at least {parameters + 1}."
        )
    for name, needed in (distinct or {}).items():
        found = len(np.unique(arrays[name]))
        if name == "loss" and found == 1:
            raise CourseError(
                f"All {n} runs have the same loss, so nothing can be fitted: check which column it is."
            )
        if found < needed:
            have = f"only {found} values" if found > 1 else "only one value"
            raise CourseError(
                f"These {n} runs have {have} of {name}, and this law needs at least {needed}: add runs "
                f"at other values of {name}{_INSTEAD.get(name, '') if found == 1 else ''}."
            )
    return list(arrays.values())


def not_falling(what: str, n: int) -> CourseError:
    """The error for runs whose loss does not fall: what is "as N grows", say."""
    return CourseError(
        f"The loss does not fall {what} over these {n} runs, so the law cannot be fitted: check which "
        "columns these are, that all rows are in one unit, and for runs that went wrong."
    )


def check_columns(n: int, **columns: ArrayLike) -> list[NDArray[np.float64]]:
    """The columns that a law depends on, as float arrays (n,): finite, of any sign.

    Raises CourseError.
    """
    arrays: list[NDArray[np.float64]] = []
    for name, values in columns.items():
        try:
            array = floats(values)
        except (TypeError, ValueError):
            raise CourseError(f"The column {name} must hold numbers only.") from None
        if array.shape != (n,):
            raise CourseError(f"The column {name} must hold one value for each of the {n} runs.")
        bad = ~np.isfinite(array)
        if bad.any():
            raise CourseError(
                f"{name} is missing or infinite in {name_rows(bad)}: fix or drop "
                f"{'it' if bad.sum() == 1 else 'them'} before fitting."
            )
        arrays.append(array)
    return arrays


def check_weights(weights: ArrayLike | None, n: int, parameters: int = 0) -> NDArray[np.float64]:
    """Weights of the runs, 1 unless given. Raises CourseError if they do not fit the runs.

    parameters: how many the law has; more runs than that need a weight above 0.
    """
    if weights is None:
        return np.ones(n)
    weights = np.asarray(weights, dtype=float)
    if weights.shape != (n,) or not np.all(np.isfinite(weights)) or np.any(weights < 0):
        raise CourseError("weights must hold one finite number >= 0 for each run.")
    if not weights.any():
        raise CourseError("weights must not all be zero.")
    counted = int((weights > 0).sum())
    if counted <= parameters:
        raise CourseError(
            f"weights leave {counted} runs with a weight above 0, too few for a law with "
            f"{parameters} parameters."
        )
    return weights


@dataclass(frozen=True)
class Groups:
    """Which runs belong together: a number per run (n,), whether any runs share one, and a note."""

    numbers: NDArray[np.int_]
    grouped: bool
    notes: tuple[str, ...] = ()


def check_groups(groups: ArrayLike | None, *columns: NDArray[np.float64]) -> Groups:
    """Group numbers of the runs; each run is its own group unless given.

    columns: everything that is known of the runs. Copies of a run add no information, so without
    groups, rows that agree in all columns form one.
    """
    n = len(columns[0])
    if groups is None:
        numbers = np.unique(np.stack(columns), axis=1, return_inverse=True)[1].ravel()
        copies = n - int(numbers.max()) - 1
        if not copies:
            return Groups(np.arange(n), grouped=False)
        note = f"{copies} of the {n} runs repeat another exactly: copies count as one in intervals"
        return Groups(numbers, grouped=True, notes=(note,))
    labels = np.asarray(groups)
    if labels.shape != (n,):
        raise CourseError("groups must hold one label for each run.")
    missing = np.array([label is None or label != label for label in labels.tolist()])
    if missing.any():
        raise CourseError(f"groups has no label in {name_rows(missing)}: give each run one.")
    if n > 1 and len(set(labels.tolist())) == 1:
        raise CourseError(
            "All runs are in one group, so the noise between groups is unknown: leave groups out."
        )
    return Groups(np.unique(labels, return_inverse=True)[1], grouped=True)


def check_delta(delta: float | None) -> float:
    """Huber's delta, infinite for least squares (None). Raises CourseError unless it is positive."""
    if delta is None:
        return np.inf
    if isinstance(delta, str) or not delta > 0:
        raise CourseError(
            f"delta must be a positive number, not {delta}; None means least squares."
        )
    return float(delta)


def check_floor(floor: bool | float, loss: NDArray[np.float64]) -> float:
    """The E that is held: 0 for True (E is fitted) and False, else the number.

    Raises CourseError for a floor outside 0 to the lowest loss.
    """
    try:
        held = 0.0 if isinstance(floor, bool) else float(floor)
    except (TypeError, ValueError):
        raise CourseError(
            f"floor must be True (E is fitted), False (E = 0) or a number, not {floor!r}."
        ) from None
    if not (np.isfinite(held) and 0 <= held < loss.min()):
        raise CourseError(
            f"floor = {held:g} must lie between 0 and the lowest loss, {loss.min():.6g}."
        )
    return held


def check_spread(N: NDArray[np.float64], D: NDArray[np.float64]) -> None:
    """Raise CourseError if N and D are tied to each other, so that their effects cannot be
    separated, or have two values each.
    """
    if len(np.unique(N)) == len(np.unique(D)) == 2:
        raise CourseError(
            "Two values of N and two of D do not show how the loss bends: add runs at a third value."
        )
    z = np.log(np.stack([N, D]))
    z = z - z.mean(1, keepdims=True)
    if np.linalg.matrix_rank(z, tol=1e-6 * len(N)) < 2:
        raise CourseError(
            "N and D are tied to each other in these runs (D ∝ N^k), so their effects cannot be told "
            "apart: add runs off that line."
        )
