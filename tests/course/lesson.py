"""A notebook's exercises in this process: fast enough for hundreds of answers.

The given cells and the official answers run once, in order. A candidate answer then runs in a copy of what the cells before it
defined, and its test cells after it: no kernel, no sandbox, no nbgrader. The engine of the grader is tested elsewhere.
"""

import ast
import contextlib
import copy
import functools
import hashlib
import io
import pickle
import signal
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields
from types import CodeType, FrameType
from typing import Any
from unittest.mock import patch

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from IPython.core.formatters import DisplayFormatter
from nbgrader import utils

import scalinglaws as sl
from scalinglaws.course.exercises import read_notebook
from scalinglaws.fits import gauss_newton, newton
from scalinglaws.fits.downstream import Chain
from scalinglaws.fits.envelope import EnvelopeFit
from scalinglaws.fits.isoflop import IsoflopFit
from scalinglaws.fits.result import Fit, RegressionFit
from scalinglaws.grading import CheckFailed

from .notebooks import COURSE

_DATA = (np.ndarray, pd.DataFrame, pd.Series, list, dict, set)


class TimeUp(BaseException):
    """A candidate took too long."""


@dataclass
class Task:
    """One answer cell and the test cells that follow it."""

    name: str
    exercise: str
    solution: str
    before: dict[str, Any]
    tests: list[str] = field(default_factory=list)
    test_ids: list[str] = field(default_factory=list)

    def namespace(self, *sources: str) -> dict[str, Any]:
        """What the cells before it defined; the data that `sources` use are copies, which a candidate may spoil."""
        space = dict(self.before)
        for name in set().union(*(names_in(source) for source in sources)):
            if isinstance(space.get(name), _DATA):
                space[name] = copy.deepcopy(space[name])
        return space


class Lesson:
    """The tasks of an assignment, by the grade_id of the answer cell.

    complaints: what was wrong when its source ran, by the id of the cell. seconds: of the processor,
    which that took, as for a learner who has fitted nothing before.
    """

    def __init__(self, assignment: str):
        self.assignment = assignment
        self.tasks: dict[str, Task] = {}
        self.complaints: dict[str, str] = {}
        matplotlib.use("Agg")
        namespace: dict[str, Any] = {}
        _known.clear()
        start = time.process_time()
        for cell in _cells(assignment):
            if utils.is_solution(cell):
                task = Task(
                    cell.metadata.nbgrader["grade_id"],
                    cell.metadata.scalinglaws["exercise"],
                    cell.source,
                    dict(namespace),
                )
                self.tasks[task.name] = task
            elif utils.is_grade(cell):
                task.tests.append(cell.source)
                task.test_ids.append(cell.id)
            value, errors = show(cell.source, namespace)
            if errors:
                self.complaints[cell.id] = errors
            elif utils.is_grade(cell) and value not in (None, cell.metadata.nbgrader["points"]):
                self.complaints[cell.id] = f"nbgrader takes {value!r} for points"
        self.seconds = time.process_time() - start

    def reread(self) -> None:
        """Take the answers and tests from the file again, without running the given cells: for whoever edits a test."""
        for cell in _cells(self.assignment):
            if utils.is_solution(cell):
                task = self.tasks[cell.metadata.nbgrader["grade_id"]]
                task.solution, task.tests = cell.source, []
            elif utils.is_grade(cell):
                task.tests.append(cell.source)

    def judge(self, name: str, code: str, seconds: float = 20.0) -> str:
        """Run `code` as the answer, then its tests. Returns "" if all pass, else the reply of the first that fails."""
        task = self.tasks[name]
        namespace = task.namespace(code, *task.tests)
        try:
            with at_most(seconds):
                run(code, namespace)
                return self.test(task, namespace)
        except TimeUp:
            return "TimeUp: it took too long"

    def test(self, task: Task, namespace: dict[str, Any]) -> str:
        """Run the tests of a task on what `namespace` holds."""
        for test in task.tests:
            try:
                errors = run(test, namespace)
            except CheckFailed as reply:
                return str(reply) or "failed"
            except NameError as error:
                return f"{type(error).__name__}: {error}"
            assert not errors, f"a test cell wrote to stderr, which nbgrader marks with 0: {errors}"
        return ""


def _cells(assignment: str) -> list[Any]:
    notebook = read_notebook(COURSE / "source" / assignment / f"{assignment}.ipynb")
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


