"""`scalinglaws roster FILE`: who is in the class, read from the school's table: Excel's CSV in any
of its encodings, semicolons, tabs, a workbook, the exports of Canvas, Moodle, Blackboard and
Brightspace.

The roster is saved in `roster.csv` beside the gradebook, and the students are added to the
gradebook.
"""

import argparse
import csv
import io
import re
import unicodedata
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from nbgrader.coursedir import CourseDirectory

from scalinglaws.course.grading.nbgrader_api import load_config, open_gradebook
from scalinglaws.course.grading.troubles import gradebook_errors
from scalinglaws.errors import CourseError
from scalinglaws.files import replace_file
from scalinglaws.paths import complete_course_dir
from scalinglaws.tables.files import decode, listed, shortened

FILE = "roster.csv"  # in the course's folder
MAX_BYTES = 32 * 2**20


@dataclass(frozen=True)
class Student:
    """A student. id: the folder in submitted/. login, sis_id, lms_id: the same person's ids in
    other systems. group: the same for students who submit together.
    """

    id: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    login: str = ""
    sis_id: str = ""
    lms_id: str = ""
    group: str = ""

    @property
    def name(self) -> str:
        """First and last name, or the id if there is none."""
        return " ".join(filter(None, (self.first_name, self.last_name))) or self.id


FIELDS = tuple(field.name for field in fields(Student))

# Headers, in small letters without spaces and punctuation. Canvas: "Student, ID, SIS User ID, SIS Login ID"; Moodle: "First
# name, Last name, ID number, Email address, Username"; Blackboard: "Last Name, First Name, Username, Student ID"; Brightspace:
# "OrgDefinedId, Username, Last Name, First Name, Email"; nbgrader: "id, first_name, last_name, email, lms_user_id".
SYNONYMS = {
    "id": ("id", "nbgraderid", "folder"),
    "login": ("login", "loginid", "sisloginid", "username", "user", "userlogin", "account", "netid"),
    "sis_id": (
        "sisid", "sisuserid", "studentid", "studentnumber", "idnumber", "orgdefinedid", "matriculationnumber", "matrikelnummer",
        "registrationnumber",
    ),
    "lms_id": ("lmsid", "lmsuserid", "canvasid", "canvasuserid", "userid"),
    "first_name": ("firstname", "givenname", "givennames", "forename", "vorname", "prenom"),
    "last_name": ("lastname", "surname", "familyname", "nachname", "nom"),
    "name": ("name", "student", "fullname", "studentname", "displayname", "sortablename"),
    "email": ("email", "emailaddress", "mail", "mailaddress"),
    "group": ("group", "groupname", "groups", "team", "gruppe"),
}  # fmt: skip
_SUFFIX = re.compile(r"(?:jr|sr|i{1,3}|iv)\.?", re.IGNORECASE)
_KEYS = ("id", "login", "sis_id", "email")  # the first of these becomes the id


@dataclass(frozen=True)
class Roster:
    """The content of a file. notes: what the reader decided, and what it left out."""

    students: list[Student]
    notes: list[str]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("file", type=Path, help="a table of students: CSV, TSV or xlsx")
    parser.add_argument(
        "--id",
        choices=("id", "login", "sis_id", "lms_id", "email"),
        help="the field for the folder's name in submitted/ (default: the first of id, login, "
        "sis_id, email)",
    )
    parser.add_argument(
        "--column",
        action="append",
        default=[],
        metavar="FIELD=HEADER",
        help=f"the column of a field, if it has a different header: {', '.join(SYNONYMS)} (may be "
        "repeated)",
    )
    parser.add_argument("--dry-run", action="store_true", help="say what was read and stop")


def run(args: argparse.Namespace) -> int:
    """Read the file, print what it contains, and save it."""
    course = complete_course_dir()
    roster = read_roster(args.file, args.id or "", read_mapping(args.column))
    for note in roster.notes:
        print(note)
    known = {student.id for student in load_roster(course)}
    new = [student for student in roster.students if student.id not in known]
    print(f"{len(roster.students)} students, {len(new)} of them new:")
    for student in roster.students[:3]:
        print(f"  {student.id}: {_in_words(student)}")
    if len(roster.students) > 3:
        print("  ...")
    if args.dry_run:
        print("Nothing was written (--dry-run).")
        return 0
    gone = save_roster(course, roster.students)
    if gone:
        print(f"Not in this file, and kept: {', '.join(gone)}.")
    print(f"Written to {FILE} and to the gradebook.")
    return 0


def read_mapping(given: Iterable[str]) -> dict[str, str]:
    """{field: header} from "field=Header". Raises CourseError for an unknown field."""
    mapping = {}
    for text in given:
        field, _, header = text.partition("=")
        if field.strip() not in SYNONYMS or not header.strip():
            raise CourseError(
                f"--column takes FIELD=HEADER, with a field of {', '.join(SYNONYMS)}; not {text!r}."
            )
        mapping[field.strip()] = header.strip()
    return mapping


