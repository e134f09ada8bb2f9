"""What learners write in 07_beyond_scaling; see `power_laws_01` for the form."""

from . import Answers, choice

_RANGE = """
def cost_quantiles(C, peak, utilisation, price, n=100_000):
    rng = np.random.default_rng(3)
    {body}
"""
_CHEAPEST = """
def cheapest_size(L, D_inf):
    N = np.geomspace(1e8, 1e13, 5000)
    D = law.D_for(L, N)
    {body}
"""
_COVERAGE = """
def expected_coverage(p, k):
    {body}
"""
_CLAIM = """
F = 2 * gpt3["N"] + 2 * 2048 * gpt3["n_layer"] * gpt3["d_model"]
exponent = {exponent}
context_equal = {context}
tokens_per_second = {speed}
"""
_SLOPE = 'np.polyfit(np.log(gpt3["N"]), np.log(F), 1)[0]'
_EVEN = """
loss = law(8e9, 15e12)
N2 = cheapest_size(loss, 0)
D2 = law.D_for(loss, N2)
C1, C2 = 6 * 8e9 * 15e12, 6 * N2 * D2
training_ratio = {ratio}
break_even = {even}
few, many, gpt3_loss = law(13e9, 3e11), law(13e9, 1e12), law(175e9, 3e11)
tokens_share = {share}
"""
_TOKENS = "(few - many) / (few - gpt3_loss)"
_SPEED = "8 * 3.35e12 / (2 * 175e9)"
_FORECAST = """
def cost(growth, years=2.3):
    return 40e6 * growth**years


def year(growth=2.4, start=40e6, end=1e11):
    return 2023.2 + np.log(end / start) / np.log(growth)


grok_forecast, grok_low, grok_high, growth_seen, year_100B = {values}
"""
_ROUNDING = """
def rounding_exponents(N, D, added):
    N, D, added = (np.asarray(values, dtype=float) for values in (N, D, added))
    {body}
"""
_PLANE = "_, p, q = np.linalg.lstsq(np.column_stack([0 * N + 1, np.log(N), np.log(D)]), np.log(added), rcond=None)[0]"
_ENSEMBLE = """
def ensemble_limit(members, loss):
    members = np.asarray(members, dtype=float)
    {body}
"""
_SHARE = """
def best_share(prose, code, use):
    (c1, k1, t1), (c2, k2, t2) = prose, code
    {body}
"""
_MIX = (
    "r = np.linspace(0, 1, 20_001); "
    "loss = {u} * k1 * np.exp(-{a}) + {v} * k2 * np.exp(-{b}); return {end}"
)
_LOWEST = """
def lowest_loss(C, memory, experts):
    N = np.geomspace(1e6, 1e12, 5000)
    D = C / (6 * N)
    {body}
"""
_SIGMOID = """
def sigmoid(C, R0, A, B, C_mid):
    {body}
"""
_TEACHER = """
def teacher_pays(loss, D, N_S, N_T, alone_D, alone_loss):
    {body}
"""
_BYTES = "x = np.exp(np.interp(loss, alone_loss[::-1], np.log(alone_D)[::-1]))"
_THEORY = """
def slope(y):
    return -np.polyfit(np.log(few), np.log(y), 1)[0]


alpha, beta = {values}
"""


def _lines(*lines):
    return "\n    ".join(lines)


