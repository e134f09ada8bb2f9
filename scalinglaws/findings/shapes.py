"""L(N), L(D), L(C), seed noise, repeated data, and metrics that jump."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from ..fits import fit_power_law
from ..laws import effective_amount
from ..plots import COLOURS, MARKERS, log_axis, new_axes
from ..training.datasheet import seed_noise
from .page import Section, Study, percent, span


def _series(study: Study, corpus: str) -> dict[str, pd.Series]:
    """{"N", "D", "C": loss by that variable where the others are not scarce}, seeds averaged."""
    grid = study.runs("grid", corpus)
    return {
        "N": grid[grid["D"] == grid["D"].max()].groupby("N")["loss"].mean(),
        "D": grid[grid["N"] == grid["N"].max()].groupby("D")["loss"].mean(),
        "C": study.isoflop[corpus, "N"].minima.set_index("C")["L_opt"],
    }


def single_variable_laws(study: Study) -> Section:
    """Each law with a floor, and its forecast of the two largest values when these are left out."""
    section = Section("L(N), L(D) and L(C)")
    rows = []
    corpora = [c for c in study.corpora("grid") if c in study.corpora("isoflop")]
    figure, axes = plt.subplots(1, 3, figsize=(12, 4), sharey=True, layout="constrained")
    labels = {
        "N": "parameters N",
        "D": "training tokens D (bytes)",
        "C": "training compute C (FLOPs)",
    }
    for k, corpus in enumerate(corpora):
        for ax, (variable, losses) in zip(axes, _series(study, corpus).items(), strict=True):
            x, loss = losses.index.to_numpy(float), losses.to_numpy()
            fit = fit_power_law(x, loss)
            low, high = fit.interval("alpha")
            E_low, E_high = fit.interval("E")
            left_out = {}
            for floor in (True, False):
                early = fit_power_law(x[:-2], loss[:-2], floor=floor)
                left_out[floor] = np.mean(early.predict(x[-2:]) / loss[-2:] - 1)
            rows.append(
                [
                    *(corpus, f"L({variable})", f"{fit.law.alpha:.3f}", span(low, high)),
                    *(f"{fit.law.E:.2f}", span(E_low, E_high, ".2f")),
                    *(percent(left_out[True]), percent(left_out[False])),
                ]
            )
            beyond = np.geomspace(x[0], 30 * x[-1], 100)
            ax.plot(x, loss, MARKERS[k], color=COLOURS[k], label=corpus)
            ax.plot(beyond, fit.predict(beyond), color=COLOURS[k], linewidth=1)
            new_axes(ax)
            log_axis(ax, "x", unit_labels=variable != "C")
            log_axis(ax, "y")
            ax.set(xlabel=labels[variable])
    axes[0].set_ylabel("held-out loss (nats per byte)")
    axes[0].legend(frameon=False)
    section.figure("single", figure)
    section.say(
        "L(N) is at the most data of the grid, L(D) at its largest model, L(C) at the minima of the IsoFLOP curves. Each has a floor that",
        "is partly the text and partly the factor that was kept fixed. The last two columns leave the two largest values of x out of the",
        "fit and forecast them: with a floor, and as a straight line on log-log axes.",
    )
    section.table(
        "corpus | law | α | 95 % interval | floor E | 95 % interval | error of the forecast, floor | straight line",
        rows,
    )
    floors = np.array([[abs(float(r[6][:-2])), abs(float(r[7][:-2]))] for r in rows])
    section.say(
        f"The law with a floor is nearer in {int((floors[:, 0] < floors[:, 1]).sum())} of {len(rows)} cases;",
        f"its largest error is {floors[:, 0].max():.1f} %, that of the straight line {floors[:, 1].max():.1f} %.",
    )
    return section


def noise(study: Study) -> Section:
    """The spread between seeds against D."""
    section = Section("Noise between seeds")
    ax = new_axes(plt.subplots(figsize=(6.4, 4.0), layout="constrained")[1])
    said = []
    for k, corpus in enumerate(study.corpora("grid")):
        same = seed_noise(study.runs("grid", corpus)).assign(
            variance=lambda t: (t["std"] / t["mean"]) ** 2
        )
        by_D = np.sqrt(
            same.groupby("D").apply(
                lambda t: np.average(t["variance"], weights=t["count"] - 1), include_groups=False
            )
        )
        ax.plot(by_D.index, 100 * by_D, MARKERS[k] + "-", color=COLOURS[k], label=corpus)
        said.append(
            f"on {corpus} {by_D.iloc[0]:.1%} at {by_D.index[0]:,} bytes and {by_D.iloc[-1]:.1%} at {by_D.index[-1]:,}"
        )
    log_axis(ax, "x", unit_labels=True)
    log_axis(ax, "y")
    ax.set(xlabel="training tokens D (bytes)", ylabel="standard deviation of the loss (%)")
    ax.legend(frameon=False)
    section.figure("noise", ax)
    section.say(
        "The seed sets the initial weights and the order of the text. The standard deviation of the loss between seeds, pooled over sizes, is",
        "; ".join(said)
        + ". So differences of a per cent mean little on the smallest runs and much on the largest.",
    )
    return section


def repeats(study: Study) -> Section:
    """Few unique bytes, many epochs: losses that turn, and what a repeated byte is worth."""
    section = Section("Repeated data")
    runs = (
        study.runs("repeats")
        .assign(epochs=lambda t: t["epochs"].round())  # whole steps make 4 epochs 3.998
        .groupby(["D_unique", "width", "epochs"], as_index=False)[["D", "loss", "loss_train"]]
        .mean()
    )
    uniques = sorted(runs["D_unique"].unique())
    figure, axes = plt.subplots(
        1, len(uniques), figsize=(4.2 * len(uniques), 4), layout="constrained", squeeze=False
    )
    turns = []
    for ax, U in zip(axes[0], uniques, strict=True):
        for k, (width, line) in enumerate(runs[runs["D_unique"] == U].groupby("width")):
            ax.plot(
                line["epochs"],
                line["loss"],
                MARKERS[k] + "-",
                color=COLOURS[k],
                label=f"width {width}",
            )
            ax.plot(line["epochs"], line["loss_train"], ":", color=COLOURS[k], linewidth=1)
            lowest = line.loc[line["loss"].idxmin()]
            if line["loss"].iloc[-1] > 1.02 * lowest["loss"]:
                turns.append(
                    [
                        f"{U:,}",
                        width,
                        f"{lowest['epochs']:g}",
                        f"{lowest['loss']:.3f}",
                        f"{line['epochs'].iloc[-1]:g}",
                        f"{line['loss'].iloc[-1]:.3f}",
                    ]
                )
        new_axes(ax)
        ax.set_xscale("log", base=2)
        ax.xaxis.set_major_formatter(lambda x, _: f"{x:g}")
        ax.set(title=f"{U:,} unique bytes", xlabel="epochs")
    axes[0, 0].set_ylabel("loss (nats per byte)")
    axes[0, 0].legend(frameon=False)
    section.figure("repeats", figure, "Solid: held-out loss. Dotted: training loss.")
    section.say(
        "Each point is a full run with its own learning-rate schedule. Solid lines are held-out losses, dotted lines training losses."
    )
    if turns:
        section.say(
            f"In {len(turns)} of the {runs.groupby(['D_unique', 'width']).ngroups} series the held-out loss ends more than 2 % above its lowest value,",
            "while the training loss goes on falling: the model memorises.",
        )
        section.table(
            "unique bytes | width | lowest at epochs | loss there | last epochs | loss there", turns
        )
    values = _value_of_repeats(study, runs)
    if len(values):
        section.say(
            "What is a repeated byte worth? The grid tells how many *fresh* bytes give the same model the same loss. With R = epochs - 1, the",
            "ratio below is (fresh bytes - U)/(repeated bytes): 1 if repeats are as good as new, 0 if they are worth nothing. Beside it stands",
            "Muennighoff et al. (2023, eq. 5 and appendix A), with their R* of 15.4, for models a thousand times larger than ours.",
        )
        wide = values.pivot_table(index=["U", "epochs"], columns="width", values="value")
        section.table(
            "unique bytes | epochs | " + " | ".join(f"width {w}" for w in wide) + " | Muennighoff",
            (
                [
                    f"{U:,}",
                    f"{epochs:g}",
                    *("-" if np.isnan(v) else f"{v:.2f}" for v in row),
                    f"{(effective_amount(U * epochs, U, 15.4) - U) / (U * (epochs - 1)):.2f}",
                ]
                for (U, epochs), row in zip(wide.index, wide.to_numpy(), strict=True)
            ),
        )
    return section


def _value_of_repeats(study: Study, runs: pd.DataFrame) -> pd.DataFrame:
    """Of each repeated run whose loss the grid reaches: (equivalent fresh bytes - U)/(D - U)."""
    grid = study.runs("grid")
    fresh = grid.groupby(["width", "D"])["loss"].mean()
    rows = []
    for run in runs[runs["epochs"] > 1].itertuples():
        if run.width not in fresh.index.get_level_values("width"):
            continue
        curve = fresh.loc[run.width]
        log_D, log_L = np.log(curve.index.to_numpy(float)), np.log(curve.to_numpy())
        if not log_L.min() <= np.log(run.loss) <= log_L.max():
            continue
        equivalent = np.exp(np.interp(-np.log(run.loss), -log_L, log_D))
        value = (equivalent - run.D_unique) / (run.D - run.D_unique)
        rows.append((run.D_unique, run.epochs, run.width, value))
    return pd.DataFrame(rows, columns=["U", "epochs", "width", "value"])


def emergence(study: Study) -> Section:
    """The same runs by loss and by exact match: smooth, and sudden."""
    section = Section("Emergence by metric")
    runs = study.runs("grid").sort_values("C")
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
    for ax in (left, right):
        new_axes(ax)
        log_axis(ax, "x")
        ax.set(xlabel="training compute C (FLOPs)")
    left.plot(runs["C"], runs["loss"], ".", color=COLOURS[0])
    left.set(ylabel="held-out loss (nats per byte)", title="the loss falls smoothly")
    for k, length in enumerate((1, 2, 4, 8, 16)):
        share = runs["accuracy"] if length == 1 else runs[f"match_{length}"]
        right.plot(
            runs["C"], share, MARKERS[k], color=COLOURS[k], markersize=3, label=f"{length} bytes"
        )
    right.set(ylabel="share written exactly", title="exact match of k bytes")
    right.legend(frameon=False)
    section.figure("emergence", figure)
    best, p = runs.iloc[-1], runs["accuracy"].iloc[-1]
    ratio = {k: best[f"match_{k}"] / p**k for k in (2, 4, 8)}
    first = runs[runs["match_8"] >= 0.01]
    section.say(
        "The same runs, two metrics. Among those with",
        f"less than 3e9 FLOPs the greatest share of 8 bytes written exactly is {runs[runs['C'] < 3e9]['match_8'].max():.2%};",
        f"the first run to reach 1 % took {first['C'].iloc[0]:.1e} FLOPs, and the largest reaches {best['match_8']:.1%}. Nothing jumps in the loss.",
        f"The share is not p^k with p the accuracy of one byte ({p:.1%} for the largest run): it is",
        ", ".join(f"{r:.1f} times that for k = {k}" for k, r in ratio.items())
        + ", since bytes that follow each other are not independent.",
    )
    return section
