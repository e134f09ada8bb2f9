"""The question bank: `questions/*.yaml` in the course's folder, checked against `questions/schema.json`.

The bank itself (with its answers) stays with the course's folder. What travels with the package is `sealed.json`, made from it by
`write_sealed`; see `seal.py`.
"""

import contextlib
import io
import json
import math
import re
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from scalinglaws.errors import CourseError

from .answers import form, spell
from .seal import SEALED_FILE, Reply, seal
from .worked import value_of, worked

# What travels in plain; all else is sealed or stays behind.
_SHOWN = [
    "type",
    "level",
    "minutes",
    "kind",
    "covers",
    "claims",
    "prompt",
    "code",
    "step",
    "unit",
    "inputs",
    "hints",
    "references",
]
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the first is ten times as fast
_MOST_STEPS = 41  # of a tolerance: every one of them is a reply that is sealed


def load_bank(folder: Path) -> dict[str, dict[str, Any]]:
    """All questions of `folder`, by id, in the order of the files.

    Raises CourseError, naming the file and the place, for what does not fit the schema, an id used twice, or
    options of which the wrong number is right.
    """
    schema = jsonschema.Draft202012Validator(
        json.loads((folder / "schema.json").read_text("utf-8"))
    )
    bank: dict[str, dict[str, Any]] = {}
    for path in sorted(folder.glob("*.yaml")):
        try:
            questions = yaml.load(path.read_text("utf-8"), Loader=_LOADER)
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
            if path.stem[:2].isdigit():  # it may speak of what stands in its notebook
                question["notebook"] = path.stem
            bank[question["id"]] = question
    return bank


def _plain(value: Any) -> Any:
    """`value` with texts for keys: YAML reads `true:` as a truth value."""
    if isinstance(value, dict):
        return {
            str(key).lower() if isinstance(key, bool) else str(key): _plain(item)
            for key, item in value.items()
        }
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _check_options(question: dict[str, Any]) -> None:
    """Raise CourseError (the end of a sentence) unless as many options are right as the type demands."""
    if "options" not in question:
        return
    options = question["options"]
    rights = sum(bool(option.get("right")) for option in options.values())
    if question["type"] == "several":
        if not 2 <= rights < len(options):
            raise CourseError(f"has {rights} right options: two or more, and not all, must be.")
    elif rights != 1:
        raise CourseError(f"has {rights} right options instead of one.")
    if question["type"] == "true_false":
        if set(options) != {"true", "false"}:
            raise CourseError("must have the options true and false.")
    elif any(len(letter) != 1 or "text" not in option for letter, option in options.items()):
        raise CourseError("needs options named by one letter, each with a text.")


# -- Answers, computed


def compute(expression: Any) -> float:
    """The value of a Python expression of the bank, as a number: see `value_of`."""
    return float(value_of(expression))


