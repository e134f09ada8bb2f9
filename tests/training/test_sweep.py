"""The sweep: what it promises about kills, locks and bad input; and the runs that stand in data/."""

import csv
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from scalinglaws import cluster, runs as runs_module
from scalinglaws.cli import main
from scalinglaws.errors import CourseError
from scalinglaws.paths import data_dir
from scalinglaws.runs import load_curves, load_runs, plans, write_checksums
from scalinglaws.training import train as train_module
from scalinglaws.training.config import RunConfig, extra_columns
from scalinglaws.training.corpus import load_corpus
from scalinglaws.training.plans import PLANS, at_budget, batch_size, grid, recipe
from scalinglaws.training.store import COLUMNS, Store
from scalinglaws.training.train import train

TIMES = ["seconds", "flops_per_second"]


# A sweep that is killed (as by kill -9) so many seconds after it has stored a row.
KILLED = """
import os, sys, threading
from scalinglaws.cli import main
from scalinglaws.training.plans import PLANS, recipe
from scalinglaws.training.store import Store

append, delay = Store.append, float(sys.argv.pop(1))
PLANS["demo"] = lambda corpus: [recipe(corpus, w, D) for D in (2**13, 2**14) for w in (4, 8)]

def append_and_be_killed(*row):
    append(*row)
    threading.Timer(delay, os.kill, [os.getpid(), 9]).start()

Store.append = append_and_be_killed
sys.exit(main(sys.argv[1:]))
"""


def small_demo(corpus: str) -> list[RunConfig]:
    """One run more than `KILLED` is killed."""
    return [recipe(corpus, width, D) for D in (2**13, 2**14) for width in (4, 8)]


def table(folder: Path, plan: str = "demo") -> pd.DataFrame:
    """The rows without what the clock decides, in the order of their names."""
    rows = pd.read_csv(folder / "runs" / f"{plan}.csv").drop(columns=TIMES)
    return rows.sort_values("run", ignore_index=True)


@pytest.fixture(scope="module")
def words(tmp_path_factory) -> Path:
    """A user's own text, on which all runs of the demo take seconds."""
    rng = random.Random(0)
    words = ["loss", "falls", "as", "a", "power", "of", "size", "and", "data", "do", "too"]
    path = tmp_path_factory.mktemp("own") / "mine.txt"
    path.write_text(" ".join(rng.choice(words) for _ in range(120_000)))
    return path


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="kill -9 is for Unix")
def test_killed_after_each_row_it_ends_with_the_same_rows(tmp_path, words, monkeypatch):
    monkeypatch.setitem(PLANS, "demo", small_demo)
    options = ["sweep", "demo", "--text", str(words), "--workers", "1", "--out"]
    assert main([*options, str(tmp_path / "calm")]) == 0
    calm = table(tmp_path / "calm")
    assert len(calm) == len(small_demo("prose"))

    for delay in (0, 0.01, 0.1):  # the next run is on its way, or being written
        sweep = subprocess.run(
            [sys.executable, "-c", KILLED, str(delay), *options, str(tmp_path / "killed")],
            capture_output=True,
        )
        assert sweep.returncode == -signal.SIGKILL, sweep.stderr
    assert main([*options, str(tmp_path / "killed")]) == 0

    pd.testing.assert_frame_equal(table(tmp_path / "killed"), calm)
    curves = [pd.read_csv(tmp_path / name / "curves" / "demo.csv") for name in ("calm", "killed")]
    order = ["run", "step"]
    pd.testing.assert_frame_equal(
        *(curve.sort_values(order, ignore_index=True) for curve in curves)
    )


@pytest.fixture
def row_and_curve():
    row = dict.fromkeys(COLUMNS, 1) | {"run": "abc", "corpus": "prose", "corpus_hash": "0"}
    return row, [{"run": "abc", "step": 1, "tokens": 2, "loss_val": 3.0, "loss_train": 4.0}]