@contextlib.contextmanager
def _heard() -> Iterator[io.StringIO]:
    """What is written to stderr in here, warnings too."""
    stderr = io.StringIO()
    with (
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(stderr),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("default")
        yield stderr


def run(source: str, namespace: dict[str, Any]) -> str:
    """Execute one cell; returns what it wrote to stderr."""
    with _heard() as stderr:
        exec(compile(source, "<cell>", "exec"), namespace)
    return stderr.getvalue()


def show(source: str, namespace: dict[str, Any]) -> tuple[Any, str]:
    """Execute one cell as a kernel does, which shows its last value and draws the figures that are open.

    Returns the value and what was written to stderr.
    """
    tree = ast.parse(source)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    value = None
    with _heard() as stderr:
        exec(compile(tree, "<cell>", "exec"), namespace)
        if isinstance(last, ast.Expr):
            value = eval(compile(ast.Expression(last.value), "<cell>", "eval"), namespace)
            silent = source.rstrip().endswith(";")
            if value is not None and not silent:
                DisplayFormatter().format(value)
        for number in plt.get_fignums():
            plt.figure(number).savefig(io.BytesIO())
        plt.close("all")
    return value, stderr.getvalue()


@contextlib.contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Raise TimeUp in what runs longer than this, in seconds of the processor (where the system can count them)."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise TimeUp

    if not hasattr(signal, "setitimer"):
        yield
        return
    old = signal.signal(signal.SIGPROF, stop)
    left, _ = signal.setitimer(signal.ITIMER_PROF, seconds, 1.0)
    try:
        yield
    finally:
        signal.signal(signal.SIGPROF, old)
        signal.setitimer(signal.ITIMER_PROF, left, 1.0)  # an outer limit goes on; 0 is none


def _numbers(fit: Fit[Any]) -> tuple[Any, ...]:
    """What tells two fits apart: the law, the losses and the residuals pin down the runs."""
    left_out = ("estimator", "resampling", "call")  # of functions, or not of the runs
    return type(fit), *(getattr(fit, f.name) for f in fields(fit) if f.name not in left_out)


_known: dict[bytes, Any] = {}


def _once(what: str, given: Any, make: Callable[[], Any]) -> Any:
    """What `make` gives, computed once for each `given` that pickles differently."""
    try:
        name = hashlib.sha256(pickle.dumps((what, given))).digest()
    except (pickle.PicklingError, AttributeError, TypeError):  # a function of the notebook's
        return make()
    if name not in _known:
        _known[name] = make()
    return _known[name]


def _of_ones_own(value: Any) -> Any:
    """A copy in which whoever has it may spoil tables and arrays."""
    if not isinstance(value, Fit):
        return copy.deepcopy(value)
    value = copy.copy(value)
    for name, part in vars(value).items():
        if isinstance(part, np.ndarray | pd.DataFrame):
            object.__setattr__(value, name, part.copy())
    return value


@contextlib.contextmanager
def shared_fits() -> Iterator[None]:
    """Read each table and compute each fit, bootstrap, interval and simulation once: hundreds of answers and checks ask for them."""

    def draw(what: str, original: Callable[..., Any]) -> Callable[..., Any]:
        return lambda fit, asked: _once(what, (_numbers(fit), asked), lambda: original(fit, asked))

    def minimise(what: str, original: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *problem: _once(what, problem, lambda: original(*problem))

    def compute(what: str, original: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(original)
        def compute(*args: Any, **options: Any) -> Any:
            given = args, sorted(options.items())
            return _of_ones_own(_once(what, given, lambda: original(*args, **options)))

        return compute

    def interval(what: str, original: Callable[..., Any]) -> Callable[..., Any]:
        def interval(fit: Any, *where: Any, **options: Any) -> Any:
            fits = (fit.first, fit.second) if isinstance(fit, Chain) else (fit,)
            runs = [(_numbers(one), one.resampling) for one in fits]
            given = runs, where, sorted(options.items())
            return _once(what, given, lambda: original(fit, *where, **options))

        return interval

    places = [(kind, "_draw", draw) for kind in (EnvelopeFit, IsoflopFit, RegressionFit)]
    places += [(module, "_minimise", minimise) for module in (newton, gauss_newton)]
    places += [(Fit, "interval", interval), (Fit, "predict_interval", interval)]
    places += [(Chain, "interval", interval)]
    # What notebooks call: runs are read from a file, and a fit of a law's own function is none that `_minimise` knows again.
    names = ("load_runs", "random_feature_losses", *(n for n in dir(sl) if n.startswith("fit_")))
    places += [(sl, name, compute) for name in names]
    with contextlib.ExitStack() as stack:
        for owner, name, sharing in places:
            original = getattr(owner, name)
            what = f"{original.__module__}.{original.__qualname__}"
            stack.enter_context(patch.object(owner, name, sharing(what, original)))
        # A fit is frozen: a copy of what an answer may spoil can share it.
        stack.enter_context(patch.object(Fit, "__deepcopy__", lambda fit, known: fit, create=True))
        stack.callback(_known.clear)
        yield


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """Nothing is known in here, so that it takes as long as it takes a learner."""
    kept = dict(_known)
    _known.clear()
    try:
        yield
    finally:
        _known.update(kept)


def names_in(source: str) -> set[str]:
    try:
        code = compile(source, "<cell>", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    except SyntaxError:
        return set()
    found, todo = set(), [code]
    while todo:
        code = todo.pop()
        found |= set(code.co_names)
        todo += [constant for constant in code.co_consts if isinstance(constant, CodeType)]
    return found
