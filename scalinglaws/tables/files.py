"""From a file's bytes to cells of text: CSV and the like, JSON, JSON Lines, Parquet.

A cell keeps its text until `numbers` reads it, so that a mistake can be reported with the text and
its line.
"""

from __future__ import annotations

import ast
import bz2
import csv
import gzip
import io
import json
import lzma
import re
import sys
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from ..errors import CourseError
from .numbers import is_unit


@dataclass(frozen=True)
class Cells:
    """A table as in the file: texts, and the position of each row.

    columns: each column's name and its cells, in the order of the file. lines: the position of each
    row, counted from 1 in `place`: "line" of the file, "record" of a JSON list, "row" of a Parquet
    table. notes: what the reader had to decide. decimal_comma: whether commas are decimal marks in
    this file.
    """

    source: str
    columns: dict[str, list[str]]
    lines: list[int]
    place: str = "line"
    notes: tuple[str, ...] = ()
    decimal_comma: bool = False
    twice: tuple[str, ...] = field(default=())  # names of more than one column


# The first bytes of files that are not text: compressed ones and other formats.
_COMPRESSED: dict[bytes, Callable[[bytes], bytes]] = {
    b"\x1f\x8b": gzip.decompress,
    b"BZh": bz2.decompress,
    b"\xfd7zXZ\x00": lzma.decompress,
}
_OTHER_FILES = {
    b"PK": "a spreadsheet or a zip archive: save the table as CSV, or unpack it, first",
    b"\xd0\xcf\x11\xe0": "an old spreadsheet: save the table as CSV first",
    b"\x28\xb5\x2f\xfd": "compressed with zstd: unpack it first",
    b"\x93NUMPY": "a NumPy array, which has no column names: save it as CSV with a header",
    b"\x80\x04\x95": "a pickle, which may run anything: save the table as CSV first",
    b"\x80\x05\x95": "a pickle, which may run anything: save the table as CSV first",
    b"ARROW1": "a Feather file: save the table as Parquet or CSV first",
    b"SQLite format 3": "a database: save the table as CSV first",
    b"version https://git-lfs": "only a pointer of Git LFS: fetch the table with git lfs pull",
}


def read_cells(path: Path, is_header: Callable[[Sequence[str]], bool] = bool) -> Cells:
    """Read a table of runs. "-" is the standard input.

    is_header: whether a line of text holds the names of the columns; lines above it are left out.

    Raises CourseError, with one sentence, if the file is missing, is of another kind, or holds no
    table.
    """
    source = "the standard input" if str(path) == "-" else str(path)
    if str(path) == "-":
        data = sys.stdin.buffer.read()
    else:
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            raise CourseError(f"There is no file {path}.") from None
        except IsADirectoryError:
            raise CourseError(f"{path} is a folder; give one of the tables in it.") from None
        except OSError as error:
            raise CourseError(f"{path} cannot be read: {_reason(error)}.") from None
    for begin, unpack in _COMPRESSED.items():
        if data.startswith(begin):
            try:
                data = unpack(data)
            except (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError) as error:
                raise CourseError(f"{source} cannot be unpacked: {_reason(error)}.") from None
    if data[:4] == b"PAR1":
        return _parquet(data, source)
    for begin, what in _OTHER_FILES.items():
        if data.startswith(begin):
            raise CourseError(f"{source} is {what}.")
    text = decode(data, source)
    if not text.strip():
        raise CourseError(f"{source} cannot be read as CSV: it is empty.")
    if re.fullmatch(r"[^.]*\.ya?ml", path.name, re.IGNORECASE):
        raise CourseError(f"{source} is YAML, not a table: save the runs as CSV or JSON.")
    if re.match(r"\s*<[a-z!?]", text, re.IGNORECASE):
        raise CourseError(f"{source} is a web page, not a table: download the table itself.")
    return _json(text, source) if text.lstrip()[0] in "[{" else _delimited(text, source, is_header)


