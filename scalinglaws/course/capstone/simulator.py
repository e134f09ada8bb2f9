"""Simulated training worlds for the capstone: each hides its scaling law from the planner.

A `World` holds the true law. A planner only sees its `Oracle`, which trains models, one (N, D) at a
time, until a budget for exploration is spent. A plan is a function

    plan(oracle, C_target) -> N, D, loss, low, high

that says how to spend C_target training FLOPs on one large run, forecasts its expected loss, and
gives an interval that should hold it with a probability of 80 %. A sixth number is the learning
rate of that run, for worlds where it matters (`Recipe`). scoring.py scores plans.
"""

from __future__ import annotations

import functools
import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scalinglaws.arrays import Floats, plain, positive
from scalinglaws.errors import CourseError
from scalinglaws.laws import (
    ChinchillaLaw,
    HyperparameterLaw,
    JointLaw,
    effective_amount,
    training_flops,
)

SMALLEST = (
    1 / 2000
)  # of the exploration budget: the least that a run may cost, which limits the number of runs
NOISIEST = 0.05  # the largest noise of a run, for any number of tokens


class OutOfBudget(CourseError):
    """A run costs more than the rest of the exploration budget.

    It was not started, and nothing was charged.
    """


class Oracle:
    """Trains models in one world until the exploration budget is spent.

    budget: training FLOPs to explore with. unique: the unique tokens of this world (inf: no limit);
    a run with D > unique repeats them. lr: the peak learning rate of a run for which none is given;
    None in a world where it is already tuned for every size.
    """

    # The attributes that a plan may use, and all that a grader passes to it; the world itself is
    # out of reach.
    _crosses_ = ("train", "left", "budget", "unique", "lr")

    def __init__(self, world: World):
        self.budget = float(world.budget)
        self.unique = float(world.unique)
        self.lr = None if world.recipe is None else float(world.recipe.usual)
        self.__desk = _desk(world)

    def train(self, N: float, D: float, lr: float | None = None) -> float:
        """Train N parameters on D tokens, once: costs 6·N·D FLOPs and returns the held-out loss,
        nats per token.

        lr: the peak learning rate; `oracle.lr` unless given. If `oracle.lr` is None, it has no
        effect. The loss includes the noise of a seed. The same run again (to six digits) is free
        and gives the same number; another N, D or lr is another run. nan: the run diverged, and its
        compute is spent. Raises OutOfBudget, which says what is left, and CourseError for an
        invalid run (not two positive numbers, or cheaper than 1/2000 of the budget).
        """
        return self.__desk("train", N, D, lr)

    def left(self) -> float:
        """The training FLOPs that are left for exploration."""
        return self.__desk("left")

    def __repr__(self) -> str:
        return f"Oracle({self.left():.3g} of {self.budget:.3g} FLOPs left)"


def _desk(world: World) -> Callable:
    """The account of one exploration, in a closure, so that the oracle's attributes do not reach
    the world.
    """
    known: dict[str, float] = {}
    left = float(world.budget)

    def train(N: Any, D: Any, lr: Any) -> float:
        nonlocal left
        N, D = _one("N", N), _one("D", D)
        lr = None if world.recipe is None else _one("lr", world.recipe.usual if lr is None else lr)
        run = _name(N, D, lr)
        if run in known:
            return known[run]
        C = training_flops(N, D)
        if SMALLEST * world.budget * (1 - 1e-9) > C:
            raise CourseError(
                f"A run of {C:.3g} FLOPs is too small to be useful: spend at least "
                f"{SMALLEST * world.budget:.3g}, which is budget/{1 / SMALLEST:.0f}, on each."
            )
        if left + 1e-9 * world.budget < C:
            raise OutOfBudget(
                f"train({N:.4g}, {D:.4g}) costs {C:.4g} FLOPs, and {left:.4g} of {world.budget:.4g} are left: "
                "plan a cheaper run, or stop."
            )
        left = max(left - C, 0.0)
        known[run] = world.measure(N, D, lr)
        return known[run]

    return lambda what, *where: left if what == "left" else train(*where)


def _name(N: float, D: float, lr: float | None) -> str:
    """The key by which two runs are the same: six digits, so that rounding errors of a platform do
    not matter.
    """
    return f"{N:.5e} {D:.5e}" + ("" if lr is None else f" {lr:.5e}")


def _one(name: str, value: Any) -> float:
    """One positive, finite number, from any type."""
    try:
        array = np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        array = np.empty(0)
    if array.size != 1 or not 0 < float(array.reshape(-1)[0]) < math.inf:
        raise CourseError(f"{name} must be one positive number, not {value!r:.60}.")
    return float(array.reshape(-1)[0])


