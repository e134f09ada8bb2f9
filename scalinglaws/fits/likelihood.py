"""The likelihood behind Huber's loss: for information criteria, ratio tests and profiles.

The sum of Huber terms F is, up to constants, the negative log-likelihood of residuals with the
density exp(-huber(r)/tau)/Z(tau): normal in the middle, exponential in the tails; for least squares
it is the normal one. tau, the noise, is estimated. All runs are taken as equally noisy and
independent.
"""

from __future__ import annotations

import numpy as np

from .newton import ROUND_OFF


def log_likelihood(objective: float, n: float, delta: float) -> float:
    """The greatest log-likelihood of n residuals of ln L whose Huber terms sum to `objective`."""
    objective = max(objective, 0.5 * n * ROUND_OFF**2)
    if np.isinf(delta):
        return float(-0.5 * n * (np.log(2 * np.pi * 2 * objective / n) + 1))
    from scipy.optimize import minimize_scalar

    def cost(log_tau: float) -> float:
        return n * _log_constant(np.exp(log_tau), delta) + objective / np.exp(log_tau)

    middle = np.log(objective / n)
    found = minimize_scalar(cost, bounds=(middle - 5, middle + 5), method="bounded")
    return -float(found.fun)


def _log_constant(tau: float, delta: float) -> float:
    """ln Z(tau), with Z the integral of exp(-huber(r)/tau)."""
    from scipy.special import erf

    inside = np.sqrt(2 * np.pi * tau) * erf(delta / np.sqrt(2 * tau))
    tails = 2 * tau / delta * np.exp(-(delta**2) / (2 * tau))
    return float(np.log(inside + tails))
