"""`scalinglaws release`: regenerate release/ and the sealed replies from source/ and questions/.

`nbgrader generate_assignment` makes the same files; this command does it for all assignments
without filling a gradebook, and `--check` proves that the committed files are up to date.
"""

import argparse
import shutil
from collections.abc import Sequence
from pathlib import Path

from scalinglaws.course.exercises import assignments
from scalinglaws.errors import CourseError
from scalinglaws.files import write_output
from scalinglaws.paths import complete_course_dir

from .grading.nbgrader_api import scratch_course
from .questions import bank, seal
from .source import bring_in_step, is_notebook_text


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "assignment",
        nargs="*",
        help="only these (default: all; files that are no longer produced are removed)",
    )
    parser.add_argument(
        "--check", action="store_true", help="change nothing; exit with 1 if release/ is stale"
    )


def fresh_files(course: Path, only: Sequence[str] = ()) -> dict[Path, bytes]:
    """The generated files with their correct content: {path below the course's folder: content}.

    only: assignments; all of them by default. Raises CourseError for one that is not in source/.
    """
    files: dict[Path, bytes] = {}
    known = assignments(course)
    for assignment in only or known:
        if assignment not in known:
            raise CourseError(f"source/ has no assignment {assignment}: it has {', '.join(known)}.")
        with scratch_course(course, assignment) as scratch:
            folder = scratch.generate_assignment()
            for path in sorted(folder.rglob("*")):
                if path.is_file():
                    files[Path("release", assignment) / path.relative_to(folder)] = (
                        path.read_bytes()
                    )
    sealed = Path("scalinglaws", "course", "questions", seal.SEALED_FILE)
    for page in pages(course):
        files[Path("release", page.name)] = page.read_bytes()
    files[sealed] = bank.sealed_file(course / "questions").encode()
    return files


def pages(course: Path) -> list[Path]:
    """The pages released beside the assignments: the start page, glossary, references.

    (The texts of notebooks contain solutions.)
    """
    return [
        path
        for path in sorted((course / "source").glob("[!.]*.*"))
        if not (path.suffix == ".md" and is_notebook_text(path))
    ]


def stale_files(course: Path, fresh: dict[Path, bytes]) -> list[Path]:
    """The generated files that are missing, different, or no longer produced."""
    present = {p.relative_to(course) for p in (course / "release").rglob("*") if p.is_file()}
    present = {p for p in present if ".ipynb_checkpoints" not in p.parts}
    different = {
        path
        for path, content in fresh.items()
        if not (course / path).is_file() or (course / path).read_bytes() != content
    }
    return sorted(different | (present - set(fresh)))


def run(args: argparse.Namespace) -> int:
    """Make the generated files, or compare them. Returns 1 if `--check` finds a stale one."""
    course = complete_course_dir()
    if not assignments(course):
        raise CourseError(
            f"No assignment in {course / 'source'}: each is a folder with a notebook of its name."
        )
    if not args.check:
        for path in bring_in_step(course):
            print(f"wrote {path.relative_to(course).as_posix()}")
    fresh = fresh_files(course, args.assignment)
    stale = stale_files(course, fresh)
    if args.assignment:  # the other assignments are left alone
        stale = [path for path in stale if path in fresh]
    if args.check:
        for path in stale:
            print(f"stale: {path.as_posix()}")
        print("run `scalinglaws release`" if stale else "release/ is fresh")
        return 1 if stale else 0
    for path in stale:
        if path in fresh:
            write_output(course / path, fresh[path])
            print(f"wrote {path.as_posix()}")
        else:
            (course / path).unlink()
            print(f"removed {path.as_posix()}")
    if not args.assignment:
        made = {course / "release" / name for name in assignments(course)}
        for folder in {p for p in (course / "release").iterdir() if p.is_dir()} - made:
            shutil.rmtree(folder)
    print(f"release/ is fresh: {len(fresh)} files, {len(stale)} changed")
    return 0
