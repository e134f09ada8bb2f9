"""Signs that a submission is somebody else's work, in classes where students have their own
numbers. A person must judge them.
"""

import re
from collections import Counter

from nbformat import NotebookNode

from scalinglaws.course.variants import ClassTokens

from .remarks import Remark, look
from .submission import is_test

_SHOWN = re.compile(
    r"Your own (?:numbers|rows|order) \(variant ([0-9a-f]{10})\)"
)  # `Variant.show`, `OwnOptions.show`
_SAID = re.compile(r"right for the numbers of another variant \(([0-9a-f, ]+)\)")  # `check_variant`
LEAST = 2  # this many exercises must match the same other student: one may be chance


def foreign_outputs(notebook: NotebookNode, variants: ClassTokens, student: str) -> list[Remark]:
    """A remark if a notebook, as it was submitted, shows the numbers of another student of the class."""
    outputs = [
        output
        for cell in (notebook.cells if variants.tokens else ())
        for output in cell.get("outputs", ())
    ]
    texts = [o.get("text") for o in outputs]
    texts += [o.get("data", {}).get("text/markdown") for o in outputs]
    codes = {code for text in texts if isinstance(text, str) for code in _SHOWN.findall(text)}
    others = sorted({variants.student_of(code) for code in codes} - {"", student})
    return [look(f"it was last run with the numbers of {other}") for other in others]


def copied_answers(notebook: NotebookNode, variants: ClassTokens) -> list[Remark]:
    """A remark for each other student whose numbers match the wrong answers of a graded notebook."""
    found: Counter[str] = Counter()
    for cell in notebook.cells if variants.tokens else ():
        if not is_test(cell):
            continue
        said = " ".join(" ".join(o.evalue.split()) for o in cell.outputs if "evalue" in o)
        codes = {code for match in _SAID.finditer(said) for code in match[1].split(", ")}
        found.update({student for code in codes if (student := variants.student_of(code))})
    return [
        look(f"{count} answers are right for the numbers of {student}, not for this student's own")
        for student, count in sorted(found.items())
        if count >= LEAST
    ]
