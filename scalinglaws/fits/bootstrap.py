"""The bootstrap: how runs are resampled, and intervals from the laws fitted to the resamples."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar, get_args, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..arrays import Floats, plain
from ..errors import CourseError

RESAMPLES = 1000  # per interval, unless the caller asks for another number
LEVEL = 0.95  # of an interval, unless the caller asks for another one

Method = Literal["wild", "smooth", "runs"]
METHODS: tuple[Method, ...] = get_args(Method)

Array = NDArray[np.float64]
# A resample is (counts, shift): how often each run counts, and what is added to its ln L.
# Each has the shape (chunk, n) or (1, n).
Resamples = Iterator[tuple[Array, Array]]

L = TypeVar("L")

_CHUNK = 1_000_000  # runs times resamples computed at once, so that memory stays bounded


@dataclass(frozen=True)
class Resampling:
    """How to resample a fit: B times, from a seed, by a method (None: the fit chooses)."""

    B: int = RESAMPLES
    seed: int = 0
    method: Method | None = None

    def __post_init__(self) -> None:
        for name, value in (("B", self.B), ("seed", self.seed)):
            if value != int(value):
                raise CourseError(f"{name} must be a whole number, not {value!r}.")
        if self.B < 2:
            raise CourseError("The bootstrap needs at least B = 2 resamples.")
        if self.seed < 0:
            raise CourseError(f"seed must be a whole number >= 0, not {self.seed}.")
        if self.method is not None and self.method not in METHODS:
            listed = ", ".join(f'"{method}"' for method in METHODS)
            raise CourseError(f"The bootstrap method must be one of {listed}, not {self.method!r}.")


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Bootstrap(Sequence[L], Generic[L]):
    """The laws fitted to B resamples of the runs: a sequence of laws, and the intervals from them.

    laws: one for each resample that could be fitted. asked: what was asked for. method, reason: the
    method that was used, and why. units: how many independent units were resampled (runs, or groups
    of runs). free: the free parameters. scaled: whether the residuals were scaled up for the fitted
    parameters. influence: of the runs on quantities computed from the law, where known.
    """

    laws: tuple[L, ...]
    asked: Resampling
    method: str
    reason: str
    units: int
    free: int
    scaled: bool
    influence: Influence[L] | Multipliers[L] | None = None

    def __len__(self) -> int:
        return len(self.laws)

    @overload
    def __getitem__(self, index: int) -> L: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[L, ...]: ...
    def __getitem__(self, index: int | slice) -> L | tuple[L, ...]:
        return self.laws[index]

    def __repr__(self) -> str:
        return f"Bootstrap({len(self)} of {self.asked.B} resamples fitted; {self.method}: {self.reason})"

    def values(self, quantity: str | Callable[[L], ArrayLike]) -> Array:
        """A parameter's name, or a function of the law, for each law: (len(self), ...).

        Raises CourseError if fewer than two resamples could be fitted.
        """
        if len(self.laws) < 2:
            raise CourseError(
                "No resample of these runs could be fitted, so there is no interval: add runs."
            )
        return np.array([_of(law, quantity) for law in self.laws], dtype=float)

    def interval(
        self,
        quantity: str | Callable[[L], ArrayLike],
        level: float = LEVEL,
        *,
        like: Callable[[L], ArrayLike] | None = None,
    ) -> tuple[Floats, Floats]:
        """The interval (low, high) of a parameter, or of a function of the law; arrays broadcast.

        like: the quantity to take the degrees of freedom from, if `quantity` itself is random.

        Raises CourseError for a level outside 0 to 1, or if no resample could be fitted.
        """
        values = self.values(quantity)
        tail = self.tail(level, self.degrees(like or quantity))
        # A few resamples, or the signs of a few units, cannot show a smaller tail than this.
        shown = max(2.5 / (len(self.laws) + 1), 0.5 ** (self.units - 1))
        return ends(values, np.broadcast_to(tail, values.shape[1:]), min(shown, (1 - level) / 2))

    def degrees(self, quantity: str | Callable[[L], ArrayLike]) -> Array:
        """Degrees of freedom of a quantity's variance (...): from the influence, else units - free."""
        left = float(max(self.units - self.free, 1))
        if self.influence is None:
            return np.asarray(left)
        found = self.influence.degrees(quantity)
        return np.where(np.isfinite(found), np.maximum(found, 1.0), left)

    def tail(self, level: float, degrees: Array) -> Array:
        """The share of resamples to cut off at each end, a little less than (1 - level)/2.

        Percentile intervals undercover in small samples: they correspond to normal instead of
        Student-t quantiles and, unless the residuals were scaled up beforehand, ignore the factor
        sqrt(1 - p/n) for n units and p parameters. This is the expanded percentile interval
        (Hesterberg 2015, The American Statistician 69, 371). degrees: of freedom, see `degrees`.
        """
        from scipy.special import ndtr, stdtrit

        if not 0 < level < 1:
            raise CourseError(f"level must lie between 0 and 1, not {level:g} (0.95 means 95 %).")
        left = max(self.units - self.free, 1)
        widen = 1.0 if self.scaled else float(np.sqrt(self.units / left))
        return np.asarray(ndtr(widen * stdtrit(degrees, (1 - level) / 2)), dtype=float)


