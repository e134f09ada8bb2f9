"""The rules of the challenge and of practice: which question, how many attempts, how much time,
when hints and solutions open.

A `Sitting` keeps nothing important in memory: its state is computed from the learner's events, so
it resumes after a restart of the kernel, and in another tab. The clock is Python's; it keeps
running while the kernel is down.
"""

import random
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, get_args

from scalinglaws.course.ideas import IDEAS, find_topic, ideas_of
from scalinglaws.course.learner.events import (
    LONGEST,
    Answered,
    Asked,
    Event,
    ExamStarted,
    GaveUp,
    HandedIn,
    Hint,
    Judged,
    Pace,
    Progress,
    Started,
    Verdict,
    Writing,
)
from scalinglaws.course.questions.answers import from_text
from scalinglaws.course.questions.drawn import family, first_seed, variant
from scalinglaws.course.questions.question import Level, Question
from scalinglaws.course.questions.seal import Reply, draws, find, known, mark, sealed_bank
from scalinglaws.errors import CourseError

from .spacing import AGAIN, GOOD, HARD, Memory, Rating, remember

CHALLENGE = "challenge"  # the five problems are the questions whose ids begin with this
LEVELS: tuple[Level, ...] = get_args(Level)
ATTEMPTS = 2
ROUND = 5  # questions in a round of the challenge
_WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
GRACE = timedelta(seconds=2)  # from the page to Python on a busy machine
PACES: dict[Pace, float | None] = {
    "timed": 1.0,
    "double": 2.0,
    "untimed": None,
}  # times each question's minutes
VERDICTS: dict[Verdict, bool] = {
    "yes": True,
    "partly": False,
    "no": False,
}  # verdicts on your own text, compared with the model answer


def number_word(count: int) -> str:
    """2 as "two"; from eleven on, digits."""
    return _WORDS[count] if count < len(_WORDS) else str(count)


def in_words(count: int, thing: str) -> str:
    """2 and "attempt" as "two attempts"."""
    return f"{number_word(count)} {thing}{'s' if count != 1 else ''}"


def all_of(count: int) -> str:
    """5 as "All five are", for the start of a sentence."""
    return f"All {number_word(count)} are" if count > 1 else "It is"


def rules() -> str:
    """The rules of the challenge in a sentence, for use everywhere."""
    minutes = round(max(find(question).minutes for question in five_problems()))
    return (
        f"{in_words(ROUND, 'problem').capitalize()}, {in_words(minutes, 'minute')} and "
        f"{in_words(ATTEMPTS, 'attempt')} each"
    )


def five_problems() -> list[str]:
    """The problems of the first round."""
    return [q for q in sorted(sealed_bank()) if q.startswith(f"{CHALLENGE}.")][:ROUND]


def seconds_left(deadline: datetime, now: datetime, most: float | None) -> float:
    """The seconds until a deadline, and never more than at the start, because a clock may be set
    back.
    """
    left = (deadline - now).total_seconds()
    return max(0.0, min(left, most or left))


@dataclass
class Turn:
    """One asking of a question, computed from events."""

    question: str
    asked: datetime
    seconds: float | None
    hints: int = 0
    answers: list[tuple[str, bool]] = field(default_factory=list)
    verdict: Verdict | Literal[""] = ""  # on a text
    gave_up: bool = False
    last: datetime | None = None
    put: str = ""  # the sitting and how often it was asked, which decide the order of its options

    @property
    def entry(self) -> Question:
        return find(self.question)

    @property
    def right(self) -> bool:
        if self.entry.form == "words":
            return self.verdict == "yes"
        return any(right for _, right in self.answers)

    @property
    def deadline(self) -> datetime | None:
        return None if self.seconds is None else self.asked + timedelta(seconds=self.seconds)

    def late(self, now: datetime) -> bool:
        """Whether time is up and the question was still open then."""
        return bool(self.deadline and now > self.deadline + GRACE and not self._settled())

    def closed(self, now: datetime) -> bool:
        """Whether it can no longer be answered."""
        return self._settled() or self.late(now)

    def _settled(self) -> bool:
        if self.entry.form == "words":
            return bool(self.verdict) or self.gave_up
        return self.right or self.gave_up or len(self.answers) >= ATTEMPTS

    def rating(self) -> Rating:
        """How well it was known, for the spacing."""
        if self.verdict == "partly" or (self.right and (self.hints or len(self.answers) > 1)):
            return HARD
        return GOOD if self.right else AGAIN


