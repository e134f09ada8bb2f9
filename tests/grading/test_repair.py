"""What a student wrote and no graded cell owns any more is matched with its exercise, or a person is asked."""

import contextlib
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_raw_cell

from scalinglaws.course.grading.cells import score_of
from scalinglaws.course.grading.remarks import Kind
from scalinglaws.course.grading.submission import grade_id, parse, repair

from . import classroom
from .classroom import NAME, RIGHT, Student, meta

TEXT = "The fit on four sizes says alpha = 0.07, and I would not trust it beyond a factor of ten."
SECOND = "Second, nobody measured the floor, so the forecast is too high for large models."


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    source = classroom.source_notebook()
    at = next(i for i, cell in enumerate(source.cells) if grade_id(cell) == "limit")
    # A second essay in the middle, and given text that surrounds both.
    about = meta("why", grade=True, solution=True, points=2)
    source.cells[at:at] = [
        new_markdown_cell("### Why? Explain in two sentences what the mean hides."),
        new_markdown_cell("Because of outliers.", metadata=about),
        new_markdown_cell("Now to the limit, which is the next exercise of this sheet."),
    ]
    end = next(i for i, cell in enumerate(source.cells) if grade_id(cell) == "essay")
    source.cells.insert(end, new_markdown_cell("### Judge the forecast of the four models above."))
    source.cells.insert(end + 2, new_markdown_cell("## Recap: what this sheet has shown you."))
    return classroom.assignment(tmp_path_factory.mktemp("source"), source=source)


@pytest.fixture
def sam(made):
    return Student(made, classroom.released(made))


def repaired(made, sam) -> tuple[dict[str, str], dict[str, float | None], list]:
    """({grade_id: source}, {essay: score; None for a person}, remarks) after reading and repair."""
    notebook, remarks = parse(nbformat.v4.writes(sam.nb).encode())
    remarks += repair(notebook, made.notebooks[NAME])
    nbformat.validate(notebook)
    cells = {grade_id(cell): cell for cell in notebook.cells if grade_id(cell)}
    essays = {name: score_of(cells[name]) for name in ("why", "essay")}
    return {name: cell.source for name, cell in cells.items()}, essays, remarks


def forget(cell):
    cell.metadata.clear()
    return cell


def retyped(sam, kind=new_markdown_cell, text=TEXT):
    at = sam.where("essay")
    sam.nb.cells[at] = kind(text)


def split(sam):
    sam.write(essay=TEXT)
    sam.nb.cells.insert(sam.where("essay") + 1, new_markdown_cell(SECOND))


def split_as_jupyterlab_does(sam):
    sam.write(essay=TEXT)
    twin = nbformat.from_dict({**sam.cell("essay"), "source": SECOND, "id": "twin"})
    sam.nb.cells.insert(sam.where("essay") + 1, twin)


def into_the_question(sam):
    question = sam.nb.cells[sam.where("essay") - 1]
    question.source += "\n\n" + TEXT


def other_id(sam):
    sam.write(essay=TEXT)
    sam.cell("essay").metadata["nbgrader"]["grade_id"] = "essay-2"


def moved_up(sam):
    cell = forget(sam.write(essay=TEXT).cell("essay"))
    sam.nb.cells.remove(cell)
    cell["id"] = "moved"
    sam.nb.cells.insert(2, cell)


def in_anothers_place(sam):
    sam.write(why="It hides the spread.")
    sam.nb.cells.insert(sam.where("limit_test") + 1, new_markdown_cell(TEXT))


def in_a_test(sam):
    sam.cell("slope_test").source += "\n# " + TEXT.replace(", ", ",\n# ")


WRITTEN = {
    "in a locked test": in_a_test,
    "displayed": lambda sam: sam.nb.cells.insert(
        sam.where("essay") + 1,
        new_code_cell(f"from IPython.display import Markdown\nMarkdown({TEXT!r})"),
    ),
    "by a magic": lambda sam: retyped(sam, new_code_cell, f"%%markdown\n{TEXT}"),
    "as HTML": lambda sam: retyped(sam, new_code_cell, f"%%html\n<p>{TEXT}</p>"),
    "in pieces": lambda sam: retyped(
        sam, new_code_cell, f"answer = ('{TEXT[:40]}'\n    '{TEXT[40:]}')"
    ),
    "printed in lines": lambda sam: retyped(
        sam, new_code_cell, f"print(f'{TEXT[:60]}')\nprint('{TEXT[60:]}')"
    ),
    "named in one line": lambda sam: retyped(sam, new_code_cell, f'essay = "{TEXT}"'),
    "retyped": retyped,
    "as raw": lambda sam: retyped(sam, new_raw_cell),
    "turned to raw": lambda sam: sam.write(essay=TEXT).cell("essay").update(cell_type="raw"),
    "as comments": lambda sam: retyped(sam, new_code_cell, "# " + TEXT.replace(", ", ",\n# ")),
    "as a string": lambda sam: retyped(sam, new_code_cell, f'"""{TEXT}"""'),
    "as a named string": lambda sam: retyped(sam, new_code_cell, f'answer = """\n{TEXT}\n"""'),
    "printed": lambda sam: retyped(sam, new_code_cell, f'print("{TEXT}")'),
    "prose in a code cell": lambda sam: retyped(sam, new_code_cell, TEXT.replace(" = ", " is ")),
    "below": lambda sam: sam.nb.cells.insert(sam.where("essay") + 1, new_markdown_cell(TEXT)),
    "above": lambda sam: sam.nb.cells.insert(sam.where("essay"), new_markdown_cell(TEXT)),
    "at the end": lambda sam: sam.nb.cells.append(new_markdown_cell(TEXT)),
    "metadata gone": lambda sam: [forget(c) for c in sam.write(essay=TEXT).nb.cells],
    "split in two": split,
    "split as JupyterLab does": split_as_jupyterlab_does,
    "in the question's cell": into_the_question,
    "id changed": other_id,
    "moved up": moved_up,
    "in another exercise's place": in_anothers_place,
}  # fmt: skip


