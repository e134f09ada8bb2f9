"""Mixtures of experts: at equal compute, and at equal memory."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy import stats
from scipy.interpolate import RectBivariateSpline
from scipy.optimize import curve_fit

from ..plots import COLOURS, MARKERS, log_axis, new_axes
from ..training.noise import pooled, seed_noise
from .page import (
    Numbers,
    Section,
    Study,
    Table,
    image,
    paragraphs,
    percent,
    percents,
    plural,
    share,
    span,
    table,
)


class DenseModels:
    """The loss of dense models, interpolated in the grid: a cubic spline in the logarithms."""

    def __init__(self, grid: Table):
        losses = grid.groupby(["N", "D"])["loss"].mean().unstack()
        self.N, self.D = losses.index.to_numpy(float), losses.columns.to_numpy(float)
        self._log_loss = RectBivariateSpline(np.log(self.N), np.log(self.D), np.log(losses))
        per_token = grid.assign(flops=grid["C"] / grid["D"]).groupby("N")["flops"].first()
        self._log_flops = np.log(per_token.to_numpy())

    def loss(self, N: float, D: float) -> float:
        """Held-out loss of N parameters on D bytes; nan outside of the grid."""
        inside = self.N[0] <= N <= self.N[-1] and self.D[0] <= D <= self.D[-1]
        return float(np.exp(self._log_loss(np.log(N), np.log(D))[0, 0])) if inside else np.nan

    def lowest(self, memory: float, C: float) -> float:
        """The lowest loss for C training FLOPs with at most `memory` parameters; nan if the best
        size may lie outside the grid.
        """
        if memory < self.N[0]:
            return np.nan
        N = np.geomspace(self.N[0], min(memory, self.N[-1]), 200)
        flops = np.exp(np.interp(np.log(N), np.log(self.N), self._log_flops))
        losses = np.array([self.loss(*pair) for pair in zip(N, C / flops, strict=True)])
        best = int(np.nanargmin(losses))
        # If the lowest loss is at an edge of the grid, it may fall further outside.
        neighbours = losses[max(0, best - 1) : best + 2]
        ends = best == 0 or (best == len(N) - 1 and memory > self.N[-1])
        return np.nan if ends or np.isnan(neighbours).any() else float(losses[best])


def _gain(x: np.ndarray, slope: float, log_D0: float) -> np.ndarray:
    """ln(loss / dense model's loss): 0 at D0, and growing with each doubling of experts."""
    experts, D = x
    return -slope * np.log(experts) * (np.log(D) - log_D0)


def _measure(study: Study) -> Numbers:
    numbers: Numbers = {}
    for corpus in study.corpora("experts"):
        if corpus not in study.grids:
            continue
        grid = study.grids[corpus]
        dense, rows = DenseModels(grid), []
        noise = {D: pooled(seed_noise(runs))[1] for D, runs in grid.groupby("D")}
        keys = ["width", "D", "experts"]
        same: Table = study.runs("experts", corpus).groupby(keys)
        for (width, D, experts), runs in same:
            N, C, loss = runs["N"].iloc[0], runs["C"].iloc[0], runs["loss"].mean()
            same_cost = grid[(grid["width"] == width) & (grid["D"] == D)]
            alone = same_cost["loss"].mean()
            rivals = dense.loss(N, D), dense.lowest(N, C)
            rows.append(
                {"width": width, "D": D, "experts": experts, "seeds": len(runs), "N": N}
                | {"loss": loss, "change": loss / alone - 1, "noise": noise[D]}
                | {"router": C / same_cost["C"].mean() - 1}
                | {"memory": loss / rivals[0] - 1, "memory_and_compute": loss / rivals[1] - 1}
            )
        numbers[corpus] = {"rows": rows}
        if len(rows) > 6 and len({row["D"] for row in rows}) > 1:
            numbers[corpus]["law"] = fit_gain(rows)
    return numbers


def fit_gain(rows: list[dict]) -> Numbers:
    """The D at which a mixture begins to pay, and how fast its gain grows, with 95 % intervals."""
    x = np.array([[row["experts"], row["D"]] for row in rows], float).T
    log_ratio = np.log1p([row["change"] for row in rows])
    found, covariance = curve_fit(_gain, x, log_ratio, p0=(0.01, np.log(x[1]).mean()))
    t = stats.t.ppf(0.975, len(rows) - 2)
    slope, log_D0 = (
        (v, v - t * e, v + t * e) for v, e in zip(found, np.diag(covariance) ** 0.5, strict=True)
    )
    error = np.sqrt(np.sum((_gain(x, *found) - log_ratio) ** 2) / (len(rows) - 2))
    return {"slope": slope, "D0": np.exp(log_D0), "typical_error": error}


def _best(rows: list[dict]) -> dict[tuple[int, int], int]:
    """{(width, D): the number of experts with the lowest loss}, 1 where none beats a dense model."""
    best = {}
    for width, D in sorted({(row["width"], row["D"]) for row in rows}):
        own = [row for row in rows if (row["width"], row["D"]) == (width, D)]
        lowest = min(own, key=lambda row: row["change"])
        best[width, D] = lowest["experts"] if lowest["change"] < 0 else 1
    return best


def _cell(value: float | None) -> str:
    return "-" if value is None else percent(value)


def _write(numbers: Numbers) -> str:
    parts = []
    routers = [row["router"] for n in numbers.values() for row in n["rows"]]
    for corpus, n in numbers.items():
        rows = sorted(n["rows"], key=lambda r: (r["width"], r["D"], r["experts"]))
        parts.append(
            table(
                "text | width | D (bytes) | experts | parameters | loss | same compute | "
                "same memory, same text | same memory and compute | noise between seeds",
                (
                    [
                        *(corpus, r["width"], f"{r['D']:,}", r["experts"], f"{r['N']:,}"),
                        *(f"{r['loss']:.3f}", _cell(r["change"]), _cell(r["memory"])),
                        *(_cell(r["memory_and_compute"]), share(r["noise"])),
                    ]
                    for r in rows
                ),
            )
        )
        best, told = _best(rows), []
        for width in sorted({width for width, _ in best}):
            own = [f"{count} on {D:,} bytes" for (of, D), count in best.items() if of == width]
            told.append(f"at width {width}: {', '.join(own)}")
        parts.append(
            f"""The best number of experts at the same compute and text, on {corpus}, {"; ".join(told)}
            (1 is a dense model)."""
        )
        if "law" in n:
            law = n["law"]
            parts.append(
                f"""As a law on {corpus}: ln(loss of E experts / loss of a dense model) =
                -s · ln E · ln(D/D0), with s = {law["slope"][0]:.3f} ({span(law["slope"][1:])}) and D0 = {law["D0"][0]:,.0f} bytes
                ({span(law["D0"][1:], ",.0f")}; 95 % intervals). The typical error is {share(law["typical_error"])}, against a noise
                between seeds of {share(min(r["noise"] for r in rows))} to
                {share(max(r["noise"] for r in rows))}: {_judge(law, rows)}"""
            )
        compared = [r["memory_and_compute"] for r in rows if r["memory_and_compute"] is not None]
        better = [change for change in compared if change < 0]
        if compared:
            parts.append(
                f"""At the same memory *and* compute, {len(better)} of {plural(len(compared), "mixture")}
                on {corpus} have a lower loss than their dense rival; the differences are
                {percents(compared)}."""
            )
    return paragraphs(
        f"""In each layer a router sends every byte to one of 2, 4 or 8 MLPs (top-1 routing, as in Fedus
        et al. 2021, arXiv:2101.03961). So the FLOPs per byte are those of the dense model of the same
        width, up to the router's {share(min(routers))} to {share(max(routers))}, and the memory is larger. The table compares the loss
        with that of dense models of the grid: of the same width on the same text (so the same compute);
        of as many parameters on the same text; and with the best dense model of at most as many
        parameters, on as much text as the same FLOPs pay for. The last two are interpolated between the
        grid's sizes; a dash means that they lie outside of it.""",
        *parts,
        """A router and its experts have to be learned too, each expert from its share of the tokens:
        that takes text. Below D0 experts cost loss, and above it they pay. At the same memory and
        compute, the rival is the best dense model that fits into the mixture's memory, on the text
        that the same FLOPs pay for. Ludziejewski et al. (2025, arXiv:2502.05172) forecast for large
        models that some mixtures win this comparison.""",
        image("experts", _alt(numbers)),
    )


def _alt(numbers: Numbers) -> str:
    """What the figure shows of these runs."""
    told = []
    for corpus, n in numbers.items():
        least, most = min(r["D"] for r in n["rows"]), max(r["D"] for r in n["rows"])
        ends = [[r["change"] for r in n["rows"] if r["D"] == D] for D in (least, most)]
        told.append(
            f"""on {corpus} they begin at {percents(ends[0])} on {least:,} bytes and end at
            {percents(ends[1])} on {most:,}"""
        )
    return f"""Change of the loss against the dense model of the same width, in per cent, against training
        bytes, one line for each number of experts, in one panel for each text and width. The lines
        fall from left to right: {"; ".join(told)}. Dotted lines show the law."""


def _judge(law: Numbers, rows: list[dict]) -> str:
    if law["typical_error"] <= 1.5 * max(r["noise"] for r in rows):
        return "the law describes these runs within their noise, and says nothing beyond them."
    worst = max(
        rows, key=lambda r: abs(np.log1p(r["change"]) - _gain_of(law, r["experts"], r["D"]))
    )
    return (
        f"a sketch rather than a law, worst for {worst['experts']} experts at width "
        f"{worst['width']} on {worst['D']:,} bytes."
    )


def _gain_of(law: Numbers, experts: int, D: float) -> float:
    return float(_gain(np.array([experts, D], float), law["slope"][0], np.log(law["D0"][0])))


def _draw(study: Study, numbers: Numbers) -> Figure:
    widths = sorted({row["width"] for n in numbers.values() for row in n["rows"]})
    figure, axes = plt.subplots(
        len(numbers), len(widths), figsize=(4.2 * len(widths), 3.6 * len(numbers)), sharex=True,
        sharey=True, layout="constrained", squeeze=False,
    )  # fmt: skip
    for of_corpus, (corpus, n) in zip(axes, numbers.items(), strict=True):
        of_corpus[0].set_ylabel("loss against a dense model (%)")
        for ax, width in zip(of_corpus, widths, strict=True):
            own = [row for row in n["rows"] if row["width"] == width]
            _draw_panel(ax, own, n.get("law"))
            ax.set_title(f"{corpus}, width {width}")
    for ax in axes[-1]:
        ax.set_xlabel("training tokens D (bytes)")
    axes[0][0].legend(frameon=False, fontsize="small")
    return figure


def _draw_panel(ax: Axes, rows: list[dict], law: Numbers | None) -> None:
    new_axes(ax)
    for k, experts in enumerate(sorted({row["experts"] for row in rows})):
        points = sorted((r["D"], 100 * r["change"]) for r in rows if r["experts"] == experts)
        D, change = np.array(points).T
        ax.plot(D, change, MARKERS[k] + "-", color=COLOURS[k], label=f"{experts} experts")
        if law:
            fine = np.geomspace(D[0], D[-1], 50)
            fitted = [100 * np.expm1(_gain_of(law, experts, x)) for x in fine]
            ax.plot(fine, fitted, ":", color=COLOURS[k])
    ax.axhline(0, color="black", linewidth=0.8)
    log_axis(ax, "x", unit_labels=True)


experts = Section("experts", "Mixtures of experts", _measure, _write, _draw)
