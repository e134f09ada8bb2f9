"""IPython without a kernel: runs cells in this process and returns their outputs as a notebook stores them."""

import contextlib
import io
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .verdict import Verdict

MAX_ITEMS = 200  # outputs of one cell
MAX_RICH = 20  # times the text limit: bytes of figures, tables and results
_MAX_TRACEBACK = 20_000


@dataclass
class _Display:
    """A rich output that may be updated. name: from `display(..., display_id=...)`."""

    name: str
    size: int
    item: dict[str, Any]


@dataclass
class Execution:
    """The result of running one cell.

    cut: its output exceeded the limit. ended: it ran to its end. value: of its last expression.
    failure: its first error.
    """

    outputs: list[dict[str, Any]]
    cut: bool
    ended: bool
    value: Any
    failure: Verdict | None

    def verdict(self) -> Verdict:
        """What a test came to."""
        if self.failure:
            return self.failure
        return Verdict.of_value(self.value) if self.ended else Verdict.unjudged("it did not end")


class Outputs:
    """The outputs of one cell, no more than `limit` bytes of text. failure: the first error, which
    always has room.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.items: list[dict[str, Any]] = []
        self.failure: Verdict | None = None
        self.cut = self.left_out = False  # text, rich outputs
        self._displays: list[_Display] = []
        self._clear_later = False
        self._text = 0  # bytes so far

    def stream(self, name: str, text: str) -> None:
        """Text printed to `name` (stdout, stderr)."""
        self._clear_now()
        text = self._fit(text)
        if not text:
            return
        if self.items and self.items[-1].get("name") == name:
            self.items[-1]["text"] += text
        else:
            self.items.append({"output_type": "stream", "name": name, "text": text})

    def _fit(self, text: str) -> str:
        room = self.limit - self._text
        self._text += min(len(text), max(room, 0))
        if len(text) <= room:
            return text
        if self.cut:
            return ""
        self.cut = True
        return text[: max(room, 0)] + f"\n[cut here: a cell may show {self.limit:,} characters]\n"

    def rich(
        self,
        kind: str,
        data: dict[str, Any],
        metadata: dict[str, Any] | None = None,
        *,
        count: int | None = None,
        name: str = "",
        update: bool = False,
    ) -> None:
        """A figure, a table, a result.

        name: of a display; what was shown under it changes, and with `update` nothing is added.
        """
        self._clear_now()
        size = sum(len(v) if isinstance(v, str | bytes) else 100 for v in data.values())
        older = [d for d in self._displays if name and d.name == name]
        others = sum(d.size for d in self._displays) - sum(d.size for d in older)
        if (
            (len(self.items) >= MAX_ITEMS and not (update and older))
            or size > 8 * self.limit
            or others + size * (len(older) + 1) > MAX_RICH * self.limit
        ):
            self.left_out = True
            return self.stream("stdout", "[an output is left out: too large]\n")
        item: dict[str, Any] = {
            "output_type": kind,
            "data": dict(data),
            "metadata": dict(metadata or {}),
        }
        if kind == "execute_result":
            item["execution_count"] = count
        for display in older:
            display.item.update(data=item["data"], metadata=item["metadata"])
            display.size = size
        if not (update and older):
            self.items.append(item)
            self._displays.append(_Display(name, size, item))
        return None

    def clear(self, wait: bool = False) -> None:
        """Remove all outputs. wait: only when something follows."""
        self._clear_later = True
        if not wait:
            self._clear_now()

    def _clear_now(self) -> None:
        if self._clear_later:
            self._clear_later = False
            self.items.clear()
            self._displays.clear()
            self._text = 0

    def error(self, name: str, text: str, lines: list[str]) -> None:
        """The error that ended the cell, or one that a magic caught and showed."""
        self.failure = self.failure or Verdict.failed(name, text, lines)
        self._clear_now()
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

    encoding, errors = "UTF-8", "replace"

    def __init__(self, shell: "CellShell", name: str) -> None:
        super().__init__()
        self.shell, self.name = shell, name

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        outputs = self.shell.outputs
        if not outputs.cut:  # otherwise a flood of output, which must stay cheap
            outputs.stream(self.name, text)
        return len(text)

    def isatty(self) -> bool:
        return False

    def fileno(self) -> int:
        """For `faulthandler` and `subprocess`, whose output there is not shown."""
        return {"stdout": 1, "stderr": 2}[self.name]


class CellShell:
    """Runs cells one after another in one namespace. Make it once, in the warm process; it survives forks."""

    def __init__(self) -> None:
        from .kernel_shell import make_shell

        self.outputs = Outputs(2**20)
        self.text_of: Callable[[BaseException], str] = str  # the text of an error that ends a cell
        self.ip = make_shell()
        ip: Any = self.ip
        ip.display_pub = _Publisher(self)
        ip.displayhook = _Hook(self, ip)
        sys.displayhook = ip.display_trap.hook = ip.displayhook
        ip._showtraceback = self._show_error
        self.stdout, self.stderr = _Stream(self, "stdout"), _Stream(self, "stderr")

    def run(self, source: str, limit: int) -> Execution:
        """Run one cell. limit: bytes of its outputs."""
        self.outputs = Outputs(limit)
        ended, value = False, None
        kept = sys.stdout, sys.stderr
        sys.stdout, sys.stderr = self.stdout, self.stderr
        try:
            done = self.ip.run_cell(source, store_history=True)
            ended, value = done.success, done.result
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
        outputs = self.outputs
        cut = outputs.cut or outputs.left_out
        return Execution(outputs.items, cut, ended, value, outputs.failure)

    def _show_error(self, kind: type, value: Any, lines: list[str]) -> None:
        try:
            text = self.text_of(value)
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
        name = str((transient or {}).get("display_id", ""))
        self.shell.outputs.rich(
            "display_data", _plain(data), _plain_metadata(metadata), name=name, update=update
        )

    def clear_output(self, wait=False) -> None:
        self.shell.outputs.clear(wait)

    def register_hook(self, hook: Any) -> None:
        """A method of ipykernel's publisher; nothing is sent here."""

    unregister_hook = register_hook


def _plain(data: dict[str, Any]) -> dict[str, Any]:
    """A mime bundle for JSON: bytes as base64, texts unchanged, the rest as text."""
    import base64

    found = {}
    for mime, value in (data or {}).items():
        if isinstance(value, bytes):
            value = base64.b64encode(value).decode()
        if isinstance(value, str) or str(mime).endswith("json"):
            found[str(mime)] = value
    return found


def _plain_metadata(metadata: dict[str, Any] | None) -> dict[str, Any]:
    """Only the metadata with a figure's size."""
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
                "execute_result",
                _plain(format_dict),
                _plain_metadata(md_dict),
                count=self.prompt_count,
            )

        def finish_displayhook(self) -> None:
            self._is_active = False

    return Hook(shell=ip)
