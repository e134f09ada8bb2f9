"""Figures that are drawn after the tests, and once for all who have the same.

Drawing takes most of a notebook's time, and most figures of a class are the same. So in the engine `sl.show` does not draw: it
pickles the figure, in a fiftieth of the time, and leaves a mark in the output. When the tests are done, the session has drawn what is
not known yet.

Opening a pickle runs whatever code stands in it. So each is opened in a sandboxed process of its own that holds nothing else, and its
picture is kept under the hash of the pickle's bytes: who forges a pickle forges his own picture and nobody else's.
"""

import base64
import hashlib
import io
import pickle
import re
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeGuard

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MIB = 2**20
MAX_SKETCH = 4 * MIB  # a larger figure is drawn at once
MAX_SKETCHES = 100  # of one cell
MAX_PICTURE = 8 * MIB
_PICTURE = re.compile(r"data:image/png;base64,[A-Za-z0-9+/]+={0,2}")
_NOTHING = "data:,"
_MARK = re.compile(r"sketch:[0-9a-f]{64}")


def mark_of(sketch: bytes) -> str:
    """What stands in an output where the picture will be."""
    return f"sketch:{hashlib.sha256(sketch).hexdigest()}"


class Sketches:
    """In the learner's process: the figures that a cell showed."""

    def __init__(self) -> None:
        self.taken: dict[str, bytes] = {}

    def clear(self) -> None:
        """Before a cell."""
        self.taken = {}

    def take(self, figure: "Figure") -> str:
        """The mark of a figure, or its picture where it cannot be handed over."""
        from scalinglaws.plots import alt

        try:
            sketch = pickled(figure)
        except Exception:  # a formatter that is a lambda, say
            sketch = b""
        # What a cell defined is unknown to the process that draws.
        own = not sketch or b"__main__" in sketch
        if own or len(sketch) > MAX_SKETCH or len(self.taken) >= MAX_SKETCHES:
            return alt.png_url(figure)
        self.taken[mark_of(sketch)] = sketch
        return mark_of(sketch)

    def sent(self) -> list[str]:
        """As they go to the session."""
        return [base64.b64encode(sketch).decode() for sketch in self.taken.values()]


def pickled(figure: "Figure") -> bytes:
    """A figure and matplotlib's settings; the same bytes in every process that made the same figure."""
    import matplotlib as mpl
    from matplotlib.transforms import TransformNode

    class Pickler(pickle.Pickler):
        def reducer_override(self, obj: Any) -> Any:
            if not isinstance(obj, TransformNode):
                return NotImplemented
            made: Any = obj.__reduce_ex__(5)
            parents = made[2]["_parents"].values()  # by their addresses, which differ
            made[2]["_parents"] = dict(enumerate(parents))
            return made

    sketch = io.BytesIO()
    Pickler(sketch, protocol=5).dump((dict(mpl.rcParams), figure))
    return sketch.getvalue()


def received(sketches: object) -> list[bytes]:
    """What came from a learner's process, if it has the form of `Sketches.sent`."""
    texts = sketches[:MAX_SKETCHES] if isinstance(sketches, list) else []
    try:
        return [base64.b64decode(text) for text in texts if len(text) < 2 * MAX_SKETCH]
    except (TypeError, ValueError):
        return []


def drawn(sketch: bytes) -> str:
    """The picture of a sketch. Runs the code in it: only in a sandbox, in a process that ends with it."""
    import matplotlib as mpl

    from scalinglaws.plots import alt

    settings, figure = pickle.loads(sketch)
    with mpl.rc_context(settings):
        return alt.png_url(figure)


def is_picture(text: object) -> TypeGuard[str]:
    """Whether what the drawing process sent is a PNG and nothing else."""
    return isinstance(text, str) and len(text) <= MAX_PICTURE and bool(_PICTURE.fullmatch(text))


def filler(pictures: dict[str, str], room: int) -> Callable[[str], str]:
    """What puts the pictures where the marks stand, no more than `room` bytes in all. One that is not there shows its alt text."""

    def picture(mark: re.Match[str]) -> str:
        nonlocal room
        found = pictures.get(mark[0], _NOTHING)
        room -= len(found)
        return found if room >= 0 else _NOTHING

    return lambda html: _MARK.sub(picture, html)


class Pictures:
    """The pictures that were drawn last, by mark. May be used by several threads."""

    def __init__(self, most: int = 128 * MIB) -> None:
        self._lock, self._room = threading.Lock(), most
        self._kept: OrderedDict[str, str] = OrderedDict()

    def get(self, mark: str) -> str | None:
        """The picture, if it is there."""
        with self._lock:
            if mark in self._kept:
                self._kept.move_to_end(mark)
            return self._kept.get(mark)

    def put(self, mark: str, picture: str) -> None:
        """Keep a picture, in place of those that nobody asked for longest."""
        with self._lock:
            if mark not in self._kept:
                self._kept[mark] = picture
                self._room -= len(picture)
            while self._room < 0:
                self._room += len(self._kept.popitem(last=False)[1])


PICTURES = Pictures()
