"""What a question of the bank shows, its right answer, computed where it can be, and the reply to each answer."""

import contextlib
import io
import math
import re
from collections.abc import Mapping
from typing import Any

from scalinglaws.errors import CourseError

from .answers import form, spell
from .question import Question, Reply
from .worked import value_of

_MOST_STEPS = 41  # in a tolerance: each needs a sealed reply


def compute(expression: Any, given: Mapping[str, Any] | None = None) -> float:
    """The value of a Python expression of the bank, as a number: see `value_of`."""
    return float(value_of(expression, given))


def output(code: str) -> str:
    """The output of a program in the bank."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(code, {"__name__": "__main__"})
    return printed.getvalue()


def shown(record: dict[str, Any]) -> Question:
    """What a learner may read of a question of the bank before answering it."""
    visible = dict(record)
    if "options" in record:
        visible["options"] = {
            letter: option.get("text", letter.capitalize()).strip()
            for letter, option in sorted(record["options"].items(), reverse=_truth(record))
        }
    visible["ordered"] = is_ordered(record)
    if "inputs" in record:
        visible["inputs"] = [
            {name: compute(value) for name, value in point.items()} for point in record["inputs"]
        ]
    return Question.from_json(record["id"], visible)


# "option c" and "(c)", which is a letter's usual form in prose; "L(C)" and "C" are symbols.
_LETTER = re.compile(r"\b[Oo]ption \(?[a-f]\b|(?<![\w$\\])\([a-f]\)")


def is_ordered(question: dict[str, Any]) -> bool:
    """Whether some text of a question refers to an option by its letter, so that it must keep it."""
    if "options" not in question or _truth(question):
        return False
    if "ordered" in question:  # a translation is ordered where the original is
        return question["ordered"]
    texts = [question["prompt"], question["solution"], *question["hints"]]
    texts += [text for text in [question.get("right_reply")] if text]
    for option in question["options"].values():
        texts += [option.get("text", ""), option["reply"]]
    return any(_LETTER.search(text) for text in texts)


def _truth(question: dict[str, Any]) -> bool:
    return question["type"] == "true_false"  # true comes before false


def right_answer(question: dict[str, Any]) -> Any:
    """A right answer, as a learner may write it, computed if possible."""
    if "options" in question:
        letters = [letter for letter, option in question["options"].items() if option.get("right")]
        return "".join(letters)
    kind = form(question)
    if kind == "words":
        return question["model_answer"].strip()
    if kind == "number":
        computed = question["answer"] if "answer" in question else output(question["code"])
        return compute(computed, question.get("given"))
    return output(question["code"]) if kind == "output" else question["answer"]


def replies(question: dict[str, Any]) -> dict[str, Reply]:
    """{spelling: Reply} of one question.

    Raises CourseError if a slip is the same answer as another.
    """
    kind, visible = form(question), shown(question)
    if "options" in question:
        every = {
            letter: Reply(bool(option.get("right")), option["reply"].strip())
            for letter, option in question["options"].items()
        }
        if kind != "options":
            return every
        chosen = {f"+{letter}": reply for letter, reply in every.items()}
        left_out = {f"-{letter}": Reply(not reply.right, "") for letter, reply in every.items()}
        whole = Reply(True, question.get("right_reply", "").strip())
        return chosen | left_out | {spell(visible, right_answer(question)): whole}
    if kind == "words":
        points = "".join(f"\n- {point.strip()}" for point in question["points"])
        text = f"{question['model_answer'].strip()}\n\nA good answer says:\n{points}"
        return {spell(visible, question["model_answer"]): Reply(True, text)}
    right = right_answer(question)
    found = {
        spell(visible, answer): Reply(True, question["right_reply"].strip())
        for answer in _tolerated(question, right)
    }
    for slip in question["slips"]:
        given = question.get("given")
        wrong = compute(slip["answer"], given) if kind == "number" else slip["answer"]
        spelling = spell(visible, wrong)
        if spelling in found:
            raise CourseError(
                f"{question['id']}: the slip {slip['answer']} is the same as another answer."
            )
        found[spelling] = Reply(False, slip["reply"].strip())
    return found


def _tolerated(question: dict[str, Any], right: Any) -> list[Any]:
    """The right answer and, with a tolerance, every other step within it."""
    if "tolerance" not in question:
        return [right]
    step = question["step"]
    low = math.ceil(round((right - question["tolerance"]) / step, 6))
    high = math.floor(round((right + question["tolerance"]) / step, 6))
    if high - low >= _MOST_STEPS:
        raise CourseError(
            f"{question['id']}: the tolerance spans {high - low + 1} steps: choose a larger step."
        )
    return [right, *(count * step for count in range(low, high + 1))]
