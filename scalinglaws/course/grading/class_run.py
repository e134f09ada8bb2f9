"""`scalinglaws grade`: grade a class, isolated, on all cores; killed at any moment, it goes on where it stopped.

The notebooks, the gradebook, formgrader and the feedback are nbgrader's; only the running is ours.
"""

import argparse
import hashlib
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from dataclasses import asdict
from pathlib import Path

from nbformat import NotebookNode
from nbgrader.coursedir import CourseDirectory
from tqdm import tqdm
from traitlets.config import Config

import scalinglaws
from scalinglaws.errors import CourseError
from scalinglaws.files import replace_file
from scalinglaws.paths import course_dir

from .engine.sandbox import Limits
from .execute import HAS_ENGINE, Plan, require_isolation, shared_server
from .gradebook_writer import Records, only_one
from .nbgrader_api import assignments, load_config
from .submission import MISSING, master
from .submission_job import Assignment, Outcome, grade_submission, read_files


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("assignment", help="for example 01_power_laws")
    parser.add_argument("--student", action="append", help="only this one (may be repeated)")
    parser.add_argument(
        "--force", action="store_true", help="also what was graded and did not change"
    )
    parser.add_argument(
        "--workers", type=int, default=0, help="submissions at once (default: one per core)"
    )
    parser.add_argument(
        "--cluster", metavar="ADDRESS", help="run on the workers of this Dask scheduler"
    )
    parser.add_argument(
        "--no-sandbox", action="store_true", help="run students' code with all your rights"
    )
    add_limits(parser)


def add_limits(parser: argparse.ArgumentParser) -> None:
    """The options that bound one submission."""
    limits = Limits()
    for name, unit in (
        ("cell_time", "s"),
        ("total_time", "s"),
        ("memory", "MiB"),
        ("output", "KiB"),
    ):
        default = getattr(limits, name)
        parser.add_argument(
            "--" + name.replace("_", "-"),
            type=type(default),
            default=default,
            metavar=unit.upper(),
            help=f"limit in {unit} (default: {default})",
        )


def limits_of(args: argparse.Namespace) -> Limits:
    """The limits that were asked for. Raises CourseError for one that is not positive."""
    values = {name: getattr(args, name) for name in ("cell_time", "total_time", "memory", "output")}
    for name, value in values.items():
        if not value > 0:
            raise CourseError(f"--{name.replace('_', '-')} must be above 0, not {value:g}.")
    return Limits(**values)


def run(args: argparse.Namespace) -> int:
    """Grade. Returns 0, or 1 if a submission could not be graded at all."""
    course = course_dir()
    config = load_config(course, course)
    directory = CourseDirectory(config=config)
    check_name(course, args.assignment)
    limits = limits_of(args)
    sandboxed = require_isolation(not args.no_sandbox) if not args.cluster else not args.no_sandbox
    with only_one(course):
        assignment = load_assignment(directory, config, args.assignment, limits, sandboxed)
        todo, done = choose(directory, course, assignment, args.student, args.force)
        started = time.monotonic()
        if todo:
            grade_all(directory, config, assignment, todo, args)
        seconds = time.monotonic() - started
    return summarize(course, assignment.name, [*todo, *done], len(done), seconds)


def grade_all(
    directory: CourseDirectory,
    config: Config,
    assignment: Assignment,
    todo: list[str],
    args: argparse.Namespace,
) -> None:
    """Grade these students' submissions and record them, each as it is ready."""
    course = Path(directory.root)
    if HAS_ENGINE and not args.cluster:
        shared_server().start()  # warms up while the gradebook is opened
        if workers(args) > 1:
            shared_server().cores = Counter(dict.fromkeys(cores(), 0))
    with Records(directory, config, assignment.name) as records:
        records.enter_assignment(assignment.notebooks)
        with executor(args) as pool:
            progress = tqdm(
                total=len(todo), desc=assignment.name, unit=" submissions", file=sys.stderr,
                disable=None, smoothing=0.1,
            )  # fmt: skip
            try:
                with progress:
                    for outcome, digest in graded(pool, directory, assignment, todo, args):
                        record(course, assignment, records, outcome, digest)
                        progress.update()
            except KeyboardInterrupt:
                print(
                    f"Stopped: {progress.n} of {len(todo)} are graded. The same command goes on with the rest.",
                    file=sys.stderr,
                )
                raise


