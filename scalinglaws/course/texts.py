"""`scalinglaws texts`: the words of the released notebooks as a PO file for translators, and back into notebooks.

Code, answers and tests stay as they are, so a translated notebook is graded as the original is. A paragraph without a translation,
or with one that lost a formula, a piece of code or a link, stays in English and is listed.
"""

import argparse
import io
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import nbformat
from babel.messages.catalog import Catalog
from babel.messages.pofile import PoFileError, read_po, write_po

import scalinglaws
from scalinglaws.errors import CourseError
from scalinglaws.files import write_output
from scalinglaws.paths import complete_course_dir

from .exercises import read_notebook

# What a translation must keep: code, formulas, the targets of links.
_KEPT = re.compile(r"`[^`\n]+`|\$\$.+?\$\$|\$[^$\n]+\$|\]\([^)\s]+\)", re.DOTALL)
Translate = Callable[[str, str], str]  # (where it stands, a paragraph) to what takes its place


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "page", nargs="*", help="only these, such as start or 01_power_laws (default: all)"
    )
    way = parser.add_mutually_exclusive_group(required=True)
    way.add_argument(
        "--out", type=Path, metavar="FILE.po", help="write the texts; translations in the file stay"
    )
    way.add_argument("--in", dest="source", type=Path, metavar="FILE.po", help="read translations")
    parser.add_argument("--to", type=Path, metavar="FOLDER", help="where translated pages go")


def run(args: argparse.Namespace) -> int:
    """Write the texts, or the translated pages. Exit code 1 where a translation could not be used."""
    release = complete_course_dir() / "release"
    pages = find_pages(release, args.page)
    if args.out:
        known = read_catalog(args.out) if args.out.exists() else Catalog()
        catalog = extract(pages, known)
        content = io.BytesIO()
        write_po(content, catalog, width=100, omit_header=False)
        write_output(args.out, content.getvalue())  # a translator's work is in the old one
        done = sum(bool(message.string) for message in catalog if message.id)
        print(f"{args.out}: {len(catalog)} paragraphs, {done} of them translated.")
        return 0
    if not args.to:
        raise CourseError("Say where the translated pages go: --to FOLDER.")
    if args.to.exists():
        raise CourseError(f"{args.to} is there already: choose another folder.")
    lost = put_back(release, pages, read_catalog(args.source), args.to)
    for line in lost:
        print(line)
    return 1 if lost else 0


def find_pages(release: Path, only: Sequence[str]) -> dict[str, Path]:
    """{name: released file}: notebooks and Markdown pages. Raises CourseError for a name that is none."""
    found = sorted([*release.glob("*.ipynb"), *release.glob("*.md"), *release.glob("*/*.ipynb")])
    pages = {path.stem: path for path in found}
    for name in only:
        if name not in pages:
            raise CourseError(f"There is no page {name!r}: choose from {', '.join(pages)}.")
    return {name: pages[name] for name in only or pages}


def read_catalog(path: Path) -> Catalog:
    """A PO file. Raises CourseError where it cannot be read."""
    try:
        with path.open("rb") as file:
            return read_po(file, abort_invalid=True)
    except (OSError, PoFileError, UnicodeDecodeError, ValueError) as error:
        raise CourseError(f"{path} cannot be read as a PO file: {error}.") from None


def extract(pages: dict[str, Path], known: Catalog) -> Catalog:
    """The paragraphs of the pages, in order, with the translations that are known."""
    catalog = Catalog(
        known.locale,
        project="LLM scaling laws",
        header_comment="# LLM scaling laws: the texts of the released notebooks.",
        version=scalinglaws.__version__,
        msgid_bugs_address="-",
        last_translator=_unless_made_up(known.last_translator),
        language_team=_unless_made_up(known.language_team),
        creation_date=known.creation_date,
        revision_date=known.revision_date,
        charset="utf-8",
        fuzzy=False,
    )

    def note(where: str, text: str) -> str:
        before = known.get(text, where)
        catalog.add(text, before.string if before else "", context=where)
        return text

    for name, path in pages.items():
        _rewrite(name, path, note)
    return catalog


def _unless_made_up(name: str) -> str:
    """A translator's name; "-" for the placeholders that Babel puts where there is none."""
    return "-" if re.search(r"EMAIL@|@li\.org", name) else name


def put_back(release: Path, pages: dict[str, Path], catalog: Catalog, target: Path) -> list[str]:
    """Write the pages with their translations, and what lies beside them. Returns what stayed in English, in words."""
    lost: list[str] = []
    missing: Counter[str] = Counter()

    def translate(where: str, text: str) -> str:
        message = catalog.get(text, where)
        if message is None or not message.string or message.fuzzy:
            missing[where.partition("/")[0]] += 1
            return text
        if Counter(_KEPT.findall(text)) != Counter(_KEPT.findall(str(message.string))):
            lost.append(
                f"{where}: stays in English, its formulas, code or links are not the original's: {text[:60]!r}"
            )
            return text
        return str(message.string)

    shutil.copytree(release, target)
    for name, path in pages.items():
        content = _rewrite(name, path, translate)
        write_output(target / path.relative_to(release), content.encode())
        print(
            f"{name}: {missing[name]} paragraphs have no translation yet."
            if missing[name]
            else f"{name}: translated."
        )
    return lost


def _rewrite(name: str, path: Path, translate: Translate) -> str:
    """A page's content with each paragraph replaced."""
    if path.suffix == ".md":
        return _paragraphs(name, path.read_text("utf-8"), translate)
    notebook = read_notebook(path)
    for i, cell in enumerate(notebook.cells):
        # A learner's answer is compared with what was handed out.
        if cell.cell_type == "markdown" and "nbgrader" not in cell.metadata:
            cell.source = _paragraphs(f"{name}/{cell.get('id', i)}", cell.source, translate)
    return nbformat.writes(notebook) + "\n"


def _paragraphs(where: str, text: str, translate: Translate) -> str:
    """A Markdown text with each paragraph replaced; code blocks and empty lines stay."""
    return "".join(translate(where, part) if words else part for part, words in _split(text))


def _split(text: str) -> Iterator[tuple[str, bool]]:
    """(part, whether it is a paragraph with words) of a Markdown text; the parts together are the text."""
    for i, part in enumerate(
        re.split(r"(^```.*?^```[^\n]*$)", text, flags=re.DOTALL | re.MULTILINE)
    ):
        if i % 2:
            yield part, False
            continue
        for piece in re.split(r"(\n(?:[ \t]*\n)+|\A\n+|\n+\Z)", part):
            bare = piece.strip("\n")
            yield piece, bool(re.search(r"[^\W\d_]{2}", bare)) and piece == bare
