"""What approaches 1 and 2 share: an allocation law through best points (C, N, D, L)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..arrays import Floats
from ..laws import AllocationLaw, Trend
from .result import Fit


def line(x: NDArray, y: NDArray) -> Trend:
    """y = k·x^p by least squares on the log axes: on linear axes the largest budget would decide alone."""
    z = np.log(x)
    centre, mean = z.mean(), np.log(y).mean()
    p = ((z - centre) * (np.log(y) - mean)).sum() / ((z - centre) ** 2).sum()
    return Trend(k=float(np.exp(mean - p * centre)), exponent=float(p))


def allocation_law(C: NDArray, N: NDArray, D: NDArray, L: NDArray) -> AllocationLaw:
    """N, D and L as power laws of C. The loss has no floor here: few budgets cannot determine one."""
    return AllocationLaw(N=line(C, N), D=line(C, D), L=line(C, L))


@dataclass(frozen=True, eq=False, repr=False)
class AllocationFit(Fit):
    """A fit whose law says how N, D and L of the best run grow with C (n,), the FLOPs of the runs used."""

    C: NDArray[np.float64] = None

    _parameters = ("a", "b")

    def N_opt(self, C: ArrayLike) -> Floats:
        """The compute-optimal parameters for C training FLOPs."""
        return self.law.N_opt(C)

    def D_opt(self, C: ArrayLike) -> Floats:
        """The compute-optimal tokens for C training FLOPs."""
        return self.law.D_opt(C)

    def L_opt(self, C: ArrayLike) -> Floats:
        """The lowest loss for C training FLOPs, by a pure power law through the minima."""
        return self.law.L_opt(C)

    def predict(self, *where: ArrayLike) -> Floats:
        """The lowest loss at C training FLOPs."""
        return self.law.L_opt(*where)
