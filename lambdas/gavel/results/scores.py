"""Scores: one row per record, generator, judge and metric, missing ones included."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from gavel.results.matching import Matching, ShardRecord
    from gavel.results.rows import ResultRow

NO_ROW = "the result file has no row for this record"
NO_ANSWER = "there is no answer to score: the lead judge's job brought none for this record"
NO_ENTRY = "the row has no score for this metric"


@dataclass(frozen=True)
class ScoreRow:
    """One metric's result for one record's answer from one judge.

    Exactly one of three holds: `value` is a number, `label` is a text, or `missing` is true and `reason` says why.
    `record` is the number of the record in its dataset. `prompt`, `reference` and `response` are None where there is
    none.
    """

    record: int
    category: str | None
    generator: str
    judge: str
    metric: str
    value: float | None = None
    label: str | None = None
    missing: bool = False
    reason: str = ""
    explanation: str = ""
    response: str | None = None
    stop_reason: str | None = None
    prompt: str | None = None
    reference: str | None = None


def score_rows(
    records: Sequence[ShardRecord],
    matching: Matching,
    *,
    generator: str,
    judges: Mapping[str, str],
    unanswered: Collection[int] = (),
) -> Iterator[ScoreRow]:
    """Every score that a job owes for its shard: a row per record and metric, in the records' order.

    `judges` are the metrics that the job was asked for, each with the name of who scores it, whatever ids the rows
    carry; other metrics are left out. `unanswered` are records that the job was not given, as there was no answer to
    score.
    """
    rows = dict(matching.rows)
    for record in records:
        row = rows.get(record.number)
        for metric, judge in judges.items():
            score = _score(record, row, generator=generator, judge=judge, metric=metric)
            yield replace(score, reason=NO_ANSWER) if record.number in unanswered else score


def _score(record: ShardRecord, row: ResultRow | None, *, generator: str, judge: str, metric: str) -> ScoreRow:
    found = [score for score in row.scores if score.metric == metric] if row else []
    result = next((score for score in found if score.value is not None), found[0] if found else None)
    value = result.value if result else None
    return ScoreRow(
        record=record.number,
        category=record.category or None,
        generator=generator,
        judge=judge,
        metric=metric,
        value=None if isinstance(value, str) else value,
        label=value if isinstance(value, str) else None,
        missing=value is None,
        reason=result.why_missing if result else NO_ENTRY if row else NO_ROW,
        explanation=result.explanation if result else "",
        response=row.response if row else None,
        stop_reason=row.stop_reason if row else None,
        prompt=record.prompt,
        reference=record.reference,
    )
