"""Train one model from its configuration, and measure it."""

import math
import platform
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from threadpoolctl import threadpool_limits

from ..errors import CourseError
from .config import ROUNDED_BITS, RunConfig
from .corpus import Corpus
from .flops import count_parameters
from .gradient import Backward, loss_and_gradient
from .model import Activations, Parameters, forward, initialise, log_probabilities, rounded
from .optimizer import AdamW, learning_rate

if TYPE_CHECKING:
    from .trained import TrainedModel

ENGINE = "1"  # written into every row; increase it when a change of the engine changes the numbers
MICRO_BATCH = 16  # sequences whose activations fit into the cache together
TEST_TOKENS = 2**20  # bytes on which the final losses are measured
VALIDATION_TOKENS = 2**18
ROUNDED_TOKENS = 2**17  # bytes on which a run's rounded weights are measured
CURVE_TOKENS = 2**15  # bytes on which each point of a learning curve is measured
CURVE_POINTS = 20
MATCHES = (2, 4, 8, 16)  # lengths of exact matches


def windows(text: np.ndarray, context: int) -> np.ndarray:
    """All pieces of `context` + 1 bytes that start at a multiple of `context`; a view, not a copy."""
    return np.lib.stride_tricks.sliding_window_view(text, context + 1)[::context]


