"""Every formula of the field, as the papers write it: N, D, C, L(N, D), E, A, B, alpha, beta."""

from .chinchilla import AllocationLaw, ChinchillaLaw, training_flops
from .counting import Transformer, inference_flops
from .kaplan import (
    PF_DAY,
    CriticalBatch,
    KaplanJointLaw,
    KaplanLaws,
    KaplanStepsLaw,
)
from .power import PowerLaw, Trend
from .repeated import DataConstrainedLaw, effective_amount

__all__ = [
    "PF_DAY",
    "AllocationLaw",
    "ChinchillaLaw",
    "CriticalBatch",
    "DataConstrainedLaw",
    "KaplanJointLaw",
    "KaplanLaws",
    "KaplanStepsLaw",
    "PowerLaw",
    "Transformer",
    "Trend",
    "effective_amount",
    "inference_flops",
    "training_flops",
]
