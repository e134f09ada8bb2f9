"""What must hold for every law, whatever its constants."""

import warnings

import numpy as np
import pytest
from hypothesis import given, strategies as st

from scalinglaws.errors import CourseError
from scalinglaws.laws import (
    AllocationLaw,
    BrokenPowerLaw,
    ChinchillaLaw,
    CoverageLaw,
    DataConstrainedLaw,
    PowerLaw,
    Transformer,
    Trend,
    coverage,
    effective_amount,
    exact_match,
    implied_inference,
    lifetime_flops,
    lifetime_optimum,
    pass_at_k,
    training_cost,
    training_flops,
)

pytestmark = pytest.mark.filterwarnings("error")

exponents = st.floats(0.05, 1.5)
floors = st.floats(0, 3)
coefficients = st.floats(0.5, 5e4)
sizes = st.floats(1e3, 1e13)
budgets = st.floats(1e8, 1e28)
chinchillas = st.builds(
    ChinchillaLaw, E=floors, A=coefficients, B=coefficients, alpha=exponents, beta=exponents
)
power_laws = st.builds(PowerLaw, A=coefficients, alpha=exponents, E=floors)


@given(chinchillas, budgets)
def test_the_optimum_spends_the_budget(law, C):
    assert 6 * law.N_opt(C) * law.D_opt(C) == pytest.approx(C)
    assert law.a + law.b == pytest.approx(1)


@given(chinchillas, budgets, st.floats(0.01, 100))
def test_nothing_on_the_budget_line_beats_the_optimum(law, C, factor):
    N, D = law.N_opt(C), law.D_opt(C)
    assert law(N, D) == pytest.approx(law.L_opt(C))
    assert law(N * factor, D / factor) >= law.L_opt(C) * (1 - 1e-12)


@given(chinchillas, budgets)
def test_at_the_optimum_the_marginal_gains_balance(law, C):
    N, D = law.N_opt(C), law.D_opt(C)
    assert law.alpha * law.N_term(N) == pytest.approx(law.beta * law.D_term(D))
    share = law.N_term(N) / (law.N_term(N) + law.D_term(D))
    assert share == pytest.approx(law.beta / (law.alpha + law.beta))


@given(chinchillas, budgets)
def test_inverse_of_inverse(law, C):
    L = law.L_opt(C)
    if L - law.E > 1e-6 * L:  # else the reducible loss is lost to rounding
        assert law.C_for(L) == pytest.approx(C, rel=1e-4)
        N, D = law.N_opt(C), law.D_opt(C)
        assert law.N_for(L, D) == pytest.approx(N, rel=1e-3)
        assert law.D_for(L, N) == pytest.approx(D, rel=1e-3)
        assert law.overspend(N, D) == pytest.approx(1, rel=1e-4)


@given(chinchillas, sizes, sizes, st.floats(1.01, 100))
def test_more_of_anything_never_hurts(law, N, D, factor):
    assert law(N * factor, D) <= law(N, D)
    assert law(N, D * factor) <= law(N, D)
    assert law.L_opt(6 * N * D * factor) <= law.L_opt(6 * N * D)
    assert law(N, D) >= law.E


@given(chinchillas, sizes, sizes, st.floats(1e-3, 1e3))
def test_units_are_consistent(law, N, D, unit):
    """Counting tokens in another unit (characters, say) changes B and nothing else."""
    other = ChinchillaLaw(
        E=law.E, A=law.A, B=law.B * unit**law.beta, alpha=law.alpha, beta=law.beta
    )
    assert other(N, D * unit) == pytest.approx(law(N, D))


@given(power_laws, sizes, st.floats(1.01, 1e3))
def test_power_law(law, x, factor):
    assert law(x * factor) <= law(x)
    assert law.reducible(x * factor) == pytest.approx(law.reducible(x) * law.factor(factor))
    assert -law.alpha * (1 + 1e-12) <= law.slope(x) <= 0
    assert law.reducible(law.x_c) == pytest.approx(1)
    if law.reducible(x) > 1e-6 * law(x):
        assert law.x_for(law(x)) == pytest.approx(x, rel=1e-3)
    again = PowerLaw.from_scale(law.x_c, law.alpha, law.E)
    assert again(x) == pytest.approx(law(x))


