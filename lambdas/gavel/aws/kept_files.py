"""The score files of an evaluation that stay on the Lambda's disk: all of them, or as many as there is room for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

# An evaluation and its baseline may take so much each, and DuckDB needs room beside them (`infra/handler_table.py`).
KEPT_BYTES: Final = 3 * 1024**3
_SPREAD: Final = 0x9E3779B97F4A7C15  # 2**64 / the golden ratio (Knuth, TAOCP 3, 6.4): neighbours end far apart


class KeptFiles:
    """Files by shard. Where there are more than `most_bytes`, all those of some shards are deleted again.

    Each shard has the same share of every category, and a run of its records (`gavel.planning.sharding`); those that go
    are told by a hash of the shard's number. So what is kept is spread over the dataset, and which records it holds
    does not depend on the order in which files come.
    """

    def __init__(self, most_bytes: int = KEPT_BYTES) -> None:
        """Start without files."""
        self._most = most_bytes
        self._files: dict[int, list[Path]] = {}
        self._records: dict[int, npt.NDArray[np.int64]] = {}
        self._bytes = 0
        # The lowest rank of a shard of which nothing is kept; None where everything is.
        self._end: int | None = None

    def take(self, shard: int, path: Path, records: npt.NDArray[np.int64]) -> None:
        """Keep a file, with the numbers of its records; or delete it, or others that go before it."""
        if not self.holds(shard):
            path.unlink()
            return
        self._files.setdefault(shard, []).append(path)
        self._records[shard] = np.union1d(self._records.get(shard, records), records)
        self._bytes += path.stat().st_size
        while self._bytes > self._most and len(self._files) > 1:
            last = max(self._files, key=_rank)
            self._end = _rank(last)
            del self._records[last]
            for dropped in self._files.pop(last):
                self._bytes -= dropped.stat().st_size
                dropped.unlink()

    def holds(self, shard: int) -> bool:
        """Whether the files of that shard are kept, as far as is known yet."""
        return self._end is None or _rank(shard) < self._end

    @property
    def files(self) -> list[Path]:
        """The files that are there, by shard."""
        return [path for shard in sorted(self._files) for path in self._files[shard]]

    @property
    def whole(self) -> bool:
        """Whether every file is there."""
        return self._end is None

    @property
    def records(self) -> npt.NDArray[np.int64]:
        """The numbers of the records that the files hold, ascending."""
        return np.unique(np.concatenate([*self._records.values(), np.array([], dtype=np.int64)]))


def _rank(shard: int) -> int:
    """Where a shard stands among those that are kept: the highest goes first."""
    return shard * _SPREAD % 2**64
