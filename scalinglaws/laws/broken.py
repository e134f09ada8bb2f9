"""Broken neural scaling laws (Caballero et al. 2022, arXiv:2210.14891; the form checked in their
published code).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ..arrays import Floats, plain, positive
from .formula import Formula


@dataclass(frozen=True, repr=False)
class BrokenPowerLaw(Formula):
    """y = E + A·x^-c0 · Π_i (1 + (x/d_i)^(1/f_i))^(-c_i·f_i) (BNSL, eq. 1): power laws joined
    smoothly.

    breaks: (c, d, f) of each break: the change of exponent, where it is, and how gradual it is (f >
    0; a small f is sharp). ln(y - E) against ln x has slope -c0 before the first break and -(c0 +
    c1) after it. Exponents may be negative, so y can rise: double descent and overfitting can be
    expressed, unlike by a sum of power laws.

    >>> law = BrokenPowerLaw(E=0, A=10, c0=0.5, breaks=((-1.0, 100, 0.2),))
    >>> bool(law(1) > law(100) < law(1e4))   # U-shaped
    True
    """

    E: float
    A: float
    c0: float
    breaks: tuple[tuple[float, float, float], ...] = ()

    def __post_init__(self):
        self._require("A")
        self._require("E", zero=True)
        for _, d, f in self.breaks:
            positive(d=d, f=f)

    def __call__(self, x: ArrayLike) -> Floats:
        """y at x; broadcasts over arrays.

        >>> law = BrokenPowerLaw(E=0.5, A=30, c0=0.4, breaks=((-0.9, 200, 0.4),))
        >>> law([1, 200, 1e4]).round(2).tolist()   # down, and up beyond 200
        [30.5, 5.12, 25.98]
        """
        (x,) = positive(x=x)
        log_y = np.log(self.A) - self.c0 * np.log(x)
        for c, d, f in self.breaks:
            log_y = log_y - c * f * np.logaddexp(0.0, np.log(x / d) / f)
        return plain(self.E + np.exp(log_y))

    def slope(self, x: ArrayLike) -> Floats:
        """d ln(y - E) / d ln x: -c0 far below the first break, -(c0 + Σ c_i) far above the last.

        >>> law = BrokenPowerLaw(E=0.5, A=30, c0=0.4, breaks=((-0.9, 200, 0.4),))
        >>> law.slope([1e-3, 200, 1e8]).round(3).tolist()
        [-0.4, 0.05, 0.5]
        """
        (x,) = positive(x=x)
        slope = np.full(x.shape, -float(self.c0))
        for c, d, f in self.breaks:
            # The logistic function of ln(x/d)/f, written so that it cannot overflow.
            slope = slope - c * np.exp(-np.logaddexp(0.0, -np.log(x / d) / f))
        return plain(slope)
