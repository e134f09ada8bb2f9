"""Moodle's grading worksheet: the number of each participant, as in the files' names, with their
e-mail address and when they submitted.

A download from Moodle has neither: two students of the same name cannot be told apart in it, and it
does not show who was late. The worksheet (`mod/assign/feedback/offline` of moodle/moodle) can be
downloaded in addition.
"""

import datetime
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from scalinglaws.errors import CourseError

from .downloads import People, time_in_utc
from .roster import Student, plain_text, read_lines

# "Sunday, 29 November 2026, 1:05 PM", in English; and what a spreadsheet may make of it.
_TIMES = (
    "%A, %d %B %Y, %I:%M %p", "%A, %d %B %Y, %H:%M", "%d %B %Y, %I:%M %p", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M",
)  # fmt: skip


@dataclass(frozen=True)
class Participant:
    """The person with a number in an assignment. time: of their submission, in UTC; None if the
    worksheet has no readable one.
    """

    student: Student | None
    time: datetime.datetime | None


def read_worksheet(
    path: Path, students: Iterable[Student], zone: ZoneInfo | None
) -> dict[int, Participant]:
    """{participant's number: who that is, and when they submitted}. zone: of its times.

    Raises CourseError if the file is not a grading worksheet.
    """
    people = People(students)
    lines = list(read_lines(path, []))
    header = [plain_text(cell, "") for cell in lines[0][1]] if lines else []
    submitted = next((i for i, h in enumerate(header) if "submission" in h and "modified" in h), -1)
    found: dict[int, Participant] = {}
    for _, cells in lines[1:]:
        number = re.search(r"(\d+)$", cells[0].strip())
        if number:
            when = cells[submitted] if 0 <= submitted < len(cells) else ""
            time = time_in_utc(" ".join(when.split()), _TIMES, zone)
            found[int(number[1])] = Participant(_who(cells[1:], people), time)
    if not found:
        raise CourseError(
            f"{path} is not a grading worksheet of Moodle: its first column should hold "
            "participants with their numbers."
        )
    return found


def _who(cells: list[str], people: People) -> Student | None:
    """The student whose e-mail address, id or login is in a line, otherwise the one whose name is."""
    for key in ("login", "name"):
        for cell in cells:
            student, _ = people.find({key: cell.strip()}) if cell.strip() else (None, "")
            if student:
                return student
    return None
