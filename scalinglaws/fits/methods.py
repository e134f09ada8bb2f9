"""The methods of `scalinglaws fit`: one entry per method, and nothing of it elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from ..errors import CourseError
from ..tables.frame import numbers
from . import (
    fit_broken_power_law,
    fit_chinchilla,
    fit_envelope,
    fit_isoflop,
    fit_joint,
    fit_power_law,
)
from .result import Fit

if TYPE_CHECKING:
    from matplotlib.axes import Axes

AnyFit = Fit[Any]


@dataclass(frozen=True)
class Options:
    """What the user asked of a fit. None: nothing, so that the method's own default holds.

    x: the variable of a law of one variable. floor: True fits E, False sets it to 0, a number holds
    it. delta: Huber's, 0 for least squares. drop_highest: runs of highest loss to leave out.
    within: of isoflop.
    """

    x: str | None = None
    floor: bool | float | None = None
    delta: float | None = None
    drop_highest: int | None = None
    within: float | None = None

    def given(self) -> dict[str, str]:
        """The options that were given, under the names of the command line."""
        names = {
            "--x": self.x,
            "--no-floor": True if self.floor is False else None,
            "--floor": None if isinstance(self.floor, bool) else self.floor,
            "--delta": self.delta,
            "--drop-highest": self.drop_highest,
            "--within": self.within,
        }
        return {name: str(value) for name, value in names.items() if value is not None}


@dataclass(frozen=True)
class Method:
    """One way to fit a table of runs.

    about: its formula, for the help. needs: the columns that it reads beside the loss; "x" is the
    one variable of a law of one variable. fit: from the runs and the options. draw: the fit on
    axes; `x` is what to draw against. options: those it takes. curves: whether it wants every
    checkpoint of a run. budgets: whether it says how to split a budget.
    """

    about: str
    needs: tuple[str, ...]
    fit: Callable[[pd.DataFrame, Options], AnyFit]
    draw: Callable[[AnyFit, Axes, str], Axes]
    options: tuple[str, ...] = ()
    curves: bool = False
    budgets: bool = True

    def columns(self, runs: pd.DataFrame, options: Options) -> list[str]:
        """The columns of `runs` that `fit` reads, with "x" resolved. Raises CourseError for a
        missing one.
        """
        names = [variable(runs, options) if name == "x" else name for name in self.needs]
        missing = [name for name in names if name not in runs]
        if missing:
            raise CourseError(
                f"The method {self.name} needs the column{'s' if len(missing) > 1 else ''} "
                f"{', '.join(missing)}: name yours with --columns {missing[0]}=…"
            )
        return names

    @property
    def is_allocation(self) -> bool:
        """Whether the fit says what the best run of a budget reaches, and nothing of the others."""
        return self.budgets and ("C" in self.needs or "run" in self.needs)

    @property
    def name(self) -> str:
        """Its key in `METHODS`."""
        return next(name for name, method in METHODS.items() if method is self)

    def check(self, options: Options) -> None:
        """Raise CourseError for an option that this method does not take, or that cannot be."""
        for option in options.given():
            if option not in self.options:
                takers = [name for name, method in METHODS.items() if option in method.options]
                raise CourseError(
                    f"{option} belongs to the method{'s' if len(takers) > 1 else ''} "
                    f"{' and '.join(takers)}, not to {self.name}."
                )
        if options.delta is not None and not options.delta >= 0:
            raise CourseError("--delta must be zero (least squares) or positive.")

    def variables(self, runs: pd.DataFrame, options: Options) -> list[Any]:
        """What the fit's `predict` takes, from a table of runs."""
        if self.needs == ("x",):
            return [numbers(runs, variable(runs, options))]
        if self.is_allocation:
            return [numbers(runs, "C")]
        return [numbers(runs, name) for name in self.needs]


def variable(runs: pd.DataFrame, options: Options) -> str:
    """The variable of a law of one variable: the one asked for, or C, N or D, the first that is
    there.
    """
    return options.x or next((name for name in "CND" if name in runs), "C")


