"""Write the seals of `check_sealed` into the text of a notebook.

    python -m benchmarks.seals 02_diminishing_returns

The value and the tolerance of a `check_sealed("name", name, "")` come from the hidden
`check_number("name", ...)` of the same cell. They are taken from the
notebook: run `scalinglaws source` before, `source` and `release` afterwards.
"""

import re
import sys
from pathlib import Path
from typing import Any
from unittest.mock import patch

import scalinglaws.grading as door
from scalinglaws.course.questions.seal import seal_number
from tests.course.lesson import Lesson, Task, run
from tests.course.notebooks import ASSIGNMENTS, COURSE


def seals(lesson: Lesson, task: Task) -> dict[str, str]:
    """{name: seal} of the numbers that the tests of one exercise seal."""
    wanted: set[str] = set()
    known: dict[str, tuple[float, dict[str, float]]] = {}
    check = door.check_number

    def check_number(name: str, got: Any, want: float, **options: Any) -> None:
        tolerances = {"rtol": options.get("rtol", 1e-6), "atol": options.get("atol", 0.0)}
        known[name] = float(want), tolerances
        check(name, got, want, **options)

    space = task.namespace(task.solution, *task.tests)
    run(task.solution, space)
    with (
        patch.object(door, "check_number", check_number),
        patch.object(door, "check_sealed", lambda name, *_, **__: wanted.add(name)),
    ):
        lesson.test(task, space)
    return {name: seal_number(name, known[name][0], **known[name][1]) for name in wanted}


def rewrite(path: Path, test_ids: list[str], fresh: dict[str, str]) -> int:
    """Put the seals into the test cells of a text. Returns how many were put."""
    text, count = path.read_text("utf-8"), 0
    for cell in test_ids:
        start = text.index(f'id="{cell}"')
        end = text.index("\n```\n", start)
        block = text[start:end]
        for name, seal in fresh.items():
            call = rf'(check_sealed\(\s*"{name}",\s*\w+,\s*)"[^"]*"'
            block, found = re.subn(call, lambda m, seal=seal: f'{m[1]}"{seal}"', block)
            count += found
        text = text[:start] + block + text[end:]
    path.write_text(text, "utf-8")
    return count


def main(arguments: list[str]) -> None:
    """Rewrite the texts of the assignments that were asked for."""
    for assignment in [name for name in ASSIGNMENTS if name in arguments]:
        with patch.object(
            door, "check_sealed", lambda *_, **__: None
        ):  # the old seals may be stale
            lesson = Lesson(assignment)
        path = COURSE / "source" / f"{assignment}.md"
        count = sum(
            rewrite(path, task.test_ids, seals(lesson, task)) for task in lesson.tasks.values()
        )
        print(f"{assignment}: {count} seals")


if __name__ == "__main__":
    main(sys.argv[1:])
