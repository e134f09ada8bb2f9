"""`scalinglaws sweep`: train all runs of a plan, on all cores, and keep what was measured.

Worker processes train, one run each, with a single BLAS thread. The parent alone writes (`store.py`).
Kill it at any moment and start it again: it goes on with the runs that have no row yet.
"""

import multiprocessing
import os
import re
import sys
import threading
import time
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

from tqdm import tqdm

from ..errors import CourseError
from ..paths import data_dir
from . import corpus as corpora
from .plans import PLANS
from .store import Store

# One BLAS thread a worker: the matrices are small, and the cores are busy with other runs.
ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"), "1"
)


def add_arguments(parser) -> None:
    parser.add_argument("name", metavar="PLAN", choices=PLANS, help=", ".join(PLANS))
    parser.add_argument(
        "--corpus", nargs="+", default=["prose"], choices=corpora.NAMES, help="default: prose"
    )
    parser.add_argument("--text", metavar="PATH", help="train on your own text file or folder")
    parser.add_argument("--plan", action="store_true", help="only tell what it would cost")
    parser.add_argument("--budget", type=_seconds, metavar="TIME", help="stop in time: 90s, 10m, 2h")
    parser.add_argument("--workers", type=int, help="processes (default: one a core)")
    parser.add_argument("--out", type=Path, help="folder for the runs (default: data/)")


def _seconds(text: str) -> float:
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([smh]?)", text)
    if not match:
        import argparse

        raise argparse.ArgumentTypeError(f"{text!r} is not a time such as 90s, 10m or 2h")
    return float(match[1]) * {"": 1, "s": 1, "m": 60, "h": 3600}[match[2]]
