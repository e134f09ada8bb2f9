"""Numbers in, numbers out: scalars stay Python floats, anything else becomes a float array."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .errors import CourseError

Floats = float | NDArray[np.float64]


def floats(values: ArrayLike) -> NDArray[np.float64]:
    """As a float array; what a masked array hides is missing.

    >>> floats(np.ma.masked_greater([1.0, 9.0], 5))
    array([ 1., nan])
    """
    if np.ma.isMaskedArray(values):
        values = np.ma.filled(np.ma.asarray(values).astype(float), np.nan)
    return np.asarray(values, dtype=float)


def positive(**quantities: ArrayLike) -> list[NDArray[np.float64]]:
    """Each named quantity as a float array; infinity is allowed, so that limits can be asked for.

    Raises CourseError, naming the quantity, if a value is not a positive number, and if the shapes
    do not broadcast.

    >>> positive(N=[1, 2], D=3)
    [array([1., 2.]), array(3.)]
    """
    arrays = []
    for name, value in quantities.items():
        try:
            array = floats(value)
        except (TypeError, ValueError):
            raise CourseError(f"{name} must be a number or an array of numbers.") from None
        bad = ~(array > 0)
        if bad.any():
            first = array[bad].flat[0]
            raise CourseError(f"{name} must be positive everywhere, but holds {first:g}.")
        arrays.append(array)
    check_shapes(**dict(zip(quantities, arrays, strict=True)))
    return arrays


def check_shapes(**quantities: ArrayLike) -> None:
    """Raise CourseError, with the shape of each named quantity, if they do not broadcast."""
    shapes = {name: np.shape(value) for name, value in quantities.items()}
    try:
        np.broadcast_shapes(*shapes.values())
    except ValueError:
        listed = ", ".join(f"{name} {shape}" for name, shape in shapes.items())
        raise CourseError(f"Shapes that do not go together: {listed}.") from None


def plain(array: ArrayLike) -> Floats:
    """A 0-d array as a Python float, so that scalars print as `2.0`; other arrays unchanged."""
    array = np.asarray(array)
    return array.item() if array.ndim == 0 else array
