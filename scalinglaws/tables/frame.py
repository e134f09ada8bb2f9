"""Columns and rows of a data frame, with the types that pandas leaves open."""

from __future__ import annotations

from typing import cast

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray


def numbers(table: pd.DataFrame, name: str) -> NDArray[np.float64]:
    """A column of numbers (n,)."""
    return np.asarray(table[name], dtype=float)


def texts(table: pd.DataFrame, name: str) -> list[str]:
    """A column of texts; a float is written as briefly as possible.

    >>> texts(pd.DataFrame({"x": [1.0, 0.5]}), "x")
    ['1', '0.5']
    """
    return [f"{value:g}" if isinstance(value, float) else str(value) for value in table[name]]


def keep(table: pd.DataFrame, mask: ArrayLike) -> pd.DataFrame:
    """The rows that a mask selects, numbered from 0 again."""
    return cast(pd.DataFrame, table[np.asarray(mask, dtype=bool)]).reset_index(drop=True)


def lines(table: pd.DataFrame, mask: ArrayLike) -> list[int]:
    """The lines of the file with the rows that a mask selects."""
    return [int(line) for line in numbers(table, "line")[np.asarray(mask, dtype=bool)]]
