"""`scalinglaws grades`: the gradebook's scores as a CSV file that a learning-management system can
import.
"""

import argparse
import csv
import io
import sys
import warnings
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from nbgrader.api import (
    Assignment,
    Grade,
    Gradebook,
    SubmittedAssignment,
    SubmittedNotebook,
)
from nbgrader.coursedir import CourseDirectory

from scalinglaws.course.grading.classroom import current_versions, students as handed_in
from scalinglaws.course.grading.ledger import Entry, Ledger
from scalinglaws.course.grading.messages import safe_cell
from scalinglaws.course.grading.nbgrader_api import load_config, open_gradebook
from scalinglaws.course.grading.semester import (
    Semester,
    apply_semester,
    load_semester,
    unknown_students,
)
from scalinglaws.course.grading.troubles import gradebook_errors
from scalinglaws.errors import CourseError
from scalinglaws.files import write_output
from scalinglaws.paths import complete_course_dir

from .published_marks import Mark, read_published
from .roster import Student, load_roster

# The fields of a student, and of a student's submission.
ABOUT_STUDENT = (
    "student_id", "login", "sis_id", "lms_id", "first_name", "last_name", "name", "sortable_name", "email",
)  # fmt: skip
ABOUT_SUBMISSION = (
    "assignment", "score", "max_score", "percent", "extra_credit", "late_penalty", "late_hours", "submitted",
    "exempt", "published", "waits_for_a_person", "older_version", "problem",
)  # fmt: skip


@dataclass(frozen=True)
class Form:
    """A system's import format. columns: (header, field); `scores` means a column for each
    assignment, and a field that begins with = the same text in each line.
    """

    columns: list[tuple[str, str]]
    no_score: str = ""  # the cell of a student without a score
    percent: str = ""  # the suffix of a score in percent
    points_possible: bool = False  # whether a second line has the maximum scores
    unmarked: str = "empty"  # how to write a score that waits for a person: see UNMARKED
    title: str = "{}"  # the header of an assignment's column
    sign: str = ""  # the prefix of an id
    exempt: str = ""  # the cell of an exempt student; "" for `no_score`


UNMARKED = {
    "empty": "no score",
    "partial": "the points so far",
    "marked": "the points so far and the word unmarked, which no system accepts as a score",
}


# Canvas refuses a file without these five columns in this order (`lib/gradebook_importer.rb` of instructure/canvas-lms); it finds a
# student by its own number, else by either SIS column, else by the name; a score is in points unless it ends in %; EX excuses. Moodle asks
# which columns to take; it would import an empty cell as 0 into a new grade item, and "-" as no grade
# (`grade/import/csv/classes/load_data.php` of moodle/moodle). Brightspace exports its ids with a # before them, wants "Points Grade"
# after the item's name and its end-of-line column last; Blackboard finds a student by the user name.
FORMS = {
    "plain": Form(
        [(f, f) for f in ("student_id", "name", *ABOUT_SUBMISSION)], unmarked="partial"
    ),
    "canvas": Form(
        [
            ("Student", "name"), ("ID", "lms_id"), ("SIS User ID", "sis_id"), ("SIS Login ID", "login"), ("Section", ""),
            ("", "scores"),
        ],
        percent="%",
        points_possible=True,
        exempt="EX",
    ),
    "moodle": Form(
        [("Username", "login"), ("ID number", "sis_id"), ("Email address", "email"), ("", "scores")], no_score="-"
    ),
    "blackboard": Form(
        [("Last Name", "last_name"), ("First Name", "first_name"), ("Username", "login"), ("Student ID", "sis_id"), ("", "scores")]
    ),
    "brightspace": Form(
        [("OrgDefinedId", "sis_id"), ("Username", "login"), ("", "scores"), ("End-of-Line Indicator", "=#")],
        title="{} Points Grade",
        sign="#",
    ),
}  # fmt: skip


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("assignment", nargs="*", help="only these (default: all)")
    parser.add_argument(
        "--form",
        choices=FORMS,
        default="plain",
        help="the system to write for (default: %(default)s)",
    )
    parser.add_argument(
        "--columns",
        metavar="HEADER=FIELD,...",
        help="the columns, in place of the form's; fields: "
        + ", ".join((*ABOUT_STUDENT, *ABOUT_SUBMISSION))
        + ", scores for a column for each assignment, or a constant such as End-of-Line Indicator==#",
    )
    parser.add_argument(
        "--title",
        action="append",
        default=[],
        metavar="ASSIGNMENT=TITLE",
        help="the header of an assignment's column in the other system (may be repeated)",
    )
    parser.add_argument(
        "--unmarked",
        choices=UNMARKED,
        help="how to write a score that waits for a person's marks: "
        + "; ".join(f"{key}: {what}" for key, what in UNMARKED.items())
        + " (default: empty with --form, otherwise partial)",
    )
    parser.add_argument(
        "--total",
        nargs="?",
        const="Total",
        metavar="TITLE",
        help="add a column: the mean of the percentages, of the best_of in course.yaml, without "
        "exempt ones",
    )
    parser.add_argument("--percent", action="store_true", help="scores as percent of the most")
    parser.add_argument("--output", type=Path, help="the file (default: print it)")


