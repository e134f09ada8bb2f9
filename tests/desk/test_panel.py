"""The side panel in JupyterLab, and the warm process behind it: one server and one browser for all of it."""

import json
import os
import re
import shutil
import time
import urllib.error
import urllib.request
from pathlib import Path

import nbformat
import pytest

from scalinglaws.course.desk.worker import Worker
from scalinglaws.course.grading.engine.usage import descendants, has_ended
from scalinglaws.course.grading.self_check import check
from tests.accessibility import complaints

from ..grading import classroom
from ..jupyterlab import served

pytestmark = pytest.mark.skipif(os.name == "nt", reason="stops the server with a POSIX signal")
COURSE = Path(__file__).parents[2]
NAME = classroom.NAME


@pytest.fixture
def course(tmp_path) -> Path:
    """A course with a tiny assignment; ada has her copy."""
    root = tmp_path / "course"
    notebook = classroom.source_notebook()
    number = {name: str(i) for i, name in enumerate(classroom.TESTS, 1)}
    for cell in notebook.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id", "").removesuffix("_test")
        if name in number:
            cell.metadata["scalinglaws"] = {"exercise": number[name], "title": f"the {name}"}
    for folder in ("source", "release", "submitted/ada"):
        (root / folder / NAME).mkdir(parents=True)
    shutil.copy(COURSE / "nbgrader_config.py", root)
    made = classroom.assignment(root / "source" / NAME, source=notebook)
    for folder in ("release", "submitted/ada"):
        nbformat.write(classroom.released(made), root / folder / NAME / f"{NAME}.ipynb")
    return root


@pytest.mark.slow
def test_the_warm_check_says_what_the_cold_one_says(course, monkeypatch):
    monkeypatch.setenv("SCALINGLAWS_COURSE", str(course))
    copy = course / "submitted" / "ada" / NAME
    path = copy / f"{NAME}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    worker = Worker()
    try:
        wrong = {"square": "def square(x):\n    return 2 * x", "limit": "limit = 1 / 0"}
        answers = [{}, wrong]
        for number, change in enumerate(answers):
            for cell in notebook.cells:
                name = cell.metadata.get("nbgrader", {}).get("grade_id")
                cell.source = change.get(name, cell.source)
            nbformat.write(notebook, path)
            warm = worker.ask({"do": "check", "path": str(path), "exercise": ""})
            assert warm["report"] == check(course, copy, "ada", quiet=True, page=False)
            if number == 0:
                worker._process.kill()  # the next question gets a new one
        assert (
            "exercise '9'"
            in worker.ask({"do": "check", "path": str(path), "exercise": "9"})["error"]
        )
        process = worker._process
        assert process is not None
        started = descendants([process.pid])
    finally:
        worker.close()
    for _ in range(500):  # with the worker ends all that it kept for the next check
        if all(map(has_ended, started)):
            break
        time.sleep(0.02)
    assert all(map(has_ended, started))
    lines = (course / "submitted/ada/progress.jsonl").read_text().splitlines()
    assert len(lines) == len(answers)  # nothing lost, nothing doubled


def test_check_in_place(course, tmp_path, page):
    """A wrong answer, a check by the keyboard, the message, its cell, the right answer, a check by the mouse."""
    with served(course, tmp_path / "home", "study", "--student", "ada") as address:
        page.goto(address)
        panel = page.get_by_role("region", name="Desk", exact=True)
        button = page.locator(".jp-NotebookPanel-toolbar").get_by_role(
            "button", name="Check", exact=True
        )
        button.wait_for()
        page.get_by_text("| Idle").wait_for()
        answer = page.locator(".jp-Notebook .jp-Cell").nth(2)
        write(page, answer, "def square(x):\n    return 2 * x\n")
        page.keyboard.press("Alt+k")
        panel.get_by_text("0 of 12 points, and 4 that a person marks").wait_for()
        row = panel.get_by_role("listitem").filter(has_text="the square")
        assert "wrong" in row.inner_text() and "0/3" in row.inner_text()
        assert complaints(page, ".sl-desk") == []

        # To its cell and back by the keyboard alone.
        page.locator(".jp-Notebook .jp-Cell").nth(0).click()
        row.get_by_role("button", name="1 · the square").focus()
        page.keyboard.press("Enter")
        page.locator(".jp-Notebook .jp-Cell.jp-mod-active", has_text="2 * x").wait_for()

        write(page, answer, "def square(x):\n    return x * x\n")
        one = row.get_by_role("button", name="Check exercise 1")
        one.click()
        panel.get_by_role("status").get_by_text("Exercise 1: right.").wait_for()
        assert "3/3" in row.inner_text()
        assert one.evaluate("button => button === document.activeElement")  # the focus stays
        button.click()
        panel.get_by_text("3 of 12 points").wait_for()
        panel.get_by_role("heading", name="Next").wait_for()
        start_from_the_desk(page, panel)
        page.set_viewport_size({"width": 640, "height": 450})  # 1280 at 200 %
        assert complaints(page, ".sl-desk") == []

        refused(address)


def start_from_the_desk(page, panel) -> None:
    """By the keyboard alone: the start, a goal, and from there to the exercise that is still open."""
    panel.get_by_role("button", name="Start", exact=True).focus()
    page.keyboard.press("Enter")
    panel.get_by_role("heading", name="The map of ideas").wait_for()
    panel.get_by_label("Goal for each day").focus()
    page.keyboard.press("ArrowDown")
    panel.get_by_text("2 of 3 done").wait_for()
    panel.locator("summary", has_text="A law in N and D").focus()
    page.keyboard.press("Enter")
    panel.get_by_text("L(N, D) = E + A/N^α + B/D^β").wait_for()
    assert complaints(page, ".sl-desk") == []
    page.locator(".jp-Notebook .jp-Cell").nth(0).click()
    panel.get_by_role("link", name=f"Resume {NAME} at exercise 2").focus()
    page.keyboard.press("Enter")
    page.locator(".jp-Notebook .jp-Cell.jp-mod-active", has_text="mean_of").wait_for()


def write(page, cell, text: str) -> None:
    """Replace what stands in a cell of code."""
    cell.locator(".cm-content").click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(text)
    page.keyboard.press("Escape")


def refused(address: str) -> None:
    """What is asked without the token, in another form, or of a file elsewhere gets no answer."""
    base, token = address.split("/lab")[0], re.search(r"token=(\w+)", address)[1]

    def status(asked: str, kind: str = "application/json", token: str = token) -> int:
        headers = {"Content-Type": kind, "Authorization": f"token {token}"}
        request = urllib.request.Request(
            f"{base}/scalinglaws/desk", asked.encode(), headers, method="POST"
        )
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code

    good = {"do": "state", "path": f"{NAME}/{NAME}.ipynb", "exercise": ""}
    assert status(json.dumps(good)) == 200
    assert status(json.dumps(good), token="wrong") == 403
    assert status(json.dumps(good), kind="text/plain") == 415
    assert status(json.dumps(good | {"path": "../../nbgrader_config.py"})) == 404
    assert status(json.dumps(good | {"do": "erase"})) == 400
    assert status(json.dumps(good | {"path": 7})) == 400
    assert status(json.dumps({"do": "start"})) == 200
    assert status(json.dumps({"do": "start", "goal": True})) == 400
