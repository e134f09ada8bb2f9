"""The arguments of hidden tests stay hidden: what a function does while a hidden test calls it leaves no trace."""

import contextlib
import json
import os
import struct
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from scalinglaws.course.grading import execute, scratch
from scalinglaws.course.grading.engine import codec, messages, session
from scalinglaws.course.grading.engine.cells import Cell, Course
from scalinglaws.course.grading.engine.messages import Gone
from scalinglaws.course.grading.engine.redaction import UNSHOWN, hidden_lines
from scalinglaws.course.grading.engine.sandbox import Limits
from scalinglaws.course.grading.engine.session import Session
from scalinglaws.course.grading.engine.timeline import Timeline

from . import classroom
from .classroom import POINTS, RIGHT, Student, isolated, points

SECRET = "31337"  # an argument that only a hidden test uses
TEST = f"""assert f(2) == 4
### BEGIN HIDDEN TESTS
assert f({SECRET}) == {SECRET} ** 2
### END HIDDEN TESTS"""


def run(*cells: str, test: str = TEST, again: str = "", limits: Limits = Limits()):  # noqa: B008
    """Run a learner's cells, of which the last looks for traces after the test; (the test, the last cell)."""
    course = Course([], {"t": ["f"], "u": ["f"]})
    *before, after = [Cell(cell) for cell in cells]
    tested = [Cell(test, test="t"), *([Cell(again, test="u")] if again else [])]
    with Session(execute.shared_server(), course, limits) as running:
        running.run_all([*before, *tested, after])
    return tested[-1], after


def said(cell: Cell) -> str:
    return json.dumps(cell.outputs) + json.dumps(cell.verdict and cell.verdict.to_message())


