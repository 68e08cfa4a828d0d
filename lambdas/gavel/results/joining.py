"""Scores of several generators side by side: records are joined by what they say, never by where they stand."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gavel.results.matching import identity_of
from gavel.results.row_scores import UNKNOWN
from gavel.statistics.score_table import ScoreTable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gavel.results.rows import ResultRow

type ScoreKey = tuple[str, str]  # judge, metric
type Value = float | str | None


@dataclass(frozen=True)
class AnswerTexts:
    """The texts around the scores of an answer; `reasons` has for a score its explanation, or why it is missing."""

    prompt: str | None
    reference: str | None
    response: str | None
    stop_reason: str | None
    reasons: Mapping[ScoreKey, str]

    def reason(self, judge: str, metric: str) -> str:
        """The reason of a score, whose row may have left out the judge's name."""
        return self.reasons.get((judge, metric)) or self.reasons.get((UNKNOWN, metric), "")


@dataclass(frozen=True)
class ScoredRecord:
    """The scores of one generator's answer to one record.

    `identity` says which record it is, and `rank` orders records of equal identity without regard to their place in a
    file. `length` is that of the answer in characters, `number` the record's in its dataset, as far as they are known.
    """

    identity: bytes
    rank: bytes
    category: str | None
    keys: tuple[ScoreKey, ...]
    values: tuple[Value, ...]
    length: int | None = None
    number: int | None = None
    texts: AnswerTexts | None = None


def scored_row(row: ResultRow, *, texts: bool = False) -> ScoredRecord:
    """A row of a result file, with its texts where they are wanted.

    Rows of equal identity are ordered by a hash of their answer, then of their scores.
    """
    keys = tuple((score.judge, score.metric) for score in row.scores)
    values = tuple(score.value for score in row.scores)
    told = repr((row.response, sorted(zip(keys, map(repr, values), strict=True))))
    return ScoredRecord(
        identity=identity_of(row.prompt, row.reference, row.category),
        rank=hashlib.sha256((row.response or "").encode()).digest()[:8] + hashlib.sha256(told.encode()).digest()[:8],
        category=row.category,
        keys=keys,
        values=values,
        length=None if row.response is None else len(row.response),
        texts=_texts(row) if texts else None,
    )


def _texts(row: ResultRow) -> AnswerTexts:
    reasons = {(score.judge, score.metric): score.explanation or score.why_missing for score in row.scores}
    return AnswerTexts(row.prompt, row.reference, row.response, row.stop_reason, reasons)


class JoinedScores:
    """Takes in the records of each generator in any order, and makes one table of them; holds no text of a record.

    The k-th record of an identity and a generator, by rank, belongs to the k-th one of every other generator. A judge
    and metric that some record of a generator has a score of is expected in all of its records.
    """

    def __init__(self) -> None:
        """Start without records."""
        self._records: defaultdict[str, list[ScoredRecord]] = defaultdict(list)
        self._known: dict[tuple[ScoreKey, ...], tuple[ScoreKey, ...]] = {}

    def add(self, generator: str, record: ScoredRecord) -> None:
        """Take in a record."""
        self._records[generator].append(replace(record, keys=self._known.setdefault(record.keys, record.keys)))

    @property
    def generators(self) -> list[str]:
        """Names of all generators in ascending order."""
        return sorted(self._records)

    def answers(self) -> Iterator[tuple[str, int, ScoredRecord, dict[ScoreKey, Value]]]:
        """Every generator's answer with the number that all generators' answers to this record have, and its scores."""
        numbers: dict[tuple[bytes, int], int] = {}
        for generator in self.generators:
            judges, seen = self._judges(generator), Counter[bytes]()
            for record in sorted(self._records[generator], key=lambda one: (one.identity, one.rank)):
                number = numbers.setdefault((record.identity, seen[record.identity]), len(numbers))
                seen[record.identity] += 1
                scored = zip(record.keys, record.values, strict=True)
                scores = {judges[key]: value for key, value in scored if key in judges}
                yield generator, number, record, scores

    def expected(self, generator: str) -> list[ScoreKey]:
        """Every judge and metric that each record of a generator should have a score of."""
        return sorted(set(self._judges(generator).values()))

    def table(self) -> ScoreTable:
        """All scores by record."""
        table = ScoreTable()
        expected = {generator: self.expected(generator) for generator in self.generators}
        for generator, number, record, scores in self.answers():
            for judge, metric in expected[generator]:
                table.add(
                    record=number,
                    category=record.category,
                    generator=generator,
                    judge=judge,
                    metric=metric,
                    value=scores.get((judge, metric)),
                )
        return table

    def _judges(self, generator: str) -> Mapping[ScoreKey, ScoreKey]:
        """Each judge and metric with the judge settled: one that is not named is the only one that is, if there is one.

        A metric that no score names a judge for was judged by whoever judged the rest. Where several judges of a metric
        are named, those that are not have no place of their own as long as they gave no score: each named one lacks it.
        """
        keys = {key for record in self._records[generator] for key in record.keys}
        everywhere = {judge for judge, _ in keys} - {UNKNOWN}
        settled = {}
        for judge, metric in keys:
            of_metric = {other for other, of in keys if of == metric} - {UNKNOWN}
            named = of_metric or everywhere
            if judge == UNKNOWN and len(of_metric) > 1 and not self._has_score(generator, (judge, metric)):
                continue
            settled[judge, metric] = (next(iter(named)) if judge == UNKNOWN and len(named) == 1 else judge, metric)
        return settled

    def _has_score(self, generator: str, key: ScoreKey) -> bool:
        return any(
            value is not None and one == key
            for record in self._records[generator]
            for one, value in zip(record.keys, record.values, strict=True)
        )
