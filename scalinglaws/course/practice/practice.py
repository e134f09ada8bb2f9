"""`scalinglaws practice` and `sl.practice()`: questions that come back before they are forgotten."""

import argparse
from collections.abc import Callable
from datetime import datetime

from scalinglaws.course.learner.events import own_progress, progress_of, utc_now
from scalinglaws.course.questions.drawn import family
from scalinglaws.terminal import wrap

from .loading import show
from .sitting import LEVELS, Practice


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    from scalinglaws.course.learner.identity import default_student

    parser.add_argument("topic", nargs="?", default="", help="an idea or a notebook (default: all)")
    parser.add_argument("--level", default="", choices=["", *LEVELS], help="only this level")
    parser.add_argument("--review", action="store_true", help="what you got wrong, and again")
    parser.add_argument(
        "--student", default=default_student(), help="who practises (default: %(default)s)"
    )


def run(args: argparse.Namespace) -> int:
    """Practise in the terminal. Returns the exit code."""
    from .play import in_terminal

    practice = Practice(progress_of(args.student), args.topic, args.level, args.review)
    if args.review:
        print(mistakes_text(practice))
    else:
        print(wrap("Practice: {due} due, {later} later, {new} new.".format(**practice.counts())))
    if remark := practice.progress.history().remark():
        print(wrap(remark))
    if practice.next() is not None:
        in_terminal(practice)
    print("\n" + wrap(practice.comes_back()))
    return 0


def mistakes_text(practice: Practice) -> str:
    """The mistakes of a review, for a terminal."""
    from scalinglaws.course.markdown import to_text

    from .mistakes import mistakes
    from .play import code_text, fill

    events = practice.progress.events()
    parts = []
    for mistake in mistakes(events, practice.now):
        if family(mistake.question) not in practice.questions:
            continue
        said = [f"You answered: {mistake.yours}", mistake.reply]
        said += [f"Right is: {mistake.right}" if mistake.right else "", mistake.solution]
        parts.append(wrap(f"{mistake.question} · {mistake.at.astimezone():%Y-%m-%d}"))
        parts.append(fill(code_text(mistake.prompt), "  "))
        parts += [fill(to_text(text), "  ") for text in said if text]
    if not parts:
        return "You have no mistakes to review."
    return "\n\n".join(["What you got wrong", *parts, "Now try them again."])


def practice(
    topic: str = "",
    level: str = "",
    widget: bool = True,
    review: bool = False,
    now: Callable[[], datetime] = utc_now,
):
    """Practise questions of the bank: those that are due first, then new ones; missed ones come
    back within minutes.

    topic: an idea ("optimum") or a notebook ("03_chinchilla"); "" for all. level: "introductory" to
    "expert"; "" for all. review: only what you got wrong last time, with your answer and the worked
    solution, until each is right. widget: False for plain text, to be played by calling methods of
    the result: answer(a), hint(), solution(), next(). now: the clock. Raises CourseError for an
    unknown topic or level. Your answers are saved as for `sl.progress`.
    """
    sitting = Practice(own_progress(now), topic, level, review)
    if not widget:
        from .play import Play

        if review:
            print(mistakes_text(sitting))
        return Play(sitting)

    def page():
        from .widget import Page

        sitting.next()
        return Page(sitting)

    what = "<b>Practice</b>: questions come back when you are about to forget them."
    return show(page, what, "practice")
