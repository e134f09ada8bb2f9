"""Set-up from nothing: what it makes, what it repairs, and the one sentence for each thing that can go wrong.

The real files are copied beside a lock of one tiny package and a build backend of a few lines, so that a set-up
takes seconds and no network. That the real lock installs is shown by `make test` itself.
"""

import copy
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from scalinglaws import environment

from .conftest import one_sentence

ROOT = Path(__file__).resolve().parents[2]

BACKEND = '''
"""The least that `pip install --editable` asks of a build backend."""
import pathlib, sys, zipfile
sys.path.insert(0, str(pathlib.Path(__file__).parent))
from wheels import make_wheel

def build_editable(folder, config_settings=None, metadata_directory=None):
    here = str(pathlib.Path(__file__).resolve().parent)
    return make_wheel(pathlib.Path(folder), "scalinglaws", "0", {"course.pth": here}).name
'''

WHEELS = """
import zipfile

def make_wheel(folder, name, version, files):
    info = f"{name}-{version}.dist-info"
    files = {
        **files,
        f"{info}/METADATA": f"Metadata-Version: 2.1\\nName: {name}\\nVersion: {version}\\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
    }
    record = "".join(f"{path},,\\n" for path in [*files, f"{info}/RECORD"])
    wheel = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, text in {**files, f"{info}/RECORD": record}.items():
            archive.writestr(path, text)
    return wheel
"""

# Stands in for the console command: says where it runs, with what, and which package it found.
COMMAND = """
import json, sys, tiny
print(json.dumps({"arguments": sys.argv[1:], "prefix": sys.prefix, "tiny": tiny.VERSION}))
"""

STRANGE = "a course? with #, 50%41, [x] and é"  # a folder's name


class Course:
    """A folder with the real bootstrap and a tiny lock."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.first: dict = {}  # what its first command answered
        self.packages = folder.parent / "packages"  # pip's list of folders is split at spaces
        self.packages.mkdir()
        (folder / "scalinglaws").mkdir(parents=True)
        (folder / "requirements").mkdir()
        for name in [
            "bootstrap.py",
            "Makefile",
            "scalinglaws/environment.py",
            "scalinglaws/errors.py",
            "scalinglaws/files.py",
        ]:
            shutil.copyfile(ROOT / name, folder / name)
        (folder / "scalinglaws/__init__.py").touch()
        (folder / "scalinglaws/__main__.py").write_text(COMMAND)
        (folder / "wheels.py").write_text(WHEELS)
        (folder / "backend.py").write_text(BACKEND)
        (folder / "pyproject.toml").write_text(
            '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
        )
        self.lock("1.0", "course")
        self.lock("1.0", "dev")

    def lock(self, version: str, lock: str = "course", digest: str | None = None) -> None:
        """Pin the tiny package."""
        namespace: dict = {}
        exec(WHEELS, namespace)
        text = f"VERSION = {version!r}\n"
        wheel = namespace["make_wheel"](self.packages, "tiny", version, {"tiny.py": text})
        digest = digest or hashlib.sha256(wheel.read_bytes()).hexdigest()
        (self.folder / "requirements" / f"{lock}.txt").write_text(
            f"tiny=={version} \\\n    --hash=sha256:{digest}\n"
        )

    def environment(self, **more: str) -> dict[str, str]:
        """Variables that send pip to the tiny package, and nowhere else."""
        offline = {
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(self.packages),
            "PIP_CONFIG_FILE": os.devnull,
        }
        # `make test` tells a make that it calls of itself: then that one would print where it is.
        # And `make test ARGS=...` hands its ARGS down.
        own = {k: v for k, v in os.environ.items() if not k.startswith("MAKE") and k != "ARGS"}
        return {**own, **offline, **more}

    def run(self, *arguments: str, python: str = sys.executable, **more: str):
        """Run bootstrap.py."""
        return subprocess.run(
            [python, "bootstrap.py", *(arguments or ["study"])],
            cwd=self.folder,
            env=self.environment(**more),
            capture_output=True,
            text=True,
            timeout=300,
        )

    def answer(self, *arguments: str, **more: str) -> dict:
        """What the command found when it ran in the environment."""
        result = self.run(*arguments, **more)
        assert result.returncode == 0, result.stdout + result.stderr
        return json.loads(result.stdout.splitlines()[-1])


@pytest.fixture
def course(tmp_path):
    return Course(tmp_path / STRANGE)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A course that is set up, from nothing and in a shell of other work; for tests that leave it whole."""
    course = Course(tmp_path_factory.mktemp("made") / STRANGE)
    shell = tmp_path_factory.mktemp("shell")
    (shell / "pip").mkdir()
    (shell / "pip/__init__.py").write_text("raise SystemExit('the wrong pip')")
    variables = {"PYTHONPATH": str(shell), "PIP_USER": "1"}
    course.first = course.answer("check", "01_power_laws", "--json", **variables)
    shutil.copytree(course.folder, course.folder.with_name("as made"), symlinks=True)
    return course


