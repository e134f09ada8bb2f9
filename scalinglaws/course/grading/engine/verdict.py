"""The verdict on one test cell: an explicit value that is sent separately from the cell's outputs.

nbgrader reads a grade from a cell's outputs, where an error means no points and *nothing* means all
of them, so hiding an error would earn points. Here a test passes only if the tester reports it. A
verdict that is missing, cut or unreadable is UNJUDGED: no points, and a person is asked to look.
"""

import contextlib
import decimal
import math
import numbers
import sys
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

MAX_TEXT = 20_000  # characters of a message, and of a traceback
UNJUDGED_ERROR = "CouldNotBeJudged"  # its `ename` in a notebook


class State(StrEnum):
    """What became of a test."""

    PASSED = "passed"
    FAILED = "failed"
    UNJUDGED = "could not be judged"


@dataclass(frozen=True)
class Verdict:
    """The result of one test.

    points: the value of the test's last expression; None if it has none, which means all points if
    it passed. error, message: the kind and text of the error if it failed; the reason if it could
    not be judged.
    """

    state: State
    points: float | None = None
    error: str = ""
    message: str = ""
    traceback: tuple[str, ...] = ()

    @classmethod
    def unjudged(cls, reason: str) -> "Verdict":
        """There is no verdict; `reason` completes "This test could not be judged: ..."."""
        text = f"This test could not be judged ({reason}): 0 points until a person has looked."
        return cls(State.UNJUDGED, error=UNJUDGED_ERROR, message=text[:MAX_TEXT])

    @classmethod
    def failed(cls, error: str, message: str, traceback: list[str]) -> "Verdict":
        """The test raised an error, or showed one."""
        lines = "\n".join(traceback)[:MAX_TEXT].split("\n")
        return cls(State.FAILED, None, error[:200], message[:MAX_TEXT], tuple(lines))

    @classmethod
    def of_value(cls, value: object) -> "Verdict":
        """The test ran to its end; `value` is that of its last expression: None, or a number of
        points.
        """
        numpy = sys.modules.get("numpy")  # not imported here: a check of one copy does not need it
        truth = isinstance(value, bool) or (numpy is not None and isinstance(value, numpy.bool_))
        if value is None or (truth and value):
            return cls(State.PASSED)
        points = math.nan
        if isinstance(value, numbers.Real | decimal.Decimal) and not truth:
            with contextlib.suppress(
                OverflowError, ValueError
            ):  # an integer of 400 digits, a signalling nan
                points = float(value)
        if not math.isfinite(points):
            kind = type(value).__name__[:100]
            return cls.unjudged(f"its last value, of type {kind}, is not a number of points")
        return cls(State.PASSED, points)

    def to_message(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {
            "state": self.state.value,
            "points": self.points,
            "error": self.error,
            "message": self.message,
            "traceback": list(self.traceback),
        }

    @classmethod
    def from_message(cls, message: object) -> "Verdict":
        """The verdict in a message of `to_message`; UNJUDGED for anything else."""
        about = message.get("verdict") if isinstance(message, dict) else None
        if not isinstance(about, dict):
            return cls.unjudged("its result did not arrive")
        points, lines = about.get("points"), about.get("traceback")
        texts = [about.get("error"), about.get("message"), *(lines if type(lines) is list else [0])]
        known = about.get("state") in list(State)
        if (
            not known
            or type(points) not in (float, type(None))
            or not all(type(t) is str for t in texts)
        ):
            return cls.unjudged("its result cannot be read")
        state = State(about["state"])
        if state is State.PASSED:
            return cls.of_value(points)
        made = cls.failed(about["error"], about["message"], about["traceback"])
        return made if state is State.FAILED else cls(state, error=made.error, message=made.message)

    def outputs(self, most: float) -> list[dict[str, Any]]:
        """The outputs from which nbgrader computes the same grade, for a test worth `most` points.

        They are written last, and always have room. A test cell keeps no other outputs that
        nbgrader would read: see `without_grades`.
        """
        if self.state is not State.PASSED:
            lines = list(self.traceback) or [f"{self.error}: {self.message}"]
            return [
                {
                    "output_type": "error",
                    "ename": self.error,
                    "evalue": self.message,
                    "traceback": lines,
                }
            ]
        if self.points is None:
            return []
        points = min(max(self.points, 0.0), most)
        return [
            {
                "output_type": "execute_result",
                "execution_count": None,
                "metadata": {},
                "data": {"text/plain": repr(points)},
            }
        ]


def without_grades(outputs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A test cell's outputs, without those that nbgrader would read as its grade."""
    return [
        output
        for output in outputs
        if output["output_type"] not in ("error", "execute_result")
        and output.get("name") != "stderr"
    ]
