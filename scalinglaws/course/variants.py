"""Variants: each student's own numbers, drawn from a token that only the instructor's key can make.

Without a key (`scalinglaws variants --start` makes one), every exercise has the numbers in its
text. With a key, each student gets a token, HMAC(key, id), once. It is stored beside their
notebooks, and `sl.variant("01/3b")` draws their numbers from it. The released file is the same for
all. The grader ignores a token in a submission: it computes the token from key and id, and puts it
where the tests look. (Stock nbgrader does not do that, so in its folder autograded/, key and id are
looked up here.) The key stays in the instructor's folder; nothing that is handed out contains it.
"""

import base64
import hashlib
import hmac
import json
import os
import re
import secrets
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from scalinglaws.errors import CourseError
from scalinglaws.files import replace_file
from scalinglaws.paths import course_dir

if TYPE_CHECKING:
    import pandas as pd

KEY_FILE = "variants.key"  # in the instructor's folder: the secret
MARK_FILE = "variants.on"  # in a hand-out: everybody who works here needs a token
TOKEN_FILE = "variant.txt"  # beside a learner's notebooks; in grading, beside the tests
CLASS_FILE = "variants-of-the-class.json"  # in grading, only for the tests


@dataclass(frozen=True)
class Numbers:
    """A number to draw: its value in the text, and the values low, low + step, ..., at most high."""

    in_text: float
    low: float
    high: float
    step: float

    def draw(self, bits: int) -> float:
        """One of the values, all equally likely."""
        count = round((self.high - self.low) / self.step) + 1
        return float(f"{self.low + self.step * (bits % count):.12g}")


SEED = Numbers(0, 1, 999_999_999, 1)  # of `Variant.subset`

# The drawn numbers of each exercise, by notebook and number. The exercise's own cells explain the
# names.
EXERCISES: Mapping[str, Mapping[str, Numbers]] = {
    "00/5b": {
        "tokens": Numbers(90e6, 60.001e6, 139.999e6, 0.001e6),
        "tokens_per_parameter": Numbers(20, 15.01, 24.99, 0.01),
    },
    "00/7": {"vocabulary": Numbers(50_257, 20_011, 999_983, 1)},
    "00/13d": {"accuracy": Numbers(0.55, 0.4200001, 0.6899999, 0.0000001)},
    "01/3b": {
        "a": Numbers(1.0, 0.71, 1.49, 0.01),
        "b": Numbers(0.5, 0.301, 0.599, 0.001),
        "c": Numbers(1.0, 0.71, 1.49, 0.01),
        "d": Numbers(0.3, 0.201, 0.399, 0.001),
    },
    "01/11": {
        "N": Numbers(1e9, 0.301e9, 9.999e9, 0.001e9),
        "D": Numbers(2e10, 0.51e10, 9.99e10, 0.01e10),
    },
    "01/12": {
        "smallest": Numbers(1e6, 0.5e6, 5e6, 1),
        "largest": Numbers(1e12, 0.3e12, 3e12, 1e6),
    },
    "02/6b": {"N": Numbers(1e9, 0.7e9, 1.999999e9, 1e3)},
    "02/11a": {"loss": Numbers(1.6, 1.46, 1.739999, 0.000001)},
    "02/12": {
        "C_early": Numbers(1e21, 0.5e21, 5e21, 1e14),
        "C_late": Numbers(1e25, 0.5e25, 5e25, 1e18),
    },
    "03/3": {
        "N": Numbers(1e9, 0.7001e9, 1.9999e9, 0.0001e9),
        "D": Numbers(1e8, 0.8001e8, 1.9999e8, 0.0001e8),
    },
    "03/12": {
        "runs": Numbers(240, 401, 999, 1),
        "width": Numbers(0.051, 0.06001, 0.08999, 0.00001),
    },
    "03/14": {"C": Numbers(1e20, 0.3e20, 3e20, 1e13)},
    "04/5": {
        "N": Numbers(98_304, 50_001, 499_999, 1),
        "D": Numbers(2_097_408, 1_000_001, 9_999_999, 1),
    },
    "04/7": {"batch": Numbers(4096, 2001, 9999, 1), "batch_before": Numbers(512, 101, 1499, 1)},
    "04/11c": {"times": Numbers(3, 1.50001, 4.99999, 0.00001)},
    "05/2": {
        "N_ref": Numbers(30_720, 15_001, 59_999, 1),
        "D_ref": Numbers(507_648, 300_001, 899_999, 1),
    },
    "05/8": {"alpha": Numbers(0.3478, 0.200001, 0.499999, 0.000001)},
    "05/9": {"part": Numbers(0.5, 0.35001, 0.79999, 0.00001)},
    "06/3b": {"target": Numbers(0.5, 0.3001, 0.8999, 0.0001), "k": Numbers(30, 20, 60, 1)},
    "06/6": {"seed": SEED},
    "06/7": {"seed": SEED},
    "07/3": {  # million dollars
        "GPT_4": Numbers(40, 30.01, 59.99, 0.01),
        "Grok_4": Numbers(490, 300.1, 699.9, 0.1),
    },
    "07/4": {"N": Numbers(6.7e9, 5e9, 9.99999e9, 1e4)},
    "07/11": {
        "shared": Numbers(1.61, 1.00001, 2.99999, 0.00001),
        "expert": Numbers(5.637, 5.00001, 9.99999, 0.00001),
    },
    "08/2": {
        "C": Numbers(1e21, 0.8001e21, 1.5999e21, 0.0001e21),
        "loss": Numbers(2.04, 2.030001, 2.069999, 0.000001),
    },
    "08/6": {
        "budget": Numbers(1e18, 0.3001e18, 2.9999e18, 0.0001e18),
        "ratio": Numbers(2, 1.5001, 3.4999, 0.0001),
    },
    "08/9b": {"tokens_per_parameter": Numbers(200, 100.001, 399.999, 0.001)},
}


