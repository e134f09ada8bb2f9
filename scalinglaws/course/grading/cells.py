"""nbgrader's utility functions for cells, without importing nbgrader.

The import takes more than a second of processor time, which a learner who checks an exercise would
have to wait for. A test compares each function with nbgrader's own.
"""

import hashlib

from nbformat import NotebookNode

from scalinglaws.course.exercises import is_grade, is_solution


def is_task(cell: NotebookNode) -> bool:
    """Whether the cell is a task, to be done in other cells and marked by hand."""
    return bool(cell.metadata.get("nbgrader", {}).get("task", False))


def is_locked(cell: NotebookNode) -> bool:
    """Whether a submission's version of the cell is replaced by the source's."""
    own = cell.metadata.get("nbgrader", {})
    return not is_solution(cell) and (is_grade(cell) or bool(own.get("locked", False)))


def checksum(cell: NotebookNode) -> str:
    """The checksum by which nbgrader recognises an unchanged cell."""
    kind = [str(test(cell)) for test in (is_grade, is_solution, is_locked)]
    own = cell.metadata.nbgrader
    points = str(float(own["points"])) if is_grade(cell) else ""
    parts = [cell.source, cell.cell_type, *kind, own["grade_id"], points]
    return hashlib.md5("".join(parts).encode()).hexdigest()


def score_of(cell: NotebookNode) -> float | None:
    """The points that a graded cell earned, from its outputs; None if a person has to mark it.

    Raises ValueError for more points than the cell has.
    """
    most = float(cell.metadata.nbgrader["points"])
    if is_solution(cell):
        return 0.0 if cell.metadata.nbgrader.get("checksum") == checksum(cell) else None
    if cell.cell_type != "code":
        return None
    for output in cell.outputs:
        if output.output_type == "error" or output.get("name") == "stderr":
            return 0.0
        if output.output_type == "execute_result":
            return _partial_grade(output.data["text/plain"], most)
    return most


def _partial_grade(said: str, most: float) -> float:
    """The points in a cell's result; anything but a number >= 0 counts as full points."""
    try:
        points = float(said)
    except ValueError:
        return most
    if points > most:
        raise ValueError("partial credit cannot be greater than maximum points for cell")
    return points if points >= 0 else most
