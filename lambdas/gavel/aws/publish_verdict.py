"""PublishVerdict: moves the evaluation to its end and tells the account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gavel.aws.end_evaluation import end_evaluation, uncounted
from gavel.names.statuses import EvaluationStatus

if TYPE_CHECKING:
    from collections.abc import Callable

    from gavel.aws.end_evaluation import End
    from gavel.aws.settings import Settings
    from gavel.aws.table import EvaluationTable

STATUS_OF_OUTCOME: Final = {
    "SCORED": EvaluationStatus.COMPLETED,
    "REFUSED": EvaluationStatus.REFUSED,
    "STOPPED": EvaluationStatus.STOPPED,
}


def publish_verdict(
    evaluation: str,
    *,
    outcome: str,
    settings: Settings,
    table: EvaluationTable,
    now: str,
    count: Callable[[End], None] = uncounted,
) -> dict[str, Any]:
    """End an evaluation that was scored, refused or stopped, and announce it; the answer is the final head."""
    status = STATUS_OF_OUTCOME[outcome]
    return end_evaluation(evaluation, status, settings=settings, table=table, now=now, count=count)
