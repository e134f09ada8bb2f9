"""The figures. Each takes an `ax` (a new one unless given), draws into it and returns it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike, NDArray

from ..errors import CourseError
from .alt import describe
from .style import (
    BLUE,
    GREY,
    LABELS,
    VERMILLION,
    add_legend,
    log_axis,
    new_axes,
    series_style,
    short_number,
)

if TYPE_CHECKING:
    from ..fits import Fit, PowerLawFit
    from ..laws import PowerLaw

NATS = "nats per token"


def _loss_axes(ax: Axes | None, against: str, loss_unit: str, log_loss: bool = True) -> Axes:
    ax = new_axes(ax)
    log_axis(ax, "x", unit_labels=against in ("N", "D"))
    if log_loss:
        log_axis(ax, "y")
    ax.set_xlabel(LABELS.get(against, against))
    ax.set_ylabel(f"Loss L ({loss_unit})")
    return ax


def _amount(value: float, against: str) -> str:
    """A number of N, D or C in words: 25M parameters, but 1e+11 FLOPs."""
    return f"{value:.3g}" if against == "C" else short_number(value)


def plot_runs(
    x: ArrayLike,
    loss: ArrayLike,
    ax: Axes | None = None,
    *,
    against: str = "N",
    label: str | None = None,
    series: int = 0,
    log_loss: bool = True,
    loss_unit: str = NATS,
) -> Axes:
    """The measured loss of runs against N, D or C: points only.

    against: "N", "D", "C" or any axis label. series: the index of a colour and marker. loss_unit:
    for example "nats per byte".

    >>> import scalinglaws as sl
    >>> runs = sl.load_runs("isoflop", corpus="prose").dropna(subset=["loss"])
    >>> ax = sl.plot_runs(runs["N"], runs["loss"], loss_unit="nats per byte")
    """
    ax = _loss_axes(ax, against, loss_unit, log_loss)
    points, losses = np.asarray(x, dtype=float), np.asarray(loss, dtype=float)
    style = series_style(series)
    ax.plot(
        points, losses, style["marker"], color=style["color"], markersize=5, label=label, zorder=3
    )
    order = np.argsort(points, kind="stable")
    first, last = int(order[0]), int(order[-1])
    describe(
        ax,
        f"{label or 'The runs'}: {len(points)} points, from a loss of {losses[first]:.3f} at "
        f"{_amount(points[first], against)} to {losses[last]:.3f} at {_amount(points[last], against)}.",
    )
    add_legend(ax)
    return ax


def plot_law(
    law: Callable[[NDArray[np.float64]], ArrayLike],
    x: ArrayLike,
    ax: Axes | None = None,
    *,
    against: str = "N",
    label: str | None = None,
    series: int = 0,
    log_loss: bool = True,
    loss_unit: str = NATS,
) -> Axes:
    """A law as a curve over the range of x; `law` is any function of x that returns a loss.

    >>> import scalinglaws as sl
    >>> law = sl.PowerLaw(A=406.4, alpha=0.34, E=1.69)
    >>> ax = sl.plot_law(law, (1e6, 1e12), label="1.69 + 406.4·N^-0.34")
    """
    ax = _loss_axes(ax, against, loss_unit, log_loss)
    grid = np.geomspace(np.min(x), np.max(x), 200)
    style = series_style(series)
    values = np.asarray(law(grid), dtype=float)
    ax.plot(grid, values, linestyle=style["linestyle"], color=style["color"], label=label)
    describe(
        ax,
        f"{label or 'The law'}: a curve from {values[0]:.3f} at {_amount(grid[0], against)} to "
        f"{values[-1]:.3f} at {_amount(grid[-1], against)}.",
    )
    add_legend(ax)
    return ax


def plot_fit(
    fit: PowerLawFit,
    ax: Axes | None = None,
    *,
    against: str = "N",
    beyond: float = 1.0,
    level: float = 0.95,
    label: str | None = None,
    log_loss: bool = True,
    loss_unit: str = NATS,
) -> Axes:
    """A fitted power law: the runs, the law, its interval, and the irreducible loss if it has one.

    fit: from `fit_power_law`. beyond: the curve is drawn to this multiple of the largest x.
    Raises CourseError for a fit in two variables: `plot_contours` and `plot_extrapolation` draw that.

    >>> import scalinglaws as sl
    >>> runs = sl.load_runs("grid", corpus="prose")
    >>> row = runs[runs["D"] == runs["D"].max()]
    >>> fit = sl.fit_power_law(row["N"], row["loss"], floor=0.5)
    >>> ax = sl.plot_fit(fit, beyond=10, loss_unit="nats per byte")
    """
    if not hasattr(fit, "x"):
        raise CourseError(
            f"plot_fit draws a fit in one variable, and this is a {type(fit).__name__}: draw it with plot_contours, "
            "plot_extrapolation or plot_residuals."
        )
    ax = plot_runs(
        fit.x, fit.loss, ax, against=against, label="runs", log_loss=log_loss, loss_unit=loss_unit
    )
    grid = np.geomspace(fit.x.min(), fit.x.max() * beyond, 200)
    low, high = map(np.asarray, fit.predict_interval(grid, level=level))
    letter = against if against in LABELS else "x"
    law = label or f"fit: ${_formula(fit.law, letter, tex=True)}$"
    ax.plot(grid, fit.law(grid), color=VERMILLION, label=law)
    ax.fill_between(
        grid,
        low,
        high,
        color=VERMILLION,
        alpha=0.2,
        linewidth=0,
        label=f"{100 * level:g} % interval",
    )
    text = (
        f"The fitted law L = {_formula(fit.law, letter)} falls to {fit.law(grid[-1]):.3f} at {_amount(grid[-1], against)}, "
        f"{100 * level:g} % interval {low[-1]:.3f} to {high[-1]:.3f}."
    )
    if fit.law.E > 0:
        ax.axhline(fit.law.E, color=GREY, linestyle=":", label=f"irreducible loss {fit.law.E:.3g}")
        text += f" A dotted line marks the irreducible loss {fit.law.E:.3f}."
    describe(ax, text)
    add_legend(ax)
    return ax


def _formula(law: PowerLaw, x: str, tex: bool = False) -> str:
    """The law as text or TeX: E + a·x^-alpha, or (x_c/x)^alpha without a floor.

    >>> from scalinglaws.laws import PowerLaw
    >>> _formula(PowerLaw(A=406.4, alpha=0.34, E=1.69), "N")
    '1.69 + 406·N^-0.34'
    """

    def number(value: float) -> str:
        digits, power = f"{value:.2e}".split("e")
        if 1e-2 <= value < 1e4:
            return f"{value:.3g}"
        return rf"{digits}\times10^{{{int(power)}}}" if tex else f"{value:.2e}"

    def power(base: str, exponent: float) -> str:
        return f"{base}^{{{exponent:.3g}}}" if tex else f"{base}^{exponent:.3g}"

    if law.E > 0:
        times = "\\," if tex else "·"
        return f"{law.E:.3g} + {number(law.A)}{times}{power(x, -law.alpha)}"
    return power(f"({number(law.x_c)}/{x})", law.alpha)


def plot_residuals(fit: Fit[Any], ax: Axes | None = None, *, against: str = "C") -> Axes:
    """The residuals in per cent of the loss, against N, D, C or x of the runs; level and without a
    trend is good.

    fit: any fit with the column `against`.

    >>> import scalinglaws as sl
    >>> runs = sl.load_runs("grid", corpus="prose").dropna(subset=["loss"])
    >>> ax = sl.plot_residuals(sl.fit_chinchilla(runs["N"], runs["D"], runs["loss"]))
    """
    if getattr(fit, against, None) is None:
        raise CourseError(f"This fit has no column {against!r} to draw its residuals against.")
    ax = new_axes(ax)
    x = np.asarray(getattr(fit, against), dtype=float)
    percent = 100 * np.expm1(-fit.residuals)  # measured over fitted loss, minus one
    log_axis(ax, "x", unit_labels=against in ("N", "D"))
    ax.axhline(0, color=GREY, linewidth=1)
    ax.plot(x, percent, "o", color=BLUE, markersize=5)
    ax.set_xlabel(LABELS.get(against, against))
    ax.set_ylabel("Measured above fitted loss (%)")
    worst = int(np.argmax(np.abs(percent)))
    describe(
        ax,
        f"Residuals of {len(x)} runs: root mean square {np.sqrt(np.mean(percent**2)):.2g} %, "
        f"largest {percent[worst]:+.2g} % at {_amount(x[worst], against)}.",
    )
    return ax


def plot_extrapolation(
    fit: PowerLawFit,
    x: ArrayLike,
    loss: ArrayLike,
    ax: Axes | None = None,
    *,
    against: str = "C",
    levels: tuple[float, ...] = (0.5, 0.8, 0.95),
    log_loss: bool = True,
    loss_unit: str = NATS,
) -> Axes:
    """The fan of a fit beyond its runs, with the runs that were held out.

    fit: from `fit_power_law`. x, loss: the held-out runs (n,). levels: of the intervals, drawn
    inside one another, each for one new run (noise included).

    >>> import scalinglaws as sl
    >>> runs = sl.load_runs("isoflop", corpus="prose").dropna(subset=["loss"])
    >>> best = sl.fit_isoflop(runs["N"], runs["loss"], C=runs["C"], D=runs["D"]).minima
    >>> fit = sl.fit_power_law(best["C"][:-2], best["L_opt"][:-2], floor=0.5)
    >>> ax = sl.plot_extrapolation(fit, best["C"][-2:], best["L_opt"][-2:], loss_unit="nats per byte")
    """
    held_x, held_loss = np.asarray(x, dtype=float), np.asarray(loss, dtype=float)
    ax = _loss_axes(ax, against, loss_unit, log_loss)
    grid = np.geomspace(fit.x.min(), max(fit.x.max(), held_x.max()) * 1.5, 150)
    for level in sorted(levels, reverse=True):
        low, high = fit.predict_interval(grid, level=level, new_run=True)
        ax.fill_between(
            grid,
            low,
            high,
            color=BLUE,
            alpha=0.15,
            linewidth=0,
            label=f"{100 * level:g} % for a new run",
        )
    ax.plot(grid, fit.predict(grid), color=BLUE, label="fit")
    ax.plot(fit.x, fit.loss, "o", color=BLUE, markersize=5, label="runs in the fit")
    ax.plot(held_x, held_loss, "s", color=VERMILLION, markersize=6, label="held-out runs")
    ax.axvline(fit.x.max(), color=GREY, linestyle=":", linewidth=1)
    outer = max(levels)
    low, high = fit.predict_interval(held_x, level=outer, new_run=True)
    inside = int(np.sum((held_loss >= low) & (held_loss <= high)))
    error = 100 * np.mean(np.log(np.asarray(fit.predict(held_x)) / held_loss))
    describe(
        ax,
        f"The law is fitted up to {_amount(fit.x.max(), against)}. Of {len(held_x)} held-out runs beyond, {inside} fall in "
        f"the {100 * outer:g} % interval; the prediction is {abs(error):.2g} % too {'high' if error > 0 else 'low'} "
        "on average.",
    )
    add_legend(ax)
    return ax