# A copy keeps the socket by which the process answers the session, and answers in its place.
KEEPS_ITS_SOCKET = """
import json, os, stat, struct, sys
def is_socket(n):
    try: return stat.S_ISSOCK(os.fstat(n).st_mode)
    except OSError: return False
kept = [n for n in range(3, 64) if is_socket(n)]
copied = sys.modules['scalinglaws.course.grading.engine.process']._Copied
leave_copy = copied.leave_copy
def keep(self, fds):
    control = self.control
    self.control = type('Open', (), {'close': lambda s: None})()
    pid = leave_copy(self, fds)
    if pid: self.control = control
    return pid
copied.leave_copy = keep
def forge(x):
    data = json.dumps({'outputs': [{'output_type': 'stream', 'name': 'stdout', 'text': str(x)}]}).encode()
    for n in kept: os.write(n, struct.pack('<Q', len(data)) + data)
"""
# (what the function does with its argument, what a later cell looks at)
TRACES = {
    "a list": ("seen = []", "seen.append(x)", "print(seen)"),
    "a global": ("last = 0", "global last; last = x", "print(last)"),
    "an attribute": ("", "f.seen = x", "print(getattr(f, 'seen', None), f.__dict__)"),
    "a default": ("", "d = f.__defaults__; f.__defaults__ = (x,)", "print(f.__defaults__)"),
    "a module": ("import math", "math.seen = x", "print(getattr(math, 'seen', None))"),
    "the environment": ("import os", "os.environ['SEEN'] = str(x)", "print(os.environ.get('SEEN'))"),
    "IPython": ("", "get_ipython().user_ns['seen'] = x", "print(globals().get('seen'))"),
    "a file": ("", "open('seen', 'a').write(f'{x} ')", "import os; print(open('seen').read() if os.path.exists('seen') else os.listdir())"),
    "a file that was there": ("open('seen', 'w').write('first ')", "open('seen', 'a').write(f'{x} ')", "print(open('seen').read())"),
    "a file written over": ("open('seen', 'w').write('first ')", "open('seen', 'w').write(f'{x} ')", "print(open('seen').read())"),
    "the name of a file": ("", "open(f'seen{x}', 'w').close()", "import os; print(os.listdir())"),
    "a folder": ("import os", "os.makedirs(f'a/b{x}', exist_ok=True)", "print(list(os.walk('.')))"),
    "a file removed": ("import os\nopen('kept', 'w').write('first')", "os.path.exists('kept') and os.remove('kept')", "print(os.path.exists('kept') or 31337)"),
    "a file elsewhere": ("", "open('/tmp/seen', 'a').write(f'{x} ')", "import os; print(os.listdir('/tmp'), os.path.exists('/tmp/seen') and open('/tmp/seen').read())"),
    "shared memory": ("", "open('/dev/shm/seen', 'a').write(f'{x} ')", "import os; print(os.path.exists('/dev/shm/seen') and open('/dev/shm/seen').read())"),
    "the length of a file": ("open('seen', 'wb').write(bytes(17 * 2**20))", "open('seen', 'ab').write(bytes(x))", "import os; print(os.path.getsize('seen') - 17 * 2**20)"),
    "a process that stays": ("import subprocess", "subprocess.Popen(f'sleep 0.5; echo {x} > seen', shell=True, start_new_session=True)", "import time, os; time.sleep(1.5); print(os.path.exists('seen') and open('seen').read())"),
    "a printed line": ("", "print(x)", "print('nothing')"),
    "a cache": ("from functools import cache\n@cache\ndef g(x): return x", "g(x)", "print(g.cache_info().currsize, [g.__wrapped__])"),
    "a log": ("import logging\nlogging.basicConfig(filename='log')", "logging.warning('%s', x)", "print('log', open('log').read())"),
    "a pipe": ("import os\nr, w = os.pipe()", "os.write(w, b'%d ' % x)", "os.set_blocking(r, False)\ntry: print(os.read(r, 999))\nexcept OSError: print('nothing')"),
    "a pipe in another's place": ("import os\nr, w = os.pipe()\nos.dup2(r, 1), os.dup2(w, 2), os.close(r), os.close(w)", "os.write(2, b'%d ' % x)", "os.set_blocking(1, False)\ntry: print(os.read(1, 999))\nexcept OSError: print('nothing')"),
    "memory of two processes": ("import mmap\nm = mmap.mmap(-1, 4096)", "m[:8] = x.to_bytes(8, 'little')", "print('now', int.from_bytes(m[:8], 'little'))"),
    "a place in a file": ("import os\nn = os.open('pos', os.O_RDWR | os.O_CREAT)", "os.lseek(n, x, 0)", "print('at', os.lseek(n, 0, 1))"),
    "a place in a font": ("import os, matplotlib.pyplot as plt\nplt.title('α $x^2$')\nplt.show()\ndef places(to=None):\n    found = []\n    for n in range(3, 20):\n        try: found.append(os.lseek(n, *((0, 1) if to is None else (to, 0))))\n        except OSError: pass\n    return found", "places(x)", "print('at', places())"),
    "a file without a name": ("import os\nn = os.open('gone', os.O_RDWR | os.O_CREAT)\nos.unlink('gone')", "os.pwrite(n, b'%d' % x, 0)", "print(os.pread(n, 99, 0))"),
    "the mode of a file": ("import os\nopen('mode', 'w').close()", "os.chmod('mode', 0o700 | x & 0o77)", "print('mode', (31337 & 0o77) == os.stat('mode').st_mode & 0o77 and 31337)"),
    "an attribute of a file": ("import os\nopen('tagged', 'w').close()", "try: os.setxattr('tagged', 'user.x', b'%d' % x)\n    except OSError: pass", "print([os.getxattr('tagged', n) for n in os.listxattr('tagged')])"),
    "the time of a folder": ("import os", "os.utime('.', (x, x))", "print('time', os.stat('.').st_mtime)"),
    "a link": ("import os", "os.symlink(f'to {x}', f'link{x}')", "print(os.listdir(), [os.readlink(n) for n in os.listdir()])"),
    "a pipe with a name": ("import os", "os.mkfifo(f'pipe{x}')", "print(os.listdir())"),
    "a thread": ("import threading, time\nseen, asked = [], []\ndef watch():\n    while True: time.sleep(.005), seen.extend(asked)\nthreading.Thread(target=watch, daemon=True).start()", "asked.append(x); time.sleep(.05)", "print(seen[:9])"),
    "a loop that stays open": ("import asyncio\nseen, loop = [], asyncio.new_event_loop()\nasync def g(x): seen.append(x)", "loop.run_until_complete(g(x))", "print(seen)"),
    "a process that was there": ("import os, time\nif os.fork() == 0:\n    for _ in range(400):\n        time.sleep(.005)\n        if os.path.exists('/tmp/ask'):\n            told = open('/tmp/ask').read()\n            while os.path.exists('/tmp/ask'): time.sleep(.005)\n            open('answer', 'w').write(told)\n            os._exit(0)\n    os._exit(0)", "open('/tmp/ask', 'w').write(str(x)); time.sleep(.05)", "time.sleep(.3)\nprint(os.path.exists('answer') and open('answer').read())"),
    "signals": ("import os, signal\npid = os.getpid()\nsignal.pthread_sigmask(signal.SIG_BLOCK, range(34, 60))", "[os.kill(pid, 34 + i) for i in range(20) if x >> i & 1]", "print('sum', sum(1 << s - 34 for s in signal.sigpending()))"),
    "a limit of the first process": ("import os, resource\npid = os.getpid()", "try: resource.prlimit(pid, resource.RLIMIT_FSIZE, (x, x))\n    except OSError: pass", "print(resource.getrlimit(resource.RLIMIT_FSIZE))"),
    "the answer to the session": (KEEPS_ITS_SOCKET, "forge(x)", "print('mine')"),
    "a warning": ("import warnings", "warnings.warn(str(x))", "import sys; print(getattr(sys.modules['__main__'], '__warningregistry__', None))"),
}  # fmt: skip


