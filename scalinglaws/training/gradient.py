"""The gradient of the loss by hand: the forward pass of `model.py`, backwards.

Names follow the forward pass; `d_` before a name is the gradient of the loss with respect to it.
"""

import numpy as np

from .corpus import VOCABULARY
from .model import Activations, Norm, Parameters, forward, log_probabilities


class Backward:
    """Buffers of the backward pass, shared by all layers."""

    def __init__(self, a: Activations):
        def empty(*size):
            return np.empty(size, a.x.dtype)

        d, n, dtype = a.shape.width, a.tokens, a.x.dtype
        self.x, self.scratch = empty(d, n), empty(d, n)
        self.norm = Norm(d, n, a.shape.token_shift, dtype)
        self.final = Norm(d, n, False, dtype)
        self.qkv, self.mixed, self.hidden = empty(3 * d, n), empty(d, n), empty(4 * d, n)
        self.attention = empty(*a.attention[0].shape)
        self.one_hot = np.zeros((VOCABULARY, n), dtype)


def normalise_backward(norm: Norm, d_norm: Norm, b: Backward, context: int, add: bool) -> None:
    """From the gradient of a block's input (`d_norm.read`) to that of the norm's input, in `b.x`.

    y = x r with r = 1 / rms(x), so d_x = r (d_y - y · mean(d_y y)), the mean over channels.
    """
    d, moved = len(norm.y), norm.moved
    d_y = d_norm.y
    if moved:  # channels that were shifted by one token go back to where they came from
        d_source = d_norm.buffer[:moved].reshape(moved, -1, context)
        d_target = d_norm.buffer[d:].reshape(moved, -1, context)
        d_source[:, :, :-1] = d_target[:, :, 1:]
        d_source[:, :, -1] = 0
    mean = d_norm.inverse_rms
    np.multiply(d_y, norm.y, out=b.scratch)
    np.add.reduce(b.scratch, axis=0, out=mean)
    mean /= d
    np.multiply(norm.y, mean, out=b.scratch)
    d_y -= b.scratch
    if add:
        d_y *= norm.inverse_rms
        b.x += d_y
    else:
        np.multiply(d_y, norm.inverse_rms, out=b.x)


def loss_and_gradient(
    parameters: Parameters,
    a: Activations,
    b: Backward,
    tokens: np.ndarray,
    targets: np.ndarray,
    gradient: Parameters,
    soft: np.ndarray | None = None,
) -> float:
    """The mean loss (nats per token) over a micro-batch; its gradient is written into `gradient`.

    With several experts the gradient is that of the loss and of each router's `balance` together.

    tokens, targets: (sequences, context), byte values; targets[s, t] is the byte after tokens[s, t].
    soft: a teacher's probabilities (vocabulary, sequences · context) to learn instead of the targets
    (Hinton et al. 2015, at temperature 1); the loss is then the cross-entropy with them.
    """
    p, g, shape, n = parameters, gradient, a.shape, a.tokens
    d, scale = shape.width, (shape.width // shape.heads) ** -0.5
    tokens, targets, columns = tokens.ravel(), targets.ravel(), np.arange(n)

    # Cross-entropy: d_logits = (probabilities - one-hot targets, or soft ones) / n.
    d_logits = forward(p, a, tokens)
    loss = -log_probabilities(d_logits, targets)[0].mean(dtype=np.float64)
    if soft is None:
        d_logits[targets, columns] -= 1
    else:
        loss = -np.sum(soft * np.log(np.maximum(d_logits, 1e-30)), dtype=np.float64) / n
        d_logits -= soft
    d_logits *= 1 / n
    np.matmul(a.final.y, d_logits.T, out=g["embedding"])
    np.matmul(p["embedding"], d_logits, out=b.final.y)
    normalise_backward(a.final, b.final, b, shape.context, add=False)

    for i in reversed(range(shape.layers)):
        # MLP. The derivative of relu(h)² is 2 relu(h); the 2 goes into the small matrix.
        norm = a.norms[2 * i + 1]
        d_written, read, d_read, d_choice = b.x, norm.read, b.norm.read, None
        if a.routers:
            d_written, d_choice = a.routers[i].gather_backward(b.x)
            read, d_read = a.routers[i].read, b.scratch
        d_down, d_up = g.of_experts(f"down.{i}"), g.of_experts(f"up.{i}")
        for e, (expert, own) in enumerate(
            zip(p.of_experts(f"down.{i}"), a.columns(i), strict=True)
        ):
            np.matmul(d_written[:, own], a.squared[i][:, own].T, out=d_down[e])
            np.matmul(2 * expert.T, d_written[:, own], out=b.hidden[:, own])
        b.hidden *= a.hidden[i]
        for e, (expert, own) in enumerate(zip(p.of_experts(f"up.{i}"), a.columns(i), strict=True)):
            np.matmul(b.hidden[:, own], read[:, own].T, out=d_up[e])
            np.matmul(expert.T, b.hidden[:, own], out=d_read[:, own])
        if d_choice is not None:
            np.take(d_read, a.routers[i].back, axis=1, out=b.norm.read)
            np.matmul(d_choice, norm.read.T, out=g[f"router.{i}"])
            b.norm.read += p[f"router.{i}"].T @ d_choice
        normalise_backward(norm, b.norm, b, shape.context, add=True)

        # Attention. Softmax: d_score = weight (d_weight - sum of weight · d_weight), and that sum
        # over keys equals the sum of mixed · d_mixed over channels (Dao et al. 2022, appendix B.2).
        np.matmul(b.x, a.mixed[i].T, out=g[f"out.{i}"])
        np.matmul(p[f"out.{i}"].T, b.x, out=b.mixed)
        q, k, v = a.heads(a.qkv[i], 3)
        d_q, d_k, d_v = a.heads(b.qkv, 3)
        d_mixed = a.heads(b.mixed, 1)[0]
        np.matmul(d_mixed, a.attention[i].swapaxes(2, 3), out=d_v)
        d_scores = np.matmul(v.swapaxes(2, 3), d_mixed, out=b.attention)
        np.multiply(b.mixed, a.mixed[i], out=b.scratch)
        d_scores -= np.add.reduce(a.heads(b.scratch, 1)[0], axis=2, keepdims=True, out=a.sums)
        d_scores *= a.attention[i]
        np.matmul(k, d_scores, out=d_q)
        np.matmul(q, d_scores.swapaxes(2, 3), out=d_k)
        b.qkv[:d] *= scale
        norm = a.norms[2 * i]
        np.matmul(b.qkv, norm.read.T, out=g[f"qkv.{i}"])
        np.matmul(p[f"qkv.{i}"].T, b.qkv, out=b.norm.read)
        normalise_backward(norm, b.norm, b, shape.context, add=True)

    # Embedding: each token's gradient goes to its byte's column (a product with one-hot columns).
    b.one_hot[tokens, columns] = 1
    d_embedding = g["embedding"]
    d_embedding += np.matmul(b.x, b.one_hot.T)
    b.one_hot[tokens, columns] = 0
    by_position = b.x.reshape(d, a.sequences, shape.context)
    np.add.reduce(by_position, axis=1, out=g["positions"])
    return float(loss)
