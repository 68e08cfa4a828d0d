"""Shares a sample out among categories, in whole numbers and without rounding errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gavel.suites.sample import Allocation, SampleMethod

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gavel.suites.sample import Sample


class AllocationError(ValueError):
    """A sample that these categories do not allow; `reason` and `remedy` say why and what to do."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(f"{reason}; {remedy}")
        self.reason = reason
        self.remedy = remedy


def allocate(sample: Sample, counts: Sequence[int]) -> list[int]:
    """How many records to take of each category, given how many each has (for a random sample: of all as one).

    They add up to `sample.size`, or to all records where there are no more. Proportional shares are rounded by largest
    remainders, equal ones differ by at most one unless a category has too few; in both, every category gets its minimum
    or all it has. Raises AllocationError when the minimums alone are more than the sample.
    """
    size = min(sample.size, sum(counts))
    stratified = sample.method is SampleMethod.STRATIFIED
    floors = [min(sample.minimum_per_category if stratified else 0, count) for count in counts]
    if sum(floors) > size:
        raise AllocationError(
            f"{sample.minimum_per_category:,} records of each of {len(counts):,} categories are {sum(floors):,}, and "
            f"the sample has {sample.size:,}",
            f"raise sample.size to {sum(floors)} or more, or lower sample.minimum_per_category",
        )
    weights = [1] * len(counts) if stratified and sample.allocation is Allocation.EQUAL else list(counts)
    return _share(size, weights=weights, floors=floors, ceilings=list(counts))


def _share(size: int, *, weights: list[int], floors: list[int], ceilings: list[int]) -> list[int]:
    """Shares by weight within bounds: who is out of bounds is set to the bound, and the others share the rest."""
    taken = [0] * len(weights)
    free = {place for place, weight in enumerate(weights) if weight}
    while free:
        total = sum(weights[place] for place in free)
        below = [place for place in free if size * weights[place] < floors[place] * total]
        above = [place for place in free if size * weights[place] > ceilings[place] * total]
        # One side at a time: a bound that is given on one side may bring the other side back into its bounds. The side
        # that moves more goes first, as then no later round can push it over its bound again.
        excess = sum(floors[place] * total - size * weights[place] for place in below)
        missing = sum(size * weights[place] - ceilings[place] * total for place in above)
        fixed, bounds = (below, floors) if excess > missing else (above, ceilings)
        if not fixed:
            break
        for place in fixed:
            taken[place] = bounds[place]
            size -= bounds[place]
        free.difference_update(fixed)
    if free:
        total = sum(weights[place] for place in free)
        for place in free:
            taken[place] = size * weights[place] // total
        remainders = sorted(free, key=lambda place: (-(size * weights[place] % total), place))
        for place in remainders[: size - sum(taken[place] for place in free)]:
            taken[place] += 1
    return taken
