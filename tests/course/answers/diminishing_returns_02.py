"""What learners write in 02_diminishing_returns: right answers, other right answers, and the wrong ones that people really make.

The form is that of power_laws_01.py.
"""

from . import Answers, choice

_FLOPS = "def flops_per_token(d, n_layer=2, T=64, V=128):\n    {body}\n"
_BALANCE = "def N_data_dominates(D, A, B, alpha, beta):\n    return {body}\n"
_GAINS = "def gains(N, D, k, A, B, alpha, beta):\n    return {body}\n"
_BILL = "def bill(N, D, speed):\n    return {body}\n"
_BEST = "def best_size(table, U, epochs):\n    {body}\n"
_FRESH = "def fresh_equivalent(loss, D_fresh, loss_fresh):\n    return {body}\n"

_SIX_ND = """
width_10 = {width}
excess_gpt2 = {excess}
"""
_RULE = """
holds, g = [], None
for r in (2, 20, 100):
    size, data = gains(1e9, r * 1e9, 1.5, refit.A, refit.B, refit.alpha, refit.beta)
    holds.append(data > size)
rule_holds = {holds}
D_break = {D}
"""
_BREAK = "(refit.B * (1 - 1.5**-refit.beta) / size) ** (1 / refit.beta)"
_MAP = """
fall_data, fall_size = L_grid[:-1, :-1] - L_grid[:-1, 1:], L_grid[:-1, :-1] - L_grid[1:, :-1]
ratio_data, ratio_size = C_grid[:-1, 1:] / C_grid[:-1, :-1], C_grid[1:, :-1] / C_grid[:-1, :-1]
data_gain = {data}
size_gain = {size}
steps_worse = {worse}
"""
_R_STAR = """
tries = np.geomspace(1, 100, 3000)
off = [{error} for r in tries]
R_star = tries[np.argmin(off)]
"""
_TENFOLD = """
early, late, later = refit.L_opt(1e21), refit.L_opt(1e22), refit.L_opt(1e25)
last = refit.L_opt(1e26)
gain_early = {early}
gain_late = {late}
ratio = {ratio}
times_to_halve = {times}
"""
_GOOD_TENFOLD = {
    "early": "early - late",
    "late": "later - last",
    "ratio": "(late - refit.E) / (early - refit.E)",
    "times": "2 ** (1 / refit.loss_exponent)",
}