def batches(
    config: RunConfig, text: np.ndarray, other: np.ndarray | None = None
) -> Iterator[np.ndarray]:
    """The run's batches, each (sequences, context + 1): D tokens in a seeded random order.

    With `D_unique` below D, the same windows are repeated, in a new order each epoch. With `mix`,
    that share of the windows comes from `other`. Raises CourseError if a text is too short or
    missing.
    """
    context, pieces = config.context, windows(text, config.context)
    unique = (config.D_unique or config.D) // context
    strange = round(config.mix * unique)
    if strange and other is None:
        raise CourseError("A run on a mixture needs both corpora: build the other one first.")
    strangers = windows(other, context) if strange and other is not None else pieces[:0]
    for needed, source in ((unique - strange, pieces), (strange, strangers)):
        if needed > len(source):
            raise CourseError(
                f"A run on {needed * context:,} different bytes needs a longer text than one of "
                f"{len(source) * context:,}: lower D, or set D_unique."
            )
    rng = np.random.default_rng([config.seed, 2])
    chosen = rng.permutation(len(pieces))[: unique - strange]
    if strange:  # their numbers follow those of the text itself
        more = len(pieces) + rng.permutation(len(strangers))[:strange]
        chosen = rng.permutation(np.concatenate([chosen, more]))
    epochs = math.ceil(config.D / context / unique)
    order = np.concatenate([chosen, *(rng.permutation(chosen) for _ in range(epochs - 1))])
    sequences = config.batch // context
    for start in range(0, config.D // context, sequences):
        batch = order[start : start + sequences]
        own, foreign = batch[batch < len(pieces)], batch[batch >= len(pieces)] - len(pieces)
        yield np.concatenate([pieces[own], strangers[foreign]]) if strange else pieces[own]


def spread(text: np.ndarray, context: int, tokens: int) -> np.ndarray:
    """The windows to measure on: about `tokens` bytes of `text`, evenly spread, whole micro-batches."""
    available = (len(text) - 1) // context
    count = min(tokens // context, available) // MICRO_BATCH * MICRO_BATCH
    return np.linspace(0, available - 1, count).round().astype(int)


def curve_points(steps: int) -> set[int]:
    """The steps after which a point of the learning curve is measured."""
    return set(np.geomspace(max(1, steps / 100), steps, CURVE_POINTS).round().astype(int).tolist())


def evaluate(
    parameters: Parameters, a: Activations, text: np.ndarray, tokens: int, *more: Parameters
) -> dict[str, float]:
    """Loss (nats per byte), accuracy and exact matches on `tokens` bytes spread evenly over `text`.

    more: further models of the same shape; then the average of all probabilities is measured.
    `match_k`: the share of stretches of k bytes in which each byte was the most likely one, which
    greedy decoding would write exactly.
    """
    context = a.shape.context
    pieces, chosen = windows(text, context), spread(text, context, tokens)
    loss, hits = 0.0, []
    for start in range(0, len(chosen), a.sequences):
        piece = pieces[chosen[start : start + a.sequences]]
        targets = piece[:, 1:].ravel()
        log_p, hit = log_probabilities(forward(parameters, a, piece[:, :-1]), targets)
        if more:
            p = a.logits.copy()  # by now probabilities
            for member in more:
                log_probabilities(forward(member, a, piece[:, :-1]), targets)
                p += a.logits
            chance = p[targets, np.arange(targets.size)]
            log_p, hit = np.log(chance / (1 + len(more))), chance == p.max(axis=0)
        loss -= log_p.sum(dtype=np.float64)
        hits.append(hit.reshape(-1, context))
    return summary(float(loss), np.concatenate(hits))


def summary(loss: float, hits: np.ndarray) -> dict[str, float]:
    """The measures of `evaluate`. loss: the sum over all bytes; hits: (windows, context), bool."""
    measured = {"loss": loss / hits.size, "accuracy": float(hits.mean())}
    running = np.cumsum(np.pad(hits, ((0, 0), (1, 0))), axis=1)
    for k in MATCHES:
        measured[f"match_{k}"] = float((running[:, k:] - running[:, :-k] == k).mean())
    return measured


# The matrices are small, and in a sweep the other cores train other runs.
one_thread = threadpool_limits.wrap(limits=1, user_api="blas")


@one_thread
@np.errstate(all="ignore")  # a run may diverge; its loss then shows it
def train(
    config: RunConfig,
    corpus: Corpus,
    other: Corpus | None = None,
    teacher: "TrainedModel | None" = None,
) -> tuple[dict[str, Any], list[dict[str, Any]], Parameters]:
    """Train one run. Returns (row, curve, parameters).

    row: the columns of `data/README.md`, without `plan`. curve: a list of dicts with `run`, `step`,
    `tokens`, `loss_val` and `loss_train` (the mean since the point before). A run that diverges
    ends early and has a loss of nan. If a run has several members, curve, training loss and
    parameters are those of the first. The same configuration, machine and library give the same
    bits.
    """
    if config.teacher and teacher is None:
        raise CourseError(f"This run needs its teacher, the trained model of {config.teacher=}.")
    members = []
    for i in range(config.members):
        seed = config.seed * config.members + i
        text = other.train if other else None
        members.append(_descend(replace(config, seed=seed), corpus, text, teacher))
    parameters, curve, losses, _ = members[0]
    more = [member for member, *_ in members[1:]]
    seconds = sum(member[3] for member in members)
    evaluation = Activations(config.shape, MICRO_BATCH)

    def measure(text: np.ndarray, tokens: int, bits: int = 32) -> dict[str, float]:
        if bits < 32:
            coarse = rounded(parameters, config.shape, bits)
            return evaluate(coarse, evaluation, text, tokens)
        return evaluate(parameters, evaluation, text, tokens, *more)

    row = make_row(config, corpus, other, measure, losses, seconds)
    return row, [{"run": config.run, **point} for point in curve], parameters


def make_row(
    config: RunConfig,
    corpus: Corpus,
    other: Corpus | None,
    measure: Callable[..., dict[str, float]],
    losses: np.ndarray,
    seconds: float,
) -> dict[str, Any]:
    """The row of a trained run, whichever engine trained it.

    measure(text, tokens, bits=32): the result of `evaluate` for the model, or for its rounded
    weights. losses: the training loss at each step. seconds: the training time.
    """
    counts = count_parameters(config.layers, config.width, config.context, config.experts)
    unique, steps = min(config.D_unique or config.D, config.D), config.D // config.batch
    row = asdict(config) | {
        "run": config.run,
        "N": counts.N,
        "N_nonemb": counts.non_embedding,
        "N_emb": counts.embedding,
        "N_pos": counts.position,
        "D_unique": unique,
        "epochs": config.D / unique,
        "steps": steps,
        "N_active": counts.active,
        "C": config.C,
        "C_6ND": 6 * counts.active * config.D * config.members,
        **measure(corpus.test, TEST_TOKENS),
        "loss_val": measure(corpus.validation, VALIDATION_TOKENS)["loss"],
        "loss_train": float(losses[-max(1, steps // 20) :].mean()),
        "loss_other": measure(other.test, VALIDATION_TOKENS)["loss"] if other else math.nan,
        "seconds": round(seconds, 3),
        "flops_per_second": round(config.C / max(seconds, 1e-9)),
        "numpy": np.__version__,
        "engine": ENGINE,
        "corpus_hash": corpus.sha256[:16],
        "cpu": cpu_model(),
    }
    if config.rounded:
        for bits in (*ROUNDED_BITS, 32):
            row[f"loss_{bits}_bits"] = measure(corpus.test, ROUNDED_TOKENS, bits)["loss"]
    return row


def _descend(
    config: RunConfig, corpus: Corpus, other: np.ndarray | None, teacher: "TrainedModel | None"
) -> tuple[Parameters, list[dict[str, Any]], np.ndarray, float]:
    """Train one model: (parameters, curve, training loss at each step, seconds).

    The losses of the steps after a divergence are nan.
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
    taught = Activations(teacher.shape, size) if teacher else None

    points = curve_points(steps)
    curve, losses, recent = [], np.full(steps, math.nan), 0
    seconds, started = 0.0, time.perf_counter()
    for step, batch in enumerate(batches(config, corpus.train, other)):
        total.flat[:] = 0
        losses[step] = 0
        for start in range(0, sequences, size):
            piece = batch[start : start + size]
            tokens, targets, soft = piece[:, :-1], piece[:, 1:], None
            if teacher and taught:
                soft = forward(teacher.parameters, taught, tokens)
                log_probabilities(soft, targets.ravel())  # turns them into probabilities, in place
            losses[step] += loss_and_gradient(parameters, a, b, tokens, targets, gradient, soft)
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
    return parameters, curve, losses, seconds


def cpu_model() -> str:
    """The processor's name, if the system reports it."""
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
