"""`scalinglaws grades`: the gradebook's scores as a CSV file that a learning-management system takes."""

import argparse
import csv
import sys
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from nbgrader.coursedir import CourseDirectory

from scalinglaws.errors import CourseError
from scalinglaws.paths import course_dir

from .class_run import recall, students as handed_in
from .feedback import visible_text
from .nbgrader_api import load_config, open_gradebook

# What is known of a student, and of a student's submission.
ABOUT_STUDENT = ("student_id", "lms_id", "first_name", "last_name", "name", "email")
ABOUT_SUBMISSION = (
    "assignment", "score", "max_score", "percent", "late_penalty", "submitted", "waits_for_a_person", "problem",
)  # fmt: skip


@dataclass(frozen=True)
class Form:
    """What a system imports. columns: (header, field); `scores` stands for one column an assignment."""

    columns: list[tuple[str, str]]
    no_score: str = ""  # the cell of somebody without a score
    percent: str = ""  # what follows a score in percent
    points_possible: bool = False  # whether a second line holds the most that can be scored


# Canvas refuses a file without these five columns in this order (`lib/gradebook_importer.rb` of instructure/canvas-lms); it finds a
# student by its own number, else by either SIS column, else by the name; a score is in points unless it ends in %. Moodle asks
# which columns to take; it would import an empty cell as 0 into a new grade item, and "-" as no grade
# (`grade/import/csv/classes/load_data.php` of moodle/moodle).
FORMS = {
    "plain": Form([(f, f) for f in ("student_id", "name", *ABOUT_SUBMISSION)]),
    "canvas": Form(
        [
            ("Student", "name"), ("ID", "lms_id"), ("SIS User ID", "student_id"), ("SIS Login ID", "student_id"), ("Section", ""),
            ("", "scores"),
        ],
        percent="%",
        points_possible=True,
    ),
    "moodle": Form([("Username", "student_id"), ("Email address", "email"), ("", "scores")], no_score="-"),
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
    parser.add_argument(
        "--title",
        action="append",
        default=[],
        metavar="ASSIGNMENT=TITLE",
        help="the header of an assignment's column, as the other system calls it (may be repeated)",
    )
    parser.add_argument("--percent", action="store_true", help="scores as percent of the most")
    parser.add_argument("--output", type=Path, help="the file (default: print it)")


def run(args: argparse.Namespace) -> int:
    """Write the table."""
    course = course_dir()
    form = Form(read_columns(args.columns)) if args.columns else FORMS[args.form]
    students, rows = read_scores(course)
    known = sorted({row["assignment"] for row in rows})
    if not known:
        raise CourseError("Nothing is graded yet: run `scalinglaws grade ASSIGNMENT` first.")
    chosen = args.assignment or known
    for name in chosen:
        if name not in known:
            raise CourseError(f"Nothing of {name!r} is in the gradebook: grade it first.")
    titles = read_titles(args.title, chosen)
    rows = [row for row in rows if row["assignment"] in chosen]
    table = list(make_table(students, rows, form, titles, args.percent))
    if args.output:
        try:
            with args.output.open("w", newline="", encoding="utf-8") as file:
                csv.writer(file).writerows(table)
        except OSError as error:
            raise CourseError(f"{args.output} cannot be written: {error.strerror}.") from None
    else:
        csv.writer(sys.stdout).writerows(table)
    waiting = sum(bool(row["waits_for_a_person"]) for row in rows)
    if waiting:
        print(f"{waiting} of these scores wait for a person's marks.", file=sys.stderr)
    return 0


def read_titles(given: list[str], chosen: list[str]) -> dict[str, str]:
    """{assignment: header of its column}. Raises CourseError for a title of something else."""
    titles = {name: name for name in chosen}
    for text in given:
        name, _, title = text.partition("=")
        if name not in titles or not title.strip():
            raise CourseError(
                f"--title takes ASSIGNMENT=TITLE, with one of {', '.join(chosen)}; not {text!r}."
            )
        titles[name] = title.strip()
    return titles


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
        with open_gradebook(directory) as book:
            students = [_student(student) for student in book.students]
            rows = []
            for assignment in book.assignments:
                found = {row["student"]: row for row in book.submission_dicts(assignment.name)}
                for student in set(handed_in(directory, assignment.name)) - set(found):
                    if recall(course, assignment.name, student).get("unreadable"):
                        found[student] = {
                            "student": student, "score": None, "max_score": assignment.max_score, "needs_manual_grade": False,
                        }  # fmt: skip
                rows += [_submission(course, row, assignment.name) for row in found.values()]
    return [_safe(row) for row in students], [_safe(row) for row in rows]


def _student(student) -> dict:
    name = " ".join(filter(None, (student.first_name, student.last_name))) or student.id
    return {
        "student_id": student.id, "lms_id": student.lms_user_id or "", "first_name": student.first_name or "",
        "last_name": student.last_name or "", "name": name, "email": student.email or "",
    }  # fmt: skip


def _submission(course: Path, row: dict, assignment: str) -> dict:
    note = recall(course, assignment, row["student"])
    most, penalty = row["max_score"], row.get("late_submission_penalty") or 0.0
    score = None if row["score"] is None else max(0.0, row["score"] - penalty)
    return {
        "student_id": row["student"],
        "assignment": assignment,
        "score": score,
        "max_score": most,
        "percent": round(100 * score / most, 2) if most and score is not None else None,
        "late_penalty": penalty,
        "submitted": row.get("timestamp") or "",
        "waits_for_a_person": "yes" if row["needs_manual_grade"] else "",
        "problem": "; ".join([*note.get("unreadable", {}).values(), *note.get("remarks", ())]),
    }


def _safe(row: dict) -> dict:
    return {key: safe_cell(v) if isinstance(v, str) else v for key, v in row.items()}


def safe_cell(text: str) -> str:
    """A text that no spreadsheet takes for a formula and no terminal for a command: names are what students chose."""
    text = " ".join(visible_text(text).split())
    return "'" + text if text[:1] in tuple("=+-@＝＋－＠") else text


def make_table(
    students: list[dict], rows: list[dict], form: Form, titles: dict[str, str], percent: bool
) -> Iterable[list]:
    """The lines of the table: one a student where there are columns of scores, else one a submission."""
    wide = any(field == "scores" for _, field in form.columns)

    def line(fixed, scores) -> list:
        """One line: `fixed(header, field)` in each column but those of the scores."""
        cells: list = []
        for header, field in form.columns:
            cells += scores if field == "scores" else [fixed(header, field)]
        return cells

    def score(row: dict | None) -> str:
        value = row and row["percent" if percent else "score"]
        return form.no_score if value is None else _cell(value) + form.percent * percent

    yield line(lambda header, _: header, list(titles.values()))
    if form.points_possible:
        most = {row["assignment"]: row["max_score"] for row in rows}
        yield line(
            lambda _, field: "Points Possible" if field == "name" else "",
            [_cell(most.get(name)) for name in titles],
        )
    about = {student["student_id"]: student for student in students}
    by_student: dict[str, dict[str, dict]] = {name: {} for name in about}
    for row in rows:
        by_student.setdefault(row["student_id"], {})[row["assignment"]] = row
    for name in sorted(by_student):
        theirs = by_student[name]
        person = about.get(name) or {"student_id": name, "name": name}
        for row in [{}] if wide else [theirs[key] for key in sorted(theirs)]:
            known = {**row, **person}
            yield line(
                lambda _, field, known=known: _cell(known.get(field)),
                [score(theirs.get(assignment)) for assignment in titles],
            )


def _cell(value: object) -> str:
    """A value as a cell holds it: 12 rather than 12.0."""
    if value is None:
        return ""
    return f"{value:.10g}" if isinstance(value, float) else str(value)
