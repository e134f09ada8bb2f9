"""Linux system calls that Python does not wrap, through the C library."""

import ctypes
import functools
import os
from typing import Any


@functools.cache
def libc() -> Any:
    """The C library of this process."""
    library = ctypes.CDLL(None, use_errno=True)
    library.syscall.restype = ctypes.c_long
    return library


def check(result: int, what: str) -> None:
    """Raise OSError, with what was tried, if a call failed."""
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def prctl(*words: int) -> None:
    """prctl(2). Raises OSError."""
    check(libc().prctl(*(ctypes.c_ulong(w) for w in words), *(ctypes.c_ulong(0),) * 3), "prctl")
