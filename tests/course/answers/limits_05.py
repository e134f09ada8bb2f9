"""What learners write in 05_limits: right answers, other right answers, and the wrong ones that people really make.

{grade_id of the answer cell: Answers(right=[code, …], wrong=[(code, part of the reply), …])}. A wrong answer whose slip the
check names has that part of the reply here; one that is only refused has "".
"""

from . import Answers


def filled(template: str, default: dict, **changes) -> str:
    """`template` with the default parts, but for those that are changed."""
    for name, part in (default | changes).items():
        template = template.replace(f"<{name}>", part)
    return template


_RANGES = """
fit_upper = sl.fit_chinchilla(upper["N"], upper["D"], upper["loss_prose"])
alpha_all, alpha_upper = <all>, <upper>
ranges_agree = <agree>
"""
_RANGES_RIGHT = {
    "all": 'fit_prose.interval("alpha")',
    "upper": 'fit_upper.interval("alpha")',
    "agree": (
        "alpha_all[0] <= fit_upper.law.alpha <= alpha_all[1]"
        " or alpha_upper[0] <= fit_prose.law.alpha <= alpha_upper[1]"
    ),
}


def ranges(**changes):
    return filled(_RANGES, _RANGES_RIGHT, **changes)


_LEVELS = """
fit_code = sl.fit_chinchilla(shared["N"], shared["D"], shared["loss_code"])
L_prose, L_code = <prose>, <code>
belongs_to_text = <verdict>
"""
_LEVELS_RIGHT = {
    "prose": "fit_prose.interval(lambda law: law(N_ref, D_ref))",
    "code": "fit_code.interval(lambda law: law(N_ref, D_ref))",
    "verdict": '"level"',
}


def levels(**changes):
    return filled(_LEVELS, _LEVELS_RIGHT, **changes)


_TRANSFER = """
forecast = fit_prose.predict(shared["N"], shared["D"])
miss_prose, miss_code, extra_percent = <prose>, <code>, <extra>
"""
_TRANSFER_RIGHT = {
    "prose": '100 * np.mean(forecast / shared["loss_prose"] - 1)',
    "code": '100 * np.mean(forecast / shared["loss_code"] - 1)',
    "extra": "100 * (code_loss_at(best_for_prose) / code_loss_at(best_for_code) - 1)",
}


def transfer(**changes):
    return filled(_TRANSFER, _TRANSFER_RIGHT, **changes)


_TURN = """
few = epochs <= <most>
power = sl.fit_power_law(epochs, held_out_loss)
broken = sl.fit_broken_power_law(epochs, held_out_loss)
early = sl.fit_power_law(epochs[few], held_out_loss[few])
best_epochs, miss_last = <best>, <miss>
worst_power, worst_broken = <power>, <broken>
gap_first, gap_last = <first>, <last>
"""
_TURN_RIGHT = {
    "most": "16",
    "best": 'by_epochs["loss"].loc[110_592].idxmin()',
    "miss": "100 * (early.predict(64.0) / held_out_loss[-1] - 1)",
    "power": "100 * np.max(np.abs(power.law(epochs) / held_out_loss - 1))",
    "broken": "100 * np.max(np.abs(broken.law(epochs) / held_out_loss - 1))",
    "first": "held_out_loss[0] - train_loss[0]",
    "last": "held_out_loss[-1] - train_loss[-1]",
}


def turn(**changes):
    return filled(_TURN, _TURN_RIGHT, **changes)


_HELD_OUT = "def held_out_error(x, loss, held_out, floor=True):\n    {}"
_UNSEEN = "def unseen_mass(p, seen):\n    {}"

_ABSURD = """
fits = {f: sl.fit_chinchilla(small["N"], small["D"], small["loss"], floor=f) for f in (True, False)}
error_floor, error_none = <e_floor>, <e_none>
ratio_floor, ratio_none, ratio_measured = <r_floor>, <r_none>, <r_measured>
choose = <choose>
"""
_ABSURD_RIGHT = {
    "e_floor": '100 * np.mean(np.abs(fits[True].predict(large["N"], large["D"]) / large["loss"] - 1))',
    "e_none": '100 * np.mean(np.abs(fits[False].predict(large["N"], large["D"]) / large["loss"] - 1))',
    "r_floor": "fits[True].law.tokens_per_param(1e13)",
    "r_none": "fits[False].law.tokens_per_param(1e13)",
    "r_measured": '(iso_prose.minima["D_opt"] / iso_prose.minima["N_opt"]).iloc[-1]',
    "choose": '"floor"',
}


def absurd(**changes):
    return filled(_ABSURD, _ABSURD_RIGHT, **changes)


_EXPONENTS = """
exponents = {}
for alpha in (0.5, 1.0):
    errors = [1 - worlds[alpha][np.unique(draws[alpha][:n])].sum() for n in n_seen]
    exponents[alpha] = -np.polyfit(np.log(n_seen), np.log(errors), 1)[0]
exponent_half, exponent_one, predicted_in_D = <half>, <one>, <in_D>
"""
_EXPONENTS_RIGHT = {
    "half": "exponents[0.5]",
    "one": "exponents[1.0]",
    "in_D": "0.3478 / (1 + 0.3478)",
}


def exponents(**changes):
    return filled(_EXPONENTS, _EXPONENTS_RIGHT, **changes)


_HALVE = "data_factors = {n: <factor> for n, b in hestness.items()}\nverdict = <verdict>"
_VERDICT = {
    "A": "too strong",
    "B": "too strong",
    "C": "wrong quantity",
    "D": "malformed",
    "E": "holds",
    "F": "too strong",
}


def review(factor="2 ** (1 / b)", **verdicts):
    return filled(_HALVE, {"factor": factor, "verdict": repr(_VERDICT | verdicts)})


