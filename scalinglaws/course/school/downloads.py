"""What the files of a bulk download are called in each learning-management system, and whose they are.

A system is one line of SYSTEMS: a regular expression for the path of a file in the archive. Its groups say who handed
the file in (`id`, `login`, `lms_id`, `name`, `squashed`: a name without spaces), when (`time`), whether late (`late`), in
which order (`order`), for which assignment, and what the file was called (`file`).
"""

import datetime
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from scalinglaws.errors import CourseError

from .roster import Student, plain_text

GROUPS = (
    "id",
    "login",
    "lms_id",
    "name",
    "squashed",
    "time",
    "late",
    "order",
    "assignment",
    "file",
)


@dataclass(frozen=True)
class System:
    """How a system calls the files of a download. times: the forms that its `time` can have (strptime)."""

    title: str
    pattern: str
    times: tuple[str, ...] = ()


# Canvas: `lib/content_zipper.rb` of instructure/canvas-lms: the sortable name in small letters without what is no letter, LATE, the
# user's number, the attachment's number, its name; for a text entry "_text.html". Moodle: `mod/assign/locallib.php` and
# `mod/assign/feedback/file/importziplib.php` of moodle/moodle: full name, participant's number, plugin, since 4.1 without the last
# underscore. Blackboard: assignment, user name, "attempt", time. Brightspace: two numbers, name, time. nbgrader: the exchange's
# folders, or a folder for each student and assignment.
SYSTEMS = {
    "canvas": System(
        "Canvas",
        r"(?P<squashed>\w*?)_(?P<late>LATE_)?(?P<lms_id>\d+)_(?:(?P<order>\d+)_(?P<file>.+)|(?P<entry>text|link)\.html)",
    ),
    "moodle": System(
        "Moodle",
        r"(?P<name>[^/_]+)_(?P<order>\d+)_assignsubmission_(?:file|onlinetext)(?:_?/|_)(?P<file>.+)",
    ),
    "blackboard": System(
        "Blackboard",
        r"(?P<login>[^/]+)_attempt_(?P<time>\d{4}-\d\d-\d\d-\d\d-\d\d-\d\d)(?:_(?P<file>.+)|\.txt)",
        ("%Y-%m-%d-%H-%M-%S",),
    ),
    "brightspace": System(
        "Brightspace",
        r"(?P<order>\d+)-\d+ ?- ?(?P<name>[^/]+?) ?- ?(?P<time>\w+ \d{1,2}, \d{4} \d{3,4} [AP]M)/(?P<file>.+)",
        ("%b %d, %Y %I%M %p", "%B %d, %Y %I%M %p"),
    ),
    "nbgrader": System(
        "nbgrader",
        r"(?P<id>[^/+]+)\+(?P<assignment>[^/+]+)\+(?P<time>[^/+]+)(?:\+[^/]*)?/(?P<file>.+)",
        ("%Y-%m-%d %H:%M:%S.%f %Z", "%Y-%m-%d %H:%M:%S %Z"),
    ),
    "folders": System(
        "nbgrader's submitted/",
        r"(?:submitted/)?(?P<id>[^/]+)/(?P<assignment>[^/]+)/(?P<file>.+)",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Found:
    """A file of a download. member: its path in the archive; time: in UTC; order: larger is later."""

    member: str
    who: dict[str, str]
    file: str
    assignment: str = ""
    time: datetime.datetime | None = None
    late: bool = False
    order: int = 0


def own_system(pattern: str) -> System:
    """A system by a pattern of one's own. Raises CourseError where it cannot be one."""
    try:
        groups = set(re.compile(pattern).groupindex)
    except re.error as error:
        raise CourseError(f"--pattern is no regular expression: {error}.") from None
    if "file" not in groups or not groups & {"id", "login", "lms_id", "name", "squashed"}:
        raise CourseError(
            "--pattern needs a group (?P<file>...) and one that says who: (?P<id>...), (?P<login>...), (?P<lms_id>...) or"
            " (?P<name>...)."
        )
    if unknown := groups - {*GROUPS}:
        raise CourseError(
            f"--pattern cannot use {', '.join(sorted(unknown))}: its groups are {', '.join(GROUPS)}."
        )
    return System("your pattern", pattern, ("%Y-%m-%d-%H-%M-%S", "%Y-%m-%d %H:%M:%S"))


def recognise(members: Iterable[str]) -> str:
    """The system that most of an archive's files come from. Raises CourseError where none is known."""
    members = list(members)
    counts = {
        key: sum(any(_matches(system, m)) for m in members) for key, system in SYSTEMS.items()
    }
    folders = counts.pop("folders")  # nearly every path could be one of these
    best = max(counts, key=lambda key: counts[key])
    if not counts[best] and folders:
        return "folders"
    if not counts[best]:
        shown = ", ".join(members[:3]) or "nothing"
        raise CourseError(
            f"No file in it has a name as {', '.join(s.title for s in SYSTEMS.values())} give it; it holds {shown}. Describe the names"
            " with --pattern."
        )
    return best


def read_member(
    system: System, member: str, zone: ZoneInfo | None, known: Iterable[str] = ()
) -> Found | None:
    """What a file's path says; None where the system has no such paths. zone: of the system's times; known: assignments."""
    matches = list(_matches(system, member))
    if not matches:
        return None
    match = next(
        (m for m in matches if m.groupdict().get("assignment", "") in set(known)), matches[0]
    )
    said = {key: value for key, value in match.groupdict().items() if value}
    order = said.get("order", "")
    return Found(
        member,
        {key: said[key] for key in ("id", "login", "lms_id", "name", "squashed") if key in said},
        said.get("file") or f"{said.get('entry', 'text')}.html",
        said.get("assignment", ""),
        _time(said.get("time", ""), system.times, zone),
        "late" in said,
        int(order) if order.isdigit() else 0,
    )


def _matches(system: System, member: str) -> Iterator[re.Match[str]]:
    """The whole path, or what follows its first folders: archives often have a folder around all."""
    parts = member.split("/")
    for i in range(min(len(parts), 3)):
        if match := re.fullmatch(system.pattern, "/".join(parts[i:]), re.DOTALL):
            yield match


def _time(text: str, forms: Iterable[str], zone: ZoneInfo | None) -> datetime.datetime | None:
    for form in forms:
        try:
            time = datetime.datetime.strptime(text, form)
        except ValueError:
            continue
        if form.endswith("%Z"):
            return time.replace(tzinfo=datetime.UTC)
        local = time.replace(tzinfo=zone) if zone else time.astimezone()
        return local.astimezone(datetime.UTC)
    return None


class People:
    """Finds a student of the roster by what a file's name says."""

    def __init__(self, students: Iterable[Student]) -> None:
        self.by: dict[str, dict[str, list[Student]]] = {
            key: defaultdict(list) for key in ("id", "login", "lms_id", "name", "squashed")
        }
        for student in students:
            for alias in {student.id, student.login, student.sis_id, student.email} - {""}:
                self.by["login"][alias.casefold()].append(student)
            self.by["id"][student.id.casefold()].append(student)
            if student.lms_id:
                self.by["lms_id"][student.lms_id].append(student)
            first, last = student.first_name, student.last_name
            for name in {f"{first} {last}", f"{last} {first}"} if first or last else ():
                self.by["name"][plain_text(name)].append(student)
                self.by["squashed"][plain_text(name, "")].append(student)

    def find(self, who: dict[str, str]) -> tuple[Student | None, str]:
        """(the student, "") or (None, why not). Numbers and logins count before names."""
        reasons = []
        for key in ("id", "login", "lms_id", "name", "squashed"):
            if key not in who:
                continue
            found = list(dict.fromkeys(self._candidates(key, who[key])))
            number = who.get("lms_id", "")
            if number and found and all(s.lms_id not in ("", number) for s in found):
                reasons.append(f"{found[0].id} has the name, but not the number {number}")
            elif len(found) == 1:
                return found[0], ""
            elif found:
                reasons.append(
                    f"{who[key]!r} may be {' or '.join(student.id for student in found)}"
                )
            else:
                reasons.append(f"nobody in the roster has the {_WORDS[key]} {who[key]!r}")
        return None, "; ".join(reasons)

    def _candidates(self, key: str, value: str) -> list[Student]:
        if key == "name" or key == "squashed":
            return self.by[key].get(plain_text(value, "" if key == "squashed" else " "), [])
        if key == "lms_id":
            return self.by[key].get(value, [])
        # Blackboard writes ASSIGNMENT_LOGIN: the longest end that is somebody's login.
        value = value.casefold()
        starts = [0, *(i + 1 for i, c in enumerate(value) if c == "_")] if key == "login" else [0]
        return next((self.by[key][value[i:]] for i in starts if value[i:] in self.by[key]), [])


_WORDS = {"id": "id", "login": "login", "lms_id": "number", "name": "name", "squashed": "name"}
