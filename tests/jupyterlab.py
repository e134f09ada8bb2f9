"""A course served in JupyterLab, as `scalinglaws study` and `scalinglaws teach` do it."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

# What Jupyter's server says when a kernel answers a tab that has just been closed.
_CLOSED_TAB = re.compile(
    r"^(?:\[E [^\n]*|Task exception was never retrieved)\n(?:(?!\[[A-Z] )[^\n]*\n)*? *tornado\.websocket\.WebSocketClosedError(?:\n|\Z)",
    re.MULTILINE,
)


@contextmanager
def served(course: Path, home: Path, *command: str) -> Iterator[str]:
    """Run a command that serves JupyterLab, with an empty home; gives the address that it prints.

    At the end, Ctrl-C must stop it, and it must have said nothing but what it says to learners.
    """
    home.mkdir(exist_ok=True)
    terminal = os.openpty()  # Ctrl-C means what it does in a terminal
    variables = {name: text for name, text in os.environ.items() if "JUPYTER" not in name}
    process = subprocess.Popen(
        [sys.executable, "-m", "scalinglaws", *command, "--no-browser"],
        env={**variables, "SCALINGLAWS_COURSE": str(course), "HOME": str(home)},
        cwd=course,
        stdin=terminal[1],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    said = ""
    try:
        while (line := process.stdout.readline()) and "Ctrl-C" not in line:
            said += line
        address = re.search(r"http://\S+", said)
        assert address, f"no address in:\n{said}"
        yield address[0]
        process.send_signal(signal.SIGINT)
        rest = _CLOSED_TAB.sub("", process.communicate(timeout=120)[0])
        assert process.returncode == 0
        # (Instructors are told that there is no exchange, which is so.)
        expected = ("Shutting down", "Unwritable directory")
        more = [line for line in rest.splitlines() if not any(e in line for e in expected)]
        assert more == [], "\n".join(more)
    finally:
        with suppress(ProcessLookupError):  # it started one of its own
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        for end in terminal:
            os.close(end)