@isolated
@pytest.mark.parametrize("trace", TRACES.values(), ids=TRACES)
def test_a_call_of_a_test_leaves_no_trace(trace):
    setup, act, look = trace
    test, after = run(setup, f"def f(x, y=0):\n    {act}\n    return x**2", look)
    assert test.verdict and not test.verdict.error, test
    assert (
        after.outputs and SECRET not in said(after) and after.outputs[0]["output_type"] == "stream"
    )
    assert after.outputs[0]["text"].strip() not in ("", "31337")


TELLS = [
    "raise ValueError(seen())",
    "return seen()",
    "return {seen(): 1}",
    "class E(Exception): pass\n    E.__name__ = seen(); raise E",
]
LATER = ["assert {g}(2) == 4", "from scalinglaws.grading import check_function\ncheck_function({g}, [((2,), 4.0)])", "import numpy as np\nnp.testing.assert_allclose({g}(2), 4.0)", "assert {g}(2) == 4, f'{{{g}}} is wrong'"]  # fmt: skip


@isolated
def test_no_later_test_tells_it_either():
    """A visible line says in full what it met; but not where the code may know an earlier test."""
    setup = "import mmap\nm = mmap.mmap(-1, 4096)\ndef f(x):\n    m[:5] = b'%5d' % x\n    return x**2\ndef seen(): return m[:5].decode()"
    answers = [Cell(f"def g{i}(x):\n    {tells}") for i, tells in enumerate(TELLS)]
    later = [
        Cell(test.format(g=f"g{i}"), test=f"{i} {test}")
        for i in range(len(TELLS))
        for test in LATER
    ]
    told = Cell(TEST, test="t")
    course = Course([], {"t": ["f"]} | {cell.test: [f"g{cell.test[0]}"] for cell in later})
    with Session(execute.shared_server(), course) as running:
        running.run_all([Cell(setup), *answers, told, *later])
    assert told.verdict and not told.verdict.error
    assert all(cell.verdict and cell.verdict.error for cell in later)
    assert not [cell for cell in later if SECRET in said(cell)]


