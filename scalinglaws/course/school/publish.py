"""`scalinglaws publish ASSIGNMENT`: the current marks become the official ones, until they are
published again.

Later grading and marking stays in the gradebook; `scalinglaws grades` gives the published marks and
says which differ.
"""

import argparse
import datetime

from scalinglaws.course.exercises import check_name
from scalinglaws.course.grading.troubles import gradebook_errors
from scalinglaws.errors import CourseError
from scalinglaws.paths import complete_course_dir

from .export import read_scores
from .published_marks import Mark, read_published, write_published


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("assignment", help="for example 01_power_laws")
    parser.add_argument(
        "--student",
        action="append",
        default=[],
        help="only this student's mark, even if it was published before (may be repeated)",
    )
    parser.add_argument(
        "--again", action="store_true", help="also marks that were published before"
    )
    parser.add_argument("--dry-run", action="store_true", help="say what would be done and stop")


def run(args: argparse.Namespace) -> int:
    """Publish. Exit code 1 if marks are left out because they are incomplete."""
    course = complete_course_dir()
    check_name(course, args.assignment)
    published = read_published(course, args.assignment)
    _, rows = read_scores(course)
    rows = {r["student_id"]: r["now"] for r in rows if r["assignment"] == args.assignment}
    if not rows:
        raise CourseError(
            f"Nothing of {args.assignment} is graded yet: run `scalinglaws grade {args.assignment}` first."
        )
    for name in args.student:
        if name not in rows:
            raise CourseError(f"There is no mark of {name!r} for {args.assignment}.")
    today = datetime.date.today().isoformat()
    waiting, new, changed, kept = [], {}, {}, 0
    for name in args.student or sorted(rows):
        row, before = rows[name], published.get(name)
        mark = Mark(row["score"], row["max_score"], row["late_penalty"], today)
        if row["waits_for_a_person"]:
            waiting.append(name)
        elif mark.score is None:
            continue  # exempt, or unreadable
        elif before is None:
            new[name] = mark
        elif (before.score, before.max_score) == (mark.score, mark.max_score):
            kept += 1
        elif args.again or args.student:
            changed[name] = mark
        else:
            kept += 1
            print(f"{name}: {_points(before)} stays, though the mark is {_points(mark)} now.")
    for name, mark in changed.items():
        print(f"{name}: {_points(published[name])}, now {_points(mark)}.")
    print(f"{args.assignment}: {len(new)} published, {len(changed)} changed, {kept} as before.")
    if waiting:
        print(f"Left out, since they wait for a person's marks: {', '.join(waiting)}.")
    if args.dry_run:
        print("Nothing was written (--dry-run).")
    elif new or changed:
        with gradebook_errors():  # a full disk
            write_published(course, args.assignment, {**published, **new, **changed})
    return 1 if waiting else 0


def _points(mark: Mark) -> str:
    return f"{mark.score:g} of {mark.max_score:g}"
