"""The engine: its gradient, its determinism, its counts, and the runs that it left in data/."""

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from scalinglaws.errors import CourseError
from scalinglaws.training import train as training
from scalinglaws.training.config import RunConfig
from scalinglaws.training.corpus import Corpus
from scalinglaws.training.flops import count_parameters, training_flops_per_token
from scalinglaws.training.gradient import Backward, loss_and_gradient
from scalinglaws.training.model import (
    Activations,
    Parameters,
    Shape,
    forward,
    initialise,
    log_probabilities,
    rounded,
)
from scalinglaws.training.optimizer import AdamW, learning_rate
from scalinglaws.training.train import batches, evaluate, train
from scalinglaws.training.trained import TrainedModel


def random_model(shape: Shape, sequences: int):
    """A float64 model in which no weight is zero, with a batch of random bytes."""
    rng = np.random.default_rng(0)
    parameters = initialise(shape, 0, np.float64)
    parameters.flat[:] = rng.normal(0, 0.3, parameters.flat.shape)
    text = rng.integers(0, 128, (sequences, shape.context + 1))
    return parameters, Activations(shape, sequences, np.float64), text[:, :-1], text[:, 1:]


@pytest.mark.parametrize("experts", [1, 3])
@pytest.mark.parametrize("taught", [False, True])
@pytest.mark.parametrize("shift", [True, False])
@pytest.mark.parametrize("heads", [1, 3])
def test_gradient_agrees_with_finite_differences(heads, shift, taught, experts):
    shape = Shape(2, 12, heads, context=8, token_shift=shift, experts=experts)
    parameters, a, tokens, targets = random_model(shape, sequences=3)
    b = Backward(a)
    gradient, unused = Parameters(shape, np.float64), Parameters(shape, np.float64)
    rng = np.random.default_rng(1)
    soft = rng.dirichlet(np.ones(128), tokens.size).T if taught else None
    loss_and_gradient(parameters, a, b, tokens, targets, gradient, soft)

    def loss() -> float:
        likely = loss_and_gradient(parameters, a, b, tokens, targets, unused, soft)
        return likely + sum(router.balance() for router in a.routers)

    for name, matrix in parameters.views.items():
        # One random direction a matrix sees every entry of it.
        direction, step = rng.normal(size=matrix.shape), 1e-6
        here = matrix.copy()
        matrix[:] = here + step * direction
        above = loss()
        matrix[:] = here - step * direction
        below = loss()
        matrix[:] = here
        expected = (above - below) / (2 * step)
        # Central differences in float64 err by about 1e-9 here.
        assert np.sum(gradient[name] * direction) == pytest.approx(expected, abs=1e-7), name


def test_the_future_is_hidden():
    shape = Shape(layers=2, width=8, heads=2, context=16)
    parameters, a, tokens, _ = random_model(shape, sequences=2)
    before = forward(parameters, a, tokens).reshape(128, 2, 16).copy()
    changed = tokens.copy()
    changed[:, 9] = (changed[:, 9] + 1) % 128
    after = forward(parameters, a, changed).reshape(128, 2, 16)
    np.testing.assert_array_equal(before[:, :, :9], after[:, :, :9])
    assert np.abs(before[:, :, 9:] - after[:, :, 9:]).max() > 1e-3


def test_token_shift_does_not_cross_sequences():
    shape = Shape(layers=2, width=8, heads=1, context=16)
    parameters, a, tokens, _ = random_model(shape, sequences=2)
    before = forward(parameters, a, tokens).reshape(128, 2, 16).copy()
    tokens[0] = 7
    after = forward(parameters, a, tokens).reshape(128, 2, 16)
    np.testing.assert_array_equal(before[:, 1], after[:, 1])


def test_counts_are_those_of_the_arrays():
    for width in (8, 24, 64):
        counts = count_parameters(2, width, 64)
        assert Parameters(Shape(width=width)).flat.size == counts.N
        assert counts.embedding == 128 * width and counts.position == 64 * width