def decode(data: bytes, source: str) -> str:
    """The text of a file, with line ends as \\n: UTF-8, UTF-16 and UTF-32 by their byte order
    marks, otherwise Latin-1. Raises CourseError for bytes that are not text.

    >>> decode("N,D\\r1,2".encode("utf-16"), "runs.csv")
    'N,D\\n1,2'
    """
    marks = (
        (b"\xff\xfe\x00\x00", "utf-32"),
        (b"\x00\x00\xfe\xff", "utf-32"),
        (b"\xff\xfe", "utf-16"),
        (b"\xfe\xff", "utf-16"),
    )
    encoding = next((name for mark, name in marks if data.startswith(mark)), None)
    if encoding is None and len(data) > 3 and 0 in data[:4]:  # UTF-16 without a mark
        encoding = "utf-16-be" if data[0] == 0 else "utf-16-le"
    for name in [encoding] if encoding else ["utf-8-sig", "cp1252", "latin-1"]:
        try:
            text = data.decode(name)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise CourseError(f"{source} cannot be read as CSV: it is not text in UTF-8 or UTF-16.")
    if "\x00" in text:
        raise CourseError(f"{source} cannot be read as CSV: it holds binary data, not text.")
    return text.replace("\r\n", "\n").replace("\r", "\n")


# Text with delimiters


@dataclass(frozen=True)
class _Row:
    line: int
    cells: list[str]


def _delimited(text: str, source: str, is_header: Callable[[Sequence[str]], bool]) -> Cells:
    text = _without_latex(text)
    lines = text.split("\n")
    at, comment = _header_line(lines, is_header)
    if at is None:
        raise CourseError(f"{source} cannot be read as CSV: it has only comments.")
    delimiter = _delimiter(lines[at])
    notes: list[str] = []
    above = [number for number, line in enumerate(lines[:at], 1) if _is_content(line)]
    if above and not lines[above[0] - 1].startswith("sep="):  # Excel's first line
        notes.append(f"the names of the columns were taken from line {at + 1}")
    rows = _rows([""] * at + lines[at:], delimiter, source)
    # The second line of a Markdown table.
    rows = [row for row in rows if not all(re.fullmatch(r":?-+:?|", c) for c in row.cells)]
    if all(re.fullmatch(r"'.*'|", cell) for cell in rows[0].cells):
        rows = [_Row(row.line, [cell.strip("'").strip() for cell in row.cells]) for row in rows]
    header, body = rows[0], rows[1:]
    names = header.cells
    if any(name.endswith("__MAX") for name in names):
        raise CourseError(
            f"{source} is the export of a wandb chart, which holds curves without N and D: export "
            f"the table of runs."
        )
    if all(_numeric(cell) for cell in names if cell):
        # numpy.savetxt and gnuplot write the header as a comment.
        from_comment = _split(comment, delimiter) if comment else []
        if len(from_comment) != len(names):
            begin = [row.cells[0] for row in body]
            if not names[0] and len(begin) < len(names) and not any(map(_numeric, begin)):
                raise sideways(source, begin, "read_csv(file, index_col=0).T")
            raise CourseError(
                f"{source} has no header: write the names of the columns (N, D, loss) into its "
                f"first line."
            )
        names, body = from_comment, rows
    written = names
    if body and _are_units(body[0].cells) and len(body[0].cells) == len(names):
        notes.append(f"the units of the columns were taken from line {body[0].line}")
        names = [
            f"{name} ({unit.strip('[]() ')})" if name and unit else name
            for name, unit in zip(names, body[0].cells, strict=True)
        ]
        body = body[1:]
    repeated = [row for row in body if row.cells[: len(written)] == written]
    if repeated:
        notes.append(f"the header is repeated in {lines_in_words([r.line for r in repeated])}")
        body = [row for row in body if row not in repeated]
    names, body = _match_widths(names, body, source, notes)
    columns, twice = _named(names, [row.cells for row in body], notes)
    return Cells(
        source,
        columns,
        [row.line for row in body],
        notes=tuple(notes),
        decimal_comma=_decimal_comma(columns, delimiter),
        twice=twice,
    )


def _is_content(line: str) -> bool:
    return bool(line.strip().strip(",;\t| ")) and not line.lstrip().startswith("#")


