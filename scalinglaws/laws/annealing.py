"""Learning-rate annealing: the loss at every step of any schedule (Tissue et al. 2024)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..arrays import Floats, plain, positive
from ..errors import CourseError
from .formula import Formula, Ranges


def schedule_areas(
    lr: ArrayLike, decay: float = 0.999
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(S1, S2) after each step of a schedule of learning rates (Tissue et al. 2024,
    arXiv:2408.11029).

    lr: the learning rate of each step (steps,). S1 is the sum of the rates so far. S2, the
    annealing area, sums a momentum of the decreases of the rate: m_i = decay·m_(i-1) + (lr_(i-1) -
    lr_i). decay: 0.99 to 0.999. Read in public re-implementations of the paper's code (secondary).
    The paper treats a warm-up as if it ran at the peak rate.

    Raises CourseError for rates that are negative or not numbers.

    >>> S1, S2 = schedule_areas([1.0, 1.0, 0.5, 0.5], decay=0.9)
    >>> S1.tolist(), S2.round(2).tolist()
    ([1.0, 2.0, 2.5, 3.0], [0.0, 0.0, 0.5, 0.95])
    """
    rates = np.asarray(lr, dtype=float)
    if rates.ndim != 1 or not len(rates) or not np.all(np.isfinite(rates) & (rates >= 0)):
        raise CourseError("lr must hold one learning rate >= 0 for each step.")
    if not 0 <= decay < 1:
        raise CourseError(f"decay must lie between 0 and 1, not {decay:g}.")
    momentum = np.zeros_like(rates)
    for i in range(1, len(rates)):
        momentum[i] = decay * momentum[i - 1] + (rates[i - 1] - rates[i])
    return np.cumsum(rates), np.cumsum(momentum)


@dataclass(frozen=True, repr=False)
class AnnealingLaw(Formula):
    """L = L0 + A·S1^-alpha - C·S2 (Tissue et al. 2024, arXiv:2408.11029, abstract): learning
    curves.

    S1: sum of the learning rates so far, S2: annealing area, both from `schedule_areas`. The second
    term is the progress made by training steps, the third the extra gain from lowering the rate.
    Fit it to one or two curves, and it forecasts the curve of another schedule. C here is the
    weight of annealing, not compute. Parameters: A, alpha > 0 and L0, C >= 0, else CourseError.

    >>> law = AnnealingLaw(L0=2.6, A=0.6, alpha=0.5, C=0.5)
    >>> flat = law.curve(np.full(2000, 1e-3))
    >>> cosine = law.curve(0.5e-3 * (1 + np.cos(np.linspace(0, np.pi, 2000))))
    >>> bool(cosine[-1] < flat[-1])
    True
    """

    START: ClassVar[Ranges] = {"L0": (0.5, 4), "A": (0.05, 5), "alpha": (0.2, 1), "C": (0.01, 5)}

    L0: float
    A: float
    alpha: float
    C: float

    def __post_init__(self) -> None:
        self._require("A", "alpha")
        self._require("L0", "C", zero=True)

    def __call__(self, S1: ArrayLike, S2: ArrayLike) -> Floats:
        """The loss at a point of a schedule.

        >>> law = AnnealingLaw(L0=2.6, A=0.6, alpha=0.5, C=0.5)
        >>> round(law(1.0, 0.0), 3), round(law(1.0, 0.5), 3)   # before and after annealing
        (3.2, 2.95)
        """
        (S1,) = positive(S1=S1)
        return plain(self.L0 + self.A * S1**-self.alpha - self.C * np.asarray(S2, dtype=float))

    def curve(self, lr: ArrayLike, decay: float = 0.999) -> NDArray[np.float64]:
        """The loss after each step of a schedule (steps,).

        >>> law = AnnealingLaw(L0=2.6, A=0.6, alpha=0.5, C=0.5)
        >>> law.curve([1.0, 1.0, 0.5]).round(3).tolist()
        [3.2, 3.024, 2.729]
        """
        S1, S2 = schedule_areas(lr, decay)
        return np.asarray(self(S1, S2))
