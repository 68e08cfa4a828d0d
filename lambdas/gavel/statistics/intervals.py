"""Intervals of means and of shares."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Final

NORMAL_95: Final = 1.959963984540054


def mean_interval(*, mean: float, stdev: float, n: int, level: float = 0.95) -> tuple[float, float]:
    """Interval of a mean: mean ± t((1 + level) / 2, n - 1) · stdev / √n, for n of 2 or more.

    Source: Student's t-interval (NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.5.2). It is not cut at the ends
    of the metric's scale, and it is a point when all values are equal.
    """
    from scipy.special import stdtrit  # noqa: PLC0415 - SciPy takes half a second to import, and plain counts need none

    half = float(stdtrit(n - 1, (1 + level) / 2)) * stdev / math.sqrt(n)
    return mean - half, mean + half


def share_interval(hits: int, n: int, *, level: float = 0.95) -> tuple[float, float]:
    """Interval of a share of n ≥ 1 records, within 0..1, by Wilson's score method.

    Source: Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927).
    """
    z = NORMAL_95 if level == 0.95 else NormalDist().inv_cdf((1 + level) / 2)
    z2 = z**2
    middle = (hits + z2 / 2) / (n + z2)
    half = z / (n + z2) * math.sqrt(hits * (n - hits) / n + z2 / 4)
    # At the ends the score interval reaches 0 or 1 exactly, which rounding would miss.
    return 0.0 if hits == 0 else middle - half, 1.0 if hits == n else middle + half
