"""From a bulk download to submitted/, and back: whose each file is, and nothing lost."""

import csv
import datetime
import errno
import io
import unicodedata
import zipfile
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import nbformat
import pytest

from scalinglaws.cli import main
from scalinglaws.course.grading.gradebook_writer import read_timestamp
from scalinglaws.course.school.collect import read_origins
from scalinglaws.course.school.downloads import SYSTEMS, People, read_member, recognise
from scalinglaws.course.school.roster import Student, save_roster
from scalinglaws.errors import CourseError
from tests.grading.classroom import source_notebook

from .conftest import NAME

CLASS = [
    Student("ada", "Ada", "Lovelace", "ada@x.org", "al1815", "S77", "1234"),
    Student("müller", "Jörg", "Müller", "jm@x.org", "jm_2", "S78", "1235"),
    Student("mary-b", "Mary", "O'Brien", "mb@x.org", "mob", "S79", "1236"),
    Student("mary-c", "Mary", "O'Brien", "mc@x.org", "mob_2", "S80", "1237"),
]
NOTEBOOK = f"{NAME}.ipynb"


def archive(folder: Path, members, name="download.zip") -> str:
    """A zip file of {path: content}, or of [(path, content)]."""
    with zipfile.ZipFile(folder / name, "w", zipfile.ZIP_DEFLATED) as file:
        for path, content in members.items() if isinstance(members, dict) else members:
            file.writestr(path, content)
    return str(folder / name)


def found(course: Path) -> dict[str, str]:
    """{path below submitted/: content} of what was placed, without timestamps."""
    paths = [
        p for p in (course / "submitted").rglob("*") if p.is_file() and p.name != "timestamp.txt"
    ]
    return {p.relative_to(course / "submitted").as_posix(): p.read_text("utf-8") for p in paths}


@pytest.fixture
def school(course):
    save_roster(course, CLASS)
    return course


