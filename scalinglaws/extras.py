"""The optional parts of the package: what to say if one of them is not installed."""

from collections.abc import Generator
from contextlib import contextmanager

from .errors import CourseError


class MissingExtra(CourseError, ModuleNotFoundError):
    """An optional part of the package is not installed; the text says how to install it."""


@contextmanager
def explained(what: str, extra: str) -> Generator[None]:
    """Turn a missing package into a sentence: `what` needs the extra of that name.

    Raises MissingExtra. If one of our own modules is missing, the package is broken, and the error
    stays as it is.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if not extra or not missing or missing == __package__ or isinstance(error, MissingExtra):
            raise
        raise MissingExtra(
            f"{what} needs packages that are not installed (such as {missing}): pip install "
            f"'scalinglaws[{extra}]'",
            name=missing,
        ) from None
