"""`scalinglaws collect FILE.zip`: from a bulk download to `submitted/<student>/<assignment>/`.

Students are identified by the roster. Nothing is overwritten: an earlier submission of the same
student is moved to `submitted/<student>/.kept/`, and a file that was collected before is skipped.
Files that could not be placed are listed.
"""

import argparse
import contextlib
import datetime
import json
import shutil
import tempfile
import unicodedata
import warnings
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import IO, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from nbgrader.api import MissingEntry
from nbgrader.coursedir import CourseDirectory

from scalinglaws.course.exercises import assignments, check_name
from scalinglaws.course.grading.finder import is_hidden, safe_name, why_refused
from scalinglaws.course.grading.messages import visible_text
from scalinglaws.course.grading.nbgrader_api import load_config, open_gradebook
from scalinglaws.course.grading.semester import apply_semester, load_semester
from scalinglaws.course.grading.troubles import gradebook_errors
from scalinglaws.errors import CourseError
from scalinglaws.files import replace_file, unreadable
from scalinglaws.paths import complete_course_dir

from .downloads import (
    SYSTEMS,
    Found,
    People,
    System,
    is_hidden_by,
    own_system,
    read_member,
    recognise,
    unrecognised,
)
from .roster import FILE, Student, load_roster, valid_folder
from .worksheet import Participant, read_worksheet

MIB = 2**20
MAX_MEMBERS = 50_000  # of a download
MAX_STUDENT = 64 * MIB  # what one student may submit, unpacked
MAX_ALL = 8_192 * MIB
TIMESTAMP = "timestamp.txt"  # where nbgrader looks for the time of a submission


@dataclass
class Submission:
    """What one student submitted for one assignment. files: {path: member of the archive}."""

    student: Student
    assignment: str
    files: dict[str, str] = field(default_factory=dict)
    time: datetime.datetime | None = None
    late: bool = False


@dataclass
class Plan:
    """The content of a download. unplaced: (member, why); notes: what was decided."""

    system: System
    submissions: list[Submission] = field(default_factory=list)
    unplaced: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "file",
        type=Path,
        help="the zip file that the system gave you, or the folder it was unpacked to",
    )
    parser.add_argument(
        "assignment", nargs="?", help="whose submissions these are, such as 01_power_laws"
    )
    parser.add_argument(
        "--system",
        choices=SYSTEMS,
        help="the system it comes from (default: recognised by its file names)",
    )
    parser.add_argument(
        "--pattern",
        metavar="REGEX",
        help="the pattern of the file names, for any other system; groups: id, login, lms_id, "
        "name, time, file",
    )
    parser.add_argument(
        "--whose",
        action="append",
        default=[],
        metavar="PART=STUDENT",
        help="the owner of the files with PART in their path (may be repeated)",
    )
    parser.add_argument(
        "--timezone",
        metavar="ZONE",
        help="of the times in it, such as Europe/Berlin (default: this machine's)",
    )
    parser.add_argument(
        "--worksheet",
        type=Path,
        metavar="FILE.csv",
        help="Moodle's grading worksheet of the assignment: who has which number, and when they submitted",
    )
    parser.add_argument("--dry-run", action="store_true", help="say what would be done, and stop")


def run(args: argparse.Namespace) -> int:
    """Read the archive, report whose each file is, and put it in its place.

    Exit code 1 if something could not be placed.
    """
    course = complete_course_dir()
    students = load_roster(course)
    if not students:
        raise CourseError(
            f"There is no {FILE} yet: run `scalinglaws roster FILE` with a table of your students first."
        )
    if args.assignment:
        check_name(course, args.assignment)
    zone = _zone(args.timezone)
    system = own_system(args.pattern) if args.pattern else SYSTEMS.get(args.system)
    with open_archive(args.file) as archive, gradebook_errors():  # a full disk, too
        plan = make_plan(
            archive,
            students,
            assignments(course),
            args.assignment or "",
            system,
            zone,
            _read_whose(args.whose, students),
            read_worksheet(args.worksheet, students, zone) if args.worksheet else {},
        )
        late = _due_dates(
            course, {s.assignment for s in plan.submissions if s.late and s.time is None}
        )
        for assignment in {submission.assignment for submission in plan.submissions}:
            read_origins(course, assignment)  # before anything is placed
        done = []
        for submission in plan.submissions:
            note = _mark_late(submission, late)
            what = place(course, archive, submission, args.file.name, dry=args.dry_run)
            done.append((submission, what, note))
    _report(plan, done, len(students), args.dry_run)
    return 1 if plan.unplaced else 0


