"""Figures are drawn after the tests, once for all who have the same; no student changes another's picture."""

import base64
import re

import pytest

from scalinglaws.course.grading.engine import figures
from scalinglaws.course.grading.engine.figures import Pictures, filler

from . import classroom
from .classroom import POINTS, RIGHT, Student, points

pytestmark = classroom.isolated

FIGURE = "import matplotlib.pyplot as plt\nimport scalinglaws as sl\nfig, ax = plt.subplots()\nax.plot([1, 2, {}])\n"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return classroom.assignment(tmp_path_factory.mktemp("source"), cell_time=30, total_time=300)


@pytest.fixture
def cache(monkeypatch):
    """An empty cache, as a new `scalinglaws grade` has it."""
    monkeypatch.setattr(figures, "PICTURES", Pictures())
    return figures.PICTURES


def hand_in(made, *cells):
    student = Student(made, classroom.released(made)).write(**RIGHT)
    for cell in cells:
        student.add(cell)
    return student.hand_in()


def pictures(outcome):
    """The sources of all images in a graded notebook."""
    html = [
        output.data.get("text/html", "")
        for cell in outcome.notebooks[classroom.NAME].cells
        for output in cell.get("outputs", ())
        if "data" in output
    ]
    return re.findall(r'src="([^"]*)"', "".join(html))


def test_the_picture_is_the_one_that_the_notebook_shows(made, cache):
    """Byte for byte: one was drawn at once, with settings of the student's own."""
    wide = (
        FIGURE.format(5)
        + "plt.rcParams['savefig.pad_inches'] = 0.5\nplt.rcParams['figure.constrained_layout.w_pad'] = 0.4\n"
    )
    at_once = "from IPython.display import HTML\nfrom scalinglaws.plots import alt\nHTML(f'<img src=\"{alt.png_url(fig)}\">')"
    outcome = hand_in(made, wide + at_once, wide + "sl.show(fig)")
    one, other = pictures(outcome)
    assert one == other and base64.b64decode(one.split(",")[1]).startswith(b"\x89PNG")
    assert points(outcome) == POINTS


def test_the_same_figure_is_drawn_once(made, cache, monkeypatch):
    show = FIGURE.format(5) + "sl.show(fig, alt='{}')"
    first = hand_in(made, show.format("mine"))
    drawn = []
    monkeypatch.setattr(cache, "put", lambda mark, picture: drawn.append(mark))
    # Another student, whose process has another past.
    second = hand_in(made, show.format("yours"), "junk = [object() for _ in range(10**5)]")
    assert pictures(first) == pictures(second) != [] and not drawn
    third = hand_in(made, FIGURE.format(6) + "sl.show(fig)")
    assert len(drawn) == 1 and pictures(third) != pictures(first)


@pytest.mark.parametrize(
    "special",
    ["ax.xaxis.set_major_formatter(lambda x, _: 'x')", "class Mine: pass\nax.mine = Mine()"],
    ids=["cannot be pickled", "a class of the notebook"],
)
def test_what_cannot_be_handed_over_is_drawn_at_once(made, cache, special):
    outcome = hand_in(made, FIGURE.format(5) + special + "\nsl.show(fig)")
    assert pictures(outcome)[0].startswith("data:image/png")
    assert not cache._kept


# A pickle that runs code when it is opened, sent as a figure, before the honest figure.
FORGED = """
import base64, os, pickle, hashlib
from scalinglaws.course.grading.engine import figures
class Bad:
    def __reduce__(self):
        return (exec, ({code!r},))
class Forged(figures.Sketches):
    def take(self, figure):
        bad = pickle.dumps(Bad()).replace(b'__main__', b'builtins')
        self.taken[figures.mark_of(bad)] = bad
        return figures.mark_of(bad)
from scalinglaws.plots import alt
import gc
ours = next(o for o in gc.get_objects() if type(o) is figures.Sketches)
alt.set_renderer(lambda figure: Forged.take(ours, figure))
"""
WHITE = "data:image/png;base64,QUJD"
CODES = {
    "another drawing": f"from scalinglaws.plots import alt; alt.png_url = lambda figure: '{WHITE}'",
    "another picture": "import scalinglaws.course.grading.engine.figures as f; f.drawn = lambda s: '" + WHITE + "'",
    "kills": "import os; os.kill(-1, 9); os.kill(1, 9); os.kill(os.getppid(), 9)",
    "hangs": "while True: pass",
    "floods": "import os\nfor fd in range(3, 50):\n try:\n  while True: os.write(fd, b'A' * 2**20)\n except OSError: pass",
    "forges an answer": "import os, struct\nm = b'{\"picture\": \"" + WHITE + "\"}'\nfor fd in range(3, 50):\n try: os.write(fd, struct.pack('<Q', len(m)) + m)\n except OSError: pass",
    "leaves processes": "import os\nif os.fork() == 0:\n while True: pass",
}  # fmt: skip


@pytest.mark.parametrize("code", CODES.values(), ids=CODES)
def test_a_forged_figure_changes_nobody_elses_picture(made, cache, code):
    honest = FIGURE.format(7) + "sl.show(fig)"
    made = classroom.replace_limits(made, cell_time=2)
    outcome = hand_in(made, FORGED.format(code=code) + honest, "alt.set_renderer(ours.take)\n" + honest)  # fmt: skip
    assert points(outcome) == POINTS
    true = pictures(hand_in(made, honest))[0]
    assert len(true) > 1000 and WHITE not in true
    forged, own = pictures(outcome)
    assert own == true and forged in ("data:,", WHITE)


def test_marks_that_somebody_wrote_fill_no_memory(made, cache):
    many = "from IPython.display import HTML\nHTML(('<img src=\"' + MARK + '\">') * 2000)"
    note = "MARK = alt._render(fig)\nsl.show(fig)"
    outcome = hand_in(made, many, "from scalinglaws.plots import alt\n" + FIGURE.format(8) + note)
    fill = filler({"sketch:" + "0" * 64: "x" * 1000}, room=3500)
    assert fill(("sketch:" + "0" * 64) * 9).count("x") == 3000
    assert sum(map(len, pictures(outcome))) < 40 * 2**20
    assert points(outcome) == POINTS


def test_a_mark_in_text_stays_text(made, cache):
    outcome = hand_in(made, "print('sketch:' + '0' * 64)")
    assert "sketch:" + "0" * 64 in classroom.shown(outcome)


def test_pictures_that_nobody_asked_for_make_room():
    kept = Pictures(most=10)
    for mark in "abc":
        kept.put(mark, "xxxx")
        kept.get("a")
    assert kept.get("a") and kept.get("c") and kept.get("b") is None
