"""The challenge and practice without widgets: in a terminal, or in plain cells of a notebook.

c = sl.challenge(widget=False)
c.start("Ada");  c.answer("b");  c.hint();  c.next()
"""

import re
import textwrap
from collections.abc import Callable
from typing import Any

from scalinglaws.course.markdown import to_text
from scalinglaws.errors import CourseError
from scalinglaws.terminal import wrap

from .options import from_shown
from .sitting import Challenge, Practice, Sitting
from .view import view

HOW = {
    "option": "Answer with the letter of one option",
    "options": "Answer with the letters of all right options",
    "truth": "Answer true or false",
    "number": "Answer with a number",
    "output": "Answer with what is printed",
    "expression": "Answer with an expression",
    "words": "Answer in a sentence or two",
}


_ITEM = re.compile(r"(?:-|\d+\.) ")  # the start of a list item


def fill(text: str, indent: str = "") -> str:
    """Text for a terminal: paragraphs wrapped, indented code unchanged."""
    lines = []
    for block in text.split("\n\n"):
        code = block.startswith("    ") or "\n    " in block
        wrapped = block.splitlines() if code else []
        for line in [] if code else _paragraphs(block):
            item = _ITEM.match(line)
            wrapped += wrap(line, later=" " * len(item[0]) if item else "").splitlines()
        lines += [f"{indent}{line}".rstrip() for line in wrapped] + [""]
    return "\n".join(lines).rstrip()


def _paragraphs(block: str) -> list[str]:
    """The lines of each paragraph joined; each list item separate."""
    found: list[str] = []
    for line in block.splitlines():
        if found and not _ITEM.match(line):
            found[-1] += " " + line.strip()
        else:
            found.append(line.strip())
    return found


class Play:
    """A sitting in plain text. Every action prints the new state and returns None."""

    def __init__(self, sitting: Sitting):
        self._sitting = sitting
        if isinstance(sitting, Practice):
            sitting.next()
        self.show()

    def start(self, name: str = "", topic: str = "", level: str = "", pace: str = "timed") -> None:
        """Begin a round of the challenge; parameters as for `Challenge.start`."""
        if not isinstance(self._sitting, Challenge):
            raise CourseError("Practice needs no start: answer, or go to the next question.")
        self._sitting.start(topic=topic, level=level, pace=pace, name=name)
        self.show()

    def answer(self, answer: Any) -> None:
        """Answer the current question."""
        self._sitting.answer(answer, read=from_shown)
        self.show(again=False)

    def hint(self) -> None:
        """Print the next hint."""
        hint = self._sitting.hint()
        print(fill(to_text(hint)) if hint else "There is no further hint.")

    def judge(self, verdict: str) -> None:
        """Compare your own text with the model answer: "yes", "partly" or "no"."""
        self._sitting.judge(verdict)
        self.show(again=False)

    def solution(self) -> None:
        """Give up, after a try, and print the worked solution."""
        if not view(self._sitting).get("attempt"):
            raise CourseError("Try once first: the solution opens after an honest try.")
        self._sitting.give_up()
        self.show(again=False)

    def next(self) -> None:
        """Go to the next question."""
        if view(self._sitting)["phase"] == "question":
            print("This question is still open.")
        elif self._sitting.next() is None and isinstance(self._sitting, Practice):
            print(wrap(f"Nothing more is due or new here. {self._sitting.comes_back()}"))
            return
        self.show()

    def show(self, again: bool = True) -> None:
        """Print the current state. again: including the question."""
        print(text_of(view(self._sitting), again))


