"""What learners write in 08_capstone; see power_laws_01.py for the form.

Plans that run earn a share of the points and are not refused: tests/course/test_capstone.py judges those.
"""

from . import Answers, choice

_WASTE = """
def waste(loss, C, E, k, gamma):
    return {}
waste_of_run = 0.5164
"""
_WASTE_OF = """
def waste(loss, C, E, k, gamma):
    return 1 - ((loss - E) / k) ** (-1 / gamma) / C
waste_of_run = {}
"""
_LINE = """
def train_line(oracle, C, centre, width=4, n=7):
    sizes, losses = [], []
    for N in {sizes}:
        try:
            loss = oracle.train(N, {tokens})
        except OutOfBudget:
            break
        if {keep}:
            sizes.append(N)
            losses.append(loss)
    return {result}
"""


def line(
    sizes="centre * np.geomspace(1 / width, width, n)",
    tokens="C / (6 * N)",
    keep="np.isfinite(loss)",
    result="np.array(sizes), np.array(losses)",
):
    return _LINE.format(sizes=sizes, tokens=tokens, keep=keep, result=result)


_MINIMUM = """
def minimum(N, loss):
    x, y = np.log(N), np.log(loss)
    m = np.mean(x)
    keep = np.ones(len(x), dtype=bool)
    while keep.sum() > 4:  # drop the run that lies highest above the others, while it stands out
        q = np.polyfit(x[keep] - m, y[keep], 2)
        above = np.where(keep, y - np.polyval(q, x - m), -1)
        if above.max() < 0.004:
            break
        keep[np.argmax(above)] = False
    q = np.polyfit(x[keep] - m, y[keep], 2)
    if q[0] <= 0:
        return {downwards}
    v = {vertex}
    return {result}
"""

_SOME = """
def minimum(N, loss):
    x, y = np.log(N) - np.mean(np.log(N)), np.log(loss)
    used = {}
    return lowest_point(np.polyfit(x[used], y[used], 2), np.asarray(N), np.asarray(loss))
"""


def lowest(
    downwards="float(N[np.argmin(loss)]), float(np.min(loss))",
    vertex="min(max(m - q[1] / 2 / q[0], x.min()), x.max())",
    result="[np.exp(v), np.exp(np.polyval(q, v - m))]",
):
    return _MINIMUM.format(downwards=downwards, vertex=vertex, result=result)


_BUDGETS = """
def line_budgets(budget, lines=6, runs=7, ratio=2):
    {}
cheapest = 2.2676e15
"""
_CHEAPEST = """
def line_budgets(budget, lines=6, runs=7, ratio=2):
    r = float(ratio) ** np.arange(lines)
    return budget * r / (runs * r.sum())
cheapest = {}
"""
_FORECAST = """
def forecast(C, loss, C_target):
    fit = sl.fit_power_law(C, loss)
    value = fit.predict(C_target)
    {}
"""
_SURPRISE = """
def surprise(C, loss):
    C, loss = np.asarray(C), np.asarray(loss)
    {}
"""
_HELD_BACK = (
    "i = C.argmax(); rest = np.delete(np.arange(len(C)), i); "
    "law = sl.fit_power_law(C[rest], loss[rest]).law; f = float(law(C[i])); "
)
_PLAN = """
def plan(oracle, C_target):
    C, L = [], []
    for share in (1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.3):
        N = np.sqrt(share * oracle.budget / 120)
        loss = oracle.train(N, 20 * N)
        if np.isfinite(loss):
            C.append(share * oracle.budget)
            L.append(loss)
    fit = sl.fit_power_law(C, L)
    loss = fit.predict(C_target)
    N = np.sqrt(C_target / 120)
    return {}
"""
_RATES = """
def rate_law(oracle, C, sizes, rates):
    ln_best = []
    for N in sizes:
        loss = np.array([oracle.train(N, C / (6 * N), lr) for lr in rates])
        kept = np.isfinite(loss)
        x = np.log(np.asarray(rates))[kept]
        y = np.log(loss[kept])
        q = np.polyfit(x, y, 2)
        ln_best.append({best})
    line = np.polyfit(np.log(sizes), ln_best, 1)
    return {result}
"""
_RATE_LAW = _RATES.format(best="-q[1] / (2 * q[0])", result="np.exp(line[1]), -line[0]")
_GUESS_PLAN = """
def plan(oracle, C_target):
    N = np.sqrt(C_target / 120)
    return N, 20 * N, 2.1, 1.9, 2.3
"""
_SHORT_PLAN = """
def plan(oracle, C_target):
    C_lines, sizes, losses = [], [], []
    for C in line_budgets(0.9 * oracle.budget, 6, 7, 2):
        centre = find_size(oracle, C) if not sizes else sizes[-1] * np.sqrt(C / C_lines[-1])
        N, loss = train_line(oracle, C, centre)
        if len(N) > 4:
            N_min, loss_min = minimum(N, loss)
            C_lines.append(C)
            sizes.append(float(N_min))
            losses.append(float(loss_min))
    slope, intercept = np.polyfit(np.log(C_lines), np.log(sizes), 1)
    N = np.exp(intercept + slope * np.log(C_target))
    loss, low, high = forecast(np.array(C_lines), np.array(losses), C_target)
    return {"N": N, "D": C_target / (6 * N), "loss": loss, "low": low, "high": high}
"""
_TUNE = """    k, p = (1.0, 0.0) if oracle.lr is None else probe(oracle)
    if oracle.lr is not None:
        oracle = Tuned(oracle, k, p)
"""
_HINT_1_PLAN = _SHORT_PLAN.replace("    C_lines, sizes", _TUNE + "    C_lines, sizes").replace(
    '"high": high}', '"high": high, "lr": k * N**-p}'
)
_ONE_LINE_PLAN = """
def plan(oracle, C_target):
    C = oracle.budget / 7.01
    N, loss = minimum(*train_line(oracle, C, np.sqrt(C / 120), 4, 7))
    N, loss = N * (C_target / C) ** 0.5, loss * (C_target / C) ** -0.06  # both exponents are guesses
    return N, C_target / 6 / N, loss, 0.95 * loss, 1.05 * loss
"""
_SEARCHED_LINE_PLAN = """
def plan(oracle, C_target):
    C = oracle.budget / 8
    centre = find_size(oracle, oracle.budget / 1500) * (1500 / 8) ** 0.5
    N, loss = minimum(*train_line(oracle, C, centre, 4, 7))
    N, loss = N * (C_target / C) ** 0.5, loss * (C_target / C) ** -0.06  # both exponents are guesses
    return N, C_target / 6 / N, loss, 0.95 * loss, 1.05 * loss
"""
_JOINT_PLAN = (
    """
def plan(oracle, C_target):
"""
    + _TUNE
    + """
    rows = []

    def train(N, D):
        loss = oracle.train(N, D)
        if np.isfinite(loss):
            rows.append((N, D, loss))

    budgets = line_budgets(0.6 * oracle.budget, 5, 6, 3)
    centre = find_size(oracle, budgets[0])
    for C in budgets:
        before = len(rows)
        for N in np.geomspace(centre / 4, centre * 4, 6):
            train(N, C / 6 / N)
        line = np.array(rows[before:])
        if len(line) > 4:
            centre = minimum(line[:, 0], line[:, 2])[0]
        centre = centre * 3**0.5
    law = sl.fit_chinchilla(*np.transpose(rows)).law
    for k in range(2):
        C = 0.999 * oracle.left() / (2 - k)
        N = law.N_opt(C) * 1.05**k
        train(N, C / 6 / N)
    runs = np.array(rows)
    fit = sl.fit_chinchilla(*runs.T)
    N = fit.law.N_opt(C_target)
    D = C_target / 6 / N
    loss = fit.law(N, D)
    rng = np.random.default_rng(0)
    draws = []
    for _ in range(12):
        try:
            draws.append(sl.fit_chinchilla(*runs[rng.integers(0, len(runs), len(runs))].T).law(N, D))
        except sl.CourseError:
            pass
    low, high = np.quantile(draws, [0.1, 0.9])
    missed = max(0.005, abs(np.log(runs[-1, 2] / fit.law(*runs[-1, :2])))) * loss
    return N, D, loss, min(low, loss) - missed, max(high, loss) + missed, k * N**-p
"""
)
_OTHER = "w = worlds['many tokens']; N = {N}; waste_other = w.waste(N, {D})\n"
_RULE = "rule = {{w.name: w.waste((w.C_target / 120)**0.5, 20 * (w.C_target / 120)**0.5) for w in sl.practice_worlds()}}\n{}"

