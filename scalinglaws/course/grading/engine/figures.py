"""Figures are drawn after the tests, and identical figures only once.

Drawing takes most of a notebook's time, and most figures of a class are the same. So in the engine
`sl.show` does not draw: it pickles the figure, in a fiftieth of the time, and leaves a mark in the
output. After the tests, the session has the new figures drawn. Opening a pickle runs any code in
it. So each is opened in its own sandboxed process that holds nothing else, and its picture is kept
under the hash of the pickle's bytes: a forged pickle only affects its author's own picture.
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
    """The placeholder in an output for a picture to come."""
    return f"sketch:{hashlib.sha256(sketch).hexdigest()}"


class Sketches:
    """The figures that a cell showed, in the learner's process."""

    def __init__(self) -> None:
        self.taken: dict[str, bytes] = {}

    def clear(self) -> None:
        """Before a cell."""
        self.taken = {}

    def take(self, figure: "Figure") -> str:
        """The mark of a figure, or its picture if it cannot be pickled."""
        from scalinglaws.plots import alt

        try:
            sketch = pickled(figure)
        except Exception:  # for example a formatter that is a lambda
            sketch = b""
        # The drawing process does not know what a cell defined.
        own = not sketch or b"__main__" in sketch
        if own or len(sketch) > MAX_SKETCH or len(self.taken) >= MAX_SKETCHES:
            return alt.png_url(figure)
        self.taken[mark_of(sketch)] = sketch
        return mark_of(sketch)

    def sent(self) -> list[str]:
        """The figures in the form that is sent to the session."""
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
            parents = made[2]["_parents"].values()  # ordered by addresses, which differ
            made[2]["_parents"] = dict(enumerate(parents))
            return made

    sketch = io.BytesIO()
    Pickler(sketch, protocol=5).dump((dict(mpl.rcParams), figure))
    return sketch.getvalue()


def received(sketches: object) -> list[bytes]:
    """Data from a learner's process, if it has the form of `Sketches.sent`."""
    texts = sketches[:MAX_SKETCHES] if isinstance(sketches, list) else []
    try:
        return [base64.b64decode(text) for text in texts if len(text) < 2 * MAX_SKETCH]
    except (TypeError, ValueError):
        return []


def drawn(sketch: bytes) -> str:
    """The picture of a sketch.

    This runs the code in it, so only in a sandbox, in a process that ends afterwards.
    """
    import matplotlib as mpl

    from scalinglaws.plots import alt

    settings, figure = pickle.loads(sketch)
    with mpl.rc_context(settings):
        return alt.png_url(figure)


def is_picture(text: object) -> TypeGuard[str]:
    """Whether the drawing process sent a PNG and nothing else."""
    return isinstance(text, str) and len(text) <= MAX_PICTURE and bool(_PICTURE.fullmatch(text))


def filler(pictures: dict[str, str], room: int) -> Callable[[str], str]:
    """A function that replaces the marks by pictures, of `room` bytes in total at most.

    A missing picture is replaced by its alt text.
    """

    def picture(mark: re.Match[str]) -> str:
        nonlocal room
        found = pictures.get(mark[0], _NOTHING)
        room -= len(found)
        return found if room >= 0 else _NOTHING

    return lambda html: _MARK.sub(picture, html)


class Pictures:
    """The most recent pictures, by mark. Thread-safe."""

    def __init__(self, most: int = 128 * MIB) -> None:
        self._lock, self._room = threading.Lock(), most
        self._kept: OrderedDict[str, str] = OrderedDict()

    def get(self, mark: str) -> str | None:
        """The picture, if it is cached."""
        with self._lock:
            if mark in self._kept:
                self._kept.move_to_end(mark)
            return self._kept.get(mark)

    def put(self, mark: str, picture: str) -> None:
        """Keep a picture, and drop the least recently used ones."""
        with self._lock:
            if mark not in self._kept:
                self._kept[mark] = picture
                self._room -= len(picture)
            while self._room < 0:
                self._room += len(self._kept.popitem(last=False)[1])


PICTURES = Pictures()
