"""Fits recover stated laws, know when they converged, and refuse what cannot be fitted."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from scalinglaws.constants import CHINCHILLA, CHINCHILLA_REPLICATION
from scalinglaws.errors import CourseError
from scalinglaws.fits import (
    compare_held_out,
    coverage,
    fit_broken_power_law,
    fit_chinchilla,
    fit_envelope,
    fit_isoflop,
    fit_law,
    fit_power_law,
    next_runs,
)
from scalinglaws.fits.bootstrap import Multipliers
from scalinglaws.fits.newton import (
    Problem,
    derivatives,
    log_loss,
    minimise,
    objective,
    starting_points,
)
from scalinglaws.fits.scaling import Scaling
from scalinglaws.laws import BrokenPowerLaw, ChinchillaLaw, JointLaw, OvertrainingLaw, PowerLaw

pytestmark = pytest.mark.filterwarnings("error")

CURVE = PowerLaw(A=400.0, alpha=0.34, E=1.7)
LAWS = {
    "Chinchilla": CHINCHILLA,
    "replication": CHINCHILLA_REPLICATION,
    "no floor": ChinchillaLaw(E=0.0, A=50, B=80, alpha=0.2, beta=0.25),
    "steep": ChinchillaLaw(E=0.5, A=3e4, B=2e6, alpha=0.7, beta=0.8),
}


def surface_runs(n=240, noise=0.0, seed=0, law=CHINCHILLA):
    rng = np.random.default_rng(seed)
    N, D = 10 ** rng.uniform(7.8, 10.2, n), 10 ** rng.uniform(9.3, 11.7, n)
    return N, D, law(N, D) * np.exp(noise * rng.standard_normal(n))


def curve_runs(n=30, noise=0.0, seed=0, law=CURVE):
    x = np.geomspace(1e6, 1e10, n)
    return x, law(x) * np.exp(noise * np.random.default_rng(seed).standard_normal(n))


class TestNewton:
    @pytest.mark.parametrize("delta", [np.inf, 1e-2])
    @pytest.mark.parametrize("K", [1, 2])
    def test_derivatives_against_finite_differences(self, delta, K):
        rng = np.random.default_rng(1)
        problem = Problem(rng.normal(size=(K, 40)), rng.normal(size=40) * 0.3, delta)
        theta = np.concatenate([[0.4], rng.normal(size=K) * 0.2, [0.3] * K])
        weights, step = rng.uniform(0.5, 2, size=(1, 40)), 1e-5

        def at(point):
            point = point[None]
            value = objective(problem, point, weights)[0]
            found = derivatives(problem, *log_loss(problem, point), weights, problem.y[None])
            return value, found[0][0], found[1][0]

        _, gradient, hessian = at(theta)
        for i in range(problem.P):
            shift = step * np.eye(problem.P)[i]
            f_up, g_up, _ = at(theta + shift)
            f_down, g_down, _ = at(theta - shift)
            assert gradient[i] == pytest.approx((f_up - f_down) / 2 / step, rel=1e-5, abs=1e-8)
            if np.isinf(delta):  # Huber's second derivative jumps
                assert hessian[i] == pytest.approx((g_up - g_down) / 2 / step, rel=1e-4, abs=1e-6)

    @pytest.mark.parametrize("delta", [None, 1e-3])
    @pytest.mark.parametrize("name", LAWS)
    def test_every_start_recovers_the_law_to_six_digits(self, name, delta):
        law = LAWS[name]
        N, D, loss = surface_runs(law=law)
        frame = Scaling.of(tuple, [N, D], loss, np.ones(len(N)), delta or np.inf)
        solution = frame.minimise(starting_points(frame.problem))
        assert solution.converged.all()
        for E, a, p in zip(*frame.parameters(solution.theta), strict=True):
            assert [E, *a, *p] == pytest.approx(
                [law.E, law.A, law.B, law.alpha, law.beta], rel=1e-6, abs=1e-6
            )

    @pytest.mark.parametrize("seed", range(5))
    def test_wild_starts_end_at_the_same_minimum_or_say_that_they_failed(self, seed):
        N, D, loss = surface_runs(noise=0.01, seed=seed)
        frame = Scaling.of(tuple, [N, D], loss, np.ones(len(N)), 1e-3)
        best = frame.minimise(starting_points(frame.problem)).objective.min()
        rng = np.random.default_rng(seed)
        starts = np.column_stack(
            [rng.uniform(0, 1, 40), rng.uniform(-3, 1, (40, 2)), rng.uniform(0.02, 1.5, (40, 2))]
        )
        solution = frame.minimise(starts)
        assert solution.converged.mean() > 0.8
        assert solution.objective[solution.converged] == pytest.approx(best, rel=1e-6)

    def test_a_step_limit_is_not_called_convergence(self, monkeypatch):
        from scalinglaws.fits import estimator, gauss_newton, newton

        monkeypatch.setattr(estimator, "_PATIENCE", 0)
        monkeypatch.setattr(newton, "_MAX_STEPS", 3)
        monkeypatch.setattr(gauss_newton, "_MAX_STEPS", 1)
        fit = fit_chinchilla(*surface_runs(noise=0.01))
        assert not fit.converged
        assert "NOT CONVERGED" in repr(fit) and "NOT CONVERGED" in fit._repr_html_()

    def test_chunks_change_nothing(self, monkeypatch):
        from scalinglaws.fits import newton

        N, D, loss = surface_runs(60, 0.01)
        frame = Scaling.of(tuple, [N, D], loss, np.ones(60), np.inf)
        starts = starting_points(frame.problem)
        whole = minimise(frame.problem, starts)
        monkeypatch.setattr(newton, "_CHUNK", 1)
        assert minimise(frame.problem, starts).theta == pytest.approx(whole.theta, rel=1e-9)


class TestPowerLaw:
    @pytest.mark.parametrize(
        "law", [CURVE, PowerLaw(A=10, alpha=0.05), PowerLaw(A=3e7, alpha=1.2, E=0.2)]
    )
    def test_recovers_a_law_to_six_digits(self, law):
        fit = fit_power_law(*curve_runs(law=law))
        assert fit.converged
        assert [fit.A, fit.alpha, fit.E] == pytest.approx(
            [law.A, law.alpha, law.E], rel=1e-6, abs=1e-6
        )
        assert fit.predict(1e12) == pytest.approx(law(1e12))

    def test_floor_false_is_a_straight_line_on_log_axes(self):
        x, loss = curve_runs(noise=0.02)
        fit = fit_power_law(x, loss, floor=False)
        slope, intercept = np.polyfit(np.log(x), np.log(loss), 1)
        assert fit.alpha == pytest.approx(-slope) and pytest.approx(np.exp(intercept)) == fit.A
        assert fit.E == 0 and not fit.at_bound

    def test_the_straight_line_illusion(self):
        """pitfalls.md 2: R² 0.97, slope -0.061, and an extrapolation below the floor."""
        law = PowerLaw(A=406.4, alpha=0.34, E=1.69)
        x = np.geomspace(1e8, 1e10, 100)
        fit = fit_power_law(x, law(x), floor=False)
        assert fit.r2_log == pytest.approx(0.97, abs=5e-3)
        assert fit.alpha == pytest.approx(0.061, abs=1e-3)
        assert fit.predict(1e12) == pytest.approx(1.36, abs=0.02) and law(1e12) > 1.72
        assert fit.law.x_for(1.69) == pytest.approx(3e10, rel=0.1)

    def test_a_wrong_floor_bends_the_exponent(self):
        """pitfalls.md 2: an error of ∓0.1 in E turns 0.34 into 0.26 or 0.51."""
        law = PowerLaw(A=406.4, alpha=0.34, E=1.69)
        x = np.geomspace(1e8, 1e10, 100)
        low = fit_power_law(x, law(x), floor=1.59).alpha
        high = fit_power_law(x, law(x), floor=1.79).alpha
        assert 0.24 < low < 0.29 and 0.42 < high < 0.55

    def test_floor_can_be_held(self):
        fit = fit_power_law(*curve_runs(noise=0.01), floor=1.6)
        assert pytest.approx(1.6) == fit.E
        with pytest.raises(CourseError, match="between 0 and the lowest loss"):
            fit_power_law(*curve_runs(), floor=5)

    def test_says_so_when_the_floor_hits_its_bound(self):
        x = np.geomspace(1e6, 1e9, 12)
        fit = fit_power_law(x, PowerLaw(A=20, alpha=0.1)(x) * np.where(x > 1e8, 0.98, 1))
        assert fit.at_bound and fit.E == 0 and "bound 0" in repr(fit)

    def test_profile_is_lowest_at_the_fit(self):
        fit = fit_power_law(*curve_runs(noise=0.01))
        profile = fit.profile("E", points=21)
        assert (profile["objective"] >= fit.objective * (1 - 1e-9)).all()
        lowest = profile.loc[profile["objective"].idxmin(), "E"]
        assert lowest == pytest.approx(fit.E, abs=0.1)

    def test_huber_shrugs_off_an_outlier(self):
        x, loss = curve_runs(noise=0.003)
        loss[7] *= 1.5
        robust = fit_power_law(x, loss, delta=0.01)
        plain = fit_power_law(x, loss)
        assert abs(robust.alpha - 0.34) < 0.02 < abs(plain.alpha - 0.34)

    def test_weights_select_runs(self):
        x, loss = curve_runs(noise=0.01)
        keep = np.arange(len(x)) % 3 > 0
        weighted = fit_power_law(x, loss, weights=keep.astype(float))
        assert weighted.alpha == pytest.approx(fit_power_law(x[keep], loss[keep]).alpha, rel=1e-6)

    def test_units_of_x_and_loss_do_not_matter(self):
        x, loss = curve_runs(noise=0.01)
        fit, other = fit_power_law(x, loss), fit_power_law(x / 1e9, loss / np.log(2))
        assert other.alpha == pytest.approx(fit.alpha, rel=1e-6)
        assert other.E * np.log(2) == pytest.approx(fit.E, rel=1e-6)

    @pytest.mark.parametrize(
        ("x", "loss", "says"),
        [
            ([1, 2, 3], [3, 2, 1], "too few"),
            ([1, 2, 3, 4, 5], [5, 4, 3, 2], "differ in length"),
            ([1, 2, 3, 4, 5], [5, 4, np.nan, 2, 1], r"loss is missing \(NaN\) in row 2"),
            ([1, -2, 3, 0, 5], [5, 4, 3, 2, 1], "x is zero or negative in rows 1, 3"),
            ([1, 2, 3, np.inf, 5], [5, 4, 3, 2, 1], "x is infinite in row 3"),
            ([1, 1, 1, 2, 2], [5, 4, 3, 2, 1], "only 2 values of x"),
            ([1, 2, 3, 4, 5], [1, 2, 3, 4, 5], "does not fall"),
            (None, [1, 2, 3, 4, 5], "x is missing"),
            (["a"] * 5, [5, 4, 3, 2, 1], "numbers only"),
            ([[1, 2, 3, 4, 5]], [5, 4, 3, 2, 1], "one-dimensional"),
        ],
    )
    def test_bad_runs(self, x, loss, says):
        with pytest.raises(CourseError, match=says) as error:
            fit_power_law(x, loss)
        assert "\n" not in str(error.value)


class TestChinchilla:
    def test_noisy_runs(self):
        N, D, loss = surface_runs(noise=0.01)
        fit = fit_chinchilla(N, D, loss)
        assert fit.converged and "9 of 9 starts" in fit.evidence
        assert fit.law.a == pytest.approx(CHINCHILLA.a, abs=0.06)
        low, high = fit.interval("a")
        assert low < fit.law.a < high

    def test_beats_what_scipy_finds_from_the_truth(self):
        from scipy.optimize import minimize as scipy_minimize

        N, D, loss = surface_runs(noise=0.01)
        fit = fit_chinchilla(N, D, loss)

        def huber_sum(parameters):
            a, b, e, alpha, beta = parameters
            model = np.exp(a) * N**-alpha + np.exp(b) * D**-beta + np.exp(e)
            size = np.abs(np.log(model / loss))
            return np.where(size <= 1e-3, size**2 / 2, 1e-3 * (size - 5e-4)).sum()

        law = CHINCHILLA
        start = [np.log(law.A), np.log(law.B), np.log(law.E), law.alpha, law.beta]
        scipys = scipy_minimize(huber_sum, start, method="L-BFGS-B")
        assert fit.objective <= scipys.fun * (1 + 1e-9)
        law = fit.law
        ours = [np.log(law.A), np.log(law.B), np.log(law.E), law.alpha, law.beta]
        assert huber_sum(ours) == pytest.approx(fit.objective, rel=1e-9)

    def test_constants_are_hardly_identified_but_predictions_are(self):
        fit = fit_chinchilla(*surface_runs(noise=0.01))
        samples = fit.samples()
        assert np.corrcoef(np.log(samples["B"]), samples["beta"])[0, 1] > 0.99
        low, high = fit.interval("B")
        assert high / low > 2
        low, high = fit.predict_interval(1e10, 1e12)
        assert high / low < 1.05

    def test_optimum_and_intervals_agree(self):
        fit = fit_chinchilla(*surface_runs(noise=0.01))
        table = fit.optimum(1e23)
        assert table.loc["N_opt", "value"] == fit.N_opt(1e23) == fit.law.N_opt(1e23)
        low, high = fit.interval(lambda law: law.N_opt(1e23))
        assert (table.loc["N_opt", "low"], table.loc["N_opt", "high"]) == (low, high)
        wide = fit.interval("alpha", 0.99)
        assert wide[0] < fit.interval("alpha", 0.8)[0]
        inner = fit.predict_interval(1e10, 1e12)
        outer = fit.predict_interval(1e10, 1e12, new_run=True)
        assert outer[0] < inner[0] and outer[1] > inner[1]

    def test_bootstrap_is_reproducible_and_grouped(self):
        N, D, loss = surface_runs(80, noise=0.02)
        fit = fit_chinchilla(N, D, loss, delta=None)
        again = fit_chinchilla(N, D, loss, delta=None)
        assert fit.interval("a") == again.interval("a")
        # Four copies of each run are no new information: the interval stays as wide as it was, whether
        # the caller says that they belong together or not.
        copies = [np.repeat(v, 4) for v in (N, D, loss)]
        grouped = fit_chinchilla(*copies, delta=None, groups=np.repeat(np.arange(80), 4))
        blind = fit_chinchilla(*copies, delta=None)

        def width(fit):
            return np.subtract(*fit.interval("a")[::-1])

        assert width(grouped) == pytest.approx(width(fit), rel=0.2)
        assert width(blind) == pytest.approx(width(grouped), rel=0.1)
        assert "240 of the 320 runs repeat another exactly" in repr(blind)

    def test_resamples_that_fail_are_counted(self):
        """Data that hardly matter: in many a resample the loss does not fall with D at all."""
        rng = np.random.default_rng(3)
        N, D = 10 ** rng.uniform(7.8, 10.2, 15), 10 ** rng.uniform(11, 11.7, 15)
        loss = (1.7 + 400 * N**-0.34 + 0.02 * D**-0.05) * np.exp(0.01 * rng.standard_normal(15))
        fit = fit_chinchilla(N, D, loss, delta=None)
        fitted = len(fit.bootstrap(200))
        assert (
            fitted < 196 and f"only {fitted} of 200 resamples" in fit.with_bootstrap(200).to_text()
        )

    def test_drop_highest(self):
        N, D, loss = surface_runs(noise=0.005)
        rows = [3, 50]
        loss[rows] *= 3
        fit = fit_chinchilla(N, D, loss, drop_highest=2)
        assert fit.dropped == (3, 50) and fit.n == 238 and "rows 3, 50" in repr(fit)
        clean = np.delete(np.arange(240), rows)
        assert fit.law == fit_chinchilla(N[clean], D[clean], loss[clean]).law

    def test_floor_can_be_left_out_or_held(self):
        N, D, loss = surface_runs(noise=0.01)
        assert fit_chinchilla(N, D, loss, floor=False).law.E == 0
        assert pytest.approx(1.5) == fit_chinchilla(N, D, loss, floor=1.5).law.E

    def test_two_sizes_are_enough_where_the_floor_is_held(self):
        N, D, _ = surface_runs()
        N = np.where(N > 1e9, 3e9, 1e8)
        runs = N, D, CHINCHILLA(N, D)
        law = fit_chinchilla(*runs, floor=CHINCHILLA.E).law
        assert (law.alpha, law.beta) == pytest.approx((CHINCHILLA.alpha, CHINCHILLA.beta), rel=1e-6)
        with pytest.raises(CourseError, match="only 2 values of N, and this law needs at least 3"):
            fit_chinchilla(*runs)

    @pytest.mark.parametrize(
        ("change", "says"),
        [
            (lambda N, D, L: (np.full_like(N, 1e9), D, L), "only one value of N"),
            (lambda N, D, L: (N, np.full_like(D, 1e9), L), "only one value of D"),
            (lambda N, D, L: (np.where(N > 1e9, 3e9, 1e8), D, L), "only 2 values of N"),
            (lambda N, D, L: (N, 20 * N, L), "tied to each other"),
            (lambda N, D, L: (N, None, L), "column D is missing"),
            (
                lambda N, D, L: (N, D, -L),
                "loss is zero or negative in rows 0, 1, 2, 3, 4 and 15 more",
            ),
            (lambda N, D, L: (N[:5], D[:5], L[:5]), "too few"),
            (lambda N, D, L: (N, D, np.sort(L)[np.argsort(np.argsort(N))]), "as N grows"),
        ],
    )
    def test_bad_runs(self, change, says):
        with pytest.raises(CourseError, match=says):
            fit_chinchilla(*change(*surface_runs(20, 0.01)))

    def test_bad_options(self):
        runs = surface_runs(20, 0.01)
        for options in ({"delta": -1}, {"drop_highest": 18}, {"weights": [1, 2]}, {"groups": [1]}):
            with pytest.raises(CourseError):
                fit_chinchilla(*runs, **options)
        with pytest.raises(CourseError, match="between 0 and 1"):
            fit_chinchilla(*runs).interval("a", 95)


class TestIsoflop:
    def grid(self, noise=0.0, law=CHINCHILLA_REPLICATION, seed=0):
        C = np.repeat(np.geomspace(6e18, 3e21, 9), 7)
        N = law.N_opt(C) * np.tile(np.geomspace(1 / 3, 3, 7), 9)
        noise = np.exp(noise * np.random.default_rng(seed).standard_normal(len(C)))
        return N, law(N, C / (6 * N)) * noise, C

    def test_noise_free_minima_are_within_one_percent(self):
        N, loss, C = self.grid()
        fit = fit_isoflop(N, loss, C=C)
        truth = CHINCHILLA_REPLICATION.N_opt(fit.minima["C"])
        assert fit.minima["N_opt"].to_numpy() / truth == pytest.approx(1, abs=0.01)
        assert fit.law.a == pytest.approx(CHINCHILLA_REPLICATION.a, abs=0.002)
        assert 6 * fit.N_opt(1e22) * fit.D_opt(1e22) == pytest.approx(1e22)

    def test_parabola_in_linear_N_would_miss(self):
        """pitfalls.md 1: fitting against N instead of ln N."""
        N, loss, C = self.grid()
        rows = C[0] == C
        q2, q1, _ = np.polyfit(N[rows] / 1e9, loss[rows], 2)
        assert abs(np.log(-q1 / 2 / q2 * 1e9 / CHINCHILLA_REPLICATION.N_opt(C[0]))) > 0.1

    def test_D_or_nearly_equal_budgets_will_do(self):
        N, loss, C = self.grid()
        assert fit_isoflop(N, loss, D=C / (6 * N)).law.a == pytest.approx(
            fit_isoflop(N, loss, C=C).law.a
        )
        wobble = C * np.random.default_rng(0).uniform(0.99, 1.01, len(C))
        assert len(fit_isoflop(N, loss, C=wobble).minima) == 9

    def test_D_of_exactly_counted_budgets_is_read_from_the_runs(self):
        N, loss, C = self.grid()
        exact = 1.3 * C  # attention and logits cost 30 % on top of 6·N·D, say
        fit = fit_isoflop(N, loss, C=exact, D=C / (6 * N))
        plain = fit_isoflop(N, loss, C=C)
        assert fit.minima["D_opt"].to_numpy() == pytest.approx(plain.minima["D_opt"].to_numpy())
        assert fit.D_opt(1.3e20) == pytest.approx(plain.D_opt(1e20))

    def test_skips_what_has_no_minimum(self):
        N, loss, C = self.grid()
        right = (C[0] == C) & (CHINCHILLA_REPLICATION.N_opt(C[0]) * 0.8 < N)
        keep = ~right & ~((C[-1] == C) & (np.arange(len(C)) > len(C) - 6))
        fit = fit_isoflop(N[keep], loss[keep], C=C[keep])
        assert sorted(fit.skipped.values()) == [
            "fewer than three sizes", "the minimum lies outside the sizes trained"]  # fmt: skip
        assert len(fit.minima) == 7 and "left out" in repr(fit)
        with pytest.raises(CourseError, match="only one value of C"):
            fit_isoflop(N[:7], loss[:7], C=C[:7])

    def test_within(self):
        N, loss, C = self.grid()
        fit = fit_isoflop(N, loss, C=C, within=2)
        assert (fit.minima["runs"] == 3).all() or (fit.minima["runs"] <= 5).all()
        with pytest.raises(CourseError):
            fit_isoflop(N, loss, C=C, within=0.5)

    def test_interval_covers_the_parabolas_own_limit(self):
        N, loss, C = self.grid(noise=0.003)
        low, high = fit_isoflop(N, loss, C=C).interval("a")
        assert low < CHINCHILLA_REPLICATION.a < high

    def test_the_lowest_loss_has_a_floor(self):
        N, loss, C = self.grid()
        fit = fit_isoflop(N, loss, C=C)
        assert pytest.approx(CHINCHILLA_REPLICATION.E, rel=0.03) == fit.law.L.E
        assert fit.L_opt(1e24) == pytest.approx(CHINCHILLA_REPLICATION.L_opt(1e24), rel=0.01)
        assert "lowest loss: 1.8" in repr(fit)

    def test_three_budgets_cannot_tell_a_floor_and_say_so(self):
        N, loss, C = self.grid()
        fit = fit_isoflop(N[:21], loss[:21], C=C[:21])
        assert fit.law.L.E == 0 and fit.L_opt(1e24) < CHINCHILLA_REPLICATION.L_opt(1e24)
        assert "L_opt is probably too low" in repr(fit)

    def test_a_loss_that_does_not_fall_is_a_constant(self):
        N, loss, C = self.grid()
        fit = fit_isoflop(N, loss / CHINCHILLA_REPLICATION.L_opt(C) * (C / C[0]) ** 0.01, C=C)
        assert fit.L_opt(1e18) == pytest.approx(fit.L_opt(1e24)) == pytest.approx(1.0, abs=0.1)

    @pytest.mark.parametrize("name", ["N_opt", "L_opt"])
    def test_minima_off_their_law_widen_its_intervals_and_no_other(self, name):
        N, loss, C = self.grid(noise=0.003)
        bend = np.resize([0.97, 1 / 0.97], 9)[np.repeat(np.arange(9), 7)]
        if name == "N_opt":
            bent = fit_isoflop(N * bend**15, loss, C=C)
        else:
            bent = fit_isoflop(N, loss * bend, C=C)
        plain = fit_isoflop(N, loss, C=C)
        other = {"N_opt": "L_opt", "L_opt": "N_opt"}[name]

        def width(fit, name):
            low, high = fit.interval(lambda law: np.log(getattr(law, name)(1e22)))
            return high - low

        assert f"from the law of {name} as noise explains" in bent.resamples.reason
        assert f"the law of {other}" not in bent.resamples.reason
        assert "noise explains" not in plain.resamples.reason
        assert width(bent, name) > 3 * width(plain, name)
        assert width(bent, other) == pytest.approx(width(plain, other), rel=0.5)

    def test_a_budget_without_noise_is_luck_and_widens_nothing(self):
        N, loss, C = self.grid(noise=0.003)
        quiet = slice(28, 35)
        z = np.log(N[quiet])
        loss[quiet] = np.polyval(np.polyfit(z, loss[quiet], 2), z)
        fit = fit_isoflop(N, loss, C=C)
        assert "noise explains" not in fit.bootstrap(200).reason

    def test_noise_moves_a_minimum_as_far_up_as_down(self):
        N, loss, C = self.grid(noise=0.006)
        fit = fit_isoflop(N, loss, C=C)
        low, high = np.log(fit.interval(lambda law: law.N_opt([1e19, 1e22])))
        middle = np.log(fit.N_opt([1e19, 1e22]))
        assert (low + high) / 2 == pytest.approx(middle, abs=0.1 * np.max(high - low))


class TestEnvelope:
    def curves(self, law=CHINCHILLA_REPLICATION):
        sizes = np.geomspace(5e7, 2e10, 25)
        rows = [(i, N, D) for i, N in enumerate(sizes) for D in np.geomspace(N, 300 * N, 60)]
        run, N, D = (np.array(column) for column in zip(*rows, strict=True))
        return {"N": N, "D": D, "loss": law(N, D), "run": run}

    def test_recovers_the_exponent(self):
        fit = fit_envelope(**self.curves())
        assert fit.law.a == pytest.approx(CHINCHILLA_REPLICATION.a, abs=0.02)
        assert fit.N_opt(1e21) == pytest.approx(CHINCHILLA_REPLICATION.N_opt(1e21), rel=0.05)
        low, high = fit.interval("a")
        assert low < high

    def test_the_lowest_loss_has_a_floor(self):
        fit = fit_envelope(**self.curves())
        truth = CHINCHILLA_REPLICATION.L_opt(1e25)
        assert fit.L_opt(1e25) == pytest.approx(truth, rel=0.02)
        low, high = fit.interval(lambda law: law.L_opt(1e22))
        assert low < CHINCHILLA_REPLICATION.L_opt(1e22) < high

    def test_bad_curves(self):
        curves = self.curves()
        with pytest.raises(CourseError, match="several N"):
            fit_envelope(**{**curves, "run": np.zeros_like(curves["run"])})
        few = np.unique(curves["N"])[3] > curves["N"]
        with pytest.raises(CourseError, match="only 3 values of N"):
            fit_envelope(**{name: column[few] for name, column in curves.items()})

    def test_its_interval_counts_runs_and_not_points(self):
        fit = fit_envelope(**self.curves(), points=300)
        assert fit.resamples.units == 25

    def test_its_lowest_loss_is_known_as_well_as_many_runs_know_it(self):
        curves = self.curves()
        noise = 0.003 * np.random.default_rng(1).standard_normal(25)
        curves["loss"] = curves["loss"] * np.exp(noise[curves["run"].astype(int)])
        fit = fit_envelope(**curves, points=400)
        low, high = fit.with_bootstrap(200).interval(lambda law: np.log(law.L_opt(1e22)))
        assert low < np.log(CHINCHILLA_REPLICATION.L_opt(1e22)) < high
        assert high - low < 0.012  # one run alone: 4 · 0.003


class TestMultipliers:
    """Degrees of freedom from resamples: laws here are the errors themselves, linear in the multipliers."""

    def degrees(self, moves, noise, B=400):
        drawn = np.random.default_rng(0).standard_normal((B, len(noise)))
        laws = tuple(drawn @ (np.asarray(moves) * noise))
        return Multipliers(laws, drawn, np.asarray(noise)).degrees(
            lambda law: [law, np.exp(0.1 * law)]
        )

    def test_equal_influence_counts_every_unit(self):
        # However noisy the units are: the noise that this study happened to have says nothing.
        assert self.degrees(np.ones(8), np.geomspace(0.1, 1, 8)) == pytest.approx([8, 8], rel=0.01)

    def test_unequal_influence_counts_fewer(self):
        found = self.degrees([3, 2, 1, 0, 0, 0], np.ones(6))
        assert found == pytest.approx([14**2 / 98] * 2, rel=0.03)
        assert self.degrees([1, 0, 0, 0], np.ones(4)) == pytest.approx([2, 2])

    def test_what_cannot_be_known(self):
        assert np.isnan(self.degrees(np.ones(8), np.ones(8), B=9)).all()
        drawn = np.random.default_rng(0).standard_normal((40, 3))
        still = Multipliers(tuple(np.ones(40)), drawn, np.ones(3))
        assert np.isnan(still.degrees(lambda law: law))
        # A unit without noise moved nothing, and says nothing.
        quiet = self.degrees(np.ones(5), np.array([1, 1, 1, 1, 0.0]))
        assert quiet == pytest.approx([4, 4], rel=0.01)

    def test_the_envelope_uses_them(self):
        curves = TestEnvelope().curves()
        noise = 0.003 * np.random.default_rng(0).standard_normal(25)
        curves["loss"] = curves["loss"] * np.exp(noise[curves["run"].astype(int)])
        drawn = fit_envelope(**curves, points=200).bootstrap(100)
        left = replace(drawn, influence=None)  # runs less free parameters
        assert 2 <= drawn.degrees("a") < left.degrees("a")
        assert np.ptp(drawn.interval("a")) > np.ptp(left.interval("a"))
        assert drawn.degrees(lambda law: law.N_opt([1e20, 1e22])).shape == (2,)


class TestPattern:
    @pytest.mark.parametrize("seed", range(5))
    def test_noise_shows_none(self, seed):
        assert fit_power_law(*curve_runs(40, 0.01, seed)).residual_autocorrelation < 3
        assert fit_chinchilla(*surface_runs(80, 0.01, seed)).residual_autocorrelation < 3

    def test_a_wrong_form_is_noticed(self):
        x, loss = curve_runs(40, 0.01)
        fit = fit_power_law(x, loss, floor=False)
        assert fit.residual_autocorrelation > 3 and "follow a pattern" in repr(fit)
        assert fit.r2_log > 0.9  # which R² does not tell

    def test_a_form_that_is_wrong_along_tokens_per_parameter_is_noticed(self):
        law = JointLaw(E=1.69, A=406, B=411, alpha=0.34, beta=0.28, gamma=0.8)
        fit = fit_chinchilla(*surface_runs(80, 0.003, seed=5, law=law), delta=None)
        along_loss, along_ratio = fit._orders()
        assert along_loss.z < 3 < along_ratio.z == fit.residual_autocorrelation
        assert fit.wrong_form and "blocks of" in fit.resamples.reason

    def test_noise_that_grows_along_an_order_is_no_pattern(self):
        rng = np.random.default_rng(0)
        z: list[float] = []
        for _ in range(40):
            N, D, loss = surface_runs(120, 0.0)
            noisy = np.argsort(np.argsort(D / N)) < 12
            fit = fit_chinchilla(
                N,
                D,
                loss * np.exp(np.where(noisy, 0.02, 0.002) * rng.standard_normal(120)),
                delta=None,
            )
            z.append(fit.residual_autocorrelation)
        assert max(z) < 3

    @pytest.mark.parametrize("sizes", [8, 12, 20])
    def test_the_order_of_seeds_decides_nothing(self, sizes):
        x, loss = (np.tile(values, 3) for values in curve_runs(sizes))
        noisy = loss * np.exp(0.01 * np.random.default_rng(1).standard_normal(3 * sizes))
        order = np.random.default_rng(2).permutation(3 * sizes)
        one, other = (fit_power_law(x[i], noisy[i]) for i in (slice(None), order))
        assert one.residual_autocorrelation == pytest.approx(
            other.residual_autocorrelation, abs=1e-4
        )

    @pytest.mark.parametrize("sizes", [5, 7, 8, 20])
    def test_sizes_with_seeds_show_a_wrong_form_however_few_they_are(self, sizes):
        x, loss = (np.tile(values, 3) for values in curve_runs(sizes))
        noisy = loss * np.exp(0.003 * np.random.default_rng(1).standard_normal(3 * sizes))
        assert fit_power_law(x, noisy, floor=False).residual_autocorrelation > 2
        assert fit_power_law(x, noisy).residual_autocorrelation < 2


class TestBroken:
    def test_recovers_a_turn(self):
        truth = BrokenPowerLaw(E=0.5, A=30, c0=0.4, breaks=((-0.9, 200, 0.4),))
        x = np.geomspace(1, 1e4, 60)
        fit = fit_broken_power_law(x, truth(x))
        assert fit.converged
        assert fit.law(x) == pytest.approx(truth(x), rel=1e-5)
        assert fit.law.breaks[0][1] == pytest.approx(200, rel=0.05)

    def test_expresses_overfitting_where_a_power_law_is_flat(self):
        """pitfalls.md 14: loss against epochs of repeated data turns up."""
        x = np.geomspace(1, 64, 30)
        y = 2 + 1.5 * x**-0.8 + 0.002 * x**1.2
        broken = fit_broken_power_law(x, y)
        monotone = fit_power_law(x, y)
        assert broken.rmse_log < monotone.rmse_log / 5
        assert broken.predict(100) > y.min() * 1.1 and monotone.predict(100) < y[0]

    def test_no_break_is_a_power_law(self):
        x, loss = curve_runs(noise=0.01)
        broken, plain = fit_broken_power_law(x, loss, breaks=0), fit_power_law(x, loss)
        assert broken.law.c0 == pytest.approx(plain.alpha, rel=1e-3)
        assert broken.objective == pytest.approx(plain.objective, rel=1e-6)

    def test_a_break_that_the_runs_do_not_show_is_said(self):
        enough = "by BIC breaks = 0 is enough for these runs"
        plain = [fit_broken_power_law(*curve_runs(noise=0.01, seed=s)).notes for s in range(1, 6)]
        assert sum(enough in notes for notes in plain) >= 4  # noise may bend one
        x = np.geomspace(1, 1e4, 30)
        turning = BrokenPowerLaw(E=0.5, A=30, c0=0.4, breaks=((-0.9, 200, 0.4),))(x)
        noise = np.exp(0.01 * np.random.default_rng(0).standard_normal(30))
        assert enough not in fit_broken_power_law(x, turning * noise).notes

    def test_bad_options(self):
        with pytest.raises(CourseError, match="breaks"):
            fit_broken_power_law(*curve_runs(), breaks=5)
        with pytest.raises(CourseError, match="too few"):
            fit_broken_power_law(*curve_runs(6))


class TestComparison:
    def test_the_better_fit_outside_wins(self):
        x, loss = curve_runs(noise=0.005)
        models = {
            "with floor": fit_power_law,
            "pure": lambda x, loss: fit_power_law(x, loss, floor=False),
            "logarithm": lambda x, loss: (lambda q: lambda z: np.polyval(q, np.log(z)))(
                np.polyfit(np.log(x), loss, 3)
            ),
            "hopeless": lambda x, loss: fit_power_law(x, loss[::-1]),
        }
        table = compare_held_out(models, x, loss=loss, held_out=x > 1e8)
        assert table.index[0] == "with floor" and table.index[-1] == "hopeless"
        assert "does not fall" in table.loc["hopeless", "problem"]
        assert table.loc["pure", "held_out_bias_percent"] < -5

    def test_two_columns(self):
        N, D, loss = surface_runs(noise=0.01)
        table = compare_held_out(
            {"law": fit_chinchilla}, N, D, loss=loss, held_out=6 * N * D > 1e21
        )
        assert table.loc["law", "held_out_rmse_percent"] < 3

    def test_something_must_be_held_out(self):
        x, loss = curve_runs()
        for mask in (x > 0, x < 0):
            with pytest.raises(CourseError, match="held_out selects"):
                compare_held_out({"law": fit_power_law}, x, loss=loss, held_out=mask)


@pytest.mark.parametrize(
    "fit",
    [
        lambda: fit_power_law(*curve_runs(noise=0.01)),
        lambda: fit_chinchilla(*surface_runs(40, 0.01)),
        lambda: fit_isoflop(*TestIsoflop().grid(0.003)[:2], C=TestIsoflop().grid()[2]),
        lambda: fit_envelope(**TestEnvelope().curves()),
        lambda: fit_broken_power_law(*curve_runs(noise=0.01)),
    ],
)
def test_every_fit_reads_well(fit):
    fit = fit()
    text, html = repr(fit), fit._repr_html_()
    for name in fit.parameters:
        assert name in text and f">{name}</th>" in html
        low, high = fit.interval(name)
        assert low <= high
    assert "converged" in text and "objective" in text
    assert list(fit.summary().columns) == ["value", "low", "high"]
    assert fit.n == len(fit.residuals) == len(fit.loss)
    if not hasattr(fit.law, "N_opt"):
        with pytest.raises(CourseError, match="how to split a budget"):
            fit.optimum(1e20)


@pytest.fixture(scope="module")
def coverage_benchmark():
    """benchmarks/coverage.py."""
    import importlib.util
    import sys

    path = Path(__file__).parents[2] / "benchmarks" / "coverage.py"
    spec = importlib.util.spec_from_file_location("coverage_benchmark", path)
    benchmark = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = benchmark  # dataclasses look it up there
    spec.loader.exec_module(benchmark)
    yield benchmark
    del sys.modules[spec.name]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["power law, 12 runs", "IsoFLOP, 9 budgets of 7 runs"])
def test_intervals_cover_the_truth(name, coverage_benchmark):
    """500 studies, within 3 points and two standard errors of the count; benchmarks/coverage.py does all kinds."""
    for inner, outer in coverage_benchmark.measure(name, studies=500, B=300, seed=1).values():
        assert inner == pytest.approx(80, abs=3 + 2 * 1.8)
        assert outer == pytest.approx(95, abs=3 + 2 * 1.0)


def test_the_page_of_the_coverage_study_shows_the_record(coverage_benchmark):
    record = json.loads(coverage.RECORD.read_text(encoding="utf-8"))
    shown = coverage_benchmark.page(
        coverage.recorded_studies(), record["seed"], record["resamples"]
    )
    page = Path(coverage_benchmark.__file__).with_suffix(".md")
    assert page.read_text(encoding="utf-8") == shown


def test_a_fit_says_how_often_such_intervals_held_the_truth():
    rng = np.random.default_rng(0)
    N, D = 10 ** rng.uniform(7.8, 10.2, 40), 10 ** rng.uniform(9.3, 11.7, 40)
    loss = CHINCHILLA_REPLICATION(N, D) * np.exp(0.01 * rng.standard_normal(40))
    fit = fit_chinchilla(N, D, loss, delta=None).with_bootstrap(20)
    kinds = [s for s in coverage.recorded_studies() if s.speaks_for(fit)]
    assert {"Chinchilla, 40 runs", "Chinchilla, 60 runs, heavy tails"} <= {s.name for s in kinds}
    inner = [share for study in kinds for share, _ in study.shares.values()]
    assert (
        f"80 % intervals held the truth in {min(inner):.0f} to {max(inner):.0f} %" in fit.to_text()
    )
    few = fit_chinchilla(N[:9], D[:9], loss[:9], delta=None).with_bootstrap(20)
    for other in (few, fit.with_bootstrap(20, method="runs")):
        assert "coverage: not measured for" in other.to_text()


class TestWeightsAndGroups:
    """Also of fits through minima and envelopes."""

    C = np.repeat(np.geomspace(1e19, 1e21, 4), 7)
    N = CHINCHILLA_REPLICATION.N_opt(C) * np.tile(np.geomspace(1 / 3, 3, 7), 4)
    LOSS = CHINCHILLA_REPLICATION(N, C / (6 * N)) * np.exp(
        0.003 * np.random.default_rng(0).standard_normal(28)
    )

    def test_isoflop(self):
        spoilt, weights = self.LOSS.copy(), np.ones(28)
        spoilt[3], weights[3] = 9.0, 0.0
        kept = np.arange(28) != 3
        fit = fit_isoflop(self.N, spoilt, C=self.C, weights=weights)
        without = fit_isoflop(self.N[kept], self.LOSS[kept], C=self.C[kept])
        assert fit.law.a == pytest.approx(without.law.a) and fit.n == 27
        half = fit_isoflop(self.N, self.LOSS, C=self.C, weights=np.tile([1.0, 3.0], 14))
        assert half.law.a != pytest.approx(fit.law.a, rel=1e-6)
        # Four copies of each run, as one group or found out: no new information.
        plain = fit_isoflop(self.N, self.LOSS, C=self.C)
        copies = [np.repeat(v, 4) for v in (self.N, self.LOSS, self.C)]
        for groups in (None, np.repeat(np.arange(28), 4)):
            copied = fit_isoflop(copies[0], copies[1], C=copies[2], groups=groups)
            assert np.ptp(copied.interval("a")) == pytest.approx(
                np.ptp(plain.interval("a")), rel=0.1
            )
        with pytest.raises(CourseError, match="weights must hold"):
            fit_isoflop(self.N, self.LOSS, C=self.C, weights=[1.0])

    def test_envelope(self):
        sizes = np.geomspace(5e7, 2e10, 10)
        N, run = np.repeat(sizes, 20), np.repeat(np.arange(10), 20)
        D = (sizes[:, None] * np.geomspace(1, 300, 20)).ravel()
        noise = 0.003 * np.random.default_rng(0).standard_normal(10)
        loss = CHINCHILLA(N, D) * np.exp(noise[run])
        fit = fit_envelope(N, D, loss, run=run, points=200)
        spoilt, weights = loss.copy(), np.ones(200)
        spoilt[run == 4], weights[run == 4] = 0.1, 0.0
        left = fit_envelope(N, D, spoilt, run=run, points=200, weights=weights)
        assert left.law.a == pytest.approx(fit.law.a, abs=0.1) and len(left.sizes) == 9
        pairs = fit_envelope(N, D, loss, run=run, points=200, groups=run // 2)
        assert pairs.law == fit.law
        assert pairs.bootstrap(50).interval("a") != fit.bootstrap(50).interval("a")
        with pytest.raises(CourseError, match="Run 0 has points of several groups"):
            fit_envelope(N, D, loss, run=run, groups=np.arange(200) % 2)


def test_a_plan_for_a_law_of_other_variables():
    rng = np.random.default_rng(0)
    C, M = (v.ravel() for v in np.meshgrid(np.geomspace(1e18, 1e20, 5), [5.0, 20, 80, 320]))
    truth = OvertrainingLaw(E=1.8, A=100, B=2000, eta=0.17)
    runs = {"C": C, "M": M, "loss": truth(C, M) * np.exp(0.003 * rng.standard_normal(20))}
    plan = next_runs(fit_law(OvertrainingLaw, runs), 1e21, lambda law: law(1e22, 20), most=5)
    assert plan.after < plan.before and set(plan.runs["M"]) <= {5.0, 20, 80, 320}
    assert plan.runs["C"].max() <= 3e20 and plan.runs["cost"].equals(plan.runs["C"])
    x = np.geomspace(1, 100, 12)
    fit = fit_power_law(x, CURVE(x) * np.exp(0.01 * rng.standard_normal(12)))
    with pytest.raises(CourseError, match="Say what a run costs: cost=a function of x"):
        next_runs(fit, 1e3, "alpha")
    assert next_runs(fit, 1e3, "alpha", cost=lambda x: x).spent <= 1e3
