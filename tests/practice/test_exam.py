"""The exam: drawn with numbers of its own, resumed, never marked twice, told to nobody before its end, printed with its key apart."""

import base64
import json
import re
from collections import Counter
from datetime import timedelta

import pytest

from scalinglaws.course.ideas import IDEAS, ideas_of
from scalinglaws.course.learner.events import Progress
from scalinglaws.course.practice import exam_widget, widget
from scalinglaws.course.practice.exam import Desk, draw_exam
from scalinglaws.course.practice.exam_command import in_terminal, report_text
from scalinglaws.course.practice.exam_print import write
from scalinglaws.course.practice.exam_view import view
from scalinglaws.course.practice.mistakes import mistakes
from scalinglaws.course.practice.options import to_shown
from scalinglaws.course.practice.reveal import solution
from scalinglaws.course.practice.sitting import Practice
from scalinglaws.course.questions import bank
from scalinglaws.course.questions.drawn import family, instance, seed_of
from scalinglaws.course.questions.seal import find
from scalinglaws.errors import CourseError
from tests.accessibility import complaints

from ..questions.answers import BANK, RIGHT
from .conftest import reaching
from .test_page import CONTENT


def right_of(exam, number: int) -> str:
    """The right answer to a question of an exam, as it may be typed."""
    name = exam.questions[number]
    seed = seed_of(name)
    answer = (
        bank.right_answer(instance(BANK[family(name)]["recipe"], seed)) if seed else RIGHT[name]
    )
    return to_shown(exam.turn(number), str(answer).strip())


@pytest.fixture
def desk(progress) -> Desk:
    return Desk(progress)


@pytest.mark.parametrize("seed", [0, 1, 7, 99, 999_999])
def test_every_exam_covers_all_notebooks_and_mixes_forms_and_levels(seed):
    questions = draw_exam(seed)
    assert questions == draw_exam(seed)
    assert len({family(question) for question in questions}) == len(questions) == 18
    entries = [find(question) for question in questions]
    reached = {IDEAS[idea].notebook for entry in entries for idea in ideas_of(entry.covers)}
    assert reached == {idea.notebook for idea in IDEAS.values()}
    assert len({entry.type for entry in entries}) >= 5
    assert len({entry.level for entry in entries}) == 4
    assert sum("recipe" in BANK[family(question)] for question in questions) >= 6


def test_two_exams_differ_also_in_their_numbers(desk, clock):
    first = desk.start()
    desk.hand_in(first.started.sitting)
    clock.forward(minutes=1)
    second = desk.start()
    assert second.started.sitting == "exam-2" and first.questions != second.questions
    shared = {family(q) for q in first.questions if seed_of(q)} & {
        family(q) for q in second.questions if seed_of(q)
    }
    assert not [q for q in first.questions if family(q) in shared and q in second.questions]


def test_an_exam_resumes_after_a_killed_kernel_and_in_two_tabs(desk, progress):
    exam = desk.start()
    name = exam.started.sitting
    desk.answer(name, 0, right_of(exam, 0))
    elsewhere = Desk(Progress(progress.path, progress.now))
    assert elsewhere.start().started == exam.started  # the same one, not a second
    lines = progress.path.read_bytes()
    elsewhere.answer(name, 0, right_of(exam, 0))
    elsewhere.answer("exam-9", 1, right_of(exam, 1))
    elsewhere.answer(name, 99, "a")
    assert progress.path.read_bytes() == lines  # nothing doubled
    with progress.path.open("ab") as file:
        file.write(b'{"event": "answered", "que')  # torn by a crash
    elsewhere.answer(name, 1, right_of(exam, 1))
    assert desk.exam().right == 2
    desk.answer(name, 1, "")  # taken back
    assert desk.exam().right == 1 and len(desk.exam().answers) == 1
    desk.hand_in(name)
    elsewhere.hand_in(name)
    desk.answer(name, 2, right_of(exam, 2))
    assert desk.exam().right == 1 and desk.exam().over(desk.now)
    assert progress.path.read_bytes().count(b"handed_in") == 1


@pytest.mark.parametrize("typed", ["1", "0.50", "1_000", "2/3", " 7 "])
def test_a_number_comes_back_as_it_was_typed_and_is_marked_as_a_number(desk, progress, typed):
    exam = desk.start()
    number = next(i for i, q in enumerate(exam.questions) if find(q).form == "number")
    name = exam.started.sitting
    desk.answer(name, number, typed)
    again = Desk(Progress(progress.path, progress.now))
    assert view(again).questions[number].answer == typed.strip()
    lines = progress.path.read_bytes()
    again.answer(name, number, typed)
    assert progress.path.read_bytes() == lines
    desk.hand_in(name)
    (mistake,) = [
        m
        for m in mistakes(desk.progress.events(), desk.now)
        if m.question == exam.questions[number]
    ]
    assert mistake.reply and "changed" not in mistake.reply


def test_a_clock_that_jumps_loses_nothing(desk, clock):
    exam = desk.start()
    desk.answer(exam.started.sitting, 0, right_of(exam, 0))
    clock.forward(days=400)
    assert view(desk).phase == "report" and view(desk).report.late and desk.exam().right == 1
    clock.time -= timedelta(days=400, minutes=30)
    shown = view(desk)
    assert shown.phase == "exam" and shown.seconds_left == exam.started.seconds
    desk.answer(exam.started.sitting, 1, right_of(exam, 1))
    assert desk.exam().right == 2


