"""A lock on a file, shared by the set-up (so the standard library only) and the sweep."""

import os
from typing import IO


def try_lock(file: IO) -> bool:
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
