"""A question as the package contains it: small frozen classes, read from `sealed.json` and written
to it.

The bank's own records, with their answers, stay as YAML loads them; `replies.shown` makes a
`Question` from one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Type = Literal["choice", "several", "true_false", "number", "predict", "debug", "fill_in", "text"]
Level = Literal["introductory", "intermediate", "advanced", "expert"]
Form = Literal["option", "options", "truth", "number", "output", "expression", "words"]

_OF_TYPE: dict[str, Form] = {"several": "options", "true_false": "truth", "text": "words"}


def form_of(type: str, options: bool, step: bool, inputs: bool) -> Form:
    """The form of an answer (see `answers`), by the question's type and by what else the question has."""
    if found := _OF_TYPE.get(type):
        return found
    if options:
        return "option"
    if step:
        return "number"
    return "expression" if inputs else "output"


@dataclass(frozen=True)
class Question:
    """What a learner may read of a question before answering it; texts are in Markdown.

    id: for a variant, with its seed. covers: rows of the coverage map. code: shown below the
    prompt. step: what a number is rounded to, 0 if the answer is not a number. inputs: the values
    at which expressions are compared. options: {letter, or "true" and "false": text}. ordered: some
    text refers to them by their letters.
    """

    id: str
    type: Type
    level: Level
    minutes: float
    covers: tuple[str, ...]
    prompt: str
    hints: tuple[str, ...] = ()
    kind: str = ""
    claims: tuple[str, ...] = ()
    code: str = ""
    step: float = 0
    unit: str = ""
    inputs: tuple[Mapping[str, float], ...] = ()
    references: tuple[str, ...] = ()
    options: Mapping[str, str] = field(default_factory=dict[str, str])
    ordered: bool = False

    @property
    def form(self) -> Form:
        """The form of its answer."""
        return form_of(self.type, bool(self.options), bool(self.step), bool(self.inputs))

    @property
    def names(self) -> list[str]:
        """The names allowed in an expression; none for another form."""
        return list(self.inputs[0]) if self.inputs else []

    @property
    def text(self) -> str:
        """The prompt, with the code if there is some."""
        code = f"\n\n```python\n{self.code.rstrip()}\n```" if self.code else ""
        return self.prompt.strip() + code

    def to_json(self) -> dict[str, Any]:
        """The JSON form, without the id, which is the key."""
        return {key: value for key in _KEYS if (value := getattr(self, key))}

    @classmethod
    def from_json(cls, id: str, data: Mapping[str, Any]) -> "Question":
        """The inverse of `to_json`; ignores other keys."""
        lists = ("covers", "hints", "claims", "inputs", "references")
        known: dict[str, Any] = {key: data[key] for key in _KEYS if key in data}
        known.update({key: tuple(known[key]) for key in lists if key in known})
        return cls(id, **known)


# In the order of the file.
_KEYS = ("type", "level", "minutes", "kind", "covers", "claims", "prompt", "code", "step", "unit", "inputs", "hints", "references",
         "options", "ordered")  # fmt: skip


@dataclass(frozen=True)
class Sealed:
    """A question with its sealed parts.

    replies: {place: box}; only an answer gives the place and opens the box (see `seal`). recipe:
    draws its variants, if it has any.
    """

    question: Question
    replies: Mapping[str, str]
    solution: str
    recipe: str = ""

    def to_json(self) -> dict[str, Any]:
        """The JSON form, without the id, which is the key."""
        sealed = {"replies": dict(self.replies), "solution": self.solution}
        return self.question.to_json() | sealed | ({"recipe": self.recipe} if self.recipe else {})

    @classmethod
    def from_json(cls, id: str, data: Mapping[str, Any]) -> "Sealed":
        """The inverse of `to_json`."""
        question = Question.from_json(id, data)
        return cls(question, data["replies"], data["solution"], data.get("recipe", ""))


@dataclass(frozen=True)
class Reply:
    """The reply to an answer: whether it is right, why, and after a right answer the worked
    solution.
    """

    right: bool
    text: str
    solution: str = ""
