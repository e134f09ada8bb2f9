"""Tables as people have them: each gives the right runs, or one sentence that says what to do."""

import bz2
import gzip
import io
import json
import lzma
import math
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from scalinglaws.constants import CHINCHILLA_REPLICATION as LAW
from scalinglaws.errors import CourseError
from scalinglaws.tables import read_runs
from scalinglaws.tables.numbers import parse_number, parse_unit

N = np.repeat([3e7, 1e8, 3e8, 1e9, 3e9], 4)
D = np.tile([1e9, 4e9, 16e9, 64e9], 5)
LOSS = np.round(np.asarray(LAW(N, D)), 6)
RUNS = pd.DataFrame({"N": N, "D": D, "loss": LOSS})


def write(tmp_path, content, name="runs.csv"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def csv(table=RUNS, **options):
    return table.to_csv(index=False, lineterminator="\n", **options)


def refusal(path, **options):
    """The one sentence with which a table is refused."""
    with pytest.raises(CourseError) as caught:
        read_runs(path, **options)
    text = str(caught.value)
    assert "\n" not in text and "Traceback" not in text and "nan" not in text
    return text


def same_runs(table, columns=("N", "D", "loss")):
    assert len(table.runs) == len(RUNS)
    for name in columns:
        np.testing.assert_allclose(table.runs[name], RUNS[name], rtol=1e-9)


lines = csv().splitlines()
ints = RUNS.assign(N=RUNS["N"].astype(int), D=RUNS["D"].astype(int))
ROWS = RUNS.to_dict("records")


def wandb_rows():
    return [
        {
            "name": f"run-{i}",
            "config": json.dumps(
                {"model": {"n_params": row["N"]}, "tokens": {"value": row["D"], "desc": None}}
            ),
            "summary": str({"val/loss": row["loss"], "_step": 1000}),
        }
        for i, row in enumerate(ROWS)
    ]


GOOD = {
    "plain": csv(),
    "UTF-8 with a mark": csv().encode("utf-8-sig"),
    "UTF-16": csv().encode("utf-16"),
    "UTF-16 without a mark": csv().encode("utf-16-le"),
    "UTF-32": csv().encode("utf-32"),
    "Latin-1": csv(RUNS.assign(**{"Größe": "groß"})).encode("latin-1"),
    "old Macintosh line ends": csv().replace("\n", "\r"),
    "Windows line ends": csv().replace("\n", "\r\n"),
    "compressed": gzip.compress(csv().encode()),
    "tabs": csv(sep="\t"),
    "semicolons": csv(sep=";"),
    "bars": csv(sep="|"),
    "blanks": csv(sep=" "),
    "decimal commas": csv(sep=";", decimal=","),
    "decimal commas in quotes": csv(RUNS.map(lambda v: f"{v:.6f}".replace(".", ","))),
    "decimal commas and dots for thousands": csv(
        ints.assign(
            N=[f"{v:,}".replace(",", ".") for v in ints["N"]],
            loss=[f"{v:.6f}".replace(".", ",") for v in LOSS],
        ),
        sep=";",
    ),
    "thousands": csv(ints.assign(N=[f"{v:,}" for v in ints["N"]])),
    "thousands with blanks": csv(ints.assign(N=[f"{v:,}".replace(",", " ") for v in ints["N"]])),
    "underscores": csv(ints.assign(N=[f"{v:_}" for v in ints["N"]])),
    "suffixes": csv(RUNS.assign(N=[f"{v / 1e6:g}M" for v in N], D=[f"{v / 1e9:g}B" for v in D])),
    "suffixes and words": csv(
        RUNS.assign(N=[f"{v / 1e9:g}b params" for v in N], D=[f"{v / 1e9:g} bn tokens" for v in D])
    ),
    "powers of ten": csv(RUNS.assign(N=[f"{v / 1e6:g} x 10^6" for v in N])),
    "blank lines": csv().replace("\n", "\n\n"),
    "comments": "# from wandb: 3 'runs\n" + csv().replace("\n", "\n# more\n", 3),
    "header as a comment": "# N D loss\n" + "\n".join(" ".join(line.split(",")) for line in lines[1:]),
    "trailing commas": "\n".join([lines[0], *(line + "," for line in lines[1:])]),
    "trailing commas everywhere": "\n".join(line + "," for line in lines),
    "header again": "\n".join([*lines[:9], lines[0], *lines[9:]]),
    "the file twice": csv() + csv(),
    "blanks in names": csv().replace("N,D,loss", " N , D , loss "),
    "quoted": csv(quoting=1),
    "capitals": csv().replace("loss", "LOSS"),
    "an index without a name": RUNS.to_csv(),
    "pandas' name for an index": RUNS.reset_index().rename(columns={"index": "Unnamed: 0"}).to_csv(index=False),
    "row names as R writes them": "\n".join([lines[0], *(f"run{i},{line}" for i, line in enumerate(lines[1:]))]),
    "row numbers as R writes them": "\n".join([lines[0], *(f"{i},{line}" for i, line in enumerate(lines[1:], 1))]),
    "synonyms": csv().replace("N,D,loss", "n_params,Training Tokens,val/loss"),
    "other synonyms": csv().replace("N,D,loss", "numParams,tokens_seen,final_val_loss"),
    "a validation beside a training loss": csv(RUNS.assign(train_loss=LOSS * 0.97).rename(columns={"loss": "val_loss"})),
    "units in the names": csv(RUNS.assign(N=N / 1e6, D=D / 1e9)).replace("N,D", "params_M,tokens (B)"),
    "an own loss": csv().replace("loss", "c4_loss"),
    "a short last row of what nobody needs": csv(RUNS.assign(note="x")).rstrip()[:-2],
    "Markdown": "| N | D | loss |\n| ---: | :-- | --- |\n" + "".join(f"| {' | '.join(line.split(','))} |\n" for line in lines[1:]),
    "single quotes": "\n".join(",".join(f"'{cell}'" for cell in line.split(",")) for line in lines),
    "LaTeX": "\n".join(" & ".join(line.split(",")) + r" \\\\" for line in lines),
    "columns of fixed width": RUNS.to_string(index=False),
    "JSON records": json.dumps(ROWS),
    "JSON columns": json.dumps(RUNS.to_dict("list")),
    "JSON columns by index": RUNS.to_json(),
    "JSON rows by index": RUNS.to_json(orient="index"),
    "JSON split": RUNS.to_json(orient="split"),
    "JSON rows with a header": json.dumps([list(RUNS), *RUNS.to_numpy().tolist()]),
    "JSON under a name": json.dumps({"about": "a sweep", "runs": ROWS}),
    "JSON by run": json.dumps({f"run {i}": row for i, row in enumerate(ROWS)}),
    "JSON nested": json.dumps([{"config": {"params": r["N"], "tokens": r["D"]}, "metrics": {"eval_loss": r["loss"]}} for r in ROWS]),
    "JSON Lines": "\n".join(map(json.dumps, ROWS)) + "\n\n",
    "JSON Lines of wandb": "\n".join(json.dumps({"_step": 9, **r}) for r in ROWS),
    "wandb's API as CSV": pd.DataFrame(wandb_rows()).to_csv(),
    "a title above": "Sweep of March, 2025\n\n" + csv(),
    "merged names above": "model,data,result\n" + csv(),
    "two levels of names as pandas writes them": "config,,metrics\nN,D,loss\n,,\n" + "\n".join(lines[1:]),
    "Excel's line for the separator": "sep=;\n" + csv(sep=";"),
    "a row of units": "N,D,loss\n[M],[B],nats/token\n" + csv(RUNS.assign(N=N / 1e6, D=D / 1e9), header=False),
    "a row of words for units": "N,D,loss\nparams,tokens,nats\n" + csv(header=False),
    "a remark below": csv() + "Source: our cluster, 2025\n",
    "a total below": csv() + f"Total,{D.sum():g},\n",
    "unnamed sums below": csv() + f"{N.sum():g},{D.sum():g},{LOSS.sum():g}\n",
    "means below": csv(RUNS.assign(name="x")) + f"{N.mean():g},{D.mean():g},{LOSS.mean():g},mean\n",
    "Markdown with a sentence below": "| N | D | loss |\n| - | - | - |\n" + "".join(f"| {' | '.join(line.split(','))} |\n" for line in lines[1:]) + "\nAll runs.\n",
    "LaTeX with rules": RUNS.to_latex(index=False, float_format="%.6f"),
    "LaTeX with powers": "N & D & loss \\\\\n" + "".join(rf"${n / 1e7:g} \times 10^{{7}}$ & {d / 1e9:g}B & {y} \\" + "\n" for n, d, y in RUNS.to_numpy()),
    "units after a slash": csv(RUNS.assign(N=N / 1e6, D=D / 1e9)).replace("N,D", "Params/M,Tokens in billions"),
    "units as powers": csv(RUNS.assign(N=N / 1e6, D=D / 1e9)).replace("N,D", "N (x10^6),D (1e9 tokens)"),
    "logarithms by name": csv(RUNS.assign(N=np.log10(N), D=np.log(D))).replace("N,D", "log10_N,ln(D)"),
    "tokens per parameter": csv(RUNS.assign(D=D / N)).replace("N,D", "params,tokens_per_param"),
    "multiples of 20 tokens per parameter": csv(RUNS.assign(D=D / N / 20)).replace("N,D", "params,chinchilla_multiplier"),
    "d for the width": csv(RUNS.assign(d=512)).replace("N,D,", "N,tokens,"),
    "thin blanks for thousands": csv(ints.assign(N=[f"{v:,}".replace(",", "\u2009") for v in ints["N"]])),
    "commas as in India": csv(ints.assign(N=["30,00,00,000" if v == 3e8 else v for v in ints["N"]])),
    "numbers of Fortran": csv(RUNS.map(lambda v: f"{v:.9E}".replace("E", "D"))),
    "the same loss with fewer digits": csv(pd.concat([RUNS, RUNS.head(9).round({"loss": 3})])),
    "packed with bzip2": bz2.compress(csv().encode()),
    "packed with xz": lzma.compress(csv().encode()),
    "a spread beside the loss": csv(RUNS.assign(loss_std=0.01)).replace("loss,loss_std", "val_loss_mean,val_loss_std"),
    "evaluations in a list": "\n".join(json.dumps({"hyperparameters": {"params": r["N"], "tokens": r["D"]}, "results": [{"loss": r["loss"], "tokens": 245760}]}) for r in ROWS),
    "columns of marin's export": csv(RUNS.assign(C=6 * N * D / 1e9)).replace("N,D,loss,C", "parameter_count,throughput/total_tokens,eval/paloma/macro_loss,throughput/total_gflops"),
    "Kaplan's columns": csv(RUNS.assign(C=6 * N * D / 8.64e19)).replace("N,D,loss,C", "N (non-embedding),Tokens processed,Test Loss (nats),PF-days"),
    "standard errors behind the numbers": csv(RUNS.assign(loss=[f"{y:.6f} ± 0.003" for y in LOSS])),
    "errors as +/-": csv(RUNS.assign(loss=[f"{y:.6f} +/- 3e-3" for y in LOSS])),
    "bits per token": csv(RUNS.assign(loss=LOSS / math.log(2))).replace("loss", "bits per token"),
    "an evaluation's cross-entropy": csv().replace("loss", "eval/ce"),
    "a bucket of FLOPs": csv(RUNS.assign(C=6 * N * D, D=D / N)).replace("N,D,loss,C", "active params,tok/param,loss,flops_bucket"),
    "losses as numpy prints them": csv(RUNS.assign(loss=[f"np.float64({y})" for y in LOSS])),
    "losses as torch prints them": csv(RUNS.assign(loss=[f"tensor({y}, device='cuda:0')" for y in LOSS])),
    "an unnamed column of remarks": csv(RUNS.assign(x="seen")).replace("loss,x", "loss,"),
}  # fmt: skip


@pytest.mark.parametrize("what", GOOD)
def test_the_same_runs_whatever_the_form(what, tmp_path):
    same_runs(read_runs(write(tmp_path, GOOD[what])))


def test_parquet(tmp_path):
    pytest.importorskip("pyarrow")
    file = io.BytesIO()
    RUNS.to_parquet(file)
    table = read_runs(write(tmp_path, file.getvalue(), "runs.parquet"))
    same_runs(table)
    assert table.place == "row"
    assert "cannot be read as Parquet" in refusal(write(tmp_path, b"PAR1 and then nothing"))


@pytest.mark.parametrize(
    "table",
    [
        RUNS.assign(D=[Decimal(int(d)) for d in D], loss=[Decimal(f"{y:.6f}") for y in LOSS]),
        RUNS.assign(N=pd.Categorical([f"{n / 1e6:g}M" for n in N])),
        RUNS.set_index(["N", "D"]),
        RUNS.astype({"N": "Int64", "D": "Float64"}).assign(day=pd.Timestamp("2025-03-01")),
    ],
    ids=["decimals", "categories", "an index of N and D", "dates and nullable numbers"],
)
def test_columns_of_parquet(table, tmp_path):
    pytest.importorskip("pyarrow")
    file = io.BytesIO()
    table.to_parquet(file)
    same_runs(read_runs(write(tmp_path, file.getvalue(), "runs.parquet")))


def test_without_pyarrow_parquet_says_which_extra(tmp_path, monkeypatch):
    def missing(*_):
        raise ImportError("no pyarrow")

    monkeypatch.setattr(pd, "read_parquet", missing)
    assert "pip install 'scalinglaws[parquet]'" in refusal(write(tmp_path, b"PAR1"))


def test_the_standard_input(monkeypatch):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(csv().encode())))
    same_runs(read_runs("-"))


