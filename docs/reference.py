"""Write docs/reference.md from the docstrings of the law library, with the figures of its examples, and the example of docs/which_fit.md.

python docs/reference.py           # write them
python docs/reference.py --check   # exit 1 if they are stale
"""

from __future__ import annotations

import argparse
import contextlib
import doctest
import functools
import inspect
import io
import re
import shlex
import sys
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import scalinglaws.constants as constants
from scalinglaws import cli, fits, laws, plots, tables
from scalinglaws.fits import command
from scalinglaws.fits.result import Fit

PAGE = Path(__file__).with_suffix(".md")
EXAMPLE = PAGE.with_name("which_fit.md")
FIGURE = PAGE.parent / "which_fit" / "isoflop.png"
FIGURES = PAGE.parent / "reference"  # what the examples of the plot functions draw

# What a reader who knows lmfit or statsmodels looks for: its name there, its description, and the
# attribute of a fit here. A row whose attribute does not exist is an error.
ELSEWHERE = (
    ("`result.params`, `best_values`", "`fit.law.alpha`; their names:", "parameters"),
    ("`stderr`, `bse`", "", "standard_errors"),
    ("`covar`, `cov_params()`", "", "covariance"),
    ("`correl`", "", "correlation"),
    (
        "`conf_interval()`, `conf_int()`",
        "of a parameter or anything computed from the law:",
        "interval",
    ),
    ("`ci_report()` (by profile)", "", "profile_interval"),
    ("`conf_interval2d()`", "two parameters together:", "samples"),
    (
        "`wald_test()`, `t_test()`, `pvalues`",
        "does the interval of the quantity contain the value?",
        "interval",
    ),
    ("`compare_lr_test()`, `compare_f_test()`", "", "likelihood_ratio"),
    ("`fit_report()`, `summary()`", "", "to_text"),
    ("`summary().tables`", "", "summary"),
    ("`summary().as_latex()`", "", "to_latex"),
    ("`eval()`, `predict()`", "", "predict"),
    ("`eval_uncertainty()`, `get_prediction()`", "", "predict_interval"),
    ("`aic`, `bic`, `llf`", "`fit.aic`, `fit.bic`,", "log_likelihood"),
    ("`residual`, `resid`", "of ln L:", "residuals"),
    ("`fittedvalues`, `best_fit`", "`fit.predict(*fit.columns.values())`;", "columns"),
    ("`rsquared`", "of ln L:", "r2_log"),
    ("`chisqr`, `ssr`", "half of it, of ln L:", "objective"),
    ("`redchi`, `scale`, `mse_resid`", "their root, of ln L:", "rmse_log"),
    ("`ndata`, `nobs`", "", "n"),
    ("`success`, `message`, `converged`", "`fit.converged`,", "evidence"),
    ("`durbin_watson()`, `linear_rainbow()`", "does the form fit?", "residual_autocorrelation"),
    ("lack of fit against replicates", "", "lack_of_fit"),
    ("`get_influence()`, `outlier_test()`", "", "influence"),
    ("leave-one-out", "", "leave_one_out"),
    ("`emcee()`, `flatchain`", "", "samples"),
    ("bootstrap", "", "bootstrap"),
    ("`save_modelresult()`, `save()`, `pickle`", "and `pickle`:", "save"),
)
# The same for the arguments of a fit.
ASKED = (
    ("`Model(func)`, `minimize(func)`", "`fit_law(func, runs)`"),
    ("`Parameters`: `value`, `min`, `max`", "`start={...}`, `bounds={...}`"),
    ("`vary=False`", "`fixed={...}`; `floor=1.7` in the special fits"),
    ("`expr=`, constraints", '`tied={"beta": "alpha"}`; any other, inside `func`'),
    ("`brute`, `basinhopping`", 'a range to search: `start={"E": (1, 2)}`'),
    ("`guess()`", "our laws know where to search: `fit_law(ChinchillaLaw, runs)`"),
    ("`weights`, `WLS`", "`weights=`"),
    ("`RLM`, `HuberT`, `f_scale`", "`delta=1e-3`, on ln L; `delta=None` is least squares"),
    ('`cov_type="HC2"`, `"HC3"`', "the default: runs may differ in noise"),
    ('`cov_type="cluster"`', "`groups=`"),
    ("`nan_policy`, `missing`", "`read_runs(..., skip_missing=True)`; a fit refuses them"),
    ("`load_modelresult()`, `load()`", "`load_fit(path)`"),
    ("`plot()`, `plot_residuals()`, `plot_fit()`", "`plot_fit(fit)`, `plot_residuals(fit)`"),
)

