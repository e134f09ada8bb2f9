"""The side panel's endpoint in JupyterLab's server: `scalinglaws/desk`, JSON only, with the
server's own token and origin checks.
"""

import asyncio
from pathlib import Path
from typing import Any

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from jupyter_server.utils import url_path_join

from .worker import Worker


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": __name__}]


def _load_jupyter_server_extension(server_app: Any) -> None:
    web = server_app.web_app
    pattern = url_path_join(web.settings["base_url"], "scalinglaws", "desk")
    web.add_handlers(".*$", [(pattern, Desk, {"worker": Worker()})])


class Desk(APIHandler):
    """Checks a notebook below the served folder, and lists its exercises."""

    def initialize(self, worker: Worker) -> None:
        """worker: the warm process of this server."""
        self.worker = worker

    @authorized(
        action="execute", resource="kernels"
    )  # checking runs code, so it needs the same right
    async def post(self) -> None:
        """{"do": "check" or "state", "path": below the served folder, "exercise": number or ""},
        or {"do": "start"}, with "goal": number to set one."""
        if self.request.headers.get("Content-Type", "").partition(";")[0] != "application/json":
            return self._refuse(415, "Ask in JSON.")
        asked = self.get_json_body()
        asked = asked if isinstance(asked, dict) else {}
        do, path, exercise = (asked.get(key, "") for key in ("do", "path", "exercise"))
        goal = asked.get("goal")
        known = do in ("check", "state", "start") and (goal is None or type(goal) is int)
        if not known or not all(isinstance(t, str) for t in (path, exercise)):
            return self._refuse(400, "The request must be check, state or start.")
        root = Path(self.contents_manager.root_dir).resolve()
        request = {"do": do, "root": str(root), "goal": goal}
        if do != "start":
            notebook = (root / path).resolve()
            if not notebook.is_relative_to(root) or not notebook.is_file():
                return self._refuse(404, "There is no such notebook in the served folder.")
            request = {"do": do, "path": str(notebook), "exercise": exercise}
        loop = asyncio.get_running_loop()
        self.finish(await loop.run_in_executor(None, self.worker.ask, request))

    def _refuse(self, status: int, reason: str) -> None:
        self.set_status(status)
        self.finish({"error": reason})
