"""Scores plans in simulated worlds: compute wasted, forecast error, and honesty of the interval."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from scalinglaws.arrays import Floats, plain
from scalinglaws.errors import CourseError
from scalinglaws.laws import training_flops

from .simulator import Oracle, World, practice_worlds

LEVEL = 0.8  # the probability with which a stated interval should hold the truth
TOLERANCE = 0.01  # by how much rounding may take the final run above C_target

_ANSWER = ("N", "D", "loss", "low", "high")


def _read(answer: Any, C_target: float) -> tuple[dict[str, float], float | None]:
    """The five numbers of a plan, and its learning rate if it has one; raises CourseError if they
    are wrong.
    """
    if isinstance(answer, Mapping | pd.Series):
        missing = [name for name in _ANSWER if name not in answer]
        if missing:
            raise CourseError(
                f"The plan returned no {missing[0]}: it must return N, D, loss, low and high."
            )
        answer = [answer[name] for name in (*_ANSWER, "lr") if name in answer]
    try:
        numbers = [float(np.asarray(v).reshape(())) for v in answer if v is not None]
    except (TypeError, ValueError):
        numbers = []
    values, rate = np.array(numbers[:5]), numbers[5:]
    if len(values) != len(_ANSWER) or len(rate) > 1:
        raise CourseError(
            f"The plan returned {answer!r:.80}, not the five numbers N, D, loss, low, high."
        )
    N, D, loss, low, high = values
    if not (np.isfinite(values).all() and N > 0 and D > 0):
        raise CourseError(
            f"The plan returned {answer!r:.80}: all five must be finite, N and D positive."
        )
    if not low <= loss <= high:
        raise CourseError(
            f"The forecast {loss:.4g} does not lie in its interval, from {low:.4g} to {high:.4g}."
        )
    if rate and not 0 < rate[0] < np.inf:
        raise CourseError(f"The learning rate is {rate[0]:.4g}: it must be positive and finite.")
    C = training_flops(N, D)
    if (1 + TOLERANCE) * C_target < C:
        raise CourseError(f"6·N·D is {C:.4g} FLOPs, more than the {C_target:.4g} of C_target.")
    return dict(zip(_ANSWER, map(float, values), strict=True)), rate[0] if rate else None


def judge(
    plan: Callable[[Oracle, float], Any], worlds: Iterable[World] | None = None
) -> pd.DataFrame:
    """Run a plan once in each world, with a fresh oracle, and compare it with the truth.

    One row per world:

    N, D, loss, low, high: the plan's answer; a sixth number is the learning rate of the run;
    without it, the world's usual one is used. spent: share of the exploration budget used.
    true_loss: expected loss of that run. waste: share of C_target that the best planner would have
    saved (1 for a plan that failed). miss: loss/true_loss - 1. interval: its interval score
    (`interval_score`), relative to the true loss. problem: what went wrong, or "".

    worlds: `practice_worlds()` unless given. A plan that fails in one world loses only that world.
    """
    rows = []
    for world in practice_worlds() if worlds is None else worlds:
        oracle = world.oracle()
        row: dict[str, Any] = {"world": world.name, "waste": 1.0, "problem": ""}
        try:
            answer, lr = _read(plan(oracle, world.C_target), world.C_target)
        except Exception as error:  # a learner's plan may fail in any way
            row["problem"] = f"{type(error).__name__}: {error}"
        else:
            N, D, loss, low, high = answer.values()
            lr = oracle.lr if lr is None else lr
            true = float(world.loss(N, D, lr))
            row |= answer | {
                "true_loss": true,
                "waste": world.waste(N, D, lr),
                "miss": loss / true - 1,
                "interval": interval_score(low, high, true) / true,
            }
        row["spent"] = 1 - oracle.left() / oracle.budget
        rows.append(row)
    columns = [
        "world",
        "N",
        "D",
        "loss",
        "low",
        "high",
        "true_loss",
        "spent",
        "waste",
        "miss",
        "interval",
        "problem",
    ]
    return pd.DataFrame(rows).reindex(columns=columns)


def interval_score(
    low: ArrayLike, high: ArrayLike, truth: ArrayLike, level: float = LEVEL
) -> Floats:
    """Width, plus 2/(1 - level) times the distance by which the truth lies outside. Lower is better.

    Gneiting & Raftery 2007 (J. Am. Stat. Assoc. 102, eq. 43). The best interval to state is the one you believe: its ends at the
    10th and 90th percentile for level = 0.8. Narrower or wider intervals score worse on average.

    >>> interval_score(2.0, 2.1, truth=2.05), interval_score(2.0, 2.1, truth=2.15)
    (0.1, 0.6)
    """
    low, high, truth = (np.asarray(v, dtype=float) for v in (low, high, truth))
    outside = np.maximum(np.maximum(low - truth, truth - high), 0)
    return plain(np.round(high - low + 2 / (1 - level) * outside, 12))


# For a single world: full marks at the first value or less, none at the second or more, linear in
# between.
ALL_AND_NONE = {"waste": (0.02, 0.20), "miss": (0.03, 0.10)}
WORTHLESS = 0.5  # a plan that wastes this much or more earns nothing
# For the average over the worlds: full marks at the first value or more, none at the second or
# less. Guessing without an experiment averages less than a half, and noise costs even the best plan
# something.
AVERAGE = (0.85, 0.50)
# The average interval score, relative to the loss. Full marks are set at the score of the
# notebook's own plan in the graded worlds (0.08), with a little room for luck. A mean of interval
# scores is a proper score, so stating what you believe is the best strategy. Each score counts as
# it is, up to the worst one, which is also given to a plan without a useful answer.
INTERVAL, WORST_INTERVAL = (0.09, 0.15), 0.5


def plausible_hits(worlds: int) -> tuple[int, int]:
    """The fewest and the most 80 % intervals that can plausibly hold the truth by chance.

    >>> plausible_hits(20)
    (11, 19)
    """
    from scipy.stats import (
        binom,
    )  # imported here because it takes longer than everything else together

    fewest, most = binom.ppf((0.005, 0.98), worlds, LEVEL)
    return int(fewest), int(most)


def hits(table: pd.DataFrame) -> int:
    """The number of worlds in `judge`'s table whose interval holds the truth."""
    low, truth, high = (table[name].to_numpy() for name in ("low", "true_loss", "high"))
    return int(np.count_nonzero((low <= truth) & (truth <= high)))


