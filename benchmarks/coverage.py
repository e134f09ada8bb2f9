"""Do 80 % and 95 % intervals cover the truth 80 % and 95 % of the time? Measured on synthetic studies.

    OMP_NUM_THREADS=1 python benchmarks/coverage.py --record     # 500 studies of each kind; some ten minutes

Each study draws runs from a stated law with 1 % noise, fits them, and asks whether each interval holds the truth.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

from scalinglaws.constants import CHINCHILLA
from scalinglaws.fits import fit_chinchilla, fit_isoflop, fit_power_law
from scalinglaws.laws import PowerLaw

LEVELS = (0.80, 0.95)
NOISE = 0.01
CURVE = PowerLaw(a=400.0, alpha=0.34, E=1.7)


def power_law_study(rng, n):
    x = np.geomspace(1e6, 1e10, n)
    return fit_power_law(x, CURVE(x) * np.exp(NOISE * rng.standard_normal(n)))


def chinchilla_study(rng, n, delta):
    N, D = 10 ** rng.uniform(7.8, 10.2, n), 10 ** rng.uniform(9.3, 11.7, n)
    loss = CHINCHILLA(N, D) * np.exp(NOISE * rng.standard_normal(n))
    return fit_chinchilla(N, D, loss, delta=delta)


def isoflop_study(rng, sizes):
    C = np.repeat(np.geomspace(6e18, 3e21, 9), sizes)
    N = CHINCHILLA.N_opt(C) * np.tile(np.geomspace(1 / 3, 3, sizes), 9)
    loss = CHINCHILLA(N, C / (6 * N)) * np.exp(NOISE / 3 * rng.standard_normal(len(C)))
    return fit_isoflop(N, loss, C=C)


_CURVE_QUANTITIES = {
    "E": lambda law: law.E,
    "alpha": lambda law: law.alpha,
    "L(1e12)": lambda law: law(1e12),
}
_SURFACE_QUANTITIES = {
    "E": lambda law: law.E,
    "alpha": lambda law: law.alpha,
    "a": lambda law: law.a,
    "N_opt(1e23)": lambda law: law.N_opt(1e23),
    "L_opt(1e23)": lambda law: law.L_opt(1e23),
}
_ALLOCATION_QUANTITIES = {"a": lambda law: law.a, "N_opt(1e22)": lambda law: law.N_opt(1e22)}

# name: (study, truth, quantities)
STUDIES = {
    "power law, 12 runs": (lambda rng: power_law_study(rng, 12), CURVE, _CURVE_QUANTITIES),
    "power law, 40 runs": (lambda rng: power_law_study(rng, 40), CURVE, _CURVE_QUANTITIES),
    "Chinchilla, 40 runs, least squares": (
        lambda rng: chinchilla_study(rng, 40, None),
        CHINCHILLA,
        _SURFACE_QUANTITIES,
    ),
    "Chinchilla, 240 runs, least squares": (
        lambda rng: chinchilla_study(rng, 240, None),
        CHINCHILLA,
        _SURFACE_QUANTITIES,
    ),
    "Chinchilla, 60 runs, Huber 1e-3": (
        lambda rng: chinchilla_study(rng, 60, 1e-3),
        CHINCHILLA,
        _SURFACE_QUANTITIES,
    ),
    "Chinchilla, 240 runs, Huber 1e-3": (
        lambda rng: chinchilla_study(rng, 240, 1e-3),
        CHINCHILLA,
        _SURFACE_QUANTITIES,
    ),
    "IsoFLOP, 9 budgets of 7 runs": (
        lambda rng: isoflop_study(rng, 7),
        CHINCHILLA,
        _ALLOCATION_QUANTITIES,
    ),
}


def measure(name: str, studies: int, B: int, seed: int = 0) -> dict[str, tuple[float, ...]]:
    """For each quantity, the share of studies whose 80 % and 95 % interval holds the truth."""
    study, truth, quantities = STUDIES[name]
    hits = {quantity: np.zeros(len(LEVELS)) for quantity in quantities}
    for i in range(studies):
        fit = study(np.random.default_rng([seed, i]))
        fit = fit.with_bootstrap(B, seed=i)
        for quantity, of in quantities.items():
            for j, level in enumerate(LEVELS):
                low, high = fit.interval(of, level)
                hits[quantity][j] += low <= of(truth) <= high
    return {quantity: tuple(100 * count / studies) for quantity, count in hits.items()}


def main(argv=None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--studies", type=int, default=500)
    parser.add_argument("--bootstrap", type=int, default=300)
    parser.add_argument("--only", help="only the studies whose name contains this")
    parser.add_argument("--record", action="store_true", help="write benchmarks/coverage.md")
    args = parser.parse_args(argv)
    lines = [
        "# Coverage of the intervals",
        "",
        f"Written by `benchmarks/coverage.py`: {args.studies} synthetic studies of each kind, {args.bootstrap} resamples "
        "each. Such a count is itself uncertain: 500 studies know a share of 80 % to a standard error of 1.8 points, and one of "
        "95 % to 1.0.",
        "",
        "| study | quantity | 80 % interval covers (%) | 95 % interval covers (%) |",
        "| --- | --- | --- | --- |",
    ]
    for name in STUDIES:
        if args.only and args.only not in name:
            continue
        for quantity, (inner, outer) in measure(name, args.studies, args.bootstrap).items():
            lines.append(f"| {name} | {quantity} | {inner:.1f} | {outer:.1f} |")
            print(lines[-1], flush=True)
    if args.record:
        Path(__file__).with_suffix(".md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
