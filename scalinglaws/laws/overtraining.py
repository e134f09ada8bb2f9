"""Training far beyond 20 tokens per parameter (Gadre et al. 2024, arXiv:2403.08540)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from ..arrays import Floats, plain, positive
from ..errors import CourseError
from .chinchilla import ChinchillaLaw
from .formula import Formula, Ranges


@dataclass(frozen=True, repr=False)
class OvertrainingLaw(Formula):
    """L(C, M) = E + (A·M^eta + B·M^-eta)·C^-eta, in nats per token (Gadre et al. 2024, eq. 4).

    C: training FLOPs, M = D/N: tokens per parameter. It is Chinchilla's law with alpha = beta =
    2·eta, seen from (C, M): the reducible loss falls with C by the same exponent at every M, so
    runs at small M forecast others at large M. The form was checked in the authors' code; the paper
    writes a and b for A and B.

    Parameters: A, B, eta > 0 and E >= 0, else CourseError.

    >>> base = ChinchillaLaw(E=1.8, A=500, B=900, alpha=0.34, beta=0.34)
    >>> law = OvertrainingLaw.from_chinchilla(base)
    >>> round(law(6e21, 20), 4) == round(law.chinchilla(*law.split(6e21, 20)), 4)
    True
    """

    START: ClassVar[Ranges] = {"E": (0.3, 3), "A": (1, 10000), "B": (1, 100000), "eta": (0.05, 0.4)}

    E: float
    A: float
    B: float
    eta: float

    def __post_init__(self) -> None:
        self._require("A", "B", "eta")
        self._require("E", zero=True)

    @classmethod
    def from_chinchilla(cls, law: ChinchillaLaw) -> OvertrainingLaw:
        """The same law in C and M. Raises CourseError unless alpha = beta.

        >>> base = ChinchillaLaw(E=1.8, A=500, B=900, alpha=0.34, beta=0.34)
        >>> round(OvertrainingLaw.from_chinchilla(base).eta, 2)
        0.17
        """
        if not np.isclose(law.alpha, law.beta, rtol=1e-6):
            raise CourseError(
                f"Only a law with alpha = beta has this form; here they are {law.alpha:g} and "
                f"{law.beta:g}."
            )
        eta = law.alpha / 2
        return cls(E=law.E, A=law.A * 6**eta, B=law.B * 6**eta, eta=eta)

    @property
    def chinchilla(self) -> ChinchillaLaw:
        """The same law in N and D, with alpha = beta = 2·eta.

        >>> law = OvertrainingLaw(E=1.8, A=100, B=2000, eta=0.17)
        >>> round(law.chinchilla.alpha, 2), round(law.chinchilla.beta, 2)
        (0.34, 0.34)
        """
        scale = 6.0**-self.eta
        return ChinchillaLaw(self.E, self.A * scale, self.B * scale, 2 * self.eta, 2 * self.eta)

    def __call__(self, C: ArrayLike, M: ArrayLike) -> Floats:
        """The loss of C training FLOPs at M tokens per parameter.

        >>> law = OvertrainingLaw(E=1.8, A=100, B=2000, eta=0.17)
        >>> law(6e21, [20, 640]).round(2).tolist()   # from 20 to 640 tokens per parameter
        [2.07, 1.99]
        """
        C, M = positive(C=C, M=M)
        return plain(self.E + (self.A * M**self.eta + self.B * M**-self.eta) * C**-self.eta)

    def split(self, C: ArrayLike, M: ArrayLike) -> tuple[Floats, Floats]:
        """(N, D) of C FLOPs at M tokens per parameter: sqrt(C/(6·M)) and sqrt(C·M/6).

        >>> law = OvertrainingLaw(E=1.8, A=100, B=2000, eta=0.17)
        >>> N, D = law.split(1.2e20, 20)
        >>> f"{N:.3g} {D:.3g}"
        '1e+09 2e+10'
        """
        C, M = positive(C=C, M=M)
        return plain(np.sqrt(C / (6 * M))), plain(np.sqrt(C * M / 6))

    @property
    def a(self) -> float:
        """The exponent of N_opt ∝ C^a: 1/2, since M_opt is the same at every C."""
        return 0.5

    @property
    def b(self) -> float:
        """The exponent of D_opt ∝ C^b: 1/2."""
        return 0.5

    @property
    def M_opt(self) -> float:
        """The compute-optimal tokens per parameter, the same at every C: (B/A)^(1/(2·eta)).

        >>> law = OvertrainingLaw(E=1.8, A=100, B=2000, eta=0.17)
        >>> bool(law(1e21, law.M_opt) < min(law(1e21, law.M_opt * np.array([0.5, 2]))))
        True
        """
        return float((self.B / self.A) ** (1 / (2 * self.eta)))

    def N_opt(self, C: ArrayLike) -> Floats:
        """The compute-optimal parameters for C training FLOPs.

        >>> law = OvertrainingLaw(E=1.8, A=100, B=2000, eta=0.17)
        >>> bool(np.isclose(6 * law.N_opt(1e21) ** 2 * law.M_opt, 1e21))
        True
        """
        return self.split(C, self.M_opt)[0]

    def D_opt(self, C: ArrayLike) -> Floats:
        """The compute-optimal tokens for C training FLOPs.

        >>> law = OvertrainingLaw(E=1.8, A=100, B=2000, eta=0.17)
        >>> bool(np.isclose(law.D_opt(1e21), law.M_opt * law.N_opt(1e21)))
        True
        """
        return self.split(C, self.M_opt)[1]

    def L_opt(self, C: ArrayLike) -> Floats:
        """The lowest loss for C training FLOPs.

        >>> law = OvertrainingLaw(E=1.8, A=100, B=2000, eta=0.17)
        >>> bool(np.isclose(law.L_opt(1e21), law.chinchilla.L_opt(1e21)))
        True
        """
        return self(C, self.M_opt)

    def tokens_per_param(self, C: ArrayLike) -> Floats:
        """D_opt/N_opt, the same at every C.

        >>> law = OvertrainingLaw(E=1.8, A=100, B=2000, eta=0.17)
        >>> bool(np.isclose(law.tokens_per_param(1e21), law.M_opt))
        True
        """
        (C,) = positive(C=C)
        return plain(np.full(C.shape, self.M_opt))

    def price(self, M: ArrayLike) -> Floats:
        """What training at M costs: FLOPs divided by the fewest that reach the same loss; 1 at
        M_opt.

        >>> law = OvertrainingLaw(E=1.8, A=100, B=2000, eta=0.17)
        >>> round(law.price(law.M_opt), 6), bool(law.price(32 * law.M_opt) > 2)
        (1.0, True)
        """
        (M,) = positive(M=M)
        here = self.A * M**self.eta + self.B * M**-self.eta
        return plain((here / (2 * np.sqrt(self.A * self.B))) ** (1 / self.eta))
