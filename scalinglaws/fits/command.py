"""`scalinglaws fit runs.csv`: anybody's table of runs in; the law with intervals, a table and a figure out."""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path

import numpy as np
import pandas as pd

from ..errors import CourseError
from . import fit_broken_power_law, fit_chinchilla, fit_envelope, fit_isoflop, fit_power_law

METHODS = ("chinchilla", "isoflop", "envelope", "power", "broken")
NAMES = ("N", "D", "C", "loss", "run", "group")  # what a column can mean


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Fit a scaling law to a table of runs: columns N (parameters), D (training tokens) or C (training FLOPs), and "
        "loss. Prints the law with bootstrap intervals."
    )
    add = parser.add_argument
    add("runs", type=Path, help="a CSV file with a header and one row for each run")
    add(
        "--columns",
        metavar="N=params,D=tokens,loss=val_loss",
        default="",
        help=f"which of your columns means what; names to map: {', '.join(NAMES)}. run labels the curve that a row "
        "belongs to (envelope), group the runs that the bootstrap keeps together (seeds)",
    )
    add(
        "--method",
        choices=METHODS,
        help="chinchilla: E + A/N^alpha + B/D^beta; isoflop: parabolas at each C; envelope: lower hull of training "
        "curves; power: E + a/x^alpha; broken: a power law with one break. Default: chinchilla where N comes with "
        "D or C, else power",
    )
    add(
        "--x",
        choices=("N", "D", "C"),
        help="the variable of power and broken (default: the one there is)",
    )
    add("--no-floor", action="store_true", help="fix E = 0 (chinchilla, power)")
    add(
        "--delta",
        type=float,
        help="Huber's delta on ln loss; 0 means least squares (default: 1e-3 for chinchilla, 0 for power)",
    )
    add(
        "--drop-highest",
        type=int,
        default=0,
        metavar="K",
        help="leave out the K runs of highest loss",
    )
    add(
        "--bootstrap",
        type=int,
        default=1000,
        metavar="B",
        help="resamples behind the intervals (1000)",
    )
    add("--level", type=float, default=0.95, help="of the intervals (0.95)")
    add("--seed", type=int, default=0, help="of the bootstrap (0)")
    add(
        "--budget",
        type=float,
        action="append",
        default=[],
        metavar="C",
        help="print the optimal N, D and loss for C FLOPs, with intervals; may be repeated",
    )
    add(
        "--holdout",
        type=float,
        metavar="F",
        help="leave the runs above F FLOPs out of the fit, and report the error on them",
    )
    add("--json", action="store_true", help="print JSON instead of text")
    add(
        "--table",
        type=Path,
        metavar="FILE",
        help="write the runs with fitted loss and residual as CSV",
    )
    add("--figure", type=Path, metavar="FILE", help="draw the fit into a PNG, SVG or PDF file")


def run(args: argparse.Namespace) -> int:
    """Fit, report, write. Returns 0, or 1 if the fit did not converge. Raises CourseError for bad input."""
    if args.budget and min(args.budget) <= 0:
        raise CourseError("--budget must be a positive number of FLOPs.")
    table = read_runs(args.runs, parse_columns(args.columns))
    method = args.method or ("chinchilla" if "N" in table and {"D", "C"} & set(table) else "power")
    if args.budget and method in ("power", "broken"):
        raise CourseError(
            f"--budget needs a law of N and D; the method {method} has one variable only."
        )
    table, held_out = _hold_out(table, args.holdout)
    fit = _fit(method, table, args)
    fit = fit.with_bootstrap(args.bootstrap, args.seed)

    where = _where(method, table, fit, args)
    report = {
        "method": method,
        "law": {name: _number(getattr(fit.law, name)) for name in fit.parameters},
        "intervals": {
            name: [_number(v) for v in fit.interval(name, args.level)] for name in fit.parameters
        },
        "level": args.level,
        "runs": fit.n,
        "resamples": len(fit.resamples),
        "objective": fit.objective,
        "delta": fit.delta,
        "r2_log": fit.r2_log,
        "rmse_log": fit.rmse_log,
        "pattern": fit.residual_autocorrelation,
        "converged": fit.converged,
        "evidence": fit.evidence,
        "notes": list(fit.notes),
        "dropped_lines": [int(table["line"].iloc[row]) for row in getattr(fit, "dropped", ())],
    }
    if args.budget:
        report["budgets"] = {
            f"{C:g}": {
                name: {key: _number(value) for key, value in row.items()}
                for name, row in fit.optimum(C, args.level).to_dict("index").items()
            }
            for C in args.budget
        }
    if held_out is not None:
        error = _errors(fit, method, held_out, args)
        report["holdout"] = {
            "above_flops": args.holdout,
            "runs": len(held_out),
            "rmse_percent": _number(100 * np.sqrt(np.mean(error**2))),
            "bias_percent": _number(100 * np.mean(error)),
        }
    if args.table:
        _write(
            args.table,
            lambda path: _fitted_table(table, held_out, fit, method, args).to_csv(
                path, index=False
            ),
        )
    if args.figure:
        _write(args.figure, lambda path: _draw(fit, method, where).figure.savefig(path, dpi=160))
    print(json.dumps(report, indent=2, allow_nan=False) if args.json else _text(fit, report))
    return 0 if fit.converged else 1


