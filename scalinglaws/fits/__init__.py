"""Fits: from runs to laws, with honest uncertainty."""

from .broken import BrokenPowerLawFit, fit_broken_power_law
from .chinchilla import ChinchillaFit, fit_chinchilla
from .compare import compare_held_out
from .envelope import EnvelopeFit, fit_envelope
from .general import FunctionLaw, LawFit, fit_law
from .isoflop import IsoflopFit, fit_isoflop
from .joint import JointFit, fit_joint
from .power_law import PowerLawFit, fit_power_law
from .result import Fit

__all__ = [
    "BrokenPowerLawFit",
    "ChinchillaFit",
    "EnvelopeFit",
    "Fit",
    "FunctionLaw",
    "IsoflopFit",
    "JointFit",
    "LawFit",
    "PowerLawFit",
    "compare_held_out",
    "fit_broken_power_law",
    "fit_chinchilla",
    "fit_envelope",
    "fit_isoflop",
    "fit_joint",
    "fit_law",
    "fit_power_law",
]
