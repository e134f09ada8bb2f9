"""Encodes the plain data that may cross between the learner's process and the tester.

Decoding never runs the sender's code: no pickles, no classes looked up by name, no trusted sizes.
Anything that is not plain data is passed to `reference`, which describes it so that the other side
can make a proxy.
"""

import datetime
import decimal
import fractions
import functools
import pickle
import re
import struct
import types
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

MAX_BYTES = 64 * 2**20  # of one message
MAX_DEPTH = 60  # of nested containers
MAX_VALUES = 2_000_000  # of one message
MAX_INT_BYTES = 4096
_DTYPE = re.compile(
    r"[<>|=][biufcSU]\d{1,9}|[<>|=][mM]8(\[\d{0,9}(Y|M|W|D|h|m|s|ms|us|ns|ps|fs|as)\])?"
)
_PANDAS_DTYPE = re.compile(r"str|string|category|boolean|U?Int(8|16|32|64)|Float(32|64)")


class CannotCross(TypeError):
    """A value that is too large, too deep or of a kind that cannot be sent."""


class Malformed(ValueError):
    """Bytes that no genuine sender writes."""


# --- writing ---------------------------------------------------------------------------------------------------------


class Encoder:
    """Writes one message.

    reference: what to do with an object that is not plain data; returns a description of it as
    plain data. home: returns the other side's id of an object for which we hold a proxy, or None.
    pickles: allow pickles for everything else. Only the tester may send them: what it sends is
    trusted, what it receives is not.
    """

    def __init__(
        self,
        reference: Callable[[Any], Any],
        home: Callable[[Any], int | None] = lambda value: None,
        pickles: bool = False,
    ) -> None:
        self.out = bytearray()
        self.reference, self.home, self.pickles = reference, home, pickles
        self.depth = self.values = 0

    def write(self, value: Any) -> "Encoder":
        """Append one value. Raises CannotCross."""
        self.values += 1
        self.depth += 1
        if self.depth > MAX_DEPTH or self.values > MAX_VALUES or len(self.out) > MAX_BYTES:
            raise CannotCross("this is too large or too deeply nested to be handed to a test")
        kind = type(value)
        writer = _WRITERS.get(kind)
        if writer is None:
            writer = next((w for base, w in _BASES if isinstance(value, base)), Encoder._other)
        writer(self, value)
        self.depth -= 1
        return self

    def _sized(self, tag: bytes, data: bytes) -> None:
        if len(data) > MAX_BYTES:
            raise CannotCross("this is too large to be handed to a test")
        self.out += tag + struct.pack("<Q", len(data)) + data

    def _int(self, value: int) -> None:
        value = int.__index__(value)
        size = value.bit_length() // 8 + 1
        if size > MAX_INT_BYTES:
            raise CannotCross(f"an integer of {size} bytes is too large to be handed to a test")
        self._sized(b"i", value.to_bytes(size, "little", signed=True))

    def _many(self, tag: bytes, values: list[Any]) -> None:
        self.out += tag + struct.pack("<Q", len(values))
        for value in values:
            self.write(value)

    def _tagged(self, tag: bytes, *values: Any) -> None:
        self.out += tag
        for value in values:
            self.write(value)

    def _dict(self, value: dict[Any, Any]) -> None:
        pairs = list(dict.items(value))
        self.out += b"d" + struct.pack("<Q", len(pairs))
        for key, item in pairs:
            self.write(key)
            self.write(item)

    def _tuple(self, value: tuple[Any, ...]) -> None:
        fields = getattr(type(value), "_fields", None)
        if type(value) is not tuple and isinstance(fields, tuple) and len(fields) == len(value):
            self._tagged(b"N", type(value).__name__, list(fields), list(value))
        else:
            self._many(b"t", list(tuple.__iter__(value)))

    def _array(self, value: np.ndarray) -> None:
        value = np.asarray(value)
        if value.dtype == object:
            return self._tagged(b"O", value.shape, value.reshape(-1).tolist())
        if not _DTYPE.fullmatch(value.dtype.str):
            return self._other(value)
        if value.nbytes > MAX_BYTES:
            raise CannotCross(f"an array of {value.nbytes:,} bytes is too large for a test")
        self._tagged(b"a", value.dtype.str, value.shape)
        self._sized(b"", np.ascontiguousarray(value).tobytes())

    def _scalar(self, value: np.generic) -> None:
        array = np.asarray(value)
        if array.dtype == object or not _DTYPE.fullmatch(array.dtype.str):
            return self._other(value)
        self.out += b"g"
        self._array(array)

    def _column(self, values: pd.Series | pd.Index) -> None:
        """Values without their index: an array, and pandas' own type if it is not a numpy array."""
        if isinstance(values.dtype, np.dtype):
            return self._tagged(b"l", values.to_numpy(), "")
        name = str(values.dtype)
        self._tagged(
            b"l", values.to_numpy(dtype=object), name if _PANDAS_DTYPE.fullmatch(name) else ""
        )

    def _index(self, value: pd.Index) -> None:
        if isinstance(value, pd.RangeIndex):
            return self._tagged(b"R", value.start, value.stop, value.step, value.name)
        if isinstance(value, pd.MultiIndex):
            self._tagged(b"M", list(value.names), value.nlevels)
            for level in range(value.nlevels):
                self._column(value.get_level_values(level))
            return None
        self._tagged(b"X", value.name)
        return self._column(value)

    def _series(self, value: pd.Series) -> None:
        self._tagged(b"S", value.name)
        self._index(value.index)
        self._column(value)

    def _frame(self, value: pd.DataFrame) -> None:
        self.out += b"D" + struct.pack("<Q", value.shape[1])
        self._index(value.columns)
        self._index(value.index)
        for i in range(value.shape[1]):
            self._column(value.iloc[:, i])

    def _time(self, value: pd.Timestamp | pd.Timedelta) -> None:
        zone = getattr(value, "tz", None)
        self._tagged(
            b"T" if isinstance(value, pd.Timestamp) else b"E", value.isoformat(), str(zone or "")
        )

    def _other(self, value: Any) -> None:
        home = self.home(value)
        if home is not None:
            return self._tagged(b"h", home)
        if self.pickles and not _stays(value):
            try:
                data = pickle.dumps(value)
            except Exception:  # a class of the test cell, a lambda or a proxy is described instead
                pass
            else:
                if b"__main__" not in data:
                    return self._sized(b"p", data)
        return self._tagged(b"r", self.reference(value))


