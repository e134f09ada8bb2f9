"""From the loss to a task's accuracy, the second of two steps.

The first step forecasts a loss from N and D (or C), the second turns it into accuracy: Llama 3
(Grattafiori et al. 2024, arXiv:2407.21783, section 3.2.1), the OLMo ladder (Bhagia et al. 2024,
arXiv:2412.04403) and Gadre et al. 2024 (arXiv:2403.08540, eq. 5). `fits.chain` puts them together
with intervals.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from ..arrays import Floats, plain, positive
from .formula import Formula, Ranges


@dataclass(frozen=True, repr=False)
class AccuracySigmoid(Formula):
    """accuracy = floor + height/(1 + e^(slope·(loss - midpoint))): it rises as the loss falls.

    The second step of the OLMo ladder (arXiv:2412.04403; the sigmoid was checked in the authors'
    code, where k = -slope) and of Llama 3 (section 3.2.1, secondary). loss: of the task, usually
    the nats (or bits) per byte of the right answer. floor: accuracy by chance. floor + height: of a
    perfect model. slope > 0 per unit of loss. Parameters: height, slope > 0, else CourseError.

    >>> law = AccuracySigmoid(floor=0.25, height=0.7, midpoint=0.8, slope=8)
    >>> round(law(0.8), 3), round(law(0.4), 3)
    (0.6, 0.923)
    """

    START: ClassVar[Ranges] = {
        "floor": (0.01, 0.4),
        "height": (0.3, 0.9),
        "midpoint": (0.3, 3),
        "slope": (1, 20),
    }

    floor: float
    height: float
    midpoint: float
    slope: float

    def __post_init__(self) -> None:
        self._require("height", "slope")

    def __call__(self, loss: ArrayLike) -> Floats:
        """The accuracy at a loss.

        >>> law = AccuracySigmoid(floor=0.25, height=0.7, midpoint=0.8, slope=8)
        >>> law([0.4, 0.8, 1.2]).round(3).tolist()
        [0.923, 0.6, 0.277]
        """
        (loss,) = positive(loss=loss)
        with np.errstate(over="ignore"):
            return plain(
                self.floor + self.height / (1 + np.exp(self.slope * (loss - self.midpoint)))
            )

    def loss_for(self, accuracy: ArrayLike) -> Floats:
        """The loss that gives an accuracy; nan outside floor to floor + height.

        >>> law = AccuracySigmoid(floor=0.25, height=0.7, midpoint=0.8, slope=8)
        >>> round(law.loss_for(law(0.5)), 6)
        0.5
        """
        (accuracy,) = positive(accuracy=accuracy)
        share = (accuracy - self.floor) / self.height
        with np.errstate(divide="ignore", invalid="ignore"):
            return plain(self.midpoint + np.log(1 / share - 1) / self.slope)


@dataclass(frozen=True, repr=False)
class ErrorLaw(Formula):
    """Err(L) = epsilon - k·e^(-rate·L): the average top-1 error of tasks (Gadre et al. 2024, eq.
    5).

    epsilon: the error of a model that knows nothing. k, rate > 0, else CourseError. The form was
    checked in the authors' code. It is meant for averages over many tasks: a single task often has
    its own shape.

    >>> law = ErrorLaw(epsilon=0.85, k=2.0, rate=0.75)
    >>> round(law(3.0), 3), round(law(2.0), 3)
    (0.639, 0.404)
    """

    START: ClassVar[Ranges] = {"epsilon": (0.5, 1), "k": (0.3, 20), "rate": (0.3, 2)}

    epsilon: float
    k: float
    rate: float

    def __post_init__(self) -> None:
        self._require("epsilon", "k", "rate")

    def __call__(self, loss: ArrayLike) -> Floats:
        """The average error at a loss in nats per token.

        >>> ErrorLaw(epsilon=0.85, k=2.0, rate=0.75)([2.0, 3.0]).round(3).tolist()
        [0.404, 0.639]
        """
        (loss,) = positive(loss=loss)
        return plain(self.epsilon - self.k * np.exp(-self.rate * loss))
