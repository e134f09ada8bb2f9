"""Power laws in one variable."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from ..arrays import Floats, plain, positive
from .formula import Formula, Ranges


@dataclass(frozen=True, repr=False)
class PowerLaw(Formula):
    """L(x) = E + A·x^-alpha, in nats: a power law with an irreducible loss E.

    With E = 0 it is Kaplan's form L = (x_c/x)^alpha, see `x_c` and `from_scale`. With E > 0 it is
    the form of Henighan et al. 2020 (arXiv:2010.14701, eq. 1.1), and one cut through Chinchilla's
    surface.

    Parameters: A > 0 (nats·x^alpha), alpha > 0, E >= 0 (nats). x is N, D, C or anything positive.
    Raises CourseError for parameters out of range.

    >>> law = PowerLaw(A=10, alpha=1/3, E=0.1)
    >>> round(law(1e6), 4)
    0.2
    """

    START: ClassVar[Ranges] = {"A": (0.1, 1e6), "alpha": (0.02, 1), "E": (0.1, 3)}

    A: float
    alpha: float
    E: float = 0.0

    def __post_init__(self):
        self._require("A", "alpha")
        self._require("E", zero=True)

    @classmethod
    def from_scale(cls, x_c: float, alpha: float, E: float = 0.0, **about: str) -> PowerLaw:
        """The law L = E + (x_c/x)^alpha, the way Kaplan et al. 2020 write theirs (eq. 1.1 to 1.3).

        >>> round(PowerLaw.from_scale(8.8e13, 0.076)(1e9), 3)
        2.376
        """
        return cls(A=float(x_c) ** alpha, alpha=alpha, E=E, **about)

    def __call__(self, x: ArrayLike) -> Floats:
        """The loss at x, in nats per token; broadcasts over arrays.

        >>> PowerLaw(A=10, alpha=0.5, E=1)([100, 10_000]).round(6).tolist()
        [2.0, 1.1]
        """
        (x,) = positive(x=x)
        return plain(self.E + self.A * x**-self.alpha)

    def reducible(self, x: ArrayLike) -> Floats:
        """L(x) - E: the part of the loss that more of x removes.

        >>> round(PowerLaw(A=10, alpha=0.5, E=1).reducible(100), 6)
        1.0
        """
        (x,) = positive(x=x)
        return plain(self.A * x**-self.alpha)

    def x_for(self, loss: ArrayLike) -> Floats:
        """The x at which the law reaches `loss`: the inverse of the law; inf where loss <= E.

        >>> law = PowerLaw(A=10, alpha=1/3, E=0.1)
        >>> round(law.x_for(0.2)), law.x_for(0.05)
        (1000000, inf)
        """
        (loss,) = positive(loss=loss)
        with np.errstate(divide="ignore"):
            return plain((self.A / np.maximum(loss - self.E, 0.0)) ** (1 / self.alpha))

    @property
    def x_c(self) -> float:
        """The x at which the reducible loss is 1 nat, so that L = E + (x_c/x)^alpha.

        >>> law = PowerLaw.from_scale(8.8e13, 0.076)   # Kaplan et al. 2020, eq. 1.1
        >>> f"{law.x_c:.3g}"
        '8.8e+13'
        """
        return self.A ** (1 / self.alpha)

    def factor(self, k: float) -> float:
        """What multiplying x by k multiplies the reducible loss by: k^-alpha.

        >>> round(PowerLaw(A=1, alpha=0.076).factor(2), 3)   # Kaplan et al. 2020, section 1.2
        0.949
        """
        return k**-self.alpha

    @property
    def doubling_factor(self) -> float:
        """What doubling x multiplies the reducible loss by: 2^-alpha.

        >>> round(PowerLaw(A=1, alpha=0.076).doubling_factor, 3)
        0.949
        """
        return self.factor(2)

    def slope(self, x: ArrayLike) -> Floats:
        """The local slope d ln L / d ln x of the *total* loss: -alpha only where E = 0.

        >>> law = PowerLaw(A=10, alpha=0.5, E=1)
        >>> round(law.slope(100), 6), round(law.slope(1e8), 4)   # the floor flattens it
        (-0.25, -0.0005)
        """
        (x,) = positive(x=x)
        part = self.A * x**-self.alpha
        return plain(-self.alpha * part / (self.E + part))


@dataclass(frozen=True, repr=False)
class Trend(Formula):
    """y = k·(x/unit)^exponent: how the best choice of N, D, batch or learning rate grows with
    compute.

    `unit` is the unit of x that k belongs to, for example PF_DAY; x itself is always given in
    FLOPs. In a fit hold it: it only rescales k.

    >>> round(Trend(k=2.0, exponent=0.5)(100))
    20

    >>> from scalinglaws.fits import fit_law
    >>> C = np.geomspace(1e17, 1e20, 8)
    >>> runs = {"x": C, "rate": 0.3118 * C**-0.125}
    >>> fit_law(Trend, runs, loss="rate", fixed={"unit": 1.0}).law
    Trend(k=0.3118, exponent=-0.125, unit=1)
    """

    START: ClassVar[Ranges] = {"k": (1e-6, 1e6), "exponent": (-1, 1)}

    k: float
    exponent: float
    unit: float = 1.0

    def __call__(self, x: ArrayLike) -> Floats:
        """y at x; broadcasts over arrays.

        >>> Trend(k=2.0, exponent=0.5)([100, 400]).tolist()
        [20.0, 40.0]
        """
        (x,) = positive(x=x)
        return plain(self.k * (x / self.unit) ** self.exponent)

    def x_for(self, y: ArrayLike) -> Floats:
        """The x that gives y: the inverse of the trend.

        >>> trend = Trend(k=2.0, exponent=0.5)
        >>> round(trend.x_for(trend(100)), 6)
        100.0
        """
        (y,) = positive(y=y)
        return plain(self.unit * (y / self.k) ** (1 / self.exponent))
