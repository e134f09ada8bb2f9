"""Safe HTML of what a learner wrote or printed, made in a process that can be killed.

Markdown, HTML and formulas are parsed by libraries whose time can grow faster than the text. So a
second process does it, with limits on processor time and memory: anything that takes too long is
shown as plain text, and the page continues.
"""

import atexit
import contextlib
import functools
import json
import queue
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any, Literal

MAX_TEXT = 200_000  # characters of a Markdown text or a cell of code
MAX_HTML = 2_000_000  # characters of an output
CPU = 5.0  # seconds of processor time for one piece
_WALL = 120.0  # seconds to wait for it on a busy machine
_WALL_WITHOUT_CPU_LIMIT = 20.0  # Windows has no limit of processor time
_MEMORY = 2 * 2**30  # bytes

Kind = Literal["markdown", "html", "code"]


# --- in the process that renders ---


_DROPPED = re.compile(r"<(script|style|iframe|object|svg)\b.*?</\1\s*>", re.DOTALL | re.IGNORECASE)
_TAGS_TEXT = """
a abbr b blockquote br caption code col colgroup dd del details div dl dt em figure figcaption
h1 h2 h3 h4 h5 h6 hr i img ins kbd li mark ol p pre q s samp small span strong sub summary sup
table tbody td tfoot th thead tr u ul var wbr math semantics mrow mi mn mo ms mtext mspace msup msub
msubsup mfrac msqrt mroot mover munder munderover mtable mtr mtd mstyle mpadded mphantom mfenced
menclose mmultiscripts
"""
_TAGS = frozenset(_TAGS_TEXT.split())
_ATTRIBUTES_TEXT = """
alt title colspan rowspan scope width height open start lang dir display mathvariant stretchy
fence separator lspace rspace linethickness columnalign rowspacing columnspacing accent
accentunder displaystyle scriptlevel minsize maxsize form largeop movablelimits symmetric xmlns
"""
_ATTRIBUTES = frozenset(_ATTRIBUTES_TEXT.split())
_CLASSES = re.compile(r"(dataframe|highlight|[a-z]{1,2}\d?)( (dataframe|highlight|[a-z]{1,2}\d?))*")


_NO_IMAGE = re.compile(r"<img(?![^>]* src=)[^>]*>")  # the rest of an external image


def _allowed(tag: str, name: str, value: str) -> bool:
    """Whether an attribute may stay."""
    if name == "href":
        return tag == "a" and bool(re.match(r"(https?://|mailto:|#)", value.strip(), re.IGNORECASE))
    if name == "src":
        return tag == "img" and bool(re.match(r"data:image/(png|jpeg|gif);base64,", value.strip()))
    if name == "class":
        return bool(_CLASSES.fullmatch(value))
    return name in _ATTRIBUTES


def clean(text: str) -> str:
    """HTML with only harmless elements and attributes."""
    import bleach

    cleaned = bleach.clean(
        _DROPPED.sub("", text),
        tags=_TAGS,
        attributes=_allowed,
        protocols={"http", "https", "mailto", "data"},
        strip=True,
    )
    cleaned = _NO_IMAGE.sub("", cleaned)
    # pandas' empty headers are useless to a screen reader
    return cleaned.replace("<th></th>", "<td></td>")


def render(markdown: str, attachments: dict[str, Any] | None = None) -> str:
    """Markdown as harmless HTML in one line, which a second Markdown renderer, as in nbgrader's
    templates, leaves alone.
    """
    from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

    from scalinglaws.course.markdown import draw_formulas

    renderer = IPythonRenderer(
        escape=False, attachments=attachments or {}, exclude_anchor_links=True
    )
    text = clean(MarkdownWithMath(renderer=renderer).render(draw_formulas(markdown)))
    return "<div>" + text.replace("\n", "&#10;") + "</div>"


def highlight(code: str) -> str:
    """Python as highlighted HTML, to test whether that ends in time."""
    from nbconvert.filters import Highlight2HTML

    return str(Highlight2HTML()(code))


