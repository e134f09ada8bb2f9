"""Checks that answer in words, for use in test cells.

Every reply is at one of these stages:

    not started · wrong kind · wrong value, with the likely slip · nearly · right

A check that passes prints one line and returns None (nbgrader reads a returned number as partial
credit). A check that fails raises `CheckFailed`, whose text is written for the learner; JupyterLab
shows the text alone, without a traceback.

A learner's code may warn, print or return a list instead of an array without losing a point. A
function that changes its arguments is refused, because the learner's own arrays would be wrong in
the cells that follow. Values are turned into plain floats before they are compared, so an object
that claims to equal everything earns nothing.

A slip is a typical wrong value, with a sentence that explains it. It has its own narrow tolerance,
independent of the answer's. The reply gives the nearest slip; if none is near, a plain "is 3,
expected 2" is better than a wrong guess. Slips common to all subjects (per cent instead of a share,
exchanged arguments) are in `common_slips` and need not be listed.

If a hidden line of a test cell calls a check, the reply shows neither the arguments nor the result:
a learner's function could return its arguments, and they would be known at the next submission.
Values of the learner's variables are shown.
"""

import ast
import contextlib
import copy
import functools
import inspect
import io
import math
import re
import textwrap
import traceback
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from scalinglaws.course.variants import Variant, code_of, drawn, others_tokens, variant

from . import common_slips
from .engine.channel import call_and_compare
from .engine.redaction import in_hidden_test

__all__ = [
    "CheckFailed",
    "NotStarted",
    "call",
    "check_answer",
    "check_array",
    "check_between",
    "check_function",
    "check_number",
    "check_sealed",
    "check_variant",
    "number",
    "numbers",
    "refuse_other_variants",
    "require",
    "right",
]


class CheckFailed(AssertionError):
    """The answer is not right yet; the text says what was expected, what the answer is, and the
    likely slip.
    """

    def __init__(self, text: str = "") -> None:
        super().__init__(_tidy(str(text)))

    def _render_traceback_(self) -> list[str]:
        # IPython shows these lines instead of a traceback, from which a hidden test could be read.
        return textwrap.wrap(f"{type(self).__name__}: {self}", _WIDTH)


class NotStarted(CheckFailed):
    """There is no answer yet: the stub is unchanged."""


def right(why: str) -> None:
    """Print the last line of a check that passed: that it is right, and why it matters."""
    print(textwrap.fill(f"Right. {why}", _WIDTH))


def require(condition: Any, message: str) -> None:
    """Raise CheckFailed with `message` unless `condition` is true."""
    if not bool(condition):
        raise CheckFailed(message)


_WIDTH = 96  # JupyterLab breaks longer lines in the middle of words
# A slip matches to within 0.2 %, or to the digits that it is written with. If several values must
# all agree, a coincidence is unlikely, and the answer's own tolerance is used, up to 2 %.
_SLIP_RTOL = 2e-3
_SLIP_RTOL_OF_SEVERAL = 0.02
_SHOWN = 8  # at most this many values of an array are shown in a message


def _is_blank(value: Any) -> bool:
    return value is None or value is Ellipsis or (isinstance(value, str) and not value.strip())


def _tidy(text: str) -> str:
    """A message as a person writes it: on one line, plain numbers, one full stop."""
    text = re.sub(r"\bnp\.(?:float|int|bool|str)\w*\(([^()]*)\)", lambda m: _plain(m[1]), text)
    text = re.sub(r"(?<=\d)e([+-])0*(?=\d)", lambda m: "e-" if m[1] == "-" else "e", text)
    text = re.sub(r"\s*\n\s*", " ", text).strip()
    return re.sub(r"(?<!\.)([.?!])\.(?!\.)", r"\1", text)


def _plain(text: str) -> str:
    try:
        return _float(float(text))
    except ValueError:
        return text


def _float(value: float, digits: int = 6) -> str:
    """1.2e-05 as 1.2e-5, 3.0 as 3."""
    return re.sub(r"e([+-])0*", lambda m: "e-" if m[1] == "-" else "e", f"{value:.{digits}g}")


