"""Scaling laws of language models: measured runs, laws, fits and figures, and the course built on
them.

`__init__.pyi` lists the public names. Each is loaded when it is first used, so `import scalinglaws`
costs next to nothing.
"""

import ast
from importlib import import_module
from pathlib import Path
from typing import Any

from .extras import explained

__version__ = "0.1.0"


def _read_stub() -> dict[str, str]:
    """{public name: module that defines it}, from `__init__.pyi`."""
    stub = Path(__file__).with_suffix(".pyi").read_text("utf-8")
    return {
        name.asname: f"{__name__}.{node.module}"
        for node in ast.parse(stub).body
        if isinstance(node, ast.ImportFrom)
        for name in node.names
        if name.asname
    }


_MODULES = _read_stub()
# What `import *` brings: the library. The course has its own needs, see `extras`.
__all__ = sorted(  # pyright: ignore[reportUnsupportedDunderAll]
    name for name, module in _MODULES.items() if not module.startswith(f"{__name__}.course.")
)


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    with explained(f"`scalinglaws.{name}`", "course"):
        value = getattr(import_module(_MODULES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*_MODULES, "__version__"])
