"""The bank is valid, its answers are computed, and its sealed replies open only with an answer."""

import base64
import json
from pathlib import Path

import pytest
import yaml

from scalinglaws.errors import CourseError
from scalinglaws.questions import bank
from scalinglaws.questions.seal import Reply, canonical, open_reply, seal, unseal

FOLDER = Path(__file__).parents[2] / "questions"
BANK = bank.load_bank(FOLDER)
SEALED = Path(bank.__file__).parent / "sealed.json"


@pytest.mark.parametrize("name", sorted(BANK))
def test_every_answer_opens_its_own_reply(name):
    question = BANK[name]
    if question["type"] == "choice":
        given = {letter: letter for letter in question["options"]}
    else:
        expressions = [question["answer"], *(slip["answer"] for slip in question["slips"])]
        given = {canonical(bank.compute(e), question["step"]): bank.compute(e) for e in expressions}
    replies = bank.replies(question)
    assert set(given) == set(replies)
    for spelling, answer in given.items():
        assert open_reply(name, answer) == replies[spelling]
    assert sum(reply.right for reply in replies.values()) == 1
    assert len({reply.text for reply in replies.values()}) == len(replies)


def test_sealed_file_is_fresh_and_shows_nothing():
    text = SEALED.read_text("utf-8")
    assert text == bank.sealed_bank(FOLDER)
    boxes = [
        base64.b64decode(box)
        for entry in json.loads(text).values()
        for box in entry["replies"].values()
    ]
    for question in BANK.values():
        for reply in bank.replies(question).values():
            for start in range(0, len(reply.text) - 12, 12):
                part = reply.text[start : start + 12]
                assert part not in text
                assert not any(part.encode() in box for box in boxes)


def test_all_replies_of_a_question_look_alike():
    for name, entry in json.loads(SEALED.read_text("utf-8")).items():
        assert len({len(box) for box in entry["replies"].values()}) == 1, name
        assert list(entry["replies"]) == sorted(entry["replies"])


def test_unknown_answers_get_a_reply_too():
    assert open_reply("power_laws.two_terms", 123.0) == Reply(
        False, "123.0 is not the value, nor a slip we know. Read the question again."
    )
    assert not open_reply("power_laws.trend", "z").right
    assert "letter of one option" in open_reply("power_laws.trend", 3).text
    with pytest.raises(CourseError, match=r"no question 'x\.y'"):
        open_reply("x.y", "a")


def test_a_changed_box_is_noticed():
    entry = seal("t.q", {"a": Reply(True, "yes"), "b": Reply(False, "no")})
    assert unseal("t.q", entry, "A").right
    assert unseal("t.q", entry, "c") is None
    entry["replies"] = dict.fromkeys(entry["replies"], base64.b64encode(bytes(64)).decode())
    with pytest.raises(CourseError, match="damaged"):
        unseal("t.q", entry, "a")


def good() -> dict:
    return {
        "id": "t.q",
        "type": "choice",
        "level": "expert",
        "minutes": 1,
        "covers": ["A1"],
        "prompt": "Which?",
        "options": {
            "a": {
                "text": "one",
                "right": True,
                "reply": "Because of this and that, which takes a while to say.",
            },
            "b": {
                "text": "two",
                "reply": "People choose it because of that; it is not so, because of this.",
            },
        },
        "hints": ["Think."],
        "solution": "It is a.",
    }


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda q: q.pop("hints"), "'hints' is a required property"),
        (lambda q: q.update(type="essay"), "'essay' is not one of"),
        (lambda q: q.update(colour="red"), "'colour' was unexpected"),
        (lambda q: q["options"]["b"].pop("reply"), "'reply' is a required property"),
        (lambda q: q["options"]["b"].update(right=True), "2 right options"),
        (lambda q: q["options"]["a"].pop("right"), "0 right options"),
        (lambda q: q.update(covers=["Z1"]), "does not match"),
        (lambda q: q.update(type="number"), "is a required property"),
    ],
)
def test_bad_questions_are_named(tmp_path, change, said):
    question = good()
    change(question)
    (tmp_path / "schema.json").write_bytes((FOLDER / "schema.json").read_bytes())
    (tmp_path / "x.yaml").write_text(yaml.safe_dump([question]), encoding="utf-8")
    with pytest.raises(CourseError) as error:
        bank.load_bank(tmp_path)
    assert "x.yaml" in str(error.value) and said in str(error.value)


def test_ids_are_used_once(tmp_path):
    (tmp_path / "schema.json").write_bytes((FOLDER / "schema.json").read_bytes())
    (tmp_path / "x.yaml").write_text(yaml.safe_dump([good(), good()]), encoding="utf-8")
    with pytest.raises(CourseError, match="used twice"):
        bank.load_bank(tmp_path)
    (tmp_path / "x.yaml").write_text("a: [", encoding="utf-8")
    with pytest.raises(CourseError, match="not valid YAML"):
        bank.load_bank(tmp_path)
