"""git's hooks: what they do to a notebook and its text, offline."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[2]
NBGRADER = {
    **{"cell_type": "code", "grade_id": "kept_id", "schema_version": 3},
    **{"grade": False, "locked": False, "solution": True, "task": False},
}


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="links to the environment")
def test_hooks_strip_outputs_keep_ids_and_nbgraders_marks_and_write_the_text(tmp_path):
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci/in-venv", tmp_path / ".ci/in-venv")
    shutil.copy(ROOT / ".pre-commit-config.yaml", tmp_path)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    shutil.copy(ROOT / "nbgrader_config.py", tmp_path)
    (tmp_path / ".venv").symlink_to(sys.prefix)
    cell = nbformat.v4.new_code_cell("x=1\nx", id="kept-id", execution_count=3)
    cell.outputs = [
        nbformat.v4.new_output("execute_result", {"text/plain": "1"}, execution_count=3)
    ]
    cell.metadata["nbgrader"] = NBGRADER
    cell.metadata["scalinglaws"] = {"exercise": "1"}
    heading = nbformat.v4.new_markdown_cell("### Exercise 1 · x · ●○○ · 1 min · 1 point", id="ex1")
    path = tmp_path / "source/01_first/01_first.ipynb"
    path.parent.mkdir(parents=True)
    nbformat.write(nbformat.v4.new_notebook(cells=[heading, cell]), path)

    def run(*command: str) -> subprocess.CompletedProcess:
        variables = {**os.environ, "PRE_COMMIT_HOME": str(tmp_path / "home"), "HOME": str(tmp_path)}
        return subprocess.run(command, cwd=tmp_path, env=variables, capture_output=True, text=True)

    run("git", "init", "--quiet")
    run("git", "add", "source")
    first = run(sys.executable, "-m", "pre_commit", "run", "--all-files")
    assert first.returncode == 1, first.stdout + first.stderr
    _, cell = nbformat.read(path, 4).cells
    assert (cell.source, cell.outputs, cell.execution_count) == ("x = 1\nx", [], None)
    assert (cell.id, cell.metadata["nbgrader"]) == ("kept-id", NBGRADER)
    text = (tmp_path / "source/01_first.md").read_text("utf-8")
    assert '```python id="kept-id" role="answer"\nx = 1\nx\n```' in text

    run("git", "add", "source")
    second = run(sys.executable, "-m", "pre_commit", "run", "--all-files")
    assert second.returncode == 0, second.stdout + second.stderr
