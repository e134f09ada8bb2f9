"""CONTRIBUTING.md: its picture is the code's, and what it points to exists."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
# A path in the repository, or below the package: `training/plans.py`.
PATHS = set(re.findall(r"`([\w./-]+/[\w.-]*|[\w-]+\.(?:py|md|toml|yaml))`", TEXT))
PATHS = {path for path in PATHS if "07_new" not in path}  # the example of what is not there yet


def test_the_picture_is_fresh():
    command = [sys.executable, "docs/architecture.py", "--check"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr or "run: python docs/architecture.py"


@pytest.mark.parametrize("path", sorted(PATHS))
def test_what_it_points_to_exists(path):
    if path.startswith("course/") and "." not in path:
        path = f"scalinglaws/{path}"
    folders = ("", "scalinglaws", "scalinglaws/course", "scalinglaws/course/grading")
    found = [ROOT / folder / path for folder in folders]
    assert any(p.exists() or p.with_suffix(".py").exists() for p in found), path


@pytest.mark.parametrize(
    ("names", "path"), re.findall(r"((?:`\w+`(?: and )?)+) in `([\w/]+\.py)`", TEXT)
)
def test_a_name_is_where_it_says(names, path):
    """`RESAMPLES` and `LEVEL` in `fits/bootstrap.py`: what is changed in one place, and where."""
    folder = ROOT if path.startswith("tests/") else ROOT / "scalinglaws"
    code = (folder / path).read_text("utf-8")
    for name in re.findall(r"\w+(?=`)", names):
        assert re.search(rf"^(def )?{name}\b", code, re.MULTILINE), name


def test_each_module_passes_one_type_checker_or_the_other():
    """What the standard checker leaves out, the strict one takes."""
    standard = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["basedpyright"]
    strict = (ROOT / "pyright-library.json").read_text("utf-8")
    (listed,) = re.findall(r'"include": \[(.*?)\]', strict, re.DOTALL)
    assert standard["include"] == ["scalinglaws"]
    assert standard["exclude"] == re.findall(r'"([^"]+)"', listed)
    assert all((ROOT / path).exists() for path in standard["exclude"])
