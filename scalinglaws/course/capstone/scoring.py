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


def _read(answer: Any, C_target: float) -> dict[str, float]:
    """The five numbers of a plan; raises CourseError with what is wrong about them."""
    if isinstance(answer, Mapping | pd.Series):
        missing = [name for name in _ANSWER if name not in answer]
        if missing:
            raise CourseError(
                f"The plan returned no {missing[0]}: five are needed, N, D, loss, low, high."
            )
        answer = [answer[name] for name in _ANSWER]
    try:
        values = np.array([float(np.asarray(v).reshape(())) for v in answer])
    except (TypeError, ValueError):
        values = np.empty(0)
    if len(values) != len(_ANSWER):
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
    C = training_flops(N, D)
    if (1 + TOLERANCE) * C_target < C:
        raise CourseError(f"6·N·D is {C:.4g} FLOPs, more than the {C_target:.4g} of C_target.")
    return dict(zip(_ANSWER, map(float, values), strict=True))


def judge(
    plan: Callable[[Oracle, float], Any], worlds: Iterable[World] | None = None
) -> pd.DataFrame:
    """Run a plan once in each world, with a fresh oracle, and compare it with the truth. One row a world:

    N, D, loss, low, high: the plan's answer. spent: share of the exploration budget used. true_loss: expected loss of
    (N, D). waste: share of C_target that the best planner would have saved (1 for a plan that failed). miss: loss/true_loss - 1.
    interval: its interval score (`interval_score`), relative to the true loss. problem: what went wrong, or "".

    worlds: `practice_worlds()` unless given. A plan that fails in one world loses that world only.
    """
    rows = []
    for world in practice_worlds() if worlds is None else worlds:
        oracle = world.oracle()
        row: dict[str, Any] = {"world": world.name, "waste": 1.0, "problem": ""}
        try:
            answer = _read(plan(oracle, world.C_target), world.C_target)
        except Exception as error:  # a plan may fail in any way, here and only here
            row["problem"] = f"{type(error).__name__}: {error}"
        else:
            N, D, loss, low, high = answer.values()
            true = float(world.loss(N, D))
            row |= answer | {
                "true_loss": true,
                "waste": world.waste(N, D),
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


# Full marks at the first value or less, none at the second or more, linear between.
FULL_AND_NONE = {"waste": (0.02, 0.20), "miss": (0.03, 0.10), "interval": (0.10, 0.40)}
WORTHLESS = 0.5  # from this waste on nothing of a plan counts


def marks(table: pd.DataFrame) -> dict[str, float]:
    """What `judge` found, as shares from 0 to 1, averaged over the worlds.

    waste: 1 where 2 % of C_target or less were wasted, 0 from 20 % on. miss: 1 where the forecast is off by 3 % or less, 0
    from 10 % on. interval: 1 for an interval score of 10 % of the loss or less, 0 from 40 % on. budget: the share of the
    worlds in which the plan came to an answer within both budgets. The last three count only where the plan wasted less than
    half: nobody needs the forecast of a run that nobody should make.
    """
    useful = (table["problem"].to_numpy() == "") & (table["waste"].to_numpy() < WORTHLESS)
    shares = {}
    for column, (full, none) in FULL_AND_NONE.items():
        share = np.clip((none - table[column].abs().to_numpy()) / (none - full), 0, 1)
        shares[column] = float(np.where(useful, share, 0.0).mean())
    return shares | {"budget": float(np.mean(useful))}
