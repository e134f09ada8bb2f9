"""`scalinglaws items`: what a class did not understand, exercise by exercise."""

import argparse
import json
import re
import textwrap
from collections import Counter
from dataclasses import asdict, dataclass, field

import nbformat
import numpy as np
from nbgrader.coursedir import CourseDirectory

from scalinglaws.course.exercises import exercises
from scalinglaws.errors import CourseError
from scalinglaws.paths import course_dir

from .class_run import check_name, recall, students
from .nbgrader_api import load_config

LEGEND = """\
right: submissions with all points. mean: share of the points. discrimination: correlation with the points of
all other exercises; below 0.2 it tells little, below 0 something is wrong with the exercise. time: median of
its tests. Exercises that a person marks are left out."""


@dataclass
class Item:
    """One exercise over a class.

    right: share of submissions with all points. mean: mean share of the points. discrimination: correlation of the exercise's
    points with the points of all others (item-rest correlation, −1 to 1; nan where all have the same): above 0.2 is common, below 0
    the exercise asks for something else than the rest. seconds: median time of its tests. slips: [(message, count)].
    """

    exercise: str
    title: str
    answers: int
    right: float
    mean: float
    discrimination: float
    seconds: float
    slips: list[tuple[str, int]] = field(default_factory=list)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("assignment", help="for example 01_power_laws")
    parser.add_argument(
        "--slips", type=int, default=3, help="commonest messages of each (default: 3)"
    )
    parser.add_argument("--json", action="store_true", help="print JSON, for scripts")


def run(args: argparse.Namespace) -> int:
    """Print the analysis."""
    course = course_dir()
    check_name(course, args.assignment)
    directory = CourseDirectory(config=load_config(course, course))
    notes = [recall(course, args.assignment, name) for name in students(directory, args.assignment)]
    notes = [note["tests"] for note in notes if note.get("tests")]
    if not notes:
        raise CourseError(
            f"No graded submission of {args.assignment}: run `scalinglaws grade {args.assignment}` first."
        )
    titles = {}
    for path in sorted((course / "source" / args.assignment).glob("*.ipynb")):
        for exercise in exercises(nbformat.read(path, as_version=4)):
            titles[exercise.number] = (exercise.title, exercise.tests, exercise.by_hand)
    items = analyse(notes, titles, args.slips)
    if args.json:
        rows = [asdict(item) for item in items]
        for row in rows:  # JSON knows no nan
            row["discrimination"] = (
                None if np.isnan(row["discrimination"]) else row["discrimination"]
            )
        print(json.dumps(rows, indent=1))
        return 0
    width = max([len(item.title) for item in items] + [5])
    print(f"{args.assignment}: {len(notes)} submissions\n")
    print(f"  {'':>4} {'':<{width}}  right   mean  discrimination  time")
    for item in items:
        apart = "–" if np.isnan(item.discrimination) else f"{item.discrimination:.2f}"
        print(
            f"  {item.exercise:>4} {item.title:<{width}}  {item.right:5.0%}  {item.mean:5.0%}  {apart:>14}"
            f"  {item.seconds:.2g} s"
        )
        for message, count in item.slips:
            text = f"{count} × {message}"
            print(textwrap.fill(text, 100, initial_indent=" " * 9, subsequent_indent=" " * 13))
    print(f"\n{LEGEND}")
    return 0


def analyse(
    notes: list[dict], titles: dict[str, tuple[str, list[str], bool]], most: int = 3
) -> list[Item]:
    """An Item for each exercise that a computer marks.

    notes: for each submission {grade_id: {"points", "most", "message", "seconds"}}. titles: {exercise: (title, grade_ids, by hand)}.
    """
    chosen = {
        n: (title, tests) for n, (title, tests, by_hand) in titles.items() if tests and not by_hand
    }
    earned = np.array(
        [
            [sum(_number(note, test, "points") for test in tests) for _, tests in chosen.values()]
            for note in notes
        ]
    ).reshape(len(notes), len(chosen))
    worth = [
        max(sum(_number(note, test, "most") for test in tests) for note in notes) or 1.0
        for _, tests in chosen.values()
    ]
    items = []
    for i, (number, (title, tests)) in enumerate(chosen.items()):
        rest = earned.sum(axis=1) - earned[:, i]
        messages = [note[t]["message"] for note in notes for t in tests if t in note]
        seconds = [sum(_number(note, t, "seconds") for t in tests) for note in notes]
        items.append(
            Item(
                number,
                title,
                len(notes),
                float(np.mean(earned[:, i] >= worth[i])),
                float(np.mean(earned[:, i]) / worth[i]),
                _correlation(earned[:, i], rest),
                float(np.median(seconds)),
                _commonest([m for m in messages if m], most),
            )
        )
    return items


def _number(note: dict, test: str, key: str) -> float:
    return float(note.get(test, {}).get(key) or 0.0)


def _correlation(a: np.ndarray, b: np.ndarray) -> float:
    if len(a) < 2 or not a.std() or not b.std():
        return float("nan")
    return float(np.corrcoef(a, b)[0, 1])


def _commonest(messages: list[str], most: int) -> list[tuple[str, int]]:
    """The commonest messages; those that differ only in numbers are one, shown by its commonest wording."""
    groups: dict[str, Counter] = {}
    for message in messages:
        key = re.sub(r"[-+]?\d[\d.,]*(e[-+]?\d+)?", "#", message)
        groups.setdefault(key, Counter())[message] += 1
    ranked = sorted(groups.values(), key=lambda c: (-c.total(), c.most_common(1)[0][0]))
    return [(group.most_common(1)[0][0], group.total()) for group in ranked[:most]]
