"""What learners write in 04_recipe: right answers, other right answers, and the wrong ones that people really make.

{grade_id of the answer cell: Answers(right=[code, …], wrong=[(code, part of the reply), …])}. A wrong answer whose slip the
check names has that part of the reply here; one that is only refused has "".
"""

from . import Answers, choice

_BEST = """
def best_rate(lr, loss):
    {body}
"""
_SORTED = """order = np.argsort(lr)
    x, y = np.log(np.asarray(lr)[order]), np.asarray(loss)[order]
    i = np.argmin(y)
    if i in (0, len(y) - 1):
        return np.nan
    {rest}"""
_SLOPE = """
x, y = np.log(best["width"]), np.log(best["rate"])
(p_width, q), cov = np.polyfit(x, y, 1, cov=True)
p_error = np.sqrt(cov[0, 0])
rate_48 = np.exp(q + p_width * np.log(48))
{change}
"""
_PRICE = """
loss = wide.set_index("lr")["loss"].sort_index().to_numpy()
rise_24, rise_16, rise_quarter = (100 * (loss[i] / loss.min() - 1) for i in (3, 4, 0))
{change}
"""
_PUBLISHED = """
step_width, deepseek_width = -1.426, -0.5
step_ratio = sl.STEP_LAW(98304, 2097408) / 0.0055
{change}
"""
_CRITICAL = """
def fit_critical(B, waste):
    B, waste = np.asarray(B, float), np.asarray(waste, float)
    candidates = np.geomspace(10, 1e7, 20000)
    rest = np.log(waste) - np.log(1 + B / candidates[:, None])
    i = np.argmin(rest.var(axis=1))
    return {result}
"""
_SEARCH = """def fit_critical(B, waste):
    from scipy.optimize import minimize
    B=np.asarray(B,float);waste=np.asarray(waste,float)
    g=lambda t: np.sum((<miss>)**2)
    ms=[minimize(g,[0.0,b0],method='Nelder-Mead',options=dict(xatol=1e-9,fatol=1e-14,maxiter=20000,maxfev=20000)) for b0 in np.log([100,1000,1e4,1e5,1e6])]
    m=min(ms,key=lambda z:z.fun)
    return <result>"""


def by_search(
    miss="np.log(waste)-t[0]-np.log1p(B/np.exp(t[1]))", result="np.exp(m.x[0]),np.exp(m.x[1])"
):
    return _SEARCH.replace("<miss>", miss).replace("<result>", result)


def by_best(first="pass", last="1e7", error="rest.var()"):
    return f"""
def fit_critical(B, waste):
    {first}
    best = (np.inf,)
    for candidate in np.geomspace(10, {last}, 4000):
        rest = np.log(waste) - np.log(1 + B / candidate)
        if {error} < best[0]:
            best = ({error}, np.exp(rest.mean()), candidate)
    return best[1:]
"""


_BATCH = """
B_crit = criticals["B_crit"].iloc[-1]
data_factor, step_factor = 1 + 4096 / B_crit, 1 + B_crit / 4096
step_saving = (1 + B_crit / 512) / step_factor
{change}
"""
_TRUNK = """
def trunk_saving(D, share):
    {body}
"""
_EXPONENTS = """
def fitted(factor):
    return sl.fit_isoflop(isoflop["N"], isoflop["loss"] * factor, C=isoflop["C"], D=isoflop["D"]).law.a

D = isoflop["D"]
a_study, a_long, a_cold, a_warm = (fitted(f) for f in (1, long_cosine(D), no_warmup(D), long_warmup(D)))
{change}
"""
_HEAVY = """
def off(law, t):
    return 100 * (law(t["N"].to_numpy(), t["D"].to_numpy()) / t["loss"].to_numpy() - 1)

one = sl.fit_chinchilla(light["N"], light["D"], light["loss"]).law
two = sl.fit_joint(light["N"], light["D"], light["loss"]).law
worst_sum, worst_joint = (max(off(law, heavy), key=abs) for law in (one, two))
typical_sum, typical_joint = (np.sqrt((off(law, light) ** 2).mean()) for law in (one, two))
{change}
"""
_RECIPE = "lr_R, batch_R, warmup_S, cooldown_T = {}, {}, {}, {}"