def test_flops_count_each_product():
    """Counted product by product for one sequence: 2 times rows, columns and inner length."""
    layers, d, T, V = 3, 16, 64, 128
    products = [(3 * d, d), (d, d), (4 * d, d), (d, 4 * d)]
    forward_flops = sum(2 * rows * columns * T for rows, columns in products) * layers
    pairs = sum(query + 1 for query in range(T))  # keys that each query may see
    forward_flops += layers * 2 * (2 * pairs * d)  # scores, and the sum of values
    forward_flops += 2 * V * d * T
    assert training_flops_per_token(layers, d, T) * T == 3 * forward_flops


def test_a_mixture_costs_its_router_and_one_expert():
    """Of E experts E - 1 are idle: they cost memory and no FLOPs. The router costs both."""
    d, E = 16, 4
    shape = Shape(width=d, experts=E)
    counts, dense = count_parameters(2, d, 64, E), count_parameters(2, d, 64)
    assert Parameters(shape).flat.size == counts.N == dense.N + 2 * ((E - 1) * 8 * d * d + E * d)
    assert counts.active == dense.N + 2 * E * d and dense.active == dense.N
    extra = training_flops_per_token(2, d, 64, E) - training_flops_per_token(2, d, 64)
    assert extra == 3 * 2 * (2 * E * d)


def test_each_token_meets_the_expert_that_its_router_prefers():
    """What an MLP of experts adds is the preferred expert's output times its probability."""
    shape = Shape(layers=1, width=12, context=8, experts=3)
    parameters, a, tokens, _ = random_model(shape, sequences=2)
    forward(parameters, a, tokens)
    router, read = a.routers[0], a.norms[1].read
    logits = parameters["router.0"] @ read
    chances = np.exp(logits) / np.exp(logits).sum(axis=0)
    expected = np.empty_like(read)
    for token, best in enumerate(chances.argmax(axis=0)):
        up, down = (parameters.of_experts(name)[best] for name in ("up.0", "down.0"))
        hidden = np.maximum(up @ read[:, token], 0) ** 2
        expected[:, token] = chances[best, token] * (down @ hidden)
    np.testing.assert_allclose(router.gather(np.empty_like(read)), expected, rtol=1e-9)
    share = np.bincount(chances.argmax(axis=0), minlength=3) / 16
    assert share.max() < 1
    assert router.balance() == pytest.approx(0.01 * 3 * np.sum(share * chances.mean(axis=1)))


def test_adamw_makes_the_textbook_step():
    rng = np.random.default_rng(0)
    start, optimizer = rng.normal(size=5), None
    theta, m, v = start.copy(), np.zeros(5), np.zeros(5)
    parameters = start.copy()
    optimizer = AdamW(parameters, betas=(0.9, 0.95), epsilon=1e-8, decay=0.1, clip=1.0)
    for t in range(1, 6):
        g = 3 * rng.normal(size=5)
        optimizer.step(g.copy(), lr=0.01)
        g = g * min(1, 1 / np.linalg.norm(g))
        m, v = 0.9 * m + 0.1 * g, 0.95 * v + 0.05 * g**2
        update = (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.95**t)) + 1e-8)
        theta = theta - 0.01 * update - 0.01 * 0.1 * theta
        np.testing.assert_allclose(parameters, theta, rtol=1e-9)


def test_schedules():
    rates = [learning_rate(step, 100, 2.0, 10, "cosine") for step in range(100)]
    assert rates[0] == pytest.approx(0.2) and max(rates) == pytest.approx(2.0)
    assert 0 < rates[-1] < 0.01
    assert learning_rate(99, 100, 2.0, 0, "constant") == 2.0
    assert learning_rate(100, 100, 2.0, 0, "cosine x2") == pytest.approx(1.0)


def test_a_cool_down_starts_late_and_ends_at_zero():
    rates = [learning_rate(step, 100, 2.0, 10, "wsd 0.25") for step in range(101)]
    assert rates[10:76] == [2.0] * 66 and rates[100] == 0
    assert rates[76] == pytest.approx(2 * (1 - 0.2))  # 1 - sqrt(1/25)
    assert all(later < earlier for earlier, later in pairwise(rates[75:]))


@pytest.fixture
def tiny_corpus() -> Corpus:
    rng = np.random.default_rng(0)
    words = [bytes(rng.integers(97, 123, 5).astype(np.uint8)) for _ in range(50)]
    text = b" ".join(words[i] for i in rng.integers(0, 50, 60_000))
    array = np.frombuffer(text, np.uint8)
    return Corpus("tiny", "0" * 64, array[:200_000], array[200_000:250_000], array[250_000:])


