"""The rules: attempts, time, hints, rounds, what comes back when."""

import itertools
import json
from datetime import timedelta
from pathlib import Path

import nbformat
import pytest
from nbconvert import HTMLExporter

from scalinglaws.course.ideas import IDEAS, before, find_topic, ideas_of
from scalinglaws.course.learner.events import Answered, Asked, Hint, Progress, Started
from scalinglaws.course.practice.options import from_shown, shown_letters, shown_options, to_shown
from scalinglaws.course.practice.sitting import (
    Challenge,
    Practice,
    Turn,
    all_of,
    in_words,
    memories,
    questions_on,
    rules,
    turns,
)
from scalinglaws.course.practice.spacing import AGAIN, GOOD, HARD, remember
from scalinglaws.course.practice.view import view
from scalinglaws.course.practice.widget import Page, for_page
from scalinglaws.course.questions import bank
from scalinglaws.course.questions.drawn import family, instance
from scalinglaws.course.questions.seal import find, mark, open_reply, sealed_bank
from scalinglaws.course.questions.worked import worked
from scalinglaws.errors import CourseError

from ..questions.answers import BANK, FIVE, RIGHT, wrong
from .conftest import as_shown


@pytest.fixture
def challenge(progress) -> Challenge:
    challenge = Challenge(progress)
    challenge.start(name="Ada")
    return challenge


# -- The challenge


def test_the_five_problems_are_those_of_the_coverage_map():
    assert len(FIVE) == 5
    assert [BANK[name]["covers"][0] for name in FIVE] == ["A1", "A2", "A3", "A4", "A5"]
    kinds = ["conceptual", "metrics", "model choice", "debug", "predict the output"]
    assert [BANK[name]["kind"] for name in FIVE] == kinds
    assert {BANK[name]["level"] for name in FIVE} == {"intermediate", "advanced", "expert"}
    assert {BANK[name]["minutes"] for name in FIVE} == {2}
    assert RIGHT[FIVE[4]].strip() == "0.2"


def test_all_right_wins_and_the_badge_is_drawn_once(challenge, clock, progress):
    for name in FIVE:
        assert challenge.turn().question == name
        assert not challenge.won()
        clock.forward(seconds=100)
        assert challenge.answer(RIGHT[name]).right
        challenge.next()
    assert challenge.over() and challenge.won()
    badge = view(challenge).round.badge
    assert badge.alt.startswith("Badge “LLM Scaling Master” for Ada: the five problems")
    picture = progress.path.parent / "badges" / "llm-scaling-master-2026-03-01-round-1.png"
    first = picture.read_bytes()
    assert first.startswith(b"\x89PNG")
    picture.unlink()
    view(challenge)
    assert picture.read_bytes() == first


def test_two_attempts_then_the_question_is_closed(challenge):
    name = FIVE[0]
    assert not challenge.answer(wrong(name, 0)).right
    assert view(challenge).phase == "question" and not view(challenge).problem.solution
    assert not challenge.answer(wrong(name, 1)).right
    shown = view(challenge).problem
    assert shown.phase == "closed" and not shown.right
    assert shown.solution == worked(BANK[name])
    last = as_shown(challenge.progress, wrong(name, 1))
    assert set(shown.others) == set(BANK[name]["options"]) - {last} and shown.answer == last
    assert challenge.answer(RIGHT[name]) is None
    for name in FIVE[1:]:
        challenge.next()
        assert challenge.answer(RIGHT[name]).right
    seen = view(challenge)
    assert challenge.over() and not challenge.won()
    assert seen.round.over and not seen.round.won and seen.round.badge is None


def test_time_runs_out(challenge, clock):
    name = FIVE[0]
    assert view(challenge).problem.seconds_left == 120
    clock.forward(seconds=119)
    assert not challenge.answer(wrong(name)).right
    assert view(challenge).problem.seconds_left == 1
    clock.forward(seconds=10)
    assert challenge.answer(RIGHT[name]) is None
    shown = view(challenge).problem
    assert (shown.phase, shown.late, shown.right) == ("closed", True, False)
    # The clock of the next problem starts when it is put, not before.
    clock.forward(hours=1)
    challenge.next()
    assert view(challenge).problem.seconds_left == 120


