"""Drives one submission from outside: its cells in the learner's process, the tests in the tester,
with time limits.
"""

import base64
import contextlib
import signal
import socket
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from scalinglaws.course.questions.stretch import stretched

from . import figures
from .cells import Cell, Course
from .fork_client import ForkServer
from .handle import PATIENCE, ProcessHandle
from .launcher import Launcher
from .learner_files import LearnerFiles
from .messages import Gone, Message
from .names import bound, used
from .outputs import MAX_OUTPUTS, Output, clean_outputs, error_output, size_of
from .sandbox import MIB, Limits
from .timeline import GRACE, Timeline, TimelinePlace, copy_of
from .verdict import Verdict, without_grades

SETTLED = 0.5  # seconds for a closed process to end


@dataclass(frozen=True)
class Waited:
    """The result of waiting for an answer. reason: why there was none at first. late: whether the
    time ran out.
    """

    message: Message | None
    reason: str = ""
    late: bool = False


@dataclass(frozen=True)
class Place:
    """A point from which a later run can continue: both processes, and the session's state."""

    learner: TimelinePlace
    tester: ProcessHandle | None
    tested: tuple[str, ...]
    own_lines: tuple[str, ...]
    room: int


class Session:
    """Runs the cells of one submission, in order. Use it in a `with` statement."""

    def __init__(
        self,
        server: ForkServer,
        course: Course,
        limits: Limits = Limits(),  # noqa: B008 - frozen
        files: Path | None = None,
        sandboxed: bool = True,
    ) -> None:
        """files: a folder with two subfolders, `learner` and `tester`, the initial content of each
        process's folder.
        """
        self.course, self.limits = course, limits
        self._launcher = Launcher(server, limits, files, course.hide, sandboxed)
        self._timeline = Timeline(self._launcher, limits.output * 1024)
        self._tester: ProcessHandle | None = None
        self._tested: list[str] = []  # the test cells that ran
        self._files = LearnerFiles(own=frozenset(_names(files / "tester") if files else ()))
        # Lines of the learner's cells that the tester does not have yet.
        self._own_lines: list[str] = []
        self._room = MAX_OUTPUTS
        self._places: set[int] = set()  # the numbers of processes that wait
        self._at_start: object = None  # the learner's files, if places are left
        self._staying: set[int] = set()  # processes that did not end in time

    def __enter__(self) -> "Session":
        self._launcher.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._drop()
        self._launcher.__exit__()

    def run_all(self, cells: Sequence[Cell]) -> None:
        """Run all cells of a notebook, in order.

        No cell may show what it could only know from a test's calls. If a test's calls may have
        left a trace, the learner's cells run once more, without any test, and the later cells show
        those outputs.
        """
        first = len(cells)
        for number, cell in enumerate(cells):
            self.run(cell)
            if self._timeline.told:
                first = min(first, number)
        if any(not cell.test for cell in cells[first:]):
            self._show_again(cells, first)

    def _show_again(self, cells: Sequence[Cell], first: int) -> None:
        self._timeline.begin_again()
        shown = [cell for number, cell in enumerate(cells) if cell.test or number < first]
        room = MAX_OUTPUTS - sum(size_of(output) for cell in shown for output in cell.outputs)
        for number, cell in enumerate(cells):
            if cell.test:
                continue
            again = Cell(cell.source, given=cell.given)
            self._room = room if number > first else MAX_OUTPUTS
            self.run(again)
            cell.seconds += again.seconds
            if number > first:
                cell.outputs, cell.sketches, cell.cut = again.outputs, again.sketches, again.cut
                room = self._room

    def run(self, cell: Cell) -> None:
        """Run one cell and fill in its outputs, its seconds and, for a test, the verdict."""
        started = time.monotonic()
        if started >= self._timeline.end:
            self._timeline.plain = False
            late = f"the notebook took longer than {self.limits.total_time:g} s"
            self._not_run(cell, _time_error(late))
            return
        try:
            self._begin()
            (self._run_test if cell.test else self._run_learners)(cell)
        except (Gone, TimeoutError, KeyError, TypeError, ValueError) as error:
            # No message from a learner's process may end the session.
            why = f"{type(error).__name__}: this cell could not be run"
            self._not_run(cell, error_output("EngineError", why))
            self._drop()
        cell.seconds = time.monotonic() - started
        self._room -= sum(size_of(output) for output in cell.outputs)

    def _begin(self) -> None:
        """Start the clock once the first process is there: warming up is not the submission's time."""
        _ = self._timeline.process
        self._timeline.end = min(self._timeline.end, time.monotonic() + self.limits.total_time)
        self._files.home = self._launcher.homes.get("learner", "")

    def _not_run(self, cell: Cell, error: Output) -> None:
        """Record why a cell did not run to its end: in its outputs or, for a test, in its verdict."""
        if not cell.test:
            cell.outputs = [error]
        elif cell.verdict is None:
            cell.verdict = Verdict.unjudged(error["evalue"])

    def _drop(self) -> None:
        """End all processes; the next cell starts new ones."""
        self._timeline.drop()
        if self._tester is not None:
            self._tester.close()
            self._tester = None

    def _deadline(self) -> float:
        return min(time.monotonic() + self.limits.cell_time, self._timeline.end)

    def _watch(self, process: ProcessHandle, deadline: float) -> Waited:
        """The next answer; none at the deadline, or if the submission exceeded a limit."""
        while True:
            try:
                message = process.answer(min(deadline, time.monotonic() + 0.5))
            except TimeoutError:
                if time.monotonic() >= deadline:
                    return Waited(None, f"stopped after {self.limits.cell_time:g} s", late=True)
                if excess := self._launcher.excess():
                    return Waited(None, excess)
                continue
            if process is not self._tester or "stretch" not in message:
                return Waited(message)
            secret, salt, work = message["stretch"]
            key = stretched(bytes.fromhex(secret), bytes.fromhex(salt), work)
            process.tell({"stretched": key.hex()})

    def _fill(self, cell: Cell, message: Message) -> None:
        """Fill in a cell's outputs, as far as there is room for them."""
        limit = self.limits.output * 1024
        cell.outputs, all_of_them = clean_outputs(message.get("outputs"), limit, self._room)
        cell.cut = message.get("cut") is True or not all_of_them

    # --- places for a later run ---

    def begin(self) -> None:
        """Start the processes, and record their state before the first cell, if places will be
        left.
        """
        self._begin()
        self._at_start = self._files.stamps(self._launcher.root("learner"))

    def leave_place(self) -> "Place | None":
        """Leave copies of both processes, for another run of the same cells.

        None if a copy would differ: something was undone, runs in the background, is open, or was
        written.
        """
        if not self._timeline.plain or not self._is_as_at_start():
            return None
        try:
            learner = self._timeline.place()
            if learner is None:
                return None
            tester = copy_of(self._tester) if self._tester else None
        except (Gone, TimeoutError):
            return None
        self._places |= {process.pid for process in (learner.process, tester) if process}
        self._launcher.kept = len(self._places)
        return Place(learner, tester, tuple(self._tested), tuple(self._own_lines), self._room)

    def forget(self, place: "Place") -> None:
        """End the processes of a place."""
        for process in filter(None, (place.learner.process, place.tester)):
            self._places.discard(process.pid)
            process.close()
        self._launcher.kept = len(self._places)

    def go_to(self, place: "Place") -> None:
        """Continue from a place, which is kept. Raises Gone if that is not possible."""
        tester = copy_of(place.tester) if place.tester else None
        if self._tester is not None:
            self._tester.close()
        self._tester = tester
        self._timeline.go_to(place.learner)
        self._tested, self._own_lines = list(place.tested), list(place.own_lines)
        self._room = place.room
        self._staying = set()
        if not self._is_as_at_start():
            raise Gone

    @property
    def is_plain(self) -> bool:
        """Whether the state comes from the cells alone: nothing was undone, late or kept."""
        return self._timeline.plain

    def go_on(self) -> None:
        """Begin another run at the end of the last one."""
        self._timeline.end = float("inf")

    def _is_as_at_start(self) -> bool:
        """Whether no cell left a file or a process. Closed processes take a moment to end."""
        known = (
            self._places | self._timeline.known | ({self._tester.pid} if self._tester else set())
        )
        until = time.monotonic() + SETTLED
        while (others := self._launcher.others(known)) - self._staying and time.monotonic() < until:
            time.sleep(0.005)
        self._staying = others  # the learner's own: don't wait for them twice
        return not others and self._files.stamps(self._launcher.root("learner")) == self._at_start

    @property
    def grown(self) -> int:
        """Bytes of memory that the learner's cells hold."""
        return self._launcher.grown(self._timeline.process.pid)

    # --- the learner's cells ---

    def _run_learners(self, cell: Cell) -> None:
        self._own_lines += cell.source.splitlines()
        self._timeline.before(cell)
        try:
            self._timeline.tell_run(cell)
            waited = self._await_cell()
        except Gone:
            waited = Waited(None, "the cell ended Python (a crash, a kill, or too much memory)")
        if waited.message is None:
            self._timeline.go_back()
            text = waited.reason + "; what it did is undone"
            cell.outputs = [error_output("CellStopped", text)]
            return
        self._fill(cell, waited.message)
        cell.sketches = figures.received(waited.message.get("sketches"))
        if waited.reason:
            self._timeline.plain = False
            cell.outputs = [o for o in cell.outputs if o.get("ename") != "KeyboardInterrupt"]
            cell.outputs.append(_time_error(waited.reason))
        if kept := self._keeps_too_much():
            self._timeline.go_back()
            text = f"the cell kept {kept}; what it did is undone"
            cell.outputs.append(error_output("CellStopped", text))
        else:
            self._timeline.ended_well(cell)

    def _await_cell(self) -> Waited:
        """The answer of a running cell, which is interrupted at its time limit. Raises Gone."""
        process = self._timeline.process
        waited = self._watch(process, self._deadline())
        if not waited.late:
            return waited
        process.signal(signal.SIGINT)
        try:
            message = self._watch(process, time.monotonic() + GRACE).message
        except Gone:
            message = None
        return Waited(message, waited.reason)

    def _keeps_too_much(self) -> str:
        if self._launcher.grown(self._timeline.process.pid) > 0.75 * self.limits.memory * MIB:
            return "too much memory"
        if len(self._launcher.processes("learner")) > self._launcher.most_processes:
            return "too many processes"
        return ""

    # --- tests ---

    def _run_test(self, cell: Cell) -> None:
        tester = self._tester or self._start_tester()
        self._share_files(tester)
        if self._looks_at_data_only(tester, cell):
            # None of the learner's code can run, so no copy of their process is needed.
            tester.tell(self._test_of(cell, may_keep=False))
            waited = self._watch(tester, self._deadline())
            if waited.message is not None:
                self._note_test(cell, tester, waited.message)
        else:
            waited = self._run_test_in_a_copy(cell, tester)
        self._tested.append(cell.source)
        if waited.message is None:
            self._start_tester()
            self._not_run(cell, _time_error(waited.reason))

    def _run_test_in_a_copy(self, cell: Cell, tester: ProcessHandle) -> Waited:
        """Run a test whose calls go to a copy of the learner's process.

        Returns the result of waiting.
        """
        ours, theirs = socket.socketpair()
        with self._unchanged_files(), self._timeline.throwaway() as copy, ours, theirs:
            copy.process.tell({"do": "serve"}, theirs.fileno())
            theirs.close()
            tester.tell(self._test_of(cell, may_keep=copy.thrown_away), ours.fileno())
            waited = self._await_test(tester, copy.process, ours)
            if waited.message is not None:
                copy.keep = self._note_test(cell, tester, waited.message)
        return waited

    def _test_of(self, cell: Cell, may_keep: bool) -> Message:
        """The request that describes a test to the tester."""
        lines, self._own_lines = self._own_lines, []
        return {
            "do": "test",
            **self._names_of(cell),
            "source": cell.source,
            "binds": list(bound(cell.source)),
            "lines": lines,
            "limit": self.limits.output * 1024,
            "may_keep": may_keep,
            "told": self._timeline.told,
        }

    def _names_of(self, cell: Cell) -> Message:
        """Which names a test reads (None: it may look at all), and which are the learner's there."""
        reads = used(cell.source)
        return {
            "reads": None if reads is None else sorted(reads),
            "learners": self.course.learners.get(cell.test, []),
        }

    def _note_test(self, cell: Cell, tester: ProcessHandle, message: Message) -> bool:
        """Fill in the verdict and the outputs of a test; returns whether the tester holds something
        of the learner's.
        """
        cell.verdict = Verdict.from_message(message)
        rest = tester.answer(time.monotonic() + PATIENCE)
        self._fill(cell, rest)
        cell.outputs = without_grades(cell.outputs)
        return rest.get("keeps") is True

    def _looks_at_data_only(self, tester: ProcessHandle, cell: Cell) -> bool:
        """Have the tester fetch the learner's values that a test uses; returns whether all are
        plain data.

        The request goes to the learner's own process, but only for names that it has, so it learns
        nothing else about the test. A failure here is not a verdict: the test then uses a copy.
        """
        process = self._timeline.process
        ours, theirs = socket.socketpair()
        with ours, theirs:
            process.tell({"do": "serve"}, theirs.fileno())
            theirs.close()
            tester.tell({"do": "look", **self._names_of(cell)}, ours.fileno())
            answer = self._watch(tester, min(self._deadline(), time.monotonic() + PATIENCE))
            if answer.message is None:
                process.signal(signal.SIGINT)
                with contextlib.suppress(OSError):
                    ours.shutdown(socket.SHUT_RDWR)
                answer = self._watch(tester, time.monotonic() + PATIENCE)
        try:
            process.answer(time.monotonic() + GRACE)  # that it is over
        except (Gone, TimeoutError):
            self._timeline.go_back()
            return False
        return answer.message is not None and answer.message.get("plain") is True

    def _await_test(
        self, tester: ProcessHandle, copy: ProcessHandle, channel: socket.socket
    ) -> Waited:
        """The tester's verdict.

        A learner's function that does not end is interrupted, then killed, and the test sees an
        error.
        """
        waited = self._watch(tester, self._deadline())
        if waited.message is not None:
            return waited
        copy.signal(signal.SIGINT)
        late = self._watch(tester, time.monotonic() + GRACE)
        if late.message is None:
            copy.signal(signal.SIGKILL)
            with contextlib.suppress(OSError):
                channel.shutdown(socket.SHUT_RDWR)
            late = self._watch(tester, time.monotonic() + GRACE)
        return Waited(late.message, waited.reason)

    @contextlib.contextmanager
    def _unchanged_files(self) -> Iterator[None]:
        """Undo what a test's calls wrote."""
        self._files.keep(self._launcher.root("learner"))
        try:
            yield
        finally:
            if self._files.put_back(self._launcher.root("learner")):
                self._timeline.told = True

    def _share_files(self, tester: ProcessHandle) -> None:
        """Copy what the learner's cells wrote into the tester's folder: plain files that cannot be imported."""
        found = self._files.changed(self._launcher.root("learner"))
        if found:
            files = {name: base64.b64encode(data).decode() for name, data in found.items()}
            tester.ask({"do": "files", "files": files}, seconds=30)

    def _start_tester(self) -> ProcessHandle:
        if self._tester is not None:
            self._timeline.plain = False
            self._tester.close()
        self._tester = self._launcher.start("tester")
        prepare = {"do": "prepare", "imports": self.course.imports, "tested": self._tested}
        self._tester.ask(prepare, seconds=60)
        return self._tester

    # --- figures ---

    def draw(self, sketches: Iterable[bytes]) -> dict[str, str]:
        """{mark: picture} of the figures that cells left to draw."""
        pictures: dict[str, str] = {}
        drawer: ProcessHandle | None = None
        for sketch in sketches:
            mark = figures.mark_of(sketch)
            if mark not in pictures and (known := figures.PICTURES.get(mark)):
                pictures[mark] = known
            if mark in pictures or time.monotonic() >= self._timeline.end:
                continue
            picture = None
            with contextlib.suppress(Gone, TimeoutError):
                drawer = drawer or self._launcher.start("drawer")
                drawer.tell({"do": "draw", "sketch": base64.b64encode(sketch).decode()})
                picture = (self._watch(drawer, self._deadline()).message or {}).get("picture")
            if figures.is_picture(picture):
                figures.PICTURES.put(mark, picture)
                pictures[mark] = picture
            elif drawer is not None:  # it may still be at it
                drawer.close()
                drawer = None
        if drawer is not None:
            drawer.close()
        self._launcher.end("drawer")
        return pictures


def _names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def _time_error(text: str) -> Output:
    return error_output("CellTimeoutError", text)
