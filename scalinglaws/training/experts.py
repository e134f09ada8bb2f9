"""A mixture of experts: a router that sends each token to one of several MLPs, and its gradient.

Top-1 routing as in the Switch Transformer (Fedus et al. 2021, arXiv:2101.03961, section 2): the
token goes to the expert with the highest probability, and the output is multiplied by that
probability, through which the router learns. A separate loss keeps the experts equally busy
(equations 4 to 6). Experts have no token limit, so no token is dropped.
"""

import numpy as np

BALANCE = 0.01  # weight of the load-balancing loss, the paper's alpha


class Router:
    """Where each token of one layer's micro-batch goes.

    Made once, overwritten at every step. Tokens are sorted by expert: `slices[e]` selects those of
    expert e. `read` (width, tokens) is what the experts read, `written` what they write, both
    sorted.
    """

    def __init__(self, experts: int, width: int, tokens: int, dtype):
        self.probabilities = np.empty((experts, tokens), dtype)
        self.read, self.written = np.empty((2, width, tokens), dtype)
        self.columns = np.arange(tokens)

    def send(self, weights: np.ndarray, read: np.ndarray) -> np.ndarray:
        """Choose an expert for each token; returns `read`. weights: the layer's `router`."""
        p = np.matmul(weights, read, out=self.probabilities)
        p -= p.max(axis=0)
        np.exp(p, out=p)
        p /= p.sum(axis=0)
        self.chosen = p.argmax(axis=0)
        self.order = self.chosen.argsort(kind="stable")
        self.back = self.order.argsort()
        tokens = np.bincount(self.chosen, minlength=len(p))
        ends = tokens.cumsum()
        self.slices = [slice(end - n, end) for n, end in zip(tokens, ends, strict=True)]
        self.share = tokens / len(self.columns)  # of the tokens, per expert
        return np.take(read, self.order, axis=1, out=self.read)

    def gather(self, out: np.ndarray) -> np.ndarray:
        """Put the experts' outputs, times the gate, into `out`, with every token back in its place."""
        np.take(self.written, self.back, axis=1, out=out)
        out *= self.probabilities[self.chosen, self.columns]
        return out

    def balance(self) -> float:
        """The load-balancing loss: BALANCE if all experts are equally busy, and more if not."""
        mean = self.probabilities.mean(axis=1, dtype=np.float64)
        return float(BALANCE * len(mean) * np.dot(self.share, mean))

    def gather_backward(self, d_out: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """From the gradient of `gather`'s output to those of `written` and of the router's logits."""
        p, columns = self.probabilities, self.columns
        gate = p[self.chosen, columns]
        d_p = np.zeros_like(p)
        d_p[self.chosen, columns] = (d_out * self.written[:, self.back]).sum(axis=0)
        d_p += (BALANCE * len(p) / len(columns) * self.share[:, None]).astype(p.dtype)
        d_logits = p * (d_p - (p * d_p).sum(axis=0))
        return (d_out * gate)[:, self.order], d_logits
