"""The command `scalinglaws site`."""

import argparse
from pathlib import Path

from nbformat import NotebookNode

from scalinglaws.paths import complete_course_dir

from .build import build
from .chapters import execute


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--out", type=Path, metavar="FOLDER", help="where to write it (default: site/)"
    )


def run(args: argparse.Namespace) -> int:
    """Run the notebooks that have changed since the last time, and write the site."""
    course = complete_course_dir()
    out = args.out or course / "site"
    cache = course / ".cache" / "site"

    def executed(name: str) -> NotebookNode:
        print(f"running {name}", flush=True)
        return execute(course, name, cache)

    files = build(course, out, executed)
    size = sum(path.stat().st_size for path in files)
    print(f"wrote {len(files)} files, {size / 1e6:.1f} MB: open {out / 'index.html'}")
    return 0
