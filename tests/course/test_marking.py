"""The notebook and formgrader in JupyterLab, as a learner and an instructor meet them; nothing asks the network."""

import os
import shutil
from pathlib import Path

import nbformat
import pytest

from scalinglaws.grading.gradebook import course_config, scratch_course
from tests.course.test_class import ASSIGNMENT, COURSE, perfect
from tests.environment.test_browser import served

pytestmark = pytest.mark.skipif(os.name == "nt", reason="stops the server with a POSIX signal")


@pytest.fixture
def page(page):
    """The common page, patient: a notebook of a hundred cells loads slowly on a busy machine."""
    page.set_default_timeout(120_000)
    return page


@pytest.fixture(scope="module")
def graded_course(tmp_path_factory) -> Path:
    """A course in which ada's perfect submission has been graded and waits for a person."""
    course = tmp_path_factory.mktemp("graded") / "course"
    with scratch_course(COURSE, ASSIGNMENT) as scratch:
        scratch.generate_assignment()
        folder = scratch.root / "submitted" / "ada" / ASSIGNMENT
        folder.mkdir(parents=True)
        nbformat.write(perfect(scratch.root), folder / f"{ASSIGNMENT}.ipynb")
        scratch.autograde("ada")
        shutil.copytree(scratch.root, course)
    shutil.copy(COURSE / "nbgrader_config.py", course)
    return course


def test_instructor_marks_the_written_answer(graded_course, tmp_path, page):
    """Give 3 of 4 points in formgrader's page; the gradebook has them, and the formulas are drawn."""
    with served(graded_course, tmp_path / "home", "teach") as address:
        base, token = address.split("/lab")[0], address.split("token=")[1]
        page.goto(address)
        page.get_by_role("menuitem", name="Nbgrader").wait_for()
        page.goto(f"{base}/formgrader/gradebook/{ASSIGNMENT}/{ASSIGNMENT}?token={token}")
        page.get_by_role("link", name="Submission #1").click()
        score = page.locator("input.score#ex14_judge")
        score.wait_for()
        # formgrader's script waits for MathJax before it sets up its keys: with ours it does.
        page.wait_for_function("MathJax.loaded === true")
        with page.expect_response(
            lambda response: "/api/grade/" in response.url and response.request.method == "PUT"
        ):
            score.fill("3")
            score.blur()
        assert page.locator("math").count() > 20
    from nbgrader.api import Gradebook

    db = course_config(graded_course, graded_course).CourseDirectory.db_url
    with Gradebook(db, "scaling_laws") as gradebook:
        grade = gradebook.find_grade("ex14_judge", ASSIGNMENT, ASSIGNMENT, "ada")
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
