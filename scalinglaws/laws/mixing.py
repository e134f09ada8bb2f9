"""Mixing texts: the loss on one domain against the proportions trained on (Ye et al. 2024)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..arrays import Floats, plain
from ..errors import CourseError
from .formula import Formula


def _proportions(r: ArrayLike, domains: int) -> NDArray[np.float64]:
    shares = np.asarray(r, dtype=float)
    if shares.shape[-1:] != (domains,):
        raise CourseError(f"r must end in an axis of {domains} proportions, one for each domain.")
    if np.any(~(shares >= 0)) or not np.allclose(shares.sum(-1), 1, atol=1e-6):
        raise CourseError("The proportions r must be >= 0 and sum to 1.")
    return shares


@dataclass(frozen=True, repr=False)
class MixingLaw(Formula):
    """L(r) = c + k·e^(Σ t_j·r_j): one domain's loss at proportions r (Ye et al. 2024, eq. 7).

    arXiv:2403.16952, section 3.2; number and form as in version 2, from excerpts that quote it
    (secondary). c: the loss that no mixture removes. t: one coefficient for each training domain; a
    negative one means that more of it helps. Model and tokens are fixed. Parameters: k > 0 and c >=
    0, else CourseError.

    >>> prose = MixingLaw(c=2.0, k=1.2, t=(-1.5, 0.1))   # domains: prose, code
    >>> [round(prose(r), 3) for r in ([1, 0], [0.5, 0.5], [0, 1])]
    [2.268, 2.596, 3.326]
    """

    c: float
    k: float
    t: tuple[float, ...]

    def __post_init__(self) -> None:
        self._require("k")
        self._require("c", zero=True)
        if not self.t or not np.all(np.isfinite(self.t)):
            raise CourseError("MixingLaw: t must hold one finite number for each domain.")

    def __call__(self, r: ArrayLike) -> Floats:
        """The loss at proportions r (..., domains), each row summing to 1.

        >>> prose = MixingLaw(c=2.0, k=1.2, t=(-1.5, 0.1))
        >>> prose([[1, 0], [0, 1]]).round(3).tolist()   # all prose, all code
        [2.268, 3.326]
        """
        shares = _proportions(r, len(self.t))
        return plain(self.c + self.k * np.exp(shares @ np.asarray(self.t)))


def best_mixture(
    laws: Sequence[MixingLaw], weights: ArrayLike | None = None, steps: int = 2000
) -> NDArray[np.float64]:
    """The proportions (domains,) of lowest weighted loss over several validation domains.

    laws: one `MixingLaw` for each validation domain, over the same training domains. weights: of
    the losses, equal unless given (Ye et al. 2024, eq. 8). The sum is convex in r, so exponentiated
    gradient steps reach its minimum. Raises CourseError if laws or weights do not fit together.

    >>> prose, code = MixingLaw(2.0, 1.2, (-1.5, 0.1)), MixingLaw(1.0, 1.0, (0.2, -1.5))
    >>> best_mixture([prose, code]).round(2).tolist()
    [0.52, 0.48]
    """
    domains = {len(law.t) for law in laws}
    if len(domains) != 1:
        raise CourseError("best_mixture needs laws over the same training domains.")
    s = np.ones(len(laws)) if weights is None else np.asarray(weights, dtype=float)
    if s.shape != (len(laws),) or np.any(~(s >= 0)) or not s.any():
        raise CourseError("weights must hold one number >= 0 for each law, not all zero.")
    k = np.array([law.k for law in laws]) * s / s.sum()
    t = np.array([law.t for law in laws])
    r = np.full(domains.pop(), 1 / t.shape[1])
    for _ in range(steps):
        slope = (k * np.exp(t @ r)) @ t
        step = np.exp(
            -(slope - slope.min()) / (1e-12 + np.ptp(slope)) * min(1.0, 4 * np.ptp(slope))
        )
        r = r * step / (r @ step)
    return r
