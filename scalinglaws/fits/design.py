"""Which run to train next: optimal design on a fitted law, with the cost of each run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from ..arrays import positive
from ..errors import CourseError
from ..laws import training_flops
from .newton import Array
from .result import Fit, RegressionFit

L = TypeVar("L")

_GRID = 24  # candidates along each variable
_GROWING = ("N", "N_act", "N_S", "D", "D_S", "C", "x")  # what a plan may take beyond the runs
_POWERS = (0.0, 0.25, 0.5, 0.75, 1.0)  # of the cost; a run's gain is divided by this power


@dataclass(frozen=True, eq=False, repr=False)
class Plan:
    """Runs to train, and by how much they should lower the standard error of a quantity.

    runs: one row per configuration, the most expensive first: its variables (N and D, say), the cost
    of one run, and how many of them (count). before, after: the standard error of the quantity now,
    and with all of them. spent: the cost of all of them.
    """

    runs: pd.DataFrame
    before: float
    after: float
    spent: float

    def __repr__(self) -> str:
        saved = 100 * (1 - self.after / self.before)
        head = (
            f"{int(np.sum(self.runs['count'].to_numpy()))} runs for {self.spent:.3g}: the standard error falls from "
            f"{self.before:.3g} to {self.after:.3g} ({saved:.0f} % less), if the law's form is right"
        )
        return head + "\n" + self.runs.to_string(index=False, float_format="{:.4g}".format)


def next_runs(
    fit: Fit[L],
    budget: float,
    quantity: str | Callable[[L], ArrayLike],
    *,
    candidates: Mapping[str, ArrayLike] | None = None,
    beyond: float = 3.0,
    most: int = 30,
    cost: Callable[..., ArrayLike] | None = None,
) -> Plan:
    """The runs that narrow a quantity most for a budget: which (N, D) to train next.

    fit: of L(N, D) or another law fitted to all runs at once. budget: FLOPs to spend (or the unit
    of `cost`). quantity: a parameter's name, or a function of the law, such as `lambda law:
    law.N_opt(1e24)` or `lambda law: law(7e9, 1e12)`. candidates: a table of the runs that you could
    train, a column per variable; unless given, a grid over the sizes of the runs in the fit and up
    to `beyond` times as far, where D/N too lies within a factor of `beyond` of the runs'. most: the
    largest number of runs to plan. cost: of a run, as a function of the law's variables; unless
    given 6·N·D, or C, whichever the law depends on.

    The design is c-optimal (Elfving 1952; Pukelsheim 1993, "Optimal Design of Experiments"): the
    variance of the quantity is cᵀVc, with V the covariance of the parameters, which allows for
    unequal noise, and c the quantity's gradient. Runs are added one at a time, each time the one
    that lowers the variance most per cost^p; the best plan over several p from 0 to 1 is kept. It
    trusts the law's form: keep some runs near what you want to predict.

    Raises CourseError for a fit of minima or envelopes, for bad candidates, costs and numbers, and
    for a budget that is too small for any candidate or too large for all.

    >>> import numpy as np
    >>> from scalinglaws.constants import CHINCHILLA
    >>> from scalinglaws.fits import fit_chinchilla
    >>> N, D = np.geomspace(1e8, 1e9, 5), np.geomspace(2e9, 2e10, 5)
    >>> N, D = (values.ravel() for values in np.meshgrid(N, D))
    >>> noise = np.exp(0.01 * np.random.default_rng(0).standard_normal(25))
    >>> fit = fit_chinchilla(N, D, CHINCHILLA(N, D) * noise, delta=None)
    >>> plan = next_runs(fit, 1e21, lambda law: law.L_opt(1e23))
    >>> plan.after < plan.before / 2, plan.spent <= 1e21
    (True, True)
    """
    (allowed,) = positive(budget=budget)
    if allowed.ndim or not np.isfinite(allowed):
        raise CourseError("budget must be one number of FLOPs, such as 1e21.")
    if most != int(most) or most < 1:
        raise CourseError(f"most = {most} must be a whole number of runs, at least 1.")
    if not isinstance(fit, RegressionFit):
        raise CourseError(
            "next_runs needs a law fitted to all runs at once, as fit_chinchilla and fit_law do, not "
            f"the result of a fit to minima or a law alone: {type(fit).__name__}."
        )
    where = _candidates(fit, candidates, beyond)
    price = _price(cost or run_cost(fit.variables), where, fit.variables)
    least = float(allowed) / most / 10  # cheaper runs would leave most of the budget unspent
    affordable = (price <= allowed) & (price >= least)
    if not affordable.any():
        raise CourseError(_out_of_reach(price, float(allowed), least, most))
    where, price = [column[affordable] for column in where], price[affordable]
    estimator = fit.estimator
    c = np.asarray(estimator.gradient(fit.of(quantity)), dtype=float)
    if c.ndim != 1 or not np.isfinite(c).all():
        raise CourseError("The quantity must be one number that the law determines.")
    g = estimator.gradient(lambda law: np.log(np.asarray(_predict(law, where)))).T  # (runs, p)
    V, noise = estimator.covariance(), estimator.noise()
    before = float(np.sqrt(c @ V @ c))
    plans = [_greedy(V, c, g, price, noise, float(allowed), most, power) for power in _POWERS]
    if not any(errors for _, errors in plans):
        raise CourseError(
            "None of the candidates would narrow this quantity: give other candidates."
        )
    chosen, errors = min(plans, key=lambda plan: plan[1][-1] if plan[1] else np.inf)
    rows, count = np.unique(chosen, return_counts=True)
    rows, count = rows[np.argsort(-price[rows])], count[np.argsort(-price[rows])]
    table = pd.DataFrame(
        {name: column[rows] for name, column in zip(fit.variables, where, strict=True)}
        | {"cost": price[rows], "count": count}
    )
    return Plan(table, before, float(errors[-1]), float(price[chosen].sum()))


def _price(cost: Callable[..., ArrayLike], where: list[Array], names: Sequence[str]) -> Array:
    """What each candidate costs (runs,)."""
    try:
        (price,) = positive(cost=cost(*where))
        return np.broadcast_to(price, where[0].shape)
    except (TypeError, ValueError) as error:
        raise CourseError(
            f"cost must take arrays of {', '.join(names)} and return one number for each run "
            f"({error})."
        ) from None


def _out_of_reach(price: Array, budget: float, least: float, most: int) -> str:
    """Why no candidate of these prices is worth planning for a budget, and what to do."""
    low, high = float(price.min()), float(price.max())
    if low > budget:
        return (
            f"The budget of {budget:.3g} is below the cost of every candidate, {low:.3g} or more: "
            "spend more, or give smaller candidates."
        )
    if high < least:
        return (
            f"The largest candidate costs {high:.3g}, so {most} runs would use less than a tenth of "
            f"the budget of {budget:.3g}: spend less, plan more runs (most), or allow larger ones "
            "(beyond)."
        )
    return (
        f"No candidate costs between {least:.3g} and {budget:.3g}: change the budget, or give "
        "other candidates."
    )


def run_cost(variables: Sequence[str]) -> Callable[..., ArrayLike]:
    """The training FLOPs of a run as a function of a law's variables: 6·N·D, or C.

    For a mixture of experts or a student, N is N_act or N_S. Raises CourseError if the cost does
    not follow from the variables.
    """
    pair = _size_and_tokens(variables)
    if pair:
        return lambda *where: training_flops(where[pair[0]], where[pair[1]])
    if "C" in variables:
        return lambda *where: where[list(variables).index("C")]
    raise CourseError("Say what a run costs: cost=a function of " + ", ".join(variables) + ".")


def _size_and_tokens(variables: Sequence[str]) -> tuple[int, int] | None:
    """Where N and D stand among the variables, if both do."""
    N = [i for i, name in enumerate(variables) if name in ("N", "N_act", "N_S")]
    D = [i for i, name in enumerate(variables) if name in ("D", "D_S")]
    return (N[0], D[0]) if N and D else None


def _predict(law: Any, where: list[Array]) -> ArrayLike:
    return law(*where)


def _candidates(
    fit: RegressionFit[Any], given: Mapping[str, ArrayLike] | None, beyond: float
) -> list[Array]:
    if given is not None:
        missing = [name for name in fit.variables if name not in given]
        if missing:
            raise CourseError(f"candidates lacks the column {', '.join(missing)}.")
        columns = [positive(**{name: np.atleast_1d(given[name])})[0] for name in fit.variables]
        if len({column.shape for column in columns}) > 1 or not columns[0].size:
            sizes = ", ".join(
                f"{column.size} of {name}"
                for name, column in zip(fit.variables, columns, strict=True)
            )
            raise CourseError(
                f"candidates must be a table with a row for each run; it has {sizes}."
            )
        return columns
    if not beyond >= 1:
        raise CourseError(f"beyond = {beyond:g} must be a factor of at least 1.")
    axes = [_axis(name, fit.columns[name], beyond) for name in fit.variables]
    columns = [np.array(column) for column in zip(*product(*axes), strict=True)]
    pair = _size_and_tokens(fit.variables)
    if pair is None:
        return columns
    # A grid reaches combinations far from every run, such as 36B parameters on 1B tokens, where the
    # law was never tested.
    N, D = (fit.columns[fit.variables[i]] for i in pair)
    own, ratio = D / N, columns[pair[1]] / columns[pair[0]]
    near = (ratio >= own.min() / beyond) & (ratio <= own.max() * beyond)
    return [column[near] for column in columns]


def _axis(name: str, column: Array, beyond: float) -> Array:
    """Candidate values of one variable: beyond the runs for sizes, tokens and FLOPs, otherwise the
    runs' own.
    """
    if name in _GROWING and column.min() > 0:
        return np.geomspace(column.min(), column.max() * beyond, _GRID)
    values = np.unique(column)
    return values if len(values) <= _GRID else np.quantile(values, np.linspace(0, 1, _GRID))


def _greedy(
    V: Array,
    c: Array,
    g: Array,
    price: Array,
    noise: float,
    budget: float,
    most: int,
    power: float,
) -> tuple[list[int], list[float]]:
    """Runs chosen one at a time, and the standard error of the quantity after each."""
    chosen: list[int] = []
    errors: list[float] = []
    left = budget
    for _ in range(most):
        along = g @ V
        gain = (along @ c) ** 2 / (noise + (along * g).sum(1))
        gain = np.where(price <= left, gain / price**power, -1.0)
        best = int(np.argmax(gain))
        if not gain[best] > 0:
            break
        chosen.append(best)
        left -= price[best]
        V = V - np.outer(along[best], along[best]) / (noise + along[best] @ g[best])
        errors.append(float(np.sqrt(max(c @ V @ c, 0.0))))
    return chosen, errors
