"""The question bank: `questions/*.yaml` in the course's folder, checked against
`questions/schema.json`.

The bank itself (with its answers) stays in the course's folder. The package only contains
`sealed.json`, which `scalinglaws release` makes from it; see `seal.py`.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from scalinglaws.errors import CourseError

from .drawn import instance
from .question import Question
from .replies import (
    compute as compute,
    is_ordered,
    output as output,
    replies,
    right_answer as right_answer,
    shown as shown,
)
from .seal import seal, seal_recipe
from .worked import worked

Translate = Callable[[str, str], str]  # (place, text) to its replacement


def load_bank(folder: Path, translate: Translate | None = None) -> dict[str, dict[str, Any]]:
    """All questions of `folder`, by id, in the order of the files.

    translate: returns the replacement of each text. Raises CourseError, with the file and the
    place, for anything that does not fit the schema, an id used twice, or the wrong number of right
    options.
    """
    # Imported here: a learner's variants need this module, but neither of these.
    import jsonschema
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the C loader is ten times as fast
    schema = jsonschema.Draft202012Validator(
        json.loads((folder / "schema.json").read_text("utf-8"))
    )
    bank: dict[str, dict[str, Any]] = {}
    for path in sorted(folder.glob("*.yaml")):
        try:
            questions = yaml.load(path.read_text("utf-8"), Loader=loader)
        except yaml.YAMLError as error:
            raise CourseError(f"{path.name} is not valid YAML: {error}") from None
        questions = _plain(questions)
        for error in schema.iter_errors(questions):
            place = " → ".join(str(part) for part in error.absolute_path) or "the top"
            raise CourseError(f"{path.name}, at {place}: {error.message}")
        for question in questions:
            if question["id"] in bank:
                raise CourseError(f"{path.name}: the id {question['id']} is used twice.")
            try:
                _check_options(question)
            except CourseError as error:
                raise CourseError(f"{path.name}: {question['id']} {error}") from None
            if path.stem[:2].isdigit():  # it may refer to its notebook
                question["notebook"] = path.stem
            if translate:
                # An option that a text refers to by its letter keeps it, even if the translation
                # does not.
                question = {
                    **translated(f"questions/{question['id']}", question, translate),
                    "ordered": is_ordered(question),
                }
            if "draw" in question:
                if "notebook" in question:
                    raise CourseError(
                        f"{path.name}: {question['id']} draws its numbers, so the code for its "
                        "answers is part of the package: put the question into a file that "
                        "belongs to no notebook."
                    )
                question = {**instance(question, 0), "recipe": question}
            bank[question["id"]] = question
    return bank


# The readable parts of a question: texts, lists of texts, and their containers.
_TEXTS = frozenset(
    {
        "prompt",
        "text",
        "reply",
        "right_reply",
        "model_answer",
        "points",
        "hints",
        "solution",
        "check",
    }
)
_HOLD_TEXTS = ("options", "slips", "steps")


def translated(where: str, question: Mapping[str, Any], translate: Translate) -> dict[str, Any]:
    """A question, option, slip or step with each text replaced. Code, answers and numbers stay."""

    def of(where: str, value: Any) -> Any:
        if isinstance(value, str):
            return translate(where, value.strip()) if value.strip() else value
        if isinstance(value, list):
            return [of(f"{where}/{i}", item) for i, item in enumerate(value, 1)]
        return value

    def inside(where: str, value: Any) -> Any:
        if isinstance(value, list):
            return [translated(f"{where}/{i}", item, translate) for i, item in enumerate(value, 1)]
        return {key: translated(f"{where}/{key}", item, translate) for key, item in value.items()}

    return {
        key: of(f"{where}/{key}", value)
        if key in _TEXTS
        else inside(f"{where}/{key}", value)
        if key in _HOLD_TEXTS
        else value
        for key, value in question.items()
    }


def _plain(value: Any) -> Any:
    """`value` with string keys: YAML reads `true:` as a boolean."""
    if isinstance(value, dict):
        return {
            str(key).lower() if isinstance(key, bool) else str(key): _plain(item)
            for key, item in value.items()
        }
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _check_options(question: dict[str, Any]) -> None:
    """Raise CourseError, whose text completes a sentence, if the number of right options does not
    suit the type.
    """
    if "options" not in question:
        return
    options = question["options"]
    rights = sum(bool(option.get("right")) for option in options.values())
    if question["type"] == "several":
        if not 2 <= rights < len(options):
            raise CourseError(
                f"has {rights} right options: at least two must be right, but not all."
            )
    elif rights != 1:
        raise CourseError(f"has {rights} right options instead of one.")
    if question["type"] == "true_false":
        if set(options) != {"true", "false"}:
            raise CourseError("must have the options true and false.")
    elif any(len(letter) != 1 or "text" not in option for letter, option in options.items()):
        raise CourseError("needs options with a letter and a text each.")


# -- The sealed file in the package


def sealed_file(folder: Path, translate: Translate | None = None) -> str:
    """The text of `sealed.json` for the bank in `folder`; the same text on every run. translate: as for `load_bank`."""
    sealed = {
        name: seal(
            shown(record),
            replies(record),
            worked(record),
            seal_recipe(name, record["recipe"]) if "recipe" in record else "",
        ).to_json()
        for name, record in sorted(load_bank(folder, translate).items())
    }
    return json.dumps(sealed, indent=1) + "\n"


def as_markdown(question: Question) -> str:
    """The question as a notebook shows it: the prompt, the code if it has one, and how to answer."""
    lines = [question.text]
    match question.form:
        case "option" | "options":
            lines.append("")
            lines += [
                f"- **{letter}.** {text}" for letter, text in sorted(question.options.items())
            ]
            if question.form == "options":
                lines += ["", "More than one is right: give all their letters."]
        case "truth":
            lines += ["", "True or false?"]
        case "expression":
            names = ", ".join(f"`{name}`" for name in question.names)
            lines += ["", f"Answer with an expression in {names}, between quotation marks."]
        case "words":
            lines += ["", "Answer in a sentence or two; then compare with a model answer."]
        case "number" | "output":
            pass
    return "\n".join(lines)


def as_cell(question: Question) -> str:
    """The content of a notebook's cell below its heading: the question, with its hints folded."""
    hints = [
        f"<details><summary>Hint {number}</summary>\n\n{hint.strip()}\n\n</details>"
        for number, hint in enumerate(question.hints, 1)
    ]
    return "\n\n".join([as_markdown(question).rstrip(), *hints])
