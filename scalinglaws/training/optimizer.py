"""AdamW with gradient clipping (Loshchilov and Hutter 2019), and the learning-rate schedules."""

import math

import numpy as np


class AdamW:
    """In-place updates of one flat parameter vector; every step makes eleven passes over it."""

    def __init__(
        self, parameters: np.ndarray, betas=(0.9, 0.95), epsilon=1e-8, decay=0.0, clip=1.0
    ):
        self.parameters = parameters
        self.betas, self.epsilon, self.decay, self.clip = betas, epsilon, decay, clip
        self.mean = np.zeros_like(parameters)
        self.square = np.zeros_like(parameters)
        self.scratch = np.empty_like(parameters)
        self.steps = 0

    def step(self, gradient: np.ndarray, lr: float) -> None:
        """Move the parameters against `gradient`, which is overwritten."""
        self.steps += 1
        beta1, beta2 = self.betas
        scratch = self.scratch

        norm = math.sqrt(float(np.dot(gradient, gradient)))
        if norm > self.clip:
            gradient *= self.clip / norm

        np.multiply(gradient, 1 - beta1, out=scratch)  # m <- beta1 m + (1 - beta1) g
        self.mean *= beta1
        self.mean += scratch
        gradient *= gradient  # v <- beta2 v + (1 - beta2) g²
        gradient *= 1 - beta2
        self.square *= beta2
        self.square += gradient

        # theta <- theta (1 - lr decay) - lr m_hat / (sqrt(v_hat) + epsilon)
        np.sqrt(self.square, out=scratch)
        scratch *= (1 - beta2**self.steps) ** -0.5
        scratch += self.epsilon
        np.divide(self.mean, scratch, out=scratch)
        scratch *= lr / (1 - beta1**self.steps)
        self.parameters *= 1 - lr * self.decay
        self.parameters -= scratch


def learning_rate(step: int, steps: int, peak: float, warmup: int, schedule: str) -> float:
    """The rate of step 0 .. steps-1: a linear warm-up, then the schedule.

    `cosine` falls to 0 at the run's end. `cosine x2` would reach 0 only after twice the run: the
    mismatch that Hoffmann et al. (2022, figure A1) warn of; any factor will do. `constant` stays.
    `wsd 0.2` stays constant and cools down over the last 0.2 of the steps, as 1 - sqrt of the share
    of them that has passed (Hägele et al. 2024, arXiv:2405.18392, equation 1).
    """
    if step < warmup:
        return peak * (step + 1) / warmup
    if schedule == "constant":
        return peak
    if schedule.startswith("wsd "):
        cooldown = round(float(schedule.removeprefix("wsd ")) * steps)
        passed = step - (steps - cooldown)
        return peak * (1 - math.sqrt(passed / cooldown)) if passed > 0 else peak
    factor = float(schedule.removeprefix("cosine").removeprefix(" x") or 1)
    return peak * 0.5 * (1 + math.cos(math.pi * (step - warmup) / (factor * steps - warmup)))
