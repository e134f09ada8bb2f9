"""A sandbox for one process tree, made from kernel features: no container, no set-up, a few
milliseconds.

New namespaces hide all other processes, the network and the whole file system except Python, the
system's libraries and this package, which are read-only; only a small folder in memory is writable.
Landlock enforces the same file access again, a seccomp filter blocks system calls known from
sandbox escapes, and resource limits cover the rest. When grading as root, the process becomes a
user that owns nothing; otherwise it stays the same user in a namespace without rights.
"""

import contextlib
import ctypes
import functools
import importlib.machinery
import os
import platform
import shutil
import signal
import stat
import struct
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from scalinglaws.paths import PACKAGE, data_dir

from . import landlock, seccomp
from .linux import check, libc, prctl

MIB = 2**20
FIRST_UID = 2_000_000_000  # when grading as root, each sandbox becomes a new user who owns nothing
IMPORTABLE = (
    *importlib.machinery.all_suffixes(),
    ".py",
    ".pyc",
    ".so",
    ".pyd",
    ".pth",
    ".zip",
    ".egg",
)
HOME = "/tmp/home"  # inside: the submission's own folder


@dataclass(frozen=True)
class Limits:
    """What one submission may use. Times in seconds, sizes in MiB."""

    cell_time: float = 60
    total_time: float = 600
    memory: int = 2048  # of each process, and of all of them together
    files: int = 128  # in the submission's own folder
    output: int = 256  # KiB of text of one cell; figures may take eight times as much
    processes: int = 64


# Constants of linux/sched.h, linux/mount.h and linux/prctl.h.
_CLONE_NEWNS, _CLONE_NEWUTS, _CLONE_NEWIPC = 0x00020000, 0x04000000, 0x08000000
_CLONE_NEWUSER, _CLONE_NEWPID, _CLONE_NEWNET = 0x10000000, 0x20000000, 0x40000000
_NAMESPACES = (
    _CLONE_NEWNS | _CLONE_NEWUTS | _CLONE_NEWIPC | _CLONE_NEWUSER | _CLONE_NEWPID | _CLONE_NEWNET
)
_MS_RDONLY, _MS_NOSUID, _MS_NODEV, _MS_REMOUNT = 1, 2, 4, 32
_MS_BIND, _MS_REC, _MS_PRIVATE = 4096, 16384, 1 << 18
_MNT_DETACH = 2
_PR_SET_PDEATHSIG, _PR_CAPBSET_DROP = 1, 24
_PR_SET_NO_NEW_PRIVS, _PR_CAP_AMBIENT = 38, 47


def _mount(source: str, target: str, kind: str | None, flags: int, data: str | None = None) -> None:
    words = [None if w is None else w.encode() for w in (source, target, kind, data)]
    check(
        libc().mount(words[0], words[1], words[2], ctypes.c_ulong(flags), words[3]),
        f"mount {target}",
    )


def die_with_parent(parent: int) -> None:
    """End this process when its parent ends."""
    if sys.platform == "linux":
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() not in (parent, 0):  # 0: the parent is outside of our process namespace
        os._exit(1)


def readable() -> list[str]:
    """What Python needs: the system's libraries, the environment, this package and its data."""
    folders = ["/usr", "/lib", "/lib64", "/lib32", "/bin", "/etc/fonts", "/etc/ld.so.cache"]
    folders += ["/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/localtime", "/etc/nsswitch.conf"]
    folders += ["/nix/store", sys.prefix, sys.base_prefix, str(PACKAGE), str(data_dir())]
    if fonts := _matplotlib_cache():
        folders.append(fonts)
    found = list(dict.fromkeys(f for f in folders if os.path.lexists(f)))
    return [
        f for f in found if not any(f != g and f.startswith(g.rstrip("/") + "/") for g in found)
    ]


def private_path() -> str:
    """A path that the sandbox must read but only its owner can; "" if there is none.

    This only matters for root, whose sandbox is another user. Only the top level of each folder and
    of the installed packages is examined.
    """
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return ""
    folders = [*readable(), *(f for f in sys.path if f.startswith((sys.prefix, sys.base_prefix)))]
    for folder in folders:
        inside = [entry.path for entry in os.scandir(folder)] if os.path.isdir(folder) else []
        for path in [folder, *inside]:
            with contextlib.suppress(OSError):  # a link to nothing
                mode = os.stat(path).st_mode
                needed = 0o5 if stat.S_ISDIR(mode) else 0o4
                if mode & needed != needed and path.startswith(_OURS):
                    return path
    return ""


# The system's folders have some files that only root may read; Python and the course need all of
# their own.
_OURS = (sys.prefix, sys.base_prefix, str(PACKAGE), str(data_dir()))


