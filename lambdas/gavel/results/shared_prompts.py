"""Pairs the rows of several result files whose jobs answered the same prompts."""

from __future__ import annotations

from collections import Counter, defaultdict
from functools import cache
from typing import TYPE_CHECKING

from gavel.results.matching import identity_of
from gavel.results.row_scores import UNKNOWN
from gavel.statistics.comparison import Comparison, compare
from gavel.statistics.score_table import ScoreTable

if TYPE_CHECKING:
    from gavel.results.rows import ResultRow


class SharedPrompts:
    """Knows records by what they say, and compares the models and files that have some in common.

    Files of one model that share no record are shards of one job and count as one generator; files of one model that do
    share records are runs to compare, and get their file's name. Holds a hash per record and a code per score.
    """

    def __init__(self) -> None:
        """Start without rows."""
        self._table = ScoreTable()
        self._numbers: dict[tuple[bytes, int], int] = {}
        self._occurrences: dict[str, Counter[bytes]] = defaultdict(Counter)
        self._groups: dict[str, tuple[str, str]] = {}

    def add(self, row: ResultRow, *, file: str, model: str) -> None:
        """Take in a row of a file."""
        group = f"{model}\0{file}"
        self._groups[group] = (model, file)
        identity = identity_of(row.prompt, row.reference, row.category)
        occurrence = self._occurrences[group][identity]
        self._occurrences[group][identity] += 1
        record = self._numbers.setdefault((identity, occurrence), len(self._numbers))
        for score in row.scores:
            self._table.add(
                record=record,
                category=row.category,
                generator=group,
                judge=score.judge,
                metric=score.metric,
                value=score.value,
            )

    def comparisons(self) -> list[Comparison]:
        """Comparisons of all generators that have records in common; call it once, at the end."""
        names = self._names()
        self._table.rename(names)
        order = list(dict.fromkeys(names.values()))
        overlap = cache(self._table.overlap)
        return compare(self._table, generators=order, wanted=lambda judge, a, b: judge != UNKNOWN and overlap(a, b))

    def _names(self) -> dict[str, str]:
        files: dict[str, list[str]] = defaultdict(list)
        for group, (model, _) in self._groups.items():
            files[model].append(group)
        names = {}
        for group, (model, file) in self._groups.items():
            runs = any(other != group and self._table.overlap(group, other) for other in files[model])
            names[group] = f"{model} ({file})" if runs else model
        return names
