"""The PyTorch engine trains as the numpy engine does. Skipped where PyTorch is not installed."""

import math
from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from scalinglaws.errors import CourseError  # noqa: E402
from scalinglaws.training import torch_engine  # noqa: E402
from scalinglaws.training.config import RunConfig  # noqa: E402
from scalinglaws.training.corpus import Corpus  # noqa: E402
from scalinglaws.training.gradient import Backward, loss_and_gradient  # noqa: E402
from scalinglaws.training.model import Activations, Parameters, initialise  # noqa: E402
from scalinglaws.training.optimizer import AdamW, learning_rate  # noqa: E402
from scalinglaws.training.train import batches, train  # noqa: E402
from scalinglaws.training.trained import TrainedModel  # noqa: E402

CPU = torch.device("cpu")
torch.set_num_threads(1)  # more only wait for each other on a busy machine
CONFIG = RunConfig("tiny", seed=3, width=16, heads=2, D=2**13, batch=256, lr=0.03)


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    rng = np.random.default_rng(0)
    words = [bytes(rng.integers(97, 123, 5).astype(np.uint8)) for _ in range(50)]
    text = np.frombuffer(b" ".join(words[i] for i in rng.integers(0, 50, 60_000)), np.uint8)
    return Corpus("tiny", "0" * 64, text[:200_000], text[200_000:250_000], text[250_000:])


@pytest.mark.parametrize("change", [{}, {"token_shift": False}, {"experts": 4}])
def test_ten_steps_are_those_of_numpy(corpus, change):
    """The loss of each of ten steps, and the weights after them, of two models at once."""
    configs = [replace(CONFIG, **change), replace(CONFIG, **change, seed=4, lr=0.01)]
    stack = torch_engine.Stack(configs, CPU, None)
    streams = [list(batches(config, corpus.train)) for config in configs]
    ours = torch.stack(
        [
            stack.step(step, torch.tensor(np.stack([s[step] for s in streams]), dtype=torch.long))
            for step in range(10)
        ]
    )
    for i, config in enumerate(configs):
        shape, steps = config.shape, config.D // config.batch
        parameters, gradient = initialise(shape, config.seed), Parameters(shape)
        optimizer, a = AdamW(parameters.flat, decay=config.decay), Activations(shape, 4)
        b = Backward(a)
        for step in range(10):
            piece = streams[i][step]
            loss = loss_and_gradient(parameters, a, b, piece[:, :-1], piece[:, 1:], gradient)
            assert ours[step, i].item() == pytest.approx(loss, rel=2e-5), step
            rate = learning_rate(step, steps, config.lr, round(config.warmup * steps), "cosine")
            optimizer.step(gradient.flat, rate)
        np.testing.assert_allclose(stack.flat[i].detach(), parameters.flat, atol=2e-3)


@pytest.mark.slow
def test_rows_are_those_of_numpy(corpus):
    """Columns and losses of runs trained together, one of them an ensemble, and one with a teacher."""
    configs = [replace(CONFIG, seed=0), replace(CONFIG, seed=1, schedule="wsd 0.2", members=2)]
    together = list(torch_engine.train_together(configs, corpus, corpus, CPU))
    for config, (row, curve, parameters) in zip(configs, together, strict=True):
        expected, their_curve, theirs = train(config, corpus, corpus)
        assert list(row) == list(expected) and row["run"] == expected["run"]
        assert [point["step"] for point in curve] == [point["step"] for point in their_curve]
        for name in ("loss", "loss_val", "loss_other", "loss_train", "accuracy", "match_2"):
            assert row[name] == pytest.approx(expected[name], rel=0.01), name
        assert parameters.flat.shape == theirs.flat.shape
        assert row["engine"].startswith("torch ")


@pytest.mark.slow
def test_soft_targets_and_rounding(corpus):
    teacher = TrainedModel(CONFIG.shape, initialise(CONFIG.shape, 5), {})
    taught = replace(CONFIG, teacher=16, rounded=True)
    ((row, _, _),) = torch_engine.train_together([taught], corpus, None, CPU, teacher)
    expected, _, _ = train(taught, corpus, None, teacher)
    for name in ("loss", "loss_train", "loss_3_bits", "loss_32_bits"):
        assert row[name] == pytest.approx(expected[name], rel=0.01), name


@pytest.mark.slow
def test_one_diverging_run_does_not_take_others_with_it(corpus):
    pair = [CONFIG, replace(CONFIG, lr=1e30)]
    (fine, _, _), (lost, curve, _) = torch_engine.train_together(pair, corpus, None, CPU)
    ((alone, _, _),) = torch_engine.train_together([CONFIG], corpus, None, CPU)
    assert math.isnan(lost["loss"]) and len(curve) < 20
    assert fine["loss"] == pytest.approx(alone["loss"], rel=1e-3)


def test_groups_are_of_one_shape_and_length():
    assert torch_engine.group(CONFIG) == torch_engine.group(replace(CONFIG, seed=9, lr=1.0))
    for other in ({"D": 2**16}, {"batch": 512}, {"width": 32}, {"teacher": 8}):
        assert torch_engine.group(CONFIG) != torch_engine.group(replace(CONFIG, **other))


def test_a_device_that_is_not_there():
    if torch.cuda.is_available():
        pytest.skip("there is one")
    with pytest.raises(CourseError, match="no CUDA device"):
        torch_engine.find_device("cuda")
