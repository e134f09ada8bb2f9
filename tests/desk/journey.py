"""A learner's way through the course in JupyterLab, in headless Chromium, from a first start to the badge.

    python -m tests.desk.journey              by mouse
    python -m tests.desk.journey --keys       by keyboard alone
    python -m tests.desk.journey --dark       in JupyterLab's dark theme
    python -m tests.desk.journey --out FOLDER pictures of each station, 1280 and 640 pixels wide

The course is a copy of this one. By keyboard alone means that every step is a key pressed: no script
moves the focus. At each station axe-core looks at what the course shows; every request is counted,
and one to another machine is a fault. It ends with a line for each fault, and exit code 1 if there
is one. Needs Debian's chromium.
"""

import argparse
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Locator, Page, TimeoutError as TooLate, sync_playwright

from scalinglaws.course.learner.events import Progress
from scalinglaws.course.practice.options import to_shown
from scalinglaws.course.practice.sitting import turns
from scalinglaws.course.questions import bank
from scalinglaws.course.questions.answers import form
from scalinglaws.course.questions.drawn import family, instance, seed_of

from ..accessibility import complaints
from ..conftest import CHROMIUM_FLAGS
from ..jupyterlab import served
from ..questions.answers import BANK, RIGHT

COURSE = Path(__file__).parents[2]
NOTEBOOK = "01_power_laws"
WRONG = "def power_law(x, a, alpha, E=0.0):\n    return E + a * x**alpha\n"
GOOD = "def power_law(x, a, alpha, E=0.0):\n    return E + a * x**-alpha\n"
THEMES = ".jupyter/lab/user-settings/@jupyterlab/apputils-extension/themes.jupyterlab-settings"