@dataclass(frozen=True)
class Recipe:
    """The effect of the learning rate in a world.

    best: the best peak rate, k·N^exponent_N·D^exponent_D (the form of the Step law, Li et al. 2025,
    arXiv:2503.04715: 1.79·N^-0.713·D^0.307; on our prose it falls with N and hardly moves with D,
    docs/findings.md). cost: at another rate the loss is exp(cost·ln(lr/best)²) times as high, a parabola in
    ln lr. (Below the best rate our runs have 0.02 to 0.04; above it they rise more steeply.)
    usual: the rate of a run for which none is given; it is right for one size only.
    """

    best: HyperparameterLaw
    usual: float
    cost: float = 0.03

    def excess(self, N: ArrayLike, D: ArrayLike, lr: float) -> Floats:
        """The factor by which the loss of N parameters on D tokens exceeds that at the best rate."""
        return plain(np.exp(self.cost * np.log(lr / np.asarray(self.best(N, D))) ** 2))


@dataclass(frozen=True)
class World:
    """A law, the noise of its runs, a budget to explore with and a budget to plan for.

    law: expected loss of N parameters on D fresh tokens, nats per token, over arrays; it must fall
    with N and with D. noise: relative standard deviation of the loss between seeds of large runs,
    with D far above D_noisy; it grows to noise·(1 + D_noisy/D) below, up to 5 %. unique: unique
    tokens. R_star: the worth of repeating them (Muennighoff et al. 2023, eq. 5). diverging, faulty:
    the share of runs that return nan, and of those whose loss comes out 5 to 30 % too high. recipe:
    the effect of the learning rate; None: every run has the best. start: the loss of an untrained
    model; only noise, a fault or a bad rate takes a loss above it.
    """

    name: str
    law: Callable[[ArrayLike, ArrayLike], Floats]
    budget: float
    C_target: float
    noise: float = 0.003
    D_noisy: float = 0.0
    unique: float = math.inf
    R_star: float = 15.387756
    diverging: float = 0.0
    faulty: float = 0.0
    recipe: Recipe | None = None
    start: float = math.log(50257)
    seed: int = 0

    def oracle(self) -> Oracle:
        """A planner's view of this world, with the whole budget."""
        return Oracle(self)

    def loss(self, N: ArrayLike, D: ArrayLike, lr: float | None = None) -> Floats:
        """The expected loss of N parameters on D tokens, at most `unique` of them unique.

        lr: the peak learning rate; the best one unless given.
        """
        N, D = positive(N=N, D=D)
        fresh = effective_amount(D, self.unique, self.R_star) if math.isfinite(self.unique) else D
        loss = np.minimum(self.law(N, fresh), self.start)
        if self.recipe is not None and lr is not None:
            loss = loss * self.recipe.excess(N, D, lr)
        return plain(loss)

    def measure(self, N: float, D: float, lr: float | None = None) -> float:
        """The loss of one run, with noise and faults; the same run gives the same number.

        lr: the peak learning rate; the best one unless given.
        """
        key = f"{self.seed} {_name(N, D, lr)}".encode()
        rng = np.random.default_rng(list(hashlib.sha256(key).digest()))
        diverged, faulty = rng.random(2) < (self.diverging, self.faulty)
        z, excess = rng.standard_normal(), rng.uniform(0.05, 0.3)
        noise = max(self.noise, min(self.noise * (1 + self.D_noisy / D), NOISIEST))
        loss = self.loss(N, D, lr) * math.exp(noise * z)
        return math.nan if diverged else float(loss * (1 + excess * faulty))

    def optimum(self, C: ArrayLike) -> tuple[Floats, Floats, Floats]:
        """(N, D, loss) of the best use of C training FLOPs: the lowest expected loss on 6·N·D = C."""
        budget = np.asarray(C, dtype=float)[..., None]

        def best(N: NDArray[np.float64]) -> NDArray[np.float64]:
            at = np.argmin(self.loss(N, budget / (6 * N)), axis=-1)[..., None]
            return np.take_along_axis(N, at, axis=-1)

        # A grid in steps of 5 %, then one of 0.025 % around its best point.
        N_opt = best(np.sqrt(budget / 6) * np.geomspace(1e-4, 1e4, 401))
        N_opt = best(N_opt * np.geomspace(0.95, 1.05, 401))
        D_opt = budget / (6 * N_opt)
        loss = np.asarray(self.loss(N_opt, D_opt))
        return plain(N_opt[..., 0]), plain(D_opt[..., 0]), plain(loss[..., 0])

    def compute_for(self, loss: float) -> float:
        """The least training FLOPs, up to 2·C_target, that reach this expected loss; 0 below C_target/100,000."""
        log_C, best = _frontier(self)
        # np.interp needs the losses in ascending order; of equal ones (the start), the cheapest is
        # kept.
        return math.exp(np.interp(-loss, -best, log_C, left=-math.inf))

    def waste(self, N: float, D: float, lr: float | None = None) -> float:
        """The share of C_target that the best planner would save when reaching the expected loss of
        (N, D).

        lr: the peak learning rate; the best one unless given. 0: it cannot be done with less. 0.2:
        a fifth of the compute was wasted.
        """
        return max(0.0, 1 - self.compute_for(float(self.loss(N, D, lr))) / self.C_target)


