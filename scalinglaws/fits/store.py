"""Fits on disk: readable JSON with the runs, the options and the law."""

from __future__ import annotations

import functools
import inspect
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import numpy as np
import pandas as pd

from .. import laws
from ..errors import CourseError
from ..files import write_output

if TYPE_CHECKING:
    from .result import Fit

P = ParamSpec("P")
F = TypeVar("F", bound="Fit[Any]")

_FITS: dict[str, Callable[..., Fit[Any]]] = {}


@dataclass(frozen=True)
class Call:
    """The call that made a fit: the function's name and its arguments."""

    function: str
    arguments: Mapping[str, Any]


def recorded(function: Callable[P, F]) -> Callable[P, F]:
    """Make the fits that a function returns remember their call."""

    @functools.wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> F:
        fit = function(*args, **kwargs)
        arguments = inspect.signature(function).bind(*args, **kwargs).arguments
        return replace(fit, call=Call(function.__name__, arguments))

    _FITS[function.__name__] = wrapper
    return wrapper


def refitted(call: Call, B: int, seed: int, method: Any) -> Fit[Any]:
    """The fit of a call, with the bootstrap that it asked for."""
    return _FITS[call.function](**call.arguments).with_bootstrap(B, seed, method)


def save_fit(fit: Fit[Any], path: str | Path) -> None:
    """Write a fit as JSON: its law, how well it fits, the runs and the options that it came from.

    Raises CourseError if it was fitted with a function of yours, which a file cannot hold, or if the
    file cannot be written; an older file then stays as it was.
    """
    parameters = {name: getattr(fit.law, name) for name in fit.parameters}
    arguments = {name: _plain(value) for name, value in fit.call.arguments.items()}
    record = {
        "fit": fit.call.function,
        # A formula that one of our fits made has parameters and nothing else.
        "law": parameters if hasattr(fit.law, "function") else _plain(fit.law),
        "parameters": parameters,
        "runs": fit.n,
        "objective": fit.objective,
        "converged": fit.converged,
        "evidence": fit.evidence,
        "notes": list(fit.notes),
        "bootstrap": {name: getattr(fit.resampling, name) for name in ("B", "seed", "method")},
        "arguments": arguments,
    }
    text = json.dumps(record, indent=1) + "\n"
    write_output(Path(path), text.encode(), folders=False)


def load_fit(path: str | Path) -> Fit[Any]:
    """The fit that its `save` wrote, fitted again to its runs, which takes milliseconds.

    Raises CourseError if the file is missing or not a saved fit, or if the runs now give another
    law.

    >>> import tempfile
    >>> from scalinglaws.fits import fit_power_law
    >>> x = np.geomspace(1e6, 1e10, 9)
    >>> fit = fit_power_law(x, 1.7 + 400 * x**-0.34)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     fit.save(f"{folder}/fit.json")
    ...     again = load_fit(f"{folder}/fit.json")
    >>> again.law == fit.law
    True
    """
    try:
        record = json.loads(Path(path).read_text(encoding="utf-8"))
        arguments = {name: _restored(value) for name, value in record["arguments"].items()}
        call = Call(record["fit"], arguments)
        expected, resampling = record["parameters"], record["bootstrap"]
        if call.function not in _FITS:
            raise KeyError(call.function)
    except OSError:
        raise CourseError(f"The file {path} is missing or cannot be read.") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise CourseError(f"{path} is no fit that fit.save wrote.") from None
    fit = refitted(call, **resampling)
    found = {name: getattr(fit.law, name) for name in fit.parameters}
    if set(found) != set(expected) or not np.allclose(
        list(found.values()), [expected[name] for name in found], rtol=1e-4
    ):
        raise CourseError(
            f"The runs in {path} now give a different law than the saved one: the file was "
            "edited, or written by another version."
        )
    return fit


def _plain(value: Any) -> Any:
    """A value for JSON; laws and their classes by name."""
    if isinstance(value, pd.DataFrame):
        return {str(name): _plain(value[name]) for name in value}
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, np.ndarray | pd.Series | pd.Index | list | tuple):
        return np.asarray(value).tolist()
    if isinstance(value, np.generic):
        return value.item()
    if is_dataclass(value) and not isinstance(value, type):
        shown = {
            item.name: _plain(getattr(value, item.name)) for item in fields(value) if item.repr
        }
        return {"law": type(value).__name__, **shown}
    if callable(value):
        name = getattr(value, "__name__", "")
        if getattr(laws, name, None) is not value:
            raise CourseError(
                f"A fit of your own formula {name} cannot be saved: a file holds no code. Save its "
                "table of runs and its parameters."
            )
        return {"law class": name}
    return value


def _restored(value: Any) -> Any:
    if isinstance(value, dict) and set(value) == {"law class"}:
        return getattr(laws, value["law class"])
    if isinstance(value, dict) and "law" in value:
        numbers = {name: item for name, item in value.items() if name != "law"}
        return getattr(laws, value["law"])(**numbers)
    if isinstance(value, dict):
        return {name: _restored(item) for name, item in value.items()}
    return value