ANSWERS = {
    "ex1_guess": Answers(
        right=["guess_64 = 1.2", "guess_64 = np.float64(3.5)", "guess_64 = 0", "guess_64 = [2]"],
        wrong=[
            ("guess_64 = -1", "nats per byte"),
            ("guess_64 = 100", "nats per byte"),
            ("guess_64 = 'high'", "quotation marks"),
            ("guess_64 = True", "truth value"),
            ("guess_64 = [1, 2]", "one number"),
            ("guess_64 = float('nan')", "not a number"),
        ],
    ),
    "ex2_flops": Answers(
        right=[
            (
                "def flops_per_token(d, n_layer=2, T=64, V=128):\n"
                "    return n_layer*(72*d*d+6*d*(T+1))+6*V*d"
            ),
            _FLOPS.format(body="return 3 * (n_layer * (24 * d**2 + 2 * d * (T + 1)) + 2 * V * d)"),
            _FLOPS.format(
                body="m = sum(24 * d * d + 4 * d * (T + 1) / 2 for _ in range(n_layer))\n"
                "    forward = m + 2 * V * d\n    backward = 2 * forward\n    return forward + backward"
            ),
            _FLOPS.format(
                body="return np.float64(6 * (12 * n_layer * d**2 + V * d) + 6 * n_layer * d * (T + 1))"
            ),
            _FLOPS.format(
                body="positions = np.mean(np.arange(1, T + 1))\n"
                "    return [3 * (n_layer * (24 * d**2 + 4 * d * positions) + 2 * V * d)]"
            ),
        ],
        wrong=[
            (
                ("def flops_per_token(d, n_layer=2, T=64, V=128):\n    return 6*12*n_layer*d**2"),
                "Attention and the logits are",
            ),
            (
                (
                    "def flops_per_token(d, n_layer=2, T=64, V=128):\n"
                    "    return 6*(12*n_layer*d**2+V*d+T*d)"
                ),
                "That is 6 times all parameters: it",
            ),
            (
                (
                    "def flops_per_token(d, n_layer=2, T=64, V=128):\n"
                    "    return 6*(12*n_layer*d**2+V*d)"
                ),
                "The attention is missing: 4d for each",
            ),
            (
                (
                    "def flops_per_token(d, n_layer=2, T=64, V=128):\n"
                    "    return n_layer*(24*d**2+2*d*(T+1))+2*V*d"
                ),
                "That is the forward pass alone: the",
            ),
            (
                _FLOPS.format(body="return n_layer * (24 * d**2 + 2 * d * (T + 1)) + 2 * V * d"),
                "forward pass alone",
            ),
            (
                _FLOPS.format(
                    body="return 2 * (n_layer * (24 * d**2 + 2 * d * (T + 1)) + 2 * V * d)"
                ),
                "not the same",
            ),
            (
                _FLOPS.format(
                    body="return 6 * (n_layer * (24 * d**2 + 2 * d * (T + 1)) + 2 * V * d)"
                ),
                "multiplied by 6",
            ),
            (
                _FLOPS.format(body="return 3 * (n_layer * 24 * d**2 + 2 * V * d)"),
                "attention is missing",
            ),
            (
                _FLOPS.format(body="return 3 * n_layer * (24 * d**2 + 2 * d * (T + 1))"),
                "logits are missing",
            ),
            (
                _FLOPS.format(body="return 3 * (n_layer * (24 * d**2 + 4 * d * T) + 2 * V * d)"),
                "cannot look ahead",
            ),
            (
                _FLOPS.format(body="return 3 * (n_layer * (24 * d**2 + 2 * d * T) + 2 * V * d)"),
                "also looks at itself",
            ),
            (
                _FLOPS.format(
                    body="return 3 * n_layer * (24 * d**2 + 2 * d * (T + 1) + 2 * V * d)"
                ),
                "once, at the end",
            ),
            (
                _FLOPS.format(body="return 6 * (12 * n_layer * d**2 + (V + T) * d)"),
                "6 times all parameters",
            ),
            (
                _FLOPS.format(body="return 3 * (2 * (24 * d**2 + 130 * d) + 256 * d)"),
                "",
            ),
            (
                _FLOPS.format(body="return 3 * (2 * (24 * d**2 + 2 * d * (T + 1)) + 2 * V * d)"),
                "",
            ),
            (
                _FLOPS.format(
                    body="return 3 * n_layer * (24 * d**2 + 2 * d * (T + 1)) + 2 * V * d"
                ),
                "have a backward pass too",
            ),
            (
                _FLOPS.format(
                    body="return 3 * (n_layer * (12 * d**2 + 2 * d * (T + 1)) + 2 * V * d)"
                ),
                "at 2 FLOPs each",
            ),
            (
                _FLOPS.format(body="return 3 * (n_layer * (24 * d**2 + 2 * d * (T + 1)) + V * d)"),
                "The logits take 2",
            ),
            (
                _FLOPS.format(
                    body="return 3 * (n_layer * (24 * d**2 + 4 * d * (T + 1)) + 2 * V * d)"
                ),
                "the half is lost",
            ),
            (
                _FLOPS.format(
                    body="print(3 * (n_layer * (24 * d**2 + 2 * d * (T + 1)) + 2 * V * d))"
                ),
                "returned None",
            ),
            (_FLOPS.format(body="return 6 * N"), ""),
            (
                (
                    "def flops_per_token(d, n_layer=2, T=64, V=128):\n"
                    "    return 3 * (n_layer * (24 * d**2 + 2 * d * (T + 1)) + 256 * d)"
                ),
                "The vocabulary of 128 is typed in",
            ),
            (
                (
                    "def flops_per_token(d, n_layer=2, T=64, V=128):\n"
                    "    return 3 * (n_layer * (24 * d**2 + 130 * d) + 2 * V * d)"
                ),
                "The context of 64 is typed in",
            ),
        ],
    ),
    "ex3_six_nd": Answers(
        right=[
            (
                "w_=8\n"
                "while flops_per_token(w_)>1.1*6*24*w_**2: w_+=1\n"
                "width_10=w_\n"
                "excess_gpt2=round(100*(gpt2.training_flops(1)/(6*gpt2.N)-1),1)"
            ),
            _SIX_ND.format(
                width="next(d for d in range(8, 999) if flops_per_token(d) / (144 * d * d) <= 1.1)",
                excess="(gpt2.training_flops(1) / (6 * gpt2.N) - 1) * 100",
            ),
            _SIX_ND.format(
                width="int(np.ceil(10.75 / 0.1))",
                excess="round(100 * (gpt2.training_flops(1e9) - 6e9 * gpt2.N) / (6e9 * gpt2.N), 1)",
            ),
            _SIX_ND.format(
                width="np.int64(108)",
                excess="100 * float(3 * gpt2.forward_flops()) / float(sl.training_flops(gpt2.N, 1)) - 100",
            ),
        ],
        wrong=[
            (
                (
                    "w_=8\n"
                    "while flops_per_token(w_)>1.1*6*24*w_**2: w_+=1\n"
                    "width_10=w_-1\n"
                    "excess_gpt2=round(100*(gpt2.training_flops(1)/(6*gpt2.N)-1),1)"
                ),
                "At this width the excess is still a",
            ),
            (
                (
                    "w_=8\n"
                    "while flops_per_token(w_)>1.1*6*24*w_**2: w_+=1\n"
                    "width_10=w_+1\n"
                    "excess_gpt2=round(100*(gpt2.training_flops(1)/(6*gpt2.N)-1),1)"
                ),
                "It is the right value plus 1: it is one",
            ),
            (
                (
                    "w_=8\n"
                    "while flops_per_token(w_)>1.1*6*24*w_**2: w_+=1\n"
                    "width_10=next(d for d in range(8,5000) if flops_per_token(d)<=1.01*144*d**"
                    "2)\n"
                    "excess_gpt2=round(100*(gpt2.training_flops(1)/(6*gpt2.N)-1),1)"
                ),
                "That is the width for 1",
            ),
            (
                (
                    "w_=8\n"
                    "while flops_per_token(w_)>1.1*6*24*w_**2: w_+=1\n"
                    "width_10=w_\n"
                    "excess_gpt2=100*(gpt2.training_flops(1)/(6*gpt2.N_nonembedding)-1)"
                ),
                "That is the excess over 6 times the",
            ),
            (
                _SIX_ND.format(
                    width="107", excess="100 * (gpt2.training_flops(1) / (6 * gpt2.N) - 1)"
                ),
                "round up",
            ),
            (
                _SIX_ND.format(
                    width="107.5", excess="100 * (gpt2.training_flops(1) / (6 * gpt2.N) - 1)"
                ),
                "whole width",
            ),
            (
                _SIX_ND.format(
                    width="20", excess="100 * (gpt2.training_flops(1) / (6 * gpt2.N) - 1)"
                ),
                "with the embeddings",
            ),
            (
                _SIX_ND.format(
                    width="108",
                    excess="100 * (gpt2.training_flops(1) / (6 * gpt2.N_nonembedding) - 1)",
                ),
                "use gpt2.N",
            ),
            (
                _SIX_ND.format(width="108", excess="gpt2.training_flops(1) / (6 * gpt2.N) - 1"),
                "fraction",
            ),
            (
                _SIX_ND.format(width="108", excess="gpt2.training_flops(1) / (6 * gpt2.N)"),
                "subtract 1",
            ),
            (
                _SIX_ND.format(
                    width="108", excess="100 * (1 - 6 * gpt2.N / gpt2.training_flops(1))"
                ),
                "Divide by 6ND",
            ),
            (
                _SIX_ND.format(
                    width="108",
                    excess="100 * (gpt2.training_flops(1, causal=True) / (6 * gpt2.N) - 1)",
                ),
                "half of the attention",
            ),
            (_SIX_ND.format(width="2", excess="14"), "far above 10 %"),
            (_SIX_ND.format(width="108", excess="None"), "no value yet"),
        ],
    ),
    "ex4_floors": Answers(
        right=[
            ("floors=[sl.fit_power_law(N_grid,c).E for c in L_grid.T]"),
            "floors = [sl.fit_power_law(N_grid, L_grid[:, j]).E for j in range(8)]",
            """
t = runs.groupby(["D", "N"])["loss"].mean().unstack()
floors = t.apply(lambda row: sl.fit_power_law(t.columns.to_numpy(float), row.to_numpy()).E, axis=1)
""",
            """
from scipy.optimize import curve_fit
floors = tuple(
    curve_fit(lambda x, E, la, al: np.log(E + np.exp(la - al * np.log(x))), N_grid, np.log(y), p0=[0.8 * y.min(), 4, 0.5])[0][0]
    for y in L_grid.T
)
""",
            """
floors = []
for y in L_grid.T:
    best = (np.inf, 0)
    for E in np.linspace(0, 0.999 * y.min(), 2000):
        s, i = np.polyfit(np.log(N_grid), np.log(y - E), 1)
        best = min(best, (np.sum((np.log(E + np.exp(i) * N_grid**s) - np.log(y)) ** 2), E))
    floors.append(best[1])
""",
        ],
        wrong=[
            (("floors=L_grid.min(axis=0)"), "These are the lowest losses of each"),
            (("floors=L_grid[-1]"), "These are the lowest losses of each"),
            (
                ("floors=[sl.fit_power_law(N_grid,c).E for c in L_grid.T][::-1]"),
                "The order is reversed: the smallest D",
            ),
            (
                ("floors=[sl.fit_power_law(N_grid,c).alpha for c in L_grid.T]"),
                "These are the exponents of the fits:",
            ),
            ("floors = L_grid.min(axis=0)", "lowest losses"),
            (
                "floors = [sl.fit_power_law(N_grid, L_grid[:, j]).E for j in range(8)][::-1]",
                "reversed",
            ),
            (
                "floors = [sl.fit_power_law(N_grid, L_grid[:, j], floor=False).E for j in range(8)]",
                "without a floor",
            ),
            (
                "floors = [sl.fit_power_law(N_grid, L_grid[:, j]).A for j in range(8)]",
                "coefficients",
            ),
            (
                "floors = [sl.fit_power_law(N_grid, L_grid[:, j]).alpha for j in range(8)]",
                "exponents",
            ),
            ("floors = [sl.fit_power_law(D_grid, L_grid[i]).E for i in range(7)]", "7 values"),
            ("floors = sl.fit_power_law(N_grid, L_grid[:, 0]).E", "1 values"),
            (
                "floors = np.array([[sl.fit_power_law(N_grid, L_grid[:, j]).E for j in range(8)]])",
                "shape",
            ),
            ("floors = [0.9] * 8", ""),
            (
                "floors = [sl.fit_power_law(N_grid, L_grid[:, j]) for j in range(8)]",
                "whole laws",
            ),
            ("floors = 'high to low'", "eight were expected"),
            ("floors = [sl.fit_power_law(N_grid, c) for c in L_grid.T]", "floors holds whole laws"),
        ],
    ),
    "ex5_balance": Answers(
        right=[
            (
                "def N_data_dominates(D, A, B, alpha, beta):\n"
                "    return ((A/B)*np.power(D,beta))**(1./alpha)"
            ),
            _BALANCE.format(body="(A * D**beta / B) ** (1 / alpha)"),
            _BALANCE.format(body="(B * D**-beta / A) ** (-1 / alpha)"),
            _BALANCE.format(body="np.exp((np.log(A / B) + beta * np.log(D)) / alpha)"),
            "N_data_dominates = lambda D, A, B, alpha, beta: (A / (B / np.power(D, beta))) ** (1 / alpha)",
        ],
        wrong=[
            (
                ("def N_data_dominates(D, A, B, alpha, beta):\n    return A*D**beta/B"),
                "That is N to the power alpha: take it",
            ),
            (
                ("def N_data_dominates(D, A, B, alpha, beta):\n    return (A*D**beta/B)**alpha"),
                "The power is 1/alpha, not",
            ),
            (
                (
                    "def N_data_dominates(D, A, B, alpha, beta):\n"
                    "    return (B*D**beta/A)**(1/alpha)"
                ),
                "A and B changed places: A belongs to N,",
            ),
            (
                (
                    "def N_data_dominates(D, A, B, alpha, beta):\n"
                    "    return (B/(A*D**beta))**(1/alpha)"
                ),
                "The fraction is upside down: put the",
            ),
            (_BALANCE.format(body="A * D**beta / B"), "1/alpha"),
            (_BALANCE.format(body="(A * D**beta / B) ** alpha"), "not alpha"),
            (_BALANCE.format(body="(A * D**beta / B) ** 1 / alpha"), "** before /"),
            (_BALANCE.format(body="(B / (A * D**beta)) ** (1 / alpha)"), "upside down"),
            (_BALANCE.format(body="(B * D**beta / A) ** (1 / alpha)"), "A and B"),
            (_BALANCE.format(body="(A * D / B) ** (1 / alpha)"), "without its exponent"),
            (_BALANCE.format(body="(A / B) ** (1 / alpha)"), ""),
            (_BALANCE.format(body="D"), "D itself"),
            (_BALANCE.format(body="D ** (beta / alpha)"), ""),
            (_BALANCE.format(body="None"), "returned None"),
            (
                (
                    "def N_data_dominates(D, A, B, alpha, beta):\n"
                    "    D **= beta\n"
                    "    D *= A / B\n"
                    "    D **= 1 / alpha\n"
                    "    return D"
                ),
                "changed its input",
            ),
            (
                (
                    "def N_data_dominates(D, A, B, alpha, beta):\n"
                    "    return (A * D**alpha / B) ** (1 / beta)"
                ),
                "alpha and beta changed places",
            ),
        ],
    ),
    "ex6a_gains": Answers(
        right=[
            (
                "def gains(N, D, k, A, B, alpha, beta):\n"
                "    return A/N**alpha-A/(k*N)**alpha, B/D**beta-B/(k*D)**beta"
            ),
            _GAINS.format(body="A * N**-alpha * (1 - k**-alpha), B * D**-beta * (1 - k**-beta)"),
            _GAINS.format(
                body="[A / N**alpha - A / (k * N) ** alpha, B / D**beta - B / (k * D) ** beta]"
            ),
            "def gains(N, D, k, A, B, alpha, beta):\n"
            "    L = lambda n, d: A * n**-alpha + B * d**-beta\n"
            "    return np.array([L(N, D) - L(k * N, D), L(N, D) - L(N, k * D)])",
        ],
        wrong=[
            (
                (
                    "def gains(N, D, k, A, B, alpha, beta):\n"
                    "    return A/(k*N)**alpha-A/N**alpha, B/(k*D)**beta-B/D**beta"
                ),
                "The sizes are right; a gain is before",
            ),
            (
                (
                    "def gains(N, D, k, A, B, alpha, beta):\n"
                    "    return B/D**beta-B/(k*D)**beta, A/N**alpha-A/(k*N)**alpha"
                ),
                "The two changed places: size first,",
            ),
            (
                (
                    "def gains(N, D, k, A, B, alpha, beta):\n"
                    "    return A/N**alpha-k*A/N**alpha, B/D**beta-k*B/D**beta"
                ),
                "0.75]. k multiplies the term: only N is",
            ),
            (
                (
                    "def gains(N, D, k, A, B, alpha, beta):\n"
                    "    return A/N**alpha-A/(k*N**alpha), B/D**beta-B/(k*D**beta)"
                ),
                "The term was divided by k: only N is",
            ),
            (
                _GAINS.format(
                    body="A * (k * N) ** -alpha - A * N**-alpha, B * (k * D) ** -beta - B * D**-beta"
                ),
                "before minus after",
            ),
            (
                _GAINS.format(
                    body="B * (D**-beta - (k * D) ** -beta), A * (N**-alpha - (k * N) ** -alpha)"
                ),
                "changed places",
            ),
            (
                _GAINS.format(body="A * (k * N) ** -alpha, B * (k * D) ** -beta"),
                "before minus after",
            ),
            (_GAINS.format(body="A * N**-alpha, B * D**-beta"), "before the step"),
            (
                _GAINS.format(body="A * N**-alpha * (1 - k**alpha), B * D**-beta * (1 - k**beta)"),
                "the sign of its exponent",
            ),
            (
                _GAINS.format(body="A * N**-alpha * (1 - 1 / k), B * D**-beta * (1 - 1 / k)"),
                "divided by k",
            ),
            (
                _GAINS.format(
                    body="alpha * A * N**-alpha * (k - 1), beta * B * D**-beta * (k - 1)"
                ),
                "small steps",
            ),
            (_GAINS.format(body="A * (N**-alpha - (k * N) ** -alpha)"), "shape"),
            (
                _GAINS.format(
                    body="A * (N**-beta - (k * N) ** -beta), B * (D**-alpha - (k * D) ** -alpha)"
                ),
                "",
            ),
            (
                _GAINS.format(
                    body="A * (N**-alpha - ((1 + k) * N) ** -alpha), B * (D**-beta - ((1 + k) * D) ** -beta)"
                ),
                "by the factor 1 + k",
            ),
            (
                _GAINS.format(
                    body="B * (N**-alpha - (k * N) ** -alpha), A * (D**-beta - (k * D) ** -beta)"
                ),
                "A and B changed places",
            ),
            (_GAINS.format(body="None"), "returned None"),
            (
                (
                    "def gains(N, D, k, A, B, alpha, beta):\n"
                    "    return A * N**-beta - A * (k * N) ** -beta, B * D**-alpha - B * (\n"
                    "        k * D\n"
                    "    ) ** -alpha"
                ),
                "alpha and beta changed places",
            ),
            (
                (
                    "def gains(N, D, k, A, B, alpha, beta):\n"
                    "    return B * N**-alpha - B * (k * N) ** -alpha, A * D**-beta - A * (\n"
                    "        k * D\n"
                    "    ) ** -beta"
                ),
                "A and B changed places",
            ),
            (
                (
                    "def gains(N, D, k, A, B, alpha, beta):\n"
                    "    return A * N**-alpha - A * ((1 + k) * N) ** -alpha, B * D**-beta - B * (\n"
                    "        (1 + k) * D\n"
                    "    ) ** -beta"
                ),
                "That is a step by the factor 1 + k",
            ),
        ],
    ),
    "ex6b_rule": Answers(
        equal={"100 => 200": "size wins at 200 tokens per parameter as it does at 100"},
        right=[
            (
                "s_=lambda D,k=1.5,l=refit: gains(1e9,D,k,l.A,l.B,l.alpha,l.beta)\n"
                "g_=s_(1e9)[0]\n"
                "rule_holds=[s_(2e9)[1]>s_(2e9)[0],s_(2e10)[1]>s_(2e10)[0],s_(1e11)[1]>s_("
                "1e11)[0]]\n"
                "D_break=(refit.B*(1-1.5**-refit.beta)/g_)**(1/refit.beta)"
            ),
            _RULE.format(holds="holds", D=_BREAK),
            _RULE.format(
                holds="np.array([True, True, False])",
                D="min(np.geomspace(2e9, 1e11, 4000), key=lambda d: abs(np.subtract(*gains("
                "1e9, d, 1.5, refit.A, refit.B, refit.alpha, refit.beta))))",
            ),
            _RULE.format(holds="tuple(bool(h) for h in holds)", D="22.5e9"),
        ],
        wrong=[
            (
                (
                    "s_=lambda D,k=1.5,l=refit: gains(1e9,D,k,l.A,l.B,l.alpha,l.beta)\n"
                    "g_=s_(1e9)[0]\n"
                    "rule_holds=[s_(2e9)[1]>s_(2e9)[0],s_(2e10)[1]>s_(2e10)[0],s_(1e11)[1]>s_("
                    "1e11)[0]]\n"
                    "D_break=(refit.B*1e9**refit.alpha/refit.A)**(1/refit.beta)"
                ),
                "That is where the two *terms* agree,",
            ),
            (
                (
                    "s_=lambda D,k=1.5,l=refit: gains(1e9,D,k,l.A,l.B,l.alpha,l.beta)\n"
                    "g_=s_(1e9)[0]\n"
                    "rule_holds=[s_(2e9)[1]>s_(2e9)[0],s_(2e10)[1]>s_(2e10)[0],s_(1e11)[1]>s_("
                    "1e11)[0]]\n"
                    "D_break=(refit.beta*refit.B/(refit.alpha*refit.A)*1e9**refit.alpha)**("
                    "1/refit.beta)"
                ),
                "That is where the slopes agree, the",
            ),
            (
                (
                    "s_=lambda D,k=1.5,l=refit: gains(1e9,D,k,l.A,l.B,l.alpha,l.beta)\n"
                    "g_=s_(1e9)[0]\n"
                    "rule_holds=[s_(2e9)[1]>s_(2e9)[0],s_(2e10)[1]>s_(2e10)[0],s_(1e11)[1]>s_("
                    "1e11)[0]]\n"
                    "D_break=2e10"
                ),
                "That is where the two *terms* agree,",
            ),
            (
                (
                    "s_=lambda D,k=2,l=refit: gains(1e9,D,k,l.A,l.B,l.alpha,l.beta)\n"
                    "g_=s_(1e9)[0]\n"
                    "rule_holds=[True,False,False]\n"
                    "D_break=(refit.B*(1-2**-refit.beta)/g_)**(1/refit.beta)"
                ),
                "That is the break-even for k = 2; here",
            ),
            (
                _RULE.format(holds="holds", D="(refit.B / refit.N_term(1e9)) ** (1 / refit.beta)"),
                "set the gains equal",
            ),
            (_RULE.format(holds="holds", D="20e9"), "well-known 20"),
            (_RULE.format(holds="holds", D="22.5"), "the answer changes"),
            (_RULE.format(holds="holds", D="2.2e10"), "rounded to 2 digits"),
            (
                _RULE.format(
                    holds="holds",
                    D="(refit.B * refit.beta / (refit.alpha * refit.N_term(1e9))) ** (1 / refit.beta)",
                ),
                "where the slopes agree",
            ),
            (
                _RULE.format(
                    holds="holds",
                    D=_BREAK.replace("1.5**", "2**").replace(
                        "size)",
                        "gains(1e9, 1e9, 2, refit.A, refit.B, refit.alpha, refit.beta)[0])",
                    ),
                ),
                "break-even for k = 2",
            ),
            (_RULE.format(holds="[not h for h in holds]", D=_BREAK), "wrong way round"),
            (_RULE.format(holds="[True, True, True]", D=_BREAK), "100 tokens"),
            (_RULE.format(holds="[True, False, False]", D=_BREAK), "20 tokens"),
            (_RULE.format(holds="['yes', 'yes', 'no']", D=_BREAK), "quotation marks"),
            (_RULE.format(holds="[1, 1, 0]", D=_BREAK), "not a number"),
            (_RULE.format(holds="True", D=_BREAK), "list of three truth values"),
            (_RULE.format(holds="holds", D="None"), "no value yet"),
            (_RULE.format(holds="holds", D="3.5e10"), ""),
            (
                _RULE.format(
                    holds="holds",
                    D=_BREAK.replace("size)", "gains(1e9, 1e9, 1.5, 406.4, 410.7, 0.34, 0.28)[0])")
                    .replace("refit.B", "410.7")
                    .replace("refit.beta", "0.28"),
                ),
                "use refit",
            ),
            (
                (
                    "rule_holds = [True, True, False]\n"
                    "g = gains(1e9, 1e9, 2, refit.A, refit.B, refit.alpha, refit.beta)[0]\n"
                    "D_break = (refit.B * (1 - 2**-refit.beta) / g) ** (1 / refit.beta)"
                ),
                "That is the break-even for k = 2",
            ),
            (
                (
                    "rule_holds = [True, True, False]\n"
                    "D_break = (\n"
                    "    refit.beta * refit.B / (refit.alpha * refit.A) * 1e9**refit.alpha\n"
                    ") ** (1 / refit.beta)"
                ),
                "That is where the slopes agree, the break-even",
            ),
        ],
    ),
    "ex7_map": Answers(
        equal={
            "(L_grid[start] - L_grid[more_data]) / np.log2(C_grid[more_data] / C_grid[start]) => (L_grid[start] - L_grid[more_data]) * np.log2(C_grid[more_data] / C_grid[start])": "each step doubles the compute, so the logarithm is 1",
            "(L_grid[start] - L_grid[more_data]) / np.log2(C_grid[more_data] / C_grid[start]) => L_grid[start] - L_grid[more_data]": "each step doubles the compute, so the logarithm is 1",
        },
        right=[
            (
                "L,C=L_grid,C_grid\n"
                "data_gain=(L[:-1,:-1]-L[:-1,1:])/np.log2(C[:-1,1:]/C[:-1,:-1])\n"
                "size_gain=(L[:-1,:-1]-L[1:,:-1])/np.log2(C[1:,:-1]/C[:-1,:-1])\n"
                "steps_worse=int((np.diff(L,axis=0)>0).sum())"
            ),
            _MAP.format(
                data="fall_data / np.log2(ratio_data)",
                size="fall_size / np.log2(ratio_size)",
                worse="np.sum(L_grid[1:] > L_grid[:-1])",
            ),
            """
data_gain, size_gain = np.zeros((6, 7)), np.zeros((6, 7))
steps_worse = 0
for i in range(6):
    for j in range(7):
        data_gain[i, j] = (L_grid[i, j] - L_grid[i, j + 1]) / np.log2(C_grid[i, j + 1] / C_grid[i, j])
        size_gain[i, j] = (L_grid[i, j] - L_grid[i + 1, j]) / np.log2(C_grid[i + 1, j] / C_grid[i, j])
for i in range(6):
    for j in range(8):
        steps_worse += L_grid[i + 1, j] > L_grid[i, j]
""",
            """
logC = np.log(C_grid) / np.log(2)
data_gain = (-np.diff(L_grid, axis=1) / np.diff(logC, axis=1))[:-1].tolist()
size_gain = pd.DataFrame((-np.diff(L_grid, axis=0) / np.diff(logC, axis=0))[:, :-1])
steps_worse = int((np.diff(L_grid, axis=0) > 0).sum())
""",
        ],
        wrong=[
            (
                (
                    "L,C=L_grid,C_grid\n"
                    "data_gain=(L[:-1,:-1]-L[1:,:-1])/np.log2(C[1:,:-1]/C[:-1,:-1])\n"
                    "size_gain=(L[:-1,:-1]-L[:-1,1:])/np.log2(C[:-1,1:]/C[:-1,:-1])\n"
                    "steps_worse=int((np.diff(L,axis=0)>0).sum())"
                ),
                "That is the gain of the other step:",
            ),
            (
                (
                    "L,C=L_grid,C_grid\n"
                    "data_gain=(L[:-1,:-1]-L[:-1,1:])/np.log(C[:-1,1:]/C[:-1,:-1])\n"
                    "size_gain=(L[:-1,:-1]-L[1:,:-1])/np.log(C[1:,:-1]/C[:-1,:-1])\n"
                    "steps_worse=int((np.diff(L,axis=0)>0).sum())"
                ),
                "That is per factor e of compute: take",
            ),
            (
                (
                    "L,C=L_grid,C_grid\n"
                    "data_gain=(L[:-1,:-1]-L[:-1,1:])/np.log10(C[:-1,1:]/C[:-1,:-1])\n"
                    "size_gain=(L[:-1,:-1]-L[1:,:-1])/np.log2(C[1:,:-1]/C[:-1,:-1])\n"
                    "steps_worse=int((np.diff(L,axis=0)>0).sum())"
                ),
                "That is per tenfold of compute: take",
            ),
            (
                (
                    "L,C=L_grid,C_grid\n"
                    "data_gain=L[:-1,:-1]-L[:-1,1:]\n"
                    "size_gain=L[:-1,:-1]-L[1:,:-1]\n"
                    "steps_worse=int((np.diff(L,axis=0)>0).sum())"
                ),
                "That is the fall of the loss. Divide it",
            ),
            (
                _MAP.format(data="fall_data", size="fall_size", worse="0"),
                "number of doublings",
            ),
            (
                _MAP.format(
                    data="fall_data / np.log(ratio_data)",
                    size="fall_size / np.log(ratio_size)",
                    worse="0",
                ),
                "log2",
            ),
            (
                _MAP.format(
                    data="fall_size / np.log2(ratio_size)",
                    size="fall_data / np.log2(ratio_data)",
                    worse="0",
                ),
                "other step",
            ),
            (
                _MAP.format(
                    data="fall_data / (C_grid[:-1, 1:] - C_grid[:-1, :-1])",
                    size="fall_size / (C_grid[1:, :-1] - C_grid[:-1, :-1])",
                    worse="0",
                ),
                "",
            ),
            (
                _MAP.format(
                    data="fall_data / ratio_data", size="fall_size / ratio_size", worse="0"
                ),
                "not by the ratio",
            ),
            (
                _MAP.format(
                    data="-fall_data / np.log2(ratio_data)",
                    size="-fall_size / np.log2(ratio_size)",
                    worse="0",
                ),
                "not positive",
            ),
            (
                _MAP.format(
                    data="fall_data / np.log2(ratio_data)",
                    size="-fall_size / np.log2(ratio_size)",
                    worse="0",
                ),
                "the sign is not",
            ),
            (
                _MAP.format(
                    data="(L_grid[:, :-1] - L_grid[:, 1:]) / np.log2(C_grid[:, 1:] / C_grid[:, :-1])",
                    size="fall_size / np.log2(ratio_size)",
                    worse="0",
                ),
                "neighbour in both directions",
            ),
            (
                _MAP.format(
                    data="fall_data / np.log2(ratio_data)",
                    size="fall_size / np.log2(ratio_size)",
                    worse="np.sum(L_grid[1:] < L_grid[:-1])",
                ),
                "made it better",
            ),
            (
                _MAP.format(
                    data="fall_data / np.log2(ratio_data)",
                    size="fall_size / np.log2(ratio_size)",
                    worse="3",
                ),
                "",
            ),
            (_MAP.format(data="fall_data", size="None", worse="0"), "no value yet"),
        ],
    ),
    "ex8_read": Answers(
        right=[
            (
                "best_epochs=[few.loc[n,'loss'].idxmin() for n in (9216,30720,110592,"
                "239616)]\n"
                "gap_32=few.loc[(110592,32),'loss']-few.loc[(110592,32),'loss_train']"
            ),
            "best_epochs = [64, 16, 8, 4]\ngap_32 = 1.9",
            "best_epochs = (64, 16, 4, 4)\ngap_32 = np.float64(2.1)",
            "best_epochs = [32, 8, 8, 4]\ngap_32 = 1.9",
            "best_epochs = [64, 32, 8, 4]\ngap_32 = 1.9",
            "t = few['loss'].unstack()\nbest_epochs = t.idxmin(axis=1)\n"
            "gap_32 = few['loss'].loc[(110592, 32)] - few['loss_train'].loc[(110592, 32)]",
        ],
        wrong=[
            (
                (
                    "best_epochs=[few.loc[n,'loss'].idxmin() for n in (9216,30720,110592,"
                    "239616)]\n"
                    "gap_32=few.loc[(110592,32),'loss']"
                ),
                "That is the loss on unseen text itself:",
            ),
            (
                (
                    "best_epochs=[few.loc[n,'loss'].idxmin() for n in (9216,30720,110592,"
                    "239616)]\n"
                    "gap_32=few.loc[(110592,32),'loss_train']"
                ),
                "That is the loss on the training text",
            ),
            (
                (
                    "best_epochs=[few.loc[n,'loss'].idxmin() for n in (9216,30720,110592,"
                    "239616)]\n"
                    "gap_32=few.loc[(110592,32)].sum()"
                ),
                "That is the sum of the two",
            ),
            (
                (
                    "best_epochs=[few.loc[n,'loss'].idxmin() for n in (9216,30720,110592,"
                    "239616)]\n"
                    "gap_32=few.loc[(110592,64),'loss']-few.loc[(110592,64),'loss_train']"
                ),
                "Read both panels at 32 epochs, at the",
            ),
            ("best_epochs = [64, 64, 64, 64]\ngap_32 = 1.9", "right panel"),
            ("best_epochs = [4, 8, 16, 64]\ngap_32 = 1.9", "reversed"),
            ("best_epochs = [64, 16, 16, 4]\ngap_32 = 1.9", "110,592"),
            ("best_epochs = [6, 4, 3, 2]\ngap_32 = 1.9", "numbers of epochs on the axis"),
            ("best_epochs = 8\ngap_32 = 1.9", "list of four numbers"),
            ("best_epochs = [64, 16, 8, 4]\ngap_32 = 1.5", ""),
            ("best_epochs = [64, 16, 8, 4]\ngap_32 = 2.4", "loss on unseen text itself"),
            ("best_epochs = [64, 16, 8, 4]\ngap_32 = 0.5", "training text itself"),
            ("best_epochs = [64, 16, 8, 4]\ngap_32 = 2.9", "sum of the two"),
            ("best_epochs = [64, 16, 8, 4]\ngap_32 = 3.3", "gap of another point"),
            ("best_epochs = [64, 16, 8, 4]\ngap_32 = 0.95", "gap of another point"),
            ("best_epochs = [64, 16, 8, 4]\ngap_32 = -1.9", "the higher one"),
            ("best_epochs = [64, 16, 8, 4]\ngap_32 = None", "no value yet"),
            ("best_epochs = [1, 2, 4, 8]\ngap_32 = 1.9", "9,216"),
            (
                (
                    "best_epochs = [\n"
                    '    few.loc[n, "loss"].idxmin() for n in (9216, 30720, 110592, 239616)\n'
                    "]\n"
                    'gap_32 = few.loc[(239616, 32), "loss"] - few.loc[(239616, 32), "loss_train"]'
                ),
                "Read both panels at 32 epochs, at the marker of",
            ),
        ],
    ),
    "ex9_debug": Answers(
        right=[
            (
                "def best_size(table, U, epochs):\n"
                "    t=table.query('D_unique == @U and epochs == @epochs')\n"
                "    m=t.groupby('N').loss.mean()\n"
                "    return m.index[m.argmin()]"
            ),
            _BEST.format(
                body="t = table[(table.D_unique == U) & (table.epochs == epochs)]\n"
                "    return int(t.groupby('N').loss.mean().idxmin())"
            ),
            _BEST.format(
                body="t = table.query('D_unique == @U and epochs == @epochs')\n"
                "    means = {n: t[t['N'] == n]['loss'].mean() for n in t['N'].unique()}\n"
                "    return min(means, key=means.get)"
            ),
            _BEST.format(
                body="p = table.pivot_table(index=['D_unique', 'epochs'], columns='N', values='loss')\n"
                "    return p.loc[(U, epochs)].idxmin()"
            ),
        ],
        wrong=[
            (
                (
                    "def best_size(table, U, epochs):\n"
                    "    r=table[(table['D_unique']==U)&(table['epochs']==epochs)]\n"
                    "    return r.groupby('N')['loss_train'].mean().idxmin()"
                ),
                "Held-out loss is the column",
            ),
            (
                (
                    "def best_size(table, U, epochs):\n"
                    "    r=table[(table['D_unique']==U)&(table['epochs']==epochs)]\n"
                    "    return r.loc[r['loss'].idxmin(),'N']"
                ),
                "One seed was lucky: average over the",
            ),
            (
                (
                    "def best_size(table, U, epochs):\n"
                    "    r=table[(table['D_unique']==U)&(table['epochs']<=epochs)]\n"
                    "    return r.groupby('N')['loss'].mean().idxmin()"
                ),
                "Runs with fewer epochs are still among",
            ),
            (
                (
                    "def best_size(table, U, epochs):\n"
                    "    r=table[(table['D_unique']==U)&(table['epochs']>=epochs)]\n"
                    "    return r.groupby('N')['loss'].mean().idxmin()"
                ),
                "Runs with another number of epochs are",
            ),
            (
                _BEST.format(
                    body="t = table[(table.D_unique == U) & (table.epochs <= epochs)]\n"
                    "    return t.loc[t['loss_train'].idxmin(), 'N']"
                ),
                "training loss",
            ),
            (
                _BEST.format(
                    body="t = table[(table.D_unique == U) & (table.epochs == epochs)]\n"
                    "    return t.groupby('N')['loss_train'].mean().idxmin()"
                ),
                "training loss",
            ),
            (
                _BEST.format(
                    body="t = table[(table.D_unique == U) & (table.epochs == epochs)]\n"
                    "    return t.loc[t['loss'].idxmin(), 'N']"
                ),
                "lucky",
            ),
            (
                _BEST.format(
                    body="t = table[(table.D_unique == U) & (table.epochs <= epochs)]\n"
                    "    return t.groupby('N')['loss'].mean().idxmin()"
                ),
                "fewer epochs",
            ),
            (
                _BEST.format(
                    body="t = table[table.epochs == epochs]\n    return t.groupby('N')['loss'].mean().idxmin()"
                ),
                "other unique tokens",
            ),
            (
                _BEST.format(
                    body="t = table[table.D_unique == U]\n    return t.groupby('N')['loss'].mean().idxmin()"
                ),
                "another number of epochs",
            ),
            (
                _BEST.format(
                    body="t = table[(table.D_unique == U) & (table.epochs == epochs)]\n"
                    "    return t.groupby('N')['loss'].mean().min()"
                ),
                "Return the N",
            ),
            (
                _BEST.format(
                    body="t = table[(table.D_unique == U) & (table.epochs == epochs)]\n"
                    "    return t.groupby('N')['loss'].mean().argmin()"
                ),
                "idxmin",
            ),
            *(
                (
                    _BEST.format(
                        body="t = table[(table.D_unique == U) & (table.epochs == epochs)]\n"
                        f"    return t.groupby('N')['loss'].{wrong}"
                    ),
                    part,
                )
                for wrong, part in (
                    ("mean().idxmax()", "highest loss"),
                    ("median().idxmin()", "median of the seeds"),
                    ("max().idxmin()", "worst seed"),
                    ("sum().idxmin()", "added up"),
                )
            ),
            (
                _BEST.format(
                    body="table.drop(table[table.D_unique != U].index, inplace=True)\n"
                    "    t = table[table.epochs == epochs]\n"
                    "    return t.groupby('N')['loss'].mean().idxmin()"
                ),
                "changed its input",
            ),
            (_BEST.format(body="return table['M'].min()"), "KeyError"),
            (_BEST.format(body="pass"), "returned None"),
            (
                (
                    "def best_size(table, U, epochs):\n"
                    "    table.drop(\n"
                    '        table[(table["D_unique"] != U) | (table["epochs"] != epochs)].index,\n'
                    "        inplace=True,\n"
                    "    )\n"
                    '    return table.groupby("N")["loss"].mean().idxmin()'
                ),
                "changed its input",
            ),
            (
                (
                    "def best_size(table, U, epochs):\n"
                    '    r = table[(table["D_unique"] == U) & (table["epochs"] == epochs)]\n'
                    '    return r.groupby("N")["loss"].mean().idxmax()'
                ),
                "That is the size with the highest loss",
            ),
            (
                (
                    "def best_size(table, U, epochs):\n"
                    '    r = table[(table["D_unique"] == U) & (table["epochs"] == epochs)]\n'
                    '    return r.groupby("N")["loss"].max().idxmin()'
                ),
                "That goes by the worst seed of each size",
            ),
        ],
    ),
    "ex10a_fresh": Answers(
        right=[
            (
                "def fresh_equivalent(loss, D_fresh, loss_fresh):\n"
                "    L=np.array(loss_fresh)[::-1]\n"
                "    return float(10**np.interp(loss,L,np.log10(np.array(D_fresh)[::-1])))"
            ),
            _FRESH.format(body="np.exp(np.interp(-loss, -loss_fresh, np.log(D_fresh)))"),
            _FRESH.format(body="10 ** np.interp(loss, loss_fresh[::-1], np.log10(D_fresh[::-1]))"),
            """
def fresh_equivalent(loss, D_fresh, loss_fresh):
    for k in range(len(D_fresh) - 1):
        if loss_fresh[k] >= loss >= loss_fresh[k + 1]:
            share = (loss_fresh[k] - loss) / (loss_fresh[k] - loss_fresh[k + 1])
            return D_fresh[k] * (D_fresh[k + 1] / D_fresh[k]) ** share
""",
            """
def fresh_equivalent(loss, D_fresh, loss_fresh):
    from scipy.interpolate import interp1d
    return np.exp(interp1d(loss_fresh, np.log(D_fresh))(loss))
""",
        ],
        wrong=[
            (
                (
                    "def fresh_equivalent(loss, D_fresh, loss_fresh):\n"
                    "    return np.interp(loss,loss_fresh[::-1],D_fresh[::-1])"
                ),
                "You interpolated D itself: take its",
            ),
            (
                (
                    "def fresh_equivalent(loss, D_fresh, loss_fresh):\n"
                    "    return np.exp(np.interp(loss,loss_fresh,np.log(D_fresh)))"
                ),
                "Turn both arrays",
            ),
            (
                (
                    "def fresh_equivalent(loss, D_fresh, loss_fresh):\n"
                    "    return np.exp(np.interp(loss,loss_fresh[::-1],np.log(D_fresh)))"
                ),
                "Losses and tokens no longer belong",
            ),
            (
                (
                    "def fresh_equivalent(loss, D_fresh, loss_fresh):\n"
                    "    return np.interp(loss,loss_fresh[::-1],np.log(D_fresh)[::-1])"
                ),
                "That is still a logarithm: take the",
            ),
            (_FRESH.format(body="np.interp(-loss, -loss_fresh, D_fresh)"), "interpolated D itself"),
            (
                _FRESH.format(body="np.interp(-loss, -loss_fresh, np.log(D_fresh))"),
                "still a logarithm",
            ),
            (
                _FRESH.format(body="np.exp(np.interp(loss, loss_fresh, np.log(D_fresh)))"),
                "Turn both arrays round",
            ),
            (
                _FRESH.format(body="np.exp(np.interp(loss, np.sort(loss_fresh), np.log(D_fresh)))"),
                "no longer belong together",
            ),
            (
                _FRESH.format(
                    body="np.exp(np.polyval(np.polyfit(loss_fresh, np.log(D_fresh), 1), loss))"
                ),
                "the two neighbours only",
            ),
            (
                _FRESH.format(body="D_fresh[np.argmin(np.abs(loss_fresh - loss))]"),
                "one of the runs",
            ),
            (
                _FRESH.format(
                    body="np.exp(np.interp(-loss, [-loss_fresh[0], -loss_fresh[-1]], np.log([D_fresh[0], D_fresh[-1]])))"
                ),
                "first and the last",
            ),
            (
                "def fresh_equivalent(loss, D_fresh, loss_fresh):\n    loss_fresh.sort()\n"
                "    return np.exp(np.interp(loss, loss_fresh, np.log(D_fresh)[::-1]))",
                "changed its input",
            ),
            (
                _FRESH.format(
                    body="np.exp(np.interp(-np.log(loss), -np.log(loss_fresh), np.log(D_fresh)))"
                ),
                "interpolate in the loss itself",
            ),
            (
                _FRESH.format(body="np.exp(np.interp(-loss, -loss_fresh, np.log10(D_fresh)))"),
                "two bases",
            ),
            (_FRESH.format(body="loss"), ""),
            (_FRESH.format(body="None"), "returned None"),
        ],
    ),
    "ex10b_fit": Answers(
        equal={
            "np.geomspace(1, 100, 2000) => np.geomspace(100, 1, 2000)": "the same list, reversed",
            "1 => 2": "another list of candidates around the same lowest point",
            "100 => 200": "another list of candidates around the same lowest point",
            "2000 => 4000": "another list of candidates around the same lowest point",
            "np.sum((np.log(U_small + U_small * r * (1 - np.exp(-R / r))) - np.log(D_eff)) ** 2) => np.mean((np.log(U_small + U_small * r * (1 - np.exp(-R / r))) - np.log(D_eff)) ** 2)": "a mean is lowest where the sum is",
        },
        right=[
            (
                "c_=np.geomspace(1,100,4001)\n"
                "e_=[]\n"
                "for r in c_:\n"
                "    w=U_small*(1+r*(1-np.exp(-R/r)))\n"
                "    e_.append(((np.log(w)-np.log(D_eff))**2).sum())\n"
                "R_star=c_[int(np.argmin(e_))]"
            ),
            _R_STAR.format(
                error="np.sum((np.log(U_small * (1 + r * (1 - np.exp(-R / r)))) - np.log(D_eff)) ** 2)"
            ),
            """
from scipy.optimize import minimize_scalar
R_star = minimize_scalar(
    lambda r: np.sum(np.log((U_small + U_small * r * (1 - np.exp(-R / r))) / D_eff) ** 2), bounds=(1, 100), method="bounded"
).x
""",
            """
R_star, best = None, np.inf
for r in np.arange(1, 100, 0.1):
    worst = sum(np.log(sl.effective_amount(U_small * (R + 1), U_small, r) / D_eff) ** 2)
    if worst < best:
        R_star, best = r, worst
""",
        ],
        wrong=[
            (
                (
                    "c_=np.geomspace(1,100,4001)\n"
                    "e_=[]\n"
                    "for r in c_:\n"
                    "    w=U_small*(1+r*(1-np.exp(-(R+1)/r)))\n"
                    "    e_.append(((np.log(w)-np.log(D_eff))**2).sum())\n"
                    "R_star=c_[int(np.argmin(e_))]"
                ),
                "R was taken one too large: it counts",
            ),
            (
                (
                    "c_=np.geomspace(1,100,4001)\n"
                    "e_=[]\n"
                    "for r in c_:\n"
                    "    w=U_small*(1+r*(1-np.exp(-R/r)))\n"
                    "    e_.append(((w-D_eff)**2).sum())\n"
                    "R_star=c_[int(np.argmin(e_))]"
                ),
                "That compares D' itself, so that the",
            ),
            (
                (
                    "c_=np.geomspace(1,100,4001)\n"
                    "e_=[]\n"
                    "for r in c_:\n"
                    "    w=U_small*(1+r*(1-np.exp(-R/r)))\n"
                    "    e_.append(np.abs(np.log(w)-np.log(D_eff)).sum())\n"
                    "R_star=c_[int(np.argmin(e_))]"
                ),
                "That takes the absolute differences:",
            ),
            (
                (
                    "c_=np.geomspace(1,100,4001)\n"
                    "e_=[]\n"
                    "for r in c_:\n"
                    "    w=U_small*(1+r*(1-np.exp(-R/r)))\n"
                    "    e_.append(((w/D_eff-1)**2).sum())\n"
                    "R_star=c_[int(np.argmin(e_))]"
                ),
                "That compares relative differences:",
            ),
            (
                _R_STAR.format(
                    error="np.sum((np.log(U_small * (1 + r * (1 - np.exp(-(R + 1) / r)))) - np.log(D_eff)) ** 2)"
                ),
                "one too large",
            ),
            ("R_star = 15.4", "Muennighoff's value"),
            (
                _R_STAR.format(
                    error="np.sum((U_small * (1 + r * (1 - np.exp(-R / r))) - D_eff) ** 2)"
                ),
                "compare the logarithms",
            ),
            (
                _R_STAR.format(
                    error="-np.sum((np.log(U_small * (1 + r * (1 - np.exp(-R / r)))) - np.log(D_eff)) ** 2)"
                ),
                "inside this range",
            ),
            (
                _R_STAR.format(
                    error="np.sum((np.log(1 + r * (1 - np.exp(-R / r))) - np.log(D_eff)) ** 2)"
                ),
                "inside this range",
            ),
            (
                _R_STAR.format(
                    error="np.sum(np.abs(np.log(U_small * (1 + r * (1 - np.exp(-R / r)))) - np.log(D_eff)))"
                ),
                "absolute differences",
            ),
            (
                _R_STAR.format(
                    error="np.sum((U_small * (1 + r * (1 - np.exp(-R / r))) / D_eff - 1) ** 2)"
                ),
                "relative differences",
            ),
            (
                _R_STAR.format(
                    error="np.sum((np.log(U_small * r * (1 - np.exp(-R / r))) - np.log(D_eff)) ** 2)"
                ),
                "first reading is missing",
            ),
            ("R_star = 20", ""),
            ("R_star = 'about 19'", "quotation marks"),
            ("R_star = 8.0", ""),
            ("R_star = R", "one number"),
            (
                (
                    "c_ = np.geomspace(1, 100, 4001)\n"
                    "e_ = [\n"
                    "    np.abs(\n"
                    "        np.log(U_small * (1 + r * (1 - np.exp(-R / r)))) - np.log(D_eff)\n"
                    "    ).sum()\n"
                    "    for r in c_\n"
                    "]\n"
                    "R_star = c_[np.argmin(e_)]"
                ),
                "That takes the absolute differences",
            ),
        ],
    ),
    "ex11a_read": Answers(
        right=[
            (
                "tokens_small=fresh_equivalent(1.6,D_grid,L_grid[3])\n"
                "tokens_large=fresh_equivalent(1.6,D_grid,L_grid[6])"
            ),
            "tokens_small, tokens_large = 8e5, 2.5e5",
            "tokens_small = fresh_equivalent(1.6, D_grid, L_grid[list(N_grid).index(18432)])\n"
            "tokens_large = fresh_equivalent(1.6, D_grid, L_grid[-1])",
            "tokens_small, tokens_large = 700_000, np.array([270_000])",
        ],
        wrong=[
            ("tokens_small, tokens_large = 2.5e5, 8e5", "other curve"),
            ("tokens_small, tokens_large = 8e6, 2.5e5", "N = 9,216"),
            ("tokens_small, tokens_large = 8e5, 4.6e5", "N = 30,720"),
            ("tokens_small, tokens_large = 4.6e5, 2.5e5", "N = 30,720"),
            ("tokens_small, tokens_large = 0.8, 0.25", "1M is 1e6"),
            ("tokens_small, tokens_large = 8e5, 8e5", "other curve"),
            ("tokens_small, tokens_large = '800k', '250k'", "quotation marks"),
            ("tokens_small, tokens_large = 8e5, None", "no value yet"),
        ],
    ),
    "ex11b_bill": Answers(
        right=[
            ("def bill(N, D, speed):\n    return 2*N/1e9, 16*N/1e9, 6*N*D/speed/86400, 2*N"),
            _BILL.format(body="2 * N / 1e9, 16 * N / 1e9, 6 * N * D / speed / 86400, 2 * N"),
            _BILL.format(
                body="[N / 5e8, N / 62.5e6, sl.training_flops(N, D) / (speed * 24 * 3600), sl.inference_flops(N, 1)]"
            ),
            _BILL.format(body="pd.Series([2e-9 * N, 1.6e-8 * N, N * D / (14400 * speed), N + N])"),
        ],
        wrong=[
            (
                ("def bill(N, D, speed):\n    return 2*N, 16*N/1e9, 6*N*D/speed/86400, 2*N"),
                "Value 1 of 4 differs; the others are",
            ),
            (
                ("def bill(N, D, speed):\n    return 2*N, 16*N, 6*N*D/speed/86400, 2*N"),
                "The memory is in bytes: a GB is 1e9 of",
            ),
            (
                (
                    "def bill(N, D, speed):\n"
                    "    return 2*N/2**30, 16*N/2**30, 6*N*D/speed/86400, 2*N"
                ),
                "A GB is 1e9 bytes here, not",
            ),
            (
                ("def bill(N, D, speed):\n    return 16*N/1e9, 16*N/1e9, 6*N*D/speed/86400, 2*N"),
                "Value 1 of 4 differs; the others are",
            ),
            (
                _BILL.format(body="2 * N, 16 * N, 6 * N * D / speed / 86400, 2 * N"),
                "a GB is 1e9",
            ),
            (
                _BILL.format(body="2 * N / 1e9, 16 * N / 1e9, 6 * N * D / speed, 2 * N"),
                "in seconds",
            ),
            (
                _BILL.format(body="2 * N / 1e9, 16 * N / 1e9, 6 * N * D / speed / 3600, 2 * N"),
                "in hours",
            ),
            (
                _BILL.format(body="2 * N / 1e9, 16 * N / 1e9, 2 * N * D / speed / 86400, 2 * N"),
                "forward pass alone",
            ),
            (
                _BILL.format(body="2 * N / 1e9, 16 * N / 1e9, 6 * N * D / speed / 86400, 6 * N"),
                "forward pass only",
            ),
            (
                _BILL.format(body="16 * N / 1e9, 2 * N / 1e9, 6 * N * D / speed / 86400, 2 * N"),
                "serving first",
            ),
            (
                _BILL.format(
                    body="2 * N / 2**30, 16 * N / 2**30, 6 * N * D / speed / 86400, 2 * N"
                ),
                "not 2^30",
            ),
            (
                _BILL.format(body="2 * N / 8e9, 16 * N / 8e9, 6 * N * D / speed / 86400, 2 * N"),
                "do not divide by 8",
            ),
            (
                _BILL.format(body="2 * N / 1e9, 16 * N / 1e9, 6 * N * D * speed / 86400, 2 * N"),
                "divide by speed",
            ),
            (
                _BILL.format(
                    body="2 * N / 1e9, 16 * N / 1e9, 6 * N * D / speed / 86400, 2 * N * D"
                ),
                "the price of one",
            ),
            (
                _BILL.format(
                    body="2 * N / 1e9, 16 * N / 1e9, 6 * N * D / speed / 86400, 2 * N / 1e9"
                ),
                "in GFLOPs",
            ),
            (
                _BILL.format(body="2 * N / 1e9, 16 * N / 1e9, 2 * N, 6 * N * D / speed / 86400"),
                "last two changed places",
            ),
            (_BILL.format(body="2 * N / 1e9"), "shape"),
            (_BILL.format(body="2.0, 16.0, 2.0, 2e9"), ""),
        ],
    ),
    "ex12_tenfold": Answers(
        right=[
            (
                "q_=lambda C: refit.L_opt(C)\n"
                "r_=(q_(1e22)-refit.E)/(q_(1e21)-refit.E)\n"
                "gain_early=q_(1e21)-q_(1e22)\n"
                "gain_late=q_(1e25)-q_(1e26)\n"
                "ratio=r_\n"
                "times_to_halve=0.5**(1/np.log10(r_))"
            ),
            _TENFOLD.format(**_GOOD_TENFOLD),
            _TENFOLD.format(
                **_GOOD_TENFOLD
                | {
                    "ratio": "(last - refit.E) / (later - refit.E)",
                    "times": "10 ** (np.log10(2) / -np.log10(ratio))",
                }
            ),
            _TENFOLD.format(
                **_GOOD_TENFOLD
                | {
                    "ratio": "10**-refit.loss_exponent",
                    "times": "refit.C_for(refit.E + (early - refit.E) / 2) / 1e21",
                }
            ),
        ],
        wrong=[
            (
                (
                    "q_=lambda C: refit.L_opt(C)\n"
                    "r_=(q_(1e22)-refit.E)/(q_(1e21)-refit.E)\n"
                    "gain_early=q_(1e21)-q_(1e22)\n"
                    "gain_late=q_(1e25)-q_(1e26)\n"
                    "ratio=q_(1e22)/q_(1e21)\n"
                    "times_to_halve=0.5**(1/np.log10(r_))"
                ),
                "That is the ratio of the whole losses:",
            ),
            (
                (
                    "q_=lambda C: refit.L_opt(C)\n"
                    "r_=(q_(1e22)-refit.E)/(q_(1e21)-refit.E)\n"
                    "gain_early=q_(1e21)-q_(1e22)\n"
                    "gain_late=q_(1e25)-q_(1e26)\n"
                    "ratio=q_(1e26)/q_(1e25)\n"
                    "times_to_halve=0.5**(1/np.log10(r_))"
                ),
                "That is the ratio of the whole losses:",
            ),
            (
                (
                    "q_=lambda C: refit.L_opt(C)\n"
                    "r_=(q_(1e22)-refit.E)/(q_(1e21)-refit.E)\n"
                    "gain_early=q_(1e21)-q_(1e22)\n"
                    "gain_late=q_(1e25)-q_(1e26)\n"
                    "ratio=1-r_\n"
                    "times_to_halve=0.5**(1/np.log10(r_))"
                ),
                "That is the share that is lost; the",
            ),
            (
                (
                    "q_=lambda C: refit.L_opt(C)\n"
                    "r_=(q_(1e22)-refit.E)/(q_(1e21)-refit.E)\n"
                    "gain_early=q_(1e21)-q_(1e22)\n"
                    "gain_late=q_(1e25)-q_(1e26)\n"
                    "ratio=(q_(1e25)-q_(1e26))/(q_(1e21)-q_(1e22))\n"
                    "times_to_halve=0.5**(1/np.log10(r_))"
                ),
                "That is the ratio of the two gains,",
            ),
            (_TENFOLD.format(**_GOOD_TENFOLD | {"ratio": "late / early"}), "whole losses"),
            (
                _TENFOLD.format(
                    **_GOOD_TENFOLD
                    | {"ratio": "late / early", "times": "10 ** (np.log(0.5) / np.log(ratio))"}
                ),
                "Is refit.E subtracted",
            ),
            (
                _TENFOLD.format(**_GOOD_TENFOLD | {"early": "late - early"}),
                "before minus the loss after",
            ),
            (
                _TENFOLD.format(
                    **_GOOD_TENFOLD | {"early": "later - last", "late": "early - late"}
                ),
                "other of the two",
            ),
            (
                _TENFOLD.format(**_GOOD_TENFOLD | {"ratio": "2**-refit.loss_exponent"}),
                "one doubling",
            ),
            (
                _TENFOLD.format(**_GOOD_TENFOLD | {"ratio": "1 - 10**-refit.loss_exponent"}),
                "share that is lost",
            ),
            (_TENFOLD.format(**_GOOD_TENFOLD | {"times": "1 / refit.loss_exponent"}), "doublings"),
            (_TENFOLD.format(**_GOOD_TENFOLD | {"times": "2"}), "far more than half"),
            (
                _TENFOLD.format(
                    **_GOOD_TENFOLD | {"times": "10 ** (np.log(2) / -np.log10(ratio))"}
                ),
                "two bases are mixed",
            ),
            (
                _TENFOLD.format(**_GOOD_TENFOLD | {"times": "np.exp(np.log(0.5) / np.log(ratio))"}),
                "two bases are mixed",
            ),
            (
                _TENFOLD.format(**_GOOD_TENFOLD | {"ratio": "np.exp(-refit.loss_exponent)"}),
                "for e times the compute",
            ),
            (_TENFOLD.format(**_GOOD_TENFOLD | {"early": "1 - late / early"}), "fraction"),
            (_TENFOLD.format(**_GOOD_TENFOLD | {"late": "0.01"}), ""),
            (_TENFOLD.format(**_GOOD_TENFOLD | {"times": "None"}), "no value yet"),
            (
                (
                    "q = refit.L_opt\n"
                    "gain_early = q(1e21) - q(1e22)\n"
                    "gain_late = q(1e25) - q(1e26)\n"
                    "ratio = (q(1e22) - refit.E) / (q(1e21) - refit.E)\n"
                    "times_to_halve = 2 ** (1 / -np.log(ratio))"
                ),
                "Logarithms to two bases are mixed",
            ),
        ],
    ),
    "ex13a_which_next": choice(
        "answer_13a", "c", {"a": "cost the same FLOPs", "b": "2020 to 2022", "d": "no way out"}
    ),
    "ex13b_sweep": Answers(
        right=['answer_13b = "ac"', 'answer_13b = ["c", "a"]', 'answer_13b = "A, C"'],
        wrong=[
            ('answer_13b = "ab"', "eight floors"),
            ('answer_13b = "a"', ""),
            ('answer_13b = "acd"', "marginal gain of data"),
            ('answer_13b = "ae"', "promises the impossible"),
            ('answer_13b = "abcde"', "eight floors"),
            ('answer_13b = "ax"', ""),
        ],
    ),
}
