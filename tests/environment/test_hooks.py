"""git's hooks: what they do to a notebook, offline."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[2]
NBGRADER = {"grade": True, "grade_id": "q1", "locked": False, "points": 1, "schema_version": 3}


@pytest.mark.skipif(os.name == "nt", reason="links to the environment")
def test_hooks_strip_outputs_and_keep_ids_and_nbgraders_marks(tmp_path):
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci/in-venv", tmp_path / ".ci/in-venv")
    shutil.copy(ROOT / ".pre-commit-config.yaml", tmp_path)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / ".venv").symlink_to(sys.prefix)
    cell = nbformat.v4.new_code_cell("x=1\nx", id="kept-id", execution_count=3)
    cell.outputs = [
        nbformat.v4.new_output("execute_result", {"text/plain": "1"}, execution_count=3)
    ]
    cell.metadata["nbgrader"] = NBGRADER
    path = tmp_path / "source/01_first/01_first.ipynb"
    path.parent.mkdir(parents=True)
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), path)

    def run(*command: str) -> subprocess.CompletedProcess:
        variables = {**os.environ, "PRE_COMMIT_HOME": str(tmp_path / "home"), "HOME": str(tmp_path)}
        return subprocess.run(command, cwd=tmp_path, env=variables, capture_output=True, text=True)

    run("git", "init", "--quiet")
    run("git", "add", "source")
    first = run(sys.executable, "-m", "pre_commit", "run", "--all-files")
    assert first.returncode == 1, first.stdout + first.stderr
    (cell,) = nbformat.read(path, 4).cells
    assert (cell.source, cell.outputs, cell.execution_count) == ("x = 1\nx", [], None)
    assert (cell.id, cell.metadata["nbgrader"]) == ("kept-id", NBGRADER)

    run("git", "add", "source")
    second = run(sys.executable, "-m", "pre_commit", "run", "--all-files")
    assert second.returncode == 0, second.stdout + second.stderr