def run(args: argparse.Namespace) -> int:
    """Write the table."""
    course = complete_course_dir()
    form = FORMS[args.form]
    if args.columns:
        form = Form(read_columns(args.columns), unmarked="partial")
    form = replace(form, unmarked=args.unmarked or form.unmarked)
    if args.total and not _wide(form):
        form = replace(form, columns=[*form.columns[:2], ("", "scores")])
    students, rows = read_scores(course)
    known = sorted({row["assignment"] for row in rows})
    if not known:
        raise CourseError("Nothing is graded yet: run `scalinglaws grade ASSIGNMENT` first.")
    chosen = args.assignment or known
    for name in chosen:
        if name not in known:
            raise CourseError(f"Nothing of {name!r} is in the gradebook: grade it first.")
    titles = {
        name: form.title.format(title) for name, title in read_titles(args.title, chosen).items()
    }
    rows = [row for row in rows if row["assignment"] in chosen]
    safe_students, safe_rows = ([_safe(row) for row in table] for table in (students, rows))
    total = Total(args.total, load_semester(course)) if args.total else None
    table = list(make_table(safe_students, safe_rows, form, titles, args.percent, total))
    if args.output:
        text = io.StringIO()
        csv.writer(text).writerows(table)
        write_output(args.output, text.getvalue().encode("utf-8", "replace"), folders=False)
    else:
        csv.writer(sys.stdout).writerows(table)
    if said := unknown_students(load_semester(course), {s["student_id"] for s in students}):
        print(said, file=sys.stderr)
    waiting = sum(bool(row["waits_for_a_person"]) for row in rows)
    if waiting:
        print(
            f"{waiting} of these scores wait for a person's marks ({UNMARKED[form.unmarked]} given here;"
            " choose with --unmarked).",
            file=sys.stderr,
        )
    for row in rows:
        if row["since_published"]:
            print(
                f"{row['student_id']}, {row['assignment']}: {row['since_published']}; the published mark is given here."
                f" `scalinglaws publish {row['assignment']} --student {row['student_id']}` publishes the new one.",
                file=sys.stderr,
            )
    old = sum(bool(row["older_version"]) for row in rows)
    if old:
        print(
            f"{old} of these scores come from an older version of an exercise: run `scalinglaws "
            "grade"
            " ASSIGNMENT --stale` first.",
            file=sys.stderr,
        )
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
        header, constant, value = part.partition("==")
        if constant:
            columns.append((header.strip(), f"={value.strip()}"))
            continue
        header, _, field = part.rpartition("=")
        field = field.strip()
        if field not in (*ABOUT_STUDENT, *ABOUT_SUBMISSION, "scores"):
            raise CourseError(
                f"--columns has no field {field!r}: choose from {', '.join((*ABOUT_STUDENT, *ABOUT_SUBMISSION))}, scores."
            )
        columns.append((header.strip() or field, field))
    return columns


@dataclass(frozen=True)
class Total:
    """The column of the course's total."""

    title: str
    semester: Semester


