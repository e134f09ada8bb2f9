"""The exam in JupyterLab: `exam.js` draws the state from `exam_view`, and sends each answer as it
is given.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from scalinglaws.course.markdown import to_html
from scalinglaws.errors import CourseError

from .exam import Desk
from .exam_view import TITLE, ExamQuestion, rules, view
from .widget import Drawn, Shown, inline, script


class ExamPage(Drawn):
    """An exam on the page."""

    # heard: the answer that this view is the first to include. trouble: what is wrong with it.
    _quiet: ClassVar[Shown] = {**Drawn._quiet, "trouble": None, "heard": None}
    _esm = script("exam.js")

    def __init__(self, desk: Desk):
        self._desk = desk
        super().__init__()

    def _do(self, message: dict[str, Any]) -> Shown:
        match message:
            case {"do": "start", "pace": str(pace)}:
                self._desk.start(pace)
            case {"do": "answer", "exam": str(exam), "number": int(number), "answer": str(a)}:
                heard = {"number": number, "answer": a}
                try:
                    self._desk.answer(exam, number, a)
                except CourseError as error:
                    return {"heard": heard, "trouble": {"number": number, "text": str(error)}}
                return {"heard": heard}
            case {"do": "hand in", "exam": str(exam)}:
                self._desk.hand_in(exam)
        return {}

    def _now(self) -> Shown:
        return for_page(self._desk)


def for_page(desk: Desk) -> Shown:
    """The view of an exam as the script reads it: flat, with its texts as HTML."""
    seen = view(desk)
    questions = [_question(one) for one in seen.questions]
    shown: Shown = {**vars(seen), "title": TITLE, "rules": rules(), "questions": questions}
    del shown["report"]
    if seen.report:
        shown |= {**vars(seen.report), "topics": [vars(score) for score in seen.report.topics]}
        for one, marked in zip(questions, shown.pop("marked"), strict=True):
            one |= {"right": marked.right, "solution": to_html(marked.solution)}
            one["replies"] = _inline(marked.replies)
    return shown


def _question(one: ExamQuestion) -> Shown:
    return {**vars(one), "prompt": to_html(one.prompt), "options": _inline(one.options)}


def _inline(texts: Mapping[str, str]) -> dict[str, str]:
    return {letter: inline(text) for letter, text in texts.items()}
