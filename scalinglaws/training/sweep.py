"""`scalinglaws sweep`: train all runs of a plan, on all cores, and keep what was measured.

Runs are trained by worker processes (one run at a time each, with a single BLAS thread), by the
workers of a Dask scheduler, or by PyTorch on a device, many runs at once. Only the parent writes
(`store.py`). You may kill it at any moment and start it again: it resumes with the runs that have
no row.
"""

import argparse
import multiprocessing
import os
import re
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from functools import lru_cache
from itertools import islice
from pathlib import Path

import numpy as np
from tqdm import tqdm

from ..cluster import connect
from ..errors import CourseError
from ..paths import data_dir
from ..runs import write_checksums
from . import corpus as corpora
from .config import ROUNDED_BITS, RunConfig, Shape, extra_columns
from .gradient import Backward, loss_and_gradient
from .model import Activations, Parameters, initialise
from .plans import PLANS, recipe
from .store import Store
from .train import (
    CURVE_POINTS,
    CURVE_TOKENS,
    MICRO_BATCH,
    ROUNDED_TOKENS,
    TEST_TOKENS,
    VALIDATION_TOKENS,
    one_thread,
    train,
)
from .trained import TrainedModel, load_model


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="PLAN", choices=PLANS, help=f"one of: {', '.join(PLANS)}")
    parser.add_argument(
        "--corpus", nargs="+", default=["prose"], choices=corpora.NAMES, help="default: prose"
    )
    parser.add_argument("--text", metavar="PATH", help="your own text file or folder instead")
    parser.add_argument("--plan", action="store_true", help="print the cost and stop")
    parser.add_argument("--budget", type=_time, metavar="TIME", help="only what fits: 90s, 10m, 2h")
    parser.add_argument("--workers", type=int, default=os.cpu_count(), help="default: one per core")
    parser.add_argument(
        "--cluster", metavar="ADDRESS", help="train on a Dask scheduler, such as tcp://host:8786"
    )
    parser.add_argument(
        "--engine", choices=("numpy", "torch"), default="numpy", help="default: numpy"
    )
    parser.add_argument(
        "--device", default="cpu", help="with --engine torch: cpu (the default), cuda or cuda:1"
    )
    parser.add_argument(
        "--together",
        type=int,
        default=16,
        help="with --engine torch: the most runs to train at once",
    )
    parser.add_argument(
        "--out",
        type=Path,
        help="folder for the runs (default: the course's data/; for my.txt, my_runs/)",
    )


def _time(text: str) -> float:
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([smh]?)", text)
    if not match:
        raise argparse.ArgumentTypeError(f"{text!r} is not a time like 90s, 10m or 2h")
    return float(match[1]) * {"": 1, "s": 1, "m": 60, "h": 3600}[match[2]]


def run(args: argparse.Namespace) -> int:
    if args.workers < 1 or args.together < 1:
        raise CourseError("--workers and --together must be at least 1.")
    if args.cluster and (args.text or args.engine == "torch"):
        raise CourseError("--cluster trains the study's texts with the numpy engine only.")
    own_folder = Path(f"{Path(args.text).resolve().stem}_runs") if args.text else data_dir()
    out = args.out or own_folder
    names = [args.text] if args.text else args.corpus
    texts = {name: load(name, bool(args.text)) for name in names}
    configs = [config for name in names for config in PLANS[args.name](name)]
    if args.text:  # one run of every budget comes before a second seed of any
        configs = _that_fit(configs, len(texts[args.text].train))
        configs.sort(key=lambda config: config.seed)
    if args.plan:
        return _tell_cost(args, out, configs)
    with Store(out, args.name, extra_columns(PLANS[args.name]("prose"))) as store:
        waiting = _waiting(store, configs, texts)
        if waiting:
            _train_waiting(args, store, waiting, len(configs) - len(waiting))
        else:
            print(
                f"All {len(configs)} runs are in {store.runs}; to train them again, choose another "
                "--out."
            )
    return 0


def _train_waiting(
    args: argparse.Namespace, store: Store, waiting: list[RunConfig], done: int
) -> None:
    """Train what fits into the time budget."""
    chosen = _within(waiting, args.budget, args.workers)
    later = len(waiting) - len(chosen)
    print(f"{done} runs are there, {len(chosen)} to train now, {later} later.")
    try:
        sweep(chosen, store, _trained(args, chosen))
    except BrokenProcessPool:
        raise CourseError(
            "A training process was killed (out of memory?); finished runs are kept: run this again, "
            "with fewer --workers if need be."
        ) from None
    finally:
        folder = store.runs.parents[1]
        if folder.resolve() == data_dir().resolve():
            write_checksums(folder)  # `load_runs` checks the course's runs against them


