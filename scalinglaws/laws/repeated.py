"""The value of repeated data (Muennighoff et al. 2023, arXiv:2305.16264).

The equation numbers are those of the paper's version 5, from excerpts that quote it (secondary).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from ..arrays import Floats, plain, positive
from .chinchilla import ChinchillaLaw
from .formula import Formula, Ranges


def effective_amount(total: ArrayLike, unique: ArrayLike, R_star: ArrayLike) -> Floats:
    """unique·(1 + R*·(1 - e^(-R/R*))), R = total/unique - 1: what repeated tokens are worth
    (eq. 5).

    Where total <= unique nothing repeats, and the amount is total. R_star: repetitions after which
    a further one is worth 1/e of a fresh pass. The result never exceeds unique·(1 + R_star).

    >>> round(effective_amount(4e9, 1e9, 15.387756) / 4e9, 2)   # four epochs
    0.93
    """
    total, unique, R_star = positive(total=total, unique=unique, R_star=R_star)
    unique = np.minimum(unique, total)
    R = total / unique - 1
    return plain(unique * (1 - R_star * np.expm1(-R / R_star)))


@dataclass(frozen=True, repr=False)
class DataConstrainedLaw(Formula):
    """Chinchilla's law in effective N' and D', for training on U unique tokens several times
    (section 3.1, eq. 5 and 6).

    base: the law of fresh data. R_D_star, R_N_star: decay of repeated tokens and of excess
    parameters. N_per_token: U_N/U_D, the compute-optimal parameters for the unique tokens (0.051 on
    C4, app. A).

    >>> law = DataConstrainedLaw(ChinchillaLaw(E=1.87, A=521, B=1488, alpha=0.353, beta=0.353))
    >>> law(1e9, 4e10, U=1e10) > law(1e9, 4e10, U=4e10)   # repeated tokens are worth less
    True
    """

    base: ChinchillaLaw
    R_D_star: float = 15.387756
    R_N_star: float = 5.309743
    N_per_token: float = 0.051

    def effective_D(self, D: ArrayLike, U: ArrayLike) -> Floats:
        """D': fresh tokens worth as much as D tokens drawn from U unique ones (eq. 5).

        >>> law = DataConstrainedLaw(ChinchillaLaw(E=1.87, A=521, B=1488, alpha=0.353, beta=0.353))
        >>> f"{law.effective_D(4e10, U=1e10):.3g}"   # four epochs
        '3.73e+10'
        """
        return effective_amount(D, U, self.R_D_star)

    def effective_N(self, N: ArrayLike, U: ArrayLike) -> Floats:
        """N': parameters that U unique tokens can make use of (eq. 6).

        >>> law = DataConstrainedLaw(ChinchillaLaw(E=1.87, A=521, B=1488, alpha=0.353, beta=0.353))
        >>> f"{law.effective_N(1e9, U=1e10):.3g}"   # what 1e10 unique tokens can feed
        '9.58e+08'
        """
        (U,) = positive(U=U)
        return effective_amount(N, self.N_per_token * U, self.R_N_star)

    def value(self, epochs: ArrayLike) -> Floats:
        """D'/D after this many epochs: the worth of a token relative to a fresh one.

        >>> law = DataConstrainedLaw(ChinchillaLaw(E=1.87, A=521, B=1488, alpha=0.353, beta=0.353))
        >>> [round(law.value(n), 2) for n in (4, 16, 40)]
        [0.93, 0.66, 0.38]
        """
        (epochs,) = positive(epochs=epochs)
        return plain(np.asarray(self.effective_D(epochs, 1.0)) / epochs)

    def __call__(self, N: ArrayLike, D: ArrayLike, U: ArrayLike) -> Floats:
        """The loss of N parameters on D tokens of which U are unique, in nats per token.

        >>> law = DataConstrainedLaw(ChinchillaLaw(E=1.87, A=521, B=1488, alpha=0.353, beta=0.353))
        >>> bool(law(1e9, 4e10, U=4e10) < law(1e9, 4e10, U=1e10) < law(1e9, 1e10, U=1e10))
        True
        """
        D, U = positive(D=D, U=U)
        U = np.minimum(U, D)
        return self.base(self.effective_N(N, U), self.effective_D(D, U))


@dataclass(frozen=True, repr=False)
class RepeatedDataLaw(Formula):
    """`DataConstrainedLaw` with all its numbers side by side, as a fit varies them (their app. A).

    R_D_star: the repetitions after which a further one is worth 1/e of the first; R_N_star: the
    same for excess size. N_per_token: U_N/U_D, the parameters that one unique token supports.

    >>> law = RepeatedDataLaw(1.87, 521, 1488, 0.353, 0.353, R_D_star=15.4, R_N_star=5.3)
    >>> law(1e9, 4e10, 1e10) == law.law(1e9, 4e10, 1e10)
    True
    """

    START: ClassVar[Ranges] = {
        "E": (0.3, 3),
        "A": (10, 1e5),
        "B": (10, 1e5),
        "alpha": (0.1, 0.8),
        "beta": (0.1, 0.8),
        "R_D_star": (2, 60),
        "R_N_star": (1, 60),
    }

    E: float
    A: float
    B: float
    alpha: float
    beta: float
    R_D_star: float
    R_N_star: float
    N_per_token: float = 0.051

    @property
    def base(self) -> ChinchillaLaw:
        """The law of fresh data.

        >>> law = RepeatedDataLaw(1.87, 521, 1488, 0.353, 0.353, R_D_star=15.4, R_N_star=5.3)
        >>> law.base.alpha
        0.353
        """
        return ChinchillaLaw(self.E, self.A, self.B, self.alpha, self.beta)

    @property
    def law(self) -> DataConstrainedLaw:
        """The same law, with the methods of `DataConstrainedLaw`.

        >>> law = RepeatedDataLaw(1.87, 521, 1488, 0.353, 0.353, R_D_star=15.4, R_N_star=5.3)
        >>> round(law.law.value(4), 2)   # of a token after four epochs
        0.93
        """
        return DataConstrainedLaw(self.base, self.R_D_star, self.R_N_star, self.N_per_token)

    def __call__(self, N: ArrayLike, D: ArrayLike, U: ArrayLike) -> Floats:
        """The loss of N parameters on D tokens of which U are unique, in nats per token.

        >>> law = RepeatedDataLaw(1.87, 521, 1488, 0.353, 0.353, R_D_star=15.4, R_N_star=5.3)
        >>> bool(law(1e9, 4e10, 4e10) < law(1e9, 4e10, 1e10))   # 1e10 unique tokens, four times
        True
        """
        D, U = positive(D=D, U=U)
        U = np.minimum(U, D)
        # The lower bounds of a search: as close to 0 as it likes.
        R_N, R_D = np.maximum(self.R_N_star, 1e-9), np.maximum(self.R_D_star, 1e-9)
        size = np.asarray(effective_amount(N, self.N_per_token * U, R_N))
        data = np.asarray(effective_amount(D, U, R_D))
        return plain(self.E + self.A * size**-self.alpha + self.B * data**-self.beta)