def text_of(
    shown: dict[str, Any], question: bool = True, review: str = "sl.practice(review=True)"
) -> str:
    """A view in plain text. review: how mistakes are reviewed here, in a notebook or in a terminal."""
    phase = shown["phase"]
    if phase == "start":
        return (
            f"{shown['title']}: {shown['rules'].lower()}. Time runs while you read.\n"
            'If all are right, you get the badge. Start with start("your name").'
        )
    if phase == "rest":
        return "There is nothing to ask here."
    parts = []
    if question:
        facts = " · ".join(shown["facts"])
        time = f" · {clock_text(shown['seconds_left'])} left" if shown["seconds_left"] else ""
        parts += [wrap(f"{shown['title']} · {facts}{time}"), fill(code_text(shown["prompt"]))]
        options = shown["options"].items() if shown["form"] != "truth" else ()
        parts += [wrap(to_text(text), f"  {letter}. ", "     ") for letter, text in options]
        parts += [fill(f"Hint: {to_text(hint)}") for hint in shown["hints"]]
    if phase == "compare":
        parts += [fill(to_text(shown["reply"]["text"])), "Does yours say so? yes, partly or no"]
        return "\n\n".join(parts)
    if shown["late"]:
        parts.append("Time is up.")
    elif shown["reply"] and shown["form"] != "words":
        verdict = (
            "Right." if shown["right"] else "Not yet." if phase == "question" else "Not right."
        )
        parts.append(fill(f"{verdict} {to_text(shown['reply']['text'])}"))
    if phase == "question":
        names = f" in {', '.join(shown['names'])}" if shown["names"] else ""
        unit = f", in {shown['unit']}" if shown["unit"] else ""
        left = shown["attempts"] - shown["attempt"]
        tries = f" ({left} attempt{'s' * (left > 1)} left)"
        parts.append(wrap(f"{HOW[shown['form']]}{names}{unit}{tries}."))
    else:
        if shown["others"]:
            names = shown["options"] if shown["form"] == "truth" else {}
            others = "".join(
                f"\n- {names.get(letter, f'{letter}.')} {text}"
                for letter, text in shown["others"].items()
            )
            parts.append(fill(to_text(f"The other options, and why\n{others}")))
        parts.append(fill(f"Worked solution. {to_text(shown['solution'])}"))
        parts += [wrap(reference, "  ", "    ") for reference in shown["references"]]
    if shown.get("over"):
        good = sum(row["right"] for row in shown["results"])
        parts.append(wrap(f"{good} of {shown['of']} are right."))
        if shown.get("mistakes"):
            parts.append(wrap(f"To go through your mistakes and try them again: {review}"))
        if badge := shown.get("badge"):
            parts.append(f"The badge is yours: {badge['file']}")
        if shown.get("badge_problem"):
            parts.append(wrap(shown["badge_problem"]))
    return "\n\n".join(parts)


def code_text(prompt: str) -> str:
    """The prompt with its code blocks indented."""
    head, *blocks = prompt.split("```python\n")
    text = to_text(head)
    for block in blocks:
        code, rest = block.split("```", 1)
        text += textwrap.indent(code.rstrip(), "    ") + to_text(rest)
    return text


def clock_text(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def in_terminal(sitting: Sitting, read: Callable[[str], str] | None = None) -> int:
    """Play in a terminal until the learner stops. Returns the number of questions finished."""
    read = read or input
    keys = "? hint, ! solution, q stop"
    closed, reshow = 0, True
    while True:
        shown = view(sitting)
        if shown["phase"] == "rest" or (shown["phase"] == "closed" and shown.get("over")):
            return closed
        if reshow:
            print("\n" + text_of(shown))
        try:
            if shown["phase"] == "closed":
                typed = read("\n[Enter] next, q stop > ").strip()
            else:
                typed = read(f"\n[{keys}] > ").strip()
        except EOFError:
            return closed
        reshow = False
        try:
            if typed == "q":
                return closed
            if shown["phase"] == "closed":
                if sitting.next() is None:
                    return closed
                reshow = True
            elif shown["phase"] == "compare":
                sitting.judge(typed.lower())
            elif typed == "?":
                hint = sitting.hint()
                print(fill(to_text(hint)) if hint else "There is no further hint.")
                continue
            elif typed == "!":
                if not shown["attempt"]:
                    raise CourseError("Try once first: the solution opens after an honest try.")
                sitting.give_up()
            elif typed:
                if (
                    sitting.answer(typed, read=from_shown) is None
                    and view(sitting)["phase"] == "question"
                ):
                    reshow = True  # another window moved to the next question
                    continue
            else:
                continue
        except CourseError as error:
            print(wrap(str(error)))
            continue
        if not reshow:
            after = view(sitting)
            print("\n" + text_of(after, question=False, review="scalinglaws practice --review"))
            closed += after["phase"] == "closed"
