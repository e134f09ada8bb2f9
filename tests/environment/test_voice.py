"""Plain English in what people read: idioms of translation do not come back."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

INSTEAD = {  # idiom: what a native speaker writes
    r"\bmend(s|ed|ing)?\b": "fix",
    r"\bdear(er|est)?\b": "expensive, costs more",
    r"\banew\b": "again, or a verb with re-",
    r"\b[Ww]hoever\b": "If you ..., or the people who ...",
    r"\bsay it again\b": "run it again",
    r"\bgo(es)? on where\b": "resume where",
    r"\bby the way\b": "nothing",
    r"\bbelongs? into\b": "belongs in",
    r"\bthat are none\b": "that are not ...",
    r"\ban absurd advice\b": "absurd advice",
    r"\bhalf as (much|many)( \w+)? again\b": "50 % more",
    r"\bnats a (byte|token)\b|\bFLOPs a (token|byte|second|query)\b": "per",
    r"\b(one|two) (row|line|process|file|token|point) an? (run|file|core|byte|student)\b": "per",
    r"\bpercent\b(?!\()": "per cent",
    r"\b(reply|fit) of its own\b": "its own reply",
    r"\bmeet (it|them) again\b": "We return to it ...",
    r"\bin this very\b": "in this",
    r"\bOf the \w+, the \w+ has\b": "The table has the formula of ...",
    r"\bcommonest\b": "most common",
    r"\bRaises \w+ where\b": "Raises ... if",
    r"\bnumbers of (their|your|one's) own\b": "their own numbers",
    r"\b(say|says|said) of (it|them|its|their|a|an)\b": "says about",
    r"(?<![Tt]here )\b(is|are|was) no (number|table|text|notebook)\b": "is not a ...",
    r"\bin silence\b": "silently",
    r"\btakes? (it|them) for\b": "reads it as, mistakes it for",
    r"\bleads? nowhere\b": "what happens instead",
    r"\bfor want of\b": "because there is no ...",
}
NAMES = {r"\bpercent\b(?!\()"}  # in Python also the name of a function


def texts():
    """Every tracked file that people read: pages, notebooks, questions, code and its comments."""
    listed = subprocess.run(
        ["git", "ls-files", "*.md", "*.py", "*.yaml", "*.js", "*.ts", "*.css"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in listed.stdout.splitlines():
        if not name.startswith(("tests/", "release/")) and (ROOT / name).is_file():
            yield name, (ROOT / name).read_text(encoding="utf-8")


def test_no_idiom_of_translation_comes_back():
    found = [
        f"{name}:{number}: {match[0]!r}: better {better!r}"
        for name, text in texts()
        for number, line in enumerate(text.splitlines(), 1)
        for idiom, better in INSTEAD.items()
        if not (name.endswith(".py") and idiom in NAMES)
        if (match := re.search(idiom, line))
    ]
    assert not found, "\n".join(found)


def test_each_idiom_is_recognised():
    sentences = [
        "Mend it.",
        "It is dearer.",
        "Fit it anew.",
        "Whoever asks.",
        "Please say it again.",
        "It goes on where it was.",
        "It is, by the way, so.",
        "It belongs into a file.",
        "Lines that are none.",
        "It is an absurd advice.",
        "half as much compute again",
        "two nats a byte",
        "one row a run",
        "three percent",
        "Each option has a reply of its own.",
        "You will meet it again.",
        "It runs in this very notebook.",
        "Of the account, the table has the formula.",
        "Its commonest message.",
        "Raises CourseError where it fails.",
        "Students have numbers of their own.",
        "What they say of it.",
        "The cell is no number.",
        "It fails in silence.",
        "It takes it for a header.",
        "Theta leads nowhere.",
        "Not tried, for want of a cluster.",
    ]
    assert len(sentences) == len(INSTEAD)
    for sentence, idiom in zip(sentences, INSTEAD, strict=True):
        assert re.search(idiom, sentence, re.IGNORECASE), (sentence, idiom)
