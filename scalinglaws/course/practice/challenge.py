"""`scalinglaws challenge` and `sl.challenge()`: five problems against the clock, and a badge."""

import argparse
from collections.abc import Callable
from datetime import datetime

from scalinglaws.course.learner.events import own_progress, progress_of, utc_now
from scalinglaws.terminal import wrap

from .loading import show
from .sitting import LEVELS, PACES, Challenge, rules
from .view import TITLE


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    from scalinglaws.course.learner.identity import default_student

    parser.add_argument(
        "topic", nargs="?", default="", help="a further round: an idea or a notebook"
    )
    parser.add_argument("--level", default="", choices=["", *LEVELS], help="a further round: level")
    parser.add_argument("--pace", default="timed", choices=list(PACES), help="(default: timed)")
    parser.add_argument("--name", default="", help="the name on the badge")
    parser.add_argument(
        "--student", default=default_student(), help="who plays (default: %(default)s)"
    )


def run(args: argparse.Namespace) -> int:
    """Play a round in the terminal, or resume an unfinished one. Returns the exit code."""
    from .play import in_terminal

    challenge = Challenge(progress_of(args.student))
    if challenge.round and not challenge.over() and not (args.topic or args.level):
        print(wrap("Your round resumes where you left it; the clock kept running."))
        challenge.next()
    else:
        print(
            wrap(
                f"{TITLE}: {rules().lower()}. Time runs while you read. Ctrl-D stops; you can "
                "resume the round later."
            )
        )
        challenge.start(args.topic, args.level, args.pace, args.name or args.student)
    in_terminal(challenge)
    return 0


def challenge(widget: bool = True, now: Callable[[], datetime] = utc_now):
    """The challenge "LLM Scaling Master": a round of problems against the clock, and a badge when
    all are right.

    widget: False for plain text, to be played by calling methods of the result: start(name),
    answer(a), hint(), next(). now: the clock. A round resumes where you left it, even after a
    restart of the kernel. Your answers are saved as for `sl.progress`.
    """
    sitting = Challenge(own_progress(now))
    if not widget:
        from .play import Play

        return Play(sitting)

    def page():
        from .widget import Page

        return Page(sitting)

    what = f"<b>{TITLE}</b>: {rules().lower()}, and a badge when all are right."
    return show(page, what, "challenge")
