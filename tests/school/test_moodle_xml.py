"""The bank as Moodle XML: what Moodle's import demands of each type, and the marks that it would give."""

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from scalinglaws.cli import main
from scalinglaws.course.questions.answers import form
from scalinglaws.course.questions.bank import load_bank, right_answer
from scalinglaws.course.school.moodle_xml import group_of, moodle_xml

FOLDER = Path(__file__).resolve().parents[2] / "questions"
# The shares of a grade that Moodle's import takes (question/type: get_all_fractions).
_SHARES = {100, 90, 83.33333, 80, 75, 70, 66.66667, 60, 50, 40, 33.33333, 30, 25, 20, 16.66667}
SHARES = {0.0} | _SHARES | {-share for share in _SHARES}
NEEDS = {  # children that Moodle's importer reads without a default that would do
    "multichoice": {"single", "shuffleanswers", "answer"},
    "truefalse": {"answer"},
    "numerical": {"answer"},
    "shortanswer": {"usecase", "answer"},
    "essay": {"responseformat", "graderinfo"},
}


@pytest.fixture(scope="module")
def bank():
    return load_bank(FOLDER)


@pytest.fixture(scope="module")
def quiz(bank):
    text, _ = moodle_xml(bank)
    return ET.fromstring(text)


def questions(quiz):
    return [q for q in quiz.findall("question") if q.get("type") != "category"]


def accepted(question, answer):
    """The per cent that Moodle gives a typed answer: the first that fits counts."""
    for candidate in question.findall("answer"):
        text = candidate.findtext("text")
        if question.get("type") == "numerical":
            if text == "*" or abs(float(text) - float(answer)) <= float(
                candidate.findtext("tolerance")
            ) * (1 + 1e-9):
                return float(candidate.get("fraction"))
        elif text == answer:
            return float(candidate.get("fraction"))
    return 0.0


def test_every_question_is_there_or_is_said_to_be_left_out(bank, quiz):
    _, left_out = moodle_xml(bank)
    written = {q.findtext("name/text") for q in questions(quiz)}
    assert written | set(left_out) == set(bank)
    assert not written & set(left_out)
    assert {form(bank[name]) for name in left_out} == {"expression"}


def test_each_type_has_what_moodle_needs(quiz):
    kinds = {q.get("type") for q in questions(quiz)}
    assert kinds == set(NEEDS)
    for question in questions(quiz):
        tags = {child.tag for child in question}
        assert NEEDS[question.get("type")] <= tags, question.findtext("name/text")
        assert question.findtext("questiontext/text").strip()
        assert question.findtext("generalfeedback/text").strip()
        for answer in question.findall("answer"):
            assert answer.findtext("text"), question.findtext("name/text")
            assert float(answer.get("fraction")) in SHARES
            assert answer.findtext("feedback/text").strip()


def test_the_shares_of_a_question_add_up(quiz):
    for question in questions(quiz):
        shares = [float(answer.get("fraction")) for answer in question.findall("answer")]
        gains = sum(share for share in shares if share > 0)
        if question.get("type") == "essay":
            assert not shares
        elif question.findtext("single") == "false":
            assert gains == pytest.approx(100, abs=1e-3)
            assert sum(shares) == pytest.approx(0, abs=1e-3)  # to tick all earns nothing
        else:
            assert max(shares) == 100 and shares.count(100) == 1


def test_right_answers_earn_all_and_slips_earn_nothing(bank, quiz):
    for question in questions(quiz):
        name = question.findtext("name/text")
        own = bank[name]
        if question.get("type") not in ("numerical", "shortanswer"):
            continue
        assert accepted(question, str(right_answer(own)).strip()) == 100, name
        slips = [a for a in question.findall("answer") if a.get("fraction") == "0"]
        for slip in slips:
            if slip.findtext("text") != "*":
                assert accepted(question, slip.findtext("text")) == 0, name


def test_formulas_are_tex_for_mathjax_and_html_is_shown(quiz):
    text = "".join(q.findtext("questiontext/text") for q in questions(quiz))
    assert r"\(N\)" in text and "<math" not in text and "$N$" not in text


def test_draws_make_variants_with_names_and_numbers_of_their_own(bank):
    drawn = {name: question for name, question in bank.items() if "recipe" in question}
    name = next(name for name in drawn if form(drawn[name]) == "number")
    text, _ = moodle_xml({name: drawn[name]}, draws=5)
    found = questions(ET.fromstring(text))
    assert len({q.findtext("name/text") for q in found}) == 5
    assert len({q.findtext("questiontext/text") for q in found}) > 1
    for question in found:
        assert accepted(question, question.find("answer").findtext("text")) == 100


def test_the_command_writes_what_was_chosen(tmp_path, capsys, bank):
    target = tmp_path / "bank.xml"
    assert main(["questions", "01_power_laws", "--output", str(target)]) == 0
    found = {q.findtext("name/text") for q in questions(ET.parse(target).getroot())}
    assert found
    assert {group_of(name, bank[name]) for name in found} == {"01_power_laws"}
    assert "Keep it from students" in capsys.readouterr().out


def test_a_file_that_cannot_be_written_is_one_sentence(tmp_path, capsys):
    (tmp_path / "file").write_text("mine")
    assert main(["questions", "--output", str(tmp_path / "file" / "x.xml")]) == 2
    said = capsys.readouterr().err
    assert "cannot be written" in said and said.count("\n") == 1
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.parametrize("arguments", [["nowhere"], ["--draws", "0"]])
def test_what_cannot_be_is_one_sentence(tmp_path, capsys, arguments):
    assert main(["questions", *arguments, "--output", str(tmp_path / "x.xml")]) != 0
    assert not (tmp_path / "x.xml").exists()
    assert "Traceback" not in capsys.readouterr().err
