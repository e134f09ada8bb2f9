"""Do 80 % and 95 % intervals cover the truth 80 % and 95 % of the time? Measured on synthetic
studies.

    OMP_NUM_THREADS=1 python benchmarks/coverage.py --seed 1 --seconds 500    # as often as you like
    OMP_NUM_THREADS=1 python benchmarks/coverage.py --seed 1 --seconds 500 --only IsoFLOP
    python benchmarks/coverage.py --seed 1 --record        # writes the page and the record that fits quote

Each study draws runs from a stated law with noise of a stated kind, fits them with the default
settings, and asks whether each interval holds the truth. Results are kept in .cache, one file for
each seed, and the next call continues from there, always with the kind of study that has had the
least time so far. Methods and their constants are chosen on one seed, and the page shows another.

Kinds of noise: equal and normal; heavy-tailed (Student's t with 3 degrees of freedom); unequal, as
in the 240 runs that Besiroglu et al. 2024 (arXiv:2404.10102) digitised, where the residuals of
their law have a root mean square of 0.019 in the twelfth of lowest D/N, 0.007 in the two above and
0.005 elsewhere, with heavy tails; grouped, where the runs of one configuration share most of their
noise; and the residuals of our own runs. In the last study the form is wrong.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scalinglaws.constants import CHINCHILLA
from scalinglaws.errors import CourseError
from scalinglaws.fits import (
    Chain,
    coverage,
    fit_accuracy,
    fit_broken_power_law,
    fit_chinchilla,
    fit_envelope,
    fit_isoflop,
    fit_joint,
    fit_power_law,
)
from scalinglaws.laws import AccuracySigmoid, BrokenPowerLaw, JointLaw, PowerLaw
from scalinglaws.runs import load_runs

LEVELS = (0.80, 0.95)
NOISE = 0.01
CURVE = PowerLaw(A=400.0, alpha=0.34, E=1.7)
JOINT = JointLaw(E=0.7, A=33, B=38, alpha=0.4, beta=0.3, gamma=0.6)
BROKEN = BrokenPowerLaw(E=0.5, A=30, c0=0.4, breaks=((-0.9, 200, 0.4),))

Quantities = dict[str, Callable[[Any], Any]]
_CURVE: Quantities = {
    "E": lambda law: law.E,
    "alpha": lambda law: law.alpha,
    "L(1e12)": lambda law: law(1e12),
}
_SURFACE: Quantities = {
    "E": lambda law: law.E,
    "beta": lambda law: law.beta,
    "a": lambda law: law.a,
    "N_opt(1e23)": lambda law: law.N_opt(1e23),
    "L_opt(1e23)": lambda law: law.L_opt(1e23),
}
_ALLOCATION: Quantities = {
    "a": lambda law: law.a,
    "N_opt(1e22)": lambda law: law.N_opt(1e22),
    "L_opt(1e22)": lambda law: law.L_opt(1e22),
}
_JOINT: Quantities = {
    "gamma": lambda law: law.gamma,
    "a": lambda law: law.a,
    "N_opt(1e13)": lambda law: law.N_opt(1e13),
    "L(1e5, 1e8)": lambda law: law(1e5, 1e8),
}
_BROKEN: Quantities = {
    "c0": lambda law: law.c0,
    "where it breaks": lambda law: law.breaks[0][1],
    "y(3e4)": lambda law: law(3e4),
}


@dataclass(frozen=True)
class Study:
    """Draws runs and fits them; truth: the law that made them."""

    fit: Callable[[np.random.Generator], Any]
    truth: Any
    quantities: Quantities


def normal(rng, n):
    return NOISE * rng.standard_normal(n)


def heavy(rng, n):
    return NOISE / np.sqrt(3) * rng.standard_t(3, n)


def unequal(rng, ratio):
    """Noise of runs with these D/N, as in the public table."""
    rank = np.argsort(np.argsort(ratio)) / len(ratio)
    size = np.where(rank < 1 / 12, 0.019, np.where(rank < 3 / 12, 0.007, 0.005))
    return size / np.sqrt(2) * rng.standard_t(4, len(ratio))


def power(n, noise=normal, delta=None):
    def fit(rng):
        x = np.geomspace(1e6, 1e10, n)
        return fit_power_law(x, CURVE(x) * np.exp(noise(rng, n)), delta=delta)

    return Study(fit, CURVE, _CURVE)


def surface(n, noise=normal, delta=None):
    def fit(rng):
        N, D = 10 ** rng.uniform(7.8, 10.2, n), 10 ** rng.uniform(9.3, 11.7, n)
        return fit_chinchilla(N, D, CHINCHILLA(N, D) * np.exp(noise(rng, n)), delta=delta)

    return Study(fit, CHINCHILLA, _SURFACE)


def public(delta):
    def fit(rng):
        C = np.exp(rng.uniform(np.log(6e18), np.log(3e21), 240))
        N = CHINCHILLA.N_opt(C) * np.exp(rng.uniform(-1.6, 1.6, 240))
        D = C / (6 * N)
        return fit_chinchilla(N, D, CHINCHILLA(N, D) * np.exp(unequal(rng, D / N)), delta=delta)

    return Study(fit, CHINCHILLA, _SURFACE)


def grouped(configurations, seeds, delta=None):
    def fit(rng):
        g = np.repeat(np.arange(configurations), seeds)
        N = 10 ** rng.uniform(7.8, 10.2, configurations)[g]
        D = 10 ** rng.uniform(9.3, 11.7, configurations)[g]
        shared, own = rng.standard_normal(configurations)[g], rng.standard_normal(len(g))
        loss = CHINCHILLA(N, D) * np.exp(0.008 * shared + 0.004 * own)
        return fit_chinchilla(N, D, loss, delta=delta, groups=g)

    return Study(fit, CHINCHILLA, _SURFACE)


def isoflop(sizes, noise=normal, by_budget=(1.0, 1.0), budgets=9, seeds=1):
    """seeds: runs of each size and budget, which share most of their noise and form a group."""

    def fit(rng):
        C = np.repeat(np.geomspace(6e18, 3e21, budgets), sizes)
        N = CHINCHILLA.N_opt(C) * np.tile(np.geomspace(1 / 3, 3, sizes), budgets)
        size = np.repeat(np.geomspace(*by_budget, budgets), sizes) / 3
        g = np.repeat(np.arange(len(C)), seeds)
        error = size * noise(rng, len(C))
        if seeds > 1:
            error = np.sqrt(0.8) * error[g] + np.sqrt(0.2) * size[g] * noise(rng, len(g))
        C, N = C[g], N[g]
        loss = CHINCHILLA(N, C / (6 * N)) * np.exp(error)
        return fit_isoflop(N, loss, C=C, groups=g if seeds > 1 else None)

    return Study(fit, CHINCHILLA, _ALLOCATION)


def envelope():
    def fit(rng):
        sizes = np.geomspace(5e7, 2e10, 25)
        N, run = np.repeat(sizes, 60), np.repeat(np.arange(25), 60)
        D = (sizes[:, None] * np.geomspace(1, 300, 60)).ravel()
        loss = CHINCHILLA(N, D) * np.exp(0.3 * normal(rng, 25)[run])
        return fit_envelope(N, D, loss, run=run)

    return Study(fit, CHINCHILLA, _ALLOCATION)


def joint(n):
    def fit(rng):
        N, D = 10 ** rng.uniform(3.5, 5.5, n), 10 ** rng.uniform(5, 7, n)
        return fit_joint(N, D, JOINT(N, D) * np.exp(0.5 * normal(rng, n)))

    return Study(fit, JOINT, _JOINT)


def broken(n):
    def fit(rng):
        x = np.geomspace(1, 1e4, n)
        return fit_broken_power_law(x, BROKEN(x) * np.exp(normal(rng, n)))

    return Study(fit, BROKEN, _BROKEN)


def ours():
    """Our prose runs: the joint law fitted to them is the truth; noise: residuals of runs of
    similar C.
    """
    runs = load_runs("isoflop", corpus="prose")
    N, D = runs["N"].to_numpy(), runs["D"].to_numpy()
    measured = fit_joint(N, D, runs["loss"])
    spare = measured.residuals * np.sqrt(len(N) / (len(N) - 6))
    near = np.argsort(np.abs(np.subtract.outer(np.log(N * D), np.log(N * D))), 1)[:, :12]

    def fit(rng):
        drawn = spare[near[np.arange(len(N)), rng.integers(12, size=len(N))]] - spare[near].mean(1)
        return fit_joint(N, D, measured.law(N, D) * np.exp(drawn))

    return Study(
        fit,
        measured.law,
        {
            "gamma": lambda law: law.gamma,
            "a": lambda law: law.a,
            "N_opt(1e13)": lambda law: law.N_opt(1e13),
            "L_opt(1e13)": lambda law: law.L_opt(1e13),
        },
    )


class Forecast:
    """A chain of two fits, where intervals are asked as of one."""

    def __init__(self, chain: Chain[Any, Any]) -> None:
        self.chain = chain

    @property
    def law(self) -> Callable[..., Any]:
        return self.chain.predict

    def with_bootstrap(self, B: int, seed: int) -> Forecast:
        first, second = self.chain.first, self.chain.second
        return Forecast(Chain(first.with_bootstrap(B, seed), second.with_bootstrap(B, seed + 1)))

    def interval(self, quantity: Callable[[Any], Any], level: float) -> tuple[Any, Any]:
        return self.chain.interval(*quantity(lambda *where: where), level=level)


def chain(n):
    """From N and D to a loss, and from the same runs' losses to an accuracy (Gadre, OLMo's ladder)."""
    task = AccuracySigmoid(floor=0.25, height=0.7, midpoint=2.4, slope=4.0)

    def fit(rng):
        N, D = 10 ** rng.uniform(7.8, 10.2, n), 10 ** rng.uniform(9.3, 11.7, n)
        loss = CHINCHILLA(N, D) * np.exp(0.5 * normal(rng, n))
        accuracy = task(loss) * np.exp(2 * normal(rng, n))
        return Forecast(
            Chain(fit_chinchilla(N, D, loss, delta=None), fit_accuracy(loss, accuracy, floor=0.25))
        )

    def truth(*where):
        return task(CHINCHILLA(*where))

    return Study(fit, truth, {"accuracy at 7e10, 1.4e12": lambda law: law(7e10, 1.4e12)})


def wrong_form(n):
    """A joint law with gamma = 0.8, fitted as Chinchilla's: both can only give the loss inside the
    data.
    """
    law = JointLaw(E=1.69, A=406, B=411, alpha=0.34, beta=0.28, gamma=0.8)

    def fit(rng):
        N, D = 10 ** rng.uniform(7.8, 10.2, n), 10 ** rng.uniform(9.3, 11.7, n)
        return fit_chinchilla(N, D, law(N, D) * np.exp(0.3 * normal(rng, n)), delta=None)

    return Study(
        fit,
        law,
        {
            "a": lambda law: law.a,
            "N_opt(1e20)": lambda law: law.N_opt(1e20),
            "L(1e9, 2e10)": lambda law: law(1e9, 2e10),
        },
    )


STUDIES: dict[str, Callable[[], Study]] = {
    "power law, 6 runs": lambda: power(6),
    "power law, 12 runs": lambda: power(12),
    "power law, 12 runs, heavy tails": lambda: power(12, heavy),
    "power law, 40 runs, Huber 1e-3": lambda: power(40, delta=1e-3),
    "Chinchilla, 20 runs": lambda: surface(20),
    "Chinchilla, 40 runs": lambda: surface(40),
    "Chinchilla, 60 runs, Huber 1e-3": lambda: surface(60, delta=1e-3),
    "Chinchilla, 60 runs, heavy tails": lambda: surface(60, heavy),
    "Chinchilla, 60 runs, heavy tails, Huber 1e-3": lambda: surface(60, heavy, 1e-3),
    "Chinchilla, 240 runs, unequal noise": lambda: public(None),
    "Chinchilla, 240 runs, unequal noise, Huber 1e-3": lambda: public(1e-3),
    "Chinchilla, 15 configurations of 3 seeds": lambda: grouped(15, 3),
    "Chinchilla, 40 configurations of 3 seeds, Huber 1e-3": lambda: grouped(40, 3, 1e-3),
    "IsoFLOP, 9 budgets of 7 runs": lambda: isoflop(7),
    "IsoFLOP, 9 budgets of 5 runs": lambda: isoflop(5),
    "IsoFLOP, 9 budgets of 7 runs, heavy tails": lambda: isoflop(7, heavy),
    "IsoFLOP, 9 budgets of 7 runs, noise from 2 to 0.5": lambda: isoflop(7, by_budget=(2, 0.5)),
    "IsoFLOP, 9 budgets of 7 sizes of 3 seeds": lambda: isoflop(7, seeds=3),
    "IsoFLOP, 5 budgets of 7 sizes of 2 seeds": lambda: isoflop(7, budgets=5, seeds=2),
    "envelope of 25 curves": envelope,
    "joint law, 40 runs": lambda: joint(40),
    "joint law, our prose runs": ours,
    "broken power law, 40 runs": lambda: broken(40),
    "two steps to an accuracy, 40 runs": lambda: chain(40),
    "wrong form: gamma = 0.8 read as Chinchilla, 80 runs": lambda: wrong_form(80),
}


# One study: for each quantity, the estimate and the ends of the 80 % and the 95 % interval.
Outcome = dict[str, list[float]]


def outcome(study: Study, i: int, B: int, seed: int) -> Outcome:
    """The i-th study of a seed; {} where there was no fit."""
    try:
        fit = study.fit(np.random.default_rng([seed, i])).with_bootstrap(B, seed=i)
        return {
            quantity: [float(of(fit.law))]
            + [float(end) for level in LEVELS for end in fit.interval(of, level)]
            for quantity, of in study.quantities.items()
        }
    except CourseError:
        return {}


def holds(study: Study, outcomes: list[Outcome]) -> dict[str, tuple[float, ...]]:
    """For each quantity, the per cent of studies whose 80 % and 95 % interval holds the truth."""
    shares = {}
    for quantity, of in study.quantities.items():
        truth = float(of(study.truth))
        ends = np.array([found[quantity] for found in outcomes if found])
        inside = [(ends[:, k] <= truth) & (truth <= ends[:, k + 1]) for k in (1, 3)]
        shares[quantity] = tuple(100 * float(hit.mean()) for hit in inside)
    return shares


def measure(name: str, studies: int, B: int, seed: int = 0) -> dict[str, tuple[float, ...]]:
    """For each quantity, the share of studies whose 80 % and 95 % interval holds the truth."""
    study = STUDIES[name]()
    return holds(study, [outcome(study, i, B, seed) for i in range(studies)])


class Record:
    """What was measured with one seed, kept in a file of JSON lines."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.outcomes: dict[str, list[Outcome]] = {name: [] for name in STUDIES}
        self.seconds: dict[str, float] = dict.fromkeys(STUDIES, 0.0)
        if path.exists():
            for line in path.read_text(encoding="utf-8").splitlines():
                row = json.loads(line)
                if row["study"] in self.outcomes:
                    self.outcomes[row["study"]].append(row["outcome"])
                    self.seconds[row["study"]] += row["seconds"]

    def add(self, name: str, found: Outcome, seconds: float) -> None:
        """One more study of a kind."""
        self.outcomes[name].append(found)
        self.seconds[name] += seconds
        with self.path.open("a", encoding="utf-8") as file:
            row = {"study": name, "outcome": found, "seconds": round(seconds, 4)}
            file.write(json.dumps(row) + "\n")


