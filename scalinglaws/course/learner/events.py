"""What a learner has done: one local file, `submitted/<student>/progress.jsonl`, one line of JSON
for each event.

Lines are only ever added, under a lock and flushed to the disk, so a kernel or a machine that dies
loses at most the line it was writing; the next writer closes that torn line. Everything else
(scores, what is due, the state of a sitting) is computed from the lines, so nothing can contradict
them. A decision about what to add is made while holding the lock (`writing`), so two tabs or two
kernels cannot count one answer twice. The file is the learner's own: it can be read, copied, edited
and deleted. It is not a grade. So a line may contain anything: one that is not an event is skipped,
and its number is reported. And a clock may have been wrong: see `_without_the_future`.
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
LONGEST = 2000  # characters of an answer to keep
_LONGEST_LINE = 2**18  # bytes; ours are all much shorter
_PATIENCE = 20.0  # seconds to wait while another process writes
_FIRST, _LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(3000, 1, 1, tzinfo=UTC)
_SLACK = timedelta(minutes=5)  # two clocks may differ by this much, or one may be set back

Pace = Literal["timed", "double", "untimed"]
Verdict = Literal["yes", "partly", "no"]


# -- The events. In the file each has its fields, and "event": the name of its class in lower case


@dataclass(frozen=True)
class Event:
    """Something that happened. at: when."""

    at: datetime


@dataclass(frozen=True)
class Asked(Event):
    """A question was asked. seconds: the time for it; None without a clock."""

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
    """The learner compared their own text with the model answer."""

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
    """A round of the challenge began. topic, level: "" for any. name: for the badge. seed: for
    drawing its questions.
    """

    sitting: str
    questions: tuple[str, ...]
    topic: str = ""
    level: str = ""
    pace: Pace = "timed"
    name: str = ""
    seed: int = 0


@dataclass(frozen=True)
class ExamStarted(Event):
    """An exam began.

    seconds: the time for all of it; None without a clock. seed: for drawing its questions. began:
    `at` in ISO form, as the clock showed it: a clock that was ahead must not end the exam
    (`_without_the_future`).
    """

    sitting: str
    questions: tuple[str, ...]
    seconds: float | None = None
    seed: int = 0
    began: str = ""

    def limit(self) -> datetime | None:
        """When its time is up, by the clock at its start; None without a clock."""
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
    """The learner set a goal: how many questions and exercises per day; 0 for none."""

    per_day: int


@dataclass(frozen=True)
class CheckedExercise:
    """One exercise in a report of `scalinglaws check`. wrote: a digest of its answer cells."""

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
    """An event as a line of the file, without the line end."""
    about = {"at": event.at.isoformat(timespec="milliseconds"), "event": _NAME_OF[type(event)]}
    kept = asdict(event)
    if isinstance(event, Answered) and not event.sitting:
        del kept["sitting"]
    return json.dumps(about | kept | {"at": about["at"]}, ensure_ascii=False).encode(
        "utf-8", "replace"
    )


def from_line(line: bytes) -> Event | None:
    """The event of one line; None for a kind from a newer course.

    Raises ValueError for a line that is not an event, or whose time is impossible.
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
    """A dataclass from JSON; unknown fields are ignored."""
    if not isinstance(data, dict):
        raise ValueError(f"{data!r} is no {kind.__name__}")
    hints = typing.get_type_hints(kind)
    found = {f.name: _value(hints[f.name], data[f.name]) for f in fields(kind) if f.name in data}
    try:
        return kind(**found)
    except TypeError as error:
        raise ValueError(str(error)) from None


def _value(kind: Any, value: Any) -> Any:
    """`value` from JSON as the type that a field declares. Raises ValueError for another type."""
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
            raise ValueError(f"{value} is not a possible time")
        return when
    if kind is float and isinstance(value, int | float) and not isinstance(value, bool):
        if not -1e9 <= value <= 1e9:  # also excludes nan
            raise ValueError(f"{value} is not a valid number")
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
        """A sentence on the lines that were skipped; "" if there are none."""
        if not self.odd:
            return ""
        some = ", ".join(map(str, self.odd[:5])) + (" and others" if len(self.odd) > 5 else "")
        which = "Line" if len(self.odd) == 1 else "Lines"
        return f"{which} {some} of {FILE} could not be understood; the rest counts."


