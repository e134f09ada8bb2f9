"""What learners write in 03_chinchilla: right answers, other right answers, and the wrong ones that people really make."""

from . import Answers, choice

_SPLIT = """
def best_split(C, E, A, B, alpha, beta):
    {body}
"""
_GRID = """
def best_split(C, E, A, B, alpha, beta):
    N = np.geomspace(1e3, 1e15, 2000)
    D = {D}
    loss = {loss}
    i = {i}
    return {result}
"""
_LOSS = "E + A / N**alpha + B / D**beta"


def grid(D="C / (6 * N)", loss=_LOSS, i="np.argmin(loss)", result="N[i], D[i], loss[i]"):
    return _GRID.format(D=D, loss=loss, i=i, result=result)


_PARABOLA = """
def parabola_minimum(N, loss):
    {body}
"""
_LINE = """
def isoflop_line(table):
    x, y = [], []
    for C, group in table.groupby("budget"):
        x.append({x})
        y.append({y})
    return {result}
"""


def line(
    x="np.log(C)",
    y="np.log(parabola_minimum(group['N'], group['loss'])[0])",
    result="np.polyfit(x, y, 1)",
):
    return _LINE.format(x=x, y=y, result=result)


_BOOTSTRAP = """
def bootstrap_line(table, times, seed=0):
    {before}
    out = []
    for i in range(times):
        {draw}
        out.append({keep})
    return np.array(out)
"""


def bootstrap(
    before="g = np.random.default_rng(seed)",
    draw="new = table.groupby('budget').sample(frac=1, replace=True, random_state=g)",
    keep="isoflop_line(new)",
):
    return _BOOTSTRAP.format(before=before, draw=draw, keep=keep)


_COUNT = """
a_nonemb = {a_nonemb}
best = [{best} for C_E in C_seen]
a_glasses = {a_glasses}
"""


def count(
    a_nonemb="isoflop_line(runs.assign(N=runs['N_nonemb']))[0]",
    best="N_seen[np.argmin(loss_seen(N_seen, C_E))]",
    a_glasses="np.polyfit(np.log(C_seen), np.log(best), 1)[0]",
):
    return _COUNT.format(a_nonemb=a_nonemb, best=best, a_glasses=a_glasses)


_ENVELOPE = """
w = np.argmin(curves, axis=0)
N = curve_N[w]
keep = {keep}
a_envelope = {a}
"""


def envelope(
    keep="(N > curve_N.min()) & (N < curve_N.max())",
    a="np.polyfit(np.log(grid_C[keep]), np.log(N[keep]), 1)[0]",
):
    return _ENVELOPE.format(keep=keep, a=a)


_OBJECTIVE = """
def objective(theta, N, D, loss, delta=1e-3):
    lnA, lnB, lnE, alpha, beta = {theta}
    law = {law}
    r = {r}
    return {result}
"""
_LAW = "np.exp(lnA - alpha * np.log(N)) + np.exp(lnB - beta * np.log(D)) + np.exp(lnE)"


def huber(
    theta="theta",
    law=_LAW,
    r="np.abs(np.log(law) - np.log(loss))",
    result="np.sum(np.where(r <= delta, r**2 / 2, delta * (r - delta / 2)))",
):
    return _OBJECTIVE.format(theta=theta, law=law, r=r, result=result)


_FIT = """
def fit_parametric(N, D, loss, start):
    with np.errstate(all="ignore"):
        {body}
"""
_RULES = (
    "rules = (sl.CHINCHILLA_APPROACH_1, sl.CHINCHILLA_APPROACH_2, sl.CHINCHILLA, sl.CHINCHILLA_ROUNDED, "
    "sl.CHINCHILLA_REPLICATION, sl.TWENTY_TOKENS_PER_PARAM)\n"
)


def budget(N="[r.N_opt(1e20) for r in rules]", low="1e20 / 6 / max(N)", high="1e20 / 6 / min(N)"):
    return (
        f"{_RULES}N = [r.N_opt(1e20) for r in rules]\nN_1e20 = {N}\nD_low, D_high = {low}, {high}"
    )


_PLAN = """
a, k = isoflop_line({table})
draws = bootstrap_line(runs, 200, seed=3)
forecasts = {forecasts}
N_plan = {plan}
N_low, N_high = {interval}
"""


def plan(
    table="runs",
    forecasts="np.exp(draws[:, 0] * np.log(1e13) + draws[:, 1])",
    plan="np.exp(a * np.log(1e13) + k)",
    interval="np.percentile(forecasts, [10, 90])",
):
    return _PLAN.format(table=table, forecasts=forecasts, plan=plan, interval=interval)


_GOPHER = """
C_gopher, C_chinchilla = 6 * 280e9 * 300e9, 6 * 70e9 * 1.4e12
L_gopher = 1.69 + 406.4 / 280e9**0.34 + 410.7 / 300e9**0.28
L_chinchilla = 1.69 + 406.4 / 70e9**0.34 + 410.7 / 1.4e12**0.28
data_over_model_gopher = (410.7 / 300e9**0.28) / (406.4 / 280e9**0.34)
inference_ratio = 0.25
"""
_CLAIM = "rest = 406.4 * 1e9**-0.34 + 410.7 * 1e8**-0.28\nL_text, L_paper, claim_holds = {}"

