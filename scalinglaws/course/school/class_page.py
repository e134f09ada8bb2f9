"""`scalinglaws class`: the class on one page, to read offline: who has submitted, what waits, how
it went.

The page contains students' names and marks. It is in ledger/, which git ignores and `scalinglaws
handout` leaves out.
"""

import argparse
import math
import webbrowser
from collections.abc import Iterable, Sequence
from html import escape
from itertools import groupby
from pathlib import Path

from scalinglaws.colours import page_css
from scalinglaws.course.exercises import check_name
from scalinglaws.course.grading.item_analysis import Item
from scalinglaws.course.grading.messages import visible_text
from scalinglaws.files import write_output
from scalinglaws.paths import complete_course_dir

from .class_view import SHOWN_PAIRS, ClassView, Look, Person, Sheet, Work, read_class
from .roster import FILE

PAGE = Path("ledger", "class.html")  # in the course's folder
SHOWN_NAMES = 400  # students listed per reason
BINS = 10  # of the distribution of the scores

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--ground);
  margin: 1.5rem auto; max-width: 72rem; padding: 0 1rem }
h1 { font-size: 1.6rem; margin: 0 } h2 { font-size: 1.25rem; margin: 2.2rem 0 .4rem }
h3 { font-size: 1.05rem; margin: 1.4rem 0 .3rem } a { color: var(--accent) }
.made { color: var(--remark); margin: 0 }
.wide { overflow-x: auto } .tall { max-height: 34rem; overflow: auto; border: 1px solid var(--rule) }
table { border-collapse: collapse } caption { text-align: left; padding-bottom: .3rem }
th, td { border-bottom: 1px solid var(--rule); padding: .22rem .9rem .22rem 0; text-align: left;
  font-variant-numeric: tabular-nums; vertical-align: top }
th { font-weight: 600 } .tall th:first-child, .tall td:first-child { padding-left: .6rem }
.tall thead th { position: sticky; top: 0; background: var(--raised) }
tbody th { font-weight: 400; overflow-wrap: anywhere; max-width: 20rem }
.n { text-align: right } .none { color: var(--remark) } .bad { color: var(--bad) }
.charts { display: flex; flex-wrap: wrap; gap: 1rem 2rem } figure { margin: .4rem 0 }
figcaption { font-size: .92rem; color: var(--remark) } svg { max-width: 100%; height: auto }
svg text { fill: var(--ink); font: 12px system-ui, sans-serif }
details { margin: .4rem 0; padding: .2rem .8rem; border: 1px solid var(--rule); border-radius: 4px }
td details { margin: 0; padding: 0; border: 0 } summary { cursor: pointer } details li { overflow-wrap: anywhere }
.bar { display: inline-block; width: 6rem; height: .7rem; background: var(--raised);
  border: 1px solid var(--edge) }
.bar i { display: block; height: 100%; background: var(--accent) }
@media print { .tall { max-height: none } }
"""

_LEGEND = """<p class="none">Right: submissions with all points. Mean: share of the points. Discrimination:
correlation with the points of all other exercises; below 0 something is wrong with the exercise. Exercises
that a person marks are left out, and so is work that could not be judged.</p>"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("assignment", nargs="*", help="only these (default: all)")
    parser.add_argument(
        "--similar",
        action=argparse.BooleanOptionalAction,
        help="look for similar submissions (default: if it takes only seconds)",
    )
    parser.add_argument(
        "--output", type=Path, help=f"the file (default: {PAGE.as_posix()} in the course's folder)"
    )
    parser.add_argument("--open", action="store_true", help="open the page in a browser")


def run(args: argparse.Namespace) -> int:
    """Write the page."""
    course = complete_course_dir()
    for name in args.assignment:
        check_name(course, name)
    view = read_class(course, args.assignment, args.similar)
    target: Path = (args.output or course / PAGE).absolute()
    write_output(target, to_html(view).encode("utf-8", "replace"))
    print(
        f"{target}: {_count(len(view.people), 'student')}, {_count(len(view.sheets), 'assignment')}."
    )
    print("It contains students' names and marks: keep it to yourself.")
    if args.open and not webbrowser.open(target.as_uri()):
        print("No browser could be opened: open the file yourself.")
    return 0


