"""`scalinglaws variants`: give each student their own numbers; the list of tokens to send out."""

import argparse
import csv
import sys

from nbgrader.api import Gradebook
from nbgrader.coursedir import CourseDirectory

from scalinglaws.course.grading.messages import safe_cell
from scalinglaws.course.grading.nbgrader_api import load_config
from scalinglaws.course.grading.troubles import gradebook_errors
from scalinglaws.course.variants import class_tokens, code_of, read_key, start, token_of
from scalinglaws.errors import CourseError
from scalinglaws.paths import complete_course_dir


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--start", action="store_true", help="make the course's key: from then on, numbers differ"
    )


def run(args: argparse.Namespace) -> int:
    """Print the tokens of the class as CSV, or make the key."""
    course = complete_course_dir()
    if args.start:
        path = start(course)
        print(f"{path} is the key. Keep a copy, and don't show it to anyone.")
        print("Next: `scalinglaws handout`, and `scalinglaws variants` for each student's token.")
        return 0
    key = read_key(course)
    if not key:
        raise CourseError(
            "This course has no variants: all students have the numbers in the text. `scalinglaws "
            "variants --start` gives each student their own from then on."
        )
    directory = CourseDirectory(config=load_config(course, course))
    with gradebook_errors(), Gradebook(directory.db_url, directory.course_id) as book:
        known = {
            str(s.id): [str(text or "") for text in (s.first_name, s.last_name, s.email)]
            for s in book.students
        }
    names = sorted({*known, *class_tokens(directory.root).tokens})
    if not names:
        raise CourseError(
            "Nobody is in the class yet: run `scalinglaws roster students.csv` first."
        )
    writer = csv.writer(sys.stdout)
    writer.writerow(["id", "first_name", "last_name", "email", "token", "code"])
    for name in names:
        about = map(safe_cell, (name, *known.get(name, ["", "", ""])))
        token = token_of(key, name)
        writer.writerow([*about, token, code_of(token)])
    return 0
