"""Damped Newton for laws of the form L = E + Σ_k exp(c_k - p_k·z_k), many fits at once.

The parameter vector is (E, c_1..c_K, p_1..p_K): K = 1 is the power law (z = ln x, c = ln a, p = alpha), K = 2
Chinchilla's (z = ln N, ln D; c = ln A, ln B; p = alpha, beta). The objective is the *sum* over runs of
w·huber(ln L_model - ln L). Gradient and Hessian are analytic, and every array carries a leading batch axis:
starting points share one set of weights, bootstrap resamples bring their counts as weights.

Why not scipy's L-BFGS: its stopping rules are absolute where the objective is below 1, and then it stops early and
reports success (this is how a published confidence interval came out 35 times too narrow). Here a fit counts as
converged only if a full Newton step could not lower the objective by more than 1e-12 of itself, at a point where the
Hessian is positive definite.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_MAX_STEPS = 200
_DECREMENT = 1e-12  # converged: the predicted gain of a Newton step, relative to the objective
_ROUND_OFF = (
    1e-13  # converged: root mean square of the log residuals, where runs follow the law exactly
)
_CURVED = 1e-12  # the smallest eigenvalue of the scaled Hessian that counts as positive
_CHUNK = 2_000_000  # numbers in one temporary array; keeps memory flat for many runs or resamples


@dataclass(frozen=True)
class Problem:
    """The data of a fit: z (K, n) features, y (n,) log losses, Huber's delta (inf: least squares)."""

    z: Array
    y: Array
    delta: float = np.inf

    @property
    def K(self) -> int:
        return len(self.z)

    @property
    def P(self) -> int:
        return 1 + 2 * self.K


@dataclass(frozen=True)
class Solution:
    """Per batch member: theta (B, P), objective, converged, and Newton's relative decrement where it stopped."""

    theta: Array
    objective: Array
    converged: NDArray[np.bool_]
    decrement: Array
    steps: NDArray[np.int_]

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
    """ln L of the model (B, n), and its terms exp(c - p·z) (B, K, n). No overflow warnings: inf is returned."""
    K = problem.K
    E, c, p = theta[:, :1], theta[:, 1 : K + 1, None], theta[:, K + 1 :, None]
    with np.errstate(over="ignore", divide="ignore"):
        terms = np.exp(c - p * problem.z)
        return np.log(E + terms.sum(1)), terms


def objective(problem: Problem, theta: Array, weights: Array, y: Array | None = None) -> Array:
    """The weighted sum of Huber terms, (B,). weights, and y if it is not the problem's: (n,) or (B, n)."""
    residual = log_loss(problem, theta)[0] - (problem.y if y is None else y)
    # A wild trial step can reach infinity, and 0·inf is nan: such a step counts as no improvement.
    with np.errstate(invalid="ignore"):
        return (weights * huber(residual, problem.delta)).sum(1)


def jacobian(problem: Problem, theta: Array) -> tuple[Array, Array, Array]:
    """ln L of the model (B, n), the share of each term in L (B, K, n), and d ln L/d theta (B, P, n)."""
    K, z = problem.K, problem.z
    log_model, terms = log_loss(problem, theta)
    inverse = np.exp(-log_model)
    share = terms * inverse[:, None]
    g = np.empty((len(theta), problem.P, z.shape[1]))
    g[:, 0] = inverse
    g[:, 1 : K + 1] = share
    g[:, K + 1 :] = -share * z
    return log_model, share, g


def derivatives(
    problem: Problem, theta: Array, weights: Array, y: Array
) -> tuple[Array, Array, Array, Array]:
    """Objective (B,), gradient (B, P), Hessian (B, P, P), and a positive semi-definite stand-in for it.

    The stand-in is the matrix of iteratively reweighted least squares, for use where the Hessian is not positive.
    """
    K, z, delta = problem.K, problem.z, problem.delta
    log_model, share, g = jacobian(problem, theta)
    r = log_model - y
    size = np.abs(r)
    inside = size <= delta
    slope = np.clip(r, -delta, delta)  # huber'
    with np.errstate(invalid="ignore", divide="ignore"):
        reweight = np.where(inside, 1.0, delta / size)  # huber'(r)/r
    value = (weights * huber(r, delta)).sum(1)

    pull = weights * slope
    gradient = np.einsum("bn,bpn->bp", pull, g)
    g_t = g.transpose(0, 2, 1)
    hessian = (g * (weights * inside - pull)[:, None]) @ g_t
    # d²L/L is block-diagonal: for term k, share_k·[[1, -z], [-z, z²]] in (c_k, p_k).
    pulled = pull[:, None] * share
    k = np.arange(K)
    cross = -(pulled * z).sum(2)
    hessian[:, 1 + k, 1 + k] += pulled.sum(2)
    hessian[:, 1 + k, 1 + K + k] += cross
    hessian[:, 1 + K + k, 1 + k] += cross
    hessian[:, 1 + K + k, 1 + K + k] += (pulled * z * z).sum(2)
    stand_in = (g * (weights * reweight)[:, None]) @ g_t
    return value, gradient, hessian, stand_in


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


