"""Chooses the records to evaluate, in one pass over a dataset of unknown length.

Every record has a priority, a hash of the sample's seed and of the record's number, and those with the lowest ones are
taken: a random sample without replacement ("bottom-k"; Cohen and Kaplan, "Summarizing data using bottom-k sketches").
It depends on nothing but seed and numbers, and a larger sample of the same seed holds the smaller one. A stratified
sample does the same inside each category; how many each gets is settled when their sizes are known.
"""

from __future__ import annotations

import hashlib
from array import array
from itertools import accumulate
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np

from gavel.planning.allocation import allocate
from gavel.planning.sharding import CategoryCodes, Selection
from gavel.suites.sample import SampleMethod

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from gavel.suites.sample import Sample

# Candidates held at once take 32 bytes each; only a stratified sample of millions from many categories gets here.
MAX_CANDIDATES: Final = 10_000_000
_HIGHEST: Final = (1 << 64) - 1
_SLACK: Final = 1024


class Chooser(Protocol):
    """Decides record by record which of them to keep, and at the end which to evaluate."""

    overfull: bool

    def wants(self, number: int, category: int) -> bool:
        """Whether this record may be evaluated in the end and has to be kept until then."""

    def keep(self, number: int, category: int, offset: int, length: int) -> None:
        """Take note of where a wanted record is kept."""

    def keep_all(self, numbers: range, categories: Sequence[int], offset: int, lengths: Sequence[int]) -> bool:
        """Take note of records of these lengths that are kept from `offset` on.

        False when nothing was noted, and the records have to be offered one by one.
        """

    def selection(self, categories: CategoryCodes) -> Selection:
        """The records to evaluate. Raises AllocationError when the sample cannot be what was asked for."""


class WholeDataset:
    """Keeps every record up to `limit`, then none at all: `overfull` says that there were more. Ten bytes a record."""

    def __init__(self, limit: int) -> None:
        """Start without records."""
        self._limit = limit
        self._places = array("Q", [0])  # where each record begins, and at last where the next one would
        self._categories = array("H")
        self.overfull = False

    def wants(self, number: int, category: int) -> bool:  # noqa: ARG002 - the protocol's
        """Whether there is still room; records have to be offered from number 1 on, without a gap."""
        self.overfull = self.overfull or number > self._limit
        return not self.overfull

    def keep(self, number: int, category: int, offset: int, length: int) -> None:  # noqa: ARG002 - the protocol's
        """Take note of the next record, which begins where the last one ends."""
        self._places.append(offset + length)
        self._categories.append(category)

    def keep_all(self, numbers: range, categories: Sequence[int], offset: int, lengths: Sequence[int]) -> bool:
        """Take note of the next records, where there is room for all."""
        if numbers.stop - 1 > self._limit:
            return False
        self._places[-1:] = array("Q", accumulate(lengths, initial=offset))
        self._categories.extend(categories)
        return True

    def selection(self, categories: CategoryCodes) -> Selection:  # noqa: ARG002 - the protocol's
        """All records."""
        places = np.frombuffer(self._places, dtype=np.int64)
        return Selection(
            numbers=np.arange(1, len(places), dtype=np.uint32),
            offsets=places[:-1],
            lengths=np.subtract(places[1:], places[:-1], dtype=np.uint32, casting="unsafe"),
            categories=np.frombuffer(self._categories, dtype=np.uint16),
        )


class Sampler:
    """Keeps the candidates for a sample; how many does not depend on the dataset's length."""

    def __init__(self, sample: Sample, *, max_candidates: int = MAX_CANDIDATES) -> None:
        """Start without candidates."""
        self._sample = sample
        self._stratified = sample.method is SampleMethod.STRATIFIED
        self._seed = sample.seed.to_bytes(8, "big")
        self._strata: dict[int, _Lowest] = {}
        self._room = max_candidates
        self._priority = 0
        self.overfull = False

    def wants(self, number: int, category: int) -> bool:
        """Whether the record is among the lowest so far of its stratum."""
        if self.overfull:
            return False
        self._priority = priority(self._seed, number)
        return self._priority <= self._stratum(category).bound

    def keep(self, number: int, category: int, offset: int, length: int) -> None:
        """Take note of the record that was just wanted."""
        stratum = self._stratum(category)
        before = len(stratum)
        stratum.add(self._priority, number, offset, length, category)
        self._room += before - len(stratum)
        self.overfull = self._room < 0

    def keep_all(
        self,
        numbers: range,  # noqa: ARG002 - the protocol's
        categories: Sequence[int],  # noqa: ARG002
        offset: int,  # noqa: ARG002
        lengths: Sequence[int],  # noqa: ARG002
    ) -> bool:
        """False: few records are wanted."""
        return False

    def selection(self, categories: CategoryCodes) -> Selection:
        """The sample in the dataset's order. Raises AllocationError when the minimum for each category is too much."""
        counts = list(categories.records) if self._stratified else [sum(categories.records)]
        taken = allocate(self._sample, counts)
        parts = [self._strata[code].lowest(count) for code, count in enumerate(taken) if count]
        columns = [np.concatenate([part[place] for part in parts]) for place in range(4)]
        order = np.argsort(columns[0])
        return Selection(
            numbers=columns[0][order].astype(np.uint32),
            offsets=columns[1][order],
            lengths=columns[2][order].astype(np.uint32),
            categories=columns[3][order].astype(np.uint16),
        )

    def _stratum(self, category: int) -> _Lowest:
        code = category if self._stratified else 0
        stratum = self._strata.get(code)
        if stratum is None:
            stratum = self._strata[code] = _Lowest(self._sample.size)
        return stratum


def priority(seed: bytes, number: int) -> int:
    """The priority (64 bits) of the record of that number (from 1): BLAKE2b over the number, keyed with the seed."""
    return int.from_bytes(hashlib.blake2b(number.to_bytes(8, "big"), digest_size=8, key=seed).digest())


class _Lowest:
    """The records of lowest priority among all that were added; equal priorities go by number."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._columns = [array("Q") for _ in range(5)]  # priority, number, offset, length, category
        self.bound = _HIGHEST

    def __len__(self) -> int:
        return len(self._columns[0])

    def add(self, *row: int) -> None:
        for column, value in zip(self._columns, row, strict=True):
            column.append(value)
        if len(self) >= 2 * self._limit + _SLACK:
            self._cut()

    def lowest(self, count: int) -> tuple[npt.NDArray[np.int64], ...]:
        """Numbers, offsets, lengths and categories of the `count` lowest."""
        order = self._order()[:count]
        return tuple(np.frombuffer(column, dtype=np.int64)[order] for column in self._columns[1:])

    def _order(self) -> npt.NDArray[np.intp]:
        priorities, numbers = (np.frombuffer(column, dtype=np.uint64) for column in self._columns[:2])
        order: npt.NDArray[np.intp] = np.lexsort((numbers, priorities))
        return order

    def _cut(self) -> None:
        order = self._order()[: self._limit]
        self.bound = self._columns[0][int(order[-1])]
        self._columns = [
            array("Q", np.frombuffer(column, dtype=np.uint64)[order].tobytes()) for column in self._columns
        ]
