"""Where the tiny world agrees with the published laws, and where it does not."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .forecasts import FITTED_UP_TO, forecast_in_words
from .page import (
    Numbers,
    exponent,
    flops,
    listed,
    paragraphs,
    percent,
    percents,
    share,
    span,
    table,
)

Line = tuple[str, str, str, str]  # finding, published, ours, verdict


def write(numbers: Numbers) -> str:
    """The comparison, from the numbers of all other sections; "" if there is nothing to compare."""
    lines = [line for part in PARTS for line in part(numbers)]
    if not lines:
        return ""
    return paragraphs(
        table("finding | published | ours | the same?", lines),
        """What carries over is the form of the laws, and the way to measure them. The constants do not
        carry over, and nothing here says what a large model would do: our models have two layers, 64
        bytes of context and at most some hundred thousand parameters.""",
    )


def _floor(numbers: Numbers) -> Iterator[Line]:
    laws = numbers.get("single", {}).get("laws", [])
    if laws:
        worst = [max(abs(r[k]) for r in laws) for k in ("error_with_floor", "error_without")]
        ours = f"two left-out values: off by up to {share(worst[0])} with a floor, {share(worst[1])} without"
        same = "the same" if worst[0] < worst[1] else "not"
        yield "the loss falls as a power law with a floor", "Hoffmann 2022", ours, same
    budget = numbers.get("forecasts", {})
    if budget:
        errors = [
            abs(n["forecast"]["L_opt"][0] / n["measured"]["L_opt"][0] - 1) for n in budget.values()
        ]
        yield (
            "a larger run can be forecast from smaller ones",
            "GPT-4 report 2023, section 3.1",
            f"held-out loss: off by {forecast_in_words(budget)} FLOPs",
            "the same" if max(errors) < 0.02 else "near",
        )


def _allocation(numbers: Numbers) -> Iterator[Line]:
    rows = numbers.get("exponents", {}).get("parabolas", [])
    for count, published, theirs in (
        ("N", "0.50, 0.49, 0.46 (Hoffmann 2022, table 2)", (0.46, 0.50)),
        ("N_nonemb", "0.73 (Kaplan 2020, appendix B)", (0.73, 0.73)),
    ):
        own = [row for row in rows if row["count"] == count]
        if own:
            inside = any(r["a"][2] >= theirs[0] and r["a"][1] <= theirs[1] for r in own)
            what = "all parameters" if count == "N" else "without embeddings"
            ours = listed(
                f"{r['a'][0]:.2f} ({span(r['a'][1:], '.2f')}) on {r['corpus']}" for r in own
            )
            verdict = "near, and it depends on the text" if len(own) > 1 else "near"
            if count == "N_nonemb":
                verdict = (
                    "not excluded" if inside else "not: even counted Kaplan's way it is far smaller"
                )
            yield f"N_opt ∝ C^a, {what}", published, ours, verdict
    for corpus, found in numbers.get("isoflop", {}).items():
        first, last = found["budgets"][0], found["budgets"][-1]
        low, high = (b["D_opt"] / b["N_opt"] for b in (first, last))
        grows = high > 1.3 * low
        yield (
            f"about 20 tokens per parameter ({corpus})",
            "Hoffmann 2022",
            f"{low:.0f} bytes per parameter at {flops(first['C'])} FLOPs, {high:.0f} at {flops(last['C'])}",
            "not: it grows with C, and a byte is no token"
            if grows
            else "near in number, by chance: a byte is no token",
        )


def _recipe(numbers: Numbers) -> Iterator[Line]:
    for corpus, n in numbers.get("lr", {}).items():
        if "law" in n:
            width, D = n["law"]["width"], n["law"]["D"]
            ours = f"width^{exponent(width[0])} ({span(width[1:], '.2f')}) on {corpus}"
            same = "the same exponent, without µP" if width[1] <= -1 <= width[2] else "near"
            yield "best learning rate ∝ 1/width", "µP (Yang 2022)", ours, same
            ours = f"D^{exponent(D[0])} ({span(D[1:], '.2f')})"
            same = "near in direction" if D[1] > 0 else "not"
            if D[1] <= 0.307 <= D[2]:
                same = "the same, within a wide interval"
            yield "… and it rises as D^0.31", "Step law (Li 2025)", ours, same
    for n in numbers.get("batch", {}).values():
        if "law" in n:
            D = n["law"]["D"]
            same = "the same, within a wide interval" if D[1] <= 0.571 <= D[2] else "near"
            if D[2] - D[1] > 2:
                same = "not decided: the interval is too wide"
            ours = f"critical batch ∝ D^{D[0]:.2f} ({span(D[1:], '.2f')})"
            yield "the batch should grow as D^0.57", "Step law (Li 2025)", ours, same
    for n in numbers.get("schedule", {}).get("wsd", {}).values():
        mean = float(np.mean([entry[2] for entry in n["cooled"]]))
        yield (
            "constant rate and cool-down match the cosine",
            "Hägele 2024",
            f"{percent(mean)} on average, {share(n['saved'], 0)} less compute for five amounts of data",
            "the same" if abs(mean) < 0.01 else "near" if abs(mean) < 0.03 else "not",
        )


def _data(numbers: Numbers) -> Iterator[Line]:
    values = numbers.get("repeats", {}).get("values", [])
    four = [v["value"] for v in values if v["epochs"] == 4]
    if four:
        yield (
            "up to four epochs are almost as good as new data",
            "Muennighoff 2023",
            f"a repeated byte is worth {min(four):.2f} to {max(four):.2f} of a fresh one at four epochs",
            "near: wide models lose more",
        )
    for n in numbers.get("decay", {}).values():
        best = max(d["decay"][int(np.argmin(d["loss"]))] for d in n["decays"])
        at_edge = "at least " * (best == max(max(d["decay"]) for d in n["decays"]))
        factor = best / n["decays"][0]["decay"][0]
        epochs = max(n["decays"], key=lambda d: d["decay"][int(np.argmin(d["loss"]))])["epochs"]
        yield (
            "on scarce data the best weight decay is 30 times the usual",
            "Kim 2025",
            f"{at_edge}{factor:.0f} times the recipe's after {epochs} epochs",
            "the same direction" if 10 <= factor <= 100 else "near" if factor > 2 else "not",
        )
        by: dict[float, dict[int, float]] = {}
        for e in n["ensembles"]:
            by.setdefault(e["decay"], {})[e["members"]] = e["loss"]
        gains = [1 - row[max(row)] / row[1] for row in by.values() if 1 in row and max(row) > 1]
        if gains:
            ours = f"{max(max(row) for row in by.values())} models: {percents([-gain for gain in gains])}"
            same = "the same direction" if min(gains) > 0.01 else "near"
            yield "averaging models lowers the loss at fixed data", "Kim 2025", ours, same
    for texts in numbers.get("mix", {}).values():
        misfits = [r["misfit"] for t in ("own", "other") for r in texts[t] if "misfit" in r]
        absent = [a for t in ("own", "other") for r in texts[t] for a in r.get("absent", [])]
        if misfits and absent:
            yield (
                "the loss is exponential in a text's share",
                "Ye 2024",
                f"within {share(max(misfits))} where the text is present, {percents(absent, 0)} off where it is absent",
                "near: four points and three constants test little",
            )


def _models(numbers: Numbers) -> Iterator[Line]:
    for n in numbers.get("overtrain", {}).values():
        errors = [
            abs(r["forecast"][1] / r["loss"] - 1)
            for r in n["rows"]
            if r["D"] / r["N"] > FITTED_UP_TO * 1.01
        ]
        if errors:
            yield (
                "over-trained losses can be forecast",
                "Gadre 2024",
                f"to 4,000 bytes per parameter from {FITTED_UP_TO}: off by at most {share(max(errors))}",
                "the same" if max(errors) < 0.02 else "near" if max(errors) < 0.05 else "not",
            )
    for n in numbers.get("precision", {}).values():
        if "N" not in n["four_bits"] or "D" not in n["four_bits"]:
            continue
        N, D = n["four_bits"]["N"], n["four_bits"]["D"]
        yield (
            "the more data per parameter, the more rounding hurts",
            "Kumar 2024",
            f"4 bits: added loss ∝ N^{N[0]:.2f} D^{D[0]:.2f}",
            "the same" if D[1] > 0 and N[2] < 0 else "near" if D[1] > 0 else "not",
        )
    for corpus, n in numbers.get("experts", {}).items():
        compared = [
            r["memory_and_compute"] for r in n["rows"] if r["memory_and_compute"] is not None
        ]
        won = sum(change < 0 for change in compared)
        if compared:
            yield (
                "a mixture can beat a dense model of the same memory and compute",
                "Ludziejewski 2025",
                f"{won} of {len(compared)} mixtures do on {corpus}: {percents(compared)}",
                "the same" if won > len(compared) / 2 else "near" if won else "not",
            )
        if "law" in n:
            _, low, high = n["law"]["slope"]
            pays_from = float(f"{n['law']['D0'][0]:.2g}")
            yield (
                "more experts need more text",
                "Ludziejewski 2025",
                f"they pay from about {pays_from:,.0f} bytes of {corpus} on",
                "the same direction" if low > 0 else "not" if high < 0 else "not decided",
            )
    for rows in numbers.get("distil", {}).values():
        helped = sum(r["change"] < -2 * r["noise"] for r in rows)
        yield (
            "soft targets help a small student when data are scarce",
            "Busbridge 2025",
            f"better beyond the noise in {helped} of {len(rows)} cases",
            "near" if 0 < helped < len(rows) else "the same" if helped else "not",
        )


PARTS = (_floor, _allocation, _recipe, _data, _models)
