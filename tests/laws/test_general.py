"""Any formula can be fitted, and every fit has what lmfit and statsmodels users look for."""

import pickle
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from scalinglaws.errors import CourseError
from scalinglaws.fits import (
    compare_held_out,
    fit_accuracy,
    fit_broken_power_law,
    fit_chinchilla,
    fit_isoflop,
    fit_joint,
    fit_law,
    fit_mixing,
    fit_observational,
    fit_power_law,
    gauss_newton,
    load_fit,
    newton,
    next_runs,
)
from scalinglaws.laws import AccuracySigmoid, ChinchillaLaw, PowerLaw

TRUTH = ChinchillaLaw(E=1.7, A=400, B=900, alpha=0.35, beta=0.35)
RANGES = {"E": (1, 2), "A": (10, 1e4), "B": (10, 1e4), "alpha": (0.1, 1), "beta": (0.1, 1)}


def runs(n=40, noise=0.005, seed=0):
    rng = np.random.default_rng(seed)
    N, D = 10 ** rng.uniform(7.8, 10.2, n), 10 ** rng.uniform(9.3, 11.7, n)
    return pd.DataFrame({"N": N, "D": D, "loss": TRUTH(N, D) * np.exp(noise * rng.normal(size=n))})


@pytest.mark.parametrize("delta", [None, 1e-3])
def test_it_agrees_with_the_special_fit(delta):
    table = runs()
    special = fit_chinchilla(table["N"], table["D"], table["loss"], delta=delta)
    fit = fit_law(ChinchillaLaw, table, start=RANGES, delta=delta)
    assert fit.converged and fit.objective == pytest.approx(special.objective, rel=1e-6)
    assert isinstance(fit.law, ChinchillaLaw)
    assert fit.law.alpha == pytest.approx(special.law.alpha, rel=1e-4)
    ours, theirs = fit.bootstrap(100).interval("alpha"), special.bootstrap(100).interval("alpha")
    assert ours == pytest.approx(theirs, rel=1e-3)


def test_parameters_are_fixed_tied_and_bounded():
    table = runs()
    fit = fit_law(
        ChinchillaLaw,
        table,
        start=RANGES,
        fixed={"E": 1.7},
        tied={"beta": "alpha"},
        bounds={"alpha": (0.2, 0.3)},
    )
    assert fit.law.E == 1.7 and fit.law.alpha == fit.law.beta == pytest.approx(0.3)
    assert "alpha stopped at its bound 0.3" in repr(fit) and "beta is tied to alpha" in repr(fit)
    assert fit.held == ("E",) and "held" in fit.with_bootstrap(20).to_text()


def test_a_formula_that_takes_one_law_at_a_time():
    @dataclass(frozen=True)
    class Stubborn:
        a: float
        alpha: float

        def __call__(self, x):
            return self.a * x**-self.alpha if self.alpha < 3 else x * np.nan

    x = np.geomspace(1, 1e4, 12)
    fit = fit_law(Stubborn, {"x": x, "loss": 3 * x**-0.2}, start={"a": 1, "alpha": (0.1, 0.5)})
    assert not fit.estimator.regression.vectorised
    assert [fit.law.a, fit.law.alpha] == pytest.approx([3, 0.2], rel=1e-6)


def test_weights_groups_and_another_column():
    table = runs(60).rename(columns={"loss": "bits"})
    weights = (np.arange(60) % 2).astype(float)
    odd = table[weights > 0]
    fit = fit_law(ChinchillaLaw, table, loss="bits", start=RANGES, weights=weights)
    half = fit_law(ChinchillaLaw, odd, loss="bits", start=RANGES)
    assert fit.law.alpha == pytest.approx(half.law.alpha, rel=1e-4)
    grouped = fit_law(
        ChinchillaLaw, table, loss="bits", start=RANGES, groups=np.arange(60) // 3
    ).bootstrap(20)
    assert grouped.units == 20


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"start": {"a": 1}}, "range .* for alpha"),
        ({"start": {"a": 1, "alpha": 1, "gamma": 2}}, "start mentions gamma"),
        ({"start": {"a": 1, "alpha": (2, 1)}}, "number or a range"),
        ({"start": {"a": 1, "alpha": 5}, "bounds": {"alpha": (0, 1)}}, "within its bounds"),
        ({"start": {"a": 1, "alpha": 1}, "bounds": {"alpha": (1, 0)}}, "must be .low, high."),
        ({"start": {"a": 1}, "tied": {"alpha": "b"}}, "tied mentions b"),
        ({"start": {"a": 1, "alpha": 1}, "loss": "nll"}, "lacks nll"),
        ({"start": {"a": 1, "alpha": 1}, "delta": -1}, "delta must be a positive"),
    ],
)
def test_mistakes_are_one_sentence(options, says):
    def law(x, *, a, alpha):
        return a * x**-alpha

    x = np.geomspace(1, 1e4, 12)
    with pytest.raises(CourseError, match=says) as error:
        fit_law(law, {"x": x, "loss": 3 * x**-0.2}, **options)
    assert "\n" not in str(error.value)


