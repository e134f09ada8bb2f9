"""Fitting L(x) = E + a·x^-alpha, with or without the irreducible loss E."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from ..errors import CourseError
from ..laws import PowerLaw
from .newton import Problem, minimise, objective
from .result import Fit
from .runs import check_groups, check_runs, check_weights

_PROFILE_POINTS = 32
_POLISHED = 5  # the best points of the profile, from which the joint fit starts


@dataclass(frozen=True, eq=False, repr=False)
class PowerLawFit(Fit):
    """The fit of a power law; `law` is a `PowerLaw`, and E, a, alpha are its parameters.

    floor: what was asked of E. at_bound: whether E stopped at 0, its bound: the runs then show no floor.
    """

    x: NDArray[np.float64] = None
    floor: bool | float = True
    at_bound: bool = False
    _frame: _Frame = None

    @property
    def _parameters(self):
        return ("a", "alpha", "E") if self.floor is True else ("a", "alpha")

    @property
    def E(self) -> float:
        """The irreducible loss, in nats per token."""
        return self.law.E

    @property
    def a(self) -> float:
        """The coefficient of the power law."""
        return self.law.a

    @property
    def alpha(self) -> float:
        """The exponent of the power law."""
        return self.law.alpha

    def profile(self, points: int = 50) -> pd.DataFrame:
        """For each fixed E between 0 and the lowest loss: the best objective, alpha and a.

        Columns E, alpha, a, objective. A flat valley says that the runs do not determine E.
        """
        E, solution = self._frame.profile(points)
        laws = [self._frame.law(theta) for theta in solution.theta]
        return pd.DataFrame(
            {
                "E": E * self._frame.unit,
                "alpha": [law[1] for law in laws],
                "a": [law[0] for law in laws],
                "objective": solution.objective,
            }
        )

    def _refit(self, counts):
        starts = np.repeat(self._frame.theta(self.law)[None], len(counts), 0)
        solution = minimise(
            self._frame.problem, starts, counts * self._frame.weights, self._frame.fixed
        )
        laws = (self._frame.law(theta) for theta in solution.theta[solution.converged])
        return [PowerLaw(*law) for law in laws if _is_law(law)]


def _is_law(law: tuple[float, float, float]) -> bool:
    a, alpha, _ = law
    return np.isfinite(a) and a > 0 and alpha > 0


@dataclass(frozen=True)
class _Frame:
    """The problem in its own units: ln x around its mean, loss around its geometric mean.

    Centring is what makes Newton's equations well conditioned: in raw units ln a and alpha correlate at 0.999.
    """

    problem: Problem
    centre: float
    unit: float
    weights: NDArray[np.float64]
    fixed: tuple[int, ...]

    @classmethod
    def of(cls, x, loss, weights, delta, floor) -> _Frame:
        centre, unit = float(np.log(x).mean()), float(np.exp(np.log(loss).mean()))
        problem = Problem(
            z=(np.log(x) - centre)[None],
            y=np.log(loss / unit),
            delta=np.inf if delta is None else delta,
        )
        return cls(problem, centre, unit, weights, fixed=() if floor is True else (0,))

    def law(self, theta) -> tuple[float, float, float]:
        """(a, alpha, E) in the user's units."""
        E, c, p = theta
        with np.errstate(over="ignore"):
            return self.unit * float(np.exp(c + p * self.centre)), float(p), self.unit * float(E)

    def theta(self, law: PowerLaw) -> NDArray[np.float64]:
        c = np.log(law.a / self.unit) - law.alpha * self.centre
        return np.array([law.E / self.unit, c, law.alpha])

    def lines(self, E: NDArray[np.float64]) -> NDArray[np.float64]:
        """For each fixed E below every loss: the straight line through ln(L - E) against ln x, as a start.

        Weights ((L - E)/L)² turn errors of ln(L - E) back into errors of ln L.
        """
        z, L = self.problem.z[0], np.exp(self.problem.y)
        rest = L - E[:, None]
        w = self.weights * (rest / L) ** 2
        w = w / w.sum(1, keepdims=True)
        mean_z, mean_y = (w * z).sum(1), (w * np.log(rest)).sum(1)
        dz = z - mean_z[:, None]
        slope = (w * dz * np.log(rest)).sum(1) / (w * dz * dz).sum(1)
        return np.stack([E, mean_y - slope * mean_z, -slope], axis=1)

    def floors(self, points: int) -> NDArray[np.float64]:
        """Values of E from 0 to just below the lowest loss, denser towards it."""
        lowest = np.exp(self.problem.y.min())
        return lowest * (1 - np.geomspace(1, 1e-3, points))

    def profile(self, points: int):
        """(E, solution): the best fit at each fixed E."""
        E = self.floors(points)
        return E, minimise(self.problem, self.lines(E), self.weights, fixed=(0,))


