"""The session's handle of a process made by the fork server."""

import contextlib
import os
import select
import signal
import socket
import time
from pathlib import Path

from scalinglaws.errors import CourseError

from .messages import Gone, Message, close_all, receive, send

PATIENCE = (
    12.0  # seconds: to receive a message once it has begun; for a process to do something trivial
)
START_TIME = 30.0  # seconds: for a process to begin


class Target:
    """A process that can be signalled. pid: its number outside its sandbox.

    A learner's process may send anything, so nothing that it says about itself is trusted: a
    process descriptor can only be for a process of its own sandbox, the only ones it sees, and the
    kernel gives the number.
    """

    def __init__(self, pidfd: int, pid: int) -> None:
        self._pidfd, self.pid = pidfd, pid

    def signal(self, number: int) -> None:
        """Send a signal, if the process still exists."""
        if self._pidfd >= 0:
            with contextlib.suppress(OSError):
                signal.pidfd_send_signal(self._pidfd, number)

    def kill(self) -> None:
        """End it, for good."""
        self.signal(signal.SIGKILL)
        if self._pidfd >= 0:
            os.close(self._pidfd)
            self._pidfd = -1


def greeting(control: socket.socket, fresh: bool = True) -> Target:
    """Wait for a process to report on a socket. fresh: no learner's code has run in it.

    Raises Gone if it ended, TimeoutError if it takes too long, CourseError if a fresh process could
    not make its sandbox.
    """
    message, fds = _next(control, time.monotonic() + START_TIME)
    if fresh and "failed" in message:
        raise CourseError(f"The sandbox could not be made: {message['failed']}.")
    pid = _pid_of(fds[0]) if fds and "hello" in message else 0
    if not pid:
        close_all(fds)
        raise Gone
    return Target(fds[0], pid)


class ProcessHandle:
    """One forked process: messages to and from it, signals, and its end."""

    def __init__(self, control: socket.socket, target: Target) -> None:
        self._control, self._target = control, target

    @property
    def pid(self) -> int:
        """Its number outside the sandbox."""
        return self._target.pid

    def signal(self, number: int) -> None:
        """Send a signal."""
        self._target.signal(number)

    def answer(self, deadline: float) -> Message:
        """The next message. Raises TimeoutError at the deadline, Gone if the process has ended."""
        message, fds = _next(self._control, deadline)
        close_all(fds)
        return message

    def has_more(self) -> bool:
        """Whether it sent an unsolicited message."""
        return bool(select.select([self._control], [], [], 0)[0])

    def tell(self, message: Message, *fds: int) -> None:
        """Send a message. Raises Gone if the process has ended."""
        try:
            self._control.settimeout(PATIENCE)
            send(self._control, message, *fds)
        except OSError:  # also TimeoutError
            raise Gone from None

    def ask(self, message: Message, *fds: int, seconds: float = PATIENCE) -> Message:
        """Send a message and return the answer. Raises Gone, also if none comes in time."""
        self.tell(message, *fds)
        try:
            return self.answer(time.monotonic() + seconds)
        except TimeoutError:
            raise Gone from None

    def close(self) -> None:
        """End the process."""
        self._target.kill()
        self._control.close()


def _next(control: socket.socket, deadline: float) -> tuple[Message, list[int]]:
    if not select.select([control], [], [], max(deadline - time.monotonic(), 0))[0]:
        raise TimeoutError
    return receive(control, PATIENCE)


def _pid_of(pidfd: int) -> int:
    """The number of the process behind a descriptor; 0 if it is not a process."""
    try:
        lines = Path(f"/proc/self/fdinfo/{pidfd}").read_text().splitlines()
        pid = next((line.split()[1] for line in lines if line.startswith("Pid:")), "0")
        return max(int(pid), 0)
    except (OSError, ValueError, IndexError):
        return 0
