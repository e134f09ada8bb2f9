"""A widget on the page: a note while it loads, and what to do where it cannot run."""

from collections.abc import Callable
from typing import Any

from scalinglaws.extras import explained

PATIENCE = 8  # seconds until the note says what to do: a front end that works has hidden it by then


def note(what: str, call: str) -> str:
    """The HTML that stands before a widget, which hides it as soon as it runs.

    It says that the widget is loading. What to do where that never ends (an exported page, a front end without widgets)
    appears after a while, without a script. what: a sentence of HTML. call: the name that is called.
    """
    return (
        f"<style>@keyframes slp-late {{ to {{ visibility: visible; }} }}"
        f".slp-late {{ visibility: hidden; animation: slp-late 0s {PATIENCE}s forwards; }}</style>"
        f'<p class="slp-note">{what} Loading … <span class="slp-late">No form has appeared: run this cell again, use '
        f"<code>sl.{call}(widget=False)</code>, or run <code>scalinglaws {call}</code> in a terminal.</span></p>"
    )


def show(make: Callable[[], Any], what: str, call: str) -> None:
    """Display the widget that `make` gives, below the note.

    Raises MissingExtra, with the way out, where the packages for widgets are not installed.
    """
    from IPython.display import HTML, display

    with explained(f"The form of `sl.{call}()`, but not `sl.{call}(widget=False)`,", "course"):
        page = make()
    display(HTML(note(what, call)))
    display(page)
