"""Notebooks as chapters, made from executed notebooks of release/, so that no solution can be in
one.

A released notebook has no solution and no hidden test, so its outputs have none either. A cell that
needs a learner's answers fails (its tag allows that), and the chapter says so in its place. Tests
are left out, and the answer cell of a bank question becomes a form.
"""

import base64
import functools
import hashlib
import re
import struct
from dataclasses import dataclass, field
from html import escape, unescape
from pathlib import Path

import nbformat

from scalinglaws.course.exercises import is_grade, is_solution, read_notebook
from scalinglaws.course.questions import bank, seal

from .text import Heading, code_html, plain_text, render, scrolling

WORDS_PER_MINUTE = 180

_MATERIAL = ("data/runs", "data/curves", "data/models", "scalinglaws")


@dataclass
class Chapter:
    """A notebook as a page: its HTML, headings, pictures {path on the site: PNG}, questions, and minutes to read it."""

    name: str
    title: str
    promise: str = ""
    html: str = ""
    headings: list[Heading] = field(default_factory=list)
    pictures: dict[str, bytes] = field(default_factory=dict)
    questions: list[str] = field(default_factory=list)
    minutes: int = 0


def execute(course: Path, assignment: str, cache: Path) -> nbformat.NotebookNode:
    """The released notebook with its outputs; from `cache` if nothing that they depend on has
    changed.
    """
    from nbclient import NotebookClient

    path = course / "release" / assignment / f"{assignment}.ipynb"
    kept = cache / f"{assignment}-{_state(course, path)}.ipynb"
    if not kept.is_file():
        notebook = read_notebook(path)
        NotebookClient(notebook, timeout=600, kernel_name="python3", allow_errors=True).execute()
        cache.mkdir(parents=True, exist_ok=True)
        for old in cache.glob(f"{assignment}-*.ipynb"):
            old.unlink()
        nbformat.write(notebook, kept)
    return nbformat.read(kept, as_version=4)


def _state(course: Path, notebook: Path) -> str:
    """A digest of a notebook and all that its outputs can depend on."""
    return hashlib.sha256(notebook.read_bytes() + _material(course)).hexdigest()[:16]


@functools.cache
def _material(course: Path) -> bytes:
    """A digest of what the outputs of all notebooks can depend on: the data, and the package below the site."""
    digest = hashlib.sha256()
    for folder in _MATERIAL:
        for path in sorted((course / folder).rglob("*")):
            if path.suffix in (".py", ".csv", ".npz", ".json") and "site" not in path.parts:
                digest.update(path.relative_to(course).as_posix().encode() + path.read_bytes())
    return digest.digest()


def chapter(notebook: nbformat.NotebookNode, name: str) -> Chapter:
    """The chapter of an executed released notebook."""
    made, parts, taken = Chapter(name, name), [], set[str]()
    file = f"release/{name}/{name}.ipynb"
    asked = None  # the question that the next answer cell belongs to
    words = 0
    for cell in notebook.cells:
        meta = cell.metadata.get("scalinglaws", {})
        if cell.cell_type == "markdown" and not is_solution(cell):
            question = meta.get("question")
            text = cell.source
            if question:
                entry = seal.find(question)
                shown = bank.as_markdown(entry)  # includes the options, which the form shows here
                text = text.replace(shown, f"{entry.text}\n\n@@{question}@@\n")
                asked = question
            document = render(text, file, taken)
            made.headings += document.headings
            words += len(plain_text(document.html).split())
            parts.append(_with_form(document.html, made))
        elif is_solution(cell):
            if asked is None:
                parts.append(_your_turn(cell))
            asked = None
        elif (
            not is_grade(cell) and asked is None
        ):  # the site has no individual numbers or order of options
            parts.append(_given(cell, made))
    made.html = "\n".join(parts)
    if first := next((h for h in made.headings if h.level == 1), None):
        made.title = first.text
    if found := re.search(r"<p><strong>(.*?)</strong></p>", made.html, re.S):
        made.promise = found[1]
    made.minutes = max(1, round(words / WORDS_PER_MINUTE))
    return made


def _with_form(html: str, made: Chapter) -> str:
    """Replace a placeholder by its form."""

    def put(match: re.Match[str]) -> str:
        made.questions.append(match[1])
        return question_form(match[1])

    return re.sub(r"<p>@@([\w.]+)@@</p>", put, html)


