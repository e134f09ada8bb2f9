"""Replies that nobody can read before answering.

A notebook that holds "option b is wrong because …" in plain text gives the answer away by elimination. So each reply
is encrypted under a key derived (scrypt) from the question's id and *the answer that earns it*: giving the answer is the only way to
open its reply. All replies of one question have the same length, and their order says nothing.

Four options can all be tried; no offline scheme prevents that. It keeps honest readers from seeing what they did not
ask for, and a search of the files from finding anything.
"""

import base64
import functools
import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from scalinglaws.errors import CourseError

SEALED_FILE = "sealed.json"
_BLOCK = 256  # replies are padded to a multiple of this many bytes
_NONCE = bytes(12)  # every key encrypts one reply only, so a constant nonce is safe


@dataclass(frozen=True)
class Reply:
    """What a learner is told: whether the answer is right, and why."""

    right: bool
    text: str


def canonical(answer: Any, step: float | None) -> str:
    """The one spelling of an answer: an option's letter in lower case, or a number counted in units of `step`.

    Raises CourseError for what is neither.
    """
    if step is None:
        if not isinstance(answer, str) or len(answer.strip(" ().")) != 1:
            raise CourseError(
                f'The answer is {answer!r}: write the letter of one option, such as "a".'
            )
        return answer.strip(" ().").lower()
    try:
        number = float(answer)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number) or isinstance(answer, bool | str):
        raise CourseError(
            f"The answer is {answer!r}: a number was expected, without quotation marks."
        )
    return str(round(number / step))


@functools.lru_cache(maxsize=256)
def _derive(question: str, spelling: str) -> tuple[str, bytes]:
    """Where the reply to this answer lies, and the key that opens it."""
    secret = hashlib.scrypt(
        spelling.encode(), salt=question.encode(), n=2**14, r=8, p=1, maxmem=2**26, dklen=48
    )
    return secret[:16].hex(), secret[16:]


def seal(question: str, replies: Mapping[str, Reply], step: float | None = None) -> dict:
    """Seal the replies of one question: {canonical answer: Reply} in, JSON-ready data out. Deterministic."""
    texts = {
        spelling: json.dumps({"right": r.right, "text": r.text}) for spelling, r in replies.items()
    }
    longest = max(len(text.encode()) for text in texts.values())
    size = -(-longest // _BLOCK) * _BLOCK
    sealed = {}
    for spelling, text in texts.items():
        place, key = _derive(question, spelling)
        box = ChaCha20Poly1305(key).encrypt(_NONCE, text.encode().ljust(size), question.encode())
        sealed[place] = base64.b64encode(box).decode()
    return {"step": step, "replies": dict(sorted(sealed.items()))}


def unseal(question: str, entry: Mapping, answer: Any) -> Reply | None:
    """The reply to `answer`, or None where none was sealed for it. Raises CourseError if the file was changed."""
    place, key = _derive(question, canonical(answer, entry["step"]))
    box = entry["replies"].get(place)
    if box is None:
        return None
    try:
        text = ChaCha20Poly1305(key).decrypt(_NONCE, base64.b64decode(box), question.encode())
    except InvalidTag:
        raise CourseError(
            f"The sealed reply of question {question} is damaged: install the course again."
        ) from None
    return Reply(**json.loads(text))


@functools.cache
def _sealed_bank() -> dict:
    return json.loads(resources.files(__package__).joinpath(SEALED_FILE).read_text("utf-8"))


def open_reply(question: str, answer: Any) -> Reply:
    """The reply that the learner's answer earns.

    Raises CourseError for an unknown question. An answer that is no option, or not of the right kind, is wrong.
    """
    bank = _sealed_bank()
    if question not in bank:
        raise CourseError(
            f"There is no question {question!r} in this version of the course: update it."
        )
    entry = bank[question]
    try:
        reply = unseal(question, entry, answer)
    except CourseError as error:
        return Reply(False, str(error))
    if reply is None:
        kind = "one of the options" if entry["step"] is None else "the value, nor a slip we know"
        return Reply(False, f"{answer!r} is not {kind}. Read the question again.")
    return reply
