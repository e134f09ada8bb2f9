"""Fit laws of any number of proportions or capabilities."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..errors import CourseError
from ..laws import MixingLaw, ObservationalLaw
from .general import FunctionLaw, LawFit, fit_law
from .store import recorded
from .validate import check_runs


def _function(
    formula: Callable[..., Any], variables: Sequence[str], parameters: Sequence[str]
) -> Callable[..., Any]:
    """A formula of *args and **kwargs, with the signature that `fit_law` reads."""
    kinds = inspect.Parameter
    signature = [kinds(name, kinds.POSITIONAL_ONLY) for name in variables]
    signature += [kinds(name, kinds.KEYWORD_ONLY) for name in parameters]
    formula.__signature__ = inspect.Signature(signature)  # type: ignore[attr-defined]
    return formula


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class MixingFit(LawFit[FunctionLaw]):
    """The fit of a mixing law; `mixing` is the `MixingLaw`."""

    @property
    def mixing(self) -> MixingLaw:
        """The law as a `MixingLaw`, to be put into `best_mixture`."""
        return mixing_law(self.law)


def mixing_law(law: FunctionLaw) -> MixingLaw:
    """The `MixingLaw` of a fitted or resampled law, for intervals of quantities computed from it."""
    t = tuple(value for name, value in law.values.items() if name.startswith("t"))
    return MixingLaw(law.c, law.k, t)


@recorded
def fit_mixing(r: ArrayLike, loss: ArrayLike, *, groups: ArrayLike | None = None) -> MixingFit:
    """Fit one domain's loss against the proportions trained on (`MixingLaw`; Ye et al. 2024, eq.
    7).

    r: proportions (n, domains), each row summing to 1. loss: on the validation domain (n,). groups:
    labels of runs that the bootstrap keeps together. The coefficient of the last domain is held at
    0: since the proportions sum to 1, only differences of t count, and k absorbs the rest.

    Raises CourseError for bad proportions or too few runs.

    >>> truth = MixingLaw(c=2.0, k=1.2, t=(-1.5, 0.0))
    >>> share = np.linspace(0, 1, 9)
    >>> r = np.stack([share, 1 - share], axis=1)
    >>> fit = fit_mixing(r, truth(r))
    >>> round(fit.mixing.c, 3), round(fit.mixing.t[0], 3)
    (2.0, -1.5)
    """
    shares = np.asarray(r, dtype=float)
    if shares.ndim != 2 or shares.shape[1] < 2:
        raise CourseError(
            "r must be a table (runs, domains) of proportions, of at least 2 domains."
        )
    domains = shares.shape[1]
    (y,) = check_runs(domains + 1, {"loss": 3}, loss=loss)
    if len(y) != len(shares):
        raise CourseError("r and loss must have one row for each run.")
    MixingLaw(0.0, 1.0, (0.0,) * domains)(shares)  # raises if the proportions are invalid
    variables = [f"r{i + 1}" for i in range(domains)]
    parameters = ["c", "k", *(f"t{i + 1}" for i in range(domains))]

    def law(*where: Any, **values: Any) -> Any:
        power = sum(values[f"t{i + 1}"] * share for i, share in enumerate(where))
        return values["c"] + values["k"] * np.exp(power)

    fit = fit_law(
        _function(law, variables, parameters),
        {**dict(zip(variables, shares.T, strict=True)), "loss": y},
        start={
            "c": (0.3 * float(y.min()), 0.99 * float(y.min())),
            "k": (0.05 * float(y.max()), float(y.max())),
            **{f"t{i + 1}": (-3.0, 3.0) for i in range(domains - 1)},
        },
        fixed={f"t{domains}": 0.0},
        groups=groups,
    )
    return MixingFit(**{item.name: getattr(fit, item.name) for item in fields(fit)})


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ObservationalFit(LawFit[FunctionLaw]):
    """The fit of an observational law; `observational` is the `ObservationalLaw`."""

    @property
    def observational(self) -> ObservationalLaw:
        """The law as an `ObservationalLaw`."""
        values = self.law.values
        weights = tuple(value for name, value in values.items() if name.startswith("w"))
        return ObservationalLaw(weights, values["bias"], values["height"])


@recorded
def fit_observational(
    S: ArrayLike,
    score: ArrayLike,
    *,
    height: float = 1.0,
    groups: ArrayLike | None = None,
) -> ObservationalFit:
    """Fit a task's score as a sigmoid of capabilities (`ObservationalLaw`; Ruan et al. 2024).

    S: capabilities (n, components), from `capabilities`, or ln C of one family of models (n, 1).
    score: of the task, between 0 and `height` (n,). groups: labels, such as families of models,
    that the bootstrap keeps together.

    Raises CourseError for scores out of range or too few models.

    >>> S = np.linspace(-1, 1, 12)[:, None]
    >>> truth = ObservationalLaw(weights=(3.0,), bias=-0.5)
    >>> fit = fit_observational(S, truth(S))
    >>> round(fit.observational.weights[0], 4), round(fit.observational.bias, 4)
    (3.0, -0.5)
    """
    table = np.asarray(S, dtype=float)
    if table.ndim != 2:
        raise CourseError("S must be a table (models, components) of capabilities.")
    components = table.shape[1]
    (y,) = check_runs(components + 1, {"score": 3}, score=score)
    if not 0 < height <= 1 or np.any(y > height):
        raise CourseError(f"score must lie between 0 and the height, {height:g}, itself at most 1.")
    variables = [f"S{i + 1}" for i in range(components)]
    weights = [f"w{i + 1}" for i in range(components)]

    def law(*where: Any, **values: Any) -> Any:
        z = values["bias"] + sum(
            values[w] * column for w, column in zip(weights, where, strict=True)
        )
        return values["height"] * np.exp(-np.logaddexp(0.0, -z))

    # A straight line through the logits gives the start.
    share = np.clip(y / height, 0.02, 0.98)
    design = np.column_stack([table, np.ones(len(y))])
    line = np.linalg.lstsq(design, np.log(share / (1 - share)))[0]
    wide = 0.5 * np.abs(line) + 0.5
    names = [*weights, "bias"]
    fit = fit_law(
        _function(law, variables, [*names, "height"]),
        {**dict(zip(variables, table.T, strict=True)), "score": y},
        loss="score",
        start={
            name: (float(at - by), float(at + by))
            for name, at, by in zip(names, line, wide, strict=True)
        },
        bounds={name: (-1e6, 1e6) for name in names},
        fixed={"height": height},
        groups=groups,
    )
    return ObservationalFit(**{item.name: getattr(fit, item.name) for item in fields(fit)})
