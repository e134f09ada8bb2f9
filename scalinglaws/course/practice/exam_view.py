"""What a learner may see of an exam: the questions while it is open, the report afterwards."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from scalinglaws.course.learner.events import Event
from scalinglaws.course.questions.question import Form, Level
from scalinglaws.course.questions.seal import find, option_replies

from .exam import Desk, Exam, TopicScore, draw_exam, minutes_of
from .options import shown_letters, shown_options
from .reveal import worked_solution
from .sitting import seconds_left

TITLE = "Exam on scaling laws"


@dataclass(frozen=True, kw_only=True)
class ExamQuestion:
    """A question of an exam, with texts in Markdown.

    number: counted from 0. answer: the one that counts, in the letters shown; "" for none.
    """

    number: int
    prompt: str
    form: Form
    level: Level
    minutes: float
    options: Mapping[str, str]
    unit: str
    names: Sequence[str]
    answer: str


@dataclass(frozen=True)
class Marked:
    """What became of a question. replies: to the options, by the letters shown."""

    right: bool
    solution: str
    replies: Mapping[str, str]


@dataclass(frozen=True)
class Report:
    """An exam that is over. late: its time was up. marked: its questions, in their order."""

    right: int
    of: int
    late: bool
    seed: int
    topics: Sequence[TopicScore]
    marked: Sequence[Marked]


@dataclass(frozen=True, kw_only=True)
class ExamView:
    """The state. exam: its name; "" before the first. seconds_left: None without a clock. report:
    None until the exam is over.
    """

    phase: Literal["start", "exam", "report"]
    exam: str = ""
    seconds_left: float | None = None
    questions: Sequence[ExamQuestion] = ()
    report: Report | None = None


def rules() -> str:
    """The rules in two sentences."""
    questions = draw_exam(0)
    return (
        f"{len(questions)} questions on all notebooks, in about {minutes_of(questions):.0f} minutes. You may answer in any "
        "order and change your answers; nothing is marked before you hand it in or the time is up."
    )


def view(desk: Desk) -> ExamView:
    """What the learner may see now."""
    events = desk.progress.events()
    exam = desk.exam(events)
    if exam is None:
        return ExamView(phase="start")
    over = exam.over(desk.now)
    deadline = None if over else exam.deadline()
    return ExamView(
        phase="report" if over else "exam",
        exam=exam.started.sitting,
        seconds_left=deadline and seconds_left(deadline, desk.now, exam.started.seconds),
        questions=[question(exam, number) for number in range(len(exam.questions))],
        report=_report(exam, events) if over else None,
    )


def question(exam: Exam, number: int) -> ExamQuestion:
    """One question, as shown in this exam."""
    asked = find(exam.questions[number])
    return ExamQuestion(
        number=number,
        prompt=asked.text,
        form=asked.form,
        level=asked.level,
        minutes=asked.minutes,
        options=dict(shown_options(exam.turn(number))),
        unit=asked.unit,
        names=asked.names,
        answer=exam.shown_answer(number),
    )


def _report(exam: Exam, events: Sequence[Event]) -> Report:
    marked = [_marked(exam, number, events) for number in range(len(exam.questions))]
    return Report(
        exam.right, len(marked), not exam.handed_in, exam.started.seed, exam.by_topic(), marked
    )


def _marked(exam: Exam, number: int, events: Sequence[Event]) -> Marked:
    name = exam.questions[number]
    letters = shown_letters(exam.turn(number))
    return Marked(
        exam.answers.get(name, ("", False))[1],
        worked_solution(name, events)
        or "The worked solution is in the course's folder questions/, which is not here.",
        {letters.get(key, key): reply.text for key, reply in option_replies(name).items()},
    )
