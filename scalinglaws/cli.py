"""The console command `scalinglaws`.

Each subcommand has its own module with two functions: `add_arguments(parser)` and
`run(args) -> int` (the exit code). A module is imported only when its subcommand is asked for, so that
`scalinglaws check` need not load the training engine.
"""

import os
import sys

# Until `environment.stand_alone` drops PYTHONPATH, its modules must not shadow Python's or the
# course's.
sys.path.sort(key=os.environ.get("PYTHONPATH", "").split(os.pathsep).__contains__)

import argparse
from importlib import import_module
from typing import NamedTuple, NoReturn

from . import environment, terminal
from .errors import CourseError, did_you_mean
from .extras import explained


class Command(NamedTuple):
    """A subcommand: its module, one line of help, and the extra of the package that it needs."""

    module: str
    summary: str
    extra: str = ""


COMMANDS = {
    "study": Command(
        "scalinglaws.course.study", "open JupyterLab on your own copy of the course", "course"
    ),
    "teach": Command(
        "scalinglaws.course.teach", "open JupyterLab with formgrader, for instructors", "grade"
    ),
    "check": Command(
        "scalinglaws.course.grading.self_check",
        "check your own copy of an assignment",
        "grade",
    ),
    "practice": Command(
        "scalinglaws.course.practice.practice",
        "answer questions that come back before you forget them",
        "course",
    ),
    "challenge": Command(
        "scalinglaws.course.practice.challenge",
        "solve five problems against the clock, for a badge",
        "course",
    ),
    "exam": Command(
        "scalinglaws.course.practice.exam_command",
        "take an exam on the whole course, or print one for a class",
        "course",
    ),
    "progress": Command(
        "scalinglaws.course.practice.progress_report",
        "show what you have done, and what comes next",
        "course",
    ),
    "reveal": Command(
        "scalinglaws.course.practice.reveal",
        "open a worked solution, after an honest try",
        "course",
    ),
    "handout": Command(
        "scalinglaws.course.school.handout",
        "pack the course for a class into one zip file, without solutions",
        "grade",
    ),
    "roster": Command(
        "scalinglaws.course.school.roster", "read who is in the class from a table", "grade"
    ),
    "collect": Command(
        "scalinglaws.course.school.collect",
        "put a bulk download of submissions where they are graded",
        "grade",
    ),
    "variants": Command(
        "scalinglaws.course.school.variant_tokens",
        "give each student different numbers in some exercises",
        "grade",
    ),
    "doctor": Command(
        "scalinglaws.course.doctor", "say what works on this machine, and what to do about the rest"
    ),
    "grade": Command(
        "scalinglaws.course.grading.class_run",
        "grade a class's submissions in a sandbox, on all cores",
        "grade",
    ),
    "grades": Command(
        "scalinglaws.course.school.export",
        "write the gradebook as CSV, also in the form of Canvas, Moodle, Blackboard or Brightspace",
        "grade",
    ),
    "publish": Command(
        "scalinglaws.course.school.publish",
        "publish the marks of an assignment as they are now",
        "grade",
    ),
    "marking": Command(
        "scalinglaws.course.school.marking",
        "share written answers among several markers, without names",
        "grade",
    ),
    "feedback": Command(
        "scalinglaws.course.school.feedback_zip",
        "pack feedback pages into one zip file for Canvas or Moodle",
        "grade",
    ),
    "questions": Command(
        "scalinglaws.course.school.moodle_xml", "write the question bank as Moodle XML", "grade"
    ),
    "items": Command(
        "scalinglaws.course.grading.item_analysis",
        "show what a class did not understand, by exercise",
        "grade",
    ),
    "similar": Command(
        "scalinglaws.course.grading.similar",
        "list pairs of submissions whose code looks alike",
        "grade",
    ),
    "class": Command(
        "scalinglaws.course.school.class_page",
        "show the class on one page: submissions, what waits, scores, exercises",
        "grade",
    ),
    "source": Command(
        "scalinglaws.course.source",
        "bring the notebooks of source/ and their texts in step",
        "grade",
    ),
    "texts": Command(
        "scalinglaws.course.texts",
        "extract the course's texts for translators, and apply translations",
        "grade",
    ),
    "release": Command("scalinglaws.course.release", "regenerate release/ from source/", "grade"),
    "site": Command(
        "scalinglaws.site.command", "build the course as a static site to read offline", "site"
    ),
    "slides": Command(
        "scalinglaws.site.slides", "make slides for a projector from a notebook, offline", "site"
    ),
    "sweep": Command(
        "scalinglaws.findings.sweep", "train the tiny language models of the study", "train"
    ),
    "corpus": Command(
        "scalinglaws.training.corpus", "build a corpus from named, hashed packages", "train"
    ),
    "datasheet": Command(
        "scalinglaws.training.datasheet", "update data/README.md after a sweep", "train"
    ),
    "findings": Command(
        "scalinglaws.findings.command",
        "write docs/findings.md and its figures from the runs",
        "train",
    ),
    "fit": Command("scalinglaws.fits.command", "fit a scaling law to a table of runs"),
    "plan": Command("scalinglaws.fits.plan_command", "choose the runs to train next"),
}


class _Parser(argparse.ArgumentParser):
    """Reports a mistake in a sentence, as the commands do, without two screens of usage above it."""

    def error(self, message: str) -> NoReturn:
        raise CourseError(f"{message}; `{self.prog} --help` lists what it takes.")


def build_parser(chosen: str | None) -> argparse.ArgumentParser:
    """The parser, with the arguments of the one subcommand that was chosen."""
    parser = _Parser(
        prog="scalinglaws",
        description="Scaling laws of language models: the library and the course.",
    )
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, command in COMMANDS.items():
        subparser = subparsers.add_parser(name, help=command.summary, description=command.summary)
        if name == chosen:
            import_module(command.module).add_arguments(subparser)
    return parser


def _options(args: argparse.Namespace) -> list[str]:
    """The options of the subcommand, spelled as on the command line."""
    return [f"--{name.replace('_', '-')}" for name in vars(args)]


def main(argv: list[str] | None = None) -> int:
    """Run one subcommand. Returns its exit code; 2 where the user must fix something first."""
    if argv is None:
        argv = sys.argv[1:]
        terminal.prepare()
        if (done := environment.stand_alone(argv)) is not None:
            return done
    chosen = next((word for word in argv if not word.startswith("-")), None)
    extra = COMMANDS[chosen].extra if chosen in COMMANDS else ""
    try:
        with explained(f"`scalinglaws {chosen}`", extra):
            if chosen is not None and chosen not in COMMANDS:
                raise CourseError(
                    f"There is no command {chosen!r}: `scalinglaws --help` lists them."
                    + did_you_mean(chosen, COMMANDS)
                )
            args, unknown = build_parser(chosen).parse_known_args(argv)
            if unknown:
                raise CourseError(
                    f"`scalinglaws {args.command}` does not know {unknown[0]!r}: `scalinglaws"
                    f" {args.command} --help` lists what it takes."
                    + did_you_mean(unknown[0].split("=")[0], _options(args))
                )
            code: int = import_module(COMMANDS[args.command].module).run(args)
        sys.stdout.flush()
        return code
    except CourseError as error:
        said = f"scalinglaws: {error}"
        print(terminal.wrap(said) if sys.stderr.isatty() else said, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nscalinglaws: stopped.", file=sys.stderr)
        return 130
    except BrokenPipeError:  # `scalinglaws grades | head` closed the pipe early
        os.dup2(
            os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno()
        )  # otherwise Python complains when it exits
        return 0