def go_on(record: Record, args: argparse.Namespace) -> None:
    """Study after study, until the time is up or each kind has had its number."""
    from time import process_time

    names = [name for name in STUDIES if not args.only or args.only in name]
    made = {name: STUDIES[name]() for name in names}
    end = process_time() + args.seconds
    while process_time() < end:
        open_ = [name for name in names if len(record.outcomes[name]) < args.studies]
        if not open_:
            break
        name = min(open_, key=lambda name: record.seconds[name])
        start = process_time()
        found = outcome(made[name], len(record.outcomes[name]), args.bootstrap, args.seed)
        record.add(name, found, process_time() - start)


def standard_error(level: float, studies: int) -> float:
    """Of a share of studies, in points."""
    return 100 * float(np.sqrt(level * (1 - level) / studies))


def recorded(record: Record, seed: int) -> list[coverage.Study]:
    """The studies of a record; those that it lacks stay as they were recorded before."""
    before = {study.name: study for study in coverage.recorded_studies()}
    found: list[coverage.Study] = []
    for name, outcomes in record.outcomes.items():
        fitted = [outcome for outcome in outcomes if outcome]
        if len(fitted) < 2:
            found += [before[name]] if name in before else []
            continue
        study = STUDIES[name]()
        example = study.fit(np.random.default_rng([seed, 0]))
        fit = example.chain.first if isinstance(example, Forecast) else example
        found.append(
            coverage.Study(
                name=name,
                fit="Chain" if isinstance(example, Forecast) else type(fit).__name__,
                huber=fit.delta is not None,
                grouped=fit.grouped,
                wrong_form="wrong form" in name,
                units=fit.resamples.units,
                studies=len(fitted),
                shares={
                    q: (round(x, 1), round(y, 1)) for q, (x, y) in holds(study, fitted).items()
                },
            )
        )
    return found


