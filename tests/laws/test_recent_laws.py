"""The laws since 2022: each against a published number, a limit, or another law that it must equal."""

import numpy as np
import pytest

from scalinglaws import constants
from scalinglaws.errors import CourseError
from scalinglaws.laws import (
    AccuracySigmoid,
    AnnealingLaw,
    ChinchillaLaw,
    DistillationLaw,
    ErrorLaw,
    MixingLaw,
    ObservationalLaw,
    OvertrainingLaw,
    PrecisionLaw,
    RewardLaw,
    best_mixture,
    capabilities,
    effective_experts,
    expert_params,
    schedule_areas,
)

TIED = ChinchillaLaw(E=1.8, A=500, B=900, alpha=0.34, beta=0.34)


# Over-training


def test_over_training_is_chinchilla_with_tied_exponents():
    law = OvertrainingLaw.from_chinchilla(TIED)
    C, M = np.meshgrid(np.geomspace(1e18, 1e24, 5), np.geomspace(1, 1000, 5))
    N, D = law.split(C, M)
    np.testing.assert_allclose(law(C, M), TIED(N, D), rtol=1e-12)
    np.testing.assert_allclose(6 * N * D, C)
    np.testing.assert_allclose(D / N, M)
    back = law.chinchilla
    assert pytest.approx([TIED.E, TIED.A, TIED.B]) == [back.E, back.A, back.B]
    # At its optimum M, C FLOPs reach the lowest loss, and 32 times as many tokens cost what overspend says.
    assert law.M_opt == pytest.approx(TIED.tokens_per_param(1e21))
    N, D = law.split(1e21, 32 * law.M_opt)
    assert law.price(32 * law.M_opt) == pytest.approx(TIED.overspend(N, D))


def test_over_training_needs_tied_exponents():
    with pytest.raises(CourseError, match="alpha = beta"):
        OvertrainingLaw.from_chinchilla(constants.CHINCHILLA)


# Loss to accuracy


def test_the_sigmoid_of_accuracy_and_its_inverse():
    law = AccuracySigmoid(floor=0.25, height=0.7, midpoint=0.8, slope=8)
    assert law(1e-9) == pytest.approx(0.95, abs=2e-3) and law(50) == pytest.approx(0.25)
    assert np.all(np.diff(law(np.linspace(0.1, 3, 30))) < 0)
    loss = np.array([0.3, 0.8, 1.1])
    np.testing.assert_allclose(law.loss_for(law(loss)), loss)
    assert np.isnan(law.loss_for(0.1)) and np.isnan(law.loss_for(0.99))


def test_gadres_error_law():
    law = ErrorLaw(epsilon=0.85, k=2.0, rate=0.75)
    # The authors' code has it as e - a·exp(L)^-b.
    loss = np.array([2.0, 3.0])
    np.testing.assert_allclose(law(loss), 0.85 - 2.0 * np.exp(loss) ** -0.75)


# Learning rate and batch


def test_the_step_law():
    # 1 B parameters on 100 B tokens: 1.6e-3, in batches of a million tokens.
    assert constants.STEP_LAW(1e9, 1e11) == pytest.approx(1.79 * 1e9**-0.713 * 1e11**0.307)
    assert constants.STEP_LAW_BATCH(1e11) == pytest.approx(1.1e6, rel=0.05)


def test_deepseeks_laws():
    # Ten times the compute: 2.1 times the batch, 0.75 of the learning rate.
    batch, rate = constants.DEEPSEEK_BATCH, constants.DEEPSEEK_LEARNING_RATE
    assert batch(1e21) / batch(1e20) == pytest.approx(2.12, abs=0.01)
    assert rate(1e21) / rate(1e20) == pytest.approx(0.75, abs=0.001)


# Schedules


def test_a_constant_rate_has_no_annealing_and_a_faster_fall_releases_more():
    S1, S2 = schedule_areas(np.full(100, 2e-3))
    assert S1[-1] == pytest.approx(0.2) and not S2.any()
    steps = np.arange(1000)
    cosine = 0.5e-3 * (1 + np.cos(np.pi * steps / 1000))
    cooled = np.where(steps < 800, 1e-3, 1e-3 * (1000 - steps) / 200)
    law = AnnealingLaw(L0=2.6, A=0.6, alpha=0.5, C=2.0)
    flat = law.curve(np.full(1000, 1e-3))
    assert law.curve(cosine)[-1] < flat[-1] and law.curve(cooled)[-1] < flat[-1]
    np.testing.assert_allclose(law.curve(cooled)[:800], flat[:800])


@pytest.mark.parametrize("lr", [[], [[1.0]], [1.0, -1.0], [1.0, np.nan]])
def test_a_schedule_that_cannot_be(lr):
    with pytest.raises(CourseError, match="one learning rate >= 0"):
        schedule_areas(lr)


# Mixtures of texts


