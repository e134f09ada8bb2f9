"""The published marks of an assignment, in ledger/<assignment>/published/."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from scalinglaws.files import replace_file, unreadable


@dataclass(frozen=True)
class Mark:
    """A published mark. score: after the late penalty; date: when it was published."""

    score: float | None
    max_score: float
    late_penalty: float
    date: str


def _file(course: Path, assignment: str) -> Path:
    return course / "ledger" / assignment / "published" / "marks.json"


def read_published(course: Path, assignment: str) -> dict[str, Mark]:
    """{student: published mark}.

    Raises CourseError for an unreadable file, because marks would change silently.
    """
    path = _file(course, assignment)
    try:
        found: Mapping[str, Any] = json.loads(path.read_text("utf-8"))
        return {student: Mark(**about) for student, about in found.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise unreadable(path, "the published marks", error) from None


def write_published(course: Path, assignment: str, marks: Mapping[str, Mark]) -> None:
    """Replace the published marks of an assignment."""
    data = {student: asdict(marks[student]) for student in sorted(marks)}
    text = json.dumps(data, indent=1, ensure_ascii=False)
    replace_file(_file(course, assignment), text.encode("utf-8", "replace"))
