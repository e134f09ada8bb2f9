"""The one error that a user is meant to read, and what may have been meant by a word that is not known."""

import difflib
from collections.abc import Iterable


class CourseError(Exception):
    """Something that the user can fix; its text is one clear sentence that says how.

    The console command prints the text without a traceback and exits with 2.
    """


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """ " Did you mean check?", to follow a sentence on a word that is not known; "" where nothing is near it.

    A part of a name is near it, and so is a name with a few letters wrong or exchanged.
    """
    names = {name.lower(): name for name in known if name}
    typed = word.strip().lower()
    part = [name for name in names if len(typed) > 1 and typed in name]
    near = part[:3] if len(part) <= 3 else []
    near = near or difflib.get_close_matches(typed, names, n=2, cutoff=0.7)
    return f" Did you mean {' or '.join(names[name] for name in near)}?" if near else ""
