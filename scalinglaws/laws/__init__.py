"""Every formula of the field, as the papers write it: N, D, C, L(N, D), E, A, B, alpha, beta."""

from .annealing import AnnealingLaw, schedule_areas
from .broken import BrokenPowerLaw
from .chinchilla import AllocationLaw, ChinchillaLaw
from .cost import Range, TrainingCost, training_cost
from .counting import Transformer, inference_flops, total_params, training_flops
from .distillation import DistillationLaw, distillation_flops
from .downstream import AccuracySigmoid, ErrorLaw
from .experts import (
    ExpertChoice,
    ExpertsLaw,
    GranularityLaw,
    RoutedLaw,
    effective_experts,
    expert_params,
)
from .hyperparameters import HyperparameterLaw
from .inference import implied_inference, lifetime_flops, lifetime_optimum
from .joint import JointLaw
from .kaplan import (
    PF_DAY,
    CriticalBatch,
    KaplanJointLaw,
    KaplanLaws,
    KaplanStepsLaw,
)
from .mixing import MixingLaw, best_mixture
from .observational import ObservationalLaw, capabilities
from .overtraining import OvertrainingLaw
from .power import PowerLaw, Trend
from .precision import PrecisionLaw, QuantisationLaw
from .random_features import random_feature_losses
from .reinforcement import RewardLaw
from .repeated import DataConstrainedLaw, RepeatedDataLaw, effective_amount
from .sampling import CoverageLaw, coverage, exact_match, pass_at_k

__all__ = [
    "PF_DAY",
    "AccuracySigmoid",
    "AllocationLaw",
    "AnnealingLaw",
    "BrokenPowerLaw",
    "ChinchillaLaw",
    "CoverageLaw",
    "CriticalBatch",
    "DataConstrainedLaw",
    "DistillationLaw",
    "ErrorLaw",
    "ExpertChoice",
    "ExpertsLaw",
    "GranularityLaw",
    "HyperparameterLaw",
    "JointLaw",
    "KaplanJointLaw",
    "KaplanLaws",
    "KaplanStepsLaw",
    "MixingLaw",
    "ObservationalLaw",
    "OvertrainingLaw",
    "PowerLaw",
    "PrecisionLaw",
    "QuantisationLaw",
    "Range",
    "RepeatedDataLaw",
    "RewardLaw",
    "RoutedLaw",
    "TrainingCost",
    "Transformer",
    "Trend",
    "best_mixture",
    "capabilities",
    "coverage",
    "distillation_flops",
    "effective_amount",
    "effective_experts",
    "exact_match",
    "expert_params",
    "implied_inference",
    "inference_flops",
    "lifetime_flops",
    "lifetime_optimum",
    "pass_at_k",
    "random_feature_losses",
    "schedule_areas",
    "total_params",
    "training_cost",
    "training_flops",
]
