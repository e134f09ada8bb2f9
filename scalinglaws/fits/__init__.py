"""Fits: from runs to laws, with honest uncertainty."""

from .broken import BrokenPowerLawFit, fit_broken_power_law
from .chinchilla import ChinchillaFit, fit_chinchilla
from .compare import compare_held_out
from .design import Plan, next_runs
from .downstream import Chain, fit_accuracy, fit_error
from .envelope import EnvelopeFit, fit_envelope
from .general import FunctionLaw, LawFit, fit_law
from .isoflop import IsoflopFit, fit_isoflop
from .joint import JointFit, fit_joint
from .mixing import MixingFit, ObservationalFit, fit_mixing, fit_observational, mixing_law
from .power_law import PowerLawFit, fit_power_law
from .repeated import fit_repeated
from .result import Fit
from .store import load_fit

__all__ = [
    "BrokenPowerLawFit",
    "Chain",
    "ChinchillaFit",
    "EnvelopeFit",
    "Fit",
    "FunctionLaw",
    "IsoflopFit",
    "JointFit",
    "LawFit",
    "MixingFit",
    "ObservationalFit",
    "Plan",
    "PowerLawFit",
    "compare_held_out",
    "fit_accuracy",
    "fit_broken_power_law",
    "fit_chinchilla",
    "fit_envelope",
    "fit_error",
    "fit_isoflop",
    "fit_joint",
    "fit_law",
    "fit_mixing",
    "fit_observational",
    "fit_power_law",
    "fit_repeated",
    "load_fit",
    "mixing_law",
    "next_runs",
]
