"""Loss against N, against D, against C, and against N and D together; noise; emergence."""

from __future__ import annotations

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from ..fits import fit_chinchilla, fit_joint, fit_power_law
from ..laws import JointLaw
from ..plots import COLOURS, MARKERS, log_axis, new_axes
from ..training.noise import pooled, seed_noise
from .page import (
    Numbers,
    Section,
    Study,
    Table,
    image,
    listed,
    paragraphs,
    percent,
    plural,
    share,
    span,
    table,
)

LABELS = {
    "N": "parameters N",
    "D": "training tokens D (bytes)",
    "C": "training compute C (FLOPs)",
}


def _series(study: Study, corpus: str) -> dict[str, Table]:
    """{"N", "D", "C": loss by that variable where the others are not scarce}, averaged over seeds."""
    grid = study.grids[corpus]
    series = {
        "N": grid[grid["D"] == grid["D"].max()].groupby("N")["loss"].mean(),
        "D": grid[grid["N"] == grid["N"].max()].groupby("D")["loss"].mean(),
    }
    if (corpus, "N") in study.isoflop:
        series["C"] = study.isoflop[corpus, "N"].minima.set_index("C")["L_opt"]
    return {name: losses for name, losses in series.items() if len(losses) >= 6}


def _measure_single(study: Study) -> Numbers:
    rows = []
    for corpus in study.grids:
        for variable, losses in _series(study, corpus).items():
            x, loss = losses.index.to_numpy(float), losses.to_numpy()
            fit = fit_power_law(x, loss)
            left_out = []
            for floor in (True, False):
                early = fit_power_law(x[:-2], loss[:-2], floor=floor)
                left_out.append(np.mean(early.predict(x[-2:]) / loss[-2:] - 1))
            rows.append(
                {
                    "corpus": corpus,
                    "variable": variable,
                    "alpha": [fit.law.alpha, *fit.interval("alpha")],
                    "E": [fit.law.E, *fit.interval("E")],
                    "error_with_floor": left_out[0],
                    "error_without": left_out[1],
                }
            )
    return {"laws": rows} if rows else {}


def _write_single(numbers: Numbers) -> str:
    laws = numbers["laws"]
    nearer = sum(abs(r["error_with_floor"]) < abs(r["error_without"]) for r in laws)
    worst = [max(abs(r[k]) for r in laws) for k in ("error_with_floor", "error_without")]
    return paragraphs(
        image(
            "single",
            """Three panels, loss against parameters, against data and against compute, all axes
            logarithmic. In each the points fall along a curve that bends towards a floor and is drawn
            on beyond the last point.""",
        ),
        """L(N) is measured at the largest D of the grid, L(D) at its largest model, and L(C) at the
        minima of the IsoFLOP curves. Each has a floor, which is partly the text and partly the factor
        that was held fixed. For the last two columns the two largest values of x were left out of the
        fit and then forecast, with a floor and as a straight line on log-log axes.""",
        table(
            "text | law | exponent | 95 % interval | floor E | 95 % interval | "
            "error of the forecast | straight line",
            (
                [
                    *(r["corpus"], f"L({r['variable']})", f"{r['alpha'][0]:.3f}"),
                    *(span(r["alpha"][1:]), f"{r['E'][0]:.2f}", span(r["E"][1:], ".2f")),
                    *(percent(r["error_with_floor"]), percent(r["error_without"])),
                ]
                for r in laws
            ),
        ),
        f"""The law with a floor forecasts better in {nearer} of {plural(len(laws), "case")}. Its
        largest error is {share(worst[0])}, that of the straight line {share(worst[1])}.""",
    )


def _draw_single(study: Study, numbers: Numbers) -> Figure:
    figure, axes = plt.subplots(1, 3, figsize=(12, 4), sharey=True, layout="constrained")
    for ax, name in zip(axes, LABELS, strict=True):
        new_axes(ax)
        log_axis(ax, "x", unit_labels=name != "C")
        log_axis(ax, "y")
        ax.set(xlabel=LABELS[name])
    for k, corpus in enumerate(study.grids):
        for name, losses in _series(study, corpus).items():
            x, loss = losses.index.to_numpy(float), losses.to_numpy()
            ax, beyond = axes[list(LABELS).index(name)], np.geomspace(x[0], 30 * x[-1], 100)
            ax.plot(x, loss, MARKERS[k], color=COLOURS[k], label=corpus)
            ax.plot(beyond, fit_power_law(x, loss).predict(beyond), color=COLOURS[k], linewidth=1)
    axes[0].set_ylabel("held-out loss (nats per byte)")
    axes[0].legend(frameon=False)
    return figure


