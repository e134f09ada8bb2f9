"""Worlds: what an oracle gives and charges, what waste is, and that a plan is judged by it alone."""

import copy
import dataclasses
import math

import numpy as np
import pandas as pd
import pytest

from scalinglaws.constants import CHINCHILLA_REPLICATION as LAW
from scalinglaws.course.capstone import (
    OutOfBudget,
    Recipe,
    World,
    bend,
    hits,
    interval_score,
    judge,
    law_at,
    marks,
    practice_worlds,
    simulator as module,
    step,
)
from scalinglaws.course.capstone.plot import plot_regret
from scalinglaws.course.capstone.scoring import plausible_hits
from scalinglaws.course.grading import call
from scalinglaws.errors import CourseError
from scalinglaws.fits import fit_chinchilla, fit_joint
from scalinglaws.laws import HyperparameterLaw
from scalinglaws.runs import load_runs

PLAIN = World("plain", LAW, budget=6e18, C_target=6e19, noise=0.0)


def perfect(world):
    """The plan of somebody who knows the truth."""

    def plan(oracle, C_target):
        N, D, loss = world.optimum(C_target)
        lr = None if world.recipe is None else world.recipe.best(N, D)
        return N, D, loss, loss, loss, lr

    return plan


def test_a_run_costs_6ND_and_the_same_run_again_is_free():
    oracle = PLAIN.oracle()
    first = oracle.train(1e8, 1e9)
    assert first == pytest.approx(LAW(1e8, 1e9))
    assert oracle.left() == pytest.approx(6e18 - 6e17)
    assert oracle.train(np.float64(1e8), np.array([1e9])) == first
    assert (
        oracle.train(1e8 * (1 + 1e-9), 1e9) == first
    )  # the last bits of a computation do not count
    assert oracle.left() == pytest.approx(6e18 - 6e17)


def test_a_run_too_dear_is_refused_says_what_is_left_and_costs_nothing():
    oracle = PLAIN.oracle()
    oracle.train(1e8, 8e9)
    with pytest.raises(OutOfBudget, match=r"1.2e\+18 of 6e\+18 are left"):
        oracle.train(1e8, 3e9)
    assert oracle.left() == pytest.approx(1.2e18)
    oracle.train(1e8, 2e9)  # exactly what is left
    assert oracle.left() == pytest.approx(0, abs=1e9)


@pytest.mark.parametrize(
    "N, D", [(-1, 1e9), (1e8, 0), (math.nan, 1e9), (1e8, math.inf), ("a", 1), ([1, 2], 1), (1, 1)]
)
def test_what_is_no_run_is_refused_in_one_sentence(N, D):
    oracle = PLAIN.oracle()
    with pytest.raises(CourseError) as error:
        oracle.train(N, D)
    assert not isinstance(error.value, OutOfBudget)
    assert oracle.left() == PLAIN.budget


def test_noise_belongs_to_the_run_and_not_to_the_order_of_questions():
    world = dataclasses.replace(PLAIN, budget=6e19, noise=0.01, seed=5)
    runs = [(1e8 * k, 1e9) for k in range(1, 6)]
    forwards, backwards = world.oracle(), world.oracle()
    assert [forwards.train(*run) for run in runs] == [backwards.train(*run) for run in runs[::-1]][
        ::-1
    ]
    other = dataclasses.replace(world, seed=6).oracle()
    assert other.train(*runs[0]) != forwards.train(*runs[0])


def test_noise_faults_and_divergence_are_as_frequent_and_as_large_as_said():
    world = World("w", LAW, 1e30, 1e31, noise=0.01, D_noisy=1e9, faulty=0.2, diverging=0.1)
    N = np.geomspace(1e8, 1e9, 4000)
    excess = np.log([world.measure(n, 1e10) / world.loss(n, 1e10) for n in N])
    assert np.mean(np.isnan(excess)) == pytest.approx(0.1, abs=0.02)
    kept = excess[np.isfinite(excess)]
    good = kept[kept < 0.029]
    assert good.mean() == pytest.approx(0, abs=0.001)
    assert good.std() == pytest.approx(0.011, abs=0.002)  # 1 % (1 + 1/10)
    assert np.mean(kept > 0.035) == pytest.approx(0.2, abs=0.03)
    assert kept.max() < math.log(1.3) + 0.05


@pytest.mark.parametrize("D", [1e-3, 1, 1e3])
def test_a_run_of_very_few_tokens_is_noisy_and_not_absurd(D):
    world = World("w", LAW, 1e30, 1e31, noise=0.003, D_noisy=5e5)
    excess = np.log([world.measure(n, D) / world.loss(n, D) for n in np.geomspace(1e8, 1e9, 500)])
    assert excess.std() == pytest.approx(0.05, rel=0.1)
    assert dataclasses.replace(world, noise=0.0).measure(1e8, D) == world.loss(1e8, D)