def test_the_best_mixture_is_the_lowest_of_a_fine_grid():
    laws = [MixingLaw(2.0, 1.2, (-1.5, 0.1)), MixingLaw(1.0, 1.0, (0.2, -1.5))]
    weights = np.array([1.0, 3.0])
    share = np.linspace(0, 1, 2001)
    r = np.stack([share, 1 - share], axis=1)
    total = sum(w * np.asarray(law(r)) for w, law in zip(weights, laws, strict=True))
    np.testing.assert_allclose(best_mixture(laws, weights)[0], share[np.argmin(total)], atol=2e-3)
    # Where only one domain counts, all of it.
    assert best_mixture(laws, [1, 0])[0] > 0.99


@pytest.mark.parametrize("r", [[0.5, 0.6], [1.5, -0.5], [1.0], [np.nan, 1.0]])
def test_proportions_that_cannot_be(r):
    with pytest.raises(CourseError, match="proportions"):
        MixingLaw(2.0, 1.2, (-1.5, 0.1))(r)


# Precision


def test_the_best_precision_is_the_seven_bits_of_the_paper():
    assert constants.KUMAR.best_bits() == pytest.approx(7, abs=0.1)
    # It is where, at one budget N·D·P, no other number of bits is better.
    law, C = constants.KUMAR, 1e22
    bits = np.linspace(4, 12, 81)
    lowest = []
    for P in bits:
        N = np.geomspace(1e8, 1e12, 4001)
        lowest.append(np.min(law(N, C / (N * P), P, P, P)))
    assert bits[np.argmin(lowest)] == pytest.approx(7, abs=0.15)


def test_infinite_bits_are_chinchilla_and_too_few_are_hopeless():
    law = constants.KUMAR
    assert law(1e9, 2e10) == pytest.approx(law.base(1e9, 2e10))
    assert law(1e9, 2e10, P_w=16, P_a=16, P_kv=16) == pytest.approx(law.base(1e9, 2e10), rel=2e-3)
    assert law(1e9, 2e10, P_a=3) == np.inf  # "often diverge" (appendix L)
    assert np.isfinite(law(1e9, 2e10, P_w=3))
    with pytest.raises(CourseError):
        PrecisionLaw(law.base, 0, 1, 1)


def test_more_training_can_make_a_rounded_model_worse():
    law, base = constants.KUMAR_ROUNDING, constants.KUMAR.base
    D = law.critical_D(1e8, 4, base)
    total = [base(1e8, d) + law(1e8, d, 4) for d in (D / 1.1, D, D * 1.1)]
    assert total[0] > total[1] < total[2]


# Mixtures of experts

TABLE_1 = [  # FLOPs, experts, N_act, D (Ludziejewski et al. 2025)
    (1e20, 1, 1.7e9, 9.7e9), (1e20, 8, 990e6, 17e9), (1e20, 32, 669e6, 24.9e9),
    (1e21, 1, 5.7e9, 29.3e9), (1e21, 16, 3.3e9, 51.2e9), (1e22, 2, 17.4e9, 96e9), (1e22, 32, 12.2e9, 136.9e9),
]  # fmt: skip
TABLE_4 = [  # experts, m, -mu, n, -nu
    (1, 30.3640, 0.1817, 53.9838, 0.1965), (4, 24.8462, 0.1731, 87.7022, 0.2192),
    (32, 16.5424, 0.1557, 234.6726, 0.2652),
]  # fmt: skip


@pytest.mark.parametrize(("C", "experts", "N", "D"), TABLE_1)
def test_the_published_optima_of_mixtures(C, experts, N, D):
    law = constants.LUDZIEJEWSKI.for_experts(experts)
    assert law.N_opt(C) == pytest.approx(N, rel=0.03) and law.D_opt(C) == pytest.approx(D, rel=0.02)


@pytest.mark.parametrize(("experts", "m", "mu", "n", "nu"), TABLE_4)
def test_the_published_reduction_to_chinchilla(experts, m, mu, n, nu):
    law = constants.LUDZIEJEWSKI.for_experts(experts)
    assert pytest.approx([m, n], rel=0.004) == [law.A, law.B]
    assert [law.alpha, law.beta] == pytest.approx([mu, nu], abs=2e-4)
    N, D = np.array([1e8, 1e9]), np.array([1e9, 1e11])
    np.testing.assert_allclose(constants.LUDZIEJEWSKI(N, D, experts), law(N, D))


def test_parameters_of_the_published_models():
    for N_act, experts, total in ((1.3e9, 4, 3.8e9), (683e6, 8, 3.3e9), (321e6, 32, 5.0e9)):
        # The paper's deepest models depart a little from d/64 blocks.
        assert expert_params(N_act, experts) == pytest.approx(total, rel=0.25)
    assert expert_params(1e9, 1) == pytest.approx(1e9)
    assert effective_experts(1e9, 2.0732, 290.4521) == pytest.approx(290.4521, rel=1e-3)


