"""Normalised coordinates for fitting: log-features centred, losses over their geometric mean.

Centring is what makes Newton's equations well conditioned: in raw units ln B and beta correlate at 0.9999.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .newton import Array, Problem, Solution, jacobian, log_loss, minimise


@dataclass(frozen=True)
class Scaling:
    """A `Problem` for L = E + Σ_k a_k·x_k^-p_k, and the way back to the user's units.

    centre (K,): mean of each ln x_k. unit: geometric mean of the losses. fixed: indices of the
    parameters that are held.
    """

    problem: Problem
    centre: Array
    unit: float
    weights: Array
    fixed: tuple[int, ...] = ()

    @classmethod
    def of(
        cls,
        features: Sequence[Array],
        loss: Array,
        weights: Array,
        delta: float | None,
        fixed: tuple[int, ...] = (),
    ) -> Scaling:
        """features: the K arrays x_k (n,); loss and weights (n,); delta None means least squares."""
        z = np.log(np.stack(features))
        centre = z.mean(1)
        unit = float(np.exp(np.log(loss).mean()))
        problem = Problem(
            z=z - centre[:, None],
            y=np.log(loss / unit),
            delta=np.inf if delta is None else delta,
        )
        return cls(problem, centre, unit, weights, fixed)

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

    def minimise(self, starts: Array) -> Solution:
        """Minimise from the starts (B, P)."""
        return minimise(self.problem, starts, self.weights, fixed=self.fixed)

    def leverage(self, theta: Array) -> Array:
        """How much each run pulls the fit at theta (P,) towards itself, 0 to 1, in sum the free parameters."""
        free = np.ones(self.problem.P, dtype=bool)
        free[list(self.fixed)] = False
        free[0] &= theta[0] > 0
        columns = jacobian(self.problem, *log_loss(self.problem, theta[None]))[1][0, free]
        return leverage(columns.T, self.weights)

    def refit(
        self, start: Array, counts: Array, shift: Array
    ) -> list[tuple[float, Array, Array] | None]:
        """(E, a, p) of resamples: counts multiply the weights, shift is added to ln L.

        Each is (B, n) or (1, n). None for resamples that did not converge, or whose law does not
        decrease.
        """
        solution = minimise(
            self.problem,
            np.repeat(start[None], max(len(counts), len(shift)), 0),
            counts * self.weights,
            self.problem.y + shift,
            self.fixed,
        )
        E, a, p = self.parameters(solution.theta)
        good = solution.converged & is_decreasing(a, p)
        return [(float(e), x, q) if ok else None for e, x, q, ok in zip(E, a, p, good, strict=True)]


def leverage(design: Array, weights: Array) -> Array:
    """The diagonal of the hat matrix of a design (n, p)."""
    q = np.linalg.qr(design * np.sqrt(weights)[:, None])[0]
    return (q * q).sum(1)


def is_decreasing(a: Array, p: Array) -> NDArray[np.bool_]:
    """Whether every term decreases as its x grows: a positive and finite, p positive."""
    return (np.isfinite(a) & (a > 0) & np.isfinite(p) & (p > 0)).all(-1)


def convergence_message(solution: Solution) -> tuple[bool, str]:
    """Whether the best of several starts converged, and the sentence that says how that is known."""
    best = solution.best()
    F = solution.objective
    if not solution.converged[best]:
        return False, (
            "Newton's method stopped before the gradient vanished; do not use these numbers"
        )
    agree = int(np.sum(F[best] * (1 + 1e-6) + 1e-24 >= F))
    gain = solution.decrement[best]
    how = (
        f"another Newton step would lower it by {gain:.0e} of itself"
        if gain <= 1e-6
        else "the residuals are zero to rounding error"
    )
    return (
        True,
        f"{agree} of {len(F)} starts reach this minimum; {how}; the Hessian is positive definite",
    )