def page(studies: Sequence[coverage.Study], seed: int, resamples: int) -> str:
    """The page of studies made from a seed with this many resamples each, as Markdown."""
    rows: list[str] = []
    away: list[tuple[float, ...]] = []  # of the studies whose form is right: points from the level
    errors: list[tuple[float, ...]] = []
    for study in studies:
        error = tuple(standard_error(level, study.studies) for level in LEVELS)
        for quantity, shares in study.shares.items():
            cells = [
                f"{share:.1f} ± {e:.1f}{'' if abs(share - 100 * level) <= 2 * e else ' ✗'}"
                for share, e, level in zip(shares, error, LEVELS, strict=True)
            ]
            rows.append(
                f"| {study.name} | {study.studies} | {quantity} | {cells[0]} | {cells[1]} |"
            )
            if not study.wrong_form:
                away.append(tuple(s - 100 * level for s, level in zip(shares, LEVELS, strict=True)))
                errors.append(error)
    off, error = np.array(away), np.array(errors)
    sentences = [
        f"the {100 * level:g} % intervals cover {100 * level + off[:, k].min():.0f} to "
        f"{100 * level + off[:, k].max():.0f} %, {100 * level + off[:, k].mean():.1f} % on average; "
        f"{(np.abs(off[:, k]) <= 3).sum()} are within 3 points (if every interval held exactly, the "
        f"count alone would leave {chance_within(3, error[:, k]):.0f}), and "
        f"{(np.abs(off[:, k]) <= 2 * error[:, k]).sum()} within two standard errors of the count "
        f"({0.954 * len(off):.0f})"
        for k, level in enumerate(LEVELS)
    ]
    lines = [
        "# Coverage of the intervals",
        "",
        f"Written by `benchmarks/coverage.py --seed {seed}`: synthetic studies, {resamples} "
        "resamples each, with the default method of each fit. The script says what the kinds of noise "
        "are. Least squares unless Huber is named. Behind each share stands the standard error that "
        "the number of studies leaves it; ✗ marks a share more than two of them from its promise.",
        "",
        f"Methods and their constants were chosen on other seeds than {seed}. Every fit that the "
        "studies speak for shows these shares beside its intervals.",
        "",
        "| study | studies | quantity | 80 % interval covers (%) | 95 % interval covers (%) |",
        "| --- | --- | --- | --- | --- |",
        *rows,
        "",
        f"Of the {len(off)} quantities of the studies whose form is right, "
        + "; ".join(sentences)
        + ".",
    ]
    return "\n".join(lines) + "\n"


