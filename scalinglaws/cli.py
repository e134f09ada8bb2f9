"""The console command `scalinglaws`.

Each subcommand lives in a module of its own that offers two functions: `add_arguments(parser)` and
`run(args) -> int` (the exit code). A module is imported only when its subcommand is asked for, so that
`scalinglaws check` need not load the training engine.
"""

import argparse
import os
import sys
from importlib import import_module

from . import environment, terminal
from .errors import CourseError

# subcommand: (module, one line of help)
COMMANDS = {
    "study": ("scalinglaws.course.study", "open JupyterLab on your own copy of the course"),
    "teach": ("scalinglaws.course.teach", "open JupyterLab with formgrader, for instructors"),
    "check": (
        "scalinglaws.course.grading.self_check",
        "grade your own copy of an assignment, here and now",
    ),
    "practice": (
        "scalinglaws.course.practice.practice",
        "questions that come back before you forget them",
    ),
    "challenge": (
        "scalinglaws.course.practice.challenge",
        "five problems against the clock, and a badge",
    ),
    "progress": (
        "scalinglaws.course.practice.progress_report",
        "what you have done, and what comes next",
    ),
    "reveal": ("scalinglaws.course.practice.reveal", "a worked solution, after an honest try"),
    "grade": (
        "scalinglaws.course.grading.class_run",
        "grade a class's submissions, isolated, on all cores",
    ),
    "grades": (
        "scalinglaws.course.grading.export",
        "the gradebook as CSV, also for Canvas and Moodle",
    ),
    "items": (
        "scalinglaws.course.grading.item_analysis",
        "what a class did not understand, by exercise",
    ),
    "similar": (
        "scalinglaws.course.grading.similar",
        "pairs of submissions whose code looks alike",
    ),
    "source": ("scalinglaws.course.source", "bring source/ in step: notebooks and their texts"),
    "release": ("scalinglaws.course.release", "make release/ anew from source/"),
    "sweep": ("scalinglaws.training.sweep", "train the tiny language models of the study"),
    "corpus": ("scalinglaws.training.corpus", "build a corpus from named, hashed packages"),
    "datasheet": (
        "scalinglaws.training.datasheet",
        "after a sweep: bring data/README.md up to date",
    ),
    "findings": (
        "scalinglaws.findings.command",
        "write docs/findings.md and its figures from the runs",
    ),
    "fit": ("scalinglaws.fits.command", "fit a scaling law to a table of runs"),
}


def build_parser(chosen: str | None) -> argparse.ArgumentParser:
    """The parser, with the arguments of the one subcommand that was chosen."""
    parser = argparse.ArgumentParser(prog="scalinglaws", description=__doc__.splitlines()[0])
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, (module, summary) in COMMANDS.items():
        subparser = subparsers.add_parser(name, help=summary, description=summary)
        if name == chosen:
            import_module(module).add_arguments(subparser)
    return parser


def main(argv: list[str] | None = None) -> int:
    """Run one subcommand. Returns its exit code; 2 where the user must fix something first."""
    if argv is None:
        argv = sys.argv[1:]
        terminal.prepare()
        if (code := environment.stand_alone(argv)) is not None:
            return code
    chosen = next((word for word in argv if word in COMMANDS), None)
    args = build_parser(chosen).parse_args(argv)
    try:
        code = import_module(COMMANDS[args.command][0]).run(args)
        sys.stdout.flush()
        return code
    except CourseError as error:
        print(f"scalinglaws: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nscalinglaws: stopped.", file=sys.stderr)
        return 130
    except BrokenPipeError:  # `scalinglaws grades | head` has seen enough
        os.dup2(
            os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno()
        )  # Python would complain at its end
        return 0
