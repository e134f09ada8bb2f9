"""One style for every figure: Okabe-Ito colours, distinct markers, log axes with a few plain tick
labels.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypedDict

import numpy as np
from matplotlib import patheffects, ticker
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.typing import ColorType
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import isotonic_regression

from ..errors import CourseError

# Okabe & Ito 2008, distinguishable for every kind of colour vision; yellow is left out (too pale on
# white).
BLUE, VERMILLION, GREEN, PURPLE = "#0072B2", "#D55E00", "#009E73", "#CC79A7"
ORANGE, SKY, BLACK, GREY = "#E69F00", "#56B4E9", "#000000", "#767676"
GRID = "#DDDDDD"
COLOURS = (BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY, BLACK)
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
DASHES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (8, 2)), (0, (1, 1)))

# The badge: pale on night blue.
NIGHT, PALE_BLUE, GOLD, SILVER = "#0B1F33", "#6FA8D6", "#F5C46B", "#C9D8E6"

# Axis labels for the letters of the field.
LABELS = {
    "N": "Parameters N",
    "D": "Training tokens D",
    "C": "Training compute C (FLOPs)",
    "S": "Optimiser steps S",
    "x": "x",
}


Box = tuple[float, float, float, float]  # left, low, right, high


class SeriesStyle(TypedDict):
    """What `Axes.plot` takes to draw one series."""

    color: str
    marker: str
    linestyle: Any  # a name, or (offset, (dash, gap, ...))


def series_style(i: int) -> SeriesStyle:
    """Colour, marker and dashes of the i-th series: 49 differ."""
    again = i + i // len(COLOURS)  # a colour that comes again has another marker
    return {
        "color": COLOURS[i % len(COLOURS)],
        "marker": MARKERS[again % len(MARKERS)],
        "linestyle": DASHES[again % len(DASHES)],
    }


def whole_figure(figure: Figure | Axes) -> Figure:
    """The figure itself, or the one that these axes are part of."""
    whole = figure if isinstance(figure, Figure) else figure.get_figure(root=True)
    if whole is None:
        raise CourseError("These axes no longer belong to a figure: draw them again.")
    return whole


def new_axes(ax: Axes | None = None, figsize: tuple[float, float] = (6.4, 4.2)) -> Axes:
    """`ax` itself, or the axes of a new white figure; either way with a light grid and no box."""
    if ax is None:
        import matplotlib.pyplot as plt

        _, ax = plt.subplots(figsize=figsize, facecolor="white", layout="constrained")
    ax.set_facecolor("white")
    ax.figure.set_facecolor("white")
    ax.grid(True, which="major", color=GRID, linewidth=0.7)
    ax.set_axisbelow(True)
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    return ax


def log_axis(ax: Axes, which: str = "x", unit_labels: bool = False) -> None:
    """Make an axis ("x" or "y") logarithmic, with a handful of labels and unlabelled minor ticks.

    unit_labels writes 1M, 20B, 3T instead of powers of ten: for parameters and tokens.
    """
    getattr(ax, f"set_{which}scale")("log")
    axis = getattr(ax, f"{which}axis")
    axis.set_major_locator(FewLogTicks())
    axis.set_major_formatter(ticker.FuncFormatter(_unit_number if unit_labels else _power_number))
    axis.set_minor_locator(ticker.LogLocator(subs=range(2, 10), numticks=30))
    axis.set_minor_formatter(ticker.NullFormatter())


class FewLogTicks(ticker.Locator):
    """At most eight round values on a log axis, for a range of ten decades or a tenth of one."""

    def __call__(self) -> Sequence[float]:
        if self.axis is None:
            return []
        return self.tick_values(*self.axis.get_view_interval())

    def tick_values(self, vmin: float, vmax: float) -> Sequence[float]:
        low, high = sorted((vmin, vmax))
        if not (low > 0 and np.isfinite(high) and high > low):
            return []
        decades = np.log10(high / low)
        if decades < 0.75:
            ticks = np.asarray(
                ticker.MaxNLocator(6, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
            )
        else:
            powers = np.arange(np.floor(np.log10(low)), np.ceil(np.log10(high)) + 1)
            if decades < 1.7:
                ticks = np.outer(10.0**powers, [1, 2, 5]).ravel()
            elif decades < 2.8:
                ticks = np.outer(10.0**powers, [1, 3]).ravel()
            else:
                ticks = 10.0 ** powers[powers % np.ceil(decades / 8) == 0]
        slack = (high / low) ** 1e-6
        return ticks[(ticks >= low / slack) & (ticks <= high * slack)].tolist()


def _power_number(value: float, _: int | None = None) -> str:
    """1.5, 2000, 10¹², 3×10¹²: plain if that is short, otherwise a mathtext power."""
    if value <= 0:
        return ""
    if 1e-3 <= float(f"{value:.6g}") < 1e4:
        return f"{value:.6g}"
    digits, power = f"{value:.3e}".split("e")
    digits = digits.rstrip("0").rstrip(".")
    return f"$10^{{{int(power)}}}$" if digits == "1" else rf"${digits}\times10^{{{int(power)}}}$"


def _unit_number(value: float, _: int | None = None) -> str:
    return short_number(value)


def short_number(value: float) -> str:
    """1500, 25k, 1.3M, 20B, 3T, then 4e+15: for labels and sentences.

    >>> [short_number(v) for v in (85e6, 20e9, 1.4e12, 12.5, 5.76e23)]
    ['85M', '20B', '1.4T', '12.5', '5.76e+23']
    """
    shown = float(f"{value:.3g}")  # processors differ in the last digit
    for size, letter in ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e4, "k")):
        if size <= shown < 1e15:
            return f"{value / (1e3 if letter == 'k' else size):.3g}{letter}"
    return f"{value:.4g}" if shown < 1e4 else f"{value:.3g}"


def add_legend(ax: Axes, **options: Any) -> None:
    """Add a legend, where the data leave room. options: those of `Axes.legend`."""
    if ax.get_legend_handles_labels()[0]:
        ax.legend(
            **{"frameon": True, "framealpha": 0.85, "edgecolor": "none", "fontsize": 9} | options
        )


def label_lines(ax: Axes, title: str = "", fontsize: float = 9) -> None:
    """Write each line's label at its right end, in the line's colour, instead of a legend.

    Call it once the limits and scales of the axes are final: labels that would overlap are moved
    apart. title: what the labels are, written above the highest one. Raises CourseError if no line
    has a label.
    """
    lines = [line for line in ax.get_lines() if not str(line.get_label()).startswith("_")]
    if not lines:
        raise CourseError('No line has a label: draw them with ax.plot(x, y, label="...").')
    figure = whole_figure(ax)
    figure.draw_without_rendering()  # the layout must be final too
    points = [np.ma.compress_rows(np.ma.masked_invalid(line.get_xydata())) for line in lines]
    ends = np.array([xy[xy[:, 0].argmax()] for xy in points])
    height = ax.transData.transform(ends)[:, 1] * 72 / figure.dpi  # in points
    gap = 1.25 * fontsize
    order, rank = np.argsort(height), gap * np.arange(len(lines))
    apart = np.empty_like(height)  # the nearest heights to the ends with a gap between them
    apart[order] = isotonic_regression(height[order] - rank).x + rank

    def write(text: str, end: NDArray[np.float64], up: float, color: ColorType) -> None:
        ax.annotate(
            text,
            (float(end[0]), float(end[1])),
            xytext=(7, up),
            textcoords="offset points",
            va="center",
            color=color,
            fontsize=fontsize,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0},
            annotation_clip=False,
        )

    for line, end, up in zip(lines, ends, (apart - height).tolist(), strict=True):
        write(str(line.get_label()), end, up, _legible(line.get_color()))
    if title:
        top = order[-1]
        write(title, ends[top], float(apart[top] - height[top]) + gap, "dimgray")


def _legible(color: ColorType) -> tuple[float, float, float]:
    """A colour, darkened until text in it is legible on white: a contrast of 4.5 (WCAG 2.2)."""
    rgb = np.array(to_rgb(color))
    while _luminance(rgb) > 1.05 / 4.5 - 0.05:
        rgb *= 0.97
    return (float(rgb[0]), float(rgb[1]), float(rgb[2]))


def _luminance(rgb: NDArray[np.float64]) -> float:
    """The relative luminance of an sRGB colour (WCAG 2.2)."""
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def label_points(
    ax: Axes, x: ArrayLike, y: ArrayLike, labels: Iterable[str], fontsize: float = 7.5
) -> None:
    """Label points, each label on the side of its point where it overlaps least with the others.

    The search is greedy and in pixels, so call it once the limits of the axes are final.
    """
    points = ax.transData.transform(np.column_stack([x, y]))
    scale = whole_figure(ax).dpi / 72
    taken = [(px - 4, py - 4, px + 4, py + 4) for px, py in points]
    frame = ax.get_window_extent()
    sides = [(0, 1), (0, -1), (1, 0), (-1, 0), (1, 1), (-1, 1), (1, -1), (-1, -1)]
    horizontal, vertical = (
        {1: "left", 0: "center", -1: "right"},
        {1: "bottom", 0: "center", -1: "top"},
    )
    for (px, py), name in zip(points, labels, strict=True):
        width, height = 0.58 * fontsize * len(name) * scale, 1.15 * fontsize * scale
        options = []
        for far in (6, 12):
            for dx, dy in sides:
                left = px + far * scale * dx - width * (1 - dx) / 2
                low = py + far * scale * dy - height * (1 - dy) / 2
                box = (left, low, left + width, low + height)
                cost = sum(_overlap(box, other) for other in taken)
                cost += 10 * (width * height - _overlap(box, frame.extents))
                options.append((cost, far, dx, dy, box))
        cost, far, dx, dy, box = min(options, key=lambda option: option[:2])
        taken.append(box)
        ax.annotate(
            name,
            tuple(ax.transData.inverted().transform((px, py))),
            textcoords="offset points",
            xytext=(far * dx, far * dy),
            ha=horizontal[dx],
            va=vertical[dy],
            fontsize=fontsize,
            path_effects=[patheffects.withStroke(linewidth=2, foreground="white")],
        )


def _overlap(a: Box, b: Box) -> float:
    """The common area of two boxes (left, low, right, high)."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    return max(width, 0.0) * max(height, 0.0)
