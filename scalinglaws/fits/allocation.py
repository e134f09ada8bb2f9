"""What approaches 1 and 2 share: an allocation law through best points (C, N, D, L)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ..arrays import Floats
from ..laws import AllocationLaw, Trend
from .bootstrap import Array
from .result import Fit


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

    Budgets that are nan in a resample are left out of it; None if fewer than two are left. The
    loss has no floor here: few budgets cannot determine one. The lines are fitted on log axes: on
    linear axes the largest budget alone would decide.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        logs = np.log(np.stack([N, D, L]))
        good = np.isfinite(logs).all(0)
        logs = np.where(good, logs, 0.0)
        weight = good if weights is None else good * weights
        total = weight.sum(1, keepdims=True)
        centre = (np.log(C) * weight).sum(1, keepdims=True) / total
        mean = (logs * weight).sum(2, keepdims=True) / total
        away = np.log(C) - centre
        exponent = (weight * away * (logs - mean)).sum(2) / (weight * away**2).sum(1)
        k = np.exp(mean[:, :, 0] - exponent * centre[:, 0])
    usable = ((weight > 0).sum(1) >= 2) & np.isfinite(k).all(0) & np.isfinite(exponent).all(0)

    def trend(j: int, i: int) -> Trend:
        return Trend(k=float(k[j, i]), exponent=float(exponent[j, i]))

    return [
        AllocationLaw(N=trend(0, i), D=trend(1, i), L=trend(2, i)) if usable[i] else None
        for i in range(len(usable))
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
        """The lowest loss for C training FLOPs, by a pure power law through the minima."""
        return self.law.L_opt(C)

    def _loss(self, law: AllocationLaw, *where: ArrayLike) -> Floats:
        return law.L_opt(*where)
