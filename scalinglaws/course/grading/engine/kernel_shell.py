"""IPython as in a notebook's kernel, but without a kernel: what works in a cell in JupyterLab works
here.

There is no browser, no window and no user at the keyboard. Code that needs one of these does
nothing, or stops with one sentence, and the rest of the cell runs if it would have run on the
student's own machine.
"""

import ast
import builtins
import fnmatch
import functools
import getpass
import subprocess
import sys
import warnings
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from IPython.core.inputtransformer2 import TransformerManager
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import Magics, line_magic, magics_class
from traitlets import Instance

# Matplotlib backends that need no window; all others are replaced by the inline backend.
_WINDOWLESS = ("inline", "agg", "cairo", "pdf", "pgf", "ps", "svg", "template")


class _PythonFirst(TransformerManager):
    """Looks for magics only in a cell that is not plain Python.

    To find them IPython reads each cell token by token, which takes longer than most cells do. But
    what it looks for (`%magic`, `!command`, `help?`) is never valid Python.
    """

    def __init__(self) -> None:
        super().__init__()
        self._own = list(self.token_transformers)

    def do_token_transforms(self, lines: list[str]) -> list[str]:
        """The lines of a cell without magics."""
        if self.token_transformers == self._own and _is_python("".join(lines)):
            return lines
        return super().do_token_transforms(lines)


def _is_python(source: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # they come when the cell is compiled
            ast.parse(source)
    except Exception:
        return False
    return True


class ZMQInteractiveShell(InteractiveShell):
    """The shell of a notebook, whose outputs go where `CellShell` says.

    It has the name of ipykernel's class, by which many libraries and students' helpers recognise a
    notebook.
    """

    parent_header = MappingProxyType({})  # of the execute request: there is none
    default_extensions = ("storemagic",)
    input_transformer_manager = Instance(_PythonFirst, ())

    def init_profile_dir(self, profile_dir: Any) -> None:
        """Keep what cells store with `%store` or `%bookmark` in memory, not in the profile."""
        super().init_profile_dir(profile_dir)
        self.db = _Database()

    def init_hooks(self) -> None:
        """Drop help and listings, which go to JupyterLab's pager."""
        super().init_hooks()
        self.set_hook("show_in_pager", lambda *_, **__: None, 99)

    def init_magics(self) -> None:
        """Add the magics that a kernel has beyond IPython's."""
        super().init_magics()
        self.register_magics(_KernelMagics)
        self.magics_manager.register_alias("ed", "edit")

    def enable_gui(self, gui: str | None = None) -> None:
        """Do nothing: no window needs an event loop."""

    def enable_matplotlib(self, gui: str | None = None) -> tuple[Any, ...]:
        """Choose how figures are drawn; inline if the choice needs a window or a browser."""
        self.pylab_gui_select = None
        return super().enable_matplotlib(gui if _is_windowless(gui) else "inline")

    def set_next_input(self, text: str, replace: bool = False) -> None:
        """Do nothing: no next cell can be filled in."""

    def get_parent(self) -> Mapping[str, Any]:
        """The execute request: empty."""
        return self.parent_header

    def set_parent(self, parent: dict[str, Any]) -> None:
        """Do nothing: there are no requests."""

    def system_piped(self, cmd: str) -> None:
        """`!command`: its output, once it has ended."""
        done = subprocess.run(cmd, shell=True, stdin=subprocess.DEVNULL, capture_output=True)
        sys.stdout.write(done.stdout.decode("utf-8", "replace"))
        sys.stderr.write(done.stderr.decode("utf-8", "replace"))
        self.user_ns["_exit_code"] = done.returncode

    system = system_raw = system_piped

    def ask_exit(self) -> None:
        """Do nothing: `quit()` must not end the notebook."""


@magics_class
class _KernelMagics(Magics):
    """Magics of ipykernel for interactive use in JupyterLab. They do nothing here."""

    @line_magic
    def autosave(self, line: str) -> None:
        """How often JupyterLab saves."""

    @line_magic
    def clear(self, line: str) -> None:
        """Clear the terminal."""

    @line_magic
    def connect_info(self, line: str) -> None:
        """Where the kernel listens."""

    @line_magic
    def edit(self, line: str) -> None:
        """Open an editor."""

    @line_magic
    def less(self, line: str) -> None:
        """Show a file in the pager."""

    @line_magic
    def man(self, line: str) -> None:
        """Show a manual page in the pager."""

    @line_magic
    def more(self, line: str) -> None:
        """Show a file in the pager."""

    @line_magic
    def qtconsole(self, line: str) -> None:
        """Open a console on the same kernel."""

    @line_magic
    def subshell(self, line: str) -> None:
        """Describe the kernel's threads."""


class _Database(dict[str, Any]):
    """IPython's key-value store, in memory."""

    def keys(self, pattern: str = "*") -> list[str]:  # pyright: ignore[reportIncompatibleMethodOverride]
        """The keys that match a glob pattern."""
        return fnmatch.filter(super().keys(), pattern)

    def __delitem__(self, key: str) -> None:
        self.pop(key, None)


class NoKernel:
    """The value of `get_ipython().kernel`.

    It makes libraries recognise a notebook, and show figures inline.
    """

    def __init__(self, shell: ZMQInteractiveShell) -> None:
        self.shell = shell

    @property
    def comm_manager(self) -> Any:
        """For widgets, which have no front end here."""
        import comm

        return comm.get_comm_manager()

    def do_shutdown(self, restart: bool = False) -> dict[str, Any]:
        """Do nothing."""
        return {"status": "ok", "restart": restart}

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"no kernel runs a notebook that is graded: it has no {name!r}")


