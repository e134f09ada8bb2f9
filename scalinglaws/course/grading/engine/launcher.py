"""Starts the processes of one submission: each role has its own sandbox, which ends as a whole."""

import contextlib
import tempfile
from collections.abc import Collection
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

from . import sandbox
from .fork_client import ForkServer
from .handle import ProcessHandle, Target, greeting
from .sandbox import MIB, Limits
from .usage import data_of, descendants, has_ended, uses_more_than

Role = Literal["learner", "tester", "drawer"]


@dataclass
class Launcher:
    """Starts and ends all processes of one submission.

    Use it in a `with` statement. files: a folder with two subfolders, `learner` and `tester`, the
    initial content of each process's folder. hide: folders that must not be visible. homes: the
    folder of each role, if there is no sandbox.
    """

    server: ForkServer
    limits: Limits
    files: Path | None
    hide: Collection[str]
    sandboxed: bool
    homes: dict[Role, str] = field(default_factory=dict)
    kept: int = 0  # processes that wait for a later run, which don't count against the cells
    _core: int | None = None
    # The first process of each sandbox; when it ends, so do all others in it.
    _roots: dict[Role, Target] = field(default_factory=dict)
    _stack: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    def __enter__(self) -> "Launcher":
        self._core = self.server.take_core()
        self._stack.callback(self.server.give_core, self._core)
        return self

    def __exit__(self, *_: object) -> None:
        for role in list(self._roots):
            self.end(role)
        self._stack.close()

    def start(self, role: Role) -> ProcessHandle:
        """Start a new process, replacing all others in this role.

        Raises Gone if it does not start, CourseError if the sandbox cannot be made.
        """
        self.end(role)
        request = {
            "role": role,
            "limits": asdict(self.limits),
            "sandbox": self.sandboxed,
            "files": self._folder(role),
            "hide": list(self.hide),
            "core": self._core,
        }
        control = self.server.fork(request)
        try:
            self._roots[role] = greeting(control)
            # No cell runs in a first process, which reaps the others; if a cell ended it, all
            # copies would end, too.
            inner = self._roots[role]
            if role != "drawer":
                inner = greeting(control, fresh=role == "tester")
        except BaseException:
            control.close()
            raise
        return ProcessHandle(control, inner)

    def _folder(self, role: Role) -> str | None:
        given = str(self.files / role) if self.files and role != "drawer" else None
        if self.sandboxed:
            return given
        # It still gets its own folder.
        temporary = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self.homes[role] = self._stack.enter_context(temporary)
        if given:
            sandbox.copy_files(given, self.homes[role], self.limits.files * MIB)
        return self.homes[role]

    def end(self, role: Role) -> None:
        """End all processes in this role."""
        if root := self._roots.pop(role, None):
            root.kill()

    def root(self, role: Role) -> int:
        """The number of the first process in this role; 0 if there is none."""
        return self._roots[role].pid if role in self._roots else 0

    # --- what they use ---

    def processes(self, *roles: Role) -> list[int]:
        """The numbers of the processes in these roles; without roles, of all of the submission."""
        return descendants(
            self._roots[role].pid for role in roles or self._roots if role in self._roots
        )

    def role(self, role: Role) -> set[int]:
        """The numbers of the running processes in this role, except the first one."""
        root = self.root(role)
        return {pid for pid in descendants([root]) if not has_ended(pid)} - {root}

    def others(self, known: Collection[int]) -> set[int]:
        """The numbers of the submission's running processes, except `known` and the first ones."""
        roots = {root.pid for root in self._roots.values()}
        return {pid for pid in self.processes() if not has_ended(pid)} - roots - set(known)

    def grown(self, pid: int) -> int:
        """Bytes of data and stack that a process has mapped in addition to the warm process's own."""
        return max(data_of(pid) - self.server.data, 0)

    @property
    def most_processes(self) -> int:
        """More processes than this are a fork bomb.

        It is half of the system's limit, which leaves time to notice.
        """
        return self.limits.processes // 2 + self.kept

    def excess(self) -> str:
        """Which limit the submission exceeds now; empty if none."""
        processes = self.processes()
        if len(processes) > self.most_processes:
            most = self.most_processes - self.kept
            return f"the cell ran more than {most} processes at once"
        if uses_more_than(processes, 1.5 * self.limits.memory * MIB):
            return f"the cell used more than {self.limits.memory} MiB of memory"
        return ""
