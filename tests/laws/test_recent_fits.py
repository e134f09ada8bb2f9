"""The laws since 2022 are found again in noisy runs, and chained intervals carry both steps."""

import numpy as np
import pytest

from scalinglaws.constants import (
    BUSBRIDGE_SUPERVISED,
    CHINCHILLA_REPLICATION,
    KUMAR,
    LUDZIEJEWSKI,
    MUENNIGHOFF,
)
from scalinglaws.errors import CourseError
from scalinglaws.fits import (
    Chain,
    fit_accuracy,
    fit_chinchilla,
    fit_error,
    fit_law,
    fit_mixing,
    fit_observational,
    fit_repeated,
    load_fit,
)
from scalinglaws.laws import (
    AccuracySigmoid,
    AnnealingLaw,
    CoverageLaw,
    CriticalBatch,
    DistillationLaw,
    ErrorLaw,
    GranularityLaw,
    HyperparameterLaw,
    KaplanJointLaw,
    KaplanStepsLaw,
    MixingLaw,
    ObservationalLaw,
    OvertrainingLaw,
    PowerLaw,
    QuantisationLaw,
    RewardLaw,
    RoutedLaw,
    Trend,
    best_mixture,
    schedule_areas,
)

N, D = (v.ravel() for v in np.meshgrid(np.geomspace(1e7, 1e10, 7), np.geomspace(1e9, 1e12, 7)))
STEPS = np.arange(1, 2001)
COSINE = 0.5e-3 * (1 + np.cos(np.pi * STEPS / 2000))
COOLED = np.where(STEPS < 1600, 1e-3, 1e-3 * (2001 - STEPS) / 401)
AREAS = np.hstack([np.array(schedule_areas(lr))[:, 50::50] for lr in (COSINE, COOLED)])

# law, its variables, a quantity that the runs determine
FOUND = {
    "over-training": (OvertrainingLaw(E=1.8, A=100, B=2000, eta=0.17), (6 * N * D, D / N), "eta"),
    "learning rate": (HyperparameterLaw(1.79, -0.713, 0.307), (N, D), "exponent_N"),
    "annealing": (AnnealingLaw(L0=2.6, A=0.6, alpha=0.5, C=0.5), tuple(AREAS), "L0"),
    "rounding": (QuantisationLaw(0.06, 0.5, 0.34, 0.6), (N, D, np.tile([3.0, 4, 5, 6, 8, 3, 4], 7)), "gamma_post"),
    "reward": (RewardLaw(R0=0.2, A=0.6, B=1.5, C_mid=1e3), (np.geomspace(10, 1e5, 20),), "A"),
    "granularity": (GranularityLaw(0.47, 18.1, 30.8, 0.115, 0.147, 2.1, 0.58), (N, D, np.tile([1.0, 4, 16], 17)[:49]), "alpha"),
    "routing": (RoutedLaw(1.104, -0.082, -0.108, 0.009), (N, np.tile([1.0, 8, 64, 512], 13)[:49]), "slope_E"),
    "learning curves": (KaplanStepsLaw(6.5e13, 2.1e3, 0.077, 0.76), (N, D / 1e6), "alpha_N"),
    "Kaplan's joint law": (KaplanJointLaw(6.4e13, 1.8e13, 0.076, 0.103), (N, D), "alpha_D"),
    "a power law": (PowerLaw(A=400, alpha=0.34, E=1.7), (np.geomspace(1e6, 1e11, 20),), "alpha"),
    "a trend in compute": (Trend(k=0.3118, exponent=-0.125), (np.geomspace(1e17, 1e21, 20),), "exponent"),
    "coverage": (CoverageLaw(scale=-2.0, exponent=-0.4), (np.geomspace(1, 1e3, 20),), "exponent"),
    "critical batch": (CriticalBatch(2.1e8, 0.21), (np.linspace(2, 5, 12),), "alpha_B"),
}  # fmt: skip


@pytest.mark.parametrize("what", FOUND)
def test_a_law_is_found_in_noisy_runs(what):
    law, where, name = FOUND[what]
    exact = np.asarray(law(*where))
    noise = np.exp(0.003 * np.random.default_rng(1).standard_normal(exact.shape))
    variables = list(type(law).__call__.__code__.co_varnames[1 : 1 + len(where)])
    runs = dict(zip(variables, where, strict=True))
    # n only rescales C_T; without saturation Ê counts the experts.
    unseen = {
        "rounding": {"n": 0.0},
        "a trend in compute": {"unit": 1.0},
        "routing": {"E_start": 1.0, "E_max": np.inf},
    }
    held = unseen.get(what, {})
    fit = fit_law(type(law), {**runs, "y": exact * noise}, loss="y", fixed=held)
    assert fit.converged and isinstance(fit.law, type(law))
    low, high = fit.bootstrap(200).interval(name, 0.99)
    assert low <= getattr(law, name) <= high, (low, getattr(law, name), high)
    np.testing.assert_allclose(fit.law(*where), exact, rtol=0.01)


