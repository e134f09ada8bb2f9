"""Figures: drawn into the axes given, no clutter on log axes, alt text that states the data."""

import itertools
import re
import sys
from html.parser import HTMLParser

import matplotlib
import numpy as np
import pytest

matplotlib.use("agg")
import matplotlib.pyplot as plt

from scalinglaws import plots
from scalinglaws.constants import CHINCHILLA_REPLICATION as LAW, PUBLIC_MODELS
from scalinglaws.errors import CourseError
from scalinglaws.fits import fit_chinchilla, fit_isoflop, fit_power_law
from scalinglaws.laws import PowerLaw
from scalinglaws.plots import short_number, style
from scalinglaws.plots.alt import to_html

from ..colour import contrast

pytestmark = pytest.mark.filterwarnings("error")

X = np.geomspace(1e6, 1e10, 20)
LOSS = PowerLaw(A=400, alpha=0.34, E=1.7)(X) * np.exp(
    0.01 * np.random.default_rng(0).standard_normal(20)
)
C = np.repeat(np.geomspace(6e18, 6e20, 5), 7)
N = LAW.N_opt(C) * np.tile(np.geomspace(1 / 3, 3, 7), 5)


@pytest.fixture(scope="module")
def fits():
    return {
        "power": fit_power_law(X[:12], LOSS[:12]),
        "isoflop": fit_isoflop(N, LAW(N, C / 6 / N), C=C),
        "surface": fit_chinchilla(N, C / 6 / N, LAW(N, C / 6 / N)),
    }


# name: (draw, a phrase that its alt text must hold)
FIGURES = {
    "runs": (lambda f, ax: plots.plot_runs(X, LOSS, ax, label="prose"), r"prose: 20 points, from a loss of 5\."),
    "law": (lambda f, ax: plots.plot_law(f["power"].law, X, ax, against="D"), "The law: a curve from 5"),
    "fit": (lambda f, ax: plots.plot_fit(f["power"], ax, beyond=100), "irreducible loss 1\\."),
    "residuals": (lambda f, ax: plots.plot_residuals(f["surface"], ax), "Residuals of 35 runs"),
    "extrapolation": (
        lambda f, ax: plots.plot_extrapolation(f["power"], X[12:], LOSS[12:], ax), "Of 8 held-out runs"),
    "isoflop": (lambda f, ax: plots.plot_isoflop(f["isoflop"], ax), "At 6e[+]18 FLOPs the parabola through 7 runs"),
    "N_opt": (lambda f, ax: plots.plot_N_opt([1e18, 1e26], f["isoflop"], ax=ax), "Kaplan 2020: N_opt grows as C\\^0.73"),
    "allocation": (
        lambda f, ax: plots.plot_allocation([1e18, 1e26], models=PUBLIC_MODELS[:6], ax=ax), "Chinchilla 20"),
    "contours": (
        lambda f, ax: plots.plot_contours(LAW, N, C / 6 / N, ax, budgets=[1e20]), "At 1e[+]20 FLOPs the lowest loss is 2\\.55"),
    "cost": (lambda f, ax: plots.plot_cost(LAW, 2.0, ax=ax), "Training only: cheapest at N = "),
}  # fmt: skip


@pytest.mark.parametrize("name", FIGURES)
def test_draws_into_the_axes_it_is_given_and_describes_the_data(name, fits):
    draw, phrase = FIGURES[name]
    _, (left, right) = plt.subplots(1, 2, figsize=(12, 4))
    assert draw(fits, right) is right
    assert not left.has_data()
    assert right.get_xlabel() and right.get_ylabel()
    text = plots.alt_text(right)
    assert re.search(phrase, text), text
    assert "$" not in text and "nan" not in text
    plt.close("all")


@pytest.mark.parametrize("name", FIGURES)
def test_makes_axes_of_its_own_with_few_labels(name, fits):
    ax = FIGURES[name][0](fits, None)
    ax.figure.canvas.draw()
    for axis in (ax.xaxis, ax.yaxis):
        low, high = sorted(axis.get_view_interval())
        major = [
            label.get_text()
            for label, place in zip(
                axis.get_majorticklabels(), axis.get_majorticklocs(), strict=True
            )
            if low <= place <= high and label.get_text()
        ]
        assert 2 <= len(major) <= 11, major
        assert len(set(major)) == len(major)
        if axis.get_scale() == "log":
            assert not any(label.get_text() for label in axis.get_minorticklabels())
    assert ax.figure.get_facecolor() == (1, 1, 1, 1)
    plt.close("all")