def render_again(text: str) -> str:
    """What nbgrader's pages do with rendered text, to test whether that ends in time."""
    from nbconvert.filters import markdown2html

    return str(markdown2html(text))


def main(cpu: float) -> None:
    """Render the pieces on stdin, one line of JSON each, until it closes."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    for kind in (
        "markdown",
        "html",
        "code",
    ):  # imports what is needed before any time limit applies
        _do(kind, "x $x$", None)
    for line in sys.stdin:
        piece = json.loads(line)
        with _limited(cpu):
            try:
                text = _do(piece["kind"], piece["text"], piece["attachments"])
                reply: dict[str, Any] = {"text": text}
            except Exception as error:  # libraries may raise anything on such a text
                reply = {"error": type(error).__name__}
        print(json.dumps(reply), flush=True)


def _do(kind: Kind, text: str, attachments: dict[str, Any] | None) -> str:
    if kind == "markdown":
        made = render(text, attachments)
        render_again(made)
        return made
    return clean(text) if kind == "html" else highlight(text)


@contextlib.contextmanager
def _limited(cpu: float) -> Iterator[None]:
    """End this process if the block takes too much processor time, even if no Python code gets to
    run.
    """
    try:
        from signal import ITIMER_PROF, setitimer
    except ImportError:
        yield
        return
    setitimer(ITIMER_PROF, cpu)
    try:
        yield
    finally:
        setitimer(ITIMER_PROF, 0)


# --- in the process that asks ---


class Renderer:
    """The rendering process.

    It is started when first needed, and again after it was killed. cpu: seconds of processor time
    that one piece may take.
    """

    def __init__(self, cpu: float = CPU) -> None:
        self._cpu = cpu
        self._process: subprocess.Popen[str] | None = None
        self._replies: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._lock = threading.Lock()

    def start(self) -> None:
        """Start it, without waiting."""
        with self._lock:
            self._start()

    def _start(self) -> subprocess.Popen[str]:
        if self._process is None or self._process.poll() is not None:
            command = [sys.executable, "-P", "-m", __spec__.name, str(self._cpu)]
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                encoding="utf-8",
            )
            self._replies = queue.SimpleQueue()
            threading.Thread(
                target=self._listen, args=(self._process, self._replies), daemon=True
            ).start()
        return self._process

    @staticmethod
    def _listen(process: subprocess.Popen[str], replies: "queue.SimpleQueue[str]") -> None:
        assert process.stdout is not None
        with contextlib.suppress(ValueError, OSError):
            for line in process.stdout:
                replies.put(line)
        replies.put("")

    def render(
        self, kind: Kind, text: str, attachments: dict[str, Any] | None = None
    ) -> str | None:
        """The HTML of a piece; None if it is too long, takes too long, or cannot be rendered."""
        if len(text) > (MAX_HTML if kind == "html" else MAX_TEXT):
            return None
        piece = {"kind": kind, "text": text, "attachments": attachments}
        with self._lock:
            process = self._start()
            try:
                assert process.stdin is not None
                process.stdin.write(json.dumps(piece) + "\n")
                process.stdin.flush()
                wall = _WALL if sys.platform != "win32" else _WALL_WITHOUT_CPU_LIMIT
                line = self._replies.get(timeout=wall)
            except (OSError, queue.Empty):
                line = ""
            if not line:
                self._end()
                return None
        return json.loads(line).get("text")

    def _end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            for pipe in filter(None, (self._process.stdin, self._process.stdout)):
                with contextlib.suppress(OSError):
                    pipe.close()
            self._process = None

    def close(self) -> None:
        """End the process."""
        with self._lock:
            self._end()


@functools.cache
def shared_renderer() -> Renderer:
    """This process's renderer; closed at exit."""
    renderer = Renderer()
    atexit.register(renderer.close)
    return renderer


if __name__ == "__main__":
    main(float(sys.argv[1]))
