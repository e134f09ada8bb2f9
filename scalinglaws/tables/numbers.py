"""Numbers as people write them: 70M, 1.4T, 1,000,000, 2,5; and the units of a column."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..errors import CourseError

_SCALES = {
    **dict.fromkeys(("k", "thousand"), 1e3),
    **dict.fromkeys(("m", "mio", "mn", "million", "millions"), 1e6),
    **dict.fromkeys(("b", "g", "bn", "bio", "billion", "billions"), 1e9),
    **dict.fromkeys(("t", "tn", "trillion", "trillions"), 1e12),
    **dict.fromkeys(("p", "quadrillion"), 1e15),
}
_FLOP_SCALES = {"k": 1e3, "m": 1e6, "g": 1e9, "t": 1e12, "p": 1e15, "e": 1e18, "z": 1e21, "y": 1e24}
PF_DAY = 8.64e19

_WORDS = r"(?:params?|parameters|tokens?|toks?|flops?|nats?|bytes)"
_NUMBER = re.compile(
    r"(?P<number>[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)"
    r"(?:\s*[x×*·]\s*10\s*(?:\^|\*\*)\s*(?P<power>[+-]?\d+))?"
    rf"\s*(?P<suffix>[a-z-]*?)\s*/?\s*{_WORDS}?",
    re.IGNORECASE,
)
_FLOPS = re.compile(r"([kmgtpezy])?f(?:lops?)?|([kmgtpezy])", re.IGNORECASE)
_PF_DAYS = re.compile(r"p(?:eta)?f(?:lops?)?[-/ ]?s?[-/ ·]?d(?:ays?)?", re.IGNORECASE)

# A number as Python prints an array of one: np.float64(2.31), tensor(2.31, device='cuda:0'), [2.31].
_WRAPPED = re.compile(
    r"(?:(?:np|numpy|jnp|torch)\.)?(?:float|int|array|tensor)\d*"
    r"\(\s*(?:\[([^][(),]+)\]|([^][(),]+))\s*(?:,\s*\w+=.*)?\)|\[([^][(),]+)\]",
    re.IGNORECASE,
)
_ERROR = re.compile(r"(?<=[\w.])\s*(?:±|\+/-)\s*[\d.,]+(?:e[+-]?\d+)?%?$", re.IGNORECASE)
_EMPTY = {
    "",
    "na",
    "n/a",
    "n.a.",
    "nan",
    "none",
    "null",
    "-",
    "--",
    "—",
    "–",
    "?",
    ".",
    "#n/a",
    "#div/0!",
    "missing",
    "tbd",
}
_UNFINISHED = re.compile(
    "crashed|failed|killed|diverged|running|pending|preempt(ed|ing)|aborted|cancell?ed|interrupted"
    "|stopped|timeout|oom|error|unfinished|incomplete",
    re.IGNORECASE,
)


def parse_number(text: str, decimal_comma: bool = False) -> float | None:
    """The number that a cell holds: nan if it is empty, None if it is not a number.

    Suffixes K, M, B (or G), T, P; for FLOPs also EF, ZF, PF-days. 2.31 ± 0.01 is 2.31, and so is
    np.float64(2.31); 40 % is 0.4. "diverged" and the like are missing numbers.
    decimal_comma: 2,5 is two and a half and 1.000 a thousand.

    >>> [parse_number(text) for text in ("70M", "1,000,000", "3.5 EFLOPs", "7B params", "seven")]
    [70000000.0, 1000000.0, 3.5e+18, 7000000000.0, None]
    >>> parse_number("40 %"), parse_number("diverged")
    (0.4, nan)
    >>> parse_number("1.234,5", decimal_comma=True)
    1234.5
    """
    text = re.sub(r"\s", " ", text.strip().replace("\u2212", "-"))
    if match := _WRAPPED.fullmatch(text):
        text = (match[1] or match[2] or match[3]).strip()
    text = _ERROR.sub("", text)
    if text.endswith("%"):
        share = parse_number(text[:-1], decimal_comma)
        return None if share is None else share / 100
    if text.lower() in _EMPTY or is_unfinished(text):
        return math.nan
    if re.fullmatch(r"[+-]?(inf(inity)?|∞)", text, re.IGNORECASE):
        return -math.inf if text.startswith("-") else math.inf
    if decimal_comma:
        text = text.replace(".", "").replace(",", ".") if "," in text else _dots(text)
    elif re.match(r"[+-]?\d{1,3}(,\d{2,3})*,\d{3}(?!\d)", text):  # also 1,00,00,000, as in India
        text = text.replace(",", "")
    elif re.match(r"[+-]?\d{1,3}(\.\d{3}){2,}(?![\d.])", text):  # 1.000.000
        text = text.replace(".", "")
    text = re.sub(r"(?<=\d)[_' ’](?=\d{3}(?!\d))", "", text)
    text = re.sub(r"(?<=[\d.])[dD](?=[+-]\d)", "e", text)  # as Fortran writes 1.0D+09
    match = _NUMBER.fullmatch(text)
    if match is None:
        return _power_of_ten(text)
    number = float(match["number"])
    if match["power"]:
        number *= 10.0 ** int(match["power"])
    scale = _scale(match["suffix"])
    return None if scale is None else number * scale


def is_number(text: str) -> bool:
    """Whether a text is a number, and not a missing one."""
    number = parse_number(text)
    return number is not None and not math.isnan(number)


def is_unfinished(text: str) -> bool:
    """Whether a cell says that a run has no result: diverged, OOM, killed and the like."""
    return _UNFINISHED.fullmatch(text.strip()) is not None


def _dots(text: str) -> str:
    return text.replace(".", "") if re.match(r"[+-]?\d{1,3}(\.\d{3})+(?!\d)", text) else text


def _power_of_ten(text: str) -> float | None:
    """10^21, 10**21, 10²¹."""
    match = re.fullmatch(r"10\s*(?:\^|\*\*)\s*([+-]?\d+(?:\.\d+)?)", text)
    if match is None and (raised := re.fullmatch(r"10([⁰¹²³⁴⁵⁶⁷⁸⁹]+)", text)):
        return 10.0 ** int(raised[1].translate(_SUPERSCRIPTS))
    return 10.0 ** float(match[1]) if match else None


_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")


def _scale(suffix: str) -> float | None:
    """What a suffix multiplies by, or None if it is unknown."""
    name = suffix.strip().lower()
    if not name:
        return 1.0
    if name in _SCALES:
        return _SCALES[name]
    if _PF_DAYS.fullmatch(name):
        return PF_DAY
    match = _FLOPS.fullmatch(name)
    if match is None:
        return None
    return _FLOP_SCALES.get((match[1] or match[2] or "").lower(), 1.0)


def parse_column(cells: Sequence[str], loss: bool, decimal_comma: bool) -> list[float | None]:
    """A column's numbers, with one meaning of the comma for all its cells.

    In a column of losses a lone comma is a decimal mark (2,345 is 2.345): no model has a loss of
    2,345 nats.
    """
    commas = [cell for cell in cells if "," in cell]
    lone = bool(commas) and all(re.fullmatch(r"[+-]?\d+,\d+(e[+-]?\d+)?", c, re.I) for c in commas)
    grouped = lone and all(re.fullmatch(r"[+-]?[1-9]\d{0,2},\d{3}", c) for c in commas)
    if commas:
        decimal_comma = decimal_comma or (lone and (loss or not grouped))
    return [parse_number(cell, decimal_comma) for cell in cells]


# Units


@dataclass(frozen=True)
class Unit:
    """Converts a column to our units: N in parameters, D in tokens, C in FLOPs, loss in nats."""

    name: str
    convert: Callable[[float], float]


LOSS_UNITS = "nats, bits, bpb, bpb*BYTES_PER_TOKEN, ppl, ln or log10 (of the loss)"


def is_unit(text: str) -> bool:
    """Whether a text is a unit, with or without brackets: M, [B], tokens, nats, 10^9.

    >>> [is_unit(text) for text in ("[M]", "tokens", "nats/token", "c4")]
    [True, True, True, False]
    """
    bare = text.strip().strip("[]()").strip().lower()
    if re.fullmatch(rf"{_WORDS}|#|count|-+|nats?\s*(?:/|per)\s*(?:token|byte)", bare):
        return True
    for quantity in ("C", "loss"):
        try:
            parse_unit(quantity, bare)
        except CourseError:
            continue
        return not bare[:1].isdigit() or bare.startswith(("10^", "10**"))
    return False


def parse_unit(quantity: str, text: str) -> Unit:
    """The unit of a quantity: "M", "B", "EF", "1e18", "PF-days", "log10", "ln"; for a loss nats,
    bits, bpb, ppl.

    bpb*4.5 turns bits per byte into nats per token, at 4.5 bytes per token. Raises CourseError for
    anything else.

    >>> parse_unit("C", "EF").convert(2.0)
    2e+18
    >>> round(parse_unit("loss", "bpb").convert(1.0), 4)
    0.6931
    """
    name = text.strip()
    low = re.sub(rf"\s*(?:of\s+)?{_WORDS}\s*$", "", name.lower()) or name.lower()
    if quantity == "loss":
        return _loss_unit(name, name.lower())
    if low in ("log10", "lg"):
        return Unit("log10", lambda value: 10.0**value if value < 300 else math.inf)
    if low in ("ln", "log"):
        return Unit("ln", lambda value: math.exp(value) if value < 700 else math.inf)
    if low == "log2":
        return Unit("log2", lambda value: 2.0**value if value < 1000 else math.inf)
    try:
        factor: float | None = float(low)
    except ValueError:
        power = _power_of_ten(re.sub(r"^[x×*·]\s*", "", low))
        factor = power or (_scale(low) if low else None)
    if factor is None or not (math.isfinite(factor) and factor > 0):
        raise CourseError(
            f"--unit {quantity}={name} is not a known unit: use K, M, B or T, a factor such as "
            f"1e9, log10 or ln"
            f"{', or EF, ZF, PF-days' if quantity == 'C' else ''}."
        )
    scale = factor
    return Unit(name, lambda value: value * scale)


def _loss_unit(name: str, low: str) -> Unit:
    per_byte = re.fullmatch(r"(?:bpb|bits[ _/-]?(?:per[ _-])?byte)\s*[*x×]\s*([\d.]+)", low)
    if per_byte and 0 < float(per_byte[1]) < 1000:
        bytes_per_token = float(per_byte[1])
        return Unit(name, lambda value: value * math.log(2) * bytes_per_token)
    if re.fullmatch(r"nats?(\s*(/|per)\s*(token|byte))?", low):
        return Unit("nats", lambda value: value)
    if re.fullmatch(r"bits?(\s*(/|per)\s*(token|byte))?", low) or low in ("bpb", "bpt", "bpc"):
        return Unit(name, lambda value: value * math.log(2))
    if low in ("ln", "log10"):
        base = math.e if low == "ln" else 10.0
        return Unit(low, lambda value: base**value if value < 300 else math.inf)
    if low in ("ppl", "perplexity"):
        return Unit("ppl", lambda value: math.log(value) if value > 0 else math.nan)
    raise CourseError(f"--unit loss={name} is not a known unit: use {LOSS_UNITS}.")
