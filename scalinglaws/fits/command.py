"""`scalinglaws fit runs.csv`: a table of runs in; the law with intervals, a table, a figure and a
page out.
"""

from __future__ import annotations

import argparse
import io
import json
import math
import textwrap
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import pandas as pd

from ..errors import CourseError
from ..files import write_output
from ..tables import ACCEPTABLE, NAMES, RunTable, read_runs
from ..tables.checks import budgets
from ..tables.frame import keep, numbers
from ..tables.numbers import parse_number
from . import bootstrap
from .methods import METHODS, Options, default_method, takers
from .report import HeldOut, Report, check_level, to_html

if TYPE_CHECKING:
    from matplotlib.figure import Figure

T = TypeVar("T")

_DESCRIPTION = """\
Fit a scaling law to a table of runs: N (parameters), D (training tokens) or C
(training FLOPs), and the loss. Prints the law with bootstrap intervals."""

_EXAMPLES = """\
examples:
  scalinglaws fit runs.csv --budget 1e21
  scalinglaws fit runs.csv --unit N=M,D=B --where 'dataset=c4 and N>1e8'
  scalinglaws fit curves.csv --method envelope
  scalinglaws fit runs.csv --by dataset --report report.html

It exits with 0; with 1 if a fit did not converge; with 2 if it has a question
or cannot read the table."""


def _methods() -> str:
    """The methods and their formulas, one below the other."""
    return "\n".join(
        textwrap.fill(
            f"{name:<14}{method.law('N, D or C (--x)')}",
            78,
            initial_indent="  ",
            subsequent_indent=" " * 16,
        )
        for name, method in METHODS.items()
    )


def _of(option: str, default: str = "") -> str:
    """For an option's help: the methods that take it, and its default."""
    return f" (for {', '.join(takers(option))}{'; default: ' * bool(default)}{default})"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `scalinglaws fit`."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.description = _DESCRIPTION
    parser.epilog = f"methods:\n{_methods()}\n\n{_EXAMPLES}"
    add_table_arguments(parser)
    group = parser.add_argument_group("the fit")
    fit = group.add_argument
    fit(
        "--method",
        choices=METHODS,
        metavar="METHOD",
        help="the law or procedure, see below (default: chinchilla where N and D are known, else "
        "power)",
    )
    fit(
        "--x",
        choices=("N", "D", "C"),
        help=f"the variable{_of('--x', 'C, N or D, the first there is')}",
    )
    floor = group.add_mutually_exclusive_group()
    floor.add_argument("--no-floor", action="store_true", help=f"fix E = 0{_of('--no-floor')}")
    floor.add_argument(
        "--floor", type=float, metavar="E", help=f"hold E at this value{_of('--floor')}"
    )
    fit(
        "--delta",
        type=float,
        help="Huber's delta on ln loss; 0 means least squares"
        + _of("--delta", "1e-3 for chinchilla and repeated, 0 for the others"),
    )
    fit(
        "--breaks",
        type=int,
        metavar="K",
        help=f"how often the curve bends: 0, 1 or 2{_of('--breaks', '1')}",
    )
    fit(
        "--drop-highest",
        type=int,
        metavar="K",
        help=f"leave out the K runs of highest loss{_of('--drop-highest')}",
    )
    fit(
        "--within",
        type=float,
        metavar="F",
        help=f"use only sizes within this factor of the best run of their budget{_of('--within')}",
    )
    fit(
        "--holdout",
        type=flops,
        metavar="F",
        help="leave the runs above F FLOPs out of the fit, and report the error on them",
    )
    add_interval_arguments(parser)
    group = parser.add_argument_group("what comes out")
    out = group.add_argument
    out(
        "--budget",
        type=flops,
        action="append",
        default=[],
        metavar="C",
        help="print the optimal N, D and loss for C FLOPs, with intervals; may be repeated",
    )
    form = group.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print JSON instead of text")
    form.add_argument("--markdown", action="store_true", help="print a table in Markdown")
    form.add_argument("--latex", action="store_true", help="print a table in LaTeX")
    out(
        "--table",
        type=Path,
        metavar="FILE",
        help="write the runs with fitted loss and residual as CSV",
    )
    out("--figure", type=Path, metavar="FILE", help="draw the fit into a PNG, SVG or PDF file")
    out("--save", type=Path, metavar="FILE", help="write the fit as JSON, for load_fit in Python")
    out("--report", type=Path, metavar="FILE", help="write one HTML page with numbers and figures")


