"""The few fits that the law library does not have: straight lines in logarithms, and minima."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats


def log_linear(y: ArrayLike, **x: ArrayLike) -> dict[str, list[float]]:
    """Fit ln y = constant + sum of exponent · ln x by least squares.

    Returns {name: [exponent, low, high]} with 95 % intervals by Student's t, and "typical_error":
    the standard deviation of ln y about the fit.
    """
    log_y = np.log(np.asarray(y, float))
    design = np.stack([np.ones_like(log_y), *(np.log(np.asarray(v, float)) for v in x.values())], 1)
    exponents, *_ = np.linalg.lstsq(design, log_y)
    free = len(log_y) - design.shape[1]
    residuals = log_y - design @ exponents
    variance = (residuals**2).sum() / free if free > 0 else np.nan
    errors = np.sqrt(np.diag(np.linalg.inv(design.T @ design)) * variance)
    t = stats.t.ppf(0.975, free) if free > 0 else np.nan
    found = {
        name: [float(value), float(value - t * error), float(value + t * error)]
        for name, value, error in zip(x, exponents[1:], errors[1:], strict=True)
    }
    return found | {"typical_error": [float(np.sqrt(variance))] * 3}


def lowest(x: ArrayLike, loss: ArrayLike, points: int = 5) -> tuple[float, float]:
    """(x, loss) at the minimum of a parabola in ln x through the `points` around the lowest one.

    nan if the lowest point is the first or the last: then the minimum may lie outside.
    """
    log_x, y = np.log(np.asarray(x, float)), np.asarray(loss, float)
    i, half = int(np.argmin(y)), points // 2
    if not 0 < i < len(y) - 1:
        return float("nan"), float("nan")
    near = slice(max(0, i - half), i + half + 1)
    a, b, c = np.polyfit(log_x[near] - log_x[i], y[near], 2)
    step = -b / (2 * a)
    return float(np.exp(log_x[i] + step)), float(c + b * step / 2)


def minimum_interval(
    N: ArrayLike, loss: ArrayLike, noise: float, draws: int = 2000, seed: int = 0
) -> dict[str, list[float]]:
    """The minimum of a parabola in ln N through measured losses, with 95 % intervals.

    noise: relative standard deviation of one measured loss. The intervals come from parabolas
    through losses with this much random noise added. If such a parabola has its minimum outside the
    sizes, or none, the nearer or lower end of the sizes is used instead: so an interval that
    reaches the smallest or largest size means "there or beyond". Returns {"N_opt": [value, low,
    high], "L_opt": [value, low, high]}.
    """
    z, y = np.log(np.asarray(N, float)), np.asarray(loss, float)
    centre = z.mean()
    design = np.vander(z - centre, 3)
    rng = np.random.default_rng(seed)
    fits = np.linalg.pinv(design)

    def minima(losses: NDArray[np.float64]) -> tuple[NDArray, NDArray]:
        a, b, c = fits @ losses
        with np.errstate(divide="ignore", invalid="ignore"):
            at = np.where(a > 0, -b / (2 * a), -np.sign(b) * np.inf)
        at = np.clip(at, z.min() - centre, z.max() - centre)
        return np.exp(centre + at), a * at**2 + b * at + c

    N_opt, L_opt = minima(y[:, None])
    drawn = minima(y[:, None] * np.exp(noise * rng.normal(size=(len(y), draws))))
    intervals = [np.quantile(values, [0.025, 0.975]) for values in drawn]
    return {
        "N_opt": [float(N_opt[0]), *map(float, intervals[0])],
        "L_opt": [float(L_opt[0]), *map(float, intervals[1])],
    }