ANSWERS = {
    "ex1_guess": Answers(
        right=["guess_size = 0.3", "guess_size = np.float64(2)", "guess_size = 1"],
        wrong=[
            ("guess_size = 0", "Write it as a factor"),
            ("guess_size = -1", "Write it as a factor"),
            ("guess_size = 70e9", "Write it as a factor"),
            ("guess_size = '0.5'", "quotation marks"),
            ("guess_size = [0.5, 1]", "one number"),
            ("guess_size = True", "truth value"),
            ("guess_size = float('nan')", ""),
        ],
    ),
    "ex3_range": Answers(
        right=[
            _RANGE.format(
                body=_lines(
                    "u = np.exp(rng.uniform(np.log(utilisation[0]), np.log(utilisation[1]), n))",
                    "m = np.exp(rng.uniform(np.log(price[0]), np.log(price[1]), n))",
                    "return tuple(np.quantile(C / (peak * u) / 3600 * m, [0.05, 0.5, 0.95]))",
                )
            ),
            _RANGE.format(
                body=_lines(
                    "draw = lambda r: r[0] * (r[1] / r[0]) ** rng.random(n)",
                    "cost = np.sort(C / (peak * draw(utilisation)) / 3600 * draw(price))",
                    "return [cost[int(n * q)] for q in (0.05, 0.5, 0.95)]",
                )
            ),
            _RANGE.format(
                body=_lines(
                    "u, m = np.geomspace(*utilisation, 400)[:, None], np.geomspace(*price, 400)",
                    "return pd.Series((C / peak / u / 3600 * m).ravel()).quantile([0.05, 0.5, 0.95])",
                )
            ),
            _RANGE.format(
                body=_lines(
                    "import random",
                    "r = random.Random(1)",
                    "lo, hi = [math_log(x) for x in utilisation], [math_log(x) for x in price]",
                    "costs = sorted(C / (peak * 10 ** r.uniform(*lo)) / 3600 * 10 ** r.uniform(*hi) for _ in range(n))",
                    "return costs[n // 20], costs[n // 2], costs[-n // 20]",
                )
            )
            + "\nfrom math import log10 as math_log\n",
        ],
        wrong=[
            (
                _RANGE.format(
                    body=_lines(
                        "cost = C / peak / rng.uniform(*utilisation, n) / 3600 * rng.uniform(*price, n)",
                        "return np.percentile(cost, [5, 50, 95])",
                    )
                ),
                "uniformly",
            ),
            (
                _RANGE.format(
                    body=_lines(
                        "u, m = (np.exp(rng.uniform(*np.log(r), n)) for r in (utilisation, price))",
                        "return np.percentile(C / (peak * u) / 3600 * m, [0.05, 0.5, 0.95])",
                    )
                ),
                "from 0 to 100",
            ),
            (
                _RANGE.format(
                    body=_lines(
                        "x = rng.random(n)",
                        "u, m = (r[0] * (r[1] / r[0]) ** x for r in (utilisation, price))",
                        "return np.percentile(C / (peak * u) / 3600 * m, [5, 50, 95])",
                    )
                ),
                "same draws",
            ),
            (
                _RANGE.format(
                    body=_lines(
                        "m = np.exp(rng.uniform(*np.log(price), n))",
                        "u = np.sqrt(utilisation[0] * utilisation[1])",
                        "return np.percentile(C / (peak * u) / 3600 * m, [5, 50, 95])",
                    )
                ),
                "Only the price varies",
            ),
            (
                _RANGE.format(
                    body=_lines(
                        "u, m = (np.exp(rng.uniform(*np.log(r), n)) for r in (utilisation, price))",
                        "return np.percentile(C / (peak * u) / 3600 * m, [95, 50, 5])",
                    )
                ),
                "The order is",
            ),
            (
                _RANGE.format(
                    body=_lines(
                        "ends = [C / (peak * u) / 3600 * m for u in utilisation for m in price]",
                        "return min(ends), np.sqrt(min(ends) * max(ends)), max(ends)",
                    )
                ),
                "lowest, middle and highest",
            ),
            (
                _RANGE.format(
                    body=_lines(
                        "u, m = (np.exp(rng.uniform(*np.log(r), n)) for r in (utilisation, price))",
                        "return np.percentile(C / (peak * u) / 3600 * m, [2.5, 50, 97.5])",
                    )
                ),
                "percentiles 2.5 and 97.5",
            ),
            (
                _RANGE.format(
                    body=_lines(
                        "u, m = (np.exp(rng.uniform(*np.log(r), n)) for r in (utilisation, price))",
                        "cost = C / (peak * u) / 3600 * m",
                        "return np.percentile(cost, 5), np.mean(cost), np.percentile(cost, 95)",
                    )
                ),
                "is the mean",
            ),
            (
                _RANGE.format(
                    body=_lines(
                        "u, m = (rng.uniform(*np.log(r), n) for r in (utilisation, price))",
                        "return np.percentile(C / (peak * u) / 3600 * m, [5, 50, 95])",
                    )
                ),
                "draws are logarithms",
            ),
            (
                _RANGE.format(
                    body=_lines(
                        "u, m = (np.exp(rng.uniform(*np.log10(r), n)) for r in (utilisation, price))",
                        "return np.percentile(C / (peak * u) / 3600 * m, [5, 50, 95])",
                    )
                ),
                "",
            ),
            (
                _RANGE.format(
                    body=_lines(
                        "u, m = (np.exp(rng.uniform(*np.log(r), n)) for r in (utilisation, price))",
                        "return np.median(C / (peak * u) / 3600 * m)",
                    )
                ),
                "shape",
            ),
        ],
        equal={
            "0 => 1": "any seed is fine",
        },
    ),
    "ex5_claim": Answers(
        right=[
            _CLAIM.format(exponent=_SLOPE, context="6.7e9 / (32 * 4096)", speed=_SPEED),
            _CLAIM.format(exponent=_SLOPE, context="51117", speed="np.float64(76.6)"),
            _CLAIM.format(exponent=_SLOPE, context="51117", speed="1 / (350e9 / 8 / 3.35e12)"),
            _CLAIM.format(
                exponent='np.polyfit(np.log10(gpt3["N"]), np.log10(F), 1)[0]',
                context="51_000",
                speed=_SPEED,
            ),
            _CLAIM.format(
                exponent='np.cov(np.log(gpt3["N"]), np.log(F))[0, 1] / np.log(gpt3["N"]).var()',
                context="51.1e3",
                speed=_SPEED,
            ),
        ],
        wrong=[
            (_CLAIM.format(exponent="1.0", context="51117", speed=_SPEED), "slope of 2N alone"),
            (
                _CLAIM.format(
                    exponent='np.polyfit(np.log(F), np.log(gpt3["N"]), 1)[0]',
                    context="51117",
                    speed=_SPEED,
                ),
                "axes changed places",
            ),
            (
                _CLAIM.format(
                    exponent='np.polyfit(np.log(gpt3["N"]), np.log(F), 1)[1]',
                    context="51117",
                    speed=_SPEED,
                ),
                "intercept",
            ),
            (
                _CLAIM.format(
                    exponent='np.polyfit(np.log(gpt3["N"]), np.log(F - 2 * gpt3["N"]), 1)[0]',
                    context="51117",
                    speed=_SPEED,
                ),
                "slope of attention alone",
            ),
            (
                _CLAIM.format(exponent=_SLOPE, context="6.7e9 / (2 * 32 * 4096)", speed=_SPEED),
                "cancels",
            ),
            (_CLAIM.format(exponent=_SLOPE, context="6.7e9 / 4096", speed=_SPEED), "n_layer"),
            (_CLAIM.format(exponent=_SLOPE, context="6.7e9 / (32 * 4096**2)", speed=_SPEED), ""),
            (_CLAIM.format(exponent=_SLOPE, context="2048", speed=_SPEED), ""),
            (
                _CLAIM.format(
                    exponent="np.polyfit(gpt3['N'], F, 1)[0]", context="51117", speed=_SPEED
                ),
                "",
            ),
            (
                _CLAIM.format(exponent=_SLOPE, context="51117", speed="2 * 175e9 / (8 * 3.35e12)"),
                "turn it over",
            ),
            (
                _CLAIM.format(exponent=_SLOPE, context="51117", speed="8 * 3.35e12 / 175e9"),
                "two bytes",
            ),
            (
                _CLAIM.format(exponent=_SLOPE, context="51117", speed="3.35e12 / (2 * 175e9)"),
                "That is an eighth",
            ),
            (
                _CLAIM.format(exponent=_SLOPE, context="51117", speed="8 * 3.35e12 / (4 * 175e9)"),
                "enters once",
            ),
            (
                _CLAIM.format(exponent=_SLOPE, context="51117", speed="989e12 / (2 * 175e9)"),
                "count bytes",
            ),
            (
                _CLAIM.format(exponent=_SLOPE, context="51117", speed="8 * 989e12 / (2 * 175e9)"),
                "count bytes",
            ),
            (
                _CLAIM.format(exponent=_SLOPE, context="51117", speed="3.35e12 / (2 * 175e9) / 8"),
                "an eighth",
            ),
            (
                _CLAIM.format(exponent=_SLOPE, context="51117", speed="64 * 3.35e12 / (2 * 175e9)"),
                "counted twice",
            ),
            (
                _CLAIM.format(exponent=_SLOPE, context="51117", speed="8 * 3.35e12 / (2 * 6.7e9)"),
                "6.7 billion",
            ),
            (_CLAIM.format(exponent=_SLOPE, context="51117", speed="4"), ""),
            (_CLAIM.format(exponent=_SLOPE, context="51117", speed="'77'"), "quotation marks"),
        ],
    ),
    "ex6_devices": Answers(
        right=['answer_5 = "2 7"', "answer_5 = '2 7 '"],
        wrong=[
            ('answer_5 = "2 8"', "divide the bytes"),
            ('answer_5 = "1 7"', "rounds up"),
            ('answer_5 = "1 4"', "Sixteen bits are two bytes"),
            ('answer_5 = "1.75 7.0"', "whole number"),
            ('answer_5 = "2.0 7.0"', "int"),
            (r'answer_5 = "2\n7"', "printed in one line"),
            ('answer_5 = "7 2"', ""),
            ('answer_5 = "many"', ""),
        ],
    ),
    "ex7_cheapest": Answers(
        right=[
            _CHEAPEST.format(
                body=_lines(
                    't = pd.DataFrame({"N": N, "D": D})',
                    "return t.N[(6 * t.N * t.D + 2 * t.N * D_inf).idxmin()]",
                )
            ),
            _CHEAPEST.format(body="return N[np.argmin(N * (6 * D + 2 * D_inf))]"),
            _CHEAPEST.format(
                body=_lines(
                    "best = min((6 * n * d + 2 * n * D_inf, n) for n, d in zip(N, D))",
                    "return best[1]",
                )
            ),
            "def cheapest_size(L, D_inf):\n    return sl.lifetime_optimum(law, L, D_inf)[0]",
        ],
        wrong=[
            (_CHEAPEST.format(body="return N[np.argmin(6 * N * D)]"), "cheapest training"),
            (_CHEAPEST.format(body="return N[np.argmin(6 * N * (D + D_inf))]"), "priced alike"),
            (_CHEAPEST.format(body="return N[np.argmin(2 * N * (D + D_inf))]"), "priced alike"),
            (
                _CHEAPEST.format(body="return N[np.argmin(2 * N * D + 6 * N * D_inf)]"),
                "changed places",
            ),
            (_CHEAPEST.format(body="return D[np.argmin(6 * N * D + 2 * N * D_inf)]"), "return"),
            (_CHEAPEST.format(body="return np.min(6 * N * D + 2 * N * D_inf)"), "the cost"),
            (_CHEAPEST.format(body="return np.argmin(6 * N * D + 2 * N * D_inf)"), "a position"),
            (_CHEAPEST.format(body="return N[np.argmin(6 * N * D + 2 * N * 1e13)]"), "D_inf"),
            (
                "def cheapest_size(L, D_inf):\n    return sl.lifetime_optimum(law, L_target, D_inf)[0]",
                "the argument L",
            ),
            (_CHEAPEST.format(body="return N[np.argmin(2 * N * D_inf)]"), "smallest size"),
            (
                _CHEAPEST.format(body="return N[np.argmin(6 * N * D + 2 * D_inf)]"),
                "cheapest training",
            ),
        ],
        equal={
            "np.geomspace(100000000.0, 10000000000000.0, 20000) => np.geomspace(10000000000000.0, 100000000.0, 20000)": "the same sizes in another order",
            "10000000000000.0 => 100000000000000.0": "a wider search finds the same size",
            "20000 => 40000": "a finer search finds the same size",
        },
    ),
    "ex9_break_even": Answers(
        right=[
            _EVEN.format(ratio="C1 / C2", even="(C1 - C2) / (2 * (N2 - 8e9))", share=_TOKENS),
            "training_ratio, break_even, tokens_share = 5.51, 1.14e13, 0.54",
            _EVEN.format(
                ratio="law.overspend(8e9, 15e12)",
                even="(C1 - C2) / 2 / abs(8e9 - float(N2))",
                share=_TOKENS,
            ),
        ],
        wrong=[
            (_EVEN.format(ratio="C2 / C1", even="1.14e13", share=_TOKENS), "upside down"),
            (
                _EVEN.format(ratio="15e12 / D2", even="1.14e13", share=_TOKENS),
                "compares the tokens",
            ),
            (_EVEN.format(ratio="8e9 / N2", even="1.14e13", share=_TOKENS), "compares the sizes"),
            (_EVEN.format(ratio="C1 / C2", even="11.4", share=_TOKENS), "trillions"),
            (
                _EVEN.format(ratio="C1 / C2", even="C1 / (2 * (N2 - 8e9))", share=_TOKENS),
                "trained as well",
            ),
            (
                _EVEN.format(ratio="C1 / C2", even="(C1 - C2) / (2 * 8e9)", share=_TOKENS),
                "difference of the",
            ),
            (
                _EVEN.format(ratio="C1 / C2", even="(C1 - C2) / (N2 - 8e9)", share=_TOKENS),
                "the 2 is missing",
            ),
            (
                _EVEN.format(
                    ratio="C1 / C2", even="sl.implied_inference(law, 8e9, 15e12)", share=_TOKENS
                ),
                "*best* size",
            ),
            (
                _EVEN.format(ratio="C1 / law.C_for(L_target)", even="1.14e13", share=_TOKENS),
                "loss of the 8B",
            ),
            (
                _EVEN.format(ratio="C1 / C2", even="(C1 - C2) / (2 * (8e9 - N2))", share=_TOKENS),
                "signs",
            ),
            (
                _EVEN.format(ratio="C1 / C2", even="1.14e13", share="few - many"),
                "divide it by the gap",
            ),
            (
                _EVEN.format(ratio="C1 / C2", even="1.14e13", share="few - gpt3_loss"),
                "whole gap, in nats",
            ),
            (
                _EVEN.format(
                    ratio="C1 / C2", even="1.14e13", share="(many - gpt3_loss) / (few - gpt3_loss)"
                ),
                "that remains",
            ),
            (
                _EVEN.format(
                    ratio="C1 / C2", even="1.14e13", share="(few - many) / (many - gpt3_loss)"
                ),
                "gap that remains",
            ),
            (
                _EVEN.format(ratio="C1 / C2", even="1.14e13", share="(few - many) / (few - law.E)"),
                "irreducible",
            ),
            (
                _EVEN.format(ratio="C1 / C2", even="1.14e13", share="(few - many) / few"),
                "loss itself",
            ),
            (_EVEN.format(ratio="C1 / C2", even="1.14e13", share="0.5"), ""),
            (_EVEN.format(ratio="C1 / C2", even="1.14e13", share="0"), ""),
        ],
    ),
    "ex9c_lever": choice(
        "answer_7b", "a", {"b": "near-standard", "c": "came later", "d": "405 billion"}
    ),
    "ex14b_synthetic": choice(
        "answer_14b", "b", {"a": "forgotten first", "c": "Collapse", "d": "four epochs"}
    ),
    "ex10_coverage": Answers(
        right=[
            _COVERAGE.format(body="return (1 - (1 - p) ** k).mean()"),
            _COVERAGE.format(body="return sum(1 - (1 - x) ** k for x in p) / len(p)"),
            _COVERAGE.format(body="return 1 - np.mean(np.power(1 - np.array(p), k))"),
            _COVERAGE.format(body="return np.mean(sl.coverage(p, k))"),
        ],
        wrong=[
            (_COVERAGE.format(body="return 1 - (1 - np.mean(p)) ** k"), "colleague's forecast"),
            (_COVERAGE.format(body="return k * np.mean(p)"), "Chances don't add"),
            (_COVERAGE.format(body="return np.sum(1 - (1 - p) ** k)"), "take the mean"),
            (_COVERAGE.format(body="return np.mean((1 - p) ** k)"), "stays unsolved"),
            (_COVERAGE.format(body="return np.mean(p**k)"), "one is enough"),
            (_COVERAGE.format(body="return np.mean(p) ** k"), "one is enough"),
            (_COVERAGE.format(body="return 1 - (1 - p) ** k"), "4 values"),
            (
                _COVERAGE.format(body="return 1 - np.prod((1 - p) ** k)"),
                "Neither the chance that any problem is solved",
            ),
            (
                _COVERAGE.format(
                    body="return 1 - np.exp(np.mean(np.log(np.maximum(1 - p, 1e-300)))) ** k"
                ),
                "nor a geometric mean is a share",
            ),
            (_COVERAGE.format(body="return 1 - (1 - np.median(p)) ** k"), ""),
        ],
    ),
    "ex4_forecast": Answers(
        right=[
            _FORECAST.format(
                values="cost(2.4), cost(2.0), cost(2.9), (490 / 40) ** (1 / 2.3), year()"
            ),
            _FORECAST.format(values="300e6, 197e6, 463e6, 2.97, 2032.1"),
            _FORECAST.format(
                values="cost(2.4), cost(2), cost(2.9), np.exp(np.log(12.25) / 2.3), 2023.2 + np.emath.logn(2.4, 2500)"
            ),
        ],
        wrong=[
            (
                _FORECAST.format(values="cost(2.4, 2), cost(2), cost(2.9), 2.97, year()"),
                "after two",
            ),
            (
                _FORECAST.format(values="cost(2.4, 3), cost(2), cost(2.9), 2.97, year()"),
                "after three",
            ),
            (
                _FORECAST.format(values="cost(2.4), cost(2.9), cost(2), 2.97, year()"),
                "a growth of 2.9",
            ),
            (
                _FORECAST.format(values="40e6 * (1 + 1.4 * 2.3), cost(2), cost(2.9), 2.97, year()"),
                "fixed sum",
            ),
            (
                _FORECAST.format(values="78 / 40 * cost(2.4), cost(2), cost(2.9), 2.97, year()"),
                "78 million",
            ),
            (
                _FORECAST.format(values="cost(2.4), cost(2), cost(2.9) * 2.5, 2.97, year()"),
                "100 million",
            ),
            (
                _FORECAST.format(values="40e6 * 2.4 * 2.3, cost(2), cost(2.9), 2.97, year()"),
                "in the exponent",
            ),
            (
                _FORECAST.format(values="cost(2.4), cost(2), cost(2.9), 12.25, year()"),
                "over the whole time",
            ),
            (
                _FORECAST.format(values="cost(2.4), cost(2), cost(2.9), 12.25 / 2.3, year()"),
                "take a root",
            ),
            (
                _FORECAST.format(values="cost(2.4), cost(2), cost(2.9), 3.5, year()"),
                "takes two years",
            ),
            (
                _FORECAST.format(
                    values="cost(2.4), cost(2), cost(2.9), np.log(12.25) / 2.3, year()"
                ),
                "take its exponential",
            ),
            (
                _FORECAST.format(values="cost(2.4), cost(2), cost(2.9), 2.97, year(start=100e6)"),
                "from 100 million",
            ),
            (
                _FORECAST.format(values="cost(2.4), cost(2), cost(2.9), 2.97, year(end=1e9)"),
                "one billion",
            ),
            (
                _FORECAST.format(values="cost(2.4), cost(2), cost(2.9), 2.97, year(2.9)"),
                "fastest growth",
            ),
            (
                _FORECAST.format(values="cost(2.4), cost(2), cost(2.9), 2.97, year(2.0)"),
                "slowest growth",
            ),
            (
                _FORECAST.format(values="cost(2.4), cost(2), cost(2.9), 2.97, int(year())"),
                "Give the year with its decimals",
            ),
            (
                _FORECAST.format(values="cost(2.4), cost(2), cost(2.9), 2.97, 2033"),
                "Give the year with its decimals",
            ),
            (
                _FORECAST.format(values="cost(2.4), cost(2), cost(2.9), 2.97, year() - 0.2"),
                "came in 2023.2",
            ),
            (
                _FORECAST.format(
                    values="cost(2.4), cost(2), cost(2.9), 2.97, 2023.2 + np.log10(2500) / np.log(2.4)"
                ),
                "Two kinds of log",
            ),
            (_FORECAST.format(values="300, cost(2), cost(2.9), 2.97, year()"), "Write dollars"),
        ],
    ),
    "ex8_precision": Answers(
        right=[
            _ROUNDING.format(
                body=_lines(
                    "from scipy.optimize import curve_fit",
                    "f = lambda x, k, p, q: k + p * x[0] + q * x[1]",
                    "return curve_fit(f, (np.log(N), np.log(D)), np.log(added))[0][1:]",
                )
            ),
            _ROUNDING.format(
                body=_lines(
                    "rest = lambda y, x: y - np.polyval(np.polyfit(x, y, 1), x)",
                    "n, d, y = np.log(N), np.log(D), np.log(added)",
                    "return [np.polyfit(rest(n, d), rest(y, d), 1)[0], np.polyfit(rest(d, n), rest(y, n), 1)[0]]",
                )
            ),
            _ROUNDING.format(
                body=_lines(
                    "X = np.stack([np.log(D), np.log(N), 0 * N + 1], axis=1)",
                    "q, p, _ = np.linalg.pinv(X) @ np.log(added)",
                    "return [p, q]",
                )
            ),
            _ROUNDING.format(
                body=_lines(
                    "x = np.log(N) - np.log(N).mean(), np.log(D) - np.log(D).mean()",
                    "A = np.array([[a @ b for b in x] for a in x])",
                    "return np.linalg.solve(A, [a @ np.log(added) for a in x])",
                )
            ),
        ],
        wrong=[
            (_ROUNDING.format(body=_lines(_PLANE, "return q, p")), "order is p"),
            (_ROUNDING.format(body=_lines(_PLANE, "return -p, -q")), "signs are reversed"),
            (_ROUNDING.format(body=_lines(_PLANE, "return -p, q")), "comes out negative"),
            (
                _ROUNDING.format(
                    body=_lines(
                        "p, q = np.linalg.lstsq(np.column_stack([np.log(N), np.log(D)]), np.log(added), rcond=None)[0]",
                        "return p, q",
                    )
                ),
                "",
            ),
            (
                _ROUNDING.format(
                    body="return np.polyfit(np.log(N), np.log(added), 1)[0], np.polyfit(np.log(D), np.log(added), 1)[0]"
                ),
                "",
            ),
            (_ROUNDING.format(body=_lines(_PLANE, "return p, q, _")), "shape"),
            (_ROUNDING.format(body="return -0.4, 0.5"), ""),
            (
                _ROUNDING.format(
                    body=_lines(
                        "X = np.column_stack([np.ones(len(N)), N, D])",
                        "_, p, q = np.linalg.lstsq(X, np.log(added), rcond=None)[0]",
                        "return p, q",
                    )
                ),
                "",
            ),
        ],
    ),
    "ex9_ensemble": Answers(
        right=[
            _ENSEMBLE.format(
                body=_lines(
                    "from scipy.stats import linregress",
                    "line = linregress(1 / members, loss)",
                    "return line.intercept, line.slope",
                )
            ),
            _ENSEMBLE.format(
                body=_lines(
                    "X = np.column_stack([members**0, members**-1.0])",
                    "return np.linalg.lstsq(X, loss, rcond=None)[0]",
                )
            ),
            _ENSEMBLE.format(body="return np.polyfit(1 / members, loss, 1)[::-1]"),
            _ENSEMBLE.format(
                body=_lines(
                    "x, y = 1 / members, np.asarray(loss)",
                    "c = np.cov(x, y, bias=True)[0, 1] / x.var()",
                    "return y.mean() - c * x.mean(), c",
                )
            ),
        ],
        wrong=[
            (
                _ENSEMBLE.format(body="return tuple(np.polyfit(1 / members, loss, 1))"),
                "order is L_inf",
            ),
            (_ENSEMBLE.format(body="return np.polyfit(members, loss, 1)[::-1]"), "line in m"),
            (
                _ENSEMBLE.format(body="return np.polyfit(np.log(members), loss, 1)[::-1]"),
                "line in ln m",
            ),
            (_ENSEMBLE.format(body="return np.polyfit(1 / members, loss, 1)[1]"), "two numbers"),
            (_ENSEMBLE.format(body="return 1.4, 0.2"), ""),
            (
                _ENSEMBLE.format(
                    body=_lines("c = 2 * (loss[0] - loss[1])", "return loss[0] - c, c")
                ),
                "",
            ),
        ],
    ),
    "ex10_mixture": Answers(
        right=[
            _SHARE.format(
                body=_lines(
                    "r = np.arange(0, 1.0005, 0.001)",
                    "return pd.Series((1 - use) * k1 * np.exp(-t1 * (1 - r)) + use * k2 * np.exp(-t2 * r), index=r).idxmin()",
                )
            ),
            _SHARE.format(
                body=_lines(
                    "at = lambda r: (1 - use) * (c1 + k1 * np.exp(t1 * (r - 1))) + use * (c2 + k2 * np.exp(-t2 * r))",
                    "return min((i / 2000 for i in range(2001)), key=at)",
                )
            ),
            _SHARE.format(
                body=_lines(
                    "if use in (0, 1): return float(use)",
                    "a, b = (1 - use) * k1 * t1 * np.exp(-t1), use * k2 * t2",
                    "return np.clip(np.log(b / a) / (t1 + t2), 0, 1)",
                )
            ),
            _SHARE.format(
                body=_lines(
                    "from scipy.optimize import minimize_scalar",
                    "f = lambda r: (1 - use) * k1 * np.exp(-t1 * (1 - r)) + use * k2 * np.exp(-t2 * r)",
                    "return minimize_scalar(f, bounds=(0, 1), method='bounded').x",
                )
            ),
        ],
        wrong=[
            (
                _SHARE.format(
                    body=_MIX.format(
                        a="t1 * (1 - r)",
                        b="t2 * r",
                        u="(1 - use)",
                        v="use",
                        end="1 - r[np.argmin(loss)]",
                    )
                ),
                "share of prose",
            ),
            (
                _SHARE.format(
                    body=_MIX.format(
                        a="t1 * (1 - r)",
                        b="t2 * r",
                        u="use",
                        v="(1 - use)",
                        end="r[np.argmin(loss)]",
                    )
                ),
                "share of prose",
            ),
            (
                _SHARE.format(
                    body=_MIX.format(
                        a="t1 * (1 - r)", b="t2 * r", u="1", v="1", end="r[np.argmin(loss)]"
                    )
                ),
                "",
            ),
            (
                _SHARE.format(
                    body=_MIX.format(
                        a="t1 * r", b="t2 * r", u="(1 - use)", v="use", end="r[np.argmin(loss)]"
                    )
                ),
                "own share",
            ),
            (
                _SHARE.format(
                    body=_MIX.format(
                        a="t1 * r",
                        b="t2 * (1 - r)",
                        u="(1 - use)",
                        v="use",
                        end="r[np.argmin(loss)]",
                    )
                ),
                "",
            ),
            (
                _SHARE.format(
                    body=_MIX.format(
                        a="t1 * (1 - r)",
                        b="t1 * r",
                        u="(1 - use)",
                        v="use",
                        end="r[np.argmin(loss)]",
                    )
                ),
                "t of its own",
            ),
            (
                _SHARE.format(
                    body=_MIX.format(
                        a="t1 * (1 - r)", b="t2 * r", u="(1 - use)", v="use", end="np.argmin(loss)"
                    )
                ),
                "",
            ),
            (
                _SHARE.format(
                    body=_MIX.format(
                        a="t1 * (1 - r)",
                        b="t2 * (1 - r)",
                        u="(1 - use)",
                        v="use",
                        end="r[np.argmin(loss)]",
                    )
                ),
                "own share",
            ),
        ],
        equal={
            "10001 => 20002": "a finer search finds the same share",
        },
    ),
    "ex11_mixtral": Answers(
        right=["answer_11 = 12.9", "answer_11 = 1.61 + 2 * 5.637", "answer_11 = np.float64(12.88)"],
        wrong=[
            ("answer_11 = 56", "at its word"),
            ("answer_11 = 14", "not two whole models"),
            ("answer_11 = 46.7", "the total"),
            ("answer_11 = 7.2", "one expert"),
            ("answer_11 = 11.3", "at work for every token"),
            ("answer_11 = 14.5", "however many"),
            ("answer_11 = 13.5", ""),
        ],
    ),
    "ex12_experts": Answers(
        right=[
            _LOWEST.format(
                body="return law_of_experts(N, D, experts)[N * (4 + 9 * experts) <= 13 * memory].min()"
            ),
            _LOWEST.format(
                body="return float(np.where(N * (4 + 9 * experts) / 13 <= memory, law_of_experts(N, D, experts), np.inf).min())"
            ),
            "def lowest_loss(C, memory, experts):\n    law = law_of_experts.for_experts(experts)\n"
            "    N = min(law.N_opt(C), 13 * memory / (4 + 9 * experts))\n    return law(N, C / 6 / N)",
        ],
        wrong=[
            (_LOWEST.format(body="return law_of_experts(N, D, experts).min()"), "memory makes no"),
            (
                _LOWEST.format(body="return law_of_experts(N, D, experts)[N <= memory].min()"),
                "hold the total",
            ),
            (
                _LOWEST.format(
                    body="return law_of_experts(N, D, experts)[N * experts <= memory].min()"
                ),
                "Only 9/13",
            ),
            (
                _LOWEST.format(
                    body="return law_of_experts(N, D, 1)[N * (4 + 9 * experts) / 13 <= memory].min()"
                ),
                "",
            ),
            (
                _LOWEST.format(
                    body="return law_of_experts(N, C / N, experts)[N * (4 + 9 * experts) / 13 <= memory].min()"
                ),
                "",
            ),
            (
                _LOWEST.format(
                    body="return law_of_experts(N, D, experts)[N * (4 + 9 * experts) / 13 <= memory].max()"
                ),
                "",
            ),
            (_LOWEST.format(body="return N[np.argmin(law_of_experts(N, D, experts))]"), "the size"),
            (
                _LOWEST.format(
                    body="return law_of_experts(N, D, experts)[N * (4 + 9 * experts) / 13 <= memory]"
                ),
                "values",
            ),
            (
                _LOWEST.format(
                    body="return law_of_experts(N, 2e10, experts)[N * (4 + 9 * experts) / 13 <= memory].min()"
                ),
                "",
            ),
        ],
        equal={
            "1000000.0 => 10000000.0": "the best size is far above either",
            "1000000000000.0 => 10000000000000.0": "a wider search finds the same loss",
            "20000 => 40000": "a finer search finds the same loss",
        },
    ),
    "ex14_sigmoid": Answers(
        right=[
            _SIGMOID.format(
                body=_lines(
                    "x = (np.asarray(C, dtype=float) / C_mid) ** B", "return (R0 + A * x) / (1 + x)"
                )
            ),
            _SIGMOID.format(
                body=_lines(
                    "from scipy.special import expit",
                    "with np.errstate(divide='ignore'):",
                    "    return R0 + (A - R0) * expit(B * (np.log(C) - np.log(C_mid)))",
                )
            ),
            _SIGMOID.format(
                body=_lines(
                    "with np.errstate(all='ignore'):",
                    "    return R0 + (A - R0) / (1 + (C_mid / np.asarray(C, dtype=float)) ** B)",
                )
            ),
            _SIGMOID.format(body="return A - (A - R0) / (1 + (np.asarray(C) / C_mid) ** B)"),
        ],
        wrong=[
            (_SIGMOID.format(body="return R0 + A / (1 + (C_mid / C) ** B)"), "gain is A - R0"),
            (_SIGMOID.format(body="return (A - R0) / (1 + (C_mid / C) ** B)"), "R0 is missing"),
            (
                _SIGMOID.format(body="return R0 + (A - R0) / (1 + (C / C_mid) ** B)"),
                "changed places",
            ),
            (_SIGMOID.format(body="return R0 + (A - R0) / (1 + (C_mid / C) ** 2)"), ""),
            (_SIGMOID.format(body="return R0 + (A - R0) / (1 + C_mid / C * B)"), ""),
            (_SIGMOID.format(body="return R0 + (1 - R0) / (1 + (C_mid / C) ** B)"), ""),
            (
                _SIGMOID.format(
                    body="return R0 + (A - R0) / (1 + (C_mid / C) ** B) if C > 0 else R0"
                ),
                "ValueError",
            ),
        ],
    ),
    "ex15_distil": Answers(
        right=[
            _TEACHER.format(
                body=_lines(
                    "from scipy.interpolate import interp1d",
                    "x = np.exp(interp1d(alone_loss, np.log(alone_D))(loss))",
                    "return 6 * N_S * x / ((6 * N_S + 2 * N_T) * D)",
                )
            ),
            _TEACHER.format(
                body=_lines(
                    "i = max(k for k in range(len(alone_D) - 1) if alone_loss[k] >= loss)",
                    "w = (alone_loss[i] - loss) / (alone_loss[i] - alone_loss[i + 1])",
                    "x = alone_D[i] * (alone_D[i + 1] / alone_D[i]) ** w",
                    "return x / D / (1 + 2 * N_T / (6 * N_S))",
                )
            ),
            _TEACHER.format(
                body=_lines(
                    "x = np.interp(-loss, -np.asarray(alone_loss), np.log(alone_D))",
                    "return np.exp(x) / D / (1 + N_T / (3 * N_S))",
                )
            ),
            _TEACHER.format(
                body=_lines(
                    "x = np.interp(loss, alone_loss[::-1], np.log10(alone_D)[::-1])",
                    "return 3 * N_S * 10**x / ((3 * N_S + N_T) * D)",
                )
            ),
        ],
        wrong=[
            (
                _TEACHER.format(
                    body=_lines(
                        "x = np.interp(loss, alone_loss[::-1], alone_D[::-1])",
                        "return 6 * N_S * x / ((6 * N_S + 2 * N_T) * D)",
                    )
                ),
                "its logarithm",
            ),
            (_TEACHER.format(body=_lines(_BYTES, "return x / D")), "forward pass is missing"),
            (
                _TEACHER.format(body=_lines(_BYTES, "return N_S * x / ((N_S + N_T) * D)")),
                "only predicts",
            ),
            (
                _TEACHER.format(
                    body=_lines(_BYTES, "return 6 * N_S * x / ((6 * N_S + 2 * N_S) * D)")
                ),
                "",
            ),
            (
                _TEACHER.format(
                    body=_lines(
                        "x = np.exp(np.interp(loss, alone_loss, np.log(alone_D)))",
                        "return 6 * N_S * x / ((6 * N_S + 2 * N_T) * D)",
                    )
                ),
                "turn both arrays",
            ),
            (
                _TEACHER.format(
                    body=_lines(_BYTES, "return 6 * N_S * x / ((2 * N_S + 6 * N_T) * D)")
                ),
                "changed places",
            ),
            (_TEACHER.format(body=_lines(_BYTES, "return x")), "bytes that the student"),
            (
                _TEACHER.format(body=_lines(_BYTES, "return 6 * N_S * x / (2 * N_T * D)")),
                "with its teacher too",
            ),
        ],
    ),
    "ex16_theory": Answers(
        right=[
            _THEORY.format(values="slope(with_many_examples), slope(with_many_features)")
            + "share = round(beta / (alpha + beta), 3)\nalpha, beta = round(alpha, 3), round(beta, 3)\n",
            "from scipy.stats import linregress\nx = np.log(few)\nalpha, beta = (-linregress(x, np.log(y)).slope for y in (with_many_examples, with_many_features))\nshare = beta / (alpha + beta)",
            _THEORY.format(values="slope(with_many_examples), slope(with_many_features)")
            + "share = beta / (alpha + beta)\n",
            _THEORY.format(values="slope(with_many_examples), slope(with_many_features)")
            + "share = 1 / (1 + alpha / beta)\n",
        ],
        wrong=[
            (
                _THEORY.format(values="slope(with_many_features), slope(with_many_examples)")
                + "share = 0.5\n",
                "changed places",
            ),
            (_THEORY.format(values="0.7, 0.7") + "share = 0.5\n", "theory predicts"),
            (_THEORY.format(values="slope(with_many_examples), 0.7") + "share = 0.5\n", ""),
            (
                _THEORY.format(
                    values="np.log(with_many_examples[0] / with_many_examples[-1]) / np.log(8), 0.7"
                )
                + "share = 0.5\n",
                "two end points",
            ),
            (
                _THEORY.format(values="slope(with_many_examples), slope(with_many_features)")
                + "share = alpha / (alpha + beta)\n",
                "share of D",
            ),
            (
                _THEORY.format(values="slope(with_many_examples), slope(with_many_features)")
                + "share = alpha * beta / (alpha + beta)\n",
                "exponent of the loss",
            ),
            (
                _THEORY.format(values="slope(with_many_examples), slope(with_many_features)")
                + "share = 0.5\n",
                "equal exponents",
            ),
            (
                _THEORY.format(values="-slope(with_many_examples), slope(with_many_features)")
                + "share = 0.5\n",
                "so it is positive",
            ),
        ],
    ),
}