def test_the_worth_of_repeated_data():
    U = np.repeat([1e8, 1e9, 1e10], 24)
    sizes, epochs = (v.ravel() for v in np.meshgrid([1e7, 1e8, 1e9, 4e9], [1, 2, 4, 10, 20, 40]))
    runs = np.tile(sizes, 3), U * np.tile(epochs, 3), U
    loss = MUENNIGHOFF(*runs) * np.exp(0.003 * np.random.default_rng(0).standard_normal(72))
    fit = fit_repeated(*runs, loss, base=MUENNIGHOFF.base)
    low, high = fit.bootstrap(200).interval("R_D_star", 0.99)
    assert low < MUENNIGHOFF.R_D_star < high
    assert fit.law.law.value(4) == pytest.approx(MUENNIGHOFF.value(4), abs=0.02)
    free = fit_repeated(*runs, loss)
    assert free.converged and free.law.alpha == pytest.approx(MUENNIGHOFF.base.alpha, abs=0.05)
    small = runs[0] < 0.051 * U  # the size of the others is in excess: only there R_N_star counts
    held = fit_repeated(*(v[small] for v in (*runs, loss)), base=MUENNIGHOFF.base)
    assert "R_N_star" in held.held and any("R_N_star is held at 5.31" in n for n in held.notes)
    with pytest.raises(CourseError, match="No run repeats its data"):
        fit_repeated(runs[0], U, U, loss)


def test_a_mixture_is_chosen_from_fitted_laws():
    truth = [MixingLaw(2.0, 1.2, (-1.5, 0.3, 0.1)), MixingLaw(1.0, 1.0, (0.2, -1.5, -0.2))]
    rng = np.random.default_rng(0)
    r = rng.dirichlet([1, 1, 1], 30)
    fits = [
        fit_mixing(r, np.asarray(law(r)) * np.exp(0.002 * rng.standard_normal(30))) for law in truth
    ]
    np.testing.assert_allclose(
        best_mixture([fit.mixing for fit in fits]), best_mixture(truth), atol=0.06
    )
    with pytest.raises(CourseError, match="at least 2 domains"):
        fit_mixing(np.ones((5, 1)), np.ones(5))
    with pytest.raises(CourseError, match="proportions"):
        fit_mixing(r + 0.1, truth[0](r))


def test_a_task_from_capabilities_is_found():
    rng = np.random.default_rng(0)
    S = rng.normal(size=(40, 2))
    truth = ObservationalLaw(weights=(1.5, -0.7), bias=0.3)
    score = np.clip(np.asarray(truth(S)) + 0.005 * rng.standard_normal(40), 0.01, 0.99)
    law = fit_observational(S, score).observational
    assert law.weights == pytest.approx(truth.weights, abs=0.1)
    with pytest.raises(CourseError, match="score must lie between"):
        fit_observational(S, 100 * score)


def test_accuracy_and_error_of_a_loss():
    rng = np.random.default_rng(0)
    loss = np.linspace(0.4, 1.3, 40)
    truth = AccuracySigmoid(floor=0.25, height=0.7, midpoint=0.8, slope=8)
    accuracy = truth(loss) * np.exp(0.01 * rng.standard_normal(40))
    fit = fit_accuracy(loss, accuracy, floor=0.25)
    low, high = fit.bootstrap(200).interval("midpoint", 0.99)
    assert low < 0.8 < high and fit.law.floor == 0.25 and fit.held == ("floor",)
    assert fit_accuracy(loss, accuracy).law.floor == pytest.approx(0.25, abs=0.05)
    for bad in ({"accuracy": 100 * accuracy}, {"accuracy": accuracy, "floor": 1.0}):
        with pytest.raises(CourseError, match="lie between 0 and"):
            fit_accuracy(loss, **bad)
    law = ErrorLaw(epsilon=0.85, k=2.0, rate=0.75)
    fitted = fit_error(loss + 2, law(loss + 2)).law
    assert fitted.rate == pytest.approx(0.75, rel=1e-3)
    with pytest.raises(CourseError, match="divide percentages"):
        fit_error(loss, 100 * loss)