def test_the_oracle_shows_only_what_crosses():
    oracle = PLAIN.oracle()
    public = {name for name in dir(oracle) if not name.startswith("_")}
    assert public == set(oracle._crosses_) == {"train", "left", "budget", "unique", "lr"}
    assert not any(isinstance(value, World) for value in vars(oracle).values())
    assert all(
        type(v) is float
        for v in (oracle.train(1e8, 1e9), oracle.left(), oracle.budget, oracle.unique)
    )
    assert oracle.unique == math.inf and oracle.lr is None


TOUCHY = World(
    "touchy",
    LAW,
    budget=6e18,
    C_target=6e19,
    noise=0.0,
    recipe=Recipe(HyperparameterLaw(2.0, -0.4, 0.0), usual=1e-3, cost=0.03),
)


def test_a_learning_rate_costs_what_the_recipe_says_and_the_best_costs_nothing():
    oracle, best = TOUCHY.oracle(), 2.0 * 1e8**-0.4
    assert oracle.train(1e8, 1e9, best) == pytest.approx(LAW(1e8, 1e9))
    off = oracle.train(1e8, 1e9)
    assert off == oracle.train(1e8, 1e9, oracle.lr) == oracle.train(1e8, 1e9, np.array([1e-3]))
    assert off == pytest.approx(LAW(1e8, 1e9) * math.exp(0.03 * math.log(1e-3 / best) ** 2))
    assert oracle.left() == pytest.approx(6e18 - 2 * 6e17)  # the rate makes another run
    assert TOUCHY.loss(1e8, 1e9) == LAW(1e8, 1e9) and TOUCHY.loss(1e8, 1e9, 1e-3) == off
    assert TOUCHY.waste(1e8, 1e9, 1e-3) > TOUCHY.waste(1e8, 1e9)
    for lr in (0, -1e-3, math.nan, "fast", [1, 2]):
        with pytest.raises(CourseError, match="lr must be one positive number"):
            oracle.train(1e8, 1e9, lr)


def test_where_the_rate_is_tuned_another_one_changes_nothing():
    oracle = PLAIN.oracle()
    assert oracle.train(1e8, 1e9, 5.0) == oracle.train(1e8, 1e9)
    assert oracle.left() == pytest.approx(6e18 - 6e17)


def test_a_bad_rate_can_cost_more_than_knowing_nothing():
    world = dataclasses.replace(TOUCHY, start=2.5)
    assert world.loss(1e6, 1e6, 1.0) > 2.5 == world.loss(1e6, 1e6)


def test_a_plan_without_a_rate_trains_at_the_usual_one():
    N, D, loss = TOUCHY.optimum(TOUCHY.C_target)
    five = (N, D, loss, loss, loss)
    plans = {
        "none": lambda oracle, C: five,
        "usual": lambda oracle, C: (*five, 1e-3),
        "best": lambda oracle, C: (*five, 2.0 * N**-0.4),
        "labelled": lambda oracle, C: dict(
            zip(("N", "D", "loss", "low", "high", "lr"), (*five, 2.0 * N**-0.4), strict=True)
        ),
    }
    waste = {name: float(judge(plan, [TOUCHY])["waste"][0]) for name, plan in plans.items()}
    assert waste["none"] == waste["usual"] > 0.05 > waste["best"] == waste["labelled"]
    for bad in (0.0, -1.0, math.inf):
        table = judge(lambda oracle, C, lr=bad: (*five, lr), [TOUCHY])
        assert "learning rate" in table["problem"][0]
    seven = judge(lambda oracle, C: (*five, 1e-3, 1e-3), [TOUCHY])
    assert "five numbers" in seven["problem"][0]


def test_a_copy_of_an_oracle_has_the_same_account_and_checks_hand_over_the_oracle_itself():
    oracle = PLAIN.oracle()
    copy.deepcopy(oracle).train(1e8, 1e9)
    assert oracle.left() < PLAIN.budget
    assert call(lambda given: given is oracle, oracle)


def test_the_optimum_is_the_laws_own():
    C = np.array([1e18, 1e20, 1e22])
    N, D, loss = PLAIN.optimum(C)
    assert pytest.approx(LAW.N_opt(C), rel=0.01) == N
    assert pytest.approx(LAW.D_opt(C), rel=0.01) == D
    assert loss == pytest.approx(LAW.L_opt(C), rel=1e-6)


