"""SummarizeEvaluation: joins the scores of all jobs, and writes summaries, comparisons, exports and the report."""

from __future__ import annotations

import json
import math
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gavel.aws.end_evaluation import job_reasons
from gavel.aws.manifests import read_manifest
from gavel.aws.shards import read_shard
from gavel.names import (
    COMPARISON_SORT_PREFIX,
    SUMMARY_SORT_PREFIX,
    EvaluationKeys,
    EvaluationStatus,
    JobStatus,
    fingerprint,
)
from gavel.planning.plan import Job, has_panel, owed_key
from gavel.pricing.counted import sum_of
from gavel.report import ReportData, ReportHead, render_report
from gavel.report.exports import summary_csv, summary_document
from gavel.report.page import SHOWN_RECORDS
from gavel.results.parquet import ScoreColumns, read_columns, read_scores
from gavel.statistics.comparison import Comparison, compare
from gavel.statistics.score_table import ScoreTable
from gavel.statistics.summary import MetricSummary, SummaryBuilder

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from gavel.aws.storage import Bucket
    from gavel.aws.table import EvaluationTable
    from gavel.planning.manifest import Manifest
    from gavel.suites.suite import Suite


@dataclass
class _Joined:
    """Everything the figures are made from: exact counts, scores side by side, and the files that hold them."""

    counts: SummaryBuilder = field(default_factory=SummaryBuilder)
    scores: ScoreTable = field(default_factory=ScoreTable)
    files: list[Path] = field(default_factory=list)


def summarize_evaluation(evaluation: str, *, bucket: Bucket, table: EvaluationTable, now: str) -> dict[str, Any]:
    """Summarise an evaluation; the answer's `outcome` is SCORED, or NOTHING_SCORED when no job delivered a score.

    It is STOPPED, with or without scores, when a stop that was asked for kept a job from its end; a stop that came when
    every job had ended takes nothing away.

    Records of a job that did not deliver count as missing. A second run writes the same bytes: the time of the first
    one is kept in the head.
    """
    table.advance(evaluation, EvaluationStatus.SUMMARIZING, now=now, facts={"summarized_at": now})
    head = table.head(evaluation)
    if head is None:
        raise LookupError(f"evaluation {evaluation} has no head in the table")
    manifest = read_manifest(bucket, evaluation)
    ended = {job["job_id"]: job for job in table.jobs(evaluation)}
    with tempfile.TemporaryDirectory(prefix="gavel-") as folder:
        joined = _join(evaluation, manifest, ended, bucket, Path(folder))
        directions = manifest.suite.directions
        summaries = joined.counts.summaries(directions)
        covered = _coverage(summaries)
        stopped = sum(job["status"] == JobStatus.STOPPED for job in ended.values())
        reused = sum("reused_from" in job for job in ended.values())
        counted = sum_of(job["counted"] for job in ended.values() if "counted" in job)
        failed = manifest.jobs - len(joined.files) - stopped
        known = {
            "coverage": covered,
            "failed_jobs": failed,
            "reused_jobs": reused,
            "stopped_jobs": stopped,
            "counted": counted,
        }
        outcome = "SCORED" if covered else "NOTHING_SCORED"
        if stopped and "stop_requested_at" in head:
            outcome = "STOPPED"
            known["reason"] = f"stopped; {len(joined.files)} of {manifest.jobs} jobs had delivered"
        table.note(evaluation, known)
        if not covered:
            return {"evaluation_id": evaluation, "outcome": outcome}
        generators = [generator.name for generator in manifest.suite.generators]
        comparisons = compare(
            joined.scores,
            generators=generators,
            directions=directions,
            by_category=True,
            stratified=manifest.sampling.stratified,
            two_valued=[metric.name for metric in manifest.suite.custom_metrics if len(metric.scale) == 2],
        )
        document = summary_document(
            evaluation={
                **manifest.to_json(),
                "coverage": covered,
                "jobs": manifest.jobs,
                "failed_jobs": failed,
                "reused_jobs": reused,
                "counted": counted,
                "stopped_jobs": stopped,
                "job_failures": job_reasons(ended.values()),
            },
            summaries=summaries,
            comparisons=comparisons,
        )
        keys = EvaluationKeys(evaluation)
        bucket.put_json(keys.summary, document)
        bucket.put(keys.summary_csv, summary_csv(summaries).encode(), content_type="text/csv; charset=utf-8")
        report = render_report(
            ReportData(
                head=_report_head(
                    manifest, head, bucket=bucket.name, failed_jobs=failed, reused_jobs=reused, stopped_jobs=stopped
                ),
                summaries=summaries,
                comparisons=comparisons,
                scores=list(read_scores(joined.files, first=SHOWN_RECORDS)),
            )
        )
        bucket.put(keys.report, report.encode(), content_type="text/html; charset=utf-8")
        # Last, and what all categories together say: the documents above hold everything.
        _write_table(evaluation, manifest, summaries, [item for item in comparisons if item.category is None], table)
    return {"evaluation_id": evaluation, "outcome": outcome}


