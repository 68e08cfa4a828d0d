"""What the API and the command line show of a suite, and how a baseline is set by hand."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from gavel.aws.suite_history import BaselineItem, SetBy, SuiteHistory
from gavel.names import WITH_RESULTS
from gavel.problems import GavelError

if TYPE_CHECKING:
    from gavel.aws.table import EvaluationTable


class NoBaselineError(GavelError):
    """An evaluation that cannot be its suite's baseline."""


def view_suite(suite: str, *, table: EvaluationTable, limit: int) -> dict[str, Any]:
    """The suite's last evaluations, the newest first, with their figures, and its baseline (None where it has none)."""
    history = SuiteHistory(table, suite)
    baseline = history.baseline()
    return {
        "suite": suite,
        "baseline": None if baseline is None else baseline.to_json(),
        "evaluations": [
            {
                **entry.to_json(),
                "status": entry.status,
                "figures": [asdict(figure) for figure in entry.figures],
            }
            for entry in reversed(history.latest(limit=limit))
        ],
    }


def set_baseline(suite: str, evaluation: str, *, table: EvaluationTable, now: str) -> BaselineItem:
    """Make an evaluation the suite's baseline, which it stays until another is set or it is cleared.

    Raises NoBaselineError with the reason when it is none of the suite's, or has no scores.
    """
    head = table.head(evaluation)
    if head is None or head["suite"] != suite:
        raise NoBaselineError(f"the suite {suite} has no evaluation {evaluation}")
    if head["status"] not in WITH_RESULTS or not head.get("coverage"):
        raise NoBaselineError(f"{evaluation} is {head['status']} and has no scores to compare with")
    baseline = BaselineItem(evaluation, head["created_at"], SetBy.HAND, now)
    SuiteHistory(table, suite).set_baseline(baseline)
    return baseline


def clear_baseline(suite: str, *, table: EvaluationTable) -> None:
    """Have no baseline until the next evaluation passes."""
    SuiteHistory(table, suite).clear_baseline()
