"""The result of an exercise, decided here for `grade`, `check`, the feedback page and `items`.

A graded notebook has, for each cell with points, the outputs that the engine wrote. `judge`
turns them into one `Test` per cell (what the gradebook records), `decide` turns the tests of an
exercise into one `Result`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from nbformat import NotebookNode

from scalinglaws.course.exercises import Exercise, exercises, graded_cells, is_solution

from .cells import checksum, is_task, score_of
from .execute import is_unjudged
from .messages import failure_message, stop_messages, visible_text


class State(StrEnum):
    """The state of a test, and of an exercise."""

    RIGHT = "right"
    WRONG = "wrong"  # also: partly right
    NOT_STARTED = "not started"
    WAITS = "waits for a person"
    UNJUDGED = "could not be judged"


@dataclass(frozen=True)
class Test:
    """One cell with points. points: None until a person has marked it. hints: what stopped the
    learner's own cells of the exercise. seconds: the time that the test took."""

    points: float | None
    most: float
    state: State
    message: str = ""
    seconds: float = 0.0
    hints: tuple[str, ...] = ()


@dataclass(frozen=True)
class Result:
    """The result of one exercise.

    number, title: as shown to learners; the number is the grade_id if the notebook has none.
    points: None until a person has marked all of it. messages: from the failed checks.
    """

    number: str
    title: str
    state: State
    points: float | None
    max_points: float
    by_hand: bool
    seconds: float = 0.0
    messages: tuple[str, ...] = ()


def is_untouched(cell: NotebookNode) -> bool:
    """Whether a repaired answer is unchanged from the release."""
    return cell.metadata.nbgrader.get("checksum") == checksum(cell)


def automatic_comment(cell: NotebookNode) -> str | None:
    """The automatic comment on an answer in the feedback."""
    return "No response." if is_untouched(cell) and not is_task(cell) else None


def judge(notebook: NotebookNode, seconds: Mapping[str, float] | None = None) -> dict[str, Test]:
    """{grade_id: Test} of a graded notebook. seconds: measured by `execute`."""
    cells = graded_cells(notebook)
    found: dict[str, Test] = {}
    for exercise in exercises(notebook):
        answers = [cells[name] for name in exercise.answers]
        untouched = bool(answers) and all(map(is_untouched, answers))
        hints = tuple(m for c in answers if c.cell_type == "code" for m in stop_messages(c))
        for name in exercise.tests:
            test = _judge_cell(cells[name], untouched, hints)
            found[name] = replace(test, seconds=(seconds or {}).get(name, 0.0))
    return found


def _judge_cell(cell: NotebookNode, untouched: bool, hints: tuple[str, ...]) -> Test:
    points, most = score_of(cell), float(cell.metadata.nbgrader["points"])
    if is_solution(cell) or is_task(cell):
        if points is None:
            return Test(None, most, State.WAITS)
        state = State.NOT_STARTED if is_untouched(cell) else State.WAITS
        return Test(points, most, state)
    outputs = cell.get("outputs", ())
    errors = [o for o in outputs if o.output_type == "error"]
    message = failure_message(errors[0]) if errors else ""
    if is_unjudged(cell):
        return Test(0.0, most, State.UNJUDGED, message)
    earned = points or 0.0
    if earned >= most:
        return Test(earned, most, State.RIGHT)
    # Code that stopped with an error leaves its names unset, but the exercise was started.
    empty = errors and errors[0].ename == "NotStarted" and not hints
    if not earned and (untouched or empty):
        return Test(earned, most, State.NOT_STARTED, message)
    if not message:  # partial credit: a check may explain it on stderr
        text = "".join(o.text for o in outputs if o.output_type == "stream" and o.name == "stderr")
        message = visible_text(text[:2_000]).strip()
    return Test(earned, most, State.WRONG, message, hints=hints)


def decide(exercise: Exercise, tests: Mapping[str, Test]) -> Result:
    """The result of an exercise from the tests of a submission; a missing test gives no points."""
    mine = [tests[name] for name in exercise.tests if name in tests]
    states = {test.state for test in mine}
    state = next(
        (s for s in (State.UNJUDGED, State.WAITS) if s in states),
        next(iter(states)) if len(states) == 1 else State.WRONG,
    )
    messages: tuple[str, ...] = ()
    if state is not State.NOT_STARTED:
        said = [test.message for test in mine if test.message]
        messages = tuple(dict.fromkeys([*said, *(h for test in mine for h in test.hints)]))
    return Result(
        number=exercise.number,
        title=exercise.title,
        state=state,
        points=None
        if any(test.points is None for test in mine)
        else sum(test.points or 0.0 for test in mine),
        max_points=exercise.points,
        by_hand=exercise.by_hand,
        seconds=sum(test.seconds for test in mine),
        messages=messages,
    )


def results(known: Iterable[Exercise], tests: Mapping[str, Test]) -> list[Result]:
    """A Result for each exercise with points, in order."""
    return [decide(exercise, tests) for exercise in known if exercise.tests]
