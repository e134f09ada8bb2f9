"""`scalinglaws texts`: extract the texts of the released notebooks and of the question bank into a
PO file for translators, and apply translations.

Code, answers and tests do not change, so a translated notebook is graded like the original. A
paragraph without a translation, or whose translation lost a formula, a piece of code or a link,
stays in English and is listed. Questions are translated with their options, replies, hints and
solutions: `scalinglaws handout --translation` seals them.
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
from .questions import bank

QUESTIONS = "questions"  # as a page: the question bank
# What a translation must keep: code, formulas, link targets, a question's expressions.
_KEPT = re.compile(r"`[^`\n]+`|\$\$.+?\$\$|\$[^$\n]+\$|\]\([^)\s]+\)|\[\[.+?\]\]", re.DOTALL)
Translate = Callable[[str, str], str]  # (place, paragraph) to its replacement


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "page",
        nargs="*",
        help="only these, such as start, 01_power_laws, or questions (default: all)",
    )
    way = parser.add_mutually_exclusive_group(required=True)
    way.add_argument(
        "--out",
        type=Path,
        metavar="FILE.po",
        help="write the texts, and keep translations in the file",
    )
    way.add_argument("--in", dest="source", type=Path, metavar="FILE.po", help="read translations")
    parser.add_argument("--to", type=Path, metavar="FOLDER", help="where translated pages go")


def run(args: argparse.Namespace) -> int:
    """Write the texts, or the translated pages. Exit code 1 if a translation could not be used."""
    course = complete_course_dir()
    release = course / "release"
    chosen = [name for name in args.page if name != QUESTIONS]
    pages = find_pages(release, chosen) if chosen or not args.page else {}
    questions = course / QUESTIONS if not args.page or QUESTIONS in args.page else None
    if args.out:
        known = read_catalog(args.out) if args.out.exists() else Catalog()
        catalog = extract(pages, known, questions)
        content = io.BytesIO()
        write_po(content, catalog, width=100, omit_header=False)
        write_output(args.out, content.getvalue())  # never lose a translator's work in the old file
        done = sum(bool(message.string) for message in catalog if message.id)
        print(f"{args.out}: {len(catalog)} paragraphs, {done} of them translated.")
        return 0
    if not args.to:
        raise CourseError("Give a folder for the translated pages: --to FOLDER.")
    if args.to.exists():
        raise CourseError(f"{args.to} is there already: choose another folder.")
    translate = Translator([read_catalog(args.source)])
    put_back(release, pages, translate, args.to)
    if questions:
        bank.load_bank(questions, translate)
        print(translate.said_of(QUESTIONS))
        print(
            "`scalinglaws handout --translation` seals the questions, which are not in the pages."
        )
    for line in translate.lost:
        print(line)
    return 1 if translate.lost else 0


def find_pages(release: Path, only: Sequence[str]) -> dict[str, Path]:
    """{name: released file}: notebooks and Markdown pages.

    Raises CourseError for an unknown name.
    """
    found = sorted([*release.glob("*.ipynb"), *release.glob("*.md"), *release.glob("*/*.ipynb")])
    pages = {path.stem: path for path in found}
    for name in only:
        if name not in pages:
            raise CourseError(f"There is no page {name!r}: choose from {', '.join(pages)}.")
    return {name: pages[name] for name in only or pages}


def read_catalog(path: Path) -> Catalog:
    """Read a PO file. Raises CourseError if it cannot be read."""
    try:
        with path.open("rb") as file:
            return read_po(file, abort_invalid=True)
    except (OSError, PoFileError, UnicodeDecodeError, ValueError) as error:
        raise CourseError(f"{path} cannot be read as a PO file: {error}.") from None


def translations(course: Path, language: str) -> list[Catalog]:
    """The PO files of a language in translations/, or the one at the path `language`.

    Raises CourseError if there is none.
    """
    if language.endswith(".po"):
        return [read_catalog(Path(language))]
    found = sorted((course / "translations").glob("*.po"))
    chosen = [path for path in found if path.suffixes[-2:] == [f".{language}", ".po"]]
    if not chosen:
        known = sorted({path.suffixes[-2].strip(".") for path in found if len(path.suffixes) > 1})
        raise CourseError(
            f"translations/ has nothing in {language!r}: choose from {', '.join(known)}, or give the path of a PO file."
        )
    return [read_catalog(path) for path in chosen]


class Translator:
    """Replaces texts by their translations. missing: {page: how many texts have none}; lost:
    translations that could not be used.
    """

    def __init__(self, catalogs: Sequence[Catalog]) -> None:
        self.catalogs = catalogs
        self.missing: Counter[str] = Counter()
        self.lost: list[str] = []

    def __call__(self, where: str, text: str) -> str:
        found = (catalog.get(text, where) for catalog in self.catalogs)
        message = next((m for m in found if m and m.string and not m.fuzzy), None)
        if message is None:
            self.missing[where.partition("/")[0]] += 1
            return text
        if Counter(_KEPT.findall(text)) != Counter(_KEPT.findall(str(message.string))):
            self.lost.append(
                f"{where}: stays in English because its formulas, code or links differ from the "
                f"original's: {text[:60]!r}"
            )
            return text
        return str(message.string)

    def said_of(self, page: str) -> str:
        """A line about a translated page."""
        if many := self.missing[page]:
            return f"{page}: {many} paragraphs have no translation yet."
        return f"{page}: translated."


def extract(pages: dict[str, Path], known: Catalog, questions: Path | None = None) -> Catalog:
    """The paragraphs of the pages and the texts of the questions, in order, with the translations
    that are known.
    """
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
        translated_page(name, path, note)
    if questions:
        bank.load_bank(questions, note)
    # Translations of changed texts stay in the file for the translator.
    former = {(m.id, m.context): m for m in (*known, *known.obsolete.values()) if m.id and m.string}
    for (text, where), message in former.items():
        if catalog.get(text, where) is None:
            catalog.obsolete[str(text)] = message
    return catalog


def _unless_made_up(name: str) -> str:
    """A translator's name; "-" for Babel's placeholders."""
    return "-" if re.search(r"EMAIL@|@li\.org", name) else name


def put_back(release: Path, pages: dict[str, Path], translate: Translator, target: Path) -> None:
    """Write the translated pages, and the files beside them. Returns a line about each."""
    shutil.copytree(release, target)
    for name, path in pages.items():
        content = translated_page(name, path, translate)
        write_output(target / path.relative_to(release), content.encode())
        print(translate.said_of(name))


def translated_page(name: str, path: Path, translate: Translate) -> str:
    """A page's content with each paragraph replaced."""
    if path.suffix == ".md":
        return _paragraphs(name, path.read_text("utf-8"), translate)
    notebook = read_notebook(path)
    for i, cell in enumerate(notebook.cells):
        # A learner's answer is compared with the released cell.
        if cell.cell_type == "markdown" and "nbgrader" not in cell.metadata:
            cell.source = _paragraphs(f"{name}/{cell.get('id', i)}", cell.source, translate)
    return nbformat.writes(notebook) + "\n"


def _paragraphs(where: str, text: str, translate: Translate) -> str:
    """A Markdown text with each paragraph replaced; code blocks and empty lines stay."""
    return "".join(translate(where, part) if words else part for part, words in _split(text))


def _split(text: str) -> Iterator[tuple[str, bool]]:
    """(part, whether it is a paragraph with words) of a Markdown text; the parts together are the
    text.
    """
    for i, part in enumerate(
        re.split(r"(^```.*?^```[^\n]*$)", text, flags=re.DOTALL | re.MULTILINE)
    ):
        if i % 2:
            yield part, False
            continue
        for piece in re.split(r"(\n(?:[ \t]*\n)+|\A\n+|\n+\Z)", part):
            bare = piece.strip("\n")
            yield piece, bool(re.search(r"[^\W\d_]{2}", bare)) and piece == bare