def to_html(view: ClassView) -> str:
    """The page: no script, no network, light or dark as the reader prefers."""
    parts = [
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>The class</title><style>{page_css()}{_STYLE}</style></head><body><main>",
        f'<h1>The class</h1><p class="made">{view.made:%Y-%m-%d %H:%M %Z}</p>',
    ]
    if not view.people:
        parts.append(
            f"<p>Nobody is in the class yet: <code>scalinglaws roster FILE</code> reads a list of students into {FILE}.</p>"
        )
    elif not view.sheets:
        parts.append(
            f"<p>{_count(len(view.people), 'student')}, and nothing is submitted yet:"
            " <code>scalinglaws collect FILE.zip</code> reads a download.</p>"
        )
    if view.sheets:
        parts += [_overview(view), _waiting(view.sheets)]
        for sheet in view.sheets:
            parts.append(_sheet(sheet, view.people))
    if view.people:
        parts.append(_students(view))
    if view.unstarted:
        names = ", ".join(view.unstarted)
        parts.append(f'<p class="none">Without a submission: {_text(names)}.</p>')
    return "\n".join([*parts, "</main></body></html>"]) + "\n"


# -- The parts of the page


def _overview(view: ClassView) -> str:
    rows = []
    for sheet in view.sheets:
        states = [work.state for work in sheet.work.values()]
        quartiles = sheet.quartiles
        rows.append(
            [
                f'<a href="#{_text(sheet.name)}">{_text(sheet.name)}</a>',
                f"{len(states) - states.count('exempt')} of {len(view.people)}",
                *(str(states.count(s)) for s in ("graded", "waits", "submitted", "unreadable")),
                str(sum(work.late for work in sheet.work.values())),
                f"{quartiles[1]:.0f} %" if quartiles else "–",
            ]
        )
    head = ("Assignment", "Submitted", "Marks complete", "Wait for marks", "Not graded", "Unreadable", "Late", "Median")  # fmt: skip
    return (
        f"<h2>Overview</h2>{_table('Assignments', head, rows, first='td')}"
        f'<div class="charts">{_trend(view.sheets)}</div>'
    )


def _waiting(sheets: Sequence[Sheet]) -> str:
    """What a person must do, by assignment and reason."""
    parts = ["<h2>What waits for you</h2>"]
    for sheet in sheets:
        looks = sorted(sheet.look, key=_reason)
        for what, group in groupby(looks, key=_reason):
            found = list(group)
            lines = "".join(
                f"<li>{_text(look.student)}: {_text(look.text)}</li>"
                for look in found[:SHOWN_NAMES]
            )
            if len(found) > SHOWN_NAMES:
                lines += f"<li>and {len(found) - SHOWN_NAMES} more</li>"
            parts.append(
                f"<details><summary>{_text(sheet.name)}: {_text(what)} ({len(found)})</summary>"
                f"<ul>{lines}</ul></details>"
            )
    return "".join(parts if len(parts) > 1 else [*parts, "<p>Nothing.</p>"])


def _reason(look: Look) -> str:
    return look.what


def _sheet(sheet: Sheet, people: Sequence[Person]) -> str:
    parts = [f'<h2 id="{_text(sheet.name)}">{_text(sheet.name)}</h2>']
    missing = [person for person in people if person.id not in sheet.work]
    if missing:
        names = ", ".join(person.name for person in missing[:SHOWN_NAMES])
        more = f" and {len(missing) - SHOWN_NAMES} more" if len(missing) > SHOWN_NAMES else ""
        parts.append(
            f"<details><summary>{_count(len(missing), 'student')} without a submission</summary>"
            f"<p>{_text(names)}{more}</p></details>"
        )
    if sheet.percents:
        parts.append(_distribution(sheet))
    if sheet.items:
        head = ("Exercise", "Title", "Right", "", "Mean", "Discrimination", "Commonest messages")
        rows = [_item(item) for item in sheet.items]
        parts.append(
            f"<h3>Exercises</h3>{_table(f'Exercises of {sheet.name}', head, rows)}{_LEGEND}"
        )
    parts.append("<h3>Similar submissions</h3>")
    if sheet.not_compared:
        parts.append(f"<p>{_text(sheet.not_compared)}</p>")
    elif not sheet.pairs:
        parts.append("<p>No two share 70 % of their own code.</p>")
    else:
        rows = [
            [f"{_text(p.first)} and {_text(p.second)}", f"{p.share:.0%}", str(p.tokens)]
            for p in sheet.pairs[:SHOWN_PAIRS]
        ]
        more = len(sheet.pairs) - len(rows)
        parts.append(
            _table(
                f"Similar submissions of {sheet.name}", ("Pair", "Code in common", "Tokens"), rows
            )
        )
        if more > 0:
            parts.append(
                f"<p>{more} more: <code>scalinglaws similar {_text(sheet.name)}</code></p>"
            )
        parts.append(
            "<p>Short right answers look alike by themselves: read both before you speak to anyone.</p>"
        )
    return "".join(parts)


