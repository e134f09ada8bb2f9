"""What approaches 1 and 2 share: an allocation law through best points (C, N, D, L)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ..arrays import Floats
from ..laws import AllocationLaw, PowerLaw, Trend
from .bootstrap import Array
from .result import Fit

# So few best points fix a power law with a floor exactly, and leave nothing to judge it by.
_POINTS_WITHOUT_FLOOR = 3
_MOST_POINTS = 100  # of a dense envelope, whose neighbours are alike
_EXPONENTS = np.geomspace(1e-3, 3.0, 60)
_ZOOMS = 13  # each four times finer: to about 1e-9 of alpha


def allocation_law(
    C: Array, N: Array, D: Array, L: Array, weights: Array | None = None
) -> AllocationLaw:
    """N, D and L as power laws of C, through the best points (budgets,) with these weights."""
    (law,) = allocation_laws(C, N[None], D[None], L[None], weights)
    assert law is not None
    return law


def allocation_laws(
    C: Array, N: Array, D: Array, L: Array, weights: Array | None = None
) -> list[AllocationLaw | None]:
    """For each resample, N, D and L (resamples, budgets) as power laws of C (budgets,).

    A budget that is nan in a resample is left out of it; None where fewer than two are left. The
    lines of N and D are fitted on log axes: on linear axes the largest budget alone would decide.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        logs = np.log(np.stack([N, D]))
        good = np.isfinite(logs).all(0) & np.isfinite(L)
        logs = np.where(good, logs, 0.0)
        weight = good * (np.ones(len(C)) if weights is None else weights)
        total = weight.sum(1, keepdims=True)
        centre = (np.log(C) * weight).sum(1, keepdims=True) / total
        mean = (logs * weight).sum(2, keepdims=True) / total
        away = np.log(C) - centre
        exponent = (weight * away * (logs - mean)).sum(2) / (weight * away**2).sum(1)
        k = np.exp(mean[:, :, 0] - exponent * centre[:, 0])
    usable = ((weight > 0).sum(1) >= 2) & np.isfinite(k).all(0) & np.isfinite(exponent).all(0)
    lowest = iter(lowest_losses(C, np.where(good, L, 1.0)[usable], weight[usable]))

    def trend(j: int, i: int) -> Trend:
        return Trend(k=float(k[j, i]), exponent=float(exponent[j, i]))

    return [
        AllocationLaw(N=trend(0, i), D=trend(1, i), L=next(lowest)) if usable[i] else None
        for i in range(len(usable))
    ]


def lowest_losses(C: Array, L: Array, weight: Array) -> list[PowerLaw]:
    """For each resample, L (resamples, points) as E + A·C^-alpha, E >= 0, by least squares of the
    relative errors with these weights (resamples, points).

    Through three points or fewer E is 0: they cannot determine a floor. For a given alpha the law is
    linear in E and A, so alpha alone is searched for, on finer and finer grids.
    """
    every = -(-len(C) // _MOST_POINTS)
    C, L, weight = C[::every], L[:, ::every], weight[:, ::every]
    low = C.min()
    log_C = np.log(C / low)
    weight = weight / L**2
    floor = (weight > 0).sum(1) > _POINTS_WITHOUT_FLOOR
    total, level = weight.sum(1), (weight * L).sum(1)

    def solved(alpha: Array) -> tuple[Array, Array, Array]:
        """E, A and the sum of squares (resamples, exponents) at alpha (resamples, exponents)."""
        x = np.exp(-alpha[:, :, None] * log_C)
        wx = weight[:, None] * x
        sum_x, sum_xx = wx.sum(2), (wx * x).sum(2)
        sum_xL = (wx * L[:, None]).sum(2)
        spread = sum_xx - sum_x**2 / total[:, None]
        A = (sum_xL - sum_x * (level / total)[:, None]) / np.maximum(spread, 1e-300)
        E = (level[:, None] - A * sum_x) / total[:, None]
        pure = (E < 0) | ~floor[:, None]
        A, E = np.where(pure, sum_xL / sum_xx, A), np.where(pure, 0.0, E)
        # A loss that rises with C is best described by a constant one.
        rising = A <= 0
        A = np.where(rising, 1e-12 * (level / total)[:, None], A)
        E = np.where(rising, (level / total)[:, None], E)
        error = L[:, None] - E[:, :, None] - A[:, :, None] * x
        return E, A, (weight[:, None] * error**2).sum(2)

    rows = np.arange(len(L))
    alpha = np.broadcast_to(_EXPONENTS, (len(L), len(_EXPONENTS)))
    for _ in range(_ZOOMS):
        best = solved(alpha)[2].argmin(1)
        start = alpha[rows, np.maximum(best - 1, 0)]
        end = alpha[rows, np.minimum(best + 1, alpha.shape[1] - 1)]
        alpha = np.geomspace(start, end, 9, axis=1)
    E, A, error = solved(alpha)
    best = error.argmin(1)
    E, A, alpha = E[rows, best], A[rows, best], alpha[rows, best]
    return [
        PowerLaw(A=float(A[i] * low ** alpha[i]), alpha=float(alpha[i]), E=float(E[i]))
        for i in rows
    ]


def without_floor(minima: int) -> list[str]:
    """What to say if there are too few minima to give the loss a floor."""
    if minima > _POINTS_WITHOUT_FLOOR:
        return []
    return [
        f"{minima} minima cannot determine a floor of the loss: beyond them L_opt is probably too low"
    ]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class AllocationFit(Fit[AllocationLaw]):
    """A fit whose law gives N, D and L of the best run as functions of C.

    C: the FLOPs of the runs used (n,).
    """

    C: Array

    def N_opt(self, C: ArrayLike) -> Floats:
        """The compute-optimal parameters for C training FLOPs."""
        return self.law.N_opt(C)

    def D_opt(self, C: ArrayLike) -> Floats:
        """The compute-optimal tokens for C training FLOPs."""
        return self.law.D_opt(C)

    def L_opt(self, C: ArrayLike) -> Floats:
        """The lowest loss for C training FLOPs: E + A·C^-alpha through the best points.

        Up to three best points cannot determine a floor E. Then it is 0, the notes say so, and beyond
        these points the true loss is probably higher.
        """
        return self.law.L_opt(C)

    def describe(self) -> list[str]:
        lowest = self.law.L
        if lowest is None:
            return super().describe()
        floor = f"{lowest.E:.4g} + " if lowest.E else ""
        says = f"lowest loss: {floor}{lowest.A:.4g}·C^-{lowest.alpha:.4g}"
        return [*super().describe(), says]

    def _loss(self, law: AllocationLaw, *where: ArrayLike) -> Floats:
        return law.L_opt(*where)
