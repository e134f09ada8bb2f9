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

# A figure on a dark page. Figures are drawn on white: inverting the lightness alone keeps the hues,
# and `screen` lets the page's own ground show where the figure was white. The test of the palette
# holds the contrasts to it.
DARK_FIGURE = "filter: invert(1) hue-rotate(180deg) brightness(1.12); mix-blend-mode: screen;"


def css_variables(theme: Theme) -> str:
    """The colours of a page as CSS: "--ink: #1b1b1b; ..."."""
    return " ".join(f"--{name}: {colour};" for name, colour in PAGE[theme].items())


def page_css(figures: str = "") -> str:
    """The palette of a whole page as CSS, light or dark as the reader prefers.

    figures: the selector of the page's figures.
    """
    dark = "@media screen and (prefers-color-scheme: dark)"
    return (
        f":root {{ color-scheme: light dark; {css_variables('light')} }}\n"
        f"{dark} {{ :root {{ {css_variables('dark')} }} }}\n"
    ) + (f"{dark} {{ {figures} {{ {DARK_FIGURE} }} }}\n" if figures else "")


# Selectors of a dark theme around the page: JupyterLab, VS Code, Colab.
_DARK_LAB = '[data-jp-theme-light="false"]'
_IN_THE_DARK = (_DARK_LAB, ".vscode-dark", 'html[theme="dark"]')


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


def jupyterlab_css() -> str:
    """CSS for JupyterLab: in its dark themes the figures of a notebook's outputs are dark, too.

    Figures are PNG or SVG, in `sl.show`'s HTML or matplotlib's own. A JPEG is taken for a photograph.
    """
    png = 'img[src^="data:image/png"]:not(.jp-needs-dark-background)'
    figures = ", ".join(
        f"{_DARK_LAB} .jp-OutputArea-output{figure}"
        for figure in (
            f".jp-RenderedImage {png}",
            f".jp-RenderedHTMLCommon {png}",
            ".jp-RenderedSVG > *",
        )
    )
    return f"@media screen {{ {figures} {{ {DARK_FIGURE} }} }}\n"
