"""Figures of compute-optimal training: IsoFLOP curves, N_opt, contours with the frontier, allocation, cost."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike, NDArray

from ..arrays import Floats, positive
from ..laws import ChinchillaLaw, lifetime_flops, lifetime_optimum
from .alt import describe
from .losses import NATS
from .style import (
    BLACK,
    GREY,
    LABELS,
    VERMILLION,
    add_legend,
    label_points,
    log_axis,
    new_axes,
    series_style,
    short_number,
)

if TYPE_CHECKING:
    from ..constants import PublicModel
    from ..fits import Fit, IsoflopFit


class Allocates(Protocol):
    """A law of the best use of compute, with a name for the legend."""

    @property
    def name(self) -> str: ...
    @property
    def a(self) -> float: ...
    def N_opt(self, C: ArrayLike, /) -> Floats: ...
    def tokens_per_param(self, C: ArrayLike, /) -> Floats: ...


def published_laws() -> tuple[Allocates, ...]:
    """The allocation laws drawn for comparison: Kaplan, Chinchilla's three approaches, the
    replication, Llama 3.
    """
    from .. import constants as c

    return (
        c.KAPLAN,
        c.CHINCHILLA_APPROACH_1,
        c.CHINCHILLA_APPROACH_2,
        c.CHINCHILLA,
        c.CHINCHILLA_REPLICATION,
        c.LLAMA_3,
    )


def plot_isoflop(fit: IsoflopFit, ax: Axes | None = None, *, loss_unit: str = NATS) -> Axes:
    """IsoFLOP curves: the runs of each budget, their parabola, and a star at its minimum.

    fit: from `fit_isoflop`.

    >>> import scalinglaws as sl
    >>> runs = sl.load_runs("isoflop", corpus="prose").dropna(subset=["loss"])
    >>> fit = sl.fit_isoflop(runs["N"], runs["loss"], C=runs["C"], D=runs["D"])
    >>> ax = sl.plot_isoflop(fit, loss_unit="nats per byte")
    """
    ax = new_axes(ax)
    log_axis(ax, "x", unit_labels=True)
    rows: Iterable[Any] = fit.minima.itertuples()
    for i, row in enumerate(rows):
        style = series_style(i)
        runs = np.isclose(np.log(fit.C), np.log(row.C), rtol=0, atol=np.log(1.05))
        ax.plot(fit.N[runs], fit.loss[runs], style["marker"], color=style["color"], markersize=5)
        N, loss = fit.curve(row.C)
        ax.plot(N, loss, color=style["color"], linewidth=1.2)
        ax.plot(
            row.N_opt,
            row.L_opt,
            marker="*",
            markersize=13,
            color=style["color"],
            markeredgecolor=BLACK,
            linestyle="none",
            zorder=4,
        )
        # A proxy line gives the legend the colour and marker of the budget.
        ax.plot([], [], style["marker"] + "-", color=style["color"], label=_flops(row.C))
        describe(
            ax,
            f"At {row.C:.3g} FLOPs the parabola through {row.runs} runs is lowest at N = {short_number(row.N_opt)} "
            f"with a loss of {row.L_opt:.3f}.",
        )
    ax.plot([], [], "*", color="white", markeredgecolor=BLACK, markersize=11, label="minimum")
    ax.set_xlabel(LABELS["N"])
    ax.set_ylabel(f"Loss L ({loss_unit})")
    if len(fit.minima) > 5:  # no room between the curves
        add_legend(ax, title="Training FLOPs", loc="center left", bbox_to_anchor=(1.0, 0.5))
    else:
        add_legend(ax, title="Training FLOPs", ncols=2 if len(fit.minima) > 4 else 1)
    return ax


def plot_N_opt(
    C: ArrayLike,
    ours: Fit[Any] | None = None,
    laws: Iterable[Allocates] | None = None,
    ax: Axes | None = None,
    *,
    level: float = 0.95,
) -> Axes:
    """N_opt against C: published laws as lines, ours with its interval.

    C: the range of training FLOPs, or its end points. ours: a fit with `N_opt` and `interval`, or None; its minima are
    drawn if it has any. laws: with `N_opt` and `name`; `published_laws()` unless given. Kaplan's N leaves the embeddings
    out.

    >>> import scalinglaws as sl
    >>> runs = sl.load_runs("isoflop", corpus="prose").dropna(subset=["loss"])
    >>> fit = sl.fit_isoflop(runs["N"], runs["loss"], C=runs["C"], D=runs["D"])
    >>> ax = sl.plot_N_opt((1e9, 1e14), ours=fit)
    """
    ax = new_axes(ax)
    log_axis(ax, "x")
    log_axis(ax, "y", unit_labels=True)
    (C,) = positive(C=C)
    grid = np.geomspace(C.min(), C.max(), 100)
    for i, law in enumerate(published_laws() if laws is None else laws):
        style = series_style(i)
        N = np.asarray(law.N_opt(grid))
        ax.plot(grid, N, color=style["color"], linestyle=style["linestyle"], label=law.name)
        describe(ax, _trend(law.name, law.a, grid, N))
    if ours is not None:
        N = np.asarray(ours.law.N_opt(grid))
        low, high = map(np.asarray, ours.interval(lambda law: law.N_opt(grid), level))
        ax.plot(grid, N, color=BLACK, linewidth=2.2, label=f"our fit, a = {ours.law.a:.2f}")
        ax.fill_between(grid, low, high, color=BLACK, alpha=0.15, linewidth=0)
        minima = getattr(ours, "minima", None)
        if minima is not None:
            ax.plot(minima["C"], minima["N_opt"], "*", color=BLACK, markersize=11)
        describe(
            ax,
            _trend("Our fit", ours.law.a, grid, N)
            + f" Its {100 * level:g} % interval at the end is {short_number(low[-1])} to {short_number(high[-1])}.",
        )
    ax.set_xlabel(LABELS["C"])
    ax.set_ylabel("Compute-optimal parameters $N_{opt}$")
    add_legend(ax)
    return ax


def plot_allocation(
    C: ArrayLike,
    laws: Iterable[Allocates] | None = None,
    models: Iterable[PublicModel] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Tokens per parameter against C: what the laws recommend, and what was trained.

    C: the range of training FLOPs. laws: with `tokens_per_param` and `name`; `published_laws()` unless given. models:
    with name, N and D, such as `constants.PUBLIC_MODELS`; those whose D was not published are left out.

    >>> import scalinglaws as sl
    >>> ax = sl.plot_allocation((1e18, 1e26), models=sl.PUBLIC_MODELS[:8])
    """
    ax = new_axes(ax)
    log_axis(ax, "x")
    log_axis(ax, "y")
    (C,) = positive(C=C)
    grid = np.geomspace(C.min(), C.max(), 100)
    ax.axhline(20, color=GREY, linestyle=":", label="20 tokens per parameter")
    for i, law in enumerate(published_laws() if laws is None else laws):
        style = series_style(i)
        ratio = np.asarray(law.tokens_per_param(grid))
        ax.plot(grid, ratio, color=style["color"], linestyle=style["linestyle"], label=law.name)
        describe(
            ax,
            f"{law.name}: {short_number(ratio[0])} tokens per parameter at {grid[0]:.2g} FLOPs, "
            f"{short_number(ratio[-1])} at {grid[-1]:.2g}.",
        )
    models = [model for model in models or () if np.isfinite(model.D)]
    x = y = np.empty(0)
    if models:
        x = np.array([6 * model.N * model.D for model in models])
        y = np.array([model.D / model.N for model in models])
        ax.plot(x, y, "o", color=BLACK, markersize=4, label="models as trained")
        listed = ", ".join(f"{m.name} {short_number(r)}" for m, r in zip(models, y, strict=True))
        describe(ax, f"Models as trained, tokens per parameter: {listed}.")
    ax.set_xlabel(LABELS["C"])
    ax.set_ylabel("Training tokens per parameter D/N")
    ax.set_ylim(bottom=ax.get_ylim()[0] / 3)
    add_legend(ax, loc="lower left", fontsize=8)
    if models:
        label_points(ax, x, y, [model.name for model in models])
    return ax


