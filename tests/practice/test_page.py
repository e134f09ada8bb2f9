"""What page.js draws of a sitting, in a browser but without JupyterLab: quick, so that each state can be looked at."""

import base64
import json

import pytest

from scalinglaws.course.learner.events import Answered, Asked, GaveUp
from scalinglaws.course.practice import widget
from scalinglaws.course.practice.sitting import Challenge, Practice
from tests.accessibility import complaints

from ..questions.answers import FIVE, RIGHT, wrong
from .conftest import reaching

CODE = base64.b64encode(widget.script("page.js").encode()).decode()
CONTENT = """<!doctype html><html lang="en"><title>t</title><style>%s</style>
<body data-jp-theme-light="%s" style="background:%s"><div class="jp-OutputArea"><p class="slp-note">It is loading.</p><div id="el"></div></div>
<script type="module">
  const page = (await import("data:text/javascript;base64,%s")).default;
  window.sent = [];
  const model = { get: () => (%s), on() {}, off() {}, send: (message) => window.sent.push(message) };
  page.render({ model, el: document.getElementById("el") });
</script></body></html>"""


@pytest.fixture
def draw(page):
    """Draw a sitting; returns what the learner can read."""

    def drawn(sitting, light: bool = True) -> str:
        shown = json.dumps({**widget.for_page(sitting), "problem": "", "serial": 1})
        css, ground = widget.STYLE, "#fff" if light else "#111"
        page.set_default_timeout(30_000)
        page.set_content(CONTENT % (css, str(light).lower(), ground, CODE, shown))
        page.locator(".slp h2").wait_for()
        return page.locator("body").inner_text()

    return drawn


def lose(challenge: Challenge, right: int = 0) -> None:
    """Play a round to its end, with so many right answers."""
    challenge.start(name="Ada")
    for i, name in enumerate(FIVE):
        if i < right:
            challenge.answer(RIGHT[name])
        else:
            challenge.answer(wrong(name))
            challenge.answer(wrong(name))
        challenge.next()


@pytest.mark.parametrize("right", [0, 1, 4])
def test_a_lost_round_says_nothing_but_what_is(draw, progress, page, right):
    challenge = Challenge(progress)
    lose(challenge, right)
    said = draw(challenge)
    assert f"{right} of 5 are right" in said and "Another round" in said
    assert ("Your mistakes in this round" in said) and page.locator("details").count() == 5 - right
    assert not [word for word in ("null", "undefined", "NaN", "[object") if word in said]


@pytest.mark.parametrize("right", [0, 5])
def test_the_result_follows_the_last_reply_at_once(draw, progress, page, right):
    """A worked solution may fill the window: what the round came to does not stand below it."""
    challenge = Challenge(progress)
    lose(challenge, right)
    draw(challenge)
    headings = page.locator(".slp").get_by_role("heading").all_inner_texts()
    assert headings[0] == "Problem 5 of 5" and "are right" in headings[1]
    assert headings[2].endswith(("of the last problem", "of the last problem, and why"))
    reply, result = (
        page.locator(place).first.bounding_box() for place in (".slp-reply", ".slp h3")
    )
    assert 0 <= result["y"] - (reply["y"] + reply["height"]) < 60


def test_a_won_round_shows_the_badge(draw, progress, page):
    challenge = Challenge(progress)
    challenge.start(name="Ada")
    for i, name in enumerate(FIVE):
        if i == 1:
            challenge.answer(wrong(name))
        challenge.answer(RIGHT[name])
        challenge.next()
    said = draw(challenge)
    assert "All five are right: the badge is yours" in said and "right, at attempt 2" in said
    assert "null" not in said and page.locator(".slp img").count() == 1


