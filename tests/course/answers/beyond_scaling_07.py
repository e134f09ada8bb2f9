"""What learners write in 07_beyond_scaling; see `power_laws_01` for the form."""

from . import Answers, choice

_COST = """
def cost_of_training(C, peak, utilisation, price):
    {body}
"""
_RANGE = """
def cost_quantiles(C, peak, utilisation, price, n=100_000):
    rng = np.random.default_rng(3)
    {body}
"""
_FLOPS = """
def flops_per_token(N, n_layer, d_model, n_ctx):
    {body}
"""
_TOKENS = """
def tokens_needed(N, L, E=1.8172, A=482.01, B=2085.43, alpha=0.3478, beta=0.3658):
    {body}
"""
_CHEAPEST = """
def cheapest_size(L, D_inf):
    N = np.geomspace(1e8, 1e13, 5000)
    D = tokens_needed(N, L)
    {body}
"""
_IMPLIED = """
def implied_demand(N, D, A=482.01, B=2085.43, alpha=0.3478, beta=0.3658):
    model, data = A * N**-alpha, B * D**-beta
    {body}
"""
_COVERAGE = """
def expected_coverage(p, k):
    {body}
"""
_MIXTURE = """
def mixture(n_layer, d_model, d_ff, d_kv, vocab, n_expert, n_active):
    attention = 2 * d_model**2 + 2 * d_model * d_kv
    expert = 3 * d_model * d_ff
    {body}
"""
_FORECAST = """
def year(growth, start=40e6, end=1e11):
    return 2023 + np.log(end / start) / np.log(growth)


year_100B, earliest_100B, latest_100B = {values}
"""
_CLAIM = """
F = flops_per_token(gpt3["N"], gpt3["n_layer"], gpt3["d_model"], 2048)
exponent = {exponent}
context_equal = {context}
"""
_SLOPE = 'np.polyfit(np.log(gpt3["N"]), np.log(F), 1)[0]'
_EVEN = """
loss = law(8e9, 15e12)
N2 = cheapest_size(loss, 0)
D2 = tokens_needed(N2, loss)
C1, C2 = 6 * 8e9 * 15e12, 6 * N2 * D2
training_ratio = {ratio}
break_even = {even}
"""
_EQUAL = """
k_equal, coverage_small, coverage_wins, vote_wins = {values}
"""
_RIGHT_EQUAL = "12, expected_coverage(p[16], 12), True, False"


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
    "ex2_cost": Answers(
        right=[
            _COST.format(body="return C / peak / utilisation / 3600 * price"),
            _COST.format(
                body=_lines("hours = C / (3600 * peak * utilisation)", "return hours * price")
            ),
            "cost_of_training = lambda C, peak, utilisation, price: price * C / (utilisation * peak * 60 * 60)",
        ],
        wrong=[
            (_COST.format(body="return C / (peak * utilisation) * price"), "seconds into hours"),
            (_COST.format(body="return C / (peak * utilisation) / 60 * price"), "minutes"),
            (_COST.format(body="return C / peak / 3600 * price"), "Utilisation is left out"),
            (_COST.format(body="return C / peak * utilisation / 3600 * price"), "wrong side"),
            (_COST.format(body="return C / (peak * utilisation) / 3600"), "Those are the hours"),
            (_COST.format(body="return C / (peak * utilisation) / 3600 / price"), "divides by"),
            (_COST.format(body="return C / (peak * utilisation) / 86400 * price"), "days"),
            (_COST.format(body="C / (peak * utilisation) / 3600 * price"), "returned None"),
            (_COST.format(body="return C * peak * utilisation / 3600 * price"), ""),
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
                    "cost = np.sort(cost_of_training(C, peak, draw(utilisation), draw(price)))",
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
                        "cost = cost_of_training(C, peak, rng.uniform(*utilisation, n), rng.uniform(*price, n))",
                        "return np.percentile(cost, [5, 50, 95])",
                    )
                ),
                "uniformly",
            ),
            (
                _RANGE.format(
                    body=_lines(
                        "u, m = (np.exp(rng.uniform(*np.log(r), n)) for r in (utilisation, price))",
                        "return np.percentile(cost_of_training(C, peak, u, m), [0.05, 0.5, 0.95])",
                    )
                ),
                "from 0 to 100",
            ),
            (
                _RANGE.format(
                    body=_lines(
                        "x = rng.random(n)",
                        "u, m = (r[0] * (r[1] / r[0]) ** x for r in (utilisation, price))",
                        "return np.percentile(cost_of_training(C, peak, u, m), [5, 50, 95])",
                    )
                ),
                "same draws",
            ),
            (
                _RANGE.format(
                    body=_lines(
                        "m = np.exp(rng.uniform(*np.log(price), n))",
                        "u = np.sqrt(utilisation[0] * utilisation[1])",
                        "return np.percentile(cost_of_training(C, peak, u, m), [5, 50, 95])",
                    )
                ),
                "Only the price varies",
            ),
            (
                _RANGE.format(
                    body=_lines(
                        "u, m = (np.exp(rng.uniform(*np.log(r), n)) for r in (utilisation, price))",
                        "return np.percentile(cost_of_training(C, peak, u, m), [95, 50, 5])",
                    )
                ),
                "The order is",
            ),
            (
                _RANGE.format(
                    body=_lines(
                        "ends = [cost_of_training(C, peak, u, m) for u in utilisation for m in price]",
                        "return min(ends), np.sqrt(min(ends) * max(ends)), max(ends)",
                    )
                ),
                "lowest, middle and highest",
            ),
            (
                _RANGE.format(
                    body=_lines(
                        "u, m = (np.exp(rng.uniform(*np.log(r), n)) for r in (utilisation, price))",
                        "return np.percentile(cost_of_training(C, peak, u, m), [2.5, 50, 97.5])",
                    )
                ),
                "percentiles 2.5 and 97.5",
            ),
            (
                _RANGE.format(
                    body=_lines(
                        "u, m = (np.exp(rng.uniform(*np.log(r), n)) for r in (utilisation, price))",
                        "cost = cost_of_training(C, peak, u, m)",
                        "return np.percentile(cost, 5), np.mean(cost), np.percentile(cost, 95)",
                    )
                ),
                "is the mean",
            ),
            (
                _RANGE.format(
                    body=_lines(
                        "u, m = (rng.uniform(*np.log(r), n) for r in (utilisation, price))",
                        "return np.percentile(cost_of_training(C, peak, u, m), [5, 50, 95])",
                    )
                ),
                "draws are logarithms",
            ),
            (
                _RANGE.format(
                    body=_lines(
                        "u, m = (np.exp(rng.uniform(*np.log10(r), n)) for r in (utilisation, price))",
                        "return np.percentile(cost_of_training(C, peak, u, m), [5, 50, 95])",
                    )
                ),
                "",
            ),
            (
                _RANGE.format(
                    body=_lines(
                        "u, m = (np.exp(rng.uniform(*np.log(r), n)) for r in (utilisation, price))",
                        "return np.median(cost_of_training(C, peak, u, m))",
                    )
                ),
                "shape",
            ),
        ],
    ),
    "ex4_forecast": Answers(
        right=[
            _FORECAST.format(values="year(2.4), year(2.9), year(2)"),
            "year_100B, earliest_100B, latest_100B = 2031.9, 2030.3, 2034.3",
            "import math\nyear_100B, earliest_100B, latest_100B = [2023 + math.log(2500, g) for g in (2.4, 2.9, 2.0)]",
        ],
        wrong=[
            (_FORECAST.format(values="year(2.4, 100e6), year(2.9), year(2)"), "40 million"),
            (_FORECAST.format(values="year(2.4), year(2), year(2.9)"), "Another growth"),
            (_FORECAST.format(values="year(2.4, end=1e9), year(2.9), year(2)"), "one billion"),
            (_FORECAST.format(values="year(2.4) - 2023, year(2.9), year(2)"), "It is a year"),
            (_FORECAST.format(values="year(1.4), year(2.9), year(2)"), "not by 1.4"),
            (
                _FORECAST.format(
                    values="2023 + np.log10(2500) / np.log(2.4), year(2.9), year(2.0)"
                ),
                "logarithm",
            ),
            (_FORECAST.format(values="year(2.4), year(2.9), year(2, 78e6)"), "78 million"),
            (_FORECAST.format(values="2023 + 2500 / 2.4, year(2.9), year(2)"), "It is a year"),
            (_FORECAST.format(values="'2032', year(2.9), year(2)"), "quotation marks"),
        ],
    ),
    "ex5_flops": Answers(
        right=[
            _FLOPS.format(body="return 2 * (N + n_layer * n_ctx * d_model)"),
            _FLOPS.format(body="return 2 * np.asarray(N) + 2 * n_layer * n_ctx * d_model"),
        ],
        wrong=[
            (_FLOPS.format(body="return 6 * N + 2 * n_layer * n_ctx * d_model"), "forward only"),
            (_FLOPS.format(body="return 2 * N"), "Attention is left out"),
            (_FLOPS.format(body="return N + 2 * n_layer * n_ctx * d_model"), "multiplication and"),
            (_FLOPS.format(body="return 2 * N + n_layer * n_ctx * d_model"), "factor of 2 too"),
            (_FLOPS.format(body="return 2 * N + 2 * n_layer * n_ctx**2 * d_model"), "whole seq"),
            (_FLOPS.format(body="return 2 * N + 2 * n_layer * n_ctx * d_model**2"), "inside N"),
            (_FLOPS.format(body="return 2 * N + 2 * n_ctx * d_model"), "One of the factors"),
            (_FLOPS.format(body="return 2 * n_layer * n_ctx * d_model"), "attention alone"),
            (_FLOPS.format(body="return 2 * N + 4 * n_layer * n_ctx * d_model"), "is enough"),
            (_FLOPS.format(body="return 2 * N * 2 * n_layer * n_ctx * d_model"), "are added"),
            (_FLOPS.format(body="return float(2 * N + 2 * n_layer * n_ctx * d_model)"), "TypeErr"),
            (_FLOPS.format(body="return 2**N"), ""),
        ],
    ),
    "ex5_claim": Answers(
        right=[
            _CLAIM.format(exponent=_SLOPE, context="6.7e9 / (32 * 4096)"),
            _CLAIM.format(
                exponent='np.polyfit(np.log10(gpt3["N"]), np.log10(F), 1)[0]', context="51_000"
            ),
            _CLAIM.format(
                exponent='np.cov(np.log(gpt3["N"]), np.log(F))[0, 1] / np.log(gpt3["N"]).var()',
                context="51.1e3",
            ),
        ],
        wrong=[
            (_CLAIM.format(exponent="1.0", context="51117"), "slope of 2N alone"),
            (
                _CLAIM.format(
                    exponent='np.polyfit(np.log(F), np.log(gpt3["N"]), 1)[0]', context="51117"
                ),
                "axes changed places",
            ),
            (
                _CLAIM.format(
                    exponent='np.polyfit(np.log(gpt3["N"]), np.log(F), 1)[1]', context="51117"
                ),
                "intercept",
            ),
            (
                _CLAIM.format(
                    exponent='np.polyfit(np.log(gpt3["N"]), np.log(F - 2 * gpt3["N"]), 1)[0]',
                    context="51117",
                ),
                "slope of attention alone",
            ),
            (_CLAIM.format(exponent=_SLOPE, context="6.7e9 / (2 * 32 * 4096)"), "cancels"),
            (_CLAIM.format(exponent=_SLOPE, context="6.7e9 / 4096"), "n_layer"),
            (_CLAIM.format(exponent=_SLOPE, context="6.7e9 / (32 * 4096**2)"), ""),
            (_CLAIM.format(exponent=_SLOPE, context="2048"), ""),
            (_CLAIM.format(exponent="np.polyfit(gpt3['N'], F, 1)[0]", context="51117"), ""),
        ],
    ),
    "ex6_devices": Answers(
        right=['answer_6 = "2 7"', "answer_6 = '2 7 '"],
        wrong=[
            ('answer_6 = "2 8"', "leaves 20 GB unused"),
            ('answer_6 = "1 7"', "rounds up"),
            ('answer_6 = "1 4"', "Sixteen bits are two bytes"),
            ('answer_6 = "1.75 7.0"', "whole number"),
            ('answer_6 = "2.0 7.0"', "int"),
            ('answer_6 = "7 2"', ""),
            ('answer_6 = "many"', ""),
        ],
    ),
    "ex7_tokens": Answers(
        right=[
            _TOKENS.format(
                body=_lines(
                    "gap = L - E - A * np.asarray(N, float) ** -alpha",
                    "return np.where(gap > 0, (B / np.maximum(gap, 1e-9)) ** (1 / beta), np.inf)",
                )
            ),
            _TOKENS.format(
                body=_lines(
                    "gap = np.atleast_1d(L - E - A / np.array(N) ** alpha)",
                    "D = np.full(gap.shape, np.inf)",
                    "D[gap > 0] = (B / gap[gap > 0]) ** (1 / beta)",
                    "return D if np.ndim(N) else D[0]",
                )
            ),
            _TOKENS.format(
                body=_lines(
                    "if np.ndim(N):",
                    "    return [tokens_needed(n, L, E, A, B, alpha, beta) for n in N]",
                    "gap = L - E - A / N**alpha",
                    "return (gap / B) ** (-1 / beta) if gap > 0 else float('inf')",
                )
            ),
        ],
        wrong=[
            (
                _TOKENS.format(body="return (B / (L - A / N**alpha)) ** (1 / beta)"),
                "E is not subtracted",
            ),
            (_TOKENS.format(body="return (B / (L - E)) ** (1 / beta)"), "model's term"),
            (
                _TOKENS.format(body="return (B / (L - E - A / N**alpha)) ** beta"),
                "1/beta, not beta",
            ),
            (
                _TOKENS.format(body="return (B / (L - E - A / N**alpha)) ** (1 / alpha)"),
                "alpha belongs to N",
            ),
            (
                _TOKENS.format(body="return ((L - E - A / N**alpha) / B) ** (1 / beta)"),
                "upside down",
            ),
            (_TOKENS.format(body="return B / (L - E - A / N**alpha)"), "power 1/beta is missing"),
            (_TOKENS.format(body="return (B / (L - E - A / N**alpha)) ** (1 / beta)"), "complex"),
            (
                _TOKENS.format(body="return (B / (L - E + A / N**alpha)) ** (1 / beta)"),
                "look at the signs",
            ),
            (
                _TOKENS.format(body="return (B / np.abs(L - E - A / N**alpha)) ** (1 / beta)"),
                "gap is negative",
            ),
            (
                _TOKENS.format(
                    body=_lines(
                        "gap = L - E - A / np.asarray(N) ** alpha",
                        "return np.where(gap > 0, (B / np.maximum(gap, 1e-9)) ** (1 / beta), 0)",
                    )
                ),
                "return np.inf",
            ),
            (_TOKENS.format(body="return law.D_for(L, N)"), "arguments used"),
            (
                _TOKENS.format(
                    body=_lines(
                        "gap = L - E - A / N**alpha",
                        "return (B / gap) ** (1 / beta) if gap > 0 else np.inf",
                    )
                ),
                "ValueError",
            ),
            (_TOKENS.format(body="return E + A / N**alpha"), ""),
        ],
    ),
    "ex7_cheapest": Answers(
        right=[
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
            (_CHEAPEST.format(body="return N[np.argmin(6 * N * D)]"), "compute-optimal size"),
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
                "compute-optimal size",
            ),
        ],
    ),
    "ex8_implied": Answers(
        right=[
            _IMPLIED.format(body="return 3 * D * (alpha * model / (beta * data) - 1)"),
            _IMPLIED.format(body="return 3 * D * (alpha * model - beta * data) / (beta * data)"),
        ],
        wrong=[
            (_IMPLIED.format(body="return D * (alpha * model / (beta * data) - 1)"), "factor 3"),
            (_IMPLIED.format(body="return 3 * D * alpha * model / (beta * data)"), "1 on the"),
            (
                _IMPLIED.format(body="return 3 * D * (beta * data / (alpha * model) - 1)"),
                "upside down",
            ),
            (
                _IMPLIED.format(body="return D / 3 * (alpha * model / (beta * data) - 1)"),
                "wrong side",
            ),
            (_IMPLIED.format(body="return 3 * D * (model / data - 1)"), "exponents alpha and"),
            (
                _IMPLIED.format(
                    body="return np.maximum(0, 3 * D * (alpha * model / (beta * data) - 1))"
                ),
                "cut it off",
            ),
            (_IMPLIED.format(body="return alpha * model / (beta * data) - 1"), "ratio - 1"),
            (_IMPLIED.format(body="return alpha * model / (beta * data)"), "ratio alone"),
            (
                _IMPLIED.format(
                    body="return 3 * D * (0.34 * 406.4 * N**-0.34 / (0.28 * 410.7 * D**-0.28) - 1)"
                ),
                "",
            ),
        ],
    ),
    "ex8_condition": Answers(
        right=[
            "N_condition = sl.lifetime_optimum(law, L_target, 3e13)[0]",
            "sizes = np.geomspace(1.5e10, 7e10, 2000)\n"
            "N_condition = np.interp(-3e13, -implied_demand(sizes, tokens_needed(sizes, L_target)), sizes)",
            "from scipy.optimize import brentq\n"
            "N_condition = brentq(lambda N: implied_demand(N, float(tokens_needed(N, L_target))) - 3e13, 1.5e10, 7e10)",
        ],
        wrong=[
            ("N_condition = sl.lifetime_optimum(law, L_target, 1e13)[0]", "a demand of 1e+13"),
            ("N_condition = sl.lifetime_optimum(law, L_target, 3e14)[0]", "a demand of 3e+14"),
            (
                "N_condition = sl.lifetime_optimum(law, L_target, 3e13)[0] / 1e9",
                "expected a number",
            ),
            ("N_condition = 0.98 * sl.lifetime_optimum(law, L_target, 3e13)[0]", "Nearly"),
            ("N_condition = sl.lifetime_optimum(law, L_target, 3e13)[1]", "smaller than"),
            (
                "sizes = np.geomspace(1.5e10, 7e10, 2000)\n"
                "N_condition = np.interp(3e13, implied_demand(sizes, tokens_needed(sizes, L_target)), sizes)",
                "an end of the searched sizes",
            ),
            ("N_condition = 73e9", ""),
            ("N_condition = 70e9 / 20", ""),
            ("N_condition = law.N_opt(law.C_for(L_target))", ""),
        ],
    ),
    "ex9_break_even": Answers(
        right=[
            _EVEN.format(ratio="C1 / C2", even="(C1 - C2) / (2 * (N2 - 8e9))"),
            "training_ratio, break_even = 5.51, 1.14e13",
            _EVEN.format(
                ratio="law.overspend(8e9, 15e12)", even="(C1 - C2) / 2 / abs(8e9 - float(N2))"
            ),
        ],
        wrong=[
            (_EVEN.format(ratio="C2 / C1", even="1.14e13"), "upside down"),
            (_EVEN.format(ratio="15e12 / D2", even="1.14e13"), "compares the tokens"),
            (_EVEN.format(ratio="8e9 / N2", even="1.14e13"), "compares the sizes"),
            (_EVEN.format(ratio="C1 / C2", even="11.4"), "trillions"),
            (_EVEN.format(ratio="C1 / C2", even="C1 / (2 * (N2 - 8e9))"), "trained as well"),
            (_EVEN.format(ratio="C1 / C2", even="(C1 - C2) / (2 * 8e9)"), "difference of the"),
            (_EVEN.format(ratio="C1 / C2", even="(C1 - C2) / (N2 - 8e9)"), "the 2 is missing"),
            (_EVEN.format(ratio="C1 / C2", even="implied_demand(8e9, 15e12)"), "*best* size"),
            (_EVEN.format(ratio="C1 / law.C_for(L_target)", even="1.14e13"), "loss of the 8B"),
            (_EVEN.format(ratio="C1 / C2", even="(C1 - C2) / (2 * (8e9 - N2))"), "signs"),
        ],
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
            (_COVERAGE.format(body="return 1 - (1 - p) ** k"), "2 values"),
            (_COVERAGE.format(body="return 1 - np.prod((1 - p) ** k)"), "take the mean"),
            (_COVERAGE.format(body="return 1 - (1 - np.median(p)) ** k"), ""),
        ],
    ),
    "ex11_equal": Answers(
        right=[
            _EQUAL.format(values=_RIGHT_EQUAL),
            _EQUAL.format(
                values="110592 / 9216, np.mean(1 - (1 - p[16]) ** 12), np.bool_(True), np.bool_(False)"
            ),
            _EQUAL.format(values="np.int64(12), sl.coverage(p[16], 12).mean(), 1 > 0, 1 < 0"),
        ],
        wrong=[
            (_EQUAL.format(values="4, 0.1, True, False"), "ratio of the widths"),
            (_EQUAL.format(values="16, 0.1, True, False"), "square of the ratio"),
            (_EQUAL.format(values="36, 0.1, True, False"), "6N of training"),
            (
                _EQUAL.format(values="12, 1 - (1 - p[16].mean()) ** 12, True, False"),
                "colleague's forecast",
            ),
            (
                _EQUAL.format(values="12, expected_coverage(p[64], 12), True, False"),
                "large model",
            ),
            (
                _EQUAL.format(values="12, expected_coverage(p[16], 12), False, False"),
                "compare coverage_small",
            ),
            (
                _EQUAL.format(values="12, expected_coverage(p[16], 12), True, True"),
                "compare votes",
            ),
            (_EQUAL.format(values="12, 17.0, True, False"), "share"),
            (_EQUAL.format(values="12, expected_coverage(p[16], 12), 'yes', False"), "quotation"),
            (_EQUAL.format(values="12, 0.5, True, False"), ""),
        ],
    ),
    "ex12_synthetic": Answers(
        right=[
            'answer_12 = "acd"',
            'answer_12 = ["a", "c", "d"]',
            'answer_12 = "d, c, a"',
        ],
        wrong=[
            ('answer_12 = "abcd"', "Self-improvement"),
            ('answer_12 = "acde"', "Collapse makes headlines"),
            ('answer_12 = "b"', "Self-improvement"),
            ('answer_12 = "ac"', ""),
            ('answer_12 = "e"', "Collapse makes headlines"),
            ('answer_12 = "cd"', ""),
        ],
    ),
    "ex13_mixture": Answers(
        right=[
            _MIXTURE.format(
                body=_lines(
                    "shared = n_layer * (attention + d_model * n_expert) + 2 * vocab * d_model",
                    "return shared + n_layer * n_expert * expert, shared + n_layer * n_active * expert",
                )
            ),
            _MIXTURE.format(
                body="return [n_layer * (attention + e * expert) + 2 * vocab * d_model for e in (n_expert, n_active)]"
            ),
            _MIXTURE.format(
                body="return np.array([n_layer * (attention + np.array([n_expert, n_active]) * expert) + 2 * vocab * d_model]).ravel()"
            ),
        ],
        wrong=[
            (
                _MIXTURE.format(
                    body=_lines(
                        "dense = n_layer * (attention + expert) + 2 * vocab * d_model",
                        "return n_expert * dense, n_active * dense",
                    )
                ),
                "count them once",
            ),
            (
                _MIXTURE.format(
                    body="return [n_layer * (attention + e * expert) + 2 * vocab * d_model for e in (n_active, n_expert)]"
                ),
                "total, then active",
            ),
            (
                _MIXTURE.format(
                    body="return [n_layer * (attention + e * expert) for e in (n_expert, n_active)]"
                ),
                "embeddings are missing",
            ),
            (
                _MIXTURE.format(
                    body="return [n_layer * (attention + e * expert) + vocab * d_model for e in (n_expert, n_active)]"
                ),
                "two embeddings",
            ),
            (
                _MIXTURE.format(
                    body="return [n_layer * e * expert + 2 * vocab * d_model for e in (n_expert, n_active)]"
                ),
                "Attention is missing",
            ),
            (
                _MIXTURE.format(
                    body="return [n_layer * (attention + e * expert) + 2 * vocab * d_model for e in (n_expert, 1)]"
                ),
                "not one",
            ),
            (
                _MIXTURE.format(
                    body="return [n_layer * (attention + e * expert / 3) + 2 * vocab * d_model for e in (n_expert, n_active)]"
                ),
                "three matrices",
            ),
            (
                _MIXTURE.format(
                    body="return [n_layer * attention + e * expert + 2 * vocab * d_model for e in (n_expert, n_active)]"
                ),
                "own experts",
            ),
            (
                _MIXTURE.format(
                    body="return [n_layer * e * (attention + expert) + 2 * vocab * d_model for e in (n_expert, n_active)]"
                ),
                "count it once",
            ),
            (
                _MIXTURE.format(
                    body="return [attention + n_layer * e * expert + 2 * vocab * d_model for e in (n_expert, n_active)]"
                ),
                "own attention",
            ),
            (
                _MIXTURE.format(
                    body="return [n_layer * (attention + e * expert + 2 * vocab * d_model) for e in (n_expert, n_active)]"
                ),
                "not in each layer",
            ),
            (
                _MIXTURE.format(
                    body="return n_layer * (attention + n_expert * expert) + 2 * vocab * d_model"
                ),
                "shape",
            ),
        ],
    ),
    "ex14_retrieval": choice(
        "answer_14", "a", {"b": "no entry is trained", "c": "RETRO is", "d": "had read such text"}
    ),
    "ex15a_gpt4_cost": choice(
        "answer_15a", "c", {"a": "No bill", "b": "overshoots", "d": "forecast"}
    ),
    "ex15b_llama_why": choice(
        "answer_15b", "a", {"b": "near-standard", "c": "came later", "d": "405 billion"}
    ),
    "ex15c_realtime": Answers(
        right=[
            "answer_15c = 48",
            "answer_15c = 8 * 3.35e12 / 560e9",
            "answer_15c = np.float64(47)",
        ],
        wrong=[
            ("answer_15c = 6", "one accelerator"),
            ("answer_15c = 96", "one byte per weight"),
            ("answer_15c = 12", "Eight of them"),
            ("answer_15c = 21", "milliseconds"),
            ("answer_15c = 1", ""),
            ("answer_15c = 500", ""),
            ("answer_15c = '48'", "quotation marks"),
        ],
    ),
    "ex15d_takeaways": Answers(
        right=["answer_15d = False", 'answer_15d = "false"', "answer_15d = np.bool_(False)"],
        wrong=[
            ("answer_15d = True", "Bigger is always better"),
            ('answer_15d = "t"', "Bigger is always better"),
            ('answer_15d = "true"', "Bigger is always better"),
            ('answer_15d = "maybe"', ""),
            ("answer_15d = 3", ""),
            ("answer_15d = np.True_", "Bigger is always better"),
        ],
    ),
    "ex15e_gains": choice(
        "answer_15e", "b", {"a": "never proportional", "c": "floor E", "d": "no price"}
    ),
}
