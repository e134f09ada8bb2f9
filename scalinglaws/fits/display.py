"""How a fit reads: as text, HTML, Markdown and LaTeX."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING, Any

from ..errors import CourseError
from . import coverage
from .bootstrap import LEVEL

if TYPE_CHECKING:
    from .result import Fit

_ASK = "fit.summary() computes the intervals"
_VAGUE = 10.0  # an interval whose ends differ by this factor says little
_GREEK = ("alpha", "beta", "gamma", "delta", "eta", "zeta", "kappa", "tau")


def percent(value: float, sign: str = "") -> str:
    """Two digits of a percentage, written out.

    >>> percent(0.2345), percent(118.0), percent(3.14, "+")
    ('0.23 %', '120 %', '+3.1 %')
    """
    return f"{float(f'{value:.2g}'):{sign}g} %"


def short(fit: Fit[Any]) -> str:
    """The parameters and what is known without a bootstrap, so it is instant."""
    rows = [f"  {name:<6} {_value(fit, name):>10}" for name in fit.parameters]
    return "\n".join(
        [type(fit).__name__, *rows, *(f"  {line}" for line in [*fit.describe(), _ASK])]
    )


def short_html(fit: Fit[Any]) -> str:
    """`short` as an HTML table."""
    rows = "".join(
        f"<tr><th scope='row'>{escape(name)}</th><td>{_value(fit, name)}</td></tr>"
        for name in fit.parameters
    )
    lines = "<br>".join(escape(line) for line in [*fit.describe(), _ASK])
    return (
        f"<table><caption>{type(fit).__name__}</caption><thead><tr><th scope='col'>parameter</th>"
        f"<th scope='col'>value</th></tr></thead><tbody>{rows}</tbody></table><p>{lines}</p>"
    )


def to_text(fit: Fit[Any], level: float = LEVEL) -> str:
    """The parameters with their intervals, and what is known of the fit."""
    head = f"  {'':<6} {'value':>10}   {100 * level:g} % interval"
    rows = [f"  {name:<6} {value:>10}   {span}" for name, value, span in _table(fit, level)]
    lines = [*fit.describe(), *resampling_lines(fit, level)]
    return "\n".join([type(fit).__name__, head, *rows, *(f"  {line}" for line in lines)])


def to_markdown(fit: Fit[Any], level: float = LEVEL) -> str:
    """The table of parameters in Markdown."""
    rows = [f"| {name} | {value} | {span} |" for name, value, span in _table(fit, level)]
    head = [f"| parameter | value | {100 * level:g} % interval |", "| --- | --- | --- |"]
    return "\n".join([*head, *rows])


def to_latex(fit: Fit[Any], level: float = LEVEL) -> str:
    """The table of parameters as a LaTeX tabular."""
    rows = [f"{_symbol(name)} & {value} & {span} \\\\" for name, value, span in _table(fit, level)]
    return "\n".join(
        [
            r"\begin{tabular}{lrr}",
            r"\hline",
            rf"parameter & value & {100 * level:g}\,\% interval \\",
            r"\hline",
            *rows,
            r"\hline",
            r"\end{tabular}",
        ]
    )


def resampling_lines(fit: Fit[Any], level: float = LEVEL) -> list[str]:
    """Which bootstrap the intervals come from, how often such intervals held the truth, how many
    resamples failed, and what is not identified.
    """
    drawn = fit.resamples
    lines = [f'intervals: {drawn.asked.B} resamples, method "{drawn.method}": {drawn.reason}']
    lines += [sentence] if (sentence := coverage.measured(fit)) else []
    if len(drawn) < 0.98 * drawn.asked.B:
        lines.append(f"only {len(drawn)} of {drawn.asked.B} resamples could be fitted")
    for name in fit.parameters:
        if name in fit.held or len(drawn) < 2 or not getattr(fit.law, name) > 0:
            continue
        low, high = fit.interval(name, level)
        if high > _VAGUE * max(float(low), 1e-300):
            end = f"from {low:.2g}" if float(low) > 1e-6 * float(high) else "from next to nothing"
            lines.append(
                f"{name} is hardly identified: {end} to {high:.2g} fits almost equally well"
            )
    return lines


def _value(fit: Fit[Any], name: str) -> str:
    return f"{getattr(fit.law, name):.5g}"


def _table(fit: Fit[Any], level: float) -> list[tuple[str, str, str]]:
    rows: list[tuple[str, str, str]] = []
    for name in fit.parameters:
        if name in fit.held:
            rows.append((name, _value(fit, name), "held"))
            continue
        try:
            low, high = fit.interval(name, level)
            span = f"{low:.4g} to {high:.4g}"
        except CourseError:
            if not 0 < level < 1:
                raise
            span = "none"
        rows.append((name, _value(fit, name), span))
    return rows


def _symbol(name: str) -> str:
    """A parameter's name in LaTeX: alpha is a Greek letter, R_D_star has subscripts.

    >>> _symbol("alpha"), _symbol("R_D_star"), _symbol("t1"), _symbol("bias")
    ('$\\\\alpha$', '$R_{D}^{*}$', '$t_{1}$', '$\\\\mathrm{bias}$')
    """
    body = name.removesuffix("_star")
    letter, *below = re.sub(r"(?<=[a-zA-Z])(?=\d+$)", "_", body).split("_")
    if letter in _GREEK:
        letter = f"\\{letter}"
    elif len(letter) > 1:
        letter = rf"\mathrm{{{letter}}}"
    words = [rf"\mathrm{{{word}}}" if len(word) > 1 and word.isalpha() else word for word in below]
    below_it = f"_{{{','.join(words)}}}" if words else ""
    return f"${letter}{below_it}{'^{*}' if name != body else ''}$"
