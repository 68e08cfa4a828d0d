"""Pairs the rows of several result files whose jobs answered the same prompts."""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from typing import TYPE_CHECKING

from gavel.results.joining import JoinedScores, scored_row
from gavel.results.row_scores import UNKNOWN
from gavel.statistics.comparison import Comparison, compare

if TYPE_CHECKING:
    from gavel.results.rows import ResultRow
    from gavel.statistics.score_table import ScoreTable


class SharedPrompts:
    """Knows records by what they say, and compares the models and files that have some in common.

    Files of one model that share no record are shards of one job and count as one generator; files of one model that do
    share records are runs to compare, and get their file's name. Holds hashes and scores of a record and no text.
    """

    def __init__(self) -> None:
        """Start without rows."""
        self._scores = JoinedScores()
        self._groups: dict[str, tuple[str, str]] = {}

    def add(self, row: ResultRow, *, file: str, model: str) -> None:
        """Take in a row of a file."""
        group = f"{model}\0{file}"
        self._groups[group] = (model, file)
        self._scores.add(group, scored_row(row))

    def comparisons(self) -> list[Comparison]:
        """Comparisons of all generators that have records in common; call it once, at the end."""
        table = self._scores.table()
        names = self._names(table)
        table.rename(names)
        overlap = cache(table.overlap)
        return compare(
            table,
            generators=sorted(set(names.values())),
            wanted=lambda judge, a, b: judge != UNKNOWN and overlap(a, b),
        )

    def _names(self, table: ScoreTable) -> dict[str, str]:
        files: dict[str, list[str]] = defaultdict(list)
        for group, (model, _) in self._groups.items():
            files[model].append(group)
        names = {}
        for group, (model, file) in self._groups.items():
            runs = any(other != group and table.overlap(group, other) for other in files[model])
            names[group] = f"{model} ({file})" if runs else model
        return names
