"""The file names in bulk downloads of each learning-management system, and whose files they are.

A system is one line of SYSTEMS: a regular expression for the path of a file in the archive. Its
groups give the owner (`id`, `login`, `lms_id`, `name`, `squashed`: a name without spaces), the time
(`time`), whether it was late (`late`), the order (`order`), the assignment, and the file's own name
(`file`). A name can be a group's; the work then belongs to all its members.
"""

import datetime
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
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
    """A system's file names in a download. times: the forms of its `time` (strptime); hidden: the
    path of a file whose owner the system hides; silent_on_times: what to do if a download has no
    times.
    """

    title: str
    pattern: str
    times: tuple[str, ...] = ()
    hidden: str = r"(?!)"
    silent_on_times: str = ""


# Canvas: `lib/content_zipper.rb` of instructure/canvas-lms: the sortable name (or the group's) in
# lower case with letters only, LATE, the user's number, the attachment's number, its name; for a
# text entry "_text.html"; anonymous: LATE, anon, a code. Moodle:
# `mod/assign/classes/downloader.php` and `mod/assign/feedback/file/importziplib.php` of
# moodle/moodle: full name (or the group's, or "Participant"), a number, plugin, before 4.1 with one
# more underscore. Blackboard: assignment, user name, "attempt", time. Brightspace: two numbers, at
# some schools the login, name, time, then a folder, or " - " and the file: `tests/d2lmf_tests.py`
# of cgmb/d2lmf. nbgrader: the exchange's folders, or a folder for each student and assignment.
# Last, what people make by hand: a folder for each student, called by id, login or name.
SYSTEMS = {
    "canvas": System(
        "Canvas",
        r"(?P<squashed>\w*?)_(?P<late>LATE_)?(?P<lms_id>\d+)_(?:(?P<order>\d+)_(?P<file>.+)|(?P<entry>text|link)\.html)",
        hidden=r"(?:LATE_)?anon_.+",
    ),
    "moodle": System(
        "Moodle",
        r"(?P<name>[^/_]+)_(?P<order>\d+)_assignsubmission_(?:file|onlinetext)(?:_?/|_)(?P<file>.+)",
        hidden=r"Participant_\d+_.+",
        silent_on_times=": give Moodle's grading worksheet with --worksheet",
    ),
    "blackboard": System(
        "Blackboard",
        r"(?P<login>[^/]+)_attempt_(?P<time>\d{4}-\d\d-\d\d-\d\d-\d\d-\d\d)(?:_(?P<file>.+)|\.txt)",
        ("%Y-%m-%d-%H-%M-%S",),
    ),
    "brightspace": System(
        "Brightspace",
        r"(?P<order>\d+)-\d+ ?- ?(?:(?P<login>\w+) - )?(?P<name>[^/]+?)"
        r"(?: ?- ?(?P<time>\w+ \d{1,2}, \d{4} \d{1,2}[_:]?\d\d ?[AP]M)(?:/| - )| - (?P<foreign>[^/]*\d[^/]*)/)(?P<file>.+)",
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
    "students": System(
        "your own folders",
        r"(?=(?P<login>[^/]+)/)(?P<name>[^/]+)/(?P<file>.+)",
        silent_on_times=": write the time of a late one into timestamp.txt beside it",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Found:
    """A file of a download. member: its path in the archive; time: in UTC; order: larger is later;
    unread_time: a time of an unknown form.
    """

    member: str
    who: dict[str, str]
    file: str
    assignment: str = ""
    time: datetime.datetime | None = None
    late: bool = False
    order: int = 0
    unread_time: str = ""


def own_system(pattern: str) -> System:
    """A system from a user's pattern. Raises CourseError for an invalid one."""
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


def recognise(members: Iterable[str], known: Iterable[str] = ()) -> str:
    """The system that most of an archive's files come from. known: the course's assignments, if
    they are to be in the paths.

    Raises CourseError if none is recognised.
    """
    members, known = list(members), set(known)

    def count(key: str) -> int:
        """The number of files that match this system."""
        ours = known if key == "folders" else None
        system = SYSTEMS[key]
        return sum(
            is_hidden_by(system, name)
            or any(not ours or m["assignment"] in ours for m in _matches(system, name))
            for name in members
        )

    counts = {key: count(key) for key in SYSTEMS}
    by_hand = {key: counts.pop(key) for key in ("folders", "students")}  # many paths match these
    best = max(counts, key=lambda key: counts[key])
    if counts[best]:
        return best
    for key, number in by_hand.items():
        if number:
            return key
    raise unrecognised(members)


def unrecognised(members: Iterable[str]) -> CourseError:
    """The message about an archive whose file names match no system."""
    shown = ", ".join(list(members)[:3]) or "nothing"
    titles = ", ".join(s.title for key, s in SYSTEMS.items() if key not in ("folders", "students"))
    return CourseError(
        f"No file in it is named as in {titles}; it holds {shown}. Put the files into a folder "
        "for each student, or"
        " describe the names with --pattern."
    )


def is_hidden_by(system: System, member: str) -> bool:
    """Whether a system hides whose a file is, because the marking is anonymous."""
    return any(re.match(system.hidden, rest) for rest in _without_first_folders(member))


def read_member(
    system: System, member: str, zone: ZoneInfo | None, known: Iterable[str] = ()
) -> list[Found]:
    """The possible readings of a file's path, the most likely first; none if the system has no such
    paths. zone: of the system's times; known: assignments.
    """
    known = set(known)
    matches = sorted(
        _matches(system, member), key=lambda m: m.groupdict().get("assignment", "") not in known
    )
    return [_found(system, member, match, zone) for match in matches]


def _found(system: System, member: str, match: re.Match[str], zone: ZoneInfo | None) -> Found:
    said = {key: value for key, value in match.groupdict().items() if value}
    order = said.get("order", "")
    # An hour with one digit and no colon: %I would read 105 as 10:5.
    text = re.sub(
        r"\b(\d{1,2})[_:]?(\d\d) ?([AP]M)$",
        lambda m: f"{m[1]:>02}{m[2]} {m[3]}",
        said.get("time", ""),
    )
    time = time_in_utc(text, system.times, zone)
    return Found(
        member,
        {key: said[key] for key in ("id", "login", "lms_id", "name", "squashed") if key in said},
        said.get("file") or f"{said.get('entry', 'text')}.html",
        said.get("assignment", ""),
        time,
        "late" in said,
        int(order) if order.isdigit() else 0,
        "" if time else said.get("time", "") or said.get("foreign", ""),
    )


def _matches(system: System, member: str) -> Iterator[re.Match[str]]:
    for rest in _without_first_folders(member):
        if match := re.fullmatch(system.pattern, rest, re.DOTALL):
            yield match


def _without_first_folders(member: str) -> list[str]:
    """The whole path, and the path without its first folders, because archives often have one
    folder around everything.
    """
    parts = member.split("/")
    return ["/".join(parts[i:]) for i in range(min(len(parts), 3))]


def time_in_utc(text: str, forms: Iterable[str], zone: ZoneInfo | None) -> datetime.datetime | None:
    """A time in one of the forms (strptime), in UTC; None for another form. zone: used if the time
    has none; by default this machine's.
    """
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
    """Finds the students of the roster in a file's name."""

    def __init__(self, students: Iterable[Student]) -> None:
        self.by: dict[str, dict[str, list[Student]]] = {
            key: defaultdict(list) for key in ("id", "login", "lms_id", "name", "squashed", "group")
        }
        for student in students:
            for alias in {student.id, student.login, student.sis_id, student.email} - {""}:
                self.by["login"][_folded(alias)].append(student)
            self.by["id"][_folded(student.id)].append(student)
            if student.lms_id:
                self.by["lms_id"][student.lms_id].append(student)
            for group in re.split("[,;]", student.group):  # Moodle lists all of a student's groups
                if group.strip():
                    self.by["group"][plain_text(group, "")].append(student)
            first, last = student.first_name, student.last_name
            names = {f"{first} {last}", f"{last} {first}"}
            for name in names if first or last else ():
                self.by["squashed"][plain_text(name, "")].append(student)
            for name in (names | {f"{student.login} {first} {last}"}) if first or last else ():
                self.by["name"][plain_text(name)].append(student)

    def owners(self, who: Mapping[str, str]) -> tuple[list[Student], str]:
        """([the student, or all of a group], "") or ([], why not)."""
        student, why = self.find(who)
        group = next(filter(None, (self._group(key, text) for key, text in who.items())), [])
        if group and (student is None or student in group):
            return group, ""
        return [student] if student else [], why

    def bears(self, student: Student, who: Mapping[str, str]) -> bool:
        """Whether a name in a file's name is this student's own."""
        names = [key for key in ("name", "squashed") if key in who]
        return not names or any(student in self._candidates(key, who[key]) for key in names)

    def _group(self, key: str, value: str) -> list[Student]:
        """A group's members, unless a student has the same name."""
        if key not in ("login", "name", "squashed") or self._candidates(key, value):
            return []
        starts = [0, *(i + 1 for i, c in enumerate(value) if c == "_")] if key == "login" else [0]
        names = (plain_text(value[i:], "") for i in starts)
        return next((self.by["group"][n] for n in names if n and n in self.by["group"]), [])

    def find(self, who: Mapping[str, str]) -> tuple[Student | None, str]:
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
        # Blackboard writes ASSIGNMENT_LOGIN: take the longest suffix that is somebody's login.
        value = _folded(value)
        starts = [0, *(i + 1 for i, c in enumerate(value) if c == "_")] if key == "login" else [0]
        return next((self.by[key][value[i:]] for i in starts if value[i:] in self.by[key]), [])


def _folded(text: str) -> str:
    """An id in a form for comparison: macOS writes ü as two characters."""
    return unicodedata.normalize("NFC", text).casefold()


_WORDS = {"id": "id", "login": "login", "lms_id": "number", "name": "name", "squashed": "name"}
