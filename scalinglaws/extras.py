"""The optional parts of the package: what to say where one of them is not installed."""

from collections.abc import Generator
from contextlib import contextmanager

from .errors import CourseError


class MissingExtra(CourseError, ModuleNotFoundError):
    """A part of the package that was not installed. Its text says how to install it."""


@contextmanager
def explained(what: str, extra: str) -> Generator[None]:
    """Turn the absence of a package into a sentence: `what` needs the extra of that name.

    Raises MissingExtra. A module of our own that is missing is a fault of the package, and stays one.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if not extra or not missing or missing == __package__ or isinstance(error, MissingExtra):
            raise
        raise MissingExtra(
            f"{what} needs packages that are not installed ({missing}, for one): "
            f"pip install 'scalinglaws[{extra}]'",
            name=missing,
        ) from None
