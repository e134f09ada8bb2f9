"""How often intervals held the truth in synthetic studies: coverage.json, as recorded.

`benchmarks/coverage.py --record` measures it and writes both this file and its page.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import CourseError

if TYPE_CHECKING:
    from .result import Fit

RECORD = Path(__file__).with_suffix(".json")
_REACH = 2.0  # a study applies to a fit with half to twice as many runs


@dataclass(frozen=True)
class Study:
    """Synthetic studies of one kind, and how often the default intervals held the truth.

    name: the kind. fit: the class of the results. huber: whether the loss was Huber's. grouped:
    whether runs had correlated noise. wrong_form: whether the law fitted was not the one that made
    the runs. units: the runs of one study, or its groups. studies: how many there were. shares: for
    each quantity the per cent of studies whose 80 % and whose 95 % interval held its true value.
    """

    name: str
    fit: str
    huber: bool
    grouped: bool
    wrong_form: bool
    units: int
    studies: int
    shares: dict[str, tuple[float, float]]

    def speaks_for(self, fit: Fit[Any]) -> bool:
        """Whether a fit is of this kind, with about as many runs."""
        units = fit.resamples.units
        return (
            self.fit == type(fit).__name__
            and self.huber == (fit.delta is not None)
            and self.grouped == fit.grouped
            and self.wrong_form == fit.wrong_form
            and units / _REACH <= self.units <= units * _REACH
        )


@cache
def recorded_studies() -> tuple[Study, ...]:
    """The studies of the record."""
    rows = json.loads(RECORD.read_text(encoding="utf-8"))["studies"]
    return tuple(
        Study(**row | {"shares": {name: tuple(s) for name, s in row["shares"].items()}})
        for row in rows
    )


def write(studies: list[Study], seed: int, resamples: int, path: Path = RECORD) -> None:
    """Record studies, made from a seed with this many resamples each."""
    record = {"seed": seed, "resamples": resamples, "studies": [asdict(study) for study in studies]}
    path.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def measured(fit: Fit[Any]) -> str:
    """A sentence with the measured coverage of a fit's intervals, or saying that it was not
    measured.
    """
    try:
        asked = fit.resamples.asked.method is not None
        studies = [study for study in recorded_studies() if study.speaks_for(fit)]
    except CourseError:
        return ""
    if asked or not studies:
        what = "a bootstrap other than the default" if asked else "fits of this kind and size"
        return f"coverage: not measured for {what}"
    shares = [pair for study in studies for pair in study.shares.values()]
    inner, outer = (f"{min(s):.0f} to {max(s):.0f} %" for s in zip(*shares, strict=True))
    runs = sorted({study.units for study in studies})
    size = f"{runs[0]}" if len(runs) == 1 else f"{runs[0]} to {runs[-1]}"
    return (
        f"coverage: 80 % intervals held the truth in {inner}, 95 % ones in {outer} of "
        f"{sum(study.studies for study in studies)} synthetic studies with {size} "
        f"{'groups' if fit.grouped else 'runs'}"
    )
