"""`sl.check()`: check the open notebook from one of its own cells, in JupyterLab, VS Code and
elsewhere.

The check runs in a separate process, which neither sees nor changes the kernel's variables. The
process lives as long as the kernel, so a second check takes less time.
"""

import functools
import os
from collections.abc import Mapping
from pathlib import Path

from scalinglaws.course.exercises import number_of
from scalinglaws.course.grading.check_report import CheckReport
from scalinglaws.errors import CourseError

from .copies import owner_of, require_course
from .worker import Worker


def check(exercise: int | str = "") -> CheckReport:
    """Check the notebook that this is called in, as it was last saved.

    exercise: one exercise, as 7, "7", "13a" or "ex07"; all of them unless given. Returns a report,
    which a notebook shows as a table. Raises CourseError, with what to do, if the notebook, its
    course or the exercise cannot be found, or the copy cannot be read.
    """
    return check_copy(open_notebook(), number_of(exercise))


def check_copy(notebook: Path, exercise: str = "") -> CheckReport:
    """Like `check`, for the notebook with this path."""
    owner_of(notebook)
    reply = _worker(notebook.parent).ask(
        {"do": "check", "path": str(notebook), "exercise": exercise}
    )
    if "error" in reply:
        raise CourseError(reply["error"])
    return CheckReport(reply["report"], reply["note"])


@functools.cache
def _worker(folder: Path) -> Worker:
    """The warm process of this kernel."""
    return Worker(folder)


def open_notebook(space: Mapping[str, object] | None = None) -> Path:
    """The notebook whose kernel this is. space: the kernel's variables, by default this one's.

    Raises CourseError if that cannot be found out.
    """
    if space is None:
        space = _kernels_variables()
    said = [os.environ.get("JPY_SESSION_NAME", ""), space.get("__vsc_ipynb_file__", "")]
    for name in said:
        if isinstance(name, str) and name.endswith(".ipynb"):
            for path in (Path(name), Path.cwd() / Path(name).name):
                if path.is_file():
                    return path.resolve()
    require_course()
    here = sorted(path for path in Path.cwd().glob("*.ipynb") if path.is_file())
    if len(here) == 1:
        return here[0].resolve()
    what = "no notebook" if not here else "several notebooks"
    raise CourseError(
        f"It is not clear which notebook is open ({Path.cwd()} holds {what}): run"
        " `scalinglaws check 01_power_laws` in a terminal."
    )


def _kernels_variables() -> Mapping[str, object]:
    try:
        from IPython.core.getipython import get_ipython
    except ImportError:
        return {}
    shell = get_ipython()
    return shell.user_ns if shell is not None else {}