def _matplotlib_cache() -> str:
    """The folder of matplotlib's font list; "" in a process that has not loaded matplotlib, and so
    draws nothing.
    """
    loaded = sys.modules.get("matplotlib")
    try:
        return loaded.get_cachedir() if loaded is not None else ""
    except Exception:
        return ""


def enter(limits: Limits, files: str | None = None, hide: Iterable[str] = ()) -> int:
    """Put this process into the sandbox.

    It must be single-threaded; the next fork begins a new process namespace.

    files: a folder with the initial content of the submission's own folder. hide: folders that must
    not be visible even inside a readable one. Returns the user id for `drop_rights`, which must be
    called in the child. Raises OSError if the system does not allow it.
    """
    root_user = os.geteuid() == 0
    uid, gid = os.getuid(), os.getgid()
    flags = _CLONE_NEWNS | _CLONE_NEWPID | _CLONE_NEWNET | _CLONE_NEWIPC | _CLONE_NEWUTS
    check(libc().unshare(flags if root_user else flags | _CLONE_NEWUSER), "unshare")
    if not root_user:
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
        Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")
    with contextlib.suppress(OSError):  # if memory runs out, the kernel ends this process first
        Path("/proc/self/oom_score_adj").write_text("1000")
    _mount("none", "/", None, _MS_REC | _MS_PRIVATE)
    if root_user:
        uid = gid = FIRST_UID + os.getpid()
    mask = os.umask(
        0o022
    )  # for the parent folders of readable ones; our own umask may exclude others
    _new_root(limits, files, [os.path.realpath(h) for h in hide], (uid, gid))
    os.umask(mask)
    return uid