# The section on fits, by task.
FITS = {
    "Fit a law": (
        "fit_chinchilla", "fit_joint", "fit_power_law", "fit_broken_power_law", "fit_repeated",
        "fit_law",
    ),
    "Find the best N and D for a budget without a formula for L": ("fit_isoflop", "fit_envelope"),
    "From a loss to a task, a mixture or a capability": (
        "fit_accuracy", "fit_error", "Chain", "fit_mixing", "mixing_law", "fit_observational",
    ),
    "Compare fits on runs left out": ("compare_held_out",),
    "Plan the next runs": ("next_runs", "Plan"),
    "Load a fit": ("load_fit",),
}  # fmt: skip
# And what the result offers.
RESULT = {
    "How well it fits": (
        "n", "rmse_log", "r2_log", "wrong_form", "residual_autocorrelation", "lack_of_fit",
        "columns", "describe",
    ),
    "Intervals": (
        "interval", "standard_errors", "covariance", "correlation", "profile_interval", "profile",
        "bootstrap", "with_bootstrap", "resamples", "samples",
    ),
    "Predictions and derived quantities": ("predict", "predict_interval", "optimum", "of"),
    "Compare laws on the same runs": ("aic", "bic", "log_likelihood", "likelihood_ratio"),
    "What single runs do": ("influence", "leave_one_out"),
    "Report and save": ("summary", "to_text", "to_markdown", "to_latex", "save"),
}  # fmt: skip


def section(title: str, module, names) -> list[str]:
    """A heading, the module's sentence, and an entry for each name."""
    lines = [f"## {title}", "", inspect.getdoc(module), ""]
    for name in names:
        thing = getattr(module, name)
        if inspect.isclass(thing) or inspect.isfunction(thing):
            lines += entry(name, thing)
    return lines


def entry(name: str, thing) -> list[str]:
    """A function, or a class with its own public methods."""
    # The result of a fit is never built by hand, so its name is enough.
    result = inspect.isclass(thing) and issubclass(thing, Fit)
    lines = [f"### `{name}{'' if result else signature(thing)}`", "", *body(thing)]
    if inspect.isclass(thing):
        for method_name, member in vars(thing).items():
            if not method_name.startswith("_") or method_name == "__call__":
                lines += method(name, method_name, member)
    return lines


def method(owner: str, name: str, member) -> list[str]:
    """A property or a method of a class."""
    if isinstance(member, property | functools.cached_property):
        function = member.fget if isinstance(member, property) else member.func
        return [f"#### `{owner}.{name}`", "", *body(function)]
    if isinstance(member, classmethod):
        member = member.__func__
    if not inspect.isfunction(member):
        return []
    shown = "law" if name == "__call__" else f"{owner}.{name}"
    return [f"#### `{shown}{signature(member)}`", "", *body(member)]


def signature(thing) -> str:
    """The names and defaults of the arguments, without types: those are in the text."""
    parts = []
    parameters = inspect.signature(thing).parameters.values()
    starred = False
    for parameter in parameters:
        if parameter.name in ("self", "cls", "name", "citation") or parameter.name.startswith("_"):
            continue
        if parameter.kind is parameter.KEYWORD_ONLY and not starred:
            parts.append("*")
            starred = True
        text = ("*" if parameter.kind is parameter.VAR_POSITIONAL else "") + parameter.name
        starred |= parameter.kind is parameter.VAR_POSITIONAL
        if parameter.kind is parameter.VAR_KEYWORD:
            continue
        if parameter.default is not parameter.empty:
            text += f"={parameter.default!r}"
        parts.append(text)
    return f"({', '.join(parts)})"


def body(thing) -> list[str]:
    """The docstring, with its doctests as code blocks."""
    lines, code = [], False
    for line in (inspect.getdoc(thing) or "").splitlines():
        starts = line.startswith(">>>")
        if starts and not code:
            lines += ["```pycon"]
            code = True
        elif code and not line.strip():
            lines += ["```"]
            code = False
        lines.append(line.rstrip())
    return [*lines, *(["```"] if code else []), ""]


