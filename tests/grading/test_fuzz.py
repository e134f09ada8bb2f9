"""The readers of what others wrote, on anything: archives, the ledger, a learner's events, outputs and their rendering."""

import copy
import io
import json
import re
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import nbformat
import pytest
from hypothesis import example, given, settings, strategies as st
from nbformat.v4 import new_code_cell, new_notebook

from scalinglaws.course.exercises import Exercise
from scalinglaws.course.grading.engine.outputs import clean_outputs, size_of
from scalinglaws.course.grading.feedback import SafeHtml
from scalinglaws.course.grading.finder import Folder, open_archives
from scalinglaws.course.grading.gradebook_writer import read_timestamp
from scalinglaws.course.grading.ledger import Entry, Ledger
from scalinglaws.course.grading.messages import safe_cell, visible_text
from scalinglaws.course.grading.remarks import Kind, Remark
from scalinglaws.course.grading.rendering import clean, render
from scalinglaws.course.grading.results import State, Test as CellTest, decide
from scalinglaws.course.learner.events import Answered, Asked, Event, Started, as_line, parse

cheap = settings(max_examples=120, deadline=None, database=None)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just(10**400),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


def places(data, path=()):
    """The paths of all values in JSON-like data."""
    yield path
    items = (
        data.items()
        if isinstance(data, dict)
        else enumerate(data)
        if isinstance(data, list)
        else ()
    )
    for key, value in items:
        yield from places(value, (*path, key))


def with_other(data, path, value):
    """A copy of the data with another value at a path."""
    if not path:
        return value
    changed = copy.deepcopy(data)
    at = changed
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    return changed


def damaged(data: bytes, changes: list[tuple[int, int]], cut: int) -> bytes:
    made = bytearray(data)
    for at, byte in changes:
        made[at % len(made)] = byte
    return bytes(made[: len(made) - cut])


CHANGES = st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), max_size=6)


# --- archives ---


NAMES = st.sampled_from(["a.ipynb", "../a.ipynb", "/etc/x", "C:\\x", ".hidden/x", "d/b.csv", "__MACOSX/a", "é.ipynb", "a\0b", "x" * 300]) | st.text(min_size=1, max_size=12).filter(lambda name: name[0] != "\0")  # fmt: skip


@cheap
@given(
    st.dictionaries(NAMES, st.binary(max_size=40), max_size=5),
    st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2]),
    CHANGES,
    st.integers(0, 30),
)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_any_archive_is_read_or_named(members, method, changes, cut):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    found = Folder({"x.zip": damaged(buffer.getvalue(), changes, cut)})
    most = 64
    read = open_archives(found, most)
    assert sum(map(len, read.values())) <= most
    assert all(name.startswith("x.zip/") and ".." not in Path(name).parts for name in read)
    if not changes and not cut:
        plain = {n for n in members if n and not n.endswith("/")}
        assert len(read) + len(found.left_out) <= len(plain)


# --- the ledger ---


ENTRY = {
    "digest": "d", "versions": {"": "s", "1": "a"}, "unreadable": {"tiny": "the file is empty"},
    "remarks": [{"kind": str(Kind.LOOK), "text": "look"}, "an old remark"],
    "stopped": ["cell 1"], "flooded": [], "unjudged": ["t"], "seconds": 1.5,
    "tests": {"t": {"points": 1.0, "most": 2.0, "state": "wrong", "message": "no", "seconds": 0.1, "hints": ["h"]},
              "e": {"points": None, "most": 4, "message": "", "seconds": 0}},
}  # fmt: skip


def use(entry: Entry) -> None:
    """What `grade`, `grades`, `items` and `class` do with an entry."""
    assert entry.stale({"": "s", "1": "b"}) is not None
    decided = decide(Exercise("1", "first", tests=["t", "e"], points=6), entry.tests)
    assert decided.seconds >= 0 or decided.seconds < 0
    assert sum(test.most + (test.points or 0.0) for test in entry.tests.values()) is not None
    "; ".join(
        [*entry.unreadable.values(), *map(str, entry.remarks), *entry.stopped, *decided.messages]
    )
    ", ".join([*entry.flooded, *entry.unjudged, *entry.versions.values(), entry.digest])


@cheap
@given(st.sampled_from(list(places(ENTRY))), JSON)
def test_a_changed_ledger_entry_is_read_or_left_aside(tmp_path_factory, path, value):
    ledger = Ledger(tmp_path_factory.getbasetemp() / "fuzz", "tiny")
    ledger.folder.mkdir(parents=True, exist_ok=True)
    (ledger.folder / "ada.json").write_text(json.dumps(with_other(ENTRY, path, value)))
    entry = ledger.read("ada")
    if entry is not None:
        use(entry)


@cheap
@given(CHANGES, st.integers(0, 200))
def test_a_damaged_ledger_entry_is_read_or_left_aside(tmp_path_factory, changes, cut):
    ledger = Ledger(tmp_path_factory.getbasetemp() / "fuzz", "tiny")
    ledger.folder.mkdir(parents=True, exist_ok=True)
    (ledger.folder / "bob.json").write_bytes(damaged(json.dumps(ENTRY).encode(), changes, cut))
    entry = ledger.read("bob")
    if entry is not None:
        use(entry)


def test_what_was_written_is_read(tmp_path):
    entry = Entry("d", {"": "s", "1": "a"}, {"n": "why"}, (Remark(Kind.LOOK, "look \ud800"),), ("c",), (), ("t",), 1.5,
                  {"t": CellTest(1.0, 2.0, State.WRONG, "no", 0.1, ("h",)), "e": CellTest(None, 4.0, State.WAITS)})  # fmt: skip
    ledger = Ledger(tmp_path, "tiny")
    ledger.write("ada", entry)
    read = ledger.read("ada")
    assert read is not None and read.remarks == (Remark(Kind.LOOK, "look ?"),)
    assert (read.tests, read.versions, read.unjudged) == (
        entry.tests,
        entry.versions,
        entry.unjudged,
    )


