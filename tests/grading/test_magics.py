"""What a student's first cells say in JupyterLab works in the engine as in a kernel, or costs one sentence and nothing else."""

import warnings
from pathlib import Path

import pytest
from IPython.core.inputtransformer2 import TransformerManager

from scalinglaws.course.exercises import read_notebook
from scalinglaws.course.grading import execute
from scalinglaws.course.grading.engine.cells import Cell, Course
from scalinglaws.course.grading.engine.kernel_shell import ZMQInteractiveShell
from scalinglaws.course.grading.engine.sandbox import Limits
from scalinglaws.course.grading.engine.session import Session

from . import classroom
from .classroom import POINTS, RIGHT, Student, points

pytestmark = classroom.isolated

SOURCE = Path(__file__).parents[2] / "source" / "01_power_laws" / "01_power_laws.ipynb"


def run_cells(*cells: str) -> list[Cell]:
    """Run cells one after another in one session."""
    made = [Cell(source) for source in cells]
    with Session(execute.shared_server(), Course(), Limits(cell_time=20)) as session:
        for cell in made:
            session.run(cell)
    return made


def text(cell: Cell) -> str:
    return "".join(
        o.get("text", "") + str(o.get("data", {}).get("text/plain", "")) for o in cell.outputs
    )


def errors(cell: Cell) -> list[str]:
    return [f"{o['ename']}: {o['evalue']}" for o in cell.outputs if o["output_type"] == "error"]


# Lines that work in a kernel, or on a student's own machine with its windows: the next line must run.
LINES = {
    "figures": [
        "%matplotlib inline", "%matplotlib", "%matplotlib agg", "%matplotlib qt", "%matplotlib tk", "%matplotlib notebook",
        "%matplotlib widget", "%matplotlib osx", "%matplotlib ipympl", "%matplotlib --list", "%pylab inline", "%pylab", "%pylab qt",
        "%nbagg", "import matplotlib; matplotlib.use('TkAgg')", "import matplotlib; matplotlib.use('Agg')",
        "import matplotlib.pyplot as plt; plt.switch_backend('qtagg')", "import matplotlib.pyplot as plt; plt.ion(); plt.ioff()",
        "import matplotlib.pyplot as plt; plt.show(); plt.pause(0.001)", "%gui", "%gui qt", "%gui tk", "%gui asyncio",
        "get_ipython().enable_gui('qt')", "get_ipython().run_line_magic('matplotlib', 'inline')",
        "%config InlineBackend.figure_format = 'retina'", "%config InlineBackend.figure_formats = ['svg']",
        "%config InlineBackend.rc = {'figure.dpi': 100}", "%config InlineBackend",
        "import matplotlib_inline.backend_inline as b; b.set_matplotlib_formats('svg')",
    ],
    "working": [
        "%load_ext autoreload\n%autoreload 2", "%reload_ext autoreload", "%config Completer.use_jedi = False", "%time 1", "%timeit -n1 -r1 1",
        "%prun 1", "%who", "%whos", "%env", "%env A=1", "%set_env A 1", "%cd /tmp", "%cd", "%pwd", "%ls", "%pushd /tmp\n%popd", "%dhist",
        "%bookmark here", "%bookmark -l", "%rehashx", "%history", "%recall", "%store", "a = 3\n%store a\n%store -r", "%alias", "%automagic", "%precision 3",
        "%pprint", "%xmode Plain", "%colors NoColor", "%doctest_mode", "%lsmagic", "%magic", "%quickref", "%autoawait", "%logstop", "%tb",
        "%reset_selective -f zzz", "%unload_ext autoreload", "%sx ls", "%system ls", "%mkdir zz", "%rm -rf zz", "%killbgscripts",
        "get_ipython().system('ls')", "get_ipython().getoutput('ls')", "x = !ls", "!ls", "!exit 3", "%pip --version", "!pip --version",
        "%pip install nothing-of-that-name", "!pip install -q nothing-of-that-name", "%pdb on", "%pdb off",
    ],
    "for a person": [
        "len?", "len??", "?len", "%pinfo len", "%psource print", "%pdoc len", "%psearch le*", "%page len", "%autosave 60",
        "%connect_info", "%qtconsole", "%edit", "%ed", "%less x", "%more x", "%man ls", "%clear", "%subshell", "%debug", "breakpoint()",
        "get_ipython().set_next_input('x')", "get_ipython().ask_exit()", "exit()", "quit()", "quit",
    ],
    "the kernel": [
        "get_ipython().kernel.shell", "get_ipython().kernel.do_shutdown(True)", "get_ipython().kernel.comm_manager",
        "get_ipython().parent_header", "get_ipython().get_parent()", "get_ipython().config", "get_ipython().payload_manager",
        "get_ipython().display_pub.register_hook(lambda m: m)", "get_ipython().ast_node_interactivity = 'all'",
        "from IPython.core.interactiveshell import InteractiveShell; InteractiveShell.ast_node_interactivity = 'all'",
        "assert get_ipython().__class__.__name__ == 'ZMQInteractiveShell'", "import faulthandler; faulthandler.enable()",
        "import sys; sys.stdout.flush(); sys.stdout.fileno()", "from IPython.core.magic import register_line_magic", "_, __, Out, In, _i, _dh",
        "import logging; logging.basicConfig(level=logging.INFO); logging.info('x')", "import asyncio; await asyncio.sleep(0)",
    ],
    "shown": [
        "from IPython.display import *; display(HTML('a'), Markdown('b'), Math('c'), JSON({}), IFrame('x', 1, 1), Javascript('1'))",
        "from IPython.display import display, clear_output; clear_output(wait=True)", "from IPython.display import ProgressBar; list(ProgressBar(3))",
        "from IPython.display import update_display; update_display(1, display_id='a')", "from tqdm.notebook import tqdm; list(tqdm(range(3)))",
        "from tqdm.auto import tqdm; list(tqdm(range(3)))", "import ipywidgets as w; display(w.IntSlider())",
        "import ipywidgets as w; w.interact(lambda x: x, x=(0, 3))", "import ipywidgets as w\nwith w.Output(): print(3)",
    ],
}  # fmt: skip


