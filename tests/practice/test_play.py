"""Without widgets: in the terminal and in plain cells; the commands; worked solutions; the panel."""

import json
import re
import shutil
from datetime import timedelta
from pathlib import Path

import nbformat
import pytest

import scalinglaws as sl
from scalinglaws.cli import main
from scalinglaws.course.learner.events import Answered, Asked, GaveUp, Progress, Started, note_check
from scalinglaws.course.markdown import to_html, to_text
from scalinglaws.course.practice import progress_report as panel
from scalinglaws.course.practice.play import Play, in_terminal
from scalinglaws.course.practice.reveal import solution
from scalinglaws.course.practice.sitting import Challenge, Practice
from scalinglaws.course.questions.worked import worked
from scalinglaws.errors import CourseError

from ..questions.answers import BANK, FIVE, RIGHT, wrong
from .conftest import as_shown

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def course(tmp_path, monkeypatch, clock) -> Path:
    """A course with the bank and one tiny assignment; the session is Ada's."""
    root = tmp_path / "course"
    for folder in ("source", "release"):
        write_assignment(root / folder / "01_first" / "01_first.ipynb", stub=folder == "release")
    (root / "nbgrader_config.py").touch()
    shutil.copytree(ROOT / "questions", root / "questions")
    monkeypatch.setenv("SCALINGLAWS_COURSE", str(root))
    monkeypatch.setenv("SCALINGLAWS_STUDENT", "ada")
    monkeypatch.delenv("SCALINGLAWS_PROGRESS", raising=False)
    return root


def write_assignment(path: Path, stub: bool, answer: str = "answer = None") -> None:
    """One exercise with a solution cell, and one marked by hand."""

    def cell(text: str, name: str, kind: str = "code", **flags) -> nbformat.NotebookNode:
        flags = {"grade": False, "solution": False, "locked": False, **flags}
        meta = {"nbgrader": {"grade_id": name, "schema_version": 3, "task": False, **flags}}
        meta["scalinglaws"] = {"exercise": name[2], "title": f"exercise {name[2]}"}
        make = nbformat.v4.new_code_cell if kind == "code" else nbformat.v4.new_markdown_cell
        return make(text, id=name, metadata=meta)

    text = answer if stub else "### BEGIN SOLUTION\nanswer = 6 * 7\n### END SOLUTION"
    cells = [
        cell(text, "ex1_answer", solution=True),
        cell("assert answer == 42", "ex1_test", grade=True, locked=True, points=1),
        cell("*Write here.*" if stub else "Because of the floor.", "ex2_words", "text",
             grade=True, solution=True, points=2),
    ]  # fmt: skip
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)


def typed(monkeypatch, course: Path, *lines: str) -> None:
    """What a learner types, line by line; then the end of the input. An answer of the bank is typed in the letters shown."""
    given = iter(lines)
    progress = Progress(course / "submitted/ada/progress.jsonl")

    def read(prompt: str = "") -> str:
        try:
            line = next(given)
        except StopIteration:
            raise EOFError from None
        return as_shown(progress, line) if "hint" in prompt and line.strip().isalnum() else line

    monkeypatch.setattr("builtins.input", read)


# -- The terminal


def test_the_challenge_in_the_terminal(course, monkeypatch, capsys):
    lines = ["?", "zz", wrong(FIVE[0]), RIGHT[FIVE[0]], ""]
    for name in FIVE[1:]:
        lines += [RIGHT[name].strip(), ""]
    typed(monkeypatch, course, *lines)
    assert main(["challenge", "--name", "Ada Lovelace"]) == 0
    said = capsys.readouterr().out
    assert "Hint" not in said.split("Problem 1 of 5")[0]
    assert BANK[FIVE[0]]["hints"][0] in said
    assert "write the letter of one option" in said
    assert "Not yet. More parameters do help" in said
    assert "5 of 5 are right." in said and "The badge is yours" in said
    assert len(list((course / "submitted/ada/badges").glob("*.png"))) == 1