def turns(events: Iterable[Event], sitting: str | None = None) -> list[Turn]:
    """The questions asked in one sitting (default: in all), in order."""
    latest: dict[tuple[str, str], Turn] = {}  # by sitting and question
    every: list[Turn] = []
    times: Counter[str] = Counter()  # how often each question was asked, in any sitting
    for event in events:
        if not isinstance(event, Asked | Hint | Answered | Judged | GaveUp):
            continue
        name, question = event.sitting, event.question
        times[question] += isinstance(event, Asked)
        if not name or (sitting and name != sitting):
            continue
        if isinstance(event, Asked):
            if known(question):
                put = f"{name} {times[question]}"
                turn = Turn(question, event.at, event.seconds, put=put)
                latest[name, question] = turn
                every.append(turn)
        elif turn := latest.get((name, question)):
            turn.last = event.at
            match event:
                case Hint():
                    turn.hints += 1
                case Answered(answer=answer, right=right):
                    turn.answers.append((answer, right))
                case Judged(verdict=verdict):
                    turn.verdict = verdict
                case GaveUp():
                    turn.gave_up = True
    return every


def exam_answers(events: Sequence[Event], now: datetime) -> list[tuple[datetime, str, str, bool]]:
    """(when, question, answer, whether it was right) of every question of every exam that is over; answer: "" for none."""
    ended = {event.sitting for event in events if isinstance(event, HandedIn)}
    last = {
        (event.sitting, event.question): event for event in events if isinstance(event, Answered)
    }
    found = []
    for exam in (event for event in events if isinstance(event, ExamStarted)):
        limit = exam.limit()
        if exam.sitting not in ended and (limit is None or now <= limit + GRACE):
            continue
        for question in filter(known, exam.questions):
            answer = last.get((exam.sitting, question))
            if answer:
                found.append(
                    (answer.at, question, answer.answer, answer.right and bool(answer.answer))
                )
            elif exam.sitting in ended:
                found.append((exam.at, question, "", False))
    return found


def memories(events: Sequence[Event], now: datetime) -> dict[str, Memory]:
    """{question: Memory} of all answered questions: in sittings and in the notebooks' quiz cells.

    The variants of a question share one memory, because they need the same knowledge.
    """
    reviews: dict[str, list[tuple[datetime, Rating]]] = {}
    for turn in turns(events):
        if turn.closed(now) or turn.answers:
            reviews.setdefault(family(turn.question), []).append(
                (turn.last or turn.deadline or turn.asked, turn.rating())
            )
    for at, question, _, right in exam_answers(events, now):
        reviews.setdefault(family(question), []).append((at, GOOD if right else AGAIN))
    for event in events:
        if isinstance(event, Answered) and not event.sitting:
            rating = GOOD if event.right else AGAIN
            reviews.setdefault(family(event.question), []).append((event.at, rating))
    memories = ((q, remember(found)) for q, found in reviews.items() if known(q))
    return {question: memory for question, memory in memories if memory}


def questions_on(topic: str = "", level: str = "") -> list[str]:
    """The ids of the bank's questions on a topic and of a level ("" means any), easier ones first.

    Raises CourseError for an unknown topic or level, or one without a question.
    """
    if level and level not in LEVELS:
        raise CourseError(f"There is no level {level!r}: choose one of {', '.join(LEVELS)}.")
    wanted = find_topic(topic) if topic else list(IDEAS)
    order = list(IDEAS)
    found = []
    for name, sealed in sealed_bank().items():
        question = sealed.question
        ideas = ideas_of(question.covers)
        if set(ideas) & set(wanted) and (not level or question.level == level):
            first = min(order.index(idea) for idea in ideas)
            found.append((LEVELS.index(question.level), first, draws(name), name))
    if not found:
        raise CourseError("There is no question of this level on this topic: choose another level.")
    return [name for *_, name in sorted(found)]