def read_scores(course: Path) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """(students, submissions) of the gradebook, as dictionaries with the fields named above.

    Due dates, extensions and late penalties are first updated from course.yaml. A published mark
    replaces the gradebook's later one; `since_published` says so.
    """
    config = load_config(course, course)
    directory = CourseDirectory(config=config)
    semester = load_semester(course)
    with gradebook_errors(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with open_gradebook(directory) as book:
            apply_semester(book, semester, config)
            roster = {student.id: student for student in load_roster(course)}
            students = [_student(student, roster.get(str(student.id))) for student in book.students]
            rows = []
            assignment: Any
            for assignment in book.assignments:
                found = _submissions(book, directory, assignment)
                exempt = {s for s, name in semester.exempt if name == assignment.name}
                if not found and not assignment.notebooks:
                    continue  # only a due date so far
                for student in exempt - set(found):
                    found[student] = _nothing(student, assignment.max_score)
                ledger = Ledger(course, assignment.name)
                extra = _extra_credit(book, assignment.name)
                now = current_versions(directory, config, assignment.name)
                published = read_published(course, assignment.name)
                for student, row in found.items():
                    known = ledger.read(student)
                    old = known.stale(now) if known else []
                    row = _submission(
                        row, assignment.name, known or Entry(), old, extra.get(student, 0.0)
                    )
                    if student in exempt:
                        row |= {"exempt": "yes", "waits_for_a_person": ""}
                    rows.append(_frozen(row, published.get(student)))
    return students, rows


def _submissions(book: Gradebook, directory: CourseDirectory, assignment: Any) -> dict[str, Any]:
    """{student: submission in the gradebook}, and the students whose submissions are unreadable."""
    found = {row["student"]: row for row in book.submission_dicts(assignment.name)}
    for submission in assignment.submissions:
        if submission.student_id in found:
            found[submission.student_id] |= {
                "late_submission_penalty": submission.late_submission_penalty,
                "seconds_late": submission.total_seconds_late if assignment.duedate else 0.0,
            }
    ledger = Ledger(Path(directory.root), assignment.name)
    for student in set(handed_in(directory, assignment.name)) - set(found):
        entry = ledger.read(student)
        if entry is not None and entry.unreadable:
            found[student] = _nothing(student, assignment.max_score)
    return found


def _nothing(student: str, most: float) -> dict[str, Any]:
    return {"student": student, "score": None, "max_score": most, "needs_manual_grade": False}


def _frozen(row: dict[str, Any], published: Mark | None) -> dict[str, Any]:
    """The row with its published mark, if it has one; `now`: the row as the gradebook has it."""
    row |= {"now": dict(row), "published": "", "since_published": ""}
    if published is None:
        return row
    differs = (row["score"], row["max_score"]) != (published.score, published.max_score)
    now = f"the mark is now {_cell(row['score'])} of {_cell(row['max_score'])}, and {_cell(published.score)} of {_cell(published.max_score)} was published on {published.date}"  # fmt: skip
    return row | {
        "score": published.score,
        "max_score": published.max_score,
        "percent": _percent(published.score, published.max_score),
        "late_penalty": published.late_penalty,
        "waits_for_a_person": "",
        "published": published.date,
        "since_published": now if differs else "",
    }


def _percent(score: float | None, most: float) -> float | None:
    return round(100 * score / most, 2) if most and score is not None else None


def _student(student: Any, known: Student | None) -> dict[str, Any]:
    """A student's data from the gradebook and the roster; without a roster the id is used as login
    and SIS id.
    """
    first, last = student.first_name or "", student.last_name or ""
    name = " ".join(filter(None, (first, last))) or student.id
    return {
        "student_id": student.id, "login": known.login if known else student.id, "sis_id": known.sis_id if known else student.id,
        "lms_id": student.lms_user_id or "", "first_name": first, "last_name": last, "name": name,
        "sortable_name": ", ".join(filter(None, (last, first))) or student.id, "email": student.email or "",
    }  # fmt: skip


def _extra_credit(book: Gradebook, assignment: str) -> dict[str, float]:
    """{student: points that a person gave on top}."""
    who: Any = SubmittedAssignment.student_id
    sheet: Any = Assignment
    credit: Any = Grade.extra_credit
    rows = (
        book.db.query(who, credit)
        .join(SubmittedNotebook, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        .join(Grade, Grade.notebook_id == SubmittedNotebook.id)
        .join(sheet, sheet.id == SubmittedAssignment.assignment_id)
        .filter(sheet.name == assignment, credit.isnot(None))
    )
    found: dict[str, float] = {}
    for student, points in rows:
        found[student] = found.get(student, 0.0) + points
    return found


def _submission(
    row: dict[str, Any], assignment: str, entry: Entry, old: list[str], extra: float
) -> dict[str, Any]:
    most, penalty = row["max_score"], row.get("late_submission_penalty") or 0.0
    score = None if row["score"] is None else max(0.0, row["score"] - penalty)
    return {
        "student_id": row["student"],
        "assignment": assignment,
        "score": score,
        "max_score": most,
        "percent": _percent(score, most),
        "extra_credit": extra,
        "late_penalty": penalty,
        "late_hours": round((row.get("seconds_late") or 0.0) / 3600, 2),
        "submitted": row.get("timestamp") or "",
        "exempt": "",
        "waits_for_a_person": "yes" if row["needs_manual_grade"] else "",
        "older_version": ", ".join(old),
        "problem": "; ".join([*entry.unreadable.values(), *map(str, entry.remarks)]),
    }


def _safe(row: dict[str, Any]) -> dict[str, Any]:
    return {key: safe_cell(v) if isinstance(v, str) else v for key, v in row.items()}


def _wide(form: Form) -> bool:
    """Whether there is a line for each student, with a column for each assignment."""
    return any(field == "scores" for _, field in form.columns)


def make_table(
    students: list[dict[str, Any]],
    rows: list[dict[str, Any]],
    form: Form,
    titles: dict[str, str],
    percent: bool,
    total: Total | None = None,
) -> Iterable[list[str]]:
    """The lines of the table: one per student if there are columns of scores, otherwise one per
    submission.
    """
    wide = _wide(form)

    def line(fixed, scores: list[str]) -> list[str]:
        """One line: `fixed(header, field)` in each column except those of the scores."""
        cells: list[str] = []
        for header, field in form.columns:
            cells += scores if field == "scores" else [fixed(header, field)]
        return cells

    def score(row: dict[str, Any] | None) -> str:
        value = row and row["percent" if percent else "score"]
        if row is not None and row["exempt"]:
            return form.exempt or form.no_score
        waits = row is not None and bool(row["waits_for_a_person"])
        if value is None or (waits and form.unmarked == "empty"):
            return form.no_score
        return (
            _cell(value)
            + form.percent * percent
            + " unmarked" * (waits and form.unmarked == "marked")
        )

    def total_of(student: str, theirs: dict[str, dict[str, Any]]) -> list[str]:
        """The cell of the total, if there is such a column."""
        if total is None:
            return []
        if form.unmarked != "partial" and any(r["waits_for_a_person"] for r in theirs.values()):
            return [form.no_score]
        percents = {
            name: 100 * row["score"] / row["max_score"]
            for name, row in theirs.items()
            if row["score"] is not None and row["max_score"]
        }
        value = total.semester.total(student, {name: percents.get(name) for name in titles})
        return [form.no_score if value is None else _cell(round(value, 2)) + form.percent]

    yield line(lambda header, _: header, [*titles.values(), *([total.title] if total else [])])
    if form.points_possible:
        most = {row["assignment"]: row["max_score"] for row in rows}
        yield line(
            lambda _, field: "Points Possible" if field == "name" else "",
            [_cell(most.get(name)) for name in titles] + ["100"] * (total is not None),
        )
    about = {student["student_id"]: student for student in students}
    by_student: dict[str, dict[str, dict[str, Any]]] = {name: {} for name in about}
    for row in rows:
        by_student.setdefault(row["student_id"], {})[row["assignment"]] = row
    for name in sorted(by_student):
        theirs = by_student[name]
        # A student without a readable submission is not in the gradebook.
        person = about.get(name) or dict.fromkeys(
            ("student_id", "login", "sis_id", "name", "sortable_name"), name
        )
        for row in [{}] if wide else [theirs[key] for key in sorted(theirs)]:
            known = {
                **row,
                **person,
                **{
                    key: f"{form.sign}{person[key]}"
                    for key in ("login", "sis_id")
                    if person.get(key)
                },
            }
            if row and row["waits_for_a_person"] and form.unmarked != "partial":
                shown = score(row)
                known |= {"score": shown, "percent": shown if percent else ""}
            yield line(
                lambda _, field, known=known: (
                    field[1:] if field[:1] == "=" else _cell(known.get(field))
                ),
                [score(theirs.get(assignment)) for assignment in titles] + total_of(name, theirs),
            )


def _cell(value: object) -> str:
    """A value as a cell holds it: 12 rather than 12.0."""
    if value is None:
        return ""
    return f"{value:.10g}" if isinstance(value, float) else str(value)
