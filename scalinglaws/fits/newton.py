"""Damped Newton for laws of the form L = E + Σ_k exp(c_k - p_k·z_k), many fits at once.

The parameter vector is (E, c_1..c_K, p_1..p_K): K = 1 is the power law (z = ln x, c = ln a, p =
alpha), K = 2 Chinchilla's (z = ln N, ln D; c = ln A, ln B; p = alpha, beta). The objective is the
*sum* over runs of w·huber(ln L_model - ln L). Gradient and Hessian are analytic, and every array
carries a leading batch axis: starting points share one set of weights, and bootstrap resamples pass
their counts as weights.

Why not scipy's L-BFGS? Its stopping rules are absolute for objectives below 1, so it stops early
and reports success (this is how a published confidence interval came out far too narrow: Besiroglu
et al. 2024). Here a fit counts as converged only if a full Newton step could not lower the
objective by more than 1e-12 of itself, at a point where the Hessian is positive definite.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_MAX_STEPS = 60
_DECREMENT = 1e-12  # converged: the predicted gain of a Newton step, relative to the objective
ROUND_OFF = (
    1e-13  # converged: root mean square of the log residuals, where runs follow the law exactly
)
_CURVED = 1e-12  # the smallest eigenvalue of the scaled Hessian that counts as positive
_CHUNK = 2_000_000  # numbers in one temporary array; bounds the memory for many runs or resamples


@dataclass(frozen=True)
class Problem:
    """The data of a fit: z (K, n) features, y (n,) log losses, Huber's delta (inf: least squares)."""

    z: Array
    y: Array
    delta: float = np.inf

    @cached_property
    def moments(self) -> Array:
        """1, z and z² of each feature, (K, 3, n)."""
        return np.stack([np.ones_like(self.z), self.z, self.z**2], axis=1)

    @property
    def K(self) -> int:
        return len(self.z)

    @property
    def P(self) -> int:
        return 1 + 2 * self.K


@dataclass(frozen=True)
class Solution:
    """Per batch member: theta (B, P), objective, converged, and Newton's relative decrement at the
    end.
    """

    theta: Array
    objective: Array
    converged: NDArray[np.bool_]
    decrement: Array
    steps: NDArray[np.int_]

    def replaced(self, where: NDArray[np.bool_], rest: Solution) -> Solution:
        """This solution with other members where the mask `where` (B,) is true."""

        def merged(old: NDArray[Any], new: NDArray[Any]) -> NDArray[Any]:
            whole = old.copy()
            whole[where] = new
            return whole

        return Solution(
            theta=merged(self.theta, rest.theta),
            objective=merged(self.objective, rest.objective),
            converged=merged(self.converged, rest.converged),
            decrement=merged(self.decrement, rest.decrement),
            steps=merged(self.steps, self.steps[where] + rest.steps),
        )

    def best(self) -> int:
        """The batch member with the lowest objective."""
        return int(np.argmin(self.objective))


def huber(r: Array, delta: float) -> Array:
    """Huber's loss: r²/2 for |r| <= delta, linear beyond."""
    if np.isinf(delta):
        return 0.5 * r * r
    size = np.abs(r)
    return np.where(size <= delta, 0.5 * r * r, delta * (size - 0.5 * delta))


def log_loss(problem: Problem, theta: Array) -> tuple[Array, Array]:
    """ln L of the model (B, n), and its terms exp(c - p·z) (B, K, n).

    Overflow gives inf, without a warning.
    """
    K = problem.K
    E, c, p = theta[:, :1], theta[:, 1 : K + 1, None], theta[:, K + 1 :, None]
    with np.errstate(over="ignore", divide="ignore"):
        terms = np.exp(c - p * problem.z)
        return np.log(E + terms.sum(1)), terms


def objective(problem: Problem, theta: Array, weights: Array, y: Array | None = None) -> Array:
    """The weighted sum of Huber terms, (B,). weights, and y if it is not the problem's: (n,) or (B, n)."""
    residual = log_loss(problem, theta)[0] - (problem.y if y is None else y)
    # A trial step that is too large can reach infinity, and 0·inf is nan: it counts as no
    # improvement.
    with np.errstate(invalid="ignore"):
        return (weights * huber(residual, problem.delta)).sum(1)


def jacobian(problem: Problem, log_model: Array, terms: Array) -> tuple[Array, Array]:
    """The share of each term in L (B, K, n), and d ln L/d theta (B, P, n), from the results of `log_loss`."""
    K, z = problem.K, problem.z
    inverse = np.exp(-log_model)
    share = terms * inverse[:, None]
    g = np.empty((len(log_model), problem.P, z.shape[1]))
    g[:, 0] = inverse
    g[:, 1 : K + 1] = share
    np.multiply(share, -z, out=g[:, K + 1 :])
    return share, g


