"""From the files of a package to clean paragraphs of ASCII text, without duplicates.

Every function is pure and depends on nothing but its input, so the same packages give the same
corpus, byte for byte, on every machine.
"""

import html
import json
import re
import zlib
from collections.abc import Iterable, Iterator

# Typographic characters with an ASCII equivalent; all others are dropped.
_TO_ASCII = str.maketrans(
    {
        "\u2018": "'",
        "\u2019": "'",
        "\u201c": '"',
        "\u201d": '"',
        "\u2013": "-",
        "\u2014": "-",
        "\u2026": "...",
        "\u00a0": " ",
        "\r": None,
    }
)


def to_ascii(text: str) -> str:
    """`text` with plain quotes and dashes; characters outside ASCII, and NUL, are dropped."""
    return text.translate(_TO_ASCII).encode("ascii", "ignore").decode().replace("\0", "")


# ---------------------------------------------------------------------------------------- prose


def _is_prose(paragraph: str) -> bool:
    """Whether a paragraph reads like a sentence: six words or more, mostly letters, a full stop."""
    letters = sum(character.isalpha() or character == " " for character in paragraph)
    return (
        paragraph.count(" ") >= 5 and paragraph[-1] in ".:!?)" and letters >= 0.88 * len(paragraph)
    )


_ROLE = re.compile(r":[\w:+.-]+:`~?([^`<]*?)(?:\s*<[^`>]*>)?`")
_LINK = re.compile(r"`([^`<]*?)\s*<[^`>]*>`__?")
_MARKS = re.compile(r"``|`_{0,2}|\*{1,2}|(?<=\w)__?(?=[\s.,;:!?)]|$)|\|")
_BULLET = re.compile(r"^(?:[-*+•]|#\.|\d+[.)]|\(\w\))\s+")


def prose_from_rst(source: str) -> Iterator[str]:
    """The running text of a reStructuredText page, one paragraph at a time, without markup.

    Headings, tables, directives, comments and literal blocks are removed; notes and warnings stay.
    """
    skip_deeper_than = None  # the indent of the directive or of the `::` whose body is code
    for block in re.split(r"\n\s*\n", to_ascii(source).expandtabs(4)):
        lines = [line.rstrip() for line in block.strip("\n").split("\n")]
        indent = len(lines[0]) - len(lines[0].lstrip())
        if skip_deeper_than is not None:
            if indent > skip_deeper_than:
                continue
            skip_deeper_than = None
        first = lines[0].strip()
        if first.startswith((".. note::", ".. warning::", ".. admonition::", ".. seealso::")):
            lines[0] = first.split("::", 1)[1]
        elif first.startswith(".. "):
            if "version" not in first:  # the text after `.. versionadded::` is prose
                skip_deeper_than = indent
            continue
        elif first.startswith((">>>", ":", "+-", "==")):  # doctests, fields, tables
            continue
        text = " ".join(line.strip() for line in lines if line.strip())
        if text.endswith("::"):
            skip_deeper_than = indent
            text = text[:-1]
        text = _LINK.sub(r"\1", _ROLE.sub(r"\1", text))
        text = _MARKS.sub("", _BULLET.sub("", text)).strip()
        text = re.sub(r"\s+", " ", text)
        if text and _is_prose(text):
            yield text


_CODE_HTML = re.compile(r"<(pre|table|code-block)\b.*?</\1>", re.S | re.I)
_BREAK_HTML = re.compile(r"</?(?:p|li|ul|ol|br|dd|dt|dl|div|note|important|h\d)\b[^>]*>", re.I)
_TAG = re.compile(r"<[^>]*>")


def prose_from_service_description(source: str) -> Iterator[str]:
    """The documentation strings (HTML) of a botocore service description (JSON), in file order."""

    def documentation(node) -> Iterator[str]:
        if isinstance(node, dict):
            for key, value in node.items():
                if key == "documentation" and isinstance(value, str):
                    yield value
                else:
                    yield from documentation(value)
        elif isinstance(node, list):
            for value in node:
                yield from documentation(value)

    for text in documentation(json.loads(source)):
        for paragraph in _BREAK_HTML.split(_CODE_HTML.sub(" ", text)):
            plain = to_ascii(html.unescape(_TAG.sub("", paragraph)))
            plain = re.sub(r"\s+", " ", plain).strip()
            if plain and _is_prose(plain):
                yield plain


# ----------------------------------------------------------------------------------------- code

_DOCSTRING = re.compile(
    r"^[ \t]*[rRuUbB]{0,2}(\"\"\"|''')(?:.|\n)*?\1[ \t]*(?:#.*)?$\n?", re.MULTILINE
)


def code_from_python(source: str) -> Iterator[str]:
    """The blocks (separated by blank lines) of a Python file, without docstrings.

    Each four spaces of indentation become one tab, so that a model gains nothing by predicting
    spaces. Blocks of a single line, and blocks that look like data (a line above 160 characters, or
    fewer than 40 % letters), are removed.
    """
    text = _DOCSTRING.sub("", to_ascii(source).expandtabs(4))
    for block in re.split(r"\n\s*\n", text):
        lines = [line.rstrip() for line in block.strip("\n").split("\n") if line.strip()]
        if len(lines) < 2 or max(map(len, lines)) > 160:
            continue
        plain = "\n".join(
            "\t" * ((len(line) - len(line.lstrip())) // 4) + line.lstrip() for line in lines
        )
        if sum(map(str.isalpha, plain)) >= 0.4 * len(plain):
            yield plain


# ------------------------------------------------------------------------------------ duplicates


class Deduplicator:
    """Remembers the paragraphs that it has accepted, by shingles of eight words.

    A paragraph is a near-duplicate if at least half of its shingles (digits and case aside) have
    been seen; a shorter paragraph counts as one shingle.
    """

    WORDS = 8

    def __init__(self):
        self._seen: set[int] = set()

    def fresh(self, paragraphs: Iterable[str]) -> Iterator[str]:
        """The paragraphs that are neither copies nor near copies of earlier ones."""
        for paragraph in paragraphs:
            words = re.sub(r"\d+", "0", paragraph.lower()).split()
            shingles = {
                zlib.crc32(" ".join(words[i : i + self.WORDS]).encode())
                for i in range(max(1, len(words) - self.WORDS + 1))
            }
            if 2 * len(shingles & self._seen) < len(shingles):
                self._seen |= shingles
                yield paragraph