class Sitting:
    """A run of questions.

    Actions that do not fit the current state change nothing, so a second tab does no harm.
    """

    def __init__(self, progress: Progress):
        self.progress = progress

    @property
    def id(self) -> str:
        """The sitting's name in the file; "" before it has begun."""
        raise NotImplementedError

    # -- What is

    @property
    def now(self) -> datetime:
        return self.progress.now()

    def turns(self, events: Sequence[Event] | None = None) -> list[Turn]:
        """The questions asked so far."""
        return turns(self.progress.events() if events is None else events, self.id)

    def turn(self, events: Sequence[Event] | None = None) -> Turn | None:
        """The current question, open or closed; None before the first."""
        found = self.turns(events)
        return found[-1] if found else None

    # -- The actions: each decides and writes while holding the lock

    def next(self, after: int | None = None) -> Turn | None:
        """Ask the next question, if the current one is closed.

        Returns the new current one; None if there are no more. after: how many were asked when the
        learner clicked; if there are more by now, nothing happens.
        """
        with self.progress.writing() as log:
            found = self.turns(log.events)
            at_hand = found[-1] if found else None
            if (at_hand and not at_hand.closed(self.now)) or (
                after is not None and after != len(found)
            ):
                return at_hand
            question = self._pick(log, found)
            if question is None:
                return None
            question = self._variant(question, log.events)
            log.add(Asked(log.now, self.id, question, self._seconds(question)))
            return self.turn(log.events)

    def hint(self) -> str | None:
        """Open the next hint of the open question; None if there is no more."""
        with self.progress.writing() as log:
            turn = self.turn(log.events)
            if turn is None or turn.closed(self.now) or turn.hints >= len(turn.entry.hints):
                return None
            log.add(Hint(log.now, self.id, turn.question))
            return turn.entry.hints[turn.hints]

    def answer(
        self,
        typed: Any,
        attempt: int | None = None,
        read: Callable[[Turn, Any], Any] = lambda _, typed: typed,
    ) -> Reply | None:
        """Answer the open question. Returns the reply; None if there is none to answer.

        attempt: which attempt the learner means, counted from 0; if that one is over, nothing
        happens. read: converts the answer to the bank's letters, if the learner saw others
        (`options.from_shown`). Raises CourseError for an answer of the wrong kind, which costs no
        attempt.
        """
        turn = self.turn()
        if turn is None or turn.closed(self.now):
            return None
        typed = read(turn, typed)
        answer = from_text(turn.entry, typed) if isinstance(typed, str) else typed
        reply = mark(turn.question, answer)
        with self.progress.writing() as log:
            # Marking takes a moment, so check again, now that we hold the lock.
            present = self.turn(log.events)
            if (
                present is None
                or (present.question, present.asked) != (turn.question, turn.asked)
                or present.closed(self.now)
                or (attempt is not None and attempt != len(present.answers))
                or (turn.entry.form == "words" and present.answers)
            ):
                return None
            log.add(Answered(log.now, turn.question, str(answer)[:LONGEST], reply.right, self.id))
        return reply

    def judge(self, verdict: str) -> None:
        """Record how the learner's text compares with the model answer: "yes", "partly" or "no"."""
        verdicts: dict[str, Verdict] = {known: known for known in VERDICTS}
        chosen = verdicts.get(verdict)
        if chosen is None:
            raise CourseError(f"Answer {', '.join(VERDICTS)}: did your answer make these points?")
        self._after_a_try(lambda now, question: Judged(now, self.id, question, chosen))

    def give_up(self) -> None:
        """Close the open question after an honest try, to see its solution."""
        self._after_a_try(lambda now, question: GaveUp(now, self.id, question))

    def _after_a_try(self, event: Callable[[datetime, str], Event]) -> None:
        """Add an event about the open question, if there was an answer to it."""
        with self.progress.writing() as log:
            turn = self.turn(log.events)
            if turn and not turn.closed(self.now) and turn.answers:
                log.add(event(log.now, turn.question))

    # -- What differs

    def comes_back(self) -> str:
        """The message if there is no further question."""
        return ""

    def _pick(self, log: Writing, found: Sequence[Turn]) -> str | None:
        raise NotImplementedError

    def _variant(self, question: str, events: Sequence[Event]) -> str:
        """The question as it is asked; by default unchanged."""
        return question

    def _seconds(self, question: str) -> float | None:
        return None


