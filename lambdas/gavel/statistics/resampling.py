"""Resampled means from a table of value → count: each resample has as many records, drawn with replacement.

Where the values lie on a grid, as those of nearly every judge's scale do, the sum of a resample is a whole number of
steps, and its exact distribution is the n-fold convolution of the table with itself: a power of its Fourier transform.
Means are then drawn from that distribution by inverting it, one look-up a resample. Source: the characteristic function
of a sum is the product of theirs (Feller, "An Introduction to Probability Theory and Its Applications", volume 2
(1971), XV.1). Elsewhere the counts of each resample are drawn cell by cell, which is the same distribution.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

type Numbers = npt.NDArray[np.float64]
type Counts = npt.NDArray[np.int64]

_MOST_STEPS: Final = 1 << 14  # of the grid that the distribution is computed on
_REACH: Final = 12  # standard deviations to either side; beyond lies less than 1e-30 of a normal distribution
_OFF_GRID: Final = 1e-9  # as a part of a step


def resampled_means(
    values: Numbers, counts: Numbers | Counts, *, resamples: int, chance: np.random.Generator
) -> Numbers:
    """Means of `resamples` samples, each of as many records as there are, drawn with replacement from the table.

    Values are distinct and in ascending order.
    """
    total = float(counts.sum())
    n = round(total)
    grid = _grid(values)
    if grid is not None:
        share = counts / total
        expected, variance = float(grid @ share), float((grid - grid @ share) ** 2 @ share)
        steps = int(grid[-1])
        width = min(n * steps + 1, 2 * math.ceil(_REACH * math.sqrt(n * variance) + 40 * steps))
        size = 1 << math.ceil(math.log2(max(2, width)))
        if size <= _MOST_STEPS:
            lowest = max(0, math.floor(n * expected) - size // 2) if n * steps >= size else 0
            drawn = _drawn_sums(grid, share, n, size=size, lowest=lowest, uniform=chance.random(resamples))
            # The sum first: on a grid of quarters it is exact, and equal means are equal to the last bit.
            means: Numbers = (values[0] * n + drawn * ((values[-1] - values[0]) / steps)) / n
            return means
    return _drawn_cell_by_cell(values, counts, n, resamples=resamples, chance=chance)


def _grid(values: Numbers) -> Counts | None:
    """The values as whole numbers of steps from the lowest; None where they lie on no coarse grid."""
    if len(values) < 2:
        return None
    step = float(np.diff(values).min())
    places = (values - values[0]) / step
    whole = np.rint(places)
    if whole[-1] >= _MOST_STEPS or np.abs(places - whole).max() > _OFF_GRID * max(1.0, whole[-1]):
        return None
    grid: Counts = whole.astype(np.int64)
    return grid


def _drawn_sums(grid: Counts, share: Numbers, n: int, *, size: int, lowest: int, uniform: Numbers) -> Counts:
    """Sums of n steps each, by inverting their distribution at numbers that are uniform in 0..1.

    The transform tells the distribution modulo `size`; all that can happen lies in `size` numbers from `lowest` on.
    """
    table = np.bincount(grid % size, weights=share, minlength=size)
    around = np.fft.irfft(np.fft.rfft(table) ** n, size)
    chances = np.maximum(np.roll(around, -(lowest % size)), 0.0)
    below = np.cumsum(chances)
    place = np.searchsorted(below / below[-1], uniform, side="right")
    sums: Counts = lowest + np.minimum(place, size - 1)
    return sums


def _drawn_cell_by_cell(
    values: Numbers, counts: Numbers | Counts, n: int, *, resamples: int, chance: np.random.Generator
) -> Numbers:
    """Multinomial counts, each binomial given those before it, for all samples at once."""
    total = float(counts.sum())
    left = np.full(resamples, n)
    sums = np.zeros(resamples)
    for value, count in zip(values[:-1].tolist(), counts[:-1].tolist(), strict=True):
        drawn = chance.binomial(left, min(1.0, count / total))
        sums += drawn * value
        left -= drawn
        total -= count
    means: Numbers = (sums + left * values[-1]) / n
    return means
