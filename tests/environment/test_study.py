"""The learner's copy: made whole, kept up to date, and never at the cost of the learner's work."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from scalinglaws.course import jupyterlab as lab
from scalinglaws.course.learner import workspace
from scalinglaws.course.learner.identity import default_student, valid_student
from scalinglaws.errors import CourseError

from .conftest import one_sentence, write_notebook

FIRST = "01_first/01_first.ipynb"


@pytest.fixture
def release(course):
    return course / "release"


@pytest.fixture
def own(course):
    return course / "submitted" / "ada"


def files(folder: Path) -> dict[str, bytes]:
    """All that a learner can see in a folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.relative_to(folder).as_posix().startswith(".")
    }


class TestUpdate:
    def test_first_run_copies_everything(self, release, own):
        news = workspace.update(release, own)
        assert files(own) == files(release)
        assert [line.split(":")[0] for line in news] == ["01_first", "02_second"]

    def test_second_run_has_no_news_and_touches_nothing(self, release, own):
        workspace.update(release, own)
        before = {path: path.stat().st_mtime_ns for path in own.rglob("*.*") if path.is_file()}
        assert workspace.update(release, own) == []
        after = {path: path.stat().st_mtime_ns for path in before if path.name != workspace.RECORD}
        assert after.items() <= before.items()

    def test_work_is_kept_and_not_news_while_the_course_stays(self, release, own):
        workspace.update(release, own)
        (own / FIRST).write_text("my work")
        assert workspace.update(release, own) == []
        assert (own / FIRST).read_text() == "my work"

    def test_untouched_copy_follows_the_course(self, release, own):
        workspace.update(release, own)
        write_notebook(release / FIRST, "# The first, corrected")
        (release / "01_first/new.csv").write_text("N\n")
        (news,) = workspace.update(release, own)
        assert "brought up to date" in news
        assert files(own) == files(release)

    def test_work_survives_an_update_of_the_course(self, release, own):
        workspace.update(release, own)
        (own / FIRST).write_text("my work")
        before = files(own / "01_first")
        write_notebook(release / FIRST, "# The first, corrected")
        (release / "01_first/helper.csv").write_text("N,L\n1,3\n")
        for _ in range(2):  # it is said each time, until the learner decides
            (news,) = workspace.update(release, own)
            assert "newer version" in news and "--renew 01_first" in news
        # All of it is kept: the old notebook with a new helper file would be neither version.
        assert files(own / "01_first") == before

    def test_work_on_a_side_file_counts_too(self, release, own):
        workspace.update(release, own)
        (own / "01_first/helper.csv").write_text("my numbers")
        write_notebook(release / FIRST, "# The first, corrected")
        before = files(own)
        assert "newer version" in workspace.update(release, own)[0]
        assert files(own) == before

    def test_missing_file_comes_back_and_the_rest_stays(self, release, own):
        workspace.update(release, own)
        (own / FIRST).write_text("my work")
        (own / "01_first/helper.csv").unlink()
        workspace.update(release, own)
        assert (own / "01_first/helper.csv").read_bytes() == (
            release / "01_first/helper.csv"
        ).read_bytes()
        assert (own / FIRST).read_text() == "my work"

    def test_learners_own_files_stay(self, release, own):
        workspace.update(release, own)
        (own / "01_first/notes.md").write_text("my notes")
        write_notebook(release / FIRST, "# The first, corrected")
        workspace.update(release, own)
        assert (own / "01_first/notes.md").read_text() == "my notes"
        assert (own / FIRST).read_bytes() == (release / FIRST).read_bytes()

    def test_folder_of_that_name_from_before_the_course_had_it_stays(self, release, own):
        (own / "01_first").mkdir(parents=True)
        (own / FIRST).write_text("my work")
        assert "may have a newer version" in workspace.update(release, own)[0]
        assert (own / FIRST).read_text() == "my work"

    @pytest.mark.parametrize(
        "damage", [None, "", "{", "[1]", '{"01_first": 3}', '{"01_first": {}}']
    )
    def test_lost_or_damaged_record(self, release, own, damage):
        workspace.update(release, own)
        (own / FIRST).write_text("my work")
        if damage is None:
            (own / workspace.RECORD).unlink()
        else:
            (own / workspace.RECORD).write_text(damage)
        write_notebook(release / "02_second/02_second.ipynb", "# The second, corrected")
        workspace.update(release, own)
        assert (own / FIRST).read_text() == "my work"

    def test_lost_record_heals_where_nothing_was_changed(self, release, own):
        workspace.update(release, own)
        (own / workspace.RECORD).unlink()
        assert workspace.update(release, own) == []
        write_notebook(release / FIRST, "# The first, corrected")
        assert "brought up to date" in workspace.update(release, own)[0]

    def test_update_that_broke_off_half_way_is_completed(self, release, own, monkeypatch):
        workspace.update(release, own)
        write_notebook(release / FIRST, "# The first, corrected")
        (release / "01_first/helper.csv").write_text("N,L\n1,3\n")
        write_whole = workspace.replace_file

        def full_disk(path, content):
            if path.name == "helper.csv":
                raise OSError(28, "No space left on device")
            write_whole(path, content)

        monkeypatch.setattr(workspace, "replace_file", full_disk)
        with pytest.raises(OSError):
            workspace.update(release, own)
        monkeypatch.undo()
        assert "brought up to date" in workspace.update(release, own)[0]
        assert files(own) == files(release)

    def test_read_only_course_gives_a_writable_copy(self, release, own):
        for path in [release / FIRST, release / "01_first"]:
            path.chmod(path.stat().st_mode & ~0o222)
        workspace.update(release, own)
        assert os.stat(own / FIRST).st_mode & 0o200
        assert os.stat(own / "01_first").st_mode & 0o200

    def test_hidden_files_and_caches_are_not_given_out(self, release, own):
        (release / "01_first/.ipynb_checkpoints").mkdir()
        (release / "01_first/.ipynb_checkpoints/01_first-checkpoint.ipynb").write_text("{}")
        workspace.update(release, own)
        assert not (own / "01_first/.ipynb_checkpoints").exists()

    def test_empty_release_is_one_sentence(self, tmp_path):
        with pytest.raises(CourseError, match="holds no assignment"):
            workspace.update(tmp_path / "release", tmp_path / "own")


