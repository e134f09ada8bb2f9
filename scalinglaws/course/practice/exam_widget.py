"""The exam in JupyterLab: `exam.js` draws the state from `exam_view`, and sends each answer as it
is given.
"""

from typing import Any, ClassVar

from scalinglaws.course.markdown import to_html
from scalinglaws.errors import CourseError

from .exam import Desk
from .exam_view import view
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
    """The view of an exam with its texts as HTML."""
    shown = view(desk)
    for one in shown["questions"]:
        one["prompt"] = to_html(one["prompt"])
        for key in ("options", "replies"):
            one[key] = {letter: inline(text) for letter, text in one.get(key, {}).items()}
        if "solution" in one:
            one["solution"] = to_html(one["solution"])
    return shown
