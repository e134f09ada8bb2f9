"""`scalinglaws progress` and `sl.progress()`: what comes next, what was done today and in total,
mastery of each idea.
"""

import argparse
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from scalinglaws.course.ideas import IDEAS, before, ideas_of
from scalinglaws.course.learner.events import (
    Checked,
    Event,
    Progress,
    own_progress,
    progress_of,
    student_of,
)
from scalinglaws.course.learner.workspace import assignments as given_out, read_record, worked_on
from scalinglaws.course.questions.seal import sealed_bank
from scalinglaws.errors import CourseError
from scalinglaws.paths import course_dir
from scalinglaws.terminal import table, wrap

from .places import START, Place, exercise_places, first_untouched
from .sitting import memories
from .today import Today, set_goal, today_of

_NEARLY = 0.8  # mastery above which an idea counts as learned


@dataclass(frozen=True)
class Score:
    """One assignment at its last `scalinglaws check`. right, exercises: counts; by_hand: points that a person marks."""

    assignment: str
    points: float = 0.0
    max_points: float = 0.0
    right: int = 0
    exercises: int = 0
    by_hand: float = 0.0
    first_open: str = ""  # the first exercise that is not right yet
    at: datetime | None = None  # when it was checked; None if never

    @property
    def checked(self) -> str:
        """When it was checked, in local time; "" if never."""
        return f"{self.at.astimezone():%Y-%m-%d %H:%M}" if self.at else ""

    @property
    def in_words(self) -> str:
        """Its points in words."""
        if not self.checked:
            return "not checked yet"
        hand = f", and {self.by_hand:g} that a person marks" if self.by_hand else ""
        return f"{self.points:g} of {self.max_points:g} points{hand}"


@dataclass(frozen=True)
class Mastery:
    """One idea: how many of its questions were answered, and the share that would be answered
    correctly now (FSRS).
    """

    answered: int
    questions: int
    share: float


@dataclass(frozen=True)
class Step:
    """Something to do next.

    call, command: how to do it in a notebook and in a terminal; "" if the text says it. place:
    where to do it.
    """

    text: str
    place: Place
    call: str = ""
    command: str = ""

    @property
    def in_notebook(self) -> str:
        """The sentence for a notebook, in Markdown."""
        return f"{self.text}: `{self.call}`." if self.call else self.text

    @property
    def in_terminal(self) -> str:
        """The sentence for a terminal."""
        return f"{self.text}: {self.command}" if self.command else self.text


@dataclass(frozen=True)
class Report:
    """Everything that the desk shows; `_repr_html_` draws it in a notebook, `str` in a terminal.
    waiting: how many questions on an idea are due.
    """

    student: str
    scores: tuple[Score, ...]
    mastery: dict[str, Mastery]
    due: int
    later: int
    new: int
    badges: tuple[Path, ...]
    steps: tuple[Step, ...]
    today: Today
    waiting: Mapping[str, int]
    folder: Path  # the learner's own
    release: Path  # of the released notebooks
    remark: str = ""  # on unreadable lines of the file

    @property
    def next(self) -> tuple[str, ...]:
        """What to do next, in a notebook's words."""
        return tuple(step.in_notebook for step in self.steps)

    def __str__(self) -> str:
        return _as_text(self)

    def _repr_html_(self) -> str:
        from .desk_page import as_html

        return as_html(self, Path.cwd())


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    from scalinglaws.course.learner.identity import default_student

    parser.add_argument(
        "--goal", type=int, metavar="N", help="questions and exercises a day; 0 for no goal"
    )
    parser.add_argument(
        "--student", default=default_student(), help="whose progress (default: %(default)s)"
    )


def run(args: argparse.Namespace) -> int:
    """Print the report. Returns the exit code."""
    mine = progress_of(args.student)
    if args.goal is not None:
        set_goal(mine, args.goal)
    print(report(mine))
    return 0


def progress(goal: int | None = None) -> Report:
    """What you have done in this course, and what comes next.

    goal: how many questions and exercises you want to do per day, from now on; 0 for no goal, None
    to leave it as it is. Your record is kept in the course's folder, or beside the notebook if
    there is none, as on Colab. Raises CourseError for an invalid goal.
    """
    mine = own_progress()
    if goal is not None:
        set_goal(mine, goal)
    return report(mine)


def _release_dir() -> Path:
    """The folder of the released notebooks; outside a course, one that does not exist."""
    try:
        return course_dir() / "release"
    except CourseError:
        return Path("release").absolute()


def report(progress: Progress, assignments: Sequence[str] | None = None) -> Report:
    """The report of one learner. assignments: the course's own, by default those in release/."""
    release, own = _release_dir(), progress.path.parent.absolute()
    if assignments is None:
        assignments = given_out(release) if release.is_dir() else []
    history, now = progress.history(), progress.now()
    events = history.events
    known = memories(events, now)
    mastery = {}
    for idea in IDEAS:
        mine = [
            q for q, sealed in sealed_bank().items() if idea in ideas_of(sealed.question.covers)
        ]
        recall = [known[q].recall(now) for q in mine if q in known]
        mastery[idea] = Mastery(len(recall), len(mine), sum(recall) / max(len(mine), 1))
    late = [question for question, memory in known.items() if memory.due <= now]
    due = len(late)
    waiting = Counter(idea for q in late for idea in ideas_of(sealed_bank()[q].question.covers)[:1])
    scores = tuple(_score(assignment, events) for assignment in assignments)
    badges = tuple(sorted((progress.path.parent / "badges").glob("*.png")))
    return Report(
        student=student_of(progress),
        scores=scores,
        mastery=mastery,
        due=due,
        later=len(known) - due,
        new=len(sealed_bank()) - len(known),
        badges=badges,
        steps=_what_next(scores, mastery, due, bool(badges), release, own),
        today=today_of(events, now),
        waiting=waiting,
        folder=own,
        release=release,
        remark=history.remark(),
    )


