"""The capstone's marks: good plans earn them all, naive ones clearly fewer, and the whole takes seconds."""

import time

import numpy as np
import pandas as pd
import pytest
from nbgrader import utils

import scalinglaws as sl
from scalinglaws.course.capstone import judge, marks
from scalinglaws.course.exercises import read_notebook

from .answers.capstone_08 import _JOINT_PLAN, _ONE_LINE_PLAN, _PLAN, _SHORT_PLAN
from .notebooks import COURSE

NOTEBOOK = COURSE / "source" / "08_capstone" / "08_capstone.ipynb"
FULL = 0.85  # the share of the marks that earns all points, in the notebook's text


@pytest.fixture(scope="module")
def names():
    """What the plan needs of the notebook, and its graded worlds."""
    found = {"np": np, "pd": pd, "sl": sl, "OutOfBudget": sl.OutOfBudget, "World": sl.World}
    cells = {cell.id: cell for cell in read_notebook(NOTEBOOK).cells if cell.cell_type == "code"}
    exec(cells["find-size"].source.split("C_small =")[0], found)
    exec(cells["lowest-point"].source, found)
    for name, cell in cells.items():
        if utils.is_solution(cell) and name.startswith(
            ("ex4", "ex5", "ex6", "ex8-", "ex9-surprise", "ex10")
        ):
            exec(cell.source, found)
    exec(cells["colleague-plan"].source.split("memo =")[0], found)
    test = cells["ex10-plan-test"].source
    exec(test[test.index("import scalinglaws as _sl") : test.index("_report = judge(")], found)
    return found


def points(plan, worlds):
    share = marks(judge(plan, worlds))
    return (
        7 * min(1, share["waste"] / FULL)
        + 2 * min(1, share["miss"] / FULL)
        + 2 * min(1, share["interval"] / FULL)
        + share["budget"]
    )


def written(code, names):
    namespace = dict(names)
    exec(code, namespace)
    return namespace["plan"]


def large_lines(names):
    """Another good plan: more of the budget in the lines, no large runs, both laws of N and D."""

    def plan(oracle, C_target):
        rows, sizes, C_lines = [], [], []
        for C in names["line_budgets"](0.97 * oracle.budget, 7, 7, 2):
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
            if len(N) > 3:
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
        return N[i], D[i], loss[i], 0.97 * loss[i], 1.03 * loss[i]

    return plan


@pytest.mark.slow
def test_good_plans_earn_full_or_nearly_full_points_and_naive_ones_clearly_fewer(names):
    worlds = names["_graded_worlds"]()
    assert len(worlds) == 20
    began = time.process_time()
    assert points(names["plan"], worlds) == 12
    assert time.process_time() - began < 20
    assert points(large_lines(names), worlds) > 11
    assert points(written(_SHORT_PLAN.format(), names), worlds) > 10.5
    assert points(written(_JOINT_PLAN, names), worlds) > 11
    # One line says nothing of how the best size and the loss grow: guesses do not pass for a trend.
    assert points(written(_ONE_LINE_PLAN, names), worlds) < 10.6
    rule = written(_PLAN.format("N, 20 * N, loss, 0.97 * loss, 1.03 * loss"), names)
    assert points(rule, worlds) < 6
    assert points(names["colleague_plan"], worlds) < 4


@pytest.mark.slow
def test_the_solution_does_not_owe_its_points_to_the_seeds(names):
    worlds = [
        sl.World(**{**vars(world), "seed": world.seed + 1000})
        for world in names["_graded_worlds"]()
    ]
    assert points(names["plan"], worlds) > 11.5


def test_no_graded_world_is_a_practice_world(names):
    open_worlds = sl.practice_worlds()
    for world in names["_graded_worlds"]():
        N, _, loss = world.optimum(world.C_target)
        assert all(
            abs(N / other.optimum(world.C_target)[0] - 1) > 0.01
            or abs(loss / other.optimum(world.C_target)[2] - 1) > 0.001
            for other in open_worlds
        ), world.name
