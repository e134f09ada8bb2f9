"""The learner's process and its past: the cells that succeeded, a snapshot, and throwaway copies."""

import contextlib
import os
import signal
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass

from .bonds import Bonds
from .cells import Cell
from .handle import PATIENCE, ProcessHandle, greeting
from .launcher import Launcher
from .messages import Gone
from .usage import has_ended

GRACE = 2.0  # seconds: for an interrupted cell to stop
SNAPSHOT_AFTER = 2.0  # seconds of cells that would have to run again: most never do


@dataclass
class Copy:
    """A process that serves the calls of one test.

    thrown_away: it ends with the test, unless `keep` reports that the tester holds something of it.
    """

    process: ProcessHandle
    thrown_away: bool
    keep: bool = False


MOST_KEPT = 8  # copies of which the tester still holds something


@dataclass(frozen=True)
class TimelinePlace:
    """A waiting copy of the learner's process. good: the cells that succeeded before it."""

    process: ProcessHandle
    good: tuple[Cell, ...]


def copy_of(process: ProcessHandle, *unless: str) -> ProcessHandle | None:
    """Have a process leave a copy. Raises Gone. unless: see `Timeline._fork`."""
    ours, theirs = socket.socketpair()
    try:
        with theirs:
            answer = process.ask({"do": "fork", "unless": list(unless)}, theirs.fileno())
        if answer.get("forked") is True:
            return ProcessHandle(ours, greeting(ours, fresh=False))
        ours.close()
        if answer.get("lacks"):
            return None
    except (Gone, TimeoutError):
        ours.close()
    raise Gone