def _join(
    evaluation: str, manifest: Manifest, ended: Mapping[str, Mapping[str, Any]], bucket: Bucket, folder: Path
) -> _Joined:
    joined = _Joined()
    keys = EvaluationKeys(evaluation)
    for job in _plan(bucket, keys, manifest.suite):
        if ended.get(job.job_id, {}).get("status") == JobStatus.COLLECTED:
            path = folder / f"{job.job_id}.parquet"
            bucket.get_file(keys.scores(job.job_id), path)
            joined.files.append(path)
            columns = read_columns(path)
            joined.scores.add_columns(columns)
            _count(columns, joined.counts)
        else:
            _count_missing(manifest, job, bucket, joined)
    return joined


def _count(columns: ScoreColumns, counts: SummaryBuilder) -> None:
    values = (
        label if label is not None else None if math.isnan(value) else value
        for value, label in zip(columns.value.tolist(), columns.label, strict=True)
    )
    groups = Counter(zip(columns.generator, columns.judge, columns.metric, columns.category, values, strict=True))
    for (generator, judge, metric, category, value), count in groups.items():
        counts.add(model=generator, judge=judge, metric=metric, category=category, value=value, count=count)


def _coverage(summaries: Iterable[MetricSummary]) -> float:
    """Scored ÷ expected over every generator, judge and metric."""
    whole = [item for item in summaries if item.category is None]
    expected = sum(item.expected for item in whole)
    return sum(item.n for item in whole) / expected if expected else 0.0


def _count_missing(manifest: Manifest, job: Job, bucket: Bucket, joined: _Joined) -> None:
    """A job that did not deliver owes every score of its records."""
    generator = manifest.suite.generators[job.generator].name
    judges = manifest.suite.judge_names(job.judge)
    for record in read_shard(bucket, owed_key(manifest.evaluation_id, job)) or ():
        for metric, judge in judges.items():
            joined.counts.add(model=generator, judge=judge, metric=metric, category=record.category, value=None)
            joined.scores.add(
                record=record.number,
                generator=generator,
                judge=judge,
                metric=metric,
                value=None,
                category=record.category,
            )


def _plan(bucket: Bucket, keys: EvaluationKeys, suite: Suite) -> Iterator[Job]:
    for key in (keys.jobs, keys.panel_jobs) if has_panel(suite) else (keys.jobs,):
        for line in (bucket.read(key) or b"").split(b"\n"):
            if line:
                yield Job.from_json(json.loads(line))


def _write_table(
    evaluation: str,
    manifest: Manifest,
    summaries: Iterable[MetricSummary],
    comparisons: Iterable[Comparison],
    table: EvaluationTable,
) -> None:
    """Names of models and categories may be long, so the keys say places, and the items say names."""
    place = {generator.name: f"g{number}" for number, generator in enumerate(manifest.suite.generators)}
    judges = {judge.name: f"j{number}" for number, judge in enumerate(manifest.suite.all_judges)}
    table.put_results(
        evaluation,
        SUMMARY_SORT_PREFIX,
        (
            (f"{item.metric}#{judges[item.judge]}#{place[item.model]}#{_category(item.category)}", item.to_json())
            for item in summaries
        ),
    )
    table.put_results(
        evaluation,
        COMPARISON_SORT_PREFIX,
        (
            (
                f"{item.metric}#{judges[item.judge]}#{place[item.model_a]}-{place[item.model_b]}#{_category(item.category)}",
                item.to_json(),
            )
            for item in comparisons
        ),
    )


def _category(category: str | None) -> str:
    return "ALL" if category is None else fingerprint(category)[:16]


def _report_head(
    manifest: Manifest,
    head: Mapping[str, Any],
    *,
    bucket: str,
    failed_jobs: int,
    reused_jobs: int,
    stopped_jobs: int,
) -> ReportHead:
    keys = EvaluationKeys(manifest.evaluation_id)
    return ReportHead(
        evaluation_id=manifest.evaluation_id,
        suite=manifest.suite.name,
        dataset=manifest.dataset.key,
        dataset_sha256=manifest.dataset.sha256,
        records=manifest.records,
        generators=[generator.name for generator in manifest.suite.generators],
        judges=[judge.name for judge in manifest.suite.all_judges],
        metrics=manifest.suite.metrics,
        started_at=manifest.created_at,
        ended_at=head["summarized_at"],
        jobs=manifest.jobs,
        failed_jobs=failed_jobs,
        reused_jobs=reused_jobs,
        stopped_jobs=stopped_jobs,
        scores_at=f"s3://{bucket}/{keys.prefix}scores/",
        version=manifest.gavel_version,
        sampled_from=manifest.sampled_from,
        questions={metric.name: metric.description or "" for metric in manifest.suite.custom_metrics},
    )
