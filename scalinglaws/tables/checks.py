"""What a table of runs seldom means: questions that the user answers, rather than a fit of nonsense.

Each question says what was seen, what would repair it, and which word of `accept` means "that is right".
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

import numpy as np
import pandas as pd

from ..errors import CourseError
from .columns import Found, loss_unit_by_name
from .numbers import PF_DAY

# The words that answer a question with "yes, that is right".
ACCEPTABLE = ("ratio", "flops", "scale", "loss", "repeats", "checkpoints", "experiments", "columns")

_POWERS = {1e3: "K", 1e6: "M", 1e9: "B", 1e12: "T"}
_FLOP_UNITS = {1e9: "GF", 1e12: "TF", 1e15: "PF", 1e18: "EF", 1e21: "ZF", PF_DAY: "PF-days"}

# Columns of text that tell no experiments apart: remarks, machines, and the like.
_NO_EXPERIMENT = re.compile(
    r"(^|_)(outlier|reason|status|state|note|notes|comment|date|time|created|user|host|hostname|cpu|gpu|device|machine"
    r"|tags?|url|path|file|mode|notes|dtype|commit|hash|version|numpy|engine|size|checkpoint|colou?r|marker|label)($|_)"
)


def ask(
    table: pd.DataFrame,
    found: dict[str, Found],
    given_units: Collection[str],
    accept: Collection[str],
    *,
    surface: bool,
    curves: bool,
    by: str | None,
    place: str,
    derived: str,
    labels: Sequence[str],
    unknown: Sequence[str],
) -> None:
    """Raise CourseError with the first question that the table raises and `accept` does not answer.

    surface: whether the law to fit has N and D (then their units matter). curves: whether the fit wants all
    checkpoints of a run. by: the column of which each value is fitted by itself. place: what `line` counts. derived:
    the one of N, D and C that the file does not have, or "". labels: its columns of words. unknown: its columns of
    numbers that have no meaning yet.
    """
    written = [name for name in ("N", "D", "C") if name in table and name != derived]
    questions = (
        *_logarithms(table, [name for name in written if name not in given_units]),
        *(_scales(table, written) if surface else ()),
        *_loss(table, found, given_units),
        *(_ratio(table, given_units, derived) if surface else ()),
        *(_flops(table) if surface and not derived else ()),
        *(() if curves else _checkpoints(table, place)),
        *_repeats(table, found),
        *(() if by or curves else _experiments(table, labels)),
        *_columns(table, written, unknown),
    )
    for word, text in questions:
        if word not in accept:
            raise CourseError(f"{text}; if it is right as it stands, add --accept {word}.")


def _log_span(values: pd.Series) -> tuple[float, float, float]:
    low, middle, high = np.quantile(values.to_numpy(dtype=float), [0, 0.5, 1])
    return float(low), float(middle), float(high)


def _logarithms(table: pd.DataFrame, names: Sequence[str]) -> Iterator[tuple[str, str]]:
    for name in names:
        low, _, high = _log_span(table[name])
        if 2 < low and high < 70 and high / low < 4 and table[name].nunique() > 2:
            base = "log10" if high < 28 else "ln"
            yield (
                "scale",
                f"{name} lies between {low:.4g} and {high:.4g}: if that is {base} {name}, add --unit {name}={base}"
                f"{'' if name == 'C' else f', and if it counts millions or billions, --unit {name}=M or {name}=B'}",
            )


def _scales(table: pd.DataFrame, written: Collection[str]) -> Iterator[tuple[str, str]]:
    for name, least, units in (("N", 1e4, "M or B"), ("D", 1e5, "M, B or T"), ("C", 1e10, "EF or ZF")):
        if name not in written:
            continue
        ordered = np.sort(table[name].to_numpy(dtype=float))
        gaps = ordered[1:] / ordered[:-1]
        if len(gaps) and gaps.max() >= least:
            at = int(gaps.argmax())
            yield (
                "scale",
                f"{name} jumps from {ordered[at]:.4g} to {ordered[at + 1]:.4g}, as if some rows were in other units "
                f"({units}): write them all in one unit",
            )


def _loss(
    table: pd.DataFrame, found: dict[str, Found], given: Collection[str]
) -> Iterator[tuple[str, str]]:
    if "loss" in given or found["loss"].unit is not None:
        return
    low, _, high = _log_span(table["loss"])
    column = found["loss"].column
    kind = loss_unit_by_name(column)
    if kind == "ppl" or high > 13:
        yield (
            "loss",
            f"{column} lies between {low:.3g} and {high:.3g}, which looks like a perplexity rather than nats: "
            "to fit its logarithm add --unit loss=ppl",
        )
    elif kind == "bpb" or high < 1.5:
        yield (
            "loss",
            f"{column} lies between {low:.3g} and {high:.3g}, which looks like bits per byte rather than nats per token: "
            "add --unit loss=bpb for nats per byte, --unit loss=bpb*4.5 (bytes per token) for nats per token, or "
            "--unit loss=nats",
        )


def _nearest(factor: float, units: dict[float, str]) -> str | None:
    """The unit that a factor is within three of."""
    scale = min(units, key=lambda unit: abs(np.log(unit / factor)))
    return units[scale] if abs(np.log(scale / factor)) < np.log(3.2) else None


def _ratio(
    table: pd.DataFrame, given: Collection[str], derived: str
) -> Iterator[tuple[str, str]]:
    if not {"N", "D"} <= set(table):
        return
    ratio = float(np.median(table["D"] / table["N"]))
    most_N, most_D = float(table["N"].max()), float(table["D"].max())
    units = "add --unit, such as --unit N=M,D=B"
    if most_N < 1000 and "N" not in given:
        yield "ratio", f"N is at most {most_N:.4g}, and no language model is so small: {units}"
    if most_D < 10_000 and "D" not in given:
        yield "ratio", f"D is at most {most_D:.4g} tokens, which trains no language model: {units}"
    if not 0.03 <= ratio <= 1e5:
        hint = units
        if ratio > 1e5 and (unit := _nearest(ratio / 30, _POWERS)):
            hint = f"if N is in {unit}, add --unit N={unit}"
        elif ratio < 0.03 and derived == "D":
            unit = _nearest(20 / ratio, _FLOP_UNITS)
            hint = f"if C is in {unit}, add --unit C={unit}" if unit else "is C in FLOPs? If not, add --unit C=EF"
        elif ratio < 0.03 and (unit := _nearest(20 / ratio, _POWERS)):
            hint = f"if D is in {unit}, add --unit D={unit}"
        yield "ratio", f"The runs have {ratio:.3g} tokens per parameter, which is not plausible: {hint}"


def _flops(table: pd.DataFrame) -> Iterator[tuple[str, str]]:
    if not {"N", "D", "C"} <= set(table):
        return
    ratio = (table["C"] / (6 * table["N"] * table["D"])).to_numpy(dtype=float)
    middle = float(np.median(ratio))
    if not 0.2 <= middle <= 5:
        unit = _nearest(1 / middle, _FLOP_UNITS)
        if unit is not None:
            hint = f"if C is in {unit}, add --unit C={unit}"
        else:
            hint = "check which columns N, D and C are, and their units (--unit N=M,D=B,C=EF)"
        yield "flops", f"C is {middle:.3g} times 6·N·D: {hint}"
    elif ratio.max() / ratio.min() > 30:
        yield (
            "flops",
            f"C is between {ratio.min():.3g} and {ratio.max():.3g} times 6·N·D, so some runs have another N, D or C than "
            "the table says: check those rows",
        )


def _checkpoints(table: pd.DataFrame, place: str) -> Iterator[tuple[str, str]]:
    if "run" not in table or not {"D", "step"} & set(table):
        return
    labelled = table[table["run"] != ""]
    order = "D" if "D" in table else "step"
    several = labelled.groupby("run")[order].nunique()
    if len(several) < 2 or (several > 1).mean() < 0.5:
        return
    if "N" in table and (labelled.groupby("run")["N"].nunique() > 1).any():
        return  # a run has one size: these labels are something else
    yield (
        "checkpoints",
        f"The {len(several)} runs have {len(labelled) / len(several):.3g} {place}s each: a loss in the middle of a "
        "schedule is higher than that of a run that ends there, so add --last for the last checkpoint of each run, "
        "or --method envelope to fit the curves",
    )


def _repeats(table: pd.DataFrame, found: dict[str, Found]) -> Iterator[tuple[str, str]]:
    if "U" in table and "D" in table:
        epochs = (table["D"] / table["U"]).to_numpy(dtype=float)
        where = f"{found['U'].column}"
    elif "epochs" in table and "step" not in found:
        epochs = table["epochs"].to_numpy(dtype=float)
        where = found["epochs"].column
    else:
        return
    repeated = epochs > 1.05
    if repeated.any():
        yield (
            "repeats",
            f"{repeated.sum()} of {len(table)} runs repeat their data (up to {epochs.max():.3g} epochs by the column "
            f"{where!r}), and this law takes every token for a fresh one: fit the worth of repeated tokens with "
            "--method repeated, or leave them out with --where 'epochs<=1'",
        )


def _experiments(table: pd.DataFrame, labels: Sequence[str]) -> Iterator[tuple[str, str]]:
    variable = next(name for name in ("N", "D", "C") if name in table)
    for column in labels:
        if _NO_EXPERIMENT.search(re.sub(r"[^a-z0-9]+", "_", column.lower())):
            continue
        counts = table[column].replace("", np.nan).value_counts()
        large = counts[counts >= 4].index
        if not 2 <= len(counts) <= max(50, len(table) // 4) or len(large) < 2:
            continue
        spread = table[table[column].isin(large)].groupby(column)[variable].nunique()
        if (spread < 2).all():
            continue  # the column only spells the size in words
        shown = ", ".join(map(str, counts.index[:3])) + (" …" if len(counts) > 3 else "")
        yield (
            "experiments",
            f"{column} has {len(counts)} values ({shown}): fit each by itself with --by {column}, or one with "
            f"--where {column}={counts.index[0]}",
        )


def _columns(
    table: pd.DataFrame, written: Sequence[str], unknown: Sequence[str]
) -> Iterator[tuple[str, str]]:
    """One variable, yet runs that agree in it differ in loss: another column may matter."""
    if len(written) != 1 or not unknown:
        return
    x = table[written[0]]
    between = np.log(table["loss"]).groupby(x.to_numpy()).mean()
    within = float((np.log(table["loss"]) - between.reindex(x).to_numpy()).std())
    if x.nunique() <= len(x) / 2 and within > 0.02:
        missing = "N" if written[0] != "N" else "D"
        yield (
            "columns",
            f"{written[0]} is the only variable that has a known name, and runs that agree in it differ in loss by "
            f"{100 * within:.2g} %: if {unknown[0]!r} is {missing}, add --columns {missing}={unknown[0]}",
        )


def repeated_rows(table: pd.DataFrame) -> pd.Series:
    """The rows that repeat an earlier one in every column of the file."""
    return table.drop(columns=["line"]).duplicated()