def elsewhere() -> list[str]:
    """The table of equivalents for users of lmfit and statsmodels."""
    regression = fits.result.RegressionFit
    known = {*dir(regression), *(item.name for item in fields(regression))}
    if unknown := [name for *_, name in ELSEWHERE if name not in known]:
        raise SystemExit(f"a fit has no {', '.join(unknown)}: change ELSEWHERE in {__file__}")
    return [
        "## Coming from lmfit or statsmodels",
        "",
        "A fit is made by a function (`fit_chinchilla(N, D, loss)`) and never changes. Losses are "
        "compared on the log axis, and intervals come from a bootstrap that is drawn when they are "
        "first asked for.",
        "",
        "| how you ask there | here |",
        "| --- | --- |",
        *(f"| {there} | {here} |" for there, here in ASKED),
        "",
        "| the result's attribute there | here |",
        "| --- | --- |",
        *(
            f"| {there} | {' '.join([words, f'`fit.{called(name)}`']).strip()} |"
            for there, words, name in ELSEWHERE
        ),
        "",
    ]


def public_names(kind: type) -> set[str]:
    """What a class offers."""
    return {name for name in dir(kind) if not name.startswith("_")}


def called(name: str) -> str:
    """A method of a fit with its brackets, "profile(…)" if it needs arguments."""
    method = getattr(fits.result.RegressionFit, name, None)
    if not inspect.isfunction(method):
        return name
    needed = [
        item
        for item in list(inspect.signature(method).parameters.values())[1:]
        if item.default is item.empty
    ]
    return f"{name}({'…' * bool(needed)})"


def results() -> list[str]:
    """The fits by task, then what every fit offers, by task, then the classes of the results."""
    lines = ["## Fits", "", inspect.getdoc(fits), ""]
    told: set[str] = set()
    for title, names in FITS.items():
        lines += [f"## {title}", ""]
        for name in names:
            lines += entry(name, getattr(fits, name))
            told.add(name)
    regression = fits.result.RegressionFit
    lines += ["## What a fit offers", "", *body(fits.result.Fit)]
    regressions = sorted(public_names(regression) - public_names(fits.result.Fit))
    lines += [
        "`fit_isoflop` and `fit_envelope` fit minima, not all runs at once: their results have no "
        f"{', '.join(f'`{name}`' for name in regressions[:-1])} or `{regressions[-1]}`.",
        "",
    ]
    for title, names in RESULT.items():
        lines += [f"### {title}", ""]
        for name in names:
            owner = next(kind for kind in (fits.result.Fit, regression) if name in vars(kind))
            lines += method("fit", name, vars(owner)[name])
    public = {name for name in dir(regression) if not name.startswith("_")}
    fields_of = {item.name for item in fields(regression)}
    if left := public - fields_of - {name for names in RESULT.values() for name in names}:
        raise SystemExit(f"{', '.join(sorted(left))}: add to RESULT in {__file__}")
    lines += ["## What some fits offer besides", ""]
    for name in sorted(set(fits.__all__) - told - {"Fit"}):
        lines += entry(name, getattr(fits, name))
    return lines


def command_help() -> list[str]:
    """The options of `scalinglaws fit`. Not its --help: that looks different in each Python."""
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    lines = ["## The command", "", "`scalinglaws fit runs.csv`, with these options:", ""]
    lines += ["| option | what it does |", "| --- | --- |"]
    for action in parser._actions:
        if action.dest == "help":
            continue
        takes = action.metavar or (action.choices and "{" + ",".join(action.choices) + "}")
        if not takes and action.option_strings and action.nargs != 0:
            takes = action.dest.upper()
        name = action.option_strings[0] if action.option_strings else action.dest
        help_text = (action.help or "").replace("|", "\\|").replace("*", "\\*")
        lines.append(f"| `{name}{' ' + str(takes) if takes else ''}` | {help_text} |")
    return [*lines, ""]


def example() -> str:
    """docs/which_fit.md with the outputs of its commands as they are now."""

    def run(block: re.Match[str]) -> str:
        line = block[1]
        words = shlex.split(line)[1:]
        words[1] = str(PAGE.parents[1] / words[1])
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            cli.main([*words, *(["--figure", str(FIGURE)] if words[0] == "fit" else [])])
        return f"```console\n$ {line}\n{out.getvalue().strip()}\n```"

    FIGURE.parent.mkdir(exist_ok=True)
    return re.sub(r"```console\n\$ (.*)\n[^`]*```", run, EXAMPLE.read_text(encoding="utf-8"))


