"""Approach 2: parabolas through IsoFLOP curves (Hoffmann et al. 2022, section 3.2)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from ..errors import CourseError
from ..laws import AllocationLaw, training_flops
from ..tables.checks import budgets
from .allocation import AllocationFit, allocation_law, allocation_laws, without_floor
from .bootstrap import Array, Bootstrap, Influence, Resampling, unshrunk
from .chinchilla import fit_chinchilla
from .store import recorded
from .validate import check_groups, check_runs, check_weights

# A ratio that chance alone gives less often than this says that the minima do not follow their law.
_CHANCE = 0.01


def _solver(design: Array, weights: Array) -> Array:
    """The matrix (coefficients, n) that gives the coefficients of weighted least squares."""
    root = np.sqrt(weights)
    return np.asarray(np.linalg.pinv(design * root[:, None]) * root, dtype=float)


@dataclass(frozen=True)
class _Parabola:
    """L = q0 + q1·z + q2·z², z = ln N - centre, through the runs `rows` of one budget.

    rows: of the caller's table. part: of the runs in the fit, which are ordered by budget.
    """

    C: float
    rows: NDArray[np.int_]
    part: slice
    centre: float
    design: Array  # (runs, 3)
    weights: Array  # (runs,)
    q: Array
    d: Array  # ln D = d0 + d1·z along the budget

    def D(self, log_N: Array) -> Array:
        """The tokens that the budget pays for at ln N: C/(6N), or for runs with counted C, their
        own D.
        """
        return np.exp(self.d[0] + self.d[1] * (log_N - self.centre))

    @property
    def solve(self) -> Array:
        """The matrix (3, runs) that gives q from the losses."""
        return _solver(self.design, self.weights)

    @property
    def hat(self) -> Array:
        """A square root of the hat matrix (runs, 3)."""
        return np.linalg.qr(self.design * np.sqrt(self.weights)[:, None])[0]

    def along(self, points: int) -> Array:
        """z from the smallest size to the largest (points,)."""
        return np.linspace(float(self.design[0, 1]), float(self.design[-1, 1]), points)

    def minimum(self, q: Array) -> tuple[Array, Array]:
        """ln N and loss at the lowest point of coefficients q (..., 3).

        nan where the parabola opens downwards.
        """
        q0, q1, q2 = np.moveaxis(np.asarray(q), -1, 0)
        with np.errstate(divide="ignore", invalid="ignore"):
            z = np.where(q2 > 0, -q1 / (2 * q2), np.nan)
            return self.centre + z, q0 + q1 * z + q2 * z * z


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class IsoflopFit(AllocationFit):
    """The fit of IsoFLOP parabolas; `law` is an `AllocationLaw` through their minima.

    N, D: parameters and tokens of the runs used (n,). minima: one row for each budget used: C, N_opt, D_opt,
    L_opt, and runs, how many the parabola goes through. skipped: budgets left out, with the reason.
    """

    N: Array
    D: Array
    minima: pd.DataFrame
    skipped: dict[float, str]
    parabolas: tuple[_Parabola, ...]

    @cached_property
    def bias(self) -> pd.DataFrame:
        """How parabolas move the minima, one row per budget: C, N_factor, D_factor and
        L_difference.

        A curve of a power-law surface is not a parabola in ln N, so over a wide range of sizes a
        parabola misplaces its minimum. To estimate by how much, Chinchilla's law is fitted to the
        runs used, and parabolas through its losses are compared with its own optimum. N_factor is
        N_opt of the parabola divided by the true one. Raises CourseError if Chinchilla's law cannot
        be fitted to these runs.
        """
        law = fit_chinchilla(self.N, self.D, self.loss, delta=None).law
        rows: list[tuple[float, float, float, float]] = []
        for parabola in self.parabolas:
            part = parabola.part
            q = parabola.solve @ np.asarray(law(self.N[part], self.D[part]))
            log_N, low = (float(value) for value in parabola.minimum(q))
            grid = parabola.centre + parabola.along(2001)
            along = np.asarray(law(np.exp(grid), parabola.D(grid)))
            best = grid[along.argmin()]
            D_ratio = float(parabola.D(np.array(log_N)) / parabola.D(best))
            rows.append((parabola.C, float(np.exp(log_N - best)), D_ratio, low - along.min()))
        return pd.DataFrame(rows, columns=["C", "N_factor", "D_factor", "L_difference"])

    @property
    def corrected(self) -> AllocationLaw:
        """The law through the minima without the estimated bias of the parabolas.

        Raises CourseError if the bias cannot be estimated, see `bias`.
        """
        bias, minima = self.bias, self.minima
        good = np.isfinite(bias["N_factor"].to_numpy())
        if good.sum() < 2:
            raise CourseError("The bias of the parabolas cannot be estimated at two budgets.")
        return allocation_law(
            minima["C"].to_numpy()[good],
            (minima["N_opt"] / bias["N_factor"]).to_numpy()[good],
            (minima["D_opt"] / bias["D_factor"]).to_numpy()[good],
            (minima["L_opt"] - bias["L_difference"]).to_numpy()[good],
        )

    def describe(self) -> list[str]:
        try:
            a, factor = self.corrected.a, float(np.median(self.bias["N_factor"].to_numpy()))
        except CourseError:
            return super().describe()
        return [
            *super().describe(),
            f"parabolas move N_opt by about {100 * (factor - 1):+.1f} % and a by {self.law.a - a:+.3f}: "
            f"without that bias a = {a:.4g} (fit.corrected)",
        ]

    def curve(self, C: float, points: int = 100) -> tuple[Array, Array]:
        """(N, loss) along the parabola of one budget, over the sizes that it was fitted to."""
        parabola = min(self.parabolas, key=lambda p: abs(np.log(p.C / C)))
        z = parabola.along(points)
        q0, q1, q2 = parabola.q
        return np.exp(parabola.centre + z), q0 + q1 * z + q2 * z * z

    def _draw(self, asked: Resampling) -> Bootstrap[AllocationLaw]:
        if asked.method not in (None, "wild"):
            raise CourseError(
                f'IsoFLOP fits have only the bootstrap method "wild", not "{asked.method}": a parabola '
                "through eight runs seldom survives losing some of them."
            )
        rng = np.random.default_rng(asked.seed)
        hat = self._hat()
        # Parabolas through three runs leave no residuals, so their noise is taken from the others.
        exact = np.concatenate([np.full(len(p.rows), len(p.rows) == 3) for p in self.parabolas])
        spent = 3 * len(self.parabolas)
        pooled = np.sqrt((self.residuals**2).sum() / max(self.n - spent, 1))
        noise = unshrunk(self.residuals[:, None], hat, self.groups)[:, 0]
        number = int(self.groups.max()) + 1
        shift = rng.choice([-1.0, 1.0], (asked.B, number))[:, self.groups] * noise
        shift = np.where(exact, pooled * rng.standard_normal((asked.B, self.n)), shift)
        drawn, widened = self._widened(self._minima(shift), number / len(self.parabolas) - 3)
        laws = allocation_laws(self.minima["C"].to_numpy(), *drawn)
        return Bootstrap(
            laws=tuple(law for law in laws if law is not None),
            asked=asked,
            method="wild",
            reason="each budget keeps its own noise"
            + (", each group draws its sign" if self.grouped else "")
            + "".join(widened),
            units=number,
            free=min(spent, number - 1),
            scaled=True,
            influence=None if exact.any() else self._influence(hat),
        )

    def _hat(self) -> Array:
        """A square root of the hat matrix of all parabolas (n, 3 per budget)."""
        hat = np.zeros((self.n, 3 * len(self.parabolas)))
        for i, parabola in enumerate(self.parabolas):
            hat[parabola.part, 3 * i : 3 * i + 3] = parabola.hat
        return hat

    def _influence(self, hat: Array) -> Influence[AllocationLaw]:
        step = 0.01 * max(self.rmse_log, 1e-9)
        laws = self._shifted(step * np.concatenate([np.eye(self.n), -np.eye(self.n)]))
        up, down = tuple(laws[: self.n]), tuple(laws[self.n :])
        width = np.full(self.n, 2 * step)
        return Influence(up, down, width, np.eye(self.n), hat, self.groups)

    def _widened(self, drawn: Array, free: float) -> tuple[Array, list[str]]:
        """Resampled minima (3, resamples, budgets), spread out if the fitted minima lie further
        from their law than their noise explains, and a note on it.

        The factor is Birge's ratio (1932, Phys. Rev. 40, 207), the root of chi² per degree of
        freedom. It is applied where chance alone would seldom give one as large. The sums over the
        budgets are compared, since the noise of one budget, known from a few runs, may look far too
        small; their degrees of freedom follow Satterthwaite's rule. free: degrees of freedom that
        each budget has for its noise.
        """
        from scipy.special import fdtrc

        C = self.minima["C"].to_numpy()
        parameters = {"N_opt": 2, "L_opt": 3 if self.law.L and self.law.L.E else 2}
        found = np.log(self.minima[["N_opt", "D_opt", "L_opt"]].to_numpy().T)[:, None]
        with np.errstate(invalid="ignore"):  # a parabola of a resample may go below zero
            logs = np.log(drawn)
        factors, said = np.ones((3, 1, 1)), []
        for name, rows, row in (("N_opt", [0, 1], 0), ("L_opt", [2], 2)):
            left = len(C) - parameters[name]
            if left < 1:
                continue
            noise = np.nanvar(logs[row], axis=0)
            away = found[row, 0] - np.log(np.asarray(getattr(self.law, name)(C)))
            with np.errstate(divide="ignore", invalid="ignore"):
                ratio = float((away**2).sum() / (noise.sum() * left / len(C)))
                alike = float(noise.sum() ** 2 / (noise**2).sum())  # 1 to len(C)
            chance = fdtrc(left * alike / len(C), max(free, 1) * alike, ratio)
            if np.isfinite(ratio) and chance < _CHANCE and ratio > 1:
                factors[rows] = np.sqrt(ratio)
                said.append(
                    f"; the minima lie {np.sqrt(ratio):.2g} times as far from the law of {name} as "
                    "noise explains, so its intervals are as many times wider"
                )
        return np.exp(found + factors * (logs - found)), said

    def _minima(self, shift: Array) -> Array:
        """N, D and L at the minima (3, resamples, budgets) of runs that lie this much (resamples, n)
        above their parabolas in ln L, to first order in this noise.

        At the true minimum z the slope q1 + 2·q2·z is zero, so the noise of q1 + 2·q2·z moves the
        minimum found, by that over 2·q2 (Fieller 1954, Journal of the Royal Statistical Society B
        16, 175). The law's N_opt is the best estimate of that z: at the minimum that this budget
        found, further off by its own noise, the noise of q2 would count for too much.
        """
        minima = np.empty((3, len(shift), len(self.parabolas)))
        for i, parabola in enumerate(self.parabolas):
            moved = (parabola.design @ parabola.q * shift[:, parabola.part]) @ parabola.solve.T
            z = float(np.log(self.law.N_opt(parabola.C))) - parabola.centre
            log_N, lowest = parabola.minimum(parabola.q)
            log_N = log_N - moved @ [0.0, 1.0, 2 * z] / (2 * parabola.q[2])
            minima[:, :, i] = np.exp(log_N), parabola.D(log_N), lowest + moved @ [1.0, z, z * z]
        return minima

    def _shifted(self, shift: Array) -> list[AllocationLaw | None]:
        """The laws of runs that lie this much (resamples, n) above their parabolas in ln L."""
        return allocation_laws(self.minima["C"].to_numpy(), *self._minima(shift))


@recorded
def fit_isoflop(
    N: ArrayLike,
    loss: ArrayLike,
    *,
    C: ArrayLike | None = None,
    D: ArrayLike | None = None,
    within: float | None = None,
    weights: ArrayLike | None = None,
    groups: ArrayLike | None = None,
) -> IsoflopFit:
    """Fit a parabola in ln N to the loss at each budget, and N_opt ∝ C^a through the minima.

    N: parameters (n,). loss: nats per token (n,). C: training FLOPs of each run; runs whose C
    agrees to 5 % form one budget. D: tokens of each run. Give C or D, and the other follows from C
    = 6·N·D. If C was counted exactly, give both; D_opt is then interpolated between the runs of a
    budget at N_opt. within: use only sizes within this factor of the lowest run of their budget (4,
    say, if the curves are not parabolas over the whole range). weights: one per run, for the least
    squares of its parabola. groups: labels of runs with correlated noise, such as the seeds of one
    configuration. A budget is skipped (`skipped` gives the reason) if it has fewer than three
    sizes, if its parabola opens downwards, or if the minimum lies outside the sizes that were
    trained: that would be an extrapolation.

    Raises CourseError for bad input, and if fewer than two budgets remain.

    >>> from scalinglaws.constants import CHINCHILLA_REPLICATION as truth
    >>> C = np.repeat([1e19, 1e20, 1e21], 9)
    >>> N = truth.N_opt(C) * np.tile(np.geomspace(0.25, 4, 9), 3)
    >>> fit = fit_isoflop(N, truth(N, C / (6 * N)), C=C)
    >>> round(fit.law.a, 3), round(truth.a, 3)
    (0.513, 0.513)
    """
    if C is None:
        if D is None:
            raise CourseError(
                "fit_isoflop needs C or D: give the budget or the tokens of each run."
            )
        N, D, loss = check_runs(3, N=N, D=D, loss=loss)
        C = training_flops(N, D)
    N, C, loss = check_runs(3, {"N": 3, "C": 2, "loss": 3}, N=N, C=C, loss=loss)
    N, D, loss = check_runs(3, N=N, D=C / (6 * N) if D is None else D, loss=loss)
    if within is not None and not within > 1:
        raise CourseError(f"within = {within:g} must be a factor above 1.")
    weight = check_weights(weights, len(N))
    together = check_groups(groups, N, C, loss)

    parabolas, minima, skipped = [], [], {}
    at = budgets(C)
    for budget in map(float, np.unique(at)):
        rows = np.flatnonzero((at == budget) & (weight > 0))
        if not len(rows):
            continue
        if within is not None:
            lowest = N[rows[np.argmin(loss[rows])]]
            rows = rows[np.abs(np.log(N[rows] / lowest)) <= np.log(within) * (1 + 1e-9)]
        rows = rows[np.argsort(N[rows], kind="stable")]
        sizes = np.unique(N[rows])
        if len(sizes) < 3:
            skipped[budget] = "fewer than three sizes"
            continue
        centre = float(np.log(N[rows]).mean())
        z = np.log(N[rows]) - centre
        design = np.stack([np.ones_like(z), z, z * z], axis=1)
        q = _solver(design, weight[rows]) @ loss[rows]
        d = _solver(design[:, :2], weight[rows]) @ np.log(D[rows])
        first = parabolas[-1].part.stop if parabolas else 0
        part = slice(first, first + len(rows))
        parabola = _Parabola(budget, rows, part, centre, design, weight[rows], q, d)
        log_N, low = parabola.minimum(parabola.q)
        if not np.isfinite(log_N):
            skipped[budget] = "the parabola opens downwards"
        elif not sizes[0] <= np.exp(log_N) <= sizes[-1]:
            skipped[budget] = "the minimum lies outside the sizes trained"
        else:
            parabolas.append(parabola)
            N_opt, D_opt = float(np.exp(log_N)), float(parabola.D(log_N))
            minima.append((budget, N_opt, D_opt, float(low), len(rows)))
    if len(parabolas) < 2:
        reasons = ", ".join(f"{n} × {why}" for why, n in Counter(skipped.values()).items())
        raise CourseError(
            f"{len(parabolas)} of {len(parabolas) + len(skipped)} budgets have a minimum, and the fit needs two "
            f"({reasons}): add runs of the same C and other N."
        )

    minima = pd.DataFrame(minima, columns=["C", "N_opt", "D_opt", "L_opt", "runs"])
    used = np.concatenate([p.rows for p in parabolas])
    fitted = np.concatenate([p.design @ p.q for p in parabolas])
    residuals = np.log(fitted / loss[used])
    notes = [f"budget {budget:.3g} left out: {why}" for budget, why in skipped.items()]
    notes += without_floor(len(parabolas))
    if len(skipped) > len(parabolas):
        notes.append(
            f"only {len(parabolas)} of {len(parabolas) + len(skipped)} budgets have a minimum inside "
            "their sizes: do not rely on this fit before the others have runs on both sides of theirs"
        )
    return IsoflopFit(
        parameters=("a", "b"),
        variables=("C",),
        law=allocation_law(*(minima[name].to_numpy() for name in ("C", "N_opt", "D_opt", "L_opt"))),
        loss=loss[used],
        residuals=residuals,
        objective=float((weight[used] * (fitted - loss[used]) ** 2).sum() / 2),
        delta=None,
        converged=True,
        evidence="parabolas and lines are solved exactly",
        groups=np.unique(together.numbers[used], return_inverse=True)[1],
        grouped=together.grouped,
        notes=(*together.notes, *notes),
        C=C[used],
        N=N[used],
        D=D[used],
        minima=minima,
        skipped=skipped,
        parabolas=tuple(parabolas),
    )