def _header_line(
    lines: Sequence[str], is_header: Callable[[Sequence[str]], bool]
) -> tuple[int | None, str | None]:
    """Which line holds the names of the columns, and the last comment above it.

    Titles and merged cells may come first, so it is the first of 20 lines with content that
    `is_header`, or simply the first line if none is.
    """
    content = [at for at, line in enumerate(lines) if _is_content(line)][:20]
    if not content:
        return None, None
    known = (at for at in content if is_header(_split(lines[at], _delimiter(lines[at]))))
    at = next(known, content[0])
    comments = [line for line in lines[:at] if line.lstrip().startswith("#")]
    return at, comments[-1].strip().lstrip("#").strip() if comments else None


_LATEX_ONLY = re.compile(
    r"\s*\\(begin|end|hline|toprule|midrule|bottomrule|cline|cmidrule|caption|label|centering)\b"
)


def _without_latex(text: str) -> str:
    """The rows of a LaTeX table, with & between the cells; other texts as they are."""
    if not re.search(r"&.*\\\\", text):
        return text
    rows: list[str] = []
    for line in text.split("\n"):
        line = "" if _LATEX_ONLY.match(line) else re.sub(r"\s*\\\\.*$", "", line)
        line = re.sub(r"\\(?:textbf|textit|emph|mathrm|text)\{([^{}]*)\}", r"\1", line)
        line = line.replace(r"\times", "×").replace(r"\cdot", "·").replace("{,}", ",")
        rows.append(re.sub(r"\\(?=[%_&#$])|[${}~]|\\[,;! ]", "", line))
    return "\n".join(rows)


def _delimiter(header: str) -> str:
    """The delimiter in the header, outside quotes; "" means runs of spaces."""
    bare = re.sub(r'"[^"]*"', "", header)
    counts = {mark: bare.count(mark) for mark in ("\t", ";", ",", "|", "&")}
    best = max(counts, key=lambda mark: counts[mark])
    if counts[best]:
        return best
    return "" if len(bare.split()) > 1 else ","


def _split(line: str, delimiter: str) -> list[str]:
    if not delimiter:
        return line.split()
    return [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter), [])]


def _rows(lines: Sequence[str], delimiter: str, source: str) -> list[_Row]:
    """The rows that are neither blank nor comments, each with the line of the file on which it
    begins.
    """
    if not delimiter:
        return [
            _Row(number, line.split()) for number, line in enumerate(lines, 1) if _is_content(line)
        ]
    rows: list[_Row] = []
    # A comment may contain a single quote: blank it out, which keeps the line numbers.
    reader = csv.reader(
        (("" if line.lstrip().startswith("#") else line) + "\n" for line in lines),
        delimiter=delimiter,
        skipinitialspace=True,
    )
    begins = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append(_Row(begins, [cell.strip() for cell in cells]))
            if reader.line_num > begins and "\n".join(lines[begins - 1 :]).count('"') % 2:
                raise CourseError(
                    f"A quotation mark opens in line {begins} of {source} and never closes."
                )
            begins = reader.line_num + 1
    except csv.Error as error:
        raise CourseError(
            f"{source} cannot be read as CSV: {_reason(error)} (line {begins})."
        ) from None
    return rows


def _match_widths(
    names: list[str], body: list[_Row], source: str, notes: list[str]
) -> tuple[list[str], list[_Row]]:
    """Rows as wide as the header: trailing delimiters dropped, R's row names taken as an index
    column.
    """
    width = len(names)
    while width and not names[width - 1] and all(not "".join(r.cells[width - 1 :]) for r in body):
        width -= 1
    names = names[:width]
    trimmed = [
        _Row(row.line, row.cells[:width] if not "".join(row.cells[width:]) else row.cells)
        for row in body
    ]
    wide = [row for row in trimmed if len(row.cells) > width]
    if wide and len(wide) == len(trimmed) and all(len(row.cells) == width + 1 for row in wide):
        first = [row.cells[0] for row in wide]
        counted = first in (
            [str(i) for i in range(len(first))],
            [str(i) for i in range(1, len(first) + 1)],
        )
        if counted or not any(_numeric(cell) for cell in first):
            notes.append("the first column has no name: it was taken as the names of the rows")
            return ["", *names], trimmed
    if wide:
        lines = [row.line for row in wide]
        raise CourseError(
            f"{lines_in_words(lines).capitalize()} of {source} "
            f"{'has' if len(lines) == 1 else 'have'} {len(wide[0].cells)} fields where the header "
            f"has {width} name{'' if width == 1 else 's'}: "
            "correct the header or the rows (a number with a decimal or thousands comma needs "
            "quotes)."
        )
    short = [row.line for row in trimmed if len(row.cells) < width]
    if short:
        notes.append(
            f"{lines_in_words(short)} {'is' if len(short) == 1 else 'are'} shorter than the header"
        )
    return names, [_Row(row.line, row.cells + [""] * (width - len(row.cells))) for row in trimmed]