def _of(law: L, quantity: str | Callable[[L], ArrayLike]) -> ArrayLike:
    return number_of(law, quantity) if isinstance(quantity, str) else quantity(law)


def number_of(law: Any, name: str) -> ArrayLike:
    """The number of a law with this name. Raises CourseError if there is none."""
    value = getattr(law, name, None)
    if value is None or callable(value):
        raise CourseError(
            f"{type(law).__name__} has no number {name!r}: ask for a parameter by its name, or for "
            "anything else with a function of the law, such as lambda law: law.N_opt(1e24)."
        )
    return value


def ends(values: Array, tail: Array, shown: float = 0.0) -> tuple[Floats, Floats]:
    """The points that cut a share `tail` (...) off each end of the values (B, ...).

    shown: the smallest share that the values can show. If the tail is smaller, the points for
    `shown` are moved away from the median as far as in a normal distribution (of the logarithm, if
    the values are positive).
    """
    from scipy.special import ndtri

    cut = np.empty((2, *values.shape[1:]))
    for where in np.ndindex(values.shape[1:]):
        column, share = values[(slice(None), *where)], max(float(tail[where]), shown)
        low, middle, high = np.quantile(column, (share, 0.5, 1 - share), method="weibull")
        if tail[where] < share:
            least = float(column.min())
            further = float(ndtri(max(tail[where], 1e-12)) / ndtri(share))
            if least > 0:
                low, high = (middle * (end / middle) ** further for end in (low, high))
            else:
                low, high = (middle + (end - middle) * further for end in (low, high))
                low = max(low, 0.0) if least == 0 else low
        cut[:, *where] = low, high
    return plain(cut[0]), plain(cut[1])


@dataclass(frozen=True, eq=False, repr=False)
class Influence(Generic[L]):
    """How much the noise of each run moves quantities computed from the law.

    up, down: laws on either side of the fit for k coordinates, and width, how far apart they are.
    along (n, k): d coordinate/d ln L of each run. hat: a square root of the hat matrix (n, p).
    units: a number per run; runs of one unit have correlated noise.
    """

    up: tuple[L | None, ...]
    down: tuple[L | None, ...]
    width: Array
    along: Array
    hat: Array
    units: NDArray[np.int_]

    def slopes(self, quantity: str | Callable[[L], ArrayLike]) -> Array:
        """d quantity/d ln L of each run (n, ...); nan where a law next to the fit is missing."""

        def of(law: L | None) -> Array:
            if law is None:
                return np.asarray(np.nan)
            return np.asarray(_of(law, quantity), dtype=float)

        change = [
            (of(up) - of(down)) / width
            for up, down, width in zip(self.up, self.down, self.width, strict=True)
        ]
        change = np.stack(np.broadcast_arrays(*change))
        return np.tensordot(self.along, change, 1)

    def degrees(self, quantity: str | Callable[[L], ArrayLike]) -> Array:
        """Degrees of freedom of the quantity's variance, as the wild bootstrap estimates it (...).

        A variance summed over units of unequal influence is as uncertain as one over fewer, equal
        units (Satterthwaite's rule; Bell & McCaffrey 2002, Survey Methodology 28, 169; Imbens &
        Kolesár 2016, Review of Economics and Statistics 98, 701).
        """
        slopes = self.slopes(quantity)
        flat = unshrunk(slopes.reshape(len(slopes), -1), self.hat, self.units)
        number = int(self.units.max()) + 1
        own = np.zeros((number, flat.shape[1]))
        np.add.at(own, self.units, flat**2)
        shared = np.zeros((number, flat.shape[1], self.hat.shape[1]))
        np.add.at(shared, self.units, flat[:, :, None] * self.hat[:, None])
        taken = (shared**2).sum(2)
        cross = np.einsum("uma,umb->mab", shared, shared)
        with np.errstate(divide="ignore", invalid="ignore"):
            degrees = (own - taken).sum(0) ** 2 / (
                (own**2 - 2 * own * taken).sum(0) + (cross**2).sum((1, 2))
            )
        return degrees.reshape(slopes.shape[1:])


