"""Fit any formula, given as a small class or a function."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from typing import Any, Generic, TypeVar, cast, get_type_hints

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from ..arrays import Floats, plain
from ..errors import CourseError
from ..laws.formula import Formula, inner_names
from . import gauss_newton
from .estimator import Estimator, search
from .newton import Array, Solution
from .result import RegressionFit
from .scaling import convergence_message
from .store import recorded, refitted
from .validate import check_columns, check_delta, check_groups, check_runs, check_weights

L = TypeVar("L")

Start = float | tuple[float, float]  # a number, or the range to search

_SEARCHED = 256  # random points, the best of which are refined
_POLISHED = 8
_FIRST_STEPS = 5  # from each of them, before the better half goes on
# What a formula raises for invalid parameters: such points are left out of the search.
_NOWHERE = (CourseError, ArithmeticError, ValueError)
_STEP = 1e-6  # of the central differences, in theta


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class LawFit(RegressionFit[L]):
    """The fit of any law; `law` is an instance of the class, or a `FunctionLaw`.

    data: the columns that the law depends on, by name, each (n,).
    """

    data: dict[str, Array]

    @property
    def columns(self) -> dict[str, Array]:
        """The columns that the law depends on, for the runs in the fit, by name, each (n,)."""
        return self.data

    def __reduce__(self) -> tuple[Any, ...]:
        """A pickle holds the call: what a formula was turned into cannot be pickled."""
        asked = self.resampling
        return refitted, (self.call, asked.B, asked.seed, asked.method)

    def _free(self) -> int:
        return len(self.estimator.theta)


@dataclass(frozen=True, repr=False)
class FunctionLaw:
    """A function of variables and parameters, with the parameters filled in.

    >>> def law(x, *, a, alpha):
    ...     return a * x**-alpha
    >>> fitted = FunctionLaw(law, {"a": 2.0, "alpha": 0.5})
    >>> fitted, fitted(4.0), fitted.alpha
    (law(a=2, alpha=0.5), 1.0, 0.5)
    """

    function: Callable[..., Any]
    values: Mapping[str, float]

    def __call__(self, *where: ArrayLike) -> Floats:
        """The function there."""
        arrays = [np.asarray(column, dtype=float) for column in where]
        return plain(self.function(*arrays, **self.values))

    def __getattr__(self, name: str) -> float:
        values = self.__dict__.get("values", {})
        if name not in values:
            raise AttributeError(name)
        return values[name]

    def __repr__(self) -> str:
        numbers = ", ".join(f"{name}={value:.6g}" for name, value in self.values.items())
        return f"{getattr(self.function, '__name__', 'law')}({numbers})"


@dataclass(frozen=True)
class _Form(Generic[L]):
    """What a formula depends on, and how its law is made."""

    variables: tuple[str, ...]
    parameters: tuple[str, ...]
    defaults: dict[str, float]
    make: Callable[[dict[str, float]], L]
    # The loss (B, n) for parameters (B, 1), if the formula can do that.
    many: Callable[[dict[str, Array], Sequence[Array]], Array]
    # Laws inside the law: for each field its class, and {name of a parameter: its name in the inner
    # law}.
    inside: Mapping[str, tuple[type[Any], dict[str, str]]] = field(default_factory=dict)

    def start(self, law: Any) -> dict[str, Start]:
        """The ranges to search that the law itself declares."""
        ranges: dict[str, Start] = {}
        for kind, inner in self.inside.values():
            known = getattr(kind, "START", {})
            ranges |= {name: known[number] for name, number in inner.items() if number in known}
        return ranges | dict(getattr(law, "START", {}))


def _variables(law: type[Any], columns: Sequence[str]) -> tuple[str, ...]:
    """The arguments of a law's __call__, without trailing ones that have a default and no column."""
    taken = list(inspect.signature(law.__call__).parameters.values())[1:]
    while taken and taken[-1].default is not taken[-1].empty and taken[-1].name not in columns:
        taken.pop()
    return tuple(item.name for item in taken)