def test_time_that_ran_out_does_not_undo_a_right_answer(challenge, clock):
    challenge.answer(RIGHT[FIVE[0]])
    clock.forward(days=1)
    shown = view(challenge).problem
    assert shown.right and not shown.late


def test_a_clock_can_be_slowed_or_left_out(progress):
    challenge = Challenge(progress)
    challenge.start(pace="double")
    assert view(challenge).problem.seconds_left == 240
    challenge.start(pace="untimed")
    assert view(challenge).problem.seconds_left is None
    with pytest.raises(CourseError, match="no pace"):
        challenge.start(pace="fast")


def test_hints_come_one_by_one_and_only_when_asked(challenge):
    hints = BANK[FIVE[0]]["hints"]
    assert view(challenge).problem.hints == []
    for i, hint in enumerate(hints):
        assert challenge.hint() == hint
        assert view(challenge).problem.hints == hints[: i + 1]
    assert challenge.hint() is None
    assert not view(challenge).problem.more_hints


def test_another_object_goes_on_where_the_first_stood(challenge, progress, clock):
    challenge.answer(wrong(FIVE[0]))
    clock.forward(seconds=30)
    again = Challenge(Progress(progress.path, clock))
    shown = view(again).problem
    assert (shown.attempt, shown.seconds_left) == (1, 90)
    assert again.answer(RIGHT[FIVE[0]]).right
    assert view(challenge).phase == "closed"


def test_stale_actions_change_nothing(challenge, progress):
    """What a second tab sends late: an answer to an earlier attempt, a second press of Next."""
    challenge.answer(wrong(FIVE[0], 0), attempt=0)
    count = len(progress.events())
    assert challenge.answer(wrong(FIVE[0], 1), attempt=0) is None
    assert len(progress.events()) == count
    challenge.answer(RIGHT[FIVE[0]], attempt=1)
    challenge.next(after=1)
    challenge.next(after=1)
    assert [turn.question for turn in challenge.turns()] == FIVE[:2]


def test_an_answer_of_the_wrong_kind_costs_no_attempt(challenge):
    for answer in ("z", "", 7):
        with pytest.raises(CourseError):
            challenge.answer(answer)
    assert view(challenge).problem.attempt == 0


def test_further_rounds_are_drawn_by_topic_and_level(progress):
    challenge = Challenge(progress)
    challenge.start(topic="power_law", pace="untimed")
    questions = challenge.round.questions
    assert 1 <= len(questions) <= 5 and len(set(questions)) == len(questions)
    for question in questions:
        assert "power_law" in ideas_of(find(question).covers)
        assert find(question).form != "words"
    challenge.start(level="introductory")
    assert {find(q).level for q in challenge.round.questions} == {"introductory"}
    for wanted in ({"topic": "cooking"}, {"level": "godlike"}):
        with pytest.raises(CourseError, match="There is no"):
            challenge.start(**wanted)


def test_a_further_round_of_the_five_is_a_new_one(progress):
    challenge = Challenge(progress)
    rounds = []
    for _ in range(4):
        challenge.start(pace="untimed")
        rounds.append(challenge.round.questions)
    assert list(rounds[0]) == FIVE
    for drawn in rounds:
        assert len(set(drawn)) == len(FIVE)
        for question, problem in zip(drawn, FIVE, strict=True):
            assert BANK[problem]["covers"][0] in find(question).covers
            assert find(question).form != "words"
        assert drawn == rounds[0] or sum("#" in question for question in drawn) >= 2
    assert all(one != other for one, other in itertools.pairwise(rounds))
    assert not set(rounds[0]) & set(rounds[1])  # nothing is met again while there is something new