def test_what_a_kill_leaves_behind_is_repaired(tmp_path, row_and_curve):
    row, curve = row_and_curve
    with Store(tmp_path, "p") as store:
        store.append(row, curve)
        whole = store.runs.read_text(), store.curves.read_text()
    with open(store.curves, "a") as file:
        file.write("orphan,1,2,3,4\ntorn,1")
    with open(store.runs, "a") as file:
        file.write("torn,p,prose,0")
    with Store(tmp_path, "p") as store:
        assert [row["run"] for row in store.rows()] == ["abc"]
    assert (store.runs.read_text(), store.curves.read_text()) == whole


def test_a_second_sweep_waits_its_turn(tmp_path):
    with Store(tmp_path, "p"), pytest.raises(CourseError, match="Another sweep"):
        Store(tmp_path, "p").__enter__()
    with Store(tmp_path, "p"):  # the first has gone
        pass


def test_a_plan_has_the_columns_that_it_needs(tmp_path, row_and_curve):
    row, curve = row_and_curve
    assert extra_columns(PLANS["grid"]("prose")) == []
    extra = extra_columns(PLANS["mix"]("prose"))
    assert extra == ["mix"]
    assert extra_columns(PLANS["precision"]("prose"))[:2] == ["rounded", "loss_2_bits"]
    with Store(tmp_path, "mix", extra) as store:
        store.append(row | {"mix": 0.5}, curve)
    rows = load_runs("mix", data=tmp_path)
    assert list(rows.columns) == [*COLUMNS, "mix"] and rows["mix"].tolist() == [0.5]


def test_other_columns_are_not_mixed_in(tmp_path):
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "p.csv").write_text("run,loss\nabc,1\n")
    with pytest.raises(CourseError, match="different columns"):
        Store(tmp_path, "p").__enter__()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux' full disk")
def test_a_full_disk_is_one_sentence(tmp_path, row_and_curve):
    with Store(tmp_path, "p") as store:
        store.curves.unlink()
        store.curves.symlink_to("/dev/full")
        with pytest.raises(CourseError, match=r"No space left on device.*finished runs are kept"):
            store.append(*row_and_curve)
        assert store.rows() == []