def test_memory_decides_how_many_experts_are_best():
    law = constants.LUDZIEJEWSKI
    assert law.best_experts(1e21)[0].experts == 32
    tight = law.best_experts(1e21, memory=7e9)
    assert all(choice.N_total <= 7e9 * 1.0001 for choice in tight)
    assert all(6 * choice.N_act * choice.D == pytest.approx(1e21) for choice in tight)
    dense = next(choice for choice in tight if choice.experts == 1)
    assert (
        1 < tight[0].experts < 32 and tight[0].loss < dense.loss
    )  # "the price is memory" is not the rule


def test_routing_helps_up_to_a_size():
    law = constants.CLARK
    N = law.N_cutoff
    assert law(N, 1) == pytest.approx(law(N, 64))
    assert law(N / 100, 64) < law(N / 100, 1) and law(N * 100, 64) > law(N * 100, 1)
    # A dense model of 55M is as good as 5M with 128 experts (their section 5).
    assert law(55e6, 1) == pytest.approx(law(5e6, 128), rel=0.005)
    assert law(1e8, 1e9) == pytest.approx(law(1e8, 1e6), rel=1e-4)  # no more than E_max count


def test_finer_experts_approach_a_limit():
    law = constants.KRAJEWSKI
    losses = law(1e9, 2e10, np.array([1, 4, 16, 1e6]))
    assert np.all(np.diff(losses) < 0)
    assert losses[-1] == pytest.approx(
        law.E + law.A * 1e9**-law.alpha + law.B * 2e10**-law.beta, rel=1e-3
    )


# Distillation

TEACH = DistillationLaw(
    constants.BUSBRIDGE_SUPERVISED, c0=2.5, c1=22, d1=1.3, f1=0.09, A=2000, B=25000, alpha=0.32,
    beta=0.42, gamma=0.7,
)  # fmt: skip


def test_the_properties_that_the_paper_asks_of_its_law():
    # An infinite student mimics any teacher; a random teacher makes random students (section 4.3).
    assert TEACH(1e30, 1e30, 2.3) == pytest.approx(2.3, abs=1e-3)
    assert TEACH(1e9, 2e10, 1e4) == pytest.approx(1e4)
    # The capacity gap: there is a best teacher, and a better one than it does harm.
    best = TEACH.best_teacher(1e9, 2e10)
    assert TEACH.supervised.E < best < 10
    assert TEACH(1e9, 2e10, best) < min(TEACH(1e9, 2e10, best * 0.9), TEACH(1e9, 2e10, best * 1.1))
    assert TEACH.gain(1e9, 2e10, best) == pytest.approx(
        TEACH.supervised(1e9, 2e10) - TEACH(1e9, 2e10, best)
    )


# Reinforcement


def test_the_reward_rises_to_its_asymptote():
    law = RewardLaw(R0=0.2, A=0.6, B=1.5, C_mid=1e3)
    assert law(1e-6) == pytest.approx(0.2) and law(1e3) == pytest.approx(0.4)
    assert law(1e12) == pytest.approx(0.6)
    C = np.geomspace(10, 1e5, 7)
    np.testing.assert_allclose(law.C_for(law(C)), C)
    for R0, A in ((0.6, 0.2), (-0.1, 0.5)):
        with pytest.raises(CourseError, match="asymptote"):
            RewardLaw(R0=R0, A=A, B=1, C_mid=1)


# Observations


def test_capabilities_of_three_kinds_are_found():
    rng = np.random.default_rng(0)
    skills, loadings = rng.normal(size=(40, 2)), rng.uniform(0.2, 1, size=(2, 8))
    S, explained = capabilities(skills @ loadings, components=2)
    assert explained == pytest.approx(1) and S.shape == (40, 2)
    np.testing.assert_allclose(S.T @ S / 40, np.diag(np.diag(S.T @ S / 40)), atol=1e-9)
    for bad in ([[0.1, np.nan], [0.2, 0.3]], [0.1, 0.2], [[0.1, 0.2]]):
        with pytest.raises(CourseError):
            capabilities(bad, components=1)


def test_a_task_from_capabilities():
    law = ObservationalLaw(weights=(1.0, 2.0), bias=-1.0, height=0.9)
    assert law([1.0, 0.0]) == pytest.approx(0.45)
    np.testing.assert_allclose(law([[9.0, 9.0], [-99.0, 0.0]]), [0.9, 0.0], atol=1e-9)
    with pytest.raises(CourseError, match="2 capabilities"):
        law([1.0])


def test_a_name_means_the_same_in_every_law():
    """a and b split a budget, A and B are coefficients, E is the floor, gamma bends a sum of two terms."""
    from dataclasses import fields, is_dataclass

    from scalinglaws import laws

    parameters = {
        name: {item.name for item in fields(law)}
        for name, law in vars(laws).items()
        if isinstance(law, type) and is_dataclass(law) and callable(law)
    }
    assert len(parameters) > 15
    assert [name for name, own in parameters.items() if own & {"a", "b"}] == []
    assert {name for name, own in parameters.items() if "gamma" in own} == {
        "JointLaw",
        "DistillationLaw",
    }
    assert [
        name for name, law in vars(laws).items() if hasattr(law, "gamma") and isinstance(law, type)
    ] == []
