"""A question as it travels with the package: small frozen classes, read from `sealed.json` and written to it.

The bank's own records, with their answers, stay what YAML makes of them; `replies.shown` makes a `Question` of one.
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

    id: with its seed, of a variant. covers: rows of the coverage map. code: shown below the prompt.
    step: what a number is rounded to, 0 if the answer is none. inputs: where an expression is compared.
    options: {letter, or "true" and "false": text}. ordered: some text calls them by their letters.
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
        """How its answer is written down."""
        return form_of(self.type, bool(self.options), bool(self.step), bool(self.inputs))

    @property
    def names(self) -> list[str]:
        """The names that may stand in an expression; none for another form."""
        return list(self.inputs[0]) if self.inputs else []

    @property
    def text(self) -> str:
        """The prompt, with the code if there is some."""
        code = f"\n\n```python\n{self.code.rstrip()}\n```" if self.code else ""
        return self.prompt.strip() + code

    def to_json(self) -> dict[str, Any]:
        """What stands of it in a JSON file, where the id is its key."""
        return {key: value for key in _KEYS if (value := getattr(self, key))}

    @classmethod
    def from_json(cls, id: str, data: Mapping[str, Any]) -> "Question":
        """As `to_json` wrote it, or with more beside it."""
        lists = ("covers", "hints", "claims", "inputs", "references")
        known: dict[str, Any] = {key: data[key] for key in _KEYS if key in data}
        known.update({key: tuple(known[key]) for key in lists if key in known})
        return cls(id, **known)


# In the order in which they stand in a file.
_KEYS = ("type", "level", "minutes", "kind", "covers", "claims", "prompt", "code", "step", "unit", "inputs", "hints", "references",
         "options", "ordered")  # fmt: skip


@dataclass(frozen=True)
class Sealed:
    """A question with what is sealed.

    replies: {place: box}; only an answer tells its place, and opens its box (see `seal`). recipe: what draws its variants, if it has some.
    """

    question: Question
    replies: Mapping[str, str]
    solution: str
    recipe: str = ""

    def to_json(self) -> dict[str, Any]:
        """What stands of it in a JSON file, where the id is its key."""
        sealed = {"replies": dict(self.replies), "solution": self.solution}
        return self.question.to_json() | sealed | ({"recipe": self.recipe} if self.recipe else {})

    @classmethod
    def from_json(cls, id: str, data: Mapping[str, Any]) -> "Sealed":
        """As `to_json` wrote it."""
        question = Question.from_json(id, data)
        return cls(question, data["replies"], data["solution"], data.get("recipe", ""))


@dataclass(frozen=True)
class Reply:
    """What a learner is told: whether the answer is right, why, and after a right answer the worked solution."""

    right: bool
    text: str
    solution: str = ""
