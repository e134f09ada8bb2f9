"""The numbers behind the charts, the sliders and the calculator, and the page of the last two.

The formulas are in `assets/laws.js`.

Nothing is typed in here: published laws come from `scalinglaws.constants`, our own from fits to the
measured runs, with the library's bootstrap intervals on a ladder of budgets.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

import scalinglaws as sl
from scalinglaws import constants

if TYPE_CHECKING:
    from .build import Page

# The headings of docs/findings.md, and the charts below them.
LIVE = {
    "IsoFLOP curves and their minima": "live-isoflop",
    "How two shortages combine": "live-grid",
    "Emergence by metric": "live-metrics",
}
CORPORA = ("prose", "code")
_PLANS = ("isoflop", "grid")
_COLUMNS = ("run", "N", "N_nonemb", "D", "C", "loss", "accuracy", "match_2", "match_4", "match_8")

# The budgets of our intervals: four per decade, from the smallest runs to far beyond them.
_BUDGETS = np.geomspace(1e8, 1e26, 73)


def numbers(law: Any) -> dict[str, Any]:
    """A law in the form that the page's script reads.

    `joint` is E + [(A/N^alpha)^(1/gamma) + (B/D^beta)^(1/gamma)]^gamma, Chinchilla's law with gamma = 1;
    `allocation` is N and D as trends in C, and the loss if the paper gives it.
    """
    match law:
        case sl.JointLaw():
            names = ("E", "A", "B", "alpha", "beta", "gamma")
            return {"kind": "joint"} | {name: getattr(law, name) for name in names}
        case sl.ChinchillaLaw():
            names = ("E", "A", "B", "alpha", "beta")
            return {"kind": "joint", "gamma": 1.0} | {name: getattr(law, name) for name in names}
        case sl.AllocationLaw():
            trends = {"N": law.N, "D": law.D}
            return {"kind": "allocation"} | {
                name: {"k": t.k, "exponent": t.exponent, "unit": t.unit}
                for name, t in trends.items()
            }
        case sl.KaplanLaws():
            loss = {"E": law.L_C.E, "a": law.L_C.A, "alpha": law.L_C.alpha}
            return numbers(law.allocation) | {"L": loss}
    raise TypeError(f"{type(law).__name__} gives no best N and D for a budget")


def published() -> Iterator[tuple[str, Any, str, str]]:
    """Each published law that splits a budget: its name in the package, the law, its title, its
    source.

    Laws that need more than a budget (experts, rewards, rounding) are left out. For repeated data
    or few bits, the base law is used: fresh data, full precision.
    """
    for key, value in vars(constants).items():
        if key.startswith("_") or not key.isupper():
            continue
        law = value.base if isinstance(value, sl.DataConstrainedLaw | sl.PrecisionLaw) else value
        if isinstance(law, sl.ChinchillaLaw | sl.JointLaw | sl.AllocationLaw | sl.KaplanLaws):
            yield key, law, value.name or key, value.citation


@functools.cache
def ours() -> dict[str, Any]:
    """{text: the joint law fitted to the grid of this text}: the fit that `docs/findings.md` reports."""
    fits = {}
    for corpus in CORPORA:
        runs = sl.load_runs("grid", corpus=corpus).dropna(subset=["loss"])
        fits[corpus] = sl.fit_joint(runs["N"], runs["D"], runs["loss"])
    return fits


@functools.cache
def laws() -> list[dict[str, Any]]:
    """All laws of the calculator, published ones first."""
    found = [
        {"id": key, "name": name, "source": source, "unit": "token", **numbers(law)}
        for key, law, name, source in published()
    ]
    for corpus, fit in ours().items():
        resampled = fit.resamples
        bounds = {}
        for quantity in ("N_opt", "D_opt", "L_opt"):
            low, high = resampled.interval(
                lambda law, q=quantity: np.asarray(getattr(law, q)(_BUDGETS))
            )
            bounds[quantity] = [_short(low), _short(high)]
        found.append(
            {
                "id": f"OURS_{corpus}",
                "name": f"This project's {corpus}",
                "source": f"fit_joint to the {fit.n} runs of the grid on {corpus}; N counts all parameters, a token is a byte",
                "unit": "byte",
                "intervals": bounds,
                "range": [float(np.min(fit.C)), float(np.max(fit.C))],
                **numbers(fit.law),
            }
        )
    return found


def _short(values: Any) -> list[float]:
    return [float(f"{value:.5g}") for value in np.asarray(values).ravel()]


def data() -> dict[str, Any]:
    """The content of `assets/data.js`: laws, the budgets of our intervals, and the measured runs."""
    runs: dict[str, Any] = {}
    for plan in _PLANS:
        runs[plan] = {}
        for corpus in CORPORA:
            table = sl.load_runs(plan, corpus=corpus, columns=list(_COLUMNS)).dropna(
                subset=["loss"]
            )
            runs[plan][corpus] = {
                name: table[name].tolist()
                if name == "run"
                else [float(f"{value:.6g}") for value in table[name]]
                for name in _COLUMNS
            }
    return {"laws": laws(), "budgets": _short(_BUDGETS), "runs": runs}


def _slider(name: str, label: str, low: float, high: float, value: float, step: float) -> str:
    return (
        f'<label>{label}: <span data-value="{name}"></span>'
        f'<input type="range" name="{name}" min="{low}" max="{high}" step="{step}" value="{value}"></label>'
    )


def _tool(ident: str, title: str, text: str, controls: Sequence[str]) -> str:
    return (
        f'<h2 id="{ident}">{title}</h2>\n<p>{text}</p>\n'
        f'<figure class="chart" id="tool-{ident}"><form class="controls" onsubmit="return false">{"".join(controls)}</form>'
        '<div class="drawn"></div><output aria-live="polite"></output>'
        "<noscript>This needs JavaScript.</noscript></figure>\n"
    )


def tools_page(page: type[Page]) -> Page:
    """The calculator and the sliders."""
    from .text import Heading

    choices = "".join(
        f'<option value="{law["id"]}"{" selected" if law["id"] == "CHINCHILLA_REPLICATION" else ""}>'
        f"{escape(law['name'])}</option>"
        for law in laws()
        if law["kind"] == "joint"
    )
    law = f'<label>Law<select name="law">{choices}</select></label>'

    def number(name: str, label: str, value: str) -> str:
        return (
            f'<label>{label}<input type="text" inputmode="decimal" name="{name}" value="{value}" '
            'autocomplete="off"></label>'
        )

    tools = (
        (
            "budget",
            "Calculator: what a budget buys",
            "Type a training budget in FLOPs, such as 1e21. Each row is a law's compute-optimal model. Hours are "
            "C/(peak · utilisation); the price is for one accelerator hour, in your currency. The peak is the number on "
            "your accelerator's data sheet; the 312e12 FLOP/s filled in is an A100's in bfloat16. Losses of different laws cannot be compared: "
            "each is per token of its own text and tokeniser.",
            [
                number("C", "Budget C (FLOPs)", "1e21"),
                number("peak", "Peak (FLOP/s)", "312e12"),
                number("low", "Utilisation, low (%)", "30"),
                number("high", "Utilisation, high (%)", "50"),
                number("low_price", "Price per hour, low", "1"),
                number("high_price", "Price per hour, high", "2"),
            ],
        ),
        (
            "surface",
            "The loss surface",
            "Each curve joins models of equal loss. The dashed line joins the models that cost the same as yours. Move yours "
            "to the point where that line meets the lowest loss.",
            [law, _slider("N", "Parameters N", 3, 13, 9, 0.05), _slider("D", "Tokens D", 4, 15, 10.3, 0.05)],
        ),
        (
            "isoflop",
            "IsoFLOP: one budget, many sizes",
            "The loss of models that cost the same. Too small a model lacks capacity; too large a model lacks data.",
            [law, _slider("C", "Budget C (FLOPs)", 8, 26, 21, 0.1), _slider("off", "Your N, relative to the optimum", -2, 2, 0, 0.05)],
        ),
        (
            "lifetime",
            "Lifetime cost: training and serving",
            "All models on the curve reach the same loss. Training costs 6ND, serving 2N for each token. The more tokens a model "
            "serves, the smaller the model that is cheapest over its life (Sardana et al. 2023, arXiv:2401.00448).",
            [law, _slider("C", "The loss of a compute-optimal model of C FLOPs", 8, 26, 23, 0.1), _slider("demand", "Tokens served", 4, 16, 12, 0.1)],
        ),
        (
            "waste",
            "Waste: over- and under-trained",
            "How much more compute a model takes than the cheapest model with the same loss.",
            [law, _slider("N", "Parameters N", 3, 13, 9.9, 0.05), _slider("ratio", "Tokens per parameter", -1, 5, 3.27, 0.05)],
        ),
    )  # fmt: skip
    intro = (
        "<h1>Calculator and sliders</h1>\n<p>Everything here is computed in your browser, from the formulas and constants of the "
        'library. The constants and their sources are in the <a href="reference.html#published-constants">reference</a>.</p>\n'
    )
    html = intro + "".join(_tool(*tool) for tool in tools)
    headings = [Heading(2, ident, title) for ident, title, *_ in tools]
    scripts = ["data.js", "laws.js", "chart.js", "tools.js"]
    return page("tools.html", "Calculator and sliders", html, headings, "", scripts, headings)
