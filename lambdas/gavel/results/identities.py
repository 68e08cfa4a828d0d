"""Which record of one evaluation is which of another: by what they say, as everywhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from gavel.results.matching import identity_of
from gavel.results.parquet import database, no_pattern

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import numpy.typing as npt

    type Numbers = npt.NDArray[np.int64]
    type Hashes = npt.NDArray[np.uint64]

_FETCH: Final = 2048
_BYTES: Final = 16  # of SHA-256: two of a million records share them with a chance of 1e-27


def record_identities(paths: Sequence[Path]) -> dict[int, bytes]:
    """The identity of every record in score files, by its number; 16 bytes and no text are kept of each."""
    found: dict[int, bytes] = {}
    if not paths:
        return found
    with database().cursor() as connection:
        # The texts of an answer stand in the first of its rows.
        connection.execute(
            "SELECT record, prompt, reference, category FROM read_parquet($files) WHERE prompt IS NOT NULL",
            {"files": [no_pattern(path) for path in paths]},
        )
        while rows := connection.fetchmany(_FETCH):
            for record, prompt, reference, category in rows:
                if record not in found:
                    found[record] = identity_of(prompt, reference, category)[:_BYTES]
    return found


class RecordIdentities:
    """The identities of an evaluation's records by shard: 24 bytes of each, and no text."""

    def __init__(self) -> None:
        """Start without records."""
        self._shards: dict[int, tuple[Numbers, Hashes]] = {}

    def has(self, shard: int, records: Numbers) -> bool:
        """Whether all of these records of a shard are known."""
        known = self._shards.get(shard)
        return known is not None and bool(np.isin(records, known[0]).all())

    def add(self, shard: int, found: Mapping[int, bytes]) -> None:
        """Take in records of a shard: 16 bytes by number. What is known already stays."""
        none: tuple[Numbers, Hashes] = (np.zeros(0, np.int64), np.zeros((0, 2), np.uint64))
        numbers, hashes = self._shards.get(shard, none)
        known = set(numbers.tolist())
        fresh = {number: identity for number, identity in found.items() if number not in known}
        of_fresh = np.frombuffer(b"".join(fresh.values()), dtype=np.uint64).reshape(-1, 2)
        self._shards[shard] = (
            np.concatenate([numbers, np.array(list(fresh), dtype=np.int64)]),
            np.concatenate([hashes, of_fresh]),
        )

    def columns(self) -> tuple[Numbers, Hashes]:
        """Numbers of all records, and two halves of a hash for each."""
        numbers = [shard[0] for shard in self._shards.values()]
        hashes = [shard[1] for shard in self._shards.values()]
        return np.concatenate([np.zeros(0, np.int64), *numbers]), np.concatenate([np.zeros((0, 2), np.uint64), *hashes])


@dataclass(frozen=True)
class RecordPairs:
    """Records of two evaluations that are the same: their numbers in the one and in the other, which ascend."""

    own: Numbers
    other: Numbers

    def __len__(self) -> int:
        """How many."""
        return len(self.own)

    def own_of(self, other: Numbers) -> tuple[npt.NDArray[np.bool_], Numbers]:
        """Which of these records of the other side have a counterpart, and the numbers of those that have one."""
        if not len(self):
            return np.zeros(len(other), dtype=np.bool_), self.own
        places = np.searchsorted(self.other, other).clip(max=len(self) - 1)
        found = self.other[places] == other
        return found, self.own[places[found]]


NO_PAIRS: Final = RecordPairs(np.zeros(0, np.int64), np.zeros(0, np.int64))


def counterpart_records(own: RecordIdentities, other: RecordIdentities) -> RecordPairs:
    """The records that both sides have.

    The k-th record of an identity, by number, belongs to the k-th one of the other side.
    """
    sides = [_ranked(*side.columns()) for side in (own, other)]
    numbers, hashes, rank = (np.concatenate(columns) for columns in zip(*sides, strict=True))
    side = np.repeat([0, 1], [len(sides[0][0]), len(sides[1][0])])
    order = np.lexsort((side, rank, hashes[:, 1], hashes[:, 0]))
    hashes, rank = hashes[order], rank[order]
    # On each side an identity and rank are there once, so two that are alike are one of each, the own one first.
    alike = np.flatnonzero((hashes[1:] == hashes[:-1]).all(axis=1) & (rank[1:] == rank[:-1]))
    pairs = numbers[order[alike]], numbers[order[alike + 1]]
    ascending = np.argsort(pairs[1])
    return RecordPairs(pairs[0][ascending], pairs[1][ascending])


def _ranked(numbers: Numbers, hashes: Hashes) -> tuple[Numbers, Hashes, Numbers]:
    """The records by identity and number, and how many of the same identity go before each."""
    order = np.lexsort((numbers, hashes[:, 1], hashes[:, 0]))
    numbers, hashes = numbers[order], hashes[order]
    first = np.flatnonzero(np.append(True, (hashes[1:] != hashes[:-1]).any(axis=1)))[: len(numbers)]
    begins = np.repeat(first, np.diff(np.append(first, len(numbers))))
    return numbers, hashes, np.arange(len(numbers)) - begins