def _law_form(law: type[Any], columns: Sequence[str]) -> _Form[Any]:
    """The form of a class; the numbers of a law inside it are parameters too (`inner_names`)."""
    inside: dict[str, tuple[type[Any], dict[str, str]]] = {}
    names: list[str] = []
    wrong: list[str] = []
    try:
        hints = get_type_hints(law)
    except (
        NameError,
        TypeError,
    ):  # a class defined in a function, whose annotations cannot be resolved
        known = {"float": float, "int": int}
        hints = {item.name: known.get(str(item.type), item.type) for item in fields(law)}
    for item in fields(law):
        kind = hints[item.name]
        if not (item.init and item.compare):
            continue
        if isinstance(kind, type) and issubclass(kind, Formula):
            inside[item.name] = kind, inner_names(law, item.name, kind)
            names += inside[item.name][1]
        else:
            names.append(item.name)
            wrong += [] if kind in (float, int) else [item.name]
    if wrong:
        raise CourseError(
            f"{law.__name__} has the parameter{'s' if len(wrong) > 1 else ''} {', '.join(wrong)} "
            "that are not numbers: write the law as a function of its numbers."
        )
    own = [name for name in names if not any(name in inner for _, inner in inside.values())]

    def make(values: dict[str, float]) -> Any:
        parts: dict[str, Any] = {name: values[name] for name in own}
        for place, (kind, inner) in inside.items():
            parts[place] = kind(**{number: values[name] for name, number in inner.items()})
        return law(**parts)

    def many(values: dict[str, Array], where: Sequence[Array]) -> Array:
        parts: dict[str, Any] = {name: values[name] for name in own}
        for place, (kind, inner) in inside.items():
            parts[place] = _stand_in(kind, {n: values[name] for name, n in inner.items()})
        return np.asarray(_stand_in(law, parts)(*where))

    return _Form(
        variables=_variables(law, columns),
        parameters=tuple(names),
        defaults={
            item.name: float(item.default)
            for item in fields(law)
            if item.name in own and item.default is not MISSING
        },
        make=make,
        many=many,
        inside=inside,
    )


def _stand_in(law: type[Any], values: Mapping[str, Any]) -> Any:
    """A law with arrays for parameters, without its checks, which expect single numbers."""
    stand_in = object.__new__(law)
    for item in fields(law):
        value = values.get(item.name, None if item.default is MISSING else item.default)
        object.__setattr__(stand_in, item.name, value)
    return stand_in


def _unfolded(form: _Form[Any], options: Mapping[str, Any]) -> dict[str, Any]:
    """The options, with each whole inner law replaced by its numbers."""
    unfolded = dict(options)
    for place, (kind, inner) in form.inside.items():
        whole = unfolded.pop(place, None)
        if whole is None:
            continue
        if not isinstance(whole, kind):
            raise CourseError(f"fixed holds {place}, which must be a {kind.__name__}.")
        unfolded |= {name: getattr(whole, number) for name, number in inner.items()}
    return unfolded


def _form(law: Any, columns: Sequence[str]) -> _Form[Any]:
    """Read a formula's variables and parameters from its signature."""
    if inspect.isclass(law) and is_dataclass(law):
        return _law_form(law, columns)
    if not callable(law) or inspect.isclass(law):
        raise CourseError("fit_law takes a dataclass with a __call__, or a function.")
    function = cast(Callable[..., Any], law)
    signature = inspect.signature(function).parameters
    variables = [name for name in signature if name in columns]
    parameters = [name for name in signature if name not in columns]
    if list(signature)[: len(variables)] != variables:
        raise CourseError(
            f"A law's variables come first: {', '.join(variables)} before {', '.join(parameters)}."
        )
    return _Form(
        variables=tuple(variables),
        parameters=tuple(parameters),
        defaults={
            name: float(signature[name].default)
            for name in parameters
            if isinstance(signature[name].default, int | float)
        },
        make=lambda values: FunctionLaw(function, values),
        many=lambda values, where: np.asarray(function(*where, **values)),
    )