def test_a_chain_covers_what_two_steps_forecast():
    """The chained interval is wider than the second step's alone, and holds the truth as often as it says."""
    law, task = CHINCHILLA_REPLICATION, AccuracySigmoid(0.25, 0.7, 2.4, 4.0)
    n, d = (v.ravel() for v in np.meshgrid(np.geomspace(1e8, 3e9, 6), np.geomspace(2e9, 1e11, 6)))
    where = 3e10, 1e12
    truth, inside, wider = task(law(*where)), 0, 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        loss = np.asarray(law(n, d)) * np.exp(0.004 * rng.standard_normal(36))
        accuracy = np.asarray(task(law(n, d))) * np.exp(0.01 * rng.standard_normal(36))
        chain = Chain(
            fit_chinchilla(n, d, loss, delta=None).with_bootstrap(150),
            fit_accuracy(np.asarray(law(n, d)), accuracy, floor=0.25).with_bootstrap(150),
        )
        low, high = chain.interval(*where, level=0.8)
        inside += low <= truth <= high
        alone = chain.second.interval(lambda fitted: fitted(law(*where)), 0.8)
        wider += high - low > alone[1] - alone[0]
    # Two steps have more degrees of freedom than one: where the first adds little, it may be narrower.
    assert 12 <= inside <= 20 and wider >= 16
    low, high = chain.interval(*where, level=0.8)
    below, above = chain.interval(*where, level=0.8, new_run=True)
    assert low < chain.predict(*where) < high and above - below > high - low
    pair = chain.interval(np.array([1e9, 1e10]), np.array([1e11, 1e12]))
    assert pair[0].shape == (2,)
    with pytest.raises(CourseError, match="N and D"):
        chain.predict(1e9)


def test_the_fits_can_be_saved(tmp_path):
    loss = np.linspace(0.4, 1.3, 20)
    fits = [
        fit_accuracy(loss, AccuracySigmoid(0.25, 0.7, 0.8, 8)(loss), floor=0.25),
        fit_repeated(N, D, D / np.tile([1.0, 4, 16, 30, 2, 8, 1], 7), MUENNIGHOFF(N, D, D / np.tile([1.0, 4, 16, 30, 2, 8, 1], 7)), base=MUENNIGHOFF.base),
    ]  # fmt: skip
    for fit in fits:
        fit.save(tmp_path / "fit.json")
        again = load_fit(tmp_path / "fit.json")
        assert type(again) is type(fit)
        for name in fit.parameters:
            assert getattr(again.law, name) == pytest.approx(getattr(fit.law, name), rel=1e-6)


def grid(*axes):
    return [axis.ravel() for axis in np.meshgrid(*axes)]


# A law inside a law: the class, its variables, what is held, a number that the runs determine
NESTED = {
    "precision": (
        KUMAR,
        grid(np.geomspace(1e8, 1e9, 4), np.geomspace(2e9, 2e11, 4), [4.0, 6, 8, 16]),
        {"n_w": KUMAR.n_w, "gamma_a": 1, "n_a": 0, "gamma_kv": 1, "n_kv": 0},
        ("gamma_w", "alpha"),
    ),
    "distillation": (
        DistillationLaw(BUSBRIDGE_SUPERVISED, 2.5, 22.0, 1.3, 0.09, 2000, 25000, 0.32, 0.42, 0.7),
        grid(np.geomspace(1e8, 1e10, 5), np.geomspace(2e9, 5e11, 5), np.linspace(1.8, 3, 5)),
        {"supervised": BUSBRIDGE_SUPERVISED},
        ("c0", "gamma"),
    ),
    "experts": (
        LUDZIEJEWSKI,
        grid(np.geomspace(1e8, 3e9, 5), np.geomspace(5e9, 2e11, 5), [1.0, 2, 4, 8, 16, 32]),
        {"E_start": LUDZIEJEWSKI.E_start, "E_max": LUDZIEJEWSKI.E_max},
        ("alpha", "beta"),
    ),
}


@pytest.mark.parametrize("what", NESTED)
def test_laws_inside_laws_are_fitted(what, tmp_path):
    law, where, held, names = NESTED[what]
    exact = np.asarray(law(*where))
    noise = np.exp(0.001 * np.random.default_rng(1).standard_normal(exact.shape))
    variables = list(type(law).__call__.__code__.co_varnames[1 : 1 + len(where)])
    runs = dict(zip(variables, where, strict=True))
    fit = fit_law(type(law), {**runs, "loss": exact * noise}, fixed=held).with_bootstrap(60)
    assert fit.converged and isinstance(fit.law, type(law))
    for name in names:
        low, high = fit.interval(name, 0.99)
        assert low <= getattr(law, name) <= high, (name, low, getattr(law, name), high)
    np.testing.assert_allclose(fit.predict(*where), exact, rtol=0.005)
    fit.save(tmp_path / "fit.json")
    assert load_fit(tmp_path / "fit.json").law == fit.law


def test_a_law_inside_must_be_of_its_kind():
    _, where, _, _ = NESTED["distillation"]
    runs = dict(zip(("N_S", "D_S", "L_T"), where, strict=True))
    with pytest.raises(CourseError, match="supervised, which must be a JointLaw"):
        fit_law(DistillationLaw, {**runs, "loss": where[2]}, fixed={"supervised": KUMAR.base})
