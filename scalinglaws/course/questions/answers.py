"""One spelling for each answer, however a learner writes it.

The *form* of an answer says how it is written; several types of question share one:

option      choice, and predict or debug with options    "a", ["a"]
options     several                                      "ac", "a, c", ["a", "c"], {"c", "a"}
truth       true_false                                   True, "true", "t"
number      number, and predict with a step              0.0947
output      predict                                      "0.2", 0.2
expression  fill_in, debug                               "a * N**-b"
words       text                                         "Because ..."
"""

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from scalinglaws.errors import CourseError

from .expression import evaluate
from .question import Form, Question, form_of

WORDS = 8  # an honest try at a text has at least this many


def form(record: Mapping[str, Any]) -> Form:
    """The form of the answer to a question of the bank, from its record."""
    return form_of(record["type"], "options" in record, "step" in record, "inputs" in record)


def spell(question: Question, answer: Any) -> str:
    """The one spelling of `answer`. Raises CourseError, in words for a learner, for an answer of the wrong kind."""
    if hasattr(answer, "tolist"):  # a numpy scalar or array
        answer = answer.tolist()
    return _SPELL[question.form](question, answer)


def from_text(question: Question, text: str) -> Any:
    """The answer that was typed into a box or a terminal: text unchanged, a number or arithmetic as
    a number.
    """
    if question.form != "number":
        return text
    text = text.strip().removesuffix(question.unit).replace("_", "").strip()
    text = re.sub(r"(?<=\d),(?=\d{3}\b)", "", text)  # 1,400,000
    return evaluate(text)


def _only(answer: Any) -> Any:
    """The element of a list, tuple or set of one; anything else as it is."""
    alone = isinstance(answer, list | tuple | set) and len(answer) == 1
    return next(iter(answer)) if alone else answer


def _option(question: Question, answer: Any) -> str:
    answer = _only(answer)
    if not isinstance(answer, str) or len(answer.strip(" ().")) != 1:
        raise CourseError(f'The answer is {answer!r}: write the letter of one option, such as "a".')
    letter = answer.strip(" ().").lower()
    if letter not in question.options:
        raise CourseError(f"{answer!r} is not one of the options. Read the question again.")
    return letter


def _options(question: Question, answer: Any) -> str:
    try:
        text = answer if isinstance(answer, str) else " ".join(answer)
    except TypeError:
        text = ""
    letters = re.sub(r"\band\b|[\s,;.()+&]", "", text.lower())
    unknown = sorted(set(letters) - set(question.options))
    if not letters or unknown:
        raise CourseError(
            f'The answer is {answer!r}: write the letters of all right options, such as "ac".'
        )
    return "".join(sorted(set(letters)))


def _truth(question: Question, answer: Any) -> str:
    answer = _only(answer)
    text = str(answer).strip(" .").lower()
    for truth in ("true", "false"):
        if text in (truth, truth[0]) and isinstance(answer, str | bool):
            return truth
    raise CourseError(f"The answer is {answer!r}: write True or False.")


def _number(question: Question, answer: Any) -> str:
    answer = _only(answer)
    try:
        number = float(answer)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number) or isinstance(answer, bool | str):
        raise CourseError(
            f"The answer is {answer!r}: a number was expected, without quotation marks."
        )
    return str(round(number / question.step))


def _output(question: Question, answer: Any) -> str:
    text = re.sub(r"\s*([][(){},:])\s*", r"\1", " ".join(str(answer).split()))
    if not text:
        raise CourseError("The answer is empty: write what is printed.")
    if 'end=" "' in question.code and "\n" in str(answer).strip():
        raise CourseError('All of it is printed in one line: end=" " ends each print with a space.')
    return text


def _expression(question: Question, answer: Any) -> str:
    if not isinstance(answer, str):
        names = ", ".join(question.names)
        raise CourseError(
            f"The answer is {answer!r}: write an expression in {names}, between quotation marks."
        )
    # Six digits: equivalent formulas differ by rounding errors.
    return " ".join(f"{evaluate(answer, point):.6g}" for point in question.inputs)


def _words(question: Question, answer: Any) -> str:
    if not isinstance(answer, str) or len(set(answer.lower().split())) < WORDS:
        raise CourseError(
            f"Write your own answer first, in a sentence or two (at least {WORDS} different words)."
        )
    return "written"


_SPELL: dict[Form, Callable[[Question, Any], str]] = {
    "option": _option,
    "options": _options,
    "truth": _truth,
    "number": _number,
    "output": _output,
    "expression": _expression,
    "words": _words,
}
