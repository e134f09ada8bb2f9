"""`scalinglaws study` and `scalinglaws teach` as a person meets them: in a browser."""

import os
import re
import subprocess
import sys

import nbformat
import pytest

from ..jupyterlab import served
from .conftest import write_notebook

pytestmark = pytest.mark.skipif(os.name == "nt", reason="stops the server with a POSIX signal")

# Two figures, as matplotlib shows them and as `sl.show` does: one white pixel each.
FIGURES = """
from IPython.display import HTML, display
png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR42mP4DwABAQEAG/bMDwAAAABJRU5ErkJggg=="
display({"image/png": png}, raw=True)
display(HTML(f'<img alt="a figure" style="background:white" src="data:image/png;base64,{png}">'))
"""


def test_learner_opens_and_runs_the_notebook(course, tmp_path, page):
    home = tmp_path / "home"
    released = course / "release/01_first/01_first.ipynb"
    notebook = nbformat.read(released, as_version=4)
    notebook.cells.insert(1, nbformat.v4.new_code_cell(FIGURES, id="figures"))
    nbformat.write(notebook, released)
    with served(course, home, "study", "--student", "ada") as address:
        requests = []
        page.on("request", lambda request: requests.append(request.url))
        page.goto(address)
        page.get_by_role("tab", name="01_first.ipynb").wait_for()
        page.get_by_text("| Idle").wait_for()

        # The file browser shows the learner's copy, and nothing of source/.
        listing = page.get_by_role("region", name="File Browser Section")
        assert {"01_first", "02_second"} >= set(re.findall(r"0\d_\w+", listing.inner_text()))
        assert page.get_by_text("source", exact=True).count() == 0

        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        page.locator(".jp-OutputArea-output", has_text="42").wait_for()
        page.keyboard.press("Control+s")
        page.get_by_text("Saving completed").wait_for()

        # Figures follow the theme.
        figures = page.locator(".jp-OutputArea-output img")
        assert figures.count() == 2
        for dark in (False, True):
            page.evaluate("dark => document.body.dataset.jpThemeLight = String(!dark)", dark)
            for figure in figures.all():
                style = figure.evaluate("image => getComputedStyle(image).filter")
                assert ("invert" in style) == dark

        # No news, no search for updates, none of nbgrader's buttons.
        assert not [url for url in requests if "/api/news" in url or "/api/update" in url]
        assert page.get_by_text("Validate", exact=True).count() == 0
        assert page.get_by_role("menuitem", name="Nbgrader").count() == 0

        again = subprocess.run(
            [sys.executable, "-m", "scalinglaws", "study", "--student", "ada", "--no-browser"],
            env={**os.environ, "SCALINGLAWS_COURSE": str(course), "HOME": str(home)},
            capture_output=True,
            text=True,
            timeout=180,
        )
        assert "open already" in again.stdout and address.split("/lab")[0] in again.stdout

    assert "42" in (course / "submitted/ada/01_first/01_first.ipynb").read_text()
    assert not (home / ".jupyter").exists()


def test_instructor_sees_formgrader(course, tmp_path, page):
    write_notebook(course / "source/01_first/01_first.ipynb", "# The first")
    with served(course, tmp_path / "home", "teach") as address:
        page.goto(address)
        page.get_by_role("menuitem", name="Nbgrader").click()
        assert page.get_by_role("menuitem", name="Assignment List").count() == 0
        page.get_by_role("menuitem", name="Formgrader").click()
        frame = page.frame_locator("iframe")
        frame.get_by_role("link", name="01_first").wait_for()