def test_the_badge_says_what_was_shown_and_no_more(progress):
    challenge = Challenge(progress)
    challenge.start(pace="untimed")
    challenge.start(pace="untimed", name="Ada")
    for place in range(len(FIVE)):
        question = challenge.turn().question
        if place == 1:
            challenge.hint()
        if place == 3:
            wrong_one = next(
                answer
                for answer in (12345.678, "12345.678", "a", "b", "true", "false", "ab")
                if not open_reply(question, answer).right
            )
            challenge.answer(to_shown(challenge.turn(), str(wrong_one)), read=from_shown)
        challenge.answer(to_shown(challenge.turn(), right_of(question)), read=from_shown)
        challenge.next()
    alt = view(challenge).round.badge.alt
    assert "5 of 5 right, 4 at the first attempt, with 1 hint" in alt
    assert f"Round 2, without a clock · 1 March 2026 · seed {challenge.round.seed}" in alt
    assert (
        "drawn for this round" in alt and "Mastered" not in alt and "the five problems" not in alt
    )


def right_of(question: str) -> str:
    """The right answer to any question of a round, as it may be typed."""
    if "#" not in question:
        return str(RIGHT[question])
    drawn = instance(BANK[family(question)]["recipe"], int(question.partition("#")[2]))
    return str(bank.right_answer(drawn))


def test_a_variant_is_the_same_everywhere_and_each_practice_puts_a_new_one(progress):
    name = "drawn.split"
    assert find(f"{name}#7") is find(f"{name}#7") and find(f"{name}#7") != find(f"{name}#8")
    for seed in (1, 2, 3):
        variant = f"{name}#{seed}"
        reply = mark(variant, float(right_of(variant)))
        assert reply.right and "Step by step" in reply.solution
        assert not mark(variant, -1.0).right and not mark(variant, -1.0).solution
    for odd in (f"{name}#", f"{name}#-1", f"{name}#x", "power_laws.trend#2", f"{name}#{'9' * 30}"):
        with pytest.raises(CourseError, match="There is no question"):
            find(odd)
    progress.add(Asked(progress.now(), "practice", name))
    progress.add(Answered(progress.now(), name, "1", False, "practice"))
    practice = Practice(progress)
    practice.questions = [name]
    practice.give_up()
    again = practice.next()
    assert again.question == f"{name}#1" and set(memories(progress.events(), progress.now())) == {
        name
    }


def test_the_rules_are_said_as_they_are():
    said = rules()
    assert said == "Five problems, two minutes and two attempts each"
    start = (Path(__file__).parents[2] / "source" / "start.md").read_text("utf-8")
    assert said.lower() in " ".join(start.split()).lower()


def test_words_for_numbers():
    assert in_words(1, "attempt") == "one attempt" and in_words(12, "problem") == "12 problems"
    assert all_of(5) == "All five are" and all_of(1) == "It is"


# -- Options in another order each time


def test_options_come_in_another_order_each_time_and_stay_while_the_question_is_open(clock):
    events, orders = [], set()
    for _ in range(20):
        events.append(Asked(clock(), "practice", FIVE[0]))
        letters = shown_letters(turns(events)[-1])
        assert sorted(letters) == sorted(letters.values()) == sorted(BANK[FIVE[0]]["options"])
        clock.forward(minutes=1)
        assert letters == shown_letters(turns([*events, Hint(clock(), "practice", FIVE[0])])[-1])
        orders.add(tuple(letters))
    assert len(orders) > 5


def test_a_clock_that_is_set_right_changes_no_order(clock):
    """Where the clock ran ahead, the question's time is read as an earlier one: see learner/events.py."""
    ahead = turns([Asked(clock(), "practice", FIVE[0])])[-1]
    clock.forward(minutes=-90)
    assert shown_letters(ahead) == shown_letters(turns([Asked(clock(), "practice", FIVE[0])])[-1])


