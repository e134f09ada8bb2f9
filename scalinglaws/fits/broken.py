"""Fitting a broken power law (BNSL, Caballero et al. 2022), the form that can turn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import CourseError
from ..laws import BrokenPowerLaw
from .bootstrap import Resampling
from .newton import Array
from .result import RegressionFit
from .scaling import leverage
from .validate import check_groups, check_runs

_FLOORS = (0.0, 0.5, 0.9, 0.99)  # starts for a, as shares of the lowest y
_WIDTHS = (0.1, 0.5)  # starts for f: a sharp and a gradual break
_POLISHED = 8
_SHARPEST = 0.02  # the least f: below it breaks are corners and the data cannot tell


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class BrokenPowerLawFit(RegressionFit[BrokenPowerLaw]):
    """The fit of a broken power law; `law` is a `BrokenPowerLaw`. x: of the runs (n,)."""

    x: Array

    def _free(self) -> int:
        return 3 + 3 * len(self.law.breaks)

    def describe(self) -> list[str]:
        return super().describe() + [
            f"break at x = {d:.4g}: exponent -c0 = {-self.law.c0:.3g} before it changes by "
            f"{-c:.3g} (width f = {f:.3g})"
            for c, d, f in self.law.breaks
        ]


@dataclass(frozen=True)
class _Estimator:
    """Fits the broken power law again, from the law that the runs gave."""

    model: _Model
    theta: Array

    def refit(self, counts: Array, shift: Array) -> list[BrokenPowerLaw | None]:
        laws: list[BrokenPowerLaw | None] = []
        for count, move in zip(*np.broadcast_arrays(counts, shift), strict=True):
            solution = self.model.polish(self.theta, np.sqrt(count), move)
            laws.append(self.model.law(solution.x) if solution.status > 0 else None)
        return laws

    def leverage(self) -> Array:
        design = self.model.log_y(self.theta)[1]
        return leverage(design, np.ones(len(design)))


@dataclass(frozen=True)
class _Model:
    """ln y = ln(a + b·x^-c0·Π …) with theta = (a, ln b, c0, then c, ln d, ln f of each break), z = ln x."""

    z: NDArray[np.float64]
    y: NDArray[np.float64]
    breaks: int

    def law(self, theta) -> BrokenPowerLaw:
        a, log_b, c0 = theta[:3]
        triples = np.reshape(theta[3:], (-1, 3))
        order = np.argsort(triples[:, 1])
        return BrokenPowerLaw(
            a=float(a),
            b=float(np.exp(log_b)),
            c0=float(c0),
            breaks=tuple(
                (float(c), float(np.exp(d)), float(np.exp(f))) for c, d, f in triples[order]
            ),
        )

    def theta(self, law: BrokenPowerLaw) -> NDArray[np.float64]:
        flat = [(c, np.log(d), np.log(f)) for c, d, f in law.breaks]
        return np.array([law.a, np.log(law.b), law.c0, *np.ravel(flat)])

    def log_y(self, theta) -> tuple[NDArray, NDArray]:
        """ln y of the model (n,), and its Jacobian (n, parameters)."""
        a, log_b, c0 = theta[:3]
        inner = log_b - c0 * self.z
        columns = [np.ones_like(self.z), -self.z]
        for c, d, log_f in np.reshape(theta[3:], (-1, 3)):
            f = np.exp(log_f)
            u = (self.z - d) / f
            soft = np.logaddexp(0.0, u)
            logistic = np.exp(u - soft)
            inner = inner - c * f * soft
            columns += [-f * soft, c * logistic, -c * f * (soft - u * logistic)]
        power = np.exp(np.minimum(inner, 700))
        total = np.maximum(a + power, 1e-300)
        share = power / total
        jacobian = np.stack([1 / total, *(column * share for column in columns)], axis=1)
        return np.log(total), jacobian

    def polish(self, start, root_weights=1.0, shift=0.0):
        """Bounded least squares on ln y from one start, by scipy's trust-region method."""
        from scipy.optimize import least_squares

        weights = np.broadcast_to(root_weights, self.y.shape)
        target = np.log(self.y) + shift
        low, high = self.bounds()
        return least_squares(
            lambda t: weights * (self.log_y(t)[0] - target),
            np.clip(start, low + 1e-12, high - 1e-12),
            jac=lambda t: weights[:, None] * self.log_y(t)[1],
            bounds=(low, high),
            x_scale="jac",
            ftol=1e-14,
            xtol=1e-12,
            gtol=1e-12,
            max_nfev=150,
        )

    def bounds(self):
        """a from 0 to the lowest y, breaks inside the data, widths from a corner to the whole range."""
        inf, span = np.inf, np.ptp(self.z)
        low = [0.0, -inf, -inf] + [-inf, self.z.min(), np.log(_SHARPEST)] * self.breaks
        high = [self.y.min(), inf, inf] + [inf, self.z.max(), np.log(span)] * self.breaks
        return np.array(low), np.array(high)

    def starts(self):
        """For each floor, width and places of the breaks on a grid: the rest by linear least squares."""
        from itertools import combinations, product

        places = np.quantile(np.unique(self.z), np.linspace(0.1, 0.9, 9))
        found = []
        for share, f, d in product(_FLOORS, _WIDTHS, combinations(places, self.breaks)):
            a = share * self.y.min()
            rest = self.y - a
            columns = [np.ones_like(self.z), -self.z]
            columns += [-f * np.logaddexp(0.0, (self.z - place) / f) for place in d]
            design = np.stack(columns, axis=1)
            weight = rest / self.y  # turns errors of ln(y - a) back into errors of ln y
            solution = np.linalg.lstsq(design * weight[:, None], np.log(rest) * weight)[0]
            theta = [a, *solution[:2]]
            for c, place in zip(solution[2:], d, strict=True):
                theta += [c, place, np.log(f)]
            found.append(np.array(theta))
        error = [np.sum((self.log_y(theta)[0] - np.log(self.y)) ** 2) for theta in found]
        return [found[i] for i in np.argsort(error, kind="stable")[:_POLISHED]]


