"""The one error that a user is meant to read, and suggestions for a misspelt name."""

import difflib
import textwrap
import traceback
from collections.abc import Iterable
from pathlib import Path


class CourseError(Exception):
    """Something that the user can fix; its text is one clear sentence that says how.

    The console command prints the text without a traceback and exits with 2. A notebook shows the text, and the line of the
    cell that led to it.
    """

    def _render_traceback_(self) -> list[str]:
        # IPython shows these lines instead of a traceback through our files.
        lines = textwrap.wrap(f"{type(self).__name__}: {self}", 96, break_long_words=False)
        steps = traceback.extract_tb(self.__traceback__)
        own = [
            step for step in steps if Path(step.filename).suffix != ".py" or _is_cell(step.filename)
        ]
        if own and own[-1].line:
            lines += ["", f"Line {own[-1].lineno}: {own[-1].line}"]
        return lines


def _is_cell(filename: str) -> bool:
    """Whether a kernel gave this name to the code of a cell: "/tmp/ipykernel_7/123.py"."""
    return "ipykernel_" in Path(filename).parent.name


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """ " Did you mean check?", to end a message about an unknown word; "" if no name is close.

    A part of a name is close, and so is a name with a few letters wrong or swapped.
    """
    names = {name.lower(): name for name in known if name}
    typed = word.strip().lower()
    part = [name for name in names if len(typed) > 1 and typed in name]
    near = part[:3] if len(part) <= 3 else []
    near = near or difflib.get_close_matches(typed, names, n=2, cutoff=0.7)
    return f" Did you mean {' or '.join(names[name] for name in near)}?" if near else ""
