"""Colours of pages in light and dark: practice, feedback, the report of a fit."""

from typing import Literal

# Contrast with the background is at least 4.5 : 1 for text and meaningful marks, 3 : 1 for the
# edges of fields (WCAG 2.2, AA).
Theme = Literal["light", "dark"]
PAGE: dict[Theme, dict[str, str]] = {
    "light": {
        "ink": "#1b1b1b", "ground": "#ffffff", "raised": "#f2f2f2", "edge": "#767676", "rule": "#cccccc",
        "accent": "#005ea8", "on-accent": "#ffffff", "good": "#00573f", "bad": "#8a3000", "head": "#e8f1f9",
        "note": "#fff9e0", "error": "#fdf0e7", "error-edge": "#a04400", "stderr": "#f0f0f0", "string": "#7a1f1f",
        "remark": "#4d5b4d",
    },
    "dark": {
        "ink": "#e4e4e4", "ground": "#16181b", "raised": "#22262b", "edge": "#8f8f8f", "rule": "#555555",
        "accent": "#8cc8ff", "on-accent": "#0b1f33", "good": "#7fd6b4", "bad": "#ffb38a", "head": "#1d3346",
        "note": "#37321b", "error": "#3a2417", "error-edge": "#e08a4a", "stderr": "#2c2f33", "string": "#f0aaaa",
        "remark": "#a9bda9",
    },
}  # fmt: skip


def css_variables(theme: Theme) -> str:
    """The colours of a page as CSS: "--ink: #1b1b1b; ..."."""
    return " ".join(f"--{name}: {colour};" for name, colour in PAGE[theme].items())


# Selectors of a dark theme around the page: JupyterLab, VS Code, Colab.
_IN_THE_DARK = ('[data-jp-theme-light="false"]', ".vscode-dark", 'html[theme="dark"]')


def css_rules(selector: str) -> str:
    """The palette as CSS for an element in a notebook, following the theme around it.

    JupyterLab has its own colours for three of them: ink, ground and raised are defined as
    `--page-ink` and so on, for rules that use `var(--jp-..., var(--page-ink))`.
    """

    def rule(theme: Theme, where: str) -> str:
        own = {"ink", "ground", "raised"}
        found = PAGE[theme].items()
        lines = " ".join(f"--{'page-' if n in own else ''}{n}: {c};" for n, c in found)
        return f"{where} {{ {lines} }}\n"

    dark = ", ".join(f"{around} {selector}" for around in _IN_THE_DARK)
    return rule("light", selector) + rule("dark", dark)
