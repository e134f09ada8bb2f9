"""The wheel in an environment that holds what it declares, and nothing else."""

import json
import os
import subprocess
import sys
import zipfile
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def wheel(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel"]
    environment = {**os.environ, "HATCH_BUILD_CLEAN": "false"}
    subprocess.run([*command, "--directory", folder], cwd=ROOT, env=environment, check=True)
    (wheel,) = folder.glob("*.whl")
    return wheel


def declared(wheel: Path) -> set[str]:
    """The packages that a plain `pip install` of the wheel brings, by their requirements' requirements."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [n for n in archive.namelist() if n.endswith(".dist-info/METADATA")]
        lines = archive.read(name).decode().splitlines()
    waiting = [line.partition(": ")[2] for line in lines if line.startswith("Requires-Dist: ")]
    found: set[str] = set()
    while waiting:
        requirement = Requirement(waiting.pop())
        marker = requirement.marker
        if requirement.name not in found and (not marker or marker.evaluate({"extra": ""})):
            found.add(requirement.name)
            waiting += distribution(requirement.name).requires or []
    return found


@pytest.fixture(scope="session")
def light(wheel, tmp_path_factory) -> Path:
    """A folder of packages: the wheel, and links to what it declares."""
    folder = tmp_path_factory.mktemp("light")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    for name in declared(wheel):
        package = distribution(name)
        for top in {file.parts[0] for file in package.files or () if file.parts[0] != ".."}:
            if top != "__pycache__" and not (folder / top).exists():
                (folder / top).symlink_to(package.locate_file(top))
    return folder


def run(light: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Python without its own site-packages, away from the clone."""
    code = f"import sys; sys.path.insert(0, {str(light)!r}); " + (
        arguments[0]
        if len(arguments) == 1
        else f"from scalinglaws.cli import main; sys.exit(main({list(arguments)!r}))"
    )
    command = [sys.executable, "-I", "-S", "-c", code]
    environment = {"PATH": os.environ["PATH"], "HOME": str(light), "MPLBACKEND": "agg"}
    return subprocess.run(command, cwd=light, env=environment, capture_output=True, text=True)


def test_the_wheel_carries_the_runs_and_no_texts(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    data = {name.split("/")[2] for name in names if name.startswith("scalinglaws/_data/")}
    assert data == {"README.md", "checksums.sha256", "curves", "runs"}
    assert "scalinglaws/py.typed" in names and "scalinglaws/__init__.pyi" in names
    assert not any(name.startswith(("source/", "release/", "tests/")) for name in names)


def test_four_packages_are_asked_for(wheel):
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [n for n in archive.namelist() if n.endswith(".dist-info/METADATA")]
        lines = archive.read(name).decode().splitlines()
    plain = [
        Requirement(line.partition(": ")[2]) for line in lines if line.startswith("Requires-Dist")
    ]
    assert {r.name for r in plain if not r.marker} == {"matplotlib", "numpy", "pandas", "scipy"}


def test_the_library_fits(light):
    done = run(
        light,
        "import scalinglaws as sl; runs = sl.load_runs('grid', corpus='prose'); "
        "print(sl.fit_chinchilla(runs['N'], runs['D'], runs['loss']).law.alpha)",
    )
    assert 0.1 < float(done.stdout) < 1, done.stderr


def test_everything_at_once_can_be_imported(light):
    done = run(light, "from scalinglaws import *; print(fit_law, CHINCHILLA, 'challenge' in dir())")
    assert done.stdout.endswith("False\n"), done.stderr


def test_the_command_fits_a_table_and_draws(light, tmp_path):
    table, figure = light / "scalinglaws/_data/runs/grid.csv", tmp_path / "fit.png"
    done = run(
        light, "fit", str(table), "--where", "corpus=prose", "--json", "--figure", str(figure)
    )
    assert done.returncode == 0, done.stderr
    assert "alpha" in done.stdout and json.loads(done.stdout)
    assert figure.stat().st_size > 10_000


@pytest.mark.parametrize(
    ("arguments", "extra"),
    [
        (("check", "01_power_laws"), "grade"),
        (("grade", "01_power_laws"), "grade"),
        (("practice", "--topic", "loss"), "course"),
        (("study", "--no-browser"), "course"),
        (("sweep", "demo", "--plan"), "train"),
        (("import scalinglaws as sl; sl.challenge()",), "course"),
    ],
)
def test_what_an_extra_is_missing_for_says_so(light, arguments, extra):
    done = run(light, *arguments)
    assert done.returncode != 0
    assert f"pip install 'scalinglaws[{extra}]'" in done.stderr.splitlines()[-1]
    if len(arguments) > 1:
        assert len(done.stderr.splitlines()) == 1, done.stderr
