"""The same model and recipe in PyTorch, on a CPU or a GPU: the second engine of `scalinglaws
sweep`.

Runs that share shape, batch and D are trained together: each parameter is a stack with one slice
per run, so that many small models together keep a device busy. Initial weights, batches, learning
rates and rows are the same as those of the numpy engine.
"""

import math
import time
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

import numpy as np
import torch  # pyright: ignore[reportMissingImports] - an extra
from torch import Tensor  # pyright: ignore[reportMissingImports]
from torch.nn import functional as F  # pyright: ignore[reportMissingImports]

from ..errors import CourseError
from .config import RunConfig, Shape
from .corpus import VOCABULARY, Corpus
from .experts import BALANCE
from .model import Parameters, initialise, rounded
from .optimizer import learning_rate
from .train import (
    CURVE_TOKENS,
    MICRO_BATCH,
    batches,
    curve_points,
    make_row,
    spread,
    summary,
    windows,
)
from .trained import TrainedModel

STEPS_AT_ONCE = 64  # steps whose batches go to the device in one transfer
WINDOWS_AT_ONCE = 512  # windows per forward pass when a model is measured
BETAS, EPSILON, CLIP = (0.9, 0.95), 1e-8, 1.0


def find_device(name: str) -> torch.device:
    """The device of this name ("cpu", "cuda"). Raises CourseError if there is none."""
    if name.startswith("cuda") and not torch.cuda.is_available():
        raise CourseError(
            "PyTorch finds no CUDA device here: use --device cpu, or install a CUDA build of PyTorch."
        )
    return torch.device(name)


def views(flat: Tensor, shape: Shape) -> dict[str, Tensor]:
    """A view of each matrix of a stack of models (models, N), by name: (models, rows, columns)."""
    found, start = {}, 0
    for name, matrix in Parameters(shape).views.items():
        found[name] = flat[:, start : start + matrix.size].unflatten(1, matrix.shape)
        start += matrix.size
    return found


