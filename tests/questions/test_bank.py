"""The bank is valid, its answers are computed, and its sealed replies open only with an answer."""

import base64
import hashlib
import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml

from scalinglaws.course.questions import bank, seal
from scalinglaws.course.questions.answers import form, from_text, spell
from scalinglaws.course.questions.drawn import instance
from scalinglaws.course.questions.question import Sealed
from scalinglaws.course.questions.seal import Reply, open_reply, unseal
from scalinglaws.course.questions.worked import filled, steps_of, worked
from scalinglaws.errors import CourseError

from .answers import BANK, FOLDER, LIKELY, Searched

SEALED = Path(bank.__file__).parent / "sealed.json"
SAMPLES = Path(__file__).with_name("samples.yaml")


def given_answers(question: dict) -> list:
    """Every answer to a question that has a reply of its own, as a learner would write it."""
    if form(question) == "options":
        return [*question["options"], bank.right_answer(question)]
    if "options" in question:
        return list(question["options"])
    slips = [slip["answer"] for slip in question.get("slips", ())]
    if form(question) == "number":
        slips = [bank.compute(slip, question.get("given")) for slip in slips]
    return [bank.right_answer(question), *slips]


# Answers that cost much to guess cost much to try.
COSTLY = {name for name in BANK if form(BANK[name]) in ("number", "output", "expression")}


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=[pytest.mark.slow] * (n in COSTLY)) for n in sorted(BANK)]
)
def test_every_answer_opens_its_own_reply(name):
    question = BANK[name]
    replies = bank.replies(question)
    right = spell(bank.shown(question), bank.right_answer(question))
    for answer in given_answers(question):
        spelling = spell(bank.shown(question), answer)
        opened = open_reply(name, answer)
        assert opened.right == (spelling == right), answer
        assert opened.solution == (worked(question) if opened.right else "")
        if form(question) != "options":
            assert opened.text == replies[spelling].text
    wrong = {reply.text for reply in replies.values() if not reply.right}
    assert not wrong & {reply.text for reply in replies.values() if reply.right} - {""}


COMPUTED = [name for name in sorted(BANK) if form(BANK[name]) in ("number", "output", "expression")]


@pytest.mark.parametrize("name", COMPUTED)
def test_the_last_step_is_the_answer_and_mistakes_are_shown_to_everybody(name):
    question = BANK[name]
    _, value = steps_of(question)[-1]
    visible = bank.shown(question)
    assert spell(visible, value) == spell(visible, bank.right_answer(question))
    text = worked(question)
    assert "[[" not in text and "nan" not in text.split()
    assert all(slip["reply"].strip() in text for slip in question["slips"])
    assert "**Quick check.**" in text


FAMILIES = [name for name in sorted(BANK) if "recipe" in BANK[name]]


@pytest.mark.parametrize("name", FAMILIES)
def test_every_variant_is_a_good_question(name):
    """The last step is the answer, no slip is another answer, and no number is left out, whatever is drawn."""
    prompts = set()
    for seed in range(40):
        question = instance(BANK[name]["recipe"], seed)
        visible = bank.shown(question)
        replies = bank.replies(question)
        assert sum(reply.right for reply in replies.values()) == 1
        _, value = steps_of(question)[-1]
        assert spell(visible, value) == spell(visible, bank.right_answer(question))
        assert "[[" not in json.dumps(visible.to_json()) + worked(question)
        prompts.add(visible.text)
    assert len(prompts) >= 4


def test_what_draws_its_numbers_stands_in_no_notebook(tmp_path):
    assert not any("notebook" in BANK[name] for name in FAMILIES)
    shutil.copy(FOLDER / "schema.json", tmp_path)
    (tmp_path / "01_x.yaml").write_text(yaml.safe_dump([BANK[FAMILIES[0]]["recipe"]]))
    with pytest.raises(CourseError, match="belongs to no notebook"):
        bank.load_bank(tmp_path)


