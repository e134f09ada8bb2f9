"""Published constants, as frozen laws that carry their citation (`.citation`).

Each citation says how far the numbers were verified: "read in the paper" (its text, tables or the authors'
published code), or "secondary" (taken from a source that names the equation or table).
N counts all parameters and D tokens, unless the citation says otherwise; C is in FLOPs.
"""

from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from .laws import (
    PF_DAY,
    AllocationLaw,
    ChinchillaLaw,
    CriticalBatch,
    DataConstrainedLaw,
    ExpertsLaw,
    GranularityLaw,
    HyperparameterLaw,
    JointLaw,
    KaplanJointLaw,
    KaplanLaws,
    KaplanStepsLaw,
    PowerLaw,
    PrecisionLaw,
    QuantisationLaw,
    RoutedLaw,
    Trend,
)

_KAPLAN = "Kaplan et al. 2020, Scaling Laws for Neural Language Models, arXiv:2001.08361"
_HOFFMANN = "Hoffmann et al. 2022, Training Compute-Optimal Large Language Models, arXiv:2203.15556"

# --- Kaplan et al. 2020 -------------------------------------------------------------------------------

KAPLAN = KaplanLaws(
    L_N=PowerLaw.from_scale(8.8e13, 0.076, citation=f"{_KAPLAN}, eq. 1.1 (read in the paper)"),
    L_D=PowerLaw.from_scale(5.4e13, 0.095, citation=f"{_KAPLAN}, eq. 1.2 (read in the paper)"),
    L_C=PowerLaw.from_scale(
        3.1e8 * PF_DAY, 0.050, citation=f"{_KAPLAN}, eq. 1.3 (read in the paper)"
    ),
    L_C_naive=PowerLaw.from_scale(
        1.6e7 * PF_DAY, 0.057, citation=f"{_KAPLAN}, Table 5, fixed batch (read in the paper)"
    ),
    L_ND=KaplanJointLaw(N_c=6.4e13, D_c=1.8e13, alpha_N=0.076, alpha_D=0.103),
    L_NS=KaplanStepsLaw(N_c=6.5e13, S_c=2.1e3, alpha_N=0.077, alpha_S=0.76),
    B_crit=CriticalBatch(B_star=2.1e8, alpha_B=0.21),
    allocation=AllocationLaw(
        N=Trend(k=1.3e9, exponent=0.73, unit=PF_DAY),
        D=Trend(k=2e10, exponent=0.27, unit=PF_DAY),
    ),
    batch=Trend(k=2.0e6, exponent=0.24, unit=PF_DAY),
    steps=Trend(k=5.4e3, exponent=0.03, unit=PF_DAY),
    name="Kaplan 2020",
    citation=f"{_KAPLAN}, eq. 1.1 to 1.8 and Tables 2, 3, 5, 6 (read in the paper); N without embeddings",
)

# --- Hoffmann et al. 2022 (Chinchilla) and its re-fits -----------------------------------------------

CHINCHILLA = ChinchillaLaw(
    E=float(np.exp(0.5267228)),
    A=float(np.exp(6.0073404)),
    B=float(np.exp(6.0179186)),
    alpha=0.33917084,
    beta=0.2849083,
    name="Chinchilla, approach 3",
    citation=f"{_HOFFMANN}, eq. 10 before rounding: comments of the TeX source, "
    "quoted in the notebook of Besiroglu et al. 2024 (read there)",
)

CHINCHILLA_ROUNDED = ChinchillaLaw(
    E=1.69,
    A=406.4,
    B=410.7,
    alpha=0.34,
    beta=0.28,
    name="Chinchilla, as printed",
    citation=f"{_HOFFMANN}, eq. 10 (read in the paper)",
)

CHINCHILLA_REPLICATION = ChinchillaLaw(
    E=1.8172,
    A=482.01,
    B=2085.43,
    alpha=0.3478,
    beta=0.3658,
    name="Besiroglu 2024",
    citation="Besiroglu et al. 2024, Chinchilla Scaling: A replication attempt, arXiv:2404.10102, Table 1 "
    "(secondary: several independent sources quote it with the same standard errors); the least-absolute-deviation fit "
    "of 240 points read off figure 4",
)

