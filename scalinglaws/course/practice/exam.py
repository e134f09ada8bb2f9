"""The exam: questions on the whole course, mixed in form and level, with one clock for all of them.

Like a `Sitting`, it keeps nothing important in memory: each exam is computed from the learner's
events, so it resumes after a killed kernel and in another tab. Answers may be changed until the
exam is submitted or its time is up; no results are shown before that.
"""

import random
import re
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from scalinglaws.course.ideas import IDEAS, ideas_of
from scalinglaws.course.learner.events import (
    LONGEST,
    Answered,
    Event,
    ExamStarted,
    HandedIn,
    Progress,
)
from scalinglaws.course.questions.answers import from_text
from scalinglaws.course.questions.drawn import variant
from scalinglaws.course.questions.seal import draws, find, known, mark, sealed_bank
from scalinglaws.errors import CourseError

from .options import from_shown, to_shown
from .sitting import GRACE, LEVELS, PACES, Turn

PER_NOTEBOOK = 2  # questions on each notebook
# Questions that can't be understood outside their notebook.
_ELSEWHERE = re.compile(r"\b(above|below|figure|this notebook|cell|you saw|exercise)\b", re.I)


def draw_exam(seed: int) -> tuple[str, ...]:
    """The questions of one exam, easier ones first: for each notebook one with drawn numbers, if
    there is one, and others.

    Forms are mixed: the next question of a notebook has the type and level that are rarest in the
    exam so far.
    """
    draw = random.Random(seed)
    offered: dict[str, list[str]] = {}
    for name in sorted(sealed_bank()):
        asked = find(name)
        if asked.form == "words" or name.startswith("challenge."):
            continue
        if not _ELSEWHERE.search(asked.prompt):
            for notebook in {IDEAS[idea].notebook for idea in ideas_of(asked.covers)}:
                offered.setdefault(notebook, []).append(name)
    chosen: list[str] = []
    kinds: Counter[str] = Counter()  # types and levels
    notebooks = sorted(offered)
    draw.shuffle(notebooks)
    for place in range(PER_NOTEBOOK):
        for notebook in notebooks:
            left = [question for question in offered[notebook] if question not in chosen]
            numbers = [question for question in left if draws(question)]
            others = [question for question in left if question not in numbers]
            some = (numbers or left) if place == 0 else (others or left)
            if not some:
                continue
            draw.shuffle(some)
            question = min(some, key=lambda q: kinds[find(q).type] + kinds[find(q).level])
            kinds.update((find(question).type, find(question).level))
            chosen.append(question)
    draw.shuffle(chosen)
    chosen.sort(key=lambda question: LEVELS.index(find(question).level))
    return tuple(variant(question, seed) if draws(question) else question for question in chosen)


def minutes_of(questions: Sequence[str]) -> float:
    """The time for an exam: the sum over its questions."""
    return sum(find(question).minutes for question in questions)


@dataclass(frozen=True)
class TopicScore:
    """The score on one idea. notebook: where to read about it."""

    name: str
    notebook: str
    right: int
    of: int


@dataclass(frozen=True)
class Exam:
    """One exam, computed from the learner's events. answers: {question: (the answer that counts,
    whether it is right)}.
    """

    started: ExamStarted
    answers: dict[str, tuple[str, bool]]
    handed_in: bool

    @property
    def questions(self) -> tuple[str, ...]:
        return self.started.questions

    def deadline(self) -> datetime | None:
        """When its time is up; None without a clock."""
        return self.started.limit()

    def over(self, now: datetime) -> bool:
        """Whether the exam is over."""
        deadline = self.deadline()
        return self.handed_in or (deadline is not None and now > deadline + GRACE)

    def turn(self, number: int) -> Turn:
        """A question of the exam as `options` needs it. number: counted from 0."""
        put = f"{self.started.sitting} {number}"
        return Turn(self.questions[number], self.started.at, None, put=put)

    def shown_answer(self, number: int) -> str:
        """The answer that counts, in the letters shown; "" for none."""
        answer, _ = self.answers.get(self.questions[number], ("", False))
        return to_shown(self.turn(number), answer) if answer else ""

    @property
    def right(self) -> int:
        """How many answers are right."""
        return sum(right for _, right in self.answers.values())

    def by_topic(self) -> list[TopicScore]:
        """The score of each idea, in the order of the map. A question counts for the first of its ideas."""
        of: Counter[str] = Counter()
        right: Counter[str] = Counter()
        for question in self.questions:
            idea = ideas_of(find(question).covers)[0]
            of[idea] += 1
            right[idea] += self.answers.get(question, ("", False))[1]
        return [
            TopicScore(idea.name, idea.notebook, right[idea.id], of[idea.id])
            for idea in IDEAS.values()
            if idea.id in of
        ]


