"""How fast and how good the parametric fit is, against the published procedure and `chinchilla` 0.2.0.

    OMP_NUM_THREADS=1 python benchmarks/fits.py            # some ten minutes on one core
    OMP_NUM_THREADS=1 python benchmarks/fits.py --quick    # every 50th start, scaled up; a minute
    OMP_NUM_THREADS=1 python benchmarks/fits.py --record   # also writes benchmarks/fits.md

All of it runs in this one process, on one core, on the same 240 runs drawn from a stated law. `chinchilla` is measured
only if it is installed (pip install chinchilla==0.2.0); it is not a dependency of ours.
"""

from __future__ import annotations

import argparse
import itertools
import os
import platform
import sys
import tempfile
import time
import warnings
from functools import partial
from pathlib import Path

import numpy as np
import scipy
from scipy.optimize import minimize

from scalinglaws.constants import CHINCHILLA_REPLICATION
from scalinglaws.fits import fit_chinchilla, fit_law
from scalinglaws.fits.newton import huber
from scalinglaws.laws import ChinchillaLaw

TRUTH, DELTA, NOISE = CHINCHILLA_REPLICATION, 1e-3, 0.01


def draw_runs(n: int, seed: int = 0):
    """n runs over the sizes and budgets of Hoffmann et al. 2022, with 1 % noise on the loss."""
    rng = np.random.default_rng(seed)
    N = np.exp(rng.uniform(np.log(7e7), np.log(1.6e10), n))
    D = np.exp(rng.uniform(np.log(5e9), np.log(5e11), n))
    return N, D, TRUTH(N, D) * np.exp(NOISE * rng.standard_normal(n))


def objective(parameters, N, D, loss) -> float:
    """The published objective: the sum of Huber(1e-3) of log-sum-exp minus ln L; parameters (a, b, e, alpha, beta)."""
    a, b, e, alpha, beta = parameters
    terms = np.stack([a - alpha * np.log(N), b - beta * np.log(D), np.full_like(N, e)])
    top = terms.max(0)
    model = top + np.log(np.exp(terms - top).sum(0))
    return float(huber(model - np.log(loss), DELTA).sum())


def of_law(E, A, B, alpha, beta):
    """A law in the parameters of `objective`."""
    with np.errstate(all="ignore"):
        return np.log(A), np.log(B), np.log(E), alpha, beta


def published_starts():
    """The grid of Hoffmann et al. 2022, D.2: 4,500 starting points."""
    return list(
        itertools.product(
            range(0, 26, 5),
            range(0, 26, 5),
            np.arange(-1, 1.01, 0.5),
            np.arange(0, 2.01, 0.5),
            np.arange(0, 2.01, 0.5),
        )
    )


def timed(function, repeats: int = 1):
    """(median seconds of processor time, last result): other work on the machine does not count."""
    seconds = []
    for _ in range(repeats):
        begin = time.process_time()
        result = function()
        seconds.append(time.process_time() - begin)
    return float(np.median(seconds)), result


def published_procedure(runs, every: int):
    """L-BFGS with finite differences from every start (or every n-th).

    Seconds for the full grid, and the best.
    """
    starts = published_starts()[::every]
    rows = []
    begin = time.process_time()
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for start in starts:
            result = minimize(objective, start, args=runs, method="L-BFGS-B")
            rows.append((result.fun, result.success))
    seconds = (time.process_time() - begin) * every
    values = np.array([value for value, _ in rows])
    best = np.nanmin(values)
    return {
        "seconds": seconds,
        "objective": best,
        "reached": float(np.mean(values <= best * 1.001)),
        "success": float(np.mean([success for _, success in rows])),
    }


def chinchilla_package(runs, every: int):
    """`chinchilla` 0.2.0 with the grid of its README: with its default loss, and with the paper's. None if absent."""
    try:
        from chinchilla import Chinchilla
        from chinchilla._metrics import asymmetric_mae, log_huber
    except ImportError:
        return None
    N, D, loss = runs
    grid = {
        "E": np.linspace(1, 2, 5),
        "a": np.linspace(1, 10, 5),
        "b": np.linspace(1, 10, 5),
        "alpha": np.linspace(0.1, 0.7, 5),
        "beta": np.linspace(0.1, 0.7, 5),
    }
    thin = 2 if every > 1 else 1  # a coarser grid: 3^5 starts instead of 5^5
    grid = {name: values[:: 2 * thin - 1] if thin > 1 else values for name, values in grid.items()}
    grid = {name: tuple(float(v) for v in values) for name, values in grid.items()}
    starts = int(np.prod([len(values) for values in grid.values()]))
    found = {}
    for name, metric in (("default", asymmetric_mae), ("huber", partial(log_huber, delta=DELTA))):
        with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tool = Chinchilla(folder, param_grid=grid, loss_fn=metric, log_level=50)
            for n, d, value in zip(N, D, loss, strict=True):
                tool.database.append(N=n, D=d, loss=value)
            seconds, _ = timed(lambda tool=tool: tool.fit(parallel=False))
            law = {key: float(tool.params[key]) for key in ("E", "A", "B", "alpha", "beta")}
        found[name] = {
            "seconds": seconds * 3125 / starts,
            "objective": objective(of_law(**law), *runs),
            "a": law["beta"] / (law["alpha"] + law["beta"]),
        }
    return found