class TestManners:
    def test_criteria_choose_the_law_that_made_the_runs(self):
        table = runs(80)
        columns = [table[name] for name in ("N", "D", "loss")]
        right = fit_chinchilla(*columns, delta=None)
        wrong = fit_chinchilla(*columns, delta=None, floor=False)
        larger = fit_joint(*columns)
        assert right.aic < wrong.aic and right.bic < wrong.bic
        assert right.bic < larger.bic
        assert right.likelihood_ratio(wrong)[1] < 1e-6 < 0.01 < larger.likelihood_ratio(right)[1]
        with pytest.raises(CourseError, match="fewer parameters"):
            wrong.likelihood_ratio(right)

    def test_profile_and_bootstrap_agree_where_noise_is_equal(self):
        table = runs(80)
        fit = fit_chinchilla(table["N"], table["D"], table["loss"], delta=None)
        for quantity in ("alpha", lambda law: law.a):
            low, high = fit.interval(quantity)
            profiled = fit.profile_interval(quantity)
            assert profiled == pytest.approx((low, high), abs=0.35 * (high - low))

    def test_a_profile_is_infinite_where_the_runs_say_nothing(self):
        x = np.geomspace(1, 100, 8)
        noise = np.exp(0.02 * np.random.default_rng(0).standard_normal(8))
        fit = fit_power_law(x, (1 + 3 * x**-0.1) * noise)
        low, high = fit.profile_interval("E")
        assert low <= 0.05 and high > fit.E

    def test_an_outlier_is_the_most_influential(self):
        table = runs(40)
        table.loc[7, "loss"] *= 1.3
        fit = fit_chinchilla(table["N"], table["D"], table["loss"], delta=None)
        influence = fit.influence(lambda law: law(table["N"][7], table["D"][7]))
        assert influence.index[0] == 7
        without = table.drop(7)
        again = fit_chinchilla(without["N"], without["D"], without["loss"], delta=None)
        there = again.law(table["N"][7], table["D"][7])
        assert influence.loc[7, "without"] == pytest.approx(there, rel=1e-5)

    def test_errors_and_correlation(self):
        table = runs(40)
        fit = fit_chinchilla(table["N"], table["D"], table["loss"]).with_bootstrap(100)
        errors = fit.standard_errors()
        assert np.sqrt(np.diag(fit.covariance())) == pytest.approx(errors.to_numpy())
        assert np.diag(fit.correlation()) == pytest.approx(1)
        assert fit.covariance().shape == (5, 5)

    def test_predict_says_what_it_needs(self):
        table = runs(40)
        fit = fit_chinchilla(table["N"], table["D"], table["loss"])
        with pytest.raises(CourseError, match="from N and D"):
            fit.predict(1e9)

    def test_tables_in_other_formats(self):
        fit = fit_law(
            PowerLaw,
            {"x": np.geomspace(1, 100, 9), "loss": 1 + np.geomspace(1, 100, 9) ** -0.5},
            start={"A": 1, "alpha": 1, "E": (0.1, 2)},
        ).with_bootstrap(20)
        assert "| alpha | 0.5 |" in fit.to_markdown() and "80 % interval" in fit.to_markdown(0.8)
        assert r"$\alpha$ & 0.5 &" in fit.to_latex()

    def test_repr_draws_no_bootstrap(self):
        table = runs(40)
        fit = fit_chinchilla(table["N"], table["D"], table["loss"])
        assert repr(fit) and fit._repr_html_() and "resamples" not in vars(fit)

    def test_what_is_hardly_identified_is_said(self):
        x = np.geomspace(1, 1e4, 12)
        noise = np.exp(0.05 * np.random.default_rng(1).standard_normal(12))
        fit = fit_power_law(x, (1 + x**-0.5) * noise).with_bootstrap(100)
        wide = [name for name in fit.parameters if np.divide(*fit.interval(name)[::-1]) > 10]
        assert all(f"{name} is hardly identified" in fit.to_text() for name in wide)


