"""The code of the two processes that the fork server forks for a submission: `Learner` and
`Tester`.
"""

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

from scalinglaws.course.questions.stretch import set_stretch, stretched
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
        # The first process of the namespace: when it ends, so do all others.
        fd = os.pidfd_open(init)
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
    """Run `loop` in a child and reap processes that end here: no notebook code runs in this
    process, and a child can end while its copies live on.
    """
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
    """A process that can leave copies of itself, each waiting on its own socket."""

    def __init__(self, control: socket.socket) -> None:
        self.control = control
        self._copies: list[int] = []

    def leave_copy(self, fds: list[int]) -> int:
        """Fork. Returns the copy's number, 0 in the copy itself, -1 if the system refused."""
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
    """Runs the cells of a submission and answers the tests' calls.

    The cells may modify anything in it.
    """

    def __init__(self, shell: CellShell, control: socket.socket, limits: sandbox.Limits) -> None:
        super().__init__(control)
        self.shell, self.limits = shell, limits
        self._open_at_start = _open_files()
        sys.path.insert(0, os.getcwd())  # submitted modules
        self.given = set(shell.ip.user_ns)
        self.sketches = figures.Sketches()
        alt.set_renderer(self.sketches.take)  # figures are drawn later, elsewhere

    def names(self) -> dict[str, Any]:
        """The names that the cells have defined so far."""
        space = self.shell.ip.user_ns
        return {k: v for k, v in space.items() if k not in self.given}

    def loop(self) -> None:
        """Do what the session says until it closes the socket."""
        signal.signal(signal.SIGINT, signal.default_int_handler)
        _hello(self.control)
        while True:
            try:
                message, fds = receive(self.control)
                # If a cell set a low limit, that would stop the engine rather than the cell.
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
        if os.getpid() != pid:  # the cell forked, and only one process may answer
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
        """Leave a copy of this process, unless something that the session asks about would be lost."""
        lacks = [what for what in message["unless"] if self._has(what, len(fds))]
        if lacks:
            close_all(fds)
            send(self.control, {"forked": False, "lacks": lacks})
        elif pid := self.leave_copy(fds):
            send(self.control, {"forked": pid > 0})

    def _has(self, what: str, received: int) -> bool:
        """Whether there is something that a copy would lose (threads) or share (files).

        received: how many descriptors came with the request.
        """
        if what == "files":
            return _open_files() > self._open_at_start + received
        return len(threading.enumerate()) > 1

    def do_end_others(self, message: Message, fds: list[int]) -> None:
        """Kill all other processes of the sandbox except its first.

        Only used inside a sandbox: elsewhere it would kill all processes of the user.
        """
        os.kill(-1, signal.SIGKILL)
        send(self.control, {"ended": True})


def _open_files() -> int:
    """The number of open descriptors among the lower ones."""
    found = 0
    for fd in range(256):
        with contextlib.suppress(OSError):
            os.fstat(fd)
            found += 1
    return found


# --- the tester's process ---

MAX_SECRET = 1_000  # bytes of an answer; the session remembers no longer ones


class Tester(_Copied):
    """Runs locked test cells; the learner's values and functions come through the channel."""

    def __init__(self, shell: CellShell, control: socket.socket, limits: sandbox.Limits) -> None:
        super().__init__(control)
        self.shell = shell
        # Names defined by the test cells so far, also after the line at which a test failed.
        self.bound: set[str] = set()
        self.found: dict[str, Any] = {}  # the learner's values, for the next test
        self.redaction = Redaction()
        shell.text_of = self.redaction.text_of
        # Modules of the source; the learner's modules are not in this folder.
        sys.path.append(os.getcwd())
        warnings.simplefilter("ignore")  # nbgrader treats a warning in a test as a failure

    def loop(self) -> None:
        """Do what the session says until it closes the socket."""
        _hello(self.control)
        while True:
            try:
                message, fds = receive(self.control)
            except Gone:
                os._exit(0)
            getattr(self, "do_" + message["do"])(message, fds)

    def stretch(self, secret: bytes, salt: bytes, work: int) -> bytes:
        """Have the session stretch a key during a test: it remembers those of other submissions."""
        if len(secret) > MAX_SECRET:
            return stretched(secret, salt, work)
        send(self.control, {"stretch": [secret.hex(), salt.hex(), work]})
        message, fds = receive(self.control)
        close_all(fds)
        return bytes.fromhex(message["stretched"])

    def do_prepare(self, message: Message, fds: list[int]) -> None:
        """Run the given cells' imports and, when replacing an ended tester, the definitions of its
        tests.

        If one fails, it was not needed, or it will fail again in the test.
        """
        defined = [text for source in message["tested"] for text in names.definitions(source)]
        self.bound.update(*map(names.bound, message["tested"]))
        for statement in [*message["imports"], *defined]:
            with contextlib.suppress(Exception):
                exec(statement, self.shell.ip.user_ns)
        send(self.control, {"prepared": True})

    def do_fork(self, message: Message, fds: list[int]) -> None:
        """Leave a copy of this process."""
        if pid := self.leave_copy(fds):
            send(self.control, {"forked": pid > 0})

    def do_files(self, message: Message, fds: list[int]) -> None:
        """Write the files of the learner's cells."""
        for name, data in message["files"].items():
            with contextlib.suppress(OSError):
                os.makedirs(os.path.dirname(name) or ".", exist_ok=True)
                with open(name, "wb") as file:
                    file.write(base64.b64decode(data))
        send(self.control, {"written": True})

    def do_look(self, message: Message, fds: list[int]) -> None:
        """Fetch the learner's values of the names that a test uses; report whether all are plain
        data.
        """
        self.found, plain = {}, False
        with socket.socket(fileno=fds[0]) as sock:
            peer = Peer(trusted=True, sock=sock)
            with contextlib.suppress(Exception):  # the test will hit the same error and report it
                existing = {name for name in peer.request("names") if type(name) is str}
                learners = set(message["learners"])
                self.found = self._borrow(peer, message["reads"], learners, existing)
                plain = not peer.proxies and not peer.errors
        if not plain:
            self.found = {}
        send(self.control, {"plain": plain})

    def do_test(self, message: Message, fds: list[int]) -> None:
        """Run one test cell with the learner's names bound to their current values.

        fds: a channel to the learner's process; none if `do_look` found everything. Sends the
        verdict and then, in a separate message, the test's outputs.
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
        except Exception as error:  # the learner's process is dead or sends nonsense
            verdict = Verdict.failed(type(error).__name__, str(error), [])
        self.bound.update(message["binds"])
        if verdict is None:
            set_stretch(self.stretch)
            done = self.shell.run(message["source"], message["limit"])
            set_stretch(stretched)
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

        reads: None if it may look at all names. existing: names in the learner's process, if known; no
        others are requested.
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
    """Draws figures from a learner's process.

    Each is opened in a separate process that ends afterwards.
    """

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
        """The picture, or an empty text if the process that drew it failed."""
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
