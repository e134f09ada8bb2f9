"""A learner's copy of a notebook: whose it is, which exercise is meant, when it was saved."""

from datetime import datetime
from pathlib import Path

from scalinglaws.errors import CourseError
from scalinglaws.paths import course_dir


def note_on(notebook: Path) -> str:
    """What was checked: the saved file, because a kernel cannot see unsaved changes."""
    saved = datetime.fromtimestamp(notebook.stat().st_mtime)
    return (
        f"The notebook was checked as saved at {saved:%H:%M:%S} on {saved.day} {saved:%B}: if you "
        "have changed it since, save and check again."
    )


def require_course() -> Path:
    """The course's folder. Raises CourseError, with what works without it, if there is none."""
    try:
        return course_dir()
    except CourseError:
        raise CourseError(
            "sl.check() needs the course's folder, with its tests, and this notebook is outside "
            "it (as on Colab or Kaggle): run it in your clone, or submit your work. The cell "
            "below each answer also works here."
        ) from None


def owner_of(notebook: Path) -> tuple[str, str]:
    """The student and the assignment of a copy. Raises CourseError for any other notebook."""
    course = require_course()
    try:
        student, assignment, *rest = notebook.resolve().relative_to(course / "submitted").parts
    except ValueError:
        student, assignment, rest = "", "", []
    if len(rest) != 1 or rest[0] != f"{assignment}.ipynb":
        raise CourseError(
            f"{notebook.name} is not your copy of an assignment: open the one in your folder in "
            f"{course / 'submitted'}, which `make study` creates."
        )
    return student, assignment
