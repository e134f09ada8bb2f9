"""The bootstrap: how runs are resampled, and intervals from the laws fitted to the resamples."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar, get_args, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..arrays import Floats, plain
from ..errors import CourseError

RESAMPLES = 1000  # behind an interval, unless the caller asks for another number
LEVEL = 0.95  # of an interval, unless the caller asks for another one

Method = Literal["wild", "smooth", "runs"]
METHODS: tuple[Method, ...] = get_args(Method)

Array = NDArray[np.float64]
# A resample is (counts, shift): how often each run counts, and what is added to its ln L.
# Each has the shape (chunk, n) or (1, n).
Resamples = Iterator[tuple[Array, Array]]

L = TypeVar("L")

_CHUNK = 1_000_000  # runs times resamples worked on at once, so that memory stays flat


@dataclass(frozen=True)
class Resampling:
    """How a fit is to be resampled: B times, from a seed, by a method (None: the fit chooses)."""

    B: int = RESAMPLES
    seed: int = 0
    method: Method | None = None

    def __post_init__(self) -> None:
        if self.B < 2:
            raise CourseError("The bootstrap needs at least B = 2 resamples.")
        if self.method is not None and self.method not in METHODS:
            listed = ", ".join(f'"{method}"' for method in METHODS)
            raise CourseError(f"The bootstrap method must be one of {listed}, not {self.method!r}.")


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Bootstrap(Sequence[L], Generic[L]):
    """The laws fitted to B resamples of the runs: a sequence of laws, and the intervals from them.

    laws: one for each resample that could be fitted. asked: what was asked for. method, reason: the
    method that was used, and why. units: how many independent units were resampled (runs, or groups
    of runs). free: the free parameters. scaled: whether the residuals were scaled up for the
    parameters that the fit spent.
    """

    laws: tuple[L, ...]
    asked: Resampling
    method: str
    reason: str
    units: int
    free: int
    scaled: bool

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
        if isinstance(quantity, str):
            return np.array([getattr(law, quantity) for law in self.laws], dtype=float)
        return np.array([quantity(law) for law in self.laws], dtype=float)

    def interval(
        self, quantity: str | Callable[[L], ArrayLike], level: float = LEVEL
    ) -> tuple[Floats, Floats]:
        """The interval (low, high) of a parameter, or of a function of the law; arrays broadcast.

        Raises CourseError for a level outside 0 to 1, or if no resample could be fitted.
        """
        tail = self.tail(level)
        low, high = np.quantile(self.values(quantity), [tail, 1 - tail], axis=0, method="weibull")
        return plain(low), plain(high)

    def tail(self, level: float) -> float:
        """The share of resamples to cut off at each end, a little less than (1 - level)/2.

        Percentile intervals undercover in small samples: they correspond to normal instead of
        Student-t quantiles and, unless the residuals were scaled up beforehand, ignore the factor
        sqrt(1 - p/n) for n units and p parameters. This is the expanded percentile interval
        (Hesterberg 2015, The American Statistician 69, 371).
        """
        from scipy.special import ndtr, stdtrit

        if not 0 < level < 1:
            raise CourseError(f"level must lie between 0 and 1, not {level:g} (0.95 means 95 %).")
        left = max(self.units - self.free, 1)
        widen = 1.0 if self.scaled else float(np.sqrt(self.units / left))
        return float(ndtr(widen * stdtrit(left, (1 - level) / 2)))


def mad_sigma(residuals: Array) -> float:
    """Normalised median absolute deviation: median|r|/0.6745, a robust standard deviation."""
    return float(np.median(np.abs(residuals)) / 0.6745)


def resample_wild(
    residuals: Array, hat: Array, units: NDArray[np.int_], width: Array, asked: Resampling
) -> Resamples:
    """Every run keeps its place; its residual keeps its size and draws a sign, one per unit.

    The wild bootstrap (Wu 1986, Annals of Statistics 14, 1261; signs after Davidson & Flachaire
    2008, Journal of Econometrics 146, 162), so runs may differ in noise.

    hat: a square root of the hat matrix (n, p). units: a number per run; runs of one unit share
    their sign. width: of the normal noise added to each run (n,), see `smoothing_width`.
    """
    rng = np.random.default_rng(asked.seed)
    smoothed = bool(width.any())
    noise = unshrunk(residuals, hat, units, 1 / 2 if smoothed else 2 / 3)
    number, n = int(units.max()) + 1, len(units)
    for size in _chunks(asked.B, n):
        # A residual is ln L_model - ln L, so a smaller one is a larger ln L.
        shift = residuals - rng.choice([-1.0, 1.0], (size, number))[:, units] * noise
        if smoothed:
            shift += width * rng.standard_normal((size, n))
        yield np.ones((1, n)), shift


def unshrunk(residuals: Array, hat: Array, units: NDArray[np.int_], power: float) -> Array:
    """The residuals times (1 - H)^(-power), since a fit makes them smaller than the noise (n,).

    H is the block of the hat matrix that belongs to a unit, for a single run its leverage. The usual
    powers are 1/2 (HC2; for groups CR2 of Bell & McCaffrey 2002) and 1 (HC3); for twelve runs the
    first gave intervals that were too narrow in our synthetic studies, the second too wide, so it is
    2/3; where noise is added besides, 1/2 was right.
    """
    noise = residuals / np.maximum(1 - (hat * hat).sum(1), 1e-3) ** power
    sizes = np.bincount(units)
    order = np.argsort(units, kind="stable")
    for rows in np.split(order, np.cumsum(sizes)[:-1]):
        if len(rows) > 1:
            values, vectors = np.linalg.eigh(hat[rows] @ hat[rows].T)
            grown = np.maximum(1 - values, 1e-3) ** -power
            noise[rows] = vectors @ (grown * (vectors.T @ residuals[rows]))
    return noise


def smoothing_width(residuals: Array, hat: Array) -> Array:
    """The width of the noise to add to each run, for Huber's small delta (n,).

    There a fit is nearly a median regression: it passes through as many runs as it has parameters,
    and what counts is how many more lie close by. The bare residuals overstate that, and their
    intervals are too narrow; a smoothed distribution corrects it (Silverman & Young 1987, Biometrika
    74, 469). The width is 1.2 times Silverman's rule, with a robust spread of the residuals of the
    nearest runs: those whose rows of the hat matrix's root (n, p) resemble its own.
    """
    from scipy.spatial import KDTree

    n = len(residuals)
    near = min(n, max(10, 2 * int(np.sqrt(n))))
    neighbours = KDTree(hat).query(hat, near)[1]
    spread = np.median(np.abs(residuals)[neighbours], axis=1) / 0.6745
    return 1.2 * 0.9 * spread * n**-0.2


def blocks(order: NDArray[np.int_], groups: NDArray[np.int_], length: int) -> NDArray[np.int_]:
    """Numbers of the blocks of `length` neighbouring groups (n,), in the order of the runs."""
    first_seen = np.unique(groups[order], return_index=True)[1]
    rank = np.empty(len(first_seen), dtype=int)
    rank[np.argsort(first_seen)] = np.arange(len(first_seen))
    return (rank // length)[groups]


def memory(residuals: Array) -> int:
    """How many neighbours err alike: one plus the lags whose autocorrelation is significant."""
    r = residuals - residuals.mean()
    n, total = len(r), (r * r).sum()
    lag = 1
    while lag < n // 8 and (r[lag:] * r[:-lag]).sum() / total > 2 / np.sqrt(n):
        lag += 1
    return lag


def resample_smooth(residuals: Array, asked: Resampling) -> Resamples:
    """Every run keeps its place and draws a residual of any run, with a little normal noise on top.

    The smoothed bootstrap (Silverman & Young 1987, Biometrika 74, 469). It assumes that all runs are
    equally noisy: where they are not, its intervals can be much too narrow.
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
