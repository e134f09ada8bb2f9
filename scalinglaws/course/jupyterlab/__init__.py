"""JupyterLab set up for the course: on this machine only, without network requests, quiet in the
terminal.

The folders learner/ and instructor/ beside this file hold its settings; the user's own are ignored
(stand_alone.py), and nothing is written there. The settings switch off the announcements and the
extension manager (both use the network) and the parts of nbgrader that need an exchange. Learners
don't see nbgrader's buttons: Validate says "Success!" to a wrong answer; `scalinglaws check` does
not.
"""

import argparse
import os
import secrets
import shutil
import socket
import sys
import webbrowser
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

from jupyter_core.paths import jupyter_config_dir, jupyter_runtime_dir

from scalinglaws.colours import jupyterlab_css
from scalinglaws.errors import CourseError
from scalinglaws.files import replace_file

from .stand_alone import stand_alone

HOST = "127.0.0.1"
FIRST_PORT, LAST_PORT = 8888, 8988


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of every command that opens JupyterLab."""
    parser.add_argument(
        "--port", type=int, help=f"the port to serve on (default: a free one, from {FIRST_PORT} up)"
    )
    parser.add_argument(
        "--no-browser", action="store_true", help="only print the address, open no browser"
    )
    parser.add_argument(
        "--ip",
        default=HOST,
        help="the address to listen on: 0.0.0.0 in a container, whose published ports control "
        "access (default: %(default)s)",
    )
    parser.add_argument(
        "--hub", action="store_true", help="run as a single-user server of JupyterHub (docs/hub.md)"
    )


def open_lab(
    root: Path, user: Literal["learner", "instructor"], page: str, args: argparse.Namespace
) -> int:
    """Serve a folder until Ctrl-C, or show the JupyterLab that already serves it.

    Returns the exit code.

    root: the folder that the file browser shows; nothing above it is served. user: "learner" or
    "instructor". page: the path below `root` of the notebook to open; "" for none. args: what
    `add_arguments` declares. Raises CourseError if the port cannot be had.
    """
    start = f"lab/tree/{quote(page)}" if page else "lab"
    if args.hub:
        return _under_hub(root, user, start)
    port, browser = args.port, not args.no_browser
    if running := running_lab(root):
        address = f"{running['url']}lab?token={running['token']}"
        print(f"JupyterLab is open already, from another window:\n\n    {address}\n")
        if browser:  # through a file of Jupyter's, because all users of a machine can read a program's arguments
            door = Path(jupyter_runtime_dir(), f"jpserver-{running['pid']}-open.html")
            webbrowser.open(door.as_uri())
        return 0
    retries = 50 if port is None else 0  # another process may take the port before Jupyter does
    port = free_port() if port is None else claimed_port(port)
    _set_up(root, user)
    # nbgrader runs `alembic` from the PATH, and in JupyterLab's terminal people run `scalinglaws`.
    put_first("PATH", Path(sys.executable).parent)

    import zmq
    from jupyterlab.labapp import LabApp

    token = secrets.token_hex(24)
    options = [
        *_options(root, user),
        f"--ServerApp.ip={args.ip}",
        f"--ServerApp.port={port}",
        f"--ServerApp.port_retries={retries}",
        f"--ServerApp.open_browser={browser}",
        f"--LabApp.default_url=/{start}",
        f"--IdentityProvider.token={token}",
        "--ServerApp.answer_yes=True",  # one Ctrl-C is enough
        # On a shared machine others could listen in, and the kernel would warn about that at each
        # start.
        f"--KernelManager.transport_encryption={'auto' if zmq.has('curve') else 'disabled'}",
        "--ServerApp.log_level=ERROR",
        "--LabApp.log_level=ERROR",
    ]
    try:
        server = LabApp.initialize_server(options)
    except OSError as error:  # Jupyter keeps its runtime files in the user's home
        raise _cannot_start(error) from error

    def announce() -> None:
        print(
            f"JupyterLab is ready:\n\n    http://{HOST}:{server.port}{server.base_url}{start}?token={token}\n\n"
            "Leave this window open while you work. Ctrl-C here stops JupyterLab.",
            flush=True,
        )

    # Jupyter binds the port in its event loop; this runs after that, when the address is valid.
    server.io_loop.add_callback(announce)
    server.start()
    return 0


def _set_up(root: Path, user: str) -> None:
    """Make the course's settings the only ones, in the folder that is served."""
    stand_alone(Path(__file__).parent / user, root / ".cache")
    style = Path(jupyter_config_dir(), "custom", "custom.css")  # where --LabApp.custom_css looks
    try:
        replace_file(style, jupyterlab_css().encode())
    except OSError as error:
        raise _cannot_start(error) from error
    os.chdir(root)  # Jupyter reads settings from the working folder, too


