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

LEVEL = 0.8  # the probability that a stated interval promises
TOLERANCE = 0.01  # how far above C_target the final run may come by rounding

_ANSWER = ("N", "D", "loss", "low", "high")


def _read(answer: Any, C_target: float) -> tuple[dict[str, float], float | None]:
    """The five numbers of a plan, and its learning rate if it has one; raises CourseError with what is wrong."""
    if isinstance(answer, Mapping | pd.Series):
        missing = [name for name in _ANSWER if name not in answer]
        if missing:
            raise CourseError(
                f"The plan returned no {missing[0]}: five are needed, N, D, loss, low, high."
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
    """Run a plan once in each world, with a fresh oracle, and compare it with the truth. One row per world:

    N, D, loss, low, high: the plan's answer; a sixth number is the learning rate of the run, else the world's usual
    one. spent: share of the exploration budget used. true_loss: expected loss of
    that run. waste: share of C_target that the best planner would have saved (1 for a plan that failed). miss: loss/true_loss - 1.
    interval: its interval score (`interval_score`), relative to the true loss. problem: what went wrong, or "".

    worlds: `practice_worlds()` unless given. A plan that fails in one world loses that world only.
    """
    rows = []
    for world in practice_worlds() if worlds is None else worlds:
        oracle = world.oracle()
        row: dict[str, Any] = {"world": world.name, "waste": 1.0, "problem": ""}
        try:
            answer, lr = _read(plan(oracle, world.C_target), world.C_target)
        except Exception as error:  # a plan may fail in any way, here and only here
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
    10th and 90th percentile for level = 0.8. Narrower or wider ones cost more on average.

    >>> interval_score(2.0, 2.1, truth=2.05), interval_score(2.0, 2.1, truth=2.15)
    (0.1, 0.6)
    """
    low, high, truth = (np.asarray(v, dtype=float) for v in (low, high, truth))
    outside = np.maximum(np.maximum(low - truth, truth - high), 0)
    return plain(np.round(high - low + 2 / (1 - level) * outside, 12))


# Of a single world: all of its share at the first value or less, none at the second or more, linear between.
ALL_AND_NONE = {"waste": (0.02, 0.20), "miss": (0.03, 0.10)}
WORTHLESS = 0.5  # from this waste on nothing of a plan counts
# Of the average over the worlds: full marks from the first value on, none up to the second. Guessing without an
# experiment comes to less than a half, and noise takes its part from the best of plans.
AVERAGE = (0.85, 0.50)
# The average interval score, of the loss. Full marks at what the notebook's own plan has in the graded worlds (0.08), with
# a little room for luck. A mean of interval scores is proper, so stating what one believes is the best way there: each
# score counts as it is, up to the worst one, which is also that of a plan without a useful answer.
INTERVAL, WORST_INTERVAL = (0.09, 0.15), 0.5


def plausible_hits(worlds: int) -> tuple[int, int]:
    """How many intervals hold the truth if they promise 80 %, from the fewest to the most that chance allows.

    >>> plausible_hits(20)
    (11, 19)
    """
    from scipy.stats import binom  # here: it takes longer to import than the rest together

    fewest, most = binom.ppf((0.005, 0.98), worlds, LEVEL)
    return int(fewest), int(most)


def hits(table: pd.DataFrame) -> int:
    """In how many worlds of a table of `judge` the interval holds the truth."""
    low, truth, high = (table[name].to_numpy() for name in ("low", "true_loss", "high"))
    return int(np.count_nonzero((low <= truth) & (truth <= high)))


def marks(table: pd.DataFrame) -> dict[str, float]:
    """What a plan earned in the worlds of `judge`'s table, as shares of full marks, from 0 to 1.

    waste, miss: in each world, all for a waste of 2 % (a forecast that is off by 3 %) or less and none from 20 % (10 %)
    on; budget: all for an answer within both budgets. An average of 85 % over the worlds is full marks, one of 50 % or
    less is none, linear between. interval: full marks for an average interval score of 9 % of the loss, none from
    15 % on, and none if the intervals hold the truth more or less often than a promise of 80 % allows
    (`plausible_hits`). Where half of the compute or more was wasted nothing counts: nobody needs the forecast of a run that
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
