"""What `scalinglaws fit` says about a fit: as JSON, as text, and as one page with figures."""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import CourseError
from ..tables import RunTable
from ..tables.files import lines_in_words
from ..tables.frame import lines, numbers
from . import coverage
from .bootstrap import mad_sigma
from .display import percent, resampling_lines
from .methods import METHODS, AnyFit, Options, variable

if TYPE_CHECKING:
    from matplotlib.figure import Figure


_FAR = 0.1  # a residual of ln L too large for the noise of a finished run


@dataclass(frozen=True)
class HeldOut:
    """Runs that were left out of the fit, and its error on them.

    above: the budget in FLOPs. best_only: whether they are the best of each budget only, since an
    allocation law describes no others.
    """

    above: float
    runs: pd.DataFrame
    error: NDArray[np.float64] = field(repr=False)
    best_only: bool = False

    @property
    def rmse_percent(self) -> float:
        """Root mean square of ln L_model - ln L, times 100."""
        return float(100 * np.sqrt(np.mean(self.error**2)))

    @property
    def bias_percent(self) -> float:
        """Mean of ln L_model - ln L, times 100: positive where the fit predicts too high a loss."""
        return float(100 * np.mean(self.error))


@dataclass(frozen=True)
class Estimate:
    """A value with its interval."""

    value: float
    low: float
    high: float

    def cells(self) -> tuple[str, str]:
        """The value and the interval as shown in a table."""
        return shown(self.value), span(self.low, self.high)


