"""A small GPT in numpy: its shape, its parameters, its buffers and its forward pass.

A pre-norm decoder with RMSNorm (no gain), causal attention, a ReLU² MLP, learned positions, tied
embeddings and a token shift: half of the channels that a block reads come from the previous token
(Peng et al. 2023, "RWKV"). It costs no parameters. Without it a tiny model has to learn to look at
"the byte before this one", and luck decides how early it does.

Activations are laid out as (channels, tokens). A number per token then broadcasts along the
contiguous axis, which keeps numpy fast down to a width of 8.
"""

import numpy as np

from .config import Shape
from .corpus import VOCABULARY
from .experts import Router


class Parameters:
    """All weights in one flat vector, and a view of each matrix by name.

    `embedding` (width, vocabulary), `positions` (width, context); for each layer i: `qkv.i` (3
    width, width), `out.i` (width, width), `up.i` (4 width, width), `down.i` (width, 4 width). With
    several experts, `up.i` and `down.i` hold the experts' matrices, one below the other, and
    `router.i` is (experts, width).
    """

    def __init__(self, shape: Shape, dtype=np.float32):
        self.experts = E = shape.experts
        d = shape.width
        sizes = {"embedding": (d, VOCABULARY), "positions": (d, shape.context)}
        for i in range(shape.layers):
            sizes |= {f"qkv.{i}": (3 * d, d), f"out.{i}": (d, d)}
            if E > 1:
                sizes[f"router.{i}"] = (E, d)
            sizes |= {f"up.{i}": (E * 4 * d, d), f"down.{i}": (E * d, 4 * d)}
        self.flat = np.zeros(sum(rows * columns for rows, columns in sizes.values()), dtype)
        self.views: dict[str, np.ndarray] = {}
        start = 0
        for name, (rows, columns) in sizes.items():
            self.views[name] = self.flat[start : start + rows * columns].reshape(rows, columns)
            start += rows * columns

    def __getitem__(self, name: str) -> np.ndarray:
        return self.views[name]

    def of_experts(self, name: str) -> np.ndarray:
        """`up.i` or `down.i` as (experts, rows, columns); a dense model has one expert."""
        matrix = self.views[name]
        return matrix.reshape(self.experts, -1, matrix.shape[1])


def initialise(shape: Shape, seed: int, dtype=np.float32) -> Parameters:
    """Normal weights of variance 1/fan-in. A block's last matrix starts at 0: it adds nothing yet."""
    rng = np.random.default_rng([seed, 1])
    parameters = Parameters(shape, dtype)
    for name, matrix in parameters.views.items():
        if name in ("embedding", "positions"):
            matrix[:] = rng.normal(0, 0.1, matrix.shape)
        elif name.startswith(("qkv", "up", "router")):
            matrix[:] = rng.normal(0, shape.width**-0.5, matrix.shape)
    return parameters


def rounded(parameters: Parameters, shape: Shape, bits: int) -> Parameters:
    """A copy with every weight rounded to one of 2^bits - 1 evenly spaced values, row by row.

    The values of a row are symmetric about 0 and extend to its largest weight. This is plain
    round-to-nearest after training, as in Kumar et al. (2024, arXiv:2411.04330, section 3).
    """
    result, steps = Parameters(shape), 2 ** (bits - 1) - 1
    for name, matrix in parameters.views.items():
        largest = np.abs(matrix).max(axis=1, keepdims=True)
        scale = np.where(largest > 0, largest, 1) / steps
        result[name][:] = np.round(matrix / scale) * scale
    return result


class Norm:
    """Buffers of one RMSNorm and of the token shift after it, in 3/2 width rows.

    `y`, the rows 0..d, is the normalised input. `read`, the rows d/2..3d/2, is what the block reads:
    the second half of y, then the first half of y moved on by one token. So the shift copies half of
    the channels, once; without a shift `y` and `read` are the same rows.
    """

    def __init__(self, width: int, tokens: int, shift: bool, dtype):
        self.moved = width // 2 if shift else 0  # channels read from the previous token
        self.buffer = np.empty((width + self.moved, tokens), dtype)
        self.y, self.read = self.buffer[:width], self.buffer[self.moved :]
        self.inverse_rms = np.empty(tokens, dtype)


