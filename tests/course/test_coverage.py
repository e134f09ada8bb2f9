"""Nothing of what the course set out to teach is left out: every row is graded, every wrong claim is caught somewhere."""

import re

import pytest

from scalinglaws.course.exercises import exercises
from scalinglaws.course.questions import bank

from .notebooks import ASSIGNMENTS, COURSE, ROWS, source

# The rows of the coverage map: the challenge, the pipeline, the exam, no universal law, theory,
# the laws since 2022.
ALL_ROWS = {
    f"{part}{i}"
    for part, last in (("A", 5), ("B", 11), ("C", 18), ("D", 10), ("E", 5), ("F", 12))
    for i in range(1, last + 1)
}

# The claims of the source material that are wrong, imprecise or malformed (or right for a wrong reason).
CLAIMS_TO_MEND = {
    f"{text}-{number}"
    for text, numbers in {
        "000": "2 3 4 5 8 9",
        "001": "1 3 4 5 6 7 8 9 10 11 13 15 17 21 22",
        "002": "2 3 4 10",
        "003": "1 3 5 6 7 9 10 12 15 16 17 20 21 22 24 25 26 27 28 29 30 31 33 34",
        "004": "1 2 3 4 5 8 10 11 13 14 15 16",
    }.items()
    for number in numbers.split()
}


@pytest.fixture(scope="module")
def taught():
    return {assignment: exercises(source(assignment)) for assignment in ASSIGNMENTS}


def test_every_row_has_its_notebook():
    assert {row for rows in ROWS.values() for row in rows.split()} == ALL_ROWS
    assert set(ROWS) == set(ASSIGNMENTS)


def test_every_row_is_graded(taught):
    graded = {row for found in taught.values() for e in found if e.points for row in e.covers}
    assert ALL_ROWS - graded == set()
    assert graded - ALL_ROWS == set()


def test_every_wrong_claim_is_caught(taught):
    """In an exercise, or in a question of the bank (which the practice mode asks)."""
    questions = bank.load_bank(COURSE / "questions")
    caught = {claim for found in taught.values() for e in found for claim in e.claims}
    caught |= {claim for question in questions.values() for claim in question.get("claims", ())}
    assert CLAIMS_TO_MEND - caught == set()


def test_every_wrong_claim_costs_points_somewhere(taught):
    """In an exercise with points; one of them in practice only: a misprint."""
    graded = {claim for found in taught.values() for e in found if e.points for claim in e.claims}
    assert CLAIMS_TO_MEND - graded <= {"000-9"}


def test_every_notebook_has_exercises_of_many_types_and_fits_a_sitting(taught):
    for assignment, found in taught.items():
        kinds = {e.type for e in found}
        assert len(kinds) >= 4, (assignment, kinds)
        assert sum(e.by_hand for e in found) >= 1, assignment
        minutes = sum(e.minutes for e in found)
        assert 45 <= minutes <= 120, (assignment, minutes)


def test_every_cited_preprint_is_in_the_references():
    listed = (COURSE / "source/references.md").read_text("utf-8")
    cited = {
        number
        for assignment in ASSIGNMENTS
        for cell in source(assignment).cells
        for number in re.findall(r"arXiv:(\d{4}\.\d{5})", cell.source)
    }
    assert len(cited) > 20
    assert {number for number in cited if f"abs/{number}" not in listed} == set()
