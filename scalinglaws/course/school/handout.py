"""`scalinglaws handout`: the course for a class, in one zip file: without solutions, hidden tests and questions' keys.

It holds the released notebooks, the package, the data and the set-up; after the set-up nothing needs the network. What the
notebooks name works in it: study, check (the visible tests), practice, challenge, progress; `reveal` opens questions after a
right answer, and no exercise.
"""

import argparse
from collections.abc import Iterator, Sequence
from importlib import resources
from pathlib import Path

from scalinglaws.course.exercises import assignments, check_name
from scalinglaws.course.release import fresh_files, stale_files
from scalinglaws.course.variants import MARK_FILE, read_key
from scalinglaws.errors import CourseError
from scalinglaws.paths import complete_course_dir

from .archive import write_zip

FOLDER = "scaling-laws"  # the folder in the zip file
# What is handed out, besides release/. The rest of a clone stays: source/, questions/, tests/ and what they are made of.
PLAIN = (
    "bootstrap.py", "Makefile", "pyproject.toml", "nbgrader_config.py", "CITATION.cff", "LICENSE", "LICENSE-DATA",
)  # fmt: skip
TREES = ("scalinglaws", "data", "requirements")
_MADE = ("__pycache__", ".ipynb_checkpoints", ".DS_Store")  # by a machine, wherever they lie


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("assignment", nargs="*", help="only these (default: all)")
    parser.add_argument(
        "--output", type=Path, default=Path(f"{FOLDER}.zip"), help="the file (default: %(default)s)"
    )


def run(args: argparse.Namespace) -> int:
    """Write the zip file."""
    course = complete_course_dir()
    files = dict(handout_files(course, args.assignment))
    write_zip(args.output, {f"{FOLDER}/{name}": content for name, content in files.items()})
    size = args.output.stat().st_size / 2**20
    print(
        f"{args.output}: {len(files)} files, {size:.0f} MB. It holds no solution and no hidden test."
    )
    print(
        "Students unpack it and run `python3 bootstrap.py study` in it (Windows: py bootstrap.py study)."
    )
    return 0


def handout_files(course: Path, only: Sequence[str] = ()) -> Iterator[tuple[str, bytes]]:
    """(path, content) of each file that is handed out. only: assignments; all by default.

    Raises CourseError for an unknown assignment, and where release/ is not what source/ would give.
    """
    for name in only:
        check_name(course, name)
    chosen = list(only) or assignments(course)
    fresh = fresh_files(course, chosen)
    if stale := [path for path in stale_files(course, fresh) if path in fresh]:
        raise CourseError(
            f"{stale[0].as_posix()} is not what source/ and questions/ give: run `scalinglaws release`, then this again."
        )
    for path, content in fresh.items():
        if path.parts[0] == "release":
            yield path.as_posix(), content
    readme = resources.files("scalinglaws.course.school").joinpath("handout.md").read_text("utf-8")
    yield "README.md", readme.encode()
    if read_key(course):
        yield MARK_FILE, b"Every student has numbers of their own: study --variant TOKEN, once.\n"
    for name in PLAIN:
        yield name, (course / name).read_bytes()
    for tree in TREES:
        for path in sorted((course / tree).rglob("*")):
            parts = path.relative_to(course).parts
            hidden = any(part.startswith(".") or part in _MADE for part in parts)
            if path.is_file() and not path.is_symlink() and not hidden:
                yield path.relative_to(course).as_posix(), path.read_bytes()
