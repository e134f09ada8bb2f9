"""Where things are: the package, the measured data, and the course's folder."""

import os
from pathlib import Path

from .errors import CourseError

PACKAGE = Path(__file__).resolve().parent


def data_dir() -> Path:
    """The folder of the measured runs: `data/` of a clone, or the part of it in an installed wheel.

    The variable SCALINGLAWS_DATA gives another folder, such as that of a clone: the texts and the
    trained models are only in the repository. Raises CourseError if there is no folder.
    """
    if chosen := os.environ.get("SCALINGLAWS_DATA"):
        if not Path(chosen).is_dir():
            raise CourseError(f"SCALINGLAWS_DATA is {chosen}, and there is no such folder.")
        return Path(chosen)
    for folder in (PACKAGE / "_data", PACKAGE.parent / "data"):
        if folder.is_dir():
            return folder
    raise CourseError(
        "The measured runs (the folder data/) are missing: install the package again or restore the folder."
    )


def importable() -> str:
    """A PYTHONPATH with which another Python finds this same package, besides the current
    PYTHONPATH.
    """
    return os.pathsep.join(filter(None, [str(PACKAGE.parent), os.environ.get("PYTHONPATH")]))


def exercises_dir(course: Path) -> Path:
    """The folder of a course's notebooks: source/, or release/ in a course that was handed out
    without it.
    """
    return course / ("source" if is_complete(course) else "release")


def is_complete(course: Path) -> bool:
    """Whether a course has its solutions and hidden tests; `scalinglaws handout` leaves them out."""
    return (course / "source").is_dir()


def course_dir() -> Path:
    """The course's top folder: the nearest one with `nbgrader_config.py`, from the working
    directory upwards.

    The variable SCALINGLAWS_COURSE overrides the search (the learner's JupyterLab sets it).
    Raises CourseError if there is none.
    """
    start = Path(os.environ.get("SCALINGLAWS_COURSE") or Path.cwd()).resolve()
    for folder in (start, *start.parents):
        if (folder / "nbgrader_config.py").is_file() and exercises_dir(folder).is_dir():
            return folder
    raise CourseError(
        f"No course in {start} or above it: run this in the folder that holds nbgrader_config.py."
    )


def complete_course_dir() -> Path:
    """Like `course_dir`, for instructors' commands.

    Raises CourseError in a course that was handed out without source/.
    """
    course = course_dir()
    if not is_complete(course):
        raise CourseError(
            "Your course was handed out without solutions and tests, which this needs: it is a command for the instructor's clone."
        )
    return course
