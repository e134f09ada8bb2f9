"""The methods of `scalinglaws fit`: one entry per method, with everything about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..errors import CourseError
from ..laws import OvertrainingLaw
from ..tables.frame import numbers, texts
from . import (
    fit_broken_power_law,
    fit_chinchilla,
    fit_envelope,
    fit_isoflop,
    fit_joint,
    fit_law,
    fit_power_law,
    fit_repeated,
)
from .result import Fit

if TYPE_CHECKING:
    from matplotlib.axes import Axes

AnyFit = Fit[Any]


@dataclass(frozen=True)
class Options:
    """The user's options for a fit. None: not given, so the method's default holds.

    x: the variable of a law of one variable. floor: True fits E, False sets it to 0, a number holds
    it. delta: Huber's, 0 for least squares. drop_highest: runs of highest loss to leave out.
    within: of isoflop. breaks: of broken.
    """

    x: str | None = None
    floor: bool | float | None = None
    delta: float | None = None
    drop_highest: int | None = None
    within: float | None = None
    breaks: int | None = None

    def given(self) -> dict[str, str]:
        """The options that were given, under the names of the command line."""
        names = {
            "--x": self.x,
            "--no-floor": True if self.floor is False else None,
            "--floor": None if isinstance(self.floor, bool) else self.floor,
            "--delta": self.delta,
            "--drop-highest": self.drop_highest,
            "--within": self.within,
            "--breaks": self.breaks,
        }
        return {name: str(value) for name, value in names.items() if value is not None}


@dataclass(frozen=True)
class Method:
    """One way to fit a table of runs.

    about: its formula. needs: the columns that it reads besides the loss; "x" is the
    variable of a law of one variable. fit: from the runs and the options. draw: the fit on axes;
    `x` is what to draw against. options: those it takes. curves: whether it needs every checkpoint
    of a run. budgets: whether it says how to split a budget.
    """

    about: str
    needs: tuple[str, ...]
    inputs: Callable[[pd.DataFrame, Options], list[Any]]
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

    def law(self, x: str) -> str:
        """Its formula, and for a law of one variable, which that is."""
        return f"{self.about}, with x = {x}" if "x" in self.needs else self.about

    @property
    def is_allocation(self) -> bool:
        """Whether the fit describes only the best run of each budget."""
        return self.budgets and ("C" in self.needs or "run" in self.needs)

    @property
    def name(self) -> str:
        """Its key in `METHODS`."""
        return next(name for name, method in METHODS.items() if method is self)

    def check(self, options: Options) -> None:
        """Raise CourseError for an invalid option, or one that this method does not take."""
        for option in options.given():
            if option not in self.options:
                *most, last = takers(option)
                listed = f"s {', '.join(most)} and {last}" if most else f" {last}"
                raise CourseError(f"{option} belongs to the method{listed}, not to {self.name}.")
        if options.delta is not None and not options.delta >= 0:
            raise CourseError("--delta must be zero (least squares) or positive.")


def _groups(runs: pd.DataFrame) -> list[str] | None:
    """The labels of the runs; None if they have none, or if all have the same one."""
    labels = texts(runs, "group") if "group" in runs else []
    return labels if len(set(labels)) > 1 else None


def takers(option: str) -> list[str]:
    """The methods that take an option."""
    return [name for name, method in METHODS.items() if option in method.options]


def variable(runs: pd.DataFrame, options: Options) -> str:
    """The variable of a law of one variable: the one asked for, otherwise the first of C, N and D
    that the table has.
    """
    return options.x or next((name for name in "CND" if name in runs), "C")


def _x(runs: pd.DataFrame, options: Options) -> list[Any]:
    return [numbers(runs, variable(runs, options))]


def _columns(*names: str) -> Callable[[pd.DataFrame, Options], list[Any]]:
    return lambda runs, options: [numbers(runs, name) for name in names]


def _compute_and_ratio(runs: pd.DataFrame, options: Options) -> list[Any]:
    N, D = numbers(runs, "N"), numbers(runs, "D")
    return [6 * N * D, D / N]


def default_method(runs: pd.DataFrame) -> str:
    """Chinchilla's law if N and D are known, otherwise a power law of one variable."""
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
        groups=_groups(runs),
        drop_highest=options.drop_highest or 0,
    )


def _joint(runs: pd.DataFrame, options: Options) -> AnyFit:
    return fit_joint(
        runs["N"],
        runs["D"],
        runs["loss"],
        delta=_delta(options, None),
        floor=_floor(options),
        groups=_groups(runs),
    )


def _overtraining(runs: pd.DataFrame, options: Options) -> AnyFit:
    C, M = _compute_and_ratio(runs, options)
    return fit_law(
        OvertrainingLaw,
        {"C": C, "M": M, "loss": numbers(runs, "loss")},
        delta=_delta(options, None),
        groups=_groups(runs),
    )


def _repeated(runs: pd.DataFrame, options: Options) -> AnyFit:
    return fit_repeated(
        numbers(runs, "N"),
        numbers(runs, "D"),
        numbers(runs, "U"),
        numbers(runs, "loss"),
        delta=_delta(options, 1e-3),
        groups=_groups(runs),
    )


