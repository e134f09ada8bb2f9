"""`scalinglaws doctor`: what works on this machine, what doesn't, and what to do about it. It changes nothing."""

import argparse
import json
import os
import platform
import re
import shutil
import socket
import sys
import tempfile
import webbrowser
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from importlib import metadata
from pathlib import Path

from scalinglaws import terminal
from scalinglaws.environment import BYTES_NEEDED
from scalinglaws.errors import CourseError
from scalinglaws.paths import course_dir, data_dir, is_complete

LITTLE = 200e6  # with fewer free bytes, a class or a sweep may fill the disk


class State(StrEnum):
    """The state of a finding. Only `BROKEN` keeps the course from working."""

    FINE = "fine"
    LOOK = "look"
    BROKEN = "broken"


@dataclass(frozen=True)
class Finding:
    """What was examined, its state, and what to do if it isn't fine."""

    what: str
    state: State
    text: str


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--json", action="store_true", help="print JSON, for scripts")


def run(args: argparse.Namespace) -> int:
    """Examine everything and print the findings.

    Returns 1 if something keeps the course from working.
    """
    found = list(examine())
    if args.json:
        print(json.dumps([asdict(finding) for finding in found], indent=1))
    else:
        width = max(len(finding.what) for finding in found)
        for finding in found:
            head = f"{finding.state:<6}  {finding.what:<{width}}  "
            print(terminal.wrap(finding.text, head, " " * len(head)))
    return int(any(finding.state is State.BROKEN for finding in found))


def examine() -> Iterator[Finding]:
    """All findings. If something can't be examined, that is a finding too."""
    for what, look in LOOKS.items():
        try:
            state, text = look()
        except CourseError as error:
            state, text = State.BROKEN, str(error)
        except Exception as error:  # one failure must not stop the others
            state, text = (
                State.LOOK,
                f"This could not be looked at: {type(error).__name__}: {error}.",
            )
        yield Finding(what, state, text)


def _python() -> tuple[State, str]:
    version = platform.python_version()
    if not (3, 11) <= sys.version_info[:2] <= (3, 14):
        return (
            State.BROKEN,
            f"Python {version}: the course needs 3.11 to 3.14. Install one of them, then run bootstrap.py with it.",
        )
    return State.FINE, f"Python {version} on {platform.system()} {platform.machine()}."


def _packages() -> tuple[State, str]:
    """Each extra of the package: installed, or the packages that it lacks."""
    missing: dict[str, list[str]] = {}
    there: set[str] = set()
    for line in metadata.requires("scalinglaws") or ():
        requirement, _, marker = line.partition(";")
        name = re.split(r"[^\w.-]", requirement.strip())[0]
        extra = re.search(r"extra == [\"'](\w+)", marker)
        if name == "scalinglaws" or (marker and not extra):  # may be for other systems only
            continue
        key = extra[1] if extra else ""
        try:
            metadata.distribution(name)
            there.add(key)
        except metadata.PackageNotFoundError:
            missing.setdefault(key, []).append(name)
    whole = ", ".join(sorted(there - set(missing) - {""})) or "the library alone"
    text = f"Installed: {whole}."
    for extra, names in missing.items():
        text += f" Not installed: {extra or 'the library'} (needs {', '.join(names)})."
    if missing:
        extras = ",".join(sorted(filter(None, missing)))
        text += f" To have them: pip install 'scalinglaws{f'[{extras}]' if extras else ''}'."
    needed = {"", "course", "grade", "train"} & set(missing)
    return (State.BROKEN if needed else State.FINE), text


def _course() -> tuple[State, str]:
    folder = course_dir()
    kind = (
        "with solutions and hidden tests"
        if is_complete(folder)
        else "handed out, with the visible tests"
    )
    if not os.access(folder, os.W_OK):
        return (
            State.BROKEN,
            f"{folder} can't be written: copy the course into a folder of your own.",
        )
    return State.FINE, f"{folder}, {kind}."


