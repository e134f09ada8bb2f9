"""Wrong answers made from the official one, right answers in other shapes, and a probe for every slip.

A mutant is the official solution with one mistake that people make. It must be refused, or be proven equal: `Machine.equal` finds
those that give the same results on arguments around those of the tests, and an exercise's `Answers.equal` lists the others that
the statement's domain cannot tell apart, with the reason.
"""

import ast
import contextlib
import copy
import functools
import itertools
import pickle
import random
import time
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

import scalinglaws.grading as door
from scalinglaws.course.grading import checks
from scalinglaws.course.questions.seal import has_tolerance, opens

from .lesson import Lesson, Task, TimeUp, alone, at_most, names_in, run

_OPERATORS: dict[type, list[type]] = {
    ast.Add: [ast.Sub],
    ast.Sub: [ast.Add],
    ast.Mult: [ast.Div, ast.Add],
    ast.Div: [ast.Mult],
    ast.Pow: [ast.Mult],
    ast.FloorDiv: [ast.Div],
    ast.Mod: [ast.FloorDiv],
}
_COMPARISONS: dict[type, list[type]] = {
    ast.Lt: [ast.LtE, ast.Gt],
    ast.LtE: [ast.Lt, ast.GtE],
    ast.Gt: [ast.GtE, ast.Lt],
    ast.GtE: [ast.Gt, ast.LtE],
    ast.Eq: [ast.NotEq],
    ast.NotEq: [ast.Eq],
}
# Functions and methods that are taken for one another.
_CALLED = {
    **{"log": ["log10", "log2"], "log10": ["log"], "log2": ["log"], "exp": ["exp2"]},
    **{"min": ["max"], "max": ["min"], "argmin": ["argmax"], "argmax": ["argmin"]},
    **{"idxmin": ["idxmax"], "idxmax": ["idxmin"], "minimum": ["maximum"], "maximum": ["minimum"]},
    **{"mean": ["sum", "median"], "sum": ["mean"], "median": ["mean"], "std": ["var"]},
    **{"ceil": ["floor"], "floor": ["ceil"], "all": ["any"], "any": ["all"]},
    **{"first": ["last"], "last": ["first"], "nunique": ["count"], "nansum": ["nanmean"]},
}
# A call that may be forgotten: f(x) becomes x.
_FORGOTTEN = {
    *("abs", "sqrt", "exp", "log", "log10", "log2", "sorted", "sort", "int", "round", "floor"),
    *("ceil", "set", "unique", "max", "min", "maximum", "minimum", "diff", "cumsum"),
}
_COMPARES = ("check_number", "check_array", "check_function", "check_answer", "require", "call(")
_COMMUTE = {"min", "max", "minimum", "maximum", "add", "multiply", "isclose", "allclose", "print"}
_TEXTS = {"N": "D", "D": "N", "prose": "code", "code": "prose"}


@dataclass(frozen=True)
class Mutant:
    """`key` says the mistake: "what stands there => what the mutant has"."""

    key: str
    code: str


# --- mistakes in the code ---


def mutants(task: Task) -> list[Mutant]:
    """The mutants of an official solution, each once."""
    tree = ast.parse(task.solution)
    solution = _solution_lines(task.solution)
    found: dict[str, Mutant] = {}
    seen = {ast.unparse(tree)}

    def add(key: str, changed: ast.AST) -> None:
        code = ast.unparse(ast.fix_missing_locations(changed))
        if code not in seen:
            seen.add(code)
            twice = sum(known.split(" #")[0] == key for known in found)
            key = f"{key} #{twice + 1}" if twice else key
            found[key] = Mutant(key, code)

    nodes = list(ast.walk(tree))
    for i, node in enumerate(nodes):
        if getattr(node, "lineno", 0) not in solution:
            continue
        if isinstance(node, ast.expr):
            for other in _replacements(node):
                add(f"{ast.unparse(node)} => {ast.unparse(other)}", _replace(tree, i, other))
        elif isinstance(node, ast.stmt):
            for changed, what in _statements(tree, i, node):
                add(f"{ast.unparse(node).splitlines()[0]} => {what}", changed)
    for i, node in enumerate(nodes):
        if isinstance(node, ast.FunctionDef):
            names = [a.arg for a in node.args.args if a.arg != "self"]
            for a, b in itertools.pairwise(names):
                add(f"{a}, {b} => exchanged", _rename(tree, i, {a: b, b: a}))
    return list(found.values())


