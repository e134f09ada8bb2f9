"""What a learner got wrong and has not got right since: the answer, why it is wrong, the right one
and the steps to it.

All of it is computed from the learner's events. Nothing is revealed about a question that is still
open.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from scalinglaws.course.learner.events import Answered, Event
from scalinglaws.course.questions.answers import from_text, spell
from scalinglaws.course.questions.drawn import family
from scalinglaws.course.questions.question import Question
from scalinglaws.course.questions.seal import find, known, mark, option_replies
from scalinglaws.errors import CourseError

from .reveal import solution, worked_solution
from .sitting import exam_answers, turns

_CLOSED = (
    "The worked solution opens after the right answer, or in a full copy of the course (with "
    "questions/)."
)


@dataclass(frozen=True)
class Mistake:
    """A question that was missed last time, with texts in Markdown. question: as it was asked, with
    its numbers.
    """

    question: str
    at: datetime
    prompt: str
    yours: str
    reply: str
    right: str
    solution: str


def mistakes(events: Sequence[Event], now: datetime, sitting: str = "") -> list[Mistake]:
    """The questions missed last time, the latest first. sitting: of one round only."""
    last: dict[str, tuple[datetime, str, str, bool, bool]] = {}
    for when, question, answer, right, over in sorted(_tries(events, now, sitting)):
        last[family(question)] = (when, question, answer, right, over)
    missed = [found for found in last.values() if not found[3]]
    return [
        _mistake(question, when, answer, over, events)
        for when, question, answer, _, over in sorted(missed, reverse=True)
    ]


def _tries(
    events: Sequence[Event], now: datetime, sitting: str
) -> list[tuple[datetime, str, str, bool, bool]]:
    """(when, question, answer, whether it was right, whether it is over) of all tries."""
    found = [
        (
            turn.last or turn.deadline or turn.asked,
            turn.question,
            turn.answers[-1][0] if turn.answers else "",
            turn.right,
            True,
        )
        for turn in turns(events, sitting or None)
        if turn.closed(now)
    ]
    if not sitting:
        found += [
            (at, question, answer, right, True)
            for at, question, answer, right in exam_answers(events, now)
        ]
        found += [  # quiz cells in notebooks, which stay open
            (event.at, event.question, event.answer, event.right, False)
            for event in events
            if isinstance(event, Answered) and not event.sitting and known(event.question)
        ]
    return found


def _mistake(
    question: str, when: datetime, answer: str, over: bool, events: Sequence[Event]
) -> Mistake:
    entry = find(question)
    right = ""
    if over:
        text = worked_solution(question, events) or _CLOSED
    else:
        try:
            text, over = solution(question, events=events), True
        except CourseError as error:
            text = str(error)
    if over:
        letters = [letter for letter, reply in option_replies(question).items() if reply.right]
        right = "; ".join(entry.options[letter] for letter in letters)
    reply = ""
    if answer and entry.form != "words":
        try:
            reply = _reply(question, answer)
        except CourseError:  # the question was changed since
            reply = "The question was changed since you answered it."
    return Mistake(question, when, entry.text, _in_words(entry, answer), reply, right, text)


def _reply(question: str, answer: str) -> str:
    entry = find(question)
    if entry.form != "options":
        return mark(question, from_text(entry, answer)).text
    replies = option_replies(question)  # without letters, because they change each time
    wrong = [c for c in spell(entry, answer) if c in replies and not replies[c].right]
    return " ".join(replies[c].text for c in wrong) or "It is right, but incomplete."


def _in_words(entry: Question, answer: str) -> str:
    """An answer in words: options by their texts, because their letters change each time."""
    if not answer:
        return "nothing"
    if not entry.options:
        return answer
    try:
        spelling = spell(entry, answer)
    except CourseError:
        return answer
    letters = [spelling] if spelling in entry.options else list(spelling)
    return "; ".join(entry.options.get(letter, letter) for letter in letters)