# N: (C, D) of compute-optimal training, from Table 3 (approach 1) and Table A3 (approaches 2 and 3).
# One entry is a misprint, kept as printed: see HOFFMANN_MISPRINT.
_N = (400e6, 1e9, 10e9, 67e9, 175e9, 280e9, 520e9, 1e12, 10e12)
HOFFMANN_TABLES = MappingProxyType(
    {
        "approach 1": {
            "N": _N,
            "C": (1.92e19, 1.21e20, 1.23e22, 5.76e23, 3.85e24, 9.90e24, 3.43e25, 1.27e26, 1.30e28),
            "D": (8.0e9, 20.2e9, 205.1e9, 1.5e12, 3.7e12, 5.9e12, 11.0e12, 21.2e12, 216.2e12),
        },
        "approach 2": {
            "N": _N,
            "C": (1.84e19, 1.20e20, 1.32e22, 6.88e23, 4.54e24, 1.18e25, 4.19e25, 1.59e26, 1.75e28),
            "D": (7.7e9, 20.0e9, 219.5e9, 1.7e12, 4.3e12, 7.1e12, 13.4e12, 26.5e12, 292.0e12),
        },
        "approach 3": {
            "N": _N,
            "C": (2.21e19, 1.62e20, 2.46e22, 1.71e24, 1.26e24, 3.52e25, 1.36e26, 5.65e26, 8.55e28),
            "D": (9.2e9, 27.1e9, 410.1e9, 4.1e12, 12.0e12, 20.1e12, 43.5e12, 94.1e12, 1425.5e12),
        },
    }
)
# Table A3, approach 3, 175B: printed 1.26e24; 6·N·D and the rows around it say 1.26e25.
HOFFMANN_MISPRINT = MappingProxyType(
    {"approach": "approach 3", "N": 175e9, "printed": 1.26e24, "meant": 1.26e25}
)


def _through_table(approach: str) -> AllocationLaw:
    """The straight log-log line through one printed table, as an allocation law."""
    table = HOFFMANN_TABLES[approach]
    exponent, log_k = np.polyfit(np.log(table["C"]), np.log(table["N"]), 1)
    return AllocationLaw.from_N(
        Trend(k=float(np.exp(log_k)), exponent=float(exponent)),
        name=f"Chinchilla, {approach}",
        citation=f"{_HOFFMANN}, {'Table 3' if approach == 'approach 1' else 'Table A3'}: "
        "log-log line through the printed rows (read in the paper, line computed here)",
    )


CHINCHILLA_APPROACH_1 = _through_table("approach 1")
CHINCHILLA_APPROACH_2 = _through_table("approach 2")

TWENTY_TOKENS_PER_PARAM = AllocationLaw.from_tokens_per_param(
    20,
    name="20 tokens per parameter",
    citation=f"{_HOFFMANN}: read off Table 3; the phrase is not in the paper",
)

# --- Others -------------------------------------------------------------------------------------------

MUENNIGHOFF = DataConstrainedLaw(
    base=ChinchillaLaw(
        E=float(np.exp(0.6254804)),
        A=float(np.exp(6.255414)),
        B=float(np.exp(7.3049974)),
        alpha=0.3526596,
        beta=0.3526596,
        name="Muennighoff 2023, fresh data",
    ),
    name="Muennighoff 2023",
    citation="Muennighoff et al. 2023, Scaling Data-Constrained Language Models, arXiv:2305.16264, "
    "app. A and B (read in the paper); C4, 182 runs",
)

LLAMA_3 = AllocationLaw(
    N=Trend(k=1 / (6 * 0.29), exponent=1 - 0.53),
    D=Trend(k=0.29, exponent=0.53),
    name="Llama 3",
    citation="Grattafiori et al. 2024, The Llama 3 Herd of Models, arXiv:2407.21783, section 3.2.1 (secondary: its "
    "text is quoted in several sources): 0.29·C^0.53 tokens, N from C = 6·N·D; as rounded as this it does not give the "
    "402B parameters and 16.55T tokens that the section names for 3.8e25 FLOPs",
)

# --- The recipe: learning rate and batch ----------------------------------------------------------

_STEP = (
    "Li et al. 2025, Predictable Scale: Part I, Step Law, arXiv:2503.04715 (secondary: several "
    "sources quote the same two formulas)"
)
STEP_LAW = HyperparameterLaw(
    k=1.79,
    exponent_N=-0.713,
    exponent_D=0.307,
    name="Step law, learning rate",
    citation=f"{_STEP}; N without embeddings",
)
STEP_LAW_BATCH = Trend(
    k=0.58,
    exponent=0.571,
    name="Step law, batch in tokens, from D",
    citation=_STEP,
)
_DEEPSEEK = (
    "DeepSeek-AI 2024, DeepSeek LLM, arXiv:2401.02954, eq. 1 (secondary: several sources quote it); "
    "C in FLOPs without embeddings"
)
DEEPSEEK_LEARNING_RATE = Trend(
    k=0.3118, exponent=-0.125, name="DeepSeek, learning rate, from C", citation=_DEEPSEEK
)
DEEPSEEK_BATCH = Trend(
    k=0.2920, exponent=0.3271, name="DeepSeek, batch in tokens, from C", citation=_DEEPSEEK
)