def _item(item: Item) -> list[str]:
    slips = "".join(f"<li>{count} × {_text(message)}</li>" for message, count in item.slips)
    if item.unjudged:
        slips += f"<li>{item.unjudged} could not be judged and are left out</li>"
    return [
        _text(item.exercise),
        _text(item.title),
        *_share(item.right),
        _number(item.mean, ".0%"),
        f"<span class=bad>{item.discrimination:.2f}</span>"
        if item.discrimination < 0
        else _number(item.discrimination, ".2f"),
        f"<details><summary>{_count(len(item.slips), 'kind')}</summary><ul>{slips}</ul></details>"
        if slips
        else "",
    ]


def _students(view: ClassView) -> str:
    head = ["Student", *(sheet.name for sheet in view.sheets), "Course"]
    rows = []
    for person in view.people:
        works = [sheet.work.get(person.id) for sheet in view.sheets]
        label = _text(person.name)
        if person.name != person.id:
            label += f' <span class="none">{_text(person.id)}</span>'
        rows.append([label, *map(_work, works), _sparkline(works)])
    return (
        "<h2>Students</h2><p class=none>Percent of the points. *: some marks are still missing; "
        "late: after the due date;"
        " old: some marks come from an older version of an exercise.</p>"
        + _table("Students", head, rows, box="tall")
    )


def _work(work: Work | None) -> str:
    if work is None:
        return '<span class="none">–</span>'
    if work.state == "exempt":
        return '<span class="none">exempt</span>'
    if work.percent is None:
        return f'<span class="bad">{"unreadable" if work.state == "unreadable" else "not graded"}</span>'
    marks = "*" * (work.state == "waits") + " late" * work.late + " old" * work.older
    return f"{work.percent:.0f}{marks}"


# -- Drawings, in the colours of the page


def _distribution(sheet: Sheet) -> str:
    """A histogram of the scores."""
    counts = [0] * BINS
    for percent in sheet.percents:
        counts[min(int(percent * BINS / 100), BINS - 1)] += 1
    width, height, base = 36, 120, 140
    most = max(counts)
    bars = []
    for i, count in enumerate(counts):
        tall = height * count / most
        x = 10 + i * width
        bars.append(
            f'<rect x="{x}" y="{base - tall:.1f}" width="{width - 3}" height="{tall:.1f}" fill="var(--accent)"/>'
        )
        if count:
            bars.append(
                f'<text x="{x + (width - 3) / 2}" y="{base - tall - 4:.1f}" text-anchor="middle">{count}</text>'
            )
        bars.append(f'<text x="{x}" y="{base + 16}">{100 * i // BINS}</text>')
    bars.append(f'<text x="{10 + BINS * width - 8}" y="{base + 16}">100 %</text>')
    said = ", ".join(f"{count} from {100 * i // BINS} %" for i, count in enumerate(counts) if count)
    return _figure(
        f'<svg viewBox="0 0 {BINS * width + 60} 164" width="{BINS * width + 60}" role="img"'
        f' aria-label="Distribution of the scores: {_text(said)}">{_axis(base, BINS * width)}{"".join(bars)}</svg>',
        f"Scores in percent, {_count(len(sheet.percents), 'submission')} with complete marks",
    )


def _axis(base: float, width: float) -> str:
    return f'<line x1="8" x2="{width + 10}" y1="{base}" y2="{base}" stroke="var(--edge)"/>'


