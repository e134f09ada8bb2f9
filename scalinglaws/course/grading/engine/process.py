"""What runs in the two processes that the fork server forks for a submission: `Learner` and `Tester`."""

import base64
import contextlib
import os
import signal
import socket
import sys
import threading
import time
import warnings
from typing import Any

from scalinglaws.plots import alt

from . import figures, names, sandbox
from .channel import Peer
from .messages import Gone, Message, close_all, receive, send
from .redaction import Redaction
from .shell import CellShell
from .verdict import Verdict, without_grades


def _hello(control: socket.socket) -> None:
    """Tell the session how to stop this process."""
    fd = os.pidfd_open(os.getpid())
    send(control, {"hello": os.getpid()}, fd)
    os.close(fd)


# --- start ---


def start(shell: CellShell, control: socket.socket, request: Message, parent: int) -> None:
    """Become a learner or a tester; never returns to the fork server's loop."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    null = os.open(os.devnull, os.O_RDWR)
    for fd in range(3):
        os.dup2(null, fd)
    os.close(null)
    sandbox.die_with_parent(parent)
    limits = sandbox.Limits(**request["limits"])
    role = {"learner": Learner, "tester": Tester, "drawer": Drawer}[request["role"]]
    if request["core"] is not None:
        os.sched_setaffinity(0, {request["core"]})
    if not request["sandbox"]:
        os.chdir(request["files"])
        _hello(control)
        if role is not Drawer:
            return _in_own_process(lambda: role(shell, control, limits).loop())
        return role(shell, control, limits).loop()
    mapped = sandbox.mapped_memory()
    try:
        uid = sandbox.enter(limits, request["files"], request["hide"])
    except OSError as error:
        return send(control, {"failed": str(error)})
    launcher = os.getpid()
    init = os.fork()
    if init:
        fd = os.pidfd_open(init)  # the first process of the namespace: all others end with it
        send(control, {"hello": init}, fd)
        control.close()
        os.waitpid(init, 0)
        return None
    try:
        sandbox.drop_rights(limits, uid, mapped)
    except OSError as error:
        return send(control, {"failed": str(error)})
    sandbox.die_with_parent(launcher)
    os.environ["HOME"] = sandbox.HOME
    if role is not Drawer:
        return _in_own_process(lambda: role(shell, control, limits).loop(), control)
    return role(shell, control, limits).loop()


def _in_own_process(loop: Any, *close: socket.socket) -> None:
    """Run `loop` in a child and reap what ends here: no code of a notebook runs in this process, and a
    child can end while its copies stay."""
    parent = os.getpid()
    if os.fork() == 0:
        sandbox.die_with_parent(parent)
        loop()
        os._exit(0)
    for sock in close:
        sock.close()
    with contextlib.suppress(ChildProcessError):
        while True:
            os.wait()


class _Copied:
    """A process that can leave copies of itself behind, each of which waits on a socket of its own."""

    def __init__(self, control: socket.socket) -> None:
        self.control = control
        self._copies: list[int] = []

    def leave_copy(self, fds: list[int]) -> int:
        """Fork. Returns the copy's number, 0 in the copy itself, -1 where the system refused."""
        self._copies = [copy for copy in self._copies if not _has_ended(copy)]
        pid = -1
        for _ in range(50):
            with contextlib.suppress(OSError):  # the processes that just ended are still counted
                pid = os.fork()
                break
            time.sleep(0.02)
        if pid:
            close_all(fds)
            self._copies += [pid] * (pid > 0)
            return pid
        self._copies = []
        self.control.close()
        self.control = socket.socket(fileno=fds[0])
        _hello(self.control)
        return 0


def _has_ended(pid: int) -> bool:
    try:
        return os.waitpid(pid, os.WNOHANG)[0] != 0
    except ChildProcessError:
        return True


# --- the learner's process ---