def exams(events: Sequence[Event]) -> list[Exam]:
    """All exams of which every question is still in the bank, in order."""
    return [
        _exam(event, events)
        for event in events
        if isinstance(event, ExamStarted) and _is_whole(event)
    ]


def _is_whole(started: ExamStarted) -> bool:
    return bool(started.questions) and all(known(question) for question in started.questions)


def _exam(started: ExamStarted, events: Sequence[Event]) -> Exam:
    answers: dict[str, tuple[str, bool]] = {}
    handed_in = False
    for event in events:
        if isinstance(event, HandedIn) and event.sitting == started.sitting:
            handed_in = True
        elif (
            isinstance(event, Answered)
            and event.sitting == started.sitting
            and event.question in started.questions
        ):
            answers[event.question] = (event.answer, event.right)
    return Exam(started, {q: found for q, found in answers.items() if found[0]}, handed_in)


class Desk:
    """A learner's exams, taken one at a time."""

    def __init__(self, progress: Progress):
        self.progress = progress

    @property
    def now(self) -> datetime:
        return self.progress.now()

    def exam(self, events: Sequence[Event] | None = None) -> Exam | None:
        """The last exam, open or over; None before the first."""
        found = exams(self.progress.events() if events is None else events)
        return found[-1] if found else None

    def start(self, pace: str = "timed", seed: int | None = None) -> Exam:
        """Begin an exam, or resume the open one.

        pace: "timed" (the minutes of all questions together), "double" or "untimed". seed: to draw
        the same exam again. Raises CourseError for an unknown pace.
        """
        factors: dict[str, float | None] = {name: factor for name, factor in PACES.items()}
        if pace not in factors:
            raise CourseError(f"There is no pace {pace!r}: choose one of {', '.join(PACES)}.")
        with self.progress.writing() as log:
            at_hand = self.exam(log.events)
            if at_hand and not at_hand.over(log.now):
                return at_hand
            number = sum(isinstance(event, ExamStarted) for event in log.events) + 1
            if seed is None:
                seed = zlib.crc32(f"exam {log.now.isoformat()} {number}".encode()) % 10**6
            questions = draw_exam(seed)
            factor = factors[pace]
            seconds = None if factor is None else 60 * factor * minutes_of(questions)
            began = log.now.isoformat()
            started = ExamStarted(log.now, f"exam-{number}", questions, seconds, seed, began)
            log.add(started)
            return _exam(started, log.events)

    def answer(self, sitting: str, number: int, typed: str) -> None:
        """Save an answer; "" removes it.

        A repeated answer, or one for an exam that is over, changes nothing. sitting, number: the
        exam that the learner sees, and the question, counted from 0. Raises CourseError for an
        answer of the wrong kind, which changes nothing either.
        """
        exam = self.exam()
        if exam is None or exam.started.sitting != sitting or not 0 <= number < len(exam.questions):
            return
        question = exam.questions[number]
        right, text = False, ""
        if typed.strip():
            entry = find(question)
            answer = from_text(entry, from_shown(exam.turn(number), typed))
            kept = typed.strip() if entry.form == "number" else str(answer)  # 1 comes back as 1
            right, text = mark(question, answer).right, kept[:LONGEST]
        with self.progress.writing() as log:
            present = self.exam(log.events)
            if present is None or present.started.sitting != sitting or present.over(log.now):
                return
            if present.answers.get(question, ("", False))[0] != text:
                log.add(Answered(log.now, question, text, right, sitting))

    def hand_in(self, sitting: str) -> None:
        """End the exam."""
        with self.progress.writing() as log:
            exam = self.exam(log.events)
            if exam and exam.started.sitting == sitting and not exam.handed_in:
                log.add(HandedIn(log.now, sitting))