@pytest.mark.parametrize(
    ("system", "members", "expected"),
    [
        (
            "canvas",
            {
                f"lovelaceada_1234_900_{NOTEBOOK}": "a",
                f"müllerjörg_LATE_1235_901_{NAME}-2.ipynb": "m",
                f"obrienmary_1237_902_{NOTEBOOK}": "c",
                "obrienmary_1236_903_my work.ipynb": "b",
                "obrienmary_1236_904_data.csv": "x",
            },
            {
                f"ada/{NAME}/{NOTEBOOK}": "a", f"müller/{NAME}/{NOTEBOOK}": "m", f"mary-c/{NAME}/{NOTEBOOK}": "c",
                f"mary-b/{NAME}/my work.ipynb": "b", f"mary-b/{NAME}/data.csv": "x",
            },
        ),
        (
            "moodle",
            {
                f"Ada Lovelace_4711_assignsubmission_file_/{NOTEBOOK}": "a",
                f"Müller Jörg_4712_assignsubmission_file/work/{NOTEBOOK}": "m",
            },
            {f"ada/{NAME}/{NOTEBOOK}": "a", f"müller/{NAME}/work/{NOTEBOOK}": "m"},
        ),
        ("moodle", {f"Ada Lovelace_4711_assignsubmission_file_{NOTEBOOK}": "a"}, {f"ada/{NAME}/{NOTEBOOK}": "a"}),
        (
            "blackboard",
            {
                f"Power Laws_al1815_attempt_2026-11-01-10-00-00_{NOTEBOOK}": "old",
                f"Power Laws_al1815_attempt_2026-11-02-10-00-00_{NOTEBOOK}": "a",
                "Power Laws_al1815_attempt_2026-11-02-10-00-00.txt": "Name: Ada",
                f"Power Laws_jm_2_attempt_2026-11-01-10-00-00_{NOTEBOOK}": "m",
                f"Power Laws_mob_2_attempt_2026-11-01-10-00-00_{NOTEBOOK}": "c",
            },
            {
                f"ada/{NAME}/{NOTEBOOK}": "a", f"ada/{NAME}/text.html": "Name: Ada", f"müller/{NAME}/{NOTEBOOK}": "m",
                f"mary-c/{NAME}/{NOTEBOOK}": "c",
            },
        ),
        (
            "brightspace",
            {
                "index.html": "list",
                f"512-88 - Ada Lovelace - Nov 1, 2026 943 AM/{NOTEBOOK}": "old",
                f"518-88 - Ada Lovelace - Nov 2, 2026 1143 PM/{NOTEBOOK}": "a",
                f"519-88 - Jörg Müller - November 2, 2026 1200 PM/{NOTEBOOK}": "m",
            },
            {f"ada/{NAME}/{NOTEBOOK}": "a", f"müller/{NAME}/{NOTEBOOK}": "m"},
        ),
        (
            "nbgrader",
            {
                f"ada+{NAME}+2026-11-01 10:00:00.000000 UTC+x1/{NOTEBOOK}": "old",
                f"ada+{NAME}+2026-11-02 10:00:00.000000 UTC+x2/{NOTEBOOK}": "a",
                f"ada+{NAME}+2026-11-02 10:00:00.000000 UTC+x2/timestamp.txt": "2026-11-02 10:00:00 UTC",
            },
            {f"ada/{NAME}/{NOTEBOOK}": "a"},
        ),
        ("folders", {f"submitted/ada/{NAME}/{NOTEBOOK}": "a", f"submitted/ada/other/{NOTEBOOK}": "o"}, {f"ada/{NAME}/{NOTEBOOK}": "a"}),
        # As macOS packs it again: ü is u and a mark.
        ("canvas", {f"mu\u0308llerjo\u0308rg_1235_901_{NOTEBOOK}": "m"}, {f"müller/{NAME}/{NOTEBOOK}": "m"}),
        # Online text beside the file; a login before the name.
        (
            "moodle",
            {
                "Ada Lovelace_4711_assignsubmission_onlinetext/onlinetext.html": "t",
                f"Ada Lovelace_4711_assignsubmission_file/{NOTEBOOK}": "a",
                f"jm 2 Jörg Müller_4712_assignsubmission_file/{NOTEBOOK}": "m",
            },
            {f"ada/{NAME}/{NOTEBOOK}": "a", f"ada/{NAME}/onlinetext.html": "t", f"müller/{NAME}/{NOTEBOOK}": "m"},
        ),
        # Times with a colon, with what Windows makes of one, of another language; a login before the name; no folder.
        (
            "brightspace",
            {
                f"512-88 - Ada Lovelace - Nov 1, 2026 9:43 AM/{NOTEBOOK}": "a",
                "513-88 - jm_2 - Jörg Müller - Nov 1, 2026 11_43 AM - my - work.ipynb": "m",
                f"514-88 - mob_2 - Mary O'Brien - 1 nov. 2026 1543/{NOTEBOOK}": "old",
                f"515-88 - mob_2 - Mary O'Brien - 2 nov. 2026 0143/{NOTEBOOK}": "c",
            },
            {f"ada/{NAME}/{NOTEBOOK}": "a", f"müller/{NAME}/my - work.ipynb": "m", f"mary-c/{NAME}/{NOTEBOOK}": "c"},
        ),
        ("students", {f"ada/{NOTEBOOK}": "a", "Müller, Jörg/b.ipynb": "m"}, {f"ada/{NAME}/{NOTEBOOK}": "a", f"müller/{NAME}/b.ipynb": "m"}),
    ],
)  # fmt: skip
@pytest.mark.parametrize("around", ["", "01_power_laws submissions/"])
def test_each_systems_download_finds_its_owners(
    school, tmp_path, system, members, expected, around, capsys
):
    assert recognise([unicodedata.normalize("NFC", around + m) for m in members], [NAME]) == system
    path = archive(tmp_path, {around + name: content for name, content in members.items()})
    assert main(["collect", path, NAME, "--timezone", "Europe/Berlin"]) == 0, (
        capsys.readouterr().out
    )
    assert found(school) == expected
    said = capsys.readouterr().out
    assert (
        SYSTEMS[system].title in said
        and f"{len({p.split('/')[0] for p in expected})} of the 4 students" in said
    )
    # Once more: nothing changes, and nothing is put aside.
    assert main(["collect", path, NAME, "--timezone", "Europe/Berlin"]) == 0
    assert "there already" in capsys.readouterr().out and found(school) == expected


