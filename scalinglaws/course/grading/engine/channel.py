"""Calls between the learner's process and the tester: arguments and results cross as plain data,
everything else as proxies.

Both sides run the same `Peer`. While it waits for the answer to a call, it serves the calls of the
other side, so a test can pass its own function to a learner's function. The tester's side differs
in two ways: it accepts no pickles, and it lets the other side call only what a test passed to it,
and an object's attributes only if its class lists them in `_crosses_`.
"""

import builtins
import functools
import inspect
import os
import socket
import struct
import sys
import types
from collections.abc import Callable, Iterable
from typing import Any, cast

import numpy as np

from . import codec
from .codec import CannotCross, Malformed
from .messages import Gone, read_exactly

MAX_NESTED_CALLS = 50
_MAX_TEXT = 2_000  # characters of a repr or an error message
# Special methods that a proxy's class defines if the object's class does, because Python looks them
# up on the class.
_OPERATIONS = ("__call__", "__len__", "__iter__", "__next__", "__getitem__", "__float__", "__int__")
_FUNCTIONS = (
    types.FunctionType,
    types.BuiltinFunctionType,
    types.MethodType,
    functools.partial,
    np.ufunc,
)
_EXCEPTIONS = {
    name: kind
    for name, kind in vars(builtins).items()
    if isinstance(kind, type) and issubclass(kind, Exception)
}


