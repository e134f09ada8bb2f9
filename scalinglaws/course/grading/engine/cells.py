"""A session's input and output: an assignment's common part, and cells."""

from dataclasses import dataclass, field

from .outputs import Output
from .verdict import Verdict


@dataclass
class Cell:
    """A code cell to run, and its results.

    test: its grade_id, if it is a locked test cell; it then always gets a `verdict`. given: whether
    it is unchanged from the release.
    """

    source: str
    test: str = ""
    given: bool = False
    outputs: list[Output] = field(default_factory=list)
    sketches: list[bytes] = field(default_factory=list)  # figures to be drawn: see `figures`
    cut: bool = False  # its output exceeded the limit
    seconds: float = 0.0
    verdict: Verdict | None = None


@dataclass
class Course:
    """What all submissions of an assignment share.

    imports, learners: see `names.Owners`. hide: folders kept out of sight.
    """

    imports: list[str] = field(default_factory=list)
    learners: dict[str, list[str]] = field(default_factory=dict)
    hide: list[str] = field(default_factory=list)
