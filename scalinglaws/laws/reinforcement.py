"""Reinforcement learning: the pass rate against compute (Khatri et al. 2025, arXiv:2510.13786)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from ..arrays import Floats, plain, positive
from ..errors import CourseError
from .formula import Formula, Ranges


@dataclass(frozen=True, repr=False)
class RewardLaw(Formula):
    """R(C) = R0 + (A - R0)/(1 + (C_mid/C)^B): a sigmoid in ln C (Khatri et al. 2025).

    The equation is quoted alike in several summaries of the paper (secondary). R: expected reward,
    such as the pass rate on held-out problems; R0 before any reinforcement learning. A: the
    asymptote, which the recipe sets; B > 0: how fast it is reached; C_mid: the compute (FLOPs, GPU
    hours, steps) at half of the gain. A power law has no asymptote and forecasts rewards beyond it.

    >>> law = RewardLaw(R0=0.2, A=0.6, B=1.5, C_mid=1e3)
    >>> round(law(1e3), 3), round(law(1e6), 3)
    (0.4, 0.6)
    """

    START: ClassVar[Ranges] = {
        "R0": (0.01, 0.4),
        "A": (0.3, 0.95),
        "B": (0.5, 4),
        "C_mid": (1, 1e06),
    }

    R0: float
    A: float
    B: float
    C_mid: float

    def __post_init__(self) -> None:
        self._require("B", "C_mid", "A")
        if not 0 <= self.R0 < self.A:
            raise CourseError("RewardLaw: R0 must lie between 0 and the asymptote A.")

    def __call__(self, C: ArrayLike) -> Floats:
        """The expected reward after C of compute.

        >>> law = RewardLaw(R0=0.2, A=0.6, B=1.5, C_mid=1e3)
        >>> law([1, 1e3, 1e6]).round(3).tolist()
        [0.2, 0.4, 0.6]
        """
        (C,) = positive(C=C)
        gain = np.exp(-np.logaddexp(0.0, self.B * np.log(self.C_mid / C)))
        return plain(self.R0 + (self.A - self.R0) * gain)

    def C_for(self, R: ArrayLike) -> Floats:
        """The compute that reaches a reward: the inverse; inf at the asymptote and above.

        >>> law = RewardLaw(R0=0.2, A=0.6, B=1.5, C_mid=1e3)
        >>> round(law.C_for(0.5)), law.C_for(0.6)
        (2080, inf)
        """
        (R,) = positive(R=R)
        share = np.clip((R - self.R0) / (self.A - self.R0), 0.0, 1.0)
        with np.errstate(divide="ignore"):
            return plain(self.C_mid * (share / (1 - share)) ** (1 / self.B))
