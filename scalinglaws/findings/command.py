"""`scalinglaws findings`: write the page and its figures from the runs."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..errors import CourseError
from ..paths import course_dir
from .allocation import combination, exponents, isoflop_curves
from .page import Section, Study
from .shapes import emergence, noise, repeats, single_variable_laws
from .transfer import corpora, forecasts, published, recipe

SECTIONS = (
    *(isoflop_curves, exponents, single_variable_laws, combination, forecasts, corpora),
    *(repeats, emergence, noise, recipe, published),
)

NEEDED = ("grid", "isoflop", "repeats")  # the other plans' sections are left out, or shorter

INTRODUCTION = """# Findings of the measured study

What the runs in `data/` say, made from them by `scalinglaws findings`; every number on this page was computed when it was
written. How the runs were made, and their known flaws, is in [the data sheet](../data/README.md). Losses are in nats per byte of
text that no model saw, N counts all parameters unless it is said otherwise, and C was counted exactly, not as 6ND.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--data",
        type=Path,
        help="the folder of another sweep (its --out); the course's own unless given",
    )
    parser.add_argument(
        "--out", type=Path, help="where findings.md goes (default: docs/ of the course)"
    )


def sections(study: Study) -> list[Section]:
    """All sections, in the order of the page. Raises CourseError if a plan that they need has no runs."""
    import matplotlib

    matplotlib.use("agg")
    missing = [plan for plan in NEEDED if "prose" not in study.corpora(plan)]
    if missing:
        raise CourseError(
            f"The page needs runs on prose of {', '.join(missing)}: scalinglaws sweep {missing[0]}"
        )
    return [make(study) for make in SECTIONS]


def text(made: list[Section]) -> str:
    """The page."""
    return "\n".join([INTRODUCTION, *(section.text() for section in made)])


def run(args: argparse.Namespace) -> int:
    """Write findings.md and findings/*.png."""
    out = args.out or course_dir() / "docs"
    made = sections(Study(args.data))
    (out / "findings").mkdir(parents=True, exist_ok=True)
    for section in made:
        for name, figure in section.figures.items():
            figure.savefig(
                out / "findings" / name, dpi=110, facecolor="white", metadata={"Software": None}
            )
    (out / "findings.md").write_text(text(made), encoding="utf-8", newline="\n")
    print(f"wrote {out / 'findings.md'} and {sum(len(s.figures) for s in made)} figures")
    return 0
