"""Drives one submission from outside: its cells in the learner's process, the tests in the tester, limits and snapshots."""

import base64
import contextlib
import json
import os
import select
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from scalinglaws.errors import CourseError

from . import sandbox
from .channel import Gone
from .process import receive, send
from .sandbox import MIB, Limits

GRACE = 2.0  # seconds: for an interrupted cell to stop, for a process to answer
SNAPSHOT_AFTER = 0.25  # seconds of cells that would have to run again
MAX_SHARED = 16 * MIB  # of files that the learner's cells wrote, for one test
_REFS = 2**40  # each snapshot counts its references from a multiple of this


@dataclass
class Cell:
    """A code cell to be run. `test`: its grade_id, if it is a locked test cell. `given`: as it was handed out."""

    source: str
    test: str = ""
    given: bool = False
    outputs: list[dict] = field(default_factory=list)
    seconds: float = 0.0


@dataclass
class Course:
    """What all submissions of an assignment share. imports, learners: see `names.Owners`. hide: folders kept out of sight."""

    imports: list[str] = field(default_factory=list)
    learners: dict[str, list[str]] = field(default_factory=dict)
    hide: list[str] = field(default_factory=list)


class Zygote:
    """The warm process, started when it is first needed. May be used by several threads."""

    def __init__(self) -> None:
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
            ours, theirs = socket.socketpair()
            socket.send_fds(self._control, [json.dumps(request).encode()], [theirs.fileno()])
            theirs.close()
            return ours

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
    here = str(Path(__file__).resolve().parents[3])
    kept["PYTHONPATH"] = os.pathsep.join(filter(None, [here, kept.get("PYTHONPATH")]))
    one = {f"{k}_NUM_THREADS": "1" for k in ("OMP", "OPENBLAS", "MKL", "NUMEXPR", "VECLIB_MAXIMUM")}
    return {
        "LANG": "C.UTF-8",
        **kept,
        **one,
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "NBGRADER_EXECUTION": "autograde",
    }


