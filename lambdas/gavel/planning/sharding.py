"""Cuts a dataset into shards that are alike: as large as each other, and with the same share of every category.

Such shards take as long as each other, and when one of them fails no category loses more than its share. Which shard a
record is in never changes a summary: scores are joined by record number.
"""

from __future__ import annotations

from array import array
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

import numpy as np

from gavel.planning.plan import SHARD_RECORDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt

    from gavel.planning.spool import Spool

# What one Lambda holds of a shard's dataset and results at once has to stay far below its memory.
SHARD_BYTES: Final = 64 * 1024 * 1024
# Records of further categories are dealt out as one: an id for each record in place of a category helps nobody.
TOLD_APART: Final = 65_535


@dataclass(frozen=True)
class Selection:
    """The records to evaluate in the dataset's order, as columns of equal length.

    `numbers` counts the dataset's records from 1; `offsets` and `lengths` are bytes of the spool; `categories` are
    codes of `CategoryCodes`. Types are as narrow as they can be: a dataset has far fewer than 2³² records and none of
    them as many bytes, and a large plan holds these columns all the while.
    """

    numbers: npt.NDArray[np.uint32]
    offsets: npt.NDArray[np.int64]
    lengths: npt.NDArray[np.uint32]
    categories: npt.NDArray[np.uint16]

    def __len__(self) -> int:
        """How many records."""
        return len(self.numbers)


class CategoryCodes:
    """Small numbers for the names of categories, and how many records each has; records without one have a code too."""

    def __init__(self) -> None:
        """Start without categories."""
        self._codes: dict[str | None, int] = {}
        self.records = array("Q")

    def add(self, category: str | None) -> int:
        """Count a record, and answer the code of its category; TOLD_APART when there are more than that."""
        code = self._codes.get(category)
        if code is None:
            code = min(len(self.records), TOLD_APART)
            if code < TOLD_APART:
                self._codes[category] = code
            if code == len(self.records):
                self.records.append(0)
        self.records[code] += 1
        return code

    def add_all(self, categories: Sequence[str | None]) -> list[int]:
        """`add` for each of these."""
        codes = list(map(self._codes.get, categories))
        if None in codes:
            return [self.add(category) for category in categories]
        known = cast("list[int]", codes)
        for code, count in Counter(known).items():
            self.records[code] += count
        return known

    @property
    def pooled(self) -> bool:
        """Whether some categories could not be told apart."""
        return len(self.records) > TOLD_APART

    @property
    def names(self) -> list[str | None]:
        """The categories by code."""
        return list(self._codes)


@dataclass(frozen=True)
class Shard:
    """One shard: its records' numbers in ascending order, and the JSON Lines of each series."""

    index: int
    numbers: npt.NDArray[np.uint32]
    lines: dict[str, bytes]


def shard_of_each(
    selection: Selection, *, max_records: int = SHARD_RECORDS, max_bytes: int = SHARD_BYTES
) -> npt.NDArray[np.uint32]:
    """The shard (from 0) of every record, for the lowest number of shards that stay within both limits.

    Sizes of shards differ by at most one record, and so do their shares of every category. Bytes are those of the
    spool, and a single record may be larger than `max_bytes`.
    """
    count = len(selection)
    shards = -(-count // max_records)
    while True:
        dealt = _deal(selection.categories, shards)
        largest = np.bincount(dealt, weights=selection.lengths, minlength=1).max(initial=0)
        if largest <= max_bytes or shards >= count:
            return dealt
        shards = min(count, max(shards + 1, int(shards * largest / max_bytes)))


def cut(selection: Selection, shard_of: npt.NDArray[np.uint32], spool: Spool) -> Iterator[Shard]:
    """The shards one by one, each in memory only until the next is asked for."""
    order = np.argsort(shard_of, kind="stable").astype(np.uint32)
    ends = np.cumsum(np.bincount(shard_of))
    for index, end in enumerate(ends.tolist()):
        places = order[(ends[index - 1] if index else 0) : end]
        lines = spool.lines(selection.offsets[places], selection.lengths[places])
        yield Shard(index, selection.numbers[places], lines)


def _deal(categories: npt.NDArray[np.uint16], shards: int) -> npt.NDArray[np.uint32]:
    """Each category's records in their order are split into one run for each shard.

    Runs of a category differ by at most one record; the longer ones go round the shards from category to category, so
    that the shards' sizes differ by no more. Runs and not single records in turn, because a run lies together in the
    spool.
    """
    dealt = np.zeros(len(categories), dtype=np.uint32)
    order = np.argsort(categories, kind="stable")
    first = longer = 0
    for count in np.bincount(categories).tolist():
        each, rest = divmod(count, shards)
        with_more = (longer + np.arange(rest)) % shards
        if each:
            sizes = np.full(shards, each)
            sizes[with_more] += 1
            run = np.repeat(np.arange(shards, dtype=np.uint32), sizes)
        else:
            run = np.sort(with_more).astype(np.uint32)
        dealt[order[first : first + count]] = run
        first += count
        longer = (longer + rest) % shards
    return dealt