@dataclass(frozen=True)
class _Parameter:
    """A free parameter: its name, bounds, and whether theta is its logarithm or a multiple of unit."""

    name: str
    low: float
    high: float
    log: bool
    unit: float

    def theta(self, value: Any) -> Any:
        return np.log(value) if self.log else np.asarray(value) / self.unit

    def value(self, theta: Array) -> Array:
        with np.errstate(over="ignore"):
            return np.exp(theta) if self.log else theta * self.unit


@dataclass(frozen=True, eq=False)
class _Curve(gauss_newton.Regression, Generic[L]):
    """A formula in theta, with derivatives by central differences."""

    form: _Form[L]
    free: tuple[_Parameter, ...]
    held: dict[str, float]
    tied: dict[str, str]
    where: tuple[Array, ...]
    vectorised: bool

    @property
    def low(self) -> Array:
        return np.array([-np.inf if p.log and p.low <= 0 else p.theta(p.low) for p in self.free])

    @property
    def high(self) -> Array:
        return np.array([p.theta(p.high) for p in self.free])

    def values(self, theta: Array) -> dict[str, Array]:
        """Every parameter's value for each theta (B, P), each (B,)."""
        found = {p.name: p.value(theta[:, j]) for j, p in enumerate(self.free)}
        found |= {name: np.full(len(theta), value) for name, value in self.held.items()}
        found |= {name: found[other] for name, other in self.tied.items()}
        return {name: found[name] for name in self.form.parameters}

    def log_loss(self, theta: Array) -> Array:
        values = self.values(theta)
        with np.errstate(all="ignore"):
            loss = self.many(theta) if self.vectorised else None
            if loss is None:
                loss = np.stack([self._one(values, i) for i in range(len(theta))])
            return np.where(loss > 0, np.log(np.maximum(loss, 1e-300)), np.nan)

    def many(self, theta: Array) -> Array | None:
        """The loss of all at once (B, n); None if the formula refuses one of them."""
        columns = {name: value[:, None] for name, value in self.values(theta).items()}
        try:
            with np.errstate(all="ignore"):
                loss = self.form.many(columns, self.where)
            return np.broadcast_to(loss, (len(theta), len(self.y)))
        except _NOWHERE:
            return None

    def _one(self, values: dict[str, Array], i: int) -> Array:
        try:
            return self._at({name: float(value[i]) for name, value in values.items()})
        except _NOWHERE:
            return np.full(self.y.shape, np.nan)

    def _at(self, values: dict[str, float]) -> Array:
        """The loss of one law (n,).

        Raises CourseError if the formula cannot be computed for runs.
        """
        try:
            law = self.form.make(values)
            loss = np.asarray(cast(Any, law)(*self.where), dtype=float)
            return np.broadcast_to(loss, self.y.shape)
        except _NOWHERE:
            raise
        except Exception as error:  # a user's formula may fail in any way
            raise CourseError(
                f"Your law cannot be computed ({type(error).__name__}: {error}). It must take numpy "
                f"arrays, one value per run, for {', '.join(self.form.variables)}."
            ) from None

    def complaint(self, theta: Array) -> str:
        """The formula's own error at theta (P,), as a sentence; "" if there is none."""
        values = {name: float(value[0]) for name, value in self.values(theta[None]).items()}
        try:
            with np.errstate(all="ignore"):
                self._at(values)
        except _NOWHERE as error:
            return f" In the middle of the ranges the law raises: {str(error).rstrip('.')}."
        return ""

    def jacobian(self, theta: Array) -> tuple[Array, Array]:
        count, size = theta.shape
        step = _STEP * np.eye(size)
        up = np.minimum(theta[:, None] + step, self.high)
        down = np.maximum(theta[:, None] - step, self.low)
        both = self.log_loss(np.concatenate([up, down]).reshape(-1, size))
        above, below = both.reshape(2, count, size, -1)
        width = (up - down)[:, np.arange(size), np.arange(size)]
        return self.log_loss(theta), (above - below) / np.maximum(width, 1e-300)[:, :, None]

    def laws(self, theta: Array) -> list[L | None]:
        values = self.values(theta)
        found: list[L | None] = []
        for i in range(len(theta)):
            row = {name: float(value[i]) for name, value in values.items()}
            finite = np.isfinite([row[p.name] for p in self.free]).all()
            try:
                found.append(self.form.make(row) if finite else None)
            except CourseError:
                found.append(None)
        return found


