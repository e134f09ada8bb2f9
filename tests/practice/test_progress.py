"""The learner's file: neither lost nor doubled, whatever dies and however many write."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from scalinglaws.course.learner.events import (
    Answered,
    Asked,
    Checked,
    CheckedExercise,
    GaveUp,
    GoalSet,
    Hint,
    Judged,
    Progress,
    Started,
    as_line,
    from_line,
    note_answer,
    progress_of,
)
from scalinglaws.course.practice import progress_report
from scalinglaws.course.practice.sitting import Challenge, Practice, memories
from scalinglaws.course.practice.view import view
from scalinglaws.errors import CourseError

WRITER = """
import sys
from pathlib import Path
from scalinglaws.course.learner.events import Answered, Progress
progress = Progress(Path(sys.argv[1]))
for i in range(int(sys.argv[3])):
    progress.add(Answered(progress.now(), sys.argv[2], f"{i} " + "x" * 500, True))
    print(i, flush=True)
"""


def writer(progress: Progress, who: str, count: int) -> subprocess.Popen:
    command = [sys.executable, "-c", WRITER, str(progress.path), who, str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def number(event: Answered) -> int:
    """The writer's number of an event."""
    return int(event.answer.split()[0])


def names(progress: Progress) -> list[str]:
    """What was asked, in order."""
    return [event.question for event in progress.events()]


def test_many_processes_lose_and_double_nothing(progress):
    processes = [writer(progress, f"kernel {k}", 40) for k in range(4)]
    assert [process.wait(timeout=120) for process in processes] == [0] * 4
    found = [(event.question, number(event)) for event in progress.events()]
    assert sorted(found) == [(f"kernel {k}", i) for k in range(4) for i in range(40)]
    for process in processes:
        process.stdout.close()


@pytest.mark.skipif(os.name == "nt", reason="kills with a POSIX signal")
def test_a_killed_kernel_loses_at_most_the_line_it_was_writing(progress):
    for round_ in range(3):
        process = writer(progress, f"round {round_}", 100_000)
        said = [int(process.stdout.readline()) for _ in range(20)]
        os.kill(process.pid, signal.SIGKILL)
        rest = process.stdout.read().split()
        process.wait()
        process.stdout.close()
        done = max([*said, *map(int, rest)])
        mine = [number(e) for e in progress.events() if e.question == f"round {round_}"]
        # All that was said to be written is there, once and in order; one more may be.
        assert mine in (list(range(done + 1)), list(range(done + 2)))
    # And the file can be written at once: the lock died with its holder.
    progress.add(Asked(progress.now(), "practice", "after"))
    assert names(progress)[-1] == "after"


def test_a_torn_line_is_closed_and_left_out(progress):
    progress.add(Asked(progress.now(), "practice", "first"))
    with open(progress.path, "ab") as file:
        file.write(b'{"at": "2026-03-01T09:00:00+00:00", "event": "torn", "te')
    assert names(progress) == ["first"]
    progress.add(Asked(progress.now(), "practice", "second"))
    assert names(progress) == ["first", "second"]


def test_lines_that_are_no_events_are_left_out(progress):
    progress.add(Asked(progress.now(), "practice", "first"))
    with open(progress.path, "ab") as file:
        file.write(b'[]\n17\n{"event": "no time"}\n{"at": "noon", "event": "x"}\n\xff\xfe\n\n')
    assert names(progress) == ["first"]


def test_the_file_is_readable_and_has_one_line_for_each_event(progress):
    progress.add(Answered(progress.now(), "a.b", "≈ 0.2", True))
    (line,) = progress.path.read_text("utf-8").splitlines()
    assert json.loads(line) == {
        "at": "2026-03-01T09:00:00.000+00:00",
        "event": "answered",
        "question": "a.b",
        "answer": "≈ 0.2",
        "right": True,
    }