CONFIG = RunConfig(corpus="tiny", seed=3, width=8, D=2**15, batch=256, lr=0.03)


@pytest.mark.parametrize("experts", [1, 4])
def test_same_seed_same_bits(tiny_corpus, experts):
    config = replace(CONFIG, experts=experts)
    row, curve, parameters = train(config, tiny_corpus)
    again, curve_again, parameters_again = train(config, tiny_corpus)
    assert parameters.flat.tobytes() == parameters_again.flat.tobytes()
    assert curve == curve_again
    times = {"seconds": 0, "flops_per_second": 0}
    assert row | times == again | times
    assert row["loss"] < math.log(26)  # it has learned more than which bytes are letters
    assert row["accuracy"] > row["match_2"] > row["match_4"] >= row["match_8"]


def test_a_run_that_diverges_has_no_loss(tiny_corpus):
    row, curve, _ = train(RunConfig("tiny", 0, 8, 2**15, 256, lr=1e30), tiny_corpus)
    assert math.isnan(row["loss"]) and len(curve) < training.CURVE_POINTS


def test_batches_never_repeat_unless_asked():
    fresh = RunConfig("tiny", 0, 8, D=64 * 256, batch=64 * 8, lr=0.01)
    pieces = windows_of(fresh, np.arange(64 * 512 + 1))
    assert len(pieces) == 256 and len(set(pieces)) == 256
    repeated = RunConfig("tiny", 0, 8, D=64 * 256, batch=64 * 8, lr=0.01, D_unique=64 * 64)
    pieces = windows_of(repeated, np.arange(64 * 512 + 1))
    assert len(pieces) == 256 and len(set(pieces)) == 64
    assert set(pieces[:64]) == set(pieces[64:128])  # every window once an epoch
    assert pieces[:64] != pieces[64:128]  # in another order


def test_a_text_that_is_too_short():
    with pytest.raises(CourseError, match="needs a longer text"):
        windows_of(RunConfig("tiny", 0, 8, D=2**15, batch=256, lr=0.01), np.arange(2**15))


def test_a_cooled_run_shares_its_trunk_with_longer_ones(tiny_corpus):
    """A run cooled down at half of D is a branch of the run that goes on at the constant rate."""
    short = replace(CONFIG, schedule="wsd 0.25", warmup=0.1, D=2**14)
    long = replace(CONFIG, schedule="constant", warmup=0.05)
    (_, early, _), (_, late, _) = train(short, tiny_corpus), train(long, tiny_corpus)
    losses = [{point["step"]: point["loss_val"] for point in curve} for curve in (early, late)]
    shared = [step for step in losses[0] if step in losses[1] and step <= 0.75 * 2**14 / 256]
    assert len(shared) > 3
    assert [losses[0][step] for step in shared] == [losses[1][step] for step in shared]


def test_a_mixture_has_its_share_of_the_other_text():
    """Of both texts each window comes at most once, and a run on 1.0 of the other text is all its."""
    own, other = np.arange(64 * 512 + 1), np.arange(64 * 512 + 1) + 10**6
    for share in (0.25, 1.0):
        config = RunConfig("tiny", 0, 8, D=64 * 256, batch=64 * 8, lr=0.01, mix=share)
        starts = [int(w[0]) for batch in batches(config, own, other) for w in batch]
        assert len(set(starts)) == len(starts) == 256
        assert sum(start >= 10**6 for start in starts) == share * 256
    with pytest.raises(CourseError, match="needs both corpora"):
        next(batches(config, own))


@pytest.mark.slow
def test_an_ensemble_averages_probabilities(tiny_corpus):
    """Its loss is at most the mean of its members' (Jensen), and its compute is theirs together."""
    pair, _, _ = train(replace(CONFIG, members=2, seed=1), tiny_corpus)
    alone = [train(replace(CONFIG, seed=seed), tiny_corpus)[0] for seed in (2, 3)]
    assert pair["loss"] < np.mean([row["loss"] for row in alone])
    assert pair["C"] == 2 * alone[0]["C"] and pair["N"] == alone[0]["N"]


