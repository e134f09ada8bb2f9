"""nbgrader in a folder of its own: run a step on some assignments without touching the course's gradebook."""

import contextlib
import errno
import functools
import logging
import shutil
import warnings
from collections.abc import Iterator
from pathlib import Path

import nbgrader.api
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from sqlalchemy.exc import SQLAlchemyError
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from scalinglaws.errors import CourseError
from scalinglaws.paths import exercises_dir

from .scratch import temporary_folder

# For every new gradebook nbgrader starts `alembic heads`, some seconds of processor time, to learn
# the version of its own tables. That does not change while a process runs: it is asked once.
nbgrader.api.get_alembic_version = functools.cache(nbgrader.api.get_alembic_version)


def gradebook_url(course: Path) -> str:
    """The URL of the gradebook in a course's folder, whatever characters the path holds.

    Only those two are quoted that a URL would take for its own: nbgrader takes the rest for a path.
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
    """As `load_config`, with a gradebook of its own."""
    config = load_config(course, root)
    config.CourseDirectory.db_url = gradebook_url(root)
    return config


# What a database says, and what a person should read instead.
_TROUBLES = {
    (
        "disk is full",
        "No space left",
        "disk quota",
    ): "The disk is full: make room, then run the same command again. What is graded is kept.",
    (
        "database is locked",
        "database table is locked",
    ): "The gradebook is locked: another program is"
    " writing to it. Close formgrader, database browsers and other terminals, then run the same"
    " command again.",
    ("no such column", "has no column", "no such table", "UndefinedColumn", "UndefinedTable"): "The"
    " gradebook was made by an older nbgrader: make a copy of it, run `nbgrader db upgrade`, then run"
    " the same command again.",
    (
        "readonly database",
        "read-only",
    ): "The gradebook may not be written: see that the file and its folder are yours to write.",
    ("malformed", "not a database", "disk I/O error"): "The gradebook is damaged: restore it from a"
    " copy. Move it away to start with an empty one (hand marks are lost then).",
}


def is_full(error: OSError) -> bool:
    """Whether a disk is full, or a quota used up."""
    return error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))


def explain(error: BaseException) -> CourseError | None:
    """What a person should read of an error of the gradebook or the disk; None for any other."""
    if isinstance(error, OSError):
        said = _sentence("disk is full", error.strerror or "")
        return CourseError(said) if is_full(error) else None
    if not isinstance(error, SQLAlchemyError):
        return None
    text = str(getattr(error, "orig", None) or error)
    sentence = _sentence(text, next(iter(text.splitlines()), ""))
    return CourseError(sentence) if sentence else None


def _sentence(text: str, reason: str) -> str:
    found = (
        sentence
        for signs, sentence in _TROUBLES.items()
        if any(s.lower() in text.lower() for s in signs)
    )
    sentence = next(found, "")
    head, colon, rest = sentence.partition(":")
    return f"{head} ({reason}){colon}{rest}" if sentence else ""


@contextlib.contextmanager
def gradebook_errors() -> Iterator[None]:
    """Turn what a database says into a sentence that helps. Raises CourseError for what is known."""
    try:
        yield
    except (OSError, SQLAlchemyError) as error:
        if (known := explain(error)) is not None:
            raise known from None
        raise


def open_gradebook(course: CourseDirectory) -> Gradebook:
    """The course's gradebook, to be used in a `with` statement. Raises CourseError where it cannot be opened, with the way out."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return Gradebook(course.db_url, course.course_id)
    except ModuleNotFoundError as error:
        package = "psycopg[binary]" if error.name == "psycopg" else error.name
        raise CourseError(
            f"The gradebook at c.CourseDirectory.db_url needs a driver: pip install '{package}'."
        ) from None
    except Exception as error:  # a driver's own errors are of many kinds
        if (known := explain(error)) is not None:
            raise known from None
        reason = next(iter(str(error).splitlines()), "")
        raise CourseError(
            f"The gradebook cannot be opened ({type(error).__name__}: {reason}): check c.CourseDirectory.db_url."
        ) from error


@contextlib.contextmanager
def scratch_course(course: Path, assignment: str) -> Iterator["ScratchCourse"]:
    """A temporary course that holds just `assignment`, copied from the course; removed at the end.

    Raises CourseError for an unknown assignment.
    """
    source = exercises_dir(course) / assignment
    if not source.is_dir():
        known = ", ".join(assignments(course)) or "none"
        raise CourseError(f"There is no assignment {assignment!r}: choose one of {known}.")
    with temporary_folder() as root:
        shutil.copytree(
            source,
            root / "source" / assignment,
            ignore=shutil.ignore_patterns(".ipynb_checkpoints"),
        )
        yield ScratchCourse(root, assignment, NbGraderAPI(config=course_config(course, root)))


def assignments(course: Path) -> list[str]:
    """The assignments of a course: the folders of `source/`, or else `release/`, that hold a notebook of their own name."""
    return sorted(
        path.parent.name
        for path in exercises_dir(course).glob("*/*.ipynb")
        if path.stem == path.parent.name
    )


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
        """Grade the submission that lies in submitted/<student>/; returns the folder of the graded copy."""
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
            warnings.simplefilter("ignore")  # SQLAlchemy's, about nbgrader's own sessions
            result = getattr(self.api, step)(*args)
        if not result["success"]:
            detail = (result.get("error") or result.get("log") or "").strip().splitlines()
            last = detail[-1] if detail else "nbgrader gave no reason"
            raise CourseError(f"nbgrader could not finish {step} of {self.assignment}: {last}")
