"""Questions to the user about a table that looks wrong, instead of a fit of nonsense.

Each question says what was seen, how to fix it, and which word of `accept` means "that is right".
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import CourseError
from .columns import NAMES, Found, loss_unit_by_name, normalised
from .files import lines_in_words, listed, shortened
from .frame import lines, numbers, texts
from .numbers import PF_DAY, parse_number

# The words that answer a question with "yes, that is right".
ACCEPTABLE = ("ratio", "flops", "scale", "loss", "repeats", "checkpoints", "experiments", "columns")

# Tokens per parameter, the median over the runs: Gopher has 1, and Qwen3-0.6B 60,000.
_FEWEST, _MOST = 0.1, 1e5

# Runs of one N (or D, or C) whose losses differ by more than this do not differ by chance alone.
_SCATTER = 0.015

# D/N of a few runs this far from that of all others is a slip in N or D.
_SLIP = 30.0

# Nats per token: a model that has learnt nothing has the logarithm of its vocabulary, 12 or less.
_WORST = 13.0

# N and D count as tied if runs lie at most this far (rms) from a line of ln D against ln N.
_TIED = 0.05

_HYPERPARAMETER = re.compile(
    r"(^|_)(lr|learning_rate|max_lr|peak_lr|batch|batch_size|bs|gbs|gbsz|warmup|weight_decay|wd|dropout"
    r"|beta2|beta_2)($|_)"
)

_ACTIVE = re.compile(r"(^|_)(n_?)?(act|active|activated)($|_)")
_EXPERTS = re.compile(r"(^|_)(n_?|num_?)?(experts?|granularity|sparsity|expansion)($|_)")
_SIZE = re.compile(r"(^|[^0-9a-z.])\d+(\.\d+)? ?[kmb]($|[^0-9a-z])", re.IGNORECASE)

_POWERS = {1e3: "K", 1e6: "M", 1e9: "B", 1e12: "T"}
_FLOP_UNITS = {1e9: "GF", 1e12: "TF", 1e15: "PF", 1e18: "EF", 1e21: "ZF", PF_DAY: "PF-days"}

# Columns of numbers that are neither N, D nor C.
_NO_VARIABLE = re.compile(
    _HYPERPARAMETER.pattern
    + r"|(^|_)(d_model|width|dim|hidden|layers?|n_layer|depth|heads?|n_heads?|head_dim|ffn?|vocab|seq_len"
    r"|context|ratio|multiplier|time|runtime|seconds|hours|std|se|acc|accuracy|seed|loss|x|y)($|_)"
)

# Columns of text that do not distinguish experiments: remarks, machines, and the like.
_NO_EXPERIMENT = re.compile(
    r"(^|_)(outlier|reason|status|state|notes?|comment|date|time|created|user|host|hostname"
    r"|cpu|gpu|device|machine|tags?|url|path|file|mode|dtype|commit|hash|version|numpy|engine"
    r"|size|checkpoint|colou?r|marker|label)($|_)"
)


def ask(
    table: pd.DataFrame,
    found: dict[str, Found],
    given_units: Collection[str],
    accept: Collection[str],
    *,
    surface: bool,
    repeats: bool,
    curves: bool,
    by: str | None,
    place: str,
    derived: str,
    variables: Sequence[str],
    labels: Sequence[str],
    unknown: Sequence[str],
    numeric: Sequence[str],
) -> None:
    """Raise CourseError with the first question that the table raises and `accept` does not answer.

    repeats: whether the law allows for repeated data. surface: whether the law has N and D (then
    their units matter). curves: whether the fit needs all checkpoints of a run. by: the column
    whose values are fitted separately. place: what `line` counts. derived: the one of N, D and C
    that the file does not have, or "". variables: those of N, D and C that the fit depends on.
    labels: the columns of words. unknown: the columns of numbers without a known meaning. numeric:
    the same, whatever the law needs.
    """
    written = [name for name in ("N", "D", "C") if name in found]
    questions = (
        *_logarithms(table, [name for name in written if name not in given_units]),
        *(_scales(table, written) if surface else ()),
        *_loss(table, found, given_units, place),
        *(_ratio(table, given_units, derived) if surface else ()),
        *(_odd_ratios(table, place) if surface else ()),
        *(_flops(table) if surface and not derived else ()),
        *(_tied(table) if surface else ()),
        *(() if curves else _checkpoints(table, place)),
        *(() if repeats else _repeats(table, found)),
        *_active(table, found, numeric),
        *(() if by or curves else _experts(table)),
        *(() if by or curves else _experiments(table, labels)),
        *(() if curves else _differences(table, variables, by)),
        *_alone(table, variables, unknown),
    )
    for word, text in questions:
        if word not in accept:
            raise CourseError(f"{text}; if it is right as it stands, add --accept {word}.")


def _range(table: pd.DataFrame, name: str) -> tuple[float, float]:
    values = numbers(table, name)
    return float(values.min()), float(values.max())


def _logarithms(table: pd.DataFrame, names: Sequence[str]) -> Iterator[tuple[str, str]]:
    for name in names:
        low, high = _range(table, name)
        if low > 2 and high < 70 and high / low < 4 and len(np.unique(numbers(table, name))) > 2:
            base = "ln" if low > (30 if name == "C" else 15) else "log10"
            yield (
                "scale",
                f"{name} lies between {low:.4g} and {high:.4g}: if that is {base} {name}, add "
                f"--unit {name}={base}"
                + ("" if name == "C" else f", and if it counts millions, --unit {name}=M"),
            )


def _scales(table: pd.DataFrame, written: Collection[str]) -> Iterator[tuple[str, str]]:
    for name, least, units in (
        ("N", 1e3, "M or B"),
        ("D", 1e4, "M, B or T"),
        ("C", 1e10, "EF or ZF"),
    ):
        if name not in written:
            continue
        ordered = np.sort(numbers(table, name))
        gaps = ordered[1:] / ordered[:-1]
        if len(gaps) and gaps.max() >= least:
            at = int(gaps.argmax())
            yield (
                "scale",
                f"{name} jumps from {ordered[at]:.4g} to {ordered[at + 1]:.4g}, as if some rows "
                f"were in other units "
                f"({units}): write them all in one unit",
            )


def _loss(
    table: pd.DataFrame, found: dict[str, Found], given: Collection[str], place: str
) -> Iterator[tuple[str, str]]:
    if "loss" in given or found["loss"].unit is not None:
        return
    low, high = _range(table, "loss")
    column = found["loss"].column
    kind = loss_unit_by_name(column)
    values = numbers(table, "loss")
    large = values > _WORST
    if kind != "ppl" and large.any() and large.mean() < 0.2 and np.median(values) < 6:
        yield (
            "loss",
            f"{column} is {high:.3g} in {lines_in_words(lines(table, large), place)} and at most "
            f"{values[~large].max():.3g} elsewhere, and no model is so bad in nats per token: leave "
            f"such runs out with --where 'loss<{_WORST:g}'",
        )
    elif (few := _far_below(values)).any():
        yield (
            "loss",
            f"{column} is {low:.3g} in {lines_in_words(lines(table, few), place)} and at least "
            f"{values[~few].min():.3g} elsewhere: leave such runs out with "
            f"--where 'loss>{values[few].max() * 1.01:.3g}'",
        )
    elif kind == "ppl" or high > _WORST:
        yield (
            "loss",
            f"{column} lies between {low:.3g} and {high:.3g}, which looks like a perplexity rather "
            f"than nats: "
            "to fit its logarithm add --unit loss=ppl",
        )
    elif kind == "bpb" or high < 1.5:
        yield (
            "loss",
            f"{column} lies between {low:.3g} and {high:.3g}, which looks like bits per byte "
            f"rather than nats per token: "
            "add --unit loss=bpb for nats per byte, --unit loss=bpb*4.5 (bytes per token) for nats "
            "per token, or "
            "--unit loss=nats",
        )


def _far_below(values: NDArray[np.float64], factor: float = 5.0) -> NDArray[np.bool_]:
    """The few values that a gap of this factor or more separates from the others (n,)."""
    ordered = np.sort(values)
    gaps = np.flatnonzero(ordered[1:] >= factor * ordered[:-1]) + 1
    few = [at for at in gaps if at <= len(values) / 10]
    return values < ordered[few[-1]] if few else np.zeros(len(values), dtype=bool)


def _nearest(factor: float, units: dict[float, str]) -> str | None:
    """The unit within a factor of three."""
    scale = min(units, key=lambda unit: abs(np.log(unit / factor)))
    return units[scale] if abs(np.log(scale / factor)) < np.log(3.2) else None


def _ratio(table: pd.DataFrame, given: Collection[str], derived: str) -> Iterator[tuple[str, str]]:
    if not {"N", "D"} <= set(table):
        return
    N, D = numbers(table, "N"), numbers(table, "D")
    ratio, most_N, most_D = float(np.median(D / N)), float(N.max()), float(D.max())
    units = "add --unit, such as --unit N=M,D=B"
    if most_N < 1000 and "N" not in given:
        yield "ratio", f"N is at most {most_N:.4g}, and no language model is so small: {units}"
    if most_D < 10_000 and "D" not in given and derived != "D":
        yield "ratio", f"D is at most {most_D:.4g} tokens, which trains no language model: {units}"
    if not _FEWEST <= ratio <= _MOST:
        hint = units
        if ratio > _MOST and (unit := _nearest(ratio / 30, _POWERS)):
            hint = f"if N is in {unit}, add --unit N={unit}"
        elif derived == "D":
            unit = _nearest(20 / ratio, _FLOP_UNITS)
            hint = (
                f"if C is in {unit}, add --unit C={unit}"
                if unit
                else "is C in FLOPs? If not, add --unit C=EF"
            )
        elif 1 <= 1 / ratio <= 1000:
            hint = "if N and D are swapped, correct that with --columns N=…,D=…"
        elif ratio < _FEWEST and (unit := _nearest(20 / ratio, _POWERS)):
            hint = f"if D is in {unit}, add --unit D={unit}"
        yield (
            "ratio",
            f"The runs have {ratio:.3g} tokens per parameter, which is not plausible: {hint}",
        )


def _odd_ratios(table: pd.DataFrame, place: str) -> Iterator[tuple[str, str]]:
    """Ask about a few runs whose N, D or D/N is far from all others, as after a slip of the pen."""
    if not {"N", "D"} <= set(table):
        return
    N, D = numbers(table, "N"), numbers(table, "D")
    for what, values, far, side, others in (
        ("D/N", D / N, _far_below(D / N, _SLIP), "at least", np.min),
        ("D/N", D / N, _far_below(N / D, _SLIP), "at most", np.max),
        ("N", N, _far_below(N, 3 * _SLIP), "at least", np.min),
        ("D", D, _far_below(D, 3 * _SLIP), "at least", np.min),
    ):
        if far.any():
            yield (
                "ratio",
                f"{what} is {values[far][0]:.3g} in {lines_in_words(lines(table, far), place)} and "
                f"{side} {others(values[~far]):.3g} elsewhere: check N and D there",
            )


def _tied(table: pd.DataFrame) -> Iterator[tuple[str, str]]:
    """D ∝ N^k throughout, or nearly: the runs lie on a line and do not determine a surface."""
    if len(table) < 6 or not {"N", "D"} <= set(table):
        return
    z = np.log(np.stack([numbers(table, "N"), numbers(table, "D")], axis=1))
    if min(len(np.unique(column)) for column in z.T) < 3:
        return
    z = z - z.mean(0)
    if np.ptp(z.sum(1)) < 0.1 and np.ptp(z[:, 0]) > 0.5:
        C = 6 * numbers(table, "N") * numbers(table, "D")
        yield (
            "ratio",
            f"All runs have about the same C ({np.median(C):.3g} FLOPs): they show the best N for that "
            "budget and no law, so add runs at other budgets",
        )
        return
    small, large = np.linalg.svd(z, compute_uv=False)[::-1] / np.sqrt(len(z))
    if small < max(1e-6 * large, min(_TIED, 0.1 * large)):
        yield (
            "ratio",
            "N and D are tied to each other in these runs (D ∝ N^k), so their effects cannot be "
            "told apart: add runs off "
            "that line, or fit a law of one variable with --method power",
        )


def _flops(table: pd.DataFrame) -> Iterator[tuple[str, str]]:
    if not {"N", "D", "C"} <= set(table):
        return
    ratio = numbers(table, "C") / (6 * numbers(table, "N") * numbers(table, "D"))
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
            f"C is between {ratio.min():.3g} and {ratio.max():.3g} times 6·N·D, so N, D or C "
            "is wrong for some runs: check those rows",
        )


def _checkpoints(table: pd.DataFrame, place: str) -> Iterator[tuple[str, str]]:
    if _is_one_curve(table):
        yield (
            "checkpoints",
            f"These {len(table)} {place}s seem to be the checkpoints of one run, and a loss in the "
            "middle of a schedule is higher than that of a run that ends there: a law needs the "
            "last loss of each of several runs",
        )
        return
    if "run" not in table and {"N", "D", "step"} <= set(table):
        yield from _steps(table)
    if "run" not in table or not {"D", "step"} & set(table):
        return
    order = numbers(table, "D" if "D" in table else "step")
    sizes = numbers(table, "N") if "N" in table else np.zeros(len(table))
    points: dict[str, set[float]] = {}
    of_run: dict[str, set[float]] = {}
    for run, point, size in zip(texts(table, "run"), order, sizes, strict=True):
        if run:
            points.setdefault(run, set()).add(float(point))
            of_run.setdefault(run, set()).add(float(size))
    several = sum(len(found) > 1 for found in points.values())
    if len(points) < 2 or several < len(points) / 2:
        return
    if any(len(found) > 1 for found in of_run.values()):
        return  # a run has one size, so these are not labels of runs
    each = len(table) / len(points)
    yield (
        "checkpoints",
        f"The {len(points)} runs have {each:.3g} {place}s each: a loss in the middle of a "
        "schedule is higher than that of a run that ends there, so add --last for the last "
        "checkpoint of each run, "
        "or --method envelope to fit the curves",
    )


def _is_one_curve(table: pd.DataFrame) -> bool:
    """Whether ten rows or more have one size (or none), and evenly spaced tokens or one batch."""
    if len(table) < 10 or "D" not in table:
        return False
    D = np.sort(numbers(table, "D"))
    if len(np.unique(D)) < len(D) or ("N" in table and len(np.unique(numbers(table, "N"))) > 1):
        return False
    gaps = np.diff(D)
    even = float(np.median(np.abs(gaps / np.median(gaps) - 1))) < 1e-3
    if "step" not in table:
        return even
    batch = numbers(table, "D") / np.maximum(numbers(table, "step"), 1e-300)
    return even or bool(batch.max() < 1.05 * batch.min())


def _steps(table: pd.DataFrame) -> Iterator[tuple[str, str]]:
    """Ask whether rows are checkpoints: no column identifies runs, but each size has many steps of
    one batch.
    """
    N, step = numbers(table, "N"), numbers(table, "step")
    batch = numbers(table, "D") / np.maximum(step, 1e-300)
    counts: list[int] = []
    for size in np.unique(N):
        rows = (size == N) & (step > 0)
        counts.append(len(np.unique(step[rows])))
        if counts[-1] < 4 or batch[rows].max() > 1.05 * batch[rows].min():
            return
    if len(counts) < 2:
        return
    yield (
        "checkpoints",
        f"Each of the {len(counts)} sizes has {np.median(counts):.3g} steps, so these may be "
        "checkpoints, and a loss in the middle of a schedule is higher than that of a run that ends "
        "there: give the column that identifies the run with --columns run=…, and add --last",
    )


def _active(
    table: pd.DataFrame, found: dict[str, Found], numeric: Sequence[str]
) -> Iterator[tuple[str, str]]:
    """Ask which N to use: a mixture of experts has two, all parameters and those that a token uses."""
    if "N" not in found or _ACTIVE.search(normalised(found["N"].column)):
        return
    for column in numeric:
        if not _ACTIVE.search(normalised(column)):
            continue
        active = [parse_number(text) or np.nan for text in texts(table, column)]
        share = np.log10(np.array(active) / numbers(table, "N"))
        share = share[np.isfinite(share)]
        # Two columns with the same sizes in different units are not a mixture.
        unit = 3 * np.round(np.median(share) / 3) if len(share) else 0.0
        if len(share) and np.abs(share - unit).max() > 0.01:
            yield (
                "columns",
                f"{column} counts the active parameters and {found['N'].column} all of them: C = "
                f"6·N·D holds for the active ones, so add --columns N={column}, or fit "
                "GranularityLaw or ExpertsLaw with fit_law",
            )


def _experts(table: pd.DataFrame) -> Iterator[tuple[str, str]]:
    """Ask about different numbers of experts: such runs do not follow one law of N and D."""
    for column in map(str, table.columns):
        if not _EXPERTS.search(normalised(column)):
            continue
        values = list(dict.fromkeys(text for text in texts(table, column) if text))
        if 2 <= len(values) < len(table) / 2 and None not in map(parse_number, values):
            shown = ", ".join(values[:3]) + (" …" if len(values) > 3 else "")
            yield (
                "experiments",
                f"{column} has {len(values)} values ({shown}), and this law does not allow "
                f"for experts: fit each separately with --by {column}, or one with --where "
                f"{column}={values[0]}, or "
                "GranularityLaw or ExpertsLaw with fit_law",
            )


def _repeats(table: pd.DataFrame, found: dict[str, Found]) -> Iterator[tuple[str, str]]:
    if "U" in table and "D" in table:
        epochs = numbers(table, "D") / numbers(table, "U")
        where = f"{found['U'].column}"
    elif "epochs" in table and "step" not in found:
        epochs = numbers(table, "epochs")
        where = found["epochs"].column
    else:
        return
    repeated = epochs > 1.05
    if repeated.any():
        yield (
            "repeats",
            f"{repeated.sum()} of {len(table)} runs repeat their data (up to {epochs.max():.3g} "
            f"epochs by the column "
            f"{where!r}), and this law treats every token as fresh: fit the worth of "
            f"repeated tokens with "
            "--method repeated, or leave them out with --where 'epochs<=1'",
        )


def _experiments(table: pd.DataFrame, labels: Sequence[str]) -> Iterator[tuple[str, str]]:
    variable = next(name for name in ("N", "D", "C") if name in table)
    for column in labels:
        if _NO_EXPERIMENT.search(normalised(column)):
            continue
        values: dict[str, list[float]] = {}
        for label, x in zip(texts(table, column), numbers(table, variable), strict=True):
            if label:
                values.setdefault(label, []).append(float(x))
        if variable != "N" and len(values) >= 3 and all(map(_SIZE.search, values)):
            yield (
                "experiments",
                f"{column} seems to hold the sizes ({', '.join(map(shortened, list(values)[:3]))} …): "
                "write them as numbers into a column N",
            )
            continue
        large = [found for found in values.values() if len(found) >= 4]
        if not 2 <= len(values) <= max(50, len(table) // 4) or len(large) < 2:
            continue
        if all(len(set(found)) < 2 for found in large):
            continue  # the column only repeats the size in words
        first = max(values, key=lambda label: len(values[label]))
        shown = ", ".join(map(shortened, list(values)[:3])) + (" …" if len(values) > 3 else "")
        yield (
            "experiments",
            f"{column} has {len(values)} values ({shown}): fit each separately with --by "
            f"{column}, or one with "
            f"--where {column}={shortened(first)}",
        )


# Columns that follow from the loss or differ by chance.
_NO_CAUSE = re.compile(
    r"(^|_)(loss|ppl|perplexity|bpb|acc|accuracy|error|score|em|f1|std|se|rank|time|runtime|seconds"
    r"|hours|seed)($|_)"
)


def _differences(
    table: pd.DataFrame, variables: Sequence[str], by: str | None
) -> Iterator[tuple[str, str]]:
    """Ask about runs that agree in all variables of the law but differ in something else: in a
    hyperparameter, of which most values are not tuned, or in a column that the loss follows.
    """
    if not {"N", "D"} <= set(variables):
        return
    where = [
        texts(table, name) for name in ("N", "D", *([by] if by is not None and by in table else []))
    ]
    kinds = np.unique(np.array(where), axis=1, return_inverse=True)[1].ravel()
    for column in map(str, table.columns):
        name = normalised(column)
        if column in (*NAMES, "line", by) or column.endswith(" as written"):
            continue
        values, level = np.unique(np.array(texts(table, column)), return_inverse=True)
        pairs = np.unique(np.stack([kinds, level]), axis=1)
        several = np.bincount(pairs[0]) > 1
        if len(values) < 2 or several.sum() <= len(several) / 2:
            continue
        if _HYPERPARAMETER.search(name):
            yield (
                "experiments",
                f"Runs of the same N and D differ in {column}: to fit the best of each, add "
                f"--best, or choose some with --where",
            )
        elif not (_NO_EXPERIMENT.search(name) or _NO_CAUSE.search(name)):
            share, spread = _explained(np.log(numbers(table, "loss")), kinds, level)
            if share > 0.5 and spread > 0.003:
                yield (
                    "experiments",
                    f"Runs of the same N and D differ in {column}, and their losses with it by "
                    f"{100 * spread:.2g} %: fit each value separately with --by {column}, or one "
                    f"with --where {column}={shortened(str(values[np.bincount(level).argmax()]))}",
                )
    within = _spread(np.log(numbers(table, "loss")), kinds)
    if len(np.unique(kinds)) <= len(kinds) / 2 and within > _SCATTER and "seed" not in table:
        yield (
            "experiments",
            f"Runs of the same N and D differ in loss by {100 * within:.2g} %, more than seeds do, and "
            "no column says why: fit the best of each with --best, or the runs of one experiment",
        )


def _spread(y: NDArray[np.float64], kinds: NDArray[np.int_]) -> float:
    """The standard deviation of y (n,) within a kind."""
    return float(np.std(y - (np.bincount(kinds, y) / np.bincount(kinds))[kinds]))


def _explained(
    y: NDArray[np.float64], kinds: NDArray[np.int_], level: NDArray[np.int_]
) -> tuple[float, float]:
    """How much of the variance of y (n,) within a kind goes with the level (adjusted R²), and the
    standard deviation that it explains.
    """
    within = y - (np.bincount(kinds, y) / np.bincount(kinds))[kinds]
    means = np.bincount(level, within) / np.bincount(level)
    total, rest = float((within**2).sum()), float(((within - means[level]) ** 2).sum())
    left = len(y) - len(np.unique(kinds))
    free = left - (len(means) - 1)
    if free < 1 or total <= 0:
        return 0.0, 0.0
    return 1 - (rest / free) / (total / left), float(np.sqrt(max(total - rest, 0.0) / len(y)))


def budgets(C: NDArray[np.float64], within: float = 1.05) -> NDArray[np.float64]:
    """The budget of each run, the geometric mean of its C (n,): a gap of more than 5 % starts a new
    one.

    >>> (budgets(np.array([1e18, 3e18, 1.01e18])) / 1e18).round(3)
    array([1.005, 3.   , 1.005])
    """
    order = np.argsort(C, kind="stable")
    steps = np.cumsum(np.diff(np.log(C[order]), prepend=np.log(C[order[0]])) > np.log(within))
    at = np.empty(len(C), dtype=int)
    at[order] = steps
    return np.exp(np.bincount(at, np.log(C)) / np.bincount(at))[at]


def _alone(
    table: pd.DataFrame, variables: Sequence[str], unknown: Sequence[str]
) -> Iterator[tuple[str, str]]:
    """Ask about a missing variable: runs with the same value of the only one differ in loss."""
    if len(variables) != 1 or len(table) < 6:
        return
    name = variables[0]
    x, log_loss = numbers(table, name), np.log(numbers(table, "loss"))
    different, at = np.unique(budgets(x) if name == "C" else x, return_inverse=True)
    repeated = len(different) <= len(x) / 2
    within = _spread(log_loss, at) if repeated else _roughness(x, log_loss)
    if len(different) < 3 or within < (_SCATTER if repeated else 2 * _SCATTER):
        return
    others = [other for other in ("N", "D") if other in table and other != name]
    missing = "N" if name != "N" else "D"
    likely = [name for name in unknown if not _NO_VARIABLE.search(normalised(name))]
    if others:
        hint = "fit a law of N and D (--method chinchilla)"
    elif "step" in table and missing == "D":
        hint = "add a column D, the steps times the tokens of one step"
    elif likely:
        hint = f"if {shortened(likely[0])!r} is {missing}, add --columns {missing}=…"
    else:
        hint = f"add a column {missing}" + (f" (it has {listed(unknown)})" if unknown else "")
    agree = "runs that agree in it" if repeated else "neighbouring runs"
    best = f", or fit the lowest loss at each {name} with --best" if repeated else ""
    yield (
        "columns",
        f"{name} is the only variable of this fit, and {agree} differ in loss by "
        f"{100 * within:.2g} %: {hint}{best}",
    )


def _roughness(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    """The noise of a curve y(x) of 10 points or more, from how far each lies from the line between
    its neighbours; 0 for fewer.
    """
    if len(x) < 10:
        return 0.0
    order = np.argsort(x, kind="stable")
    z, y = np.log(x[order]), y[order]
    share = (z[1:-1] - z[:-2]) / np.maximum(z[2:] - z[:-2], 1e-12)
    off = y[1:-1] - (1 - share) * y[:-2] - share * y[2:]
    return float(np.median(np.abs(off) / np.sqrt(1 + share**2 + (1 - share) ** 2)) / 0.6745)


def repeated_rows(table: pd.DataFrame) -> NDArray[np.bool_]:
    """The rows that repeat another in every column of the file, except that the loss may have fewer
    digits.
    """
    rest = table.drop(columns=["line"])
    again = np.array(rest.duplicated(), dtype=bool)
    others = list(rest.columns.drop("loss"))
    alike: dict[int, list[int]] = {}
    for row, label in enumerate(rest.groupby(others, dropna=False).ngroup().tolist()):
        alike.setdefault(label, []).append(row)
    losses = numbers(table, "loss").tolist()
    for rows in alike.values():
        digits = [len(repr(losses[row]).partition(".")[2]) for row in rows]
        for coarse in range(2, max(digits)):
            finer = {
                round(losses[row], coarse)
                for row, d in zip(rows, digits, strict=True)
                if d > coarse
            }
            for row, d in zip(rows, digits, strict=True):
                again[row] |= d == coarse and losses[row] in finer
    return again
