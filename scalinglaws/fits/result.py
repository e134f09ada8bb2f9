"""What every fit offers: its law, how it knows that it converged, and intervals by the bootstrap."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html import escape

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from ..arrays import Floats, plain
from ..errors import CourseError

BOOTSTRAP = 1000  # resamples behind an interval, unless `bootstrap(B)` was called


_CHUNK = 1_000_000  # runs times resamples worked on at once, so that memory stays flat

# A resample is (counts, shift): how often each run counts, and what is added to its ln L. Each is (chunk, n) or (1, n).
Resamples = Iterator[tuple[NDArray[np.float64], NDArray[np.float64]]]


def resample_wild(residuals, leverage, groups, B: int, seed: int) -> Resamples:
    """Every run keeps its place; its residual keeps its size and draws a sign, one for each group.

    The wild bootstrap (Wu 1986, Annals of Statistics 14, 1261; signs after Davidson & Flachaire 2008, Journal of
    Econometrics 146, 162). Runs may differ in noise. Residuals are first divided by (1 - leverage)^(2/3), since a fit
    makes them smaller than the noise. The usual powers are 0.5 (HC2) and 1 (HC3); for twelve runs the first gave
    intervals that were too narrow in our synthetic studies, the second too wide.
    """
    rng = np.random.default_rng(seed)
    noise = residuals / np.maximum(1 - leverage, 1e-3) ** (2 / 3)
    number, n = int(groups.max()) + 1, len(groups)
    for size in _chunks(B, n):
        sign = rng.choice([-1.0, 1.0], (size, number))[:, groups]
        # A residual is ln L_model - ln L, so a smaller one is a larger ln L.
        yield np.ones((1, n)), residuals - sign * noise


def resample_smooth(residuals, B: int, seed: int) -> Resamples:
    """Every run keeps its place and draws a residual of any run, with a little normal noise on top.

    For Huber's small delta, where a fit is nearly a median regression: there the bootstrap over runs is too wide (its
    80 % intervals covered the truth in 83 to 90 % of our synthetic studies), since it repeats the same few residuals
    near zero, and the wild one too narrow (68 to 74 %). Drawing from the smoothed distribution of the residuals mends
    that (Silverman & Young 1987, Biometrika 74, 469). It assumes that all runs are equally noisy.
    """
    rng = np.random.default_rng(seed)
    n = len(residuals)
    width = 0.9 * _spread(residuals) * n**-0.2  # Silverman's rule
    for size in _chunks(B, n):
        drawn = rng.choice(residuals, (size, n)) + width * rng.standard_normal((size, n))
        yield np.ones((1, n)), residuals - drawn


def resample_runs(groups, B: int, seed: int) -> Resamples:
    """Whole groups of runs are drawn with replacement: the bootstrap that assumes the least (Efron 1979)."""
    rng = np.random.default_rng(seed)
    number, n = int(groups.max()) + 1, len(groups)
    for size in _chunks(B, n):
        counts = rng.multinomial(number, np.full(number, 1 / number), size=size)[:, groups]
        yield counts.astype(float), np.zeros((1, n))


def _spread(residuals) -> float:
    """A robust standard deviation: half of normal residuals lie within 0.6745 of it."""
    return float(np.median(np.abs(residuals)) / 0.6745)


def _chunks(B: int, n: int) -> list[int]:
    chunk = max(1, _CHUNK // n)
    return [min(chunk, B - done) for done in range(0, B, chunk)]


@dataclass(frozen=True, eq=False, repr=False)
class Fit:
    """A fitted law. Subclasses say how to fit again (`_refit`, `_leverage`) and what to show (`_parameters`).

    law: the fitted law. objective: the minimised sum of Huber terms (of half squares if delta is None) of
    ln L_model - ln L. converged, evidence: whether the minimum was reached, and how that is known. residuals:
    ln L_model - ln L of each run. groups: the group number of each run; grouped: whether the caller gave them. notes:
    what the reader should know, such as a parameter at its bound.
    """

    law: object
    loss: NDArray[np.float64]
    residuals: NDArray[np.float64]
    objective: float
    delta: float | None
    converged: bool
    evidence: str
    groups: NDArray[np.int_]
    grouped: bool = False
    notes: tuple[str, ...] = ()
    _cache: dict = field(default_factory=dict)

    # Subclasses

    _parameters = ()

    def _refit(self, counts: NDArray[np.float64], shift: NDArray[np.float64]) -> list:
        """The laws of these resamples; failed ones are left out."""
        raise NotImplementedError

    def _leverage(self) -> NDArray[np.float64]:
        """How much each run pulls the fit towards itself (n,)."""
        raise NotImplementedError

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

        A pure power law often scores 0.97 where it extrapolates absurdly: judge a law by held-out runs.
        """
        y = np.log(self.loss)
        total = ((y - y.mean()) ** 2).sum()
        return float(1 - (self.residuals**2).sum() / total)

    @property
    def pattern(self) -> float:
        """How far neighbouring residuals resemble each other, in standard errors; above 3 the law's form is wrong.

        The lag-1 autocorrelation of the residuals in the order of the fitted loss, times sqrt(n). Intervals say what
        noise does to a law of the right form; they know nothing of a wrong one.
        """
        if (
            self.n < 8 or not self.rmse_log > 1e-9
        ):  # too few to tell, or nothing but rounding errors
            return 0.0
        r = self.residuals[np.argsort(self.residuals + np.log(self.loss), kind="stable")]
        r = r - r.mean()
        return float(np.sqrt(self.n) * (r[1:] * r[:-1]).sum() / (r * r).sum())

    # Uncertainty

    def bootstrap(self, B: int = BOOTSTRAP, seed: int = 0, method: str | None = None) -> list:
        """B laws, each fitted to resampled runs; kept for the intervals.

        method: "wild" (each residual keeps its size and draws a sign), "smooth" (residuals of any run, smoothed) or
        "runs" (runs are drawn with replacement); runs of one group stay together in "wild" and "runs". None takes
        "wild" for least squares, and where Huber's delta is smaller than the noise "smooth", or "runs" if groups were
        given. Each default's intervals were checked on synthetic studies, see benchmarks/coverage.md.

        Resamples that could not be fitted are left out; `len` of the result says how many could.
        """
        if B < 2:
            raise CourseError("bootstrap needs at least B = 2 resamples.")
        if method is None:
            median_like = self.delta is not None and self.delta < _spread(self.residuals)
            method = ("runs" if self.grouped else "smooth") if median_like else "wild"
        if method not in ("wild", "smooth", "runs"):
            raise CourseError(
                f'The bootstrap method must be "wild", "smooth" or "runs", not {method!r}.'
            )
        key = (B, seed, method)
        if self._cache.get("key") != key:
            self._cache.update(key=key, laws=self._resample(B, seed, method))
        return self._cache["laws"]

    def _resample(self, B: int, seed: int, method: str) -> list:
        if method == "wild":
            drawn = resample_wild(self.residuals, self._leverage(), self.groups, B, seed)
        elif method == "smooth":
            drawn = resample_smooth(self.residuals, B, seed)
        else:
            drawn = resample_runs(self.groups, B, seed)
        return [law for counts, shift in drawn for law in self._refit(counts, shift)]

    def samples(self) -> pd.DataFrame:
        """The parameters of the bootstrapped laws, one row for each."""
        laws = self._resampled()
        return pd.DataFrame(
            {name: [getattr(law, name) for law in laws] for name in self._parameters}
        )

    def interval(
        self, quantity: str | Callable[[object], ArrayLike], level: float = 0.95
    ) -> tuple[Floats, Floats]:
        """The bootstrap interval (low, high) of a parameter, or of anything computed from the law.

        quantity: a name ("alpha"), or a function of the law (`lambda law: law.N_opt(1e24)`), scalar or array.
        Single constants are hardly identified; quote derived quantities.
        """
        if not 0 < level < 1:
            raise CourseError(f"level must lie between 0 and 1, not {level:g} (0.95 means 95 %).")
        of = (lambda law: getattr(law, quantity)) if isinstance(quantity, str) else quantity
        laws = self._resampled()
        values, tail = np.array([of(law) for law in laws]), self._tail(level)
        low, high = np.quantile(values, [tail, 1 - tail], axis=0, method="weibull")
        return plain(low), plain(high)

    def _free(self) -> int:
        """Number of free parameters."""
        return len(self._parameters)

    def _tail(self, level: float) -> float:
        """The share of resamples to cut off at each end, a little less than (1 - level)/2.

        A bootstrap is too narrow by normal against Student's t quantiles, and, unless the residuals were scaled up
        beforehand, by sqrt(1 - p/n) for n runs and p parameters: the expanded percentile interval (Hesterberg 2015,
        The American Statistician 69, 371).
        """
        from scipy.special import ndtr, stdtrit

        units = int(self.groups.max()) + 1
        free = max(units - self._free(), 1)
        scaled = self._cache["key"][2] == "wild"
        widen = 1.0 if scaled else np.sqrt(units / free)
        return float(ndtr(widen * stdtrit(free, (1 - level) / 2)))

    def _resampled(self) -> list:
        laws = self._cache.get("laws") or self.bootstrap()
        if len(laws) < 2:
            raise CourseError(
                "No resample of these runs could be fitted, so there is no interval: add runs."
            )
        return laws

    # Predictions

    def predict(self, *where: ArrayLike) -> Floats:
        """The fitted loss there, in nats per token."""
        return self.law(*where)

    def predict_interval(
        self, *where: ArrayLike, level: float = 0.95, new_run: bool = False, seed: int = 0
    ) -> tuple[Floats, Floats]:
        """The interval of the law's loss there; with new_run=True, of one new run, noise included.

        The noise of a new run is drawn from the residuals of the fit.
        """
        if not new_run:
            return self.interval(lambda law: law(*where), level)
        n, p = self.n, len(self._parameters)
        noise = (self.residuals - self.residuals.mean()) * np.sqrt(n / (n - p))
        rng = np.random.default_rng(seed)

        def one_run(law):
            return np.asarray(law(*where)) * np.exp(rng.choice(noise))

        return self.interval(one_run, level)

    def optimum(self, C: float, level: float = 0.95) -> pd.DataFrame:
        """The best use of C training FLOPs: N, D, D/N and L, each with its bootstrap interval.

        Raises CourseError for a law of one variable, which says nothing about allocation.
        """
        if not hasattr(self.law, "N_opt"):
            raise CourseError(
                f"A {type(self.law).__name__} says nothing about how to split a budget."
            )
        rows = {}
        for name in ("N_opt", "D_opt", "tokens_per_param", "L_opt"):
            low, high = self.interval(lambda law, name=name: getattr(law, name)(C), level)
            rows[name] = {"value": getattr(self.law, name)(C), "low": low, "high": high}
        return pd.DataFrame(rows).T

    # Display

    def summary(self, level: float = 0.95) -> pd.DataFrame:
        """The parameters, one row each: value, low and high of the bootstrap interval."""
        rows = {}
        for name in self._parameters:
            low, high = self.interval(name, level)
            rows[name] = {"value": getattr(self.law, name), "low": low, "high": high}
        return pd.DataFrame(rows).T

    def _lines(self) -> list[str]:
        method = "least squares on ln L" if self.delta is None else f"Huber, delta = {self.delta:g}"
        return [
            f"{self.n} runs, {method}; objective {self.objective:.6g}",
            f"R² on the log axis {self.r2_log:.4f}; typical error {100 * self.rmse_log:.2g} %",
            ("converged: " if self.converged else "NOT CONVERGED: ") + self.evidence,
            *(
                [
                    "the residuals follow a pattern: this form does not fit, and the intervals are too narrow"
                ]
                if self.pattern > 3
                else []
            ),
            *self._failed_resamples(),
            *self.notes,
        ]

    def _failed_resamples(self) -> list[str]:
        if "laws" not in self._cache:
            return []
        fitted, B = len(self._cache["laws"]), self._cache["key"][0]
        return [f"only {fitted} of {B} resamples could be fitted"] if fitted < 0.98 * B else []

    def _table(self) -> list[tuple[str, str, str]]:
        # Thousands of runs would make `repr` slow: then the intervals wait until they are asked for.
        known = self.n <= 5000 or "laws" in self._cache
        rows = []
        for name in self._parameters:
            interval = ""
            if known:
                try:
                    low, high = self.interval(name)
                    interval = f"{low:.4g} to {high:.4g}"
                except CourseError:
                    interval = "none"
            rows.append((name, f"{getattr(self.law, name):.5g}", interval))
        return rows

    def __repr__(self) -> str:
        rows = [f"  {name:<6} {value:>10}   {span}" for name, value, span in self._table()]
        return "\n".join(
            [type(self).__name__, f"  {'':<6} {'value':>10}   95 % interval", *rows]
            + [f"  {line}" for line in self._lines()]
        )

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><th scope='row'>{escape(name)}</th><td>{value}</td><td>{span}</td></tr>"
            for name, value, span in self._table()
        )
        lines = "<br>".join(escape(line) for line in self._lines())
        return (
            f"<table><caption>{type(self).__name__}</caption><thead><tr><th scope='col'>parameter</th>"
            f"<th scope='col'>value</th><th scope='col'>95 % interval</th></tr></thead>"
            f"<tbody>{rows}</tbody></table><p>{lines}</p>"
        )