def output(code: str) -> str:
    """What a program of the bank prints."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(code, {"__name__": "__main__"})
    return printed.getvalue()


def shown(question: dict[str, Any]) -> dict[str, Any]:
    """What a learner may read of a question before answering it: JSON-ready."""
    visible = {key: question[key] for key in _SHOWN if key in question}
    if "options" in question:
        visible["options"] = {
            letter: option.get("text", letter.capitalize()).strip()
            for letter, option in sorted(question["options"].items(), reverse=_truth(question))
        }
    if "options" in question and not _truth(question) and _calls_options_by_letter(question):
        visible["ordered"] = True
    if "inputs" in question:
        visible["inputs"] = [
            {name: compute(value) for name, value in point.items()} for point in question["inputs"]
        ]
    return visible


# "option c" and "(c)", which is a letter's usual form in prose; "L(C)" and "C" are symbols.
_LETTER = re.compile(r"\b[Oo]ption \(?[a-f]\b|(?<![\w$\\])\([a-f]\)")


def _calls_options_by_letter(question: dict[str, Any]) -> bool:
    """Whether some text of a question calls an option by its letter, so that it must keep it."""
    texts = [question["prompt"], question["solution"], *question["hints"]]
    texts += [text for text in [question.get("right_reply")] if text]
    for option in question["options"].values():
        texts += [option.get("text", ""), option["reply"]]
    return any(_LETTER.search(text) for text in texts)


def _truth(question: dict[str, Any]) -> bool:
    return question["type"] == "true_false"  # true stands before false


def right_answer(question: dict[str, Any]) -> Any:
    """A right answer, as a learner may write it, computed where it can be."""
    if "options" in question:
        letters = [letter for letter, option in question["options"].items() if option.get("right")]
        return "".join(letters)
    kind = form(question)
    if kind == "words":
        return question["model_answer"].strip()
    if kind == "number":
        return compute(question["answer"] if "answer" in question else output(question["code"]))
    return output(question["code"]) if kind == "output" else question["answer"]


def replies(question: dict[str, Any]) -> dict[str, Reply]:
    """{spelling: Reply} of one question. Raises CourseError where a slip is the same answer as another."""
    kind, visible = form(question), shown(question)
    if "options" in question:
        every = {
            letter: Reply(bool(option.get("right")), option["reply"].strip())
            for letter, option in question["options"].items()
        }
        if kind != "options":
            return every
        chosen = {f"+{letter}": reply for letter, reply in every.items()}
        left_out = {f"-{letter}": Reply(not reply.right, "") for letter, reply in every.items()}
        whole = Reply(True, question.get("right_reply", "").strip())
        return chosen | left_out | {spell(visible, right_answer(question)): whole}
    if kind == "words":
        points = "".join(f"\n- {point.strip()}" for point in question["points"])
        text = f"{question['model_answer'].strip()}\n\nA good answer says:\n{points}"
        return {spell(visible, question["model_answer"]): Reply(True, text)}
    right = right_answer(question)
    found = {
        spell(visible, answer): Reply(True, question["right_reply"].strip())
        for answer in _tolerated(question, right)
    }
    for slip in question["slips"]:
        wrong = compute(slip["answer"]) if kind == "number" else slip["answer"]
        spelling = spell(visible, wrong)
        if spelling in found:
            raise CourseError(
                f"{question['id']}: the slip {slip['answer']} is the same as another answer."
            )
        found[spelling] = Reply(False, slip["reply"].strip())
    return found


def _tolerated(question: dict[str, Any], right: Any) -> list[Any]:
    """The right answer and, with a tolerance, every other one within it that rounds to another step."""
    if "tolerance" not in question:
        return [right]
    step = question["step"]
    low = math.ceil(round((right - question["tolerance"]) / step, 6))
    high = math.floor(round((right + question["tolerance"]) / step, 6))
    if high - low >= _MOST_STEPS:
        raise CourseError(
            f"{question['id']}: the tolerance spans {high - low + 1} steps: choose a larger step."
        )
    return [right, *(count * step for count in range(low, high + 1))]


# -- The file that travels


def sealed_bank(folder: Path) -> str:
    """The text of `sealed.json` for the bank in `folder`; the same text on every run."""
    sealed = {
        name: seal(name, shown(question), replies(question), worked(question))
        for name, question in sorted(load_bank(folder).items())
    }
    return json.dumps(sealed, indent=1) + "\n"


def write_sealed(folder: Path) -> Path:
    """Write `sealed.json` of the package from the bank in `folder`. Returns its path."""
    target = Path(__file__).parent / SEALED_FILE
    target.write_text(sealed_bank(folder), encoding="utf-8", newline="\n")
    return target


def as_markdown(question: dict[str, Any]) -> str:
    """The question as a notebook shows it: the prompt, the code if it has one, and how to answer."""
    lines = [question["prompt"].strip()]
    if "code" in question:
        lines += ["", "```python", question["code"].rstrip(), "```"]
    match form(question):
        case "option" | "options":
            lines.append("")
            lines += [
                f"- **{letter}.** {_text(option).strip()}"
                for letter, option in sorted(question["options"].items())
            ]
            if question["type"] == "several":
                lines += ["", "More than one is right: give all their letters."]
        case "truth":
            lines += ["", "True or false?"]
        case "expression":
            names = ", ".join(f"`{name}`" for name in question["inputs"][0])
            lines += ["", f"Answer with an expression in {names}, between quotation marks."]
        case "words":
            lines += ["", "Answer in a sentence or two; then compare with a model answer."]
    return "\n".join(lines)


def _text(option: Any) -> str:
    return option if isinstance(option, str) else option["text"]