def test_numbers_in_worked_texts_are_written_as_people_do():
    assert filled("[[6 * 1e9 * 2e10]] FLOPs, [[1 / 3]], $[[1e20]]$, [[2 * 120]]") == (
        r"$1.2 \cdot 10^{20}$ FLOPs, 0.3333, $10^{20}$, 240"
    )
    assert filled("`N = [[N]]`", {"N": 3e9}) == "`N = 3e9`"
    for nearly in (1 - 1e-12, 1, 1 + 1e-12):  # another processor's last digit
        assert filled("[[a]], [[b]]", {"a": 1e-3 * nearly, "b": 1e6 * nearly}) == "0.001, $10^{6}$"


def test_all_replies_of_a_question_look_alike():
    for name, entry in json.loads(SEALED.read_text("utf-8")).items():
        assert len({len(box) for box in entry["replies"].values()}) == 1, name
        assert list(entry["replies"]) == sorted(entry["replies"])


# -- Every type, on samples


@pytest.fixture(scope="module")
def samples(tmp_path_factory) -> dict[str, dict]:
    folder = tmp_path_factory.mktemp("bank")
    (folder / "schema.json").write_bytes((FOLDER / "schema.json").read_bytes())
    (folder / "samples.yaml").write_bytes(SAMPLES.read_bytes())
    return {
        "bank": bank.load_bank(folder),
        "sealed": {
            name: Sealed.from_json(name, entry)
            for name, entry in json.loads(bank.sealed_file(folder)).items()
        },
    }


@pytest.mark.parametrize(
    ("kind", "right", "wrong"),
    [
        (
            "choice",
            ["a", "A", "(a)", "a.", ["a"], ("a",), {"A"}, np.array(["a"]), np.str_("a")],
            {
                "b": "minus sign",
                "c": "not one of the options",
                "ab": "the letter of one option",
                ("a", "b"): "the letter of one option",
                (): "the letter of one option",
                1: "the letter of one option",
            },
        ),
        (
            "several",
            ["ac", "a, c", "C A", ["a", "c"], {"c", "a"}, "(a) and (c)", np.array(["a", "c"])],
            {"a": "One right option is missing", "abc": "(b) Both factors", "b": "2 right options"},
        ),
        (
            "true_false",
            [False, "false", "F", "False.", np.False_, [False]],
            {True: "form of the law", "yes": "True or False", 0: "True or False"},
        ),
        (
            "number",
            [1.2, 1.204, 1.22, 1.18, np.float64(1.2), np.array([1.2]), [1.2]],
            {
                0.4: "forward pass",
                1.23: "not the right value",
                "1.2": "quotation marks",
                True: "number",
            },
        ),
        (
            "predict",
            ["0.95 [1, 2]", " 0.95   [1,2]\n", "0.95 [ 1, 2 ]"],
            {"1.05 [1, 2]": "minus sign", "0.95": "not what is printed", "": "empty"},
        ),
        (
            "debug",
            ["a * N**-b + c * D**-d", "c / D**d + a/N**b", "return a*pow(N, -b) + c*D**(-d)"],
            {
                "a * N**b + c * D**d": "still grows",
                "a * N^-b + c * D^-d": "^ is not a power",
                "a * N**-b": "does not give",
            },
        ),
        (
            "fill_in",
            ["C / (6 * N)", "D = C/6/N", "C / N / 6.0", "math.exp(np.log(C) - log(6*N))"],
            {
                "6 * N * C": "price of a token",
                "C / (6 * M)": "M is not known here: use C, N",
                "__import__('os')": "Only numbers",
                "C.real": "Only numbers",
                "(": "not one Python expression",
                "C / (N - N)": "no finite value at C = 1e+20",
                "9**9**9**9": "no finite value",
                "1" * 400: "longer than",
                7: "between quotation marks",
            },
        ),
        (
            "text",
            ["Because all of the k tokens have to be right at once"],
            {"dunno": "at least 8 different words", "no no no no no no no no no": "at least"},
        ),
    ],
)
def test_each_type_takes_every_spelling_and_names_each_slip(samples, kind, right, wrong):
    name = f"sample.{kind}"
    entry = samples["sealed"][name]
    for answer in right:
        reply = unseal(entry, answer)
        assert reply.right, answer
        assert reply.solution == worked(samples["bank"][name])
    for answer, said in wrong.items():
        try:
            reply = unseal(entry, answer)
        except CourseError as error:
            assert said in str(error), answer
        else:
            assert reply is None or not reply.right, answer
            assert said in (reply.text if reply else seal._UNKNOWN[entry.question.form])
            assert reply is None or not reply.solution


