"""Counting parameters and FLOPs from a transformer's configuration."""

from __future__ import annotations

from dataclasses import dataclass, fields

from numpy.typing import ArrayLike

from ..arrays import Floats, plain, positive
from ..errors import CourseError
from .formula import Formula

# FLOPs that training spends per parameter and token: 2 forward, 4 backward (Kaplan et al. 2020,
# section 2.1).
FLOPS_PER_PARAM_TOKEN = 6


def training_flops(N: ArrayLike, D: ArrayLike) -> Floats:
    """C = 6·N·D training FLOPs for N parameters and D tokens (Kaplan et al. 2020, section 2.1).

    An approximation: `Transformer.training_flops` counts attention and logits as well.

    >>> f"{training_flops(70e9, 1.4e12):.3g}"   # Chinchilla
    '5.88e+23'
    """
    N, D = positive(N=N, D=D)
    return plain(FLOPS_PER_PARAM_TOKEN * N * D)


@dataclass(frozen=True, repr=False)
class Transformer(Formula):
    """A decoder-only transformer, counted exactly (weights of matrices; biases and norms left out).

    n_layer, d_model, n_ctx (tokens of context), vocab: its shape. A size of 0 stands for the usual
    choice. d_ff: width of the MLP, 4·d_model unless given. n_head and d_head: attention heads and their width, d_model/n_head unless given;
    n_kv_head: key/value heads (grouped-query attention), n_head unless given. gated: three MLP
    matrices (SwiGLU) instead of two. tied: input and output embedding share one matrix.
    learned_positions: a table of n_ctx position vectors. n_expert and n_active: experts of a
    mixture, and how many of them a token passes through; their router counts too.

    Raises CourseError for an impossible shape.

    >>> gpt2 = Transformer(n_layer=12, d_model=768, n_ctx=1024, vocab=50257, n_head=12, learned_positions=True)
    >>> [f"{n / 1e6:.1f}M" for n in (gpt2.N_nonembedding, gpt2.N)]
    ['84.9M', '124.3M']
    """

    n_layer: int
    d_model: int
    n_ctx: int
    vocab: int
    d_ff: int = 0
    n_head: int = 1
    d_head: int = 0
    n_kv_head: int = 0
    gated: bool = False
    tied: bool = True
    learned_positions: bool = False
    n_expert: int = 1
    n_active: int = 1

    def __post_init__(self):
        # Fill in the usual choices, so that the rest can read them.
        usual = {
            "d_ff": 4 * self.d_model,
            "d_head": self.d_model // max(self.n_head, 1),
            "n_kv_head": self.n_head,
        }
        for size, value in usual.items():
            if not getattr(self, size):
                object.__setattr__(self, size, value)
        for size in fields(self):
            if size.type == "int" and getattr(self, size.name) < 1:
                raise CourseError(f"Transformer: {size.name} must be at least 1.")
        if self.n_active > self.n_expert:
            raise CourseError("Transformer: n_active cannot exceed n_expert.")
        if self.n_head % self.n_kv_head:
            raise CourseError("Transformer: n_head must be a multiple of n_kv_head.")

    # Parameters

    @property
    def attention_params(self) -> int:
        """Weights of the query, key, value and output matrices of one layer."""
        return 2 * self.d_model * self.d_head * (self.n_head + self.n_kv_head)

    @property
    def expert_params(self) -> int:
        """Weights of one MLP (one expert) of one layer."""
        return (3 if self.gated else 2) * self.d_model * self.d_ff

    @property
    def router_params(self) -> int:
        """Weights of one layer's router; 0 without a mixture."""
        return self.d_model * self.n_expert if self.n_expert > 1 else 0

    @property
    def N_embedding(self) -> int:
        """Embedding parameters: the token table (twice if untied) and learned positions."""
        tables = (1 if self.tied else 2) * self.vocab * self.d_model
        return tables + (self.n_ctx * self.d_model if self.learned_positions else 0)

    @property
    def N_nonembedding(self) -> int:
        """Kaplan's N: all matrices but the embeddings; 12·n_layer·d_model² for the standard shape
        (eq. 2.1).
        """
        layer = self.attention_params + self.n_expert * self.expert_params + self.router_params
        return self.n_layer * layer

    @property
    def N(self) -> int:
        """Hoffmann's N: all parameters, embeddings included.

        >>> gpt2 = Transformer(n_layer=12, d_model=768, n_ctx=1024, vocab=50257, n_head=12)
        >>> f"{gpt2.N / 1e6:.1f}M"
        '123.5M'
        """
        return self.N_nonembedding + self.N_embedding

    @property
    def N_active(self) -> int:
        """The parameters that one token passes through; N itself for a dense model.

        >>> mixture = Transformer(n_layer=12, d_model=768, n_ctx=1024, vocab=50257, n_expert=8)
        >>> bool(mixture.N_active < mixture.N / 2)
        True
        """
        idle = (self.n_expert - self.n_active) * self.expert_params
        return self.N - self.n_layer * idle

    # FLOPs

    def forward_flops(self, n_ctx: int | None = None, causal: bool = False) -> float:
        """FLOPs of one token's forward pass: 2 per weight used, plus attention and the logits.

        n_ctx: tokens it attends to (the whole context unless given). causal: count only the half of
        the attention matrix that a causal mask leaves, as Kaplan's eq. 2.2 does.

        >>> gpt2 = Transformer(n_layer=12, d_model=768, n_ctx=1024, vocab=50257, n_head=12)
        >>> f"{3 * gpt2.forward_flops() / 1e6:.0f}M"   # training, per token; 6N says 510M or 746M
        '854M'
        """
        n_ctx = self.n_ctx if n_ctx is None else n_ctx
        active = self.N_active - self.N_embedding
        scores_and_values = 4 * n_ctx * self.n_head * self.d_head * (0.5 if causal else 1)
        logits = 2 * self.vocab * self.d_model
        return 2 * active + self.n_layer * scores_and_values + logits

    def training_flops(self, D: ArrayLike, causal: bool = False) -> Floats:
        """FLOPs of training on D tokens: the backward pass costs twice the forward pass.

        >>> gpt2 = Transformer(n_layer=12, d_model=768, n_ctx=1024, vocab=50257, n_head=12)
        >>> f"{gpt2.training_flops(1e10):.3g}"
        '8.54e+18'
        """
        (D,) = positive(D=D)
        return plain(3 * self.forward_flops(causal=causal) * D)

    def bytes(self, bits: float = 16) -> float:
        """Memory of the weights, in bytes, at a precision in bits.

        >>> gpt2 = Transformer(n_layer=12, d_model=768, n_ctx=1024, vocab=50257, n_head=12)
        >>> f"{gpt2.bytes(bits=8) / 1e6:.0f} MB"
        '124 MB'
        """
        return self.N * bits / 8


def inference_flops(N: ArrayLike, tokens: ArrayLike) -> Floats:
    """2·N FLOPs for each token generated or read: linear in N (Kaplan et al. 2020, section 2.1).

    For a mixture of experts N is the active count. Attention adds 2·n_layer·n_ctx·d_model per
    token.

    >>> inference_flops(280e9, 1) / inference_flops(70e9, 1)
    4.0
    """
    N, tokens = positive(N=N, tokens=tokens)
    return plain(2 * N * tokens)


def total_params(N_nonembedding: ArrayLike, omega: float = 47491) -> Floats:
    """N = N_\\E + omega·N_\\E^(1/3): all parameters of a model whose non-embedding ones are N_\\E.

    Pearce & Song 2024, arXiv:2406.12907: omega = 47491 for the vocabulary and shapes of
    Chinchilla's models (their published code). This alone turns most of Chinchilla's exponent into
    Kaplan's.

    >>> f"{total_params(85e6):.3g}"
    '1.06e+08'
    """
    (N,) = positive(N_nonembedding=N_nonembedding)
    return plain(N + omega * N ** (1 / 3))
