"""The scores that tell how far judges can be trusted: those of a sample of records, which is enough for that."""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING, Final

import numpy as np

from gavel.results.parquet import connect, no_pattern
from gavel.statistics.score_table import MISSING

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    import numpy.typing as npt

    from gavel.statistics.judge_report import Key, Scores
    from gavel.statistics.score_table import ScoreTable

MOST_RECORDS: Final = 2000
_SPREAD: Final = np.uint64(
    0x9E3779B97F4A7C15
)  # 2**64 / the golden ratio (Knuth, TAOCP 3, 6.4): neighbours end far apart


def sampled_records(
    table: ScoreTable,
    *,
    generators: Collection[str],
    most: int = MOST_RECORDS,
    among: npt.NDArray[np.int64] | None = None,
) -> list[int]:
    """Numbers of at most so many records that some judge scored for these generators, spread over all of them.

    With `among` only records of those numbers.
    """
    scored = np.zeros(table.size, dtype=bool)
    for judge, metric in table.keys:
        column = table.column(judge, metric)
        for generator in column.codes.keys() & set(generators):
            scored |= column.aligned(generator, table.size) > MISSING
    numbers = np.flatnonzero(scored)
    if among is not None:
        numbers = np.intersect1d(numbers, among)
    if len(numbers) > most:
        numbers = numbers[np.argsort(numbers.astype(np.uint64) * _SPREAD, kind="stable")[:most]]
    return sorted(numbers.tolist())


def scores_of(table: ScoreTable, records: Sequence[int], *, generators: Collection[str]) -> Scores:
    """The scores of these records by metric and judge; what is missing is left out."""
    found: Scores = {}
    for judge, metric in sorted(table.keys):
        column = table.column(judge, metric)
        values = list(column.values)
        for generator in sorted(column.codes.keys() & set(generators)):
            codes = column.aligned(generator, table.size)[records].tolist()
            by_judge = found.setdefault(metric, {}).setdefault(judge, {})
            by_judge.update(
                {
                    (str(record), generator): values[code]
                    for record, code in zip(records, codes, strict=True)
                    if code > MISSING
                }
            )
    return {
        metric: kept
        for metric, by_judge in found.items()
        if (kept := {judge: scores for judge, scores in by_judge.items() if scores})
    }


def answer_lengths(paths: Sequence[Path], records: Sequence[int]) -> dict[Key, int]:
    """The length of each answer to these records, in characters."""
    if not paths or not records:
        return {}
    with tempfile.TemporaryDirectory(prefix="gavel-") as folder, connect(folder) as connection:
        connection.read_parquet([no_pattern(path) for path in paths]).create_view("scores")
        rows = connection.execute(
            """SELECT record, generator, max(length(response)) FROM scores
            WHERE response IS NOT NULL AND record IN (SELECT unnest($records)) GROUP BY ALL""",
            {"records": list(records)},
        ).fetchall()
    return {(str(record), generator): length for record, generator, length in rows}