@lru_cache(maxsize=4)
def load(name: str, own_text: bool) -> corpora.Corpus:
    """The corpus of a run: one of the study's, or the user's text at the path `name`."""
    return corpora.load_text(name) if own_text else corpora.load_corpus(name)


Trained = tuple[dict, list[dict], np.ndarray]  # row, curve and weights of a run


def sweep(configs: list[RunConfig], store: Store, trained: Iterator[Trained]) -> None:
    """Store what `trained` yields, in any order, and show the progress."""
    costs = estimate_seconds(configs)
    progress = tqdm(
        total=sum(costs.values()),
        desc=store.plan,
        bar_format="{desc}: {percentage:3.0f}%|{bar}| {postfix} [{elapsed}<{remaining}]",
    )
    with progress:
        for finished, (row, curve, weights) in enumerate(trained, 1):
            store.append(row, curve, weights if store.plan == "models" else None)
            progress.set_postfix_str(f"{finished} of {len(configs)} runs", refresh=False)
            progress.update(costs[row["run"]])  # pyright: ignore[reportArgumentType] (seconds)


def _trained(args: argparse.Namespace, configs: list[RunConfig]) -> Iterator[Trained]:
    """The runs as they finish, trained where the options say."""
    own_text = bool(args.text)
    others = not own_text and len(corpora.available_corpora()) == len(corpora.NAMES)
    if args.engine == "torch":
        return on_device(configs, args.device, args.together, own_text, others)
    if args.cluster:
        pool = connect(args.cluster)
        return on_executor(configs, pool, pool.slots, own_text, others)
    return on_processes(configs, args.workers, own_text, others)


def on_processes(
    configs: list[RunConfig], workers: int, own_text: bool = False, others: bool = True
) -> Iterator[Trained]:
    """Train in order on `workers` processes of this machine. others: whether to measure on both
    texts.
    """
    with processes(min(workers, len(configs))) as pool:
        yield from on_executor(configs, pool, workers, own_text, others)


def on_executor(
    configs: list[RunConfig], pool: Executor, slots: int, own_text: bool, others: bool
) -> Iterator[Trained]:
    """Train in order on an executor that runs `slots` at a time."""
    queue, pending = iter(configs), set()
    while True:
        # Submit one run more than there are slots, so that no slot waits for the parent.
        for config in islice(queue, slots + 1 - len(pending)):
            pending.add(pool.submit(_train, config, own_text, others))
        if not pending:
            break
        ended, pending = wait(pending, return_when=FIRST_COMPLETED)
        for future in ended:
            yield future.result()


def on_device(
    configs: list[RunConfig], device: str, together: int, own_text: bool, others: bool
) -> Iterator[Trained]:
    """Train with PyTorch, up to `together` runs of one shape at once."""
    try:
        from . import torch_engine
    except ImportError:
        raise CourseError(
            "--engine torch needs PyTorch: pip install 'scalinglaws[torch]'."
        ) from None
    found = torch_engine.find_device(device)
    groups: dict[tuple, list[RunConfig]] = {}
    for config in configs:
        groups.setdefault(torch_engine.group(config), []).append(config)
    for members in groups.values():
        corpus, other, teacher = _needed(members[0], own_text, others)
        for start in range(0, len(members), together):
            chosen = members[start : start + together]
            for row, curve, parameters in torch_engine.train_together(
                chosen, corpus, other, found, teacher
            ):
                yield row, curve, parameters.flat


@contextmanager
def processes(workers: int):
    """A pool of processes that end as soon as this block ends, or this process is killed."""
    context = multiprocessing.get_context("spawn")
    lifeline, held = context.Pipe(duplex=False)
    pool = ProcessPoolExecutor(workers, context, initializer=_live_with, initargs=(lifeline,))
    try:
        yield pool
    finally:
        held.close()
        pool.shutdown(cancel_futures=True)


def _live_with(lifeline) -> None:
    """Make this worker end when the other end of `lifeline` closes, even if its holder was killed."""

    def watch():
        with suppress(OSError):
            lifeline.poll(
                None
            )  # nothing is ever sent, so this returns when the other end is closed
        os._exit(1)

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent handles Ctrl-C
    threading.Thread(target=watch, daemon=True).start()


def _train(config: RunConfig, own_text: bool, others: bool) -> Trained:
    row, curve, parameters = train(config, *_needed(config, own_text, others))
    return row, curve, parameters.flat


