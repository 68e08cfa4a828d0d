"""How small a difference a comparison could have seen, and how many records would be enough."""

from __future__ import annotations

import math
from typing import Final

POWER: Final = 0.8
_MOST_RECORDS: Final = 10_000_000


def detectable_difference(*, stdev: float, n: int, alpha: float) -> float:
    """The smallest true mean difference that a paired two-sided t-test at `alpha` finds in 80 of 100 samples of n ≥ 2.

    `stdev` is that of the paired differences. The noncentrality at which the test's power is 0.8, times the standard
    error; the other tail's share is left out, which is below 1e-5. Source: Cohen, "Statistical Power Analysis for the
    Behavioral Sciences" (2nd edition, 1988), 2.3.
    """
    return _noncentrality(n, alpha) * stdev / math.sqrt(n)


def more_records(*, difference: float, stdev: float, n: int, alpha: float) -> int | None:
    """About how many records to add so that a true difference of this size is found in 80 of 100 samples.

    Rounded up to two digits. None when nothing short of ten million records would do, as for a difference of zero.
    """
    if difference == 0 or detectable_difference(stdev=stdev, n=_MOST_RECORDS, alpha=alpha) > abs(difference):
        return None
    low, high = n, _MOST_RECORDS
    while low < high:
        middle = (low + high) // 2
        if detectable_difference(stdev=stdev, n=middle, alpha=alpha) > abs(difference):
            low = middle + 1
        else:
            high = middle
    return _two_digits(low - n)


def _noncentrality(n: int, alpha: float) -> float:
    from scipy.special import nctdtrinc, ndtri, stdtrit  # noqa: PLC0415 - SciPy takes long to import

    # Beyond a thousand records the t distributions are normal to three digits, and the inverse gets slow.
    if n > 1000:
        return float(ndtri(1 - alpha / 2) + ndtri(POWER))
    return float(nctdtrinc(n - 1, 1 - POWER, stdtrit(n - 1, 1 - alpha / 2)))


def _two_digits(number: int) -> int:
    step = int(10 ** max(0, len(str(number)) - 2))
    return -(-number // step) * step
