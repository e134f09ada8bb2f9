"""Normalised coordinates for fitting: log-features centred, losses over their geometric mean.

Centring makes Newton's equations well conditioned: in raw units ln B and beta correlate at 0.9999.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import gauss_newton
from .newton import Array, Problem, Solution, jacobian, log_loss, minimise

L = TypeVar("L")


@dataclass(frozen=True)
class Scaling(Generic[L]):
    """A `Problem` for L = E + Σ_k a_k·x_k^-p_k, and the way back to the user's units.

    make: the law of E, a (K,) and p (K,). centre (K,): mean of each ln x_k. unit: geometric mean of
    the losses. fixed: indices of the parameters that are held.
    """

    make: Callable[[float, Array, Array], L]
    problem: Problem
    centre: Array
    unit: float
    weights: Array
    fixed: tuple[int, ...] = ()

    @classmethod
    def of(
        cls,
        make: Callable[[float, Array, Array], L],
        features: Sequence[Array],
        loss: Array,
        weights: Array,
        delta: float,
        fixed: tuple[int, ...] = (),
    ) -> Scaling[L]:
        """features: the K arrays x_k (n,); loss and weights (n,); delta inf means least squares."""
        z = np.log(np.stack(features))
        centre = z.mean(1)
        unit = float(np.exp(np.log(loss).mean()))
        problem = Problem(
            z=z - centre[:, None],
            y=np.log(loss / unit),
            delta=delta,
        )
        return cls(make, problem, centre, unit, weights, fixed)

    def parameters(self, theta: Array) -> tuple[Array, Array, Array]:
        """E (B,), a (B, K) and p (B, K) of parameter vectors (B, P), in the user's units."""
        K = self.problem.K
        E, c, p = theta[:, 0], theta[:, 1 : K + 1], theta[:, K + 1 :]
        with np.errstate(over="ignore"):
            return self.unit * E, self.unit * np.exp(c + p * self.centre), p

    def theta(self, E: float, a: ArrayLike, p: ArrayLike) -> Array:
        """The parameter vector (P,) of a law given in the user's units."""
        c = np.log(np.asarray(a) / self.unit) - np.asarray(p) * self.centre
        return np.concatenate([[E / self.unit], c, p])

    @property
    def y(self) -> Array:
        """ln L in units of its geometric mean (n,)."""
        return self.problem.y

    @property
    def delta(self) -> float:
        """Huber's delta; infinite for least squares."""
        return self.problem.delta

    @property
    def low(self) -> Array:
        """The least theta: only E has a bound."""
        return np.array([0.0] + [-np.inf] * (self.problem.P - 1))

    @property
    def high(self) -> Array:
        """No parameter has an upper bound."""
        return np.full(self.problem.P, np.inf)

    def log_loss(self, theta: Array) -> Array:
        """ln L in units of its geometric mean (B, n)."""
        return log_loss(self.problem, theta)[0]

    def jacobian(self, theta: Array) -> tuple[Array, Array]:
        """`log_loss`, and its derivative (B, P, n)."""
        log_model, terms = log_loss(self.problem, theta)
        return log_model, jacobian(self.problem, log_model, terms)[1]

    def minimise(
        self, starts: Array, weights: Array | None = None, y: Array | None = None
    ) -> Solution:
        """Minimise from the starts (B, P) by Newton's method, or by a line search if that is stuck.

        weights, y: of resamples (B, n); the data's own unless given.
        """
        weights = self.weights if weights is None else weights
        y = self.problem.y if y is None else y
        solution = minimise(self.problem, starts, weights, y, self.fixed)
        stuck = ~solution.converged
        if not stuck.any():
            return solution
        shape = len(starts), len(self.problem.y)
        rest = gauss_newton.minimise(
            self,
            solution.theta[stuck],
            np.broadcast_to(y, shape)[stuck],
            np.broadcast_to(weights, shape)[stuck],
            self.problem.delta,
            self.fixed,
        )
        return solution.replaced(stuck, rest)

    def laws(self, theta: Array) -> list[L | None]:
        """The law of each theta (B, P); None where it does not decrease in every x."""
        E, a, p = self.parameters(theta)
        good = is_decreasing(a, p) & np.isfinite(E) & (E >= 0)
        return [
            self.make(float(e), x, q) if ok else None
            for e, x, q, ok in zip(E, a, p, good, strict=True)
        ]


def is_decreasing(a: Array, p: Array) -> NDArray[np.bool_]:
    """Whether every term decreases as its x grows: a positive and finite, p positive."""
    return np.all(np.isfinite(a) & (a > 0) & np.isfinite(p) & (p > 0), axis=-1)


def convergence_message(solution: Solution) -> tuple[bool, str]:
    """Whether the best of several starts converged, and a sentence with the evidence."""
    best = solution.best()
    F = solution.objective
    if not solution.converged[best]:
        return False, ("the search stopped before the gradient vanished; do not use these numbers")
    agree = int(np.sum(F[best] * (1 + 1e-6) + 1e-24 >= F))
    gain = abs(solution.decrement[best])  # the sign of a rounding error is meaningless
    how = (
        f"another Newton step would lower it by {gain:.0e} of itself"
        if gain <= 1e-6 and F[best] > 0
        else "the residuals are zero to rounding error"
    )
    return (
        True,
        f"{agree} of {len(F)} starts reach this minimum; {how}",
    )
