"""Training and serving in few bits (Kumar et al. 2024, arXiv:2411.04330).

The equations were read in the paper.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from ..arrays import Floats, plain, positive
from .chinchilla import ChinchillaLaw
from .formula import Formula, Ranges


@dataclass(frozen=True, repr=False)
class PrecisionLaw(Formula):
    """Chinchilla's law in N_eff = N·Π_x (1 - e^(n_x - P_x/gamma_x)), x = weights, activations,
    cache.

    Kumar et al. 2024, eq. 3 and 4: training in few bits works like a smaller model. P: bits while
    training; infinite bits change nothing. gamma, n: for weights (w), activations (a) and the
    key-value cache (kv). The paper leaves out the offsets n in its text and gives them in appendix
    K without their sign; with this sign the published constants give the paper's optimum of 7 to 8
    bits (see `best_bits`), with the opposite sign they do not.

    >>> base = ChinchillaLaw(E=2.7648, A=4299, B=18060, alpha=0.4965, beta=0.4965)
    >>> law = PrecisionLaw(base, 2.6745, 2.2102, 0.9578, n_w=0.3037, n_a=1.4072, n_kv=2.4185)
    >>> round(law(1e9, 2e10), 3), round(law(1e9, 2e10, P_w=4), 3), round(law.best_bits(), 1)
    (3.05, 3.079, 7.0)

    In a fit the numbers of the base law are parameters too, or held as a whole. Hold the n if you
    have only a few values of P, and the gamma of anything that was never trained at low precision:

    >>> from scalinglaws.fits import fit_law
    >>> N, D, bits = (v.ravel() for v in np.meshgrid(
    ...     [1e8, 3e8, 1e9], [2e9, 2e10, 2e11], [4, 6, 16]))
    >>> runs = {"N": N, "D": D, "P_w": bits, "loss": law(N, D, bits)}
    >>> held = {"n_w": 0.3037, "gamma_a": 1, "n_a": 0, "gamma_kv": 1, "n_kv": 0}
    >>> round(fit_law(PrecisionLaw, runs, fixed=held).law.gamma_w, 2)
    2.67
    """

    START: ClassVar[Ranges] = {"gamma_w": (0.5, 5), "gamma_a": (0.5, 5), "gamma_kv": (0.5, 5)}

    base: ChinchillaLaw
    gamma_w: float
    gamma_a: float
    gamma_kv: float
    n_w: float = 0.0
    n_a: float = 0.0
    n_kv: float = 0.0

    def __post_init__(self) -> None:
        self._require("gamma_w", "gamma_a", "gamma_kv")

    def _parts(self) -> tuple[tuple[float, float], ...]:
        return (
            (self.gamma_w, self.n_w),
            (self.gamma_a, self.n_a),
            (self.gamma_kv, self.n_kv),
        )

    def effective_N(
        self,
        N: ArrayLike,
        P_w: ArrayLike = np.inf,
        P_a: ArrayLike = np.inf,
        P_kv: ArrayLike = np.inf,
    ) -> Floats:
        """N_eff: the parameters of a full-precision model that is as good; 0 for too few bits.

        >>> base = ChinchillaLaw(E=2.7648, A=4299, B=18060, alpha=0.4965, beta=0.4965)
        >>> law = PrecisionLaw(base, 2.6745, 2.2102, 0.9578, n_w=0.3037, n_a=1.4072, n_kv=2.4185)
        >>> f"{law.effective_N(1e9):.3g} {law.effective_N(1e9, P_w=4):.3g}"
        '1e+09 6.96e+08'
        """
        N, w, a, kv = positive(N=N, P_w=P_w, P_a=P_a, P_kv=P_kv)
        share = np.ones(np.broadcast_shapes(w.shape, a.shape, kv.shape))
        for bits, (gamma, n) in zip((w, a, kv), self._parts(), strict=True):
            share = share * np.maximum(-np.expm1(n - bits / gamma), 0.0)
        return plain(N * share)

    def __call__(
        self,
        N: ArrayLike,
        D: ArrayLike,
        P_w: ArrayLike = np.inf,
        P_a: ArrayLike = np.inf,
        P_kv: ArrayLike = np.inf,
    ) -> Floats:
        """The loss of N parameters on D tokens, trained with P_w, P_a and P_kv bits; inf for too few.

        >>> base = ChinchillaLaw(E=2.7648, A=4299, B=18060, alpha=0.4965, beta=0.4965)
        >>> law = PrecisionLaw(base, 2.6745, 2.2102, 0.9578, n_w=0.3037, n_a=1.4072, n_kv=2.4185)
        >>> bool(law(1e9, 2e10) == base(1e9, 2e10) < law(1e9, 2e10, P_w=4))
        True
        """
        (D,) = positive(D=D)
        law = self.base
        with np.errstate(divide="ignore"):
            size = law.A * np.asarray(self.effective_N(N, P_w, P_a, P_kv)) ** -law.alpha
        return plain(law.E + size + law.B * D**-law.beta)

    def best_bits(self) -> float:
        """The bits that are compute-optimal for all three together, where C grows as N·D·P (eq.
        28).

        At the optimum Σ_x P·f'/f = 1 for f = 1 - e^(n - P/gamma_post): it depends on neither C nor
        alpha.

        >>> base = ChinchillaLaw(E=2.7648, A=4299, B=18060, alpha=0.4965, beta=0.4965)
        >>> law = PrecisionLaw(base, 2.6745, 2.2102, 0.9578, n_w=0.3037, n_a=1.4072, n_kv=2.4185)
        >>> round(law.best_bits(), 1)   # 7 to 8 in the paper
        7.0
        """
        P = np.linspace(0.5, 64, 200_001)
        total = np.zeros_like(P)
        for gamma, n in self._parts():
            with np.errstate(divide="ignore", over="ignore"):
                slope = (P / gamma) / np.expm1(P / gamma - n)
            total += np.where(P / gamma > n, slope, np.inf)
        return float(P[np.argmax(total < 1)])


@dataclass(frozen=True, repr=False)
class QuantisationLaw(Formula):
    """delta(N, D, P) = C_T·D^gamma_D/N^gamma_N·e^(n - P/gamma_post): what rounding after training costs.

    Kumar et al. 2024, eq. 2 (post-training quantisation), in nats per token. P: bits of the weights
    afterwards. In a fit hold n (`fixed={"n": 0}`), which only rescales C_T. It grows with D: a
    model trained for long has more to lose. n: the offset of appendix K, see `PrecisionLaw`.

    >>> law = QuantisationLaw(C_T=0.0598, gamma_D=0.5068, gamma_N=0.3439, gamma_post=0.5907, n=1.1277)
    >>> bool(law(1e9, 1e12, 4) > law(1e9, 1e11, 4) > law(1e9, 1e11, 5))
    True
    """

    START: ClassVar[Ranges] = {
        "C_T": (0.001, 10),
        "gamma_D": (0.1, 1),
        "gamma_N": (0.1, 1),
        "gamma_post": (0.3, 3),
    }

    C_T: float
    gamma_D: float
    gamma_N: float
    gamma_post: float
    n: float = 0.0

    def __post_init__(self) -> None:
        self._require("C_T", "gamma_D", "gamma_N", "gamma_post")

    def __call__(self, N: ArrayLike, D: ArrayLike, P: ArrayLike) -> Floats:
        """The nats that rounding to P bits adds.

        >>> law = QuantisationLaw(C_T=0.0598, gamma_D=0.5068, gamma_N=0.3439, gamma_post=0.5907, n=1.1277)
        >>> bool(law(1e9, 1e12, 4) > law(1e10, 1e12, 4))   # a larger model suffers less
        True
        """
        N, D, P = positive(N=N, D=D, P=P)
        return plain(
            self.C_T * D**self.gamma_D * N**-self.gamma_N * np.exp(self.n - P / self.gamma_post)
        )

    def critical_D(self, N: ArrayLike, P: ArrayLike, base: ChinchillaLaw) -> Floats:
        """The tokens beyond which more training makes the rounded model worse (eq. 13).

        base: the law of the loss before rounding.

        >>> law = QuantisationLaw(C_T=0.0598, gamma_D=0.5068, gamma_N=0.3439, gamma_post=0.5907, n=1.1277)
        >>> base = ChinchillaLaw(E=2.7648, A=4299, B=18060, alpha=0.4965, beta=0.4965)
        >>> D = law.critical_D(1e9, 3, base)
        >>> there = base(1e9, D) + law(1e9, D, 3)
        >>> all(base(1e9, k * D) + law(1e9, k * D, 3) > there for k in (0.5, 2))
        True
        """
        N, P = positive(N=N, P=P)
        top = base.beta * base.B * N**self.gamma_N * np.exp(P / self.gamma_post - self.n)
        return plain((top / (self.gamma_D * self.C_T)) ** (1 / (self.gamma_D + base.beta)))