@pytest.mark.parametrize(
    "span", [(1.9, 2.1), (1.7, 4.4), (1, 30), (1e3, 4e5), (1e6, 1e13), (1e10, 1e26)]
)
def test_log_axes_of_any_span_have_a_handful_of_labels(span):
    ax = plots.new_axes()
    ax.plot(span, span)
    for which in "xy":
        plots.log_axis(ax, which)
    ax.figure.canvas.draw()
    inside = [t for t in ax.get_yticks() if ax.get_ylim()[0] <= t <= ax.get_ylim()[1]]
    assert 3 <= len(inside) <= 10
    plt.close("all")


class _Image(HTMLParser):
    def handle_starttag(self, tag, attributes):
        self.tag, self.attributes = tag, dict(attributes)


def test_html_holds_a_white_png_and_escaped_alt_text():
    ax = plots.plot_runs(X, LOSS, label='a < b & "c"')
    parser = _Image()
    parser.feed(to_html(ax.figure))
    assert parser.tag == "img"
    assert 'a < b & "c"' in parser.attributes["alt"]
    assert parser.attributes["src"].startswith("data:image/png;base64,iVBOR")
    assert to_html(ax.figure) == to_html(ax.figure)
    assert 'alt="mine"' in to_html(ax.figure, alt="mine")
    plt.close("all")


def test_a_learners_own_plot_gets_alt_text_too():
    _, ax = plt.subplots()
    ax.loglog([1, 10, 100], [3, 2, 1], label="mine")
    ax.scatter([1, 5], [2, 3])
    ax.set_title("Loss")
    text = plots.alt_text(ax)
    assert text.startswith("Loss. Chart of y axis")
    assert "“mine” (3 points) runs from 3 at 1 to 1 at 100" in text and "(2 points)" in text
    plt.close("all")


def test_a_drawing_without_axes_is_not_called_a_chart():
    _, ax = plt.subplots()
    ax.axis("off")
    plots.describe(ax, "Loss needs tokens.")
    assert plots.alt_text(ax) == "Loss needs tokens."
    ax.set_title("A map")
    assert plots.alt_text(ax) == "A map. Loss needs tokens."
    plt.close("all")


def test_show_outside_a_notebook_neither_fails_nor_prints(capsys):
    ax = plots.plot_runs(X, LOSS)
    assert plots.show(ax) is None
    assert capsys.readouterr() == ("", "")
    plt.close("all")
    with pytest.raises(CourseError, match="no figure"):
        plots.show()


def test_show_in_a_notebook_displays_html_and_closes_the_figure(monkeypatch):
    from scalinglaws.plots import alt

    shown = []
    monkeypatch.setattr(alt, "in_notebook", lambda: True)
    monkeypatch.setattr("IPython.display.display", shown.append)
    ax = plots.plot_runs(X, LOSS)
    plots.show(ax)
    assert shown[0].data.startswith("<img alt=") and not plt.get_fignums()


def test_no_two_of_many_series_look_alike():
    styles = [style.series_style(i) for i in range(49)]
    assert len({(one["color"], one["marker"]) for one in styles}) == 49
    assert len({(one["color"], str(one["linestyle"])) for one in styles}) == 49


def test_the_legend_of_many_budgets_hides_no_run():
    C, N = (v.ravel() for v in np.meshgrid(np.geomspace(1e18, 1e21, 8), np.geomspace(0.2, 5, 7)))
    N = N * LAW.N_opt(C)
    ax = plots.plot_isoflop(fit_isoflop(N, LAW(N, C / (6 * N)), C=C))
    ax.figure.canvas.draw()
    legend, axes = ax.get_legend().get_window_extent(), ax.get_window_extent()
    assert legend.x0 >= axes.x1 and legend.x1 <= ax.figure.bbox.x1


def test_residuals_need_the_column(fits):
    with pytest.raises(CourseError, match="no column 'N'"):
        plots.plot_residuals(fits["power"], against="N")


def test_a_fit_in_two_variables_is_sent_to_the_right_figure(fits):
    with pytest.raises(CourseError, match="draw it with plot_contours"):
        plots.plot_fit(fits["surface"])


def test_published_laws_are_all_told_apart():
    ax = plots.plot_N_opt([1e18, 1e26])
    looks = {(line.get_color(), line.get_linestyle()) for line in ax.lines}
    names = {law.name for law in plots.published_laws()}
    assert len(looks) == len(ax.lines) == len(names) == 6
    plt.close("all")


@pytest.mark.filterwarnings("default")
def test_a_real_kernel_shows_the_figure_once_and_the_export_keeps_the_alt_text(run_notebook):
    nbformat = pytest.importorskip("nbformat")
    nbconvert = pytest.importorskip("nbconvert")
    code = (
        "%matplotlib inline\n"
        "from scalinglaws import plots\n"
        "ax = plots.plot_runs([1e6, 1e7, 1e8], [3, 2.5, 2.2], label='prose')\n"
        "plots.show(ax)"
    )
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    run_notebook(notebook)
    outputs = notebook.cells[0].outputs
    assert [sorted(output["data"]) for output in outputs] == [["text/html", "text/plain"]]
    page, _ = nbconvert.HTMLExporter().from_notebook_node(notebook)
    assert 'alt="Chart of Loss L (nats per token)' in page and "prose: 3 points" in page


