"""The doctor tells what is broken from what only needs a look, and one look's failure stops no other."""

import json
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