class Quit:
    """`exit` and `quit`, which must not end the notebook."""

    def __call__(self, *args: Any) -> None:
        pass

    def __repr__(self) -> str:
        return "quit() ends no notebook"


def no_input(prompt: Any = "", *_: Any, **__: Any) -> str:
    """Replaces `input` and `getpass.getpass`."""
    raise EOFError("nobody is there to answer input() while a notebook is graded")


def make_shell() -> ZMQInteractiveShell:
    """The one shell of this process."""
    from matplotlib_inline.config import InlineBackend
    from traitlets.config import Config

    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "nocolor"
    config.InteractiveShell.cache_size = 100
    config.InteractiveShell.xmode = "Context"
    shell = ZMQInteractiveShell.instance(config=config)
    vars(shell)["kernel"] = NoKernel(shell)
    # As in ipykernel: `%config InlineBackend.figure_format = ...` may come before the first figure.
    backend: Any = InlineBackend.instance(parent=shell)
    backend.shell = shell
    if backend not in shell.configurables:
        shell.configurables.append(backend)
    builtins.input = getpass.getpass = no_input
    begin_notebook(shell)
    return shell


def begin_notebook(shell: ZMQInteractiveShell) -> None:
    """Forget all cells run so far."""
    shell.reset()
    history: Any = shell.history_manager
    history.input_hist_parsed[:] = history.input_hist_raw[:] = [""]
    history._i00 = history._i = history._ii = history._iii = ""
    shell.user_ns.update(_="", __="", ___="")
    for space in (shell.user_ns, shell.user_ns_hidden, builtins.__dict__):
        space["exit"] = space["quit"] = Quit()


def _is_windowless(backend: str | None) -> bool:
    name = (backend or "").lower()
    return name in _WINDOWLESS or name.startswith("module://")


def draw_in_the_notebook() -> None:
    """Show figures below the cell that made them, even if a cell asks for a window.

    Call it after importing pyplot.
    """
    from matplotlib import pyplot as plt

    switch = plt.switch_backend

    @functools.wraps(switch)
    def switch_backend(newbackend: Any) -> None:
        named = not isinstance(newbackend, str) or _is_windowless(newbackend)
        switch(newbackend if named else "inline")

    plt.switch_backend = switch_backend
    InteractiveShell.instance().enable_matplotlib("inline")