class Learner:
    """Who sits before the page. keys: uses the keyboard alone."""

    def __init__(self, page: Page, progress: Progress, out: Path | None, keys: bool):
        self.page, self.progress, self.out, self.keys = page, progress, out, keys
        self.faults: list[str] = []
        self.pictures = 0

    def use(self, what: Locator) -> None:
        """Press a button, follow a link, choose an option."""
        what.wait_for()
        if not self.keys:
            what.click()
            return
        self.reach(what)
        if what.evaluate("e => e.type === 'radio' && e.checked"):
            return  # the arrow keys have chosen it
        choice = what.evaluate("e => ['radio', 'checkbox'].includes(e.type)")
        self.page.keyboard.press("Space" if choice else "Enter")

    def reach(self, what: Locator) -> None:
        """Move the focus there: Tab or Shift+Tab, and the arrow keys within a group of radio buttons."""
        if what.evaluate("e => Boolean(e.closest('.sl-desk'))"):
            part = what.evaluate(
                "e => e.closest('.sl-desk > div').querySelector('h2')?.textContent"
            )
            self.enter_desk(in_check=part == "Check")
        for _ in range(200):
            key = what.evaluate(
                """e => {
                  const at = document.activeElement;
                  if (e === at) return '';
                  const back = at.compareDocumentPosition(e) & Node.DOCUMENT_POSITION_PRECEDING;
                  if (e.type === 'radio' && at.type === 'radio' && at.name === e.name)
                    return back ? 'ArrowUp' : 'ArrowDown';
                  return back ? 'Shift+Tab' : 'Tab';
                }"""
            )
            if not key:
                return
            self.page.keyboard.press(key)
        raise AssertionError(f"no key reaches {what.evaluate('e => e.outerHTML')[:120]}")

    def enter_desk(self, in_check: bool) -> None:
        """To the side panel by the command palette, and there to one of its two parts."""
        desk = self.page.locator(".sl-desk")
        if not desk.evaluate("e => e.contains(document.activeElement)"):
            self.command("Open the desk")
            self.page.wait_for_function(
                "document.activeElement.closest('.sl-desk') && document.activeElement.textContent === 'Start'"
            )
            if in_check:
                self.page.keyboard.press("Shift+Tab")
                self.page.keyboard.press("Enter")

    def say(self, what: str) -> None:
        print(f"{time.strftime('%H:%M:%S')} {what}", flush=True)

    def fault(self, what: str) -> None:
        self.faults.append(what)
        self.say(f"FAULT {what}")

    def station(self, name: str, context: str) -> None:
        """Look around: axe-core, and pictures wide and narrow."""
        self.say(name)
        self.pictures += 1
        for complaint in complaints(self.page, context):
            self.fault(f"{name}: {complaint}")
        if not self.out:
            return
        picture = f"{self.pictures:02}-{name}"
        self.page.screenshot(path=self.out / f"{picture}-1280.png")
        sides = ["Control+b"] if context == ".sl-desk" else ["Control+b", "Control+j"]
        for key in sides:  # in a narrow window one closes the panels at the sides
            self.page.keyboard.press(key)
        self.page.set_viewport_size({"width": 640, "height": 450})
        self.page.wait_for_timeout(300)
        self.page.screenshot(path=self.out / f"{picture}-640.png")
        self.page.set_viewport_size({"width": 1280, "height": 900})
        for key in sides:
            self.page.keyboard.press(key)

    # -- JupyterLab

    def command(self, name: str) -> None:
        """A command of JupyterLab's, by its palette."""
        self.page.keyboard.press("Control+Shift+c")
        self.page.locator("#modal-command-palette input").wait_for()
        self.page.keyboard.type(name)
        self.page.wait_for_timeout(500)
        self.page.keyboard.press("Enter")

    def write(self, text: str) -> None:
        """Replace the text of the active cell."""
        cell = self.page.locator(".jp-Notebook:visible .jp-Cell.jp-mod-active")
        if self.keys:
            self.page.keyboard.press("Enter")
        else:
            cell.locator(".cm-content").click()
        self.page.keyboard.press("Control+a")
        if self.keys:  # the editor indents
            self.page.keyboard.type("\n".join(line.lstrip() for line in text.splitlines()))
        else:
            self.page.keyboard.insert_text(text)
        self.page.keyboard.press("Escape")

    def run_cell(self, call: str) -> Locator:
        """Run the active cell of the notebook; what appears below it."""
        self.page.locator(".jp-Notebook:visible .jp-Cell.jp-mod-active", has_text=call).wait_for()
        self.page.keyboard.press("Control+Enter")
        return (
            self.page.locator(".jp-Notebook:visible .jp-Cell", has_text=call).locator(".slp").first
        )

    def go_to_cell(self, text: str) -> None:
        """To a cell of the open notebook."""
        cell = self.page.locator(".jp-Notebook:visible .jp-Cell", has_text=text).last
        if not self.keys:
            cell.locator(".cm-content").click()
            self.page.keyboard.press("Escape")
            return
        self.page.keyboard.press("Escape")  # from a widget to its cell
        for key in ("ArrowUp", "ArrowDown"):
            for _ in range(40):
                if "jp-mod-active" in (cell.get_attribute("class") or ""):
                    return
                self.page.keyboard.press(key)
        raise AssertionError(f"the arrow keys do not reach the cell {text}")

    # -- Questions

    def give(self, widget: Locator, right: bool) -> None:
        """Answer the question at hand."""
        turn = turns(self.progress.events())[-1]
        name, before = turn.question, len(turn.answers)
        question = BANK[family(name)]
        drawn = seed_of(name) and instance(question["recipe"], seed_of(name) or 0)
        answer = bank.right_answer(drawn) if drawn else RIGHT[name]
        if not right:
            others = [letter for letter in question.get("options", ()) if letter not in answer]
            answer = others[before] if others else "123456789"
        fields = widget.get_by_role("radio").or_(widget.get_by_role("checkbox"))
        if fields.count():
            letters = sorted(question["options"], reverse=form(question) == "truth")
            shown = [answer] if form(question) == "truth" else to_shown(turn, answer)
            for letter in shown:
                self.use(fields.nth(letters.index(letter)))
        else:
            field = widget.get_by_role("textbox")
            if self.keys:
                self.reach(field)
                self.page.keyboard.press("Control+a")
                self.page.keyboard.type(str(answer).strip())
            else:
                field.fill(str(answer).strip())
        self.use(
            widget.get_by_role("button", name=re.compile("^Answer"))
        )  # or "Answer (last attempt)"
        for _ in range(300):
            if len(turns(self.progress.events())[-1].answers) > before:
                break
            self.page.wait_for_timeout(100)
        if form(question) == "words":
            self.use(widget.get_by_role("button", name="Yes"))
        widget.locator(".slp-reply").wait_for()

    def play(self, widget: Locator, right: bool) -> None:
        """A round of the challenge."""
        self.use(widget.get_by_role("button", name="Start"))
        for number in range(5):
            widget.get_by_role("heading", name=f"Problem {number + 1} of 5").wait_for()
            self.give(widget, right)
            if not right:
                self.give(widget, right)
            if number < 4:
                self.use(widget.get_by_role("button", name="Next problem"))