def _zone(name: str | None) -> ZoneInfo | None:
    if not name:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise CourseError(
            f"There is no timezone {name!r}: give one such as Europe/Berlin or UTC."
        ) from None


def _read_whose(given: Iterable[str], students: Iterable[Student]) -> dict[str, Student]:
    """{part of a path: whose it is} from "PART=STUDENT". Raises CourseError for a student who is
    not in the roster.
    """
    by_id = {student.id: student for student in students}
    whose = {}
    for text in given:
        part, _, student = text.rpartition("=")
        if not part.strip() or student.strip() not in by_id:
            raise CourseError(
                f'--whose takes PART=STUDENT, with an id of {FILE}, such as "Kim Lee_4711=klee2"; not {text!r}.'
            )
        whose[unicodedata.normalize("NFC", part.strip())] = by_id[student.strip()]
    return whose


def open_archive(path: Path) -> zipfile.ZipFile:
    """The archive; for a folder, one made of its files.

    Raises CourseError if it is not an archive, or has too many files.
    """
    try:
        data = _pack(path) if path.is_dir() else path.open("rb")
    except OSError as error:
        raise CourseError(f"{path} cannot be read: {error.strerror}.") from None
    try:
        archive = zipfile.ZipFile(data)
    except Exception:  # zipfile raises many kinds
        data.close()
        raise CourseError(f"{path} is not a zip file, or is damaged: download it again.") from None
    if len(archive.infolist()) > MAX_MEMBERS:
        raise CourseError(
            f"{path} has more than {MAX_MEMBERS:,} files: is it a download of submissions?"
        )
    return archive


def _pack(folder: Path) -> IO[bytes]:
    """A folder's files as a zip file: browsers unpack what they download."""
    data = tempfile.TemporaryFile()  # noqa: SIM115 - the archive reads from it
    with zipfile.ZipFile(data, "w") as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.is_symlink():
                archive.write(path, path.relative_to(folder.parent).as_posix())
    return data


def make_plan(
    archive: zipfile.ZipFile,
    students: Iterable[Student],
    known: Iterable[str],
    assignment: str = "",
    system: System | None = None,
    zone: ZoneInfo | None = None,
    whose: Mapping[str, Student] | None = None,
    participants: Mapping[int, Participant] | None = None,
) -> Plan:
    """Find out whose each file is.

    known: the course's assignments; assignment: "" if the files' paths say it; whose: {part of a
    path: student} where the user gave it; participants: of Moodle's grading worksheet. Raises
    CourseError if the system isn't recognised.
    """
    known = list(known)
    members = {}
    plan = Plan(system or SYSTEMS["canvas"])
    for info in archive.infolist():
        path = _path(info)
        name = safe_name(path.replace(":", ""))  # Brightspace and the exchange have times in it
        if info.is_dir() or (name and is_hidden(name)):
            continue
        why = why_refused(info, MAX_STUDENT) if name else "a path that leads outside the archive"
        if why or name is None:
            plan.unplaced.append((path, why))
        else:
            members[path] = info
    plan.system = system or SYSTEMS[recognise(members, known)]
    people = People(students)
    for part, student in (whose or {}).items():
        plan.notes.append(_said_whose(part, student, members, plan.system))
    theirs: dict[tuple[str, str], list[Found]] = {}
    students_by_id: dict[str, Student] = {}
    for name, info in members.items():
        said = next((student for part, student in (whose or {}).items() if part in name), None)
        readings = read_member(plan.system, name, zone, known)
        if not readings and said:
            readings = [Found(name, {}, PurePosixPath(name).name)]
        if not readings:
            if is_hidden_by(plan.system, name):
                plan.unplaced.append((name, _hidden(plan.system)))
            # Some systems put a list of the archive's contents at the top.
            elif name.count("/") > 1 or not name.endswith((".html", ".txt", ".csv")):
                plan.unplaced.append((name, f"not called as {plan.system.title} calls its files"))
            continue
        if plan.system is SYSTEMS["moodle"] and (
            participant := (participants or {}).get(readings[0].order)
        ):
            said = said or participant.student
            readings = [replace(found, time=participant.time) for found in readings]
        found, owners, why = _owners(readings, people, said)
        target = assignment or found.assignment or _guess(found.file, known)
        if target not in known:
            why = (
                f"no assignment {target!r} in this course"
                if target
                else "of which assignment? Give it after the file"
            )
            plan.unplaced.append((name, why))
            continue
        if assignment and found.assignment not in ("", assignment):
            continue  # nbgrader's folders hold all assignments
        if not owners:
            hidden = is_hidden_by(plan.system, name)
            plan.unplaced.append((name, _hidden(plan.system) if hidden else why))
            continue
        for student in owners:
            students_by_id[student.id] = student
            theirs.setdefault((student.id, target), []).append(replace(found, member=info.filename))
        note = _who_note(plan.system, people, found, owners)
        if note and not said and note not in plan.notes:
            plan.notes.append(note)
    if participants and plan.system is not SYSTEMS["moodle"]:
        raise CourseError(
            f"--worksheet is Moodle's, and this is a download from {plan.system.title}."
        )
    if not (theirs or system) and plan.system is SYSTEMS["students"]:
        raise unrecognised(members)
    for (key, target), found_files in sorted(theirs.items()):
        plan.submissions.append(
            _submission(archive, students_by_id[key], target, found_files, plan)
        )
    return plan