def test_bad_input_is_one_sentence(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    short = tmp_path / "short.txt"
    short.write_text("too short\n")
    bad = {
        ("--out", str(tmp_path / "file" / "x")): "cannot be written",
        ("--text", str(short)): "too little text",
        ("--text", str(tmp_path / "none"), "--out", str(tmp_path)): "cannot be read",
        ("--workers", "0"): "at least 1",
        ("--together", "0", "--engine", "torch"): "at least 1",
        ("--cluster", "tcp://127.0.0.1:9", "--engine", "torch"): "numpy engine only",
    }
    for arguments, sentence in bad.items():
        assert main(["sweep", "demo", *arguments]) == 2
        error = capsys.readouterr().err
        assert sentence in error and len(error.splitlines()) == 1


def test_a_text_of_ones_own_has_a_folder_of_its_own(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("my.txt").write_text(
        "Every line is another one, and has a number: %d.\n" * 40_000 % (*range(40_000),)
    )
    assert main(["sweep", "demo", "--text", "my.txt", "--plan"]) == 0
    assert f"in {Path('my_runs', 'runs', 'demo.csv')}" in capsys.readouterr().out


def test_rows_on_another_text_are_not_continued(tmp_path, row_and_curve, capsys):
    with Store(tmp_path, "demo") as store:
        store.append(*row_and_curve)
    assert main(["sweep", "demo", "--out", str(tmp_path)]) == 2
    assert "a different version of the corpus" in capsys.readouterr().err


@pytest.mark.slow
def test_a_users_own_text_within_a_budget(tmp_path, words):
    arguments = ["demo", "--text", str(words), "--out", str(tmp_path), "--budget", "30s"]
    assert main(["sweep", *arguments, "--workers", "1"]) == 0
    rows = load_runs("demo", data=tmp_path)
    assert len(rows) >= 1 and (rows["loss"] < 2.5).all()


def two_small_budgets(corpus: str) -> list[RunConfig]:
    """IsoFLOP curves small enough for a test."""
    widths = (4, 6, 8, 12, 16, 24)
    return [at_budget(corpus, width, C, 0) for C in (1e9, 3e9) for width in widths]


@pytest.mark.slow
def test_from_a_text_to_a_page_in_one_command(tmp_path, capsys, monkeypatch):
    """IsoFLOP runs on a folder of one's own, and the findings page about them."""
    monkeypatch.setitem(PLANS, "isoflop", two_small_budgets)
    text = load_corpus("prose").validation[:700_000].tobytes().replace(b"\0", b"\n\n")
    (tmp_path / "mine").mkdir()
    for i in range(70):
        (tmp_path / f"mine/{i}.md").write_bytes(text[i * 10_000 : (i + 1) * 10_000])
    arguments = ["isoflop", "--text", str(tmp_path / "mine"), "--out", str(tmp_path / "out")]
    assert main(["sweep", *arguments, "--budget", "1h", "--workers", "2"]) == 0
    page = (tmp_path / "out/findings.md").read_text("utf-8")
    assert "IsoFLOP curves" in page and (tmp_path / "out/findings/isoflop.png").is_file()
    assert "What they say" in capsys.readouterr().out
    (tmp_path / "out/findings.md").unlink()
    assert main(["sweep", *arguments]) == 0  # nothing to train: the page is written all the same
    assert (tmp_path / "out/findings.md").read_text("utf-8") == page


def two_small_runs(corpus: str) -> list[RunConfig]:
    return [at_budget(corpus, 4, 1e9, seed) for seed in (0, 1)]


@pytest.mark.slow
def test_on_a_cluster_the_rows_are_the_same(tmp_path, monkeypatch):
    distributed = pytest.importorskip("distributed")
    monkeypatch.setattr(train_module, "TEST_TOKENS", 2**14)
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=2, processes=False, protocol="tcp://",
        dashboard_address=None, host="127.0.0.1",
    ) as running:  # fmt: skip
        address = running.scheduler_address
        arguments = ["sweep", "demo", "--out", str(tmp_path), "--cluster", address]
        monkeypatch.setitem(PLANS, "demo", two_small_runs)
        assert main(arguments) == 0
    rows = table(tmp_path)
    assert len(rows) == 2
    for row in rows.to_dict("records"):
        config = next(config for config in two_small_runs("prose") if config.run == row["run"])
        again, _, _ = train(config, load_corpus("prose"))
        assert row["loss"] == pytest.approx(again["loss"], rel=1e-6)


def test_no_cluster_is_one_sentence(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(cluster, "PATIENCE", 0.2)
    arguments = ["sweep", "demo", "--out", str(tmp_path), "--cluster", "tcp://127.0.0.1:9"]
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert len(error.splitlines()) == 1 and ("No Dask scheduler" in error or "cluster" in error)


def test_plans_have_no_run_twice():
    for plan in PLANS.values():
        configs = plan("prose") + plan("code")
        assert len({config.run for config in configs}) == len(configs)
        assert all(config.D % config.batch == 0 for config in configs)


def test_batch_grows_as_the_root_of_D():
    for power in range(16, 25):
        assert batch_size(2**power) / 2 ** (power / 2) == pytest.approx(0.5, rel=0.07)


def test_grid_is_full():
    seed_0 = [config for config in grid("prose") if config.seed == 0]
    pairs = {(config.width, config.D) for config in seed_0}
    assert len(pairs) == len({w for w, _ in pairs}) * len({D for _, D in pairs}) == len(seed_0)


# ------------------------------------------------------------------------------- the runs in data/


@pytest.mark.slow
@pytest.mark.parametrize("place", [0, 1])
def test_a_run_trained_again_from_its_row_gives_its_loss(place):
    """Two small runs: the cheapest of width 16 and of width 32."""
    runs = load_runs("grid", corpus="prose")
    row = runs[runs["width"] == (16, 32)[place]].sort_values(["C", "seed"]).iloc[0]
    names = RunConfig.__dataclass_fields__
    config = RunConfig(
        **{
            name: row[name].item() if hasattr(row[name], "item") else row[name]
            for name in names
            if name in row and name != "D_unique"  # plans that came later have further fields
        }
    )
    assert config.run == row["run"]
    again, _, _ = train(config, load_corpus(row["corpus"]))
    # On the machine of the row all digits agree. Another BLAS adds in another order, and training
    # amplifies that; it moves the loss by less than the seed noise of these runs (1 %).
    assert again["loss"] == pytest.approx(row["loss"], rel=0.01)


def test_every_run_of_the_data_is_of_its_plan():
    for plan in plans():
        runs = load_runs(plan)
        known = {c.run for name in runs["corpus"].unique() for c in PLANS[plan](name)}
        assert set(runs["run"]) <= known and runs["run"].is_unique
        assert set(load_curves(plan)["run"]) == set(runs["run"])
        assert (runs["N"] == runs["N_nonemb"] + runs["N_emb"] + runs["N_pos"]).all()
        for name in runs["corpus"].unique():
            hashes = set(runs.loc[runs["corpus"] == name, "corpus_hash"])
            assert hashes == {load_corpus(name).sha256[:16]}


def test_the_loader_says_what_is_wrong(tmp_path):
    with pytest.raises(CourseError, match=r"No runs of a plan 'isoflops': there are .*'grid'"):
        load_runs("isoflops")
    with pytest.raises(CourseError, match="no runs on the corpus 'poetry'"):
        load_runs("grid", corpus="poetry")
    with pytest.raises(CourseError, match=r"no column 'Loss'; there are .*'loss'"):
        load_runs("grid", columns=["N", "Loss"])
    with pytest.raises(CourseError, match="there are none in"):
        load_runs("grid", data=tmp_path)


def test_a_changed_table_changes_no_other():
    """Each file is read once, but every caller gets a table of its own."""
    for about in ({}, {"corpus": "prose"}, {"columns": ["N", "loss"]}):
        table = load_runs("holdout", **about)
        before = table["loss"].tolist()
        table["loss"] *= 2
        table.loc[0, "N"] = -1
        table["new"] = 1
        again = load_runs("holdout", **about)
        assert again["loss"].tolist() == before and again.loc[0, "N"] > 0 and "new" not in again
    with pytest.raises(CourseError, match="no runs on the corpus"):
        load_runs("holdout", corpus=["prose"])


def test_a_changed_file_is_noticed(tmp_path, monkeypatch):
    (tmp_path / "runs").mkdir()
    content = (data_dir() / "runs" / "grid.csv").read_bytes()
    copy = tmp_path / "runs" / "grid.csv"
    copy.write_bytes(content)
    monkeypatch.setattr(runs_module, "data_dir", lambda: tmp_path)
    with pytest.raises(CourseError, match="has no line in"):
        load_runs("grid")
    write_checksums(tmp_path)
    assert len(load_runs("grid")) == content.count(b"\n") - 1
    copy.write_bytes(content.replace(b"\n", b"\r\n"))  # as git may check it out on Windows
    assert len(load_runs("grid")) == content.count(b"\n") - 1
    copy.write_bytes(content.replace(b",2.", b",1.", 1))
    with pytest.raises(CourseError, match="not the file that was measured"):
        load_runs("grid")


def test_the_cost_is_told_without_training(tmp_path, capsys):
    assert main(["sweep", "grid", "--plan", "--out", str(tmp_path / "new")]) == 0
    said = capsys.readouterr().out
    assert f"To train: {len(grid('prose'))} runs, 8." in said and "minutes on" in said
    assert not (tmp_path / "new").exists()


def test_reading_runs_loads_no_engine():
    code = "import sys, scalinglaws, scalinglaws.runs; scalinglaws.runs.load_runs('grid'); "
    code += "assert not any(name.startswith('scalinglaws.training') for name in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_rows_are_plain_csv():
    with open(data_dir() / "runs" / "grid.csv", newline="") as file:
        assert next(csv.reader(file)) == COLUMNS