@pytest.mark.parametrize(
    ("units", "table"),
    [
        ("N=M,D=B", RUNS.assign(N=N / 1e6, D=D / 1e9)),
        ("N=1e6,D=1e9", RUNS.assign(N=N / 1e6, D=D / 1e9)),
        ("N=log10,D=ln", RUNS.assign(N=np.log10(N), D=np.log(D))),
        ("loss=ppl", RUNS.assign(loss=np.exp(LOSS))),
        ("loss=bits", RUNS.assign(loss=LOSS / math.log(2))),
        ("loss=bpb*4.5", RUNS.assign(loss=LOSS / math.log(2) / 4.5)),
        ("C=EF", RUNS.assign(C=6 * N * D / 1e18)),
        ("C=PF-days", RUNS.assign(C=6 * N * D / 8.64e19)),
    ],
)
def test_units(units, table, tmp_path):
    path = write(tmp_path, csv(table))
    read = read_runs(path, units=units)
    same_runs(read)
    np.testing.assert_allclose(read.runs["C"], 6 * N * D, rtol=1e-9)


@pytest.mark.parametrize(
    ("table", "says", "accept"),
    [
        (RUNS.assign(N=N / 1e6), "if N is in M, add --unit N=M", "ratio"),
        (RUNS.assign(D=D / 1e9), "D is at most 64 tokens", "ratio"),
        (RUNS.assign(N=N / 1e6, D=D / 1e9), "add --unit, such as --unit N=M,D=B", "ratio"),
        (RUNS.assign(N=D, D=N), "tokens per parameter, which is not plausible", "ratio"),
        (RUNS.assign(C=6 * N * D / 1e18), "if C is in EF, add --unit C=EF", "flops"),
        (RUNS.assign(C=6 * N * D / 8.64e19), "if C is in PF-days, add --unit C=PF-days", "flops"),
        (RUNS.assign(C=6 * D * D), "times 6·N·D: check which columns", "flops"),
        (RUNS.assign(C=6 * N * np.roll(D, 1)), "so N, D or C is wrong for some runs", "flops"),
        (RUNS.drop(columns="D").assign(C=6 * N * D / 1e18), "if C is in EF, add --unit C=EF", "ratio"),
        (RUNS.assign(N=np.log10(N)), "add --unit N=log10", "scale"),
        (RUNS.assign(D=np.log(D)), "add --unit D=ln", "scale"),
        (RUNS.assign(N=[n / 1e9 if i % 2 else n for i, n in enumerate(N)]), "in other units", "scale"),
        (RUNS.assign(loss=np.exp(LOSS)), "add --unit loss=ppl", "loss"),
        (RUNS.rename(columns={"loss": "perplexity"}), "add --unit loss=ppl", "loss"),
        (RUNS.assign(loss=LOSS / 4.5 / math.log(2)), "looks like bits per byte", "loss"),
        (RUNS.rename(columns={"loss": "val_bpb"}), "looks like bits per byte", "loss"),
        (RUNS.assign(D=20 * N, x=range(20)), "N and D are tied to each other", "ratio"),
        (RUNS.assign(unique_tokens=4e9), "10 of 20 runs repeat their data (up to 16 epochs", "repeats"),
        (RUNS.assign(epochs=D / 4e9), "repeat their data (up to 16 epochs", "repeats"),
        (pd.concat([RUNS.assign(run=i % 5, N=N[i]) for i in range(1)]).assign(run=np.repeat(list("abcde"), 4), N=N),
         "have 4 lines each: a loss in the middle", "checkpoints"),
        (pd.concat([RUNS.assign(dataset="web"), RUNS.assign(dataset="code", loss=LOSS * 0.7)]),
         "dataset has 2 values (web, code): fit each separately with --by dataset", "experiments"),
        (RUNS.rename(columns={"N": "Größe"}), "if 'Größe' is N, add --columns N=…", "columns"),
        (RUNS.assign(step=D / 2e6), "Each of the 5 sizes has 4 steps, so these may be checkpoints", "checkpoints"),
        (RUNS.assign(n_experts=np.tile([1, 8], 10)), "n_experts has 2 values (1, 8), and this law does not allow for experts", "experiments"),
        (RUNS.rename(columns={"N": "total_params"}).assign(active_params=N / 3),
         "add --columns N=active_params", "columns"),
        (RUNS.drop(columns="N").assign(model=[f"gpt-{n / 1e6:g}M" for n in N]), "model seems to hold the sizes", "experiments"),
        (RUNS.rename(columns={"loss": "BPC"}), "looks like bits per byte", "loss"),
        (pd.concat([RUNS, RUNS.assign(loss=LOSS * 1.1)]), "Runs of the same N and D differ in loss by 4.8 %, more than seeds do, and no column says why", "experiments"),
        (RUNS.assign(D=[D[0] / 1000, *D[1:]]), "D is 1e+06 in line 2 and at least 1e+09 elsewhere: check N and D there", "ratio"),
        (RUNS.assign(D=np.where(np.arange(20) == 16, D / 100, D)), "D/N is 0.00333 in line 18 and at least 1 elsewhere: check N and D there", "ratio"),
        (RUNS.assign(N=[N[0] / 1e6, *N[1:]]), "N jumps from 30 to 3e+07, as if some rows were in other units", "scale"),
        (pd.DataFrame({"params": 10 ** np.random.default_rng(0).uniform(7, 9, 30), "loss": np.random.default_rng(1).uniform(2, 3, 30)}),
         "N is the only variable of this fit, and neighbouring runs differ in loss by", "columns"),
        (RUNS.assign(loss=[1e-4, *LOSS[1:]]), "loss is 0.0001 in line 2 and at least 2.29 elsewhere: leave such runs out with --where 'loss>0.000101'", "loss"),
        (RUNS.assign(loss=[999, *LOSS[1:]]), "loss is 999 in line 2 and at most", "loss"),
        (pd.concat([RUNS.assign(bits=b, loss=LOSS * (1 + 0.5 / b)) for b in (4, 8, 16)]),
         "Runs of the same N and D differ in bits, and their losses with it by 3.6 %: fit each value separately with --by bits", "experiments"),
        (pd.concat([RUNS.assign(corpus=c, loss=LOSS * (1 + 0.1 * c)) for c in (1, 2)]), "differ in corpus, and their losses with it by 4.4 %", "experiments"),
        (pd.DataFrame({"C": np.repeat(np.geomspace(1e18, 1e20, 5), 4), "loss": LOSS}), "runs that agree in it differ in loss by 10 %: add a column N, or fit the lowest loss at each C with --best", "columns"),
        (pd.DataFrame({"tokens": 1e6 * np.arange(1, 21), "loss": 3 * np.arange(1.0, 21) ** -0.1}), "seem to be the checkpoints of one run", "checkpoints"),
        (RUNS.assign(N=np.geomspace(1e7, 1e9, 20), D=1e18 / np.geomspace(1e7, 1e9, 20)), "All runs have about the same C (6e+18 FLOPs): they show the best N for that budget", "ratio"),
    ],
)  # fmt: skip
def test_what_is_not_plausible_is_a_question_with_an_answer(table, says, accept, tmp_path):
    path = write(tmp_path, csv(table))
    text = refusal(path)
    assert says in text and f"add --accept {accept}" in text
    # The answer is heard: other questions may follow, this one does not.
    others = [accept]
    for _ in range(4):
        try:
            read_runs(path, accept=others)
            break
        except CourseError as question:
            assert says not in str(question)
            others.append(str(question).rsplit("--accept ", 1)[1].rstrip("."))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "it is empty"),
        ("\n \n", "it is empty"),
        ("# only a comment\n", "it has only comments"),
        (bytes(range(256)), "cannot be read as CSV"),
        (b"PK\x03\x04 spreadsheet", "spreadsheet or a zip archive"),
        (b"\x1f\x8b broken", "cannot be unpacked"),
        ("<!DOCTYPE html><html>404</html>", "is a web page, not a table"),
        ("Step,a - val/loss,a - val/loss__MIN,a - val/loss__MAX\n1,2,2,2\n", "the export of a wandb chart"),
        (csv(header=False), "has no header"),
        ("N,D,loss\n", "no runs"),
        (csv() + "1e9,nope,2\n", "D is not a number in line 22 "),
        (csv().replace("\n", "\n\n") + "1e9,nope,2\n", "D is not a number in line 43 "),
        ("# one\n" + csv() + "# two\n1e9,0,2\n", "D is zero or negative in line 24 "),
        (csv() + "1e9,-5,2\n1e9,-6,2\n", "D is zero or negative in lines 22, 23 "),
        (csv() + '"1e9",2e9\n', "loss is missing in line 22 "),
        (csv() + "1e9,1e9,inf\n", "loss is infinite in line 22 "),
        (csv() + '"a\nb",1e9,2\n1,2,x\n', "N is not a number in line 22 "),
        (csv().replace("N,D,loss", "N,N,loss"), "has the column 'N' more than once"),
        ("C,N,D,loss\n" + "\n".join(f"{6 * n * d},{n},{d},{y},{y}" for n, d, y in zip(N, D, LOSS, strict=True)),
         "Lines 2, 3, 4, 5, 6 and 15 more of"),
        (csv() + "1,000,1e9,2\n", "Line 22 of"),
        (csv().replace("30000000.0,", '"30000000.0,', 1), "A quotation mark opens in line 2 of"),
        (csv(RUNS.assign(D=np.log(D))).replace("D", "log_tokens"), "add --unit D=log10 or --unit D=ln"),
        (csv().replace("N,D", "N,"), "if 'column 2' is D, add --columns D=…"),
        (csv().replace("D", "d_model"), "add a column D (it has d_model)"),
        (csv(RUNS.assign(D=20 * N * (1 + np.arange(20) / 500))), "N and D are tied to each other"),
        (json.dumps([{"N": n, "tokens": [1e9, 2e9], "loss": [4, 3]} for n in (1e7, 1e8)]), "The 2 runs have 2 records each"),
        (csv(pd.DataFrame({"eval_loss_c4": LOSS, "eval_loss_pile": LOSS, "n": N})), "several losses"),
        ("version https://git-lfs.github.com/spec/v1\n", "only a pointer of Git LFS"),
        (b"\xd0\xcf\x11\xe0 old", "an old spreadsheet"),
        (b"\x93NUMPY", "a NumPy array"),
        (csv().replace("N,D,loss", "a,b,c"), "no column for the loss; it has a, b, c"),
        (csv().replace("loss", "accuracy"), "an accuracy or a score is not a loss"),
        (csv().replace("loss", "mean_reward"), "a reward is not a loss: in Python, fit_law(RewardLaw, …)"),
        (csv(pd.DataFrame({"web": [0.25, 0.5, 0.9], "code": [0.75, 0.5, 0.1], "loss": [3.1, 3.2, 3.3]})), "web, code add up to 1: in Python, fit_mixing"),
        (csv(RUNS.assign(loss=["diverged", *LOSS[1:]])), "loss is missing in line 2 of"),
        (csv(RUNS.assign(D=["1e9*", *D[1:]])), "or leave it out with --where 'D!=1e9*'"),
        (csv(RUNS.assign(loss="")), "loss is missing in lines 2, 3"),
        (csv(RUNS.assign(val_loss_pile=LOSS, val_loss_c4=LOSS).drop(columns="loss")), "several losses (val_loss_pile, val_loss_c4)"),
        (csv(RUNS[["loss"]]), "needs a column N, D or C"),
        (csv().replace("N,D,loss", "Tokens,tokens,loss"), "more than one column that could be D (Tokens, tokens)"),
        (csv(pd.concat([RUNS.head(1)] * 20)), "All 20 rows"),
        ('{"N": [1, 2], "loss": [3]}', "holds JSON, but not a table"),
        (RUNS.T.to_csv(header=False), "a column for each run and a row each for N, D, loss: give"),
        (RUNS.T.rename(index={"loss": "val/loss"}).to_csv(), "a row each for N, D, val/loss: give"),
        ("[1, 2, 3]", "holds JSON, but not a table"),
        ("[]", "holds no runs"),
        ('[{"N": 1,]', "cannot be read as JSON"),
        ('{"N": 1, "loss": 2}\n{"N": 1,, "loss": 2}\n', "Line 2 of"),
        ('{"N": 1, "loss": 2}\n\n[3]\n', "Line 3 of"),
        (json.dumps([*ROWS, {"N": "seven", "D": 1e9, "loss": 2}]), "N is not a number in record 21 "),
        ("\n".join(map(json.dumps, [*ROWS, {"N": None, "D": 1e9, "loss": 2}])), "N is missing in line 21 "),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_one_sentence_with_the_line(content, says, tmp_path):
    assert says in refusal(write(tmp_path, content))


