"""Checks that answer in words, and the tools that run them on a learner's copy or a class."""

import importlib
import sys
from importlib.util import find_spec
from typing import Any

# jsonschema, which nbformat loads, imports this to check a format that no notebook has: it would
# build a grammar in each process, which takes longer than loading everything else. So it is treated
# as not installed.
sys.modules.setdefault("rfc3987_syntax", None)  # pyright: ignore[reportArgumentType]


def __getattr__(name: str) -> Any:
    """The checks, for test cells that import them from here.

    They load numpy and pandas, which most commands and processes here don't need.
    """
    if not name.startswith("_") and find_spec(f"{__name__}.{name}") is None:
        checks = importlib.import_module(f"{__name__}.checks")
        if name in checks.__all__:
            return getattr(checks, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
