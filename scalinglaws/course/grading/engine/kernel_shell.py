"""IPython as a notebook's kernel offers it, without a kernel: what a cell may say in JupyterLab, it may say here.

Nothing stands behind the notebook: no browser, no window, nobody who types. What needs one of these does nothing, or stops with
one sentence, and the rest of the cell runs wherever it would have run on the student's own machine.
"""

import builtins
import fnmatch
import functools
import getpass
import subprocess
import sys
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import Magics, line_magic, magics_class

# Backends of matplotlib that need no window; the figures of all others are drawn in the notebook.
_WINDOWLESS = ("inline", "agg", "cairo", "pdf", "pgf", "ps", "svg", "template")


class ZMQInteractiveShell(InteractiveShell):
    """Python's side of a notebook. Its outputs go where `CellShell` says.

    Named as ipykernel's own: by that name many libraries, and students' own helpers, know a notebook.
    """

    parent_header = MappingProxyType({})  # of the message that asked for the cell: there is none
    default_extensions = ("storemagic",)

    def init_profile_dir(self, profile_dir: Any) -> None:
        """What cells store with `%store` or `%bookmark` is kept in memory: the profile is not theirs."""
        super().init_profile_dir(profile_dir)
        self.db = _Database()

    def init_hooks(self) -> None:
        """Help and listings go to a pager that only JupyterLab has."""
        super().init_hooks()
        self.set_hook("show_in_pager", lambda *_, **__: None, 99)

    def init_magics(self) -> None:
        """Add what a kernel offers beyond IPython."""
        super().init_magics()
        self.register_magics(_KernelMagics)
        self.magics_manager.register_alias("ed", "edit")

    def enable_gui(self, gui: str | None = None) -> None:
        """No window will ask for an event loop."""

    def enable_matplotlib(self, gui: str | None = None) -> tuple[Any, ...]:
        """Choose how figures are drawn; in the notebook where the choice needs a window or a browser."""
        self.pylab_gui_select = None
        return super().enable_matplotlib(gui if _is_windowless(gui) else "inline")

    def set_next_input(self, text: str, replace: bool = False) -> None:
        """No cell will follow."""

    def get_parent(self) -> Mapping[str, Any]:
        """The message that asked for the cell."""
        return self.parent_header

    def set_parent(self, parent: dict[str, Any]) -> None:
        """Nobody asks for it."""

    def system_piped(self, cmd: str) -> None:
        """`!command`: its output, once it has ended."""
        done = subprocess.run(cmd, shell=True, stdin=subprocess.DEVNULL, capture_output=True)
        sys.stdout.write(done.stdout.decode("utf-8", "replace"))
        sys.stderr.write(done.stderr.decode("utf-8", "replace"))
        self.user_ns["_exit_code"] = done.returncode

    system = system_raw = system_piped

    def ask_exit(self) -> None:
        """`quit()` ends no notebook."""


@magics_class
class _KernelMagics(Magics):
    """Magics of ipykernel. They are for somebody who sits before JupyterLab, and do nothing here."""

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
        """The keys that match a pattern of the shell's."""
        return fnmatch.filter(super().keys(), pattern)

    def __delitem__(self, key: str) -> None:
        self.pop(key, None)


class NoKernel:
    """What `get_ipython().kernel` is. Libraries that see it take the shell for a notebook's, and show figures as in one."""

    def __init__(self, shell: ZMQInteractiveShell) -> None:
        self.shell = shell

    @property
    def comm_manager(self) -> Any:
        """Of widgets, which have nobody to talk to."""
        import comm

        return comm.get_comm_manager()

    def do_shutdown(self, restart: bool = False) -> dict[str, Any]:
        """Ends no notebook."""
        return {"status": "ok", "restart": restart}

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"no kernel runs a notebook that is graded: it has no {name!r}")


class Quit:
    """`exit` and `quit`, which end no notebook."""

    def __call__(self, *args: Any) -> None:
        pass

    def __repr__(self) -> str:
        return "quit() ends no notebook"


def no_input(prompt: Any = "", *_: Any, **__: Any) -> str:
    """In place of `input` and `getpass.getpass`."""
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
    # As ipykernel does: `%config InlineBackend.figure_format = ...` may come before the first figure.
    backend: Any = InlineBackend.instance(parent=shell)
    backend.shell = shell
    if backend not in shell.configurables:
        shell.configurables.append(backend)
    builtins.input = getpass.getpass = no_input
    begin_notebook(shell)
    return shell


def begin_notebook(shell: ZMQInteractiveShell) -> None:
    """Forget all cells that ran so far."""
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
    """Have figures shown below the cell that made them, whatever window a cell asks for. Call it once pyplot is imported."""
    from matplotlib import pyplot as plt

    switch = plt.switch_backend

    @functools.wraps(switch)
    def switch_backend(newbackend: Any) -> None:
        named = not isinstance(newbackend, str) or _is_windowless(newbackend)
        switch(newbackend if named else "inline")

    plt.switch_backend = switch_backend
    InteractiveShell.instance().enable_matplotlib("inline")
