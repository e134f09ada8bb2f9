"""The terminal as it is: any encoding, any width.

The set-up uses this before any package is installed, so it needs the standard library only.
"""

import codecs
import io
import shutil
import sys
import textwrap
import unicodedata
from collections.abc import Sequence

WIDEST = 96  # columns; longer lines are hard to read

# Characters that cp1252, ASCII and the like lack, in characters that every encoding has.
_PLAIN = {
    "–": "-", "—": "-", "−": "-", "·": "-", "•": "-", "…": "...", "“": '"', "”": '"', "‘": "'", "’": "'",
    "×": "x", "→": "->", "←": "<-", "≤": "<=", "≥": ">=", "≈": "~", "≠": "!=", "∞": "inf", "√": "sqrt",
    "█": "#", "░": ".", "●": "*", "○": "o", "✓": "ok", "✗": "x", "∂": "d", "∝": "~", "€": "EUR",
}  # fmt: skip


def _replace(error: UnicodeError) -> tuple[str, int]:
    """An error handler for encoders: the nearest plain text, or "?" if there is none."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(plain, error.object[error.start : error.end])), error.end


def plain(character: str) -> str:
    """A character in ASCII: "é" as "e", "→" as "->", "α" as "alpha", "?" if there is nothing
    similar.
    """
    if character in _PLAIN:
        return _PLAIN[character]
    text = unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode()
    if text:
        return text
    name = unicodedata.name(character, "")
    return name.rpartition(" ")[2].lower() if name.startswith("GREEK SMALL LETTER") else "?"


def prepare() -> None:
    """Make sure that printing and typing never fail because the terminal lacks a character."""
    codecs.register_error("scalinglaws.plain", _replace)
    for stream, errors in (
        (sys.stdin, "replace"),
        (sys.stdout, "scalinglaws.plain"),
        (sys.stderr, "scalinglaws.plain"),
    ):
        # (Not in a notebook, nor where there is no terminal.)
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=errors)


def width() -> int:
    """The number of columns to use: the terminal's (COLUMNS), at most WIDEST."""
    columns = shutil.get_terminal_size((WIDEST, 24)).columns
    return max(20, min(WIDEST, columns))


def wrap(text: str, indent: str = "", later: str | None = None) -> str:
    """One paragraph, wrapped at words. later: the indent of further lines, if it differs."""
    return textwrap.fill(
        text,
        width(),
        initial_indent=indent,
        subsequent_indent=indent if later is None else later,
        break_on_hyphens=False,
        break_long_words=False,  # keep addresses whole
    )


def table(rows: Sequence[Sequence[str]], indent: str = "  ") -> str:
    """Rows of text in columns; if the terminal is too narrow, the first cell of each row with the
    others below it.
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    if len(indent) + sum(widths) + 2 * (len(widths) - 1) <= width():
        lines = ["  ".join(map(str.ljust, row, widths)) for row in rows]
        return "\n".join(f"{indent}{line}".rstrip() for line in lines)
    blocks = (
        [wrap(first, indent, f"{indent}  "), wrap("  ".join(filter(None, rest)), f"{indent}    ")]
        for first, *rest in rows
    )
    return "\n".join(line for block in blocks for line in block)
