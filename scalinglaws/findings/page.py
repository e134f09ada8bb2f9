"""What a section of the page is made of, and the study that it reads."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..errors import CourseError
from ..plots import alt_text
from ..runs import load_runs
from ..training.datasheet import markdown
from ..training.plans import PLANS

CORPORA = ("prose", "code")
WITHIN = 4  # sizes within this factor of a budget's lowest run are fitted with a parabola


@dataclass(frozen=True)
class Study:
    """The runs of a study: those of the course, or another sweep's (`data`, its folder)."""

    data: Path | None = None

    def runs(self, plan: str, corpus: str = "prose") -> pd.DataFrame:
        """The finished runs of a plan on a corpus (those that diverged left out). Raises CourseError if there are none."""
        runs = load_runs(plan, corpus=corpus, data=self.data)
        return runs[runs["loss"].notna()].reset_index(drop=True)

    def corpora(self, plan: str) -> list[str]:
        """The corpora on which at least half of this plan has been trained."""
        try:
            trained = load_runs(plan, columns=["corpus"], data=self.data)["corpus"].value_counts()
        except CourseError:
            return []
        return [c for c in CORPORA if trained.get(c, 0) >= len(PLANS[plan](c)) / 2]

    @cached_property
    def isoflop(self) -> dict:
        """{(corpus, "N" or "N_nonemb"): the fit of IsoFLOP parabolas with N counted so}."""
        from ..fits import fit_isoflop

        fits = {}
        for corpus in self.corpora("isoflop"):
            runs = self.runs("isoflop", corpus)
            for count in ("N", "N_nonemb"):
                fits[corpus, count] = fit_isoflop(
                    runs[count], runs["loss"], C=runs["C"], D=runs["D"], within=WITHIN
                )
        return fits


@dataclass
class Section:
    """One section of the page: Markdown lines, and its figures by file name."""

    title: str
    lines: list[str] = field(default_factory=list)
    figures: dict[str, Figure] = field(default_factory=dict)

    def say(self, *sentences: str) -> None:
        """Add a paragraph."""
        self.lines += [" ".join(" ".join(sentences).split()), ""]

    def table(self, header: str, rows: Iterable[Iterable[str]]) -> None:
        """Add a table; `header` names its columns, separated by a bar."""
        cells = [[str(cell) for cell in row] for row in rows]
        names = [name.strip() for name in header.split("|")]
        self.lines += [markdown(names, cells)]

    def figure(self, name: str, figure: Figure | Axes, alt: str = "") -> None:
        """Add a figure, kept as `name`.png; alt text from its data, after your own words."""
        figure = figure.figure if isinstance(figure, Axes) else figure
        text = " ".join(filter(None, (alt, alt_text(figure)))).replace("]", ")").replace("[", "(")
        self.figures[f"{name}.png"] = figure
        self.lines += [f"![{' '.join(text.split())}](findings/{name}.png)", ""]

    def text(self) -> str:
        """The section as Markdown."""
        return f"## {self.title}\n\n" + "\n".join(self.lines).strip() + "\n"


def span(low: float, high: float, digits: str = ".3f") -> str:
    """An interval in a sentence or a table."""
    return f"{low:{digits}} to {high:{digits}}"


def percent(x: float, digits: int = 1) -> str:
    """A signed share in per cent."""
    return f"{100 * x:+.{digits}f} %".replace(f"-{0:.{digits}f}", f"+{0:.{digits}f}")