def _targets(source: str) -> set[str]:
    """The names that a cell binds for the cells after it."""
    found = set()
    for statement in ast.parse(source).body:
        if isinstance(statement, ast.FunctionDef | ast.ClassDef):
            found.add(statement.name)
        elif not isinstance(statement, ast.Import | ast.ImportFrom):
            for node in ast.walk(statement):
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                    found.add(node.id)
    return found


def _solution_lines(source: str) -> set[int]:
    inside, lines = False, set()
    for number, line in enumerate(source.splitlines(), 1):
        inside = "### BEGIN SOLUTION" in line or (inside and "### END SOLUTION" not in line)
        if inside:
            lines.add(number)
    return lines or set(range(1, len(source.splitlines()) + 1))


def _replacements(node: ast.expr) -> Iterator[ast.expr]:
    match node:
        case ast.BinOp(left=left, op=op, right=right):
            for other in _OPERATORS.get(type(op), []):
                yield ast.BinOp(left, other(), right)
            yield left
            if not isinstance(op, ast.Pow):
                yield right
            if isinstance(op, ast.Sub | ast.Div | ast.Pow):
                yield ast.BinOp(right, op, left)
        case ast.UnaryOp(op=ast.USub() | ast.Not(), operand=operand):
            yield operand
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            for other in _COMPARISONS.get(type(op), []):
                yield ast.Compare(left, [other()], [right])
        case ast.BoolOp(op=op, values=values):
            yield ast.BoolOp(ast.Or() if isinstance(op, ast.And) else ast.And(), values)
            yield from values
        case ast.Constant(value=bool(value)):
            yield ast.Constant(not value)
        case ast.Constant(value=int(value)) if abs(value) > 20:
            yield ast.Constant(2 * value)
        case ast.Constant(value=int(value)):
            yield ast.Constant(value + 1)
            yield ast.Constant(value - 1)
        case ast.Constant(value=float(value)) if (
            abs(value) >= 1e5 or f"{value:e}"[:8] == "1.000000"
        ):
            yield ast.Constant(10 * value)
        case ast.Constant(value=float(value)):
            yield ast.Constant(value * 1.1)
        case ast.Constant(value=str(value)) if value in _TEXTS:
            yield ast.Constant(_TEXTS[value])
        case ast.IfExp(body=body, orelse=orelse):
            yield from (body, orelse)
        case ast.Tuple(elts=[_, *_] as elts, ctx=ast.Load()):
            for i in range(len(elts) - 1):
                yield ast.Tuple([*elts[:i], elts[i + 1], elts[i], *elts[i + 2 :]], ast.Load())
        case ast.Subscript(value=value, slice=ast.Slice(), ctx=ast.Load()):
            yield value
        case ast.Subscript(value=value, slice=ast.Constant(value=0), ctx=ast.Load()):
            yield ast.Subscript(value, ast.Constant(-1), ast.Load())
        case ast.Subscript(
            value=value, slice=ast.UnaryOp(operand=ast.Constant(value=1)), ctx=ast.Load()
        ):
            yield ast.Subscript(value, ast.Constant(0), ast.Load())
        case ast.Call():
            yield from _calls(node)


def _calls(node: ast.Call) -> Iterator[ast.expr]:
    name = getattr(node.func, "attr", getattr(node.func, "id", ""))
    for other in _CALLED.get(name, []):
        if isinstance(node.func, ast.Attribute):
            yield ast.Call(
                ast.Attribute(node.func.value, other, ast.Load()), node.args, node.keywords
            )
        elif other in ("min", "max", "sum", "all", "any"):
            yield ast.Call(ast.Name(other, ast.Load()), node.args, node.keywords)
    if name in _FORGOTTEN:
        yield from (a for a in node.args[:2] if not isinstance(a, ast.Constant))
    if len(node.args) > 1 and not any(isinstance(a, ast.Starred) for a in node.args):
        for i in range(len(node.args) - 1) if name not in _COMMUTE else ():
            swapped = [*node.args[:i], node.args[i + 1], node.args[i], *node.args[i + 2 :]]
            yield ast.Call(node.func, swapped, node.keywords)
    for i, keyword in enumerate(node.keywords):
        if keyword.arg:
            yield ast.Call(node.func, node.args, node.keywords[:i] + node.keywords[i + 1 :])