def record(
    course: Path, assignment: Assignment, records: Records, outcome: Outcome, digest: str
) -> None:
    """Enter one submission into the gradebook, then note that it is done."""
    try:
        records.enter(outcome)
    except CourseError:
        raise
    except Exception as error:  # one submission must not stop the class
        records.undo()
        why = f"it could not be recorded ({type(error).__name__}: {error})"
        outcome = Outcome(outcome.student, unreadable=dict.fromkeys(assignment.notebooks, why))
        digest = ""
    try:
        remember(course, assignment.name, outcome, digest)
    except OSError as error:  # a full disk, say
        raise CourseError(
            f"{course} cannot be written ({error.strerror}): make room, then say the same command again. What is graded is kept."
        ) from None


def check_name(course: Path, assignment: str) -> None:
    """Raise CourseError for an assignment that is not there."""
    if assignment not in assignments(course):
        known = ", ".join(assignments(course)) or "none"
        raise CourseError(f"There is no assignment {assignment!r}: choose one of {known}.")


def load_assignment(
    directory: CourseDirectory, config: Config, name: str, limits: Limits, sandboxed: bool
) -> Assignment:
    """Read an assignment's source."""
    folder = Path(directory.format_path(directory.source_directory, ".", name))
    notebooks = {path.stem: master(path, config) for path in sorted(folder.glob("*.ipynb"))}
    hide = [str(Path(directory.root).resolve())]
    plans = {key: Plan.of(notebook, hide) for key, notebook in notebooks.items()}
    files = {n: d for n, d in read_files(folder).items() if not n.endswith(".ipynb")}
    digest = _digest_of_source(notebooks, files, limits, sandboxed)
    return Assignment(name, notebooks, plans, files, limits, sandboxed, digest)


# --- whom ---


def submitted_folder(directory: CourseDirectory, student: str, assignment: str) -> Path:
    """Where a student's submission lies."""
    return Path(directory.format_path(directory.submitted_directory, student, assignment))


def students(directory: CourseDirectory, assignment: str) -> list[str]:
    """All who submitted something."""
    root = Path(directory.format_path(directory.submitted_directory, "*", assignment))
    found = root.parent.parent.glob(f"*/{assignment}")
    return sorted(
        path.parent.name for path in found if path.is_dir() and not path.parent.name.startswith(".")
    )


def choose(
    directory: CourseDirectory,
    course: Path,
    assignment: Assignment,
    only: list[str] | None,
    force: bool,
) -> tuple[list[str], list[str]]:
    """(students to grade, students whose submission has not changed since it was graded)."""
    everyone = students(directory, assignment.name)
    for name in only or ():
        if name not in everyone:
            missing = submitted_folder(directory, name, assignment.name)
            raise CourseError(
                f"There is no submission of {name!r} for {assignment.name}: {missing} is missing."
            )
    todo: list[str] = []
    done: list[str] = []
    for student in only or everyone:
        known = recall(course, assignment.name, student).get("digest")
        graded = Path(
            directory.format_path(directory.autograded_directory, student, assignment.name)
        )
        same = (
            not force
            and known is not None
            and (graded.is_dir() or recall(course, assignment.name, student)["unreadable"])
            and known == digest_of(assignment, read_submission(directory, student, assignment.name))
        )
        (done if same else todo).append(student)
    return todo, done


def read_submission(directory: CourseDirectory, student: str, assignment: str) -> dict[str, bytes]:
    """The files of a submission."""
    return read_files(submitted_folder(directory, student, assignment))


def digest_of(assignment: Assignment, files: dict[str, bytes]) -> str:
    """A fingerprint of all that a grade depends on."""
    digest = hashlib.sha256(assignment.digest)
    _add(digest, files)
    return digest.hexdigest()


def _digest_of_source(
    notebooks: dict[str, NotebookNode], files: dict[str, bytes], limits: Limits, sandboxed: bool
) -> bytes:
    """The part of a fingerprint that is the same for all students."""
    about = {
        "version": scalinglaws.__version__,
        "limits": asdict(limits),
        "notebooks": notebooks,
        "sandboxed": sandboxed,
    }
    digest = hashlib.sha256(json.dumps(about, sort_keys=True).encode())
    _add(digest, files)
    return digest.digest()


def _add(digest: "hashlib._Hash", files: dict[str, bytes]) -> None:
    for name, data in sorted(files.items()):
        digest.update(f"{name} {len(data)}\n".encode("utf-8", "surrogateescape") + data)


# --- where ---


def executor(args: argparse.Namespace) -> Executor:
    """What runs the submissions: threads that drive local processes, or a Dask cluster."""
    if args.cluster:
        from .cluster import connect

        return connect(args.cluster)
    return ThreadPoolExecutor(max_workers=workers(args), thread_name_prefix="grade")


def workers(args: argparse.Namespace) -> int:
    """How many submissions at once. Raises CourseError for a negative number."""
    if args.workers < 0:
        raise CourseError(f"--workers must be 1 or more, not {args.workers}.")
    return args.workers or len(cores())