def _function_name(value: Any) -> str:
    """The name of a function; "" for a lambda and for anything but a function."""
    name = value.__name__ if inspect.isfunction(value) else ""
    return name if name.isidentifier() else ""


def _show(value: Any, digits: int = 6) -> str:
    """`value` as a learner would write it: short, on one line."""
    try:
        if isinstance(value, np.generic):
            value = value.item()
        if type(value) is float:
            return _float(value, digits)
        if name := _function_name(value):
            return name
        if isinstance(value, pd.DataFrame):
            columns = ", ".join(map(str, value.columns))
            return f"a table of {len(value)} rows with the columns {columns}"[:120]
        if isinstance(value, np.ndarray | pd.Series | pd.Index):
            values = np.asarray(value)
            if values.ndim == 2 and values.size <= _SHOWN:
                return f"[{', '.join(_show(row, 4) for row in values)}]"
            if values.ndim != 1:
                return f"an array of shape {values.shape}" if values.ndim else _show(values[()])
            value = values.tolist()
        if type(value) in (list, tuple, set):
            parts = [_show(item, digits) for item in list(value)[:_SHOWN]]
            if len(value) > _SHOWN:
                parts = [*parts[:-2], "...", _show(list(value)[-1], digits)]
            if type(value) is tuple:
                return f"({', '.join(parts)}{',' if len(parts) == 1 else ''})"
            return f"[{', '.join(parts)}]" if type(value) is list else f"{{{', '.join(parts)}}}"
        if type(value) is dict:
            pairs = [f"{k!r}: {_show(v, digits)}" for k, v in list(value.items())[:_SHOWN]]
            return f"{{{', '.join(pairs)}{', ...' if len(value) > _SHOWN else ''}}}"
        text = _tidy(repr(value))
    except Exception:  # a repr written by a learner may do anything
        return f"an object of type {type(value).__name__}"
    if text.startswith("<") or " object at 0x" in text:
        return f"an object of type {type(value).__name__}"
    return text if len(text) <= 120 else text[:117] + "..."


@dataclass(frozen=True)
class _Subject:
    """What a reply is about. where: an addition at the end of its clause. open: its value may be
    shown.
    """

    name: str
    where: str = ""
    open: bool = True

    @classmethod
    def of(cls, name: str) -> "_Subject":
        """For a value that a test cell calls `name`: "alpha", "f(3, 7)", "f of 40 random rows"."""
        if not in_hidden_test():
            return cls(name)
        bare = _CALL.sub(lambda call: call[0] if _is_names(call[2]) else call[1], name)
        where = "" if bare == name else " for an input that is not shown"
        return cls(bare, where, _is_variable(name))

    def is_(self, value: str, instead: str) -> str:
        """The subject and what it is; `instead` if its value must not be shown."""
        return f"{self.name} is {value if self.open else instead}{self.where}"


_CALL = re.compile(r"\b([^\W\d]\w*)\((.*)\)")


def _is_names(arguments: str) -> bool:
    parts = map(str.strip, arguments.split(","))
    return all(part.isidentifier() or part == "..." for part in parts)


def _is_variable(name: str) -> bool:
    """Whether a name is an expression of the learner's variables, such as "alpha" or "fits['N'] - 1"."""
    try:
        tree = ast.parse(name, mode="eval")
    except (SyntaxError, ValueError):
        return False
    return not any(isinstance(node, ast.Call) for node in ast.walk(tree))


def _named(name: str, value: Any) -> str:
    """The value in words.

    (Converting a learner's own object could reveal a number from a hidden call.)
    """
    return name if _is_data(value) or not in_hidden_test() else f"{name} (an object of your own)"


def _is_data(value: Any) -> bool:
    if type(value) in (list, tuple, set, dict):
        return all(map(_is_data, value.values() if type(value) is dict else value))
    plain = type(value).__module__.split(".")[0] in ("builtins", "numpy", "pandas")
    return plain and str(getattr(value, "dtype", "")) != "object"


