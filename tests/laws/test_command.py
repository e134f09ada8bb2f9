"""`scalinglaws fit`: anybody's table in; law, table and figure out; one clear sentence where it cannot."""

import errno
import json
import os
import re
from html import unescape
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from scalinglaws.cli import main
from scalinglaws.constants import CHINCHILLA_REPLICATION as LAW, MUENNIGHOFF
from scalinglaws.fits import load_fit

OURS = ["--columns", "N=params,C=flops,loss=val_loss", "--bootstrap", "50"]


@pytest.fixture
def runs(tmp_path):
    C = np.repeat(np.geomspace(6e18, 6e20, 5), 7)
    N = LAW.N_opt(C) * np.tile(np.geomspace(1 / 3, 3, 7), 5)
    noise = np.exp(0.003 * np.random.default_rng(0).standard_normal(len(C)))
    table = pd.DataFrame({"params": N, "flops": C, "val_loss": LAW(N, C / 6 / N) * noise})
    path = tmp_path / "runs.csv"
    table.to_csv(path, index=False)
    return path


def fit(capsys, *arguments):
    code = main(["fit", *map(str, arguments)])
    out, err = capsys.readouterr()
    return code, out, err


def test_text(runs, capsys):
    code, out, _ = fit(capsys, runs, *OURS, "--budget", "1e24", "--holdout", "3e20")
    assert code == 0
    for words in (
        "ChinchillaFit",
        "converged",
        "Best use of 1e+24 FLOPs",
        "N_opt",
        "7 runs above 3e+20 FLOPs were left out",
    ):
        assert words in out


def test_json_with_every_option(runs, capsys, tmp_path):
    code, out, _ = fit(
        capsys, runs, *OURS, "--json", "--method", "chinchilla", "--delta", "0", "--drop-highest", "2", "--budget", "1e22",
        "--budget", "1e24", "--holdout", "3e20", "--level", "0.8", "--seed", "3",
        "--table", tmp_path / "t.csv", "--figure", tmp_path / "f.png",
    )  # fmt: skip
    report = json.loads(out)
    assert code == 0 and report["converged"] and report["runs"] == 26 and report["delta"] is None
    assert report["law"]["alpha"] == pytest.approx(LAW.alpha, abs=0.1)
    low, high = report["intervals"]["E"]
    assert low < report["law"]["E"] < high
    assert set(report["budgets"]) == {"1e+22", "1e+24"}
    best = report["budgets"]["1e+22"]
    assert 6 * best["N_opt"]["value"] * best["D_opt"]["value"] == pytest.approx(1e22)
    assert report["holdout"]["runs"] == 7 and abs(report["holdout"]["bias_percent"]) < 2
    assert len(report["dropped_lines"]) == 2
    table = pd.read_csv(tmp_path / "t.csv")
    assert len(table) == 35 and table["in_fit"].sum() == 26
    assert sorted(table.loc[~table["in_fit"], "line"])[:2] == sorted(report["dropped_lines"])
    assert table["residual"].abs().max() < 0.05
    assert (tmp_path / "f.png").read_bytes().startswith(b"\x89PNG")


def test_options_do_what_they_say(runs, capsys):
    def law(*options):
        code, out, err = fit(capsys, runs, *OURS, "--json", *options)
        assert code == 0, err
        return json.loads(out)["law"]

    assert law("--no-floor")["E"] == 0
    assert law("--delta", "1e-3") == law() != law("--delta", "0")
    assert set(law("--method", "power", "--x", "C", "--no-floor")) == {"A", "alpha"}
    assert law("--method", "isoflop")["a"] == pytest.approx(LAW.a, abs=0.05)


@pytest.mark.parametrize("method", ["isoflop", "power", "joint"])
def test_every_method_draws(method, runs, capsys, tmp_path):
    figure = tmp_path / "f.svg"
    code, _, err = fit(
        capsys,
        runs,
        *OURS,
        "--method",
        method,
        *(["--x", "N", "--accept", "columns"] if method == "power" else []),
        "--figure",
        figure,
        "--table",
        tmp_path / "t.csv",
    )
    assert code == 0, err
    assert "<svg" in figure.read_text(encoding="utf-8")


