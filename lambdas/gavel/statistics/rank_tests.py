"""Tests of paired differences, from a table of difference → count, and the correction for many of them at once.

Every p-value is two-sided and equals that of `scipy.stats` over the list of records; SciPy's own functions look at
every record, and the Lambdas' bundle has no room for them.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

type Numbers = npt.NDArray[np.float64]
type Counts = npt.NDArray[np.int64]

# From where on `scipy.stats.wilcoxon(method="auto")` takes the normal approximation: always, and when there are ties.
_MOST_EXACT: Final = 50
_MOST_EXACT_WITH_TIES: Final = 13


def wilcoxon(differences: Numbers, counts: Counts) -> tuple[float, float] | None:
    """p-value of Wilcoxon's signed-rank test, and the matched-pairs rank-biserial correlation; None when none differs.

    `differences` are distinct and ascending. The rules are those of `scipy.stats.wilcoxon` by default: records without
    a difference are dropped; up to 50 records without ties or zeros, and up to 13 with them, the distribution is exact,
    and otherwise normal with the variance corrected for ties. The effect size is (W+ - W-) / (W+ + W-), from -1 to 1.
    Sources: Wilcoxon, "Individual comparisons by ranking methods", Biometrics Bulletin 1 (1945); Kerby, "The simple
    difference formula", Comprehensive Psychology 3 (2014).
    """
    moved = differences != 0
    if not moved.any():
        return None
    n = int(counts.sum())
    sizes, place = _tie_groups(differences[moved], counts[moved])
    # Twice the average rank of each group of equal |difference|, which is a whole number.
    ranks = 2 * np.cumsum(sizes) - sizes + 1
    above = np.bincount(place, weights=counts[moved] * (differences[moved] > 0)).astype(np.int64)
    plus, whole = int((ranks * above).sum()), int((ranks * sizes).sum())
    effect = (2 * plus - whole) / whole
    plain = bool((sizes == 1).all()) and bool(moved.all())
    if n <= (_MOST_EXACT if plain else _MOST_EXACT_WITH_TIES):
        return _exact(np.repeat(ranks, sizes).tolist(), plus), effect
    return _normal(sizes, plus), effect


def mcnemar(above: int, below: int) -> float:
    """p-value of McNemar's exact test, from the numbers of records on which the one and the other is higher.

    Under no difference each discordant record falls to either side with probability 1/2, whatever their number.
    Source: McNemar, Psychometrika 12 (1947); exact form in Agresti, "Categorical Data Analysis" (2002), 10.1.
    """
    from scipy.special import bdtr  # noqa: PLC0415 - SciPy takes long to import, and plain counts need none

    discordant = above + below
    return min(1.0, 2 * float(bdtr(min(above, below), discordant, 0.5))) if discordant else 1.0


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Holm's step-down correction over all p-values that exist; each corrected one is at least as large as it was.

    A comparison without a p-value could not be significant whatever the direction of its records, so leaving it out of
    the family keeps the error rate (Tarone, "A modified Bonferroni method for discrete data", Biometrics 46, 1990).
    Source: Holm, "A simple sequentially rejective multiple test procedure", Scand. J. Statist. 6 (1979).
    """
    order = sorted((p, place) for place, p in enumerate(p_values) if p is not None)
    corrected: list[float | None] = [None] * len(p_values)
    highest = 0.0
    for step, (p, place) in enumerate(order):
        highest = max(highest, min(1.0, (len(order) - step) * p))
        corrected[place] = highest
    return corrected


def _tie_groups(differences: Numbers, counts: Counts) -> tuple[Counts, npt.NDArray[np.intp]]:
    """Sizes of the groups of equal |difference| in ascending order, and the group of each difference."""
    distance = np.abs(differences)
    order = np.argsort(distance, kind="stable")
    # What was merged as one difference must be one distance too: see `gavel.statistics.pairs`.
    steps = np.diff(distance[order]) > 1e-12
    place = np.empty(len(order), dtype=np.intp)
    place[order] = np.concatenate([[0], np.cumsum(steps)])
    return np.bincount(place, weights=counts).astype(np.int64), place


def _exact(ranks: Sequence[int], plus: int) -> float:
    """Twice the smaller tail of the distribution of W+ over all 2^n assignments of signs, at most 1."""
    ways = [1]
    for rank in ranks:
        shifted = [0] * rank + ways
        ways = [one + other for one, other in zip(ways + [0] * rank, shifted, strict=True)]
    tail = min(sum(ways[: plus + 1]), sum(ways[plus:]))
    return min(1.0, 2 * tail / (1 << len(ranks)))


def _normal(sizes: Counts, plus: int) -> float:
    from scipy.special import ndtr  # noqa: PLC0415 - as above

    n = int(sizes.sum())
    ties = float((sizes.astype(np.float64) ** 3 - sizes).sum())
    variance = (n * (n + 1) * (2 * n + 1) - ties / 2) / 24
    return 2 * float(ndtr(-abs(plus / 2 - n * (n + 1) / 4) / math.sqrt(variance)))
