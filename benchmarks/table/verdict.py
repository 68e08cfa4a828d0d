"""What a row's measurements break: promises, and facts on which contenders have to agree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks.table.figures import Grid

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.table.row import Measured, Row


def held(row: Row, measured: Sequence[Measured]) -> Iterator[tuple[bool, str]]:
    """Whether each promise is kept, with a sentence; those that say nothing of the sizes that were run are left out."""
    grid = Grid(measured)
    for promise in row.promises:
        if grid.sizes[-1] >= promise.from_size and (told := promise.told(grid)):
            yield told


def disagreements(row: Row, measured: Sequence[Measured]) -> Iterator[str]:
    """A sentence for every fact that contenders, or runs of one of them, tell differently."""
    for size in dict.fromkeys(one.size for one in measured):
        for fact in row.same:
            told: dict[str, list[Any]] = {}
            for one in measured:
                if one.size == size:
                    values = [run.facts[fact] for run in one.runs if fact in run.facts]
                    told |= {one.contender: values} if values else {}
            values = [value for some in told.values() for value in some]
            if any(value != values[0] for value in values):
                shown = ", ".join(f"{who} {sorted(set(map(repr, some)))}" for who, some in told.items())
                of_size = f" of {size:,} {row.unit}" if row.unit else ""
                yield f"{fact}{of_size}: {shown}"
