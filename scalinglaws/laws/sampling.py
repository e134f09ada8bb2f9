"""Coverage: the chance that one of many samples is right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from ..arrays import Floats, plain, positive
from ..errors import CourseError
from .formula import Formula, Ranges


def _probability(p: ArrayLike) -> np.ndarray:
    p = np.asarray(p, dtype=float)
    if np.any(~((p >= 0) & (p <= 1))):
        raise CourseError("p must lie between 0 and 1 everywhere.")
    return p


def coverage(p: ArrayLike, k: ArrayLike) -> Floats:
    """1 - (1 - p)^k: the chance that at least one of k independent samples is right (Brown et al.
    2024).

    p: chance of one sample. For a set of problems, average over them: `coverage(p, k).mean()`.

    >>> round(coverage(0.1, 10), 6)
    0.651322
    """
    p = _probability(p)
    (k,) = positive(k=k)
    with np.errstate(divide="ignore"):
        return plain(-np.expm1(k * np.log1p(-p)))


def pass_at_k(n: ArrayLike, c: ArrayLike, k: ArrayLike) -> Floats:
    """1 - (n-c choose k)/(n choose k): unbiased coverage from n samples of which c are right.

    Chen et al. 2021, arXiv:2107.03374, eq. 1. Integers with 0 <= c <= n and 1 <= k <= n, else
    CourseError.

    >>> round(pass_at_k(n=10, c=3, k=1), 12)
    0.3
    """
    n, c, k = np.broadcast_arrays(*(np.asarray(v, dtype=int) for v in (n, c, k)))
    if np.any((c < 0) | (c > n) | (k < 1) | (k > n)):
        raise CourseError("pass_at_k needs 0 <= c <= n and 1 <= k <= n.")
    missed = np.ones(n.shape)
    for i in range(int(k.max(initial=0))):
        # The i-th draw without replacement is wrong with probability (n - c - i)/(n - i).
        draw = np.clip(n - c - i, 0, None) / np.maximum(n - i, 1)
        missed = np.where(i < k, missed * draw, missed)
    return plain(1 - missed)


@dataclass(frozen=True, repr=False)
class CoverageLaw(Formula):
    """coverage = exp(scale·k^exponent), both negative: how coverage grows with samples k (Brown et al. 2024,
    arXiv:2407.21787).

    >>> law = CoverageLaw(scale=-2.0, exponent=-0.5)
    >>> round(law(1), 3), round(law(100), 3)
    (0.135, 0.819)
    """

    START: ClassVar[Ranges] = {"scale": (-5, -0.1), "exponent": (-1, -0.05)}

    scale: float
    exponent: float

    def __post_init__(self):
        if not (self.scale < 0 and self.exponent < 0):
            raise CourseError(
                "CoverageLaw: scale and exponent must be negative, so that coverage grows with k."
            )

    def __call__(self, k: ArrayLike) -> Floats:
        """The expected coverage of k samples.

        >>> CoverageLaw(scale=-2.0, exponent=-0.5)([1, 100]).round(3).tolist()
        [0.135, 0.819]
        """
        (k,) = positive(k=k)
        return plain(np.exp(self.scale * k**self.exponent))


def exact_match(loss: ArrayLike, k: ArrayLike) -> Floats:
    """exp(-k·loss): the chance of k right tokens in a row, at a loss in nats per token (Schaeffer
    et al. 2023).

    Smooth in the loss, yet on a linear axis it seems to emerge suddenly for large k. It assumes
    that tokens are independent; measured hits are correlated, so real exact match is higher.

    >>> round(exact_match(0.5, 1), 3), round(exact_match(0.5, 30), 7)
    (0.607, 3e-07)
    """
    loss, k = positive(loss=loss, k=k)
    return plain(np.exp(-k * loss))
