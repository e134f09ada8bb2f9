"""Drives one submission from outside: its cells in the learner's process, the tests in the tester, limits and snapshots."""

import base64
import contextlib
import json
import os
import re
import select
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from scalinglaws.environment import own_matplotlibrc
from scalinglaws.errors import CourseError
from scalinglaws.paths import PACKAGE

from . import figures, sandbox
from .channel import Gone
from .process import receive, send
from .sandbox import MIB, Limits
from .shell import MAX_RICH
from .verdict import Verdict, without_grades

GRACE = 2.0  # seconds: for an interrupted cell to stop
PATIENCE = 12.0  # seconds: for a message, once it has begun, to cross; for a process to do what takes no time
SNAPSHOT_AFTER = 0.5  # seconds of cells that would have to run again
MAX_SHARED = 16 * MIB  # of files that the learner's cells wrote, for one test
MAX_OUTPUTS = 32 * MIB  # of one submission
_REFS = 2**40  # each snapshot counts its references from a multiple of this


@dataclass
class Cell:
    """A code cell to be run, and what came of it.

    test: its grade_id, if it is a locked test cell; then it gets a `verdict`, whatever happens. given: as it was handed out.
    """

    source: str
    test: str = ""
    given: bool = False
    outputs: list[dict] = field(default_factory=list)
    sketches: list[bytes] = field(default_factory=list)  # figures to be drawn: see `figures`
    cut: bool = False  # it put out more than it may
    seconds: float = 0.0
    verdict: Verdict | None = None


@dataclass
class Course:
    """What all submissions of an assignment share. imports, learners: see `names.Owners`. hide: folders kept out of sight."""

    imports: list[str] = field(default_factory=list)
    learners: dict[str, list[str]] = field(default_factory=dict)
    hide: list[str] = field(default_factory=list)


class Zygote:
    """The warm process, started when it is first needed. May be used by several threads.

    cores: with these, each session runs on one of them, so that the many processes of one submission delay no other.
    """

    def __init__(self) -> None:
        self.cores: Counter[int] = Counter()  # core: sessions that run on it
        self.data = 0  # bytes of data and stack that every process starts with
        self._lock = threading.Lock()
        self._process: subprocess.Popen | None = None
        self._control: socket.socket | None = None

    def start(self) -> None:
        """Start it, without waiting until it is warm."""
        with self._lock:
            self._start()

    def _start(self) -> None:
        if self._process is not None and self._process.poll() is None:
            return
        if not hasattr(os, "fork"):
            raise CourseError(
                "This system cannot fork processes: grade with `nbgrader autograde`, or on Linux or macOS."
            )
        self.close()
        ours, theirs = socket.socketpair()
        command = [sys.executable, "-P", "-m", f"{__package__}.zygote", str(theirs.fileno())]
        self._process = subprocess.Popen(
            command,
            pass_fds=[theirs.fileno()],
            env=_environment(),
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        theirs.close()
        self._control, self._ready = ours, False

    def fork(self, request: dict) -> socket.socket:
        """A new process that does what `request` says; returns the socket to it."""
        with self._lock:
            self._start()
            if not self._ready:
                if self._control.recv(5) != b"ready":
                    _, text = self._process.communicate()
                    last = (text.decode(errors="replace").strip().splitlines() or ["no reason"])[-1]
                    raise CourseError(f"The grading engine did not start: {last}.")
                self._ready = True
                self._process.stderr.close()
                self.data = _data(self._process.pid)
            ours, theirs = socket.socketpair()
            socket.send_fds(self._control, [json.dumps(request).encode()], [theirs.fileno()])
            theirs.close()
            return ours

    def take_core(self) -> int | None:
        """The core with the fewest sessions; None where they may run on any."""
        with self._lock:
            core = min(self.cores, key=self.cores.get, default=None)
            if core is not None:
                self.cores[core] += 1
            return core

    def give_core(self, core: int | None) -> None:
        """A session on this core ended."""
        with self._lock:
            if core is not None:
                self.cores[core] -= 1

    def close(self) -> None:
        """End the warm process and all that it forked."""
        if self._process is not None:
            self._control.close()
            self._process.kill()
            self._process.wait()
            if self._process.stderr:
                self._process.stderr.close()
            self._process = None

    def __enter__(self) -> "Zygote":
        return self

    def __exit__(self, *_) -> None:
        self.close()


def _environment() -> dict[str, str]:
    """What the warm process may know of ours: no secrets, one thread, figures off screen, the same hashes each time."""
    kept = {
        k: os.environ[k] for k in ("PATH", "PYTHONPATH", "HOME", "TZ", "LANG") if k in os.environ
    }
    # The same package as here, however this process found it.
    here = str(PACKAGE.parent)
    kept["PYTHONPATH"] = os.pathsep.join(filter(None, [here, kept.get("PYTHONPATH")]))
    one = {f"{k}_NUM_THREADS": "1" for k in ("OMP", "OPENBLAS", "MKL", "NUMEXPR", "VECLIB_MAXIMUM")}
    return {
        "LANG": "C.UTF-8",
        **kept,
        # As Jupyter starts kernels: `!pip` and `%%python` find the environment's own.
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), kept.get("PATH", os.defpath)]),
        # There is no network: pip says so at once.
        "PIP_NO_INDEX": "1",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        **one,
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "MATPLOTLIBRC": own_matplotlibrc(),  # a personal style is no part of an answer
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "NBGRADER_EXECUTION": "autograde",
    }


