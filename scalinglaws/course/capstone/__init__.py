"""The capstone: plan training runs in simulated worlds whose scaling law is hidden."""

from .scoring import hits, interval_score, judge, marks
from .simulator import (
    OUR_NOISE,
    Oracle,
    OutOfBudget,
    Recipe,
    World,
    bend,
    law_at,
    practice_worlds,
    step,
)

__all__ = [
    "OUR_NOISE",
    "Oracle",
    "OutOfBudget",
    "Recipe",
    "World",
    "bend",
    "hits",
    "interval_score",
    "judge",
    "law_at",
    "marks",
    "practice_worlds",
    "step",
]