def _said_whose(part: str, student: Student, members: Iterable[str], system: System) -> str:
    """The files that a --whose covers.

    Raises CourseError if it matches no file, or the files of several people.
    """
    names = [name for name in members if part in name]
    if not names:
        raise CourseError(f"--whose: no file has {part!r} in its path.")
    owners = set()
    for found in (f for name in names for f in read_member(system, name, None)[:1]):
        number = found.order if system is SYSTEMS["moodle"] else 0  # of the participant
        owners.add((*found.who.values(), number))
    if len(owners) > 1:
        raise CourseError(
            f"--whose: {part!r} matches the files of {len(owners)} people, such as {names[0]} and "
            f"{names[-1]}: give more of the path."
        )
    return f"{student.id}: gets what you said is theirs, {_listed(names, 2)}."


def _path(info: zipfile.ZipInfo) -> str:
    """A member's path. Some programs write UTF-8 without saying so, and macOS writes ü as two
    characters.
    """
    path = info.filename
    if (
        not info.flag_bits & 0x800
    ):  # the archive does not declare UTF-8, so zipfile used code page 437
        with contextlib.suppress(UnicodeError):
            path = path.encode("cp437").decode("utf-8")
    return unicodedata.normalize("NFC", path).replace("\\", "/")


def _owners(
    readings: list[Found], people: People, said: Student | None
) -> tuple[Found, list[Student], str]:
    """(how to read a path, the owners of the file, why there are none)."""
    if said:
        return readings[0], [said], ""
    answers = [people.owners(found.who) for found in readings]
    for found, (owners, _) in zip(readings, answers, strict=True):
        if owners:
            return found, owners, ""
    return readings[0], [], answers[0][1]


def _hidden(system: System) -> str:
    return f"{system.title} hides the names: let it show them, and download again"


def _who_note(system: System, people: People, found: Found, owners: list[Student]) -> str:
    """A note on a group's work, or on a number whose owner has a different name in the roster."""
    name = found.who.get("name") or found.who.get("squashed") or found.who.get("login", "")
    if len(owners) > 1:
        return f"{name}: the work of a group, {', '.join(s.id for s in owners)}."
    (student,) = owners
    if "lms_id" in found.who and not people.bears(student, found.who):
        return (
            f"{student.id}: has the number, but {system.title} writes the name {name!r}. If that is a group, put a column"
            " Group into your list, run `scalinglaws roster` and collect again: now only this student gets the work."
        )
    return ""


def _guess(file: str, known: Iterable[str]) -> str:
    """The assignment that a file is named after; "" if none is."""
    return next((name for name in known if name.casefold() in file.casefold()), "")


