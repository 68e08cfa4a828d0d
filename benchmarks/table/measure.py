"""Runs rows: data once, then the contenders in turn, round by round, so that what else the machine does meets all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.table import fresh_process
from benchmarks.table.row import Measured, Run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from benchmarks.table.row import Row


class Data:
    """The data of all rows, each written once into a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._written: dict[tuple[str, int, int], tuple[Path, int]] = {}

    def of(self, row: Row, size: int) -> tuple[Path, int]:
        """The folder and the bytes of a row's data."""
        which = (row.prepare, size, row.seed)
        if which not in self._written:
            folder = self._folder / str(len(self._written))
            folder.mkdir()
            self._written[which] = folder, fresh_process.prepared(row.prepare, folder, size, row.seed)
        return self._written[which]


def measure(
    row: Row, data: Data, *, sizes: Sequence[int], rounds: int, tell: Callable[[str], None]
) -> Iterator[Measured]:
    """The measurements of one row; `tell` is told what is about to happen."""
    for call in row.contenders.values():
        least = min(row.quick_sizes)
        fresh_process.warm_up(call, data.of(row, least)[0], least)
    for size in sizes:
        tell(f"{row.name}: {size:,} {row.unit}" if row.unit else row.name)
        folder, size_bytes = data.of(row, size)
        runs: dict[str, list[Run]] = {name: [] for name in row.contenders}
        order = list(row.contenders.items())
        for turn in range(rounds):
            # Each round begins with another contender: none is always the one that finds the caches warm.
            for name, call in order[turn % len(order) :] + order[: turn % len(order)]:
                runs[name].append(fresh_process.measured(call, folder, size))
        for name, taken in runs.items():
            yield Measured(row.name, name, size, size_bytes, tuple(taken))
