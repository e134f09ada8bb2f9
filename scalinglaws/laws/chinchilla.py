"""Chinchilla's parametric law and its compute-optimal allocation (Hoffmann et al. 2022,
arXiv:2203.15556).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from ..arrays import Floats, plain, positive
from ..errors import CourseError
from .counting import FLOPS_PER_PARAM_TOKEN, training_flops
from .formula import Formula, Ranges
from .power import PowerLaw, Trend


@dataclass(frozen=True, repr=False)
class ChinchillaLaw(Formula):
    """L(N, D) = E + A/N^alpha + B/D^beta (Hoffmann et al. 2022, eq. 2), in nats per token.

    N counts parameters, D training tokens, C = 6·N·D training FLOPs. E, A, B, alpha and beta are
    positive (E may be 0), else CourseError. All methods broadcast over arrays.

    >>> law = ChinchillaLaw(E=1.69, A=406.4, B=410.7, alpha=0.34, beta=0.28)
    >>> round(law(70e9, 1.4e12), 3)
    1.937
    """

    START: ClassVar[Ranges] = {
        "E": (0.3, 3),
        "A": (10, 100000),
        "B": (10, 100000),
        "alpha": (0.1, 0.8),
        "beta": (0.1, 0.8),
    }

    E: float
    A: float
    B: float
    alpha: float
    beta: float

    def __post_init__(self):
        self._require("A", "B", "alpha", "beta")
        self._require("E", zero=True)

    # The surface

    def __call__(self, N: ArrayLike, D: ArrayLike) -> Floats:
        """The loss at N parameters and D tokens, in nats per token (eq. 2).

        >>> law = ChinchillaLaw(E=1.69, A=406.4, B=410.7, alpha=0.34, beta=0.28)
        >>> np.round(law([1e9, 70e9], [2e10, 1.4e12]), 3).tolist()
        [2.58, 1.937]
        """
        N, D = positive(N=N, D=D)
        return plain(self.E + self.A * N**-self.alpha + self.B * D**-self.beta)

    def N_term(self, N: ArrayLike) -> Floats:
        """A/N^alpha: the part of the loss due to the finite model, in nats per token.

        >>> law = ChinchillaLaw(E=1.69, A=406.4, B=410.7, alpha=0.34, beta=0.28)
        >>> round(law.N_term(70e9), 3)   # of Chinchilla itself
        0.083
        """
        (N,) = positive(N=N)
        return plain(self.A * N**-self.alpha)

    def D_term(self, D: ArrayLike) -> Floats:
        """B/D^beta: the part of the loss due to the finite data, in nats per token.

        >>> law = ChinchillaLaw(E=1.69, A=406.4, B=410.7, alpha=0.34, beta=0.28)
        >>> round(law.D_term(1.4e12), 3)
        0.163
        """
        (D,) = positive(D=D)
        return plain(self.B * D**-self.beta)

    def N_for(self, L: ArrayLike, D: ArrayLike) -> Floats:
        """The N that reaches loss L on D tokens; inf where even an infinite model does not.

        >>> law = ChinchillaLaw(E=1.69, A=406.4, B=410.7, alpha=0.34, beta=0.28)
        >>> round(law.N_for(law(1e9, 2e10), 2e10))
        1000000000
        >>> law.N_for(1.9, 9e7)   # 90 million tokens cannot reach 1.9
        inf
        """
        L, D = positive(L=L, D=D)
        left = np.maximum(L - self.E - self.B * D**-self.beta, 0.0)
        with np.errstate(divide="ignore"):
            return plain((self.A / left) ** (1 / self.alpha))

    def D_for(self, L: ArrayLike, N: ArrayLike) -> Floats:
        """The D that brings N parameters to loss L; inf where even infinite data do not.

        >>> law = ChinchillaLaw(E=1.69, A=406.4, B=410.7, alpha=0.34, beta=0.28)
        >>> round(law.D_for(law(1e9, 2e10), 1e9))
        20000000000
        """
        L, N = positive(L=L, N=N)
        left = np.maximum(L - self.E - self.A * N**-self.alpha, 0.0)
        with np.errstate(divide="ignore"):
            return plain((self.B / left) ** (1 / self.beta))

    # The best split of a budget (eq. 4)

    @property
    def a(self) -> float:
        """The exponent of N_opt ∝ C^a: beta/(alpha + beta) (eq. 4).

        >>> law = ChinchillaLaw(E=1.69, A=406.4, B=410.7, alpha=0.34, beta=0.28)
        >>> round(law.a, 3)   # 0.46 in their Table 2, from unrounded constants
        0.452
        """
        return self.beta / (self.alpha + self.beta)

    @property
    def b(self) -> float:
        """The exponent of D_opt ∝ C^b: alpha/(alpha + beta) (eq. 4).

        >>> law = ChinchillaLaw(E=1.69, A=406.4, B=410.7, alpha=0.34, beta=0.28)
        >>> round(law.a + law.b, 12)
        1.0
        """
        return self.alpha / (self.alpha + self.beta)

    @property
    def G(self) -> float:
        """(alpha·A / (beta·B))^(1/(alpha + beta)), the factor in N_opt (eq. 4).

        >>> law = ChinchillaLaw(E=1.69, A=406.4, B=410.7, alpha=0.34, beta=0.28)
        >>> bool(np.isclose(law.N_opt(6), law.G))   # where C/6 = 1
        True
        """
        return (self.alpha * self.A / (self.beta * self.B)) ** (1 / (self.alpha + self.beta))

    @property
    def loss_exponent(self) -> float:
        """The exponent of the optimal reducible loss, L_opt - E ∝ C^-loss_exponent: alpha·beta/(alpha +
        beta).

        >>> law = ChinchillaLaw(E=1.69, A=406.4, B=410.7, alpha=0.34, beta=0.28)
        >>> ratio = (law.L_opt(1e22) - law.E) / (law.L_opt(1e21) - law.E)
        >>> bool(np.isclose(ratio, 10**-law.loss_exponent))
        True
        """
        return self.alpha * self.beta / (self.alpha + self.beta)

    def N_opt(self, C: ArrayLike) -> Floats:
        """The parameters that minimise the loss at C training FLOPs: G·(C/6)^a (eq. 4).

        >>> law = ChinchillaLaw(E=1.8172, A=482.01, B=2085.43, alpha=0.3478, beta=0.3658)
        >>> f"{law.N_opt(1e20):.3g}"
        '8.53e+08'
        """
        (C,) = positive(C=C)
        return plain(self.G * (C / FLOPS_PER_PARAM_TOKEN) ** self.a)

    def D_opt(self, C: ArrayLike) -> Floats:
        """The tokens that minimise the loss at C training FLOPs: (C/6)^b / G (eq. 4).

        >>> law = ChinchillaLaw(E=1.69, A=406.4, B=410.7, alpha=0.34, beta=0.28)
        >>> bool(np.isclose(6 * law.N_opt(1e21) * law.D_opt(1e21), 1e21))
        True
        """
        (C,) = positive(C=C)
        return plain((C / FLOPS_PER_PARAM_TOKEN) ** self.b / self.G)

    def L_opt(self, C: ArrayLike) -> Floats:
        """The lowest loss that C training FLOPs can reach: E + (A·G^-alpha +
        B·G^beta)·(C/6)^-loss_exponent.

        >>> law = ChinchillaLaw(E=1.69, A=406.4, B=410.7, alpha=0.34, beta=0.28)
        >>> bool(np.isclose(law.L_opt(1e21), law(law.N_opt(1e21), law.D_opt(1e21))))
        True
        """
        (C,) = positive(C=C)
        return plain(self.E + self._frontier * (C / FLOPS_PER_PARAM_TOKEN) ** -self.loss_exponent)

    def C_for(self, L: ArrayLike) -> Floats:
        """The least training FLOPs that reach loss L: the inverse of L_opt; inf where L <= E.

        >>> law = ChinchillaLaw(E=1.69, A=406.4, B=410.7, alpha=0.34, beta=0.28)
        >>> f"{law.C_for(law.L_opt(1e21)):.6g}"
        '1e+21'
        """
        (L,) = positive(L=L)
        with np.errstate(divide="ignore"):
            ratio = self._frontier / np.maximum(L - self.E, 0.0)
            return plain(FLOPS_PER_PARAM_TOKEN * ratio ** (1 / self.loss_exponent))

    def tokens_per_param(self, C: ArrayLike) -> Floats:
        """D_opt/N_opt at C training FLOPs: the "20 tokens per parameter" of a fitted law.

        >>> from scalinglaws.constants import CHINCHILLA_REPLICATION as law
        >>> round(law.tokens_per_param(5.76e23), 1)   # at Gopher's budget
        18.4
        """
        return plain(np.asarray(self.D_opt(C)) / self.N_opt(C))

    def overspend(self, N: ArrayLike, D: ArrayLike) -> Floats:
        """Training FLOPs of (N, D), divided by the fewest that reach the same loss; 1 on the
        frontier.

        >>> law = ChinchillaLaw(E=1.8172, A=482.01, B=2085.43, alpha=0.3478, beta=0.3658)
        >>> round(law.overspend(8e9, 15e12), 1)   # Llama 3 8B: cheap to run, expensive to train
        5.5
        """
        return plain(np.asarray(training_flops(N, D)) / self.C_for(self(N, D)))

    @property
    def _frontier(self) -> float:
        """The optimal reducible loss at C = 6 FLOPs."""
        return self.A * self.G**-self.alpha + self.B * self.G**self.beta


@dataclass(frozen=True, repr=False)
class AllocationLaw(Formula):
    """N_opt and D_opt as two trends in C: what approaches 1 and 2 give. L is the lowest loss as a
    power law of C, if known; its floor E is 0 if the runs could not determine one.

    >>> rule = AllocationLaw.from_tokens_per_param(20)
    >>> f"{rule.N_opt(1.2e20):.4g} {rule.D_opt(1.2e20):.4g}"
    '1e+09 2e+10'
    """

    N: Trend
    D: Trend
    L: PowerLaw | None = None

    @classmethod
    def from_N(cls, N: Trend, name: str = "", citation: str = "") -> AllocationLaw:
        """The law whose tokens follow from C = 6·N·D, so D = C/(6·N).

        `N` must be a trend in FLOPs (unit 1).

        >>> law = AllocationLaw.from_N(Trend(k=0.1, exponent=0.5))
        >>> bool(np.isclose(6 * law.N_opt(1e20) * law.D_opt(1e20), 1e20))
        True
        """
        if N.unit != 1:
            raise CourseError("AllocationLaw.from_N needs a trend in FLOPs, that is with unit 1.")
        D = Trend(k=1 / (FLOPS_PER_PARAM_TOKEN * N.k), exponent=1 - N.exponent)
        return cls(N=N, D=D, name=name, citation=citation)

    @classmethod
    def from_tokens_per_param(
        cls, ratio: float, name: str = "", citation: str = ""
    ) -> AllocationLaw:
        """The rule D = ratio·N at every budget, so that N = sqrt(C/(6·ratio)).

        >>> rule = AllocationLaw.from_tokens_per_param(20)
        >>> round(rule.tokens_per_param(1e22), 6)
        20.0
        """
        positive(ratio=ratio)
        k = (FLOPS_PER_PARAM_TOKEN * float(ratio)) ** -0.5
        return cls.from_N(Trend(k=k, exponent=0.5), name, citation)

    @property
    def a(self) -> float:
        """The exponent of N_opt ∝ C^a."""
        return self.N.exponent

    @property
    def b(self) -> float:
        """The exponent of D_opt ∝ C^b."""
        return self.D.exponent

    def N_opt(self, C: ArrayLike) -> Floats:
        """Parameters for C training FLOPs.

        >>> rule = AllocationLaw.from_tokens_per_param(20)
        >>> f"{rule.N_opt(5.88e23):.3g}"   # Chinchilla
        '7e+10'
        """
        return self.N(C)

    def D_opt(self, C: ArrayLike) -> Floats:
        """Tokens for C training FLOPs.

        >>> rule = AllocationLaw.from_tokens_per_param(20)
        >>> f"{rule.D_opt(5.88e23):.3g}"
        '1.4e+12'
        """
        return self.D(C)

    def L_opt(self, C: ArrayLike) -> Floats:
        """The loss at C training FLOPs. Raises CourseError if the law has none for the loss.

        >>> rule = AllocationLaw(Trend(0.1, 0.5), Trend(1.67, 0.5), L=Trend(30, -0.05))
        >>> round(rule.L_opt(1e20), 6)
        3.0
        """
        if self.L is None:
            raise CourseError("This allocation law says nothing about the loss: it has no law L.")
        return self.L(C)

    def tokens_per_param(self, C: ArrayLike) -> Floats:
        """D_opt/N_opt at C training FLOPs.

        >>> rule = AllocationLaw.from_tokens_per_param(20)
        >>> np.round(rule.tokens_per_param([1e20, 1e24]), 6).tolist()
        [20.0, 20.0]
        """
        return plain(np.asarray(self.D(C)) / self.N(C))
