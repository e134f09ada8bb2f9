"""How the best learning rate and batch grow with N and D: Step law and DeepSeek LLM."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from numpy.typing import ArrayLike

from ..arrays import Floats, plain, positive
from .formula import Formula, Ranges


@dataclass(frozen=True, repr=False)
class HyperparameterLaw(Formula):
    """y = k·N^exponent_N·D^exponent_D: the best learning rate or batch (Step law, Li et al. 2025).

    N: parameters (the Step law counts them without embeddings), D: training tokens. The published
    instance, `constants.STEP_LAW` (arXiv:2503.04715: 3,700 runs), gives learning rates, and
    `constants.STEP_LAW_BATCH` a batch in tokens that depends on D only. DeepSeek's laws
    (arXiv:2401.02954, eq. 1) are trends in C: `constants.DEEPSEEK_LEARNING_RATE` and
    `DEEPSEEK_BATCH`. They hold for the recipe of their runs: measure two sizes of yours first.

    >>> eta = HyperparameterLaw(k=1.79, exponent_N=-0.713, exponent_D=0.307)
    >>> f"{eta(1e9, 1e11):.2e}"
    '1.63e-03'
    """

    START: ClassVar[Ranges] = {"k": (0.001, 1000), "exponent_N": (-1, 1), "exponent_D": (-1, 1)}

    k: float
    exponent_N: float
    exponent_D: float

    def __post_init__(self) -> None:
        self._require("k")

    def __call__(self, N: ArrayLike, D: ArrayLike) -> Floats:
        """The best value for N parameters and D tokens.

        >>> from scalinglaws.constants import STEP_LAW
        >>> f"{STEP_LAW(1e9, 1e11):.2g}"   # a learning rate
        '0.0016'
        """
        N, D = positive(N=N, D=D)
        return plain(self.k * N**self.exponent_N * D**self.exponent_D)
