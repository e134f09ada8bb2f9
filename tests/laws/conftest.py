"""Property tests draw the same examples on every run, and no slow machine fails them."""

from hypothesis import settings

settings.register_profile("laws", derandomize=True, deadline=None)
settings.load_profile("laws")