class TestFitsThatEnd:
    def test_kinks_of_hubers_loss(self):
        """Sixteen runs and a delta below the noise: at the end the gradient vanishes all the same."""
        for seed in (1, 7, 14):
            rng = np.random.default_rng(seed)
            N = np.repeat([1.9e8, 3.7e8, 7.6e8, 1.3e9], 4)
            D = 20 * N * np.tile([1, 2, 5, 10], 4)
            law = ChinchillaLaw(E=0.9, A=12, B=34, alpha=0.1, beta=0.16)
            loss = law(N, D) * np.exp(0.004 * rng.standard_normal(16))
            fit = fit_chinchilla(N, D, loss)
            assert fit.converged
            scaling, theta = fit.estimator.regression, fit.estimator.theta
            log_model, g = scaling.jacobian(theta[None])
            psi = np.clip(log_model[0] - scaling.y, -1e-3, 1e-3)
            slope = (g[0] @ psi)[theta > scaling.low]
            assert np.abs(slope).max() < 1e-6 * np.abs(g[0]).sum() * 1e-3

    @pytest.mark.parametrize("floor", [99.0, -1.0, float("nan")])
    def test_an_impossible_floor_is_refused_everywhere(self, floor):
        table = runs(20)
        x, N, D, loss = table["N"] * table["D"], table["N"], table["D"], table["loss"]
        for refused in (
            lambda: fit_chinchilla(N, D, loss, floor=floor),
            lambda: fit_joint(N, D, loss, floor=floor),
            lambda: fit_power_law(x, loss, floor=floor),
            lambda: fit_broken_power_law(x, loss, floor=floor),
        ):
            with pytest.raises(CourseError, match="between 0 and the lowest loss"):
                refused()

    def test_a_floor_is_held_everywhere(self):
        table = runs(20)
        x, N, D, loss = table["N"] * table["D"], table["N"], table["D"], table["loss"]
        assert pytest.approx(1.5) == fit_joint(N, D, loss, floor=1.5).law.E
        assert fit_joint(N, D, loss, floor=False).law.E == 0
        assert pytest.approx(1.2) == fit_broken_power_law(x, loss, floor=1.2, breaks=0).law.E

    def test_few_sizes_that_miss_the_law_by_more_than_their_seeds_do_say_so(self):
        """Fisher's F by hand; 6 sizes are too few for a pattern in their order."""
        x = np.repeat(np.geomspace(1e6, 1e9, 6), 4)
        law = PowerLaw(A=400, alpha=0.34, E=1.7)
        noise = np.exp(0.004 * np.random.default_rng(0).standard_normal(24))
        right = fit_power_law(x, law(x) * noise, groups=x)
        bent = fit_power_law(x, law(x) * (1 + 0.02 * np.sin(1.1 * np.log(x))) * noise)
        means = bent.residuals.reshape(6, 4).mean(1)
        pure = ((bent.residuals.reshape(6, 4) - means[:, None]) ** 2).sum() / 18
        F, p = bent.lack_of_fit
        assert pytest.approx(4 * (means**2).sum() / 3 / pure, rel=1e-6) == F and p < 1e-4
        assert bent.wrong_form and bent.with_bootstrap(50).resamples.units == 6
        assert "runs of one configuration agree better" in repr(bent)
        assert right.lack_of_fit[1] > 0.01 and not right.wrong_form

    def test_a_lack_of_fit_needs_seeds_and_more_sizes_than_parameters(self):
        x = np.geomspace(1e6, 1e9, 12)
        loss = PowerLaw(A=400, alpha=0.34, E=1.7)(x) * (1 + 0.02 * np.sin(np.log(x)))
        copies = fit_power_law(np.repeat(x, 2), np.repeat(loss, 2))
        assert fit_power_law(x, loss).lack_of_fit == copies.lack_of_fit == (0, 1)
        three = np.repeat(x[::4], 3)
        noise = np.exp(0.01 * np.random.default_rng(0).standard_normal(9))
        assert fit_power_law(three, np.repeat(loss[::4], 3) * noise).lack_of_fit == (0, 1)

    def test_intervals_of_few_runs_reach_beyond_their_resamples(self):
        """Six signs make no rare tail: Student's t with 3 degrees of freedom does."""
        x = np.geomspace(1e6, 1e10, 6)
        noise = np.exp(0.01 * np.random.default_rng(0).standard_normal(6))
        fit = fit_power_law(x, PowerLaw(A=400, alpha=0.34, E=1.7)(x) * noise).with_bootstrap(200)
        drawn = fit.resamples.values("alpha")
        low, high = fit.interval("alpha")
        assert 0 < low < drawn.min() and high > drawn.max()
        inner = fit.interval("alpha", 0.5)
        assert drawn.min() < inner[0] < inner[1] < drawn.max()

    def test_a_wrong_form_says_so_and_widens(self):
        x = np.geomspace(1e6, 1e10, 40)
        noise = np.exp(0.003 * np.random.default_rng(0).standard_normal(40))
        fit = fit_power_law(x, (1.7 + 400 * x**-0.34) * noise, floor=False).with_bootstrap(200)
        assert fit.wrong_form and "blocks of" in fit.resamples.reason
        assert fit.resamples.units < 20
        plain = fit_power_law(x, 5 * x**-0.05 * noise, floor=False).with_bootstrap(200)
        assert not plain.wrong_form and plain.resamples.units == 40