@dataclass(frozen=True)
class Report:
    """A fit of a table, and what the user asked about it.

    method: its name in `METHODS`. title: the value of --by, or "". budgets: training FLOPs whose
    best use is wanted.
    """

    fit: AnyFit
    table: RunTable
    method: str
    options: Options
    level: float
    budgets: Sequence[float] = ()
    held_out: HeldOut | None = None
    title: str = ""

    @property
    def dropped_lines(self) -> list[int]:
        """The lines of the runs that the fit left out (--drop-highest)."""
        dropped = getattr(self.fit, "dropped", ())
        lines = numbers(self.table.runs, "line")
        return [int(lines[row]) for row in dropped]

    @property
    def notes(self) -> list[str]:
        """Decisions made while reading the table, and the runs that lie far from the fit."""
        residuals, runs = self.fit.residuals, self.table.runs
        if METHODS[self.method].is_allocation or len(residuals) != len(runs):  # some were dropped
            return list(self.table.notes)
        far = np.abs(residuals) > max(_FAR, 10 * mad_sigma(residuals))
        if not far.any():
            return list(self.table.notes)
        where = lines_in_words(lines(runs, far), self.table.place)
        least = float(np.abs(residuals[far]).min())
        how = f"{100 * least:.0f} %" if least < 0.5 else f"a factor of {np.exp(least):.2g}"
        note = (
            f"{where} lie{'s' if far.sum() == 1 else ''} {how} or more from the fit, ten times as "
            f"far as most: check {'it' if far.sum() == 1 else 'them'}, or leave {'it' if far.sum() == 1 else 'them'} out "
            "with --where" + (" or --drop-highest" if self._drops(far) else "")
        )
        return [*self.table.notes, note]

    def _drops(self, far: NDArray[np.bool_]) -> bool:
        """Whether --drop-highest would drop these runs and no others."""
        takes = "--drop-highest" in METHODS[self.method].options
        loss = numbers(self.table.runs, "loss")
        return takes and bool(loss[far].min() > loss[~far].max())

    def optima(self) -> dict[str, dict[str, Estimate]]:
        """The best use of each budget: N_opt, D_opt, tokens_per_param and L_opt."""
        return {
            f"{C:g}": {
                str(name): Estimate(*map(float, row))
                for name, *row in self.fit.optimum(C, self.level).itertuples()
            }
            for C in self.budgets
        }

    # JSON

    def to_dict(self) -> dict[str, Any]:
        """Everything, for JSON: null where there is no number."""
        fit = self.fit
        free = [name for name in fit.parameters if name not in fit.held]
        report: dict[str, Any] = {
            "method": self.method,
            "law": {name: number(getattr(fit.law, name)) for name in fit.parameters},
            "intervals": {
                name: [number(v) for v in fit.interval(name, self.level)] for name in free
            },
            "standard_errors": {str(name): number(v) for name, v in fit.standard_errors().items()},
            "held": list(fit.held),
            "level": self.level,
            "resampling": {
                "method": fit.resamples.method,
                "reason": fit.resamples.reason,
                "coverage": coverage.measured(fit),
            },
            "resamples": len(fit.resamples),
            "runs": fit.n,
            "objective": number(fit.objective),
            "delta": fit.delta,
            "r2_log": number(fit.r2_log),
            "rmse_log": number(fit.rmse_log),
            "pattern": number(fit.residual_autocorrelation),
            "converged": bool(fit.converged),
            "evidence": fit.evidence,
            "notes": list(fit.notes),
            "table": {
                "source": self.table.source,
                "columns": dict(self.table.columns),
                "notes": self.notes,
            },
            "dropped_lines": self.dropped_lines,
        }
        if self.budgets:
            report["budgets"] = {
                C: {
                    name: {key: number(value) for key, value in asdict(best).items()}
                    for name, best in table.items()
                }
                for C, table in self.optima().items()
            }
        if self.held_out is not None:
            report["holdout"] = {
                "above_flops": self.held_out.above,
                "runs": len(self.held_out.runs),
                "rmse_percent": number(self.held_out.rmse_percent),
                "bias_percent": number(self.held_out.bias_percent),
            }
        return report

    # Text

    def to_text(self) -> str:
        """Parameters with intervals, what is known of the fit, and the answers to the user's
        questions.
        """
        rows = [self.fit.to_text(self.level)]
        if self.dropped_lines:
            rows.append(f"  these are lines {', '.join(map(str, self.dropped_lines))} of the file")
        rows += [f"  {note}" for note in self.notes]
        for C, table in self.optima().items():
            rows.append(f"\nBest use of {C} FLOPs ({100 * self.level:g} % interval)")
            for name, best in table.items():
                value, interval = best.cells()
                rows.append(f"  {name:<17} {value:>10}   {interval}")
        if self.held_out is not None:
            rows.append(f"\n{self.holdout_sentence()}")
        return "\n".join(rows)

    def holdout_sentence(self) -> str:
        """How well the fit predicts the runs that were left out; "" if none were."""
        held = self.held_out
        if held is None:
            return ""
        one = len(held.runs) == 1
        what = "run" if one else "runs"
        if held.best_only:
            what += f", the best of {'its' if one else 'each'} budget,"
        return (
            f"{len(held.runs)} {what} above {held.above:g} FLOPs {'was' if one else 'were'} left out: "
            f"typical error {percent(held.rmse_percent)}, on average "
            f"{percent(held.bias_percent, '+')} (positive: predicted too high)"
        )

    # Figures

    def figures(self) -> list[tuple[str, Figure]]:
        """(caption, figure): the fit, its residuals, and for a law of N and D the best sizes."""
        from .. import plots

        against = self.against
        figures = [("The fit", self.figure())]
        if getattr(self.fit, against, None) is not None:
            ax = _axes()
            plots.plot_residuals(self.fit, ax, against=against)
            figures.append(
                ("Residuals of the law: level and without a trend is good", ax.get_figure(True))
            )
        if METHODS[self.method].budgets and self.method != "envelope":
            ax = _axes()
            C = np.asarray(getattr(self.fit, "C", self.table.runs["C"]))
            plots.plot_N_opt([C.min(), C.max() * 100], self.fit, ax=ax)
            figures.append(
                ("The best size for a budget, compared with published laws", ax.get_figure(True))
            )
        return figures

    @property
    def against(self) -> str:
        """The variable to draw against."""
        one = METHODS[self.method].needs == ("x",)
        return variable(self.table.runs, self.options) if one else "C"

    def figure(self) -> Figure:
        """The figure of the method."""
        ax = METHODS[self.method].draw(self.fit, _axes(), self.against)
        return cast("Figure", ax.get_figure(True))

    # The runs

    def fitted_runs(self) -> pd.DataFrame:
        """The runs with `in_fit`, `fitted_loss` and `residual` (ln L_model - ln L), in the order of
        the file.
        """
        parts = [self.table.runs.assign(in_fit=True)]
        parts[0].loc[list(getattr(self.fit, "dropped", ())), "in_fit"] = False
        if self.held_out is not None:
            parts.append(self.held_out.runs.assign(in_fit=False))
        whole = pd.concat(parts, ignore_index=True)
        where = METHODS[self.method].inputs(whole, self.options)
        whole["fitted_loss"] = self.fit.predict(*where)
        whole["residual"] = np.log(whole["fitted_loss"] / whole["loss"])
        return whole.sort_values("line")


def number(value: Any) -> float | None:
    """A number for JSON: None if it is infinite or nan."""
    value = float(value)
    return value if math.isfinite(value) else None


