"""What a run is: its configuration, and the shape of its model. Does not import the engine."""

import hashlib
import json
from dataclasses import asdict, dataclass, fields

from .flops import training_flops_per_token

# Fields added after the first runs were named. They enter a run's name, and a plan's table, only if
# they differ from these values, so that old runs keep their names.
LATER_FIELDS = {"mix": 0.0, "teacher": None, "members": 1, "rounded": False, "experts": 1}

ROUNDED_BITS = (2, 3, 4, 5, 6, 8)  # the precisions that a run with `rounded` is measured at


@dataclass(frozen=True)
class Shape:
    """The shape of a model, which determines its size.

    `width` is even and a multiple of `heads`.
    """

    layers: int = 2
    width: int = 32
    heads: int = 1
    context: int = 64
    token_shift: bool = True
    experts: int = 1  # MLPs per layer, of which each token passes through one


@dataclass(frozen=True)
class RunConfig:
    """Everything that decides the outcome of a run. `D` and `batch` are in tokens (bytes)."""

    corpus: str
    seed: int
    width: int
    D: int  # tokens processed: a multiple of `batch`
    batch: int  # tokens per step: a multiple of `context`
    lr: float  # peak learning rate
    layers: int = 2
    heads: int = 1
    context: int = 64
    D_unique: int | None = None  # different tokens, repeated to fill D; None: all are different
    warmup: float = 0.05  # share of the steps
    schedule: str = "cosine"
    decay: float = 0.03
    token_shift: bool = True
    mix: float = 0.0  # share of the training windows that comes from the other corpus
    teacher: int | None = None  # width of the shipped model whose probabilities are the targets
    members: int = 1  # models with different seeds whose probabilities are averaged
    rounded: bool = False  # also measured with its weights rounded to ROUNDED_BITS
    experts: int = 1  # MLPs per layer, of which each token passes through one

    @property
    def run(self) -> str:
        """The run's name: a hash of the configuration."""
        values = asdict(self)
        for name, default in LATER_FIELDS.items():
            if values[name] == default:
                del values[name]
        text = json.dumps(values, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    @property
    def shape(self) -> Shape:
        """The shape of the model."""
        return Shape(**{field.name: getattr(self, field.name) for field in fields(Shape)})

    @property
    def C(self) -> int:
        """Exact training FLOPs, of all members. A teacher's forward passes are not included."""
        per_token = training_flops_per_token(self.layers, self.width, self.context, self.experts)
        return self.members * self.D * per_token


CONFIG_FIELDS = [field.name for field in fields(RunConfig)]


def extra_columns(configs: list[RunConfig]) -> list[str]:
    """The columns that these runs need in addition to those of all plans."""
    used = [
        name
        for name, default in LATER_FIELDS.items()
        if any(getattr(config, name) != default for config in configs)
    ]
    if "rounded" in used:
        used += [f"loss_{bits}_bits" for bits in (*ROUNDED_BITS, 32)]
    if "experts" in used:
        used.append("N_active")
    return used
