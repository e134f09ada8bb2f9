"""The machine around the course: other people's settings, odd paths, odd terminals."""

import argparse
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from nbgrader.coursedir import CourseDirectory
from sqlalchemy.engine import make_url

from scalinglaws import environment, terminal
from scalinglaws.course import teach
from scalinglaws.course.grading import execute
from scalinglaws.course.grading.engine import sandbox
from scalinglaws.course.grading.nbgrader_api import load_config, open_gradebook
from scalinglaws.course.jupyterlab.stand_alone import stand_alone
from scalinglaws.errors import CourseError

ROOT = Path(__file__).resolve().parents[2]

ODD_NAMES = ["why?", "50%", "a#b", "100%41", "a b", "Übung", "日本", "it's", 'a"b', "a[b]", "$5", "~x", "a&b=c?d"]  # fmt: skip


def tiny_course(folder: Path) -> Path:
    """A course with nothing but its settings."""
    folder.mkdir()
    (folder / "nbgrader_config.py").write_text("c = get_config()\n")
    return folder


@pytest.mark.parametrize("name", ODD_NAMES)
def test_the_gradebooks_url_means_the_courses_folder(tmp_path, name):
    course = tiny_course(tmp_path / name)
    directory = CourseDirectory(config=load_config(course, course))
    assert make_url(directory.db_url).database == str(course / "gradebook.db")


def test_the_gradebook_lies_in_the_course_whatever_its_name(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)  # alembic
    course = tiny_course(tmp_path / "why? #1 50%41")
    open_gradebook(CourseDirectory(config=load_config(course, course))).close()
    assert [path.name for path in course.glob("*.db")] == ["gradebook.db"]
    assert [path.name for path in tmp_path.iterdir()] == [course.name]


def test_a_gradebook_elsewhere_stays_there(tmp_path):
    (tmp_path / "nbgrader_config.py").write_text(
        "c = get_config()\nc.CourseDirectory.db_url = 'postgresql://db/class'\n"
    )
    assert load_config(tmp_path, tmp_path).CourseDirectory.db_url == "postgresql://db/class"


def test_the_courses_own_gradebook_follows_a_scratch_course(tmp_path):
    url = load_config(ROOT, tmp_path).CourseDirectory.db_url
    assert url.endswith(f"{tmp_path.as_posix()}/gradebook.db")


def test_formgrader_says_where_it_cannot_work(tmp_path, monkeypatch):
    course = tiny_course(tmp_path / "course [2026]")
    (course / "source").mkdir()
    monkeypatch.setenv("SCALINGLAWS_COURSE", str(course))
    with pytest.raises(CourseError, match=r"with \[ in its name .*rename the folder"):
        teach.run(argparse.Namespace(port=None, no_browser=True))


class TestImpossibleFolder:
    @pytest.mark.parametrize("character", ["\n", "\r", os.pathsep])
    def test_is_one_sentence(self, tmp_path, monkeypatch, character):
        monkeypatch.setattr(environment, "COURSE", tmp_path / f"a{character}b")
        with pytest.raises(CourseError, match="rename the folder"):
            environment.refuse_impossible_folder()

    @pytest.mark.parametrize("name", ODD_NAMES)
    def test_is_no_folder_with_odd_letters(self, tmp_path, monkeypatch, name):
        monkeypatch.setattr(environment, "COURSE", tmp_path / name)
        environment.refuse_impossible_folder()


PERSONAL = {
    "empty": "c = get_config()\n",
    "another course": (
        'c = get_config()\nc.CourseDirectory.root = "/srv/other"\nc.CourseDirectory.course_id = "stat101"\n'
        'c.CourseDirectory.db_url = "sqlite:////srv/other/gradebook.db"\n'
        'c.CourseDirectory.submitted_directory = "abgabe"\n'
    ),
    "another layout": (
        "c = get_config()\n"
        'c.CourseDirectory.directory_structure = "{assignment_id}/{nbgrader_step}/{student_id}"\n'
        'c.CourseDirectory.source_directory = "src"\nc.CourseDirectory.autograded_directory = "x"\n'
    ),
}


@pytest.mark.parametrize("text", PERSONAL.values(), ids=list(PERSONAL))
def test_nbgraders_own_commands_stay_in_the_course(tmp_path, monkeypatch, text):
    from nbgrader.apps import NbGraderApp

    (tmp_path / "nbgrader_config.py").write_text(text)
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path))
    monkeypatch.chdir(ROOT)
    app = NbGraderApp()
    app.load_config_file()
    directory = CourseDirectory(config=app.config)
    default = CourseDirectory()
    assert directory.root == str(ROOT)
    assert directory.db_url == load_config(ROOT, ROOT).CourseDirectory.db_url
    assert directory.course_id == "scaling_laws"
    for name in ("source", "release", "submitted", "autograded", "feedback"):
        assert getattr(directory, f"{name}_directory") == name
    assert directory.directory_structure == default.directory_structure


