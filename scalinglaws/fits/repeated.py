"""Fitting the worth of repeated data (Muennighoff et al. 2023, arXiv:2305.16264)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from ..constants import MUENNIGHOFF
from ..errors import CourseError
from ..laws import ChinchillaLaw, RepeatedDataLaw
from .general import LawFit, fit_law
from .store import recorded
from .validate import check_runs


@recorded
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
    (n,). base: a law of fresh data to hold fixed, as Muennighoff et al. do. N_per_token: U_N/U_D,
    held. delta: Huber's, on ln L; None for least squares. groups: labels of runs that the bootstrap
    keeps together.

    R_D_star is hardly identified: look at `fit.profile("R_D_star")` before you quote it. The form
    cannot describe a loss that rises with more epochs: leave such runs out, and say so. If no N
    exceeds N_per_token·U, R_N_star is held at the published value. Raises CourseError for bad or
    too few runs, and if no run repeats its data.

    >>> from scalinglaws.constants import MUENNIGHOFF
    >>> U = np.repeat([1e8, 1e9, 1e10], 16)
    >>> N, epochs = np.meshgrid([1e7, 1e8, 1e9, 4e9], [1, 3, 10, 40])
    >>> N, epochs = np.tile(N.ravel(), 3), np.tile(epochs.ravel(), 3)
    >>> runs = N, U * epochs, U
    >>> fit = fit_repeated(*runs, MUENNIGHOFF(*runs), base=MUENNIGHOFF.base)
    >>> round(fit.law.R_D_star, 2), round(fit.law.R_N_star, 2)
    (15.39, 5.31)
    """
    N, D, U, loss = check_runs(2 if base else 7, {"loss": 3}, N=N, D=D, U=U, loss=loss)
    if not np.any(D > 1.05 * U):
        raise CourseError(
            "No run repeats its data (D <= U everywhere), so its worth cannot be fitted."
        )
    fixed = {"N_per_token": N_per_token}
    if base is not None:
        fixed |= {name: getattr(base, name) for name in ("E", "A", "B", "alpha", "beta")}
    # R_N_star only matters for runs whose N is more than U supports; without any, it cannot be
    # fitted.
    excess = bool(np.any(N_per_token * U < N))
    if not excess:
        fixed["R_N_star"] = MUENNIGHOFF.R_N_star
    fit = fit_law(
        RepeatedDataLaw,
        {"N": N, "D": D, "U": U, "loss": loss},
        fixed=fixed,
        delta=delta,
        groups=groups,
    )
    if excess:
        return fit
    note = (
        f"no model is larger than its unique tokens support (N > {N_per_token:g}·U), so R_N_star "
        "is "
        f"held at {MUENNIGHOFF.R_N_star:.2f}, as published"
    )
    return replace(fit, notes=(*fit.notes, note))
