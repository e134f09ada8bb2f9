"""What a process still shares with a copy of itself, as the kernel reports it from outside.

A fork has its own memory, but shares open files and their positions, and shared memory mappings;
signals and threads reach from one to the other. Through any of these, a copy in which a hidden test
calls the learner's code could pass information to the original process.
"""

import functools
import os
import re
from collections import Counter
from dataclasses import dataclass

from . import sandbox
from .usage import told

_SOCKET = re.compile(r"socket:\[\d+\]")
_SIGNALS = re.compile(r"^(?:SigPnd|ShdPnd|SigBlk|SigIgn|SigCgt):.*", re.MULTILINE)


@dataclass(frozen=True)
class Bonds:
    """Open files, shared mappings and signal handlers; `places`: the position of each open file,
    and its flags.
    """

    open: Counter[str]
    mapped: frozenset[str]
    signals: tuple[str, ...]
    threads: int
    places: dict[str, str]

    @classmethod
    def of(cls, pid: int) -> "Bonds | None":
        """Those of a process; None if the system does not report them."""
        root = f"/proc/{pid}"
        try:
            found = {name: os.readlink(f"{root}/fd/{name}") for name in os.listdir(f"{root}/fd")}
            places = {name: told(f"{root}/fdinfo/{name}") for name in found}
            # Each process has one socket to the session, with a different number in a copy.
            opened = Counter("socket" if _SOCKET.match(what) else what for what in found.values())
            return cls(
                Counter({what: n for what, n in opened.items() if not _is_harmless(what)}),
                frozenset(filter(_is_shared, told(f"{root}/maps").splitlines())),
                tuple(_SIGNALS.findall(told(f"{root}/status"))),
                len(os.listdir(f"{root}/task")),
                places,
            )
        except OSError:
            return None

    def tell_more_than(self, start: "Bonds") -> bool:
        """Whether there is anything that was not shared at the start."""
        return bool(
            self.open - start.open
            or self.mapped - start.mapped
            or self.signals != start.signals
            or self.threads > start.threads
        )


def _is_shared(mapping: str) -> bool:
    """Whether a line of /proc/PID/maps, `7f0c2e000000-7f0c2e021000 rw-s ...`, is shared memory."""
    return mapping.partition(" ")[2][3:4] == "s"


def _is_harmless(what: str) -> bool:
    """Whether an open file is read-only, such as a font of matplotlib; its position is compared."""
    return any(what == f or what.startswith(f.rstrip("/") + "/") for f in _only_readable())


@functools.cache
def _only_readable() -> tuple[str, ...]:
    return (*sandbox.readable(), "/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")
