"""source/: the text of each notebook and the notebook made from it."""

import difflib
import re
import shutil
import subprocess
from pathlib import Path

import nbformat
import pytest

from scalinglaws.cli import main
from scalinglaws.course.exercises import assignments
from scalinglaws.course.questions import bank
from scalinglaws.course.release import pages
from scalinglaws.course.source import (
    bring_in_step,
    changes,
    is_notebook_text,
    notebook_file,
    notebook_from_text,
    sources,
    text_from_notebook,
)
from scalinglaws.errors import CourseError

COURSE = Path(__file__).parents[2]
NAMES = [source.name for source in sources(COURSE)]

TEXT = """\
<!-- #region id="ex1" -->
### Exercise 1 · halve it · ●●○ · 4 min · 3 points

```python
print("not a cell")
```
<!-- #endregion -->

```python id="ex1-halve" role="answer"
half = None
### BEGIN SOLUTION
half = 0.5
### END SOLUTION
```

```python id="ex1-halve-test" role="test" points=2 type="number" covers=["A1"]
check_number("half", half, 0.5, rtol=0.01)
```

```python id="ex1-more-test" role="test" points=1
check_number("half", half, 0.5, rtol=0.02)
```

```python id="figure" folded=true may_fail=true
half
```

<!-- #region id="ex2" -->
### Exercise 2 · why · ●○○ · 5 min · 4 points, marked by a person
<!-- #endregion -->

<!-- #region id="ex2-why" role="essay" type="short answer" -->
Because.
<!-- #endregion -->
"""


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A course with one assignment, its text and its notebook in step."""
    (tmp_path / "source/01_one").mkdir(parents=True)
    (tmp_path / "nbgrader_config.py").touch()
    (tmp_path / "source/glossary.md").write_text("# Glossary\n")
    (tmp_path / "source/01_one.md").write_text(TEXT)
    bring_in_step(tmp_path)
    monkeypatch.setenv("SCALINGLAWS_COURSE", str(tmp_path))
    return tmp_path


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


# --- the course's own notebooks ---


def test_every_notebook_has_a_text():
    assert set(NAMES) == {*assignments(COURSE), "start"}
    assert all(source.text.is_file() for source in sources(COURSE))


@pytest.mark.parametrize("name", NAMES)
def test_text_and_notebook_are_in_step(name):
    (source,) = sources(COURSE, [name])
    assert list(changes(COURSE, source)) == [], "run `scalinglaws source`"


@pytest.mark.parametrize("name", NAMES)
def test_both_ways_give_the_same_bytes(name):
    (source,) = sources(COURSE, [name])
    text, notebook = source.text.read_text("utf-8"), source.notebook.read_text("utf-8")
    assert notebook_file(notebook_from_text(text)) == notebook
    assert text_from_notebook(nbformat.reads(notebook, as_version=4)) == text


def test_a_tolerance_is_one_line_of_a_diff():
    (source,) = sources(COURSE, ["01_power_laws"])
    notebook = nbformat.read(source.notebook, as_version=4)
    before = text_from_notebook(notebook)
    cell = next(c for c in notebook.cells if "rtol=0.01" in c.source)
    cell.source = cell.source.replace("rtol=0.01", "rtol=0.02", 1)
    diff = list(
        difflib.unified_diff(before.splitlines(), text_from_notebook(notebook).splitlines())
    )
    assert len([line for line in diff if re.match(r"[+-](?![+-])", line)]) == 2  # out and in


def test_release_holds_no_text_of_a_notebook():
    assert not [p for p in (COURSE / "release").rglob("*.md") if is_notebook_text(p)]


def test_a_new_notebooks_text_is_no_page_of_the_release(course):
    (course / "source/02_draft.md").write_text(TEXT)  # not yet a notebook
    assert pages(course) == [course / "source/glossary.md"]


# --- what the text means ---


def test_marks_of_nbgrader_and_the_exercise_are_derived():
    cells = {cell.id: cell for cell in notebook_from_text(TEXT).cells}
    answer, test, more = (cells[f"ex1-{n}"].metadata for n in ("halve", "halve-test", "more-test"))
    assert answer.nbgrader.solution and not answer.nbgrader.grade and not answer.nbgrader.locked
    assert test.nbgrader.grade and test.nbgrader.locked and not test.nbgrader.solution
    assert test.nbgrader.grade_id == "ex1_halve_test" and test.nbgrader.points == 2
    assert answer.scalinglaws == {"exercise": "1"}
    assert test.scalinglaws == {
        **{"exercise": "1", "title": "halve it", "level": 2, "minutes": 4},
        **{"type": "number", "covers": ["A1"]},
    }
    assert more.scalinglaws == {"exercise": "1"} and more.nbgrader.points == 1
    assert test.jupyter.source_hidden and test.tags == ["raises-exception"]
    assert cells["figure"].metadata == {"jupyter": test.jupyter, "tags": test.tags}
    assert cells["ex2-why"].metadata.nbgrader.points == 4
    assert cells["ex2-why"].metadata.scalinglaws.title == "why"
    assert "print" in cells["ex1"].source  # a block of code inside Markdown is no cell


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("### Exercise 1 ·", "### Task 1 ·", "there is no `### Exercise ...` heading above it"),
        ('role="answer"', 'role="anser"', "a role is one of answer, test, essay"),
        (' role="answer"', ' rule="answer"', "cell ex1-halve: rule is not one of"),
        ('id="figure" folded=true', "folded=true", "after ex1-more-test ('half') has no id"),
        ("<!-- #region id", "A line between.\n\n<!-- #region id", "('A line between.') has no id"),
        ('id="figure"', 'id="ex2"', "two cells have the id ex2"),
        ("half = None", "<<<<<<< HEAD\nhalf = None", "resolve that first"),
    ],
)
def test_a_mistake_in_a_text_is_said_with_its_place(course, old, new, said):
    notebook = (course / "source/01_one/01_one.ipynb").read_text("utf-8")
    edit(course / "source/01_one.md", old, new)
    with pytest.raises(CourseError, match=re.escape(said)) as error:
        bring_in_step(course)
    assert "source/01_one: " in str(error.value)
    assert (course / "source/01_one/01_one.ipynb").read_text("utf-8") == notebook


def test_metadata_that_the_text_cannot_hold_is_refused(course):
    path = course / "source/01_one/01_one.ipynb"
    edit(path, '"type": "short answer"', '"type": "short answer", "colour": "red"')
    with pytest.raises(CourseError, match="cell ex2-why: its text cannot hold the metadata"):
        bring_in_step(course)


# --- which form counts ---


def test_an_edit_of_the_text_reaches_the_notebook(course, capsys):
    edit(course / "source/01_one.md", "rtol=0.01", "rtol=0.05")
    assert main(["source", "--check"]) == 1
    assert "stale: source/01_one/01_one.ipynb" in capsys.readouterr().out
    assert main(["source"]) == 0
    assert "rtol=0.05" in (course / "source/01_one/01_one.ipynb").read_text("utf-8")
    assert main(["source", "--check"]) == 0


def test_an_edit_in_jupyterlab_reaches_the_text_without_what_it_printed(course):
    path = course / "source/01_one/01_one.ipynb"
    notebook = nbformat.read(path, as_version=4)
    cell = notebook.cells[2]
    cell.source, cell.execution_count = cell.source.replace("0.01", "0.05"), 7
    cell.outputs = [nbformat.v4.new_output("stream", text="Right.")]
    cell.metadata.update(execution={"iopub": "now"}, editable=True)
    notebook.metadata["language_info"]["version"] = "3.13.1"
    nbformat.write(notebook, path)
    assert bring_in_step(course) == [course / "source/01_one.md", path]
    text = (course / "source/01_one.md").read_text("utf-8")
    assert text == TEXT.replace("rtol=0.01", "rtol=0.05")
    assert path.read_text("utf-8") == notebook_file(notebook_from_text(text))


def test_where_both_have_changed_nothing_is_written_until_one_is_chosen(course):
    text, path = course / "source/01_one.md", course / "source/01_one/01_one.ipynb"
    edit(text, "half = 0.5", "half = 1 / 2")
    edit(path, "rtol=0.02", "rtol=0.03")
    both = text.read_text("utf-8"), path.read_text("utf-8")
    with pytest.raises(CourseError, match=r"01_one.md and 01_one.ipynb have both changed"):
        bring_in_step(course)
    assert (text.read_text("utf-8"), path.read_text("utf-8")) == both
    bring_in_step(course, winner="notebook")
    assert "half = 0.5" in text.read_text("utf-8") and "rtol=0.03" in text.read_text("utf-8")
    edit(text, "half = 0.5", "half = 1 / 2")
    edit(path, "rtol=0.03", "rtol=0.04")
    bring_in_step(course, winner="text")
    assert "half = 1 / 2" in path.read_text("utf-8") and "rtol=0.03" in path.read_text("utf-8")


def test_a_fresh_clone_knows_from_git_which_form_was_edited(course):
    def git(*arguments: str) -> None:
        who = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "core.autocrlf=false"]
        subprocess.run(["git", *who, *arguments], cwd=course, check=True, capture_output=True)

    git("init", "--quiet")
    git("add", "source")
    git("commit", "-qm", "both in step")
    (course / ".cache/source.json").unlink()
    edit(course / "source/01_one.md", "rtol=0.01", "rtol=0.05")
    bring_in_step(course)
    assert "rtol=0.05" in (course / "source/01_one/01_one.ipynb").read_text("utf-8")


def test_a_notebook_torn_by_a_merge_is_made_from_its_text(course):
    path = course / "source/01_one/01_one.ipynb"
    whole = path.read_text("utf-8")
    edit(path, ' "nbformat": 4,', '<<<<<<< HEAD\n "nbformat": 4,\n=======\n>>>>>>> main')
    bring_in_step(course)
    assert path.read_text("utf-8") == whole


def test_a_notebook_made_in_jupyterlab_gets_a_text(course):
    folder = course / "source/02_two"
    folder.mkdir()
    cell = nbformat.v4.new_markdown_cell("# Two", id="title")
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), folder / "02_two.ipynb")
    bring_in_step(course)
    text = (course / "source/02_two.md").read_text("utf-8")
    assert text == '<!-- #region id="title" -->\n# Two\n<!-- #endregion -->\n'


def test_an_unknown_notebook_is_one_sentence(course):
    with pytest.raises(CourseError, match=r"source/ has no notebook 09_nine: it has 01_one\."):
        bring_in_step(course, ["09_nine"])


def test_a_question_is_filled_in_from_the_bank(tmp_path):
    course = tmp_path
    shutil.copytree(COURSE / "questions", course / "questions")
    (course / "source").mkdir()
    asked = '<!-- #region id="ask" question="power_laws.trend" -->\n{}\n<!-- #endregion -->\n'
    heading = "### Exercise 1a · which trend · ●○○ · 2 min · 1 point"
    path = course / "source/01_power_laws.md"
    path.write_text(asked.format(f"{heading}\n\nAn older wording?\n"), encoding="utf-8")
    bring_in_step(course)
    text = path.read_text(encoding="utf-8")
    assert heading in text and "An older wording" not in text
    question = bank.load_bank(course / "questions")["power_laws.trend"]
    assert bank.as_markdown(bank.shown(question)) in text
    assert all(hint in text for hint in question["hints"])
    assert bring_in_step(course) == []

    path.write_text(text.replace("power_laws.trend", "power_laws.trent"), encoding="utf-8")
    with pytest.raises(
        CourseError, match=r"cell ask: questions/ has no question power_laws\.trent"
    ):
        bring_in_step(course)
