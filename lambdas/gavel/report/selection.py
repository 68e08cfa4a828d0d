"""Which records a report shows one by one, where it cannot show all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from gavel.metrics import Direction, direction_of
from gavel.statistics.pairs import levels_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from gavel.statistics.pairs import Levels
    from gavel.statistics.score_table import Column, ScoreTable

MOST_RECORDS: Final = 10_000
_SPREAD: Final = np.uint64(0x9E3779B97F4A7C15)  # 2**64 / the golden ratio: neighbours end far apart
_UNASKED, _MISSING = 0, 1  # levels below those of values, see `levels_of`

type Marks = npt.NDArray[np.bool_]


def select_records(
    table: ScoreTable,
    *,
    generators: Sequence[str],
    partners: Mapping[str, str] | None = None,
    directions: Mapping[str, Direction] | None = None,
    flagged: Sequence[int] = (),
    most: int = MOST_RECORDS,
    among: npt.NDArray[np.int64] | None = None,
) -> list[int]:
    """The numbers of at most so many records, ascending; all of them where they are no more.

    First the flagged ones, then those that got worse than their counterpart in the baseline on some metric, then those
    on which generators differ, then those with a missing score, then the others, each kind spread over the whole
    dataset by a hash of the number. `partners` as in `report.data.Baseline`. With `among` only records of
    those numbers.
    """
    expected, missing, differing, worse = (np.zeros(table.size, dtype=bool) for _ in range(4))
    for judge, metric in sorted(table.keys):
        column = table.column(judge, metric)
        own = {name: _levels(column, name, table.size) for name in generators if name in column.codes}
        for levels in own.values():
            expected |= levels > _UNASKED
            missing |= levels == _MISSING
        _differ(list(own.values()), differing)
        lower_wins = ((directions or {}).get(metric) or direction_of(metric)) is Direction.LOWER
        for name, partner in (partners or {}).items():
            # Labels have no order, so none is worse than another.
            if not column.scale().labels and name in own and partner in column.codes:
                worse |= _got_worse(own[name], _levels(column, partner, table.size), lower_wins=lower_wins)
    numbers = np.flatnonzero(expected)
    if among is not None:
        numbers = np.intersect1d(numbers, among)
    if len(numbers) <= most:
        return [int(number) for number in numbers]
    kinds = [np.isin(numbers, flagged), worse[numbers], differing[numbers], missing[numbers]]
    kind = np.select(kinds, range(len(kinds)), default=len(kinds))
    order = np.lexsort((numbers.astype(np.uint64) * _SPREAD, kind))
    return sorted(int(number) for number in numbers[order[:most]])


def _levels(column: Column, generator: str, size: int) -> Levels:
    return levels_of(column.aligned(generator, size), column.scale())


def _differ(levels: Sequence[Levels], differing: Marks) -> None:
    """Mark the records on which two generators got different scores."""
    for place, one in enumerate(levels):
        for other in levels[place + 1 :]:
            differing |= (one > _MISSING) & (other > _MISSING) & (one != other)


def _got_worse(own: Levels, before: Levels, *, lower_wins: bool) -> Marks:
    both = (own > _MISSING) & (before > _MISSING)
    return both & ((own > before) if lower_wins else (own < before))
