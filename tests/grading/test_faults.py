"""Honest submissions in bad shape: each is graded as far as it can be, and loses only what is really wrong."""

import json
import time

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell

from . import classroom
from .classroom import POINTS, RIGHT, TOTAL, Student, points, remarks, total

pytestmark = classroom.isolated


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return classroom.assignment(tmp_path_factory.mktemp("source"), cell_time=3, total_time=300)


@pytest.fixture
def sam(made):
    """A student with everything right."""
    return Student(made, classroom.released(made)).write(**RIGHT)


@pytest.mark.smoke
def test_right_answers_have_all_points_and_blank_ones_none(made, sam):
    outcome = sam.hand_in()
    assert points(outcome) == POINTS
    assert outcome.tests["essay"].points == 0  # untouched
    assert not outcome.remarks and not outcome.stopped
    blank = Student(made, classroom.released(made)).hand_in()
    assert total(blank) == 0


# Cells that a student added before the answers. None costs a point.
HARMLESS = {
    "endless loop": "while True:\n    pass",
    "endless loop that takes no interrupt": "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
    "os._exit": "import os; os._exit(0)",
    "sys.exit": "import sys; sys.exit(3)",
    "quit": "quit()",
    "exit": "exit",
    "kills itself": "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
    "stops itself": "import os, signal; os.kill(os.getpid(), signal.SIGSTOP)",
    "kills all it can": "import os, signal; os.kill(-1, signal.SIGKILL)",
    "kills the first process": "import os, signal; os.kill(1, signal.SIGKILL)",
    "kills its parent": "import os, signal; os.kill(os.getppid(), signal.SIGKILL)",
    "segmentation fault": "import ctypes; ctypes.string_at(0)",
    "abort": "import os; os.abort()",
    "deep recursion in C": "import sys; sys.setrecursionlimit(10**8)\ndef deep(n): return deep(n + 1)\ndeep(0)",
    "one line of 200 MB": "print('a' * 200_000_000)",
    "many lines": "for i in range(200_000): print('line', i)",
    "many figures' worth of output": "from IPython.display import display\nfor i in range(3000): display(i)",
    "one huge result": "'a' * 50_000_000",
    "stderr": "import sys; print('careful', file=sys.stderr)",
    "warning": "import warnings; warnings.warn('careful')",
    "progress bar": "from tqdm import tqdm\nfor _ in tqdm(range(3)): pass",
    "error": "1 / 0",
    "syntax error": "def f(:",
    "error with no text": "class E(Exception):\n    def __str__(self): raise ValueError\nraise E",
    "bare BaseException": "raise BaseException('x')",
    "asks for input": "input('your name?')",
    "fork": "import os; os.fork()",
    "fork that stays": "import os, time\nif os.fork() == 0:\n    time.sleep(1000)",
    "fork bomb": "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass",
    "daemon": "import subprocess; subprocess.Popen(['sleep', '1000'], start_new_session=True)",
    "thread": "import threading, time; threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()",
    "waiting thread": "import threading, time; threading.Thread(target=time.sleep, args=(1000,)).start()",
    "many threads": "import threading, time\nfor _ in range(1000): threading.Thread(target=time.sleep, args=(9,), daemon=True).start()",
    "pool": "from multiprocessing import get_context\nwith get_context('fork').Pool(2) as pool: print(pool.map(abs, [-1, 2]))",
    "closes descriptors": "import os; os.closerange(3, 1000)",
    "closes stdout": "import sys; sys.stdout.close()",
    "no stdout": "import sys; sys.stdout = sys.stderr = None",
    "another folder": "import os; os.chdir('/')",
    "removes its folder": "import os, shutil; shutil.rmtree(os.getcwd(), ignore_errors=True)",
    "another display hook": "import sys; sys.displayhook = None",
    "another name for built-ins": "import builtins; builtins.len = lambda x: 0",
    "its own print": "def print(*args): raise ValueError",
    "its own name": "__name__ = 'other'",
    "alarm": "import signal; signal.setitimer(signal.ITIMER_REAL, 0.01)",
    "ignores signals": "import signal\nfor n in range(1, 30):\n    try: signal.signal(n, signal.SIG_IGN)\n    except OSError: pass",
    "magic": "%matplotlib inline\n%time 1 + 1",
    "cell magic": "%%time\n1 + 1",
    "unknown magic": "%nothing_such",
    "shell": "!echo hello",
    "shell that waits": "!cat",
    "bash cell": "%%bash\nexit 3",
    "help": "len?",
    "await": "import asyncio\nawait asyncio.sleep(0)",
    "asyncio loop": "import asyncio\nasyncio.get_event_loop_policy().new_event_loop().run_until_complete(asyncio.sleep(0))",
    "empty": "   \n",
    "comment": "# nothing",
    "null byte": "x = '\0'",
    "fills the disk": "with open('big', 'wb') as f:\n    for _ in range(10_000): f.write(bytes(2**20))",
    "fills shared memory": "with open('/dev/shm/big', 'wb') as f:\n    for _ in range(10_000): f.write(bytes(2**20))",
    "many files": "for i in range(100_000): open(f'f{i}', 'w').close()",
    "opens many files": "files = [open('/dev/null') for _ in range(10_000)]",
    "widget": "import ipywidgets; ipywidgets.interact(lambda x: x, x=(0, 3))",
    "exits at the end": "import atexit, os; atexit.register(os._exit, 3)",
    "traces": "import sys\nsys.settrace(lambda *a: 1 / 0)",
    "gc off": "import gc; gc.disable(); gc.freeze()",
    "raises in repr": "class R:\n    def __repr__(self): raise ValueError\nR()",
}  # fmt: skip


