"""The options of a question in another order each time it is put.

What is kept, marked and sealed are the bank's letters; what a learner sees and types are the letters in the order shown.
"""

from collections.abc import Mapping
from typing import Any

from scalinglaws.course.questions.answers import spell
from scalinglaws.course.questions.own_options import in_another_order
from scalinglaws.errors import CourseError

from .sitting import Turn


def shown_letters(turn: Turn) -> dict[str, str]:
    """{the bank's letter: the letter shown}, in the order shown; empty for a question without letters."""
    # Not the time of asking: a clock that is set right must not change the order between the question and its answer.
    return in_another_order(turn.entry, f"{turn.question} {turn.put}")


def to_shown(turn: Turn, answer: str) -> str:
    """An answer that was kept, in the letters shown; any other answer as it is."""
    letters = shown_letters(turn)
    try:
        return "".join(sorted(letters[c] for c in spell(turn.entry, answer))) if letters else answer
    except CourseError:  # the question was changed since
        return answer


def from_shown(turn: Turn, typed: Any) -> Any:
    """What was typed, in the bank's letters; anything but letters as it is.

    Raises CourseError for letters that are no options.
    """
    letters = {shown: letter for letter, shown in shown_letters(turn).items()}
    return "".join(sorted(letters[c] for c in spell(turn.entry, typed))) if letters else typed


def shown_options(turn: Turn) -> Mapping[str, str]:
    """{letter shown: text} in order; of true and false as the bank has them."""
    options = turn.entry.options
    letters = shown_letters(turn)
    return {shown: options[letter] for letter, shown in letters.items()} if letters else options
