"""Markdown with TeX formulas, without a network or a script: as HTML with MathML, or as plain text."""

import re

# $$block$$ or $inline$, outside `code`; a dollar sign before a digit and after a space is money.
_CODE = re.compile(r"(```.*?```|`[^`\n]*`)", re.DOTALL)
_FORMULA = re.compile(
    r"\$\$(?P<block>.+?)\$\$|(?<![\\\w$])\$(?P<inline>[^\s$](?:[^$]*?[^\s$\\])?)\$(?![\w$])",
    re.DOTALL,
)


def _outside_code(markdown: str, replace) -> str:
    parts = _CODE.split(markdown)
    return "".join(part if i % 2 else _FORMULA.sub(replace, part) for i, part in enumerate(parts))


def _mathml(match: re.Match) -> str:
    from latex2mathml.converter import convert

    display = "block" if match["block"] else "inline"
    try:
        return convert(match["block"] or match["inline"], display=display)
    except Exception:  # latex2mathml raises many kinds; raw TeX can still be read
        return match[0]


def draw_formulas(markdown: str) -> str:
    """`markdown` with its TeX formulas as MathML. A formula that cannot be converted stays as it is."""
    return _outside_code(markdown, _mathml)


def to_html(markdown: str) -> str:
    """Markdown as HTML, formulas as MathML. HTML in it is shown, not obeyed; what scrolls can be reached by keyboard."""
    import mistune

    formulas: list[str] = []

    def keep(match: re.Match) -> str:
        formulas.append(_mathml(match))
        return f"\ue000{len(formulas) - 1}\ue001"  # private characters, which no text holds

    html = mistune.create_markdown(escape=True, plugins=["table"])(_outside_code(markdown, keep))
    html = re.sub("\ue000(\\d+)\ue001", lambda mark: formulas[int(mark[1])], html)
    return html.replace("<pre>", '<pre tabindex="0" role="group" aria-label="code">').strip()


_SIGNS = {
    r"\alpha": "α", r"\beta": "β", r"\gamma": "γ", r"\cdot": "·", r"\times": "×", r"\approx": "≈",
    r"\propto": "∝", r"\le": "≤", r"\ge": "≥", r"\ne": "≠", r"\to": "→", r"\infty": "∞", r"\sum": "Σ",
    r"\partial": "∂", r"\Delta": "Δ", r"\pm": "±", r"\ll": "≪", r"\gg": "≫", r"\ldots": "…", r"\sqrt": "√",
    r"\ln": "ln", r"\log": "log", r"\exp": "exp", r"\min": "min", r"\max": "max", r"\,": " ", r"\;": " ",
    r"\%": "%", r"\quad": "  ", r"\left": "", r"\right": "", r"\{": "{", r"\}": "}",
}  # fmt: skip


def to_text(markdown: str) -> str:
    """Markdown as plain text for a terminal: signs for the commonest TeX, and no marks of emphasis."""

    def plain(match: re.Match) -> str:
        tex = match["block"] or match["inline"]
        tex = re.sub(r"\\(?:text|mathrm|mathit|operatorname)\s*\{([^{}]*)\}", r"\1", tex)
        tex = re.sub(r"\\d?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}", r"(\1)/(\2)", tex)
        for sign in sorted(_SIGNS, key=len, reverse=True):
            tex = tex.replace(sign, _SIGNS[sign])
        return re.sub(r"[\^_]\{([^{}]{1,2})\}", lambda m: m[0][0] + m[1], tex)

    text = _outside_code(markdown, plain)
    text = re.sub(r"\*\*(.+?)\*\*", r"\1", text)
    return re.sub(r"```\w*\n?", "", text)
