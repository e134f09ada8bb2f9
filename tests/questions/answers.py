"""The bank of questions, with the answers that tests give."""

from pathlib import Path

import numpy as np

from scalinglaws.course.questions import bank

FOLDER = Path(__file__).parents[2] / "questions"
BANK = bank.load_bank(FOLDER)
RIGHT = {name: bank.right_answer(question) for name, question in BANK.items()}
FIVE = [name for name in sorted(BANK) if name.startswith("challenge.")]

# Letters, truth values and the 1,000 likeliest numbers: what somebody would try first.
LIKELY = (
    [letter for letter in "abcdef"]
    + ["true", "false"]
    + [f"{number:.{digits}f}" for digits in range(4) for number in np.arange(250) / 10**digits]
)


class Searched:
    """A text that is searched often: `part in Searched(text)` as in the text, for parts of 24 characters or more."""

    def __init__(self, text: str | bytes) -> None:
        self.text = text
        self.windows = {text[i : i + 24] for i in range(len(text) - 23)}

    def __contains__(self, part: str | bytes) -> bool:
        assert len(part) >= 24
        return part[:24] in self.windows and part in self.text


def wrong(name: str, which: int = 0) -> str:
    """A wrong answer that has a reply of its own."""
    question = BANK[name]
    if "options" in question:
        return [letter for letter in question["options"] if letter != RIGHT[name]][which]
    slip = question["slips"][which]["answer"]
    return str(
        bank.compute(slip, question["given"])
        if "given" in question and "step" in question
        else slip
    )
