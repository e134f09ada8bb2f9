"""Fits: from runs to laws, with honest uncertainty."""

from .power_law import PowerLawFit, fit_power_law

__all__ = ["PowerLawFit", "fit_power_law"]
