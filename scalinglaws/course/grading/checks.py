"""Checks that answer in words: what a test cell calls.

Every reply stands on one rung of a ladder:

    not started · wrong kind · wrong value, with the likely slip · nearly · right

A check that passes prints one line and returns None (nbgrader reads a returned number as partial credit). A check that
fails raises `CheckFailed`, whose text is written for the learner; JupyterLab shows the text alone, without a traceback.

A learner's code may warn, print, change its arguments or return a list where an array was meant: none of these costs a
point. Values are turned into plain floats before they are compared, so an object that claims to equal everything
earns nothing.
"""

import contextlib
import copy
import io
import textwrap
import traceback
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

__all__ = [
    "CheckFailed",
    "NotStarted",
    "call",
    "check_answer",
    "check_array",
    "check_between",
    "check_function",
    "check_number",
    "number",
    "require",
    "right",
]


class CheckFailed(AssertionError):
    """The answer is not right yet; the text says what was expected, what came, and the likely slip."""

    def _render_traceback_(self) -> list[str]:
        # IPython shows these lines instead of a traceback: no hidden test can be read from it.
        return textwrap.wrap(f"{type(self).__name__}: {self}", _WIDTH)


class NotStarted(CheckFailed):
    """There is no answer yet: the stub still stands there."""


def right(why: str) -> None:
    """Print the last line of a check that passed: that it is right, and why it matters."""
    print(textwrap.fill(f"Right. {why}", _WIDTH))


def require(condition: Any, message: str) -> None:
    """Raise CheckFailed with `message` unless `condition` is true."""
    if not bool(condition):
        raise CheckFailed(message)


_WIDTH = 96  # JupyterLab breaks longer lines in the middle of words
_SLIP_RTOL = 2e-3  # slips are written down with three or four digits


def _is_blank(value: Any) -> bool:
    return value is None or value is Ellipsis or (isinstance(value, str) and not value.strip())


def _show(value: Any) -> str:
    """`value` as a learner would write it, short."""
    try:
        if isinstance(value, np.generic):
            value = value.item()
        if isinstance(value, float):
            return f"{value:.6g}"
        if isinstance(value, np.ndarray):
            return np.array2string(value, precision=5, threshold=6, edgeitems=2).replace("\n", "")
        text = repr(value)
    except Exception:  # a repr written by a learner may do anything
        return f"an object of type {type(value).__name__}"
    return text if len(text) <= 120 else text[:117] + "..."


def number(name: str, value: Any) -> float:
    """A plain float from a Python or numpy scalar, or from an array or list that holds just one.

    Raises NotStarted where there is no value yet, CheckFailed where it is not one number.
    """
    if _is_blank(value):
        raise NotStarted(f"{name} has no value yet.")
    if isinstance(value, bool | np.bool_):
        raise CheckFailed(f"{name} is {value}: a number was expected, not a truth value.")
    if isinstance(value, str | bytes):
        raise CheckFailed(
            f"{name} is the text {value!r}: write the number without quotation marks."
        )
    if callable(value):
        raise CheckFailed(f"{name} is a function: did you forget to call it?")
    try:
        array = np.asarray(value)
        if array.dtype.kind == "c":
            raise CheckFailed(
                f"{name} is a complex number: a negative number was raised to a fraction."
            )
        if array.size != 1:
            raise CheckFailed(
                f"{name} holds {array.size} values (shape {array.shape}): one number was expected."
            )
        return float(array.reshape(-1)[0])
    except CheckFailed:
        raise
    except Exception:
        kind = type(value).__name__
        raise CheckFailed(f"{name} is of type {kind}: a number was expected.") from None


def _to_array(name: str, value: Any) -> np.ndarray:
    """A float array from an array, list, tuple, Series or scalar; a fresh copy."""
    if _is_blank(value):
        raise NotStarted(f"{name} has no value yet.")
    try:
        array = np.asarray(value)
        if array.dtype.kind == "c":  # numpy would drop the imaginary parts
            raise CheckFailed(
                f"{name} holds complex numbers: a negative number was raised to a fraction."
            )
        return np.array(array, dtype=float)
    except CheckFailed:
        raise
    except Exception:
        kind = type(value).__name__
        raise CheckFailed(
            f"{name} is of type {kind}: numbers, or an array of them, were expected."
        ) from None


def _close(got: np.ndarray, want: np.ndarray, rtol: float, atol: float) -> bool:
    return got.shape == want.shape and bool(
        np.allclose(got, want, rtol=rtol, atol=atol, equal_nan=False)
    )


