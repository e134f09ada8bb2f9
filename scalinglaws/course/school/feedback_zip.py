"""`scalinglaws feedback ASSIGNMENT`: the pages of feedback/ in one zip file, with the names that
the receiving system expects.

Canvas and Moodle accept a zip file whose files are named like those in their download: `scalinglaws
collect` has recorded the names.
"""

import argparse
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from scalinglaws.course.exercises import check_name
from scalinglaws.errors import CourseError
from scalinglaws.paths import complete_course_dir

from .archive import write_zip
from .collect import read_origins
from .downloads import SYSTEMS

FORMS = {
    "canvas": "under the submission's own name (Canvas: Assignment, Upload Submissions)",
    "moodle": "in the submission's own folder (Moodle: Upload multiple feedback files in a zip)",
    "brightspace": "in the submission's own folder (Brightspace: Add Feedback Files)",
    "plain": "in a folder for each student",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("assignment")
    parser.add_argument(
        "--form",
        choices=FORMS,
        default="plain",
        help="; ".join(f"{k}: {v}" for k, v in FORMS.items()) + " (default: %(default)s)",
    )
    parser.add_argument("--output", type=Path, help="the file (default: ASSIGNMENT_feedback.zip)")


def run(args: argparse.Namespace) -> int:
    """Write the zip file. Exit code 1 if a page cannot be assigned."""
    course = complete_course_dir()
    check_name(course, args.assignment)
    pages = find_pages(course, args.assignment)
    if not pages:
        raise CourseError(
            f"There are no pages yet: run `nbgrader generate_feedback {args.assignment}` after you have graded."
        )
    target = args.output or Path(f"{args.assignment}_feedback.zip")
    origins = read_origins(course, args.assignment)
    nowhere = []
    # {name in the zip file: students whose pages would have it}
    called: dict[str, list[tuple[str, Path]]] = {}
    for student, found in pages.items():
        members = [str(name) for name in origins.get(student, {}).get("members", ())]
        names = list(names_of(args.form, student, found, members))
        if not names:
            nowhere.append(student)
        for page, name in zip(found, names, strict=False):
            called.setdefault(name, []).append((student, page))
    # A group submitted one file. Moodle would read the group's number in its name as a
    # participant's.
    groups = {name: [s for s, _ in whose] for name, whose in called.items() if len(whose) > 1}
    files = {
        name: whose[0][1].read_bytes()
        for name, whose in called.items()
        if name not in groups or args.form != "moodle"
    }
    write_zip(target, files)
    print(f"{target}: {len(files)} pages, {FORMS[args.form]}.")
    for members in groups.values():
        print(
            f"{', '.join(members)} handed in together: "
            + (
                "Moodle does not accept groups' pages in a zip file, so they are left out."
                if args.form == "moodle"
                else f"the page of {members[0]} is used for all."
            )
        )
    if nowhere:
        print(
            f"Left out, since `scalinglaws collect` has not seen their submission in a download from {SYSTEMS[args.form].title}:"
            f" {', '.join(nowhere)}."
        )
    return 1 if nowhere else 0


def find_pages(course: Path, assignment: str) -> dict[str, list[Path]]:
    """{student: pages} in feedback/<student>/<assignment>/; other files there were submitted by the
    student.
    """
    ours = {path.stem for path in (course / "source" / assignment).glob("*.ipynb")}
    found: dict[str, list[Path]] = {}
    for page in sorted(course.glob(f"feedback/*/{assignment}/*.html")):
        if page.stem in ours:
            found.setdefault(page.parent.parent.name, []).append(page)
    return found


def names_of(form: str, student: str, pages: list[Path], members: list[str]) -> Iterator[str]:
    """The name of each page in the zip file; none if the system has no name for this student's
    work.
    """
    if form == "plain":
        yield from (f"{student}/{page.name}" for page in pages)
        return
    prefix = next(filter(None, (_prefix(form, member) for member in _notebooks_first(members))), "")
    if prefix:
        yield from (f"{prefix}{page.name}" for page in pages)


def _notebooks_first(members: list[str]) -> list[str]:
    return sorted(members, key=lambda name: (not name.endswith(".ipynb"), name))


def _prefix(form: str, member: str) -> str:
    """The part before the file's own name; "" if the member does not match the system's file names."""
    parts = PurePosixPath(member).parts
    for i in range(len(parts)):
        rest = "/".join(parts[i:])
        match = re.fullmatch(SYSTEMS[form].pattern, rest, re.DOTALL)
        if match and match.groupdict().get("file"):
            return rest[: match.start("file")]
    return ""