def test_broken_power_law(tmp_path, capsys):
    x = np.geomspace(1, 1e4, 40)
    loss = 2 + 1.5 * x**-0.8 + 0.002 * x**0.5
    pd.DataFrame({"D": x, "loss": loss}).to_csv(tmp_path / "b.csv", index=False)
    figure = tmp_path / "f.pdf"
    code, out, err = fit(
        capsys, tmp_path / "b.csv", "--method", "broken", "--bootstrap", "5", "--figure", figure
    )
    assert code == 0, err
    assert "break at x" in out and figure.read_bytes().startswith(b"%PDF")
    options = [
        "--method",
        "broken",
        "--bootstrap",
        "5",
        "--floor",
        "1.5",
        "--breaks",
        "0",
        "--delta",
        "1e-3",
    ]
    code, out, err = fit(capsys, tmp_path / "b.csv", *options)
    assert code == 0, err
    assert "Huber, delta = 0.001" in out and "held" in out and "break at x" not in out


def test_the_joint_law_takes_a_floor_and_huber(runs, capsys):
    options = [*OURS, "--json", "--method", "joint", "--delta", "1e-3", "--bootstrap", "10"]
    report = json.loads(fit(capsys, runs, *options, "--no-floor")[1])
    assert report["law"]["E"] == 0 and report["held"] == ["E"] and report["delta"] == 1e-3


def test_the_help_lists_the_methods_and_what_each_takes(capsys):
    with pytest.raises(SystemExit):
        main(["fit", "--help"])
    out = " ".join(capsys.readouterr().out.split())
    assert "joint E + [(A/N^alpha)^(1/gamma)" in out
    assert "fix E = 0 (for chinchilla, joint, power, broken)" in out


def test_envelope(tmp_path, capsys):
    rows = [
        (i, N, D, LAW(N, D))
        for i, N in enumerate(np.geomspace(5e7, 2e10, 15))
        for D in np.geomspace(N, 300 * N, 20)
    ]
    pd.DataFrame(rows, columns=["run", "N", "D", "loss"]).to_csv(tmp_path / "c.csv", index=False)
    code, out, _ = fit(
        capsys,
        tmp_path / "c.csv",
        "--method",
        "envelope",
        "--json",
        "--bootstrap",
        "50",
        "--figure",
        tmp_path / "f.png",
    )
    assert code == 0 and json.loads(out)["law"]["a"] == pytest.approx(LAW.a, abs=0.05)


def test_an_envelope_keeps_seeds_together(tmp_path, capsys):
    rows = [
        (f"{seed}-{i}", N, D, seed, LAW(N, D) * (1 + seed / 500))
        for i, N in enumerate(np.geomspace(5e7, 2e10, 10))
        for seed in (0, 1)
        for D in np.geomspace(N, 300 * N, 12)
    ]
    table = pd.DataFrame(rows, columns=["run", "N", "D", "seed", "loss"])
    table.to_csv(tmp_path / "c.csv", index=False)
    options = ["--method", "envelope", "--bootstrap", "20"]
    code, out, err = fit(capsys, tmp_path / "c.csv", *options)
    assert code == 0, err
    assert "seeds of one N and D are kept together" in out and "(10 configurations)" in out
    table.assign(group=table["D"] > 1e10).to_csv(tmp_path / "g.csv", index=False)
    code, _, err = fit(capsys, tmp_path / "g.csv", *options)
    assert code == 2 and "points of several groups: a run belongs to one" in err


