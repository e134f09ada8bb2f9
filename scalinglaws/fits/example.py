"""A fit for the examples of this reference: twelve made-up runs with 0.2 % of noise."""

from __future__ import annotations

import numpy as np

from .power_law import PowerLawFit, fit_power_law


def example_fit() -> PowerLawFit:
    """L(x) = 1.7 + 400 x^-0.34, fitted to runs at x from 1e6 to 1e10, with 100 resamples.

    >>> round(example_fit().law.alpha, 3)
    0.342
    """
    x = np.geomspace(1e6, 1e10, 12)
    noise = 1 + 0.002 * np.cos(np.arange(12) ** 2)
    return fit_power_law(x, (1.7 + 400 * x**-0.34) * noise).with_bootstrap(100)
