"""Intervals of means and of shares."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Final

NORMAL_95: Final = 1.959963984540054


def mean_interval(*, mean: float, stdev: float, n: int, level: float = 0.95) -> tuple[float, float]:
    """Interval of a mean on a scale without ends: mean ± t((1 + level) / 2, n - 1) · stdev / √n, for n of 2 or more.

    Source: Student's t-interval (NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.5.2). It is a point when all
    values are equal.
    """
    half = _student(n, level) * stdev / math.sqrt(n)
    return mean - half, mean + half


def bounded_mean_interval(*, mean: float, stdev: float, n: int, level: float = 0.95) -> tuple[float, float]:
    """Interval of a mean of values within 0..1, itself within 0..1, for n of 2 or more.

    Student's interval leaves the scale near its ends and covers far too little there. So the variance of a value is
    taken to be φ · μ · (1 - μ), as that of a quasi-binomial one (McCullagh and Nelder, "Generalized Linear Models",
    2nd edition (1989), 4.5 and 9), and Wilson's score method solved with n / φ records and Student's quantile. φ is
    estimated from the values and one more record of the largest variance that the mean allows, so that equal values
    are no certainty; on values of 0 and 1 it is 1, and the interval Wilson's. What it covers stands in
    docs/decisions/paired-statistics.md.
    """
    largest = mean * (1 - mean)
    phi = 1.0 if largest <= 0 else min(1.0, (stdev**2 * (n - 1) / largest + 1) / n)
    return _score_interval(mean, n / phi, _student(n, level))


def _student(n: int, level: float) -> float:
    from scipy.special import stdtrit  # noqa: PLC0415 - SciPy takes half a second to import, and plain counts need none

    return float(stdtrit(n - 1, (1 + level) / 2))


def _score_interval(share: float, n: float, z: float) -> tuple[float, float]:
    """Wilson's score interval of a share of n records, which need not be whole ones."""
    middle = (share * n + z**2 / 2) / (n + z**2)
    half = z / (n + z**2) * math.sqrt(n * share * (1 - share) + z**2 / 4)
    # At the ends the score interval reaches 0 or 1 exactly, which rounding would miss.
    return 0.0 if share <= 0 else max(0.0, middle - half), 1.0 if share >= 1 else min(1.0, middle + half)


def share_interval(hits: int, n: int, *, level: float = 0.95) -> tuple[float, float]:
    """Interval of a share of n ≥ 1 records, within 0..1, by Wilson's score method.

    Source: Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927).
    """
    return _score_interval(hits / n, n, NORMAL_95 if level == 0.95 else NormalDist().inv_cdf((1 + level) / 2))
