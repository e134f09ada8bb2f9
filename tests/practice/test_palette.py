"""One palette: figures, pages and the badge take their colours from plots/style.py and colours.py, and all of them can be read."""

import itertools
import re
from pathlib import Path

import numpy as np
import pytest
from matplotlib.colors import is_color_like, to_rgb

import scalinglaws
from scalinglaws.colours import DARK_FIGURE, PAGE
from scalinglaws.course.practice.widget import Page
from scalinglaws.plots.style import BLACK, COLOURS, GREY

from ..colour import contrast, linear

PACKAGE = Path(scalinglaws.__file__).parent
HEX = re.compile(r"#(?:[0-9a-fA-F]{6}|[0-9a-fA-F]{3})\b")
# formgrader's page is nbgrader's own, with colours of its own that these match.
ELSEWHERE = {"plots/style.py", "colours.py", "course/grading/templates/formgrade/mathjax.html.j2"}


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


# The ground of a dark page: ours, and that of JupyterLab's dark theme.
GROUNDS = (PAGE["dark"]["ground"], "#111111")
# How people with red, green or blue blindness see a colour: Machado et al. 2009, table 1, severity 1.
SIGHT = {
    "all": np.eye(3),
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritan": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}  # fmt: skip


def on_dark(colour: str, ground: str) -> str:
    """What DARK_FIGURE makes of a colour, by the formulas of CSS Filter Effects (hue-rotate) and of
    Compositing and Blending (screen).
    """
    form = (
        r"filter: invert\(1\) hue-rotate\(180deg\) brightness\(([\d.]+)\); mix-blend-mode: screen;"
    )
    made = re.fullmatch(form, DARK_FIGURE)
    assert made
    brightness = float(made[1])
    grey = np.array([0.213, 0.715, 0.072])
    turned = np.clip(
        (2 * np.outer(np.ones(3), grey) - np.eye(3)) @ (1 - np.array(to_rgb(colour))), 0, 1
    )
    seen = 1 - (1 - np.clip(turned * brightness, 0, 1)) * (1 - np.array(to_rgb(ground)))
    return "#" + "".join(f"{round(255 * part):02x}" for part in seen)


def lab(colour: str, sight: str) -> np.ndarray:
    """CIELAB, as somebody with this sight sees the colour."""
    seen = np.clip(np.array(SIGHT[sight]) @ linear(colour), 0, 1)
    to_xyz = [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]  # fmt: skip
    x, y, z = np.cbrt(np.maximum(to_xyz @ seen / [0.95047, 1, 1.08883], 0.008856))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def test_all_pages_turn_figures_dark_by_one_rule():
    files = (path for kind in ("py", "css", "js", "j2") for path in PACKAGE.rglob(f"*.{kind}"))
    assert [path.name for path in files if "hue-rotate(" in path.read_text("utf-8")] == [
        "colours.py"
    ]


@pytest.mark.parametrize("ground", GROUNDS)
def test_figures_can_be_read_on_a_dark_page(ground):
    assert on_dark("#ffffff", ground) == ground  # the figure has the page's own ground
    for colour in (BLACK, GREY):  # text
        assert contrast(on_dark(colour, ground), ground) >= 4.5
    for colour in COLOURS:  # lines and markers
        assert contrast(on_dark(colour, ground), ground) >= 3


def test_every_colour_of_a_notebook_can_be_seen_in_both_themes():
    """None is paler than the palest of the series, which their markers help to see."""
    palest = min(contrast(colour, "#ffffff") for colour in COLOURS)
    dim = {}
    for path in (PACKAGE.parent / "source").glob("*.md"):
        for colour in set(re.findall(r'"(#[0-9a-fA-F]{6}|[a-z]+)"', path.read_text("utf-8"))):
            if not is_color_like(colour) or len(colour) < 3 or colour == "white":  # white: a ground
                continue
            turned = min(contrast(on_dark(colour, ground), ground) for ground in GROUNDS)
            if contrast(colour, "#ffffff") < palest or turned < 3:
                dim.setdefault(path.name, []).append(colour)
    assert dim == {}


@pytest.mark.parametrize("sight", SIGHT)
def test_series_stay_apart_on_a_dark_page(sight):
    """A difference of 10 in CIELAB is plain to see; series differ in marker and dashes, too."""
    seen = [lab(on_dark(colour, "#111111"), sight) for colour in COLOURS]
    nearest = min(np.linalg.norm(a - b) for a, b in itertools.combinations(seen, 2))
    assert nearest >= 10


@pytest.mark.parametrize("colour", [c for c in COLOURS if c != BLACK])
def test_a_colour_keeps_its_hue_on_a_dark_page(colour):
    """What a text calls the orange line stays the orange line."""
    hues = [np.arctan2(*lab(c, "all")[:0:-1]) for c in (colour, on_dark(colour, "#111111"))]
    assert abs(np.angle(np.exp(1j * (hues[0] - hues[1])))) < np.radians(30)
