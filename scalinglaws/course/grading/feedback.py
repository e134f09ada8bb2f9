"""The part of a graded notebook that a learner may read: messages and points, no hidden tests;
formulas without a network.
"""

import html
import re
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbgrader
from nbconvert.exporters import HTMLExporter
from nbconvert.preprocessors import Preprocessor
from nbformat import NotebookNode
from nbgrader import utils
from nbgrader.preprocessors import ClearHiddenTests, GetGrades, NbGraderPreprocessor
from traitlets import List
from traitlets.config import Config

from scalinglaws.colours import page_css
from scalinglaws.course.exercises import exercises, graded_cells

from .messages import failure_message, visible_text
from .rendering import Kind, shared_renderer
from .results import Result, automatic_comment, decide, judge

# Ours comes first: it removes nbconvert's MathJax macro, which loads from a CDN, from nbgrader's
# page.
TEMPLATES = (
    str(Path(__file__).parent / "templates"),
    str(Path(nbgrader.__file__).parent / "server_extensions" / "formgrader" / "templates"),
)


class Grades(GetGrades):
    """nbgrader's grades and comments; an answer that a person has yet to mark has no score, rather
    than 0.
    """

    def _get_score(self, cell, resources):
        super()._get_score(cell, resources)
        own = cell.metadata.nbgrader
        grade: Any = self.gradebook.find_grade(
            own["grade_id"], self.notebook_id, self.assignment_id, self.student_id
        )
        if grade.needs_manual_grade and grade.manual_score is None and grade.auto_score is None:
            own["score"] = None
        own["extra"] = grade.extra_credit or 0.0


class _Step(NbGraderPreprocessor):
    # As in GetGrades: nbconvert sets it, and would warn about a step without it.
    display_data_priority = List().tag(config=True)


class OwnGrades(_Step):
    """Replaces `Grades` if there is no gradebook: only the automatic points."""

    def preprocess(self, nb, resources):
        """Record the score and points of each graded cell, and in `resources` those of the
        notebook.
        """
        tests = judge(nb)
        for name, cell in graded_cells(nb).items():
            own = cell.metadata.nbgrader
            if test := tests.get(name):
                own.update(score=test.points, points=test.most, extra=0.0)
            if utils.is_solution(cell):
                own["comment"] = automatic_comment(cell)
        resources["nbgrader"].update(
            score=sum(test.points or 0.0 for test in tests.values()),
            max_score=sum(test.most for test in tests.values()),
            late_penalty=0.0,
        )
        return nb, resources


def page(notebook: NotebookNode, config: Config, name: str, student: str) -> str:
    """The feedback page of a graded notebook, by the course's settings, without a gradebook."""
    steps = [OwnGrades if s is Grades else s for s in config.GenerateFeedback.preprocessors]
    chosen = deepcopy(config)
    chosen.HTMLExporter.setdefault("template_name", "feedback")
    exporter = HTMLExporter(config=chosen)
    for step in steps:
        exporter.register_preprocessor(step)
    about = {"notebook": name, "assignment": name, "student": student}
    resources = {"nbgrader": about, "metadata": {"name": name}}
    html_text, _ = exporter.from_notebook_node(notebook, resources)
    return html_text


@dataclass(frozen=True)
class Row:
    """A row of the page's table. score: including a person's marks, None while they are missing;
    extra: the extra credit in it. comments: the grade_ids of the cells with a comment.
    """

    result: Result
    name: str
    anchor: str
    score: float | None
    extra: float
    comments: tuple[str, ...]


def rows(notebook: NotebookNode) -> list[Row]:
    """The exercises of a graded notebook after `Grades`, in order."""
    tests, cells, found = judge(notebook), graded_cells(notebook), []
    for exercise in exercises(notebook):
        if not exercise.tests:
            continue
        own = [cells[name].metadata.nbgrader for name in exercise.tests]
        scores = [about["score"] for about in own]
        numbered = exercise.number not in exercise.tests
        parts = (f"Exercise {exercise.number}", exercise.title) if numbered else (exercise.number,)
        commented = (
            name
            for name in dict.fromkeys([*exercise.answers, *exercise.tests])
            if cells[name].metadata.nbgrader.get("comment")
        )
        found.append(
            Row(
                decide(exercise, tests),
                ": ".join(filter(None, parts)),
                exercise.tests[0],
                None if None in scores else sum(scores),
                sum(about.get("extra", 0.0) for about in own),
                tuple(commented),
            )
        )
    return found


class Summary(_Step):
    """Gives the page its table."""

    def preprocess(self, nb, resources):
        """Add `rows`, `waiting`: the points that a person has yet to give, and `extra`: the extra
        credit.
        """
        resources["rows"] = rows(nb)
        resources["waiting"] = sum(
            r.result.max_points for r in resources["rows"] if r.score is None
        )
        resources["extra"] = sum(row.extra for row in resources["rows"])
        resources["colours"] = page_css('.output img[src^="data:image/png"]')
        return nb, resources