@pytest.fixture
def shell():
    """IPython's shell, in this process, for one test: left behind, it would tell every later test that it is in a notebook."""
    from IPython.core.interactiveshell import InteractiveShell

    yield InteractiveShell.instance()
    InteractiveShell.clear_instance()


def test_explore_draws_the_static_figure_and_sliders_that_change_it(monkeypatch, shell):
    from IPython.utils.capture import capture_output

    # (The package's name `explore` is the function; its module is found in sys.modules.)
    monkeypatch.setattr(sys.modules["scalinglaws.plots.explore"], "in_notebook", lambda: True)
    drawn = []

    def draw(alpha=0.3, floor=True):
        drawn.append((alpha, floor))
        ax = plots.new_axes()
        ax.plot([1, 2], [1, alpha])
        return ax

    with capture_output() as shown:
        plots.explore(
            draw,
            {"alpha": (0.1, 0.5, 0.1), "floor": True},
            labels={"alpha": "exponent"},
            alt=lambda alpha, floor: f"alpha {alpha:.1f}",
        )
    assert drawn == [(0.3, True)]
    figure, sliders = shown.outputs
    assert 'alt="alpha 0.3"' in figure.data["text/html"]
    assert "JupyterLab" in sliders.data["text/plain"]

    from ipywidgets.widgets.widget import _instances

    box = _instances[sliders.data["application/vnd.jupyter.widget-view+json"]["model_id"]]
    slider, _ = box.children
    assert slider.description == "exponent"
    with capture_output():
        slider.value = 0.5
    assert drawn[-1] == (0.5, True)
    assert not plt.get_fignums()


def test_explore_says_which_argument_has_no_slider():
    with pytest.raises(CourseError, match="alpha"):
        plots.explore(lambda alpha=1: None, {"beta": (0, 1)})
    with pytest.raises(CourseError, match="default"):
        plots.explore(lambda alpha: None, {"alpha": (0, 1)})


@pytest.mark.parametrize("nearly", [1 - 1e-12, 1, 1 + 1e-12])
def test_the_last_digit_changes_no_label(nearly):
    """Processors differ in it."""
    values = [1e4, 1e6, 1e9, 1e12, 1e15]
    assert [short_number(v * nearly) for v in values] == ["10k", "1M", "1B", "1T", "1e+15"]
    labels = [style._power_number(v * nearly) for v in (1e-3, 1e4, 3e5, 1e6)]
    assert labels == ["0.001", "$10^{4}$", r"$3\times10^{5}$", "$10^{6}$"]


@pytest.mark.parametrize("scale", ["linear", "log"])
def test_lines_are_labelled_at_their_ends_in_legible_colours_without_overlap(scale):
    ax = plots.new_axes()
    x = np.geomspace(1, 100, 9)
    last = np.array([1.0, 1.01, 1.02, 3.0, 2.99, 9.0])  # two crowds
    for colour, end in zip(plots.COLOURS, last, strict=False):
        curve = np.append(end * x[:-1] / 80, [end])
        ax.plot(x, curve, color=colour, label=f"to {end:g}")
    ax.plot([1, 200], [5, 5])  # has no label
    ax.plot([*x, 300], [*x / 50, np.nan], color="#CC79A7", label="stops early")
    ax.set_xscale(scale)
    ax.set_yscale(scale)
    plots.label_lines(ax, title="where")
    ax.figure.draw_without_rendering()
    texts = {text.get_text(): text for text in ax.texts}
    assert list(texts) == [*(f"to {end:g}" for end in last), "stops early", "where"]
    assert texts["stops early"].xy == (100, 2)
    boxes = {name: text.get_window_extent() for name, text in texts.items()}
    by_height = sorted(texts, key=lambda name: boxes[name].y0)
    assert by_height == sorted(texts, key=lambda name: (name == "where", texts[name].xy[1]))
    for lower, upper in itertools.pairwise(by_height):
        assert boxes[lower].y1 <= boxes[upper].y0 + 1
    for line in ax.lines:
        if (text := texts.get(line.get_label())) is not None:
            assert contrast(text.get_color(), "white") >= 4.5
            assert boxes[text.get_text()].x0 > ax.transData.transform(text.xy)[0]
    assert "to 1.02" in plots.alt_text(ax)
    plt.close("all")


def test_lines_without_labels_are_said():
    ax = plots.new_axes()
    ax.plot([1, 2], [1, 2])
    with pytest.raises(CourseError, match="No line has a label"):
        plots.label_lines(ax)
    plt.close("all")