ANSWERS = {
    "ex1_guess": Answers(
        right=["guess_growth = 5", "guess_growth = np.float64(3.2)", "guess_growth = 10"],
        wrong=[
            ("guess_growth = 0.5", "tenfold at most"),
            ("guess_growth = 20", "tenfold at most"),
            ("guess_growth = -3", "tenfold at most"),
            ("guess_growth = '5'", "quotation marks"),
            ("guess_growth = [3, 4]", "one number"),
            ("guess_growth = float('nan')", "not a number"),
        ],
    ),
    "ex2_gopher": Answers(
        right=[
            (
                "law_=lambda N,D:1.69+406.4*N**-.34+410.7*D**-.28\n"
                "C_gopher=6*280e9*300e9\n"
                "C_chinchilla=6*70e9*1.4e12\n"
                "L_gopher=law_(280e9,300e9)\n"
                "L_chinchilla=law_(70e9,1.4e12)\n"
                "data_over_model_gopher=(410.7*300e9**-.28)/(406.4*280e9**-.34)\n"
                "inference_ratio=70/280"
            ),
            _GOPHER,
            "law = sl.CHINCHILLA_ROUNDED\nC_gopher, C_chinchilla = np.float64(5.04e23), sl.training_flops(70e9, 1.4e12)\n"
            "L_gopher, L_chinchilla = law(280e9, 300e9), [law(70e9, 1.4e12)]\n"
            "data_over_model_gopher = law.D_term(300e9) / law.N_term(280e9)\ninference_ratio = 70 / 280",
            _GOPHER.replace(
                "C_gopher, C_chinchilla = 6 * 280e9 * 300e9, 6 * 70e9 * 1.4e12",
                "C_gopher, C_chinchilla = 5.04e23, 5.88e23",
            )
            + "L_gopher, L_chinchilla = round(L_gopher, 3), round(L_chinchilla, 3)",
        ],
        wrong=[
            (
                (
                    "law_=lambda N,D:1.69+406.4*N**-.34+410.7*D**-.28\n"
                    "C_gopher=280e9*300e9\n"
                    "C_chinchilla=70e9*1.4e12\n"
                    "L_gopher=law_(280e9,300e9)\n"
                    "L_chinchilla=law_(70e9,1.4e12)\n"
                    "data_over_model_gopher=(410.7*300e9**-.28)/(406.4*280e9**-.34)\n"
                    "inference_ratio=70/280"
                ),
                "The 6 is",
            ),
            (
                (
                    "law_=lambda N,D:1.69+406.4*N**-.34+410.7*D**-.28\n"
                    "C_gopher=2*280e9*300e9\n"
                    "C_chinchilla=2*70e9*1.4e12\n"
                    "L_gopher=law_(280e9,300e9)\n"
                    "L_chinchilla=law_(70e9,1.4e12)\n"
                    "data_over_model_gopher=(410.7*300e9**-.28)/(406.4*280e9**-.34)\n"
                    "inference_ratio=70/280"
                ),
                "That is the forward pass alone:",
            ),
            (
                (
                    "law_=lambda N,D:1.69+406.4*N**-.34+410.7*D**-.28\n"
                    "C_gopher=6*280e9*300e9\n"
                    "C_chinchilla=6*70e9*1.4e13\n"
                    "L_gopher=law_(280e9,300e9)\n"
                    "L_chinchilla=law_(70e9,1.4e12)\n"
                    "data_over_model_gopher=(410.7*300e9**-.28)/(406.4*280e9**-.34)\n"
                    "inference_ratio=70/280"
                ),
                "The digits are right, the power of ten",
            ),
            (
                (
                    "law_=lambda N,D:1.69+406.4*N**-.34+410.7*D**-.28\n"
                    "C_gopher=6*280*300\n"
                    "C_chinchilla=6*70*1400\n"
                    "L_gopher=law_(280e9,300e9)\n"
                    "L_chinchilla=law_(70e9,1.4e12)\n"
                    "data_over_model_gopher=(410.7*300e9**-.28)/(406.4*280e9**-.34)\n"
                    "inference_ratio=70/280"
                ),
                "N and D are counted in single",
            ),
            (
                (
                    "law_=lambda N,D:1.69+406.4*N**-.34+410.7*D**-.28\n"
                    "C_gopher=6*280e9*300e9\n"
                    "C_chinchilla=6*70e9*1.4e12\n"
                    "L_gopher=law_(70e9,1.4e12)\n"
                    "L_chinchilla=law_(280e9,300e9)\n"
                    "data_over_model_gopher=(410.7*300e9**-.28)/(406.4*280e9**-.34)\n"
                    "inference_ratio=70/280"
                ),
                "10, to three decimals or better. That",
            ),
            (_GOPHER + "C_gopher = 280e9 * 300e9", "6 is missing"),
            (_GOPHER + "C_chinchilla = 6 * 70e9 * 1.4e9", "trillion is 1e12"),
            (_GOPHER + "C_gopher, C_chinchilla = C_chinchilla, C_gopher", "other model"),
            (_GOPHER + "C_gopher = 6 * 280 * 300", "not in billions"),
            (
                _GOPHER + "L_gopher = 1.69 + 406.4 / 300e9**0.34 + 410.7 / 280e9**0.28",
                "or the exponents, changed",
            ),
            (
                _GOPHER + "L_gopher = 1.69 + 406.4 / 280e9**0.28 + 410.7 / 300e9**0.34",
                "or the exponents, changed",
            ),
            (
                _GOPHER + "L_chinchilla = 1.61 + 406.4 / 70e9**0.34 + 410.7 / 1.4e12**0.28",
                "E is 1.69",
            ),
            (
                _GOPHER + "L_gopher = 1.69 + 406.4 / 280**0.34 + 410.7 / 300**0.28",
                "counted in single",
            ),
            (
                _GOPHER + "data_over_model_gopher = 1 / data_over_model_gopher",
                "model term divided by",
            ),
            (_GOPHER + "L_gopher = 2.0", "rounded"),
            (_GOPHER + "L_gopher = L_gopher / np.log(2)", "in bits"),
            (_GOPHER + "data_over_model_gopher = 300 / 280", "tokens per parameter"),
            (_GOPHER + "inference_ratio = 4", "Gopher over Chinchilla"),
            (_GOPHER + "inference_ratio = 0.75", "what is saved"),
            (_GOPHER + "inference_ratio = C_chinchilla / C_gopher", "training compute"),
            (_GOPHER + "inference_ratio = 0.3", ""),
            (
                (
                    "C_gopher = 6 * 280e9 * 300e9\n"
                    "C_chinchilla = 6 * 70e9 * 1.4e12\n"
                    "L_gopher = E + A / 280e9**alpha + B / 300e9**beta\n"
                    "L_chinchilla = E + A / 70e9**alpha + B / 1.4e12**beta\n"
                    "data_over_model_gopher = round((B / 300e9**beta) / (A / 280e9**alpha), 1)\n"
                    "inference_ratio = 0.25"
                ),
                "rounded to 2 digits",
            ),
            (
                (
                    "C_gopher = 6 * 280e9 * 300e9\n"
                    "C_chinchilla = 6 * 70e9 * 1.4e12\n"
                    "L_gopher = (E + A / 280e9**alpha + B / 300e9**beta) / np.log(2)\n"
                    "L_chinchilla = E + A / 70e9**alpha + B / 1.4e12**beta\n"
                    "data_over_model_gopher = (B / 300e9**beta) / (A / 280e9**alpha)\n"
                    "inference_ratio = 0.25"
                ),
                "That is in bits",
            ),
            (
                (
                    "C_gopher = 6 * 280e9 * 300e9\n"
                    "C_chinchilla = 6 * 70e9 * 1.4e12\n"
                    "L_gopher = E + A / 280e9**alpha + B / 300e9**beta\n"
                    "L_chinchilla = (E + A / 70e9**alpha + B / 1.4e12**beta) / np.log(2)\n"
                    "data_over_model_gopher = (B / 300e9**beta) / (A / 280e9**alpha)\n"
                    "inference_ratio = 0.25"
                ),
                "That is in bits",
            ),
        ],
    ),
    "ex3_claim": Answers(
        right=[
            (
                "L_text=1.61+406.4*1e9**-.34+410.7*1e8**-.28\n"
                "L_paper=1.69+406.4*1e9**-.34+410.7*1e8**-.28\n"
                "claim_holds=False"
            ),
            _CLAIM.format("1.61 + rest, 1.69 + rest, False"),
            "L_text, L_paper, claim_holds = 4.33, 4.41, np.bool_(False)",
            "L_paper = sl.CHINCHILLA_ROUNDED(1e9, 1e8)\nL_text = L_paper - 0.08\nclaim_holds = abs(L_text - 4.73) < 0.005 or abs(L_paper - 4.73) < 0.005",
        ],
        wrong=[
            (
                ("L_text=4.73\nL_paper=1.69+406.4*1e9**-.34+410.7*1e8**-.28\nclaim_holds=False"),
                "Compute the three",
            ),
            (_CLAIM.format("1.69 + rest, 1.61 + rest, False"), "law with E = 1.69"),
            (_CLAIM.format("4.73, 1.69 + rest, True"), "That is the claim"),
            (_CLAIM.format("1.61 + rest, 1.69 + rest, True"), "compare 4.73"),
            (_CLAIM.format("1.61 + rest, 4.73, False"), "That is the claim"),
            (_CLAIM.format("1.61 + rest, 1.69 + rest, 'False'"), "without quotation marks"),
            (_CLAIM.format("rest, 1.69 + rest, False"), "E is missing"),
            (
                _CLAIM.format("1.61 + 406.4 * 1e8**-0.34 + 410.7 * 1e9**-0.28, 1.69 + rest, False"),
                "N and D changed places",
            ),
            (_CLAIM.format("1.61 + rest, sl.CHINCHILLA(1e9, 1e8), False"), ""),
            (_CLAIM.format("1.61 + rest, 1.69 + rest, None"), "no value yet"),
        ],
    ),
    "ex4_best_split": Answers(
        right=[
            (
                "def best_split(C, E, A, B, alpha, beta):\n"
                "    a_=beta/(alpha+beta);G=(alpha*A/(beta*B))**(1/(alpha+beta))\n"
                "    N=G*(C/6)**a_;D=C/6/N\n"
                "    return N,D,E+A*N**-alpha+B*D**-beta"
            ),
            grid(),
            _SPLIT.format(
                body="law = sl.ChinchillaLaw(E, A, B, alpha, beta); return [law.N_opt(C), law.D_opt(C), law.L_opt(C)]"
            ),
            _SPLIT.format(
                body="G = (alpha * A / (beta * B)) ** (1 / (alpha + beta)); N = G * (C / 6) ** (beta / (alpha + beta)); "
                "D = C / 6 / N; return np.array([N, D, E + A * N**-alpha + B * D**-beta])"
            ),
            "from scipy.optimize import minimize_scalar\n"
            + _SPLIT.format(
                body="f = lambda x: E + A * np.exp(-alpha * x) + B * (C / 6 / np.exp(x)) ** -beta\n"
                "    x = minimize_scalar(f, bounds=(np.log(1e3), np.log(1e15)), method='bounded').x\n"
                "    return np.exp(x), C / 6 / np.exp(x), f(x)"
            ),
            _SPLIT.format(
                body="best = (0, 0, np.inf)\n    for n in range(0, 1201):\n        N = 10 ** (3 + n / 100)\n        D = C / (6 * N)\n"
                "        L = E + A / N**alpha + B / D**beta\n        if L < best[2]:\n            best = (N, D, L)\n    return best"
            ),
        ],
        wrong=[
            (
                (
                    "def best_split(C, E, A, B, alpha, beta):\n"
                    "    N=np.geomspace(1e3,1e15,3000)\n"
                    "    D=C/N\n"
                    "    L=E+A/N**alpha+B/D**beta\n"
                    "    i=L.argmin()\n"
                    "    return N[i],D[i],L[i]"
                ),
                "The budget is 6·N·D, not",
            ),
            (
                (
                    "def best_split(C, E, A, B, alpha, beta):\n"
                    "    N=(C/6)**.5\n"
                    "    return N,N,E+A/N**alpha+B/N**beta"
                ),
                "N and D are equal here: that splits the",
            ),
            (
                (
                    "def best_split(C, E, A, B, alpha, beta):\n"
                    "    N=np.geomspace(1e3,1e15,3000)\n"
                    "    D=C/6/N\n"
                    "    L=E+A/N**alpha+B/D**beta\n"
                    "    i=L.argmax()\n"
                    "    return N[i],D[i],L[i]"
                ),
                "That is where the loss is highest: take",
            ),
            (
                (
                    "def best_split(C, E, A, B, alpha, beta):\n"
                    "    N=np.geomspace(1e3,1e15,3000)\n"
                    "    D=C/6/N\n"
                    "    i=np.argmin(abs(A/N**alpha-B/D**beta))\n"
                    "    return N[i],D[i],E+A/N[i]**alpha+B/D[i]**beta"
                ),
                "The two terms are equal there. The loss",
            ),
            (
                (
                    "def best_split(C, E, A, B, alpha, beta):\n"
                    "    a_=beta/(alpha+beta);G=(alpha*A/(beta*B))**(1/(alpha+beta))\n"
                    "    N=G*(C/6)**a_;D=C/6/N\n"
                    "    return D,N,E+A*N**-alpha+B*D**-beta"
                ),
                "N and D changed places: return (N, D,",
            ),
            (grid(D="C / N"), "not N·D"),
            (grid(result="D[i], N[i], loss[i]"), "changed places"),
            (grid(result="loss[i], N[i], D[i]"), "The order is"),
            (grid(loss="A / N**alpha + B / D**beta"), "lacks E"),
            (
                _SPLIT.format(
                    body="N = (C / 6) ** 0.5; return N, N, E + A / N**alpha + B / N**beta"
                ),
                "splits the budget evenly",
            ),
            (grid(loss="E + A / N**beta + B / D**alpha"), "exponents changed places"),
            (grid(i="np.argmax(loss)"), "take argmin"),
            (grid().replace("1e3, 1e15", "1e4, 1e13"), "is your grid narrower"),
            (
                grid(result="float(f'{N[i]:.2g}'), float(f'{D[i]:.2g}'), float(f'{loss[i]:.2g}')"),
                "",
            ),
            (grid(result="N[i]"), "shape"),
            (grid(loss="E + A * N**alpha + B * D**beta"), ""),
            (grid().replace("2000", "40"), ""),
            (
                (
                    "def best_split(C, E, A, B, alpha, beta):\n"
                    "    N = np.geomspace(1e8, 1e12, 2000)\n"
                    "    D = C / (6 * N)\n"
                    "    l = E + A / N**alpha + B / D**beta\n"
                    "    i = np.argmin(l)\n"
                    "    return N[i], D[i], l[i]"
                ),
                "",
            ),
            (
                (
                    "def best_split(C, E, A, B, alpha, beta):\n"
                    "    N = np.geomspace(1e3, 1e15, 2000)\n"
                    "    D = C / (6 * N)\n"
                    "    l = E + A / N**alpha + B / D**beta\n"
                    "    i = np.argmax(l)\n"
                    "    return N[i], D[i], l[i]"
                ),
                "That is where the loss is highest",
            ),
        ],
        equal={
            "1000000000000000.0 => 1e+16": "a wider grid finds the same split",
            "2000 => 4000": "a finer grid finds the same split",
        },
    ),
    "ex5_double": Answers(
        right=[
            ("factor_each=np.sqrt(2)\ncompute_for_both=4"),
            "factor_each, compute_for_both = 2**0.5, 4",
            "factor_each = np.sqrt(2)\ncompute_for_both = np.int64(4)",
            "factor_each, compute_for_both = 1.41, 4.0",
        ],
        wrong=[
            (("factor_each=2\ncompute_for_both=4"), "What does 6·N·D become if both N and D"),
            (("factor_each=2**.5\ncompute_for_both=24"), "The 6 is there before and after: it"),
            (("factor_each=2**.5\ncompute_for_both=2"), "That is the claim. 6·(2N)·(2D) is how"),
            ("factor_each, compute_for_both = 2, 4", "That is the claim"),
            ("factor_each, compute_for_both = 2**0.5, 2", "That is the claim"),
            ("factor_each, compute_for_both = 4, 2**0.5", "other number"),
            ("factor_each, compute_for_both = 1.5, 4", "multiply, they do not add"),
            ("factor_each, compute_for_both = 2**0.5, 8", "Two factors of 2"),
            ("factor_each, compute_for_both = 2**0.46, 4", ""),
            ("factor_each, compute_for_both = None, 4", "no value yet"),
        ],
    ),
    "ex6_flat": Answers(
        right=[
            "flat_factor = 130 / 46",
            "flat_factor = 2.7",
            "flat_factor = np.float64(135_000 / 45_000)",
            "flat_factor = 133 / 45.5",
        ],
        wrong=[
            ("flat_factor = 46 / 130", "larger N divided by the smaller"),
            ("flat_factor = 240 / 31", "whole curve"),
            ("flat_factor = 86 / 64.5", "two lowest runs"),
            ("flat_factor = 111 / 46", "read at the marks"),
            ("flat_factor = 2.4", "read at the marks"),
            ("flat_factor = 130_000 - 46_000", "larger N divided by the smaller"),
            ("flat_factor = np.log10(130 / 46)", "larger N divided by the smaller"),
            ("flat_factor = (46_000, 130_000)", "one number"),
            ("flat_factor = 1.01", "the question is about N"),
        ],
    ),
    "ex7_parabola": Answers(
        right=[
            (
                "def parabola_minimum(N, loss):\n"
                "    c=np.polyfit(np.log10(N),loss,2)\n"
                "    x=-c[1]/2/c[0]\n"
                "    return 10**x,np.polyval(c,x)"
            ),
            _PARABOLA.format(
                body="a, b, c = np.polyfit(np.log(N), loss, 2); x = -b / 2 / a; return np.exp(x), a * x**2 + b * x + c"
            ),
            _PARABOLA.format(
                body="q = np.polyfit(np.log10(N), loss, 2); x = -q[1] / 2 / q[0]; return [10**x, np.polyval(q, x)]"
            ),
            _PARABOLA.format(
                body="p = np.polynomial.Polynomial.fit(np.log(N), loss, 2); x = p.deriv().roots()[0]; return np.array([np.exp(x), p(x)])"
            ),
            _PARABOLA.format(
                body="x = np.log(np.asarray(N)); X = np.column_stack([np.ones(len(x)), x, x**2]); "
                "c, b, a = np.linalg.lstsq(X, np.asarray(loss), rcond=None)[0]; return np.exp(-b / 2 / a), c - b**2 / 4 / a"
            ),
        ],
        wrong=[
            (
                (
                    "def parabola_minimum(N, loss):\n"
                    "    c=np.polyfit(np.log(N),loss,2)\n"
                    "    x=-c[1]/c[0]\n"
                    "    return np.exp(x),np.polyval(c,x)"
                ),
                "The 2 of 2·q2 is",
            ),
            (
                (
                    "def parabola_minimum(N, loss):\n"
                    "    c=np.polyfit(np.log(N),loss,2)\n"
                    "    x=c[1]/2/c[0]\n"
                    "    return np.exp(x),np.polyval(c,x)"
                ),
                "The minus sign of -q1/(2·q2) is",
            ),
            (
                (
                    "def parabola_minimum(N, loss):\n"
                    "    c=np.polyfit(np.log(N),loss,2)\n"
                    "    x=-c[1]/2/c[0]\n"
                    "    return x,np.polyval(c,x)"
                ),
                "The first number is still a logarithm:",
            ),
            (
                ("def parabola_minimum(N, loss):\n    i=np.argmin(loss)\n    return N[i],loss[i]"),
                "That is the lowest run. The lowest",
            ),
            (
                (
                    "def parabola_minimum(N, loss):\n"
                    "    c=np.polyfit(N,loss,2)\n"
                    "    x=-c[1]/2/c[0]\n"
                    "    return x,np.polyval(c,x)"
                ),
                "The parabola was fitted in N: fit it in",
            ),
            (
                _PARABOLA.format(
                    body="q = np.polyfit(np.log(N), loss, 2); x = -q[1] / 2 / q[0]; return x, np.polyval(q, x)"
                ),
                "take its exponential",
            ),
            (
                _PARABOLA.format(
                    body="q = np.polyfit(np.log10(N), loss, 2); x = -q[1] / 2 / q[0]; return x, np.polyval(q, x)"
                ),
                "10 to its power",
            ),
            (
                _PARABOLA.format(
                    body="q = np.polyfit(N, loss, 2); x = -q[1] / 2 / q[0]; return x, np.polyval(q, x)"
                ),
                "fit it in ln N",
            ),
            (
                _PARABOLA.format(
                    body="q = np.polyfit(np.log(N), loss, 2); x = -q[1] / 2 / q[0]; return np.polyval(q, x), np.exp(x)"
                ),
                "changed places",
            ),
            (_PARABOLA.format(body="i = np.argmin(loss); return N[i], loss[i]"), "lowest run"),
            (
                _PARABOLA.format(
                    body="q = np.polyfit(np.log(N), loss, 2); return np.exp(-q[1] / q[0]), 2.0"
                ),
                "",
            ),
            *(
                (
                    _PARABOLA.format(
                        body=f"q = np.polyfit({log}(N), loss, 2); x = {x}; return {result}"
                    ),
                    part,
                )
                for log, x, result, part in (
                    ("np.log", "-q[1] / q[0]", "np.exp(x), np.polyval(q, x)", "2·q2 is missing"),
                    (
                        "np.log",
                        "-q[1] / 2 / q[0] / 2",
                        "np.exp(x), np.polyval(q, x)",
                        "divides twice",
                    ),
                    ("np.log", "q[1] / 2 / q[0]", "np.exp(x), np.polyval(q, x)", "minus sign"),
                    ("np.log", "-q[1] / 2 / q[0]", "np.exp(x), min(loss)", "lowest measured loss"),
                    (
                        "np.log10",
                        "-q[1] / 2 / q[0]",
                        "np.exp(x), np.polyval(q, x)",
                        "bases are mixed",
                    ),
                )
            ),
            (
                _PARABOLA.format(
                    body="q = np.polyfit(np.log(N), loss, 2); return np.exp(-q[1] / 2 / q[0])"
                ),
                "shape",
            ),
            (
                _PARABOLA.format(
                    body="q = np.polyfit(np.log(N), loss, 2); x = -q[1] / 2 / q[0]; return 10**x, np.polyval(q, x)"
                ),
                "bases are mixed",
            ),
            (
                (
                    "def parabola_minimum(N, loss):\n"
                    "    q = np.polyfit(np.log(N), loss, 2)\n"
                    "    x = q[1] / (2 * q[0])\n"
                    "    return np.exp(x), np.polyval(q, x)"
                ),
                "The minus sign of -q1/(2·q2) is missing",
            ),
            (
                (
                    "def parabola_minimum(N, loss):\n"
                    "    q = np.polyfit(np.log(N), loss, 2)\n"
                    "    x = -q[1] / (2 * q[0])\n"
                    "    return np.exp(x), min(loss)"
                ),
                "The second number is the lowest measured loss",
            ),
            (
                (
                    "def parabola_minimum(N, loss):\n"
                    "    q = np.polyfit(np.log10(N), loss, 2)\n"
                    "    x = -q[1] / (2 * q[0])\n"
                    "    return np.exp(x), np.polyval(q, x)"
                ),
                "Logarithms to two bases are mixed",
            ),
        ],
    ),
    "ex7_line": Answers(
        right=[
            (
                "def isoflop_line(table):\n"
                "    g=[(b,parabola_minimum(t['N'].to_numpy(),t['loss'].to_numpy())[0]) "
                "for b,t in table.groupby('budget')]\n"
                "    b,n=np.array(g).T\n"
                "    return tuple(np.polyfit(np.log(b),np.log(n),1))"
            ),
            line(),
            line(result="list(np.polyfit(x, y, 1))"),
            "from scipy.stats import linregress\n" + line(result="linregress(x, y)[:2]"),
            "def isoflop_line(table):\n    low = table.groupby('budget')[['N', 'loss']].apply(lambda g: parabola_minimum(g['N'], g['loss'])[0])\n"
            "    return tuple(np.polyfit(np.log(low.index), np.log(low), 1))",
        ],
        wrong=[
            (
                (
                    "def isoflop_line(table):\n"
                    "    g=[(b,parabola_minimum(t['N'].to_numpy(),t['loss'].to_numpy())[0]) "
                    "for b,t in table.groupby('budget')]\n"
                    "    b,n=np.array(g).T\n"
                    "    return tuple(np.polyfit(np.log10(b),np.log10(n),1))"
                ),
                "k is in logarithms to base 10: use",
            ),
            (
                (
                    "def isoflop_line(table):\n"
                    "    g=[(b,parabola_minimum(t['N'].to_numpy(),t['loss'].to_numpy())[0]) "
                    "for b,t in table.groupby('budget')]\n"
                    "    b,n=np.array(g).T\n"
                    "    return tuple(np.polyfit(np.log(b),np.log(n),1)[::-1])"
                ),
                "The two numbers changed places: return",
            ),
            (
                (
                    "def isoflop_line(table):\n"
                    "    g=[(b,parabola_minimum(t['N'].to_numpy(),t['loss'].to_numpy())[0]) "
                    "for b,t in table.groupby('budget')]\n"
                    "    b,n=np.array(g).T\n"
                    "    a,k=np.polyfit(np.log(b),np.log(n),1)\n"
                    "    return a,np.exp(k)"
                ),
                "k is the intercept itself, not its",
            ),
            (
                (
                    "def isoflop_line(table):\n"
                    "    g=[(b,parabola_minimum(t['N'].to_numpy(),t['loss'].to_numpy())[1]) "
                    "for b,t in table.groupby('budget')]\n"
                    "    b,n=np.array(g).T\n"
                    "    return tuple(np.polyfit(np.log(b),np.log(n),1))"
                ),
                "That is the lowest loss, the second",
            ),
            (
                (
                    "def isoflop_line(table):\n"
                    "    g=[(b,t.loc[t['loss'].idxmin(),'N']) for b,t in table.groupby("
                    "'budget')]\n"
                    "    b,n=np.array(g).T\n"
                    "    return tuple(np.polyfit(np.log(b),np.log(n),1))"
                ),
                "The lowest run of each budget was",
            ),
            (line(result="np.polyfit(x, y, 1)[::-1]"), "changed places"),
            (
                line(x="np.log10(C)", y="np.log10(parabola_minimum(group['N'], group['loss'])[0])"),
                "natural ones",
            ),
            (line(result="np.polyfit(y, x, 1)"), "axes changed places"),
            (line(y="np.log(group.loc[group['loss'].idxmin(), 'N'])"), "parabola"),
            (
                line(result="(np.polyfit(x, y, 1)[0], np.exp(np.polyfit(x, y, 1)[1]))"),
                "not its exponential",
            ),
            (line(x="C", y="parabola_minimum(group['N'], group['loss'])[0]"), ""),
            (line(result="np.polyfit(x, y, 1)[0]"), "shape"),
            (
                line(
                    result="((y[-1] - y[0]) / (x[-1] - x[0]), y[0] - x[0] * (y[-1] - y[0]) / (x[-1] - x[0]))"
                ),
                "first and the last",
            ),
            (line(result="None"), "returned None"),
        ],
    ),
    "ex8_bootstrap": Answers(
        right=[
            bootstrap(),
            bootstrap(keep="list(isoflop_line(new))"),
            bootstrap(
                before="np.random.seed(seed)",
                draw="new = pd.concat([g.sample(len(g), replace=True, random_state=np.random.randint(2**31)) for _, g in table.groupby('budget')])",
            ),
            bootstrap(
                before="rng = np.random.default_rng(seed); groups = [g.reset_index(drop=True) for _, g in table.groupby('budget')]",
                draw="new = pd.concat([g.iloc[rng.integers(0, len(g), len(g))] for g in groups])",
            ),
            bootstrap(
                before="pass",
                draw="new = table.groupby('budget').sample(frac=1, replace=True, random_state=1000 * seed + i)",
            ),
        ],
        wrong=[
            (
                bootstrap(draw="new = table.groupby('budget').sample(frac=1, random_state=g)"),
                "draw with replacement",
            ),
            (
                bootstrap(
                    before="pass",
                    draw="new = table.groupby('budget').sample(frac=1, replace=True, random_state=seed)",
                ),
                "draw with replacement, again",
            ),
            (bootstrap(before="g = np.random.default_rng()"), "same seed gave other numbers"),
            (bootstrap(keep="isoflop_line(new)[0]"), "shape (8,)"),
            (bootstrap(keep="isoflop_line(table)"), "All resamples gave the same"),
            (
                bootstrap(
                    draw="new = table.groupby('budget').sample(frac=3, replace=True, random_state=g)"
                ),
                "too small",
            ),
            (
                bootstrap(
                    draw="new = table.groupby('budget').sample(frac=0.4, replace=True, random_state=g)"
                ),
                "",
            ),
            (
                bootstrap(
                    draw="new = table.assign(loss=table['loss'].sample(frac=1, replace=True, random_state=g).to_numpy())"
                ),
                "",
            ),
            (
                bootstrap(draw="new = table.sample(frac=1, replace=True, random_state=g)"),
                "each budget",
            ),
            (
                bootstrap(
                    draw="new = table.groupby('budget').sample(frac=0.8, replace=True, random_state=g)"
                ),
                "",
            ),
            (
                bootstrap(
                    draw="low = table['budget'] == table['budget'].min()\n"
                    "        new = pd.concat([table[low].sample(frac=1, replace=True, random_state=g), table[~low]])"
                ),
                "Only some of the budgets",
            ),
            (
                bootstrap(
                    draw="few = g.choice(table['budget'].unique(), table['budget'].nunique())\n"
                    "        new = pd.concat([table[table['budget'] == C].assign(budget=C * (1 + 1e-9 * k)) for k, C in enumerate(few)])"
                ),
                "",
            ),
            (
                bootstrap(
                    before="g = np.random.default_rng(seed)\n"
                    "    table = table.groupby(['budget', 'N'], as_index=False)['loss'].mean()"
                ),
                "before any mean",
            ),
            (bootstrap(keep="np.round(isoflop_line(new), 2)"), "rounded"),
            (bootstrap(before="g = np.random.default_rng(0)"), "Another seed gave the same"),
            (bootstrap(keep="isoflop_line(new)[::-1]"), "columns changed places"),
        ],
    ),
    "ex9_count": Answers(
        right=[
            (
                "best=np.array([N_seen[np.argmin(loss_seen(N_seen,C))] for C in C_seen])\n"
                "a_nonemb=isoflop_line(runs.assign(N=runs['N_nonemb']))[0]\n"
                "a_glasses=np.polyfit(np.log(C_seen),np.log(best),1)[0]"
            ),
            count(),
            "from scipy.stats import linregress\nt = runs.copy()\nt['N'] = t['N_nonemb']\na_nonemb = float(isoflop_line(t)[0])\n"
            "best = N_seen[loss_seen(N_seen[:, None], C_seen[None, :]).argmin(axis=0)]\na_glasses = [linregress(np.log10(C_seen), np.log10(best)).slope]",
            count(
                a_nonemb="sl.fit_isoflop(runs['N_nonemb'], runs['loss'], C=runs['C'], D=runs['D']).law.a"
            ),
        ],
        wrong=[
            (
                (
                    "best=np.array([N_seen[np.argmin(loss_seen(N_seen,C))] for C in C_seen])\n"
                    "a_nonemb=isoflop_line(runs)[0]\n"
                    "a_glasses=np.polyfit(np.log(C_seen),np.log(best),1)[0]"
                ),
                "That is the exponent with all",
            ),
            (
                (
                    "best=np.array([N_seen[np.argmin(loss_seen(N_seen,C))] for C in C_seen])\n"
                    "a_nonemb=isoflop_line(runs.assign(N=runs['N_nonemb']))[0]\n"
                    "a_glasses=truth.a"
                ),
                "That is the law's own exponent, with",
            ),
            (
                (
                    "best=np.array([N_seen[np.argmin(loss_seen(N_seen,C))] for C in C_seen])\n"
                    "a_nonemb=isoflop_line(runs.assign(N=runs['N_nonemb']))[0]\n"
                    "a_glasses=np.polyfit(np.log(best),np.log(C_seen),1)[0]"
                ),
                "The axes changed places: fit ln N_E",
            ),
            (
                (
                    "best=np.array([N_seen[np.argmin(loss_seen(N_seen,C))] for C in C_seen])\n"
                    "a_nonemb=isoflop_line(runs.assign(N=runs['N_nonemb']))[0]\n"
                    "a_glasses=np.polyfit(np.log(C_seen),np.log(sl.total_params(best)),1)[0]"
                ),
                "The best sizes were turned into all",
            ),
            (
                (
                    "best=np.array([N_seen[np.argmin(loss_seen(N_seen,C))] for C in C_seen])\n"
                    "a_nonemb=isoflop_line(runs.assign(N=runs['N_nonemb']))[0]\n"
                    "a_glasses=1-np.polyfit(np.log(C_seen),np.log(best),1)[0]"
                ),
                "That is the exponent of the",
            ),
            (count(a_nonemb="isoflop_line(runs)[0]"), "all parameters"),
            (
                count(a_nonemb="isoflop_line(everything.assign(N=everything['N_nonemb']))[0]"),
                "locked budget",
            ),
            (count() + "a_nonemb = round(a_nonemb, 2)", "rounded to 2 digits"),
            (count(a_nonemb="isoflop_line(runs.assign(N=runs['N_nonemb']))[1]"), "from -2 to 2"),
            (count(a_glasses="truth.a"), "own exponent"),
            (
                count(a_glasses="np.polyfit(np.log(best), np.log(C_seen), 1)[0]"),
                "axes changed places",
            ),
            (
                count(
                    a_glasses="np.polyfit(np.log(C_seen), np.log(sl.total_params(np.array(best))), 1)[0]"
                ),
                "all parameters",
            ),
            (count(best="loss_seen(N_seen, C_E).min()"), ""),
            (count(best="np.argmin(loss_seen(N_seen, C_E))"), ""),
        ],
    ),
    "ex10_envelope": Answers(
        right=[
            (
                "w=np.argmin(curves,axis=0)\n"
                "N_=curve_N[w]\n"
                "keep=(N_>curve_N.min())&(N_<curve_N.max())\n"
                "a_envelope=np.polyfit(np.log(grid_C[keep]),np.log(N_[keep]),1)[0]"
            ),
            envelope(),
            "C, N = [], []\nfor j, c in enumerate(grid_C):\n    n = curve_N[curves[:, j].argmin()]\n"
            "    if curve_N.min() < n < curve_N.max():\n        C.append(np.log10(c)); N.append(np.log10(n))\na_envelope = np.polyfit(C, N, 1)[0]",
            "from scipy.stats import linregress\n"
            + envelope(a="linregress(np.log(grid_C[keep]), np.log(N[keep])).slope"),
            envelope() + "a_envelope = round(a_envelope, 3)",
        ],
        wrong=[
            (
                (
                    "w=np.argmin(curves,axis=0)\n"
                    "N_=curve_N[w]\n"
                    "keep=(N_>curve_N.min())&(N_<curve_N.max())\n"
                    "keep=np.ones(len(N_),bool)\n"
                    "a_envelope=np.polyfit(np.log(grid_C[keep]),np.log(N_[keep]),1)[0]"
                ),
                "Leave out the values of compute that",
            ),
            (
                (
                    "w=np.argmin(curves,axis=0)\n"
                    "N_=curve_N[w]\n"
                    "keep=(N_>curve_N.min())&(N_<curve_N.max())\n"
                    "keep=N_<curve_N.max()\n"
                    "a_envelope=np.polyfit(np.log(grid_C[keep]),np.log(N_[keep]),1)[0]"
                ),
                "Leave out the values of compute that",
            ),
            (
                (
                    "w=np.argmin(curves,axis=0)\n"
                    "N_=curve_N[w]\n"
                    "keep=(N_>curve_N.min())&(N_<curve_N.max())\n"
                    "a_envelope=np.polyfit(np.log(N_[keep]),np.log(grid_C[keep]),1)[0]"
                ),
                "The axes changed places: fit ln N",
            ),
            (
                ("a_envelope=-np.polyfit(np.log(grid_C),np.log(curves.min(axis=0)),1)[0]"),
                "That is how the lowest loss falls with",
            ),
            (
                (
                    "w=np.argmin(curves,axis=0)\n"
                    "N_=curve_N[w]\n"
                    "keep=(N_>curve_N.min())&(N_<curve_N.max())\n"
                    "keep=(N_>N_.min())&(N_<N_.max())\n"
                    "a_envelope=np.polyfit(np.log(grid_C[keep]),np.log(N_[keep]),1)[0]"
                ),
                "Leave out the smallest and the largest",
            ),
            (envelope(keep="N > 0"), "Leave out"),
            (envelope() + "a_envelope = round(a_envelope, 2)", "three decimals"),
            (
                envelope(a="np.polyfit(np.log(N[keep]), np.log(grid_C[keep]), 1)[0]"),
                "axes changed places",
            ),
            (envelope(a="np.polyfit(grid_C[keep], N[keep], 1)[0]"), "logarithms"),
            (
                envelope().replace(
                    "argmin(curves", "argmax(np.where(np.isfinite(curves), curves, 0)"
                ),
                "",
            ),
            (envelope(a="np.polyfit(np.log(grid_C[keep]), np.log(N[keep]), 1)"), "one number"),
            (envelope(a="np.polyfit(np.log(grid_C[keep]), N[keep], 1)[0]"), ""),
            (envelope(a="a_2"), ""),
            (
                envelope(
                    a="np.polyfit([np.log(grid_C[N == n]).mean() for n in np.unique(N[keep])], np.log(np.unique(N[keep])), 1)[0]"
                ),
                "one point for each size",
            ),
            (
                (
                    "w = curve_N[np.argmin(curves, axis=0)]\n"
                    "s = np.unique(w)[1:-1]\n"
                    "c = [np.exp(np.log(grid_C[w == x]).mean()) for x in s]\n"
                    "a_envelope = np.polyfit(np.log(c), np.log(s), 1)[0]"
                ),
                "That takes one point for each size",
            ),
        ],
    ),
    "ex11_objective": Answers(
        right=[
            (
                "def objective(theta, N, D, loss, delta=1e-3):\n"
                "    lnA,lnB,lnE,al,be=theta\n"
                "    p=np.logaddexp(np.logaddexp(lnA-al*np.log(N),lnB-be*np.log(D)),lnE)\n"
                "    r=p-np.log(loss)\n"
                "    return np.where(np.abs(r)<=delta,r**2/2,delta*(np.abs("
                "r)-delta/2)).sum()"
            ),
            huber(),
            "from scipy.special import huber, logsumexp\n"
            "def objective(theta, N, D, loss, delta=1e-3):\n    a, b, e, al, be = theta\n"
            "    terms = [a - al * np.log(N), b - be * np.log(D), e + 0 * np.log(N)]\n"
            "    return huber(delta, logsumexp(terms, axis=0) - np.log(loss)).sum()",
            "def objective(theta, N, D, loss, delta=1e-3):\n    total = 0\n    for n, d, L in zip(N, D, loss):\n"
            "        law = np.exp(theta[2]) + np.exp(theta[0]) / n ** theta[3] + np.exp(theta[1]) / d ** theta[4]\n"
            "        r = abs(np.log(law / L))\n        total += r * r / 2 if r <= delta else delta * (r - delta / 2)\n    return total",
        ],
        wrong=[
            (
                (
                    "def objective(theta, N, D, loss, delta=1e-3):\n"
                    "    lnA,lnB,lnE,al,be=theta\n"
                    "    p=np.logaddexp(np.logaddexp(lnA-al*np.log(N),lnB-be*np.log(D)),lnE)\n"
                    "    r=p-np.log(loss)\n"
                    "    return np.where(np.abs(r)<=delta,r**2/2,delta*(np.abs("
                    "r)-delta/2)).mean()"
                ),
                "That is the mean: add the terms",
            ),
            (
                (
                    "def objective(theta, N, D, loss, delta=1e-3):\n"
                    "    lnA,lnB,lnE,al,be=theta\n"
                    "    p=np.logaddexp(np.logaddexp(lnA-al*np.log(N),lnB-be*np.log(D)),lnE)\n"
                    "    r=p-np.log(loss)\n"
                    "    return (r**2/2).sum()"
                ),
                "Squares throughout: beyond delta the",
            ),
            (
                (
                    "def objective(theta, N, D, loss, delta=1e-3):\n"
                    "    lnA,lnB,lnE,al,be=theta\n"
                    "    p=np.logaddexp(np.logaddexp(lnA-al*np.log(N),lnB-be*np.log(D)),lnE)\n"
                    "    r=p-np.log(loss)\n"
                    "    return np.where(abs(r)<=delta,r**2,delta*(abs(r)-delta/2)).sum()"
                ),
                "Up to delta it is r**2 / 2: the half is",
            ),
            (
                (
                    "def objective(theta, N, D, loss, delta=1e-3):\n"
                    "    lnA,lnB,lnE,al,be=theta\n"
                    "    p=np.logaddexp(np.logaddexp(lnA-al*np.log(N),lnB-be*np.log(D)),lnE)\n"
                    "    r=p-np.log(loss)\n"
                    "    return np.where(r<=delta,r**2/2,delta*(r-delta/2)).sum()"
                ),
                "A negative residual is as bad as a",
            ),
            (
                (
                    "def objective(theta, N, D, loss, delta=1e-3):\n"
                    "    lnA,lnB,lnE,al,be=theta\n"
                    "    p=np.logaddexp(np.logaddexp(lnA-al*np.log(N),lnB-be*np.log(D)),lnE)\n"
                    "    r=p-np.log(loss)\n"
                    "    r=np.exp(p)-loss\n"
                    "    return np.where(np.abs(r)<=delta,r**2/2,delta*(np.abs("
                    "r)-delta/2)).sum()"
                ),
                "The residual is a difference of",
            ),
            (
                huber(result="np.mean(np.where(r <= delta, r**2 / 2, delta * (r - delta / 2)))"),
                "mean",
            ),
            (huber(result="np.sum(r**2 / 2)"), "Squares throughout"),
            (huber(result="np.sum(delta * r)"), "Linear throughout"),
            (huber(result="np.sum(r)"), "sum of absolute residuals"),
            (huber(r="np.log(law) - np.log(loss)"), "absolute value"),
            (
                huber(result="np.sum(np.where(r <= delta, r**2 / 2, delta * r))"),
                "delta/2 is missing",
            ),
            (huber(r="np.abs(law - loss)"), "difference of logarithms"),
            (
                huber(theta="theta[0], theta[1], theta[2], theta[4], theta[3]"),
                "exponents changed places",
            ),
            (
                huber(result="np.where(r <= delta, r**2 / 2, delta * (r - delta / 2))"),
                "one number was expected",
            ),
            (huber().replace("    law =", "    delta = 1e-3\n    law ="), "delta is fixed"),
            (huber(r="np.abs(np.log10(law) - np.log10(loss))"), "not of log10"),
            (huber(law=_LAW.replace("np.exp(lnE)", "lnE")), "theta holds lnE"),
            (huber(theta="theta[1], theta[0], *theta[2:]"), "lnA and lnB changed places"),
            (huber(theta="theta[1], theta[2], theta[0], *theta[3:]"), "in this order"),
            (
                huber(result="np.sum(np.where(r <= delta, r**2, delta * (r - delta / 2)))"),
                "the half is missing",
            ),
            (huber(law="np.exp(lnA - alpha * N) + np.exp(lnB - beta * D) + np.exp(lnE)"), ""),
            (
                (
                    "def objective(theta, N, D, loss, delta=1e-3):\n"
                    "    lnA, lnB, lnE, alpha, beta = theta\n"
                    "    law = np.exp(lnA) / N**alpha + np.exp(lnB) / D**beta + np.exp(lnE)\n"
                    "    r = np.abs(np.log10(law) - np.log10(loss))\n"
                    "    return np.sum(np.where(r <= delta, r**2 / 2, delta * (r - delta / 2)))"
                ),
                "The residual is a difference of natural",
            ),
            (
                (
                    "def objective(theta, N, D, loss, delta=1e-3):\n"
                    "    lnA, lnB, lnE, alpha, beta = theta\n"
                    "    law = np.exp(lnA) / N**alpha + np.exp(lnB) / D**beta + lnE\n"
                    "    r = np.abs(np.log(law) - np.log(loss))\n"
                    "    return np.sum(np.where(r <= delta, r**2 / 2, delta * (r - delta / 2)))"
                ),
                "theta holds lnE",
            ),
            (
                (
                    "def objective(theta, N, D, loss, delta=1e-3):\n"
                    "    lnE, lnA, lnB, alpha, beta = theta\n"
                    "    law = np.exp(lnA) / N**alpha + np.exp(lnB) / D**beta + np.exp(lnE)\n"
                    "    r = np.abs(np.log(law) - np.log(loss))\n"
                    "    return np.sum(np.where(r <= delta, r**2 / 2, delta * (r - delta / 2)))"
                ),
                "in this order",
            ),
        ],
    ),
    "ex12_how_many_runs": Answers(
        right=[
            "answer_12 = 624",
            "answer_12 = 240 * 51**2 / 1000",
            "answer_12 = np.float64(624.24)",
            "answer_12 = 620",
        ],
        wrong=[
            ("answer_12 = 240 * 51 / 1000", "51 squared"),
            ("answer_12 = 624_240", "divide by 1000"),
            ("answer_12 = 2601", "Multiply it by the 240"),
            ("answer_12 = 500 * 51**2 / 1000", "start from 240"),
            ("answer_12 = 1.7", "wrong side"),
            ("answer_12 = 630", "634,773"),
            ("answer_12 = '624'", ""),
            ("answer_12 = 100", ""),
        ],
    ),
    "ex13_debug": Answers(
        equal={
            "10000.0 * objective(theta, N, D, loss) => objective(theta, N, D, loss)": "the sum without a factor is searched carefully enough on these runs",
            "10000.0 => 100000.0": "any large factor does",
            "fit_parametric sorts its input first": "a sum does not depend on the order of the runs",
            "fit_parametric argument 4 typed in": "the lowest point does not depend on the start",
        },
        right=[
            _FIT.format(body="return minimize(lambda t: 1e4 * objective(t, N, D, loss), start).x"),
            _FIT.format(
                body="return list(minimize(lambda t: objective(t, N, D, loss), start, options={'gtol': 1e-10}).x)"
            ),
            _FIT.format(
                body="return minimize(lambda t: 1e6 * objective(t, N, D, loss) / len(N), start, method='L-BFGS-B').x"
            ),
            _FIT.format(
                body="return minimize(lambda t: 1e3 * objective(t, N, D, loss), start, method='Nelder-Mead', "
                "options={'maxiter': 20000, 'maxfev': 20000, 'xatol': 1e-8, 'fatol': 1e-10}).x"
            ),
            _FIT.format(
                body="found = [minimize(lambda t: 1e3 * objective(t, N, D, loss), s) for s in [start, *starts]]\n"
                "        return min(found, key=lambda f: f.fun).x"
            ),
        ],
        wrong=[
            (
                _FIT.format(
                    body="return minimize(lambda t: objective(t, N, D, loss) / len(N), start).x"
                ),
                "stops too early",
            ),
            (_FIT.format(body="return fit_colleague(N, D, loss, start)"), "its .x are the numbers"),
            (_FIT.format(body="return start"), ""),
            (
                _FIT.format(
                    body="def F(t):\n"
                    "            law = np.exp(t[0] - t[3] * np.log(N)) + np.exp(t[1] - t[4] * np.log(D)) + np.exp(t[2])\n"
                    "            r = np.abs(np.log(law / loss))\n"
                    "            return 1e4 * np.sum(np.where(r <= 1e-4, r**2 / 2, 1e-4 * (r - 5e-5)))\n"
                    "        return minimize(F, start).x"
                ),
                "with delta = 1e-3",
            ),
            (
                _FIT.format(
                    body="return minimize(lambda t: 1e4 * objective(t, N_runs, D_runs, loss_runs), starts[0]).x"
                ),
                "the numbers stay the same",
            ),
            (
                _FIT.format(
                    body="return minimize(lambda t: 1e4 * np.sum((np.log(np.exp(t[0] - t[3] * np.log(N)) + np.exp(t[1] - t[4] * "
                    "np.log(D)) + np.exp(t[2])) - np.log(loss)) ** 2), start).x"
                ),
                "",
            ),
            (
                _FIT.format(body="minimize(lambda t: 1e4 * objective(t, N, D, loss), start).x"),
                "returned None",
            ),
            (
                _FIT.format(
                    body="return minimize(lambda t: 1e4 * objective(t, N, D, loss), start).x[[1, 0, 2, 4, 3]]"
                ),
                "order",
            ),
            (
                _FIT.format(
                    body="return minimize(lambda t: 1e4 * objective(t, N, D, loss), start, options={'maxiter': 10}).x"
                ),
                "stops too early",
            ),
            (
                _FIT.format(
                    body="return minimize(lambda t: objective(t, N, D, loss) / len(N), start, method='L-BFGS-B').x"
                ),
                "stops too early",
            ),
            (
                _FIT.format(
                    body="return minimize(lambda t: 1e4 * objective(t, N, D, loss, delta=1e-2), start).x"
                ),
                "what it minimises is not F",
            ),
            (
                _FIT.format(
                    body="return minimize(lambda t: 1e4 * objective(t, N, D, loss, delta=1e9), start).x"
                ),
                "what it minimises is not F",
            ),
            (
                _FIT.format(
                    body="return minimize(lambda t: 1e4 * objective(t, N, D, loss), start).fun"
                ),
                "five numbers",
            ),
            (
                (
                    "def fit_parametric(N, D, loss, start):\n"
                    "    def sq(t):\n"
                    "        lnA, lnB, lnE, al, be = t\n"
                    "        return 1e4 * np.sum(\n"
                    "            (\n"
                    "                np.log(np.exp(lnA) / N**al + np.exp(lnB) / D**be + np.exp(lnE))\n"
                    "                - np.log(loss)\n"
                    "            )\n"
                    "            ** 2\n"
                    "        )\n"
                    "\n"
                    '    with np.errstate(all="ignore"):\n'
                    "        return minimize(sq, start).x"
                ),
                "what it minimises is not F",
            ),
        ],
    ),
    "ex14_1e20": Answers(
        right=[
            (
                "rules=[sl.CHINCHILLA_APPROACH_1,sl.CHINCHILLA_APPROACH_2,sl.CHINCHILLA,"
                "sl.CHINCHILLA_ROUNDED,sl.CHINCHILLA_REPLICATION,"
                "sl.TWENTY_TOKENS_PER_PARAM]\n"
                "N_=np.array([float(r.N_opt(1e20)) for r in rules])\n"
                "N_1e20=np.array([float(r.N_opt(1e20)) for r in rules])\n"
                "D_low=(1e20/6/N_).min()\n"
                "D_high=(1e20/6/N_).max()"
            ),
            budget(),
            "N_1e20 = np.array([*(sl.published_laws()[0].N_opt(1e20) * 0 + r.N_opt(1e20) for r in (sl.CHINCHILLA_APPROACH_1, sl.CHINCHILLA_APPROACH_2)),\n"
            "    *(best_split(1e20, l.E, l.A, l.B, l.alpha, l.beta)[0] for l in (sl.CHINCHILLA, sl.CHINCHILLA_ROUNDED, sl.CHINCHILLA_REPLICATION)), (1e20 / 120) ** 0.5])\n"
            "D = 1e20 / 6 / N_1e20\nD_low, D_high = D.min(), D.max()",
            budget(
                N="pd.Series(N)",
                low="min(r.D_opt(1e20) for r in rules)",
                high="max(r.D_opt(1e20) for r in rules)",
            ),
        ],
        wrong=[
            (
                (
                    "rules=[sl.CHINCHILLA_APPROACH_1,sl.CHINCHILLA_APPROACH_2,sl.CHINCHILLA,"
                    "sl.CHINCHILLA_ROUNDED,sl.CHINCHILLA_REPLICATION,"
                    "sl.TWENTY_TOKENS_PER_PARAM]\n"
                    "N_=np.array([float(r.N_opt(1e20)) for r in rules])\n"
                    "N_1e20=np.array([float(r.N_opt(1e20)) for r in rules])\n"
                    "D_low=(1e20/6/N_).max()\n"
                    "D_high=(1e20/6/N_).min()"
                ),
                "That is the most: the largest model",
            ),
            (
                (
                    "rules=[sl.CHINCHILLA_APPROACH_1,sl.CHINCHILLA_APPROACH_2,sl.CHINCHILLA,"
                    "sl.CHINCHILLA_ROUNDED,sl.CHINCHILLA_REPLICATION,"
                    "sl.TWENTY_TOKENS_PER_PARAM]\n"
                    "N_=np.array([float(r.N_opt(1e20)) for r in rules])\n"
                    "N_1e20=np.array([float(r.N_opt(1e20)) for r in rules])\n"
                    "D_low=(1e20/N_).min()\n"
                    "D_high=(1e20/N_).max()"
                ),
                "Divide by 6: D =",
            ),
            (
                (
                    "rules=[sl.CHINCHILLA_APPROACH_1,sl.CHINCHILLA_APPROACH_2,sl.CHINCHILLA,"
                    "sl.CHINCHILLA_ROUNDED,sl.CHINCHILLA_REPLICATION,"
                    "sl.TWENTY_TOKENS_PER_PARAM]\n"
                    "N_=np.array([float(r.N_opt(1e20)) for r in rules])\n"
                    "N_1e20=np.array([float(r.N_opt(1e22)) for r in rules])\n"
                    "D_low=(1e20/6/N_).min()\n"
                    "D_high=(1e20/6/N_).max()"
                ),
                "That is for 1e22 FLOPs",
            ),
            (
                (
                    "rules=[sl.CHINCHILLA_APPROACH_1,sl.CHINCHILLA_APPROACH_2,sl.CHINCHILLA,"
                    "sl.CHINCHILLA_ROUNDED,sl.CHINCHILLA_REPLICATION,"
                    "sl.TWENTY_TOKENS_PER_PARAM]\n"
                    "N_=np.array([float(r.N_opt(1e20)) for r in rules])\n"
                    "N_1e20=1e20/6/N_\n"
                    "D_low=(1e20/6/N_).min()\n"
                    "D_high=(1e20/6/N_).max()"
                ),
                "These are the tokens: N_opt gives the",
            ),
            (
                (
                    "rules=[sl.CHINCHILLA_APPROACH_1,sl.CHINCHILLA_APPROACH_2,sl.CHINCHILLA,"
                    "sl.CHINCHILLA_ROUNDED,sl.CHINCHILLA_REPLICATION,"
                    "sl.TWENTY_TOKENS_PER_PARAM]\n"
                    "N_=np.array([float(r.N_opt(1e20)) for r in rules])\n"
                    "N_1e20=np.array([float(r.N_opt(1e20)) for r in rules])\n"
                    "D_low=N_.min()\n"
                    "D_high=N_.max()"
                ),
                "That is a number of parameters; the",
            ),
            (budget(N="[n / 1e9 for n in N]"), "not in billions"),
            (budget(N="sorted(N)"), "keep the order"),
            (budget(N="[r.D_opt(1e20) for r in rules]"), "These are the tokens"),
            (budget(N="[N[0], N[1], N[3], N[2], N[4], N[5]]"), "changed places"),
            (budget(N="[*N[:5], (1e20 / 20) ** 0.5]"), "C/120"),
            (budget(N="[N[1], N[0], *N[2:]]"), "Approach 1 and approach 2"),
            (budget(low="1e20 / 6 / min(N)", high="1e20 / 6 / max(N)"), "fewest tokens"),
            (budget(low="min(N)", high="max(N)"), "C/(6N)"),
            (budget(low="1e20 / max(N)", high="1e20 / min(N)"), "Divide by 6"),
            (budget(N="N[:5]"), "six numbers"),
            (budget(N="[r.N_opt(1e21) for r in rules]"), "1e21 FLOPs"),
        ],
    ),
    "ex15_plan": Answers(
        equal={
            "200 => 400": "more resamples are welcome",
            "0 => 1": "any seed will do",
            "10 => 11": "within the noise of 200 resamples",
            "10 => 9": "within the noise of 200 resamples",
        },
        right=[
            plan(),
            plan(
                plan="float(np.exp(np.polyval([a, k], np.log(1e13))))",
                interval="np.quantile(forecasts, 0.1), np.quantile(forecasts, 0.9)",
            ),
            plan(plan="np.median(forecasts)"),
        ],
        wrong=[
            (plan(table="everything"), "locked budget"),
            (plan(plan="a * np.log(1e13) + k"), "logarithm undone"),
            (plan(plan="np.exp(a * np.log(10**12.5) + k)"), "3.2e12"),
            (plan(interval="np.percentile(forecasts, [90, 10])"), "between N_low and N_high"),
            (plan(forecasts="np.exp(draws[:, 0] * np.log(1e13) + k)"), ""),
            (plan(interval="np.percentile(forecasts, [40, 60])"), "too narrow"),
            (plan(interval="np.percentile(forecasts, [0.1, 99.9])"), "times as wide"),
            (plan(interval="(N_plan, N_plan)"), "between N_low and N_high"),
            (plan(interval="np.percentile(forecasts, [2.5, 97.5])"), "times as wide"),
        ],
    ),
    "ex16a_budget": choice(
        "answer_16a", "d", {"a": "Averaging does lower", "b": "left end", "c": "right end"}
    ),
    "ex16b_kaplan_said": choice(
        "answer_16b", "b", {"a": "0.73, not 1", "c": "came two years later", "d": "wrong way round"}
    ),
    "ex16c_why_disagree": Answers(
        right=[
            'answer_16c = "ac"',
            'answer_16c = "c, a"',
            'answer_16c = ["a", "c"]',
            'answer_16c = "A C"',
        ],
        wrong=[
            ('answer_16c = "a"', "One right option is missing"),
            ('answer_16c = "ace"', "hurts all sizes about alike"),
            ('answer_16c = "abc"', "without any"),
            ('answer_16c = "cd"', "nearly the same"),
            ('answer_16c = "e"', "2 right options are missing"),
            ('answer_16c = "abcde"', "hurts all sizes about alike"),
            ('answer_16c = "f"', ""),
        ],
    ),
    "ex16d_four_times": choice(
        "answer_16d",
        "c",
        {"a": "the refit says", "b": "passes over it", "d": "N is free"},
    ),
}
