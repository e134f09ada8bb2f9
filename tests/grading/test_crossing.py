"""What a test cell can do with a learner's names, and a learner's function with what a test hands over: as in one process."""

from scalinglaws.course.grading.engine.cells import Cell, Course
from scalinglaws.course.grading.engine.sandbox import Limits
from scalinglaws.course.grading.engine.session import Session
from scalinglaws.course.grading.execute import shared_server

from . import classroom

pytestmark = classroom.isolated


def run(*cells: str, test: str, imports=("import numpy as np", "import pandas as pd"), learners=()):
    """Run a learner's cells and one test; returns (printed text, "kind: text" of the error)."""
    course = Course(list(imports), {"t": list(learners)})
    with Session(shared_server(), course, Limits(cell_time=60)) as session:
        for source in cells:
            session.run(Cell(source))
        cell = Cell(test, test="t")
        session.run(cell)
    text = "".join(o.get("text", "") for o in cell.outputs if o["output_type"] == "stream")
    return text, f"{cell.verdict.error}: {cell.verdict.message}" if cell.verdict.error else ""


LEARNER = """
import numpy as np, pandas as pd
from collections import namedtuple
from dataclasses import dataclass

def scale(x, factor=2.0, *, offset=0):
    "Doc of scale."
    return x * factor + offset
scale.calls = 3

class Model:
    kind = "line"
    def __init__(self, a): self.a = a
    def predict(self, x): return self.a * x
    def __call__(self, x): return self.predict(x)
    def __len__(self): return 7
    def __getitem__(self, i): return i * 2

@dataclass
class Fit:
    a: float
    b: float

class Mine(ValueError): pass

Pair = namedtuple("Pair", "low high")
model, fit, pair, table = Model(3), Fit(1.0, 2.0), Pair(1, 2), pd.DataFrame({"x": [1, 2]})
def fail(x): raise Mine(f"no {x}")
def apply(f, *args): return f(*args)
def count():
    yield 1
    yield 2
def use(oracle): return [oracle.ask(i) for i in range(oracle.budget)]
def peek(oracle): return oracle.secret
def carefully(oracle):
    from scalinglaws.errors import CourseError
    try: return oracle.refuse()
    except CourseError as error: return "caught " + str(error)
"""
ORACLE = """
class Oracle:
    _crosses_ = ("ask", "budget", "refuse")
    budget, secret, asked = 3, "hidden", 0
    def ask(self, i):
        self.asked += 1
        return i * 10.0
    def refuse(self):
        from scalinglaws.errors import CourseError
        raise CourseError("no more")
oracle = Oracle()
"""


def test_names_calls_and_attributes():
    said, error = run(
        LEARNER,
        test="""
import inspect
assert callable(scale) and scale.__name__ == "scale" and scale.__doc__ == "Doc of scale." and scale.calls == 3
assert str(inspect.signature(scale)) == "(x, factor=2.0, *, offset=0)"
assert inspect.isfunction(scale) and scale is scale
assert scale(2, offset=1) == 5 and (scale(np.array([1.0, 2.0])) == [2, 4]).all()
assert isinstance(scale(table), pd.DataFrame) and list(table.columns) == ["x"]
assert isinstance(model, Model) and not isinstance(3, Model) and type(model).__name__ == "Model" and Model.kind == "line"
assert model.a == 3 and model.predict(4) == 12 and model(4) == 12 and len(model) == 7 and model[3] == 6
model.a = 5
assert model.predict(2) == 10 and Model(4).predict(2) == 8
assert fit.a == 1.0 and fit.b == 2.0 and pair.high == 2 and tuple(pair) == (1, 2)
assert list(count()) == [1, 2] and next(count()) == 1
assert "scale" in globals() and "nothing" not in globals()
assert [f(3) for f in (scale, lambda v: v)] == [6, 3]
print("all right")
""",
    )
    assert (said, error) == ("all right\n", "")


def test_errors_keep_their_kind_and_text():
    said, error = run(
        LEARNER,
        test="""
for kind in (Mine, ValueError):
    try: fail(3)
    except kind as caught: print(type(caught).__name__, caught, caught.learner_line)
try: scale()
except TypeError as caught: print(caught)
fail(4)
""",
    )
    assert said.splitlines()[:2] == ['Mine no 3 def fail(x): raise Mine(f"no {x}")'] * 2
    assert "missing 1 required positional argument: 'x'" in said and error == "Mine: no 4"