def read_roster(path: Path, key: str = "", mapping: Mapping[str, str] | None = None) -> Roster:
    """Read a table of students.

    key: the field that becomes the id; by default the first of id, login, sis_id and email that the
    table has. mapping: {field: header} for unknown headers. Raises CourseError, with one sentence,
    if the table cannot be read or two students would have the same id.
    """
    notes: list[str] = []
    lines = list(read_lines(path, notes))
    if not lines:
        raise CourseError(
            f"{path} is empty: give a table with a line of headers and a line for each student."
        )
    (_, header), body = lines[0], lines[1:]
    columns = _columns(header, mapping or {}, path)
    used = {header[i].strip(): field for field, i in columns.items()}
    notes.insert(0, "Read " + ", ".join(f'"{h}" as {f}' for h, f in used.items()) + ".")
    key = key or next((k for k in _KEYS if k in columns), "")
    if key not in columns:
        wanted = key or ", ".join(_KEYS)
        raise CourseError(
            f"{path} has no column for {wanted}: its headers are {listed(shortened(h.strip()) for h in header if h.strip())}."
            " Choose one with --column, such as --column login=HEADER."
        )
    if columns.get("id") != columns[key]:
        notes.append(f"The student's id (the folder in submitted/) is the {key}.")
    students: dict[str, Student] = {}
    where: dict[str, int] = {}
    skipped: list[str] = []
    for number, cells in body:
        row = {field: _clean(cells[i]) if i < len(cells) else "" for field, i in columns.items()}
        if not any(row.values()) or _of_the_form(row):
            continue
        if not row[key]:
            skipped.append(f"line {number} ({row.get('name') or row.get('last_name') or '?'})")
            continue
        student = _student(row, key)
        if student.id in students:
            raise CourseError(
                f"{path}: lines {where[student.id]} and {number} have the same {key}, {student.id!r}: correct one, or choose"
                " another field with --id."
            )
        students[student.id], where[student.id] = student, number
    if skipped:
        notes.append(f"Left out, without a {key}: {', '.join(skipped)}.")
    if not students:
        raise CourseError(f"{path} has no student with a {key}.")
    folded = Counter(name.casefold() for name in students)
    twins = [name for name in students if folded[name.casefold()] > 1]
    if twins:
        notes.append(
            f"These ids differ only in case, which some disks don't tell apart: {', '.join(twins)}."
        )
    return Roster(list(students.values()), notes)


