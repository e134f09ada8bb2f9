"""The options of a quiz question in the student's own order, if the course has variants.

The notebook shows everybody the bank's order; a cell below it shows a student with a token their
own. The check takes the student's letters. Everything sealed and saved uses the bank's letters;
only the letters in the reply's text are replaced.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from scalinglaws.course.variants import code_of, own_token
from scalinglaws.errors import CourseError

from .answers import spell
from .question import Question
from .seal import find


def in_another_order(question: Question, seed: str) -> dict[str, str]:
    """{the bank's letter: the letter shown}, in the order shown; empty for a question without
    letters.

    An option that another text refers to by its letter keeps it: the bank marks such questions as
    `ordered`.
    """
    if question.form not in ("option", "options"):
        return {}
    letters = sorted(question.options)
    order = list(letters)
    if not question.ordered:
        random.Random(seed).shuffle(order)
    return dict(zip(order, letters, strict=True))


class _Markdown(str):
    """A text that a notebook renders as Markdown, and a terminal shows unchanged."""

    __repr__ = str.__str__

    def _repr_markdown_(self) -> str:
        return str(self)


@dataclass(frozen=True)
class OwnOptions:
    """A question's options with one student's letters. called: {the bank's letter: theirs}; empty
    if they are the same.
    """

    question: str
    called: Mapping[str, str] = field(repr=False)
    code: str = ""  # see `variants.code_of`

    def show(self) -> None:
        """Show the options in the student's own order, if they have one."""
        if not self.called:
            return
        from IPython.display import display

        texts = find(self.question).options
        lines = [f"- **{shown}.** {texts[letter]}" for letter, shown in self.called.items()]
        head = f"Your own order (variant {self.code}). Give these letters, not those above."
        display(_Markdown("\n".join([head, "", *lines])))

    def letters(self, bank: str) -> str:
        """The student's letters for the bank's: what they must answer if "ac" is right."""
        return "".join(sorted(self.called.get(c, c) for c in bank))

    def in_bank(self, answer: Any) -> Any:
        """A student's answer in the bank's letters; anything but letters of options is unchanged."""
        if not self.called:
            return answer
        theirs = {shown: letter for letter, shown in self.called.items()}
        try:
            return "".join(sorted(theirs[c] for c in spell(find(self.question), answer)))
        except CourseError:  # `mark` says so
            return answer


def options(question: str) -> OwnOptions:
    """The options of a quiz question, such as "power_laws.trend", for the learner at work.

    They have the letters of the text unless the course has variants. Raises CourseError for an
    unknown question, or if the course has variants and the learner's token is missing or mistyped.
    """
    asked, token = find(question), own_token()
    if not token or asked.ordered:
        return OwnOptions(question, {})
    return OwnOptions(
        question, in_another_order(asked, f"{token}\n{question}\noptions"), code_of(token)
    )
