"""The warm check: a process that lives as long as JupyterLab, with the grader loaded and its fork
server warm.

JupyterLab's server uses it, and so does a kernel in which `sl.check()` was called (`Worker`): one
line of JSON per request and one per reply. It calls the same function as `scalinglaws check`, so
their reports are the same, but it saves the start-up time. It ends with the process that started
it, because its standard input is closed then.
"""

import atexit
import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scalinglaws.errors import CourseError
from scalinglaws.paths import importable

if TYPE_CHECKING:
    from scalinglaws.course.grading.engine.memory import Memory

Reply = dict[str, Any]


# --- in the worker ---


def main() -> None:
    """Answer requests until standard input ends."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # only replies go to the original stdout
    from scalinglaws.course.grading.engine.memory import Memory
    from scalinglaws.course.grading.execute import HAS_ENGINE, shared_server

    if HAS_ENGINE:
        shared_server().start()
    memories = {"all": Memory(), "one": Memory()}
    for line in sys.stdin:
        try:
            reply = answer(json.loads(line), memories)
        except CourseError as error:
            reply = {"error": str(error)}
        except Exception as error:  # the next request may succeed
            reply = {"error": f"The check itself failed ({type(error).__name__}: {error})."}
        print(json.dumps(reply), file=answers, flush=True)


def answer(request: Reply, memories: "Mapping[str, Memory]") -> Reply:
    """The reply to {"do": "check" or "state", "path": of a notebook, "exercise": number or ""}.

    {"do": "start", "root": folder} asks for the start page, with links relative to that folder;
    with "goal": number it first sets the daily goal. "again": true marks a request repeated after
    its worker was killed. memories: of earlier checks, for "all" exercises and for "one".
    """
    from scalinglaws.course.exercises import number_of

    from .copies import note_on, owner_of

    if request["do"] == "start":
        return _start(Path(request["root"]), request.get("goal"))
    notebook = Path(request["path"])
    if request["do"] == "state" and notebook.name == "start.ipynb":
        return {"exercises": []}
    student, assignment = owner_of(notebook)
    if request["do"] == "state":
        return _state(student, assignment)
    from scalinglaws.course.grading.check_report import summary
    from scalinglaws.course.grading.self_check import check, find_copies
    from scalinglaws.course.learner.events import note_check
    from scalinglaws.paths import course_dir

    course, exercise = course_dir(), number_of(request["exercise"])
    note = note_on(notebook)
    folder = find_copies(course, assignment, student)
    memory = memories["one" if exercise else "all"]
    report = check(course, folder, student, quiet=True, exercise=exercise, memory=memory)
    if not exercise:
        note_check(course, student, report, again=bool(request.get("again")))
    return {"report": report, "summary": summary(report), "note": note, "next": _next(student)}


def _state(student: str, assignment: str) -> Reply:
    """The exercises of a notebook, each with its cell and the result of its last check."""
    from scalinglaws.course.exercises import exercises, read_notebook
    from scalinglaws.course.learner.events import Checked, progress_of
    from scalinglaws.paths import course_dir, exercises_dir, is_complete

    course = course_dir()
    source = exercises_dir(course) / assignment / f"{assignment}.ipynb"
    if not source.is_file():
        raise CourseError(f"The course has no assignment {assignment}.")
    events = progress_of(student).events()
    checked = [e for e in events if isinstance(e, Checked) and e.assignment == assignment]
    known = checked[-1].exercises if checked else {}
    rows = []
    for exercise in exercises(read_notebook(source)):
        if not exercise.tests:
            continue
        last = known.get(exercise.number)
        rows.append(
            {
                "exercise": exercise.number,
                "title": exercise.title,
                "cell": [*exercise.answers, *exercise.tests][0],
                "state": last.state if last else "not checked",
                "points": last.points if last else 0.0,
                "max_points": exercise.points,
                "by_hand": exercise.by_hand,
                "messages": [],
            }
        )
    return {
        "assignment": assignment,
        "exercises": rows,
        "full": is_complete(course),
        "next": _next(student),
    }


def _start(root: Path, goal: int | None) -> Reply:
    """The start page of the desk, as `sl.progress()` shows it, and the goal for its field."""
    from scalinglaws.course.learner.events import progress_of
    from scalinglaws.course.practice.desk_page import as_html
    from scalinglaws.course.practice.progress_report import report
    from scalinglaws.course.practice.today import set_goal

    mine = progress_of()
    if goal is not None:
        set_goal(mine, goal)
    found = report(mine)
    return {"html": as_html(found, root, has_goal_field=True), "goal": found.today.goal}


def _next(student: str) -> str:
    from scalinglaws.course.learner.events import progress_of
    from scalinglaws.course.practice.progress_report import report

    steps = report(progress_of(student)).next
    return steps[0] if steps else ""


# --- in the server ---


class Worker:
    """The warm process, started when it is first needed, and again after it was killed.

    Thread-safe.
    """

    def __init__(self, folder: Path | None = None) -> None:
        """folder: where it runs, in or below the course's folder; by default this process's working
        directory.
        """
        self._folder = folder
        self._process: subprocess.Popen[str] | None = None
        self._lock = threading.Lock()
        atexit.register(self.close)

    def ask(self, request: Reply) -> Reply:
        """The reply to one request; a failure is reported under "error"."""
        with self._lock:
            for again in (False, True):  # a worker that was killed is replaced
                process = self._start()
                assert process.stdin is not None and process.stdout is not None
                try:
                    process.stdin.write(json.dumps(request | {"again": again}) + "\n")
                    process.stdin.flush()
                    line = process.stdout.readline()
                except (OSError, ValueError):
                    line = ""
                if line.endswith("\n"):
                    return json.loads(line)
                self._end()
        return {"error": "The check was stopped twice: run `scalinglaws check` in a terminal."}

    def _start(self) -> "subprocess.Popen[str]":
        if self._process is None or self._process.poll() is not None:
            self._end()
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", __name__],
                env=os.environ | {"PYTHONPATH": importable()},
                cwd=self._folder,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                encoding="utf-8",
            )
        return self._process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for pipe in filter(None, (process.stdin, process.stdout)):
                try:
                    pipe.close()
                except OSError:  # unwritten data for the dead process
                    continue

    def close(self) -> None:
        """End the process: its fork server ends with it."""
        self._end()


if __name__ == "__main__":
    main()