@pytest.mark.parametrize("code", HARMLESS.values(), ids=HARMLESS)
def test_a_cell_that_goes_wrong_costs_no_other_cell(sam, code):
    outcome = sam.add(code).hand_in()
    assert points(outcome) == POINTS


@pytest.mark.parametrize(
    "code",
    [
        "kept = []\nwhile True: kept.append(bytearray(2**24))",
        "import mmap\nkept = [mmap.mmap(-1, 2**29) for _ in range(2)]\nfor m in kept:\n    m.write(bytes(2**29))",
        "import os\nfor _ in range(8):\n    if os.fork() == 0:\n        kept = bytes(2**29) * 1\n        kept = bytearray(b'x' * 2**29)\n        import time; time.sleep(100)",
    ],
    ids=["one process", "shared memory", "many processes"],
)
def test_memory_that_was_taken_is_given_back(made, sam, code):
    sam.made = classroom.replace_limits(made, memory=1024, cell_time=30)
    assert total(sam.add(code).hand_in()) == TOTAL


def test_memory_that_processes_share_counts_once(made, sam):
    sam.made = classroom.replace_limits(made, memory=1024, cell_time=60)
    children = "import os, time\nfor _ in range(20):\n    if os.fork() == 0:\n        time.sleep(2)\n        os._exit(0)\n"
    outcome = sam.add(children + "for _ in range(20): os.wait()\npower = 2")
    assert total(outcome.write(square="def square(x): return x**power").hand_in()) == TOTAL


# Answers to `square` that do something wrong when a test calls them: they lose their own 3 points, and no other.
BAD_FUNCTIONS = {
    "endless loop": "def square(x):\n    while True: pass",
    "endless loop that takes no interrupt": "def square(x):\n    while True:\n        try:\n            while True: pass\n        except BaseException: pass",
    "sleeps": "import time\ndef square(x): time.sleep(1000)",
    "os._exit": "import os\ndef square(x): os._exit(0)",
    "sys.exit": "import sys\ndef square(x): sys.exit()",
    "segmentation fault": "import ctypes\ndef square(x): ctypes.string_at(0)",
    "recursion": "def square(x): return square(x)",
    "interrupts": "def square(x): raise KeyboardInterrupt",
    "stops iteration": "def square(x): raise StopIteration",
    "raises an own error": "class Bad(Exception): pass\ndef square(x): raise Bad('no')",
    "raises an error without text": "class Bad(Exception):\n    def __str__(self): raise ValueError\ndef square(x): raise Bad('no')",
    "raises an awkward error": "def square(x): return b'\\xff'.decode()",
    "huge array": "def square(x): return np.zeros(2 * 10**7)",
    "deep list": "def square(x):\n    a = []\n    for _ in range(10_000): a = [a]\n    return a",
    "list in itself": "def square(x):\n    a = []\n    a.append(a)\n    return a",
    "huge integer": "def square(x): return 10**100_000",
    "long list": "def square(x): return [0] * 3_000_000",
    "returns itself": "def square(x): return square",
    "a generator": "def square(x):\n    while True: yield x",
    "a module": "def square(x): return np",
    "an open file": "def square(x): return open('/dev/null')",
    "a socket": "import socket\ndef square(x): return socket.socketpair()[0]",
    "a class": "def square(x): return int",
    "a lock": "import threading\ndef square(x): return threading.Lock()",
    "forks": "import os\ndef square(x):\n    os.fork()\n    return 0",
    "too many arguments": "def square(x, y): return x**2",
    "not a function": "square = 4",
    "memory": "def square(x):\n    a = []\n    while True: a.append(bytearray(2**26))",
}  # fmt: skip


