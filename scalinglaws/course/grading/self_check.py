"""`scalinglaws check`: grade the learner's own copy, offline.

The copy is read, never written. It uses the engine that grades a class, with the course's settings,
so the marks are the same as from an instructor's `scalinglaws grade`. The gradebook is not touched.
"""

import argparse
import contextlib
import hashlib
import json
import sys
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any, TextIO

import nbformat
from nbformat import NotebookNode

from scalinglaws.course.exercises import (
    assignments,
    check_name,
    check_number,
    exercises,
    number_of,
    read_notebook,
)
from scalinglaws.course.learner.events import note_check
from scalinglaws.course.variants import TOKEN_FILE, ClassTokens, valid_token
from scalinglaws.errors import CourseError
from scalinglaws.files import replace_file
from scalinglaws.paths import course_dir, exercises_dir, is_complete
from scalinglaws.terminal import wrap

from . import submission
from .check_report import as_text
from .classroom import assignment_of
from .engine import sandbox
from .engine.memory import Memory
from .engine.sandbox import Limits
from .execute import HAS_ENGINE, shared_server
from .finder import find_work, read_folder
from .remarks import Kind
from .results import Result, State, results
from .submission import Unreadable, master, was_released
from .submission_job import Assignment, Outcome, grade_submission
from .troubles import gradebook_errors


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    from scalinglaws.course.learner.identity import default_student

    parser.add_argument("assignment", nargs="?", help="for example 01_power_laws; all, if left out")
    parser.add_argument(
        "--student", default=default_student(), help="whose copy (default: %(default)s)"
    )
    parser.add_argument("--exercise", default="", help="check only this one, for example 7")
    parser.add_argument(
        "--page",
        action="store_true",
        help="also make a web page of your notebook with all messages",
    )
    parser.add_argument("--json", action="store_true", help="print JSON, for scripts")


def run(args: argparse.Namespace) -> int:
    """Check one assignment or all. Returns 0 if all automatic points were earned, otherwise 1."""
    course = course_dir()
    if args.exercise and not args.assignment:
        raise CourseError("Add the assignment of the exercise: check 01_power_laws --exercise 7.")
    chosen = [args.assignment] if args.assignment else assignments(course)
    reports = [
        check(
            course,
            find_copies(course, assignment, args.student),
            args.student,
            quiet=args.json,
            exercise=number_of(args.exercise),
            page=args.page,
        )
        for assignment in chosen
    ]
    for report in reports if not args.exercise else ():
        note_check(course, args.student, report)
    if args.json:
        print(json.dumps(reports if len(reports) > 1 else reports[0], indent=1))
    else:
        for report in reports:
            print_report(report)
        if not args.page and not args.exercise and is_complete(course):
            print(wrap("With --page, you get the same as a web page, next to your answers.", "  "))
    done = all(
        row["by_hand"] or row["state"] == State.RIGHT
        for report in reports
        for row in report["exercises"]
    )
    return 0 if done else 1


def find_copies(course: Path, assignment: str, student: str) -> Path:
    """The folder of a learner's copy. Raises CourseError, with what to do, if there is none."""
    check_name(course, assignment)
    if not student or Path(student).name != student or student.startswith("."):
        raise CourseError(
            f"{student!r} is not a student's name: give the name of a folder in submitted/."
        )
    folder = course / "submitted" / student / assignment
    if not folder.is_dir():
        raise CourseError(
            f"{student} has no copy of {assignment} yet ({folder} is missing): run `make study` to get"
            " one, or choose whose copy with --student."
        )
    return folder


