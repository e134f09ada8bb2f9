"""The course's Markdown as HTML for the site: headings with anchors, links between pages,
highlighted code.
"""

import re
import unicodedata
from dataclasses import dataclass, field
from html import escape, unescape
from pathlib import PurePosixPath
from typing import Any
from xml.etree import ElementTree

import mistune
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

from scalinglaws.course.markdown import with_formulas

# Files of the repository, and the pages that they become. A link to any other file, except
# notebooks, is shown as plain text.
PAGES = {
    "README.md": "readme.html",
    "data/README.md": "data.html",
    "docs/findings.md": "findings.html",
    "docs/grading.md": "grading.html",
    "docs/hub.md": "hub.html",
    "docs/learning.md": "learning.html",
    "docs/reference.md": "reference.html",
    "docs/semester.md": "semester.html",
    "docs/teaching.md": "teaching.html",
    "docs/which_fit.md": "which_fit.html",
    "source/glossary.md": "glossary.html",
    "source/references.md": "references.html",
    "CITATION.cff": "cite.html",
}


@dataclass(frozen=True)
class Heading:
    """A heading of a page: its level (2 is a chapter's section), its anchor and its text."""

    level: int
    anchor: str
    text: str


@dataclass
class Document:
    """A text as HTML, with its headings and its pictures (paths in the repository)."""

    html: str
    headings: list[Heading] = field(default_factory=list)
    pictures: set[str] = field(default_factory=set)


def anchor_of(text: str, taken: set[str]) -> str:
    """A unique anchor made from a heading's words, in GitHub's way."""
    plain = unicodedata.normalize("NFKC", text).lower()
    words = re.sub(r"[^\w\s-]", "", plain).strip()
    wanted = anchor = re.sub(r"\s", "-", words) or "section"
    number = 1
    while anchor in taken:
        anchor, number = f"{wanted}-{number}", number + 1
    taken.add(anchor)
    return anchor


def plain_text(html: str) -> str:
    """The text of a piece of HTML; a formula gives its letters."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html))).strip()


def code_html(code: str, language: str = "python") -> str:
    """Code, highlighted by Pygments' classes; it scrolls, also by keyboard."""
    try:
        lexer = get_lexer_by_name(language or "text", stripnl=False)
    except ClassNotFound:
        lexer = get_lexer_by_name("text")
    inner = highlight(code.rstrip("\n"), lexer, HtmlFormatter(nowrap=True))
    return f'<pre class="code" tabindex="0" role="group" aria-label="code"><code>{inner}</code></pre>\n'


def scrolling(table: str, label: str = "table") -> str:
    """A table in a box that scrolls sideways, also by keyboard."""
    return f'<div class="scroll" tabindex="0" role="group" aria-label="{label}">{table}</div>\n'


class _Renderer(mistune.HTMLRenderer):
    """Mistune's HTML, with anchors, our links, and highlighted code."""

    def __init__(self, file: str, document: Document, taken: set[str]):
        super().__init__(escape=False)
        self._file, self._document, self._taken = file, document, taken

    def heading(self, text: str, level: int, **attributes: Any) -> str:
        anchor = anchor_of(plain_text(text), self._taken)
        self._document.headings.append(Heading(level, anchor, plain_text(text)))
        if level == 1:
            return f'<h1 id="{anchor}">{text}</h1>\n'
        link = f'<a class="anchor" href="#{anchor}" aria-label="Link to this section">#</a>'
        return f'<h{level} id="{anchor}">{text}{link}</h{level}>\n'

    def block_code(self, code: str, info: str | None = None) -> str:
        return code_html(code, (info or "text").split()[0])

    def link(self, text: str, url: str, title: str | None = None) -> str:
        target = self._target(url)
        return text if target is None else f'<a href="{escape(target)}">{text}</a>'

    def _target(self, url: str) -> str | None:
        """The page of the site for a link in the repository; None if the site has no such page."""
        if re.match(r"(https?:|mailto:|#)", url):
            return url
        path, mark, anchor = url.partition("#")
        name = PurePosixPath(path)
        if name.suffix == ".ipynb":
            return f"{name.stem}.html{mark}{anchor}"
        found = PAGES.get(_joined(self._file, path))
        return found and found + mark + anchor

    def image(self, text: str, url: str, title: str | None = None) -> str:
        path = _joined(self._file, url)
        self._document.pictures.add(path)
        return (
            f'<img class="figure" loading="lazy" alt="{escape(plain_text(text))}" '
            f'src="{picture_name(path)}">'
        )


def picture_name(path: str) -> str:
    """The path on the site of a picture in the repository."""
    return "figures/" + "-".join(PurePosixPath(path).parts[-2:])


def _joined(file: str, url: str) -> str:
    """The path that a relative link in `file` leads to."""
    parts: list[str] = []
    for part in (*PurePosixPath(file).parent.parts, *PurePosixPath(url).parts):
        if part == "..":
            parts = parts[:-1]
        else:
            parts.append(part)
    return "/".join(parts)


def render(markdown: str, file: str, taken: set[str] | None = None) -> Document:
    """Markdown as HTML.

    HTML in it is kept, because it is the course's own. file: the path of the text in the
    repository, for its links. taken: the anchors that the page already has.
    """
    document = Document("")
    renderer = _Renderer(file, document, set() if taken is None else taken)
    parse = mistune.create_markdown(renderer=renderer, plugins=["table"])
    page = with_formulas(re.sub(r"<!--.*?-->", "", markdown, flags=re.S), lambda t: str(parse(t)))
    page = re.sub(r"<table>.*?</table>", lambda match: scrolling(match[0]), page, flags=re.S)
    page = re.sub(r"<td[^>]*>[^<]*</td>", _unbroken, page)
    page = re.sub(r'<math [^>]*display="block".*?</math>', _side_by_side, page, flags=re.S)
    page = page.replace("<th></th>", "<td></td>")  # an empty header says nothing to a screen reader
    document.html = re.sub(r"[●○]{3}", _level, page)
    return document


def _unbroken(cell: re.Match[str]) -> str:
    """A table cell in which no line breaks between a number and its %."""
    return re.sub(r"(?<=\d) (?=%)", "\u00a0", cell[0])


def _side_by_side(formula: re.Match[str]) -> str:
    """A displayed formula that \\quad parts, as formulas that a narrow page puts below each other."""
    (row,) = list(ElementTree.fromstring(formula[0].replace(" xmlns=", " data-xmlns="))) or [None]
    parts: list[list[str]] = [[]]
    for part in row if row is not None and row.tag == "mrow" else ():
        if part.tag == "mspace" and part.get("width") in ("1em", "2em"):
            parts.append([])
        else:
            parts[-1].append(ElementTree.tostring(part, encoding="unicode"))
    parts = [part for part in parts if part]
    if len(parts) < 2:
        return formula[0]
    start = formula[0][: formula[0].index(">") + 1]
    made = (f"{start}<mrow>{''.join(part)}</mrow></math>" for part in parts)
    return f'<div class="formulas">{"".join(made)}</div>'


def _level(match: re.Match[str]) -> str:
    filled = match[0].count("●")
    return f'<span role="img" aria-label="level {filled} of 3">{match[0]}</span>'
