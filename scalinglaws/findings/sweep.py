"""`scalinglaws sweep`: train a plan; on your own text, also write a page of findings."""

import argparse

from ..training import sweep
from ..training.sweep import add_arguments
from .command import write
from .page import Study

__all__ = ["add_arguments", "run"]


def run(args: argparse.Namespace) -> int:
    """Train what the arguments ask for. Returns the exit code."""
    code = sweep.run(args)
    if code == 0 and args.text and args.name == "isoflop" and not args.plan:
        drawn = write(Study(args.out), args.out)
        print(f"What they say: {args.out / 'findings.md'}, with {len(drawn)} figures.")
    return code
