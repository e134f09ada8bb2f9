"""`scalinglaws teach`: open JupyterLab on the whole course, with formgrader, for instructors."""

import argparse

from scalinglaws.errors import CourseError
from scalinglaws.paths import complete_course_dir

from . import jupyterlab as lab


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    lab.add_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Serve the course's folder. Returns the exit code."""
    course = complete_course_dir()
    if "[" in str(course):  # nbgrader finds notebooks by glob patterns, where [ is special
        raise CourseError(
            f"formgrader finds no notebook below a folder with [ in its name ({course}): rename the folder, then run this again."
        )
    # (nbgrader finds nbgrader_config.py there.)
    return lab.open_lab(course, user="instructor", page="", args=args)
