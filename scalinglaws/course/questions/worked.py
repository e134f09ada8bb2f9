"""The worked solution of a question, as Markdown: what to know, the steps, a quick check, and the
common mistakes.

Numbers in it are computed: `is` of a step, and [[expressions]] in texts.
"""

import math
import re
from collections.abc import Mapping
from typing import Any

from .answers import form

_COMPUTED = re.compile(r"\[\[(.+?)\]\]", re.DOTALL)


def value_of(expression: Any, given: Mapping[str, Any] | None = None) -> Any:
    """The value of a Python expression of the bank; `math`, `np` and the package as `sl` can be used in it.

    given: further names, such as those of earlier steps.
    """
    import numpy as np

    import scalinglaws as sl

    # As globals, because a comprehension inside an expression only sees those.
    return eval(str(expression), {"math": math, "np": np, "sl": sl, **(given or {})})


def number_text(number: float, code: bool = False) -> str:
    """A number as a person writes it: 624240, 0.0947, and 2.16 · 10²² in TeX (code: 2.16e22)."""
    size = abs(float(f"{number:.6g}"))  # processors differ in the last digit
    if number == 0 or 1e-3 <= size < 1e6:
        return f"{number:.6g}" if abs(number) >= 1000 else f"{number:.4g}"
    digits, power = f"{number:.3e}".split("e")
    digits = digits.rstrip("0").rstrip(".")
    if code:
        return f"{digits}e{int(power)}"
    return f"10^{{{int(power)}}}" if digits == "1" else rf"{digits} \cdot 10^{{{int(power)}}}"


def _in_prose(number: float) -> str:
    text = number_text(number)
    return f"${text}$" if "^" in text else text


def filled(text: str, given: Mapping[str, Any] | None = None, code: bool = False) -> str:
    """`text` with its [[expressions]] computed.

    Inside a formula or code, the numbers get no dollar signs. code: the whole text is code.
    """

    def computed(match: re.Match[str]) -> str:
        value = value_of(match[1], given)
        if isinstance(value, str):
            return value
        before = text[: match.start()]
        if code or before.count("`") % 2:
            return number_text(value, code=True)
        return number_text(value) if before.count("$") % 2 else _in_prose(value)

    return _COMPUTED.sub(computed, text)


def steps_of(question: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """The steps as [(expression, its value)]; the last one is the answer.

    An expression in `inputs` stays as it is.
    """
    given = dict(question.get("given", {}))
    found = []
    for step in question["steps"]:
        if "is" not in step:
            continue
        expression = str(step["is"])
        value = expression if "inputs" in question else value_of(expression, given)
        if "as" in step:
            given[step["as"]] = value
        found.append((expression, value))
    return found


def rounded(number: float, step: float) -> str:
    """A number with as many decimals as its step has."""
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    return f"{round(number / step) * step:.{decimals}f}"


def worked(question: Mapping[str, Any]) -> str:
    """The worked solution of a question of the bank."""
    parts = [question["solution"].strip()]
    if "steps" in question:
        parts += [
            "**Step by step**",
            _steps(question),
            f"**Quick check.** {filled(question['check'], question.get('given'))}",
        ]
    if question.get("slips"):
        mistakes = "\n".join(
            f"- {_slip(question, slip['answer'])}: {slip['reply'].strip()}"
            for slip in question["slips"]
        )
        parts += ["**Common mistakes**", mistakes]
    return "\n\n".join(parts)


def _steps(question: Mapping[str, Any]) -> str:
    values = iter(steps_of(question))
    lines = []
    last = len(question["steps"])
    for number, step in enumerate(question["steps"], 1):
        line = f"{number}. {filled(step['text'], question.get('given'))}"
        if "is" in step:
            expression, value = next(values)
            named = f"{step['as']} = {expression}" if "as" in step else expression
            line += f": `{named}`"
            if isinstance(value, int | float) and expression != str(value):
                done = number == last and form(question) == "number"
                shown = rounded(value, question["step"]) if done else _in_prose(value)
                line += f" {'≈' if done else '='} {shown}"
                if done and question.get("unit"):
                    line += f" {question['unit']}"
            elif isinstance(value, str) and value != expression:
                line += f" = `{value}`"
        lines.append(line)
    return "\n".join(lines)


def _slip(question: Mapping[str, Any], answer: Any) -> str:
    if form(question) != "number":
        return f"`{answer}`"
    text = rounded(value_of(answer, question.get("given")), question["step"])
    return f"*{text}*"
