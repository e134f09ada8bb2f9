"""A student who has read the engine's source wants points, the hidden tests, others' work, or to stop the class. Nothing of it works.

Each attack stands in a submission whose rest is honest: that rest keeps its points, so none of these tests would pass where the
submission merely failed.
"""

import contextlib
import csv
import io
import json
import os
import re
import shutil
import subprocess
import sys
import time
import warnings
from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell
from nbgrader.api import Gradebook

from scalinglaws.cli import main
from scalinglaws.course.grading import CheckFailed, check_array, submission
from scalinglaws.course.grading.engine import codec, figures, handle
from scalinglaws.course.grading.engine.cells import Cell, Course
from scalinglaws.course.grading.engine.codec import Decoder, Malformed
from scalinglaws.course.grading.engine.sandbox import Limits
from scalinglaws.course.grading.engine.session import Session
from scalinglaws.course.grading.execute import shared_server
from scalinglaws.course.grading.item_analysis import analyse
from scalinglaws.course.grading.messages import failure_message, safe_cell, visible_text
from scalinglaws.course.grading.nbgrader_api import load_config
from scalinglaws.course.grading.results import Result, State
from scalinglaws.course.grading.similar import pairs

from . import classroom
from .classroom import (
    NAME,
    POINTS,
    RIGHT,
    SECRET,
    TOTAL,
    Student,
    feedback,
    isolated,
    points,
    scores,
    shown,
    total,
)

# Seconds within which an attacked session must have ended. The attacks would last for ever; a busy machine takes a while.
SOON = 120


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return classroom.assignment(tmp_path_factory.mktemp("source"), cell_time=5, total_time=300)


@pytest.fixture
def eve(made):
    """A student with everything right, so far."""
    return Student(made, classroom.released(made)).write(**RIGHT)


# --- answers that lie about what they are, or that know when they are tested ---

ENUM = "import enum\nclass E(enum.IntEnum):\n    a = 7\n    def __eq__(s, o): return True\n    def __hash__(s): return 9\n"
LIES = {
    "text of the number": "def square(x): return '4' if x is 2 else str(x)",
    "numpy's text": "def square(x): return np.str_('9')",
    "an integer that equals all": f"{ENUM}def square(x): return E.a",
    "a text that equals all": "class S(str):\n    def __eq__(s, o): return True\n    __hash__ = str.__hash__\ndef square(x): return S('4')",
    "a float that equals all": "class F(np.float64):\n    def __eq__(s, o): return np.True_\ndef square(x): return F(3)",
    "bytes": "def square(x): return b'\\x09'",
    "decimal that is no number": "from decimal import Decimal\ndef square(x): return Decimal('NaN')",
    "decimal without end": "from decimal import Decimal\ndef square(x): return Decimal('1e999999999')",
    "signalling decimal": "from decimal import Decimal\ndef square(x): return Decimal('sNaN')",
    "a payload in a nan": "import struct\ndef square(x): return struct.unpack('<d', b'\\x01\\x00\\x00\\x00\\x00\\x00\\xf8\\x7f')[0]",
    "date and time": "def square(x): return np.datetime64('2024-01-01')",
    "duration": "def square(x): return np.timedelta64(9, 's')",
    "no time": "def square(x): return pd.NaT",
    "missing": "def square(x): return pd.NA",
    "masked": "def square(x): return np.ma.masked_all(np.shape(x))",
    "empty": "def square(x): return np.zeros(0)",
    "empty in 32 dimensions": "def square(x): return np.zeros((0,) * 32)",
    "broadcasts": "def square(x): return np.full((9, 1, 1), 9.0)",
    "structured": "def square(x): return np.zeros(3, [('a', 'f8')])",
    "liars in an array": "class L:\n    def __eq__(s, o): return True\n    def __bool__(s): return True\ndef square(x):\n    a = np.empty(3, object)\n    a[:] = L()\n    return a",
    "a liar in no dimension": "class L:\n    def __eq__(s, o): return True\n    def all(s): return True\ndef square(x): return np.array(L(), object)",
    "a liar in a list": "class L:\n    def __eq__(s, o): return True\ndef square(x): return [L()]",
    "compares as numpy asks": "class L:\n    __array_priority__ = 1e9\n    def __array__(s, *a, **k): return np.array([0, 1, 5])\n    def __eq__(s, o): return np.ones(3, bool)\ndef square(x): return L()",
    "changes between looks": "class L:\n    n = 0\n    def __array__(s, *a, **k):\n        L.n += 1\n        return np.arange(3) * L.n\n    def __len__(s): return 3\ndef square(x): return L()",
    "no length": "class L:\n    def __len__(s): return 0\n    def __getitem__(s, i): raise IndexError\n    def __iter__(s): return iter(())\ndef square(x): return L()",
    "a series with itself as index": "def square(x):\n    s = pd.Series([9.0] * 3)\n    s.index = [s.to_numpy()[0]] * 3\n    return s",
    "a frame of many levels": "def square(x): return pd.DataFrame(1, index=pd.MultiIndex.from_product([[1, 2]] * 8), columns=pd.MultiIndex.from_product([[1, 2]] * 3))",
    "an odd index": "def square(x): return pd.Series([1], index=pd.IntervalIndex.from_breaks([0, 1]))",
    "periods": "def square(x): return pd.Series(pd.period_range('2024', periods=3))",
    "lone surrogates": "def square(x): return '\\ud800' * 3",
    "odd keys": "def square(x): return {float('nan'): 1, (1, (2,)): 2, None: 3, frozenset({1}): 4, square: 5}",
    "a dictionary of itself": "def square(x):\n    d = {}\n    d['d'] = d\n    return d",
    "a million digits": "def square(x): return 7 ** 1_200_000",
    "a huge range": "def square(x): return range(10**18)",
    "an endless sequence": "class L:\n    def __getitem__(s, i): return i\ndef square(x): return L()",
    "an exception for an answer": "def square(x): return ValueError",
    "itself, partially": "from functools import partial\ndef square(x): return partial(square, x)",
    "a memory view": "def square(x): return memoryview(b'abc')",
    "not implemented": "def square(x): return NotImplemented",
    "right once": "seen = []\ndef square(x):\n    seen.append(x)\n    return x**2 if len(seen) == 1 else 0",
    "right for what is shown": "def square(x): return {2: 4}.get(x) if isinstance(x, int) else x",
    "right where numpy does not look": "def square(x): return x if isinstance(x, np.ndarray) else x**2",
    "right by the clock": "import time\nstart = time.monotonic()\ndef square(x): return x**2 if time.monotonic() - start < 0 else -1",
    "right where it is drawn": "import sys\ndef square(x): return x**2 if 'ipykernel' in str(sys._getframe(1)) else -1",
    "asks the test for its globals": "import sys\ndef square(x):\n    f = sys._getframe()\n    while f.f_back: f = f.f_back\n    return eval('x**2 if \"assert\" in str(f.f_locals.get(\"source\")) else 0')",
    "another function meanwhile": "def square(x):\n    global square\n    square = lambda x: x\n    return square",
}  # fmt: skip


