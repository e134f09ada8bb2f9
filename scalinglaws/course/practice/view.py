"""What a learner may see of a sitting now: data in Markdown, for the page and for plain text.

It never reveals an answer that was not given, except for a question that is over.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from scalinglaws.course.learner.events import Event
from scalinglaws.course.questions.answers import from_text
from scalinglaws.course.questions.drawn import family
from scalinglaws.course.questions.question import Form, Type
from scalinglaws.course.questions.seal import Reply, mark, option_replies
from scalinglaws.errors import CourseError

from .badge import Badge, badge_of
from .mistakes import Mistake, mistakes
from .options import shown_letters, shown_options, to_shown
from .reveal import worked_solution
from .sitting import ATTEMPTS, Challenge, Practice, Sitting, Turn, all_of, seconds_left

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


@dataclass(frozen=True, kw_only=True)
class Problem:
    """A question that was put, with texts in Markdown.

    hints: those the learner asked for. answer: the last one, in the letters shown; reply: to it.
    others: the replies to the other options. These, the solution and the references are empty until
    the question is over.
    """

    phase: Phase
    question: str
    facts: Sequence[str]
    prompt: str
    form: Form
    options: Mapping[str, str]
    unit: str
    names: Sequence[str]
    hints: Sequence[str]
    more_hints: bool
    attempt: int
    attempts: int
    seconds_left: float | None
    late: bool
    right: bool
    answer: str
    reply: Reply | None
    others: Mapping[str, str]
    solution: str
    references: Sequence[str]


@dataclass(frozen=True)
class Result:
    """What became of a problem of a round."""

    name: str
    right: bool
    attempts: int
    hints: int


@dataclass(frozen=True, kw_only=True)
class Round:
    """A round of the challenge. of: the number of its problems. badge_problem: why it has no badge."""

    of: int
    all: str
    results: Sequence[Result]
    over: bool
    won: bool
    badge: Badge | None
    badge_problem: str


@dataclass(frozen=True, kw_only=True)
class View:
    """The state of a sitting. put: the number of questions so far. counts: those due, later and new."""

    title: str
    put: int
    problem: Problem | None = None
    round: Round | None = None
    counts: Mapping[str, int] | None = None  # of practice
    mistakes: Sequence[Mistake] = ()

    @property
    def phase(self) -> Phase:
        """What a learner can do now."""
        if self.problem is not None:
            return self.problem.phase
        return "start" if self.counts is None else "rest"


def view(sitting: Sitting) -> View:
    """The state of a sitting."""
    events = sitting.progress.events()
    found = sitting.turns(events)
    problem = _problem(found[-1], sitting, events) if found else None
    if isinstance(sitting, Practice):
        return View(
            title="Your mistakes" if sitting.review else "Practice",
            put=len(found),
            problem=problem,
            counts=sitting.counts(),
            mistakes=_mistakes_to_review(sitting, events) if sitting.review else (),
        )
    assert isinstance(sitting, Challenge)
    if sitting.round is None or not found:
        return View(title=TITLE, put=len(found))
    round_ = _round(sitting, events)
    return View(
        title=f"Problem {len(found)} of {round_.of}",
        put=len(found),
        problem=problem,
        round=round_,
        mistakes=mistakes(events, sitting.now, sitting.id) if round_.over else (),
    )


def _mistakes_to_review(sitting: Practice, events: Sequence[Event]) -> list[Mistake]:
    found = sitting.turns(events)
    at_hand = found[-1] if found and not found[-1].closed(sitting.now) else None
    return [
        mistake
        for mistake in mistakes(events, sitting.now)
        if family(mistake.question) in sitting.questions
        # The reply to a repeated question is not shown before it is answered, unless its numbers differ.
        and not (at_hand and mistake.question == at_hand.question)
    ]


def _round(sitting: Challenge, events: Sequence[Event]) -> Round:
    assert sitting.round is not None
    total = len(sitting.round.questions)
    over, badge, problem = sitting.over(events), None, ""
    if over:
        try:
            badge = badge_of(sitting, events)
        except CourseError as error:  # the round is won anyway
            problem = str(error)
    return Round(
        of=total,
        all=all_of(total),
        results=[
            Result(
                turn.entry.kind or _TYPES[turn.entry.type],
                turn.right,
                len(turn.answers),
                turn.hints,
            )
            for turn in sitting.turns(events)
            if turn.closed(sitting.now)
        ],
        over=over,
        won=over and sitting.won(events),
        badge=badge,
        badge_problem=problem,
    )


def _problem(turn: Turn, sitting: Sitting, events: Sequence[Event]) -> Problem:
    entry, now = turn.entry, sitting.now
    closed, late = turn.closed(now), turn.late(now)
    phase: Phase = "closed" if closed else "question"
    if entry.form == "words" and turn.answers and not closed:
        phase = "compare"
    answer = to_shown(turn, turn.answers[-1][0]) if turn.answers else ""
    left, solution, others = None, "", {}
    if turn.deadline and not closed:
        left = seconds_left(turn.deadline, now, turn.seconds)
    if closed:
        solution = worked_solution(turn.question, events) or (
            "The worked solution opens after the right answer, or in a full copy of the course "
            "(with questions/)."
        )
        replied = "" if late else answer.lower()
        others = {
            letter: reply.text
            for letter, reply in sorted(_shown_replies(turn).items())
            if letter not in replied
        }
    return Problem(
        phase=phase,
        question=turn.question,
        facts=[entry.kind or _TYPES[entry.type], entry.level],
        prompt=entry.text,
        form=entry.form,
        options=shown_options(turn),
        unit=entry.unit,
        names=entry.names,
        hints=list(entry.hints[: turn.hints]),
        more_hints=not closed and turn.hints < len(entry.hints),
        attempt=len(turn.answers),
        attempts=1 if entry.form == "words" else ATTEMPTS,
        seconds_left=left,
        late=late,
        right=turn.right,
        answer=answer,
        reply=_mark_again(turn) if turn.answers else None,
        others=others,
        solution=solution,
        references=list(entry.references) if closed else [],
    )


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
