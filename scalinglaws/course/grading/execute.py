"""Runs a submission's notebook through the engine and writes the outputs into it."""

import atexit
import contextlib
import functools
import math
import re
import shutil
import sys
import time
from collections.abc import Collection
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from nbformat import NotebookNode

from scalinglaws.course.exercises import is_solution
from scalinglaws.errors import CourseError

from .engine import figures, sandbox
from .engine.cells import Cell, Course
from .engine.fork_client import ForkServer
from .engine.memory import Memory
from .engine.messages import Gone
from .engine.names import Owners, bound, used
from .engine.outputs import MAX_OUTPUTS
from .engine.sandbox import Limits
from .engine.session import Session
from .engine.verdict import UNJUDGED_ERROR, State, Verdict, without_grades
from .scratch import temporary_folder
from .submission import grade_id, is_test, visible

# The engine forks a process that has loaded numpy and matplotlib, and isolates it by means of
# Linux. On other systems a notebook runs in its own kernel, as in nbgrader: the same points, but no
# isolation, snapshots or memory limits.
HAS_ENGINE = sys.platform == "linux"


@functools.cache
def shared_server() -> ForkServer:
    """The warm process of this process, which ends with it."""
    server = ForkServer()
    atexit.register(server.close)
    return server


def require_isolation(sandboxed: bool) -> bool:
    """`sandboxed`, if the system supports it; otherwise raises CourseError, which says what to do."""
    if sandboxed and (path := sandbox.private_path()):
        raise CourseError(
            f"Submissions run as a separate user, who may not read {path} (it was made with a "
            "umask such as 077): run"
            f" `chmod -R go+rX` on the course's folders .venv, scalinglaws and data, and on {sys.base_prefix}, then grade again."
        )
    if sandboxed and (reason := sandbox.missing()):
        raise CourseError(
            f"Submissions cannot be isolated here: {reason}. Grade on a Linux machine that allows "
            "user namespaces, or use --no-sandbox if you trust what the students wrote."
        )
    return sandboxed


@dataclass(frozen=True)
class Plan:
    """What the engine needs from an assignment's source notebook; made once for a class."""

    course: Course
    given: frozenset[str]  # the sources of the cells that students receive complete

    @classmethod
    def of(cls, source: NotebookNode, hide: list[str]) -> "Plan":
        """The plan for a notebook from `submission.master`."""
        owners = Owners(source, is_test)
        course = Course(
            owners.imports, {name: sorted(them) for name, them in owners.of_test.items()}, hide
        )
        given = {
            visible(cell.source).strip()
            for cell in source.cells
            if cell.cell_type == "code" and not is_solution(cell)
        }
        return cls(course, frozenset(given))


@dataclass
class Ran:
    """The results of running a notebook: seconds of each test and in total, cells that failed, and
    cells that put out too much.
    """

    seconds: dict[str, float] = field(default_factory=dict)
    total: float = 0.0
    stopped: list[str] = field(default_factory=list)
    flooded: list[str] = field(default_factory=list)
    unjudged: list[str] = field(default_factory=list)  # tests without a verdict

    def note_verdict(self, cell: NotebookNode, verdict: Verdict, seconds: float) -> None:
        """Write the verdict on a test into its cell, after the cell's other outputs."""
        name, most = grade_id(cell), float(cell.metadata.nbgrader["points"])
        said = without_grades(cell.outputs)
        cell.outputs = [NotebookNode(output) for output in [*said, *verdict.outputs(most)]]
        self.seconds[name] = round(seconds, 3)
        if verdict.state is State.UNJUDGED:
            self.unjudged.append(name)


def needed_for(notebook: NotebookNode, tests: Collection[str]) -> NotebookNode:
    """The same cells, without those after the last of these tests, and without tests that these do
    not need.

    All of the learner's own cells before it stay, because their effects cannot be known beforehand.
    """
    kept: list[NotebookNode] = []
    wanted: set[str] = set()
    everything = False  # whether a test that is kept looks at all names
    for cell in reversed(notebook.cells):
        if is_test(cell):
            binds = bound(cell.source)
            if grade_id(cell) not in tests and not (kept and (everything or binds & wanted)):
                continue
            reads = used(cell.source)
            everything |= reads is None
            wanted |= (reads or frozenset()) - binds
        elif not kept:
            continue
        kept.append(cell)
    return NotebookNode({**notebook, "cells": kept[::-1]})


def run_notebook(
    notebook: NotebookNode,
    plan: Plan,
    *,
    server: ForkServer | None = None,
    limits: Limits = Limits(),  # noqa: B008 - frozen
    files: Path | None = None,
    sandboxed: bool = True,
    draw: bool = True,
    memory: Memory | None = None,
) -> Ran:
    """Run all code cells of a repaired notebook, and write their outputs into it.

    files: a folder with two subfolders, `learner` and `tester`, the initial content of each
    process's folder. draw: whether to draw the figures that `sl.show` left to draw. memory: of
    earlier runs; execution begins where this notebook differs from the last.
    """
    if not HAS_ENGINE:
        return _run_in_a_kernel(notebook, limits, files)
    ran = Ran()
    server = server or shared_server()
    cells = [c for c in notebook.cells if c.cell_type == "code"]
    for cell in cells:
        cell.outputs, cell.execution_count = [], None
    cells = [c for c in cells if c.source.strip() or is_test(c)]
    work = [
        Cell(c.source, grade_id(c) if is_test(c) else "", c.source.strip() in plan.given)
        for c in cells
    ]
    if memory is not None:
        work = _run_from_memory(work, memory, server, plan, limits, files, sandboxed)
        return _note(cells, work, ran)
    with Session(server, plan.course, limits, files, sandboxed) as session:
        session.run_all(work)
        _note(cells, work, ran)
        sketches = _fitting(work) if draw else []
        fill = figures.filler(session.draw(sketches), MAX_OUTPUTS)
    for cell in cells if sketches else ():
        for output in cell.get("outputs", ()):
            if "text/html" in output.get("data", {}):
                output.data["text/html"] = fill(output.data["text/html"])
    return ran


