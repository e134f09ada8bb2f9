"""What learners write in 06_loss_to_skill: right answers, other right answers, and the wrong ones that people really make.

{grade_id of the answer cell: Answers(right=[code, …], wrong=[(code, part of the reply), …])}. A wrong answer whose slip the
check names has that part of the reply here; one that is only refused has "".
"""

from . import Answers, choice


def filled(template: str, default: dict, **changes) -> str:
    """`template` with the default parts, but for those that are changed."""
    for name, part in (default | changes).items():
        template = template.replace(f"<{name}>", part)
    return template


_CHAIN = "def chain_match(p, m2, k):\n    {}"
_DISCORDANT = "def share_discordant(loss, score):\n    {}"
_ONSET = "def onset(C, score, share):\n    {}"
_DEMAND = "wrong_per_million = 22840\ndef accuracy_for(target, k):\n    {}"
_ALLOWED = _DEMAND.format("return target ** (1 / k)") + "\nwrong_per_million = {}"
_MIXTURE = "def match_of_mixture(p, share, k):\n    {}"
_RATIO = "def forecast_ratio(first, second, N, D, score):\n    {}"

_ONSETS = """
onset_1, onset_8, onset_16 = <one>, <eight>, <sixteen>
"""
_ONSETS_RIGHT = {
    "one": 'onset(best["budget"], best["accuracy"], 0.1)',
    "eight": 'onset(best["budget"], best["match_8"], 0.1)',
    "sixteen": 'onset(best["budget"], best["match_16"], 0.1)',
}


def onsets(**changes):
    return filled(_ONSETS, _ONSETS_RIGHT, **changes)


_REHEARSAL = """
law = sl.fit_joint(<seen>["N"], <seen>["D"], <seen>["loss"]).predict
skill_1 = sl.fit_accuracy(<seen>["loss"], <seen>["accuracy"], floor=0).predict
skill_8 = sl.fit_accuracy(<seen>["loss"], <seen>["match_8"], floor=0).predict
rehearsal_accuracy, rehearsal_match = <one>, <eight>
"""
_REHEARSAL_RIGHT = {
    "one": 'forecast_ratio(law, skill_1, <new>["N"], <new>["D"], <new>["accuracy"])',
    "eight": 'forecast_ratio(law, skill_8, <new>["N"], <new>["D"], <new>["match_8"])',
    "seen": "early",
    "new": "late",
}


def rehearsal(**changes):
    return filled(_REHEARSAL, _REHEARSAL_RIGHT, **changes)


_FINAL = """
law = sl.fit_joint(<seen>["N"], <seen>["D"], <seen>["loss"])
one = sl.fit_accuracy(<seen>["loss"], <seen>["accuracy"], floor=0)
eight = sl.fit_accuracy(<seen>["loss"], <seen>["match_8"], floor=0)
ratio_accuracy, ratio_match = <one>, <eight>
range_accuracy, range_match = <low_one>, <low_eight>
"""
_FINAL_RIGHT = {
    "one": 'forecast_ratio(law.predict, one.predict, <new>["N"], <new>["D"], <new>["accuracy"])',
    "eight": 'forecast_ratio(law.predict, eight.predict, <new>["N"], <new>["D"], <new>["match_8"])',
    "low_one": "sl.Chain(law, one).interval(<where>, new_run=True)",
    "low_eight": "sl.Chain(law, eight).interval(<where>, new_run=True)",
    "seen": "small",
    "new": "final",
    "where": 'referee["N"], referee["D"]',
}


def final(**changes):
    return filled(_FINAL, _FINAL_RIGHT, **changes)


_RIVAL = """
law = sl.<form>(small["N"], small["D"], small["loss"])
log_line = np.polyfit(small["loss"], np.log(small["match_8"]), 1)
line = np.polyfit(small["loss"], small["accuracy"], 1)
loss = <loss>
ratio_rival, ratio_line, forecastable = <rival>, <line>, <which>
"""
_RIVAL_RIGHT = {
    "form": "fit_joint",
    "loss": 'law.predict(final["N"], final["D"])',
    "rival": 'np.exp(np.polyval(log_line, loss)).mean() / final["match_8"].mean()',
    "line": 'np.polyval(line, loss).mean() / final["accuracy"].mean()',
    "which": '"accuracy"',
}


