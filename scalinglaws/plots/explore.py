"""A figure with sliders; where sliders don't run, you see the figure."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..errors import CourseError
from .alt import in_notebook, show, to_html
from .style import whole_figure


def explore(
    draw: Callable[..., Figure | Axes],
    sliders: Mapping[str, Any],
    *,
    labels: Mapping[str, str] | None = None,
    alt: Callable[..., str] | str | None = None,
) -> None:
    """Show the figure that `draw` makes with its default arguments, and sliders that redraw it in
    place.

    draw: a function of the sliders' names, each with a default, that returns a figure or axes. It
    is called once for the static figure (shown on a printed page, in a feedback file or in a viewer
    without widgets), then once for each move of a slider. sliders: {argument: widget}, where a
    widget is anything that ipywidgets accepts: (min, max), (min, max, step), a list of options,
    True or False, or a widget such as `ipywidgets.FloatLogSlider`. labels: {argument: label of its
    slider}; its name unless given. alt: alt text for the figure, or a function of the same
    arguments that returns it; made from the data unless given. Raises CourseError if an argument
    has no slider or no default, or a slider has no argument.
    """
    parameters = inspect.signature(draw).parameters
    if set(parameters) != set(sliders):
        odd = ", ".join(sorted(set(parameters) ^ set(sliders)))
        raise CourseError(
            f"Each argument of draw needs one slider, and each slider one argument: check {odd}."
        )
    values = {name: parameter.default for name, parameter in parameters.items()}
    missing = [name for name, value in values.items() if value is inspect.Parameter.empty]
    if missing:
        raise CourseError(
            f"draw needs a default for {', '.join(missing)}: the static figure shows it."
        )

    def words() -> str | None:
        return alt(**values) if callable(alt) else alt

    if not in_notebook():
        show(draw(**values), words())
        return
    import ipywidgets
    import matplotlib.pyplot as plt
    from IPython.display import HTML, display

    def html() -> HTML:
        figure = whole_figure(draw(**values))
        page = HTML(to_html(figure, words()))
        plt.close(figure)
        return page

    place = display(html(), display_id=True)
    controls: list[Any] = []  # widgets, whose attributes are traits that type checkers don't know
    for name, choice in sliders.items():
        control: Any = ipywidgets.interactive.widget_from_abbrev(choice, values[name])
        if control is None:
            raise CourseError(
                f"The slider {name} is {choice!r}: give (min, max, step), a list, or a widget."
            )
        control.description = (labels or {}).get(name, name)
        control.style.description_width = "initial"
        control.layout.width = "min(36em, 100%)"
        if hasattr(control, "continuous_update"):
            control.continuous_update = False  # drawing takes longer than a mouse move

        def move(change: dict[str, Any], name: str = name) -> None:
            values[name] = change["new"]
            if place is not None:
                place.update(html())

        control.observe(move, names="value")
        controls.append(control)
    box: Any = ipywidgets.VBox(controls)  # a widget displays itself through this private method
    bundle = dict(box._repr_mimebundle_())
    bundle["text/plain"] = "(In JupyterLab, run this cell to get sliders.)"
    display(bundle, raw=True)
