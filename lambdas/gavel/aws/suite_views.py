"""What the API and the command line show of a suite, and how a baseline is set by hand."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from gavel.aws.suite_history import BaselineItem, SetBy, SuiteHistory
from gavel.names.statuses import WITH_RESULTS
from gavel.problems import GavelError

if TYPE_CHECKING:
    from gavel.aws.table import EvaluationTable


_LONGEST_ANSWER: Final = 4_000_000  # bytes; an answer of a Lambda takes 6 MB


class NoBaselineError(GavelError):
    """An evaluation that cannot be its suite's baseline."""


def view_suite(suite: str, *, table: EvaluationTable, limit: int) -> dict[str, Any]:
    """The suite's last evaluations, the newest first, with their figures, and its baseline (None where it has none).

    Fewer than `limit` where an answer of the API could not hold them.
    """
    history = SuiteHistory(table, suite)
    baseline = history.baseline()
    evaluations: list[dict[str, Any]] = []
    room = _LONGEST_ANSWER
    for entry in reversed(history.latest(limit=limit)):
        figures = [asdict(figure) for figure in entry.figures]
        shown = {**entry.to_json(), "status": entry.status, "figures": figures}
        room -= len(json.dumps(shown).encode())
        if room < 0 and evaluations:
            break
        evaluations.append(shown)
    return {
        "suite": suite,
        "baseline": None if baseline is None else baseline.to_json(),
        "evaluations": evaluations,
    }


def baseline_of(suite: str, *, table: EvaluationTable) -> dict[str, Any]:
    """The suite's baseline; null where it has none."""
    baseline = SuiteHistory(table, suite).baseline()
    return {"suite": suite, "baseline": None if baseline is None else baseline.to_json()}


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
