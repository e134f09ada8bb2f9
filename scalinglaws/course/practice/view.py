"""What a learner may see of a sitting now: data in Markdown, for the page and for plain text.

It never reveals an answer that was not given, except for a question that is over.
"""

from collections.abc import Sequence
from typing import Any, Literal

from scalinglaws.course.learner.events import Event
from scalinglaws.course.questions.answers import from_text
from scalinglaws.course.questions.drawn import family
from scalinglaws.course.questions.question import Type
from scalinglaws.course.questions.seal import Reply, mark, option_replies
from scalinglaws.errors import CourseError

from .badge import badge_of
from .mistakes import mistakes
from .options import shown_letters, shown_options, to_shown
from .reveal import worked_solution
from .sitting import ATTEMPTS, Challenge, Practice, Sitting, Turn, all_of, rules, seconds_left

TITLE = "LLM Scaling Master"
_TYPES: dict[Type, str] = {
    "choice": "one is right",
    "several": "several are right",
    "true_false": "true or false",
    "number": "a number",
    "predict": "predict the output",
    "debug": "debug",
    "fill_in": "fill in",
    "text": "in your own words",
}


# No round yet; a question to answer; the learner's text beside the model answer; a question that is
# over; practice with nothing due.
Phase = Literal["start", "question", "compare", "closed", "rest"]


def view(sitting: Sitting) -> dict[str, Any]:
    """The state of a sitting: JSON-ready, texts in Markdown.

    phase: a `Phase`. over, in the challenge: whether the round is.
    """
    events = sitting.progress.events()
    found = sitting.turns(events)
    shown: dict[str, Any] = {"mode": type(sitting).__name__.lower(), "put": len(found)}
    if isinstance(sitting, Practice):
        title = "Your mistakes" if sitting.review else "Practice"
        shown |= {"title": title, "counts": sitting.counts(), "mistakes": []}
        if sitting.review:
            at_hand = found[-1] if found and not found[-1].closed(sitting.now) else None
            shown["mistakes"] = [
                vars(mistake) | {"at": f"{mistake.at:%Y-%m-%d}"}
                for mistake in mistakes(events, sitting.now)
                if family(mistake.question) in sitting.questions
                # The reply to a repeated question is not shown before it is answered, unless its
                # numbers differ.
                and not (at_hand and mistake.question == at_hand.question)
            ]
        if not found:
            return shown | {"phase": "rest"}
        return shown | _question(found[-1], sitting, events)
    assert isinstance(sitting, Challenge)
    if sitting.round is None or not found:
        return shown | {"phase": "start", "title": TITLE, "rules": rules()}
    total = len(sitting.round.questions)
    shown |= {"title": f"Problem {len(found)} of {total}", "of": total, "all": all_of(total)}
    shown |= {"rules": rules()}
    shown |= {"results": _results(found, sitting), "over": sitting.over(events)}
    shown |= _question(found[-1], sitting, events)
    if shown["over"]:
        shown |= {"won": sitting.won(events), "badge": None, "badge_problem": ""}
        try:
            shown["badge"] = badge_of(sitting, events)
        except CourseError as error:  # the round is won anyway
            shown["badge_problem"] = str(error)
        shown["mistakes"] = [
            vars(mistake) | {"at": f"{mistake.at:%Y-%m-%d}"}
            for mistake in mistakes(events, sitting.now, sitting.id)
        ]
    return shown


def _results(found: Sequence[Turn], sitting: Sitting) -> list[dict[str, Any]]:
    closed = [turn for turn in found if turn.closed(sitting.now)]
    return [
        {
            "name": turn.entry.kind or _TYPES[turn.entry.type],
            "right": turn.right,
            "attempts": len(turn.answers),
            "hints": turn.hints,
        }
        for turn in closed
    ]


def _question(turn: Turn, sitting: Sitting, events: Sequence[Event]) -> dict[str, Any]:
    entry, now = turn.entry, sitting.now
    kind = entry.form
    closed = turn.closed(now)
    phase: Phase = "closed" if closed else "question"
    if entry.form == "words" and turn.answers and not closed:
        phase = "compare"
    shown: dict[str, Any] = {
        "phase": phase,
        "question": turn.question,
        "facts": [entry.kind or _TYPES[entry.type], entry.level],
        "prompt": entry.text,
        "form": kind,
        "options": shown_options(turn),
        "unit": entry.unit,
        "names": entry.names,
        "hints": list(entry.hints[: turn.hints]),
        "more_hints": not closed and turn.hints < len(entry.hints),
        "attempt": len(turn.answers),
        "attempts": 1 if kind == "words" else ATTEMPTS,
        "seconds_left": None,
        "late": turn.late(now),
        "right": turn.right,
        "answer": to_shown(turn, turn.answers[-1][0]) if turn.answers else "",
        "reply": None,
        "others": {},
        "solution": "",
        "references": [],
    }
    if turn.deadline and not closed:
        shown["seconds_left"] = seconds_left(turn.deadline, now, turn.seconds)
    if turn.answers:
        reply = _mark_again(turn)
        shown["reply"] = {"right": reply.right, "text": reply.text}
    if closed:
        shown["solution"] = worked_solution(turn.question, events) or (
            "The worked solution opens after the right answer, or in a full copy of the course "
            "(with questions/)."
        )
        shown["references"] = list(entry.references)
        replied = "" if shown["late"] else shown["answer"].lower()
        shown["others"] = {
            letter: reply.text
            for letter, reply in sorted(_shown_replies(turn).items())
            if letter not in replied
        }
    return shown


def _shown_replies(turn: Turn) -> dict[str, Reply]:
    """The reply to each option, by the letters shown."""
    letters = shown_letters(turn)
    replies = option_replies(turn.question)
    return {letters.get(letter, letter): reply for letter, reply in replies.items()}


def _mark_again(turn: Turn) -> Reply:
    """The reply to the last answer, opened again because the file keeps answers, not replies."""
    answer, right = turn.answers[-1]
    try:
        return mark(turn.question, from_text(turn.entry, answer), shown_letters(turn))
    except CourseError:  # the question was changed since
        return Reply(right, "The question was changed since you answered it.")
