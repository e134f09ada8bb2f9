"""The findings page is what the runs say, and it is made by one command for any sweep."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from scalinglaws.cli import main
from scalinglaws.errors import CourseError
from scalinglaws.findings import experts
from scalinglaws.findings.command import OWN_INTRODUCTION, SECTIONS, measure, page
from scalinglaws.findings.page import Study, percent, plain
from scalinglaws.findings.statistics import log_linear, lowest, minimum_interval

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def stored() -> dict[str, Any]:
    return json.loads((DOCS / "findings.json").read_text("utf-8"))


def near(stored: Any, now: Any, path: str = "") -> list[str]:
    """Where two trees of numbers differ by more than another processor's rounding explains."""
    if isinstance(stored, dict):
        if not isinstance(now, dict) or list(stored) != list(now):
            return [f"{path}: other keys"]
        return [d for key in stored for d in near(stored[key], now[key], f"{path}/{key}")]
    if isinstance(stored, list):
        if not isinstance(now, list) or len(stored) != len(now):
            return [f"{path}: another length"]
        pairs = enumerate(zip(stored, now, strict=True))
        return [d for i, (a, b) in pairs for d in near(a, b, f"{path}/{i}")]
    if isinstance(stored, float) and isinstance(now, float):
        # Bootstrapped ends of an interval move most; they are no surer than this.
        same = now == pytest.approx(stored, rel=0.02, abs=2e-3)
    else:
        same = stored == now
    return [] if same else [f"{path}: {stored} is now {now}"]


@pytest.mark.slow
def test_the_stored_numbers_are_what_the_runs_say(stored):
    now = json.loads(json.dumps(measure(Study())))
    assert near(stored, now) == [], "run `scalinglaws findings`"


def test_the_page_is_written_from_the_stored_numbers(stored):
    assert page(stored) == (DOCS / "findings.md").read_text("utf-8"), "run `scalinglaws findings`"


def test_a_number_at_a_rounding_limit_changes_no_test(stored):
    """The kind of difference that another processor makes: the last digits of every number."""

    def moved(value: Any, factor: float) -> Any:
        if isinstance(value, dict):
            return {key: moved(item, factor) for key, item in value.items()}
        if isinstance(value, list):
            return [moved(item, factor) for item in value]
        return value * factor if isinstance(value, float) else value

    for factor in (1 - 1e-4, 1 + 1e-4):
        assert near(stored, moved(stored, factor)) == []
    assert near(stored, moved(stored, 1.1)) != []


def test_every_figure_is_there_and_says_in_words_what_it_shows(stored):
    shown = re.findall(r"!\[(.*?)\]\(findings/(.*?)\)", page(stored), re.S)
    assert {name for _, name in shown} == {path.name for path in (DOCS / "findings").glob("*.png")}
    assert all(80 < len(alt) < 900 and "series of" not in alt for alt, _ in shown)
    drawn = {f"{section.name}.png" for section in SECTIONS if section.draw}
    assert {name for _, name in shown} <= drawn


def test_the_page_has_no_empty_numbers(stored):
    text = page(stored)
    assert not re.search(r"\b(nan|None|inf)\b", text)
    assert not re.search(r"(\d[\d.,]*) (?:to|and) \1 ", text.replace("0.50, 0.49", ""))


def test_a_study_without_runs_says_so(tmp_path):
    with pytest.raises(CourseError, match="No runs of a plan"):
        Study(tmp_path).runs("grid", "prose")
    assert Study(tmp_path).corpora("grid") == []


def test_the_command_says_what_is_missing(tmp_path, capsys):
    (tmp_path / "runs").mkdir()
    few = (DOCS.parent / "data/runs/grid.csv").read_text("utf-8").splitlines()[:20]
    (tmp_path / "runs/grid.csv").write_text("\n".join(few) + "\n", encoding="utf-8")
    assert main(["findings", "--data", str(tmp_path), "--out", str(tmp_path)]) == 2
    assert "sweep grid" in capsys.readouterr().err