@pytest.mark.parametrize("change", WRITTEN.values(), ids=WRITTEN)
def test_a_written_answer_always_waits_for_a_person(made, sam, change):
    change(sam)
    sources, essays, _ = repaired(made, sam)
    assert essays["essay"] is None
    words = " ".join(sources["essay"].split())
    assert "beyond a factor of ten" in words
    if change in (split, split_as_jupyterlab_does):
        assert "nobody measured the floor" in words


@pytest.mark.parametrize("case", ["written_retyped", "written_below", "metadata_gone"])
def test_the_reported_cases(case):
    """The real notebook: the essay is claimed, and no code answer is called missing."""
    from scalinglaws.course.grading.nbgrader_api import load_config
    from scalinglaws.course.grading.submission import master

    root = Path(__file__).parents[2]
    source = master(root / "source/01_power_laws/01_power_laws.ipynb", load_config(root, root))
    notebook = nbformat.from_dict({**source, "cells": [{**c} for c in source.cells]})
    essay = next(c for c in notebook.cells if grade_id(c) == "ex14_judge")
    at = notebook.cells.index(essay)
    if case == "written_retyped":
        notebook.cells[at] = new_markdown_cell(TEXT)
    elif case == "written_below":
        notebook.cells.insert(at + 1, new_markdown_cell(TEXT))
    else:
        essay.source = TEXT
        for cell in notebook.cells:
            cell.metadata = {}
    found, _ = parse(nbformat.v4.writes(notebook).encode())
    remarks = repair(found, source)
    cells = {grade_id(c): c for c in found.cells if grade_id(c)}
    assert cells["ex14_judge"].source == TEXT and score_of(cells["ex14_judge"]) is None
    assert not any("missing answers" in r.text for r in remarks)
    assert sum(TEXT in c.source for c in found.cells) == 1


def test_pasted_pictures_come_with_the_text(made, sam):
    """Jupyter calls each of them image.png."""
    for data in ("YQ==", "Yg=="):
        pasted = {"image.png": {"image/png": data}}
        picture = new_markdown_cell("![](attachment:image.png)", attachments=pasted)
        sam.nb.cells.insert(sam.where("essay") + 1, picture)
    notebook, _ = parse(nbformat.v4.writes(sam.nb).encode())
    repair(notebook, made.notebooks[NAME])
    essay = next(cell for cell in notebook.cells if grade_id(cell) == "essay")
    assert sorted(b["image/png"] for b in essay.attachments.values()) == ["YQ==", "Yg=="]
    assert all(f"(attachment:{name})" in essay.source for name in essay.attachments)
    assert score_of(essay) is None
    nbformat.validate(notebook)


def test_what_nobody_touched_is_not_started(made, sam):
    _, essays, remarks = repaired(made, sam)
    assert essays == {"why": 0, "essay": 0} and not remarks


@pytest.mark.parametrize(
    "note",
    [
        "# my notes",
        "",
        "import os",
        "x = 3\nplt.plot(x)",
        "x = 3\nprint('The loss of the largest of the four models is', x)",
        "import math\nplt.title('The loss of the largest of the four models')",
        "## Recap: what this sheet has shown you.",
    ],
)
def test_a_short_note_or_code_elsewhere_is_no_essay(made, sam, note):
    cell = new_code_cell(note) if "=" in note or "import" in note else new_markdown_cell(note)
    sam.nb.cells.insert(1, cell)
    _, essays, _ = repaired(made, sam)
    assert essays == {"why": 0, "essay": 0}


def test_windows_line_ends_change_nothing(made, sam):
    for cell in sam.write(essay=TEXT).nb.cells:
        cell.source = cell.source.replace("\n", "\r\n") + "\r\n"
    sources, essays, remarks = repaired(made, sam)
    assert not remarks and essays == {"why": 0, "essay": None}
    assert sources["square"] == made.notebooks[NAME].cells[2].source


# --- code ---


def code_below(sam):
    sam.nb.cells.insert(sam.where("limit_test") + 1, new_code_cell(RIGHT["limit"]))


