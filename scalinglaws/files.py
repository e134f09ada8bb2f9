"""Atomic writes, and a lock on a file.

The set-up uses this before any package is installed, so it needs the standard library only.
"""

import contextlib
import hashlib
import os
import tempfile
from pathlib import Path
from typing import IO, Any

from .errors import CourseError


def digest(path: Path) -> str:
    """The SHA-256 of a file's content, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def replace_file(path: Path, content: bytes, mode: int | None = None) -> None:
    """Write a file atomically: a reader sees the old content or the new, never a part.

    The content is on the disk before the name points to it, and missing folders are made. mode: the
    permissions; those of an ordinary new file unless given. Raises OSError if the file cannot be
    written; the old one then stays as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    number, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".new")
    try:
        with os.fdopen(number, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(draft, _ordinary_mode() if mode is None else mode)
        os.replace(draft, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(draft)
        raise


def write_output(path: Path, content: bytes, *, folders: bool = True) -> None:
    """Write a file that the user asked for, atomically.

    Raises CourseError if it cannot be written; an old file then stays.

    A link stays a link: the file that it points to is written. /dev/stdout and other devices are
    written to directly. folders: whether missing folders are made, or refused.
    """
    try:
        target = path.resolve()
        if not folders and not target.parent.is_dir():
            raise CourseError(f"{path} cannot be written: there is no folder {path.parent}.")
        if path.exists() and not (path.is_file() or path.is_dir()):
            path.write_bytes(content)
        else:
            replace_file(target, content)
    except OSError as error:
        raise CourseError(f"{path} cannot be written: {error.strerror}.") from None


def unreadable(path: Path, what: str, error: Exception) -> CourseError:
    """The message about an unreadable record.

    It could not be made again, so it is left as it is.
    """
    why = error.strerror if isinstance(error, OSError) else f"{type(error).__name__}: {error}"
    return CourseError(
        f"{path} holds {what} and cannot be read ({why}): restore it from a copy. Move it away to begin without one."
    )


def _ordinary_mode() -> int:
    """The permissions that `open` gives a new file; mkstemp's are for the owner only."""
    mask = os.umask(0o077)
    os.umask(mask)
    return 0o666 & ~mask


def try_lock(file: IO[Any]) -> bool:
    """Take the lock of an open file; False if another process holds it.

    The system gives it back when the process ends, however it ends.
    """
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True