def test_a_sweep_of_ones_own_has_a_page(tmp_path):
    """IsoFLOP runs alone, on a text of any name, make a page with what they can say."""
    (tmp_path / "runs").mkdir()
    lines = (DOCS.parent / "data/runs/isoflop.csv").read_text("utf-8").splitlines()
    own = [line.replace(",prose,", ",/home/me/my text,") for line in lines if ",code," not in line]
    (tmp_path / "runs/isoflop.csv").write_text("\n".join(own) + "\n", encoding="utf-8")
    assert main(["findings", "--data", str(tmp_path), "--out", str(tmp_path)]) == 0
    text = (tmp_path / "findings.md").read_text("utf-8")
    assert text.startswith(OWN_INTRODUCTION) and "| my text | 1.00e+10 |" in text
    assert "/home/me" not in text
    assert (tmp_path / "findings/isoflop.png").is_file() and "Repeated data" not in text


@pytest.mark.slow
def test_findings_load_no_engine():
    import subprocess
    import sys

    code = "import sys, scalinglaws.findings.command as c; "
    code += "assert 'threadpoolctl' not in sys.modules; "
    code += "assert 'scalinglaws.training.train' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_exponents_are_recovered_with_their_interval():
    rng = np.random.default_rng(0)
    width, D = np.repeat([8, 16, 32, 64], 3), np.tile([1e5, 1e6, 1e7], 4)
    rate = 0.4 / width * D**0.1 * np.exp(rng.normal(0, 0.05, 12))
    law = log_linear(rate, width=width, D=D)
    for name, true in (("width", -1), ("D", 0.1)):
        value, low, high = law[name]
        assert low < true < high and high - low < 0.2 and low < value < high


def test_a_lowest_point_at_the_edge_is_none():
    x = [1, 2, 4, 8, 16]
    assert lowest(x, [5, 4, 3, 4, 5])[0] == pytest.approx(4, rel=0.01)
    assert np.isnan(lowest(x, [1, 2, 3, 4, 5])[0])


def test_a_flat_bowl_places_no_minimum():
    """The interval of a measured minimum covers it when it can, and reaches the edge when it can't."""
    N = np.geomspace(1e5, 1e6, 5)
    bowl = 1 + 0.05 * np.log(N / 3e5) ** 2
    sharp = minimum_interval(N, bowl, noise=0.001)["N_opt"]
    assert sharp[1] < 3e5 < sharp[2] and sharp[2] / sharp[1] < 1.5
    flat = minimum_interval(N, bowl, noise=0.2)["N_opt"]
    assert flat[1] == pytest.approx(1e5) and flat[2] == pytest.approx(1e6)


def test_signs_and_zeros():
    said = [percent(x) for x in (0.0123, -0.0123, -0.0001, 0.0)]
    assert said == ["+1.2 %", "-1.2 %", "0.0 %", "0.0 %"]
    assert plain({"a": np.float64("nan"), "b": np.arange(2)}) == {"a": None, "b": [0, 1]}


def test_the_law_of_experts_is_recovered():
    rows = [
        {"experts": E, "D": D, "change": np.expm1(-0.04 * np.log(E) * np.log(D / 2e5))}
        for E in (2, 4, 8)
        for D in (1e5, 5e5, 2e6)
    ]
    law = experts.fit_gain(rows)
    assert law["slope"][0] == pytest.approx(0.04) and law["D0"][0] == pytest.approx(2e5)
    assert law["typical_error"] < 1e-6


def test_a_mixtures_rival_is_the_best_dense_model_that_fits_its_memory():
    """On a made-up law with C = 6ND, whose best size for 1.2e10 FLOPs is 44,721 parameters."""
    grid = pd.DataFrame(
        [(N, D) for N in np.geomspace(1e3, 1e5, 7) for D in np.geomspace(6e4, 8e6, 8)],
        columns=["N", "D"],
    )
    grid = grid.assign(loss=1 + grid["N"] ** -0.5 + grid["D"] ** -0.5, C=6 * grid["N"] * grid["D"])
    dense = experts.DenseModels(grid)

    def best(N: float) -> float:
        return 1 + N**-0.5 + (2e9 / N) ** -0.5

    assert dense.loss(2e3, 1e5) == pytest.approx(1 + 2e3**-0.5 + 1e5**-0.5, abs=1e-4)
    assert np.isnan(dense.loss(2e5, 1e5))
    assert dense.lowest(1e4, 1.2e10) == pytest.approx(best(1e4), abs=1e-4)  # memory is scarce
    assert np.isnan(dense.lowest(5e2, 1.2e10))
