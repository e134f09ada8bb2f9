"""Finds a learner's work, wherever and under whatever name it was submitted.

`read_folder` reads a submission's files within limits, notebooks first; `find_work` picks the
notebook of an assignment among them: under its name, another name, in a folder, among copies, in a
zip archive. If there are several, it takes the one with the most answers filled in. Files that are
not read are always reported.
"""

import contextlib
import io
import os
import stat
import zipfile
from collections.abc import Collection, Iterator
from copy import deepcopy
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from nbformat import NotebookNode

from scalinglaws.course.exercises import is_grade, is_solution

from .engine.sandbox import MIB
from .messages import visible_text
from .remarks import Kind, Remark
from .submission import MAX_FILE, Unreadable, grade_id, match_cells, parse, same_text, visible

MAX_SEEN = 100_000  # files and folders to examine
MAX_CANDIDATES = 30  # different notebooks of the assignment that are compared
MAX_TRIED = 300  # different files that are read to see whether they are notebooks of the assignment
MAX_DEPTH = 2  # of nested zip archives
MAX_MEMBERS = 5_000  # of a zip archive
MAX_RATIO = 200  # unpacked bytes per byte of an archive
_NAMED = 5  # files that a remark lists


@dataclass
class Folder:
    """The files of a submission. left_out: those that were not read, and why: "big.bin (80 MiB)"."""

    files: dict[str, bytes] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Work:
    """A notebook that was found.

    path: below the submission's folder, with the learner's names. files: the other submitted files,
    with paths relative to the notebook; those next to it come first.
    """

    path: str
    notebook: NotebookNode
    files: dict[str, bytes]
    remarks: list[Remark]


# --- a folder ---


def read_folder(folder: Path, most: int = 64 * MIB, many: int = 5_000) -> Folder:
    """All plain files of a folder, up to `most` bytes and `many` files; notebooks and archives come
    first.

    Links, pipes, devices and unreadable files are left out and listed. Hidden files, and folders
    named like a notebook, are ignored.
    """
    found = Folder()
    waiting: list[tuple[tuple[int, int, int], str, os.stat_result]] = []
    for name, about in _walk(folder, found.left_out):
        kind = _NOT_PLAIN.get(stat.S_IFMT(about.st_mode))
        if kind:
            found.left_out.append(f"{name} ({kind})")
            continue
        suffix = PurePosixPath(name).suffix.lower()
        order = 0 if suffix == ".ipynb" else 1 if suffix == ".zip" else 2
        # Read the nearest and smallest notebooks and archives first, so that a huge file does not
        # crowd them out.
        rank = (order, name.count("/"), about.st_size) if order < 2 else (order, 0, 0)
        waiting.append((rank, name, about))
    room = {0: max(most, MAX_FILE), 1: most, 2: most}
    for (order, _, _), name, about in sorted(waiting, key=lambda entry: entry[:2]):
        if about.st_size > room[order]:
            found.left_out.append(f"{name} ({_size(about.st_size)})")
        elif len(found.files) >= many:
            found.left_out.append(f"{name} (too many files)")
        elif (data := _read_plain(folder / name, room[order])) is None:
            found.left_out.append(f"{name} (it cannot be read)")
        else:
            room[order] -= len(data)
            found.files[name] = data
    found.files = dict(sorted(found.files.items()))
    return found


_NOT_PLAIN = {
    stat.S_IFLNK: "a link", stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device", stat.S_IFBLK: "a device",
}  # fmt: skip


def _walk(folder: Path, left_out: list[str]) -> Iterator[tuple[str, os.stat_result]]:
    """(path below the folder, lstat) of each file and link that is not hidden."""
    seen = 0

    def closed(error: OSError) -> None:
        name = os.path.relpath(error.filename or folder, folder)
        left_out.append(f"{name}/ (a folder that cannot be read)")

    for above, folders, files in os.walk(folder, onerror=closed):
        left_out += [f"{f}/ (a folder)" for f in folders if f.endswith(".ipynb")]
        folders[:] = sorted(
            f
            for f in folders
            if not (f == "__pycache__" or f.endswith(".ipynb") or f.startswith("."))
        )
        links = [f for f in folders if os.path.islink(os.path.join(above, f))]
        for name in sorted([*files, *links]):
            seen += 1
            if seen > MAX_SEEN:
                left_out.append(f"all that follows the first {MAX_SEEN:,} files")
                return
            path = Path(above, name)
            if name.startswith("."):
                continue
            with contextlib.suppress(OSError):  # gone meanwhile
                yield path.relative_to(folder).as_posix(), path.lstat()