def fingerprint(value: Any) -> bytes:
    """The bytes of plain data, to see whether a call has changed it; any other object is compared
    by identity. Empty if it is too large.
    """
    try:
        return bytes(Encoder(reference=id).write(value).out)
    except (CannotCross, RecursionError):
        return b""


def _stays(value: Any) -> bool:
    """Whether to send a reference although the value could be pickled: a copy would include its
    private data.
    """
    return hasattr(type(value), "_crosses_") or isinstance(
        value, types.MethodType | functools.partial
    )


def _constant(tag: bytes) -> Callable[..., Any]:
    def write(encoder: Encoder, value: Any) -> None:
        encoder.out += tag

    return write


def _text(encoder: Encoder, value: str) -> None:
    encoder._sized(b"s", str.encode(value, "utf-8", "surrogatepass"))


def _float(encoder: Encoder, value: float) -> None:
    encoder.out += b"f" + struct.pack("<d", float.__float__(value))


def _complex(encoder: Encoder, value: complex) -> None:
    encoder.out += b"c" + struct.pack("<dd", complex.__complex__(value).real, value.imag)


_WRITERS: dict[type, Callable[..., Any]] = {
    type(None): _constant(b"0"),
    bool: lambda e, v: _constant(b"1" if v else b"2")(e, v),
    type(Ellipsis): _constant(b"3"),
    int: Encoder._int,
    float: _float,
    complex: _complex,
    str: _text,
    bytes: lambda e, v: e._sized(b"b", bytes(v)),
    bytearray: lambda e, v: e._sized(b"B", bytes(v)),
    list: lambda e, v: e._many(b"[", v),
    tuple: Encoder._tuple,
    dict: Encoder._dict,
    set: lambda e, v: e._many(b"{", list(v)),
    frozenset: lambda e, v: e._many(b"z", list(v)),
    np.ndarray: Encoder._array,
    pd.DataFrame: Encoder._frame,
    pd.Series: Encoder._series,
    range: lambda e, v: e._tagged(b"n", v.start, v.stop, v.step),
    slice: lambda e, v: e._tagged(b":", v.start, v.stop, v.step),
    decimal.Decimal: lambda e, v: e._tagged(b"q", str(v)),
    fractions.Fraction: lambda e, v: e._tagged(b"/", v.numerator, v.denominator),
    datetime.date: lambda e, v: e._tagged(b"y", v.isoformat()),
    datetime.datetime: lambda e, v: e._tagged(b"Y", v.isoformat()),
    datetime.timedelta: lambda e, v: e._tagged(b"u", v.days, v.seconds, v.microseconds),
    pd.Timestamp: Encoder._time,
    pd.Timedelta: Encoder._time,
    type(pd.NaT): _constant(b"4"),
    type(pd.NA): _constant(b"5"),
}
# Subclasses cross as the plain type that they extend: their overrides are lost.
_BASES: tuple[tuple[type, Callable[..., Any]], ...] = (
    (np.generic, Encoder._scalar),
    (int, Encoder._int),
    (float, _float),
    (complex, _complex),
    (str, _text),
    (bytes, _WRITERS[bytes]),
    (list, lambda e, v: e._many(b"[", list(list.__iter__(v)))),
    (tuple, Encoder._tuple),
    (dict, Encoder._dict),
    (set, lambda e, v: e._many(b"{", list(set.__iter__(v)))),
    (frozenset, lambda e, v: e._many(b"z", list(frozenset.__iter__(v)))),
    (np.ndarray, Encoder._array),
    (pd.DataFrame, Encoder._frame),
    (pd.Series, Encoder._series),
    (pd.Index, Encoder._index),
    (type({}.keys()), lambda e, v: e._many(b"[", list(v))),
    (type({}.values()), lambda e, v: e._many(b"[", list(v))),
    (type({}.items()), lambda e, v: e._many(b"[", list(v))),
)