class Practice(Sitting):
    """Questions on a topic, those that are due first, then new ones; without a clock.

    review: only those that were missed last time, until each is right.
    """

    def __init__(self, progress: Progress, topic: str = "", level: str = "", review: bool = False):
        super().__init__(progress)
        self.topic, self.level, self.review = topic, level, review
        self.questions = questions_on(topic, level)
        if review:
            missed = memories(progress.events(), self.now)
            self.questions = [q for q in self.questions if q in missed and not missed[q].last_right]

    @property
    def id(self) -> str:
        """The same for all practice, which is one sitting."""
        return "practice"

    def turns(self, events: Sequence[Event] | None = None) -> list[Turn]:
        """The questions on the topic asked so far."""
        return [turn for turn in super().turns(events) if family(turn.question) in self.questions]

    def counts(self) -> dict[str, int]:
        """How many questions are due now, later, and new (never asked)."""
        memory_of = memories(self.progress.events(), self.now)
        mine = [memory_of[q] for q in self.questions if q in memory_of]
        due = sum(memory.due <= self.now for memory in mine)
        return {"due": due, "later": len(mine) - due, "new": len(self.questions) - len(mine)}

    def comes_back(self) -> str:
        """A sentence: when the next question that was answered is due; "" if none was."""
        memory_of = memories(self.progress.events(), self.now)
        due = [memory_of[q].due for q in self.questions if q in memory_of]
        if self.review:
            left = sum(not memory_of[q].last_right for q in self.questions if q in memory_of)
            return f"{left} of your mistakes are left." if left else "No mistake of yours is left."
        return f"The next question is due {_when(min(due) - self.now)}." if due else ""

    def _pick(self, log: Writing, found: Sequence[Turn]) -> str | None:
        memory_of = memories(log.events, self.now)
        last = family(found[-1].question) if found else None
        if self.review:
            left = [q for q in self.questions if q in memory_of and not memory_of[q].last_right]
            return min(left, key=lambda q: (q == last, memory_of[q].due), default=None)
        due = [
            q
            for q in self.questions
            if q in memory_of and memory_of[q].due <= self.now and q != last
        ]
        new = [
            q for q in self.questions if q not in memory_of and not q.startswith(f"{CHALLENGE}.")
        ]
        if due:
            return min(due, key=lambda q: memory_of[q].due)
        if new:
            return new[0]
        # Nothing else is left, so a missed question comes back before its minute is over.
        missed = [
            q
            for q in self.questions
            if q in memory_of and not memory_of[q].last_right and q != last
        ]
        if missed:
            return min(missed, key=lambda q: memory_of[q].due)
        return last if last in memory_of and not memory_of[last].last_right else None

    def _variant(self, question: str, events: Sequence[Event]) -> str:
        return _drawn_again(question, events, first_seed(self.progress.path.parent))


def _drawn_again(question: str, events: Sequence[Event], first: int) -> str:
    """A new variant of a question that draws its numbers; any other question as it is."""
    if not draws(question):
        return question
    put = {event.question for event in events if isinstance(event, Asked | Answered)}
    seeds = range(first, first + len(put) + 1)
    return next(id for seed in seeds if (id := variant(question, seed)) not in put)


def _when(wait: timedelta) -> str:
    minutes = wait.total_seconds() / 60
    if minutes <= 0:
        return "now"
    if minutes < 90:
        return f"in {max(1, round(minutes))} min"
    return (
        f"in {round(minutes / 60)} h" if minutes < 48 * 60 else f"in {round(minutes / 1440)} days"
    )