def check(
    course: Path,
    folder: Path,
    student: str,
    quiet: bool = False,
    exercise: str = "",
    page: bool = False,
    memory: Memory | None = None,
) -> dict[str, Any]:
    """Grade one learner's copy of one assignment. folder: from `find_copies`.

    Returns a JSON-ready report: assignment, student, score, max_score (of what a computer marks),
    exercises (a dictionary for each `Result`), remarks (texts), feedback (the path of the page) and
    full: whether all tests ran. A course that was handed out without source/ has only the visible
    tests, and makes no page. quiet: print nothing. exercise: run only what this one needs, and
    report on it alone, without a page. page: whether to make the page. memory: of earlier checks,
    reused as far as nothing changed; not used when making a page. Raises CourseError if there is no
    such exercise, or no readable notebook.
    """
    name = folder.name
    page &= not exercise and is_complete(course)  # the page shows points
    if page:
        from .rendering import shared_renderer

        shared_renderer().start()
    if HAS_ENGINE:
        shared_server().start()  # warms up while we read
    assignment = load(course, name)
    known = exercises(assignment.notebooks[name])
    if exercise:
        numbers = [e.number for e in known if e.tests]
        check_number(name, exercise, numbers)
        known = [e for e in known if e.number == exercise]
    tests = frozenset(known[0].tests) if exercise else None
    if (token := folder.parent / TOKEN_FILE).is_file() and not assignment.variants.tokens:
        tokens = ClassTokens({student: valid_token(token.read_text("utf-8", "replace"))})
        assignment = replace(assignment, variants=tokens)
    found = read_folder(folder)
    try:
        find_work(name, assignment.notebooks[name], found, assignment.notebooks)
    except Unreadable as error:
        raise CourseError(
            f"Your copy in {folder} cannot be read as a notebook ({error}): open it in JupyterLab, or"
            " restore an earlier version from its .ipynb_checkpoints folder."
        ) from None
    if not quiet:
        print(wrap(f"Running your copy of {name}, which takes a while ..."), file=sys.stderr)
    with gradebook_errors():  # reports a full disk in one sentence
        outcome = grade_submission(
            assignment,
            student,
            found.files,
            found.left_out,
            tests,
            draw=page,
            memory=None if page else memory,
        )
    path = str(_make_page(course, name, outcome)) if page else ""
    found_results = results(known, outcome.tests)
    return {
        "assignment": name,
        "student": student,
        "score": sum(r.points or 0.0 for r in found_results if not r.by_hand),
        "max_score": sum(r.max_points for r in found_results if not r.by_hand),
        "exercises": [_row(result) for result in found_results],
        "remarks": [r.text for r in outcome.remarks if r.kind in (Kind.LOOK, Kind.FOUND)],
        "feedback": path,
        "full": is_complete(course),
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


def load(course: Path, name: str) -> Assignment:
    """An assignment, for grading a learner's own copy."""
    folder = exercises_dir(course) / name
    notebooks = {path.stem: _master(course, path) for path in sorted(folder.glob("*.ipynb"))}
    # A learner's own machine needs no protection; if isolation is available, it
    # is as in grading.
    sandboxed = not (sandbox.private_path() or sandbox.missing())
    return assignment_of(name, course, folder, notebooks, Limits(), sandboxed)


def _master(course: Path, path: Path) -> NotebookNode:
    """Like `submission.master` with the course's settings; cached in .cache/check/, so that the
    next check need not import nbgrader.
    """
    if was_released(read_notebook(path)):
        return master(path)
    settings = course / "nbgrader_config.py"
    made_from = [path, settings, Path(submission.__file__)]
    digest = hashlib.sha256(version("nbgrader").encode())
    for file in made_from:
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    kept = _cache(course) / "source" / path.name
    try:
        found = json.loads(kept.read_bytes())
        if found["digest"] == digest.hexdigest():
            made = nbformat.from_dict(found["notebook"])
            assert isinstance(made, NotebookNode)  # of a dictionary
            return made
    except (OSError, ValueError, TypeError, KeyError):  # it is missing or damaged
        pass
    from .nbgrader_api import load_config

    notebook = master(path, load_config(course, course))
    content = json.dumps({"digest": digest.hexdigest(), "notebook": notebook})
    with contextlib.suppress(OSError):  # the next check makes it again
        replace_file(kept, content.encode())
    return notebook


def _cache(course: Path) -> Path:
    """The cache folder of checks; feedback/ belongs to the instructor."""
    return course / ".cache" / "check"


def _make_page(course: Path, name: str, outcome: Outcome) -> Path:
    """Write the feedback page of a checked notebook; returns its path."""
    from . import feedback
    from .nbgrader_api import load_config

    config = load_config(course, course)
    page = feedback.page(outcome.notebooks[name], config, name, outcome.student)
    target = _cache(course) / outcome.student / f"{name}.html"
    try:
        replace_file(target, page.encode("utf-8", "replace"))
    except OSError as error:
        raise CourseError(
            f"The feedback page cannot be written to {target}: {error.strerror}."
        ) from None
    return target


def print_report(report: dict[str, Any], stream: TextIO | None = None) -> None:
    """Print a report as a table, each lost point followed by its message."""
    print(as_text(report), file=stream or sys.stdout)
