"""Gauss-Newton with a line search, for any law: the solver when `newton` has no exact Hessian or is
stuck.

The objective is the sum over runs of w·huber(ln L_model - ln L), for many fits at once: every array
carries a leading batch axis. Huber's loss has a continuous gradient, but its second derivative
jumps where a residual crosses delta; with few runs inside delta a Newton step jumps from one side
of such a kink to the other. Here each step solves the linearised problem, kinks included, and a
line search follows it; the alternative is the step of iteratively reweighted least squares, which
always descends. A fit has converged when no step lowers the linearised problem: the subgradient
condition.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from .newton import ROUND_OFF, Array, Solution, huber

_MAX_STEPS = 150
_DECREMENT = 1e-12  # converged: the predicted gain of a full step, relative to the objective
_STALLED = 1e-8  # the same, once no shorter step lowers the objective because of rounding errors
_FLAT = 1e-10  # smaller eigenvalues of the scaled matrix are raised to this
_UNDETERMINED = (
    1e-14  # below it, the smallest eigenvalue means that the runs do not determine every parameter
)
_DAMPED = 1e-7  # the first damping of the linearised problem, after a full step that failed
_KINKS = 60  # steps of the linearised problem
_LENGTHS = 2.0 ** -np.arange(15)
_CHUNK = 2_000_000  # numbers in one temporary array


class Model(Protocol):
    """A law in its parameter vector theta (B, P), and the bounds of theta (P,)."""

    @property
    def low(self) -> Array: ...
    @property
    def high(self) -> Array: ...

    def log_loss(self, theta: Array) -> Array:
        """ln L of the runs (B, n); inf or nan where theta gives no loss."""
        ...

    def jacobian(self, theta: Array) -> tuple[Array, Array]:
        """ln L (B, n) and d ln L/d theta (B, P, n)."""
        ...


@dataclass(frozen=True, eq=False, kw_only=True)
class Regression(Model):
    """A law to be fitted to runs: the base of regressions that this module alone minimises.

    y: ln L of the runs (n,), up to a constant. weights: of the runs (n,). delta: Huber's; infinite
    for least squares. fixed: indices of the parameters that are held.
    """

    y: Array
    weights: Array
    delta: float
    fixed: tuple[int, ...] = ()

    def minimise(
        self, starts: Array, weights: Array | None = None, y: Array | None = None
    ) -> Solution:
        """Minimise from the starts (B, P); weights and y of resamples (B, n), if given."""
        return minimise(
            self,
            starts,
            self.y if y is None else y,
            self.weights if weights is None else weights,
            self.delta,
            self.fixed,
        )


@dataclass(frozen=True)
class _Batch:
    """The fits that are still moving: their indices in the whole batch, and one row each of every
    array.
    """

    members: NDArray[np.int_]
    theta: Array
    weights: Array
    y: Array
    damping: Array  # of the linearised problem (B,)

    def keep(self, mask: NDArray[np.bool_]) -> _Batch:
        return _Batch(
            self.members[mask],
            self.theta[mask],
            self.weights[mask],
            self.y[mask],
            self.damping[mask],
        )


def minimise(
    model: Model,
    starts: Array,
    y: Array,
    weights: Array | float = 1.0,
    delta: float = np.inf,
    fixed: tuple[int, ...] = (),
    most: int | None = None,
) -> Solution:
    """Minimise from every start (B, P). `fixed`: indices of the parameters to hold.

    y: ln L, and weights of the runs: (n,) shared, or (B, n), one set per start. most: the largest
    number of steps; None for as many as a fit may take.
    """
    most = _MAX_STEPS if most is None else most
    starts = np.atleast_2d(np.asarray(starts, dtype=float))
    shape = len(starts), np.shape(y)[-1]
    y, weights = np.broadcast_to(y, shape), np.broadcast_to(weights, shape)
    chunk = max(1, _CHUNK // (starts.shape[1] * shape[1]))
    parts = [
        _minimise(
            model,
            starts[i : i + chunk],
            y[i : i + chunk],
            weights[i : i + chunk],
            delta,
            fixed,
            most,
        )
        for i in range(0, len(starts), chunk)
    ]
    return Solution(
        theta=np.concatenate([part.theta for part in parts]),
        objective=np.concatenate([part.objective for part in parts]),
        converged=np.concatenate([part.converged for part in parts]),
        decrement=np.concatenate([part.decrement for part in parts]),
        steps=np.concatenate([part.steps for part in parts]),
    )


def _objective(log_model: Array, y: Array, weights: Array, delta: float) -> Array:
    """The objective, inf where the model gives no loss."""
    with np.errstate(invalid="ignore", over="ignore"):
        value = (weights * huber(log_model - y, delta)).sum(-1)
    return np.where(np.isfinite(value), value, np.inf)


def _minimise(
    model: Model,
    starts: Array,
    y: Array,
    weights: Array,
    delta: float,
    fixed: tuple[int, ...],
    most: int,
) -> Solution:
    count, size = starts.shape
    theta = np.clip(starts, model.low, model.high)
    value, decrement = np.full(count, np.inf), np.full(count, np.inf)
    converged, steps = np.zeros(count, dtype=bool), np.zeros(count, dtype=int)
    exact = 0.5 * weights.sum(1) * ROUND_OFF**2
    free = np.ones(size, dtype=bool)
    free[list(fixed)] = False

    batch = _Batch(np.arange(count), theta.copy(), weights, y, np.zeros(count))
    for step in range(most + 1):
        t, w = batch.theta, batch.weights
        log_model, g = model.jacobian(t)
        now = _objective(log_model, batch.y, w, delta)
        with np.errstate(invalid="ignore", over="ignore"):
            r = log_model - batch.y
            psi = w * (r if np.isinf(delta) else np.clip(r, -delta, delta))
            irls = w * (
                np.ones_like(r) if np.isinf(delta) else delta / np.maximum(np.abs(r), delta)
            )
            dpsi = w * (np.abs(r) <= delta)
        usable = np.isfinite(now) & np.isfinite(g).all((1, 2))
        psi, irls, dpsi = (np.where(usable[:, None], part, 0.0) for part in (psi, irls, dpsi))
        g = np.where(usable[:, None, None], g, 0.0)
        gradient = (g @ psi[:, :, None])[:, :, 0]

        # Held parameters do not move, nor do those at a bound while the objective pushes them
        # outwards: their rows and columns become those of the identity.
        moving = free & ~((t <= model.low) & (gradient > 0)) & ~((t >= model.high) & (gradient < 0))
        matrices = (g[:, None] * np.stack([dpsi, irls], 1)[:, :, None]) @ g.transpose(0, 2, 1)[
            :, None
        ]
        scale = np.sqrt(np.maximum(matrices[:, 1].diagonal(axis1=1, axis2=2), 1e-300))
        unit = moving / scale
        slope = gradient * unit
        matrices = matrices * (unit[:, None, :, None] * unit[:, None, None, :])
        moves, gain, determined = _directions(matrices, slope, moving)
        g, r = g * unit[:, :, None], np.where(usable[:, None], r, 0.0)
        if np.isfinite(delta):
            moves[:, 0], gain = _linearised(g, r, w, delta, moving, batch.damping)
        # If a step would leave the bounds, the parameter goes to its bound, and the others adjust.
        goal = np.clip(t[:, None] + moves * unit[:, None], model.low, model.high)
        inside = np.where(moving, 1.0, 0.0)[:, None] * (goal - t[:, None])
        over = moving[:, None] & (np.abs(inside - moves * unit[:, None]) > 1e-12 * np.abs(inside))
        for k in range(2):
            out = over[:, k]
            rows = out.any(1)
            if rows.any():
                put = np.where(out[rows], inside[rows, k] * scale[rows], 0.0)
                pushed = slope[rows] + (matrices[rows, k] @ put[:, :, None])[:, :, 0]
                rest = moving[rows] & ~out[rows]
                moves[rows, k] = _directions(matrices[rows], pushed * rest, rest)[0][:, k] + put
                if k == 0 and np.isfinite(delta):
                    there = r[rows] + (put[:, None] @ g[rows])[:, 0]
                    moves[rows, k] = (
                        _linearised(g[rows], there, w[rows], delta, rest, batch.damping[rows])[0]
                        + put
                    )
                if k == 0:
                    there = r[rows] + (moves[rows, :1] @ g[rows])[:, 0]
                    gain[rows] = now[rows] - (w[rows] * huber(there, delta)).sum(1)
        # Bounds may spoil that step although the gradient has not vanished. Then go as far as the
        # first bound, or along the gradient.
        kink = 0.5 * (slope * slope).sum(1)
        bounded = over[:, 0].any(1) & (gain <= _DECREMENT * now)
        cut = bounded & (kink > _DECREMENT * now)
        if cut.any():
            room = np.stack([model.low - t[cut], model.high - t[cut]]) * scale[cut]
            moves[cut, 0] = _as_far_as_bounds(
                matrices[cut], g[cut], r[cut], w[cut], delta, moving[cut], batch.damping[cut], room
            )
            moves[cut, 1] = -slope[cut]
        gain = np.where(bounded, kink, gain)
        moves = moves * unit[:, None]
        relative = np.where(usable, gain / np.maximum(now, 1e-300), np.inf)
        arrived = relative <= _DECREMENT
        done = (
            usable & determined & ((arrived & (batch.damping == 0)) | (now <= exact[batch.members]))
        )
        theta[batch.members], value[batch.members], steps[batch.members] = t, now, step
        decrement[batch.members], converged[batch.members] = relative, done
        stay = usable & ~done
        if step == most or not stay.any():
            break
        batch, moves, now, gain = batch.keep(stay), moves[stay], now[stay], gain[stay]
        relative, determined = relative[stay], determined[stay]
        moved, lower, whole = _step(model, batch, moves, now, gain, delta)
        stuck = ~(lower < now) & ~(arrived[stay] & (batch.damping > 0))
        converged[batch.members[stuck]] = (relative <= _STALLED)[stuck] & determined[stuck]
        # If damped steps cannot lower it, test for convergence without damping.
        whole |= arrived[stay]
        damping = np.where(
            whole,
            np.where(arrived[stay] | (batch.damping < 1e-9), 0.0, batch.damping / 10),
            batch.damping * 10,
        )
        damping = np.where(~whole & (damping == 0), _DAMPED, np.minimum(damping, 1.0))
        moved = _at_bounds(moved, model.low, model.high)
        batch = _Batch(batch.members, moved, batch.weights, batch.y, damping).keep(~stuck)
        if not len(batch.members):
            break
    return Solution(theta, value, converged, decrement, steps)


def _at_bounds(theta: Array, low: Array, high: Array) -> Array:
    """Move parameters that are within a rounding error of a bound onto it."""
    for bound in (low, high):
        near = np.isfinite(bound) & (np.abs(theta - bound) <= 1e-13 * np.maximum(np.abs(bound), 1))
        theta = np.where(near, bound, theta)
    return theta


def _directions(
    matrices: Array, slope: Array, moving: NDArray[np.bool_]
) -> tuple[Array, Array, NDArray[np.bool_]]:
    """The steps (B, 2, P) from each matrix (B, 2, P, P), the gain of the first, and whether the
    runs determine every parameter there: a term that has vanished has no gradient either, but that
    is no minimum.
    """
    diagonal = np.arange(slope.shape[1])
    held = np.where(moving, 0.0, 1.0)
    matrices = matrices * (moving[:, None, :, None] & moving[:, None, None, :])
    matrices[:, :, diagonal, diagonal] += held[:, None]
    eigenvalues, vectors = np.linalg.eigh(matrices)
    determined = eigenvalues[:, 1, 0] > _UNDETERMINED
    eigenvalues = np.maximum(eigenvalues, _FLAT)
    along = (slope[:, None, None] @ vectors)[:, :, 0] / eigenvalues
    moves = -(vectors @ along[..., None])[..., 0]
    return moves, 0.5 * (along[:, 0] ** 2 * eigenvalues[:, 0]).sum(1), determined


def _as_far_as_bounds(
    matrices: Array,
    g: Array,
    r: Array,
    w: Array,
    delta: float,
    moving: NDArray[np.bool_],
    damping: Array,
    room: Array,
) -> Array:
    """The step (B, P) of a linearised problem, shortened to the first bound.

    A parameter at a bound does not move beyond it. room (2, B, P): the distance to the bounds.
    """
    rest, move = moving, np.zeros(moving.shape)
    psi = w * (r if np.isinf(delta) else np.clip(r, -delta, delta))
    for _ in range(g.shape[1] + 1):
        if np.isinf(delta):
            move = _directions(matrices, (g @ psi[:, :, None])[:, :, 0] * rest, rest)[0][:, 0]
        else:
            move = _linearised(g, r, w, delta, rest, damping)[0]
        move = np.where(rest, move, 0.0)
        leaving = ((room[0] >= 0) & (move < 0)) | ((room[1] <= 0) & (move > 0))
        if not leaving.any():
            break
        rest = rest & ~leaving
    ahead = np.where(move < 0, room[0], room[1])
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(move == 0, 1.0, ahead / move)
    return np.asarray(move * np.clip(share.min(1, keepdims=True), 0.0, 1.0))


def _linearised(
    g: Array, r: Array, w: Array, delta: float, moving: NDArray[np.bool_], damping: Array
) -> tuple[Array, Array]:
    """The step (B, P) that minimises the sum of Huber terms of r + g·step, and its gain (B,).

    Half the damping (B,) times the step's square is added, which keeps steps within the range where
    g is accurate. The problem is convex and piecewise quadratic: Newton's method with an exact line
    search ends after finitely many kinks.
    """
    step = np.zeros(g.shape[:2])
    g = g * moving[:, :, None]
    diagonal = np.arange(g.shape[1])
    start = (w * huber(r, delta)).sum(1)
    active = np.arange(len(g))
    for _ in range(_KINKS):
        ga, wa = g[active], w[active]
        there = r[active] + (step[active][:, None] @ ga)[:, 0]
        damped = damping[active, None]
        gradient = (ga @ (wa * np.clip(there, -delta, delta))[:, :, None])[:, :, 0]
        gradient += damped * step[active]
        matrix = (ga * (wa * (np.abs(there) <= delta))[:, None]) @ ga.transpose(0, 2, 1)
        matrix[:, diagonal, diagonal] += 1.0 - moving[active] + damped
        eigenvalues, vectors = np.linalg.eigh(matrix)
        along = (gradient[:, None] @ vectors)[:, 0] / np.maximum(eigenvalues, _FLAT)
        move = -(vectors @ along[..., None])[..., 0]
        ahead = (move[:, None] @ ga)[:, 0]
        pull = damped[:, 0] * (step[active] * move).sum(1)
        push = damped[:, 0] * (move * move).sum(1)
        step[active] += _length(there, ahead, wa, delta, pull, push)[:, None] * move
        left = -(gradient * move).sum(1) > 1e-14 * np.maximum(start[active], 1e-300)
        active = active[left]
        if not len(active):
            break
    there = r + (step[:, None] @ g)[:, 0]
    return step, start - (w * huber(there, delta)).sum(1)


def _length(there: Array, ahead: Array, w: Array, delta: float, pull: Array, push: Array) -> Array:
    """How far to go along each move, 0 to 1 (B,): to where its slope is no longer negative.

    The slope, the sum of w·ahead·clip(there + t·ahead) and of pull + t·push, rises in straight pieces
    that end where a residual reaches delta: those are sorted, and the crossing is exact.
    """
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        one, other = (-delta - there) / ahead, (delta - there) / ahead
    curvature = w * ahead * ahead
    first, last = (
        np.where(curvature > 0, end, 1.0)
        for end in (np.minimum(one, other), np.maximum(one, other))
    )
    events = np.clip(np.concatenate([first, last, np.ones((len(w), 1))], axis=1), 0.0, 1.0)
    changes = np.concatenate([curvature, -curvature, np.zeros((len(w), 1))], axis=1)
    order = np.argsort(events, axis=1)
    events = np.take_along_axis(events, order, 1)
    changes = np.take_along_axis(changes, order, 1)
    rising = np.cumsum(changes, axis=1) - changes + push[:, None]  # before each event
    slope = (w * np.clip(there, -delta, delta) * ahead).sum(1) + pull
    slopes = slope[:, None] + np.cumsum(rising * np.diff(events, axis=1, prepend=0.0), axis=1)
    at = np.argmax(slopes >= 0, axis=1)
    rows = np.arange(len(w))
    with np.errstate(divide="ignore", invalid="ignore"):
        back = np.maximum(slopes[rows, at], 0.0) / rising[rows, at]
    found = np.where(rising[rows, at] > 0, events[rows, at] - back, events[rows, at])
    return np.where(slopes[:, -1] < 0, 1.0, np.clip(found, 0.0, 1.0))


def _step(
    model: Model, batch: _Batch, moves: Array, now: Array, gain: Array, delta: float
) -> tuple[Array, Array, NDArray[np.bool_]]:
    """The best point along the two directions, its objective, and whether the full step did well."""
    trial = np.clip(batch.theta + moves[:, 0], model.low, model.high)
    lower = _objective(model.log_loss(trial), batch.y, batch.weights, delta)
    short = ~(now - lower >= 0.25 * gain)
    if short.any():
        again = batch.keep(short)
        lengths = np.concatenate([_LENGTHS, _LENGTHS])[:, None, None]
        which = np.repeat([0, 1], len(_LENGTHS))
        path = again.theta + lengths * moves[short][:, which].transpose(1, 0, 2)
        path = np.clip(path, model.low, model.high)  # (lengths, again, P)
        flat = path.reshape(-1, path.shape[-1])
        tried = model.log_loss(flat).reshape(*path.shape[:2], -1)
        values = _objective(tried, again.y, again.weights, delta)
        best = values.argmin(0)
        rows = np.arange(len(best))
        trial[short], lower[short] = path[best, rows], values[best, rows]
    return trial, lower, ~short