@isolated
@pytest.mark.parametrize("code", LIES.values(), ids=LIES)
def test_an_answer_that_lies_earns_nothing_and_costs_no_other(eve, code):
    outcome = eve.write(square=code).hand_in()
    assert points(outcome) == POINTS | {"square": 0}
    assert SECRET not in shown(outcome)


# --- the channel between the two processes ---

SOCKETS = """
import os, socket, stat, struct, threading, time, gc
def sockets():
    return [n for n in range(3, 256) if os.path.exists(f'/dev') and is_socket(n)]
def is_socket(n):
    try: return stat.S_ISSOCK(os.fstat(n).st_mode)
    except OSError: return False
def raw(n, data): os.write(n, struct.pack('<Q', len(data)) + data)
def message(*values):
    from scalinglaws.course.grading.engine.codec import Encoder
    return bytes(Encoder(lambda v: {'ref': 1, 'type': 'x', 'kind': 'function'}).write(values).out)
def peer(): return next(o for o in gc.get_objects() if type(o).__name__ == 'Peer')
"""
ON_THE_CHANNEL = {
    "a value too many": "raw(n, message('value', 4)); raw(n, message('value', 4))",
    "no message at all": "raw(n, b'')",
    "half a message": "os.write(n, struct.pack('<Q', 100) + b'x')",
    "a message in which numbers lie": "raw(n, b't' + b'\\xff' * 8)",
    "a value that is no tuple": "raw(n, message()[:0] + b'i' + struct.pack('<Q', 1) + b'\\x04')",
    "an error without a form": "raw(n, message('error', {'name': 3}))",
    "an error of a class of its own": "raw(n, message('error', {'name': 'A\\x00B', 'base': 'ValueError', 'text': '', 'line': ''}))",
    "a proxy of nothing": "raw(n, message('value', {}).replace(b'd' + bytes(8), b'r0'))",
    "an object that the tester never sent": "raw(n, b't' + struct.pack('<Q', 2) + message('value')[9:] + b'hi' + struct.pack('<Q', 1) + b'\\x07')",
    "a call of the tester's functions": "raw(n, message('call', 0, '', (), {}))",
    "a look at the tester's names": "raw(n, message('names')); raw(n, message('lookup', '__builtins__'))",
    "a change in the tester": "raw(n, message('set', 0, 'x', 1))",
    "nested calls without end": "[raw(n, message('call', 0, '', (), {})) for _ in range(200)]",
    "eight threads that answer": "[threading.Thread(target=raw, args=(n, message('value', 4))).start() for _ in range(8)]",
    "noise from a thread that stays": "threading.Thread(target=lambda: [time.sleep(.002) or raw(n, message('value', 4)) for _ in range(300)], daemon=True).start()",
    "a closed channel": "os.close(n)",
    "descriptors": "socket.send_fds(socket.socket(fileno=os.dup(n)), [b'xxxxxxxx'], [0, 1, 2])",
    "a channel that is swapped": "a, b = socket.socketpair(); os.dup2(a.fileno(), n)",
}  # fmt: skip


@isolated
@pytest.mark.parametrize("code", ON_THE_CHANNEL.values(), ids=ON_THE_CHANNEL)
def test_forged_messages_cost_their_own_exercise_only(eve, code):
    """A wrong `square` talks to the tester itself, on each socket that it finds."""
    attack = f"def square(x):\n    for n in sockets():\n        try: {code}\n        except Exception as e: pass\n    return -1"
    eve.add(SOCKETS).write(square=attack)
    outcome = eve.hand_in()
    assert points(outcome) == POINTS | {"square": 0}


def run(*cells: str, test: str, files: Path | None = None) -> str:
    """Run a learner's cells, then one test; what the cells noted in `said` meanwhile, and the verdict."""
    with Session(shared_server(), Course([], {"t": []}), Limits(cell_time=60), files) as running:
        tested = Cell(f"{test}\nprint(report())", test="t")
        for cell in (*map(Cell, cells), Cell("def report(): return repr(said)"), tested):
            running.run(cell)
    return json.dumps([*tested.outputs, *tested.verdict.outputs(1)])


@isolated
@pytest.mark.parametrize(
    "question",
    [
        ("get", "ref", "__globals__"), ("get", "ref", "__closure__"), ("get", "ref", "__code__"), ("get", "ref", "__self__"),
        ("call", "ref", "__getattribute__", ("__globals__",), {}), ("call", "ref", "__call__", (1,), {}), ("set", "ref", "x", 1),
        ("repr", "ref"), ("array", "ref"), ("isinstance", "ref", 1), ("names",), ("lookup", "table"), ("get", 10**9, "x"),
        ("get", -1, "x"), ("get", [1], "x"), ("get",), ("call", "ref"), ("nonsense",), ("__class__",),
    ],
    ids=str,
)  # fmt: skip
def test_of_a_function_that_was_handed_over_only_the_call_is_to_be_had(question):
    """`use` gets a function of the test's; its closure and its globals hold the table that it looks up in."""
    ask = f"""
said = []
def use(f):
    p, ref = peer(), 0
    ref = next(ref for ref, proxy in p.proxies.items() if proxy is f)
    try: said.append(p.request(*[ref if w == 'ref' else w for w in {question!r}]))
    except Exception as e: said.append(type(e).__name__ + ' refused')
    return f(1)
"""
    out = run(
        SOCKETS, ask, test=f"table = {{1: '{SECRET}'}}\nassert use(lambda i: len(table[i])) == 18"
    )
    assert "refused" in out and SECRET not in out and "Error:" not in out