def _data() -> tuple[State, str]:
    folder = data_dir()
    runs = sorted(path.stem for path in (folder / "runs").glob("*.csv"))
    if not runs:
        return State.BROKEN, f"{folder} has no runs: get the course again."
    lacking = [name for name in ("corpus", "models") if not (folder / name).is_dir()]
    if lacking:
        return State.LOOK, (
            f"{folder} has {len(runs)} plans of runs, but not {' and '.join(lacking)}: notebooks that train or read a model need them."
            " Set SCALINGLAWS_DATA to the folder data/ of a clone."
        )
    return State.FINE, f"{folder}: {len(runs)} plans of runs, the texts and the trained models."


def _disk() -> tuple[State, str]:
    try:
        folder = course_dir()
    except CourseError:
        folder = Path.cwd()
    free = shutil.disk_usage(folder).free
    text = f"{free / 1e9:.1f} GB free"
    if free < LITTLE:
        return State.BROKEN, f"{text}: make room, or work may not be saved."
    if free < BYTES_NEEDED:
        return State.LOOK, f"{text}: a new set-up needs {BYTES_NEEDED / 1e9:.1f} GB."
    return State.FINE, f"{text}."


def _folders() -> tuple[State, str]:
    """The folders outside the course that JupyterLab, matplotlib and the grader write to."""
    try:
        temporary = tempfile.gettempdir()
    except OSError:
        return (
            State.BROKEN,
            "No folder for temporary files is writable: set TMPDIR to one that is.",
        )
    free = shutil.disk_usage(temporary).free
    if free < LITTLE:
        return State.BROKEN, f"{temporary}: {free / 1e9:.1f} GB free: make room, or set TMPDIR."
    home = Path.home()
    if not os.access(home, os.W_OK):
        return (
            State.BROKEN,
            f"{home} can't be written, and JupyterLab needs it to start. Set HOME to a folder "
            "of your own.",
        )
    return State.FINE, f"{temporary} and {home} can be written."


def _cores() -> tuple[State, str]:
    from .grading.engine.fork_client import cores

    number = len(cores())
    return State.FINE, f"{number} core{'s' * (number != 1)} for this process."


def _isolation() -> tuple[State, str]:
    from .grading.engine import sandbox

    if path := sandbox.private_path():
        return State.LOOK, (
            f"Students' code would run as another user, who may not read {path}: `chmod go+rX` it, or grade as yourself instead of root."
        )
    if reason := sandbox.missing():
        return State.LOOK, (
            f"Students' code can't be isolated here ({reason.rstrip('.')}): `scalinglaws grade` asks for --no-sandbox. Nothing else is affected."
        )
    return State.FINE, "`scalinglaws grade` runs students' code in a sandbox."


def _ports() -> tuple[State, str]:
    from .jupyterlab import free_port

    try:
        address = socket.gethostbyname("localhost")
    except OSError:
        return (
            State.BROKEN,
            "The name localhost cannot be resolved on this machine: add the line `127.0.0.1 "
            "localhost` to its hosts file.",
        )
    return State.FINE, f"JupyterLab would be served on port {free_port()} of {address}."


def _browser() -> tuple[State, str]:
    try:
        name = type(webbrowser.get()).__name__
    except webbrowser.Error:
        return State.LOOK, "No browser was found: `study` prints an address to open elsewhere."
    return State.FINE, f"A browser will be opened ({name})."


def _text() -> tuple[State, str]:
    names = {sys.stdout.encoding or "", sys.getfilesystemencoding()}
    if {name.lower().replace("-", "") for name in names} != {"utf8"}:
        return (
            State.LOOK,
            f"The terminal or the disk uses {', '.join(sorted(names))}: characters that it "
            "lacks are replaced. Set PYTHONUTF8=1, or LANG=C.UTF-8, to see them all.",
        )
    return State.FINE, "UTF-8 for the terminal and for file names."


LOOKS: dict[str, Callable[[], tuple[State, str]]] = {
    "Python": _python,
    "packages": _packages,
    "course": _course,
    "data": _data,
    "disk": _disk,
    "folders": _folders,
    "cores": _cores,
    "isolation": _isolation,
    "port": _ports,
    "browser": _browser,
    "text": _text,
}
