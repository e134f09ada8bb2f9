"""What a learner has done: one local file, `submitted/<student>/progress.jsonl`, one line of JSON for each event.

Lines are only ever added, under a lock and flushed to the disk, so a kernel or a machine that dies loses at most the line it was
writing; the next writer closes that torn line, and readers leave it out. All else (scores, what is due, the state of a sitting) is
computed from the lines, so nothing can contradict them. Who decides what to add does so while holding the lock (`writing`), so two
tabs or two kernels cannot count one answer twice.

The file is the learner's own: it can be read, copied and deleted. It is no grade.
"""

import hashlib
import json
import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from scalinglaws.errors import CourseError
from scalinglaws.files import try_lock

FILE = "progress.jsonl"
LONGEST = 2000  # characters of an answer that are kept
_PATIENCE = 20.0  # seconds to wait for another process that writes

Event = dict[str, Any]


def utc_now() -> datetime:
    """The present moment."""
    return datetime.now(UTC)


def moment(event: Event) -> datetime:
    """When an event happened."""
    return datetime.fromisoformat(event["at"])


class Writing:
    """The events so far, and the right to add more: see `Progress.writing`."""

    def __init__(self, events: list[Event], file, now: Callable[[], datetime], torn: bool):
        self.events = events
        self._file, self._now, self._torn = file, now, torn

    def add(self, event: str, **fields: Any) -> Event:
        """Add one event and see it safely to the disk."""
        line = {"at": self._now().isoformat(timespec="milliseconds"), "event": event, **fields}
        text = json.dumps(line, ensure_ascii=False) + "\n"
        self._file.write((("\n" if self._torn else "") + text).encode())
        self._file.flush()
        os.fsync(self._file.fileno())
        self._torn = False
        self.events.append(line)
        return line


class Progress:
    """One learner's file. now: the clock, for tests."""

    def __init__(self, path: Path, now: Callable[[], datetime] = utc_now):
        self.path, self.now = Path(path), now

    def events(self) -> list[Event]:
        """All events, in the order in which they were written; lines that cannot be read are left out."""
        try:
            return _parse(self.path.read_bytes())
        except FileNotFoundError:
            return []
        except OSError as error:
            raise self._trouble(error) from None

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
                with open(self.path, "ab+") as file:
                    file.seek(0)
                    content = file.read()
                    torn = not content.endswith(b"\n") and bool(content)
                    yield Writing(_parse(content), file, self.now, torn)
            except OSError as error:
                raise self._trouble(error) from None

    def add(self, event: str, **fields: Any) -> Event:
        """Add one event that depends on no other."""
        with self.writing() as log:
            return log.add(event, **fields)

    def _trouble(self, error: OSError) -> CourseError:
        return CourseError(
            f"Your progress in {self.path} cannot be kept ({error.strerror}): make room, or see that you may write there."
        )


def _parse(content: bytes) -> list[Event]:
    events = []
    for line in content.splitlines():
        try:
            event = json.loads(line)
            datetime.fromisoformat(event["at"])
            events.append(event | {"event": str(event["event"])})
        except (ValueError, TypeError, KeyError):
            continue  # torn by a crash, or edited by hand
    return events


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
        mine = [e for e in log.events if e.get("question") == question and "answer" in e]
        if not mine or mine[-1]["answer"] != answer:
            log.add("answered", question=question, answer=answer, right=right)


def note_check(course: Path, student: str, report: dict) -> None:
    """Note a report of `scalinglaws check`, with a digest of what was written for each exercise.

    Where it cannot be noted, nothing is said: the report is what counts.
    """
    fields = ("title", "state", "points", "max_points", "by_hand")
    with suppress(CourseError, OSError):
        wrote = _digests(course, student, report["assignment"])
        progress_of(student).add(
            "checked",
            assignment=report["assignment"],
            score=report["score"],
            max_score=report["max_score"],
            exercises={
                row["exercise"]: {key: row[key] for key in fields}
                | {"wrote": wrote.get(row["exercise"], "")}
                for row in report["exercises"]
            },
        )


def _digests(course: Path, student: str, assignment: str) -> dict[str, str]:
    """{exercise: digest of what stands in its answer cells}, so that the same answer counts as one try."""
    from scalinglaws.course.exercises import exercises, graded_cells, read_notebook

    name = f"{assignment}.ipynb"
    cells = graded_cells(read_notebook(course / "submitted" / student / assignment / name))
    return {
        exercise.number: hashlib.sha256(
            "\n".join(cells[name].source for name in exercise.answers if name in cells).encode()
        ).hexdigest()[:12]
        for exercise in exercises(read_notebook(course / "source" / assignment / name))
    }
