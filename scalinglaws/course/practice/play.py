"""The challenge and practice without widgets: in a terminal, or in plain cells of a notebook.

c = sl.challenge(widget=False)
c.start("Ada");  c.answer("b");  c.hint();  c.next()
"""

import re
import textwrap
from collections.abc import Callable
from typing import Any, Literal

from scalinglaws.course.markdown import to_text
from scalinglaws.errors import CourseError
from scalinglaws.terminal import wrap

from .options import from_shown
from .sitting import Challenge, Practice, Sitting, rules
from .view import Problem, Round, View, view

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
    """Text for a terminal: paragraphs wrapped, indented code as it is."""
    lines = []
    for block in text.split("\n\n"):
        lines += [f"{indent}{line}".rstrip() for line in _lines(block)] + [""]
    return "\n".join(lines).rstrip()


def _lines(block: str) -> list[str]:
    if block.startswith("    ") or "\n    " in block:  # code
        return block.splitlines()
    lines = []
    for line in _paragraphs(block):
        item = _ITEM.match(line)
        lines += wrap(line, later=" " * len(item[0]) if item else "").splitlines()
    return lines


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
        problem = view(self._sitting).problem
        if problem is None or not problem.attempt:
            raise CourseError("Try once first: the solution opens after an honest try.")
        self._sitting.give_up()
        self.show(again=False)

    def next(self) -> None:
        """Go to the next question."""
        if view(self._sitting).phase == "question":
            print("This question is still open.")
        elif self._sitting.next() is None and isinstance(self._sitting, Practice):
            print(wrap(f"Nothing more is due or new here. {self._sitting.comes_back()}"))
            return
        self.show()

    def show(self, again: bool = True) -> None:
        """Print the current state. again: including the question."""
        print(text_of(view(self._sitting), again))


def text_of(seen: View, question: bool = True, review: str = "sl.practice(review=True)") -> str:
    """A view in plain text. review: how mistakes are reviewed here, in a notebook or in a terminal."""
    problem = seen.problem
    if problem is None:
        if seen.phase == "rest":
            return "There is nothing to ask here."
        return (
            f"{seen.title}: {rules().lower()}. Time runs while you read.\n"
            'If all are right, you get the badge. Start with start("your name").'
        )
    parts = []
    if question:
        facts = " · ".join(problem.facts)
        time = f" · {clock_text(problem.seconds_left)} left" if problem.seconds_left else ""
        parts += [wrap(f"{seen.title} · {facts}{time}"), fill(code_text(problem.prompt))]
        options = problem.options.items() if problem.form != "truth" else ()
        parts += [wrap(to_text(text), f"  {letter}. ", "     ") for letter, text in options]
        parts += [fill(f"Hint: {to_text(hint)}") for hint in problem.hints]
    if problem.phase == "compare":
        model = problem.reply.text if problem.reply else ""
        return "\n\n".join([*parts, fill(to_text(model)), "Does yours say so? yes, partly or no"])
    if problem.late:
        parts.append("Time is up.")
    elif problem.reply and problem.form != "words":
        verdict = "Not yet." if problem.phase == "question" else "Not right."
        verdict = "Right." if problem.right else verdict
        parts.append(fill(f"{verdict} {to_text(problem.reply.text)}"))
    parts += _how_to_answer(problem) if problem.phase == "question" else _explanation(problem)
    if seen.round and seen.round.over:
        parts += _end_of_round(seen.round)
        if seen.mistakes:
            parts.append(wrap(f"To go through your mistakes and try them again: {review}"))
    return "\n\n".join(parts)


def _how_to_answer(problem: Problem) -> list[str]:
    names = f" in {', '.join(problem.names)}" if problem.names else ""
    unit = f", in {problem.unit}" if problem.unit else ""
    left = problem.attempts - problem.attempt
    return [wrap(f"{HOW[problem.form]}{names}{unit} ({left} attempt{'s' * (left > 1)} left).")]


def _explanation(problem: Problem) -> list[str]:
    parts = []
    if problem.others:
        names = problem.options if problem.form == "truth" else {}
        others = "".join(
            f"\n- {names.get(letter, f'{letter}.')} {text}"
            for letter, text in problem.others.items()
        )
        parts.append(fill(to_text(f"The other options, and why\n{others}")))
    parts.append(fill(f"Worked solution. {to_text(problem.solution)}"))
    return parts + [wrap(reference, "  ", "    ") for reference in problem.references]


def _end_of_round(round_: Round) -> list[str]:
    good = sum(result.right for result in round_.results)
    parts = [wrap(f"{good} of {round_.of} are right.")]
    if round_.badge:
        parts.append(f"The badge is yours: {round_.badge.file}")
    if round_.badge_problem:
        parts.append(wrap(round_.badge_problem))
    return parts


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


# What is shown after a key: nothing more, the question at hand, what has become of the answer.
_Next = Literal["", "question", "reply"]


def in_terminal(sitting: Sitting, read: Callable[[str], str] | None = None) -> int:
    """Play in a terminal until the learner stops. Returns the number of questions finished."""
    read = read or input
    finished, show = 0, "question"
    while True:
        seen = view(sitting)
        problem = seen.problem
        if problem is None or (seen.round and seen.round.over):
            return finished
        if show == "question":
            print("\n" + text_of(seen))
        over = problem.phase == "closed"
        keys = "[Enter] next, q stop" if over else "[? hint, ! solution, q stop]"
        try:
            typed = read(f"\n{keys} > ").strip()
        except EOFError:
            return finished
        if typed == "q":
            return finished
        try:
            if over and sitting.next() is None:
                return finished
            show = "question" if over else _act(sitting, problem, typed)
        except CourseError as error:
            print(wrap(str(error)))
            show = ""
        if show == "reply":
            seen = view(sitting)
            print("\n" + text_of(seen, question=False, review="scalinglaws practice --review"))
            finished += seen.phase == "closed"


def _act(sitting: Sitting, problem: Problem, typed: str) -> _Next:
    """Do what was typed about an open question. Raises CourseError for what cannot be done."""
    if problem.phase == "compare":
        sitting.judge(typed.lower())
    elif typed == "?":
        hint = sitting.hint()
        print(fill(to_text(hint)) if hint else "There is no further hint.")
        return ""
    elif typed == "!":
        if not problem.attempt:
            raise CourseError("Try once first: the solution opens after an honest try.")
        sitting.give_up()
    elif not typed:
        return ""
    elif sitting.answer(typed, read=from_shown) is None and view(sitting).phase == "question":
        return "question"  # another window moved to the next question
    return "reply"