@dataclass(frozen=True, eq=False, repr=False)
class Multipliers(Generic[L]):
    """How much the noise of each unit moves quantities computed from the law, read off the
    resamples.

    laws: one per resample. drawn (B, units): what each resample multiplied each unit's noise by.
    noise (units,): its root mean square. For fits without a derivative, such as the envelope.
    """

    laws: tuple[L, ...]
    drawn: Array
    noise: Array

    def degrees(self, quantity: str | Callable[[L], ArrayLike]) -> Array:
        """Degrees of freedom of the quantity's variance (...), 2 or more; nan for too few resamples.

        Satterthwaite's rule, as in `Influence`: (sum g²)²/sum g⁴, where g is what a unit's noise moves
        the quantity by, divided by the size of that noise. A regression on the multipliers gives it.
        """
        values = np.array([_of(law, quantity) for law in self.laws], dtype=float)
        B, units = self.drawn.shape
        if units + 2 > B:
            return np.full(values.shape[1:], np.nan)
        terms = np.column_stack([np.ones(B), self.drawn])
        flat = values.reshape(B, -1)
        with np.errstate(divide="ignore", invalid="ignore"):
            flat = (flat - flat.mean(0)) / flat.std(0)  # fourth powers must not overflow
            slopes = (np.linalg.pinv(terms) @ flat)[1:]
            squares = (slopes[self.noise > 0] / self.noise[self.noise > 0, None]) ** 2
            degrees = np.maximum(squares.sum(0) ** 2 / (squares**2).sum(0), 2.0)
        return degrees.reshape(values.shape[1:])


def mad_sigma(residuals: Array) -> float:
    """Normalised median absolute deviation: median|r|/0.6745, a robust standard deviation."""
    return float(np.median(np.abs(residuals)) / 0.6745)


def resample_wild(
    residuals: Array,
    hat: Array,
    units: NDArray[np.int_],
    asked: Resampling,
    smoothed: bool = False,
) -> Resamples:
    """Every run keeps its place; its residual keeps its size and draws a sign, one per unit.

    The wild bootstrap (Wu 1986, Annals of Statistics 14, 1261; signs after Davidson & Flachaire
    2008, Journal of Econometrics 146, 162), so runs may differ in noise.

    hat: a square root of the hat matrix (n, p). units: a number per run; runs of one unit share
    their sign. smoothed: whether normal noise is added, see `smoothing`.
    """
    rng = np.random.default_rng(asked.seed)
    noise = unshrunk(residuals[:, None], hat, units)[:, 0]
    number, n = int(units.max()) + 1, len(units)
    own, shared = smoothing(residuals, hat, units) if smoothed else (np.zeros(n), np.zeros(n))
    for size in _chunks(asked.B, n):
        # A residual is ln L_model - ln L, so a smaller one is a larger ln L.
        shift = residuals - rng.choice([-1.0, 1.0], (size, number))[:, units] * noise
        if smoothed:
            shift += own * rng.standard_normal((size, n))
            shift += shared * rng.standard_normal((size, number))[:, units]
        yield np.ones((1, n)), shift


def unshrunk(values: Array, hat: Array, units: NDArray[np.int_]) -> Array:
    """The values (n, m) times (1 - H)^(-1/2), since a fit makes residuals smaller than the noise.

    H is the block of the hat matrix that belongs to a unit, for a single run its leverage: HC2 of
    MacKinnon & White 1985, and for groups CR2 of Bell & McCaffrey 2002. If the noise is equal
    everywhere, the result has its variance.
    """
    noise = values / np.maximum(1 - (hat * hat).sum(1), 1e-3)[:, None] ** 0.5
    sizes = np.bincount(units)
    order = np.argsort(units, kind="stable")
    for rows in np.split(order, np.cumsum(sizes)[:-1]):
        if len(rows) > 1:
            eigenvalues, vectors = np.linalg.eigh(hat[rows] @ hat[rows].T)
            grown = np.maximum(1 - eigenvalues, 1e-3) ** -0.5
            noise[rows] = vectors @ (grown[:, None] * (vectors.T @ values[rows]))
    return noise