def plot_contours(
    law: ChinchillaLaw,
    N: ArrayLike,
    D: ArrayLike,
    ax: Axes | None = None,
    *,
    budgets: ArrayLike = (),
    loss_unit: str = NATS,
) -> Axes:
    """Contours of equal loss in (N, D), the efficient frontier, and lines of equal compute.

    N, D: the ranges to draw, or runs, which are then drawn as points. budgets: FLOPs whose lines 6·N·D = C are drawn,
    with the optimum on each.

    >>> import scalinglaws as sl
    >>> ax = sl.plot_contours(sl.CHINCHILLA, (1e8, 1e12), (1e9, 1e13), budgets=[1e21, 1e23])
    """
    ax = new_axes(ax)
    N, D = positive(N=N, D=D)
    log_axis(ax, "x", unit_labels=True)
    log_axis(ax, "y", unit_labels=True)
    n = np.geomspace(N.min(), N.max(), 120)
    d = np.geomspace(D.min(), D.max(), 120)
    surface = np.asarray(law(n[None, :], d[:, None]))
    # Levels evenly spaced in the logarithm of the reducible loss are about evenly spaced in the
    # plane.
    reducible = np.geomspace(surface.min() - law.E, surface.max() - law.E, 12)[1:-1]
    contours = ax.contour(
        n,
        d,
        surface,
        levels=law.E + reducible,
        cmap="cividis",
        vmin=surface.min(),
        vmax=2 * surface.max() - surface.min(),
        linewidths=1.1,
    )
    ax.clabel(contours, fmt="%.2f", fontsize=8)
    if len(N) > 2 and N.shape == D.shape:
        ax.plot(N, D, "o", color=GREY, markersize=3, label="runs")
    C = np.geomspace(6 * N.min() * D.min(), 6 * N.max() * D.max(), 300)
    path_N, path_D = np.asarray(law.N_opt(C)), np.asarray(law.D_opt(C))
    inside = (path_N >= n[0]) & (path_N <= n[-1]) & (path_D >= d[0]) & (path_D <= d[-1])
    ax.plot(
        path_N[inside], path_D[inside], color=VERMILLION, linewidth=2, label="efficient frontier"
    )
    for i, budget in enumerate(np.atleast_1d(np.asarray(budgets, dtype=float))):
        label = "equal compute, with its optimum" if i == 0 else None
        ax.plot(n, budget / (6 * n), color=BLACK, linestyle="--", linewidth=0.9, label=label)
        ax.plot(law.N_opt(budget), law.D_opt(budget), "*", color=BLACK, markersize=10)
        describe(
            ax,
            f"At {budget:.3g} FLOPs the lowest loss is {law.L_opt(budget):.3f}, with N = "
            f"{short_number(float(law.N_opt(budget)))} and D = {short_number(float(law.D_opt(budget)))}.",
        )
    ax.set_xlim(n[0], n[-1])
    ax.set_ylim(d[0], d[-1])
    ax.set_xlabel(LABELS["N"])
    ax.set_ylabel(LABELS["D"])
    ax.set_title(f"Loss L(N, D), {loss_unit}", fontsize=10)
    describe(
        ax,
        f"Contours of equal loss from {surface.max():.2f} at the lower left to {surface.min():.2f} at the upper right; "
        f"along the efficient frontier N grows as C^{law.a:.2f} and D as C^{law.b:.2f}.",
    )
    add_legend(ax, loc="upper left")
    return ax