def test_text_shows_the_model_answer_and_what_to_tick_off(samples):
    reply = unseal(samples["sealed"]["sample.text"], "one two three four five six seven eight")
    assert "probability about p to the power k" in reply.text
    assert "- the score demands" in reply.text


def test_typed_numbers_may_carry_units_commas_and_arithmetic(samples):
    entry = samples["sealed"]["sample.number"].question
    for text in ("1.2", " 1.2 1e20 FLOPs", "6 * 1e9 * 2e10 / 1e20", "12/10"):
        assert from_text(entry, text) == pytest.approx(1.2)
    assert from_text(replace(entry, unit=""), "1,400,000") == 1_400_000
    with pytest.raises(CourseError, match="not one Python expression"):
        from_text(entry, "about one")
    assert from_text(samples["sealed"]["sample.several"].question, "ac") == "ac"


def test_markdown_shows_the_question_and_nothing_that_is_sealed(samples):
    for name, question in samples["bank"].items():
        text = bank.as_markdown(bank.shown(question))
        assert question["prompt"].strip() in text
        assert question.get("code", "").strip() in text
        sealed = [
            question["solution"],
            question.get("right_reply", ""),
            question.get("model_answer", ""),
        ]
        sealed += [option["reply"] for option in question.get("options", {}).values()]
        assert not [part for part in sealed if part and part.strip() in text], name
        # What travels in plain serves as well as the bank.
        assert bank.as_markdown(samples["sealed"][name].question) == text


# -- Nothing leaks


def sealed_texts(question: dict) -> list[str]:
    texts = [reply.text for reply in bank.replies(question).values()]
    return [*texts, worked(question)]


def test_no_part_of_a_sealed_text_can_be_read_in_the_package():
    text = SEALED.read_text("utf-8")
    entries = json.loads(text)
    boxes = b"".join(
        base64.b64decode(box)
        for entry in entries.values()
        for box in [*entry["replies"].values(), entry["solution"]]
    )
    text, boxes = Searched(text), Searched(boxes)
    shown = json.dumps([bank.shown(q).to_json() for q in BANK.values()], ensure_ascii=False)
    for name, question in BANK.items():
        for sealed in sealed_texts(question):
            for start in range(0, len(sealed) - 24, 24):
                part = sealed[start : start + 24]
                if part in text or part.encode() in boxes:
                    assert part in shown, name  # a prompt's words may come again in a reply


def test_no_hash_of_a_likely_answer_stands_in_the_package():
    """A digest of an answer is as good as the answer: letters and the 1,000 likeliest numbers are soon tried."""
    assert len(LIKELY) >= 1000
    text = SEALED.read_text("utf-8")
    places = {place for entry in json.loads(text).values() for place in entry["replies"]}
    kinds = (hashlib.md5, hashlib.sha1, hashlib.sha256, hashlib.sha512, hashlib.blake2b)
    for before, after in [("", ""), *salts(BANK)]:
        for answer in LIKELY:
            salted = f"{before}{answer}{after}".encode()
            for kind in kinds:
                assert kind(salted).hexdigest()[:32] not in places
    text = Searched(text)
    for answer in LIKELY[8:]:
        for kind in ("md5", "sha1", "sha256"):
            digest = hashlib.new(kind, answer.encode())
            assert digest.hexdigest() not in text
            assert base64.b64encode(digest.digest()).decode() not in text


