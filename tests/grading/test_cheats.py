"""Submissions that try to earn points without the work, to read hidden tests, or to harm others. None succeeds."""

import os
import socket
import threading
from pathlib import Path

import nbformat
import numpy as np
import pytest

from scalinglaws.course.grading.engine import codec, sandbox
from scalinglaws.course.grading.engine.codec import Decoder, Malformed

from . import classroom
from .classroom import POINTS, RIGHT, SECRET, TOTAL, Student, isolated, points, shown, total


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A course's folder with what is worth stealing or breaking."""
    root = tmp_path_factory.mktemp("course")
    for name in ("gradebook.db", "source/tiny/tiny.ipynb", "submitted/bob/tiny/tiny.ipynb"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(SECRET)
    return root


@pytest.fixture(scope="module")
def made(tmp_path_factory, course):
    return classroom.assignment(
        tmp_path_factory.mktemp("source"), hide=[course], cell_time=5, total_time=300
    )


@pytest.fixture
def eve(made):
    """A student who has written nothing."""
    return Student(made, classroom.released(made))


# Cells between the first exercise, which is solved, and two that are blank; the last is solved again. No blank one earns a
# point, the solved ones keep theirs, and no line of a hidden test shows.
FOR_NOTHING = {
    "syntax trees without asserts": "import ast\nclass Strip(ast.NodeTransformer):\n    def visit_Assert(self, node): return ast.Pass()\nget_ipython().ast_transformers.append(Strip())",
    "sources without asserts": "get_ipython().input_transformers_post.append(lambda lines: ['pass'])",
    "run_cell": "ip = get_ipython()\nip.run_cell = type(ip).run_cell = lambda *a, **k: None",
    "run_code": "ip = get_ipython()\nip.run_code = type(ip).run_code = lambda *a, **k: False",
    "compile": "import builtins\nbuiltins.compile = lambda *a, **k: compile('pass', 'x', 'exec')",
    "exec": "import builtins\nbuiltins.exec = builtins.eval = lambda *a, **k: None",
    "numpy's checks": "np.testing.assert_allclose = np.allclose = lambda *a, **k: True",
    "our checks": "import scalinglaws.course.grading as g, scalinglaws.course.grading.checks as c\nfor m in (g, c):\n    for n in dir(m):\n        if n.startswith('check'): setattr(m, n, lambda *a, **k: None)",
    "modules": "import sys\nfor m in list(sys.modules): sys.modules[m] = sys",
    "names of built-ins": "abs = set = len = lambda *a: 0\nAssertionError = None",
    "built-ins": "import builtins\nbuiltins.abs = builtins.set = lambda *a: {'slope', 'intercept'}",
    "its own np": "class Np:\n    def __getattr__(self, n): return lambda *a, **k: True\nnp = Np()",
    "its own pd": "class Pd:\n    def __getattr__(self, n): return lambda *a, **k: None\npd = Pd()",
    "its own check": "check_number = lambda *a, **k: None",
    "forged points": "3.0",
    "forged output": "from IPython.display import display, HTML\ndisplay({'text/plain': '12'}, raw=True)",
    "excepthook": "import sys\nsys.excepthook = lambda *a: None\nget_ipython().set_custom_exc((Exception,), lambda *a, **k: None)",
    "history": "print(In, get_ipython().history_manager.input_hist_raw, get_ipython().user_ns_hidden.keys())",
    "stack": "import sys\nf = sys._getframe()\nwhile f: print(f.f_code.co_filename, list(f.f_locals)); f = f.f_back",
    "all objects": "import gc\nprint([o for o in gc.get_objects() if isinstance(o, (str, bytes)) and ('answer to' + ' life') in str(o)])\nprint([k for o in gc.get_objects() if isinstance(o, dict) for k in list(o) if 'hid' in str(k)][:0])",
    "environment": "import os\nprint(dict(os.environ))",
    "memory of processes": "import glob\nfor p in glob.glob('/proc/*/mem') + glob.glob('/proc/*/environ') + glob.glob('/proc/*/cmdline'):\n    try: print(open(p, 'rb').read(1000))\n    except OSError as e: print(e)",
    "trace": "import ctypes, os\nprint([ctypes.CDLL(None).ptrace(16, p, 0, 0) for p in range(1, 50)])",
    "descriptors": "import os\nfor n in range(3, 256):\n    try: print(n, os.read(n, 1))\n    except OSError: pass",
    "gradebook": "import glob, os\nprint(glob.glob('/**/gradebook.db', recursive=True), os.listdir('/'))",
    "all notebooks": "import os\nfor d, _, fs in os.walk('/'):\n    for f in fs:\n        if f.endswith('.ipynb'): print(d, f)",
    "signals": "import os, signal\nfor p in range(1, 400):\n    try: os.kill(p, signal.SIGTERM)\n    except OSError: pass",
    "start-up files": "import os\nos.makedirs(os.path.expanduser('~/.ipython/profile_default/startup'), exist_ok=True)\nopen(os.path.expanduser('~/.ipython/profile_default/startup/x.py'), 'w').write('1/0')",
    "site customization": "open('sitecustomize.py', 'w').write('x')\nopen('numpy.py', 'w').write('x')",
    "package": "import scalinglaws.course.grading.checks as c\nopen(c.__file__, 'a').write('x')",
    "atexit": "import atexit\natexit.register(print, 'x')",
    "answers in words": "square = mean_of = limit = fit = 'right'",
    "equal to all": "class Eq(float):\n    def __eq__(s, o): return True\n    def __sub__(s, o): return 0.0\n    __rsub__ = __abs__ = __sub__\n    def __ne__(s, o): return False\n    def __call__(s, *a): return s\n    def __hash__(s): return 0\n    def __getattr__(s, n): return s\n    def __lt__(s, o): return True\n    def __array__(s, *a, **k): return np.array(True)\nsquare = mean_of = limit = fit = Eq()",
    "equal object": "class Eq:\n    def __eq__(s, o): return True\n    def __sub__(s, o): return 0\n    def __call__(s, *a): return s\n    def __getitem__(s, k): return s\n    def __iter__(s): return iter(['slope', 'intercept'])\n    def __lt__(s, o): return True\n    def __float__(s): return 0.25\n    def all(s): return True\n    def __array_ufunc__(s, *a, **k): return True\n    def __array_function__(s, *a, **k): return True\nsquare = mean_of = fit = Eq()",
    "lying array": "class A(np.ndarray):\n    def __array_ufunc__(self, *a, **k): return True\n    def __eq__(self, o): return np.array(True)\n    def all(self): return True\nsquare = mean_of = lambda x: np.zeros(3).view(A)",
    "lying interface": "class A:\n    __array_interface__ = {'data': (1234, False), 'shape': (3,), 'typestr': '<f8', 'version': 3}\nsquare = mean_of = lambda x: A()",
    "lying frame": "class F(pd.DataFrame):\n    def __getitem__(self, k): return 3\nfit = lambda t: F()",
    "lying dictionary": "class D(dict):\n    def __getitem__(self, k): return 3\n    def __iter__(self): return iter(['slope', 'intercept'])\nfit = lambda t: D()",
    "not a number": "square = mean_of = lambda x: np.nan\nlimit = np.nan\nfit = lambda t: {'slope': np.nan, 'intercept': np.nan}",
    "raises the checks' own errors": "from scalinglaws.course.grading import CheckFailed\ndef square(x): raise CheckFailed('Right.')\nmean_of = fit = square",
    "ends the test": "def square(x): raise SystemExit(0)\nmean_of = fit = square",
    "raises what tests catch": "class NameError(Exception): pass\ndef square(x): raise NameError\nmean_of = fit = square",
    "output that is none": "import json\njson.dumps = lambda *a, **k: '{\"outputs\": []}'",
    "answers for the engine": "import scalinglaws.course.grading.engine.process as p\np.send = lambda *a: None",
    "peer": "import scalinglaws.course.grading.engine.channel as c\nc.Peer._carry_out = lambda *a: True",
    "encoder": "import scalinglaws.course.grading.engine.codec as c\nc.Encoder.write = lambda self, v: self",
    "a pickle": "import scalinglaws.course.grading.engine.codec as c, os\nclass P:\n    def __reduce__(self): return os._exit, (0,)\nold = c.Encoder._other\ndef other(self, value):\n    import pickle\n    self._sized(b'p', pickle.dumps(P()))\nc.Encoder._other = other\nsquare = mean_of = fit = object()\nlimit = object()",
    "shell startup": "open('.bashrc', 'w').write('x'); open('.profile', 'w').write('x')",
}  # fmt: skip

# What these change is what their own later cells, and their own answers to a test, need.
BREAKS_ITSELF = {
    "sources without asserts", "run_cell", "run_code", "compile", "exec", "modules", "built-ins", "its own np", "peer",
    "encoder", "a pickle",
}  # fmt: skip


@isolated
@pytest.mark.parametrize("name", FOR_NOTHING)
def test_no_point_without_the_work(eve, name):
    # `pass`: nothing overwrites what the cell defined
    eve.write(**RIGHT).write(mean="pass", limit="pass").add(FOR_NOTHING[name], before="mean")
    outcome = eve.hand_in()
    earned = points(outcome)
    assert (earned["square"], earned["mean"], earned["limit"]) == (3, 0, 0)
    assert earned["slope"] == 4 or name in BREAKS_ITSELF
    assert SECRET not in shown(outcome)


# Wrong `square` functions that try to learn the right result while a test runs.
SPIES = {
    "stack": "import sys\ndef square(x):\n    f, seen = sys._getframe(), []\n    while f:\n        seen.append(str(f.f_locals) + str(f.f_globals.keys()))\n        f = f.f_back\n    print(seen)\n    spied.append(seen)\n    return 4",
    "objects": "import gc\ndef square(x):\n    spied.append([o for o in gc.get_objects() if 'answer to' + ' life' in str(o)[:10000]] if x != 2 else 0)\n    return 4",
    "arguments": "import inspect\ndef square(x):\n    spied.append(inspect.getouterframes(inspect.currentframe()))\n    return 4",
    "the channel": "import os\ndef square(x):\n    for n in range(3, 64):\n        try: os.set_blocking(n, False); spied.append(os.read(n, 10**5))\n        except OSError: pass\n    return 4",
    "noise on the channel": "import os\ndef square(x):\n    for n in range(3, 64):\n        try: os.write(n, b'\\x10' + bytes(200))\n        except OSError: pass\n    return 4",
    "a size on the channel": "import os\ndef square(x):\n    for n in range(3, 64):\n        try: os.write(n, b'\\xff' * 8)\n        except OSError: pass\n    return 4",
    "an answer before the question": "import os, struct\nfrom scalinglaws.course.grading.engine.codec import Encoder\ndef square(x):\n    m = bytes(Encoder(None).write(('value', 9)).out)\n    for n in range(3, 64):\n        try: os.write(n, struct.pack('<Q', len(m)) + m)\n        except OSError: pass\n    return 4",
    "a call back": "import os, struct\nfrom scalinglaws.course.grading.engine.codec import Encoder\ndef square(x):\n    m = bytes(Encoder(None).write(('lookup', 'limit')).out)\n    for n in range(3, 64):\n        try: os.write(n, struct.pack('<Q', len(m)) + m)\n        except OSError: pass\n    return 4",
}  # fmt: skip


@isolated
@pytest.mark.parametrize("code", SPIES.values(), ids=SPIES)
def test_nothing_is_learned_while_a_test_runs(eve, code):
    eve.write(**RIGHT).write(square="spied = []\n" + code).add("print(spied)", after="square_test")
    outcome = eve.hand_in()
    assert points(outcome) == POINTS | {"square": 0}
    assert SECRET not in shown(outcome)


@isolated
def test_changing_the_arguments_of_a_test_earns_nothing(tmp_path):
    """Arguments are copies: a test that compares with its own argument afterwards compares with what it sent."""
    source = classroom.source_notebook()
    test = next(c for c in source.cells if classroom.grade_id(c) == "square_test")
    test.source = "_x = np.array([1.0, 2.0])\nassert (square(_x) == _x**2).all()"
    made = classroom.assignment(tmp_path, source=source)
    eve = Student(made, classroom.released(made)).write(
        square="def square(x):\n    x[:] = 0\n    return x"
    )
    assert points(eve.hand_in())["square"] == 0


@isolated
def test_nothing_outside_the_own_folder_is_seen_or_changed(eve, course, made):
    before = {p: p.read_bytes() for p in course.rglob("*") if p.is_file()}
    targets = [
        str(p) for p in (course, *before, Path.home(), Path(__file__).parent, Path("/etc/passwd"))
    ]
    eve.add(f"""
import os, shutil
for path in {targets!r}:
    try: print('SEEN', path, open(path).read() if os.path.isfile(path) else os.listdir(path))
    except OSError: pass
    try: shutil.rmtree(path) if os.path.isdir(path) else os.remove(path)
    except OSError: pass
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        open(path, 'w').write('x')
    except OSError: pass
""")
    outcome = eve.write(**RIGHT).hand_in()
    assert total(outcome) == TOTAL
    assert SECRET not in shown(outcome)
    assert before == {p: p.read_bytes() for p in course.rglob("*") if p.is_file()}


@isolated
def test_no_network_not_even_this_machine(eve):
    heard = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        threading.Thread(target=lambda: heard.append(server.accept()), daemon=True).start()
        eve.add(f"""
import socket
for kind, address in ((socket.AF_INET, ('127.0.0.1', {port})), (socket.AF_INET, ('192.0.2.1', 80))):
    with socket.socket(kind) as s:
        s.settimeout(1)
        try: s.connect(address); print('CONNECTED')
        except OSError: print('refused')
for path in ('\\0/tmp/.X11-unix/X0', '/run/dbus/system_bus_socket', '/var/run/docker.sock'):
    try: socket.socket(socket.AF_UNIX).connect(path); print('CONNECTED')
    except OSError: print('refused')
""")
        outcome = eve.hand_in()
    assert "refused" in shown(outcome) and "CONNECTED" not in shown(outcome) and not heard


@isolated
def test_no_new_rights(eve):
    eve.add("""
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
calls = {'unshare': libc.unshare(0x10000000), 'mount': libc.mount(b'none', b'/tmp', b'tmpfs', 0, None), 'chroot': libc.chroot(b'/'),
         'setuid': libc.setuid(0), 'ptrace': libc.ptrace(0, 0, 0, 0), 'mknod': libc.mknod(b'/tmp/home/d', 0o60666, 0x100),
         'shmget': libc.shmget(0, 1 << 20, 0o1600), 'sethostname': libc.sethostname(b'x', 1), 'clone': libc.syscall(56, 0x10000000, 0, 0, 0, 0),
         'setns': libc.setns(0, 0), 'keyctl': libc.syscall(250, 0, 0), 'userfaultfd': libc.syscall(323, 0), 'bpf': libc.syscall(321, 0, 0, 0),
         'memfd': libc.memfd_create(b'x', 0), 'io_uring': libc.syscall(425, 1, 0)}
print({name: result for name, result in calls.items() if result >= 0} or 'REFUSED', os.getuid() and 'nobody')
""")  # fmt: skip
    said = shown(eve.hand_in())
    assert "REFUSED" in said
    if os.getuid() == 0:
        assert "nobody" in said


@isolated
def test_what_was_started_ends_with_the_submission(eve):
    import time

    mark = f"{time.time_ns()}"
    eve.add(
        f"import subprocess\nfor _ in range(3): subprocess.Popen(['sleep', '1000', '{mark}'], start_new_session=True)"
    )
    eve.add(
        f"import os, time\nif os.fork() == 0:\n    os.setsid()\n    os.execvp('sleep', ['sleep', '999', '{mark}'])"
    )
    eve.hand_in()
    time.sleep(0.3)
    left = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            left += [path] if mark.encode() in path.read_bytes() else []
        except OSError:
            continue
    assert left == []


@isolated
def test_files_that_are_handed_in_are_data_for_the_tests_never_code(made, tmp_path):
    """Modules of a student's serve the student's cells; the tests import none of them."""
    source = classroom.source_notebook()
    test = next(c for c in source.cells if classroom.grade_id(c) == "limit_test")
    test.source = "import statistics\nfrom colorsys import rgb_to_hsv\nassert float(open('data.txt').read()) == limit"
    made = classroom.assignment(tmp_path, source=source)
    evil = b"import builtins\nbuiltins.float = lambda x: 0.25\nrgb_to_hsv = None\n"
    eve = Student(made, classroom.released(made), files={
        "colorsys.py": evil, "statistics.py": evil, "numpy/__init__.py": evil, "helper.py": b"value = 0.5", "data.txt": b"0.25",
        "scalinglaws/__init__.py": evil, "encodings/idna.py": evil, "usercustomize.py": evil, "x.pth": b"import os",
    })  # fmt: skip
    assert (
        points(eve.write(limit="from helper import value\nlimit = value").hand_in())["limit"] == 0
    )
    assert (
        points(eve.write(limit="from helper import value\nlimit = value / 2").hand_in())["limit"]
        == 2
    )


@isolated
def test_a_test_reads_the_file_that_an_answer_wrote_but_follows_no_link(tmp_path, course):
    source = classroom.source_notebook()
    test = next(c for c in source.cells if classroom.grade_id(c) == "limit_test")
    test.source = "assert open('result.csv').read() == 'a,b'"
    made = classroom.assignment(tmp_path, source=source)
    honest = Student(made, classroom.released(made)).write(
        limit="open('result.csv', 'w').write('a,b')"
    )
    assert points(honest.hand_in())["limit"] == 2
    for trick in (
        f"import os; os.symlink({str(course / 'gradebook.db')!r}, 'result.csv')",
        "import os; os.mkfifo('result.csv')",
        "import os; os.rename(os.getcwd(), '/tmp/other'); os.symlink('/', '/tmp/home')",
        "import os; os.mkdir('result.csv')",
    ):
        eve = Student(made, classroom.released(made)).write(limit=trick)
        assert points(eve.hand_in())["limit"] == 0


@isolated
def test_links_in_a_submission_are_not_followed(tmp_path, course):
    from scalinglaws.course.grading.finder import read_folder

    folder = tmp_path / "handed_in"
    (folder / "sub").mkdir(parents=True)
    (folder / "tiny.ipynb").symlink_to(course / "source/tiny/tiny.ipynb")
    (folder / "all").symlink_to(course)
    (folder / "sub" / "plain.txt").write_text("x")
    os.mkfifo(folder / "pipe")
    found = read_folder(folder)
    assert found.files == {"sub/plain.txt": b"x"}
    assert set(found.left_out) == {"all (a link)", "pipe (a pipe)", "tiny.ipynb (a link)"}


# --- the channel: whatever bytes come, the tester reads plain data or refuses ---


def decode(data: bytes):
    return Decoder(data, lambda spec: spec, lambda ref: ref).message()


def encode(value, **options) -> bytes:
    return bytes(codec.Encoder(lambda v: {"type": type(v).__name__}, **options).write(value).out)


@pytest.mark.parametrize(
    "value",
    [
        None, True, False, 0, -1, 2**70, 1.5, float("inf"), 1j, "text ü", b"bytes", [1, [2, (3,)]], {"a": {1: None}}, {1, 2},
        frozenset("a"), range(3), slice(1, None), ..., np.int64(3), np.float32(0.5), np.bool_(True), np.str_("a"),
        np.datetime64("2024-01-01"),
    ],
    ids=repr,
)  # fmt: skip
def test_plain_data_crosses_unchanged(value):
    came = decode(encode(value))
    assert came == value and type(came) is type(value)


@pytest.mark.parametrize(
    "array",
    [np.arange(6).reshape(2, 3), np.zeros((0, 3)), np.array(5.0), np.array(["a", "bc"]), np.array([1 + 2j]),
     np.asfortranarray(np.eye(3)), np.arange(10)[::2], np.array([True, False]), np.array(["2024"], "M8[D]"), np.array([None, "a"], object)],
    ids=str,
)  # fmt: skip
def test_arrays_cross_unchanged(array):
    came = decode(encode(array))
    assert came.dtype == array.dtype and came.shape == array.shape and (came == array).all()
    assert came.flags.writeable


def test_frames_cross_unchanged():
    import pandas as pd

    frame = pd.DataFrame(
        {"n": [1, 2], "x": [0.5, None], "s": ["a", None], "c": pd.Categorical(["u", "v"]),
         "t": pd.to_datetime(["2024-01-01", "2024-01-02"]), "i": pd.array([1, None], dtype="Int64"), "b": [True, False]},
        index=pd.Index(["p", "q"], name="key"),
    )  # fmt: skip
    for value in (
        frame,
        frame.drop(columns="c").pivot_table(index="n", columns="b", values="x"),
        frame.set_index(["n", "x"]),
    ):
        pd.testing.assert_frame_equal(decode(encode(value)), value)
    for column in frame:
        pd.testing.assert_series_equal(decode(encode(frame[column])), frame[column])
    pd.testing.assert_frame_equal(decode(encode(pd.DataFrame())), pd.DataFrame())


@pytest.mark.parametrize(
    "data",
    [
        b"", b"?", b"i", b"[" + b"\xff" * 8, b"s" + b"\xff" * 8 + b"a", b"d" + (2).to_bytes(8, "little") + b"0",
        b"[" + (1).to_bytes(8, "little"), b"00", b"p" + (3).to_bytes(8, "little") + b"abc", b"h0", b"g0", b"l0", b"S00",
        b"D" + b"\xff" * 8, b"d" + (1).to_bytes(8, "little") + b"[" + bytes(8) + b"0", b"r0", b"T00", b"q0", b"N000", b"R000",
        b"a" + encode("|O8") + encode((1,)) + (8).to_bytes(8, "little") + bytes(8),
        b"a" + encode("<f8") + encode((2**40,)) + (8).to_bytes(8, "little") + bytes(8),
        b"a" + encode("<f8") + encode((-1,)) + (8).to_bytes(8, "little") + bytes(8),
        b"a" + encode("<f8") + encode((2**33, 2**33)) + (0).to_bytes(8, "little"),
        b"a" + encode("V8") + encode((1,)) + (8).to_bytes(8, "little") + bytes(8),
        b"a" + encode("<U999999999") + encode((1,)) + (8).to_bytes(8, "little") + bytes(8),
        b"[" * 10_000,
        b"[" + (1).to_bytes(8, "little") * 10_000,
        (b"[" + (1).to_bytes(8, "little")) * 10_000 + b"0",
        b"q" + encode("9" * 10**5),
        b"l" + encode(np.array([1])) + encode("object"),
        b"N" + encode("x") + encode(["__class__", "def"]) + encode([1, 2]),
        b"N" + encode("os; import") + encode(["a"]) + encode([1]),
    ],
)  # fmt: skip
def test_bytes_that_nobody_honest_writes_are_refused(data):
    with pytest.raises(Malformed):
        decode(data)


def test_random_and_damaged_messages_are_refused_or_plain():
    rng = np.random.default_rng(0)
    good = encode(("value", [1, 2.5, "x", {"a": np.arange(4), "b": (None, {1, 2})}]))
    for _ in range(3000):
        data = bytearray(good)
        for at in rng.integers(0, len(data), rng.integers(1, 4)):
            data[at] = rng.integers(0, 256)
        try:
            value = decode(bytes(data))
        except Malformed:
            continue
        assert type(value).__module__ in ("builtins", "numpy")


@isolated
def test_submissions_do_not_see_each_other(made):
    """What one leaves in every place that can be written is not there for the next."""
    leave = "import os\nfor p in ('/tmp/home/mark', '/tmp/mark', '/dev/shm/mark'):\n    open(p, 'w').write('left')\nimport numpy; numpy.mark = 1"
    look = "import os, numpy\nprint([p for p in ('/tmp/home/mark', '/tmp/mark', '/dev/shm/mark') if os.path.exists(p)], hasattr(numpy, 'mark'))"
    first = Student(made, classroom.released(made)).add(leave).hand_in()
    second = Student(made, classroom.released(made)).add(look).hand_in()
    assert total(first) == 0 and "[] False" in shown(second)


def test_a_system_without_isolation_says_so(monkeypatch):
    from scalinglaws.course.grading.execute import require_isolation
    from scalinglaws.errors import CourseError

    monkeypatch.setattr(sandbox, "missing", lambda: "Plan 9 has no namespaces")
    with pytest.raises(CourseError, match=r"Plan 9 has no namespaces.*--no-sandbox"):
        require_isolation(True)
    assert require_isolation(False) is False


@isolated
def test_the_course_is_hidden_even_below_a_readable_folder(tmp_path):
    """A course that lies below /usr, say, is covered."""
    import sys

    inside = Path(sys.prefix) / "course_of_a_test"
    try:
        inside.mkdir()
    except OSError:
        pytest.skip("this environment cannot be written")
    try:
        (inside / "secret.txt").write_text(SECRET)
        made = classroom.assignment(tmp_path, hide=[inside])
        eve = Student(made, classroom.released(made))
        eve.add(
            f"import os; print(os.listdir({str(inside)!r}))\nprint(open({str(inside / 'secret.txt')!r}).read())"
        )
        assert SECRET not in shown(eve.hand_in())
    finally:
        (inside / "secret.txt").unlink(missing_ok=True)
        inside.rmdir()


def test_the_released_notebook_holds_no_hidden_test(made):
    assert SECRET not in nbformat.v4.writes(classroom.released(made))
