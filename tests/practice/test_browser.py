"""The challenge and practice as a person meets them: in JupyterLab, by mouse, by keyboard, through what goes wrong."""

import io
import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from PIL import Image

from scalinglaws.course.learner.events import Answered, Asked, GaveUp, Progress
from scalinglaws.course.practice.sitting import turns
from scalinglaws.course.questions import bank
from scalinglaws.course.questions.answers import form

from ..accessibility import complaints
from ..jupyterlab import served
from ..questions.answers import BANK, FIVE, RIGHT, wrong
from .conftest import as_shown

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.skipif(os.name == "nt", reason="stops the server with a POSIX signal")

# Each test has a notebook and a progress file of its own; it moves the notebook's clock by writing seconds into a file.
CELL = """
import datetime, os, pathlib
os.environ["SCALINGLAWS_PROGRESS"] = os.path.abspath("progress.jsonl")
import scalinglaws as sl
def now():
    shift = pathlib.Path("shift")
    seconds = float(shift.read_text()) if shift.exists() else 0
    return datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=seconds)
"""
NOTEBOOKS = {
    "badge": "sl.challenge(now=now)",
    "attempts": "sl.challenge(now=now)",
    "time": "sl.challenge(now=now)",
    "restart": "sl.challenge(now=now)",
    "keyboard": "sl.challenge(now=now)",
    "tabs": "sl.challenge(now=now)",
    "kernels": "sl.challenge(now=now)",
    "drill": "sl.practice(now=now)",
    "exam": "sl.exam(now=now)",
}


@pytest.fixture(scope="module")
def lab(tmp_path_factory) -> Iterator[tuple[str, Path]]:
    """JupyterLab on a course whose notebooks are the widgets: its address, and the learner's folder."""
    root = tmp_path_factory.mktemp("lab") / "course"
    (root / "source").mkdir(parents=True)
    (root / "nbgrader_config.py").write_text("c = get_config()\n")
    shutil.copytree(ROOT / "questions", root / "questions")
    kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    for name, call in NOTEBOOKS.items():
        cells = [
            nbformat.v4.new_markdown_cell(f"# {name}", id="title"),
            nbformat.v4.new_code_cell(f"{CELL}{call}".strip(), id="cell"),
        ]
        notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
        path = root / "release" / name / f"{name}.ipynb"
        path.parent.mkdir(parents=True)
        nbformat.write(notebook, path)
    with served(root, root.parent / "home", "study", "--student", "ada") as address:
        yield address, root / "submitted" / "ada"


class Player:
    """What a learner does on the page of one notebook, and what has come of it."""

    def __init__(self, page, lab: tuple[str, Path], name: str):
        self.page, self.name = page, name
        address, own = lab
        self.folder = own / name
        self.progress = Progress(self.folder / "progress.jsonl")
        base, token = address.split("/lab")[0], address.split("?")[1]
        page.goto(f"{base}/lab/workspaces/{name}/tree/{name}/{name}.ipynb?{token}&reset")
        page.get_by_role("tab", name=f"{name}.ipynb").wait_for()
        page.get_by_text("| Idle").wait_for()

    @property
    def widget(self):
        return self.page.locator(".slp")

    def run(self) -> None:
        self.page.get_by_role("menuitem", name="Run", exact=True).click()
        self.page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        self.widget.wait_for()

    def heading(self, text: str) -> None:
        self.widget.get_by_role("heading", name=text).wait_for()

    def press(self, name: str) -> None:
        self.widget.get_by_role("button", name=name).click()

    def start(self, name: str = "Ada Lovelace") -> None:
        self.widget.get_by_label("Your name").fill(name)
        self.press("Start")
        self.heading("Problem 1 of 5")

    def give(self, answer: str) -> None:
        """Answer the open question and wait until the answer is noted."""
        before = self.answers()
        if self.widget.get_by_role("radio").count():
            self.radio(answer).check()
        else:
            self.widget.get_by_role("textbox").fill(answer)
        self.press("Answer")
        self.until(lambda: self.answers() > before)
        self.widget.locator(".slp-reply").wait_for()

    def radio(self, answer: str, widget=None):
        """The radio button of an answer of the bank, wherever it stands this time."""
        radios = (widget or self.widget).get_by_role("radio")
        return radios.nth("abcdef".index(as_shown(self.progress, answer)))

    def until(self, true) -> None:
        for _ in range(600):
            if true():
                return
            self.page.wait_for_timeout(100)
        raise AssertionError("this did not come")

    def answers(self) -> int:
        return sum(isinstance(event, Answered) for event in self.progress.events())

    def says(self, text: str) -> None:
        self.widget.locator(".slp-reply", has_text=text).wait_for()

    def reload(self) -> None:
        """Save, then load the page anew; the kernel lives."""
        self.page.keyboard.press("Control+s")
        self.page.get_by_text("Saving completed").wait_for()
        self.page.reload()
        self.page.get_by_text("| Idle").wait_for()
        self.widget.wait_for()

    def move_clock(self, seconds: float) -> None:
        (self.folder / "shift").write_text(str(seconds))

    def checked(self, picture: str) -> None:
        """axe-core finds nothing, in the light theme and in the dark one."""
        for theme in ("Light", "Dark"):
            self.page.evaluate(
                """theme => {
                  document.body.dataset.jpThemeLight = String(theme === "Light");
                  const dark = {"--jp-layout-color1": "#111111", "--jp-layout-color2": "#212121",
                                "--jp-content-font-color1": "rgba(255, 255, 255, 1)"};
                  for (const [name, value] of Object.entries(dark))
                    document.body.style.setProperty(name, theme === "Dark" ? value : "");
                }""",
                theme,
            )
            assert complaints(self.page, ".slp") == [], theme
            if folder := os.environ.get("SCALINGLAWS_PICTURES"):  # for who wants to look
                name = f"{self.name}-{picture}-{theme.lower()}.png"
                self.widget.screenshot(path=Path(folder) / name)
        self.page.evaluate("document.body.dataset.jpThemeLight = 'true'")
        for name in ("--jp-layout-color1", "--jp-layout-color2", "--jp-content-font-color1"):
            self.page.evaluate("name => document.body.style.setProperty(name, '')", name)


