"""How well the checks of each exercise tell right from wrong: the mutation score, and what is left
to do.

    python -m benchmarks.mutants 01_power_laws            # all its exercises
    python -m benchmarks.mutants 01_power_laws ex6 ex8    # these only

The score is the share of the mutants of the official solution that is refused, not counting those
that are equal to it (`tests/course/mutants.py`). Below each exercise is a list of mutants that
passed, shapes of a right answer that were refused, and slips whose sentence never appears, with the
reply that came instead. The tolerances come last, the tightest first: how many tolerances away the
nearest slip lies. Below 1 it is accepted as right; below 2, a little rounding hides it.
"""

import sys
import time
from importlib import import_module

import numpy as np

from tests.course.lesson import Lesson, shared_fits
from tests.course.mutants import Machine, Margin
from tests.course.notebooks import ASSIGNMENTS


def main(arguments: list[str]) -> None:
    """Print the report of the assignments and exercises that were asked for."""
    assignments = [name for name in ASSIGNMENTS if name in arguments] or ASSIGNMENTS
    only = tuple(word for word in arguments if word not in ASSIGNMENTS)
    for assignment in assignments:
        number, name = assignment.split("_", 1)
        answers = import_module(f"tests.course.answers.{name}_{number}").ANSWERS
        lesson = Lesson(assignment)
        margins: list[tuple[str, Margin]] = []
        print(
            f"{assignment}\n{'exercise':22}{'score':>6}{'refused':>9}{'equal':>7}{'slips':>7}{'s':>7}"
        )
        for task in lesson.tasks.values():
            if exempt := task.tests and answers[task.name].exempt:
                print(f"{task.name:22}exempt: {exempt}")
                continue
            if not task.tests or (only and not task.name.startswith(only)):
                continue
            start = time.process_time()
            machine = Machine(lesson, task.name)
            report = machine.report(answers[task.name].equal)
            took = time.process_time() - start
            margins += [(task.name, margin) for margin in machine.margins()]
            reached = sum(not reply for reply in report.slips.values())
            slips = f"{reached}/{len(report.slips)}" if report.slips else "-"
            print(
                f"{task.name:22}{report.score:6.0%}{report.refused:9}{len(report.equal):7}"
                f"{slips:>7}{took:7.1f}",
                flush=True,
            )
            for mutant in report.survived:
                print(f"    passed        {mutant}")
            for shape in report.shapes_refused:
                print(f"    shape refused {shape}")
            for message, reply in report.slips.items():
                if reply:
                    print(f"    never said    {message}\n        instead   {reply}")
        _print_margins(margins)


def _print_margins(margins: list[tuple[str, Margin]]) -> None:
    """The table of tolerances, the value whose nearest slip is closest first."""
    print(f"\n{'exercise':22}{'value':26}{'tolerance':>18}{'nearest slip':>14}  its sentence")
    for name, margin in sorted(margins, key=lambda pair: pair[1].distance):
        distance = "none" if margin.distance == np.inf else f"{margin.distance:.3g} x"
        print(
            f"{name:22}{margin.name[:25]:26}{margin.tolerance:>18}{distance:>14}"
            f"  {margin.message[:60]}"
        )
    print()


if __name__ == "__main__":
    with shared_fits():
        main(sys.argv[1:])
