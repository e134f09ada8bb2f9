"""The course's notebooks as a kernel leaves them, each run once for all tests."""

from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest

from .notebooks import release, source


@pytest.fixture(scope="session")
def executed(once, run_notebook) -> Callable[..., tuple[nbformat.NotebookNode, float]]:
    """executed("source" or "release", assignment): the notebook with its outputs, and the kernel's processor seconds."""
    read = {"source": source, "release": release}

    def executed(folder: str, assignment: str) -> tuple[nbformat.NotebookNode, float]:
        def make(path: Path) -> None:
            notebook = read[folder](assignment)
            notebook.metadata["seconds"] = run_notebook(notebook, allow_errors=True)
            nbformat.write(notebook, path)

        notebook = nbformat.read(once(f"{folder}-{assignment}.ipynb", make), as_version=4)
        return notebook, notebook.metadata.pop("seconds")

    return executed
