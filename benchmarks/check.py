"""Cost of a check: by the first version of this course, by this one, and again after one changed
cell, in one run.

    python benchmarks/check.py                    against the first version, from this repository's history
    python benchmarks/check.py --rounds 5         the best of five of each
    python benchmarks/check.py --beside FOLDER    against another checkout

Each round runs `scalinglaws check 01_power_laws` by both versions, on a finished copy, then asks a
warm worker, as JupyterLab's panel does, for a check, and for another after each of some changes of
one cell. It measures the processor time of all processes involved, with Linux's `perf stat`. A
first round is not counted: in it both versions write their bytecode, and this one caches the
released source.
"""

import argparse
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import nbformat
from grading import ASSIGNMENT, COURSE, PYTHON, first_version, make_course, measure

CHANGED = 4  # cells, spread evenly over the notebook


def cold(course: Path, checkout: Path) -> float:
    """Seconds of processor time that one check takes, of everything from nothing."""
    words = (*PYTHON, "scalinglaws", "check", ASSIGNMENT, "--student", "s0000")
    found = measure(course, *words, checkout=checkout)
    if " points" not in found["printed"]:  # a failed check would look fast
        raise SystemExit(f"The check of {checkout} did not end well:\n{found['said']}")
    return found["cpu"]


def tree(pid: int) -> list[int]:
    """A process and all that it started."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(OSError):  # it has just ended
            for child in (task / "children").read_text().split():
                found += tree(int(child))
    return found


@contextlib.contextmanager
def counted(pid: int, seconds: list[float]) -> Iterator[None]:
    """Add the processor time of a process and its present and future children during the block."""
    pids = ",".join(map(str, tree(pid)))
    (told, tell), (hear, heard) = os.pipe(), os.pipe()
    words = ["perf", "stat", "-x,", "-e", "task-clock", "-D", "-1", "-p", pids]
    control = f"fd:{told},{heard}"  # starts perf, which then acknowledges
    perf = subprocess.Popen(
        [*words, "--control", control], stderr=subprocess.PIPE, text=True, pass_fds=(told, heard)
    )
    for end in (told, heard):
        os.close(end)
    os.write(tell, b"enable\n")
    if not os.read(hear, 64).startswith(b"ack"):  # it has ended
        raise SystemExit(f"perf does not count:\n{perf.communicate()[1]}")
    yield
    perf.send_signal(signal.SIGINT)
    _, said = perf.communicate()
    for end in (tell, hear):
        os.close(end)
    line = next(line for line in said.splitlines() if "task-clock" in line)
    seconds.append(float(line.split(",")[0]) / 1e3)


def warm(course: Path) -> list[float]:
    """Seconds of processor time of each check after one changed cell, by a worker that checked before."""
    os.environ["SCALINGLAWS_COURSE"] = str(course)
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    from scalinglaws.course.desk.worker import Worker
    from scalinglaws.course.exercises import graded_cells, read_notebook

    path = course / "submitted" / "s0000" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
    handed_in = path.read_bytes()
    notebook = read_notebook(path)
    cells = [c for c in graded_cells(notebook).values() if c.metadata.nbgrader["solution"]]
    cells = [cell for cell in cells if cell.cell_type == "code"]
    request = {"do": "check", "path": str(path), "exercise": ""}
    seconds: list[float] = []
    worker = Worker()
    try:
        before = worker.ask(request)["report"]
        assert worker._process is not None
        for number in range(CHANGED):
            cells[(2 * number + 1) * len(cells) // (2 * CHANGED)].source += "\n# changed"
            nbformat.write(notebook, path)
            with counted(worker._process.pid, seconds):
                after = worker.ask(request)["report"]
            if after != before:
                raise SystemExit("The second check says something else.")
    finally:
        worker.close()
        path.write_bytes(handed_in)
    return seconds


def compare(beside: Path, rounds: int) -> None:
    """Measure all three in turn, and print the ratios."""
    trees = {"first version": beside, "now": COURSE}
    costs: dict[str, list[float]] = {name: [] for name in (*trees, "after one changed cell")}
    with tempfile.TemporaryDirectory() as temporary:
        courses = {name: Path(temporary, name.replace(" ", "_")) for name in trees}
        for name, checkout in trees.items():
            make_course(courses[name], 1, checkout)
            shutil.copytree(checkout / "release", courses[name] / "release")
        for number in range(rounds + 1):
            for name, checkout in trees.items():
                seconds = cold(courses[name], checkout)
                costs[name] += [seconds] * bool(number)
            if number:
                changed = warm(courses["now"])
                costs["after one changed cell"].append(sum(changed) / len(changed))
                last = ", ".join(f"{name} {them[-1]:.2f} s" for name, them in costs.items())
                print(
                    f"round {number}: {last}", file=sys.stderr, flush=True
                )  # also if it is stopped
    base = min(costs["first version"])
    print(f"scalinglaws check {ASSIGNMENT}, {rounds} rounds, processor time\n")
    print("| | best | to the first version | all |\n|---|---|---|---|")
    for name, them in costs.items():
        every = ", ".join(f"{c:.2f}" for c in them)
        print(f"| {name} | {min(them):.2f} s | {min(them) / base:.0%} | {every} |")


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--beside", type=Path, metavar="FOLDER", help="another checkout")
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    if shutil.which("perf") is None:
        raise SystemExit("This needs Linux's perf.")
    found = contextlib.nullcontext(args.beside.resolve()) if args.beside else first_version()
    with found as beside:
        compare(beside, args.rounds)


if __name__ == "__main__":
    sys.exit(main())
