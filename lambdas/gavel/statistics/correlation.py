"""Rank correlations of paired values, from the table of distinct pairs with their counts.

Both equal `scipy.stats.spearmanr` and `scipy.stats.kendalltau` over the lists of records, statistic and two-sided
p-value, and look at each distinct pair once and not at each record.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

type Numbers = npt.NDArray[np.float64]
type Counts = npt.NDArray[np.int64]

_MOST_EXACT: Final = 33
_FACTORIAL_FITS: Final = 181  # 2 / 181! and less is below the least double


def spearman(a: Numbers, b: Numbers, counts: Counts) -> tuple[float, float] | None:
    """Spearman's rho with average ranks for ties, and its p-value; None below three records or with a constant side.

    Source: Spearman, American Journal of Psychology 15 (1904); p-value from Student's t with n - 2 degrees of freedom
    (Kendall and Stuart, "The Advanced Theory of Statistics" (1973), 31.19).
    """
    n = int(counts.sum())
    if n < 3:
        return None
    ranks_a, ranks_b = _centred_ranks(_level(a), counts), _centred_ranks(_level(b), counts)
    spread = math.fsum(counts * ranks_a**2) * math.fsum(counts * ranks_b**2)
    if spread == 0:
        return None
    rho = max(-1.0, min(1.0, math.fsum(counts * ranks_a * ranks_b) / math.sqrt(spread)))
    return rho, _student(rho, n - 2)


def pearson(a: Numbers, b: Numbers, counts: Counts) -> float | None:
    """Pearson's product-moment correlation; None below two records or with a constant side."""
    n = int(counts.sum())
    if n < 2 or np.ptp(a) == 0 or np.ptp(b) == 0:
        return None
    from_a, from_b = (values - math.fsum(counts * values) / n for values in (a, b))
    spread = math.sqrt(math.fsum(counts * from_a**2)) * math.sqrt(math.fsum(counts * from_b**2))
    return max(-1.0, min(1.0, math.fsum(counts * from_a * from_b) / spread))


def kendall(a: Numbers, b: Numbers, counts: Counts) -> tuple[float, float] | None:
    """Kendall's tau-b, and its p-value; None below two records or with a constant side.

    The p-value is exact without ties up to 33 records (and where at most one pair is out of order), else normal with
    the variance corrected for ties, as `scipy.stats.kendalltau(method="auto")` has it.
    Source: Kendall, "The treatment of ties in ranking problems", Biometrika 33 (1945), and "Rank Correlation Methods"
    (4th edition, 1970), chapters 3 and 5.
    """
    n = int(counts.sum())
    level_a, level_b = _level(a), _level(b)
    sizes_a, sizes_b = np.bincount(level_a, weights=counts), np.bincount(level_b, weights=counts)
    if n < 2 or len(sizes_a) < 2 or len(sizes_b) < 2:
        return None
    pairs = n * (n - 1) // 2
    tied_a, tied_b, tied_both = _pairs_within(sizes_a), _pairs_within(sizes_b), _pairs_within(counts.astype(np.float64))
    discordant = _discordant(level_a, level_b, counts)
    surplus = pairs - tied_a - tied_b + tied_both - 2 * discordant
    tau = max(-1.0, min(1.0, surplus / math.sqrt(pairs - tied_a) / math.sqrt(pairs - tied_b)))
    if tied_a == tied_b == 0 and (n <= _MOST_EXACT or min(discordant, pairs - discordant) <= 1):
        return tau, _kendall_exact(n, min(discordant, pairs - discordant))
    return tau, _kendall_normal(n, surplus, sizes_a, sizes_b)


def _level(values: Numbers) -> npt.NDArray[np.intp]:
    level: npt.NDArray[np.intp] = np.unique(values, return_inverse=True)[1]
    return level


def _centred_ranks(level: npt.NDArray[np.intp], counts: Counts) -> Numbers:
    """Average rank of each value among all records, less the mean rank."""
    sizes = np.bincount(level, weights=counts)
    ranks = np.cumsum(sizes) - (sizes - 1) / 2
    centred: Numbers = (ranks - (counts.sum() + 1) / 2)[level]
    return centred


def _student(rho: float, freedom: int) -> float:
    from scipy.special import stdtr  # noqa: PLC0415 - SciPy takes long to import, and only comparisons need it

    if abs(rho) == 1:
        return 0.0
    return float(2 * stdtr(freedom, -abs(rho) * math.sqrt(freedom / ((1 + rho) * (1 - rho)))))


def _pairs_within(sizes: Numbers) -> int:
    return int((sizes * (sizes - 1) / 2).sum())


def _discordant(a: npt.NDArray[np.intp], b: npt.NDArray[np.intp], counts: Counts) -> int:
    """Pairs of records that a and b put in opposite order.

    With the cells in ascending order of (a, b) these are the inversions of b, and an inversion shows at the highest bit
    in which the two values differ: the earlier one has it, the later one lacks it. So one pass a bit counts them all.
    """
    order = np.lexsort((b, a))
    b, weights = b[order], counts[order]
    total = 0
    for bit in reversed(range(int(b.max()).bit_length())):
        alike = np.argsort(b >> (bit + 1), kind="stable")
        group, high = b[alike] >> (bit + 1), (b[alike] >> bit) & 1
        heavy = weights[alike] * high
        before = np.cumsum(heavy) - heavy
        first = np.flatnonzero(np.concatenate([[True], group[1:] != group[:-1]]))
        start = np.repeat(before[first], np.diff(np.append(first, len(group))))
        total += int(((before - start) * weights[alike] * (1 - high)).sum())
    return total


def _kendall_exact(n: int, inversions: int) -> float:
    """Twice the share of the n! orders with at most so many inversions (Kendall 1970, 5.3), at most 1."""
    if n > _FACTORIAL_FITS and inversions < 2:
        return 0.0
    if inversions == 0:
        return min(1.0, 2 / math.factorial(n))
    if inversions == 1:
        return min(1.0, 2 / math.factorial(n - 1))
    ways = [1] + [0] * inversions
    for size in range(2, n + 1):
        running, added = 0, []
        for place in range(inversions + 1):
            running += ways[place] - (ways[place - size] if place >= size else 0)
            added.append(running)
        ways = added
    return min(1.0, 2 * sum(ways) / math.factorial(n))


def _kendall_normal(n: int, surplus: int, sizes_a: Numbers, sizes_b: Numbers) -> float:
    from scipy.special import ndtr  # noqa: PLC0415 - as above

    ordered = n * (n - 1.0)
    (x0, x1), (y0, y1) = (
        (float((t * (t - 1) * (t - 2)).sum()), float((t * (t - 1) * (2 * t + 5)).sum())) for t in (sizes_a, sizes_b)
    )
    variance = (ordered * (2 * n + 5) - x1 - y1) / 18 + 2 * _pairs_within(sizes_a) * _pairs_within(sizes_b) / ordered
    if x0 and y0:
        variance += x0 * y0 / (9 * ordered * (n - 2))
    return 2 * float(ndtr(-abs(surplus) / math.sqrt(variance)))
