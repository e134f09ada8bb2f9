"""A full disk, a locked gradebook: sentences that replace the messages of the system and the
database.
"""

import contextlib
import errno
import sys
from collections.abc import Iterator

from scalinglaws.errors import CourseError

# A database's message, and the sentence that replaces it.
_TROUBLES = {
    (
        "disk is full",
        "No space left",
        "disk quota",
    ): "The disk is full: make room, then run the same command again. What is graded is kept.",
    (
        "database is locked",
        "database table is locked",
    ): "The gradebook is locked: another program is"
    " writing to it. Close formgrader, database browsers and other terminals, then run the same"
    " command again.",
    ("no such column", "has no column", "no such table", "UndefinedColumn", "UndefinedTable"): "The"
    " gradebook was made by an older nbgrader: make a copy of it, run `nbgrader db upgrade`, then run"
    " the same command again.",
    (
        "readonly database",
        "read-only",
    ): "The gradebook may not be written: check the permissions of the file and its folder.",
    ("malformed", "not a database", "disk I/O error"): "The gradebook is damaged: restore it from a"
    " copy. Move it away to start with an empty one (hand marks are lost then).",
}


def is_full(error: OSError) -> bool:
    """Whether an error means that a disk is full, or a quota used up."""
    return error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))


def explain(error: BaseException) -> CourseError | None:
    """The sentence for an error of the gradebook or the disk; None for any other error."""
    if isinstance(error, OSError):
        said = _sentence("disk is full", error.strerror or "")
        return CourseError(said) if is_full(error) else None
    if not _is_of_a_database(error):
        return None
    text = str(getattr(error, "orig", None) or error)
    sentence = _sentence(text, next(iter(text.splitlines()), ""))
    return CourseError(sentence) if sentence else None


def _is_of_a_database(error: BaseException) -> bool:
    """Such an error means that SQLAlchemy is already imported, so this does not import it."""
    database = sys.modules.get("sqlalchemy.exc")
    return database is not None and isinstance(error, database.SQLAlchemyError)


def _sentence(text: str, reason: str) -> str:
    found = (
        sentence
        for signs, sentence in _TROUBLES.items()
        if any(s.lower() in text.lower() for s in signs)
    )
    sentence = next(found, "")
    head, colon, rest = sentence.partition(":")
    return f"{head} ({reason}){colon}{rest}" if sentence else ""


@contextlib.contextmanager
def gradebook_errors() -> Iterator[None]:
    """Turn a database error into a helpful sentence. Raises CourseError for known errors."""
    try:
        yield
    except Exception as error:
        if (known := explain(error)) is not None:
            raise known from None
        raise
