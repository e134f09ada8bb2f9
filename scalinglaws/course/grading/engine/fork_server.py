"""The warm process: imports the scientific stack once and forks a learner or a tester on request.

It is started as a new process (never forked from the command that knows the hidden tests and the
gradebook), stays single-threaded, and runs nothing from a submission itself. Each message on its
socket, with one descriptor, makes one process.
"""

import contextlib
import gc
import json
import os
import signal
import socket
import sys
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .shell import CellShell

_PRELOAD = (
    "numpy", "pandas", "scipy.optimize", "matplotlib.pyplot",
    "matplotlib.backends.backend_agg", "matplotlib_inline.backend_inline", "ipywidgets", "scalinglaws",
    "scalinglaws.fits", "scalinglaws.runs", "scalinglaws.course.notebook", "scalinglaws.course.grading.checks", "scalinglaws.course.questions.seal",
    "scalinglaws.course.grading.engine.process", "scalinglaws.course.learner.events",
    "scalinglaws.course.questions.own_options", "IPython.core.completer", "multiprocessing.pool", "sqlite3",
)  # fmt: skip


_FOR_A_CLASS = ("scipy.stats", "scipy.interpolate")  # what many submissions use


def warm_up(for_a_class: bool = False) -> "CellShell":
    """Import what notebooks import, make the shell, draw a figure, read questions and versions.

    for_a_class: also prepare what only pays for many submissions: more modules, the measured runs.
    """
    import importlib

    from .kernel_shell import begin_notebook, draw_in_the_notebook
    from .shell import CellShell

    shell = CellShell()
    for name in (*_PRELOAD, *_FOR_A_CLASS * for_a_class):
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    draw_in_the_notebook()
    _make_progress_bars_simple()
    shell.run(
        "import matplotlib.pyplot as plt\n"
        "figure, axes = plt.subplots()\naxes.plot([1, 10], [1, 10], label='$10^3$')\naxes.set(xscale='log', yscale='log')\n"
        "axes.legend()\nplt.show()\n"
        "import pandas\npandas.DataFrame({'a': [1.0]})\n"
        "from scalinglaws.course.questions.seal import sealed_bank\nsealed_bank()\n"
        "from scalinglaws.course.notebook import versions\nversions()",
        2**20,
    )
    if for_a_class:
        _read_runs()
    begin_notebook(shell.ip)
    _close_fonts()
    return shell


def _read_runs() -> None:
    """Fill the caches of `load_runs`, which compares each file with its checksum at every call."""
    from scalinglaws.runs import load_runs, plans

    for plan in plans():
        with contextlib.suppress(Exception):  # the cell that needs a damaged table will say so
            for corpus in (None, *load_runs(plan)["corpus"].unique()):
                load_runs(plan, corpus)


def _make_progress_bars_simple() -> None:
    """Keep tqdm from starting a thread and from sharing a lock between processes: a copy of a
    learner's process would lack the thread and share the lock.
    """
    with contextlib.suppress(ImportError):
        from tqdm import tqdm

        tqdm.monitor_interval = 0
        tqdm.set_lock(threading.RLock())


def _close_fonts() -> None:
    """Each process opens its own fonts: all submissions would share those of the warm process, and
    their file positions.
    """
    with contextlib.suppress(ImportError):
        from matplotlib import font_manager, mathtext

        kept = {**vars(font_manager), **vars(mathtext.MathTextParser)}
        for name in ("_get_font", "_parse_cached"):  # private caches of matplotlib
            if clear := getattr(kept.get(name), "cache_clear", None):
                clear()
    gc.collect()


def main(number: int, for_a_class: bool) -> None:
    """Serve fork requests on the socket with this file number until it closes.

    for_a_class: see `warm_up`.
    """
    control = socket.socket(fileno=number)
    for fd in os.listdir("/dev/fd") if os.path.isdir("/dev/fd") else ():
        if int(fd) > 2 and int(fd) != number:
            with contextlib.suppress(OSError):
                os.close(int(fd))
    shell = warm_up(for_a_class)
    # This process wrote bytecode files of its modules for the next start; a submission never does.
    sys.dont_write_bytecode = True
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    from . import process

    gc.collect()
    gc.freeze()  # avoids copying pages in children only to count references
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # children are reaped by the kernel
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the command handles Ctrl-C
    control.sendall(b"ready")
    while True:
        message, fds, _, _ = socket.recv_fds(control, 2**16, 1)
        if not message:
            os._exit(0)
        parent = os.getpid()
        if os.fork() == 0:
            control.close()
            try:
                process.start(shell, socket.socket(fileno=fds[0]), json.loads(message), parent)
            finally:
                os._exit(0)
        for fd in fds:
            os.close(fd)


if __name__ == "__main__":
    main(int(sys.argv[1]), "class" in sys.argv[2:])
