"""`scalinglaws plan runs.csv --spend 1e21 --for "L(1e23)"`: which runs to train next."""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import CourseError
from ..tables.numbers import parse_number
from .command import add_interval_arguments, add_table_arguments, flops, guarded, read_table
from .design import next_runs
from .methods import METHODS, AnyFit, Options, default_method, variable
from .report import check_level, number

# The methods that fit all runs at once; the others fit minima.
PLANNED = ("chinchilla", "joint", "overtraining", "repeated", "power", "broken")

_FORMS = (
    "L(1e23) for the lowest loss of a budget, N(1e23) or D(1e23) for its best size or tokens, "
    "L(7e9, 1e12) for the loss "
    "at N and D, or a parameter such as alpha"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `scalinglaws plan`."""
    parser.description = (
        "Fit a law to a table of runs, and choose the runs that would narrow the interval of a "
        "quantity most for the FLOPs that you can spend."
    )
    add_table_arguments(parser)
    add = parser.add_argument_group("the plan").add_argument
    add(
        "--spend",
        type=flops,
        metavar="C",
        help="FLOPs for all new runs together, such as 1e21, 1ZF or 20 PF-days",
    )
    add(
        "--for",
        dest="wanted",
        default="",
        metavar="QUANTITY",
        help=f"what to know better: {_FORMS}",
    )
    add(
        "--method",
        choices=PLANNED,
        help="the law to fit (chinchilla where N and D are known, else power): "
        + "; ".join(f"{name}: {METHODS[name].law('C')}" for name in PLANNED),
    )
    add("--most", type=int, default=30, metavar="K", help="plan at most K runs (30)")
    add(
        "--beyond",
        type=float,
        default=3.0,
        metavar="F",
        help="consider N and D up to F times the largest in the table, and D/N no further from "
        "those in the table (3)",
    )
    add("--json", action="store_true", help="print JSON instead of text")
    add_interval_arguments(parser)


@dataclass(frozen=True)
class Quantity:
    """The quantity that the user asked for."""

    text: str
    of: Callable[[Any], Any]
    numbers: int = 0  # how many arguments the law itself takes
    needs: str = ""  # what the law must have

    def check(self, fit: AnyFit) -> None:
        """Raise CourseError unless the law determines it."""
        law, variables = fit.law, fit.variables
        if self.text.isidentifier() and self.text not in fit.parameters:
            raise CourseError(
                f"{self.text} is not a parameter of this law; it has {', '.join(fit.parameters)}."
            )
        best = self.numbers == 1 and hasattr(law, "L_opt")
        if self.numbers and self.numbers != len(variables) and not best:
            raise CourseError(
                f"{self.text} does not say where: this law needs {', '.join(variables)}."
            )
        if self.needs and not hasattr(law, self.needs):
            raise CourseError(f"This law says nothing about {self.text}: ask for L(…).")


def parse_quantity(text: str) -> Quantity:
    """ "L(1e23)", "N(1e23)", "L(7B, 1T)" or a parameter's name. Raises CourseError for anything
    else.

    >>> from scalinglaws.constants import CHINCHILLA
    >>> parse_quantity("N(1e21)").of(CHINCHILLA) == CHINCHILLA.N_opt(1e21)
    True
    """
    asked = text.strip()
    if re.fullmatch(r"[A-Za-z]\w*", asked):
        return Quantity(asked, lambda law: getattr(law, asked))
    match = re.fullmatch(r"(L|N|D)(?:_opt)?\(([^()]+)\)", asked)
    values = [parse_number(part) for part in match[2].split(",")] if match else []
    numbers = [value for value in values if value is not None and np.isfinite(value) and value > 0]
    if match and len(numbers) == len(values):
        name = f"{match[1]}_opt"
        if len(numbers) > 1 and match[1] == "L":
            return Quantity(asked, lambda law: law(*numbers), len(numbers))
        if len(numbers) == 1 and match[1] == "L":  # a law of C alone has no L_opt
            return Quantity(asked, lambda law: getattr(law, name, law)(numbers[0]), 1)
        if len(numbers) == 1:
            return Quantity(asked, lambda law: getattr(law, name)(numbers[0]), needs=name)
    raise CourseError(f"--for takes {_FORMS}; it cannot read {text!r}.")


def run(args: argparse.Namespace) -> int:
    """Fit, plan, report. Returns 0, or 1 if the fit did not converge. Raises CourseError for bad
    input.
    """
    check_level(args.level)
    if not args.wanted:
        raise CourseError(
            'Add --for and what you want to know better, for example --for "N(1e23)": it takes '
            f"{_FORMS}."
        )
    if args.spend is None:
        raise CourseError(
            "Add --spend and the FLOPs of all new runs together, for example --spend 1e21."
        )
    if not args.spend > 0:
        raise CourseError("--spend must be a positive number of FLOPs, such as 1e21.")
    if args.by:
        raise CourseError(
            "A plan is made for one law: choose its runs with --where, not with --by."
        )
    if args.most < 1:
        raise CourseError("--most must be at least 1.")
    quantity = parse_quantity(args.wanted)
    options = Options()
    table = read_table(args, options, METHODS[args.method].needs if args.method else None)
    method: str = args.method or default_method(table.runs)
    METHODS[method].columns(table.runs, options)
    fit: AnyFit = guarded(method, lambda: METHODS[method].fit(table.runs, options))
    quantity.check(fit)
    cost = None
    if fit.variables == ("x",):
        if variable(table.runs, options) != "C":
            raise CourseError(
                f"{variable(table.runs, options)} alone does not give the cost of a run: add a "
                "column C, or N and D."
            )
        cost = np.asarray
    fit = fit.with_bootstrap(args.bootstrap, args.seed, args.resample)
    low, high = guarded(method, lambda: fit.interval(quantity.of, args.level))
    value = float(np.asarray(quantity.of(fit.law)))
    plan = guarded(
        method,
        lambda: next_runs(
            fit, args.spend, quantity.of, beyond=args.beyond, most=args.most, cost=cost
        ),
    )
    if args.json:
        report = {
            "quantity": quantity.text,
            "value": number(value),
            "interval": [number(low), number(high)],
            "level": args.level,
            "standard_error": {"before": number(plan.before), "after": number(plan.after)},
            "spent": number(plan.spent),
            "runs": [
                {str(name): number(entry) for name, entry in row.items()}
                for row in plan.runs.to_dict("records")
            ],
            "converged": bool(fit.converged),
            "notes": [*fit.notes, *table.notes],
        }
        print(json.dumps(report, indent=2, allow_nan=False))
        return 0 if fit.converged else 1
    print(
        f"{quantity.text} = {value:.4g}, {100 * args.level:g} % interval {low:.4g} to {high:.4g}, "
        f"from "
        f"{fit.n} runs ({METHODS[method].law('C')})\n\n{plan!r}"
    )
    for note in [*fit.notes, *table.notes]:
        print(f"  {note}")
    if not fit.converged:
        print(f"  NOT CONVERGED: {fit.evidence}")
    return 0 if fit.converged else 1
