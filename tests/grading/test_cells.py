"""What our cells say of themselves is what nbgrader says."""

import itertools

import nbformat
import pytest
from nbgrader import utils

from scalinglaws.course.grading import cells

V4 = nbformat.v4
OUTPUTS = {
    "nothing": [],
    "printed": [V4.new_output("stream", name="stdout", text="0.5")],
    "stderr": [V4.new_output("stream", name="stderr", text="warned")],
    "error": [V4.new_output("error", ename="E", evalue="no", traceback=[])],
    **{
        said: [V4.new_output("execute_result", {"text/plain": said})]
        for said in ("0", "0.5", "2", "-1", "nan", "None", "1e-3", "'half'", "True")
    },
    "shown first": [
        V4.new_output("display_data", {"text/plain": "1"}),
        V4.new_output("execute_result", {"text/plain": "1.5"}),
        V4.new_output("error", ename="E", evalue="no", traceback=[]),
    ],
}
KINDS = list(itertools.product((False, True), repeat=4))


def made(kind: str, marks: tuple[bool, ...] = (), points: float = 2, outputs=()):
    cell = getattr(V4, f"new_{kind}_cell")("x = 'é'")
    if marks:
        names = ("grade", "solution", "locked", "task")
        cell.metadata["nbgrader"] = {
            "grade_id": "a",
            "points": points,
            **dict(zip(names, marks, strict=True)),
        }
    if outputs:
        cell.outputs = outputs
    return cell


@pytest.mark.parametrize("kind", ["code", "markdown", "raw"])
@pytest.mark.parametrize("marks", [(), *KINDS])
def test_kinds_and_checksums(kind, marks):
    cell = made(kind, marks)
    assert cells.is_task(cell) == utils.is_task(cell)
    assert cells.is_locked(cell) == utils.is_locked(cell)
    if marks:
        assert cells.checksum(cell) == utils.compute_checksum(cell)
    if marks and marks[0]:
        for known in ("", cells.checksum(cell)):
            cell.metadata.nbgrader["checksum"] = known
            assert cells.score_of(cell) == utils.determine_grade(cell)[0]


@pytest.mark.parametrize("name", OUTPUTS)
def test_points_by_outputs(name):
    cell = made("code", (True, False, True, False), outputs=OUTPUTS[name])
    assert cells.score_of(cell) == utils.determine_grade(cell)[0]


def test_more_points_than_there_are_is_an_error():
    cell = made("code", (True, False, True, False), 1, OUTPUTS["2"])
    for score in (cells.score_of, utils.determine_grade):
        with pytest.raises(ValueError, match="cannot be greater"):
            score(cell)