@given(st.floats(0.1, 10), exponents, st.floats(1, 1e20), budgets)
def test_trend_inverts(k, exponent, unit, x):
    trend = Trend(k, exponent, unit)
    assert trend.x_for(trend(x)) == pytest.approx(x, rel=1e-6)
    if unit == 1:
        law = AllocationLaw.from_N(trend)
        assert 6 * law.N_opt(x) * law.D_opt(x) == pytest.approx(x)


@given(chinchillas, st.floats(1e18, 1e26), st.floats(0, 1e16))
def test_lifetime_optimum(law, C, demand):
    L = law.L_opt(C)
    if L - law.E < 1e-6 * L:
        return
    N, D = lifetime_optimum(law, L, demand)
    assert law(N, D) == pytest.approx(L, rel=1e-9)
    assert law.N_opt(C) * (1 + 1e-4) >= N
    total = training_flops(N, D) + 2 * N * demand
    for factor in (0.9, 1.1):  # the neighbours that reach the same loss cost more
        other = law.D_for(L, N * factor)
        if np.isfinite(other):
            assert 6 * N * factor * other + 2 * N * factor * demand >= total * (1 - 1e-9)
    if demand > 1e-3 * D:
        assert implied_inference(law, N, D) == pytest.approx(demand, rel=1e-3)
        assert lifetime_flops(N, D, demand) == pytest.approx(total)


@given(st.floats(1e3, 1e12), st.floats(1, 1000), st.floats(0.1, 50))
def test_repeated_tokens_are_worth_less_and_never_worthless(unique, epochs, R_star):
    value = effective_amount(unique * epochs, unique, R_star)
    assert unique * (1 - 1e-9) <= value <= unique * min(epochs, 1 + R_star) * (1 + 1e-9)
    assert effective_amount(unique / 2, unique, R_star) == unique / 2


@given(chinchillas, st.floats(1e7, 1e11), st.floats(1e9, 1e12))
def test_fresh_data_give_the_base_law(law, N, D):
    constrained = DataConstrainedLaw(law)
    if constrained.N_per_token * D >= N:
        assert constrained(N, D, U=D) == pytest.approx(law(N, D))
    assert constrained(N, D, U=D / 10) >= constrained(N, D, U=D) * (1 - 1e-12)


@given(st.floats(0, 2), coefficients, st.floats(-1, 1), st.floats(-2, 2), st.floats(0.05, 2))
def test_broken_power_law_has_the_stated_slopes(a, b, c0, c1, f):
    law = BrokenPowerLaw(E=a, A=b, c0=c0, breaks=((c1, 1e5, f),))
    assert law.slope(1e5 * np.exp(-40 * f)) == pytest.approx(-c0, abs=1e-6)
    assert law.slope(1e5 * np.exp(40 * f)) == pytest.approx(-(c0 + c1), abs=1e-6)
    assert BrokenPowerLaw(a, b, c0)(10.0) == pytest.approx(a + b * 10.0**-c0)


@given(st.floats(0, 1), st.integers(1, 10_000))
def test_coverage(p, k):
    assert 0 <= coverage(p, k) <= 1
    assert coverage(p, k + 1) >= coverage(p, k)
    assert coverage(p, 1) == pytest.approx(p)


@given(st.integers(1, 60), st.data())
def test_pass_at_k_is_unbiased(n, data):
    c, k = data.draw(st.integers(0, n)), data.draw(st.integers(1, n))
    from math import comb

    assert pass_at_k(n, c, k) == pytest.approx(1 - comb(n - c, k) / comb(n, k))


def test_samples_raise_coverage_and_long_answers_seem_to_emerge():
    assert np.all(np.diff(CoverageLaw(scale=-2, exponent=-0.5)(np.arange(1, 50))) > 0)
    loss = np.linspace(2, 0.01, 50)
    assert exact_match(loss, 1) == pytest.approx(np.exp(-loss))
    assert np.all(np.diff(exact_match(loss, 30)) > 0)


