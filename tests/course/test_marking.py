"""Notebook, formgrader and feedback, as a learner and an instructor meet them in a browser; nothing asks the network."""

import html
import os
import re
import shutil
from pathlib import Path

import nbformat
import pytest

from scalinglaws.course.exercises import exercises, read_notebook
from scalinglaws.course.grading.nbgrader_api import course_config

from ..accessibility import complaints
from ..jupyterlab import served
from .notebooks import ASSIGNMENT, COURSE, hidden_lines, perfect

pytestmark = pytest.mark.skipif(os.name == "nt", reason="stops the server with a POSIX signal")


@pytest.fixture
def page(page):
    """The common page, patient: a notebook of a hundred cells loads slowly on a busy machine."""
    page.set_default_timeout(120_000)
    return page


@pytest.fixture
def graded_course(graded_class, tmp_path) -> Path:
    """A copy of the class of which a person marks the written answers."""
    course = tmp_path / "graded" / "course"
    shutil.copytree(graded_class, course)
    return course


@pytest.mark.parametrize("student", ["perfect", "wrong_sign_and_more"])
def test_feedback_is_one_page_for_everyone(graded_course, page, student):
    """Light and dark, without a network or a script; it shows the learner's own work and no hidden test."""
    path = graded_course / "feedback" / student / ASSIGNMENT / f"{ASSIGNMENT}.html"
    asked, warned = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: warned.append(message.text))
    backgrounds = set()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.goto(path.as_uri())
        assert complaints(page) == []
        backgrounds.add(page.evaluate("getComputedStyle(document.body).backgroundColor"))
        figure = page.locator(".output img").first.evaluate(
            "image => getComputedStyle(image).filter"
        )
        assert ("invert" in figure) == (scheme == "dark")
    assert len(backgrounds) == 2
    assert {url for url in asked if not url.startswith("data:")} == {path.as_uri()}
    assert warned == [] and page.evaluate("typeof hacked") == "undefined"
    # Formulas are drawn: a fraction or a power is higher than a line of text, and no TeX is left.
    assert page.locator("math").count() > 20
    assert page.locator("math[display=block]").first.bounding_box()["height"] > 10
    said = page.locator("body").inner_text()
    assert "$$" not in said and "\\alpha" not in said

    words = html.unescape(re.sub("<[^>]+>", "", path.read_text("utf-8")))
    assert "HIDDEN TESTS" not in words
    assert not [line for line in hidden_lines(ASSIGNMENT) if line in words]

    # One row an exercise, also where several tests share it.
    rows = page.locator("table.results tbody tr")
    source = read_notebook(COURSE / "source" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb")
    assert rows.locator("th").all_inner_texts() == [
        f"Exercise {exercise.number}: {exercise.title}" for exercise in exercises(source)
    ]
    lost = {
        row.locator("th").inner_text(): row.locator("td").last.inner_text()
        for row in rows.all()
        if row.locator(".lost").count()
    }
    last = rows.last.inner_text()
    assert "– / 4" in last and "A person marks this one." in last
    if student == "perfect":
        assert lost == {}
    else:
        assert "minus sign" in lost["Exercise 2: write the power law"]
        assert "expected" in lost["Exercise 2: write the power law"]
        assert (
            "Your cell stopped with SyntaxError" in lost["Exercise 4: debug the law with two terms"]
        )
        assert "my own output" in said and "bold" in said


def test_instructor_marks_the_written_answer(graded_course, tmp_path, page):
    """Give 3 of 4 points in formgrader's page; the gradebook has them, formulas are drawn, and nothing of a learner's runs."""
    from nbgrader.api import Gradebook

    db = course_config(graded_course, graded_course).CourseDirectory.db_url
    with Gradebook(db, "scaling_laws") as gradebook:
        numbers = {
            student: gradebook.find_submission_notebook(ASSIGNMENT, ASSIGNMENT, student).id
            for student in ("perfect", "wrong_sign_and_more")
        }
    with served(graded_course, tmp_path / "home", "teach") as address:
        base, token = address.split("/lab")[0], address.split("token=")[1]
        page.goto(address)
        page.get_by_role("menuitem", name="Nbgrader").wait_for()
        page.goto(f"{base}/formgrader/gradebook/{ASSIGNMENT}/{ASSIGNMENT}?token={token}")
        page.get_by_role("link", name="Submission #2").wait_for()
        for number in numbers.values():
            page.goto(f"{base}/formgrader/submissions/{number}")
            score = page.locator("input.score#ex14_judge")
            score.wait_for()
            # formgrader's script waits for MathJax before it sets up its keys: with ours it does.
            page.wait_for_function("MathJax.loaded === true")
            page.wait_for_load_state("networkidle")
            assert page.locator("math").count() > 20
            assert page.evaluate("typeof hacked") == "undefined"
            assert complaints(page) == []
        with page.expect_response(
            lambda response: "/api/grade/" in response.url and response.request.method == "PUT"
        ):
            score.fill("3")
            score.blur()
    with Gradebook(db, "scaling_laws") as gradebook:
        grade = gradebook.find_grade("ex14_judge", ASSIGNMENT, ASSIGNMENT, "wrong_sign_and_more")
        assert grade.manual_score == 3 and not grade.needs_manual_grade


@pytest.mark.parametrize("finished", [True, False])
def test_run_all_reaches_the_end_in_jupyterlab(tmp_path, page, finished):
    """Also where nothing is answered yet: a check that says "not started" does not stop the rest."""
    course = tmp_path / "course"
    course.mkdir()
    for name in ("release", "source"):
        shutil.copytree(COURSE / name, course / name)
    shutil.copy(COURSE / "nbgrader_config.py", course)
    copy = course / "submitted" / "ada" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
    if finished:
        copy.parent.mkdir(parents=True)
        nbformat.write(perfect(course), copy)
    with served(course, tmp_path / "home", "study", "--student", "ada") as address:
        base, token = address.split("/lab")[0], address.split("token=")[1]
        page.goto(f"{base}/lab/tree/{ASSIGNMENT}/{ASSIGNMENT}.ipynb?token={token}")
        page.get_by_role("tab", name=f"{ASSIGNMENT}.ipynb").wait_for()
        page.locator("mjx-container").first.wait_for(state="attached")  # formulas, without a CDN
        page.get_by_text("| Idle").wait_for()
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        last = page.locator("img[alt^='Loss against training tokens for every model size']")
        last.wait_for(state="attached")
        page.get_by_text("| Idle").wait_for()
        page.keyboard.press("Control+s")
        page.get_by_text("Saving completed").wait_for()
    notebook = nbformat.read(copy, as_version=4)
    html = [
        output.data["text/html"]
        for cell in notebook.cells
        for output in cell.get("outputs", ())
        if "text/html" in output.get("data", {})
    ]
    figures = [text for text in html if "data:image/png" in text]
    assert len(figures) == (8 if finished else 7)  # one shows the learner's own fit
    assert all('alt="' in text for text in figures)
