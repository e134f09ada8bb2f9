"""Checks that answer in words, and the tools that run them on a learner's copy or a class."""
