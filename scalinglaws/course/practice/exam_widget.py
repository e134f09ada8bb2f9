"""The exam in JupyterLab: `exam.js` draws what `exam_view` says, and sends each answer as it is given."""

from typing import Any

import anywidget
import traitlets

from scalinglaws.course.markdown import to_html
from scalinglaws.errors import CourseError

from .exam import Desk
from .exam_view import view
from .widget import STYLE, inline, script


class ExamPage(anywidget.AnyWidget):
    """An exam on the page. shown: what the page may know, and nothing else."""

    _esm = script("exam.js")
    _css = STYLE
    shown = traitlets.Dict().tag(sync=True)

    def __init__(self, desk: Desk):
        super().__init__()
        self._desk = desk
        self._serial = 0
        self.on_msg(lambda _, message, __: self.act(message))
        self._show()

    def act(self, message: dict[str, Any]) -> None:
        """Do what the learner asked for, and show what has become of it."""
        problem, trouble, heard = "", None, None
        try:
            match message:
                case {"do": "start", "pace": str(pace)}:
                    self._desk.start(pace)
                case {"do": "answer", "exam": str(exam), "number": int(number), "answer": str(a)}:
                    heard = {"number": number, "answer": a}
                    try:
                        self._desk.answer(exam, number, a)
                    except CourseError as error:
                        trouble = {"number": number, "text": str(error)}
                case {"do": "hand in", "exam": str(exam)}:
                    self._desk.hand_in(exam)
        except CourseError as error:
            problem = str(error)
        self._show(problem, trouble, heard)

    def _show(
        self,
        problem: str = "",
        trouble: dict[str, Any] | None = None,
        heard: dict[str, Any] | None = None,
    ) -> None:
        """heard: the answer that this view is the first to know of."""
        self._serial += 1
        said = {"problem": problem, "trouble": trouble, "heard": heard, "serial": self._serial}
        try:
            self.shown = {**for_page(self._desk), **said}
        except CourseError as error:
            self.shown = {**self.shown, **said, "problem": str(error)}


def for_page(desk: Desk) -> dict[str, Any]:
    """The view of an exam with its texts as HTML."""
    shown = view(desk)
    for one in shown["questions"]:
        one["prompt"] = to_html(one["prompt"])
        for key in ("options", "replies"):
            one[key] = {letter: inline(text) for letter, text in one.get(key, {}).items()}
        if "solution" in one:
            one["solution"] = to_html(one["solution"])
    return shown
