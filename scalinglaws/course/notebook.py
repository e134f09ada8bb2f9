"""What the first cell of every notebook calls."""

import functools
import platform
from importlib.metadata import version


def ready() -> None:
    """Print the versions in use, and Ready. Sets matplotlib's style for the course's figures."""
    import matplotlib.pyplot as plt
    from matplotlib.rcsetup import cycler

    from scalinglaws.plots.style import COLOURS, GRID

    plt.rcParams.update(
        {
            "axes.prop_cycle": cycler(color=COLOURS),
            "axes.axisbelow": True,
            "axes.grid": True,
            "axes.spines.right": False,
            "axes.spines.top": False,
            "figure.constrained_layout.use": True,
            "figure.dpi": 110,
            "figure.facecolor": "white",  # legible on any page; JupyterLab turns it in its dark theme
            "figure.figsize": (7.0, 4.2),
            "grid.color": GRID,
            "grid.linewidth": 0.7,
            "legend.frameon": False,
        }
    )
    print(versions())
    print("Ready")


@functools.cache  # the grader's warm process reads them once for all submissions
def versions() -> str:
    """The versions of Python and of the packages that the notebooks use."""
    packages = ("numpy", "pandas", "matplotlib", "scalinglaws")
    parts = [
        f"Python {platform.python_version()}",
        *(f"{name} {version(name)}" for name in packages),
    ]
    return " · ".join(parts)
