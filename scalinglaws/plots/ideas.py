"""The map of the course's ideas: what comes before what."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping

from matplotlib.axes import Axes

from .alt import describe
from .style import BLACK, BLUE, GREY, SKY

_WIDTH, _HEIGHT = 0.74, 0.62  # of a box, in columns and rows


def plot_ideas(ax: Axes | None = None, mastery: Mapping[str, float] | None = None) -> Axes:
    """The ideas of the course, a column for each notebook, with arrows from what comes before to what needs it.

    mastery: {id of an idea: share of it that a learner has mastered, 0 to 1}; its box is filled so far from the left.
    """
    import matplotlib.pyplot as plt

    from ..coach.ideas import IDEAS

    if ax is None:
        _, ax = plt.subplots(figsize=(11, 5.2), facecolor="white", layout="constrained")
    notebooks = list(dict.fromkeys(idea.notebook for idea in IDEAS.values()))
    place: dict[str, tuple[float, float]] = {}
    for x, notebook in enumerate(notebooks):
        own = [idea for idea in IDEAS.values() if idea.notebook == notebook]

        def height(idea) -> float:  # beside what it needs, so that arrows cross little
            above = [place[need][1] for need in idea.needs if need in place]
            return -sum(above) / len(above) if above else 0.0

        own.sort(key=height)
        for i, idea in enumerate(own):
            place[idea.id] = (x, (len(own) - 1) / 2 - i)
    for idea in IDEAS.values():
        x, y = place[idea.id]
        for need in idea.needs:
            x0, y0 = place[need]
            if x0 != x:
                start, end, bow = (x0 + _WIDTH / 2, y0), (x - _WIDTH / 2, y), 0.06
            elif abs(y - y0) > 1:  # round the boxes between them
                start, end, bow = (x0 + _WIDTH / 2, y0), (x + _WIDTH / 2, y), -0.16
            else:
                side = _HEIGHT / 2 if y > y0 else -_HEIGHT / 2
                start, end, bow = (x0, y0 + side), (x, y - side), 0
            arrow = {"arrowstyle": "-|>", "color": GREY, "shrinkA": 0, "shrinkB": 0}
            arrow["connectionstyle"] = f"arc3,rad={bow}"
            ax.annotate("", end, start, arrowprops=arrow, zorder=1)
        left, low = x - _WIDTH / 2, y - _HEIGHT / 2
        ax.add_patch(
            plt.Rectangle((left, low), _WIDTH, _HEIGHT, fc="white", ec=BLUE, lw=1.2, zorder=2)
        )
        done = min(max((mastery or {}).get(idea.id, 0.0), 0.0), 1.0)
        ax.add_patch(
            plt.Rectangle((left, low), _WIDTH * done, _HEIGHT, fc=SKY, alpha=0.6, lw=0, zorder=3)
        )
        ax.text(
            x,
            y,
            textwrap.fill(idea.name, 15),
            ha="center",
            va="center",
            fontsize=8.5,
            color=BLACK,
            zorder=4,
        )
    top = max(y for _, y in place.values()) + 0.8
    for x, notebook in enumerate(notebooks):
        number, name = notebook.split("_", 1)
        ax.text(
            x,
            top,
            f"{int(number)}\n{textwrap.fill(name.replace('_', ' '), 13)}",
            ha="center",
            va="center",
            fontsize=9.5,
            fontweight="bold",
        )
    ax.set_xlim(-0.5, len(notebooks) - 0.5)
    ax.set_ylim(min(y for _, y in place.values()) - 0.5, top + 0.45)
    ax.axis("off")
    for idea in IDEAS.values():
        needs = " and ".join(IDEAS[need].name for need in idea.needs)
        describe(
            ax,
            f"{idea.name} (notebook {idea.notebook[:2]})" + (f" needs {needs}." if needs else "."),
        )
    return ax
