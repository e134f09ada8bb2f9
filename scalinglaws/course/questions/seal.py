"""Replies that nobody can read before answering.

A notebook that holds "option b is wrong because …" in plain text gives the answer away by
elimination. So each reply is encrypted under a key derived (scrypt) from the question's id and *the
answer that earns it*: giving the answer is the only way to open its reply. All replies of one
question have the same length, and their order is meaningless. The worked solution is encrypted too;
its key is in the reply to the right answer. The readable parts (prompt, options, hints) are stored
in plain text beside them.

What this protects, and what it does not: a search of the files finds nothing, and an honest reader
sees only the reply to the answer given. But anyone can try all four
options, or write a loop over numbers, because an offline reader has everything. So letters get a
cheap key, because no cost per guess protects one of four; numbers, outputs and expressions get one
that takes about 0.05 s, so that a thousand guesses take most of a minute per question instead of an
instant. And the model answer to a question in free text opens to any text of some words. Weigh quiz
questions lightly; hidden tests are for code.
"""

import base64
import functools
import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import replace
from importlib import resources
from itertools import combinations
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from scalinglaws.errors import CourseError, did_you_mean

from . import stretch
from .answers import spell
from .drawn import family, instance, seed_of
from .question import Question, Reply as Reply, Sealed
from .replies import replies, shown
from .worked import worked

SEALED_FILE = "sealed.json"
_BLOCK = 256  # replies are padded to a multiple of this many bytes
_NONCE = bytes(12)  # every key encrypts only one text, so a constant nonce is safe
# scrypt's n: the work for one guess, by the form of the answer (see above).
_GUESSABLE, _COSTLY = 2**8, 2**14
_WORK = {"number": _COSTLY, "output": _COSTLY, "expression": _COSTLY}


def work(question: Question) -> int:
    """scrypt's n for the replies to a question."""
    return _WORK.get(question.form, _GUESSABLE)


def _derive(question: str, spelling: str, work: int) -> tuple[str, bytes]:
    """The place of the reply to this answer, and the key that opens it."""
    secret = stretch.stretch(spelling.encode(), question.encode(), work)
    return secret[:16].hex(), secret[16:]


def _encrypt(key: bytes, text: str, size: int, question: str) -> str:
    box = ChaCha20Poly1305(key).encrypt(_NONCE, text.encode().ljust(size), question.encode())
    return base64.b64encode(box).decode()


def _decrypt(key: bytes, box: str, question: str) -> str:
    try:
        text = ChaCha20Poly1305(key).decrypt(_NONCE, base64.b64decode(box), question.encode())
    except InvalidTag:
        raise CourseError(
            f"The sealed reply of question {question} is damaged: install the course again."
        ) from None
    return text.decode().rstrip()


