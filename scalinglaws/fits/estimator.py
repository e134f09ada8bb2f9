"""Fitting the same law again: to resampled runs, to all runs but one, along a profile."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from . import gauss_newton
from .bootstrap import Influence
from .newton import Array, Solution, huber

L = TypeVar("L")

_PATIENCE = 12  # how often a search that is still descending is continued


class Regression(gauss_newton.Model, Protocol[L]):
    """A law to be fitted to ln L of runs, in its parameter vector theta."""

    @property
    def y(self) -> Array:
        """ln L of the runs (n,), up to a constant."""
        ...

    @property
    def weights(self) -> Array:
        """Weights of the runs (n,)."""
        ...

    @property
    def delta(self) -> float:
        """Huber's delta; infinite for least squares."""
        ...

    @property
    def fixed(self) -> tuple[int, ...]:
        """Indices of the parameters that are held."""
        ...

    def laws(self, theta: Array) -> list[L | None]:
        """The law of each theta (B, P); None where theta is not a valid law."""
        ...

    def minimise(
        self, starts: Array, weights: Array | None = None, y: Array | None = None
    ) -> Solution:
        """Minimise from the starts (B, P); weights and y of resamples (B, n), if given."""
        ...


def search(regression: Regression[Any], starts: Array) -> Solution:
    """Minimise from the starts (B, P). If the best is still moving, continue from there."""
    solution = regression.minimise(starts)
    for _ in range(_PATIENCE):
        best = solution.best()
        if solution.converged[best]:
            break
        further = regression.minimise(solution.theta[[best]])
        moved = further.objective[0] < solution.objective[best] * (1 - 1e-10)
        solution = solution.replaced(np.arange(len(solution.objective)) == best, further)
        if not moved:
            break
    return solution


@dataclass(frozen=True)
class Estimator(Generic[L]):
    """A regression, and the theta (P,) at its minimum."""

    regression: Regression[L]
    theta: Array

    @property
    def free(self) -> NDArray[np.int_]:
        """Indices of the parameters that are neither held nor at a bound (p,)."""
        free = (self.theta > self.regression.low) & (self.theta < self.regression.high)
        free[list(self.regression.fixed)] = False
        return np.arange(len(free))[free]

    def design(self) -> Array:
        """d ln L_model/d theta of each run, for the free parameters (n, p)."""
        return self.regression.jacobian(self.theta[None])[1][0][self.free].T

    def leverage(self) -> Array:
        """How much each run pulls the fit towards itself, 0 to 1 (n,): the hat matrix's diagonal."""
        return (self.hat() ** 2).sum(1)

    def hat(self) -> Array:
        """Q (n, p) with orthonormal columns, so that Q Qᵀ is the hat matrix of the weighted runs."""
        return np.linalg.qr(self.design() * np.sqrt(self.regression.weights)[:, None])[0]

    def refit(self, counts: Array, shift: Array) -> list[L | None]:
        """The law of each resample, None where it could not be fitted.

        counts multiply the weights, shift is added to ln L; each is (B, n) or (1, n).
        """
        regression = self.regression
        starts = np.repeat(self.theta[None], max(len(counts), len(shift)), 0)
        solution = regression.minimise(starts, counts * regression.weights, regression.y + shift)
        laws = regression.laws(solution.theta)
        return [law if ok else None for law, ok in zip(laws, solution.converged, strict=True)]

    def objective(self, theta: Array) -> Array:
        """The sum of Huber terms at theta (B, P)."""
        r = self.regression.log_loss(theta) - self.regression.y
        return (self.regression.weights * huber(r, self.regression.delta)).sum(1)

    def beside(self) -> tuple[list[L | None], list[L | None], Array]:
        """Laws on either side of the fit, one pair per free parameter, and how far apart (p,)."""
        width = 1e-5 * np.maximum(np.abs(self.theta), 1e-2)
        steps = (np.diag(width))[self.free]
        laws = self.regression.laws(np.concatenate([self.theta + steps, self.theta - steps]))
        p = len(steps)
        return laws[:p], laws[p:], 2 * width[self.free]

    def influence(self, units: NDArray[np.int_]) -> Influence[L]:
        """How much the noise of each run moves quantities computed from the law."""
        up, down, width = self.beside()
        root, triangle = np.linalg.qr(self.design() * np.sqrt(self.regression.weights)[:, None])
        along = root @ np.linalg.pinv(triangle).T
        return Influence(tuple(up), tuple(down), width, along, root, units)

    def gradient(self, quantity: Callable[[L], Any]) -> Array:
        """d quantity/d theta (p, ...) for the free parameters, by central differences."""
        rows: list[Array] = []
        for *pair, width in zip(*self.beside(), strict=True):
            up, down = (np.asarray(law and quantity(law), dtype=float) for law in pair)
            rows.append((up - down) / width)
        return np.array(rows)

    def covariance(self) -> Array:
        """The sandwich covariance of the free theta (p, p): noise may differ from run to run.

        (GᵀKG)⁻¹ (Σ ψ²gg ᵀ/(1 - h)) (GᵀKG)⁻¹ (Huber 1967; HC2 of MacKinnon & White 1985, Journal of
        Econometrics 29, 305). K holds Huber's second derivative, averaged over the noise if delta
        is smaller than the noise: the share of residuals within a bandwidth, as Powell does for
        medians.
        """
        g, (psi, curve) = self.design(), self._scores()
        bread = np.linalg.pinv((g * curve[:, None]).T @ g)
        h = np.minimum(self.leverage(), 0.99)
        meat = (g * (psi**2 / (1 - h))[:, None]).T @ g
        return bread @ meat @ bread

    def noise(self) -> float:
        """The variance with which one more run enters the covariance of theta."""
        psi, curve = self._scores()
        used = max(len(psi) - len(self.free), 1)
        return float((psi**2).sum() / used / max(curve.mean(), 1e-12) ** 2)

    def _scores(self) -> tuple[Array, Array]:
        """The first derivative of Huber's loss at each run, and the second, averaged if delta is
        small (n,).
        """
        w, delta = self.regression.weights, self.regression.delta
        r = self.regression.log_loss(self.theta[None])[0] - self.regression.y
        if not np.isfinite(delta):
            return w * r, w * 1.0
        wide = 1.5 * float(np.median(np.abs(r))) / 0.6745 * len(r) ** (-1 / 5)
        band = max(delta, wide)
        return w * np.clip(r, -delta, delta), w * (np.abs(r) <= band) * (delta / band)

    def profile(
        self, quantity: Callable[[L], Any], values: Sequence[float] | Array
    ) -> tuple[Array, list[L | None]]:
        """The least objective, and its law, with the quantity held at each value in turn.

        The constraint is one more run whose "loss" is the quantity, with a weight so large that it
        holds at the minimum. The search moves outwards from the fit and starts each value from the
        law before.
        """
        values = np.asarray(values, dtype=float)
        held = _Held(self.regression, quantity, self._spread(quantity))
        centre = float(np.asarray(held.at(self.theta)))
        objective = np.full(len(values), np.inf)
        laws: list[L | None] = [None] * len(values)
        for side in (values >= centre, values < centre):
            theta = self.theta
            for i in sorted(np.flatnonzero(side), key=lambda i: abs(values[i] - centre)):
                solution = held.minimise(theta, values[i])
                found = solution.theta[0]
                (law,) = self.regression.laws(found[None])
                if law is None or not np.isclose(
                    held.at(found), values[i], rtol=0, atol=0.02 * held.unit
                ):
                    continue
                theta, laws[i] = found, law
                objective[i] = self.objective(found[None])[0]
        return objective, laws

    def _spread(self, quantity: Callable[[L], Any]) -> float:
        g = self.gradient(quantity)
        variance = float(g @ self.covariance() @ g)
        return float(np.sqrt(variance)) if variance > 0 else 1.0


