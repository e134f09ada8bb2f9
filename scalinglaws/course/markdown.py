"""Markdown with TeX formulas, without a network or a script: as HTML with MathML, or as plain text."""

import html
import re
from collections.abc import Callable
from typing import Literal
from xml.etree import ElementTree

# $$block$$ or $inline$, outside `code`; a dollar sign before a digit and after a space is money.
_CODE = re.compile(r"(```.*?```|`[^`\n]*`)", re.DOTALL)
_FORMULA = re.compile(
    r"\$\$(?P<block>.+?)\$\$|(?<![\\\w$])\$(?P<inline>[^\s$](?:[^$]*?[^\s$\\])?)\$(?![\w$])",
    re.DOTALL,
)


def _outside_code(markdown: str, replace) -> str:
    parts = _CODE.split(markdown)
    return "".join(part if i % 2 else _FORMULA.sub(replace, part) for i, part in enumerate(parts))


# latex2mathml sets ln x without a space; TeX adds one, except before an opening bracket.
_FUNCTION = re.compile(
    r"(?P<first><mrow>)?<mi>(?P<name>ln|log|exp|sin|cos|tan|tanh)</mi>(?P<more><mo)?"
)


def _spaced(match: re.Match[str]) -> str:
    before, after = (0 if match[part] else 0.17 for part in ("first", "more"))
    operator = f'<mo lspace="{before}em" rspace="{after}em">{match["name"]}</mo>'
    return f"{match['first'] or ''}{operator}{match['more'] or ''}"


def _mathml(match: re.Match[str]) -> str:
    from latex2mathml.converter import convert

    display = "block" if match["block"] else "inline"
    try:
        made = _FUNCTION.sub(_spaced, convert(match["block"] or match["inline"], display=display))
        return made if match["block"] else _in_pieces(made)
    except Exception:  # latex2mathml raises many kinds of errors; raw TeX is still readable
        return match[0]


_WIDE = 20  # characters: a longer inline formula may be wider than a column, for example on a phone
_BREAKS = set("=≈≃∝<>≤≥≪≫→⇒+−±·×")


def _in_pieces(formula: str) -> str:
    """A wide inline formula in pieces, so that lines can break after an operator, as in TeX.

    Browsers never break inside a MathML element.
    """
    math = ElementTree.fromstring(formula.replace(' xmlns="', ' data-xmlns="'))
    if len(math) != 1 or len("".join(math.itertext())) <= _WIDE:
        return formula
    pieces: list[list[ElementTree.Element]] = [[]]
    for part in (row := list(math[0])):  # \left(...\right) is one part
        # An operator at the start of a piece, or after such a character, is a sign.
        sign = not pieces[-1] or (pieces[-1][-1].text or "") in _BREAKS | set("([{,")
        pieces[-1].append(part)
        if part.tag == "mo" and part.text in _BREAKS and not sign:
            part.set("form", "infix")  # otherwise it would lose its space at the end of a piece
            if part is not row[-1]:
                pieces.append([])
    start = formula[: formula.index(">") + 1]
    written = (
        "".join(ElementTree.tostring(part, encoding="unicode") for part in piece)
        for piece in pieces
    )
    return "<wbr>".join(f"{start}<mrow>{piece}</mrow></math>" for piece in written)


def draw_formulas(markdown: str) -> str:
    """`markdown` with its TeX formulas as MathML. A formula that cannot be converted stays as it is."""
    return _outside_code(markdown, _mathml)


def _tex(match: re.Match[str]) -> str:
    block, inline = (match[part] and html.escape(match[part]) for part in ("block", "inline"))
    return rf"\[{block}\]" if block else rf"\({inline}\)"


def with_formulas(
    markdown: str, render: Callable[[str], str], formulas: Literal["mathml", "tex"] = "mathml"
) -> str:
    """render(markdown), with the TeX formulas converted separately, so that `render` never sees
    them.
    """
    written = _mathml if formulas == "mathml" else _tex
    kept: list[str] = []

    def keep(match: re.Match[str]) -> str:
        kept.append(written(match))
        return f"\ue000{len(kept) - 1}\ue001"  # private-use characters, which texts don't contain

    page = render(_outside_code(markdown, keep))
    return re.sub("\ue000(\\d+)\ue001", lambda mark: kept[int(mark[1])], page)


def to_html(markdown: str, formulas: Literal["mathml", "tex"] = "mathml") -> str:
    r"""Markdown as HTML.

    HTML in it is shown as text; scrollable parts can be reached by keyboard. formulas: as MathML,
    or as TeX between \( and \) or \[ and \], for a page with MathJax.
    """
    import mistune

    render = mistune.create_markdown(escape=True, plugins=["table"])
    page = with_formulas(markdown, lambda text: str(render(text)), formulas)
    return page.replace("<pre>", '<pre tabindex="0" role="group" aria-label="code">').strip()


# Names that differ in HTML (which has \\alpha, \\times, \\le and many more).
_SIGNS = {
    "cdot": "·", "to": "→", "infty": "∞", "partial": "∂", "ldots": "…", "dots": "…", "sqrt": "√", "quad": "  ",
    "left": "", "right": "", "bigl": "", "bigr": "", "big": "", "Big": "", "lfloor": "⌊", "rfloor": "⌋",
}  # fmt: skip


def _sign(match: re.Match[str]) -> str:
    name = match[1]
    if not name.isalpha():  # a space or a brace
        return " " if name in ",;: " else "" if name == "!" else name
    known = html.unescape(f"&{name};")
    return _SIGNS.get(name, name if known.startswith("&") else known)


def to_text(markdown: str) -> str:
    """Markdown as plain text for a terminal: characters for the most common TeX, and no emphasis
    marks.
    """

    def plain(match: re.Match[str]) -> str:
        tex = match["block"] or match["inline"]
        tex = re.sub(r"\\(?:text|mathrm|mathit|operatorname)\s*\{([^{}]*)\}", r"\1", tex)
        tex = re.sub(r"\\d?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}", r"(\1)/(\2)", tex)
        tex = re.sub(r"\\([A-Za-z]+|.)", _sign, tex)
        return re.sub(r"[\^_]\{([^{}]{1,2})\}", lambda m: m[0][0] + m[1], tex)

    text = _outside_code(markdown, plain)
    text = re.sub(r"\*\*(.+?)\*\*", r"\1", text)
    return re.sub(r"```\w*\n?", "", text)
