"""Random features with a power-law spectrum: a linear model with both scaling exponents.

Bahri et al. 2021 (arXiv:2102.06701) and Maloney et al. 2022 (arXiv:2210.16859) explain scaling laws
by models of this kind; Bordelon et al. 2024 (arXiv:2402.01092) add the training time.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..arrays import positive
from ..errors import CourseError

RIDGES = np.geomspace(1e-9, 1e-1, 17)  # times the largest squared singular value


def random_feature_losses(
    N: Sequence[int],
    D: Sequence[int],
    a: float,
    *,
    directions: int = 4096,
    seed: int = 0,
) -> NDArray[np.float64]:
    """The test losses (len(N), len(D)) of ridge regression on N random features and D examples.

    The world has many directions; direction i varies with variance i^-(1 + a), and the target is
    the sum of all of them, without noise. The student sees an example through N random mixtures of
    the directions, and fits a linear map to D examples. Its test loss is computed exactly, at the
    best of 17 ridges, as a share of the loss of always predicting zero.

    What n directions leave out is the sum of i^-(1 + a) over i > n, about n^-a/a: so theory expects
    a loss of about N^-a with plenty of examples, and of about D^-a with plenty of features. Keep N
    and D well below `directions`, where the world ends. Raises CourseError for sizes that are not
    whole numbers from 1 to `directions`, and for a <= 0.

    >>> losses = random_feature_losses([8, 32], [1024], a=1.0, directions=2048)
    >>> bool(2 < losses[0, 0] / losses[1, 0] < 8)   # four times the features: about 4^a
    True
    """
    positive(a=a)
    sizes = [np.asarray(values) for values in (N, D)]
    for name, values in zip("ND", sizes, strict=True):
        whole = values.ndim == 1 and values.size > 0 and np.all(values == np.round(values))
        if not whole or np.any(values < 1) or np.any(values > directions):
            raise CourseError(
                f"{name} must list whole numbers from 1 to {directions:,} (directions)."
            )
    features, examples = (values.astype(int) for values in sizes)
    rng = np.random.default_rng(seed)
    variance = np.arange(1, directions + 1) ** -(1.0 + a)
    mixing = rng.standard_normal((features.max(), directions)) / np.sqrt(directions)
    z = rng.standard_normal((examples.max(), directions)) * np.sqrt(variance)
    target, seen = z.sum(axis=1), z @ mixing.T
    # The loss of weights theta is variance · (1 - mixing^T theta)²: three terms that are cheap to
    # compute.
    product, square = mixing @ variance, (mixing * variance) @ mixing.T
    losses = np.empty((len(features), len(examples)))
    for i, n in enumerate(features):
        for j, d in enumerate(examples):
            u, s, v = np.linalg.svd(seen[:d, :n], full_matrices=False)
            shrunk = s / (s**2 + RIDGES[:, None] * s[0] ** 2)
            theta = (shrunk * (u.T @ target[:d])) @ v  # a row for each ridge
            loss = variance.sum() - 2 * theta @ product[:n]
            loss += np.sum(theta @ square[:n, :n] * theta, axis=1)
            losses[i, j] = loss.min() / variance.sum()
    return losses