@pytest.mark.parametrize("code", BAD_FUNCTIONS.values(), ids=BAD_FUNCTIONS)
def test_a_function_that_goes_wrong_loses_its_own_points_only(sam, code):
    outcome = sam.write(square=code).hand_in()
    assert points(outcome) == POINTS | {"square": 0}
    assert outcome.tests["square_test"].message


# Other right ways to write `square`: each has its points.
GOOD_FUNCTIONS = {
    "lambda": "square = lambda x: x * x",
    "partial": "from functools import partial\nsquare = partial(lambda p, x: x**p, 2)",
    "an object": "class Square:\n    def __call__(self, x): return x**2\nsquare = Square()",
    "a method": "class Power:\n    def of(self, x): return x**2\nsquare = Power().of",
    "numpy's": "square = np.square",
    "vectorize": "square = np.vectorize(lambda x: x**2)",
    "cached": "from functools import cache\ndef square(x):\n    return helper(x) if isinstance(x, int) else x**2\n@cache\ndef helper(x): return x**2",
    "decorated": "from functools import wraps\ndef loud(f):\n    @wraps(f)\n    def inner(*a):\n        print('called')\n        return f(*a)\n    return inner\n@loud\ndef square(x): return x**2",
    "prints and warns": "import sys, warnings\ndef square(x):\n    print('x' * 10**6)\n    print(x, file=sys.stderr)\n    warnings.warn('careful')\n    return x**2",
    "progress bar": "from tqdm import tqdm\ndef square(x):\n    for _ in tqdm(range(3)): pass\n    return x**2",
    "numpy scalar": "def square(x): return np.square(x)",
    "changes its argument": "def square(x):\n    x = x.copy() if hasattr(x, 'copy') else x\n    x *= x\n    return x",
    "global state": "calls = []\ndef square(x):\n    calls.append(x)\n    return x**2",
    "thread inside": "from concurrent.futures import ThreadPoolExecutor\ndef square(x):\n    with ThreadPoolExecutor(1) as pool: return pool.submit(lambda: x**2).result()",
    "reads a file it wrote": "open('power', 'w').write('2')\ndef square(x): return x ** int(open('power').read())",
    "uses a later cell": "def square(x): return power(x)\ndef power(x): return x**2",
    "coroutine": "import asyncio\nasync def slow(x): return x**2\ndef square(x):\n    loop = asyncio.new_event_loop()\n    return loop.run_until_complete(slow(x))",
    "class attribute": "class S:\n    @staticmethod\n    def square(x): return x**2\nsquare = S.square",
}  # fmt: skip


@pytest.mark.parametrize("code", GOOD_FUNCTIONS.values(), ids=GOOD_FUNCTIONS)
def test_another_right_way_has_its_points(sam, code):
    assert points(sam.write(square=code).hand_in()) == POINTS


@pytest.mark.parametrize(
    "value", ["np.float64(0.25)", "np.array(0.25)", "1 / 4", "float('0.25')", "np.array([0.25])[0]"]
)
def test_numbers_of_any_type_count(sam, value):
    assert points(sam.write(limit=f"limit = {value}").hand_in()) == POINTS


# --- the notebook itself ---


def test_a_copied_test_cell_stops_nobody(sam):
    sam.nb.cells.insert(3, nbformat.from_dict(json.loads(json.dumps(sam.cell("mean_test")))))
    outcome = sam.hand_in()
    assert points(outcome) == POINTS and "mean_test was there 2 times" in remarks(outcome)


