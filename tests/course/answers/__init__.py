"""Answers that learners give, right and wrong, for every exercise of every notebook."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Answers:
    """Code for one answer cell. `wrong`: pairs of code and a part of the reply that names the slip ("" where none is named)."""

    right: list[str] = field(default_factory=list)
    wrong: list[tuple[str, str]] = field(default_factory=list)