def cores() -> list[int]:
    """The numbers of the cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def graded(
    pool: Executor,
    directory: CourseDirectory,
    assignment: Assignment,
    todo: list[str],
    args: argparse.Namespace,
) -> Iterator[tuple[Outcome, str]]:
    """(outcome, fingerprint) of each submission as it is ready; few are held in memory at a time."""
    waiting: dict[Future, tuple[str, str]] = {}
    rest = iter(todo)
    at_once = 2 * (getattr(pool, "slots", None) or workers(args))
    try:
        while True:
            for student in rest:
                files = read_submission(directory, student, assignment.name)
                digest = digest_of(assignment, files)
                future = pool.submit(grade_submission, assignment, student, files)
                waiting[future] = (student, digest)
                if len(waiting) >= at_once:
                    break
            if not waiting:
                return
            for future in wait(waiting, return_when=FIRST_COMPLETED).done:
                student, digest = waiting.pop(future)
                try:
                    yield future.result(), digest
                except CourseError:
                    raise
                except Exception as error:  # a fault of ours must not stop the class
                    broken = f"the engine failed ({type(error).__name__}: {error})"
                    yield (
                        Outcome(student, unreadable=dict.fromkeys(assignment.notebooks, broken)),
                        "",
                    )
    finally:
        for future in waiting:
            future.cancel()


# --- what is remembered ---


def record_path(course: Path, assignment: str, student: str) -> Path:
    """Where a submission's record lies, beside the gradebook."""
    return course / ".cache" / "grade" / assignment / f"{student}.json"


def recall(course: Path, assignment: str, student: str) -> dict:
    """What `remember` wrote; empty if nothing."""
    try:
        found = json.loads(record_path(course, assignment, student).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def remember(course: Path, assignment: str, outcome: Outcome, digest: str) -> None:
    """Note that a submission is graded: the last step, after the gradebook and the files."""
    note = {
        "digest": digest,
        "unreadable": outcome.unreadable,
        "remarks": outcome.remarks,
        "stopped": outcome.stopped,
        "flooded": outcome.flooded,
        "unjudged": outcome.unjudged,
        "seconds": round(outcome.seconds, 3),
        "tests": {name: asdict(test) for name, test in outcome.tests.items()},
    }
    path = record_path(course, assignment, outcome.student)
    replace_file(path, json.dumps(note, indent=1).encode())


def summarize(
    course: Path, assignment: str, everyone: list[str], unchanged: int, seconds: float
) -> int:
    """Print whom a person must look at, and why."""
    fresh = len(everyone) - unchanged
    rate = f" ({seconds / fresh:.1f} s each)" if fresh else ""
    print(
        f"{assignment}: {count(fresh, 'submission')} graded in {seconds:.0f} s{rate}, {unchanged} unchanged"
    )
    notes = {student: recall(course, assignment, student) for student in sorted(everyone)}
    failed = {
        s: list(note["unreadable"].items()) for s, note in notes.items() if note.get("unreadable")
    }
    _list(
        "Not graded",
        [(s, f"{name}.ipynb: {why}") for s, found in failed.items() for name, why in found],
    )
    look = [
        (student, f"{', '.join(note[kind])} {what}")
        for student, note in notes.items()
        for kind, what in (
            ("unjudged", "could not be judged: 0 points until you have looked"),
            ("stopped", "stopped: too long, too large, or a crash"),
            ("flooded", "put out too much, and the rest was cut"),
        )
        if note.get(kind)
    ]
    remarks = [(student, r) for student, note in notes.items() for r in note.get("remarks", ())]
    look += [(student, remark) for student, remark in remarks if remark.startswith(MISSING)]
    _list("Graded, but please look", look)
    _list("Mended", [(student, r) for student, r in remarks if not r.startswith(MISSING)])
    waiting = Counter(
        student
        for student, note in notes.items()
        for test in note.get("tests", {}).values()
        if test["points"] is None
    )
    if waiting:
        print(
            f"\n{count(sum(waiting.values()), 'written answer')} of {count(len(waiting), 'student')} to be marked by a person:"
            " formgrader."
        )
    return 1 if failed else 0


def count(number: int, noun: str) -> str:
    """For example "1 student", "2 students"."""
    return f"{number} {noun}{'s' * (number != 1)}"


def _list(title: str, lines: list[tuple[str, str]]) -> None:
    if lines:
        width = min(max(len(student) for student, _ in lines), 30)
        print(f"\n{title}:")
        for student, line in lines:
            print(f"  {student:<{width}}  {line}")
