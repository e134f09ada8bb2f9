"""The verdict on one test cell: an explicit value that travels apart from what the cell put out.

nbgrader reads a grade from a cell's outputs, where an error means no points and *nothing* means all of them: whatever makes an
error disappear earns points. Here a test passes because the tester says so. What did not arrive, was cut or cannot be read is
UNJUDGED: no points, and a person is asked to look.
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
UNJUDGED_ERROR = "CouldNotBeJudged"  # the `ename` by which a notebook shows it


class State(StrEnum):
    """What became of a test."""

    PASSED = "passed"
    FAILED = "failed"
    UNJUDGED = "could not be judged"


@dataclass(frozen=True)
class Verdict:
    """What one test came to.

    points: what the test's last expression gave; None where it gave nothing: then all points, if it passed.
    error, message: the kind of the error and its text, where it failed; the reason, where it could not be judged.
    """

    state: State
    points: float | None = None
    error: str = ""
    message: str = ""
    traceback: tuple[str, ...] = ()

    @classmethod
    def unjudged(cls, reason: str) -> "Verdict":
        """No verdict could be had; `reason` completes "This test could not be judged: ..."."""
        text = f"This test could not be judged ({reason}): 0 points until a person has looked."
        return cls(State.UNJUDGED, error=UNJUDGED_ERROR, message=text[:MAX_TEXT])

    @classmethod
    def failed(cls, error: str, message: str, traceback: list[str]) -> "Verdict":
        """The test raised an error, or showed one."""
        lines = "\n".join(traceback)[:MAX_TEXT].split("\n")
        return cls(State.FAILED, None, error[:200], message[:MAX_TEXT], tuple(lines))

    @classmethod
    def of_value(cls, value: object) -> "Verdict":
        """The test ran to its end, and `value` is that of its last expression: None, or a number of points."""
        numpy = sys.modules.get(
            "numpy"
        )  # not imported for this: a check of one copy has no need of it
        truth = isinstance(value, bool) or (numpy is not None and isinstance(value, numpy.bool_))
        if value is None or (truth and value):
            return cls(State.PASSED)
        points = math.nan
        if isinstance(value, numbers.Real | decimal.Decimal) and not truth:
            with contextlib.suppress(OverflowError, ValueError):  # of 400 digits, a signalling nan
                points = float(value)
        if not math.isfinite(points):
            kind = type(value).__name__[:100]
            return cls.unjudged(f"its last value, of type {kind}, is no number of points")
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
        """What `to_message` gave; UNJUDGED where it is anything else."""
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
        """The outputs by which nbgrader comes to the same grade, of a test worth `most` points.

        They are written last, and nothing that a submission puts out takes their room. Of other outputs a test cell keeps none
        that nbgrader would read: see `without_grades`.
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
    """What a test cell put out, without what nbgrader would take for its grade."""
    return [
        output
        for output in outputs
        if output["output_type"] not in ("error", "execute_result")
        and output.get("name") != "stderr"
    ]