def _not_numbers(name: str, value: Any, wanted: str) -> CheckFailed:
    plain = type(value).__module__ == "builtins"
    fit = "" if plain else " If it holds a fit, take the number from it, such as `fit.E`."
    kind = f"of type {type(value).__name__}"
    said = _Subject.of(name).is_(kind, kind if plain else "of another type")
    return CheckFailed(f"{said}: {wanted} expected.{fit}")


def number(name: str, value: Any) -> float:
    """A plain float from a Python or numpy scalar, or from an array or list that holds just one.

    Raises NotStarted if there is no value yet, CheckFailed if it is not one number.
    """
    if _is_blank(value):
        raise NotStarted(f"{name} has no value yet.")
    if isinstance(value, bool | np.bool_):
        said = _Subject.of(name).is_(str(value), "True or False")
        raise CheckFailed(f"{said}: a number was expected, not a truth value.")
    if isinstance(value, str | bytes):
        said = _Subject.of(name).is_(f"the text {value!r}", "a text")
        raise CheckFailed(f"{said}: write the number without quotation marks.")
    if callable(value):
        raise CheckFailed(f"{name} is a function: did you forget to call it?")
    try:
        array = np.asarray(value)
        if array.dtype.kind == "c":
            raise CheckFailed(
                f"{name} is a complex number: a negative number was raised to a fraction."
            )
        if array.size != 1:
            about = _Subject.of(name)
            size = f"{array.size} values (shape {array.shape})" if about.open else "several values"
            raise CheckFailed(f"{about.name} holds {size}{about.where}: one number was expected.")
        return float(array.reshape(-1)[0])
    except CheckFailed:
        raise
    except Exception:
        raise _not_numbers(name, value, "a number was") from None


_WORDS = {2: "two", 3: "three", 4: "four", 5: "five", 6: "six"}


def numbers(name: str, value: Any, what: str) -> tuple[float, ...]:
    """As many plain floats as `what` lists, from a tuple, list, array or Series (with any labels).

    name: what the values belong to, for example "fit_line(D, L)". what: the values in order, for
    example "a, alpha". Raises NotStarted if there is no value yet, CheckFailed for anything but
    this many numbers.
    """
    count = len(what.split(","))
    many = f"{_WORDS.get(count, count)} numbers"
    if isinstance(value, Mapping):
        raise _not_numbers(name, value, f"{many} ({what}) were")
    array = _to_array(name, value, f"{many} ({what}) were").reshape(-1)
    if array.size != count:
        said = _Subject.of(name).is_(_show(value), "something else")
        raise CheckFailed(f"{said}: {many} were expected, ({what}).")
    return tuple(array.tolist())


def _to_array(
    name: str, value: Any, wanted: str = "numbers, or an array of them, were"
) -> np.ndarray:
    """A float array from an array, list, tuple, Series or scalar; a fresh copy."""
    if _is_blank(value):
        raise NotStarted(f"{name} has no value yet.")
    try:
        array = np.asarray(value)
        if array.dtype.kind == "c":  # converting would drop the imaginary parts
            raise CheckFailed(
                f"{name} holds complex numbers: a negative number was raised to a fraction."
            )
        return np.array(array, dtype=float)
    except CheckFailed:
        raise
    except Exception:
        raise _not_numbers(name, value, wanted) from None


def _close(got: np.ndarray, want: np.ndarray, rtol: float, atol: float) -> bool:
    return got.shape == want.shape and bool(
        np.allclose(got, want, rtol=rtol, atol=atol, equal_nan=False)
    )


