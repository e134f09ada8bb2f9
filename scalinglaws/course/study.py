"""`scalinglaws study`: open JupyterLab on the learner's own copy of the course.

learner/workspace.py decides what is copied.
"""

import argparse
import os

from scalinglaws.errors import CourseError
from scalinglaws.paths import course_dir

from . import jupyterlab as lab
from .learner.identity import default_student, valid_student
from .learner.workspace import first_page, renew, update
from .variants import keep_token


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--student", default=default_student(), help="whose copy (default: %(default)s)"
    )
    parser.add_argument(
        "--renew",
        metavar="ASSIGNMENT",
        help="move your copy of an assignment aside, and take the course's current version",
    )
    parser.add_argument(
        "--variant",
        metavar="TOKEN",
        help="your token, if every student has their own numbers",
    )
    parser.add_argument(
        "--copy-only", action="store_true", help="bring your copy up to date and stop"
    )
    lab.add_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Bring the learner's copy up to date and serve it. Returns the exit code."""
    course = course_dir()
    own = course / "submitted" / valid_student(args.student)
    if args.variant or not (
        args.hub or args.copy_only
    ):  # on a hub nobody can give a token on the command line
        keep_token(own, course, args.student, args.variant)
    if not args.hub and lab.running_lab(own):
        # An open notebook would be saved over the new file, so leave all files as they are.
        if args.renew:
            raise CourseError(
                "JupyterLab is open on your copy: stop it with Ctrl-C, then run this again."
            )
    else:
        try:
            if args.renew:
                print(renew(course / "release", own, args.renew))
            for line in update(course / "release", own):
                print(line)
        except OSError as error:
            raise CourseError(
                f"{error.strerror}, so your copy in {own} is not complete, but nothing in it was changed: "
                "make room, or check that you may write there, then run this again."
            ) from error
    if args.copy_only:
        return 0
    os.environ["SCALINGLAWS_COURSE"] = str(course)
    os.environ["SCALINGLAWS_STUDENT"] = args.student
    return lab.open_lab(
        own,
        user="learner",
        page=first_page(course / "release", own),
        args=args,
    )
