"""`scalinglaws grades`: the gradebook's scores as a CSV file that a learning-management system takes."""

import argparse
import csv
import sys
import warnings
from collections.abc import Iterable
from pathlib import Path

from nbgrader.api import Gradebook
from nbgrader.coursedir import CourseDirectory

from scalinglaws.errors import CourseError
from scalinglaws.paths import course_dir

from .grade import recall
from .gradebook import load_config

# What is known of a student, and of a student's submission.
ABOUT_STUDENT = ("student_id", "lms_id", "first_name", "last_name", "name", "email")
ABOUT_SUBMISSION = (
    "assignment", "score", "max_score", "percent", "late_penalty", "submitted", "waits_for_a_person", "problem",
)  # fmt: skip

# A form: (header, field) of the columns before the scores. `scores` stands for one column an assignment.
FORMS = {
    "plain": [(f, f) for f in ("student_id", "name", *ABOUT_SUBMISSION)],
    "canvas": [("Student", "name"), ("ID", "lms_id"), ("SIS User ID", "student_id"), ("Section", ""), ("", "scores")],
    "moodle": [("Username", "student_id"), ("Email address", "email"), ("", "scores")],
}  # fmt: skip


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("assignment", nargs="*", help="only these (default: all)")
    parser.add_argument(
        "--form", choices=FORMS, default="plain", help="whose form (default: %(default)s)"
    )
    parser.add_argument(
        "--columns",
        metavar="HEADER=FIELD,...",
        help="the columns, in place of the form's; fields: "
        + ", ".join((*ABOUT_STUDENT, *ABOUT_SUBMISSION))
        + ", or scores for a column per assignment",
    )
    parser.add_argument("--percent", action="store_true", help="scores as percent of the most")
    parser.add_argument("--output", type=Path, help="the file (default: print it)")


def run(args: argparse.Namespace) -> int:
    """Write the table."""
    course = course_dir()
    columns = read_columns(args.columns) if args.columns else FORMS[args.form]
    students, rows = read_scores(course)
    known = sorted({row["assignment"] for row in rows})
    chosen = args.assignment or known
    for name in chosen:
        if name not in known:
            raise CourseError(f"Nothing of {name!r} is in the gradebook: grade it first.")
    rows = [row for row in rows if row["assignment"] in chosen]
    most = {row["assignment"]: row["max_score"] for row in rows}
    table = list(make_table(students, rows, columns, chosen, args.percent))
    if args.form == "canvas" and not args.columns and not args.percent:  # Canvas' second line
        table.insert(1, ["Points Possible", "", "", "", *(most.get(name, "") for name in chosen)])
    if args.output:
        with args.output.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(table)
    else:
        csv.writer(sys.stdout).writerows(table)
    waiting = sum(bool(row["waits_for_a_person"]) for row in rows)
    if waiting:
        print(f"{waiting} of these scores wait for a person's marks.", file=sys.stderr)
    return 0


def read_columns(text: str) -> list[tuple[str, str]]:
    """[(header, field)] from "Header=field,field". Raises CourseError for an unknown field."""
    columns = []
    for part in text.split(","):
        header, _, field = part.rpartition("=")
        field = field.strip()
        if field not in (*ABOUT_STUDENT, *ABOUT_SUBMISSION, "scores"):
            raise CourseError(
                f"--columns has no field {field!r}: choose from {', '.join((*ABOUT_STUDENT, *ABOUT_SUBMISSION))}, scores."
            )
        columns.append((header.strip() or field, field))
    return columns


def read_scores(course: Path) -> tuple[list[dict], list[dict]]:
    """(students, submissions) of the gradebook, as dictionaries with the fields named above."""
    directory = CourseDirectory(config=load_config(course, course))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with Gradebook(directory.db_url, directory.course_id) as book:
            students = [_student(student) for student in book.students]
            rows = []
            for assignment in book.assignments:
                for row in book.submission_dicts(assignment.name):
                    rows.append(_submission(course, row, assignment.name))
    return students, rows


def _student(student) -> dict:
    name = " ".join(filter(None, (student.first_name, student.last_name))) or student.id
    return {
        "student_id": student.id, "lms_id": student.lms_user_id or "", "first_name": student.first_name or "",
        "last_name": student.last_name or "", "name": name, "email": student.email or "",
    }  # fmt: skip


def _submission(course: Path, row: dict, assignment: str) -> dict:
    note = recall(course, assignment, row["student"])
    score = max(0.0, row["score"] - (row.get("late_submission_penalty") or 0.0))
    return {
        "student_id": row["student"],
        "assignment": assignment,
        "score": score,
        "max_score": row["max_score"],
        "percent": round(100 * score / row["max_score"], 2) if row["max_score"] else "",
        "late_penalty": row.get("late_submission_penalty") or 0.0,
        "submitted": row.get("timestamp") or "",
        "waits_for_a_person": "yes" if row["needs_manual_grade"] else "",
        "problem": _safe(
            "; ".join([*note.get("unreadable", {}).values(), *note.get("remarks", ())])
        ),
    }


def _safe(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return "'" + text if text[:1] in ("=", "+", "-", "@", "\t") else text


def make_table(
    students: list[dict],
    rows: list[dict],
    columns: list[tuple[str, str]],
    chosen: list[str],
    percent: bool,
) -> Iterable[list]:
    """The lines of the table: one a student where there are columns of scores, else one a submission."""
    score = "percent" if percent else "score"
    wide = any(field == "scores" for _, field in columns)
    headers: list[str] = []
    for header, field in columns:
        headers += chosen if field == "scores" else [header]
    yield headers
    about = {student["student_id"]: student for student in students}
    by_student: dict[str, dict[str, dict]] = {name: {} for name in about}
    for row in rows:
        by_student.setdefault(row["student_id"], {})[row["assignment"]] = row
    for name in sorted(by_student):
        theirs = by_student[name]
        for row in [theirs] if wide else [{k: v} for k, v in sorted(theirs.items())]:
            first = next(iter(row.values()), {})
            line: list = []
            for _, field in columns:
                if field == "scores":
                    line += [row[a][score] if a in row else "" for a in chosen]
                else:
                    line.append(about.get(name, {}).get(field, first.get(field, "")))
            yield line
