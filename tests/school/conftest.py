"""A course of one tiny assignment."""

import shutil
from pathlib import Path

import nbformat
import pytest
from nbgrader.coursedir import CourseDirectory

from scalinglaws.course.grading.nbgrader_api import load_config, open_gradebook
from tests.grading.classroom import source_notebook

ROOT = Path(__file__).parents[2]
NAME = "01_power_laws"


@pytest.fixture(scope="session")
def empty_course(tmp_path_factory) -> Path:
    """A course with an empty gradebook, to be copied: making one takes a second."""
    folder = tmp_path_factory.mktemp("school")
    (folder / "source" / NAME).mkdir(parents=True)
    nbformat.write(source_notebook(), folder / "source" / NAME / f"{NAME}.ipynb")
    shutil.copy(ROOT / "nbgrader_config.py", folder)
    with open_gradebook(CourseDirectory(config=load_config(folder, folder))):
        pass
    return folder


@pytest.fixture
def course(empty_course, tmp_path, monkeypatch) -> Path:
    """An empty course's folder, in which the commands work."""
    folder = tmp_path / "course"
    shutil.copytree(empty_course, folder)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("SCALINGLAWS_COURSE", str(folder))
    return folder
