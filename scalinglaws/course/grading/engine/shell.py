"""IPython without a kernel: runs cells in this process and returns their outputs as a notebook stores them."""

import builtins
import contextlib
import io
import os
import subprocess
import sys
import traceback
from typing import Any

MAX_ITEMS = 200  # outputs of one cell
_MAX_TRACEBACK = 20_000


class Outputs:
    """The outputs of one cell, no more than `limit` bytes of them."""

    def __init__(self, limit: int) -> None:
        self.items: list[dict] = []
        self.limit, self.size, self.cut = limit, 0, False

    def stream(self, name: str, text: str) -> None:
        """Text printed to `name` (stdout, stderr)."""
        text = self._fit(text)
        if not text:
            return
        if self.items and self.items[-1].get("name") == name:
            self.items[-1]["text"] += text
        else:
            self.items.append({"output_type": "stream", "name": name, "text": text})

    def _fit(self, text: str) -> str:
        room = self.limit - self.size
        self.size += min(len(text), max(room, 0))
        if len(text) <= room:
            return text
        if self.cut:
            return ""
        self.cut = True
        return text[: max(room, 0)] + f"\n[cut here: a cell may show {self.limit:,} characters]\n"

    def rich(
        self, kind: str, data: dict, metadata: dict | None = None, count: int | None = None
    ) -> None:
        """A figure, a table, a result."""
        size = sum(len(v) if isinstance(v, str | bytes) else 100 for v in data.values())
        if len(self.items) >= MAX_ITEMS or self.size + size > 8 * self.limit:
            return self.stream("stdout", "[an output is left out: too large]\n")
        self.size += min(size, self.limit // MAX_ITEMS)  # figures are large, and few
        item = {"output_type": kind, "data": dict(data), "metadata": dict(metadata or {})}
        if kind == "execute_result":
            item["execution_count"] = count
        self.items.append(item)
        return None

    def error(self, name: str, text: str, lines: list[str]) -> None:
        """The error that ended the cell."""
        joined = "\n".join(lines)[:_MAX_TRACEBACK]
        self.items.append(
            {
                "output_type": "error",
                "ename": name[:200],
                "evalue": text[:_MAX_TRACEBACK],
                "traceback": joined.split("\n"),
            }
        )


class _Stream(io.TextIOBase):
    """sys.stdout or sys.stderr of a cell."""

    encoding, errors = "utf-8", "replace"

    def __init__(self, shell: "CellShell", name: str) -> None:
        super().__init__()
        self.shell, self.name = shell, name

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        outputs = self.shell.outputs
        if not outputs.cut:  # else: a flood, which must cost no more than it has to
            outputs.stream(self.name, text)
        return len(text)

    def isatty(self) -> bool:
        return False


class CellShell:
    """Runs cells one after another in one namespace. Make it once, in the warm process; it survives forks."""

    def __init__(self) -> None:
        from IPython.core.interactiveshell import InteractiveShell
        from traitlets.config import Config

        config = Config()
        config.HistoryManager.enabled = False
        config.InteractiveShell.colors = "nocolor"
        config.InteractiveShell.cache_size = 100
        config.InteractiveShell.xmode = "Context"
        self.outputs = Outputs(2**20)
        self.ip = ip = InteractiveShell.instance(config=config)
        ip.display_pub = _Publisher(self)
        ip.displayhook = _Hook(self, ip)
        sys.displayhook = ip.display_trap.hook = ip.displayhook
        ip._showtraceback = self._show_error
        ip.system = ip.system_piped = ip.system_raw = _system
        ip.kernel = None  # libraries take a shell with this name for a notebook's, and show figures as it does
        ip.ask_exit = lambda: None  # quit() ends no notebook
        builtins.input = _no_input
        for space in (ip.user_ns, ip.user_ns_hidden, vars(builtins)):
            space["exit"] = space["quit"] = _Quit()
        self.stdout, self.stderr = _Stream(self, "stdout"), _Stream(self, "stderr")

    def run(self, source: str, limit: int) -> list[dict]:
        """Run one cell; the outputs, an error among them. limit: bytes."""
        self.outputs = Outputs(limit)
        kept = sys.stdout, sys.stderr
        sys.stdout, sys.stderr = self.stdout, self.stderr
        try:
            self.ip.run_cell(source, store_history=True)
        except KeyboardInterrupt:
            self.outputs.error("KeyboardInterrupt", "", ["KeyboardInterrupt"])
        except SystemExit:
            pass
        except BaseException as error:  # IPython itself, broken by the cell
            with contextlib.suppress(BaseException):
                self.outputs.error(
                    type(error).__name__, str(error), traceback.format_exc().split("\n")
                )
        finally:
            sys.stdout, sys.stderr = kept
        return self.outputs.items

    def _show_error(self, kind: type, value: Any, lines: list[str]) -> None:
        try:
            text = str(value)
        except BaseException:
            text = ""
        self.outputs.error(str(kind.__name__), text, [str(line) for line in lines])


class _Publisher:
    """IPython's display publisher, writing into the cell's outputs."""

    is_publishing = False

    def __init__(self, shell: CellShell) -> None:
        self.shell = shell

    def publish(
        self, data, metadata=None, source=None, *, transient=None, update=False, **_
    ) -> None:
        self.shell.outputs.rich("display_data", _plain(data), _plain_metadata(metadata))

    def clear_output(self, wait=False) -> None:
        self.shell.outputs.items.clear()


def _plain(data: dict) -> dict:
    """A mime bundle as JSON holds it: bytes as base64, texts as they are, the rest as text."""
    import base64

    found = {}
    for mime, value in (data or {}).items():
        if isinstance(value, bytes):
            value = base64.b64encode(value).decode()
        if isinstance(value, str) or str(mime).endswith("json"):
            found[str(mime)] = value
    return found


def _plain_metadata(metadata: dict | None) -> dict:
    """Only what a figure's size needs."""
    return {
        mime: {k: v for k, v in value.items() if k in ("width", "height") and isinstance(v, int)}
        for mime, value in (metadata or {}).items()
        if isinstance(value, dict)
    }


def _Hook(shell: CellShell, ip: Any) -> Any:
    """IPython's display hook, writing the last expression's value into the cell's outputs."""
    from IPython.core.displayhook import DisplayHook

    class Hook(DisplayHook):
        def write_output_prompt(self) -> None:
            pass

        def write_format_data(self, format_dict, md_dict=None) -> None:
            shell.outputs.rich(
                "execute_result", _plain(format_dict), _plain_metadata(md_dict), self.prompt_count
            )

        def finish_displayhook(self) -> None:
            self._is_active = False

    return Hook(shell=ip)


class _Quit:
    """`exit` and `quit`, which end no notebook."""

    def __call__(self, *args: Any) -> None:
        pass

    def __repr__(self) -> str:
        return "quit() ends no notebook"


def _no_input(prompt: Any = "") -> str:
    raise EOFError("nobody is there to answer input() while a notebook is graded")


def _system(command: str) -> None:
    """`!command`: its output, once it has ended."""
    done = subprocess.run(
        command, shell=True, stdin=subprocess.DEVNULL, capture_output=True, cwd=os.getcwd()
    )
    sys.stdout.write(done.stdout.decode("utf-8", "replace"))
    sys.stderr.write(done.stderr.decode("utf-8", "replace"))