@pytest.mark.parametrize("kind", LINES)
def test_the_line_after_it_runs(kind):
    cells = run_cells(*(f"{line}\nwent_on = {i}" for i, line in enumerate(LINES[kind])))
    broken = {c.source: errors(c) for c in cells if errors(c)}
    assert not broken


# Cell magics: (the cell, what it shows).
CELLS = {
    "%%time\nprint('shown')": "shown", "%%timeit -n1 -r1\n1": "loop", "%%capture out\nprint('x')": "", "%%bash\necho shown": "shown",
    "%%sh\necho shown": "shown", "%%script bash\necho shown": "shown", "%%python\nprint('shown')": "shown", "%%python3\nprint('shown')": "shown",
    "%%!\necho shown": "shown", "%%writefile x.py\nprint('shown')": "Writing", "%%html\n<b>x</b>": "", "%%latex\n$x$": "", "%%markdown\n# x": "",
    "%%javascript\n1": "", "%%svg\n<svg/>": "", "%%prun\n1": "", "!echo shown": "shown", "x = !echo shown\nprint(x)": "shown",
    "import subprocess\nprint(subprocess.run(['echo', 'shown'], capture_output=True, text=True).stdout)": "shown",
    "%%capture out\nprint('a')\n": "", "%system echo shown": "shown",
}  # fmt: skip


def test_cell_magics_show_what_they_show():
    cells = run_cells(*CELLS)
    for cell, shown in zip(cells, CELLS.values(), strict=True):
        assert not errors(cell) and shown in text(cell), cell


# What cannot work says so in one sentence.
CANNOT = {
    "input('Your name?')": "EOFError: nobody is there to answer input() while a notebook is graded",
    "import getpass; getpass.getpass()": "EOFError: nobody is there to answer input() while a notebook is graded",
    "get_ipython().kernel.session": "AttributeError: no kernel runs a notebook that is graded: it has no 'session'",
    "%%bash\nexit 3": "CalledProcessError: Command 'b'exit 3\\n'' returned non-zero exit status 3.",
    "%conda list": "ValueError: The python kernel does not appear to be a conda environment.  Please use ``%pip install`` instead.",
}


