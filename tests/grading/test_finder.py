"""The learner's work is found, wherever and under whatever name it was handed in; what is not read is said."""

import io
import json
import os
import zipfile

import nbformat
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from nbformat.v4 import new_code_cell, new_notebook

from scalinglaws.course.grading.finder import Folder, find_work, read_folder
from scalinglaws.course.grading.remarks import Kind
from scalinglaws.course.grading.submission import Unreadable, parse, repair

from . import classroom
from .classroom import NAME, RIGHT, Student

OWN = f"{NAME}.ipynb"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return classroom.assignment(tmp_path_factory.mktemp("source"))


def notebook(made, **answers) -> bytes:
    return nbformat.v4.writes(Student(made, classroom.released(made)).write(**answers).nb).encode()


@pytest.fixture(scope="module")
def blank(made) -> bytes:
    return notebook(made)


@pytest.fixture(scope="module")
def solved(made) -> bytes:
    return notebook(made, **RIGHT)


def find(made, files: dict[str, bytes], left_out=()):
    return find_work(NAME, made.notebooks[NAME], Folder(files, list(left_out)))


def packed(files: dict[str, bytes], method=zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


# Where the solved notebook lies, beside an untouched one under the right name.
COPIES = [
    f"{NAME}-Copy1.ipynb",
    f"{NAME} (1).ipynb",
    f"{NAME} (Ada's conflicted copy 2026-11-01).ipynb",
    f"{NAME}_final.ipynb",
    "untitled.ipynb",
    f"upload/{OWN}",
    f"a/b/c/{NAME}-Copy2.ipynb",
    "Lösung é.IPYNB",
]


@pytest.mark.parametrize("path", COPIES)
def test_of_several_notebooks_the_fullest_is_taken_and_named(made, blank, solved, path):
    for empty in (OWN, "old.ipynb"):
        work = find(made, {empty: blank, path: solved})
        assert work.path == path
        (remark,) = work.remarks
        assert remark.kind is Kind.FOUND and "4 answers filled in" in remark.text
        assert empty in remark.text
    alone = find(made, {path: solved})
    assert alone.path == path
    assert alone.remarks[0].text == f"the notebook was called {path}"


def test_two_filled_notebooks_are_for_a_person_to_look_at(made, solved):
    other = notebook(made, limit="limit = 7", essay="Only here.")
    work = find(made, {OWN: solved, "other.ipynb": other})
    assert work.path == OWN and work.remarks[0].kind is Kind.LOOK
    same = find(made, {OWN: solved, f"backup/{OWN}": solved})
    assert same.path == OWN and same.remarks[0].kind is Kind.FOUND


def test_a_broken_file_of_the_right_name_hides_no_good_one(made, solved):
    work = find(made, {OWN: b"<html>", "mine.ipynb": solved})
    assert work.path == "mine.ipynb"
    assert any(r.kind is Kind.LOOK and "an HTML page" in r.text for r in work.remarks)


def test_another_assignments_notebook_is_not_taken(made):
    other = nbformat.v4.writes(new_notebook(cells=[new_code_cell("print(1)")])).encode()
    with pytest.raises(Unreadable, match=r"only other.ipynb \(another notebook"):
        find(made, {"other.ipynb": other})


@pytest.mark.parametrize(
    "inside",
    [OWN, f"work/{OWN}", "Tiny final.ipynb", f"__MACOSX/x/../../{OWN}"],
)
def test_a_zip_is_opened(made, solved, inside):
    files = {inside: solved, "work/data.csv": b"1"}
    if ".." in inside:
        with pytest.raises(Unreadable, match="leads outside the archive"):
            find(made, {"hand in.zip": packed({inside: solved})})
        return
    work = find(made, {"hand in.zip": packed(files)})
    assert work.path == f"hand in.zip/{inside}"
    assert ("data.csv" in work.files) == inside.startswith("work")


# Files that browsers, mail programs and systems for handing in make of a notebook.
LOST_NAMES = {
    "as JSON": lambda nb: {f"{OWN}.json": nb},
    "as text": lambda nb: {f"{NAME}.txt": b"\xef\xbb\xbf" + nb},
    "without a suffix": lambda nb: {NAME: nb},
    "a zip without a suffix": lambda nb: {"hand in": packed({OWN: nb})},
    "a zip called as a notebook": lambda nb: {"mine.ipynb": packed({OWN: nb})},
    "a zip in a zip": lambda nb: {"a.zip": packed({"b.zip": packed({OWN: nb})})},
    "after many copies": lambda nb: {f"zz/{OWN}": nb} | {f"a{i:03}.ipynb": b"{}" for i in range(90)},
}  # fmt: skip


@pytest.mark.parametrize("beside", [True, False])
@pytest.mark.parametrize("make", LOST_NAMES.values(), ids=LOST_NAMES)
def test_a_notebook_is_known_by_what_it_holds(made, blank, solved, make, beside):
    work = find(made, make(solved) | ({OWN: blank} if beside else {}))
    assert work.path != OWN and work.notebook.cells
    assert any(
        "4 answers filled in" in r.text or r.text.startswith("the notebook was called")
        for r in work.remarks
    )


def test_copies_and_other_notebooks_hide_none(made, blank, solved):
    other = nbformat.v4.writes(new_notebook(cells=[new_code_cell("print(1)")])).encode()
    for many in (blank, other, b"<html>"):
        files = {f"a{i:03}.ipynb": many for i in range(100)} | {f"zz/deep/{OWN}": solved}
        assert find(made, files).path == f"zz/deep/{OWN}"


@pytest.mark.parametrize("unread", ["work.7z", "work.rar", "work.tar.gz", "work.tgz"])
def test_where_nothing_is_filled_in_what_nobody_read_is_for_a_person(made, blank, solved, unread):
    for mine, kind in ((blank, Kind.LOOK), (solved, Kind.LEFT_OUT)):
        (remark,) = find(made, {OWN: mine, unread: b"?"}).remarks
        assert remark.kind is kind and unread in remark.text
    (remark,) = find(made, {OWN: blank}, [f"big/{OWN} (80 MiB)"]).remarks
    assert remark.kind is Kind.LOOK


@pytest.mark.parametrize(
    "name", ["essay.docx", "up/answer.txt", "scan.PDF", "photo.jpeg", f"{NAME}.html"]
)
def test_a_document_beside_an_empty_written_answer_is_for_a_person(made, blank, solved, name):
    for mine, said in ((solved, "essay: nothing is written"), (blank, "nothing is written")):
        (remark,) = find(made, {OWN: mine, name: b"My answer."}).remarks
        assert remark.kind is Kind.LOOK and remark.text.startswith(said) and name in remark.text


def test_files_that_are_no_answer_are_not_remarked_on(made, blank, solved):
    written = notebook(made, **RIGHT, essay="Because I say so.")
    given = {"table.csv": b"1", "given.md": b"x", "timestamp.txt": b"2026-01-01"}
    for mine in (blank, solved, written):
        found = Folder({OWN: mine, **given})
        assert not find_work(NAME, made.notebooks[NAME], found, given=["given.md"]).remarks
    assert not find(made, {OWN: written, "scan.pdf": b"x"}).remarks
    (remark,) = find(made, {OWN: blank, f"{NAME}.py": b"x"}).remarks
    assert remark.kind is Kind.LOOK


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be", "utf-16", "utf-8-sig"])  # fmt: skip
def test_a_notebook_is_read_in_any_encoding_of_unicode(made, solved, encoding):
    work = find(made, {OWN: solved.decode().encode(encoding)})
    assert len(work.notebook.cells) == len(nbformat.reads(solved.decode(), 4).cells)


def test_a_zip_with_a_fuller_notebook_wins_over_an_untouched_one(made, blank, solved):
    assert find(made, {OWN: blank, "x.zip": packed({OWN: solved})}).path == f"x.zip/{OWN}"


BAD_ZIPS = {
    "bomb": (lambda nb: packed({OWN: b"0" * 60_000_000}), "too tightly"),
    "absolute": (lambda nb: packed({"/etc/" + OWN: nb}), "outside the archive"),
    "drive": (lambda nb: packed({"C:\\" + OWN: nb}), "outside the archive"),
    "backslashes": (lambda nb: packed({"..\\..\\" + OWN: nb}), "outside the archive"),
    "many members": (lambda nb: packed({str(i): b"" for i in range(6_000)}), "more than 5,000"),
    "cut": (lambda nb: packed({OWN: nb})[:-40], "damaged archive"),
    "noise": (lambda nb: b"PK\x03\x04" + b"\xff" * 500, "damaged archive"),
    "lzma": (lambda nb: packed({OWN: nb}, zipfile.ZIP_LZMA), "compressed by"),
    "in a zip in a zip": (lambda nb: packed({"a.zip": packed({"in.zip": packed({OWN: nb})})}), r"in.zip \(an archive in archives"),
    "a bomb in a zip": (lambda nb: packed({"in.zip": packed({OWN: b"0" * 60_000_000})}), "too tightly"),
}  # fmt: skip


@pytest.mark.parametrize("kind", BAD_ZIPS)
def test_an_archive_that_is_not_opened_is_named(made, solved, kind):
    make, said = BAD_ZIPS[kind]
    with pytest.raises(Unreadable, match=said):
        find(made, {"x.zip": make(solved)})


def test_a_notebook_in_a_folder_finds_its_neighbours(made, solved):
    files = {f"up/{OWN}": solved, "up/data.csv": b"near", "data.csv": b"far", "more.csv": b"m"}
    work = find(made, files)
    assert work.files["data.csv"] == b"near" and work.files["more.csv"] == b"m"


# --- the folder ---


def test_large_and_many_neighbours_hide_no_notebook(tmp_path, blank):
    (tmp_path / "z.ipynb").write_bytes(blank)
    with open(tmp_path / "A.bin", "wb") as file:
        file.truncate(70 * 2**20)
    with open(tmp_path / "sparse.bin", "wb") as file:
        file.truncate(2**40)
    for i in range(40):
        (tmp_path / f"a{i:03}.txt").write_bytes(b"x")
    found = read_folder(tmp_path, many=20)
    assert found.files["z.ipynb"] == blank and len(found.files) == 20
    assert "A.bin (70 MiB)" in found.left_out and "sparse.bin (1 TiB)" in found.left_out
    assert sum("too many files" in text for text in found.left_out) == 21


@pytest.mark.skipif(os.name == "nt", reason="no pipes and sockets in folders")
def test_what_is_no_file_is_never_opened_and_always_named(tmp_path, made):
    os.mkfifo(tmp_path / OWN)
    (tmp_path / "link.ipynb").symlink_to("/dev/zero")
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "x.ipynb").mkdir()
    found = read_folder(tmp_path)
    assert not found.files
    with pytest.raises(Unreadable) as error:
        find_work(NAME, made.notebooks[NAME], found)
    for said in (f"{OWN} (a pipe)", "link.ipynb (a link)", "loop (a link)", "x.ipynb/ (a folder)"):
        assert said in str(error.value)


