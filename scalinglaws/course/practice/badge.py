"""The badge: a picture with the name, the date and the result of one round, saved beside the
learner's work. It is a keepsake, not a certificate.
"""

import io
import textwrap
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from scalinglaws.course.ideas import IDEAS, ideas_of
from scalinglaws.course.learner.events import Event, Pace, Started
from scalinglaws.course.questions.seal import find
from scalinglaws.files import write_output

from .sitting import Challenge, Turn, five_problems, number_word


@dataclass(frozen=True)
class Badge:
    """A picture, and what it shows in words."""

    file: Path
    alt: str


def badge_of(challenge: Challenge, events: Sequence[Event]) -> Badge | None:
    """The badge of a round that was won, drawn now if necessary; None for other rounds.

    Raises CourseError if it cannot be written; it is then drawn the next time.
    """
    if challenge.round is None or not challenge.won(events):
        return None
    folder = challenge.progress.path.parent / "badges"
    won = challenge.turns(events)[-1]
    day = (won.last or won.asked).astimezone()
    round_ = challenge.round
    subject = _subject(round_)
    name = round_.name
    turns = challenge.turns(events)
    result = _result(turns)
    ideas = _ideas(round_.questions)
    number = round_.sitting.rpartition("-")[2]
    line = f"Round {number}, {_PACE[round_.pace]} · {_day(day)} · seed {round_.seed}"
    path = folder / f"llm-scaling-master-{day:%Y-%m-%d}-{round_.sitting}.png"
    alt = (
        f"Badge “LLM Scaling Master”{f' for {name}' if name else ''}: {subject}. {result}. "
        f"Questions on: {', '.join(ideas)}. {line}."
    )
    if not path.is_file():
        write_output(path, draw(name, subject, result, ideas, line))
    return Badge(path, alt)


def _subject(round_: Started) -> str:
    if not round_.topic and not round_.level:
        if list(round_.questions) == five_problems():
            return "the five problems"
        return f"{number_word(len(round_.questions))} problems, drawn for this round"
    topic = round_.topic
    topic = IDEAS[topic].name if topic in IDEAS else topic.replace("_", " ")
    return ", ".join(filter(None, [topic, round_.level]))


def _result(turns: Sequence[Turn]) -> str:
    """The result of the round: "5 of 5 right, 3 at the first attempt, with 1 hint"."""
    right = sum(turn.right for turn in turns)
    first = sum(turn.right and len(turn.answers) == 1 for turn in turns)
    hints = sum(turn.hints for turn in turns)
    helped = f"with {hints} hint{'s' * (hints > 1)}" if hints else "without a hint"
    return f"{right} of {len(turns)} right, {first} at the first attempt, {helped}"


_PACE: dict[Pace, str] = {
    "timed": "against the clock",
    "double": "in double time",
    "untimed": "without a clock",
}


def _ideas(questions: Sequence[str]) -> list[str]:
    rows = {row for question in questions for row in find(question).covers}
    return [IDEAS[idea].name for idea in ideas_of(rows)]


def _day(day: datetime) -> str:
    return f"{day.day} {day:%B %Y}"


def draw(name: str, subject: str, result: str, ideas: Sequence[str], line: str) -> bytes:
    """The picture, 1200 by 630 points, as PNG; the same bytes for the same badge."""
    import numpy as np
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    import scalinglaws as sl
    from scalinglaws.plots.style import BLUE, GOLD, NIGHT, ORANGE, PALE_BLUE, SILVER

    figure = Figure(figsize=(12, 6.3), dpi=100, facecolor=NIGHT)
    FigureCanvasAgg(figure)
    # Runs of many sizes and their common frontier, from Hoffmann's law.
    ax = figure.add_axes((0.56, 0.1, 0.41, 0.8), facecolor="none")
    for N in np.geomspace(1e7, 1e12, 11):
        D = np.geomspace(0.3, 500, 80) * N
        ax.plot(6 * N * D, sl.CHINCHILLA(N, D), color=PALE_BLUE, linewidth=1.2, alpha=0.8)
    C = np.geomspace(1e16, 1e26, 80)
    sizes = np.geomspace(1e6, 1e13, 200)
    best = [float(np.min(sl.CHINCHILLA(sizes, c / (6 * sizes)))) for c in C]
    ax.plot(C, best, color=ORANGE, linewidth=4)
    ax.set(xscale="log", yscale="log", xlim=(1e16, 1e26), ylim=(1.75, 6.5))
    ax.axis("off")
    write = figure.text
    figure.patches.append(_frame(figure, BLUE))
    write(0.06, 0.82, "LLM Scaling Master", color="white", fontsize=36, fontweight="bold")
    write(0.06, 0.745, subject, color=GOLD, fontsize=18)
    size = min(34.0, 34.0 * 24 / max(len(name), 1))
    write(0.06, 0.575, name, color="white", fontsize=size, style="italic")
    text = f"{result}. Questions on: {', '.join(ideas)}"
    lines = textwrap.wrap(text, 52)
    write(0.06, 0.50, "\n".join(lines[:7]), color="white", fontsize=15, va="top", linespacing=1.5)
    write(0.06, 0.09, line, color=SILVER, fontsize=14)
    picture = io.BytesIO()
    with warnings.catch_warnings():  # a letter that is missing from all fonts is drawn as a box
        warnings.simplefilter("ignore")
        figure.savefig(picture, format="png", metadata={"Software": None})
    return picture.getvalue()


def _frame(figure, colour: str):
    from matplotlib.patches import FancyBboxPatch

    return FancyBboxPatch(
        (0.015, 0.03), 0.97, 0.94, boxstyle="round,pad=0,rounding_size=0.02", linewidth=4,
        edgecolor=colour, facecolor="none", transform=figure.transFigure,
    )  # fmt: skip
