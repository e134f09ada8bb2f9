"""The glossary as pop-ups: a term's first mention on a page opens its definition."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from .text import plain_text, render


@dataclass(frozen=True)
class Term:
    """An entry of the glossary: the words for it, its anchor, and its definition as HTML."""

    names: tuple[str, ...]
    anchor: str
    html: str


# Words too common to have a pop-up.
_COMMON = {"token", "parameter", "loss", "seed", "exponent", "schedule"}


def terms(markdown: str) -> list[Term]:
    """The entries of the glossary's text: paragraphs that begin with a bold term."""
    found = []
    for title, text in re.findall(r"^\*\*(.+?)\.\*\* (.+)$", markdown, re.M):
        names = tuple(name.strip() for name in title.split(","))
        anchor = "term-" + re.sub(r"\W+", "-", names[0].lower()).strip("-")
        html = render(f"**{title}.** {text}", "source/glossary.md").html.strip()
        found.append(Term(names, anchor, html.removeprefix("<p>").removesuffix("</p>")))
    return found


def definitions(found: Sequence[Term]) -> dict[str, str]:
    """{anchor: definition as HTML}, for the pop-ups."""
    return {term.anchor: term.html for term in found}


def with_anchors(html: str, found: Sequence[Term]) -> str:
    """The glossary's page, with an anchor at each entry."""
    for term in found:
        title = f"<p><strong>{escape(', '.join(term.names))}.</strong>"
        html = html.replace(title, f'<p id="{term.anchor}"{title[2:]}', 1)
    return html


_TAG = re.compile(r"(<[^>]+>)")
_CLOSED = {"a", "button", "code", "details", "form", "h1", "h2", "h3", "h4", "math", "pre", "svg", "table"}  # fmt: skip


def mark_terms(html: str, found: Sequence[Term]) -> str:
    """The first mention of each term in running text becomes a link with a pop-up."""
    waiting = {
        name.lower(): term for term in found for name in term.names if name.lower() not in _COMMON
    }
    depth: list[str] = []
    parts = _TAG.split(html)
    for place, part in enumerate(parts):
        if part.startswith("<"):
            tag = re.match(r"</?(\w+)", part)
            name = tag[1].lower() if tag else ""
            if name in _CLOSED and not part.startswith("</"):
                depth.append(name)
            elif part.startswith("</") and name in depth:
                while depth.pop() != name:
                    pass
        elif not depth and waiting and part.strip():
            parts[place] = _marked(part, waiting)
    return "".join(parts)


def _marked(text: str, waiting: dict[str, Term]) -> str:
    names = "|".join(re.escape(name) for name in sorted(waiting, key=len, reverse=True))
    pattern = re.compile(rf"(?<![\w-])({names})(?:s)?(?![\w-])", re.IGNORECASE)

    def link(match: re.Match[str]) -> str:
        term = waiting.get(match[1].lower())
        if term is None:
            return match[0]
        for name in term.names:
            waiting.pop(name.lower(), None)
        return (
            f'<a class="term" data-term="{term.anchor}" href="glossary.html#{term.anchor}">'
            f"{match[0]}</a>"
        )

    return pattern.sub(link, text)


def summary(term: Term) -> str:
    """A definition as plain text."""
    return plain_text(term.html)