class HideTests(_Step, ClearHiddenTests):
    """Remove hidden tests from the feedback page, and tracebacks that would show them."""

    def preprocess_cell(self, cell, resources, cell_index):  # pyright: ignore[reportIncompatibleMethodOverride]
        """Replace each traceback of a locked test cell by its message."""
        if utils.is_grade(cell) and utils.is_locked(cell) and cell.cell_type == "code":
            for output in cell.outputs:
                if output.output_type == "error":
                    output.traceback = [failure_message(output)]
        return super().preprocess_cell(cell, resources, cell_index)


class SafeHtml(Preprocessor):
    """Render a learner's text and outputs as HTML without scripts, event handlers or external
    content.

    It is used for the feedback page and for formgrader, where scripts would run with the marker's
    rights. Formulas become MathML, which browsers render natively. What cannot be rendered in time
    is shown as plain text.
    """

    _MOST_FAILURES = 4  # per page; after that everything is plain text at once

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self._failed: list[str] = []

    def preprocess(self, nb, resources):
        """Render all cells; log whose page has content that could not be rendered."""
        self._failed = []
        nb, resources = super().preprocess(nb, resources)
        if self._failed:
            about = resources.get("nbgrader") or {}
            who = about.get("student") or resources.get("metadata", {}).get("name", "a notebook")
            self.log.warning(
                "%s: shown as plain text, because they could not be rendered in time: %s",
                visible_text(str(who)), ", ".join(self._failed[:10]),
            )  # fmt: skip
        return nb, resources

    def preprocess_cell(self, cell, resources, index):
        """Render a Markdown cell; keep only harmless outputs of a code cell."""
        name = f"cell {index + 1}"
        if cell.cell_type == "markdown":
            made = self._render(name, "markdown", cell.source, cell.get("attachments"))
            cell.source = plain_html(cell.source) if made is None else made
        elif cell.cell_type == "code":
            cell.outputs = [o for o in cell.outputs if self._keep_harmless(name, o)]
            if len(cell.source) > _QUICK and self._render(name, "code", cell.source) is None:
                cell.source = cell.source[:_QUICK] + "\n# ... (the rest is not shown)"
        else:
            cell.source = html.escape(cell.source)
        return cell, resources

    def _render(
        self, name: str, kind: Kind, text: str, attachments: dict[str, Any] | None = None
    ) -> str | None:
        made = None
        if len(self._failed) < self._MOST_FAILURES:
            made = shared_renderer().render(kind, text, attachments)
        if made is None:
            self._failed.append(name)
        return made

    def _keep_harmless(self, name: str, output: NotebookNode) -> bool:
        """Clean an output in place; False if none of it may be shown."""
        if output.output_type == "stream":
            output.text = visible_text(_text(output.text))
            return True
        if output.output_type == "error":
            output.traceback = [visible_text(line) for line in output.traceback]
            output.ename, output.evalue = visible_text(output.ename), visible_text(output.evalue)
            return True
        data = output.data
        kinds: tuple[tuple[str, Kind], ...] = (("text/markdown", "markdown"), ("text/html", "html"))
        for mime, kind in kinds:
            if mime not in data:
                continue
            text = _text(data.pop(mime))
            if (made := self._render(name, kind, text)) is not None:
                data["text/html"] = made
            elif not {"text/plain", "image/png", "image/jpeg"} & set(data):
                data["text/plain"] = f"(an output of {len(text):,} characters is not shown)"
            break
        for mime in set(data) - {
            "text/html",
            "text/plain",
            "image/png",
            "image/jpeg",
            "text/latex",
        }:
            del data[mime]
        for mime in {"image/png", "image/jpeg"} & set(data):
            data[mime] = re.sub(r"[^A-Za-z0-9+/=]", "", _text(data[mime]))
        for mime in {"text/html", "text/plain", "text/latex"} & set(data):
            data[mime] = visible_text(_text(data[mime]))
        output.metadata = NotebookNode()
        return bool(data)


class RenderComments(_Step):
    """Render markers' comments, including formulas.

    (GetGrades, which runs before, adds the comments.)
    """

    def preprocess_cell(self, cell, resources, index):
        """Render one comment."""
        own = cell.metadata.get("nbgrader") or {}
        if own.get("comment"):
            made = shared_renderer().render("markdown", own["comment"])
            own["comment"] = plain_html(own["comment"]) if made is None else made
        return cell, resources


_QUICK = 5_000  # characters of code that are highlighted without a time limit
_SHOWN = 20_000  # characters of a text that could not be rendered


def plain_html(text: str) -> str:
    """A text as typed, as HTML in one line."""
    cut = "\n... (the rest is not shown)" if len(text) > _SHOWN else ""
    shown = html.escape(visible_text(text[:_SHOWN]) + cut)
    return "<div><pre>" + shown.replace("\n", "&#10;") + "</pre></div>"


def _text(value: str | list[str]) -> str:
    return value if isinstance(value, str) else "".join(value)