def alike(old: str, new: str) -> bool:
    """Whether two texts differ only in the last digits of numbers."""
    number_in = re.compile(r"[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?")
    pairs = zip(number_in.findall(old), number_in.findall(new), strict=False)
    close = all(abs(float(a) - float(b)) <= 0.02 * abs(float(a)) + 1e-12 for a, b in pairs)
    return close and number_in.sub("#", old) == number_in.sub("#", new)


def gallery() -> list[str]:
    """The section on figures: below the example of each plot function, a link to what it draws."""
    lines, drawn = [], ""
    for line in section("Figures", plots, plots.__all__):
        lines.append(line)
        if match := re.match(r"### `(plot_\w+)\(", line):
            drawn = match[1]
        elif line == "```" and lines[-2].startswith(">>> ax = "):
            lines += ["", f"![{alt_text_of(drawn)}](reference/{drawn}.png)"]
    return lines


@functools.cache
def _drawn(name: str) -> tuple[str, bytes]:
    """The alt text and the PNG of the figure that the example of a plot function draws."""
    import matplotlib.pyplot as plt

    names: dict[str, Any] = {}
    for example in doctest.DocTestParser().get_examples(inspect.getdoc(getattr(plots, name)) or ""):
        exec(example.source, names)
    figure = names["ax"].figure
    png = io.BytesIO()
    figure.savefig(png, dpi=110, bbox_inches="tight", metadata={"Software": None})
    words = plots.alt_text(figure)
    plt.close(figure)
    return " ".join(words.split()).replace("[", "(").replace("]", ")"), png.getvalue()


def alt_text_of(name: str) -> str:
    return _drawn(name)[0]


def published() -> list[str]:
    """The table of published constants."""
    lines = ["## Published constants", "", inspect.getdoc(constants), ""]
    lines += ["| name | law | source |", "| --- | --- | --- |"]
    for name, value in vars(constants).items():
        if (
            name.isupper()
            and is_dataclass(value)
            and not name.startswith("_")
            and hasattr(value, "citation")
        ):
            shown = [item for item in fields(value) if item.repr]
            numbers = ", ".join(
                f"{item.name} = {number(getattr(value, item.name))}" for item in shown
            )
            lines.append(f"| `{name}` | {numbers} | {value.citation} |")
    lines += [
        "",
        "`HOFFMANN_TABLES` holds Tables 3 and A3 of Hoffmann et al. 2022 as printed, `HOFFMANN_MISPRINT` the one entry "
        "among them that contradicts 6·N·D, and `PUBLIC_MODELS` N and D of published models with source.",
        "",
    ]
    return lines


def number(value) -> str:
    return f"{value:.6g}" if isinstance(value, float) else f"`{value!r}`"


def page() -> str:
    lines = [
        "# Reference of the law library",
        "",
        "Generated from the docstrings by `python docs/reference.py`; do not edit. N counts parameters, D training tokens, "
        "C training FLOPs, and L is a cross-entropy in nats per token (per byte for the course's own runs). Arrays "
        "broadcast; scalars come back as floats; bad input raises `scalinglaws.errors.CourseError` with one sentence.",
        "",
        "Start with [which fit for which data](which_fit.md). Functions that take a table of runs read it with `read_runs`. "
        "Examples use `import numpy as np` and `from scalinglaws.laws import *`, besides what they import.",
        "",
        *elsewhere(),
        *section("Read tables of runs", tables, ("read_runs", "RunTable")),
        *results(),
        *command_help(),
        *section("Laws", laws, laws.__all__),
        *published(),
        *gallery(),
    ]
    return "\n".join(lines).rstrip() + "\n"


def main() -> int:
    fresh, shown = page(), EXAMPLE.read_text(encoding="utf-8")
    picture = FIGURE.read_bytes() if FIGURE.is_file() else b""
    now = example()
    if "--check" in sys.argv[1:]:
        FIGURE.write_bytes(picture)
        stale = not PAGE.is_file() or not alike(PAGE.read_text(encoding="utf-8"), fresh)
        stale |= not alike(shown, now) or not picture
        if stale:
            print(
                "docs/reference.md or docs/which_fit.md is stale: run python docs/reference.py",
                file=sys.stderr,
            )
        return int(stale)
    PAGE.write_text(fresh, encoding="utf-8")
    FIGURES.mkdir(exist_ok=True)
    for name in re.findall(r"\(reference/(\w+)\.png\)", fresh):
        (FIGURES / f"{name}.png").write_bytes(_drawn(name)[1])
    EXAMPLE.write_text(now, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
