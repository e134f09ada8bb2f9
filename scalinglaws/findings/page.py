"""The parts of the page: the study that it reads, its sections, and the format of numbers.

A section measures first: numbers, by name, and nothing else. They are stored in `findings.json`,
and the page is written from the stored numbers alone. So the text does not change if another
processor rounds a number differently, and the tests compare numbers with numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..errors import CourseError
from ..markdown import markdown_table
from ..runs import load_runs

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ..fits.isoflop import IsoflopFit

WITHIN = 4  # sizes within this factor of a budget's lowest run are fitted with a parabola
Numbers = dict[str, Any]  # what JSON can hold
# A DataFrame. Its stubs give a column a dozen types, so tables stay untyped here.
Table = Any


def _name(corpus: str) -> str:
    return PurePath(corpus).name


@dataclass(frozen=True)
class Study:
    """The runs of a study: those of the course, or another sweep's (`data`, its folder)."""

    data: Path | None = None

    def runs(self, plan: str, corpus: str) -> Table:
        """The finished runs of a plan on a corpus, without those that diverged.

        corpus: as `corpora` lists it. Raises CourseError if there are no runs of the plan.
        """
        runs: Table = load_runs(plan, data=self.data)
        chosen = (runs["corpus"].map(_name) == corpus) & runs["loss"].notna()
        return runs[chosen].reset_index(drop=True)

    def corpora(self, plan: str) -> list[str]:
        """The texts on which runs of this plan were trained: the study's own two first.

        A user's text has the name of its file or folder, without the path.
        """
        try:
            runs: Table = load_runs(plan, columns=["corpus"], data=self.data)
        except CourseError:
            return []
        trained = runs["corpus"].map(_name).unique().tolist()
        return sorted(trained, key=lambda name: ({"prose": 0, "code": 1}.get(name, 2), name))

    @cached_property
    def isoflop(self) -> dict[tuple[str, str], IsoflopFit]:
        """{(corpus, "N" or "N_nonemb"): the fit of IsoFLOP parabolas with N counted that way}.

        A text on which fewer than two budgets have a minimum is left out.
        """
        from ..fits import fit_isoflop

        fits = {}
        for corpus in self.corpora("isoflop"):
            runs = self.runs("isoflop", corpus)
            for count in ("N", "N_nonemb"):
                try:
                    fits[corpus, count] = fit_isoflop(
                        runs[count], runs["loss"], C=runs["C"], D=runs["D"], within=WITHIN
                    )
                except CourseError:
                    break
        return {key: fit for key, fit in fits.items() if (key[0], "N_nonemb") in fits}

    @cached_property
    def grids(self) -> dict[str, Table]:
        """{corpus: the runs of the grid}, if at least one seed has every width with every D."""
        complete = {}
        for corpus in self.corpora("grid"):
            runs = self.runs("grid", corpus)
            sizes, amounts = runs["N"].nunique(), runs["D"].nunique()
            pairs = len(runs[["N", "D"]].drop_duplicates())
            if sizes >= 4 and amounts >= 4 and pairs == sizes * amounts:
                complete[corpus] = runs
        return complete


@dataclass(frozen=True)
class Section:
    """One section of the page.

    measure: its numbers, {} if the runs for it are missing. write: the text, from these numbers.
    draw: its figure, saved as `<name>.png`, or None if its runs are missing.
    """

    name: str
    title: str
    measure: Callable[[Study], Numbers]
    write: Callable[[Numbers], str]
    draw: Callable[[Study, Numbers], Figure | None] | None = None


def paragraphs(*texts: str) -> str:
    """Join paragraphs, tables and images, with normalised white space."""
    kept = [text for text in texts if text.strip()]
    return "\n\n".join(
        text.strip() if text.startswith(("|", "!")) else " ".join(text.split()) for text in kept
    )


def table(header: str, rows: Iterable[Iterable[object]]) -> str:
    """A table; `header` names its columns, separated by a bar."""
    return markdown_table([name.strip() for name in header.split("|")], rows).strip()


def image(name: str, alt: str) -> str:
    """A figure with its alternative text: what it shows, in words."""
    return f"![{' '.join(alt.split())}](findings/{name}.png)"


def plural(count: int, noun: str) -> str:
    """1 run, 5 runs."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def listed(words: Iterable[object]) -> str:
    """a; a and b; a, b and c."""
    *most, last = [str(word) for word in words]
    return f"{', '.join(most)} and {last}" if most else last


def span(interval: Iterable[float], digits: str = ".3f") -> str:
    """An interval in a sentence or a table."""
    low, high = interval
    return f"{low:{digits}} to {high:{digits}}"


def percent(x: float, digits: int = 1) -> str:
    """A signed share in per cent; no sign before a zero."""
    text = f"{100 * x:+.{digits}f}"
    return ("0" + text[2:] if not float(text) else text) + " %"


def exponent(value: float) -> str:
    """An exponent with two digits, and no sign before a zero."""
    text = f"{value:.2f}"
    return "0.00" if text == "-0.00" else text


def percents(values: Iterable[float], digits: int = 1) -> str:
    """The range of signed shares: "-2.0 % to +1.0 %", or one number if both ends are the same."""
    values = list(values)
    ends = [percent(end, digits) for end in (min(values), max(values))]
    return ends[0] if ends[0] == ends[1] else " to ".join(ends)


def share(x: float, digits: int = 1) -> str:
    """An unsigned share in per cent."""
    return f"{100 * x:.{digits}f} %"


def flops(C: float) -> str:
    """1e13, 3e11: a budget as it is written in the text."""
    return f"{C:.0e}".replace("e+", "e")


def plain(value: Any) -> Any:
    """`value` for JSON: numpy's numbers and arrays become Python's, nan becomes None."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, np.ndarray, pd.Series)):
        return [plain(item) for item in value]
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (int, np.integer)):
        return int(value)
    if isinstance(value, (float, np.floating)):
        return float(f"{value:.6g}") if np.isfinite(value) else None
    return value
