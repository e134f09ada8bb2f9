"""The site: whole, closed in itself, without answers, and computing what Python computes."""

import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import numpy as np
import pytest

from scalinglaws.constants import CHINCHILLA, CHINCHILLA_REPLICATION, KAPLAN
from scalinglaws.course.exercises import assignments
from scalinglaws.course.questions import seal
from scalinglaws.errors import CourseError
from scalinglaws.site.build import build
from scalinglaws.site.charts import numbers
from scalinglaws.site.text import PAGES
from tests.accessibility import complaints
from tests.questions.answers import BANK

from .notebooks import COURSE, hidden_lines, release

pytestmark = pytest.mark.slow


class Page(HTMLParser):
    """What a page holds: the targets of its links, what it loads, and its anchors."""

    def __init__(self, text):
        super().__init__()
        self.links, self.loads, self.anchors = [], [], set()
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        have = dict(attrs)
        if "id" in have:
            self.anchors.add(have["id"])
        if tag == "a" and "href" in have:
            self.links.append(have["href"])
        elif tag in ("script", "img", "source", "iframe") and "src" in have:
            self.loads.append(have["src"])
        elif tag == "link":
            self.loads.append(have["href"])


@pytest.fixture(scope="module")
def site(executed, tmp_path_factory):
    """The folder of the site, from the notebooks that other tests run, too."""
    out = tmp_path_factory.mktemp("site")
    build(COURSE, out, executed)
    return out


@pytest.fixture(scope="module")
def pages(site):
    return {path.name: Page(path.read_text("utf-8")) for path in site.glob("*.html")}


def test_every_notebook_is_a_chapter(site):
    for name in assignments(COURSE):
        assert (site / f"{name}.html").stat().st_size > 20_000


def test_no_link_is_broken_and_nothing_is_loaded_from_elsewhere(site, pages):
    for name, page in pages.items():
        for target in page.loads:
            assert target.startswith("data:") or (site / unquote(target)).is_file(), (name, target)
        for target in page.links:
            parts = urlsplit(target)
            if parts.scheme in ("http", "https", "mailto"):
                continue
            assert not parts.scheme, (name, target)
            file = unquote(parts.path) or name
            assert (site / file).is_file(), (name, target)
            if parts.fragment and file.endswith(".html"):
                assert unquote(parts.fragment) in pages[file].anchors, (name, target)


@pytest.mark.parametrize("assignment", assignments(COURSE))
def test_no_solution_no_hidden_test_and_no_path_of_this_machine(site, assignment):
    text = (site / f"{assignment}.html").read_text("utf-8")
    plain = re.sub(r"<[^>]+>", "", text).replace("&lt;", "<").replace("&gt;", ">")
    plain = plain.replace("&quot;", '"').replace("&#x27;", "'").replace("&amp;", "&")
    # A third hint comes close to the line, and without its backticks it may be one.
    given = "".join(cell.source for cell in release(assignment).cells).replace("`", "")
    told = {line for line in hidden_lines(assignment, solutions=True) if line in plain}
    told = {line for line in told if line not in given}
    assert not told
    home = str(Path.home())
    assert str(COURSE) not in text and (len(home) < 4 or home not in text)
    assert "BEGIN SOLUTION" not in text and "BEGIN HIDDEN" not in text


def test_no_reply_of_the_quiz_can_be_read(site):
    text = "".join(path.read_text("utf-8") for path in site.rglob("questions-*.js"))
    for question in BANK.values():
        for option in question.get("options", {}).values():
            assert option["reply"].strip()[:60] not in text


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(CourseError, match="give another folder"):
        build(COURSE, tmp_path, lambda name: None)
    assert (tmp_path / "thesis.txt").read_text() == "mine"
    with pytest.raises(CourseError, match="give another folder"):
        build(COURSE, tmp_path / "thesis.txt", lambda name: None)
    assert (tmp_path / "thesis.txt").read_text() == "mine"


def open_page(page, site, name):
    wrong = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    page.goto((site / name).as_uri())
    return wrong