def salts(names) -> list[tuple[str, str]]:
    """What may stand before and after an answer that is hashed with its question's name."""
    return [salt for name in names for salt in ((name, ""), (f"{name}:", ""), ("", name))]


def test_guessing_numbers_costs_time():
    """The work is what seal.py says: at least 16 MiB and some ten milliseconds for each guess."""
    for kind in ("number", "output", "expression"):
        assert seal._WORK[kind] * 8 * 128 >= 2**24


# -- What is refused


def test_unknown_answers_get_a_reply_too():
    assert open_reply("power_laws.two_terms", 123.0) == Reply(
        False, "123.0 is not the right value, nor a known slip. Read the question again."
    )
    assert not open_reply("power_laws.trend", "z").right
    assert "letter of one option" in open_reply("power_laws.trend", 3).text
    with pytest.raises(CourseError, match=r"no question 'x\.y'"):
        open_reply("x.y", "a")


def test_a_changed_box_is_noticed(samples):
    sealed = samples["sealed"]["sample.true_false"]
    assert unseal(sealed, "false").right
    spoilt = dict.fromkeys(sealed.replies, base64.b64encode(bytes(64)).decode())
    with pytest.raises(CourseError, match="damaged"):
        unseal(replace(sealed, replies=spoilt), "false")


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


def load(tmp_path: Path, *questions: dict) -> dict:
    (tmp_path / "schema.json").write_bytes((FOLDER / "schema.json").read_bytes())
    (tmp_path / "x.yaml").write_text(yaml.safe_dump(list(questions)), encoding="utf-8")
    return bank.load_bank(tmp_path)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda q: q.pop("hints"), "'hints' is a required property"),
        (lambda q: q.update(hints=[]), "[] should be non-empty"),
        (lambda q: q.update(type="essay"), "'essay' is not one of"),
        (lambda q: q.update(colour="red"), "'colour' was unexpected"),
        (lambda q: q["options"]["b"].pop("reply"), "'reply' is a required property"),
        (lambda q: q["options"]["b"].update(right=True), "2 right options"),
        (lambda q: q["options"]["a"].pop("right"), "0 right options"),
        (lambda q: q["options"]["a"].pop("text"), "with a letter and a text each"),
        (lambda q: q.update(type="several"), "1 right options"),
        (lambda q: q.update(type="true_false"), "options true and false"),
        (lambda q: q.update(covers=["Z1"]), "does not match"),
        (lambda q: q.update(type="number"), "is a required property"),
        (lambda q: q.update(type="predict"), "'code' is a required property"),
        (lambda q: q.update(type="text"), "'model_answer' is a required property"),
    ],
)
def test_bad_questions_are_named(tmp_path, change, said):
    question = good()
    change(question)
    with pytest.raises(CourseError) as error:
        load(tmp_path, question)
    assert "x.yaml" in str(error.value) and said in str(error.value)


def test_a_slip_cannot_be_the_right_answer(samples, tmp_path):
    question = json.loads(json.dumps(samples["bank"]["sample.number"]))
    question["slips"][0]["answer"] = "1.21"
    with pytest.raises(CourseError, match=r"the slip 1\.21 is the same as another answer"):
        bank.replies(load(tmp_path, question)["sample.number"])
    question["tolerance"] = 100
    with pytest.raises(CourseError, match="choose a larger step"):
        bank.replies(question)


def test_ids_are_used_once(tmp_path):
    with pytest.raises(CourseError, match="used twice"):
        load(tmp_path, good(), good())
    (tmp_path / "x.yaml").write_text("a: [", encoding="utf-8")
    with pytest.raises(CourseError, match="not valid YAML"):
        bank.load_bank(tmp_path)
