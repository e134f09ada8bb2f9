"""Questions with drawn numbers: they are new each time the question is asked.

A question of the bank with `draw` is a family. By its id alone ("drawn.price") it is a question
like any other, with the first number of each list. "drawn.price#7" is the variant of seed 7, which
always has the same numbers, so a learner's file only needs the id.
"""

import hashlib
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scalinglaws.course.variants import TOKEN_FILE, valid_token
from scalinglaws.errors import CourseError

from .worked import filled

_SEPARATOR = "#"


def family(question: str) -> str:
    """The id without the seed of a variant."""
    return question.partition(_SEPARATOR)[0]


def seed_of(question: str) -> int | None:
    """The seed in the id of a variant; None for any other id."""
    _, mark, seed = question.partition(_SEPARATOR)
    return int(seed) if mark and seed.isascii() and seed.isdigit() and len(seed) <= 12 else None


def variant(question: str, seed: int) -> str:
    """The id of one variant; for seed 0, the family itself."""
    return f"{family(question)}{_SEPARATOR}{seed}" if seed else family(question)


def first_seed(own: Path) -> int:
    """The first seed of the variants in a learner's folder: 0 without variants, otherwise the
    learner's own.
    """
    try:
        token = valid_token((own / TOKEN_FILE).read_text("utf-8"))
    except (OSError, UnicodeDecodeError, CourseError):
        return 0
    return 1 + int.from_bytes(hashlib.sha256(f"{token}\nquestions".encode()).digest()[:4], "big")


def instance(question: Mapping[str, Any], seed: int) -> dict[str, Any]:
    """A question of the bank with drawn numbers, which are in `given`; `worked` computes steps and
    check.
    """
    drawn = {key: value for key, value in question.items() if key != "draw"}
    given = drawn["given"] = {
        name: random.Random(f"{question['id']} {seed} {name}").choice(values) if seed else values[0]
        for name, values in question["draw"].items()
    }
    for key in ("prompt", "solution", "right_reply"):
        drawn[key] = filled(question[key], given)
    if "code" in question:
        drawn["code"] = filled(question["code"], given, code=True)
    drawn["hints"] = [filled(hint, given) for hint in question["hints"]]
    drawn["slips"] = [
        {
            "answer": filled(str(slip["answer"]), given, code=True),
            "reply": filled(slip["reply"], given),
        }
        for slip in question["slips"]
    ]
    return drawn
