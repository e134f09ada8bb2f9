"""What every fit offers: its law, the evidence that it converged, and intervals by the bootstrap."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Generic, Self, TypeVar, cast

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from ..arrays import Floats, check_shapes
from ..errors import CourseError
from . import display
from .bootstrap import (
    LEVEL,
    Array,
    Bootstrap,
    Method,
    Resampling,
    blocks,
    mad_sigma,
    memory,
    number_of,
    resample_runs,
    resample_smooth,
    resample_wild,
)
from .estimator import Estimator
from .likelihood import log_likelihood
from .store import Call, save_fit

L = TypeVar("L")

_ORDERED = 8  # the fewest configurations whose order can show a pattern
_RARE = 0.00135  # the p-value of 3 standard errors
PATTERN = 3.0  # standard errors of `residual_autocorrelation` above which a form is called wrong


@dataclass(frozen=True)
class _Order:
    """Runs along one axis. rows: their order (n,). residuals: the mean of each group, in the order
    of the groups. ties: a number per group, the same for groups at one place.
    """

    rows: NDArray[np.int_]
    residuals: Array
    ties: NDArray[np.int_]

    @classmethod
    def of(cls, key: Array, residuals: Array, groups: NDArray[np.int_]) -> _Order:
        """The order by a key (n,)."""
        rows = np.argsort(key, kind="stable")
        mean = np.bincount(groups, residuals) / np.bincount(groups)
        first = np.sort(np.unique(groups[rows], return_index=True)[1])
        ties = np.unique(key[rows][first], return_inverse=True)[1]
        return cls(rows, mean[groups[rows]][first], ties)

    @property
    def z(self) -> float:
        """The z-score of the residuals' lag-1 autocorrelation; noise may differ from run to run.

        For independent residuals around zero the products of neighbours have mean zero and do not
        depend on each other, so the sum of their squares is the variance of their sum (after White
        1980, Econometrica 48, 817).
        """
        r = self.residuals
        if len(r) < _ORDERED or not np.sqrt((r * r).mean()) > 1e-9:
            return 0.0
        r = r - r.mean()
        return self._neighbours(r) / max(self._neighbours(r * r), 1e-300) ** 0.5

    def _neighbours(self, values: Array) -> float:
        """The sum over neighbours of the product of their values, the mean over all orders of
        ties.
        """
        count, total = np.bincount(self.ties), np.bincount(self.ties, values)
        within = (total**2 - np.bincount(self.ties, values**2)) / count
        across = (total / count)[1:] * (total / count)[:-1]
        return float(within.sum() + across.sum())


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Fit(ABC, Generic[L]):
    """A fitted law, its numbers and how well it fits. Intervals are computed when asked for.

    law: the fitted law. parameters: their names; held: those that the caller held. variables: what
    `predict` takes.
    loss: of the runs in the fit (n,), nats per token. residuals: ln L_model - ln L (n,). objective:
    the minimised sum of Huber terms (of half squares if delta is None) of the residuals. converged,
    evidence: whether the minimum was reached, and the evidence. groups: the group number of
    each run; grouped: whether the caller gave them. notes: what the reader should know, such as a
    parameter at its bound. resampling: how the bootstrap behind the intervals is drawn. call: the
    call that made the fit.
    """

    law: L
    parameters: tuple[str, ...]
    variables: tuple[str, ...]
    loss: Array
    residuals: Array
    objective: float
    delta: float | None
    converged: bool
    evidence: str
    groups: NDArray[np.int_]
    grouped: bool = False
    held: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    resampling: Resampling = field(default_factory=Resampling)
    call: Call = field(default_factory=lambda: Call("", {}))

    # Quality

    @property
    def n(self) -> int:
        """Number of runs in the fit."""
        return len(self.loss)

    @property
    def rmse_log(self) -> float:
        """Root mean square of ln L_model - ln L: about the typical relative error."""
        return float(np.sqrt(np.mean(self.residuals**2)))

    @property
    def r2_log(self) -> float:
        """R² of ln L (not of L): 1 - residual over total sum of squares on the log axis, in sample.

        A pure power law often scores 0.97 where it extrapolates absurdly: judge a law by held-out
        runs (`compare_held_out`).
        """
        y = np.log(self.loss)
        total = ((y - y.mean()) ** 2).sum()
        return float(1 - (self.residuals**2).sum() / total)

    @property
    def residual_autocorrelation(self) -> float:
        """z-score of the lag-1 autocorrelation of the residuals, ordered by fitted loss; for a law
        of N and D also ordered by D/N, of which the larger counts.

        Above 3 the law's form is wrong: neighbouring runs deviate in the same direction. Two forms
        that differ in how N and D act together, such as Chinchilla's and Kaplan's, differ along
        D/N. Runs of one group count as one. Runs of the same fitted loss, or of the same D/N, have
        no order: this is the mean over all their orders. It is 0 for fewer than 8 runs, and for
        residuals that are only rounding errors.

        >>> from scalinglaws.fits.example import example_fit
        >>> fit = example_fit()
        >>> abs(fit.residual_autocorrelation) < 3
        True
        """
        return self._clearest_order.z

    def _fitted(self) -> Array:
        """ln of the fitted losses, rounded, so that ties do not depend on a processor's last digit."""
        return np.round(self.residuals + np.log(self.loss), 9)

    def _orders(self) -> list[_Order]:
        """The orders of the runs in which a wrong form can show."""
        keys, columns = [self._fitted()], self.columns
        if {"N", "D"} <= columns.keys():
            ratio: Array = columns["D"] / columns["N"]
            keys.append(np.asarray(np.round(np.log(ratio), 9), dtype=float))
        return [_Order.of(key, self.residuals, self.groups) for key in keys]

    @cached_property
    def _clearest_order(self) -> _Order:
        """The order in which the residuals follow a pattern most."""
        return max(self._orders(), key=lambda order: order.z)

    @property
    def lack_of_fit(self) -> tuple[float, float]:
        """(F, p-value) of the law against the spread between runs of the same N and D (or x), such
        as seeds.

        Fisher's test (1922, Journal of the Royal Statistical Society 85, 597): F compares how far
        the mean of each configuration lies from the law with how far its runs lie from that mean.
        Below 0.001 the law's form is wrong, or the runs of one configuration share noise. It needs
        configurations with several runs, and more configurations than parameters; otherwise it is
        (0, 1). Copies of a run count once.

        >>> from scalinglaws.fits import fit_power_law
        >>> from scalinglaws.fits.example import example_fit
        >>> fit = example_fit()
        >>> x, loss = np.repeat(fit.x, 2), np.repeat(fit.loss, 2) * np.tile([1.001, 0.999], 12)
        >>> F, p = fit_power_law(x, loss, floor=False).lack_of_fit
        >>> F > 100, p < 1e-6
        (True, True)
        """
        rows = np.unique(np.stack([self._fitted(), self.residuals]), axis=1)
        sizes = np.unique(rows[0], return_inverse=True)[1]
        count = np.bincount(sizes)
        more, spare = len(count) - self._free(), len(sizes) - len(count)
        if more < 1 or spare < 1 or not self.rmse_log > 1e-9:
            return 0.0, 1.0
        from scipy.special import fdtrc

        mean = np.bincount(sizes, rows[1]) / count
        pure = float(((rows[1] - mean[sizes]) ** 2).sum()) / spare
        F = float((count * mean**2).sum()) / more / max(pure, 1e-300)
        return F, float(fdtrc(more, spare, F))

    @property
    def wrong_form(self) -> bool:
        """Whether the law's form does not fit these runs: their residuals follow a pattern
        (`residual_autocorrelation`), or, with fewer than 8 configurations, the configurations lie
        further from the law than their runs from each other (`lack_of_fit`).
        """
        return self.residual_autocorrelation > PATTERN or self._misses_seeds()

    def _misses_seeds(self) -> bool:
        """Whether there are only a few configurations, and their seeds show that the form does not
        fit.
        """
        return len(np.unique(self._fitted())) < _ORDERED and self.lack_of_fit[1] < _RARE

    # Uncertainty

    @cached_property
    def resamples(self) -> Bootstrap[L]:
        """The bootstrap behind the intervals, drawn on first use as `resampling` says."""
        return self._draw(self.resampling)

    def bootstrap(
        self, B: int | None = None, seed: int | None = None, method: Method | None = None
    ) -> Bootstrap[L]:
        """B laws, each fitted to resampled runs: a sequence with its own `interval`.

        B: resamples (1000). seed: of the random numbers (0). method: "wild" (each residual keeps
        its size and draws a sign), "smooth" (residuals of any run, smoothed) or "runs" (runs are
        drawn with replacement). Runs of one group stay together in "wild" and "runs". None means
        the method in `resampling`, which is "wild" unless you asked for another: in
        benchmarks/coverage.md its intervals held best for runs that differed in noise, had heavy
        tails or came in groups. If the residuals follow a pattern, blocks of neighbouring runs
        share their sign, which widens the intervals. The result says which method was used, and
        why.

        Resamples that could not be fitted are left out; `len` of the result says how many could.
        Raises CourseError for fewer than two resamples or an unknown method.

        >>> from scalinglaws.fits.example import example_fit
        >>> fit = example_fit()
        >>> resamples = fit.bootstrap(200, seed=1, method="runs")
        >>> len(resamples), resamples.method
        (200, 'runs')
        """
        asked = self._asked(B, seed, method)
        return self.resamples if asked == self.resampling else self._draw(asked)

    def with_bootstrap(
        self, B: int | None = None, seed: int | None = None, method: Method | None = None
    ) -> Self:
        """The same fit with intervals from this bootstrap; takes the arguments of `bootstrap`.

        >>> from scalinglaws.fits.example import example_fit
        >>> fit = example_fit()
        >>> len(fit.with_bootstrap(50, method="smooth").resamples)
        50
        """
        return replace(self, resampling=self._asked(B, seed, method))

    def _asked(self, B: int | None, seed: int | None, method: Method | None) -> Resampling:
        now = self.resampling
        return Resampling(
            B=now.B if B is None else B,
            seed=now.seed if seed is None else seed,
            method=now.method if method is None else method,
        )

    @abstractmethod
    def _draw(self, asked: Resampling) -> Bootstrap[L]:
        """The bootstrap of this kind of fit."""

    def samples(self) -> pd.DataFrame:
        """The free parameters of the bootstrapped laws, one row per law.

        >>> from scalinglaws.fits.example import example_fit
        >>> fit = example_fit()
        >>> fit.samples().shape, list(fit.samples())
        ((100, 3), ['A', 'alpha', 'E'])
        """
        free = [name for name in self.parameters if name not in self.held]
        return pd.DataFrame({name: self.resamples.values(name) for name in free})

    def interval(
        self, quantity: str | Callable[[L], ArrayLike], level: float = LEVEL
    ) -> tuple[Floats, Floats]:
        """The bootstrap interval (low, high) of a parameter, or of anything computed from the law.

        quantity: a name ("alpha"), or a function of the law (`lambda law: law.N_opt(1e24)`), scalar
        or array. Single constants are often poorly determined; quote derived quantities.

        Raises CourseError for a level outside 0 to 1, or if no resample could be fitted.

        >>> from scalinglaws.fits.example import example_fit
        >>> fit = example_fit()
        >>> low, high = fit.interval("alpha")
        >>> low < 0.34 < high
        True
        >>> low, high = fit.interval(lambda law: law(1e12), level=0.8)
        >>> low < fit.law(1e12) < high
        True
        """
        return self.resamples.interval(quantity, level)

    def standard_errors(self) -> pd.Series:
        """The standard deviation of each parameter over the bootstrapped laws.

        >>> from scalinglaws.fits.example import example_fit
        >>> fit = example_fit()
        >>> bool(0.001 < fit.standard_errors()["alpha"] < 0.01)
        True
        """
        return self.samples().std()

    def covariance(self) -> pd.DataFrame:
        """The covariance matrix of the parameters over the bootstrapped laws.

        >>> from scalinglaws.fits.example import example_fit
        >>> fit = example_fit()
        >>> variance = fit.covariance().loc["alpha", "alpha"]
        >>> bool(np.isclose(variance**0.5, fit.standard_errors()["alpha"]))
        True
        """
        return self.samples().cov()

    def correlation(self) -> pd.DataFrame:
        """The correlation matrix of the parameters over the bootstrapped laws.

        >>> from scalinglaws.fits.example import example_fit
        >>> fit = example_fit()
        >>> bool(fit.correlation().loc["A", "alpha"] > 0.9)  # a trade-off: neither is known alone
        True
        """
        return self.samples().corr()

    # Predictions

    def predict(self, *where: ArrayLike) -> Floats:
        """The fitted loss there, in nats per token. Raises CourseError for too few or too many.

        >>> from scalinglaws.fits.example import example_fit
        >>> fit = example_fit()
        >>> bool(np.isclose(fit.predict(1e9), 1.7 + 400 * 1e9**-0.34, rtol=0.002))
        True
        """
        self._check_where(where)
        return self._loss(self.law, *where)

    def predict_interval(
        self, *where: ArrayLike, level: float = LEVEL, new_run: bool = False, seed: int = 0
    ) -> tuple[Floats, Floats]:
        """The interval of the law's loss there; with new_run=True, of one new run, noise included.

        The noise of a new run is drawn from the residuals of the fit.

        >>> from scalinglaws.fits.example import example_fit
        >>> fit = example_fit()
        >>> low, high = fit.predict_interval(1e11)
        >>> lower, higher = fit.predict_interval(1e11, new_run=True)
        >>> bool(lower < low < high < higher)
        True
        """
        self._check_where(where)
        if not new_run:
            return self.interval(lambda law: self._loss(law, *where), level)
        noise = self.residuals - self.residuals.mean()
        noise = noise * np.sqrt(self.n / max(self.n - self._free(), 1))
        rng = np.random.default_rng(seed)

        def one_run(law: L) -> ArrayLike:
            return np.asarray(self._loss(law, *where)) * np.exp(rng.choice(noise))

        return self.resamples.interval(one_run, level, like=lambda law: self._loss(law, *where))

    def _loss(self, law: L, *where: ArrayLike) -> Floats:
        """The loss that a law of this kind predicts."""
        return cast(Callable[..., Floats], law)(*where)

    def _check_where(self, where: Sequence[ArrayLike]) -> None:
        if len(where) != len(self.variables):
            wanted = " and ".join(self.variables)
            raise CourseError(
                f"This law predicts the loss from {wanted}: give {wanted}, "
                f"not {len(where)} value{'' if len(where) == 1 else 's'}."
            )
        check_shapes(**dict(zip(self.variables, where, strict=True)))

    @property
    def columns(self) -> dict[str, Array]:
        """What the law depends on, of the runs in the fit, by name, each (n,)."""
        return {name: np.asarray(getattr(self, name)) for name in self.variables}

    def _free(self) -> int:
        """Number of free parameters."""
        return len(self.parameters) - len(self.held)

    def optimum(self, C: float, level: float = LEVEL) -> pd.DataFrame:
        """The best use of C training FLOPs: N, D, D/N and L, each with its bootstrap interval.

        Raises CourseError for a law of one variable, which says nothing about allocation.

        >>> from scalinglaws.fits import fit_chinchilla
        >>> from scalinglaws.constants import CHINCHILLA
        >>> N, D = np.geomspace(1e8, 1e10, 5), np.geomspace(2e9, 2e11, 5)
        >>> N, D = (values.ravel() for values in np.meshgrid(N, D))
        >>> surface = fit_chinchilla(N, D, CHINCHILLA(N, D)).with_bootstrap(20)
        >>> best = surface.optimum(1e21)["value"]
        >>> bool(np.isclose(6 * best["N_opt"] * best["D_opt"], 1e21))
        True
        """
        if not hasattr(self.law, "N_opt"):
            raise CourseError(
                f"A {type(self.law).__name__} says nothing about how to split a budget."
            )
        names = ("N_opt", "D_opt", "tokens_per_param", "L_opt")
        return self._rows(
            {name: lambda law, name=name: getattr(law, name)(C) for name in names}, level
        )

    def _rows(self, quantities: dict[str, Callable[[L], ArrayLike]], level: float) -> pd.DataFrame:
        rows: dict[str, dict[str, Floats]] = {}
        for name, of in quantities.items():
            low, high = self.interval(of, level)
            rows[name] = {"value": float(np.asarray(of(self.law))), "low": low, "high": high}
        return pd.DataFrame(rows).T

    # Display

    def summary(self, level: float = LEVEL) -> pd.DataFrame:
        """The parameters, one row each: value, low and high of the bootstrap interval.

        >>> from scalinglaws.fits.example import example_fit
        >>> fit = example_fit()
        >>> list(fit.summary().index), list(fit.summary())
        (['A', 'alpha', 'E'], ['value', 'low', 'high'])
        """
        names = self.parameters
        return self._rows(
            {name: lambda law, name=name: getattr(law, name) for name in names}, level
        )

    def describe(self) -> list[str]:
        """What is known about the fit without its intervals, one sentence per line."""
        method = "least squares on ln L" if self.delta is None else f"Huber, delta = {self.delta:g}"
        lines = [
            f"{self.n} runs, {method}; objective {self.objective:.6g}",
            f"R² on the log axis {self.r2_log:.4f}; typical error {display.percent(100 * self.rmse_log)}",
            ("converged: " if self.converged else "NOT CONVERGED: ") + self.evidence,
        ]
        if self._misses_seeds():
            lines.append(
                "runs of one configuration agree better with each other than with the law (F = "
                f"{self.lack_of_fit[0]:.3g}): this form does not fit, or they share noise; the "
                "intervals are widened for it"
            )
        elif self.wrong_form:
            lines.append(
                "the residuals follow a pattern: this form does not fit; the intervals are "
                "widened for it, but another form may predict otherwise"
            )
        return [*lines, *self.notes]

    def to_text(self, level: float = LEVEL) -> str:
        """The fit as plain text: parameters with intervals of this level, and what is known of it."""
        return display.to_text(self, level)

    def to_markdown(self, level: float = LEVEL) -> str:
        """The table of parameters in Markdown, with intervals of this level.

        >>> from scalinglaws.fits.example import example_fit
        >>> fit = example_fit()
        >>> print(fit.to_markdown(0.8).splitlines()[0])
        | parameter | value | 80 % interval |
        """
        return display.to_markdown(self, level)

    def to_latex(self, level: float = LEVEL) -> str:
        """The table of parameters in LaTeX (`tabular`), with intervals of this level.

        >>> from scalinglaws.fits.example import example_fit
        >>> fit = example_fit()
        >>> fit.to_latex().splitlines()[0]
        '\\\\begin{tabular}{lrr}'
        """
        return display.to_latex(self, level)

    def save(self, path: str | Path) -> None:
        """Write the fit as readable JSON; `load_fit` reads it. Raises CourseError if it cannot.

        >>> from scalinglaws.fits.example import example_fit
        >>> fit = example_fit()
        >>> import tempfile
        >>> from scalinglaws.fits import load_fit
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     fit.save(f"{folder}/fit.json")
        ...     load_fit(f"{folder}/fit.json").law == fit.law
        True
        """
        save_fit(self, path)

    def __repr__(self) -> str:
        return display.short(self)

    def _repr_html_(self) -> str:
        return display.short_html(self)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class RegressionFit(Fit[L]):
    """A fit of ln L to all runs at once. estimator: refits the law to resampled runs."""

    estimator: Estimator[L]

    def _draw(self, asked: Resampling) -> Bootstrap[L]:
        method: Method = asked.method or "wild"
        units = self.groups
        # The wild bootstrap enlarges residuals to allow for the fitted parameters. A fit with a
        # small delta depends on little but their signs, so its intervals are widened instead.
        scaled = method == "wild"
        if method == "runs":
            drawn = resample_runs(self.groups, asked)
            reason = "runs are drawn with replacement"
        elif method == "smooth":
            drawn = resample_smooth(self.residuals, asked)
            reason = "residuals are drawn as if all runs were equally noisy"
        else:
            units, reason = self._signs()
            smoothed = self.delta is not None and self.delta < mad_sigma(self.residuals)
            scaled = not smoothed or units is not self.groups
            if smoothed:
                reason += ", smoothed for Huber's small delta"
            drawn = resample_wild(self.residuals, self.estimator.hat(), units, asked, smoothed)
        laws = [law for counts, shift in drawn for law in self.estimator.refit(counts, shift)]
        return Bootstrap(
            laws=tuple(law for law in laws if law is not None),
            asked=asked,
            method=method,
            reason=reason + (", as asked" if asked.method else ""),
            units=int(units.max()) + 1,
            free=self._free(),
            scaled=scaled,
            influence=self.estimator.influence(units) if method == "wild" else None,
        )

    def _signs(self) -> tuple[NDArray[np.int_], str]:
        """Which runs share a sign in the wild bootstrap, and why."""
        if not self.wrong_form:
            if self.grouped:
                return self.groups, "each run keeps its own noise, each group draws its sign"
            return self.groups, "each run keeps its own noise, since runs may differ in it"
        if self._misses_seeds():
            sizes = np.unique(self._fitted(), return_inverse=True)[1]
            return sizes, "runs of one configuration have correlated noise; this widens"
        order = self._clearest_order
        length = max(memory(order.residuals), 2)
        return blocks(order.rows, self.groups, length), (
            f"the form does not fit, so blocks of {length} neighbours share their sign; this widens"
        )

    # Likelihood

    def log_likelihood(self) -> float:
        """The log-likelihood of ln L of the runs, with equal noise of the kind that `delta`
        assumes; see `aic`.

        >>> from scalinglaws.fits import fit_power_law
        >>> from scalinglaws.fits.example import example_fit
        >>> fit = example_fit()
        >>> fit.log_likelihood() > fit_power_law(fit.x, fit.loss, floor=False).log_likelihood()
        True
        """
        regression = self.estimator.regression
        return log_likelihood(self.objective, float(regression.weights.sum()), regression.delta)

    @property
    def aic(self) -> float:
        """Akaike's criterion, 2·(p + 1) - 2·log-likelihood: lower is better, on the same runs.

        The noise counts as one parameter. Compare only fits with the same runs and the same delta.

        >>> from scalinglaws.fits import fit_power_law
        >>> from scalinglaws.fits.example import example_fit
        >>> fit = example_fit()
        >>> no_floor = fit_power_law(fit.x, fit.loss, floor=False)
        >>> fit.aic < no_floor.aic
        True
        """
        return 2 * (self._free() + 1) - 2 * self.log_likelihood()

    @property
    def bic(self) -> float:
        """Schwarz's criterion, (p + 1)·ln n - 2·log-likelihood: lower is better, on the same runs.

        >>> from scalinglaws.fits import fit_power_law
        >>> from scalinglaws.fits.example import example_fit
        >>> fit = example_fit()
        >>> no_floor = fit_power_law(fit.x, fit.loss, floor=False)
        >>> fit.bic < no_floor.bic
        True
        """
        return (self._free() + 1) * float(np.log(self.n)) - 2 * self.log_likelihood()

    def likelihood_ratio(self, smaller: RegressionFit[Any]) -> tuple[float, float]:
        """(statistic, p-value) of this fit against a smaller law that it contains, on the same
        runs.

        A p-value below 0.05 says that the larger law is needed, if all runs are equally noisy
        (Wilks 1938). Raises CourseError if the fits differ in runs or delta, or if the other law is
        not the smaller one.

        >>> from scalinglaws.fits import fit_power_law
        >>> from scalinglaws.fits.example import example_fit
        >>> fit = example_fit()
        >>> no_floor = fit_power_law(fit.x, fit.loss, floor=False)
        >>> statistic, p = fit.likelihood_ratio(no_floor)
        >>> statistic > 50, p < 1e-6
        (True, True)
        """
        from scipy.special import gammaincc

        more = self._free() - smaller._free()
        if self.n != smaller.n or self.delta != smaller.delta or more < 1:
            raise CourseError(
                "The likelihood ratio compares a fit with one of fewer parameters on the same runs, "
                "with the same delta."
            )
        ratio = float(max(2 * (self.log_likelihood() - smaller.log_likelihood()), 0.0))
        return ratio, float(gammaincc(more / 2, ratio / 2))

    def profile(self, quantity: str | Callable[[L], ArrayLike], points: int = 25) -> pd.DataFrame:
        """How well the law fits with a quantity held at each of several values.

        quantity: a parameter's name, or a function of the law (`lambda law: law.N_opt(1e24)`).
        Columns: the value (under its name, or "value"), objective, likelihood_ratio (against the
        fit; about 3.84 at the ends of a 95 % interval) and the parameters. A flat valley means that
        the runs do not determine the quantity.

        >>> from scalinglaws.fits.example import example_fit
        >>> fit = example_fit()
        >>> profile = fit.profile("alpha", points=5)
        >>> list(profile)
        ['alpha', 'objective', 'likelihood_ratio', 'A', 'E']
        >>> bool(profile["likelihood_ratio"].min() < 1e-6)
        True
        """
        of = self.of(quantity)
        spread = self._profile_step(of)
        centre = float(of(self.law))
        values = centre + spread * np.linspace(-4, 4, points)
        if centre > 0 and not values[0] > 0:
            values = centre * np.geomspace(0.05, 1 + 4 * spread / centre, points)
        objective, laws = self.estimator.profile(of, values)
        name = quantity if isinstance(quantity, str) else "value"
        rows = [
            {name: value, "objective": F, "likelihood_ratio": self._ratio(F)}
            | {other: getattr(law, other) for other in self.parameters if other != name}
            for value, F, law in zip(values, objective, laws, strict=True)
            if law is not None
        ]
        return pd.DataFrame(rows)

    def profile_interval(
        self, quantity: str | Callable[[L], ArrayLike], level: float = LEVEL
    ) -> tuple[float, float]:
        """A likelihood interval: the values of a quantity with which the law fits almost as well.

        It needs no resampling, and shows what the runs do not determine: an end is infinite if no
        value fits much worse, or if there is no law beyond. It assumes that all runs are equally
        noisy; `interval` does not.

        >>> from scalinglaws.fits.example import example_fit
        >>> fit = example_fit()
        >>> low, high = fit.profile_interval("alpha")
        >>> low < fit.law.alpha < high
        True
        """
        from scipy.special import stdtrit

        if not 0 < level < 1:
            raise CourseError(f"level must lie between 0 and 1, not {level:g} (0.95 means 95 %).")
        of = self.of(quantity)
        centre, step = float(of(self.law)), self._profile_step(of)
        wanted = float(stdtrit(max(self.n - self._free(), 1), (1 + level) / 2))
        ends: list[float] = []
        for side in (-1.0, 1.0):
            distances = step * 0.5 * wanted * np.cumsum(1.25 ** np.arange(18))
            values = np.asarray(centre + side * distances, dtype=np.float64)
            if centre > 0 and side < 0:
                values = np.asarray(centre * np.exp(-distances / centre), dtype=np.float64)
            objective, _ = self.estimator.profile(of, values)
            root = np.array([max(self._ratio(F), 0.0) for F in objective]) ** 0.5
            root, values = np.insert(root, 0, 0.0), np.insert(values, 0, centre)
            beyond = np.flatnonzero(root > wanted)
            if not len(beyond) or not np.isfinite(root[beyond[0]]):
                ends.append(side * np.inf if side > 0 or centre <= 0 else 0.0)
                continue
            k = beyond[0]
            share = (wanted - root[k - 1]) / (root[k] - root[k - 1])
            ends.append(float(values[k - 1] + share * (values[k] - values[k - 1])))
        return ends[0], ends[1]

    def _ratio(self, objective: float) -> float:
        """Twice the log-likelihood lost at another objective; copies and groups count as one run."""
        if not np.isfinite(objective):
            return np.inf
        regression = self.estimator.regression
        there = log_likelihood(objective, float(regression.weights.sum()), regression.delta)
        units = int(self.groups.max()) + 1
        return 2 * (self.log_likelihood() - there) * units / self.n

    def _profile_step(self, of: Callable[[L], Array]) -> float:
        g = self.estimator.gradient(of)
        if not np.any(g):
            raise CourseError(
                "No fitted parameter changes this quantity (it may be held), so it has no profile."
            )
        variance = float(g @ self.estimator.covariance() @ g)
        return float(np.sqrt(variance)) if variance > 0 else 0.1 * abs(float(of(self.law))) + 1e-12

    # Single runs

    def leave_one_out(self, quantity: str | Callable[[L], ArrayLike]) -> Array:
        """The quantity refitted without each run in turn (n, ...), nan if the others cannot be
        fitted.

        quantity: a parameter's name, or a function of the law.

        >>> from scalinglaws.fits.example import example_fit
        >>> fit = example_fit()
        >>> fit.leave_one_out("alpha").shape
        (12,)
        """
        of = self.of(quantity)
        laws = self._without_each(np.arange(self.n))
        missing = np.full(np.shape(of(self.law)), np.nan)
        return np.array([missing if law is None else of(law) for law in laws], dtype=float)

    def influence(self, quantity: str | Callable[[L], ArrayLike]) -> pd.DataFrame:
        """How much each run moves a quantity, one row per run, the most influential first.

        Columns: residual (ln L_model - ln L), leverage (0 to 1), without (the quantity fitted without
        this run) and change (the fit's value minus that).

        >>> from scalinglaws.fits.example import example_fit
        >>> fit = example_fit()
        >>> table = fit.influence("alpha")
        >>> list(table), int(table.index[0])  # the smallest run decides most
        (['residual', 'leverage', 'without', 'change'], 11)
        """
        without = self.leave_one_out(quantity)
        change = self.of(quantity)(self.law) - without
        table = pd.DataFrame(
            {
                "residual": self.residuals,
                "leverage": self.estimator.leverage(),
                "without": without,
                "change": change,
            }
        )
        return table.iloc[np.argsort(-np.abs(table["change"].to_numpy()), kind="stable")]

    def _without_each(self, units: Iterable[int]) -> list[L | None]:
        counts = np.ones((self.n, self.n)) - np.eye(self.n)
        return self.estimator.refit(counts[list(units)], np.zeros((1, self.n)))

    def of(self, quantity: str | Callable[[L], ArrayLike]) -> Callable[[L], Array]:
        """A quantity, given as a parameter's name or a function of the law, as such a function."""
        if isinstance(quantity, str):
            return lambda law: np.asarray(number_of(law, quantity), dtype=float)
        return lambda law: np.asarray(quantity(law), dtype=float)
