"""Random features: the exponents that theory expects, and the exact loss against drawn examples."""

import numpy as np
import pytest

from scalinglaws.errors import CourseError
from scalinglaws.laws import random_feature_losses

SIZES = [8, 16, 32, 64]


def slope(losses: np.ndarray) -> float:
    return float(np.polyfit(np.log(SIZES), np.log(losses), 1)[0])


@pytest.mark.slow
@pytest.mark.parametrize("a", [0.5, 1.0])
def test_the_loss_falls_with_the_exponent_of_the_spectrum_in_features_and_in_examples(a):
    drawn = [
        (
            random_feature_losses(SIZES, [400], a, directions=2048, seed=seed)[:, 0],
            random_feature_losses([400], SIZES, a, directions=2048, seed=seed)[0],
        )
        for seed in range(12)
    ]
    by_features, by_examples = np.mean(drawn, axis=0)
    assert slope(by_features) == pytest.approx(-a, rel=0.15)
    assert slope(by_examples) == pytest.approx(-a, rel=0.15)


def test_the_smaller_of_the_two_is_a_bottleneck():
    losses = random_feature_losses([8, 512], [8, 512], 1.0, directions=1024)
    assert losses[1, 1] < losses[0, 1] < losses[0, 0] and losses[1, 1] < losses[1, 0]
    assert losses[0, 1] > 10 * losses[1, 1]


def test_a_student_of_one_feature_knows_next_to_nothing_and_of_all_directions_everything():
    assert 0.5 < random_feature_losses([1], [500], 0.5, directions=512)[0, 0] <= 1
    assert random_feature_losses([64], [64], 1.0, directions=64)[0, 0] < 0.05


def test_same_seed_same_losses():
    first, again, other = (
        random_feature_losses([8, 16], [32], 1.0, directions=256, seed=seed) for seed in (1, 1, 2)
    )
    assert first.shape == (2, 1)
    np.testing.assert_array_equal(first, again)
    assert not np.allclose(first, other)


@pytest.mark.parametrize(
    ("N", "D", "a", "word"),
    [
        ([0], [8], 1.0, "N"),
        ([8], [8.5], 1.0, "D"),
        ([8], [5000], 1.0, "4,096"),
        ([], [8], 1.0, "N"),
        ([8], [8], -1.0, "a"),
    ],
)
def test_bad_sizes_are_told(N, D, a, word):
    with pytest.raises(CourseError, match=word):
        random_feature_losses(N, D, a)
