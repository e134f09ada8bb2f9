"""`scalinglaws questions`: the question bank as Moodle XML, for a Moodle course's own question bank.

Formulas stay TeX between \\( and \\), which Moodle's MathJax filter draws. Moodle has no type for an answer that is an
expression in variables, so those questions are left out, and counted.
"""

import argparse
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from scalinglaws.course.markdown import to_html
from scalinglaws.course.questions.answers import form
from scalinglaws.course.questions.bank import compute, load_bank, right_answer, shown
from scalinglaws.course.questions.drawn import instance, variant
from scalinglaws.course.questions.worked import rounded, worked
from scalinglaws.errors import CourseError
from scalinglaws.files import write_output
from scalinglaws.paths import complete_course_dir

MOODLE_TYPE: dict[str, str] = {
    "option": "multichoice",
    "options": "multichoice",
    "truth": "truefalse",
    "number": "numerical",
    "output": "shortanswer",
    "words": "essay",
}  # for each form of answer; "expression" has none


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "notebook",
        nargs="*",
        help="only questions of these assignments, for example 01_power_laws (default: all)",
    )
    parser.add_argument(
        "--draws",
        type=int,
        default=1,
        help="variants of each question that draws its numbers (default: %(default)s)",
    )
    parser.add_argument(
        "--output", type=Path, default=Path("questions.xml"), help="default: %(default)s"
    )


def run(args: argparse.Namespace) -> int:
    """Write the file. It holds the answers: it is for instructors."""
    if args.draws < 1:
        raise CourseError("--draws needs a whole number of variants, 1 or more.")
    bank = load_bank(complete_course_dir() / "questions")
    known = sorted({group_of(name, question) for name, question in bank.items()})
    if unknown := sorted(set(args.notebook) - set(known)):
        raise CourseError(f"There is no {unknown[0]!r}: choose from {', '.join(known)}.")
    chosen = {
        name: question
        for name, question in bank.items()
        if not args.notebook or group_of(name, question) in args.notebook
    }
    text, left_out = moodle_xml(chosen, args.draws)
    write_output(args.output, text)
    written = text.count(b"<question type=") - text.count(b'<question type="category"')
    print(
        f"{args.output}: {written} questions with their answers and replies. Keep it from students."
    )
    if left_out:
        print(f"Left out, because Moodle cannot mark an expression: {', '.join(left_out)}.")
    return 0


def group_of(name: str, question: Mapping[str, Any]) -> str:
    """The category of a question: its notebook, or the first part of its id."""
    return question.get("notebook", name.partition(".")[0])


def moodle_xml(bank: Mapping[str, dict[str, Any]], draws: int = 1) -> tuple[bytes, list[str]]:
    """A bank as (Moodle XML in UTF-8, ids of the questions that Moodle cannot mark).

    bank: as `load_bank` gives it. draws: variants of each question that draws its numbers.
    """
    quiz, left_out, category = ET.Element("quiz"), [], None
    for name, question in sorted(bank.items(), key=lambda item: (group_of(*item), item[0])):
        if form(question) not in MOODLE_TYPE:
            left_out.append(name)
            continue
        if (group := group_of(name, question)) != category:
            category = group
            _text(
                ET.SubElement(quiz, "question", type="category"),
                "category",
                f"$course$/top/Scaling laws/{category}",
            )
        for identifier, one in _variants(name, question, draws):
            quiz.append(_question(identifier, one))
    ET.indent(quiz, " ")
    return ET.tostring(quiz, encoding="utf-8", xml_declaration=True) + b"\n", left_out


def _variants(
    name: str, question: dict[str, Any], draws: int
) -> Iterator[tuple[str, dict[str, Any]]]:
    recipe = question.get("recipe")
    for seed in range(draws if recipe else 1):
        yield variant(name, seed), instance(recipe, seed) if recipe else question


