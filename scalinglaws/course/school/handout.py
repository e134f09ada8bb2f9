"""`scalinglaws handout`: the course for a class, in one zip file: without solutions, hidden tests
and questions' keys.

It contains the released notebooks, the package, the data and the set-up; after the set-up nothing
needs the network. The commands in the notebooks work in it: study, check (the visible tests),
practice, challenge, progress; `reveal` opens questions after a right answer, but no exercises.
"""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from importlib import resources
from pathlib import Path

from scalinglaws.course.exercises import assignments, check_name
from scalinglaws.course.questions import bank
from scalinglaws.course.release import fresh_files, stale_files
from scalinglaws.course.texts import Translator, translated_page, translations
from scalinglaws.course.variants import MARK_FILE, read_key
from scalinglaws.errors import CourseError
from scalinglaws.paths import complete_course_dir

from .archive import write_zip

FOLDER = "scaling-laws"  # the folder in the zip file
# What is handed out besides release/. Not handed out: source/, questions/, tests/ and
# what they are made of.
PLAIN = (
    "bootstrap.py", "Makefile", "pyproject.toml", "nbgrader_config.py", "CITATION.cff", "LICENSE", "LICENSE-DATA",
)  # fmt: skip
TREES = ("scalinglaws", "data", "requirements")
_MADE = ("__pycache__", ".ipynb_checkpoints", ".DS_Store")  # generated files, in any folder


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("assignment", nargs="*", help="only these (default: all)")
    parser.add_argument(
        "--translation",
        metavar="LANGUAGE",
        help="the pages and questions in a language of translations/, such as de, or of a PO file",
    )
    parser.add_argument(
        "--output", type=Path, default=Path(f"{FOLDER}.zip"), help="the file (default: %(default)s)"
    )


def run(args: argparse.Namespace) -> int:
    """Write the zip file."""
    course = complete_course_dir()
    catalogs = translations(course, args.translation) if args.translation else []
    translate = Translator(catalogs) if catalogs else None
    files = dict(handout_files(course, args.assignment, translate))
    write_zip(args.output, {f"{FOLDER}/{name}": content for name, content in files.items()})
    size = args.output.stat().st_size / 2**20
    print(
        f"{args.output}: {len(files)} files, {size:.0f} MB. It contains no solutions and no "
        "hidden tests."
    )
    print(
        "Students unpack it and run `python3 bootstrap.py study` in it (Windows: py bootstrap.py study)."
    )
    for line in translate.lost if translate else ():
        print(line)
    if translate and translate.missing:
        missing = ", ".join(f"{page} ({many})" for page, many in sorted(translate.missing.items()))
        print(f"Paragraphs without a translation, which stay in English: {missing}.")
    return 0


def handout_files(
    course: Path, only: Sequence[str] = (), translate: Translator | None = None
) -> Iterator[tuple[str, bytes]]:
    """(path, content) of each file that is handed out. only: assignments; all by default.
    translate: of pages and questions.

    Raises CourseError for an unknown assignment, and if release/ is not up to date with source/.
    """
    for name in only:
        check_name(course, name)
    chosen = list(only) or assignments(course)
    fresh = fresh_files(course, chosen)
    if stale := [path for path in stale_files(course, fresh) if path in fresh]:
        raise CourseError(
            f"{stale[0].as_posix()} is not up to date with source/ and questions/: run "
            "`scalinglaws release`, then this again."
        )
    other = _in_translation(course, fresh, translate) if translate else {}
    for path, content in fresh.items():
        if path.parts[0] == "release":
            yield path.as_posix(), other.get(path, content)
    readme = resources.files("scalinglaws.course.school").joinpath("handout.md").read_text("utf-8")
    yield "README.md", readme.encode()
    if read_key(course):
        yield MARK_FILE, b"Every student has their own numbers: study --variant TOKEN, once.\n"
    for name in PLAIN:
        yield name, (course / name).read_bytes()
    for tree in TREES:
        for path in sorted((course / tree).rglob("*")):
            parts = path.relative_to(course).parts
            hidden = any(part.startswith(".") or part in _MADE for part in parts)
            if path.is_file() and not path.is_symlink() and not hidden:
                name = path.relative_to(course)
                yield name.as_posix(), other.get(name) or path.read_bytes()


def _in_translation(
    course: Path, fresh: Mapping[Path, bytes], translate: Translator
) -> dict[Path, bytes]:
    """The generated files with their translations."""
    found = {}
    for path in fresh:
        if path.parts[0] != "release":
            found[path] = bank.sealed_file(course / "questions", translate).encode()
        elif path.suffix in (".ipynb", ".md"):
            found[path] = translated_page(path.stem, course / path, translate).encode()
    return found