def _replace(tree: ast.Module, index: int, other: ast.AST) -> ast.AST:
    changed = copy.deepcopy(tree)
    target = list(ast.walk(changed))[index]
    for parent in ast.walk(changed):
        for name, value in ast.iter_fields(parent):
            if value is target:
                setattr(parent, name, copy.deepcopy(other))
            elif isinstance(value, list) and any(item is target for item in value):
                value[:] = [copy.deepcopy(other) if item is target else item for item in value]
    return changed


def _statements(tree: ast.Module, index: int, node: ast.stmt) -> Iterator[tuple[ast.AST, str]]:
    if isinstance(node, ast.Assign | ast.AugAssign | ast.Expr | ast.If | ast.Continue | ast.Break):
        yield _replace(tree, index, ast.Pass()), "left out"
    if isinstance(node, ast.AugAssign):
        yield _replace(tree, index, ast.Assign([node.target], node.value, lineno=1)), "="
    if isinstance(node, ast.If):
        yield _replace(tree, index, ast.If(ast.Constant(True), node.body, [])), "if True"


def _rename(tree: ast.Module, index: int, names: dict[str, str]) -> ast.AST:
    changed = copy.deepcopy(tree)
    function = list(ast.walk(changed))[index]
    for statement in function.body:
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and node.id in names:
                node.id = names[node.id]
    return changed


# --- mistakes around a function or a value, and right answers in other shapes ---


@dataclass
class Calls:
    """A function that notes with what it is called, and what it returns."""

    function: Callable
    seen: list[tuple[tuple, dict, Any]] = field(default_factory=list)
    seconds: float = 0.0  # of the processor, for the longest of them

    def watch(self) -> Callable:
        @functools.wraps(self.function)
        def watched(*args: Any, **options: Any) -> Any:
            given = copy.deepcopy((args, options)) if _copies(args) else (args, options)
            start = time.process_time()
            value = self.function(*args, **options)
            self.seconds = max(self.seconds, time.process_time() - start)
            self.seen.append((*given, value))
            return value

        return watched


_SLOW = 0.01  # s; what takes less is computed as fast as it is looked up
_PLAIN = (bool, int, float, complex, str, type(None), np.generic, pd.DataFrame, pd.Series)


def _is_plain(value: Any) -> bool:
    """Whether a value is data, which nothing but its content tells from another."""
    if isinstance(value, list | tuple | set | frozenset):
        return all(map(_is_plain, value))
    if isinstance(value, dict):
        return all(map(_is_plain, value.values()))
    return isinstance(value, _PLAIN) or (isinstance(value, np.ndarray) and value.dtype != object)


def remembering(function: Callable) -> Callable:
    """The official function, which computes once what it returns for the same data.

    Mutants around it, its other shapes and its slips all ask for the same values.
    """
    known: dict[bytes, Any] = {}

    @functools.wraps(function)
    def remembered(*args: Any, **options: Any) -> Any:
        if not _is_plain(args) or not _is_plain(options):
            return function(*args, **options)
        given = pickle.dumps((args, options))
        if given not in known:
            value = function(*args, **options)
            if not _is_plain(value) or pickle.dumps((args, options)) != given:
                return value
            known[given] = value
        return copy.deepcopy(known[given])

    return remembered


def _copies(value: Any) -> bool:
    return not any(hasattr(type(item), "_crosses_") for item in value)


def _spoil(value: Any) -> bool:
    """Change a list, array, table or dictionary in place; whether that was possible."""
    with contextlib.suppress(Exception):
        if isinstance(value, np.ndarray) and value.size:
            value.flat[0] = value.flat[0] + 1
            return True
        if isinstance(value, pd.Series | pd.DataFrame) and len(value):
            value.drop(value.index[-1], inplace=True)
            return True
        if isinstance(value, list | dict | set) and value:
            value.clear()
            return True
    return False


