"""PublishVerdict: moves the evaluation to its end and tells the account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gavel.aws.announce import announce
from gavel.names import EvaluationStatus

if TYPE_CHECKING:
    from gavel.aws.settings import Settings
    from gavel.aws.table import EvaluationTable

STATUS_OF_OUTCOME: Final = {"SCORED": EvaluationStatus.COMPLETED, "REFUSED": EvaluationStatus.REFUSED}


def publish_verdict(
    evaluation: str, *, outcome: str, settings: Settings, table: EvaluationTable, now: str
) -> dict[str, Any]:
    """End an evaluation that was scored or refused, and publish its event; the answer is the final head."""
    table.advance(evaluation, STATUS_OF_OUTCOME[outcome], now=now)
    head = table.head(evaluation)
    if head is None:
        raise LookupError(f"evaluation {evaluation} has no head in the table")
    announce(head, bucket=settings.bucket, event_bus=settings.event_bus)
    return head