def _judge(
    name: str,
    got: np.ndarray,
    want: np.ndarray,
    *,
    rtol: float,
    atol: float,
    why: str,
    slips: Iterable[tuple[np.ndarray, str]],
    expected: str = "",
) -> None:
    """Raise CheckFailed, with the likely slip, unless `got` is `want` within the tolerance."""
    if _close(got, want, rtol, atol):
        return
    expected = expected or _show(want if want.ndim else float(want))
    said = f"{name} is {_show(got if got.ndim else float(got))}, expected {expected}."
    if got.shape != want.shape:
        values = f"{got.size} value{'s' if got.size != 1 else ''}"
        raise CheckFailed(
            f"{name} holds {values} (shape {got.shape}), expected {want.size} (shape {want.shape}): one for each input,"
            " or those that the text lists, in the same order."
        )
    for value, message in slips:
        if _close(got, value, max(rtol, _SLIP_RTOL), atol) and not _close(value, want, rtol, atol):
            raise CheckFailed(f"{said} {message}")
    if not np.all(np.isfinite(got)):
        raise CheckFailed(
            f"{said} It is not finite: look for a division by zero or a logarithm of zero."
        )
    if _close(got, want, max(rtol, min(5 * rtol, 0.25)), 5 * atol):
        reason = f" The tolerance is {why}." if why else ""
        raise CheckFailed(
            f"{said} Nearly: look for early rounding, a point too many or too few, or a step too large.{reason}"
        )
    if _close(-got, want, rtol, atol):
        raise CheckFailed(f"{said} The size is right, the sign is not.")
    raise CheckFailed(said)


def check_number(
    name: str,
    got: Any,
    want: float,
    *,
    rtol: float = 1e-6,
    atol: float = 0.0,
    why: str = "",
    slips: Mapping[float, str] | Sequence[tuple[float, str]] = (),
    expected: str = "",
) -> None:
    """Check one number.

    name: what the learner called it. got: any scalar, or an array or list of one. want: the right value.
    rtol, atol: as in numpy.allclose. why: the reason for the tolerance, in words ("2 %: seeds differ by 1 %").
    slips: wrong values that people reach, each with a sentence on how.
    expected: what a reply says was expected, in words; the right value itself unless given. (A reply that tells the value
    of a result that earns points gives the points away.)
    Raises NotStarted or CheckFailed; a test cell's own names that do not exist raise NameError before this is called.
    """
    pairs = slips.items() if isinstance(slips, Mapping) else slips
    _judge(
        name,
        np.array(number(name, got)),
        np.array(float(want)),
        rtol=rtol,
        atol=atol,
        why=why,
        slips=[(np.array(float(value)), text) for value, text in pairs],
        expected=expected,
    )


def check_between(name: str, got: Any, low: float, high: float, hint: str = "") -> None:
    """Check only that `got` is one number from `low` to `high`: for a guess, or before a hidden test knows better.

    hint: a sentence for numbers outside. Raises NotStarted or CheckFailed.
    """
    value = number(name, got)
    if np.isnan(value):
        raise CheckFailed(f"{name} is not a number (nan): look at what it is computed from.")
    if not low <= value <= high:
        span = f"from {low:g} to {high:g}" if np.isfinite(high) else f"above {low:g}"
        raise CheckFailed(f"{name} is {_show(value)}, expected a number {span}. {hint}".strip())


def check_array(
    name: str,
    got: Any,
    want: Any,
    *,
    rtol: float = 1e-6,
    atol: float = 0.0,
    why: str = "",
    slips: Sequence[tuple[Any, str]] = (),
    expected: str = "",
) -> None:
    """Check an array of numbers; lists, tuples and Series are as good as arrays. Parameters as for `check_number`."""
    _judge(
        name,
        _to_array(name, got),
        np.asarray(want, dtype=float),
        rtol=rtol,
        atol=atol,
        why=why,
        slips=[(np.asarray(value, dtype=float), text) for value, text in slips],
        expected=expected,
    )


def call(function: Callable, *args: Any, shown: str | None = None) -> Any:
    """Call a learner's function on copies of `args` and return its result.

    What the function prints or warns is kept off this cell, and an error in it becomes a CheckFailed that names the line.
    shown: how the call is named in messages. Raises NotStarted where the result is None.
    """
    name = getattr(function, "__name__", "your function")
    shown = shown or f"{name}({', '.join(_show(a) for a in args)})"
    if _is_blank(function):
        raise NotStarted(f"{name} is not written yet.")
    if not callable(function):
        raise CheckFailed(f"{_show(function)} stands where a function was expected.")
    value = _call(function, args, shown)
    if value is None:
        raise NotStarted(
            f"{shown} returned None: the function is not written yet, or the word return is missing."
        )
    return value


