"""What the tests measure of colours (WCAG 2.2), apart from what the package computes itself."""

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.typing import ColorType


def linear(colour: ColorType) -> np.ndarray:
    """Red, green and blue as amounts of light, from 0 to 1."""
    rgb = np.array(to_rgb(colour))
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def luminance(colour: ColorType) -> float:
    return float(linear(colour) @ [0.2126, 0.7152, 0.0722])


def contrast(one: ColorType, other: ColorType) -> float:
    light, dark = sorted(map(luminance, (one, other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)
