"""Forecasts: the held-out budget, larger single runs, and models trained far beyond their optimum."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from ..fits import fit_chinchilla, fit_joint, fit_power_law
from ..plots import COLOURS, MARKERS, log_axis, new_axes
from .page import (
    Numbers,
    Section,
    Study,
    flops,
    image,
    listed,
    paragraphs,
    percent,
    plural,
    share,
    span,
    table,
)
from .statistics import minimum_interval

SIZES_OF_A_BOWL = 4  # with fewer, it is unclear on which side the minimum lies


def _measure_budget(study: Study) -> Numbers:
    numbers: Numbers = {}
    for corpus in study.corpora("isoflop_holdout"):
        if (corpus, "N") not in study.isoflop:
            continue
        fit, held = study.isoflop[corpus, "N"], study.runs("isoflop_holdout", corpus)
        if held["N"].nunique() < SIZES_OF_A_BOWL:
            continue
        C = float(np.exp(np.log(held["C"]).mean()))
        free = len(fit.residuals) - 3 * len(fit.minima)
        noise = float(np.sqrt((fit.residuals**2).sum() / free))
        best = fit.optimum(C)
        numbers[corpus] = {
            "C": C,
            "runs": len(held),
            "sizes": sorted(set(held["N"].tolist())),
            "noise": noise,
            "forecast": {
                name: list(best.loc[name, ["value", "low", "high"]]) for name in ("N_opt", "L_opt")
            },
            "measured": minimum_interval(held["N"], held["loss"], noise),
        }
    return numbers


def _write_budget(numbers: Numbers) -> str:
    rows, told = [], []
    for corpus, n in numbers.items():
        for name, label, digits in (
            ("N_opt", "N_opt", ",.0f"),
            ("L_opt", "lowest loss", ".3f"),
        ):
            said, was = n["forecast"][name], n["measured"][name]
            range_ = _range(n) if name == "N_opt" else span(was[1:], digits)
            rows.append(
                [
                    *(corpus, f"{n['C']:.2e}", label),
                    f"{said[0]:{digits}} ({span(said[1:], digits)})",
                    f"{was[0]:{digits}} ({range_})",
                    percent(said[0] / was[0] - 1),
                ]
            )
        said, was = n["forecast"]["N_opt"], n["measured"]["N_opt"]
        inside = was[1] <= said[0] <= was[2]
        told.append(
            f"""On {corpus}, {plural(n["runs"], "run")} of {len(n["sizes"])} sizes place N_opt in the
            range {_range(n)}: the bowl is flat, and one run repeats to about {share(n["noise"])}. The
            forecast lies {"inside" if inside else "outside"} this range, so these runs
            {"do not contradict it" if inside else "contradict it"}. The loss is a sharper test: it
            was forecast to {share(abs(n["forecast"]["L_opt"][0] / n["measured"]["L_opt"][0] - 1))}."""
        )
    return paragraphs(
        """This is the next budget beyond all those that were fitted. The forecast of N_opt comes from
        the line through the minima of the smaller budgets, and the forecast of the loss from a power
        law with a floor through the same minima. What was measured is the minimum of a parabola
        through the held-out runs. Each number has its 95 % interval. The interval of a
        measured minimum assumes the scatter of the smaller budgets about their own parabolas.""",
        table("text | C (FLOPs) | quantity | forecast | measured | forecast above measured", rows),
        image(
            "forecasts",
            """Two panels against training compute. Left: compute-optimal parameters; the minima lie on
            a straight line, which is drawn on to the held-out budget, where the measured minimum has a
            long error bar. Right: the lowest loss; its curve meets the measured value within the
            size of the marker.""",
        ),
        *told,
    )


def _range(n: Numbers) -> str:
    """The interval of a measured N_opt, with a remark if an end is the smallest or largest size
    trained.
    """
    _, low, high = n["measured"]["N_opt"]
    ends = (low <= 1.001 * n["sizes"][0], high >= 0.999 * n["sizes"][-1])
    return f"{low:,.0f}{' or below' * ends[0]} to {high:,.0f}{' or beyond' * ends[1]}"


def _draw_budget(study: Study, numbers: Numbers) -> Figure:
    figure, axes = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
    for ax, name in zip(axes, ("N_opt", "L_opt"), strict=True):
        new_axes(ax)
        for k, (corpus, n) in enumerate(numbers.items()):
            fit, (value, low, high) = study.isoflop[corpus, "N"], n["measured"][name]
            C, y = fit.minima["C"].to_numpy(), fit.minima[name]
            ax.plot(C, y, MARKERS[k], color=COLOURS[k], label=f"{corpus}: fitted minima")
            far = np.geomspace(C[0], n["C"], 60)
            line = fit.law.N_opt(far) if name == "N_opt" else fit_power_law(C, y).predict(far)
            ax.plot(far, line, color=COLOURS[k], linewidth=1)
            ax.errorbar(
                *(n["C"], value, [[value - low], [high - value]]),
                fmt=MARKERS[k],
                color=COLOURS[k],
                markerfacecolor="white",
                capsize=4,
                label=f"{corpus}: held out, measured",
            )
        log_axis(ax, "x")
        ax.set(xlabel="training compute C (FLOPs)")
    log_axis(axes[0], "y", unit_labels=True)
    axes[0].set(ylabel="N_opt")
    axes[1].set(ylabel="lowest loss (nats per byte)")
    axes[0].legend(frameon=False, fontsize="small")
    return figure


budget = Section(
    "forecasts", "Forecast of a held-out budget", _measure_budget, _write_budget, _draw_budget
)


def _measure_single_runs(study: Study) -> Numbers:
    rows = []
    for corpus in study.corpora("holdout"):
        if corpus not in study.grids:
            continue
        grid, held = study.grids[corpus], study.runs("holdout", corpus)
        forms = [fit(grid["N"], grid["D"], grid["loss"]) for fit in (fit_chinchilla, fit_joint)]
        for (N, D), runs in held.groupby(["N", "D"]):
            rows.append(
                {
                    "corpus": corpus,
                    "N": N,
                    "D": D,
                    "runs": len(runs),
                    "measured": runs["loss"].mean(),
                    "forecast": [form.predict(N, D) for form in forms],
                }
            )
    return {"rows": rows} if rows else {}


def _write_single_runs(numbers: Numbers) -> str:
    errors = [[said / r["measured"] - 1 for said in r["forecast"]] for r in numbers["rows"]]
    worst = np.abs(errors).max(axis=0)
    return paragraphs(
        """Single runs, larger than any of the grid, forecast by the two forms of the previous section
        fitted to the grid:""",
        table(
            "text | N | D (bytes) | runs | measured | γ = 1 (error) | γ fitted (error)",
            (
                [
                    *(r["corpus"], f"{r['N']:,}", f"{r['D']:,}", r["runs"], f"{r['measured']:.3f}"),
                    *(
                        f"{said:.3f} ({percent(off)})"
                        for said, off in zip(r["forecast"], error, strict=True)
                    ),
                ]
                for r, error in zip(numbers["rows"], errors, strict=True)
            ),
        ),
        f"""The largest error is {share(worst[0])} with γ = 1 and {share(worst[1])} with γ fitted: a
        pattern in the residuals inside the fit becomes a bias outside it.""",
    )


single_runs = Section(
    "holdout", "Forecasts of larger single runs", _measure_single_runs, _write_single_runs
)


# ------------------------------------------------------------------------------------ over-training

FITTED_UP_TO = 250  # bytes per parameter


def _measure_overtrain(study: Study) -> Numbers:
    numbers: Numbers = {}
    for corpus in study.corpora("overtrain"):
        if corpus not in study.grids:
            continue
        grid, runs = study.grids[corpus], study.runs("overtrain", corpus)
        near = grid[grid["D"] / grid["N"] <= FITTED_UP_TO]
        forms = [fit(near["N"], near["D"], near["loss"]) for fit in (fit_chinchilla, fit_joint)]
        rows = []
        for (N, D), same in runs.groupby(["N", "D"]):
            loss = same["loss"].mean()
            row = {"N": N, "D": D, "runs": len(same), "loss": loss, "C": same["C"].iloc[0]}
            row["forecast"] = [form.predict(N, D) for form in forms]
            fit = study.isoflop.get((corpus, "N"))
            if fit is not None and fit.minima["C"].min() <= row["C"] <= fit.minima["C"].max():
                row["L_opt"] = fit.law.L_opt(row["C"])
            rows.append(row)
        numbers[corpus] = {"fitted": len(near), "rows": rows}
    return numbers


def _write_overtrain(numbers: Numbers) -> str:
    rows, told = [], []
    for corpus, n in numbers.items():
        far = []
        for r in n["rows"]:
            errors = [said / r["loss"] - 1 for said in r["forecast"]]
            ratio = r["D"] / r["N"]
            if ratio > FITTED_UP_TO * 1.01:
                far.append(errors)
            rows.append(
                [
                    *(corpus, f"{r['N']:,}", f"{ratio:,.0f}", r["runs"], f"{r['loss']:.3f}"),
                    *(percent(error) for error in errors),
                    percent(r["loss"] / r["L_opt"] - 1) if "L_opt" in r else "-",
                ]
            )
        if far:
            worst = np.abs(far).max(axis=0)
            told.append(
                f"""On {corpus}, beyond {FITTED_UP_TO} bytes per parameter the sum (γ = 1) is off by at
                most {share(worst[0])} and the form with γ fitted by at most {share(worst[1])}."""
            )
    return paragraphs(
        f"""Small models are cheap to use, so they are often trained far beyond their compute optimum.
        Gadre et al. (2024, arXiv:2403.08540) found that the loss of such runs can be forecast from
        runs that are much less over-trained. Here the two joint forms are fitted to those runs of the
        grid with at most {FITTED_UP_TO} bytes per parameter, and then forecast for up to sixteen
        times as many. The last column is the price: how far the loss lies above that of the best size for the
        same compute, by the IsoFLOP fit; a dash means less compute than its smallest budget.""",
        table(
            "text | N | D/N | runs | loss | forecast, γ = 1 | forecast, γ fitted | above the optimum",
            rows,
        ),
        image(
            "overtrain",
            """Loss against bytes per parameter, logarithmic, for two small models. The measured losses
            keep falling to the right, ever more slowly. Beyond a dashed line at 250, where the fitted runs
            end, the two forecasts part: the sum (dashed) falls below the points, and the form with γ
            fitted (solid) stays near them.""",
        ),
        *told,
    )


def _draw_overtrain(study: Study, numbers: Numbers) -> Figure:
    figure, ax = plt.subplots(figsize=(6.4, 4.2), layout="constrained")
    new_axes(ax)
    corpus = next(iter(numbers))
    rows = numbers[corpus]["rows"]
    for k, N in enumerate(sorted({r["N"] for r in rows})):
        own = [r for r in rows if r["N"] == N]
        ratio = [r["D"] / N for r in own]
        ax.plot(
            *(ratio, [r["loss"] for r in own], MARKERS[k]), color=COLOURS[k], label=f"N = {N:,}"
        )
        for i, (style, name) in enumerate((("--", "γ = 1"), ("-", "γ fitted"))):
            said = [r["forecast"][i] for r in own]
            ax.plot(ratio, said, style, color=COLOURS[k], linewidth=1, label=f"forecast, {name}")
    ax.axvline(FITTED_UP_TO, color="black", linewidth=0.8, linestyle=(0, (4, 3)))
    log_axis(ax, "x")
    ax.set(xlabel="bytes per parameter D/N", ylabel="held-out loss (nats per byte)", title=corpus)
    ax.legend(frameon=False, fontsize="small")
    return figure


overtrain = Section(
    "overtrain",
    "Far beyond the compute optimum",
    _measure_overtrain,
    _write_overtrain,
    _draw_overtrain,
)


def forecast_in_words(numbers: Numbers) -> str:
    """How well the held-out loss was forecast, for the comparison with the published laws."""
    return listed(
        f"{share(abs(n['forecast']['L_opt'][0] / n['measured']['L_opt'][0] - 1))} on {corpus} at "
        f"{flops(n['C'])}"
        for corpus, n in numbers.items()
    )