def add_table_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments that say how to read the table of runs."""
    add = parser.add_argument_group("the table").add_argument
    add(
        "runs",
        type=Path,
        help="a table with a row for each run: CSV, TSV, JSON, JSON Lines or Parquet; - is the "
        "standard input",
    )
    add(
        "--columns",
        metavar="N=params,D=tokens,loss=val_loss",
        action="append",
        default=[],
        help="what your columns mean, if their names do not say so; names: "
        f"{', '.join(NAMES)}. M: tokens per parameter; U: unique tokens; run: the run of a "
        "checkpoint; group: runs that the bootstrap keeps together; may be repeated",
    )
    add(
        "--unit",
        metavar="N=M,D=B,C=EF",
        action="append",
        default=[],
        help="units: K, M, B, T, a factor such as 1e9, log10, ln; for C also PF, EF, ZF, PF-days; "
        "for the loss nats, "
        "bits, bpb, bpb*4.5 (bytes per token), ppl",
    )
    add(
        "--where",
        action="append",
        default=[],
        metavar="CONDITION",
        help="use only the runs for which this holds, such as 'N>1e8' or dataset=c4; may be "
        "repeated",
    )
    add(
        "--best",
        action="store_true",
        help="use the run of lowest loss at each N and D, as after a sweep of learning rates, or at "
        "each value of the only variable of the fit",
    )
    add("--last", action="store_true", help="use the last checkpoint of each run only")
    add(
        "--skip-missing",
        action="store_true",
        help="leave out runs whose N, D, C or loss is missing, NaN or infinite",
    )
    add("--keep-repeats", action="store_true", help="count rows that repeat another one")
    add(
        "--accept",
        action="append",
        default=[],
        metavar="WORD",
        help="answer a question about the table with yes, that is right: "
        f"{', '.join(ACCEPTABLE)}, all",
    )
    add("--by", metavar="COLUMN", help="fit the runs of each value of this column by themselves")


def flops(text: str) -> float:
    """FLOPs as people write them, an argument's type: 1e21, 1ZF, 20 PF-days."""
    number = parse_number(text)
    if number is None or not math.isfinite(number):
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a number of FLOPs, such as 1e21, 1ZF or 20PF-days"
        )
    return number


def add_interval_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the bootstrap."""
    add = parser.add_argument_group("the intervals").add_argument
    add(
        "--bootstrap",
        type=int,
        default=bootstrap.RESAMPLES,
        metavar="B",
        help=f"resamples behind the intervals ({bootstrap.RESAMPLES})",
    )
    add(
        "--resample",
        choices=bootstrap.METHODS,
        help="how runs are resampled (default: what held best for fits and noise of this kind)",
    )
    add(
        "--level",
        type=float,
        default=bootstrap.LEVEL,
        help=f"of the intervals ({bootstrap.LEVEL:g})",
    )
    add("--seed", type=int, default=0, help="of the bootstrap (0)")


def run(args: argparse.Namespace) -> int:
    """Fit, report, write. Returns 0, or 1 if a fit did not converge. Raises CourseError for bad
    input.
    """
    check_level(args.level)
    if args.budget and not min(args.budget) > 0:
        raise CourseError("--budget must be a positive number of FLOPs.")
    options = Options(
        x=args.x,
        floor=False if args.no_floor else args.floor,
        delta=args.delta,
        drop_highest=args.drop_highest,
        within=args.within,
        breaks=args.breaks,
    )
    reports, problems = fit_table(args, options)
    _write_files(args, reports)
    if args.json:
        print(json.dumps(_json(args.by, reports, problems), indent=2, allow_nan=False))
    else:
        for report in reports:
            if report.title:
                print(f"\n=== {args.by} = {report.title} ===")
            print(_text(report, args))
        for title, problem in problems.items():
            print(f"\n=== {args.by} = {title} ===\nno fit: {problem}")
    return 0 if not problems and all(report.fit.converged for report in reports) else 1


def _text(report: Report, args: argparse.Namespace) -> str:
    if args.markdown:
        return report.fit.to_markdown(args.level)
    return report.fit.to_latex(args.level) if args.latex else report.to_text()


def _json(by: str | None, reports: list[Report], problems: dict[str, str]) -> dict[str, object]:
    if by is None:
        return reports[0].to_dict()
    fits: dict[str, object] = {report.title: report.to_dict() for report in reports}
    return {"by": by, "fits": fits, "problems": problems}


# Fitting


def fit_table(args: argparse.Namespace, options: Options) -> tuple[list[Report], dict[str, str]]:
    """The reports of the fits that the arguments ask for, and with --by, why a value has none."""
    method = args.method
    needs = METHODS[method].needs if method else None
    table = read_table(args, options, needs, METHODS[method].curves if method else False)
    method = method or default_method(table.runs)
    METHODS[method].check(options)
    if args.budget and not METHODS[method].budgets:
        raise CourseError(
            f"--budget needs a law of N and D; the method {method} has one variable only."
        )
    if args.by is None:
        return [_report(method, table, args, options, "")], {}
    reports: list[Report] = []
    problems: dict[str, str] = {}
    for title, part in table.split(args.by).items():
        try:
            reports.append(_report(method, part, args, options, title))
        except CourseError as problem:
            problems[title] = str(problem)
    if not reports:
        title, problem = next(iter(problems.items()))
        raise CourseError(f"No value of {args.by} could be fitted; for {title}: {problem}")
    return reports, problems


def read_table(
    args: argparse.Namespace, options: Options, needs: tuple[str, ...] | None, curves: bool = False
) -> RunTable:
    """The table of runs, as the arguments of `add_table_arguments` say."""
    if needs is not None:
        needs = tuple((options.x or "C") if name == "x" else name for name in needs)
        needs = (*needs, "loss")
    return read_runs(
        args.runs,
        columns=",".join(args.columns),
        units=",".join(args.unit),
        where=args.where,
        by=args.by,
        last=args.last,
        best=args.best,
        skip_missing=args.skip_missing,
        keep_repeats=args.keep_repeats,
        accept=args.accept,
        needs=needs,
        curves=curves,
    )


def _report(
    method: str, table: RunTable, args: argparse.Namespace, options: Options, title: str
) -> Report:
    METHODS[method].columns(table.runs, options)
    runs, left_out = _hold_out(table.runs, args.holdout)
    fit = guarded(method, lambda: METHODS[method].fit(runs, options))
    fit = fit.with_bootstrap(args.bootstrap, args.seed, args.resample)
    guarded(method, lambda: len(fit.resamples))
    held_out = None
    if left_out is not None:
        if METHODS[method].is_allocation:
            left_out = best_of_budgets(left_out)
        predicted = fit.predict(*METHODS[method].inputs(left_out, options))
        error = np.log(np.asarray(predicted) / numbers(left_out, "loss"))
        held_out = HeldOut(args.holdout, left_out, error, METHODS[method].is_allocation)
    return Report(
        fit, replace(table, runs=runs), method, options, args.level, args.budget, held_out, title
    )


def guarded(method: str, compute: Callable[[], T]) -> T:
    """Run a computation without numpy's warnings, and turn its failures into one sentence."""
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            return compute()
    except (np.linalg.LinAlgError, ArithmeticError) as error:
        raise CourseError(
            f"The method {method} cannot be computed for these runs ({error}): check for runs far "
            f"from the others, or "
            "choose another --method."
        ) from None


