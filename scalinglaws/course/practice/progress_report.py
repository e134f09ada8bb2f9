"""`scalinglaws progress`, and the panel of the start page: what is done, scores, mastery on the map of ideas, what comes next."""

import argparse
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from urllib.parse import quote

from scalinglaws.course.ideas import IDEAS, before, ideas_of
from scalinglaws.course.learner.events import Checked, Event, Progress, progress_of, student_of
from scalinglaws.course.questions.seal import sealed_bank
from scalinglaws.terminal import table, wrap

from .sitting import memories

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
    checked: str = ""  # when


@dataclass(frozen=True)
class Mastery:
    """One idea: how many of its questions were answered, and the share that would be answered rightly now (FSRS)."""

    answered: int
    questions: int
    share: float


@dataclass(frozen=True)
class Step:
    """Something to do next. call, command: how, in a notebook and in a terminal; "" where the text says it."""

    text: str
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
    """All that the panel says; `_repr_html_` draws it in a notebook, `str` in a terminal."""

    student: str
    scores: tuple[Score, ...]
    mastery: dict[str, Mastery]
    due: int
    known: int
    new: int
    badges: tuple[Path, ...]
    steps: tuple[Step, ...]
    folder: Path = Path()  # the learner's own
    remark: str = ""  # on what the file holds and nobody can read

    @property
    def next(self) -> tuple[str, ...]:
        """What to do next, in a notebook's words."""
        return tuple(step.in_notebook for step in self.steps)

    def __str__(self) -> str:
        return _as_text(self)

    def _repr_html_(self) -> str:
        return _as_html(self)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    from scalinglaws.course.learner.identity import default_student

    parser.add_argument("--student", default=default_student(), help="whose (default: %(default)s)")


def run(args: argparse.Namespace) -> int:
    """Print the report. Returns the exit code."""
    print(report(progress_of(args.student)))
    return 0


def progress() -> Report:
    """What you have done in this course, and what comes next. Raises CourseError outside the course's folder."""
    return report(progress_of())


def report(progress: Progress, assignments: Sequence[str] | None = None) -> Report:
    """The report of one learner. assignments: the course's own, by default those in release/."""
    if assignments is None:
        assignments = _released()
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
    due = sum(memory.due <= now for memory in known.values())
    scores = tuple(_score(assignment, events) for assignment in assignments)
    badges = tuple(sorted((progress.path.parent / "badges").glob("*.png")))
    return Report(
        student=student_of(progress),
        scores=scores,
        mastery=mastery,
        due=due,
        known=len(known) - due,
        new=len(sealed_bank()) - len(known),
        badges=badges,
        steps=_what_next(scores, mastery, due, bool(badges)),
        folder=progress.path.parent.absolute(),
        remark=history.remark(),
    )


def _released() -> list[str]:
    from scalinglaws.course.learner.workspace import assignments
    from scalinglaws.paths import course_dir

    return assignments(course_dir() / "release")


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
        checked=last.at.astimezone().strftime("%Y-%m-%d %H:%M"),
    )


def _what_next(
    scores: Sequence[Score], mastery: dict[str, Mastery], due: int, badge: bool
) -> tuple[Step, ...]:
    """At most three things to do, the most urgent first."""
    steps: list[Step] = []
    if due:
        what = "1 question is" if due == 1 else f"{due} questions are"
        steps.append(Step(f"Practise, {what} due", "sl.practice()", "scalinglaws practice"))
    if begun := [score for score in scores if score.checked and score.first_open]:
        score = begun[-1]
        steps.append(Step(f"Go on in {score.assignment}, at exercise {score.first_open}."))
    elif fresh := [score for score in scores if not score.checked]:
        name = fresh[0].assignment
        check = f"scalinglaws check {name}"
        steps.append(Step(f"Open {name}. To see its points here, run in a terminal", check, check))
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
                f'sl.practice("{idea}")',
                f"scalinglaws practice {idea}",
            )
        )
    if not badge:
        steps.append(Step("Earn the badge", "sl.challenge()", "scalinglaws challenge"))
    again = "All is done and nothing is due: try a further round of the challenge"
    return tuple(steps[:3]) or (Step(again, "sl.challenge()", "scalinglaws challenge"),)


# -- Shown