@pytest.mark.parametrize("factor", [0.3, 0.8, 1.0, 1.5, 3.0])
def test_waste_is_the_compute_that_a_better_planner_saves(factor):
    N = LAW.N_opt(PLAIN.C_target) * factor
    D = PLAIN.C_target / (6 * N)
    assert PLAIN.waste(N, D) == pytest.approx(1 - 1 / LAW.overspend(N, D), abs=2e-3)


def test_compute_that_is_not_spent_is_waste():
    N, D, _ = PLAIN.optimum(PLAIN.C_target / 2)
    assert PLAIN.waste(N, D) == pytest.approx(0.5, abs=0.01)


def test_repeated_text_is_worth_less_and_moves_the_optimum():
    D_best = LAW.D_opt(PLAIN.C_target)
    short = dataclasses.replace(PLAIN, unique=D_best / 10)
    assert short.loss(1e8, D_best / 20) == PLAIN.loss(1e8, D_best / 20)
    assert short.loss(1e8, D_best) > PLAIN.loss(1e8, D_best)
    N, D, _ = short.optimum(PLAIN.C_target)
    assert D_best > D and LAW.N_opt(PLAIN.C_target) < N
    assert short.waste(LAW.N_opt(PLAIN.C_target), D_best) > 0.02


def test_law_at_has_the_optimum_that_was_asked_for():
    for gamma in (1.0, 0.6):
        world = World("w", law_at(1e21, 500, 0.3, 0.4, 1.6, 0.5, gamma), 1e20, 1e21)
        N, D, loss = world.optimum(1e21)
        assert pytest.approx(500, rel=0.02) == D / N
        assert loss == pytest.approx(2.1, abs=1e-4)


def test_a_bend_leaves_the_optimum_and_changes_the_exponent_beyond_it():
    law = law_at(1e20, 20, 0.35, 0.35, 1.6, 0.5)
    bent = World("w", bend(law, 1e20, 0.5), 1e20, 1e22)
    plain = World("w", law, 1e20, 1e22)
    C = np.array([1e17, 1e22])
    assert bent.optimum(C)[0] == pytest.approx(plain.optimum(C)[0], rel=0.01)
    small, large = bent.optimum(C)[2] - law.E, plain.optimum(C)[2] - law.E
    assert small[0] == pytest.approx(large[0], rel=0.01)
    ends = bent.optimum(np.array([1e23, 1e24]))[2] - law.E
    assert math.log10(ends[1] / ends[0]) == pytest.approx(-0.5 * 0.175, rel=0.02)


def test_a_step_costs_its_height_below_and_nothing_above():
    law = law_at(1e20, 20, 0.35, 0.35, 1.6, 0.5)
    stepped = step(law, 1e20, 0.2)
    N, D = 1e8, 1e9  # 6e17 FLOPs
    assert stepped(N, D) - law(N, D) == pytest.approx(0.2, abs=1e-3)
    assert stepped(100 * N, 100 * D) - law(100 * N, 100 * D) == pytest.approx(0, abs=1e-3)


def test_who_knows_the_truth_gets_full_marks_everywhere():
    for world in practice_worlds():
        table = judge(perfect(world), [world])
        assert marks(table) == {"waste": 1, "miss": 1, "interval": 1, "budget": 1}, table


def answer(**changes):
    N, D, loss = PLAIN.optimum(PLAIN.C_target)
    five = {"N": N, "D": D, "loss": loss, "low": loss - 0.01, "high": loss + 0.01} | changes
    return lambda oracle, C: tuple(five.values())


@pytest.mark.parametrize(
    "plan, said",
    [
        (lambda oracle, C: None, "five numbers"),
        (lambda oracle, C: (1, 2, 3), "five numbers"),
        (lambda oracle, C: "N, D, loss", "five numbers"),
        (lambda oracle, C: {"N": 1e9, "D": 1e9}, "no loss"),
        (lambda oracle, C: oracle.train(1e12, 1e12), "OutOfBudget"),
        (lambda oracle, C: 1 / 0, "ZeroDivisionError"),
        (answer(D=1e12), "more than"),
        (answer(N=-1e8), "positive"),
        (answer(loss=math.nan), "finite"),
        (answer(low=9.0), "does not lie in its interval"),
    ],
)
def test_a_plan_that_fails_loses_its_world_and_no_other(plan, said):
    def sometimes(oracle, C):
        return plan(oracle, C) if oracle.budget == PLAIN.budget else perfect(other)(oracle, C)

    other = dataclasses.replace(PLAIN, budget=7e18, C_target=7e19, name="other")
    table = judge(sometimes, [PLAIN, other])
    assert said in table["problem"][0] and table["problem"][1] == ""
    alone = marks(judge(perfect(other), [other] * 3))
    assert alone == {"waste": 1, "miss": 1, "interval": 1, "budget": 1}
    table = pd.concat([table, judge(perfect(other), [other] * 2)])  # one world of four is lost
    shares = marks(table)
    assert shares.pop("interval") == pytest.approx((0.15 - 0.5 / 4) / 0.06)
    assert shares == pytest.approx(dict.fromkeys(("waste", "miss", "budget"), (0.75 - 0.5) / 0.35))


