"""The laws of Kaplan et al. 2020 (arXiv:2001.08361).

Here N counts *non-embedding* parameters. Compute is given in FLOPs; the paper's PF-days are
`PF_DAY`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from ..arrays import Floats, plain, positive
from .chinchilla import AllocationLaw
from .formula import Formula, Ranges
from .power import PowerLaw, Trend

PF_DAY = 1e15 * 24 * 3600  # 8.64e19 FLOPs: one petaFLOP/s for a day


@dataclass(frozen=True, repr=False)
class KaplanJointLaw(Formula):
    """L(N, D) = [(N_c/N)^(alpha_N/alpha_D) + D_c/D]^alpha_D, early stopped (eq. 1.5).

    >>> law = KaplanJointLaw(N_c=6.4e13, D_c=1.8e13, alpha_N=0.076, alpha_D=0.103)   # Table 2
    >>> round(law(1e9, 2.2e10), 2)
    2.37
    """

    START: ClassVar[Ranges] = {
        "N_c": (1e10, 1e16),
        "D_c": (1e10, 1e16),
        "alpha_N": (0.03, 0.3),
        "alpha_D": (0.03, 0.3),
    }

    N_c: float
    D_c: float
    alpha_N: float
    alpha_D: float

    def __call__(self, N: ArrayLike, D: ArrayLike) -> Floats:
        """Test loss of N parameters trained on D tokens until it stops improving, nats per token.

        >>> law = KaplanJointLaw(N_c=6.4e13, D_c=1.8e13, alpha_N=0.076, alpha_D=0.103)
        >>> bool(law(1e9, 2.2e10) > law(1e9, 2.2e12))   # more data, less loss
        True
        """
        N, D = positive(N=N, D=D)
        ratio = self.alpha_N / self.alpha_D
        return plain(((self.N_c / N) ** ratio + self.D_c / D) ** self.alpha_D)

    def overfitting(self, N: ArrayLike, D: ArrayLike) -> Floats:
        """L(N, D)/L(N, ∞) - 1: the relative increase in loss from finite data (eq. 4.2).

        >>> law = KaplanJointLaw(N_c=6.4e13, D_c=1.8e13, alpha_N=0.076, alpha_D=0.103)
        >>> round(law.overfitting(1e9, law.D_for_overfitting(1e9)), 3)   # the inverse
        0.02
        """
        return plain(np.asarray(self(N, D)) / self(N, np.inf) - 1)

    def D_for_overfitting(self, N: ArrayLike, share: float = 0.02) -> Floats:
        """The tokens that keep `overfitting` at `share`. For 0.02: about 5e3·N^0.74 (eq. 4.4).

        >>> law = KaplanJointLaw(N_c=6.4e13, D_c=1.8e13, alpha_N=0.076, alpha_D=0.103)
        >>> f"{law.D_for_overfitting(1e9):.2g} {5e3 * 1e9**0.74:.2g}"
        '2.4e+10 2.3e+10'
        """
        N, _ = positive(N=N, share=share)
        ratio = self.alpha_N / self.alpha_D
        return plain(self.D_c * (N / self.N_c) ** ratio / ((1 + share) ** (1 / self.alpha_D) - 1))


@dataclass(frozen=True, repr=False)
class KaplanStepsLaw(Formula):
    """L(N, S_min) = (N_c/N)^alpha_N + (S_c/S_min)^alpha_S: learning curves (eq. 1.6, 5.6).

    >>> law = KaplanStepsLaw(N_c=6.5e13, S_c=2.1e3, alpha_N=0.077, alpha_S=0.76)   # Table 3
    >>> round(law(1e9, 1e5), 2)
    2.4
    """

    START: ClassVar[Ranges] = {
        "N_c": (1e10, 1e16),
        "S_c": (10, 100000),
        "alpha_N": (0.03, 0.3),
        "alpha_S": (0.3, 1.2),
    }

    N_c: float
    S_c: float
    alpha_N: float
    alpha_S: float

    def __call__(self, N: ArrayLike, S_min: ArrayLike) -> Floats:
        """Test loss after S_min optimiser steps of very large batches, nats per token.

        >>> law = KaplanStepsLaw(N_c=6.5e13, S_c=2.1e3, alpha_N=0.077, alpha_S=0.76)
        >>> law(1e9, [1e3, 1e4, 1e5]).round(2).tolist()   # a learning curve
        [4.1, 2.65, 2.4]
        """
        N, S_min = positive(N=N, S_min=S_min)
        return plain((self.N_c / N) ** self.alpha_N + (self.S_c / S_min) ** self.alpha_S)


@dataclass(frozen=True, repr=False)
class CriticalBatch(Formula):
    """B_crit(L) = B_star/L^(1/alpha_B), in tokens (eq. 1.4, 5.3): the batch that wastes half.

    Steps S and compute C trade off: (S/S_min - 1)·(C/C_min - 1) = 1 (eq. 5.1).

    >>> B_crit = CriticalBatch(B_star=2.1e8, alpha_B=0.21)
    >>> [f"{B_crit(L):.2g}" for L in (3, 2.5, 2)]
    ['1.1e+06', '2.7e+06', '7.7e+06']
    """

    START: ClassVar[Ranges] = {"B_star": (1e06, 1e10), "alpha_B": (0.1, 0.6)}

    B_star: float
    alpha_B: float

    def __call__(self, L: ArrayLike) -> Floats:
        """The critical batch at loss L, in tokens.

        >>> B_crit = CriticalBatch(B_star=2.1e8, alpha_B=0.21)
        >>> f"{B_crit(2.5):.2g}"
        '2.7e+06'
        """
        (L,) = positive(L=L)
        return plain(self.B_star * L ** (-1 / self.alpha_B))

    def S_min(self, S: ArrayLike, B: ArrayLike, L: ArrayLike) -> Floats:
        """The fewest steps that could reach L, given that S steps of B tokens did (eq. 5.4).

        >>> B_crit = CriticalBatch(B_star=2.1e8, alpha_B=0.21)
        >>> round(B_crit.S_min(1e5, B_crit(2.5), 2.5))   # at the critical batch: half of the steps
        50000
        """
        S, B = positive(S=S, B=B)
        return plain(S / (1 + np.asarray(self(L)) / B))

    def C_min(self, C: ArrayLike, B: ArrayLike, L: ArrayLike) -> Floats:
        """The least compute that could reach L, given that C FLOPs in batches of B did (eq. 5.5).

        >>> B_crit = CriticalBatch(B_star=2.1e8, alpha_B=0.21)
        >>> f"{B_crit.C_min(1e20, B_crit(2.5), 2.5):.3g}"   # and half of the compute
        '5e+19'
        """
        C, B = positive(C=C, B=B)
        return plain(C / (1 + B / np.asarray(self(L))))


@dataclass(frozen=True, repr=False)
class KaplanLaws(Formula):
    """All laws of the paper together; `scalinglaws.constants.KAPLAN` is the published instance.

    L_N, L_D, L_C, L_C_naive: single-factor laws (eq. 1.1 to 1.3). L_ND: joint law. L_NS: learning
    curves. B_crit: critical batch. allocation, batch and steps: best choices for a budget in FLOPs
    (eq. 1.7, 1.8).
    """

    L_N: PowerLaw
    L_D: PowerLaw
    L_C: PowerLaw
    L_C_naive: PowerLaw
    L_ND: KaplanJointLaw
    L_NS: KaplanStepsLaw
    B_crit: CriticalBatch
    allocation: AllocationLaw
    batch: Trend
    steps: Trend

    @property
    def a(self) -> float:
        """The exponent of N_opt ∝ C^a.

        >>> from scalinglaws.constants import KAPLAN
        >>> KAPLAN.a
        0.73
        """
        return self.allocation.a

    @property
    def b(self) -> float:
        """The exponent of D_opt ∝ C^b.

        >>> from scalinglaws.constants import KAPLAN
        >>> KAPLAN.b
        0.27
        """
        return self.allocation.b

    def N_opt(self, C: ArrayLike) -> Floats:
        """Non-embedding parameters for C training FLOPs (eq. 1.7, Table 6).

        >>> from scalinglaws.constants import KAPLAN
        >>> f"{KAPLAN.N_opt(PF_DAY):.2g}"   # one PF-day
        '1.3e+09'
        """
        return self.allocation.N_opt(C)

    def D_opt(self, C: ArrayLike) -> Floats:
        """Tokens for C training FLOPs (Table 6). Not on the line C = 6·N·D: C is C_min there.

        >>> from scalinglaws.constants import KAPLAN
        >>> f"{KAPLAN.D_opt(PF_DAY):.2g}"
        '2e+10'
        """
        return self.allocation.D_opt(C)

    def L_opt(self, C: ArrayLike) -> Floats:
        """The lowest loss for C training FLOPs, L(C_min) (eq. 1.3).

        >>> from scalinglaws.constants import KAPLAN
        >>> round(KAPLAN.L_opt(PF_DAY), 2)
        2.66
        """
        return self.L_C(C)

    def C_for(self, L: ArrayLike) -> Floats:
        """The least training FLOPs that reach loss L: the inverse of L_opt.

        >>> from scalinglaws.constants import KAPLAN
        >>> bool(np.isclose(KAPLAN.C_for(KAPLAN.L_opt(1e21)), 1e21))
        True
        """
        return self.L_C.x_for(L)

    def tokens_per_param(self, C: ArrayLike) -> Floats:
        """D_opt/N_opt at C training FLOPs.

        >>> from scalinglaws.constants import KAPLAN
        >>> round(KAPLAN.tokens_per_param(PF_DAY), 1)
        15.4
        """
        return self.allocation.tokens_per_param(C)
