"""From two messy downloads to the marks in two systems: a class through two assignments, every number known beforehand."""

import csv
import io
import shutil
import zipfile
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI

from scalinglaws.cli import main
from scalinglaws.course.grading.nbgrader_api import load_config
from scalinglaws.course.grading.submission import grade_id, visible
from tests.grading.classroom import RIGHT, isolated, meta, source_notebook

from .conftest import NAME

pytestmark = isolated

SECOND = "02_diminishing_returns"
WRONG = {"square": "def square(x):\n    return 2 * x"}
ROSTER = """Student;ID;SIS User ID;SIS Login ID
Lovelace, Ada;11;S1;ada
Müller, Bob;12;S2;bob
O'Brien, Cleo;13;S3;cleo
Dan, Dan;14;S4;dan
Élise, Eli;15;S5;eli
Fay, Fay;16;S6;fay
"""
SEMESTER = f"""
timezone: UTC
due: {{{NAME}: 2026-11-02 23:59, {SECOND}: 2026-11-09 23:59}}
late: {{percent_per_day: 10}}
extensions: [{{student: eli, assignment: {NAME}, days: 1}}]
exempt: [{{student: cleo, assignment: {SECOND}}}]
"""


def work(**answers: str) -> bytes:
    """A submission: the released notebook with these answers."""
    notebook = source_notebook()
    answers = {"essay": "*Write your answer here.*", **answers}  # nbgrader_config.py's stub
    for cell in notebook.cells:
        cell.source = answers.get(grade_id(cell)) or visible(cell.source).rstrip("\n")
    return nbformat.writes(notebook).encode()


def messy() -> bytes:
    """Right, with a cell of her own, a test cell deleted, and a byte order mark."""
    notebook = nbformat.reads(work(**RIGHT).decode(), as_version=4)
    notebook.cells.insert(2, new_code_cell("print('mine')"))
    notebook.cells = [c for c in notebook.cells if grade_id(c) != "mean_test"]
    return b"\xef\xbb\xbf" + nbformat.writes(notebook).encode()


def archive(path: Path, members: dict[str, bytes]) -> str:
    with zipfile.ZipFile(path, "w") as file:
        for name, content in members.items():
            file.writestr(name, content)
    return str(path)


def zipped(name: str, content: bytes) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as file:
        file.writestr(name, content)
    return data.getvalue()


def mark(course: Path, assignment: str, student: str, points: float) -> None:
    """What a person does in formgrader."""
    with Gradebook(f"sqlite:///{course}/gradebook.db", "scaling_laws") as book:
        grade: Any = book.find_grade("essay", assignment, assignment, student)
        grade.manual_score, grade.needs_manual_grade = points, False
        book.db.commit()


@pytest.fixture
def school(course):
    (course / "source" / SECOND).mkdir()
    shutil.copy(
        course / "source" / NAME / f"{NAME}.ipynb", course / "source" / SECOND / f"{SECOND}.ipynb"
    )
    (course / "students.csv").write_bytes(ROSTER.encode("cp1252"))
    (course / "course.yaml").write_text(SEMESTER, encoding="utf-8")
    return course


