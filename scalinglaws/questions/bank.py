"""The question bank: `questions/*.yaml` in the course's folder, checked against `questions/schema.json`.

The bank itself (with its answers) stays with the author. What travels with the package is `sealed.json`, made from it by
`write_sealed`; see `seal.py`.
"""

import json
import math
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import yaml

from scalinglaws.errors import CourseError

from .seal import SEALED_FILE, Reply, canonical, seal


def load_bank(folder: Path) -> dict[str, dict[str, Any]]:
    """All questions of `folder`, by id, in the order of the files.

    Raises CourseError, naming the file and the place, for what does not fit the schema, an id used twice, or a
    choice without exactly one right option.
    """
    schema = jsonschema.Draft202012Validator(
        json.loads((folder / "schema.json").read_text("utf-8"))
    )
    bank: dict[str, dict[str, Any]] = {}
    for path in sorted(folder.glob("*.yaml")):
        try:
            questions = yaml.safe_load(path.read_text("utf-8"))
        except yaml.YAMLError as error:
            raise CourseError(f"{path.name} is not valid YAML: {error}") from None
        for error in schema.iter_errors(questions):
            place = " → ".join(str(part) for part in error.absolute_path) or "the top"
            raise CourseError(f"{path.name}, at {place}: {error.message}")
        for question in questions:
            if question["id"] in bank:
                raise CourseError(f"{path.name}: the id {question['id']} is used twice.")
            if question["type"] == "choice":
                rights = [o for o in question["options"].values() if o.get("right")]
                if len(rights) != 1:
                    raise CourseError(
                        f"{path.name}: {question['id']} has {len(rights)} right options instead of one."
                    )
            bank[question["id"]] = question
    return bank


def compute(expression: str) -> float:
    """The value of a Python expression of the bank; `math`, `np` and the package as `sl` can be used in it."""
    import scalinglaws as sl

    return float(eval(expression, {"math": math, "np": np, "sl": sl}))


def replies(question: dict[str, Any]) -> dict[str, Reply]:
    """{canonical answer: Reply} of one question. Raises CourseError where a slip equals the right answer."""
    if question["type"] == "choice":
        return {
            letter: Reply(bool(option.get("right")), option["reply"].strip())
            for letter, option in question["options"].items()
        }
    step = question["step"]
    answer = canonical(compute(question["answer"]), step)
    found = {answer: Reply(True, question["right_reply"].strip())}
    for slip in question["slips"]:
        spelling = canonical(compute(slip["answer"]), step)
        if spelling in found:
            raise CourseError(
                f"{question['id']}: the slip {slip['answer']} is the same number as another answer."
            )
        found[spelling] = Reply(False, slip["reply"].strip())
    return found


def sealed_bank(folder: Path) -> str:
    """The text of `sealed.json` for the bank in `folder`; the same text on every run."""
    sealed = {
        name: seal(name, replies(question), question.get("step"))
        for name, question in load_bank(folder).items()
    }
    return json.dumps(sealed, indent=1, sort_keys=True) + "\n"


def write_sealed(folder: Path) -> Path:
    """Write `sealed.json` of the package from the bank in `folder`. Returns its path."""
    target = Path(__file__).parent / SEALED_FILE
    target.write_text(sealed_bank(folder), encoding="utf-8", newline="\n")
    return target


def as_markdown(question: dict[str, Any]) -> str:
    """The question as a notebook shows it: the prompt, and the options as a list."""
    lines = [question["prompt"].strip()]
    if question["type"] == "choice":
        lines.append("")
        lines += [
            f"- **{letter}.** {option['text'].strip()}"
            for letter, option in sorted(question["options"].items())
        ]
    return "\n".join(lines)
