"""The base of every law."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, cast

import numpy as np

from ..errors import CourseError

# Where fits look for a law's parameters: {name: (low, high)}.
Ranges = Mapping[str, tuple[float, float]]


def numbers(law: type[Any]) -> list[str]:
    """The names of a law's own parameters: its fields except its name and citation."""
    return [item.name for item in fields(law) if item.init and item.compare]


def inner_names(law: type[Any], field: str, inner: type[Any]) -> dict[str, str]:
    """The names that an inner law's numbers get in the outer law: the same, unless already taken.

    >>> from scalinglaws.laws import DistillationLaw, JointLaw
    >>> list(inner_names(DistillationLaw, "supervised", JointLaw))[:2]
    ['E', 'supervised_A']
    """
    taken = numbers(law)
    return {f"{field}_{name}" if name in taken else name: name for name in numbers(inner)}


@dataclass(frozen=True, repr=False)
class Formula:
    """The base of all laws: a repr with six digits, and parameters that are checked.

    name, citation: of a published law, empty otherwise; two laws with the same numbers are equal.
    """

    name: str = field(default="", compare=False, repr=False, kw_only=True)
    citation: str = field(default="", compare=False, repr=False, kw_only=True)

    def __repr__(self) -> str:
        shown = []
        for item in fields(cast(Any, self)):
            value = getattr(self, item.name)
            if item.repr:
                text = f"{value:.6g}" if isinstance(value, float) else repr(value)
                shown.append(f"{item.name}={text}")
        return f"{type(self).__name__}({', '.join(shown)})"

    def __getattr__(self, name: str) -> Any:
        """A number of a law inside this one, under the name that `inner_names` gives it."""
        if not name.startswith("__"):
            for item in fields(cast(Any, type(self))):
                inner = self.__dict__.get(item.name)
                if isinstance(inner, Formula):
                    for own, number in inner_names(type(self), item.name, type(inner)).items():
                        if own == name:
                            return getattr(inner, number)
        raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")

    def _require(self, *names: str, zero: bool = False) -> None:
        """Raise CourseError unless the named parameters are finite and positive (or zero, if
        allowed).
        """
        for name in names:
            value = getattr(self, name)
            if not (np.isfinite(value) and (value > 0 or (zero and value == 0))):
                wanted = "zero or positive" if zero else "a positive number"
                raise CourseError(f"{type(self).__name__}: {name} must be {wanted}, not {value:g}.")