@dataclass(frozen=True)
class Slip:
    """A typical wrong value. tolerance: how far from it an answer may lie, in the value's own unit."""

    value: np.ndarray
    message: str
    tolerance: np.ndarray

    @classmethod
    def of(
        cls,
        value: Any,
        message: str,
        rtol: float | None = None,
        *,
        answer: float = 0.0,
        several: bool = False,
        written: Any = 0.0,
    ) -> "Slip":
        """rtol: the slip's own relative tolerance, if the rule above does not suit it.

        answer: that of the answer. several: whether other values must agree, too. written: half a
        unit of the last digit, if the value is written rounded.
        """
        array = np.asarray(value, dtype=float)
        if rtol is None:
            rtol = _SLIP_RTOL
            if several or array.size > 1:
                rtol = max(rtol, min(answer, _SLIP_RTOL_OF_SEVERAL))
        return cls(array, message, np.maximum(rtol * np.abs(array), written))

    def distance(self, got: np.ndarray, want: np.ndarray | float = 0.0) -> float:
        """How far `got` lies from it, in units of the tolerance; inf if the shapes differ.

        want: the right value; a slip of zero has a tolerance of a thousandth of it.
        """
        if got.shape != self.value.shape:
            return math.inf
        tolerance = np.where(self.value == 0, 1e-3 * np.abs(want), self.tolerance)
        with np.errstate(all="ignore"):
            apart = np.where(got == self.value, 0.0, np.abs(got - self.value))  # inf is inf
            steps = np.where(apart == 0, 0.0, apart / np.maximum(tolerance, 1e-300))
        return float(np.max(steps, initial=0.0)) if not np.any(np.isnan(steps)) else math.inf


def _likely(
    got: np.ndarray, want: np.ndarray, slips: Iterable[Slip], right: Callable[..., Any]
) -> list[str]:
    """The sentence of the nearest slip, two if two slips give the same value, none if none is near."""
    near = sorted(
        (distance, i, slip)
        for i, slip in enumerate(slips)
        if (distance := slip.distance(got, want)) <= 1 and not right(slip.value)
    )
    first = near[0][0] if near else 0.0
    alike = [slip.message for distance, _, slip in near if distance <= max(2 * first, 1e-3)]
    return list(dict.fromkeys(alike))[:2]


def _judge(
    name: str,
    got: np.ndarray,
    want: np.ndarray,
    *,
    rtol: float,
    atol: float,
    why: str,
    slips: Iterable[Slip],
    expected: str = "",
    common: Callable[[], str] | None = None,
) -> None:
    """Raise CheckFailed, with the likely slip, unless `got` is `want` within the tolerance.

    common: finds a slip that is not one of the exercise's own; from the value alone unless given.
    """

    def right(value: np.ndarray) -> bool:
        return _close(value, want, rtol, atol)

    if right(got):
        return
    about = _Subject.of(name)
    digits = 6 if _show(_item(got)) != _show(_item(want)) else 10
    common = common or functools.partial(
        common_slips.of_values, [(got, want)], rtol, shown=about.open
    )
    if about.open:
        expected = expected or _show(_item(want), digits)
        said = f"{name} is {_show(_item(got), digits)}, expected {expected}."
    else:
        said = f"{about.name} is not right{about.where}."
        said += f" Expected: {expected}." if expected else ""
    if got.shape != want.shape:
        values = f"{got.size} value{'s' if got.size != 1 else ''} (shape {got.shape})"
        size = f"{values}, expected {want.size} (shape {want.shape})"
        size = size if about.open else f"another number of values than expected{about.where}"
        raise CheckFailed(
            f"{about.name} holds {size}: one for each input, or those that the text lists, in the same order."
            f" {common()}"
        )
    if likely := _likely(got, want, slips, right):
        raise CheckFailed(f"{said} {' Or: '.join(likely)}")
    if not np.all(np.isfinite(got)):
        raise CheckFailed(
            f"{said} It is not finite: look for a division by zero or a logarithm of zero."
        )
    if _close(-got, want, rtol, atol):
        raise CheckFailed(f"{said} The size is right, the sign is not.")
    if found := common():
        raise CheckFailed(f"{said} {found}")
    if _close(got, want, min(5 * rtol, 0.25), 5 * atol):
        reason = f": {why}" if why else ""
        raise CheckFailed(f"{said} Nearly, but outside the tolerance{reason}.")
    raise CheckFailed(said if about.open or expected else f"{said} Try inputs of your own.")


def _item(array: np.ndarray) -> Any:
    return array if array.ndim else float(array)


