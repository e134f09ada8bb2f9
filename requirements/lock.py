"""Write the locks from pyproject.toml: `make lock` (`make lock ARGS=--upgrade` for the newest releases).

    course.txt  what a learner or an instructor needs
    dev.txt     the same versions, and what the tests need

Both hold for every Python and system in `PYTHONS` and `SYSTEMS`, pin each package to one version and its hashes,
and name no host. The package index is the one in pip's configuration.
"""

import os
import subprocess
import sys
from pathlib import Path

from bootstrap import NEWEST, OLDEST

HERE = Path(__file__).resolve().parent
PYTHONS = [f"3.{minor}" for minor in range(OLDEST[1], NEWEST[1] + 1)]
SYSTEMS = [
    "x86_64-manylinux_2_28",
    "aarch64-manylinux_2_28",
    "aarch64-apple-darwin",
    "x86_64-apple-darwin",
    "windows",
]


def uv(*arguments: str) -> None:
    """Run `uv pip` with pip's index; the index is never written to a file."""
    command = [sys.executable, "-m", "pip", "config", "get", "global.index-url"]
    configured = subprocess.run(command, capture_output=True, text=True).stdout.strip()
    index = os.environ.get("PIP_INDEX_URL") or configured
    environment = {**os.environ, **({"UV_DEFAULT_INDEX": index} if index else {})}
    command = [sys.executable, "-m", "uv", "--no-config", "--quiet", "pip", *arguments]
    subprocess.run(command, check=True, cwd=HERE, env=environment)


def lock(group: str, output: str, *options: str) -> None:
    """Write one lock: all that the course needs, and a dependency group of pyproject.toml."""
    uv(
        *["compile", "../pyproject.toml", "--extra", "grade"],
        *["--group", f"../pyproject.toml:{group}"],
        *["--output-file", output, "--constraint", "constraints.txt", *options],
        # One version for all systems, so that all learners see the same numbers; no package that
        # needs a compiler.
        *["--universal", "--python-version", PYTHONS[0], "--fork-strategy", "fewest"],
        *["--only-binary", ":all:", "--generate-hashes", "--no-emit-index-url"],
        *["--custom-compile-command", "make lock"],
    )


def check(lock_file: str) -> None:
    """Ask the index whether each Python on each system finds ready-made packages with these hashes."""
    for system in SYSTEMS:
        for python in PYTHONS:
            uv(
                *["install", "--dry-run", "--require-hashes", "--no-deps", "--no-build"],
                *["--python-platform", system, "--python-version", python],
                *["--target", ".", "--requirement", lock_file],
            )
            print(f"{lock_file} installs on {system}, Python {python}")


if __name__ == "__main__":
    lock("build", "course.txt", *sys.argv[1:])
    lock("dev", "dev.txt", "--constraint", "course.txt", *sys.argv[1:])
    check("course.txt")
    check("dev.txt")
