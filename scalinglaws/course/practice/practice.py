"""`scalinglaws practice` and `sl.practice()`: questions that come back before they are forgotten."""

import argparse
from collections.abc import Callable
from datetime import datetime

from scalinglaws.course.learner.events import progress_of, utc_now
from scalinglaws.terminal import wrap

from .sitting import LEVELS, Practice


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    from scalinglaws.course.learner.identity import default_student

    parser.add_argument("topic", nargs="?", default="", help="an idea or a notebook (default: all)")
    parser.add_argument("--level", default="", choices=["", *LEVELS], help="only this level")
    parser.add_argument("--student", default=default_student(), help="who (default: %(default)s)")


def run(args: argparse.Namespace) -> int:
    """Practise in the terminal. Returns the exit code."""
    from .play import in_terminal

    practice = Practice(progress_of(args.student), args.topic, args.level)
    print("Practice: {due} due, {new} new, {known} known.".format(**practice.counts()))
    if remark := practice.progress.history().remark():
        print(wrap(remark))
    if practice.next() is not None:
        in_terminal(practice)
    print(f"\n{practice.comes_back()}")
    return 0


def practice(
    topic: str = "", level: str = "", widget: bool = True, now: Callable[[], datetime] = utc_now
):
    """Practise questions of the bank: those that are due first, then new ones; missed ones come back within minutes.

    topic: an idea ("optimum") or a notebook ("03_chinchilla"); "" for all. level: "introductory" to "expert"; "" for all.
    widget: False for plain text, to be played by calling methods of what is returned: answer(a), hint(), solution(), next().
    now: the clock. Raises CourseError for a topic or level that there is not, and outside the course's folder.
    """
    sitting = Practice(progress_of(now=now), topic, level)
    if not widget:
        from .play import Play

        return Play(sitting)
    from .widget import show

    what = "<b>Practice</b>: questions come back when you are about to forget them."
    return show(sitting, what, "practice")