def _named(
    names: Sequence[str], rows: Sequence[Sequence[str]], notes: list[str]
) -> tuple[dict[str, list[str]], tuple[str, ...]]:
    """Columns by name.

    An unnamed first column is an index, and is left out, as are empty columns.
    """
    columns: dict[str, list[str]] = {}
    twice: list[str] = []
    for i, name in enumerate(names):
        if name == "Unnamed: 0" or (not name and (i == 0 or not any(row[i] for row in rows))):
            continue
        name = name or f"column {i + 1}"
        if name in columns:
            twice.append(name)
            continue
        columns[name] = [row[i] for row in rows]
    return columns, tuple(dict.fromkeys(twice))


def _are_units(cells: Sequence[str]) -> bool:
    """Whether a row holds the units of the columns: M, [B], tokens, nats."""
    filled = [cell for cell in cells if cell]
    return bool(filled) and all(is_unit(cell) for cell in filled)


def _numeric(cell: str) -> bool:
    try:
        float(cell.replace(",", "."))
    except ValueError:
        return False
    return True


def _decimal_comma(columns: Mapping[str, Sequence[str]], delimiter: str) -> bool:
    """Whether the file writes 2,5 for two and a half: some cell can only be read that way, and none
    has a decimal point.
    """
    cells = [cell for column in columns.values() for cell in column]
    comma = any(re.fullmatch(r"[+-]?\d+,\d{1,2}|[+-]?\d+,\d{4,}", cell) for cell in cells)
    group = any(re.fullmatch(r"[+-]?\d{1,3}(,\d{3}){2,}", cell) for cell in cells)
    point = any(re.fullmatch(r"[+-]?\d+\.\d+(e[+-]?\d+)?", cell, re.I) for cell in cells)
    return (comma or (delimiter == ";" and not group)) and not point


# JSON


def _json(text: str, source: str) -> Cells:
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        if text.lstrip()[0] == "{" and "\n" in text.strip():
            records, lines = _json_lines(text, source)
            return _from_records(records, lines, "line", source)
        raise CourseError(
            f"{source} cannot be read as JSON: {error.msg} in line {error.lineno}."
        ) from None
    records = _records(value)
    if records is None:
        raise CourseError(
            f"{source} holds JSON, but not a table: give a list of records, or an object of "
            "columns "
            f"of equal length."
        )
    if isinstance(value, dict) and text.strip().count("\n") == 0 and records == [value]:
        return _from_records(records, [1], "line", source)
    return _from_records(records, list(range(1, len(records) + 1)), "record", source)


def _json_lines(text: str, source: str) -> tuple[list[dict[str, Any]], list[int]]:
    records: list[dict[str, Any]] = []
    lines: list[int] = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except json.JSONDecodeError as error:
            raise CourseError(
                f"Line {number} of {source} cannot be read as JSON: {error.msg}."
            ) from None
        if not isinstance(record, dict):
            raise CourseError(f"Line {number} of {source} holds no JSON object.")
        records.append(record)
        lines.append(number)
    return records, lines


