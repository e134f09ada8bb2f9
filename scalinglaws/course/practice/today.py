"""What was done today, how many days in a row, and the goal that the learner has set."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from scalinglaws.course.learner.events import Answered, Checked, Event, GoalSet, Progress
from scalinglaws.course.questions.drawn import family
from scalinglaws.errors import CourseError

MOST = 100  # of a day's goal


@dataclass(frozen=True)
class Today:
    """done: questions answered today, and exercises that a check found right today for the first time.

    goal: per day; 0 for none. streak: days in a row with any work, up to today or yesterday.
    """

    done: int
    goal: int
    streak: int

    @property
    def in_words(self) -> str:
        done = f"{self.done} of {self.goal}" if self.goal else f"{self.done}"
        what = f"{done} done"
        if self.goal and self.done >= self.goal:
            what += ", goal reached"
        return what + (f" · {self.streak} days in a row" if self.streak > 1 else "")

    def __str__(self) -> str:
        return f"Today: {self.in_words}"


def today_of(events: Sequence[Event], now: datetime) -> Today:
    """The events of today (the day of `now`), in local time."""
    day = now.astimezone().date()
    worked: set[date] = set()
    done: set[str] = set()
    right: set[str] = set()
    goal = 0
    for event in events:
        when = event.at.astimezone().date()
        if isinstance(event, Answered):
            worked.add(when)
            if when == day:
                done.add(family(event.question))
        elif isinstance(event, Checked):
            worked.add(when)
            for number, row in event.exercises.items():
                name = f"{event.assignment}/{number}"
                if row.done and name not in right:
                    right.add(name)
                    if when == day:
                        done.add(name)
        elif isinstance(event, GoalSet):
            goal = event.per_day
    last = day if day in worked else day - timedelta(days=1)
    streak = 0
    while last - timedelta(days=streak) in worked:
        streak += 1
    return Today(len(done), goal, streak)


def set_goal(progress: Progress, per_day: int) -> None:
    """Save how much the learner wants to do per day; 0 for no goal.

    Raises CourseError for another number.
    """
    if not 0 <= per_day <= MOST:
        raise CourseError(f"A goal is a number from 1 to {MOST} per day, or 0 for none.")
    with progress.writing() as log:
        before = [event.per_day for event in log.events if isinstance(event, GoalSet)]
        if per_day != (before[-1] if before else 0):
            log.add(GoalSet(log.now, per_day))
