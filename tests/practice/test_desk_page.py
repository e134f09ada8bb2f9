"""The page to start from: where to resume, what is due, today, and the map of ideas, with links that lead somewhere."""

import os
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import unquote

import pytest

from scalinglaws.course.exercises import assignments, read_notebook
from scalinglaws.course.ideas import IDEAS, PLACES
from scalinglaws.course.learner.events import Answered, Checked, CheckedExercise, GoalSet, Progress
from scalinglaws.course.practice import desk_page, progress_report as panel
from scalinglaws.course.practice.places import first_untouched, idea_places
from scalinglaws.course.practice.today import Today, set_goal, today_of
from scalinglaws.errors import CourseError

ROOT = Path(__file__).resolve().parents[2]
NAMES = tuple(assignments(ROOT))
HREF = re.compile(r'<a href="([^"#]+)(?:#cell-id=([^"]+))?">([^<]*)</a>')


def row(right: bool) -> CheckedExercise:
    return CheckedExercise("t", "right" if right else "wrong", float(right), 1.0, False)


@pytest.fixture
def own(progress, monkeypatch) -> Path:
    """The learner's folder, where the page is shown; the course is this repository."""
    monkeypatch.setenv("SCALINGLAWS_COURSE", str(ROOT))
    progress.path.parent.mkdir(parents=True)
    return progress.path.parent


class TestLinks:
    @pytest.mark.parametrize("below", ["", "01_power_laws"])
    def test_each_leads_to_a_cell_that_is_there(self, progress, own, below):
        here = own / below
        html = desk_page.as_html(panel.report(progress), here)
        found = HREF.findall(html)
        cells = {}
        for href, cell, _ in found:
            path = Path(os.path.normpath(here / unquote(href))).relative_to(own)
            if path not in cells:
                cells[path] = {c.id for c in read_notebook(ROOT / "release" / path).cells}
            assert not cell or cell in cells[path], (path, cell)
        assert len(cells) == len(NAMES) + 1  # all notebooks and the start page
        assert len(found) == html.count("<a ")

    def test_every_idea_has_a_card_with_all_that_it_promises(self, progress, own):
        html = desk_page.as_html(panel.report(progress), own)
        cards = html.split('<details class="sld-idea"')[1:]
        assert len(cards) == len(IDEAS)
        for card in cards:
            for part in ("Taught", "Practised", "Checked"):
                assert f"<dt>{part}</dt>" in card
        for idea in IDEAS.values():
            sentences = re.findall(r"(?<!al)\.(?: [A-Z]|$)", idea.says)
            assert len(sentences) == 2, idea.says

    def test_a_goal_is_set_by_a_call_where_there_is_no_field(self, progress, own):
        call = "sl.progress(goal=5)"
        assert call in desk_page.as_html(panel.report(progress), own)
        assert call not in desk_page.as_html(panel.report(progress), own, has_goal_field=True)

    def test_names_are_escaped(self, progress, own, monkeypatch):
        odd = own / "badges" / "<b>&.png"
        odd.parent.mkdir()
        odd.touch()
        html = desk_page.as_html(panel.report(progress), own)
        assert "<b>&.png" not in html and "&lt;b&gt;&amp;.png" in html

    def test_an_idea_is_taught_in_its_own_notebook(self):
        places = idea_places(ROOT / "release", NAMES)
        other = [i.id for i in IDEAS.values() if places[i.id].taught.notebook != i.notebook]
        assert other == []


def test_the_maps_boxes_lie_apart_and_its_arrows_run_onwards():
    for idea in IDEAS.values():
        left, top = desk_page._corner(idea.id)
        assert 0 <= left <= desk_page._MAP[0] - desk_page._WIDTH
        assert 0 <= top <= desk_page._MAP[1] - desk_page._HEIGHT
        assert all(PLACES[need][0] < PLACES[idea.id][0] for need in idea.needs)
        for other in IDEAS:
            x, y = desk_page._corner(other)
            apart = abs(x - left) >= desk_page._WIDTH or abs(y - top) >= desk_page._HEIGHT
            assert apart or other == idea.id