class Challenge(Sitting):
    """Rounds of five questions with a clock and a badge: first the five problems, then rounds by topic and level."""

    def __init__(self, progress: Progress):
        super().__init__(progress)
        self.round = _last_round(progress.events())

    @property
    def id(self) -> str:
        """The round's name."""
        return self.round.sitting if self.round else ""

    def refresh(self) -> None:
        """Go to the learner's last round, which may have been begun elsewhere."""
        self.round = _last_round(self.progress.events())

    def start(
        self, topic: str = "", level: str = "", pace: str = "timed", name: str = ""
    ) -> Turn | None:
        """Begin a round and ask its first question; an unfinished round ends.

        topic, level: "" for the five problems of the challenge, or as for `questions_on`. pace:
        "timed" (the minutes of each question), "double" or "untimed". name: for the badge. Raises
        CourseError for an unknown pace, and as `questions_on` does.
        """
        paces: dict[str, Pace] = {known: known for known in PACES}
        wanted = paces.get(pace)
        if wanted is None:
            raise CourseError(f"There is no pace {pace!r}: choose one of {', '.join(PACES)}.")
        with self.progress.writing() as log:
            number = sum(isinstance(event, Started) for event in log.events) + 1
            seed = zlib.crc32(f"{log.now.isoformat()} {number}".encode()) % 10**6
            self.round = Started(
                log.now,
                sitting=f"round-{number}",
                questions=tuple(self._draw(log.events, topic, level, seed)),
                topic=topic,
                level=level,
                pace=wanted,
                seed=seed,
                name=" ".join(name.split())[:60],
            )
            log.add(self.round)
        return self.next()

    def over(self, events: Sequence[Event] | None = None) -> bool:
        """Whether every question of the round is closed."""
        found = self.turns(events)
        return (
            self.round is not None
            and len(found) == len(self.round.questions)
            and found[-1].closed(self.now)
        )

    def won(self, events: Sequence[Event] | None = None) -> bool:
        """Whether the round is over and every answer was right."""
        return self.over(events) and all(turn.right for turn in self.turns(events))

    def _draw(self, events: Sequence[Event], topic: str, level: str, seed: int) -> list[str]:
        if not topic and not level:
            return _like_the_five(events, seed)
        memory_of = memories(events, self.now)
        questions = [
            question
            for question in questions_on(topic, level)
            if find(question).form != "words"  # which cannot be marked automatically
        ]
        if not questions:
            raise CourseError("There is no question of this level on this topic: choose another.")
        random.Random(seed).shuffle(questions)
        questions.sort(key=lambda q: memory_of[q].recall(self.now) if q in memory_of else 0.5)
        chosen = [_drawn(question, seed) for question in questions[:ROUND]]
        return sorted(chosen, key=lambda q: LEVELS.index(find(q).level))

    def _pick(self, log: Writing, found: Sequence[Turn]) -> str | None:
        if self.round is None:
            raise CourseError("No round has begun: start one first.")
        questions = self.round.questions
        return questions[len(found)] if len(found) < len(questions) else None

    def _seconds(self, question: str) -> float | None:
        factor = PACES[self.round.pace] if self.round else None
        return None if factor is None else 60.0 * find(question).minutes * factor


def _drawn(question: str, seed: int) -> str:
    """The variant with a round's seed, for a question that draws its numbers; any other question as
    it is.
    """
    return variant(question, seed) if draws(question) else question


def _like_the_five(events: Sequence[Event], seed: int) -> list[str]:
    """The five problems in the first round; in a later one, for each a question on the same row of
    the coverage map.

    Those that are new to the learner come first, and every other problem draws its numbers, if its
    row has such a question.
    """
    five = five_problems()
    met = Counter(
        family(q) for event in events if isinstance(event, Started) for q in event.questions
    )
    if not met:
        return five
    draw = random.Random(seed)
    chosen: list[str] = []
    for place, problem in enumerate(five):
        row = find(problem).covers[0]
        choice = [
            name
            for name in sorted(sealed_bank())
            if row in find(name).covers and find(name).form != "words" and name not in chosen
        ]
        with_numbers = [q for q in choice if draws(q)]
        if place % 2 and with_numbers:
            choice = with_numbers
        draw.shuffle(choice)
        chosen.append(min(choice, key=lambda question: met[question]))
    return [_drawn(question, seed) for question in chosen]


def _last_round(events: Sequence[Event]) -> Started | None:
    """The last round of which every question is still in the bank."""
    rounds = [
        event
        for event in events
        if isinstance(event, Started)
        and event.questions
        and all(known(question) for question in event.questions)
    ]
    return rounds[-1] if rounds else None
