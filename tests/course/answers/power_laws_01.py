"""What learners write in 01_power_laws: right answers, other right answers, and the wrong ones that people really make.

{grade_id of the answer cell: Answers(right=[code, …], wrong=[(code, part of the reply), …])}. A wrong answer whose slip the
check names has that part of the reply here; one that is only refused has "".
"""

from . import Answers, choice

_FIT_LINE = """
def fit_line(x, loss):
    {body}
"""
_POWER = """
def power_law(x, a, alpha, E=0.0):
    {body}
"""
_LOSS = """
def loss(N, D, a=1.0, b=0.5, c=1.0, d=0.3):
    {body}
"""
_FLOOR = """
def fit_with_floor(x, loss):
    best_error, best = np.inf, None
    for E in np.linspace(0, 0.999 * min(loss), 2000):
        a, alpha = fit_line(x, loss - E)
        error = np.sum((np.log(power_law(x, a, alpha, E)) - np.log(loss)) ** 2)
        if error < best_error:
            best_error, best = error, (E, a, alpha)
    return {result}
"""


_CONTEST = """
seen = D <= D_split
a, alpha = fit_line(D[seen], L_D[seen])
of_line = power_law(D[~seen], a, alpha) / L_D[~seen] - 1
fitted = {fitted}
E, a, alpha = fit_with_floor(D[fitted], L_D[fitted])
of_floor = power_law(D[~seen], a, alpha, E) / L_D[~seen] - 1
error_line, error_floor = {line}, {floor}
"""


def contest(
    line="100 * np.mean(np.abs(of_line))",
    floor="100 * np.mean(np.abs(of_floor))",
    fitted="seen",
):
    return _CONTEST.format(line=line, floor=floor, fitted=fitted)


