"""The course on LLM scaling laws: measured runs, formulas, fits and figures.

Names are loaded when they are first used, so that `import scalinglaws` costs next to nothing.
"""

from importlib import import_module
from typing import Any

# Public name: the module that defines it.
_HOME = {
    "fit_power_law": "scalinglaws.fits",
    "load_runs": "scalinglaws.runs",
    "log_axis": "scalinglaws.plots",
    "ready": "scalinglaws.notebook",
    "show": "scalinglaws.plots",
}

__all__ = sorted(_HOME)
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
