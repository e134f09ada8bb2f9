"""IsoFLOP curves, their minima, and the exponents of the compute-optimal size."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from ..fits import fit_chinchilla
from ..plots import plot_isoflop, plot_N_opt
from ..training.noise import pooled, seed_noise
from .page import (
    WITHIN,
    Numbers,
    Section,
    Study,
    flops,
    image,
    listed,
    paragraphs,
    plural,
    share,
    span,
    table,
)

COUNTS = {"N": "all", "N_nonemb": "without embeddings"}


def _measure_curves(study: Study) -> Numbers:
    numbers: Numbers = {}
    for corpus in dict.fromkeys(corpus for corpus, _ in study.isoflop):
        fit, runs = study.isoflop[corpus, "N"], study.runs("isoflop", corpus)
        budgets = []
        for C, N_opt, D_opt, L_opt, n in fit.minima.itertuples(index=False):
            of_budget = np.abs(np.log(fit.C / C)) < 0.05
            residuals, sizes = fit.residuals[of_budget], np.unique(fit.N[of_budget])
            noise = pooled(seed_noise(runs[np.abs(np.log(runs["C"] / C)) < 0.05]))[1]
            budgets.append(
                {
                    "C": C,
                    "runs": n,
                    "sizes": [len(sizes), sizes[0], sizes[-1]],
                    "N_opt": N_opt,
                    "D_opt": D_opt,
                    "L_opt": L_opt,
                    "misfit": np.sqrt((residuals**2).sum() / (n - 3)) if n > 3 else np.nan,
                    "noise": noise,
                }
            )
        skipped = {f"{C:.3g}": reason for C, reason in fit.skipped.items()}
        numbers[corpus] = {"budgets": budgets, "skipped": skipped}
    return numbers


def _write_curves(numbers: Numbers) -> str:
    rows, known, within, alts, skipped = [], 0, 0, [], []
    for corpus, found in numbers.items():
        for b in found["budgets"]:
            noise = "-" if b["noise"] is None else share(b["noise"], 2)
            misfit = "-" if b["misfit"] is None else share(b["misfit"], 2)
            if b["noise"] is not None and b["misfit"] is not None:
                known += 1
                within += b["misfit"] <= 1.25 * b["noise"]
            rows.append(
                [
                    *(corpus, f"{b['C']:.2e}", b["sizes"][0], b["runs"], f"{b['N_opt']:,.0f}"),
                    *(f"{b['D_opt']:,.0f}", f"{b['D_opt'] / b['N_opt']:.1f}"),
                    *(f"{b['L_opt']:.3f}", misfit, noise),
                ]
            )
        first, last = found["budgets"][0], found["budgets"][-1]
        alts.append(
            f"On {corpus}, {len(found['budgets'])} curves of loss against parameters, each a bowl "
            f"with its lowest point marked. From {flops(first['C'])} to {flops(last['C'])} FLOPs that "
            f"point moves right from {first['N_opt']:,.0f} to {last['N_opt']:,.0f} parameters, and "
            f"down from {first['L_opt']:.2f} to {last['L_opt']:.2f} nats per byte."
        )
        skipped += [f"{corpus} at {C} FLOPs: {reason}." for C, reason in found["skipped"].items()]
    return paragraphs(
        f"""Each budget of training FLOPs was spent on several model sizes. A parabola in ln N is
        fitted to the runs within a factor of {WITHIN} of the lowest one. *Misfit* is the standard
        deviation of the runs about their parabola, corrected for its three coefficients; *noise* is
        the standard deviation between seeds of otherwise identical runs. A dash means that the
        budget has one seed, so its noise is unknown.""",
        image("isoflop", " ".join(alts)),
        table(
            "text | C (FLOPs) | sizes | runs | N_opt | D_opt (bytes) | D/N | "
            "loss (nats per byte) | misfit | noise",
            rows,
        ),
        f"""{"Both" if len(rows) == 2 else f"All {len(rows)}"} minima lie inside the range of sizes
        trained."""
        + (
            f""" In {within} of the {plural(known, "budget")} with several seeds, the misfit exceeds
            the noise by a quarter at most, so there the parabola misses no more than another seed
            would."""
            if known
            else ""
        ),
        "Budgets left out: " + " ".join(skipped) if skipped else "",
    )


def _draw_curves(study: Study, numbers: Numbers) -> Figure:
    figure, axes = plt.subplots(
        1, len(numbers), figsize=(5.6 * len(numbers), 4.4), layout="constrained", squeeze=False
    )
    for ax, corpus in zip(axes[0], numbers, strict=True):
        plot_isoflop(study.isoflop[corpus, "N"], ax, loss_unit="nats per byte")
        ax.set_title(corpus)
    return figure


curves = Section(
    "isoflop", "IsoFLOP curves and their minima", _measure_curves, _write_curves, _draw_curves
)


def _measure_exponents(study: Study) -> Numbers:
    parabolas, surfaces = [], []
    for (corpus, count), fit in study.isoflop.items():
        parabolas.append(
            {
                "corpus": corpus,
                "count": count,
                "a": [fit.law.a, *fit.interval("a")],
                "b": fit.law.b,
                "ratio": fit.law.D_opt(1e12) / fit.law.N_opt(1e12),
                "C": [fit.minima["C"].iloc[0], fit.minima["C"].iloc[-1]],
            }
        )
    for corpus, runs in study.grids.items():
        for count in COUNTS:
            fit = fit_chinchilla(runs[count], runs["D"], runs["loss"])
            surfaces.append(
                {
                    "corpus": corpus,
                    "count": count,
                    "a": [fit.law.a, *fit.interval(lambda law: law.a)],
                    "b": fit.law.b,
                    "ratio": fit.law.D_opt(1e12) / fit.law.N_opt(1e12),
                    "pattern": fit.residual_autocorrelation,
                }
            )
    return {"parabolas": parabolas, "surfaces": surfaces} if parabolas else {}


def _of(some: int, every: int) -> str:
    return f"all {every}" if some == every else f"{some} of the {every}"


def _write_exponents(numbers: Numbers) -> str:
    rows = [
        [
            *(row["corpus"], COUNTS[row["count"]], method, f"{row['a'][0]:.3f}"),
            *(span(row["a"][1:]), f"{row['b']:.3f}", f"{row['ratio']:.0f}"),
        ]
        for method, kind in (("parabolas", "parabolas"), ("E + A/N^α + B/D^β", "surfaces"))
        for row in numbers[kind]
    ]
    a = {(row["corpus"], row["count"]): row["a"][0] for row in numbers["parabolas"]}
    corpora = list(dict.fromkeys(corpus for corpus, _ in a))
    told = listed(f"{a[c, 'N_nonemb'] - a[c, 'N']:.2f} on {c}" for c in corpora)
    patterned = [row for row in numbers["surfaces"] if row["pattern"] > 3]
    first = next(row for row in numbers["parabolas"] if row["count"] == "N")
    return paragraphs(
        table(
            "text | parameters counted | method | a (N_opt ∝ C^a) | 95 % interval | "
            "b (D_opt ∝ C^b) | D/N at 1e12 FLOPs",
            rows,
        ),
        f"""How the parameters are counted changes the exponent: leaving the embeddings out raises a by
        {told}. At our sizes embeddings are a large share of the small models, so leaving them out
        stretches the axis. FLOPs are counted exactly here, and so a + b is not 1: the usual estimate
        6ND leaves attention out and counts position embeddings, which matters in models this
        small.""",
        """The intervals of the parabolas cover noise, and are wider where the minima lie further off
        a straight line than noise explains."""
        + (
            f""" In {_of(len(patterned), len(numbers["surfaces"]))} fits of the parametric form the
            residuals follow a pattern (neighbours resemble each other by more than three standard
            errors), so that form is not quite right; its intervals were widened for that (neighbours
            were resampled together). Parabolas assume no form across budgets, so they are the better
            evidence."""
            if patterned
            else ""
        ),
        image(
            "exponents",
            f"""Compute-optimal parameters against training compute, both logarithmic, with our line
            for {first["corpus"]} (slope {first["a"][0]:.2f}, shaded interval) and six published ones,
            drawn far below the budgets that they come from. Kaplan's is the steepest, with slope
            0.73; the others have slopes near one half, like ours.""",
        ),
        """The published lines are drawn seven decades below the budgets that they were fitted to:
        compare slopes, not heights.""",
    )


def _draw_exponents(study: Study, numbers: Numbers) -> Figure:
    figure, ax = plt.subplots(figsize=(6.4, 4.4), layout="constrained")
    first = numbers["parabolas"][0]
    plot_N_opt(
        np.geomspace(first["C"][0], first["C"][1], 30), study.isoflop[first["corpus"], "N"], ax=ax
    )
    return figure


exponents = Section(
    "exponents",
    "Exponents, counting parameters either way",
    _measure_exponents,
    _write_exponents,
    _draw_exponents,
)
