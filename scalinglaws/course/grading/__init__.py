"""Checks that answer in words, and the tools that run them on a learner's copy or a class."""

from .checks import *  # noqa: F403 - test cells import from here; what is public, checks.py says