class TestRenew:
    def test_puts_the_work_aside_and_gives_the_present_version(self, release, own):
        workspace.update(release, own)
        (own / FIRST).write_text("my work")
        (own / "01_first/notes.md").write_text("my notes")
        write_notebook(release / FIRST, "# The first, corrected")
        workspace.renew(release, own, "01_first")
        assert files(own / "01_first") == files(release / "01_first")
        (kept,) = (own / workspace.KEPT).iterdir()
        assert kept.name.startswith("01_first-20")
        assert (kept / "01_first.ipynb").read_text() == "my work"
        assert (kept / "notes.md").read_text() == "my notes"
        assert workspace.update(release, own) == []  # no news: it is the present version

    def test_unknown_assignment_names_those_there_are(self, release, own):
        workspace.update(release, own)
        with pytest.raises(CourseError, match="01_first, 02_second"):
            workspace.renew(release, own, "03_third")

    def test_nothing_to_put_aside(self, release, own):
        with pytest.raises(CourseError, match="no copy of 01_first"):
            workspace.renew(release, own, "01_first")

    def test_full_disk_leaves_the_work_in_its_place(self, release, own, monkeypatch):
        workspace.update(release, own)
        (own / FIRST).write_text("my work")

        def full_disk(path, content):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(workspace, "replace_file", full_disk)
        with pytest.raises(OSError):
            workspace.renew(release, own, "01_first")
        assert (own / FIRST).read_text() == "my work"
        assert not (own / workspace.UNFINISHED).exists()


class TestFirstPage:
    def test_new_learner_starts_at_the_beginning(self, release, own):
        workspace.update(release, own)
        assert workspace.first_page(release, own) == FIRST

    def test_then_where_the_last_work_was_done(self, release, own):
        workspace.update(release, own)
        for page, time in [(FIRST, 2000), ("02_second/02_second.ipynb", 1000)]:
            (own / page).write_text("my work")
            os.utime(own / page, (time, time))
        assert workspace.first_page(release, own) == FIRST
        os.utime(own / "02_second/02_second.ipynb", (3000, 3000))
        assert workspace.first_page(release, own) == "02_second/02_second.ipynb"


class TestStudent:
    @pytest.mark.parametrize(
        ("login", "student"),
        [
            ("ada", "ada"),
            ("José", "Jose"),
            ("CAMPUS\\ada l", "CAMPUS-ada-l"),
            ("../ada", "ada"),
            ("ада", "learner"),
            ("", "learner"),
        ],
    )
    def test_login_name_becomes_an_nbgrader_id(self, monkeypatch, login, student):
        monkeypatch.delenv("SCALINGLAWS_STUDENT", raising=False)
        monkeypatch.setattr("getpass.getuser", lambda: login)
        assert default_student() == student
        assert valid_student(student) == student

    def test_nobody_in_particular(self, monkeypatch):
        def no_such_user():
            raise OSError("no such user")

        monkeypatch.delenv("SCALINGLAWS_STUDENT", raising=False)
        monkeypatch.setattr("getpass.getuser", no_such_user)
        assert default_student() == "learner"

    @pytest.mark.parametrize("name", ["", "../bob", "a b", ".hidden", "a/b", "-x", "ада", "x" * 65])
    def test_given_name_is_not_bent(self, name):
        with pytest.raises(CourseError, match="cannot be a student's name"):
            valid_student(name)


