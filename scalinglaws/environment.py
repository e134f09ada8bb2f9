"""The course's Python environment, `.venv`: set up from a lock in requirements/, then used to run a
command.

bootstrap.py calls this with whatever Python it finds, so it uses the standard library only. A
set-up ends by writing a stamp into .venv. If the stamp fits, nothing is done. If it does not (an
interrupted set-up, a folder that was moved, another Python), the environment is made again.
"""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from .errors import CourseError
from .files import digest, replace_file, try_lock

COURSE = Path(__file__).resolve().parents[1]
VENV = COURSE / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
STAMP = VENV / "scalinglaws.json"
SAFE = ["-P"]  # for Python: import installed modules only, never from the working folder
BYTES_NEEDED = 1.2e9  # measured on Linux: 760 MB for learners, 1020 MB for developers

# Prefixes of variables that would change the course's Python, its Jupyter and its figures ...
FOREIGN = ("PYTHON", "JUPYTER", "IPYTHON", "MPLBACKEND", "MATPLOTLIBRC")
HUB = "JUPYTERHUB_"  # JupyterHub's settings for the servers that it starts
# ... and exceptions that do no harm.
HARMLESS = {
    "PYTHONIOENCODING",
    "PYTHONUTF8",
    "PYTHONUNBUFFERED",
    "PYTHONDONTWRITEBYTECODE",
    "PYTHONPYCACHEPREFIX",
    "PYTHONHASHSEED",
    "PYTHONFAULTHANDLER",
    "PYTHON_COLORS",
    "JUPYTER_RUNTIME_DIR",
    "JUPYTERLAB_SETTINGS_DIR",
}

# What developers run, in order: arguments for Python. A line that ends with & runs alongside those
# after it. All other commands are subcommands of `scalinglaws`.
DEVELOPER_COMMANDS = {
    # The linter changes notebooks; the next command copies its changes into their texts.
    "format": [
        "-m scalinglaws source",
        "-m ruff check --fix",
        "-m ruff format",
        "-m scalinglaws source",
    ],
    "hooks": ["-m pre_commit install"],
    "lock": ["-m requirements.lock"],
    "test": [
        "-m ruff check",
        "-m ruff format --check",
        "-c __import__('importlinter.cli').cli.lint_imports_command()",
        "-m deptry .",
        "-m basedpyright --level error &",
        "-m basedpyright --level error --project pyright-library.json &",
        "-m pytest -n auto",  # tests/conftest.py sets the number of processes
    ],
}


