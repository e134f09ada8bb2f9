"""What a student sees of an error that their code raised while a hidden test called it.

The student controls the error's text, which may contain the hidden test's arguments (`raise
ValueError(f"{n!r}")`). So only Python's own texts without values are shown, and the line only if it
is in the submission.
"""

import builtins
import linecache
import re
import sys
import traceback
from collections.abc import Iterator
from typing import Any

_HIDDEN = ("BEGIN HIDDEN TESTS", "END HIDDEN TESTS")
UNSHOWN = "its text is not shown, because a hidden test called your code"
_UNSHOWN_OF_TEST = "its text is not shown, because it was raised in a hidden test"
# Python's own texts that contain only names, types and small counts. A name must also occur in the
# submission, and a type must be a common one.
_NAME, _FEW = r"'[\w.]+'", r"\d{1,2}"
_NO_VALUES = re.compile(
    "|".join(
        [
            r"(integer |float |complex )?(floor )?(division|modulo|division or modulo)( by zero)?",
            r"0\.0 cannot be raised to a negative power",
            r"math (domain|range) error",
            r"(list|tuple|string|array|range object|bytearray)( assignment)? index out of range",
            r"maximum recursion depth exceeded( while calling a Python object| in comparison)?",
            rf"{_NAME} object (is not (callable|iterable|subscriptable|an iterator)|has no len\(\)"
            r"|does not support item (assignment|deletion)|cannot be interpreted as an integer)",
            rf"{_NAME} object has no attribute {_NAME}|object of type {_NAME} has no len\(\)",
            rf"(type object|module) {_NAME} has no attribute {_NAME}",
            rf"unsupported operand type\(s\) for ([-+*/%@&|^<>]{{1,3}}=?|\*\* or pow\(\)): {_NAME} and {_NAME}",
            rf"'[<>=!]{{1,2}}' not supported between instances of {_NAME} and {_NAME}",
            rf"bad operand type for (unary [-+~]|abs\(\)): {_NAME}",
            r"can only concatenate (str|list|tuple) \(not \"[\w.]+\"\) to (str|list|tuple)",
            rf"can't multiply sequence by non-int of type {_NAME}",
            rf"name {_NAME} is not defined",
            rf"cannot access (local|free) variable {_NAME} where it is not associated with a value"
            r"( in enclosing scope)?",
            r"\w+\(\) missing \d required (positional|keyword-only) arguments?: '\w+'(( and |, |, and )'\w+')*",
            rf"\w+\(\) takes (from {_FEW} to )?{_FEW} positional arguments? but {_FEW} (was|were) given",
            rf"\w+\(\) takes no arguments|\w+\(\) got an unexpected keyword argument {_NAME}",
            rf"(not enough|too many) values to unpack \(expected {_FEW}(, got {_FEW})?\)",
            rf"cannot unpack non-iterable \w+ object|No module named {_NAME}",
            r"The truth value of an array with more than one element is ambiguous\. "
            r"Use a\.any\(\) or a\.all\(\)",
            r"only (length-1|0-dimensional) arrays can be converted to Python scalars",
            r"this is too large or too deeply nested to be handed to a test",
            r"this is too (large|deeply nested) to be handed to a test",
            r"this took too long: look for a loop that never ends",
        ]
    )
)
_NAMES = {*dir(builtins), "NoneType", "function", "module", "method", "generator", "type", "numpy.ndarray", "ndarray", "DataFrame", "Series", "float64", "int64", "CannotCross", "LinAlgError", "len", "pow", "abs", "CellTimeoutError", "CheckFailed", "NotStarted"}  # fmt: skip


class Redaction:
    """Decides what is shown of a learner's error, from the test's current line and the learner's
    code.
    """

    def __init__(self) -> None:
        self._hidden: set[int] = set()  # lines of the test cell
        self._lines: set[str] = set()  # of the learner's cells
        self._words: set[str] = set()

    def begin(self, test: str, lines: list[str], told: bool = False) -> None:
        """Call before a test cell.

        lines: the new lines of the learner's cells. told: the learner's code may know an earlier
        hidden test; then no line counts as visible.
        """
        global _told
        _told = told
        self._hidden = {*range(1, test.count("\n") + 2)} if told else hidden_lines(test)
        self._lines.update(line.strip() for line in lines)
        self._words.update(word for line in lines for word in re.findall(r"\w+", line))

    def __call__(self, error: dict[str, Any]) -> dict[str, Any]:
        """A learner's error, as described by `channel`, reduced to what may be shown."""
        if not self._is_hidden():
            return error
        name, text, line = error["name"], error["text"], error["line"]
        known = self._words | _NAMES
        named = re.findall(r"'([\w.]+)'|(\w+)\(\)|\"([\w.]+)\"|iterable (\w+)", text)
        plain = all("".join(name) in known for name in named) and _NO_VALUES.fullmatch(text)
        return error | {
            "name": name if name in known else error["base"],
            "text": text if plain or not text else UNSHOWN,
            "line": line if line.strip() in self._lines else "",
        }

    def text_of(self, error: BaseException) -> str:
        """The text of the error that ended a test, reduced to what may be shown.

        Messages of a check or of a test's own `assert` are meant for the learner, and a learner's
        error is already reduced. But `KeyError: 31337` and numpy's comparisons contain a hidden
        test's values.
        """
        text = str(error)
        places = [
            (frame.f_code.co_filename, line)
            for frame, line in traceback.walk_tb(error.__traceback__)
        ]
        cells = [place for place in places if place[0].startswith("<ipython-input")]
        hidden = any(name == cells[0][0] and line in self._hidden for name, line in cells)
        own = isinstance(error, AssertionError) and places[-1:] == cells[-1:]
        ours = type(error).__module__.split(".")[0] == __name__.split(".")[0]
        told = own or ours or hasattr(error, "learner_line") or _NO_VALUES.fullmatch(text)
        return _UNSHOWN_OF_TEST if hidden and text and not told else text

    def _is_hidden(self) -> bool:
        """Whether a hidden line of the test cell is running."""
        if not self._hidden:
            return False
        seen = list(_running_lines())
        cell = seen[-1][0] if seen else ""  # the outermost
        return not seen or any(name == cell and line in self._hidden for name, line in seen)


def in_hidden_test() -> bool:
    """Whether a hidden line of a notebook's cell is running, here or in any kernel.

    A learner's own notebook has no hidden lines.
    """
    return any(
        _told or line in hidden_lines("".join(linecache.getlines(name)))
        for name, line in _running_lines()
    )


_told = False  # in a tester's process: see `Redaction.begin`


def _running_lines() -> Iterator[tuple[str, int]]:
    """(file, line) of each frame of a notebook's cell, the innermost first."""
    frame = sys._getframe()
    while frame is not None:
        name = frame.f_code.co_filename
        if name.startswith("<ipython-input") or "ipykernel_" in name:
            yield name, frame.f_lineno
        frame = frame.f_back


def hidden_lines(source: str) -> set[int]:
    """The line numbers that learners do not see."""
    found: set[int] = set()
    inside = False
    for number, line in enumerate(source.splitlines(), start=1):
        if _HIDDEN[0] in line:
            inside = True
        elif _HIDDEN[1] in line:
            inside = False
        elif inside:
            found.add(number)
    return found
