"""Text to train on: the two corpora of the study, or a user's own files.

A corpus is bytes of ASCII text (vocabulary 128; byte 0 ends a document), split by document into
three parts. `scalinglaws corpus prose` rebuilds one from the packages that `sources.toml` lists;
the built text is part of the course, compressed, in `data/corpus/`, so training needs no network.
"""

import fnmatch
import gzip
import hashlib
import json
import lzma
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from ..errors import CourseError
from ..paths import data_dir
from . import cleaning

VOCABULARY = 128  # ASCII
SEPARATOR = 0  # the byte that ends a document
SPLITS = ("train", "validation", "test")
NAMES = ("prose", "code")
TRAIN_BYTES = 25_000_000  # the study trains on at most this much; later documents are left out
TEST_SHARE, VALIDATION_SHARE = 0.06, 0.03  # shares of the documents

SOURCES = Path(__file__).with_name("sources.toml")


@dataclass(frozen=True)
class Corpus:
    """Three arrays of byte values (uint8, below 128) and the SHA-256 of the text."""

    name: str
    sha256: str
    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray


# --------------------------------------------------------------------------------------- loading


def corpus_dir() -> Path:
    """The folder of the built corpora."""
    return data_dir() / "corpus"


def available_corpora() -> list[str]:
    """The names of the corpora that have been built."""
    return [name for name in NAMES if (corpus_dir() / name / "card.json").is_file()]


@lru_cache(maxsize=4)
def load_corpus(name: str) -> Corpus:
    """Read a built corpus and check it against the hash on its card.

    Raises CourseError if it is missing, damaged or differs from its card.
    """
    folder = corpus_dir() / name
    try:
        card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
        texts = [lzma.decompress((folder / f"{split}.xz").read_bytes()) for split in SPLITS]
    except FileNotFoundError:
        raise CourseError(
            f"The corpus {name!r} is missing (looked in {folder}). It is in the course's repository, not in the "
            "installed package: set SCALINGLAWS_DATA to the folder data/ of a clone, or build it with: "
            f"scalinglaws corpus {name if name in NAMES else 'prose'}"
        ) from None
    except (OSError, EOFError, lzma.LZMAError, ValueError) as error:
        raise CourseError(
            f"The corpus {name!r} in {folder} cannot be read ({error}); "
            f"build it again with: scalinglaws corpus {name}"
        ) from None
    digest = _digest(texts)
    if digest != card["sha256"]:
        raise CourseError(
            f"The corpus {name!r} in {folder} has changed (its hash is not the one on its card); "
            f"restore it, or build it again with: scalinglaws corpus {name}"
        )
    return Corpus(name, digest, *(np.frombuffer(text, np.uint8) for text in texts))


@lru_cache(maxsize=4)
def load_text(path: str) -> Corpus:
    """A corpus made from a user's own text file, or from all `.txt`, `.md`, `.rst`, `.py` in a folder.

    A folder is split by file and a single file by pieces of about 4,000 characters, both with a
    hash. Raises CourseError if there is nothing to read or too little to train on.
    """
    source = Path(path)
    if source.is_dir():
        kinds = (".txt", ".md", ".rst", ".py")
        files = sorted(file for file in source.rglob("*") if file.suffix in kinds)
        pieces = [(str(file.relative_to(source).as_posix()), _read(file)) for file in files]
    else:
        text = _read(source)
        pieces, size = [], 4000
        for number, start in enumerate(range(0, len(text), size)):
            pieces.append((f"piece {number}", text[start : start + size]))
    texts = {split: bytearray() for split in SPLITS}
    for name, text in pieces:
        texts[_split_of(name)] += _as_document([cleaning.to_ascii(text)])
    if min(map(len, texts.values())) < 4_096:  # enough for four micro-batches of measurements
        raise CourseError(
            f"{path} holds too little text to train on: about 200,000 characters of plain text are needed."
        )
    arrays = [np.frombuffer(bytes(texts[split]), np.uint8) for split in SPLITS]
    return Corpus(source.name, _digest(list(texts.values())), *arrays)


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise CourseError(f"{file} cannot be read: {error.strerror}.") from None


# -------------------------------------------------------------------------------------- building


def build_corpus(name: str, folder: Path) -> dict:
    """Download the packages, clean and split their text, and write the corpus into `folder`.

    Returns the card. The same packages give the same hash on every machine.
    """
    packages = [p for p in tomllib.loads(SOURCES.read_text())["package"] if name in p]
    with tempfile.TemporaryDirectory() as scratch:
        archives = _download(packages, Path(scratch))
        documents, notices = [], {}
        for package, archive in zip(packages, archives, strict=True):
            members = dict(_members(archive, package))
            for role in ("licence_file", "notice_file"):
                if role in package:
                    file = f"{package['name']}-{Path(package[role]).name}"
                    notices[f"{Path(file).stem}.txt"] = members.pop(package[role])
            documents += _documents(name, members)

    # Test first, train last, so that nothing in train is a near copy of held-out text.
    deduplicator = cleaning.Deduplicator()
    texts, counts = {split: bytearray() for split in SPLITS}, dict.fromkeys(SPLITS, 0)
    for split in ("test", "validation", "train"):
        for document, paragraphs in documents:
            if _split_of(document) != split or len(texts[split]) > TRAIN_BYTES:
                continue
            text = _as_document(deduplicator.fresh(paragraphs))
            if len(text) > 200:
                texts[split] += text
                counts[split] += 1

    card = {
        "corpus": name,
        "sha256": _digest(list(texts.values())),
        "bytes": {split: len(text) for split, text in texts.items()},
        "documents": counts,
        "vocabulary": VOCABULARY,
        "sources": [
            {key: package[key] for key in ("name", "version", "file", "sha256", "licence")}
            for package in packages
        ],
    }
    _write(folder, card, texts, notices)
    return card