# --- Mixtures of experts --------------------------------------------------------------------------

LUDZIEJEWSKI = ExpertsLaw(
    A=35.91,
    alpha=-0.1889,
    delta=-0.2285,
    alpha_experts=0.0098,
    B=35.98,
    beta=-0.1775,
    omega=0.5529,
    beta_experts=-0.0259,
    E=1.3637,
    E_start=2.0732,
    E_max=290.4521,
    name="Ludziejewski 2025",
    citation="Ludziejewski et al. 2025, Joint MoE Scaling Laws, arXiv:2502.05172, Table 3 (read in "
    "the paper)",
)
CLARK = RoutedLaw(
    level=1.104,
    slope_N=-0.082,
    slope_E=-0.108,
    both=0.009,
    E_start=1.847,
    E_max=314.478,
    name="Clark 2022, S-BASE",
    citation="Clark et al. 2022, Unified Scaling Laws for Routed Language Models, arXiv:2202.01169, "
    "Table 3 (secondary); 130B tokens",
)
KRAJEWSKI = GranularityLaw(
    E=0.47,
    A=18.1,
    B=30.8,
    alpha=0.115,
    beta=0.147,
    g=2.1,
    kappa=0.58,
    name="Krajewski 2024",
    citation="Krajewski et al. 2024, Scaling Laws for Fine-Grained Mixture of Experts, "
    "arXiv:2402.07871 (secondary)",
)

# --- Precision and distillation -------------------------------------------------------------------

_KUMAR = (
    "Kumar et al. 2024, Scaling Laws for Precision, arXiv:2411.04330, Table 2 (read in the paper)"
)
KUMAR = PrecisionLaw(
    base=ChinchillaLaw(E=2.7648, A=4299.0, B=18060.0, alpha=0.4965, beta=0.4965),
    gamma_w=2.6745,
    gamma_a=2.2102,
    gamma_kv=0.9578,
    n_w=0.3037,
    n_a=1.4072,
    n_kv=2.4185,
    name="Kumar 2024, training",
    citation=f"{_KUMAR}; Dolma, 30M to 220M parameters without embeddings, the sign of the offsets "
    "inferred from the 7 to 8 bits of the text",
)
KUMAR_ROUNDING = QuantisationLaw(
    C_T=0.0598,
    gamma_D=0.5068,
    gamma_N=0.3439,
    gamma_post=0.5907,
    n=1.1277,
    name="Kumar 2024, rounding afterwards",
    citation=f"{_KUMAR}; GPTQ, the sign of the offset inferred as for training",
)
BUSBRIDGE_SUPERVISED = JointLaw(
    E=1.220,
    A=3355.0**0.452,
    B=18186.0**0.452,
    alpha=0.408 * 0.452,
    beta=0.431 * 0.452,
    gamma=0.452,
    name="Busbridge 2025, without a teacher",
    citation="Busbridge et al. 2025, Distillation Scaling Laws, arXiv:2502.08606, Table 6 (read in the "
    "paper), the supervised law of eq. 1, as E + (A/N^alpha + B/D^beta)^gamma with 1.220, 3355, "
    "0.408, 18186, 0.431, 0.452; C4, N without embeddings",
)

# --- Models ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PublicModel:
    """A published model: N parameters trained on D tokens (processed, repeats included; nan if not published). C is
    6·N·D FLOPs.

    N_active: the parameters that one token passes through, for a mixture of experts. verified: "paper" (read in the
    paper or a table of Hoffmann et al. 2022), "secondary" (a data set or survey), "memory" (check before quoting).
    """

    name: str
    N: float
    D: float
    year: int
    citation: str
    verified: str
    N_active: float | None = None

    @property
    def C(self) -> float:
        """Training FLOPs, 6·N·D, of the active parameters for a mixture of experts."""
        return 6 * (self.N_active or self.N) * self.D

    @property
    def tokens_per_param(self) -> float:
        """D/N."""
        return self.D / self.N


