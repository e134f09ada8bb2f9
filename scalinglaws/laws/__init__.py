"""Every formula of the field, as the papers write it: N, D, C, L(N, D), E, A, B, alpha, beta."""

from .broken import BrokenPowerLaw
from .chinchilla import AllocationLaw, ChinchillaLaw
from .cost import Range, TrainingCost, training_cost
from .counting import Transformer, inference_flops, total_params, training_flops
from .inference import implied_inference, lifetime_flops, lifetime_optimum
from .joint import JointLaw
from .kaplan import (
    PF_DAY,
    CriticalBatch,
    KaplanJointLaw,
    KaplanLaws,
    KaplanStepsLaw,
)
from .power import PowerLaw, Trend
from .repeated import DataConstrainedLaw, effective_amount
from .sampling import CoverageLaw, coverage, exact_match, pass_at_k

__all__ = [
    "PF_DAY",
    "AllocationLaw",
    "BrokenPowerLaw",
    "ChinchillaLaw",
    "CoverageLaw",
    "CriticalBatch",
    "DataConstrainedLaw",
    "JointLaw",
    "KaplanJointLaw",
    "KaplanLaws",
    "KaplanStepsLaw",
    "PowerLaw",
    "Range",
    "TrainingCost",
    "Transformer",
    "Trend",
    "coverage",
    "effective_amount",
    "exact_match",
    "implied_inference",
    "inference_flops",
    "lifetime_flops",
    "lifetime_optimum",
    "pass_at_k",
    "total_params",
    "training_cost",
    "training_flops",
]
