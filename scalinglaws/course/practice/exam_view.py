"""What a learner may see of an exam: the questions while it is open, the report afterwards."""

from typing import Any

from scalinglaws.course.questions.seal import find, option_replies

from .exam import Desk, Exam, draw_exam, minutes_of
from .options import shown_letters, shown_options
from .reveal import worked_solution
from .sitting import seconds_left

TITLE = "Exam on scaling laws"


def rules() -> str:
    """The rules in two sentences."""
    questions = draw_exam(0)
    return (
        f"{len(questions)} questions on all notebooks, in about {minutes_of(questions):.0f} minutes. You may answer in any "
        "order and change your answers; nothing is marked before you hand it in or the time is up."
    )


def view(desk: Desk) -> dict[str, Any]:
    """The state: JSON-ready, texts in Markdown. phase: "start", "exam" or "report"."""
    events = desk.progress.events()
    exam = desk.exam(events)
    if exam is None:
        return {"phase": "start", "title": TITLE, "rules": rules(), "questions": []}
    over = exam.over(desk.now)
    shown: dict[str, Any] = {
        "phase": "report" if over else "exam",
        "title": TITLE,
        "rules": rules(),
        "exam": exam.started.sitting,
        "seconds_left": None,
        "questions": [question(exam, number) for number in range(len(exam.questions))],
    }
    deadline = exam.deadline()
    if deadline and not over:
        shown["seconds_left"] = seconds_left(deadline, desk.now, exam.started.seconds)
    if over:
        shown |= {
            "right": exam.right,
            "of": len(exam.questions),
            "late": not exam.handed_in,
            "seed": exam.started.seed,
            "topics": [vars(score) for score in exam.by_topic()],
        }
        for number, one in enumerate(shown["questions"]):
            name = exam.questions[number]
            one["right"] = exam.answers.get(name, ("", False))[1]
            one["solution"] = worked_solution(name, events) or (
                "The worked solution is in the course's folder questions/, which is not here."
            )
            letters = shown_letters(exam.turn(number))
            one["replies"] = {
                letters.get(letter, letter): reply.text
                for letter, reply in option_replies(name).items()
            }
    return shown


def question(exam: Exam, number: int) -> dict[str, Any]:
    """One question, as shown in this exam."""
    asked = find(exam.questions[number])
    return {
        "number": number,
        "prompt": asked.text,
        "form": asked.form,
        "level": asked.level,
        "minutes": asked.minutes,
        "options": dict(shown_options(exam.turn(number))),
        "unit": asked.unit,
        "names": asked.names,
        "answer": exam.shown_answer(number),
    }