@pytest.mark.parametrize(
    "form",
    [tuple, list, np.array, lambda v: dict(zip(("N", "D", "loss", "low", "high"), v, strict=True))],
)
def test_five_numbers_may_come_in_any_form(form):
    plan = answer()
    table = judge(lambda oracle, C: form(plan(oracle, C)), [PLAIN])
    assert table["problem"][0] == "" and marks(table)["waste"] == 1


def test_marks_fall_linearly_and_nothing_counts_where_half_is_wasted():
    table = pd.concat([judge(answer(), [PLAIN])] * 2, ignore_index=True)
    table[["waste", "miss", "interval"]] = 0.0656, -0.0475, 0.12  # averages of 0.75, 0.75
    assert marks(table) == pytest.approx(
        {"waste": (0.7467 - 0.5) / 0.35, "miss": 0.25 / 0.35, "interval": 0.5, "budget": 1},
        abs=1e-3,
    )
    table["waste"] = 0.6
    assert marks(table) == {"waste": 0, "miss": 0, "interval": 0, "budget": 0}


@pytest.mark.parametrize("held, counts", [(10, False), (11, True), (19, True), (20, False)])
def test_twenty_intervals_of_80_percent_hold_the_truth_11_to_19_times(held, counts):
    assert plausible_hits(20) == (11, 19)
    table = pd.concat([judge(answer(), [PLAIN])] * 20, ignore_index=True)
    table.loc[table.index >= held, "low"] = table["high"]  # the truth lies below
    assert hits(table) == held
    assert (marks(table)["interval"] == 1) is counts


def test_the_average_score_counts_however_good_a_single_one_is():
    """A clipped score per world would pay for intervals that are narrower than believed."""
    table = pd.concat([judge(answer(), [PLAIN])] * 2, ignore_index=True)
    table["interval"] = [0.02, 0.22]
    assert marks(table)["interval"] == pytest.approx(0.5)
    table["interval"] = [0.12, 0.12]
    assert marks(table)["interval"] == pytest.approx(0.5)


def test_the_best_interval_to_state_is_the_one_that_is_believed():
    truth = np.random.default_rng(0).normal(2.0, 0.05, 20_000)
    score = {
        half: np.mean(interval_score(2 - half, 2 + half, truth))
        for half in 0.05 * np.array([0.3, 0.8, 1.2816, 1.8, 3])
    }
    assert min(score, key=score.get) == pytest.approx(0.05 * 1.2816)


def test_the_worlds_around_our_runs_are_our_runs():
    """The constants are written down; they must stay what the runs say, as runs are added."""
    prose = [load_runs(plan, corpus="prose") for plan in ("grid", "isoflop")]
    N, D, loss = (np.concatenate([runs[c] for runs in prose]) for c in ("N", "D", "loss"))
    keep = D > 1.3e5
    fit = fit_joint(N[keep], D[keep], loss[keep])
    for at in (1e12, 1e14):
        best = fit.law.N_opt(at)
        assert module.OUR_PROSE.N_opt(at) == pytest.approx(best, rel=0.1)
        assert module.OUR_PROSE(best, at / 6 / best) == pytest.approx(
            fit.law(best, at / 6 / best), rel=0.02
        )
    code = load_runs("isoflop", corpus="code")
    fit = fit_chinchilla(code["N"], code["D"], code["loss"], delta=None)
    assert module.OUR_CODE.N_opt(1e11) == pytest.approx(fit.law.N_opt(1e11), rel=0.2)
    assert module.OUR_CODE(3e4, 5.5e5) == pytest.approx(fit.law(3e4, 5.5e5), rel=0.02)


def test_the_figure_of_regret_names_every_world():
    table = judge(lambda oracle, C: 1 / 0, practice_worlds()[:2])
    ax = plot_regret(table)
    assert [label.get_text() for label in ax.get_yticklabels()] == [
        "our prose runs",
        "our code runs",
    ]
    assert sum(text.get_text() == "no answer" for text in ax.texts) == 2
