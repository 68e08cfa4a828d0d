"""Two generators side by side: how many records have which pair of values.

Scores are paired by record number, so a score that one of the two lacks drops that record from the pair and never
shifts the others. All that is said of a pair is computed from this table, which looks at every record once.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from gavel.statistics.scale import Scale, merged
from gavel.statistics.score_table import MISSING, NOT_EXPECTED

if TYPE_CHECKING:
    import numpy.typing as npt

type Numbers = npt.NDArray[np.float64]
type Counts = npt.NDArray[np.int64]
type Levels = npt.NDArray[np.integer]

_SMALL_TABLE: Final = 1 << 18
_SPECIAL: Final = -NOT_EXPECTED  # MISSING and NOT_EXPECTED stand before the levels


@dataclass(frozen=True)
class Pairs:
    """Distinct pairs of levels in ascending order with their counts.

    `missing_a` and `missing_b` count records without a score of a and of b; a record without either counts in both, and
    once in `missing`. A record that neither was asked for counts nowhere.
    """

    scale: Scale
    level_a: Levels
    level_b: Levels
    counts: Counts
    missing_a: int
    missing_b: int
    missing: int

    @property
    def n(self) -> int:
        """Records with a score of both."""
        return int(self.counts.sum())

    @cached_property
    def labelled(self) -> bool:
        """Whether some score is a label, which has no order."""
        return bool(max(self.level_a.max(initial=-1), self.level_b.max(initial=-1)) >= len(self.scale.numbers))

    @property
    def same(self) -> int:
        """Records on which both have the same value or label."""
        return int(self.counts[self.level_a == self.level_b].sum())

    @property
    def a(self) -> Numbers:
        """Values of a in each cell; only without labels."""
        return self.scale.numbers[self.level_a]

    @property
    def b(self) -> Numbers:
        """Values of b in each cell; only without labels."""
        return self.scale.numbers[self.level_b]

    @cached_property
    def differences(self) -> tuple[Numbers, Counts]:
        """Distinct values of a minus b in ascending order, with their counts; only without labels."""
        gaps = self.a - self.b
        place, values = merged(gaps)
        # The one that stands for no difference is exactly that.
        if len(zero := place[self.level_a == self.level_b]):
            values[zero[0]] = 0.0
        return values, np.bincount(place, weights=self.counts).astype(np.int64)


def levels_of(codes: npt.NDArray[np.int32], scale: Scale) -> Levels:
    """The level of each code, shifted so that NOT_EXPECTED is 0 and MISSING is 1, in as few bytes as they need."""
    table = np.concatenate([[NOT_EXPECTED, MISSING], scale.level_of]) + _SPECIAL
    levels: Levels = table.astype(np.min_scalar_type(len(scale) + _SPECIAL))[codes + _SPECIAL]
    return levels


def count_pairs(
    a: Levels, b: Levels, scale: Scale, groups: Levels | None = None, group_count: int = 1
) -> tuple[Pairs, list[Pairs]]:
    """The table of all records, and that of each group: `groups` numbers the group of each record from 0.

    `a` and `b` come from `levels_of`. Without groups all records are one.
    """
    width = len(scale) + _SPECIAL
    # Small numbers are multiplied many at once.
    small = np.min_scalar_type(width**2)
    keys = a.astype(small) * small.type(width) + b.astype(small)
    if groups is not None:
        keys = groups * width**2 + keys
    size = group_count * width**2
    if size <= _SMALL_TABLE:
        table = np.bincount(keys, minlength=size)
        cells = np.flatnonzero(table)
        counts = table[cells]
    else:
        cells, counts = np.unique(keys.astype(np.intp), return_counts=True)
    group, pair = np.divmod(cells, width**2)
    if group_count == 1:
        whole = _pairs(pair, counts, scale)
        return whole, [whole]
    ends = np.searchsorted(group, np.arange(group_count + 1))
    parts = [_pairs(pair[low:high], counts[low:high], scale) for low, high in pairwise(ends.tolist())]
    distinct, place = np.unique(pair, return_inverse=True)
    return _pairs(distinct, np.bincount(place, weights=counts).astype(np.int64), scale), parts


def _pairs(cells: Levels, counts: Counts, scale: Scale) -> Pairs:
    level_a, level_b = np.divmod(cells, len(scale) + _SPECIAL)
    level_a, level_b = level_a - _SPECIAL, level_b - _SPECIAL
    expected = (level_a > NOT_EXPECTED) | (level_b > NOT_EXPECTED)
    lost_a, lost_b = expected & (level_a < 0), expected & (level_b < 0)
    both = expected & ~lost_a & ~lost_b
    return Pairs(
        scale=scale,
        level_a=level_a[both],
        level_b=level_b[both],
        counts=counts[both].astype(np.int64),
        missing_a=int(counts[lost_a].sum()),
        missing_b=int(counts[lost_b].sum()),
        missing=int(counts[lost_a | lost_b].sum()),
    )
