"""The map of the course's ideas and their order."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from scalinglaws.plots.alt import describe
from scalinglaws.plots.style import BLACK, BLUE, GREY, SKY

from .ideas import IDEAS, PLACES, in_two

_WIDTH, _HEIGHT = 0.76, 0.56  # size of a box, in lanes and steps


def plot_ideas(ax: Axes | None = None, mastery: Mapping[str, float] | None = None) -> Axes:
    """The ideas of the course from top to bottom, each with the number of its notebook, and arrows
    to the ideas that need it.

    mastery: {id of an idea: share of it that a learner has mastered, 0 to 1}; that share of its box
    is filled.
    """
    import matplotlib.pyplot as plt

    if ax is None:
        _, ax = plt.subplots(figsize=(8, 8.6), facecolor="white", layout="constrained")
    ax.set(xlim=(-0.52, 5.22), ylim=(9.32, -0.45))
    ax.axis("off")
    for idea in IDEAS.values():
        y, x = PLACES[idea.id]
        left, top = x - _WIDTH / 2, y - _HEIGHT / 2
        done = min(max((mastery or {}).get(idea.id, 0.0), 0.0), 1.0)
        box = Rectangle((left, top), _WIDTH, _HEIGHT, zorder=3, fc="white", ec=BLUE, lw=1.2)
        filled = Rectangle((left, top), _WIDTH * done, _HEIGHT, zorder=3, fc=SKY, alpha=0.6, lw=0)
        ax.add_patch(box)
        ax.add_patch(filled)
        share = f"\n{done:.0%}" if mastery else ""
        ax.text(
            x, y, in_two(idea.name) + share, ha="center", va="center", fontsize=9.5, zorder=4,
        )  # fmt: skip
        number = int(idea.notebook[:2])
        ax.text(left, top - 0.04, f"{number}", fontsize=9, color=BLACK)
        for need in idea.needs:
            y0, x0 = PLACES[need]
            arrow = {"arrowstyle": "-|>", "color": GREY, "shrinkA": 0, "shrinkB": 0}
            start, end = (x0, y0 + _HEIGHT / 2), (x, top)
            ax.annotate("", end, start, arrowprops=arrow, zorder=1)
        needs = " and ".join(IDEAS[need].name for need in idea.needs)
        known = f", {done:.0%} mastered" if mastery else ""
        describe(
            ax,
            f"{idea.name} (notebook {number}{known})" + (f" needs {needs}." if needs else "."),
        )
    return ax