def shown(value: float) -> str:
    """A number in a table: never nan."""
    if math.isnan(value):
        return "none"
    return "unbounded" if math.isinf(value) else f"{value:.4g}"


def span(low: float, high: float) -> str:
    """An interval in a table."""
    return f"{shown(low)} to {shown(high)}"


def _axes() -> Any:
    from matplotlib.figure import Figure

    return Figure(figsize=(6.4, 4.2), facecolor="white", layout="constrained").subplots()


# One page

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--ground);
  margin: 2rem auto; max-width: 46rem; padding: 0 1rem }
table { border-collapse: collapse; margin: 1rem 0 }
caption { text-align: left; font-weight: 600; padding-bottom: .3rem }
th, td { border-bottom: 1px solid var(--rule); padding: .25rem .8rem .25rem 0; text-align: left;
  font-variant-numeric: tabular-nums }
figure { margin: 1.5rem 0 } img { max-width: 100%; height: auto } figcaption { font-size: .9rem }
th { overflow-wrap: anywhere }
.warn { color: var(--bad); font-weight: 600 }
"""


def to_html(reports: Sequence[Report]) -> str:
    """One page for all fits of a file: no network, light or dark as the reader prefers."""
    from ..colours import page_css

    source = escape(reports[0].table.source)
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>Scaling-law fit of {source}</title><style>{page_css('img')}{_STYLE}</style></head><body>",
        f"<h1>Scaling-law fit of {source}</h1>",
    ]
    for report in reports:
        parts += _section(report)
    return "\n".join([*parts, "</body></html>"]) + "\n"


def _section(report: Report) -> list[str]:
    fit = report.fit
    heading = f"{report.title}: " if report.title else ""
    law = METHODS[report.method].law(report.against)
    parts = [f"<h2>{escape(heading + law[0].upper() + law[1:])}</h2>"]
    rows: list[tuple[str, str, str]] = []
    for name in fit.parameters:
        value = float(getattr(fit.law, name))
        if name in fit.held:
            rows.append((name, f"{value:.5g}", "held"))
        else:
            low, high = fit.interval(name, report.level)
            rows.append((name, f"{value:.5g}", span(float(low), float(high))))
    head = ("parameter", "value", f"{100 * report.level:g} % interval")
    known = fit.describe()
    parts.append(_table(known[0].partition(",")[0], head, rows))
    lines = [*known, *resampling_lines(fit, report.level), *report.notes]
    if report.dropped_lines:
        lines.append(f"left out: lines {', '.join(map(str, report.dropped_lines))} of the file")
    warns = ("NOT CONVERGED", "the residuals follow", "runs of one configuration agree", "only ")
    parts.append(
        "<ul>"
        + "".join(
            f"<li{' class=warn' if line.startswith(warns) else ''}>{escape(line)}</li>"
            for line in lines
        )
        + "</ul>"
    )
    for C, table in report.optima().items():
        best = [(name, *estimate.cells()) for name, estimate in table.items()]
        parts.append(_table(f"Best use of {C} FLOPs", ("", "value", head[2]), best))
    if report.held_out is not None:
        parts.append(f"<p>{escape(report.holdout_sentence())}</p>")
    return [*parts, *(_figure(caption, figure) for caption, figure in report.figures())]


def _table(caption: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    body = "".join(
        f"<tr><th scope=row>{escape(row[0])}</th>"
        + "".join(f"<td>{escape(cell)}</td>" for cell in row[1:])
        + "</tr>"
        for row in rows
    )
    columns = "".join(f"<th scope=col>{escape(name)}</th>" for name in head)
    return (
        f"<table><caption>{escape(caption)}</caption><thead><tr>{columns}</tr></thead>"
        f"<tbody>{body}</tbody></table>"
    )


def _figure(caption: str, figure: Figure) -> str:
    from ..plots import alt_text

    picture = io.BytesIO()
    figure.savefig(picture, format="svg", facecolor="white", metadata={"Date": None})
    data = base64.b64encode(picture.getvalue()).decode("ascii")
    return (
        f'<figure><img src="data:image/svg+xml;base64,{data}"'
        f' alt="{escape(alt_text(figure), quote=True)}">'
        f"<figcaption>{escape(caption)}</figcaption></figure>"
    )


def check_level(level: float) -> None:
    """Raise CourseError for a level outside 0 to 1."""
    if not 0 < level < 1:
        raise CourseError(f"--level must lie between 0 and 1, not {level:g} (0.95 means 95 %).")