def growth(sizes=(240, 1_000, 10_000, 100_000)):
    """Seconds of a fit, of 1,000 resamples, and of the published procedure (from a few starts), by number of runs."""
    rows = []
    for n in sizes:
        runs = draw_runs(n)
        seconds, fit = timed(lambda runs=runs: fit_chinchilla(*runs), 3 if n < 1e5 else 1)
        B = 1000 if n <= 1000 else max(10, 1_000_000 // n)
        boot, laws = timed(lambda fit=fit, B=B: fit.bootstrap(B, seed=1))
        starts = published_starts()[:: 900 if n <= 10_000 else 2250]
        with np.errstate(all="ignore"):
            slow, _ = timed(
                lambda runs=runs, starts=starts: [
                    minimize(objective, start, args=runs, method="L-BFGS-B") for start in starts
                ]
            )
        rows.append((n, seconds, boot * 1000 / B, len(laws) / B, slow * 4500 / len(starts)))
    return rows


def general():
    """The same fit with `fit_law`, seconds of both side by side: Huber's loss, and least squares."""
    N, D, loss = draw_runs(240)
    table = {"N": N, "D": D, "loss": loss}
    rows = []
    for delta, name in ((DELTA, "Huber(1e-3)"), (None, "least squares")):
        special = lambda delta=delta: fit_chinchilla(N, D, loss, delta=delta)  # noqa: E731
        any_law = lambda delta=delta: fit_law(ChinchillaLaw, table, delta=delta)  # noqa: E731
        pairs = [(timed(special)[0], timed(any_law)[0]) for _ in range(15)]
        rows.append((name, *np.median(pairs, axis=0)))
    return rows


def main(argv=None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="every 50th start, times scaled up")
    parser.add_argument(
        "--record", action="store_true", help="write the report to benchmarks/fits.md"
    )
    parser.add_argument(
        "--no-growth", action="store_true", help="leave out the table by number of runs"
    )
    args = parser.parse_args(argv)
    if os.environ.get("OMP_NUM_THREADS") != "1":
        print("Set OMP_NUM_THREADS=1: one core for everybody.", file=sys.stderr)
        return 2
    every = 50 if args.quick else 1
    runs = draw_runs(240)
    fit_chinchilla(*runs)  # imports and caches

    ours, fit = timed(lambda: fit_chinchilla(*runs), 20)
    law = fit.law
    ours_objective = objective(of_law(law.E, law.A, law.B, law.alpha, law.beta), *runs)
    boot, laws = timed(lambda: fit.bootstrap(1000, seed=1))
    slow = published_procedure(runs, every)

    lines = [
        "# Speed and quality of the parametric fit",
        "",
        f"Written by `benchmarks/fits.py{' --quick' if args.quick else ''}`: 240 runs drawn from {TRUTH.name}'s law with "
        f"{100 * NOISE:g} % noise, one core (processor time), Python {platform.python_version()}, numpy {np.__version__}, scipy "
        f"{scipy.__version__}, {platform.machine()}. The objective is the published one, the sum of Huber(1e-3) of "
        "ln L_model - ln L; lower is better.",
        "",
        "| what | seconds | ratio to ours | objective | N_opt exponent a |",
        "| --- | --- | --- | --- | --- |",
        f"| `fit_chinchilla` | {ours:.4f} | 1 | {ours_objective:.10f} | {law.a:.4f} |",
        f"| published procedure: 4,500 starts, finite differences, L-BFGS{' (every 50th start, time × 50)' if args.quick else ''} "
        f"| {slow['seconds']:.1f} | {slow['seconds'] / ours:,.0f} | {slow['objective']:.10f} | |",
    ]
    package = chinchilla_package(runs, every)
    for name, label in (("default", "its default loss"), ("huber", "the paper's loss")):
        if package:
            row = package[name]
            lines.append(
                f"| `chinchilla` 0.2.0, {label}, its README's 3,125 starts{' (243 starts, time scaled)' if args.quick else ''} | "
                f"{row['seconds']:.1f} | {row['seconds'] / ours:,.0f} | {row['objective']:.10f} | {row['a']:.4f} |"
            )
    lines += [
        "",
        f"{fit.evidence[0].upper() + fit.evidence[1:]}. Of the published starts {100 * slow['reached']:.1f} % end within 0.1 % of "
        f"the lowest objective they find, and {100 * slow['success']:.0f} % report success.",
        "",
        f"1,000 bootstrap resamples: {boot:.2f} s, {boot:.2f} ms each; {len(laws)} converged.",
    ]
    if package is None:
        lines.append("`chinchilla` is not installed here, so it was not measured.")
    lines += [
        "",
        "## Any formula",
        "",
        "`fit_law(ChinchillaLaw, runs)` has no analytic Hessian: it searches 256 points and polishes 8, "
        "the worse half of them only if the better half disagree.",
        "",
        "| loss | `fit_chinchilla` (s) | `fit_law` (s) | ratio |",
        "| --- | --- | --- | --- |",
        *(f"| {name} | {a:.4f} | {b:.4f} | {b / a:.1f} |" for name, a, b in general()),
    ]
    if not args.no_growth:
        lines += [
            "",
            "## By number of runs",
            "",
            "The bootstrap beyond 1,000 runs and the published procedure (2 to 5 starts) are scaled up from a part.",
            "",
            "| runs | one fit (s) | 1,000 resamples (s) | resamples converged | published procedure (s) |",
            "| --- | --- | --- | --- | --- |",
        ]
        lines += [
            f"| {n:,} | {a:.3f} | {b:.2f} | {100 * share:.0f} % | {c:,.0f} |"
            for n, a, b, share, c in growth()
        ]
    report = "\n".join(lines) + "\n"
    print(report)
    if args.record:
        Path(__file__).with_suffix(".md").write_text(report, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