def _trend(sheets: Sequence[Sheet]) -> str:
    """The quartiles of each assignment, side by side."""
    found = [(sheet, sheet.quartiles) for sheet in sheets]
    if not any(quartiles for _, quartiles in found):
        return ""
    step, height, top = 92, 130, 12
    base = top + height
    parts = [
        f'<line x1="34" x2="{40 + step * len(found)}" y1="{_y(v, base, height)}" y2="{_y(v, base, height)}" stroke="var(--rule)"/>'
        f'<text x="28" y="{_y(v, base, height) + 4}" text-anchor="end">{v}</text>'
        for v in (0, 50, 100)
    ]
    said = []
    for i, (sheet, quartiles) in enumerate(found):
        x = 50 + i * step
        parts.append(
            f'<text x="{x + 20}" y="{base + 18}" text-anchor="middle">{_text(_short(sheet.name))}</text>'
        )
        if quartiles is None:
            continue
        low, middle, high = (_y(value, base, height) for value in quartiles)
        parts.append(
            f'<rect x="{x}" y="{high:.1f}" width="40" height="{max(low - high, 1):.1f}" fill="var(--head)" stroke="var(--accent)"/>'
            f'<line x1="{x}" x2="{x + 40}" y1="{middle:.1f}" y2="{middle:.1f}" stroke="var(--accent)" stroke-width="3"/>'
            f'<text x="{x + 44}" y="{middle + 4:.1f}">{quartiles[1]:.0f}</text>'
        )
        said.append(f"{sheet.name}: {quartiles[0]:.0f}, {quartiles[1]:.0f}, {quartiles[2]:.0f}")
    width = 50 + step * len(found)
    return _figure(
        f'<svg viewBox="0 0 {width} {base + 26}" width="{width}" role="img"'
        f' aria-label="Quartiles of the scores in percent. {_text("; ".join(said))}">{"".join(parts)}</svg>',
        "Median and middle half of the complete marks, in percent",
    )


def _y(value: float, base: float, height: float) -> float:
    return base - height * min(max(value, 0.0), 100.0) / 100


def _sparkline(works: Sequence[Work | None]) -> str:
    """One student's scores over the assignments; nothing below two."""
    points = [
        (i, work.percent)
        for i, work in enumerate(works)
        if work is not None and work.percent is not None
    ]
    if len(points) < 2:
        return ""
    step = min(14.0, 120 / len(works))
    line = " ".join(f"{4 + i * step:.1f},{_y(value, 18, 15):.1f}" for i, value in points)
    x, y = line.rsplit(" ", 1)[-1].split(",")
    return (
        f'<svg viewBox="0 0 {8 + step * len(works):.0f} 22" width="{8 + step * len(works):.0f}" height="22" aria-hidden="true">'
        f'<polyline points="{line}" fill="none" stroke="var(--accent)" stroke-width="1.5"/>'
        f'<circle cx="{x}" cy="{y}" r="2.5" fill="var(--accent)"/></svg>'
    )


def _short(assignment: str) -> str:
    """A label below an axis: 01 for 01_power_laws."""
    number = assignment.partition("_")[0]
    return number if number.isdigit() else assignment[:12]


def _figure(drawing: str, caption: str) -> str:
    return f"<figure>{drawing}<figcaption>{_text(caption)}</figcaption></figure>"


# -- Text


def _table(
    name: str,
    head: Iterable[str],
    rows: Iterable[Sequence[str]],
    first: str = "th",
    box: str = "wide",
) -> str:
    """A table of HTML cells, in a box that can be scrolled, also by keyboard. name: for screen
    readers.
    """
    titles = "".join(f'<th scope="col">{_text(t)}</th>' if t else "<td></td>" for t in head)
    scope = ' scope="row"' if first == "th" else ""
    lines = "".join(
        f"<tr><{first}{scope}>{row[0]}</{first}>"
        + "".join(f"<td>{cell}</td>" for cell in row[1:])
        + "</tr>"
        for row in rows
    )
    return (
        f'<div class="{box}" tabindex="0" role="region" aria-label="{_text(name)}">'
        f"<table><thead><tr>{titles}</tr></thead><tbody>{lines}</tbody></table></div>"
    )


def _text(text: str) -> str:
    """A text from anybody as harmless HTML."""
    return escape(visible_text(text), quote=True)


def _share(value: float) -> list[str]:
    if math.isnan(value):
        return ["–", ""]
    return [f"{value:.0%}", f'<span class="bar"><i style="width:{100 * value:.0f}%"></i></span>']


def _number(value: float, form: str) -> str:
    return "–" if math.isnan(value) else format(value, form)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"
