"""What a student is told of an error that their code raised while a hidden test called it.

The error's text is the student's own, and may hold the hidden test's arguments (`raise ValueError(f"{n!r}")`). So only texts of
Python's own that hold no values are shown, and the line only where it stands in the submission.
"""

import builtins
import re
import sys

_HIDDEN = ("BEGIN HIDDEN TESTS", "END HIDDEN TESTS")
UNSHOWN = "its text is not shown, because a hidden test called your code"
# Python's and numpy's own texts in which nothing stands but names and kinds.
_NO_VALUES = re.compile(
    "|".join(
        [
            r"(integer |float |complex )?(floor )?(division|modulo|division or modulo)( by zero)?",
            r"math (domain|range) error",
            r"(list|tuple|string|array|range object|bytearray)( assignment)? index out of range",
            r"maximum recursion depth exceeded[\w ]*",
            r"'[\w.]+' object (is not|does not|has no|cannot be) [\w ()]+( '\w+')?",
            r"(object of type|type object|module) '[\w.]+' has no [\w ()]+( '\w+')?",
            r"unsupported operand type\(s\) for [^:']{1,14}: '[\w.]+' and '[\w.]+'",
            r"'[<>=!]{1,2}' not supported between instances of '[\w.]+' and '[\w.]+'",
            r"bad operand type for [^:']{1,14}: '[\w.]+'",
            r"can(not|'t|n't| only) (multiply|concatenate|unpack|convert) [\w \-()\"]+( '\w+')?",
            r"name '\w+' is not defined",
            r"cannot access (local|free) variable '\w+' where it is not associated with a value[\w ]*",
            r"local variable '\w+' referenced before assignment",
            r"[\w.]+\(\) (missing \d+|takes|got an? )[\w ]+(: )?('\w+'(, and |, | and )?)*( \([\w ]+\))?"
            r"( but \d+ (was|were) given)?",
            r"(not enough|too many) values to unpack \(expected [\w ,]+\)",
            r"No module named '[\w.]+'",
            r"operands could not be broadcast together with shapes [\d(), ]+",
            r"The truth value of an? [\w ]+ is ambiguous\. Use [\w.(), ]+",
            r"only [\w\- ]+ arrays can be converted to Python scalars",
            r"this is too (large|deeply)[\w ]*",
            r"an (array|integer) of [\d,]+ bytes is too large[\w ]*",
            r"this took too long: look for a loop that never ends",
        ]
    )
)
_TYPES = {*dir(builtins), "NoneType", "function", "module", "method", "generator", "type", "numpy.ndarray", "ndarray", "DataFrame", "Series", "float64", "int64"}  # fmt: skip


class Redaction:
    """Decides what is told of a learner's error, by where the test stands and what the learner wrote."""

    def __init__(self) -> None:
        self._hidden: set[int] = set()  # lines of the test cell
        self._lines: set[str] = set()  # of the learner's cells
        self._words: set[str] = set()

    def begin(self, test: str, lines: list[str]) -> None:
        """Before a test cell. lines: those of the learner's cells that are new."""
        self._hidden = hidden_lines(test)
        self._lines.update(line.strip() for line in lines)
        self._words.update(word for line in lines for word in re.findall(r"\w+", line))

    def __call__(self, kind: str, text: str, line: str) -> tuple[str, str]:
        """(text, line) of a learner's error as they may be shown."""
        if not self._is_hidden():
            return text, line
        line = line if line.strip() in self._lines else ""
        named = re.findall(r"'([\w.]+)'|(\w+)\(\)", text)
        known = all((a or b) in self._words | _TYPES for a, b in named)
        return (text if not text or (known and _NO_VALUES.fullmatch(text)) else UNSHOWN), line

    def _is_hidden(self) -> bool:
        """Whether a hidden line of the test cell runs just now."""
        if not self._hidden:
            return False
        frame, cell = sys._getframe(), ""
        seen: list[tuple[str, int]] = []
        while frame is not None:
            if frame.f_code.co_filename.startswith("<ipython-input"):
                cell = frame.f_code.co_filename  # in the end, of the outermost
                seen.append((cell, frame.f_lineno))
            frame = frame.f_back
        return not seen or any(name == cell and line in self._hidden for name, line in seen)


def hidden_lines(source: str) -> set[int]:
    """The numbers of the lines that learners do not see."""
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
