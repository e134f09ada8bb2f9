"""How well the checks of each exercise tell right from wrong: the mutation score, and what is open.

    python -m benchmarks.mutants 01_power_laws            # all its exercises
    python -m benchmarks.mutants 01_power_laws ex6 ex8    # these only

The score is the part of the mutants of the official solution that is refused, without those that are equal to it
(`tests/course/mutants.py`). Below it: mutants that passed, shapes of a right answer that were refused, and slips whose
sentence never comes, with the reply that came instead.
"""

import sys
import time
from importlib import import_module

from tests.course.lesson import Lesson
from tests.course.mutants import Machine
from tests.course.notebooks import ASSIGNMENTS


def main(arguments: list[str]) -> None:
    """Print the report of the assignments and exercises that were asked for."""
    assignments = [name for name in ASSIGNMENTS if name in arguments] or ASSIGNMENTS
    only = tuple(word for word in arguments if word not in ASSIGNMENTS)
    for assignment in assignments:
        number, name = assignment.split("_", 1)
        answers = import_module(f"tests.course.answers.{name}_{number}").ANSWERS
        lesson = Lesson(assignment)
        for task in lesson.tasks.values():
            if not task.tests or (only and not task.name.startswith(only)):
                continue
            start = time.process_time()
            report = Machine(lesson, task.name).report(answers[task.name].equal)
            took = time.process_time() - start
            print(
                f"{assignment}/{task.name:24} score {report.score:4.0%}  refused {report.refused:3}"
                f"  equal {len(report.equal):3}  slips {len(report.slips):3}  {took:5.1f} s",
                flush=True,
            )
            for mutant in report.survived:
                print(f"    passed        {mutant}")
            for shape in report.shapes_refused:
                print(f"    shape refused {shape}")
            for message, reply in report.slips.items():
                if reply:
                    print(f"    never said    {message}\n        instead   {reply}")


if __name__ == "__main__":
    main(sys.argv[1:])
