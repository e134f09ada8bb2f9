"""The map of ideas (row D10 of the coverage map): what to learn before and after each idea.

Each row of the coverage map belongs to one idea, so a question's `covers` says which ideas it practises.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from scalinglaws.errors import CourseError


@dataclass(frozen=True)
class Idea:
    """One idea: its name, the notebook that teaches it, the rows it covers, and the ids of the ideas that come before it."""

    id: str
    name: str
    notebook: str
    rows: tuple[str, ...]
    needs: tuple[str, ...]


def _ideas(table: str) -> dict[str, Idea]:
    ideas = {}
    for line in filter(str.strip, table.splitlines()):
        name, title, notebook, rows, needs = (part.strip() for part in line.split("|"))
        ideas[name] = Idea(name, title, notebook, tuple(rows.split()), tuple(needs.split()))
    return ideas


# id | name | notebook | rows | what comes before (always above)
IDEAS = _ideas("""
    tokens      | From text to tokens          | 00_pipeline            | B1                 |
    loss        | Predictions and their loss   | 00_pipeline            | B2 B3              | tokens
    training    | Training and overfitting     | 00_pipeline            | B4 B5              | loss
    power_law   | Power laws                   | 01_power_laws          | A1 A4 A5 B6 B11 E1 | loss
    two_terms   | A law in N and D             | 01_power_laws          | B7 B8 B9           | power_law
    forecasts   | Forecasts of unseen runs     | 01_power_laws          | A2 D4              | power_law
    compute     | Compute: C = 6ND             | 02_diminishing_returns | C1                 | training
    bottleneck  | The bottleneck               | 02_diminishing_returns | C2 C13 D2          | two_terms
    marginal    | What to grow next            | 02_diminishing_returns | B10 C7             | bottleneck compute
    repeats     | Repeated data                | 02_diminishing_returns | C3                 | training bottleneck
    optimum     | The optimal N and D          | 03_chinchilla          | A3 C6 C14 D3 E4    | marginal
    chinchilla  | Kaplan against Chinchilla    | 03_chinchilla          | C4 C5 C15 C17 E2   | optimum
    recipe      | Recipes scale too            | 04_recipe              | F1 F2 F3           | chinchilla
    overtrain   | Far beyond the optimum       | 04_recipe              | F4                 | optimum forecasts
    universal   | No universal law             | 05_limits              | D1 D7 D9 D10 E5    | optimum forecasts
    shapes      | Curves that turn             | 05_limits              | D5                 | repeats
    skills      | From loss to skill           | 06_loss_to_skill       | D6 F6              | forecasts
    theory      | Why power laws at all        | 05_limits              | E3                 | power_law
    inference   | The cost of serving          | 07_beyond_scaling      | C8 C10 C11 C16 F5  | chinchilla
    economics   | The cost of training         | 07_beyond_scaling      | C9                 | compute
    beyond      | Beyond size and data         | 07_beyond_scaling      | C12 C18 F7 F8 F9 F10 F11 F12 | inference skills repeats
    planning    | A plan of your own           | 08_capstone            | D8                 | chinchilla universal
""")
_OF_ROW = {row: idea.id for idea in IDEAS.values() for row in idea.rows}


def ideas_of(rows: Iterable[str]) -> list[str]:
    """The ids of the ideas that these rows of the coverage map belong to, in the map's order."""
    found = {_OF_ROW[row] for row in rows}
    return [idea for idea in IDEAS if idea in found]


def before(idea: str) -> set[str]:
    """The ids of all ideas that come before one, directly or not."""
    needs = set(IDEAS[idea].needs)
    return needs.union(*(before(need) for need in needs))


def find_topic(text: str) -> list[str]:
    """The ids of the ideas that a learner means by an idea's id or name, or by a notebook's name.

    Raises CourseError, with what there is, for a text that means none.
    """
    wanted = text.strip().lower()
    for test in (
        lambda idea: wanted in (idea.id, idea.name.lower()),
        lambda idea: wanted in (idea.notebook, *idea.notebook.split("_", 1)),
    ):
        if found := [idea.id for idea in IDEAS.values() if test(idea)]:
            return found
    notebooks = ", ".join(dict.fromkeys(idea.notebook for idea in IDEAS.values()))
    raise CourseError(
        f"There is no topic {text!r}: choose an idea ({', '.join(IDEAS)}) or a notebook ({notebooks})."
    )
