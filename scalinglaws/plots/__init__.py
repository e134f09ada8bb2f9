"""Figures of the field: each function takes an `ax` and returns it; `show` adds alt text."""

from .alt import alt_text, describe, show
from .figures import plot_fit, plot_law, plot_runs
from .style import COLOURS, MARKERS, log_axis, new_axes, short_number

__all__ = [
    "COLOURS",
    "MARKERS",
    "alt_text",
    "describe",
    "log_axis",
    "new_axes",
    "plot_fit",
    "plot_law",
    "plot_runs",
    "short_number",
    "show",
]