def test_nothing_is_told_before_the_end_and_everything_after(desk, progress):
    exam = desk.start("untimed")
    for number in range(len(exam.questions)):
        with_mistake = number == 3
        answer = right_of(exam, number)
        if not with_mistake:
            desk.answer(exam.started.sitting, number, answer)
    assert not mistakes(desk.progress.events(), desk.now)
    with pytest.raises(CourseError, match="opens after a right answer"):
        solution(exam.questions[0], desk.progress)
    shown = view(desk)
    assert shown.seconds_left is None and shown.report is None
    told = exam_widget.for_page(desk)["questions"]
    assert not any(key in one for one in told for key in ("right", "solution", "replies"))
    desk.hand_in(exam.started.sitting)
    shown = view(desk)
    assert (shown.report.right, shown.report.of) == (17, 18)
    assert sum(score.of for score in shown.report.topics) == 18
    (missed,) = mistakes(desk.progress.events(), desk.now)
    assert missed.question == exam.questions[3] and missed.yours == "nothing"
    assert Practice(desk.progress, review=True).questions == [family(exam.questions[3])]
    low = [score for score in shown.report.topics if score.right < score.of]
    assert len(low) == 1
    said = report_text(shown)
    assert "17 of 18 are right." in said and f"read again: {low[0].notebook}" in said


def test_what_cannot_be_read_as_an_answer_changes_nothing(desk):
    exam = desk.start()
    number = next(i for i, q in enumerate(exam.questions) if find(q).type == "number")
    with pytest.raises(CourseError, match="not one Python expression"):
        desk.answer(exam.started.sitting, number, "about one")
    assert not desk.exam().answers
    with pytest.raises(CourseError, match="There is no pace"):
        desk.start("slow")


def test_in_the_terminal(desk, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "60")
    exam = desk.start()
    lines = iter(["zz", "3", "b", f"={right_of(exam, 1)}", "=(", "q"])
    in_terminal(desk, lambda _: next(lines))
    assert desk.exam().right == 1
    lines = iter(["!", "!"])
    in_terminal(desk, lambda _: next(lines))
    said = capsys.readouterr().out
    assert (
        "'zz' is not one of the keys." in said
        and "17 not answered: press ! again" in said.replace("\n", " ")
    )
    assert "1 of 18 are right." in said


def test_printed_with_the_key_apart(tmp_path):
    folder = tmp_path / "class"
    paths = write(2, folder, seed=41)
    assert [path.name for path in paths] == ["exam-1.html", "exam-2.html", "key.html"]
    one, two, key = (path.read_text("utf-8") for path in paths)
    assert one != two and "Step by step" in key
    for sheet in (one, two):
        assert not re.search(r"Step by step|drawn\.|Seed|\w#\d", sheet) and "[[" not in sheet
        assert "http" not in re.sub(r"http://www.w3.org/[^\"]*", "", sheet)
    assert "Seed 41." in key and "Seed 42." in key
    counted = Counter(re.findall(r"<h2>Question (\d+):", key))
    assert set(counted.values()) == {2} and len(counted) == 18
    with pytest.raises(CourseError, match=r"has exam-1.html already"):
        write(1, folder)
    with pytest.raises(CourseError, match="1 to 200"):
        write(0, tmp_path / "none")


@pytest.mark.parametrize(("light", "width"), [(True, 640), (False, 1280)])
def test_the_page_by_keyboard_in_both_themes(desk, page, light, width):
    code = base64.b64encode(widget.script("exam.js").encode()).decode()
    ground = "#fff" if light else "#111"
    page.set_viewport_size({"width": width, "height": 900})
    page.set_default_timeout(30_000)

    def draw() -> None:
        shown = json.dumps(
            {**exam_widget.for_page(desk), "problem": "", "trouble": None, "serial": 1}
        )
        page.set_content(CONTENT % (widget.STYLE, str(light).lower(), ground, code, shown))
        page.locator(".slp h2").wait_for()
        said = page.locator("body").inner_text()
        assert not [word for word in ("null", "undefined", "NaN", "[object", "[[") if word in said]
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert complaints(page, ".slp") == []

    draw()
    page.get_by_role("button", name="Start").focus()
    page.keyboard.press("Enter")
    assert page.evaluate("window.sent.at(-1)") == {"do": "start", "pace": "timed"}
    exam = desk.start()
    draw()
    page.locator("input[type=radio]").first.focus()
    page.keyboard.press("Space")
    page.wait_for_function("window.sent.some((m) => m.do === 'answer')")
    assert reaching(page, "b Enter Escape Control+Shift+C") == ["Escape", "Control+Shift+C"]
    sent = page.evaluate("window.sent.find((m) => m.do === 'answer')")
    desk.answer(sent["exam"], sent["number"], sent["answer"])
    assert len(desk.exam().answers) == 1
    hand = page.get_by_role("button", name="Hand in")
    hand.focus()
    page.keyboard.press("Enter")
    assert "Hand in with 17 not answered" in page.locator(".slp").inner_text()
    page.keyboard.press("Enter")
    assert page.evaluate("window.sent.at(-1).do") == "hand in"
    desk.hand_in(exam.started.sitting)
    draw()
    assert "By topic" in page.locator(".slp").inner_text()