class _Process:
    """The session's end of one forked process. pidfd: what signals reach it by; pid: its number as it is here, not inside.

    A learner's process may send anything, so nothing that it says about itself is believed: a descriptor of a process is one of
    its own sandbox's, for it can see no other, and the kernel tells the number.
    """

    def __init__(self, control: socket.socket, fresh: bool = True) -> None:
        """fresh: no learner's code has run in it."""
        self.control, self.pidfd, self.pid = control, -1, 0
        self.greet(fresh)

    def greet(self, fresh: bool = True) -> None:
        """Take the process's hello. Raises Gone where that is none, CourseError where a fresh one has no sandbox."""
        message, fds = self.answer(time.monotonic() + 30)
        if fresh and "failed" in message:
            raise CourseError(f"The sandbox could not be made: {message['failed']}.")
        pid = _pid_of(fds[0]) if fds else 0
        if not pid:
            _close(fds)
            raise Gone
        if self.pidfd >= 0:
            os.close(self.pidfd)
        self.pidfd, self.pid = fds[0], pid

    def signal(self, number: int) -> None:
        if self.pidfd >= 0:
            with contextlib.suppress(OSError):
                signal.pidfd_send_signal(self.pidfd, number)

    def answer(self, deadline: float) -> tuple[dict, list[int]]:
        """The next message, and the descriptor in a hello. Raises TimeoutError at the deadline, Gone where there will be none."""
        if not select.select([self.control], [], [], max(deadline - time.monotonic(), 0))[0]:
            raise TimeoutError
        message, fds = receive(self.control, PATIENCE)
        if "hello" not in message:
            _close(fds)
            fds = []
        return message, fds

    def tell(self, message: dict, *fds: int) -> None:
        try:
            self.control.settimeout(PATIENCE)
            send(self.control, message, *fds)
        except OSError:  # also TimeoutError: it does not listen
            raise Gone from None

    def close(self) -> None:
        self.signal(signal.SIGKILL)
        self.control.close()
        if self.pidfd >= 0:
            os.close(self.pidfd)
            self.pidfd = -1


def _close(fds: list[int]) -> None:
    for fd in fds:
        os.close(fd)


def _pid_of(pidfd: int) -> int:
    """The number of the process that a descriptor stands for; 0 where it stands for something else."""
    try:
        lines = Path(f"/proc/self/fdinfo/{pidfd}").read_text().splitlines()
        return max(int(next((l.split()[1] for l in lines if l.startswith("Pid:")), "0")), 0)
    except (OSError, ValueError, IndexError):
        return 0