@isolated
def test_ordinary_cells_run_once(monkeypatch):
    """Progress bars, figures and files of the cells themselves are nothing that a test's calls change."""
    monkeypatch.setattr(Session, "_show_again", None)
    setup = "import matplotlib.pyplot as plt\nfrom tqdm import tqdm\nfor _ in tqdm(range(2)): plt.plot([1, 2])\nplt.title('α')\nplt.show()\nopen('own', 'w').write('mine')"
    function = (
        "def f(x):\n    for _ in tqdm(range(2)): pass\n    return len(open('own').read()) and x**2"
    )
    test, after = run(setup, function, "print(open('own').read())")
    assert not test.verdict.error and after.outputs[0]["text"] == "mine\n"


@isolated
def test_a_second_run_shows_what_the_first_would_have_shown():
    setup = "import os, time\nr, w = os.pipe()\nruns = [0]\ndef f(x):\n    runs.append(x)\n    return x**2"
    course = Course([], {"t": ["f"]})
    cells = [Cell(setup), Cell("print('before')"), Cell(TEST, test="t"), Cell("1 / 0"), Cell("print(runs, 'x' * 300_000)"), Cell("os._exit(0)"), Cell("print('end', w > r)")]  # fmt: skip
    with Session(execute.shared_server(), course) as running:
        running.run_all(cells)
    assert not cells[2].verdict.error
    assert [cell.outputs[0].get("text", cell.outputs[0].get("ename"))[:8] for cell in cells if cell.outputs] == [
        "before\n", "ZeroDivi", "[0] xxxx", "CellStop", "end True"
    ]  # fmt: skip
    assert cells[4].cut


@isolated
def test_a_call_that_kills_the_process_costs_no_cell():
    setup = (
        "import os\npid = os.getpid()\ndef f(x):\n    if x > 9: os.kill(pid, 9)\n    return x**2"
    )
    test, after = run(setup, "print('still here', pid > 0)")
    assert not test.verdict.error and after.outputs[0]["text"] == "still here True\n"


@isolated
def test_what_cells_did_themselves_stays():
    setup = "import os\ncalls = []\ndef f(x):\n    calls.append(x)\n    return x**2\nf(7)\nos.makedirs('empty/deep')\nopen('own', 'w').write('mine')"
    _, after = run(
        setup, "print(calls, os.path.isdir('empty/deep'), open('own').read(), sorted(os.listdir()))"
    )
    assert after.outputs[0]["text"] == "[7] True mine ['empty', 'own']\n"


# --- a test that looks at data only ---


@isolated
def test_a_test_that_looks_at_data_only_needs_no_copy_and_tells_no_names(monkeypatch):
    def throwaway(self):
        raise AssertionError("a copy was made")

    monkeypatch.setattr(Timeline, "throwaway", throwaway)
    # A learner who rewrites what answers in their process sees which names are asked for.
    spy = (
        "import sys\nlooked = []\npeer = sys.modules['scalinglaws.course.grading.engine.channel'].Peer\n"
        "carry_out = peer._carry_out\n"
        "def note(self, operation, *values):\n    looked.append((operation, values))\n    return carry_out(self, operation, *values)\n"
        "peer._carry_out = note"
    )
    test, after = run(
        spy,
        "answer = 5",
        "print(looked)",
        test="assert answer == 5\n### BEGIN HIDDEN TESTS\nsecret = 31337\nassert answer + secret == 31342\n### END HIDDEN TESTS",
    )
    assert test.verdict and not test.verdict.error, test
    assert after.outputs[0]["text"] == "[('names', ()), ('lookup', ('answer',))]\n"


