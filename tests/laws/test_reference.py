"""The reference page is what the docstrings say, every formula names its source, and every example runs."""

import doctest
import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest

from scalinglaws import fits, laws, plots, tables

ROOT = Path(__file__).parents[2]
SOURCE = re.compile(r"eq\. \d|Table \w*\d|section \d|et al\. \d{4}|Song 2024|arXiv:")


def modules():
    for package in (laws, fits, plots, tables):
        for info in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
            yield info.name
    yield "scalinglaws.arrays"


@pytest.mark.parametrize("name", list(modules()))
def test_doctests(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_the_page_is_fresh():
    result = subprocess.run(
        [sys.executable, ROOT / "docs" / "reference.py", "--check"], capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("name", laws.__all__)
def test_every_formula_names_its_source_and_has_an_example(name):
    thing = getattr(laws, name)
    if not callable(thing) or name in ("ExpertChoice", "Range", "TrainingCost"):
        return
    module = sys.modules[thing.__module__]
    text = inspect.getdoc(thing) + (inspect.getdoc(module) or "")
    if inspect.isclass(thing):
        text += "".join(inspect.getdoc(member) or "" for _, member in inspect.getmembers(thing))
    text = " ".join(text.split())
    assert SOURCE.search(text) or name in (
        "Transformer",
        "Trend",
        "AllocationLaw",
        "training_cost",
    ), text
    assert ">>>" in inspect.getdoc(thing) or name == "KaplanLaws"


def test_importing_is_light():
    """Neither scipy nor matplotlib is loaded before a fit's interval or a figure needs it."""
    code = "import sys, scalinglaws.laws, scalinglaws.constants, scalinglaws.fits; print(sorted({m.split('.')[0] for m in sys.modules} & {'scipy', 'matplotlib', 'IPython'}))"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert result.stdout.strip() == "[]"


def test_plots_do_not_load_pyplot_on_import():
    code = "import sys, scalinglaws.plots; print('matplotlib.pyplot' in sys.modules)"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert result.stdout.strip() == "False"