def scalinglaws(course: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess:
    """Run the console command on a course."""
    return subprocess.run(
        [sys.executable, "-m", "scalinglaws", *arguments],
        env={**os.environ, "SCALINGLAWS_COURSE": str(course), **more},
        capture_output=True,
        text=True,
        timeout=180,
    )


class TestCommand:
    def test_port_in_use_names_another_one(self, course):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            result = scalinglaws(course, "study", "--student", "ada", "--port", str(port))
        said = one_sentence(result)
        assert f"Port {port} cannot be used" in said
        assert "try port 8" in said

    def test_impossible_port(self, course):
        assert "Port 70000 cannot be used" in one_sentence(
            scalinglaws(course, "study", "--student", "ada", "--port", "70000")
        )

    def test_folder_that_cannot_be_written(self, course):
        (course / "submitted").write_text("a file in the way")
        said = one_sentence(scalinglaws(course, "study", "--student", "ada"))
        assert "is not complete" in said and "run this again" in said

    def test_home_that_cannot_be_written(self, course):
        no_folder = str(course / "nbgrader_config.py/runtime")
        said = one_sentence(
            scalinglaws(course, "study", "--student", "ada", JUPYTER_RUNTIME_DIR=no_folder)
        )
        assert "JupyterLab cannot start" in said and "run this again" in said

    def test_bad_name(self, course):
        assert "cannot be a student's name" in one_sentence(
            scalinglaws(course, "study", "--student", "../bob")
        )

    @pytest.mark.skipif(sys.platform != "linux", reason="mounts a small disk")
    def test_full_disk(self, course):
        """On a real full disk: one sentence, nothing half copied, and all is well once there is room."""
        submitted = course / "submitted"
        submitted.mkdir()
        (course / "release/01_first/helper.csv").write_bytes(b"x" * 300_000)
        script = (
            f"mount -t tmpfs -o size=128k none '{submitted}' || exit 77; "
            f"'{sys.executable}' -m scalinglaws study --student ada --no-browser; code=$?; "
            f"find '{submitted}' -type f; exit $code"
        )
        result = subprocess.run(
            ["unshare", "--mount", "--map-root-user", "sh", "-c", script],
            env={**os.environ, "SCALINGLAWS_COURSE": str(course)},
            capture_output=True,
            text=True,
            timeout=180,
        )
        if result.returncode in (1, 77):
            pytest.skip("this system does not let a test mount a disk")
        assert "No space left on device" in one_sentence(result)
        assert result.stdout == ""


def test_free_port_is_free():
    with socket.create_server((lab.HOST, lab.free_port())):
        pass


def test_note_of_a_server_that_crashed_is_not_taken_for_a_server(tmp_path, monkeypatch):
    """Jupyter's note outlives a crash, and its process number may by then be another's (here: ours)."""
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path))
    note = {"pid": os.getpid(), "root_dir": str(tmp_path), "port": lab.free_port()}
    note |= {"token": "t", "base_url": "/", "url": "http://127.0.0.1/"}
    (tmp_path / "jpserver-1.json").write_text(json.dumps(note))
    assert lab.running_lab(tmp_path) is None


class TestPages:
    """What lies beside the assignments: where to start, the glossary."""

    @pytest.fixture
    def own(self, course, tmp_path):
        write_notebook(course / "release/start.ipynb", "# Start")
        (course / "release/glossary.md").write_text("loss: nats")
        return tmp_path / "own"

    def test_they_are_given_and_the_start_is_opened_first(self, course, own):
        workspace.update(course / "release", own)
        assert (own / "glossary.md").read_text() == "loss: nats"
        assert workspace.first_page(course / "release", own) == "start.ipynb"

    def test_what_was_worked_on_is_opened_before_the_start(self, course, own):
        workspace.update(course / "release", own)
        write_notebook(own / "02_second/02_second.ipynb", "mine")
        assert workspace.first_page(course / "release", own) == "02_second/02_second.ipynb"

    def test_a_new_version_comes_unless_the_learner_wrote_in_it(self, course, own):
        workspace.update(course / "release", own)
        (own / "start.ipynb").write_text("mine")
        (course / "release/glossary.md").write_text("loss: bits")
        write_notebook(course / "release/start.ipynb", "# Start anew")
        workspace.update(course / "release", own)
        assert (own / "glossary.md").read_text() == "loss: bits"
        assert (own / "start.ipynb").read_text() == "mine"
        (course / "release/glossary.md").write_text("loss: nats again")
        workspace.update(course / "release", own)
        assert (own / "glossary.md").read_text() == "loss: nats again"
