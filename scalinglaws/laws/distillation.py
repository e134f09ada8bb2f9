"""Distillation: what a student learns from a teacher (Busbridge et al. 2025, arXiv:2502.08606).

The equations were read in version 2 of the paper.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from ..arrays import Floats, plain, positive
from .formula import Formula, Ranges
from .joint import JointLaw


@dataclass(frozen=True, repr=False)
class DistillationLaw(Formula):
    """L_S = L_T + L_T^-c0·(1 + (L_T/(L̃_S·d1))^(1/f1))^(-c1·f1)·(A/N_S^alpha + B/D_S^beta)^gamma.

    Busbridge et al. 2025, eq. 8: the student's cross-entropy from its size N_S, its tokens D_S and
    the teacher's cross-entropy L_T. supervised: the law of a student trained without a teacher,
    L̃_S = supervised(N_S, D_S); it has the form of `JointLaw`. Whatever the teacher's size and
    tokens, only its L_T counts. A teacher that is too good makes the student worse: the capacity
    gap. All coefficients are positive, else CourseError.

    >>> law = DistillationLaw(JointLaw(1.22, 39.2, 84.2, 0.184, 0.195, 0.452), c0=2.5, c1=22.0,
    ...     d1=1.3, f1=0.09, A=2000, B=25000, alpha=0.32, beta=0.42, gamma=0.7)
    >>> bool(law(1e9, 2e10, 2.3) > 2.3)
    True

    It is fitted with the supervised law held, as they do:

    >>> from scalinglaws.fits import fit_law
    >>> N_S, D_S, L_T = (v.ravel() for v in np.meshgrid(
    ...     np.geomspace(1e8, 1e10, 5), np.geomspace(2e9, 5e11, 5), np.linspace(1.8, 3, 5)))
    >>> runs = {"N_S": N_S, "D_S": D_S, "L_T": L_T, "loss": law(N_S, D_S, L_T)}
    >>> fit = fit_law(DistillationLaw, runs, fixed={"supervised": law.supervised})
    >>> round(fit.law.d1, 3), round(fit.law.gamma, 3)
    (1.3, 0.7)
    """

    START: ClassVar[Ranges] = {
        "c0": (0.5, 5),
        "c1": (2, 50),
        "d1": (0.8, 2),
        "f1": (0.03, 0.3),
        "A": (10, 1e5),
        "B": (10, 1e6),
        "alpha": (0.1, 0.8),
        "beta": (0.1, 0.8),
        "gamma": (0.3, 1.2),
    }

    supervised: JointLaw
    c0: float
    c1: float
    d1: float
    f1: float
    A: float
    B: float
    alpha: float
    beta: float
    gamma: float

    def __post_init__(self) -> None:
        self._require("c0", "c1", "d1", "f1", "A", "B", "alpha", "beta", "gamma")

    def __call__(self, N_S: ArrayLike, D_S: ArrayLike, L_T: ArrayLike) -> Floats:
        """The student's cross-entropy, nats per token.

        >>> from scalinglaws.laws import JointLaw
        >>> law = DistillationLaw(JointLaw(1.22, 39.2, 84.2, 0.184, 0.195, 0.452), c0=2.5, c1=22.0,
        ...     d1=1.3, f1=0.09, A=2000, B=25000, alpha=0.32, beta=0.42, gamma=0.7)
        >>> bool(law(1e9, 2e10, 2.0) < law(1e9, 2e10, 2.5))   # a better teacher, a better student
        True
        """
        N, D, L_T = positive(N_S=N_S, D_S=D_S, L_T=L_T)
        ratio = np.log(L_T / (np.asarray(self.supervised(N, D)) * self.d1)) / self.f1
        bend = np.exp(-self.c1 * self.f1 * np.logaddexp(0.0, ratio))
        ability = (self.A * N**-self.alpha + self.B * D**-self.beta) ** self.gamma
        return plain(L_T + L_T**-self.c0 * bend * ability)

    def best_teacher(self, N_S: float, D_S: float) -> float:
        """The teacher's cross-entropy that makes this student best, up to 10 nats.

        >>> from scalinglaws.laws import JointLaw
        >>> law = DistillationLaw(JointLaw(1.22, 39.2, 84.2, 0.184, 0.195, 0.452), c0=2.5, c1=22.0,
        ...     d1=1.3, f1=0.09, A=2000, B=25000, alpha=0.32, beta=0.42, gamma=0.7)
        >>> best = law.best_teacher(1e9, 2e10)
        >>> bool(law(1e9, 2e10, best) <= min(law(1e9, 2e10, [best - 0.1, best + 0.1])))
        True
        """
        positive(N_S=N_S, D_S=D_S)
        L_T = np.geomspace(max(self.supervised.E, 1e-3) * 1.0001, 10.0, 20_001)
        return float(L_T[np.argmin(np.asarray(self(N_S, D_S, L_T)))])

    def gain(self, N_S: ArrayLike, D_S: ArrayLike, L_T: ArrayLike) -> Floats:
        """L̃_S - L_S: the nats gained by having the teacher; negative if training without one is
        better.

        >>> from scalinglaws.laws import JointLaw
        >>> law = DistillationLaw(JointLaw(1.22, 39.2, 84.2, 0.184, 0.195, 0.452), c0=2.5, c1=22.0,
        ...     d1=1.3, f1=0.09, A=2000, B=25000, alpha=0.32, beta=0.42, gamma=0.7)
        >>> bool(np.isclose(law.gain(1e9, 2e10, 2.0), law.supervised(1e9, 2e10) - law(1e9, 2e10, 2.0)))
        True
        """
        return plain(np.asarray(self.supervised(N_S, D_S)) - self(N_S, D_S, L_T))


def distillation_flops(
    N_S: ArrayLike,
    D_S: ArrayLike,
    N_T: ArrayLike,
    D_T: ArrayLike = 0.0,
    *,
    logits: bool = True,
    students: float = 1.0,
) -> Floats:
    """6·N_S·D_S + 2·N_T·D_S (the teacher's logits) + 6·N_T·D_T/students (its training).

    Busbridge et al. 2025, eq. 9, with 2·N FLOPs per token for a forward pass (they count it more
    exactly, appendix H.1). D_T = 0: the teacher exists. logits: whether its logits are computed for
    this student. students: how many share the teacher's training.

    >>> f"{distillation_flops(1e9, 2e10, 7e9):.3g}"
    '4e+20'
    """
    N_S, D_S, N_T = positive(N_S=N_S, D_S=D_S, N_T=N_T)
    positive(students=students)
    teacher = 6 * N_T * np.asarray(D_T, dtype=float) / students
    return plain(6 * N_S * D_S + (2 * N_T * D_S if logits else 0.0) + teacher)