def _submission(
    archive: zipfile.ZipFile, student: Student, assignment: str, found: list[Found], plan: Plan
) -> Submission:
    """A student's newest submission."""
    times = [f.time for f in found if f.time]
    if len(times) == len(found):  # one attempt as a whole
        attempts = {f.member: f.time.timestamp() for f in found if f.time}
    elif plan.system is SYSTEMS["brightspace"]:
        attempts = {f.member: float(f.order) for f in found}
    else:
        attempts = {f.member: 0.0 for f in found}
    newest = [f for f in found if attempts[f.member] == max(attempts.values())]
    if len(newest) < len(found):
        many = len(set(attempts.values()))
        plan.notes.append(f"{student.id}: the newest of {many} submissions was taken.")
    unread = next((f.unread_time for f in newest if f.unread_time), "")
    if unread:
        plan.notes.append(
            f"{student.id}: the time {unread!r} has an unknown form. If it was late, write the "
            "time into"
            f" submitted/{student.id}/{assignment}/{TIMESTAMP}."
        )
    submission = Submission(
        student,
        assignment,
        {},
        max((f.time for f in newest if f.time), default=None),
        any(f.late for f in newest),
    )
    size = 0
    for file in sorted(
        newest, key=lambda f: f.order
    ):  # of files with the same name, the last counts
        path = safe_name(file.file) or "submission"
        path = _own_name(path, assignment)
        if PurePosixPath(path).name == TIMESTAMP:
            if plan.system.title.startswith("nbgrader") and path == TIMESTAMP:
                submission.time = submission.time or _read_time(archive, file.member)
            continue  # a student's file with this name is not nbgrader's
        size += archive.getinfo(file.member).file_size
        if size > MAX_STUDENT:
            plan.unplaced.append(
                (file.member, f"more than {MAX_STUDENT // MIB} MiB from one student")
            )
            continue
        if path in submission.files:
            plan.notes.append(f"{student.id}: submitted {path} more than once; the last was taken.")
        submission.files[path] = file.member
    return submission


def _own_name(path: str, assignment: str) -> str:
    """The file's own name: Canvas calls the second upload of a file `name-1`, Moodle's old forms
    put `file_` before it.
    """
    file = PurePosixPath(path)
    stem, dash, number = file.stem.rpartition("-")
    if dash and number.isdigit() and stem == assignment:
        return file.with_name(stem + file.suffix).as_posix()
    return path


def _read_time(archive: zipfile.ZipFile, member: str) -> datetime.datetime | None:
    from nbgrader.utils import parse_utc

    try:
        with archive.open(member) as file:
            time = parse_utc(file.read(100).decode().strip())
        return time.replace(tzinfo=datetime.UTC)
    except Exception:  # noise of any kind
        return None