def test_what_cannot_work_says_so():
    assert [errors(cell)[0].strip() for cell in run_cells(*CANNOT)] == list(CANNOT.values())


def test_figures_are_shown_as_in_a_kernel():
    """With and without %matplotlib, with and without plt.show(), as png or svg; none twice, and none of another cell."""
    cells = run_cells(
        "import matplotlib.pyplot as plt\nplt.plot([1, 2]);",
        "plt.plot([1, 2]); plt.show()",
        "%matplotlib qt\nplt.plot([1, 2]);",
        "fig, ax = plt.subplots(); plt.close(fig)",
        "%config InlineBackend.figure_format = 'svg'\nplt.plot([1, 2]);",
        "x = 1",
    )
    kinds = [
        [m for o in c.outputs for m in o.get("data", {}) if m.startswith("image/")] for c in cells
    ]
    assert kinds == [["image/png"]] * 3 + [[], ["image/svg+xml"], []]


def test_a_display_that_is_updated_stays_one():
    first, second, third = run_cells(
        "h = display(0, display_id=True)\nfor i in range(1000): h.update(i)",
        "from IPython.display import clear_output\nfor i in range(1000):\n    clear_output(wait=True)\n    print(i)",
        "print('stays'); clear_output(wait=True)",
    )
    assert [o["data"]["text/plain"] for o in first.outputs] == ["999"] and not first.cut
    assert text(second) == "999\n" and text(third) == "stays\n"


# Cells that are plain Python, or nearly: what looks like a magic, and magics that are easily missed.
NEARLY = [
    "", "\n\n", "x = 5", "  x = 5\n  y = 6", ">>> x = 1\n>>> x", "In [1]: x = 1", "x = (5\n% 3)", "x = 5 \\\n% 3", 'a = """\n%time\n!ls\nx?\n"""',
    "x = 1  # why?", "f'{x!r}'", "f'{x = !r}'", "x: int = 5\n%time x", "def f():\n    %time 1\n    return 2", "a = !ls\na", "a = %pwd", "x?", "x.y??",
    "if True:\n    !ls\n", "print(1);", "/print 1", ",print 1 2", ";print a b", "%%time\nx = 1", "%%bash\nls | x?", "await x", "async def f():\n    await x",
    'x = "\\d"', "1 is 1", "x = [\n%timeit\n]", "x =", "(((", "'", "\x00", "lambda: (yield)", "return 5", "match x:\n    case 1: pass", "é = 1\né?",
]  # fmt: skip


def read_by(manager: TransformerManager, source: str) -> str:
    try:
        return manager.transform_cell(source)
    except SyntaxError as error:
        return str(error)


def test_a_cell_is_read_as_ipython_reads_it():
    """Plain Python is not searched for magics, which takes IPython longer than most cells take."""
    cells = [c.source for c in read_notebook(SOURCE).cells if c.cell_type == "code"]
    ours, stock = ZMQInteractiveShell.input_transformer_manager.klass(), TransformerManager()
    for source in [*cells, *NEARLY]:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # warnings come when the cell is compiled
            assert read_by(ours, source) == read_by(stock, source), source


def test_a_transformer_of_the_students_own_is_used():
    ours = ZMQInteractiveShell.input_transformer_manager.klass()
    ours.token_transformers.clear()
    assert ours.transform_cell("a = %pwd") == "a = %pwd\n"


def test_a_notebook_begins_with_no_history():
    first, second = run_cells("print(len(In), repr(_), Out, repr(_i))", "%history")
    assert text(first) == "2 '' {} ''\n" and text(second).splitlines()[0].startswith(
        "print(len(In)"
    )


@pytest.mark.parametrize(
    "first",
    ["%matplotlib inline", "%matplotlib", "%matplotlib agg", "%pylab inline", "%gui", "import matplotlib; matplotlib.use('TkAgg')"],
)  # fmt: skip
def test_every_point_is_there_where_the_given_cell_begins_with_it(tmp_path, first):
    source = classroom.source_notebook()
    source.cells[1].source = f"{first}\n{classroom.GIVEN}"
    made = classroom.assignment(tmp_path, source=source)
    assert points(Student(made, classroom.released(made)).write(**RIGHT).hand_in()) == POINTS
