"""Prose against code, what the recipe does, forecasts of held-out runs, and the published laws."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np

from ..fits import fit_chinchilla, fit_joint, fit_power_law
from ..fits.isoflop import fit_isoflop
from ..plots import COLOURS, MARKERS, log_axis, new_axes
from .page import Section, Study, percent, span


def corpora(study: Study) -> Section:
    """The law of one corpus used for the other, and one model on both."""
    section = Section("Prose against code")
    fits = {corpus: study.isoflop[corpus, "N"] for corpus in study.corpora("isoflop")}
    if len(fits) < 2:
        section.say("Only one corpus has IsoFLOP runs: `scalinglaws sweep isoflop --corpus code`.")
        return section
    laws = {c: fit_power_law(fit.minima["C"], fit.minima["L_opt"]) for c, fit in fits.items()}
    rows = []
    for used, law in laws.items():
        for target, fit in fits.items():
            C, L = fit.minima["C"], fit.minima["L_opt"]
            errors = law.predict(C) / L - 1
            low, high = errors.min(), errors.max()
            N_errors = fits[used].law.N_opt(C) / fit.minima["N_opt"] - 1
            rows.append(
                [
                    *(used, target, percent(errors.mean()), f"{percent(low)} to {percent(high)}"),
                    f"{percent(N_errors.min(), 0)} to {percent(N_errors.max(), 0)}",
                ]
            )
    section.say(
        "L(C) and N_opt(C) through the minima of one corpus, used for the budgets of the other, and for their own:"
    )
    section.table(
        "law of | used for | mean error of the loss | range | error of N_opt",
        rows,
    )
    said = "; ".join(f"{c} {fit.law.a:.3f} ({span(*fit.interval('a'))})" for c, fit in fits.items())
    section.say(
        f"The level of the loss does not carry over. The exponent of N_opt is nearer: {said}, with 95 % intervals of noise alone.",
        "A law is a law of its text.",
    )
    figure, ax = plt.subplots(figsize=(6.4, 4.2), layout="constrained")
    new_axes(ax)
    largest = []
    for k, (corpus, fit) in enumerate(fits.items()):
        runs = study.runs("isoflop", corpus)
        other = []
        for C, N_opt in fit.minima[["C", "N_opt"]].itertuples(index=False):
            near = runs[np.abs(np.log(runs["C"] / C)) < 0.05]
            near = near[near["N"] == near.loc[(np.log(near["N"] / N_opt)).abs().idxmin(), "N"]]
            other.append(near["loss_other"].mean())
        C, L = fit.minima["C"], fit.minima["L_opt"]
        ax.plot(C, L, MARKERS[k] + "-", color=COLOURS[k], label=f"trained and measured on {corpus}")
        ax.plot(
            *(C, other, MARKERS[k] + ":"),
            color=COLOURS[k],
            markerfacecolor="white",
            label=f"trained on {corpus}, measured on the other",
        )
        largest.append(
            f"at {C.iloc[-1]:.0e} FLOPs the one trained on {corpus} has {L.iloc[-1]:.2f} nats per byte there and {other[-1]:.2f} on the other"
        )
    log_axis(ax, "x")
    ax.set(xlabel="training compute C (FLOPs)", ylabel="loss (nats per byte)")
    ax.legend(frameon=False, fontsize="small")
    section.figure("corpora", figure)
    section.say(f"The best model of a budget on both texts: {'; '.join(largest)}.")
    return section


def recipe(study: Study) -> Section:
    """Learning rate, schedule, warm-up, token shift: what each changes at a fixed size and data."""
    section = Section("What the recipe does")
    for plan, column, says in (
        ("tuning", "lr", None),
        ("schedule", "schedule", "the cosine that ends with the run"),
        ("warmup", "warmup", "5 % of the steps"),
    ):
        if "prose" not in study.corpora(plan):
            continue
        runs = study.runs(plan)
        if plan == "tuning":
            section.say(
                "**Learning rate.** For each of three sizes, five rates a factor of two apart. The best by the validation loss was",
                "; ".join(
                    f"{best:.3g} for width {w} (the rule 0.35/width says {0.35 / w:.3g})"
                    for (w, best) in (
                        (w, t.groupby("lr")["loss_val"].mean().idxmin())
                        for w, t in runs.groupby("width")
                    )
                )
                + ".",
            )
            continue
        names = (
            list(dict.fromkeys(runs[column]))
            if column == "schedule"
            else sorted(runs[column].unique())
        )
        if column == "schedule":
            names = [
                "cosine",
                *sorted(
                    (n for n in names if n.startswith("cosine x")),
                    key=lambda n: float(n.split("x")[1]),
                ),
                "constant",
            ]
        keys = ["width", "D"]
        base = (
            runs[runs[column] == ("cosine" if column == "schedule" else 0.05)]
            .groupby(keys)["loss"]
            .mean()
        )
        by = runs.groupby([*keys, column])["loss"].mean().unstack()[names]
        title = "Schedule" if column == "schedule" else "Warm-up"
        section.say(f"**{title}.** The loss against that of {says}, mean of three seeds:")
        section.table(
            "width | D (bytes) | "
            + " | ".join(str(n) if column == "schedule" else f"warm-up {n:.0%}" for n in names),
            (
                [w, f"{D:,}", *(percent(v) for v in row / base.loc[w, D] - 1)]
                for (w, D), row in zip(by.index, by.to_numpy(), strict=True)
            ),
        )
    if "prose" in study.corpora("no_shift"):
        plain, grid = study.runs("no_shift"), study.runs("grid")
        rows = []
        for (w, D), t in plain.groupby(["width", "D"]):
            ours = grid[(grid["width"] == w) & (grid["D"] == D)]["loss"]
            rows.append(
                [
                    w,
                    f"{D:,}",
                    f"{t['loss'].mean() / ours.mean():.2f}",
                    f"{t['loss'].std() / t['loss'].mean():.1%}",
                    f"{ours.std() / ours.mean():.1%}",
                ]
            )
        section.say(
            "**Token shift.** The same runs without it: the ratio of the losses, and the spread between seeds."
        )
        section.table("width | D (bytes) | loss without / with | spread without | with", rows)
    return section


def forecasts(study: Study) -> Section:
    """The held-out runs, forecast from the rest and then compared."""
    section = Section("Forecasts of runs that no fit has seen")
    rows = []
    for corpus in study.corpora("isoflop_holdout"):
        fit, held = study.isoflop[corpus, "N"], study.runs("isoflop_holdout", corpus)
        C = float(np.exp(np.log(held["C"]).mean()))
        law = fit_power_law(fit.minima["C"], fit.minima["L_opt"])
        lowest = held.loc[held["loss"].idxmin()]
        # A parabola through the held-out runs, by the function that fits the others; it wants two budgets.
        both = fit_isoflop(
            np.r_[fit.N[0.9 * fit.C.max() < fit.C], held["N"]],
            np.r_[fit.loss[0.9 * fit.C.max() < fit.C], held["loss"]],
            C=np.r_[fit.C[0.9 * fit.C.max() < fit.C], held["C"]],
        )
        measured = both.minima.iloc[-1] if len(both.minima) == 2 else None
        N_said, L_said = fit.law.N_opt(C), law.predict(C)
        N_was, L_was = (
            (measured["N_opt"], measured["L_opt"])
            if measured is not None
            else (lowest["N"], lowest["loss"])
        )
        low, high = fit.interval(lambda l, C=C: l.N_opt(C))
        rows.append(
            [
                corpus,
                f"{C:.2e}",
                "N_opt",
                f"{N_said:,.0f} ({low:,.0f} to {high:,.0f})",
                f"{N_was:,.0f}",
                percent(N_said / N_was - 1),
            ]
        )
        low, high = law.predict_interval(C)
        rows.append(
            [
                corpus,
                f"{C:.2e}",
                "lowest loss",
                f"{L_said:.3f} ({low:.3f} to {high:.3f})",
                f"{L_was:.3f}",
                percent(L_said / L_was - 1),
            ]
        )
    if rows:
        section.say(
            "The next budget, beyond all that were fitted. N_opt comes from the line through the minima of the smaller budgets, the loss from a power",
            "law with a floor through them (95 % intervals of noise alone); what was measured is the minimum of a parabola through the held-out runs.",
        )
        section.table("corpus | C (FLOPs) | quantity | forecast | measured | error", rows)
        loss_ok = all(abs(float(r[-1][:-2])) <= 2 for r in rows if r[2] == "lowest loss")
        N_ok = all(abs(float(r[-1][:-2])) <= 30 for r in rows if r[2] == "N_opt")
        section.say(
            f"The loss is {'' if loss_ok else 'not '}forecast within 2 %, N_opt {'' if N_ok else 'not '}within 30 %.",
            ""
            if N_ok
            else "A flat minimum is hard to place: near it the loss hardly depends on N.",
        )
    rows, errors = [], []
    for corpus in study.corpora("holdout"):
        grid, held = study.runs("grid", corpus), study.runs("holdout", corpus)
        forms = [fit(grid["N"], grid["D"], grid["loss"]) for fit in (fit_chinchilla, fit_joint)]
        for (N, D), t in held.groupby(["N", "D"]):
            was = t["loss"].mean()
            said = [form.predict(N, D) for form in forms]
            errors.append([abs(loss / was - 1) for loss in said])
            rows.append(
                [
                    *(corpus, f"{N:,}", f"{D:,}", len(t), f"{was:.3f}"),
                    *(f"{loss:.3f} ({percent(loss / was - 1)})" for loss in said),
                ]
            )
    if rows:
        worst = np.max(errors, axis=0)
        section.say(
            "And single runs, larger than any of the grid, by the two forms of the section above, fitted to the grid:",
        )
        section.table(
            "corpus | N | D (bytes) | runs | measured | forecast, γ = 1 (error) | forecast, γ fitted (error)",
            rows,
        )
        section.say(
            f"The largest error is {worst[0]:.1%} with γ = 1 and {worst[1]:.1%} with γ fitted.",
            "A pattern in the residuals inside the fit has become a bias outside it.",
        )
    return section


def published(study: Study) -> Section:
    """Where the tiny world agrees with the published laws, and where it does not."""
    section = Section("Our tiny world beside the published laws")
    fit = study.isoflop["prose", "N"]
    m = fit.minima
    L = fit_power_law(m["C"], m["L_opt"])
    low, high = fit.interval("a")
    section.table(
        "finding | published | ours, on prose | the same?",
        [
            [
                "the loss falls as a power law with a floor",
                "Kaplan 2020, Hoffmann 2022",
                f"L(C): R² {L.r2_log:.4f} on the log axis",
                "yes, over three decades of C",
            ],
            [
                "N_opt ∝ C^a, all parameters",
                "0.50, 0.49, 0.46 (Hoffmann, table 2)",
                f"{fit.law.a:.2f} ({span(low, high, '.2f')})",
                "near, a little lower" if fit.law.a < 0.46 else "yes",
            ],
            [
                "a size-first rule, a = 0.73",
                "Kaplan 2020, appendix B",
                f"{study.isoflop['prose', 'N_nonemb'].law.a:.2f} without embeddings",
                "no: even counted Kaplan's way"
                if study.isoflop["prose", "N_nonemb"].interval("a")[1] < 0.73
                else "not excluded",
            ],
            [
                "about 20 tokens per parameter",
                "Hoffmann 2022",
                f"{m['D_opt'].iloc[0] / m['N_opt'].iloc[0]:.0f} at {m['C'].iloc[0]:.0e} to {m['D_opt'].iloc[-1] / m['N_opt'].iloc[-1]:.0f} bytes per parameter at {m['C'].iloc[-1]:.0e} FLOPs",
                "no rule: it grows with C, and a byte is no token",
            ],
        ],
    )
    section.say(
        "What carries over is the form, and how to measure it. The constants do not, and nothing here says what a large model would do:",
        "our models have two layers, 64 bytes of context and at most some hundred thousand parameters.",
    )
    return section
