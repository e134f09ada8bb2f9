"""The trained models that travel with the course, and the data sheet's tables."""

import re
import shutil

import numpy as np
import pytest

from scalinglaws.errors import CourseError
from scalinglaws.paths import data_dir
from scalinglaws.runs import CHECKSUMS, load_runs, write_checksums
from scalinglaws.training import datasheet
from scalinglaws.training.corpus import load_corpus
from scalinglaws.training.datasheet import standard_error
from scalinglaws.training.noise import seed_noise
from scalinglaws.training.train import spread, windows
from scalinglaws.training.trained import load_model

WIDTHS = sorted(load_runs("models", corpus="prose")["width"])


def test_a_loaded_model_has_the_loss_of_its_row():
    """An eighth of the row's test windows, through the interface for text."""
    model, text = load_model("prose", WIDTHS[0]), load_corpus("prose").test
    context = model.shape.context
    pieces = windows(text, context)[spread(text, context, 2**17)].copy()
    pieces[pieces == 0] = 10  # the interface reads text, which has no byte 0
    p = model.probabilities(pieces[:, :-1].tobytes().decode())
    loss = -np.log(p[np.arange(len(p)), pieces[:, 1:].ravel()]).mean()
    assert loss == pytest.approx(model.row["loss"], rel=0.02)  # fewer bytes of the same text


def test_larger_models_predict_better():
    sentence = "Returns a list of the resources that are associated with the specified account."
    losses = []
    for width in (WIDTHS[0], WIDTHS[-1]):
        p = load_model("prose", width).probabilities(sentence)
        assert p.shape == (len(sentence), 128)
        np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-5)
        following = np.frombuffer(sentence[1:].encode(), np.uint8)
        losses.append(-np.log(p[np.arange(len(following)), following]).mean())
    assert losses[1] < losses[0]


def test_a_prediction_knows_only_what_came_before():
    model = load_model("prose", WIDTHS[0])
    here, there = (model.probabilities("The name of the " + end) for end in ("bucket", "x"))
    np.testing.assert_allclose(here[:16], there[:16], rtol=1e-4)


def test_generation_follows_its_seed():
    model = load_model("prose", WIDTHS[-1])
    assert model.generate("The ", 30, seed=1) == model.generate("The ", 30, seed=1)
    assert model.generate("The ", 30, seed=1) != model.generate("The ", 30, seed=2)
    assert model.generate("The ", 5, temperature=0) == model.generate("The ", 5, 0, seed=9)


@pytest.mark.parametrize("width", WIDTHS)
def test_samples_are_drawn_from_the_predicted_chances(width):
    """Each drawn character, predicted after the characters before it: hits and chances agree."""
    model = load_model("prose", width)
    prompts = ["The name of the ", "Returns a list o"]
    drawn = model.sample(prompts, 3, samples=4000, seed=1)
    assert [len(texts) for texts in drawn] == [4000, 4000]
    for prompt, texts in zip(prompts, drawn, strict=True):
        likeliest, expected = prompt, 1.0
        for length in (1, 2, 3):
            p = model.probabilities(likeliest)[-1].astype(float)
            likeliest += chr(p.argmax())
            expected *= p.max()
            hits = np.mean([text[:length] == likeliest[len(prompt) :] for text in texts])
            assert hits == pytest.approx(expected, abs=5 * (expected / 4000) ** 0.5)


def test_samples_follow_their_seed_and_refuse_what_they_cannot_read():
    model = load_model("prose", WIDTHS[0])
    assert model.sample(["The "], 61, seed=1) == model.sample(["The "], 61, seed=1)
    assert model.sample(["The "], 9, seed=1) != model.sample(["The "], 9, seed=2)
    for wrong in (([], 3), (["ab", "a"], 3), (["é"], 3), (["a"], 65), ([""], 3), (["a"], 0)):
        with pytest.raises(CourseError, match="sample needs"):
            model.sample(*wrong)


def test_a_model_that_is_not_there():
    with pytest.raises(CourseError, match=f"width 9999 on prose: there are .*{WIDTHS[0]}"):
        load_model("prose", 9999)


NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?(?:e[-+]\d+)?")


def last_digit(number: str) -> float:
    """One unit in the last digit that is written: 0.01 for 3.25, 1000 for 2.8e+04."""
    digits, _, power = number.partition("e")
    return 10.0 ** (int(power or 0) - len(digits.partition(".")[2]))


def assert_close(written: str, now: str) -> None:
    """The same words, and numbers that differ by a rounding at most: processors differ there."""
    assert NUMBER.sub("#", written) == NUMBER.sub("#", now), "run: scalinglaws datasheet"
    for old, new in zip(NUMBER.findall(written), NUMBER.findall(now), strict=True):
        allowed = 1.01 * last_digit(old) if old != new else 0
        difference = abs(float(old.replace(",", "")) - float(new.replace(",", "")))
        assert difference <= allowed, f"{old} is now {new}: run scalinglaws datasheet"


@pytest.mark.slow
def test_the_data_sheet_is_up_to_date(monkeypatch):
    """Of the losses that are measured for it, those of the smallest models are measured again."""
    written = (data_dir() / "README.md").read_text(encoding="utf-8")
    (table,) = (m[0] for m in datasheet.MARKS.finditer(written) if m[2] == "evaluation")
    lines = [line.strip("| ") for line in table.splitlines() if " and " in line]
    pairs = [line.split(" | ") for line in lines]
    models = load_runs("models").set_index(["corpus", "width"])["loss"]
    assert len(pairs) == len(models) - len(models.index.unique("corpus"))
    for corpus, which, *measured in pairs:
        small, large = map(int, which.split(" and "))
        difference = models[corpus, small] - models[corpus, large]
        assert float(measured[1]) == pytest.approx(difference, abs=1.01e-4)
        if small == WIDTHS[0]:
            row = datasheet.evaluation_row(corpus, small, large)
            assert_close(" ".join([corpus, which, *measured]), " ".join(row))
    monkeypatch.setattr(datasheet, "evaluation_table", lambda: table.split("\n\n")[1] + "\n")
    assert_close(written, datasheet.filled(written))


def test_the_checksums_are_those_of_the_files(tmp_path):
    for kind in ("runs", "curves", "models"):
        shutil.copytree(data_dir() / kind, tmp_path / kind)
    fresh = write_checksums(tmp_path).read_text("utf-8")
    assert fresh == (data_dir() / CHECKSUMS).read_text("utf-8"), "run: scalinglaws datasheet"


def test_seed_noise_compares_only_seeds():
    runs = load_runs("grid", corpus="prose")
    noise = seed_noise(runs)
    assert (noise["count"] >= 2).all() and noise["count"].sum() <= len(runs)
    width, D = noise.iloc[0][["width", "D"]]
    same = runs[(runs["width"] == width) & (runs["D"] == D)]["loss"]
    assert noise.iloc[0]["std"] == pytest.approx(same.std())


def test_standard_error_counts_documents():
    rng = np.random.default_rng(0)
    by_document = rng.normal(size=400)
    values = np.repeat(by_document, 5)  # five equal windows a document are no more than one
    error = standard_error(values, np.repeat(np.arange(400), 5))
    assert error == pytest.approx(by_document.std() / np.sqrt(400))