def smoothing(residuals: Array, hat: Array, units: NDArray[np.int_]) -> tuple[Array, Array]:
    """The widths of the noise to add for Huber's small delta: each run's own, its unit's (n,),
    (n,).

    With a small delta a fit is nearly a median regression: it passes through as many runs as it has
    parameters, and the density of runs close by decides its error. The bare residuals overstate
    that density, so their intervals are too narrow; a smoothed distribution corrects it (Silverman
    & Young 1987, Biometrika 74, 469). The width is Silverman's rule, with a robust spread of the
    residuals of the nearest runs: those whose rows of the hat matrix's root (n, p) resemble its
    own. Runs of one unit are correlated as far as their residuals agree in sign, and so is the
    noise that is added.
    """
    from scipy.spatial import KDTree

    n = len(residuals)
    near = min(n, max(10, 2 * int(np.sqrt(n))))
    neighbours = KDTree(hat).query(hat, near)[1]
    spread = np.median(np.abs(residuals)[neighbours], axis=1) / 0.6745
    agreed, size = agreement(residuals, units)
    width = 0.9 * spread * (n / (1 + (size - 1) * agreed)) ** -0.2
    return width * np.sqrt(1 - agreed), width * np.sqrt(agreed)


def agreement(residuals: Array, units: NDArray[np.int_]) -> tuple[float, float]:
    """The correlation within units, 0 to 1, from the signs alone, and the number of runs in a
    typical unit.

    For normal noise of correlation r, the product of two signs is 2/pi·arcsin r on average.
    """
    sizes = np.bincount(units)
    pairs = float((sizes * (sizes - 1)).sum())
    if not pairs:
        return 0.0, 1.0
    together = np.bincount(units, np.sign(residuals))
    product = float((together**2 - sizes).sum()) / pairs
    return max(float(np.sin(np.pi / 2 * product)), 0.0), float((sizes**2).sum() / sizes.sum())


def blocks(order: NDArray[np.int_], groups: NDArray[np.int_], length: int) -> NDArray[np.int_]:
    """For each run, the number of its block of `length` neighbouring groups (n,)."""
    first_seen = np.unique(groups[order], return_index=True)[1]
    rank = np.empty(len(first_seen), dtype=int)
    rank[np.argsort(first_seen)] = np.arange(len(first_seen))
    return (rank // length)[groups]


def memory(residuals: Array) -> int:
    """How many neighbours are correlated: one plus the lags whose autocorrelation is significant."""
    r = residuals - residuals.mean()
    n, total = len(r), (r * r).sum()
    lag = 1
    while lag < n // 8 and (r[lag:] * r[:-lag]).sum() / total > 2 / np.sqrt(n):
        lag += 1
    return lag


def resample_smooth(residuals: Array, asked: Resampling) -> Resamples:
    """Every run keeps its place and draws a residual of any run, with a little normal noise on top.

    The smoothed bootstrap (Silverman & Young 1987, Biometrika 74, 469). It assumes that all runs
    are equally noisy; otherwise its intervals can be much too narrow.
    """
    rng = np.random.default_rng(asked.seed)
    n = len(residuals)
    width = 0.9 * mad_sigma(residuals) * n**-0.2  # Silverman's rule
    for size in _chunks(asked.B, n):
        drawn = rng.choice(residuals, (size, n)) + width * rng.standard_normal((size, n))
        yield np.ones((1, n)), residuals - drawn


def resample_runs(groups: NDArray[np.int_], asked: Resampling) -> Resamples:
    """Whole groups of runs are drawn with replacement: the bootstrap of pairs (Efron 1979)."""
    rng = np.random.default_rng(asked.seed)
    number, n = int(groups.max()) + 1, len(groups)
    for size in _chunks(asked.B, n):
        counts = rng.multinomial(number, np.full(number, 1 / number), size=size)[:, groups]
        yield counts.astype(float), np.zeros((1, n))


def _chunks(B: int, n: int) -> list[int]:
    chunk = max(1, _CHUNK // n)
    return [min(chunk, B - done) for done in range(0, B, chunk)]