def _score(assignment: str, events: Sequence[Event]) -> Score:
    """The last report of `scalinglaws check` on an assignment."""
    checks = [e for e in events if isinstance(e, Checked) and e.assignment == assignment]
    if not checks:
        return Score(assignment)
    last = checks[-1]
    rows = last.exercises
    done = {number for number, row in rows.items() if row.done}
    return Score(
        assignment=assignment,
        points=last.score,
        max_points=last.max_score,
        right=len(done),
        exercises=len(rows),
        by_hand=sum(row.max_points for row in rows.values() if row.by_hand),
        first_open=next((number for number in rows if number not in done), ""),
        at=last.at,
    )


def _what_next(
    scores: Sequence[Score],
    mastery: dict[str, Mastery],
    due: int,
    badge: bool,
    release: Path,
    own: Path,
) -> tuple[Step, ...]:
    """At most three things to do, the most urgent first. release: the released notebooks; own: the
    learner's folder.
    """
    practice = Place(START, "practice", "practice")
    challenge = Place(START, "challenge", "challenge")
    steps = [_resume(scores, release, own)] if scores else []
    if due:
        what = "1 question is" if due == 1 else f"{due} questions are"
        steps.append(
            Step(f"Practise: {what} due", practice, "sl.practice()", "scalinglaws practice")
        )
    ready = [
        idea
        for idea, found in mastery.items()
        if found.answered
        and found.share < _NEARLY
        and all(mastery[need].share >= _NEARLY for need in before(idea) if mastery[need].answered)
    ]
    if ready:
        idea = min(ready, key=lambda name: mastery[name].share)
        steps.append(
            Step(
                f"Strengthen “{IDEAS[idea].name}”",
                practice,
                f'sl.practice("{idea}")',
                f"scalinglaws practice {idea}",
            )
        )
    if not badge:
        steps.append(Step("Earn the badge", challenge, "sl.challenge()", "scalinglaws challenge"))
    again = "All is done and nothing is due: try another round of the challenge"
    found = [step for step in steps if step is not None]
    last = Step(again, challenge, "sl.challenge()", "scalinglaws challenge")
    return tuple(found[:3]) or (last,)


def _resume(scores: Sequence[Score], release: Path, own: Path) -> Step | None:
    """Where the learner stopped: the unfinished notebook that was last written or checked,
    otherwise the next notebook.
    """
    record = read_record(own)
    begun: list[tuple[float, Score]] = []
    fresh: list[Score] = []
    for score in scores:
        name = score.assignment
        when = worked_on(own, name, f"{name}.ipynb", record) if name in record else 0.0
        when = max(when, score.at.timestamp() if score.at else 0.0)
        if not when:
            fresh.append(score)
        elif score.first_open or not score.at:
            begun.append((when, score))
    if not begun:
        if not fresh:
            return None
        name = fresh[0].assignment
        return Step(f"Open {name}", Place(name, "", name))
    _, score = max(begun, key=lambda found: found[0])
    name = score.assignment
    number = score.first_open or first_untouched(release, own, name)
    if not number:
        check = f"scalinglaws check {name}"
        whole = Place(name, "", name)
        return Step(f"All of {name} is answered; check it", whole, command=check)
    place = exercise_places(release, name).get(number, Place(name, "", name))
    return Step(f"Resume {name} at exercise {number}", place)


# -- Shown


def _as_text(report: Report) -> str:
    notebooks = [
        (score.assignment, f"{score.right}/{score.exercises} exercises" if score.checked else "–", score.in_words)
        for score in report.scores
    ]  # fmt: skip
    ideas = [
        (
            IDEAS[name].name,
            f"{'█' * round(10 * found.share):░<10} {found.share:>4.0%}",
            f"{found.answered} of {found.questions} answered",
        )
        for name, found in report.mastery.items()
    ]
    caption = "Ideas (the share of their questions that you would answer rightly today)"
    parts = [
        f"{wrap(f'Progress of {report.student}')}\n{wrap(str(report.today))}",
        "\n".join(["Next", *(wrap(step.in_terminal, "  - ", "    ") for step in report.steps)]),
        "Notebooks\n" + table(notebooks) if notebooks else "",
        f"{wrap(caption)}\n{table(ideas)}",
        wrap(f"Practice: {report.due} due, {report.later} later, {report.new} new")
        + "".join(f"\nBadge: {path.name}" for path in report.badges)
        + ("" if report.badges else "\nBadge: none yet"),
        wrap(report.remark),
    ]
    return "\n\n".join(filter(None, parts))
