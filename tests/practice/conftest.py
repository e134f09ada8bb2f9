"""A learner with a clock that the test moves."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from scalinglaws.course.learner.events import Progress
from scalinglaws.course.practice.options import to_shown
from scalinglaws.course.practice.sitting import turns


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self):
        self.time = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time

    def forward(self, **duration: float) -> None:
        self.time += timedelta(**duration)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def progress(tmp_path: Path, clock: Clock) -> Progress:
    return Progress(tmp_path / "submitted" / "ada" / "progress.jsonl", clock)


def as_shown(progress: Progress, answer: str) -> str:
    """An answer of the bank, in the letters that the learner sees: options come in another order each time."""
    return to_shown(turns(progress.events())[-1], answer)


def reaching(page, keys: str) -> list[str]:
    """Press keys where the focus is; those that reach the page around the widget, as JupyterLab reads them."""
    page.evaluate(
        """() => {
          window.reached = [];
          window.hear ??= document.addEventListener("keydown", (event) => {
            event.preventDefault();
            window.reached.push(event.key);
          }) ?? true;
        }"""
    )
    reached = []
    for key in keys.split():
        page.evaluate("window.reached.length = 0")
        page.keyboard.press(key)
        if page.evaluate("window.reached").count(key.split("+")[-1]):
            reached.append(key)
    return reached
