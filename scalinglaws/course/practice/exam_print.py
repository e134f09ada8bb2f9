"""Exams for a class on paper: one HTML file for each variant, and one file with the key to all of
them.
"""

import secrets
from datetime import UTC, datetime
from html import escape
from pathlib import Path

from scalinglaws.course.learner.events import ExamStarted
from scalinglaws.course.markdown import to_html
from scalinglaws.course.questions.answers import form
from scalinglaws.course.questions.bank import load_bank, right_answer
from scalinglaws.course.questions.drawn import family, instance, seed_of
from scalinglaws.course.questions.worked import rounded, worked
from scalinglaws.errors import CourseError
from scalinglaws.files import replace_file
from scalinglaws.paths import course_dir

from .exam import Exam, draw_exam, minutes_of
from .exam_view import TITLE, question
from .options import to_shown

MOST = 200  # variants at once
_STYLE = """
body { max-width: 46rem; margin: 2rem auto; padding: 0 1rem; font: 11pt/1.45 system-ui, sans-serif; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.05rem; margin: 1.4rem 0 0.2rem; }
pre { padding: 0.5rem; border: 1px solid; white-space: pre-wrap; } li { margin: 0.2rem 0; }
section { break-inside: avoid; } .line { height: 2.2rem; border-bottom: 1px solid; max-width: 24rem; }
@media print { body { margin: 0; max-width: none; } .new { break-before: page; } }
"""


def write(copies: int, folder: Path, seed: int | None = None) -> list[Path]:
    """Write `copies` exams and their key into a folder. Returns the paths.

    seed: of the first exam; the others use the numbers after it. Without one, it is drawn, and the
    key shows it. Raises CourseError for an invalid number of copies, if a file is in the way, and
    without questions/.
    """
    if not 1 <= copies <= MOST:
        raise CourseError(f"--print takes 1 to {MOST} variants, not {copies}.")
    source = course_dir() / "questions"
    if not (source / "schema.json").is_file():
        raise CourseError(
            "The key needs the course's folder questions/, which is not here: print from a full copy of the course."
        )
    bank = load_bank(source)
    first = secrets.randbelow(10**6) if seed is None else seed
    paths = [folder / f"exam-{number}.html" for number in range(1, copies + 1)] + [
        folder / "key.html"
    ]
    if there := [path.name for path in paths if path.exists()]:
        raise CourseError(f"{folder} has {there[0]} already: choose another folder.")
    keys = []
    pages = []
    for number in range(1, copies + 1):
        drawn = draw_exam(first + number - 1)
        started = ExamStarted(datetime.now(UTC), f"print-{first + number - 1}", drawn)
        exam = Exam(started, {}, False)
        pages.append(_sheet(exam, number))
        keys.append(_key(exam, number, first + number - 1, bank))
    pages.append(_page(f"{TITLE}: key", "".join(keys)))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, page in zip(paths, pages, strict=True):
            replace_file(path, page.encode())
    except OSError as error:
        raise CourseError(f"{folder} cannot be written ({error.strerror}).") from None
    return paths


def _page(title: str, body: str) -> str:
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark"><style>{_STYLE}</style></head>'
        f"<body><main>\n{body}\n</main></body></html>\n"
    )


def _sheet(exam: Exam, number: int) -> str:
    parts = [
        f"<h1>{escape(TITLE)}</h1><p>Variant {number} · {len(exam.questions)} questions · "
        f"{minutes_of(exam.questions):.0f} minutes. A calculator is allowed.</p>",
        '<p>Name</p><div class="line"></div>',
    ]
    for place in range(len(exam.questions)):
        one = question(exam, place)
        options = "".join(
            f"<li>☐ {'' if one.form == 'truth' else f'<b>{letter}.</b> '}{to_html(text)[3:-4]}</li>"
            for letter, text in one.options.items()
        )
        how = {
            "option": "Choose one.", "options": "Choose all that are right.", "truth": "True or false?",
            "number": "A number" + (f", in {escape(one.unit)}." if one.unit else "."),
            "output": "What is printed?", "expression": "An expression in " + ", ".join(one.names) + ".",
        }[one.form]  # fmt: skip
        field = "" if one.options else '<div class="line"></div>'
        listed = f'<ul style="list-style:none">{options}</ul>' if options else ""
        parts.append(
            f"<section><h2>Question {place + 1}</h2>{to_html(one.prompt)}{listed}<p><i>{how}</i></p>{field}</section>"
        )
    return _page(f"{TITLE}, variant {number}", "\n".join(parts))


def _key(exam: Exam, number: int, seed: int, bank: dict) -> str:
    parts = [f'<h1 class="new">{escape(TITLE)}: key to variant {number}</h1><p>Seed {seed}.</p>']
    for place, name in enumerate(exam.questions):
        whole = bank[family(name)]
        if variant := seed_of(name):
            whole = instance(whole["recipe"], variant)
        right = right_answer(whole)
        if form(whole) == "number":
            text = rounded(right, whole["step"])
            text += f" (± {whole['tolerance']:g})" if "tolerance" in whole else ""
        else:
            text = to_shown(exam.turn(place), str(right).strip())
        parts.append(
            f"<section><h2>Question {place + 1}: <code>{escape(text)}</code></h2>{to_html(worked(whole))}"
            f"<p><small>{escape(name)}</small></p></section>"
        )
    return "\n".join(parts)