def derivatives(
    problem: Problem, log_model: Array, terms: Array, weights: Array, y: Array
) -> tuple[Array, Array, Array, Array]:
    """Gradient (B, P), Hessian (B, P, P), its Gauss-Newton approximation, and scales (B, P).

    log_model and terms come from `log_loss` at theta. The approximation is the matrix of iteratively
    reweighted least squares (IRLS): positive semi-definite, for steps where the Hessian is not
    positive. The scales are the square roots of its diagonal.
    """
    K, delta = problem.K, problem.delta
    share, g = jacobian(problem, log_model, terms)
    g_t = g.transpose(0, 2, 1)
    r = log_model - y
    if np.isinf(delta):
        psi, dpsi, irls_weight = weights * r, weights, weights
    else:
        size = np.abs(r)
        psi = weights * np.clip(r, -delta, delta)
        dpsi = weights * (size <= delta)
        irls_weight = weights * (delta / np.maximum(size, delta))  # psi(r)/r
    gradient = (g @ psi[:, :, None])[:, :, 0]
    # Both matrices are Σ_i c_i·g_i·g_iᵀ, with other coefficients c.
    coefficients = np.stack([dpsi - psi, irls_weight], axis=1)
    products = (g[:, None] * coefficients[:, :, None]) @ g_t[:, None]
    hessian, irls = products[:, 0], products[:, 1]
    # d²L/L is block-diagonal: for term k, share_k·[[1, -z], [-z, z²]] in (c_k, p_k).
    pulled = psi[:, None] * share
    k = np.arange(K)
    moments = np.einsum("bkn,kmn->bkm", pulled, problem.moments)
    hessian[:, 1 + k, 1 + k] += moments[:, :, 0]
    hessian[:, 1 + k, 1 + K + k] -= moments[:, :, 1]
    hessian[:, 1 + K + k, 1 + k] -= moments[:, :, 1]
    hessian[:, 1 + K + k, 1 + K + k] += moments[:, :, 2]
    scale = np.sqrt(np.maximum(irls.diagonal(axis1=1, axis2=2), 1e-300))
    return gradient, hessian, irls, scale


