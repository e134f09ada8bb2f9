"""Fitting a broken power law (BNSL, Caballero et al. 2022), a form whose slope can change."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations, product

import numpy as np
from numpy.typing import ArrayLike

from ..errors import CourseError
from ..laws import BrokenPowerLaw
from . import gauss_newton
from .estimator import Estimator, search
from .newton import Array
from .result import RegressionFit
from .scaling import convergence_message
from .store import recorded
from .validate import check_delta, check_floor, check_groups, check_runs, check_weights

_FLOORS = (0.0, 0.5, 0.9, 0.99)  # starts for E, as shares of the lowest y
_WIDTHS = (0.1, 0.5)  # starts for f: a sharp and a gradual break
_POLISHED = 8
_SHARPEST = 0.02  # the least f: below it, breaks are corners, and the data cannot determine f


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class BrokenPowerLawFit(RegressionFit[BrokenPowerLaw]):
    """The fit of a broken power law; `law` is a `BrokenPowerLaw`. x: of the runs (n,)."""

    x: Array

    def _free(self) -> int:
        return super()._free() + 3 * len(self.law.breaks)

    def describe(self) -> list[str]:
        return super().describe() + [
            f"break at x = {d:.4g}: exponent -c0 = {-self.law.c0:.3g} before it changes by "
            f"{-c:.3g} (width f = {f:.3g})"
            for c, d, f in self.law.breaks
        ]


@dataclass(frozen=True, eq=False)
class _Curve(gauss_newton.Regression):
    """ln y = ln(E + A·x^-c0·Π …) in theta = (E, ln A', c0, then c, ln d, ln f of each break).

    x is in units of its geometric mean (z = ln x, centred), y likewise, and A' is the power law's
    value at the mean run, so that theta is of order one.
    """

    z: Array  # (n,)
    centre: float
    unit: float
    breaks: int

    @property
    def low(self) -> Array:
        """E >= 0, breaks inside the data, widths at least `_SHARPEST`."""
        inf = np.inf
        return np.array([0.0, -inf, -inf] + [-inf, self.z.min(), np.log(_SHARPEST)] * self.breaks)

    @property
    def high(self) -> Array:
        """E up to the lowest y, breaks inside the data, widths up to the whole range."""
        inf, span = np.inf, np.ptp(self.z)
        lowest = np.exp(self.y.min())
        return np.array([lowest, inf, inf] + [inf, self.z.max(), np.log(span)] * self.breaks)

    def log_loss(self, theta: Array) -> Array:
        return self._evaluate(theta)[0]

    def jacobian(self, theta: Array) -> tuple[Array, Array]:
        log_y, total, power, columns = self._evaluate(theta)
        with np.errstate(over="ignore", invalid="ignore"):
            share = power / total
            rows = [1 / total, *(column * share for column in columns)]
        return log_y, np.stack(rows, axis=1)

    def _evaluate(self, theta: Array) -> tuple[Array, Array, Array, list[Array]]:
        """ln y, y, its power-law part, and that part's relative derivatives, each (B, n)."""
        E, log_A, c0 = (theta[:, k, None] for k in range(3))
        inner = log_A - c0 * self.z
        columns = [np.ones_like(inner), np.broadcast_to(-self.z, inner.shape)]
        for k in range(3, theta.shape[1], 3):
            c, d, f = theta[:, k, None], theta[:, k + 1, None], np.exp(theta[:, k + 2, None])
            u = (self.z - d) / f
            soft = np.logaddexp(0.0, u)
            logistic = np.exp(u - soft)
            inner = inner - c * f * soft
            columns += [-f * soft, c * logistic, -c * f * (soft - u * logistic)]
        power = np.exp(np.minimum(inner, 700))
        total = np.maximum(E + power, 1e-300)
        return np.log(total), total, power, columns

    def laws(self, theta: Array) -> list[BrokenPowerLaw | None]:
        return [self._law(row) for row in theta]

    def _law(self, theta: Array) -> BrokenPowerLaw | None:
        E, log_A, c0 = theta[:3]
        triples = np.reshape(theta[3:], (-1, 3))
        order = np.argsort(triples[:, 1])
        with np.errstate(over="ignore"):
            A = self.unit * np.exp(log_A + c0 * self.centre)
        if not (np.isfinite(A) and A > 0):
            return None
        return BrokenPowerLaw(
            E=float(self.unit * E),
            A=float(A),
            c0=float(c0),
            breaks=tuple(
                (float(c), float(np.exp(d + self.centre)), float(np.exp(f)))
                for c, d, f in triples[order]
            ),
        )

    def starts(self, held: float | None) -> Array:
        """For each floor, width and position of the breaks on a grid, the rest by linear least
        squares.
        """
        places = np.quantile(np.unique(self.z), np.linspace(0.1, 0.9, 9))
        y = np.exp(self.y)
        found: list[Array] = []
        floors = [share * y.min() for share in _FLOORS] if held is None else [held]
        for E, f, d in product(floors, _WIDTHS, combinations(places, self.breaks)):
            rest = y - E
            columns = [np.ones_like(self.z), -self.z]
            columns += [-f * np.logaddexp(0.0, (self.z - place) / f) for place in d]
            design = np.stack(columns, axis=1)
            weight = np.sqrt(self.weights) * rest / y  # errors of ln(y - E) as errors of ln y
            solution = np.linalg.lstsq(design * weight[:, None], np.log(rest) * weight)[0]
            theta = [E, *solution[:2]]
            for c, place in zip(solution[2:], d, strict=True):
                theta += [c, place, np.log(f)]
            found.append(np.array(theta))
        starts = np.clip(found, self.low, self.high)
        error = (self.weights * (self.log_loss(starts) - self.y) ** 2).sum(1)
        return starts[np.argsort(error, kind="stable")[:_POLISHED]]


@recorded
def fit_broken_power_law(
    x: ArrayLike,
    y: ArrayLike,
    *,
    breaks: int = 1,
    delta: float | None = None,
    floor: bool | float = True,
    weights: ArrayLike | None = None,
    groups: ArrayLike | None = None,
) -> BrokenPowerLawFit:
    """Fit a broken power law by least squares on ln y (the authors' code: on ln(1 + y)).

    x: N, D, C, epochs or anything positive (n,). y: loss or error, positive (n,). breaks: 0, 1 or
    2; each adds three parameters. delta: Huber's, on ln y; None for least squares. floor: True fits
    the law's floor E >= 0, False sets it to 0, a number holds it there. weights: one per run.
    groups: labels of runs that the bootstrap keeps together.

    The law can have local minima, so the best 8 of a grid of starts are refined, and `evidence`
    says how many reach the same minimum. A note says so if one break fewer is enough by BIC.

    Raises CourseError for bad or too few runs, and for a floor outside 0 to the lowest y.

    >>> truth = BrokenPowerLaw(E=0, A=10, c0=0.5, breaks=((-1.0, 100, 0.3),))
    >>> x = np.geomspace(1, 1e4, 25)
    >>> fit = fit_broken_power_law(x, truth(x))
    >>> round(fit.law.c0, 4), round(fit.law.breaks[0][1], 1)
    (0.5, 100.0)
    """
    if breaks not in (0, 1, 2):
        raise CourseError(
            f"breaks = {breaks} must be 0, 1 or 2: more breaks could not be told from noise."
        )
    fitted = floor is True
    parameters = 3 + 3 * breaks - (not fitted)
    x, y = check_runs(parameters, {"x": parameters + 1, "y": 2}, x=x, y=y)
    weights = check_weights(weights, len(x), parameters)
    together = check_groups(groups, x, y)
    held = check_floor(floor, y)
    centre = float(np.log(x).mean())
    unit = float(np.exp(np.log(y).mean()))
    curve = _Curve(
        z=np.log(x) - centre,
        centre=centre,
        unit=unit,
        y=np.log(y / unit),
        weights=weights,
        delta=check_delta(delta),
        fixed=() if fitted else (0,),
        breaks=breaks,
    )
    solution = search(curve, curve.starts(None if fitted else held / unit))
    theta = solution.theta[solution.best()]
    (law,) = curve.laws(theta[None])
    if law is None:
        raise CourseError(f"No broken power law follows these {len(x)} runs.")
    converged, how = convergence_message(solution)
    names = ["E", "A", "c0"] + [f"{name}{i + 1}" for i in range(breaks) for name in "cdf"]
    at_bound = ((theta <= curve.low) | (theta >= curve.high)) & ~np.isin(
        np.arange(len(theta)), curve.fixed
    )
    fit = BrokenPowerLawFit(
        law=law,
        parameters=("E", "A", "c0"),
        held=() if fitted else ("E",),
        variables=("x",),
        loss=y,
        residuals=np.log(np.asarray(law(x)) / y),
        objective=float(solution.objective.min()),
        delta=delta,
        converged=converged,
        evidence=how,
        groups=together.numbers,
        grouped=together.grouped,
        notes=together.notes
        + tuple(
            f"{name} stopped at its bound" for name, at in zip(names, at_bound, strict=True) if at
        ),
        x=x,
        estimator=Estimator(curve, theta),
    )
    if breaks == 0:
        return fit
    fewer = fit_broken_power_law(
        x,
        y,
        breaks=breaks - 1,
        delta=delta,
        floor=floor,
        weights=weights,
        groups=groups,
    )
    if fewer.bic > fit.bic:
        return fit
    note = f"by BIC breaks = {breaks - 1} is enough for these runs"
    return replace(fit, notes=(*fit.notes, note))