def rival(**changes):
    return filled(_RIVAL, _RIVAL_RIGHT, **changes)


ANSWERS = {
    "ex1_guess": Answers(
        right=["guess_match = 10", "guess_match = 0.0", "guess_match = np.float64(30)"],
        wrong=[
            ("guess_match = -5", "Write per cent"),
            ("guess_match = 250", "Write per cent"),
            ("guess_match = '5 %'", "quotation marks"),
            ("guess_match = True", "truth value"),
            ("guess_match = [1, 5]", "one number"),
            ("guess_match = float('nan')", ""),
        ],
    ),
    "ex2_onset": Answers(
        right=[
            _ONSET.format(
                "t = sorted(zip(C, score)); return min(c for c, s in t if s >= share * t[-1][1])"
            ),
            _ONSET.format(
                "t = pd.DataFrame({'C': np.asarray(C), 's': np.asarray(score)}); return t.C[t.s >= share * t.s[t.C.idxmax()]].min()"
            ),
            _ONSET.format(
                "C, s = np.asarray(C), np.asarray(score); return C[s >= share * s[C.argmax()]].min()"
            ),
            _ONSET.format(
                "rows = sorted(zip(C, score)); return next(c for c, s in rows if s >= share * rows[-1][1])"
            ),
            _ONSET.format(
                "t = pd.Series(np.asarray(score), index=np.asarray(C)).sort_index(); return t.index[t >= share * t.iloc[-1]][0]"
            ),
        ],
        wrong=[
            (
                _ONSET.format("return C[score > share * score[np.argmax(C)]].min()"),
                "at least",
            ),
            (_ONSET.format("return C[score >= share * score.max()].min()"), "largest budget"),
            (_ONSET.format("return C[score >= share * score[-1]].min()"), "need not be the last"),
            (
                _ONSET.format("return C[np.argmax(score >= share * score[np.argmax(C)])]"),
                "smallest one may come later",
            ),
            (_ONSET.format("return C[score >= 0.1 * score[np.argmax(C)]].min()"), "typed in"),
            (_ONSET.format("return C[score >= share].min()"), "not the share itself"),
            (_ONSET.format("return np.argmax(score >= share * score[-1])"), "counted from 0"),
            (_ONSET.format("return C[score >= share * score[np.argmax(C)]].max()"), "smallest"),
            (_ONSET.format("C.sort(); return C[score >= share * score[-1]].min()"), ""),
            (_ONSET.format("print(C.min())"), "returned None"),
        ],
    ),
    "ex2_numbers": Answers(
        right=[
            onsets(),
            "onset_1, onset_8, onset_16 = 1e10, 3.16e10, 3.16e11",
            onsets(one='onset(best["budget"].to_numpy(), best["accuracy"].to_numpy(), 1 / 10)'),
        ],
        wrong=[
            (onsets(one=_ONSETS_RIGHT["eight"]), "match_8 has its onset there"),
            (onsets(eight=_ONSETS_RIGHT["sixteen"]), "match_16 has its onset there"),
            (onsets(sixteen=_ONSETS_RIGHT["eight"]), "match_8 has its onset there"),
            (onsets(eight=_ONSETS_RIGHT["one"]), "accuracy has its onset there"),
            (onsets(one="0"), "one of the budgets"),
            (onsets(sixteen='best["match_16"].iloc[-1]'), "one of the budgets"),
        ],
    ),
    "ex3a_p_to_the_30": Answers(
        right=["answer_3a = 0.21", "answer_3a = 0.95**30", "answer_3a = 0.2"],
        wrong=[
            ("answer_3a = 0.95", "one token"),
            ("answer_3a = 0.79", "at least one token is wrong"),
            ("answer_3a = 0", "tend to zero"),
            ("answer_3a = 28.5", "expected number"),
            ("answer_3a = 21", "in per cent"),
            ("answer_3a = 1", "at least one of thirty"),
            ("answer_3a = 0.5", ""),
            ("answer_3a = 'p'", ""),
            ("answer_3a = '0.21'", "without quotation marks"),
        ],
        equal={
            "0.21 => 0.231": "0.95**30 is 0.2146, and the question forgives a difference of 0.02",
        },
    ),
    "ex3_demand": Answers(
        right=[
            _DEMAND.format("return target ** (1 / k)"),
            _DEMAND.format("return np.exp(np.log(target) / k)"),
            "wrong_per_million = 1e6 - 1e6 * 0.5 ** (1 / 30)\n"
            "accuracy_for = lambda target, k: np.power(target, 1.0 / np.asarray(k))",
            _ALLOWED.format("round(1e6 * (1 - accuracy_for(0.5, 30)))"),
        ],
        wrong=[
            (_DEMAND.format("return target / k"), "target/k"),
            (_ALLOWED.format("1e6 * accuracy_for(0.5, 30)"), "the others may be wrong"),
            (_ALLOWED.format("1e6 * (1 - 0.5) / 30"), "the k-th root of target"),
            (_ALLOWED.format("1 - accuracy_for(0.5, 30)"), "a share of all bytes"),
            (_ALLOWED.format("100 * (1 - accuracy_for(0.5, 30))"), "in per cent"),
            (_ALLOWED.format("5e5"), "for single bytes"),
            (_DEMAND.format("return target**k"), "the other way"),
            (_DEMAND.format("return np.log(target) / k"), "logarithm"),
            (_DEMAND.format("return target**0.5"), "square root"),
            (_DEMAND.format("return k ** (1 / target)"), ""),
            (_DEMAND.format("return 1 - (1 - target) ** (1 / k)"), "at least one"),
            (_DEMAND.format("pass"), "returned None"),
        ],
    ),
    "ex4_chain": Answers(
        right=[
            _CHAIN.format("return p * (m2 / p) ** (k - 1)"),
            _CHAIN.format("return m2 ** (k - 1) * p ** (2.0 - k)"),
            _CHAIN.format("q = np.divide(m2, p); return np.exp(np.log(p) + (k - 1) * np.log(q))"),
            "chain_match = lambda p, m2, k: p * np.power(m2 / p, k - 1)",
        ],
        wrong=[
            (_CHAIN.format("return p**k"), "independent"),
            (_CHAIN.format("return (m2 / p) ** k"), "first byte"),
            (_CHAIN.format("return p * (m2 / p) ** k"), "only k - 1 bytes"),
            (_CHAIN.format("return m2**k"), ""),
            (_CHAIN.format("return p * m2 ** (k - 1)"), "divide m2 by p"),
            (_CHAIN.format("return m2 / p"), "q itself"),
            (_CHAIN.format("p * (m2 / p) ** (k - 1)"), "returned None"),
            (
                _CHAIN.format(
                    "m = p\n    for _ in range(k - 1):\n        m = m * m2 / p\n    return m"
                ),
                "[1, 4]",
            ),
            (_CHAIN.format("return p * (p / m2) ** (k - 1)"), "upside down"),
            (_CHAIN.format("return (m2 / p) ** (k - 1)"), "first byte is missing"),
        ],
    ),
    "ex4_factors": Answers(
        right=[
            'factor_independent = np.exp(np.log(top["match_8"]) - 8 * np.log(top["accuracy"]))\nfactor_chain = top.match_8 * top.accuracy**6 / top.match_2**7',
            "factor_independent, factor_chain = 1.71, 1.11",
            'p, q = top["accuracy"], top["match_2"] / top["accuracy"]\n'
            'factor_independent = top["match_8"] / p**8\nfactor_chain = top["match_8"] / (p * q**7)',
            "factor_independent = 0.0708 / 0.6714**8\nfactor_chain = 0.0708 / chain_match(0.6714, 0.4794, 8)",
        ],
        wrong=[
            (
                'factor_independent = top["accuracy"]**8 / top["match_8"]\nfactor_chain = 1.1',
                "upside down",
            ),
            (
                'factor_independent = top["match_8"] - top["accuracy"]**8\nfactor_chain = 1.1',
                "divide",
            ),
            (
                'factor_independent = top["match_8"] / np.exp(-8 * top["loss"])\nfactor_chain = 1.1',
                "p = exp(-loss)",
            ),
            (
                'factor_independent = top["match_16"] / top["accuracy"]**16\nfactor_chain = 1.1',
                "16 bytes",
            ),
            (
                'factor_independent = top["match_8"] / top["accuracy"]**8\nfactor_chain = chain_match(top["accuracy"], top["match_2"], 8) / top["match_8"]',
                "upside down",
            ),
            (
                'factor_independent = top["accuracy"]**8\nfactor_chain = 1.1',
                "the guess itself",
            ),
            (
                'factor_chain = top["match_8"] / top["accuracy"]**8\n'
                'factor_independent = top["match_8"] / chain_match(top["accuracy"], top["match_2"], 8)',
                "factor for the chain",
            ),
            (
                'factor_independent = factor_chain = top["match_8"] / top["accuracy"]**8',
                "use chain_match",
            ),
            (
                'factor_independent = top["match_8"] / top["accuracy"]**8\nfactor_chain = top["match_8"] / (top["match_2"] / top["accuracy"])**8',
                "",
            ),
        ],
    ),
    "ex5_mixture": Answers(
        right=[
            _MIXTURE.format("return np.sum(share * p**k)"),
            _MIXTURE.format("return np.average(p**k, weights=share)"),
            _MIXTURE.format("return sum(w * q**k for q, w in zip(p, share))"),
            _MIXTURE.format("return np.dot(share, np.power(p, k))"),
        ],
        wrong=[
            (_MIXTURE.format("return np.mean(p) ** k"), "colleague"),
            (_MIXTURE.format("return np.mean(p**k)"), "counts alike"),
            (_MIXTURE.format("return np.sum(share * p) ** k"), "before the power"),
            (_MIXTURE.format("return np.sum(p**k)"), "without their shares"),
            (_MIXTURE.format("return np.mean(share * p**k)"), "take the sum"),
            (_MIXTURE.format("return np.sum(share * p)"), "power is missing"),
            (_MIXTURE.format("return np.sum((share * p) ** k)"), "raised to the power as well"),
            (_MIXTURE.format("share *= p**k; return share.sum()"), "changed its input"),
            (_MIXTURE.format("return 0.21475"), ""),
        ],
    ),
    "ex6_discordant": Answers(
        right=[
            _DISCORDANT.format(
                "i, j = np.triu_indices(len(loss), 1); return np.mean((loss[i] - loss[j]) * (score[i] - score[j]) > 0)"
            ),
            _DISCORDANT.format(
                "n = len(loss); return sum((loss[a] < loss[b]) and (score[a] < score[b]) for a in range(n) for b in range(n)) / (n * (n - 1) / 2)"
            ),
            _DISCORDANT.format(
                "from itertools import combinations as c; p = list(c(zip(loss, score), 2)); return np.mean([(a[0] - b[0]) * (a[1] - b[1]) > 0 for a, b in p])"
            ),
            _DISCORDANT.format(
                "L, S = np.asarray(loss), np.asarray(score); d = np.sign(L[:, None] - L) * np.sign(S[:, None] - S) > 0; n = len(L); return d.sum() / (n * n - n)"
            ),
        ],
        wrong=[
            (
                _DISCORDANT.format(
                    "i, j = np.triu_indices(len(loss), 1); return np.mean((loss[i] - loss[j]) * (score[i] - score[j]) < 0)"
                ),
                "agree",
            ),
            (
                _DISCORDANT.format(
                    "return np.mean((loss[:, None] - loss) * (score[:, None] - score) > 0)"
                ),
                "n²",
            ),
            (
                _DISCORDANT.format(
                    "i, j = np.triu_indices(len(loss), 1); return np.sum((loss[i] - loss[j]) * (score[i] - score[j]) > 0)"
                ),
                "A share was expected",
            ),
            (
                _DISCORDANT.format("return np.mean(np.diff(loss) * np.diff(score) > 0)"),
                "Only neighbours",
            ),
            (
                _DISCORDANT.format(
                    "i, j = np.triu_indices(len(loss), 1); return np.mean((loss[i] - loss[j]) * (score[i] - score[j]) >= 0)"
                ),
                "same score",
            ),
            (
                _DISCORDANT.format(
                    "n = len(loss); return sum((loss[a] < loss[b]) and (score[a] < score[b]) for a in range(n) for b in range(n)) / n"
                ),
                "number of models",
            ),
            (
                _DISCORDANT.format(
                    "i, j = np.triu_indices(len(loss)); return np.mean((loss[i] - loss[j]) * (score[i] - score[j]) > 0)"
                ),
                "paired with itself",
            ),
            (
                _DISCORDANT.format(
                    "s = score[np.argsort(loss)]; n = len(s); return sum((s[i] < s[i + 1:]).sum() for i in range(n)) / (n * (n - 1) / 2)"
                ),
                "equal losses",
            ),
            (
                _DISCORDANT.format(
                    "n = len(loss); return sum((loss[a] < loss[b]) and (score[a] <= score[b]) for a in range(n) for b in range(n)) / (n * (n - 1) / 2)"
                ),
                "same score",
            ),
            (
                _DISCORDANT.format(
                    "from scipy.stats import kendalltau; return (1 + kendalltau(loss, score)[0]) / 2"
                ),
                "tau-b",
            ),
            (_DISCORDANT.format("return np.corrcoef(loss, score)[0, 1]"), ""),
            (_DISCORDANT.format("pass"), "returned None"),
            (
                (
                    "def share_discordant(loss, score):\n"
                    "    l, s = np.asarray(loss), np.asarray(score)\n"
                    "    i, j = np.triu_indices(len(l), 1)\n"
                    "    return np.mean((l[i] - l[j]) * (s[i] - s[j]) >= 0)"
                ),
                "Two models with the same score do not disagree",
            ),
        ],
    ),
    "ex6_numbers": Answers(
        right=[
            "discordant_8, discordant_code = 22 / 1540, 292 / 1540",
            "discordant_8, discordant_code = 0.014, 0.190",
            'pairs = points.merge(points, how="cross")\npairs = pairs[pairs["loss_x"] < pairs["loss_y"]]\ndiscordant_8 = (pairs["match_8_x"] < pairs["match_8_y"]).sum() / (56 * 55 / 2)\ndiscordant_code = (pairs["loss_other_x"] > pairs["loss_other_y"]).sum() / (56 * 55 / 2)',
            'discordant_8 = share_discordant(points["loss"].to_numpy(), points["match_8"].to_numpy())\n'
            'discordant_code = share_discordant(points["loss"].to_numpy(), -points["loss_other"].to_numpy())',
            "from scipy.stats import kendalltau\n"
            'discordant_8 = (1 + kendalltau(points["loss"], points["match_8"], variant="b")[0]) / 2\n'
            'discordant_code = (1 + kendalltau(points["loss"], -points["loss_other"])[0]) / 2',
        ],
        wrong=[
            (
                'discordant_8 = discordant_code = share_discordant(points["loss"].to_numpy(), points["match_8"].to_numpy())',
                "share for match_8",
            ),
            (
                'discordant_8 = share_discordant(points["loss"].to_numpy(), points["match_16"].to_numpy())\ndiscordant_code = 0.2',
                "match_16",
            ),
            (
                'discordant_8 = 1 - share_discordant(points["loss"].to_numpy(), points["match_8"].to_numpy())\ndiscordant_code = 0.2',
                "agree",
            ),
            (
                'discordant_8 = share_discordant(points["loss"].to_numpy(), points["match_8"].to_numpy())\ndiscordant_code = share_discordant(points["loss"].to_numpy(), points["loss_other"].to_numpy())',
                "use -loss_other",
            ),
            (
                'discordant_8 = share_discordant(points["loss"].to_numpy(), points["accuracy"].to_numpy())\ndiscordant_code = 0.2',
                "for accuracy",
            ),
            ("discordant_8 = 22\ndiscordant_code = 0.2", "A share"),
            (
                'g = sl.load_runs("grid", corpus="prose")\ndiscordant_8 = share_discordant(g["loss"].to_numpy(), g["match_8"].to_numpy())\ndiscordant_code = 0.2',
                "single runs",
            ),
            (
                (
                    "discordant_8 = share_discordant(\n"
                    '    points["loss"].to_numpy(), points["accuracy"].to_numpy()\n'
                    ")\n"
                    "discordant_code = share_discordant(\n"
                    '    points["loss"].to_numpy(), -points["loss_other"].to_numpy()\n'
                    ")"
                ),
                "That is for accuracy",
            ),
        ],
    ),
    "ex7_ratio": Answers(
        right=[
            _RATIO.format(
                "total = 0.0\n    for n, d in zip(N, D):\n        total += float(second(first(n, d)))\n    return total / float(np.sum(score))"
            ),
            _RATIO.format("return np.average(second(first(N, D))) * len(score) / np.sum(score)"),
            _RATIO.format("return np.mean(second(first(N, D))) / np.mean(score)"),
            _RATIO.format(
                "forecast = second(first(np.asarray(N), np.asarray(D))); return sum(forecast) / sum(score)"
            ),
            _RATIO.format(
                "f = [float(second(first(n, d))) for n, d in zip(N, D)]; return float(np.mean(f) / np.mean(np.asarray(score)))"
            ),
        ],
        wrong=[
            (
                _RATIO.format("return np.mean(score) / np.mean(second(first(N, D)))"),
                "upside down",
            ),
            (_RATIO.format("return np.mean(second(first(N, D)) / score)"), "single ratios"),
            (_RATIO.format("return np.sum(second(first(N, D))) / np.mean(score)"), "two sums"),
            (_RATIO.format("return np.mean(second(first(N, D)))"), "divide by the mean"),
            (_RATIO.format("return np.mean(second(first(N, D))) - np.mean(score)"), "difference"),
            (
                _RATIO.format("return np.mean(second(first(N, D))) / np.mean(score) - 1"),
                "relative error",
            ),
            (_RATIO.format("return np.mean(first(N, D)) / np.mean(score)"), "second step"),
            (
                _RATIO.format("return np.mean(second(first(D, N))) / np.mean(score)"),
                "changed places",
            ),
            (
                _RATIO.format("return second(np.mean(first(N, D))) / np.mean(score)"),
                "averaged before",
            ),
            (_RATIO.format("second(first(N, D))"), "returned None"),
        ],
    ),
    "ex7_rehearsal": Answers(
        right=[
            'first = sl.fit_joint(early["N"], early["D"], early["loss"]).law\nL = np.asarray(first(late["N"], late["D"]))\nrehearsal_accuracy = sl.fit_accuracy(early["loss"], early["accuracy"], floor=0).law(L).sum() / late["accuracy"].sum()\nrehearsal_match = round(float(np.mean(sl.fit_accuracy(early["loss"], early["match_8"], floor=0).law(L)) / late["match_8"].mean()), 3)',
            rehearsal(),
            rehearsal(
                one='np.mean(skill_1(law(late["N"], late["D"]))) / late["accuracy"].mean()',
                eight='float(np.sum(skill_8(law(late["N"], late["D"]))) / late["match_8"].sum())',
            ),
        ],
        wrong=[
            (rehearsal(one="1 / " + _REHEARSAL_RIGHT["one"]), "upside down"),
            (rehearsal(seen="small"), "should forecast"),
            (rehearsal(new="early"), "were fitted"),
            (
                rehearsal(one=_REHEARSAL_RIGHT["eight"], eight=_REHEARSAL_RIGHT["one"]),
                "other score",
            ),
            (
                rehearsal(eight='np.mean(skill_8(late["loss"])) / late["match_8"].mean()'),
                "measured losses",
            ),
            (rehearsal(one="1.0", eight="1.0"), ""),
            (rehearsal(one="None"), "no value yet"),
        ],
    ),
    "ex8_final": Answers(
        right=[
            final(),
            final(
                low_one="list(sl.Chain(first=law, second=one).interval(<where>, level=0.95, new_run=True))",
                low_eight="np.array(sl.Chain(law, eight).interval(<where>, new_run=True))",
            ),
            final(where="int(referee.N), int(referee.D)"),
        ],
        wrong=[
            (final(one="1 / " + _FINAL_RIGHT["one"]), "upside down"),
            (final(seen="early"), "fitted to early"),
            (final(new="small"), "were fitted"),
            (final(one=_FINAL_RIGHT["eight"], eight=_FINAL_RIGHT["one"]), "other score"),
            (
                final(low_one=_FINAL_RIGHT["low_eight"], low_eight=_FINAL_RIGHT["low_one"]),
                "other skill",
            ),
            (final(low_one="sl.Chain(law, one).interval(<where>)"), "new_run=True"),
            (
                final(low_eight="sl.Chain(law, eight).interval(<where>, new_run=True, level=0.9)"),
                "90 %",
            ),
            (final(where='referee["D"], referee["N"]'), "changed places"),
            (final(low_one="law.interval('E')"), ""),
            (final(low_one="one.predict(referee['loss'])"), "two numbers"),
            (final(low_eight="(0.09, 0.05)"), "lower one"),
        ],
        equal={
            "'N' => 'D' #3": "at this size match_8 hardly depends on N: its forecast differs by 0.05 %, less than rounding to three digits does",
        },
    ),
    "ex9_rival": Answers(
        right=[
            'from scipy.stats import linregress\nL = np.asarray(sl.fit_joint(small["N"], small["D"], small["loss"]).predict(final["N"], final["D"]))\na = linregress(small["loss"], np.log(small["match_8"]))\nb = linregress(small["loss"], small["accuracy"])\nratio_rival = np.exp(a.intercept + a.slope * L).mean() / final["match_8"].mean()\nratio_line = (b.intercept + b.slope * L).mean() / final["accuracy"].mean()\nforecastable = "accuracy"',
            'ratio_rival, ratio_line, forecastable = 10.7, 1.03, "accuracy"',
            'L = sl.fit_joint(small["N"], small["D"], small["loss"]).law(final["N"], final["D"])\nX = np.column_stack([np.ones(len(small)), small["loss"]])\n(u, v), (w, z) = (np.linalg.lstsq(X, y, rcond=None)[0] for y in (np.log(small["match_8"]), small["accuracy"]))\nratio_rival = sum(np.exp(u + v * l) for l in np.asarray(L)) / final["match_8"].sum()\nratio_line = sum(w + z * l for l in np.asarray(L)) / final["accuracy"].sum()\nforecastable = "accuracy"',
            rival(),
            rival(
                rival='forecast_ratio(law.predict, lambda L: np.exp(log_line[0] * L + log_line[1]), final["N"], final["D"], final["match_8"])',
                line='forecast_ratio(law.predict, lambda L: line[0] * L + line[1], final["N"], final["D"], final["accuracy"])',
                which='" Accuracy"',
            ),
        ],
        wrong=[
            (rival(rival="1 / (" + _RIVAL_RIGHT["rival"] + ")"), "upside down"),
            (rival(line="1 / (" + _RIVAL_RIGHT["line"] + ")"), "upside down"),
            (
                rival(
                    rival='np.polyval(np.polyfit(small["loss"], small["match_8"], 1), loss).mean() / final["match_8"].mean()'
                ),
                "logarithm belongs",
            ),
            (rival(loss='final["loss"]'), "measured losses"),
            (rival(form="fit_chinchilla"), "another law"),
            (rival(which='"both"'), "side by side"),
            (rival(which='"match_8"'), "side by side"),
            (rival(which="True"), "in quotation marks"),
            (rival(rival="0.1"), ""),
            (
                rival(
                    line='sl.fit_accuracy(small["loss"], small["accuracy"], floor=0).predict(loss).mean() / final["accuracy"].mean()'
                ),
                "still the sigmoid",
            ),
        ],
    ),
    "ex10a_metric": choice(
        "answer_10a", "d", {"a": "p = 0.86", "b": "Too harsh", "c": "looks like a step"}
    ),
    "ex10b_error_or_loss": choice(
        "answer_10b", "a", {"b": "less surprised", "c": "not in the", "d": "No such rule"}
    ),
    "ex10c_identical_loss": choice(
        "answer_10c", "d", {"a": "not predicted", "b": "2N FLOPs", "c": "another quantity"}
    ),
}
