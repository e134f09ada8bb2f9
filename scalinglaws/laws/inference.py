"""Training and serving together: the size that is cheapest over a model's life (Sardana et al.
2023, arXiv:2401.00448).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..arrays import Floats, plain, positive
from ..errors import CourseError
from .chinchilla import ChinchillaLaw
from .counting import inference_flops, training_flops


def lifetime_flops(N: ArrayLike, D: ArrayLike, D_inference: ArrayLike) -> Floats:
    """6·N·D for training plus 2·N for each of D_inference tokens served (Sardana et al. 2023, eq.
    3).

    >>> f"{lifetime_flops(8e9, 15e12, 1e13):.3g}"
    '8.8e+23'
    """
    return plain(np.asarray(training_flops(N, D)) + inference_flops(N, D_inference))


def lifetime_optimum(
    law: ChinchillaLaw, L: ArrayLike, D_inference: ArrayLike
) -> tuple[Floats, Floats]:
    """(N, D) that reaches loss L with the fewest FLOPs over training and D_inference served tokens.

    At the optimum N_term/D_term = (beta/alpha)·(1 + D_inference/(3·D)); without demand it is
    Chinchilla's. L is in nats per token and broadcasts against D_inference (tokens, >= 0). Raises
    CourseError where L <= E.

    >>> from scalinglaws.constants import CHINCHILLA
    >>> L = CHINCHILLA.L_opt(1e24)
    >>> N, D = lifetime_optimum(CHINCHILLA, L, 1e13)
    >>> bool(N < CHINCHILLA.N_opt(1e24) and D > CHINCHILLA.D_opt(1e24))
    True
    """
    (L,) = positive(L=L)
    demand = np.asarray(D_inference, dtype=float)
    if np.any(~(demand >= 0)):
        raise CourseError("D_inference must be zero or positive everywhere.")
    if np.any(law.E >= L):
        raise CourseError(
            f"A loss at or below the irreducible loss E = {law.E:.4g} cannot be reached by any "
            f"model."
        )
    reducible = L - law.E

    # Let u be the share of the reducible loss due to the finite model. N and D follow from u,
    # and the condition
    # alpha·u/(beta·(1 - u)) = 1 + D_inference/(3·D) has one root: its left side grows with u, its
    # right side falls.
    def sizes(
        log_odds: NDArray[np.float64],
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        log_u, log_rest = -np.logaddexp(0, -log_odds), -np.logaddexp(0, log_odds)
        with np.errstate(
            over="ignore"
        ):  # with infinitely many training tokens, demand is negligible
            N = np.exp((np.log(law.A / reducible) - log_u) / law.alpha)
            D = np.exp((np.log(law.B / reducible) - log_rest) / law.beta)
        return N, D

    base = np.log(law.beta / law.alpha)  # log odds of u without demand: the least it can be
    low = np.full(np.broadcast(L, demand).shape, base)
    _, D = sizes(low)
    high = base + np.log1p(demand / 3 / D)  # the right side falls with u, so this overshoots
    for _ in range(100):
        middle = (low + high) / 2
        _, D = sizes(middle)
        too_low = middle < base + np.log1p(demand / 3 / D)
        low, high = np.where(too_low, middle, low), np.where(too_low, high, middle)
    N, D = sizes(high)
    return plain(N), plain(D)


def implied_inference(law: ChinchillaLaw, N: ArrayLike, D: ArrayLike) -> Floats:
    """The served tokens for which (N, D) is the lifetime optimum: 3·D·(alpha·N_term/(beta·D_term) -
    1).

    Negative if the model is larger than is optimal even without any demand.

    >>> from scalinglaws.constants import CHINCHILLA_REPLICATION
    >>> round(implied_inference(CHINCHILLA_REPLICATION, 8e9, 15e12) / 15e12, 1)   # Llama 3 8B, per training token
    12.7
    """
    N, D = positive(N=N, D=D)
    ratio = law.alpha * np.asarray(law.N_term(N)) / (law.beta * np.asarray(law.D_term(D)))
    return plain(3 * D * (ratio - 1))
