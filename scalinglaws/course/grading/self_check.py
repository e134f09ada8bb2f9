"""`scalinglaws check`: grade the learner's own copy, here and now, offline.

The copy is read, never written. The engine that grades a class grades it, with the settings of this course, so the marks are those
that an instructor's `scalinglaws grade` gives. The gradebook is not touched.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any, TextIO

from nbgrader.coursedir import CourseDirectory

from scalinglaws import terminal
from scalinglaws.course.exercises import exercises
from scalinglaws.course.learner.events import note_check
from scalinglaws.errors import CourseError
from scalinglaws.files import replace_file
from scalinglaws.paths import course_dir, exercises_dir, is_complete

from . import feedback
from .classroom import load_assignment
from .engine import sandbox
from .engine.sandbox import Limits
from .execute import HAS_ENGINE, shared_server
from .finder import find_work, read_folder
from .nbgrader_api import assignments, gradebook_errors, load_config
from .remarks import Kind
from .rendering import shared_renderer
from .results import Result, State, results
from .submission import Unreadable
from .submission_job import grade_submission


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    from scalinglaws.course.learner.identity import default_student

    parser.add_argument("assignment", nargs="?", help="for example 01_power_laws; all, if left out")
    parser.add_argument(
        "--student", default=default_student(), help="whose copy (default: %(default)s)"
    )
    parser.add_argument("--json", action="store_true", help="print JSON, for scripts")


def run(args: argparse.Namespace) -> int:
    """Check one assignment or all. Returns 0 if every point that a computer gives was earned, else 1."""
    course = course_dir()
    chosen = [args.assignment] if args.assignment else assignments(course)
    reports = [
        check(course, find_copies(course, assignment, args.student), args.student, quiet=args.json)
        for assignment in chosen
    ]
    for report in reports:
        note_check(course, args.student, report)
    if args.json:
        print(json.dumps(reports if len(reports) > 1 else reports[0], indent=1))
    else:
        for report in reports:
            print_report(report)
    done = all(
        row["by_hand"] or row["state"] == State.RIGHT
        for report in reports
        for row in report["exercises"]
    )
    return 0 if done else 1


def find_copies(course: Path, assignment: str, student: str) -> Path:
    """The folder of a learner's copy. Raises CourseError, with the way out, where there is none."""
    if assignment not in assignments(course):
        known = ", ".join(assignments(course)) or "none"
        raise CourseError(f"There is no assignment {assignment!r}: choose one of {known}.")
    if not student or Path(student).name != student or student.startswith("."):
        raise CourseError(
            f"{student!r} is no student's name: give the name of a folder in submitted/."
        )
    folder = course / "submitted" / student / assignment
    if not folder.is_dir():
        raise CourseError(
            f"{student} has no copy of {assignment} yet ({folder} is missing): run `make study` to get"
            " one, or choose whose copy with --student."
        )
    return folder