def test_a_folder_that_cannot_be_read_is_not_called_empty(tmp_path, made, monkeypatch):
    (tmp_path / "work").mkdir()
    scandir = os.scandir

    def barred(path="."):
        if os.fspath(path).endswith("work"):
            raise PermissionError(13, "Permission denied", os.fspath(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", barred)
    with pytest.raises(Unreadable, match=r"only work/ \(a folder that cannot be read\)"):
        find_work(NAME, made.notebooks[NAME], read_folder(tmp_path))


def test_an_empty_folder_is_said(tmp_path, made):
    with pytest.raises(Unreadable, match="nothing was handed in"):
        find_work(NAME, made.notebooks[NAME], read_folder(tmp_path))


# --- the readers, on anything ---


def conflict(side: str, other: str) -> str:
    return f"<<<<<<< HEAD\n{side}\n||||||| base\nold\n=======\n{other}\n>>>>>>> theirs\n"


def test_conflicts_of_git_are_read_in_any_style(solved):
    lines = solved.decode().splitlines()
    at = next(i for i, line in enumerate(lines) if '"limit = 0.25"' in line)
    for mark in ("\n", "\r\n"):
        text = "\n".join([*lines[:at], conflict(lines[at], lines[at]), *lines[at + 1 :]])
        book, remarks = parse(text.replace("\n", mark).encode())
        assert "merge conflict" in remarks[0].text and len(book.cells) > 5


@pytest.mark.parametrize(
    "text",
    [
        "<<<<<<<\n" * 200_000,
        ("<<<<<<<\n=======\n") * 100_000,
        '{"cells": [' + " ," * 300_000,
        '{"cells": [' + "{}," * 100_000 + '"',
        " " * 3_000_000 + "<html",
        '{"cells": [' + "9" * 1_000_000,
        '"' + "\\" * 1_000_000,
    ],
    ids=["open conflicts", "half conflicts", "commas", "torn", "blanks", "digits", "backslashes"],
)
def test_no_file_holds_the_reader(text):
    """Superlinear reading would take hours here; the suite's own time limit is the judge."""
    with pytest.raises(Unreadable):
        parse(text.encode())


CELL = st.fixed_dictionaries(
    {},
    optional={
        "cell_type": st.sampled_from(["code", "markdown", "raw", "heading", 3]),
        "source": st.one_of(st.text(max_size=80), st.lists(st.text(max_size=20), max_size=3)),
        "metadata": st.one_of(
            st.none(),
            st.fixed_dictionaries(
                {},
                optional={
                    "nbgrader": st.fixed_dictionaries(
                        {}, optional={"grade_id": st.sampled_from(["essay", "limit", "x", 3])}
                    )
                },
            ),
        ),
        "id": st.text(max_size=8),
        "attachments": st.dictionaries(st.text(max_size=3), st.just({"image/png": "x"})),
    },
)
ANYTHING = st.one_of(
    st.binary(max_size=300),
    st.lists(CELL, max_size=8).map(lambda cells: json.dumps({"cells": cells}).encode()),
    st.recursive(
        st.none() | st.text(max_size=5) | st.integers(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
        max_leaves=10,
    ).map(lambda data: json.dumps(data).encode()),
)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=ANYTHING)
def test_any_bytes_are_a_notebook_or_a_sentence(made, data):
    source = made.notebooks[NAME]
    try:
        work = find_work(NAME, source, Folder({OWN: data, "b.zip": data}))
    except Unreadable as error:
        assert str(error)
        return
    repair(work.notebook, source)
    nbformat.validate(work.notebook)
    names = [classroom.grade_id(cell) for cell in work.notebook.cells if classroom.grade_id(cell)]
    assert len(names) == len(set(names)) and "essay" in names