@pytest.mark.parametrize("light", [True, False])
def test_a_review_shows_what_was_wrong_and_asks_again(draw, progress, page, clock, light):
    for name in ("drawn.split", FIVE[0]):
        progress.add(Asked(progress.now(), "practice", name))
        progress.add(Answered(progress.now(), name, wrong(name), False, "practice"))
        progress.add(GaveUp(progress.now(), "practice", name))
    clock.forward(minutes=3)
    review = Practice(progress, review=True)
    asked = review.next()
    assert asked
    put = asked.question
    page.set_viewport_size({"width": 640, "height": 800})
    said = draw(review, light)
    assert "Your mistakes" in said and "What you got wrong" in said
    page.locator("summary").first.focus()
    page.keyboard.press("Enter")
    said = page.locator("details[open]").inner_text()
    assert "You answered" in said and "Worked solution" in said
    assert put not in [mistake["question"] for mistake in widget.for_page(review)["mistakes"]]
    assert page.evaluate("document.documentElement.scrollWidth") <= 640
    assert complaints(page, ".slp") == []


def test_the_note_for_broken_front_ends_goes_where_the_page_runs(draw, progress, page):
    said = draw(Challenge(progress))
    assert "loading" not in said
    assert "Five problems, two minutes and two attempts each" in said


@pytest.mark.parametrize("light", [True, False])
def test_an_open_question_in_both_themes(draw, progress, page, light):
    practice = Practice(progress, "01_power_laws")
    practice.next()
    said = draw(practice, light)
    assert "null" not in said and page.get_by_role("button", name="Answer").count() == 1
    ink, ground = page.evaluate(
        "() => { const s = getComputedStyle(document.querySelector('.slp')); return [s.color, s.backgroundColor] }"
    )
    assert ink != ground
    page.get_by_role("button", name="Answer").click()
    assert "Choose or write an answer first." in page.locator(".slp").inner_text()


PASS = "Control+Shift+C Control+b Control+s Meta+b Alt+k Escape F11 Tab"
STAY = "a D 7 Shift+M Shift+Enter ArrowUp ArrowDown Home Backspace"


@pytest.mark.parametrize("part", ["input", "button"])
def test_plain_keys_stay_in_the_widget_and_combinations_pass(draw, progress, page, part):
    draw(Challenge(progress))
    where = page.locator(f".slp {part}").first
    where.focus()
    assert reaching(page, STAY) == []
    if part == "input":
        assert where.input_value().startswith("aD7M")
    where.focus()
    assert reaching(page, PASS) == PASS.split()
    where.focus()
    # Undo in a field is the field's; JupyterLab would undo the code of a cell.
    undo = "Control+z Control+Shift+Z Meta+z"
    assert reaching(page, undo) == ([] if part == "input" else undo.split())
    # Escape leads back to the cell.
    page.evaluate(
        "Object.assign(document.querySelector('.jp-OutputArea'), { className: 'jp-Cell', tabIndex: -1 })"
    )
    where.focus()
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.className") == "jp-Cell"


def test_what_altgr_writes_stays_in_the_widget(draw, progress, page):
    draw(Challenge(progress))
    reaching(page, "")
    told = """([key, altgr]) => {
      const event = new KeyboardEvent("keydown", {
        key, ctrlKey: true, altKey: true, modifierAltGraph: altgr, bubbles: true, cancelable: true });
      document.querySelector(".slp input").dispatchEvent(event);
      return window.reached.splice(0);
    }"""
    assert page.evaluate(told, ["@", True]) == []
    assert page.evaluate(told, ["a", False]) == ["a"]


def test_the_countdown_says_its_marks_and_ends_once(page):
    page.clock.install()
    page.set_content(f"<p id=time></p><script>{(widget._HERE / 'element.js').read_text()}</script>")
    page.evaluate(
        """() => {
          window.heard = []; window.overs = 0;
          countdown(document.getElementById("time"), 90, {
            short: 30, marks: [600, 60, 10], words: (mark) => `${mark} left`,
            say: (text) => heard.push(text), over: () => { overs += 1; },
          });
        }"""
    )
    seen = []
    for seconds in (0, 31, 50, 10, 60):
        page.clock.run_for(1000 * seconds)
        seen.append(page.locator("#time").inner_text())
    assert seen == ["1:30 left", "0:59 left", "0:09 left", "0:00 left", "0:00 left"]
    assert page.evaluate("heard") == ["60 left", "10 left"]
    assert page.evaluate("overs") == 1
    assert page.locator("#time").get_attribute("data-short") == "true"