def walk(me: Learner) -> None:
    """The whole way."""
    page = me.page
    page.get_by_text("| Idle").wait_for()
    desk = page.get_by_role("region", name="Desk", exact=True)
    if me.keys:
        me.command("Open the desk")
    else:
        page.locator(".jp-SideBar.jp-mod-right").get_by_role("tab", name="Desk").click()
    desk.get_by_role("heading", name="The map of ideas").wait_for()
    me.station("first-start", ".sl-desk")

    me.use(desk.locator("summary", has_text="Power laws").first)
    me.use(desk.get_by_role("link", name="1/2", exact=True).first)
    page.locator(".jp-Notebook:visible .jp-Cell.jp-mod-active", has_text="Exercise 2").wait_for()
    desk.get_by_role("button", name="2 · write the power law").wait_for()
    me.station("exercise", ".sl-desk")
    me.use(desk.get_by_role("button", name="2 · write the power law"))
    me.write(WRONG)
    page.keyboard.press("Alt+k")
    desk.get_by_text("points, and").first.wait_for(timeout=600_000)
    row = desk.get_by_role("listitem").filter(has_text="write the power law")
    if "wrong" not in row.inner_text():
        me.fault(f"the wrong answer is not called wrong: {row.inner_text()}")
    me.station("wrong-answer", ".sl-desk")
    me.use(desk.get_by_role("button", name="2 · write the power law"))
    me.write(GOOD)
    me.use(row.get_by_role("button", name="Check exercise 2"))
    desk.get_by_text("Exercise 2: right.").wait_for(timeout=600_000)
    me.station("right-answer", ".sl-desk")

    me.use(desk.get_by_role("button", name="Start", exact=True))
    desk.get_by_role("link", name=f"Resume {NOTEBOOK} at exercise 1").wait_for()
    me.use(desk.locator("summary", has_text="The bottleneck"))
    me.use(desk.locator("details[open]").get_by_role("link", name="practise"))
    practice = me.run_cell("sl.practice()")
    practice.get_by_role("button", name="Answer", exact=True).wait_for()
    me.station("practice", ".slp")
    me.give(practice, right=True)
    me.station("practice-right", ".slp")

    me.go_to_cell("sl.challenge()")
    challenge = me.run_cell("sl.challenge()")
    me.play(challenge, right=False)
    challenge.get_by_role("heading", name="0 of 5 are right").wait_for()
    me.station("lost", ".slp")
    me.play(challenge, right=True)
    challenge.get_by_role("heading", name="All five are right").wait_for()
    me.station("badge", ".slp")

    me.go_to_cell("sl.challenge()")
    page.keyboard.press("b")  # a cell of one's own below
    me.write("sl.exam()")
    exam = me.run_cell("sl.exam()")
    me.use(exam.get_by_role("button", name="Start"))
    exam.get_by_role("heading", name="Question 1 ", exact=False).first.wait_for()
    me.station("exam", ".slp")
    me.use(exam.get_by_role("radio").first)
    for _ in range(2):  # the second time with what is not answered
        me.use(exam.get_by_role("button", name="Hand in"))
        page.wait_for_timeout(1500)
    exam.get_by_role("heading", name="Another exam").wait_for()
    me.station("exam-report", ".slp")

    if me.keys:
        me.command("Open the desk")
    else:
        me.use(desk.get_by_role("button", name="Start", exact=True))
    desk.get_by_role("link", name="llm-scaling-master").wait_for()
    me.station("desk-with-badge", ".sl-desk")


@contextmanager
def course(dark: bool) -> Iterator[Path]:
    """A copy of this course, as a learner has it, whose JupyterLab is dark or not."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary, "course")
        for part in ("source", "release", "questions"):
            shutil.copytree(COURSE / part, folder / part)
        shutil.copy(COURSE / "nbgrader_config.py", folder)
        if dark:
            settings = Path(temporary, "home", THEMES)
            settings.parent.mkdir(parents=True)
            settings.write_text('{"theme": "JupyterLab Dark"}', "utf-8")
        yield folder


def main() -> int:
    """Walk, and report."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--keys", action="store_true", help="by keyboard alone")
    parser.add_argument("--dark", action="store_true", help="in JupyterLab's dark theme")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="where pictures go")
    args = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        raise SystemExit("This needs Chromium.")
    if args.out:
        args.out.mkdir(parents=True, exist_ok=True)
    os.environ.pop("SCALINGLAWS_PROGRESS", None)
    asked: list[str] = []
    with (
        course(args.dark) as folder,
        served(folder, folder.parent / "home", "study", "--student", "ada") as address,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(120_000)
        page.on("request", lambda request: asked.append(request.url))
        page.on("websocket", lambda socket: asked.append(socket.url))
        page.goto(address)
        me = Learner(
            page, Progress(folder / "submitted" / "ada" / "progress.jsonl"), args.out, args.keys
        )
        try:
            walk(me)
        except (TooLate, AssertionError) as error:
            me.fault(f"the way ends here: {str(error).splitlines()[0]}")
            if args.out:
                page.screenshot(path=args.out / "end.png")
        browser.close()
    schemes = ("http", "https", "ws", "wss")
    strangers = [
        u for u in asked if urlsplit(u).scheme in schemes and urlsplit(u).hostname != "127.0.0.1"
    ]
    print(f"{len(asked)} requests, {len(strangers)} to other machines; {len(me.faults)} faults")
    for fault in [*me.faults, *strangers]:
        print(f"- {fault}")
    return int(bool(me.faults or strangers))


if __name__ == "__main__":
    sys.exit(main())