@dataclass(frozen=True)
class Variant:
    """The numbers of one exercise, as attributes: `variant("01/3b").a`. is_own: whether they differ
    from those in the text.
    """

    exercise: str
    is_own: bool
    values: Mapping[str, float] = field(repr=False)
    code: str = ""  # see `code_of`

    def __getattr__(self, name: str) -> float:
        try:
            return self.__dict__["values"][name]
        except KeyError:
            raise AttributeError(f"exercise {self.exercise} draws no {name!r}") from None

    def subset(self, table: "pd.DataFrame", share: float) -> "pd.DataFrame":
        """A share of a table's rows, in order; all of them without variants.

        The exercise draws a `seed`.
        """
        if not self.is_own:
            return table
        return table.sample(frac=share, random_state=int(self.seed)).sort_index()

    def show(self) -> None:
        """Print the numbers, if they differ from those in the text."""
        if self.is_own and "seed" in self.values:
            print(f"Your own rows (variant {self.code}): a part of those in the text.")
        elif self.is_own:
            in_text = EXERCISES[self.exercise]
            numbers = (
                f"\n  {name} = {value:,.10g} instead of {in_text[name].in_text:,.10g}"
                for name, value in self.values.items()
            )
            print(
                f"Your own numbers (variant {self.code}), in place of those in the text:",
                *numbers,
                sep="",
            )


def variant(exercise: str) -> Variant:
    """The numbers of an exercise, such as "01/3b", for the learner at work.

    They are those in the text unless the course has variants. Raises CourseError for an exercise
    without drawn numbers, and if the course has variants and the learner's token is missing or
    mistyped.
    """
    return drawn(exercise, own_token())


def drawn(exercise: str, token: str) -> Variant:
    """The numbers that a token gives; "" gives those in the text."""
    if exercise not in EXERCISES:
        raise CourseError(f"Exercise {exercise} has no numbers to draw.")
    specification = EXERCISES[exercise]
    if not token:
        return Variant(exercise, False, {name: n.in_text for name, n in specification.items()})

    def bits(name: str) -> int:
        text = f"{token}\n{exercise}\n{name}".encode()
        return int.from_bytes(hashlib.sha256(text).digest()[:8], "big")

    values = {name: n.draw(bits(name)) for name, n in specification.items()}
    return Variant(exercise, True, values, code_of(token))


# -- Tokens


def token_of(key: bytes, student: str) -> str:
    """A student's token, such as "k7f3-q2m9-xwab": ten characters that depend on key and id, and
    two that detect typing errors.
    """
    who = unicodedata.normalize("NFC", student).encode("utf-8", "surrogateescape")
    body = base64.b32encode(hmac.digest(key, who, "sha256")).decode().lower()[:10]
    whole = body + _check_characters(body)
    return "-".join((whole[:4], whole[4:8], whole[8:]))


def valid_token(text: str) -> str:
    """A typed token in its usual form. Raises CourseError if it is invalid."""
    plain = re.sub(r"[\s-]", "", text).lower()
    if not re.fullmatch(r"[a-z2-7]{12}", plain) or plain[10:] != _check_characters(plain[:10]):
        raise CourseError(
            f"{text.strip()[:40]!r} is not a token of this course: copy the one you were sent, "
            "such as k7f3-q2m9-xwab."
        )
    return "-".join((plain[:4], plain[4:8], plain[8:]))


def _check_characters(body: str) -> str:
    return base64.b32encode(hashlib.sha256(body.encode()).digest()).decode().lower()[:2]


