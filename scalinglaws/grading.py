"""What the notebooks' test cells import: `from scalinglaws.grading import check_number`."""

from .course.grading.checks import *  # noqa: F403
from .course.grading.checks import __all__ as __all__
