"""`scalinglaws marking ASSIGNMENT`: which marker of course.yaml marks which submission, without
students' names.

Formgrader shows submissions by number and hides the names behind an eye icon; the list gives the
same numbers and the pages' addresses.
"""

import argparse
import csv
import json
import sys
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from nbgrader.coursedir import CourseDirectory

from scalinglaws.course.exercises import check_name
from scalinglaws.course.grading.nbgrader_api import load_config, open_gradebook
from scalinglaws.course.grading.semester import FILE, load_semester
from scalinglaws.course.grading.troubles import gradebook_errors
from scalinglaws.errors import CourseError
from scalinglaws.files import unreadable, write_output
from scalinglaws.paths import complete_course_dir

from . import second_marking


@dataclass(frozen=True)
class Task:
    """One notebook to mark. submission: its permanent id in the gradebook; number: as formgrader
    counts them now.
    """

    submission: str
    notebook: str
    number: int

    @property
    def page(self) -> str:
        """Its path in formgrader, below the server's address."""
        return f"formgrader/submissions/{self.submission}/"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("assignment", help="for example 01_power_laws")
    parser.add_argument("--marker", help="only this marker's submissions")
    parser.add_argument("--csv", action="store_true", help="print CSV")
    parser.add_argument(
        "--second",
        type=Path,
        metavar="FILE.csv",
        help="write the answers for second markers, without names and first marks",
    )
    parser.add_argument(
        "--compare",
        type=Path,
        action="append",
        default=[],
        metavar="FILE.csv",
        help="read second marks, and list where the two differ (may be repeated)",
    )


def run(args: argparse.Namespace) -> int:
    """Distribute the waiting submissions, save the list, and print it."""
    course = complete_course_dir()
    check_name(course, args.assignment)
    markers = load_semester(course).markers
    if not markers:
        raise CourseError(
            f"There are no markers yet: list them in {FILE}, for example `markers: [mia, tom]`."
        )
    if args.marker and args.marker not in markers:
        raise CourseError(
            f"{FILE} lists no marker {args.marker!r}: choose one of {', '.join(markers)}."
        )
    with gradebook_errors():
        tasks = waiting(course, args.assignment)
        path = course / "ledger" / args.assignment / "marking" / "markers.json"
        before = _read(path)
        shared = share([task.submission for task in tasks], markers, before)
        if shared != before:
            text = json.dumps(shared, indent=1, sort_keys=True, ensure_ascii=False)
            write_output(path, text.encode())
        if args.second or args.compare:
            return _second(course, args, markers, shared)
    lines = [
        (shared[task.submission], f"Submission #{task.number}", task.notebook, task.page)
        for task in tasks
    ]
    lines = sorted(line for line in lines if args.marker in (None, line[0]))
    if args.csv:
        csv.writer(sys.stdout).writerows([("marker", "submission", "notebook", "page"), *lines])
        return 0
    if not lines:
        print(f"No written answer of {args.assignment} waits for marks.")
    for marker, submission, notebook, page in lines:
        print(f"  {marker:<12}  {submission:<16}  {notebook}  {page}")
    return 0


def _second(
    course: Path, args: argparse.Namespace, markers: Sequence[str], first: Mapping[str, str]
) -> int:
    """Write the second markers' table, or compare what they have filled in."""
    answers = second_marking.written_answers(course, args.assignment)
    if args.compare:
        marks = {}
        for path in args.compare:
            marks |= second_marking.read_sheet(path, answers)
        kept = course / "ledger" / args.assignment / "marking" / "second.json"
        for line in second_marking.differences(answers, first, second_marking.keep(kept, marks)):
            print(line)
        print("No mark was changed: correct them in formgrader.")
        return 0
    if len(set(markers)) < 2:
        raise CourseError(f"A second marker is another person: list two `markers` in {FILE}.")
    shared = share(dict.fromkeys(a.submission for a in answers), markers, {}, never=first)
    many = second_marking.write_sheet(args.second, answers, shared, args.marker or "")
    print(
        f"{args.second}: {many} answers, without names and first marks. Fill in the column points,"
    )
    print(f"then run `scalinglaws marking {args.assignment} --compare {args.second}`.")
    return 0


def waiting(course: Path, assignment: str) -> list[Task]:
    """The notebooks of an assignment that wait for a person's marks, in formgrader's order."""
    directory = CourseDirectory(config=load_config(course, course))
    found: list[Task] = []
    with warnings.catch_warnings(), open_gradebook(directory) as book:
        warnings.simplefilter("ignore")
        for path in sorted((course / "source" / assignment).glob("*.ipynb")):
            rows = book.notebook_submission_dicts(path.stem, assignment)
            rows.sort(key=lambda row: row["id"])  # formgrader's numbers
            found += [
                Task(row["id"], path.stem, number)
                for number, row in enumerate(rows, 1)
                if row["needs_manual_grade"]
            ]
    return found


def share(
    submissions: Iterable[str],
    markers: Iterable[str],
    before: Mapping[str, str],
    never: Mapping[str, str] = MappingProxyType({}),
) -> dict[str, str]:
    """{submission: marker}.

    Submissions with a marker keep them; each of the others goes to the marker with the fewest.
    never: {submission: who must not get it}.
    """
    markers = list(markers)
    shared = {key: marker for key, marker in before.items() if marker in markers}
    load = {marker: sum(m == marker for m in shared.values()) for marker in markers}
    for key in submissions:
        if key not in shared:
            allowed = [name for name in markers if name != never.get(key)]
            marker = min(allowed, key=lambda name: load[name])
            shared[key] = marker
            load[marker] += 1
    return shared


def _read(path: Path) -> dict[str, str]:
    try:
        return {str(k): str(v) for k, v in json.loads(path.read_text("utf-8")).items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, AttributeError, RecursionError) as error:
        raise unreadable(path, "who marks which submission", error) from None
