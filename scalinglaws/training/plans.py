"""The study's plans: each is a pure function from a corpus to its runs, in the order they are trained.

Cheap runs come first, so that a sweep that was cut short leaves a usable whole.
"""

import math

from .train import RunConfig

CONTEXT, LAYERS = 64, 2


def batch_size(D: float) -> int:
    """Tokens a step: about half the square root of D, as 1, 1.5, 2, 3, 4, 6 ... times 128."""
    k = max(0, round(2 * math.log2(D**0.5 / 2 / 128)))
    return 128 * 2 ** (k // 2) * (3 if k % 2 else 2) // 2


def peak_lr(width: int) -> float:
    """The learning rate: a rule in width, from the plan `tuning` (by the validation loss)."""
    return 0.35 / width


def recipe(corpus: str, width: int, D: float, seed: int = 0, **changes) -> RunConfig:
    """The study's standard run of a width and a number of tokens, rounded to whole steps."""
    batch = changes.pop("batch", None) or batch_size(D)
    return RunConfig(
        corpus=corpus,
        seed=seed,
        width=width,
        D=max(1, round(D / batch)) * batch,
        batch=batch,
        lr=changes.pop("lr", None) or float(f"{peak_lr(width):.3g}"),
        heads=max(1, width // 32),
        layers=LAYERS,
        context=CONTEXT,
        **changes,
    )


def grid(corpus: str) -> list[RunConfig]:
    """Every width with every D: loss against N, against D, and against both (notebook 1)."""
    runs = []
    for seed in range(5):
        for D in (2**power for power in range(16, 24)):
            if seed < 3 or D <= 2**20:
                runs += [recipe(corpus, width, D, seed) for width in (8, 12, 16, 24, 32, 48, 64)]
    return runs


def holdout(corpus: str) -> list[RunConfig]:
    """Larger runs that no notebook fits: a forecast is compared with them."""
    larger = ((64, 2**24), (96, 2**23), (96, 2**24), (128, 2**24))
    return [recipe(corpus, width, D, seed) for seed in range(2) for width, D in larger]


def demo(corpus: str) -> list[RunConfig]:
    """Six small runs, for a first look: half a minute on two cores."""
    return [recipe(corpus, width, D) for D in (2**15, 2**16) for width in (8, 16, 24)]


def tuning(corpus: str) -> list[RunConfig]:
    """Learning rates at three sizes; the choice is made on the validation split."""
    runs = []
    for width, D in ((8, 2**19), (24, 2**20), (64, 2**21)):
        for factor in (0.25, 0.5, 1, 2, 4):
            lr = float(f"{factor * peak_lr(width):.3g}")
            runs += [recipe(corpus, width, D, seed, lr=lr) for seed in range(2)]
    return runs


PLANS = {plan.__name__: plan for plan in (grid, holdout, tuning, demo)}
