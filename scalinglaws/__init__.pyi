"""The public names of `scalinglaws`, by the module that defines them.

This stub is the only list: editors and type checkers read it, and `__init__.py` reads it to load each name when it is
first used. To make a name public, add it here (`from .module import name as name`).
"""

from .constants import (
    BUSBRIDGE_SUPERVISED as BUSBRIDGE_SUPERVISED,
    CHINCHILLA as CHINCHILLA,
    CHINCHILLA_APPROACH_1 as CHINCHILLA_APPROACH_1,
    CHINCHILLA_APPROACH_2 as CHINCHILLA_APPROACH_2,
    CHINCHILLA_REPLICATION as CHINCHILLA_REPLICATION,
    CHINCHILLA_ROUNDED as CHINCHILLA_ROUNDED,
    CLARK as CLARK,
    DEEPSEEK_BATCH as DEEPSEEK_BATCH,
    DEEPSEEK_LEARNING_RATE as DEEPSEEK_LEARNING_RATE,
    HOFFMANN_MISPRINT as HOFFMANN_MISPRINT,
    HOFFMANN_TABLES as HOFFMANN_TABLES,
    KAPLAN as KAPLAN,
    KRAJEWSKI as KRAJEWSKI,
    KUMAR as KUMAR,
    KUMAR_ROUNDING as KUMAR_ROUNDING,
    LLAMA_3 as LLAMA_3,
    LUDZIEJEWSKI as LUDZIEJEWSKI,
    MUENNIGHOFF as MUENNIGHOFF,
    PUBLIC_MODELS as PUBLIC_MODELS,
    STEP_LAW as STEP_LAW,
    STEP_LAW_BATCH as STEP_LAW_BATCH,
    TWENTY_TOKENS_PER_PARAM as TWENTY_TOKENS_PER_PARAM,
)
from .course.capstone import (
    OutOfBudget as OutOfBudget,
    World as World,
    judge as judge,
    marks as marks,
    practice_worlds as practice_worlds,
)
from .course.capstone.plot import (
    plot_regret as plot_regret,
)
from .course.desk.check import (
    check as check,
)
from .course.idea_map import (
    plot_ideas as plot_ideas,
)
from .course.notebook import (
    ready as ready,
)
from .course.practice.challenge import (
    challenge as challenge,
)
from .course.practice.exam_command import (
    exam as exam,
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
from .course.questions.own_options import (
    options as options,
)
from .course.variants import (
    variant as variant,
)
from .fits import (
    Chain as Chain,
    compare_held_out as compare_held_out,
    fit_accuracy as fit_accuracy,
    fit_broken_power_law as fit_broken_power_law,
    fit_chinchilla as fit_chinchilla,
    fit_envelope as fit_envelope,
    fit_error as fit_error,
    fit_isoflop as fit_isoflop,
    fit_joint as fit_joint,
    fit_law as fit_law,
    fit_mixing as fit_mixing,
    fit_observational as fit_observational,
    fit_power_law as fit_power_law,
    fit_repeated as fit_repeated,
    load_fit as load_fit,
    mixing_law as mixing_law,
    next_runs as next_runs,
)
from .laws import (
    PF_DAY as PF_DAY,
    AccuracySigmoid as AccuracySigmoid,
    AllocationLaw as AllocationLaw,
    AnnealingLaw as AnnealingLaw,
    BrokenPowerLaw as BrokenPowerLaw,
    ChinchillaLaw as ChinchillaLaw,
    CoverageLaw as CoverageLaw,
    CriticalBatch as CriticalBatch,
    DataConstrainedLaw as DataConstrainedLaw,
    DistillationLaw as DistillationLaw,
    ErrorLaw as ErrorLaw,
    ExpertChoice as ExpertChoice,
    ExpertsLaw as ExpertsLaw,
    GranularityLaw as GranularityLaw,
    HyperparameterLaw as HyperparameterLaw,
    JointLaw as JointLaw,
    KaplanJointLaw as KaplanJointLaw,
    KaplanLaws as KaplanLaws,
    KaplanStepsLaw as KaplanStepsLaw,
    MixingLaw as MixingLaw,
    ObservationalLaw as ObservationalLaw,
    OvertrainingLaw as OvertrainingLaw,
    PowerLaw as PowerLaw,
    PrecisionLaw as PrecisionLaw,
    QuantisationLaw as QuantisationLaw,
    Range as Range,
    RepeatedDataLaw as RepeatedDataLaw,
    RewardLaw as RewardLaw,
    RoutedLaw as RoutedLaw,
    Transformer as Transformer,
    Trend as Trend,
    best_mixture as best_mixture,
    capabilities as capabilities,
    coverage as coverage,
    distillation_flops as distillation_flops,
    effective_amount as effective_amount,
    effective_experts as effective_experts,
    exact_match as exact_match,
    expert_params as expert_params,
    implied_inference as implied_inference,
    inference_flops as inference_flops,
    lifetime_flops as lifetime_flops,
    lifetime_optimum as lifetime_optimum,
    pass_at_k as pass_at_k,
    random_feature_losses as random_feature_losses,
    schedule_areas as schedule_areas,
    total_params as total_params,
    training_cost as training_cost,
    training_flops as training_flops,
)
from .plots import (
    alt_text as alt_text,
    describe as describe,
    explore as explore,
    label_lines as label_lines,
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
from .tables import (
    RunTable as RunTable,
    read_runs as read_runs,
)

__version__: str
__all__: list[str]
