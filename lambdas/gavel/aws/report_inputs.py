"""What the report of an evaluation is made from, out of its manifest, its head, its figures and its files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gavel.aws.baseline_scores import BaselineScores, beside
from gavel.history.trends import trends
from gavel.names.object_keys import EvaluationKeys
from gavel.report import ReportData, ReportHead
from gavel.report.data import Baseline, Cost
from gavel.report.selection import select_records
from gavel.report.text_budget import room
from gavel.results.identities import NO_PAIRS
from gavel.results.judge_sample import answer_lengths, sampled_records, scores_of
from gavel.results.parquet import read_scores
from gavel.statistics.judge_report import trust_report

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from gavel.aws.score_files import Joined
    from gavel.gates.decision import Decision
    from gavel.history.entry import Entry
    from gavel.planning.manifest import Manifest
    from gavel.results.flags import FlagCounts
    from gavel.statistics.comparison import Comparison
    from gavel.statistics.summary import MetricSummary


@dataclass(frozen=True)
class Figures:
    """What was found in the scores; `baseline` is a sentence where there is nothing to compare with."""

    summaries: Sequence[MetricSummary]
    comparisons: Sequence[Comparison]
    baseline: BaselineScores | str
    against_baseline: Sequence[Comparison]
    decision: Decision
    flags: FlagCounts


def report_data(
    manifest: Manifest,
    head: Mapping[str, Any],
    joined: Joined,
    figures: Figures,
    *,
    bucket: str,
    entries: Sequence[Entry],
    trust: Mapping[str, Any],
) -> ReportData:
    """The report's data; `entries` are the suite's history up to this evaluation, which comes last."""
    baseline = figures.baseline
    names = [generator.name for generator in manifest.suite.generators]
    partners = baseline.counterparts.names if isinstance(baseline, BaselineScores) else {}
    at_hand = _at_hand(joined, baseline)
    files = [*joined.kept.files, *(baseline.files if isinstance(baseline, BaselineScores) else ())]
    most, longest = room(files, records=manifest.records if at_hand is None else len(at_hand))
    records = select_records(
        joined.scores,
        generators=names,
        partners=partners,
        directions=manifest.suite.directions,
        most=most,
        flagged=figures.flags.records,
        among=at_hand,
    )
    scores = read_scores(joined.kept.files, records=records)
    shown = None
    if isinstance(baseline, BaselineScores):
        found = baseline.counterparts
        not_compared = sorted({*found.unlike.values(), *found.absent.values()})
        shown = Baseline(baseline.evaluation_id, found.about, found.names, figures.against_baseline, not_compared)
        scores = beside(scores, baseline.rows(records))
    return ReportData(
        head=_report_head(manifest, head, bucket=bucket),
        summaries=figures.summaries,
        comparisons=figures.comparisons,
        scores=scores,
        decision=figures.decision,
        baseline=shown,
        trends=trends(entries),
        cost=_cost(manifest, head),
        trust=trust,
        flags=figures.flags,
        longest=longest,
        at_hand=None if at_hand is None else len(at_hand),
    )


def _at_hand(joined: Joined, baseline: BaselineScores | str) -> npt.NDArray[np.int64] | None:
    """The numbers of the records that can be shown whole, with the baseline's answers; None for all."""
    unseen = baseline.unseen if isinstance(baseline, BaselineScores) else NO_PAIRS.own
    if joined.kept.whole and not len(unseen):
        return None
    return np.setdiff1d(joined.kept.records, unseen)


def judges_trust(manifest: Manifest, joined: Joined) -> dict[str, Any]:
    """How far the judges can be trusted, told by a sample of the records (`records` of them)."""
    suite = manifest.suite
    names = [generator.name for generator in suite.generators]
    records = sampled_records(joined.scores, generators=names, among=None if joined.kept.whole else joined.kept.records)
    models = {one.name: one.model.text for one in suite.all_judges}
    models |= {one.name: one.identifier for one in suite.models}
    found = trust_report(
        scores_of(joined.scores, records, generators=names),
        lengths=answer_lengths(joined.kept.files, records),
        models=models,
    )
    return {"records": len(records), **found}


def _cost(manifest: Manifest, head: Mapping[str, Any]) -> Cost:
    estimate, counted = manifest.estimate, head["counted"]
    expected = {name: estimate.get(name, {}).get("expected") for name in ("usd", "input_tokens", "output_tokens")}
    tokens = (expected["input_tokens"], expected["output_tokens"])
    by_model: dict[str, float] = {}
    for line in estimate.get("lines", ()):
        if line["usd"]:
            by_model[line["model"]] = by_model.get(line["model"], 0.0) + line["usd"]["expected"]
    return Cost(
        expected_usd=expected["usd"],
        counted_usd=counted["usd"] if counted else None,
        expected_tokens=None if None in tokens else (round(tokens[0]), round(tokens[1])),
        counted_tokens=(counted["input_tokens"], counted["output_tokens"]) if counted else None,
        by_model=by_model,
    )


def _report_head(manifest: Manifest, head: Mapping[str, Any], *, bucket: str) -> ReportHead:
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
        failed_jobs=head["failed_jobs"],
        reused_jobs=head["reused_jobs"],
        stopped_jobs=head["stopped_jobs"],
        scores_at=f"s3://{bucket}/{keys.prefix}scores/",
        version=manifest.gavel_version,
        sampled_from=manifest.sampled_from,
        questions={metric.name: metric.description or "" for metric in manifest.suite.custom_metrics},
    )
