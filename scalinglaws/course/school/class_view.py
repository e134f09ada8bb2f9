"""The data of the class page, gathered from the gradebook, the ledger and submitted/; no HTML."""

import datetime
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nbgrader.coursedir import CourseDirectory

from scalinglaws.course.exercises import assignments
from scalinglaws.course.grading.classroom import students as handed_in
from scalinglaws.course.grading.item_analysis import Item, class_items
from scalinglaws.course.grading.ledger import Entry, Ledger
from scalinglaws.course.grading.nbgrader_api import load_config
from scalinglaws.course.grading.remarks import Kind
from scalinglaws.course.grading.semester import Regrade, load_semester
from scalinglaws.course.grading.similar import Pair, find_pairs

from .export import read_scores
from .roster import load_roster

MAX_PAIRS = 5_000  # of submissions to compare by default: some seconds per notebook
SHOWN_PAIRS = 20
LEAST_SHARE = 0.7  # of code in common


@dataclass(frozen=True)
class Person:
    """A student. id: the folder in submitted/."""

    id: str
    name: str


@dataclass(frozen=True)
class Work:
    """One student's work on one assignment. percent: of the points, None without a score."""

    # "graded", "waits" (for a person's marks), "submitted" (and not graded), "unreadable" or "exempt"
    state: str
    percent: float | None = None
    late: bool = False
    older: bool = False  # some marks come from an older version of an exercise


@dataclass(frozen=True)
class Look:
    """Something that a person must do. what: the kind, for example "Written answers"; text: the details."""

    what: str
    student: str
    text: str


@dataclass
class Sheet:
    """One assignment over the class. work: {student id: Work}; not_compared: why no pairs are shown."""

    name: str
    max_score: float
    work: dict[str, Work]
    look: list[Look] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)
    pairs: list[Pair] = field(default_factory=list)
    not_compared: str = ""

    @property
    def percents(self) -> list[float]:
        """The scores in percent, of students whose marks are complete."""
        return sorted(
            w.percent for w in self.work.values() if w.percent is not None and w.state == "graded"
        )

    @property
    def quartiles(self) -> tuple[float, float, float] | None:
        """The quartiles of `percents`; None if there are no scores."""
        found = self.percents
        if not found:
            return None
        if len(found) == 1:
            return found[0], found[0], found[0]
        low, middle, high = statistics.quantiles(found, n=4, method="inclusive")
        return low, middle, high


@dataclass(frozen=True)
class ClassView:
    """The class. people: everybody in the roster, the gradebook or submitted/. unstarted:
    assignments without a submission.
    """

    people: list[Person]
    sheets: list[Sheet]
    unstarted: list[str]
    made: datetime.datetime


def read_class(course: Path, only: Sequence[str], compare: bool | None) -> ClassView:
    """Gather everything. only: assignments, all by default. compare: whether to look for similar
    pairs; None means if it is quick.
    """
    config = load_config(course, course)
    directory = CourseDirectory(config=config)
    students, rows = read_scores(course)
    names = {s.id: s.name for s in load_roster(course)} | {
        str(s["student_id"]): str(s["name"]) for s in students
    }
    regrades = load_semester(course).regrades
    sheets, unstarted = [], []
    for assignment in only or assignments(course):
        here = handed_in(directory, assignment)
        scored = {str(row["student_id"]): row for row in rows if row["assignment"] == assignment}
        if not here and not scored:
            unstarted.append(assignment)
            continue
        names |= {name: name for name in (*here, *scored) if name not in names}
        ledger = Ledger(course, assignment)
        entries = {name: ledger.read(name) for name in {*here, *scored}}
        sheets.append(_sheet(course, assignment, here, scored, entries, compare, regrades))
    people = sorted((Person(key, name) for key, name in names.items()), key=_order)
    return ClassView(people, sheets, unstarted, datetime.datetime.now().astimezone())


def _order(person: Person) -> tuple[str, str]:
    return person.name.casefold(), person.id


def _sheet(
    course: Path,
    assignment: str,
    here: Sequence[str],
    scored: Mapping[str, Mapping[str, Any]],
    entries: Mapping[str, Entry | None],
    compare: bool | None,
    regrades: Sequence[Regrade],
) -> Sheet:
    most = max((float(row["max_score"] or 0) for row in scored.values()), default=0.0)
    work = {name: _work(scored.get(name), entries[name]) for name in sorted({*here, *scored})}
    sheet = Sheet(assignment, most, work)
    for request in regrades:
        if request.assignment == assignment and not request.decision:
            what = f"exercise {request.exercise}: " if request.exercise else ""
            sheet.look.append(Look("Asked to be regraded", request.student, what + request.reason))
    sheet.look += [
        look for name, state in work.items() for look in _looks(name, state, entries[name])
    ]
    graded = [e.tests for e in entries.values() if e is not None and e.tests]
    if graded:
        sheet.items = class_items(course, assignment, graded)
    number = len(here) * (len(here) - 1) // 2
    if compare is False:
        sheet.not_compared = "Not compared (--no-similar)."
    elif compare is None and number > MAX_PAIRS:
        sheet.not_compared = (
            f"Not compared: {len(here)} submissions make {number:,} pairs, which takes minutes."
            " `scalinglaws class --similar` compares them."
        )
    else:
        found = [p for p in find_pairs(course, assignment)[0] if p.share >= LEAST_SHARE]
        sheet.pairs = sorted(found, key=lambda p: (-p.share, -p.tokens, p.first, p.second))
    return sheet


def _work(row: Mapping[str, Any] | None, entry: Entry | None) -> Work:
    if row is not None and row["exempt"]:
        return Work("exempt")
    if entry is not None and entry.unreadable:
        return Work("unreadable")
    if row is None or row["percent"] is None:
        return Work("submitted")
    return Work(
        "waits" if row["waits_for_a_person"] else "graded",
        float(row["percent"]),
        bool(row["late_hours"]),
        bool(row["older_version"]),
    )


def _looks(student: str, work: Work, entry: Entry | None) -> list[Look]:
    """What a person must do for one submission."""
    if work.state == "exempt":
        return []
    if entry is None:
        return [Look("To be graded", student, "`scalinglaws grade` has not seen it")]
    found = [
        Look("Could not be read", student, f"{name}.ipynb: {why}")
        for name, why in entry.unreadable.items()
    ]
    if work.state == "waits":
        found.append(Look("To be marked in formgrader", student, "Manual Grading"))
    if work.older:
        found.append(Look("Marked by an older version", student, "`scalinglaws grade --stale`"))
    for cells, text in (
        (entry.unjudged, "could not be judged: 0 points until you look at it"),
        (entry.stopped, "stopped: too long, too large, or a crash"),
    ):
        if cells:
            found.append(Look("Graded, but please look", student, f"{', '.join(cells)} {text}"))
    found += [
        Look("Graded, but please look", student, remark.text)
        for remark in entry.remarks
        if remark.kind is Kind.LOOK
    ]
    return found
