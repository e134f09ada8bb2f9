"""Approach 1: the lower envelope of training curves (Hoffmann et al. 2022, section 3.1)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from ..errors import CourseError
from ..laws import AllocationLaw
from .allocation import AllocationFit, allocation_law
from .bootstrap import Array, Bootstrap, Resampling
from .validate import check_runs


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class EnvelopeFit(AllocationFit):
    """The fit through the envelope of training curves; `law` is an `AllocationLaw`.

    envelope: for each compute on a grid, the best run there: C, N, D, L. Points won by the smallest
    or the largest model are left out: a better size may lie beyond what was trained. curves (runs,
    grid): the loss of each run at each C of the grid, inf where it has none. sizes (runs,): N of
    each run.
    """

    envelope: pd.DataFrame
    curves: Array
    sizes: Array
    grid: Array

    @property
    def residual_autocorrelation(self) -> float:
        """0: neighbouring points of one curve are alike, which says nothing about the form."""
        return 0.0

    def describe(self) -> list[str]:
        first, *rest = super().describe()
        return [first.replace(f"{self.n} runs", f"{self.n} points of the envelope"), *rest]

    def _draw(self, asked: Resampling) -> Bootstrap[AllocationLaw]:
        if asked.method not in (None, "runs"):
            raise CourseError(
                f'Envelopes have the bootstrap method "runs" only, not "{asked.method}": their points '
                "are no sample."
            )
        rng = np.random.default_rng(asked.seed)
        runs = len(self.sizes)
        laws: list[AllocationLaw] = []
        for _ in range(asked.B):
            drawn = np.unique(rng.integers(runs, size=runs))
            frame = _envelope(self.curves[drawn], self.sizes[drawn], self.grid)
            if frame["N"].nunique() >= 2:
                laws.append(allocation_law(*(frame[name].to_numpy() for name in "CNDL")))
        return Bootstrap(
            laws=tuple(laws),
            asked=asked,
            method="runs",
            reason="the points of an envelope are no sample, whole runs are",
            units=runs,
            free=2,
            scaled=False,
        )


def _envelope(curves, sizes, grid) -> pd.DataFrame:
    """The best run at each C of the grid, without the points that the smallest or largest size wins."""
    best = curves.argmin(0)
    loss = curves[best, np.arange(len(grid))]
    N = sizes[best]
    inner = np.isfinite(loss) & (sizes.min() < N) & (sizes.max() > N)
    C, N, loss = grid[inner], N[inner], loss[inner]
    return pd.DataFrame({"C": C, "N": N, "D": C / (6 * N), "L": loss})


def fit_envelope(
    run: ArrayLike, N: ArrayLike, D: ArrayLike, loss: ArrayLike, *, points: int = 1500
) -> EnvelopeFit:
    """Fit N_opt ∝ C^a through the lower envelope of training curves.

    run: label of the run that a point of a curve belongs to, N: its parameters, D: tokens seen so far, loss there
    (nats per token), all of shape (n,). points: values of C = 6·N·D, evenly spaced in ln C, at which the best run is
    looked up (Hoffmann et al. 2022 use 1,500); curves are interpolated in (ln C, ln L).

    The loss in the middle of a run with a decaying learning rate is higher than that of a run that ends there, so
    curves from schedules matched to their length (or a constant rate) are what this approach needs. The envelope picks
    the luckiest run at each C; the interval comes from resampling whole runs.

    Raises CourseError for bad input, fewer than four sizes, or an envelope without inner points.
    """
    N, D, loss = check_runs(3, {"N": 4}, N=N, D=D, loss=loss)
    labels, run = np.unique(np.asarray(run), return_inverse=True)
    if run.shape != N.shape:
        raise CourseError("run must hold one label for each point of the curves.")
    C = 6 * N * D
    grid = np.geomspace(C.min(), C.max(), points)
    sizes = np.array([N[run == i][0] for i in range(len(labels))])
    mixed = [labels[i] for i in range(len(labels)) if np.ptp(N[run == i]) > 0]
    if mixed:
        raise CourseError(f"Run {mixed[0]} has points of several N: a run has one size.")
    curves = np.full((len(labels), points), np.inf)
    for i in range(len(labels)):
        rows = np.flatnonzero(run == i)
        rows = rows[np.argsort(C[rows], kind="stable")]
        inside = (grid >= C[rows[0]]) & (grid <= C[rows[-1]])
        curves[i, inside] = np.exp(
            np.interp(np.log(grid[inside]), np.log(C[rows]), np.log(loss[rows]))
        )
    envelope = _envelope(curves, sizes, grid)
    if envelope["N"].nunique() < 2:
        raise CourseError(
            "The envelope has fewer than two sizes between the smallest and the largest: add runs of more sizes."
        )
    law = allocation_law(*(envelope[name].to_numpy() for name in "CNDL"))
    residuals = np.log(np.asarray(law.L_opt(envelope["C"])) / envelope["L"].to_numpy())
    return EnvelopeFit(
        law=law,
        parameters=("a", "b"),
        variables=("C",),
        loss=envelope["L"].to_numpy(),
        residuals=residuals,
        objective=float((residuals**2).sum() / 2),
        delta=None,
        converged=True,
        evidence="lines on log axes are solved exactly",
        groups=np.arange(len(envelope)),
        notes=(
            f"{len(labels)} runs; {envelope['N'].nunique()} sizes win a part of the envelope between the smallest "
            "and the largest",
        ),
        C=envelope["C"].to_numpy(),
        envelope=envelope,
        curves=curves,
        sizes=sizes,
        grid=grid,
    )