class Activations:
    """Buffers of the forward pass for `sequences` sequences: made once, overwritten at every step."""

    def __init__(self, shape: Shape, sequences: int, dtype=np.float32):
        d, T, H, n = shape.width, shape.context, shape.heads, sequences * shape.context
        self.shape, self.sequences, self.tokens = shape, sequences, n

        def empty(*size):
            return np.empty(size, dtype)

        self.x, self.scratch = empty(d, n), empty(d, n)  # the residual stream
        self.norms = [Norm(d, n, shape.token_shift, dtype) for _ in range(2 * shape.layers)]
        self.qkv = [empty(3 * d, n) for _ in range(shape.layers)]
        self.attention = [empty(H, sequences, T, T) for _ in range(shape.layers)]  # (keys, queries)
        self.mixed = [empty(d, n) for _ in range(shape.layers)]
        self.hidden = [empty(4 * d, n) for _ in range(shape.layers)]
        self.squared = [empty(4 * d, n) for _ in range(shape.layers)]
        routed = range(shape.layers if shape.experts > 1 else 0)
        self.routers = [Router(shape.experts, d, n, dtype) for _ in routed]
        self.final = Norm(d, n, False, dtype)
        self.logits = empty(VOCABULARY, n)
        self.sums = empty(H, sequences, 1, T)
        # The upper limit of a score, (keys, queries): -inf where the key comes after the query.
        self.limit = np.where(np.triu(np.ones((T, T), bool)), 60, -np.inf).astype(dtype)

    def columns(self, layer: int) -> list[slice]:
        """Which columns each expert of a layer reads and writes: all of them if there is one."""
        return self.routers[layer].slices if self.routers else [slice(None)]

    def heads(self, qkv: np.ndarray, parts: int) -> np.ndarray:
        """(parts · width, tokens) seen as (parts, heads, sequences, width / heads, context)."""
        H, T = self.shape.heads, self.shape.context
        return qkv.reshape(parts, H, -1, self.sequences, T).swapaxes(2, 3)


def normalise(x: np.ndarray, norm: Norm, activations: Activations) -> np.ndarray:
    """y = x / rms(x) for each token; returns what the block reads, (width, tokens)."""
    d, r = len(x), norm.inverse_rms
    np.square(x, out=activations.scratch)
    np.add.reduce(activations.scratch, axis=0, out=r)
    r /= d
    r += 1e-6
    np.sqrt(r, out=r)
    np.divide(1, r, out=r)
    np.multiply(x, r, out=norm.y)
    if norm.moved:
        T = activations.shape.context
        source = norm.buffer[: norm.moved].reshape(norm.moved, -1, T)
        target = norm.buffer[d:].reshape(norm.moved, -1, T)
        target[:, :, 1:] = source[:, :, :-1]
        target[:, :, 0] = 0  # there is nothing before the first token
    return norm.read


def forward(parameters: Parameters, a: Activations, tokens: np.ndarray) -> np.ndarray:
    """The logits (vocabulary, sequences · context) of `tokens` (sequences, context).

    All intermediate results stay in `a`, for the gradient.
    """
    shape, p = a.shape, parameters
    d = shape.width
    np.take(p["embedding"], tokens.ravel(), axis=1, out=a.x, mode="clip")
    x_by_position = a.x.reshape(d, a.sequences, shape.context)
    x_by_position += p["positions"][:, None, :]

    for i in range(shape.layers):
        # Attention: each query takes a weighted mean of the values up to its own position.
        np.matmul(p[f"qkv.{i}"], normalise(a.x, a.norms[2 * i], a), out=a.qkv[i])
        a.qkv[i][:d] *= (d // shape.heads) ** -0.5
        q, k, v = a.heads(a.qkv[i], 3)
        weights = np.matmul(k.swapaxes(2, 3), q, out=a.attention[i])
        np.maximum(weights, -60, out=weights)  # a score beyond ±60 would overflow exp
        np.minimum(weights, a.limit, out=weights)
        np.exp(weights, out=weights)
        weights /= np.add.reduce(weights, axis=2, keepdims=True, out=a.sums)
        np.matmul(v, weights, out=a.heads(a.mixed[i], 1)[0])
        a.x += np.matmul(p[f"out.{i}"], a.mixed[i], out=a.scratch)

        # MLP: widen four times, square what is positive, and narrow again.
        read, written = normalise(a.x, a.norms[2 * i + 1], a), a.scratch
        if a.routers:
            read, written = a.routers[i].send(p[f"router.{i}"], read), a.routers[i].written
        for expert, own in zip(p.of_experts(f"up.{i}"), a.columns(i), strict=True):
            np.matmul(expert, read[:, own], out=a.hidden[i][:, own])
        np.maximum(a.hidden[i], 0, out=a.hidden[i])
        np.square(a.hidden[i], out=a.squared[i])
        for expert, own in zip(p.of_experts(f"down.{i}"), a.columns(i), strict=True):
            np.matmul(expert, a.squared[i][:, own], out=written[:, own])
        a.x += a.routers[i].gather(a.scratch) if a.routers else a.scratch

    return np.matmul(p["embedding"].T, normalise(a.x, a.final, a), out=a.logits)


def log_probabilities(logits: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Turn logits (vocabulary, n) into probabilities, in place.

    Returns the log probability of each target (n,), and whether the target was the most likely
    byte.
    """
    columns = np.arange(targets.size)
    highest = np.maximum.reduce(logits, axis=0)
    logits -= highest
    chosen = logits[targets, columns]
    np.exp(logits, out=logits)
    total = np.add.reduce(logits, axis=0)
    logits /= total
    return chosen - np.log(total), chosen == 0
