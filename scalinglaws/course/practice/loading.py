"""A widget on the page: a note while it loads, and what to do if it cannot run."""

from collections.abc import Callable
from typing import Any

from scalinglaws.extras import explained

PATIENCE = 8  # seconds until the note says what to do; a working front end has hidden it by then


def note(what: str, call: str) -> str:
    """The HTML before a widget, which hides it as soon as it runs.

    It says that the widget is loading. If that never ends (an exported page, a front end without
    widgets), advice appears after a while, without a script. what: a sentence of HTML. call: the
    name of the function.
    """
    return (
        f"<style>@keyframes slp-late {{ to {{ visibility: visible; }} }}"
        f".slp-late {{ visibility: hidden; animation: slp-late 0s {PATIENCE}s forwards; }}</style>"
        f'<p class="slp-note">{what} Loading … <span class="slp-late">No form has appeared: run this cell again, use '
        f"<code>sl.{call}(widget=False)</code>, or run <code>scalinglaws {call}</code> in a terminal.</span></p>"
    )


def show(make: Callable[[], Any], what: str, call: str) -> None:
    """Display the widget that `make` returns, below the note.

    Raises MissingExtra, with what to do, if the packages for widgets are not installed.
    """
    from IPython.display import HTML, display

    with explained(f"The form of `sl.{call}()`, but not `sl.{call}(widget=False)`,", "course"):
        page = make()
    display(HTML(note(what, call)))
    display(page)
