"""Landlock: a process gives up access to files, for itself and for all its children.

The calls and their structures are those of linux/landlock.h; landlock(7) describes them, and says
which kernel supports which right.
"""

import ctypes
import os
import struct
from collections.abc import Iterable

from .linux import check, libc

# The system calls have the same numbers on all processors: landlock_create_ruleset(2) and so on.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION = 1  # flag of _CREATE_RULESET: only return the kernel's version
_PATH_BENEATH = 1  # kind of a rule
_READ = 0b1101  # execute, read a file, list a folder
_WRITE = 0b10  # write to an existing file


def restrict(writable: Iterable[str]) -> None:
    """Restrict file access a second time, as defence in depth: everything is readable, only
    `writable` and the devices are writable.

    Kernels before 5.13 do without. Raises OSError if a folder is missing.
    """
    version = libc().syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(_VERSION))
    if version < 1:
        return
    rights = (1 << min(16, 13 + (version >= 2) + (version >= 3) + (version >= 5))) - 1
    network = 3 if version >= 4 else 0  # bind and connect TCP
    scopes = 3 if version >= 6 else 0  # abstract sockets and signals
    attributes = struct.pack("<QQQ", rights, network, scopes)
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    ruleset = libc().syscall(_CREATE_RULESET, attributes, ctypes.c_size_t(size), ctypes.c_uint32(0))
    check(ruleset, "landlock")
    _allow(ruleset, "/", _READ & rights)
    _allow(ruleset, "/dev", (_READ | _WRITE) & rights)
    for folder in writable:
        _allow(ruleset, folder, rights)
    check(libc().syscall(_RESTRICT_SELF, ctypes.c_int(ruleset), ctypes.c_uint32(0)), "landlock")
    os.close(ruleset)


def _allow(ruleset: int, path: str, rights: int) -> None:
    folder = os.open(path, os.O_PATH | os.O_CLOEXEC)
    rule = struct.pack("<Qi", rights, folder)
    numbers = ctypes.c_int(ruleset), ctypes.c_int(_PATH_BENEATH), rule, ctypes.c_uint32(0)
    check(libc().syscall(_ADD_RULE, *numbers), "landlock rule")
    os.close(folder)
