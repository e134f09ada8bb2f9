"""How many parameters a model has, and how many floating-point operations its training takes."""

from dataclasses import dataclass

from .corpus import VOCABULARY


@dataclass(frozen=True)
class ParameterCount:
    """Parameter counts. `N` is the total; Kaplan et al. (2020) count `non_embedding` only.

    `idle`: parameters of the experts that a token does not use, part of `non_embedding`.
    """

    non_embedding: int
    embedding: int
    position: int
    idle: int = 0

    @property
    def N(self) -> int:
        return self.non_embedding + self.embedding + self.position

    @property
    def active(self) -> int:
        """The parameters that one token uses; all of them in a dense model."""
        return self.N - self.idle


def count_parameters(layers: int, width: int, context: int, experts: int = 1) -> ParameterCount:
    """Parameters of the transformer in `model.py`.

    A layer holds query, key, value (3 d²), the attention's output (d²) and the MLP (2 · 4d²): 12
    d². Norms have no gain and nothing has a bias; the output layer is the embedding, transposed.
    With several experts, a layer has one MLP per expert and a router of experts · d parameters.
    """
    idle = layers * 8 * width**2 * (experts - 1)
    non_embedding = 12 * layers * width**2 + idle + layers * _router(width, experts)
    return ParameterCount(non_embedding, VOCABULARY * width, context * width, idle)


def _router(width: int, experts: int) -> int:
    """Parameters of a layer's router: one expert needs none."""
    return experts * width if experts > 1 else 0


def training_flops_per_token(layers: int, width: int, context: int, experts: int = 1) -> int:
    """Exact training FLOPs per token: all matrix products, forward and backward; 1 multiply-add =
    2.

    Forward, for each token, with d = width and T = context:

    - a matrix of n parameters costs 2 n, so a layer's 12 d² parameters cost 24 d²;
    - attention: a query meets (T + 1)/2 keys on average (causal); its scores and
      the sum of the values cost 2 d each per key: 2 d (T + 1) per layer;
    - the logits: 2 V d (V = 128). Looking up an embedding or a position costs nothing;
    - of several experts one is used, and the router is one more matrix.

    Backward needs two products, of the same size, for each product of the forward pass: one for the
    gradient of its input and one for the gradient of its weight. Hence the factor 3. What is left
    out (norms, softmax, optimiser: a few operations per number) is also left out by Kaplan et al.
    (2020, section 2.1) and Hoffmann et al. (2022, appendix F), who count products only.
    """
    layer = 24 * width**2 + 2 * width * (context + 1) + 2 * _router(width, experts)
    return 3 * (layers * layer + 2 * VOCABULARY * width)