@pytest.mark.parametrize("name", sorted(n for n, q in BANK.items() if "options" in q))
def test_every_answer_is_the_same_in_any_order(name, clock):
    turn = Turn(name, clock(), None)
    options = shown_options(turn)
    for letter, option in BANK[name]["options"].items():
        shown = to_shown(turn, letter)
        assert from_shown(turn, shown) == letter
        assert options[shown] == option.get("text", letter.capitalize()).strip()
    assert from_shown(turn, to_shown(turn, RIGHT[name])) == RIGHT[name]


@pytest.mark.parametrize("text", ["Option c is the trap.", "option (b)", "As in (d), it grows."])
def test_a_question_that_calls_an_option_by_its_letter_keeps_the_order(text):
    name = FIVE[0]
    question = BANK[name] | {"solution": text}
    assert bank.shown(question).ordered
    assert not bank.shown(BANK[name]).ordered


@pytest.mark.parametrize("text", ["$L(c)$ falls", "(C) is compute", "an option can be", "f(a)"])
def test_a_symbol_is_no_letter_of_an_option(text):
    assert not bank.shown(BANK[FIVE[0]] | {"solution": text}).ordered


def test_a_reply_to_several_calls_the_options_as_shown(progress):
    name = next(n for n, q in BANK.items() if q["type"] == "several" and n in sealed_bank()
                and not find(n).ordered)  # fmt: skip
    progress.add(Asked(progress.now(), "practice", name))
    practice = Practice(progress)
    shown = as_shown(progress, RIGHT[name])
    assert practice.answer(shown.upper(), read=from_shown).right
    text = view(practice).problem.reply.text
    for letter in shown:
        kept = from_shown(practice.turn(), letter)
        assert f"({letter}) {BANK[name]['options'][kept]['reply'].strip()}" in text


def test_letters_that_are_no_options_are_refused_as_ever(challenge):
    for typed in ("z", "", "ab"):
        with pytest.raises(CourseError):
            challenge.answer(typed, read=from_shown)
    assert view(challenge).problem.attempt == 0


# -- Practice and its spacing


def test_missed_questions_come_back_sooner(progress, clock):
    start = clock()
    known = {rating: remember([(start, rating)]) for rating in (AGAIN, HARD, GOOD)}
    assert known[AGAIN].due < known[HARD].due < known[GOOD].due < start + timedelta(hours=1)
    reviews, waits = [], []
    for _ in range(6):
        reviews.append((clock(), GOOD))
        memory = remember(reviews)
        waits.append(memory.due - clock())
        clock.time = memory.due
    assert waits[-1] > timedelta(days=60) and waits == sorted(waits)
    missed = remember([*reviews, (clock(), AGAIN)])
    assert missed.due - clock() < timedelta(hours=1)
    assert missed.recall(clock()) == 0.0


def test_practice_asks_what_is_due_before_what_is_new(progress, clock):
    practice = Practice(progress, "01_power_laws")
    first = practice.next().question
    practice.answer(wrong(first, 0))
    practice.give_up()
    second = practice.next().question
    assert second != first  # not the same one at once, while there are others
    practice.answer(RIGHT[second])
    clock.forward(minutes=5)
    assert practice.counts()["due"] >= 1
    assert family(practice.next().question) == first  # with other numbers, where it has some


def test_practice_ends_when_all_is_known_for_now(progress, clock):
    practice = Practice(progress, "01_power_laws", "introductory")
    asked = []
    while (turn := practice.next()) and len(asked) < 50:
        asked.append(turn.question)
        practice.answer(RIGHT[turn.question])
        clock.forward(seconds=5)
    assert sorted(asked) == sorted(
        q for q in questions_on("01_power_laws", "introductory") if not q.startswith("challenge.")
    )
    assert practice.counts()["new"] == 0
    assert practice.comes_back() in (
        "The next question is due in 9 min.",
        "The next question is due in 10 min.",
    )
    page = Page(practice)
    page.act({"do": "next", "put": len(asked)})
    assert page.shown["problem"].startswith("Nothing more is due or new here. The next question")