def test_of_two_copies_of_an_answer_the_one_worked_on_counts(made, sam):
    stub = classroom.released(made)
    sam.nb.cells.append(next(c for c in stub.cells if classroom.grade_id(c) == "limit"))
    outcome = sam.hand_in()
    assert points(outcome) == POINTS


def test_an_answer_in_two_cells(sam):
    sam.write(slope="def helper(table):\n    return np.polyfit(table['x'], table['y'], 1)")
    sam.add(
        "def fit(table):\n    return dict(zip(('slope', 'intercept'), helper(table)))",
        after="slope",
    )
    assert points(sam.hand_in()) == POINTS


def test_deleted_tests_come_back_where_they_belong(sam):
    sam.nb.cells = [c for c in sam.nb.cells if not classroom.grade_id(c).endswith("_test")]
    outcome = sam.hand_in()
    assert points(outcome) == POINTS
    assert remarks(outcome) == [
        "missing and put back: square_test, mean_test, limit_test, slope_test"
    ]


def test_an_answer_moved_into_an_ordinary_cell_still_counts(sam):
    for name in RIGHT:
        sam.cell(name).metadata = {}
    sam.nb.cells = [c for c in sam.nb.cells if not classroom.grade_id(c).endswith("_test")]
    assert points(sam.hand_in()) == POINTS


def test_a_deleted_answer_loses_its_points_only(sam):
    sam.nb.cells.remove(sam.cell("mean"))
    outcome = sam.hand_in()
    assert points(outcome) == POINTS | {"mean": 0}
    assert outcome.tests["mean_test"].message.startswith("mean_of does not exist")
    assert "missing answers: mean" in remarks(outcome)


def test_without_the_import_cell_what_needs_it_is_lost(sam):
    del sam.nb.cells[1]
    assert points(sam.hand_in()) == POINTS | {"slope": 0}


def test_tests_before_their_answers_run_after_them(sam):
    sam.nb.cells.sort(key=lambda c: not classroom.grade_id(c).endswith("_test"))
    outcome = sam.hand_in()
    assert points(outcome) == POINTS
    assert "square_test was before its answer and was moved" in remarks(outcome)


def test_a_notebook_in_reverse_order(sam):
    sam.nb.cells.reverse()
    assert points(sam.hand_in()) == POINTS | {"slope": 0}  # the imports come last


def test_changed_tests_are_overwritten(sam):
    sam.write(mean_test="raise ValueError").write(limit="limit = 3", limit_test="pass")
    outcome = sam.hand_in()
    assert points(outcome) == POINTS | {"limit": 0}
    assert remarks(outcome) == ["mean_test, limit_test were changed; the originals were run"]


@pytest.mark.parametrize("kind", ["markdown", "raw"])
@pytest.mark.parametrize("name", ["mean", "mean_test"])
def test_cells_of_another_kind_become_code_again(sam, name, kind):
    cell = sam.cell(name)
    cell.cell_type = kind
    del cell["outputs"], cell["execution_count"]
    assert points(sam.hand_in()) == POINTS


@pytest.mark.parametrize(
    "change",
    [
        lambda nb: nb.metadata.update(kernelspec={"name": "ir", "language": "R", "display_name": "R"}),
        lambda nb: nb.metadata.clear(),
        lambda nb: [c.metadata.get("nbgrader", {}).pop("points", 0) for c in nb.cells],
        lambda nb: [c.metadata.get("nbgrader", {}).update(points=1000) for c in nb.cells],
        lambda nb: [c.metadata.get("nbgrader", {}).update(schema_version=1) for c in nb.cells],
        lambda nb: [c.metadata.get("nbgrader", {}).update(locked=False, grade=False, solution=True) for c in nb.cells],
        lambda nb: [c.metadata.update(tags=["raises-exception", "skip-execution"]) for c in nb.cells],
        lambda nb: [c.update(id="same") for c in nb.cells],
        lambda nb: nb.cells.extend(new_code_cell("1") for _ in range(300)),
        lambda nb: nb.cells.insert(0, new_code_cell("", metadata=classroom.meta("unknown", grade=True, points=9))),
        lambda nb: nb.cells.append(new_markdown_cell("![x](attachment:a)", attachments={"a": {"image/png": "xx"}})),
    ],
)  # fmt: skip
def test_metadata_of_a_submission_counts_for_nothing(sam, change):
    change(sam.nb)
    assert points(sam.hand_in()) == POINTS