def test_cost_is_a_range_and_linear_in_compute():
    cost = training_cost(6e23, peak=1e15, utilisation=(0.25, 0.5), price=(1, 3))
    assert cost.hours.low == pytest.approx(6e23 / 0.5e15 / 3600)
    assert cost.money.high / cost.money.low == pytest.approx(6)
    twice = training_cost(1.2e24, peak=1e15, utilisation=(0.25, 0.5), price=(1, 3))
    assert twice.money.middle == pytest.approx(2 * cost.money.middle)


@given(st.integers(1, 80), st.integers(64, 8192), st.integers(1, 64), st.integers(1, 8))
def test_a_mixture_has_more_parameters_and_the_same_active_ones(
    n_layer, d_model, n_expert, n_active
):
    shape = {"n_layer": n_layer, "d_model": d_model, "n_ctx": 512, "vocab": 1000}
    dense = Transformer(**shape)
    assert dense.N_nonembedding == 12 * n_layer * d_model**2  # Kaplan et al. 2020, eq. 2.1
    assert dense.N_active == dense.N
    if n_active <= n_expert and n_expert > 1:
        mixture = Transformer(**shape, n_expert=n_expert, n_active=n_active)
        assert mixture.N >= dense.N
        extra = mixture.N_active - dense.N - mixture.n_layer * mixture.router_params
        assert extra == n_layer * (n_active - 1) * dense.expert_params


CALLS = {
    "loss": lambda law, v: law(v, v),
    "N_opt": lambda law, v: law.N_opt(v),
    "D_opt": lambda law, v: law.D_opt(v),
    "L_opt": lambda law, v: law.L_opt(v),
    "C_for": lambda law, v: law.C_for(v),
    "tokens_per_param": lambda law, v: law.tokens_per_param(v),
    "overspend": lambda law, v: law.overspend(v, v),
}
LAW = ChinchillaLaw(E=1.69, A=406.4, B=410.7, alpha=0.34, beta=0.28)


@pytest.mark.parametrize("name", CALLS)
def test_broadcasting(name):
    call = CALLS[name]
    values = np.geomspace(2, 1e12, 6).reshape(2, 3)
    result = call(LAW, values)
    assert result.shape == (2, 3)
    assert result[1, 2] == call(LAW, values[1, 2])
    assert type(call(LAW, 1e10)) is float
    assert LAW(np.ones((4, 1)), np.ones((1, 5))).shape == (4, 5)
    assert call(LAW, [10, 100]).shape == (2,)  # plain lists and integers too


def test_limits_are_silent():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert LAW(np.inf, np.inf) == LAW.E
        assert LAW.C_for([1.0, LAW.E]).tolist() == [np.inf, np.inf]
        assert LAW.D_for(1.7, 1e6) == np.inf


@pytest.mark.parametrize(
    "call",
    [
        lambda: LAW(-1, 1e9),
        lambda: LAW(1e9, 0),
        lambda: LAW("many", 1e9),
        lambda: LAW(np.nan, 1e9),
        lambda: LAW(np.ma.masked_greater([1e9, 1e10], 5e9), 1e9),
        lambda: LAW([1e9, 1e10], [1e9, 1e10, 1e11]),
        lambda: ChinchillaLaw(E=-1, A=1, B=1, alpha=1, beta=1),
        lambda: ChinchillaLaw(E=1, A=1, B=1, alpha=-0.34, beta=1),
        lambda: PowerLaw(A=1, alpha=-0.1),
        lambda: PowerLaw(A=np.nan, alpha=0.1),
        lambda: coverage(1.2, 3),
        lambda: pass_at_k(3, 4, 1),
        lambda: training_cost(1e20, peak=1e15, utilisation=40, price=2),
        lambda: lifetime_optimum(LAW, 1.5, 0),
        lambda: Transformer(n_layer=0, d_model=8, n_ctx=8, vocab=8),
        lambda: Transformer(n_layer=1, d_model=8, n_ctx=8, vocab=8, n_active=2),
        lambda: AllocationLaw.from_tokens_per_param(20).L_opt(1e20),
    ],
)
def test_bad_input_gets_one_clear_sentence(call):
    with pytest.raises(CourseError) as error:
        call()
    assert str(error.value).endswith(".") and "\n" not in str(error.value)