def _points(score: Score) -> str:
    if not score.checked:
        return "not checked yet"
    hand = f", and {score.by_hand:g} that a person marks" if score.by_hand else ""
    return f"{score.points:g} of {score.max_points:g} points{hand}"


def _as_text(report: Report) -> str:
    notebooks = [
        (score.assignment, f"{score.right}/{score.exercises} exercises" if score.checked else "–", _points(score))
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
        f"Progress of {report.student}",
        "\n".join(["Next", *(wrap(step.in_terminal, "  - ", "    ") for step in report.steps)]),
        "Notebooks\n" + table(notebooks) if notebooks else "",
        f"{wrap(caption)}\n{table(ideas)}",
        wrap(f"Practice: {report.due} due, {report.known} known, {report.new} new")
        + "".join(f"\nBadge: {path.name}" for path in report.badges)
        + ("" if report.badges else "\nBadge: none yet"),
        wrap(report.remark),
    ]
    return "\n\n".join(filter(None, parts))


def _notebook(folder: Path, notebook: str) -> str:
    """The way from the page that shows the report to a notebook of the learner's."""
    target = folder / notebook / f"{notebook}.ipynb"
    return Path(os.path.relpath(target)).as_posix()


def _as_html(report: Report) -> str:
    import matplotlib.pyplot as plt

    from scalinglaws.course.idea_map import boxes, plot_ideas
    from scalinglaws.plots.alt import to_html
    from scalinglaws.plots.style import whole_figure

    ax = plot_ideas(mastery={idea: found.share for idea, found in report.mastery.items()})
    figure = whole_figure(ax)
    image = to_html(
        figure, "Map of the ideas, each filled as far as you master it. The table says the same."
    )
    links = "".join(
        f'<a href="{escape(quote(_notebook(report.folder, IDEAS[idea].notebook)))}" '
        f'title="{escape(f"{IDEAS[idea].name}: open {IDEAS[idea].notebook}")}" '
        f'aria-label="{escape(f"{IDEAS[idea].name}: open {IDEAS[idea].notebook}")}" '
        f'style="position:absolute;left:{100 * left:.2f}%;top:{100 * top:.2f}%;'
        f'width:{100 * width:.2f}%;height:{100 * height:.2f}%"></a>'
        for idea, (left, top, width, height) in boxes(ax).items()
    )
    picture = f'<div style="position:relative;display:inline-block">{image}{links}</div>'
    plt.close(figure)
    cell = 'style="text-align:left;padding:0.15em 1em 0.15em 0"'
    number = 'style="text-align:right;padding:0.15em 1em 0.15em 0"'

    def table(caption: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
        titles = "".join(f'<th scope="col" {cell}>{escape(title)}</th>' for title in head)
        lines = "".join(
            f'<tr><th scope="row" {cell}>{escape(row[0])}</th>'
            + "".join(f"<td {number}>{escape(value)}</td>" for value in row[1:])
            + "</tr>"
            for row in rows
        )
        return (
            f'<table><caption style="text-align:left;font-weight:bold">{escape(caption)}</caption>'
            f"<thead><tr>{titles}</tr></thead><tbody>{lines}</tbody></table>"
        )

    steps = "".join(f"<li>{escape(step)}</li>" for step in report.next)
    steps = re.sub("`([^`]+)`", r"<code>\1</code>", steps)
    notebooks = table(
        "Notebooks, at their last check",
        ("notebook", "exercises", "points"),
        [
            (
                score.assignment,
                f"{score.right} of {score.exercises}" if score.checked else "–",
                _points(score),
            )
            for score in report.scores
        ],
    )
    ideas = table(
        "Ideas: the share of their questions that you would answer rightly today",
        ("idea", "mastery", "answered"),
        [
            (IDEAS[name].name, f"{found.share:.0%}", f"{found.answered} of {found.questions}")
            for name, found in report.mastery.items()
        ],
    )
    badges = ", ".join(path.name for path in report.badges) or "none yet"
    return (
        f"<div><p><b>Next</b></p><ul>{steps}</ul>{notebooks}"
        f"{picture}"
        f"<details><summary>The map as a table</summary>{ideas}</details>"
        f"<p>Practice: {report.due} due, {report.known} known, {report.new} new. Badges: {escape(badges)}.</p>"
        f"{f'<p>{escape(report.remark)}</p>' if report.remark else ''}</div>"
    )