def test_over_training_and_repeated_data(tmp_path, capsys):
    N, epochs, U = (v.ravel() for v in np.meshgrid([1e8, 1e9, 4e9], [1, 4, 16, 40], [2e9, 2e10]))
    loss = MUENNIGHOFF(N, U * epochs, U) * np.exp(0.002 * np.random.default_rng(0).normal(size=24))
    table = pd.DataFrame({"N": N, "tokens": U * epochs, "unique_tokens": U, "loss": loss})
    table.to_csv(tmp_path / "r.csv", index=False)
    code, _, err = fit(capsys, tmp_path / "r.csv")
    assert code == 2 and "18 of 24 runs repeat their data" in err and "--method repeated" in err
    options = [
        "--bootstrap",
        "20",
        "--json",
        "--figure",
        tmp_path / "f.png",
        "--table",
        tmp_path / "t.csv",
    ]
    code, out, err = fit(capsys, tmp_path / "r.csv", "--method", "repeated", *options)
    report = json.loads(out)
    assert code == 0, err
    assert report["held"] == ["N_per_token"] and 3 < report["law"]["R_D_star"] < 80
    fresh = ["--where", "epochs<=1", "--method", "overtraining", "--delta", "0"]
    table.loc[table.index[:12], "tokens"] = table["unique_tokens"][:12] * 0.7
    table = table.assign(tokens=np.minimum(table["tokens"], table["unique_tokens"]))
    table["loss"] = MUENNIGHOFF(table["N"], table["tokens"], table["unique_tokens"])
    table.to_csv(tmp_path / "r.csv", index=False)
    code, out, err = fit(capsys, tmp_path / "r.csv", *fresh, *options, "--budget", "1e22")
    assert code == 0, err
    assert 0.1 < json.loads(out)["law"]["eta"] < 0.4


def test_a_report_is_one_page_without_the_network(runs, capsys, tmp_path):
    page = tmp_path / "r.html"
    code, _, err = fit(
        capsys, runs, *OURS, "--budget", "1e22", "--holdout", "3e20", "--report", page
    )
    text = page.read_text(encoding="utf-8")
    assert code == 0, err
    assert text.count("<img") == text.count('alt="') == 3 and "data:image/svg+xml" in text
    assert "prefers-color-scheme: dark" in text and "Best use of 1e+22 FLOPs" in text
    assert 'src="http' not in text and "<script" not in text and "<link" not in text


def test_the_report_says_all_that_the_text_says(runs, capsys, tmp_path):
    """In a page, too: how many resamples failed, what is hardly identified, and which law it is."""
    page = tmp_path / "r.html"
    options = ["--method", "broken", "--breaks", "0", "--bootstrap", "20", "--report", page]
    _, out, err = fit(capsys, runs, *OURS, "--accept", "columns", *options)
    assert not err
    text = unescape(page.read_text(encoding="utf-8"))
    assert "<h2>A power law that bends (BNSL), with x = C</h2>" in text and "--x" not in text
    for line in out.splitlines():
        if line.startswith("  ") and not re.match(r"  (E|A|c0|)  ", line):
            assert line.strip() in text


def test_one_run_left_out_is_one_run(runs, capsys):
    out = fit(capsys, runs, *OURS, "--method", "isoflop", "--holdout", "3e20")[1]
    assert "\n1 run, the best of its budget, above 3e+20 FLOPs was left out" in out


@pytest.mark.slow
def test_several_experiments_are_fitted_each_by_itself(tmp_path, capsys):
    N, D = (v.ravel() for v in np.meshgrid(np.geomspace(1e8, 1e10, 4), np.geomspace(1e9, 1e11, 4)))
    part = pd.DataFrame({"N": N, "D": D, "loss": LAW(N, D)})
    parts = [part.assign(data=f"d{i}", loss=part["loss"] * (1 + i / 10)) for i in range(3)]
    parts.append(part.head(3).assign(data="few"))
    pd.concat(parts).to_csv(tmp_path / "r.csv", index=False)
    assert "fit each separately with --by data" in fit(capsys, tmp_path / "r.csv")[2]
    by = [tmp_path / "r.csv", "--by", "data", "--bootstrap", "20"]
    code, out, _ = fit(capsys, *by, "--report", tmp_path / "r.html", "--table", tmp_path / "t.csv")
    assert code == 1 and "=== data = d2 ===" in out and "=== data = few ===\nno fit: " in out
    assert len(pd.read_csv(tmp_path / "t.csv")) == 48
    report = json.loads(fit(capsys, *by, "--json")[1])
    assert list(report["fits"]) == ["d0", "d1", "d2"] and "too few" in report["problems"]["few"]
    assert report["fits"]["d1"]["law"]["E"] == pytest.approx(
        1.1 * report["fits"]["d0"]["law"]["E"], rel=1e-2
    )
    assert "--figure draws one fit" in fit(capsys, *by, "--figure", tmp_path / "f.png")[2]


