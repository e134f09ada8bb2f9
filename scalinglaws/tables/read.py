"""Reading a table of runs: from cells to numbers under our names."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import CourseError
from ..laws import training_flops
from .checks import ACCEPTABLE, ask, budgets, repeated_rows
from .columns import (
    NAMES,
    NUMBERS,
    Found,
    find_columns,
    has_names,
    normalised,
    parse_mapping,
    parse_units,
)
from .files import Cells, lines_in_words, listed, read_cells, shortened, unpack_objects
from .frame import keep, lines, numbers, texts
from .numbers import is_number, is_unfinished, parse_column, parse_number

_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "<=": lambda a, b: a <= b,
    ">=": lambda a, b: a >= b,
    "!=": lambda a, b: a != b,
    "==": lambda a, b: a == b,
    "=": lambda a, b: a == b,
    "<": lambda a, b: a < b,
    ">": lambda a, b: a > b,
}


@dataclass(frozen=True)
class RunTable:
    """A table of runs, ready to be fitted.

    runs: one row for each run, with the columns that were found under our names: N (parameters), D
    (training tokens), C (training FLOPs), loss (nats), U (unique tokens), epochs, step, run, group,
    seed; `line`, its position in the file; and the other columns of the file as texts, under their
    own names. If one of N, D and C is absent, it is filled in from C = 6·N·D. columns: for each of
    our names the column of the file. place: what `line` counts ("line", "record" of a JSON list,
    "row" of a Parquet file). notes: what was decided on the way.
    """

    source: str
    runs: pd.DataFrame
    columns: Mapping[str, str]
    place: str
    notes: tuple[str, ...]

    def split(self, by: str) -> dict[str, RunTable]:
        """One table for each value of a column (ours or the file's), in the order in which they
        appear.
        """
        column = _column(by, list(self.runs.columns), self.source)
        parts: dict[str, RunTable] = {}
        labels = texts(self.runs, column)
        for value in dict.fromkeys(labels):
            rows = keep(self.runs, [label == value for label in labels])
            parts[value] = RunTable(self.source, rows, self.columns, self.place, ())
        return parts


def read_runs(
    path: str | Path,
    *,
    columns: Mapping[str, str] | str = "",
    units: Mapping[str, str] | str = "",
    where: Sequence[str] | str = (),
    by: str | None = None,
    last: bool = False,
    best: bool = False,
    skip_missing: bool = False,
    keep_repeats: bool = False,
    accept: Iterable[str] | str = (),
    needs: Sequence[str] | None = None,
    curves: bool = False,
) -> RunTable:
    """Read a table of runs: CSV, TSV, JSON, JSON Lines, Parquet; "-" is the standard input.

    columns: what columns mean ({"N": "params"} or "N=params"), if their names do not say so. units:
    "N=M,D=B,C=EF,loss=ppl", or a dict; also log10, ln, a factor, and for the loss bits, bpb, bpb*4.5 (bytes
    per token). where: conditions that a run must meet, such as "N>1e8" or "dataset=c4". by: the
    column that `RunTable.split` will be asked for. last: keep the last checkpoint of each run.
    best: keep the run of lowest loss at each N and D, or at each value of the fit's only variable.
    skip_missing: leave out rows whose N, D, C or loss is missing or infinite, instead of raising.
    keep_repeats: keep rows that repeat an earlier one in every column. accept: answers to questions
    (`ACCEPTABLE`), such as "ratio" if an unusual number of tokens per parameter is right. needs:
    the quantities that the fit will use. curves: whether it needs every checkpoint. Raises
    CourseError if something cannot be read, with the lines, or is not plausible, with the question.
    """
    try:
        Path(path)
    except TypeError:
        raise CourseError(
            f"read_runs takes the path of a file, not a {type(path).__name__}: a fit takes columns of "
            "a data frame as they are."
        ) from None
    if "://" in str(path):
        raise CourseError(f"read_runs reads files: download {path} first.")
    accept = _accepted([accept] if isinstance(accept, str) else accept)
    where = [where] if isinstance(where, str) else where
    mapping = parse_mapping(columns) if isinstance(columns, str) else dict(columns)
    given = parse_units(units if isinstance(units, str) else _as_text(units))
    cells = unpack_objects(read_cells(Path(path), lambda cells: has_names(cells, mapping)))
    found = find_columns(cells, mapping, given)
    notes = [*cells.notes, *(choice.note for choice in found.values() if choice.note)]

    table, known = _table(cells, found)
    table, no_runs = _without_summaries(table, cells, found)
    notes += no_runs
    if by is not None:
        _column(by, list(table.columns), cells.source)
    table = _meet(table, cells, found, where)
    if where and table.empty:
        raise CourseError(f"No run of {cells.source} meets {' and '.join(where)}.")
    wanted = _wanted(known, needs)
    table, skipped = _whole(table, cells, found, wanted, skip_missing)
    notes += skipped
    table = table.drop(columns=[f"{name} as written" for name in known])
    table, derived = _complete(table, cells, needs)

    again = repeated_rows(table)
    if again.any() and not keep_repeats:
        rows = lines(table, again)
        notes.append(
            f"{lines_in_words(rows, cells.place)} {'repeats' if len(rows) == 1 else 'repeat'} an "
            "earlier row in every column (the loss perhaps rounded), and would make intervals too "
            "narrow: each run counts once (--keep-repeats counts all)"
        )
        table = keep(table, ~again)
        if len(table) == 1:
            raise CourseError(
                f"All {len(again)} rows of {cells.source} are the same, so they are one run: a "
                "fit needs runs that differ."
            )
    if table.empty:
        raise CourseError(f"{cells.source} has a header but no runs: 0 runs are too few for a fit.")
    if last:
        table = _last(table, cells)
    variables = [name for name in ("N", "D", "C") if name in table and name in (needs or table)]
    if not needs and len(variables) == 3:
        variables = ["N", "D"]
    if best:
        table, kept = _best(table, variables)
        notes += kept
    labels, unknown = _others(cells, found)
    names = set(needs) if needs else {"N", "D"} & set(table)
    ask(
        table,
        found,
        given,
        accept,
        surface={"N"} < names | {"loss"} and len(names & {"N", "D", "C"}) > 1,
        repeats="U" in names,
        curves=curves,
        by=by,
        place=cells.place,
        derived=derived,
        variables=variables,
        labels=labels,
        unknown=() if needs else unknown,
        numeric=unknown,
    )
    if derived == "M":
        notes.append(f"the tokens per parameter, {found['M'].column!r}, gave N and D")
    notes += [*_flops(table, derived), *_outliers(table), *_seeds(table, curves)]
    return RunTable(
        cells.source,
        table.reset_index(drop=True),
        {name: choice.column for name, choice in found.items()},
        cells.place,
        tuple(notes),
    )


def _as_text(pairs: Mapping[str, str]) -> str:
    return ",".join(f"{name}={value}" for name, value in pairs.items())


def _wanted(known: Sequence[str], needs: Sequence[str] | None) -> list[str]:
    """The columns of numbers that must be complete: those needed, or needed to derive one."""
    names = list(needs or ("N", "D", "loss"))
    if not {"N", "D"} <= set(known):
        names += ["N", "D", "C", "M"] if len({"N", "D", "C"} & set(known)) < 2 else ["N", "D", "C"]
    return [name for name in dict.fromkeys(names) if name in known]


def _accepted(accept: Iterable[str]) -> set[str]:
    words = {word.strip() for item in accept for word in item.split(",") if word.strip()}
    if unknown := sorted(words - {*ACCEPTABLE, "all"}):
        raise CourseError(f"--accept takes {', '.join(ACCEPTABLE)} or all, not {unknown[0]!r}.")
    return set(ACCEPTABLE) if "all" in words else words


def _table(cells: Cells, found: Mapping[str, Found]) -> tuple[pd.DataFrame, list[str]]:
    """The table under our names; "N as written" keeps the original text of N, for messages."""
    table: dict[str, Sequence[object]] = {"line": cells.lines}
    known: list[str] = []
    for name in NAMES:
        if name not in found:
            continue
        written = cells.columns[found[name].column]
        if name not in NUMBERS:
            table[name] = written
            continue
        unit = found[name].unit
        values = parse_column(written, name == "loss", cells.decimal_comma)
        table[name] = [
            math.nan if value is None else unit.convert(value) if unit else value
            for value in values
        ]
        table[f"{name} as written"] = [
            "?" + text if value is None else text
            for text, value in zip(written, values, strict=True)
        ]
        known.append(name)
    used = {choice.column for choice in found.values()}
    for column, written in cells.columns.items():
        if column not in used:
            ours = column in table or column in NAMES  # one of our names, or already in the table
            table[f"{column} (file)" if ours else column] = written
    return pd.DataFrame(table), known


_SUMMARY = re.compile(r"(grand |sub)?(total|sum|mean|average|avg|median|std)s?\.?:?", re.IGNORECASE)


def _without_summaries(
    table: pd.DataFrame, cells: Cells, found: Mapping[str, Found]
) -> tuple[pd.DataFrame, list[str]]:
    """The table without the remarks, totals and means below the runs."""
    names = [name for name in ("N", "D", "C") if name in found]
    values = {name: numbers(table, name) for name in (*names, "loss")}
    written = {name: texts(table, f"{name} as written") for name in (*names, "loss")}
    rest = [column for column in table.columns if not str(column).endswith(" as written")]
    words = [texts(table, column) for column in rest if table[column].dtype == object]
    end = len(table)
    while end > 1:
        at = end - 1
        lacks = [math.isnan(values[name][at]) for name in names]
        text = any(written[name][at].startswith("?") for name in names)
        remark = math.isnan(values["loss"][at]) and (all(lacks) or text)
        cells_here = [column[at].removeprefix("?") for column in (*words, *written.values())]
        named = any(_SUMMARY.fullmatch(cell) for cell in cells_here)
        if not (remark or named or (end == len(table) and _sums_up(values, at))):
            break
        end = at
    if end == len(table):
        return table, []
    rows = lines(table, np.arange(len(table)) >= end)
    what = "remarks, totals or means, not runs"
    return keep(table, np.arange(len(table)) < end), [
        f"{lines_in_words(rows, cells.place)} {'was' if len(rows) == 1 else 'were'} left out: {what}"
    ]


def _sums_up(values: Mapping[str, NDArray[np.float64]], at: int) -> bool:
    """Whether each number of a row is the sum, or each the mean, of those above it."""
    above = np.array([column[:at] for column in values.values()])
    here = np.array([column[at] for column in values.values()])
    if at < 3 or not (np.isfinite(above).all() and np.isfinite(here).all()):
        return False
    if (np.ptp(above, 1) > 0).sum() < 2:
        return False
    sums = above.sum(1)
    return any(bool(np.all(np.abs(here / of - 1) < 1e-4)) for of in (sums, sums / at))


def _column(name: str, names: Sequence[str], source: str) -> str:
    """The column of a condition: ours or the file's, in any case."""
    if name in names:
        return name
    alike = [column for column in names if normalised(column) == normalised(name)]
    if len(alike) == 1:
        return alike[0]
    own = [name for name in names if name != "line" and not name.endswith(" as written")]
    raise CourseError(f"{source} has no column {name!r}; it has {listed(own)}.")


def _meet(
    table: pd.DataFrame, cells: Cells, found: Mapping[str, Found], where: Sequence[str]
) -> pd.DataFrame:
    """The rows that meet every condition."""
    ours = {choice.column: name for name, choice in found.items()}
    for condition in [part for text in where for part in re.split(r"\s+and\s+|\s*&+\s*", text)]:
        match = re.fullmatch(r"\s*(.+?)\s*(<=|>=|!=|==|=|<|>)\s*(.*?)\s*", condition)
        if match is None:
            raise CourseError(
                f"--where takes a condition such as N>1e8 or dataset=c4; it cannot read "
                f"{condition!r}."
            )
        name, sign, text = match.groups()
        if is_number(name):
            raise CourseError(
                f"--where begins with a column, such as N>1e8; it cannot read {condition!r}: write a "
                "range as N>=1e8 and N<=1e10."
            )
        if name == "epochs" and "epochs" not in table and {"D", "U"} <= set(table):
            table["epochs"] = numbers(table, "D") / numbers(table, "U")
        column = _column(ours.get(name, name), list(table.columns), cells.source)
        text = text.strip("'\"")
        if table[column].dtype == float:
            values: list[float | None] = numbers(table, column).tolist()
        else:
            values = [parse_number(value, cells.decimal_comma) for value in texts(table, column)]
        limit = parse_number(text, "," in text and cells.decimal_comma)
        numeric = limit is not None and not math.isnan(limit) and None not in values
        if numeric and limit is not None:
            met = [value is not None and _COMPARE[sign](value, limit) for value in values]
        elif sign in ("=", "==", "!="):
            written = f"{column} as written"
            cells_here = texts(table, written if written in table else column)
            same = [cell.removeprefix("?").lower() == text.lower() for cell in cells_here]
            met = [not value for value in same] if sign == "!=" else same
        else:
            raise CourseError(
                f"--where {condition}: {column} does not hold numbers, so only = and != can be "
                "used."
            )
        table = keep(table, met)
    return table


def _whole(
    table: pd.DataFrame,
    cells: Cells,
    found: Mapping[str, Found],
    wanted: Sequence[str],
    skip_missing: bool,
) -> tuple[pd.DataFrame, list[str]]:
    """The rows with all numbers present, finite and positive; other rows raise, or are skipped on
    request.
    """
    left_out = np.zeros(len(table), dtype=bool)
    for name in wanted:
        values = numbers(table, name)
        written = texts(table, f"{name} as written")
        no_number = np.array([text.startswith("?") for text in written], dtype=bool)
        column = found[name].column
        if no_number.any():
            stands = {text[1:] for text in written if text.startswith("?")}
            example = written[int(no_number.argmax())][1:]
            leave = (
                f", or leave them out with --where '{name}!={example}'"
                if len(stands) == 1 and re.fullmatch(r"[\w.*~ ]{1,20}", example)
                else ""
            )
            _refuse(
                cells,
                column,
                "not a number",
                table,
                no_number,
                f" ({shortened(example)!r} stands there){leave}",
            )
        for bad, what in (
            (np.isnan(values), "missing"),
            (np.isinf(values), "infinite"),
        ):
            if skip_missing:
                left_out |= bad
            elif bad.any():
                word = next((text for text in np.array(written)[bad] if is_unfinished(text)), "")
                shown = f" ({shortened(word)!r} stands there)" if word else ""
                _refuse(
                    cells,
                    column,
                    what,
                    table,
                    bad,
                    f" or leave them out with --skip-missing{shown}",
                )
        negative = (values <= 0) & ~left_out
        if negative.any():
            _refuse(
                cells,
                column,
                "zero or negative",
                table,
                negative,
                f" or leave them out with --where '{name}>0'",
            )
    if not left_out.any():
        return table, []
    rows = lines_in_words(lines(table, left_out), cells.place)
    return keep(table, ~left_out), [f"left out for a missing or infinite value: {rows}"]


def _refuse(
    cells: Cells,
    column: str,
    what: str,
    table: pd.DataFrame,
    bad: NDArray[np.bool_],
    instead: str = "",
) -> None:
    rows = lines(table, bad)
    them = "them" if len(rows) > 1 else "it"
    raise CourseError(
        f"{shortened(column)} is {what} in {lines_in_words(rows, cells.place)} of {cells.source}: "
        f"fix {them}"
        f"{instead.replace('them', them)}."
    )


def _complete(
    table: pd.DataFrame, cells: Cells, needs: Sequence[str] | None
) -> tuple[pd.DataFrame, str]:
    """The table with the missing one of N, D and C filled in from C = 6·N·D, and which one that
    was.
    """
    have = {"N", "D", "C"} & set(table)
    if not have:
        mixture = _mixture(cells)
        raise CourseError(
            f"{cells.source} needs a column N, D or C besides the loss; it has "
            f"{listed(cells.columns)}: name yours with --columns N=…,D=…"
            + (
                f"; {listed(mixture)} add up to 1: in Python, fit_mixing takes the shares of a mixture"
                if mixture
                else ""
            )
        )
    derived = ""
    if "M" in table and len(have) == 1:
        table, have = _by_ratio(table, next(iter(have)))
        derived = "M"
    if have == {"N", "C"}:
        derived = "D"
        table["D"] = table["C"] / (6 * table["N"])
    elif have == {"D", "C"}:
        derived = "N"
        table["N"] = table["C"] / (6 * table["D"])
    elif have == {"N", "D"}:
        derived = derived or "C"
        table["C"] = np.asarray(training_flops(numbers(table, "N"), numbers(table, "D")))
    elif len(have) == 3:
        C = numbers(table, "C")
        gaps = ~(np.isfinite(C) & (C > 0))
        table["C"] = np.where(gaps, 6 * numbers(table, "N") * numbers(table, "D"), C)
    if needs and "U" in needs and "U" not in table and {"D", "epochs"} <= set(table):
        table["U"] = table["D"] / table["epochs"]
    return table, derived


def _mixture(cells: Cells) -> list[str]:
    """The columns between 0 and 1 that add up to 1 in every row, or none."""
    shares: dict[str, NDArray[np.float64]] = {}
    for name, written in cells.columns.items():
        values = np.array(
            [math.nan if (x := parse_number(text)) is None else x for text in written]
        )
        if np.all((values >= 0) & (values <= 1)):
            shares[name] = values
    sums = np.sum(list(shares.values()), axis=0)
    return list(shares) if len(shares) > 1 and np.allclose(sums, 1, atol=0.01) else []


def _by_ratio(table: pd.DataFrame, known: str) -> tuple[pd.DataFrame, set[str]]:
    """With N and D from one of N, D, C and the tokens per parameter M = D/N."""
    given, M = numbers(table, known), numbers(table, "M")
    N = {"N": given, "D": given / M, "C": (given / (6 * M)) ** 0.5}[known]
    return table.assign(N=N, D=N * M), {"N", "D"}


def _last(table: pd.DataFrame, cells: Cells) -> pd.DataFrame:
    """The last checkpoint of each run: its largest step, or D."""
    if "run" not in table:
        raise CourseError(
            f"--last needs a column that says which run a {cells.place} belongs to: name yours "
            f"with --columns run=…"
        )
    order = "step" if "step" in table else "D" if "D" in table else "C"
    if order not in table:
        raise CourseError("--last needs the steps or tokens of each checkpoint: --columns D=…")
    texts_of_run = texts(table, "run")
    latest: dict[str, int] = {}
    for row in np.argsort(numbers(table, order), kind="stable"):
        latest[texts_of_run[row]] = int(row)
    return table.iloc[sorted(latest.values())].reset_index(drop=True)


def _best(table: pd.DataFrame, variables: Sequence[str]) -> tuple[pd.DataFrame, list[str]]:
    """The run of lowest loss at each N and D, or at each value of the only variable of the fit."""
    if len(variables) > 1:
        variables = ["N", "D"]
    where = [
        budgets(numbers(table, name)) if name == "C" else numbers(table, name) for name in variables
    ]
    lowest: dict[tuple[float, ...], int] = {}
    values = np.stack(where, axis=1).tolist()
    for row in np.argsort(numbers(table, "loss"), kind="stable"):
        lowest.setdefault(tuple(values[row]), int(row))
    kept = table.iloc[sorted(lowest.values())].reset_index(drop=True)
    each = " and ".join(variables)
    note = f"the run of lowest loss at each {each}: {len(kept)} of {len(table)}"
    return kept, [note] if len(kept) < len(table) else []


def _others(cells: Cells, found: Mapping[str, Found]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The columns of the file without a meaning: those that hold words, and those that hold
    numbers.
    """
    used = {choice.column for choice in found.values()}
    words: list[str] = []
    unknown: list[str] = []
    for column, values in cells.columns.items():
        filled = [value for value in values if value]
        if column in used or not filled or {v.lower() for v in filled} <= {"true", "false"}:
            continue
        read = [parse_number(value, cells.decimal_comma) for value in filled]
        known = sum(value is not None for value in read)
        if known < len(filled) / 2 or all(value is None or math.isnan(value) for value in read):
            words.append(column)
        elif known == len(filled) and len(set(filled)) > 2:
            unknown.append(column)
    return tuple(words), tuple(unknown)


def _flops(table: pd.DataFrame, derived: str) -> list[str]:
    """A note if the file's C is counted differently from the budgets of laws of N and D, which are
    6·N·D.
    """
    if derived or not {"N", "D", "C"} <= set(table):
        return []
    middle = float(np.median(numbers(table, "C") / (6 * numbers(table, "N") * numbers(table, "D"))))
    if 0.8 <= middle <= 1.25:
        return []
    return [f"C is {middle:.2g} times 6·N·D here, and budgets of laws of N and D are 6·N·D"]


_MARKS = ("outlier", "is_outlier", "exclude", "excluded", "diverged")
_STATES = ("state", "status", "run_state", "run_status", "wandb_state")


def _outliers(table: pd.DataFrame) -> list[str]:
    """Rows that the file marks as outliers, or whose runs did not finish."""
    notes: list[str] = []
    for column in table.columns:
        name = normalised(str(column))
        if name not in _MARKS + _STATES:
            continue
        cells = [text.strip() for text in texts(table, column)]
        if name in _MARKS:
            wrong = {c for c in cells if c.lower() in ("true", "1", "yes")}
            said = "true"
        else:
            wrong = {c for c in cells if is_unfinished(c) or c.lower() == "nan"}
            said = " or ".join(sorted(wrong))
        good = set(cells) - wrong
        marked = sum(c in wrong for c in cells)
        if wrong and good:
            label = good.pop() if len(good) == 1 else ""
            where = f"{column}={label.lower() if name in _MARKS else label}"
            how = f" {where if ' ' not in where else repr(where)}" if label else ""
            notes.append(
                f"{column} is {said} for {marked} of {len(table)} runs, which are in the fit: leave "
                f"them out with --where{how}"
            )
    return notes[:1]


def _seeds(table: pd.DataFrame, curves: bool) -> list[str]:
    """Fill in `group`: runs without a label stand alone, seeds of one configuration belong
    together. In curves, all checkpoints of a run are one group.
    """
    notes: list[str] = []
    runs = texts(table, "run") if curves and "run" in table else None
    if "group" in table:
        labels = texts(table, "group")
        blank = [not label.strip() for label in labels]
        if any(blank):
            alone = runs or [f"{line:.0f}" for line in numbers(table, "line")]
            table["group"] = [
                f"(alone: {name})" if empty else label
                for label, empty, name in zip(labels, blank, alone, strict=True)
            ]
            several = len({name for name, empty in zip(alone, blank, strict=True) if empty})
            notes.append(f"{several} runs have no group: each counts as a separate group")
        return notes
    names = [name for name in ("N", "D") if name in table] or ["C"]
    if "seed" in table and len(set(texts(table, "seed"))) > 1:
        values = [pd.Series(numbers(table, name)) for name in names]
        if runs is not None and names[-1] == "D":
            values[-1] = values[-1].groupby(runs).transform("max")
        kinds = [", ".join(f"{value:g}" for value in row) for row in zip(*values, strict=True)]
        several = len(set(kinds))
        if several < (len(table) if runs is None else len(set(runs))):
            table["group"] = kinds
            notes.append(
                f"the seeds of one {' and '.join(names)} are kept together when runs are resampled "
                f"({several} configurations)"
            )
    return notes