def main(arguments: list[str]) -> int:
    """Set up what a command needs, and run it. Returns its exit code; 2 where the user must fix something."""
    command, *rest = arguments or ["--help"]
    for_developers = command in DEVELOPER_COMMANDS
    try:
        set_up("dev" if for_developers else "course")
    except CourseError as error:
        print(f"bootstrap: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"bootstrap: {explain(str(error))}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nbootstrap: stopped; run it again to go on.", file=sys.stderr)
        return 130
    environment = own_environment(os.environ)
    environment["PATH"] = os.pathsep.join([str(BIN), environment.get("PATH", "")])
    environment["VIRTUAL_ENV"] = str(VENV)
    if not for_developers:
        environment["SCALINGLAWS_COURSE"] = str(COURSE)
        return run([PYTHON, *SAFE, "-m", "scalinglaws", command, *rest], environment)
    # Without bytecode files, each test process would compile the course again.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    os.chdir(COURSE)
    *first, last = DEVELOPER_COMMANDS[command]
    if rest:  # only some tests were asked for: skip the type checks, which take longer
        first = [line for line in first if not line.endswith("&")]
    return run_in_order([line.split() for line in first] + [[*last.split(), *rest]], environment)


def own_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment variables, without those that would change the course's Python or Jupyter."""
    return {
        name: value
        for name, value in environment.items()
        if name in HARMLESS or name.startswith(HUB) or not name.startswith(FOREIGN)
    }


def own_matplotlibrc() -> str:
    """Matplotlib's default settings: the file that it reads if the user has none."""
    found = importlib.util.find_spec("matplotlib")
    folders = found.submodule_search_locations if found else None
    return str(Path((folders or [""])[0], "mpl-data", "matplotlibrc"))


def stand_alone(argv: list[str]) -> int | None:
    """Make this process independent of variables that the user's shell sets for other work.

    Python reads its own variables when it starts. If some were set, and this is the course's
    environment, run the command once more without them and return its exit code; otherwise return
    None. (Another environment may need its PYTHONPATH.)
    """
    wanted = own_environment(os.environ)
    foreign = os.environ.keys() - wanted.keys()
    for name in foreign:
        if not name.startswith("PYTHON"):
            del os.environ[name]
    if any(name.startswith("PYTHON") for name in foreign) and Path(sys.prefix).resolve() == VENV:
        return run([PYTHON, *SAFE, "-m", "scalinglaws", *argv], wanted)
    return None


def run(command: list[str | Path], environment: Mapping[str, str]) -> int:
    """The exit code of a command. Ctrl-C reaches the command too, and it decides what that means."""
    return wait(subprocess.Popen(command, env=environment))


def wait(process: subprocess.Popen) -> int:
    """Wait for a process, however often Ctrl-C is pressed; returns its exit code."""
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            continue


def run_in_order(lines: list[list[str]], environment: Mapping[str, str]) -> int:
    """Run Python with each line's arguments until one fails; return the first exit code that isn't
    0.

    A line that ends with & runs alongside those after it. Its output is shown at the end if it
    fails.
    """
    code = 0
    with ExitStack() as stack:
        beside = []
        for line in lines:
            if line[-1] != "&":
                code = run([PYTHON, *line], environment)
                if code:
                    break
                continue
            said = stack.enter_context(TemporaryFile())
            command = [PYTHON, *line[:-1]]
            process = subprocess.Popen(
                command, env=environment, stdout=said, stderr=subprocess.STDOUT
            )
            stack.callback(process.kill)
            beside.append((process, said))
        for process, said in beside:
            if wait(process):
                code = code or process.returncode
                said.seek(0)
                print(said.read().decode(errors="replace"), flush=True)
    return code


def set_up(lock: str) -> None:
    """Make .venv hold the packages of requirements/<lock>.txt, and the package `scalinglaws` itself.

    Raises CourseError, or OSError if a file cannot be written.
    """
    refuse_impossible_folder()
    present = read_stamp()
    if present.get("lock") == "dev":
        lock = "dev"  # it holds the versions of `course`, and more
    wanted = {
        "python": [sys.version, sys.base_prefix],
        "folder": str(COURSE),  # an environment does not work elsewhere
        "lock": lock,
        "packages": digest(COURSE / "requirements" / f"{lock}.txt"),
        "project": digest(COURSE / "pyproject.toml"),
    }
    if present == wanted and PYTHON.exists():
        return
    with only_one_set_up():
        if not (PYTHON.exists() and all(present.get(k) == wanted[k] for k in ("python", "folder"))):
            make_venv()
        write_stamp({})  # no valid stamp until the set-up is complete
        install_packages(lock)
        install_course()
        write_stamp(wanted)


def refuse_impossible_folder() -> None:
    """Raise CourseError if the course's path holds a character that breaks Python environments."""
    names = {"\n": "a line break", "\r": "a carriage return", os.pathsep: f"{os.pathsep!r}"}
    for character, name in names.items():
        if character in str(COURSE):
            raise CourseError(
                f"the course's folder {str(COURSE)!r} has {name} in its path, and Python cannot "
                "make an environment there: rename the folder, then run this again."
            )


def read_stamp() -> dict[str, Any]:
    """The stamp of .venv; empty if there is none."""
    try:
        stamp = json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def write_stamp(stamp: Mapping[str, Any]) -> None:
    """Replace the stamp, whole or not at all."""
    replace_file(STAMP, json.dumps(stamp, indent=1).encode())


@contextmanager
def only_one_set_up() -> Iterator[None]:
    """Hold a lock that the system takes back when this process ends, however it ends."""
    with open(COURSE / ".venv.lock", "w") as file:
        if not try_lock(file):
            raise CourseError(
                "another window is setting up this course: wait until it is ready, then run this again."
            )
        yield


def make_venv() -> None:
    """Make .venv from the Python that runs this, in place of whatever was there."""
    if not all(importlib.util.find_spec(module) for module in ("venv", "ensurepip")):
        version = "{}.{}".format(*sys.version_info)
        raise CourseError(
            "this Python cannot make an environment because its venv module is missing: install it "
            f"(Debian, Ubuntu: sudo apt install python{version}-venv), then run this again."
        )
    free = shutil.disk_usage(COURSE).free
    if free < BYTES_NEEDED:
        raise CourseError(
            f"the disk is too full: the course needs {BYTES_NEEDED / 1e6:.0f} MB and "
            f"{free / 1e6:.0f} MB are free; make room, then run this again."
        )
    print(
        "Setting up the course in .venv (only the first time; one to five minutes) ...", flush=True
    )
    # If this Python is in an environment itself (perhaps the one being replaced), use its base
    # Python.
    step(getattr(sys, "_base_executable", sys.executable), *SAFE, "-m", "venv", "--clear", VENV)


def install_packages(lock: str) -> None:
    """Install a lock's packages; pip checks every hash.

    The lock is complete, so pip need not resolve anything, and nothing in it needs a compiler.
    """
    lock_file = f"requirements/{lock}.txt"
    pip_install(
        "--require-hashes", "--no-deps", "--only-binary", ":all:", "--requirement", lock_file
    )


def install_course() -> None:
    """Install `scalinglaws` in editable mode, so that an update of the course takes effect at once."""
    pip_install("--no-deps", "--no-index", "--no-build-isolation", "--editable", ".")


def pip_install(*arguments: str | Path) -> None:
    """Run `pip install` in the course's folder, with the user's pip configuration.

    Paths are relative: pip would misread `[`, `#` or `%` in an absolute path.
    """
    options = [
        "--no-input",
        "--disable-pip-version-check",
        "--retries",
        "2",
        "--progress-bar",
        "off",
    ]
    step(PYTHON, *SAFE, "-m", "pip", "install", *options, *arguments)


def step(*command: str | Path) -> None:
    """Run a step of the set-up with one line of progress; raises CourseError if it fails."""
    environment = {**own_environment(os.environ), "PIP_USER": "0"}
    output = []
    with subprocess.Popen(
        command,
        cwd=COURSE,
        env=environment,
        umask=0o022,  # when root grades, students' code runs as a user who must read .venv
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    ) as process:
        for line in process.stdout or ():
            output.append(line)
            if line.startswith(("Collecting ", "Installing ", "Obtaining ")):
                show_progress(" ".join(line.split()[:2]))
    show_progress("")
    if process.returncode:
        if shutil.disk_usage(COURSE).free < 50e6:  # not every step reports a full disk as the cause
            output.append("No space left")
        raise CourseError(explain("".join(output)))


def show_progress(text: str) -> None:
    """Overwrite the last line, if the output is a terminal."""
    if sys.stdout.isatty():
        print(f"\r{text:<60.60}\r", end="", flush=True)


# (patterns in the text of an error or the output of venv or pip, what they mean), the most certain
# first
EXPLANATIONS = [
    (
        ["No space left", "[Errno 28]", "Disk quota exceeded", "[Errno 122]", "[WinError 112]"],
        "the disk is full: free about 1 GB, then run this again.",
    ),
    (
        ["DO NOT MATCH THE HASHES"],
        "a package is not the one that the course was made with (its hash differs), so nothing was "
        "installed: try another network, or tell the course's makers.",
    ),
    (
        [
            "[Errno 1]",
            "[Errno 13]",
            "[Errno 17]",
            "[Errno 20]",
            "[Errno 30]",
            "[WinError 5]",
            "[WinError 32]",
        ],
        f"the folder {VENV} cannot be written: close what uses it, or copy the course into a folder of "
        "your own, then run this again.",
    ),
    (
        ["Retrying (", "Max retries exceeded", "SSLError", "ProxyError"],
        "the package index cannot be reached: connect to the internet (the set-up needs it, the course "
        "does not) or tell pip your proxy, then run this again.",
    ),
    (
        ["No matching distribution found"],
        "the package index lacks a package for this Python and system: use Python 3.13 on Linux, macOS "
        "or Windows, or fix pip's configuration, then run this again.",
    ),
]


def explain(problem: str) -> str:
    """One sentence for an error's text or a failed step's output; the output's end if nothing fits."""
    for signs, explanation in EXPLANATIONS:
        if any(sign in problem for sign in signs):
            return explanation
    end = "\n".join(f"    {line}" for line in problem.strip().splitlines()[-12:])
    return f"the set-up failed, and this is the end of what it said:\n{end}"
