"""What axe-core finds wrong with a page for those who cannot see it well."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

# axe computes the contrast of each text by itself, which takes seconds for a notebook's page. It
# follows from the styles of the element and of those around it: where all these are alike, the
# first element stands for the others. What is hidden, is a disabled field or has a single letter
# (which axe leaves to people) doesn't stand for what is seen, can be used, has words.
_MARK_ONE_OF_A_KIND = """root => {
  const styles = ["color", "backgroundColor", "backgroundImage", "fontSize", "fontWeight", "opacity",
                  "display", "position", "filter", "mixBlendMode", "textShadow"];
  const known = new Map();
  const mark = (element, around) => {
    const style = getComputedStyle(element);
    const texts = [...element.childNodes].filter(node => node.nodeType === Node.TEXT_NODE);
    const letters = texts.map(node => node.data).join("").trim().length;
    const field = ["input", "textarea", "select"].includes(element.localName);
    const kind = [around, element.localName, element.disabled, element.ariaDisabled, Math.min(letters, 2),
                  element.checkVisibility({ opacityProperty: true, visibilityProperty: true }),
                  ...styles.map(name => style[name])].join("|");
    element.toggleAttribute("data-one-of-a-kind", !known.has(kind) && (letters > 0 || field));
    if (!known.has(kind)) known.set(kind, known.size);
    for (const child of element.children) mark(child, known.get(kind));
  };
  mark(document.querySelector(root), 0);
}"""


def complaints(page: Page, context: str = "html") -> list[str]:
    """The rules that are broken, each with the first element that breaks it.

    context: what to look at, as a selector; the rules for whole pages hold for `html` only.
    """
    axe, contrast = Axe(), "color-contrast"
    other = {"resultTypes": ["violations"], "rules": {contrast: {"enabled": False}}}
    found = axe.run(page, context, other).response["violations"]
    page.evaluate(_MARK_ONE_OF_A_KIND, context)
    only = {"resultTypes": ["violations"], "runOnly": [contrast]}
    found += axe.run(page, "[data-one-of-a-kind]", only).response["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found]