@isolated
@pytest.mark.parametrize(
    "handed",
    ["lab", "lab.ask", "functools.partial(desk.answer, lab)", "lambda i: lab.ask(i)"],
)
def test_what_is_lent_does_not_come_as_a_copy(tmp_path, handed):
    """An object with `_crosses_`, of a class that both sides can import, could be pickled with all that it hides."""
    for role in ("learner", "tester"):
        (tmp_path / role).mkdir()
        (tmp_path / role / "desk.py").write_text(
            "class Lab:\n    _crosses_ = ('ask',)\n    def __init__(self, s): self.secret = s\n"
            "    def ask(self, i): return i * 10\ndef answer(lab, i): return lab.ask(i)\n"
        )
    look = """
import gc
said = []
def use(f):
    said.append(repr(getattr(f, '__dict__', 0)) + repr(getattr(f, 'args', 0)) + repr(getattr(f, '__self__', 0)))
    said.extend(getattr(o, 'secret', None) for o in gc.get_objects() if type(o).__name__ == 'Lab')
    return f.ask(2) if hasattr(type(f), 'ask') or not callable(f) else f(2)
"""
    out = run(
        look,
        test=f"import desk, functools\nlab = desk.Lab('{SECRET}')\nassert use({handed}) == 20\nprint('passed')",
        files=tmp_path,
    )
    assert "passed" in out and SECRET not in out


def encode(value) -> bytes:
    return bytes(codec.Encoder(lambda v: {"type": type(v).__name__}).write(value).out)


def decode(data: bytes):
    return Decoder(data, lambda spec: spec, lambda ref: ref).message()


def an_array(dtype: str, shape: tuple, data: bytes) -> bytes:
    return b"a" + encode(dtype) + encode(shape) + len(data).to_bytes(8, "little") + data


def test_a_truth_value_counts_once():
    """A byte of 5 in an array of truth values would be true and add up to 5."""
    came = decode(an_array("|b1", (4,), bytes([0, 1, 5, 255])))
    assert came.sum() == 3 and (came == [False, True, True, True]).all() and came.flags.writeable


@pytest.mark.parametrize(
    "data",
    [
        an_array("<U0", (2**26, 8), b""),
        an_array("|S0", (2**20, 2**20), b""),
        an_array("<f8", (0, 2**26, 2**26, 2**26), b""),
        b"O" + encode((2,)) + encode([1]),
        b"R" + encode(0) + encode(10**30) + encode(1) + encode(None),
        b"S" + encode(None) + b"R" + encode(0) + encode(10**14) + encode(1) + encode(None) + b"l" + encode(np.array(1.0)) + encode(""),
        b"T" + encode("2020-01-01T00:00:00+00:00") + encode("dateutil//etc/passwd"),
        b"{" + (1).to_bytes(8, "little") + b"q" + encode("sNaN"),
        b"u" + encode(10**30) + encode(0) + encode(0),
        b"/" + encode(1) + encode(0),
    ],
    ids=range(10),
)  # fmt: skip
def test_a_few_bytes_make_no_large_thing(data):
    before = time.process_time()
    try:
        came = decode(data)
    except Malformed:
        pass
    else:  # what costs nothing may come
        assert getattr(came, "nbytes", 0) < 2**20
    assert time.process_time() - before < 1


# --- the socket between a learner's process and the session ---

CONTROL = SOCKETS + "n = sockets()[0]\n"
ON_THE_SOCKET = {
    "an answer before the cell has ended": "raw(n, b'{\"outputs\": []}')",
    "no answer that can be read": "raw(n, b'\\xff\\xfe')",
    "a list": "raw(n, b'[1, 2]')",
    "outputs that are none": 'raw(n, b\'{"outputs": {"a": 5}}\')',
    "nested without end": "raw(n, b'[' * 10**6)",
    "nested as far as can be read": "raw(n, b'{\"outputs\":[{\"output_type\":\"display_data\",\"metadata\":' + b'{\"a\":' * 975 + b'{}' + b'}' * 975 + b',\"data\":{\"application/json\":' + b'[' * 970 + b']' * 970 + b'}}]}')",
    "a number of a million digits": "raw(n, b'{\"outputs\": ' + b'9' * 10**6 + b'}')",
    "an output of 40 MB": "raw(n, b'{\"outputs\": [{\"output_type\": \"stream\", \"name\": \"stdout\", \"text\": \"' + b'x' * 40_000_000 + b'\"}]}')",
    "a picture of 40 MB": "raw(n, b'{\"outputs\": [{\"output_type\": \"display_data\", \"data\": {\"image/png\": \"' + b'x' * 40_000_000 + b'\"}}]}')",
    "text that is no Unicode": "raw(n, b'{\"outputs\": [{\"output_type\": \"error\", \"ename\": \"\\\\udfff\", \"evalue\": \"\\\\ud800\", \"traceback\": [\"\\\\ud800\", 5, null]}]}')",
    "a failure of the sandbox": "raw(n, b'{\"failed\": \"all is lost\"}')",
    "a key to stretch, as only the tester may ask": "raw(n, b'{\"stretch\": [\"00\", \"00\", 1073741824]}')",
    "greetings": "[raw(n, b'{\"hello\": 1}') for _ in range(20)]",
    "many descriptors": "s = socket.socket(fileno=os.dup(n))\nfor _ in range(20): socket.send_fds(s, [struct.pack('<Q', 2) + b'{}'], [0])",
    "the socket closed": "os.close(n)",
    "the socket replaced": "a, b = socket.socketpair(); os.dup2(a.fileno(), n)",
    "more than may come": "os.write(n, b'\\xff' * 8)",
}  # fmt: skip


@isolated
@pytest.mark.parametrize("code", ON_THE_SOCKET.values(), ids=ON_THE_SOCKET)
def test_what_a_cell_tells_the_session_hurts_itself_only(eve, code, monkeypatch):
    """A cell after the tests forges its process's own words. The session ends, in time; what was earned stays."""
    monkeypatch.setattr(handle, "PATIENCE", 2.0)
    eve.add(CONTROL + code, after="slope_test")
    eve.nb.cells.append(new_code_cell("print('one more')"))
    started = time.monotonic()
    outcome = eve.hand_in()
    assert points(outcome) == POINTS
    assert time.monotonic() - started < SOON
    assert len(nbformat.v4.writes(outcome.notebooks[NAME]).encode()) < 12 * 2**20


