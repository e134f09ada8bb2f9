"""Checks that answer in words, and the tools that run them on a learner's copy or a class."""

from .checks import (
    CheckFailed,
    NotStarted,
    call,
    check_answer,
    check_array,
    check_between,
    check_function,
    check_number,
    number,
    require,
    right,
)

__all__ = [
    "CheckFailed",
    "NotStarted",
    "call",
    "check_answer",
    "check_array",
    "check_between",
    "check_function",
    "check_number",
    "number",
    "require",
    "right",
]