def _cannot_start(error: OSError) -> CourseError:
    return CourseError(
        f"JupyterLab cannot start ({error}): make this writable, then run this again."
    )


def _options(root: Path, user: str) -> list[str]:
    """The options of every server of the course. root: the folder that it serves."""
    return [
        f"--ServerApp.root_dir={root}",
        "--ServerApp.allow_root=True",  # in a container the user is often root
        # Open tabs are remembered per folder, not for all of the user's JupyterLabs.
        f"--LabApp.workspaces_dir={root / '.cache' / 'jupyterlab'}",
        "--LabApp.extension_manager=readonly",  # the default one queries the package index
        # An installed language server would start with each notebook, and write here when it ends.
        "--LanguageServerManager.autodetect=False",
        f"--LabApp.extra_labextensions_path={Path(__file__).parent / user / 'labextensions'}",
        "--LabApp.custom_css=True",
        "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]


def _under_hub(root: Path, user: str, start: str) -> int:
    """Become a JupyterHub single-user server.

    The hub's environment variables give the address (port and base_url) and who has access. Raises
    CourseError if no hub has started this.
    """
    if "JUPYTERHUB_API_TOKEN" not in os.environ:
        raise CourseError("--hub is for servers that a JupyterHub starts: leave it out.")
    here = Path(sys.executable).parent
    program = shutil.which("jupyterhub-singleuser", path=here)
    if program is None:
        raise CourseError(
            "JupyterHub is not installed here: pip install jupyterhub, in the hub's own version."
        )
    _set_up(root, user)
    put_first("PATH", here)
    os.environ["JUPYTERHUB_DEFAULT_URL"] = f"/{start}"
    sys.stdout.flush()
    os.execv(program, [program, *_options(root, user)])


def put_first(variable: str, folder: Path) -> None:
    """Put a folder at the head of a list of folders in the environment."""
    os.environ[variable] = os.pathsep.join(filter(None, [str(folder), os.environ.get(variable)]))


def running_lab(root: Path) -> dict[str, Any] | None:
    """Jupyter's record (url, token, pid, ...) of a server of this folder; None if there is none."""
    from jupyter_server.serverapp import list_running_servers

    for server in list_running_servers():
        if Path(server["root_dir"]) == root and answers(server):
            return server
    return None


def answers(server: Mapping[str, Any]) -> bool:
    """Whether a server answers: after a crash its record stays, and another process may have its
    number.
    """
    connection = HTTPConnection(HOST, server["port"], timeout=5)
    try:
        path = server["base_url"] + "api/status"
        connection.request("GET", path, headers={"Authorization": f"token {server['token']}"})
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def free_port() -> int:
    """The first free port from 8888 up."""
    for port in range(FIRST_PORT, LAST_PORT + 1):
        if problem(port) is None:
            return port
    raise CourseError(
        f"No port from {FIRST_PORT} to {LAST_PORT} is free: close another JupyterLab, or give a port."
    )


def claimed_port(port: int) -> int:
    """The port that the user asked for; raises CourseError, which suggests another one, if it is
    not available.
    """
    if why := problem(port):
        raise CourseError(
            f"Port {port} cannot be used ({why}): try port {free_port()}, or leave the port out."
        )
    return port


def problem(port: int) -> str | None:
    """Why this machine cannot serve on a port; None if it can."""
    with socket.socket() as probe:
        if os.name != "nt":  # Windows would share a port that is in use
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except (OSError, OverflowError) as error:
            return getattr(error, "strerror", None) or str(error)
    return None
