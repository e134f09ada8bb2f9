"""What a learner may read of a graded notebook: messages and points, no hidden tests; formulas without a network."""

import html
import re
from dataclasses import dataclass
from pathlib import Path

import bleach
import nbgrader
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbconvert.preprocessors import Preprocessor
from nbformat import NotebookNode
from nbgrader import utils
from nbgrader.preprocessors import ClearHiddenTests, GetGrades, NbGraderPreprocessor
from traitlets import List

from scalinglaws.course.exercises import exercises, graded_cells
from scalinglaws.course.markdown import draw_formulas

from .messages import failure_message, visible_text
from .results import Result, decide, judge

# Ours first: it takes nbconvert's MathJax macro, which loads from a CDN, out of nbgrader's own page.
TEMPLATES = (
    str(Path(__file__).parent / "templates"),
    str(Path(nbgrader.__file__).parent / "server_extensions" / "formgrader" / "templates"),
)


class Grades(GetGrades):
    """nbgrader's grades and comments; what still waits for a person's marks has no score, rather than 0."""

    def _get_score(self, cell, resources):
        super()._get_score(cell, resources)
        own = cell.metadata.nbgrader
        grade = self.gradebook.find_grade(
            own["grade_id"], self.notebook_id, self.assignment_id, self.student_id
        )
        if grade.needs_manual_grade and grade.manual_score is None and grade.auto_score is None:
            own["score"] = None
        own["extra"] = grade.extra_credit or 0.0


@dataclass(frozen=True)
class Row:
    """A row of the page's table. score: with a person's marks, None while they are missing; extra: of it,
    what was given on top. comments: the grade_ids of the cells with a comment."""

    result: Result
    name: str
    anchor: str
    score: float | None
    extra: float
    comments: tuple[str, ...]


def rows(notebook: NotebookNode) -> list[Row]:
    """The exercises of a graded notebook that has been through `Grades`, in their order."""
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


class _Step(NbGraderPreprocessor):
    # As GetGrades has it: nbconvert sets it, and would warn of a step that does not know it.
    display_data_priority = List().tag(config=True)


class Summary(_Step):
    """Hands the page its table."""

    def preprocess(self, nb, resources):
        """Add `rows`, `waiting`: the points that a person has yet to give, and `extra`: those on top."""
        resources["rows"] = rows(nb)
        resources["waiting"] = sum(
            r.result.max_points for r in resources["rows"] if r.score is None
        )
        resources["extra"] = sum(row.extra for row in resources["rows"])
        return nb, resources


class HideTests(_Step, ClearHiddenTests):
    """Cut hidden tests out of the feedback page, and the tracebacks that would print them."""

    def preprocess_cell(self, cell, resources, cell_index):
        """Replace each traceback of a locked test cell by its message."""
        if utils.is_grade(cell) and utils.is_locked(cell) and cell.cell_type == "code":
            for output in cell.outputs:
                if output.output_type == "error":
                    output.traceback = [failure_message(output)]
        return super().preprocess_cell(cell, resources, cell_index)


class SafeHtml(Preprocessor):
    """Render what a learner wrote and put out as HTML without scripts, event handlers or anything from elsewhere.

    For the feedback page and for formgrader, where it would run with the marker's rights. Formulas become MathML, which browsers
    draw by themselves.
    """

    def preprocess_cell(self, cell, resources, cell_index):
        """Render a Markdown cell; keep of a code cell's outputs what is harmless."""
        if cell.cell_type == "markdown":
            cell.source = render(cell.source, cell.get("attachments"))
        elif cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if keep_harmless(output)]
        else:
            cell.source = html.escape(cell.source)
        return cell, resources


class RenderComments(_Step):
    """Render what markers wrote about answers, formulas as well. (GetGrades, which runs before, brings the comments.)"""

    def preprocess_cell(self, cell, resources, cell_index):
        """Render one comment."""
        own = cell.metadata.get("nbgrader") or {}
        if own.get("comment"):
            own["comment"] = render(own["comment"])
        return cell, resources