def code_of(token: str) -> str:
    """A code for a token that messages may show: it does not reveal the token, but the instructor
    can find its owner.
    """
    return hashlib.sha256(f"code {token}".encode()).hexdigest()[:10]


def own_token() -> str:
    """The token beside the notebook, or in the learner's folder above it; "" if the course has no
    variants.
    """
    if stock := _graded_by_stock_nbgrader():
        course, student = stock
        return token_of(read_key(course), student)
    for path in (Path(TOKEN_FILE), Path("..", TOKEN_FILE)):
        try:
            text = path.read_text("utf-8")
        except (OSError, UnicodeDecodeError):
            continue
        return valid_token(text) if text.strip() else ""
    try:
        needed = (course_dir() / MARK_FILE).is_file()
    except (CourseError, OSError):
        needed = False
    if needed:
        raise CourseError(
            "In this course every student has their own numbers, and your token is missing. Stop "
            "JupyterLab and open"
            " the course once with --variant and the token that you were sent; on a hub, write the token into a file"
            f" {TOKEN_FILE} beside this notebook."
        )
    return ""


def keep_token(own: Path, course: Path, student: str, typed: str | None) -> None:
    """Write the learner's token into their folder: the typed one or, in the instructor's clone, the
    one from the key.

    Raises CourseError if the course has variants and the token is unknown.
    """
    path = own / TOKEN_FILE
    key = read_key(course)
    if typed or key:
        token = valid_token(typed) if typed else token_of(key, student)
        own.mkdir(parents=True, exist_ok=True)
        replace_file(path, f"{token}\n".encode())
    elif (course / MARK_FILE).is_file() and not path.is_file():
        raise CourseError(
            "In this course every student has their own numbers: add --variant and the token that "
            "you were sent, once."
        )


def read_key(course: Path) -> bytes:
    """The course's key; b"" if it has no variants. Raises CourseError for an invalid file."""
    path = course / KEY_FILE
    try:
        key = path.read_bytes().strip()
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise CourseError(f"{path} cannot be read ({error.strerror}).") from None
    if len(key) < 32:
        raise CourseError(f"{path} is damaged: restore it from a copy. Tokens depend on it.")
    return key


def start(course: Path) -> Path:
    """Make the key.

    Raises CourseError if there is one, because another key would change every student's numbers.
    """
    path = course / KEY_FILE
    if path.exists():
        raise CourseError(f"There already is a key, {path}: a new one would change all numbers.")
    number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(number, "w") as file:
        file.write(secrets.token_hex(32) + "\n")
    return path


# -- In grading


def class_tokens(course: Path | str) -> "ClassTokens":
    """The tokens of all students with a folder in submitted/; none if the course has no key."""
    key = read_key(Path(course))
    if not key:
        return ClassTokens()
    names = (path.name for path in Path(course, "submitted").glob("[!.]*") if path.is_dir())
    return ClassTokens({name: token_of(key, name) for name in names})


def _graded_by_stock_nbgrader() -> tuple[Path, str] | None:
    """The course and the student, if the working directory is autograded/STUDENT/ASSIGNMENT of a
    course with a key.
    """
    here = Path.cwd()
    if len(here.parts) < 4 or here.parents[1].name != "autograded":
        return None
    course = here.parents[2]
    return (course, here.parent.name) if (course / KEY_FILE).is_file() else None


@dataclass(frozen=True)
class ClassTokens:
    """The tokens of a class, {student: token}; empty without variants."""

    tokens: Mapping[str, str] = field(default_factory=dict)

    def learner_files(self, student: str) -> dict[str, bytes]:
        """The files beside a student's cells."""
        token = self.tokens.get(student, "")
        return {TOKEN_FILE: token.encode()} if token else {}

    def tester_files(self, student: str) -> dict[str, bytes]:
        """The files beside the tests: there is always one, so that a submitted file cannot replace
        it.
        """
        others = sorted({t for name, t in self.tokens.items() if name != student})
        token = self.tokens.get(student, "").encode()
        return {TOKEN_FILE: token, CLASS_FILE: json.dumps(others).encode()}

    def student_of(self, code: str) -> str:
        """The student whose token has this code; "" if there is none."""
        return next((name for name, t in self.tokens.items() if code_of(t) == code), "")


def others_tokens() -> list[str]:
    """In grading: the tokens of the others in the class."""
    if stock := _graded_by_stock_nbgrader():
        course, student = stock
        return [token for name, token in class_tokens(course).tokens.items() if name != student]
    try:
        return json.loads(Path(CLASS_FILE).read_text("utf-8"))
    except (OSError, ValueError):
        return []