class Session:
    """Runs the cells of one submission, in order. Use it in a `with` statement."""

    def __init__(
        self,
        zygote: Zygote,
        course: Course,
        limits: Limits = Limits(),  # noqa: B008 - frozen
        files: Path | None = None,
        sandboxed: bool = True,
    ) -> None:
        """files: a folder with two, `learner` and `tester`: what each process finds in its own at the start."""
        self.zygote, self.course, self.limits, self.sandboxed = zygote, course, limits, sandboxed
        self.files = files
        self.stack = contextlib.ExitStack()
        # Set when the first process is there: warming up is not the submission's time.
        self.end = float("inf")
        # {role: its sandbox's first process, with which all others in it end}
        self.roots: dict[str, _Process] = {}
        self.learner: _Process | None = None
        self.snapshot: _Process | None = None
        self.good: list[Cell] = []  # the learner's cells that ended well, in order
        self.kept = 0  # so many of them are in the snapshot
        self.epoch = 0
        self.tester: _Process | None = None
        self.tested: list[str] = []  # the test cells that ran
        self.home = ""
        self.shared: dict[str, tuple] = {}
        self.own_files = _names(files / "tester") if files else set()
        self.room = MAX_OUTPUTS

    def __enter__(self) -> "Session":
        self.core = self.zygote.take_core()
        self.stack.callback(self.zygote.give_core, self.core)
        return self

    def __exit__(self, *_) -> None:
        for process in (self.learner, self.snapshot, self.tester, *self.roots.values()):
            if process is not None:
                process.close()
        self.stack.close()

    # --- processes ---

    def _fork(self, role: str) -> _Process:
        if role in self.roots:
            self.roots.pop(role).close()
        files = str(self.files / role) if self.files and role != "drawer" else None
        if not self.sandboxed:  # a folder of its own all the same
            folder = self.stack.enter_context(
                tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
            )
            if files:
                sandbox._copy_files(files, folder, self.limits.files * MIB)
            files = folder
            if role == "learner":
                self.home = folder
        request = {
            "role": role,
            "limits": asdict(self.limits),
            "sandbox": self.sandboxed,
            "files": files,
            "hide": self.course.hide,
            "core": self.core,
        }
        process = _Process(self.zygote.fork(request))
        self.end = min(self.end, time.monotonic() + self.limits.total_time)
        if self.sandboxed or role == "learner":
            root = _Process.__new__(_Process)  # the first process only ever gets a signal
            root.control, root.pidfd, root.pid = process.control.dup(), process.pidfd, process.pid
            self.roots[role] = root
            process.pidfd = -1
        if role == "learner":
            process.greet()
        return process

    def _start_learner(self) -> None:
        self.learner = self._fork("learner")
        self.good = []
        self._take_snapshot()

    def _take_snapshot(self) -> None:
        """Leave a copy of the learner's process behind, in place of the one before."""
        self.epoch += 1
        ours, theirs = socket.socketpair()
        try:
            self.learner.tell({"do": "snapshot", "next_ref": self.epoch * _REFS}, theirs.fileno())
            theirs.close()
            answer, _ = self.learner.answer(time.monotonic() + PATIENCE)
            if not answer["snapshot"]:
                raise Gone
            taken = _Process(ours, fresh=False)
        except (Gone, TimeoutError, KeyError, TypeError, ValueError):
            ours.close()
            theirs.close()
            return  # the one before is still good
        if self.snapshot is not None:
            self.snapshot.close()
        self.snapshot, self.kept = taken, len(self.good)

    def _go_back(self) -> None:
        """Kill the learner's process; its last snapshot takes its place, and the good cells since then run again.

        Where a cell killed the snapshot too, a new process runs all good cells again.
        """
        good, kept = self.good, self.kept
        self.learner.close()
        self.learner, self.snapshot = self.snapshot, None
        if self.learner is not None and not self._end_strays():
            self.learner.close()
            self.learner = None
        if self.learner is None:
            kept = 0
            self._start_learner()
        else:
            self.good = good[:kept]
            self._take_snapshot()
        for cell in good[kept:]:
            if time.monotonic() < self.end:
                with contextlib.suppress(Gone, TimeoutError):
                    self._tell_run(cell)
                    self.learner.answer(time.monotonic() + cell.seconds * 3 + GRACE)
                    self.good.append(cell)

    def _end_strays(self) -> bool:
        """Have the snapshot that takes over end all other processes of its sandbox, in one step that no fork escapes."""
        if not self.sandboxed:
            return True
        try:
            self.learner.tell({"do": "end_others"})
            return "ended" in self.learner.answer(time.monotonic() + PATIENCE)[0]
        except (Gone, TimeoutError):
            return False

    # --- cells ---

    def run(self, cell: Cell) -> None:
        """Run one cell and fill in its outputs, its seconds and, of a test, the verdict."""
        started = time.monotonic()
        if started >= self.end:
            late = f"the notebook took longer than {self.limits.total_time:g} s"
            self._not_run(cell, _time_error(late))
            return
        try:
            (self._run_test if cell.test else self._run_learners)(cell)
        except (Gone, TimeoutError, KeyError, TypeError, ValueError) as error:
            # Whatever a learner's process sends instead of an answer ends no session.
            why = f"{type(error).__name__}: this cell could not be run"
            self._not_run(cell, _error("EngineError", why))
            self._drop()
        cell.seconds = time.monotonic() - started
        self.room -= sum(_size(output) for output in cell.outputs)

    def _not_run(self, cell: Cell, error: dict) -> None:
        """Say why a cell did not run to its end: in its outputs or, of a test, by its verdict."""
        if not cell.test:
            cell.outputs = [error]
        elif cell.verdict is None:
            cell.verdict = Verdict.unjudged(error["evalue"])

    def _drop(self) -> None:
        """End all processes; the next cell starts new ones."""
        for process in (self.learner, self.snapshot, self.tester):
            if process is not None:
                process.close()
        self.learner = self.snapshot = self.tester = None

    def _deadline(self) -> float:
        return min(time.monotonic() + self.limits.cell_time, self.end)

    def _tell_run(self, cell: Cell) -> None:
        self.learner.tell({"do": "run", "source": cell.source, "limit": self.limits.output * 1024})

    def _run_learners(self, cell: Cell) -> None:
        self._need_learner()
        if not cell.given and sum(c.seconds for c in self.good[self.kept :]) > SNAPSHOT_AFTER:
            self._take_snapshot()
        late = ""
        try:
            self._tell_run(cell)
            message, late = self._await_cell()
        except (Gone, TimeoutError):
            reason = self._reason or "the cell ended Python (a crash, a kill, or too much memory)"
            self._go_back()
            cell.outputs = [_error("CellStopped", reason + "; what it did is undone")]
            return
        self._clean(cell, message)
        outputs = cell.outputs
        cell.sketches = figures.received(message.get("sketches"))
        if late:
            outputs = [o for o in outputs if o.get("ename") != "KeyboardInterrupt"]
            outputs.append(_time_error(late))
        kept = "too much memory" * (self._memory() > 0.75 * self.limits.memory * MIB)
        kept = kept or "too many processes" * (len(self._processes()) > self._most_processes)
        if kept:
            self._go_back()
            outputs.append(_error("CellStopped", f"the cell kept {kept}; what it did is undone"))
        else:
            self.good.append(cell)
        cell.outputs = outputs

    def _need_learner(self) -> None:
        if self.learner is None:
            good = self.good
            self._start_learner()
            self.good, self.kept = good, 0
            if good:
                self._go_back()

    def _clean(self, cell: Cell, message: dict) -> None:
        """Fill in a cell's outputs, as far as there is room for them."""
        limit = self.limits.output * 1024
        cell.outputs, all_of_them = clean_outputs(message.get("outputs"), limit, self.room)
        cell.cut = message.get("cut") is True or not all_of_them

    _reason = ""

    def _await_cell(self) -> tuple[dict, str]:
        """The learner's answer to a running cell, and why it was interrupted, if it was."""
        self._reason, deadline = "", self._deadline()
        message = self._watch(self.learner, deadline)
        if message is not None:
            return message, ""
        late = f"stopped after {self.limits.cell_time:g} s"
        if not self._reason:
            self.learner.signal(signal.SIGINT)
            self._reason = late
            message = self._watch(self.learner, time.monotonic() + GRACE)
        if message is None:
            raise TimeoutError
        return message, late

    def _watch(self, process: _Process, deadline: float) -> dict | None:
        """The next answer, or None at the deadline or where the submission took too much (then `_reason` says what)."""
        while True:
            try:
                return process.answer(min(deadline, time.monotonic() + 0.5))[0]
            except TimeoutError:
                if time.monotonic() >= deadline:
                    return None
                if excess := self._excess():
                    self._reason = excess
                    return None

    def _run_test(self, cell: Cell) -> None:
        self._need_learner()
        if self.tester is None:
            self._start_tester()
        self._share_files()
        ours, theirs = socket.socketpair()
        with ours, theirs:
            self._reason = ""
            try:
                self.learner.tell({"do": "serve"}, theirs.fileno())
            except Gone:
                self._go_back()
                self.learner.tell({"do": "serve"}, theirs.fileno())
            theirs.close()
            self.tester.tell(
                {
                    "do": "test",
                    "source": cell.source,
                    "learners": self.course.learners.get(cell.test, []),
                    "limit": self.limits.output * 1024,
                },
                ours.fileno(),
            )
            message = self._await_test(ours)
            if message is not None:
                cell.verdict = Verdict.from_message(message)
                self._clean(cell, self.tester.answer(time.monotonic() + PATIENCE)[0])
                cell.outputs = without_grades(cell.outputs)
        self.tested.append(cell.source)
        if message is None:
            self.tester.close()
            self._start_tester()
            self._not_run(cell, _time_error(self._reason))
        try:
            if self._reason:
                raise TimeoutError
            self.learner.answer(time.monotonic() + GRACE)
        except (Gone, TimeoutError):
            self._go_back()

    def _await_test(self, channel: socket.socket) -> dict | None:
        """The tester's verdict. A learner's function that does not end is interrupted, then killed: the test hears of it."""
        deadline = self._deadline()
        message = self._watch(self.tester, deadline)
        if message is None:
            self._reason = self._reason or f"stopped after {self.limits.cell_time:g} s"
            self.learner.signal(signal.SIGINT)
            message = self._watch(self.tester, time.monotonic() + GRACE)
        if message is None:
            self.learner.signal(signal.SIGKILL)
            with contextlib.suppress(OSError):
                channel.shutdown(socket.SHUT_RDWR)
            message = self._watch(self.tester, time.monotonic() + GRACE)
        return message

    def _share_files(self) -> None:
        """Copy what the learner's cells wrote into the tester's folder: plain files that cannot be imported."""
        found = {}
        with contextlib.suppress(OSError):
            for name, stamp, data in _plain_files(self._open_home(), self.shared):
                self.shared[name] = stamp
                if name not in self.own_files:
                    found[name] = base64.b64encode(data).decode()
        if found:
            self.tester.tell({"do": "files", "files": found})
            self.tester.answer(time.monotonic() + 30)

    def _open_home(self) -> int:
        """A descriptor of the learner's folder, reached without following a link that the learner made."""
        flags = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
        if not self.sandboxed:
            return os.open(self.home, flags | os.O_NOFOLLOW)
        above, name = os.path.split(sandbox.HOME)
        outer = os.open(f"/proc/{self.roots['learner'].pid}/root{above}", flags)
        try:
            return os.open(name, flags | os.O_NOFOLLOW, dir_fd=outer)
        finally:
            os.close(outer)

    def _start_tester(self) -> None:
        self.tester = self._fork("tester")
        self.epoch += 1
        prepare = {
            "do": "prepare",
            "imports": self.course.imports,
            "tested": self.tested,
            "next_ref": self.epoch * _REFS,
        }
        self.tester.tell(prepare)
        self.tester.answer(time.monotonic() + 60)

    # --- figures ---

    def draw(self, sketches: Iterable[bytes]) -> dict[str, str]:
        """{mark: picture} of figures that cells left to be drawn."""
        pictures: dict[str, str] = {}
        drawer: _Process | None = None
        for sketch in sketches:
            mark = figures.mark_of(sketch)
            if mark not in pictures and (known := figures.PICTURES.get(mark)):
                pictures[mark] = known
            if mark in pictures or time.monotonic() >= self.end:
                continue
            try:
                drawer = drawer or self._fork("drawer")
                drawer.tell({"do": "draw", "sketch": base64.b64encode(sketch).decode()})
                picture = (self._watch(drawer, self._deadline()) or {}).get("picture")
            except (Gone, TimeoutError):
                picture = None
            if figures.is_picture(picture):
                figures.PICTURES.put(mark, picture)
                pictures[mark] = picture
            elif drawer is not None:  # it may still be at it
                self._end_drawer(drawer)
                drawer = None
        if drawer is not None:
            self._end_drawer(drawer)
        return pictures

    def _end_drawer(self, drawer: _Process) -> None:
        drawer.close()
        if root := self.roots.pop("drawer", None):
            root.close()

    # --- memory ---

    def _memory(self) -> int:
        """Bytes of data and stack that the learner's process has mapped beyond the warm process's own."""
        if self.learner is None:
            return 0
        return max(_data(self.learner.pid) - self.zygote.data, 0)

    def _processes(self) -> list[int]:
        """The numbers of all processes of the submission."""
        found, waiting = [], [root.pid for root in self.roots.values()]
        while waiting:
            found.append(waiting.pop())
            with contextlib.suppress(OSError, ValueError):
                for task in os.listdir(f"/proc/{found[-1]}/task"):
                    children = Path(f"/proc/{found[-1]}/task/{task}/children").read_text().split()
                    waiting += [int(child) for child in children]
        return found

    @property
    def _most_processes(self) -> int:
        """More than these are a fork bomb; with half of what the system would allow, we still have the time to look."""
        return self.limits.processes // 2

    def _excess(self) -> str:
        """What the submission takes too much of just now; empty where it does not."""
        processes = self._processes()
        if len(processes) > self._most_processes:
            return f"the cell ran more than {self._most_processes} processes at once"
        most = 1.5 * self.limits.memory * MIB
        if _held(processes, "status") > most and _held(processes, "smaps_rollup") > most:
            return f"the cell used more than {self.limits.memory} MiB of memory"
        return ""