def _note(cells: list[NotebookNode], work: list[Cell], ran: Ran) -> Ran:
    """Write the results into the notebook's cells and into `ran`."""
    for count, (cell, done) in enumerate(zip(cells, work, strict=True), 1):
        cell.outputs = [NotebookNode(output) for output in done.outputs]
        cell.execution_count = count
        ran.total += done.seconds
        if done.cut:
            ran.flooded.append(grade_id(cell) or f"cell {count}")
        if done.test:
            verdict = done.verdict or Verdict.unjudged("it was not run")
            ran.note_verdict(cell, verdict, done.seconds)
        stopped = {o["ename"] for o in cell.outputs if o["output_type"] == "error"}
        if stopped & {"CellTimeoutError", "CellStopped", "EngineError"}:
            ran.stopped.append(grade_id(cell) or f"cell {count}")
    return ran


def _fitting(work: list[Cell]) -> list[bytes]:
    """The figures to draw, as far as there is room for them."""
    room = 2 * MAX_OUTPUTS
    sketches: list[bytes] = []
    for cell in work:
        room -= sum(map(len, cell.sketches))
        sketches += cell.sketches if room >= 0 else ()
    return sketches


def _run_from_memory(
    work: list[Cell],
    memory: Memory,
    server: ForkServer,
    plan: Plan,
    limits: Limits,
    files: Path | None,
    sandboxed: bool,
) -> list[Cell]:
    """Run cells, from where they differ from the last run's."""
    about = (plan, limits, _contents(files), sandboxed)
    for attempt in range(2):
        if attempt or not memory.knows(about):
            stack = contextlib.ExitStack()  # the session outlives this run, so its files must, too
            own = files and shutil.copytree(
                files, stack.enter_context(temporary_folder()) / "files"
            )
            session = Session(server, plan.course, limits, own, sandboxed)
            memory.begin(about, stack.enter_context(session), stack.close)
        try:
            return memory.run(work)
        except Gone:
            memory.close()
        except BaseException:
            memory.close()
            raise
    raise CourseError("The engine's processes ended twice: check again.")


def _contents(files: Path | None) -> dict[str, bytes]:
    """{path below a folder: digest} of its files."""
    paths = sorted(path for path in files.rglob("*") if path.is_file()) if files else []
    return {
        str(path.relative_to(files or path)): sha256(path.read_bytes()).digest() for path in paths
    }


def _run_in_a_kernel(notebook: NotebookNode, limits: Limits, files: Path | None) -> Ran:
    """Run all cells in one kernel, on systems without the engine; errors stay in the cells'
    outputs.
    """
    from nbclient import NotebookClient
    from nbclient.exceptions import CellTimeoutError, DeadKernelError

    start, ran = time.monotonic(), Ran()
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    replies: dict[int, dict] = {}  # by the index of the cell

    def note_reply(cell: NotebookNode, cell_index: int, execute_reply: dict) -> None:
        replies[cell_index] = execute_reply["content"]

    client = NotebookClient(
        notebook,
        kernel_name="python3",
        timeout=math.ceil(limits.cell_time),
        allow_errors=True,
        record_timing=False,
        on_cell_executed=note_reply,
        resources={"metadata": {"path": str(files / "learner")}} if files else {},
        extra_arguments=["--HistoryManager.hist_file=:memory:"],
    )
    try:
        client.execute()
    except (CellTimeoutError, DeadKernelError) as error:
        ran.stopped.append(f"the notebook ({type(error).__name__})")
    for number, cell in enumerate(notebook.cells):
        if is_test(cell):  # a kernel does not report the time
            ran.note_verdict(cell, _kernels_verdict(cell, replies.get(number)), 0.0)
    ran.total = time.monotonic() - start
    return ran


def is_unjudged(cell: NotebookNode) -> bool:
    """Whether a test cell of a graded notebook has no verdict, so that a person must look."""
    return is_test(cell) and any(o.get("ename") == UNJUDGED_ERROR for o in cell.outputs)


def _kernels_verdict(cell: NotebookNode, reply: dict | None) -> Verdict:
    """The verdict from a kernel's reply to a test cell and the cell's outputs."""
    if not cell.source.strip():  # no kernel is asked
        return Verdict.of_value(None)
    if reply is None:
        return Verdict.unjudged("it was not run, or did not end")
    if reply.get("status") != "ok":
        name, text = str(reply.get("ename", "")), str(reply.get("evalue", ""))
        return Verdict.failed(name, text, [str(line) for line in reply.get("traceback", ())])
    for output in cell.outputs:
        if output.output_type == "error":  # a magic caught it
            return Verdict.failed(output.ename, output.evalue, output.traceback)
        if output.output_type == "execute_result":
            text = output.data.get("text/plain", "")
            if scalar := _NUMPY_SCALAR.fullmatch(text):
                text = scalar[1]
            try:
                return Verdict.of_value(True if text in ("True", "np.True_") else float(text))
            except ValueError:
                return Verdict.of_value(text)
    return Verdict.of_value(None)


_NUMPY_SCALAR = re.compile(r"np\.(?:float|int|uint)\d+\((.*)\)")