single = Section("single", "L(N), L(D) and L(C)", _measure_single, _write_single, _draw_single)


# ----------------------------------------------------------------------------------- both together


def _forms(runs: Table) -> list[Any]:
    return [
        fit_chinchilla(runs["N"], runs["D"], runs["loss"], delta=None),
        fit_joint(runs["N"], runs["D"], runs["loss"]),
    ]


def _measure_combination(study: Study) -> Numbers:
    numbers: Numbers = {}
    for corpus, runs in study.grids.items():
        rows = []
        for fit in _forms(runs):
            law = fit.law
            row = {"E": law.E, "alpha": law.alpha, "beta": law.beta, "a": law.a}
            row |= {"typical_error": fit.rmse_log, "pattern": fit.residual_autocorrelation}
            if isinstance(law, JointLaw):
                row["gamma"] = [law.gamma, *fit.interval("gamma")]
            rows.append(row)
        numbers[corpus] = rows
    return numbers


def _write_combination(numbers: Numbers) -> str:
    rows = []
    for corpus, forms in numbers.items():
        for r in forms:
            gamma = f"{r['gamma'][0]:.2f} ({span(r['gamma'][1:], '.2f')})" if "gamma" in r else "1"
            rows.append(
                [
                    *(corpus, "γ fitted" if "gamma" in r else "sum, γ = 1", gamma),
                    *(f"{r['E']:.2f}", f"{r['alpha']:.2f}", f"{r['beta']:.2f}", f"{r['a']:.3f}"),
                    *(share(r["typical_error"], 2), f"{r['pattern']:.1f}"),
                ]
            )
    gammas = listed(f"{forms[1]['gamma'][0]:.2f} on {c}" for c, forms in numbers.items())
    return paragraphs(
        """Chinchilla's law adds what a finite model costs to what finite data cost. In Kaplan's joint
        law (2020, equation 1.5) almost only the greater shortage counts. Both belong to the family
        L = E + [(A/N^α)^(1/γ) + (B/D^β)^(1/γ)]^γ: γ = 1 gives the sum, and γ = β without a floor gives
        Kaplan's. The data decide.""",
        table(
            "text | form | γ (95 % interval) | E | α | β | a = β/(α + β) | typical error | pattern",
            rows,
        ),
        image(
            "combination",
            """Two panels of how far each law lies above the runs of the grid, in per cent, against
            training tokens, one line for each width. With γ = 1 the lines cross from above to below
            as D grows, by a few per cent. With γ fitted they stay within about one per cent of
            zero.""",
        ),
        f"""The fitted γ is {gammas}: between the two published forms. The last column says how far
        neighbouring residuals resemble each other, in standard errors; above 3 a form is not quite
        right. The fitted form leaves a smaller pattern, and is not the last word either.""",
    )


def _draw_combination(study: Study, numbers: Numbers) -> Figure:
    figure, axes = plt.subplots(1, 2, figsize=(10, 4), sharey=True, layout="constrained")
    corpus = next(iter(numbers))
    runs = study.grids[corpus]
    for ax, fit, name in zip(axes, _forms(runs), ("sum, γ = 1", "γ fitted"), strict=True):
        new_axes(ax)
        for k, (width, own) in enumerate(runs.groupby("width")):
            error = 100 * (fit.predict(own["N"], own["D"]) / own["loss"] - 1)
            error = error.groupby(own["D"]).mean()
            style = MARKERS[k % 7] + "-"
            ax.plot(error.index, error, style, color=COLOURS[k % 7], label=f"width {width}")
        ax.axhline(0, color="black", linewidth=0.8)
        log_axis(ax, "x", unit_labels=True)
        ax.set(title=f"{corpus}: {name}", xlabel=LABELS["D"])
    axes[0].set_ylabel("law above the runs (%)")
    axes[0].legend(frameon=False, ncols=2, fontsize="small")
    return figure


combination = Section(
    "combination",
    "How two shortages combine",
    _measure_combination,
    _write_combination,
    _draw_combination,
)


# ------------------------------------------------------------------------------------------- noise


def _measure_noise(study: Study) -> Numbers:
    numbers: Numbers = {}
    for corpus, runs in study.grids.items():
        same = seed_noise(runs)
        rows = [[D, pooled(noise)[1]] for D, noise in same.groupby("D")]
        if rows:
            numbers[corpus] = rows
    return numbers