# --- reading ---------------------------------------------------------------------------------------------------------


class Decoder:
    """Reads one message; nothing in it is trusted.

    proxy: makes a proxy for an object that the sender described. own: returns the object that we
    sent under an id. pickles: accepted only on the learner's side, which reads what the tester
    wrote.
    """

    def __init__(
        self,
        data: bytes,
        proxy: Callable[[Any], Any],
        own: Callable[[int], Any],
        pickles: bool = False,
    ) -> None:
        self.data, self.at = memoryview(data), 0
        self.proxy, self.own, self.pickles = proxy, own, pickles
        self.depth = self.values = 0

    def message(self) -> Any:
        """The one value of the message. Raises Malformed for any fault in it."""
        try:
            value = self.read()
        except Malformed:
            raise
        except Exception as error:
            raise Malformed(f"unreadable data ({type(error).__name__})") from None
        if self.at != len(self.data):
            raise Malformed("data after the end of the message")
        return value

    def read(self) -> Any:
        """The next value."""
        self.values += 1
        self.depth += 1
        if self.depth > MAX_DEPTH + 5 or self.values > MAX_VALUES + 5:
            raise Malformed("too large or too deep")
        value = _READERS[bytes(self.take(1))](self)
        self.depth -= 1
        return value

    def take(self, size: int) -> memoryview:
        if size > len(self.data) - self.at:
            raise Malformed("the message ends too early")
        part = self.data[self.at : self.at + size]
        self.at += size
        return part

    def size(self) -> int:
        return struct.unpack("<Q", self.take(8))[0]

    def bytes(self) -> memoryview:
        return self.take(self.size())

    def count(self) -> int:
        """How many values follow; each takes at least a byte."""
        count = self.size()
        if count > len(self.data) - self.at:
            raise Malformed("fewer values than were announced")
        return count

    def many(self) -> list[Any]:
        return [self.read() for _ in range(self.count())]

    def plain(self, kind: type | tuple[type, ...]) -> Any:
        """The next value, which must be of just this type."""
        value = self.read()
        if type(value) is not kind and not (isinstance(kind, tuple) and type(value) in kind):
            raise Malformed(f"{kind} was expected")
        return value

    def shape(self) -> tuple[int, ...]:
        shape = self.plain(tuple)
        if len(shape) > 32 or not all(type(n) is int and 0 <= n <= MAX_BYTES for n in shape):
            raise Malformed("no shape")
        return shape

    def array(self) -> np.ndarray:
        name, shape = self.plain(str), self.shape()
        data = self.bytes()
        if not _DTYPE.fullmatch(name):
            raise Malformed("no plain dtype")
        dtype = np.dtype(name)
        items = 1
        for n in shape:  # Python's own integers: no overflow
            items *= n
        if items * dtype.itemsize != len(data):
            raise Malformed("an array of a different size than announced")
        if not dtype.itemsize or not items:
            if items > MAX_BYTES // 4:  # empty strings, for which numpy reserves one character each
                raise Malformed("more values than fit into a message")
            return np.zeros(shape, dtype)
        if dtype.kind == "b":  # a byte of 2 would be true and count twice
            return (np.frombuffer(data, np.uint8) != 0).reshape(shape)
        return np.frombuffer(data, dtype).reshape(shape).copy()

    def objects(self) -> np.ndarray:
        shape, values = self.shape(), self.plain(list)
        array = np.empty(len(values), dtype=object)
        for i, value in enumerate(values):  # numpy would unpack a value that has a length
            array[i] = value
        return array.reshape(shape)

    def column(self) -> Any:
        if bytes(self.take(1)) != b"l":
            raise Malformed("a column was expected")
        values, dtype = self.plain(np.ndarray), self.plain(str)
        if dtype and not _PANDAS_DTYPE.fullmatch(dtype):
            raise Malformed("no pandas dtype")
        return pd.array(values.tolist(), dtype=dtype) if dtype else values

    def index(self) -> pd.Index:
        value = self.read()
        if not isinstance(value, pd.Index):
            raise Malformed("an index was expected")
        return value

    def multi_index(self) -> pd.MultiIndex:
        names, levels = self.plain(list), self.plain(int)
        if not 0 < levels == len(names):
            raise Malformed("no MultiIndex")
        return pd.MultiIndex.from_arrays([self.column() for _ in range(levels)], names=names)

    def series(self) -> pd.Series:
        name, index = self.read(), self.index()
        return pd.Series(self.column(), index=index, name=name)

    def frame(self) -> pd.DataFrame:
        width = self.size()
        if width > len(self.data):
            raise Malformed("fewer columns than were announced")
        columns, index = self.index(), self.index()
        frame = pd.DataFrame(
            {i: pd.Series(self.column(), index=index) for i in range(width)}, index=index
        )
        frame.columns = columns
        return frame

    def named_tuple(self) -> tuple[Any, ...]:
        from collections import namedtuple

        name, fields, values = self.plain(str), self.plain(list), self.plain(list)
        if not all(type(f) is str and f.isidentifier() for f in (name, *fields)):
            raise Malformed("no named tuple")
        return namedtuple(name, fields)(*values)

    def unpickle(self) -> Any:
        data = self.bytes()
        if not self.pickles:
            raise Malformed("a pickle")
        return pickle.loads(data)

    def pairs(self) -> dict[Any, Any]:
        return {self.read(): self.read() for _ in range(self.count())}

    def zoned(self) -> Any:
        text, zone = self.plain(str), self.plain(str)
        stamp = pd.Timestamp(text)
        return stamp.tz_convert(zone) if zone and stamp.tz is not None else stamp

    def timedelta(self) -> Any:
        text, _ = self.plain(str), self.plain(str)
        return pd.Timedelta(text)