def test_yaml_is_no_table(tmp_path):
    assert "is YAML" in refusal(write(tmp_path, "runs:\n- {N: 1, loss: 2}\n", "runs.yaml"))


def test_no_such_file_or_a_folder(tmp_path):
    assert "There is no file" in refusal(tmp_path / "none.csv")
    assert "is a folder" in refusal(tmp_path)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"columns": "X=params"}, "cannot read 'X=params'"),
        ({"columns": "N=params"}, "no column 'params'"),
        ({"units": "N=furlong"}, "--unit N=furlong is not a known unit"),
        ({"units": "loss=M"}, "--unit loss=M is not a known unit"),
        ({"units": "N=-1"}, "is not a known unit"),
        ({"columns": {"N": "D", "D": "D"}}, "'D' is both N and D"),
        ({"where": ["N"]}, "cannot read 'N'"),
        ({"where": ["1e8<=N<=1e9"]}, "write a range as N>=1e8 and N<=1e10"),
        ({"where": ["size>3"]}, "no column 'size'"),
        ({"where": ["N>1e30"]}, "No run of"),
        ({"by": "dataset"}, "no column 'dataset'"),
        ({"last": True}, "--last needs a column that says which run"),
        ({"accept": ["yes"]}, "--accept takes"),
    ],
)
def test_options_that_cannot_be(options, says, tmp_path):
    assert says in refusal(write(tmp_path, csv()), **options)