def test_an_average_of_one_model_with_itself_is_that_model():
    shape = Shape(width=8)
    parameters, text = initialise(shape, 0), np.arange(64 * 64 + 1, dtype=np.uint8) % 128
    a = Activations(shape, 16)
    once = evaluate(parameters, a, text, 64 * 64)
    thrice = evaluate(parameters, a, text, 64 * 64, parameters, parameters)
    assert thrice == pytest.approx(once, rel=1e-5)


def test_a_student_learns_its_teacher(tiny_corpus):
    """Taught by a model that says one byte with certainty, a student comes to say it too."""
    shape = CONFIG.shape
    teacher = initialise(shape, 0)
    teacher["positions"][:] = 0
    teacher["embedding"][:] = 0
    teacher["positions"][0] = 1
    teacher["embedding"][0, 65] = 30
    teacher["embedding"][:, 97:123] += 0.001
    taught = replace(CONFIG, teacher=8)
    _, _, student = train(taught, tiny_corpus, None, TrainedModel(shape, teacher, {}))
    a = Activations(shape, 1)
    logits = forward(student, a, tiny_corpus.test[:64].reshape(1, 64))
    log_p, likeliest = log_probabilities(logits, np.full(64, 65))
    assert likeliest.all() and log_p.mean() > -0.5
    with pytest.raises(CourseError, match="needs its teacher"):
        train(taught, tiny_corpus)


def test_rounding_keeps_few_values_per_row():
    shape = Shape(width=8)
    parameters = initialise(shape, 0)
    for bits in (2, 3, 8):
        coarse = rounded(parameters, shape, bits)
        for name, matrix in coarse.views.items():
            assert max(len(np.unique(np.abs(row))) for row in matrix) <= 2 ** (bits - 1), name
            largest = np.abs(parameters[name]).max(axis=1)
            error = np.abs(matrix - parameters[name]).max(axis=1)
            assert (error <= largest / (2 ** (bits - 1) - 1) / 2 * 1.001).all(), name


def test_names_of_runs_do_not_change():
    """The name of the first run of `grid`, as it stands in data/; a later field adds to the name."""
    config = RunConfig("prose", 0, 8, 65536, 128, 0.0437)
    assert replace(config, mix=0.0, members=1).run == config.run
    assert len({replace(config, mix=0.1).run, replace(config, teacher=8).run, config.run}) == 3


def windows_of(config: RunConfig, positions: np.ndarray) -> list[int]:
    """The first position of each window that a run trains on, in order."""
    return [int(window[0]) for batch in batches(config, positions) for window in batch]


def test_evaluation_of_a_model_that_says_nothing():
    """All logits equal: the loss is ln 128, and a hit is never more than luck."""
    shape = Shape(width=8)
    text = np.zeros(64 * 64 + 1, np.uint8)
    measured = evaluate(Parameters(shape), Activations(shape, 16), text, 64 * 64)
    assert measured["loss"] == pytest.approx(math.log(128), rel=1e-6)


def test_exact_matches_are_stretches_of_hits(monkeypatch):
    """With every second byte of each 64 missed, no two in a row match; with the first 32 hit, 31 do."""
    shape, text = Shape(width=8), np.zeros(64 * 64 + 1, np.uint8)
    a = Activations(shape, 16)
    alternating, half = np.tile([True, False], 32), np.arange(64) < 32
    for pattern, accuracy, match_2 in ((alternating, 0.5, 0), (half, 0.5, 31 / 63)):
        hits = np.tile(pattern, 16)
        monkeypatch.setattr(
            training, "log_probabilities", lambda logits, y, hits=hits: (np.zeros(len(y)), hits)
        )
        measured = evaluate(Parameters(shape), a, text, 64 * 64)
        assert measured["accuracy"] == accuracy
        assert measured["match_2"] == pytest.approx(match_2)
        assert measured["match_16"] == pytest.approx(17 / 49 if match_2 else 0)


def test_tests_use_one_thread_for_linear_algebra():
    """Else they take several times as long: tests/conftest.py sets it before numpy is imported."""
    from threadpoolctl import threadpool_info

    assert {library["num_threads"] for library in threadpool_info()} <= {1}
