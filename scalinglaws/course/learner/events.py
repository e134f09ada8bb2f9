"""What a learner has done: one local file, `submitted/<student>/progress.jsonl`, one line of JSON for each event.

Lines are only ever added, under a lock and flushed to the disk, so a kernel or a machine that dies loses at most the line it was
writing; the next writer closes that torn line. All else (scores, what is due, the state of a sitting) is computed from the lines, so
nothing can contradict them. Who decides what to add does so while holding the lock (`writing`), so two tabs or two kernels cannot
count one answer twice.

The file is the learner's own: it can be read, copied, edited and deleted. It is no grade. So a line may hold anything: one that is no
event is left aside, and its number is told. And a clock may have been wrong: see `_without_the_future`.
"""

import errno
import hashlib
import json
import os
import re
import time
import types
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, fields, is_dataclass, replace
from datetime import UTC, datetime, timedelta
from io import FileIO
from pathlib import Path
from typing import Any, Literal

from scalinglaws.errors import CourseError
from scalinglaws.files import try_lock
from scalinglaws.paths import exercises_dir

FILE = "progress.jsonl"
LONGEST = 2000  # characters of an answer that are kept
_LONGEST_LINE = 2**18  # bytes; none of ours is near it
_PATIENCE = 20.0  # seconds to wait for another process that writes
_FIRST, _LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(3000, 1, 1, tzinfo=UTC)
_SLACK = timedelta(minutes=5)  # by which two clocks may differ, or one be set back

Pace = Literal["timed", "double", "untimed"]
Verdict = Literal["yes", "partly", "no"]


# -- The events, and how each stands in the file: its fields, with "event": the name of its class in lower case


@dataclass(frozen=True)
class Event:
    """Something that happened. at: when."""

    at: datetime


@dataclass(frozen=True)
class Asked(Event):
    """A question was put. seconds: the time for it; None without a clock."""

    sitting: str
    question: str
    seconds: float | None = None


@dataclass(frozen=True)
class Hint(Event):
    """The next hint was opened."""

    sitting: str
    question: str


@dataclass(frozen=True)
class Answered(Event):
    """An answer was given: in a sitting, or (sitting: "") in a quiz cell of a notebook."""

    question: str
    answer: str
    right: bool
    sitting: str = ""


@dataclass(frozen=True)
class Judged(Event):
    """The learner compared a text of their own with the model answer."""

    sitting: str
    question: str
    verdict: Verdict


@dataclass(frozen=True)
class GaveUp(Event):
    """The learner asked for the solution."""

    sitting: str
    question: str


@dataclass(frozen=True)
class Started(Event):
    """A round of the challenge began. topic, level: "" for any. name: for the badge. seed: what its questions were drawn with."""

    sitting: str
    questions: tuple[str, ...]
    topic: str = ""
    level: str = ""
    pace: Pace = "timed"
    name: str = ""
    seed: int = 0


@dataclass(frozen=True)
class ExamStarted(Event):
    """An exam began. seconds: the time for all of it; None without a clock. seed: what its questions were drawn with.

    began: `at` in ISO form, as the clock showed it: a clock that was ahead then must not end the exam (`_without_the_future`).
    """

    sitting: str
    questions: tuple[str, ...]
    seconds: float | None = None
    seed: int = 0
    began: str = ""

    def limit(self) -> datetime | None:
        """When its time is up, by the clock of then; None without a clock."""
        if self.seconds is None:
            return None
        try:
            began = _value(datetime, self.began)
        except ValueError:
            began = self.at
        return began + timedelta(seconds=self.seconds)


@dataclass(frozen=True)
class HandedIn(Event):
    """The learner ended an exam."""

    sitting: str


@dataclass(frozen=True)
class GoalSet(Event):
    """The learner set a goal: how many questions and exercises a day; 0 for none."""

    per_day: int