def code_above(sam):
    sam.nb.cells.insert(sam.where("limit"), new_code_cell(RIGHT["limit"]))


def code_at_the_end(sam):
    sam.nb.cells.append(new_code_cell(RIGHT["limit"]))


def code_as_text(sam):
    sam.nb.cells[sam.where("limit")] = new_markdown_cell(f"```python\n{RIGHT['limit']}\n```")


def code_as_raw(sam):
    sam.nb.cells[sam.where("limit")] = new_raw_cell(RIGHT["limit"])


def code_id_changed(sam):
    sam.write(limit=RIGHT["limit"]).cell("limit").metadata["nbgrader"]["grade_id"] = "other"


ABOVE = {  # the stub below would undo it
    "in a block": "if True:\n    limit = 0.25",
    "in a loop": "for limit in [0.25]: pass",
    "in a tuple": "(limit, other) = 0.25, 1",
    "after a semicolon": "x = 1; limit = 0.25",
    "within": "print(limit := 0.25)",
    "imported": "from mine import a as limit",
    "annotated": "limit: float = 0.25",
    "after a magic": "%%time\nlimit = 0.25",
    "after a function": "def helper():\n    limit = 3\n\nlimit = 0.25",
}


@pytest.mark.parametrize("code", ABOVE.values(), ids=ABOVE)
def test_code_that_binds_the_name_in_any_way_is_the_answer(made, sam, code):
    sam.nb.cells.insert(sam.where("limit"), new_code_cell(code))
    sources, _, _ = repaired(made, sam)
    assert sources["limit"] == code


@pytest.mark.parametrize(
    "code",
    ["def helper():\n    limit = 3", "f(limit=3)", "limit == 3", "x.limit = 3", "a[limit] = 3"],
)
def test_code_that_only_uses_the_name_is_no_answer(made, sam, code):
    sam.nb.cells.insert(sam.where("limit"), new_code_cell(code))
    sources, _, _ = repaired(made, sam)
    assert sources["limit"].startswith(classroom.STUBS["limit"])


@pytest.mark.parametrize("where", ["above", "below", "instead"])
def test_code_in_a_locked_test_is_the_answer(made, sam, where):
    test = sam.cell("limit_test")
    parts = {"above": [RIGHT["limit"], test.source], "below": [test.source, RIGHT["limit"]]}
    test.source = "\n".join(parts.get(where, [RIGHT["limit"]]))
    sources, _, remarks = repaired(made, sam)
    assert sources["limit"] == RIGHT["limit"] and "HIDDEN TESTS" in sources["limit_test"]
    assert "limit_test was changed; the original was run" in [r.text for r in remarks]


def test_an_older_hand_out_is_one_remark(made, sam):
    for name in ("square_test", "limit_test"):
        sam.cell(name).source = sam.cell(name).source.replace("assert", "assert True and")
    _, _, remarks = repaired(made, sam)
    assert [r.text for r in remarks] == [
        "square_test, limit_test were changed; the originals were run"
    ]


def test_a_debugging_line_in_a_test_replaces_no_answer(made, sam):
    sam.write(limit=RIGHT["limit"])
    sam.cell("limit_test").source += "\nlimit = 7\nprint(limit)"
    sources, _, _ = repaired(made, sam)
    assert sources["limit"] == RIGHT["limit"]
    assert "limit = 7" not in "".join(sources.values())


@pytest.mark.parametrize(
    "change",
    [code_below, code_above, code_at_the_end, code_as_text, code_as_raw, code_id_changed],
)
def test_code_in_another_cell_is_the_answer(made, sam, change):
    change(sam)
    sources, _, remarks = repaired(made, sam)
    assert sources["limit"] == RIGHT["limit"]
    assert not any(r.kind is Kind.LOOK for r in remarks)


def test_all_answers_in_one_cell_are_not_undone_by_the_stubs(made, sam):
    sam.nb.cells.insert(1, new_code_cell("import numpy as np\n" + "\n\n".join(RIGHT.values())))
    notebook, _ = parse(nbformat.v4.writes(sam.nb).encode())
    repair(notebook, made.notebooks[NAME])
    space: dict = {}
    for cell in notebook.cells:
        if cell.cell_type == "code" and not grade_id(cell).endswith("_test"):
            with contextlib.suppress(NotImplementedError):  # nbgrader's stub
                exec(cell.source, space)
    assert space["square"](3) == 9 and space["limit"] == 0.25 and space["mean_of"]([1, 3]) == 2
    order = [grade_id(cell) for cell in notebook.cells]
    assert all(order.index(n) < order.index(f"{n}_test") for n in RIGHT)


def test_a_missing_answer_is_for_a_person_by_its_name(made, sam):
    for name in RIGHT:
        sam.nb.cells.remove(sam.cell(name))
    _, _, remarks = repaired(made, sam)
    (text,) = (r.text for r in remarks if r.kind is Kind.LOOK)
    assert text == "missing answers: square, mean, limit, slope"