DATA = {
    "a subclass": "class L(list): pass\nf = L([4])",
    "an array of objects": "import numpy as np\nf = np.array([lambda: 1, 2], dtype=object)",
    "a lambda in a list": "f = [lambda x: 31337]",
    "an exception class": "class f(Exception): pass",
    "a text that never ends": "class f:\n    def __class_getitem__(cls, x): return 1\nf.__name__ = 'f' * 10**6",
}


@isolated
@pytest.mark.parametrize("value", DATA.values(), ids=DATA)
def test_what_is_no_plain_data_goes_the_way_of_a_copy(value):
    test, after = run(value, "print('on')", test="type(f)\nassert True")
    assert test.verdict and not test.verdict.error, test
    assert after.outputs[0]["text"] == "on\n"


@isolated
@pytest.mark.parametrize(
    "end",
    ["import os; os._exit(1)", "while True: pass", "raise SystemExit", "raise KeyboardInterrupt"],
)
def test_an_answer_that_ends_python_when_it_is_asked_for_names_is_named(end, monkeypatch):
    monkeypatch.setattr(session, "PATIENCE", 1.0)
    cell = (
        "import sys\npeer = sys.modules['scalinglaws.course.grading.engine.channel'].Peer\n"
        f"def names(self, *values):\n    {end}\npeer._carry_out = names\nanswer = 5"
    )
    test, after = run(cell, "print('on')", test="assert answer == 5", limits=Limits(cell_time=2))
    assert test.verdict and test.verdict.error and test.verdict.points is None
    assert after.outputs[0]["text"] == "on\n"


# --- what is told of an error ---

ERRORS = {
    "its text": "raise ValueError(f'{x!r} is bad')",
    "a kind of one's own": "class Mine(Exception): pass\n        raise Mine(x)",
    "the name of a kind": "raise type(f'E{x}', (ValueError,), {})('no')",
    "an assertion": "assert not x, x",
    "a text in a known form": "raise NameError(f\"name 'x{x}' is not defined\")",
    "a known form with digits": "raise TypeError(f\"f() takes {x} positional arguments\" + ' ' + str(x))",
    "a key": "return {}[x]",
    "an int": "return int('a' + str(x))",
    "the line": "exec(compile(f'raise ValueError # {x}', '<ipython-input-9>', 'exec'))",
    "a line forged": "import linecache\n        linecache.cache['<ipython-input-9-a>'] = (9, None, [f'raise ValueError({x})\\n'], '<ipython-input-9-a>')\n        exec(compile('raise ValueError()', '<ipython-input-9-a>', 'exec'))",
    "an error in an error": "try: 1 / 0\n        except Exception as e: raise RuntimeError(str(x)) from e",
    "a check's own error": "from scalinglaws.grading import CheckFailed\n        raise CheckFailed(f'Right for {x}')",
    "notes": "e = ValueError('no'); e.add_note(str(x))\n        raise e",
    "a stop": "raise StopIteration(x)",
    "an exit": "raise SystemExit(x)",
    "a group": "raise ExceptionGroup(str(x), [ValueError(x)])",
}  # fmt: skip


@isolated
@pytest.mark.parametrize("code", ERRORS.values(), ids=ERRORS)
def test_an_error_says_no_argument_of_a_hidden_test(code):
    answer = f"def f(x):\n    if x != 2:\n        {code}\n    return x**2"
    test, _ = run(answer, "1")
    assert test.verdict and test.verdict.error, test
    shown = said(test).replace(f"f({SECRET})", "").replace(f"{SECRET} ** 2", "")  # the test itself
    assert SECRET not in shown.replace(json.dumps(TEST)[1:-1], "")