class _Process:
    """The session's end of one forked process. `stop`: a file number that signals reach it by, or its number."""

    def __init__(self, control: socket.socket) -> None:
        self.control, self.pidfd, self.pid = control, -1, 0
        self.greet()

    def greet(self) -> None:
        """Take the process's hello, which says how to signal it."""
        message, fds = self.answer(time.monotonic() + 30)
        if "failed" in message:
            raise CourseError(f"The sandbox could not be made: {message['failed']}.")
        if self.pidfd >= 0:
            os.close(self.pidfd)
        self.pidfd, self.pid = (fds[0] if fds else -1), int(message["hello"])
        if fds:  # the number as it is here, not inside
            with contextlib.suppress(OSError, ValueError):
                lines = Path(f"/proc/self/fdinfo/{fds[0]}").read_text().splitlines()
                self.pid = int(next((l.split()[1] for l in lines if l.startswith("Pid:")), "0"))

    def signal(self, number: int) -> None:
        with contextlib.suppress(OSError, ProcessLookupError):
            if self.pidfd >= 0:
                signal.pidfd_send_signal(self.pidfd, number)
            elif self.pid > 1:
                os.kill(self.pid, number)

    def answer(self, deadline: float) -> tuple[dict, list[int]]:
        """The next message. Raises TimeoutError at the deadline, Gone where there will be none."""
        self.control.settimeout(max(deadline - time.monotonic(), 0.001))
        try:
            if not select.select([self.control], [], [], max(deadline - time.monotonic(), 0))[0]:
                raise TimeoutError
            self.control.settimeout(GRACE + 10)
            message, fds = receive(self.control)
            for fd in fds if "hello" not in message else ():
                os.close(fd)
            return message, fds
        finally:
            with contextlib.suppress(OSError):
                self.control.settimeout(None)

    def tell(self, message: dict, *fds: int) -> None:
        try:
            send(self.control, message, *fds)
        except OSError:
            raise Gone from None

    def close(self, kill: bool = True) -> None:
        if kill:
            self.signal(signal.SIGKILL)
        self.control.close()
        if self.pidfd >= 0:
            os.close(self.pidfd)
            self.pidfd = -1


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
        self.end = time.monotonic() + limits.total_time
        self.roots: list[
            _Process
        ] = []  # the sandboxes' first processes: killing them ends all in them
        self.learner: _Process | None = None
        self.snapshot: _Process | None = None
        self.since: list[Cell] = []  # good cells since the snapshot was taken
        self.epoch = 0
        self.tester: _Process | None = None
        self.home = ""
        self.shared: dict[str, tuple] = {}
        self.own_files = _names(files / "tester") if files else set()

    def __enter__(self) -> "Session":
        return self

    def __exit__(self, *_) -> None:
        for process in (self.learner, self.snapshot, self.tester, *self.roots):
            if process is not None:
                process.close()
        self.stack.close()

    # --- processes ---

    def _fork(self, role: str) -> _Process:
        files = str(self.files / role) if self.files else None
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
        }
        process = _Process(self.zygote.fork(request))
        if self.sandboxed or role == "learner":
            root = _Process.__new__(_Process)  # the first process only ever gets a signal
            root.control, root.pidfd, root.pid = process.control.dup(), process.pidfd, process.pid
            self.roots.append(root)
            process.pidfd = -1
        if role == "learner":
            process.greet()
        return process

    def _start_learner(self) -> None:
        self.learner = self._fork("learner")
        self.since = []
        self._take_snapshot()

    def _take_snapshot(self) -> None:
        """Leave a copy of the learner's process behind, in place of the one before."""
        self.epoch += 1
        ours, theirs = socket.socketpair()
        try:
            self.learner.tell({"do": "snapshot", "next_ref": self.epoch * _REFS}, theirs.fileno())
            theirs.close()
            answer, _ = self.learner.answer(time.monotonic() + GRACE + 10)
            if not answer["snapshot"]:
                raise Gone
            taken = _Process(ours)
        except (Gone, TimeoutError, KeyError, TypeError, ValueError):
            ours.close()
            return  # the one before is still good, and `since` with it
        if self.snapshot is not None:
            self.snapshot.close()
        self.snapshot, self.since = taken, []

    def _go_back(self) -> None:
        """Kill the learner's process; its last snapshot takes its place, and the good cells since then run again."""
        again = self.since
        self.learner.close()
        self.learner, self.snapshot = self.snapshot, None
        self._kill_strays()
        if self.learner is None:
            again = []
            self._start_learner()
        else:
            self.since = []
            self._take_snapshot()
        for cell in again:
            if time.monotonic() < self.end:
                with contextlib.suppress(Gone, TimeoutError):
                    self._tell_run(cell)
                    self.learner.answer(time.monotonic() + cell.seconds * 3 + GRACE)
                    self.since.append(cell)

    # --- cells ---

    def run(self, cell: Cell) -> None:
        """Run one cell and fill in its outputs and its seconds."""
        started = time.monotonic()
        if started >= self.end:
            cell.outputs = [
                _time_error(f"the notebook took longer than {self.limits.total_time:g} s")
            ]
            return
        try:
            (self._run_test if cell.test else self._run_learners)(cell)
        except (Gone, TimeoutError, KeyError, TypeError, ValueError) as error:
            # Whatever a learner's process sends instead of an answer ends no session.
            cell.outputs = [
                _error("EngineError", f"{type(error).__name__}: this cell could not be run")
            ]
            self._drop_learner()
        cell.seconds = time.monotonic() - started

    def _drop_learner(self) -> None:
        for process in (self.learner, self.snapshot):
            if process is not None:
                process.close()
        self.learner = self.snapshot = None

    def _deadline(self) -> float:
        return min(time.monotonic() + self.limits.cell_time, self.end)

    def _tell_run(self, cell: Cell) -> None:
        self.learner.tell({"do": "run", "source": cell.source, "limit": self.limits.output * 1024})

    def _run_learners(self, cell: Cell) -> None:
        if self.learner is None:
            self._start_learner()
        if not cell.given and sum(c.seconds for c in self.since) > SNAPSHOT_AFTER:
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
        outputs = clean_outputs(message.get("outputs"), self.limits.output * 1024)
        if late:
            outputs = [o for o in outputs if o.get("ename") != "KeyboardInterrupt"]
            outputs.append(_time_error(late))
        kept = "too much memory" * (self._memory() > 0.75 * self.limits.memory * MIB)
        kept = kept or "too many processes" * (len(self._processes()) > self.limits.processes // 2)
        if kept:
            self._go_back()
            outputs.append(_error("CellStopped", f"the cell kept {kept}; what it did is undone"))
        else:
            self.since.append(cell)
        cell.outputs = outputs

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
        """The next answer, or None at the deadline or where the submission's memory ran over (then `_reason` says so)."""
        while True:
            try:
                return process.answer(min(deadline, time.monotonic() + 0.5))[0]
            except TimeoutError:
                if time.monotonic() >= deadline:
                    return None
                if self._all_memory() > 1.5 * self.limits.memory * MIB:
                    self._reason = f"the cell used more than {self.limits.memory} MiB of memory"
                    return None

    def _run_test(self, cell: Cell) -> None:
        if self.learner is None:
            self._start_learner()
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
        if message is None:
            self.tester.close()
            self._start_tester()
            cell.outputs = [_time_error(self._reason)]
        else:
            cell.outputs = clean_outputs(message.get("outputs"), self.limits.output * 1024)
        try:
            if self._reason:
                raise TimeoutError
            self.learner.answer(time.monotonic() + GRACE)
        except (Gone, TimeoutError):
            self._go_back()

    def _await_test(self, channel: socket.socket) -> dict | None:
        """The tester's answer. A learner's function that does not end is interrupted, then killed: the test hears of it."""
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
        outer = os.open(f"/proc/{self.roots[0].pid}/root{above}", flags)
        try:
            return os.open(name, flags | os.O_NOFOLLOW, dir_fd=outer)
        finally:
            os.close(outer)

    def _start_tester(self) -> None:
        self.tester = self._fork("tester")
        self.epoch += 1
        self.tester.tell(
            {"do": "prepare", "imports": self.course.imports, "next_ref": self.epoch * _REFS}
        )
        self.tester.answer(time.monotonic() + 60)

    # --- memory ---

    def _memory(self) -> int:
        """Bytes of address space that the learner's process holds beyond the warm process's own."""
        with contextlib.suppress(OSError, ValueError, AttributeError, IndexError):
            fields = Path(f"/proc/{self.learner.pid}/statm").read_text().split()
            return int(fields[5]) * os.sysconf("SC_PAGE_SIZE")  # data and stack
        return 0

    def _processes(self) -> list[int]:
        """The numbers of all processes of the submission."""
        found, waiting = [], [root.pid for root in self.roots]
        while waiting:
            found.append(waiting.pop())
            with contextlib.suppress(OSError, ValueError):
                for task in os.listdir(f"/proc/{found[-1]}/task"):
                    children = Path(f"/proc/{found[-1]}/task/{task}/children").read_text().split()
                    waiting += [int(child) for child in children]
        return found

    def _all_memory(self) -> int:
        """Bytes that all processes of the submission hold in memory for themselves."""
        total = 0
        for pid in self._processes():
            with contextlib.suppress(OSError, ValueError):
                for line in Path(f"/proc/{pid}/status").read_text().splitlines():
                    if line.startswith(("RssAnon:", "RssShmem:")):
                        total += int(line.split()[1]) * 1024
        return total

    def _kill_strays(self) -> None:
        """End what the cells started and left behind."""
        if not self.sandboxed:
            return
        ours = {p.pid for p in (*self.roots, self.learner, self.snapshot, self.tester) if p}
        for _ in range(20):  # a fork bomb goes on while it is counted
            strays = [pid for pid in self._processes() if pid not in ours]
            for pid in strays:
                with contextlib.suppress(OSError):
                    os.kill(pid, signal.SIGKILL)
            if not strays:
                return


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


def clean_outputs(outputs: object, limit: int) -> list[dict]:
    """Outputs as a notebook may hold them; what is not of that form is left out."""
    found, size = [], 0
    for output in outputs if isinstance(outputs, list) else ():
        if not isinstance(output, dict):
            continue
        kind = output.get("output_type")
        if kind == "stream" and output.get("name") in ("stdout", "stderr"):
            found.append(
                {
                    "output_type": kind,
                    "name": output["name"],
                    "text": str(output.get("text"))[: limit + 200],
                }
            )
        elif kind in ("display_data", "execute_result") and isinstance(output.get("data"), dict):
            data = {
                str(mime): value
                for mime, value in output["data"].items()
                if isinstance(value, str)
                or (str(mime).endswith("json") and isinstance(value, dict | list))
            }
            item = {"output_type": kind, "data": data, "metadata": {}}
            if isinstance(output.get("metadata"), dict):
                item["metadata"] = {
                    str(k): v for k, v in output["metadata"].items() if isinstance(v, dict)
                }
            if kind == "execute_result":
                count = output.get("execution_count")
                item["execution_count"] = count if type(count) is int else None
            found.append(item)
        elif kind == "error":
            lines = output.get("traceback")
            found.append(
                {
                    "output_type": kind,
                    "ename": str(output.get("ename"))[:200],
                    "evalue": str(output.get("evalue"))[:20_000],
                    "traceback": [str(line) for line in lines] if isinstance(lines, list) else [],
                }
            )
        size += len(json.dumps(found[-1])) if found else 0
        if size > 20 * limit:
            break
    return found[:300]
