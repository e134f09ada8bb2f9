"""Blind second marking: a sheet of answers without names and without the first marks, and the
differences between the two markers.

Formgrader would show a second marker the first one's marks. So the second marks are in a separate
table, which contains the answers, is filled in by the second marker, and is then read and compared.
The gradebook does not change: the markers decide which mark counts.
"""

import csv
import io
import json
import math
import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbgrader.coursedir import CourseDirectory

from scalinglaws.course.exercises import read_notebook
from scalinglaws.course.grading.messages import safe_cell, visible_text
from scalinglaws.course.grading.nbgrader_api import load_config, open_gradebook
from scalinglaws.course.grading.submission import grade_id
from scalinglaws.errors import CourseError
from scalinglaws.files import replace_file, write_output

from .roster import read_lines

HEADER = ("marker", "number", "submission", "answer to", "most", "points", "comment", "answer")


@dataclass(frozen=True)
class Answer:
    """A written answer. submission: its id in the gradebook; number: formgrader's; first: its mark,
    None while it waits.
    """

    submission: str
    number: int
    cell: str
    most: float
    first: float | None
    text: str

    @property
    def key(self) -> str:
        """Its unique key."""
        return f"{self.submission} {self.cell}"


def written_answers(course: Path, assignment: str) -> list[Answer]:
    """The written answers of an assignment that a person marks, in formgrader's order."""
    directory = CourseDirectory(config=load_config(course, course))
    found: list[Answer] = []
    with warnings.catch_warnings(), open_gradebook(directory) as book:
        warnings.simplefilter("ignore")
        sheet: Any
        for sheet in book.find_assignment(assignment).notebooks:
            submitted = sorted(sheet.submissions, key=lambda s: s.id)
            for number, notebook in enumerate(submitted, 1):
                texts = _texts(course, notebook.assignment.student_id, assignment, sheet.name)
                found += [
                    Answer(
                        notebook.id,
                        number,
                        grade.cell.name,
                        grade.cell.max_score,
                        grade.manual_score,
                        texts.get(grade.cell.name, "(see formgrader)"),
                    )
                    for grade in notebook.grades
                    if grade.needs_manual_grade or grade.manual_score is not None
                    if grade.auto_score is None
                ]
    return found


def _texts(course: Path, student: str, assignment: str, notebook: str) -> dict[str, str]:
    path = course / "autograded" / student / assignment / f"{notebook}.ipynb"
    try:
        return {grade_id(cell): cell.source for cell in read_notebook(path).cells}
    except (OSError, ValueError, CourseError):
        return {}


def write_sheet(path: Path, answers: Iterable[Answer], shared: Mapping[str, str], only: str) -> int:
    """Write the table for the second markers, or for one of them. Returns its number of answers."""
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(HEADER)
    rows = [
        (shared[a.submission], f"Submission #{a.number}", a.submission, a.cell, f"{a.most:g}", "", "", _cell(a.text))
        for a in sorted(answers, key=lambda a: (shared[a.submission], a.number))
        if only in ("", shared[a.submission])
    ]  # fmt: skip
    table.writerows(rows)
    write_output(path, b"\xef\xbb\xbf" + text.getvalue().encode())  # makes Excel read it as UTF-8
    return len(rows)


def _cell(text: str) -> str:
    """An answer, with no line that a spreadsheet would read as a formula."""
    text = "\n".join(visible_text(line) for line in text.splitlines())[:30_000]
    return text if safe_cell(text[:50]) == " ".join(text[:50].split()) else f"'{text}"


def read_sheet(path: Path, answers: Iterable[Answer]) -> dict[str, tuple[str, float]]:
    """{answer's key: (second marker, points)} of the lines that have points.

    Raises CourseError, with the line, for an invalid mark or an unknown answer.
    """
    known = {answer.key: answer for answer in answers}
    lines = list(read_lines(path, []))
    header = [cell.strip() for cell in lines[0][1]] if lines else []
    if missing := {*HEADER[:6]} - {*header}:
        raise CourseError(
            f"{path} has no column {', '.join(sorted(missing))}: fill in the table that --second wrote."
        )
    found: dict[str, tuple[str, float]] = {}
    for number, cells in lines[1:]:
        row = dict(zip(header, (cell.strip() for cell in cells), strict=False))
        if not row.get("points"):
            continue
        answer = known.get(f"{row.get('submission')} {row.get('answer to')}")
        if answer is None:
            raise CourseError(f"{path}, line {number}: the gradebook has no such answer.")
        try:
            points = float(row["points"].replace(",", "."))
        except ValueError:
            points = math.nan
        if not 0 <= points <= answer.most:
            raise CourseError(
                f"{path}, line {number}: points must be a number from 0 to {answer.most:g}, not "
                f"{row['points']!r}."
            )
        found[answer.key] = (row["marker"], points)
    return found


def keep(path: Path, marks: Mapping[str, tuple[str, float]]) -> dict[str, tuple[str, float]]:
    """Add second marks to those read before; returns all."""
    before: dict[str, Any] = {}
    if path.exists():
        try:
            before = json.loads(path.read_text("utf-8"))
            before = {key: (str(who), float(points)) for key, (who, points) in before.items()}
        except (OSError, ValueError, TypeError, AttributeError):
            raise CourseError(
                f"{path} cannot be read: move it away, and read all filled-in tables again."
            ) from None
    both = {**before, **marks}
    text = json.dumps(both, indent=1, sort_keys=True, ensure_ascii=False)
    replace_file(path, text.encode())
    return both


def differences(
    answers: Iterable[Answer], first: Mapping[str, str], second: Mapping[str, tuple[str, float]]
) -> Iterator[str]:
    """The markers' differences, the largest first, and their overall agreement."""
    marked = [(a, *second[a.key]) for a in answers if a.key in second]
    both = [(a, a.first, who, points) for a, who, points in marked if a.first is not None]
    apart = [row for row in both if row[1] != row[3]]
    for answer, one, who, two in sorted(apart, key=lambda row: -abs(row[1] - row[3])):
        by = first.get(answer.submission) or "first"
        yield f"  Submission #{answer.number:<4} {answer.cell:<20} {by}: {one:g}, {who}: {two:g}, of {answer.most:g}"
    if both:
        mean = sum(two - one for _, one, _, two in both) / len(both)
        yield (
            f"{len(both)} answers have two marks; {len(both) - len(apart)} are the same. On average the second mark"
            f" is {abs(mean):.2g} points {'higher' if mean >= 0 else 'lower'}."
        )
    if waiting := len(marked) - len(both):
        yield f"{waiting} answers have a second mark and wait for their first."
