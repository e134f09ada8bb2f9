"""The learner's own copy of the course: made from release/, kept up to date, never overwritten.

It is in submitted/<student>/, where nbgrader looks for it. A learner's work is never replaced or
deleted: an assignment is updated only if each of its files is still, byte for byte, one from the
course.
"""

import json
import shutil
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path

from scalinglaws.errors import CourseError, did_you_mean
from scalinglaws.files import digest, replace_file

RECORD = (
    ".given.json"  # in the learner's folder: the files that the course provided, with their digests
)
KEPT = ".kept"  # in the learner's folder: copies that were replaced by fresh ones
PAGES = "."  # in the record: the pages beside the assignments (start page, glossary, references)
UNFINISHED = ".unfinished"  # a copy on its way

Digests = dict[str, str]  # {path below an assignment's folder: SHA-256 of the file}


def assignments(release: Path) -> list[str]:
    """The assignments of the course, in order."""
    names = sorted(notebook.parent.name for notebook in release.glob("[!.]*/[!.]*.ipynb"))
    if not names:
        raise CourseError(
            f"{release} holds no assignment: get the course again, or run `scalinglaws release` to make it."
        )
    return list(dict.fromkeys(names))


def update(release: Path, own: Path) -> list[str]:
    """Update the learner's copy.

    Returns a line of news for each assignment that has some. An assignment whose folder is missing
    is copied as a whole, or not at all. If all files are unchanged, they are replaced by their
    current versions. If the learner has changed one, none is replaced; missing files are added if
    they belong to the version that the learner works on. Raises CourseError if the course has no
    assignment, OSError if a file cannot be written.
    """
    own.mkdir(parents=True, exist_ok=True)
    update_pages(release, own)
    record = read_record(own)
    news = []
    for assignment in assignments(release):
        source, copy = release / assignment, own / assignment
        given, present = record.get(assignment, {}), digests(source)
        here = {name: digest(copy / name) for name in given | present if (copy / name).is_file()}
        missing = [name for name in present if name not in here]
        if not copy.exists():
            copy_folder(source, copy)
            news.append(f"{assignment}: your copy is {copy}")
        elif given == present:
            copy_files(missing, source, copy)
        elif all(found in (given.get(name), present.get(name)) for name, found in here.items()):
            outdated = [name for name in present if name in here and here[name] != present[name]]
            copy_files(outdated + missing, source, copy)
            if outdated:
                news.append(f"{assignment}: brought up to date; you had not changed it")
        else:
            news.append(
                f"{assignment}: the course {'has' if given else 'may have'} a newer version; "
                f"yours is kept (to get the new one beside it: study --renew {assignment}, or "
                "make study "
                f"RENEW={assignment})"
            )
            continue
        record[assignment] = present
        write_record(own, record)
    return news


def update_pages(release: Path, own: Path) -> None:
    """Update the pages beside the assignments one by one; a page that was edited is kept."""
    record = read_record(own)
    given, present = record.get(PAGES, {}), digests(release, deep=False)
    for name, new in present.items():
        here = digest(own / name) if (own / name).is_file() else None
        if here in (None, given.get(name)) and here != new:
            copy_files([name], release, own)
            given[name] = new
            write_record(own, {**record, PAGES: given})


def renew(release: Path, own: Path, assignment: str) -> str:
    """Move the learner's copy of an assignment aside and make a fresh one.

    Returns a line that says where the old copy is. Raises CourseError if the course or the learner
    has no such assignment.
    """
    if assignment not in assignments(release):
        raise CourseError(
            f"The course has no assignment {assignment}; it has {', '.join(assignments(release))}."
            + did_you_mean(assignment, assignments(release))
        )
    copy = own / assignment
    if not copy.exists():
        raise CourseError(f"You have no copy of {assignment} yet: leave --renew out to get one.")
    kept = own / KEPT / f"{assignment}-{datetime.now():%Y-%m-%d-%H%M%S}"
    kept.parent.mkdir(exist_ok=True)
    copy_folder(release / assignment, copy, aside=kept)
    write_record(own, {**read_record(own), assignment: digests(copy)})
    return f"{assignment}: a fresh copy; your former one is kept in {kept}"


def first_page(release: Path, own: Path) -> str:
    """The notebook to open, as a path below the learner's folder: the last one worked on, or else the first."""
    record = read_record(own)
    pages = [(PAGES, name) for name in digests(release, deep=False)]
    pages += [(a, name) for a in assignments(release) for name in digests(release / a)]
    pages = [p for p in pages if p[1].endswith(".ipynb") and own.joinpath(*p).is_file()]
    # The first of equals.
    best = max(pages, key=lambda page: worked_on(own, *page, record=record), default=None)
    return Path(*best).as_posix() if best else ""


def worked_on(own: Path, folder: str, name: str, record: Mapping[str, Digests]) -> float:
    """When a learner's file was last written, as a time stamp; 0 if it is missing or unchanged.

    record: from `read_record`.
    """
    path = own / folder / name
    try:
        return path.stat().st_mtime if digest(path) != record.get(folder, {}).get(name) else 0.0
    except OSError:
        return 0.0


# -- Files: each is copied completely, or not at all


def digests(folder: Path, deep: bool = True) -> Digests:
    """The digests of a folder's files; none if there is no such folder.

    Hidden files and caches are ignored. deep: including subfolders.
    """
    found = folder.rglob("*") if deep else folder.glob("*")
    paths = (path.relative_to(folder) for path in sorted(found) if path.is_file())
    return {
        path.as_posix(): digest(folder / path)
        for path in paths
        if not any(part.startswith((".", "__pycache__")) for part in path.parts)
    }


def copy_folder(source: Path, target: Path, aside: Path | None = None) -> None:
    """Copy an assignment's folder; an existing one is moved `aside` once the copy is complete."""
    unfinished = target.parent / UNFINISHED
    shutil.rmtree(unfinished, ignore_errors=True)  # from a run that was killed
    try:
        unfinished.mkdir()
        copy_files(digests(source), source, unfinished)
        if aside:
            target.rename(aside)
        unfinished.rename(target)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def copy_files(names: Iterable[str], source: Path, target: Path) -> None:
    """Copy files of one folder into another. (Content only: a course that is read-only gives writable copies.)"""
    for name in names:
        path = target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, (source / name).read_bytes())


def read_record(own: Path) -> dict[str, Digests]:
    """The files that the course provided, by assignment; empty if the record is lost or damaged."""
    try:
        record = json.loads((own / RECORD).read_text(encoding="utf-8"))
        return {assignment: dict(given) for assignment, given in record.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def write_record(own: Path, record: dict[str, Digests]) -> None:
    """Save the record."""
    replace_file(own / RECORD, json.dumps(record, indent=1).encode())