def _records(value: Any) -> list[dict[str, Any]] | None:
    """The records of a JSON value in one of the layouts that programs write, or None."""
    if isinstance(value, list):
        if all(isinstance(item, dict) for item in value):
            return value
        if len(value) > 1 and all(isinstance(item, list) for item in value):
            names, rows = value[0], value[1:]  # a list of lists, header first
            if all(isinstance(name, str) for name in names):
                return [dict(zip(names, row, strict=False)) for row in rows]
        return None
    if not isinstance(value, dict):
        return None
    if {"columns", "data"} <= set(value) and isinstance(value["data"], list):  # pandas "split"
        names = value["columns"]
        if isinstance(names, list) and all(isinstance(row, list) for row in value["data"]):
            return [dict(zip(map(str, names), row, strict=False)) for row in value["data"]]
    lists = {name: item for name, item in value.items() if isinstance(item, list)}
    lengths = {len(item) for item in lists.values()}
    plain = not any(isinstance(x, dict | list) for item in lists.values() for x in item)
    if lists and plain and len(lengths) == 1 and len(lists) > 1:  # an object of columns
        return [dict(zip(lists, row, strict=True)) for row in zip(*lists.values(), strict=True)]
    inner = {name: item for name, item in value.items() if isinstance(item, dict)}
    if inner and len(inner) == len(value):
        keys = [set(item) for item in inner.values()]
        scalars = not any(
            isinstance(x, dict | list) for item in inner.values() for x in item.values()
        )
        if (
            scalars
            and all(key == keys[0] for key in keys)
            and all(key.lstrip("-").isdigit() for key in keys[0])
        ):  # pandas "columns": {"N": {"0": 1, ...}, ...}
            index = list(next(iter(inner.values())))
            return [{name: item[key] for name, item in inner.items()} for key in index]
        if len(inner) > 1:  # {"run 1": {...}, ...}
            return [{"run": name, **item} for name, item in inner.items()]
    # {"runs": [...], "about": ...}: the one member that is a table
    tables = {name: found for name, item in value.items() if (found := _records(item)) is not None}
    rows = {name: found for name, found in tables.items() if isinstance(value[name], list)}
    if len(tables) == 1 or len(rows) == 1:
        name, found = next(iter((rows if len(rows) == 1 else tables).items()))
        shared = {key: item for key, item in value.items() if key != name and key not in lists}
        return [{**shared, **row} for row in found]
    return [value] if value and not tables and len(lists) < len(value) else None


def _from_records(
    records: Sequence[Mapping[str, Any]], lines: list[int], place: str, source: str
) -> Cells:
    records, lines = _points(records, lines)
    flat = [flatten(record) for record in records]
    names = list(dict.fromkeys(name for record in flat for name in record))
    if not records or not names:
        raise CourseError(f"{source} holds no runs.")
    columns = {name: [record.get(name, "") for record in flat] for name in names}
    return Cells(source, columns, lines, place)


def _points(
    records: Sequence[Mapping[str, Any]], lines: list[int]
) -> tuple[Sequence[Mapping[str, Any]], list[int]]:
    """One record for each point, if each record holds a whole curve: {"N": 1e8, "D": [..], "loss":
    [..]}.
    """
    curves = [
        {
            name: item
            for name, item in record.items()
            if isinstance(item, list) and item and not isinstance(item[0], str | dict | list)
        }
        for record in records
    ]
    if not records or any(len(c) < 2 or len({len(v) for v in c.values()}) > 1 for c in curves):
        return records, lines
    points: list[Mapping[str, Any]] = []
    where: list[int] = []
    for record, curve, line in zip(records, curves, lines, strict=True):
        for values in zip(*curve.values(), strict=True):
            points.append({"run": line, **record, **dict(zip(curve, values, strict=True))})
            where.append(line)
    return points, where


