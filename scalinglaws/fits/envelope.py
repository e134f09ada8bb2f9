"""Approach 1: the lower envelope of training curves (Hoffmann et al. 2022, section 3.1)."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from ..errors import CourseError
from ..laws import AllocationLaw, Trend
from ..laws.counting import FLOPS_PER_PARAM_TOKEN
from .allocation import AllocationFit, allocation_law, allocation_laws, lowest_losses
from .bootstrap import Array, Bootstrap, Multipliers, Resampling
from .store import recorded
from .validate import check_groups, check_runs, check_weights

# The bias of the luckiest run is itself only estimated: in synthetic studies the corrected exponent
# spread 1.2 to 1.4 times as widely as the bootstrap's, the corrected loss as widely.
_BIAS_KNOWN = 1.2


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class EnvelopeFit(AllocationFit):
    """The fit through the envelope of training curves; `law` is an `AllocationLaw`.

    envelope: for each compute on a grid, the best run there: C, N, D, L. Points won by the smallest
    or the largest model are left out: a better size may lie beyond what was trained. curves (runs,
    grid): the loss of each run at each C of the grid, inf where it has none. sizes (runs,): N of
    each run, weights (runs,) its weight, and together (runs,) the number of the group that it has
    correlated noise with.
    """

    envelope: pd.DataFrame
    curves: Array
    sizes: Array
    weights: Array
    together: NDArray[np.int_]
    grid: Array

    @property
    def residual_autocorrelation(self) -> float:
        """0: neighbouring points of one curve are always alike, which is no evidence against the
        form.
        """
        return 0.0

    def describe(self) -> list[str]:
        first, *rest = super().describe()
        return [first.replace(f"{self.n} runs", f"{self.n} points of the envelope"), *rest]

    def describe_bias(self) -> str:
        """How far picking the luckiest run moves the exponent a, as the bootstrap estimates it."""
        mean = float(self.resamples.values("a").mean())
        return f"picking the luckiest run moves a by about {self.law.a - mean:+.3f}; intervals allow for it"

    def _draw(self, asked: Resampling) -> Bootstrap[AllocationLaw]:
        if asked.method not in (None, "wild"):
            raise CourseError(
                f'Envelopes have only the bootstrap method "wild", not "{asked.method}": an envelope of '
                "some of the runs would be a coarser one."
            )
        smooth, free = _surface(self.curves, self.sizes, self.weights, self.grid)
        runs = int(self.together.max()) + 1
        present = np.isfinite(self.curves)
        with np.errstate(invalid="ignore"):
            noise = np.where(present, np.log(self.curves) - smooth, 0.0)
        noise *= np.sqrt(runs / max(runs - free, 1))
        rng = np.random.default_rng(asked.seed)
        multipliers = rng.choice([-1.0, 1.0], (asked.B, runs))
        # The first resample has no noise: its law is what the others would be without luck.
        shifts = np.concatenate([np.zeros((1, runs)), multipliers])[:, self.together]
        drawn = self._parameters(np.where(present, smooth, np.inf), noise, shifts)
        errors = drawn[1:] - drawn[0]
        fitted = np.isfinite(errors).all(1)
        errors, multipliers = errors[fitted], multipliers[fitted]
        bias = errors.mean(0) if len(errors) else 0.0
        spread = np.ones(drawn.shape[1])
        spread[:2] = _BIAS_KNOWN
        laws = self._reflected(bias + spread * (errors - bias)) if len(errors) else ()
        points = np.bincount(self.together, present.sum(1))
        size = np.sqrt(np.bincount(self.together, (noise**2).sum(1)) / np.maximum(points, 1))
        return Bootstrap(
            laws=laws,
            asked=asked,
            method="wild",
            reason="each run's noise around a smooth surface through all curves is drawn again; the "
            "bias from the luckiest run is subtracted",
            units=runs,
            free=min(free, runs - 1),
            scaled=True,
            influence=Multipliers(laws, multipliers, size),
        )

    @property
    def _checkpoints(self) -> Array:
        """Some C along the envelope: the loss is resampled there."""
        return np.geomspace(self.C.min(), self.C.max(), 12)

    def _parameters(self, smooth: Array, noise: Array, shifts: Array) -> Array:
        """ln k and exponent of N_opt, then ln L_opt at the checkpoints, fitted as `law` is to the
        envelope of the curves smooth + shift·noise (runs, grid) for each of the shifts (resamples,
        runs); nan for an envelope without two inner sizes.
        """
        shape = (len(shifts), len(self.grid))
        N, L, weight = np.full(shape, np.nan), np.full(shape, np.nan), np.zeros(shape)
        for i, shift in enumerate(shifts):
            curves = np.exp(smooth + shift[:, None] * noise)
            inner, best = _winners(curves, self.sizes)
            if len(np.unique(self.sizes[best])) < 2:
                continue
            N[i, inner], L[i, inner] = self.sizes[best], curves[best, inner]
            weight[i, inner] = self.weights[best]
        D = self.grid / (FLOPS_PER_PARAM_TOKEN * N)
        found = np.full((len(shifts), 2 + len(self._checkpoints)), np.nan)
        for row, law in zip(found, allocation_laws(self.grid, N, D, L, weight), strict=True):
            if law is not None:
                losses = np.asarray(law.L_opt(self._checkpoints))
                row[:] = np.log(law.N.k), law.N.exponent, *np.log(losses)
        return found

    def _reflected(self, errors: Array) -> tuple[AllocationLaw, ...]:
        """The law minus each of these errors of its parameters (resamples, parameters): the basic
        bootstrap, which corrects bias.
        """
        N, lowest = self.law.N, np.log(np.asarray(self.law.L_opt(self._checkpoints)))
        drawn = np.array([np.log(N.k), N.exponent, *lowest]) - errors
        losses = np.exp(drawn[:, 2:])
        laws = lowest_losses(self._checkpoints, losses, np.ones_like(losses))
        return tuple(
            replace(
                AllocationLaw.from_N(Trend(k=float(np.exp(row[0])), exponent=float(row[1]))), L=L
            )
            for row, L in zip(drawn, laws, strict=True)
        )


def _surface(curves: Array, sizes: Array, weights: Array, grid: Array) -> tuple[Array, int]:
    """ln L of a cubic polynomial in ln N and ln D through all curves (runs, grid), and its N-terms."""
    log_N, log_C = np.log(sizes)[:, None], np.log(grid)[None]
    u = (log_N - log_N.mean()) / max(float(np.ptp(log_N)), 1e-9)
    v = log_C - log_N  # ln D, up to a constant
    present = np.isfinite(curves)
    v = (v - v[present].mean()) / float(np.ptp(v[present]))
    u = np.broadcast_to(u, v.shape)
    degree = 3 if len(np.unique(sizes)) >= 8 else 2
    powers = [(i, j) for i in range(degree + 1) for j in range(degree + 1 - i)]
    terms = np.stack([u**i * v**j for i, j in powers], axis=-1)
    every = max(1, len(grid) // 100)
    thin = present.copy()
    thin[:, np.arange(len(grid)) % every > 0] = False
    # Each run counts the same, however long its curve is.
    each = weights[:, None] / np.maximum(thin.sum(1, keepdims=True), 1)
    weight = np.sqrt(each) * np.ones_like(v)
    coefficients = np.linalg.lstsq(
        terms[thin] * weight[thin][:, None], np.log(curves[thin]) * weight[thin]
    )[0]
    return terms @ coefficients, degree + 1


def _winners(curves: Array, sizes: Array) -> tuple[NDArray[np.int_], NDArray[np.int_]]:
    """Where on the grid a run wins that has neither the smallest nor the largest size, and which."""
    best = curves.argmin(0)
    lowest = curves.min(0)
    inner = np.isfinite(lowest) & (sizes.min() < sizes[best]) & (sizes.max() > sizes[best])
    return np.flatnonzero(inner), best[inner]


@recorded
def fit_envelope(
    N: ArrayLike,
    D: ArrayLike,
    loss: ArrayLike,
    *,
    run: ArrayLike,
    points: int = 1500,
    weights: ArrayLike | None = None,
    groups: ArrayLike | None = None,
) -> EnvelopeFit:
    """Fit N_opt ∝ C^a through the lower envelope of training curves.

    run: label of the run that a point of a curve belongs to, N: its parameters, D: tokens seen so
    far, loss there (nats per token), all of shape (n,). points: values of C = 6·N·D, evenly spaced
    in ln C, at which the best run is looked up (Hoffmann et al. 2022 use 1,500); curves are
    interpolated in (ln C, ln L). weights (n,): each run counts with the mean weight of its points;
    one of weight 0 is left out. groups (n,): labels of runs with correlated noise, such as those of
    one seed; a run belongs to one group.

    The loss in the middle of a run with a decaying learning rate is higher than that of a run that
    ends there, so this approach needs curves whose schedule matches their length (or a constant
    rate). The envelope picks the luckiest run at each C; the interval comes from resampling whole
    runs, with Student's t, because the noise of a few runs decides the answer.

    Raises CourseError for bad input, fewer than four sizes, or an envelope without inner points.
    """
    N, D, loss = check_runs(3, {"N": 4}, N=N, D=D, loss=loss)
    labels, run = np.unique(np.asarray(run), return_inverse=True)
    if run.shape != N.shape:
        raise CourseError("run must hold one label for each point of the curves.")
    if points < 10:
        raise CourseError(f"points = {points} must be at least 10.")
    weight = check_weights(weights, len(N))
    total = np.bincount(run, weight)
    groups_of = run if groups is None else check_groups(groups, N).numbers
    split = [labels[i] for i in range(len(labels)) if np.ptp(groups_of[run == i]) > 0]
    if split:
        raise CourseError(f"Run {split[0]} has points of several groups: a run belongs to one.")
    kept = total[run] > 0
    if not kept.all():
        N, D, loss, weight, groups_of = N[kept], D[kept], loss[kept], weight[kept], groups_of[kept]
        labels, run = np.unique(labels[run[kept]], return_inverse=True)
        check_runs(3, {"N": 4}, N=N)
    C = 6 * N * D
    grid = np.geomspace(C.min(), C.max(), points)
    sizes = np.array([N[run == i][0] for i in range(len(labels))])
    mixed = [labels[i] for i in range(len(labels)) if np.ptp(N[run == i]) > 0]
    if mixed:
        raise CourseError(f"Run {mixed[0]} has points of several N: a run has one size.")
    curves = np.full((len(labels), points), np.inf)
    for i in range(len(labels)):
        rows = np.flatnonzero(run == i)
        rows = rows[np.argsort(C[rows], kind="stable")]
        inside = (grid >= C[rows[0]]) & (grid <= C[rows[-1]])
        curves[i, inside] = np.exp(
            np.interp(np.log(grid[inside]), np.log(C[rows]), np.log(loss[rows]))
        )
    inner, winner = _winners(curves, sizes)
    C_best, N_best, L_best = grid[inner], sizes[winner], curves[winner, inner]
    D_best = C_best / (FLOPS_PER_PARAM_TOKEN * N_best)
    envelope = pd.DataFrame({"C": C_best, "N": N_best, "D": D_best, "L": L_best})
    if len(np.unique(envelope["N"].to_numpy())) < 2:
        raise CourseError(
            "The envelope has fewer than two sizes between the smallest and the largest: add runs of more sizes."
        )
    mean_weight = np.bincount(run, weight) / np.bincount(run)
    law = allocation_law(C_best, N_best, D_best, L_best, mean_weight[winner])
    residuals = np.log(np.asarray(law.L_opt(envelope["C"])) / envelope["L"].to_numpy())
    return EnvelopeFit(
        law=law,
        parameters=("a", "b"),
        variables=("C",),
        loss=envelope["L"].to_numpy(),
        residuals=residuals,
        objective=float((residuals**2).sum() / 2),
        delta=None,
        converged=True,
        evidence="lines on log axes are fitted exactly",
        groups=np.arange(len(envelope)),
        grouped=groups is not None,
        notes=(
            f"{len(labels)} runs; {envelope['N'].nunique()} sizes between the smallest and the "
            "largest win a part of the envelope",
        ),
        C=envelope["C"].to_numpy(),
        envelope=envelope,
        curves=curves,
        sizes=sizes,
        weights=mean_weight,
        together=np.unique(
            [groups_of[run == i][0] for i in range(len(labels))], return_inverse=True
        )[1],
        grid=grid,
    )
