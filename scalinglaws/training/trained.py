"""The trained models of the course, and what they predict."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ..errors import CourseError
from ..paths import data_dir
from ..runs import load_runs
from . import model
from .cleaning import to_ascii
from .config import Shape
from .model import Activations, Parameters, forward, log_probabilities
from .train import one_thread


@dataclass(frozen=True)
class TrainedModel:
    """A model's shape and weights, and the row of the run that made them (`data/README.md`)."""

    shape: Shape
    parameters: Parameters
    row: dict

    @one_thread
    def probabilities(self, text: str) -> np.ndarray:
        """P(next byte | the bytes so far) after each character: (len(text), 128), rows sum to 1.

        As in training, each stretch of 64 characters is read by itself, so the second character of
        a stretch is predicted from the first alone.
        """
        tokens = np.frombuffer(to_ascii(text).encode(), np.uint8)
        context = self.shape.context
        padded = np.zeros(-(-len(tokens) // context) * context, np.uint8)
        padded[: len(tokens)] = tokens  # later characters cannot change a prediction
        a = Activations(self.shape, len(padded) // context)
        logits = forward(self.parameters, a, padded.reshape(-1, context))
        log_probabilities(logits, padded)  # turns the logits into probabilities, in place
        return logits.T[: len(tokens)].copy()

    def generate(
        self, prompt: str, length: int = 100, temperature: float = 1.0, seed: int = 0
    ) -> str:
        """`prompt` and `length` more characters; temperature 0 always takes the most likely one."""
        rng, text = np.random.default_rng(seed), to_ascii(prompt) or "\n"
        for _ in range(length):
            p = self.probabilities(text[-self.shape.context :])[-1].astype(np.float64)
            if temperature == 0:
                byte = int(p.argmax())
            else:
                p = p ** (1 / temperature)
                byte = int(rng.choice(len(p), p=p / p.sum()))
            text += chr(byte)
        return text

    def rounded(self, bits: int) -> "TrainedModel":
        """The same model with its weights rounded to `bits` bits (2 to 16), row by row.

        Each row of a matrix keeps 2^bits - 1 evenly spaced values up to its largest weight: plain
        rounding after training (Kumar et al. 2024, arXiv:2411.04330). Raises CourseError for
        another number of bits.
        """
        if not 2 <= bits <= 16:
            raise CourseError(f"Weights can be rounded to 2 to 16 bits, not to {bits}.")
        return replace(self, parameters=model.rounded(self.parameters, self.shape, bits))

    @one_thread
    def sample(
        self, prompts: Sequence[str], length: int, samples: int = 1, seed: int = 0
    ) -> list[list[str]]:
        """For each prompt, `samples` independent continuations of `length` characters (temperature
        1).

        prompts: plain ASCII, all of the same length, at most 65 characters with the continuation.
        Keys and values are cached, so thousands of continuations take a second. Raises CourseError
        for other prompts or sizes.
        """
        shape, p = self.shape, self.parameters
        d, H, T = shape.width, shape.heads, shape.context
        given = len(prompts[0]) if len(prompts) else 0
        if {len(text) for text in prompts} != {given} or not all(t.isascii() for t in prompts):
            raise CourseError("sample needs prompts of plain ASCII that are all of one length.")
        if shape.experts > 1:
            raise CourseError("sample reads dense models only, and this one has several experts.")
        if not (given >= 1 and length >= 1 and samples >= 1 and given + length <= T + 1):
            raise CourseError(
                f"sample needs 1 or more samples and characters, at most {T + 1} with the prompt."
            )
        read = np.frombuffer("".join(prompts).encode(), np.uint8).reshape(-1, given)
        rng, n = np.random.default_rng(seed), len(read)
        # (layers, sequences, heads, context, width / heads), and the channels that the token shift
        # passes on.
        keys, values = np.zeros((2, shape.layers, n, H, T, d // H), np.float32)
        moved = np.zeros((2 * shape.layers, d // 2, n), np.float32)
        written = np.empty((length, n * samples), np.uint8)

        def norm(x):
            return x / np.sqrt(np.square(x).mean(axis=0) + 1e-6)

        def block_input(x, block):
            y = norm(x)
            if not shape.token_shift:
                return y
            shifted = np.concatenate([y[d // 2 :], moved[block]])
            moved[block] = y[: d // 2]
            return shifted

        for t in range(given + length - 1):
            if t == given:  # from here on, the samples of a prompt differ
                keys, values = (np.repeat(cache, samples, axis=1) for cache in (keys, values))
                moved = np.repeat(moved, samples, axis=2)
            token = read[:, t] if t < given else written[t - given]
            x = p["embedding"][:, token] + p["positions"][:, t : t + 1]
            for i in range(shape.layers):
                q, k, v = (p[f"qkv.{i}"] @ block_input(x, 2 * i)).reshape(3, H, d // H, -1)
                keys[i, :, :, t], values[i, :, :, t] = k.transpose(2, 0, 1), v.transpose(2, 0, 1)
                q = q.transpose(2, 0, 1)[..., None] * (d // H) ** -0.5
                weights = np.exp(np.clip(keys[i, :, :, : t + 1] @ q, -60, 60))
                weights /= weights.sum(axis=2, keepdims=True)
                mixed = (weights.swapaxes(2, 3) @ values[i, :, :, : t + 1]).reshape(-1, d).T
                x = x + p[f"out.{i}"] @ mixed
                hidden = np.maximum(p[f"up.{i}"] @ block_input(x, 2 * i + 1), 0)
                x = x + p[f"down.{i}"] @ np.square(hidden)
            if t < given - 1:
                continue
            logits = p["embedding"].T @ norm(x)
            chances = np.cumsum(np.exp(logits - logits.max(axis=0)), axis=0)
            if t == given - 1:  # every sample of a prompt is drawn from the same probabilities
                chances = np.repeat(chances, samples, axis=1)
            drawn = rng.random(n * samples, dtype=np.float32) * chances[-1]
            written[t - given + 1] = np.minimum((chances < drawn).sum(axis=0), len(chances) - 1)
        texts = [row.tobytes().decode() for row in written.T.copy()]
        return [texts[i : i + samples] for i in range(0, n * samples, samples)]


def load_model(
    corpus: str = "prose", width: int = 32, data: str | Path | None = None
) -> TrainedModel:
    """The trained model of this width.

    Raises CourseError if there is none, listing those that exist.
    """
    runs = load_runs("models", corpus=corpus, data=data)
    chosen = runs[runs["width"] == width]
    if chosen.empty:
        widths = ", ".join(map(str, runs["width"]))
        raise CourseError(f"No trained model of width {width} on {corpus}: there are {widths}.")
    row = chosen.iloc[0].to_dict()
    shape = Shape(**{name: row[name] for name in Shape.__dataclass_fields__ if name in row})
    parameters = Parameters(shape)
    path = (Path(data) if data else data_dir()) / "models" / f"{row['run']}.npy"
    try:
        parameters.flat[:] = np.load(path)
    except FileNotFoundError:
        raise CourseError(
            f"The weights {path} are missing. They are in the course's repository, not in the installed "
            "package: set SCALINGLAWS_DATA to the folder data/ of a clone."
        ) from None
    except (OSError, ValueError) as error:
        raise CourseError(
            f"The weights in {path} cannot be read ({error}): restore them."
        ) from None
    return TrainedModel(shape, parameters, row)
