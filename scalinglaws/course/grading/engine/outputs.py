"""Outputs from a process, in the form that a notebook may hold."""

import re
from typing import Any

from .shell import MAX_RICH

MAX_OUTPUTS = 32 * 2**20  # bytes, of one submission
_MOST = 300  # outputs of one cell
_MIME = re.compile(r"(text|image)/[a-z+.-]{1,40}")

Output = dict[str, Any]


def clean_outputs(
    outputs: object, limit: int, room: int = MAX_OUTPUTS
) -> tuple[list[Output], bool]:
    """(valid outputs of a notebook, whether all of them fitted into `room` bytes).

    limit: bytes of a cell's text. Invalid outputs are left out. Of rich outputs, only texts and
    pictures are kept: a widget no longer works once the notebook has run.
    """
    found: list[Output] = []
    room = min(room, (MAX_RICH + 1) * limit)
    given = outputs if isinstance(outputs, list) else []
    for output in given[:_MOST]:
        clean = _clean(output, limit) if isinstance(output, dict) else None
        if clean is None:
            continue
        room -= size_of(clean)
        if room < 0:
            return found, False
        found.append(clean)
    return found, len(given) <= _MOST


def size_of(output: Output) -> int:
    """The number of characters in an output."""
    texts = [output.get("text", ""), output.get("evalue", ""), *output.get("traceback", ())]
    return 100 + sum(map(len, [*texts, *output.get("data", {}).values()]))


def error_output(name: str, text: str) -> Output:
    """An error output for an error that Python did not raise."""
    return {"output_type": "error", "ename": name, "evalue": text, "traceback": [f"{name}: {text}"]}


def _clean(output: Output, limit: int) -> Output | None:
    kind = output.get("output_type")
    if kind == "stream" and output.get("name") in ("stdout", "stderr"):
        text = _text(output.get("text"), limit + 200)
        return {"output_type": kind, "name": output["name"], "text": text}
    if kind in ("display_data", "execute_result") and isinstance(output.get("data"), dict):
        return _clean_rich(output, limit)
    if kind == "error":
        lines = output.get("traceback")
        lines = lines[:200] if isinstance(lines, list) else []
        return {
            "output_type": kind,
            "ename": _text(output.get("ename"), 200),
            "evalue": _text(output.get("evalue"), 20_000),
            "traceback": [_text(line, 5_000) for line in lines],
        }
    return None


def _clean_rich(output: Output, limit: int) -> Output:
    data = {
        mime: _text(value, MAX_RICH * limit)
        for mime, value in output["data"].items()
        if isinstance(value, str) and _MIME.fullmatch(mime)
    }
    metadata = output.get("metadata")
    sizes = {
        mime: {k: v for k, v in size.items() if k in ("width", "height") and type(v) is int}
        for mime, size in (metadata.items() if isinstance(metadata, dict) else ())
        if mime in data and isinstance(size, dict)
    }
    clean: Output = {"output_type": output["output_type"], "data": data, "metadata": sizes}
    if output["output_type"] == "execute_result":
        count = output.get("execution_count")
        clean["execution_count"] = count if type(count) is int and 0 < count < 10**6 else None
    return clean


def _text(value: object, most: int) -> str:
    """A text that any file can hold: without lone surrogates."""
    return str(value)[:most].encode("utf-8", "replace").decode()
