"""The bank as a whole: it covers what the course set out to ask, gives nothing away by habit, and leaks nothing into release/."""

import base64
import hashlib
import re
from collections import Counter
from pathlib import Path

import pytest

from scalinglaws.course.questions import bank
from scalinglaws.course.questions.answers import form

from .answers import BANK, LIKELY, Searched

COURSE = Path(__file__).parents[2]
ROWS = {
    f"{part}{number}"
    for part, numbers in {
        "A": range(1, 6),
        "B": (4, 6, 7, 8, 9, 10, 11),
        "C": range(1, 19),
        "D": range(2, 10),
        "E": range(1, 6),
    }.items()
    for number in numbers
}
NOTEBOOKS = sorted(path.stem for path in (COURSE / "questions").glob("0*.yaml"))


def test_every_row_is_asked_about():
    assert {row for question in BANK.values() for row in question["covers"]} >= ROWS


def test_there_are_enough_questions_of_every_type_and_level():
    assert len(BANK) >= 100
    types = Counter(question["type"] for question in BANK.values())
    levels = Counter(question["level"] for question in BANK.values())
    assert set(types) == set(
        ["choice", "several", "true_false", "number", "predict", "debug", "fill_in", "text"]
    )
    assert min(types.values()) >= 4, types
    assert min(levels.values()) >= 8, levels


@pytest.mark.parametrize("notebook", NOTEBOOKS)
def test_every_notebook_has_questions_of_several_levels(notebook):
    rows = Counter(name.split(".")[0] for name in BANK)
    topic = next(name for name in rows if notebook.split("_", 1)[1].startswith(name))
    assert rows[topic] >= 8
    assert len({q["level"] for name, q in BANK.items() if name.startswith(f"{topic}.")}) >= 3


def test_no_habit_gives_the_answer_away():
    """Neither length nor place nor truth: guessing by habit must be little better than guessing."""
    choices = [question for question in BANK.values() if form(question) == "option"]
    told = [q["id"] for q in choices if length_tells(q)]
    assert len(told) <= 0.25 * len(choices), told
    places = Counter(bank.right_answer(question) for question in choices)
    assert max(places.values()) <= 0.45 * len(choices), places
    truths = Counter(bank.right_answer(q) for q in BANK.values() if q["type"] == "true_false")
    assert min(truths.values()) >= 0.25 * sum(truths.values()), truths
    many = [question for question in BANK.values() if question["type"] == "several"]
    assert len({len(bank.right_answer(question)) for question in many}) > 1


def length_tells(question: dict) -> bool:
    """Whether the right option is the longest by so much that one sees it."""
    right = bank.right_answer(question)
    lengths = {letter: len(option["text"]) for letter, option in question["options"].items()}
    others = max(length for letter, length in lengths.items() if letter != right)
    return lengths[right] > max(1.15 * others, others + 8)


def texts(question: dict) -> list[str]:
    """All that a learner must not read before answering."""
    found = [option["reply"] for option in question.get("options", {}).values()]
    found += [slip["reply"] for slip in question.get("slips", ())]
    found += [question.get(key, "") for key in ("solution", "right_reply", "model_answer")]
    return [" ".join(text.split()) for text in found if text]


@pytest.mark.parametrize("name", sorted(BANK))
def test_every_answer_has_an_explanation_of_its_own(name):
    question = BANK[name]
    found = [option["reply"] for option in question.get("options", {}).values()]
    found += [slip["reply"] for slip in question.get("slips", ())]
    assert len(set(found)) == len(found)
    if form(question) in ("number", "output", "expression"):
        assert len(found) >= 2, "the likely slips are named"
    bank.replies(question)  # computes each answer; a slip that is the right one is an error


@pytest.fixture(scope="module")
def released() -> str:
    """All that is given out: the released notebooks, and the package without what is sealed."""
    files = [*(COURSE / "release").rglob("*"), *(COURSE / "scalinglaws").rglob("*.py")]
    files += [*(COURSE / "scalinglaws").rglob("*.js")]
    files = [path for path in files if path.is_file() and ".ipynb_checkpoints" not in path.parts]
    return "\n".join(
        path.read_text("utf-8") for path in files if path.suffix not in (".pyc", ".png")
    )


def test_nothing_sealed_can_be_read_in_what_is_given_out(released):
    plain = " ".join(released.replace("\\n", " ").replace('\\"', '"').split())
    for name, question in BANK.items():
        for text in texts(question):
            # (A shorter part may be said elsewhere: "5.4 times the parameters and 1.9 times the tokens".)
            for start in range(0, max(len(text) - 80, 1), 40):
                assert text[start : start + 80] not in plain, name
            for shift in range(3):  # in base64, wherever it begins
                coded = base64.b64encode(text[shift : shift + 60].encode()).decode()[4:-4]
                assert coded not in released, name


def test_no_hash_of_an_answer_stands_in_what_is_given_out(released):
    """Of letters and the 1,000 likeliest numbers, and of each right answer, alone or with the question's id."""
    rights = {name: str(bank.right_answer(question)).strip() for name, question in BANK.items()}
    guesses = {*LIKELY, *rights.values()} | {f"{name}{right}" for name, right in rights.items()}
    # A digest, in hexadecimal or base64, stands within a run of these characters.
    runs = Searched("\n".join(set(re.findall(r"[0-9A-Za-z+/=]{24,}", released))))
    for guess in guesses:
        for kind in ("md5", "sha1", "sha256", "sha512"):
            digest = hashlib.new(kind, guess.encode())
            assert digest.hexdigest() not in runs
            assert base64.b64encode(digest.digest()).decode() not in runs
