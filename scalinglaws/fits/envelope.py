"""Approach 1: the lower envelope of training curves (Hoffmann et al. 2022, section 3.1)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from ..errors import CourseError
from .allocation import AllocationFit, allocation_law
from .runs import check_runs


@dataclass(frozen=True, eq=False, repr=False)
class EnvelopeFit(AllocationFit):
    """The fit through the envelope of training curves; `law` is an `AllocationLaw`.

    envelope: for each compute on a grid, the best run there: C, N, D, L. Points won by the smallest or the largest
    model are left out: a better size may lie beyond what was trained.
    """

    envelope: pd.DataFrame = None
    _curves: NDArray[np.float64] = None  # (runs, grid): loss at each C, inf where a run has none
    _sizes: NDArray[np.float64] = None
    _grid: NDArray[np.float64] = None

    pattern = 0.0  # neighbouring points of one curve are alike: that says nothing about the form

    def _lines(self):
        quality, fit, *rest = super()._lines()
        return [quality.replace("runs", "points of the envelope", 1), fit, *rest]

    def _resample(self, B, seed, method):
        # Whole runs are drawn, whatever the method: the points of an envelope are no sample.
        rng = np.random.default_rng(seed)
        runs = len(self._sizes)
        laws = []
        for _ in range(B):
            drawn = np.unique(rng.integers(runs, size=runs))
            frame = _envelope(self._curves[drawn], self._sizes[drawn], self._grid)
            if frame["N"].nunique() >= 2:
                laws.append(allocation_law(*(frame[name].to_numpy() for name in "CNDL")))
        return laws


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
        _curves=curves,
        _sizes=sizes,
        _grid=grid,
    )
