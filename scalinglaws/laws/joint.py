"""One family that includes Chinchilla's and Kaplan's laws in N and D."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from ..arrays import Floats, plain
from .chinchilla import ChinchillaLaw
from .formula import Formula, Ranges


@dataclass(frozen=True, repr=False)
class JointLaw(Formula):
    """L(N, D) = E + [(A/N^alpha)^(1/gamma) + (B/D^beta)^(1/gamma)]^gamma, in nats per token.

    gamma = 1 is Chinchilla's law (Hoffmann et al. 2022, eq. 2), where the two shortages add up. E =
    0 and gamma = beta is Kaplan's (2020, eq. 1.5), with A = N_c^alpha and B = D_c^beta. As gamma
    goes to 0, only the larger of the two counts. With infinite D the law is E + A/N^alpha for any
    gamma, and likewise for infinite N. All parameters are positive (E may be 0), else CourseError.
    The family is ours; each paper has one member of it.

    >>> law = JointLaw(E=1.69, A=406.4, B=410.7, alpha=0.34, beta=0.28, gamma=1)
    >>> round(law(70e9, 1.4e12), 3)
    1.937
    """

    START: ClassVar[Ranges] = {
        "E": (0.3, 3),
        "A": (1, 1e4),
        "B": (1, 1e5),
        "alpha": (0.1, 0.8),
        "beta": (0.1, 0.8),
        "gamma": (0.3, 1.5),
    }

    E: float
    A: float
    B: float
    alpha: float
    beta: float
    gamma: float

    def __post_init__(self):
        self._require("A", "B", "alpha", "beta", "gamma")
        self._require("E", zero=True)

    @property
    def _inner(self) -> ChinchillaLaw:
        """The sum in the brackets. The loss grows with it, so both have their lowest point at
        the same N and D.
        """
        power = 1 / self.gamma
        return ChinchillaLaw(
            0.0, self.A**power, self.B**power, self.alpha * power, self.beta * power
        )

    def __call__(self, N: ArrayLike, D: ArrayLike) -> Floats:
        """The loss at N parameters and D tokens, in nats per token.

        >>> law = JointLaw(E=0.7, A=33, B=38, alpha=0.4, beta=0.3, gamma=0.6)
        >>> round(law(1e5, 1e8), 3)
        1.081
        """
        return plain(self.E + np.asarray(self._inner(N, D)) ** self.gamma)

    @property
    def a(self) -> float:
        """The exponent of N_opt ∝ C^a: beta/(alpha + beta), for any gamma.

        >>> law = JointLaw(E=0.7, A=33, B=38, alpha=0.4, beta=0.3, gamma=0.6)
        >>> round(law.a, 3)
        0.429
        """
        return self._inner.a

    @property
    def b(self) -> float:
        """The exponent of D_opt ∝ C^b: alpha/(alpha + beta).

        >>> law = JointLaw(E=0.7, A=33, B=38, alpha=0.4, beta=0.3, gamma=0.6)
        >>> round(law.a + law.b, 12)
        1.0
        """
        return self._inner.b

    def N_opt(self, C: ArrayLike) -> Floats:
        """The N of lowest loss on the line C = 6·N·D.

        >>> law = JointLaw(E=0.7, A=33, B=38, alpha=0.4, beta=0.3, gamma=0.6)
        >>> C = 1e13
        >>> N = law.N_opt(C) * np.array([0.5, 1, 2])
        >>> int(np.argmin(law(N, C / (6 * N))))   # neither half nor twice of it is better
        1
        """
        return self._inner.N_opt(C)

    def D_opt(self, C: ArrayLike) -> Floats:
        """The D of lowest loss on the line C = 6·N·D.

        >>> law = JointLaw(E=0.7, A=33, B=38, alpha=0.4, beta=0.3, gamma=0.6)
        >>> bool(np.isclose(6 * law.N_opt(1e13) * law.D_opt(1e13), 1e13))
        True
        """
        return self._inner.D_opt(C)

    def L_opt(self, C: ArrayLike) -> Floats:
        """The lowest loss for C training FLOPs.

        >>> law = JointLaw(E=0.7, A=33, B=38, alpha=0.4, beta=0.3, gamma=0.6)
        >>> bool(law.L_opt(1e13) < law(2 * law.N_opt(1e13), law.D_opt(1e13) / 2))
        True
        """
        return self(self.N_opt(C), self.D_opt(C))

    def tokens_per_param(self, C: ArrayLike) -> Floats:
        """D_opt/N_opt at C training FLOPs.

        >>> law = JointLaw(E=0.7, A=33, B=38, alpha=0.4, beta=0.3, gamma=0.6)
        >>> bool(np.isclose(law.tokens_per_param(1e13), law.D_opt(1e13) / law.N_opt(1e13)))
        True
        """
        return self._inner.tokens_per_param(C)
