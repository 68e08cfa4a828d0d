"""SummarizeEvaluation: joins the scores of all jobs, decides the gates, and writes figures, exports and the report."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gavel.aws.baseline_scores import BaselineScores, join_baseline
from gavel.aws.end_evaluation import job_reasons
from gavel.aws.manifests import read_manifest
from gavel.aws.report_inputs import Figures, judges_trust, report_data
from gavel.aws.result_items import write_results
from gavel.aws.score_files import Joined, join_scores
from gavel.aws.suite_history import SetBy, SuiteHistory
from gavel.catalog import REGISTERED
from gavel.exports.junit import junit_xml
from gavel.exports.markdown import pull_request_comment
from gavel.exports.summary_csv import summary_csv
from gavel.exports.summary_json import summary_document
from gavel.gates.decide import decide
from gavel.gates.decision import Outcome
from gavel.gates.evidence import Evidence
from gavel.history.entry import Entry
from gavel.names.object_keys import EvaluationKeys
from gavel.names.statuses import EvaluationStatus, JobStatus
from gavel.pricing.counted import sum_of
from gavel.reasons import of_end
from gavel.report import render_report
from gavel.statistics.comparison import compare

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from gavel.aws.score_catalog import ScoreCatalog
    from gavel.aws.storage import Bucket
    from gavel.aws.table import EvaluationTable
    from gavel.gates.decision import Decision
    from gavel.planning.manifest import Manifest
    from gavel.report import ReportData
    from gavel.statistics.comparison import Comparison
    from gavel.statistics.summary import MetricSummary


def summarize_evaluation(
    evaluation: str, *, bucket: Bucket, table: EvaluationTable, now: str, catalog: ScoreCatalog | None = None
) -> dict[str, Any]:
    """Summarise an evaluation; the answer's `outcome` is SCORED, or NOTHING_SCORED when no job delivered a score or
    the evaluation had ended before.

    It is STOPPED, with or without scores, when a stop that was asked for kept a job from its end; a stop that came when
    every job had ended takes nothing away.

    Records of a job that did not deliver count as missing. A second run writes the same bytes: the time of the first
    one, the baseline and the history that it found are kept in the head. A catalogue that does not take the scores is
    noted there and costs nothing else.
    """
    manifest = read_manifest(bucket, evaluation)
    history = SuiteHistory(table, manifest.suite.name)
    head = _begin(manifest, history, table, now)
    if "summarized_at" not in head:
        # It ended before its first summary began: whoever comes so late has been given up, and nobody waits for it.
        return {"evaluation_id": evaluation, "outcome": "NOTHING_SCORED"}
    ended = {job["job_id"]: job for job in table.jobs(evaluation, flagged=True)}
    with tempfile.TemporaryDirectory(prefix="gavel-") as place:
        folder = Path(place)
        compares = head.get("baseline") is not None
        joined = join_scores(manifest, ended, bucket=bucket, folder=folder, identities=compares)
        summaries = joined.counts.summaries(manifest.suite.directions, manifest.suite.ratings)
        known = _job_facts(manifest, ended, joined, summaries)
        outcome = "SCORED" if known["coverage"] else "NOTHING_SCORED"
        if known["stopped_jobs"] and "stop_requested_at" in head:
            outcome = "STOPPED"
            known |= of_end(f"stopped; {joined.jobs} of {manifest.jobs} jobs had delivered")
        # Not of an evaluation that has ended meanwhile: what its end was announced with stays as it is.
        table.note_before_end(evaluation, known)
        if not known["coverage"]:
            return {"evaluation_id": evaluation, "outcome": outcome}
        baseline = _baseline(manifest, head, joined, bucket=bucket, table=table, folder=folder / "baseline")
        figures = _figures(manifest, joined, summaries, baseline, usd=(known["counted"] or {}).get("usd"))
        entry = Entry.of(manifest, summaries, verdict=_verdict(figures.decision), coverage=known["coverage"])
        earlier = history.of(head.get("history", ()))
        trust = judges_trust(manifest, joined)
        entries = [*earlier, entry]
        data = report_data(
            manifest, {**head, **known}, joined, figures, bucket=bucket.name, entries=entries, trust=trust
        )
        facts = {**known, "jobs": manifest.jobs, "job_failures": job_reasons(ended.values())}
        _write_files(manifest, facts, figures, data, bucket)
        if catalog is not None:
            unregistered = catalog.register(evaluation, suite=manifest.suite.name, bucket=bucket.name)
            table.note(evaluation, {"catalog": unregistered or REGISTERED})
        # Last, and what all categories together say: the documents above hold everything.
        whole = [one for one in figures.comparisons if one.category is None]
        write_results(manifest, summaries, whole, figures.decision, table)
        history.note(evaluation, manifest.created_at, entry.to_json())
        table.note_before_end(evaluation, _verdict_facts(figures.decision, known, head))
    return {"evaluation_id": evaluation, "outcome": outcome}


def _begin(manifest: Manifest, history: SuiteHistory, table: EvaluationTable, now: str) -> dict[str, Any]:
    """The head, in which the first run has written down what every later one is to use."""
    evaluation = manifest.evaluation_id
    candidate_for = (table.head(evaluation) or {}).get("candidate_for")
    baseline = (SuiteHistory(table, candidate_for) if candidate_for else history).baseline()
    other = None if baseline is None or baseline.evaluation_id == evaluation else baseline.evaluation_id
    earlier = history.before(evaluation, manifest.created_at)
    facts = {
        "summarized_at": now,
        "baseline": other,
        "baseline_set_by": None if other is None or baseline is None else baseline.set_by.value,
        "history": [[one.created_at, one.evaluation_id] for one in earlier if one.figures],
    }
    table.advance(evaluation, EvaluationStatus.SUMMARIZING, now=now, facts=facts)
    head = table.head(evaluation)
    if head is None:
        raise LookupError(f"evaluation {evaluation} has no head in the table")
    return head


def _job_facts(
    manifest: Manifest, ended: Mapping[str, Mapping[str, Any]], joined: Joined, summaries: Iterable[MetricSummary]
) -> dict[str, Any]:
    """How the jobs ended, and what they delivered: facts of the head."""
    stopped = sum(job["status"] == JobStatus.STOPPED for job in ended.values())
    return {
        "coverage": _coverage(summaries),
        "failed_jobs": manifest.jobs - joined.jobs - stopped,
        "reused_jobs": sum("reused_from" in job for job in ended.values()),
        "stopped_jobs": stopped,
        "counted": sum_of(job["counted"] for job in ended.values() if "counted" in job),
    }


def _coverage(summaries: Iterable[MetricSummary]) -> float:
    """Scored ÷ expected over every generator, judge and metric."""
    whole = [item for item in summaries if item.category is None]
    expected = sum(item.expected for item in whole)
    return sum(item.n for item in whole) / expected if expected else 0.0


def _baseline(
    manifest: Manifest,
    head: Mapping[str, Any],
    joined: Joined,
    *,
    bucket: Bucket,
    table: EvaluationTable,
    folder: Path,
) -> BaselineScores | str:
    baseline = head.get("baseline")
    if baseline is None:
        suite = head.get("candidate_for")
        return f"the suite {suite} has no baseline yet" if suite else "the suite has no baseline yet"
    folder.mkdir()
    return join_baseline(manifest, baseline, joined, bucket=bucket, table=table, folder=folder)


def _figures(
    manifest: Manifest,
    joined: Joined,
    summaries: Sequence[MetricSummary],
    baseline: BaselineScores | str,
    *,
    usd: float | None,
) -> Figures:
    suite = manifest.suite
    generators = [generator.name for generator in suite.generators]
    stratified = manifest.sampling.stratified
    two_valued = [metric.name for metric in suite.custom_metrics if len(metric.scale) == 2]
    partners = {} if isinstance(baseline, str) else baseline.counterparts.names

    def compared(names: Sequence[str], pairs: set[tuple[str, str]] | None = None) -> list[Comparison]:
        return compare(
            joined.scores,
            generators=names,
            directions=suite.directions,
            by_category=True,
            stratified=stratified,
            two_valued=two_valued,
            wanted=None if pairs is None else lambda _, a, b: (a, b) in pairs,
        )

    evidence = Evidence(
        generators=generators,
        judges_of={metric: suite.judges_of(metric) for metric in suite.metrics},
        directions=suite.directions,
        summaries={(one.model, one.judge, one.metric, one.category): one for one in summaries},
        scores=joined.scores,
        lost=joined.lost,
        stratified=stratified,
        usd=usd,
        ratings=suite.ratings,
        baseline=baseline if isinstance(baseline, str) else baseline.counterparts,
    )
    return Figures(
        summaries=summaries,
        comparisons=compared(generators),
        baseline=baseline,
        against_baseline=compared([*partners, *partners.values()], set(partners.items())) if partners else [],
        decision=decide(suite.gates, evidence),
        flags=joined.flags,
    )


def _write_files(
    manifest: Manifest, facts: Mapping[str, Any], figures: Figures, data: ReportData, bucket: Bucket
) -> None:
    document = summary_document(
        evaluation={**manifest.to_json(), **facts},
        summaries=figures.summaries,
        comparisons=figures.comparisons,
        decision=figures.decision,
        baseline=data.baseline,
        judge_checks=data.trust,
        flagged=figures.flags.to_json(),
    )
    keys = EvaluationKeys(manifest.evaluation_id)
    bucket.put_json(keys.summary, document)
    bucket.put(keys.summary_csv, summary_csv(figures.summaries).encode(), content_type="text/csv; charset=utf-8")
    bucket.put(keys.report, render_report(data).encode(), content_type="text/html; charset=utf-8")
    junit = junit_xml(
        figures.decision, suite=manifest.suite.name, evaluation_id=manifest.evaluation_id, at=data.head.ended_at
    )
    bucket.put(keys.junit, junit, content_type="application/xml")
    comment = pull_request_comment(data, report=f"s3://{bucket.name}/{keys.report}")
    bucket.put(keys.comment, comment.encode(), content_type="text/markdown; charset=utf-8")


def _verdict(decision: Decision) -> str | None:
    return None if decision.outcome is None else decision.outcome.value


def _verdict_facts(decision: Decision, known: Mapping[str, Any], head: Mapping[str, Any]) -> dict[str, Any]:
    """What the head says of the verdict; its sentence may quote a category, so it is no fact of an event."""
    replaceable = head.get("baseline_set_by") != SetBy.HAND
    counts = Counter(result.outcome.value for result in decision.results)
    whole = not known["failed_jobs"] and not known["stopped_jobs"]
    verdict = {
        "outcome": _verdict(decision),
        "sentence": decision.sentence,
        "counts": {outcome.value: counts[outcome.value] for outcome in Outcome},
    }
    return {
        "verdict": verdict if decision.results else None,
        "may_be_baseline": whole and "candidate_for" not in head and decision.qualifies(replaceable=replaceable),
    }