def test_a_decision_is_made_alone(progress):
    """Who holds the file sees all that was written before, and nobody writes meanwhile."""
    with progress.writing() as log:
        process = writer(progress, "other", 1)
        time.sleep(1.5)
        assert progress.events() == []
        log.add(Asked(log.now, "practice", "mine"))
    assert process.wait(timeout=60) == 0
    process.stdout.close()
    assert names(progress) == ["mine", "other"]


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_named(progress):
    progress.path.parent.mkdir(parents=True)
    progress.path.parent.chmod(0o500)
    with pytest.raises(CourseError, match="cannot be saved"):
        progress.add(Asked(progress.now(), "practice", "x"))


@contextmanager
def full_at(size: int) -> Iterator[None]:
    """Meanwhile no file can grow beyond `size` bytes, as on a full disk."""
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.skipif(os.name == "nt", reason="limits the size of files as POSIX does")
@pytest.mark.parametrize("room", [0, 1, 40])
def test_a_full_disk_loses_nothing_and_doubles_nothing(progress, room):
    progress.add(Asked(progress.now(), "practice", "first"))
    before = progress.path.read_bytes()
    for _ in range(2):
        with full_at(len(before) + room), pytest.raises(CourseError, match="cannot be saved"):
            progress.add(Asked(progress.now(), "practice", "second"))
        assert progress.path.read_bytes() == before  # no part of a line either
    progress.add(Asked(progress.now(), "practice", "second"))
    assert names(progress) == ["first", "second"] and progress.history().odd == ()


@pytest.mark.skipif(os.name == "nt", reason="limits the size of files as POSIX does")
def test_a_round_on_a_full_disk_is_won_once_there_is_room(progress):
    challenge = Challenge(progress)
    progress.add(Started(progress.now(), "round-1", ("power_laws.trend",), topic="power_law"))
    challenge.refresh()
    challenge.next()
    size = progress.path.stat().st_size
    with full_at(size), pytest.raises(CourseError, match="make room"):
        challenge.answer("c")
    assert view(challenge).phase == "question"  # the answer does not count: it was not kept
    challenge.answer("c")
    with full_at(progress.path.stat().st_size):
        shown = view(challenge).round
    assert shown.won and shown.badge is None and "cannot be written" in shown.badge_problem
    assert view(challenge).round.badge  # with room for it
    assert len([e for e in progress.events() if isinstance(e, Answered)]) == 1


def test_a_file_in_the_way_is_named(tmp_path):
    (tmp_path / "submitted").write_text("no folder")
    with pytest.raises(CourseError, match="cannot be saved"):
        progress = Progress(tmp_path / "submitted" / "ada" / "progress.jsonl")
        progress.add(Asked(progress.now(), "practice", "x"))


def test_quiz_cells_are_noted_once_for_each_answer_and_only_at_home(progress, monkeypatch):
    monkeypatch.delenv("SCALINGLAWS_STUDENT", raising=False)
    monkeypatch.delenv("SCALINGLAWS_PROGRESS", raising=False)
    note_answer("power_laws.trend", "a", False)
    monkeypatch.setenv("SCALINGLAWS_PROGRESS", str(progress.path))
    for answer in "aabba":
        note_answer("power_laws.trend", answer, answer == "b")
    assert [event.answer for event in progress.events()] == ["a", "b", "a"]
    monkeypatch.setenv("SCALINGLAWS_PROGRESS", str(progress.path / "no folder"))
    note_answer("power_laws.trend", "c", False)  # says nothing


def test_each_student_has_a_file(tmp_path, monkeypatch):
    (tmp_path / "source").mkdir()
    (tmp_path / "nbgrader_config.py").touch()
    monkeypatch.setenv("SCALINGLAWS_COURSE", str(tmp_path))
    monkeypatch.delenv("SCALINGLAWS_PROGRESS", raising=False)
    assert progress_of("ada").path == tmp_path / "submitted" / "ada" / "progress.jsonl"
    with pytest.raises(CourseError, match="cannot be a student's name"):
        progress_of("../eve")


# -- Odd lines: a person may edit the file, a disk may tear it, another program may write into it


GOOD = {"at": "2026-02-28T10:00:00+00:00", "event": "answered", "question": "power_laws.trend", "answer": "a", "right": True}  # fmt: skip
CHECKED = {"at": "2026-02-28T10:00:00+00:00", "event": "checked", "assignment": "01_first", "score": 1.0, "max_score": 2.0,
           "exercises": {}}  # fmt: skip