def _padded(*texts: str) -> int:
    return -(-max(len(text.encode()) for text in texts) // _BLOCK) * _BLOCK


def seal(
    question: Question, replies: Mapping[str, Reply], solution: str, recipe: str = ""
) -> Sealed:
    """Seal one question. Deterministic.

    replies: {spelling: Reply}. solution: the worked solution. recipe: from `seal_recipe`, of a question that draws its numbers.
    """
    name = question.id
    # The solution's key comes from the solution itself, so it cannot be guessed.
    key = hashlib.sha256(f"{name}\n{solution}".encode()).digest()
    texts = {
        spelling: json.dumps(
            {"right": reply.right, "text": reply.text}
            | ({"key": base64.b64encode(key).decode()} if reply.right else {})
        )
        for spelling, reply in replies.items()
    }
    size = _padded(*texts.values())
    sealed = {}
    for spelling, text in texts.items():
        place, reply_key = _derive(name, spelling, work(question))
        sealed[place] = _encrypt(reply_key, text, size, name)
    box = _encrypt(key, solution, _padded(solution), name)
    return Sealed(question, dict(sorted(sealed.items())), box, recipe)


def seal_recipe(name: str, record: Mapping[str, Any]) -> str:
    """The sealed code that draws and marks a question's variants.

    Its key is not secret: it only prevents reading by accident.
    """
    text = json.dumps(record, ensure_ascii=False)
    return _encrypt(_recipe_key(name), text, _padded(text), name)


def _recipe_key(name: str) -> bytes:
    return hashlib.sha256(f"{name} recipe".encode()).digest()


@functools.lru_cache(maxsize=512)
def _variant(question: str) -> tuple[Question, dict[str, Reply], str]:
    """A variant's readable parts, its replies by spelling, and its worked solution.

    Raises CourseError if there is none.
    """
    name, seed = family(question), seed_of(question)
    if seed is None or not draws(name):
        raise _no_question(question)
    recipe = json.loads(_decrypt(_recipe_key(name), sealed_bank()[name].recipe, name))
    drawn = instance(recipe, seed)
    return replace(shown(drawn), id=question), replies(drawn), worked(drawn)


def solution_of_variant(question: str) -> str | None:
    """The worked solution of a variant that is over; None for any other question."""
    return _variant(question)[2] if seed_of(question) is not None else None


def draws(question: str) -> bool:
    """Whether a question draws its numbers, so that it has variants."""
    sealed = sealed_bank().get(question)
    return sealed is not None and bool(sealed.recipe)


def known(question: str) -> bool:
    """Whether this version of the course has a question."""
    return question in sealed_bank() if seed_of(question) is None else draws(family(question))


def _unseal(sealed: Sealed, spelling: str) -> Reply | None:
    """The reply to one spelling, or None if none was sealed for it.

    Raises CourseError if the file was changed.
    """
    name = sealed.question.id
    place, key = _derive(name, spelling, work(sealed.question))
    if place not in sealed.replies:
        return None
    opened = json.loads(_decrypt(key, sealed.replies[place], name))
    solution = ""
    if "key" in opened:
        solution = _decrypt(base64.b64decode(opened["key"]), sealed.solution, name)
    return Reply(opened["right"], opened["text"], solution)


def unseal(sealed: Sealed, answer: Any, called: Mapping[str, str] | None = None) -> Reply | None:
    """The reply to `answer`, or None if none was sealed for it.

    called: the letters of the options in the reply's text; the bank's own unless given. Raises
    CourseError for an answer of the wrong kind, and if the file was changed.
    """
    spelling = spell(sealed.question, answer)
    if sealed.question.form == "options":
        return _several(sealed, spelling, called or {})
    return _unseal(sealed, spelling)


def _several(sealed: Sealed, spelling: str, called: Mapping[str, str]) -> Reply:
    """The reply to a set of options: each has one reply to being chosen, and one to being left out."""
    letters = sorted(sealed.question.options, key=lambda c: called.get(c, c))
    signs = {c: "+" if c in spelling else "-" for c in letters}
    single = {c: _unseal(sealed, signs[c] + c) or Reply(False, "") for c in letters}
    texts = {c: f"({called.get(c, c)}) {r.text}" for c, r in single.items() if signs[c] == "+"}
    if whole := _unseal(sealed, spelling):
        text = " ".join(filter(None, [whole.text, *texts.values()]))
        return Reply(True, text, whole.solution)
    wrong = [c for c, reply in single.items() if not reply.right]
    said = [texts[c] for c in wrong if c in texts]
    if missing := sum(signs[c] == "-" for c in wrong):
        what = "One right option is" if missing == 1 else f"{missing} right options are"
        said.append(f"{what} missing from your answer.")
    return Reply(False, " ".join(said))


def option_replies(question: str) -> dict[str, Reply]:
    """The reply to each option by itself, by the bank's letters: for a question that is over. Empty without options."""
    if not find(question).options:
        return {}
    sealed = sealed_bank()[question]  # no variant has options
    sign = "+" if sealed.question.form == "options" else ""
    found = {c: _unseal(sealed, sign + c) for c in sealed.question.options}
    return {letter: reply for letter, reply in found.items() if reply}


@functools.cache
def sealed_bank() -> dict[str, Sealed]:
    """{id: question} of all questions in the package."""
    file = resources.files(__package__ or "scalinglaws.course.questions").joinpath(SEALED_FILE)
    entries = json.loads(file.read_text("utf-8"))
    return {name: Sealed.from_json(name, entry) for name, entry in entries.items()}


def find(question: str) -> Question:
    """One question, by its id. Raises CourseError if there is none."""
    if seed_of(question) is not None:
        return _variant(question)[0]
    if question not in sealed_bank():
        raise _no_question(question)
    return sealed_bank()[question].question


def _no_question(question: str) -> CourseError:
    near = did_you_mean(question, sealed_bank())
    return CourseError(
        f"There is no question {question!r} in this version of the course{':' if not near else '.'}"
        f"{near or ' update it.'}"
    )


def mark(question: str, answer: Any, called: Mapping[str, str] | None = None) -> Reply:
    """The reply that an answer earns. called: as for `unseal`.

    Raises CourseError for an unknown question, and for an answer that is not an option or not of
    the right kind.
    """
    asked = find(question)
    if seed_of(question) is None:
        reply = unseal(sealed_bank()[question], answer, called)
    else:
        _, replies, solution = _variant(question)
        reply = replies.get(spell(asked, answer))
        if reply and reply.right:
            reply = replace(reply, solution=solution)
    return reply or Reply(False, f"{answer!r} {_UNKNOWN[asked.form]}")


def open_reply(question: str, answer: Any, called: Mapping[str, str] | None = None) -> Reply:
    """Like `mark`, but an answer of the wrong kind is wrong.

    Raises CourseError for an unknown question.
    """
    find(question)
    try:
        return mark(question, answer, called)
    except CourseError as error:
        return Reply(False, str(error))


def right_letters(question: str) -> Reply | None:
    """The reply to the right option or options of a question, found by trying all; for one that is
    over.

    None for other forms of answer, which cannot be tried out.
    """
    asked = find(question)
    letters = asked.options
    most = len(letters) if asked.form == "options" else 1
    for count in range(1, most + 1):
        for chosen in combinations(letters, count):
            reply = unseal(sealed_bank()[question], "".join(chosen))
            if reply and reply.right:
                return reply
    return None


# --- one number of an exercise ---

_STEPS = 8  # the tolerance, from end to end, is cut into about this many cells
_BYTES = 4  # of each cell's hash: a wrong value passes by accident once in 10^8 or 10^9
_FEWEST = 50  # guesses for a tenfold range; if it takes fewer, sealing is not worth it


def seal_number(name: str, want: float, *, rtol: float = 0.0, atol: float = 0.0) -> str:
    """The seal with which `check_sealed` tells right from wrong without containing the right value.

    The number line is cut into cells of an eighth of the tolerance's width (of ln |x| for rtol),
    and the seal lists a salted, slow hash (scrypt) of each cell within the tolerance.

    What it protects: nobody can read the value in the notebook, search for it, or compute it backwards.
    What it does not protect: a loop over guesses finds a value with a tolerance of 1 % between 1
    and 1,000 after some 350 guesses, in a quarter of a minute. So use it for values where a loop is
    more work than the exercise, or would be the exercise; not for a value that is read off a
    figure, is True or False, or is one of a handful: there the visible check should only say
    "plausible".

    name: the learner's variable. rtol, atol: of the hidden test; the larger of the two
    tolerances counts. Raises CourseError if fewer than 50 guesses would cover a tenfold range.
    """
    said = _tolerance(want, rtol, atol)
    scale, tolerance = _read(said)
    relative = scale == "rtol"
    guesses = math.log(10) / (2 * rtol) if relative else 0.45 * abs(want) / max(atol, 1e-300)
    if guesses < _FEWEST:
        raise CourseError(
            f"{name}: with a tolerance of {tolerance:g} some {guesses:.0f} guesses would find it. Let the"
            ' visible check say "plausible" only, or narrow the tolerance.'
        )
    half = tolerance * abs(want) if relative else tolerance
    low, high = sorted(_cell(name, want + sign * half, scale, tolerance) for sign in (-1, 1))
    cells = [_hash(name, cell, scale, tolerance) for cell in range(low, high + 1)]
    # The two cells at the ends contain right and wrong values: they come first, the others in no
    # particular order.
    inside = sorted(cells[1:-1])
    packed = base64.b85encode(b"".join([cells[0], cells[-1], *inside])).decode()
    return f"{said} {packed}"


def _tolerance(want: float, rtol: float, atol: float) -> str:
    """How a seal tells its tolerance: the larger of the two."""
    return f"rtol={rtol:g}" if rtol * abs(want) > atol else f"atol={atol:g}"


def _read(tolerance: str) -> tuple[str, float]:
    scale, _, size = tolerance.partition("=")
    return scale, float(size)


def has_tolerance(seal: str, want: float, rtol: float, atol: float) -> bool:
    """Whether a number within these tolerances of the right one opens the seal."""
    return seal.startswith(_tolerance(want, rtol, atol) + " ")


def opens(name: str, value: float, seal: str) -> bool | None:
    """Whether a number is the sealed one, within its tolerance; None at the very edge of the tolerance."""
    if not math.isfinite(value):
        return False
    said, _, packed = seal.partition(" ")
    scale, tolerance = _read(said)
    known = base64.b85decode(packed)
    cells = [known[i : i + _BYTES] for i in range(0, len(known), _BYTES)]
    got = _hash(name, _cell(name, value, scale, tolerance), scale, tolerance)
    return None if got in cells[:2] else got in cells[2:]


def _cell(name: str, value: float, scale: str, tolerance: float) -> int:
    """Which cell of the number line a value lies in; the boundaries depend only on the name."""
    step = 2 * tolerance / _STEPS
    start = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4]) / 2**32
    if scale == "atol":
        return math.floor(value / step + start)
    place = math.floor((math.log(abs(value)) if value else -1e4) / step + start)
    return place if value >= 0 else place + 10**15  # negative values have separate cells


def _hash(name: str, cell: int, scale: str, tolerance: float) -> bytes:
    place, _ = _derive(f"{name} {scale}={tolerance:g}", str(cell), _COSTLY)
    return bytes.fromhex(place)[:_BYTES]


_UNKNOWN = {
    "number": "is not the right value, nor a known slip. Read the question again.",
    "output": "is not what is printed, nor a known slip. Follow the code line by line.",
    "expression": "does not give the right values, nor those of a known slip. Try it on small numbers.",
}
