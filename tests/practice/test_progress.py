"""The learner's file: neither lost nor doubled, whatever dies and however many write."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from scalinglaws.course.learner.events import Progress, note_answer, progress_of
from scalinglaws.errors import CourseError

WRITER = """
import sys
from pathlib import Path
from scalinglaws.course.learner.events import Progress
progress = Progress(Path(sys.argv[1]))
for i in range(int(sys.argv[3])):
    progress.add("answered", who=sys.argv[2], i=i, text="x" * 500)
    print(i, flush=True)
"""


def writer(progress: Progress, who: str, count: int) -> subprocess.Popen:
    command = [sys.executable, "-c", WRITER, str(progress.path), who, str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_many_processes_lose_and_double_nothing(progress):
    processes = [writer(progress, f"kernel {k}", 40) for k in range(4)]
    assert [process.wait(timeout=120) for process in processes] == [0] * 4
    found = [(event["who"], event["i"]) for event in progress.events()]
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
        mine = [e["i"] for e in progress.events() if e["who"] == f"round {round_}"]
        # All that was said to be written is there, once and in order; one more may be.
        assert mine in (list(range(done + 1)), list(range(done + 2)))
    # And the file can be written at once: the lock died with its holder.
    progress.add("after")
    assert progress.events()[-1]["event"] == "after"


def test_a_torn_line_is_closed_and_left_out(progress):
    progress.add("first")
    with open(progress.path, "ab") as file:
        file.write(b'{"at": "2026-03-01T09:00:00+00:00", "event": "torn", "te')
    assert [event["event"] for event in progress.events()] == ["first"]
    progress.add("second")
    assert [event["event"] for event in progress.events()] == ["first", "second"]


def test_lines_that_are_no_events_are_left_out(progress):
    progress.add("first")
    with open(progress.path, "ab") as file:
        file.write(b'[]\n17\n{"event": "no time"}\n{"at": "noon", "event": "x"}\n\xff\xfe\n\n')
    assert [event["event"] for event in progress.events()] == ["first"]


def test_the_file_is_readable_and_has_one_line_for_each_event(progress):
    progress.add("answered", question="a.b", answer="≈ 0.2", right=True)
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
        log.add("mine")
    assert process.wait(timeout=60) == 0
    process.stdout.close()
    assert [event["event"] for event in progress.events()] == ["mine", "answered"]


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_named(progress):
    progress.path.parent.mkdir(parents=True)
    progress.path.parent.chmod(0o500)
    with pytest.raises(CourseError, match="cannot be kept"):
        progress.add("x")


def test_a_file_in_the_way_is_named(tmp_path):
    (tmp_path / "submitted").write_text("no folder")
    with pytest.raises(CourseError, match="cannot be kept"):
        Progress(tmp_path / "submitted" / "ada" / "progress.jsonl").add("x")


def test_quiz_cells_are_noted_once_for_each_answer_and_only_at_home(progress, monkeypatch):
    monkeypatch.delenv("SCALINGLAWS_STUDENT", raising=False)
    monkeypatch.delenv("SCALINGLAWS_PROGRESS", raising=False)
    note_answer("power_laws.trend", "a", False)
    monkeypatch.setenv("SCALINGLAWS_PROGRESS", str(progress.path))
    for answer in "aabba":
        note_answer("power_laws.trend", answer, answer == "b")
    assert [event["answer"] for event in progress.events()] == ["a", "b", "a"]
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