def test_played_to_the_badge(page, lab):
    player = Player(page, lab, "badge")
    sent = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda text: sent.append(text)))
    page.reload()
    page.get_by_text("| Idle").wait_for()
    player.run()
    player.checked("start")
    player.start()
    for i, name in enumerate(FIVE):
        player.heading(f"Problem {i + 1} of 5")
        player.checked(f"problem-{i + 1}")
        # Neither the page nor what came over the wire holds anything that is not due.
        seen = page.content() + "".join(
            text if isinstance(text, str) else text.decode("utf-8", "replace") for text in sent
        )
        replies = [reply.text for reply in bank.replies(BANK[name]).values()]
        for hidden in (*replies, BANK[name]["solution"], *BANK[name]["hints"]):
            start = json.dumps(hidden.strip()[:40])[1:-1]
            assert start not in seen and hidden.strip()[:40] not in seen
        if i == 0:  # a right second attempt counts as well
            player.press("Hint")
            player.widget.get_by_text("Hint 1.", exact=True).wait_for()
            player.give(wrong(name))
            player.says("Not yet: 1 attempt left.")
            assert BANK[name]["options"][wrong(name)]["reply"][:40] in player.widget.inner_text()
            player.checked("wrong")
        player.give(RIGHT[name].strip())
        player.says("Right.")
        player.checked(f"right-{i + 1}")
        if i < 4:
            player.press("Next problem")
    player.heading("All five are right")
    picture = player.widget.get_by_role("img")
    assert "Ada Lovelace" in picture.get_attribute("alt")
    assert picture.evaluate("img => img.naturalWidth") == 1200
    player.checked("badge")
    (file,) = (player.folder.parent / "badge" / "badges").glob("*.png")
    assert Image.open(io.BytesIO(file.read_bytes())).size == (1200, 630)


def test_played_until_the_attempts_run_out(page, lab):
    player = Player(page, lab, "attempts")
    player.run()
    player.start()
    for i, name in enumerate(FIVE):
        player.heading(f"Problem {i + 1} of 5")
        for attempt in (0, 1):
            player.give(wrong(name, attempt))
            player.says(("Not yet", "Not right.")[attempt])
        # Closed: the explanation of what was chosen, the solution, and no way to answer once more.
        assert player.widget.get_by_role("button", name="Answer").count() == 0
        assert player.widget.get_by_role("heading", name="Worked solution").count() == 1
        if i == 0:
            player.widget.get_by_text("The other options").click()
            player.checked("closed")
        if i < 4:
            player.press("Next problem")
    player.heading("0 of 5 are right")
    assert not (player.folder / "badges").exists()
    player.press("Start")  # and another round
    player.heading("Problem 1 of 5")


def test_time_runs_out(page, lab):
    player = Player(page, lab, "time")
    player.run()
    player.start()
    assert player.widget.get_by_role("timer").inner_text() in (
        "2:00 left",
        "1:59 left",
        "1:58 left",
    )
    player.give(wrong(FIVE[0]))
    # An answer that comes too late is not counted, however right it is.
    player.move_clock(130)
    player.radio(RIGHT[FIVE[0]]).check()
    player.press("Answer")
    player.says("Time is up.")
    assert player.answers() == 1
    assert player.widget.get_by_role("heading", name="Worked solution").count() == 1
    player.checked("late")
    # And when nobody does anything, the page asks Python as soon as its own countdown is over.
    player.press("Next problem")
    player.heading("Problem 2 of 5")
    player.move_clock(130 + 119)
    player.reload()
    player.says("Time is up.")
    player.press("Next problem")
    player.heading("Problem 3 of 5")
    assert [turn.right for turn in turns(player.progress.events())] == [False, False, False]


