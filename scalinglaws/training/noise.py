"""The spread between runs that differ only in their seed. Does not import the engine."""

from typing import Any

import numpy as np
import pandas as pd

from .config import CONFIG_FIELDS


def seed_noise(runs: pd.DataFrame) -> pd.DataFrame:
    """Groups of runs that differ only in their seed: their number, mean loss and standard
    deviation.
    """
    same = [name for name in CONFIG_FIELDS if name != "seed" and name in runs]
    noise: Any = (
        runs.groupby(same, dropna=False)["loss"].agg(["count", "mean", "std"]).reset_index()
    )
    return noise[noise["count"] > 1]


def pooled(noise: pd.DataFrame) -> tuple[float, float]:
    """The standard deviation between seeds pooled over settings: (nats per byte, relative).

    noise: rows of `seed_noise`. Both are nan if there are none.
    """
    if noise.empty:
        return float("nan"), float("nan")
    weights = noise["count"] - 1
    absolute = np.average(noise["std"] ** 2, weights=weights)
    relative = np.average((noise["std"] / noise["mean"]) ** 2, weights=weights)
    return float(np.sqrt(absolute)), float(np.sqrt(relative))