def marks(table: pd.DataFrame) -> dict[str, float]:
    """The marks of a plan in the worlds of `judge`'s table, as shares of full marks, from 0 to 1.

    waste, miss: in each world, all for a waste of 2 % (a forecast that is off by 3 %) or less and
    none for 20 % (10 %) or more; budget: all for an answer within both budgets. An average of 85 %
    over the worlds earns full marks, one of 50 % or less none, linear in between. interval: full
    marks for an average interval score of 9 % of the loss, none for 15 % or more, and none if the
    intervals hold the truth more or less often than a promise of 80 % allows (`plausible_hits`). If
    half of the compute or more was wasted, nothing counts: a forecast is of no use for a run that
    nobody should make.
    """
    useful = (table["problem"].to_numpy() == "") & (table["waste"].to_numpy() < WORTHLESS)
    averages = {"budget": float(useful.mean())}
    for column, (everything, nothing) in ALL_AND_NONE.items():
        share = _between(table[column].abs().to_numpy(), everything, nothing)
        averages[column] = float(np.where(useful, share, 0.0).mean())
    shares = {name: float(_between(value, *AVERAGE)) for name, value in averages.items()}
    score = np.where(useful, table["interval"].to_numpy(), WORST_INTERVAL)
    fewest, most = plausible_hits(len(table))
    honest = fewest <= hits(table) <= most
    interval = float(_between(np.minimum(score, WORST_INTERVAL).mean(), *INTERVAL))
    return {name: shares[name] for name in ("waste", "miss")} | {
        "interval": interval * honest,
        "budget": shares["budget"],
    }


def _between(value: Any, everything: float, nothing: float) -> Any:
    return np.clip((nothing - value) / (nothing - everything), 0, 1) + 0.0  # no -0.0
