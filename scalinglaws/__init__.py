"""The course on LLM scaling laws: measured runs, formulas, fits and figures.

Names are loaded when they are first used, so that `import scalinglaws` costs next to nothing.
"""

from importlib import import_module
from typing import Any

# The public names of each module.
_NAMES = {
    "scalinglaws.laws": """
        AllocationLaw BrokenPowerLaw ChinchillaLaw CoverageLaw CriticalBatch DataConstrainedLaw JointLaw KaplanJointLaw
        KaplanLaws KaplanStepsLaw PF_DAY PowerLaw Range Transformer Trend coverage effective_amount exact_match
        implied_inference inference_flops lifetime_flops lifetime_optimum pass_at_k total_params training_cost
        training_flops
    """,
    "scalinglaws.constants": """
        CHINCHILLA CHINCHILLA_APPROACH_1 CHINCHILLA_APPROACH_2 CHINCHILLA_REPLICATION CHINCHILLA_ROUNDED
        HOFFMANN_MISPRINT HOFFMANN_TABLES KAPLAN LLAMA_3 MUENNIGHOFF PUBLIC_MODELS TWENTY_TOKENS_PER_PARAM
    """,
    "scalinglaws.fits": """
        compare_held_out fit_broken_power_law fit_chinchilla fit_envelope fit_isoflop fit_joint fit_power_law
    """,
    "scalinglaws.plots": """
        alt_text describe explore log_axis new_axes plot_N_opt plot_allocation plot_contours plot_cost plot_extrapolation
        plot_fit plot_isoflop plot_law plot_residuals plot_runs published_laws short_number show
    """,
    "scalinglaws.runs": "load_curves load_runs",
    "scalinglaws.course.notebook": "ready",
    "scalinglaws.course.practice.challenge": "challenge",
    "scalinglaws.course.practice.practice": "practice",
    "scalinglaws.course.practice.progress_report": "progress",
    "scalinglaws.course.practice.reveal": "reveal",
    "scalinglaws.course.capstone": "OutOfBudget World judge marks practice_worlds",
    "scalinglaws.course.capstone.plot": "plot_regret",
    "scalinglaws.course.idea_map": "plot_ideas",
}
_HOME = {name: module for module, names in _NAMES.items() for name in names.split()}

__all__ = sorted(_HOME)
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
