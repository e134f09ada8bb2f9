"""Dockerfile, hub, devcontainer, Binder: what can be checked without a daemon."""

import fnmatch
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from scalinglaws.cli import main
from scalinglaws.course import jupyterlab as lab
from scalinglaws.course.school.handout import PLAIN, TREES
from scalinglaws.course.variants import MARK_FILE
from scalinglaws.environment import own_environment

ROOT = Path(__file__).parents[2]
posix = pytest.mark.skipif(os.name == "nt", reason="a script for Linux containers")


def test_the_image_holds_what_is_handed_out_and_nothing_else():
    lines = (ROOT / ".dockerignore").read_text("utf-8").split("\n")
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    seen = {rule[1:].rstrip("/") for rule in rules if rule.startswith("!")}
    wanted = {*PLAIN, *TREES, "release", "README.md", "docker"} - {"bootstrap.py", "Makefile"}
    assert seen == wanted  # neither source/ nor questions/ nor a class's marks
    assert all((ROOT / name).exists() for name in seen)
    made = [rule for rule in rules[1:] if not rule.startswith("!")]
    assert any(fnmatch.fnmatch("scalinglaws/__pycache__", rule) for rule in made)


def test_the_dockerfile_installs_what_the_set_up_installs():
    text = (ROOT / "Dockerfile").read_text("utf-8")
    joined = " ".join(text.replace("\\\n", " ").split())
    for part in (
        "--require-hashes --no-deps --only-binary :all: --requirement requirements/course.txt",
        "--no-deps --no-index --no-build-isolation --editable .",
    ):
        assert part in joined
    assert re.search(r"^USER \d+$", text, re.MULTILINE)
    command = json.loads(re.findall(r"^CMD (\[.*\])$", text, re.MULTILINE)[0])
    assert command[0] == "study" and "0.0.0.0" in command
    page = (ROOT / "docs" / "hub.md").read_text("utf-8")
    assert re.findall(r"ARG JUPYTERHUB=(\S+)", text) == re.findall(r"JUPYTERHUB=(\d\S+)", page)


@posix
@pytest.mark.parametrize(
    ("given", "words", "student", "command"),
    [
        ({}, ["check", "01"], "learner", "check 01"),
        ({"JUPYTERHUB_API_TOKEN": "x", "JUPYTERHUB_USER": "o'brien@uni.de"}, ["jupyterhub-singleuser"], "o-brien-uni.de", "study --hub"),
        ({"SCALINGLAWS_STUDENT": "ada", "JUPYTERHUB_USER": "x"}, ["progress"], "ada", "progress"),
    ],
)  # fmt: skip
def test_the_start_script(tmp_path, given, words, student, command):
    program = tmp_path / "scalinglaws"
    program.write_text(
        '#!/bin/sh\necho "$SCALINGLAWS_STUDENT|$SCALINGLAWS_COURSE|$*"\n', encoding="utf-8"
    )
    program.chmod(0o755)
    home = tmp_path / "a home"
    home.mkdir()
    environment = {"HOME": str(home), "PATH": f"{tmp_path}:/usr/bin:/bin", **given}
    said = [  # a second start finds the first one's links
        subprocess.run(
            ["/bin/sh", str(ROOT / "docker" / "start.sh"), *words],
            env=environment, capture_output=True, text=True, check=True,
        ).stdout
        for _ in range(2)
    ]  # fmt: skip
    assert said == [f"{student}|{home}/scaling-laws|{command}\n"] * 2
    course = home / "scaling-laws"
    assert (course / "release").resolve() == ROOT / "release"
    assert (course / "nbgrader_config.py").is_file() and not (course / "source").exists()


@posix
def test_an_image_with_variants_asks_for_a_token(tmp_path):
    image = tmp_path / "image"
    (image / "docker").mkdir(parents=True)
    (image / "docker" / "start.sh").write_bytes((ROOT / "docker" / "start.sh").read_bytes())
    for name in ("nbgrader_config.py", "release", MARK_FILE):
        (image / name).touch()
    program = tmp_path / "scalinglaws"
    program.write_text("#!/bin/sh\n", encoding="utf-8")
    program.chmod(0o755)
    environment = {"HOME": str(tmp_path), "PATH": f"{tmp_path}:/usr/bin:/bin"}
    command = ["/bin/sh", str(image / "docker" / "start.sh"), "progress"]
    subprocess.run(command, env=environment, check=True)
    assert (tmp_path / "scaling-laws" / MARK_FILE).exists()
    assert "touch variants.on" in (ROOT / "Dockerfile").read_text("utf-8")


def test_a_hubs_variables_reach_its_server():
    given = {"JUPYTERHUB_API_TOKEN": "x", "JUPYTER_PATH": "y", "PYTHONPATH": "z", "HOME": "h"}
    assert own_environment(given) == {"JUPYTERHUB_API_TOKEN": "x", "HOME": "h"}


def test_the_server_of_a_hub_has_the_courses_settings(tmp_path, monkeypatch):
    started = []
    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", "x")
    monkeypatch.setattr(lab, "stand_alone", lambda *_: None)
    monkeypatch.setattr(lab.shutil, "which", lambda name, path: f"{path}/{name}")
    monkeypatch.setattr(lab.os, "execv", lambda program, words: started.append((program, words)))
    monkeypatch.setenv("JUPYTERHUB_DEFAULT_URL", "/tree")
    monkeypatch.chdir(tmp_path)
    lab._under_hub(tmp_path, "learner", "lab/tree/start.ipynb")
    ((program, words),) = started
    assert program == f"{Path(sys.executable).parent}/jupyterhub-singleuser" == words[0]
    assert f"--ServerApp.root_dir={tmp_path}" in words
    assert not any("token" in word or "ServerApp.ip" in word for word in words)  # the hub's own
    assert os.environ["JUPYTERHUB_DEFAULT_URL"] == "/lab/tree/start.ipynb"


def test_without_a_hub_it_says_so(tmp_path, monkeypatch, capsys):
    for name in ("nbgrader_config.py", "release/01_first/01_first.ipynb"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("{}")
    monkeypatch.setenv("SCALINGLAWS_COURSE", str(tmp_path))
    monkeypatch.delenv("JUPYTERHUB_API_TOKEN", raising=False)
    assert main(["study", "--student", "ada", "--copy-only"]) == 0
    assert (tmp_path / "submitted" / "ada" / "01_first" / "01_first.ipynb").is_file()
    assert main(["study", "--student", "ada", "--hub"]) == 2
    assert "leave it out" in capsys.readouterr().err
    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", "x")
    monkeypatch.setattr(lab.shutil, "which", lambda *_, **__: None)
    assert main(["study", "--student", "ada", "--hub"]) == 2
    assert "pip install jupyterhub" in capsys.readouterr().err


def test_the_files_for_codespaces_and_binder():
    container = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text("utf-8"))
    assert container["postCreateCommand"].split()[:2] == ["python3", "bootstrap.py"]
    lock = (ROOT / "binder" / "requirements.txt").read_text("utf-8").split()
    assert (ROOT / "binder" / lock[1]).resolve() == ROOT / "requirements" / "course.txt"
    start = (ROOT / "binder" / "start").read_text("utf-8")
    assert start.rstrip().endswith('exec "$@"')
    settings = re.findall(r"\$PWD/(\S+?)\"", start)[0]
    assert (ROOT / settings / "labextensions").is_dir() and (ROOT / settings / "labconfig").is_dir()
    if os.name == "posix":
        assert all(os.access(ROOT / "binder" / f, os.X_OK) for f in ("start", "postBuild"))