def _short(text: str) -> str:
    if len(text) > 10_000:
        raise Malformed("a number of too many digits")
    return text


_READERS: dict[bytes, Callable[[Decoder], Any]] = {
    b"0": lambda d: None,
    b"1": lambda d: True,
    b"2": lambda d: False,
    b"3": lambda d: Ellipsis,
    b"4": lambda d: pd.NaT,
    b"5": lambda d: pd.NA,
    b"i": lambda d: int.from_bytes(d.take(min(d.size(), MAX_INT_BYTES)), "little", signed=True),
    b"f": lambda d: struct.unpack("<d", d.take(8))[0],
    b"c": lambda d: complex(*struct.unpack("<dd", d.take(16))),
    b"s": lambda d: bytes(d.bytes()).decode("utf-8", "surrogatepass"),
    b"b": lambda d: bytes(d.bytes()),
    b"B": lambda d: bytearray(d.bytes()),
    b"[": Decoder.many,
    b"t": lambda d: tuple(d.many()),
    b"N": Decoder.named_tuple,
    b"d": Decoder.pairs,
    b"{": lambda d: set(d.many()),
    b"z": lambda d: frozenset(d.many()),
    b"a": Decoder.array,
    b"O": Decoder.objects,
    b"g": lambda d: d.plain(np.ndarray)[()],
    b"R": lambda d: pd.RangeIndex(d.plain(int), d.plain(int), d.plain(int), name=d.read()),
    b"M": Decoder.multi_index,
    b"X": lambda d: _named_index(d.read(), d.column()),
    b"S": Decoder.series,
    b"D": Decoder.frame,
    b"T": Decoder.zoned,
    b"E": Decoder.timedelta,
    b"n": lambda d: range(d.plain(int), d.plain(int), d.plain(int)),
    b":": lambda d: slice(d.read(), d.read(), d.read()),
    b"q": lambda d: decimal.Decimal(_short(d.plain(str))),
    b"/": lambda d: fractions.Fraction(d.plain(int), d.plain(int)),
    b"y": lambda d: datetime.date.fromisoformat(d.plain(str)),
    b"Y": lambda d: datetime.datetime.fromisoformat(d.plain(str)),
    b"u": lambda d: datetime.timedelta(d.plain(int), d.plain(int), d.plain(int)),
    b"h": lambda d: d.own(d.plain(int)),
    b"p": Decoder.unpickle,
    b"r": lambda d: d.proxy(d.plain(dict)),
}


def _named_index(name: Any, values: Any) -> pd.Index:
    return pd.Index(values, name=name)
