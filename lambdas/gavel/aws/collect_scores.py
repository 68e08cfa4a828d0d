"""CollectScores: finds a finished job's output, joins it to the shard, and writes compact scores."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from gavel.aws import reuse, spending
from gavel.aws.job_end import end_job
from gavel.aws.manifests import read_manifest
from gavel.aws.panel_answers import hand_on_answers
from gavel.aws.reuse import FinishedJob
from gavel.aws.shards import kept_shard
from gavel.names.object_keys import RAW_OUTPUT_SUFFIX, RAW_OUTPUT_TAG_KEY, RAW_OUTPUT_TAG_VALUE, EvaluationKeys
from gavel.names.statuses import JobStatus
from gavel.names.table_keys import FLAGGED
from gavel.planning.plan import Job, owed_key
from gavel.planning.reuse import is_reusable
from gavel.pricing.budget import micro
from gavel.pricing.counted import JobCount
from gavel.pricing.estimate import price_of
from gavel.pricing.judge_calls import judge_calls
from gavel.problems import Problems, UnusableResultsError
from gavel.results.flags import marks_of
from gavel.results.matching import match_rows
from gavel.results.parquet import write_scores
from gavel.results.rows import ResultRow, read_results
from gavel.results.scores import score_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from gavel.aws.storage import Bucket
    from gavel.aws.table import EvaluationTable
    from gavel.planning.manifest import Manifest
    from gavel.results.matching import Matching, ShardRecord
    from gavel.suites.suite import Suite

_PARQUET: Final = "application/vnd.apache.parquet"


def collect_scores(
    evaluation: str, line: Mapping[str, Any], *, bucket: Bucket, table: EvaluationTable, now: str
) -> dict[str, Any]:
    """Collect the scores of the job on a line of the plan (`collect_job`)."""
    return collect_job(read_manifest(bucket, evaluation), Job.from_json(line), bucket=bucket, table=table, now=now)


def collect_job(manifest: Manifest, job: Job, *, bucket: Bucket, table: EvaluationTable, now: str) -> dict[str, Any]:
    """Write the scores of one job, a missing one where a row or a score is not there, and record exact counts.

    Raises UnusableResultsError when the job left no output. The output is found by listing: how Bedrock writes a
    model's ARN into a key, and whether it writes one file or several, is not documented. Two who collect at the same
    time write the same bytes to the same keys, and one of them records the end.
    """
    evaluation = manifest.evaluation_id
    known = table.job(evaluation, job.job_id)
    if known is None or "raw_output" not in known:
        raise UnusableResultsError(f"job {job.job_id} was never started")
    prefix = known["raw_output"]
    outputs = [key for key in bucket.keys(prefix) if key.endswith(RAW_OUTPUT_SUFFIX)]
    if not outputs:
        raise UnusableResultsError(f"the job has ended, but there is no *{RAW_OUTPUT_SUFFIX} below {prefix}")
    records = kept_shard(bucket, owed_key(evaluation, job))
    given = records if job.lead is None else kept_shard(bucket, job.shard_key)
    problems = Problems(limit=20)
    matching = match_rows(given, _rows(bucket, outputs, problems))
    answers = hand_on_answers(evaluation, job, manifest.suite, bucket=bucket, records=records, matching=matching)
    counts = _write(evaluation, job, manifest.suite, bucket=bucket, records=records, matching=matching, given=given)
    for key in outputs:
        bucket.tag(key, RAW_OUTPUT_TAG_KEY, RAW_OUTPUT_TAG_VALUE)
    facts: dict[str, Any] = {
        **counts,
        **answers,
        "rows": len(matching.rows),
        "missing_rows": len(matching.missing),
        "unanswered": len(records) - len(given),
        "foreign_rows": matching.foreign,
        "unreadable_rows": problems.count,
        "outputs": outputs,
        FLAGGED: marks_of((number, row.response) for number, row in matching.rows),
    }
    if "reused_from" not in known:
        _remember(known, evaluation, job, facts, table=table)
        facts["counted"] = _count(manifest, job, (row for _, row in matching.rows), table=table)
    end_job(evaluation, job.job_id, JobStatus.COLLECTED, facts, table=table, now=now)
    return {"status": "Collected", **counts}


def _remember(
    known: Mapping[str, Any], evaluation: str, job: Job, facts: Mapping[str, Any], *, table: EvaluationTable
) -> None:
    """Offer the results to later evaluations with the same work."""
    counts = ("scored", "missing", "missing_rows", "unreadable_rows")
    if is_reusable(**{name: facts[name] for name in counts}):
        finished = FinishedJob(evaluation, job.job_id, known["raw_output"], facts["outputs"])
        reuse.remember(table, known["content_hash"], finished)


def _count(manifest: Manifest, job: Job, rows: Iterable[ResultRow], *, table: EvaluationTable) -> dict[str, Any]:
    """Count what the job read and wrote, and settle its reservation with it."""
    suite = manifest.suite
    scored_by = suite.scored_in(job.judge)
    answers = suite.answers_in(generator=job.generator, judge=job.judge)
    count = JobCount(judge_calls(suite), scored_by, answers=answers)
    for row in rows:
        count.add(row)
    counted = count.to_json(
        generator=price_of(manifest.estimate, generator=job.generator, judge=None),
        judges={
            place: price_of(manifest.estimate, generator=job.generator, judge=place) for place in scored_by.values()
        },
    )
    if counted["usd"] is not None:
        spending.settle(table, manifest.evaluation_id, job.job_id, spent=micro(counted["usd"]))
    return counted


def _rows(bucket: Bucket, outputs: Sequence[str], problems: Problems) -> Iterator[ResultRow]:
    for key in outputs:
        stream = bucket.open(key)
        if stream is not None:
            yield from read_results(stream, file=key, problems=problems)


def _write(
    evaluation: str,
    job: Job,
    suite: Suite,
    *,
    bucket: Bucket,
    records: Sequence[ShardRecord],
    matching: Matching,
    given: Sequence[ShardRecord],
) -> dict[str, int]:
    answered = {record.number for record in given}
    rows = list(
        score_rows(
            records,
            matching,
            generator=suite.generators[job.generator].name,
            judges=suite.judge_names(job.judge),
            unanswered={record.number for record in records} - answered,
        )
    )
    with tempfile.TemporaryDirectory(prefix="gavel-") as folder:
        path = Path(folder) / "scores.parquet"
        write_scores(path, rows)
        bucket.put_file(EvaluationKeys(evaluation).scores(job.job_id), path, content_type=_PARQUET)
    missing = sum(row.missing for row in rows)
    return {"scored": len(rows) - missing, "missing": missing}
