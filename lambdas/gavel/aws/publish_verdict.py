"""PublishVerdict: moves the evaluation to its end and tells the account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gavel.aws.end_evaluation import end_evaluation
from gavel.names import EvaluationStatus

if TYPE_CHECKING:
    from gavel.aws.settings import Settings
    from gavel.aws.table import EvaluationTable

STATUS_OF_OUTCOME: Final = {
    "SCORED": EvaluationStatus.COMPLETED,
    "REFUSED": EvaluationStatus.REFUSED,
    "STOPPED": EvaluationStatus.STOPPED,
}


def publish_verdict(
    evaluation: str, *, outcome: str, settings: Settings, table: EvaluationTable, now: str
) -> dict[str, Any]:
    """End an evaluation that was scored, refused or stopped, and publish its event; the answer is the final head."""
    return end_evaluation(evaluation, STATUS_OF_OUTCOME[outcome], settings=settings, table=table, now=now)
