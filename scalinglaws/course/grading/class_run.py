"""`scalinglaws grade`: grade a class, isolated, on all cores; if killed, it resumes where it
stopped.

The notebooks, the gradebook, formgrader and the feedback are nbgrader's; only the execution is
ours.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from pathlib import Path

from nbgrader.coursedir import CourseDirectory
from tqdm import tqdm
from traitlets.config import Config

from scalinglaws.course.exercises import check_name
from scalinglaws.errors import CourseError
from scalinglaws.paths import complete_course_dir

from .classroom import (
    describe_stale,
    digest_of,
    load_assignment,
    read_entries,
    read_submission,
    stale,
    students,
    submitted_folder,
)
from .engine.fork_client import cores
from .engine.sandbox import Limits
from .execute import HAS_ENGINE, require_isolation, shared_server
from .gradebook_writer import Records, only_one
from .ledger import Entry, Ledger
from .nbgrader_api import load_config
from .remarks import Kind
from .semester import apply_semester, load_semester
from .submission_job import Assignment, Outcome, grade_submission
from .troubles import explain, gradebook_errors


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("assignment", help="for example 01_power_laws")
    parser.add_argument("--student", action="append", help="only this student (may be repeated)")
    parser.add_argument(
        "--force", action="store_true", help="grade everything, also unchanged submissions"
    )
    parser.add_argument(
        "--stale",
        action="store_true",
        help="only submissions that were marked with an older version of an exercise",
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
    """The options that limit one submission."""
    limits = Limits()
    for name, unit, what in (
        ("cell_time", "s", "time limit of a cell"),
        ("total_time", "s", "time limit of a submission"),
        ("memory", "MiB", "memory limit"),
        ("output", "KiB", "limit of the text that a cell prints"),
    ):
        default = getattr(limits, name)
        parser.add_argument(
            "--" + name.replace("_", "-"),
            type=type(default),
            default=default,
            metavar=unit.upper(),
            help=f"{what}, in {unit} (default: {default})",
        )


def limits_of(args: argparse.Namespace) -> Limits:
    """The limits that were asked for. Raises CourseError for a limit that is not positive."""
    values = {name: getattr(args, name) for name in ("cell_time", "total_time", "memory", "output")}
    for name, value in values.items():
        if not value > 0:
            raise CourseError(f"--{name.replace('_', '-')} must be above 0, not {value:g}.")
    return Limits(**values)


def run(args: argparse.Namespace) -> int:
    """Grade. Returns 0, or 1 if a submission could not be graded at all."""
    course = complete_course_dir()
    config = load_config(course, course)
    directory = CourseDirectory(config=config)
    check_name(course, args.assignment)
    limits = limits_of(args)
    sandboxed = require_isolation(not args.no_sandbox) if not args.cluster else not args.no_sandbox
    with gradebook_errors(), only_one(course):
        assignment = load_assignment(directory, config, args.assignment, limits, sandboxed)
        ledger = Ledger(course, assignment.name)
        todo, done = choose(directory, ledger, assignment, args)
        started = time.monotonic()
        waiting = grade_all(directory, config, assignment, ledger, todo, args)
        seconds = time.monotonic() - started
        everyone = students(directory, assignment.name)
        old = stale(read_entries(ledger, everyone), assignment.versions)
    chosen = {*todo, *done}
    entries = read_entries(ledger, sorted(chosen))
    waiting = {student: counts for student, counts in waiting.items() if student in chosen}
    return summarize(assignment.name, entries, len(done), seconds, waiting, old)


def grade_all(
    directory: CourseDirectory,
    config: Config,
    assignment: Assignment,
    ledger: Ledger,
    todo: list[str],
    args: argparse.Namespace,
) -> dict[str, tuple[int, int]]:
    """Grade these students' submissions, and record each as soon as it is ready.

    Returns what needs a person in the whole class: see `Records.waiting`.
    """
    if todo and HAS_ENGINE and not args.cluster:
        shared_server().for_a_class = True
        shared_server().start()  # warms up while the gradebook is opened
        if workers(args) > 1:
            shared_server().cores = Counter(dict.fromkeys(cores(), 0))
    semester = load_semester(Path(directory.root))
    with Records(directory, config, assignment.name) as records:
        if not todo:
            apply_semester(records.gradebook, semester, config)
            return records.waiting()
        if removed := records.enter_assignment(assignment.notebooks):
            kept = ledger.keep_removed(removed)
            given = count(len(removed), "mark or comment", "marks and comments")
            print(
                f"{given} by hand on cells that no longer exist: kept in {kept}.", file=sys.stderr
            )
        with executor(args) as pool:
            progress = Progress(assignment.name, len(todo))
            try:
                with progress:
                    for outcome, digest in graded(pool, directory, assignment, todo, args):
                        record(ledger, assignment, records, outcome, digest)
                        progress.step()
            except KeyboardInterrupt:
                print(
                    f"Stopped: {progress.done} of {len(todo)} are graded. Run the same command again to"
                    " grade the rest.",
                    file=sys.stderr,
                )
                raise
        apply_semester(records.gradebook, semester, config)
        return records.waiting()


class Progress:
    """Progress on stderr: a bar in a terminal, occasional lines in a log file."""

    EVERY = 30.0  # seconds between two lines, at least

    def __init__(self, title: str, total: int) -> None:
        self.title, self.total, self.done = title, total, 0
        self._lines = not sys.stderr.isatty()
        self._started = self._said = time.monotonic()
        self._bar = tqdm(
            total=total, desc=title, unit=" submissions", file=sys.stderr,
            disable=self._lines, smoothing=0.1,
        )  # fmt: skip

    def __enter__(self) -> "Progress":
        if self._lines:
            print(
                f"{self.title}: {count(self.total, 'submission')} to grade",
                file=sys.stderr,
                flush=True,
            )
        return self

    def __exit__(self, *_) -> None:
        self._bar.close()

    def step(self) -> None:
        """One more is graded."""
        self.done += 1
        self._bar.update()
        now = time.monotonic()
        if self._lines and now - self._said >= self.EVERY and self.done < self.total:
            self._said = now
            left = (now - self._started) / self.done * (self.total - self.done)
            print(
                f"{self.title}: {self.done} of {self.total} graded, about {left / 60:.0f} min left",
                file=sys.stderr,
                flush=True,
            )


def record(
    ledger: Ledger, assignment: Assignment, records: Records, outcome: Outcome, digest: str
) -> None:
    """Enter one submission into the gradebook, then into the ledger: the last step."""
    try:
        records.enter(outcome)
    except CourseError:
        raise
    except Exception as error:  # one submission must not stop the class
        records.undo()
        if (reason := explain(error)) is not None:  # but a full disk stops all of them
            raise reason from None
        why = f"it could not be recorded ({type(error).__name__}: {error})"
        outcome = Outcome(outcome.student, unreadable=dict.fromkeys(assignment.notebooks, why))
        digest = ""
    entry = Entry(
        digest, assignment.versions, outcome.unreadable, tuple(outcome.remarks),
        tuple(outcome.stopped), tuple(outcome.flooded), tuple(outcome.unjudged),
        round(outcome.seconds, 3), outcome.tests,
    )  # fmt: skip
    try:
        ledger.write(outcome.student, entry)
    except OSError as error:
        raise explain(error) or CourseError(
            f"{ledger.folder} cannot be written ({error.strerror}): check its permissions, then run"
            " the same command again. What is graded is kept."
        ) from None


def choose(
    directory: CourseDirectory, ledger: Ledger, assignment: Assignment, args: argparse.Namespace
) -> tuple[list[str], list[str]]:
    """(students to grade, students whose submission has not changed since it was graded)."""
    everyone = students(directory, assignment.name)
    for name in args.student or ():
        if name not in everyone:
            missing = submitted_folder(directory, name, assignment.name)
            raise CourseError(
                f"There is no submission of {name!r} for {assignment.name}: {missing} is missing."
            )
    chosen = list(dict.fromkeys(args.student or everyone))
    if args.stale:
        old = stale(read_entries(ledger, chosen), assignment.versions)
        return [student for student in chosen if student in old], []
    todo: list[str] = []
    done: list[str] = []
    for student in chosen:
        entry = ledger.read(student)
        graded = Path(
            directory.format_path(directory.autograded_directory, student, assignment.name)
        )
        same = (
            not args.force
            and entry is not None
            and bool(entry.digest)
            and (graded.is_dir() or entry.unreadable)
            and entry.digest
            == digest_of(
                assignment, read_submission(directory, student, assignment.name).files, student
            )
        )
        (done if same else todo).append(student)
    return todo, done


# --- executors ---


def executor(args: argparse.Namespace) -> Executor:
    """The executor of submissions: threads that drive local processes, or a Dask cluster."""
    if args.cluster:
        from ...cluster import connect

        return connect(args.cluster)
    return ThreadPoolExecutor(max_workers=workers(args), thread_name_prefix="grade")


def workers(args: argparse.Namespace) -> int:
    """How many submissions to run at once. Raises CourseError for a negative number."""
    if args.workers < 0:
        raise CourseError(f"--workers must be 1 or more, not {args.workers}.")
    return args.workers or len(cores())


def graded(
    pool: Executor,
    directory: CourseDirectory,
    assignment: Assignment,
    todo: list[str],
    args: argparse.Namespace,
) -> Iterator[tuple[Outcome, str]]:
    """(outcome, fingerprint) of each submission as soon as it is ready; only a few are in memory at
    a time.
    """
    waiting: dict[Future[Outcome], tuple[str, str]] = {}
    rest = iter(todo)
    at_once = 2 * (getattr(pool, "slots", None) or workers(args))
    try:
        while True:
            for student in rest:
                found = read_submission(directory, student, assignment.name)
                digest = digest_of(assignment, found.files, student)
                future = pool.submit(
                    grade_submission, assignment, student, found.files, found.left_out
                )
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
                except Exception as error:  # a bug of ours must not stop the class
                    if (reason := explain(error)) is not None:  # but a full disk stops all of them
                        raise reason from None
                    broken = f"the engine failed ({type(error).__name__}: {error})"
                    yield (
                        Outcome(student, unreadable=dict.fromkeys(assignment.notebooks, broken)),
                        "",
                    )
    finally:
        for future in waiting:
            future.cancel()


# --- the report ---


def summarize(
    assignment: str,
    entries: Mapping[str, Entry | None],
    unchanged: int,
    seconds: float,
    waiting: Mapping[str, tuple[int, int]],
    old: Mapping[str, list[str]],
) -> int:
    """Print whose work needs a person, and why. Returns 1 if some could not be graded."""
    fresh = len(entries) - unchanged
    rate = f" ({seconds / fresh:.1f} s each)" if fresh else ""
    print(
        f"{assignment}: {count(fresh, 'submission')} processed in {seconds:.0f} s{rate}, {unchanged} unchanged"
    )
    known = {student: entry for student, entry in entries.items() if entry is not None}
    failed = [
        (student, f"{name}.ipynb: {why}")
        for student, entry in known.items()
        for name, why in entry.unreadable.items()
    ]
    _list("Not graded", failed)
    look = [
        (student, f"{', '.join(cells)} {what}")
        for student, entry in known.items()
        for cells, what in (
            (entry.unjudged, "could not be judged: 0 points until you look at it"),
            (entry.stopped, "stopped: too long, too large, or a crash"),
            (entry.flooded, "printed too much; the rest was cut"),
        )
        if cells
    ]
    for kind in Kind:
        mine = look if kind is Kind.LOOK else []
        mine += [
            (student, remark.text)
            for student, entry in known.items()
            for remark in entry.remarks
            if remark.kind is kind
        ]
        _list(kind, mine)
    if old:
        print(f"\n{describe_stale(old, assignment)}")
    for i, what in ((0, "written answer"), (1, "changed or unjudged answer")):
        them = {student: counts[i] for student, counts in waiting.items() if counts[i]}
        if them:
            print(
                f"\n{count(sum(them.values()), what)} of {count(len(them), 'student')} to be marked by"
                " a person: formgrader."
            )
    return 1 if failed else 0


def count(number: int, noun: str, plural: str = "") -> str:
    """ "1 student", "2 students"."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


def _list(title: str, lines: list[tuple[str, str]]) -> None:
    if lines:
        width = min(max(len(student) for student, _ in lines), 30)
        print(f"\n{title}:")
        for student, line in lines:
            print(f"  {student:<{width}}  {line}")
