"""`scalinglaws check`: grade the learner's own copy, here and now, offline.

The copy is read, never written. The engine that grades a class grades it, in a temporary course with the settings of this one, so
the marks are those that an instructor's `scalinglaws grade` gives.
"""

import argparse
import json
import shutil
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path

import nbformat
from nbgrader import utils

from scalinglaws.course.exercises import Exercise, exercises, graded_cells
from scalinglaws.course.learner.events import note_check
from scalinglaws.errors import CourseError
from scalinglaws.paths import course_dir

from .class_run import load_assignment
from .engine import sandbox
from .engine.sandbox import Limits
from .engine.verdict import UNJUDGED_ERROR
from .execute import HAS_ENGINE, is_unjudged, shared_server
from .feedback import failure_message, stop_messages
from .gradebook_writer import Records
from .nbgrader_api import ScratchCourse, assignments, open_gradebook, scratch_course
from .submission_job import grade_submission, read_files

# The states of an exercise.
RIGHT, PARTLY, WRONG, NOT_STARTED, BY_HAND, UNJUDGED = (
    "right",
    "partly right",
    "not yet",
    "not started",
    "marked by hand",
    "could not be judged",
)


@dataclass
class Result:
    """What became of one exercise. `messages`: one for each test that failed."""

    exercise: str
    title: str
    state: str
    points: float
    max_points: float
    by_hand: bool = False
    messages: list[str] = field(default_factory=list)


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
        check(course, find_copy(course, assignment, args.student), args.student, quiet=args.json)
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
        row["by_hand"] or row["state"] == RIGHT for report in reports for row in report["exercises"]
    )
    return 0 if done else 1


def find_copy(course: Path, assignment: str, student: str) -> Path:
    """The learner's notebook. Raises CourseError, with the way out, where there is none or it cannot be read."""
    if assignment not in assignments(course):
        known = ", ".join(assignments(course)) or "none"
        raise CourseError(f"There is no assignment {assignment!r}: choose one of {known}.")
    if not student or Path(student).name != student or student.startswith("."):
        raise CourseError(
            f"{student!r} is no student's name: give the name of a folder in submitted/."
        )
    path = course / "submitted" / student / assignment / f"{assignment}.ipynb"
    if not path.is_file():
        raise CourseError(
            f"{student} has no copy of {assignment} yet ({path} is missing): run `make study` to get one, or"
            " say whose copy with --student."
        )
    try:
        nbformat.read(path, as_version=4)
    except Exception as error:
        raise CourseError(
            f"{path} cannot be read as a notebook ({type(error).__name__}): open it in JupyterLab, or restore an"
            " earlier version from its .ipynb_checkpoints folder."
        ) from None
    return path


def check(course: Path, copy: Path, student: str, quiet: bool = False) -> dict:
    """Grade one learner's copy of one assignment; `copy` is what `find_copy` found. quiet: say nothing meanwhile.

    Returns a JSON-ready report: assignment, student, score, max_score (of what a computer marks), exercises (a list of Result as
    dictionaries) and feedback (the path of the page).
    """
    name = copy.stem
    if not quiet:
        print(f"Running your copy of {name}, which takes a while ...", file=sys.stderr)
    if HAS_ENGINE:
        shared_server().start()  # warms up while we read
    with scratch_course(course, name) as scratch, ThreadPoolExecutor(1) as beside:
        directory = scratch.api.coursedir
        made = beside.submit(lambda: open_gradebook(directory).close())  # takes seconds, of waiting
        # Nobody need be kept from anything on a learner's own machine; where there is isolation, it is as in grading.
        assignment = load_assignment(
            directory, scratch.api.config, name, Limits(), sandboxed=not sandbox.missing()
        )
        outcome = grade_submission(assignment, student, read_files(copy.parent))
        if outcome.unreadable:
            raise CourseError(f"{copy} cannot be graded: {outcome.unreadable[name]}.")
        made.result()
        with Records(directory, scratch.api.config, name) as records:
            records.enter_assignment(assignment.notebooks)
            records.enter(outcome)
        page = _keep_feedback(course, scratch, student)
    source = assignment.notebooks[name]
    results = [judge(exercise, outcome.notebooks[name], source) for exercise in exercises(source)]
    return {
        "assignment": name,
        "student": student,
        "score": sum(r.points for r in results),
        "max_score": sum(r.max_points for r in results if not r.by_hand),
        "exercises": [asdict(r) for r in results],
        "feedback": str(page),
    }


def judge(
    exercise: Exercise, graded: nbformat.NotebookNode, released: nbformat.NotebookNode
) -> Result:
    """The state, points and messages of one exercise in a graded notebook; `released` holds the stubs."""
    cells, stubs = graded_cells(graded), graded_cells(released)
    untouched = all(
        name in cells and cells[name].source.strip() == stubs[name].source.strip()
        for name in exercise.answers
    )
    result = Result(exercise.number, exercise.title, RIGHT, 0.0, exercise.points, exercise.by_hand)
    if exercise.by_hand:
        result.state = NOT_STARTED if untouched else BY_HAND
        return result
    stopped = [
        message
        for name in exercise.answers
        if name in cells and cells[name].cell_type == "code"
        for message in stop_messages(cells[name])
    ]
    started = not untouched
    for name in exercise.tests:
        cell = cells[name]
        points, _ = utils.determine_grade(cell)
        result.points += float(points or 0)
        for output in cell.outputs:
            if output.output_type == "error":
                # Code that stopped with an error leaves its names unset, but it was begun.
                started &= output.ename != "NotStarted" or bool(stopped)
                started |= output.ename == UNJUDGED_ERROR
                result.messages.append(failure_message(output))
            elif output.output_type == "stream" and output.name == "stderr":
                result.messages.append(f"The check wrote to stderr: {output.text.strip()}")
    if not started and result.points == 0:
        result.state, result.messages = NOT_STARTED, []
    elif result.points < result.max_points:
        result.state = PARTLY if result.points else WRONG
        if any(is_unjudged(cells[name]) for name in exercise.tests):
            result.state = UNJUDGED
        result.messages += stopped
    return result


def _keep_feedback(course: Path, scratch: ScratchCourse, student: str) -> Path:
    """Keep the feedback page in .cache/check/<student>/ (feedback/ is the instructor's); returns its path."""
    page = scratch.generate_feedback(student) / f"{scratch.assignment}.html"
    target = course / ".cache" / "check" / student / page.name
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(page, target)
    except OSError as error:
        raise CourseError(
            f"The feedback page cannot be written to {target}: {error.strerror}."
        ) from None
    return target


def print_report(report: dict, stream=None) -> None:
    """Print a report as a table, each lost point followed by its message."""
    stream = stream or sys.stdout
    rows = report["exercises"]
    width = max(len(row["title"]) for row in rows)
    print(f"{report['assignment']} · {report['student']}\n", file=stream)
    for row in rows:
        points = f"{row['points']:g}/{row['max_points']:g}"
        if row["by_hand"]:
            points = f"–/{row['max_points']:g}"
        print(
            f"  {row['exercise']:>3}  {row['title']:<{width}}  {points:>5}  {row['state']}",
            file=stream,
        )
        for message in row["messages"]:
            print(
                textwrap.fill(message, 100, initial_indent=" " * 7, subsequent_indent=" " * 7),
                file=stream,
            )
    print(f"\n  {report['score']:g} of {report['max_score']:g} points", end="", file=stream)
    hand = sum(row["max_points"] for row in rows if row["by_hand"])
    if hand:
        print(f", and {hand:g} that a person marks", end="", file=stream)
    print(f"\n  feedback page: {report['feedback']}\n", file=stream)
