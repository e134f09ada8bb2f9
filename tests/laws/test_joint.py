"""The joint law holds both published forms, and its fit finds the constants of the world that made the runs."""

import numpy as np
import pytest

from scalinglaws.constants import CHINCHILLA, KAPLAN
from scalinglaws.errors import CourseError
from scalinglaws.fits import fit_chinchilla, fit_joint
from scalinglaws.laws import JointLaw

TRUTH = JointLaw(E=0.7, A=33.0, B=38.0, alpha=0.4, beta=0.3, gamma=0.6)
N, D = (v.ravel() for v in np.meshgrid(np.geomspace(3e3, 1e5, 6), np.geomspace(1e5, 1e7, 6)))


def test_gamma_1_is_chinchilla():
    law = JointLaw(**{k: getattr(CHINCHILLA, k) for k in ("E", "A", "B", "alpha", "beta")}, gamma=1)
    n, d = np.geomspace(1e7, 1e12, 5), np.geomspace(1e12, 1e9, 5)
    assert law(n, d) == pytest.approx(CHINCHILLA(n, d))
    for C in (1e18, 1e24):
        assert law.N_opt(C) == pytest.approx(CHINCHILLA.N_opt(C))
        assert law.L_opt(C) == pytest.approx(CHINCHILLA.L_opt(C))


def test_without_a_floor_and_gamma_beta_it_is_kaplan():
    k = KAPLAN.L_ND
    law = JointLaw(0.0, k.N_c**k.alpha_N, k.D_c**k.alpha_D, k.alpha_N, k.alpha_D, gamma=k.alpha_D)
    n, d = np.geomspace(1e6, 1e9, 5), np.geomspace(1e10, 1e8, 5)
    assert law(n, d) == pytest.approx(k(n, d))


def test_the_optimum_is_the_lowest_point_of_the_budget():
    C = 1e12
    n = np.geomspace(0.1, 10, 4001) * TRUTH.N_opt(C)
    losses = TRUTH(n, C / (6 * n))
    assert n[np.argmin(losses)] == pytest.approx(TRUTH.N_opt(C), rel=2e-3)
    assert losses.min() == pytest.approx(TRUTH.L_opt(C))
    assert 6 * TRUTH.N_opt(C) * TRUTH.D_opt(C) == pytest.approx(C)


def test_with_endless_data_the_other_term_stands_alone():
    assert TRUTH(1e4, 1e300) == pytest.approx(TRUTH.E + TRUTH.A * 1e4**-TRUTH.alpha)


def test_the_fit_finds_the_truth_and_its_interval_holds_it():
    loss = TRUTH(N, D) * np.exp(0.005 * np.random.default_rng(3).standard_normal(len(N)))
    fit = fit_joint(N, D, loss)
    assert abs(fit.law.gamma - TRUTH.gamma) < 0.1
    fit = fit.with_bootstrap(200)
    low, high = fit.interval("gamma", 0.99)
    assert low < TRUTH.gamma < high
    low, high = fit.interval(lambda law: law.N_opt(1e12), 0.99)
    assert low < TRUTH.N_opt(1e12) < high
    assert fit.rmse_log < 0.6 * fit_chinchilla(N, D, loss, delta=None).rmse_log
    assert fit.residual_autocorrelation < 3


def test_the_jacobian_is_that_of_the_residuals():
    estimator = fit_joint(N, D, TRUTH(N, D)).estimator
    surface, theta = estimator.regression, estimator.theta[None] + 0.1
    jacobian = surface.jacobian(theta)[1][0]
    for i, step in enumerate(1e-6 * np.eye(6)):
        numeric = (surface.log_loss(theta + step) - surface.log_loss(theta - step))[0] / 2e-6
        assert jacobian[i] == pytest.approx(numeric, abs=1e-7)


def test_bad_runs_are_refused():
    with pytest.raises(CourseError, match="too few"):
        fit_joint(N[:6], D[:6], TRUTH(N, D)[:6])
    with pytest.raises(CourseError, match="only one value"):
        fit_joint(N, np.full_like(D, 1e6), TRUTH(N, D))
    with pytest.raises(CourseError, match="gamma"):
        JointLaw(1, 1, 1, 1, 1, gamma=0)