@dataclass(frozen=True)
class CheckedExercise:
    """One exercise in a report of `scalinglaws check`. wrote: a digest of what stood in its answer cells."""

    title: str
    state: str
    points: float
    max_points: float
    by_hand: bool
    wrote: str = ""

    @property
    def done(self) -> bool:
        """Whether it is right, or written for a person to mark."""
        return self.state == "right" or (self.by_hand and self.state != "not started")


@dataclass(frozen=True)
class Checked(Event):
    """`scalinglaws check` reported on an assignment. exercises: by their numbers, in order."""

    assignment: str
    score: float
    max_score: float
    exercises: dict[str, CheckedExercise]


_NAMES: dict[str, type[Event]] = {
    "asked": Asked,
    "hint": Hint,
    "answered": Answered,
    "judged": Judged,
    "gave_up": GaveUp,
    "started": Started,
    "exam_started": ExamStarted,
    "handed_in": HandedIn,
    "checked": Checked,
    "goal_set": GoalSet,
}
_NAME_OF = {kind: name for name, kind in _NAMES.items()}


def as_line(event: Event) -> bytes:
    """An event as it stands in the file, without the end of the line."""
    about = {"at": event.at.isoformat(timespec="milliseconds"), "event": _NAME_OF[type(event)]}
    kept = asdict(event)
    if isinstance(event, Answered) and not event.sitting:
        del kept["sitting"]
    return json.dumps(about | kept | {"at": about["at"]}, ensure_ascii=False).encode(
        "utf-8", "replace"
    )


def from_line(line: bytes) -> Event | None:
    """The event of one line; None for a kind that a newer course has.

    Raises ValueError for a line that is no event, or whose time cannot be.
    """
    if len(line) > _LONGEST_LINE:
        raise ValueError("too long")
    try:
        data = json.loads(line)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(data, dict) or not isinstance(data.get("event"), str):
        raise ValueError("no event")
    at = _value(datetime, data.get("at"))
    kind = _NAMES.get(data["event"])
    return None if kind is None else _record(kind, data | {"at": at})


def _record(kind: Any, data: Any) -> Any:
    """A dataclass from JSON; fields that it does not know are left out."""
    if not isinstance(data, dict):
        raise ValueError(f"{data!r} is no {kind.__name__}")
    hints = typing.get_type_hints(kind)
    found = {f.name: _value(hints[f.name], data[f.name]) for f in fields(kind) if f.name in data}
    try:
        return kind(**found)
    except TypeError as error:
        raise ValueError(str(error)) from None


