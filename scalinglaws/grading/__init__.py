"""Checks that answer in words, and the tools that run them on a learner's copy or a class."""

from .checks import (
    CheckFailed,
    NotStarted,
    check_answer,
    check_array,
    check_function,
    check_number,
    require,
    right,
)

__all__ = [
    "CheckFailed",
    "NotStarted",
    "check_answer",
    "check_array",
    "check_function",
    "check_number",
    "require",
    "right",
]