def _read_plain(path: Path, most: int) -> bytes | None:
    """A file's content; None if it is no longer a plain file, is larger than `most`, or may not be
    read.
    """
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        with open(os.open(path, flags | getattr(os, "O_BINARY", 0)), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                return None
            data = file.read(most + 1)
    except (OSError, ValueError):
        return None
    return data if len(data) <= most else None


def _size(number: int) -> str:
    for unit, size in (("TiB", 2**40), ("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if number >= size:
            return f"{number / size:.0f} {unit}"
    return f"{number} bytes"


def left_out_remark(left_out: list[str], kind: Kind = Kind.LEFT_OUT) -> list[Remark]:
    """The remark on files that were not read; none if all were."""
    if not left_out:
        return []
    names = [_show(name) for name in left_out]
    more = f", and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return [Remark(kind, "not read: " + ", ".join(names[:_NAMED]) + more)]


# --- a zip archive ---


def open_archives(found: Folder, most: int = 64 * MIB) -> dict[str, bytes]:
    """The files in the zip archives of a submission, as "archive.zip/member"; also for a zip inside
    a zip.
    """
    members: dict[str, bytes] = {}
    waiting = found.files
    for _ in range(MAX_DEPTH):
        archives = {name: data for name, data in waiting.items() if _is_zip(name, data)}
        waiting = {}
        for name, data in archives.items():
            try:
                for member, content in _open_zip(data, most, found.left_out, name):
                    waiting[f"{name}/{member}"] = content
                    most -= len(content)
            except _NotOpened as error:
                found.left_out.append(f"{name} ({error})")
            except Exception as error:  # zipfile raises many kinds for a damaged archive
                found.left_out.append(f"{name} (a damaged archive: {type(error).__name__})")
        members |= waiting
    found.left_out += [f"{n} (an archive in archives)" for n, d in waiting.items() if _is_zip(n, d)]
    for name in [*found.files, *members]:
        if name.lower().endswith(_OTHER_ARCHIVES):
            found.left_out.append(f"{name} (an archive of a kind that is not opened)")
    return members


_OTHER_ARCHIVES = (".7z", ".rar", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".zst", ".zipx")


def _is_zip(name: str, data: bytes) -> bool:
    """Whether a file is a zip archive: by its name, or by its content if it has no suffix or is
    named like a notebook.
    """
    suffix = PurePosixPath(name).suffix.lower()
    if suffix in ("", ".ipynb") and data.startswith(b"PK\x03\x04"):
        return zipfile.is_zipfile(io.BytesIO(data))
    return suffix == ".zip"


class _NotOpened(Exception):
    """Why an archive is not opened."""


def _open_zip(
    data: bytes, most: int, left_out: list[str], archive: str
) -> Iterator[tuple[str, bytes]]:
    """(name, content) of an archive's plain members, notebooks first; within all limits."""
    if data.count(b"PK\x01\x02") > 2 * MAX_MEMBERS:  # before zipfile reads the directory
        raise _NotOpened(f"an archive of more than {MAX_MEMBERS:,} files")
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        members = [m for m in file.infolist() if not m.is_dir()]
        if len(members) > MAX_MEMBERS:
            raise _NotOpened(f"an archive of more than {MAX_MEMBERS:,} files")
        members.sort(key=lambda m: not m.filename.endswith(".ipynb"))
        for member in members:
            name = safe_name(member.filename)
            if name and is_hidden(name):
                continue
            why = why_refused(member, most) if name else "a path that leads outside the archive"
            if why or name is None:
                left_out.append(f"{archive}/{member.filename[-80:]} ({why})")
                continue
            with file.open(member) as stream:
                content = stream.read(min(most, member.file_size) + 1)
            if len(content) > most:
                left_out.append(f"{archive}/{name} (larger than it says)")
                continue
            most -= len(content)
            yield name, content


def is_hidden(path: str) -> bool:
    """Whether a file or one of its folders is hidden, or was added to an archive by macOS."""
    return any(part.startswith((".", "__MACOSX")) for part in PurePosixPath(path).parts)


def why_refused(member: zipfile.ZipInfo, most: int) -> str:
    """Why a member of an archive is not read; "" if it is. most: bytes."""
    if member.flag_bits & 1:
        return "encrypted"
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return "compressed by an unsupported method"
    if stat.S_ISLNK(member.external_attr >> 16):
        return "a link"
    if member.file_size > most:
        return _size(member.file_size)
    if member.file_size > MIB and member.file_size > MAX_RATIO * member.compress_size:
        return "packed too tightly to be a document"
    return ""


def safe_name(name: str) -> str | None:
    """A member's path as a relative one; None if it would lead outside the folder."""
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in name or not path.parts:
        return None
    return path.as_posix()


# --- the notebook ---


@dataclass(frozen=True)
class _Candidate:
    path: str
    notebook: NotebookNode
    remarks: list[Remark]
    filled: frozenset[str]  # the answers that differ from the released ones
    shared: int  # how many of the source's cells it contains


def find_work(
    name: str,
    source: NotebookNode,
    found: Folder,
    others: Collection[str] = (),
    given: Collection[str] = (),
) -> Work:
    """The submitted notebook of an assignment.

    Raises Unreadable, which says what there is instead. name: the notebook's, without suffix.
    source: from `submission.master`. others: names of the assignment's other notebooks, which are
    not taken for this one. given: the files that were released with it.
    """
    own = f"{name}.ipynb"
    packed = open_archives(found)
    everything = {**found.files, **packed}
    paths = [p for p, data in everything.items() if _may_be_notebook(p, data)]
    paths = [p for p in paths if PurePosixPath(p).stem not in set(others) - {name}]
    paths.sort(key=lambda p: (p != own, PurePosixPath(p).name != own, p.count("/"), p))
    candidates: list[_Candidate] = []
    broken: dict[str, str] = {}
    known: dict[bytes, _Candidate] = {}
    tried = different = 0
    for path in paths:
        data = everything[path]
        if data in known:  # a copy
            candidates.append(replace(known[data], path=path))
            continue
        if different >= MAX_CANDIDATES or tried >= MAX_TRIED:
            found.left_out.append(f"{path} (too many notebooks)")
            continue
        tried += 1
        try:
            candidate = _candidate(path, data, source)
        except Unreadable as error:
            broken[path] = str(error)
            continue
        if candidate.shared or path == own:
            candidates.append(candidate)
            known[data] = candidate
            different += 1
    if not candidates:
        if own in broken:
            raise Unreadable(broken[own])
        if broken:
            path, why = next(iter(broken.items()))
            raise Unreadable(f"{_show(path)}: {why}")
        raise Unreadable(_what_there_is(found, everything))
    # `max` takes the first of equals: the right name, then the one nearest to the top.
    best = max(candidates, key=lambda c: (len(c.filled), c.path == own, c.shared))
    # If no work was found, it may be in the files that were not read.
    remarks = left_out_remark(found.left_out, Kind.LEFT_OUT if best.filled else Kind.LOOK)
    remarks += _which(best, candidates, broken, own) + best.remarks
    remarks += _documents(best, source, {n: d for n, d in everything.items() if n not in given})
    return Work(best.path, best.notebook, _beside(best.path, found.files, packed), remarks)


def _may_be_notebook(path: str, data: bytes) -> bool:
    """Whether a file may be a notebook, by its name or content: browsers save notebooks as
    .ipynb.json and .ipynb.txt.
    """
    if path.lower().endswith(".ipynb"):
        return not _is_zip(path, data)
    start = data[:100].removeprefix(b"\xef\xbb\xbf").lstrip()
    return start.startswith(b"{") and b'"cell_type"' in data


def _candidate(path: str, data: bytes, source: NotebookNode) -> _Candidate:
    notebook, remarks = parse(data)
    ours = {grade_id(cell): cell for cell in source.cells if grade_id(cell)}
    known = {visible(cell.source).strip() for cell in source.cells if len(cell.source) > 20}
    shared = len(set(ours) & {grade_id(cell) for cell in notebook.cells})
    shared += sum(cell.source.strip() in known for cell in notebook.cells)
    filled: set[str] = set()
    if shared:
        trial = deepcopy(notebook)
        match_cells(trial, source)
        filled = {
            grade_id(cell)
            for cell in trial.cells
            if (original := ours.get(grade_id(cell))) is not None
            and is_solution(original)
            and not same_text(cell.source, original.source)
        }
    return _Candidate(path, notebook, remarks, frozenset(filled), shared)


_DOCUMENTS = (
    *(".txt", ".md", ".rtf", ".doc", ".docx", ".odt", ".pages", ".pdf", ".tex", ".html", ".htm"),
    *(".png", ".jpg", ".jpeg", ".heic", ".gif", ".webp", ".tif", ".tiff"),
)


def _documents(best: _Candidate, source: NotebookNode, files: dict[str, bytes]) -> list[Remark]:
    """If a written answer is empty, or all answers are: a remark on documents beside the notebook
    that may contain it.
    """
    essays = {
        grade_id(cell)
        for cell in source.cells
        if cell.cell_type == "markdown" and is_grade(cell) and is_solution(cell)
    }
    kinds = _DOCUMENTS if best.filled else (*_DOCUMENTS, ".py")
    names = [_show(n) for n in files if PurePosixPath(n).suffix.lower() in kinds and n != best.path]
    names = [name for name in names if name != "timestamp.txt"]  # nbgrader's own
    empty = sorted(essays - best.filled)
    if not names or (best.filled and not empty):
        return []
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    listed = ", ".join(names[:_NAMED]) + more
    where = f"{', '.join(empty)}: " if best.filled else ""
    text = f"{where}nothing is written in the notebook, but {listed} was submitted too"
    return [Remark(Kind.LOOK, text)]


def _which(
    best: _Candidate, candidates: list[_Candidate], broken: dict[str, str], own: str
) -> list[Remark]:
    """Which of several files was graded, and why; if the others contain more, a person should look."""
    remarks = []
    rest = [c for c in candidates if c is not best]
    if rest:
        text = f"{_show(best.path)} was graded ({_answers(len(best.filled))}), not " + ", ".join(
            f"{_show(c.path)} ({_answers(len(c.filled))})" for c in rest[:_NAMED]
        )
        if len(rest) > _NAMED:
            text += f" or {len(rest) - _NAMED} more"
        more = any(c.filled - best.filled or len(c.filled) == len(best.filled) > 0 for c in rest)
        same = all(_sources(c) == _sources(best) for c in rest)
        remarks.append(Remark(Kind.LOOK if more and not same else Kind.FOUND, text))
    elif best.path != own:
        remarks.append(Remark(Kind.FOUND, f"the notebook was called {_show(best.path)}"))
    for path, why in list(broken.items())[:_NAMED]:
        remarks.append(Remark(Kind.LOOK, f"{_show(path)} could not be read: {why}"))
    return remarks


def _sources(candidate: _Candidate) -> list[str]:
    return [cell.source for cell in candidate.notebook.cells]


def _answers(number: int) -> str:
    return f"{number} answer{'s' * (number != 1)} filled in"


def _show(path: str) -> str:
    return " ".join(visible_text(path[-120:]).split())


def _beside(path: str, files: dict[str, bytes], packed: dict[str, bytes]) -> dict[str, bytes]:
    """The other files with paths relative to a notebook at `path`: those next to it are at the top."""
    others = {n: d for n, d in files.items() if not n.endswith(".ipynb")}
    above = PurePosixPath(path).parent.as_posix()
    if above == ".":
        return others
    beside = {
        n.removeprefix(above + "/"): d
        for n, d in {**files, **packed}.items()
        if n.startswith(above + "/") and not n.endswith(".ipynb")
    }
    return {**others, **beside}


def _what_there_is(found: Folder, everything: dict[str, bytes]) -> str:
    """Why there is nothing to grade."""
    names = [f"{n} ({_other_notebook(n)}{_size(len(d))})" for n, d in everything.items()]
    names = [_show(name) for name in [*found.left_out, *names]]
    if not names:
        return "nothing was handed in"
    more = f", and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return "there is no notebook of this assignment, only " + ", ".join(names[:_NAMED]) + more


def _other_notebook(name: str) -> str:
    return "another notebook, " if name.endswith(".ipynb") else ""