ROW = {"title": "t", "state": "right", "points": 1, "max_points": 1, "by_hand": False}
ODD = {
    "no time zone": GOOD | {"at": "2026-02-28T10:00:00"},
    "a date only": GOOD | {"at": "2026-02-28"},
    "year 1": GOOD | {"at": "0001-01-01T00:00:00+14:00"},
    "year 9999": GOOD | {"at": "9999-12-31T23:59:59-14:00"},
    "before computers": GOOD | {"at": "1815-12-10T00:00:00+00:00"},
    "a number for a time": GOOD | {"at": 1.7e9},
    "no time": {k: v for k, v in GOOD.items() if k != "at"},
    "no event": {k: v for k, v in GOOD.items() if k != "event"},
    "an event that is no word": GOOD | {"event": ["answered"]},
    "no question": {k: v for k, v in GOOD.items() if k != "question"},
    "a question that is no word": GOOD | {"question": {"id": 1}},
    "an answer that is no text": GOOD | {"answer": 0.2},
    "right as a word": GOOD | {"right": "yes"},
    "right as nothing": GOOD | {"right": None},
    "a score that is no number": CHECKED | {"score": None},
    "a score that is a truth": CHECKED | {"max_score": True},
    "an endless score": CHECKED | {"score": float("inf")},
    "a score that is none": CHECKED | {"score": float("nan")},
    "a score of many digits": CHECKED | {"score": 10**400},
    "exercises in a list": CHECKED | {"exercises": []},
    "an exercise of other shape": CHECKED | {"exercises": {"1": "right"}},
    "an exercise without points": CHECKED | {"exercises": {"1": {k: v for k, v in ROW.items() if k != "points"}}},
    "a round without questions": {"at": GOOD["at"], "event": "started", "sitting": "round-1"},
    "a round with odd questions": {"at": GOOD["at"], "event": "started", "sitting": "round-1", "questions": [1]},
    "a round with another pace": {"at": GOOD["at"], "event": "started", "sitting": "round-1", "questions": ["a"], "pace": "fast"},
    "endless seconds": {"at": GOOD["at"], "event": "asked", "sitting": "practice", "question": "power_laws.trend", "seconds": 1e300},
    "seconds in words": {"at": GOOD["at"], "event": "asked", "sitting": "practice", "question": "power_laws.trend", "seconds": "60"},
    "another verdict": {"at": GOOD["at"], "event": "judged", "sitting": "practice", "question": "power_laws.trend", "verdict": "perhaps"},
    "a list": [GOOD],
    "a word": "answered",
    "a huge line": GOOD | {"answer": "x" * 2**20},
}  # fmt: skip
RAW = {
    "nested deeply": b'{"at": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "a number of many digits": b'{"at": ' + b"9" * 10_000 + b"}",
    "no text": bytes(range(256)).replace(b"\n", b"").replace(b"\r", b""),
    "torn": b'{"at": "2026-02-28T10:00:00+00:00", "event": "answ',
    "nulls": b"\0" * 4096,
    "merge marks": b"<<<<<<< HEAD",
}
LINES = {name: json.dumps(data).encode() for name, data in ODD.items()} | RAW


@pytest.mark.parametrize("name", LINES)
def test_an_odd_line_is_left_aside_and_said(progress, clock, name):
    progress.path.parent.mkdir(parents=True)
    good = json.dumps(GOOD).encode()
    progress.path.write_bytes(good + b"\n" + LINES[name] + b"\n" + good + b"\n")
    history = progress.history()
    assert (len(history.events), history.odd) == (2, (2,))
    for shown in (found := progress_report.report(progress, ["01_first"]), found._repr_html_()):
        assert "Line 2 of progress.jsonl could not be understood" in str(shown)
    assert Practice(progress).next() is not None
    assert view(Challenge(progress)).phase == "start"


def test_what_a_newer_course_writes_is_no_odd_line(progress):
    progress.path.parent.mkdir(parents=True)
    new = {"at": GOOD["at"], "event": "sat_exam", "grade": "A"}
    progress.path.write_text(f"{json.dumps(new)}\n\n{json.dumps(GOOD | {'more': 1})}\n")
    assert progress.history().odd == () and len(progress.events()) == 1


def test_many_odd_lines_are_one_sentence(progress):
    progress.path.parent.mkdir(parents=True)
    progress.path.write_text("odd\n" * 1000)
    assert progress.history().remark() == (
        "Lines 1, 2, 3, 4, 5 and others of progress.jsonl could not be understood; the rest counts."
    )


def test_every_event_is_read_as_it_was_written(clock):
    now = clock()
    row = CheckedExercise("a title", "right", 1.0, 1.0, False, "abc")
    for event in (
        Asked(now, "practice", "a.b", 120.0),
        Asked(now, "practice", "a.b"),
        Hint(now, "practice", "a.b"),
        Answered(now, "a.b", "≈ 0.2", True),
        Answered(now, "a.b", "x", False, "round-1"),
        Judged(now, "practice", "a.b", "partly"),
        GaveUp(now, "practice", "a.b"),
        Started(now, "round-1", ("a.b", "c.d"), "topic", "expert", "double", "Ada"),
        Checked(now, "01_first", 1.0, 2.0, {"1": row}),
        GoalSet(now, 5),
    ):
        assert from_line(as_line(event)) == event


def test_half_a_character_can_be_noted(progress):
    progress.add(Answered(progress.now(), "a.b", "\ud800", False))
    assert progress.events()[0].answer == "?"


# -- A clock that was wrong


def test_a_question_answered_by_a_clock_that_was_ahead_is_due_again(progress, clock):
    name = "power_laws.trend"
    clock.forward(days=700)
    for _ in range(4):
        progress.add(Answered(progress.now(), name, "c", True))
        clock.forward(days=30)
    clock.forward(days=-820)
    assert memories(progress.events(), clock())[name].due <= clock()
    # The next answer counts as usual.
    progress.add(Answered(progress.now(), name, "c", True))
    due = memories(progress.events(), clock())[name].due
    assert clock() < due
    clock.forward(days=(due - clock()).days + 1)
    assert memories(progress.events(), clock())[name].due <= clock()


def test_a_question_put_by_a_clock_that_was_ahead_does_not_stay_open(progress, clock):
    clock.forward(days=1000)
    challenge = Challenge(progress)
    challenge.start()
    clock.forward(days=-999)
    assert view(challenge).phase == "closed"
    challenge.next()
    assert view(challenge).phase == "question" and 0 < view(challenge).problem.seconds_left <= 120


def test_a_clock_set_back_a_little_changes_nothing(progress, clock):
    challenge = Challenge(progress)
    challenge.start()
    clock.forward(seconds=-90)
    shown = view(challenge).problem
    assert shown.phase == "question" and shown.seconds_left == 120


def test_a_clock_that_was_behind_makes_a_question_due(progress, clock):
    name = "power_laws.trend"
    clock.forward(days=-20_000)
    progress.add(Answered(progress.now(), name, "c", True))
    clock.forward(days=20_000)
    assert memories(progress.events(), clock())[name].due <= clock()


@pytest.mark.parametrize("case", ["future", "far_past", "missing_fields", "naive_mixed"])
def test_files_that_were_met(progress, case):
    """As found by others: each can be read, shown and added to."""
    lines = {
        "future": [GOOD | {"at": "2028-01-02T19:07:20.977+00:00"}, GOOD],
        "far_past": [ODD["year 1"], ODD["year 9999"]],
        "missing_fields": [ODD["no question"], {"at": GOOD["at"], "event": "checked"}, CHECKED | {"score": None, "exercises": []}],
        "naive_mixed": [ODD["no time zone"], GOOD, ODD["no time zone"] | {"right": False}],
    }  # fmt: skip
    progress.path.parent.mkdir(parents=True)
    progress.path.write_text("".join(json.dumps(line) + "\n" for line in lines[case]))
    odd = {"future": (), "far_past": (1, 2), "missing_fields": (1, 2, 3), "naive_mixed": (1, 3)}
    assert progress.history().odd == odd[case]
    assert "Next" in str(progress_report.report(progress, ["01_first"]))
    assert Practice(progress).next() is not None