def test_goes_on_after_a_restart_of_the_kernel_and_a_reload_of_the_page(page, lab):
    player = Player(page, lab, "restart")
    player.run()
    player.start("Grace")
    player.give(wrong(FIVE[0]))
    player.says("Not yet: 1 attempt left.")
    player.reload()
    player.says("Not yet: 1 attempt left.")
    player.give(RIGHT[FIVE[0]])
    player.press("Next problem")
    player.heading("Problem 2 of 5")

    page.get_by_role("menuitem", name="Kernel", exact=True).click()
    page.get_by_role("menuitem", name=re.compile("^Restart Kernel…")).click()
    page.get_by_role("button", name="Confirm Kernel Restart").click()
    page.get_by_text("| Idle").wait_for()
    player.run()
    player.heading("Problem 2 of 5")
    for name in FIVE[1:]:
        player.give(RIGHT[name].strip())
        player.says("Right.")
        if name != FIVE[-1]:
            player.press("Next problem")
            player.heading(f"Problem {FIVE.index(name) + 2} of 5")
    player.heading("All five are right")
    assert [len(turn.answers) for turn in turns(player.progress.events())] == [2, 1, 1, 1, 1]


def test_an_exam_from_its_start_to_its_report_over_a_reload(page, lab):
    """Answers of every form are there after a reload; handing in with some left out asks first."""
    player = Player(page, lab, "exam")
    player.run()
    player.widget.get_by_label("Time").select_option("untimed")
    player.press("Start")
    items = player.widget.locator(".slp-item")
    items.first.wait_for()
    count, fields = items.count(), {}
    for i in range(count - 1):
        if items.nth(i).get_by_role("radio").count():
            fields[i] = items.nth(i).get_by_role("radio").first
            fields[i].check()
        elif items.nth(i).get_by_role("checkbox").count():
            fields[i] = items.nth(i).get_by_role("checkbox").first
            fields[i].check()
        else:
            fields[i] = items.nth(i).get_by_role("textbox")
            fields[i].fill("1")
    player.widget.get_by_text(f"1 of {count} not answered", exact=True).wait_for()
    player.reload()
    player.widget.get_by_text(f"1 of {count} not answered", exact=True).wait_for()
    for field in fields.values():
        kind = field.get_attribute("type")
        assert field.is_checked() if kind else float(field.input_value()) == 1
    player.press("Hand in")
    player.press("Hand in with 1 not answered")
    player.widget.get_by_role("heading", name=f"of {count} are right").wait_for()
    assert player.widget.locator("details").count() == count


def test_played_by_keyboard_alone(page, lab):
    player = Player(page, lab, "keyboard")
    player.run()
    keys = page.keyboard

    def focused(what: str) -> None:
        """Tab on until what is focused has this role and name."""
        for _ in range(40):
            if page.evaluate(
                "what => { const e = document.activeElement;"
                " return e?.closest('.slp') && (e.textContent + ' ' + (e.name ?? '')).includes(what) }",
                what,
            ):
                return
            keys.press("Tab")
        raise AssertionError(f"Tab does not reach {what}")

    player.widget.get_by_label("Your name").focus()
    keys.press("Control+a")
    keys.type("Katherine")
    focused("Start")
    keys.press("Enter")
    for i, name in enumerate(FIVE):
        player.heading(f"Problem {i + 1} of 5")
        page.wait_for_timeout(100)
        # The focus stands on the new heading, so Tab goes to the first thing to do.
        assert "Problem" in page.evaluate("document.activeElement.textContent")
        before = player.answers()
        focused("answer")
        if "options" in BANK[name]:
            keys.press("Space")
            for _ in range("abcdef".index(as_shown(player.progress, RIGHT[name]))):
                keys.press("ArrowDown")
            focused("Answer")
            keys.press("Enter")
        else:
            keys.type(RIGHT[name].strip())
            keys.press("Enter")
        player.until(lambda: player.answers() > before)  # noqa: B023
        player.says("Right.")
        page.wait_for_timeout(100)
        assert "Right." in page.evaluate("document.activeElement.textContent")
        if i < 4:
            focused("Next problem")
            keys.press("Enter")
    player.heading("All five are right")
    # No cell of the notebook was moved, added or run by these keys.
    assert page.locator(".jp-Cell").count() == 2
    # And Tab leads out of the widget again.
    for _ in range(20):
        keys.press("Tab")
        if not page.evaluate("Boolean(document.activeElement?.closest('.slp'))"):
            break
    else:
        raise AssertionError("Tab does not leave the widget")


