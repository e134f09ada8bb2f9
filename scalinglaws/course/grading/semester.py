"""`course.yaml`: due dates, extensions, late rules, exemptions, which marks count; docs/semester.md
has an example of each.

Due dates, extensions and late penalties are copied into nbgrader's gradebook, where formgrader, the
feedback and the export find them. Everything else is read from here when needed.
"""

import datetime
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml
from nbgrader.api import Gradebook, MissingEntry
from traitlets.config import Config

from scalinglaws.course.exercises import assignments
from scalinglaws.errors import CourseError

FILE = "course.yaml"  # in the course's folder
DAY = 86_400.0  # seconds


@dataclass(frozen=True)
class Late:
    """The late rule. percent_per_day: of the score, for each day begun; most_percent: the maximum.

    Within grace_minutes after the due date nothing is deducted; after closed_after_days nothing
    counts.
    """

    percent_per_day: float = 0.0
    most_percent: float = 100.0
    grace_minutes: float = 0.0
    closed_after_days: float = math.inf

    def share(self, seconds: float) -> float:
        """The share of the score to deduct, 0 to 1, for work that came `seconds` after its due
        date.
        """
        if seconds <= 60 * self.grace_minutes:
            return 0.0
        if seconds > self.closed_after_days * DAY:
            return 1.0
        days = math.ceil(seconds / DAY)
        return min(self.percent_per_day * days, self.most_percent) / 100


@dataclass(frozen=True)
class Regrade:
    """A student's request for a regrade. decision: empty while it is open."""

    student: str
    assignment: str
    exercise: str = ""
    reason: str = ""
    decision: str = ""


@dataclass(frozen=True)
class Semester:
    """The content of course.yaml. due: {assignment: in UTC, without a zone, as in nbgrader};
    extensions: {(student, assignment): how much longer}; late: None if there is no rule; best_of: 0
    if all count.
    """

    due: Mapping[str, datetime.datetime] = field(default_factory=dict)
    extensions: Mapping[tuple[str, str], datetime.timedelta] = field(default_factory=dict)
    late: Late | None = None
    exempt: frozenset[tuple[str, str]] = frozenset()
    best_of: int = 0
    regrades: tuple[Regrade, ...] = ()
    markers: tuple[str, ...] = ()

    def total(self, student: str, percents: Mapping[str, float | None]) -> float | None:
        """The mean of the percentages that count: the best ones, without exempt ones; None if none
        counts.

        percents: {assignment: percent, or None if nothing was submitted, which counts as 0}.
        """
        counted = sorted(
            (
                value or 0.0
                for name, value in percents.items()
                if (student, name) not in self.exempt
            ),
            reverse=True,
        )
        chosen = counted[: self.best_of or None]
        return sum(chosen) / len(chosen) if chosen else None


def load_semester(course: Path) -> Semester:
    """Read course.yaml; if there is none, the semester is empty.

    Raises CourseError for anything that cannot be understood.
    """
    path = course / FILE
    try:
        text = path.read_text("utf-8-sig")
    except FileNotFoundError:
        return Semester()
    except (OSError, UnicodeDecodeError) as error:
        raise CourseError(f"{FILE} cannot be read as UTF-8 text: {error}.") from None
    try:
        data = yaml.load(text, Loader=_Loader)
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" line {mark.line + 1}:" if mark else ""
        problem = getattr(error, "problem", None) or "this is not YAML"
        raise CourseError(f"{FILE}:{where} {problem}.") from None
    semester, known = _Reader().read(data), assignments(course)
    pairs = (*semester.extensions, *semester.exempt, *((r.student, r.assignment) for r in semester.regrades))  # fmt: skip
    for name in (*semester.due, *(assignment for _, assignment in pairs)):
        if name not in known:
            raise CourseError(
                f"{FILE}: there is no assignment {name!r}: choose one of {', '.join(known)}."
            )
    return semester


