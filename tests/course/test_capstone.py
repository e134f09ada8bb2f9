"""The capstone's marks: what each strategy earns, from a guess to the notebook's own plan, and that seeds hardly matter."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from nbgrader import utils

import scalinglaws as sl
from scalinglaws.course.capstone import hits, interval_score, judge, marks
from scalinglaws.course.exercises import read_notebook

from .answers.capstone_08 import (
    _GUESS_PLAN,
    _HINT_1_PLAN,
    _JOINT_PLAN,
    _ONE_LINE_PLAN,
    _PLAN,
    _SEARCHED_LINE_PLAN,
    _SHORT_PLAN,
)
from .notebooks import COURSE

NOTEBOOK = COURSE / "source" / "08_capstone" / "08_capstone.ipynb"
POINTS = {"waste": 7, "miss": 2, "interval": 2, "budget": 1}


@pytest.fixture(scope="module")
def names():
    """What the plan needs of the notebook, and its graded worlds."""
    found = {"np": np, "pd": pd, "sl": sl, "OutOfBudget": sl.OutOfBudget, "World": sl.World}
    cells = {cell.id: cell for cell in read_notebook(NOTEBOOK).cells if cell.cell_type == "code"}
    exec(cells["find-size"].source.split("C_small =")[0], found)
    exec(cells["lowest-point"].source, found)
    exec(cells["tuned"].source.split("world =")[0], found)
    for name, cell in cells.items():
        if utils.is_solution(cell) and name.startswith(
            ("ex4", "ex5", "ex6", "ex8-", "ex9-surprise", "ex9c", "ex10")
        ):
            exec(cell.source, found)
    exec(cells["colleague-plan"].source.split("memo =")[0], found)
    test = cells["ex10-plan-test"].source
    exec(test[test.index("import scalinglaws as _sl") : test.index("_report = judge(")], found)
    return found


def points(table):
    """What the notebook's tests give for a table of `judge`."""
    return sum(POINTS[part] * share for part, share in marks(table).items())


def large_lines(names):
    """Another good plan: more of the budget in the lines, no large runs, both laws of N and D."""

    def plan(oracle, C_target):
        k, p = (1.0, 0.0) if oracle.lr is None else names["probe"](oracle)
        if oracle.lr is not None:
            oracle = names["Tuned"](oracle, k, p)
        rows, sizes, C_lines = [], [], []
        for C in names["line_budgets"](0.95 * oracle.budget, 7, 7, 2):
            if sizes:
                slope = np.polyfit(np.log(C_lines), np.log(sizes), 1)[0] if len(sizes) > 2 else 0.5
                centre = np.exp(
                    np.mean(
                        np.log(sizes) + np.clip(slope, 0.2, 0.8) * np.log(C / np.array(C_lines))
                    )
                )
            else:
                centre = names["find_size"](oracle, C)
            N, loss = names["train_line"](oracle, C, centre)
            if len(N) > 4:
                sizes.append(names["minimum"](N, loss)[0])
                C_lines.append(C)
                rows += [(n, C / (6 * n), value) for n, value in zip(N, loss, strict=True)]
        runs = np.array(rows)
        residual = np.log(runs[:, 2] / sl.fit_chinchilla(*runs.T).predict(runs[:, 0], runs[:, 1]))
        runs = runs[residual < 6 * max(np.median(np.abs(residual)), 0.003)]
        fit = sl.fit_joint(*runs.T)
        N = np.geomspace(0.5, 50, 2000) * fit.law.N_opt(C_target)
        D = C_target / (6 * N)
        loss = fit.law(N, sl.effective_amount(D, oracle.unique, 15.4))
        i = np.argmin(loss)
        return N[i], D[i], loss[i], 0.97 * loss[i], 1.03 * loss[i], k * N[i] ** -p

    return plan


