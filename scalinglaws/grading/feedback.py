"""What a learner may read of a graded notebook: messages and points, no hidden tests; formulas without a network."""

import re
from pathlib import Path

import nbgrader
from nbconvert.preprocessors import Preprocessor
from nbgrader import utils
from nbgrader.preprocessors import ClearHiddenTests

from scalinglaws.formulas import draw_formulas

# Ours first: it takes nbconvert's MathJax macro, which loads from a CDN, out of nbgrader's own page.
TEMPLATES = (
    str(Path(__file__).parent / "templates"),
    str(Path(nbgrader.__file__).parent / "server_extensions" / "formgrader" / "templates"),
)

_ANSI = re.compile(r"\x1b\[[0-9;]*m")


def failure_message(output: dict) -> str:
    """One line for an error output of a test cell: the check's own text, or the kind of error and its text."""
    name, text = output["ename"], _ANSI.sub("", output["evalue"]).strip()
    if name in ("CheckFailed", "NotStarted"):
        return text
    if name == "NameError":
        missing = re.search(r"name '(\w+)' is not defined", text)
        thing = missing.group(1) if missing else "a name"
        return f"{thing} does not exist: the cell that should define it is missing, was not finished, or stopped with an error."
    if name == "CellTimeoutError":
        return "This took too long and was stopped: look for a loop that never ends."
    return f"{name}: {text}" if text else name


class HideTests(ClearHiddenTests):
    """Cut hidden tests out of the feedback page, and the tracebacks that would print them."""

    def preprocess_cell(self, cell, resources, cell_index):
        """Replace each traceback of a locked test cell by its message."""
        if utils.is_grade(cell) and utils.is_locked(cell) and cell.cell_type == "code":
            for output in cell.outputs:
                if output.output_type == "error":
                    output.traceback = [failure_message(output)]
        return super().preprocess_cell(cell, resources, cell_index)


class DrawFormulas(Preprocessor):
    """Turn the TeX formulas of Markdown cells into MathML, which browsers draw by themselves."""

    def preprocess_cell(self, cell, resources, cell_index):
        """Replace $…$ and $$…$$ in a Markdown cell; code spans stay as they are."""
        if cell.cell_type == "markdown":
            cell.source = draw_formulas(cell.source)
        return cell, resources
