"""What the processes of a submission use, as the kernel tells it from outside."""

import contextlib
import os
from collections.abc import Iterable

# Where the system tells what a process holds of its own. Quick: a page that several share counts for
# each. Slow: once.
_OWN = {"status": ("RssAnon:", "RssShmem:"), "smaps_rollup": ("Pss_Anon:", "Pss_Shmem:")}


def told(path: str) -> str:
    """What the system tells in a file below /proc. Raises OSError.

    A submission is asked about a thousand times: a file object for each would take longer than the answer.
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
    """Bytes of data and stack that a process has mapped; 0 where that is not told."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        return int(told(f"/proc/{pid}/statm").split()[5]) * os.sysconf("SC_PAGE_SIZE")
    return 0


def has_ended(pid: int) -> bool:
    """Whether nothing is left of a process but its number, which its parent has not asked about."""
    with contextlib.suppress(OSError):
        return told(f"/proc/{pid}/stat").rpartition(")")[2].split()[0] in "ZX"
    return True


def descendants(roots: Iterable[int]) -> list[int]:
    """The numbers of processes, and of all that they started."""
    found, waiting = [], list(roots)
    while waiting:
        found.append(waiting.pop())
        with contextlib.suppress(OSError, ValueError):
            for task in os.listdir(f"/proc/{found[-1]}/task"):
                children = told(f"/proc/{found[-1]}/task/{task}/children").split()
                waiting += [int(child) for child in children]
    return found


def uses_more_than(processes: list[int], most: float) -> bool:
    """Whether processes hold more than `most` bytes of their own, all together."""
    return _held(processes, "status") > most and _held(processes, "smaps_rollup") > most


def _held(processes: list[int], file: str) -> float:
    """Bytes that processes hold of their own, by a file of `_OWN`; infinite where it may not be read."""
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
