"""FailEvaluation: stops what still runs on Bedrock, and ends the evaluation with a reason."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gavel.aws.end_evaluation import break_off, uncounted
from gavel.names.statuses import EvaluationStatus
from gavel.reasons import reason_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gavel.aws.end_evaluation import End
    from gavel.aws.settings import Settings
    from gavel.aws.table import EvaluationTable


def fail_evaluation(
    evaluation: str,
    *,
    error: Mapping[str, Any],
    settings: Settings,
    table: EvaluationTable,
    now: str,
    count: Callable[[End], None] = uncounted,
) -> dict[str, Any]:
    """End an evaluation as FAILED; an evaluation that had ended already keeps its end. The answer is the final head."""
    status, reason = EvaluationStatus.FAILED, reason_of(error)
    return break_off(evaluation, status, reason, settings=settings, table=table, now=now, count=count)