ANSWERS = {
    "ex1_guess": Answers(
        right=["guess_rate = 0.005", "guess_rate = np.float64(0.02)", "guess_rate = 0.1"],
        wrong=[
            ("guess_rate = 2", "lie in this range"),
            ("guess_rate = -0.01", "lie in this range"),
            ("guess_rate = 0", "lie in this range"),
            ("guess_rate = '0.01'", "quotation marks"),
            ("guess_rate = [0.01, 0.02]", "one number"),
            ("guess_rate = float('nan')", "not a number"),
        ],
    ),
    "ex2_best_rate": Answers(
        right=[
            (
                "def best_rate(lr, loss):\n"
                "    idx=np.argsort(lr)\n"
                "    r=np.asarray(lr,float)[idx]; L=np.asarray(loss,float)[idx]\n"
                "    k=L.argmin()\n"
                "    if k==0 or k==len(r)-1:\n"
                "        return np.nan\n"
                "    x0=np.log(r[k])\n"
                "    xs=np.log(r[k-1:k+2])-x0; ys=L[k-1:k+2]\n"
                "    c=np.linalg.solve(np.vander(xs,3),ys)\n"
                "    return float(np.exp(x0-c[1]/(2*c[0])))"
            ),
            _BEST.format(
                body=_SORTED.format(
                    rest="q = np.polyfit(x[i - 1 : i + 2], y[i - 1 : i + 2], 2)\n"
                    "    return np.exp(-q[1] / (2 * q[0]))"
                )
            ),
            _BEST.format(
                body="t = pd.DataFrame({'x': np.log10(lr), 'y': loss}).sort_values('x', ignore_index=True)\n"
                "    i = t['y'].idxmin()\n"
                "    if i == 0 or i == len(t) - 1:\n"
                "        return float('nan')\n"
                "    near = t.loc[i - 1 : i + 1]\n"
                "    a, b, _ = np.polyfit(near['x'], near['y'], 2)\n"
                "    return 10 ** (-b / 2 / a)"
            ),
            _BEST.format(
                body="from scalinglaws.findings.statistics import lowest\n"
                "    order = np.argsort(lr)\n"
                "    return lowest(lr[order], loss[order], points=3)[0]"
            ),
        ],
        wrong=[
            (
                (
                    "def best_rate(lr, loss):\n"
                    "    idx=np.argsort(lr)\n"
                    "    r=np.asarray(lr,float)[idx]; L=np.asarray(loss,float)[idx]\n"
                    "    k=L.argmin()\n"
                    "    if k==0 or k==len(r)-1:\n"
                    "        return np.nan\n"
                    "    c=np.polyfit(np.log(r[k-1:k+2]),L[k-1:k+2],2)\n"
                    "    return np.exp(c[1]/(2*c[0]))"
                ),
                "The minus sign is missing: the minimum",
            ),
            (
                (
                    "def best_rate(lr, loss):\n"
                    "    lr=np.asarray(lr);loss=np.asarray(loss)\n"
                    "    k=int(np.argmin(loss))\n"
                    "    if lr[k] in (lr.min(),lr.max()): return np.nan\n"
                    "    c=np.polyfit(np.log(lr[k-1:k+2]),loss[k-1:k+2],2)\n"
                    "    return np.exp(-c[1]/2/c[0])"
                ),
                "Sort by rate first: the rates may come",
            ),
            (
                (
                    "def best_rate(lr, loss):\n"
                    "    idx=np.argsort(lr)\n"
                    "    r=np.asarray(lr,float)[idx]; L=np.asarray(loss,float)[idx]\n"
                    "    k=L.argmin()\n"
                    "    if k==0 or k==len(r)-1:\n"
                    "        return np.nan\n"
                    "    c=np.polyfit(np.log(r[k-1:k+1]),L[k-1:k+1],2)\n"
                    "    return np.exp(-c[1]/2/c[0])"
                ),
                "The parabola went through two points: a",
            ),
            (
                (
                    "def best_rate(lr, loss):\n"
                    "    r=np.sort(lr);L=np.asarray(loss,float);k=L.argmin()\n"
                    "    if k==0 or k==len(r)-1:\n"
                    "        return np.nan\n"
                    "    c=np.polyfit(np.log(r[k-1:k+2]),L[k-1:k+2],2)\n"
                    "    return np.exp(-c[1]/2/c[0])"
                ),
                "Only the rates were sorted: each loss",
            ),
            (_BEST.format(body="return lr[np.argmin(loss)]"), "rate with the lowest loss"),
            (
                _BEST.format(
                    body=_SORTED.format(
                        rest="q = np.polyfit(x[i - 1 : i + 2], y[i - 1 : i + 2], 2)\n"
                        "    return -q[1] / (2 * q[0])"
                    )
                ),
                "take its exponential",
            ),
            (
                _BEST.format(
                    body=_SORTED.format(
                        rest="q = np.polyfit(x, y, 2)\n    return np.exp(-q[1] / (2 * q[0]))"
                    )
                ),
                "all five points",
            ),
            (
                _BEST.format(
                    body=_SORTED.format(
                        rest="x = np.exp(x)\n"
                        "    q = np.polyfit(x[i - 1 : i + 2], y[i - 1 : i + 2], 2)\n"
                        "    return -q[1] / (2 * q[0])"
                    )
                ),
                "fit it in ln(rate)",
            ),
            (
                _BEST.format(
                    body="i = int(np.argmin(loss))\n"
                    "    if i in (0, len(loss) - 1):\n"
                    "        return np.nan\n"
                    "    q = np.polyfit(np.log(lr[i - 1 : i + 2]), loss[i - 1 : i + 2], 2)\n"
                    "    return np.exp(-q[1] / (2 * q[0]))"
                ),
                "",
            ),
            (
                _BEST.format(
                    body="o = np.argsort(loss)[:3]\n"
                    "    q = np.polyfit(np.log(lr[o]), loss[o], 2)\n"
                    "    return np.exp(-q[1] / (2 * q[0]))"
                ),
                "",
            ),
            (
                _BEST.format(
                    body="order = np.argsort(lr)\n"
                    "    x, y = np.log(lr[order]), loss[order]\n"
                    "    i = min(max(np.argmin(y), 1), len(y) - 2)\n"
                    "    q = np.polyfit(x[i - 1 : i + 2], y[i - 1 : i + 2], 2)\n"
                    "    return np.exp(-q[1] / (2 * q[0]))"
                ),
                "at an edge",
            ),
            (_BEST.format(body="np.log(lr)"), "returned None"),
        ],
    ),
    "ex3_slope": Answers(
        right=[
            (
                "X=np.vstack([np.log(best['width']),np.ones(len(best))]).T\n"
                "y=np.log(best['rate'].to_numpy())\n"
                "b,res,*_=np.linalg.lstsq(X,y,rcond=None)\n"
                "p_width=b[0]\n"
                "p_error=np.sqrt(res[0]/(len(y)-2)*np.linalg.inv(X.T@X)[0,0])\n"
                "rate_48=np.exp(b[0]*np.log(48)+b[1])"
            ),
            _SLOPE.format(change=""),
            """
from scipy.stats import linregress
fit = linregress(np.log10(best["width"]), np.log10(best["rate"]))
p_width, p_error = fit.slope, fit.stderr
rate_48 = 10 ** (fit.intercept + fit.slope * np.log10(48))
""",
            _SLOPE.format(change="p_width = np.array([p_width])\nrate_48 = round(rate_48, 6)"),
            _SLOPE.format(change="p_width = -1.10"),
        ],
        wrong=[
            (
                (
                    "c,cov=np.polyfit(np.log10(best['width']),np.log(best['rate']),1,cov=True)\n"
                    "p_width=c[0];p_error=cov[0,0]**.5;rate_48=np.exp(np.polyval(c,np.log10("
                    "48)))"
                ),
                "It is 2.303 times the right value.",
            ),
            (
                (
                    "ln_w=np.log(best['width']); ln_r=np.log(best['rate'])\n"
                    "c,cov=np.polyfit(ln_w,ln_r,1,cov=True)\n"
                    "p_width=c[0]\n"
                    "p_error=np.std(ln_r-np.polyval(c,ln_w))\n"
                    "rate_48=np.exp(np.polyval(c,np.log(48)))"
                ),
                "That is the scatter of the points: the",
            ),
            (
                (
                    "ln_w=np.log(best['width']); ln_r=np.log(best['rate'])\n"
                    "c,cov=np.polyfit(ln_w,ln_r,1,cov=True)\n"
                    "p_width=c[0]\n"
                    "p_error=np.sqrt(abs(cov[0,1]))\n"
                    "rate_48=np.exp(np.polyval(c,np.log(48)))"
                ),
                "That is from the off-diagonal entry:",
            ),
            (
                (
                    "ln_w=np.log(best['width']); ln_r=np.log(best['rate'])\n"
                    "c,cov=np.polyfit(ln_w,ln_r,1,cov=True)\n"
                    "p_width=c[0]\n"
                    "p_error=cov[0,0]**.5\n"
                    "rate_48=np.exp(np.polyval(c,np.log(32)))"
                ),
                "That is for width 32: forecast",
            ),
            (_SLOPE.format(change="p_width = -p_width"), "slope is negative"),
            (_SLOPE.format(change="p_width = np.polyfit(y, x, 1)[0]"), "axes changed places"),
            (_SLOPE.format(change="p_width = q"), ""),
            (_SLOPE.format(change="p_error = cov[0, 0]"), "variance"),
            (_SLOPE.format(change="p_error = np.sqrt(cov[1, 1])"), "intercept"),
            (_SLOPE.format(change="p_error = 2 * p_error"), "two standard errors"),
            (_SLOPE.format(change="rate_48 = q + p_width * np.log(48)"), ""),
            (_SLOPE.format(change="rate_48 = np.exp(q + p_width * np.log(32))"), "width 32"),
            (_SLOPE.format(change="rate_48 = None"), "no value yet"),
            (
                _SLOPE.format(change="p_width = np.polyfit(best['width'], best['rate'], 1)[0]"),
                "logarithm of both",
            ),
        ],
    ),
    "ex4_price": Answers(
        right=[
            (
                "m=wide['loss'].min()\n"
                "def at(r,col='loss'): return wide.loc[(np.log(wide['lr'])-np.log(r)).abs("
                ").idxmin(),col]\n"
                "best_lr=wide.loc[wide['loss'].idxmin(),'lr']\n"
                "rise_24=100*(at(.0106)-m)/m\n"
                "rise_16=100*(at(.022)-m)/m\n"
                "rise_quarter=100*(at(best_lr/4)/m-1)"
            ),
            _PRICE.format(change=""),
            """
def rise_at(rate):
    row = np.abs(np.log(wide["lr"] / rate)).idxmin()
    return 100 * (wide.loc[row, "loss"] - wide["loss"].min()) / wide["loss"].min()

rise_24, rise_16 = rise_at(0.0106), rise_at(0.022)
rise_quarter = rise_at(wide.loc[wide["loss"].idxmin(), "lr"] / 4)
""",
            _PRICE.format(
                change="rise_24, rise_16, rise_quarter = round(rise_24, 1), round(rise_16, 1), round(rise_quarter, 1)"
            ),
        ],
        wrong=[
            (
                (
                    "m=wide['loss'].min()\n"
                    "def at(r,col='loss'): return wide.loc[(np.log(wide['lr'])-np.log(r)).abs("
                    ").idxmin(),col]\n"
                    "best_lr=wide.loc[wide['loss'].idxmin(),'lr']\n"
                    "rise_24=100*(at(.0106)/m-1)\n"
                    "rise_16=100*(at(.022)/m-1)\n"
                    "rise_quarter=100*(at(.022/4)/m-1)"
                ),
                "That is the lowest row itself: take a",
            ),
            (
                (
                    "m=wide['loss'].min()\n"
                    "def at(r,col='loss'): return wide.loc[(np.log(wide['lr'])-np.log(r)).abs("
                    ").idxmin(),col]\n"
                    "best_lr=wide.loc[wide['loss'].idxmin(),'lr']\n"
                    "rise_24=100*(at(.0106,'loss_val')/wide['loss_val'].min()-1)\n"
                    "rise_16=100*(at(.022,'loss_val')/wide['loss_val'].min()-1)\n"
                    "rise_quarter=100*(at(best_lr/4,'loss_val')/wide['loss_val'].min()-1)"
                ),
                "That is by the validation loss: report",
            ),
            (
                (
                    "m=wide['loss'].min()\n"
                    "def at(r,col='loss'): return wide.loc[(np.log(wide['lr'])-np.log(r)).abs("
                    ").idxmin(),col]\n"
                    "best_lr=wide.loc[wide['loss'].idxmin(),'lr']\n"
                    "rise_24=100*np.log(at(.0106)/m)\n"
                    "rise_16=100*np.log(at(.022)/m)\n"
                    "rise_quarter=100*np.log(at(best_lr/4)/m)"
                ),
                "That is 100 times the logarithm of the",
            ),
            (
                (
                    "m=wide['loss'].min()\n"
                    "def at(r,col='loss'): return wide.loc[(np.log(wide['lr'])-np.log(r)).abs("
                    ").idxmin(),col]\n"
                    "best_lr=wide.loc[wide['loss'].idxmin(),'lr']\n"
                    "rise_24=100*(at(.0106)/m-1)\n"
                    "rise_16=100*(at(.022)/at(.0106)-1)\n"
                    "rise_quarter=100*(at(best_lr/4)/m-1)"
                ),
                "That is above another row: compare with",
            ),
            (_PRICE.format(change="rise_24, rise_16 = rise_16, rise_24"), "That is rise_16"),
            (_PRICE.format(change="rise_24 = rise_24 / 100"), "multiply by 100"),
            (_PRICE.format(change="rise_16 = 100 + rise_16"), "subtract 100"),
            (_PRICE.format(change="rise_quarter = rise_24"), "That is rise_24"),
            (_PRICE.format(change="rise_16 = 100 * (loss[4] - loss.min())"), "hundredths of a nat"),
            (
                _PRICE.format(change="rise_16 = 100 * (1 - loss.min() / loss[4])"),
                "Divide by the lowest",
            ),
            (_PRICE.format(change="rise_quarter = 0"), ""),
            (_PRICE.format(change="rise_quarter = None"), "no value yet"),
        ],
    ),
    "ex5_published": Answers(
        right=[
            (
                "step_width=2*-0.713\n"
                "deepseek_width=-0.125*4\n"
                "step_ratio=1.79*98304**-0.713*2097408**0.307/0.0055"
            ),
            _PUBLISHED.format(change=""),
            "step_width, deepseek_width = 2 * -0.713, -1 / 2\n"
            "step_ratio = 1.79 / 98304**0.713 * 2097408**0.307 / 0.0055",
        ],
        wrong=[
            (
                (
                    "step_width=0.713*2\n"
                    "deepseek_width=-0.125*4\n"
                    "step_ratio=1.79*98304**-0.713*2097408**0.307/0.0055"
                ),
                "The rate falls: the sign is",
            ),
            (
                (
                    "step_width=2*-0.713\n"
                    "deepseek_width=-0.125*2\n"
                    "step_ratio=1.79*98304**-0.713*2097408**0.307/0.0055"
                ),
                "That is the exponent of N: N grows as",
            ),
            (
                (
                    "step_width=-0.713**2\n"
                    "deepseek_width=-0.125*4\n"
                    "step_ratio=1.79*98304**-0.713*2097408**0.307/0.0055"
                ),
                "The exponents multiply: 2 times",
            ),
            (
                (
                    "step_width=2*-0.713\n"
                    "deepseek_width=(-0.125)**4\n"
                    "step_ratio=1.79*98304**-0.713*2097408**0.307/0.0055"
                ),
                "The exponents multiply: C grows as the",
            ),
            (_PUBLISHED.format(change="step_width = -0.713"), "exponent of N"),
            (_PUBLISHED.format(change="step_width = 1.426"), "the sign is minus"),
            (_PUBLISHED.format(change="step_width = -1.426 + 0.307"), "D is fixed"),
            (_PUBLISHED.format(change="deepseek_width = -0.25"), "exponent of N"),
            (_PUBLISHED.format(change="deepseek_width = -0.125"), "exponent of C"),
            (_PUBLISHED.format(change="step_ratio = 1 / step_ratio"), "ours over Step law"),
            (_PUBLISHED.format(change="step_ratio *= 0.0055"), "divide it by 0.0055"),
            (
                _PUBLISHED.format(change="step_ratio = sl.STEP_LAW(110592, 2097408) / 0.0055"),
                "without embeddings",
            ),
            (
                _PUBLISHED.format(change="step_ratio = sl.STEP_LAW(2097408, 98304) / 0.0055"),
                "changed places",
            ),
            (_PUBLISHED.format(change="step_ratio = None"), "no value yet"),
        ],
    ),
    "ex6_critical": Answers(
        equal={
            "curve_fit(log_waste, B, np.log(waste), p0=[0, np.log(np.median(B))], maxfev=5000) => curve_fit(log_waste, B, np.log(waste), maxfev=5000)": "another start of the same search",
            "np.log(np.median(B)) => np.log10(np.median(B))": "another start of the same search",
            "np.log(np.median(B)) => np.log2(np.median(B))": "another start of the same search",
            "np.median(B) => np.mean(B)": "another start of the same search",
        },
        right=[
            by_search(),
            _CRITICAL.format(result="np.exp(rest[i].mean()), candidates[i]"),
            _CRITICAL.format(result="[float(np.exp(rest[i].mean())), float(candidates[i])]"),
            """
def fit_critical(B, waste):
    form = lambda B, c, log_critical: np.log(c) + np.log1p(np.asarray(B) / np.exp(log_critical))
    (c, k), _ = curve_fit(form, np.asarray(B), np.log(waste), p0=[1, np.log(np.mean(B))], bounds=([0.01, 2], [100, 17]))
    return np.array([c, np.exp(k)])
""",
        ],
        wrong=[
            (
                by_search(miss="np.exp(t[0])*(1+B/np.exp(t[1]))-waste"),
                "That is a straight line through waste",
            ),
            (
                by_search(miss="np.log(waste)-np.log(np.exp(t[0])+B/np.exp(t[1]))"),
                "That is one over the slope of waste",
            ),
            (
                by_search(result="np.exp(m.x[1]),np.exp(m.x[0])"),
                "The two numbers changed places: return",
            ),
            (
                by_search(result="np.exp(m.x[0]),m.x[1]"),
                "B_crit is still a logarithm: take its",
            ),
            (_CRITICAL.format(result="candidates[i], np.exp(rest[i].mean())"), "changed places"),
            (_CRITICAL.format(result="np.exp(rest[i].mean()), 1 / candidates[i]"), "1/B_crit"),
            (_CRITICAL.format(result="rest[i].mean(), candidates[i]"), "c is still a logarithm"),
            (
                _CRITICAL.format(result="np.exp(rest[i].mean()), np.log(candidates[i])"),
                "B_crit is still a logarithm",
            ),
            (
                "def fit_critical(B, waste):\n"
                "    slope, level = np.polyfit(B, waste, 1)\n"
                "    return level, level / slope",
                "compare logarithms",
            ),
            (
                "def fit_critical(B, waste):\n"
                "    slope, level = np.polyfit(B, waste, 1)\n"
                "    return level, 1 / slope",
                "intercept over the slope",
            ),
            (
                "def fit_critical(B, waste):\n"
                "    trial = np.geomspace(10, 1e7, 20000)\n"
                "    off = ((np.log(waste) - np.log(1 + B / trial[:, None])) ** 2).sum(axis=1)\n"
                "    return 1.0, trial[np.argmin(off)]",
                "",
            ),
            (by_best(error="(rest**2).sum()"), "own c is taken off"),
            (by_best(last="1e5"), "candidates end too soon"),
            (by_best(first="B = np.sort(B)"), "Only the batches"),
            (
                "def fit_critical(B, waste):\n"
                "    slope, level = np.polyfit(np.log(B), np.log(waste), 1)\n"
                "    return np.exp(level), np.exp(-level / slope)",
                "straight line on log-log axes",
            ),
            # B.sort() parts the batches from their waste.
            (by_best(first="B.sort()"), "changed its input"),
            (_CRITICAL.format(result="None"), "returned None"),
        ],
    ),
    "ex7_batch": Answers(
        right=[
            (
                "b=float(criticals['B_crit'].iloc[-1])\n"
                "data_factor=1+4096/b\n"
                "step_factor=1+b/4096\n"
                "step_saving=(1+b/512)/(1+b/4096)"
            ),
            _BATCH.format(change=""),
            """
critical_largest = float(criticals.sort_values("D")["B_crit"].to_numpy()[-1])
ratio = 4096 / critical_largest
data_factor, step_factor = ratio + 1, (ratio + 1) / ratio
step_saving = 8 * (1 + ratio / 8) / (1 + ratio)
""",
        ],
        wrong=[
            (
                _BATCH.format(change="data_factor, step_factor = step_factor, data_factor"),
                "step factor",
            ),
            (_BATCH.format(change="data_factor = 4096 / B_crit + 1e-9 + 1 * (4096 < B_crit)"), ""),
            (_BATCH.format(change="step_factor = 1 + B_crit / 512"), "batch of 512"),
            (_BATCH.format(change="step_saving = 8"), "ratio of the batches"),
            (_BATCH.format(change="step_saving = 1 / step_saving"), "other way round"),
            (_BATCH.format(change="step_saving = 1 - 1 / step_saving"), "share that is saved"),
            (_BATCH.format(change="step_saving = None"), "no value yet"),
        ],
    ),
    "ex8_trunk": Answers(
        right=[
            (
                "def trunk_saving(D, share):\n"
                "    D=sorted(D)\n"
                "    alone=sum(D)\n"
                "    trunk=D[-1]\n"
                "    for d in D[:-1]: trunk+=share*d\n"
                "    return (alone-trunk)/alone"
            ),
            _TRUNK.format(body="return 1 - (max(D) + share * (sum(D) - max(D))) / sum(D)"),
            _TRUNK.format(body="D = np.sort(D)\n    return (1 - share) * D[:-1].sum() / D.sum()"),
        ],
        wrong=[
            (
                (
                    "def trunk_saving(D, share):\n"
                    "    D=np.asarray(D,float)\n"
                    "    return 1-((1-share)*D.max()+share*D.max())/D.sum()"
                ),
                "The cool-downs are",
            ),
            (
                (
                    "def trunk_saving(D, share):\n"
                    "    D=list(D)\n"
                    "    return (1-share)*sum(D[1:])/sum(D)"
                ),
                "The longest is not the first: the",
            ),
            (
                (
                    "def trunk_saving(D, share):\n"
                    "    D=np.asarray(D,float)\n"
                    "    return 1-(D.max()*(1+share)+share*(D.sum()-D.max()))/D.sum()"
                ),
                "The longest run's cool-down was counted",
            ),
            (
                ("def trunk_saving(D, share):\n    D=np.asarray(D,float)\n    return (1-share)"),
                "That is the whole saving on a single",
            ),
            (
                _TRUNK.format(body="return (max(D) + share * (sum(D) - max(D))) / sum(D)"),
                "share that remains",
            ),
            (
                _TRUNK.format(body="return 1 - (max(D) + share * sum(D)) / sum(D)"),
                "counted twice",
            ),
            (_TRUNK.format(body="return 1 - max(D) / sum(D)"), "cool-downs are missing"),
            (
                _TRUNK.format(
                    body="t = max(D) + share * (sum(D) - max(D))\n    return (sum(D) - t) / t"
                ),
                "over the trunk's bytes",
            ),
            (_TRUNK.format(body="return 1 - share"), "trunk itself must be trained"),
            (
                _TRUNK.format(body="return 1 - (D[-1] + share * (np.sum(D) - D[-1])) / np.sum(D)"),
                "",
            ),
            (_TRUNK.format(body="pass"), "returned None"),
        ],
    ),
    "ex9_exponents": Answers(
        right=[
            (
                "def e(l,t=isoflop): return sl.fit_isoflop(t['N'],l,C=t['C'],"
                "D=t['D']).law.a\n"
                "a_study=e(isoflop['loss'])\n"
                "a_long=e(isoflop['loss']*long_cosine(isoflop['D']))\n"
                "a_cold=e(isoflop['loss']*no_warmup(isoflop['D']))\n"
                "a_warm=e(isoflop['loss']*long_warmup(isoflop['D']))"
            ),
            _EXPONENTS.format(change=""),
            _EXPONENTS.format(
                change="a_study, a_long, a_cold, a_warm = (round(v, 4) for v in (a_study, a_long, a_cold, a_warm))"
            ),
        ],
        wrong=[
            (
                (
                    "full=sl.load_runs('isoflop',corpus='prose')\n"
                    "def e(l,t=isoflop): return sl.fit_isoflop(t['N'],l,C=t['C'],"
                    "D=t['D']).law.a\n"
                    "a_study=e(full['loss'],full)\n"
                    "a_long=e(isoflop['loss']*long_cosine(isoflop['D']))\n"
                    "a_cold=e(isoflop['loss']*no_warmup(isoflop['D']))\n"
                    "a_warm=e(isoflop['loss']*long_warmup(isoflop['D']))"
                ),
                "That is from all of isoflop: the table",
            ),
            (
                (
                    "def e(l,t=isoflop): return sl.fit_isoflop(t['N'],l,C=t['C'],"
                    "D=t['D']).law.a\n"
                    "a_study=e(sl.load_runs('isoflop',corpus='code')['loss'],sl.load_runs("
                    "'isoflop',corpus='code'))\n"
                    "a_long=e(isoflop['loss']*long_cosine(isoflop['D']))\n"
                    "a_cold=e(isoflop['loss']*no_warmup(isoflop['D']))\n"
                    "a_warm=e(isoflop['loss']*long_warmup(isoflop['D']))"
                ),
                "That is from the runs on code: take the",
            ),
            (
                (
                    "def e(l,t=isoflop): return sl.fit_isoflop(t['N'],l,C=t['C'],"
                    "D=t['D']).law.a\n"
                    "a_study=e(isoflop['loss_val'])\n"
                    "a_long=e(isoflop['loss']*long_cosine(isoflop['D']))\n"
                    "a_cold=e(isoflop['loss']*no_warmup(isoflop['D']))\n"
                    "a_warm=e(isoflop['loss']*long_warmup(isoflop['D']))"
                ),
                "That is from the validation loss: take",
            ),
            (
                (
                    "def e(l,t=isoflop): return sl.fit_isoflop(t['N'],l,C=t['C'],"
                    "D=t['D']).law.a\n"
                    "a_study=(lambda l: l.beta/(l.alpha+l.beta))(sl.fit_chinchilla("
                    "isoflop['N'],isoflop['D'],isoflop['loss']).law)\n"
                    "a_long=e(isoflop['loss']*long_cosine(isoflop['D']))\n"
                    "a_cold=e(isoflop['loss']*no_warmup(isoflop['D']))\n"
                    "a_warm=e(isoflop['loss']*long_warmup(isoflop['D']))"
                ),
                "That is from a fit of N and D: use",
            ),
            (_EXPONENTS.format(change="a_long, a_warm = a_warm, a_long"), "That is a_warm"),
            (_EXPONENTS.format(change="a_cold = a_study"), "That is a_study"),
            (_EXPONENTS.format(change="a_long = fitted(1 / long_cosine(D))"), "were divided"),
            (_EXPONENTS.format(change="a_cold = fitted(1 / no_warmup(D))"), "were divided"),
            (_EXPONENTS.format(change="a_study = 1 - a_study"), "exponent of the data"),
            (
                _EXPONENTS.format(
                    change="a_study = sl.fit_isoflop(isoflop['N_nonemb'], isoflop['loss'], C=isoflop['C'], D=D).law.a"
                ),
                "Count all parameters",
            ),
            (_EXPONENTS.format(change="a_warm = 0.5"), ""),
            (_EXPONENTS.format(change="a_warm = None"), "no value yet"),
        ],
    ),
    "ex10_heavy": Answers(
        right=[
            (
                "A_=sl.fit_chinchilla(light['N'],light['D'],light['loss'])\n"
                "B_=sl.fit_joint(light['N'],light['D'],light['loss'])\n"
                "def er(fit,t): return 100*(fit.law(t['N'].to_numpy(),t['D'].to_numpy("
                "))/t['loss'].to_numpy()-1)\n"
                "worst_sum=max(er(A_,heavy),key=abs)\n"
                "worst_joint=max(er(B_,heavy),key=abs)\n"
                "typical_sum=np.sqrt(np.mean(er(A_,light)**2))\n"
                "typical_joint=np.sqrt(np.mean(er(B_,light)**2))"
            ),
            _HEAVY.format(change=""),
            _HEAVY.format(
                change="worst_sum, worst_joint, typical_sum, typical_joint = "
                "(round(float(v), 2) for v in (worst_sum, worst_joint, typical_sum, typical_joint))"
            ),
        ],
        wrong=[
            (
                (
                    "A_=sl.fit_chinchilla(light['N'],light['D'],light['loss'])\n"
                    "B_=sl.fit_joint(light['N'],light['D'],light['loss'])\n"
                    "def er(fit,t): return 100*(fit.law(t['N'].to_numpy(),t['D'].to_numpy("
                    "))/t['loss'].to_numpy()-1)\n"
                    "worst_sum=min(er(A_,heavy),key=abs)\n"
                    "worst_joint=min(er(B_,heavy),key=abs)\n"
                    "typical_sum=np.sqrt(np.mean(er(A_,light)**2))\n"
                    "typical_joint=np.sqrt(np.mean(er(B_,light)**2))"
                ),
                "That is the smallest error in",
            ),
            (
                (
                    "A_=sl.fit_chinchilla(light['N'],light['D'],light['loss'])\n"
                    "B_=sl.fit_joint(light['N'],light['D'],light['loss'])\n"
                    "def er(fit,t): return 100*(fit.law(t['N'].to_numpy(),t['D'].to_numpy("
                    "))/t['loss'].to_numpy()-1)\n"
                    "worst_sum=er(A_,heavy)[heavy['M'].argmax()]\n"
                    "worst_joint=er(B_,heavy)[heavy['M'].argmax()]\n"
                    "typical_sum=np.sqrt(np.mean(er(A_,light)**2))\n"
                    "typical_joint=np.sqrt(np.mean(er(B_,light)**2))"
                ),
                "That is the run with the most bytes per",
            ),
            (
                (
                    "A_=sl.fit_chinchilla(light['N'],light['D'],light['loss'])\n"
                    "B_=sl.fit_joint(light['N'],light['D'],light['loss'])\n"
                    "def er(fit,t): return 100*(fit.law(t['N'].to_numpy(),t['D'].to_numpy("
                    "))/t['loss'].to_numpy()-1)\n"
                    "worst_sum=(lambda e:e[np.argmax(abs(e))])(100*np.log(A_.law("
                    "heavy['N'].to_numpy(),heavy['D'].to_numpy())/heavy['loss'].to_numpy()))\n"
                    "worst_joint=max(er(B_,heavy),key=abs)\n"
                    "typical_sum=np.sqrt(np.mean(er(A_,light)**2))\n"
                    "typical_joint=np.sqrt(np.mean(er(B_,light)**2))"
                ),
                "That is the logarithm of forecast/loss:",
            ),
            (
                (
                    "A_=sl.fit_chinchilla(light['N'],light['D'],light['loss'])\n"
                    "B_=sl.fit_joint(light['N'],light['D'],light['loss'])\n"
                    "def er(fit,t): return 100*(fit.law(t['N'].to_numpy(),t['D'].to_numpy("
                    "))/t['loss'].to_numpy()-1)\n"
                    "worst_sum=np.sqrt(np.mean(er(A_,heavy)**2))\n"
                    "worst_joint=np.sqrt(np.mean(er(B_,heavy)**2))\n"
                    "typical_sum=np.sqrt(np.mean(er(A_,light)**2))\n"
                    "typical_joint=np.sqrt(np.mean(er(B_,light)**2))"
                ),
                "That is the root of the mean square:",
            ),
            (_HEAVY.format(change="worst_sum /= 100"), "multiply by 100"),
            (_HEAVY.format(change="worst_sum = -worst_sum"), "The sign"),
            (_HEAVY.format(change="worst_sum = off(one, heavy).mean()"), "That is the mean"),
            (_HEAVY.format(change="worst_sum, worst_joint = worst_joint, worst_sum"), "other form"),
            (_HEAVY.format(change="worst_sum = max(off(one, light), key=abs)"), "That is on light"),
            (
                _HEAVY.format(
                    change="worst_sum = max(off(sl.fit_chinchilla(longer['N'], longer['D'], longer['loss']).law, heavy), key=abs)"
                ),
                "fit light only",
            ),
            (_HEAVY.format(change="typical_sum = np.abs(off(one, light)).mean()"), "mean absolute"),
            (
                _HEAVY.format(change="typical_joint = np.sqrt((off(two, heavy) ** 2).mean())"),
                "on heavy",
            ),
            (
                _HEAVY.format(change="typical_joint = (off(two, light) ** 2).mean()"),
                "take the root",
            ),
            (_HEAVY.format(change="typical_joint = None"), "no value yet"),
        ],
    ),
    "ex11a_mup": choice(
        "answer_11a",
        "b",
        {
            "a": "changes the parametrisation",
            "c": "not the loss",
            "d": "critical batch grows",
        },
    ),
    "ex11b_tilt": Answers(
        right=['answer_11b = "bce"', "answer_11b = ['b', 'c', 'e']", 'answer_11b = "e, c, b"'],
        wrong=[
            ('answer_11b = "bc"', ""),
            ('answer_11b = "abce"', "common factor"),
            ('answer_11b = "bcde"', "same factor"),
            ('answer_11b = "ad"', "common factor"),
            ('answer_11b = "e"', ""),
            ('answer_11b = "z"', "letters of all right options"),
            ("answer_11b = 3", "letters"),
        ],
    ),
    "ex11c_three_times": Answers(
        right=["answer_11c = 1.33", "answer_11c = 4 / 3", "answer_11c = np.float64(1.333)"],
        wrong=[
            ("answer_11c = 4", "factor of the data"),
            ("answer_11c = 0.33", "1 is missing"),
            ("answer_11c = 0.25", "fewer steps than the fewest"),
            ("answer_11c = 3", "over the critical one"),
            ("answer_11c = 2", ""),
            ("answer_11c = '1.33'", ""),
        ],
    ),
    "ex12_recipe": Answers(
        equal={
            "0.0126 => 0.01386": "the nearest run that was trained is the same",
            "0.2 => 0.22000000000000003": "the nearest run that was trained is the same",
            "0.4 => 0.44000000000000006": "the nearest run that was trained is the same",
        },
        right=[
            ("lr_R,batch_R,warmup_S,cooldown_T=0.011,512,0.2,0.4"),
            _RECIPE.format(0.0126, 512, 0.2, 0.4),
            _RECIPE.format("0.35 / 32 * np.sqrt(512 / 384)", "524288 / 1024", 0.5, 0.2),
            _RECIPE.format("np.array(0.012)", "np.int64(512)", "np.float64(0.25)", 0.8),
        ],
        wrong=[
            (_RECIPE.format(0.0126, 128, 0.2, 0.4), "must end within 1,024"),
            (_RECIPE.format(0.022, 4096, 0.2, 0.4), "the batch alone costs"),
            (_RECIPE.format(0.35, 512, 0.2, 0.4), "far above"),
            (_RECIPE.format(0.001, 512, 0.2, 0.4), "far below"),
            (_RECIPE.format(0.0126, 512, 0, 0.4), "gained from a longer one"),
            (_RECIPE.format(0.0126, 512, 0.01, 0.4), "gained from a longer one"),
            (_RECIPE.format(0.0126, 512, 20, 0.4), "A share"),
            (_RECIPE.format(0.0126, 512, 0.2, 0.05), "no time to fall slowly"),
            (_RECIPE.format(0.0126, 512, 0.2, 40), "A share"),
            (_RECIPE.format(0.0126, 512, 0.2, None), "no value yet"),
        ],
    ),
}
