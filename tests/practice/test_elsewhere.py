"""Other homes of a notebook: the package and one notebook alone, as on Colab, and front ends without widgets."""

import linecache
import sys
from pathlib import Path

import pytest

import scalinglaws as sl
from scalinglaws.course.learner.events import Answered, Progress
from scalinglaws.course.practice.loading import note
from scalinglaws.errors import CourseError


@pytest.fixture
def alone(tmp_path, monkeypatch) -> Path:
    """An empty folder outside of any course, as the working folder."""
    for name in ("SCALINGLAWS_COURSE", "SCALINGLAWS_PROGRESS", "SCALINGLAWS_STUDENT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_practice_works_and_says_once_where_it_is_kept(alone, capsys):
    play = sl.practice("power_law", widget=False)
    assert f"what you do is kept in {alone / 'progress.jsonl'}" in capsys.readouterr().out
    play.answer("a")
    sl.practice(widget=False)
    assert "what you do is kept" not in capsys.readouterr().out
    answers = [e for e in Progress(alone / "progress.jsonl").events() if isinstance(e, Answered)]
    assert len(answers) == 1
    found = sl.progress(goal=3)
    assert found.today.done == 1 and "Today: 1 of 3 done" in str(found)
    assert "<a " not in found._repr_html_()  # there is no notebook to lead to


def test_a_check_says_that_it_cannot_work_and_what_does(alone):
    for count in range(3):  # however many notebooks lie here
        with pytest.raises(CourseError, match=r"The cell below each answer also works here\."):
            sl.check()
        (alone / f"{count}.ipynb").write_text("{}")


@pytest.mark.parametrize("call", ["practice", "challenge", "exam"])
def test_without_the_packages_for_widgets_one_sentence_says_what_to_do(alone, monkeypatch, call):
    for name in ("widget", "exam_widget"):
        monkeypatch.delitem(sys.modules, f"scalinglaws.course.practice.{name}", raising=False)
    monkeypatch.setitem(sys.modules, "anywidget", None)
    with pytest.raises(CourseError, match=rf"`sl.{call}\(widget=False\)`.*pip install") as told:
        getattr(sl, call)()
    assert "\n" not in str(told.value)
    getattr(sl, call)(widget=False)  # and that works


def test_the_note_says_loading_at_first_and_what_to_do_only_later():
    html = note("<b>Practice</b>.", "practice")
    now, later = html.split('<span class="slp-late">')
    assert "Loading …" in now and "widget=False" not in now
    assert ".slp-late { visibility: hidden; animation:" in now and "<script" not in html
    assert "sl.practice(widget=False)" in later and "scalinglaws practice" in later


@pytest.mark.parametrize("name", ["/tmp/ipykernel_7/123.py", "<ipython-input-1>"])
def test_a_notebook_shows_the_sentence_and_the_line_of_the_cell(alone, name):
    cell = "import scalinglaws as sl\n\ndef mine():\n    return sl.practice('cooking')\n\nmine()"
    linecache.cache[name] = (len(cell), None, cell.splitlines(True), name)
    with pytest.raises(CourseError) as told:
        exec(compile(cell, name, "exec"), {})
    text = "\n".join(told.value._render_traceback_())
    assert text.startswith("CourseError: There is no topic 'cooking'")
    assert text.endswith("Line 4: return sl.practice('cooking')")
    assert "sitting.py" not in text


def test_an_error_without_a_cell_is_the_sentence_alone():
    assert CourseError("It is full.")._render_traceback_() == ["CourseError: It is full."]
