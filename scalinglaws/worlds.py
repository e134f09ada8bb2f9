"""A door for the notebooks of the first version: the capstone lives in `scalinglaws.course.capstone`."""

from .course.capstone import *  # noqa: F403