# Reading


def parse_columns(text: str) -> dict[str, str]:
    """{"N": "params"} from "N=params,…". Raises CourseError for anything else."""
    mapping = {}
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        name, equals, column = (piece.strip() for piece in part.partition("="))
        if not equals or not column or name not in NAMES:
            raise CourseError(
                f"--columns takes name=column pairs, such as N=params,loss=val_loss, with the names "
                f"{', '.join(NAMES)}; it cannot read {part!r}."
            )
        mapping[name] = column
    return mapping


def read_runs(path: Path, mapping: dict[str, str]) -> pd.DataFrame:
    """The table of runs with the columns that were found, under our names, and `line`, their line in the file.

    N, D, C and loss must be positive numbers. Raises CourseError, naming column and lines, where they are not.
    """
    try:
        raw = pd.read_csv(path, skipinitialspace=True)
    except FileNotFoundError:
        raise CourseError(f"There is no file {path}.") from None
    except (OSError, UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        why = " ".join(str(error).split()).rstrip(".")
        raise CourseError(f"{path} cannot be read as CSV: {why}.") from None
    table = pd.DataFrame({"line": np.arange(len(raw)) + 2})
    for name in NAMES:
        column = mapping.get(name, name)
        if column not in raw:
            if name in mapping or name == "loss":
                listed = ", ".join(map(str, raw.columns))
                raise CourseError(
                    f"{path} has no column {column!r}; it has {listed}: name yours with --columns {name}=…"
                )
            continue
        if name in ("run", "group"):
            table[name] = raw[column]
            continue
        numbers = pd.to_numeric(raw[column], errors="coerce")
        for bad, what in (
            (raw[column].isna(), "missing"),
            (numbers.isna(), "not a number"),
            (np.isinf(numbers), "infinite"),
            (numbers <= 0, "zero or negative"),
        ):
            if bad.any():
                lines = (np.flatnonzero(bad) + 2).tolist()
                shown = ", ".join(map(str, lines[:5])) + (
                    f" and {len(lines) - 5} more" if len(lines) > 5 else ""
                )
                raise CourseError(
                    f"{column} is {what} in line{'s' if len(lines) > 1 else ''} {shown} of {path}: mend or remove "
                    f"{'them' if len(lines) > 1 else 'it'}."
                )
        table[name] = numbers.astype(float)
    if not {"N", "D", "C"} & set(table):
        raise CourseError(
            f"{path} needs a column N, D or C beside the loss: name yours with --columns N=…,D=…"
        )
    if "N" in table and "C" in table and "D" not in table:
        table["D"] = table["C"] / (6 * table["N"])
    if "N" in table and "D" in table and "C" not in table:
        table["C"] = 6 * table["N"] * table["D"]
    return table


def _hold_out(table, above):
    if above is None:
        return table, None
    if "C" not in table:
        raise CourseError("--holdout needs C, or N and D, to know which runs lie above the budget.")
    mask = table["C"] > above
    if not mask.any() or mask.all():
        raise CourseError(
            f"--holdout {above:g} leaves out {mask.sum()} of {len(table)} runs; choose a budget between "
            f"{table['C'].min():.3g} and {table['C'].max():.3g} FLOPs."
        )
    return table[~mask].reset_index(drop=True), table[mask].reset_index(drop=True)


# Fitting


def _need(table, method, *names):
    missing = [name for name in names if name not in table]
    if missing:
        raise CourseError(
            f"The method {method} needs the column{'s' if len(missing) > 1 else ''} {', '.join(missing)}: name "
            f"yours with --columns {missing[0]}=…"
        )
    return [table[name] for name in names]


def _fit(method, table, args):
    groups = table.get("group")
    floor = not args.no_floor
    if args.delta is not None and args.delta < 0:
        raise CourseError("--delta must be zero (least squares) or positive.")
    if args.drop_highest and method != "chinchilla":
        raise CourseError("--drop-highest belongs to the method chinchilla.")
    if method == "chinchilla":
        N, D, loss = _need(table, method, "N", "D", "loss")
        delta = 1e-3 if args.delta is None else args.delta or None
        return fit_chinchilla(
            N, D, loss, delta=delta, floor=floor, groups=groups, drop_highest=args.drop_highest
        )
    if method == "isoflop":
        N, C, loss = _need(table, method, "N", "C", "loss")
        return fit_isoflop(N, loss, C=C, D=table["D"])
    if method == "envelope":
        N, D, loss, run = _need(table, method, "N", "D", "loss", "run")
        return fit_envelope(N, D, loss, run=run)
    (x,) = _need(table, method, _variable(table, args))
    if method == "broken":
        return fit_broken_power_law(x, table["loss"], groups=groups)
    return fit_power_law(x, table["loss"], floor=floor, delta=args.delta or None, groups=groups)


def _variable(table, args) -> str:
    """The variable of a law of one variable: the one asked for, or C, N or D, the first that is there."""
    return args.x or next(name for name in "CND" if name in table)


def _where(method, table, fit, args):
    return _variable(table, args) if method in ("power", "broken") else "C"


def _inputs(method, table, args):
    if method == "chinchilla":
        return [table["N"].to_numpy(), table["D"].to_numpy()]
    if method in ("isoflop", "envelope"):
        return [table["C"].to_numpy()]
    return [table[_variable(table, args)].to_numpy()]


def _errors(fit, method, table, args):
    """ln L_model - ln L of other runs. For an allocation law L_model is the best loss at their C."""
    return np.log(np.asarray(fit.predict(*_inputs(method, table, args))) / table["loss"].to_numpy())


# Reporting


def _number(value) -> float | None:
    value = float(value)
    return value if math.isfinite(value) else None


def _text(fit, report) -> str:
    lines = [fit.to_text(report["level"])]
    if report["dropped_lines"]:
        lines.append(
            f"  these are lines {', '.join(map(str, report['dropped_lines']))} of the file"
        )
    for C, rows in report.get("budgets", {}).items():
        lines.append(f"\nBest use of {C} FLOPs ({100 * report['level']:g} % interval)")
        lines += [
            f"  {name:<17} {row['value']:>10.4g}   {row['low']:.4g} to {row['high']:.4g}"
            for name, row in rows.items()
        ]
    if "holdout" in report:
        held = report["holdout"]
        lines.append(
            f"\n{held['runs']} runs above {held['above_flops']:g} FLOPs were left out: typical error "
            f"{held['rmse_percent']:.2g} %, on average {held['bias_percent']:+.2g} % (positive: predicted too high)"
        )
    return "\n".join(lines)


def _fitted_table(table, held_out, fit, method, args) -> pd.DataFrame:
    parts = [table.assign(held_out=False)]
    if held_out is not None:
        parts.append(held_out.assign(held_out=True))
    whole = pd.concat(parts, ignore_index=True)
    whole["in_fit"] = ~whole["held_out"]
    whole.loc[list(getattr(fit, "dropped", ())), "in_fit"] = False
    whole["fitted_loss"] = fit.predict(*_inputs(method, whole, args))
    whole["residual"] = np.log(whole["fitted_loss"] / whole["loss"])
    return whole.drop(columns="held_out").sort_values("line")


def _draw(fit, method, where):
    from matplotlib.figure import Figure

    from .. import plots

    ax = Figure(figsize=(6.4, 4.2), facecolor="white", layout="constrained").subplots()
    if method == "chinchilla":
        return plots.plot_contours(fit.law, fit.N, fit.D, ax)
    if method == "isoflop":
        return plots.plot_isoflop(fit, ax)
    if method == "envelope":
        return plots.plot_N_opt(fit.C, fit, ax=ax)
    if method == "power":
        return plots.plot_fit(fit, ax, against=where)
    plots.plot_runs(fit.x, fit.loss, ax, against=where, label="runs")
    return plots.plot_law(fit.law, fit.x, ax, against=where, label="broken power law", series=1)


def _write(path: Path, write) -> None:
    try:
        write(path)
    except (OSError, ValueError) as error:
        why = " ".join(str(error).split()).rstrip(".")
        raise CourseError(f"{path} cannot be written: {why}.") from None
