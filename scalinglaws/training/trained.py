"""Trained models that travel with the course: what do they predict?"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..errors import CourseError
from ..paths import data_dir
from ..runs import load_runs
from .cleaning import to_ascii
from .model import Activations, Parameters, Shape, forward, log_probabilities
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

        Like in training, each stretch of 64 characters is read by itself: the first character of a
        stretch is all that its prediction knows.
        """
        tokens = np.frombuffer(to_ascii(text).encode(), np.uint8)
        context = self.shape.context
        padded = np.zeros(-(-len(tokens) // context) * context, np.uint8)
        padded[: len(tokens)] = tokens  # what comes after a character cannot change its prediction
        a = Activations(self.shape, len(padded) // context)
        logits = forward(self.parameters, a, padded.reshape(-1, context))
        log_probabilities(logits, padded)  # turns the logits into probabilities, in place
        return logits.T[: len(tokens)].copy()

    def generate(
        self, prompt: str, length: int = 100, temperature: float = 1.0, seed: int = 0
    ) -> str:
        """`prompt` and `length` more characters; temperature 0 always takes the likeliest."""
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


def load_model(
    corpus: str = "prose", width: int = 32, data: str | Path | None = None
) -> TrainedModel:
    """The trained model of this width. Raises CourseError if there is none, with what there is."""
    runs = load_runs("models", corpus=corpus, data=data)
    chosen = runs[runs["width"] == width]
    if chosen.empty:
        widths = ", ".join(map(str, runs["width"]))
        raise CourseError(f"No trained model of width {width} on {corpus}: there are {widths}.")
    row = chosen.iloc[0].to_dict()
    shape = Shape(*(row[name] for name in Shape.__dataclass_fields__))
    parameters = Parameters(shape)
    path = (Path(data) if data else data_dir()) / "models" / f"{row['run']}.npy"
    try:
        parameters.flat[:] = np.load(path)
    except (OSError, ValueError) as error:
        raise CourseError(
            f"The weights in {path} cannot be read ({error}): restore them."
        ) from None
    return TrainedModel(shape, parameters, row)