_DROPPED = re.compile(r"<(script|style|iframe|object|svg)\b.*?</\1\s*>", re.DOTALL | re.IGNORECASE)
_TAGS = frozenset(
    [
        "a",
        "abbr",
        "b",
        "blockquote",
        "br",
        "caption",
        "code",
        "col",
        "colgroup",
        "dd",
        "del",
        "details",
        "div",
        "dl",
        "dt",
        "em",
        "figure",
        "figcaption",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "i",
        "img",
        "ins",
        "kbd",
        "li",
        "mark",
        "ol",
        "p",
        "pre",
        "q",
        "s",
        "samp",
        "small",
        "span",
        "strong",
        "sub",
        "summary",
        "sup",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "u",
        "ul",
        "var",
        "math",
        "semantics",
        "mrow",
        "mi",
        "mn",
        "mo",
        "ms",
        "mtext",
        "mspace",
        "msup",
        "msub",
        "msubsup",
        "mfrac",
        "msqrt",
        "mroot",
        "mover",
        "munder",
        "munderover",
        "mtable",
        "mtr",
        "mtd",
        "mstyle",
        "mpadded",
        "mphantom",
        "mfenced",
        "menclose",
        "mmultiscripts",
    ]
)
_ATTRIBUTES = frozenset(
    [
        "alt",
        "title",
        "colspan",
        "rowspan",
        "scope",
        "width",
        "height",
        "open",
        "start",
        "lang",
        "dir",
        "display",
        "mathvariant",
        "stretchy",
        "fence",
        "separator",
        "lspace",
        "rspace",
        "linethickness",
        "columnalign",
        "rowspacing",
        "columnspacing",
        "accent",
        "accentunder",
        "displaystyle",
        "scriptlevel",
        "minsize",
        "maxsize",
        "form",
        "largeop",
        "movablelimits",
        "symmetric",
        "xmlns",
    ]
)
_CLASSES = re.compile(r"(dataframe|highlight|[a-z]{1,2}\d?)( (dataframe|highlight|[a-z]{1,2}\d?))*")


_NO_IMAGE = re.compile(r"<img(?![^>]* src=)[^>]*>")  # what is left of one from elsewhere


def _allowed(tag: str, name: str, value: str) -> bool:
    """Whether an attribute may stay."""
    if name == "href":
        return tag == "a" and bool(re.match(r"(https?://|mailto:|#)", value.strip(), re.IGNORECASE))
    if name == "src":
        return tag == "img" and bool(re.match(r"data:image/(png|jpeg|gif);base64,", value.strip()))
    if name == "class":
        return bool(_CLASSES.fullmatch(value))
    return name in _ATTRIBUTES


def clean(text: str) -> str:
    """HTML with nothing but harmless elements and attributes."""
    cleaned = bleach.clean(
        _DROPPED.sub("", text),
        tags=_TAGS,
        attributes=_allowed,
        protocols={"http", "https", "mailto", "data"},
        strip=True,
    )
    cleaned = _NO_IMAGE.sub("", cleaned)
    # pandas' empty headers say nothing to a screen reader
    return cleaned.replace("<th></th>", "<td></td>")


def render(markdown: str, attachments: dict | None = None) -> str:
    """Markdown as harmless HTML in one line: a second Markdown renderer, such as nbgrader's templates hold, leaves that alone."""
    renderer = IPythonRenderer(
        escape=False, attachments=attachments or {}, exclude_anchor_links=True
    )
    text = clean(MarkdownWithMath(renderer=renderer).render(draw_formulas(markdown)))
    return "<div>" + text.replace("\n", "&#10;") + "</div>"


def keep_harmless(output: dict) -> bool:
    """Clean an output in place; False if nothing of it may be shown."""
    if output.output_type == "stream":
        output.text = visible_text(_text(output.text))
        return True
    if output.output_type == "error":
        output.traceback = [visible_text(line) for line in output.traceback]
        output.ename, output.evalue = visible_text(output.ename), visible_text(output.evalue)
        return True
    data = output.data
    if "text/markdown" in data:
        data["text/html"] = render(_text(data.pop("text/markdown")))
    elif "text/html" in data:
        data["text/html"] = clean(_text(data["text/html"]))
    for mime in set(data) - {"text/html", "text/plain", "image/png", "image/jpeg", "text/latex"}:
        del data[mime]
    for mime in {"image/png", "image/jpeg"} & set(data):
        data[mime] = re.sub(r"[^A-Za-z0-9+/=]", "", _text(data[mime]))
    for mime in {"text/html", "text/plain", "text/latex"} & set(data):
        data[mime] = visible_text(_text(data[mime]))
    output.metadata = {}
    return bool(data)


def _text(value: str | list) -> str:
    return value if isinstance(value, str) else "".join(value)