def test_a_test_hands_over_functions_and_objects():
    said, error = run(
        LEARNER,
        test=ORACLE
        + """
assert apply(lambda x: x + 1, 2) == 3 and apply(np.square, 3) == 9 and apply(model, 2) == 6 and apply(scale, 4) == 8
assert apply(max, [1, 5]) == 5 and apply(oracle.ask, 2) == 20
assert use(oracle) == [0, 10, 20] and oracle.asked == 4
assert carefully(oracle) == "caught no more"
assert apply(lambda rng: rng.normal(), np.random.default_rng(0)) == np.random.default_rng(0).normal()
print("all right")
peek(oracle)
""",
    )
    assert said == "all right\n" and error == "AttributeError: Oracle lets nobody use 'secret'"


def test_what_cannot_be_handed_over_is_said_to_the_author():
    _, error = run(LEARNER, test="class Thing: pass\napply(id, Thing())")
    assert error.startswith(
        "CannotCross: an object of type Thing cannot be passed to a learner's function"
    )
    _, error = run("def big(): return np.zeros(10**8)\nimport numpy as np", test="big()")
    assert "CannotCross: an array of 800,000,000 bytes" in error


def test_figures_can_be_asked_about():
    said, error = run(
        "import matplotlib.pyplot as plt\nfig, ax = plt.subplots()\nax.plot([1, 2], [3, 4], label='a')\nax.set(xlabel='N')",
        test="assert ax.get_xlabel() == 'N' and list(ax.lines[0].get_ydata()) == [3, 4]\nprint('seen')",
    )
    assert (said, error) == ("seen\n", "")


def test_missing_names_raise_name_error_and_partial_credit_is_a_result():
    assert run("x = 1", test="print(y)")[1] == "NameError: name 'y' is not defined"


def test_names_of_tests_stay_and_belong_to_who_bound_them_last():
    course = Course([], {"a": [], "b": ["given"]})
    with Session(shared_server(), course, Limits(cell_time=60)) as session:
        for source, test in (
            ("_helper = given = 3", "a"),  # a test binds both
            ("_helper = given = 5", ""),  # so does the learner
            ("print(_helper, given)", "b"),  # the source says: `given` is the learner's here
        ):
            cell = Cell(source, test=test)
            session.run(cell)
    assert cell.outputs[0]["text"] == "3 5\n"


def test_a_test_may_use_magics_and_await():
    said, error = run(
        "async def slow(): return 3",
        test="import asyncio\nawait asyncio.sleep(0)\n%time 1 + 1\nprint('on')",
    )
    assert "on" in said and not error


def test_warnings_in_a_test_cost_nothing():
    said, error = run(
        "x = -1.0",
        test="import warnings\nwarnings.warn('careful')\nnp.log(np.array(x))\nprint('on')",
    )
    assert said == "on\n" and not error


def test_the_checks_name_the_learners_line():
    _, error = run(
        "def f(x):\n    return 1 / x",
        test="from scalinglaws.course.grading import check_function\ncheck_function(f, [((0,), 1)])",
    )
    assert (
        error
        == "CheckFailed: f(0) stopped with ZeroDivisionError: division by zero in the line `return 1 / x`."
    )


def test_what_a_function_does_to_its_input_is_seen_in_the_learners_process():
    _, error = run(
        "def f(xs, table):\n    table.drop(0, inplace=True)\n    return 1.0",
        test="""
from scalinglaws.grading import check_function
import pandas as pd
check_function(f, [(([1, 2], pd.DataFrame({"a": [1, 2]})), 1.0)])""",
    )
    assert "f changed its input" in error and "table was modified" in error
    _, error = run(
        "class F:\n    def __call__(self, xs):\n        xs.sort()\n        return 1.0\nf = F()",
        test="from scalinglaws.grading import check_function\ncheck_function(f, [(([2, 1],), 1.0)], name='f')",
    )
    assert "changed its input" in error
    said, error = run(
        "def f(xs, rng, ask):\n    rng.normal()\n    return ask(len(sorted(xs)))",
        test="""
from scalinglaws.grading import check_function
import numpy as np
check_function(f, [(([2, 1], np.random.default_rng(0), lambda n: n), 2)])
print("fine")""",
    )
    assert (said, error) == ("fine\n", "")
