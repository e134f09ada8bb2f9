"""How many parameters a model has, and how many floating-point operations its training takes."""

from dataclasses import dataclass

from .corpus import VOCABULARY


@dataclass(frozen=True)
class ParameterCount:
    """Parameter counts. `N` is the total; Kaplan et al. (2020) count `non_embedding` only."""

    non_embedding: int
    embedding: int
    position: int

    @property
    def N(self) -> int:
        return self.non_embedding + self.embedding + self.position


def count_parameters(layers: int, width: int, context: int) -> ParameterCount:
    """Parameters of the transformer in `model.py`.

    A layer holds query, key, value (3 d²), the attention's output (d²) and the MLP (2 · 4d²): 12 d².
    Norms have no gain and nothing has a bias; the output layer is the embedding, transposed.
    """
    return ParameterCount(12 * layers * width**2, VOCABULARY * width, context * width)


def training_flops_per_token(layers: int, width: int, context: int) -> int:
    """Exact training FLOPs per token: all matrix products, forward and backward; 1 multiply-add = 2.

    Forward, for each token, with d = width and T = context:

    - a matrix of n parameters costs 2 n, so a layer's 12 d² parameters cost 24 d²;
    - attention: a query meets (T + 1)/2 keys on average (causal); its scores and the sum of the
      values cost 2 d each a key: 2 d (T + 1) a layer;
    - the logits: 2 V d (V = 128). Looking up an embedding or a position costs nothing.

    Backward needs two products, of the same size, for each product of the forward pass: one for the
    gradient of its input and one for the gradient of its weight. Hence the factor 3. What is left out
    (norms, softmax, optimiser: a few operations a number) is also left out by Kaplan et al. (2020,
    section 2.1) and Hoffmann et al. (2022, appendix F), who count products only.
    """
    layer = 24 * width**2 + 2 * width * (context + 1)
    return 3 * (layers * layer + 2 * VOCABULARY * width)