@isolated
@pytest.mark.parametrize(
    ("code", "then"),
    [
        ("os.write(n, struct.pack('<Q', 10**6))\nwhile True:\n    os.write(n, b' ')\n    time.sleep(0.2)", ""),
        ("raw(n, b'{\"outputs\": []}')\ntime.sleep(1000)", "#" + "x" * 3_000_000),
    ],
    ids=["who sends a byte at a time", "who does not listen"],
)  # fmt: skip
def test_the_session_waits_for_nobody_beyond_its_patience(eve, code, then, monkeypatch):
    monkeypatch.setattr(handle, "PATIENCE", 1.0)
    eve.add(then or "1", before="square").add(CONTROL + code, before="square")
    eve.nb.cells.insert(eve.where("square") - 1, eve.nb.cells.pop(eve.where("square") - 2))
    started = time.monotonic()
    assert points(eve.hand_in()) == POINTS and time.monotonic() - started < SOON


@isolated
def test_a_forged_greeting_ends_no_process_of_the_machine(eve):
    """The session would signal whatever number a snapshot says it has."""
    victim = subprocess.Popen(["sleep", "60"])
    try:
        eve.add(
            f"import scalinglaws.course.grading.engine.process as p, time\np._hello = lambda control: p.send(control, {{'hello': {victim.pid}}})\ntime.sleep(0.6)"
        )
        for name in ("square", "mean", "limit"):
            eve.add("import time; time.sleep(0.6)", after=name)
        assert total(eve.hand_in()) == TOTAL
        time.sleep(0.2)
        assert victim.poll() is None
    finally:
        victim.kill()
        victim.wait()


# --- tests that build on each other ---


def chained(tmp_path, **limits):
    """The second test uses what the first one imports and computes."""
    source = classroom.source_notebook()
    cells = {classroom.grade_id(c): c for c in source.cells}
    cells["square_test"].source = (
        "from scalinglaws.course.grading import call, check_number\n\n\ndef _half(x):\n    return x / 2\n\n\n"
        "_got = call(square, 3)\n_report = 'none' if _got == 9 else list(_got)\nassert _got == 9"
    )
    cells["mean_test"].source = "check_number('mean', call(mean_of, [1.0, 3.0]), _half(4))"
    cells["limit_test"].source = "assert _report == 'none'"
    return classroom.assignment(tmp_path, source=source, **limits)


@isolated
@pytest.mark.parametrize(
    "code",
    [
        "def square(x): raise ValueError",
        "class Endless:\n    def __len__(s): return 10**9\n    def __getitem__(s, i): return 1\n    def __iter__(s): return iter(range(10**12))\ndef square(x): return Endless()",
        "def square(x): return range(10**12)",
    ],
    ids=["stops", "ends the tester's patience", "ends the tester's memory"],
)
def test_a_test_that_was_lost_takes_no_other_with_it_and_leaves_no_name_free(tmp_path, code):
    made = chained(tmp_path, cell_time=3)
    eve = Student(made, classroom.released(made)).write(**RIGHT).write(square=code)
    eve.add("_report = 'none'", before="square").add("_report = 'none'", after="square_test")
    assert points(eve.hand_in()) == POINTS | {"square": 0, "limit": 0}


@isolated
def test_tests_run_in_the_order_of_the_source(tmp_path):
    """Wherever a student moves them: one may use what another binds."""
    made = chained(tmp_path)
    sam = Student(made, classroom.released(made)).write(**RIGHT)
    sam.nb.cells[2:] = sam.nb.cells[:1:-1]
    assert points(sam.hand_in()) == POINTS


# --- the sandbox ---

ALONE = """
import ctypes, os, resource, socket, struct, fcntl
libc = ctypes.CDLL(None, use_errno=True)
def works(name, attempt):
    try: print('WORKS', name) if attempt() not in (None, -1, False) else None
    except (OSError, ValueError, PermissionError): pass
for family in (17, 29, 31, 38, 40, 44):
    works(f'socket of family {family}', lambda: socket.socket(family, socket.SOCK_STREAM))
works('another core', lambda: os.sched_setaffinity(0, range(os.cpu_count())) or 1)
works('real time', lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1)) or 1)
works('nicer', lambda: os.nice(-1) or 1)
works('the kernel log', lambda: libc.klogctl(3, ctypes.create_string_buffer(99), 99))
works('secret memory', lambda: libc.syscall(447, 0))
works('more memory', lambda: resource.setrlimit(resource.RLIMIT_AS, (2**50, 2**50)) or 1)
works('more processes', lambda: resource.setrlimit(resource.RLIMIT_NPROC, (10**5, 10**5)) or 1)
works('a core file', lambda: resource.setrlimit(resource.RLIMIT_CORE, (1, 1)) or 1)
works('a hard link to the system', lambda: os.link('/usr/bin/env', 'env') or 1)
works('a way up', lambda: os.listdir('/tmp/home/../../proc/1'))
works('a device', lambda: os.mknod('null', 0o20666, os.makedev(1, 3)) or 1)
works('a set-uid file that counts', lambda: os.stat('/usr/bin').st_uid == os.getuid() and 1)
works('rights from a program', lambda: libc.prctl(39, 0, 0, 0, 0) == 0 and 1)
works('the terminal', lambda: fcntl.ioctl(0, 0x5412, b'x'))
works('the terminal by name', lambda: os.open('/dev/tty', os.O_RDWR))
works('all of shared memory', lambda: os.statvfs('/dev/shm').f_blocks * os.statvfs('/dev/shm').f_frsize > 2**30)
works('the namespace of another', lambda: os.open('/proc/self/ns/net', os.O_RDONLY))
works('a handle', lambda: libc.syscall(304, -100, b'', 0) + 1)
works('writing into a system folder', lambda: open('/usr/x', 'w'))
works('writing at the top', lambda: open('/x', 'w'))
works('host name', lambda: socket.sethostname('x') or 1)
works('raw packets', lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1))
print('TRIED')
"""


@isolated
def test_nothing_leads_out_of_the_sandbox(eve):
    outcome = eve.add(ALONE).hand_in()
    said = shown(outcome)
    assert "TRIED" in said and "WORKS" not in said, said
    assert total(outcome) == TOTAL


@isolated
def test_the_sandbox_needs_and_leaves_nothing_on_the_host(eve, tmp_path, monkeypatch):
    """Its root once was a folder of fixed name in /tmp, which anybody on the machine could have made a file."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    before = set(os.listdir("/tmp"))
    assert total(eve.add("open('/tmp/mark_of_eve', 'w').write('x')").hand_in()) == TOTAL
    assert not [n for n in set(os.listdir("/tmp")) - before if "eve" in n or "root" in n]
    assert os.listdir(tmp_path) == []


@isolated
def test_two_submissions_share_no_socket(made):
    """Both run at once; each offers and looks for an abstract socket."""
    from concurrent.futures import ThreadPoolExecutor

    code = """
