"""Approach 3: fitting L(N, D) = E + A/N^alpha + B/D^beta (Hoffmann et al. 2022, section 3.3 and D.2)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ..arrays import Floats
from ..errors import CourseError
from ..laws import ChinchillaLaw, training_flops
from .estimator import Estimator, search
from .newton import Array, starting_points
from .result import RegressionFit
from .scaling import Scaling, convergence_message, is_decreasing
from .store import recorded
from .validate import (
    check_delta,
    check_floor,
    check_groups,
    check_runs,
    check_spread,
    check_weights,
    name_rows,
    not_falling,
)


def _law(E: float, a: Array, p: Array) -> ChinchillaLaw:
    return ChinchillaLaw(E=E, A=float(a[0]), B=float(a[1]), alpha=float(p[0]), beta=float(p[1]))


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ChinchillaFit(RegressionFit[ChinchillaLaw]):
    """The fit of Chinchilla's parametric law; `law` is a `ChinchillaLaw`.

    N, D: of the runs in the fit. dropped: row numbers of the runs left out (`drop_highest`).
    """

    N: Array
    D: Array
    dropped: tuple[int, ...]

    @property
    def C(self) -> Array:
        """Training FLOPs of the runs in the fit, 6·N·D."""
        return np.asarray(training_flops(self.N, self.D))

    def N_opt(self, C: ArrayLike) -> Floats:
        """The compute-optimal parameters for C training FLOPs."""
        return self.law.N_opt(C)

    def D_opt(self, C: ArrayLike) -> Floats:
        """The compute-optimal tokens for C training FLOPs."""
        return self.law.D_opt(C)

    def L_opt(self, C: ArrayLike) -> Floats:
        """The lowest loss for C training FLOPs."""
        return self.law.L_opt(C)


@recorded
def fit_chinchilla(
    N: ArrayLike,
    D: ArrayLike,
    loss: ArrayLike,
    *,
    delta: float | None = 1e-3,
    floor: bool | float = True,
    weights: ArrayLike | None = None,
    groups: ArrayLike | None = None,
    drop_highest: int = 0,
) -> ChinchillaFit:
    """Fit Chinchilla's parametric law to runs: the sum of Huber(delta) of ln L_model - ln L (eq.
    3).

    N: parameters, D: training tokens, loss: nats per token, each of shape (n,). delta: Huber's, on
    ln L; None for least squares. floor: True fits E >= 0, False sets E = 0, a number holds E there.
    weights: one for each run. groups: labels of runs that the bootstrap keeps together, such as the
    seeds of one configuration. drop_highest: leave out this many runs of highest loss (Besiroglu et
    al. 2024 left out 5).

    Nine starts on a grid of (alpha, beta), with E, A and B by non-negative least squares; each is
    taken to its minimum by Newton's method with the analytic Hessian.

    Raises CourseError for bad or too few runs, for fewer than three values of N or of D (two if E is
    held), and where the loss does not fall with N or with D.

    >>> from scalinglaws.constants import CHINCHILLA
    >>> N, D = (values.ravel() for values in np.meshgrid(np.geomspace(1e8, 1e10, 6), np.geomspace(2e9, 2e11, 6)))
    >>> fit = fit_chinchilla(N, D, CHINCHILLA(N, D))
    >>> fit.law
    ChinchillaLaw(E=1.69337, A=406.401, B=410.723, alpha=0.339171, beta=0.284908)
    >>> fit.converged
    True
    """
    profiled = floor is True
    # Two sizes give A/N^alpha + E at two points, which any alpha can fit if E may move.
    few = 3 if profiled else 2
    N, D, loss = check_runs(
        5 if profiled else 4, {"N": few, "D": few, "loss": 2}, N=N, D=D, loss=loss
    )
    weights = check_weights(weights, len(N), 5 if profiled else 4)
    together = check_groups(groups, N, D, loss)
    if drop_highest not in range(len(N) - 5):
        raise CourseError(
            f"drop_highest = {drop_highest} must be a whole number that leaves at least 6 of the "
            f"{len(N)} runs."
        )
    order = np.argsort(-loss, kind="stable")
    dropped, kept = np.sort(order[:drop_highest]), np.sort(order[drop_highest:])
    N, D, loss, weights = N[kept], D[kept], loss[kept], weights[kept]
    numbers = np.unique(together.numbers[kept], return_inverse=True)[1]
    held = check_floor(floor, loss)
    check_spread(N, D)

    scaling = Scaling.of(
        _law, [N, D], loss, weights, check_delta(delta), fixed=() if profiled else (0,)
    )
    starts = starting_points(scaling.problem, weights)
    if not profiled:
        starts[:, 0] = held / scaling.unit
    solution = search(scaling, starts)
    E, a, p = (values[solution.best()] for values in scaling.parameters(solution.theta))
    for term, name in enumerate("ND"):
        if not is_decreasing(a[term], p[term]):
            raise not_falling(f"as {name} grows", len(N))
    law = _law(float(E), a, p)
    converged, how = convergence_message(solution)
    notes = list(together.notes)
    if profiled and E == 0:
        notes.append("E stopped at its bound 0: these runs show no floor")
    if drop_highest:
        mask = np.zeros(len(order), dtype=bool)
        mask[dropped] = True
        notes.append(f"left out for their high loss: {name_rows(mask, show=10)}")
    return ChinchillaFit(
        law=law,
        parameters=("E", "A", "B", "alpha", "beta"),
        held=() if profiled else ("E",),
        variables=("N", "D"),
        loss=loss,
        residuals=np.log(np.asarray(law(N, D)) / loss),
        objective=float(solution.objective.min()),
        delta=delta,
        converged=converged,
        evidence=how,
        groups=numbers,
        grouped=together.grouped,
        notes=tuple(notes),
        N=N,
        D=D,
        dropped=tuple(int(row) for row in dropped),
        estimator=Estimator(scaling, scaling.theta(law.E, [law.A, law.B], [law.alpha, law.beta])),
    )