def test_times_are_noted_as_nbgrader_reads_them(school, tmp_path):
    members = {
        f"P_al1815_attempt_2026-07-02-10-30-00_{NOTEBOOK}": "a",
        f"512-88 - Ada Lovelace - Jan 1, 2026 943 PM/{NOTEBOOK}": "b",
    }
    times = []
    for name, content in members.items():
        assert (
            main(
                ["collect", archive(tmp_path, {name: content}), NAME, "--timezone", "Europe/Berlin"]
            )
            == 0
        )
        stamp = school / "submitted" / "ada" / NAME / "timestamp.txt"
        times.append(read_timestamp(stamp))
    summer = datetime.datetime(2026, 7, 2, 8, 30)
    assert times == [summer, summer]  # the second is older: it does not replace the first
    assert found(school) == {f"ada/{NAME}/{NOTEBOOK}": "a"}


@pytest.mark.parametrize(
    ("written", "hour", "minute"),
    [("105 AM", 1, 5), ("1205 AM", 0, 5), ("112 PM", 13, 12), ("1_29 PM", 13, 29), ("12:00 PM", 12, 0), ("1159 PM", 23, 59)],
)  # fmt: skip
def test_brightspaces_hours_of_one_and_two_digits(written, hour, minute):
    zone = ZoneInfo("Europe/Berlin")
    (found,) = read_member(
        SYSTEMS["brightspace"], f"1-2 - Ada - Nov 1, 2026 {written}/{NOTEBOOK}", zone
    )
    assert found.time == datetime.datetime(2026, 11, 1, hour, minute, tzinfo=zone)


def test_a_time_that_cannot_be_read_is_said(school, tmp_path, capsys):
    path = archive(tmp_path, {f"5-8 - Ada Lovelace - 2026-11-01 1543/{NOTEBOOK}": "a"})
    assert main(["collect", path, NAME]) == 0
    assert "'2026-11-01 1543'" in capsys.readouterr().out
    assert not (school / "submitted" / "ada" / NAME / "timestamp.txt").exists()


def test_late_without_a_time_is_one_second_after_the_due_date(school, tmp_path, capsys):
    from nbgrader.api import Gradebook

    path = archive(tmp_path, {f"lovelaceada_LATE_1234_900_{NOTEBOOK}": "a"})
    assert main(["collect", path, NAME]) == 0
    assert "no due date" in capsys.readouterr().out
    assert not (school / "submitted" / "ada" / NAME / "timestamp.txt").exists()
    with Gradebook(f"sqlite:///{school}/gradebook.db", "scaling_laws") as book:
        book.update_or_create_assignment(NAME, duedate="2026-11-01 12:00:00")
    assert main(["collect", path, NAME]) == 0
    assert "one second" in capsys.readouterr().out
    assert read_timestamp(
        school / "submitted" / "ada" / NAME / "timestamp.txt"
    ) == datetime.datetime(2026, 11, 1, 12, 0, 1)


def test_a_student_cannot_set_the_time(school, tmp_path):
    members = {
        f"lovelaceada_1234_900_{NOTEBOOK}": "a",
        "lovelaceada_1234_901_timestamp.txt": "2020-01-01 00:00:00 UTC",
    }
    assert main(["collect", archive(tmp_path, members), NAME]) == 0
    assert not (school / "submitted" / "ada" / NAME / "timestamp.txt").exists()


def test_a_newer_submission_replaces_the_former_one_which_is_kept(school, tmp_path, capsys):
    for content in ("first", "second"):
        assert (
            main(
                ["collect", archive(tmp_path, {f"lovelaceada_1234_900_{NOTEBOOK}": content}), NAME]
            )
            == 0
        )
    assert ".kept/" in capsys.readouterr().out
    inside = found(school)
    assert inside.pop(f"ada/{NAME}/{NOTEBOOK}") == "second"
    ((kept, content),) = inside.items()
    assert kept.startswith(f"ada/.kept/{NAME}-") and content == "first"


def test_what_a_stopped_run_left_behind_is_handed_in_by_nobody(school, tmp_path):
    draft = school / "submitted" / "ada" / f".{NAME}.new"
    draft.mkdir(parents=True)
    (draft / "other.ipynb").write_text("of another archive")
    path = archive(tmp_path, {f"lovelaceada_1234_900_{NOTEBOOK}": "a"})
    assert main(["collect", path, NAME]) == 0
    assert found(school) == {f"ada/{NAME}/{NOTEBOOK}": "a"}


