"""Train one model from its configuration, and measure it."""

import hashlib
import json
import math
import platform
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from ..errors import CourseError
from .corpus import Corpus
from .flops import count_parameters, training_flops_per_token
from .gradient import Backward, loss_and_gradient
from .model import Activations, Parameters, Shape, forward, initialise, log_probabilities
from .optimizer import AdamW, learning_rate

ENGINE = "1"  # goes into every row; raise it when a change of the engine changes the numbers
MICRO_BATCH = 16  # sequences whose activations stay in the cache together
TEST_TOKENS = 2**20  # what the final losses are measured on
VALIDATION_TOKENS = 2**18
CURVE_TOKENS = 2**15  # what each point of a learning curve is measured on
CURVE_POINTS = 20
MATCHES = (2, 4, 8, 16)  # lengths of exact matches


@dataclass(frozen=True)
class RunConfig:
    """Everything that decides the outcome of a run. `D` and `batch` are in tokens (bytes)."""

    corpus: str
    seed: int
    width: int
    D: int  # tokens processed: a multiple of `batch`
    batch: int  # tokens a step: a multiple of `context`
    lr: float  # peak learning rate
    layers: int = 2
    heads: int = 1
    context: int = 64
    D_unique: int | None = None  # different tokens, repeated to fill D; None: all are different
    warmup: float = 0.05  # share of the steps
    schedule: str = "cosine"
    decay: float = 0.03
    token_shift: bool = True

    @property
    def run(self) -> str:
        """The run's name: a hash of the configuration."""
        text = json.dumps(asdict(self), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    @property
    def shape(self) -> Shape:
        return Shape(self.layers, self.width, self.heads, self.context, self.token_shift)

    @property
    def C(self) -> int:
        """Exact training FLOPs."""
        return self.D * training_flops_per_token(self.layers, self.width, self.context)


def windows(text: np.ndarray, context: int) -> np.ndarray:
    """All pieces of `context` + 1 bytes that start at a multiple of `context`; a view, not a copy."""
    return np.lib.stride_tricks.sliding_window_view(text, context + 1)[::context]


def batches(config: RunConfig, text: np.ndarray):
    """The run's batches, each (sequences, context + 1): D tokens in a seeded random order.

    With `D_unique` below D the same windows come again, in a new order each epoch. Raises
    CourseError if the text is too short.
    """
    pieces = windows(text, config.context)
    unique = (config.D_unique or config.D) // config.context
    if unique > len(pieces):
        raise CourseError(
            f"A run on {unique * config.context:,} different bytes needs a longer text than these "
            f"{len(text):,}: lower D, or set D_unique."
        )
    rng = np.random.default_rng([config.seed, 2])
    chosen = rng.permutation(len(pieces))[:unique]
    epochs = math.ceil(config.D / config.context / unique)
    order = np.concatenate([chosen, *(rng.permutation(chosen) for _ in range(epochs - 1))])
    sequences = config.batch // config.context
    for start in range(0, config.D // config.context, sequences):
        yield pieces[order[start : start + sequences]]


def spread(text: np.ndarray, context: int, tokens: int) -> np.ndarray:
    """The windows to measure on: about `tokens` bytes of `text`, evenly spread, whole micro-batches."""
    available = (len(text) - 1) // context
    count = min(tokens // context, available) // MICRO_BATCH * MICRO_BATCH
    return np.linspace(0, available - 1, count).round().astype(int)


def evaluate(parameters: Parameters, a: Activations, text: np.ndarray, tokens: int) -> dict:
    """Loss (nats a byte), accuracy and exact matches on `tokens` bytes, spread evenly over `text`.

    `match_k`: the share of stretches of k bytes that are all the likeliest byte in turn, so the
    share of stretches that greedy decoding would write exactly.
    """
    context = a.shape.context
    pieces, chosen = windows(text, context), spread(text, context, tokens)
    loss, hits = 0.0, []
    for start in range(0, len(chosen), a.sequences):
        piece = pieces[chosen[start : start + a.sequences]]
        logits = forward(parameters, a, piece[:, :-1])
        log_p, hit = log_probabilities(logits, piece[:, 1:].ravel())
        loss -= log_p.sum(dtype=np.float64)
        hits.append(hit.reshape(-1, context))
    hits = np.concatenate(hits)
    measured = {"loss": float(loss) / hits.size, "accuracy": float(hits.mean())}
    running = np.cumsum(np.pad(hits, ((0, 0), (1, 0))), axis=1)
    for k in MATCHES:
        measured[f"match_{k}"] = float((running[:, k:] - running[:, :-k] == k).mean())
    return measured


# The matrices are small, and in a sweep the other cores have runs of their own.
one_thread = threadpool_limits.wrap(limits=1, user_api="blas")


@one_thread
@np.errstate(all="ignore")  # a run may diverge; then its loss says so
def train(config: RunConfig, corpus: Corpus, other: Corpus | None = None):
    """Train one model. Returns (row, curve, parameters).

    row: what `data/README.md` calls the columns, without `plan`. curve: a list of dicts with `run`,
    `step`, `tokens`, `loss_val` and `loss_train` (the mean since the point before). A run that
    diverges ends early and has a loss of nan. Same configuration, machine and library: same bits.
    """
    steps = config.D // config.batch
    warmup = round(config.warmup * steps)
    sequences = config.batch // config.context
    size = math.gcd(sequences, MICRO_BATCH)

    parameters = initialise(config.shape, config.seed)
    gradient, total = Parameters(config.shape), Parameters(config.shape)
    optimizer = AdamW(parameters.flat, decay=config.decay)
    a = Activations(config.shape, size)
    b = Backward(a)
    evaluation = Activations(config.shape, MICRO_BATCH)

    points = set(np.geomspace(max(1, steps / 100), steps, CURVE_POINTS).round().astype(int))
    curve, losses, recent = [], np.zeros(steps), 0
    seconds, started = 0.0, time.perf_counter()
    for step, batch in enumerate(batches(config, corpus.train)):
        total.flat[:] = 0
        for start in range(0, sequences, size):
            piece = batch[start : start + size]
            losses[step] += loss_and_gradient(
                parameters, a, b, piece[:, :-1], piece[:, 1:], gradient
            )
            total.flat += gradient.flat
        total.flat *= size / sequences
        losses[step] *= size / sequences
        optimizer.step(total.flat, learning_rate(step, steps, config.lr, warmup, config.schedule))
        diverged = not math.isfinite(losses[step])
        if step + 1 in points or diverged:
            seconds += time.perf_counter() - started
            measured = evaluate(parameters, evaluation, corpus.validation, CURVE_TOKENS)
            curve.append(
                {
                    "run": config.run,
                    "step": step + 1,
                    "tokens": (step + 1) * config.batch,
                    "loss_val": measured["loss"],
                    "loss_train": float(losses[recent : step + 1].mean()),
                }
            )
            recent = step + 1
            started = time.perf_counter()
        if diverged:
            break

    counts = count_parameters(config.layers, config.width, config.context)
    unique = min(config.D_unique or config.D, config.D)
    test = evaluate(parameters, evaluation, corpus.test, TEST_TOKENS)
    validation = evaluate(parameters, evaluation, corpus.validation, VALIDATION_TOKENS)
    row = asdict(config) | {
        "run": config.run,
        "N": counts.N,
        "N_nonemb": counts.non_embedding,
        "N_emb": counts.embedding,
        "N_pos": counts.position,
        "D_unique": unique,
        "epochs": config.D / unique,
        "steps": steps,
        "C": config.C,
        "C_6ND": 6 * counts.N * config.D,
        **test,
        "loss_val": validation["loss"],
        "loss_train": float(losses[-max(1, steps // 20) :].mean()) if not diverged else math.nan,
        "loss_other": evaluate(parameters, evaluation, other.test, VALIDATION_TOKENS)["loss"]
        if other
        else math.nan,
        "seconds": round(seconds, 3),
        "flops_per_second": round(config.C / max(seconds, 1e-9)),
        "numpy": np.__version__,
        "engine": ENGINE,
        "corpus_hash": corpus.sha256[:16],
        "cpu": cpu_model(),
    }
    return row, curve, parameters


def cpu_model() -> str:
    """The processor's name, as far as the system tells it."""
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