def test_a_class_through_two_assignments(school, tmp_path, capsys):
    def said(*words: str, code: int = 0) -> str:
        assert main([*words]) == code, capsys.readouterr()
        out, err = capsys.readouterr()
        return out + err

    def scores(*words: str) -> dict[str, list[str]]:
        assert main(["grades", *words]) == 0
        return {row[0]: row[1:] for row in csv.reader(io.StringIO(capsys.readouterr().out))}

    said("roster", str(school / "students.csv"), "--id", "login")
    file = f"{NAME}.ipynb"
    canvas = {
        f"lovelaceada_11_900_{file}": work(**RIGHT, essay="Because of the exponent."),
        f"müllerbob_12_901_{NAME}-1.ipynb": work(**RIGHT | WRONG, essay="It is so."),
        f"obriencleo_LATE_13_902_{file}": messy(),
        f"dandan_14_903_{file}": b"<html>502 Bad Gateway</html>",
        "éliseeli_LATE_15_904_submission.zip": zipped("work/my work.ipynb", work(**RIGHT)),
        f"strangerstan_99_905_{file}": work(**RIGHT),
    }
    first = archive(tmp_path / "canvas.zip", canvas)
    assert "stan" in said("collect", first, NAME, code=1)
    assert "5 submissions processed" in said("grade", NAME, code=1)  # one is an HTML page
    mark(school, NAME, "ada", 4)
    mark(school, NAME, "bob", 3)
    columns = ("--columns", "student_id,score,max_score,late_penalty")
    # A tenth off for cleo, whose day began; eli has one more day.
    assert scores(NAME, *columns) == {
        "student_id": ["score", "max_score", "late_penalty"],
        "ada": ["16", "16", "0"], "bob": ["12", "16", "0"], "cleo": ["10.8", "16", "1.2"],
        "dan": ["", "16", "0"], "eli": ["12", "16", "0"],
    }  # fmt: skip
    said("publish", NAME)

    # The teacher changes a test, its points, and adds an exercise. Hand marks stay; what was published stays.
    path = school / "source" / NAME / file
    source = nbformat.read(path, as_version=4)
    test = next(cell for cell in source.cells if grade_id(cell) == "limit_test")
    test.metadata.nbgrader["points"] = 5
    test.source = test.source.replace("assert limit == 0.25", "assert limit * 4 == 1")
    source.cells.append(new_code_cell("extra = None", metadata=meta("extra", solution=True)))
    source.cells.append(
        new_code_cell("assert extra", metadata=meta("extra_test", grade=True, points=2))
    )
    nbformat.write(source, path)
    assert "4 submissions processed" in said("grade", NAME, "--stale")
    assert scores(NAME, "--columns", "student_id,score,max_score")["ada"] == ["16", "16"]
    mark(school, NAME, "bob", 4)  # asked for it, and was right
    assert "bob: 12 of 16, now 16 of 21" in said("publish", NAME, "--again")
    assert scores(NAME, *columns) == {
        "student_id": ["score", "max_score", "late_penalty"],
        "ada": ["19", "21", "0"], "bob": ["16", "21", "0"], "cleo": ["13.5", "21", "1.5"],
        "dan": ["", "21", "0"], "eli": ["15", "21", "0"],
    }  # fmt: skip

    # The second assignment comes from Moodle, twice for eli.
    def moodle(name: str, number: int, content: bytes, inside: str = f"{SECOND}.ipynb"):
        return {f"{name}_{number}_assignsubmission_file_/{inside}": content}

    members = (
        moodle("Ada Lovelace", 1, work(**RIGHT))
        | moodle("Bob Müller", 2, work(**RIGHT | {"limit": "limit = 4"}), "final/version 2.ipynb")
        | moodle("Cleo O'Brien", 3, work(essay="I am exempt, but here it is."))
        | moodle("Eli Élise", 5, work())
    )
    said("collect", archive(tmp_path / "moodle.zip", members), SECOND)
    newer = members | moodle("Eli Élise", 5, work(**RIGHT | WRONG))
    assert ".kept/" in said("collect", archive(tmp_path / "moodle2.zip", newer), SECOND)
    said("grade", SECOND)

    # To both systems.
    canvas_csv = scores("--form", "canvas", "--title", f"{NAME}=Laws (7)", "--total")
    assert canvas_csv == {
        "Student": ["ID", "SIS User ID", "SIS Login ID", "Section", "Laws (7)", SECOND, "Total"],
        "Points Possible": ["", "", "", "", "21", "16", "100"],
        "Ada Lovelace": ["11", "S1", "ada", "", "19", "12", "82.74%"],
        "Bob Müller": ["12", "S2", "bob", "", "16", "10", "69.35%"],
        "Cleo O'Brien": ["13", "S3", "cleo", "", "13.5", "EX", "64.29%"],
        "Dan Dan": ["14", "S4", "dan", "", "", "", "0%"],
        "Eli Élise": ["15", "S5", "eli", "", "15", "9", "63.84%"],
        "Fay Fay": ["16", "S6", "fay", "", "", "", "0%"],
    }
    assert scores(SECOND, "--form", "moodle")["cleo"][-1] == "-"

    # And the pages back, called as each submission was.
    api = NbGraderAPI(config=load_config(school, school))
    for assignment, student in ((NAME, "cleo"), (NAME, "eli"), (SECOND, "bob")):
        assert api.generate_feedback(assignment, student)["success"]
    back = str(tmp_path / "back.zip")
    said("feedback", NAME, "--form", "canvas", "--output", back)
    with zipfile.ZipFile(back) as pages:
        assert sorted(pages.namelist()) == [
            f"obriencleo_LATE_13_902_{NAME}.html", f"éliseeli_LATE_15_904_{NAME}.html",
        ]  # fmt: skip
        assert (
            "1.5 taken off because it was late"
            in pages.read(f"obriencleo_LATE_13_902_{NAME}.html").decode()
        )
    said("feedback", SECOND, "--form", "moodle", "--output", back)
    with zipfile.ZipFile(back) as pages:
        assert pages.namelist() == [f"Bob Müller_2_assignsubmission_file_/{SECOND}.html"]