@dataclass(frozen=True)
class _Held(Generic[L]):
    """A regression with one more run, whose ln L is a quantity of the law in units of its error."""

    regression: Regression[L]
    quantity: Callable[[L], Any]
    unit: float

    @property
    def low(self) -> Array:
        return self.regression.low

    @property
    def high(self) -> Array:
        return self.regression.high

    def at(self, theta: Array) -> float:
        """The quantity at theta (P,), nan where there is no law."""
        (law,) = self.regression.laws(theta[None])
        return np.nan if law is None else float(np.asarray(self.quantity(law)))

    def log_loss(self, theta: Array) -> Array:
        row = np.array([self.at(t) for t in theta]) / self.unit
        return np.concatenate([self.regression.log_loss(theta), row[:, None]], axis=1)

    def jacobian(self, theta: Array) -> tuple[Array, Array]:
        log_model, g = self.regression.jacobian(theta)
        row = np.array([self.at(t) for t in theta]) / self.unit
        slope = np.zeros((*theta.shape, 1))
        for j in range(theta.shape[1]):
            step = np.zeros(theta.shape[1])
            step[j] = 1e-6
            up = np.minimum(theta + step, self.high)
            down = np.maximum(theta - step, self.low)
            change = np.array(
                [self.at(above) - self.at(below) for above, below in zip(up, down, strict=True)]
            )
            slope[:, j, 0] = change / ((up - down)[:, j] * self.unit)
        return np.concatenate([log_model, row[:, None]], 1), np.concatenate([g, slope], 2)

    def minimise(self, start: Array, value: float) -> Solution:
        regression = self.regression
        heavy = 1e3 * max(float(regression.weights.sum()), 1.0)
        return gauss_newton.minimise(
            self,
            start[None],
            np.append(regression.y, value / self.unit),
            np.append(regression.weights, heavy),
            regression.delta,
            regression.fixed,
        )
