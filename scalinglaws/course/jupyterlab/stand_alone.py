"""JupyterLab with the course's settings alone, independent of what a user has set up for other
work.

It ignores the personal configuration of Jupyter and IPython (`~/.jupyter`, `~/.ipython`, their
startup files), other kernels and extensions (`JUPYTER_PATH`, the data folder in the home),
system-wide settings, and figure styles (`matplotlibrc`). It keeps the user's look of JupyterLab
(theme, font, shortcuts) and the folder in which Jupyter records running servers.
"""

import os
from pathlib import Path

from jupyter_core import paths

from scalinglaws.environment import own_environment, own_matplotlibrc


def stand_alone(settings: Path, cache: Path) -> None:
    """Make Jupyter, IPython and matplotlib use the course's folders, here and in all kernels.

    settings: the folder of the course's Jupyter settings. cache: a writable folder.
    """
    runtime = paths.jupyter_runtime_dir()
    look = os.environ.get("JUPYTERLAB_SETTINGS_DIR") or str(
        Path(_personal_config(), "lab", "user-settings")
    )
    wanted = own_environment(os.environ)
    for name in os.environ.keys() - wanted.keys():
        del os.environ[name]
    os.environ.update(
        JUPYTER_CONFIG_PATH=str(settings),
        JUPYTER_CONFIG_DIR=str(cache / "jupyter" / "config"),
        JUPYTER_DATA_DIR=str(cache / "jupyter" / "data"),
        JUPYTER_RUNTIME_DIR=runtime,
        JUPYTERLAB_SETTINGS_DIR=look,
        JUPYTER_PREFER_ENV_PATH="1",
        IPYTHONDIR=str(cache / "ipython"),
        MATPLOTLIBRC=own_matplotlibrc(),
    )
    paths.SYSTEM_CONFIG_PATH.clear()
    paths.SYSTEM_JUPYTER_PATH.clear()


def _personal_config() -> str:
    """The user's own folder of settings, even if JUPYTER_NO_CONFIG asks for an empty one."""
    quiet = os.environ.pop("JUPYTER_NO_CONFIG", None)
    try:
        return paths.jupyter_config_dir()
    finally:
        if quiet is not None:
            os.environ["JUPYTER_NO_CONFIG"] = quiet
