"""The study's plans: each is a pure function from a corpus to its runs, in the order they are trained.

Cheap runs come first, so that a sweep that is cut short is still usable.
"""

import math
from collections.abc import Callable

from .config import RunConfig
from .flops import count_parameters, training_flops_per_token

CONTEXT, LAYERS = 64, 2


def batch_size(D: float) -> int:
    """Batch size in tokens: about sqrt(D)/2, rounded to 128 · {1, 1.5, 2, 3, 4, 6, ...}."""
    k = max(0, round(2 * math.log2(D**0.5 / 2 / 128)))
    return 128 * 2 ** (k // 2) * (3 if k % 2 else 2) // 2


LR_TIMES_WIDTH = 0.35  # chosen in the plan `tuning`, by the validation loss


def peak_lr(width: int, factor: float = 1) -> float:
    """The recipe's peak learning rate for this width, times `factor`; three digits."""
    return float(f"{factor * LR_TIMES_WIDTH / width:.3g}")


def recipe(corpus: str, width: int, D: float, seed: int = 0, **changes) -> RunConfig:
    """The study's standard run of a width and a number of tokens, rounded to whole steps."""
    batch = changes.pop("batch", None) or batch_size(D)
    return RunConfig(
        corpus=corpus,
        seed=seed,
        width=width,
        D=max(1, round(D / batch)) * batch,
        batch=batch,
        lr=changes.pop("lr", None) or peak_lr(width),
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
    """Larger runs that no notebook fits: forecasts are compared with them."""
    larger = ((96, 2**23), (64, 2**24), (96, 2**24), (128, 2**24))
    return [recipe(corpus, width, D, seed) for seed in range(2) for width, D in larger]


# Widths about 15 % apart. Each is a multiple of its number of heads, width // 32.
LADDER = (8, 10, 12, 14, 16, 18, 20, 24, 28, 32, 36, 40, 48, 56, 64, 72, 80, 96, 108, 120, 144, 160)


def widths_around_optimum(C: float, factor: float = 1.9) -> list[int]:
    """The widths of the ladder near the best one for C training FLOPs, estimated from the grid."""
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
    """The next budget, 3e13 FLOPs, that no notebook fits. Only wider models: the text is finite."""
    C, widths = 10**13.5, (96, 108, 120, 144, 160)
    return [at_budget(corpus, width, C, seed) for seed in range(3) for width in widths]


def repeats(corpus: str) -> list[RunConfig]:
    """Few tokens, many epochs: U unique tokens seen up to 64 times, one full run per number."""
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
            lr = peak_lr(width, factor)
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
    """The grid's runs without the token shift: what it buys, and how far seeds differ."""
    return [
        recipe(corpus, width, D, seed, token_shift=False)
        for D in (2**16, 2**18, 2**20, 2**22)
        for seed in range(5 if D <= 2**20 else 2)
        for width in (8, 16, 32, 64)
    ]


def lr(corpus: str) -> list[RunConfig]:
    """Learning rates at every width and D: does the best rate carry over to another size?"""
    runs = []
    for seed in range(2):
        for D in (2**17, 2**19, 2**21):
            for width in (8, 16, 32, 64):
                for factor in (0.25, 0.5, 1, 2, 4):
                    runs.append(recipe(corpus, width, D, seed, lr=peak_lr(width, factor)))
    return sorted(runs, key=lambda run: (run.seed, run.D))


def batch(corpus: str) -> list[RunConfig]:
    """Batch sizes at fixed D, each with three learning rates: how large may a batch be?"""
    runs = []
    for width, D in ((16, 2**17), (16, 2**19), (32, 2**19), (16, 2**21)):  # cheap ones first
        for size in (128, 256, 512, 1024, 2048, 4096, 8192):
            for factor in (0.5, 1, 2):
                # A larger batch needs a larger rate: the recipe's, times the square root of the
                # ratio of batches.
                rate = peak_lr(width, factor * (size / batch_size(D)) ** 0.5)
                runs.append(recipe(corpus, width, D, lr=rate, batch=size))
    return runs


def wsd(corpus: str) -> list[RunConfig]:
    """Constant rates with a cool-down at the end, beside the cosine: one trunk for every D."""
    runs = []
    for seed in range(2):
        for D in (2**17, 2**18, 2**19, 2**20, 2**21):
            # Batch and warm-up (51 steps) don't depend on D, so that all D share one trunk.
            trunk = {"batch": 512, "warmup": 0.05 * 2**19 / D}
            schedules = ["cosine", "wsd 0.2"]
            if D == 2**20:
                schedules += ["wsd 0.05", "wsd 0.1", "wsd 0.4", "wsd 0.8"]
            for width in (16, 32):
                for name in schedules:
                    runs.append(recipe(corpus, width, D, seed, schedule=name, **trunk))
    return runs


def decay(corpus: str) -> list[RunConfig]:
    """Weight decay on text seen again and again, and averages of 1, 2 and 4 models."""
    U, width = 2**16, 64

    def run(epochs: int, value: float, seed: int = 0, members: int = 1) -> RunConfig:
        return recipe(corpus, width, U * epochs, seed, decay=value, D_unique=U, members=members)

    values = (0.03, 0.1, 0.3, 1.0, 3.0)
    runs = [run(8, value) for value in values]
    runs += [run(8, value, members=members) for members in (2, 4) for value in (0.03, 1.0)]
    runs += [run(16, value) for value in values]
    for seed, members in ((1, 1), (1, 2), (2, 1), (3, 1)):
        runs += [run(8, value, seed, members) for value in (0.03, 1.0)]
    return runs


def mix(corpus: str) -> list[RunConfig]:
    """Prose and code in five ratios: what does a share of the other text cost, and bring?"""
    return [
        recipe(corpus, width, 2**19, seed, mix=share)
        for seed in range(2)
        for width in (16, 32, 64)
        for share in (0.0, 0.1, 0.5, 0.9, 1.0)
    ]


def distil(corpus: str) -> list[RunConfig]:
    """Students that learn a larger model's probabilities; the grid has the same without a teacher."""
    return [
        recipe(corpus, width, D, teacher=teacher)
        for D in (2**17, 2**19, 2**21)
        for width in (8, 16, 32)
        for teacher in (16, 32, 64)
        if teacher > width
    ]


def precision(corpus: str) -> list[RunConfig]:
    """Trained models whose weights are then rounded to 2 to 8 bits, at many ratios of D to N."""
    return [
        recipe(corpus, width, D, rounded=True)
        for D in (2**18, 2**20, 2**22)
        for width in (8, 16, 32, 64)
    ]


def overtrain(corpus: str) -> list[RunConfig]:
    """Two small models on up to 4,000 bytes per parameter: far beyond the compute optimum."""
    runs = []
    for seed in range(2):
        for ratio in (16, 64, 250, 1000, 4000):
            for width in (8, 12):
                N = count_parameters(LAYERS, width, CONTEXT).N
                runs.append(recipe(corpus, width, ratio * N, seed))
    return runs


def experts(corpus: str) -> list[RunConfig]:
    """Mixtures of 2, 4 and 8 experts, one of them active; the grid has the same with one (dense)."""
    return [
        recipe(corpus, width, D, seed, experts=count)
        for D in (2**17, 2**19, 2**21)
        for seed in range(2)
        for width in (16, 32)
        for count in (2, 4, 8)
    ]


def models(corpus: str) -> list[RunConfig]:
    """A few runs whose weights are kept, to look at what a model predicts."""
    return [recipe(corpus, width, 2**22) for width in (8, 16, 32, 64)]


def demo(corpus: str) -> list[RunConfig]:
    """Six small runs for a first look; half a minute on two cores."""
    return [recipe(corpus, width, D) for D in (2**15, 2**16) for width in (8, 16, 24)]


PLANS: dict[str, Callable[[str], list[RunConfig]]] = {
    plan.__name__: plan
    for plan in (
        *(grid, holdout, isoflop, isoflop_holdout, repeats, tuning, schedule, warmup, no_shift),
        *(lr, batch, wsd, decay, mix, distil, precision, overtrain, experts, models, demo),
    )
}