def test_one_condition_one_answer_and_units_by_name(tmp_path):
    path = write(tmp_path, csv(RUNS.assign(N=N / 1e6)))
    assert len(read_runs(path, where="D>1e9", accept="ratio").runs) == 15
    same_runs(read_runs(path, units={"N": "M"}))


@pytest.mark.parametrize(
    ("path", "says"),
    [(RUNS, "not a DataFrame"), (b"N,D", "not a bytes"), ("https://x.org/r.csv", "download https://x.org/r.csv first")],
)  # fmt: skip
def test_what_is_no_file(path, says):
    assert says in refusal(path)


def test_where(tmp_path):
    table = pd.concat([RUNS.assign(data="web"), RUNS.assign(data="Code", loss=LOSS * 0.9)])
    path = write(tmp_path, csv(table))
    assert len(read_runs(path, where=["data=code"]).runs) == 20
    assert len(read_runs(path, where=["data!=web", "N>=100M"]).runs) == 16
    assert len(read_runs(path, where=["data!=web and N>=100M"]).runs) == 16
    assert len(read_runs(path, where=["data=web", "loss<3"]).runs) == int((LOSS < 3).sum())
    assert "does not hold numbers" in refusal(path, where=["data>3"])
    # A bad row that the condition leaves out is no obstacle.
    path = write(tmp_path, csv() + "1e9,0,11\n")
    assert len(read_runs(path, where=["D>0"]).runs) == 20