@isolated
@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("return 1 / 0", "division by zero"),
        ("return [][0]", "list index out of range"),
        ("return x.size", "'int' object has no attribute 'size'"),
        ("return undefined_name", "name 'undefined_name' is not defined"),
        ("return x + 'a'", "unsupported operand type(s) for +: 'int' and 'str'"),
        ("return f()", "f() missing 1 required positional argument: 'x'"),
        ("return x[0]", "'int' object is not subscriptable"),
        ("return len(x)", "object of type 'int' has no len()"),
        ("import math; return math.sqrt(-1)", None),
        ("raise ValueError('too small')", UNSHOWN),
    ],
)
def test_errors_without_values_are_told_in_full(code, text):
    test, _ = run(f"def f(x):\n    if x != 2: {code}\n    return x**2", "1")
    assert test.verdict.message == text or text is None


# (hidden lines, what the student reads)
REPLIES = {
    "a check": ("from scalinglaws.grading import check_function\ncheck_function(f, [((31337,), 4.0)])", "f is not right for an input that is not shown. Try inputs of your own."),
    "numpy": ("import numpy as np\nnp.testing.assert_allclose(f(31337), 4.0)", "its text is not shown, because it was raised in a hidden test"),
    "a key": ("{}[f(31337)]", "its text is not shown, because it was raised in a hidden test"),
    "a division": ("f(31337) / 0", "division by zero"),
    "a test's own words": ("assert f(31337) == 4, 'Not the square.'", "Not the square."),
}  # fmt: skip


@isolated
@pytest.mark.parametrize(("hidden", "reply"), REPLIES.values(), ids=REPLIES)
def test_a_reply_says_no_argument_of_a_hidden_test(hidden, reply):
    text = f"### BEGIN HIDDEN TESTS\n{hidden}\n### END HIDDEN TESTS"
    test, _ = run("def f(x):\n    return x", "1", test=text)
    assert test.verdict.message == reply


@isolated
def test_what_a_visible_test_meets_is_told_in_full():
    test, _ = run("def f(x):\n    raise ValueError(f'{x} is bad')", "1")
    assert test.verdict.message == "2 is bad"


@isolated
def test_the_line_is_told_where_it_is_the_students_own():
    hidden = "### BEGIN HIDDEN TESTS\nfrom scalinglaws.grading import call\ncall(f, 5, shown='f(...)')\n### END HIDDEN TESTS"
    test, _ = run("def f(x):\n    raise ValueError(f'{x}')", "1", test=hidden)
    assert (
        test.verdict.message
        == f"f(...) stopped with ValueError: {UNSHOWN} in the line `raise ValueError(f'{{x}}')`."
    )


def test_hidden_lines_are_those_between_the_marks():
    assert hidden_lines(TEST) == {3} and hidden_lines("a\nb") == set()
    assert hidden_lines("a\n  # BEGIN HIDDEN TESTS\nb\nc") == {3, 4}


# --- the channel ---


@isolated
@pytest.mark.parametrize(
    "raises",
    ["StopIteration", "StopAsyncIteration", "type('S', (StopIteration,), {})", "StopIteration(4)"],
)
def test_an_answer_cannot_end_a_loop_of_the_test(raises):
    test, _ = run(
        f"def f(x): raise {raises}",
        "1",
        test="got = list(map(f, [1, 2]))\nassert [g for g in got] == got",
    )
    assert test.verdict.error == "RuntimeError" and "StopIteration" in test.verdict.message.replace("Async", "").replace("raised S", "raised StopIteration")  # fmt: skip


@isolated
def test_iterators_still_end():
    test, _ = run(
        "def f(x):\n    for i in range(x): yield i\nclass C:\n    n = 0\n    def __iter__(s): return s\n    def __next__(s):\n        s.n += 1\n        if s.n > 3: raise StopIteration\n        return s.n\nc = C()",
        "1",
        test="assert list(f(3)) == [0, 1, 2] and next(f(0), 'end') == 'end' and list(c) == [1, 2, 3]",
    )
    assert not test.verdict.error, test