def read_lines(path: Path, notes: list[str]) -> Iterator[tuple[int, list[str]]]:
    """(number, cells) of each non-empty line of a table. notes: gets what the reader decided.

    Raises CourseError if the file is not a table.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise CourseError(f"{path} is too large for a roster: give only the table.")
        data = path.read_bytes()
    except OSError as error:
        raise CourseError(f"{path} cannot be read: {error.strerror}.") from None
    if data[:2] == b"PK":
        yield from _workbook(data, path, notes)
        return
    if data[:4] == b"\xd0\xcf\x11\xe0":
        raise CourseError(f"{path} is a workbook of an old Excel: save it as xlsx or CSV first.")
    text = decode(data, str(path))
    if re.search(r"[\x00-\x08\x0e-\x1f]", text):
        raise CourseError(f"{path} cannot be read: it is not a text table.")
    try:
        data.decode("utf-8-sig")
    except UnicodeDecodeError:
        foreign = re.findall(r"\w*[^\x00-\x7f]\w*", text)
        if data[:2] not in (b"\xff\xfe", b"\xfe\xff"):
            notes.append(
                "Not UTF-8: read as Windows-1252. Check that the names are right: "
                f"{', '.join(foreign[:3])}."
            )
    head = next((line for line in text.split("\n") if line.strip()), "")
    delimiter = max("\t;,|", key=head.count)
    reader = csv.reader(io.StringIO(text), delimiter=delimiter)
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield reader.line_num, cells
    except csv.Error as error:
        raise CourseError(f"{path}, line {reader.line_num}: {error}.") from None


def _workbook(data: bytes, path: Path, notes: list[str]) -> Iterator[tuple[int, list[str]]]:
    import openpyxl

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about styles, which don't matter here
            book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        sheet = book.worksheets[0]
        rows = [[_text(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]
    except Exception as error:  # openpyxl raises many kinds for a file that is not a workbook
        raise CourseError(
            f"{path} is not a workbook that can be read ({type(error).__name__}): save it as CSV."
        ) from None
    if len(book.worksheets) > 1:
        notes.append(f'Read the first sheet, "{sheet.title}", of {len(book.worksheets)}.')
    yield from ((i, row) for i, row in enumerate(rows, 1) if any(row))


def _text(cell: object) -> str:
    """A cell as displayed: 1234 rather than 1234.0."""
    if cell is None:
        return ""
    return f"{cell:.0f}" if isinstance(cell, float) and cell.is_integer() else str(cell).strip()


def _columns(header: list[str], mapping: Mapping[str, str], path: Path) -> dict[str, int]:
    """{field: index of its column}."""
    plain = [plain_text(cell, "") for cell in header]
    found: dict[str, int] = {}
    for field, names in SYNONYMS.items():
        if field in mapping:
            wanted = plain_text(mapping[field], "")
            if wanted not in plain:
                raise CourseError(
                    f"{path} has no column {mapping[field]!r}: it has {listed(map(shortened, header))}."
                )
            found[field] = plain.index(wanted)
        elif match := next((name for name in names if name in plain), ""):
            found[field] = plain.index(match)
    # In Canvas' export "ID" is Canvas' own number for a student.
    if "id" in found and "id" not in mapping and {"sisuserid", "sisloginid"} & {*plain}:
        found.setdefault("lms_id", found.pop("id"))
    return found


def _of_the_form(row: Mapping[str, str]) -> bool:
    """Whether a row is not a student, but one that Canvas adds to its export."""
    name = row.get("name", "").casefold()
    return name in ("points possible", "student, test", "test student")


def _student(row: Mapping[str, str], key: str) -> Student:
    first, last = row.get("first_name", ""), row.get("last_name", "")
    if not (first or last) and (name := row.get("name", "")):
        if "," in name:
            last, *rest = (part.strip() for part in name.split(","))
            suffixes = [part for part in rest if _SUFFIX.fullmatch(part)]
            last = ", ".join([last, *suffixes])  # "Davis, Jr., Sam" and "Davis, Sam, Jr."
            first = ", ".join(part for part in rest if part not in suffixes)
        else:
            first, _, last = name.rpartition(" ")
    about = {field: row.get(field, "") for field in ("email", "login", "sis_id", "lms_id", "group")}
    return Student(valid_folder(row[key]), first, last, **about)


def valid_folder(name: str) -> str:
    """The id itself; raises CourseError if it cannot be a folder's name on every system."""
    if (
        re.search(r'[/\\:*?"<>|\x00-\x1f]', name)
        or name.startswith(".")
        or name != name.strip(" .")
    ):
        raise CourseError(
            f"{name!r} cannot be a folder's name: choose another field with --id, or correct it in the file."
        )
    if len(name) > 100:
        raise CourseError(
            f"{name[:30]!r}... is too long for a folder's name: choose another field with --id."
        )
    return name


def _clean(cell: str) -> str:
    """A cell without the signs that systems add: Brightspace's #, Excel's leading apostrophe or ="...", spaces."""
    text = unicodedata.normalize("NFC", cell).replace("\xa0", " ").strip()
    if match := re.fullmatch(r'="(.*)"', text):
        text = match[1]
    return " ".join(text.lstrip("#'").split())


def plain_text(text: str, space: str = " ") -> str:
    """A text for comparing names: small letters, without accents and punctuation.

    >>> plain_text("O'Brien-Müller, Zoë", "")
    'obrienmullerzoe'
    """
    flat = unicodedata.normalize("NFKD", text.replace("ß", "ss")).casefold()
    letters = "".join(c for c in flat if not unicodedata.combining(c))
    return space.join(re.findall(r"[^\W_]+", letters))


def _in_words(student: Student) -> str:
    rest = {
        k: v for k, v in asdict(student).items() if v and k not in ("id", "first_name", "last_name")
    }
    return ", ".join([student.name, *(f"{k} {v}" for k, v in rest.items())])


# --- the course's own copy ---


def load_roster(course: Path) -> list[Student]:
    """The students of `roster.csv`; none if there is no such file.

    Raises CourseError if it is damaged.
    """
    path = course / FILE
    if not path.exists():
        return []
    return read_roster(path, "id").students


def save_roster(course: Path, students: list[Student]) -> list[str]:
    """Write `roster.csv` and enter the students into the gradebook.

    Students in the roster but not in this list are kept: returns their ids.
    """
    ids = {student.id for student in students}
    kept = [student for student in load_roster(course) if student.id not in ids]
    everybody = sorted([*students, *kept], key=lambda student: student.id)
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(FIELDS)
    table.writerows([getattr(student, field) for field in FIELDS] for student in everybody)
    config = load_config(course, course)
    with gradebook_errors(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with open_gradebook(CourseDirectory(config=config)) as book:
            for student in everybody:
                about: dict[str, Any] = {
                    "first_name": student.first_name or None,
                    "last_name": student.last_name or None,
                    "email": student.email or None,
                    "lms_user_id": student.lms_id or None,
                }
                book.update_or_create_student(student.id, **about)
        replace_file(course / FILE, text.getvalue().encode())
    return [student.id for student in kept]