def test_a_full_disk_is_one_sentence_and_loses_nothing(school, tmp_path, monkeypatch, capsys):
    path = archive(tmp_path, {f"lovelaceada_1234_900_{NOTEBOOK}": "first"})
    assert main(["collect", path, NAME]) == 0

    def full(*args, **kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("scalinglaws.course.school.collect.replace_file", full)
    monkeypatch.setattr("scalinglaws.course.school.roster.replace_file", full)
    path = archive(tmp_path, {f"lovelaceada_1234_900_{NOTEBOOK}": "second"})
    (tmp_path / "students.csv").write_text("id,name\nzoe,Zoe B\n")
    for command in (["collect", path, NAME], ["roster", str(tmp_path / "students.csv")]):
        assert main(command) == 2
        assert "The disk is full" in capsys.readouterr().err
    assert found(school) == {f"ada/{NAME}/{NOTEBOOK}": "first"}


def test_a_dry_run_writes_nothing(school, tmp_path, capsys):
    assert (
        main(
            [
                "collect",
                archive(tmp_path, {f"lovelaceada_1234_900_{NOTEBOOK}": "a"}),
                NAME,
                "--dry-run",
            ]
        )
        == 0
    )
    said = capsys.readouterr().out
    assert "would be placed: ada" in said and "Nothing was written" in said
    assert not (school / "submitted").exists() and not (school / "ledger").exists()


def test_what_cannot_be_placed_is_listed_and_stops_nobody(school, tmp_path, capsys):
    link = zipfile.ZipInfo(f"lovelaceada_1234_905_{NOTEBOOK}")
    link.external_attr = 0o120777 << 16
    members = [
        (f"müllerjörg_1235_900_{NOTEBOOK}", "m"),
        (f"turingalan_99_901_{NOTEBOOK}", "t"),
        (f"lovelaceada_99_901_{NOTEBOOK}", "another person of the same name"),
        (f"../../lovelaceada_1234_902_{NOTEBOOK}", "out"),
        (f"anon_x7Fq_903_{NOTEBOOK}", "anonymous"),
        (link, "/etc/passwd"),
        ("lovelaceada_1234_906_bomb.ipynb", "0" * 2**24),
        ("notes/readme.md", "what is this?"),
        ("__MACOSX/._x", "x"),
    ]
    assert main(["collect", archive(tmp_path, members), NAME]) == 1
    said = capsys.readouterr().out
    assert found(school) == {f"müller/{NAME}/{NOTEBOOK}": "m"}
    for part in (
        "turingalan",
        "has the name, but not the number 99",
        "leads out",
        "anon_x7Fq",
        "a link",
        "too tightly",
        "notes/readme.md",
    ):
        assert part in said
    assert "7 files could not be placed" in said


def test_a_name_that_two_students_have_is_nobodys(school, tmp_path, capsys):
    assert (
        main(
            [
                "collect",
                archive(tmp_path, {f"Mary O'Brien_5_assignsubmission_file_/{NOTEBOOK}": "?"}),
                NAME,
            ]
        )
        == 1
    )
    assert "may be mary-b or mary-c" in capsys.readouterr().out and not found(school)


@pytest.mark.parametrize("member", [f"LATE_anon_x7Fq_903_{NOTEBOOK}", f"Participant_5_assignsubmission_file/{NOTEBOOK}"])  # fmt: skip
def test_names_that_a_system_hides_are_said_to_be_hidden(school, tmp_path, capsys, member):
    assert main(["collect", archive(tmp_path, {member: "?"}), NAME]) == 1
    assert "hides the names" in capsys.readouterr().out and not found(school)


def test_a_person_can_say_whose_a_file_is(school, tmp_path, capsys):
    members = {
        f"Mary O'Brien_5_assignsubmission_file/{NOTEBOOK}": "b",
        f"Mary O'Brien_9_assignsubmission_file/{NOTEBOOK}": "c",
        f"from an e-mail/{NOTEBOOK}": "a",
    }
    path = archive(tmp_path, members)
    assert main(["collect", path, NAME, "--whose", "Brien_5=nobody"]) == 2
    for part, said in (("Brien", "the files of 2 people"), ("Brian", "no file has")):
        assert main(["collect", path, NAME, "--whose", f"{part}=ada"]) == 2
        assert said in capsys.readouterr().err and not found(school)
    told = ["--whose", "Brien_5=mary-b", "--whose", "Brien_9=mary-c", "--whose", "e-mail=ada"]
    assert main(["collect", path, NAME, *told]) == 0, capsys.readouterr()
    assert found(school) == {f"{s}/{NAME}/{NOTEBOOK}": s[-1] for s in ("mary-b", "mary-c", "ada")}


@pytest.mark.parametrize("delimiter", [",", ";"])
def test_moodles_worksheet_tells_namesakes_apart_and_says_when(school, tmp_path, capsys, delimiter):
    members = {
        f"Mary O'Brien_5_assignsubmission_file/{NOTEBOOK}": "b",
        f"Mary O'Brien_9_assignsubmission_file/{NOTEBOOK}": "c",
        f"Ada Lovelace_7_assignsubmission_file/{NOTEBOOK}": "a",
    }
    path = archive(tmp_path, members)
    sheet = tmp_path / "grades.csv"
    with sheet.open("w", newline="", encoding="utf-8-sig") as file:
        csv.writer(file, delimiter=delimiter).writerows(
            [
                ["Identifier", "Full name", "Email address", "Status", "Grade", "Maximum grade", "Last modified (submission)", "Last modified (grade)"],
                ["Participant 5", "Mary O'Brien", "mc@x.org", "Submitted", "", "12", "Sunday, 1 November 2026, 1:05 PM", "-"],
                ["Participant 9", "Mary O'Brien", "MB@x.org", "Submitted", "", "12", "-", "-"],
                ["Participant 7", "Ada Lovelace", "", "Submitted", "", "12", "dimanche 1 novembre", "Sunday, 1 November 2026, 9:00 PM"],
                ["Participant 8", "Jörg Müller", "jm@x.org", "No submission", "", "12", "-", "-"],
            ]
        )  # fmt: skip
    assert main(["collect", path, NAME]) == 1
    assert "late work isn't noticed" in capsys.readouterr().out
    told = ["--worksheet", str(sheet), "--timezone", "Europe/Berlin"]
    assert main(["collect", path, NAME, *told]) == 0
    assert "isn't noticed" not in capsys.readouterr().out
    expected = {"ada": "a", "mary-b": "c", "mary-c": "b"}
    assert found(school) == {f"{s}/{NAME}/{NOTEBOOK}": text for s, text in expected.items()}
    stamps = {s: school / "submitted" / s / NAME / "timestamp.txt" for s in expected}
    assert read_timestamp(stamps["mary-c"]) == datetime.datetime(2026, 11, 1, 12, 5)
    assert not stamps["ada"].exists() and not stamps["mary-b"].exists()
    sheet.write_text("a,b\nx,y\n")
    assert main(["collect", path, NAME, *told]) == 2
    assert "not a grading worksheet" in capsys.readouterr().err


@pytest.mark.parametrize(
    "member",
    [
        f"group1_1234_900_{NOTEBOOK}",
        f"Group 1_12_assignsubmission_file/{NOTEBOOK}",
        f"Laws_Group 1_attempt_2026-11-02-10-00-00_{NOTEBOOK}",
        f"512-88 - Group 1 - Nov 1, 2026 943 AM/{NOTEBOOK}",
        f"group 1/{NOTEBOOK}",
    ],
)
def test_a_groups_work_is_its_members(school, tmp_path, capsys, member):
    group = [replace(student, group="Team A, Group 1") for student in CLASS[:2]]
    path = archive(tmp_path, {member: "g", **({f"y_x_y/{NOTEBOOK}": "?"} if "/" in member else {})})
    code = main(["collect", path, NAME])
    said = capsys.readouterr().out
    assert (code and not found(school)) or "If that is a group" in said
    save_roster(school, group)
    main(["collect", path, NAME])
    said = capsys.readouterr().out
    assert "the work of a group, ada, müller" in said and "If that is a group" not in said
    assert found(school) == {f"{s}/{NAME}/{NOTEBOOK}": "g" for s in ("ada", "müller")}


def test_a_folder_that_the_browser_unpacked(school, tmp_path):
    folder = tmp_path / "downloads" / "submissions"
    folder.mkdir(parents=True)
    (folder / f"lovelaceada_1234_900_{NOTEBOOK}").write_text("a")
    (folder / f"müllerjörg_1235_901_{NOTEBOOK}").symlink_to("/etc/passwd")
    assert main(["collect", str(folder), NAME]) == 0
    assert found(school) == {f"ada/{NAME}/{NOTEBOOK}": "a"}


def test_names_in_utf8_that_the_archive_does_not_announce(school, tmp_path):
    member = f"Jörg Müller_5_assignsubmission_file/{NOTEBOOK}"
    raw = member.encode()
    path = Path(archive(tmp_path, {"x" * len(raw): "m"}))
    path.write_bytes(path.read_bytes().replace(b"x" * len(raw), raw))
    assert main(["collect", str(path), NAME]) == 0
    assert read_origins(school, NAME)["müller"]["members"] == [member]


def test_a_pattern_of_ones_own(school, tmp_path, capsys):
    path = archive(tmp_path, {f"handin/{NAME}--AL1815.ipynb": "a"})
    pattern = r"(?P<assignment>\w+)--(?P<login>\w+)(?P<file>\.ipynb)"
    assert main(["collect", path]) == 2
    assert "--pattern" in capsys.readouterr().err
    assert main(["collect", path, "--pattern", pattern]) == 0
    assert list(found(school).values()) == ["a"]
    for wrong in ("(", "(?P<file>.+)", "(?P<id>.)(?P<file>.)(?P<nobody>.)"):
        assert main(["collect", path, "--pattern", wrong]) == 2


def test_the_assignment_is_read_off_the_files_where_none_is_given(school, tmp_path, capsys):
    members = {f"lovelaceada_1234_900_{NOTEBOOK}": "a", "müllerjörg_1235_900_homework.ipynb": "m"}
    assert main(["collect", archive(tmp_path, members)]) == 1
    assert "of which assignment?" in capsys.readouterr().out and list(found(school)) == [
        f"ada/{NAME}/{NOTEBOOK}"
    ]
    assert main(["collect", archive(tmp_path, members), "02_nothing"]) == 2


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x05\x06" + bytes(10)])
def test_what_is_no_archive_gets_one_sentence(school, tmp_path, content, capsys):
    (tmp_path / "x.zip").write_bytes(content)
    assert main(["collect", str(tmp_path / "x.zip"), NAME]) == 2
    assert "download it again" in capsys.readouterr().err


def test_without_a_roster_it_says_what_to_do_first(course, tmp_path, capsys):
    assert main(["collect", archive(tmp_path, {"a": "b"}), NAME]) == 2
    assert "scalinglaws roster FILE" in capsys.readouterr().err


def test_logins_that_end_alike_are_told_apart():
    people = People([Student("b", login="2"), Student("c", login="mob_2")])
    assert people.find({"login": "HW 1_mob_2"})[0].id == "c"
    assert people.find({"login": "HW 1_2"})[0].id == "b"
    assert people.find({"login": "HW 1_x"})[0] is None


# -- The way back


@pytest.mark.parametrize(
    ("form", "member", "expected"),
    [
        ("canvas", f"x/lovelaceada_LATE_1234_900_{NOTEBOOK}", f"lovelaceada_LATE_1234_900_{NAME}.html"),
        ("moodle", f"Ada Lovelace_4711_assignsubmission_file_/{NOTEBOOK}", f"Ada Lovelace_4711_assignsubmission_file_/{NAME}.html"),
        ("moodle", f"Ada Lovelace_4711_assignsubmission_file/sub/{NOTEBOOK}", f"Ada Lovelace_4711_assignsubmission_file/{NAME}.html"),
        ("brightspace", f"518-88 - Ada Lovelace - Nov 2, 2026 1143 PM/{NOTEBOOK}", f"518-88 - Ada Lovelace - Nov 2, 2026 1143 PM/{NAME}.html"),
    ],
)  # fmt: skip
def test_feedback_goes_back_under_the_name_it_came_with(
    school, tmp_path, form, member, expected, capsys
):
    assert main(["collect", archive(tmp_path, {member: "a"}), NAME]) == 0
    assert read_origins(school, NAME)["ada"]["members"] == [member]
    assert main(["feedback", NAME, "--form", form]) == 2
    assert "generate_feedback" in capsys.readouterr().err
    for student in ("ada", "müller"):
        page = school / "feedback" / student / NAME / f"{NAME}.html"
        page.parent.mkdir(parents=True)
        page.write_text(f"page of {student}", "utf-8")
        page.with_name("onlinetext.html").write_text("the student's own")
    target = tmp_path / "back.zip"
    assert main(["feedback", NAME, "--form", form, "--output", str(target)]) == 1
    assert "müller" in capsys.readouterr().out  # not collected: it has nowhere to go
    with zipfile.ZipFile(target) as file:
        assert {name: file.read(name).decode() for name in file.namelist()} == {
            expected: "page of ada"
        }
    assert main(["feedback", NAME, "--output", str(target)]) == 0
    with zipfile.ZipFile(target) as file:
        assert set(file.namelist()) == {f"ada/{NAME}.html", f"müller/{NAME}.html"}


@pytest.mark.parametrize(("form", "member", "pages"), [("canvas", f"group1_1234_9_{NOTEBOOK}", 1), ("moodle", f"Group 1_9_assignsubmission_file/{NOTEBOOK}", 0)])  # fmt: skip
def test_a_group_gets_one_page_where_the_system_takes_it(
    school, tmp_path, capsys, form, member, pages
):
    save_roster(school, [replace(student, group="Group 1") for student in CLASS[:2]])
    assert main(["collect", archive(tmp_path, {member: "g"}), NAME]) == 0
    for student in ("ada", "müller"):
        page = school / "feedback" / student / NAME / f"{NAME}.html"
        page.parent.mkdir(parents=True)
        page.write_text(student, "utf-8")
    target = tmp_path / "back.zip"
    assert main(["feedback", NAME, "--form", form, "--output", str(target)]) == 0
    assert "ada, müller handed in together" in capsys.readouterr().out
    with zipfile.ZipFile(target) as file:
        assert [file.read(name) for name in file.namelist()] == [b"ada"] * pages


def test_grades_go_out_under_each_systems_ids(school, capsys):
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{school}/gradebook.db", "scaling_laws") as book:
        book.update_or_create_assignment(NAME)
        book.update_or_create_notebook(NAME, NAME)
        book.add_grade_cell("g", NAME, NAME, max_score=12.0, cell_type="code")
        book.update_or_create_submission(NAME, "ada")
        grade = book.find_grade("g", NAME, NAME, "ada")
        grade.auto_score, grade.needs_manual_grade = 9.5, False
        book.db.commit()

    def table(*args):
        capsys.readouterr()
        assert main(["grades", *args]) == 0
        return list(csv.reader(io.StringIO(capsys.readouterr().out)))

    brightspace = table("--form", "brightspace", "--title", f"{NAME}=Power laws")
    assert brightspace[0] == [
        "OrgDefinedId",
        "Username",
        "Power laws Points Grade",
        "End-of-Line Indicator",
    ]
    assert ["#S77", "#al1815", "9.5", "#"] in brightspace
    assert ["Lovelace", "Ada", "al1815", "S77", "9.5"] in table("--form", "blackboard")
    assert ["al1815", "S77", "ada@x.org", "9.5"] in table("--form", "moodle")
    assert ["Ada Lovelace", "1234", "S77", "al1815", "", "9.5"] in table("--form", "canvas")
    own = table("--columns", "Name=sortable_name,Course==LLM 1,score,End-of-Line Indicator==#")
    assert own[0] == ["Name", "Course", "score", "End-of-Line Indicator"]
    assert ["Lovelace, Ada", "LLM 1", "9.5", "#"] in own


def test_a_collected_notebook_is_graded_where_it_lies(school, tmp_path, capsys):
    members = io.BytesIO()
    with zipfile.ZipFile(members, "w") as inner:
        inner.writestr(f"work/{NOTEBOOK}", nbformat.writes(source_notebook()))
    path = archive(tmp_path, {"lovelaceada_1234_900_all of it.zip": members.getvalue()})
    assert main(["collect", path, NAME]) == 0
    from scalinglaws.course.grading.finder import find_work, read_folder
    from scalinglaws.course.grading.nbgrader_api import load_config
    from scalinglaws.course.grading.submission import master

    source = master(school / "source" / NAME / NOTEBOOK, load_config(school, school))
    work = find_work(NAME, source, read_folder(school / "submitted" / "ada" / NAME))
    assert work.path == f"all of it.zip/work/{NOTEBOOK}"


def test_a_system_that_is_not_known_is_said(tmp_path):
    with pytest.raises(CourseError, match="it holds a"):
        recognise(["a.txt", "b.txt"])
