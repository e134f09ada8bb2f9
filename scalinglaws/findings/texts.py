"""The data: one text against another, mixtures of both, repeats, and the effect of regularisation."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from scipy.optimize import curve_fit

from ..fits import fit_power_law
from ..laws import effective_amount
from ..plots import COLOURS, MARKERS, log_axis, new_axes
from .page import (
    Numbers,
    Section,
    Study,
    Table,
    flops,
    image,
    listed,
    paragraphs,
    percent,
    percents,
    share,
    span,
    table,
)


def _measure_corpora(study: Study) -> Numbers:
    fits = {corpus: fit for (corpus, count), fit in study.isoflop.items() if count == "N"}
    if len(fits) != 2:
        return {}
    laws = {c: fit_power_law(fit.minima["C"], fit.minima["L_opt"]) for c, fit in fits.items()}
    errors, lines = [], {}
    for used, law in laws.items():
        for target, fit in fits.items():
            C, L = fit.minima["C"], fit.minima["L_opt"]
            loss = law.predict(C) / L - 1
            N = fits[used].law.N_opt(C) / fit.minima["N_opt"] - 1
            errors.append(
                {"law": used, "target": target, "mean": loss.mean()}
                | {"loss": [loss.min(), loss.max()], "N_opt": [N.min(), N.max()]}
            )
    for corpus, fit in fits.items():
        runs, other = study.runs("isoflop", corpus), []
        for C, N_opt in fit.minima[["C", "N_opt"]].itertuples(index=False):
            near = runs[np.abs(np.log(runs["C"] / C)) < 0.05]
            near = near[near["N"] == near.loc[(np.log(near["N"] / N_opt)).abs().idxmin(), "N"]]
            other.append(near["loss_other"].mean())
        lines[corpus] = {"C": fit.minima["C"], "own": fit.minima["L_opt"], "other": other}
    a = {corpus: [fit.law.a, *fit.interval("a")] for corpus, fit in fits.items()}
    return {"errors": errors, "lines": lines, "a": a}


def _write_corpora(numbers: Numbers) -> str:
    a = numbers["a"]
    told = listed(f"{c}: {v[0]:.3f} ({span(v[1:])})" for c, v in a.items())
    (_, low, high), (_, other_low, other_high) = a.values()
    apart = low > other_high or other_low > high
    ends = "; ".join(
        f"the one trained on {corpus} with {flops(line['C'][-1])} FLOPs has {line['own'][-1]:.2f} nats "
        f"per byte there and {line['other'][-1]:.2f} on the other text"
        for corpus, line in numbers["lines"].items()
    )
    return paragraphs(
        """L(C) and N_opt(C) are fitted to the minima of one text, and then used for the budgets of the
        other, and for their own:""",
        table(
            "law of | used for | mean error of the loss | range | error of N_opt",
            (
                [
                    *(r["law"], r["target"], percent(r["mean"])),
                    " to ".join(percent(v) for v in r["loss"]),
                    " to ".join(percent(v, 0) for v in r["N_opt"]),
                ]
                for r in numbers["errors"]
            ),
        ),
        f"""The level of the loss does not carry over. The exponent of N_opt is closer ({told}, with
        95 % intervals), and {"still different" if apart else "may be the same"}. A law
        belongs to its text.""",
        image(
            "corpora",
            """Loss against training compute for the best model of each budget: two solid lines for
            models measured on the text that they were trained on, and two dotted lines, far above, for
            the same models measured on the other text.""",
        ),
        f"The best model of the largest budget, measured on both texts: {ends}.",
    )


def _draw_corpora(study: Study, numbers: Numbers) -> Figure:
    figure, ax = plt.subplots(figsize=(6.4, 4.2), layout="constrained")
    new_axes(ax)
    for k, (corpus, line) in enumerate(numbers["lines"].items()):
        label = f"trained and measured on {corpus}"
        ax.plot(line["C"], line["own"], MARKERS[k] + "-", color=COLOURS[k], label=label)
        ax.plot(
            *(line["C"], line["other"], MARKERS[k] + ":"),
            color=COLOURS[k],
            markerfacecolor="white",
            label=f"trained on {corpus}, measured on the other",
        )
    log_axis(ax, "x")
    ax.set(xlabel="training compute C (FLOPs)", ylabel="loss (nats per byte)")
    ax.legend(frameon=False, fontsize="small")
    return figure


corpora = Section("corpora", "Prose against code", _measure_corpora, _write_corpora, _draw_corpora)


# -------------------------------------------------------------------------------------- a mixture


def _mixing_law(r: np.ndarray, c: float, log_k: float, t: float) -> np.ndarray:
    """L(r) = c + k exp(-t r): Ye et al. (2024, arXiv:2403.16952, equation 7), for two texts."""
    return c + np.exp(log_k - t * r)


def _measure_mix(study: Study) -> Numbers:
    numbers: Numbers = {}
    for corpus in study.corpora("mix"):
        by = study.runs("mix", corpus).groupby(["width", "mix"])[["loss", "loss_other"]].mean()
        texts: Numbers = {"own": [], "other": []}
        for text, column in (("own", "loss"), ("other", "loss_other")):
            for width, line in by.groupby(level="width"):
                line = line.droplevel("width")[column]
                r = 1 - line.index.to_numpy() if text == "own" else line.index.to_numpy()
                L = line.to_numpy()
                row = {"width": width, "shares": r, "losses": L}
                seen = r > 0  # the law does not hold if there is none of the text
                if seen.sum() >= 4:
                    start = [L[seen].min(), np.log(np.ptp(L[seen])), 5.0]
                    try:
                        law, _ = curve_fit(_mixing_law, r[seen], L[seen], start, maxfev=20_000)
                    except RuntimeError:
                        law = None
                    if law is not None:
                        row["law"] = [law[0], np.exp(law[1]), law[2]]
                        row["misfit"] = np.abs(_mixing_law(r[seen], *law) / L[seen] - 1).max()
                        row["absent"] = (L[~seen] / _mixing_law(r[~seen], *law) - 1).tolist()
                texts[text].append(row)
            *_, before, last = texts[text] if len(texts[text]) > 1 else (None, None)
            if before and last and list(before["shares"]) == list(last["shares"]):
                pure = int(np.argmax(last["shares"]))
                said = before["losses"] * last["losses"][pure] / before["losses"][pure]
                texts[f"forecast_{text}"] = (said / last["losses"] - 1)[last["shares"] > 0]
        numbers[corpus] = texts
    return numbers


def _write_mix(numbers: Numbers) -> str:
    parts = []
    for corpus, texts in numbers.items():
        rows = [
            [corpus if text == "own" else "the other text", row["width"]]
            + [f"{loss:.3f}" for _, loss in sorted(zip(row["shares"], row["losses"], strict=True))]
            for text in ("own", "other")
            for row in texts[text]
        ]
        shares = sorted(texts["own"][0]["shares"])
        small = [row["losses"][1] / row["losses"][0] - 1 for row in texts["own"]]
        gain = [row["losses"][1] / row["losses"][0] - 1 for row in texts["other"]]
        parts += [
            table(
                "loss on | width | " + " | ".join(f"share {s:g}" for s in shares),
                rows,
            ),
            f"""Giving a tenth of the bytes to the other text changes the loss on {corpus} by
            {percents(small)} and the loss on the other text by {percents(gain, 0)}: the first tenth is
            by far the most valuable.""",
        ]
        misfits = [r["misfit"] for t in ("own", "other") for r in texts[t] if "misfit" in r]
        absent = [a for t in ("own", "other") for r in texts[t] for a in r.get("absent", [])]
        if misfits and absent:
            parts.append(
                f"""Ye et al. (2024, arXiv:2403.16952) describe the loss as c + k·exp(-t·share). Through
                the four mixtures that hold some of a text this form, with three constants, passes within
                {share(max(misfits))}. With none of the text, the loss differs by {percents(absent, 0)}
                from what it says."""
            )
        errors = [e for t in ("own", "other") for e in texts.get(f"forecast_{t}", [])]
        if errors:
            parts.append(
                f"""Does the price of mixing carry over to a larger model? If every mixture costs the
                largest width the same factor over the pure text as it cost the width before, the
                forecasts are off by at most {share(max(map(abs, errors)))}."""
            )
    return paragraphs(
        """Each run reads 524,160 bytes, of which a share comes from the other text. All are measured
        on both texts. The tables give the loss by the share of the text that is measured.""",
        *parts,
        image(
            "mix",
            """Loss on each text against its share of the training bytes, one line for each width. Both
            fall most over the first tenth, and ever more slowly after it.""",
        ),
    )


def _draw_mix(study: Study, numbers: Numbers) -> Figure:
    corpus, texts = next(iter(numbers.items()))
    figure, axes = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
    titles = (f"loss on {corpus}", "loss on the other text")
    for ax, text, title in zip(axes, ("own", "other"), titles, strict=True):
        new_axes(ax)
        for k, row in enumerate(texts[text]):
            label = f"width {row['width']}"
            ax.plot(row["shares"], row["losses"], MARKERS[k], color=COLOURS[k], label=label)
            if "law" in row:
                c, factor, t = row["law"]
                r = np.linspace(0.05, 1, 60)
                ax.plot(r, _mixing_law(r, c, np.log(factor), t), color=COLOURS[k], linewidth=1)
        ax.set(title=title, xlabel="its share of the training bytes", ylabel="nats per byte")
        ax.legend(frameon=False, fontsize="small")
    return figure


mix = Section("mix", "Mixing two texts", _measure_mix, _write_mix, _draw_mix)


# ---------------------------------------------------------------------------------------- repeats


def _repeats(study: Study) -> Table:
    return (
        study.runs("repeats", "prose")
        .assign(
            epochs=lambda t: t["epochs"].round()
        )  # rounding to whole steps makes 4 epochs 3.998
        .groupby(["D_unique", "width", "epochs"], as_index=False)[["D", "loss", "loss_train"]]
        .mean()
    )


def _measure_repeats(study: Study) -> Numbers:
    if "prose" not in study.corpora("repeats"):
        return {}
    runs = _repeats(study)
    series = []
    for (U, width), line in runs.groupby(["D_unique", "width"]):
        series.append(
            {"U": U, "width": width}
            | {key: line[key].tolist() for key in ("epochs", "loss", "loss_train")}
        )
    return {"series": series, "values": _value_of_repeats(study, runs)}


def _value_of_repeats(study: Study, runs: Table) -> list[dict]:
    """(equivalent fresh bytes - U)/(D - U) for each repeated run whose loss is within the grid's
    range.
    """
    if "prose" not in study.grids:
        return []
    fresh, rows = study.grids["prose"].groupby(["width", "D"])["loss"].mean(), []
    for U, epochs, width, D, loss in runs[["D_unique", "epochs", "width", "D", "loss"]].itertuples(
        index=False
    ):
        if epochs == 1 or width not in fresh.index.get_level_values("width"):
            continue
        curve = fresh.loc[width]
        log_D, log_L = np.log(curve.index.to_numpy(float)), np.log(curve.to_numpy())
        if log_L.min() <= np.log(loss) <= log_L.max():
            equivalent = np.exp(np.interp(-np.log(loss), -log_L, log_D))
            value = (equivalent - U) / (D - U)
            rows.append({"U": U, "epochs": epochs, "width": width, "value": value})
    return rows


def _write_repeats(numbers: Numbers) -> str:
    turned = []
    for s in numbers["series"]:
        i = int(np.argmin(s["loss"]))
        if s["loss"][-1] > 1.02 * s["loss"][i]:
            turned.append(
                [
                    *(f"{s['U']:,}", s["width"], f"{s['epochs'][i]:g}", f"{s['loss'][i]:.3f}"),
                    *(f"{s['epochs'][-1]:g}", f"{s['loss'][-1]:.3f}"),
                ]
            )
    parts = [
        image(
            "repeats",
            """One panel for each number of unique bytes: loss against epochs, one colour for each
            width. The training losses (dotted) fall throughout. The held-out losses (solid) of wide
            models on few bytes fall, turn after a few epochs, and climb; those of narrow models on more
            bytes fall to the end.""",
        ),
        """Each point is a full run with its own learning-rate schedule. Solid lines show held-out
        losses and dotted lines training losses.""",
    ]
    if turned:
        parts += [
            f"""In {len(turned)} of the {len(numbers["series"])} series the held-out loss ends more
            than 2 % above its lowest value while the training loss keeps falling: the model
            memorises.""",
            table(
                "unique bytes | width | lowest at epochs | loss there | last epochs | loss there",
                turned,
            ),
        ]
    if numbers["values"]:
        values: Table = pd.DataFrame(numbers["values"])
        wide = values.pivot_table(index=["U", "epochs"], columns="width", values="value")
        rows = []
        for (U, epochs), row in wide.iterrows():
            theirs = (effective_amount(U * epochs, U, 15.4) - U) / (U * (epochs - 1))
            cells = ("-" if np.isnan(v) else f"{v:.2f}" for v in row)
            rows.append([f"{U:,}", f"{epochs:g}", *cells, f"{theirs:.2f}"])
        parts += [
            """What is a repeated byte worth? The grid says how many *fresh* bytes give the same model
            the same loss. The ratio below is (fresh bytes - U)/(repeated bytes), which is 1 if repeats
            are as good as new and 0 if they are worthless. Muennighoff et al. (2023, equation 5 and
            appendix A), with R* = 15.4, stands beside it; their models are a thousand times larger.""",
            table(
                "unique bytes | epochs | "
                + " | ".join(f"width {w}" for w in wide)
                + " | Muennighoff",
                rows,
            ),
        ]
    return paragraphs(*parts)


def _draw_repeats(study: Study, numbers: Numbers) -> Figure:
    uniques = sorted({s["U"] for s in numbers["series"]})
    figure, axes = plt.subplots(
        1, len(uniques), figsize=(4.2 * len(uniques), 4), layout="constrained", squeeze=False
    )
    for ax, U in zip(axes[0], uniques, strict=True):
        new_axes(ax)
        for k, s in enumerate(s for s in numbers["series"] if s["U"] == U):
            label, style = f"width {s['width']}", MARKERS[k] + "-"
            ax.plot(s["epochs"], s["loss"], style, color=COLOURS[k], label=label)
            ax.plot(s["epochs"], s["loss_train"], ":", color=COLOURS[k], linewidth=1)
        ax.set_xscale("log", base=2)
        ax.xaxis.set_major_formatter(lambda x, _: f"{x:g}")
        ax.set(title=f"{U:,} unique bytes", xlabel="epochs")
    axes[0, 0].set_ylabel("loss (nats per byte)")
    axes[0, 0].legend(frameon=False)
    return figure


repeats = Section("repeats", "Repeated data", _measure_repeats, _write_repeats, _draw_repeats)


# ----------------------------------------------------------------- weight decay and ensembles


def _measure_decay(study: Study) -> Numbers:
    numbers: Numbers = {}
    for corpus in study.corpora("decay"):
        runs = study.runs("decay", corpus)
        runs = runs.assign(epochs=runs["epochs"].round().astype(int))
        single = runs[(runs["members"] == 1) & (runs["seed"] == 0)]
        numbers[corpus] = {
            "U": int(runs["D_unique"].max()),
            "width": int(runs["width"].max()),
            "decays": [
                {"epochs": epochs, "decay": line["decay"], "loss": line["loss"]}
                | {"loss_train": line["loss_train"]}
                for epochs, line in single.sort_values("decay").groupby("epochs")
            ],
            "ensembles": [
                {"decay": decay, "members": members, "loss": own["loss"].mean(), "runs": len(own)}
                for (decay, members), own in runs[runs["epochs"] == 8].groupby(["decay", "members"])
                if decay in runs[runs["members"] > 1]["decay"].to_numpy()
            ],
        }
    return numbers


def _write_decay(numbers: Numbers) -> str:
    parts = []
    for corpus, n in numbers.items():
        decays = sorted({value for d in n["decays"] for value in d["decay"]})
        parts += [
            f"""Kim et al. (2025, arXiv:2509.14786) found that when data are scarce and compute is not,
            a weight decay 30 times the usual one is best, and that averaging the probabilities of
            several models lowers the loss further than a larger model can. Here a model of width
            {n["width"]} reads the same {n["U"]:,} bytes of {corpus} for several epochs:""",
            table(
                "epochs | " + " | ".join(f"decay {value:g}" for value in decays),
                (
                    [d["epochs"]]
                    + [
                        f"{dict(zip(d['decay'], d['loss'], strict=True))[value]:.3f}"
                        if value in d["decay"]
                        else "-"
                        for value in decays
                    ]
                    for d in n["decays"]
                ),
            ),
        ]
        best = [int(np.argmin(d["loss"])) for d in n["decays"]]
        gains = [1 - d["loss"][i] / d["loss"][0] for d, i in zip(n["decays"], best, strict=True)]
        parts.append(
            f"""The best decay tried is {
                listed(
                    f"{d['decay'][i]:g} after {d['epochs']} epochs"
                    + " (the largest tried: the best may be larger)" * (i == len(d["decay"]) - 1)
                    for d, i in zip(n["decays"], best, strict=True)
                )
            }, where the recipe's is {decays[0]:g}; it lowers the loss by {
                listed(share(gain) for gain in gains)
            }."""
        )
        if n["ensembles"]:
            by: dict[float, dict[int, float]] = {}
            for e in n["ensembles"]:
                by.setdefault(e["decay"], {})[e["members"]] = e["loss"]
            members = sorted({e["members"] for e in n["ensembles"]})
            parts += [
                "Averages of the probabilities of several models that differ in their seeds, after 8 epochs:",
                table(
                    "decay | "
                    + " | ".join("1 model" if k == 1 else f"{k} models" for k in members),
                    (
                        [f"{decay:g}", *(f"{row[k]:.3f}" if k in row else "-" for k in members)]
                        for decay, row in by.items()
                    ),
                ),
            ]
            gains = {
                decay: 1 - row[max(row)] / row[1]
                for decay, row in by.items()
                if max(row) > 1 and 1 in row
            }
            if gains:
                parts.append(
                    f"""{max(members)} models lower the loss by {listed(f"{share(g)} (decay {decay:g})" for decay, g in gains.items())}. At fixed data that is real, and it takes {max(members)} times the compute.""",
                )
        else:
            parts.append("Averages of 2 and 4 models are planned, and not trained yet.")
        parts.append(
            image(
                "decay",
                f"""Held-out loss against weight decay, logarithmic, one line for each number of epochs, with
                its lowest point at {
                    listed(
                        f"{d['decay'][i]:g} for {d['epochs']} epochs"
                        for d, i in zip(n["decays"], best, strict=True)
                    )
                }."""
                + " Beside it: loss against the number of models averaged." * bool(n["ensembles"]),
            )
        )
    return paragraphs(*parts)


def _draw_decay(study: Study, numbers: Numbers) -> Figure:
    n = next(iter(numbers.values()))
    panels = 2 if n["ensembles"] else 1
    figure, axes = plt.subplots(
        1, panels, figsize=(5 * panels, 4), layout="constrained", squeeze=False
    )
    left, right = axes[0, 0], axes[0, -1]
    new_axes(left)
    new_axes(right)
    for k, d in enumerate(n["decays"]):
        label, style = f"{d['epochs']} epochs", MARKERS[k] + "-"
        left.plot(d["decay"], d["loss"], style, color=COLOURS[k], label=label)
    by: dict[float, list] = {}
    for e in n["ensembles"]:
        by.setdefault(e["decay"], []).append((e["members"], e["loss"]))
    for k, (decay, points) in enumerate(by.items()):
        right.plot(
            *zip(*points, strict=True), MARKERS[k] + "-", color=COLOURS[k], label=f"decay {decay:g}"
        )
        right.set(xlabel="models averaged", ylabel="held-out loss (nats per byte)")
        right.set_xticks(sorted({members for members, _ in points}))
    log_axis(left, "x")
    left.set(xlabel="weight decay", ylabel="held-out loss (nats per byte)")
    for ax in axes[0]:
        ax.legend(frameon=False, fontsize="small")
    return figure


decay = Section("decay", "Weight decay and ensembles", _measure_decay, _write_decay, _draw_decay)