ANSWERS = {
    "ex1_guess": Answers(
        right=["guess_miss = 5", "guess_miss = 0.0", "guess_miss = np.float64(30)"],
        wrong=[
            ("guess_miss = -5", "Write per cent"),
            ("guess_miss = 250", "Write per cent"),
            ("guess_miss = '5 %'", "quotation marks"),
            ("guess_miss = True", "truth value"),
            ("guess_miss = [1, 5]", "one number"),
            ("guess_miss = float('nan')", ""),
        ],
    ),
    "ex2_ranges": Answers(
        right=[
            (
                "fu=sl.fit_chinchilla(upper['N'],upper['D'],upper['loss_prose'])\n"
                "alpha_all=list(fit_prose.interval('alpha'))\n"
                "alpha_upper=list(fu.interval('alpha'))\n"
                "ranges_agree=bool(alpha_all[0]<fu.law.alpha<alpha_all[1]"
                " and alpha_upper[0]<fit_prose.law.alpha<alpha_upper[1])"
            ),
            ranges(),
            ranges(
                all='list(fit_prose.interval("alpha"))',
                upper='np.array(fit_upper.interval("alpha"))',
            ),
            ranges(
                all='fit_prose.summary().loc["alpha", ["low", "high"]]',
                upper="fit_upper.interval(lambda law: law.alpha)",
                agree="False",
            ),
        ],
        wrong=[
            (
                (
                    "fu=sl.fit_chinchilla(upper['N'],upper['D'],upper['loss_prose'])\n"
                    "alpha_all=fit_prose.interval('alpha',level=0.8)\n"
                    "alpha_upper=fu.interval('alpha',level=0.8)\n"
                    "ranges_agree=False"
                ),
                "That is the 80 % interval, from 10 to",
            ),
            (
                (
                    "fu=sl.fit_chinchilla(upper['N'],upper['D'],upper['loss_prose'])\n"
                    "alpha_all=fit_prose.interval('E')\n"
                    "alpha_upper=fu.interval('E')\n"
                    "ranges_agree=False"
                ),
                "That is the interval of",
            ),
            (
                (
                    "fu=sl.fit_chinchilla(upper['N'],upper['D'],upper['loss_prose'])\n"
                    "alpha_all=fit_prose.interval('alpha')\n"
                    "alpha_upper=fit_prose.interval('alpha')\n"
                    "ranges_agree=False"
                ),
                "That is the interval from the other",
            ),
            (ranges(upper='fit_prose.interval("alpha")'), "other range"),
            (ranges(all='fit_upper.interval("alpha")'), "other range"),
            (ranges(all='fit_prose.interval("beta")'), "interval of beta"),
            (ranges(upper='fit_upper.interval("E")'), "interval of E"),
            (ranges(all='fit_prose.interval("alpha", level=0.9)'), "90 %"),
            (ranges(upper='fit_upper.interval("alpha", level=0.8)'), "80 %"),
            (ranges(all='fit_prose.interval("alpha", level=0.68)'), "68 %"),
            (ranges(agree="True"), "lies inside alpha_upper"),
            (
                ranges(
                    agree="max(alpha_all[0], alpha_upper[0]) <= min(alpha_all[1], alpha_upper[1])"
                ),
                "overlap says less",
            ),
            (ranges(agree='"no"'), "True or False"),
            (ranges(all="fit_prose.law.alpha", agree="False"), "two numbers"),
            (ranges(all='fit_prose.interval("alpha")[::-1]', agree="False"), "lower one"),
            (ranges(all="(0.4, 0.6)"), ""),
            (
                (
                    'fit_upper = sl.fit_chinchilla(upper["N"], upper["D"], upper["loss_prose"])\n'
                    "alpha_all, alpha_upper = (\n"
                    '    fit_prose.interval("alpha"),\n'
                    '    sl.fit_chinchilla(shared["N"], shared["D"], shared["loss_code"]).interval(\n'
                    '        "alpha"\n'
                    "    ),\n"
                    ")\n"
                    "ranges_agree = False"
                ),
                "losses on code",
            ),
            (
                (
                    'fit_upper = sl.fit_chinchilla(upper["N"], upper["D"], upper["loss_prose"])\n'
                    "alpha_all, alpha_upper = (\n"
                    '    fit_prose.interval("alpha", level=0.8),\n'
                    '    fit_upper.interval("alpha", level=0.8),\n'
                    ")\n"
                    "ranges_agree = False"
                ),
                "That is the 80 % interval, from 10 to 90 %",
            ),
        ],
    ),
    "ex2_levels": Answers(
        right=[
            (
                "fc=sl.fit_chinchilla(shared['N'],shared['D'],shared['loss_code'])\n"
                "L_prose=list(fit_prose.interval(lambda l:l(N_ref,D_ref)))\n"
                "L_code=list(fc.interval(lambda law:law(N_ref,D_ref)))\n"
                "belongs_to_text='level'"
            ),
            levels(),
            levels(
                prose="fit_prose.predict_interval(N_ref, D_ref)",
                code="list(fit_code.predict_interval(N_ref, D_ref))",
                verdict='" Level"',
            ),
        ],
        wrong=[
            (
                (
                    "fc=sl.fit_chinchilla(shared['N'],shared['D'],shared['loss_code'])\n"
                    "L_prose=fit_prose.interval(lambda l:l(N_ref,D_ref),level=.8)\n"
                    "L_code=fc.interval(lambda l:l(N_ref,D_ref),level=.8)\n"
                    "belongs_to_text='level'"
                ),
                "That is the 80 % interval, from 10 to",
            ),
            (
                (
                    "fc=sl.fit_chinchilla(shared['N'],shared['D'],shared['loss_code'])\n"
                    "L_prose=fit_prose.interval(lambda l:l(10_000,300_000))\n"
                    "L_code=fc.interval(lambda l:l(10_000,300_000))\n"
                    "belongs_to_text='level'"
                ),
                "95 % interval of the loss on prose at",
            ),
            (
                (
                    "fc=sl.fit_chinchilla(shared['N'],shared['D'],shared['loss_code'])\n"
                    "L_prose=fit_prose.interval(lambda l: l(N_ref,D_ref))\n"
                    "L_code=fc.interval('E')\n"
                    "belongs_to_text='level'"
                ),
                "That is the interval of E, the floor.",
            ),
            (
                (
                    "fc=sl.fit_chinchilla(shared['N'],shared['D'],shared['loss_code'])\n"
                    "L_prose=fit_prose.interval(lambda l: l(N_ref,D_ref))\n"
                    "L_code=fit_prose.interval(lambda l:l(N_ref,D_ref))\n"
                    "belongs_to_text='level'"
                ),
                "That is the interval for the other",
            ),
            (levels(prose=_LEVELS_RIGHT["code"], code=_LEVELS_RIGHT["prose"]), "other text"),
            (levels(prose='fit_prose.interval("E")'), "the floor"),
            (levels(code="fit_code.interval(lambda law: law(D_ref, N_ref))"), "changed places"),
            (
                levels(code="fit_code.interval(lambda law: law(N_ref, D_ref), level=0.9)"),
                "90 %",
            ),
            (
                levels(prose="fit_prose.interval(lambda law: law(N_ref, D_ref), level=0.8)"),
                "80 %",
            ),
            (levels(verdict='"both"'), "compare two differences"),
            (levels(verdict='"alpha"'), "compare two differences"),
            (levels(verdict="True"), "in quotation marks"),
            (levels(prose="1.59"), "two numbers"),
            (
                (
                    'fc = sl.fit_chinchilla(shared["N"], shared["D"], shared["loss_code"])\n'
                    "L_prose = fit_prose.interval(lambda law: law(N_ref, D_ref), level=0.8)\n"
                    "L_code = fc.interval(lambda law: law(N_ref, D_ref), level=0.8)\n"
                    'belongs_to_text = "level"'
                ),
                "That is the 80 % interval, from 10 to 90 %",
            ),
        ],
    ),
    "ex3_transfer": Answers(
        right=[
            (
                "pr=fit_prose.predict(shared['N'],shared['D'])\n"
                "miss_prose=(100*(pr/shared['loss_prose']-1)).mean()\n"
                "miss_code=(100*(pr/shared['loss_code']-1)).mean()\n"
                "extra_percent=100*(code_loss_at(best_for_prose)/code_loss_at("
                "best_for_code)-1)"
            ),
            transfer(),
            transfer(
                code='float((100 * (forecast - shared["loss_code"]) / shared["loss_code"]).mean())'
            ),
            transfer(
                extra="100 * code_loss_at(best_for_prose) / code_loss_at(best_for_code) - 100"
            ),
            transfer(
                extra="100 * (code_loss_at(best_for_prose) / iso_code.curve(1e12, 500)[1].min() - 1)"
            ),
        ],
        wrong=[
            (
                (
                    "pr=fit_prose.predict(shared['N'],shared['D'])\n"
                    "miss_prose=np.mean(100*(pr/shared['loss_prose']-1))\n"
                    "miss_code=np.mean(100*np.log(pr/shared['loss_code']))\n"
                    "extra_percent=100*(code_loss_at(best_for_prose)/code_loss_at("
                    "best_for_code)-1)"
                ),
                "That is the logarithm of forecast/loss:",
            ),
            (
                (
                    "pr=fit_prose.predict(shared['N'],shared['D'])\n"
                    "miss_prose=np.mean(100*(pr/shared['loss_prose']-1))\n"
                    "miss_code=np.sqrt(np.mean((100*(pr/shared['loss_code']-1))**2))\n"
                    "extra_percent=100*(code_loss_at(best_for_prose)/code_loss_at("
                    "best_for_code)-1)"
                ),
                "That is the root of the mean square:",
            ),
            (
                (
                    "pr=fit_prose.predict(shared['N'],shared['D'])\n"
                    "miss_prose=np.mean(100*(pr/shared['loss_prose']-1))\n"
                    "miss_code=-np.mean(100*(pr/shared['loss_code']-1))\n"
                    "extra_percent=100*(code_loss_at(best_for_prose)/code_loss_at("
                    "best_for_code)-1)"
                ),
                "The size is right, the sign is not: the",
            ),
            (
                (
                    "pr=fit_prose.predict(shared['N'],shared['D'])\n"
                    "miss_prose=np.mean(100*(pr/shared['loss_prose']-1))\n"
                    "miss_code=np.mean(100*(pr/shared['loss_code']-1))\n"
                    "extra_percent=code_loss_at(best_for_prose)-code_loss_at(best_for_code)"
                ),
                "That is the difference in nats: divide",
            ),
            (transfer(code='100 * np.mean(np.abs(forecast / shared["loss_code"] - 1))'), "sign"),
            (transfer(code='np.mean(forecast / shared["loss_code"] - 1)'), "is this in per cent"),
            (
                'forecast = fit_prose.predict(shared["D"], shared["N"])\n'
                'miss_prose = 100 * np.mean(forecast / shared["loss_prose"] - 1)\n'
                "miss_code = extra_percent = 0.0",
                "changed places",
            ),
            (
                transfer(extra="code_loss_at(best_for_prose) / code_loss_at(best_for_code) - 1"),
                "multiply by 100",
            ),
            (
                transfer(
                    extra="100 * (code_loss_at(best_for_code) / code_loss_at(best_for_prose) - 1)"
                ),
                "upside down",
            ),
            (
                transfer(code='100 * np.mean(shared["loss_code"] / forecast - 1)'),
                "truth over forecast",
            ),
            (
                transfer(prose='100 * np.mean(np.abs(forecast / shared["loss_prose"] - 1))'),
                "keep the sign",
            ),
            (
                transfer(code='100 * np.mean(shared["loss_code"] / shared["loss_prose"] - 1)'),
                "code over prose",
            ),
            (transfer(code='100 * np.mean(forecast / shared["loss_prose"] - 1)'), "miss on prose"),
            (
                transfer(code='100 * np.mean(forecast - shared["loss_code"])'),
                "divide by the measured",
            ),
            (
                transfer(
                    code='100 * np.mean(sl.fit_chinchilla(shared["N"], shared["D"], shared["loss_code"])'
                    '.predict(shared["N"], shared["D"]) / shared["loss_code"] - 1)'
                ),
                "almost no miss",
            ),
            (
                transfer(extra="code_loss_at(best_for_prose) / code_loss_at(best_for_code)"),
                "subtract 1",
            ),
            (transfer(extra="100 * (best_for_prose / best_for_code - 1)"), "compares the sizes"),
            (
                transfer(
                    extra="100 * (code_loss_at(best_for_prose) / iso_prose.curve(1e12)[1].min() - 1)"
                ),
                "compares code with prose",
            ),
            (transfer(extra="10.0"), ""),
            (
                (
                    'fo = fit_prose.predict(shared["N"], shared["D"])\n'
                    'miss_prose = 100 * np.mean(fo / shared["loss_prose"] - 1)\n'
                    "miss_code = miss_prose\n"
                    "extra_percent = 100 * (\n"
                    "    code_loss_at(best_for_prose) / code_loss_at(best_for_code) - 1\n"
                    ")"
                ),
                "That is the miss on prose",
            ),
        ],
    ),
    "ex4_ten_billion": Answers(
        right=["answer_4 = False", 'answer_4 = "false"', 'answer_4 = "F"'],
        wrong=[
            ("answer_4 = True", "You read L(N, D) as L(N)"),
            ('answer_4 = "true"', "You read L(N, D) as L(N)"),
            ('answer_4 = "t"', "You read L(N, D) as L(N)"),
            ('answer_4 = "perhaps"', ""),
            ("answer_4 = 3", ""),
            ('answer_4 = "c"', ""),
        ],
    ),
    "ex5_turn": Answers(
        right=[
            (
                "s_=epochs<=16\n"
                "fp=sl.fit_power_law(epochs[s_],held_out_loss[s_])\n"
                "pa=sl.fit_power_law(epochs,held_out_loss)\n"
                "ba=sl.fit_broken_power_law(epochs,held_out_loss)\n"
                "w_=lambda f: np.max(np.abs(100*(f.predict(epochs)/held_out_loss-1)))\n"
                "best_epochs=int(by_epochs['loss'].loc[110_592].idxmin())\n"
                "miss_last=100*(float(fp.predict(epochs[-1]))/held_out_loss[-1]-1)\n"
                "worst_power=w_(pa)\n"
                "worst_broken=w_(ba)\n"
                "gap_first=held_out_loss[0]-train_loss[0]\n"
                "gap_last=held_out_loss[-1]-train_loss[-1]"
            ),
            turn(),
            turn(
                best="np.int64(8)",
                miss="100 * (early.law(epochs[-1]) - held_out_loss[-1]) / held_out_loss[-1]",
                power="100 * np.abs(power.predict(epochs) / held_out_loss - 1).max()",
            ),
            turn(
                first="float(one['loss'].iloc[0] - one['loss_train'].iloc[0])",
                last="round(held_out_loss[-1] - train_loss[-1], 3)",
            ),
        ],
        wrong=[
            (
                (
                    "s_=epochs<=16\n"
                    "fp=sl.fit_power_law(epochs[s_],held_out_loss[s_])\n"
                    "pa=sl.fit_power_law(epochs,held_out_loss)\n"
                    "ba=sl.fit_broken_power_law(epochs,held_out_loss)\n"
                    "w_=lambda f: np.max(np.abs(100*(f.predict(epochs)/held_out_loss-1)))\n"
                    "best_epochs=4\n"
                    "miss_last=100*(float(fp.predict(epochs[-1]))/held_out_loss[-1]-1)\n"
                    "worst_power=w_(pa)\n"
                    "worst_broken=w_(ba)\n"
                    "gap_first=held_out_loss[0]-train_loss[0]\n"
                    "gap_last=held_out_loss[-1]-train_loss[-1]"
                ),
                "Close, but the table shows a lower",
            ),
            (
                (
                    "s_=epochs<=16\n"
                    "fp=sl.fit_power_law(epochs[s_],held_out_loss[s_])\n"
                    "pa=sl.fit_power_law(epochs,held_out_loss)\n"
                    "ba=sl.fit_broken_power_law(epochs,held_out_loss)\n"
                    "w_=lambda f: np.max(np.abs(100*(f.predict(epochs)/held_out_loss-1)))\n"
                    "best_epochs=int(np.argmin(by_epochs['loss'].loc[110_592].to_numpy()))\n"
                    "miss_last=100*(float(fp.predict(epochs[-1]))/held_out_loss[-1]-1)\n"
                    "worst_power=w_(pa)\n"
                    "worst_broken=w_(ba)\n"
                    "gap_first=held_out_loss[0]-train_loss[0]\n"
                    "gap_last=held_out_loss[-1]-train_loss[-1]"
                ),
                "That is a place in the row, counted",
            ),
            (
                (
                    "s_=epochs<=16\n"
                    "fp=sl.fit_power_law(epochs[s_],held_out_loss[s_])\n"
                    "pa=sl.fit_power_law(epochs,held_out_loss)\n"
                    "ba=sl.fit_broken_power_law(epochs,held_out_loss)\n"
                    "w_=lambda f: np.max(np.abs(100*(f.predict(epochs)/held_out_loss-1)))\n"
                    "best_epochs=int(by_epochs['loss'].loc[110_592].idxmin())\n"
                    "miss_last=100*(float(fp.predict(32.0))/held_out_loss[-2]-1)\n"
                    "worst_power=w_(pa)\n"
                    "worst_broken=w_(ba)\n"
                    "gap_first=held_out_loss[0]-train_loss[0]\n"
                    "gap_last=held_out_loss[-1]-train_loss[-1]"
                ),
                "That is the run of 32 epochs: forecast",
            ),
            (
                (
                    "s_=epochs<=16\n"
                    "fp=sl.fit_power_law(epochs[s_],held_out_loss[s_])\n"
                    "pa=sl.fit_power_law(epochs,held_out_loss)\n"
                    "ba=sl.fit_broken_power_law(epochs,held_out_loss)\n"
                    "w_=lambda f: np.max(np.abs(100*(f.predict(epochs)/held_out_loss-1)))\n"
                    "best_epochs=int(by_epochs['loss'].loc[110_592].idxmin())\n"
                    "miss_last=100*(float(sl.fit_power_law(epochs[:4],"
                    "held_out_loss[:4]).predict(epochs[-1]))/held_out_loss[-1]-1)\n"
                    "worst_power=w_(pa)\n"
                    "worst_broken=w_(ba)\n"
                    "gap_first=held_out_loss[0]-train_loss[0]\n"
                    "gap_last=held_out_loss[-1]-train_loss[-1]"
                ),
                "That fit saw up to 8 epochs only: use",
            ),
            (turn(best="16"), "model with 30,720"),
            (turn(best="4"), "Close"),
            (turn(best='by_epochs["loss"].loc[110_592].argmin()'), "a place in the row"),
            (turn(best="64"), "training loss"),
            (turn(first="train_loss[0] - held_out_loss[0]"), "held-out loss minus training"),
            (
                turn(
                    first="held_out_loss[-1] - train_loss[-1]",
                    last="held_out_loss[0] - train_loss[0]",
                ),
                "the other end",
            ),
            (turn(miss="100 * (held_out_loss[-1] / early.predict(64.0) - 1)"), "loss/forecast - 1"),
            (turn(miss="100 * (1 - early.predict(64.0) / held_out_loss[-1])"), "sign"),
            (turn(miss="early.predict(64.0) / held_out_loss[-1] - 1"), "multiply by 100"),
            (turn(most="8"), "up to 8 epochs"),
            (turn(most="64"), "saw the run"),
            (
                turn(power="100 * np.max(np.abs(early.law(epochs) / held_out_loss - 1))"),
                "all seven points",
            ),
            (
                turn(power="100 * np.mean(np.abs(power.law(epochs) / held_out_loss - 1))"),
                "the mean",
            ),
            (turn(power="100 * np.max(power.law(epochs) / held_out_loss - 1)"), "absolute"),
            (
                turn(broken="100 * np.max(np.abs(power.law(epochs) / held_out_loss - 1))"),
                "fit_broken_power_law",
            ),
        ],
        equal={
            "16 => 17": "epochs are powers of two: no run has 17",
        },
    ),
    "ex6_debug": Answers(
        right=[
            (
                "def held_out_error(x, loss, held_out, floor=True):\n"
                "    out=np.asarray(held_out,bool); keep=~out\n"
                "    x=np.asarray(x,float); loss=np.asarray(loss,float)\n"
                "    fit=sl.fit_power_law(x[keep],loss[keep],floor=floor)\n"
                "    return 100*np.mean(np.abs(fit.predict(x[out])/loss[out]-1))"
            ),
            _HELD_OUT.format(
                "fit = sl.fit_power_law(x[~held_out], loss[~held_out], floor=floor); return 100 * np.mean(np.abs(fit.predict(x[held_out]) / loss[held_out] - 1))"
            ),
            _HELD_OUT.format(
                "s = np.logical_not(held_out); f = sl.fit_power_law(x[s], loss[s], floor=floor).law; e = [abs(f(a) - b) / b for a, b in zip(x[held_out], loss[held_out])]; return 100 * sum(e) / len(e)"
            ),
            _HELD_OUT.format(
                "import pandas as pd; t = pd.DataFrame(dict(x=x, y=loss)); a, b = t[held_out], t[~held_out]; return (100 * (sl.fit_power_law(b.x, b.y, floor=floor).predict(a.x) / a.y - 1).abs()).mean()"
            ),
        ],
        wrong=[
            (
                (
                    "def held_out_error(x, loss, held_out, floor=True):\n"
                    "    out=np.asarray(held_out,bool); keep=~out\n"
                    "    x=np.asarray(x,float); loss=np.asarray(loss,float)\n"
                    "    fit=sl.fit_power_law(x[keep],loss[keep],floor=floor)\n"
                    "    return np.mean(fit.predict(x[out])/loss[out]-1)"
                ),
                "Errors of both signs cancel: take",
            ),
            (
                (
                    "def held_out_error(x, loss, held_out, floor=True):\n"
                    "    out=np.asarray(held_out,bool); keep=~out\n"
                    "    x=np.asarray(x,float); loss=np.asarray(loss,float)\n"
                    "    fit=sl.fit_power_law(x[keep],loss[keep],floor=True)\n"
                    "    return 100*np.mean(np.abs(fit.predict(x[out])/loss[out]-1))"
                ),
                "The argument floor is not handed on to",
            ),
            (
                (
                    "def held_out_error(x, loss, held_out, floor=True):\n"
                    "    out=np.asarray(held_out,bool); keep=~out\n"
                    "    x=np.asarray(x,float); loss=np.asarray(loss,float)\n"
                    "    fit=sl.fit_power_law(x[keep],loss[keep],floor=floor)\n"
                    "    return 100*np.sum(np.abs(fit.predict(x[out])/loss[out]-1))"
                ),
                "That is the sum of the errors: take",
            ),
            (
                (
                    "def held_out_error(x, loss, held_out, floor=True):\n"
                    "    out=np.asarray(held_out,bool); keep=~out\n"
                    "    x=np.asarray(x,float); loss=np.asarray(loss,float)\n"
                    "    fit=sl.fit_power_law(x,loss,floor=floor)\n"
                    "    return 100*np.mean(fit.predict(x[out])/loss[out]-1)"
                ),
                "That is what the colleague's function",
            ),
            (
                _HELD_OUT.format("return error_from_colleague(x, loss, held_out, floor)"),
                "both mistakes",
            ),
            (
                _HELD_OUT.format(
                    "fit = sl.fit_power_law(x, loss, floor=floor); return 100 * np.mean(np.abs(fit.predict(x[held_out]) / loss[held_out] - 1))"
                ),
                "still sees",
            ),
            (
                _HELD_OUT.format(
                    "fit = sl.fit_power_law(x[~held_out], loss[~held_out], floor=floor); return 100 * np.mean(fit.predict(x[held_out]) / loss[held_out] - 1)"
                ),
                "cancel",
            ),
            (
                _HELD_OUT.format(
                    "fit = sl.fit_power_law(x[~held_out], loss[~held_out], floor=floor); return 100 * np.abs(np.mean(fit.predict(x[held_out]) / loss[held_out] - 1))"
                ),
                "mean was taken first",
            ),
            (
                _HELD_OUT.format(
                    "fit = sl.fit_power_law(x[held_out], loss[held_out], floor=floor); return 100 * np.mean(np.abs(fit.predict(x[~held_out]) / loss[~held_out] - 1))"
                ),
                "turned around",
            ),
            (
                _HELD_OUT.format(
                    "fit = sl.fit_power_law(x[~held_out], loss[~held_out], floor=floor); return 100 * np.mean(np.abs(fit.predict(x[~held_out]) / loss[~held_out] - 1))"
                ),
                "forecast the held-out",
            ),
            (
                _HELD_OUT.format(
                    "fit = sl.fit_power_law(x[~held_out], loss[~held_out], floor=floor); return np.mean(np.abs(fit.predict(x[held_out]) / loss[held_out] - 1))"
                ),
                "multiply by 100",
            ),
            (
                _HELD_OUT.format(
                    "fit = sl.fit_power_law(x[~held_out], loss[~held_out]); return 100 * np.mean(np.abs(fit.predict(x[held_out]) / loss[held_out] - 1))"
                ),
                "not handed on",
            ),
            (
                _HELD_OUT.format(
                    "fit = sl.fit_power_law(x[~held_out], loss[~held_out], floor=floor); return 100 * np.sqrt(np.mean((fit.predict(x[held_out]) / loss[held_out] - 1) ** 2))"
                ),
                "mean square",
            ),
            (_HELD_OUT.format("return 14.4255"), ""),
            (
                _HELD_OUT.format(
                    "n = held_out.sum(); fit = sl.fit_power_law(x[:-n], loss[:-n], floor=floor); return 100 * np.mean(np.abs(fit.predict(x[-n:]) / loss[-n:] - 1))"
                ),
                "use the mask",
            ),
            (
                _HELD_OUT.format(
                    "fit = sl.fit_power_law(x[~held_out], loss[~held_out], floor=floor); return 100 * np.median(np.abs(fit.predict(x[held_out]) / loss[held_out] - 1))"
                ),
                "the median",
            ),
            (
                _HELD_OUT.format(
                    "fit = sl.fit_power_law(x[~held_out], loss[~held_out], floor=floor); return 100 * np.max(np.abs(fit.predict(x[held_out]) / loss[held_out] - 1))"
                ),
                "the largest",
            ),
        ],
    ),
    "ex7_absurd": Answers(
        right=[
            (
                "ff=sl.fit_chinchilla(small['N'],small['D'],small['loss'],floor=True)\n"
                "fn_=sl.fit_chinchilla(small['N'],small['D'],small['loss'],floor=False)\n"
                "er=lambda f: np.mean(100*abs(f.predict(large['N'],"
                "large['D'])/large['loss']-1))\n"
                "m=iso_prose.minima.iloc[-1]\n"
                "error_floor=round(er(ff),3)\n"
                "error_none=round(er(fn_),3)\n"
                "ratio_floor=round(ff.law.tokens_per_param(1e13),1)\n"
                "ratio_none=round(fn_.law.tokens_per_param(1e13),1)\n"
                "ratio_measured=round(m['D_opt']/m['N_opt'],1)\n"
                "choose='floor'"
            ),
            absurd(),
            absurd(choose='"Floor "', r_none="fits[False].D_opt(1e13) / fits[False].N_opt(1e13)"),
            absurd(
                e_floor='float((100 * (fits[True].law(large["N"], large["D"]) - large["loss"]).abs() / large["loss"]).mean())',
                r_measured="7228026 / 224180.7",
            ),
        ],
        wrong=[
            (
                absurd(
                    e_floor='100 * np.median(np.abs(fits[True].predict(large["N"], large["D"]) / large["loss"] - 1))'
                ),
                "That is the median: take the",
            ),
            (
                absurd(
                    r_measured='(iso_prose.minima["D_opt"] / iso_prose.minima["N_opt"]).iloc[-2]'
                ),
                "That is the row before: take the last",
            ),
            (
                absurd(r_measured='(iso_prose.minima["D_opt"] / iso_prose.minima["N_opt"]).mean()'),
                "That is the mean over all budgets: take",
            ),
            (
                absurd(
                    r_floor="fits[True].law.tokens_per_param(4e11)",
                    r_none="fits[False].law.tokens_per_param(4e11)",
                ),
                "That is for 4e11 FLOPs: the plan is for",
            ),
            (absurd(choose='"none"'), "close to the measured one"),
            (absurd(choose="False"), "in quotation marks"),
            (absurd(e_floor=_ABSURD_RIGHT["e_none"], e_none=_ABSURD_RIGHT["e_floor"]), "other law"),
            (
                absurd(
                    e_none='100 * np.mean(np.abs(fits[False].predict(small["N"], small["D"]) / small["loss"] - 1))'
                ),
                "that were fitted",
            ),
            (
                absurd(
                    e_floor='np.mean(np.abs(fits[True].predict(large["N"], large["D"]) / large["loss"] - 1))'
                ),
                "multiply by 100",
            ),
            (
                absurd(
                    e_none='100 * np.sqrt(np.mean((fits[False].predict(large["N"], large["D"]) / large["loss"] - 1) ** 2))'
                ),
                "mean square",
            ),
            (absurd(r_none="fits[True].law.tokens_per_param(1e13)"), "other law"),
            (absurd(r_floor="1 / fits[True].law.tokens_per_param(1e13)"), "upside down"),
            (absurd(r_none="fits[False].law.D_opt(1e13)"), "divide by N_opt"),
            (absurd(r_none="fits[False].law.tokens_per_param(4e11)"), "4e11"),
            (absurd(r_measured='iso_prose.minima["D_opt"].iloc[-1]'), "divide by N_opt"),
            (absurd(r_measured="20"), ""),
            (
                absurd(
                    r_measured='large.loc[large["loss"].idxmin(), "D"] / large.loc[large["loss"].idxmin(), "N"]'
                ),
                "noise chooses it",
            ),
            (
                absurd(
                    e_none='100 * np.mean(fits[False].predict(large["N"], large["D"]) / large["loss"] - 1)'
                ),
                "Errors are absolute",
            ),
        ],
    ),
    "ex8_unseen": Answers(
        right=[
            (
                "def unseen_mass(p, seen):\n"
                "    return float(np.asarray(p)[np.setdiff1d(np.arange(len(p)),seen)].sum("
                "))"
            ),
            _UNSEEN.format("return 1 - p[np.unique(seen)].sum()"),
            _UNSEEN.format(
                "left = np.ones(len(p), dtype=bool); left[seen] = False; return p[left].sum()"
            ),
            _UNSEEN.format(
                "known = set(np.asarray(seen).tolist()); return sum(q for i, q in enumerate(p) if i not in known)"
            ),
            _UNSEEN.format("return np.delete(p, list(set(seen))).sum()"),
        ],
        wrong=[
            (
                (
                    "def unseen_mass(p, seen):\n"
                    "    q=list(p)\n"
                    "    for i in sorted(seen): q[i]=0\n"
                    "    return 1-sum(q)"
                ),
                "The error is what is",
            ),
            (
                ("def unseen_mass(p, seen):\n    return np.asarray(p)[len(seen):].sum()"),
                "Look at which item numbers occur in",
            ),
            (
                (
                    "def unseen_mass(p, seen):\n"
                    "    m=np.ones(len(p)+1,bool)\n"
                    "    m[np.unique(seen)+1]=False\n"
                    "    return np.asarray(p)[m[:len(p)]].sum()"
                ),
                "That is one place too far",
            ),
            (
                ("def unseen_mass(p, seen):\n    return 1-len(set(map(int,seen)))/len(seen)"),
                "That is a share of the draws",
            ),
            (_UNSEEN.format("return 1 - p[seen].sum()"), "Repeats were counted"),
            (_UNSEEN.format("return p[np.unique(seen)].sum()"), "what was seen"),
            (_UNSEEN.format("return 1 - len(np.unique(seen)) / len(p)"), "share of items"),
            (_UNSEEN.format("return len(p) - len(np.unique(seen))"), "number of items"),
            (_UNSEEN.format("return 1 - p[np.unique(seen) - 1].sum()"), "counted from 1"),
            (_UNSEEN.format("return p[len(np.unique(seen)):].sum()"), "first items"),
            (_UNSEEN.format("return p[len(seen):].sum()"), "first items"),
            (_UNSEEN.format("return p[max(seen) + 1:].sum()"), "first items"),
            (_UNSEEN.format("print(1 - p[np.unique(seen)].sum())"), "returned None"),
            (
                ("def unseen_mass(p, seen):\n    p[seen] = 0\n    return p.sum()"),
                "changed its input",
            ),
        ],
    ),
    "ex8_exponents": Answers(
        right=[
            (
                "out={}\n"
                "for a in worlds:\n"
                "    y=np.array([unseen_mass(worlds[a],draws[a][:n]) for n in n_seen])\n"
                "    out[a]=-np.polyfit(np.log(n_seen),np.log(y),1)[0]\n"
                "exponent_half,exponent_one=out[0.5],out[1.0]\n"
                "predicted_in_D=0.3478/(1+0.3478)"
            ),
            exponents(),
            exponents(in_D="1 - 1 / 1.3478"),
            "def slope(alpha):\n"
            "    errors = np.array([unseen_mass(worlds[alpha], draws[alpha][:n]) for n in n_seen])\n"
            "    return sl.fit_power_law(n_seen, errors, floor=False).alpha\n"
            "exponent_half, exponent_one = slope(0.5), slope(1.0)\npredicted_in_D = 0.25805",
        ],
        wrong=[
            (
                (
                    "e_={a:[unseen_mass(worlds[a],draws[a][:n]) for n in n_seen] for a in (0.5,"
                    "1.0)}\n"
                    "sl8=lambda a: -np.polyfit(np.log(n_seen),np.log(e_[a]),1)[0]\n"
                    "exponent_half=-np.polyfit(np.log2(n_seen),np.log(e_[.5]),1)[0]\n"
                    "exponent_one=-np.polyfit(np.log2(n_seen),np.log(e_[1.0]),1)[0]\n"
                    "predicted_in_D=0.3478/1.3478"
                ),
                "Natural logarithms and those to base 2",
            ),
            (
                (
                    "e_={a:[unseen_mass(worlds[a],draws[a][:n]) for n in n_seen] for a in (0.5,"
                    "1.0)}\n"
                    "sl8=lambda a: -np.polyfit(np.log(n_seen),np.log(e_[a]),1)[0]\n"
                    "exponent_half=1.5\n"
                    "exponent_one=2.0\n"
                    "predicted_in_D=0.3478/1.3478"
                ),
                "Fit the learning",
            ),
            (
                (
                    "e_={a:[unseen_mass(worlds[a],draws[a][:n]) for n in n_seen] for a in (0.5,"
                    "1.0)}\n"
                    "sl8=lambda a: -np.polyfit(np.log(n_seen),np.log(e_[a]),1)[0]\n"
                    "exponent_half=sl8(0.5)\n"
                    "exponent_one=sl8(1.0)\n"
                    "predicted_in_D=0.076/1.076"
                ),
                "That starts from Kaplan's exponent,",
            ),
            (
                (
                    "e_={a:[unseen_mass(worlds[a],draws[a][:n]) for n in n_seen] for a in (0.5,"
                    "1.0)}\n"
                    "sl8=lambda a: -np.polyfit(np.log(n_seen),np.log(e_[a]),1)[0]\n"
                    "exponent_half=sl8(0.5)\n"
                    "exponent_one=sl8(1.0)\n"
                    "predicted_in_D=0.3658/(1-0.3658)"
                ),
                "That goes from D back to N: start from",
            ),
            (exponents(half="-exponents[0.5]"), "positive for an error that falls"),
            (exponents(half="0.5"), "That is alpha"),
            (exponents(half="1 / 3"), "what the account predicts"),
            (exponents(one="[0.5]"), "what the account predicts"),
            (exponents(half="exponents[1.0]", one="exponents[0.5]"), "other world"),
            (exponents(in_D="0.3478 / 0.6522"), "1 + alpha"),
            (exponents(in_D="0.3478"), "exponent in N"),
            (exponents(in_D="0.3658 / 1.3658"), "starts from the exponent in N"),
            (exponents(in_D="0.076 / 1.076"), "without a floor"),
            (exponents(half="exponents[0.5] / np.log(10)"), "two bases"),
            (
                exponents(
                    one="np.log(unseen_mass(worlds[1.0], draws[1.0][:64]) / unseen_mass(worlds[1.0], draws[1.0])) / np.log(1024)"
                ),
                "end points",
            ),
            (
                (
                    "er = {\n"
                    "    a: [unseen_mass(worlds[a], draws[a][:n]) for n in n_seen]\n"
                    "    for a in (0.5, 1.0)\n"
                    "}\n"
                    "exponent_half = -np.log(er[0.5][-1] / er[0.5][0]) / np.log(\n"
                    "    n_seen[-1] / n_seen[0]\n"
                    ")\n"
                    "exponent_one = -np.polyfit(np.log(n_seen), np.log(er[1.0]), 1)[0]\n"
                    "predicted_in_D = (\n"
                    "    1.0 / (1 + 1.0)\n"
                    "    if False\n"
                    '    else sl.variant("05/8").alpha / (1 + sl.variant("05/8").alpha)\n'
                    ")"
                ),
                "That is the slope through the two end points",
            ),
            (
                (
                    "er = {\n"
                    "    a: [unseen_mass(worlds[a], draws[a][:n]) for n in n_seen]\n"
                    "    for a in (0.5, 1.0)\n"
                    "}\n"
                    "exponent_half = -np.polyfit(\n"
                    "    np.log(n_seen[len(n_seen) // 2 :]), np.log(er[0.5][len(n_seen) // 2 :]), 1\n"
                    ")[0]\n"
                    "exponent_one = -np.polyfit(np.log(n_seen), np.log(er[1.0]), 1)[0]\n"
                    "predicted_in_D = (\n"
                    "    1.0 / (1 + 1.0)\n"
                    "    if False\n"
                    '    else sl.variant("05/8").alpha / (1 + sl.variant("05/8").alpha)\n'
                    ")"
                ),
                "That fit saw the last points only",
            ),
            (
                (
                    "er = {\n"
                    "    a: [unseen_mass(worlds[a], draws[a][:n]) for n in n_seen]\n"
                    "    for a in (0.5, 1.0)\n"
                    "}\n"
                    "exponent_half = -np.polyfit(np.log(n_seen), np.log(er[1.0]), 1)[0]\n"
                    "exponent_one = -np.polyfit(np.log(n_seen), np.log(er[0.5]), 1)[0]\n"
                    "predicted_in_D = (\n"
                    "    1.0 / (1 + 1.0)\n"
                    "    if False\n"
                    '    else sl.variant("05/8").alpha / (1 + sl.variant("05/8").alpha)\n'
                    ")"
                ),
                "That is the exponent of the other world",
            ),
        ],
    ),
    "ex9_reviewer": Answers(
        right=[
            (
                "data_factors={}\n"
                "for k in hestness: data_factors[k]=np.exp(np.log(2)/hestness[k])\n"
                "verdict={'A':'too strong','B':'too strong','C':'wrong quantity',"
                "'D':'malformed','E':'holds','F':'too strong'}"
            ),
            review(),
            review(factor="np.exp(np.log(2) / b)"),
            review(factor="0.5 ** (-1 / b)", A="Too strong", D=" malformed "),
        ],
        wrong=[
            (
                (
                    "data_factors={k:10**(1/b) for k,b in hestness.items()}\n"
                    "verdict={'A':'too strong','B':'too strong','C':'wrong quantity',"
                    "'D':'malformed','E':'holds','F':'too strong'}"
                ),
                "That is for an error that falls to a",
            ),
            (
                (
                    "data_factors={k:2/b for k,b in hestness.items()}\n"
                    "verdict={'A':'too strong','B':'too strong','C':'wrong quantity',"
                    "'D':'malformed','E':'holds','F':'too strong'}"
                ),
                "The exponent divides here: it belongs",
            ),
            (
                (
                    "data_factors={k:np.log(2)/b for k,b in hestness.items()}\n"
                    "verdict={'A':'too strong','B':'too strong','C':'wrong quantity',"
                    "'D':'malformed','E':'holds','F':'too strong'}"
                ),
                "That is the logarithm of k: take its",
            ),
            (
                (
                    "data_factors={k:2**(1/b)-1 for k,b in hestness.items()}\n"
                    "verdict={'A':'too strong','B':'too strong','C':'wrong quantity',"
                    "'D':'malformed','E':'holds','F':'too strong'}"
                ),
                "That is by how much the data grow: the",
            ),
            (review(factor="1 / b"), "That is 1/beta, the power"),
            (review(factor="2.0"), "depends on the exponent"),
            (review(factor="2 ** b"), "1/beta"),
            (review(factor="np.log(2) / b"), "exponential"),
            (review(factor="0.5 ** (1 / b)"), "above 1"),
            (review(A="holds"), "outside the range"),
            (review(B="holds"), "do the exponents of hestness agree"),
            (review(C="holds"), "how many tokens it reads"),
            (review(C="too strong"), "what was varied"),
            (review(F="wrong quantity"), "which word would you replace"),
            (review(D="too strong"), "how many sizes"),
            (review(E="too strong"), "such cases exist"),
            (review(F="malformed"), "counterexample"),
            (review(F="wrong"), "write"),
            ("data_factors = {'speech recognition': 10}\nverdict = {}", "no entry"),
        ],
    ),
    "ex10_order": Answers(
        right=[
            # The exercise asks for what the map of ideas says.
            "from scalinglaws.course.ideas import IDEAS\n"
            "keys = 'optimum bottleneck compute power_law universal loss marginal forecasts two_terms training'.split()\n"
            "order = [idea for idea in IDEAS if idea in keys]",
            'order = ["loss", "training", "power_law", "two_terms", "forecasts", "compute", "bottleneck", "marginal", "optimum", "universal"]',
            'order = ("loss", "power_law", "forecasts", "two_terms", "bottleneck", "training", "compute", "marginal", "optimum", "universal")',
            'order = np.array(["loss", "power_law", "two_terms", "bottleneck", "training", "compute", "marginal", "optimum", "forecasts", "universal"])',
            'order = pd.Series(["Loss", "training", "compute", "power_law", "two_terms", "bottleneck", "marginal", "optimum", "forecasts", "universal"])',
        ],
        wrong=[
            (
                'order = ["training", "loss", "power_law", "two_terms", "forecasts", "compute", "bottleneck", "marginal", "optimum", "universal"]',
                "'training' comes before 'loss'",
            ),
            (
                'order = ["loss", "training", "power_law", "two_terms", "compute", "bottleneck", "marginal", "optimum", "universal", "forecasts"]',
                "'universal' comes before 'forecasts'",
            ),
            (
                'order = ["loss", "training", "power_law", "forecasts", "bottleneck", "two_terms", "compute", "marginal", "optimum", "universal"]',
                "'bottleneck' comes before 'two_terms'",
            ),
            ('order = ["loss", "training", "power_law", "two_terms"]', "missing"),
            ('order = ["loss"] * 10', "more than once"),
            ('order = "loss training power_law"', "must be a list"),
            (
                'order = ["loss", "training", "power_law", "two_terms", "forecasts", "compute", "bottleneck", "marginal", "optimum", "emergence"]',
                "none of the ten",
            ),
            (
                'order = ["universal", "optimum", "marginal", "bottleneck", "compute", "forecasts", "two_terms", "power_law", "training", "loss"]',
                "comes before",
            ),
        ],
    ),
    "ex11a_reasons": Answers(
        right=['answer_11a = "acd"', 'answer_11a = ["a", "c", "d"]', 'answer_11a = "D, C, A"'],
        wrong=[
            ('answer_11a = "abcd"', ""),
            ('answer_11a = "acde"', ""),
            ('answer_11a = "ac"', ""),
            ('answer_11a = "b"', "coefficient"),
            ('answer_11a = "e"', "moves no minimum"),
            ('answer_11a = "abe"', ""),
            ('answer_11a = "z"', "letters of all right options"),
            ('answer_11a = "acz"', "letters of all right options"),
        ],
    ),
    "ex11b_three_knobs": Answers(
        right=["answer_11b = False", 'answer_11b = "false"', 'answer_11b = "F"'],
        wrong=[
            ("answer_11b = True", "prudent advice"),
            ('answer_11b = "true"', "prudent advice"),
            ('answer_11b = "t"', "prudent advice"),
            ('answer_11b = "perhaps"', ""),
            ("answer_11b = 3", ""),
            ('answer_11b = "c"', ""),
        ],
    ),
}
