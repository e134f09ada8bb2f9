"""The ledger of graded work: for each submission what was graded, by which version, and how it
went.

One file per submission, `ledger/<assignment>/<student>.json` beside the gradebook. It is written
last, after the gradebook and autograded/, so if grading stops in between, that submission is graded
again.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from scalinglaws.files import replace_file

from .remarks import Kind, Remark
from .results import State, Test

UNKNOWN_VERSION = "unknown version"
_T = TypeVar("_T")


@dataclass(frozen=True)
class Entry:
    """The record of a graded submission.

    digest: of everything that its grade depends on; empty if it must be graded again. versions:
    {exercise: digest of the version that it was marked with}, with "" for what all exercises share.
    unreadable: {notebook: why}. stopped, flooded, unjudged: cells. tests: by grade_id.
    """

    digest: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    unreadable: Mapping[str, str] = field(default_factory=dict)
    remarks: tuple[Remark, ...] = ()
    stopped: tuple[str, ...] = ()
    flooded: tuple[str, ...] = ()
    unjudged: tuple[str, ...] = ()
    seconds: float = 0.0
    tests: Mapping[str, Test] = field(default_factory=dict)

    def stale(self, versions: Mapping[str, str]) -> list[str]:
        """The exercises that were marked with a different version, in order.

        [UNKNOWN_VERSION] if the entry is older than the recording of versions.
        """
        if self.unreadable:
            return []
        if not self.versions:
            return [UNKNOWN_VERSION]
        if self.versions.get("") != versions.get(""):
            return [name for name in versions if name]
        return [name for name, now in versions.items() if self.versions.get(name) != now]


class Ledger:
    """The ledger of one assignment of a course."""

    def __init__(self, course: Path, assignment: str) -> None:
        self.folder = course / "ledger" / assignment
        # The place of entries until version 0.2: read if there is no newer one.
        self._old = course / ".cache" / "grade" / assignment

    def read(self, student: str) -> Entry | None:
        """A submission's entry; None if there is no readable one."""
        for folder in (self.folder, self._old):
            try:
                return _entry(json.loads((folder / f"{student}.json").read_text("utf-8")))
            # A file may be torn, merged or edited by hand: then it is treated as missing.
            except (OSError, ValueError, TypeError, LookupError, RecursionError, OverflowError):
                continue
        return None

    def write(self, student: str, entry: Entry) -> None:
        """Replace a submission's entry. Raises OSError if it cannot be written."""
        text = json.dumps(asdict(entry), indent=1, ensure_ascii=False)
        replace_file(self.folder / f"{student}.json", text.encode("utf-8", "replace"))

    def keep_removed(self, marks: list[dict[str, Any]]) -> Path:
        """Save the marks that people gave for cells that the assignment no longer has; returns the
        file.
        """
        path = self.folder / "removed_marks.jsonl"
        self.folder.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8", errors="replace") as file:
            file.writelines(json.dumps(mark, ensure_ascii=False) + "\n" for mark in marks)
        return path


def _entry(data: Any) -> Entry:
    """An entry from JSON. Raises TypeError, ValueError or LookupError if it is not one."""
    _is(data, dict)
    return Entry(
        digest=_is(data["digest"], str),
        versions=_texts_by_name(data.get("versions", {})),
        unreadable=_texts_by_name(data["unreadable"]),
        remarks=tuple(map(_remark, _is(data["remarks"], list))),
        stopped=_texts(data["stopped"]),
        flooded=_texts(data["flooded"]),
        unjudged=_texts(data.get("unjudged", [])),
        seconds=_number(data["seconds"]),
        tests={name: _test(test) for name, test in _is(data["tests"], dict).items()},
    )


def _is(value: Any, kind: type[_T]) -> _T:
    if not isinstance(value, kind):
        raise TypeError(f"{value!r} is no {kind.__name__}")
    return value


def _texts(values: Any) -> tuple[str, ...]:
    return tuple(_is(value, str) for value in _is(values, list))


def _texts_by_name(values: Any) -> dict[str, str]:
    return {name: _is(value, str) for name, value in _is(values, dict).items()}


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise TypeError(f"{value!r} is not a number")
    return float(value)


def _remark(data: Any) -> Remark:
    if isinstance(data, str):  # an old entry
        kind = Kind.LOOK if data.startswith("missing answers") else Kind.REPAIRED
        return Remark(kind, data)
    return Remark(Kind(_is(data, dict)["kind"]), _is(data["text"], str))


def _test(data: Any) -> Test:
    given, most = _is(data, dict)["points"], _number(data["most"])
    points = None if given is None else _number(given)
    if "state" in data:
        state = State(data["state"])
    else:  # an old entry
        state = State.WAITS if points is None else State.RIGHT if points >= most else State.WRONG
    message, hints = _is(data["message"], str), _texts(data.get("hints", []))
    return Test(points, most, state, message, _number(data["seconds"]), hints)