def _data(pid: int) -> int:
    """Bytes of data and stack that a process has mapped; 0 where that is not told."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        return int(Path(f"/proc/{pid}/statm").read_text().split()[5]) * os.sysconf("SC_PAGE_SIZE")
    return 0


# Where the system tells what a process holds of its own. Quick: a page that several share counts for each. Slow: once.
_OWN = {"status": ("RssAnon:", "RssShmem:"), "smaps_rollup": ("Pss_Anon:", "Pss_Shmem:")}


def _held(processes: list[int], file: str) -> float:
    """Bytes that processes hold of their own, by a file of `_OWN`; infinite where it may not be read."""
    total = 0.0
    for pid in processes:
        try:
            for line in Path(f"/proc/{pid}/{file}").read_text().splitlines():
                if line.startswith(_OWN[file]):
                    total += int(line.split()[1]) * 1024
        except PermissionError:
            return float("inf")
        except (OSError, ValueError):  # it has just ended
            continue
    return total


def _names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def _plain_files(folder: int, known: dict[str, tuple]) -> Iterator[tuple[str, tuple, bytes]]:
    """(name, stamp, content) of the files below an open folder that changed; links, pipes and what is too much are left out."""
    room = MAX_SHARED
    try:
        for below, folders, files, here in os.fwalk(".", dir_fd=folder):
            if below.count("/") > 5:
                folders.clear()
            for file in files[:200]:
                name = os.path.normpath(os.path.join(below, file))
                if file.endswith(sandbox.IMPORTABLE) or file.startswith("."):
                    continue
                with contextlib.suppress(OSError):
                    # O_NONBLOCK: a pipe must not make us wait
                    fd = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=here)
                    with open(fd, "rb") as opened:
                        about = os.fstat(fd)
                        stamp = (about.st_mtime_ns, about.st_size, about.st_ino)
                        if not stat.S_ISREG(about.st_mode) or known.get(name) == stamp:
                            continue
                        if about.st_size <= room:
                            room -= about.st_size
                            yield name, stamp, opened.read(about.st_size)
    finally:
        os.close(folder)


def _error(name: str, text: str) -> dict:
    return {"output_type": "error", "ename": name, "evalue": text, "traceback": [f"{name}: {text}"]}


def _time_error(text: str) -> dict:
    return _error("CellTimeoutError", text)


def clean_outputs(outputs: object, limit: int, room: int = MAX_OUTPUTS) -> tuple[list[dict], bool]:
    """(outputs as a notebook may hold them, whether there was room for all of them: `room` bytes).

    What is not of their form is left out. Of the kinds of rich output only texts and pictures stay: a widget has nothing behind it once the notebook has run.
    """
    found: list[dict] = []
    room = min(room, (MAX_RICH + 1) * limit)
    given = outputs if isinstance(outputs, list) else []
    for output in given[:300]:
        clean = _clean_output(output, limit) if isinstance(output, dict) else None
        if clean is None:
            continue
        room -= _size(clean)
        if room < 0:
            return found, False
        found.append(clean)
    return found, len(given) <= 300


def _clean_output(output: dict, limit: int) -> dict | None:
    kind = output.get("output_type")
    if kind == "stream" and output.get("name") in ("stdout", "stderr"):
        text = _text(output.get("text"), limit + 200)
        return {"output_type": kind, "name": output["name"], "text": text}
    if kind in ("display_data", "execute_result") and isinstance(output.get("data"), dict):
        data = {
            mime: _text(value, 20 * limit)
            for mime, value in output["data"].items()
            if isinstance(value, str) and _MIME.fullmatch(mime)
        }
        metadata = output.get("metadata")
        sizes = {
            mime: {k: v for k, v in size.items() if k in ("width", "height") and type(v) is int}
            for mime, size in (metadata.items() if isinstance(metadata, dict) else ())
            if mime in data and isinstance(size, dict)
        }
        clean = {"output_type": kind, "data": data, "metadata": sizes}
        if kind == "execute_result":
            count = output.get("execution_count")
            clean["execution_count"] = count if type(count) is int and 0 < count < 10**6 else None
        return clean
    if kind == "error":
        lines = output.get("traceback")
        return {
            "output_type": kind,
            "ename": _text(output.get("ename"), 200),
            "evalue": _text(output.get("evalue"), 20_000),
            "traceback": [_text(line, 5_000) for line in lines[:200]]
            if isinstance(lines, list)
            else [],
        }
    return None


_MIME = re.compile(r"(text|image)/[a-z+.-]{1,40}")


def _text(value: object, most: int) -> str:
    """A text that every file can hold: a lone surrogate is none."""
    return str(value)[:most].encode("utf-8", "replace").decode()


def _size(output: dict) -> int:
    texts = [output.get("text", ""), output.get("evalue", ""), *output.get("traceback", ())]
    return 100 + sum(map(len, [*texts, *output.get("data", {}).values()]))
