"""Training far beyond 20 tokens per parameter (Gadre et al. 2024, arXiv:2403.08540)."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from ..arrays import Floats, plain, positive
from ..errors import CourseError
from .chinchilla import ChinchillaLaw
from .formula import Formula


@dataclass(frozen=True, repr=False)
class OvertrainingLaw(Formula):
    """L(C, M) = E + (a·M^eta + b·M^-eta)·C^-eta, in nats per token (Gadre et al. 2024, eq. 4).

    C: training FLOPs, M = D/N: tokens per parameter. It is Chinchilla's law with alpha = beta =
    2·eta, seen from (C, M): the reducible loss falls with C by the same exponent at every M, so
    runs at small M forecast others at large M. The form was checked in the authors' code.

    Parameters: a, b, eta > 0 and E >= 0, else CourseError.

    >>> law = OvertrainingLaw.from_chinchilla(ChinchillaLaw(E=1.8, A=500, B=900, alpha=0.34, beta=0.34))
    >>> round(law(6e21, 20), 4) == round(law.chinchilla(*law.split(6e21, 20)), 4)
    True
    """

    E: float
    a: float
    b: float
    eta: float
    name: str = field(default="", compare=False, repr=False)
    citation: str = field(default="", compare=False, repr=False)

    def __post_init__(self) -> None:
        self._require("a", "b", "eta")
        self._require("E", zero=True)

    @classmethod
    def from_chinchilla(cls, law: ChinchillaLaw) -> OvertrainingLaw:
        """The same law in C and M. Raises CourseError unless alpha = beta."""
        if not np.isclose(law.alpha, law.beta, rtol=1e-6):
            raise CourseError(
                f"Only a law with alpha = beta has this form; here they are {law.alpha:g} and "
                f"{law.beta:g}."
            )
        eta = law.alpha / 2
        return cls(E=law.E, a=law.A * 6**eta, b=law.B * 6**eta, eta=eta)

    @property
    def chinchilla(self) -> ChinchillaLaw:
        """The same law in N and D, with alpha = beta = 2·eta."""
        scale = 6.0**-self.eta
        return ChinchillaLaw(self.E, self.a * scale, self.b * scale, 2 * self.eta, 2 * self.eta)

    def __call__(self, C: ArrayLike, M: ArrayLike) -> Floats:
        """The loss of C training FLOPs at M tokens per parameter."""
        C, M = positive(C=C, M=M)
        return plain(self.E + (self.a * M**self.eta + self.b * M**-self.eta) * C**-self.eta)

    def split(self, C: ArrayLike, M: ArrayLike) -> tuple[Floats, Floats]:
        """(N, D) of C FLOPs at M tokens per parameter: sqrt(C/(6·M)) and sqrt(C·M/6)."""
        C, M = positive(C=C, M=M)
        return plain(np.sqrt(C / (6 * M))), plain(np.sqrt(C * M / 6))

    @property
    def M_opt(self) -> float:
        """The compute-optimal tokens per parameter, the same at every C: (b/a)^(1/(2·eta))."""
        return float((self.b / self.a) ** (1 / (2 * self.eta)))

    def price(self, M: ArrayLike) -> Floats:
        """What training at M costs: FLOPs over the least that reach the same loss; 1 at M_opt.

        >>> law = OvertrainingLaw(E=1.8, a=100, b=2000, eta=0.17)
        >>> round(law.price(law.M_opt), 6), bool(law.price(32 * law.M_opt) > 2)
        (1.0, True)
        """
        (M,) = positive(M=M)
        here = self.a * M**self.eta + self.b * M**-self.eta
        return plain((here / (2 * np.sqrt(self.a * self.b))) ** (1 / self.eta))
