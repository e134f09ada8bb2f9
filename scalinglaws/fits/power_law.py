"""Fitting L(x) = E + A·x^-alpha, with or without the irreducible loss E."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ..laws import PowerLaw
from .estimator import Estimator, search
from .newton import Array, objective
from .result import RegressionFit
from .scaling import Scaling, convergence_message, is_decreasing
from .store import recorded
from .validate import check_delta, check_floor, check_groups, check_runs, check_weights, not_falling

_PROFILE_POINTS = 32
_POLISHED = 5  # the best points of the profile, from which the joint fit starts


def _law(E: float, a: Array, p: Array) -> PowerLaw:
    return PowerLaw(A=float(a[0]), alpha=float(p[0]), E=E)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class PowerLawFit(RegressionFit[PowerLaw]):
    """The fit of a power law; `law` is a `PowerLaw`, and E, A, alpha are its parameters.

    x: of the runs (n,). floor: the `floor` of the call. at_bound: whether E stopped at its bound 0,
    which means that the runs show no floor.
    """

    x: Array
    floor: bool | float
    at_bound: bool

    @property
    def E(self) -> float:
        """The irreducible loss, in nats per token."""
        return self.law.E

    @property
    def A(self) -> float:
        """The coefficient of the power law."""
        return self.law.A

    @property
    def alpha(self) -> float:
        """The exponent of the power law."""
        return self.law.alpha


def _lines(scaling: Scaling[PowerLaw], E: Array) -> Array:
    """For each fixed E below every loss, the straight line through ln(L - E) against ln x: starts (S, 3).

    Weights ((L - E)/L)² turn errors of ln(L - E) back into errors of ln L.
    """
    z, L = scaling.problem.z[0], np.exp(scaling.problem.y)
    rest = L - E[:, None]
    w = scaling.weights * (rest / L) ** 2
    w = w / w.sum(1, keepdims=True)
    mean_z, mean_y = (w * z).sum(1), (w * np.log(rest)).sum(1)
    dz = z - mean_z[:, None]
    slope = (w * dz * np.log(rest)).sum(1) / (w * dz * dz).sum(1)
    return np.stack([E, mean_y - slope * mean_z, -slope], axis=1)


def _floors(scaling: Scaling[PowerLaw], points: int) -> Array:
    """Values of E from 0 to just below the lowest loss, denser towards it."""
    return np.exp(scaling.problem.y.min()) * (1 - np.geomspace(1, 1e-3, points))


@recorded
def fit_power_law(
    x: ArrayLike,
    loss: ArrayLike,
    *,
    floor: bool | float = True,
    delta: float | None = None,
    weights: ArrayLike | None = None,
    groups: ArrayLike | None = None,
) -> PowerLawFit:
    """Fit L(x) = E + A·x^-alpha to runs by least squares on ln L.

    x: N, D, C or anything positive, shape (n,). loss: nats per token, shape (n,). floor: True fits
    E >= 0, False sets E = 0 (Kaplan's form), a number holds E there. delta: Huber's delta on ln L
    (Hoffmann et al. 2022 use 1e-3), None for least squares. weights: one for each run. groups:
    labels; runs of one group (seeds of one configuration, say) are resampled together by the
    bootstrap.

    E is profiled in one dimension, so no starting point is needed, and Newton's method refines the
    best profile points in all parameters. The fit keeps E >= 0 and says so if it stops there. E may
    end a little above the lowest loss, which noise can push below the floor.

    Raises CourseError for bad or too few runs, and if the loss does not fall as x grows.

    >>> x = np.geomspace(1e6, 1e10, 9)
    >>> fit = fit_power_law(x, 1.7 + 400 * x**-0.34)
    >>> round(fit.E, 6), round(fit.A, 3), round(fit.alpha, 6), fit.converged
    (1.7, 400.0, 0.34, True)
    """
    profiled = floor is True
    x, loss = check_runs(3 if profiled else 2, {"x": 3 if profiled else 2}, x=x, loss=loss)
    weights = check_weights(weights, len(x), 3 if profiled else 2)
    together = check_groups(groups, x, loss)
    held = check_floor(floor, loss)

    scaling = Scaling.of(
        _law, [x], loss, weights, check_delta(delta), fixed=() if profiled else (0,)
    )
    E = _floors(scaling, _PROFILE_POINTS) if profiled else np.array([held / scaling.unit])
    starts = _lines(scaling, E)
    order = np.argsort(objective(scaling.problem, starts, weights))
    solution = search(scaling, starts[order[:_POLISHED]])
    E, a, alpha = (values[solution.best()] for values in scaling.parameters(solution.theta))
    if not is_decreasing(a, alpha):
        raise not_falling("as x grows", len(x))
    law = _law(float(E), a, alpha)
    converged, how = convergence_message(solution)
    at_bound = profiled and E == 0
    return PowerLawFit(
        law=law,
        parameters=("A", "alpha") if floor is False else ("A", "alpha", "E"),
        held=() if isinstance(floor, bool) else ("E",),
        variables=("x",),
        loss=loss,
        residuals=np.log(np.asarray(law(x)) / loss),
        objective=float(solution.objective.min()),
        delta=delta,
        converged=converged,
        evidence=how,
        groups=together.numbers,
        grouped=together.grouped,
        notes=(
            *together.notes,
            *(("E stopped at its bound 0: these runs show no floor",) if at_bound else ()),
        ),
        x=x,
        floor=floor,
        at_bound=at_bound,
        estimator=Estimator(scaling, scaling.theta(law.E, [law.A], [law.alpha])),
    )
