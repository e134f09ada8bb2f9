"""What is inside the recipe: learning rate, batch, schedule, warm-up, token shift."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from scipy.optimize import curve_fit

from ..fits import fit_power_law
from ..plots import COLOURS, MARKERS, log_axis, new_axes
from .page import (
    Numbers,
    Section,
    Study,
    Table,
    exponent,
    image,
    listed,
    paragraphs,
    percent,
    percents,
    plural,
    share,
    span,
    table,
)
from .statistics import log_linear, lowest


def _sweeps(study: Study, corpus: str) -> Table:
    """Validation loss by width, D and learning rate, averaged over seeds, from the plans lr and
    tuning.
    """
    tables = [study.runs(p, corpus) for p in ("lr", "tuning") if corpus in study.corpora(p)]
    runs: Table = pd.concat(tables)
    runs = runs.assign(D_round=lambda t: 2 ** np.log2(t["D"]).round().astype(int))
    keys = ["width", "D_round", "lr"]
    return runs.groupby(keys, as_index=False).agg(loss=("loss_val", "mean"), D=("D", "mean"))


def _measure_lr(study: Study) -> Numbers:
    numbers: Numbers = {}
    for corpus in study.corpora("lr") or study.corpora("tuning"):
        rows = []
        for (width, _), sweep in _sweeps(study, corpus).groupby(["width", "D_round"]):
            sweep = sweep.sort_values("lr")
            best, _ = lowest(sweep["lr"], sweep["loss"], points=3)
            rates, losses = sweep["lr"].tolist(), sweep["loss"].tolist()
            rows.append(
                {"width": width, "D": round(sweep["D"].mean()), "best": best}
                | {"rates": rates, "losses": losses}
            )
        found: Numbers = {"rows": rows}
        inside = [row for row in rows if np.isfinite(row["best"])]
        if len(inside) >= 5:
            best, width, D = ([row[key] for row in inside] for key in ("best", "width", "D"))
            found["law"] = log_linear(best, width=width, D=D)
        recipe = study.runs("grid", corpus) if corpus in study.corpora("grid") else None
        if recipe is not None:
            found["rule"] = (recipe["lr"] * recipe["width"]).median()
        numbers[corpus] = found
    return numbers


def _write_lr(numbers: Numbers) -> str:
    parts = []
    for corpus, n in numbers.items():
        rule = n.get("rule")
        rows, best_of_five = [], 0
        for row in n["rows"]:
            ends = [row["losses"][0], row["losses"][-1]]
            best, cost = min(row["losses"]), "-"
            if rule:
                own = int(np.argmin(np.abs(np.log(np.array(row["rates"]) * row["width"] / rule))))
                cost = percent(row["losses"][own] / best - 1)
                best_of_five += row["losses"][own] == best
            rows.append(
                [
                    *(row["width"], f"{row['D']:,.0f}"),
                    "at the edge" if row["best"] is None else f"{row['best']:.4f}",
                    f"{rule / row['width']:.4f}" if rule else "-",
                    "-"
                    if not rule or row["best"] is None
                    else f"{row['best'] * row['width'] / rule:.2f}",
                    *(cost, *(percent(end / best - 1) for end in ends)),
                ]
            )
        parts.append(
            table(
                "width | D (bytes) | best rate | the recipe's | ratio | "
                "loss at the recipe's rate | at the lowest tried | at the highest",
                rows,
            )
        )
        if "law" in n:
            width, D = n["law"]["width"], n["law"]["D"]
            parts.append(
                f"""Through these minima on {corpus}, the best rate goes as
                width^{exponent(width[0])} · D^{exponent(D[0])}, with 95 % intervals of {span(width[1:], ".2f")} and
                {span(D[1:], ".2f")}; the scatter about it is {share(n["law"]["typical_error"][0], 0)}.
                The recipe assumes width^-1 and no dependence on D; its own rate was the best of the
                five in {best_of_five} of {len(rows)} cells.
                {_judge_lr(width, D)}"""
            )
    return paragraphs(
        """At each width and each amount of data, five rates a factor of two apart were tried (four
        times lower to four times higher than the recipe's). The best rate is the minimum of a parabola
        in ln(rate) through the lowest loss and its two neighbours, by the validation loss. The last
        three columns give the loss above the lowest of the five.""",
        image(
            "lr",
            """One panel for each amount of data: loss against learning rate, logarithmic, one curve
            for each width. Every curve falls slowly to its lowest point and rises steeply beyond it,
            some with a spike. The wider the model, the further left its lowest point lies: the best rate
            of width 64 is several times smaller than that of width 8. A star marks each best rate.""",
        ),
        *parts,
    )


def _judge_lr(width: list[float], D: list[float]) -> str:
    agrees = width[1] <= -1 <= width[2]
    flat = D[1] <= 0 <= D[2]
    return f"""The exponent in width {"agrees" if agrees else "does not agree"} with -1; the dependence on
        D is {"not distinguishable from none" if flat else "real"}."""


def _draw_lr(study: Study, numbers: Numbers) -> Figure:
    rows = next(iter(numbers.values()))["rows"]
    by_D: dict[int, list] = {}
    for row in rows:
        by_D.setdefault(round(np.log2(row["D"])), []).append(row)
    widths = sorted({row["width"] for row in rows})
    figure, axes = plt.subplots(
        1, len(by_D), figsize=(3.6 * len(by_D), 3.8), layout="constrained", squeeze=False
    )
    for ax, (power, own) in zip(axes[0], sorted(by_D.items()), strict=True):
        new_axes(ax)
        for row in own:
            k = widths.index(row["width"])
            label = f"width {row['width']}"
            style = MARKERS[k % 7] + "-"
            ax.plot(row["rates"], row["losses"], style, color=COLOURS[k % 7], label=label)
            if row["best"]:
                on_line = np.interp(np.log(row["best"]), np.log(row["rates"]), row["losses"])
                ax.plot(row["best"], on_line, "*", color="black", markersize=9, zorder=4)
        log_axis(ax, "x")
        log_axis(ax, "y")
        ax.set(title=f"D = {2**power:,} bytes", xlabel="peak learning rate")
        ax.legend(frameon=False, fontsize="small")
    axes[0, 0].set_ylabel("validation loss (nats per byte)")
    return figure


lr = Section("lr", "Learning rate, width and data", _measure_lr, _write_lr, _draw_lr)


# ------------------------------------------------------------------------------------------- batch


def _measure_batch(study: Study) -> Numbers:
    numbers: Numbers = {}
    for corpus in study.corpora("batch"):
        runs, rows = study.runs("batch", corpus), []
        if corpus not in study.grids:
            continue
        grid = study.grids[corpus]
        runs = runs.assign(power=np.log2(runs["D"]).round().astype(int))
        for (width, power), own in runs.groupby(["width", "power"]):
            chosen = own.loc[own.groupby("batch")["loss_val"].idxmin()].sort_values("batch")
            if len(chosen) < 5:
                continue
            fresh = grid[grid["width"] == width].groupby("D")["loss_val"].mean()
            law = fit_power_law(fresh.index.to_numpy(float), fresh.to_numpy()).law
            B, loss = chosen["batch"].to_numpy(float), chosen["loss_val"].to_numpy()
            rows.append(
                {
                    "width": width,
                    "D": 2**power,
                    "batches": B,
                    "losses": loss,
                    "factors": chosen["lr"] * width,
                    "critical": _critical(B, loss, float(2**power), law),
                }
            )
        if rows:
            numbers[corpus] = {"rows": rows}
            fitted = [r for r in rows if r["width"] == rows[0]["width"]]
            if len(fitted) >= 3:
                numbers[corpus]["law"] = log_linear(
                    [r["critical"][0] for r in fitted], D=[r["D"] for r in fitted]
                )
    return numbers


def _critical(B: np.ndarray, loss: np.ndarray, D: float, law) -> list[float]:
    """[B_crit, low, high, typical error] of loss(B) = level · L(D / (1 + B/B_crit)).

    A batch of B_crit wastes half of the data (McCandlish et al. 2018, arXiv:1812.06162, eq. 2.11).
    """

    def log_loss(B, log_level, log_critical):
        return log_level + np.log(law(D / (1 + B / np.exp(log_critical))))

    start = [0.0, np.log(1000.0)]
    found, covariance = curve_fit(log_loss, B, np.log(loss), start)
    error = 2.571 * np.sqrt(covariance[1, 1])  # Student's t, 7 - 2 degrees of freedom
    misfit = np.sqrt(np.sum((np.log(loss) - log_loss(B, *found)) ** 2) / (len(B) - 2))
    return [*np.exp(found[1] + np.array([0, -error, error])), misfit]


def _write_batch(numbers: Numbers) -> str:
    parts = []
    for corpus, n in numbers.items():
        parts.append(
            table(
                "text | width | D (bytes) | best batch tried | B_crit (95 % interval) | misfit | "
                + "loss at batch 8,192",
                (
                    [
                        *(corpus, r["width"], f"{r['D']:,}"),
                        f"{r['batches'][int(np.argmin(r['losses']))]:,.0f}",
                        f"{r['critical'][0]:,.0f} ({span(r['critical'][1:3], ',.0f')})",
                        share(r["critical"][3]),
                        percent(r["losses"][-1] / min(r["losses"]) - 1),
                    ]
                    for r in n["rows"]
                ),
            )
        )
        if "law" in n:
            D = n["law"]["D"]
            amounts = sum(r["width"] == n["rows"][0]["width"] for r in n["rows"])
            wide = D[2] - D[1] > 2
            parts.append(
                f"""On {corpus} the critical batch goes as D^{exponent(D[0])}, with a 95 % interval of
                {span(D[1:], ".2f")}{f": {amounts} amounts of data are too few to say." if wide else "."}"""
            )
    return paragraphs(
        """At fixed D a larger batch means fewer steps. For each batch three learning rates were tried,
        around the recipe's rate scaled by the root of the batch, and the best by the validation loss
        was kept. The critical batch B_crit is fitted as the one at which a run learns as much as from
        half its data with tiny batches: loss(B) = level · L(D/(1 + B/B_crit)), with L(D) from the
        grid. B is in bytes.""",
        *parts,
        image(
            "batch",
            f"""Validation loss against batch size, logarithmic, one curve for each of
            {sum(len(n["rows"]) for n in numbers.values())} pairs of width and bytes. The loss rises
            slowly at small batches and steeply beyond the critical batch, which a dotted line marks.""",
        ),
    )


def _draw_batch(study: Study, numbers: Numbers) -> Figure:
    figure, ax = plt.subplots(figsize=(6.4, 4.2), layout="constrained")
    new_axes(ax)
    for k, r in enumerate(next(iter(numbers.values()))["rows"]):
        label = f"width {r['width']}, D = {r['D']:,}"
        ax.plot(r["batches"], r["losses"], MARKERS[k] + "-", color=COLOURS[k], label=label)
        ax.axvline(r["critical"][0], color=COLOURS[k], linewidth=0.8, linestyle=":")
    log_axis(ax, "x")
    ax.set(xlabel="batch (bytes); dotted: B_crit", ylabel="validation loss (nats per byte)")
    ax.legend(frameon=False, fontsize="small")
    return figure


batch = Section("batch", "Batch size", _measure_batch, _write_batch, _draw_batch)


# ---------------------------------------------------------------------------------------- schedule


def _measure_schedule(study: Study) -> Numbers:
    numbers: Numbers = {}
    for corpus in study.corpora("wsd"):
        runs = study.runs("wsd", corpus)
        runs = runs.assign(power=np.log2(runs["D"]).round().astype(int))
        by = runs.groupby(["width", "power", "schedule"])["loss"].mean().unstack()
        cooled, lengths = [], {}
        for (width, power), row in by.iterrows():
            cooled.append([width, 2**power, row["wsd 0.2"] / row["cosine"] - 1])
            if row.notna().sum() > 2:
                lengths[str(width)] = {
                    name.removeprefix("wsd "): value / row["cosine"] - 1
                    for name, value in row.dropna().items()
                    if name != "cosine"
                }
        D = sorted({entry[1] for entry in cooled})
        saved = 1 - (D[-1] + 0.2 * sum(D[:-1])) / sum(D)
        noise = runs.groupby(["width", "power", "schedule"])["loss"].agg(["std", "mean"])
        numbers[corpus] = {
            "cooled": cooled,
            "lengths": lengths,
            "saved": saved,
            "seeds": int(runs["seed"].nunique()),
            "noise": float((noise["std"] / noise["mean"]).mean()),
        }
    mismatched: Numbers = {}
    for corpus in study.corpora("schedule"):
        by = study.runs("schedule", corpus).groupby(["width", "schedule"])["loss"].mean().unstack()
        names = sorted(
            (name for name in by if name.startswith("cosine")),
            key=lambda name: float(name.removeprefix("cosine").removeprefix(" x") or 1),
        )
        mismatched[corpus] = {
            str(width): {name: row[name] / row["cosine"] - 1 for name in [*names, "constant"]}
            for width, row in by.iterrows()
        }
    if not numbers and not mismatched:
        return {}
    return {"wsd": numbers, "mismatched": mismatched}


def _lengths(best: dict[str, str]) -> str:
    """The best cool-down for each width: one length if it is the same for all."""
    if len(set(best.values())) == 1:
        return f"{100 * float(next(iter(best.values()))):.0f} % for {'each' if len(best) > 1 else 'this'} width"
    return listed(
        f"{100 * float(length):.0f} % for width {width}" for width, length in best.items()
    )


def _write_schedule(numbers: Numbers) -> str:
    parts = []
    for corpus, n in numbers["wsd"].items():
        differences = [entry[2] for entry in n["cooled"]]
        best = {w: min(v, key=lambda k: v[k]) for w, v in n["lengths"].items()}
        parts += [
            f"""**Constant, then cool-down.** The rate stays constant and falls as 1 - √(share of the
            cool-down) over the last fifth of the steps (Hägele et al. 2024, arXiv:2405.18392). Batch
            and warm-up are the same for every D, so all runs of a width are branches of one trunk:
            training the trunk once and cooling down at five points costs {share(n["saved"], 0)} less than
            five cosine runs. On {corpus}, the loss of the cooled runs differs from
            that of the cosine by {percents(differences)}, on average {percent(float(np.mean(differences)))} ({plural(n["seeds"], "seed")}; both with the
            same batch and warm-up):""",
            table(
                "text | width | D (bytes) | cool-down of 20 % against the cosine",
                ([corpus, w, f"{D:,}", percent(v)] for w, D, v in n["cooled"]),
            ),
        ]
        if n["lengths"]:
            names = sorted(next(iter(n["lengths"].values())), key=float)
            parts += [
                f"""How long should the cool-down be? At 1,048,576 bytes the best of the lengths tried is
                {_lengths(best)}. Loss against that of the cosine:""",
                table(
                    "width | " + " | ".join(f"{100 * float(name):.0f} %" for name in names),
                    ([w, *(percent(v[name]) for name in names)] for w, v in n["lengths"].items()),
                ),
            ]
        parts.append(
            image(
                "schedule",
                """Left: loss against training bytes for two widths, both axes logarithmic; the curves of
                cosine and of cool-down almost coincide, with the cool-down a little lower on few bytes.
                Right: loss above that of the cosine against the length of the cool-down: above it for
                short cool-downs, slightly below it from a fifth of the run on.""",
            )
        )
    for corpus, rows in numbers["mismatched"].items():
        names = list(next(iter(rows.values())))
        worst = max(row["cosine x2"] for row in rows.values() if "cosine x2" in row)
        parts += [
            f"""**A cosine of the wrong length.** On {corpus} at 1,048,576 bytes, a cosine that would reach
            zero only after twice the run costs up to {share(worst)}. Hoffmann et al. (2022, figure A1)
            warn of the same. Loss against the cosine that ends with the run, mean of three seeds:""",
            table(
                "width | " + " | ".join(names),
                ([w, *(percent(row[name]) for name in names)] for w, row in rows.items()),
            ),
        ]
    return paragraphs(*parts)


def _draw_schedule(study: Study, numbers: Numbers) -> Figure | None:
    if not numbers["wsd"]:
        return None
    corpus, n = next(iter(numbers["wsd"].items()))
    runs = study.runs("wsd", corpus)
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
    new_axes(left)
    new_axes(right)
    for k, (width, own) in enumerate(runs.groupby("width")):
        for schedule, style in (("cosine", "--"), ("wsd 0.2", "-")):
            line = own[own["schedule"] == schedule].groupby("D")["loss"].mean()
            left.plot(
                *(line.index, line, MARKERS[k] + style),
                color=COLOURS[k],
                markerfacecolor="white" if schedule == "cosine" else COLOURS[k],
                label=f"width {width}, {'cosine' if schedule == 'cosine' else 'cool-down of 20 %'}",
            )
        lengths = n["lengths"].get(str(width), {})
        x = sorted(float(s) for s in lengths)
        y = [100 * lengths[f"{s:g}"] for s in x]
        right.plot(100 * np.array(x), y, MARKERS[k] + "-", color=COLOURS[k], label=f"width {width}")
    log_axis(left, "x", unit_labels=True)
    log_axis(left, "y")
    left.set(xlabel="training tokens D (bytes)", ylabel="held-out loss (nats per byte)")
    right.axhline(0, color="black", linewidth=0.8)
    right.set(xlabel="cool-down (% of the steps)", ylabel="loss above the cosine (%)")
    for ax in (left, right):
        ax.legend(frameon=False, fontsize="small")
    return figure


schedule = Section("schedule", "Schedules", _measure_schedule, _write_schedule, _draw_schedule)


# ------------------------------------------------------------------------- warm-up and token shift


def _measure_warmup(study: Study) -> Numbers:
    rows = []
    for corpus in study.corpora("warmup"):
        runs = study.runs("warmup", corpus)
        by = runs.groupby(["width", "D", "warmup"])["loss"].mean().unstack()
        for (width, D), row in by.iterrows():
            shares = {f"{share:g}": row[share] / row[0.05] - 1 for share in by}
            rows.append({"corpus": corpus, "width": width, "D": D, "above": shares})
    return {"rows": rows} if rows else {}


def _write_warmup(numbers: Numbers) -> str:
    rows = numbers["rows"]
    names = sorted(rows[0]["above"], key=float)
    smallest = [row for row in rows if row["D"] == min(r["D"] for r in rows)]
    gains = [min(row["above"].values()) for row in smallest]
    return paragraphs(
        """The loss against that of a warm-up of 5 % of the steps, mean of three seeds:""",
        table(
            "text | width | D (bytes) | " + " | ".join(f"{100 * float(s):g} %" for s in names),
            (
                [row["corpus"], row["width"], f"{row['D']:,}"]
                + [percent(row["above"][name]) for name in names]
                for row in rows
            ),
        ),
        f"""The shortest runs would have gained {share(-max(gains))} to {share(-min(gains))} from a
        longer warm-up. So the recipe is not equally good at all sizes: the smallest IsoFLOP budgets
        are a little too high.""",
    )


warmup = Section("warmup", "Warm-up", _measure_warmup, _write_warmup)


def _measure_shift(study: Study) -> Numbers:
    rows = []
    for corpus in study.corpora("no_shift"):
        plain, grid = study.runs("no_shift", corpus), study.grids.get(corpus)
        if grid is None:
            continue
        for (width, D), own in plain.groupby(["width", "D"]):
            ours = grid[(grid["width"] == width) & (grid["D"] == D)]["loss"]
            if len(own) > 1 and len(ours) > 1:
                rows.append(
                    {
                        "corpus": corpus,
                        "width": width,
                        "D": D,
                        "ratio": own["loss"].mean() / ours.mean(),
                        "spread": [
                            own["loss"].std() / own["loss"].mean(),
                            ours.std() / ours.mean(),
                        ],
                    }
                )
    return {"rows": rows} if rows else {}


def _write_shift(numbers: Numbers) -> str:
    rows = numbers["rows"]
    ratios = [row["ratio"] for row in rows]
    highest = max(rows, key=lambda row: row["ratio"])
    longest = [row["ratio"] for row in rows if row["D"] == max(r["D"] for r in rows)]
    without, with_shift = (np.array([row["spread"][i] for row in rows]) for i in (0, 1))
    return paragraphs(
        f"""The same runs without the token shift, {plural(len(rows), "setting")} with several seeds:
        the ratio of the losses, and the spread between seeds.""",
        table(
            "text | width | D (bytes) | loss without / with | spread without | with",
            (
                [r["corpus"], r["width"], f"{r['D']:,}", f"{r['ratio']:.2f}"]
                + [share(s) for s in r["spread"]]
                for r in rows
            ),
        ),
        f"""Without the shift the loss is {share(min(ratios) - 1)} to {share(max(ratios) - 1)}
        higher. The gap is widest at {highest["D"]:,} bytes and width {highest["width"]}, and closes
        with more text: to between {share(min(longest) - 1)} and {share(max(longest) - 1)} in the
        longest runs. Seeds differ more without the shift in {int(np.sum(without > with_shift))} of
        {len(rows)} settings (median spread {share(float(np.median(without)))} against
        {share(float(np.median(with_shift)))}).""",
        image(
            "shift",
            """Loss without the token shift over the loss with it, against training bytes, one line
            per width. Each has a peak between 65 thousand and a million bytes, earlier for wider
            models, and falls towards 1 as the text grows.""",
        ),
    )


def _draw_shift(study: Study, numbers: Numbers) -> Figure:
    figure, ax = plt.subplots(figsize=(6, 4), layout="constrained")
    new_axes(ax)
    rows = pd.DataFrame(numbers["rows"])
    for k, (_, own) in enumerate(rows.groupby(["corpus", "width"])):
        label = f"{own['corpus'].iloc[0]}, width {own['width'].iloc[0]}"
        ax.plot(own["D"], own["ratio"], MARKERS[k] + "-", color=COLOURS[k], label=label)
    log_axis(ax, "x", unit_labels=True)
    ax.axhline(1, color="black", linewidth=0.8)
    ax.set(xlabel="training tokens D (bytes)", ylabel="loss without the shift / with it")
    ax.legend(frameon=False, fontsize="small")
    return figure


shift = Section("shift", "Token shift", _measure_shift, _write_shift, _draw_shift)
