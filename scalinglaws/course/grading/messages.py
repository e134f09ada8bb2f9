"""Errors and outputs as a learner or a marker sees them: one safe line, without hidden tests."""

import re
from collections.abc import Mapping
from typing import Any

from .engine.verdict import UNJUDGED_ERROR

_ANSI = re.compile(r"\x1b\[[0-9;]*m")
# Control characters (a terminal would execute them), marks that turn the direction of writing, and
# lone surrogates.
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_UNPRINTED = "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff "  # no spreadsheet needs to see them
_LONGEST = 2_000  # characters of a message


def visible_text(text: str) -> str:
    """A text from a learner without invisible characters: safe for a terminal, a page, a table."""
    lines = _ANSI.sub("", text).split("\n")
    # The last state of an overwritten line, such as a progress bar.
    text = "\n".join(line.rstrip("\r").rpartition("\r")[2] for line in lines)
    return _UNSEEN.sub("\ufffd", text)


def safe_cell(text: str) -> str:
    """A text that no spreadsheet takes for a formula and no terminal for a command.

    Students choose their names.
    """
    text = " ".join(visible_text(text).split())
    start = text.lstrip(_UNPRINTED)[:1]
    return "'" + text if start in tuple("=+-@＝＋－＠") else text


def failure_message(output: Mapping[str, Any]) -> str:
    """One line for an error output of a test cell: the check's own text, or the kind of error."""
    name, text = (
        visible_text(str(output[key])[: 2 * _LONGEST]).strip()[:_LONGEST]
        for key in ("ename", "evalue")
    )
    if name in ("CheckFailed", "NotStarted", UNJUDGED_ERROR):
        return text
    if name == "NameError":
        missing = re.search(r"name '(\w+)' is not defined", text)
        thing = missing.group(1) if missing else "a name"
        return (
            f"{thing} does not exist: the cell that should define it is missing, was not finished,"
            " or stopped with an error."
        )
    if name == "CellTimeoutError":
        return "This took too long and was stopped: look for a loop that never ends."
    return f"{name}: {text}" if text else name


# The name of a cell in the text of a SyntaxError.
_PLACE = re.compile(r"\((?:<ipython-input-[^>]*>|[^() ]*\.py), (line \d+)\)")


def stop_messages(cell: Mapping[str, Any]) -> list[str]:
    """The errors of a learner's own cells: they often explain why a check found no answer."""
    return [
        f"Your cell stopped with {_first_line(output['ename'] + ': ' + output['evalue'])}."
        for output in cell.get("outputs", ())
        if output["output_type"] == "error"
    ]


def _first_line(error: str) -> str:
    text = _PLACE.sub(r"(\1)", visible_text(error[: 2 * _LONGEST])[:_LONGEST].strip())
    return text.splitlines()[0].rstrip(".: ") if text else "an error"