def test_an_open_question_waits_for_its_topic(progress):
    one = Practice(progress, "01_power_laws").next().question
    challenge_free = [i for i in IDEAS.values() if i.notebook != "01_power_laws"]
    other = next(
        (
            i.id
            for i in challenge_free
            if any(i.id in ideas_of(e.question.covers) for e in sealed_bank().values())
        ),
        None,
    )
    if other:
        Practice(progress, other).next()
    practice = Practice(progress, "01_power_laws")
    assert practice.next().question == one
    assert practice.answer(RIGHT[one]).right


def test_quiz_cells_of_the_notebooks_count(progress, clock):
    name = "power_laws.trend"
    progress.add(Answered(progress.now(), name, "a", False))
    assert not memories(progress.events(), clock())[name].last_right
    clock.forward(minutes=2)
    progress.add(Answered(progress.now(), name, "c", True))
    assert memories(progress.events(), clock())[name].last_right


def test_a_question_that_left_the_bank_is_forgotten(progress, clock):
    progress.add(Asked(progress.now(), "practice", "gone.q"))
    progress.add(Answered(progress.now(), "gone.q", "a", True, "practice"))
    progress.add(Started(progress.now(), "round-1", ("gone.q",)))
    assert memories(progress.events(), clock()) == {}
    assert view(Challenge(progress)).phase == "start"


# -- The map


def test_every_row_has_one_idea_and_needs_stand_before():
    rows = [row for idea in IDEAS.values() for row in idea.rows]
    assert len(rows) == len(set(rows)) == 5 + 11 + 18 + 10 + 5 + 12
    seen = set()
    for idea in IDEAS.values():
        assert set(idea.needs) <= seen
        seen.add(idea.id)
    assert before("chinchilla") >= {"optimum", "power_law", "tokens"}
    assert find_topic("chinchilla") == ["chinchilla"]
    assert find_topic("02_diminishing_returns") == find_topic("diminishing_returns")
    assert find_topic("Power laws") == ["power_law"]


# -- What the page may know and do


def test_messages_that_make_no_sense_change_nothing(challenge, progress):
    page = Page(challenge)
    count = len(progress.events())
    for message in (
        {},
        {"do": "win"},
        {"do": "answer"},
        {"do": "answer", "answer": RIGHT[FIVE[0]], "attempt": "0", "put": 1},
        {"do": "answer", "answer": RIGHT[FIVE[0]], "attempt": 0, "put": 9},
        {"do": "next", "put": None},
        {"do": "judge", "verdict": "yes"},
        {"do": "give up"},
    ):
        page.act(message)
    assert len(progress.events()) == count
    page.act({"do": "answer", "answer": "zz", "attempt": 0, "put": 1})
    assert "letter of one option" in page.shown["problem"]


def test_an_exported_page_says_how_to_play_and_no_answer(progress, monkeypatch, run_notebook):
    """Where widgets do not run there is still a note; what is saved of the widget tells nothing."""
    monkeypatch.setenv("SCALINGLAWS_PROGRESS", str(progress.path))
    code = "import scalinglaws as sl\nsl.challenge()"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    run_notebook(notebook)
    page, _ = HTMLExporter().from_notebook_node(notebook)
    assert "scalinglaws challenge" in page and "five problems" in page and "loading" in page
    saved = nbformat.writes(notebook)
    for name in FIVE:
        for text in (BANK[name]["solution"], *BANK[name]["hints"]):
            assert text.strip()[:40] not in saved and text.strip()[:40] not in page


@pytest.mark.parametrize("name", FIVE)
def test_the_view_of_an_open_question_tells_no_answer(name, progress, monkeypatch):
    challenge = Challenge(progress)
    challenge.start()
    while challenge.turn().question != name:
        challenge.answer(RIGHT[challenge.turn().question])
        challenge.next()
    page = json.dumps(for_page(challenge), ensure_ascii=False)
    question = BANK[name]
    replies = [reply.text for reply in bank.replies(question).values()]
    for hidden in (*replies, question["solution"], *question["hints"]):
        assert hidden.strip()[:30] not in page
    for box in [*sealed_bank()[name].replies.values(), sealed_bank()[name].solution]:
        assert box not in page