def _question(name: str, question: dict[str, Any]) -> ET.Element:
    kind = form(question)
    element = ET.Element("question", type=MOODLE_TYPE[kind])
    _text(element, "name", name)
    prompt = shown(question).text
    if kind == "number" and "unit" in question:
        prompt += f"\n\nUnit: {question['unit']}."
    _html(element, "questiontext", prompt)
    _html(element, "generalfeedback", worked(question))
    ET.SubElement(element, "defaultgrade").text = "1"
    ET.SubElement(element, "penalty").text = "0.3333333"
    ET.SubElement(element, "idnumber").text = name
    match kind:
        case "option" | "options":
            _choices(element, question, several=kind == "options")
        case "truth":
            for letter in ("true", "false"):
                option = question["options"][letter]
                _answer(element, letter, bool(option.get("right")) * 100, option["reply"])
        case "number":
            _number(element, question)
        case "output":
            ET.SubElement(element, "usecase").text = "1"
            for answer, fraction, reply in _computed(question):
                _answer(element, str(answer).strip(), fraction, reply)
        case "words":
            _essay(element, question)
    if kind not in ("words", "truth"):
        for hint in question["hints"]:
            _html(element, "hint", hint)
    tags = ET.SubElement(element, "tags")
    for tag in (question["level"], *question["covers"]):
        _text(tags, "tag", tag)
    return element


def _choices(element: ET.Element, question: dict[str, Any], several: bool) -> None:
    visible = shown(question)
    ET.SubElement(element, "single").text = "false" if several else "true"
    # If a text refers to an option by its letter, the letters must stay.
    ET.SubElement(element, "shuffleanswers").text = "0" if visible.ordered else "1"
    ET.SubElement(element, "answernumbering").text = "abc"
    options = question["options"]
    rights = sum(bool(option.get("right")) for option in options.values())
    for letter, text in visible.options.items():
        right = bool(options[letter].get("right"))
        fraction = 100 / rights if right else -100 / (len(options) - rights) if several else 0
        _answer(element, text, fraction, options[letter]["reply"], "html")


def _number(element: ET.Element, question: dict[str, Any]) -> None:
    """The right number and the known slips, each as wide as the rounding that the prompt asks for."""
    half = question["step"] / 2
    for answer, fraction, reply in _computed(question):
        tolerance = max(half, question.get("tolerance", 0)) if fraction else half
        text = rounded(float(answer), question["step"])
        ET.SubElement(_answer(element, text, fraction, reply), "tolerance").text = f"{tolerance:g}"
    # Moodle takes the first answer that matches, so this one is for all others.
    _answer(element, "*", 0, question["hints"][0])


def _computed(question: dict[str, Any]) -> Iterator[tuple[Any, float, str]]:
    """(answer, per cent, reply): the right one first, then the slips."""
    number = form(question) == "number"
    yield right_answer(question), 100, question["right_reply"]
    for slip in question["slips"]:
        given = question.get("given")
        yield compute(slip["answer"], given) if number else slip["answer"], 0, slip["reply"]


def _essay(element: ET.Element, question: dict[str, Any]) -> None:
    ET.SubElement(element, "responseformat").text = "plain"
    ET.SubElement(element, "responserequired").text = "1"
    ET.SubElement(element, "responsefieldlines").text = "10"
    ET.SubElement(element, "attachments").text = "0"
    points = "\n".join(f"- {point}" for point in question["points"])
    model = question["model_answer"].strip()
    _html(element, "graderinfo", f"A good answer says:\n\n{points}\n\nA model answer: {model}")


def _answer(
    parent: ET.Element,
    text: str,
    fraction: float,
    reply: str,
    format: Literal["html", "moodle_auto_format"] = "moodle_auto_format",
) -> ET.Element:
    # Moodle accepts only certain fractions, to five decimals.
    element = ET.SubElement(parent, "answer", fraction=f"{fraction:.5f}".rstrip("0").rstrip("."))
    element.set("format", format)
    ET.SubElement(element, "text").text = (
        to_html(text, formulas="tex") if format == "html" else text
    )
    _html(element, "feedback", reply)
    return element


def _html(parent: ET.Element, tag: str, markdown: str) -> None:
    element = ET.SubElement(parent, tag, format="html")
    ET.SubElement(element, "text").text = to_html(markdown, formulas="tex")


def _text(parent: ET.Element, tag: str, text: str) -> None:
    ET.SubElement(ET.SubElement(parent, tag), "text").text = text
