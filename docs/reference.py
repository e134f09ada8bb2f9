"""Write docs/reference.md from the docstrings of the law library.

python docs/reference.py           # write it
python docs/reference.py --check   # exit 1 if it is stale
"""

from __future__ import annotations

import inspect
import sys
from dataclasses import fields, is_dataclass
from pathlib import Path

import scalinglaws.constants as constants
from scalinglaws import fits, laws, plots

PAGE = Path(__file__).with_suffix(".md")


def section(title: str, module, names) -> list[str]:
    """A heading, the module's sentence, and an entry for each name."""
    lines = [f"## {title}", "", inspect.getdoc(module), ""]
    for name in names:
        thing = getattr(module, name)
        if inspect.isclass(thing) or inspect.isfunction(thing):
            lines += entry(name, thing)
    return lines


def entry(name: str, thing) -> list[str]:
    """A function, or a class with its own public methods."""
    # Nobody builds the result of a fit by hand: its name is enough.
    result = inspect.isclass(thing) and issubclass(thing, fits.Fit)
    lines = [f"### `{name}{'' if result else signature(thing)}`", "", *body(thing)]
    if inspect.isclass(thing):
        for method_name, member in vars(thing).items():
            if method_name.startswith("_") and method_name != "__call__":
                continue
            if isinstance(member, property):
                lines += [f"#### `{name}.{method_name}`", "", *body(member.fget)]
            elif isinstance(member, classmethod):
                function = member.__func__
                lines += [f"#### `{name}.{method_name}{signature(function)}`", "", *body(function)]
            elif inspect.isfunction(member):
                shown = "law" if method_name == "__call__" else f"{name}.{method_name}"
                lines += [f"#### `{shown}{signature(member)}`", "", *body(member)]
    return lines


def signature(thing) -> str:
    """The names and defaults of the arguments, without types: those are in the text."""
    parts = []
    parameters = inspect.signature(thing).parameters.values()
    starred = False
    for parameter in parameters:
        if parameter.name in ("self", "cls", "name", "citation") or parameter.name.startswith("_"):
            continue
        if parameter.kind is parameter.KEYWORD_ONLY and not starred:
            parts.append("*")
            starred = True
        text = ("*" if parameter.kind is parameter.VAR_POSITIONAL else "") + parameter.name
        starred |= parameter.kind is parameter.VAR_POSITIONAL
        if parameter.kind is parameter.VAR_KEYWORD:
            continue
        if parameter.default is not parameter.empty:
            text += f"={parameter.default!r}"
        parts.append(text)
    return f"({', '.join(parts)})"


def body(thing) -> list[str]:
    """The docstring, with its doctests as code blocks."""
    lines, code = [], False
    for line in (inspect.getdoc(thing) or "").splitlines():
        starts = line.startswith(">>>")
        if starts and not code:
            lines += ["```pycon"]
            code = True
        elif code and not line.strip():
            lines += ["```"]
            code = False
        lines.append(line.rstrip())
    return [*lines, *(["```"] if code else []), ""]


def published() -> list[str]:
    """The table of published constants."""
    lines = ["## Published constants", "", inspect.getdoc(constants), ""]
    lines += ["| name | law | source |", "| --- | --- | --- |"]
    for name, value in vars(constants).items():
        if (
            name.isupper()
            and is_dataclass(value)
            and not name.startswith("_")
            and hasattr(value, "citation")
        ):
            shown = [item for item in fields(value) if item.repr]
            numbers = ", ".join(
                f"{item.name} = {number(getattr(value, item.name))}" for item in shown
            )
            lines.append(f"| `{name}` | {numbers} | {value.citation} |")
    lines += [
        "",
        "`HOFFMANN_TABLES` holds Tables 3 and A3 of Hoffmann et al. 2022 as printed, `HOFFMANN_MISPRINT` the one entry "
        "among them that contradicts 6·N·D, and `PUBLIC_MODELS` N and D of published models with source.",
        "",
    ]
    return lines


def number(value) -> str:
    return f"{value:.6g}" if isinstance(value, float) else f"`{value!r}`"


def page() -> str:
    lines = [
        "# Reference of the law library",
        "",
        "Generated from the docstrings by `python docs/reference.py`; do not edit. N counts parameters, D training tokens, "
        "C training FLOPs, and L is a cross-entropy in nats per token (per byte for the course's own runs). Arrays "
        "broadcast; scalars come back as floats; bad input raises `scalinglaws.errors.CourseError` with one sentence.",
        "",
        *section("Laws", laws, laws.__all__),
        *published(),
        *section("Fits", fits, sorted(fits.__all__, key=lambda name: not name.islower())),
        *section("Figures", plots, plots.__all__),
    ]
    return "\n".join(lines).rstrip() + "\n"


def main() -> int:
    fresh = page()
    if "--check" in sys.argv[1:]:
        stale = not PAGE.is_file() or PAGE.read_text(encoding="utf-8") != fresh
        if stale:
            print("docs/reference.md is stale: run python docs/reference.py", file=sys.stderr)
        return int(stale)
    PAGE.write_text(fresh, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