def minimise(
    problem: Problem,
    starts: Array,
    weights: Array | None = None,
    y: Array | None = None,
    fixed: tuple[int, ...] = (),
) -> Solution:
    """Minimise from every start (B, P), with E >= 0. `fixed`: indices of parameters to hold.

    weights and y (the problem's unless given): (n,) shared, or (B, n), one set for each start. Long batches are worked
    through in chunks.
    """
    starts = np.atleast_2d(np.asarray(starts, dtype=float))
    shape = len(starts), problem.z.shape[1]
    weights = np.broadcast_to(1.0 if weights is None else weights, shape)
    y = np.broadcast_to(problem.y if y is None else y, shape)
    chunk = max(1, _CHUNK // (problem.P * shape[1]))
    parts = [
        _minimise(problem, starts[i:j], weights[i:j], y[i:j], fixed)
        for i, j in ((i, i + chunk) for i in range(0, len(starts), chunk))
    ]
    return Solution(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _minimise(
    problem: Problem, starts: Array, weights: Array, y: Array, fixed: tuple[int, ...]
) -> tuple[Array, Array, NDArray[np.bool_], Array, NDArray[np.int_]]:
    """One chunk of `minimise`.

    A batch member leaves the loop when it has converged or cannot move any further.
    """
    B, P = starts.shape
    theta, diagonal = starts.copy(), np.arange(P)
    value, decrement = np.full(B, np.inf), np.full(B, np.inf)
    converged, steps = np.zeros(B, dtype=bool), np.zeros(B, dtype=int)
    exact = 0.5 * weights.sum(1) * ROUND_OFF**2  # an objective that is zero up to rounding
    free = np.ones(P)
    free[list(fixed)] = 0.0

    # The members still in the loop: their index, point, objective, results of `log_loss`, weights,
    # y, damping.
    members, t, w = np.arange(B), theta.copy(), weights
    log_model, terms = log_loss(problem, t)
    F = (w * huber(log_model - y, problem.delta)).sum(1)
    damping = np.full(B, 1e-3)
    for step in range(_MAX_STEPS):
        gradient, hessian, irls, scale = derivatives(problem, log_model, terms, w, y)

        # Scaled, so that damping and curvature have no units. Fixed parameters do not move, nor
        # does E at its bound while the objective pushes it outwards: their rows and columns become
        # those of the identity.
        move_free = np.broadcast_to(free, t.shape).copy()
        move_free[:, 0] *= (t[:, 0] > 0) | (gradient[:, 0] <= 0)
        unit = move_free / scale
        slope = gradient * unit
        hessian *= unit[:, :, None] * unit[:, None, :]
        hessian[:, diagonal, diagonal] += 1 - move_free

        eigenvalues, vectors = np.linalg.eigh(hessian)
        positive = eigenvalues[:, 0] > _CURVED
        along = (slope[:, None] @ vectors)[:, 0]
        gain = 0.5 * (along**2 / np.where(positive[:, None], eigenvalues, 1.0)).sum(1)
        relative = np.where(positive, gain / np.maximum(F, 1e-300), np.inf)
        done = positive & ((relative <= _DECREMENT) | (exact[members] >= F))
        theta[members], value[members], steps[members] = t, F, step
        decrement[members], converged[members] = relative, done

        stay = ~done & (damping < 1e14)
        if not stay.all():
            if not stay.any():
                break
            members = members[stay]
            t, w, y, F, damping = (a[stay] for a in (t, w, y, F, damping))
            log_model, terms, positive = log_model[stay], terms[stay], positive[stay]
            slope, unit, along = slope[stay], unit[stay], along[stay]
            eigenvalues, vectors, irls = eigenvalues[stay], vectors[stay], irls[stay]
            move_free = move_free[stay]

        # Levenberg-Marquardt: raise the damping of a fit until its step lowers the objective.
        damped = np.where(positive[:, None], eigenvalues, 1.0) + damping[:, None]
        move = -(vectors @ (along / damped)[:, :, None])[:, :, 0]
        if not positive.all():
            bad = ~positive
            matrix = irls[bad] * (unit[bad, :, None] * unit[bad, None, :])
            # The approximation may be singular; a little damping keeps its equations solvable.
            lift = 1 - move_free[bad] + np.maximum(damping[bad], 1e-9)[:, None]
            matrix[:, diagonal, diagonal] += lift
            move[bad] = -np.linalg.solve(matrix, slope[bad, :, None])[:, :, 0]
        trial = t + move * unit
        trial[:, 0] = np.maximum(trial[:, 0], 0.0)
        trial_model, trial_terms = log_loss(problem, trial)
        # A step that is too large can reach infinity, and 0·inf is nan: it counts as no
        # improvement.
        with np.errstate(invalid="ignore"):
            trial_F = (w * huber(trial_model - y, problem.delta)).sum(1)
        better = trial_F <= F
        if better.all():
            t, F, log_model, terms = trial, trial_F, trial_model, trial_terms
        else:
            t[better], F[better] = trial[better], trial_F[better]
            log_model[better], terms[better] = trial_model[better], trial_terms[better]
        damping = np.maximum(np.where(better, damping / 10, damping * 10), 1e-15)
    return theta, value, converged, decrement, steps


def starting_points(
    problem: Problem, weights: Array | None = None, spans: tuple[float, ...] = (1.25, 2, 3.2)
) -> Array:
    """A grid of exponents, and for each the best E >= 0, exp(c_k) >= 0 by non-negative least
    squares.

    An exponent p is `span` over the range of z, so that its term falls by e^-span across the runs;
    this makes the starts independent of the units of N and D. The law is linear in (E, exp(c)) once
    p is known, and has so few coefficients that trying every subset finds the exact non-negative
    solution.
    """
    K, n = problem.z.shape
    width = np.maximum(np.ptp(problem.z, axis=1), 1e-3)
    grid = np.stack(np.meshgrid(*[np.asarray(spans) / w for w in width], indexing="ij"), -1)
    p = grid.reshape(-1, K)
    w = np.ones(n) if weights is None else weights
    L = np.exp(problem.y)
    columns = np.concatenate(
        [np.ones((len(p), 1, n)), np.exp(-p[:, :, None] * problem.z)], axis=1
    )  # (S, 1 + K, n)
    columns = columns / L * np.sqrt(w)  # relative errors
    size = np.sqrt((columns**2).sum(2))
    unit = columns / size[:, :, None]
    gram, target = unit @ unit.transpose(0, 2, 1), unit @ np.sqrt(w)
    best = np.zeros((len(p), K + 1))
    lowest = np.zeros(len(p))
    for subset in range(1, 2 ** (K + 1)):
        on = [j for j in range(K + 1) if subset >> j & 1]
        block = gram[:, on][:, :, on] + 1e-12 * np.eye(len(on))
        x = np.linalg.solve(block, target[:, on, None])[:, :, 0]
        gain = -(x * target[:, on]).sum(1)  # change of the sum of squares
        wins = (x >= 0).all(1) & (gain < lowest)
        lowest = np.where(wins, gain, lowest)
        full = np.zeros_like(best)
        full[:, on] = x
        best = np.where(wins[:, None], full, best)
    coefficients = best / size
    # A term that came out as zero starts at 1 % of a typical loss, so that its logarithm exists.
    c = np.log(np.maximum(coefficients[:, 1:], 1e-2 * np.exp(np.median(problem.y))))
    return np.concatenate([coefficients[:, :1], c, p], axis=1)
