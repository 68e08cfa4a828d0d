"""The figures of an evaluation as items of the table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gavel.names.identities import fingerprint
from gavel.names.table_keys import COMPARISON_SORT_PREFIX, GATE_SORT_PREFIX, SUMMARY_SORT_PREFIX

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gavel.aws.table import EvaluationTable
    from gavel.gates.decision import Decision
    from gavel.planning.manifest import Manifest
    from gavel.statistics.comparison import Comparison
    from gavel.statistics.summary import MetricSummary


def write_results(
    manifest: Manifest,
    summaries: Iterable[MetricSummary],
    comparisons: Iterable[Comparison],
    decision: Decision,
    table: EvaluationTable,
) -> None:
    """Write them; the same ones again change nothing.

    Names of models and categories may be long, so the keys say places, and the items say names.
    """
    evaluation = manifest.evaluation_id
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
    table.put_results(
        evaluation,
        GATE_SORT_PREFIX,
        ((f"{number:05d}", result.to_json()) for number, result in enumerate(decision.results)),
    )


def _category(category: str | None) -> str:
    return "ALL" if category is None else fingerprint(category)[:16]