@recorded
def fit_law(
    law: Any,
    data: Mapping[str, ArrayLike] | pd.DataFrame,
    *,
    loss: str = "loss",
    start: Mapping[str, Start] | None = None,
    bounds: Mapping[str, tuple[float, float]] | None = None,
    fixed: Mapping[str, float | Formula] | None = None,
    tied: Mapping[str, str] | None = None,
    delta: float | None = None,
    weights: ArrayLike | None = None,
    groups: ArrayLike | None = None,
    seed: int = 0,
) -> LawFit[Any]:
    """Fit any formula to a table of runs, by least squares or Huber's loss on ln of its value.

    law: a dataclass whose fields are the parameters and whose `__call__` takes the variables, such
    as `ChinchillaLaw`; or a function whose first arguments are columns of the table and whose other
    arguments are the parameters. data: a table with a column (n,) per variable, and the loss (any
    positive quantity), in the column `loss`.

    start: for each parameter a number, or the range (low, high) to search; it may be left out if
    the law declares its own (`START`, as ours do), if both bounds are finite, or if there is a
    default. bounds: (low, high) of a parameter. Without bounds a parameter whose start is positive
    stays positive. fixed: parameters to hold, with their value; a law inside the law
    (`DistillationLaw.supervised`) may be held as a whole. tied: parameters that equal another,
    {"beta": "alpha"}. delta: Huber's, None for least squares. weights: one per run. groups: labels
    of runs that the bootstrap keeps together. seed: for the points that are searched; the best 8 of
    256 are refined by Gauss-Newton, the worse half of them only if the better half disagree.
    Returns what every other fit returns: `interval`, `profile`, `aic`, `influence` and so on.

    Raises CourseError for bad or too few runs, and for names that the formula does not have.

    >>> def law(N, D, *, E, A, B, alpha):       # one exponent for both
    ...     return E + A * N**-alpha + B * D**-alpha
    >>> N, D = np.geomspace(1e7, 1e9, 5), np.geomspace(1e8, 1e11, 5)
    >>> N, D = (values.ravel() for values in np.meshgrid(N, D))
    >>> runs = {"N": N, "D": D, "loss": law(N, D, E=1.7, A=400, B=900, alpha=0.35)}
    >>> ranges = {"E": (1, 2), "A": (10, 1e4), "B": (10, 1e4), "alpha": (0.1, 1)}
    >>> fit_law(law, runs, start=ranges).law
    law(E=1.7, A=400, B=900, alpha=0.35)
    """
    if not hasattr(data, "keys"):
        raise CourseError(
            "data must be a table: a data frame, or a dict with a column per variable."
        )
    if seed < 0:
        raise CourseError(f"seed must be a whole number >= 0, not {seed}.")
    table = {str(name): data[name] for name in data}
    form = _form(law, [name for name in table if name != loss])
    start, bounds = form.start(law) | dict(start or {}), dict(bounds or {})
    held, same = {k: float(v) for k, v in _unfolded(form, fixed or {}).items()}, dict(tied or {})
    _check_names(form, {"start": start, "bounds": bounds, "fixed": held, "tied": same})
    missing = [name for name in (*form.variables, loss) if name not in table]
    if missing or not form.variables:
        wanted = ", ".join(missing or ["at least one of the law's variables"])
        raise CourseError(f"The table lacks {wanted}; it has {', '.join(table)}.")
    for name, other in same.items():
        if name in held or other in same:
            raise CourseError(
                f"tied says that {name} equals {other}, but {name if name in held else other} is "
                f"{'fixed' if name in held else 'tied'} itself: tie parameters to one that is fitted."
            )
    chosen = [n for n in form.parameters if n not in held and n not in same]
    if not chosen:
        raise CourseError("All parameters are fixed, so there is nothing to fit.")
    (value,) = check_runs(len(chosen), None, **{loss: table[loss]})
    where = check_columns(len(value), **{name: table[name] for name in form.variables})
    columns = [*where, value]
    checked = check_weights(weights, len(value), len(chosen))
    together = check_groups(groups, *columns)
    free = [_parameter(name, start, bounds, form.defaults) for name in chosen]
    curve = _Curve(
        form=form,
        free=tuple(free),
        held=held,
        tied=same,
        where=tuple(where),
        y=np.log(value),
        weights=checked,
        delta=check_delta(delta),
        vectorised=False,
    )
    ranges = [_range(name, start, bounds, form.defaults) for name in chosen]
    starts = _searched(curve, free, ranges, np.random.default_rng(seed))
    curve = _vectorised(curve, starts)
    order = np.argsort(_errors(curve, starts), kind="stable")[:_POLISHED]
    solution = _raced(curve, starts[order])
    best = solution.best()
    theta = solution.theta[best]
    (fitted,) = curve.laws(theta[None])
    if fitted is None or not np.isfinite(solution.objective[best]):
        raise CourseError(
            "No start led to a law with positive values at all runs: give other ranges in start."
            + curve.complaint(starts[0])
        )
    idle = [
        p.name
        for p, slope in zip(free, curve.jacobian(theta[None])[1][0], strict=True)
        if not slope.any()
    ]
    if idle:
        *most, last = idle
        names = f"{', '.join(most)} and {last} change" if most else f"{last} changes"
        raise CourseError(
            f"{names} nothing at these runs: hold {'them' if most else 'it'} (fixed), add the columns "
            "that matter, or choose another law if the losses do not fall as this one says."
        )
    converged, how = convergence_message(solution)
    notes = list(together.notes)
    notes += [
        f"{p.name} stopped at its bound {float(p.value(theta)[j]):.4g}"
        for j, p in enumerate(free)
        if not curve.low[j] < theta[j] < curve.high[j]
    ]
    notes += [f"{name} is tied to {other}" for name, other in same.items()]
    return LawFit(
        law=fitted,
        parameters=form.parameters,
        held=tuple(held),
        variables=form.variables,
        loss=value,
        residuals=curve.log_loss(theta[None])[0] - curve.y,
        objective=float(solution.objective[best]),
        delta=delta,
        converged=converged,
        evidence=how,
        groups=together.numbers,
        grouped=together.grouped,
        notes=tuple(notes),
        data=dict(zip(form.variables, where, strict=True)),
        estimator=Estimator(curve, theta),
    )


