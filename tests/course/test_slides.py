"""Slides for a projector: all of a notebook, nothing from elsewhere, no solution."""

import base64
import re

import nbformat
import pytest
from nbformat.v4 import new_output

from scalinglaws.cli import main
from scalinglaws.course.exercises import read_notebook
from scalinglaws.site.slides import to_slides

from .notebooks import COURSE, hidden_lines

NAME = "01_power_laws"
# The smallest PNG: one pixel.
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


@pytest.fixture(scope="module")
def page():
    notebook = read_notebook(COURSE / "release" / NAME / f"{NAME}.ipynb")
    first = next(cell for cell in notebook.cells if cell.cell_type == "code")
    image = f'<img alt="a dot" width="1" src="data:image/png;base64,{PIXEL}">'
    first.outputs = [
        nbformat.from_dict(new_output("display_data", {"text/html": image})),
        nbformat.from_dict(new_output("stream", name="stdout", text="loss 1.979")),
    ]
    return to_slides(notebook, NAME)


def test_each_heading_begins_a_slide(page):
    slides = re.findall(r"<section>(.*?)</section>", page, re.DOTALL)
    assert len(slides) == len(re.findall(r"<h[123]\b", page)) > 20
    assert all(re.match(r"<h[123]\b", slide) for slide in slides)
    assert "loss 1.979" in slides[0] and ">#</a>" not in page


def test_nothing_comes_from_elsewhere_and_nothing_is_told(page):
    loads = re.findall(r"<(?:img|script|link|iframe)\b[^>]*(?:src|href)=\"([^\"]*)\"", page)
    assert loads == [f"data:image/png;base64,{PIXEL}"]
    assert base64.b64decode(PIXEL).startswith(b"\x89PNG")
    links = re.findall(r'<a\b[^>]*href="([^"]*)"', page)
    assert all(link.startswith(("https:", "#")) for link in links)
    assert not [line for line in hidden_lines(NAME) if line in page]


def test_a_notebook_that_does_not_exist(monkeypatch, capsys):
    monkeypatch.setenv("SCALINGLAWS_COURSE", str(COURSE))
    assert main(["slides", "99_none"]) == 2
    assert "choose one of 00_pipeline" in capsys.readouterr().err
