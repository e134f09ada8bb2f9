"""The doctor tells what is broken from what only needs a look, and one look's failure stops no other."""

import json
import os
import subprocess
import sys
from importlib import metadata

import pytest

from scalinglaws.cli import main
from scalinglaws.course import doctor
from scalinglaws.course.doctor import State, examine


def found():
    return {finding.what: finding for finding in examine()}


def test_here_nothing_is_broken(capsys, sandbox):
    assert main(["doctor"]) == 0
    said = capsys.readouterr().out
    assert all(what in said for what in doctor.LOOKS)
    assert main(["doctor", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert {row["what"] for row in rows} == set(doctor.LOOKS)
    assert {row["what"]: row["state"] for row in rows}["isolation"] == "fine"


def test_a_folder_without_a_course_is_said(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("SCALINGLAWS_COURSE", str(tmp_path))
    assert main(["doctor"]) == 1
    assert "No course in" in " ".join(capsys.readouterr().out.split())


def test_packages_that_are_missing_are_listed_by_extra(monkeypatch):
    real = metadata.distribution

    def distribution(name):
        if name in ("nbgrader", "distributed"):
            raise metadata.PackageNotFoundError(name)
        return real(name)

    monkeypatch.setattr(doctor.metadata, "distribution", distribution)
    packages = found()["packages"]
    assert packages.state is State.BROKEN
    assert (
        "grade (needs nbgrader)" in packages.text and "cluster (needs distributed)" in packages.text
    )
    assert "pip install 'scalinglaws[cluster,grade" in packages.text


@pytest.mark.parametrize(
    ("free", "state"), [(5e7, State.BROKEN), (5e8, State.LOOK), (5e9, State.FINE)]
)
def test_a_full_disk(monkeypatch, free, state):
    usage = type("usage", (), {"free": free})
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda path: usage)
    assert found()["disk"].state is state


def test_data_without_the_texts(tmp_path, monkeypatch):
    (tmp_path / "runs").mkdir()
    monkeypatch.setenv("SCALINGLAWS_DATA", str(tmp_path))
    assert found()["data"].state is State.BROKEN
    (tmp_path / "runs" / "grid.csv").touch()
    data = found()["data"]
    assert data.state is State.LOOK and "corpus and models" in data.text


def test_what_fails_stops_no_other_look(monkeypatch):
    def fails():
        raise RuntimeError("no")

    monkeypatch.setitem(doctor.LOOKS, "port", fails)
    assert found()["port"].text == "This could not be looked at: RuntimeError: no."
    assert list(found()) == list(doctor.LOOKS)


def test_an_old_python(monkeypatch):
    monkeypatch.setattr(doctor.sys, "version_info", (3, 9, 1))
    assert found()["Python"].state is State.BROKEN


def test_folders_that_cannot_be_written(tmp_path, monkeypatch):
    assert found()["folders"].state is State.FINE
    monkeypatch.setattr(doctor.Path, "home", lambda: tmp_path / "nowhere")
    assert found()["folders"].state is State.BROKEN and "Set HOME" in found()["folders"].text

    def none():
        raise FileNotFoundError("No usable temporary directory found")

    monkeypatch.setattr(doctor.tempfile, "gettempdir", none)
    assert found()["folders"].state is State.BROKEN and "set TMPDIR" in found()["folders"].text


def test_a_machine_that_does_not_know_localhost(monkeypatch):
    def unknown(name):
        raise OSError("Name or service not known")

    monkeypatch.setattr(doctor.socket, "gethostbyname", unknown)
    assert found()["port"].state is State.BROKEN and "hosts file" in found()["port"].text


@pytest.mark.parametrize("module", ["random", "tempfile", "json", "subprocess"])
def test_modules_of_other_work_on_pythonpath_replace_none_of_pythons(tmp_path, module):
    (tmp_path / f"{module}.py").write_text("raise SystemExit('the wrong module')")
    result = subprocess.run(
        [sys.executable, "-c", "import scalinglaws.cli"],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert result.returncode == 0, result.stderr