class Peer:
    """One end of a channel.

    trusted: this is the tester's end. sock: a connected stream socket. redact: limits what is
    reported of a learner's error.
    """

    def __init__(self, trusted: bool, sock: socket.socket) -> None:
        self.sock, self.trusted = sock, trusted
        self.redact: Callable[[dict[str, Any]], dict[str, Any]] = lambda error: error
        self.exports: dict[int, Any] = {}
        self.ids: dict[int, int] = {}  # id() of an exported object: its reference
        self.next_ref = 0
        self.proxies: dict[int, Any] = {}  # the other side's id: proxy
        self.homes: dict[int, int] = {}  # id() of a proxy: the other side's id
        self.errors: dict[tuple[str, str], type] = {}
        self.calls = 0

    def close(self) -> None:
        """End the channel."""
        self.sock.close()

    def is_held_by(self, values: Iterable[Any]) -> bool:
        """Whether `values`, or a plain container among them, contain a proxy of this channel."""
        for value in values:
            inside = list(value.values()) if type(value) is dict else value
            within = inside if type(inside) in (list, tuple, set) else ()
            if any(id(v) in self.homes for v in (value, *within)):
                return True
        return False

    # --- requests and answers ---

    def request(self, operation: str, *values: Any) -> Any:
        """Send a request and return the answer; raises what the other side raised, or Gone if it is
        dead.
        """
        self.calls += 1
        if self.calls > MAX_NESTED_CALLS:
            self.calls -= 1
            raise RecursionError("calls between a test and an answer are nested too deeply")
        try:
            self.send((operation, *values))
            while True:
                message = self.receive()
                if message[0] == "value":
                    return message[1]
                if message[0] == "error":
                    error = self._error(message[1])
                    stops = isinstance(error, StopIteration | StopAsyncIteration)
                    if stops and values[1:2] != ("__next__",):
                        # It would silently end a loop in the test.
                        said = f"your code raised {type(error).__name__}"
                        line = vars(error).get("learner_line", "")
                        raise _with_line(RuntimeError(said), line) from None
                    raise error
                self.answer(message)
        finally:
            self.calls -= 1

    def serve(self) -> None:
        """Answer calls until the other side closes the channel."""
        try:
            while True:
                try:
                    self.answer(self.receive())
                except KeyboardInterrupt:  # the time limit was reached between two calls
                    continue
        except (Gone, OSError):
            pass

    def answer(self, message: tuple[Any, ...]) -> None:
        """Execute one call of the other side and send the result or the error."""
        pid = os.getpid()
        try:
            value = self._carry_out(*message)
            if os.getpid() != pid:  # a learner's function forked: one answer is enough
                os._exit(0)
            data = self.encode(("value", value))
        except Gone:
            raise
        except BaseException as error:  # also SystemExit: the test must see it
            data = self.encode(("error", self._describe_error(error)))
        self._send(data)

    def send(self, message: tuple[Any, ...]) -> None:
        self._send(self.encode(message))

    def _send(self, data: bytes) -> None:
        try:
            self.sock.sendall(struct.pack("<Q", len(data)) + data)
        except OSError:
            raise Gone from None

    def receive(self) -> tuple[Any, ...]:
        """The next message. Raises Gone at the end, or if it is not a message."""
        size = struct.unpack("<Q", read_exactly(self.sock, 8))[0]
        if size > codec.MAX_BYTES + 2**16:
            raise Gone
        data = read_exactly(self.sock, size)
        decoder = codec.Decoder(data, self._proxy, self._own, pickles=not self.trusted)
        try:
            message = decoder.message()
        except Malformed:
            if self.trusted:
                raise Gone from None
            raise
        if type(message) is not tuple or not message or type(message[0]) is not str:
            raise Gone
        return message

    def encode(self, message: tuple[Any, ...]) -> bytes:
        encoder = codec.Encoder(self._export, self._home, pickles=self.trusted)
        try:
            return bytes(encoder.write(message).out)
        except CannotCross:
            raise
        except Gone:
            raise
        except RecursionError:
            raise CannotCross("this is too deeply nested to be handed to a test") from None

    # --- what this side offers ---

    def _carry_out(self, operation: str, *values: Any) -> Any:
        if self.trusted and operation not in ("call", "get"):
            raise PermissionError(f"a learner's code may not ask for {operation!r}")
        if operation == "names":
            return list(self.names())
        if operation == "lookup":
            return (True, self.names()[values[0]]) if values[0] in self.names() else (False, None)
        target = self._own(values[0])
        if operation == "call":
            name, args, kwargs = values[1], tuple(values[2]), dict(values[3])
            return self._attribute(target, name, call=True)(*args, **kwargs)
        if operation == "call_and_compare":
            return call_and_compare(target, tuple(values[1]))
        if operation == "get":
            return self._attribute(target, values[1])
        if operation == "set":
            return setattr(target, values[1], values[2])
        if operation == "array":
            return np.asarray(target)
        if operation == "repr":
            return repr(target)[:_MAX_TEXT]
        if operation == "isinstance":
            return isinstance(values[1], target)
        raise PermissionError(operation)

    def _attribute(self, target: Any, name: str, call: bool = False) -> Any:
        if name == "" and call and (not self.trusted or not hasattr(type(target), "_crosses_")):
            return target
        if self.trusted:
            name = name or "__call__"
            if name not in getattr(type(target), "_crosses_", ()):
                raise AttributeError(f"{type(target).__name__} lets nobody use {name!r}")
        return getattr(target, name)

    def names(self) -> dict[str, Any]:
        """The learner's names and their values, as the learner's side reports them."""
        return {}

    def _own(self, ref: int) -> Any:
        if ref not in self.exports:
            raise Malformed("an unknown reference")
        return self.exports[ref]

    def _home(self, value: Any) -> int | None:
        return self.homes.get(id(value))

    def _export(self, value: Any) -> dict[str, Any]:
        """Describe an object that stays here."""
        if self.trusted and not (
            hasattr(type(value), "_crosses_") or isinstance(value, _FUNCTIONS)
        ):
            raise CannotCross(
                f"an object of type {type(value).__name__} cannot be passed to a learner's "
                "function: pass plain data or a function, or list its usable attributes in a "
                "tuple `_crosses_` of its class"
            )
        ref = self.ids.get(id(value))
        if ref is None:
            ref = self.ids[id(value)] = self.next_ref
            self.exports[ref] = value
            self.next_ref += 1
        spec: dict[str, Any] = {"ref": ref, "type": str(type(value).__name__)[:200]}
        if isinstance(value, type):
            spec["kind"] = "exception" if issubclass(value, Exception) else "class"
            spec["name"] = str(value.__name__)[:200]
            if spec["kind"] == "exception":
                spec["base"] = _builtin_base(value)
        elif isinstance(value, _FUNCTIONS):
            spec["kind"] = "function"
        else:
            spec["kind"] = "object"
            offered = getattr(type(value), "_crosses_", ()) if self.trusted else _OPERATIONS
            spec["operations"] = [n for n in _OPERATIONS if n in offered and _has(type(value), n)]
        if spec["kind"] in ("function", "class"):
            spec["name"] = str(getattr(value, "__name__", "") or type(value).__name__)[:200]
            doc = getattr(value, "__doc__", None)
            spec["doc"] = doc[:_MAX_TEXT] if isinstance(doc, str) else None
            spec["parameters"] = None if self.trusted else self._parameters(value)
            spec["attributes"] = {} if self.trusted else self._plain_attributes(value)
        return spec

    def _plain_attributes(self, value: Any) -> dict[str, Any]:
        """Attributes that a learner set on a function, such as `f.calls`."""
        own = getattr(value, "__dict__", None) if isinstance(value, types.FunctionType) else None
        return {
            k: v for k, v in (own or {}).items() if isinstance(v, (int, float, str, list, dict))
        }

    def _parameters(self, value: Any) -> list[tuple[Any, ...]] | None:
        """[(name, kind, has a default, the default)], or None if Python does not know them."""
        try:
            parameters = inspect.signature(value).parameters.values()
        except Exception:
            return None
        return [
            (
                p.name,
                int(p.kind),
                p.default is not p.empty,
                None if p.default is p.empty else p.default,
            )
            for p in parameters
        ]

    # --- what the other side offers ---

    def _proxy(self, spec: dict[str, Any]) -> Any:
        ref, kind = spec["ref"], spec["kind"]
        if type(ref) is not int or type(spec["type"]) is not str:
            raise Malformed("no reference")
        if kind == "exception":
            return self._error_class(spec["name"], spec["base"])
        if ref in self.proxies:
            return self.proxies[ref]
        proxy = {"function": _function, "class": _class, "object": _object}[kind](self, spec)
        self.proxies[ref] = proxy
        self.homes[id(proxy)] = ref
        return proxy

    # --- errors ---

    def _describe_error(self, error: BaseException) -> dict[str, Any]:
        """An error as plain data: its kind, its text and, from the learner's side, the line that it came from."""
        name = str(type(error).__name__)[:200]
        try:
            text = str(error)[:_MAX_TEXT]
        except BaseException:  # a learner's own __str__
            text = ""
        if isinstance(error, KeyboardInterrupt):  # only the time limit interrupts
            name, text = "CellTimeoutError", "this took too long: look for a loop that never ends"
        return {
            "name": name,
            "module": str(type(error).__module__)[:200],
            "base": _builtin_base(type(error)),
            "text": text,
            "line": "" if self.trusted else learner_line(error),
        }

    def _error(self, spec: Any) -> Exception:
        if type(spec) is not dict or not all(type(spec.get(k)) is str for k in _ERROR):
            return Gone()
        spec = self.redact(
            {key: spec[key][:_MAX_TEXT] for key in _ERROR} | {"module": spec.get("module")}
        )
        kind = None if self.trusted else _package_error(spec["module"], spec["name"])
        kind = kind or self._error_class(spec["name"], spec["base"])
        return _with_line(kind(spec["text"]), spec["line"])

    def _error_class(self, name: str, base: str) -> type:
        """An exception class of that name: Python's own, or a new one that extends Python's own."""
        if name in _EXCEPTIONS:
            return _EXCEPTIONS[name] if name not in _AWKWARD else _plain_error(name, base)
        key = (str(name), str(base))
        if key not in self.errors:
            self.errors[key] = _plain_error(*key)
        return self.errors[key]