def test_mistakes_are_reviewed_in_the_terminal(course, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "40")
    assert main(["practice", "--review"]) == 0
    assert "You have no mistakes to review." in capsys.readouterr().out
    progress = Progress(course / "submitted/ada/progress.jsonl")
    for name in ("drawn.split", FIVE[0]):
        progress.add(Asked(progress.now(), "practice", name))
        progress.add(Answered(progress.now(), name, wrong(name), False, "practice"))
        progress.add(GaveUp(progress.now(), "practice", name))
    # A quiz cell's question is not over: its solution stays shut until an honest try.
    progress.add(Answered(progress.now(), "power_laws.trend", wrong("power_laws.trend"), False))
    with progress.path.open("ab") as file:
        file.write(b"{torn\n")
    typed(monkeypatch, course, "q")
    assert main(["practice", "--review"]) == 0
    said = capsys.readouterr().out
    assert "You answered:" in said and "Step by step" in said and "Now try them again." in said
    flat = " ".join(said.split())
    assert "Right is: A power law in N" in flat and "Line 8 of progress.jsonl" in flat
    assert "The solution of power_laws.trend opens after" in flat
    assert BANK["power_laws.trend"]["solution"].strip()[:30] not in flat
    right = Practice(progress, review=True)
    assert set(right.questions) == {"drawn.split", FIVE[0], "power_laws.trend"}
    for line in said.splitlines():
        assert len(line) <= 40 or " " not in line.strip() or line.startswith("  ")


def test_a_round_in_the_terminal_goes_on_later(course, monkeypatch, capsys):
    typed(monkeypatch, course, RIGHT[FIVE[0]])
    main(["challenge"])
    typed(monkeypatch, course, "q")
    main(["challenge"])
    said = capsys.readouterr().out
    assert "resumes where you left it" in said and "Problem 2 of 5" in said
    assert len(Challenge(Progress(course / "submitted/ada/progress.jsonl")).turns()) == 2


def test_practice_in_the_terminal(course, monkeypatch, capsys):
    typed(monkeypatch, course, "!", wrong("power_laws.describe"), "!", "", "q")
    assert main(["practice", "01_power_laws"]) == 0
    said = capsys.readouterr().out
    assert "Try once first" in said
    assert "Worked solution." in said
    assert "The next question is due in 1 min." in said
    assert main(["practice", "cooking"]) == 2
    assert "There is no topic 'cooking': choose an idea (tokens," in capsys.readouterr().err