def forward(flat: Tensor, shape: Shape, tokens: Tensor) -> tuple[Tensor, Tensor]:
    """The logits (models, sequences, context, vocabulary) of `model.forward`, and the sum of the
    routers' load-balancing losses (models,), which is 0 for one expert.

    flat: (models, N). tokens: (models, sequences, context), int64.
    """
    p, d, H = views(flat, shape), shape.width, shape.heads
    models, sequences, T = tokens.shape
    table = p["embedding"].transpose(1, 2).reshape(models * VOCABULARY, d)
    first = VOCABULARY * torch.arange(models, device=tokens.device)[:, None, None]
    x = F.embedding(tokens + first, table) + p["positions"].transpose(1, 2)[:, None]
    future = torch.ones(T, T, dtype=torch.bool, device=tokens.device).triu(1)

    def apply(name: str, x: Tensor) -> Tensor:
        return (x.flatten(1, 2) @ p[name].transpose(1, 2)).unflatten(1, (sequences, T))

    def norm(x: Tensor) -> Tensor:
        return x * torch.rsqrt(x.square().mean(dim=-1, keepdim=True) + 1e-6)

    def read(x: Tensor) -> Tensor:
        y = norm(x)
        if not shape.token_shift:
            return y
        moved = d // 2
        return torch.cat([y[..., moved:], F.pad(y[:, :, :-1, :moved], (0, 0, 1, 0))], dim=-1)

    def mlp(i: int, x: Tensor) -> tuple[Tensor, Tensor | float]:
        """The output of an MLP, and its router's load-balancing loss, if it has one.

        All experts compute, and the gate of those not chosen is 0. This costs FLOPs that `C` does
        not count, but avoids sorting tokens on the device.
        """
        if shape.experts == 1:
            return apply(f"down.{i}", apply(f"up.{i}", x).relu().square()), 0.0
        chances = apply(f"router.{i}", x).softmax(dim=-1)
        chosen = F.one_hot(chances.argmax(dim=-1), shape.experts)
        hidden = apply(f"up.{i}", x).relu().square().unflatten(-1, (shape.experts, 4 * d))
        hidden = (hidden * (chosen * chances)[..., None]).flatten(3, 4)
        down = p[f"down.{i}"].unflatten(1, (shape.experts, d)).transpose(2, 3).flatten(1, 2)
        written = (hidden.flatten(1, 2) @ down).unflatten(1, (sequences, T))
        # The share of tokens per expert is taken over the micro-batches of the numpy engine.
        micro = (1, (-1, math.gcd(sequences, MICRO_BATCH)))
        busy = chosen.unflatten(*micro).float().mean(dim=(2, 3))
        likely = chances.unflatten(*micro).mean(dim=(2, 3))
        return written, BALANCE * shape.experts * (busy * likely).sum(dim=-1).mean(dim=-1)

    balance = torch.zeros(models, device=tokens.device)
    for i in range(shape.layers):
        qkv = apply(f"qkv.{i}", read(x)).unflatten(-1, (3, H, d // H))
        q, k, v = qkv.permute(3, 0, 1, 4, 2, 5)  # each (models, sequences, heads, context, d / H)
        scores = (q * (d // H) ** -0.5) @ k.transpose(-1, -2)
        weights = scores.clamp(-60, 60).masked_fill(future, -math.inf).softmax(dim=-1)
        x = x + apply(f"out.{i}", (weights @ v).transpose(2, 3).flatten(-2))
        written, unequal = mlp(i, read(x))
        x, balance = x + written, balance + unequal
    return (norm(x).flatten(1, 2) @ p["embedding"]).unflatten(1, (sequences, T)), balance


class Stack:
    """Models of one shape that are trained together, and their optimiser (`optimizer.AdamW`)."""

    def __init__(
        self, configs: Sequence[RunConfig], device: torch.device, teacher: TrainedModel | None
    ):
        self.shape, self.steps = configs[0].shape, configs[0].D // configs[0].batch
        start = np.stack([initialise(self.shape, config.seed).flat for config in configs])
        self.flat = torch.from_numpy(start).to(device).requires_grad_()
        self.mean, self.square = torch.zeros_like(self.flat), torch.zeros_like(self.flat)
        rates = [
            [learning_rate(step, self.steps, c.lr, round(c.warmup * self.steps), c.schedule)]
            for step in range(self.steps)
            for c in configs
        ]
        self.rates = torch.tensor(rates, device=device).view(self.steps, len(configs), 1)
        self.decays = torch.tensor([[config.decay] for config in configs], device=device)
        self.teacher = teacher
        if teacher:
            self.taught_by = torch.from_numpy(teacher.parameters.flat.copy()).to(device)[None]
        # Compiling takes seconds per shape, which is worth it only on a GPU and for long runs.
        self.losses = torch.compile(self._losses) if device.type == "cuda" else self._losses

    def _losses(self, flat: Tensor, text: Tensor) -> tuple[Tensor, Tensor]:
        """Each model's mean loss on its own batch, and the objective: that loss plus the balance.

        text: (models, sequences, context + 1).
        """
        tokens, targets = text[..., :-1], text[..., 1:]
        logits, balance = forward(flat, self.shape, tokens)
        goal = targets.flatten()
        if self.teacher:
            everyone = tokens.flatten(0, 1)[None]
            with torch.no_grad():
                logits_of_teacher, _ = forward(self.taught_by, self.teacher.shape, everyone)
                goal = logits_of_teacher.softmax(-1).flatten(0, 2)
        losses = F.cross_entropy(logits.flatten(0, 2), goal, reduction="none")
        losses = losses.view(len(text), -1).mean(dim=1)
        return losses, losses + balance

    def step(self, step: int, text: Tensor) -> Tensor:
        """Train each model on its batch; returns their losses before the step (models,)."""
        losses, descended = self.losses(self.flat, text)
        (gradient,) = torch.autograd.grad(descended.sum(), self.flat)
        with torch.no_grad():
            norm = gradient.norm(dim=1, keepdim=True)
            gradient *= torch.where(norm > CLIP, CLIP / norm, 1.0)
            self.mean.lerp_(gradient, 1 - BETAS[0])
            self.square.mul_(BETAS[1]).addcmul_(gradient, gradient, value=1 - BETAS[1])
            rate = self.rates[step]
            spread = self.square.sqrt() * (1 - BETAS[1] ** (step + 1)) ** -0.5 + EPSILON
            self.flat *= 1 - rate * self.decays
            self.flat -= rate / (1 - BETAS[0] ** (step + 1)) * self.mean / spread
        return losses.detach()


@torch.no_grad()
def evaluate(flat: Tensor, shape: Shape, text: np.ndarray, tokens: int) -> dict[str, float]:
    """`train.evaluate` for the average of the models in `flat` (models, N)."""
    pieces, chosen = windows(text, shape.context), spread(text, shape.context, tokens)
    loss, hits = 0.0, []
    for start in range(0, len(chosen), WINDOWS_AT_ONCE):
        piece = pieces[chosen[start : start + WINDOWS_AT_ONCE]].astype(np.int64)
        both = torch.from_numpy(piece).to(flat.device)
        inputs, targets = both[None, :, :-1].expand(len(flat), -1, -1), both[:, 1:]
        logits, _ = forward(flat, shape, inputs)
        log_p = logits.log_softmax(-1).logsumexp(0) - math.log(len(flat))
        chance = log_p.gather(-1, targets[..., None])[..., 0]
        loss -= chance.double().sum().item()
        hits.append((chance == log_p.amax(-1)).cpu().numpy())
    return summary(loss, np.concatenate(hits))


def train_together(
    configs: Sequence[RunConfig],
    corpus: Corpus,
    other: Corpus | None,
    device: torch.device,
    teacher: TrainedModel | None = None,
) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]], Parameters]]:
    """Train runs of one `group` at once; yields (row, curve, parameters) of each, as `train` does.

    `seconds` is each run's share of the total time.
    """
    seeds = [
        RunConfig(**{**vars(config), "seed": config.seed * config.members + i, "members": 1})
        for config in configs
        for i in range(config.members)
    ]
    stack = Stack(seeds, device, teacher)
    streams = [batches(c, corpus.train, other.train if other else None) for c in seeds]
    losses = torch.full((stack.steps, len(seeds)), math.nan, device=device)
    points, curves, recent = curve_points(stack.steps), [[] for _ in seeds], 0
    seconds, started, step = 0.0, time.perf_counter(), 0
    together = zip(*streams, strict=True)
    while chunk := list(islice(together, STEPS_AT_ONCE)):
        for text in torch.from_numpy(np.array(chunk)).to(device).long():
            losses[step] = stack.step(step, text)
            step += 1
            if step not in points:
                continue
            means = losses[recent:step].mean(dim=0).tolist()  # waits for the device
            seconds += time.perf_counter() - started
            for i, curve in enumerate(curves):
                if math.isfinite(means[i]):
                    own = stack.flat[i : i + 1]
                    loss = evaluate(own, stack.shape, corpus.validation, CURVE_TOKENS)["loss"]
                    tokens = step * seeds[i].batch
                    curve.append(
                        {"step": step, "tokens": tokens, "loss_val": loss, "loss_train": means[i]}
                    )
            recent, started = step, time.perf_counter()

    history, first = losses.double().cpu().numpy(), 0
    about = {"engine": f"torch {torch.__version__}"}
    if device.type == "cuda":
        about["cpu"] = torch.cuda.get_device_name(device)
    for config in configs:
        flat = stack.flat.detach()[first : first + config.members]
        parameters = Parameters(config.shape)
        parameters.flat[:] = flat[0].cpu().numpy()

        def measure(
            text: np.ndarray,
            tokens: int,
            bits: int = 32,
            flat: Tensor = flat,
            parameters: Parameters = parameters,
            shape: Shape = config.shape,
        ) -> dict[str, float]:
            if bits < 32:
                flat = torch.from_numpy(rounded(parameters, shape, bits).flat).to(device)[None]
            return evaluate(flat, shape, text, tokens)

        share = seconds * config.members / len(seeds)
        row = make_row(config, corpus, other, measure, history[:, first], share) | about
        yield row, [{"run": config.run, **point} for point in curves[first]], parameters
        first += config.members


def group(config: RunConfig) -> tuple:
    """Runs whose groups are equal may be trained together."""
    return config.corpus, config.shape, config.batch, config.D, config.teacher
