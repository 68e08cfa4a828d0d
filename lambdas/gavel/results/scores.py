"""Scores: one row per record, generator, judge and metric, missing ones included."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from gavel.results.matching import Matching, ShardRecord
    from gavel.results.row_scores import MetricResult
    from gavel.results.rows import ResultRow

NO_ROW = "the result file has no row for this record"
NO_ANSWER = "there is no answer to score: the lead judge's job brought none for this record"
NO_ENTRY = "the row has no score for this metric"


class ScoreRow(msgspec.Struct, frozen=True, gc=False):
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
        found = {} if row is None else _by_metric(row)
        category = record.category or None
        response, stop_reason = (None, None) if row is None else (row.response, row.stop_reason)
        no_score = NO_ANSWER if record.number in unanswered else NO_ROW if row is None else NO_ENTRY
        for metric, judge in judges.items():
            result = found.get(metric)
            value = label = None
            reason, explanation = no_score, ""
            if result is not None:
                explanation = result.explanation
                if record.number not in unanswered:
                    reason = result.why_missing
                if isinstance(result.value, str):
                    label = result.value
                else:
                    value = result.value
            yield ScoreRow(
                record.number,
                category,
                generator,
                judge,
                metric,
                value,
                label,
                value is None and label is None,
                reason,
                explanation,
                response,
                stop_reason,
                record.prompt,
                record.reference,
            )


def _by_metric(row: ResultRow) -> dict[str, MetricResult]:
    """One score of each metric: the first that has a value, else the first."""
    found: dict[str, MetricResult] = {}
    for score in row.scores:
        earlier = found.get(score.metric)
        if earlier is None or (earlier.value is None and score.value is not None):
            found[score.metric] = score
    return found
