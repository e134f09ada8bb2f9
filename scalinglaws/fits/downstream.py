"""From N and D to a task in two steps, with intervals that carry both steps' errors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..arrays import Floats
from ..errors import CourseError
from ..laws import AccuracySigmoid, ErrorLaw
from .bootstrap import LEVEL, Array, ends
from .general import LawFit, fit_law
from .result import Fit
from .store import recorded
from .validate import check_runs

L1 = TypeVar("L1")
L2 = TypeVar("L2")


@recorded
def fit_accuracy(
    loss: ArrayLike,
    accuracy: ArrayLike,
    *,
    floor: float | None = None,
    groups: ArrayLike | None = None,
) -> LawFit[AccuracySigmoid]:
    """Fit the second step: a task's accuracy as a sigmoid of its loss (`AccuracySigmoid`).

    loss: of the task, such as nats or bits per byte of the right answers (n,). accuracy: between 0
    and 1 (n,). floor: hold the accuracy of guessing there (0.25 for four choices); fitted unless
    given. groups: labels of models that the bootstrap keeps together. Use checkpoints too: this
    step needs accuracies over the whole range.

    Raises CourseError for bad or too few models.

    >>> truth = AccuracySigmoid(floor=0.25, height=0.7, midpoint=0.8, slope=8)
    >>> loss = np.linspace(0.5, 1.2, 15)
    >>> fit = fit_accuracy(loss, truth(loss), floor=0.25)
    >>> round(fit.law.midpoint, 4), round(fit.law.slope, 3)
    (0.8, 8.0)
    """
    x, y = check_runs(3 if floor is not None else 4, {"loss": 4}, loss=loss, accuracy=accuracy)
    if np.any(y > 1):
        raise CourseError("accuracy must lie between 0 and 1: divide percentages by 100.")
    if floor is not None and not 0 <= floor < y.max():
        raise CourseError(f"floor = {floor:g} must lie between 0 and the highest accuracy.")
    width, top = float(np.ptp(x)), 1.0 - (floor or 0.0)  # accuracy is at most 1
    return fit_law(
        AccuracySigmoid,
        {"loss": x, "accuracy": y},
        loss="accuracy",
        start={
            "height": (min(float(np.ptp(y)), 0.9 * top), min(3 * float(np.ptp(y)), 0.99 * top)),
            "midpoint": (float(x.min()), float(x.max())),
            "slope": (1 / width, 20 / width),
            **({} if floor is not None else {"floor": (0.3 * float(y.min()), float(y.min()))}),
        },
        bounds={"height": (1e-3, top)},
        fixed={} if floor is None else {"floor": floor},
        groups=groups,
    )


@recorded
def fit_error(
    loss: ArrayLike, error: ArrayLike, *, groups: ArrayLike | None = None
) -> LawFit[ErrorLaw]:
    """Fit Gadre's second step: the average error of many tasks against the loss (`ErrorLaw`).

    loss: nats per token (n,). error: average top-1 error, between 0 and 1 (n,). groups: labels of
    models that the bootstrap keeps together. Raises CourseError for bad or too few models.

    >>> loss = np.linspace(2.2, 4, 12)
    >>> fit = fit_error(loss, ErrorLaw(epsilon=0.85, k=2.0, rate=0.75)(loss))
    >>> round(fit.law.epsilon, 4), round(fit.law.rate, 4)
    (0.85, 0.75)
    """
    x, y = check_runs(3, {"loss": 4}, loss=loss, error=error)
    if np.any(y > 1):
        raise CourseError("error must lie between 0 and 1: divide percentages by 100.")
    return fit_law(ErrorLaw, {"loss": x, "error": y}, loss="error", groups=groups)


@dataclass(frozen=True)
class Chain(Generic[L1, L2]):
    """Two fits in a row: the second is applied to what the first predicts.

    first: from N and D (or C) to a loss. second: from that loss to an accuracy.

    >>> from scalinglaws.fits import fit_chinchilla
    >>> from scalinglaws.constants import CHINCHILLA_REPLICATION as truth
    >>> task = AccuracySigmoid(floor=0.25, height=0.7, midpoint=2.4, slope=4)
    >>> N, D = np.meshgrid(np.geomspace(1e8, 1e10, 6), np.geomspace(2e9, 2e11, 6))
    >>> N, D = N.ravel(), D.ravel()
    >>> loss = np.asarray(truth(N, D)) * np.exp(0.003 * np.sin(np.arange(36.0) ** 2))
    >>> chain = Chain(fit_chinchilla(N, D, loss), fit_accuracy(loss, task(loss), floor=0.25))
    >>> low, high = chain.interval(70e9, 1.4e12)
    >>> bool(low < chain.predict(70e9, 1.4e12) < high)
    True
    """

    first: Fit[L1]
    second: Fit[L2]

    def predict(self, *where: ArrayLike) -> Floats:
        """The accuracy there, from both laws."""
        return self.second.predict(self.first.predict(*where))

    def interval(
        self, *where: ArrayLike, level: float = LEVEL, new_run: bool = False, seed: int = 0
    ) -> tuple[Floats, Floats]:
        """The interval (low, high) of the accuracy there: every pair of resampled laws is one draw.

        new_run: also draw the noise of one new run in both steps. The two fits are resampled
        independently; where they share models, their errors may not be independent. Raises
        CourseError for a level outside 0 to 1, or where no resample could be fitted.
        """
        loss = self.first.predict(*where)
        rng = np.random.default_rng(seed)
        ones, twos = self.first.resamples, self.second.resamples
        if min(len(ones), len(twos)) < 2:
            raise CourseError("No resample of one of the two fits could be fitted: add runs.")

        def one(law: L1) -> Array:
            return np.asarray(cast(Callable[..., Any], law)(*where), dtype=float)

        def two(law: L2, x: ArrayLike = loss) -> Array:
            return np.asarray(cast(Callable[..., Any], law)(x), dtype=float)

        count = max(len(ones), len(twos))
        noise = _noise(self.first), _noise(self.second)
        draws: list[Array] = []
        for i, j in zip(
            rng.permutation(count) % len(ones), rng.permutation(count) % len(twos), strict=True
        ):
            x = one(ones[int(i)])
            value = two(twos[int(j)], x * np.exp(rng.choice(noise[0])) if new_run else x)
            draws.append(value * np.exp(rng.choice(noise[1])) if new_run else value)
        # Welch's rule: the degrees of freedom of a sum of two variances.
        first = np.var([two(self.second.law, one(law)) for law in ones], axis=0)
        second = np.var([two(law) for law in twos], axis=0)
        total = np.maximum(first + second, 1e-300)
        uncertain = (first / total) ** 2 / ones.degrees(one)
        uncertain = uncertain + (second / total) ** 2 / twos.degrees(two)
        values = np.array(draws)
        tail = ones.tail(level, 1 / np.maximum(uncertain, 1e-12))
        return ends(values, np.broadcast_to(tail, values.shape[1:]))


def _noise(fit: Fit[Any]) -> NDArray[np.float64]:
    """The residuals of a fit, scaled up to the size of the noise."""
    free = len(fit.parameters) - len(fit.held)
    return (fit.residuals - fit.residuals.mean()) * np.sqrt(fit.n / max(fit.n - free, 1))
