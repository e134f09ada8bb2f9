"""The measured runs, as tables: `load_runs("grid", corpus="prose")`.

What the columns mean, and how the runs were made, is in `data/README.md`. Importing this module
does not load the training engine.
"""

import functools
import hashlib
import io
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from .errors import CourseError
from .files import write_output
from .paths import data_dir

CHECKSUMS = (
    "checksums.sha256"  # one line per file: "<sha256>  <path within data/>", as sha256sum writes it
)


def plans(data: Path | None = None) -> list[str]:
    """The names of the plans that have measured runs."""
    return sorted(path.stem for path in ((data or data_dir()) / "runs").glob("*.csv"))


def load_runs(
    plan: str,
    corpus: str | None = None,
    columns: list[str] | None = None,
    data: str | Path | None = None,
) -> pd.DataFrame:
    """The runs of one plan, a row each, in the order of N, D and seed.

    corpus: only the runs on this corpus ("prose" or "code"). columns: only these. data: the folder
    of another sweep (its `--out`); its files carry no checksums. Loss is in nats per byte, N in
    parameters, D in bytes, C in FLOPs; see `data/README.md`.

    Raises CourseError if there is no such plan, corpus or column, or if the file is not the one
    that was measured.
    """
    content = _content("runs", plan, data)
    if corpus is not None and corpus not in (known := _corpora(content)):
        raise CourseError(
            f"The plan {plan!r} has no runs on the corpus {corpus!r}, only on {_listed(known)}."
        )
    table = _in_order(content, corpus)
    if columns is None:
        return table.copy()
    absent = [column for column in columns if column not in table]
    if absent:
        raise CourseError(
            f"The runs have no column {_listed(absent)}; there are {_listed(table.columns)}."
        )
    return table.loc[:, list(columns)]


def load_curves(
    plan: str, corpus: str | None = None, data: str | Path | None = None
) -> pd.DataFrame:
    """The learning curves of a plan: about 20 rows per run, to be joined to the runs on `run`.

    corpus: only the curves of runs on this corpus; all of them by default.

    Columns: run, step, tokens (bytes so far), loss_val and loss_train (nats per byte). Raises
    CourseError as `load_runs` does.
    """
    curves = _table(_content("curves", plan, data))
    if corpus is not None:
        curves = curves.loc[curves["run"].isin(load_runs(plan, corpus, data=data)["run"])]
    return curves.reset_index(drop=True)


def _content(kind: str, plan: str, data: str | Path | None) -> bytes:
    """The content of a table's file, verified."""
    folder = Path(data) if data else data_dir()
    path = folder / kind / f"{plan}.csv"
    if not path.is_file():
        known = plans(folder)
        hint = f"there are {_listed(known)}" if known else f"there are none in {folder}"
        raise CourseError(f"No runs of a plan {plan!r}: {hint}.")
    content = path.read_bytes()
    if data is None:
        _verify(folder, f"{kind}/{plan}.csv", content)
    if "run" not in _table(content):
        raise CourseError(f"{path} is not a table of runs: it has no column 'run'.")
    return content


# The caches hold tables: copy them before changing anything. They have room for all plans of the
# course, so that the grader's warm process reads each table once for a class.
@functools.lru_cache(maxsize=32)
def _table(content: bytes) -> pd.DataFrame:
    """The table in a file."""
    return pd.read_csv(io.BytesIO(content), dtype={"run": str})


@functools.lru_cache(maxsize=32)
def _corpora(content: bytes) -> list[str]:
    """The corpora of the runs in a file."""
    return sorted(_table(content)["corpus"].unique())


@functools.lru_cache(maxsize=64)
def _in_order(content: bytes, corpus: str | None) -> pd.DataFrame:
    """The runs in a file, of one corpus or of all, in order."""
    table = _table(content)
    if corpus is not None:
        table = table.loc[table["corpus"] == corpus]
    return table.sort_values(by=["corpus", "N", "D", "seed", "run"], ignore_index=True)


def _verify(folder: Path, name: str, content: bytes) -> None:
    """Compare a file with its checksum. Line ends may have been changed by git on Windows."""
    expected = _checksums(folder).get(name)
    digest = hashlib.sha256(content.replace(b"\r\n", b"\n")).hexdigest()
    if expected is None:
        raise CourseError(
            f"{folder / name} has no line in {CHECKSUMS}: after a sweep of your own, write it again "
            "with: scalinglaws datasheet"
        )
    if digest != expected:
        raise CourseError(
            f"{folder / name} is not the file that was measured (its checksum differs): "
            f"restore it with git checkout, or after a sweep of your own: scalinglaws datasheet"
        )


def _checksums(folder: Path) -> dict[str, str]:
    path = folder / CHECKSUMS
    if not path.is_file():
        return {}
    lines = path.read_text(encoding="utf-8").splitlines()
    return {name: digest for digest, name in (line.split("  ", 1) for line in lines)}


def write_checksums(folder: Path) -> Path:
    """Write the checksums of all runs, curves and models in `folder` again; returns the file."""
    files = [p for kind in ("runs", "curves", "models") for p in (folder / kind).glob("*.*")]
    lines = []
    for path in sorted(file for file in files if not file.name.startswith(".")):
        content = path.read_bytes()
        if path.suffix == ".csv":
            content = content.replace(b"\r\n", b"\n")
        name = path.relative_to(folder).as_posix()
        lines.append(f"{hashlib.sha256(content).hexdigest()}  {name}\n")
    write_output(folder / CHECKSUMS, "".join(lines).encode())
    return folder / CHECKSUMS


def _listed(names: Iterable[str]) -> str:
    return ", ".join(repr(str(name)) for name in names)