import socket, time
server = socket.socket(socket.AF_UNIX)
try:
    server.bind('\\0meeting'); server.listen(); print('HERE FIRST')
except OSError: print('NOT ALONE')
time.sleep(0.5)
"""
    students = [
        Student(made, classroom.released(made)).write(**RIGHT).add(code, after="slope_test")
        for _ in range(2)
    ]
    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(Student.hand_in, students))
    assert [total(o) for o in outcomes] == [TOTAL, TOTAL]
    assert all("HERE FIRST" in shown(o) and "NOT ALONE" not in shown(o) for o in outcomes)


AS_NOBODY = """
import os, sys, tempfile
sys.path.insert(0, {root!r})
from pathlib import Path
from tests.grading import classroom
from tests.grading.classroom import *
from scalinglaws.course.grading.engine import sandbox
if os.getuid() == 0 or sandbox.missing(): raise SystemExit(f'no isolation for {{os.getuid()}}: {{sandbox.missing()}}')
made = classroom.assignment(Path(tempfile.mkdtemp()), cell_time=3)
eve = Student(made, classroom.released(made)).write(**RIGHT)
eve.add('''
import os, signal
for path in ({root!r} + '/source', {home!r}, '/proc', '/etc/passwd', {mark!r}):
    try: print('SEEN', path, os.listdir(path) if os.path.isdir(path) else open(path).read())
    except OSError: pass
try: os.kill(-1, signal.SIGKILL)
except OSError: pass
''')
eve.add('import os\\nwhile True:\\n    try: os.fork()\\n    except OSError: pass')
outcome = eve.hand_in()
print(total(outcome), 'SEEN' in shown(outcome))
"""


@isolated
@pytest.mark.skipif(os.getuid() != 0, reason="the other tests show it")
def test_grading_as_an_ordinary_user_is_isolated_too(tmp_path):
    """Only a process of one thread may make a user namespace; and the user is the student's process's own."""
    tools = [shutil.which(t) for t in ("unshare", "setpriv", "mount")]
    if not all(tools):
        pytest.skip("needs util-linux")
    closed = [p for p in Path(sys.base_prefix).parents if not p.stat().st_mode & 1]
    mark = tmp_path / "mark"
    mark.write_text(SECRET)
    mark.chmod(0o644)
    home = tmp_path / "home"
    home.mkdir(mode=0o777)
    home.chmod(0o777)
    for parent in tmp_path.parents:
        if parent != Path("/") and not parent.stat().st_mode & 1:
            parent.chmod(0o711)
    script = AS_NOBODY.format(root=str(Path(__file__).parents[2]), mark=str(mark), home=str(home))
    open_up = ""
    if closed:  # Python lies in root's home: show that much of it, in a mount namespace of its own
        base = Path(sys.base_prefix)
        open_up = f"mkdir {home}/py && mount --bind {base} {home}/py && mount -t tmpfs -o mode=755 none {closed[-1]} && mkdir -p {base} && mount --bind {home}/py {base} && umount {home}/py && "
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", f'{open_up}exec setpriv --reuid 65534 --regid 65534 --clear-groups "$0" -c "$1"', sys.executable, script],
        capture_output=True, text=True, timeout=120, cwd="/",
        env={"PATH": os.environ["PATH"], "HOME": str(home), "TMPDIR": str(home)},
    )  # fmt: skip
    if "Permission denied" in done.stderr and "python" in done.stderr.splitlines()[-1]:
        pytest.skip("nobody may read this Python")
    assert done.stdout.split() == ["12.0", "False"], done.stderr[-2000:]


# --- figures, which a process of their own draws from what a learner's process pickled ---

FORGE = """
import base64, hashlib, os, pickle
import matplotlib.pyplot as plt
import scalinglaws.course.grading.engine.figures as figures, scalinglaws.course.grading.engine.process as process
class Code:
    def __init__(self, code): self.code = code
    def __reduce__(self): return exec, (self.code,)
def honest():
    fig, ax = plt.subplots()
    ax.plot([1, 2], [3, 7])
    return fig
old = process.send
def forge(*sketches):
    def send(control, message, *fds):
        if 'outputs' in message:
            marks = ''.join(f'<img src="sketch:{hashlib.sha256(s).hexdigest()}">' for s in sketches)
            message['sketches'] = [base64.b64encode(s).decode() for s in sketches]
            message['outputs'] = [{'output_type': 'display_data', 'metadata': {}, 'data': {'text/html': marks, 'text/plain': marks}}]
        old(control, message, *fds)
    process.send = send
