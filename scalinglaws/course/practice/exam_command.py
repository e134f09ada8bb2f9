"""`scalinglaws exam` and `sl.exam()`: an exam on the whole course, and the same printed for a class."""

import argparse
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from scalinglaws.course.learner.events import own_progress, progress_of, utc_now
from scalinglaws.course.markdown import to_text
from scalinglaws.errors import CourseError
from scalinglaws.terminal import table, wrap

from .exam import Desk
from .exam_view import TITLE, ExamView, rules, view
from .loading import show
from .sitting import PACES


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    from scalinglaws.course.learner.identity import default_student

    parser.add_argument("--pace", default="timed", choices=list(PACES), help="(default: timed)")
    parser.add_argument(
        "--seed",
        type=int,
        help="draws the same exam again; with --print, the seed of the first one",
    )
    parser.add_argument(
        "--print", type=int, metavar="N", dest="copies", help="write N different exams for a class"
    )
    parser.add_argument("--out", metavar="FOLDER", help="where to write them")
    parser.add_argument(
        "--student", default=default_student(), help="who takes it (default: %(default)s)"
    )


def run(args: argparse.Namespace) -> int:
    """Take an exam in the terminal, or print some. Returns the exit code."""
    if args.seed is not None and not 0 <= args.seed < 10**9:
        raise CourseError("A seed is a whole number from 0 to 999999999.")
    if args.copies is not None or args.out:
        if not args.copies or not args.out:
            raise CourseError("Printing takes both: --print N and --out FOLDER.")
        from .exam_print import write

        for path in write(args.copies, Path(args.out), args.seed):
            print(f"wrote {path}")
        return 0
    desk = Desk(progress_of(args.student))
    exam = desk.exam()
    if exam and not exam.over(desk.now):
        print(wrap("Your exam resumes where you left it; the clock kept running."))
    else:
        print(wrap(f"{TITLE}: {rules()} Ctrl-D stops; the exam resumes later."))
        desk.start(args.pace, args.seed)
    in_terminal(desk)
    return 0


_KEYS = "[Enter] next, b back, a number goes there, ! hand in, q stop"


def in_terminal(desk: Desk, read: Callable[[str], str] | None = None) -> None:
    """Take the current exam until the learner stops or submits it."""
    from .play import HOW, clock_text, code_text, fill

    read = read or input
    shown = view(desk)
    number = next((one.number for one in shown.questions if not one.answer), 0)
    sure = False
    print(wrap(f"Answer with = and your answer, such as =b or =12.5. {_KEYS}"))
    while shown.phase == "exam":
        one = shown.questions[number]
        left = sum(not each.answer for each in shown.questions)
        time = f" · {clock_text(shown.seconds_left)} left" if shown.seconds_left else ""
        facts = f"Question {number + 1} of {len(shown.questions)} · {one.level}{time} · {left} not answered"
        print(f"\n{wrap(facts)}\n\n{fill(code_text(one.prompt))}")
        if one.form != "truth":
            for letter, text in one.options.items():
                print(wrap(to_text(text), f"  {letter}. ", "     "))
        unit = f", in {one.unit}" if one.unit else ""
        names = f" in {', '.join(one.names)}" if one.names else ""
        print("\n" + wrap(f"{HOW[one.form]}{names}{unit}."))
        if one.answer:
            print(wrap(f"Your answer: {one.answer}"))
        try:
            typed = read("> ").strip()
        except EOFError:
            print()
            return
        if typed == "q":
            return
        if typed == "!":
            if left and not sure:
                sure = True
                print(wrap(f"{left} not answered: press ! again to hand in anyway."))
                continue
            desk.hand_in(shown.exam)
        elif typed.startswith("="):
            try:
                desk.answer(shown.exam, number, typed[1:])
                number = min(number + 1, len(shown.questions) - 1)
            except CourseError as error:
                print(wrap(str(error)))
        elif typed == "b":
            number = max(0, number - 1)
        elif not typed:
            number = min(number + 1, len(shown.questions) - 1)
        elif typed.isascii() and typed.isdigit() and 1 <= int(typed) <= len(shown.questions):
            number = int(typed) - 1
        else:
            print(
                wrap(
                    f"{typed!r} is not one of the keys. An answer begins with =, such as =b. "
                    f"{_KEYS}"
                )
            )
        sure = sure and typed == "!"
        shown = view(desk)
    print("\n" + report_text(shown))


def report_text(shown: ExamView) -> str:
    """The report of an exam that is over; "" before."""
    from .play import code_text, fill

    report = shown.report
    if report is None:
        return ""
    late = "Time is up. " if report.late else ""
    rows = [
        (one.name, f"{one.right} of {one.of}", f"read again: {one.notebook}" if one.right < one.of else "")
        for one in report.topics
    ]  # fmt: skip
    parts = [wrap(f"{late}{report.right} of {report.of} are right."), table(rows)]
    for one, marked in zip(shown.questions, report.marked, strict=True):
        if not marked.right:
            yours = one.answer or "nothing"
            parts.append(wrap(f"Question {one.number + 1}: you answered {yours}"))
            parts.append(fill(code_text(one.prompt), "  "))
            letters = [f"- {letter}. {text}" for letter, text in one.options.items()]
            if one.form != "truth" and letters:
                parts.append(fill(to_text("\n".join(letters)), "  "))
            parts.append(fill(to_text(marked.solution), "  "))
    parts.append(wrap(f"Seed {report.seed} draws the same exam again."))
    return "\n\n".join(parts)


class Exams:
    """An exam in plain cells of a notebook. Every action prints the new state."""

    def __init__(self, desk: Desk):
        self._desk = desk
        self.show()

    def start(self, pace: str = "timed", seed: int | None = None) -> None:
        """Begin an exam, or resume the one that is open; parameters as for `Desk.start`."""
        self._desk.start(pace, seed)
        self.show()

    def answer(self, number: int, answer: Any) -> None:
        """Answer question `number`, counted from 1; you may change the answer until you submit the
        exam.
        """
        self._desk.answer(view(self._desk).exam, number - 1, str(answer))
        self.show()

    def hand_in(self) -> None:
        """End the exam and print the report."""
        self._desk.hand_in(view(self._desk).exam)
        self.show()

    def show(self) -> None:
        """Print where you are."""
        from .play import code_text, fill

        shown = view(self._desk)
        if shown.phase == "start":
            print(wrap(f"{rules()} Begin with start()."))
        elif shown.phase == "report":
            print(report_text(shown))
        else:
            for one in shown.questions:
                print(f"\n{one.number + 1}. {fill(code_text(one.prompt))}")
                for letter, text in one.options.items():
                    print(wrap(to_text(text), f"  {letter}. ", "     "))
                print(wrap(f"Your answer: {one.answer or 'none yet'}"))
            print(
                "\n" + wrap("answer(1, ...) answers the first question; hand_in() ends the exam.")
            )


def exam(widget: bool = True, now: Callable[[], datetime] = utc_now):
    """An exam on the whole course: drawn each time, timed as a whole, resumed where you left it,
    marked with a report by topic.

    widget: False for plain text, to be taken by calling methods of the result: start(),
    answer(number, a), hand_in(). now: the clock. Your answers are saved as for `sl.progress`.
    """
    desk = Desk(own_progress(now))
    if not widget:
        return Exams(desk)

    def page():
        from .exam_widget import ExamPage

        return ExamPage(desk)

    return show(page, "<b>Exam</b>.", "exam")