def test_by_gives_one_table_for_each_value(tmp_path):
    table = pd.concat([RUNS.assign(data=f"set {i}", loss=LOSS * (1 + i / 10)) for i in range(10)])
    parts = read_runs(write(tmp_path, csv(table)), by="data").split("data")
    assert list(parts) == [f"set {i}" for i in range(10)]
    assert all(len(part.runs) == 20 for part in parts.values())
    assert parts["set 3"].runs["line"].tolist() == list(range(62, 82))


def test_the_last_checkpoint_of_each_run(tmp_path):
    curves = pd.concat(
        [RUNS.assign(run=range(20), step=s, D=D * s / 3, loss=LOSS + (3 - s)) for s in (1, 3, 2)]
    )
    same_runs(read_runs(write(tmp_path, csv(curves)), last=True))


def test_decimal_commas_in_other_columns(tmp_path):
    sweep = pd.concat([RUNS.assign(lr=lr, loss=LOSS * (1 + lr)) for lr in (3e-4, 1e-3, 3e-3)])
    path = write(tmp_path, csv(sweep, sep=";", decimal=","))
    assert "differ in lr: to fit the best of each, add --best" in refusal(path)
    same = read_runs(path, where=["lr<0,0005"])
    assert len(same.runs) == 20 and len(read_runs(path, where=["lr<=1e-3"], best=True).runs) == 20


