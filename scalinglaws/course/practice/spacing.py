"""When a question comes back: FSRS, the Free Spaced Repetition Scheduler, of the package `fsrs`.

Ye, Su & Cao 2022, "A Stochastic Shortest Path Algorithm for Optimizing Spaced Repetition Scheduling" (KDD '22,
doi:10.1145/3534678.3539081) describes the model behind it: each answer updates a question's stability (days until the chance of
recall falls to 90 %) and difficulty. A missed question comes back within a minute, a known one after days, then weeks. We use the
published default parameters, and no random fuzz, so the same history gives the same plan.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from fsrs import Card, Rating, Scheduler

AGAIN, HARD, GOOD = Rating.Again, Rating.Hard, Rating.Good
_SCHEDULER = Scheduler(enable_fuzzing=False)


@dataclass
class Memory:
    """The memory of one question: when it is due, how it went, and the chance of recall."""

    due: datetime
    reviews: int
    last_right: bool
    _card: Card

    def recall(self, now: datetime) -> float:
        """The chance, from 0 to 1, of a right answer now; 0 if the last answer was wrong."""
        if not self.last_right:
            return 0.0
        return float(
            _SCHEDULER.get_card_retrievability(self._card, max(now, self._card.last_review or now))
        )


def remember(reviews: Iterable[tuple[datetime, Rating]]) -> Memory | None:
    """The memory of one question after its reviews in order of time; None without any."""
    card, rating, count = None, None, 0
    for when, rating in sorted(reviews, key=lambda review: review[0]):
        when = when.astimezone(UTC)
        card = card or Card(card_id=1, due=when)
        card, _ = _SCHEDULER.review_card(card, rating, when)
        count += 1
    if card is None:
        return None
    return Memory(card.due, count, rating != AGAIN, card)
