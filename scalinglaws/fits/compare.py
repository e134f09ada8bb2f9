"""Choose between laws by their error on runs left out of the fit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from ..errors import CourseError


def compare_held_out(
    models: Mapping[str, Callable[..., Any]],
    *columns: ArrayLike,
    loss: ArrayLike,
    held_out: ArrayLike,
) -> pd.DataFrame:
    """Fit every model to the other runs and score it on the held-out ones, best first.

    models: {name: function}. Each is a function fit(*columns, loss) that returns a fit (anything
    with `predict`), or a function of the columns. columns: what the law depends on, such as x, or N
    and D, each (n,). held_out: mask (n,), True for the runs to predict; for a test of extrapolation
    these are the runs of the largest budgets.

    Returns a table with, for each model, the root mean square of ln L_model - ln L inside the fit
    and on the held-out runs (times 100: about per cent), and the mean signed error there (negative:
    too optimistic). For a model that cannot be fitted, these are nan, and `problem` says why.

    >>> from scalinglaws.fits import fit_power_law
    >>> x = np.geomspace(1e6, 1e10, 12)
    >>> models = {
    ...     "with a floor": fit_power_law,
    ...     "without": lambda x, loss: fit_power_law(x, loss, floor=False),
    ... }
    >>> table = compare_held_out(models, x, loss=1.7 + 400 * x**-0.34, held_out=x > 1e9)
    >>> list(table.index)
    ['with a floor', 'without']
    """
    inputs = [np.asarray(column, dtype=float) for column in columns]
    loss, held_out = np.asarray(loss, dtype=float), np.asarray(held_out, dtype=bool)
    if any(column.shape != loss.shape for column in inputs) or held_out.shape != loss.shape:
        raise CourseError("columns, loss and held_out must have one value for each run.")
    if held_out.all() or not held_out.any():
        raise CourseError(
            f"held_out selects {held_out.sum()} of {len(loss)} runs: some must be left out and some kept."
        )
    if results := [name for name, fit in models.items() if not callable(fit)]:
        raise CourseError(
            f"{', '.join(results)}: models must be functions that fit, such as fit_chinchilla, not "
            "what they return."
        )
    rows = {}
    for name, fit in models.items():
        row: dict[str, float | str] = {
            "inside_rmse_percent": np.nan,
            "held_out_rmse_percent": np.nan,
        }
        row |= {"held_out_bias_percent": np.nan, "problem": ""}
        try:
            fitted = fit(*(column[~held_out] for column in inputs), loss[~held_out])
            predict = getattr(fitted, "predict", fitted)
            error = np.log(np.asarray(predict(*inputs)) / loss)
            row["inside_rmse_percent"] = 100 * float(np.sqrt(np.mean(error[~held_out] ** 2)))
            row["held_out_rmse_percent"] = 100 * float(np.sqrt(np.mean(error[held_out] ** 2)))
            row["held_out_bias_percent"] = 100 * float(np.mean(error[held_out]))
        except CourseError as problem:
            row["problem"] = str(problem)
        rows[name] = row
    return pd.DataFrame(rows).T.infer_objects().sort_values("held_out_rmse_percent", kind="stable")