SHARES = np.random.default_rng(0).dirichlet([1, 1, 1], 20)


def own_formula(x, *, a, alpha):
    return a * x**-alpha


class TestSaved:
    def test_every_fit_comes_back(self, tmp_path):
        table = runs(40)
        x, N, D, loss = table["N"] * table["D"], table["N"], table["D"], table["loss"]
        C = np.repeat([1e19, 1e20, 1e21], 7)
        sizes = TRUTH.N_opt(C) * np.tile(np.geomspace(0.3, 3, 7), 3)
        fits = [
            fit_chinchilla(N, D, loss, groups=np.arange(40) // 2).with_bootstrap(50, 3, "runs"),
            fit_power_law(x, loss, floor=False),
            fit_joint(N.tolist(), D.to_numpy(), loss, delta=0.01),
            fit_broken_power_law(x, loss, breaks=0),
            fit_isoflop(sizes, TRUTH(sizes, C / 6 / sizes), C=C),
            fit_law(ChinchillaLaw, table, start=RANGES, tied={"beta": "alpha"}),
            fit_mixing(SHARES, 2 + np.exp(-SHARES[:, 0])),
            fit_observational(SHARES[:, :1] - 0.5, 1 / (1 + np.exp(-3 * SHARES[:, 0]))),
            fit_accuracy(
                np.linspace(0.4, 1.5, 9),
                AccuracySigmoid(0.25, 0.7, 0.8, 8)(np.linspace(0.4, 1.5, 9)),
            ).with_bootstrap(20),
        ]
        for i, fit in enumerate(fits):
            path = tmp_path / f"{i}.json"
            fit.save(path)
            again = load_fit(path)
            copy = pickle.loads(pickle.dumps(fit))
            for one in (again, copy):
                assert one.resampling == fit.resampling
                assert [getattr(one.law, name) for name in fit.parameters] == [
                    getattr(fit.law, name) for name in fit.parameters
                ]
            assert again.notes == fit.notes and again.n == fit.n
            assert f'"{fit.parameters[0]}"' in path.read_text()

    def test_a_pickle_holds_an_own_formula_by_its_name(self):
        x = np.geomspace(1, 1e4, 12)
        runs = {"x": x, "loss": 3 * x**-0.2}
        fit = fit_law(own_formula, runs, start={"a": 1, "alpha": 1})
        assert pickle.loads(pickle.dumps(fit)).law == fit.law
        with pytest.raises((pickle.PicklingError, AttributeError)):
            pickle.dumps(
                fit_law(lambda x, a, alpha: a * x**-alpha, runs, start={"a": 1, "alpha": 1})
            )

    def test_what_cannot_be_read_or_written(self, tmp_path):
        def law(x, *, a, alpha):
            return a * x**-alpha

        x = np.geomspace(1, 1e4, 12)
        fit = fit_law(law, {"x": x, "loss": 3 * x**-0.2}, start={"a": 1, "alpha": 1})
        with pytest.raises(CourseError, match="your own formula law"):
            fit.save(tmp_path / "fit.json")
        with pytest.raises(CourseError, match="is missing or cannot be read"):
            load_fit(tmp_path / "absent.json")
        (tmp_path / "other.json").write_text('{"fit": "os.system"}')
        with pytest.raises(CourseError, match=r"no fit that fit\.save wrote"):
            load_fit(tmp_path / "other.json")
        path = tmp_path / "edited.json"
        fit_power_law(x, 1 + 3 * x**-0.2).save(path)
        path.write_text(path.read_text().replace('"alpha": 0.2', '"alpha": 0.3'))
        with pytest.raises(CourseError, match="a different law"):
            load_fit(path)


def test_every_start_is_followed_where_the_better_half_disagree():
    rng = np.random.default_rng(1)
    N, D = 10 ** rng.uniform(7.8, 10.2, 60), 10 ** rng.uniform(9.3, 11.7, 60)
    truth = ChinchillaLaw(E=1.69, A=406, B=411, alpha=0.34, beta=0.28)
    loss = truth(N, D) * np.exp(0.03 * rng.standard_t(2, 60))
    fit = fit_law(ChinchillaLaw, {"N": N, "D": D, "loss": loss}, delta=1e-3, seed=1)
    assert fit.converged and fit.evidence.startswith("1 of 8 starts")
    assert fit.objective == pytest.approx(fit_chinchilla(N, D, loss).objective, rel=1e-6)


class TestNextRuns:
    def test_the_plan_beats_repeating_the_runs_there_are(self):
        table = runs(40, 0.01)
        fit = fit_chinchilla(table["N"], table["D"], table["loss"], delta=None)

        def quantity(law):
            return law.L_opt(1e23)

        plan = next_runs(fit, 1e22, quantity)
        assert plan.spent <= 1e22 and plan.runs["count"].sum() <= 30
        assert 0 < plan.after < plan.before
        same = next_runs(fit, 1e22, quantity, candidates={"N": [1e9], "D": [2e10]})
        assert plan.after < same.after

    def test_the_promise_is_kept(self):
        table = runs(40, 0.01)
        fit = fit_chinchilla(table["N"], table["D"], table["loss"], delta=None)
        plan = next_runs(fit, 1e22, "alpha")
        assert plan.before == pytest.approx(fit.bootstrap(200).values("alpha").std(), rel=0.3)
        rng, widths = np.random.default_rng(1), []
        new = plan.runs.loc[plan.runs.index.repeat(plan.runs["count"])]
        N, D = np.append(table["N"], new["N"]), np.append(table["D"], new["D"])
        for _ in range(4):
            noise = np.exp(0.01 * rng.standard_normal(len(new)))
            loss = np.append(table["loss"], TRUTH(new["N"], new["D"]) * noise)
            again = fit_chinchilla(N, D, loss, delta=None)
            widths.append(again.bootstrap(100).values("alpha").std())
        assert np.mean(widths) == pytest.approx(plan.after, rel=0.35)

    def test_mistakes_are_one_sentence(self):
        table = runs(40)
        fit = fit_chinchilla(table["N"], table["D"], table["loss"])
        with pytest.raises(CourseError, match="budget must be positive"):
            next_runs(fit, -1, "alpha")
        with pytest.raises(CourseError, match="below the cost of every candidate"):
            next_runs(fit, 1e10, "alpha")
        with pytest.raises(CourseError, match="lacks the column D"):
            next_runs(fit, 1e22, "alpha", candidates={"N": [1e9]})
        power = fit_power_law(table["N"] * table["D"], table["loss"])
        with pytest.raises(CourseError, match="Say what a run costs"):
            next_runs(power, 1e22, "alpha")
        assert next_runs(power, 1e23, "alpha", cost=lambda x: 6 * x).after > 0

    @pytest.mark.parametrize(
        ("options", "says"),
        [
            ({"budget": [1e21, 1e22]}, "budget must be one number"),
            ({"budget": np.inf}, "budget must be one number"),
            ({"budget": 1e30}, "less than a tenth of the budget"),
            ({"most": 0}, "most = 0 must be a whole number of runs"),
            ({"most": 2.5}, "most = 2.5 must be a whole number of runs"),
            ({"candidates": {"N": [1e9, 2e9], "D": [1e10]}}, "it has 2 of N, 1 of D"),
            ({"candidates": {"N": [], "D": []}}, "it has 0 of N, 0 of D"),
            ({"candidates": {"N": [1e9, np.nan], "D": [1e10, 1e10]}}, "N must be positive"),
            ({"cost": lambda N, D: -N}, "cost must be positive everywhere"),
            ({"cost": lambda N: N}, "cost must take arrays of N, D"),
            ({"cost": lambda N, D: N[:2]}, "cost must take arrays of N, D"),
            ({"quantity": lambda law: law.L_opt([1e22, 1e23])}, "must be one number"),
        ],
    )
    def test_bad_options_are_one_sentence(self, options, says):
        table = runs(40)
        fit = fit_chinchilla(table["N"], table["D"], table["loss"])
        asked = {"budget": 1e22, "quantity": "alpha"} | options
        with pytest.raises(CourseError, match=says):
            next_runs(fit, asked.pop("budget"), asked.pop("quantity"), **asked)
        with pytest.raises(CourseError, match="needs a law fitted to all runs at once"):
            next_runs(fit.law, 1e22, "alpha")

    def test_runs_unlike_all_others_are_not_planned(self):
        C = np.repeat(np.geomspace(6e18, 3e21, 6), 7)
        N = TRUTH.N_opt(C) * np.tile(np.geomspace(1 / 3, 3, 7), 6)
        D = C / (6 * N)
        noise = np.exp(0.01 * np.random.default_rng(0).standard_normal(42))
        fit = fit_chinchilla(N, D, TRUTH(N, D) * noise, delta=None)
        for beyond in (1.0, 2.0):
            runs = next_runs(fit, 3e21, lambda law: law.L_opt(1e24), beyond=beyond).runs
            ratio = (runs["D"] / runs["N"]).to_numpy()
            assert ratio.max() <= 1.001 * beyond * (D / N).max()
            assert ratio.min() >= 0.999 * (D / N).min() / beyond


def test_parabolas_are_biased_and_the_bias_is_corrected():
    """pitfalls.md 1: on noise-free runs over a wide range of sizes the minimum is moved."""
    law = ChinchillaLaw(E=1.69, A=406, B=411, alpha=0.34, beta=0.28)
    C = np.repeat(np.geomspace(6e18, 3e21, 6), 9)
    N = law.N_opt(C) * np.tile(np.geomspace(1 / 20, 20, 9), 6)
    fit = fit_isoflop(N, law(N, C / (6 * N)), C=C)
    assert fit.N_opt(1e21) > 1.03 * law.N_opt(1e21)
    assert fit.corrected.N_opt(1e21) == pytest.approx(law.N_opt(1e21), rel=2e-3)
    assert "parabolas move N_opt by" in repr(fit)


X = np.geomspace(1, 100, 12)


def refusing(x, *, a, alpha):
    raise CourseError("a and alpha never please me.")


def scalar(x, *, a, alpha):
    import math

    return a * math.exp(-alpha * x)


def idle(x, *, a, alpha, b):
    return a * x**-alpha


@pytest.mark.parametrize(
    "law, start, message",
    [
        (refusing, {}, "No start led .* the law raises: a and alpha never please me"),
        (scalar, {}, r"Your law cannot be computed \(TypeError"),
        (lambda x, *, a, alpha: np.ones(5), {}, "the law raises"),
        (idle, {"b": 1}, r"b changes nothing at these runs: hold it \(fixed\)"),
    ],
)
def test_a_formula_that_breaks_is_one_sentence(law, start, message):
    with pytest.raises(CourseError, match=message) as error:
        fit_law(law, {"x": X, "loss": 3 * X**-0.2}, start={"a": 1, "alpha": 0.3, **start})
    assert "\n" not in str(error.value)


def test_a_formula_may_refuse_some_numbers():
    def law(x, *, a, alpha):
        if np.any(np.asarray(alpha) > 0.4):
            raise CourseError("alpha is too large.")
        return a * x**-alpha

    fit = fit_law(law, {"x": X, "loss": 3 * X**-0.2}, start={"a": 1, "alpha": (0.1, 0.6)})
    assert fit.law.alpha == pytest.approx(0.2)


def test_degrees_of_freedom_are_those_of_the_quantity():
    """All runs count alike for their mean; one run far out alone decides the slope."""

    def line(x, *, a, b):
        return np.exp(a + b * x)

    x = np.append(np.linspace(-0.1, 0.1, 20), 5.0)
    noise = 0.01 * np.random.default_rng(0).standard_normal(21)
    runs = {"x": x - x.mean(), "loss": np.exp(noise)}
    ranges = {"a": (-1, 1), "b": (-1, 1)}
    resamples = fit_law(line, runs, start=ranges, bounds=ranges).bootstrap(50)
    assert resamples.degrees("b") < 3 < resamples.degrees(lambda law: law(np.mean(runs["x"][:-1])))
    # Copies of every run bring no degrees of freedom.
    twice = {name: np.tile(column, 2) for name, column in runs.items()}
    copied = fit_law(line, twice, start=ranges, bounds=ranges).bootstrap(50)
    assert copied.degrees("a") == pytest.approx(resamples.degrees("a"), rel=1e-3)
    low, high = resamples.interval(lambda law: law(np.linspace(-1, 1, 5)))
    assert low.shape == (5,) and np.all(low < high)


@dataclass(frozen=True)
class Straight:
    """ln L = theta·G within bounds: the solver's answer is known."""

    G: np.ndarray
    low: np.ndarray
    high: np.ndarray

    def log_loss(self, theta):
        return theta @ self.G

    def jacobian(self, theta):
        return theta @ self.G, np.broadcast_to(self.G, (len(theta), *self.G.shape))


@pytest.mark.parametrize("delta", [np.inf, 3.0])
def test_bounds_in_the_way_are_no_minimum(delta):
    """Bounded least squares, and Huber's loss that nobody reaches: what scipy finds, each converged."""
    from scipy.optimize import lsq_linear, minimize

    rng = np.random.default_rng(0)
    G = np.linalg.cholesky(0.02 * np.eye(4) + 0.98) @ rng.standard_normal((4, 20))
    model = Straight(G, np.full(4, -1.0), np.full(4, 1.0))
    y = 2 * rng.standard_normal((25, 20))
    found = gauss_newton.minimise(model, np.zeros((25, 4)), y, 1.0, delta)
    assert found.converged.all()
    for one, best in zip(y, found.objective, strict=True):
        if np.isinf(delta):
            lowest = lsq_linear(G.T, one, (-1, 1), tol=1e-14).cost
        else:
            terms = lambda t, one=one: newton.huber(t @ G - one, delta).sum()  # noqa: E731
            lowest = minimize(terms, np.zeros(4), bounds=[(-1, 1)] * 4, method="L-BFGS-B").fun
        assert best <= lowest * (1 + 1e-6)


def test_the_line_search_of_hubers_loss_is_exact():
    """Where bisection ends, for moves that cross kinks, weights of 0 and runs that a move leaves."""
    rng = np.random.default_rng(0)
    there = rng.standard_normal((200, 30)) * 10 ** rng.uniform(-2, 1, (200, 1))
    ahead, w = rng.standard_normal((200, 30)), rng.integers(0, 3, (200, 30)).astype(float)
    ahead[:, :3] = 0
    push, pull = rng.integers(0, 2, 200) * 0.5, 0.1 * rng.standard_normal(200)

    def slope(t):
        at = there + t[:, None] * ahead
        return (w * np.clip(at, -0.1, 0.1) * ahead).sum(1) + pull + t * push

    uphill = slope(np.zeros(200)) > 0
    ahead[uphill] *= -1
    pull[uphill] *= -1
    low, high = np.zeros(200), np.ones(200)
    for _ in range(50):
        middle = (low + high) / 2
        downhill = slope(middle) < 0
        low, high = np.where(downhill, middle, low), np.where(downhill, high, middle)
    found = gauss_newton._length(there, ahead, w, 0.1, pull, push)
    assert found == pytest.approx(high, abs=1e-12) and 0 < (high < 1).mean() < 1


TABLE = {name: column.to_numpy() for name, column in runs().items()}
FIT = fit_power_law(TABLE["N"], TABLE["loss"])


@pytest.mark.parametrize(
    ("ask", "says"),
    [
        (lambda: FIT.interval("alhpa"), "PowerLaw has no number 'alhpa': ask for a parameter"),
        (lambda: FIT.profile("predict_it"), "no number 'predict_it'"),
        (lambda: FIT.influence("__call__"), "no number '__call__'"),
        (lambda: FIT.bootstrap(seed=-1), "seed must be a whole number"),
        (lambda: FIT.bootstrap(10.5), "B must be a whole number, not 10.5"),
        (lambda: FIT.bootstrap(seed=0.5), "seed must be a whole number, not 0.5"),
        (lambda: fit_law(PowerLaw, 3), "data must be a table"),
        (lambda: fit_law(ChinchillaLaw, TABLE, seed=-1), "seed must be a whole number"),
        (
            lambda: fit_law(ChinchillaLaw, TABLE, tied={"beta": "alpha", "alpha": "beta"}),
            "but alpha is tied itself",
        ),
        (
            lambda: fit_law(ChinchillaLaw, TABLE, tied={"beta": "alpha"}, fixed={"beta": 0.3}),
            "but beta is fixed itself",
        ),
        (
            lambda: fit_law(
                ChinchillaLaw, TABLE, fixed={"E": 1, "A": 1, "B": 1, "alpha": 1, "beta": 1}
            ),
            "nothing to fit",
        ),
        (
            lambda: fit_chinchilla(**TABLE, weights=np.arange(40) < 5),
            "weights leave 5 runs with a weight above 0, too few for a law with 5 parameters",
        ),
        (lambda: fit_chinchilla(**TABLE, drop_highest=1.5), "drop_highest = 1.5 must be a whole"),
        (lambda: fit_chinchilla(**TABLE, groups=["a"] * 40), "All runs are in one group"),
        (
            lambda: fit_chinchilla(**TABLE, groups=[None, *"a" * 39]),
            r"groups has no label in row 0 \(counted",
        ),
        (
            lambda: fit_chinchilla(**TABLE, groups=np.where(np.arange(40) < 2, np.nan, 1)),
            r"groups has no label in rows 0, 1 \(counted",
        ),
        (
            lambda: fit_chinchilla(**TABLE | {"N": np.ma.masked_less(TABLE["N"], TABLE["N"][1])}),
            r"N is missing \(NaN\) in row",
        ),
        (lambda: fit_chinchilla(**TABLE, floor=None), "floor must be True"),
        (lambda: fit_chinchilla(**TABLE, delta="small"), "delta must be a positive number"),
        (lambda: FIT.predict([1e8, 1e9], 1e9), "give x, not 2 values"),
        (
            lambda: compare_held_out(
                {"ours": FIT}, TABLE["N"], loss=TABLE["loss"], held_out=TABLE["N"] > 1e9
            ),
            "ours: models must be functions that fit",
        ),
        (
            lambda: fit_chinchilla(**TABLE).predict([1e8, 1e9], [1, 2, 3]),
            r"do not go together: N \(2,\), D \(3,\)",
        ),
        (
            lambda: fit_law(ChinchillaLaw, TABLE, fixed={"E": 1.7}).profile_interval("E"),
            "No fitted parameter changes this quantity",
        ),
        (
            lambda: fit_law(ChinchillaLaw, TABLE, fixed={"E": 1.7}).profile("E"),
            "No fitted parameter changes this quantity",
        ),
    ],
)
def test_what_cannot_be_asked_is_one_sentence(ask, says):
    with pytest.raises(CourseError, match=says) as caught:
        ask()
    assert "\n" not in str(caught.value)