def _two_digits(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return type(value)(map(_two_digits, value))
    if isinstance(value, np.ndarray):
        return np.array([_two_digits(v) for v in value.reshape(-1)]).reshape(value.shape)
    if isinstance(value, float | np.floating) and np.isfinite(value):
        return float(f"{value:.2g}")
    return value


def _negative(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(map(_negative, value))
    return -value if isinstance(value, float | np.floating | np.ndarray) else value


def _by_first(function: Callable) -> Callable:
    """The function, handed its first array sorted, and those of the same length in that order."""

    def sorting(*args: Any, **options: Any) -> Any:
        arrays = [a for a in args if isinstance(a, np.ndarray | list) and np.ndim(a) == 1]
        if not arrays or np.asarray(arrays[0]).dtype.kind not in "if":
            return function(*args, **options)
        order = np.argsort(arrays[0], kind="stable")

        def put(a: Any) -> Any:
            if isinstance(a, np.ndarray | list) and np.ndim(a) == 1 and len(a) == len(order):
                ordered = [a[i] for i in order]
                return np.array(ordered) if isinstance(a, np.ndarray) else ordered
            return a

        return function(*map(put, args), **options)

    return sorting


def wrong_functions(calls: Calls, about: str) -> Iterator[tuple[str, Callable]]:
    """The official function with a mistake around it. about: its docstring."""
    official = calls.function
    args, _, value = calls.seen[0]

    def after(change: Callable) -> Callable:
        return lambda *a, **k: change(official(*a, **k))

    yield "returns the visible example's result", lambda *a, **k: copy.deepcopy(value)
    yield "rounds to two digits", after(_two_digits)
    yield "flips the sign", after(_negative)
    yield "sorts its input first", _by_first(official)
    if "or array" in about or "or an array" in about:
        yield (
            "takes one number only",
            lambda *a, **k: official(
                *(float(x) if isinstance(x, np.ndarray) else x for x in a), **k
            ),
        )
    for i, arg in enumerate(args):
        if _spoil(copy.deepcopy(arg) if _copies([arg]) else None):

            def spoils(*a: Any, _i: int = i, **k: Any) -> Any:
                result = copy.deepcopy(official(*a, **k))
                _spoil(a[_i])
                return result

            yield f"changes argument {i + 1}", spoils
        typed = copy.deepcopy(arg) if _copies([arg]) else arg
        yield (
            f"argument {i + 1} typed in",
            lambda *a, _i=i, _typed=typed, **k: official(
                *(copy.deepcopy(_typed) if j == _i else x for j, x in enumerate(a)), **k
            ),
        )


def shapes(value: Any) -> dict[str, Any]:
    """A right value as people also write it."""
    if isinstance(value, bool | np.bool_ | str) or value is None:
        return {}
    if isinstance(value, int | float | np.number) or (
        isinstance(value, np.ndarray) and value.ndim == 0 and value.dtype.kind in "if"
    ):
        one = value.item() if hasattr(value, "item") else value
        found = {"numpy scalar": np.float64(one), "0-d array": np.array(one), "plain": one}
        return found | {"float": float(one)}
    if isinstance(value, tuple | list | np.ndarray | pd.Series):
        with contextlib.suppress(Exception):
            array = np.asarray(value)
            if array.ndim == 1 and array.dtype.kind in "if":
                many = array.tolist()
                series = pd.Series(many, index=[f"row {i}" for i in range(len(many))])
                return {"list": many, "tuple": tuple(many), "array": array, "Series": series}
    return {}


class _Callable:
    def __init__(self, function: Callable):
        self.function, self.__name__ = function, "answer"

    def __call__(self, *args: Any, **options: Any) -> Any:
        return self.function(*args, **options)


# --- the machine ---


@dataclass(frozen=True)
class Margin:
    """How far the nearest slip of one value lies from the right one, in tolerances of the answer."""

    name: str
    tolerance: str
    distance: float  # inf where there are no slips
    message: str = ""


@dataclass
class Report:
    """What the machine found about one answer cell."""

    name: str
    refused: int = 0
    equal: list[str] = field(default_factory=list)
    survived: list[str] = field(default_factory=list)
    shapes_refused: list[str] = field(default_factory=list)
    slips: dict[str, str] = field(default_factory=dict)  # sentence: "" if reached, else why not

    @property
    def score(self) -> float:
        """The part of the mutants that can be told from right answers, and are refused."""
        total = self.refused + len(self.survived)
        return self.refused / total if total else 1.0


class Machine:
    """Runs one task's mutants, equivalents and slips."""

    def __init__(self, lesson: Lesson, name: str):
        self.lesson, self.task = lesson, lesson.tasks[name]
        self.checks: list[tuple[str, tuple, dict]] = []
        self.targets = _targets(self.task.solution)
        start = time.process_time()
        with alone():
            self.space = self._space(self.task.solution)
            self.calls = {
                key: Calls(self.space[key])
                for key in self.targets
                if isinstance(self.space.get(key), types.FunctionType)
            }
            watched = {key: calls.watch() for key, calls in self.calls.items()}
            with self._listening():
                reply = self.lesson.test(self.task, {**self.space, **watched})
        assert not reply, f"{name}: the official solution is refused: {reply}"
        # A mutant may take a few times as long as the official solution.
        self.seconds = 0.3 + 5 * (time.process_time() - start)
        for key, calls in self.calls.items():
            if calls.seconds > _SLOW:
                self.space[key] = calls.function = remembering(calls.function)

    def _space(self, code: str) -> dict[str, Any]:
        space = self.task.namespace(code, *self.task.tests)
        with at_most(getattr(self, "seconds", 60.0)):
            run(code, space)
        return space

    @contextlib.contextmanager
    def _listening(self) -> Iterator[None]:
        """Note the checks that a test cell makes."""
        kept = {
            name: getattr(door, name)
            for name in ("check_number", "check_array", "check_function", "check_sealed")
        }

        def listen(name: str) -> Callable:
            def check(*args: Any, **options: Any) -> None:
                if name == "check_function" and not isinstance(args[1], list | tuple):
                    args = (args[0], list(args[1]), *args[2:])
                self.checks.append((name, args, options))
                kept[name](*args, **options)

            return check

        for name in kept:
            setattr(door, name, listen(name))
        try:
            yield
        finally:
            for name, check in kept.items():
                setattr(door, name, check)

    def report(self, listed: dict[str, str] | None = None, sample: int | None = None) -> Report:
        """Run everything.

        listed: mutants that the statement's domain cannot tell from the answer, with the reason.
        sample: how many mutants of the code to draw, with a fixed seed; None takes all.
        """
        report = Report(self.task.name)
        if not any(word in test for test in self.task.tests for word in _COMPARES):
            return report  # a guess: any sensible number is accepted
        made = mutants(self.task)
        if sample is not None and sample < len(made):
            made = random.Random(0).sample(made, sample)
        for mutant in made:
            self._count(report, mutant.key, lambda m=mutant: self._space(m.code), listed or {})
        for name, calls in self.calls.items():
            if not calls.seen:
                continue
            for what, function in wrong_functions(calls, calls.function.__doc__ or ""):
                function = functools.wraps(calls.function)(function)
                space = {**self.space, name: function}
                self._count(report, f"{name} {what}", lambda s=space: dict(s), listed or {})
        self._shapes(report)
        self._slips(report)
        return report

    def _count(self, report: Report, key: str, make: Callable, listed: dict[str, str]) -> None:
        try:
            with at_most(self.seconds):
                space = make()
                reply = self.lesson.test(self.task, space)
        except (Exception, TimeUp):
            reply = "stopped"
        if reply:
            report.refused += 1
        elif key in listed or self._same(space):
            report.equal.append(key)
        else:
            report.survived.append(key)

    def _same(self, space: dict[str, Any]) -> bool:
        """Whether a mutant gives what the official answer gives: its values, and its functions around the tests' arguments."""
        read = set().union(*map(names_in, self.task.tests))  # what stays in the cell is its own
        for key in (self.targets & read) - set(self.calls):
            if key in self.space and not _alike(self.space[key], space.get(key)):
                return False
        rng = np.random.default_rng(0)
        for key, calls in self.calls.items():
            for args, options, _ in calls.seen[:6]:
                for turn in range(4):
                    given = _vary(args, rng, turn) if _copies(args) else args
                    try:
                        with np.errstate(all="ignore"):
                            want = calls.function(*copy.deepcopy(given), **options)
                    except Exception:
                        continue
                    try:
                        with np.errstate(all="ignore"), at_most(max(5.0, self.seconds)):
                            kept = copy.deepcopy(given)
                            got = space[key](*kept, **options)
                    except (Exception, TimeUp):
                        return False
                    if not _alike(want, got) or not _alike(kept, given):
                        return False
        return True

    def _shapes(self, report: Report) -> None:
        for name, calls in self.calls.items():
            official = calls.function
            variants: dict[str, Callable] = {
                "lambda": lambda *a, _f=official, **k: _f(*a, **k),
                "object": _Callable(official),
                "partial": functools.partial(official),
            }
            if calls.seen:
                for what in shapes(calls.seen[0][2]):
                    variants[what] = lambda *a, _f=official, _w=what, **k: (
                        lambda value: shapes(value).get(_w, value)
                    )(_f(*a, **k))
            for what, function in variants.items():
                if reply := self._reply({**self.space, name: function}):
                    report.shapes_refused.append(f"{name} as {what}: {reply}")
        for name in sorted(self.targets - set(self.calls)):
            value = self.space.get(name)
            for what, other in shapes(value).items():
                if reply := self._reply({**self.space, name: other}):
                    report.shapes_refused.append(f"{name} as {what}: {reply}")

    def _reply(self, space: dict[str, Any]) -> str:
        """The check's reply. What may be right has time: on a busy machine threads that wait count as work."""
        try:
            with at_most(60.0):
                return self.lesson.test(self.task, dict(space))
        except (Exception, TimeUp) as error:
            return f"{type(error).__name__}: {error}"

    def _slips(self, report: Report) -> None:
        """Answer each slip's own value, and see whether its sentence comes."""
        for kind, args, options in self.checks:
            slips = options.get(
                "slips", args[3] if kind == "check_number" and len(args) > 3 else ()
            )
            if kind == "check_function":
                self._function_slips(report, args, options)
                continue
            for value, message, *_ in slips.items() if isinstance(slips, dict) else slips:
                reply = self._reply_to_value(args[0], value)
                self._note(report, message, reply)

    def _function_slips(self, report: Report, args: tuple, options: dict) -> None:
        function, cases = args[:2]
        name = next((k for k in self.calls if getattr(function, "__name__", "") == k), None)
        if name is None:
            return
        official, slips = self.calls[name].function, options.get("slips", ())
        if isinstance(slips, str):
            for slip in checks._read_slips(slips, 0.0):
                for given, _ in cases:

                    def fake(*a: Any, _g: tuple = given, _v: Any = slip.value, **k: Any) -> Any:
                        return _v if _alike(a, _g) else official(*a, **k)

                    self._note(report, slip.message, self._reply({**self.space, name: fake}))
            return
        for wrong, message, *_ in slips:
            fake = functools.wraps(official)(lambda *a, _w=wrong, **k: _w(*a, **k))
            self._note(report, message, self._reply({**self.space, name: fake}))

    def _reply_to_value(self, name: str, value: Any) -> str:
        if name.isidentifier() and name in self.space:
            return self._reply({**self.space, name: value})
        kept = {n: getattr(door, n) for n in ("check_number", "check_array")}
        try:
            for check in kept:
                setattr(
                    door,
                    check,
                    lambda n, got, *a, _c=kept[check], **k: _c(
                        n, value if n == name else got, *a, **k
                    ),
                )
            return self._reply(self.space)
        finally:
            for check, original in kept.items():
                setattr(door, check, original)

    def stale_seals(self) -> list[str]:
        """The seals that are not those of the hidden test's numbers: `benchmarks.seals` corrects them."""
        wanted = {
            args[0]: (float(args[2]), options.get("rtol", 1e-6), options.get("atol", 0.0))
            for kind, args, options in self.checks
            if kind == "check_number"
        }

        def is_fresh(name: str, seal: str) -> bool:
            about = wanted.get(name)
            return (
                about is not None
                and has_tolerance(seal, *about)
                and opens(name, about[0], seal) is True
            )

        sealed = [args for kind, args, _ in self.checks if kind == "check_sealed"]
        return [name for name, _, seal in sealed if not is_fresh(name, seal)]

    def margins(self) -> list[Margin]:
        """The tolerance of each value that the tests check, and the distance of its nearest slip."""
        found: dict[str, Margin] = {}
        for kind, args, options in self.checks:
            if kind == "check_sealed":
                continue
            rtol, atol = options.get("rtol", 1e-6), options.get("atol", 0.0)
            shown = " + ".join(
                text for text, on in ((f"{100 * rtol:g} %", rtol), (f"{atol:g}", atol)) if on
            )
            name, cases = str(args[0]), [args[2]] if kind != "check_function" else []
            slips = options.get("slips", ())
            if kind == "check_function":
                name = getattr(args[0], "__name__", "function")
                cases = [want for _, want in args[1]]
                slips = checks._read_slips(slips, rtol) if isinstance(slips, str) else ()
                slips = [(slip.value, slip.message) for slip in slips]
            near = [
                (_apart(want, value, rtol, atol), message)
                for want in cases
                for value, message, *_ in (slips.items() if isinstance(slips, dict) else slips)
            ]
            distance, message = min(near, default=(np.inf, ""))
            margin = Margin(name, f"± {shown}" if shown else "exact", float(distance), message)
            if name not in found or margin.distance < found[name].distance:
                found[name] = margin
        return list(found.values())

    @staticmethod
    def _note(report: Report, message: str, reply: str) -> None:
        message = checks._tidy(message)
        alone = message in reply and " Or: " not in reply
        if alone:
            report.slips[message] = ""
        elif report.slips.get(message) != "":
            report.slips[message] = reply or "accepted as right"


def _apart(want: Any, slip: Any, rtol: float, atol: float) -> float:
    """The distance of a slip from the right value, in tolerances; inf where their shapes differ."""
    want, slip = np.asarray(want, dtype=float), np.asarray(slip, dtype=float)
    if want.shape != slip.shape:
        return np.inf
    with np.errstate(all="ignore"):
        steps = np.abs(slip - want) / np.maximum(atol + rtol * np.abs(want), 1e-300)
    return float(np.nanmax(steps, initial=0.0))


def _vary(value: Any, rng: np.random.Generator, turn: int) -> Any:
    """Arguments around `value`: the same kinds, signs and lengths."""
    if turn == 0:
        return copy.deepcopy(value)
    if isinstance(value, tuple | list):
        return type(value)(_vary(item, rng, turn) for item in value)
    if isinstance(value, bool | str) or value is None:
        return value
    if isinstance(value, float):
        return value * float(rng.uniform(0.7, 1.4))
    if isinstance(value, int):
        return value + int(rng.integers(0, 3)) if value > 0 else value
    if isinstance(value, np.ndarray) and value.dtype.kind == "f":
        return value * rng.uniform(0.7, 1.4, value.shape)
    if isinstance(value, np.ndarray) and value.dtype.kind == "i":
        return rng.permutation(value)
    return copy.deepcopy(value)


def _alike(a: Any, b: Any) -> bool:
    with contextlib.suppress(Exception):
        if isinstance(a, pd.DataFrame | pd.Series):
            return type(a) is type(b) and a.equals(b)
        if isinstance(a, tuple | list) and isinstance(b, tuple | list):
            return len(a) == len(b) and all(map(_alike, a, b))
        if isinstance(a, dict) and isinstance(b, dict):
            return a.keys() == b.keys() and all(_alike(a[k], b[k]) for k in a)
        if isinstance(a, int | float | np.number | np.ndarray):
            x, y = np.asarray(a), np.asarray(b)
            return x.shape == y.shape and bool(np.allclose(x, y, rtol=1e-6, atol=0, equal_nan=True))
        if isinstance(a, types.FunctionType) and isinstance(b, types.FunctionType):
            return a.__code__ == b.__code__  # a test cell that runs again defines its own again
        return a is b or bool(a == b)
    return False