ANSWERS = {
    "ex1_guess": Answers(
        right=["guess_doubling = 0.5", "guess_doubling = np.float64(0.93)", "guess_doubling = 1"],
        wrong=[
            ("guess_doubling = 2", "Write it as a factor"),
            ("guess_doubling = -0.1", "Write it as a factor"),
            ("guess_doubling = 50", "Write it as a factor"),
            ("guess_doubling = '0.5'", "quotation marks"),
            ("guess_doubling = True", "truth value"),
            ("guess_doubling = [0.5, 0.6]", "one number"),
            ("guess_doubling = float('nan')", ""),
        ],
    ),
    "ex2_power_law": Answers(
        right=[
            (
                "def power_law(x, a, alpha, E=0.0):\n"
                "    return np.add(E, np.multiply(a, np.power(np.asarray(x,float), "
                "-alpha)))"
            ),
            _POWER.format(body="return E + a * x**-alpha"),
            _POWER.format(body="return a / np.power(x, alpha) + E"),
            _POWER.format(body="return np.exp(np.log(a) - alpha * np.log(x)) + E"),
            "power_law = lambda x, a, alpha, E=0: E + a * np.asarray(x, float) ** (-alpha)",
        ],
        wrong=[
            (
                ("def power_law(x, a, alpha, E=0.0):\n    return E+a*x**alpha"),
                "The loss grows with x: the minus sign",
            ),
            (
                ("def power_law(x, a, alpha, E=0.0):\n    return a*x**-alpha"),
                "E is left out: it is added to the power",
            ),
            (
                ("def power_law(x, a, alpha, E=0.0):\n    return (E+a)*x**-alpha"),
                "E is multiplied by the power too: it is",
            ),
            (
                ("def power_law(x, a, alpha, E=0.0):\n    return E+(a*x)**-alpha"),
                "The power takes in a as well: only x is",
            ),
            (
                ("def power_law(x, a, alpha, E=0.0):\n    return E+a*np.exp(-alpha*x)"),
                "In a power law x is the",
            ),
            (_POWER.format(body="return E + a * x**alpha"), "minus sign"),
            (_POWER.format(body="return a * x**-alpha"), "E is left out"),
            (_POWER.format(body="return E + a * x*-alpha"), "star is missing"),
            (_POWER.format(body="return E + (a * x)**-alpha"), "only x is raised"),
            (_POWER.format(body="return E + (a / x)**alpha"), "Kaplan's way"),
            (_POWER.format(body="return E + a * np.exp(-alpha * x)"), "exponential"),
            (_POWER.format(body="return (E + a) * x**-alpha"), "added at the end"),
            (_POWER.format(body="return E + a * x**(-1 / alpha)"), "not -1/alpha"),
            (_POWER.format(body="E + a * x**-alpha"), "returned None"),
            (_POWER.format(body="print(E + a * x**-alpha)"), "returned None"),
            (_POWER.format(body="return round(E + a * x**-alpha, 1)"), ""),
            (_POWER.format(body="return str(E + a * x**-alpha)"), "is the text"),
            (_POWER.format(body="return E + a * y**-alpha"), "NameError"),
            ("def power_law(x, a, alpha):\n    return a * x**-alpha", "TypeError"),
            (
                (
                    "def power_law(x, a, alpha, E=0.0):\n"
                    "    x **= -alpha\n"
                    "    x *= a\n"
                    "    x += E\n"
                    "    return x"
                ),
                "changed its input",
            ),
        ],
    ),
    "ex3a_printed": choice(
        "answer_3a",
        "b",
        {"a": "trailing zeros", "c": "minus sign of the exponent", "d": "exponent of -1/2"},
    ),
    "ex3b_two_terms": Answers(
        right=[
            "answer_3b = 0.0947",
            "answer_3b = 1000**-0.5 + 10000**-0.3",
            "answer_3b = np.float64(0.094718)",
        ],
        wrong=[
            ("answer_3b = 0.0316", "model term alone"),
            ("answer_3b = 0.0631", "data term alone"),
            ("answer_3b = 0.1262", "data term twice"),
            ("answer_3b = 1000**-0.3 + 10000**-0.5", "changed places"),
            ("answer_3b = 47.4717", "minus signs are missing"),
            ("answer_3b = 1000**-0.5 + 10000**-0.5", "b = 0.5 was used for both"),
            ("answer_3b = 1000**-0.3 + 10000**-0.3", "d = 0.3 was used for both"),
            ("answer_3b = 0.09", "Round once"),
            ("answer_3b = 1000**-0.5 * 10000**-0.3", "product"),
            ("answer_3b = '0.0947'", "without quotation marks"),
            ("answer_3b = 0.095", "asks for four"),
            ("answer_3b = 1.2", "nor a known slip"),
        ],
    ),
    "ex4_debug": Answers(
        right=[
            ("def loss(N, D, a=1.0, b=0.5, c=1.0, d=0.3):\n    return a/N**b + c/D**d"),
            _LOSS.format(body="return a * N**-b + c * D**-d"),
            _LOSS.format(body="return a / N**b + c / D**d"),
            _LOSS.format(body="return a * np.exp(-b * np.log(N)) + c * np.power(float(D), -d)"),
        ],
        wrong=[
            (
                ("def loss(N, D, a=1.0, b=0.5, c=1.0, d=0.3):\n    return a*N**-b+c*D**b"),
                "D and d changed places: with the two",
            ),
            (
                ("def loss(N, D, a=1.0, b=0.5, c=1.0, d=0.3):\n    return a*N**-b+c*D**-b"),
                "Look at the exponent of D once more:",
            ),
            (
                ("def loss(N, D, a=1.0, b=0.5, c=1.0, d=0.3):\n    return a*N**b+c*D**d"),
                "Both terms still grow with size: an",
            ),
            (
                ("def loss(N, D, a=1.0, b=0.5, c=1.0, d=0.3):\n    return -a*N**b-c*D**d"),
                "The minus sign belongs to the",
            ),
            (
                ("def loss(N, D, a=1.0, b=0.5, c=1.0, d=0.3):\n    return a*N**-b*c*D**-d"),
                "The terms are multiplied; they are",
            ),
            (_LOSS.format(body="return a * N**b + c * D**b"), "colleague"),
            (_LOSS.format(body="return a * N**b + c * D**d"), "Both terms still grow"),
            (_LOSS.format(body="return a * N**-b + c * D**-b"), "which letter"),
            (_LOSS.format(body="return a * N**-b + c * D**d"), "that of D still grows"),
            (_LOSS.format(body="return a * N**b + c * D**-d"), "that of N still grows"),
            (_LOSS.format(body="return a * N**-d + c * D**-b"), "changed places"),
            (_LOSS.format(body="return a * N**-b * c * D**-d"), "multiplied"),
            (_LOSS.format(body="return a * N**-b"), "Only the term of N"),
            (_LOSS.format(body="return c * D**-d"), "Only the term of D"),
            (_LOSS.format(body="return (a + c) / (N**b + D**d)"), "a fraction of its own"),
            (_LOSS.format(body="return -a * N**b - c * D**d"), "in front of the terms"),
            (_LOSS.format(body="return N**-0.5 + D**-0.3"), "typed in"),
            (_LOSS.format(body="return (a * N)**-b + (c * D)**-d"), "to the powers too"),
            (_LOSS.format(body="return 1 / (a * N**b) + 1 / (c * D**d)"), "divides by a and c"),
            (_LOSS.format(body="return 1 / (a * N**b + c * D**d)"), "add two fractions"),
            (_LOSS.format(body="return 0.0947"), ""),
        ],
    ),
    "ex5_fit_line": Answers(
        equal={
            "fit_line sorts its input first": "least squares does not depend on the order of the points",
        },
        right=[
            (
                "from scipy.stats import linregress\n"
                "def fit_line(x, loss):\n"
                "    r=linregress(np.log(x),np.log(loss))\n"
                "    return np.exp(r.intercept),-r.slope"
            ),
            _FIT_LINE.format(
                body="s, i = np.polyfit(np.log(x), np.log(loss), 1); return np.exp(i), -s"
            ),
            _FIT_LINE.format(
                body="s, i = np.polyfit(np.log10(x), np.log10(loss), 1); return [10**i, -s]"
            ),
            _FIT_LINE.format(
                body="from scipy.stats import linregress; r = linregress(np.log(x), np.log(loss)); "
                "return np.array([np.exp(r.intercept), -r.slope])"
            ),
            _FIT_LINE.format(
                body="X = np.column_stack([np.ones(len(x)), np.log(x)]); "
                "i, s = np.linalg.lstsq(X, np.log(loss), rcond=None)[0]; return float(np.exp(i)), float(-s)"
            ),
        ],
        wrong=[
            (
                (
                    "def fit_line(x, loss):\n"
                    "    s,i=np.polyfit(np.log(x),np.log(loss),1)\n"
                    "    return np.exp(i),s"
                ),
                "The slope is negative because the loss",
            ),
            (
                (
                    "def fit_line(x, loss):\n"
                    "    s,i=np.polyfit(np.log(x),np.log(loss),1)\n"
                    "    return i,-s"
                ),
                "0.25]. a is still a logarithm: the",
            ),
            (
                (
                    "def fit_line(x, loss):\n"
                    "    s,i=np.polyfit(np.log(x),np.log(loss),1)\n"
                    "    return -s,np.exp(i)"
                ),
                "The two numbers changed places: return",
            ),
            (
                (
                    "def fit_line(x, loss):\n"
                    "    i,s=np.polyfit(np.log(x),np.log(loss),1)\n"
                    "    return np.exp(i),-s"
                ),
                "0.25]. np.polyfit returns the slope",
            ),
            (
                (
                    "def fit_line(x, loss):\n"
                    "    s,i=np.polyfit(np.log10(x),np.log10(loss),1)\n"
                    "    return np.exp(i),-s"
                ),
                "Logarithms to two bases are mixed:",
            ),
            (
                "def fit_line(x, loss):\n"
                "    slope, intercept = np.polyfit(np.log(x), np.log(loss), 1)\n"
                "    return np.exp(intercept), abs(slope)",
                "",
            ),
            (
                _FIT_LINE.format(body="return np.polyfit(np.log(x), np.log(loss), 1)"),
                "as np.polyfit returns them",
            ),
            (
                _FIT_LINE.format(
                    body="s, i = np.polyfit(np.log(x), np.log(loss), 1); return np.exp(-i), -s"
                ),
                "upside down",
            ),
            (
                _FIT_LINE.format(
                    body="s, i = np.polyfit(np.log(x), np.log(loss), 1); return np.exp(i), s"
                ),
                "sign of the slope",
            ),
            (
                _FIT_LINE.format(
                    body="s, i = np.polyfit(np.log(x), np.log(loss), 1); return -s, np.exp(i)"
                ),
                "changed places",
            ),
            (
                _FIT_LINE.format(
                    body="s, i = np.polyfit(np.log(x), np.log(loss), 1); return i, -s"
                ),
                "still a logarithm",
            ),
            (
                _FIT_LINE.format(
                    body="s, i = np.polyfit(np.log(x), np.log(loss), 1); return 10**i, -s"
                ),
                "two bases",
            ),
            (
                _FIT_LINE.format(
                    body="s, i = np.polyfit(np.log10(x), np.log10(loss), 1); return np.exp(i), -s"
                ),
                "two bases",
            ),
            (
                _FIT_LINE.format(body="s, i = np.polyfit(x, loss, 1); return i, -s"),
                "x and loss themselves",
            ),
            (
                _FIT_LINE.format(
                    body="s, i = np.polyfit(x, np.log(loss), 1); return np.exp(i), -s"
                ),
                "exponential law",
            ),
            (
                _FIT_LINE.format(body="s, i = np.polyfit(np.log(x), loss, 1); return i, -s"),
                "logarithmic law",
            ),
            (
                _FIT_LINE.format(
                    body="s, i = np.polyfit(np.log(loss), np.log(x), 1); return np.exp(i), -s"
                ),
                "axes changed places",
            ),
            (
                _FIT_LINE.format(
                    body="s = np.log(loss[-1] / loss[0]) / np.log(x[-1] / x[0]); "
                    "return loss[0] * x[0] ** -s, -s"
                ),
                "first and the last point",
            ),
            (
                _FIT_LINE.format(
                    body="i, s = np.polyfit(np.log(x), np.log(loss), 1); return np.exp(i), -s"
                ),
                "",
            ),
            (
                (
                    "def fit_line(x, loss):\n"
                    "    s, i = np.polyfit(x, loss, 1)\n"
                    "    return np.exp(i), -s"
                ),
                "The line was fitted to x and loss themselves",
            ),
        ],
    ),
    "ex5_exponents": Answers(
        right=[
            (
                "alpha_D, alpha_N = -np.polyfit(np.log(D),np.log(L_D),1)[0], -np.polyfit("
                "np.log(N),np.log(L_N),1)[0]"
            ),
            "alpha_D, alpha_N = fit_line(D, L_D)[1], fit_line(N, L_N)[1]",
            "alpha_D = -np.polyfit(np.log10(D), np.log10(L_D), 1)[0]\n"
            "alpha_N = sl.fit_power_law(N, L_N, floor=False).alpha",
        ],
        wrong=[
            (
                ("alpha_N=fit_line(D,L_D)[1]\nalpha_D=fit_line(N,L_N)[1]"),
                "That is the exponent in N: use D and",
            ),
            (
                (
                    "alpha_D=fit_line(runs['D'],runs['loss'])[1]\n"
                    "alpha_N=fit_line(runs['N'],runs['loss'])[1]"
                ),
                "All runs of the table were fitted: hold",
            ),
            (
                ("alpha_D=alpha\nalpha_N=fit_line(N,L_N)[1]"),
                "That is from the first two points, as",
            ),
            (
                ("alpha_D=sl.fit_power_law(D,L_D).alpha\nalpha_N=sl.fit_power_law(N,L_N).alpha"),
                "That is the exponent of a law with a",
            ),
            ("alpha_N, alpha_D = fit_line(D, L_D)[1], fit_line(N, L_N)[1]", "exponent in N"),
            ("alpha_D, alpha_N = fit_line(D, L_D), fit_line(N, L_N)", "one number"),
            (
                "alpha_D, alpha_N = (fit_line(x[[0, -1]], y[[0, -1]])[1] for x, y in ((D, L_D), (N, L_N)))",
                "the first and the last point",
            ),
            (
                "alpha_D = fit_line(D, L_D)[1]\nalpha_N = fit_line(N[[0, -1]], L_N[[0, -1]])[1]",
                "the first and the last point",
            ),
            (
                "_m = runs[runs['N'] == runs['N'].max()]\n"
                "alpha_D = fit_line(_m['D'].to_numpy(float), _m['loss'].to_numpy())[1]\n"
                "alpha_N = fit_line(N, L_N)[1]",
                "single runs",
            ),
            ("alpha_D, alpha_N = fit_line(D, L_D)[0], fit_line(N, L_N)[0]", ""),
            ("alpha_D, alpha_N = -fit_line(D, L_D)[1], -fit_line(N, L_N)[1]", "minus the slope"),
            ("alpha_D = fit_line(D, L_D)[1]\nalpha_N = None", "no value yet"),
            ("alpha_D, alpha_N = 0.095, 0.076", ""),
            ("alpha_D = alpha_N = fit_line(D, L_D)[1]", "use N and L_N"),
            ("alpha_D = fit_line\nalpha_N = fit_line", "forget to call"),
            (
                (
                    "alpha_D = -np.log(L_D[-1] / L_D[0]) / np.log(D[-1] / D[0])\n"
                    "alpha_N = fit_line(N, L_N)[1]"
                ),
                "That is from the first and the last point",
            ),
            (
                (
                    "alpha_D = -np.log(L_D[1] / L_D[0]) / np.log(D[1] / D[0])\n"
                    "alpha_N = fit_line(N, L_N)[1]"
                ),
                "That is from the first two points, as in the",
            ),
            (
                (
                    "alpha_D = fit_line(D, L_D)[1]\n"
                    "alpha_N = -np.log(L_N[-1] / L_N[0]) / np.log(N[-1] / N[0])"
                ),
                "That is from the first and the last point",
            ),
        ],
    ),
    "ex6_fit_floor": Answers(
        equal={
            "np.linspace(0, 0.999 * np.min(loss), 700) => np.linspace(0.999 * np.min(loss), 0, 700)": "the same candidates from above",
            "0 => -1": "the runs have a floor of zero or more, so a candidate below zero never wins",
            "0.999 * np.min(loss) => 0.999 + np.min(loss)": "a candidate at or above the smallest loss gives nan, which never wins",
            "0.999 * np.min(loss) => np.min(loss)": "a candidate at or above the smallest loss gives nan, which never wins",
            "0.999 => 1.0989": "a candidate at or above the smallest loss gives nan, which never wins",
            "np.min(loss) => np.max(loss)": "a candidate at or above the smallest loss gives nan, which never wins",
            "700 => 1400": "a finer grid",
            "np.sum((np.log(power_law(x, a, alpha, E)) - np.log(loss)) ** 2) => np.mean((np.log(power_law(x, a, alpha, E)) - np.log(loss)) ** 2)": "the sum and the mean of the errors are lowest at the same candidate",
            "error < best_error => error <= best_error": "no two candidates have the same error",
            "np.log(power_law(x, a, alpha, E)) - np.log(loss) => np.log(loss) - np.log(power_law(x, a, alpha, E))": "the difference is squared",
            "fit_with_floor sorts its input first": "least squares does not depend on the order of the points",
        },
        right=[
            _FLOOR.format(result="best"),
            _FLOOR.format(result="np.array(best)"),
            "def fit_with_floor(x, loss):\n"
            "    from scipy.optimize import curve_fit\n"
            "    return curve_fit(lambda x, E, a, alpha: E + a * x**-alpha, x, loss)[0]",
            """
def fit_with_floor(x, loss):
    fit = sl.fit_power_law(x, loss)
    return fit.E, fit.A, fit.alpha
""",
            """
def fit_with_floor(x, loss):
    from scipy.optimize import minimize_scalar
    def error(E):
        a, alpha = fit_line(x, loss - E)
        return np.sum((np.log(E + a * x**-alpha) - np.log(loss)) ** 2)
    grid = np.linspace(0, 0.999 * loss.min(), 400)
    near = grid[np.argmin([error(E) for E in grid])]
    step = grid[1]
    E = minimize_scalar(error, bounds=(max(0, near - step), min(near + step, 0.9999 * loss.min())), method="bounded",
                        options={"xatol": 1e-9}).x
    return [E, *fit_line(x, loss - E)]
""",
            (
                "import pandas as pd\n"
                "\n"
                "\n"
                "def fit_with_floor(x, loss):\n"
                "    f = sl.fit_power_law(x, loss)\n"
                '    return pd.Series({"E": f.E, "a": f.A, "alpha": f.alpha})'
            ),
        ],
        wrong=[
            (_FLOOR.format(result="(best[1], best[2], best[0])"), "order is (E, a, alpha)"),
            (_FLOOR.format(result="(best[0], best[2], best[1])"), "changed places"),
            (_FLOOR.format(result="best[0]"), "three numbers"),
            (_FLOOR.format(result="(0.0, *fit_line(x, loss))"), "stayed at zero"),
            (_FLOOR.format(result="(E, a, alpha)"), "last"),
            (_FLOOR.format(result="(best[0], best[1], -best[2])"), "minus the slope"),
            (_FLOOR.format(result="(best[0], np.log(best[1]), best[2])"), "still a logarithm"),
            (
                _FLOOR.format(result="best")
                .replace("< best", "> best")
                .replace("np.inf", "-np.inf"),
                "",
            ),
            (_FLOOR.format(result="None"), "returned None"),
            (
                "def fit_with_floor(x, loss):\n    E = loss.min()\n    return (E, *fit_line(x, loss - E))",
                "",
            ),
            (
                (
                    "def fit_with_floor(x, loss):\n"
                    "    f = sl.fit_power_law(x, np.array(loss))\n"
                    "    loss -= f.E\n"
                    "    return f.E, f.A, f.alpha"
                ),
                "changed its input",
            ),
            (
                ("def fit_with_floor(x, loss):\n    return sl.fit_power_law(x, loss)"),
                "take the number from it",
            ),
        ],
    ),
    "ex7_illusion": Answers(
        right=[
            (
                "N_cross=np.exp(np.log(a_line/1.69)/alpha_line)\n"
                "line_at_1e12=a_line*1e12**-alpha_line"
            ),
            "N_cross = (a_line / 1.69) ** (1 / alpha_line)\nline_at_1e12 = a_line * 1e12**-alpha_line",
            "N_cross = np.exp((intercept_demo - np.log(1.69)) / alpha_line)\n"
            "line_at_1e12 = power_law(1e12, a_line, alpha_line)",
            "line_at_1e12 = np.exp(intercept_demo + slope_demo * np.log(1e12))\n"
            "scan = np.geomspace(1e10, 1e12, 20001)\n"
            "N_cross = scan[np.argmax(a_line * scan**-alpha_line < 1.69)]",
        ],
        wrong=[
            (
                ("N_cross=(a_line/1.69)**(-1/alpha_line)\nline_at_1e12=a_line*1e12**-alpha_line"),
                "N at which a_line·N^-alpha_line is",
            ),
            (
                ("N_cross=(a_line/1.69)**alpha_line\nline_at_1e12=a_line*1e12**-alpha_line"),
                "N at which a_line·N^-alpha_line is",
            ),
            (
                ("N_cross=1.69**(-1/alpha_line)\nline_at_1e12=a_line*1e12**-alpha_line"),
                "N at which a_line·N^-alpha_line is",
            ),
            (
                ("N_cross=(1.69/a_line)**(1/alpha_line)\nline_at_1e12=a_line*1e12**-alpha_line"),
                "N at which a_line·N^-alpha_line is",
            ),
            (
                ("N_cross=(a_line/1.69)**(1/alpha_line)\nline_at_1e12=1.69+406.4*1e12**-.34"),
                "What does the *line*",
            ),
            (
                "N_cross = (1.69 / a_line) ** (1 / alpha_line)\nline_at_1e12 = a_line * 1e12**-alpha_line",
                "upside down",
            ),
            (
                "N_cross = (a_line / 1.69) ** alpha_line\nline_at_1e12 = a_line * 1e12**-alpha_line",
                "power is 1/alpha",
            ),
            (
                "N_cross = np.log10((a_line / 1.69) ** (1 / alpha_line))\nline_at_1e12 = 1.36",
                "decimal logarithm of N",
            ),
            (
                "N_cross = (a_line / 1.69) ** (1 / alpha_line)\nline_at_1e12 = 1.69 + 406.4 * 1e12**-0.34",
                "true law",
            ),
            (
                "N_cross = (a_line / 1.69) ** (1 / alpha_line)\nline_at_1e12 = a_line * 1e12**alpha_line",
                "minus sign",
            ),
            (
                "N_cross = (a_line / 1.69) ** (1 / alpha_line)\nline_at_1e12 = 1.69 + a_line * 1e12**-alpha_line",
                "do not add 1.69",
            ),
            (
                "N_cross = (a_line / 1.69) ** (1 / alpha_line)\n"
                "line_at_1e12 = np.log(a_line * 1e12**-alpha_line)",
                "logarithm of the loss",
            ),
            (
                "N_cross = (a_line - 1.69) ** (1 / alpha_line)\nline_at_1e12 = 1.36",
                "divide a by it",
            ),
            ("N_cross = 1e12\nline_at_1e12 = 1.36", ""),
            ("N_cross = (a_line / 1.69) ** (1 / alpha_line)\nline_at_1e12 = None", "no value yet"),
        ],
    ),
    "ex8_contest": Answers(
        equal={
            "power_law(D[~seen], a, alpha, E) / L_D[~seen] => L_D[~seen] / power_law(D[~seen], a, alpha, E)": "errors of 1 % relative to the forecast or to the loss differ by 1 % of themselves; error_line, computed alike, tells them apart",
        },
        right=[
            (
                "s=D<=D_split\n"
                "a1,al1=fit_line(D[s],L_D[s])\n"
                "E2,a2,al2=fit_with_floor(D[s],L_D[s])\n"
                "error_line=np.mean(np.abs(100*(a1*D[~s]**-al1/L_D[~s]-1)))\n"
                "error_floor=np.mean(np.abs(100*(E2+a2*D[~s]**-al2-L_D[~s])/L_D[~s]))"
            ),
            """
seen = D <= D_split
a, alpha = fit_line(D[seen], L_D[seen])
error_line = 100 * np.mean(np.abs(a * D[~seen] ** -alpha / L_D[~seen] - 1))
E, a, alpha = fit_with_floor(D[seen], L_D[seen])
error_floor = 100 * np.mean(np.abs((E + a * D[~seen] ** -alpha) / L_D[~seen] - 1))
""",
            """
fit_to, ask = D <= D_split, D > D_split
error_line, error_floor = [
    100 * np.mean(abs(sl.fit_power_law(D[fit_to], L_D[fit_to], floor=f).predict(D[ask]) - L_D[ask]) / L_D[ask])
    for f in (False, True)
]
""",
        ],
        wrong=[
            (
                (
                    "s=D<=D_split\n"
                    "fl=sl.fit_power_law(D[s],L_D[s],floor=False)\n"
                    "ff=sl.fit_power_law(D[s],L_D[s])\n"
                    "\n"
                    "error_line=np.mean(abs(fl.predict(D[~s])-L_D[~s])/L_D[~s])\n"
                    "error_floor=np.mean(abs(ff.predict(D[~s])-L_D[~s])/L_D[~s])"
                ),
                "That is a fraction: multiply by 100 for",
            ),
            (
                (
                    "s=D<=D_split\n"
                    "fl=sl.fit_power_law(D[s],L_D[s],floor=False)\n"
                    "ff=sl.fit_power_law(D[s],L_D[s])\n"
                    "\n"
                    "error_line=100*np.mean(abs(fl.predict(D[s])-L_D[s])/L_D[s])\n"
                    "error_floor=100*np.mean(abs(ff.predict(D[s])-L_D[s])/L_D[s])"
                ),
                "That is the error on the runs that were",
            ),
            (
                (
                    "fl=sl.fit_power_law(D,L_D,floor=False)\n"
                    "ff=sl.fit_power_law(D,L_D)\n"
                    "s=D<=D_split\n"
                    "error_line=100*np.mean(abs(fl.predict(D[~s])/L_D[~s]-1))\n"
                    "error_floor=100*np.mean(abs(ff.predict(D[~s])/L_D[~s]-1))"
                ),
                "The law was fitted to all runs, also to",
            ),
            (
                (
                    "s=D<=D_split\n"
                    "fl=sl.fit_power_law(D[s],L_D[s],floor=False)\n"
                    "ff=sl.fit_power_law(D[s],L_D[s])\n"
                    "\n"
                    "error_line=100*np.mean(abs(fl.predict(D[~s])-L_D[~s])/fl.predict(D[~s]))\n"
                    "error_floor=100*np.mean(abs(ff.predict(D[~s])-L_D[~s])/ff.predict(D[~s]))"
                ),
                "Each error was divided by the forecast:",
            ),
            (
                (
                    "s=D<=D_split\n"
                    "fl=sl.fit_power_law(D[s],L_D[s],floor=False)\n"
                    "ff=sl.fit_power_law(D[s],L_D[s])\n"
                    "\n"
                    "error_line=100*np.max(abs(fl.predict(D[~s])-L_D[~s])/L_D[~s])\n"
                    "error_floor=100*np.mean(abs(ff.predict(D[~s])-L_D[~s])/L_D[~s])"
                ),
                "That is the largest of the errors, that",
            ),
            (
                """
a, alpha = fit_line(D, L_D)
error_line = 100 * np.mean(np.abs(a * D[D > D_split] ** -alpha / L_D[D > D_split] - 1))
error_floor = error_line / 2
""",
                "fitted to all runs",
            ),
            (
                """
seen = D <= D_split
error_line, error_floor = [
    np.mean(np.abs(sl.fit_power_law(D[seen], L_D[seen], floor=f).predict(D[~seen]) / L_D[~seen] - 1)) for f in (False, True)
]
""",
                "multiply by 100",
            ),
            (
                """
seen = D <= D_split
error_line, error_floor = [
    100 * np.mean(np.abs(sl.fit_power_law(D[seen], L_D[seen], floor=f).predict(D[seen]) / L_D[seen] - 1)) for f in (False, True)
]
""",
                "not on the unseen",
            ),
            (
                """
seen = D <= D_split
error_line, error_floor = [
    100 * np.mean(np.abs(sl.fit_power_law(D[seen], L_D[seen], floor=f).predict(D[~seen]) / L_D[~seen] - 1)) for f in (True, False)
]
""",
                "other law",
            ),
            (
                """
seen = D <= D_split
error_line, error_floor = [
    100 * np.mean(sl.fit_power_law(D[seen], L_D[seen], floor=f).predict(D[~seen]) / L_D[~seen] - 1) for f in (False, True)
]
""",
                "",
            ),
            (
                """
seen = D < D_split
error_line, error_floor = [
    100 * np.mean(np.abs(sl.fit_power_law(D[seen], L_D[seen], floor=f).predict(D[~seen]) / L_D[~seen] - 1)) for f in (False, True)
]
""",
                "belongs to those that are fitted",
            ),
            (
                """
seen = D <= D_split
error_line, error_floor = [
    100 * np.sqrt(np.mean((sl.fit_power_law(D[seen], L_D[seen], floor=f).predict(D[~seen]) / L_D[~seen] - 1) ** 2))
    for f in (False, True)
]
""",
                "root of the mean square",
            ),
            ("error_line, error_floor = 10.0, 1.0", ""),
            ("error_line = 10.0\nerror_floor = None", "no value yet"),
            (contest(floor="0.5"), ""),
            (contest(floor="1.28"), ""),
            (
                contest(floor="100 * np.sqrt(np.mean(of_floor**2))"),
                "That is the root of the mean square",
            ),
            (contest(fitted="D > 0"), "The law was fitted to all runs, also to those"),
            (
                contest(floor="100 * np.mean(of_floor)"),
                "Take the absolute value of each error before",
            ),
            (
                contest(line="100 * np.mean(of_line)"),
                "Take the absolute value of each error before",
            ),
            (
                contest(line="100 * np.mean(np.abs(of_line * L_D[~seen]))"),
                "That is the mean error in hundredths of a nat",
            ),
            (
                contest(floor="100 * np.median(np.abs(of_floor))"),
                "That is the median of the errors",
            ),
            (contest(line="100 * np.median(np.abs(of_line))"), "That is the median of the errors"),
        ],
    ),
    "ex9_forecast": Answers(
        right=[
            ("E1,a1,b1=fit_with_floor(N,L_N)\npredicted_loss=power_law(N_asked,a1,b1,E1)"),
            "E, a, alpha = fit_with_floor(N, L_N)\npredicted_loss = power_law(N_asked, a, alpha, E)",
            "predicted_loss = sl.fit_power_law(N, L_N).predict(N_asked)",
            "predicted_loss = [float(np.round(power_law(N_asked, *fit_with_floor(N, L_N)[1:], fit_with_floor(N, L_N)[0]), 3))]",
        ],
        wrong=[
            (
                ("predicted_loss=sl.fit_power_law(N,L_N,floor=False).predict(float(N_asked))"),
                "That is the forecast of a straight",
            ),
            (
                ("predicted_loss=sl.fit_power_law(D,L_D).predict(float(D_max))"),
                "That is the law in D, for the largest",
            ),
            (
                ("r=sl.fit_power_law(N,L_N)\npredicted_loss=r.A*N_asked**-r.alpha"),
                "That is the reducible part alone: the",
            ),
            (("predicted_loss=sl.fit_power_law(N,L_N).E"), "That is the floor alone: a model of"),
            (
                (
                    "s=np.polyfit(np.log(N[-2:]),np.log(L_N[-2:]),1)\n"
                    "predicted_loss=np.exp(np.polyval(s,np.log(N_asked)))"
                ),
                "That is a line through the last two",
            ),
            ("predicted_loss = L_N.min()", "better than every model"),
            ("predicted_loss = L_N[-1] * 0.5", ""),
            ("a, alpha = fit_line(N, L_N)\npredicted_loss = a * N_asked**-alpha", "straight line"),
            ("predicted_loss = 1.0", ""),
            ("predicted_loss = sl.fit_power_law(D, L_D).predict(N_asked)", "use N and L_N"),
            ("predicted_loss = 0.05", ""),
            ("predicted_loss = fit_with_floor(N, L_N)", "one number"),
            ("predicted_loss = 'about 1.4'", "quotation marks"),
            ("predicted_loss = -1.4", ""),
            ("predicted_loss = fit_with_floor(N, L_N)[0]", "That is the floor alone"),
        ],
    ),
    "ex10_frontier": Answers(
        right=[
            (
                "def on_frontier(C, loss):\n"
                "    C,loss=np.asarray(C),np.asarray(loss)\n"
                "    return [not any(C[j]<=C[i] and loss[j]<=loss[i] for j in range(len("
                "C)) if j!=i) for i in range(len(C))]"
            ),
            """
def on_frontier(C, loss):
    return np.array([
        not any(C[j] <= C[i] and loss[j] <= loss[i] for j in range(len(C)) if j != i) for i in range(len(C))
    ])
""",
            """
def on_frontier(C, loss):
    import pandas as pd
    t = pd.DataFrame({"C": C, "loss": loss}).sort_values(["C", "loss"])
    t["best"] = t["loss"].cummin().shift(fill_value=np.inf)
    return list((t["loss"] < t["best"]).sort_index())
""",
            """
def on_frontier(C, loss):
    beaten = (C[None, :] <= C[:, None]) & (loss[None, :] <= loss[:, None])
    np.fill_diagonal(beaten, False)
    return ~beaten.any(axis=1)
""",
            (
                "def on_frontier(C, loss):\n"
                "    return [\n"
                "        not any(\n"
                "            C[j] <= C[i] and loss[j] <= loss[i] for j in range(len(C)) if j != i\n"
                "        )\n"
                "        for i in range(len(C))\n"
                "    ]"
            ),
        ],
        wrong=[
            (
                (
                    "def on_frontier(C, loss):\n"
                    "    o=np.argsort(C)\n"
                    "    l=np.asarray(loss)[o]\n"
                    "    m=np.minimum.accumulate(l)==l\n"
                    "    return m"
                ),
                "The answers are in the order of cost:",
            ),
            (
                (
                    "def on_frontier(C, loss):\n"
                    "    o=np.argsort(C)\n"
                    "    best=np.inf;r=[]\n"
                    "    for i in o:\n"
                    "        if loss[i]<best: r.append(i);best=loss[i]\n"
                    "    return np.array(r)"
                ),
                "(shape (4,)): one for each input, or",
            ),
            (
                (
                    "def on_frontier(C, loss):\n"
                    "    return [any(C[j]<=C[i] and loss[j]<=loss[i] for j in range(len(C)) if "
                    "j!=i) for i in range(len(C))]"
                ),
                "These are the runs that are *not* on",
            ),
            (
                (
                    "def on_frontier(C, loss):\n"
                    "    return [not any(C[j]<C[i] and loss[j]<loss[i] for j in range(len(C))) "
                    "for i in range(len(C))]"
                ),
                "Every run is said to be on the",
            ),
            (
                (
                    "def on_frontier(C, loss):\n"
                    "    return [not any(C[j]<C[i] or loss[j]<loss[i] for j in range(len(C)) "
                    "if j!=i) for i in range(len(C))]"
                ),
                "No run is left: a run must not be",
            ),
            ("def on_frontier(C, loss):\n    return loss == loss.min()", "best run of all"),
            ("def on_frontier(C, loss):\n    return C == C.min()", "Only the cheapest"),
            (
                "def on_frontier(C, loss):\n    return loss <= np.minimum.accumulate(loss)",
                "is the cheapest",
            ),
            (
                "def on_frontier(C, loss):\n    o = np.argsort(C)\n    return loss[o] <= np.minimum.accumulate(loss[o])",
                "order of cost",
            ),
            (
                "def on_frontier(C, loss):\n"
                "    return [any(C[j] <= C[i] and loss[j] <= loss[i] for j in range(len(C)) if j != i) for i in range(len(C))]",
                "turn True and False",
            ),
            (
                "def on_frontier(C, loss):\n"
                "    return [all(loss[j] > loss[i] for j in range(len(C)) if C[j] < C[i]) for i in range(len(C))]",
                "costs less or the same",
            ),
            (
                "def on_frontier(C, loss):\n"
                "    return [not any(C[j] <= C[i] and loss[j] <= loss[i] for j in range(len(C))) for i in range(len(C))]",
                "compared with itself",
            ),
            (
                "def on_frontier(C, loss):\n"
                "    mask, low = np.zeros(len(C), bool), np.inf\n"
                "    for i in np.argsort(C):\n"
                "        mask[i], low = loss[i] < low, min(low, loss[i])\n"
                "    return mask",
                "cost the same",
            ),
            ("def on_frontier(C, loss):\n    return np.ones(len(C), bool)", "Every run"),
            ("def on_frontier(C, loss):\n    return np.argsort(C)", ""),
            ("def on_frontier(C, loss):\n    return C[loss < 3]", "shape"),
            ("def on_frontier(C, loss):\n    pass", "returned None"),
            (
                (
                    "def on_frontier(C, loss):\n"
                    "    C.sort()\n"
                    "    return [\n"
                    "        not any(\n"
                    "            C[j] <= C[i] and loss[j] <= loss[i] for j in range(len(C)) if j != i\n"
                    "        )\n"
                    "        for i in range(len(C))\n"
                    "    ]"
                ),
                "changed its input",
            ),
            (
                (
                    "def on_frontier(C, loss):\n"
                    "    return [\n"
                    "        not any(C[j] < C[i] and loss[j] <= loss[i] for j in range(len(C)))\n"
                    "        for i in range(len(C))\n"
                    "    ]"
                ),
                "Every run is said to be on the frontier, but",
            ),
            (
                (
                    "def on_frontier(C, loss):\n"
                    "    return [\n"
                    "        not any((C[j] <= C[i] and loss[j] < loss[i]) for j in range(len(C)))\n"
                    "        for i in range(len(C))\n"
                    "    ]"
                ),
                "the same loss at a higher cost is beaten",
            ),
        ],
    ),
    "ex11_doubling": Answers(
        right=[
            (
                "factor_doubling=0.5**0.076\n"
                "times_to_halve=np.exp(np.log(2)/0.076)\n"
                "local_slope=-(np.log(1.69+406.4*(1e9*1.001)**-.34+410.7*2e10**"
                "-.28)-np.log(1.69+406.4*1e9**-.34+410.7*2e10**-.28))/np.log(1.001)"
            ),
            """
factor_doubling = 2**-0.076
times_to_halve = 2 ** (1 / 0.076)
local_slope = 0.34 * 406.4 * 1e9**-0.34 / (1.69 + 406.4 * 1e9**-0.34 + 410.7 * 2e10**-0.28)
""",
            """
factor_doubling = (8.8e13 / 2e9) ** 0.076 / (8.8e13 / 1e9) ** 0.076
times_to_halve = np.exp(np.log(2) / 0.076)
def h(N): return 1.69 + 406.4 / N**0.34 + 410.7 / 2e10**0.28
local_slope = -(np.log(h(1.001e9)) - np.log(h(1e9))) / np.log(1.001)
""",
            "factor_doubling, times_to_halve, local_slope = 0.949, 9140, 0.047",
        ],
        wrong=[
            (
                (
                    "factor_doubling=2**0.076\n"
                    "times_to_halve=2**(1/0.076)\n"
                    "local_slope=0.34*406.4*1e9**-.34/(1.69+406.4*1e9**-.34+410.7*2e10**-.28)"
                ),
                "The loss falls: the exponent is",
            ),
            (
                (
                    "factor_doubling=100*(1-2**-.076)\n"
                    "times_to_halve=2**(1/0.076)\n"
                    "local_slope=0.34*406.4*1e9**-.34/(1.69+406.4*1e9**-.34+410.7*2e10**-.28)"
                ),
                "That is the loss of a doubling in per",
            ),
            (
                (
                    "factor_doubling=1-2**-.076\n"
                    "times_to_halve=2**(1/0.076)\n"
                    "local_slope=0.34*406.4*1e9**-.34/(1.69+406.4*1e9**-.34+410.7*2e10**-.28)"
                ),
                "That is the share that is lost; the",
            ),
            (
                (
                    "factor_doubling=2**-0.076\n"
                    "times_to_halve=1/0.076\n"
                    "local_slope=0.34*406.4*1e9**-.34/(1.69+406.4*1e9**-.34+410.7*2e10**-.28)"
                ),
                "Each doubles N, so take 2 to this",
            ),
            (
                (
                    "factor_doubling=2**-0.076\n"
                    "times_to_halve=2/0.076\n"
                    "local_slope=0.34*406.4*1e9**-.34/(1.69+406.4*1e9**-.34+410.7*2e10**-.28)"
                ),
                "Each doubles N: take 2 to this",
            ),
            (
                "factor_doubling, times_to_halve, local_slope = 0.5, 2, 0.34",
                "halving by doubling",
            ),
            (
                "factor_doubling, times_to_halve, local_slope = 1 - 2**-0.076, 2 ** (1 / 0.076), 0.047",
                "share that is lost",
            ),
            (
                "factor_doubling, times_to_halve, local_slope = 0.949, 1 / 0.076, 0.047",
                "number of doublings",
            ),
            (
                "factor_doubling, times_to_halve, local_slope = 0.949, 9140, 0.34",
                "exponent of one term",
            ),
            (
                "factor_doubling, times_to_halve, local_slope = 0.924, 9140, 0.047",
                "compute the power",
            ),
            (
                "factor_doubling, times_to_halve, local_slope = 0.949, 0.5 ** (1 / 0.076), 0.047",
                "upside down",
            ),
            (
                "factor_doubling, times_to_halve, local_slope = 0.949, np.log(2) / 0.076, 0.047",
                "logarithm of k",
            ),
            ("factor_doubling, times_to_halve, local_slope = 2**0.076, 9140, 0.047", "negative"),
            (
                "factor_doubling, times_to_halve, local_slope = 0.051, 9140, 0.047",
                "share that is lost",
            ),
            (
                "factor_doubling, times_to_halve = 0.949, 9140\n"
                "def h(N): return np.log(1.69 + 406.4 / N**0.34 + 410.7 / 2e10**0.28)\n"
                "local_slope = (h(1e9) - h(2e9)) / np.log(2)",
                "between N and 2N",
            ),
            (
                "factor_doubling, times_to_halve = 0.949, 9140\n"
                "local_slope = 0.34 * 406.4 * 1e9**-0.34",
                "Divide by L",
            ),
            (
                "factor_doubling, times_to_halve = 0.949, 9140\n"
                "local_slope = 0.34 * 406.4 * 1e9**-1.34",
                "multiply by N/L",
            ),
            (
                "factor_doubling, times_to_halve = 0.949, 9140\n"
                "local_slope = 0.28 * 410.7 * 2e10**-0.28 / (1.69 + 406.4 * 1e9**-0.34 + 410.7 * 2e10**-0.28)",
                "slope in D",
            ),
            (
                "factor_doubling, times_to_halve = 0.949, 9140\n"
                "local_slope = -0.34 * 406.4 * 1e9**-0.34 / (1.69 + 406.4 * 1e9**-0.34 + 410.7 * 2e10**-0.28)",
                "",
            ),
        ],
    ),
    "ex12_logarithm": Answers(
        equal={
            "np.geomspace(own.smallest, own.largest, 200) => np.geomspace(own.largest, own.smallest, 200)": "the same sizes from above",
            "200 => 400": "more sizes in the same range",
        },
        right=[
            (
                "sizes=np.geomspace(1e6,1e12,200)\n"
                "mq,p_=np.polyfit(np.log(sizes),kaplan(sizes),1)\n"
                "lg=p_+mq*np.log(sizes)\n"
                "worst_six=100*np.max(np.abs(lg/kaplan(sizes)-1))\n"
                "can_tell_one=False\n"
                "can_tell_six=True"
            ),
            """
sizes = np.geomspace(1e6, 1e12, 200)
f = np.polyval(np.polyfit(np.log(sizes), kaplan(sizes), 1), np.log(sizes))
worst_six = 100 * np.max(np.abs(f / kaplan(sizes) - 1))
can_tell_one, can_tell_six = False, True
""",
            """
def worst(decades):
    n = np.geomspace(1e6, 10 ** (6 + decades), 1000)
    return 100 * max(abs(np.polyval(np.polyfit(np.log10(n), kaplan(n), 1), np.log10(n)) / kaplan(n) - 1))
worst_six, can_tell_one, can_tell_six = worst(6), worst(1) > 1, worst(6) > 1
""",
        ],
        wrong=[
            (
                (
                    "sizes=np.geomspace(1e6,1e12,200)\n"
                    "lg=p+minus_q*np.log(sizes)\n"
                    "worst_six=100*np.max(np.abs(lg/kaplan(sizes)-1))\n"
                    "can_tell_one=False\n"
                    "can_tell_six=True"
                ),
                "The logarithm of the one decade was",
            ),
            (
                (
                    "sizes=np.geomspace(1e6,1e12,200)\n"
                    "mq,p_=np.polyfit(np.log(sizes),kaplan(sizes),1)\n"
                    "lg=p_+mq*np.log(sizes)\n"
                    "worst_six=100*np.mean(np.abs(lg/kaplan(sizes)-1))\n"
                    "can_tell_one=False\n"
                    "can_tell_six=True"
                ),
                "That is the mean error: the largest is",
            ),
            (
                (
                    "sizes=np.geomspace(1e6,1e12,200)\n"
                    "mq,p_=np.polyfit(np.log(sizes),kaplan(sizes),1)\n"
                    "lg=p_+mq*np.log(sizes)\n"
                    "worst_six=np.max(np.abs(lg/kaplan(sizes)-1))\n"
                    "can_tell_one=False\n"
                    "can_tell_six=True"
                ),
                "That is a fraction: multiply by 100 for",
            ),
            (
                (
                    "sizes=np.linspace(1e6,1e12,200)\n"
                    "mq,p_=np.polyfit(np.log(sizes),kaplan(sizes),1)\n"
                    "lg=p_+mq*np.log(sizes)\n"
                    "worst_six=100*np.max(np.abs(lg/kaplan(sizes)-1))\n"
                    "can_tell_one=False\n"
                    "can_tell_six=True"
                ),
                "The sizes are evenly spaced in N:",
            ),
            (
                (
                    "sizes=np.geomspace(1e6,1e12,200)\n"
                    "mq,p_=np.polyfit(np.log(sizes),kaplan(sizes),1)\n"
                    "lg=p_+mq*np.log(sizes)\n"
                    "worst_six=np.max(np.abs(lg-kaplan(sizes)))\n"
                    "can_tell_one=False\n"
                    "can_tell_six=True"
                ),
                "That is an error in nats: divide by",
            ),
            ("worst_six, can_tell_one, can_tell_six = worst_one, False, True", "over one decade"),
            (
                "sizes = np.linspace(1e6, 1e12, 200)\n"
                "f = np.polyval(np.polyfit(np.log(sizes), kaplan(sizes), 1), np.log(sizes))\n"
                "worst_six = 100 * np.max(np.abs(f / kaplan(sizes) - 1))\n"
                "can_tell_one, can_tell_six = False, True",
                "evenly spaced in N",
            ),
            (
                "sizes = np.geomspace(1e6, 1e12, 200)\n"
                "f = np.polyval(np.polyfit(np.log(sizes), kaplan(sizes), 1), np.log(sizes))\n"
                "worst_six = 100 * np.max(np.abs(f - kaplan(sizes)))\n"
                "can_tell_one, can_tell_six = False, True",
                "error in nats",
            ),
            (
                """
sizes = np.geomspace(1e6, 1e12, 200)
f = np.polyval(np.polyfit(np.log(sizes), kaplan(sizes), 1), np.log(sizes))
worst_six = np.max(np.abs(f / kaplan(sizes) - 1))
can_tell_one, can_tell_six = False, True
""",
                "multiply by 100",
            ),
            (
                """
sizes = np.geomspace(1e6, 1e12, 200)
f = np.polyval(np.polyfit(np.log(sizes), kaplan(sizes), 1), np.log(sizes))
worst_six = 100 * np.max(np.abs(f / kaplan(sizes) - 1))
can_tell_one, can_tell_six = True, True
""",
                "can_tell_one",
            ),
            (
                """
sizes = np.geomspace(1e6, 1e12, 200)
f = np.polyval(np.polyfit(np.log(sizes), kaplan(sizes), 1), np.log(sizes))
worst_six = 100 * np.max(np.abs(f / kaplan(sizes) - 1))
can_tell_one, can_tell_six = False, False
""",
                "can_tell_six",
            ),
            (
                "sizes = np.geomspace(1e6, 1e13, 200)\n"
                "f = np.polyval(np.polyfit(np.log(sizes), kaplan(sizes), 1), np.log(sizes))\n"
                "worst_six, can_tell_one, can_tell_six = 100 * np.max(np.abs(f / kaplan(sizes) - 1)), False, True",
                "end at 1e12",
            ),
            (
                "worst_six, can_tell_one, can_tell_six = 14.0, 'False', 'True'",
                "without quotation marks",
            ),
            (
                "six = np.geomspace(1e6, 1e12, 200)\n"
                "worst_six = 100 * np.max(np.abs((p + minus_q * np.log(six)) / kaplan(six) - 1))\n"
                "can_tell_one, can_tell_six = False, True",
                "fit it again",
            ),
            ("worst_six = 14.0\ncan_tell_one = can_tell_six = None", "no value yet"),
            ("worst_six, can_tell_one, can_tell_six = 0.27 * 6, False, True", ""),
        ],
    ),
    "ex13a_trend": choice(
        "answer_13a", "c", {"a": "logarithmic law", "b": "linear law", "d": "flattens"}
    ),
    "ex13b_describe": choice(
        "answer_13b", "b", {"a": "entropy", "c": "Labelled data", "d": "serving"}
    ),
    "ex13c_wrong_reading": choice(
        "answer_13c", "b", {"a": "is right", "c": "is right", "d": "is right"}
    ),
}