def flatten(record: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """A record's cells as text; objects inside it become "outer.inner", wandb's {"value": x} as x,
    a list of objects as "outer.0.inner", "outer.1.inner".

    >>> flatten({"config": {"N": {"value": 1e6, "desc": None}}, "loss": 2.5, "tags": ["a"]})
    {'config.N': '1000000.0', 'loss': '2.5', 'tags': '["a"]'}
    """
    cells: dict[str, str] = {}
    for key, value in record.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping):
            if "value" in value and set(value) <= {"value", "desc"}:
                cells[name] = _cell(value["value"])
            else:
                cells |= flatten(value, f"{name}.")
        elif isinstance(value, list) and value and all(isinstance(x, Mapping) for x in value):
            for i, item in enumerate(value):
                cells |= flatten(item, f"{name}.{i}.")
        else:
            cells[name] = _cell(value)
    return cells


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool | int | float):
        return str(value)
    return json.dumps(value, default=str)


def unpack_objects(cells: Cells) -> Cells:
    """Cells that hold objects, as wandb's `config` and `summary` do in CSV, as columns "config.N"
    of their own.
    """
    columns: dict[str, list[str]] = {}
    for name, texts in cells.columns.items():
        filled = [text for text in texts if text]
        if not filled or not all(text.startswith("{") and text.endswith("}") for text in filled):
            columns[name] = texts
            continue
        objects = [_object(text) for text in texts]
        if any(value is None for value in objects):
            columns[name] = texts
            continue
        flat = [flatten(value or {}, f"{name}.") for value in objects]
        for inner in dict.fromkeys(key for record in flat for key in record):
            columns[inner] = [record.get(inner, "") for record in flat]
    return Cells(
        cells.source,
        columns,
        cells.lines,
        cells.place,
        cells.notes,
        cells.decimal_comma,
        cells.twice,
    )


def _object(text: str) -> dict[str, Any] | None:
    if not text:
        return {}
    try:
        value = json.loads(text)
    except json.JSONDecodeError:
        try:
            value = ast.literal_eval(text)  # as Python prints a dict
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            return None
    return value if isinstance(value, dict) else None


# Parquet


def _parquet(data: bytes, source: str) -> Cells:
    import pandas as pd

    try:
        table = pd.read_parquet(io.BytesIO(data))
    except ImportError:
        raise CourseError(
            f"{source} is a Parquet file, which needs one more package: pip install "
            f"'scalinglaws[parquet]'."
        ) from None
    except Exception as error:  # the Parquet reader may raise anything on a damaged file
        raise CourseError(f"{source} cannot be read as Parquet: {_reason(error)}.") from None
    records: list[dict[str, Any]] = [
        {str(key): _scalar(value) for key, value in record.items()}
        for record in table.reset_index(drop=table.index.names == [None]).to_dict("records")
    ]
    return _from_records(records, list(range(1, len(records) + 1)), "row", source)


def _scalar(value: Any) -> Any:
    """A Parquet cell as a plain value; NaN is a missing one."""
    if hasattr(value, "item") and getattr(value, "ndim", 0) == 0:
        value = value.item()
    if isinstance(value, Decimal):
        value = float(value)
    return None if isinstance(value, float) and value != value else value


# Words


def lines_in_words(lines: Sequence[int], place: str = "line", show: int = 5) -> str:
    """ "line 3", "lines 3, 7 and 12 more".

    >>> lines_in_words([3, 7, 9], show=2)
    'lines 3, 7 and 1 more'
    """
    text = ", ".join(map(str, lines[:show]))
    if len(lines) > show:
        text += f" and {len(lines) - show} more"
    return f"{place}{'s' if len(lines) > 1 else ''} {text}"


def shortened(text: str, width: int = 40) -> str:
    """A text from the file, shortened for a message."""
    text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return text if len(text) <= width else text[: width - 1] + "…"


def sideways(source: str, rows: Iterable[str], turned: str) -> CourseError:
    """The error for a table that lies on its side. turned: how pandas reads it upright."""
    return CourseError(
        f"{source} has a column for each run and a row each for {listed(rows)}: give every run its "
        f"own row (pandas: {turned})."
    )


def listed(names: Iterable[str], show: int = 12) -> str:
    """Column names for a message, shortened: a wandb export has hundreds.

    >>> listed(["N", "D", "loss"], show=2)
    'N, D and 1 more'
    """
    every = [shortened(name) for name in names]
    rest = f" and {len(every) - show} more" if len(every) > show else ""
    return ", ".join(every[:show]) + rest


def _reason(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".")
