"""The report of a check, as a notebook and a terminal show it.

It does not load the grader, so a kernel can use it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

from scalinglaws import terminal

# A sign before each state, so that states differ by more than colour.
_SIGNS = {"right": "✓", "wrong": "✗", "not started": "○", "waits for a person": "…"}


@dataclass(frozen=True, repr=False)
class CheckReport:
    """What a check found. content: what `self_check.check` returns. note: a sentence on what was checked."""

    content: Mapping[str, Any]
    note: str = ""

    @property
    def exercises(self) -> list[dict[str, Any]]:
        """A dictionary for each exercise: exercise, title, state, points, max_points, by_hand, messages."""
        return self.content["exercises"]

    def __repr__(self) -> str:
        return "\n".join(filter(None, [as_text(self.content), self.note]))

    def _repr_html_(self) -> str:
        return _as_html(self.content, self.note)


def points_of(row: Mapping[str, Any], full: bool) -> str:
    """The points of an exercise, as in "1/2"; a dash while they are unknown."""
    earned = "–" if row["by_hand"] or not full else f"{row['points']:g}"
    return f"{earned}/{row['max_points']:g}"


def state_of(row: Mapping[str, Any], full: bool) -> str:
    """The state of an exercise in words."""
    return "right so far" if row["state"] == "right" and not full else row["state"]


def summary(report: Mapping[str, Any]) -> str:
    """One sentence on all exercises of a report."""
    rows = report["exercises"]
    if not report["full"]:
        good = sum(row["state"] == "right" for row in rows)
        return (
            f"{good} of {len(rows)} exercises are right as far as the visible tests go. All tests"
            " run when your work is graded."
        )
    hand = sum(row["max_points"] for row in rows if row["by_hand"])
    more = f", and {hand:g} that a person marks" if hand else ""
    return f"{report['score']:g} of {report['max_score']:g} points{more}"


def as_text(report: Mapping[str, Any]) -> str:
    """A report as a table, each lost point followed by its message."""
    rows, full = report["exercises"], report["full"]
    width = max(len(row["title"]) for row in rows)
    narrow = terminal.width() < width + 34  # the table does not fit
    lines = [f"{report['assignment']} · {report['student']}", ""]
    for row in rows:
        points, state = points_of(row, full), state_of(row, full)
        if narrow:
            lines.append(terminal.wrap(row["title"], f"  {row['exercise']:>3}  ", " " * 7))
            lines.append(f"{'':7}{points}  {state}")
        else:
            lines.append(f"  {row['exercise']:>3}  {row['title']:<{width}}  {points:>5}  {state}")
        lines += [terminal.wrap(message, " " * 7) for message in row["messages"]]
    lines += [terminal.wrap(remark, "  ") for remark in report["remarks"]]
    lines += ["", terminal.wrap(summary(report), "  ")]
    if report["feedback"]:
        lines.append(f"  feedback page: {report['feedback']}")
    return "\n".join([*lines, ""])


def _as_html(report: Mapping[str, Any], note: str) -> str:
    """A table in the colours of the page around it, light or dark."""
    left = 'style="text-align:left;vertical-align:top;white-space:normal"'
    lines = []
    for row in report["exercises"]:
        said = "".join(
            f'<p style="margin:0 0 .3em;white-space:pre-wrap">{escape(message)}</p>'
            for message in row["messages"]
        )
        sign = _SIGNS.get(row["state"], "?")
        title = f"{row['exercise']} · {row['title']}" if row["title"] else row["exercise"]
        lines.append(
            f'<tr><th scope="row" {left}>{escape(title)}</th>'
            f'<td {left}><span aria-hidden="true">{sign}</span>'
            f" {escape(state_of(row, report['full']))}</td>"
            f"<td {left}>{points_of(row, report['full'])}</td><td {left}>{said}</td></tr>"
        )
    head = "".join(
        f'<th scope="col" {left}>{name}</th>' for name in ("Exercise", "State", "Points", "Message")
    )
    under = [*report["remarks"], summary(report), note]
    return (
        '<div style="color:var(--jp-content-font-color1,inherit);overflow-x:auto"'
        ' role="region" aria-label="Report of the check" tabindex="0">'
        f'<table><caption style="text-align:left;font-weight:bold">{escape(report["assignment"])}'
        f"</caption><thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody></table>"
        f"{''.join(f'<p>{escape(text)}</p>' for text in under if text)}</div>"
    )
