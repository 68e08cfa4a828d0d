"""Bootstrap intervals of a mean over records, from a table of value → count.

A resample costs nothing for each of its records: `resampling` draws its mean from the same distribution. Source: Efron
and Tibshirani, "An Introduction to the Bootstrap" (1993), chapters 6 and 13.

Three well-known corrections keep the coverage where records are few:

- percentile intervals are too narrow by √((n - 1) / n) and by the difference of normal and t quantiles, so deviations
  are scaled and the percentiles are those of Student's t (Hesterberg, "What Teachers Should Know About the Bootstrap",
  The American Statistician 69(4), 2015, "expanded percentile interval");
- a resample can hold no value that the sample has not shown, so a part of a pseudo-record lies half at each end of
  ± the largest value seen, a larger part the fewer records are not zero (in the spirit of Agresti and Min, "Simple
  improved confidence intervals for comparing matched proportions", Statistics in Medicine 24, 2005; how much of it
  is what `benchmarks.coverage_of_intervals` found to do);
- a sample that was drawn by category is resampled by category, and strata too small to show their own spread are
  resampled together (Cochran, "Sampling Techniques" (1977), 5A.12, collapsed strata).
"""

from __future__ import annotations

import hashlib
import math
from typing import TYPE_CHECKING, Final

import numpy as np

from gavel.statistics.resampling import resampled_means

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy.typing as npt

__all__ = ["RESAMPLES", "bootstrap_interval", "resampled_means"]

type Numbers = npt.NDArray[np.float64]
type Counts = npt.NDArray[np.int64]
type Stratum = tuple[Numbers, Counts]

RESAMPLES: Final = 10_000
_SMALLEST_STRATUM: Final = 5
_MOST_CELLS: Final = 512
_FEWEST_BEYOND: Final = 10


def bootstrap_interval(
    strata: Sequence[Stratum], *, level: float = 0.95, resamples: int = RESAMPLES
) -> tuple[float, float] | None:
    """The interval of the mean of all values at the given level; None below two records.

    Each stratum holds distinct values in ascending order with their counts; a simple random sample is one stratum. The
    same values give the same interval to the last bit, and the negated values the negated interval.
    """
    strata = _collapsed(strata)
    n = sum(int(counts.sum()) for _, counts in strata)
    if n < 2:
        return None
    mirrored = [(-values[::-1], counts[::-1]) for values, counts in strata]
    own, other = _content(strata), _content(mirrored)
    low, high = _interval(strata if own <= other else mirrored, n, level=level, resamples=resamples)
    if own > other:
        low, high = -high, -low
    elif own == other:
        # A table that is its own mirror image has a symmetric interval, whatever the random numbers say.
        low, high = (low - high) / 2, (high - low) / 2
    return low + 0.0, high + 0.0


def _interval(strata: Sequence[Stratum], n: int, *, level: float, resamples: int) -> tuple[float, float]:
    from scipy.special import ndtr, stdtrit  # noqa: PLC0415 - SciPy takes long to import, and plain counts need none

    reach = max(float(np.abs(values).max()) for values, _ in strata)
    if reach == 0:
        return 0.0, 0.0
    random = np.random.Generator(np.random.PCG64(int.from_bytes(hashlib.sha256(_content(strata)).digest()[:16])))
    moved = sum(int(counts[values != 0].sum()) for values, counts in strata)
    pseudo = 0.15 + 1.5 / (1 + moved)
    means = np.zeros(resamples)
    for values, counts in strata:
        size = int(counts.sum())
        cells, weights, spread = _with_pseudo_records(values, counts, reach, pseudo * size / n)
        centre = float(cells @ weights / weights.sum())
        drawn = resampled_means(cells, weights, resamples=resamples, chance=random)
        means += (centre + spread * math.sqrt(size / (size - 1)) * (drawn - centre)) * (size / n)
    tail = float(ndtr(stdtrit(max(1, n - len(strata)), (1 - level) / 2)))
    low, high = np.quantile(means, [tail, 1 - tail]).tolist()
    if tail * resamples < _FEWEST_BEYOND:
        # So far out the resamples end: the tails are Student's there, and no narrower than what was resampled.
        middle = float(means.mean())
        half = -float(stdtrit(max(1, n - len(strata)), (1 - level) / 2)) * float(means.std())
        low, high = min(low, middle - half), max(high, middle + half)
    return max(low, -reach), min(high, reach)


def _with_pseudo_records(
    values: Numbers, counts: Counts, reach: float, pseudo: float
) -> tuple[Numbers, Numbers, float]:
    """Cells and weights to draw from, and by how much deviations must be stretched for what grouping took away."""
    grouped, sizes = _grouped(values, counts)
    between, whole = _variance(grouped, sizes), _variance(values, counts)
    # The pseudo-records come on top: as many records are drawn as there are.
    cells, place = np.unique(np.concatenate([[-reach], grouped, [reach]]), return_inverse=True)
    weights = np.bincount(place, weights=np.concatenate([[pseudo / 2], sizes, [pseudo / 2]]))
    return cells, weights, math.sqrt(whole / between) if between > 0 else 1.0


def _grouped(values: Numbers, counts: Counts) -> tuple[Numbers, Numbers]:
    """At most 512 cells: neighbours share one, at their mean. A judge's scale never needs it."""
    if len(values) <= _MOST_CELLS:
        return values, counts.astype(np.float64)
    before = np.cumsum(counts) - counts
    group = before * _MOST_CELLS // counts.sum()
    sizes = np.bincount(group, weights=counts)
    sums = np.bincount(group, weights=counts * values)
    return (sums[sizes > 0] / sizes[sizes > 0]), sizes[sizes > 0]


def _variance(values: Numbers, counts: Numbers | Counts) -> float:
    mean = values @ counts / counts.sum()
    return float((values - mean) ** 2 @ counts / counts.sum())


def _collapsed(strata: Sequence[Stratum]) -> list[Stratum]:
    """The strata that hold enough records to show their spread, and all others as one."""
    filled = [stratum for stratum in strata if stratum[1].sum() > 0]
    large = [stratum for stratum in filled if stratum[1].sum() >= _SMALLEST_STRATUM]
    small = [stratum for stratum in filled if stratum[1].sum() < _SMALLEST_STRATUM]
    if small and large and sum(int(counts.sum()) for _, counts in small) < _SMALLEST_STRATUM:
        # What is left over joins the smallest stratum that stands by itself.
        small.append(large.pop(min(range(len(large)), key=lambda place: int(large[place][1].sum()))))
    return [*large, _pooled(small)] if small else large


def _pooled(strata: Iterable[Stratum]) -> Stratum:
    parts = list(strata)
    values, place = np.unique(np.concatenate([values for values, _ in parts]), return_inverse=True)
    sizes = np.bincount(place, weights=np.concatenate([counts for _, counts in parts]))
    return values, sizes.astype(np.int64)


def _content(strata: Sequence[Stratum]) -> bytes:
    return b"".join(
        len(values).to_bytes(8) + (values + 0.0).astype("<f8").tobytes() + counts.astype("<i8").tobytes()
        for values, counts in strata
    )
