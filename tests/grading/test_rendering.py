"""Pages of what students wrote: harmless, in bounded time, and the class goes on past one that cannot be rendered."""

import logging

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output, new_raw_cell

from scalinglaws.course.grading.feedback import SafeHtml, plain_html
from scalinglaws.course.grading.rendering import Renderer


@pytest.fixture(scope="module")
def renderer():
    made = Renderer(cpu=1.0)
    yield made
    made.close()


SLOW = {
    "a table of nothing": ("markdown", "a|b\n-|-\n" * 4_000),
    "quotes": ("markdown", ">" * 50_000),
    "lists in lists": ("markdown", "".join(" " * i + "* x\n" for i in range(600))),
    "emphasis": ("markdown", "*a **a " * 20_000),
    "brackets": ("markdown", "[" * 60_000),
    "links": ("markdown", "[a](" * 30_000),
    "dollars": ("markdown", "$$a " * 40_000),
    "a deep formula": ("markdown", "$" + "\\frac{" * 3_000 + "$"),
    "fences": ("markdown", "``` `` " * 20_000),
    "tags": ("html", "<svg " * 100_000),
    "open tags": ("html", "<b>" * 50_000),
    "comments": ("html", "<!--" * 100_000),
    "images": ("html", "<img " * 100_000),
    "entities": ("html", "&" * 300_000),
    "tables in tables": ("html", "<table><td>" * 5_000),
    "too long": ("html", "x" * 3_000_000),
    "quotes in code": ("code", "'\"" * 50_000),
    "brackets in code": ("code", "f'{" * 30_000),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("case", SLOW)
def test_no_text_holds_the_page(renderer, case):
    """Each ends, rendered or given up: without a bound some of these take hours."""
    kind, text = SLOW[case]
    made = renderer.render(kind, text)
    assert made is None or isinstance(made, str)
    assert "x" in renderer.render("markdown", "x")  # and the next one is rendered


def test_honest_text_is_rendered_as_ever(renderer):
    page = renderer.render("markdown", "**Because** $x^2$\n\n|a|b|\n|-|-|\n|1|2|")
    assert "<strong>Because</strong>" in page and "<math" in page and "<td>1</td>" in page
    assert "\n" not in page
    nasty = renderer.render(
        "html", "<b onclick='x'>b</b><script>alert(1)</script><img src=http://x>"
    )
    assert nasty == "<b>b</b>"


def test_one_text_that_cannot_be_rendered_is_named_and_shown_plain(monkeypatch, caplog):
    class Stuck:
        def render(self, kind, text, attachments=None):
            return None if "stuck" in text else f"<div>{text}</div>"

    monkeypatch.setattr("scalinglaws.course.grading.feedback.shared_renderer", Stuck)
    cells = [
        new_markdown_cell("fine"),
        new_markdown_cell("stuck <script>"),
        new_code_cell("1", outputs=[new_output("display_data", {"text/html": "stuck " * 9})]),
        new_code_cell("1", outputs=[new_output("display_data", {"text/html": "stuck", "text/plain": "t"})]),
        new_code_cell("stuck = 1\n" * 1_000),
        new_raw_cell("<b>"),
        new_markdown_cell("fine, but the page has failed too often"),
    ]  # fmt: skip
    logger = logging.getLogger("test_rendering")
    notebook, _ = SafeHtml(log=logger).preprocess(
        new_notebook(cells=cells), {"nbgrader": {"student": "eve"}}
    )
    shown = [cell.source for cell in notebook.cells]
    assert shown[0] == "<div>fine</div>"
    assert shown[1] == "<div><pre>stuck &lt;script&gt;</pre></div>"
    assert "54 characters is not shown" in notebook.cells[2].outputs[0].data["text/plain"]
    assert notebook.cells[3].outputs[0].data == {"text/plain": "t"}
    assert len(shown[4]) < 6_000 and shown[4].endswith("# ... (the rest is not shown)")
    assert shown[5] == "&lt;b&gt;" and shown[6].startswith("<div><pre>fine")
    assert "eve: shown as plain text" in caplog.text and "cell 2" in caplog.text


def test_a_long_text_is_cut_and_says_so():
    page = plain_html("<&" * 50_000)
    assert len(page) < 250_000 and "the rest is not shown" in page and "<&" not in page


def test_the_renderer_starts_again_after_it_was_killed():
    renderer = Renderer()
    renderer.start()
    renderer._process.kill()
    renderer._process.wait()
    assert renderer.render("markdown", "again") is not None
    renderer.close()