def check(course: Path, folder: Path, student: str, quiet: bool = False) -> dict[str, Any]:
    """Grade one learner's copy of one assignment. folder: what `find_copies` found.

    Returns a JSON-ready report: assignment, student, score, max_score (of what a computer marks),
    exercises (a dictionary for each `Result`), remarks (texts), feedback (the path of the page) and
    full: whether all tests ran. A course that was handed out without source/ has the visible tests
    alone, and makes no page.
    quiet: print nothing meanwhile. Raises CourseError where there is no notebook that can be read.
    """
    name = folder.name
    shared_renderer().start()  # for the feedback page
    if HAS_ENGINE:
        shared_server().start()  # warms up while we read
    config, full = load_config(course, course), is_complete(course)
    config.CourseDirectory.source_directory = exercises_dir(course).name
    # Nobody need be kept from anything on a learner's own machine; where there is isolation, it
    # is as in grading.
    assignment = load_assignment(
        CourseDirectory(config=config),
        config,
        name,
        Limits(),
        sandboxed=not (sandbox.private_path() or sandbox.missing()),
    )
    found = read_folder(folder)
    try:
        find_work(name, assignment.notebooks[name], found, assignment.notebooks)
    except Unreadable as error:
        raise CourseError(
            f"Your copy in {folder} cannot be read as a notebook ({error}): open it in JupyterLab, or"
            " restore an earlier version from its .ipynb_checkpoints folder."
        ) from None
    if not quiet:
        print(f"Running your copy of {name}, which takes a while ...", file=sys.stderr)
    with gradebook_errors():  # a full disk is one sentence
        outcome = grade_submission(assignment, student, found.files, found.left_out)
    path = ""
    if full:  # the page shows points
        page = feedback.page(outcome.notebooks[name], config, name, student)
        path = str(_keep_feedback(course, name, student, page))
    found_results = results(exercises(assignment.notebooks[name]), outcome.tests)
    return {
        "assignment": name,
        "student": student,
        "score": sum(r.points or 0.0 for r in found_results if not r.by_hand),
        "max_score": sum(r.max_points for r in found_results if not r.by_hand),
        "exercises": [_row(result) for result in found_results],
        "remarks": [r.text for r in outcome.remarks if r.kind in (Kind.LOOK, Kind.FOUND)],
        "feedback": path,
        "full": full,
    }


def _row(result: Result) -> dict[str, Any]:
    return {
        "exercise": result.number,
        "title": result.title,
        "state": str(result.state),
        "points": result.points or 0.0,
        "max_points": result.max_points,
        "by_hand": result.by_hand,
        "messages": list(result.messages),
    }


def _keep_feedback(course: Path, name: str, student: str, page: str) -> Path:
    """Keep the feedback page in .cache/check/<student>/ (feedback/ is the instructor's); returns its path."""
    target = course / ".cache" / "check" / student / f"{name}.html"
    try:
        replace_file(target, page.encode("utf-8", "replace"))
    except OSError as error:
        raise CourseError(
            f"The feedback page cannot be written to {target}: {error.strerror}."
        ) from None
    return target


def print_report(report: dict[str, Any], stream: TextIO | None = None) -> None:
    """Print a report as a table, each lost point followed by its message."""
    stream = stream or sys.stdout
    rows = report["exercises"]
    width = max(len(row["title"]) for row in rows)
    narrow = terminal.width() < width + 34  # columns of the longest line
    print(f"{report['assignment']} · {report['student']}\n", file=stream)
    for row in rows:
        points = f"{row['points']:g}/{row['max_points']:g}"
        state = row["state"]
        if row["by_hand"] or not report["full"]:
            points = f"–/{row['max_points']:g}"
        if state == State.RIGHT and not report["full"]:
            state = "right so far"
        if narrow:
            print(terminal.wrap(row["title"], f"  {row['exercise']:>3}  ", " " * 7), file=stream)
            print(f"{'':7}{points}  {state}", file=stream)
        else:
            print(
                f"  {row['exercise']:>3}  {row['title']:<{width}}  {points:>5}  {state}",
                file=stream,
            )
        for message in row["messages"]:
            print(terminal.wrap(message, " " * 7), file=stream)
    for remark in report["remarks"]:
        print(terminal.wrap(remark, "  "), file=stream)
    if not report["full"]:
        good = sum(row["state"] == State.RIGHT for row in rows)
        text = f"{good} of {len(rows)} exercises are right as far as the visible tests go. All tests run when your work is graded."
        print(f"\n{terminal.wrap(text, '  ')}\n", file=stream)
        return
    print(f"\n  {report['score']:g} of {report['max_score']:g} points", end="", file=stream)
    hand = sum(row["max_points"] for row in rows if row["by_hand"])
    if hand:
        print(f", and {hand:g} that a person marks", end="", file=stream)
    print(f"\n  feedback page: {report['feedback']}\n", file=stream)