def test_every_page_opens_from_a_file_without_an_error(site, pages, page):
    for name in sorted(pages):
        wrong = open_page(page, site, name)
        page.wait_for_load_state("load")
        assert not wrong, (name, wrong)
        for width in (1280, 390, 320):
            page.set_viewport_size({"width": width, "height": 800})
            wide = page.evaluate("document.documentElement.scrollWidth > innerWidth + 1")
            assert not wide, f"{name} scrolls sideways at {width} pixels"


def test_the_first_page_is_small(site):
    """What a browser loads for the front: below a megabyte."""
    html = (site / "index.html").read_text("utf-8")
    loaded = re.findall(r'src="([^"]+)"|rel="stylesheet" href="([^"]+)"', html)
    assert len(html) + sum((site / (a or b)).stat().st_size for a, b in loaded) < 1_000_000


def test_print_holds_every_figure_and_is_light(site, page):
    page.emulate_media(color_scheme="dark", media="print")
    open_page(page, site, "03_chinchilla.html")
    page.wait_for_load_state("load")
    assert page.locator('img[loading="lazy"]').count() == 0
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert not page.locator(".top, .quiz button").filter(visible=True).count()


@pytest.mark.parametrize(
    "law", [CHINCHILLA, CHINCHILLA_REPLICATION, KAPLAN], ids=lambda law: law.name
)
def test_the_browser_computes_what_python_computes(site, page, law):
    open_page(page, site, "tools.html")
    given = numbers(law)
    for C in (1e18, 1e21, 1e24):
        found = page.evaluate("([law, C]) => [LAWS.nOpt(law, C), LAWS.dOpt(law, C)]", [given, C])
        own = getattr(law, "allocation", law)
        np.testing.assert_allclose(found, [own.N_opt(C), own.D_opt(C)], rtol=1e-9)
    if given["kind"] == "joint":
        found = page.evaluate("law => LAWS.loss(law, 7e9, 2e12)", given)
        assert found == pytest.approx(float(law(7e9, 2e12)), rel=1e-12)


def test_the_quiz_of_a_page_opens_the_reply_that_python_opens(site, page):
    name, question = next(
        (name, question)
        for name, question in BANK.items()
        if question.get("notebook") == "01_power_laws"
        and question["type"] == "choice"
        and f'"{name}"' in (site / "assets/questions-01_power_laws.js").read_text("utf-8")
    )
    wrong = open_page(page, site, "01_power_laws.html")
    for letter in question["options"]:
        found = page.evaluate("([id, answer]) => QUIZ.mark(id, 'option', answer)", [name, letter])
        own = seal.mark(name, letter)
        assert found["right"] == own.right
        assert own.text[:40] in found["text"]
    assert not wrong


def test_search_finds_and_leads(site, page):
    open_page(page, site, "index.html")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("searchbox").fill("critical batch")
    first = page.locator("#search-found a").first
    first.wait_for()
    assert (site / urlsplit(first.get_attribute("href")).path).is_file()
    page.get_by_role("searchbox").fill("warmup")  # the texts write warm-up
    page.locator("#search-found mark", has_text="warm-up").first.wait_for()
    page.keyboard.press("Escape")
    assert not page.get_by_role("searchbox").is_visible()


def test_the_calculator_asks_about_what_it_cannot_read(site, page):
    wrong = open_page(page, site, "tools.html")
    said, typed = page.locator("#tool-budget output"), page.locator("#tool-budget [name=C]")
    for text in ("", "abc", "-1e21", "0", "Infinity", "1,5", "1e21 FLOPs"):
        typed.fill(text)
        assert "needs a positive number" in said.inner_text(), text
    for text in ("1,000,000", " 1e 6 ", "1E6"):
        typed.fill(text)
        assert said.inner_text().startswith("1.00e+6 FLOPs take"), text
    assert not wrong


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_axe_finds_nothing(site, page, scheme, width):
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 800})
    for name in ("index.html", "08_capstone.html", "findings.html", "tools.html"):
        open_page(page, site, name)
        assert complaints(page) == [], name


def test_every_page_that_the_readme_offers_a_reader_is_on_the_site():
    linked = set(
        re.findall(r"\]\((docs/\w+\.md|data/README\.md)", (COURSE / "README.md").read_text("utf-8"))
    )
    assert linked - {"docs/releasing.md"} <= set(PAGES) and "docs/teaching.md" in linked  # fmt: skip
