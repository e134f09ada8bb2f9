"""Observational laws: capabilities of public models instead of your own runs (Ruan et al. 2024)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..arrays import Floats, plain
from ..errors import CourseError
from .formula import Formula


def capabilities(scores: ArrayLike, components: int = 3) -> tuple[NDArray[np.float64], float]:
    """Principal components of benchmark scores (models, components), and the variance they explain.

    Ruan et al. 2024 (arXiv:2405.10938): the scores of many models on many benchmarks have about
    three dimensions, and the first grows with ln C within a family. scores: (models, benchmarks),
    the accuracies. Signs are chosen so that higher is better. The method is stated from memory of
    the paper: check it before quoting.

    Raises CourseError for missing scores or too few models.

    >>> skill = np.array([0.2, 0.4, 0.6, 0.8])
    >>> S, explained = capabilities(np.outer(skill, [1.0, 0.9, 0.8]) + 0.1, components=1)
    >>> round(explained, 6), bool(np.all(np.diff(S[:, 0]) > 0))
    (1.0, True)
    """
    table = np.asarray(scores, dtype=float)
    if table.ndim != 2 or not np.all(np.isfinite(table)):
        raise CourseError("scores must be a table (models, benchmarks) without gaps.")
    if not 1 <= components <= min(len(table) - 1, table.shape[1]):
        raise CourseError(
            f"{len(table)} models on {table.shape[1]} benchmarks give at most "
            f"{max(min(len(table) - 1, table.shape[1]), 0)} components."
        )
    centred = table - table.mean(0)
    _, sizes, axes = np.linalg.svd(centred, full_matrices=False)
    axes = axes[:components] * np.where(axes[:components].sum(1) < 0, -1.0, 1.0)[:, None]
    total = float((sizes**2).sum())
    explained = float((sizes[:components] ** 2).sum()) / total if total else 0.0
    return centred @ axes.T, explained


@dataclass(frozen=True, repr=False)
class ObservationalLaw(Formula):
    """score = height·sigmoid(weights·S + bias): a task from capabilities S (Ruan et al. 2024).

    arXiv:2405.10938, stated from memory of the paper. S: (..., components), from `capabilities`.
    height: the score of a perfect model, at most 1. With S = ln C of one family of models it is the
    ordinary compute law of a task.

    >>> law = ObservationalLaw(weights=(4.0,), bias=-1.0)
    >>> round(law([0.25]), 3), round(law([2.0]), 3)
    (0.5, 0.999)
    """

    weights: tuple[float, ...]
    bias: float
    height: float = 1.0

    def __post_init__(self) -> None:
        self._require("height")
        if not self.weights:
            raise CourseError("ObservationalLaw: weights must hold one number for each component.")

    def __call__(self, S: ArrayLike) -> Floats:
        """The score of models with capabilities S (..., components).

        >>> law = ObservationalLaw(weights=(4.0,), bias=-1.0)
        >>> law([[0.25], [2.0]]).round(3).tolist()   # two models
        [0.5, 0.999]
        """
        capability = np.asarray(S, dtype=float)
        if capability.shape[-1:] != (len(self.weights),):
            raise CourseError(
                f"S must end in an axis of {len(self.weights)} capabilities, one for each weight."
            )
        z = capability @ np.asarray(self.weights) + self.bias
        return plain(self.height * np.exp(-np.logaddexp(0.0, -z)))