def fit_power_law(
    x: ArrayLike,
    loss: ArrayLike,
    *,
    floor: bool | float = True,
    delta: float | None = None,
    weights: ArrayLike | None = None,
    groups: ArrayLike | None = None,
) -> PowerLawFit:
    """Fit L(x) = E + a·x^-alpha to runs by least squares on ln L.

    x: N, D, C or anything positive, shape (n,). loss: nats per token, shape (n,).
    floor: True fits E >= 0, False sets E = 0 (Kaplan's form), a number holds E there.
    delta: Huber's delta on ln L (Hoffmann et al. 2022 use 1e-3), None for least squares.
    weights: one for each run. groups: labels; runs of one group (seeds of one configuration, say) are resampled
    together by the bootstrap.

    E is profiled in one dimension, so no starting point is needed, and the best profile points are polished jointly
    by Newton's method.

    Raises CourseError for bad or too few runs, and where the loss does not fall as x grows.

    >>> x = np.geomspace(1e6, 1e10, 9)
    >>> fit = fit_power_law(x, 1.7 + 400 * x**-0.34)
    >>> round(fit.E, 6), round(fit.a, 3), round(fit.alpha, 6), fit.converged
    (1.7, 400.0, 0.34, True)
    """
    profiled = floor is True
    x, loss = check_runs(3 if profiled else 2, {"x": 3 if profiled else 2}, x=x, loss=loss)
    weights = check_weights(weights, len(x))
    groups = check_groups(groups, len(x))
    if delta is not None and not delta > 0:
        raise CourseError(f"delta must be positive, not {delta}.")
    held = 0.0 if isinstance(floor, bool) else float(floor)
    if not (np.isfinite(held) and 0 <= held < loss.min()):
        raise CourseError(
            f"floor = {held:g} must lie between 0 and the lowest loss, {loss.min():.6g}."
        )

    frame = _Frame.of(x, loss, weights, delta, floor)
    starts = frame.lines(
        frame.floors(_PROFILE_POINTS) if profiled else np.array([held / frame.unit])
    )
    order = np.argsort(objective(frame.problem, starts, weights))
    solution = minimise(frame.problem, starts[order[:_POLISHED]], weights, frame.fixed)
    best = solution.best()
    a, alpha, E = frame.law(solution.theta[best])
    if not _is_law((a, alpha, E)):
        raise CourseError(
            f"The loss does not fall as x grows over these {len(x)} runs, so no power law can be fitted."
        )
    law = PowerLaw(a=a, alpha=alpha, E=E)

    converged = bool(solution.converged[best])
    agree = int(np.sum(solution.objective <= solution.objective[best] * (1 + 1e-6) + 1e-24))
    evidence = (
        f"the Hessian is positive definite and a Newton step gains {solution.decrement[best]:.0e} of the objective; "
        f"{agree} of {len(solution.objective)} starts agree"
        if converged
        else "Newton's method stopped before the gradient vanished; do not use these numbers"
    )
    at_bound = profiled and E == 0
    return PowerLawFit(
        law=law,
        loss=loss,
        residuals=np.log(np.asarray(law(x)) / loss),
        objective=float(solution.objective[best]),
        delta=delta,
        converged=converged,
        evidence=evidence,
        groups=groups,
        notes=("E stopped at its bound 0: these runs show no floor",) if at_bound else (),
        x=x,
        floor=floor,
        at_bound=at_bound,
        _frame=frame,
    )
