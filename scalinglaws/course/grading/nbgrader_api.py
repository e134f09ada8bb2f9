"""nbgrader in a temporary course: run a step on some assignments without touching the course's
gradebook.
"""

import contextlib
import functools
import logging
import re
import shutil
import warnings
from collections.abc import Iterator
from pathlib import Path

import nbgrader.api
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from scalinglaws.course.exercises import check_name
from scalinglaws.errors import CourseError
from scalinglaws.paths import exercises_dir

from .scratch import temporary_folder
from .troubles import explain

_ask_alembic = nbgrader.api.get_alembic_version


@functools.cache
def _version_of_tables() -> str:
    """The version of nbgrader's tables: the last of its migrations.

    For every new gradebook nbgrader runs `alembic heads`, which takes some seconds of processor time,
    to find this out from six short files. Reading them here takes none. If they are not clear, alembic
    is run after all.
    """
    folder = Path(nbgrader.api.__file__).parent / "alembic" / "versions"
    texts = [path.read_text("utf-8") for path in folder.glob("*.py")]
    line = r"^{} = ['\"](\w+)['\"]$"
    made, followed = (
        {found for text in texts for found in re.findall(line.format(word), text, re.MULTILINE)}
        for word in ("revision", "down_revision")
    )
    heads = made - followed
    return heads.pop() if len(made) == len(texts) and len(heads) == 1 else _ask_alembic()


nbgrader.api.get_alembic_version = _version_of_tables


def gradebook_url(course: Path) -> str:
    """The URL of the gradebook in a course's folder, for any characters in the path.

    Only the two that are special in a URL are quoted, because nbgrader uses the rest as a path.
    """
    path = (course / "gradebook.db").as_posix().replace("%", "%25").replace("?", "%3F")
    return f"sqlite:///{path}"


def load_config(course: Path, root: Path) -> Config:
    """The settings of `course/nbgrader_config.py`, and no others, for a course folder at `root`."""
    config = PyFileConfigLoader("nbgrader_config.py", path=str(course)).load_config()
    directory = config.CourseDirectory
    directory.root = str(root)
    if directory.get("db_url") in (None, gradebook_url(course)):
        directory.db_url = gradebook_url(root)
    return config


def course_config(course: Path, root: Path) -> Config:
    """Like `load_config`, with a separate gradebook."""
    config = load_config(course, root)
    config.CourseDirectory.db_url = gradebook_url(root)
    return config


def open_gradebook(course: CourseDirectory) -> Gradebook:
    """The course's gradebook, to be used in a `with` statement.

    Raises CourseError, with what to do, if it cannot be opened.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return Gradebook(course.db_url, course.course_id)
    except ModuleNotFoundError as error:
        package = "psycopg[binary]" if error.name == "psycopg" else error.name
        raise CourseError(
            f"The gradebook at c.CourseDirectory.db_url needs a driver: pip install '{package}'."
        ) from None
    except Exception as error:  # drivers raise errors of many kinds
        if (known := explain(error)) is not None:
            raise known from None
        reason = next(iter(str(error).splitlines()), "")
        raise CourseError(
            f"The gradebook cannot be opened ({type(error).__name__}: {reason}): check c.CourseDirectory.db_url."
        ) from error


@contextlib.contextmanager
def scratch_course(course: Path, assignment: str) -> Iterator["ScratchCourse"]:
    """A temporary course with only `assignment`, copied from the course; removed at the end.

    Raises CourseError for an unknown assignment.
    """
    source = exercises_dir(course) / assignment
    check_name(course, assignment)
    with temporary_folder() as root:
        shutil.copytree(
            source,
            root / "source" / assignment,
            ignore=shutil.ignore_patterns(".ipynb_checkpoints"),
        )
        yield ScratchCourse(root, assignment, NbGraderAPI(config=course_config(course, root)))


class ScratchCourse:
    """A temporary course with one assignment. `root`: its folder. `api`: nbgrader's own."""

    def __init__(self, root: Path, assignment: str, api: NbGraderAPI) -> None:
        self.root, self.assignment, self.api = root, assignment, api

    @property
    def directory(self) -> CourseDirectory:
        """nbgrader's description of its folders."""
        directory = self.api.coursedir
        assert isinstance(directory, CourseDirectory)
        return directory

    def generate_assignment(self) -> Path:
        """Make the release version; returns its folder."""
        self._run("generate_assignment", self.assignment)
        return self.root / "release" / self.assignment

    def autograde(self, student: str) -> Path:
        """Grade the submission in submitted/<student>/; returns the folder of the graded copy."""
        self._run("autograde", self.assignment, student)
        return self.root / "autograded" / student / self.assignment

    def generate_feedback(self, student: str) -> Path:
        """Write the feedback page; returns its folder."""
        self._run("generate_feedback", self.assignment, student)
        return self.root / "feedback" / student / self.assignment

    def gradebook(self) -> Gradebook:
        """The gradebook, to be used in a `with` statement."""
        return Gradebook(
            self.directory.db_url,
            self.directory.course_id,
        )

    def _run(self, step: str, *args: str) -> None:
        logging.getLogger("traitlets").setLevel(logging.ERROR)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # SQLAlchemy's warnings about nbgrader's sessions
            result = getattr(self.api, step)(*args)
        if not result["success"]:
            detail = (result.get("error") or result.get("log") or "").strip().splitlines()
            last = detail[-1] if detail else "nbgrader gave no reason"
            raise CourseError(f"nbgrader could not finish {step} of {self.assignment}: {last}")
