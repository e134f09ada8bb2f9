"""A roster as people have it: read right, or refused in one sentence."""

import openpyxl
import pytest

from scalinglaws.course.school.roster import (
    Student,
    load_roster,
    plain_text,
    read_roster,
    save_roster,
)
from scalinglaws.errors import CourseError

MÜLLER = Student("müller", "Jörg", "Müller", "j@example.org", "", "", "8")


def students(tmp_path, data, key="", **mapping):
    path = tmp_path / "students.csv"
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return read_roster(path, key, mapping).students


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_what_excel_writes_is_read(tmp_path, mark, delimiter, encoding, end):
    if encoding != "utf-8" and mark:
        return
    lines = [
        "id,first_name,last_name,email,lms_user_id",
        "ada,Ada,Lovelace,a@example.org,007",
        "müller,Jörg,Müller,j@example.org,8",
    ]
    text = mark + end.join(line.replace(",", delimiter) for line in lines) + end
    found = students(tmp_path, text.encode(encoding))
    assert found == [Student("ada", "Ada", "Lovelace", "a@example.org", "", "", "007"), MÜLLER]


def test_canvas_export_its_own_rows_are_no_students_and_its_id_is_canvas_number(tmp_path):
    text = (
        "Student,ID,SIS User ID,SIS Login ID,Section,Power laws (12)\n    Points Possible,,,,,33\n"
        '"Lovelace, Ada",1234,S77,al1815,Main,\n"O\'Brien, Zoë",1235,S78,zob,Main,12\n"Student, Test",9,,,Main,\n'
    )
    assert students(tmp_path, text) == [
        Student("al1815", "Ada", "Lovelace", "", "al1815", "S77", "1234"),
        Student("zob", "Zoë", "O'Brien", "", "zob", "S78", "1235"),
    ]
    assert [s.id for s in students(tmp_path, text, "sis_id")] == ["S77", "S78"]
    assert [s.id for s in students(tmp_path, text, "lms_id")] == ["1234", "1235"]


@pytest.mark.parametrize(
    ("text", "expected"),
    {
        "moodle": (
            "First name,Last name,ID number,Email address,Username\nAda,Lovelace,S77,a@x.org,al\n",
            Student("al", "Ada", "Lovelace", "a@x.org", "al", "S77"),
        ),
        "moodle, surname": ("First name,Surname,Email address\nAda,Lovelace,a@x.org\n", Student("a@x.org", "Ada", "Lovelace", "a@x.org")),
        "blackboard": (
            '"Last Name","First Name","Username","Student ID"\n"Lovelace","Ada","al","S77"\n',
            Student("al", "Ada", "Lovelace", "", "al", "S77"),
        ),
        "brightspace": (
            "OrgDefinedId,Username,Last Name,First Name,Email,End-of-Line Indicator\n#S77,#al,Lovelace,Ada,a@x.org,#\n",
            Student("al", "Ada", "Lovelace", "a@x.org", "al", "S77"),
        ),
        "one name": ("Name,Login\nAda King Lovelace,al\n", Student("al", "Ada King", "Lovelace", "", "al")),
        "excel's guard": ('Student ID,Name\n="007",Ada\n', Student("007", "", "Ada", "", "", "007")),
        "empty lines": ("\n\nid,name\n\nada,Ada B\n,,\n", Student("ada", "Ada", "B")),
    }.values(),
)  # fmt: skip
def test_the_exports_of_other_systems(tmp_path, text, expected):
    assert students(tmp_path, text) == [expected]


@pytest.mark.parametrize(
    ("written", "first", "last"),
    [
        ("Davis, Sam", "Sam", "Davis"),
        ("Davis, Jr., Sam", "Sam", "Davis, Jr."),
        ("Davis, Sam, III", "Sam", "Davis, III"),
        ("de la Cruz, María José", "María José", "de la Cruz"),
    ],
)
def test_a_name_with_commas(tmp_path, written, first, last):
    (found,) = students(tmp_path, f'id,name\nx,"{written}"\n')
    assert (found.first_name, found.last_name) == (first, last)


def test_a_workbook_its_numbers_are_ids_as_they_are_seen(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["Student ID", "First name", "Last name"])
    book.active.append([1234.0, "Ada", "Lovelace"])
    book.active.append([None, None, None])
    book.create_sheet("Notes")
    book.save(tmp_path / "class.xlsx")
    roster = read_roster(tmp_path / "class.xlsx")
    assert roster.students == [Student("1234", "Ada", "Lovelace", "", "", "1234")]
    assert any('"Sheet"' in note and "2" in note for note in roster.notes)


def test_headers_in_another_language_by_mapping(tmp_path):
    assert (
        students(tmp_path, "Kennung,Vorname,Nachname\nal,Ada,Lovelace\n", login="kennung")[0].id
        == "al"
    )


@pytest.mark.parametrize(
    ("data", "said"),
    {
        "nothing": ("", "is empty"),
        "headers of something else": ("a,b\n1,2\n", "no column for id, login, sis_id, email"),
        "no line": ("id,name\n", "no student"),
        "twice": ("id,name\nada,A\nbob,B\nada,C\n", "lines 2 and 4 have the same id, 'ada'"),
        "a path": ("id,name\n../ada,A\n", "cannot be a folder's name"),
        "a hidden name": ("id,name\n.ada,A\n", "cannot be a folder's name"),
        "an old workbook": (b"\xd0\xcf\x11\xe0" + bytes(100), "old Excel"),
        "a damaged workbook": (b"PK\x03\x04" + bytes(100), "not a workbook"),
        "noise": (b"\x00\x01\x02\x03" * 50, "cannot be read"),
        "an endless cell": ('id,name\nada,"' + "x" * 200_000, "line"),
    }.values(),
)
def test_what_is_no_roster_gets_one_sentence(tmp_path, data, said):
    with pytest.raises(CourseError) as error:
        students(tmp_path, data)
    assert said in str(error.value) and "\n" not in str(error.value)


def test_what_was_read_is_said(tmp_path):
    path = tmp_path / "s.csv"
    path.write_bytes("login;name\nada;Ada L\n;Nobody\nADA;Ada M\njö;Jörg\n".encode("cp1252"))
    notes = " ".join(read_roster(path).notes)
    for part in (
        '"login" as login',
        "Windows-1252",
        "Jörg",
        "line 3 (Nobody)",
        "differ only in case",
    ):
        assert part in notes


def test_the_roster_is_kept_and_who_is_not_in_the_next_file_stays(course):
    save_roster(course, [Student("ada", "Ada", "Lovelace", lms_id="7"), MÜLLER])
    assert save_roster(course, [Student("zoë", "Zoë")]) == ["ada", "müller"]
    assert load_roster(course) == [
        Student("ada", "Ada", "Lovelace", lms_id="7"),
        MÜLLER,
        Student("zoë", "Zoë"),
    ]
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{course}/gradebook.db", "scaling_laws") as book:
        assert {s.id: s.lms_user_id for s in book.students} == {
            "ada": "7",
            "müller": "8",
            "zoë": None,
        }


def test_names_are_compared_as_people_write_them():
    assert plain_text("Müller,  Jörg-Peter") == "muller jorg peter"
    assert plain_text("O’Brien", "") == plain_text("o'brien", "")
