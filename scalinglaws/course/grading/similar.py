"""`scalinglaws similar`: pairs of submissions whose answers look alike, for a person to read.

It accuses nobody. Code is compared by copydetect with the winnowed fingerprints of MOSS (Schleimer,
Wilkerson and Aiken, "Winnowing", SIGMOD 2003), which ignore names, spaces and comments. Code that
students received is not compared.
"""

import argparse
import csv
import io
import itertools
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from nbgrader import utils
from nbgrader.coursedir import CourseDirectory

from scalinglaws.course.exercises import check_name
from scalinglaws.errors import CourseError
from scalinglaws.paths import complete_course_dir

from .classroom import read_submission, students
from .finder import find_work
from .messages import safe_cell
from .nbgrader_api import load_config
from .submission import Unreadable, master, visible

MAX_CODE = 50_000  # characters of a submission that are compared: nobody writes more, and comparing all pairs takes time
_K, _WINDOW = 15, 5  # tokens of a fingerprint; one of this many fingerprints is kept


@dataclass(frozen=True)
class Pair:
    """Two submissions of a notebook. share: of the shorter one's own code that is also in the other, 0 to 1. tokens: how many."""

    first: str
    second: str
    notebook: str
    share: float
    tokens: int


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("assignment", help="for example 01_power_laws")
    parser.add_argument("--from", dest="least", type=float, default=0.7, metavar="SHARE", help="show pairs from this share (default: 0.7)")  # fmt: skip
    parser.add_argument("--csv", action="store_true", help="print CSV")


def run(args: argparse.Namespace) -> int:
    """Print the pairs, the most similar first."""
    course = complete_course_dir()
    check_name(course, args.assignment)
    if not 0 <= args.least <= 1:
        raise CourseError(f"--from is a share from 0 to 1, not {args.least:g}.")
    found, remarks = find_pairs(course, args.assignment)
    for remark in remarks:
        print(remark, file=sys.stderr)
    found = sorted(
        (p for p in found if p.share >= args.least),
        key=lambda p: (-p.share, -p.tokens, p.first, p.second),
    )
    if args.csv:
        writer = csv.writer(sys.stdout)
        writer.writerow(["first", "second", "notebook", "share", "tokens"])
        writer.writerows(
            [safe_cell(p.first), safe_cell(p.second), p.notebook, f"{p.share:.3f}", p.tokens]
            for p in found
        )
        return 0
    if not found:
        print(f"No two submissions of {args.assignment} share {args.least:.0%} of their own code.")
    for pair in found:
        print(
            f"  {pair.share:4.0%}  {pair.tokens:5} tokens  {pair.first} and {pair.second} ({pair.notebook})"
        )
    if found:
        print(
            "\nShort right answers look alike by themselves: read both before you speak to anyone."
        )
    return 0


def find_pairs(course: Path, assignment: str) -> tuple[list[Pair], list[str]]:
    """All pairs of submissions that share code, and remarks on what was read or left out.

    Only fingerprints of each submission are kept. A submission that cannot be read does not stop
    the others.
    """
    config = load_config(course, course)
    directory = CourseDirectory(config=config)
    found: list[Pair] = []
    remarks: list[str] = []
    paths = sorted((course / "source" / assignment).glob("*.ipynb"))
    for path in paths:
        source = master(path, config)
        comparison = Comparison(source, path.stem)
        for student in students(directory, assignment):
            who = safe_cell(student)
            try:
                handed_in = read_submission(directory, student, assignment)
                work = find_work(path.stem, source, handed_in, [p.stem for p in paths])
                comparison.add(student, work.notebook)
            except Unreadable as error:
                remarks.append(f"{who} is left out: {error}.")
            except Exception as error:  # one submission must not stop the class
                remarks.append(f"{who} is left out: it cannot be compared ({_what(error)}).")
            else:
                remarks += [f"{who}: {remark}." for remark in work.remarks]
        found += comparison.pairs()
        remarks += comparison.failed
    return found, remarks


def _what(error: Exception) -> str:
    return safe_cell(f"{type(error).__name__}: {error}"[:200])


def own_code(notebook: NotebookNode, given: set[str]) -> str:
    """The code of a submission's cells that differ from the release."""
    cells = [
        c.source for c in notebook.cells if c.cell_type == "code" and c.source.strip() not in given
    ]
    return "\n\n".join(cells)[:MAX_CODE] + "\n"


class Comparison:
    """Submissions of one notebook, as fingerprints of their code.

    source: from `submission.master`. failed: remarks on pairs that could not be compared.
    """

    def __init__(self, source: NotebookNode, name: str) -> None:
        self._name = name
        self._given = {visible(cell.source).strip() for cell in source.cells}
        stubs = "\n\n".join(
            c.source for c in source.cells if utils.is_solution(c) and c.cell_type == "code"
        )
        self._handed_out = list(self._prints_of(f"{name}.py", stubs + "\n", 1).hashes)
        self._prints: dict[str, Any] = {}
        self.failed: list[str] = []

    @staticmethod
    def _prints_of(path: str, code: str, window: int, **options: Any) -> Any:
        from copydetect import CodeFingerprint

        return CodeFingerprint(path, _K, window, fp=io.StringIO(code), **options)

    def add(self, student: str, notebook: NotebookNode) -> None:
        """Add a submission; the notebook itself is not kept."""
        code = own_code(notebook, self._given)
        path = str(Path(student, f"{self._name}.py"))
        prints = self._prints_of(path, code, _WINDOW, boilerplate=self._handed_out)
        prints.raw_code = ""  # only copydetect's report would show it
        self._prints[student] = prints

    def pairs(self) -> list[Pair]:
        """All pairs that share code."""
        from copydetect import compare_files

        found = []
        for (first, a), (second, b) in itertools.combinations(sorted(self._prints.items()), 2):
            if not a.token_coverage or not b.token_coverage or not set(a.hashes) & set(b.hashes):
                continue
            try:
                tokens, shares, _ = compare_files(a, b)
            except Exception as error:
                who = f"{safe_cell(first)} and {safe_cell(second)}"
                self.failed.append(f"{who} cannot be compared ({_what(error)}).")
                continue
            found.append(Pair(first, second, self._name, float(max(shares)), int(tokens)))
        return found


def pairs(notebooks: dict[str, NotebookNode], source: NotebookNode, name: str) -> list[Pair]:
    """All pairs of {student: notebook} that share code. source: from `submission.master`."""
    comparison = Comparison(source, name)
    for student, notebook in notebooks.items():
        comparison.add(student, notebook)
    return comparison.pairs()