def _isoflop(runs: pd.DataFrame, options: Options) -> AnyFit:
    return fit_isoflop(
        runs["N"],
        runs["loss"],
        C=runs["C"],
        D=runs["D"],
        within=options.within,
        groups=_groups(runs),
    )


def _envelope(runs: pd.DataFrame, options: Options) -> AnyFit:
    return fit_envelope(runs["N"], runs["D"], runs["loss"], run=runs["run"], groups=_groups(runs))


def _power(runs: pd.DataFrame, options: Options) -> AnyFit:
    return fit_power_law(
        runs[variable(runs, options)],
        runs["loss"],
        floor=_floor(options),
        delta=_delta(options, None),
        groups=_groups(runs),
    )


def _broken(runs: pd.DataFrame, options: Options) -> AnyFit:
    return fit_broken_power_law(
        runs[variable(runs, options)],
        runs["loss"],
        breaks=1 if options.breaks is None else options.breaks,
        delta=_delta(options, None),
        floor=_floor(options),
        groups=_groups(runs),
    )


def _draw_contours(fit: Any, ax: Axes, x: str) -> Axes:
    from .. import plots

    return plots.plot_contours(fit.law, fit.N, fit.D, ax)


def _draw_ratios(fit: Any, ax: Axes, x: str) -> Axes:
    """The loss against C, one line for each of a few tokens per parameter."""
    from .. import plots

    C, M = fit.data["C"], fit.data["M"]
    bands = np.array_split(np.argsort(M), min(6, len(np.unique(M))))
    for i, rows in enumerate(bands):
        middle = float(np.exp(np.log(M[rows]).mean()))
        plots.plot_runs(C[rows], fit.loss[rows], ax, against="C", series=i, label="")
        plots.plot_law(
            lambda budget, m=middle: fit.law(budget, m),
            C,
            ax,
            against="C",
            series=i,
            label=f"about {middle:.3g} tokens per parameter",
        )
    return ax


def _draw_worth(fit: Any, ax: Axes, x: str) -> Axes:
    """The worth of a token relative to a fresh one, against the number of epochs."""
    from .. import plots

    epochs = np.geomspace(1, max(float((fit.data["D"] / fit.data["U"]).max()), 4), 60)
    low, high = fit.interval(lambda law: law.law.value(epochs))
    plots.new_axes(ax)
    plots.log_axis(ax, "x")
    ax.fill_between(epochs, low, high, alpha=0.2, linewidth=0, label="95 % interval")
    ax.plot(epochs, fit.law.law.value(epochs), label="fitted")
    ax.set_xlabel("Epochs D/U")
    ax.set_ylabel("Worth of a token against a fresh one")
    ax.set_ylim(0, 1.05)
    ax.legend(frameon=False)
    worth = ", ".join(f"{float(fit.law.law.value(n)):.2f} after {n}" for n in (4, 16))
    plots.describe(ax, f"The worth of a token falls with the number of epochs: {worth}.")
    return ax


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
        inputs=_columns("N", "D"),
        fit=_chinchilla,
        draw=_draw_contours,
        options=("--no-floor", "--floor", "--delta", "--drop-highest"),
    ),
    "joint": Method(
        "E + [(A/N^alpha)^(1/gamma) + (B/D^beta)^(1/gamma)]^gamma, between Chinchilla's and "
        "Kaplan's laws",
        needs=("N", "D"),
        inputs=_columns("N", "D"),
        fit=_joint,
        draw=_draw_contours,
        options=("--no-floor", "--floor", "--delta"),
    ),
    "overtraining": Method(
        "E + (A·M^eta + B·M^-eta)·C^-eta with M = D/N, to forecast runs of many tokens per "
        "parameter",
        needs=("N", "D"),
        inputs=_compute_and_ratio,
        fit=_overtraining,
        draw=_draw_ratios,
        options=("--delta",),
    ),
    "repeated": Method(
        "Chinchilla's law with the worth of repeated data, of which U tokens are unique",
        needs=("N", "D", "U"),
        inputs=_columns("N", "D", "U"),
        fit=_repeated,
        draw=_draw_worth,
        options=("--delta",),
        budgets=False,
    ),
    "isoflop": Method(
        "parabolas at each C, and power laws through their minima",
        needs=("N", "C", "D"),
        inputs=_columns("C"),
        fit=_isoflop,
        draw=_draw_isoflop,
        options=("--within",),
    ),
    "envelope": Method(
        "the lower hull of training curves",
        needs=("run", "N", "D"),
        inputs=_columns("C"),
        fit=_envelope,
        draw=_draw_envelope,
        curves=True,
    ),
    "power": Method(
        "E + A/x^alpha",
        needs=("x",),
        inputs=_x,
        fit=_power,
        draw=_draw_power,
        options=("--x", "--no-floor", "--floor", "--delta"),
        budgets=False,
    ),
    "broken": Method(
        "a power law that bends (BNSL)",
        needs=("x",),
        inputs=_x,
        fit=_broken,
        draw=_draw_broken,
        options=("--x", "--no-floor", "--floor", "--delta", "--breaks"),
        budgets=False,
    ),
}