def _hold_out(table: pd.DataFrame, above: float | None) -> tuple[pd.DataFrame, pd.DataFrame | None]:
    if above is None:
        return table, None
    if "C" not in table:
        raise CourseError("--holdout needs C, or N and D, to know which runs lie above the budget.")
    C = numbers(table, "C")
    mask = above < C
    if not mask.any() or mask.all():
        raise CourseError(
            f"--holdout {above:g} leaves out {mask.sum()} of {len(table)} runs; choose a budget "
            f"between "
            f"{C.min():.3g} and {C.max():.3g} FLOPs."
        )
    return keep(table, ~mask), keep(table, mask)


def best_of_budgets(runs: pd.DataFrame) -> pd.DataFrame:
    """The run of lowest loss at each budget."""
    C, loss = budgets(numbers(runs, "C")), numbers(runs, "loss")
    best = [int(np.where(budget == C, loss, np.inf).argmin()) for budget in np.unique(C)]
    return keep(runs, np.isin(np.arange(len(runs)), best))


# Writing


def _write_files(args: argparse.Namespace, reports: list[Report]) -> None:
    one = "--figure draws" if args.figure else "--save writes" if args.save else ""
    if one and len(reports) > 1:
        raise CourseError(
            f"{one} one fit, and --by {args.by} gives {len(reports)}: choose one with "
            f"--where, or write them "
            "all with --report."
        )
    if args.table:
        tables = [report.fitted_runs() for report in reports]
        whole = pd.concat(tables, ignore_index=True).sort_values("line")
        write_output(
            args.table, whole.to_csv(index=False, lineterminator="\n").encode(), folders=False
        )
    if args.figure:
        write_output(args.figure, _drawn(reports[0].figure(), args.figure), folders=False)
    if args.save:
        reports[0].fit.save(args.save)
    if args.report:
        write_output(args.report, to_html(reports).encode(), folders=False)


def _drawn(figure: Figure, path: Path) -> bytes:
    """The figure in the format of the file's extension."""
    content = io.BytesIO()
    try:
        figure.savefig(content, dpi=160, format=path.suffix[1:] or "png")
    except ValueError as error:
        raise CourseError(f"{path} cannot be written: {str(error).rstrip('.')}.") from None
    return content.getvalue()