@pytest.fixture
def present(made):
    """The course that is set up, for a test that changes it: afterwards it is put back."""
    packages = set(made.packages.iterdir())
    yield copy.copy(made)
    for wheel in set(made.packages.iterdir()) - packages:
        wheel.unlink()
    for folder in (made.folder, made.folder.with_name("moved")):
        shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(made.folder.with_name("as made"), made.folder, symlinks=True)


@pytest.mark.slow
class TestSetUp:
    def test_from_nothing_in_a_shell_of_other_work(self, made):
        """Neither the shell's packages get in, nor what it tells pip."""
        assert made.first == {
            "arguments": ["check", "01_power_laws", "--json"],
            "prefix": str(made.folder / ".venv"),
            "tiny": "1.0",
        }

    def test_second_run_does_not_ask_pip(self, made):
        result = made.run("study", PIP_FIND_LINKS="nowhere")
        assert result.returncode == 0
        assert "Setting up" not in result.stdout

    def test_update_of_the_course_installs_what_is_new(self, present):
        present.lock("1.1")
        result = present.run()
        assert json.loads(result.stdout.splitlines()[-1])["tiny"] == "1.1"
        assert "Setting up" not in result.stdout  # into the environment that there is

    def test_exit_code_is_the_commands(self, made):
        (made.folder / "scalinglaws/__main__.py").write_text("raise SystemExit(5)")
        try:
            assert made.run().returncode == 5
        finally:
            (made.folder / "scalinglaws/__main__.py").write_text(COMMAND)

    @pytest.mark.skipif(not shutil.which("make"), reason="needs make")
    def test_variables_of_make_become_options(self, made):
        values = {"NO_BROWSER": "1", "PORT": "8890", "STUDENT": "ada", "RENEW": "01_power_laws"}
        result = subprocess.run(
            ["make", "study", f"PYTHON={sys.executable}", *(f"{k}={v}" for k, v in values.items())],
            cwd=made.folder,
            env=made.environment(),
            capture_output=True,
            text=True,
        )
        assert json.loads(result.stdout)["arguments"] == [
            *["study", "--no-browser", "--port", "8890"],
            *["--student", "ada", "--renew", "01_power_laws"],
        ]

    def test_works_from_within_the_environment(self, present):
        """As for one who has activated .venv; and it can replace the very environment that it runs in."""
        (present.folder / ".venv/scalinglaws.json").unlink()
        python = next(present.folder.glob(".venv/[bS]*/python*"))
        result = present.run(python=str(python))
        assert result.returncode == 0, result.stderr
        assert present.answer()["tiny"] == "1.0"

    def test_killed_set_up_is_made_anew(self, course):
        """Killed at several moments; then a run repairs it, and does not trust what was left."""
        for moment in [".venv/pyvenv.cfg", ".venv/scalinglaws.json"]:
            process = subprocess.Popen(
                [sys.executable, "bootstrap.py", "study"],
                cwd=course.folder,
                env=course.environment(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
            while not (course.folder / moment).exists() and process.poll() is None:
                time.sleep(0.01)
            if hasattr(os, "killpg"):
                os.killpg(process.pid, signal.SIGKILL)
            else:
                process.kill()
            process.wait()
        assert course.answer()["tiny"] == "1.0"

    def test_half_installed_package_is_made_whole(self, present):
        """The trap: pip takes a package for installed whose files are missing."""
        next(present.folder.glob(".venv/lib*/**/tiny.py")).unlink()
        (present.folder / ".venv/scalinglaws.json").write_text("{}")  # as while a set-up is at work
        assert present.answer()["tiny"] == "1.0"

    def test_moved_course_is_set_up_again(self, present):
        present.folder = present.folder.rename(present.folder.with_name("moved"))
        assert present.answer()["prefix"] == str(present.folder / ".venv")

    def test_learner_keeps_the_developers_packages(self, present):
        present.lock("1.1", "dev")
        present.run("hooks")  # its own command fails here, for want of pre-commit
        assert present.answer()["tiny"] == "1.1"


@pytest.mark.slow
class TestOneSentence:
    def test_other_hash(self, present):
        present.lock("1.1", digest="0" * 64)
        assert "its hash differs" in one_sentence(present.run())
        present.lock("1.1")
        assert present.answer()["tiny"] == "1.1"

    def test_index_unreachable(self, present):
        present.lock("1.1")
        said = one_sentence(
            present.run(
                PIP_NO_INDEX="0", PIP_FIND_LINKS="", PIP_INDEX_URL="http://127.0.0.1:9/simple"
            )
        )
        assert "cannot be reached" in said

    def test_package_not_made_for_this_system(self, present):
        present.lock("1.1")
        next(present.packages.glob("*-1.1-*")).unlink()
        assert "lacks a package for this Python" in one_sentence(present.run())

    def test_file_in_the_way(self, course):
        (course.folder / ".venv").write_text("")
        assert "cannot be written" in one_sentence(course.run())

    def test_another_window_is_at_it(self, present):
        fcntl = pytest.importorskip("fcntl")
        present.lock("1.1")
        with open(present.folder / ".venv.lock", "w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            assert "another window" in one_sentence(present.run())
        assert present.answer()["tiny"] == "1.1"

    def test_no_venv_module(self, course, tmp_path):
        """As on Debian without the package python3-venv."""
        (tmp_path / "sitecustomize.py").write_text("import sys; sys.modules['ensurepip'] = None")
        said = one_sentence(course.run(PYTHONPATH=str(tmp_path)))
        assert "sudo apt install python3." in said

    def in_mount(self, course, mount: str) -> subprocess.CompletedProcess:
        """Run with a mount that only the run sees."""
        if sys.platform != "linux":
            pytest.skip("mounts are Linux's")
        script = f"{mount} || exit 77; cd mounted && exec '{sys.executable}' bootstrap.py study"
        (course.folder.parent / "mounted").mkdir()
        result = subprocess.run(
            ["unshare", "--mount", "--map-root-user", "sh", "-c", script],
            cwd=course.folder.parent,
            env=course.environment(),
            capture_output=True,
            text=True,
            timeout=300,
        )
        if result.returncode in (1, 77):
            pytest.skip("this system does not let a test mount a disk")
        return result

    def test_read_only_folder(self, course):
        mount = f"mount --bind '{course.folder}' mounted && mount -o remount,ro,bind mounted"
        assert "cannot be written" in one_sentence(self.in_mount(course, mount))

    def test_disk_too_small(self, course):
        mount = f"mount -t tmpfs -o size=30m none mounted && cp -r '{course.folder}'/. mounted"
        said = one_sentence(self.in_mount(course, mount))
        assert re.search(r"needs 1200 MB and [23]\d MB are free", said)

    def test_disk_full_on_the_way(self, course):
        module = course.folder / "scalinglaws/environment.py"
        text, count = re.subn(r"BYTES_NEEDED = .*", "BYTES_NEEDED = 0", module.read_text())
        assert count == 1
        module.write_text(text)
        mount = f"mount -t tmpfs -o size=6m none mounted && cp -r '{course.folder}'/. mounted"
        assert "the disk is full" in one_sentence(self.in_mount(course, mount))


class TestPython:
    def pretend(self, course, version: str, path: Path) -> subprocess.CompletedProcess:
        """Run bootstrap.py in a Python that takes itself for another version."""
        script = (
            f"import sys, runpy; sys.version_info = {version}; sys.argv[0] = 'bootstrap.py'; "
            "runpy.run_path('bootstrap.py', run_name='__main__')"
        )
        return subprocess.run(
            [sys.executable, "-c", script, "study"],
            cwd=course.folder,
            env={**course.environment(), "PATH": str(path)},
            capture_output=True,
            text=True,
            timeout=60,
        )

    @pytest.mark.parametrize("version", ["(2, 7, 18)", "(3, 10, 9)", "(3, 15, 0)"])
    def test_too_old_or_too_new(self, course, tmp_path, version):
        said = one_sentence(self.pretend(course, version, tmp_path))
        assert "needs Python 3.11 to 3.14" in said and "install Python 3.13" in said

    @pytest.mark.skipif(os.name == "nt", reason="a stand-in is a shell script")
    def test_another_python_is_found(self, course, tmp_path):
        def stand_in(name: str, text: str) -> None:
            (tmp_path / name).write_text(f"#!/bin/sh\n{text}\n")
            (tmp_path / name).chmod(0o755)

        stand_in("python3.13", "echo 'command not found: install it'; exit 127")
        stand_in("python3.12", 'case "$1" in -c) echo 3.12;; *) echo "3.12 runs $2";; esac')
        result = self.pretend(course, "(3, 8, 0)", tmp_path)
        assert result.stdout.strip() == "3.12 runs study", result.stderr

    def test_real_old_pythons(self, course):
        """The file itself can be read by any Python that is still around."""
        versions = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
        found = [shutil.which("python2"), *map(str, versions.glob("*/bin/python"))]
        ran = 0
        for python in filter(None, found):
            script = "import sys; sys.exit(5 if sys.version_info < (3, 11) else 0)"
            if subprocess.run([python, "-c", script], capture_output=True).returncode != 5:
                continue  # new enough, or only a stand-in for what is not installed
            ran += 1
            result = subprocess.run(
                [python, "bootstrap.py", "study"],
                cwd=course.folder,
                env={"PATH": ""},
                capture_output=True,
                text=True,
                timeout=60,
            )
            assert "needs Python 3.11" in one_sentence(result), python
        if not ran:
            pytest.skip("no Python older than 3.11 is installed")

    @pytest.mark.skipif(not shutil.which("make"), reason="needs make")
    def test_no_python_at_all(self, course, tmp_path):
        result = subprocess.run(
            [shutil.which("make"), "study"],
            cwd=course.folder,
            env={"PATH": str(tmp_path)},
            capture_output=True,
            text=True,
        )
        assert result.returncode != 0
        assert "no Python was found: install Python 3.13" in result.stderr

    def test_standard_library_only(self):
        """-I -S: a Python that sees no installed package."""
        script = f"import sys; sys.path.insert(0, {str(ROOT)!r}); import scalinglaws.environment"
        subprocess.run([sys.executable, "-I", "-S", "-c", script], check=True)


class TestOrder:
    """`make test`: what runs beside the tests, and what its end is."""

    def lines(self, *codes: str) -> list[list[str]]:
        return [["-c", code.removesuffix("&"), *["&"] * code.endswith("&")] for code in codes]

    def run(self, monkeypatch, *codes: str) -> int:
        monkeypatch.setattr(environment, "PYTHON", sys.executable)
        return environment.run_in_order(self.lines(*codes), os.environ)

    def test_the_first_that_fails_ends_it(self, monkeypatch, tmp_path):
        met = tmp_path / "met"
        code = self.run(monkeypatch, "pass", "exit(3)", f"open({str(met)!r}, 'w')")
        assert code == 3 and not met.exists()

    def test_what_runs_beside_speaks_at_the_end_and_only_if_it_fails(self, monkeypatch, capfd):
        beside = ["print('fine')&", "print('x is not an int'); exit(4)&"]
        assert self.run(monkeypatch, *beside, "print('all passed')") == 4
        said = capfd.readouterr().out
        assert "fine" not in said and said.index("all passed") < said.index("x is not an int")
        assert self.run(monkeypatch, *beside, "exit(5)") == 5  # both are told
        assert "x is not an int" in capfd.readouterr().out
        assert self.run(monkeypatch, beside[0], "pass") == 0
