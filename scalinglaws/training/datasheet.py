"""`scalinglaws datasheet`: after a sweep into data/, update its data sheet and checksums.

The tables between two marks in `data/README.md` are generated here from the runs; the text around
them is written by hand.
"""

import functools
import re
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from ..errors import CourseError
from ..files import write_output
from ..markdown import markdown_table
from ..paths import data_dir
from ..runs import load_runs, plans, write_checksums
from .corpus import SEPARATOR, load_corpus
from .model import Activations, forward, log_probabilities
from .noise import pooled, seed_noise
from .plans import LR_TIMES_WIDTH, PLANS, recipe
from .train import MICRO_BATCH, TEST_TOKENS, one_thread, spread, windows
from .trained import load_model

MARKS = re.compile(r"(<!-- measured: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def add_arguments(parser) -> None:
    pass


def run(args) -> int:
    data = data_dir()
    write_checksums(data)
    sheet = data / "README.md"
    write_output(sheet, filled(sheet.read_text(encoding="utf-8")).encode())
    print(f"{sheet} and the checksums now match the runs.")
    return 0


def filled(text: str) -> str:
    """The data sheet with its measured tables updated."""
    tables = {
        "machines": machines_table,
        "recipe": recipe_table,
        "plans": plans_table,
        "seeds": seed_noise_table,
        "evaluation": evaluation_table,
    }

    def table(mark: re.Match) -> str:
        if mark[2] not in tables:
            raise CourseError(f"The data sheet asks for an unknown table {mark[2]!r}.")
        return f"{mark[1]}\n{tables[mark[2]]()}\n{mark[3]}"

    return MARKS.sub(table, text)


def machines_table() -> str:
    """Which processors and versions of numpy the runs were trained with."""
    runs = pd.concat([load_runs(plan, columns=["cpu", "numpy", "engine"]) for plan in plans()])
    counts: Any = runs.groupby(["cpu", "numpy", "engine"]).size()
    rows = [[cpu, numpy, engine, n] for (cpu, numpy, engine), n in counts.items()]
    return markdown_table(["processor", "numpy", "engine", "runs"], rows)


def recipe_table() -> str:
    """The study's standard recipe, as the plans apply it."""
    run = recipe("prose", 32, 2**20)
    rows = [
        [
            "optimiser",
            f"AdamW, betas 0.9 and 0.95, weight decay {run.decay:g}, gradient clipped at 1",
        ],
        ["peak learning rate", f"{LR_TIMES_WIDTH:g} / width"],
        ["warm-up", f"linear, {run.warmup:.0%} of the steps"],
        ["schedule", f"{run.schedule} to zero at the run's own end"],
        ["batch", f"about half of √D bytes ({run.batch:,} at D = {run.D:,})"],
    ]
    return markdown_table(["", "recipe"], rows)


def plans_table() -> str:
    """The runs of each plan, and what they cost."""
    rows = []
    for plan in plans():
        table: Any = load_runs(plan)
        for corpus, runs in table.groupby("corpus"):
            D, C = runs["D"], runs["C"]
            rows.append(
                [
                    f"`{plan}`",
                    corpus,
                    f"{len(runs)} of {len(PLANS[plan](corpus))}",
                    f"{runs['width'].min()} to {runs['width'].max()}",
                    f"{D.min():.1e} to {D.max():.1e}",
                    f"{C.min():.1e} to {C.max():.1e}",
                    f"{C.sum():.1e}",
                    f"{runs['seconds'].sum() / 3600:.2f}",
                    " ".join((PLANS[plan].__doc__ or "").partition("\n\n")[0].split()),
                ]
            )
    header = (
        "plan, corpus, runs, widths, D (bytes), C (FLOPs) per run, C in all, core hours, what for"
    )
    return markdown_table(header.split(", "), rows)


def seed_noise_table() -> str:
    """Pooled standard deviation of the loss between seeds, by D, for the grid."""
    rows = []
    grid: Any = load_runs("grid")
    for corpus, runs in grid.groupby("corpus"):
        same: Any = seed_noise(runs)
        for D, noise in same.groupby("D"):
            absolute, relative = pooled(noise)
            seeds = int(noise["count"].max())
            rows.append([corpus, f"{D:,}", str(seeds), f"{absolute:.4f}", f"{relative:.2%}"])
    header = "corpus, D (bytes), seeds, standard deviation of the loss (nats per byte), relative"
    return markdown_table(header.split(", "), rows)


@functools.cache
@one_thread
def losses_by_window(corpus: str, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Mean loss of a trained model in each test window, and the document that each window is in."""
    model, text = load_model(corpus, width), load_corpus(corpus).test
    context = model.shape.context
    pieces, chosen = windows(text, context), spread(text, context, TEST_TOKENS)
    a, losses = Activations(model.shape, MICRO_BATCH), []
    for start in range(0, len(chosen), MICRO_BATCH):
        piece = pieces[chosen[start : start + MICRO_BATCH]]
        logits = forward(model.parameters, a, piece[:, :-1])
        log_p, _ = log_probabilities(logits, piece[:, 1:].ravel())
        losses.append(-log_p.reshape(-1, context).mean(axis=1))
    document = np.cumsum(text == SEPARATOR)[chosen * context]
    return np.concatenate(losses).astype(float), document


def standard_error(values: np.ndarray, document: np.ndarray) -> float:
    """Standard error of the mean of `values`, documents being drawn independently."""
    sums: Any = pd.Series(values - values.mean()).groupby(document).sum()
    return float(np.sqrt((sums**2).sum()) / len(values))


def evaluation_row(corpus: str, small: int, large: int) -> list[str]:
    """The standard errors of the test loss at width `small` and of its difference from that at
    width `large`.
    """
    (here, document), (there, _) = (losses_by_window(corpus, width) for width in (small, large))
    return [
        corpus,
        f"{small} and {large}",
        f"{standard_error(here, document):.4f}",
        f"{(here - there).mean():.4f}",
        f"{standard_error(here - there, document):.4f}",
    ]


def evaluation_table() -> str:
    """The standard error of the test loss, and of the difference between two models."""
    models: Any = load_runs("models")
    rows = [
        evaluation_row(corpus, small, large)
        for corpus, runs in models.groupby("corpus")
        for small, large in pairwise(sorted(runs["width"]))
    ]
    header = "corpus, widths, standard error of the first's loss, difference of the two, its standard error"
    return markdown_table(header.split(", "), rows)
