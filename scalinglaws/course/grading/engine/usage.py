"""Memory use of a submission's processes, as the kernel reports it from outside."""

import contextlib
import os
from collections.abc import Iterable

# Where the system reports a process's private memory. Quick: a page that several share counts for
# each. Slow: once.
_OWN = {"status": ("RssAnon:", "RssShmem:"), "smaps_rollup": ("Pss_Anon:", "Pss_Shmem:")}


def told(path: str) -> str:
    """The text of a file below /proc. Raises OSError.

    Grading a submission reads about a thousand of them; opening a file object would take longer than
    reading.
    """
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        parts = []
        while part := os.read(fd, 2**20):
            parts.append(part)
        return b"".join(parts).decode("utf-8", "replace")
    finally:
        os.close(fd)


def data_of(pid: int) -> int:
    """Bytes of data and stack that a process has mapped; 0 if it is unknown."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        return int(told(f"/proc/{pid}/statm").split()[5]) * os.sysconf("SC_PAGE_SIZE")
    return 0


def has_ended(pid: int) -> bool:
    """Whether a process has ended, even if its parent has not reaped it yet."""
    with contextlib.suppress(OSError):
        return told(f"/proc/{pid}/stat").rpartition(")")[2].split()[0] in "ZX"
    return True


def descendants(roots: Iterable[int]) -> list[int]:
    """The numbers of processes and all their descendants."""
    found, waiting = [], list(roots)
    while waiting:
        found.append(waiting.pop())
        with contextlib.suppress(OSError, ValueError):
            for task in os.listdir(f"/proc/{found[-1]}/task"):
                children = told(f"/proc/{found[-1]}/task/{task}/children").split()
                waiting += [int(child) for child in children]
    return found


def uses_more_than(processes: list[int], most: float) -> bool:
    """Whether processes together hold more than `most` bytes of private memory."""
    return _held(processes, "status") > most and _held(processes, "smaps_rollup") > most


def _held(processes: list[int], file: str) -> float:
    """Bytes of private memory of the processes, from a file in `_OWN`; infinite if it is not
    readable.
    """
    total = 0.0
    for pid in processes:
        try:
            for line in told(f"/proc/{pid}/{file}").splitlines():
                if line.startswith(_OWN[file]):
                    total += int(line.split()[1]) * 1024
        except PermissionError:
            return float("inf")
        except (OSError, ValueError):  # it has just ended
            continue
    return total
