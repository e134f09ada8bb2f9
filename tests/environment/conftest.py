"""A tiny course, so that these tests need no notebook of the real one."""

import subprocess
from pathlib import Path

import nbformat
import pytest


def write_notebook(path: Path, text: str) -> None:
    """A notebook with one cell of text and one of code; the same text makes the same bytes."""
    cells = [
        nbformat.v4.new_markdown_cell(text, id="text"),
        nbformat.v4.new_code_cell("print(6 * 7)", id="code"),
    ]
    kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)


def one_sentence(result: subprocess.CompletedProcess) -> str:
    """What a run that failed said; fails if that is not one line of its own."""
    assert result.returncode == 2, result.stdout + result.stderr
    (line,) = result.stderr.strip().splitlines()
    assert line.startswith(("scalinglaws: ", "bootstrap: "))
    return line


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A course with two released assignments; the first has a file beside its notebook."""
    root = tmp_path / "course"
    (root / "source").mkdir(parents=True)
    (root / "nbgrader_config.py").write_text("c = get_config()\n")
    write_notebook(root / "release/01_first/01_first.ipynb", "# The first")
    (root / "release/01_first/helper.csv").write_text("N,L\n1,2\n")
    write_notebook(root / "release/02_second/02_second.ipynb", "# The second")
    return root
