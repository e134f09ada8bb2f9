"""The map of ideas (row D10 of the coverage map): what to learn before and after each idea.

Each row of the coverage map belongs to one idea, so a question's `covers` says which ideas it practises.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from scalinglaws.errors import CourseError, did_you_mean


@dataclass(frozen=True)
class Idea:
    """One idea: its name, the notebook that teaches it, the rows it covers, and the ids of the ideas that come before it.

    says: a summary, in two sentences.
    """

    id: str
    name: str
    notebook: str
    rows: tuple[str, ...]
    needs: tuple[str, ...]
    says: str


def _ideas(table: str) -> dict[str, Idea]:
    ideas = {}
    for line in filter(str.strip, table.splitlines()):
        name, title, notebook, rows, needs = (part.strip() for part in line.split("|"))
        needed = tuple(needs.split())
        ideas[name] = Idea(name, title, notebook, tuple(rows.split()), needed, _SAYS[name])
    return ideas


_SAYS = {
    "tokens": "A model reads text as a sequence of tokens: single bytes in this course, pieces of words in most others."
    " A loss per token depends on the tokens, a loss per byte can be compared between models.",
    "loss": "A language model gives every possible next token a probability, and its loss is the mean of −ln p of the tokens"
    " that came. It is measured in nats; exp(loss) is the perplexity.",
    "training": "Training moves the parameters step by step against the gradient of the loss on a batch of text."
    " A model that sees little text many times learns it by heart: its loss falls there, and rises on new text.",
    "power_law": "Under a power law, a·x^−α, each doubling of x multiplies the loss by the same factor, 2^−α: a straight line"
    " on log-log axes. A floor E below it bends the line, and a fit without the floor gets the exponent wrong.",
    "two_terms": "The loss depends on size and data: L(N, D) = E + A/N^α + B/D^β. E is what no model of this kind can remove,"
    " the second term is the price of too few parameters, the third of too few tokens.",
    "forecasts": "A law earns trust by forecasting larger runs that its fit has not seen."
    " The further the forecast reaches, the wider its interval has to be.",
    "compute": "Training takes about C = 6ND operations: for each parameter and token two on the way forward, four on the way"
    " back. What this leaves out, such as embeddings and attention, matters most for small models.",
    "bottleneck": "With fixed data a larger model helps less and less, and so does more data for a model of fixed size."
    " The larger of the two terms of L(N, D) is the bottleneck.",
    "marginal": "The derivatives of L(N, D) tell how much loss the next parameter and the next token "
        "save. Divide each by its cost, and grow whichever saves more per operation.",
    "repeats": "Text that is read again teaches less each time: a few epochs are worth almost as much as new text, further"
    " ones less and less. A law for repeated data gives the number of new tokens that the "
    "repeated ones are worth.",
    "optimum": "For each budget there is one best size: smaller models are limited by their size, larger ones read too little."
    " The best N and D grow as powers of C, and three methods estimate the exponents.",
    "chinchilla": "Kaplan et al. (2020) found that N_opt grows as C^0.73, Hoffmann et al. (2022) as about C^0.5. Later work"
    " explains most of the gap by how parameters were counted, by warm-up and schedule, and by tuning.",
    "recipe": "The best learning rate, batch, warm-up and schedule depend on the size of a run, so a recipe has scaling laws"
    " of its own. The effect of a bad recipe can look like an effect of size.",
    "overtrain": "Beyond the optimum, more tokens per parameter still lower the loss, but less than a "
        "larger model would. A small model trained far past it costs more to train to a given "
        "loss, and less to serve.",
    "universal": "Exponents and constants depend on the text, the tokeniser, the architecture and the range of the runs."
    " A published law describes somebody else's runs: measure your own before you plan with it.",
    "shapes": "Some curves turn, as in overfitting, double descent and inverse scaling, or change their slope."
    " No law that only falls can describe them, and a fit to one side says nothing about the "
    "other.",
    "skills": "A score can seem to jump while the loss falls smoothly: the chance of k right tokens is about p^k."
    " First forecast the loss, then the score from the loss, and say how sure each of the two "
    "steps is.",
    "theory": "No accepted theory derives these laws from first principles, but some derive an exponent from an assumption about"
    " the data. One assumes many skills, few of them common: if their frequencies follow a power law, so does the loss.",
    "inference": "Serving takes about 2N operations for each token, as long as the model is in use. The more it will serve,"
    " the smaller the model that is cheapest over its whole life, trained on more text.",
    "economics": "Operations become hours and money through the hardware's speed, the share of it that is used, and a price."
    " Outsiders know none of the three exactly, so a cost is a range, with what it includes.",
    "beyond": "Compute can also buy more attempts at test time, experts, better mixtures of text, a teacher or an ensemble."
    " Each has its own law, with its own limit.",
    "planning": "A plan spends a small budget on experiments, then a far larger one on a single run, and forecasts its loss."
    " In a world whose law is hidden, you find out how good the plan was.",
}  # fmt: skip

# The position of each idea: the number of steps from the first one, and its lane. Placed by hand,
# so that arrows point onwards and cross no box.
PLACES = {
    "tokens": (0, 2), "loss": (1, 2), "power_law": (2, 1), "training": (2, 3), "theory": (3, 0), "forecasts": (3, 1),
    "two_terms": (3, 2), "bottleneck": (4, 2), "compute": (4, 3), "marginal": (5, 2), "economics": (5, 3),
    "repeats": (5, 4), "optimum": (6, 2), "shapes": (6, 4.8), "universal": (7, 1), "chinchilla": (7, 2),
    "overtrain": (7, -0.1), "skills": (8, 0.35), "planning": (8, 1.15), "inference": (8, 2), "recipe": (8, 4),
    "beyond": (9, 3),
}  # fmt: skip


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
    """The ids of the ideas for an idea's id or name, or a notebook's name, as a learner types it.

    Raises CourseError, listing what there is, for any other text.
    """
    wanted = text.strip().lower()
    for test in (
        lambda idea: wanted in (idea.id, idea.name.lower()),
        lambda idea: wanted in (idea.notebook, *idea.notebook.split("_", 1)),
    ):
        if found := [idea.id for idea in IDEAS.values() if test(idea)]:
            return found
    notebooks = list(dict.fromkeys(idea.notebook for idea in IDEAS.values()))
    names = [*IDEAS, *(idea.name for idea in IDEAS.values()), *notebooks]
    raise CourseError(
        f"There is no topic {text!r}: choose an idea ({', '.join(IDEAS)}) or a notebook ({', '.join(notebooks)})."
        + did_you_mean(text, names)
    )


def in_two(name: str) -> str:
    """A name on two lines of similar length."""
    words = name.split()
    if len(name) < 12 or len(words) < 2:
        return name
    cuts = range(1, len(words))
    best = min(cuts, key=lambda i: abs(len(" ".join(words[:i])) - len(" ".join(words[i:]))))
    return f"{' '.join(words[:best])}\n{' '.join(words[best:])}"


def leads_to(idea: str) -> list[str]:
    """The ideas that need this one."""
    return [other.id for other in IDEAS.values() if idea in other.needs]


def curve(start: tuple[float, float], end: tuple[float, float]) -> str:
    """The data of an SVG path, from the bottom of one box to the top of another."""
    (x0, y0), (x1, y1) = start, end
    bend = (y1 - y0) / 2
    return f"M{x0:.0f} {y0:.0f}C{x0:.0f} {y0 + bend:.0f} {x1:.0f} {y1 - bend:.0f} {x1:.0f} {y1:.0f}"