ANSWERS = {
    "ex1_guess": Answers(
        right=["guess_worlds = 4", "guess_worlds = 0", "guess_worlds = np.int64(8)"],
        wrong=[
            ("guess_worlds = 9", "eight practice worlds"),
            ("guess_worlds = -1", "eight practice worlds"),
            ("guess_worlds = 50", "eight practice worlds"),
            ("guess_worlds = '4'", "quotation marks"),
            ("guess_worlds = [4, 5]", "one number"),
            ("guess_worlds = True", "truth value"),
            ("guess_worlds = 4.5", "whole number"),
        ],
        equal=dict.fromkeys(["3 => 4", "3 => 2"], "a guess: any whole number counts"),
    ),
    "ex2_waste": Answers(
        right=[
            _WASTE.format("1 - ((loss - E) / k) ** (-1 / gamma) / C"),
            _WASTE.format("(C - (k / (loss - E)) ** (1 / gamma)) / C"),
            _WASTE.format("-np.expm1(np.log(k / (loss - E)) / gamma - np.log(C))"),
            _WASTE_OF.format("round(waste(2.04, 1e21, 1.8, 1000, 0.175), 3)"),
        ],
        wrong=[
            (_WASTE.format("((loss - E) / k) ** (-1 / gamma) / C"), "share that was needed"),
            (_WASTE.format("C / ((loss - E) / k) ** (-1 / gamma) - 1"), "as a share of C"),
            (_WASTE.format("1 - C / ((loss - E) / k) ** (-1 / gamma)"), "changed places"),
            (_WASTE.format("100 * (1 - ((loss - E) / k) ** (-1 / gamma) / C)"), "in per cent"),
            (_WASTE.format("1 - (loss / k) ** (-1 / gamma) / C"), "E is left out"),
            (_WASTE.format("1 - (loss - E) ** (-1 / gamma) / C"), "k is left out"),
            (_WASTE.format("1 - ((loss - E) / k) ** -gamma / C"), "1/gamma, not gamma"),
            (_WASTE.format("C - ((loss - E) / k) ** (-1 / gamma)"), "in FLOPs"),
            (_WASTE.format("((loss - E) / k) ** (-1 / gamma)"), "That is C_need"),
            (_WASTE.format("E + k * C**-gamma"), "loss on the frontier"),
            (
                _WASTE_OF.format("1 - waste(2.04, 1e21, 1.8, 1000, 0.175)"),
                "the share that was needed",
            ),
            (_WASTE_OF.format("waste(2.04, 1e21, 0, 1000, 0.175)"), "E is left out: it is 1.8"),
            (_WASTE_OF.format("1 - (1.8 + 1000 * 1e21**-0.175) / 2.04"), "compares the losses"),
            (_WASTE_OF.format("51.5"), "A share, from 0 to 1"),
            (_WASTE_OF.format("0.5"), ""),
            (_WASTE.format("1 - ((loss - E) / k) ** (1 / gamma) / C"), "wrong sign"),
            (_WASTE.format("1 - (E + k * C**-gamma) / loss"), "compares the losses"),
            (_WASTE.format("1 - k * C**-gamma / (loss - E)"), "what lies above E"),
            (_WASTE.format("print(loss)"), "returned None"),
            (_WASTE.format("loss - E - k * C**-gamma"), "compares the losses"),
        ],
    ),
    "ex3_figure": Answers(
        right=["factor_20 = 2.2", "factor_20 = 2.1", "factor_20 = np.float64(2.3)"],
        wrong=[
            ("factor_20 = 0.45", "above 1"),
            ("factor_20 = 1.27", "the curve is at about 2%"),
            ("factor_20 = 20", "above 1"),
            ("factor_20 = 3.0", "the curve is at about 34%"),
            ("factor_20 = 1.5", "the curve is at about 6%"),
            ("factor_20 = '2.2'", "quotation marks"),
            ("factor_20 = 0.2", "above 1"),
            ("factor_20 = 1.6", "the curve is at about 8%"),
            ("factor_20 = 3.2", "Follow the curve until"),
        ],
    ),
    "ex3b_strategy": choice(
        "answer_3b", "c", {"a": "tenth of the compute", "b": "cheap to serve", "d": "Gopher"}
    ),
    "ex4_train_line": Answers(
        right=[
            line(),
            line(
                sizes="np.exp(np.linspace(np.log(centre / width), np.log(centre * width), n))",
                keep="loss == loss",
                result="(sizes, losses)",
            ),
            """
def train_line(oracle, C, centre, width=4, n=7):
    rows = []
    for N in np.geomspace(centre / width, centre * width, n):
        if oracle.left() < 0.999999 * C:
            break
        rows.append((N, oracle.train(N, C / 6 / N)))
    table = pd.DataFrame(rows, columns=["N", "loss"]).dropna()
    return table["N"], table["loss"]
""",
        ],
        wrong=[
            (line(sizes="np.linspace(centre / width, centre * width, n)"), "evenly spaced in N"),
            (line(tokens="C / N"), "cost 5·C"),
            (line(keep="True"), "are still in the result"),
            (  # as the notebook's find_size does
                line().replace(
                    "        if np",
                    "        if np.isnan(loss):\n            N = 1.05 * N\n            loss = oracle.train(N, C / (6 * N))\n        if np",
                ),
                "not repeated at another size",
            ),
            (line(sizes="centre * np.geomspace(width, 1 / width, n)"), "descending"),
            (line(result="losses"), ""),
            (line(result="np.array(losses), np.array(sizes)"), "The losses came first"),
            (line(sizes="np.geomspace(centre, centre * width, n)"), "start at the centre"),
            (line(sizes="np.geomspace(centre / width, centre, n)"), "end at the centre"),
            (line(sizes="np.geomspace(centre / width, centre * width, 7)"), "n is 5, and 7"),
            (
                line(sizes="np.geomspace(centre / width, centre * width, n, endpoint=False)"),
                "The last size is missing",
            ),
            (
                line(sizes="centre * np.logspace(-np.log(width), np.log(width), n)"),
                "powers of 10",
            ),
            (line(sizes="np.geomspace(centre / 4, centre * 4, n)"), "The 4 of the default"),
            (line(sizes="centre * np.exp(np.linspace(-width, width, n))"), "e^width"),
            (line(tokens="C / n / (6 * N)"), "each run costs C"),
            (
                line(result="np.sort(sizes)[np.argsort(losses)], np.sort(losses)"),
                "sorted by the loss",
            ),
            (
                line().replace(
                    "        if np", "        if np.isnan(loss):\n            break\n        if np"
                ),
                "go on with the next size",
            ),
            (
                line().replace("            break\n", "            return None\n"),
                "stop and return the runs that were paid",
            ),
            (
                line().replace(
                    "    sizes, losses = [], []",
                    "    sizes, losses = [], []\n    if oracle.left() < n * C:\n        return [], []",
                ),
                "Three of six runs can be paid, and 0",
            ),
            (
                line().replace(
                    "oracle.train(N, C / (6 * N))",
                    "(oracle.train(N, C / (6 * N)) + oracle.train(1.001 * N, C / (6.006 * N))) / 2",
                ),
                "train each size once",
            ),
            (line(result="None"), "returned None"),
            (line().replace("except OutOfBudget", "except ZeroDivisionError"), "OutOfBudget"),
            (line(tokens="20 * N"), ""),
            (line(result="list(zip(sizes, losses))"), ""),
            (
                line().replace("oracle.train(N, C / (6 * N))", "oracle.train(C / (6 * N), N)"),
                "N and D changed places",
            ),
            (
                (
                    "def train_line(oracle, C, centre, width=4, n=7):\n"
                    "    s, l = [], []\n"
                    "    for N in centre * np.geomspace(1 / width, width, n):\n"
                    "        try:\n"
                    "            x = oracle.train(N, C / (6 * N))\n"
                    "            if not np.isfinite(x):\n"
                    "                x = oracle.train(1.05 * N, C / (6 * 1.05 * N))\n"
                    "                N = 1.05 * N\n"
                    "        except OutOfBudget:\n"
                    "            break\n"
                    "        if np.isfinite(x):\n"
                    "            s.append(N)\n"
                    "            l.append(x)\n"
                    "    return np.array(s), np.array(l)"
                ),
                "Some of the nine runs diverge, and nine losses",
            ),
        ],
        equal={"train_line sorts its input first": "it is handed no array"},
    ),
    "ex5_minimum": Answers(
        right=[
            lowest(),
            _SOME.format(
                "np.arange(len(x)) != np.argmax(np.abs(y - np.polyval(np.polyfit(x, y, 2), x)))"
            ),
            """
def minimum(N, loss):
    from scipy.optimize import least_squares
    N, loss = list(N), list(loss)
    x, y = np.log(N) - np.log(N).mean(), np.log(loss)
    q = least_squares(lambda q: np.polyval(q, x) - y, np.polyfit(x, y, 2), loss="cauchy", f_scale=0.003).x
    return pd.Series(lowest_point(q, N, loss))
""",
            """
def minimum(N, loss):
    from scipy.optimize import least_squares
    x, y = np.log10(N), np.log(loss)
    m = x.mean()
    q = least_squares(lambda q: np.polyval(q, x - m) - y, np.polyfit(x - m, y, 2), loss="soft_l1", f_scale=0.001).x
    if q[0] <= 0:
        i = np.argmin(loss)
        return N[i], loss[i]
    v = np.clip(m - q[1] / (2 * q[0]), x[0], x[-1])
    return 10**v, np.exp(np.polyval(q, v - m))
""",
            """
def minimum(N, loss):
    x, y = np.log(N), np.log(loss)
    m, best = x.mean(), None
    for i in range(len(x)):
        keep = np.arange(len(x)) != i
        q = np.polyfit(x[keep] - m, y[keep], 2)
        error = np.abs(np.polyval(q, x[keep] - m) - y[keep]).sum()
        if best is None or error < best[0]:
            best = error, q
    q = best[1]
    if q[0] <= 0:
        return N[y.argmin()], loss[y.argmin()]
    v = np.clip(m - q[1] / (2 * q[0]), x.min(), x.max())
    return np.exp(v), np.exp(np.polyval(q, v - m))
""",
        ],
        wrong=[
            (
                """
def minimum(N, loss):
    x, y = np.log(N), np.log(loss)
    q = np.polyfit(x - x.mean(), y, 2)
    v = np.clip(x.mean() - q[1] / (2 * q[0]), x.min(), x.max())
    return np.exp(v), np.exp(np.polyval(q, v - x.mean()))
""",
                "plain least squares",
            ),
            (lowest(result="v, np.polyval(q, v - m)"), "That is ln N"),
            (lowest(result="np.exp(v), np.polyval(q, v - m)"), "That is ln L"),
            (lowest(result="np.exp(np.polyval(q, v - m)), np.exp(v)"), "loss came first"),
            (lowest(result="np.exp(v)"), "two numbers"),
            (lowest(vertex="m - q[1] / 2 / q[0]"), "never extrapolate"),
            (lowest().replace("if q[0] <= 0:", "if False:"), "downwards"),
            (lowest(vertex="m - q[1] / q[0]"), ""),
            (
                "def minimum(N, loss):\n    i = np.argmin(loss)\n    return N[i], loss[i]",
                "run with the lowest loss",
            ),
            (
                "def minimum(N, loss):\n    x = np.log(N) - np.mean(np.log(N))\n    return lowest_point(np.polyfit(x, np.log(loss), 2), N, loss)",
                "plain least squares",
            ),
            (
                "def minimum(N, loss):\n    return lowest_point(np.polyfit(np.log(N), np.log(loss), 2), N, loss)",
                "is yours in another x",
            ),
            (_SOME.format("np.sort(np.argsort(loss)[:3])"), "three lowest runs"),
            (_SOME.format("np.arange(len(x)) != np.argmax(loss)"), "the run with the highest loss"),
            (_SOME.format("np.arange(1, len(x) - 1)"), "leaves out both ends"),
            (_SOME.format("np.arange(1, len(x))"), "leaves out the first run"),
            (_SOME.replace("np.log(loss)", "np.asarray(loss)").format("x < 99"), "fit ln L"),
            ("def minimum(N, loss):\n    pass", "returned None"),
        ],
        equal={
            "30 => 60": "thirty rounds are enough; more change nothing",
            "np.mean(np.log(N)) => np.median(np.log(N))": "the sizes are evenly spaced: lowest_point asks for the mean",
            "np.sqrt(np.abs(y - np.polyval(q, x)) + 0.001) => np.abs(y - np.polyval(q, x)) + 0.001": "another robust "
            "weight: a far point loses it sooner",
        },
    ),
    "ex6_line_budgets": Answers(
        right=[
            _BUDGETS.format(
                "c = float(ratio) ** np.arange(lines); return c * budget / (runs * c.sum())"
            ),
            _BUDGETS.format(
                "first = budget / (runs * sum(ratio**k for k in range(lines))); "
                "return [first * ratio**k for k in range(lines)]"
            ),
            _BUDGETS.format(
                "return pd.Series([budget / runs * ratio**k * (ratio - 1) / (ratio**lines - 1) for k in range(lines)])"
            ),
        ],
        wrong=[
            (
                _BUDGETS.format(
                    "top = budget / runs; return [top / ratio**k for k in range(lines)]"
                ),
                "colleague's design",
            ),
            (
                _BUDGETS.format(
                    "top = budget / runs; return [top / ratio**k for k in range(lines)][::-1]"
                ),
                "Add up",
            ),
            (
                _BUDGETS.format(
                    "c = float(ratio) ** np.arange(lines); return (c * budget / (runs * c.sum()))[::-1]"
                ),
                "cheapest line must come first",
            ),
            (
                _BUDGETS.format(
                    "c = float(ratio) ** np.arange(lines); return c * budget / c.sum()"
                ),
                "a line has several",
            ),
            (
                _BUDGETS.format("return [budget / lines / runs] * lines"),
                "All lines cost the same",
            ),
            (
                _BUDGETS.format(
                    "c = float(ratio) ** np.arange(lines); return c * budget / (6 * runs * c.sum())"
                ),
                "do not divide by 6",
            ),
            (
                _BUDGETS.format("c = 1.0 + np.arange(lines); return c * budget / (runs * c.sum())"),
                "same amount",
            ),
            (
                _BUDGETS.format("c = 2.0 ** np.arange(lines); return c * budget / (7 * c.sum())"),
                "default",
            ),
            (_BUDGETS.format("return budget / lines / runs"), "shape"),
            (_BUDGETS.format("pass"), "returned None"),
        ],
    ),
    "ex7_spread": choice(
        "answer_7", "d", {"a": "most runs of all", "b": "nearer still", "c": "each has more noise"}
    ),
    "ex8_forecast": Answers(
        right=[
            _FORECAST.format(
                "low, high = fit.predict_interval(C_target, level=0.8); return value, min(low, value), max(high, value)"
            ),
            """
def forecast(C, loss, C_target):
    fit = sl.fit_power_law(C, loss)
    draws = [law(C_target) for law in fit.bootstrap(100, seed=1)]
    low, middle, high = np.quantile(draws, [0.1, 0.5, 0.9])
    value = np.clip(fit.predict(C_target), low, high)
    return [value, low, high]
""",
            """
def forecast(C, loss, C_target):
    full = sl.fit_power_law(C, loss).predict(C_target)
    without = [sl.fit_power_law(np.delete(C, i), np.delete(loss, i)).predict(C_target) for i in range(len(C))]
    n = len(C)
    half = 1.28 * np.sqrt((n - 1) / n * np.sum((np.array(without) - np.mean(without)) ** 2))  # the jackknife
    return full, full - half, full + half
""",
            """
def forecast(C, loss, C_target):
    x = np.log(np.asarray(C) / C_target)

    def fit(y):  # the best of a row of floors
        best = None
        for E in np.linspace(0, 0.97 * y.min(), 60):
            q = np.polyfit(x, np.log(y - E), 1)
            law = E + np.exp(np.polyval(q, x))
            error = np.sum(np.log(law / y) ** 2)
            if best is None or error < best[0]:
                best = error, E + np.exp(q[1]), law
        return best[1:]

    value, law = fit(np.asarray(loss))
    residuals = np.log(loss / law) * np.sqrt(len(x) / (len(x) - 3))
    rng = np.random.default_rng(0)
    draws = [fit(law * np.exp(rng.choice(residuals, len(x))))[0] for _ in range(60)]
    low, high = np.quantile(draws, [0.1, 0.9])
    return value, min(low, value), max(high, value)
""",
        ],
        wrong=[
            (
                "def forecast(C, loss, C_target):\n"
                "    s, i = np.polyfit(np.log(C), np.log(loss), 1)\n"
                "    v = np.exp(i + s * np.log(C_target))\n"
                "    return v, 0.97 * v, 1.03 * v",
                "straight line",
            ),
            (
                _FORECAST.format(
                    "s = fit.rmse_log; return value, value * (1 - 1.28 * s), value * (1 + 1.28 * s)"
                ),
                "too narrow",
            ),
            (_FORECAST.format("return value, 0.5 * value, 1.5 * value"), "wider than you need"),
            (_FORECAST.format("return value, value, value"), "too narrow"),
            (_FORECAST.format("return value"), "three numbers"),
            (
                _FORECAST.format("return value - 0.05, value, value + 0.05"),
                "does not lie in its interval",
            ),
            (_FORECAST.format("return value, 1.02 * value, 0.98 * value"), "interval"),
            (_FORECAST.format("pass"), "returned None"),
            (_FORECAST.format("return value, 0.98 * value, 1.02 * value"), ""),
            (_FORECAST.format("return value, 0.95 * value, 1.05 * value"), "follow the noise"),
            (
                "def forecast(C, loss, C_target):\n"
                "    fit = sl.fit_power_law(C, loss)\n"
                "    v = fit.predict(1e20)\n"
                "    low, high = fit.predict_interval(1e20, level=0.8)\n"
                "    return v, min(low, v), max(high, v)",
                "whatever C_target is",
            ),
            (
                _FORECAST.format("return value, value + 0.01, value + 0.02"),
                "leaves the forecast out",
            ),
            (_FORECAST.format("v = fit.law.E; return v, 0.9 * v, 1.1 * v"), "the floor E"),
            (
                _FORECAST.format("value = loss[-1]; return value, 0.9 * value, 1.1 * value"),
                "last point",
            ),
            (
                _FORECAST.format("value = value - fit.E; return value, 0.9 * value, 1.1 * value"),
                "floor is missing",
            ),
            (
                (
                    "def forecast(C, loss, C_target):\n"
                    "    f = sl.fit_power_law(C, loss).with_bootstrap(100)\n"
                    "    lo, hi = f.predict_interval(1e20, level=0.8)\n"
                    "    v = float(f.predict(1e20))\n"
                    "    return v, min(lo, v), max(hi, v)"
                ),
                "That is the forecast at 1e20 FLOPs, whatever",
            ),
            (
                (
                    "def forecast(C, loss, C_target):\n"
                    "    f = sl.fit_power_law(C, loss)\n"
                    "    v = float(f.predict(C_target))\n"
                    "    return v, 0.98 * v, 1.02 * v"
                ),
                "Your intervals are about as wide where the runs",
            ),
        ],
        equal={
            "fit = fit.with_bootstrap(100) => left out": "1000 resamples give the same interval, more slowly",
            "100 => 200": "200 resamples give the same interval, more slowly",
            "fit.predict_interval(C_target, level=0.8) => fit.predict_interval(C_target)": "the statement judges intervals by their hits and score, and both levels are within its limits with seven points",
            "0.8 => 0.8800000000000001": "the statement judges intervals by their hits and score, not by their level",
        },
    ),
    "ex8b_state": Answers(
        right=['answer_8b = "abd"', 'answer_8b = ["a", "b", "d"]', 'answer_8b = "D, b, a"'],
        wrong=[
            ('answer_8b = "abcd"', "costs a whole loss"),
            ('answer_8b = "abde"', "R²"),
            ('answer_8b = "a"', ""),
            ('answer_8b = "ce"', "costs a whole loss"),
            ('answer_8b = "abcde"', "costs a whole loss"),
            ('answer_8b = "ab"', ""),
        ],
    ),
    "ex9_surprise": Answers(
        right=[
            _SURPRISE.format(
                "o = np.argsort(C); return loss[o[-1]] / sl.fit_power_law(C[o[:-1]], loss[o[:-1]]).predict(C[o[-1]]) - 1"
            ),
            _SURPRISE.format(
                "i = C.argmax(); rest = np.delete(np.arange(len(C)), i); "
                "f = float(sl.fit_power_law(C[rest], loss[rest]).predict(C[i])); return (loss[i] - f) / f"
            ),
            """
def surprise(C, loss):
    t = pd.Series(np.asarray(loss), index=np.asarray(C)).sort_index()
    from scipy.optimize import curve_fit
    x = np.log(t.index[:-1].to_numpy() / t.index[0])
    law = lambda x, E, a, g: np.log(np.exp(E) + np.exp(a - g * x))
    p = curve_fit(law, x, np.log(t.to_numpy()[:-1]), p0=[0, 0, 0.1], maxfev=50000)[0]
    return t.iloc[-1] / np.exp(law(np.log(t.index[-1] / t.index[0]), *p)) - 1
""",
            (
                "from scipy.optimize import curve_fit\n"
                "\n"
                "\n"
                "def surprise(C, loss):\n"
                "    o = np.argsort(C)\n"
                "    C, loss = np.asarray(C, float)[o], np.asarray(loss, float)[o]\n"
                "    x = C / C[0]\n"
                "    q, _ = curve_fit(\n"
                "        lambda x, E, lk, g: E + np.exp(lk) * x**-g,\n"
                "        x[:-1],\n"
                "        loss[:-1],\n"
                "        p0=(loss.min() * 0.8, np.log(loss.max() - loss.min() * 0.8), 0.2),\n"
                "        maxfev=90000,\n"
                "    )\n"
                "    return loss[-1] / (q[0] + np.exp(q[1]) * x[-1] ** -q[2]) - 1"
            ),
        ],
        wrong=[
            (
                _SURPRISE.format(
                    "return sl.fit_power_law(C[:-1], loss[:-1]).predict(C[-1]) / loss[-1] - 1"
                ),
                "sign is turned",
            ),
            (
                _SURPRISE.format(
                    "return 100 * (loss[-1] / sl.fit_power_law(C[:-1], loss[:-1]).predict(C[-1]) - 1)"
                ),
                "in per cent",
            ),
            (
                _SURPRISE.format(
                    "return loss[-1] / sl.fit_power_law(C[:-1], loss[:-1]).predict(C[-1])"
                ),
                "Subtract 1",
            ),
            (
                _SURPRISE.format(
                    "return loss[-1] / sl.fit_power_law(C[:-1], loss[:-1]).predict(C[-1]) - 1"
                ),
                "any order",
            ),
            (
                _SURPRISE.format("return loss[-1] / sl.fit_power_law(C, loss).predict(C[-1]) - 1"),
                "was in the fit",
            ),
            (
                _SURPRISE.format(
                    "return loss[-1] / sl.fit_power_law(C[:-1], loss[:-1], floor=False).predict(C[-1]) - 1"
                ),
                "no floor",
            ),
            (_SURPRISE.format("pass"), "returned None"),
            (_SURPRISE.format(_HELD_BACK + "return loss[i] - f"), "difference in nats"),
            (
                _SURPRISE.format(_HELD_BACK + "return 1 - f / loss[i]"),
                "divided by the measured loss",
            ),
            (
                _SURPRISE.format(_HELD_BACK + "return np.log(loss[i] / f)"),
                "logarithm of measured/forecast",
            ),
            (
                _SURPRISE.format(_HELD_BACK + "return (loss[i] - law.E) / (f - law.E) - 1"),
                "lies above the floor",
            ),
            (
                _SURPRISE.format(
                    _HELD_BACK.replace("C.argmax()", "C.argmin()") + "return loss[i] / f - 1"
                ),
                "keeps back the cheapest run",
            ),
            (
                _SURPRISE.format(
                    _HELD_BACK.replace("C.argmax()", "loss.argmax()") + "return loss[i] / f - 1"
                ),
                "",
            ),
            (
                _SURPRISE.format(
                    _HELD_BACK.replace("C.argmax()", "loss.argmin()") + "return loss[i] / f - 1"
                ),
                "run with the lowest loss",
            ),
            (
                _SURPRISE.format(
                    "o = np.argsort(C); return abs(loss[o[-1]] / sl.fit_power_law(C[o[:-1]], loss[o[:-1]]).predict(C[o[-1]]) - 1)"
                ),
                "sign",
            ),
            (
                _SURPRISE.format(
                    "o = np.argsort(C); return max(0, loss[o[-1]] / sl.fit_power_law(C[o[:-1]], loss[o[:-1]]).predict(C[o[-1]]) - 1)"
                ),
                "",
            ),
            (
                (
                    "def surprise(C, loss):\n"
                    "    o = np.argsort(C)\n"
                    "    C, loss = np.asarray(C)[o], np.asarray(loss)[o]\n"
                    "    fit = sl.fit_power_law(C[:-1], loss[:-1])\n"
                    "    s = float(loss[-1] / fit.predict(C[-1]) - 1)\n"
                    "    return abs(s)"
                ),
                "The sign is lost",
            ),
            (
                (
                    "def surprise(C, loss):\n"
                    "    o = np.argsort(C)\n"
                    "    C, loss = np.asarray(C)[o], np.asarray(loss)[o]\n"
                    "    fit = sl.fit_power_law(C[:-1], loss[:-1])\n"
                    "    s = float(loss[-1] / fit.predict(C[-1]) - 1)\n"
                    "    return max(0, s)"
                ),
                "Negative surprises became zero",
            ),
        ],
    ),
    "ex9_other": Answers(
        right=[
            _OTHER.format(N="np.sqrt(w.C_target / 1200)", D="200 * N"),
            _OTHER.format(N="(w.C_target / 1200) ** 0.5", D="w.C_target / (6 * N)"),
            _OTHER.format(N="np.sqrt(w.C_target / 1200)", D="200 * N")
            + "waste_other = round(waste_other, 3)",
        ],
        wrong=[
            (_OTHER.format(N="np.sqrt(w.C_target / 120)", D="20 * N"), "20 tokens per parameter"),
            (_OTHER.format(N="np.sqrt(w.budget / 1200)", D="200 * N"), "exploration budget"),
            (_OTHER.format(N="np.sqrt(w.C_target / 200)", D="200 * N"), "N·D is too large"),
            (
                _OTHER.replace("many tokens", "large models").format(
                    N="np.sqrt(w.C_target / 1200)", D="200 * N"
                ),
                "in another world",
            ),
            (_OTHER.format(N="200 * np.sqrt(w.C_target / 1200)", D="N / 200"), "changed places"),
            (
                _OTHER.format(N="np.sqrt(w.C_target / 1200)", D="200 * N")
                + "waste_other = 1 - waste_other",
                "Wasted is the rest",
            ),
            (
                _OTHER.format(N="np.sqrt(w.C_target / 1200)", D="200 * N")
                + "waste_other = 100 * waste_other",
                "A share",
            ),
            (_OTHER.format(N="np.sqrt(w.C_target / 1200)", D="200 * N") + "waste_other = 0.2", ""),
            ("waste_other = worlds['many tokens'].waste", "call"),
        ],
    ),
    "ex9_refute": Answers(
        right=[
            "n_bad, worst, worst_world = 0, 0, None\nfor w in sl.practice_worlds():\n    n = (w.C_target / 120) ** 0.5\n    lost = w.waste(n, w.C_target / (6 * n))\n    n_bad += lost > 0.2\n    if lost > worst:\n        worst, worst_world = lost, w.name",
            _RULE.format(
                "n_bad = sum(v > 0.2 for v in rule.values()); worst_world = max(rule, key=rule.get)"
            ),
            _RULE.format("s = pd.Series(rule); n_bad = (s > 0.2).sum(); worst_world = s.idxmax()"),
        ],
        wrong=[
            (
                _RULE.format(
                    "n_bad = sum(v > 0.02 for v in rule.values()); worst_world = 'many tokens'"
                ),
                "above 2 %",
            ),
            (
                _RULE.format(
                    "n_bad = sum(v <= 0.2 for v in rule.values()); worst_world = 'many tokens'"
                ),
                "does well",
            ),
            (
                _RULE.format(
                    "n_bad = sum(v > 0.2 for v in rule.values()); worst_world = 'large models'"
                ),
                "another world",
            ),
            (
                _RULE.format(
                    "n_bad = sum(v > 0.2 for v in rule.values()); worst_world = min(rule, key=rule.get)"
                ),
                "another world",
            ),
            (_RULE.format("n_bad = 8; worst_world = 'many tokens'"), ""),
            (_RULE.format("n_bad = rule; worst_world = 'many tokens'"), "number was expected"),
            (_RULE.format("n_bad = 5; worst_world = 3"), "of type int: the name of a world"),
            (_RULE.format("n_bad = 5; worst_world = worlds['many tokens']"), "of type World"),
            (_RULE.format("n_bad = 5; worst_world = 'Many tokens'"), "one of the names"),
            (
                _RULE.format(
                    "n_bad = sum(v > 0.5 for v in rule.values()); worst_world = 'many tokens'"
                ),
                "above 50 %",
            ),
            (
                _RULE.replace("/ 120)**0.5", "/ 20)**0.5")
                .replace("/ 120) ** 0.5", "/ 20) ** 0.5")
                .format("n_bad = sum(v > 0.2 for v in rule.values()); worst_world = 'many tokens'"),
                "N·D is too large for C_target",
            ),
            ("n_bad, worst_world = 5, None", "no value yet"),
            (
                _RULE.replace("C_target", "budget").format(
                    "n_bad = sum(v > 0.2 for v in rule.values()); worst_world = max(rule, key=rule.get)"
                ),
                "That is every world",
            ),
            (
                (
                    "rule = {}\n"
                    "for w in sl.practice_worlds():\n"
                    "    N = np.sqrt(w.budget / 120)\n"
                    "    rule[w.name] = w.waste(N, 20 * N)\n"
                    "n_bad = sum(v > 0.2 for v in rule.values())\n"
                    "worst_world = max(rule, key=rule.get)"
                ),
                "That is every world",
            ),
        ],
        equal=dict.fromkeys(
            ["20 => 19", "20 => 21 #2"],
            "with 19 or 21 tokens the same worlds are bad, and the same is worst",
        ),
    ),
    "ex9c_rate_law": Answers(
        right=[
            _RATES.format(best="-q[1] / (2 * q[0])", result="np.exp(line[1]), -line[0]"),
            _RATES.format(best="np.roots(np.polyder(q))[0]", result="[np.exp(line[1]), -line[0]]"),
            """
def rate_law(oracle, C, sizes, rates):
    rows = [(np.log10(N), np.log10(lr), np.log(oracle.train(N, C / 6 / N, lr))) for N in sizes for lr in rates]
    runs = pd.DataFrame(rows, columns=["N", "lr", "loss"]).dropna()
    best = {}
    for N, line in runs.groupby("N"):
        a, b, _ = np.polyfit(line["lr"], line["loss"], 2)
        best[N] = -b / 2 / a
    slope, start = np.polyfit(list(best), list(best.values()), 1)
    return pd.Series({"k": 10**start, "p": -slope})
""",
        ],
        wrong=[
            (
                _RATES.format(best="-q[1] / (2 * q[0])", result="np.exp(line[1]), line[0]"),
                "sign of the slope",
            ),
            (_RATES.format(best="-q[1] / (2 * q[0])", result="line[1], -line[0]"), "That is ln k"),
            (
                _RATES.format(best="-q[1] / (2 * q[0])", result="-line[0], np.exp(line[1])"),
                "order is (k, p)",
            ),
            (
                _RATES.format(best="x[np.argmin(y)]", result="np.exp(line[1]), -line[0]"),
                "best of the rates tried",
            ),
            (
                _RATES.format(best="-q[1] / q[0]", result="np.exp(line[1]), -line[0]"),
                "The 2 is missing",
            ),
            (_RATE_LAW.replace("y = np.log(loss[kept])", "y = loss[kept]"), "fit ln L"),
            (_RATE_LAW.replace("np.exp(line[1])", "np.exp(line[1] / np.log(10))"), "two bases"),
            (
                _RATE_LAW.replace("np.log(sizes), ln_best", "ln_best, np.log(sizes)"),
                "The axes changed places",
            ),
            (
                _RATE_LAW.replace(
                    "np.log(sizes), ln_best",
                    "np.log([sizes[0], sizes[-1]]), [ln_best[0], ln_best[-1]]",
                ),
                "the first and the last size",
            ),
            (
                _RATE_LAW.replace("np.log(sizes), ln_best", "np.log(sizes[:2]), ln_best[:2]"),
                "two sizes only",
            ),
            (
                _RATE_LAW.replace("np.log(sizes), ln_best", "np.log(sizes[-2:]), ln_best[-2:]"),
                "two sizes only",
            ),
            (
                _RATE_LAW.replace("ln_best.append(", "ln_best.append(np.clip(").replace(
                    "(2 * q[0]))", "(2 * q[0]), np.log(min(rates)), np.log(max(rates))))"
                ),
                "held within the rates",
            ),
            (
                _RATE_LAW.replace(
                    "        x = np",
                    "        b = np.nanargmin(loss)\n        kept &= np.abs(np.arange(len(loss)) - b) < 2\n        x = np",
                ),
                "three runs each",
            ),
            (
                _RATE_LAW.replace(
                    "in rates]", "in oracle.lr * np.geomspace(1 / 8, 8, len(rates))]"
                ),
                "",
            ),
            (_RATE_LAW.replace("ln_best, 1)", "ln_best, 1, w=np.arange(1, len(sizes) + 1))"), ""),
            (
                _RATES.format(
                    best="-q[1] / (2 * q[0])", result="np.exp(line[1]), -line[0]"
                ).replace("C / (6 * N)", "C / N"),
                "27 probes",
            ),
            (
                _RATES.format(
                    best="-q[1] / (2 * q[0])", result="np.exp(line[1]), -line[0]"
                ).replace("np.isfinite(loss)", "np.full(len(loss), True)"),
                "leave the nan out",
            ),
            (
                _RATES.format(
                    best="-q[1] / (2 * q[0])", result="np.exp(line[1]), -line[0]"
                ).replace("x = np.log(np.asarray(rates))", "x = np.asarray(rates)"),
                "fit it in ln(rate)",
            ),
            (_RATES.format(best="-q[1] / (2 * q[0])", result="np.exp(line[1])"), "two numbers"),
            ("def rate_law(oracle, C, sizes, rates):\n    pass", "returned None"),
        ],
        equal={
            "np.log(losses[kept]) => np.log10(losses[kept])": "a parabola's lowest point does not depend on the unit",
            "np.log(losses[kept]) => np.log2(losses[kept])": "a parabola's lowest point does not depend on the unit",
            "rate_law sorts its input first": "the order of the sizes changes nothing",
        },
    ),
    "ex10_plan": Answers(
        right=[
            _SHORT_PLAN,
            _HINT_1_PLAN,
            _JOINT_PLAN,
            _SEARCHED_LINE_PLAN,
            _PLAN.format("N, 20 * N, loss, 0.97 * loss, 1.03 * loss"),
        ],
        wrong=[
            (_PLAN.format("N, 20 * N, loss"), "five numbers"),
            (
                _PLAN.format("N, 20 * N, loss, 1.03 * loss, 0.97 * loss"),
                "does not lie in its interval",
            ),
            (_PLAN.format("N, 40 * N, loss, 0.97 * loss, 1.03 * loss"), "more than"),
            (_PLAN.format("N / 1000, 20 * N / 1000, loss, 0.9 * loss, 1.1 * loss"), "wastes"),
            (_PLAN.format("None"), "returned None"),
            (_PLAN.format("N, 20 * N, float('nan'), loss, loss"), "finite"),
            (_PLAN.format("loss, 0.97 * loss, 1.03 * loss, N, 20 * N"), "interval"),
            (
                _PLAN.format("N, 20 * N, loss, 0.97 * loss, 1.03 * loss").replace(
                    "(1e-3,", "(2, 1e-3,"
                ),
                "OutOfBudget",
            ),
            (
                _PLAN.format("N, 20 * N, loss, 0.97 * loss, 1.03 * loss").replace("1e-3,", "1e-9,"),
                "too small",
            ),
        ],
        exempt="a strategy is neither right nor wrong: tests/course/test_capstone.py holds what eleven of them earn",
    ),
}
