"""Key stretching: a hash that is slow to compute, so that guessing an answer takes long."""

import functools
import hashlib
from collections.abc import Callable

Stretch = Callable[[bytes, bytes, int], bytes]


@functools.lru_cache(maxsize=8192)
def stretched(secret: bytes, salt: bytes, work: int) -> bytes:
    """48 bytes that only this secret gives. work: scrypt's n; 2**14 takes about 0.05 s."""
    return hashlib.scrypt(secret, salt=salt, n=work, r=8, p=1, maxmem=2**26, dklen=48)


stretch: Stretch = stretched


def set_stretch(function: Stretch) -> None:
    """Set the function that stretches keys (default: `stretched`, in this process).

    The grading engine sets one that asks the command, where a class's equal answers are stretched
    once.
    """
    global stretch
    stretch = function
