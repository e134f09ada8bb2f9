"""`scalinglaws grade` on a small class: resumable, one writer, nothing lost, and what is made of the grades."""

import csv
import errno
import html
import io
import itertools
import json
import math
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
import nbgrader.api
import numpy as np
import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import Engine
from sqlalchemy.event import listen

from scalinglaws import cluster
from scalinglaws.cli import main
from scalinglaws.course.exercises import Exercise
from scalinglaws.course.grading import class_run
from scalinglaws.course.grading.item_analysis import analyse
from scalinglaws.course.grading.nbgrader_api import load_config
from scalinglaws.course.grading.results import Result, State, Test as CellTest, results
from scalinglaws.course.grading.submission_job import grade_submission

from . import classroom
from .classroom import NAME, RIGHT, TOTAL, Student, computer, feedback, gradebook, scores

ROOT = Path(__file__).parents[2]
pytestmark = classroom.isolated

ESSAY = "My answer with $x^2$ and <script>alert(1)</script><img src=x onerror=alert(1)>."
CLASS = {
    "ada": RIGHT,
    "bob": RIGHT | {"square": "def square(x):\n    return x * 2", "essay": ESSAY},
    "cleo": RIGHT | {"square": "def square(x):\n    return x * 2", "limit": "limit = 4.0"},
    "dan": {},
}


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A course with a class that has handed in, and one broken file."""
    monkeypatch.setenv("SCALINGLAWS_COURSE", str(tmp_path))
    config = (ROOT / "nbgrader_config.py").read_text("utf-8")
    (tmp_path / "nbgrader_config.py").write_text(config, encoding="utf-8")
    folder = tmp_path / "source" / NAME
    folder.mkdir(parents=True)
    made = classroom.assignment(folder, config=load_config(ROOT, tmp_path))
    for name, answers in CLASS.items():
        hand_in(tmp_path, name, Student(made, classroom.released(made)).write(**answers))
    broken = tmp_path / "submitted" / "eli" / NAME
    broken.mkdir(parents=True)
    (broken / f"{NAME}.ipynb").write_text("<html>502</html>")
    return tmp_path


def test_the_tables_of_a_new_gradebook_have_the_version_that_alembic_would_name():
    folder = Path(nbgrader.api.__file__).parent / "alembic"
    newest = ScriptDirectory(str(folder)).get_current_head()
    assert nbgrader.api.get_alembic_version() == newest


def handed_out(course: Path):
    """The assignment once more, without touching its source."""
    folder = course / "elsewhere"
    folder.mkdir(exist_ok=True)
    return classroom.assignment(folder, config=load_config(ROOT, course))


def hand_in(course: Path, name: str, student: Student) -> None:
    folder = course / "submitted" / name / NAME
    folder.mkdir(parents=True, exist_ok=True)
    nbformat.write(student.nb, folder / f"{NAME}.ipynb")


def command(course: Path, *words: str, **options) -> subprocess.Popen:
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    return subprocess.Popen(
        [sys.executable, "-m", "scalinglaws", *words], cwd=course, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": path, "SCALINGLAWS_COURSE": str(course)}, **options,
    )  # fmt: skip


def test_a_class_is_graded_once_and_again_where_something_changed(course, capsys):
    assert main(["grade", NAME]) == 1  # one file could not be graded
    said = capsys.readouterr().out
    assert "5 submissions processed" in said and "eli" in said and "an HTML page" in said
    assert "1 written answer of 1 student to be marked by a person" in said
    assert computer(course) == {"ada": TOTAL, "bob": TOTAL - 3, "cleo": TOTAL - 5, "dan": 0}
    for name in CLASS:
        graded = course / "autograded" / name / NAME / f"{NAME}.ipynb"
        assert "BEGIN HIDDEN TESTS" in graded.read_text("utf-8")

    assert main(["grade", NAME]) == 1
    assert "0 submissions processed" in capsys.readouterr().out
    made = handed_out(course)
    hand_in(course, "dan", Student(made, classroom.released(made)).write(**RIGHT))
    assert main(["grade", NAME]) == 1
    assert "1 submission processed" in capsys.readouterr().out
    assert computer(course)["dan"] == TOTAL
    assert main(["grade", NAME, "--force", "--student", "ada"]) == 0
    assert "1 submission processed" in capsys.readouterr().out

    # --- what is made of it ---
    def table(*words: str) -> list[list[str]]:
        assert main(["grades", *words]) == 0
        return list(csv.reader(io.StringIO(capsys.readouterr().out)))

    # Canvas looks for these headers in these places, and refuses the file otherwise.
    canvas = table("--form", "canvas", "--title", f"{NAME}=Tiny (42)")
    assert canvas[0] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Tiny (42)"]
    assert canvas[1] == ["Points Possible", "", "", "", "", "16"]
    assert ["ada", "", "ada", "ada", "", "12"] in canvas and len(canvas) == 7
    assert ["eli", "", "eli", "eli", "", ""] in canvas  # handed in what nobody can read
    assert table("--form", "canvas", "--percent")[2][-1] == "75%"
    # Moodle would import an empty cell as 0.
    moodle = table("--form", "moodle", "--percent")
    assert moodle[0] == ["Username", "ID number", "Email address", NAME]
    assert ["ada", "ada", "", "75"] in moodle and ["eli", "eli", "", "-"] in moodle
    assert ["bob", "9"] in table(NAME, "--columns", "Who=student_id,score")
    (eli,) = (row for row in table() if row[0] == "eli")
    assert eli[-1] == "the file is an HTML page" and eli[3] == ""
    assert main(["grades", "--columns", "nothing"]) == 2
    assert main(["grades", "--title", "other=Other"]) == 2
    assert main(["grades", "other"]) == 2
    assert main(["grades", "--output", str(course / "none" / "x.csv")]) == 2
    assert main(["grades", "--output", str(course / "x.csv")]) == 0
    assert "ada" in (course / "x.csv").read_text("utf-8")
    capsys.readouterr()

    assert main(["items", NAME, "--json"]) == 0
    items = {item["exercise"]: item for item in json.loads(capsys.readouterr().out)}
    assert items["square_test"]["right"] == 0.5 and items["mean_test"]["right"] == 1
    assert items["square_test"]["slips"][0][1] == 2
    assert items["mean_test"]["discrimination"] is None  # all have the same points
    assert main(["items", NAME]) == 0
    said = capsys.readouterr().out
    assert "50%" in said and "–" in said and "discrimination: correlation" in said

    assert main(["class"]) == 0
    page = (course / "ledger" / "class.html").read_text("utf-8")
    words = " ".join(html.unescape(re.sub("<[^>]+>", " ", page)).split())
    assert f"{NAME} 5 of 5 3 1 0 1 0 75 %" in words  # 12, 7 and 12 of 16; bob's essay waits
    assert "To be marked in formgrader (1)" in words and "an HTML page" in words
    assert "square_test" in words and "ada 75" in words and "bob 56*" in words
    assert "ada and dan 100%" in words and "<script>" not in page


def test_marks_of_a_person_stay_until_the_answer_changes(course, capsys):
    main(["grade", NAME])
    with gradebook(course) as book:
        grade = book.find_grade("essay", NAME, NAME, "bob")
        assert grade.needs_manual_grade
        waiting = words(feedback(course, "bob"))
        assert "9 of 16 points; of these, 4 wait for a person's marks." in waiting
        assert "essay – / 4 A person marks this one." in waiting
        assert "square_test 0 / 3" in waiting
        grade.manual_score, grade.needs_manual_grade, grade.extra_credit = 3, False, 0.5
        book.find_comment(
            "essay", NAME, NAME, "bob"
        ).manual_comment = "Good: $x_1$ <b onclick='x'>b</b>"
        book.db.commit()
    main(["grade", NAME, "--force"])
    assert scores(course)["bob"]["essay"] == (None, 3, False)
    page = feedback(course, "bob")
    assert "12.5 of 16 points, 0.5 of them extra." in words(page)
    assert "essay 3 / 4 + 0.5 extra comment on essay" in words(page)
    assert "<math" in page and "onclick" not in page and "Good:" in page
    assert "onerror" not in page and "<script" not in page and "HIDDEN" not in page
    made = handed_out(course)
    hand_in(
        course,
        "bob",
        Student(made, classroom.released(made)).write(**CLASS["bob"] | {"essay": "Another."}),
    )
    main(["grade", NAME])
    assert scores(course)["bob"]["essay"] == (None, 3, True)
    with gradebook(course) as book:
        assert book.find_comment("essay", NAME, NAME, "bob").comment.startswith("Good")


def words(page: str) -> str:
    """What a page says."""
    page = re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)
    text = " ".join(html.unescape(re.sub("<[^>]+>", " ", page)).split())
    return re.sub(r" ([.,;:])", r"\1", text)


def test_nbgrader_autograde_reads_what_grade_reads(course, capsys):
    """Formgrader's button, too: the same finder, reading and repair, the same engine, the same points."""
    from nbgrader.apps import NbGraderAPI

    made = handed_out(course)
    blank = Student(made, classroom.released(made))
    text = nbformat.writes(Student(made, classroom.released(made)).write(**RIGHT).nb)
    old = json.loads(text) | {"nbformat_minor": 4}
    for cell in old["cells"]:
        del cell["id"]
    strange = text.replace("# Tiny", "# Tiny caf\u00e9")
    # What lies beside the notebook is there; the source's notebook, with its solutions, is not.
    reads = "import glob\nassert not glob.glob('**/*.ipynb', recursive=True)\nlimit = float(open('limit.txt').read())"
    beside = nbformat.writes(
        Student(made, classroom.released(made)).write(**RIGHT | {"limit": reads}).nb
    )
    own = f"{NAME}.ipynb"
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("Tiny final.ipynb", b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    handed_in = {
        "latin": {own: strange.encode("latin-1")},
        "old": {own: json.dumps(old).encode()},
        "torn": {own: text[: text.index('"essay"')].encode()},
        "folder": {
            f"upload/{own}": beside.encode(),
            "upload/limit.txt": b"0.25",
            "limit.txt": b"7",
        },
        "copies": {own: nbformat.writes(blank.nb).encode(), f"{NAME}-Copy1.ipynb": text.encode()},
        "zip": {"hand in.zip": archive.getvalue()},
    }
    for name, files in handed_in.items():
        for path, data in files.items():
            target = course / "submitted" / name / NAME / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
    api = NbGraderAPI(config=load_config(course, course))
    assert api.generate_assignment(NAME)["success"]
    # A link is not followed, and nothing of it handed out; a pipe holds nobody up.
    folder = course / "submitted" / "torn" / NAME
    for stolen in ("source", "submitted/ada"):
        (folder / f"{stolen[:3]}.txt").symlink_to(course / stolen / NAME / own)
    os.mkfifo(folder / "timestamp.txt")
    logs = {name: api.autograde(NAME, name) for name in handed_in}
    assert all(result["success"] for result in logs.values()), logs
    marks = scores(course)
    assert computer(course) == dict.fromkeys(handed_in, TOTAL)
    assert [p.name for p in (course / "autograded" / "torn" / NAME).iterdir()] == [own]
    assert f"the notebook was called upload/{own}" in logs["folder"]["log"]
    assert (
        f"{NAME}-Copy1.ipynb was graded (4 answers filled in), not {own}" in logs["copies"]["log"]
    )
    assert not any("No submitted file" in result["log"] for result in logs.values())
    # Whom nothing can be graded of is named, and no zero is silent.
    result = api.autograde(NAME, "eli")
    assert (
        not result["success"]
        and "eli: tiny.ipynb was not graded: the file is an HTML page" in result["log"]
    )
    assert all(waits for _, _, waits in scores(course)["eli"].values())
    assert main(["grade", NAME]) == 1
    assert {name: scores(course)[name] for name in handed_in} == {
        name: marks[name] for name in handed_in
    }


def test_a_changed_hidden_test_counts_from_the_next_run(course, capsys):
    main(["grade", NAME])
    path = course / "source" / NAME / f"{NAME}.ipynb"
    path.write_text(path.read_text("utf-8").replace("limit == 0.25", "limit == 4.0").replace("0.25, expected", "4.0, expected").replace("limit - 0.25", "limit - 4.0"), encoding="utf-8")  # fmt: skip
    main(["grade", NAME])
    assert (
        scores(course)["cleo"]["limit_test"][0] == 2 and scores(course)["ada"]["limit_test"][0] == 0
    )


def test_a_second_copy_says_so_and_stops(course):
    from scalinglaws.course.grading.gradebook_writer import only_one

    with only_one(course):
        second = command(course, "grade", NAME)
        _, said = second.communicate(timeout=120)
    assert second.returncode == 2 and "Another process is grading the course" in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["grade", "other"], "There is no assignment 'other'"),
        (["grade", NAME, "--student", "zoe"], "There is no submission of 'zoe' for"),
        (["grade", NAME, "--cell-time", "0"], "--cell-time must be above 0"),
        (["grade", NAME, "--workers", "-1"], "--workers must be 1 or more"),
        (["items", NAME], "run `scalinglaws grade"),
        (["grades"], "Nothing is graded yet"),
        (["similar", NAME, "--from", "7"], "--from is a share"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_sentence(course, capsys, words, said):
    assert main(words) == 2
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1


def killed_at(moment: int, *words: str) -> bool:
    """Run a command in a fork of this process; kill it, as by kill -9, just before it changes the disk for the nth time.

    A change: a file or folder that is made, renamed or removed, or a commit of the gradebook. Returns whether it got so far.
    """
    child = os.fork()
    if child == 0:
        left = moment

        def change(*_: object) -> None:
            nonlocal left
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

        def watch(event: str, about: tuple) -> None:
            writes = event == "open" and about[2] & (os.O_WRONLY | os.O_RDWR)
            if writes or event in ("os.rename", "os.remove", "os.mkdir", "os.rmdir"):
                change()

        code = 99
        try:
            sys.addaudithook(watch)
            listen(Engine, "commit", change)
            code = main(list(words))
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 1  # eli's file cannot be graded
    return os.WIFSIGNALED(status)


def test_killed_at_any_moment_the_gradebook_ends_the_same(course, monkeypatch):
    """Killed at one write after the other, then left to finish: as if nothing had happened."""
    outcomes = {}

    def grade(assignment, student, files, left_out):
        if student not in outcomes:
            outcomes[student] = grade_submission(assignment, student, files, left_out)
        return outcomes[student]

    monkeypatch.setattr(class_run, "grade_submission", grade)
    main(["grade", NAME])
    wanted = scores(course)
    files = {p.relative_to(course) for p in (course / "autograded").rglob("*.ipynb")}
    for path in [
        course / "gradebook.db",
        *(course / "autograded").rglob("*.ipynb"),
        *(course / "ledger").rglob("*.json"),
    ]:
        path.unlink()
    # From here on what was run above is only recorded: that is what a kill can spoil.
    monkeypatch.setattr(class_run, "HAS_ENGINE", False)
    words = ["grade", NAME, "--workers", "1"]
    survived = next(moment for moment in itertools.count(1) if not killed_at(moment, *words))
    assert survived > 20
    assert main(["grade", NAME]) == 1
    assert scores(course) == wanted
    with gradebook(course) as book:
        assert len(book.students) == 4 and len(book.find_assignment(NAME).submissions) == 4
    again = {p.relative_to(course) for p in (course / "autograded").rglob("*.ipynb")}
    assert again == files
    assert not [p for p in (course / "autograded").rglob(".*.new")]


def test_similar_code_is_found_through_other_names():
    pytest.importorskip("copydetect")
    import tempfile

    from scalinglaws.course.grading.similar import pairs

    made = classroom.assignment(Path(tempfile.mkdtemp()))
    long = "def fit(table):\n    xs, ys = table['x'], table['y']\n    total = 0.0\n    for u, v in zip(xs, ys):\n        total += (u - xs.mean()) * (v - ys.mean())\n    slope = total / ((xs - xs.mean()) ** 2).sum()\n    return {'slope': slope, 'intercept': ys.mean() - slope * xs.mean()}"
    renamed = (
        long.replace("total", "acc")
        .replace("xs", "p")
        .replace("ys", "q")
        .replace("slope =", "s =")
        .replace("# ", "")
    )
    other = "def fit(table):\n    return dict(zip(['slope', 'intercept'], np.polyfit(*table[['x', 'y']].T.to_numpy(), deg=1)))"
    books = {
        name: Student(made, classroom.released(made)).write(slope=code).nb
        for name, code in (("a", long), ("b", renamed), ("c", other))
    }
    found = {(p.first, p.second): p.share for p in pairs(books, made.notebooks[NAME], NAME)}
    assert found[("a", "b")] > 0.6
    assert all(share < 0.4 for pair, share in found.items() if pair != ("a", "b"))


def test_one_broken_submission_does_not_stop_the_search_for_similar_code(
    course, capsys, monkeypatch
):
    """It is named, and so is what was read in place of the notebook."""
    pytest.importorskip("copydetect")
    from scalinglaws.course.grading import similar

    text = (course / "submitted" / "ada" / NAME / f"{NAME}.ipynb").read_bytes()
    for student, files in {
        "fay": {"upload/mine.ipynb": text, "big.bin": b"x"},
        "gus": {f"{NAME}.ipynb": b"\xef\xbb\xbf" + text},
        "hal": {f"{NAME}.ipynb": text},
        "ivy": {"notes.txt": b"sorry"},
    }.items():
        for name, data in files.items():
            path = course / "submitted" / student / NAME / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
    with open(course / "submitted" / "fay" / NAME / "big.bin", "wb") as file:
        file.truncate(2**40)
    own_code = similar.own_code

    def fails_for_one(notebook, given):
        if notebook.cells[-1].source == "'broken'":
            raise RecursionError("too deep")
        return own_code(notebook, given)

    monkeypatch.setattr(similar, "own_code", fails_for_one)
    broken = course / "submitted" / "hal" / NAME / f"{NAME}.ipynb"
    broken.write_text(text.decode().replace("'the end'", "'broken'"), encoding="utf-8")
    assert main(["similar", NAME, "--from", "0"]) == 0
    told = capsys.readouterr()
    assert "hal is left out: it cannot be compared (RecursionError: too deep)." in told.err
    assert "eli is left out: the file is an HTML page." in told.err
    assert "ivy is left out: there is no notebook of this assignment, only notes.txt" in told.err
    assert "fay: the notebook was called upload/mine.ipynb." in told.err
    assert "fay: not read: big.bin (1 TiB)." in told.err
    assert "gus: the file began with a byte order mark." in told.err
    assert "Traceback" not in told.err and "ada" not in told.err


def test_item_analysis_by_hand():
    known = [
        Exercise("1", "first", tests=["t1"], points=2),
        Exercise("2", "second", tests=["t2"], points=1),
        Exercise("3", "essay", tests=["e"], points=4, by_hand=True),
    ]

    def note(a, b):
        state = State.RIGHT if a == 2 else State.WRONG
        message = "" if a == 2 else f"f({a}) is {a}, expected 7."
        tests = {
            "t1": CellTest(a, 2, state, message, 1.0),
            "t2": CellTest(b, 1, State.RIGHT if b else State.WRONG, "", 0.5),
            "e": CellTest(None, 4, State.WAITS),
        }
        return results(known, tests)

    first, second = analyse([note(2, 1), note(0, 0), note(1, 0), note(2, 1)])
    assert (first.right, first.mean, first.seconds) == (0.5, 0.625, 1.0)
    assert first.discrimination == pytest.approx(0.9045, abs=1e-3) and second.right == 0.5
    assert first.slips == [("f(0) is 0, expected 7.", 2)]
    assert (first.answers, first.unjudged) == (4, 0)


def test_work_that_could_not_be_judged_says_nothing_about_an_exercise():
    def result(number, points, most, seconds=1.0):
        if points is None:
            return Result(
                number, "", State.UNJUDGED, 0.0, most, False, 60.0, ("its result did not arrive",)
            )
        state = State.RIGHT if points == most else State.WRONG
        return Result(number, "", state, points, most, False, seconds)

    def class_of(*rows):
        worth = {"1": 2.0, "2": 1.0, "3": 3.0}
        return [[result(n, p, worth[n]) for n, p in zip(worth, row, strict=True)] for row in rows]

    whole = class_of((2, 1, 3), (0, 0, 0), (1, 0, 3), (2, 1, 0))
    first, second, third = analyse([*whole, *class_of((None, 1, 3), (None, None, 0))])
    assert (first.answers, first.unjudged, second.unjudged, third.unjudged) == (4, 2, 1, 0)
    alone = analyse(whole)[0]
    assert (first.right, first.mean, first.seconds, first.slips) == (0.5, 0.625, 1.0, [])
    assert first.discrimination == pytest.approx(alone.discrimination)
    # What is left of the others counts as a share: the sixth has 0 of 0 beside exercise 3, and drops out there.
    by_hand = np.corrcoef([3, 0, 3, 0, 3], [1, 0, 1 / 3, 1, 1])[0, 1]
    assert third.discrimination == pytest.approx(by_hand) and third.answers == 6

    nobody = analyse(class_of((None, 1, 3), (None, 0, 0)))[0]
    assert (nobody.answers, nobody.unjudged) == (0, 2)
    assert all(map(math.isnan, (nobody.right, nobody.mean, nobody.discrimination, nobody.seconds)))


def busy(client) -> set[str]:
    """The names of the workers of a cluster that are at work."""
    work, workers = client.processing(), client.scheduler_info(n_workers=-1)["workers"]
    return {about["name"] for address, about in workers.items() if work.get(address)}


@pytest.mark.slow
def test_on_a_cluster_a_killed_worker_loses_nothing(course):
    distributed = pytest.importorskip("distributed")
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))

    def worker(name: str, address: str) -> subprocess.Popen:
        options = ["--nthreads", "1", "--no-nanny", "--no-dashboard", "--name", name]
        return subprocess.Popen(
            [sys.executable, "-m", "distributed.cli.dask_worker", address, *options],
            env={**os.environ, "PYTHONPATH": path},
            cwd=course.parent,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    with distributed.LocalCluster(
        n_workers=0, dashboard_address=None, host="127.0.0.1"
    ) as scheduler:
        address = scheduler.scheduler_address
        workers = [worker(name, address) for name in ("first", "second")]
        try:
            with distributed.Client(address, timeout=120) as client:
                client.wait_for_workers(2, timeout=120)

                def kill_when_busy() -> None:
                    while "first" not in busy(client):
                        time.sleep(0.05)
                    workers[0].kill()

                with ThreadPoolExecutor() as pool:
                    killed = pool.submit(kill_when_busy)
                    assert main(["grade", NAME, "--cluster", address]) == 1
                    killed.result(timeout=0)  # it was
        finally:
            for process in workers:
                process.kill()
                process.wait()
    assert computer(course) == {"ada": TOTAL, "bob": TOTAL - 3, "cleo": TOTAL - 5, "dan": 0}


def test_without_a_scheduler_it_says_so(course, capsys, monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setattr(cluster, "PATIENCE", 0.2)
    assert main(["grade", NAME, "--cluster", "tcp://127.0.0.1:9"]) == 2
    assert "No Dask scheduler answers" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("mysql+pymysql://grader@127.0.0.1/grades", "needs a driver: pip install 'pymysql'"),
        ("sqlite:////no/such/folder/gradebook.db", "unable to open database file"),
    ],
)
@pytest.mark.parametrize("words", [["grade", NAME], ["grades"]])
def test_a_gradebook_that_cannot_be_opened_says_why(course, capsys, address, said, words):
    with (course / "nbgrader_config.py").open("a") as file:
        file.write(f"\nc.CourseDirectory.db_url = {address!r}\n")
    assert main(words) == 2
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1


