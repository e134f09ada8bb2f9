"""Messages between the session and its processes: JSON after its length, and file descriptors if
any are passed.

A learner's process may send anything, so a message is limited before it is parsed: its bytes, and
its bytes outside quotation marks. (20 million empty lists are 60 MB to read and 1.6 GB to hold.)
"""

import array
import json
import os
import re
import socket
import struct
import time
from typing import Any

Message = dict[str, Any]

MAX_BYTES = 48 * 2**20  # of one message
MAX_STRUCTURE = 2**18  # brackets, commas and numbers outside strings
_ENCODER = json.JSONEncoder(ensure_ascii=False)  # our own, even if a cell replaces json.dumps
# A run of plain characters at a time. Possessive: keeps no backtracking state.
_TEXT = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)


class Gone(Exception):
    """The other side no longer answers."""

    def __str__(self) -> str:
        return "your code ended Python, or was stopped because it did not answer in time"


def read_exactly(sock: socket.socket, size: int, end: float | None = None) -> bytes:
    """Read `size` bytes from a socket.

    Raises Gone if it ends first, or at the time `end` of the monotonic clock.
    """
    parts, missing = [], size
    while missing:
        try:
            if end is not None:
                sock.settimeout(max(end - time.monotonic(), 0.001))
            part = sock.recv(min(missing, 2**20))
        except OSError:
            part = b""
        if not part:
            raise Gone
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)


def send(sock: socket.socket, message: Message, *fds: int) -> None:
    """Send one message."""
    data = _ENCODER.encode(message).encode("utf-8", "replace")
    data = struct.pack("<Q", len(data)) + data
    if fds:
        head = sock.sendmsg(
            [data], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds).tobytes())]
        )
        data = data[head:]
    sock.sendall(data)


def receive(sock: socket.socket, patience: float | None = None) -> tuple[Message, list[int]]:
    """The next message and its descriptors.

    Raises Gone at the end or if it is not a message. patience: seconds for the whole message; a
    sender of single bytes is Gone.
    """
    end = None if patience is None else time.monotonic() + patience
    try:
        sock.settimeout(patience)
        head, fds, _, _ = socket.recv_fds(sock, 8, 1)
    except OSError:
        raise Gone from None
    try:
        head += read_exactly(sock, 8 - len(head), end) if head else b""
        if len(head) < 8 or struct.unpack("<Q", head)[0] > MAX_BYTES:
            raise Gone
        message = parse(read_exactly(sock, struct.unpack("<Q", head)[0], end))
    except Gone:
        close_all(fds)
        raise
    return message, fds


def parse(data: bytes) -> Message:
    """The JSON object in `data`.

    Raises Gone if there is none, or if it would take much more memory than its bytes.
    """
    texts = 0  # bytes of them
    for number, text in enumerate(_TEXT.finditer(data)):
        if text.start() - texts + number > MAX_STRUCTURE:
            raise Gone
        texts += text.end() - text.start()
    if len(data) - texts > MAX_STRUCTURE:
        raise Gone
    try:
        message = json.loads(data.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        raise Gone from None
    if not isinstance(message, dict):
        raise Gone
    return message


def close_all(fds: list[int]) -> None:
    """Close unneeded descriptors."""
    for fd in fds:
        os.close(fd)
