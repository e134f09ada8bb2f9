"""Temporary folders that are always cleaned up: if a process is killed, the next one removes its
folders.
"""

import contextlib
import functools
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from scalinglaws.files import try_lock

_PREFIX = "scalinglaws-"
_LOCK = ".lock"  # held as long as the folder is in use


@contextlib.contextmanager
def temporary_folder() -> Iterator[Path]:
    """An empty folder, removed at the end."""
    _remove_left_behind(tempfile.gettempdir())
    # ignore_cleanup_errors: Windows keeps a gradebook's file open a little longer than we do.
    with tempfile.TemporaryDirectory(prefix=_PREFIX, ignore_cleanup_errors=True) as name:
        outer = Path(name)
        with (outer / _LOCK).open("w") as lock:
            try_lock(lock)
            inner = outer / "content"
            inner.mkdir()
            yield inner


@functools.cache  # once in a process
def _remove_left_behind(folder: str) -> None:
    """Remove only our own folders whose process has ended."""
    for outer in Path(folder).glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):
            about = outer.lstat()
            if outer.is_symlink() or (hasattr(os, "getuid") and about.st_uid != os.getuid()):
                continue
            with (outer / _LOCK).open("r+") as lock:  # no such file: not ours, or just being made
                free = try_lock(lock)
            if free:
                shutil.rmtree(outer, ignore_errors=True)
