"""`scalinglaws findings`: measure the runs, and write the page, its numbers and its figures."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from ..errors import CourseError
from ..files import write_output
from ..paths import course_dir
from . import experts, forecasts, isoflop, models, published, recipe, surface, texts
from .page import Numbers, Section, Study, plain

SECTIONS: tuple[Section, ...] = (
    *(isoflop.curves, isoflop.exponents, surface.single, surface.combination),
    *(forecasts.budget, forecasts.single_runs, forecasts.overtrain),
    *(recipe.lr, recipe.batch, recipe.schedule, recipe.warmup, recipe.shift),
    *(texts.corpora, texts.mix, texts.repeats, texts.decay),
    *(models.distil, models.precision, experts.experts, surface.emergence, surface.noise),
)

INTRODUCTION = """# Findings of the measured study

What the runs in `data/` say. `scalinglaws findings` computed every number on this page from the runs;
the numbers are in `findings.json`. How the runs were made, and their known flaws, is in
[the data sheet](../data/README.md). Losses are in nats per byte of text that no model saw, N counts
all parameters unless stated otherwise, and C was counted exactly, not as 6ND.
"""

OWN_INTRODUCTION = """# Findings of a sweep

What the runs beside this page, in `runs/`, say. `scalinglaws findings` computed every number from them;
the numbers are in `findings.json`. Losses are in nats per byte of text that no model saw, N counts all
parameters unless stated otherwise, and C was counted exactly, not as 6ND.
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


def measure(study: Study) -> Numbers:
    """The numbers of every section that has runs, by the section's name.

    Raises CourseError if no section has runs.
    """
    numbers = {section.name: plain(section.measure(study)) for section in SECTIONS}
    numbers = {name: found for name, found in numbers.items() if found}
    if not numbers:
        raise CourseError(
            "There are too few runs for a page: train IsoFLOP curves, scalinglaws sweep isoflop, or a "
            "grid, scalinglaws sweep grid."
        )
    return numbers


def page(numbers: Numbers, introduction: str = INTRODUCTION) -> str:
    """The page, written from these numbers alone."""
    parts = [
        f"## {section.title}\n\n{section.write(numbers[section.name])}\n"
        for section in SECTIONS
        if section.name in numbers
    ]
    comparison = published.write(numbers)
    if comparison:
        parts.append(f"## Our tiny world beside the published laws\n\n{comparison}\n")
    return "\n".join([introduction, *parts])


def write(study: Study, out: Path) -> list[str]:
    """Write findings.md, findings.json and findings/*.png into `out`; returns the figures' names."""
    import matplotlib

    matplotlib.use("agg")
    import matplotlib.pyplot as plt

    numbers = measure(study)
    folder, drawn = out / "findings", []
    folder.mkdir(parents=True, exist_ok=True)
    for section in SECTIONS:
        if section.draw is None or section.name not in numbers:
            continue
        figure = section.draw(study, numbers[section.name])
        if figure is None:
            continue
        name = f"{section.name}.png"
        figure.savefig(folder / name, dpi=110, facecolor="white", metadata={"Software": None})
        plt.close(figure)
        drawn.append(name)
    stored = json.dumps(numbers, indent=1, ensure_ascii=False) + "\n"
    text = page(numbers, INTRODUCTION if study.data is None else OWN_INTRODUCTION)
    write_output(out / "findings.json", stored.encode())
    write_output(out / "findings.md", text.encode())
    return drawn


def run(args: argparse.Namespace) -> int:
    """Write the page."""
    out = args.out or course_dir() / "docs"
    drawn = write(Study(args.data), out)
    print(f"wrote {out / 'findings.md'}, its numbers beside it, and {len(drawn)} figures")
    return 0