class TestJupyter:
    @pytest.fixture(autouse=True)
    def kept(self, monkeypatch, tmp_path):
        """What `stand_alone` changes comes back after the test."""
        from jupyter_core import paths

        for name in ("SYSTEM_CONFIG_PATH", "SYSTEM_JUPYTER_PATH"):
            monkeypatch.setattr(paths, name, [str(tmp_path / "system")])
        before = dict(os.environ)
        yield
        os.environ.clear()
        os.environ.update(before)

    @pytest.mark.parametrize(
        "variables",
        [
            {},
            {"JUPYTER_CONFIG_DIR": "personal", "JUPYTER_CONFIG_PATH": "personal"},
            {"JUPYTER_PATH": "personal", "JUPYTER_PREFER_ENV_PATH": "0"},
            {"JUPYTER_DATA_DIR": "personal", "IPYTHONDIR": "personal"},
            {"JUPYTER_NO_CONFIG": "1", "JUPYTER_GATEWAY_URL": "http://personal"},
            {"MATPLOTLIBRC": "personal", "MPLBACKEND": "personal"},
            {"PYTHONSTARTUP": "personal", "PYTHONPATH": "personal", "PYTHONOPTIMIZE": "2"},
        ],
        ids=lambda variables: " ".join(variables) or "nothing",
    )
    def test_settings_for_other_work_do_not_count(self, tmp_path, monkeypatch, variables):
        from jupyter_core import paths

        monkeypatch.setenv("HOME", str(tmp_path / "personal"))
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        stand_alone(tmp_path / "settings", tmp_path / "cache")
        found = [*paths.jupyter_config_path(), *paths.jupyter_path(), os.environ["IPYTHONDIR"]]
        assert found[0] == str(tmp_path / "settings")
        assert not [f for f in found if "personal" in f or f.startswith(str(tmp_path / "system"))]
        # The learner's theme and the notes of running servers are theirs.
        kept = ("HOME", "JUPYTERLAB_SETTINGS_DIR", "JUPYTER_RUNTIME_DIR", "PYTEST_CURRENT_TEST")
        assert not [k for k, v in os.environ.items() if "personal" in v and k not in kept]

    def test_environments_own_settings_count(self, tmp_path):
        from jupyter_core import paths

        stand_alone(tmp_path / "settings", tmp_path / "cache")
        assert str(Path(sys.prefix, "etc", "jupyter")) in paths.jupyter_config_path()

    def test_settings_that_reach_no_personal_file_are_kept(self, tmp_path, monkeypatch):
        monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "run"))
        monkeypatch.setenv("JUPYTERLAB_SETTINGS_DIR", str(tmp_path / "theme"))
        stand_alone(tmp_path / "settings", tmp_path / "cache")
        assert os.environ["JUPYTER_RUNTIME_DIR"] == str(tmp_path / "run")
        assert os.environ["JUPYTERLAB_SETTINGS_DIR"] == str(tmp_path / "theme")


