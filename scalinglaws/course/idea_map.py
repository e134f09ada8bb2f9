"""The map of the course's ideas: what comes before what."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from scalinglaws.plots.alt import describe
from scalinglaws.plots.style import BLACK, BLUE, GREY, SKY, whole_figure

from .ideas import IDEAS

_WIDTH, _HEIGHT = 0.8, 0.62  # of a box, in columns and rows

# Where each idea stands: column, and row from the top. Placed by hand, so that arrows run to the right and cross no box.
PLACES = {
    "tokens": (0, 2), "loss": (1, 2), "power_law": (2, 1), "training": (2, 3), "theory": (3, 0), "forecasts": (3, 1),
    "two_terms": (3, 2), "bottleneck": (4, 2), "compute": (4, 3), "marginal": (5, 2), "economics": (5, 3),
    "repeats": (5, 4), "optimum": (6, 2), "shapes": (6, 4.8), "universal": (7, 1), "chinchilla": (7, 2),
    "overtrain": (7, -0.1), "skills": (8, 0.35), "planning": (8, 1.15), "inference": (8, 2), "recipe": (8, 4),
    "beyond": (9, 3),
}  # fmt: skip


def plot_ideas(ax: Axes | None = None, mastery: Mapping[str, float] | None = None) -> Axes:
    """The ideas of the course, each with the number of its notebook, and arrows from what comes before to what needs it.

    mastery: {id of an idea: share of it that a learner has mastered, 0 to 1}; its box is filled so far from the left.
    """
    import matplotlib.pyplot as plt

    if ax is None:
        _, ax = plt.subplots(figsize=(11.5, 4.4), facecolor="white", layout="constrained")
    ax.set(xlim=(-0.06, 9.86), ylim=(5.2, -0.55))
    ax.axis("off")
    for idea in IDEAS.values():
        x, y = PLACES[idea.id]
        top = y - _HEIGHT / 2
        done = min(max((mastery or {}).get(idea.id, 0.0), 0.0), 1.0)
        box = Rectangle((x, top), _WIDTH, _HEIGHT, zorder=3, fc="white", ec=BLUE, lw=1.2)
        filled = Rectangle((x, top), _WIDTH * done, _HEIGHT, zorder=3, fc=SKY, alpha=0.6, lw=0)
        ax.add_patch(box)
        ax.add_patch(filled)
        share = f"\n{done:.0%}" if mastery else ""
        ax.text(
            x + _WIDTH / 2, y, in_two(idea.name) + share, ha="center", va="center", fontsize=8, zorder=4,
        )  # fmt: skip
        ax.text(x, top - 0.05, f" {idea.notebook[:2]}", fontsize=7, color=BLACK)
        for need in idea.needs:
            x0, y0 = PLACES[need]
            arrow = {"arrowstyle": "-|>", "color": GREY, "shrinkA": 0, "shrinkB": 0}
            ax.annotate("", (x, y), (x0 + _WIDTH, y0), arrowprops=arrow, zorder=1)
        needs = " and ".join(IDEAS[need].name for need in idea.needs)
        known = f", {done:.0%} mastered" if mastery else ""
        describe(
            ax,
            f"{idea.name} (notebook {idea.notebook[:2]}{known})"
            + (f" needs {needs}." if needs else "."),
        )
    return ax


def boxes(ax: Axes) -> dict[str, tuple[float, float, float, float]]:
    """{id of an idea: left, top, width, height of its box}, as shares of a figure that `plot_ideas` drew."""
    figure = whole_figure(ax)
    figure.draw_without_rendering()  # settles where the axes lie
    to_share = ax.transData + figure.transFigure.inverted()
    found = {}
    for idea, (x, y) in PLACES.items():
        left, top = to_share.transform((x, y - _HEIGHT / 2))
        right, bottom = to_share.transform((x + _WIDTH, y + _HEIGHT / 2))
        found[idea] = (left, 1 - top, right - left, top - bottom)
    return found


def in_two(name: str) -> str:
    """A name on two lines of like length."""
    words = name.split()
    if len(name) < 12 or len(words) < 2:
        return name
    cuts = range(1, len(words))
    best = min(cuts, key=lambda i: abs(len(" ".join(words[:i])) - len(" ".join(words[i:]))))
    return f"{' '.join(words[:best])}\n{' '.join(words[best:])}"
