"""The map of ideas as a picture with links, and a card for each idea."""

from collections.abc import Mapping
from html import escape

from scalinglaws.course.ideas import IDEAS, PLACES, curve, in_two, leads_to

_ACROSS, _DOWN = 140, 84  # from lane to lane and from step to step, in pixels
_WIDTH, _HEIGHT = 110, 54  # of a box
_LEFT, _TOP = 22, 8


def _corner(idea: str) -> tuple[float, float]:
    step, lane = PLACES[idea]
    return _LEFT + lane * _ACROSS, _TOP + step * _DOWN


def map_svg() -> str:
    """The map: boxes that link to the cards, and arrows from earlier ideas to later ones."""
    width = _LEFT + _ACROSS * max(lane for _, lane in PLACES.values()) + _WIDTH + 8
    height = _TOP + _DOWN * max(step for step, _ in PLACES.values()) + _HEIGHT + 8
    arrows, boxes = [], []
    for idea in IDEAS.values():
        x, y = _corner(idea.id)
        for need in idea.needs:
            x0, y0 = _corner(need)
            way = curve((x0 + _WIDTH / 2, y0 + _HEIGHT), (x + _WIDTH / 2, y))
            arrows.append(f'<path d="{way}" marker-end="url(#head)"/>')
        lines = in_two(idea.name).split("\n")
        first = y + _HEIGHT / 2 + 4 - 7 * (len(lines) - 1)
        words = "".join(
            f'<text x="{x + _WIDTH / 2:.0f}" y="{first + 14 * i:.0f}">{escape(line)}</text>'
            for i, line in enumerate(lines)
        )
        boxes.append(
            f'<a href="#idea-{idea.id}" aria-label="{escape(idea.name)}, chapter {int(idea.notebook[:2])}">'
            f'<rect x="{x:.0f}" y="{y:.0f}" width="{_WIDTH}" height="{_HEIGHT}" rx="6"/>{words}'
            f'<text class="number" x="{x + 5:.0f}" y="{y + 12:.0f}">{int(idea.notebook[:2])}</text></a>'
        )
    return (
        f'<div class="map" tabindex="0" role="group" aria-label="The map of ideas">'
        f'<svg viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" height="{height:.0f}"><defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" '
        'markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z"/></marker></defs>'
        f"{''.join(arrows)}{''.join(boxes)}</svg></div>"
    )


def cards(titles: Mapping[str, str]) -> str:
    """A card for each idea: its chapter, what it needs and what it leads to.

    titles: {assignment: title of its chapter}.
    """
    shown = []
    for idea in IDEAS.values():
        parts = [
            f"<p>{what}: {', '.join(_link(other) for other in others)}</p>"
            for what, others in (("Needs", idea.needs), ("Leads to", leads_to(idea.id)))
            if others
        ]
        shown.append(
            f'<li id="idea-{idea.id}"><h3>{escape(idea.name)}</h3><p>{escape(idea.says)}</p><p><a href="{idea.notebook}.html">'
            f"{escape(titles[idea.notebook])}</a></p>{''.join(parts)}</li>"
        )
    return f'<ul class="cards">{"".join(shown)}</ul>'


def _link(idea: str) -> str:
    return f'<a href="#idea-{idea}">{escape(IDEAS[idea].name)}</a>'
