"""Hints have three rungs: a direction, a structure, nearly the line."""

import re

import pytest

from .notebooks import ASSIGNMENTS, source

# A guess has no right answer, an essay has a rubric, and a question's hints come from its bank.
_WITHOUT = re.compile(r"a guess|a bet|marked by a")


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_every_exercise_has_hints_on_three_rungs(assignment):
    few = {}
    for cell in source(assignment).cells:
        heading = re.search(r"^### (Exercise .*)$", cell.source, re.M)
        if cell.cell_type != "markdown" or not heading:
            continue
        if _WITHOUT.search(heading[1]) or "question" in cell.metadata.get("scalinglaws", {}):
            continue
        rungs = [int(n) for n in re.findall(r"<summary>Hint (\d)", cell.source)]
        hints = re.findall(r"<summary>Hint \d[^<]*</summary>(.*?)</details>", cell.source, re.S)
        if rungs != [1, 2, 3] or len({hint.strip() for hint in hints} - {""}) != 3:
            few[heading[1]] = rungs
    assert not few
