"""Alt text made from the data, and `show`, which puts a figure into the page together with it.

JupyterLab and nbconvert drop the `alt` metadata of image outputs; an HTML <img alt="…"> with the PNG inside works in
both, in exported pages, and in notebooks that are not trusted (where SVG is hidden).
"""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from html import escape
from weakref import WeakKeyDictionary

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import Collection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ..errors import CourseError
from .style import short_number, whole_figure

_SENTENCES: WeakKeyDictionary[Axes, list[str]] = WeakKeyDictionary()


_NO_TEX = str.maketrans("", "", "${}\\\\")


def describe(ax: Axes, sentence: str) -> None:
    """Add a sentence about the data to the alt text of a figure."""
    _SENTENCES.setdefault(ax, []).append(sentence)


def alt_text(figure: Figure | Axes) -> str:
    """The alt text of a figure: its axes and ranges, then what each plot function said about its
    data.

    Axes that none of our functions described (a learner's own plot) are described from their lines
    and points.
    """
    parts = []
    for ax in whole_figure(figure).axes:
        if ax.get_label() == "<colorbar>":
            continue
        sentences = _SENTENCES.get(ax) or [_series(artist) for artist in _artists(ax)]
        parts.append(" ".join(filter(None, [_frame(ax), *sentences])))
    return " ".join(parts)


def show(figure: Figure | Axes | None = None, alt: str | None = None) -> None:
    """Display a figure with its alt text, and close it, so that a notebook shows it once.

    figure: a figure or axes, the current figure unless given. alt: your own words instead of
    `alt_text(figure)`. Outside a notebook the figure opens in a window, if matplotlib can open one.
    """
    import matplotlib.pyplot as plt

    if figure is None:
        if not plt.get_fignums():
            raise CourseError("There is no figure to show: draw one first.")
        figure = plt.gcf()
    whole = whole_figure(figure)
    if not in_notebook():
        if plt.get_backend().lower() not in ("agg", "pdf", "svg", "ps", "cairo", "template"):
            plt.show()
        return
    from IPython.display import HTML, display

    display(HTML(to_html(whole, alt)))
    plt.close(whole)


def to_html(figure: Figure, alt: str | None = None) -> str:
    """The figure as one <img> element: a PNG on a white background at twice the size shown, and its
    alt text.
    """
    width = round(figure.get_figwidth() * 96)
    text = escape(alt_text(figure) if alt is None else alt, quote=True)
    return (
        f'<img alt="{text}" width="{width}" style="max-width:100%;height:auto;background:white" '
        f'src="{_render(figure)}">'
    )


def png_url(figure: Figure) -> str:
    """The figure's PNG as a data: URL."""
    png = io.BytesIO()
    # bbox "tight" would change the size; without the software's name the bytes are the same on every run.
    figure.savefig(png, format="png", dpi=192, facecolor="white", metadata={"Software": None})
    return f"data:image/png;base64,{base64.b64encode(png.getvalue()).decode()}"


_render: Callable[[Figure], str] = png_url


def set_renderer(render: Callable[[Figure], str]) -> None:
    """Set the function that turns a figure into the URL of its picture (default: `png_url`).

    The grading engine sets one that only records the figure, and draws it later.
    """
    global _render
    _render = render


def in_notebook() -> bool:
    """Whether this code runs in a Jupyter kernel, where display output is shown."""
    try:
        from IPython import get_ipython
    except ImportError:
        return False
    return hasattr(get_ipython(), "kernel")


def _frame(ax: Axes) -> str:
    """The title, and what the two axes show if they are drawn."""

    def axis(which: str) -> str:
        label = (getattr(ax, f"get_{which}label")() or f"{which} axis").translate(_NO_TEX)
        low, high = sorted(getattr(ax, f"get_{which}lim")())
        scale = ", logarithmic" if getattr(ax, f"get_{which}scale")() == "log" else ""
        number = "{:.3g}".format if "FLOP" in label else short_number
        return f"{label} (from {number(low)} to {number(high)}{scale})"

    title = ax.get_title()
    if not ax.axison:  # a drawing, such as the map of ideas
        return f"{title}." if title else ""
    return f"{f'{title}. ' if title else ''}Chart of {axis('y')} against {axis('x')}."


def _artists(ax: Axes) -> list[Artist]:
    return [*ax.lines, *ax.collections]


def _series(artist: Artist) -> str:
    """One line or point cloud in words: its label, size and end points."""
    if isinstance(artist, Line2D):
        points, kind = artist.get_xydata(), "line"
        if artist.get_linestyle() in ("None", "", " "):
            kind = "points"
    elif isinstance(artist, Collection):
        points, kind = artist.get_offsets(), "points"
    else:
        return ""
    points = np.asarray(points, dtype=float)
    points = points[np.isfinite(points).all(1)] if points.size else points
    if len(points) < 2:
        return ""
    points = points[np.argsort(points[:, 0], kind="stable")]
    (x0, y0), (x1, y1) = points[0], points[-1]
    label = str(artist.get_label() or "")
    name = f"“{label}”" if label and not label.startswith("_") else f"a series of {kind}"
    return (
        f"{name[0].upper() + name[1:]} ({len(points)} points) runs from {short_number(y0)} at "
        f"{short_number(x0)} to {short_number(y1)} at {short_number(x1)}."
    )
