"""The page of a class: tidy for any number of students, and harmless whatever their names are."""

import datetime
import math
import re
from html.parser import HTMLParser

import numpy as np
import pytest

from scalinglaws.cli import main
from scalinglaws.course.grading.item_analysis import Item
from scalinglaws.course.grading.similar import Pair
from scalinglaws.course.school.class_page import SHOWN_NAMES, to_html
from scalinglaws.course.school.class_view import ClassView, Look, Person, Sheet, Work
from scalinglaws.course.school.roster import Student, save_roster

from .conftest import NAME

EVIL = "<img src=x onerror=alert(1)>\"'&\x1b[31m"
SHEETS = ("01_power_laws", "02_diminishing_returns", "03_chinchilla")
VOID = {"meta", "img", "br", "rect", "line", "circle", "polyline"}


class Nesting(HTMLParser):
    """Raises where tags are not closed as they were opened."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()

    def handle_starttag(self, tag, attrs):
        self.seen.add(tag)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.seen.add(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def sample(many: int) -> ClassView:
    """A class whose members have done something, but for the last."""
    rng = np.random.default_rng(many)
    people = [Person(f"s{i:03}", f"Student {EVIL if i == 1 else i}") for i in range(many)]
    sheets = []
    for number, name in enumerate(SHEETS):
        work, look = {}, []
        for i, person in enumerate(people[: max(1, many - 1)]):
            state = ("graded", "graded", "waits", "submitted", "unreadable")[i % 7 % 5]
            known = state in ("graded", "waits")
            percent = float(np.clip(rng.normal(72 - 6 * number, 18), 0, 110)) if known else None
            work[person.id] = Work(state, percent, late=i % 11 == 3, older=i % 13 == 5)
            if state != "graded":
                look.append(Look("To be marked in formgrader", person.id, f"because {EVIL}"))
        items = [
            Item(str(k), f"Exercise {k} {EVIL}", many, k == 2, math.nan if k == 3 else 0.9 - 0.1 * k, 0.8 - 0.1 * k, 0.4 - 0.1 * k, 0.1, [(f"wrong {EVIL}", 3)] if k else [])
            for k in range(6)
        ]  # fmt: skip
        pairs = [Pair("s001", EVIL, name, 0.93, 120)] * (3 * many > 30)
        sheets.append(
            Sheet(name, 33.0, work, look, items, pairs, "" if number else "Not compared.")
        )
    made = datetime.datetime(2026, 11, 29, 10, 0, tzinfo=datetime.UTC)
    return ClassView(people, sheets if many else [], ["08_capstone"], made)


@pytest.mark.parametrize("many", [0, 1, 2, 30, 300])
def test_the_page_is_whole_and_harmless(many):
    page = to_html(sample(many))
    parser = Nesting()
    parser.feed(page)
    assert not parser.open and not {"img", "script", "link"} & parser.seen
    assert EVIL not in page and "\x1b" not in page
    assert many < 2 or "onerror=alert(1)&gt;" in page
    assert "nan" not in re.sub("<[^>]+>", " ", page)
    assert not re.search(r"(https?:)?//", page)  # nothing from elsewhere
    assert page.count('<th scope="row">Student') == many
    # What scrolls can be reached by the keyboard, and has a name of its own.
    boxes = re.findall(r'<div class="(?:wide|tall)"([^>]*)>', page)
    names = re.findall(
        r'<div class="(?:wide|tall)" tabindex="0" role="region" aria-label="([^"]+)">', page
    )
    assert len(boxes) == len(names) == len(set(names)) and '<th scope="col"></th>' not in page
    assert len(page) < 5_000 + many * 3_000 + 40_000


def test_a_long_list_of_reasons_is_cut():
    look = [Look("To be marked in formgrader", f"s{i}", "x") for i in range(2 * SHOWN_NAMES)]
    sheet = Sheet(NAME, 1.0, {"s1": Work("waits", 50.0)}, look)
    page = to_html(ClassView([Person("s1", "A")], [sheet], [], datetime.datetime.now()))
    assert f"and {SHOWN_NAMES} more" in page and "<li>s399: x" in page and "s400" not in page


def test_scores_outside_their_range_stay_in_the_picture():
    work = {"a": Work("graded", 130.0), "b": Work("graded", 0.0), "c": Work("waits", 10.0)}
    sheet = Sheet(NAME, 1.0, work)
    assert sheet.percents == [0.0, 130.0] and sheet.quartiles == (32.5, 65.0, 97.5)
    page = to_html(ClassView([Person(k, k) for k in work], [sheet], [], datetime.datetime.now()))
    assert "1 from 90 %" in page and not re.search(r'y="-', page)


def test_an_empty_class_says_what_comes_first(course, capsys):
    assert main(["class"]) == 0
    assert "0 students, 0 assignments" in capsys.readouterr().out
    page = (course / "ledger" / "class.html").read_text("utf-8")
    assert "scalinglaws roster FILE" in page and NAME in page
    save_roster(course, [Student("ada", "Ada", "Lovelace")])
    assert main(["class", "--output", str(course / "x" / "y.html")]) == 0
    page = (course / "x" / "y.html").read_text("utf-8")
    assert "scalinglaws collect FILE.zip" in page and "Ada Lovelace" in page
    assert main(["class", "99_none"]) == 2
    (course / "file").write_text("")
    assert main(["class", "--output", str(course / "file" / "y.html")]) == 2
    assert "cannot be written" in capsys.readouterr().err