@pytest.mark.parametrize("form", ["--markdown", "--latex"])
def test_tables_for_papers_hold_the_level(form, runs, capsys):
    code, out, _ = fit(capsys, runs, *OURS, form, "--level", "0.5")
    assert code == 0 and "50" in out and "95" not in out.split("interval")[0]


def test_the_level_holds_in_text(runs, capsys):
    wide, narrow = (fit(capsys, runs, *OURS, "--level", level)[1] for level in ("0.95", "0.5"))
    assert "50 % interval" in narrow and "95 % interval" not in narrow

    def width(text):
        low, high = text.split("alpha")[1].split("\n")[0].split()[1:4:2]
        return float(high) - float(low)

    assert width(narrow) < 0.6 * width(wide)


@pytest.mark.parametrize("resample", ["wild", "runs"])
def test_the_bootstrap_can_be_chosen(resample, runs, capsys):
    report = json.loads(fit(capsys, runs, *OURS, "--json", "--resample", resample)[1])
    assert report["resampling"]["method"] == resample


def test_a_floor_can_be_held(runs, capsys):
    report = json.loads(fit(capsys, runs, *OURS, "--json", "--floor", "1.8")[1])
    assert report["law"]["E"] == 1.8 and report["held"] == ["E"] and "E" not in report["intervals"]


def test_a_fit_is_saved(runs, capsys, tmp_path):
    code, out, err = fit(capsys, runs, *OURS, "--json", "--save", tmp_path / "fit.json")
    assert code == 0, err
    law = load_fit(tmp_path / "fit.json").law
    assert law.alpha == pytest.approx(json.loads(out)["law"]["alpha"])


@pytest.mark.parametrize("option", ["--save", "--table", "--figure", "--report"])
def test_a_full_disk_takes_no_file(option, runs, capsys, tmp_path, monkeypatch):
    target = tmp_path / "old.png"
    target.write_text("a week's work")

    def full(number):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    code, _, err = fit(capsys, runs, *OURS, option, target)
    assert code == 2 and err.count("\n") == 1 and f"{target} cannot be written: No space" in err
    assert target.read_text() == "a week's work" and list(tmp_path.glob("*.new")) == []


@pytest.mark.skipif(os.name == "nt", reason="links there need rights")
def test_a_link_stays_a_link_and_a_device_a_device(runs, capsys, tmp_path):
    (tmp_path / "link.json").symlink_to(tmp_path / "fit.json")
    for target in (tmp_path / "link.json", Path(os.devnull)):
        code, _, err = fit(capsys, runs, *OURS, "--save", target)
        assert code == 0, err
    assert (tmp_path / "link.json").is_symlink() and load_fit(tmp_path / "fit.json").n > 0
    assert not Path(os.devnull).is_file()


def test_no_output_makes_a_folder(runs, capsys, tmp_path):
    for target in (tmp_path / "none" / "fit.json", tmp_path):
        code, _, err = fit(capsys, runs, *OURS, "--save", target)
        assert code == 2 and err.count("\n") == 1 and "cannot be written" in err
    assert not (tmp_path / "none").exists()


def plan(capsys, *arguments):
    code = main(["plan", *map(str, arguments)])
    out, err = capsys.readouterr()
    return code, out, err


