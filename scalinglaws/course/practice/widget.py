"""The challenge and practice in JupyterLab: `page.js` draws the state from Python, and sends the
learner's actions back.

All marking and the clock are in Python. The page gets the question as HTML with MathML (no script,
no network), and an explanation only once it is due. It is an anywidget because ipywidgets' own
parts cannot group radio buttons under a question, show formulas in options, keep the keyboard
focus, or count down without Python.
"""

import base64
from pathlib import Path
from typing import Any, ClassVar

import anywidget
import traitlets

from scalinglaws.colours import css_rules
from scalinglaws.course.ideas import IDEAS
from scalinglaws.course.learner.events import student_of
from scalinglaws.course.markdown import to_html
from scalinglaws.errors import CourseError

from .badge import Badge
from .mistakes import Mistake
from .options import from_shown
from .sitting import LEVELS, Challenge, Practice, Sitting, rules
from .view import Problem, view

_HERE = Path(__file__).parent


def script(name: str) -> str:
    """A page's script, after the code that the pages share."""
    return "\n".join((_HERE / part).read_text("utf-8") for part in ("element.js", name))


Shown = dict[str, Any]  # JSON for a script, and the part of it that is saved in the notebook

STYLE = css_rules(".slp") + (_HERE / "page.css").read_text("utf-8")


class Drawn(anywidget.AnyWidget):
    """A widget drawn by one of our scripts. shown: only what the page may know."""

    _quiet: ClassVar[Shown] = {"problem": ""}  # the one-time message, if there is none
    _css = STYLE
    shown = traitlets.Dict().tag(sync=True)

    def __init__(self) -> None:
        super().__init__()
        self._serial = 0
        self.on_msg(lambda _, message, __: self.act(message))
        self._show({})

    def act(self, message: dict[str, Any]) -> None:
        """Carry out the learner's action, and show the new state."""
        try:
            said = self._do(message)
        except CourseError as error:
            said = {"problem": str(error)}
        self._show(said)

    def _show(self, said: Shown) -> None:
        self._serial += 1
        try:
            state = {**self._quiet, **self._now()}
        except CourseError as error:
            state, said = {**self.shown, **self._quiet}, {**said, "problem": str(error)}
        self.shown = {**state, **said, "serial": self._serial}

    def _do(self, message: dict[str, Any]) -> Shown:
        """Carry it out. Returns what to show once; raises CourseError for an impossible action."""
        raise NotImplementedError

    def _now(self) -> Shown:
        """The state, as the script needs it."""
        raise NotImplementedError


class Page(Drawn):
    """A sitting on the page."""

    _esm = script("page.js")

    def __init__(self, sitting: Sitting):
        self._sitting = sitting
        super().__init__()

    def _do(self, message: dict[str, Any]) -> Shown:
        sitting = self._sitting
        if isinstance(sitting, Challenge) and message.get("do") != "start":
            sitting.refresh()
        match message:
            case {"do": "start"} if isinstance(sitting, Challenge):
                wanted = {key: str(message.get(key, "")) for key in ("topic", "level", "name")}
                sitting.start(pace=str(message.get("pace", "timed")), **wanted)
            case {"do": "answer", "answer": answer, "attempt": int(attempt), "put": int(put)}:
                if put == len(sitting.turns()):  # otherwise another tab has moved on
                    sitting.answer(str(answer), attempt, from_shown)
            case {"do": "next", "put": int(put)}:
                if sitting.next(after=put) is None:
                    raise CourseError(f"Nothing more is due or new here. {sitting.comes_back()}")
            case {"do": "hint"}:
                sitting.hint()
            case {"do": "judge", "verdict": str(verdict)}:
                sitting.judge(verdict)
            case {"do": "give up"}:
                sitting.give_up()
        return {}

    def _now(self) -> Shown:
        shown = for_page(self._sitting)
        return {**shown, "problem": shown.get("badge_problem", "")}


def for_page(sitting: Sitting) -> Shown:
    """The view of a sitting as the script reads it: flat, with its texts as HTML."""
    seen = view(sitting)
    shown: Shown = {
        "mode": "practice" if isinstance(sitting, Practice) else "challenge",
        "title": seen.title,
        "phase": seen.phase,
        "put": seen.put,
        "counts": seen.counts,
        "mistakes": [_mistake(mistake) for mistake in seen.mistakes],
    }
    if seen.problem:
        shown |= _problem(seen.problem)
    if seen.round:
        shown |= {**vars(seen.round), "badge": seen.round.badge and _badge(seen.round.badge)}
        shown["results"] = [vars(result) for result in seen.round.results]
    if isinstance(sitting, Challenge):
        shown["rules"] = rules()
        shown["topics"] = {"": "The five problems", **{i.id: i.name for i in IDEAS.values()}}
        shown["levels"] = ["", *LEVELS]
        name = sitting.round.name if sitting.round else student_of(sitting.progress)
        shown["name"] = name
    return shown


def _problem(problem: Problem) -> Shown:
    shown = {
        **vars(problem),
        "prompt": to_html(problem.prompt),
        "solution": to_html(problem.solution) if problem.solution else "",
    }
    for key, texts in (("options", problem.options), ("others", problem.others)):
        shown[key] = {letter: inline(text) for letter, text in texts.items()}
    for key, texts in (("hints", problem.hints), ("references", problem.references)):
        shown[key] = [inline(text) for text in texts]
    if problem.reply:
        shown["reply"] = {"right": problem.reply.right, "text": to_html(problem.reply.text)}
    return shown


def _mistake(mistake: Mistake) -> Shown:
    texts = {**vars(mistake), "at": f"{mistake.at:%Y-%m-%d}"}
    return {key: to_html(text) for key, text in texts.items()} | {"question": mistake.question}


def _badge(badge: Badge) -> Shown:
    picture = base64.b64encode(badge.file.read_bytes()).decode()
    return {
        "alt": badge.alt,
        "picture": f"data:image/png;base64,{picture}",
        "file": f"{badge.file.parent.name}/{badge.file.name}",
    }


def inline(text: str) -> str:
    """A text of one paragraph without its <p>."""
    html = to_html(text)
    if html.startswith("<p>") and html.endswith("</p>") and html.count("<p>") == 1:
        return html[3:-4]
    return html