@isolated
def test_an_object_that_is_no_data_is_called_so():
    """Numpy asks for its size; the answer once was that the student's code ended Python."""
    setup = "from dataclasses import dataclass\n@dataclass\nclass Fit:\n    E: float\ndef f(x): return Fit(1.0)\nclass Sized(Fit):\n    def __len__(self): return 3\ndef g(x): return Sized(1.0)"
    test, _ = run(
        setup,
        "1",
        test="import numpy as np\nassert np.size(f(1)) == 1\nfrom scalinglaws.grading import check_number\ntry: check_number('E', f(1), 1.0)\nexcept AssertionError as e: print(e)\ntry: check_number('E', g(1), 1.0)\nexcept AssertionError as e: print(e)",
    )
    assert not test.verdict.error, test
    assert test.outputs[0]["text"].count(
        "a number was expected"
    ) == 2 and "ended Python" not in said(test)


@isolated
def test_a_test_may_keep_an_object_of_the_learners_for_the_next_test():
    setup = "class Model:\n    def __init__(s, a): s.a = a\n    def predict(s, x): return s.a * x\ndef f(x): return Model(x)"
    test, _ = run(setup, "1", test="_model = f(3)\n_models = [f(4)]", again="assert _model.predict(2) == 6 and _models[0].predict(2) == 8")  # fmt: skip
    assert not test.verdict.error, test


@isolated
def test_an_answer_that_needs_its_threads_has_them():
    setup = "from concurrent.futures import ThreadPoolExecutor\npool = ThreadPoolExecutor(2)\nlist(pool.map(abs, range(4)))\ndef f(x): return pool.submit(pow, x, 2).result()"
    test, _ = run(setup, "1")
    assert not test.verdict.error, test


@isolated
def test_a_progress_bar_in_a_cell_changes_nothing():
    setup = "from tqdm import tqdm\nseen = []\nfor _ in tqdm(range(3)): pass\ndef f(x):\n    seen.append(x)\n    for _ in tqdm(range(3)): pass\n    return x**2"
    test, after = run(setup, "print(seen)")
    assert not test.verdict.error and after.outputs[0]["text"] == "[]\n"


# --- nobody in anybody's way ---


def bounded(data: bytes):
    with pytest.raises(Gone):
        messages.parse(data)


@pytest.mark.parametrize(
    "data",
    [
        b'{"outputs": [' + b"[]," * 10_000_000 + b"[]]}",
        b'{"outputs": [' + b"{}," * 10_000_000 + b"{}]}",
        b'{"outputs": [' + b"0," * 15_000_000 + b"0]}",
        b'{"a": ' + b"[" * 10_000_000 + b"]" * 10_000_000 + b"}",
        b'{"a": [' + b'"",' * 10_000_000 + b'""]}',
        b'""' * 10_000_000,
        b'{"a": ' + b"9" * 10_000_000 + b"}",
        b'"' + b"\\" * 10_000_001,
        b"{" + b'"' * 9_999_999,
    ],
    ids=range(9),
)
def test_what_a_process_sends_is_bounded_before_it_is_read(data):
    import resource

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    used = time.process_time()
    bounded(data)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 150 * 1024  # KiB
    assert time.process_time() - used < 5


def test_an_honest_message_is_read():
    outputs = [
        {
            "output_type": "display_data",
            "data": {"image/svg+xml": "<path d='1,2,[3],{4}\"'/>" * 50_000},
        }
    ] * 3
    message = {"outputs": outputs, "cut": False, "text": "\ud800 \u2603 \U0001f600 " * 1000}
    data = json.dumps(message, ensure_ascii=False).encode("utf-8", "replace")
    assert messages.parse(data)["outputs"] == outputs