@pytest.mark.parametrize("wanted", ["L(1e23)", "N(1e23)", "D_opt(1e23)", "L(7B, 1T)", "alpha"])
def test_the_next_runs(wanted, runs, capsys):
    options = [runs, "--bootstrap", "50", "--spend", "1e21", "--for", wanted]
    code, out, err = plan(capsys, *options, "--json")
    assert code == 0, err
    report = json.loads(out)
    assert report["standard_error"]["after"] < report["standard_error"]["before"]
    assert report["spent"] <= 1e21 and all(
        6 * r["N"] * r["D"] == pytest.approx(r["cost"]) for r in report["runs"]
    )
    assert report["interval"][0] < report["value"] < report["interval"][1]
    code, out, _ = plan(capsys, *options)
    assert code == 0 and wanted in out and "standard error falls" in out


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--for", "loss at 1e23"], "--for takes L(1e23)"),
        (["--for", "L(-1)"], "it cannot read 'L(-1)'"),
        (["--for", "N(1, 2)"], "it cannot read 'N(1, 2)'"),
        (["--for", "gamma"], "gamma is not a parameter of this law; it has E, A, B, alpha, beta"),
        (["--for", "alpha", "--spend", "-1"], "--spend must be a positive"),
        (["--for", "alpha", "--spend", "inf"], "is not a number of FLOPs"),
        (["--for", "alpha", "--spend", "1 ZW"], "'1 ZW' is not a number of FLOPs"),
        (["--for", "alpha", "--spend", "1"], "below the cost of every candidate"),
        (["--for", "alpha", "--spend", "1e33"], "less than a tenth of the budget"),
        (["--for"], "argument --for: expected one argument"),
        (["--for", ""], 'for example --for "N(1e23)"'),
        (["--for", "alpha", "--level", "high"], "--level: invalid float value: 'high'"),
        (["--for", "alpha", "--most", "0"], "--most must be at least 1"),
        (["--for", "alpha", "--beyond", "0.5"], "at least 1"),
        (["--for", "alpha", "--by", "params"], "not with --by"),
    ],
)
def test_a_plan_that_cannot_be_is_one_sentence(options, says, runs, capsys):
    code, out, err = plan(capsys, runs, "--spend", "1e21", "--bootstrap", "20", *options)
    assert code == 2 and out == "" and says in err and err.count("\n") == 1


def test_a_plan_without_a_question_or_a_budget_says_what_to_add(runs, capsys):
    for options, says in ([], "Add --for"), (["--for", "alpha"], "for example --spend 1e21"):
        code, out, err = plan(capsys, runs, *options)
        assert code == 2 and out == "" and says in err and err.count("\n") == 1


def test_a_plan_needs_the_columns_of_its_law(runs, capsys):
    table = pd.read_csv(runs)
    table.drop(columns="params").to_csv(runs, index=False)
    options = [runs, "--bootstrap", "10", "--spend", "1e21", "--for", "alpha"]
    code, out, _ = plan(capsys, *options)
    assert code == 0 and "x = C" in out  # a power law of C
    code, out, err = plan(capsys, *options, "--method", "chinchilla")
    assert code == 2 and out == "" and err.count("\n") == 1 and "N" in err


@pytest.mark.parametrize("command", [fit, plan])
def test_two_sizes_are_too_few_and_the_sentence_says_so(command, runs, capsys):
    table = pd.read_csv(runs)
    table["params"] = np.where(table["params"] > table["params"].median(), 2e9, 1e8)
    table.to_csv(runs, index=False)
    options = ["--spend", "1e21", "--for", "L(1e23)"] if command is plan else []
    code, out, err = command(capsys, runs, *options)
    assert code == 2 and out == "" and err.count("\n") == 1
    assert "only 2 values of N, and this law needs at least 3: add runs at other values of N" in err


@pytest.mark.parametrize("option", ["--budget", "--holdout"])
@pytest.mark.parametrize("value", ["inf", "1e400", "nan", "much"])
def test_a_budget_is_finite(option, value, runs, capsys):
    code, out, err = fit(capsys, runs, option, value)
    assert code == 2 and out == "" and "is not a number of FLOPs" in err


def test_a_budget_has_units(runs, capsys):
    options = [runs, "--bootstrap", "10", "--for", "alpha", "--json", "--spend"]
    assert plan(capsys, *options, "1 ZFLOP")[1] == plan(capsys, *options, "1e21")[1]


def test_runs_far_from_the_fit_are_reported(runs, capsys):
    table = pd.read_csv(runs)
    table.loc[[4, 9], "val_loss"] = 10.8  # they never learned
    table.to_csv(runs, index=False)
    code, out, _ = fit(capsys, runs, *OURS)
    assert code == 0 and "lines 6, 11 lie " in out and "--drop-highest" in out
    assert "a factor of " in out or " % or more from the fit" in out
    assert "from the fit" not in fit(capsys, runs, *OURS, "--drop-highest", "2")[1]


