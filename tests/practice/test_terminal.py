"""The terminal: what is mistyped is called so, and a prompt can be left at any time without losing or doubling anything."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from scalinglaws.cli import COMMANDS, main
from scalinglaws.course.learner.events import Progress
from scalinglaws.course.practice.sitting import turns
from scalinglaws.errors import did_you_mean

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def ada(tmp_path, monkeypatch) -> Progress:
    """Ada's progress, in the course of this repository."""
    monkeypatch.setenv("SCALINGLAWS_COURSE", str(ROOT))
    monkeypatch.setenv("SCALINGLAWS_PROGRESS", str(tmp_path / "ada" / "progress.jsonl"))
    return Progress(tmp_path / "ada" / "progress.jsonl")


MISTYPED = {
    "chek 01_power_laws": "no command 'chek'.*Did you mean check?",
    "practise": "no command 'practise'.*Did you mean practice?",
    "stduy": "no command 'stduy'.*Did you mean study?",
    "qqqq": "no command 'qqqq': `scalinglaws --help` lists them.$",
    "check 01_powerlaws": "no assignment '01_powerlaws'.*Did you mean 01_power_laws?",
    "check POWER_LAWS": "no assignment 'POWER_LAWS'.*Did you mean 01_power_laws?",
    "check 99": "no assignment '99': choose one of .*08_capstone.$",
    "reveal 01_power_law/6": "no assignment '01_power_law'.*Did you mean 01_power_laws?",
    "reveal 01_power_laws/66": "has no exercise '66': choose one of 1, 2, 3a",
    "reveal 01_power_laws/ex066": "has no exercise '66': choose one of 1, 2, 3a",
    "reveal power_laws.trnd": "no question 'power_laws.trnd'.*Did you mean power_laws.trend",
    "practice optimun": "no topic 'optimun'.*Did you mean optimum?",
    "challenge chinchila": "no topic 'chinchila'.*Did you mean chinchilla",
    "check 01_power_laws --exercize 7": "does not know '--exercize'.*Did you mean --exercise?",
    "progress --gaol 3": "does not know '--gaol'.*Did you mean --goal?",
    "progress --goal 1000": "from 1 to 100",
}


@pytest.mark.parametrize("typed", MISTYPED)
def test_a_typing_error_is_called_one(ada, typed, capsys):
    assert main(typed.split()) == 2
    said = capsys.readouterr().err.strip()
    assert re.search(MISTYPED[typed].replace("?", r"\?"), said), said
    assert said.startswith("scalinglaws: ") and "\n" not in said


def test_what_is_near_a_word():
    assert did_you_mean("chek", COMMANDS) == " Did you mean check?"
    assert did_you_mean("s", COMMANDS) == ""  # a letter is near to everything
    assert did_you_mean("", ["check"]) == did_you_mean("check", []) == ""


def typing(monkeypatch, *lines: str | type[BaseException]) -> Callable[[], int]:
    """What a learner types at the prompts; a kind of error where they press Ctrl-C or Ctrl-D. Gives how much was read."""
    given = list(lines)

    def read(_: str = "") -> str:
        line = given.pop(0)
        if isinstance(line, str):
            return line
        raise line

    monkeypatch.setattr("builtins.input", read)
    return lambda: len(lines) - len(given)


@pytest.mark.parametrize("key", [KeyboardInterrupt, EOFError])
@pytest.mark.parametrize("command", ["challenge", "practice", "exam"])
def test_a_prompt_can_be_left_at_any_time(ada, monkeypatch, capsys, command, key):
    """Ctrl-C and the end of input at the first prompt, after a key that is none, after an answer, after a hint."""
    answer = "=1" if command == "exam" else "1"
    for before in ([], ["%%"], [answer], ["?"], [answer, answer, "", ""]):
        lines = ada.path.read_bytes() if ada.path.exists() else b""
        read = typing(monkeypatch, *before, key)
        code = main(command.split())
        assert code == (130 if key is KeyboardInterrupt and read() > len(before) else 0)
        said = capsys.readouterr()
        assert "Traceback" not in said.out + said.err
        assert (code == 130) == ("scalinglaws: stopped." in said.err)
        after = ada.path.read_bytes()
        assert after.startswith(lines) and after.endswith(b"\n")  # nothing is lost
        assert ada.history().odd == ()
    for turn in turns(ada.events()):
        assert len(turn.answers) <= 2  # nothing is doubled
