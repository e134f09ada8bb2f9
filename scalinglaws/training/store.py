"""The tables of runs on disk: one process appends to them, and may be killed at any moment.

A finished run is written in two steps: first its learning curve, to `curves/<plan>.csv`, then its
row, to `runs/<plan>.csv`, each forced to the disk. A run exists once its row does. So a kill can
leave a torn last line or a curve without a row, and opening the store removes both.
"""

import csv
import io
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from ..errors import CourseError
from ..files import replace_file, try_lock
from .train import MATCHES

# The columns of a row, in order. data/README.md gives their units.
# fmt: off
COLUMNS = [
    "run", "plan", "corpus", "seed", "layers", "width", "heads", "context", "token_shift",
    "N", "N_nonemb", "N_emb", "N_pos", "D", "D_unique", "epochs",
    "batch", "steps", "lr", "warmup", "schedule", "decay", "C", "C_6ND",
    "loss", "loss_val", "loss_train", "loss_other", "accuracy", *(f"match_{k}" for k in MATCHES),
    "seconds", "flops_per_second", "numpy", "engine", "corpus_hash", "cpu",
]
# fmt: on
CURVE_COLUMNS = ["run", "step", "tokens", "loss_val", "loss_train"]


class Store:
    """The rows and curves of one plan. A context manager that holds the plan's lock.

    extra: the columns of this plan beyond COLUMNS (`config.extra_columns`).

    Raises CourseError if another sweep holds the lock, or if the folder cannot be written. The
    system releases the lock when its process ends, however it ends.
    """

    def __init__(self, folder: Path, plan: str, extra: Sequence[str] = ()):
        self.plan, self.columns = plan, [*COLUMNS, *extra]
        self.runs = folder / "runs" / f"{plan}.csv"
        self.curves = folder / "curves" / f"{plan}.csv"
        self.models = folder / "models"
        self._lock = None

    def __enter__(self) -> "Store":
        with explained(self.runs.parent):
            self.runs.parent.mkdir(parents=True, exist_ok=True)
            self.curves.parent.mkdir(parents=True, exist_ok=True)
            self._lock = open(self.runs.with_name(f".{self.plan}.lock"), "w")
            if not try_lock(self._lock):
                raise CourseError(
                    f"Another sweep of the plan {self.plan!r} is running in {self.runs.parent}: "
                    "wait for it, or stop it first."
                )
            self._repair()
        return self

    def __exit__(self, *exception: object) -> None:
        if self._lock:
            self._lock.close()

    def _repair(self) -> None:
        """Drop torn lines, and curves that have no row."""
        rows = _whole_lines(self.runs, self.columns)
        curves = _whole_lines(self.curves, CURVE_COLUMNS)
        finished = {row["run"] for row in _parse(rows)}
        header, *points = curves.splitlines(keepends=True)
        kept = header + "".join(line for line in points if line.split(",")[0] in finished)
        for path, content in ((self.runs, rows), (self.curves, kept)):
            if not path.is_file() or path.read_text(encoding="utf-8") != content:
                replace_file(path, content.encode())

    def rows(self) -> list[dict[str, str]]:
        """The rows on disk, as text."""
        return list(_parse(self.runs.read_text(encoding="utf-8")))

    def append(self, row: dict, curve: list[dict], weights: np.ndarray | None = None) -> None:
        """Add a finished run, with its weights if they are to be kept. Rounds to seven digits."""
        with explained(self.runs.parent):
            if weights is not None:
                file = io.BytesIO()
                np.save(file, weights)
                replace_file(self.models / f"{row['run']}.npy", file.getvalue())
            _append(self.curves, curve, CURVE_COLUMNS)
            _append(self.runs, [row | {"plan": self.plan}], self.columns)


@contextmanager
def explained(folder: Path) -> Iterator[None]:
    """Turn an error of the file system into one clear sentence."""
    try:
        yield
    except OSError as error:
        raise CourseError(
            f"The runs cannot be written to {folder} ({error.strerror or error}): make room, or choose "
            "a folder that you may write to with --out, then run this again; finished runs are kept."
        ) from None


def _whole_lines(path: Path, columns: list[str]) -> str:
    """The file's text up to its last line end; a header if there is none yet."""
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    text = text[: text.rfind("\n") + 1]
    header = ",".join(columns) + "\n"
    if not text:
        return header
    if not text.startswith(header):
        raise CourseError(
            f"{path} has different columns from those that this version writes: move it away, or "
            "use --out."
        )
    return text


def _parse(text: str):
    return csv.DictReader(io.StringIO(text))


def _format(value) -> object:
    if value is None or value != value:
        return ""
    return f"{value:.7g}" if isinstance(value, float) else value


def _append(path: Path, rows: list[dict], columns: list[str]) -> None:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerows([_format(row[column]) for column in columns] for row in rows)
    with open(path, "a", encoding="utf-8", newline="") as file:
        file.write(buffer.getvalue())
        file.flush()
        os.fsync(file.fileno())