@cheap
@given(
    st.binary(max_size=60) | st.text(max_size=40).map(lambda text: text.encode("utf-8", "replace"))
)
def test_any_timestamp_is_a_time_or_none(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "timestamp.txt"
    path.write_bytes(data)
    found = read_timestamp(path)
    assert found is None or isinstance(found, datetime)


# --- a learner's events ---


NOW = datetime(2026, 3, 1, tzinfo=UTC)
EVENTS: list[Event] = [
    Asked(NOW, "practice", "a.b", 120.0),
    Answered(NOW, "a.b", "≈ 0.2", True, "round-1"),
    Started(NOW, "round-1", ("a.b", "c.d"), "topic", "expert", "double", "Ada", 7),
]
PLAIN = [json.loads(as_line(event)) for event in EVENTS]


@cheap
@example((2, "sitting"), "")
@given(st.sampled_from(list(places(PLAIN))[1:]), JSON)
def test_a_changed_event_is_read_or_left_aside(path, value):
    changed = with_other(PLAIN, path, value)
    content = b"\n".join(json.dumps(data).encode() for data in changed)
    history = parse(content, NOW)
    assert len(history.events) + len(history.odd) <= 3 and len(history.events) >= 2
    for event in history.events:
        assert event.at <= NOW
        assert parse(as_line(event), NOW).odd == ()


@cheap
@given(CHANGES, st.integers(0, 100))
def test_a_damaged_file_of_events_is_read_as_far_as_it_can_be(changes, cut):
    history = parse(damaged(b"\n".join(map(as_line, EVENTS)), changes, cut), NOW)
    assert all(event.at <= NOW for event in history.events)


# --- outputs ---


OUTPUTS = [
    {"output_type": "stream", "name": "stdout", "text": "x"},
    {"output_type": "display_data", "data": {"text/html": "<b>x</b>", "image/png": "eA=="}, "metadata": {"image/png": {"width": 3}}},
    {"output_type": "execute_result", "data": {"text/plain": "1"}, "metadata": {}, "execution_count": 3},
    {"output_type": "error", "ename": "E", "evalue": "v", "traceback": ["t"]},
]  # fmt: skip


@cheap
@given(st.sampled_from(list(places(OUTPUTS))), JSON)
def test_any_outputs_become_those_of_a_notebook(path, value):
    outputs, _ = clean_outputs(with_other(OUTPUTS, path, value), 100, 10_000)
    assert sum(map(size_of, outputs)) <= 10_000
    notebook = new_notebook(
        cells=[new_code_cell("1", outputs=[nbformat.from_dict(o) for o in outputs])]
    )
    nbformat.validate(notebook)
    step = SafeHtml()
    step._render = lambda name, kind, text, attachments=None: clean(text)
    cell, _ = step.preprocess_cell(notebook.cells[0], {}, 0)
    nbformat.validate(notebook)
    for output in cell.outputs:
        assert set(output.get("data", {})) <= {
            "text/html",
            "text/plain",
            "image/png",
            "image/jpeg",
            "text/latex",
        }


_PIECES = """<script <script> </script> <img src=x onerror=a() > <a href="javascript:a()"> <svg/onload=a()> <style> </style
    <math><mtext> <!-- --> --!> <![CDATA[ ]]> <iframe srcdoc="<script>"> <noscript> <p title="</noscript> " ' ` = / &lt; &#0;
    <table><td> <form action=x> <b onclick=a()> href= <a href=' data:text/html,x '> <img src="data:image/png;base64,xx" onload=a()>
    <xmp> <textarea> <template> <base href=//x> <meta http-equiv=refresh> <object data=x> <embed src=x> <link rel=import> \x00 \ud800
    $x<y$ $$ \\\\( ``` `<b>` [a](javascript:a()) ![a](http://x) | -"""
PIECES = st.sampled_from([*_PIECES.split(), " ", "\n\n"])
_TAG = re.compile(r"<[a-zA-Z][^>]*>")


def harmless(html: str) -> bool:
    for tag in _TAG.findall(html):
        name = re.match(r"<([a-zA-Z0-9]+)", tag)[1].lower()
        if name in (
            "script",
            "style",
            "iframe",
            "object",
            "embed",
            "svg",
            "base",
            "meta",
            "link",
            "form",
            "template",
        ):
            return False
        names = re.findall(r"""([a-zA-Z-]+)=(?:"[^"]*"|'[^']*')""", tag)
        if any(
            n.lower().startswith("on") or n.lower() in ("style", "srcdoc", "action") for n in names
        ):
            return False
        for value in re.findall(r"""(?:href|src)=["']?\s*([a-zA-Z]+):""", tag):
            if value.lower() not in ("http", "https", "mailto", "data"):
                return False
    return True


@cheap
@given(st.lists(PIECES | st.text(max_size=6), max_size=8).map("".join))
def test_what_is_rendered_is_harmless(text):
    text = text.encode("utf-8", "replace").decode()
    assert harmless(clean(text))
    assert harmless(render(text))


@cheap
@given(st.text(max_size=60))
def test_what_is_shown_holds_no_command(text):
    for shown in (visible_text(text), safe_cell(text)):
        assert not re.search(
            "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", shown
        )
    for lead in ("", " ", "\t", "\ufeff", "\u200b\u00a0"):
        shown = safe_cell(lead + text).lstrip("\u200b\ufeff\u00ad\u200c\u200d\u200e\u200f\u2060 ")
        assert not shown.startswith(tuple("=+-@\t\r＝＋－＠"))
