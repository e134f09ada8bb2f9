"""Starts the fork server and asks it for processes."""

import json
import os
import socket
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path
from typing import Any

from scalinglaws.environment import own_matplotlibrc
from scalinglaws.errors import CourseError
from scalinglaws.paths import importable

from .usage import data_of


def cores() -> list[int]:
    """The numbers of the cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


class ForkServer:
    """The warm process, started when it is first needed.

    Thread-safe. cores: if given, each session runs on one of them, so that the processes of one
    submission do not slow down another. for_a_class: whether to prepare more, which pays if many
    submissions use it. data: bytes of data and stack that every process starts with.
    """

    def __init__(self) -> None:
        self.cores: Counter[int] = Counter()  # core: number of its sessions
        self.for_a_class = False
        self.data = 0
        self._lock = threading.Lock()
        self._running: _Running | None = None

    def start(self) -> None:
        """Start it, without waiting until it is warm.

        Raises CourseError if processes cannot be forked.
        """
        with self._lock:
            self._start()

    def _start(self) -> "_Running":
        if self._running is not None and self._running.process.poll() is None:
            return self._running
        if not hasattr(os, "fork"):
            raise CourseError(
                "This system cannot fork processes: grade with `nbgrader autograde`, or on Linux."
            )
        self.close()
        self._running = _Running(self.for_a_class)
        return self._running

    def fork(self, request: dict[str, Any]) -> socket.socket:
        """Start a process for `request`; returns the socket to it.

        Raises CourseError if the server does not start.
        """
        with self._lock:
            running = self._start()
            if not running.ready:
                running.wait()
                self.data = data_of(running.process.pid)
            ours, theirs = socket.socketpair()
            with theirs:
                socket.send_fds(running.control, [json.dumps(request).encode()], [theirs.fileno()])
            return ours

    def take_core(self) -> int | None:
        """The core with the fewest sessions; None if they may run on any."""
        with self._lock:
            core = min(self.cores, key=self.cores.__getitem__, default=None)
            if core is not None:
                self.cores[core] += 1
            return core

    def give_core(self, core: int | None) -> None:
        """Note that a session on this core has ended."""
        with self._lock:
            if core is not None:
                self.cores[core] -= 1

    def close(self) -> None:
        """End the warm process and all its forks."""
        if self._running is not None:
            self._running.close()
            self._running = None

    def __enter__(self) -> "ForkServer":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Running:
    """The server's process. ready: it has reported that it is warm."""

    def __init__(self, for_a_class: bool) -> None:
        self.control, theirs = socket.socketpair()
        with theirs:
            words = [str(theirs.fileno()), *["class"] * for_a_class]
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-m", f"{__package__}.fork_server", *words],
                pass_fds=[theirs.fileno()],
                env=_environment(),
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
            )
        self.ready = False

    def wait(self) -> None:
        """Wait until it is warm. Raises CourseError if it fails to start."""
        if self.control.recv(5) != b"ready":
            _, text = self.process.communicate()
            last = (text.decode(errors="replace").strip().splitlines() or ["no reason"])[-1]
            raise CourseError(f"The grading engine did not start: {last}.")
        self.ready = True
        if self.process.stderr:
            self.process.stderr.close()

    def close(self) -> None:
        """End it."""
        self.control.close()
        self.process.kill()
        self.process.wait()
        if self.process.stderr:
            self.process.stderr.close()


def _environment() -> dict[str, str]:
    """The environment variables of the warm process: no secrets, one thread, inline figures, a
    fixed hash seed.
    """
    names = ("PATH", "HOME", "TZ", "LANG", "PYTHONDONTWRITEBYTECODE")
    kept = {name: os.environ[name] for name in names if name in os.environ}
    # The same package that this process uses.
    kept["PYTHONPATH"] = importable()
    one = {f"{k}_NUM_THREADS": "1" for k in ("OMP", "OPENBLAS", "MKL", "NUMEXPR", "VECLIB_MAXIMUM")}
    return {
        "LANG": "C.UTF-8",
        **kept,
        **one,
        # As for Jupyter's kernels: `!pip` and `%%python` find those of the environment.
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), kept.get("PATH", os.defpath)]),
        # There is no network, so pip should fail at once.
        "PIP_NO_INDEX": "1",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "MATPLOTLIBRC": own_matplotlibrc(),  # a personal style must not affect an answer
        "PYTHONHASHSEED": "0",
        "NBGRADER_EXECUTION": "autograde",
    }