# --- the file ---


def as_json(sam) -> str:
    return nbformat.v4.writes(sam.nb)


def old_format(sam) -> bytes:
    return nbformat.v3.writes_json(nbformat.v4.downgrade(sam.nb)).encode()


def merged(sam) -> bytes:
    lines = as_json(sam).splitlines()
    at = next(i for i, line in enumerate(lines) if '"limit = 0.25"' in line)
    side = lines[at]
    lines[at : at + 1] = ["<<<<<<< HEAD", side, "=======", side, ">>>>>>> theirs"]
    return "\n".join(lines).encode()


READABLE = {
    "byte order mark": lambda sam: b"\xef\xbb\xbf" + as_json(sam).encode(),
    "utf-16": lambda sam: as_json(sam).encode("utf-16"),
    "latin-1": lambda sam: as_json(sam.write(essay="déjà vu")).replace("\\u00e9", "é").encode("latin-1"),
    "merge markers": merged,
    "the end is missing": lambda sam: as_json(sam).encode()[:-60],
    "old format": old_format,
    "lone surrogates": lambda sam: as_json(sam).replace("# Tiny", "\\ud800").encode(),
    "damaged cells": lambda sam: json.dumps({**json.loads(as_json(sam)), "cells": [None, 3, {"cell_type": 1}, *json.loads(as_json(sam))["cells"]]}).encode(),
    "no metadata at all": lambda sam: json.dumps({"cells": json.loads(as_json(sam))["cells"]}).encode(),
}  # fmt: skip


@pytest.mark.parametrize("damage", READABLE.values(), ids=READABLE)
def test_a_damaged_file_is_read_as_far_as_it_can_be(sam, damage):
    sam.raw = damage(sam)
    outcome = sam.hand_in()
    assert points(outcome) == POINTS, outcome


UNREADABLE = {
    "the file is empty": b"",
    "the file is an HTML page": b"<!DOCTYPE html><html>502 Bad Gateway</html>",
    "the file is no notebook": b"PK\x03\x04 a zip file",
    "the file is JSON, but no notebook": b'["a list"]',
    "the file is damaged: no cell of it can be read": b'{"cells": [{"cell_type',
    "the file is nested too deeply": b"[" * 200_000,
}


@pytest.mark.parametrize("reason", UNREADABLE)
def test_what_is_no_notebook_is_said_by_name(sam, reason):
    sam.raw = UNREADABLE[reason]
    outcome = sam.hand_in()
    assert outcome.unreadable == {classroom.NAME: reason} and not outcome.tests


def test_a_notebook_of_another_name_is_found(sam):
    sam.name = "Tiny (2) final"
    outcome = sam.hand_in()
    assert points(outcome) == POINTS
    assert "the notebook was called Tiny (2) final.ipynb" in remarks(outcome)


def test_no_notebook_at_all(sam):
    sam.name, sam.files = "", {"notes.txt": b"sorry"}
    said = sam.hand_in().unreadable[classroom.NAME]
    assert said == "there is no notebook of this assignment, only notes.txt (5 bytes)"


# --- limits ---


def test_the_whole_notebook_has_a_limit(made, sam):
    sam.made = classroom.replace_limits(made, cell_time=90, total_time=8)
    for _ in range(6):
        sam.add("import time; time.sleep(1000)", after="slope_test")
    started = time.monotonic()
    outcome = sam.hand_in()
    assert points(outcome) == POINTS and time.monotonic() - started < 90 and outcome.stopped


def test_what_a_stopped_cell_defined_before_stays(sam):
    outcome = sam.write(limit="limit = 0.25\nwhile True: pass").hand_in()
    assert points(outcome) == POINTS


def test_state_before_a_crash_is_there_after_it(sam):
    sam.add("state = {'a': 1}", before="limit")
    sam.add("state['a'] = 2\nimport os; os._exit(1)", before="limit")
    outcome = sam.write(limit="limit = 0.25 if state == {'a': 1} else None").hand_in()
    assert points(outcome) == POINTS


def test_the_plan_travels_without_isolation_too(made, sam, tmp_path):
    sam.made = classroom.assignment(tmp_path, sandboxed=False, cell_time=2)
    assert points(sam.add("while True: pass").hand_in()) == POINTS