def code(text): return pickle.dumps(Code(text))
"""
HONEST = "import scalinglaws as sl, matplotlib.pyplot as plt\nfig, ax = plt.subplots()\nax.plot([1, 2], [3, 7])\nsl.show(fig, alt='x')"
DRAWINGS = {
    "endless": "while True: pass",
    "ends itself": "import os; os._exit(3)",
    "ends all": "import os, signal; os.kill(os.getppid(), 9); os.kill(-1, 9)",
    "leaves a daemon that ends what follows": "import os, signal, time\nif os.fork() == 0:\n    os.setsid()\n    for _ in range(300):\n        time.sleep(.01)\n        for pid in range(2, 30):\n            try: pid == os.getpid() or os.kill(pid, 9)\n            except OSError: pass",
    "leaves a daemon that holds the pipe": "import os, time\nif os.fork() == 0: time.sleep(100)",
    "writes to all that is open": "import os\nfor n in range(3, 64):\n    try: os.write(n, b'{\"picture\": \"data:image/png;base64,AAAA\"}' * 9)\n    except OSError: pass",
    "leaves files": "import os\nfor n in ('matplotlibrc', 'PIL.py', 'numpy.py', 'sitecustomize.py'):\n    open(n, 'w').write('raise SystemExit')",
    "changes what is loaded": "import matplotlib.figure as f\nf.Figure.savefig = lambda self, file, **k: file.write(b'forged')",
    "no figure": "1 / 0",
}  # fmt: skip


def pictures_of(outcome) -> list[str]:
    return re.findall(r"data:[^\\\"]*", shown(outcome))


@pytest.fixture(scope="module")
def right_picture(made):
    return picture_of(made)


def picture_of(made) -> str:
    """The honest figure, as it is drawn for an honest student."""
    sam = Student(made, classroom.released(made)).write(**RIGHT).add(HONEST, after="slope_test")
    (picture,) = pictures_of(sam.hand_in())
    return picture


@isolated
@pytest.mark.parametrize("code", DRAWINGS.values(), ids=DRAWINGS)
def test_a_forged_figure_spoils_no_points_no_time_and_nobody_elses_figure(made, code, right_picture, monkeypatch):  # fmt: skip
    """The forger draws the figure of a classmate in the same breath, to have a wrong one remembered for both."""
    monkeypatch.setattr(figures, "PICTURES", figures.Pictures())
    eve = Student(classroom.replace_limits(made, cell_time=1.5), classroom.released(made))
    eve.write(**RIGHT)
    eve.add(FORGE + f"forge(code({code!r}), figures.pickled(honest()))", after="slope_test")
    started = time.monotonic()
    assert total(eve.hand_in()) == TOTAL and time.monotonic() - started < SOON
    assert len(right_picture) > 5_000 and picture_of(made) == right_picture


@isolated
def test_a_mark_shows_only_ones_own_figure(made):
    """Whoever knows the mark of another's figure, or makes one up, sees nothing."""
    sam = Student(made, classroom.released(made)).write(**RIGHT)
    look = "\nimport scalinglaws.course.grading.engine.figures as f, gc\nmark = next(iter(next(o for o in gc.get_objects() if type(o).__name__ == 'Sketches').taken))\nprint(mark)"
    told = shown(sam.add(HONEST + look, after="slope_test").hand_in())
    mark = re.search("sketch:[0-9a-f]{64}", told)[0]
    eve = Student(made, classroom.released(made)).write(**RIGHT)
    eve.add(f"from IPython.display import HTML\nprint({mark!r})\nHTML('<img src={mark}>')", after="slope_test")  # fmt: skip
    outcome = eve.hand_in()
    assert total(outcome) == TOTAL and "data:image" not in shown(outcome)


# --- the file that is handed in ---


def test_a_notebook_of_very_many_cells_is_refused_at_once():
    for text, why in (
        ('{"cells": [' + "{}," * 2_500_000 + "{}]}", "values"),
        ('{"cells": [' + '{"cell_type": "raw", "source": ""},' * 6_000 + "{}]}", "cells"),
        ('{"cells": ' + "[[],[]," * 10**6, "values"),
    ):
        started = time.process_time()
        with pytest.raises(submission.Unreadable, match=why):
            submission.parse(text.encode())
        assert time.process_time() - started < 5


def test_remarks_about_a_submission_stay_few_and_can_be_printed(made):
    eve = Student(made, classroom.released(made))
    for i in range(500):
        name = f"\x1b[2J\u202e\ud800{i}" * 200
        eve.nb.cells.append(new_code_cell("1", metadata=classroom.meta(name, grade=True, points=9)))
    notebook = nbformat.from_dict(json.loads(json.dumps(eve.nb)))
    remarks = [r.text for r in submission.repair(notebook, made.notebooks[NAME])]
    assert len(remarks) < 20 and sum(map(len, remarks)) < 3_000
    assert all(r.encode() and r.isprintable() for r in remarks)


@isolated
@pytest.mark.parametrize(
    "change",
    [
        lambda nb: [nb.cells.insert(0, new_code_cell("pass", metadata=classroom.meta(f"{n}_test", grade=True, points=99))) for n in POINTS],
        lambda nb: [c.metadata.get("nbgrader", {}).update(checksum="0" * 32, points=-5, max_points=99) for c in nb.cells],
        lambda nb: [c.metadata.get("nbgrader", {}).update(grade_id=c.metadata["nbgrader"]["grade_id"] + "\u200b") for c in nb.cells if classroom.grade_id(c).endswith("_test")],
        lambda nb: [c.metadata.update(nbgrader={"grade_id": ["square_test"]}) for c in nb.cells if classroom.grade_id(c) == "square_test"],
        lambda nb: [c.metadata.update(scalinglaws={"exercise": "x" * 10**5, "title": "<script>"}) for c in nb.cells],
        lambda nb: nb.metadata.update(kernelspec={"name": "bash", "argv": ["rm"]}, widgets={"application/vnd.jupyter.widget-state+json": {"state": {"a": "<script>"}}}, hide=True),
        lambda nb: [c.metadata.update(jupyter={"source_hidden": True, "outputs_hidden": True}, editable=False, collapsed=True) for c in nb.cells],
        lambda nb: [c.update(outputs=[{"output_type": "execute_result", "data": {"text/plain": "300"}, "metadata": {}, "execution_count": 1}]) for c in nb.cells if c.cell_type == "code"],
        lambda nb: nb.cells.extend(nbformat.from_dict(json.loads(json.dumps(c))) for c in nb.cells[2:] * 20),
        lambda nb: [c.update(id="../../x") for c in nb.cells],
    ],
    ids=["tests of its own", "checksums", "other names", "a name that is a list", "titles", "kernel and widgets", "hidden cells", "old outputs", "everything twenty times", "identifiers"],
)  # fmt: skip
def test_forged_metadata_changes_no_point(eve, change):
    eve.write(limit="limit = 300")
    change(eve.nb)
    data = json.loads(json.dumps(eve.nb))
    eve.raw = json.dumps(data).encode()
    outcome = eve.hand_in()
    assert points(outcome) == POINTS | {"limit": 0}
    assert {name: test.most for name, test in outcome.tests.items()} == {
        **{f"{n}_test": float(p) for n, p in POINTS.items()}, "essay": 4.0
    }  # fmt: skip


FILES = {
    "conftest.py": b"raise SystemExit", "sitecustomize.py": b"raise SystemExit", "usercustomize.py": b"raise SystemExit",
    "evil.pth": b"import os; os._exit(3)", "numpy.py": b"raise SystemExit", "pandas/__init__.py": b"raise SystemExit",
    "scalinglaws/course/grading/__init__.py": b"def check_number(*a, **k): pass", "scalinglaws.pyc": b"\0" * 100,
    "matplotlibrc": b"backend: nothing\nfigure.figsize: x", "ipython_config.py": b"raise SystemExit", "json.so": b"\x7fELF",
    "nbgrader_config.py": b"raise SystemExit", "pyproject.toml": b"[tool", "setup.cfg": b"[", "a b\n\x1b[2J\xe2\x80\xae.txt": b"x",
    "deep/" * 40 + "file": b"x", "con": b"x", "-rf": b"x", "$(touch x)": b"x", "x.ipynb/tiny.ipynb": b"{}", "gradebook.db": b"x",
}  # fmt: skip


