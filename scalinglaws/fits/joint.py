"""Fitting the family that holds Chinchilla's and Kaplan's laws in N and D."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ..errors import CourseError
from ..laws import JointLaw
from .newton import Array
from .result import RegressionFit
from .scaling import leverage
from .validate import check_groups, check_runs

_STARTS = [
    (alpha, beta, gamma) for alpha in (0.3, 0.6) for beta in (0.3, 0.6) for gamma in (0.3, 1.0)
]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class JointFit(RegressionFit[JointLaw]):
    """The fit of the joint law; `law` is a `JointLaw`. N, D: of the runs in the fit."""

    N: Array
    D: Array
    estimator: _Estimator


@dataclass(frozen=True, eq=False)
class _Estimator:
    """Fits the joint law again, from the parameters that the runs gave."""

    problem: _Problem
    theta: Array

    def refit(self, counts: Array, shift: Array) -> list[JointLaw | None]:
        laws: list[JointLaw | None] = []
        for count, move in zip(*np.broadcast_arrays(counts, shift), strict=True):
            solution = self.problem.solve(self.theta, count, move)
            laws.append(self.problem.law(solution.x) if solution.success else None)
        return laws

    def leverage(self) -> Array:
        return leverage(self.problem.jacobian(self.theta), np.ones(len(self.problem.y)))


@dataclass(frozen=True, eq=False)
class _Problem:
    """Residuals ln L_model - ln L in theta = (ln E, ln A', ln B', alpha, beta, ln gamma), with N and D in units of their means.

    A' and B' are the two terms at the mean run: so that theta is of order one and hardly correlated.
    """

    z: Array  # (2, n): ln N and ln D, centred
    centre: Array  # (2,)
    y: Array  # ln L

    def _parts(self, theta):
        E, gamma = np.exp(theta[0]), np.exp(theta[5])
        terms = (
            theta[1:3, None] - theta[3:5, None] * self.z
        ) / gamma  # ln of the terms to the power 1/gamma
        total = np.logaddexp(*terms)
        return E, gamma, terms, total, np.exp(gamma * total)

    def residuals(self, theta):
        E, *_, reducible = self._parts(theta)
        return np.log(E + reducible) - self.y

    def jacobian(self, theta):
        E, gamma, terms, total, reducible = self._parts(theta)
        share = np.exp(terms - total)  # of each term in the brackets
        up = reducible / (E + reducible)
        by_gamma = gamma * total - gamma * (share * terms).sum(0)
        return np.stack(
            [E / (E + reducible), *(up * share), *(-up * share * self.z), up * by_gamma], axis=1
        )

    def solve(self, theta, counts=1.0, shift=0.0):
        from scipy.optimize import least_squares  # slow to import

        root = np.sqrt(counts)
        return least_squares(
            lambda t: root * (self.residuals(t) + shift),
            theta,
            lambda t: np.reshape(root, (-1, 1)) * self.jacobian(t),
            method="lm",
            max_nfev=200,
        )

    def law(self, theta) -> JointLaw:
        alpha, beta = theta[3:5]
        log_A, log_B = theta[1:3] + theta[3:5] * self.centre
        return JointLaw(
            *np.exp([theta[0], log_A, log_B]).tolist(),
            float(alpha),
            float(beta),
            float(np.exp(theta[5])),
        )


def fit_joint(
    N: ArrayLike, D: ArrayLike, loss: ArrayLike, *, groups: ArrayLike | None = None
) -> JointFit:
    """Fit `JointLaw` by least squares on ln L, from eight starts.

    N: parameters, D: training tokens, loss: nats per token, each (n,). groups: labels of runs that the bootstrap keeps
    together, such as the seeds of one configuration.

    Where gamma is near 1, Chinchilla's law is enough; compare the two by `compare_held_out`. Raises CourseError for bad or
    too few runs, and where no start reaches a minimum.

    >>> truth = JointLaw(E=0.7, A=33, B=38, alpha=0.4, beta=0.3, gamma=0.6)
    >>> N, D = (v.ravel() for v in np.meshgrid(np.geomspace(3e3, 1e5, 6), np.geomspace(1e5, 1e7, 6)))
    >>> fit = fit_joint(N, D, truth(N, D))
    >>> round(fit.law.gamma, 4), round(fit.law.a, 4)
    (0.6, 0.4286)
    """
    N, D, loss = check_runs(6, {"N": 3, "D": 3, "loss": 3}, N=N, D=D, loss=loss)
    numbers = check_groups(groups, len(N))
    z = np.log(np.stack([N, D]))
    centre = z.mean(1)
    problem = _Problem(z - centre[:, None], centre, np.log(loss))
    found = []
    for alpha, beta, gamma in _STARTS:
        low = np.log(loss.min())
        start = np.array([low - 0.5, low - 1.0, low - 1.0, alpha, beta, np.log(gamma)])
        solution = problem.solve(start)
        if solution.success and np.all(solution.x[3:5] > 0) and np.isfinite(solution.cost):
            found.append(solution)
    if not found:
        raise CourseError(
            f"No start reached a minimum with a loss that falls in N and in D over these {len(N)} runs."
        )
    best = min(found, key=lambda solution: solution.cost)
    same = sum(solution.cost < best.cost * (1 + 1e-6) + 1e-14 for solution in found)
    return JointFit(
        law=problem.law(best.x),
        parameters=("E", "A", "B", "alpha", "beta", "gamma"),
        variables=("N", "D"),
        loss=loss,
        residuals=problem.residuals(best.x),
        objective=float(best.cost),
        delta=None,
        converged=True,
        evidence=f"{same} of {len(_STARTS)} starts reach this minimum",
        groups=numbers,
        grouped=groups is not None,
        N=N,
        D=D,
        estimator=_Estimator(problem, best.x),
    )
