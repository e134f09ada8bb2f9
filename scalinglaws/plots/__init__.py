"""Figures of the field: each function takes an `ax` and returns it; `show` adds alt text."""

from .allocation import (
    plot_allocation,
    plot_contours,
    plot_cost,
    plot_isoflop,
    plot_N_opt,
    published_laws,
)
from .alt import alt_text, describe, show
from .explore import explore
from .losses import plot_extrapolation, plot_fit, plot_law, plot_residuals, plot_runs
from .style import COLOURS, MARKERS, label_lines, log_axis, new_axes, short_number

__all__ = [
    "COLOURS",
    "MARKERS",
    "alt_text",
    "describe",
    "explore",
    "label_lines",
    "log_axis",
    "new_axes",
    "plot_N_opt",
    "plot_allocation",
    "plot_contours",
    "plot_cost",
    "plot_extrapolation",
    "plot_fit",
    "plot_isoflop",
    "plot_law",
    "plot_residuals",
    "plot_runs",
    "published_laws",
    "short_number",
    "show",
]
