"""Run a command of the course with only git and Python installed: set up .venv, then run the
command in it.

    python3 bootstrap.py study              (Windows: py bootstrap.py study)
    python3 bootstrap.py check 01_power_laws

This file only finds a Python that will do; scalinglaws/environment.py does the rest. Its syntax is
that of Python 2.7 on purpose: an old Python must be able to read the file before it can say that it
is too old.
"""
# ruff: noqa: RUF005, UP010, UP030, UP031

from __future__ import print_function

import os
import sys

# Import only from this folder and from Python itself: ignore PYTHONPATH and PYTHONSAFEPATH, meant
# for other work.
HERE = os.path.dirname(os.path.abspath(__file__))
foreign = [os.path.abspath(f) for f in os.environ.get("PYTHONPATH", "").split(os.pathsep) if f]
sys.path[:] = [HERE] + [f for f in sys.path if os.path.abspath(f) not in foreign + [HERE]]

import subprocess  # noqa: E402

# The Pythons that the locks in requirements/ cover, and the order in which to look for one.
OLDEST, NEWEST = (3, 11), (3, 14)
PREFERRED = ("3.13", "3.12", "3.11", "3.14")


def another_python():
    """The command of an installed Python that will do, or None."""
    for version in PREFERRED:
        for command in (["python" + version], ["py", "-" + version]):
            # A command of that name may be a stub that only says how to get the real one, so try
            # it.
            try:
                answer = subprocess.check_output(
                    command + ["-c", "import sys; print('%d.%d' % sys.version_info[:2])"],
                    stderr=subprocess.STDOUT,
                )
            except (OSError, subprocess.CalledProcessError):
                continue
            if answer.decode("ascii", "replace").strip() == version:
                return command
    return None


if __name__ == "__main__":
    if OLDEST <= sys.version_info[:2] <= NEWEST:
        from scalinglaws.environment import main

        sys.exit(main(sys.argv[1:]))
    python = another_python()
    if python is None:
        print(
            "bootstrap: this is Python {0}, and the course needs Python {1} to {2}: install Python {3}, "
            "then run this again.".format(
                "%d.%d" % sys.version_info[:2], "%d.%d" % OLDEST, "%d.%d" % NEWEST, PREFERRED[0]
            ),
            file=sys.stderr,
        )
        sys.exit(2)
    try:
        sys.exit(subprocess.call(python + [os.path.abspath(__file__)] + sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