def check_number(
    name: str,
    got: Any,
    want: float,
    *,
    rtol: float = 1e-6,
    atol: float = 0.0,
    why: str = "",
    slips: Mapping[float, str] | Sequence[tuple[float, str] | tuple[float, str, float]] = (),
    expected: str = "",
) -> None:
    """Check one number.

    name: what the learner called it. got: any scalar, or an array or list of one. want: the right
    value. rtol, atol: as in numpy.allclose. why: the reason for the tolerance, in words ("2 %:
    seeds differ by 1 %"). slips: typical wrong values, each with a sentence that explains it; a
    third item is the slip's own relative tolerance, if 0.2 % does not suit it. expected: the
    expected value in words; the right value itself unless given. (A reply that shows the value of a
    graded result gives the points away.) Raises NotStarted or CheckFailed; a test cell's own names
    that do not exist raise NameError before this is called.
    """
    pairs = slips.items() if isinstance(slips, Mapping) else slips
    named = _named(name, got)
    value = number(named, got)
    _judge(
        named,
        np.array(value),
        np.array(float(want)),
        rtol=rtol,
        atol=atol,
        why=why,
        slips=[Slip.of(value, text, *own, answer=rtol) for value, text, *own in pairs],
        expected=expected,
    )
    _passed[name] = value, (float(want), rtol, atol)


# {name: (the number that was right, (the right value, rtol, atol))}: for a seal below.
_passed: dict[str, tuple[float, tuple[float, float, float]]] = {}


def check_between(name: str, got: Any, low: float, high: float, hint: str = "") -> None:
    """Check only that `got` is one number from `low` to `high`: for a guess, or before a hidden
    test checks it exactly.

    hint: a sentence for numbers outside. Raises NotStarted or CheckFailed.
    """
    name = _named(name, got)
    value = number(name, got)
    if np.isnan(value):
        raise CheckFailed(f"{name} is not a number (nan): look at what it is computed from.")
    if not low <= value <= high:
        about = _Subject.of(name)
        span = f"from {low:g} to {high:g}" if np.isfinite(high) else f"above {low:g}"
        said = f"{name} is {_show(value)}, expected a number {span}."
        said = said if about.open else f"{about.name} is too small or too large{about.where}."
        raise CheckFailed(f"{said} {hint}".strip())


def check_sealed(name: str, got: Any, seal: str, *, own: Variant | None = None) -> None:
    """Say at once whether one number is right, in a cell that does not hold the right value.

    Call it *below* the hidden tests: in a full check they come first, with the likely slip, and a
    number that they accepted needs no slow hash. In a learner's notebook, which lacks them, this
    call replies. seal: from `seal_number` of
    `scalinglaws.course.questions.seal`, which says what it protects; `python -m benchmarks.seals`
    writes it into the text of a notebook. own: the numbers that the exercise draws; if the student
    has their own numbers, this only checks that the answer is a number. Raises NotStarted or
    CheckFailed.
    """
    from scalinglaws.course.questions.seal import has_tolerance, opens

    value = number(name, got)
    if own is not None and own.is_own:
        print(_LATER.format(name))
        return
    passed, wanted = _passed.pop(name, (math.nan, (0.0, 0.0, 0.0)))
    known = passed == value and has_tolerance(seal, *wanted)
    match known or opens(name, value, seal):
        case True:
            print(f"{name} is right.")
        case None:
            print(f"{name} is right, or just outside the tolerance: the full check decides.")
        case False:
            raise CheckFailed(
                f"{name} is {_show(value)}, which is not right yet."
                " `scalinglaws check` looks for the likely slip."
            )


def check_array(
    name: str,
    got: Any,
    want: Any,
    *,
    rtol: float = 1e-6,
    atol: float = 0.0,
    why: str = "",
    slips: Sequence[tuple[Any, str] | tuple[Any, str, float]] = (),
    expected: str = "",
) -> None:
    """Check an array of numbers; lists, tuples and Series are fine, too.

    Parameters as for `check_number`.
    """
    name = _named(name, got)
    _judge(
        name,
        _to_array(name, got),
        np.asarray(want, dtype=float),
        rtol=rtol,
        atol=atol,
        why=why,
        slips=[Slip.of(value, text, *own, answer=rtol) for value, text, *own in slips],
        expected=expected,
    )