def parse(content: bytes, now: datetime) -> History:
    """The events in a file's content, as seen at the time `now`."""
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
    """The events, with corrected times for those from a clock that was ahead.

    Otherwise a question answered then would not be due for years, and one asked then would stay
    open as long. Such an event is only known to come after the previous one in the file, so it gets
    that one's time; what depends on it is then due sooner rather than later.
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
    """The events so far, and the right to add more: see `Progress.writing`. now: when the lock was
    taken.
    """

    def __init__(self, events: list[Event], file: FileIO, now: datetime, torn: bool):
        self.events, self.now = events, now
        self._file, self._torn = file, torn

    def add(self, event: Event) -> None:
        """Append one event and fsync it.

        If the disk is full, the file stays as it was, and OSError is raised.
        """
        line = (b"\n" if self._torn else b"") + as_line(event) + b"\n"
        before = self._file.seek(0, os.SEEK_END)
        try:
            if self._file.write(line) < len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fsync(self._file.fileno())
        except OSError:
            with suppress(OSError):  # part of a line would remain as an odd line
                self._file.truncate(before)
            raise
        self._torn = False
        self.events.append(event)


class Progress:
    """One learner's file. now: the clock, for tests."""

    def __init__(self, path: Path, now: Callable[[], datetime] = utc_now):
        self.path, self.now = Path(path), now

    def history(self) -> History:
        """All events of the file. Raises CourseError if it cannot be read."""
        try:
            return parse(self.path.read_bytes(), self.now())
        except FileNotFoundError:
            return History()
        except OSError as error:
            raise self._trouble(error) from None

    def events(self) -> list[Event]:
        """All events, in the order in which they were written; odd lines are skipped."""
        return self.history().events

    @contextmanager
    def writing(self) -> Iterator[Writing]:
        """Lock the file for one decision, so that nobody else writes.

        Raises CourseError if the file cannot be written.
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
                # Unbuffered: a failed write must not happen later.
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
            f"Your progress in {self.path} cannot be saved ({error.strerror}): make room, or "
            "check the permissions."
        )


def progress_of(student: str | None = None, now: Callable[[], datetime] = utc_now) -> Progress:
    """The file of a learner (default: of this session) in the course's folder.

    The variable SCALINGLAWS_PROGRESS gives another file. Raises CourseError outside a course's
    folder.
    """
    from scalinglaws.paths import course_dir

    from .identity import default_student, valid_student

    if path := os.environ.get("SCALINGLAWS_PROGRESS"):
        return Progress(Path(path), now)
    student = valid_student(student or default_student())
    return Progress(course_dir() / "submitted" / student / FILE, now)


def own_progress(now: Callable[[], datetime] = utc_now) -> Progress:
    """The file of the user who runs this notebook: in the course's folder, or beside the notebook
    if there is no course.

    So practice works on Colab and Kaggle, with the package and one notebook. A message says once
    where the file is.
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


# -- What other parts of the course record


def note_answer(question: str, answer: Any, right: bool) -> None:
    """Record the answer to a quiz cell of a notebook, repeated answers once; only in the learner's
    own JupyterLab.

    If that fails (another machine, a full disk), it is ignored, because the check itself must not
    fail.
    """
    if not (os.environ.get("SCALINGLAWS_STUDENT") or os.environ.get("SCALINGLAWS_PROGRESS")):
        return
    answer = str(answer)[:LONGEST]
    with suppress(CourseError, OSError), progress_of().writing() as log:
        mine = [e for e in log.events if isinstance(e, Answered) and e.question == question]
        if not mine or mine[-1].answer != answer:
            log.add(Answered(log.now, question, answer, right))


def note_check(course: Path, student: str, report: Mapping[str, Any], again: bool = False) -> None:
    """Record a report of `scalinglaws check`, with a digest of the answers to each exercise.

    again: the check may already be recorded, because it ran before and was killed. If that fails,
    it is ignored, because the report is what matters.
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
    """{exercise: digest of its answer cells}, so that the same answer counts as one try.

    Empty if only the more tolerant grader can read the notebook.
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