def test_units_and_columns_may_be_given_one_by_one(runs, capsys):
    table = pd.read_csv(runs)
    table.assign(params=table["params"] / 1e6, flops=table["flops"] / 1e18).to_csv(
        runs, index=False
    )
    names = ["--columns", "N=params", "--columns", "C=flops,loss=val_loss"]
    units = ["--unit", "N=M", "--unit", "C=EF", "--bootstrap", "20", "--json"]
    code, out, err = fit(capsys, runs, *names, *units)
    assert code == 0, err
    assert json.loads(out)["law"]["alpha"] == pytest.approx(LAW.alpha, abs=0.1)


def test_loss_against_compute_alone(runs, capsys):
    pd.read_csv(runs).drop(columns="params").to_csv(runs, index=False)
    code, out, _ = fit(capsys, runs, "--bootstrap", "50")
    assert code == 0 and "PowerLawFit" in out


@pytest.mark.parametrize(
    ("change", "options", "says"),
    [
        (lambda t: t.rename(columns={"val_loss": "y"}), [], "no column for the loss; it has params, flops, y: name yours with --columns loss="),
        (None, ["--columns", "loss=quality"], "no column 'quality'; it has params, flops, val_loss"),
        (lambda t: t[["val_loss"]], [], "needs a column N, D or C"),
        (None, [*OURS, "--level", "95"], "--level must lie between 0 and 1"),
        (None, [*OURS, "--method", "isoflop", "--no-floor"], "--no-floor belongs to the methods chinchilla, joint, power and broken, not to isoflop"),
        (None, [*OURS, "--accept", "everything"], "--accept takes ratio"),
        (None, ["--columns", "X=params"], "cannot read 'X=params'"),
        (None, ["--columns", "params"], "cannot read 'params'"),
        (None, [*OURS, "--method", "envelope"], "envelope needs the column run"),
        (None, [*OURS, "--holdout", "1e30"], "leaves out 0 of 35 runs"),
        (None, [*OURS, "--budget", "-1"], "--budget must be a positive"),
        (None, [*OURS, "--method", "power", "--budget", "1e20"], "one variable only"),
        (None, [*OURS, "--delta", "-1"], "--delta must be"),
        (None, [*OURS, "--method", "power", "--drop-highest", "1"], "belongs to the method chinchilla, not to power"),
        (None, [*OURS, "--method", "power", "--breaks", "1"], "belongs to the method broken"),
        (None, [*OURS, "--method", "joint", "--floor", "9"], "floor"),
        (None, [*OURS, "--bootstrap", "1"], "at least B = 2"),
        (None, [*OURS, "--figure", "nowhere/f.png"], "cannot be written"),
        (None, [*OURS, "--figure", "f.xyz"], "cannot be written"),
        (lambda t: t.assign(val_loss=t["val_loss"].where(t.index != 4)), OURS, "val_loss is missing in line 6"),
        (lambda t: t.assign(params=t["params"].astype(object).where(t.index != 0, "seven")), OURS, "params is not a number in line 2"),
        (lambda t: t.assign(val_loss=-t["val_loss"]), OURS, "val_loss is zero or negative in lines 2, 3, 4, 5, 6 and 30 more"),
        (lambda t: t.assign(params=1e9), OURS, "only one value of N"),
        (lambda t: t.head(4), OURS, "too few"),
        (lambda t: t.head(0), OURS, "too few"),
    ],
)  # fmt: skip
def test_what_cannot_be_fitted_is_said_in_one_sentence(
    runs, capsys, tmp_path, monkeypatch, change, options, says
):
    monkeypatch.chdir(tmp_path)
    if change:
        change(pd.read_csv(runs)).to_csv(runs, index=False)
    code, out, err = fit(capsys, runs, *options)
    assert code == 2 and out == ""
    assert says in err and err.count("\n") == 1


def test_no_such_file_or_no_csv(capsys, tmp_path):
    code, _, err = fit(capsys, tmp_path / "none.csv")
    assert code == 2 and "There is no file" in err
    (tmp_path / "empty.csv").write_text("")
    code, _, err = fit(capsys, tmp_path / "empty.csv")
    assert code == 2 and "cannot be read as CSV" in err
    (tmp_path / "binary.csv").write_bytes(bytes(range(256)))
    code, _, err = fit(capsys, tmp_path / "binary.csv")
    assert code == 2 and err.count("\n") == 1