def _check_names(form: _Form[Any], options: Mapping[str, Mapping[str, Any]]) -> None:
    for option, named in options.items():
        for name, other in named.items():
            for needed in (name, other) if option == "tied" else (name,):
                if needed not in form.parameters:
                    raise CourseError(
                        f"{option} mentions {needed}, but the law's parameters are "
                        f"{', '.join(form.parameters)}."
                    )


def _range(
    name: str,
    start: Mapping[str, Start],
    bounds: Mapping[str, tuple[float, float]],
    defaults: Mapping[str, float],
) -> tuple[float, float]:
    """Where to search for a parameter."""
    low, high = bounds.get(name, (-np.inf, np.inf))
    if not low < high:
        raise CourseError(f"The bounds of {name} must be (low, high), not ({low:g}, {high:g}).")
    if name in start:
        given = start[name]
        pair = tuple(given) if isinstance(given, tuple | list) else (given, given)
    elif np.isfinite([low, high]).all():
        pair = (low, high)
    elif name in defaults:
        pair = (defaults[name], defaults[name])
    else:
        raise CourseError(f"start needs a number or a range (low, high) for {name}.")
    if len(pair) != 2 or not (np.isfinite(pair).all() and pair[0] <= pair[1]):
        raise CourseError(
            f"The start of {name} must be a number or a range (low, high), not {pair}."
        )
    if pair[1] < low or pair[0] > high:
        raise CourseError(
            f"The start of {name}, {pair}, must lie within its bounds ({low:g}, {high:g})."
        )
    return max(float(pair[0]), low), min(float(pair[1]), high)