def _minimise(problem, starts, weights, y, fixed):
    theta = starts.copy()
    B, P = theta.shape
    total = weights.sum(1)
    damping = np.full(B, 1e-3)
    value = np.full(B, np.inf)
    decrement = np.full(B, np.inf)
    converged = np.zeros(B, dtype=bool)
    steps = np.zeros(B, dtype=int)
    active = np.arange(B)
    for step in range(_MAX_STEPS):
        t = theta[active]
        F, gradient, hessian, stand_in = derivatives(problem, t, weights[active], y[active])
        value[active], steps[active] = F, step

        # Hold what the caller fixed, and E at its bound while the objective pushes it outwards.
        held = np.zeros((len(active), P), dtype=bool)
        held[:, list(fixed)] = True
        held[:, 0] |= (t[:, 0] <= 0) & (gradient[:, 0] > 0)
        gradient = np.where(held, 0.0, gradient)

        # Scale by the stand-in's diagonal, so that damping and curvature have no units.
        scale = np.sqrt(np.maximum(stand_in[:, range(P), range(P)], 1e-300))
        scale = np.where(held, 1.0, scale)
        identity = held[:, :, None] * np.eye(P)

        def scaled(matrix, scale=scale, held=held, identity=identity):
            matrix = matrix / (scale[:, :, None] * scale[:, None, :])
            return np.where(held[:, :, None] | held[:, None, :], 0.0, matrix) + identity

        H, M, slope = scaled(hessian), scaled(stand_in), gradient / scale
        eigenvalues, vectors = np.linalg.eigh(H)
        positive = eigenvalues[:, 0] > _CURVED
        along = np.einsum("bpq,bp->bq", vectors, slope)
        newton_gain = 0.5 * (along**2 / np.where(eigenvalues > _CURVED, eigenvalues, 1.0)).sum(1)
        decrement[active] = np.where(positive, newton_gain / np.maximum(F, 1e-300), np.inf)
        exact = total[active] * _ROUND_OFF**2 >= 2 * F
        done = positive & ((decrement[active] <= _DECREMENT) | exact)
        converged[active] = done

        going = ~done & (damping[active] < 1e14)
        if not going.any():
            break
        active = active[going]
        # Levenberg-Marquardt: raise the damping of a fit until its step lowers the objective.
        matrix = np.where(positive[going, None, None], H[going], M[going])
        slope, scale, F = slope[going], scale[going], F[going]
        lift = damping[active][:, None, None] * np.eye(P)
        move = -np.linalg.solve(matrix + lift, slope[:, :, None])[:, :, 0] / scale
        trial = theta[active] + move
        trial[:, 0] = np.maximum(trial[:, 0], 0.0)
        better = objective(problem, trial, weights[active], y[active]) <= F
        theta[active[better]] = trial[better]
        damping[active] = np.where(better, damping[active] / 10, damping[active] * 10)
        damping[active] = np.maximum(damping[active], 1e-15)
    return theta, value, converged, decrement, steps


def starting_points(
    problem: Problem, weights: Array | None = None, spans: tuple[float, ...] = (1, 2, 4)
) -> Array:
    """A grid of exponents, and for each the best E >= 0, exp(c_k) >= 0 by non-negative least squares.

    An exponent p is `span` over the range of z, so that its term falls by e^-span across the runs; this makes the
    starts independent of the units of N and D. The law is linear in (E, exp(c)) once p is known, and with so few
    coefficients the non-negative solution is found exactly, by trying every subset.
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
    # A term that came out as zero starts at 1 % of a typical loss: its logarithm must exist.
    c = np.log(np.maximum(coefficients[:, 1:], 1e-2 * np.exp(np.median(problem.y))))
    return np.concatenate([coefficients[:, :1], c, p], axis=1)