def _needed(
    config: RunConfig, own_text: bool, others: bool
) -> tuple[corpora.Corpus, corpora.Corpus | None, TrainedModel | None]:
    """The inputs of a run: its text, the other text, and its teacher."""
    other = next(name for name in corpora.NAMES if name != config.corpus) if others else None
    teacher = load_model(config.corpus, config.teacher) if config.teacher else None
    return load(config.corpus, own_text), load(other, False) if other else None, teacher


# ------------------------------------------------------------------------- what to train, and its cost


def _waiting(store: Store, configs: list[RunConfig], texts: dict) -> list[RunConfig]:
    """The runs that have no row yet. Raises CourseError if the rows are of another text."""
    rows = store.rows()
    for row in rows:
        text = texts.get(row["corpus"])
        if text and row["corpus_hash"] != text.sha256[:16]:
            raise CourseError(
                f"{store.runs} holds runs on a different version of the corpus {row['corpus']!r}: "
                "restore that corpus, or choose another folder with --out."
            )
    done = {row["run"] for row in rows}
    return [config for config in configs if config.run not in done]


def _that_fit(configs: list[RunConfig], train_bytes: int) -> list[RunConfig]:
    """The runs that a user's text is long enough for."""
    fitting = [c for c in configs if (c.D_unique or c.D) + c.context < train_bytes]
    if not fitting:
        raise CourseError(
            f"Your text has {train_bytes:,} bytes to train on; the smallest run of this plan needs "
            f"{min(c.D_unique or c.D for c in configs):,}."
        )
    return fitting


def _within(configs: list[RunConfig], budget: float | None, workers: int) -> list[RunConfig]:
    """The first runs of the queue whose estimated time fits into `budget` seconds."""
    if budget is None:
        return configs
    ends = np.cumsum(list(estimate_seconds(configs).values())) / workers
    chosen = configs[: int(np.searchsorted(ends, budget, side="right"))]
    if not chosen:
        raise CourseError(f"The first run alone takes about {ends[0]:.0f} s on this machine.")
    return chosen


def _tell_cost(args: argparse.Namespace, out: Path, configs: list[RunConfig]) -> int:
    table = out / "runs" / f"{args.name}.csv"
    done = (
        {line.split(",")[0] for line in table.read_text().splitlines()} if table.is_file() else ()
    )
    waiting = [config for config in configs if config.run not in done]
    chosen = _within(waiting, args.budget, args.workers) if waiting else []
    minutes = sum(estimate_seconds(chosen).values()) / args.workers / 60 if chosen else 0
    cores = "core that does" if args.workers == 1 else "cores that do"
    print(
        f"{args.name}: {len(configs)} runs, {len(configs) - len(waiting)} of them in {table}.\n"
        f"To train: {len(chosen)} runs, {sum(c.C for c in chosen):.1e} FLOPs, "
        f"about {minutes:.0f} minutes on {args.workers} {cores} nothing else."
    )
    return 0


def estimate_seconds(configs: list[RunConfig]) -> dict[str, float]:
    """What each run takes on one core of this machine, with its measurements: {run: seconds}."""
    with processes(1) as pool:
        shapes = list({shape for config in configs for shape in (config.shape, _teacher(config))})
        per_token = dict(zip(shapes, pool.map(seconds_per_token, shapes), strict=True))
    seconds = {}
    for config in configs:
        measured = TEST_TOKENS + 2 * VALIDATION_TOKENS + CURVE_POINTS * CURVE_TOKENS
        measured += config.rounded * (1 + len(ROUNDED_BITS)) * ROUNDED_TOKENS
        # A forward pass is about a third of the work on a training token.
        tokens = config.members * (config.D + measured / 3)
        taught = config.D / 3 if config.teacher else 0
        seconds[config.run] = per_token[config.shape] * tokens
        seconds[config.run] += per_token[_teacher(config)] * taught
    return seconds


def _teacher(config: RunConfig) -> Shape:
    """The shape of the run's teacher, or its own if it has none."""
    if config.teacher is None:
        return config.shape
    return recipe(config.corpus, config.teacher, 1).shape


@one_thread
def seconds_per_token(shape: Shape) -> float:
    """Seconds to train on one token, from a tenth of a second of training on random bytes."""
    a = Activations(shape, MICRO_BATCH)
    parameters, gradient, b = initialise(shape, 0), Parameters(shape), Backward(a)
    tokens = np.random.default_rng(0).integers(0, 128, (MICRO_BATCH, shape.context + 1))
    fastest, end = np.inf, time.perf_counter() + 0.1
    while time.perf_counter() < end:
        start = time.perf_counter()
        loss_and_gradient(parameters, a, b, tokens[:, :-1], tokens[:, 1:], gradient)
        fastest = min(fastest, time.perf_counter() - start)
    return fastest / a.tokens