def _parameter(
    name: str,
    start: Mapping[str, Start],
    bounds: Mapping[str, tuple[float, float]],
    defaults: Mapping[str, float],
) -> _Parameter:
    first, last = _range(name, start, bounds, defaults)
    if name in bounds:
        low, high = bounds[name]
        log = low > 0
    else:
        log = first > 0
        low, high = (0.0, np.inf) if log else (-np.inf, np.inf)
    unit = max(abs(first), abs(last)) or 1.0
    return _Parameter(name, low, high, log, unit)


def _searched(
    curve: _Curve[Any],
    free: Sequence[_Parameter],
    ranges: Sequence[tuple[float, float]],
    rng: np.random.Generator,
) -> Array:
    """Points to start from: the middle of the ranges, and random ones in and a little around them."""
    low = np.array(
        [p.theta(max(a, 1e-12) if p.log else a) for p, (a, _) in zip(free, ranges, strict=True)]
    )
    high = np.array([p.theta(b) for p, (_, b) in zip(free, ranges, strict=True)])
    points = low + (high - low) * rng.uniform(size=(_SEARCHED, len(free)))
    narrow = high - low < 0.2  # a number, or nearly one: search around it
    points[1:, narrow] += 0.3 * rng.standard_normal((_SEARCHED - 1, int(narrow.sum())))
    points[0] = (low + high) / 2
    return np.clip(points, curve.low, curve.high)


def _vectorised(curve: _Curve[L], starts: Array) -> _Curve[L]:
    """The curve, evaluated for many parameters at once if its formula can do that."""
    from dataclasses import replace

    fast = replace(curve, vectorised=True)
    try:
        if fast.many(starts[:3]) is None:
            return curve
        same = np.allclose(
            fast.log_loss(starts[:3]), curve.log_loss(starts[:3]), rtol=1e-9, equal_nan=True
        )
    except Exception:  # a formula that was not written for arrays may fail in any way
        return curve
    return fast if same else curve


def _raced(curve: _Curve[Any], starts: Array) -> Solution:
    """Minimise from the starts (B, P): from all of them for a few steps, from the better half to
    the end. A start that is far behind by then hardly ever wins and takes most of the time; only
    if the better half disagree is every start followed to the end.
    """
    solution = gauss_newton.minimise(
        curve, starts, curve.y, curve.weights, curve.delta, most=_FIRST_STEPS
    )
    half = -(-len(starts) // 2)
    ahead = np.argsort(np.argsort(solution.objective, kind="stable")) < half
    solution = solution.replaced(ahead, search(curve, solution.theta[ahead]))
    lowest = solution.objective[solution.best()]
    agree = solution.converged & (solution.objective <= lowest * (1 + 1e-6) + 1e-24)
    return solution if 2 * agree.sum() >= half else search(curve, starts)


def _errors(curve: _Curve[Any], starts: Array) -> Array:
    """The mean absolute error of ln L at each start, inf where the formula gives no loss."""
    with np.errstate(invalid="ignore"):
        error = (curve.weights * np.abs(curve.log_loss(starts) - curve.y)).sum(1)
    return np.where(np.isfinite(error), error, np.inf)
