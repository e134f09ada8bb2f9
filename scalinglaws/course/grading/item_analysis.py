"""`scalinglaws items`: what a class did not understand, exercise by exercise."""

import argparse
import json
import math
import re
import sys
import textwrap
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from nbgrader.coursedir import CourseDirectory

from scalinglaws.course.exercises import check_name, exercises, read_notebook
from scalinglaws.errors import CourseError
from scalinglaws.paths import complete_course_dir

from .classroom import current_versions, describe_stale, read_entries, stale, students
from .ledger import Ledger
from .nbgrader_api import load_config
from .results import Result, State, Test, results

LEGEND = """\
right: submissions with all points. mean: share of the points. discrimination: correlation with the points of
all other exercises; below 0.2 it tells little, below 0 something is wrong with the exercise. time: median of
its tests. Exercises that a person marks are left out, and so is work that could not be judged."""


@dataclass
class Item:
    """One exercise over a class.

    answers: submissions that count. unjudged: submissions left out because this exercise could not
    be judged. right: share of submissions with all points. mean: mean share of the points.
    discrimination: correlation of the exercise's points with the share of all other points that
    could be judged (item-rest correlation, −1 to 1; nan if all have the same): above 0.2 is common,
    below 0 the exercise measures something different from the others. seconds: median time of its
    tests. slips: [(message, count)]. If no submission counts, the numbers are nan.
    """

    exercise: str
    title: str
    answers: int
    unjudged: int
    right: float
    mean: float
    discrimination: float
    seconds: float
    slips: list[tuple[str, int]] = field(default_factory=list)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("assignment", help="for example 01_power_laws")
    parser.add_argument(
        "--slips", type=int, default=3, help="most common messages of each (default: 3)"
    )
    parser.add_argument("--json", action="store_true", help="print JSON, for scripts")


def run(args: argparse.Namespace) -> int:
    """Print the analysis."""
    course = complete_course_dir()
    check_name(course, args.assignment)
    config = load_config(course, course)
    directory = CourseDirectory(config=config)
    ledger = Ledger(course, args.assignment)
    entries = read_entries(ledger, students(directory, args.assignment))
    graded = [entry.tests for entry in entries.values() if entry is not None and entry.tests]
    if not graded:
        raise CourseError(
            f"No graded submission of {args.assignment}: run `scalinglaws grade {args.assignment}` first."
        )
    items = class_items(course, args.assignment, graded, args.slips)
    old = stale(entries, current_versions(directory, config, args.assignment))
    if old:
        print(describe_stale(old, args.assignment), file=sys.stderr)
    if args.json:
        rows = [asdict(item) for item in items]
        for row in rows:  # JSON knows no nan
            row |= {k: None for k, v in row.items() if isinstance(v, float) and np.isnan(v)}
        print(json.dumps(rows, indent=1))
        return 0
    width = max([len(item.title) for item in items] + [5])
    print(f"{args.assignment}: {len(graded)} submissions\n")
    print(f"  {'':>4} {'':<{width}}  right   mean  discrimination  time")
    for item in items:
        print(
            f"  {item.exercise:>4} {item.title:<{width}}  {_show(item.right, '.0%'):>5}"
            f"  {_show(item.mean, '.0%'):>5}  {_show(item.discrimination, '.2f'):>14}"
            f"  {_show(item.seconds, '.2g')} s"
        )
        if item.unjudged:
            print(f"{'':9}{item.unjudged} could not be judged and are left out")
        for message, count in item.slips:
            text = f"{count} × {message}"
            print(textwrap.fill(text, 100, initial_indent=" " * 9, subsequent_indent=" " * 13))
    print(f"\n{LEGEND}")
    return 0


def class_items(
    course: Path, assignment: str, graded: Sequence[Mapping[str, Test]], most: int = 3
) -> list[Item]:
    """The analysis of an assignment. graded: the tests of each submission, from the ledger. most: how many slips."""
    known = [
        exercise
        for path in sorted((course / "source" / assignment).glob("*.ipynb"))
        for exercise in exercises(read_notebook(path))
    ]
    return analyse([results(known, tests) for tests in graded], most)


def analyse(submissions: Sequence[Sequence[Result]], most: int = 3) -> list[Item]:
    """An Item for each exercise that a computer marks.

    submissions: for each, the results of the same exercises in the same order. most: how many slips
    to list.
    """
    chosen = [column for column in zip(*submissions, strict=True) if not column[0].by_hand]
    worth = np.array([max(max(r.max_points for r in column), 1e-9) for column in chosen])
    # If the grader failed, the learner's result is unknown: nan, not 0 points.
    earned = np.array(
        [
            [math.nan if r.state is State.UNJUDGED else r.points or 0.0 for r in column]
            for column in chosen
        ]
    )
    items = []
    for i, column in enumerate(chosen):
        judged = [r for r in column if r.state is not State.UNJUDGED]
        known = ~np.isnan(earned[i])
        others = np.delete(earned[:, known], i, axis=0)
        # The points of the other exercises that were judged.
        possible = np.delete(worth, i) @ ~np.isnan(others)
        both = possible > 0
        mine = earned[i][known]
        rest = np.nansum(others, axis=0)[both] / possible[both]
        items.append(
            Item(
                exercise=column[0].number,
                title=column[0].title,
                answers=len(judged),
                unjudged=len(column) - len(judged),
                right=_over(np.mean, mine >= worth[i]),
                mean=_over(np.mean, mine / worth[i]),
                discrimination=_correlation(mine[both], rest),
                seconds=_over(np.median, [r.seconds for r in judged]),
                slips=_commonest([m for r in judged for m in r.messages], most),
            )
        )
    return items


def _over(statistic: Callable[..., Any], values: Sequence[float] | np.ndarray) -> float:
    """A statistic of some values; nan if there are none."""
    return float(statistic(values)) if len(values) else math.nan


def _show(value: float, form: str) -> str:
    return "–" if math.isnan(value) else format(value, form)


def _correlation(a: np.ndarray, b: np.ndarray) -> float:
    if len(a) < 2 or np.ptp(a) == 0 or np.ptp(b) < 1e-12:
        return math.nan
    return float(np.corrcoef(a, b)[0, 1])


def _commonest(messages: list[str], most: int) -> list[tuple[str, int]]:
    """The most common messages; those that differ only in numbers count as one, shown in its most
    common wording.
    """
    groups: dict[str, Counter[str]] = {}
    for message in messages:
        key = re.sub(r"[-+]?\d[\d.,]*(e[-+]?\d+)?", "#", message)
        groups.setdefault(key, Counter())[message] += 1
    ranked = sorted(groups.values(), key=lambda c: (-c.total(), c.most_common(1)[0][0]))
    return [(group.most_common(1)[0][0], group.total()) for group in ranked[:most]]