def test_seeds_may_differ_and_a_law_of_one_variable_may_be_noisy(tmp_path):
    seeds = pd.concat([RUNS.assign(seed=i, loss=LOSS * (1 + 0.04 * i)) for i in range(3)])
    assert len(read_runs(write(tmp_path, csv(seeds))).runs) == 60
    x = np.geomspace(1e7, 1e9, 30)
    loss = 12 * x**-0.08 * np.exp(0.01 * np.random.default_rng(0).standard_normal(30))
    table = pd.DataFrame({"params": x, "loss": loss})
    assert len(read_runs(write(tmp_path, csv(table))).runs) == 30


def test_the_best_of_a_sweep(tmp_path):
    rates = [3e-4, 1e-3, 3e-3]
    sweep = pd.concat([RUNS.assign(lr=lr, loss=LOSS * (1 + abs(lr - 1e-3) * 30)) for lr in rates])
    path = write(tmp_path, csv(sweep))
    assert "Runs of the same N and D differ in lr: to fit the best of each, add --best" in refusal(
        path
    )
    same_runs(read_runs(path, best=True))
    assert len(read_runs(path, accept=["experiments"]).runs) == 60
    same_runs(read_runs(path, where=["lr=1e-3"]))


def test_missing_values_on_request(tmp_path):
    path = write(tmp_path, csv() + "1e9,2e9,nan\n1e9,,2\n1e9,3e9,inf\n1e9,4e9,N/A\n")
    assert "D is missing in line 23" in refusal(path) and "--skip-missing" in refusal(path)
    table = read_runs(path, skip_missing=True)
    same_runs(table)
    assert any("lines 22, 23, 24, 25" in note for note in table.notes)


def test_words_for_a_run_without_a_result_are_missing_numbers(tmp_path):
    words = ["diverged", "OOM", "Killed", "TBD", "-"]
    bad = pd.DataFrame({"N": 1e9, "D": 2e9, "loss": words})
    path = write(tmp_path, csv(pd.concat([RUNS, bad])))
    text = refusal(path)
    assert "--skip-missing" in text and "'diverged' stands there" in text
    same_runs(read_runs(path, skip_missing=True))
    same_runs(read_runs(path, where=[f"loss!={word}" for word in words]))


def test_a_word_that_is_no_number_can_be_left_out(tmp_path):
    path = write(tmp_path, csv(pd.concat([RUNS, RUNS.head(2).assign(loss="see mail")])))
    assert "'loss!=see mail'" in refusal(path)
    same_runs(read_runs(path, where=["loss!=see mail"]))


def test_shares_in_percent_are_numbers_and_no_labels(tmp_path):
    same_runs(
        read_runs(write(tmp_path, csv(RUNS.assign(util=[f"{40 + i % 3} %" for i in range(20)]))))
    )


def test_runs_that_differ_in_something_without_an_effect_are_no_question(tmp_path):
    """Nor is a column that follows the loss, or that differs between the parts of --by."""
    noise = np.exp(0.004 * np.random.default_rng(0).standard_normal((3, 20)))
    table = pd.concat([RUNS.assign(shard=i, loss=LOSS * noise[i]) for i in range(3)])
    table["val_acc"] = np.round(5 - table["loss"], 1)
    assert len(read_runs(write(tmp_path, csv(table))).runs) == 60
    apart = pd.concat([RUNS.assign(data=d, lr=d / 10, loss=LOSS * d) for d in (1, 2)])
    assert len(read_runs(write(tmp_path, csv(apart)), by="data").runs) == 40


@pytest.mark.parametrize("wobble", [1.0, 1.01])
def test_the_best_of_each_budget_where_only_compute_is_known(wobble, tmp_path):
    C = np.repeat(np.geomspace(1e18, 1e20, 5), 4) * wobble ** np.tile(range(4), 5)
    path = write(tmp_path, csv(pd.DataFrame({"C": C, "loss": LOSS})))
    best = read_runs(path, best=True).runs
    assert best["loss"].tolist() == LOSS.reshape(5, 4).min(1).tolist()
    path = write(tmp_path, csv(RUNS.assign(C=C)))
    assert "--best" in refusal(path, needs=("C", "loss"), accept=["flops", "ratio"])