@settings(max_examples=300, deadline=None, database=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_a_message_or_none(data):
    with contextlib.suppress(Gone):
        assert isinstance(messages.parse(data), dict)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.complex_numbers(),
    lambda inner: st.lists(inner) | st.tuples(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)  # fmt: skip


def decode(data: bytes):
    return codec.Decoder(data, lambda spec: spec, lambda ref: ref).message()


def encode(value) -> bytes:
    return bytes(codec.Encoder(lambda v: {"type": type(v).__name__}).write(value).out)


@settings(max_examples=200, deadline=None, database=None)
@given(VALUES)
def test_plain_data_comes_back(value):
    assert repr(decode(encode(value))) == repr(value)


@settings(max_examples=500, deadline=None, database=None)
@given(
    VALUES,
    st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), max_size=6),
    st.integers(0, 50),
)
def test_damaged_data_is_refused_or_plain(value, changes, cut):
    data = bytearray(encode(value if value is not None else [np.arange(3.0), value]))
    for at, byte in changes:
        data[at % len(data)] = byte
    with contextlib.suppress(codec.Malformed):
        decode(bytes(data[: len(data) - cut]))


@settings(max_examples=300, deadline=None, database=None)
@given(st.sampled_from(sorted(codec._READERS)), st.binary(max_size=60), st.integers(0, 2**64 - 1))
def test_no_size_is_taken_on_trust(tag, rest, size):
    for data in (tag + struct.pack("<Q", size) + rest, tag + rest):
        try:
            came = decode(data)
        except codec.Malformed:
            continue
        assert getattr(came, "nbytes", 0) < 2**20


MANY = {
    "files in folders": {f"d{i}/f": b"x" for i in range(4_900)},
    "deep folders": {"/".join(f"d{i}_{k}" for k in range(40)) + "/f": b"" for i in range(600)},
    "many files": {f"f{i}": b"" for i in range(4_999)},
    "large files": {f"f{i}": bytes(2**20) for i in range(63)},
    "long names": {"n" * 250 + str(i): b"" for i in range(100)} | {"x" * 300: b"", "/".join(["y" * 200] * 30): b""},
}  # fmt: skip


@isolated
@pytest.mark.parametrize("kind", MANY)
def test_files_beside_a_notebook_cost_nobody_a_point(tmp_path, kind):
    made = classroom.assignment(tmp_path, files={"table.csv": b"1"})
    sam = Student(made, classroom.released(made)).write(**RIGHT)
    sam.files = MANY[kind]
    sam.add("limits = open('table.csv').read()")
    outcome = sam.write(limit="limit = 0.25 * int(limits)").hand_in()
    assert points(outcome) == POINTS
    if kind != "long names":
        assert any("left out" in str(remark) for remark in outcome.remarks)


# --- nothing is left behind ---


def test_the_next_run_removes_what_a_killed_one_left(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    scratch._remove_left_behind.cache_clear()
    code = (
        "import os, sys, tempfile; tempfile.tempdir = sys.argv[1]\n"
        "from scalinglaws.course.grading.scratch import temporary_folder\n"
        "with temporary_folder() as f:\n    (f / 'copy.ipynb').write_text('x'); print(f, flush=True)\n"
        "    os.kill(os.getpid(), 9) if sys.argv[2] == 'die' else sys.stdin.read()"
    )
    words = [sys.executable, "-c", code, str(tmp_path)]
    here = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    killed = subprocess.run([*words, "die"], capture_output=True, text=True, env=here)
    left = Path(killed.stdout.strip())
    (tmp_path / "scalinglaws-of-somebody-else").mkdir()
    alive = subprocess.Popen([*words, "stay"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=here)  # fmt: skip
    used = Path(alive.stdout.readline().strip())
    try:
        assert (left / "copy.ipynb").exists() or not left.exists()
        scratch._remove_left_behind.cache_clear()
        with scratch.temporary_folder() as mine:
            assert not left.exists() and (used / "copy.ipynb").exists() and mine.is_dir()
            assert (tmp_path / "scalinglaws-of-somebody-else").is_dir()
        assert not mine.exists()
    finally:
        alive.communicate("")