def call(function: Callable[..., Any], *args: Any, shown: str | None = None) -> Any:
    """Call a learner's function on copies of `args` and return its result.

    What the function prints or warns is not shown, and an error in it becomes a CheckFailed with
    the line. shown: the call as messages show it; a hidden test shows no values of its arguments.
    Raises NotStarted if the result is None, CheckFailed if the function changed its arguments.
    """
    value, complaint = _watched(function, args, shown)
    if complaint:
        raise CheckFailed(complaint)
    return value


def _watched(
    function: Callable[..., Any], args: tuple[Any, ...], shown: str | None
) -> tuple[Any, str]:
    """Like `call`, but returns a sentence about changed arguments instead of raising it."""
    name = getattr(function, "__name__", "your function")
    shown = shown or f"{name}({', '.join(_show(a) for a in args)})"
    if _is_blank(function):
        raise NotStarted(f"{name} is not written yet.")
    if not callable(function):
        raise CheckFailed(f"{_show(function)} stands where a function was expected.")
    value, changed = _call(function, args, shown)
    if value is None:
        about = _Subject.of(shown)
        raise NotStarted(
            f"{about.name} returned None{about.where}: the function is not written yet, or the word return is missing."
        )
    if not changed:
        return value, ""
    about = _Subject.of(shown)
    after = f"after {shown}, " if about.name == shown else ""
    return value, (
        f"{name} changed its input: {after}{_parameter(function, changed[0])} was modified, so "
        "its caller would continue with wrong data. Work on a copy, or build a new value."
    )


def _parameter(function: Callable[..., Any], position: int) -> str:
    """The function's name for the argument at a position."""
    with contextlib.suppress(Exception):
        return list(inspect.signature(function).parameters)[position]
    return f"argument {position + 1}"


def _own_copy(value: Any) -> Any:
    """A copy for a learner's function; an object passed by reference (`_crosses_`) is not copied."""
    return value if hasattr(type(value), "_crosses_") else copy.deepcopy(value)


def _call(
    function: Callable[..., Any], args: tuple[Any, ...], shown: str
) -> tuple[Any, Sequence[int]]:
    """The result, and the positions of the arguments that the call changed."""
    try:
        with (
            warnings.catch_warnings(),
            np.errstate(all="ignore"),
            contextlib.redirect_stderr(io.StringIO()),
            contextlib.redirect_stdout(io.StringIO()),
        ):
            warnings.simplefilter("ignore")
            return call_and_compare(function, tuple(_own_copy(a) for a in args))
    except CheckFailed:
        raise
    except NotImplementedError:
        about = _Subject.of(shown)
        raise NotStarted(f"{about.name} is not written yet.") from None
    except (Exception, SystemExit) as error:
        frames = [f for f in traceback.extract_tb(error.__traceback__) if "ipykernel" in f.filename]
        # In the grading engine the function runs in another process, which reports the line itself.
        last = getattr(error, "learner_line", "") or (frames[-1].line if frames else "")
        line = f" in the line `{last}`" if last else ""
        text = f"{type(error).__name__}: {error}".strip().rstrip(".:")
        about = _Subject.of(shown)
        raise CheckFailed(f"{about.name} stopped with {text}{line}{about.where}.") from None


