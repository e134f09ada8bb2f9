"""The options of a question, in a new order each time it is asked.

The bank's letters are saved, marked and sealed; a learner sees and types the letters in the order
shown.
"""

from collections.abc import Mapping
from typing import Any

from scalinglaws.course.questions.answers import spell
from scalinglaws.course.questions.own_options import in_another_order
from scalinglaws.errors import CourseError

from .sitting import Turn


def shown_letters(turn: Turn) -> dict[str, str]:
    """{the bank's letter: the letter shown}, in the order shown; empty for a question without letters."""
    # Not the time of asking: correcting a clock must not change the order between the question and
    # its answer.
    return in_another_order(turn.entry, f"{turn.question} {turn.put}")


def to_shown(turn: Turn, answer: str) -> str:
    """A saved answer in the letters shown; an answer without letters stays as it is."""
    letters = shown_letters(turn)
    try:
        return "".join(sorted(letters[c] for c in spell(turn.entry, answer))) if letters else answer
    except CourseError:  # the question was changed since
        return answer


def from_shown(turn: Turn, typed: Any) -> Any:
    """What was typed, in the bank's letters; an answer without letters stays as it is.

    Raises CourseError for letters that are not options.
    """
    letters = {shown: letter for letter, shown in shown_letters(turn).items()}
    return "".join(sorted(letters[c] for c in spell(turn.entry, typed))) if letters else typed


def shown_options(turn: Turn) -> Mapping[str, str]:
    """{letter shown: text} in order; true and false are never reordered."""
    options = turn.entry.options
    letters = shown_letters(turn)
    return {shown: options[letter] for letter, shown in letters.items()} if letters else options