def _has(kind: type, name: str) -> bool:
    """Whether a class itself has an attribute; `hasattr` would also find the metaclass's
    `__call__`.
    """
    return any(name in vars(k) for k in type.mro(kind))


_ERROR = ("name", "base", "text", "line")  # the reported parts of an error


def _with_line(error: Exception, line: str) -> Exception:
    """The error, with the learner's line that it came from."""
    vars(error)["learner_line"] = line
    return error


def _package_error(module: Any, name: str) -> type | None:
    """An exception class of this package, so that a learner's `except` matches it.

    The tester does not accept a class from a learner.
    """
    if not isinstance(module, str) or module.split(".")[0] != __name__.split(".")[0]:
        return None
    kind = getattr(sys.modules.get(module), name, None)
    return kind if isinstance(kind, type) and issubclass(kind, Exception) else None


# Their constructors need more than a text.
_AWKWARD = ("UnicodeDecodeError", "UnicodeEncodeError", "UnicodeTranslateError", "ExceptionGroup")


def _plain_error(name: str, base: str) -> type:
    parent = _EXCEPTIONS.get(base, Exception)
    if base in _AWKWARD:
        parent = ValueError
    return type(name, (parent,), {"__module__": "builtins", "__str__": lambda e: str(e.args[0])})


def _builtin_base(kind: type) -> str:
    """The nearest of Python's own exceptions; SystemExit and the like count as Exception."""
    return next((k.__name__ for k in kind.__mro__ if _EXCEPTIONS.get(k.__name__) is k), "Exception")


def learner_line(error: BaseException) -> str:
    """The last line of a notebook's cell in an error's traceback."""
    import linecache

    line, frame = "", error.__traceback__
    while frame is not None:
        name = frame.tb_frame.f_code.co_filename
        if "<ipython-input" in name or "ipykernel" in name:
            line = linecache.getline(name, frame.tb_lineno).strip() or line
        frame = frame.tb_next
    return line[:_MAX_TEXT]


def call_and_compare(
    function: Callable[..., Any], args: tuple[Any, ...]
) -> tuple[Any, tuple[int, ...]]:
    """Call a function; returns its result and the positions of the arguments that it changed.

    A proxy's function is watched in its own process, where changes to its copies can be seen.
    """
    holder = function if isinstance(function, types.FunctionType | type) else type(function)
    remote = vars(holder).get(_COMPARE)
    if isinstance(remote, _Compare):
        value, changed = remote.peer.request("call_and_compare", remote.ref, args)
        return value, tuple(i for i in changed if i in range(len(args)))
    before = [codec.fingerprint(value) for value in args]
    value = function(*args)
    after = [codec.fingerprint(value) for value in args]
    return value, tuple(i for i in range(len(args)) if before[i] != after[i])


