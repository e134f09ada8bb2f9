"""IsoFLOP curves, the exponents of the compute-optimal size, and how far the parabolas are from the runs."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np

from ..fits import fit_chinchilla, fit_joint
from ..laws import JointLaw
from ..plots import COLOURS, MARKERS, log_axis, new_axes, plot_isoflop, plot_N_opt
from ..training.datasheet import seed_noise
from .page import WITHIN, Section, Study, span


def isoflop_curves(study: Study) -> Section:
    """Curves, minima, and the misfit of each parabola beside the noise between seeds."""
    section = Section("IsoFLOP curves and their minima")
    corpora = study.corpora("isoflop")
    section.say(
        "Each budget of training FLOPs was spent on some nine sizes. A parabola in ln N goes through the runs within a factor of",
        f"{WITHIN} of the lowest one. *Misfit* is the root mean square of the runs about it, divided by the degrees of freedom;",
        "*noise* is the standard deviation between seeds of runs that are otherwise the same. Where a budget has one seed, its",
        "noise is not known and a dash stands there.",
    )
    figure, axes = plt.subplots(
        1, len(corpora), figsize=(5.6 * len(corpora), 4.4), layout="constrained", squeeze=False
    )
    rows, clean = [], 0
    for ax, corpus in zip(axes[0], corpora, strict=True):
        fit = study.isoflop[corpus, "N"]
        plot_isoflop(fit, ax, loss_unit="nats per byte")
        ax.set_title(corpus)
        runs = study.runs("isoflop", corpus)
        for C, N_opt, D_opt, L_opt, n in fit.minima.itertuples(index=False):
            of_budget = np.abs(np.log(fit.C / C)) < 0.05
            residuals, sizes = fit.residuals[of_budget], np.unique(fit.N[of_budget])
            misfit = np.sqrt((residuals**2).sum() / (n - 3))
            same = seed_noise(runs[np.abs(np.log(runs["C"] / C)) < 0.05])
            noise = (
                np.sqrt(np.average((same["std"] / same["mean"]) ** 2, weights=same["count"] - 1))
                if len(same)
                else np.nan
            )
            clean += sizes[0] < N_opt < sizes[-1]
            rows.append(
                [
                    *(corpus, f"{C:.2e}", len(sizes), n, f"{N_opt:,.0f}", f"{D_opt:,.0f}"),
                    *(f"{D_opt / N_opt:.1f}", f"{L_opt:.3f}", f"{misfit:.2%}"),
                    f"{noise:.2%}" if np.isfinite(noise) else "-",
                ]
            )
    section.figure("isoflop", figure)
    section.table(
        "corpus | C (FLOPs) | sizes | runs | N_opt | D_opt (bytes) | D/N | loss (nats per byte) | misfit | noise",
        rows,
    )
    known = [row for row in rows if row[-1] != "-"]
    within = sum(float(row[-2][:-1]) <= 1.25 * float(row[-1][:-1]) for row in known)
    section.say(
        f"All {clean} of {len(rows)} minima lie inside the sizes trained.",
        f"In {within} of the {len(known)} budgets with several seeds the misfit is at most a quarter above the noise: there the parabola",
        "misses no more than the seeds do. Elsewhere it misses more, because the curves are not quite parabolas.",
    )
    return section


def exponents(study: Study) -> Section:
    """N_opt ∝ C^a with both ways to count N, by parabolas and by the parametric form."""
    section = Section("Exponents, counting parameters either way")
    rows = []
    for (corpus, count), fit in study.isoflop.items():
        low, high = fit.interval("a")
        C = 1e12
        ratio = fit.law.D_opt(C) / fit.law.N_opt(C)
        rows.append(
            [
                *(corpus, "all" if count == "N" else "without embeddings", "parabolas"),
                *(f"{fit.law.a:.3f}", span(low, high), f"{fit.law.b:.3f}", f"{ratio:.0f}"),
            ]
        )
    patterns = []
    for corpus in study.corpora("grid"):
        runs = study.runs("grid", corpus)
        for count in ("N", "N_nonemb"):
            fit = fit_chinchilla(runs[count], runs["D"], runs["loss"])
            low, high = fit.interval(lambda law: law.a)
            patterns.append(fit.residual_autocorrelation)
            ratio = fit.law.D_opt(1e12) / fit.law.N_opt(1e12)
            rows.append(
                [
                    *(corpus, "all" if count == "N" else "without embeddings", "E + A/N^α + B/D^β"),
                    *(f"{fit.law.a:.3f}", span(low, high), f"{fit.law.b:.3f}", f"{ratio:.0f}"),
                ]
            )
    section.table(
        "corpus | parameters counted | method | a (N_opt ∝ C^a) | 95 % interval | b (D_opt ∝ C^b) | D/N at 1e12 FLOPs",
        rows,
    )
    said = {(row[0], row[1]): float(row[3]) for row in rows if row[2] == "parabolas"}
    for corpus in study.corpora("isoflop"):
        everything, without = said[corpus, "all"], said[corpus, "without embeddings"]
        section.say(
            f"On {corpus}, the same runs give a = {everything:.2f} with all parameters counted and {without:.2f} without the",
            "embeddings: at our sizes embeddings are a large share of the small models, so leaving them out stretches the axis.",
        )
    section.say(
        "With exactly counted FLOPs a + b is not 1: 6ND leaves out attention and counts position embeddings, which at these sizes",
        "is no small matter. The intervals are those of noise alone. The parametric form leaves residuals with a pattern",
        f"(between {min(patterns):.0f} and {max(patterns):.0f} standard errors, where above 3 means a wrong form), so its intervals are too narrow,",
        "and parabolas, which assume no form across budgets, are the better evidence."
        if patterns and min(patterns) > 3
        else "The parametric form was not fitted here, or fits without a pattern.",
    )
    figure, ax = plt.subplots(figsize=(6.4, 4.4), layout="constrained")
    corpus = study.corpora("isoflop")[0]
    plot_N_opt(
        np.geomspace(1e10, 1e13, 30),
        study.isoflop[corpus, "N"],
        ax=ax,
    )
    section.figure("N_opt", figure, f"Runs on {corpus}.")
    section.say(
        "The published lines are drawn seven decades below the budgets that they were fitted to: compare slopes, not heights."
    )
    return section


def combination(study: Study) -> Section:
    """How the two shortages combine: the sum of Chinchilla's law, or something between it and Kaplan's."""
    section = Section("How two shortages combine")
    section.say(
        "Chinchilla's law adds what a finite model costs to what finite data cost. Kaplan's joint law (2020, eq. 1.5) lets nearly only the",
        "greater shortage count. Both are members of L = E + [(A/N^α)^(1/γ) + (B/D^β)^(1/γ)]^γ: γ = 1 is the sum, γ = β without a",
        "floor is Kaplan's. The fit decides.",
    )
    rows, found = [], []
    figure, axes = plt.subplots(1, 2, figsize=(10, 4), sharey=True, layout="constrained")
    for corpus in study.corpora("grid"):
        runs = study.runs("grid", corpus)
        for name, fit in (
            ("sum, γ = 1", fit_chinchilla(runs["N"], runs["D"], runs["loss"], delta=None)),
            ("γ fitted", fit_joint(runs["N"], runs["D"], runs["loss"])),
        ):
            law, joint = fit.law, isinstance(fit.law, JointLaw)
            gamma = f"{law.gamma:.2f} ({span(*fit.interval('gamma'), '.2f')})" if joint else "1"
            if joint:
                found.append((corpus, law.gamma))
            rows.append(
                [
                    *(corpus, name, gamma, f"{law.E:.2f}", f"{law.alpha:.2f}", f"{law.beta:.2f}"),
                    *(f"{law.a:.3f}", f"{fit.rmse_log:.2%}", f"{fit.residual_autocorrelation:.1f}"),
                ]
            )
            if corpus == study.corpora("grid")[0]:
                ax = axes[int(joint)]
                new_axes(ax)
                for k, (width, own) in enumerate(runs.groupby("width")):
                    error = 100 * (fit.predict(own["N"], own["D"]) / own["loss"] - 1)
                    error = error.groupby(own["D"]).mean()
                    ax.plot(
                        error.index,
                        error,
                        MARKERS[k] + "-",
                        color=COLOURS[k],
                        label=f"width {width}",
                    )
                ax.axhline(0, color="black", linewidth=0.8)
                log_axis(ax, "x", unit_labels=True)
                ax.set(title=f"{corpus}: {name}", xlabel="training tokens D (bytes)")
    axes[0].set_ylabel("law above the runs (%)")
    axes[0].legend(frameon=False, ncols=2, fontsize="small")
    section.table(
        "corpus | form | γ (95 % interval) | E | α | β | a = β/(α + β) | typical error | pattern",
        rows,
    )
    section.figure("combination", figure)
    section.say(
        "; ".join(f"On {corpus}, γ = {gamma:.2f}" for corpus, gamma in found)
        + ": between the two published forms.",
        "The last column is the pattern of the residuals in standard errors; above 3 the form is not quite right. So even the fitted form is",
        "not the last word, but it leaves far less.",
    )
    return section