class Learner(_Copied):
    """Runs the cells of a submission and answers the tests' calls. All of it may be rewritten by the cells that it runs."""

    def __init__(self, shell: CellShell, control: socket.socket, limits: sandbox.Limits) -> None:
        super().__init__(control)
        self.shell, self.limits = shell, limits
        self._open_at_start = _open_files()
        sys.path.insert(0, os.getcwd())  # modules that were handed in
        self.given = set(shell.ip.user_ns)
        self.sketches = figures.Sketches()
        alt.set_renderer(self.sketches.take)  # figures are drawn later, elsewhere

    def names(self) -> dict[str, Any]:
        """What the cells defined so far."""
        space = self.shell.ip.user_ns
        return {k: v for k, v in space.items() if k not in self.given}

    def loop(self) -> None:
        """Do what the session says until it closes the socket."""
        signal.signal(signal.SIGINT, signal.default_int_handler)
        _hello(self.control)
        while True:
            try:
                message, fds = receive(self.control)
                # Too low a limit of a cell's would stop the engine, not that cell.
                sys.setrecursionlimit(max(sys.getrecursionlimit(), 1000))
                getattr(self, "do_" + message["do"])(message, fds)
            except KeyboardInterrupt:
                continue
            except (Gone, OSError):
                os._exit(0)

    def do_run(self, message: Message, fds: list[int]) -> None:
        pid = os.getpid()
        self.sketches.clear()
        done = self.shell.run(message["source"], message["limit"])
        if os.getpid() != pid:  # the cell forked: one answer is enough
            os._exit(0)
        for timer in (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL, signal.ITIMER_PROF):
            signal.setitimer(timer, 0)  # an alarm of this cell must not hit a later one
        answer = {
            "outputs": done.outputs,
            "sketches": self.sketches.sent(),
            "cut": done.cut,
        }
        send(self.control, answer)

    def do_serve(self, message: Message, fds: list[int]) -> None:
        """Answer the calls of one test."""
        with socket.socket(fileno=fds[0]) as sock:
            peer = Peer(trusted=False, sock=sock)
            peer.names = self.names
            peer.serve()
        send(self.control, {"served": True})

    def do_fork(self, message: Message, fds: list[int]) -> None:
        """Leave a copy of this process behind, unless it would lack what the session asks about."""
        lacks = [what for what in message["unless"] if self._has(what, len(fds))]
        if lacks:
            close_all(fds)
            send(self.control, {"forked": False, "lacks": lacks})
        elif pid := self.leave_copy(fds):
            send(self.control, {"forked": pid > 0})

    def _has(self, what: str, received: int) -> bool:
        """Whether there is something that a copy would not have (threads), or would share (files).

        received: how many descriptors came with the question.
        """
        if what == "files":
            return _open_files() > self._open_at_start + received
        return len(threading.enumerate()) > 1

    def do_end_others(self, message: Message, fds: list[int]) -> None:
        """Kill all other processes of the sandbox but its first. Asked only inside of one: elsewhere it would be all of the user's."""
        os.kill(-1, signal.SIGKILL)
        send(self.control, {"ended": True})


def _open_files() -> int:
    """How many of the lower descriptors are open."""
    found = 0
    for fd in range(256):
        with contextlib.suppress(OSError):
            os.fstat(fd)
            found += 1
    return found


# --- the tester's process ---