def _own_copy(value: Any) -> Any:
    """A copy to hand to a learner's function; an object that is handed over by reference (`_crosses_`) stays itself."""
    return value if hasattr(type(value), "_crosses_") else copy.deepcopy(value)


def _call(function: Callable, args: tuple, shown: str) -> Any:
    try:
        with (
            warnings.catch_warnings(),
            np.errstate(all="ignore"),
            contextlib.redirect_stderr(io.StringIO()),
            contextlib.redirect_stdout(io.StringIO()),
        ):
            warnings.simplefilter("ignore")
            return function(*(_own_copy(a) for a in args))
    except CheckFailed:
        raise
    except NotImplementedError:
        raise NotStarted(f"{shown} is not written yet.") from None
    except (Exception, SystemExit) as error:
        frames = [f for f in traceback.extract_tb(error.__traceback__) if "ipykernel" in f.filename]
        # In the grading engine the function runs in another process, which says the line itself.
        last = getattr(error, "learner_line", "") or (frames[-1].line if frames else "")
        line = f" in the line `{last}`" if last else ""
        raise CheckFailed(f"{shown} stopped with {type(error).__name__}: {error}{line}.") from None


def check_function(
    function: Callable,
    cases: Iterable[tuple[tuple, Any]],
    *,
    name: str | None = None,
    rtol: float = 1e-6,
    atol: float = 0.0,
    why: str = "",
    slips: str | Sequence[tuple[Callable, str]] = (),
) -> None:
    """Check a learner's function on `cases`: pairs of a tuple of arguments and the right result.

    slips, either a table of wrong results, one a line, that shows no implementation (for cells that learners can read):

        100.0       | The minus sign of the exponent is missing.
        5.0, -0.25  | alpha has the sign of the slope.

    or pairs of a wrong implementation and a sentence (for hidden tests): a function that agrees with it is told the sentence.
    Results are compared as floats (scalars) or float arrays, after the shape of the right result. A result of None means *not
    started*. Raises NotStarted or CheckFailed.
    """
    name = name or getattr(function, "__name__", "your function")
    for args, want in cases:
        shown = f"{name}({', '.join(_show(a) for a in args)})"
        value = call(function, *args, shown=shown)
        want = np.asarray(want, dtype=float)
        got = _to_array(shown, value) if want.ndim else np.array(number(shown, value))
        known = _read_slips(slips) if isinstance(slips, str) else _apply_slips(slips, args)
        _judge(shown, got, want, rtol=rtol, atol=atol, why=why, slips=known)


def _read_slips(table: str) -> list[tuple[np.ndarray, str]]:
    """[(wrong result, sentence)] from a table of `value | sentence` or `value, value | sentence`."""
    known = []
    for line in filter(str.strip, table.splitlines()):
        values, message = line.split("|", 1)
        numbers = [float(value) for value in values.split(",")]
        known.append((np.array(numbers if len(numbers) > 1 else numbers[0]), message.strip()))
    return known


def _apply_slips(
    slips: Sequence[tuple[Callable, str]], args: tuple
) -> list[tuple[np.ndarray, str]]:
    """[(wrong result, sentence)] of wrong implementations at `args`; those that fail there are left out."""
    known = []
    for wrong, message in slips:
        with np.errstate(all="ignore"), contextlib.suppress(Exception):
            known.append((np.asarray(wrong(*copy.deepcopy(args)), dtype=float), message))
    return known


def check_answer(question: str, answer: Any) -> None:
    """Check the answer to a quiz question of the bank; the reply was sealed, and opens with this answer only.

    question: its id, for example "power_laws.trend". answer: as the type of the question asks (`scalinglaws.course.questions.answers`).
    In the learner's own JupyterLab the answer is noted in the progress file.
    Raises NotStarted where there is no answer, CheckFailed with that option's own explanation where it is wrong.
    """
    from scalinglaws.course.learner.events import note_answer
    from scalinglaws.course.questions.seal import open_reply

    if _is_blank(answer):
        raise NotStarted("There is no answer yet.")
    reply = open_reply(question, answer)
    note_answer(question, answer, reply.right)
    if not reply.right:
        raise CheckFailed(reply.text)
    right(reply.text)