def fit_broken_power_law(
    x: ArrayLike, y: ArrayLike, *, breaks: int = 1, groups: ArrayLike | None = None
) -> BrokenPowerLawFit:
    """Fit a broken power law with so many breaks by least squares on ln y (the authors' code: on ln(1 + y)).

    x: N, D, C, epochs or anything positive (n,). y: loss or error, positive (n,). breaks: 0, 1 or 2; each adds three
    parameters. groups: labels of runs that the bootstrap keeps together.

    The law is not linear in any sense that would rule out local minima: the best 8 of a grid of starts are polished,
    and `evidence` says how many reach the same minimum.

    Raises CourseError for bad or too few runs.

    >>> truth = BrokenPowerLaw(a=0, b=10, c0=0.5, breaks=((-1.0, 100, 0.3),))
    >>> x = np.geomspace(1, 1e4, 25)
    >>> fit = fit_broken_power_law(x, truth(x))
    >>> round(fit.law.c0, 4), round(fit.law.breaks[0][1], 1)
    (0.5, 100.0)
    """
    if breaks not in (0, 1, 2):
        raise CourseError(
            f"breaks = {breaks} must be 0, 1 or 2: more cannot be told from noise here."
        )
    parameters = 3 + 3 * breaks
    x, y = check_runs(parameters, {"x": parameters, "y": 2}, x=x, y=y)
    numbers = check_groups(groups, len(x))
    model = _Model(np.log(x), y, breaks)
    solutions = [model.polish(start) for start in model.starts()]
    best = min(solutions, key=lambda solution: solution.cost)
    agree = sum(s.cost <= best.cost * (1 + 1e-6) + 1e-20 for s in solutions)
    law = model.law(best.x)
    converged = bool(best.status > 0)
    at_bounds = best.active_mask != 0
    names = ["a", "b", "c0"] + [f"{name}{i + 1}" for i in range(breaks) for name in "cdf"]
    notes = [
        f"{name} stopped at its bound" for name, at in zip(names, at_bounds, strict=True) if at
    ]
    return BrokenPowerLawFit(
        law=law,
        parameters=("a", "b", "c0"),
        variables=("x",),
        resampling=Resampling(B=200),
        loss=y,
        residuals=np.log(np.asarray(law(x)) / y),
        objective=float(best.cost),
        delta=None,
        converged=converged,
        evidence=(
            f"{agree} of {len(solutions)} starts reach this minimum; the projected gradient is {best.optimality:.0e}"
            if converged
            else "the search stopped before the gradient vanished; do not use these numbers"
        ),
        groups=numbers,
        grouped=groups is not None,
        notes=tuple(notes),
        x=x,
        estimator=_Estimator(model, model.theta(law)),
    )
