"""Who the learner of this session is."""

import getpass
import os
import re
import unicodedata

from scalinglaws.errors import CourseError


def default_student() -> str:
    """The student of this session (SCALINGLAWS_STUDENT), or the login name in a form that nbgrader
    can use.
    """
    if student := os.environ.get("SCALINGLAWS_STUDENT"):
        return student
    try:
        login = getpass.getuser()
    except (ImportError, KeyError, OSError):  # a user without a name, as in some containers
        login = ""
    plain = unicodedata.normalize("NFKD", login).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", plain).strip("-.") or "learner"


def valid_student(student: str) -> str:
    """The name itself; raises CourseError if it cannot be a folder's name and nbgrader's student id."""
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}", student):
        raise CourseError(
            f"{student!r} cannot be a student's name: use letters of the English alphabet, digits and _ . - only."
        )
    return student