def _value(kind: Any, value: Any) -> Any:
    """`value` of JSON as the type that a field declares. Raises ValueError where it is another."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is types.UnionType:  # "or None"
        return None if value is None else _value(arguments[0], value)
    if origin is Literal and value in arguments:
        return value
    if origin is tuple and isinstance(value, list):
        return tuple(_value(arguments[0], item) for item in value)
    if origin is dict and isinstance(value, dict):
        return {key: _value(arguments[1], item) for key, item in value.items()}
    if is_dataclass(kind):
        return _record(kind, value)
    if kind is datetime:
        when = value if isinstance(value, datetime) else datetime.fromisoformat(_value(str, value))
        if when.tzinfo is None or not _FIRST <= when < _LAST:
            raise ValueError(f"{value} is no moment that a clock can have shown")
        return when
    if kind is float and isinstance(value, int | float) and not isinstance(value, bool):
        if not -1e9 <= value <= 1e9:  # also what is not a number
            raise ValueError(f"{value} is no number of ours")
        return value
    if kind is int and isinstance(value, int) and not isinstance(value, bool):
        return value
    if kind in (str, bool) and isinstance(value, kind):
        return value
    raise ValueError(f"{value!r} is no {kind}")


@dataclass(frozen=True)
class History:
    """All events in the order in which they were written. odd: the numbers of the lines that are not events."""

    events: list[Event] = field(default_factory=list)
    odd: tuple[int, ...] = ()

    def remark(self) -> str:
        """A sentence on the lines that were left aside; "" where there are none."""
        if not self.odd:
            return ""
        some = ", ".join(map(str, self.odd[:5])) + (" and others" if len(self.odd) > 5 else "")
        which = "Line" if len(self.odd) == 1 else "Lines"
        return f"{which} {some} of {FILE} could not be understood; the rest counts."


def parse(content: bytes, now: datetime) -> History:
    """The events in a file's content, as they are to be understood at the moment `now`."""
    events, odd = [], []
    for number, line in enumerate(content.split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            event = from_line(line)
        except (ValueError, OverflowError):  # torn by a crash, or edited by hand
            odd.append(number)
            continue
        if event is not None:
            events.append(event)
    return History(_without_the_future(events, now), tuple(odd))


def _without_the_future(events: Sequence[Event], now: datetime) -> list[Event]:
    """The events, with another time for those from a clock that was ahead.

    Else a question that was answered then would not be due for years, and one that was put then would stay open as long. All that is
    known of such an event is that it came after the one before it in the file: it gets that one's time, so that what depends on it
    is due sooner rather than later.
    """
    found: list[Event] = []
    last = _FIRST
    for event in events:
        if event.at > now + _SLACK:
            event = replace(event, at=last)
        found.append(event)
        last = event.at
    return found


def utc_now() -> datetime:
    """The present moment."""
    return datetime.now(UTC)


class Writing:
    """The events so far, and the right to add more: see `Progress.writing`. now: the moment at which the right was given."""

    def __init__(self, events: list[Event], file: FileIO, now: datetime, torn: bool):
        self.events, self.now = events, now
        self._file, self._torn = file, torn

    def add(self, event: Event) -> None:
        """Append one event and fsync it. Where the disk is full, the file is as before, and OSError is raised."""
        line = (b"\n" if self._torn else b"") + as_line(event) + b"\n"
        before = self._file.seek(0, os.SEEK_END)
        try:
            if self._file.write(line) < len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fsync(self._file.fileno())
        except OSError:
            with suppress(OSError):  # a part of a line would be an odd line for ever
                self._file.truncate(before)
            raise
        self._torn = False
        self.events.append(event)


class Progress:
    """One learner's file. now: the clock, for tests."""

    def __init__(self, path: Path, now: Callable[[], datetime] = utc_now):
        self.path, self.now = Path(path), now

    def history(self) -> History:
        """All that the file says. Raises CourseError where it cannot be read."""
        try:
            return parse(self.path.read_bytes(), self.now())
        except FileNotFoundError:
            return History()
        except OSError as error:
            raise self._trouble(error) from None

    def events(self) -> list[Event]:
        """All events, in the order in which they were written; odd lines are left aside."""
        return self.history().events

    @contextmanager
    def writing(self) -> Iterator[Writing]:
        """Hold the file for one decision: nobody else writes meanwhile.

        Raises CourseError where the file cannot be written.
        """
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            lock = open(self.path.with_name(f".{FILE}.lock"), "a+b")  # noqa: SIM115
        except OSError as error:
            raise self._trouble(error) from None
        with lock:
            end = time.monotonic() + _PATIENCE
            while not try_lock(lock):
                if time.monotonic() > end:
                    raise CourseError(
                        f"Another program holds {self.path}: close other notebooks of the course, then try again."
                    )
                time.sleep(0.02)
            try:
                # Without a buffer: what was not written must not be written later.
                with open(self.path, "ab+", buffering=0) as file:
                    file.seek(0)
                    content = file.read()
                    torn = not content.endswith(b"\n") and bool(content)
                    now = self.now()
                    now = now.replace(microsecond=now.microsecond // 1000 * 1000)  # as in the file
                    yield Writing(parse(content, now).events, file, now, torn)
            except OSError as error:
                raise self._trouble(error) from None

    def add(self, event: Event) -> None:
        """Add one event that depends on no other."""
        with self.writing() as log:
            log.add(event)

    def _trouble(self, error: OSError) -> CourseError:
        return CourseError(
            f"Your progress in {self.path} cannot be kept ({error.strerror}): make room, or see that you may write there."
        )


def progress_of(student: str | None = None, now: Callable[[], datetime] = utc_now) -> Progress:
    """The file of a learner (default: of this session) in the course's folder.

    SCALINGLAWS_PROGRESS names another file. Raises CourseError outside a course's folder.
    """
    from scalinglaws.paths import course_dir

    from .identity import default_student, valid_student

    if path := os.environ.get("SCALINGLAWS_PROGRESS"):
        return Progress(Path(path), now)
    student = valid_student(student or default_student())
    return Progress(course_dir() / "submitted" / student / FILE, now)


def own_progress(now: Callable[[], datetime] = utc_now) -> Progress:
    """The file of whoever runs this notebook: in the course's folder, or beside the notebook where there is no course.

    So practice works on Colab and Kaggle, with the package and one notebook. It is said where the file is, once.
    """
    try:
        return progress_of(now=now)
    except CourseError:
        found = Progress(Path.cwd() / FILE, now)
    if not found.path.exists():
        print(f"There is no course's folder here: what you do is kept in {found.path}.")
    return found


def student_of(progress: Progress) -> str:
    """Whose file it is."""
    return re.sub(r"[^\w.-]", "", progress.path.parent.name)


# -- What the rest of the course notes


def note_answer(question: str, answer: Any, right: bool) -> None:
    """Note the answer to a quiz cell of a notebook, once for each answer in a row; in the learner's own JupyterLab only.

    Where it cannot be noted (another machine, a full disk) nothing is said: a check must not fail by it.
    """
    if not (os.environ.get("SCALINGLAWS_STUDENT") or os.environ.get("SCALINGLAWS_PROGRESS")):
        return
    answer = str(answer)[:LONGEST]
    with suppress(CourseError, OSError), progress_of().writing() as log:
        mine = [e for e in log.events if isinstance(e, Answered) and e.question == question]
        if not mine or mine[-1].answer != answer:
            log.add(Answered(log.now, question, answer, right))


def note_check(course: Path, student: str, report: Mapping[str, Any], again: bool = False) -> None:
    """Note a report of `scalinglaws check`, with a digest of what was written for each exercise.

    again: the check may have been noted already, before what ran it was killed. Where it cannot be noted, nothing is said: the report is what counts.
    """
    with suppress(CourseError, OSError):
        wrote = _digests(course, student, report["assignment"])
        progress = progress_of(student)
        checked = Checked(
            progress.now(),
            report["assignment"],
            report["score"],
            report["max_score"],
            {
                row["exercise"]: CheckedExercise(
                    row["title"],
                    row["state"],
                    row["points"],
                    row["max_points"],
                    row["by_hand"],
                    wrote.get(row["exercise"], ""),
                )
                for row in report["exercises"]
            },
        )
        with progress.writing() as log:
            last = log.events[-1] if again and log.events else None
            if not isinstance(last, Checked) or replace(last, at=checked.at) != checked:
                log.add(checked)


def _digests(course: Path, student: str, assignment: str) -> dict[str, str]:
    """{exercise: digest of what stands in its answer cells}, so that the same answer counts as one try.

    Empty where only the grader, which puts up with more, can read the notebook.
    """
    from nbformat import ValidationError

    from scalinglaws.course.exercises import exercises, graded_cells, read_notebook

    name = f"{assignment}.ipynb"
    try:
        notebook = read_notebook(course / "submitted" / student / assignment / name)
        cells = graded_cells(notebook)
    except (ValueError, LookupError, AttributeError, ValidationError):
        return {}
    return {
        exercise.number: hashlib.sha256(
            "\n".join(cells[name].source for name in exercise.answers if name in cells).encode()
        ).hexdigest()[:12]
        for exercise in exercises(read_notebook(exercises_dir(course) / assignment / name))
    }