def chance_within(points: float, error: NDArray[np.float64]) -> float:
    """How many of these shares would lie within some points, if each missed by its count alone."""
    from scipy.special import erf

    return float(erf(points / error / np.sqrt(2)).sum())


def main(argv=None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add = parser.add_argument
    add("--seed", type=int, default=0)
    add("--seconds", type=float, default=500, help="processor time to spend now (500)")
    add("--studies", type=int, default=1000, help="of each kind, at most (1000)")
    add("--bootstrap", type=int, default=200, help="resamples of each study (200)")
    add("--only", help="only the studies whose name contains this")
    add("--keep", type=Path, help="where the outcomes are kept (.cache/coverage-SEED.jsonl)")
    add("--record", action="store_true", help="write coverage.md, and coverage.json of scalinglaws")
    args = parser.parse_args(argv)
    top = Path(__file__).parents[1]
    path = args.keep or top / ".cache" / f"coverage-{args.seed}.jsonl"
    path.parent.mkdir(exist_ok=True)
    record = Record(path)
    if args.record:
        studies = recorded(record, args.seed)
        coverage.write(studies, args.seed, args.bootstrap)
        Path(__file__).with_suffix(".md").write_text(
            page(studies, args.seed, args.bootstrap), encoding="utf-8"
        )
        return 0
    go_on(record, args)
    print(page(recorded(record, args.seed), args.seed, args.bootstrap))
    return 0


if __name__ == "__main__":
    sys.exit(main())
