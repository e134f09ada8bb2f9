"""What training costs in money. Prices and utilisation are ranges: nobody outside knows them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..arrays import positive
from ..errors import CourseError


@dataclass(frozen=True)
class Range:
    """A low and a high estimate of one quantity.

    >>> Range(2, 8).middle
    4.0
    """

    low: float
    high: float

    def __post_init__(self):
        positive(low=self.low, high=self.high)
        if self.low > self.high:
            raise CourseError(f"A range runs from low to high, not from {self.low} to {self.high}.")

    @classmethod
    def of(cls, value: float | tuple[float, float] | Range) -> Range:
        """A range from a number, a (low, high) pair or a range."""
        if isinstance(value, Range):
            return value
        low, high = value if isinstance(value, tuple | list) else (value, value)
        return cls(float(low), float(high))

    @property
    def middle(self) -> float:
        """The geometric mean: the middle of a range known up to a factor."""
        return float(np.sqrt(self.low * self.high))


@dataclass(frozen=True)
class TrainingCost:
    """Accelerator hours and money for one training run, each a `Range`."""

    hours: Range
    money: Range

    def __str__(self) -> str:
        return (
            f"{self.hours.low:,.3g} to {self.hours.high:,.3g} accelerator hours, "
            f"{self.money.low:,.3g} to {self.money.high:,.3g} in money"
        )


def training_cost(
    C: float,
    *,
    peak: float,
    utilisation: float | tuple[float, float],
    price: float | tuple[float, float],
) -> TrainingCost:
    """Hours and money of C training FLOPs: C/(peak·utilisation) seconds, at a price for each hour.

    peak: FLOP/s of one accelerator, from its data sheet. utilisation: the share of the peak that
    training reaches, 0 to 1. price: money for one accelerator hour. Give (low, high) where you do
    not know; the result then is a range.

    >>> cost = training_cost(5.88e23, peak=312e12, utilisation=(0.3, 0.5), price=(1, 2))   # Chinchilla on A100s
    >>> print(cost)
    1.05e+06 to 1.75e+06 accelerator hours, 1.05e+06 to 3.49e+06 in money
    """
    positive(C=C, peak=peak)
    used, hourly = Range.of(utilisation), Range.of(price)
    if used.high > 1:
        raise CourseError("utilisation is a share of the peak: give a number between 0 and 1.")
    full_speed = float(C / peak) / 3600
    hours = Range(full_speed / used.high, full_speed / used.low)
    return TrainingCost(hours, Range(hours.low * hourly.low, hours.high * hourly.high))