class Tester(_Copied):
    """Runs locked test cells; what they use of the learner's comes through the channel."""

    def __init__(self, shell: CellShell, control: socket.socket, limits: sandbox.Limits) -> None:
        super().__init__(control)
        self.shell = shell
        # By the test cells that ran, or would have been but for a test that failed.
        self.bound: set[str] = set()
        self.found: dict[str, Any] = {}  # of the learner's, for the test that comes next
        self.redaction = Redaction()
        shell.text_of = self.redaction.text_of
        # Modules of the source; nothing of the learner's that could be imported is here.
        sys.path.append(os.getcwd())
        warnings.simplefilter("ignore")  # nbgrader takes a warning in a test for a failure

    def loop(self) -> None:
        """Do what the session says until it closes the socket."""
        _hello(self.control)
        while True:
            try:
                message, fds = receive(self.control)
            except Gone:
                os._exit(0)
            getattr(self, "do_" + message["do"])(message, fds)

    def do_prepare(self, message: Message, fds: list[int]) -> None:
        """Run the given cells' imports, and in place of a tester that was ended what its tests defined.

        One that fails was not needed here, or fails again in the test.
        """
        defined = [text for source in message["tested"] for text in names.definitions(source)]
        self.bound.update(*map(names.bound, message["tested"]))
        for statement in [*message["imports"], *defined]:
            with contextlib.suppress(Exception):
                exec(statement, self.shell.ip.user_ns)
        send(self.control, {"prepared": True})

    def do_fork(self, message: Message, fds: list[int]) -> None:
        """Leave a copy of this process behind."""
        if pid := self.leave_copy(fds):
            send(self.control, {"forked": pid > 0})

    def do_files(self, message: Message, fds: list[int]) -> None:
        """Write files that the learner's cells wrote."""
        for name, data in message["files"].items():
            with contextlib.suppress(OSError):
                os.makedirs(os.path.dirname(name) or ".", exist_ok=True)
                with open(name, "wb") as file:
                    file.write(base64.b64decode(data))
        send(self.control, {"written": True})

    def do_look(self, message: Message, fds: list[int]) -> None:
        """Fetch the learner's values of the names that a test uses; say whether all are plain data."""
        self.found, plain = {}, False
        with socket.socket(fileno=fds[0]) as sock:
            peer = Peer(trusted=True, sock=sock)
            with contextlib.suppress(Exception):  # the test meets it again, and tells of it
                existing = {name for name in peer.request("names") if type(name) is str}
                learners = set(message["learners"])
                self.found = self._borrow(peer, message["reads"], learners, existing)
                plain = not peer.proxies and not peer.errors
        if not plain:
            self.found = {}
        send(self.control, {"plain": plain})

    def do_test(self, message: Message, fds: list[int]) -> None:
        """Run one test cell with the learner's names bound to what they are now.

        fds: a channel to the learner's process; none where `do_look` found all that is needed. Sends
        the verdict, then, in a message of its own, what the test put out.
        """
        space = self.shell.ip.user_ns
        learners = set(message["learners"])
        self.redaction.begin(message["source"], message["lines"], message["told"])
        peer = Peer(trusted=True, sock=socket.socket(fileno=fds[0])) if fds else None
        borrowed, self.found = self.found, {}
        verdict, outputs = None, []
        for name in learners:
            space.pop(name, None)
        try:
            if peer is not None:
                peer.redact = self.redaction
                borrowed = self._borrow(peer, message["reads"], learners)
            space.update(borrowed)
        except Exception as error:  # the learner's process is dead or talks nonsense
            verdict = Verdict.failed(type(error).__name__, str(error), [])
        self.bound.update(message["binds"])
        if verdict is None:
            done = self.shell.run(message["source"], message["limit"])
            verdict, outputs = done.verdict(), without_grades(done.outputs)
        for name, value in borrowed.items():
            if space.get(name) is value:
                del space[name]
        keeps = peer is not None and message["may_keep"] and peer.is_held_by(space.values())
        if peer is not None and not keeps:
            peer.close()
        send(self.control, {"verdict": verdict.to_message()})
        send(self.control, {"outputs": outputs, "keeps": keeps})

    def _borrow(
        self,
        peer: Peer,
        reads: list[str] | None,
        learners: set[str],
        existing: set[str] | None = None,
    ) -> dict[str, Any]:
        """The learner's values of the names that a test cell reads and that are not ours.

        reads: None where it may look at all names. existing: names that the learner's process has, if
        that is known: no others are asked for.
        """
        space = self.shell.ip.user_ns
        wanted = set(reads or ())
        if reads is None:
            wanted = set(peer.request("names")) if existing is None else existing
        if existing is not None:
            wanted &= existing
        found = {}
        for name in sorted(wanted):
            ours = name in space or name in names.BUILTINS or name in self.bound
            if type(name) is not str or (ours and name not in learners):
                continue
            exists, value = peer.request("lookup", name)
            if exists:
                found[name] = value
        return found


# --- the drawer's process ---


class Drawer:
    """Draws figures that a learner's process handed over. Opens none itself: each is opened in a process that ends with it."""

    def __init__(self, shell: CellShell, control: socket.socket, limits: sandbox.Limits) -> None:
        self.control = control

    def loop(self) -> None:
        """Do what the session says until it closes the socket."""
        while True:
            try:
                message, _ = receive(self.control)
            except Gone:
                os._exit(0)
            send(self.control, {"picture": self.draw(base64.b64decode(message["sketch"]))})

    def draw(self, sketch: bytes) -> str:
        """The picture, or an empty text where the process that drew it failed."""
        reads, writes = os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                os.close(reads)
                self.control.close()
                with open(writes, "wb") as pipe:
                    pipe.write(figures.drawn(sketch).encode())
            finally:
                os._exit(0)
        os.close(writes)
        with open(reads, "rb") as pipe:
            picture = pipe.read(figures.MAX_PICTURE + 1)
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        return picture.decode("ascii", "replace")