def plot_cost(
    law: ChinchillaLaw,
    L: float,
    demands: ArrayLike = (0.0, 1e12, 1e13, 1e14),
    ax: Axes | None = None,
) -> Axes:
    """Lifetime FLOPs against N for one loss: one curve for each number of served tokens, with its cheapest size.

    L: the loss to reach, nats per token. demands: tokens served over the model's life.

    >>> import scalinglaws as sl
    >>> ax = sl.plot_cost(sl.CHINCHILLA_REPLICATION, L=2.1)
    """
    ax = new_axes(ax)
    log_axis(ax, "x", unit_labels=True)
    log_axis(ax, "y")
    demands = np.atleast_1d(np.asarray(demands, dtype=float))
    best_N, best_D = (np.asarray(v) for v in lifetime_optimum(law, L, demands))
    smallest = law.N_for(L, np.inf)  # below this size no amount of data reaches L
    N = np.geomspace(max(smallest * 1.02, best_N.min() / 8), best_N.max() * 8, 300)
    D = np.asarray(law.D_for(L, N))
    for i, (demand, N_star, D_star) in enumerate(zip(demands, best_N, best_D, strict=True)):
        style = series_style(i)
        total = lifetime_flops(N, D, demand) if demand else 6 * N * D
        cheapest = 6 * N_star * D_star + 2 * N_star * demand
        name = f"{short_number(demand)} tokens served" if demand else "training only"
        ax.plot(N, total, color=style["color"], linestyle=style["linestyle"], label=name)
        ax.plot(N_star, cheapest, style["marker"], color=style["color"], markersize=8)
        describe(
            ax,
            f"{name[0].upper() + name[1:]}: cheapest at N = {short_number(N_star)}, D = {short_number(D_star)}, "
            f"{cheapest:.3g} FLOPs in all.",
        )
    least = 6 * best_N[0] * best_D[0] + 2 * best_N[0] * demands[0]
    ax.set_ylim(0.15 * least, 100 * least)
    ax.set_xlabel(LABELS["N"])
    ax.set_ylabel(f"Lifetime FLOPs to reach L = {L:.3g}")
    add_legend(ax, loc="lower right")
    return ax


def _trend(name: str, a: float, C: NDArray[np.float64], N: NDArray[np.float64]) -> str:
    return (
        f"{name}: N_opt grows as C^{a:.2f}, from {short_number(N[0])} at {C[0]:.2g} FLOPs to {short_number(N[-1])} "
        f"at {C[-1]:.2g}."
    )


def _flops(C: float) -> str:
    digits, power = f"{C:.2g}".split("e") if "e" in f"{C:.2g}" else (f"{C:.2g}", "0")
    power = int(power)
    return f"$10^{{{power}}}$" if digits == "1" else rf"${digits}\times10^{{{power}}}$"