def _due_dates(course: Path, names: set[str]) -> Mapping[str, datetime.datetime | None]:
    """{assignment: its due date in UTC} of those assignments."""
    if not names:
        return {}
    config = load_config(course, course)
    found: dict[str, datetime.datetime | None] = {}
    with gradebook_errors(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with open_gradebook(CourseDirectory(config=config)) as book:
            apply_semester(book, load_semester(course), config)
            for name in names:
                due: Any = None  # SQLAlchemy types its columns as columns, not values
                with contextlib.suppress(MissingEntry):
                    due = book.find_assignment(name).duedate
                found[name] = due.replace(tzinfo=datetime.UTC) if due else None
    return found


def _mark_late(submission: Submission, due: Mapping[str, datetime.datetime | None]) -> str:
    """Give a submission that is only *marked* late a time after the due date.

    Returns a note on it.
    """
    if not submission.late or submission.time:
        return ""
    if (date := due.get(submission.assignment)) is None:
        return (
            "late according to the download, but the assignment has no due date in the "
            "gradebook: no penalty"
        )
    submission.time = date + datetime.timedelta(seconds=1)
    return "late according to the download, which does not say by how much: recorded as one second"


# --- putting it in its place ---


def place(
    course: Path, archive: zipfile.ZipFile, submission: Submission, origin: str, dry: bool
) -> str:
    """Write a submission.

    Returns what was done: "new", "again" (already there), "newer" (the old one is kept) or "older"
    (than the one that is there, which stays).
    """
    student, assignment = valid_folder(submission.student.id), submission.assignment
    target = course / "submitted" / student / assignment
    contents = {path: _content(archive, member) for path, member in submission.files.items()}
    if submission.time:
        contents[TIMESTAMP] = f"{submission.time:%Y-%m-%d %H:%M:%S} UTC\n".encode()
    state = _compare(target, contents, submission.time)
    if not dry:
        if state in ("new", "newer"):
            _write(target, contents)
        if state != "older":
            members = sorted(_path(archive.getinfo(name)) for name in submission.files.values())
            note_origin(course, submission, origin, members)
    return state


def _content(archive: zipfile.ZipFile, member: str) -> bytes:
    info = archive.getinfo(member)
    try:
        with archive.open(info) as file:
            data = file.read(info.file_size + 1)
    except Exception as error:  # a damaged member raises many kinds
        raise CourseError(
            f"{member} in the archive is damaged ({error}): download it again."
        ) from None
    if len(data) > info.file_size:
        raise CourseError(
            f"{member} in the archive is larger than the archive says: download it again."
        )
    return data


def _compare(target: Path, contents: Mapping[str, bytes], time: datetime.datetime | None) -> str:
    if not target.exists():
        return "new"
    here = {
        path.relative_to(target).as_posix(): path
        for path in target.rglob("*")
        if path.is_file() and not is_hidden(path.relative_to(target).as_posix())
    }
    if {*here} == {*contents} and all(
        here[name].read_bytes() == data for name, data in contents.items()
    ):
        return "again"
    from scalinglaws.course.grading.gradebook_writer import read_timestamp

    there = read_timestamp(target / TIMESTAMP)
    if time and there and time.replace(tzinfo=None) < there:
        return "older"
    return "newer"


def _write(target: Path, contents: Mapping[str, bytes]) -> None:
    """The new folder is completed first; then the old one is moved aside and replaced."""
    draft = target.parent / f".{target.name}.new"
    shutil.rmtree(draft, ignore_errors=True)  # from a run that was stopped
    for path, data in contents.items():
        replace_file(draft / path, data)
    if not contents:
        draft.mkdir(parents=True)
    if target.exists():
        kept = target.parent / ".kept"
        kept.mkdir(exist_ok=True)
        target.rename(kept / f"{target.name}-{datetime.datetime.now():%Y-%m-%d-%H%M%S-%f}")
    draft.rename(target)


# --- where each submission came from, so that feedback can go back ---


def origins_file(course: Path, assignment: str) -> Path:
    """The record of an assignment's downloads."""
    return course / "ledger" / assignment / "collected" / "origins.json"


def read_origins(course: Path, assignment: str) -> dict[str, dict[str, Any]]:
    """{student: {"system", "archive", "members"}} of collected submissions.

    Raises CourseError for an unreadable file.
    """
    try:
        found = json.loads(origins_file(course, assignment).read_text("utf-8"))
        return {str(student): dict(about) for student, about in found.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise unreadable(
            origins_file(course, assignment), "what the submissions were called", error
        ) from None


def note_origin(course: Path, submission: Submission, archive: str, members: list[str]) -> None:
    """Record the names of a submission's files in the archive."""
    known = read_origins(course, submission.assignment)
    about = {"archive": archive, "members": members}
    if known.get(submission.student.id) != about:
        known[submission.student.id] = about
        text = json.dumps(known, indent=1, ensure_ascii=False, sort_keys=True)
        replace_file(origins_file(course, submission.assignment), text.encode("utf-8", "replace"))


# --- what is said ---

_WORDS = {
    "new": "placed",
    "newer": "placed; the former one is in submitted/<student>/.kept/",
    "again": "there already",
    "older": "skipped: older than the one that is there",
}


def _report(plan: Plan, done: list[tuple[Submission, str, str]], many: int, dry: bool) -> None:
    print(f"A download from {plan.system.title}.")
    if done and not any(s.time or s.late for s, _, _ in done) and plan.system.silent_on_times:
        print(
            f"It does not say when they submitted, so late work isn't noticed{plan.system.silent_on_times}."
        )
    for state, words in _WORDS.items():
        names = [submission.student.id for submission, what, _ in done if what == state]
        if names:
            verb = f"would be {words}" if dry and state in ("new", "newer") else words
            print(f"{len(names)} {verb}: {_listed(names)}.")
    for submission, _, note in done:
        if note:
            print(f"{submission.student.id}: {note}.")
    for note in plan.notes:
        print(note)
    per_assignment: dict[str, int] = {}
    for submission, _, _ in done:
        per_assignment[submission.assignment] = per_assignment.get(submission.assignment, 0) + 1
    for assignment, number in per_assignment.items():
        print(f"{assignment}: {number} of the {many} students in {FILE} are in this download.")
    if plan.unplaced:
        many = len(plan.unplaced)
        print(f"{many} file{'s' * (many != 1)} could not be placed:")
        for member, why in plan.unplaced[:50]:
            print(f"  {visible_text(member[-100:])}: {visible_text(why)}")
        if len(plan.unplaced) > 50:
            print(f"  and {len(plan.unplaced) - 50} more")
        print('If you know whose a file is: --whose "PART OF ITS PATH=STUDENT".')
    if dry:
        print("Nothing was written (--dry-run).")


def _listed(names: list[str], show: int = 8) -> str:
    more = f" and {len(names) - show} more" if len(names) > show else ""
    return ", ".join(names[:show]) + more