def test_two_tabs_count_once(page, lab):
    """Two browser tabs on one kernel: both follow, and a question that is over in one cannot be answered in the other."""
    first = Player(page, lab, "tabs")
    first.run()
    first.start()
    page.keyboard.press("Control+s")
    page.get_by_text("Saving completed").wait_for()
    other = page.context.new_page()
    other.set_default_timeout(120_000)
    other.goto(page.url.replace("/workspaces/tabs", "/workspaces/tabs-2"))
    other.locator(".slp").get_by_role("heading", name="Problem 1 of 5").wait_for()
    # Both choose; the first is faster.
    first.radio(wrong(FIVE[0]), other.locator(".slp")).check()
    first.give(RIGHT[FIVE[0]])
    other.locator(".slp-reply", has_text="Right.").wait_for()
    assert other.locator(".slp").get_by_role("button", name="Answer").count() == 0
    first.press("Next problem")
    other.locator(".slp").get_by_role("heading", name="Problem 2 of 5").wait_for()
    assert first.answers() == 1


def test_two_kernels_count_once(page, lab):
    """The same notebook in two kernels, each with its own page and an old picture of the round."""
    first = Player(page, lab, "kernels")
    first.run()
    first.start()
    copy = first.folder / "second.ipynb"
    copy.write_bytes((first.folder / "kernels.ipynb").read_bytes())
    other_page = page.context.new_page()
    other_page.set_default_timeout(120_000)
    other_page.goto(
        page.url.replace("/workspaces/kernels", "/workspaces/kernels-2").replace(
            "kernels.ipynb", "second.ipynb"
        )
    )
    other_page.get_by_role("tab", name="second.ipynb").wait_for()
    other_page.get_by_text("| Idle").wait_for()
    other_page.get_by_role("menuitem", name="Run", exact=True).click()
    other_page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    widget = other_page.locator(".slp")
    widget.get_by_role("heading", name="Problem 1 of 5").wait_for()
    first.give(RIGHT[FIVE[0]])
    first.press("Next problem")
    first.heading("Problem 2 of 5")
    # The second page still shows problem 1: its answer must not be taken for one to problem 2.
    widget.get_by_role("radio").first.check()
    widget.get_by_role("button", name="Answer").click()
    widget.get_by_role("heading", name="Problem 2 of 5").wait_for()
    assert first.answers() == 1
    # What one answers the other sees.
    first.radio(RIGHT[FIVE[1]], widget).check()
    widget.get_by_role("button", name="Answer").click()
    widget.get_by_text("Worked solution").wait_for()
    assert [len(turn.answers) for turn in turns(first.progress.events())] == [1, 1]


def test_practice_shows_every_type(page, lab):
    """Every form of question, light and dark: axe-core finds nothing; a missed one comes back."""
    player = Player(page, lab, "drill")
    # Make one question of each form due, whatever the order of the bank: they were missed a while ago.
    one = {}
    for name, question in BANK.items():
        one.setdefault((form(question), question["type"]), name)
    for name in one.values():
        now = player.progress.now()
        player.progress.add(Asked(now, "practice", name))
        player.progress.add(Answered(now, name, "x", False, "practice"))
        player.progress.add(GaveUp(now, "practice", name))
    player.move_clock(3600)
    player.run()
    seen = set()
    for _ in one:
        player.until(lambda: not turns(player.progress.events())[-1].answers)
        name = turns(player.progress.events())[-1].question
        question = BANK[name]
        kind = form(question)
        seen.add(name)
        player.widget.get_by_role("button", name="Answer").wait_for()
        player.checked(f"{kind}-{question['type']}")
        before = player.answers()
        if kind in ("option", "options", "truth"):
            letters = sorted(question["options"], reverse=kind == "truth")
            right = [RIGHT[name]] if kind == "truth" else as_shown(player.progress, RIGHT[name])
            for letter in right:
                boxes = player.widget.get_by_role("checkbox" if kind == "options" else "radio")
                boxes.nth(letters.index(letter)).check()
        else:
            answer = RIGHT[name]
            player.widget.get_by_role("textbox").fill(str(answer).strip())
        player.press("Answer")
        player.until(lambda: player.answers() > before)  # noqa: B023
        if kind == "words":
            player.widget.get_by_role("heading", name="A model answer").wait_for()
            player.checked("compare")
            player.press("Yes")
            player.says("You made the points.")
        else:
            player.says("Right.")
        player.checked(f"{kind}-{question['type']}-right")
        player.press("Next question")
    assert seen == set(one.values())
