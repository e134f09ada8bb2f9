"""The files of a learner's process, handled from outside: shared with the tester, and restored
after a test.

A function that a hidden test calls may write its arguments into a file. So after each test the
folders that a learner's process can write to are restored: new files are removed, grown files are
cut, changed or removed files are restored, unless they were too large to keep. The tree belongs to
the learner: links are never followed, and only plain files are opened.
"""

import contextlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from . import sandbox
from .sandbox import MIB

MAX_SHARED = 16 * MIB  # of files that the learner's cells wrote, for one test
MAX_KEPT = 16 * MIB  # of files, kept to be restored
_MOST = 20_000  # files looked at in one folder
_DEEPEST = 5  # levels of subfolders that are shared
_PLAIN = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC  # opening a pipe must not block
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC

Stamp = tuple[int, int, int]


@dataclass
class _Kept:
    """A file as it was before a test. content: None if it is too large."""

    stamp: Stamp
    about: os.stat_result
    content: bytes | None


@dataclass
class _Tree:
    """A folder as it was before a test: its files and subfolders, by path.

    about: the change stamp, mode and attributes of everything in it, including links and pipes.
    """

    files: dict[str, _Kept] = field(default_factory=dict)
    folders: set[str] = field(default_factory=set)
    about: dict[str, tuple[int, ...]] = field(default_factory=dict)


@dataclass
class LearnerFiles:
    """The folders that a learner's process can write to.

    home: its own folder, if there is no sandbox. own: names that the tester has from the source.
    """

    home: str = ""
    own: frozenset[str] = frozenset()
    _shared: dict[str, Stamp] = field(default_factory=dict)
    _kept: dict[str, _Tree] = field(default_factory=dict)

    def changed(self, pid: int) -> dict[str, bytes]:
        """The plain files in its own folder, without modules, that changed since the last call.

        pid: of the first process in its sandbox. What exceeds the limit for one test is left out.
        """
        found: dict[str, bytes] = {}
        room = MAX_SHARED
        folder = self.home or sandbox.HOME
        with contextlib.suppress(OSError), _opened(folder, pid, bool(self.home)) as root:
            for path, name, here in _files(root, 200):
                if name.startswith(".") or name.endswith(sandbox.IMPORTABLE):
                    continue
                if path.count("/") > _DEEPEST:
                    continue
                with contextlib.suppress(OSError):
                    stamp, _, content = _read(name, here, room, self._shared.get(path))
                    self._shared[path] = stamp
                    if content is not None and path not in self.own:
                        room -= len(content)
                        found[path] = content
        return found

    def keep(self, pid: int) -> None:
        """Record all files before a test."""
        room = MAX_KEPT
        for folder in self._folders():
            before, now = self._kept.get(folder, _Tree()), _Tree()
            with contextlib.suppress(OSError), _opened(folder, pid, bool(self.home)) as root:
                now.about = _about(root)
                for below, names, files, here in os.fwalk(".", dir_fd=root):
                    now.folders.update(os.path.normpath(os.path.join(below, n)) for n in names)
                    for name in files[:_MOST]:
                        path = os.path.normpath(os.path.join(below, name))
                        old = before.files.get(path)
                        with contextlib.suppress(OSError):
                            stamp, about, content = _read(name, here, room, old and old.stamp)
                            kept = _Kept(stamp, about, content)
                            now.files[path] = old if old and old.stamp == stamp else kept
                            room -= len(now.files[path].content or b"")
            self._kept[folder] = now

    def stamps(self, pid: int) -> dict[str, tuple[dict[str, Stamp], frozenset[str]]]:
        """Stamps that differ if a file or a folder has changed."""
        self.keep(pid)
        return {
            folder: (
                {path: kept.stamp for path, kept in tree.files.items()},
                frozenset(tree.folders),
            )
            for folder, tree in self._kept.items()
        }

    def put_back(self, pid: int) -> bool:
        """Restore all files as they were at `keep`.

        Returns whether there was, or may have been, anything to restore.
        """
        changed = False
        for folder in self._folders():
            kept = self._kept.get(folder, _Tree())
            now: dict[str, tuple[int, ...]] = {}
            with contextlib.suppress(OSError), _opened(folder, pid, bool(self.home)) as root:
                now = _about(root)
                if now != kept.about:
                    _restore(root, kept)
            changed |= not now or now != kept.about
        return changed

    def _folders(self) -> tuple[str, ...]:
        return (self.home,) if self.home else ("/tmp", "/dev/shm")


