"""Fit the family that includes Chinchilla's and Kaplan's laws in N and D."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import ArrayLike

from ..laws import JointLaw, training_flops
from . import gauss_newton
from .estimator import Estimator, search
from .newton import Array
from .result import RegressionFit
from .scaling import convergence_message
from .store import recorded
from .validate import (
    check_delta,
    check_floor,
    check_groups,
    check_runs,
    check_spread,
    check_weights,
    not_falling,
)

_STARTS = list(product((0.3, 0.6), (0.3, 0.6), (0.3, 1.0)))  # alpha, beta, gamma
_GAMMA = (0.02, 50.0)  # beyond, the shape of the law no longer changes


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class JointFit(RegressionFit[JointLaw]):
    """The fit of the joint law; `law` is a `JointLaw`. N, D: of the runs in the fit."""

    N: Array
    D: Array

    @property
    def C(self) -> Array:
        """Training FLOPs of the runs in the fit, 6·N·D."""
        return np.asarray(training_flops(self.N, self.D))


@dataclass(frozen=True, eq=False)
class _Surface(gauss_newton.Regression):
    """ln L in theta = (E, ln A', ln B', alpha, beta, ln gamma), with N and D in units of their
    means.

    A' and B' are the two terms at the mean run, and E and L are in units of the mean loss, so that
    theta is of order one and hardly correlated.
    """

    z: Array  # (2, n): ln N and ln D, centred
    centre: Array  # (2,)
    unit: float

    @property
    def low(self) -> Array:
        inf = np.inf
        return np.array([0.0, -inf, -inf, -inf, -inf, np.log(_GAMMA[0])])

    @property
    def high(self) -> Array:
        return np.array([np.inf] * 5 + [np.log(_GAMMA[1])])

    def _terms(self, theta: Array) -> tuple[Array, Array, Array]:
        """ln of the two terms to the power 1/gamma (B, 2, n), ln of their sum (B, n), and gamma."""
        gamma = np.exp(theta[:, 5])[:, None]
        slope = theta[:, 3:5, None]
        terms = (theta[:, 1:3, None] - slope * self.z) / gamma[:, :, None]
        return terms, np.logaddexp(terms[:, 0], terms[:, 1]), gamma

    def log_loss(self, theta: Array) -> Array:
        _, total, gamma = self._terms(theta)
        with np.errstate(over="ignore", divide="ignore"):
            return np.log(theta[:, :1] + np.exp(gamma * total))

    def jacobian(self, theta: Array) -> tuple[Array, Array]:
        terms, total, gamma = self._terms(theta)
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
            reducible = np.exp(gamma * total)
            loss = theta[:, :1] + reducible
            share = np.exp(terms - total[:, None])  # of each term in the brackets
            up = reducible / loss
            by_gamma = gamma * total - gamma * (share * terms).sum(1)
            columns = [1 / loss, *(up * share[:, k] for k in (0, 1))]
            columns += [-up * share[:, k] * self.z[k] for k in (0, 1)]
            return np.log(loss), np.stack([*columns, up * by_gamma], axis=1)

    def laws(self, theta: Array) -> list[JointLaw | None]:
        with np.errstate(over="ignore"):
            A, B = (
                self.unit * np.exp(theta[:, k] + theta[:, k + 2] * self.centre[k - 1])
                for k in (1, 2)
            )
        rows = np.column_stack(
            [theta[:, 0] * self.unit, A, B, theta[:, 3], theta[:, 4], np.exp(theta[:, 5])]
        )
        good = np.isfinite(rows).all(1) & np.all(rows[:, 1:] > 0, axis=1)
        return [
            JointLaw(*row) if ok else None
            for row, ok in zip(rows.tolist(), good.tolist(), strict=True)
        ]


@recorded
def fit_joint(
    N: ArrayLike,
    D: ArrayLike,
    loss: ArrayLike,
    *,
    delta: float | None = None,
    floor: bool | float = True,
    weights: ArrayLike | None = None,
    groups: ArrayLike | None = None,
) -> JointFit:
    """Fit `JointLaw` to runs by least squares on ln L, from eight starts.

    N: parameters, D: training tokens, loss: nats per token, each (n,). delta: Huber's, on ln L;
    None for least squares. floor: True fits E >= 0, False sets E = 0, a number holds E there.
    weights: one per run. groups: labels of runs that the bootstrap keeps together, such as the
    seeds of one configuration.

    If gamma is near 1, Chinchilla's law is enough; compare the two with `compare_held_out`. Raises
    CourseError for bad or too few runs, for a floor outside 0 to the lowest loss, if N and D are
    tied to each other, and if the loss does not fall in both.

    >>> truth = JointLaw(E=0.7, A=33, B=38, alpha=0.4, beta=0.3, gamma=0.6)
    >>> N, D = np.geomspace(3e3, 1e5, 6), np.geomspace(1e5, 1e7, 6)
    >>> N, D = (values.ravel() for values in np.meshgrid(N, D))
    >>> fit = fit_joint(N, D, truth(N, D))
    >>> round(fit.law.gamma, 4), round(fit.law.a, 4)
    (0.6, 0.4286)
    """
    fitted = floor is True
    N, D, loss = check_runs(6 if fitted else 5, {"N": 3, "D": 3, "loss": 3}, N=N, D=D, loss=loss)
    weights = check_weights(weights, len(N), 6 if fitted else 5)
    together = check_groups(groups, N, D, loss)
    held = check_floor(floor, loss)
    check_spread(N, D)
    z = np.log(np.stack([N, D]))
    centre = z.mean(1)
    unit = float(np.exp(np.log(loss).mean()))
    surface = _Surface(
        z=z - centre[:, None],
        centre=centre,
        unit=unit,
        y=np.log(loss / unit),
        weights=weights,
        delta=check_delta(delta),
        fixed=() if fitted else (0,),
    )
    lowest = float(loss.min()) / unit
    E = 0.6 * lowest if fitted else held / unit
    term = np.log(max(1 - E, 0.1) / 2)
    starts = np.array([[E, term, term, a, b, np.log(gamma)] for a, b, gamma in _STARTS])
    solution = search(surface, starts)
    theta = solution.theta[solution.best()]
    (law,) = surface.laws(theta[None])
    if law is None:
        raise not_falling("both as N and as D grows", len(N))
    converged, how = convergence_message(solution)
    notes = list(together.notes)
    if fitted and theta[0] <= 0:
        notes.append("E stopped at its bound 0: these runs show no floor")
    if not surface.low[5] < theta[5] < surface.high[5]:
        notes.append(f"gamma stopped at its bound {law.gamma:g}: these runs do not determine it")
    return JointFit(
        law=law,
        parameters=("E", "A", "B", "alpha", "beta", "gamma"),
        held=() if fitted else ("E",),
        variables=("N", "D"),
        loss=loss,
        residuals=np.log(np.asarray(law(N, D)) / loss),
        objective=float(solution.objective.min()),
        delta=delta,
        converged=converged,
        evidence=how,
        groups=together.numbers,
        grouped=together.grouped,
        notes=tuple(notes),
        N=N,
        D=D,
        estimator=Estimator(surface, theta),
    )