def _download(packages: list[dict], folder: Path) -> list[Path]:
    """Fetch the archives with pip, which checks their hashes."""
    requirements = folder / "requirements.txt"
    requirements.write_text(
        "".join(f"{p['name']}=={p['version']} --hash=sha256:{p['sha256']}\n" for p in packages)
    )
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"]
    command += ["--disable-pip-version-check", "-r", str(requirements), "-d", str(folder)]
    result = subprocess.run(command, capture_output=True, text=True)
    archives = [folder / package["file"] for package in packages]
    if result.returncode or not all(archive.is_file() for archive in archives):
        lines = [line for line in result.stderr.splitlines() if "ERROR" in line]
        why = lines[-1].removeprefix("ERROR: ") if lines else "pip failed"
        raise CourseError(
            f"The packages could not be downloaded ({why}); check the network and run this again."
        )
    return archives


def _members(archive: Path, package: dict) -> Iterator[tuple[str, bytes]]:
    """The files of an archive for a corpus or its licence notices, in alphabetical order."""
    patterns = package.get("prose", []) + package.get("code", [])
    patterns += [package["licence_file"], package.get("notice_file", "")]

    def wanted(name: str) -> bool:
        return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)

    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as file:
            for name in sorted(filter(wanted, file.namelist())):
                yield name, file.read(name)
    else:
        with tarfile.open(archive) as file:
            members = {m.name: m for m in file.getmembers() if m.isfile() and wanted(m.name)}
            for name in sorted(members):
                content = file.extractfile(members[name])
                if content:  # always true: `members` holds only regular files
                    yield name, content.read()


def _documents(corpus: str, members: dict[str, bytes]) -> Iterator[tuple[str, list[str]]]:
    """(name, paragraphs) of each document: a file, or the latest description of a service."""
    services = {}
    for name, content in members.items():
        if corpus == "code" and name.endswith(".py"):
            yield name, list(cleaning.code_from_python(content.decode("utf-8", "ignore")))
        elif corpus == "prose" and name.endswith((".rst", ".txt")):
            yield name, list(cleaning.prose_from_rst(content.decode("utf-8", "ignore")))
        elif corpus == "prose" and "service-2.json" in name:
            services[name.split("/")[2]] = name, content  # alphabetical order: the last is newest
    for service, (name, content) in services.items():
        source = gzip.decompress(content) if name.endswith(".gz") else content
        text = source.decode("utf-8", "ignore")
        yield f"botocore/{service}", list(cleaning.prose_from_service_description(text))


def _split_of(document: str) -> str:
    """The split that a document falls into, by the hash of its name."""
    share = int.from_bytes(hashlib.sha256(document.encode()).digest()[:4]) / 2**32
    if share < TEST_SHARE:
        return "test"
    return "validation" if share < TEST_SHARE + VALIDATION_SHARE else "train"


def _as_document(paragraphs) -> bytes:
    return "\n".join(paragraphs).encode("ascii") + bytes([SEPARATOR])


def _digest(texts: list) -> str:
    """SHA-256 over the three splits and their lengths."""
    digest = hashlib.sha256()
    for text in texts:
        digest.update(len(text).to_bytes(8) + text)
    return digest.hexdigest()


def _write(folder: Path, card: dict, texts: dict, notices: dict[str, bytes]) -> None:
    try:
        (folder / "licences").mkdir(parents=True, exist_ok=True)
        for split, text in texts.items():
            (folder / f"{split}.xz").write_bytes(lzma.compress(bytes(text), preset=9))
        for name, notice in notices.items():
            (folder / "licences" / name).write_bytes(notice)
        (folder / "card.json").write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise CourseError(
            f"The corpus could not be written to {folder}: {error.strerror}."
        ) from None


# ------------------------------------------------------------------------------- the console command


def add_arguments(parser) -> None:
    parser.add_argument("name", choices=NAMES, help="which corpus")
    parser.add_argument("--out", type=Path, help="folder to write to (default: data/corpus/NAME)")


def run(args) -> int:
    folder = args.out or corpus_dir() / args.name
    card = build_corpus(args.name, folder)
    print(f"{args.name}: {card['bytes']} bytes, sha256 {card['sha256']}, in {folder}")
    return 0