def test_repeated_rows_count_once_and_are_named(tmp_path):
    path = write(tmp_path, csv(pd.concat([RUNS] * 3)))
    table = read_runs(path)
    same_runs(table)
    assert any("40" not in note and "repeat an earlier row" in note for note in table.notes)
    assert len(read_runs(path, keep_repeats=True).runs) == 60


@pytest.mark.parametrize(
    ("column", "bad", "good", "advice"),
    [
        ("state", "crashed", "finished", "state is crashed for 3 of 20 runs, which are in the fit: leave them out with --where state=finished"),
        ("Run status", "Killed", "Done", "with --where 'Run status=Done'"),
        ("diverged", "1", "0", "diverged is true for 3 of 20 runs, which are in the fit: leave them out with --where diverged=0"),
        ("exclude", "yes", "no", "with --where exclude=no"),
    ],
)  # fmt: skip
def test_runs_that_did_not_finish_are_reported_with_what_leaves_them_out(
    column, bad, good, advice, tmp_path
):
    path = write(tmp_path, csv(RUNS.assign(**{column: [bad] * 3 + [good] * 17})))
    (note,) = (note for note in read_runs(path).notes if "leave them out" in note)
    assert advice in note
    assert len(read_runs(path, where=[f"{column}={good}"]).runs) == 17
    quiet = write(tmp_path, csv(RUNS.assign(**{column: good})))
    assert not any("leave them out" in note for note in read_runs(quiet).notes)


@pytest.mark.parametrize("column", ["model", "Model name", "config"])
def test_models_called_by_their_size_have_one(column, tmp_path):
    called = [f"{n / 1e6:.6f}M" if n < 1e9 else f"{n / 1e9:.9f}B params" for n in N]
    table = read_runs(write(tmp_path, csv(RUNS.drop(columns="N").assign(**{column: called}))))
    assert table.runs["N"].to_numpy() == pytest.approx(N, rel=1e-6)
    assert any("called by size" in note for note in table.notes)


def test_seeds_of_one_configuration_form_a_group(tmp_path):
    table = pd.concat([RUNS.assign(seed=s, loss=LOSS * (1 + s / 1000)) for s in range(3)])
    runs = read_runs(write(tmp_path, csv(table))).runs
    assert runs["group"].nunique() == 20 and (runs.groupby("group")["N"].nunique() == 1).all()


def test_seeds_of_one_size_form_a_group_where_nothing_else_varies(tmp_path):
    table = RUNS.assign(seed=np.tile(range(4), 5), D=np.nan, loss=np.repeat(LOSS[::4], 4))
    table["loss"] *= 1 + table["seed"] / 1000
    runs = read_runs(write(tmp_path, csv(table))).runs
    assert "D" not in runs and runs["group"].nunique() == 5


def test_a_size_in_other_units_is_no_mixture_of_experts(tmp_path):
    table = RUNS.rename(columns={"N": "n_params"}).assign(params_active=N / 1e6, n_experts=8)
    same_runs(read_runs(write(tmp_path, csv(table))))


def test_a_column_without_a_value_is_no_column(tmp_path):
    table = RUNS.assign(tokens="", C=np.nan, val_loss="NaN").rename(columns={"loss": "test_loss"})
    same_runs(read_runs(write(tmp_path, csv(table))))


def test_runs_without_a_group_stand_alone(tmp_path):
    table = read_runs(write(tmp_path, csv(RUNS.assign(group=["a", ""] * 10))))
    assert table.runs["group"].nunique() == 11
    assert "10 runs have no group: each counts as a separate group" in table.notes


def test_all_checkpoints_of_a_run_are_in_one_group(tmp_path):
    """With seeds or half-filled groups, too; two runs of one configuration share theirs."""
    rows = [
        (f"{name}{seed}", N, D, seed, 2 + N**-0.1 + D**-0.1 + seed / 1000)
        for name, N, last in (("a", 1e8, 4e9), ("b", 1e8, 8e9), ("c", 3e8, 8e9))
        for seed in (0, 1)
        for D in np.linspace(1e9, last, 5)
    ]
    curves = pd.DataFrame(rows, columns=["run", "N", "D", "seed", "loss"])
    needs = ("run", "N", "D", "loss")
    table = read_runs(write(tmp_path, csv(curves)), needs=needs, curves=True)
    assert (table.runs.groupby("run")["group"].nunique() == 1).all()
    assert table.runs.groupby("group")["run"].unique().map(sorted).tolist() == [
        ["a0", "a1"],
        ["b0", "b1"],
        ["c0", "c1"],
    ]
    # One seed per configuration: nothing to keep together but the checkpoints of each run.
    single = curves[(curves["run"].isin(["a0", "b1", "c0"]))]
    assert "group" not in read_runs(write(tmp_path, csv(single)), needs=needs, curves=True).runs
    labelled = curves.assign(group=np.where(curves["run"] < "b", "both", ""))
    table = read_runs(write(tmp_path, csv(labelled)), needs=needs, curves=True)
    assert (table.runs.groupby("run")["group"].nunique() == 1).all()
    assert "4 runs have no group: each counts as a separate group" in table.notes


def test_a_law_of_one_variable_needs_no_plausible_units(tmp_path):
    table = pd.DataFrame({"D": np.geomspace(1, 1e4, 30), "loss": np.geomspace(3, 2, 30)})
    assert len(read_runs(write(tmp_path, csv(table)), needs=("D", "loss")).runs) == 30


