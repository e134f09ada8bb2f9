"""Fitting the worth of repeated data (Muennighoff et al. 2023, arXiv:2305.16264)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from ..arrays import Floats, plain, positive
from ..errors import CourseError
from ..laws import ChinchillaLaw, DataConstrainedLaw, effective_amount
from ..laws.formula import Formula, Ranges
from .general import LawFit, fit_law
from .validate import check_runs


@dataclass(frozen=True, repr=False)
class RepeatedDataLaw(Formula):
    """`DataConstrainedLaw` with all its numbers side by side, as a fit varies them (their app. A).

    R_D_star and R_N_star: after how many repetitions, and how much excess size, a further one is
    worth 1/e of the first. N_per_token: U_N/U_D, the parameters that a unique token can feed.

    >>> law = RepeatedDataLaw(E=1.87, A=521, B=1488, alpha=0.353, beta=0.353, R_D_star=15.4, R_N_star=5.3)
    >>> law(1e9, 4e10, 1e10) == law.law(1e9, 4e10, 1e10)
    True
    """

    START: ClassVar[Ranges] = {
        "E": (0.3, 3),
        "A": (10, 1e5),
        "B": (10, 1e5),
        "alpha": (0.1, 0.8),
        "beta": (0.1, 0.8),
        "R_D_star": (2, 60),
        "R_N_star": (1, 60),
    }

    E: float
    A: float
    B: float
    alpha: float
    beta: float
    R_D_star: float
    R_N_star: float
    N_per_token: float = 0.051
    name: str = field(default="", compare=False, repr=False)
    citation: str = field(default="", compare=False, repr=False)

    @property
    def base(self) -> ChinchillaLaw:
        """The law of fresh data."""
        return ChinchillaLaw(self.E, self.A, self.B, self.alpha, self.beta)

    @property
    def law(self) -> DataConstrainedLaw:
        """The same law, with the methods of `DataConstrainedLaw`."""
        return DataConstrainedLaw(self.base, self.R_D_star, self.R_N_star, self.N_per_token)

    def __call__(self, N: ArrayLike, D: ArrayLike, U: ArrayLike) -> Floats:
        """The loss of N parameters on D tokens of which U are unique, in nats per token."""
        D, U = positive(D=D, U=U)
        U = np.minimum(U, D)
        # A search may come as near to 0 as it likes.
        R_N, R_D = np.maximum(self.R_N_star, 1e-9), np.maximum(self.R_D_star, 1e-9)
        size = np.asarray(effective_amount(N, self.N_per_token * U, R_N))
        data = np.asarray(effective_amount(D, U, R_D))
        return plain(self.E + self.A * size**-self.alpha + self.B * data**-self.beta)


def fit_repeated(
    N: ArrayLike,
    D: ArrayLike,
    U: ArrayLike,
    loss: ArrayLike,
    *,
    base: ChinchillaLaw | None = None,
    N_per_token: float = 0.051,
    delta: float | None = 1e-3,
    groups: ArrayLike | None = None,
) -> LawFit[RepeatedDataLaw]:
    """Fit what repeated tokens are worth: R_D_star and R_N_star, and the base law unless given.

    N: parameters, D: tokens trained on, U: unique tokens among them, loss: nats per token, each
    (n,). base: hold the law of fresh data there, as Muennighoff et al. do. N_per_token: U_N/U_D,
    held. delta: Huber's, on ln L; None for least squares. groups: labels of runs that the bootstrap
    keeps together.

    R_D_star is hardly identified: look at `fit.profile("R_D_star")` before you quote it. Where more
    epochs make the loss worse, the form cannot follow: leave those runs out, and say so.

    Raises CourseError for bad or too few runs, and where no run repeats its data.

    >>> from scalinglaws.constants import MUENNIGHOFF
    >>> U = np.repeat([1e8, 1e9, 1e10], 16)
    >>> N, epochs = (np.tile(v.ravel(), 3) for v in np.meshgrid([1e7, 1e8, 1e9, 4e9], [1, 3, 10, 40]))
    >>> runs = N, U * epochs, U
    >>> fit = fit_repeated(*runs, MUENNIGHOFF(*runs), base=MUENNIGHOFF.base)
    >>> round(fit.law.R_D_star, 2), round(fit.law.R_N_star, 2)
    (15.39, 5.31)
    """
    N, D, U, loss = check_runs(2 if base else 7, {"loss": 3}, N=N, D=D, U=U, loss=loss)
    if not np.any(D > 1.05 * U):
        raise CourseError(
            "No run repeats its data (D <= U everywhere), so nothing tells its worth."
        )
    fixed = {"N_per_token": N_per_token}
    if base is not None:
        fixed |= {name: getattr(base, name) for name in ("E", "A", "B", "alpha", "beta")}
    return fit_law(
        RepeatedDataLaw,
        {"N": N, "D": D, "U": U, "loss": loss},
        fixed=fixed,
        delta=delta,
        groups=groups,
    )