POSTGRES = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))


@pytest.mark.slow
@pytest.mark.skipif(not POSTGRES, reason="Debian's postgresql is not installed")
def test_the_gradebook_on_postgresql(course, capsys):
    pytest.importorskip("psycopg")
    folder, bin_ = course / "pg", POSTGRES[-1].parent
    user = {"user": "nobody"} if os.getuid() == 0 else {}
    folder.mkdir()
    temporary = Path(tempfile.gettempdir()).resolve()
    for parent in (folder, *folder.resolve().parents):
        if temporary in parent.parents:
            os.chmod(parent, 0o755)
    if user:
        import shutil

        shutil.chown(folder, "nobody")
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": "/", **user}
    subprocess.run(
        [bin_ / "initdb", "-D", folder / "data", "-U", "grader", "-A", "trust"], check=True, **quiet
    )
    server = subprocess.Popen(
        [
            bin_ / "postgres",
            "-D",
            folder / "data",
            "-p",
            str(port),
            "-k",
            str(folder),
            "-h",
            "127.0.0.1",
        ],
        **quiet,
    )
    try:
        address = f"postgresql+psycopg://grader@127.0.0.1:{port}/postgres"
        for _ in range(60):
            ready = subprocess.run(
                [bin_ / "pg_isready", "-h", "127.0.0.1", "-p", str(port)], **quiet
            )
            if ready.returncode == 0:
                break
            time.sleep(0.5)
        with (course / "nbgrader_config.py").open("a") as file:
            file.write(f"\nc.CourseDirectory.db_url = {address!r}\n")
        assert main(["grade", NAME]) == 1
        assert main(["grades", "--columns", "student_id,score"]) == 0
        assert "bob,9" in capsys.readouterr().out
        assert not (course / "gradebook.db").exists()
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(timeout=30)


def test_a_full_disk_is_said_in_one_sentence(course, capsys, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("scalinglaws.course.grading.ledger.replace_file", full)
    assert main(["grade", NAME, "--force"]) == 2
    error = capsys.readouterr().err
    assert "No space left on device" in error and "Traceback" not in error