def check_function(
    function: Callable[..., Any],
    cases: Iterable[tuple[tuple[Any, ...], Any]],
    *,
    name: str | None = None,
    rtol: float = 1e-6,
    atol: float = 0.0,
    why: str = "",
    slips: str
    | Sequence[tuple[Callable[..., Any], str] | tuple[Callable[..., Any], str, float]] = (),
) -> None:
    """Check a learner's function on `cases`: pairs of a tuple of arguments and the right result.

    slips, either a table of wrong results, one per line, that shows no implementation (for cells
    that learners can read):

        100.0       | The minus sign of the exponent is missing.
        5.0, -0.25  | alpha has the sign of the slope.

    or wrong implementations, each with a sentence (for hidden tests), as for `check_number`: the
    reply has the sentence if the function agrees with that implementation on every case. Results
    are compared as floats (scalars) or float arrays, after the shape of the right result. A result
    of None means *not started*. Raises NotStarted or CheckFailed, also for a function that changes
    its arguments.
    """
    name = name or getattr(function, "__name__", "your function")
    cases = list(cases)
    complaint = ""
    for i, (args, want) in enumerate(cases):
        shown = f"{name}({', '.join(_show(a) for a in args)})"
        value, changed = _watched(function, args, shown)
        complaint = complaint or changed
        want = np.asarray(want, dtype=float)
        got = _to_array(shown, value) if want.ndim else np.array(number(shown, value))
        if _close(got, want, rtol, atol):
            continue
        if isinstance(slips, str):
            known = _read_slips(slips, rtol)
        else:
            others = [given for given, _ in cases[:i] + cases[i + 1 :]]
            known = _agreeing(slips, function, args, others, got, rtol)
        common = functools.partial(_common_slip, function, cases, i, rtol)
        try:
            _judge(shown, got, want, rtol=rtol, atol=atol, why=why, slips=known, common=common)
        except CheckFailed as wrong:
            if not complaint:
                raise
            # A wrong result may come of it: C.sort() parts the costs from the losses.
            raise CheckFailed(f"{wrong} {complaint}") from None
    if complaint:
        raise CheckFailed(complaint)


def _common_slip(
    function: Callable[..., Any], cases: list[tuple[tuple[Any, ...], Any]], failed: int, rtol: float
) -> str:
    return common_slips.of_function(
        lambda *args: _watched(function, args, "")[0],
        cases,
        failed,
        rtol,
        functools.partial(_parameter, function),
        shown=not in_hidden_test(),
    )


def _read_slips(table: str, answer: float) -> list[Slip]:
    """The slips of a table of `value | sentence` or `value, value | sentence`. answer: the answer's relative tolerance."""
    known = []
    for line in filter(str.strip, table.splitlines()):
        values, message = line.split("|", 1)
        written = [value.strip() for value in values.split(",")]
        numbers = np.array([float(value) for value in written])
        half = np.array([_half_unit(value) for value in written])
        if len(written) == 1:
            numbers, half = numbers[0], half[0]
        known.append(Slip.of(numbers, message.strip(), answer=answer, written=half))
    return known


def _half_unit(written: str) -> float:
    """Half a unit of the last digit of a rounded number, such as 0.0005 for 0.123; 0 for one of two digits or fewer."""
    mantissa, _, exponent = written.lower().partition("e")
    if "." not in mantissa or len(mantissa.strip("+-0.").replace(".", "")) < 3:
        return 0.0
    return 0.51 * 10.0 ** (int(exponent or 0) - len(mantissa.split(".")[1]))


def _agreeing(
    slips: Sequence[tuple[Any, ...]],
    function: Callable[..., Any],
    args: tuple[Any, ...],
    others: list[tuple[Any, ...]],
    got: np.ndarray,
    answer: float,
) -> list[Slip]:
    """The wrong implementations at `args`, as slips, without those that the function disagrees with
    on another case.
    """

    def at(
        given: tuple[Any, ...], wrong: Callable[..., Any], message: str, rtol: float | None = None
    ) -> Slip | None:
        try:
            with np.errstate(all="ignore"), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                value = np.asarray(wrong(*copy.deepcopy(given)), dtype=float)
            if np.isnan(value).any():  # the implementation is undefined for this case
                return None
            return Slip.of(value, message, rtol, answer=answer, several=bool(others))
        except Exception:  # it cannot take these arguments
            return None

    near = [(slip, pair) for pair in slips if (slip := at(args, *pair)) and slip.distance(got) <= 1]
    for given in others if near else ():
        try:
            value = _to_array("", _watched(function, given, "")[0])
        except CheckFailed:  # an error in another case is no evidence of a slip
            continue
        near = [
            (slip, pair)
            for slip, pair in near
            if (there := at(given, *pair)) is None
            or there.distance(
                value.reshape(there.value.shape) if value.size == there.value.size else value
            )
            <= 1
        ]
    return [slip for slip, _ in near]


