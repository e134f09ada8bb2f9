"""Distillation and rounding: a trained model teaches a smaller one, or has its weights rounded."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from ..plots import COLOURS, MARKERS, log_axis, new_axes
from ..training.config import ROUNDED_BITS
from ..training.noise import pooled, seed_noise
from .page import Numbers, Section, Study, Table, image, paragraphs, percent, share, span, table
from .statistics import log_linear


def _measure_distil(study: Study) -> Numbers:
    numbers: Numbers = {}
    for corpus in study.corpora("distil"):
        if corpus not in study.grids:
            continue
        grid = study.grids[corpus]
        alone = grid.assign(power=np.log2(grid["D"]).round()).groupby(["width", "power"])
        means: Table = alone["loss"].mean()
        noise = {
            power: pooled(seed_noise(runs))[1]
            for power, runs in grid.groupby(np.log2(grid["D"]).round())
        }
        rows = []
        for run in study.runs("distil", corpus).to_dict("records"):
            power = round(np.log2(run["D"]))
            rows.append(
                {
                    **{key: run[key] for key in ("width", "D", "loss")},
                    "teacher": int(run["teacher"]),
                    "change": run["loss"] / means[run["width"], power] - 1,
                    "noise": noise[power],
                }
            )
        numbers[corpus] = rows
    return numbers


def _write_distil(numbers: Numbers) -> str:
    parts = []
    for corpus, rows in numbers.items():
        helped = [r for r in rows if r["change"] < -2 * r["noise"]]
        hurt = [r for r in rows if r["change"] > 2 * r["noise"]]
        parts += [
            table(
                "text | student's width | teacher's width | D (bytes) | loss | "
                "against no teacher | noise between seeds",
                (
                    [
                        *(corpus, r["width"], r["teacher"], f"{r['D']:,}", f"{r['loss']:.3f}"),
                        *(percent(r["change"]), share(r["noise"])),
                    ]
                    for r in sorted(rows, key=lambda r: (r["width"], r["D"], r["teacher"]))
                ),
            ),
            f"""Beyond twice the noise between seeds, a teacher lowers the loss in {len(helped)} of
            {len(rows)} cases and raises it in {len(hurt)}. The teacher's own training and its forward
            passes are not counted; with them, training the student longer on text is the fairer
            comparison (Busbridge et al. 2025, arXiv:2502.08606).""",
        ]
    return paragraphs(
        """A student learns the probabilities of a larger trained model (those of the plan `models`, at
        temperature 1) instead of the bytes themselves (Hinton et al. 2015). The runs of the grid of
        the same width and D, without a teacher, are the baseline.""",
        *parts,
        image(
            "distil",
            """Change of the loss by a teacher, in per cent, against training bytes, one line for each
            pair of student and teacher, with a grey band for the noise between seeds.""",
        ),
    )


def _draw_distil(study: Study, numbers: Numbers) -> Figure:
    figure, ax = plt.subplots(figsize=(6.4, 4.2), layout="constrained")
    new_axes(ax)
    rows = next(iter(numbers.values()))
    pairs = sorted({(r["width"], r["teacher"]) for r in rows})
    widths = sorted({width for width, _ in pairs})
    teachers = sorted({teacher for _, teacher in pairs})
    for width, teacher in pairs:
        own = sorted((r for r in rows if (r["width"], r["teacher"]) == (width, teacher)), key=_D)
        k, style = widths.index(width), ("-", "--", ":")[teachers.index(teacher) % 3]
        y = [100 * r["change"] for r in own]
        label = f"{width} taught by {teacher}"
        ax.plot([r["D"] for r in own], y, MARKERS[k] + style, color=COLOURS[k], label=label)
    band = sorted({(r["D"], r["noise"]) for r in rows})
    D, noise = np.array(band).T
    ax.fill_between(D, -200 * noise, 200 * noise, color="black", alpha=0.1, linewidth=0)
    ax.axhline(0, color="black", linewidth=0.8)
    log_axis(ax, "x", unit_labels=True)
    ax.set(xlabel="training tokens D (bytes)", ylabel="loss against no teacher (%)")
    ax.legend(frameon=False, fontsize="small", ncols=2)
    return figure


def _D(row: dict) -> int:
    return row["D"]


distil = Section("distil", "Distillation", _measure_distil, _write_distil, _draw_distil)


def _measure_precision(study: Study) -> Numbers:
    numbers: Numbers = {}
    for corpus in study.corpora("precision"):
        rows = []
        for run in study.runs("precision", corpus).to_dict("records"):
            cost = {str(b): run[f"loss_{b}_bits"] - run["loss_32_bits"] for b in ROUNDED_BITS}
            rows.append({key: run[key] for key in ("N", "D")} | {"cost": cost})
        x = {name: [row[name] for row in rows] for name in ("N", "D")}
        varied = {name: values for name, values in x.items() if len(set(values)) > 1}
        law = log_linear([row["cost"]["4"] for row in rows], **varied) if len(rows) > 3 else {}
        numbers[corpus] = {"rows": rows, "four_bits": law}
    return numbers


def _write_precision(numbers: Numbers) -> str:
    parts = []
    for corpus, n in numbers.items():
        rows = sorted(n["rows"], key=lambda row: row["D"] / row["N"])
        parts += [
            table(
                "text | N | D/N | " + " | ".join(f"{bits} bits" for bits in ROUNDED_BITS),
                (
                    [corpus, f"{row['N']:,}", f"{row['D'] / row['N']:,.0f}"]
                    + [f"{row['cost'][str(bits)]:+.3f}" for bits in ROUNDED_BITS]
                    for row in rows
                ),
            ),
        ]
        law = n["four_bits"]
        if "N" in law and "D" in law:
            N, D = law["N"], law["D"]
            parts.append(
                f"""At 4 bits the cost on {corpus} goes as N^{N[0]:.2f} · D^{D[0]:.2f} (95 % intervals
                {span(N[1:], ".2f")} and {span(D[1:], ".2f")}, typical error
                {share(law["typical_error"][0], 0)}). {_judge_precision(N, D)}"""
            )
        elif "N" in law:
            parts.append(
                f"""At 4 bits and this one D, the cost on {corpus} goes as N^{law["N"][0]:.2f} (95 %
                interval {span(law["N"][1:], ".2f")}). These runs do not show how it depends on D."""
            )
    return paragraphs(
        """After training, the weights are rounded, each row of a matrix to 2^bits - 1 evenly spaced
        values, and the loss is measured again on the same bytes. The table gives what this adds to the
        loss, in nats per byte.""",
        *parts,
        image(
            "precision",
            """Added loss against bytes per parameter, both logarithmic, one line of points for each
            number of bits: the fewer bits, the higher the points, by a factor of several for each
            bit.""",
        ),
    )


def _judge_precision(N: list[float], D: list[float]) -> str:
    if D[1] > 0 and N[2] < 0:
        return """A model that was trained longer for its size suffers more, and a larger one less, as
        Kumar et al. (2024, arXiv:2411.04330) found."""
    return """The direction that Kumar et al. (2024, arXiv:2411.04330) found (more data, more harm;
    more parameters, less) is not established by these runs."""


def _draw_precision(study: Study, numbers: Numbers) -> Figure:
    figure, ax = plt.subplots(figsize=(6.4, 4.2), layout="constrained")
    new_axes(ax)
    rows = next(iter(numbers.values()))["rows"]
    for k, bits in enumerate(ROUNDED_BITS):
        ratio = [row["D"] / row["N"] for row in rows]
        cost = [row["cost"][str(bits)] for row in rows]
        ax.plot(ratio, cost, MARKERS[k], color=COLOURS[k], label=f"{bits} bits")
    log_axis(ax, "x")
    log_axis(ax, "y")
    ax.set(xlabel="bytes per parameter D/N", ylabel="loss added by rounding (nats per byte)")
    ax.legend(frameon=False, fontsize="small")
    return figure


precision = Section(
    "precision", "Rounded weights", _measure_precision, _write_precision, _draw_precision
)
