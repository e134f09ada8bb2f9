"""The public names of `scalinglaws`, by the module that defines them.

This stub is the only list: editors and type checkers read it, and `__init__.py` reads it to load each name when it is
first used. To make a name public, add it here (`from .module import name as name`).
"""

from .laws import (
    AllocationLaw as AllocationLaw,
    BrokenPowerLaw as BrokenPowerLaw,
    ChinchillaLaw as ChinchillaLaw,
    coverage as coverage,
    CoverageLaw as CoverageLaw,
    CriticalBatch as CriticalBatch,
    DataConstrainedLaw as DataConstrainedLaw,
    effective_amount as effective_amount,
    exact_match as exact_match,
    implied_inference as implied_inference,
    inference_flops as inference_flops,
    JointLaw as JointLaw,
    KaplanJointLaw as KaplanJointLaw,
    KaplanLaws as KaplanLaws,
    KaplanStepsLaw as KaplanStepsLaw,
    lifetime_flops as lifetime_flops,
    lifetime_optimum as lifetime_optimum,
    pass_at_k as pass_at_k,
    PF_DAY as PF_DAY,
    PowerLaw as PowerLaw,
    Range as Range,
    total_params as total_params,
    training_cost as training_cost,
    training_flops as training_flops,
    Transformer as Transformer,
    Trend as Trend,
)
from .constants import (
    CHINCHILLA as CHINCHILLA,
    CHINCHILLA_APPROACH_1 as CHINCHILLA_APPROACH_1,
    CHINCHILLA_APPROACH_2 as CHINCHILLA_APPROACH_2,
    CHINCHILLA_REPLICATION as CHINCHILLA_REPLICATION,
    CHINCHILLA_ROUNDED as CHINCHILLA_ROUNDED,
    HOFFMANN_MISPRINT as HOFFMANN_MISPRINT,
    HOFFMANN_TABLES as HOFFMANN_TABLES,
    KAPLAN as KAPLAN,
    LLAMA_3 as LLAMA_3,
    MUENNIGHOFF as MUENNIGHOFF,
    PUBLIC_MODELS as PUBLIC_MODELS,
    TWENTY_TOKENS_PER_PARAM as TWENTY_TOKENS_PER_PARAM,
)
from .fits import (
    compare_held_out as compare_held_out,
    fit_broken_power_law as fit_broken_power_law,
    fit_chinchilla as fit_chinchilla,
    fit_envelope as fit_envelope,
    fit_isoflop as fit_isoflop,
    fit_joint as fit_joint,
    fit_power_law as fit_power_law,
)
from .plots import (
    alt_text as alt_text,
    describe as describe,
    explore as explore,
    log_axis as log_axis,
    new_axes as new_axes,
    plot_allocation as plot_allocation,
    plot_contours as plot_contours,
    plot_cost as plot_cost,
    plot_extrapolation as plot_extrapolation,
    plot_fit as plot_fit,
    plot_isoflop as plot_isoflop,
    plot_law as plot_law,
    plot_N_opt as plot_N_opt,
    plot_residuals as plot_residuals,
    plot_runs as plot_runs,
    published_laws as published_laws,
    short_number as short_number,
    show as show,
)
from .runs import (
    load_curves as load_curves,
    load_runs as load_runs,
)
from .course.notebook import (
    ready as ready,
)
from .course.practice.challenge import (
    challenge as challenge,
)
from .course.practice.practice import (
    practice as practice,
)
from .course.practice.progress_report import (
    progress as progress,
)
from .course.practice.reveal import (
    reveal as reveal,
)
from .course.capstone import (
    judge as judge,
    marks as marks,
    OutOfBudget as OutOfBudget,
    practice_worlds as practice_worlds,
    World as World,
)
from .course.capstone.plot import (
    plot_regret as plot_regret,
)
from .course.idea_map import (
    plot_ideas as plot_ideas,
)

__version__: str
__all__: list[str]