class _Compare:
    """Called on a proxy, in the process of its function."""

    def __init__(self, peer: Peer, ref: int) -> None:
        self.peer, self.ref = peer, ref


_COMPARE = "_compare_"


# --- proxies ---------------------------------------------------------------------------------------------------------


def _signature(spec: dict[str, Any]) -> inspect.Signature | None:
    parameters = spec.get("parameters")
    if parameters is None:
        return None
    try:
        return inspect.Signature(
            [
                inspect.Parameter(
                    name, inspect._ParameterKind(kind), default=default if given else inspect._empty
                )
                for name, kind, given, default in parameters
            ]
        )
    except (ValueError, TypeError):
        return None


def _function(peer: Peer, spec: dict[str, Any]) -> Callable[..., Any]:
    ref = spec["ref"]

    def proxy(*args, **kwargs):
        return peer.request("call", ref, "", args, kwargs)

    proxy.__name__ = proxy.__qualname__ = spec["name"]
    proxy.__doc__ = spec["doc"]
    proxy.__module__ = "__main__"
    for key, value in spec["attributes"].items():
        if not key.startswith("__"):
            setattr(proxy, key, value)
    setattr(proxy, _COMPARE, _Compare(peer, ref))
    signature = _signature(spec)
    if signature is not None:
        proxy.__signature__ = signature
    return proxy


class _RemoteClass(type):
    """The class of proxies of classes: calling one makes an object on the other side."""

    def __call__(cls, *args, **kwargs):
        return cls._peer.request("call", cls._ref, "", args, kwargs)

    def __instancecheck__(cls, value):
        return id(value) in cls._peer.homes and bool(
            cls._peer.request("isinstance", cls._ref, value)
        )

    def __getattr__(cls, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return cls._peer.request("get", cls._ref, name)


def _class(peer: Peer, spec: dict[str, Any]) -> type:
    space = {"_peer": peer, "_ref": spec["ref"], "__doc__": spec["doc"], "__module__": "__main__"}
    space[_COMPARE] = _Compare(peer, spec["ref"])
    signature = _signature(spec)
    if signature is not None:
        space["__signature__"] = signature
    return _RemoteClass(spec["name"], (), space)


def _object(peer: Peer, spec: dict[str, Any]) -> Any:
    ref = spec["ref"]

    def getattr_(self, name):
        # Protocol names that numpy, pandas or IPython probe are never forwarded: the answers could
        # be false.
        if name.startswith(("__", "_repr_", "_ipython_", "_render_")):
            raise AttributeError(name)
        return peer.request("get", ref, name)

    def setattr_(self, name, value):
        peer.request("set", ref, name, value)

    def array(self, dtype=None, copy=None):
        value = peer.request("array", ref)
        if type(value) is not np.ndarray:
            raise TypeError(f"an object of type {spec['type']} is no array")
        return value.astype(dtype) if dtype is not None else value

    def show(self):
        try:
            return str(peer.request("repr", ref))
        except Exception:
            return f"<{spec['type']}>"

    space: dict[str, Any] = {
        "__getattr__": getattr_,
        "__setattr__": setattr_,
        "__repr__": show,
        "__deepcopy__": lambda self, memo: self,
        "__copy__": lambda self: self,
        "__bool__": lambda self: True,
        "__reduce_ex__": lambda self, protocol: _refuse(spec["type"]),
        "__module__": "__main__",
        _COMPARE: _Compare(peer, ref),
    }
    if not peer.trusted:
        del space["__setattr__"], space["__repr__"]
    else:
        space["__array__"] = array
    for name in spec["operations"]:
        if name in _OPERATIONS:
            space[name] = _operation(peer, ref, name, spec["type"])
    if "__iter__" not in space and "__getitem__" not in space:
        space["__iter__"] = None
    kind = type(spec["type"], (), space)
    return object.__new__(kind)


def _operation(peer: Peer, ref: int, name: str, kind: str) -> Callable[..., Any]:
    wanted = {"__len__": int, "__float__": float, "__int__": int}.get(name)

    def operation(self, *args, **kwargs):
        value = peer.request("call", ref, name, args, kwargs)
        if wanted is not None and type(value) is not wanted:
            raise TypeError(f"{name} of {kind} returned an object of type {type(value).__name__}")
        if name == "__iter__" and not hasattr(type(value), "__next__"):
            return iter(cast(Any, value))  # for example a list iterator, which crossed as data
        return value

    return operation


def _refuse(kind: str) -> Any:
    raise TypeError(f"an object of type {kind} stays in the learner's process")