def question_form(question: str) -> str:
    """A question as a form.

    Its replies are sealed (`questions.js`); the page contains none in plain text.
    """
    entry = seal.find(question)
    kind = entry.form
    ident = question.replace(".", "-")
    if kind in ("option", "options", "truth"):
        many = kind == "options"
        legend = {"options": "Choose all that are right", "truth": "True or false?"}.get(
            kind, "Choose one"
        )
        rows = [f"<legend>{legend}</legend>"]
        for letter, text in entry.options.items():
            label = render(str(text), "").html.strip()
            label = re.sub(r"^<p>(.*)</p>$", r"\1", label, flags=re.S)
            mark = "" if kind == "truth" else f"<b>{letter}.</b> "
            rows.append(
                f'<label class="option"><input type="{"checkbox" if many else "radio"}" name="{ident}" '
                f'value="{letter}">{mark}<span>{label}</span></label>'
            )
        field = f"<fieldset>{''.join(rows)}</fieldset>"
    else:
        unit = f", in {escape(entry.unit)}" if entry.unit else ""
        what = {"number": f"Your answer: a number{unit} (arithmetic is fine)"}.get(
            kind, "What is printed"
        )
        field = (
            f'<label class="field">{what} <input type="text" name="{ident}" autocomplete="off" '
            'autocapitalize="off" spellcheck="false"></label>'
        )
    return (
        f'<form class="quiz" data-question="{question}" data-form="{kind}">{field}'
        '<p class="row"><button type="submit">Answer</button></p>'
        '<div class="reply" tabindex="-1" aria-live="polite" hidden></div>'
        "<noscript><p>The answers are checked by a script in the page.</p></noscript></form>"
    )


def _your_turn(cell: nbformat.NotebookNode) -> str:
    """A cell that the learner fills in, as released."""
    if cell.cell_type == "markdown":
        return '<div class="turn"><p class="tag">Your turn: a written answer, in your copy of the notebook</p></div>'
    return (
        '<div class="turn"><p class="tag">Your turn: your copy of the notebook checks this cell</p>'
        f"{code_html(cell.source)}</div>"
    )


def _given(cell: nbformat.NotebookNode, made: Chapter) -> str:
    """A cell of the course, with its outputs."""
    code = code_html(cell.source)
    if cell.metadata.get("jupyter", {}).get("source_hidden"):
        draws = "sl.show" in cell.source or "explore" in cell.source
        what = "Code of this figure" if draws else "Code"
        code = f'<details class="folded"><summary>{what}</summary>{code}</details>'
    if "raises-exception" in cell.metadata.get("tags", []):
        return (
            f'{code}<p class="yours">This cell continues with your answers: run it in your copy to see '
            "its output.</p>"
        )
    shown = "".join(_output(output, made) for output in cell.get("outputs", ()))
    return f"{code}{shown}"


def _output(output: nbformat.NotebookNode, made: Chapter) -> str:
    if output.output_type == "stream":
        return _printed(output.text) if output.name == "stdout" else ""
    data = output.get("data", {})
    if "text/html" in data:
        return _html_output("".join(data["text/html"]), made)
    if "image/png" in data:
        return _picture(data["image/png"], "A figure of this notebook", made)
    text = "".join(data.get("text/plain", ""))
    # The repr of matplotlib's objects is of no use to a reader.
    return "" if not text or re.match(r"<(Figure|Axes|matplotlib)", text) else _printed(text)


def _printed(text: str) -> str:
    return f'<pre class="output" tabindex="0" role="group" aria-label="output">{escape(text.rstrip())}</pre>'


def _html_output(html: str, made: Chapter) -> str:
    html = re.sub(r"<(style|script)\b.*?</\1>", "", html, flags=re.S)

    def picture(match: re.Match[str]) -> str:
        png = re.search(r'src="data:image/png;base64,([^"]+)"', match[0])
        if not png:
            return match[0]
        alt = re.search(r'alt="([^"]*)"', match[0])
        width = re.search(r'width="(\d+)"', match[0])
        return _picture(png[1], unescape(alt[1]) if alt else "", made, width and int(width[1]))

    html = re.sub(r"<img\b[^>]*>", picture, html)
    html = html.replace("<th></th>", "<td></td>").replace(' border="1"', "")
    html = re.sub(r"<table.*?</table>", lambda match: scrolling(match[0]), html, flags=re.S)
    return f'<div class="result">{html}</div>'


def _picture(data: str, alt: str, made: Chapter, width: int | None = None) -> str:
    """A picture in its own file, with its size given, so that the page does not jump."""
    png = base64.b64decode(data)
    across, down = struct.unpack(">II", png[16:24])
    width = width or across // 2
    path = f"figures/{made.name}-{len(made.pictures) + 1}.png"
    made.pictures[path] = png
    return (
        f'<img class="figure" loading="lazy" alt="{escape(alt)}" width="{width}" '
        f'height="{round(width * down / across)}" src="{path}">'
    )