def test_what_was_decided_is_said(tmp_path):
    path = write(tmp_path, csv(RUNS.assign(train_loss=LOSS).rename(columns={"loss": "val_loss"})))
    assert "loss is the column 'val_loss', not 'train_loss'" in read_runs(path).notes
    path = write(tmp_path, csv(RUNS.assign(outlier=[True] * 3 + [False] * 17)))
    assert any("--where outlier=false" in note for note in read_runs(path).notes)
    assert len(read_runs(path, where=["outlier=false"]).runs) == 17
    path = write(tmp_path, csv(RUNS.assign(C=2 * N * D)))
    assert any("C is 0.33 times 6·N·D here" in note for note in read_runs(path).notes)
    path = write(tmp_path, "A sweep\n" + csv(RUNS.assign(D=D / N)).replace("D", "tpp") + "mean,,\n")
    notes = read_runs(path).notes
    assert "the names of the columns were taken from line 2" in notes
    assert "line 23 was left out: remarks, totals or means, not runs" in notes
    assert "the tokens per parameter, 'tpp', gave N and D" in notes


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e9", 1e9), ("1E+9", 1e9), ("70m", 70e6), ("1.4T", 1.4e12), ("0.5 B", 5e8), ("3.2G", 3.2e9),
        ("6e18 FLOPs", 6e18), ("3 EF", 3e18), ("1.5 ZFLOPs", 1.5e21), ("2 PF-days", 1.728e20), ("10^21", 1e21),
        ("2×10^3", 2e3), ("1'000'000", 1e6), ("1 000 000", 1e6), ("−3", -3), (".5", 0.5), ("inf", math.inf),
        ("np.float64(2.5)", 2.5), ("tensor(2.5, device='cuda:0')", 2.5), ("[7e9]", 7e9), ("array([2.5])", 2.5),
        ("torch.tensor(3)", 3), ("float32(0.5)", 0.5),
    ],
)  # fmt: skip
def test_numbers(text, value):
    assert parse_number(text) == pytest.approx(value)


@pytest.mark.parametrize(
    "text",
    [
        "seven",
        "1.2.3",
        "70X",
        "± 0.1",
        "2 ± x",
        "1,00",
        "3 4",
        "2024-01-01",
        "0x10",
        "~7B",
        "7B*",
        "[1, 2]",
        "tensor([1, 2])",
        "sin(2)",
        "[]",
        "tensor()",
    ],
)
def test_no_numbers(text):
    assert parse_number(text) is None


@pytest.mark.parametrize("text", ["", "NaN", "N/A", "null", "-", "None"])
def test_missing_numbers(text):
    assert math.isnan(parse_number(text))


def test_units_never_overflow():
    assert parse_unit("N", "log10").convert(1e9) == math.inf
    assert math.isnan(parse_unit("loss", "ppl").convert(0.0))


def test_a_damaged_table_never_gives_a_traceback(tmp_path):
    """Runs, or one short sentence, whatever was cut out of the bytes or slipped into them."""
    rng = np.random.default_rng(0)
    scraps = [
        b",",
        b";",
        b"\n",
        b'"',
        b"\t",
        b"nan",
        b"1e400",
        b"-",
        b"{",
        b"]",
        b"#",
        b"\x00",
        b"\xff",
        b"1,5",
        b"(M)",
    ]
    options = [
        {},
        {"units": "N=log10"},
        {"units": "loss=ppl"},
        {"skip_missing": True},
        {"accept": ["all"]},
    ]
    seeds = [form if isinstance(form, bytes) else form.encode() for form in GOOD.values()]
    for i in range(200):
        data = bytearray(seeds[i % len(seeds)])
        for _ in range(rng.integers(1, 4)):
            at = int(rng.integers(len(data) + 1))
            if rng.random() < 0.6:
                data[at:at] = scraps[rng.integers(len(scraps))]
            else:
                del data[at : at + int(rng.integers(1, 30))]
        path = write(tmp_path, bytes(data))
        try:
            runs = read_runs(path, **options[i % len(options)]).runs
            assert np.all(np.isfinite(runs["loss"]) & (runs["loss"] > 0))
        except CourseError as error:
            assert "\n" not in str(error) and len(str(error)) < 600 + len(str(path))


def test_gaps_in_a_column_that_the_fit_does_not_need(tmp_path):
    C = np.where(np.arange(20) % 3, 6 * N * D, np.nan)
    same_runs(read_runs(write(tmp_path, csv(RUNS.assign(C=C)))))
    assert "C is missing" in refusal(
        write(tmp_path, csv(RUNS.drop(columns="D").assign(C=C))), needs=("N", "D", "loss")
    )


@pytest.mark.parametrize(
    "table, says",
    [
        (
            RUNS.drop(columns="D").assign(steps=RUNS["D"] / 1e5, batch=256),
            "add a column D, the steps times the tokens of one step",
        ),
        (
            pd.DataFrame({"params": [1e7, 1e8], "1e9": 3.0, "2e9": 2.9, "4e9": 2.8}),
            "its own row",
        ),
        (
            pd.DataFrame({"N": [1e7, 1e8], "loss@1B": 3.0, "loss@2B": 2.9, "loss@4B": 2.8}),
            "its own row",
        ),
    ],
)
def test_steps_without_tokens_and_wide_tables_are_questions(table, says, tmp_path):
    assert says in refusal(write(tmp_path, csv(table)))


def test_a_column_of_words_is_no_number_of_tokens(tmp_path):
    table = read_runs(write(tmp_path, csv(RUNS.rename(columns={"D": "tokens"}).assign(data="c4"))))
    same_runs(table)
    assert not any("data" in note for note in table.notes)
    table = RUNS.drop(columns="D").assign(C=6 * N * D, data="c4")
    same_runs(read_runs(write(tmp_path, csv(table))))


def test_other_counts_of_parameters_are_named(tmp_path):
    table = RUNS.rename(columns={"N": "params_total"})
    table = table.assign(params_transformer=N / 2, tokens_per_param=D / N)
    notes = read_runs(write(tmp_path, csv(table))).notes
    assert "N is the column 'params_total', not 'params_transformer'" in notes


def test_columns_of_an_export(tmp_path):
    names = {"N": "config/n_params", "D": "config/train_tokens", "loss": "summary/val/loss"}
    same_runs(read_runs(write(tmp_path, csv(RUNS.rename(columns=names)))))