def default_method(runs: pd.DataFrame) -> str:
    """Chinchilla's law where N and D are known, a power law of one variable elsewhere."""
    return "chinchilla" if {"N", "D"} <= set(runs) else "power"


def _floor(options: Options) -> bool | float:
    return True if options.floor is None else options.floor


def _delta(options: Options, default: float | None) -> float | None:
    return default if options.delta is None else options.delta or None


def _chinchilla(runs: pd.DataFrame, options: Options) -> AnyFit:
    return fit_chinchilla(
        runs["N"],
        runs["D"],
        runs["loss"],
        delta=_delta(options, 1e-3),
        floor=_floor(options),
        groups=runs.get("group"),
        drop_highest=options.drop_highest or 0,
    )


def _joint(runs: pd.DataFrame, options: Options) -> AnyFit:
    return fit_joint(runs["N"], runs["D"], runs["loss"], groups=runs.get("group"))


def _isoflop(runs: pd.DataFrame, options: Options) -> AnyFit:
    return fit_isoflop(runs["N"], runs["loss"], C=runs["C"], D=runs["D"], within=options.within)


def _envelope(runs: pd.DataFrame, options: Options) -> AnyFit:
    return fit_envelope(runs["N"], runs["D"], runs["loss"], run=runs["run"])


def _power(runs: pd.DataFrame, options: Options) -> AnyFit:
    return fit_power_law(
        runs[variable(runs, options)],
        runs["loss"],
        floor=_floor(options),
        delta=_delta(options, None),
        groups=runs.get("group"),
    )


def _broken(runs: pd.DataFrame, options: Options) -> AnyFit:
    return fit_broken_power_law(
        runs[variable(runs, options)], runs["loss"], groups=runs.get("group")
    )


def _draw_contours(fit: Any, ax: Axes, x: str) -> Axes:
    from .. import plots

    return plots.plot_contours(fit.law, fit.N, fit.D, ax)


def _draw_isoflop(fit: Any, ax: Axes, x: str) -> Axes:
    from .. import plots

    return plots.plot_isoflop(fit, ax)


def _draw_envelope(fit: Any, ax: Axes, x: str) -> Axes:
    from .. import plots

    return plots.plot_N_opt(fit.C, fit, ax=ax)


def _draw_power(fit: Any, ax: Axes, x: str) -> Axes:
    from .. import plots

    return plots.plot_fit(fit, ax, against=x)


def _draw_broken(fit: Any, ax: Axes, x: str) -> Axes:
    from .. import plots

    plots.plot_runs(fit.x, fit.loss, ax, against=x, label="runs")
    return plots.plot_law(fit.law, fit.x, ax, against=x, label="broken power law", series=1)


METHODS: dict[str, Method] = {
    "chinchilla": Method(
        "E + A/N^alpha + B/D^beta",
        needs=("N", "D"),
        fit=_chinchilla,
        draw=_draw_contours,
        options=("--no-floor", "--floor", "--delta", "--drop-highest"),
    ),
    "joint": Method(
        "E + [(A/N^alpha)^(1/gamma) + (B/D^beta)^(1/gamma)]^gamma, between Chinchilla's and "
        "Kaplan's laws",
        needs=("N", "D"),
        fit=_joint,
        draw=_draw_contours,
    ),
    "isoflop": Method(
        "parabolas at each C, and power laws through their minima",
        needs=("N", "C", "D"),
        fit=_isoflop,
        draw=_draw_isoflop,
        options=("--within",),
    ),
    "envelope": Method(
        "the lower hull of training curves",
        needs=("run", "N", "D"),
        fit=_envelope,
        draw=_draw_envelope,
        curves=True,
    ),
    "power": Method(
        "E + a/x^alpha, with --x N, D or C",
        needs=("x",),
        fit=_power,
        draw=_draw_power,
        options=("--x", "--no-floor", "--floor", "--delta"),
        budgets=False,
    ),
    "broken": Method(
        "a power law with one break (BNSL), with --x N, D or C",
        needs=("x",),
        fit=_broken,
        draw=_draw_broken,
        options=("--x",),
        budgets=False,
    ),
}
