"""The guide for instructors names exercises that exist, and times and points that the notebooks give."""

import re

import pytest

from scalinglaws.course.exercises import exercises

from .notebooks import ASSIGNMENTS, COURSE, source

GUIDE = (COURSE / "docs" / "teaching.md").read_text("utf-8")
NOTEBOOKS = {name[:2]: name for name in ASSIGNMENTS}


@pytest.mark.parametrize("number", sorted(NOTEBOOKS))
def test_its_exercises_times_and_points_are_those_of_the_notebooks(number):
    notebook = source(NOTEBOOKS[number])
    found = exercises(notebook)
    whole = {exercise.number for exercise in found}
    known = whole | {name.rstrip("abcdef") for name in whole}
    named = set(re.findall(rf"\b{number}/(\d+[a-f]?)\b", GUIDE))
    assert named and named <= known
    (row,) = re.findall(rf"^\| {number} .*\| (\d+(?: \+ \d+)?) \| (\d+) \|$", GUIDE, re.M)
    assert float(row[1]) == sum(exercise.points for exercise in found)
    text = "\n".join(cell.source for cell in notebook.cells)
    first, later = re.search(
        r"\*\*Time:\*\* about (\d+) minutes(?:, and another (\d+))?", text
    ).groups()
    assert row[0] == (f"{first} + {later}" if later else first)


def test_it_names_no_notebook_that_does_not_exist():
    assert set(re.findall(r"\b(\d\d)/\d", GUIDE)) <= set(NOTEBOOKS)