@isolated
def test_files_beside_the_notebook_change_nothing(made):
    """The learner's own cells may import them, to the learner's own harm; the tests do not."""
    files = {
        os.fsdecode(n.encode("latin-1")) if "\xe2" in n else n: data for n, data in FILES.items()
    }
    eve = Student(made, classroom.released(made), files=files).write(**RIGHT)
    assert points(eve.hand_in()) == POINTS
    eve.write(limit="limit = 3")
    assert points(eve.hand_in()) == POINTS | {"limit": 0}


# --- a class in which everybody attacks but two ---


def _cells(*codes: str):
    def change(student: Student) -> None:
        for code in codes:
            student.add(code, after="slope_test")

    return change


SHOWN = """
from IPython.display import display, HTML, Markdown, SVG, Latex, Javascript, JSON
evil = '<script>alert(1)</script><img src=x onerror=alert(1)><iframe srcdoc="x"></iframe><style>*{display:none}</style><a href="javascript:alert(1)">x</a><form action="http://x"><input></form><p style="position:fixed">FORGED 300 / 12</p><base href="http://x"><meta http-equiv="refresh" content="0;http://x">'
for show in (HTML, Markdown, Latex, Javascript): display(show(evil))
display(SVG('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script></svg>'))
display({'text/html': evil, 'text/plain': evil, 'text/latex': evil, 'image/svg+xml': evil, 'image/png': '"><script>alert(1)</script>', 'application/javascript': 'alert(1)', 'application/vnd.jupyter.widget-view+json': {'model_id': 'a'}}, raw=True)
display({'text/html': '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">'}, raw=True)
print('\\x1b]0;owned\\x07\\x1b[2J\\x1b[31m', evil, '\\u202e\\ud800')
raise ValueError(evil + '\\x1b[2J\\ud800')
"""
ESSAY = "<script>alert(1)</script> [x](javascript:alert(1)) <svg onload=alert(1)> $\\href{javascript:alert(1)}{x}$ ![x](http://x/y.png) <details open ontoggle=alert(1)>"


def _essay(student: Student) -> None:
    student.write(essay=ESSAY)
    student.nb.cells.append(
        new_markdown_cell(
            "![x](attachment:a) <img src='attachment:a' onerror='alert(1)'>",
            attachments={"a": {'image/png"><script>alert(1)</script>': '"><script>'}},
        )
    )


def _write(name: str, data: str | bytes):
    def put(folder: Path) -> None:
        path = Path(os.fsdecode(os.path.join(os.fsencode(folder), os.fsencode(name))))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data.encode() if isinstance(data, str) else data)

    return put


def _moved(folder: Path) -> None:
    (folder / f"{NAME}.ipynb").rename(folder / "other.ipynb")
    (folder / f"{NAME}.ipynb").mkdir()
    (folder / f"{NAME}.ipynb" / "x").write_text("x")


def _latin(folder: Path) -> None:
    os.rename(folder / f"{NAME}.ipynb", os.path.join(os.fsencode(folder), b"caf\xe9\x1b[2J.ipynb"))


def _pipe(folder: Path) -> None:
    os.mkfifo(folder / "timestamp.txt")


def _links(folder: Path) -> None:
    course = folder.parents[2]
    (folder / "stolen.txt").symlink_to(course / "source" / NAME / f"{NAME}.ipynb")
    (folder / "all").symlink_to(course)
    (folder / "timestamp.txt").symlink_to(course / "source" / NAME / f"{NAME}.ipynb")


def _sparse(folder: Path) -> None:
    with (folder / "sparse.bin").open("wb") as file:
        file.truncate(2**40)