def _write_noise(numbers: Numbers) -> str:
    told = "; ".join(
        f"{share(rows[0][1])} at {rows[0][0]:,} bytes and {share(rows[-1][1])} at "
        f"{rows[-1][0]:,} on {corpus}"
        for corpus, rows in numbers.items()
    )
    return paragraphs(
        image(
            "noise",
            f"""Standard deviation of the loss between seeds, in per cent, against training tokens,
            both axes logarithmic: {told}.""",
        ),
        f"""The seed sets the initial weights and the order of the text. Pooled over sizes, the standard
        deviation of the loss between seeds is {told}. A difference of one per cent therefore means
        little between two of the smallest runs, and much between two of the largest.""",
    )


def _draw_noise(study: Study, numbers: Numbers) -> Figure:
    figure, ax = plt.subplots(figsize=(6.4, 4.0), layout="constrained")
    new_axes(ax)
    for k, (corpus, rows) in enumerate(numbers.items()):
        D, noise = np.array(rows).T
        ax.plot(D, 100 * noise, MARKERS[k] + "-", color=COLOURS[k], label=corpus)
    log_axis(ax, "x", unit_labels=True)
    log_axis(ax, "y")
    ax.set(xlabel=LABELS["D"], ylabel="standard deviation of the loss (%)")
    ax.legend(frameon=False)
    return figure


noise = Section("noise", "Noise between seeds", _measure_noise, _write_noise, _draw_noise)


# --------------------------------------------------------------------------------------- emergence


def _measure_emergence(study: Study) -> Numbers:
    if not study.grids:
        return {}
    corpus, runs = next(iter(study.grids.items()))
    runs = runs.sort_values("C")
    best, first = runs.iloc[-1], runs[runs["match_8"] >= 0.01]["C"]
    return {
        "corpus": corpus,
        "small": [3e9, runs[runs["C"] < 3e9]["match_8"].max()],
        "first": first.iloc[0] if len(first) else np.nan,
        "largest": {str(k): best[f"match_{k}"] for k in (2, 4, 8, 16)},
        "accuracy": best["accuracy"],
    }


def _write_emergence(numbers: Numbers) -> str:
    p, largest = numbers["accuracy"], numbers["largest"]
    ratios = listed(f"{largest[k] / p ** int(k):.1f} times that for k = {k}" for k in "248")
    crossing = (
        f"The first run to write 1 % of them took {numbers['first']:.1e} FLOPs, and the largest run"
        f" writes {share(largest['8'])}."
        if numbers["first"] is not None
        else f"The largest run writes {share(largest['8'])}."
    )
    return paragraphs(
        image(
            "emergence",
            """Left: the held-out loss of all runs of the grid falls smoothly with training compute.
            Right: the share of stretches of 1, 2, 4, 8 and 16 bytes that the same runs write exactly.
            The longer the stretch, the longer the share stays near zero before it rises.""",
        ),
        f"""The same runs, two metrics. Among runs of less than 3e9 FLOPs, at most
        {share(numbers["small"][1], 2)} of stretches of 8 bytes are written exactly. {crossing} Nothing
        jumps in the loss. The share is not p^k, with p the accuracy on one byte ({share(p)} for the
        largest run): it is {ratios}, because neighbouring bytes are not independent.""",
    )


def _draw_emergence(study: Study, numbers: Numbers) -> Figure:
    runs = study.grids[numbers["corpus"]]
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
    for ax in (left, right):
        new_axes(ax)
        log_axis(ax, "x")
        ax.set(xlabel=LABELS["C"])
    left.plot(runs["C"], runs["loss"], ".", color=COLOURS[0])
    left.set(ylabel="held-out loss (nats per byte)", title="the loss falls smoothly")
    for k, length in enumerate((1, 2, 4, 8, 16)):
        right.plot(
            *(runs["C"], runs["accuracy"] if length == 1 else runs[f"match_{length}"], MARKERS[k]),
            color=COLOURS[k],
            markersize=3,
            label="1 byte" if length == 1 else f"{length} bytes",
        )
    right.set(ylabel="share written exactly", title="exact match of k bytes")
    right.legend(frameon=False)
    return figure


emergence = Section(
    "emergence", "Emergence by metric", _measure_emergence, _write_emergence, _draw_emergence
)