class TestPython:
    def test_variables_for_other_work_are_dropped_and_encodings_kept(self):
        given = {"PATH": "p", "PYTHONPATH": "x", "PYTHONHOME": "x", "PYTHONNEWVARIABLE": "x"}
        given |= {"JUPYTER_TOKEN": "x", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "1"}
        kept = environment.own_environment(given)
        assert kept == {"PATH": "p", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "1"}

    @pytest.mark.parametrize("module", ["random", "argparse", "numpy", "secrets"])
    def test_working_folder_does_not_replace_modules(self, tmp_path, module):
        (tmp_path / f"{module}.py").write_text("raise SystemExit('the wrong module')")
        result = subprocess.run(
            [sys.executable, "-m", "scalinglaws", "--help"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert result.returncode == 0, result.stderr
        assert "practice" in result.stdout

    @pytest.mark.slow
    def test_shell_of_other_work(self, tmp_path):
        """Asserts, docstrings and imports are the course's, although Python has read its variables."""
        for module in ("json", "numpy"):
            (tmp_path / f"{module}.py").write_text("raise ImportError('the wrong module')")
        result = subprocess.run(
            [sys.executable, "-P", "-m", "scalinglaws", "sweep", "grid", "--plan"],
            env={**os.environ, "PYTHONPATH": str(tmp_path), "PYTHONOPTIMIZE": "2"},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=120,
        )
        if Path(sys.prefix).resolve() != environment.VENV:
            pytest.skip("not in the course's own environment")
        assert result.returncode == 0, result.stderr

    @pytest.mark.slow
    def test_bootstrap_with_safe_path(self):
        result = subprocess.run(
            [sys.executable, "-P", str(ROOT / "bootstrap.py"), "--help"],
            env={**os.environ, "PYTHONSAFEPATH": "1"},
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert result.returncode == 0, result.stderr


class TestTerminal:
    @pytest.mark.parametrize(
        "encoding", ["ascii", "cp1252", "latin-1", "cp437", "shift_jis", "utf-8"]
    )
    @pytest.mark.parametrize(
        "text", ["… – · “ ” → ≤ × α", "█████░░░░░ 50 %", "Größe é ñ", "日本 🎉", "\ud800 torn"]
    )
    def test_every_text_can_be_printed(self, monkeypatch, encoding, text):
        raw = io.BytesIO()
        monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding=encoding))
        terminal.prepare()
        print(text)
        sys.stdout.flush()
        raw.getvalue().decode(encoding)

    def test_what_is_lost_can_still_be_read(self, monkeypatch):
        raw = io.BytesIO()
        monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii", newline="\n"))
        terminal.prepare()
        print("α – “déjà” … L ≤ 2 → █░ 日")
        sys.stdout.flush()
        assert raw.getvalue() == b'alpha - "deja" ... L <= 2 -> #. ?\n'

    def test_what_cannot_be_decoded_is_typed_all_the_same(self, monkeypatch):
        monkeypatch.setattr(
            sys, "stdin", io.TextIOWrapper(io.BytesIO(b"a\xff\n"), encoding="ascii")
        )
        terminal.prepare()
        assert input() == "a\ufffd"

    def test_streams_that_are_none(self, monkeypatch):
        for name in ("stdin", "stdout", "stderr"):
            monkeypatch.setattr(sys, name, None)
        terminal.prepare()

    @pytest.mark.parametrize("columns", ["46", "60", "200", "5", "0", "wide"])
    def test_text_is_wrapped_at_words(self, monkeypatch, columns):
        monkeypatch.setenv("COLUMNS", columns)
        text = "The irreducible loss, at 1.69 nats per token, is what no budget can buy."
        lines = terminal.wrap(text, "  ").splitlines()
        assert " ".join(" ".join(lines).split()) == text
        assert all(len(line) <= max(20, terminal.width()) for line in lines)


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root's sandbox is another user"
)
class TestPrivatePermissions:
    @pytest.fixture
    def needed(self, tmp_path, monkeypatch) -> Path:
        """A folder that the sandbox must read, in place of all that it reads."""
        folder = tmp_path / "needed"
        (folder / "numpy").mkdir(parents=True)
        (folder / "module.py").touch()
        for path in (folder, *folder.iterdir()):
            path.chmod(0o755 if path.is_dir() else 0o644)
        monkeypatch.setattr(sandbox, "readable", lambda: [str(folder)])
        monkeypatch.setattr(sandbox, "_OURS", (str(folder),))
        monkeypatch.setattr(sys, "path", [])
        return folder

    def test_what_all_may_read_is_no_problem(self, needed):
        assert sandbox.private_path() == ""

    @pytest.mark.parametrize(
        ("name", "mode"), [(".", 0o700), ("numpy", 0o700), ("numpy", 0o744), ("module.py", 0o600)]
    )
    def test_the_true_cause_is_named(self, needed, name, mode):
        (needed / name).chmod(mode)
        with pytest.raises(CourseError) as raised:
            execute.require_isolation(True)
        said = str(raised.value)
        assert str(needed / name) in said and "chmod -R go+rX" in said
        assert "no-sandbox" not in said
        assert execute.require_isolation(False) is False

    def test_a_link_to_nothing_is_no_problem(self, needed):
        (needed / "gone").symlink_to(needed / "nothing")
        assert sandbox.private_path() == ""

    @pytest.mark.skipif(bool(sandbox.missing()), reason="this system isolates nothing")
    def test_a_strict_umask_of_the_grader_does_not_matter(self):
        code = (
            "import os; os.umask(0o077); "
            "from scalinglaws.course.grading.engine import sandbox; print(repr(sandbox.missing()))"
        )
        result = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, timeout=120
        )
        assert result.stdout.strip() == "''", result.stderr
