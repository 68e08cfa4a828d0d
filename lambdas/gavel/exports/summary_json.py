"""The figures of an evaluation as JSON; `docs/schemas/summary-v1.schema.json` is its published schema."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gavel.gates.decision import Decision

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gavel.report.data import Baseline
    from gavel.statistics.comparison import Comparison
    from gavel.statistics.summary import MetricSummary

SCHEMA_VERSION: Final = 1
_NO_GATES: Final = Decision()


def summary_document(
    *,
    evaluation: Mapping[str, Any],
    summaries: Sequence[MetricSummary],
    comparisons: Sequence[Comparison],
    decision: Decision = _NO_GATES,
    baseline: Baseline | None = None,
    judge_checks: Mapping[str, Any] | None = None,
    flagged: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The document `summary.json`: facts of the evaluation, verdict, summaries and comparisons; never NaN.

    `judge_checks` is what `judge_report.trust_report` says of the judges, and of how many `records`; `flagged` what
    `FlagCounts` says of answers that speak to their judge.

    What `SCHEMA_VERSION` stands for only grows: a name that is there keeps its meaning, or the version changes.
    """
    return {
        "schema_version": SCHEMA_VERSION,
        "evaluation": dict(evaluation),
        "verdict": decision.to_json(),
        "summaries": [
            {**one.to_json(), "coverage": one.coverage, "interval": list(one.interval) if one.interval else None}
            for one in summaries
        ],
        "comparisons": [one.to_json() for one in comparisons],
        "baseline": None if baseline is None else _baseline(baseline),
        "judge_checks": None if judge_checks is None else dict(judge_checks),
        "flagged": None if flagged is None else dict(flagged),
    }


def _baseline(baseline: Baseline) -> dict[str, Any]:
    """The comparisons with the suite's baseline, in which `counterparts` says how this one's generators are called."""
    return {
        "evaluation_id": baseline.evaluation_id,
        "counterparts": dict(baseline.partners),
        "comparisons": [one.to_json() for one in baseline.comparisons],
        "not_compared": list(baseline.not_compared),
    }
