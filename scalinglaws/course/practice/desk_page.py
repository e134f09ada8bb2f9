"""The start of the learner's desk as HTML: for the start page and for the side panel.

It has no script, so it works wherever HTML does: in JupyterLab, in VS Code, in an exported page. A
card of the map is a `<details>`; desk.css shows the cards as a map or as a list, depending on the
width.
"""

import os
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from scalinglaws.colours import css_rules
from scalinglaws.course.ideas import IDEAS, PLACES, curve, leads_to

from .places import START, IdeaPlaces, Place, chapter, idea_places

if TYPE_CHECKING:
    from .progress_report import Mastery, Report, Step

# The map's measures in em: the distances of lanes and steps, and a box with its borders. As in
# desk.css.
_ACROSS, _DOWN, _LEFT = 9.4, 5.6, 0.3
_WIDTH, _HEIGHT = 7.35, 4.0
_CARD, _MAP = 30.0, (54.0, 55.6)


def as_html(report: "Report", base: Path, has_goal_field: bool = False) -> str:
    """The report as HTML.

    base: the folder that links are relative to. has_goal_field: whether a goal is set beside it, as
    in the side panel; otherwise it says which call sets one.
    """
    places = idea_places(report.release, tuple(score.assignment for score in report.scores))
    link = _Links(report, base)
    badges = ", ".join(
        f'<a href="{link.to(report.folder / "badges" / path.name)}">{escape(path.name)}</a>'
        for path in report.badges
    )
    style = css_rules(".sld") + Path(__file__).with_name("desk.css").read_text("utf-8")
    parts = [
        f"<style>{style}</style>",
        f"<h3>Next</h3><ul>{''.join(_step(step, link) for step in report.steps)}</ul>",
        f"<h3>Today</h3>{_today(report, has_goal_field)}{_due(report, link)}",
        f"<p>Badges: {badges or 'none yet'}.</p>",
        f"<h3>The map of ideas</h3>{_map(report, places, link)}",
        f"<h3>Notebooks</h3>{_notebooks(report, link)}",
        f"<p>{escape(report.remark)}</p>" if report.remark else "",
    ]
    # JupyterLab's shortcuts ignore keys in here: Enter opens a card instead of editing a cell.
    return f'<div class="sld" data-lm-suppress-shortcuts="true">{"".join(parts)}</div>'


class _Links:
    """Links from a folder to the learner's notebooks; plain text if there is no course, as on
    Colab.
    """

    def __init__(self, report: "Report", base: Path):
        self._folder, self._base = report.folder, base
        self._there = report.release.is_dir()

    def to(self, path: Path) -> str:
        """The relative path to a file, for an attribute."""
        try:
            way = Path(os.path.relpath(path, self._base)).as_posix()
        except ValueError:  # a different drive on Windows
            way = path.as_posix()
        return escape(quote(way))

    def __call__(self, place: Place, text: str = "") -> str:
        if not self._there:
            return escape(text or place.text)
        href = self.to(self._folder / place.path) + escape(place.fragment)
        return f'<a href="{href}">{escape(text or place.text)}</a>'


def _step(step: "Step", link: _Links) -> str:
    more = f": <code>{escape(step.call)}</code>" if step.call else ""
    return f"<li>{link(step.place, step.text)}{more}</li>"


def _today(report: "Report", has_goal_field: bool) -> str:
    today = report.today
    bar = ""
    if today.goal:
        done = min(today.done, today.goal)
        label = f"{done} of {today.goal} done today"
        bar = f'<progress max="{today.goal}" value="{done}" aria-label="{label}"></progress>'
    settled = today.goal or has_goal_field
    hint = "" if settled else " For a goal: <code>sl.progress(goal=5)</code>."
    return f"<p>{escape(today.in_words)}.{hint}</p>{bar}"


def _due(report: "Report", link: _Links) -> str:
    if not report.due:
        return f"<p>Practice: nothing is due, {report.later} later, {report.new} new.</p>"
    on = ", ".join(f"{IDEAS[idea].name} ({count})" for idea, count in report.waiting.items())
    due = link(Place(START, "practice", "practice"), f"{report.due} due")
    return f"<p>Practice: {due}, {report.later} later, {report.new} new. Due: {escape(on)}.</p>"