MESSAGE = "def square(x): raise ValueError('\\x1b[2J=HYPERLINK(1)\\u202e\\ud800')\nsquare.__name__ = '\\x1b[2J'"
GREEDY = "import os, time\nprint('CORES', len(os.sched_getaffinity(0)))\nfor _ in range(6):\n    if os.fork() == 0:\n        os.setsid()\n        while True: pass"
# student: (changes of the notebook, changes of the folder, points that a computer gives)
ATTACKERS = {
    "text": (_cells("print('\\ud800' * 10)", "raise ValueError('\\udfff')"), None, TOTAL),
    "pages": (_cells(SHOWN), None, TOTAL),
    "essayist": (_essay, None, TOTAL),
    "message": (lambda s: s.write(square=MESSAGE), None, TOTAL - 3),
    "deep": (_cells(CONTROL + ON_THE_SOCKET["nested as far as can be read"]), None, TOTAL),
    "soon": (None, _write("timestamp.txt", "soon"), TOTAL),
    "noise": (None, _write("timestamp.txt", b"\xff\xfe"), TOTAL),
    "long_ago": (None, _write("timestamp.txt", "0001-01-01 00:00:00 +1400"), TOTAL),
    "folder": (None, _write("timestamp.txt/x", "x"), TOTAL),
    "pipe": (None, _pipe, TOTAL),
    "links": (_cells("print(open('stolen.txt').read())"), _links, TOTAL),
    "moved": (None, _moved, TOTAL),
    "latin": (None, _write(b"caf\xe9.txt", "x"), TOTAL),
    "latin_notebook": (None, _latin, TOTAL),
    "sparse": (None, _sparse, TOTAL),
    "file_for_folder": (None, _write("given", "x"), TOTAL),
    "notebook_folder": (None, _write("x.ipynb/y.txt", "x"), TOTAL),
    "greedy": (_cells(GREEDY), None, TOTAL),
    "overwriter": (None, _write("given/table.csv", "mine"), TOTAL),
}  # fmt: skip


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """A class that was graded, once for all tests: the course's folder, what was said, and what lay there before."""
    root = tmp_path_factory.mktemp("class")
    config = (Path(__file__).parents[2] / "nbgrader_config.py").read_text("utf-8")
    (root / "nbgrader_config.py").write_text(config, encoding="utf-8")
    folder = root / "source" / NAME
    (folder / "given").mkdir(parents=True)
    (folder / "given" / "table.csv").write_text("ours")
    made = classroom.assignment(folder, config=load_config(root, root))
    for name in ("ada", *ATTACKERS, "zed"):
        change, put, _ = ATTACKERS.get(name, (None, None, TOTAL))
        student = Student(made, classroom.released(made)).write(**RIGHT)
        if change:
            change(student)
        at = root / "submitted" / name / NAME
        at.mkdir(parents=True)
        (at / f"{NAME}.ipynb").write_text(json.dumps(student.nb))
        if put:
            put(at)
    before = {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    patch = pytest.MonkeyPatch()
    patch.setenv("SCALINGLAWS_COURSE", str(root))
    with contextlib.redirect_stdout(io.StringIO()) as said:
        code = main(["grade", NAME])
    patch.undo()
    assert before == {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    return root, code, said.getvalue()


@isolated
def test_the_class_is_graded_to_its_end(graded):
    _, code, said = graded
    assert code == 0 and said.encode(), said
    assert not re.search("[\x1b\u202e]", said)


@isolated
@pytest.mark.parametrize("name", ["ada", *ATTACKERS, "zed"])
def test_each_has_the_points_that_were_earned(graded, name):
    root, _, _ = graded
    earned = scores(root)[name]
    assert (
        sum(auto for auto, _, _ in earned.values() if auto is not None)
        == ATTACKERS.get(name, (0, 0, TOTAL))[2]
    )
    folder = root / "autograded" / name / NAME
    notebook = nbformat.read(folder / f"{NAME}.ipynb", as_version=4)
    outputs = json.dumps(
        [c.outputs for c in notebook.cells if c.cell_type == "code" and not c.source.startswith("assert")]
    )  # fmt: skip
    assert SECRET not in outputs
    assert [p.name for p in folder.glob("*.ipynb")] == [f"{NAME}.ipynb"]
    assert (folder / "given" / "table.csv").read_text() == "ours"
    assert not [p for p in folder.rglob("*") if p.is_symlink()]


@isolated
def test_busy_processes_of_one_submission_take_the_core_of_no_other(graded):
    root, _, _ = graded
    text = (root / "autograded" / "greedy" / NAME / f"{NAME}.ipynb").read_text("utf-8")
    assert "CORES 1\\n" in text


@isolated
@pytest.mark.parametrize("name", ["pages", "essayist", "message", "text"])
def test_a_feedback_page_shows_nothing_hidden_and_runs_nothing(graded, name):
    root, _, _ = graded
    page = feedback(root, name)
    lower = re.sub("(?s)&lt;.*?&gt;", "", page).lower()
    for word in ("<script", "<iframe", "<svg", "<form", "<base", "<input", "onerror=", "onload=", "ontoggle=", "<meta http-equiv=\"refresh"):  # fmt: skip
        assert word not in lower, word
    assert not re.search(r"(href|src)\s*=\s*[\"']?\s*(javascript|http://x)", lower)
    assert "position:fixed" not in re.sub("(?s)<style>.*?</style>", "", lower)
    for hidden in (SECRET, "HIDDEN TESTS", "square(3) == 9", "4.0]), 4"):
        assert hidden not in page
    assert not re.search("[\x1b\u202e]", page)
    files = [p for p in (root / "feedback" / name).rglob("*") if p.is_file()]
    assert not [p for p in files if SECRET.encode() in p.read_bytes()]


@isolated
def test_items_and_tables_hold_no_formula_and_no_command_for_a_terminal(graded, monkeypatch, capsys):  # fmt: skip
    root, _, _ = graded
    monkeypatch.setenv("SCALINGLAWS_COURSE", str(root))
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}", "scaling_laws") as book:
        for student, first in (("ada", "=HYPERLINK(1)"), ("zed", "\t+1\x1b[2J"), ("pipe", "＝1")):
            book.update_or_create_student(student, first_name=first, last_name="X", email="@SUM(1)")
    assert main(["items", NAME]) == 0
    assert not re.search("[\x1b\u202e]", capsys.readouterr().out)
    for words in ([], ["--form", "canvas"], ["--form", "moodle"]):
        assert main(["grades", *words]) == 0
        table = list(csv.reader(io.StringIO(capsys.readouterr().out)))
        cells = [cell for line in table for cell in line]
        assert not [c for c in cells if c[:1] in tuple("=+-@＝\t\r") and c != "-"], cells
        assert all(cell.isprintable() for cell in cells)
    assert any("HYPERLINK" in cell for cell in cells) or "'@SUM(1)" in cells


# --- small things that the above rest on ---


@pytest.mark.parametrize(
    ("text", "cell"),
    [("=1+1", "'=1+1"), ("\t=1", "'=1"), ("\r\n@x", "'@x"), ("-5", "'-5"), ("＋1", "'＋1"), ("O'Neil", "O'Neil"), ("", ""), ("a\nb", "a b")],
)  # fmt: skip
def test_no_cell_of_a_table_is_a_formula(text, cell):
    assert safe_cell(text) == cell


def test_a_message_is_short_and_seen():
    output = {"ename": "Value\x1b[2JError", "evalue": "\x1b[31mno\x1b]0;x\x07\u202e\ud800" * 10_000}
    message = failure_message(output)
    assert message.isprintable() and message.encode() and len(message) < 3_000
    assert visible_text("naïve – 5 × 10⁻³\tα\n日本") == "naïve – 5 × 10⁻³\tα\n日本"


def test_complex_numbers_are_no_right_answer():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for value in (np.array([1 + 5j, 2]), [1 + 0j, 2], np.array(1 + 5j)):
            with pytest.raises(CheckFailed, match="complex"):
                check_array("x", value, [1.0, 2.0])


def test_the_search_for_similar_code_ends(made):
    """A submission of many megabytes of code, or of code that is all the same, does not keep a teacher waiting."""
    books = {
        name: Student(made, classroom.released(made)).write(**RIGHT).add(code).nb
        for name, code in (
            ("a", "x = 1\n" * 500_000),
            ("b", "x = 1\n" * 500_000),
            ("c", "(" * 10**6),
            ("d", "'" * 10**6),
        )
    }
    started = time.process_time()
    pairs(books, made.notebooks[NAME], NAME)
    assert time.process_time() - started < 15


def test_item_analysis_takes_any_message():
    message = "9" * 100_000 + "\x1b[2J"
    result = Result("1", "first", State.WRONG, 0.0, 1.0, False, 0.1, (message,))
    (item,) = analyse([[result], [result]])
    assert item.slips[0][1] == 2