class TestResume:
    def test_first_the_first_notebook(self, progress, own):
        step = panel.report(progress).steps[0]
        assert (step.text, step.place.path) == ("Open 00_pipeline", "00_pipeline/00_pipeline.ipynb")

    def test_at_the_first_exercise_that_the_last_check_left_open(self, progress, own, clock):
        for name, right in (("03_chinchilla", False), ("01_power_laws", False)):
            clock.forward(hours=1)
            progress.add(Checked(clock(), name, 1.0, 2.0, {"1": row(True), "2": row(right)}))
        step = panel.report(progress).steps[0]
        assert step.text == "Resume 01_power_laws at exercise 2"  # the later one
        assert (step.place.notebook, step.place.cell) == ("01_power_laws", "ex2")

    def test_after_a_finished_notebook_the_next(self, progress, own, clock):
        progress.add(Checked(clock(), "00_pipeline", 2.0, 2.0, {"1": row(True)}))
        assert panel.report(progress).steps[0].text == "Open 01_power_laws"

    def test_an_exercise_that_the_course_has_no_more(self, progress, own, clock):
        progress.add(Checked(clock(), "01_power_laws", 1.0, 2.0, {"99": row(False)}))
        place = panel.report(progress).steps[0].place
        assert (place.notebook, place.cell) == ("01_power_laws", "")

    def test_without_a_check_the_first_answer_that_is_still_empty(self, tmp_path):
        name = "01_power_laws"
        own = tmp_path / name / f"{name}.ipynb"
        own.parent.mkdir()
        notebook = (ROOT / "release" / name / f"{name}.ipynb").read_text("utf-8")
        release = ROOT / "release"
        assert first_untouched(release, tmp_path, name) == ""  # there is no copy
        own.write_text(notebook, "utf-8")
        assert first_untouched(release, tmp_path, name) == "1"
        own.write_text(notebook.replace("guess_doubling = None", "guess_doubling = 0.9"), "utf-8")
        assert first_untouched(release, tmp_path, name) == "2"
        for broken in ("", "[]", "{}", '{"cells": 7}'):
            own.write_text(broken)
            assert first_untouched(release, tmp_path, name) == ""


class TestToday:
    NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)

    def answered(self, days_ago: float, question: str = "power_laws.trend") -> Answered:
        return Answered(self.NOON - timedelta(days=days_ago), question, "a", True)

    def test_nothing_yet(self):
        assert today_of([], self.NOON) == Today(0, 0, 0)
        assert str(today_of([], self.NOON)) == "Today: 0 done"

    def test_a_streak_ends_with_a_day_without_work(self):
        events = [self.answered(days) for days in (5, 3, 2, 1)]
        assert today_of(events, self.NOON).streak == 3  # today is not over
        events.append(self.answered(0))
        assert today_of(events, self.NOON).streak == 4
        assert today_of(events, self.NOON + timedelta(days=2)).streak == 0

    def test_what_counts_is_each_question_once_and_an_exercise_when_it_becomes_right(self):
        events = [self.answered(0), self.answered(0), self.answered(0, "power_laws.two_terms")]
        rows = {"1": row(True), "2": row(False)}
        events.append(Checked(self.NOON - timedelta(days=1), "x", 1.0, 2.0, rows))
        events.append(Checked(self.NOON, "x", 2.0, 2.0, {"1": row(True), "2": row(True)}))
        events.append(Checked(self.NOON, "x", 2.0, 2.0, {"1": row(True), "2": row(True)}))
        assert today_of(events, self.NOON).done == 3

    def test_a_goal_is_kept_and_can_be_dropped(self, progress, clock):
        for goal in (5, 5, 3):
            set_goal(progress, goal)
        assert len(progress.events()) == 2  # no line without news
        assert today_of(progress.events(), clock()).goal == 3
        set_goal(progress, 0)
        assert today_of(progress.events(), clock()).goal == 0

    @pytest.mark.parametrize("goal", [-1, 101, 10**9])
    def test_another_goal_is_one_sentence(self, progress, goal):
        with pytest.raises(CourseError, match="from 1 to 100"):
            set_goal(progress, goal)
        assert not progress.path.exists()

    def test_it_says_when_the_goal_is_reached(self):
        events = [GoalSet(self.NOON, 1), self.answered(1), self.answered(0)]
        said = str(today_of(events, self.NOON))
        assert said == "Today: 1 of 1 done, goal reached · 2 days in a row"

    def test_a_clock_that_jumps_makes_no_streak_and_loses_none(self, progress, clock):
        for days in (0, 1, 400, -399, 1):  # ahead by 400 days once, and back again
            clock.forward(days=days)
            progress.add(Answered(clock(), "power_laws.trend", "a", True))
        assert today_of(Progress(progress.path, clock).events(), clock()).streak == 4


def test_a_question_answered_wrongly_is_not_called_known(progress, own, clock):
    progress.add(Answered(clock(), "power_laws.trend", "a", False))
    found = panel.report(progress)
    html = desk_page.as_html(found, own)
    assert (
        f"nothing is due, 1 later, {found.new} new" in html
        and "known" not in html.split("Badges")[0].split("Practice")[1]
    )


def test_what_is_due_is_said_by_idea(progress, own, clock):
    progress.add(Answered(clock(), "power_laws.trend", "a", False))
    clock.forward(days=2)
    found = panel.report(progress)
    assert found.due == 1 and dict(found.waiting) == {"power_law": 1}
    html = desk_page.as_html(found, own)
    assert "Practise: 1 question is due" in html and "Due: Power laws (1)" in html
