"""Cost of grading a class: `scalinglaws grade` beside `nbgrader autograde`, on the same submissions, in one run.

    python benchmarks/grading.py                     20 submissions of 01_power_laws, both ways
    python benchmarks/grading.py --students 100      a larger class
    python benchmarks/grading.py --first             by the first version of this course and by this one, the same submissions
    python benchmarks/grading.py --beside FOLDER     by another checkout and by this one
    python benchmarks/grading.py --flat 100 1000     a synthetic class of tiny notebooks: cost and memory per submission

Prints wall time and, by Linux's `perf stat`, processor time and, where the machine counts them, instructions. The scores of both must be equal; it stops if they are not.
"""

import argparse
import contextlib
import csv
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat

COURSE = Path(__file__).parents[1]
sys.path.insert(0, str(COURSE))
ASSIGNMENT = "01_power_laws"
FIRST = "77c9158"  # the first version, with which later ones are compared
PYTHON = (sys.executable, "-m")
# Stock nbgrader: its own steps, its own kernels; only its time limit is raised, for a busy machine.
STOCK = "c = get_config()\nc.CourseDirectory.course_id = 'scaling_laws'\nc.Execute.timeout = 300\n"


def make_course(folder: Path, students: int, checkout: Path = COURSE) -> None:
    """A course whose students submitted the released notebook, finished to different degrees."""
    from scalinglaws.course.exercises import graded_cells, read_notebook

    shutil.copytree(checkout / "source" / ASSIGNMENT, folder / "source" / ASSIGNMENT)
    shutil.copy(checkout / "nbgrader_config.py", folder)
    solved = graded_cells(read_notebook(checkout / "source" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"))
    for i in range(students):
        notebook = read_notebook(checkout / "release" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb")
        answers = [n for n, c in graded_cells(notebook).items() if c.metadata.nbgrader["solution"]]
        for name in answers[: len(answers) - i % 5]:
            graded_cells(notebook)[name].source = solved[name].source
        target = folder / "submitted" / f"s{i:04}" / ASSIGNMENT
        target.mkdir(parents=True)
        nbformat.write(notebook, target / f"{ASSIGNMENT}.ipynb")


def environment(checkout: Path = COURSE) -> dict[str, str]:
    """With this package, its bytecode, and the scripts that nbgrader calls by their bare names."""
    paths = {"PYTHONPATH": str(checkout), "PATH": str(Path(sys.executable).parent)}
    found = os.environ | {
        k: os.pathsep.join(filter(None, [v, os.environ.get(k)])) for k, v in paths.items()
    }
    for name in ("PYTHONDONTWRITEBYTECODE", "SCALINGLAWS_COURSE"):  # the course is where it runs
        found.pop(name, None)
    return found


def measure(folder: Path, *words: str, checkout: Path = COURSE) -> dict[str, Any]:
    """Run a command; {"wall": s, "cpu": s, "instructions": number}, nan where this machine does not
    count.

    `perf stat` counts all processes of a command. (`getrusage` would leave out the engine's
    processes, which are not waited for.)
    """
    events = ["task-clock", "instructions"]
    perf = ["perf", "stat", "-x,", "-e", ",".join(events), "-o", str(folder / "perf")]
    if not shutil.which("perf"):
        perf = []
    started = time.perf_counter()
    done = subprocess.run(
        [*perf, *words], cwd=folder, env=environment(checkout), capture_output=True, text=True
    )
    wall = time.perf_counter() - started
    if done.returncode not in (0, 1):
        raise SystemExit(done.stderr)
    found = dict.fromkeys(events, float("nan"))
    for line in (folder / "perf").read_text().splitlines() if perf else ():
        fields = line.split(",")
        if len(fields) > 2 and fields[2] in found and fields[0][:1].isdigit():
            found[fields[2]] = float(fields[0])
    return {
        "wall": wall, "cpu": found["task-clock"] / 1e3, "instructions": found["instructions"], "said": done.stderr, "printed": done.stdout
    }  # fmt: skip


def scores(folder: Path) -> list[tuple]:
    """(student, score, most) of the gradebook."""
    subprocess.run(
        [*PYTHON, "nbgrader", "export"],
        cwd=folder,
        env=environment(),
        check=True,
        capture_output=True,
    )
    with (folder / "grades.csv").open(newline="") as file:
        return sorted((r["student_id"], r["score"], r["max_score"]) for r in csv.DictReader(file))


def compare(students: int) -> None:
    """Grade the same class both ways."""
    with tempfile.TemporaryDirectory() as temporary:
        found, results = {}, {}
        for way in ("nbgrader autograde", "scalinglaws grade"):
            folder = Path(temporary, way.replace(" ", "_"))
            make_course(folder, students)
            if way.startswith("nbgrader"):
                (folder / "nbgrader_config.py").write_text(STOCK)
                measure(folder, *PYTHON, "nbgrader", "generate_assignment", ASSIGNMENT)
                found[way] = measure(folder, *PYTHON, "nbgrader", "autograde", ASSIGNMENT)
            else:
                found[way] = measure(folder, *PYTHON, "scalinglaws", "grade", ASSIGNMENT)
            results[way] = scores(folder)
        if results["nbgrader autograde"] != results["scalinglaws grade"]:
            raise SystemExit(f"The scores differ:\n{results}")
    stock, ours = found.values()
    print(f"{students} submissions of {ASSIGNMENT}; scores equal; {os.cpu_count()} cores\n")
    print("| | nbgrader autograde | scalinglaws grade | ratio |\n|---|---|---|---|")
    for key, unit in (("wall", "s"), ("cpu", "s"), ("instructions", "")):
        a, b = stock[key] / students, ours[key] / students
        print(f"| {key} a submission | {a:.4g} {unit} | {b:.4g} {unit} | {a / b:.2f} |")


@contextlib.contextmanager
def first_version() -> Iterator[Path]:
    """A checkout of the first version, from this repository's history; removed at the end."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary, "first")
        git = ["git", "-C", str(COURSE), "worktree"]
        subprocess.run([*git, "add", "-q", "--detach", folder, FIRST], check=True)
        try:
            yield folder
        finally:
            subprocess.run([*git, "remove", "--force", folder], check=True)


def beside(other: Path, students: int, rounds: int) -> None:
    """Grade the same class, of the other checkout's course, by that checkout and by this one, in turn."""
    trees = {"other": other, "now": COURSE}
    costs: dict[str, list[float]] = {name: [] for name in trees}
    printed: dict[str, list[tuple]] = {}
    with tempfile.TemporaryDirectory() as temporary:
        for number in range(
            rounds + 1
        ):  # the first one is not counted, because both compile their modules
            for name, checkout in trees.items():
                folder = Path(temporary, f"{name}{number}")
                make_course(folder, students if number else 1, other)
                shutil.copy(checkout / "nbgrader_config.py", folder)
                words = (*PYTHON, "scalinglaws", "grade", ASSIGNMENT, "--workers", "1")
                found = measure(folder, *words, checkout=checkout)
                if " unchanged" not in found["printed"]:
                    raise SystemExit(f"{checkout} did not grade:\n{found['said']}")
                if number:
                    costs[name].append(found["cpu"])
                    printed[name] = scores(folder)
    if printed["other"] != printed["now"]:
        raise SystemExit(f"The scores differ:\n{printed}")
    base = min(costs["other"])
    print(
        f"scalinglaws grade, {students} submissions, {rounds} rounds, processor time; scores equal\n"
    )
    print("| | best | to the other | all |\n|---|---|---|---|")
    for name, them in costs.items():
        every = ", ".join(f"{cost:.1f}" for cost in them)
        print(f"| {name} | {min(them):.1f} s | {min(them) / base:.0%} | {every} |")


def flat(sizes: list[int]) -> None:
    """Cost and memory per submission over classes of tiny notebooks."""
    from tests.grading import classroom

    print(
        "| submissions | wall a submission | CPU a submission | peak memory of the command |\n|---|---|---|---|"
    )
    for size in sizes:
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary)
            source = folder / "source" / classroom.NAME
            source.mkdir(parents=True)
            shutil.copy(COURSE / "nbgrader_config.py", folder)
            made = classroom.assignment(source)
            text = nbformat.v4.writes(
                classroom.Student(made, classroom.released(made)).write(**classroom.RIGHT).nb
            )
            for i in range(size):
                target = folder / "submitted" / f"s{i:05}" / classroom.NAME
                target.mkdir(parents=True)
                (target / f"{classroom.NAME}.ipynb").write_text(text, encoding="utf-8")
            found = measure(
                folder, "/usr/bin/time", "-v", *PYTHON, "scalinglaws", "grade", classroom.NAME
            )
            wall, cpu = found["wall"], found["cpu"]
            peak = int(re.search(r"Maximum resident set size.*: (\d+)", found["said"])[1]) / 1024
            print(
                f"| {size} | {wall / size:.3f} s | {cpu / size:.3f} s | {peak:.0f} MiB |",
                flush=True,
            )


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--students", type=int, default=20)
    parser.add_argument("--flat", type=int, nargs="+", metavar="SIZE")
    parser.add_argument("--first", action="store_true", help="against the first version")
    parser.add_argument("--beside", type=Path, metavar="FOLDER", help="against another checkout")
    parser.add_argument("--rounds", type=int, default=1)
    args = parser.parse_args()
    if args.flat:
        flat(args.flat)
    elif args.first or args.beside:
        found = first_version() if args.first else contextlib.nullcontext(args.beside.resolve())
        with found as other:
            beside(other, args.students, args.rounds)
    else:
        compare(args.students)


if __name__ == "__main__":
    main()