def _notebooks(report: "Report", link: _Links) -> str:
    head = "".join(f'<th scope="col">{name}</th>' for name in ("Notebook", "Exercises", "Points"))
    rows = "".join(
        f'<tr><th scope="row">{link(Place(score.assignment, "", score.assignment))}</th>'
        f"<td>{f'{score.right} of {score.exercises}' if score.checked else '–'}</td>"
        f"<td>{escape(score.in_words)}</td></tr>"
        for score in report.scores
    )
    return (
        '<div class="sld-wide" tabindex="0" role="group" aria-label="Notebooks"><table>'
        f"<caption>At their last check</caption><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


# -- The map


def _map(report: "Report", places: dict[str, IdeaPlaces], link: _Links) -> str:
    cards = "".join(
        _idea(idea, report.mastery[idea], places.get(idea), link) for idea in _in_order()
    )
    return (
        '<p>Open an idea to see a summary, and where it is taught. <span class="sld-arrows">An arrow leads to an idea that needs it;'
        " the number is the notebook's. </span>The bar is the share of an idea's questions "
        "that you would answer correctly"
        f' today.</p><div class="sld-map">{_arrows()}{cards}</div>'
    )


def _in_order() -> Sequence[str]:
    """The ideas in reading order of the map: from top to bottom, each row from the left."""
    return sorted(IDEAS, key=lambda idea: PLACES[idea])


def _corner(idea: str) -> tuple[float, float]:
    """Left and top of an idea's box, in em."""
    step, lane = PLACES[idea]
    return _LEFT + (lane + 0.1) * _ACROSS, 0.2 + step * _DOWN


def _arrows() -> str:
    paths = []
    for idea in IDEAS.values():
        x, y = _corner(idea.id)
        for need in idea.needs:
            x0, y0 = _corner(need)
            start = 10 * (x0 + _WIDTH / 2), 10 * (y0 + _HEIGHT)
            way = curve(start, (10 * (x + _WIDTH / 2), 10 * (y - 0.1)))
            paths.append(f'<path d="{way}" marker-end="url(#sld-head)"/>')
    width, height = (round(10 * side) for side in _MAP)
    return (
        f'<svg viewBox="0 0 {width} {height}" aria-hidden="true" focusable="false"><defs>'
        '<marker id="sld-head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        f'<path d="M0 0L8 4L0 8z"/></marker></defs>{"".join(paths)}</svg>'
    )


def _idea(name: str, found: "Mastery", places: IdeaPlaces | None, link: _Links) -> str:
    idea = IDEAS[name]
    left, top = _corner(name)
    below = top < _MAP[1] / 2
    edge = top + _HEIGHT + 0.3 if below else _MAP[1] - top + 0.3
    # A summary's em is 0.93 of the map's.
    where = (
        f"--left:{left / 0.93:.2f}em;--top:{top / 0.93:.2f}em;--card:{min(left, _MAP[0] - _CARD):.2f}em;"
        f"--edge-at:{edge:.2f}em;--known:{found.share:.0%}"
    )
    number = chapter(idea.notebook)
    taught = places.taught if places else Place(idea.notebook, "", idea.notebook)
    facts = [("Taught", f"notebook {number}, {link(taught)}")]
    if found.questions:
        facts.append(
            (
                "Practised",
                f"{found.answered} of {found.questions} questions answered: "
                f"{link(Place(START, 'practice', 'practise'))}, <code>sl.practice(&quot;{name}&quot;)</code>",
            )
        )
    if places:
        facts.append(("Checked", f"exercises {', '.join(map(link, places.checked))}"))
    facts += [
        (what, ", ".join(escape(IDEAS[other].name) for other in others))
        for what, others in (("Needs", idea.needs), ("Leads to", leads_to(name)))
        if others
    ]
    side = "sld-below" if below else "sld-above"
    return (
        f'<details class="sld-idea" name="sld-idea" style="{where}"><summary>{escape(idea.name)}'
        f"<small><span>notebook </span>{number} · {found.share:.0%}</small></summary>"
        f'<div class="sld-card {side}"><p>{escape(idea.says)}</p><dl>{_facts(facts)}</dl></div></details>'
    )


def _facts(facts: Iterable[tuple[str, str]]) -> str:
    return "".join(f"<dt>{what}</dt><dd>{said}</dd>" for what, said in facts)
