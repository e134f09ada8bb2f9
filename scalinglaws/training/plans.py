"""The study's plans: each is a pure function from a corpus to its runs, in the order they are trained.

Cheap runs come first, so that a sweep that was cut short leaves a usable whole.
"""

import math

from .flops import training_flops_per_token
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
    larger = ((96, 2**23), (64, 2**24), (96, 2**24), (128, 2**24))
    return [recipe(corpus, width, D, seed) for seed in range(2) for width, D in larger]


# Widths about 15 % apart. Each is a multiple of its number of heads, width // 32.
LADDER = (8, 10, 12, 14, 16, 18, 20, 24, 28, 32, 36, 40, 48, 56, 64, 72, 80, 96, 108, 120, 144, 160)


def widths_around_optimum(C: float, factor: float = 1.9) -> list[int]:
    """The widths of the ladder near the best one for C training FLOPs, as the grid suggests it."""
    best = 32 * (C / 1e11) ** 0.235
    return [width for width in LADDER if best / factor < width < best * factor]


def at_budget(corpus: str, width: int, C: float, seed: int) -> RunConfig:
    """The run that spends C training FLOPs on this width."""
    return recipe(corpus, width, C / training_flops_per_token(LAYERS, width, CONTEXT), seed)


def isoflop(corpus: str) -> list[RunConfig]:
    """Budgets of 1e10 to 1e13 FLOPs in half decades, each spent on some nine sizes."""
    runs = []
    for half_decade in range(20, 27):
        C = 10 ** (half_decade / 2)
        seeds = 3 if C < 5e11 else 2 if C < 2e12 else 1
        for seed in range(seeds):
            runs += [at_budget(corpus, width, C, seed) for width in widths_around_optimum(C)]
    return runs


def isoflop_holdout(corpus: str) -> list[RunConfig]:
    """The next budget, 3e13 FLOPs, that no notebook fits. Wider models only: the text is finite."""
    C = 10**13.5
    return [at_budget(corpus, width, C, 0) for width in (96, 108, 120, 144, 160)]


def repeats(corpus: str) -> list[RunConfig]:
    """Few tokens, many epochs: U unique tokens seen up to 64 times, each number its own full run."""
    runs = []
    for seed in range(2):
        for U, most in ((2**16, 64), (2**18, 32), (2**20, 8)):
            for epochs in (2**power for power in range(most.bit_length())):
                for width in (16, 32, 64, 96):
                    runs.append(recipe(corpus, width, U * epochs, seed, D_unique=U))
    return sorted(runs, key=lambda run: (run.seed, run.C))


def tuning(corpus: str) -> list[RunConfig]:
    """Learning rates at three sizes; the choice is made on the validation split."""
    runs = []
    for width, D in ((8, 2**19), (24, 2**20), (64, 2**21)):
        for factor in (0.25, 0.5, 1, 2, 4):
            lr = float(f"{factor * peak_lr(width):.3g}")
            runs += [recipe(corpus, width, D, seed, lr=lr) for seed in range(2)]
    return runs


def schedule(corpus: str) -> list[RunConfig]:
    """Cosines that are too long for their run, and no decay at all."""
    names = ("cosine", "cosine x1.25", "cosine x1.5", "cosine x2", "cosine x4", "constant")
    return [
        recipe(corpus, width, 2**20, seed, schedule=name)
        for seed in range(3)
        for width in (16, 32, 64)
        for name in names
    ]


def warmup(corpus: str) -> list[RunConfig]:
    """Warm-ups from none to half of the run, for a short and a longer run of two sizes."""
    return [
        recipe(corpus, width, D, seed, warmup=share)
        for seed in range(3)
        for D in (2**17, 2**20)
        for width in (16, 64)
        for share in (0.0, 0.01, 0.05, 0.2, 0.5)
    ]


def no_shift(corpus: str) -> list[RunConfig]:
    """The grid's runs without the token shift: a lottery of seeds."""
    return [
        recipe(corpus, width, D, seed, token_shift=False)
        for D in (2**16, 2**18, 2**20, 2**22)
        for seed in range(5 if D <= 2**20 else 2)
        for width in (8, 16, 32, 64)
    ]


def models(corpus: str) -> list[RunConfig]:
    """A few runs whose weights are kept, to look at what a model predicts."""
    return [recipe(corpus, width, 2**22) for width in (8, 16, 32, 64)]


def demo(corpus: str) -> list[RunConfig]:
    """Six small runs, for a first look: half a minute on two cores."""
    return [recipe(corpus, width, D) for D in (2**15, 2**16) for width in (8, 16, 24)]


PLANS = {
    plan.__name__: plan
    for plan in (
        *(grid, holdout, isoflop, isoflop_holdout, repeats),
        *(tuning, schedule, warmup, no_shift, models, demo),
    )
}