def _new_root(limits: Limits, files: str | None, hide: list[str], owner: tuple[int, int]) -> None:
    """Build the file system that the sandbox sees, and move into it."""
    # A folder that exists on every Linux, that only we may change, and that the sandbox does not
    # show; nothing is created on the host.
    root = "/proc"
    _mount(
        "tmpfs",
        root,
        "tmpfs",
        _MS_NOSUID | _MS_NODEV,
        f"size={limits.files + 1}m,nr_inodes=20000,mode=755",
    )
    for folder in readable():
        _bind(folder, root)
    for folder in hide:
        if os.path.isdir(root + folder) and not _within(folder, root):
            _mount("tmpfs", root + folder, "tmpfs", _MS_RDONLY, "size=4k")
    os.makedirs(f"{root}/dev", exist_ok=True)
    for device in ("null", "zero", "urandom", "random"):
        Path(f"{root}/dev/{device}").touch()
        _mount(f"/dev/{device}", f"{root}/dev/{device}", None, _MS_BIND)
    for folder in (root + "/tmp", root + "/dev/shm", root + HOME):
        os.makedirs(folder, exist_ok=True)
        os.chmod(folder, 0o700 if folder.endswith(HOME) else 0o1777)
    if files:
        copy_files(files, root + HOME, limits.files * MIB // 2)
    for folder, names, plain in os.walk(root + HOME):
        for name in ("", *names, *plain):
            os.chown(os.path.join(folder, name), *owner, follow_symlinks=False)
    os.makedirs(f"{root}/old", exist_ok=True)
    os.chdir(root)
    check(libc().pivot_root(b".", b"old"), "pivot_root")
    os.chdir("/")
    check(libc().umount2(b"/old", _MNT_DETACH), "umount")
    os.rmdir("/old")
    os.chdir(HOME)


def _within(folder: str, root: str) -> bool:
    """Whether `folder` only exists as a parent of something readable; then its content is hidden."""
    return not any(folder == f or folder.startswith(f.rstrip("/") + "/") for f in readable())


def _bind(path: str, root: str) -> None:
    """Mount a file or folder at its own path, read-only; links stay links."""
    target = root + path
    os.makedirs(os.path.dirname(target), exist_ok=True)
    if os.path.islink(path):
        if not os.path.lexists(target):
            os.symlink(os.readlink(path), target)
        real = os.path.realpath(path)
        if real not in readable() and not os.path.lexists(root + real):
            _bind(real, root)
        return
    if os.path.isdir(path):
        os.makedirs(target, exist_ok=True)
    else:
        Path(target).touch()
    _mount(path, target, None, _MS_BIND | _MS_REC)
    flags = _MS_BIND | _MS_REMOUNT | _MS_RDONLY | _MS_NOSUID
    kept = os.statvfs(path).f_flag  # a mount's restrictions cannot be removed
    for bit, flag in ((os.ST_NODEV, _MS_NODEV), (os.ST_NOEXEC, 8), (1024, 1024), (4096, 1 << 21)):
        flags |= flag if kept & bit else 0
    _mount("none", target, None, flags)


def copy_files(source: str, target: str, most: int) -> None:
    """Copy plain files and folders, as far as there is room.

    Not copied are links, files beyond `most` bytes, and notebooks, because a graded one contains
    the tests.
    """
    total = 0
    for folder, names, plain in os.walk(source):
        names[:] = [n for n in names if not os.path.islink(os.path.join(folder, n))]
        inside = os.path.join(target, os.path.relpath(folder, source))
        with contextlib.suppress(OSError):  # no room, or a name that is too long
            os.makedirs(inside, exist_ok=True)
        for name in plain:
            path = os.path.join(folder, name)
            if not os.path.islink(path) and os.path.isfile(path) and not name.endswith(".ipynb"):
                total += os.path.getsize(path)
                if total <= most:
                    with contextlib.suppress(OSError):
                        shutil.copyfile(path, os.path.join(inside, name))


def drop_rights(limits: Limits, uid: int, mapped: int = 0) -> None:
    """Give up what `enter` needed, for good.

    Call it in the child of the process that called `enter`, with the `uid` that it returned.
    """
    if os.getuid() != uid:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    with contextlib.suppress(OSError):
        prctl(_PR_CAP_AMBIENT, 4)  # clear all
    for capability in range(64):
        try:
            prctl(_PR_CAPBSET_DROP, capability)
        except OSError:
            break
    header = struct.pack("<Ii", 0x20080522, 0)
    check(libc().capset(header, bytes(24)), "capset")
    prctl(_PR_SET_NO_NEW_PRIVS, 1)
    limit_resources(limits, mapped)
    landlock.restrict(writable=(HOME, "/tmp", "/dev/shm"))
    seccomp.refuse(namespaces=_NAMESPACES)


def mapped_memory() -> int:
    """Bytes of address space that this process has already mapped; 0 if /proc is not available.

    Libraries alone map from 0.3 to 1 GB, which differs between processors (one arena per core, one
    buffer per kernel of OpenBLAS): a submission's own allowance must not depend on that.
    """
    try:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
    except (OSError, ValueError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def limit_resources(limits: Limits, mapped: int) -> None:
    """Set the limits of each process and, for the number of processes, of the user.

    mapped: from `mapped_memory`, called before the sandbox hides /proc.
    """
    import resource  # not there on Windows

    for what, amount in (
        (resource.RLIMIT_AS, mapped + limits.memory * MIB),
        (resource.RLIMIT_FSIZE, limits.files * MIB),
        (resource.RLIMIT_NOFILE, 256),
        (resource.RLIMIT_NPROC, limits.processes),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_MEMLOCK, 0),
        (resource.RLIMIT_CPU, int(limits.total_time) + 5),
        (resource.RLIMIT_STACK, 16 * MIB),
        (getattr(resource, "RLIMIT_MSGQUEUE", None), 0),
    ):
        if what is not None:
            with contextlib.suppress(ValueError, OSError):
                resource.setrlimit(what, (amount, amount))


# --- is there any of this? ---


@functools.cache
def missing() -> str:
    """Why this system offers no isolation, in one sentence; empty if it does.

    Tried in a separate process.
    """
    if sys.platform != "linux":
        return f"{platform.system()} has no namespaces"
    import subprocess

    # Only a single-threaded process may make a user namespace, and libraries start threads when
    # they are imported (OpenBLAS, pyarrow): a fork has one thread, here as in the fork server.
    code = (
        "import os\nfrom scalinglaws.course.grading.engine import sandbox\n"
        "def ended(child): return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])\n"
        "if child := os.fork():\n    os._exit(abs(ended(child)))\n"
        "try:\n"
        "    limits = sandbox.Limits()\n    uid = sandbox.enter(limits)\n    child = os.fork()\n"
        "    if child == 0:\n        sandbox.drop_rights(limits, uid); os._exit(0)\n"
        "    code = abs(ended(child))\n"
        "except BaseException as error:\n"
        "    os.write(2, f'{type(error).__name__}: {error}'.encode()); code = 1\n"
        "os._exit(code)\n"
    )
    one = {f"{k}_NUM_THREADS": "1" for k in ("OMP", "OPENBLAS", "MKL", "NUMEXPR")}
    here = str(PACKAGE.parent)
    done = subprocess.run(
        [sys.executable, "-P", "-c", code],
        capture_output=True,
        text=True,
        env={**os.environ, **one, "PYTHONPATH": here},
    )
    if done.returncode == 0:
        return ""
    last = (done.stderr.strip().splitlines() or ["the trial process died"])[-1]
    return f"this system does not allow it ({last})"