@pytest.mark.parametrize("columns", [20, 40, 46, 80, 200])
def test_questions_and_tables_fit_the_terminal(course, monkeypatch, capsys, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.delenv("SCALINGLAWS_PROGRESS", raising=False)
    typed(monkeypatch, course, wrong(FIVE[0]), "?", wrong(FIVE[0], 1), "")
    main(["challenge"])
    typed(monkeypatch, course, "q")
    main(["practice"])
    main(["progress"])
    lines = capsys.readouterr().out.splitlines()
    prose = [line for line in lines if not line.startswith("    ") and "/" not in line]
    prose = [line for line in prose if " " in line.strip()]  # a long name stays whole
    assert max(map(len, prose)) <= min(columns, 96)
    words = " ".join(" ".join(lines).split())
    for text in (
        BANK[FIVE[0]]["hints"][0],
        *(o["text"] for o in BANK[FIVE[0]]["options"].values()),
    ):
        assert " ".join(to_text(text).split()) in words


def test_advice_in_the_terminal_is_for_the_terminal(course, capsys):
    progress = Progress(course / "submitted/ada/progress.jsonl")
    past = progress.now() - timedelta(days=9)
    progress.add(Answered(past, "power_laws.trend", "a", False))
    assert main(["progress"]) == 0
    said = capsys.readouterr().out
    assert "scalinglaws practice" in said and "sl." not in said and "`" not in said
    found = sl.progress()
    assert "<code>sl.practice()</code>" in found._repr_html_() and "sl.practice()" not in str(found)


# -- Plain cells


def test_the_challenge_in_plain_cells(course, capsys):
    play = sl.challenge(widget=False)
    assert "Start with start" in capsys.readouterr().out
    play.start("Ada")
    assert "Problem 1 of 5 · conceptual · intermediate · 1:5" in capsys.readouterr().out
    play.next()
    assert "still open" in capsys.readouterr().out
    play.hint()
    with pytest.raises(CourseError, match="honest try"):
        play.solution()
    play.answer(as_shown(play._sitting.progress, wrong(FIVE[0])))
    play.solution()
    assert "Worked solution." in capsys.readouterr().out
    play.next()
    assert "Problem 2 of 5" in capsys.readouterr().out


def test_answers_in_plain_cells_may_be_numbers_and_truth_values(progress, clock):
    questions = ("power_laws.two_terms",)
    progress.add(Started(progress.now(), "round-1", questions, topic="x", pace="untimed"))
    challenge = Challenge(progress)
    play = Play(challenge)
    play.next()
    play.answer(0.0947)
    assert challenge.turn().right


def test_one_own_words_are_judged_by_oneself(progress, monkeypatch, capsys, clock):
    name = next((name for name, q in BANK.items() if q["type"] == "text"), None)
    if name is None:
        pytest.skip("the bank has no question in free text")
    progress.add(Asked(progress.now(), "practice", name))
    practice = Practice(progress)
    given = iter(["too short", "one two three four five six seven eight nine", "perhaps", "partly"])
    in_terminal(practice, lambda prompt: next(given, "q"))
    said = capsys.readouterr().out
    assert "at least 8 different words" in said and "Answer yes, partly, no" in said
    assert BANK[name]["points"][0][:20] in said
    assert not practice.turn().right and practice.turn().verdict == "partly"


# -- Worked solutions


def test_a_question_is_revealed_after_a_right_answer_or_honest_tries(progress, course):
    name = "power_laws.trend"
    with pytest.raises(CourseError, match="opens after a right answer or 2 different tries"):
        solution(name, progress)
    progress.add(Answered(progress.now(), name, "a", False))
    progress.add(Answered(progress.now(), name, "a", False))
    with pytest.raises(CourseError, match="recorded so far: 1"):
        solution(name, progress)
    progress.add(Answered(progress.now(), name, "b", False))
    assert solution(name, progress).startswith(BANK[name]["solution"].strip())
    number = "power_laws.two_terms"
    progress.add(Answered(progress.now(), number, "0.0947", True))
    shutil.rmtree(course / "questions")  # a right answer opens the sealed solution
    assert solution(number, progress) == worked(BANK[number])


def test_a_number_that_nobody_found_is_revealed_from_the_course_only(progress, course):
    number = "power_laws.two_terms"
    for answer in ("1.0", "2.0", "3.0"):
        progress.add(Answered(progress.now(), number, answer, False))
    assert solution(number, progress) == worked(BANK[number])
    shutil.rmtree(course / "questions")
    with pytest.raises(CourseError, match="is not in this installation"):
        solution(number, progress)


def report(course: Path, state: str, by_hand: str = "not started") -> None:
    rows = [
        {"exercise": "1", "title": "exercise 1", "state": state, "points": float(state == "right"),
         "max_points": 1.0, "by_hand": False},
        {"exercise": "2", "title": "exercise 2", "state": by_hand, "points": 0.0,
         "max_points": 2.0, "by_hand": True},
    ]  # fmt: skip
    note_check(
        course,
        "ada",
        {"assignment": "01_first", "score": rows[0]["points"], "max_score": 1.0, "exercises": rows},
    )


def test_an_exercise_is_revealed_after_three_different_tries_that_check_saw(course, capsys):
    copy = course / "submitted/ada/01_first/01_first.ipynb"
    for answer in ("answer = 1", "answer = 1", "answer = 2"):
        write_assignment(copy, stub=True, answer=answer)
        report(course, "not yet")
    assert main(["reveal", "01_first/1"]) == 2
    assert "3 different tries; recorded so far: 2" in capsys.readouterr().err
    write_assignment(copy, stub=True, answer="answer = 3")
    report(course, "not yet")
    assert main(["reveal", "01_first/1"]) == 0
    assert "answer = 6 * 7" in capsys.readouterr().out
    assert main(["reveal", "01_first/2"]) == 2
    report(course, "not yet", by_hand="marked by hand")
    assert main(["reveal", "01_first/2"]) == 0
    assert "Because of the floor." in capsys.readouterr().out
    assert main(["reveal", "01_first/9"]) == 2
    assert "has no exercise '9'" in capsys.readouterr().err


def test_an_exercise_that_is_right_is_revealed_at_once(course, capsys):
    write_assignment(course / "submitted/ada/01_first/01_first.ipynb", stub=True)
    report(course, "right")
    sl.reveal("01_first/1")
    assert "answer = 6 * 7" in capsys.readouterr().out


# -- The panel


def test_the_panel_tells_what_is_done_and_what_comes_next(course, capsys):
    assert main(["progress"]) == 0
    said = capsys.readouterr().out
    assert "Open 01_first" in said and "Earn the badge" in said and "not checked yet" in said
    write_assignment(course / "submitted/ada/01_first/01_first.ipynb", stub=True)
    report(course, "not yet", by_hand="marked by hand")
    sl.challenge(widget=False).start()
    Challenge(Progress(course / "submitted/ada/progress.jsonl")).answer(RIGHT[FIVE[0]])
    capsys.readouterr()
    found = sl.progress()
    assert "Resume 01_first at exercise 1" in found.next
    assert found.scores[0].right == 1 and found.scores[0].exercises == 2
    questions = [n for n, q in BANK.items() if "A1" in q["covers"]]
    assert found.mastery["power_law"].answered == 1
    assert 0 < found.mastery["power_law"].share < 1 / len(questions)
    html = found._repr_html_()
    assert "Resume 01_first at exercise 1</a>" in html
    assert 'scope="row"' in html and "<script" not in html
    assert "0 of 1 points, and 2 that a person marks" in str(found)


def test_mastery_fades_with_time(progress, clock):
    progress.add(Asked(progress.now(), "practice", "power_laws.trend"))
    practice = Practice(progress)
    practice.answer("c")
    fresh = panel.report(progress, []).mastery["power_law"].share
    clock.forward(days=60)
    assert 0 < panel.report(progress, []).mastery["power_law"].share < fresh


# -- Formulas


def test_markdown_is_drawn_without_a_script_and_obeys_no_html():
    html = to_html("**a** $N^{-\\alpha}$ <script>x</script> `$x$`\n\n```python\n1 < 2\n```")
    assert "<strong>a</strong>" in html and "<math" in html and "<msup>" in html
    # A function keeps its distance from what follows, but for a bracket.
    assert '<mo lspace="0em" rspace="0.17em">ln</mo><mi>p</mi>' in to_html("$\\ln p$")
    assert '<mo lspace="0.17em" rspace="0em">exp</mo><mo' in to_html("$2\\exp(p)$")
    # A wide formula may end a line after an operator, which keeps its space; a sign stays with its number.
    wide = to_html("$L(N, D) = -1.69 + 406.4 N^{-0.34} + 410.7 D^{-0.28}$")
    ends = re.findall("<mo [^>]*>([^<]*)</mo></mrow></math><wbr>", wide)
    assert ends == ["=", "+", "+"] and wide.count('form="infix"') == 3
    assert "<wbr>" not in to_html("$x = 1 + 2$") + to_html("$\\frac{1}{1000000000000000000000000}$")
    assert "<script>" not in html and "<code>$x$</code>" in html and "1 &lt; 2" in html
    assert 'tabindex="0"' in html
    assert to_text("**a** $10^{-2} \\approx \\frac{1}{100}$ costs $5 or $6") == (
        "a 10^-2 ≈ (1)/(100) costs $5 or $6"
    )


@pytest.mark.parametrize("name", sorted(BANK))
def test_every_formula_of_the_bank_can_be_drawn(name):
    question = BANK[name]
    texts = [question["prompt"], question["solution"], *question["hints"]]
    for option in question.get("options", {}).values():
        texts += [option.get("text", ""), option["reply"]]
    texts += [question.get("right_reply", "")]
    texts += [slip["reply"] for slip in question.get("slips", ())]
    for text in texts:
        assert "\\" not in to_text(text).replace("\\n", ""), to_text(text)
        html = to_html(text)
        assert json.dumps(html).count("$") == 0 or "<code" in html, html