def check_variant(
    name: str,
    got: Any,
    exercise: str,
    want: Callable[[Variant], float],
    *,
    rtol: float = 0.0,
    atol: float = 0.0,
    slips: Sequence[tuple[Callable[[Variant], float], str]] = (),
) -> None:
    """Check a number against the student's own variant; does nothing in a course without variants.

    Call it in a hidden test, because `want` gives the answer away. want, slips: the right value and
    typical wrong ones, as functions of the numbers that an exercise draws. Raises NotStarted or
    CheckFailed.
    """
    mine = variant(exercise)
    if not mine.is_own:
        return
    refuse_other_variants(name, got, exercise, want, rtol=rtol, atol=atol)
    check_number(
        name,
        got,
        want(mine),
        rtol=rtol,
        atol=atol,
        expected="another value for your numbers",
        slips=[(slip(mine), text) for slip, text in slips],
    )


def refuse_other_variants(
    name: str,
    got: Any,
    exercise: str,
    want: Callable[[Variant], float],
    *,
    rtol: float = 0.0,
    atol: float = 0.0,
) -> None:
    """Refuse a wrong number that is right for the numbers in the text or for those of another
    student.

    Call it in a hidden test, above the check for other mistakes. The message gives a code for the
    other student, which the grader can resolve. Does nothing in a course without variants. Raises
    NotStarted or CheckFailed.
    """
    mine = variant(exercise)
    if not mine.is_own:
        return
    value = number(name, got)
    if math.isclose(value, want(mine), rel_tol=rtol, abs_tol=atol):
        return
    if math.isclose(value, want(drawn(exercise, "")), rel_tol=_as_given(value)):
        raise CheckFailed(
            f"{name} is right for the numbers in the text. Use your own: they are printed above "
            "your answer."
        )
    codes = [
        code_of(token)
        for token in others_tokens()
        if math.isclose(value, want(drawn(exercise, token)), rel_tol=_as_given(value))
    ]
    if codes:
        raise CheckFailed(
            f"{name} is right for the numbers of another variant ({', '.join(codes[:5])}), not "
            "for yours: use the numbers printed above your answer."
        )


_LATER = "{} is a number. You will see with your marks whether it is right for your own numbers."
_ACCIDENT = 2e-6  # within this tolerance, two values agree by chance at most once in a class


def _as_given(value: float) -> float:
    """The tolerance for a copied value: its rounding, if it has at least four digits."""
    for digits in range(1, 8):
        if math.isclose(value, float(f"{value:.{digits - 1}e}"), rel_tol=1e-12):
            return max(_ACCIDENT, 5 * 10.0**-digits) if digits >= 4 else _ACCIDENT
    return _ACCIDENT


def check_answer(question: str, answer: Any, own: Variant | None = None) -> None:
    """Check the answer to a quiz question of the bank; the sealed reply opens only with this
    answer.

    question: its id, for example "power_laws.trend". answer: in the form of the question's type
    (`scalinglaws.course.questions.answers`). own: the numbers that the exercise draws; if the
    student's differ from the bank's, this only checks that the answer is a number. Letters refer to
    the student's own order of the options. In the learner's own JupyterLab the answer is recorded
    in the progress file. Raises NotStarted if there is no answer, CheckFailed with that option's
    explanation if it is wrong.
    """
    from scalinglaws.course.learner.events import note_answer
    from scalinglaws.course.questions.own_options import options
    from scalinglaws.course.questions.seal import open_reply

    if _is_blank(answer):
        raise NotStarted("There is no answer yet.")
    if own is not None and own.is_own:
        number("Your answer", answer)
        print(_LATER.format("Your answer"))
        return
    letters = options(question)
    answer = letters.in_bank(answer)
    reply = open_reply(question, answer, letters.called)
    note_answer(question, answer, reply.right)
    if not reply.right:
        raise CheckFailed(reply.text)
    right(reply.text)