@functools.lru_cache(maxsize=64)  # scoring a plan uses the same worlds again and again
def _frontier(world: World) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """ln C and the lowest expected loss that C buys, from C_target/100,000 to 2·C_target."""
    C = world.C_target * np.geomspace(1e-5, 2, 201)
    return np.log(C), np.minimum.accumulate(np.asarray(world.optimum(C)[2]))


def law_at(
    C: float,
    tokens_per_param: float,
    alpha: float,
    beta: float,
    E: float,
    reducible: float,
    gamma: float = 1.0,
) -> JointLaw:
    """The law with these exponents and floor whose optimum at C FLOPs has the given tokens per
    parameter and loss above E.

    gamma = 1 is Chinchilla's form; our own runs on prose have 0.63.

    >>> law = law_at(1e21, 20, alpha=0.34, beta=0.37, E=1.8, reducible=0.4)
    >>> round(law.tokens_per_param(1e21), 6), round(law.L_opt(1e21), 6)
    (20.0, 2.2)
    """
    N = math.sqrt(C / (6 * tokens_per_param))
    D = C / (6 * N)
    # At the optimum alpha·N_term = beta·D_term, for the terms to the power 1/gamma (their derivative along 6·N·D = C is zero).
    total = reducible ** (1 / gamma)
    N_term, D_term = total * beta / (alpha + beta), total * alpha / (alpha + beta)
    return JointLaw(E, N_term**gamma * N**alpha, D_term**gamma * D**beta, alpha, beta, gamma)


def bend(law: ChinchillaLaw | JointLaw, C: float, factor: float) -> Callable:
    """`law`, but above about C FLOPs its reducible loss falls with `factor` times the exponent: a
    broken power law.

    The ranking of sizes does not change, so the optimum for each budget stays where it was; its
    loss changes.
    """
    at_break = law.L_opt(C) - law.E
    sharp = 0.1  # the width f of the break: the bend ends within a factor of two of the loss

    def bent(N: ArrayLike, D: ArrayLike) -> Floats:
        log_y = np.log((np.asarray(law(N, D)) - law.E) / at_break)
        # BNSL, eq. 1, in y = reducible loss / its value at the break: y above it, y^factor below.
        log_y = log_y - (factor - 1) * sharp * np.logaddexp(0, -log_y / sharp)
        return plain(law.E + at_break * np.exp(log_y))

    return bent


def step(law: Callable, C: float, height: float) -> Callable:
    """`law`, with `height` nats more below about C FLOPs: a skill that only runs above C learn."""

    def stepped(N: ArrayLike, D: ArrayLike) -> Floats:
        extra = height / (1 + (np.asarray(training_flops(N, D)) / C) ** 3)
        return plain(np.asarray(law(N, D)) + extra)

    return stepped


# Fits to our own runs: 382 runs on prose (plans grid and isoflop, D above 130,000 bytes) and 126 on
# code (plan isoflop). The constants are fixed here, so that a world does not change when runs are
# added.
OUR_PROSE = JointLaw(E=0.752, A=34.4, B=47.8, alpha=0.415, beta=0.334, gamma=0.63)
OUR_CODE = ChinchillaLaw(E=1.1, A=11.8, B=35.3, alpha=0.301, beta=0.321)
# Seeds of our runs differ by 2.2 % at D = 65,536 bytes, 0.5 % at 1,048,576 and 0.3 % above (data/README.md).
OUR_NOISE: dict[str, Any] = dict(noise=0.003, D_noisy=5e5, start=math.log(128))


def practice_worlds() -> list[World]:
    """Eight worlds to try a plan in: two near our own runs and six strange ones.

    The graded worlds are different.
    """
    budget, C = 2e20, 2e21
    return [
        World("our prose runs", OUR_PROSE, 1e13, 1e14, **OUR_NOISE, seed=1),
        World("our code runs", OUR_CODE, 1e13, 1e14, **OUR_NOISE, seed=2),
        World(
            "large models",
            law_at(C, 2, 0.35, 0.34, 1.6, 0.5),
            budget,
            C,
            recipe=Recipe(HyperparameterLaw(7.0, -0.4, 0.0), usual=2e-3),
            seed=3,
        ),
        World("many tokens", law_at(C, 900, 0.34, 0.36, 1.7, 0.5), budget, C, seed=4),
        World(
            "faulty runs",
            law_at(C, 100, 0.35, 0.36, 1.7, 0.5),
            budget,
            C,
            faulty=0.15,
            seed=5,
        ),
        World(
            "diverging runs",
            law_at(C, 5, 0.34, 0.37, 1.5, 0.5),
            budget,
            C,
            diverging=0.2,
            seed=6,
        ),
        World(
            "a bent law",
            bend(law_at(C, 200, 0.42, 0.36, 1.5, 0.7), budget / 80, 0.65),
            budget,
            C,
            seed=7,
        ),
        World(
            "little text",
            law_at(C, 150, 0.35, 0.36, 1.7, 0.5),
            budget,
            C,
            unique=float(law_at(C, 150, 0.35, 0.36, 1.7, 0.5).D_opt(C)) / 6,
            seed=8,
        ),
    ]