@contextlib.contextmanager
def _opened(folder: str, pid: int, outside: bool) -> Iterator[int]:
    """A descriptor of a folder, opened without following a learner's link."""
    if outside:
        found = os.open(folder, _FOLDER | os.O_NOFOLLOW)
    else:
        above, name = os.path.split(folder)
        outer = os.open(f"/proc/{pid}/root{above}", _FOLDER)
        try:
            found = os.open(name, _FOLDER | os.O_NOFOLLOW, dir_fd=outer)
        finally:
            os.close(outer)
    try:
        yield found
    finally:
        os.close(found)


def _about(root: int) -> dict[str, tuple[int, ...]]:
    """The system's metadata for a folder and everything in it, by path.

    The time of the last change covers every change, because it cannot be set.
    """
    found = {".": _changing(os.fstat(root))}
    for below, names, files, here in os.fwalk(".", dir_fd=root):
        for name in (*names, *files):
            with contextlib.suppress(OSError):
                about = os.stat(name, dir_fd=here, follow_symlinks=False)
                found[os.path.join(below, name)] = _changing(about)
    return found


def _changing(about: os.stat_result) -> tuple[int, ...]:
    return (about.st_ino, about.st_mode, about.st_size, about.st_ctime_ns)


def _files(root: int, most: int) -> Iterator[tuple[str, str, int]]:
    """(path, name, descriptor of its folder) of everything but folders below an open folder, at
    most `most` in each.
    """
    for below, _, files, here in os.fwalk(".", dir_fd=root):
        for name in files[:most]:
            yield os.path.normpath(os.path.join(below, name)), name, here


def _read(
    name: str, here: int, room: int, known: Stamp | None
) -> tuple[Stamp, os.stat_result, bytes | None]:
    """(stamp, metadata, content) of a plain file; no content if the stamp is known or there is no
    room.

    Raises OSError if it is not a plain file.
    """
    with open(os.open(name, os.O_RDONLY | _PLAIN, dir_fd=here), "rb") as file:
        about = os.fstat(file.fileno())
        stamp = (about.st_mtime_ns, about.st_size, about.st_ino)
        if not stat.S_ISREG(about.st_mode):
            raise OSError
        if stamp == known or about.st_size > room:
            return stamp, about, None
        return stamp, about, file.read(about.st_size)


def _restore(root: int, kept: _Tree) -> None:
    missing = dict(kept.files)
    for below, names, files, here in os.fwalk(".", topdown=False, dir_fd=root):
        for name in files:
            old = missing.pop(os.path.normpath(os.path.join(below, name)), None)
            with contextlib.suppress(OSError):
                if old is not None:
                    _restore_file(name, here, old)
                elif stat.S_ISREG(os.stat(name, dir_fd=here, follow_symlinks=False).st_mode):
                    os.unlink(name, dir_fd=here)
        for name in names:
            if os.path.normpath(os.path.join(below, name)) not in kept.folders:
                with contextlib.suppress(OSError):
                    os.rmdir(name, dir_fd=here)
    for path, old in missing.items():
        with contextlib.suppress(OSError):
            _make(root, path, old)


def _restore_file(name: str, here: int, old: _Kept) -> None:
    fd = os.open(name, os.O_RDWR | _PLAIN, dir_fd=here)
    with open(fd, "r+b") as file:
        about = os.fstat(fd)
        if (about.st_mtime_ns, about.st_size, about.st_ino) == old.stamp:
            return
        if old.content is not None:
            file.truncate(0)
            file.write(old.content)
            file.flush()
        elif about.st_size > old.stamp[1]:
            file.truncate(old.stamp[1])
        os.utime(fd, ns=(old.stamp[0], old.stamp[0]))


def _make(root: int, path: str, old: _Kept) -> None:
    """Restore a file that a test's call removed."""
    if old.content is None:
        return
    *above, name = Path(path).parts
    here = os.dup(root)
    try:
        for folder in above:
            with contextlib.suppress(FileExistsError):
                os.mkdir(folder, dir_fd=here)
                owner = old.about.st_uid, old.about.st_gid
                os.chown(folder, *owner, dir_fd=here, follow_symlinks=False)
            below = os.open(folder, _FOLDER | os.O_NOFOLLOW, dir_fd=here)
            os.close(here)
            here = below
        fd = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _PLAIN, 0o600, dir_fd=here)
        with open(fd, "wb") as file:
            file.write(old.content)
            file.flush()
            os.fchown(fd, old.about.st_uid, old.about.st_gid)
            os.fchmod(fd, stat.S_IMODE(old.about.st_mode) & 0o777)
            os.utime(fd, ns=(old.stamp[0], old.stamp[0]))
    finally:
        os.close(here)
