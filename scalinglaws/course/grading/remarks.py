"""What a marker should know about a submission, sorted by what they should do."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a person should do about a remark: the heading of its list in `scalinglaws grade`."""

    LOOK = "Graded, but please look"
    FOUND = "Which file was graded"
    REPAIRED = "Repaired"
    LEFT_OUT = "Left out"


@dataclass(frozen=True)
class Remark:
    """One remark. text: for the marker, made safe for a terminal."""

    kind: Kind
    text: str

    def __str__(self) -> str:
        return self.text


def repaired(text: str) -> Remark:
    """Something was repaired, and nothing is lost."""
    return Remark(Kind.REPAIRED, text)


def look(text: str) -> Remark:
    """A person should look, or the mark may be unfair."""
    return Remark(Kind.LOOK, text)
