"""Fits: from runs to laws, with honest uncertainty."""

from .chinchilla import ChinchillaFit, fit_chinchilla
from .power_law import PowerLawFit, fit_power_law

__all__ = ["ChinchillaFit", "PowerLawFit", "fit_chinchilla", "fit_power_law"]