def with_interval(table, half):
    """The same plan with another interval: `half(row)` on either side, as a share of its forecast."""
    changed = table.copy()
    share = half(table)
    changed["low"], changed["high"] = table["loss"] * (1 - share), table["loss"] * (1 + share)
    score = interval_score(changed["low"], changed["high"], changed["true_loss"])
    changed["interval"] = score / changed["true_loss"]
    return changed


@pytest.fixture(scope="module")
def road(names):
    """The notebook's own plan, judged once."""
    return judge(names["plan"], names["_graded_worlds"]())


# What each strategy earns of 12 points, from the least to the most.
STRATEGIES = {
    "a guess, without an experiment": (0, 0.5),
    "the colleague's memo": (0, 0.5),
    "20 tokens per parameter, and a fit for the forecast": (0, 1.5),
    "one line with the whole budget": (0.5, 3.5),
    "a search and one line": (2, 7),
    "hint 1, the learning rates left as they are": (3, 8),
    "hint 1": (8.5, 9.5),
    "lines, and one law in N and D": (6, 9),
    "lines to the end of the budget, and both laws": (9, 11.9),
}
_RULE = _PLAN.format("N, 20 * N, loss, 0.97 * loss, 1.03 * loss")


@pytest.mark.slow
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_what_each_strategy_earns(names, strategy):
    plans = {
        "a guess, without an experiment": _GUESS_PLAN,
        "20 tokens per parameter, and a fit for the forecast": _RULE,
        "one line with the whole budget": _ONE_LINE_PLAN,
        "a search and one line": _SEARCHED_LINE_PLAN,
        "hint 1, the learning rates left as they are": _SHORT_PLAN,
        "hint 1": _HINT_1_PLAN,
        "lines, and one law in N and D": _JOINT_PLAN,
    }
    if strategy == "the colleague's memo":
        plan = names["colleague_plan"]
    elif strategy == "lines to the end of the budget, and both laws":
        plan = large_lines(names)
    else:
        space = dict(names)
        exec(plans[strategy], space)
        plan = space["plan"]
    least, most = STRATEGIES[strategy]
    table = judge(plan, names["_graded_worlds"]())
    print(f"{strategy}: {points(table):.2f} {marks(table)} {hits(table)} hits")
    assert least <= points(table) <= most, marks(table)


@pytest.mark.slow
def test_the_notebooks_own_plan_earns_full_marks(road):
    assert len(road) == 20
    print(road[["world", "waste", "miss", "interval", "spent"]].round(3).to_string())
    assert points(road) == pytest.approx(12), marks(road)


@pytest.mark.slow
@pytest.mark.parametrize(
    "half, most",
    [
        (lambda table: 0.001, 10.2),
        (lambda table: 0.05, 11.3),
        (lambda table: 0.15, 10.2),
        (lambda table: (table["high"] / table["loss"] - 1) / 5, 10.5),
        (lambda table: (table["high"] / table["loss"] - 1) * 2, 11.3),
    ],
    ids=["0.1 %", "5 %", "15 %", "a fifth as wide", "twice as wide"],
)
def test_an_interval_that_says_something_else_than_is_believed_earns_clearly_less(road, half, most):
    table = with_interval(road, half)
    print(points(table), hits(table), table["interval"].clip(upper=0.5).mean())
    assert points(table) <= most, marks(table)


@pytest.mark.slow
def test_the_notebooks_plan_does_not_owe_its_points_to_the_seeds(names):
    worlds = [dataclasses.replace(w, seed=w.seed + 1000) for w in names["_graded_worlds"]()]
    assert points(judge(names["plan"], worlds)) > 10.5  # a mean of twenty scores has luck in it


def test_no_graded_world_is_a_practice_world(names):
    open_worlds = sl.practice_worlds()
    for world in names["_graded_worlds"]():
        N, _, loss = world.optimum(world.C_target)
        assert all(
            abs(N / other.optimum(world.C_target)[0] - 1) > 0.01
            or abs(loss / other.optimum(world.C_target)[2] - 1) > 0.001
            for other in open_worlds
        ), world.name