class _Loader(yaml.BaseLoader):
    """Loads all values as texts (an id stays 007, we read dates ourselves), and refuses duplicate
    keys.
    """

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Refuse a key that would silently replace another."""
        seen: set[str] = set()
        for key, _ in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else None
            if name is None or name in seen:
                why = (
                    "a name is expected before the colon"
                    if name is None
                    else f"{name!r} stands twice"
                )
                raise yaml.MarkedYAMLError(problem=why, problem_mark=key.start_mark)
            seen.add(name)
        return super().construct_mapping(node, deep)


class _Reader:
    """Turns the file's texts into a Semester, or raises an error that says what was expected and
    where.
    """

    def __init__(self) -> None:
        self.zone: datetime.tzinfo | None = None  # this machine's

    def read(self, data: Any) -> Semester:
        keys = ("timezone", "due", "late", "extensions", "exempt", "best_of", "regrades", "markers")
        top = self.mapping(data or {}, FILE, keys)
        if name := top.get("timezone"):
            try:
                self.zone = ZoneInfo(self.text(name, "timezone"))
            except (ZoneInfoNotFoundError, ValueError, OSError):
                self.fail("timezone", "a name such as Europe/Berlin", name)
        due = {
            str(key): self.time(value, f"due, {key}")
            for key, value in self.mapping(top.get("due") or {}, "due").items()
        }
        return Semester(
            due,
            dict(self.extension(row, due) for row in self.rows(top, "extensions")),
            self.late(top["late"]) if "late" in top else None,
            frozenset(
                self.who(self.mapping(row, "exempt", ("student", "assignment")), "exempt")
                for row in self.rows(top, "exempt")
            ),
            int(self.number(top["best_of"], "best_of", whole=True)) if "best_of" in top else 0,
            tuple(self.regrade(row) for row in self.rows(top, "regrades")),
            tuple(self.text(name, "markers") for name in self.rows(top, "markers")),
        )

    def late(self, data: Any) -> Late:
        names = tuple(Late.__dataclass_fields__)
        given = self.mapping(data or {}, "late", names)
        late = Late(**{key: self.number(value, f"late, {key}") for key, value in given.items()})
        if max(late.percent_per_day, late.most_percent) > 100:
            self.fail("late", "at most 100 percent", max(late.percent_per_day, late.most_percent))
        return late

    def extension(
        self, row: Any, due: Mapping[str, datetime.datetime]
    ) -> tuple[tuple[str, str], datetime.timedelta]:
        about = self.mapping(row, "extensions", ("student", "assignment", "days", "hours", "until", "reason"))  # fmt: skip
        key = self.who(about, "extensions")
        if key[1] not in due:
            self.fail("extensions", f"an assignment with a date under `due`, for {key[0]}", key[1])
        if "until" in about:
            longer = self.time(about["until"], "extensions, until") - due[key[1]]
        else:
            days, hours = (
                self.number(about.get(unit, "0"), f"extensions, {unit}")
                for unit in ("days", "hours")
            )
            longer = datetime.timedelta(days=days, hours=hours)
        if longer <= datetime.timedelta(0):
            self.fail("extensions", f"days, hours, or a later `until`, for {key[0]}", row)
        return key, longer

    def regrade(self, row: Any) -> Regrade:
        names = tuple(Regrade.__dataclass_fields__)
        about = self.mapping(row, "regrades", names)
        self.who(about, "regrades")
        return Regrade(
            **{key: self.text(value, f"regrades, {key}") for key, value in about.items()}
        )

    # -- Values

    def fail(self, where: str, expected: str, found: Any) -> NoReturn:
        raise CourseError(f"{FILE}, {where}: expected {expected}, not {str(found)[:80]!r}.")

    def mapping(self, data: Any, where: str, known: Sequence[str] = ()) -> dict[str, Any]:
        if not isinstance(data, dict):
            self.fail(where, "`name: value` pairs", data)
        for key in data:
            if known and key not in known:
                self.fail(where, f"one of {', '.join(known)}", key)
        return data

    def rows(self, top: Mapping[str, Any], key: str) -> list[Any]:
        data = top.get(key) or []
        if not isinstance(data, list):
            self.fail(key, "a list, each entry after a dash", data)
        return data

    def text(self, value: Any, where: str) -> str:
        if not isinstance(value, str):
            self.fail(where, "a text", value)
        return value.strip()

    def who(self, about: Mapping[str, Any], where: str) -> tuple[str, str]:
        student, assignment = (
            self.text(about.get(key, ""), where) for key in ("student", "assignment")
        )
        if not student or not assignment:
            self.fail(where, "a `student` and an `assignment`", dict(about))
        return student, assignment

    def number(self, value: Any, where: str, whole: bool = False) -> float:
        try:
            number = float(self.text(value, where))
        except ValueError:
            number = math.nan
        if not 0 <= number < 1e6 or (whole and number != int(number)):
            self.fail(where, "a whole number" if whole else "a number from 0", value)
        return number

    def time(self, value: Any, where: str) -> datetime.datetime:
        """In UTC, without a zone. A date alone means the end of that day."""
        text = self.text(value, where)
        try:
            if len(text) == 10:
                day = datetime.date.fromisoformat(text)
                time = datetime.datetime.combine(day, datetime.time(23, 59, 59))
            else:
                time = datetime.datetime.fromisoformat(text)
            if time.tzinfo is None:
                time = time.replace(tzinfo=self.zone) if self.zone else time.astimezone()
            return time.astimezone(datetime.UTC).replace(tzinfo=None)
        except (ValueError, OverflowError, OSError):
            self.fail(where, "a time such as 2026-11-02 23:59", value)


# -- Into the gradebook


def apply_semester(book: Gradebook, semester: Semester, config: Config) -> None:
    """Update due dates, extensions and late penalties in the gradebook from course.yaml.

    Only differences are written. If the file has no due date for an assignment, the gradebook's
    stays; if it has no late rule, penalties of nbgrader's own plugin stay.
    """
    if semester.late and ("LateSubmissionPlugin" in config or "AssignLatePenalties" in config):
        raise CourseError(
            f"There are late rules both in {FILE} and in nbgrader_config.py: keep them in one of "
            "the two."
        )
    gradebook: Any = book  # nbgrader's types say little that is true
    for name, due in semester.due.items():
        try:
            if gradebook.find_assignment(name).duedate == due:
                continue
        except MissingEntry:
            pass
        gradebook.update_or_create_assignment(name, duedate=due)
    for assignment in gradebook.assignments:
        listed = assignment.name in semester.due
        for submission in assignment.submissions:
            longer = semester.extensions.get((submission.student_id, assignment.name))
            if listed and submission.extension != longer:
                submission.extension = longer
            if semester.late is None or assignment.duedate is None:
                continue
            seconds = submission.total_seconds_late
            if seconds or submission.late_submission_penalty:
                _penalize(submission, semester.late.share(seconds))
    gradebook.db.commit()


def _penalize(submission: Any, share: float) -> None:
    for notebook in submission.notebooks:
        penalty = share * (notebook.score or 0.0) or None
        if notebook.late_submission_penalty != penalty:
            notebook.late_submission_penalty = penalty


def unknown_students(semester: Semester, known: Iterable[str]) -> str:
    """A message about unknown ids in course.yaml; "" if all are known."""
    named = {student for student, _ in (*semester.extensions, *semester.exempt)}
    missing = sorted({*named, *(r.student for r in semester.regrades)} - {*known})
    return f"{FILE}: there is no student {', '.join(map(repr, missing))}." if missing else ""
