"""One palette: figures, pages and the badge take their colours from plots/style.py and colours.py, and all of them can be read."""

import itertools
import re
from pathlib import Path

import pytest

import scalinglaws
from scalinglaws.colours import PAGE
from scalinglaws.course.practice.widget import Page

PACKAGE = Path(scalinglaws.__file__).parent
HEX = re.compile(r"#(?:[0-9a-fA-F]{6}|[0-9a-fA-F]{3})\b")
# formgrader's page is nbgrader's own, with colours of its own that these match.
ELSEWHERE = {"plots/style.py", "colours.py", "course/grading/templates/formgrade/mathjax.html.j2"}


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    parts = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    linear = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    light, dark = sorted(map(luminance, (one, other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_no_other_file_has_colours_of_its_own():
    found = {}
    for path in itertools.chain.from_iterable(
        PACKAGE.rglob(f"*.{kind}") for kind in ("py", "css", "js", "j2")
    ):
        name = path.relative_to(PACKAGE).as_posix()
        text = re.sub(r"&#\d+;", "", path.read_text("utf-8"))
        if name not in ELSEWHERE and (colours := HEX.findall(text)):
            found[name] = colours
    # White behind pictures, and grey at the edge of what a cell wrote, are the same in both themes.
    allowed = {"#fff", "#888"}
    assert {name: c for name, c in found.items() if set(c) - allowed} == {}


@pytest.mark.parametrize("theme", PAGE)
@pytest.mark.parametrize("ground", ["ground", "raised", "head", "note", "error", "stderr"])
def test_text_can_be_read(theme, ground):
    colours = PAGE[theme]
    assert contrast(colours["ink"], colours[ground]) >= 7
    if ground in ("ground", "raised", "head"):
        for text in ("accent", "good", "bad", "string", "remark"):
            assert contrast(colours[text], colours[ground]) >= 4.5, text


@pytest.mark.parametrize("theme", PAGE)
def test_edges_and_buttons_can_be_seen(theme):
    colours = PAGE[theme]
    assert contrast(colours["edge"], colours["ground"]) >= 3
    assert contrast(colours["on-accent"], colours["accent"]) >= 4.5


def test_every_variable_of_the_practice_page_is_defined():
    css = str(Page._css)
    used = set(re.findall(r"var\(--([a-z-]+)", css)) - {"jp-code-font-family"}
    defined = set(re.findall(r"--([a-z-]+):", css))
    assert {name for name in used if not name.startswith("jp-")} <= defined


def test_every_variable_of_the_feedback_page_is_defined():
    template = PACKAGE / "course/grading/templates/feedback/index.html.j2"
    assert set(re.findall(r"var\(--([a-z-]+)", template.read_text("utf-8"))) <= set(PAGE["light"])
