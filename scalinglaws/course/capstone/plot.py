"""The figure of a scored plan."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from scalinglaws.plots import describe, new_axes
from scalinglaws.plots.style import BLUE, GREY, VERMILLION

from .scoring import ALL_AND_NONE


def plot_regret(table: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """What a plan wasted in each world, as bars, with lines for full marks and for none; failed
    worlds are labelled.

    table: from `judge`.
    """
    ax = new_axes(ax, figsize=(6.4, 0.6 + 0.32 * len(table)))
    full, none = ALL_AND_NONE["waste"]
    waste = 100 * table["waste"].to_numpy()
    colours = [BLUE if w <= 100 * full else GREY if w < 100 * none else VERMILLION for w in waste]
    ax.barh(table["world"], waste, color=colours, zorder=2)
    for y, (w, problem) in enumerate(zip(waste, table["problem"], strict=True)):
        text = f"{w:.1f} %" if not problem else "no answer"
        ax.annotate(
            text,
            (min(max(w, 100 * full), 60), y),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=8,
        )
    for value, text in ((full, "full marks"), (none, "none")):
        ax.axvline(100 * value, color=GREY, linestyle=":", zorder=1)
        ax.annotate(
            text,
            (100 * value, 1),
            xycoords=("data", "axes fraction"),
            xytext=(3, 2),
            textcoords="offset points",
            fontsize=8,
        )
    ax.set_xlim(0, 70)
    ax.invert_yaxis()
    ax.set_xlabel("compute wasted (% of C_target)")
    said = ", ".join(f"{name} {w:.1f} %" for name, w in zip(table["world"], waste, strict=True))
    describe(ax, f"Compute wasted in each world: {said}.")
    return ax
