"""Mixtures of experts: Clark et al. 2022, Krajewski et al. 2024, Ludziejewski et al. 2025."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from ..arrays import Floats, plain, positive
from ..errors import CourseError
from .chinchilla import ChinchillaLaw
from .formula import Formula, Ranges


def effective_experts(experts: ArrayLike, E_start: float, E_max: float) -> Floats:
    """Ê: the experts that count, saturating at E_max (Clark et al. 2022, arXiv:2202.01169).

    1/Ê = 1/(E - 1 + (1/E_start - 1/E_max)^-1) + 1/E_max, so that one expert gives E_start. Read as
    eq. 4 of Ludziejewski et al. 2025 (arXiv:2502.05172).

    >>> round(effective_experts(1, 2.0732, 290.4521), 4)
    2.0732
    """
    (count, *_) = positive(experts=experts, E_start=E_start, E_max=E_max)
    if np.any(count < 1) or not np.all(E_start < E_max):
        raise CourseError("experts must be at least 1, and E_start below E_max.")
    return plain(1 / (1 / (count - 1 + 1 / (1 / E_start - 1 / E_max)) + 1 / E_max))


@dataclass(frozen=True)
class ExpertChoice:
    """One way to spend a budget: N_act active of N_total parameters, D tokens, loss."""

    experts: int
    N_act: float
    N_total: float
    D: float
    loss: float


@dataclass(frozen=True, repr=False)
class ExpertsLaw(Formula):
    """L = E + A·Ê^delta·N_act^(alpha + alpha_experts·ln Ê) + B·Ê^omega·D^(beta + beta_experts·ln Ê).

    Ludziejewski et al. 2025, arXiv:2502.05172: dense models and mixtures in one law, from 280 runs
    of up to 5B parameters and 32 experts, one of them active. N_act: the parameters that a token
    passes through, D: tokens, Ê: `effective_experts`. For a fixed number of experts it is
    Chinchilla's law (`for_experts`). `constants.LUDZIEJEWSKI` has the published coefficients.

    >>> law = ExpertsLaw(A=35.91, alpha=-0.1889, delta=-0.2285, alpha_experts=0.0098, B=35.98,
    ...     beta=-0.1775, omega=0.5529, beta_experts=-0.0259, E=1.3637, E_start=2.0732, E_max=290.4521)
    >>> round(law(1e9, 2e10, 1) - law(1e9, 2e10, 8), 3)   # what eight experts gain
    0.069

    >>> from scalinglaws.fits import fit_law
    >>> N, D, experts = (v.ravel() for v in np.meshgrid(
    ...     np.geomspace(1e8, 3e9, 5), np.geomspace(5e9, 2e11, 5), [1, 2, 4, 8, 16, 32]))
    >>> runs = {"N_act": N, "D": D, "experts": experts, "loss": law(N, D, experts)}
    >>> fit = fit_law(ExpertsLaw, runs, fixed={"E_start": 2.0732, "E_max": 290.4521})
    >>> round(fit.law.alpha, 2), round(fit.law.beta, 2)
    (-0.19, -0.18)
    """

    START: ClassVar[Ranges] = {
        "A": (3, 300),
        "alpha": (-0.4, -0.05),
        "delta": (-0.5, 0.5),
        "alpha_experts": (-0.03, 0.03),
        "B": (3, 300),
        "beta": (-0.4, -0.05),
        "omega": (-1, 1),
        "beta_experts": (-0.05, 0.05),
        "E": (0.3, 2),
        "E_start": (1, 5),
        "E_max": (50, 1000),
    }

    A: float
    alpha: float
    delta: float
    alpha_experts: float
    B: float
    beta: float
    omega: float
    beta_experts: float
    E: float
    E_start: float
    E_max: float

    def __post_init__(self) -> None:
        self._require("A", "B", "E_start", "E_max")
        self._require("E", zero=True)

    def __call__(self, N_act: ArrayLike, D: ArrayLike, experts: ArrayLike) -> Floats:
        """The loss in nats per token.

        >>> from scalinglaws.constants import LUDZIEJEWSKI as law
        >>> bool(law(1e9, 2e10, 8) < law(1e9, 2e10, 1))   # eight experts, one active
        True
        """
        N, D = positive(N_act=N_act, D=D)
        log_E = np.log(effective_experts(experts, self.E_start, self.E_max))
        size = self.A * np.exp(self.delta * log_E) * N ** (self.alpha + self.alpha_experts * log_E)
        data = self.B * np.exp(self.omega * log_E) * D ** (self.beta + self.beta_experts * log_E)
        return plain(size + data + self.E)

    def for_experts(self, experts: float) -> ChinchillaLaw:
        """Chinchilla's law in N_act and D at a fixed number of experts (Table 4).

        >>> from scalinglaws.constants import LUDZIEJEWSKI as law
        >>> round(law.for_experts(8)(1e9, 2e10) - law(1e9, 2e10, 8), 9)
        0.0
        """
        log_E = float(np.log(effective_experts(experts, self.E_start, self.E_max)))
        return ChinchillaLaw(
            E=self.E,
            A=self.A * float(np.exp(self.delta * log_E)),
            B=self.B * float(np.exp(self.omega * log_E)),
            alpha=-(self.alpha + self.alpha_experts * log_E),
            beta=-(self.beta + self.beta_experts * log_E),
        )

    def best_experts(
        self,
        C: float,
        memory: float = np.inf,
        experts: Sequence[int] = (1, 2, 4, 8, 16, 32),
        vocab: int = 50257,
    ) -> list[ExpertChoice]:
        """The best use of C training FLOPs for each number of experts, the lowest loss first.

        memory: the most parameters in total that fit (their section 4.2); a model that would be
        larger is made smaller and trained on more tokens. The runs behind the law have at most a
        few hundred tokens per active parameter: see `D/N_act` of each choice. Parameters are
        counted as in `expert_params`. Raises CourseError for a budget or memory that is not
        positive.

        >>> from scalinglaws.constants import LUDZIEJEWSKI as law
        >>> [choice.experts for choice in law.best_experts(1e21)][:2]   # memory does not matter
        [32, 16]
        >>> law.best_experts(1e21, memory=7e9)[0].experts   # the memory of a dense 7B model
        16
        """
        positive(C=C, memory=memory)
        choices = []
        for count in experts:
            law = self.for_experts(count)
            N_act = float(np.asarray(law.N_opt(C)))
            if expert_params(N_act, count, vocab) > memory:
                low, high = 1.0, N_act
                for _ in range(200):  # N_total grows with N_act
                    middle = float(np.sqrt(low * high))
                    fits = expert_params(middle, count, vocab) <= memory
                    low, high = (middle, high) if fits else (low, middle)
                N_act = low
            D = C / (6 * N_act)
            total = expert_params(N_act, count, vocab)
            choices.append(ExpertChoice(count, N_act, total, D, float(np.asarray(law(N_act, D)))))
        return sorted(choices, key=lambda choice: choice.loss)


def expert_params(N_act: float, experts: int, vocab: int = 50257) -> float:
    """N_total of a mixture with one of `experts` active (Ludziejewski et al. 2025, eq. 9 and 10).

    Their models have d/64 blocks of width d: N_act = 2·d·vocab + 13·d³/64, of which 9·d³/64 are
    experts.

    >>> round(expert_params(1.1e9, 4) / 1e9, 1)   # 3.0B in their appendix E
    3.0
    """
    positive(N_act=N_act, experts=experts)
    low, high = 1.0, 1e6
    for _ in range(200):
        d = (low + high) / 2
        low, high = (d, high) if 2 * d * vocab + 13 * d**3 / 64 < N_act else (low, d)
    return float(N_act + 9 * (experts - 1) * low**3 / 64)


@dataclass(frozen=True, repr=False)
class RoutedLaw(Formula):
    """log10 L = level + slope_N·log10 N + slope_E·log10 Ê + both·log10 N·log10 Ê (Clark et al. 2022,
    arXiv:2202.01169, eq. 1).

    At a fixed number of tokens; Ê: `effective_experts` of E_start and E_max, which are the experts
    themselves unless given. Secondary: the equation and the published coefficients
    (`constants.CLARK`, Table 3) are quoted in later papers. both > 0 means that experts help large
    models less. Parameters: E_start < E_max, both positive, else CourseError.

    >>> law = RoutedLaw(1.104, -0.082, -0.108, 0.009, E_start=1.847, E_max=314.478)
    >>> bool(law(1e8, 64) < law(1e8, 1))
    True

    In a fit hold E_start and E_max (at 1 and infinity, Ê counts the experts), unless the runs have
    both one expert and hundreds:

    >>> from scalinglaws.fits import fit_law
    >>> N, experts = (v.ravel() for v in np.meshgrid(np.geomspace(1e7, 1e9, 5), [1, 8, 64, 512]))
    >>> runs = {"N": N, "experts": experts, "loss": law(N, experts)}
    >>> fit = fit_law(RoutedLaw, runs, fixed={"E_start": 1.847, "E_max": 314.478})
    >>> round(fit.law.slope_E, 3), round(fit.law.both, 3)
    (-0.108, 0.009)
    """

    START: ClassVar[Ranges] = {
        "level": (0.3, 3),
        "slope_N": (-0.2, -0.01),
        "slope_E": (-0.2, -0.01),
        "both": (0.001, 0.03),
        "E_start": (1, 5),
        "E_max": (50, 1000),
    }

    level: float
    slope_N: float
    slope_E: float
    both: float
    E_start: float = 1.0
    E_max: float = np.inf

    def __post_init__(self) -> None:
        if not 0 < self.E_start < self.E_max:
            raise CourseError("RoutedLaw: E_start must be positive and below E_max.")

    def __call__(self, N: ArrayLike, experts: ArrayLike) -> Floats:
        """The loss in nats per token.

        >>> law = RoutedLaw(1.104, -0.082, -0.108, 0.009, E_start=1.847, E_max=314.478)
        >>> law(1e8, [1, 64]).round(2).tolist()
        [2.74, 2.43]
        """
        N, experts = positive(N=N, experts=experts)
        n, e = np.log10(N), np.log10(effective_experts(experts, self.E_start, self.E_max))
        return plain(10 ** (self.level + self.slope_N * n + self.slope_E * e + self.both * n * e))

    @property
    def N_cutoff(self) -> float:
        """The size above which experts no longer help: 10^(-slope_E/both).

        >>> law = RoutedLaw(level=1.104, slope_N=-0.082, slope_E=-0.108, both=0.009)
        >>> f"{law.N_cutoff:.2g}"   # beyond, the law says that experts do harm
        '1e+12'
        """
        return float(10 ** (-self.slope_E / self.both))


@dataclass(frozen=True, repr=False)
class GranularityLaw(Formula):
    """L = E + (g/G^kappa + A)/N^alpha + B/D^beta: fine-grained experts (Krajewski et al. 2024).

    arXiv:2402.07871 (secondary). G: granularity, the number of smaller experts that each one is
    split into; N counts all parameters. `constants.KRAJEWSKI` has the coefficients that secondary
    sources quote.

    >>> law = GranularityLaw(E=0.47, A=18.1, B=30.8, alpha=0.115, beta=0.147, g=2.1, kappa=0.58)
    >>> bool(law(1e9, 2e10, 8) < law(1e9, 2e10, 1))
    True
    """

    START: ClassVar[Ranges] = {
        "E": (0.1, 2),
        "A": (1, 100),
        "B": (1, 100),
        "alpha": (0.05, 0.4),
        "beta": (0.05, 0.4),
        "g": (0.1, 20),
        "kappa": (0.2, 1.5),
    }

    E: float
    A: float
    B: float
    alpha: float
    beta: float
    g: float
    kappa: float

    def __post_init__(self) -> None:
        self._require("A", "B", "alpha", "beta", "g", "kappa")
        self._require("E", zero=True)

    def __call__(self, N: ArrayLike, D: ArrayLike, G: ArrayLike = 1.0) -> Floats:
        """The loss in nats per token.

        >>> law = GranularityLaw(E=0.47, A=18.1, B=30.8, alpha=0.115, beta=0.147, g=2.1, kappa=0.58)
        >>> law(1e9, 2e10, [1, 8]).round(2).tolist()
        [3.28, 3.14]
        """
        N, D, G = positive(N=N, D=D, G=G)
        size = (self.g * G**-self.kappa + self.A) * N**-self.alpha
        return plain(self.E + size + self.B * D**-self.beta)