PUBLIC_MODELS = (
    *(
        PublicModel(name, N * 1e9, D * 1e12, year, citation, verified)
        for name, N, D, year, citation, verified in (
            ("GPT-3", 175, 0.3, 2020, "arXiv:2005.14165", "paper"),
            ("Jurassic-1", 178, 0.3, 2021, "Lieber et al. 2021", "paper"),
            ("Gopher", 280, 0.3, 2021, "arXiv:2112.11446", "paper"),
            ("MT-NLG", 530, 0.27, 2022, "arXiv:2201.11990", "paper"),
            ("LaMDA", 137, 0.168, 2022, "arXiv:2201.08239", "paper"),
            ("Chinchilla", 70, 1.4, 2022, "arXiv:2203.15556", "paper"),
            ("PaLM", 540, 0.78, 2022, "arXiv:2204.02311", "secondary"),
            ("OPT-175B", 175, 0.3, 2022, "arXiv:2205.01068", "secondary"),
            ("GPT-NeoX-20B", 20, 0.472, 2022, "arXiv:2204.06745", "memory"),
            ("BLOOM", 176, 0.366, 2022, "arXiv:2211.05100", "memory"),
            ("GLM-130B", 130, 0.4, 2022, "arXiv:2210.02414", "secondary"),
            ("Galactica", 120, 0.45, 2022, "arXiv:2211.09085", "secondary"),
            ("LLaMA-7B", 6.7, 1.0, 2023, "arXiv:2302.13971", "secondary"),
            ("LLaMA-13B", 13.0, 1.0, 2023, "arXiv:2302.13971", "secondary"),
            ("LLaMA-33B", 32.5, 1.4, 2023, "arXiv:2302.13971", "secondary"),
            ("LLaMA-65B", 65.2, 1.4, 2023, "arXiv:2302.13971", "secondary"),
            ("Pythia-12B", 12, 0.3, 2023, "arXiv:2304.01373", "secondary"),
            ("Cerebras-GPT-13B", 13, 0.257, 2023, "arXiv:2304.03208", "memory"),
            ("Llama 2 7B", 7, 2.0, 2023, "arXiv:2307.09288", "secondary"),
            ("Llama 2 70B", 70, 2.0, 2023, "arXiv:2307.09288", "secondary"),
            ("Falcon-40B", 40, 1.0, 2023, "arXiv:2311.16867", "secondary"),
            ("Falcon-180B", 180, 3.5, 2023, "arXiv:2311.16867", "secondary"),
            ("Yi-34B", 34, 3.1, 2023, "arXiv:2403.04652", "secondary"),
            ("Qwen-72B", 72, 3.0, 2023, "arXiv:2309.16609", "secondary"),
            ("Phi-2", 2.7, 1.4, 2023, "vendor's announcement", "memory"),
            ("TinyLlama", 1.1, 3.0, 2024, "arXiv:2401.02385", "memory"),
            ("DeepSeek LLM 67B", 67, 2.0, 2024, "arXiv:2401.02954", "memory"),
            ("Llama 3 8B", 8.0, 15, 2024, "arXiv:2407.21783", "secondary"),
            ("Llama 3 70B", 70.6, 15, 2024, "arXiv:2407.21783", "secondary"),
            ("Llama 3.1 405B", 405, 15.6, 2024, "arXiv:2407.21783", "secondary"),
            ("Nemotron-4 340B", 340, 9, 2024, "arXiv:2406.11704", "secondary"),
            ("Qwen2-72B", 72.7, 7, 2024, "arXiv:2407.10671", "secondary"),
            ("Qwen2.5-72B", 72.7, 18, 2024, "arXiv:2412.15115", "secondary"),
            ("Gemma 2 9B", 9, 8, 2024, "arXiv:2408.00118", "memory"),
            ("Gemma 2 27B", 27, 13, 2024, "arXiv:2408.00118", "memory"),
            ("OLMo 2 7B", 7, 4, 2024, "via arXiv:2412.04403", "secondary"),
            ("OLMo 2 13B", 13, 5, 2024, "via arXiv:2412.04403", "secondary"),
            ("Qwen3-0.6B", 0.6, 36, 2025, "arXiv:2505.09388", "secondary"),
        )
    ),
    *(
        PublicModel(name, N * 1e9, D * 1e12, year, citation, "secondary", N_active=active * 1e9)
        for name, N, active, D, year, citation in (
            ("Mixtral 8x7B", 46.7, 12.9, np.nan, 2023, "arXiv:2401.04088"),
            ("DeepSeek-V3", 671, 37, 14.8, 2024, "arXiv:2412.19437"),
            ("Qwen3-235B", 235, 22, 36, 2025, "arXiv:2505.09388"),
            ("Kimi K2", 1040, 32, 15.5, 2025, "arXiv:2507.20534"),
            ("gpt-oss-120b", 117, 5.1, np.nan, 2025, "arXiv:2508.10925"),
        )
    ),
)