class Timeline:
    """The learner's process, which can go back to its state before a cell or a test.

    end: when the submission's time is over, on the monotonic clock. plain: nothing was undone or
    kept so far, so a copy of the process has the whole state. told: a test's calls may have left a
    trace that a later cell can see.
    """

    def __init__(self, launcher: Launcher, output: int) -> None:
        """output: the limit of a cell's text output, in bytes."""
        self.launcher, self.output = launcher, output
        self.end = float("inf")
        self.plain, self.told = True, False
        self._at_start: Bonds | None = None
        self._process: ProcessHandle | None = None
        self._snapshot: ProcessHandle | None = None
        self._good: list[Cell] = []  # the cells that succeeded, in order
        self._kept = 0  # how many of them are in the snapshot
        self._held: list[ProcessHandle] = []  # copies that were kept
        self._ended: set[int] = set()  # our processes that have ended or will end soon

    @property
    def process(self) -> ProcessHandle:
        """The learner's process; if there is none, a new one, brought up to date."""
        if self._process is None:
            good, self._good = self._good, []
            self._start()
            self._run_again(good)
            assert self._process is not None
        return self._process

    def _start(self) -> None:
        """Start a new process. It needs no snapshot, because a new process is equivalent."""
        self._process = self.launcher.start("learner")
        self._at_start = Bonds.of(self._process.pid)
        self._good, self._kept = [], 0

    def drop(self) -> None:
        """End the process and its snapshot; the next cell starts a new one."""
        for process in (self._process, self._snapshot, *self._held):
            if process is not None:
                process.close()
        self._process = self._snapshot = None
        self._held = []
        self.plain = False

    def begin_again(self) -> None:
        """Forget all cells; the next one runs in a new process."""
        self.drop()
        self._good, self.end = [], float("inf")

    # --- cells ---

    def before(self, cell: Cell) -> None:
        """Take a snapshot, if rerunning the cells since the last one would take long."""
        since = self._good[self._kept :]
        if not cell.given and sum(c.seconds for c in since) > SNAPSHOT_AFTER:
            self.take_snapshot()

    def tell_run(self, cell: Cell) -> None:
        """Tell the process to run a cell. Raises Gone."""
        self.process.tell({"do": "run", "source": cell.source, "limit": self.output})

    def ended_well(self, cell: Cell) -> None:
        """Record that the last cell succeeded."""
        self._good.append(cell)

    # --- copies ---

    def _fork(self, *unless: str) -> ProcessHandle | None:
        """A copy of the process, which has only the thread that made it.

        Raises Gone. unless: return None if there are "threads", which the copy would lack, or open
        "files", whose positions it would share.
        """
        return copy_of(self.process, *unless)

    def take_snapshot(self) -> None:
        """Leave a copy behind, in place of the one before."""
        with contextlib.suppress(Gone):  # the previous one is still good
            self._replace_snapshot()

    def _replace_snapshot(self) -> None:
        """Leave a copy, replacing the previous one.

        Raises Gone, and then the previous one stays.
        """
        taken = self._fork()
        if self._snapshot is not None:
            self._ended.add(self._snapshot.pid)
            self._snapshot.close()
        self._snapshot, self._kept = taken, len(self._good)

    @contextlib.contextmanager
    def throwaway(self) -> Iterator[Copy]:
        """A copy of the process for one test, ended afterwards with all processes that it started,
        so that the test's calls leave no trace in later cells.

        If the learner has threads, which a copy would lack, it is the process itself. Raises Gone.
        """
        try:
            process = self._fork("threads")
        except Gone:
            self._go_back_to_what_can_be_copied()
            process = self._fork("threads")
        if process is None:
            self.plain, self.told = False, True
            yield Copy(self.process, thrown_away=False)
            try:
                self.process.answer(time.monotonic() + GRACE)  # that the test is over
            except (Gone, TimeoutError):
                self.go_back()
            return
        copy = Copy(process, thrown_away=True)
        before = {*self.launcher.processes(), process.pid}
        self._ended.add(process.pid)
        bonds = self._bonds()
        if not self.launcher.role("learner") <= {*self.known, *self._ended}:
            self.told = True  # a process that a cell started
        try:
            yield copy
        finally:
            if copy.keep:
                self._held.append(process)
                self.plain = False
            else:
                process.close()
            for oldest in self._held[:-MOST_KEPT]:
                oldest.close()
            self._held = self._held[-MOST_KEPT:]
            self._end_others(before)
            if has_ended(self.process.pid):  # by the test's calls
                self.go_back()
            after = self._bonds()
            if after is None or bonds is None or after.places != bonds.places:
                self.told = True

    def _bonds(self) -> Bonds | None:
        """What the process shares with a copy; if it is more than at the start, `told` becomes
        true.

        None if it is unknown.
        """
        bonds, start = Bonds.of(self.process.pid), self._at_start
        if bonds is None or start is None or bonds.tell_more_than(start) or self.process.has_more():
            self.told = True
        return bonds

    def _end_others(self, known: set[int]) -> None:
        """End all processes of the submission except `known`; if they multiply, begin again from
        the snapshot.
        """
        for _ in range(20):
            strange = [pid for pid in self.launcher.processes() if pid not in known]
            if not strange:
                return
            for pid in strange:
                with contextlib.suppress(OSError):
                    fd = os.pidfd_open(pid)
                    try:
                        if pid in self.launcher.processes():
                            signal.pidfd_send_signal(fd, signal.SIGKILL)
                    finally:
                        os.close(fd)
            time.sleep(0.01)
        self.go_back()

    # --- places for a later run ---

    def place(self) -> "TimelinePlace | None":
        """A copy that stays, for another run of the same cells; None if it would differ.

        Raises Gone.
        """
        process = self._fork("threads", "files") if self.plain else None
        return None if process is None else TimelinePlace(process, tuple(self._good))

    def go_to(self, place: "TimelinePlace") -> None:
        """Continue from a place, which stays. Raises Gone."""
        process = copy_of(place.process)
        assert process is not None
        self.drop()
        self._process, self._good, self._kept = process, list(place.good), 0
        self.end, self.plain = float("inf"), True

    @property
    def known(self) -> set[int]:
        """The numbers of its processes."""
        processes = (self._process, self._snapshot, *self._held)
        return {process.pid for process in processes if process is not None}

    # --- the way back ---

    def go_back(self) -> None:
        """Kill the process, continue from its snapshot, and run the good cells since then again.

        If a cell killed the snapshot too, a new process runs all good cells again.
        """
        self._run_again(self._restore())

    def _restore(self) -> list[Cell]:
        """Replace the process by the snapshot or a new process; returns the good cells that it
        lacks.
        """
        good, kept = self._good, self._kept
        self.plain = False
        if self._process is not None:
            self._process.close()
        self._process, self._snapshot = self._snapshot, None
        if self._process is None or not self._is_alone(self._process):
            self._process = None
            self._start()
            return good
        self._good = good[:kept]
        self.take_snapshot()
        return good[kept:]

    def _go_back_to_what_can_be_copied(self) -> None:
        """Go back, and leave out each cell after which the process cannot be copied.

        Such a cell impersonates the engine, or never returns, so nothing after it could be tested.
        """
        for cell in self._restore():
            if time.monotonic() >= self.end:
                return
            self._run_again([cell])
            try:
                self._replace_snapshot()
            except Gone:
                self._run_again([lost for lost in self._restore() if lost is not cell])

    def _run_again(self, cells: list[Cell]) -> None:
        for cell in cells:
            if time.monotonic() < self.end:
                with contextlib.suppress(Gone, TimeoutError):
                    self.tell_run(cell)
                    self.process.answer(time.monotonic() + cell.seconds * 3 + GRACE)
                    self._good.append(cell)

    def _is_alone(self, process: ProcessHandle) -> bool:
        """Have a snapshot that takes over end all other processes of its sandbox, in one step that
        no fork can escape.
        """
        if not self.launcher.sandboxed:
            return True
        try:
            return "ended" in process.ask({"do": "end_others"}, seconds=PATIENCE)
        except Gone:
            process.close()
            return False
