"""Where evaluations and jobs stand, and the events that tell of ends."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class EvaluationStatus(StrEnum):
    """Where an evaluation stands. `rank` only grows, so a late writer can never move it back."""

    STARTING = "STARTING"
    RUNNING = "RUNNING"
    SUMMARIZING = "SUMMARIZING"
    COMPLETED = "COMPLETED"
    REFUSED = "REFUSED"
    FAILED = "FAILED"
    STOPPED = "STOPPED"

    @property
    def rank(self) -> int:
        """Position in the order; final statuses share the last one."""
        return {"STARTING": 0, "RUNNING": 1, "SUMMARIZING": 2}.get(self.value, 9)

    @property
    def final(self) -> bool:
        """Whether nothing follows."""
        return self.rank == 9


class JobStatus(StrEnum):
    """Where a job stands in Gavel's table (Bedrock's own status is kept beside it)."""

    STARTED = "STARTED"
    COLLECTED = "COLLECTED"
    FAILED = "FAILED"
    STOPPED = "STOPPED"

    @property
    def rank(self) -> int:
        """Position in the order; final statuses share the last one."""
        return 0 if self is JobStatus.STARTED else 9


EVENT_SOURCE: Final = "gavel"


class EventType(StrEnum):
    """Detail types of the events that Gavel publishes."""

    COMPLETED = "Evaluation Completed"
    REFUSED = "Evaluation Refused"
    FAILED = "Evaluation Failed"
    STOPPED = "Evaluation Stopped"


# Ends at which there are results, unless no job had delivered.
WITH_RESULTS: Final = frozenset({EvaluationStatus.COMPLETED, EvaluationStatus.STOPPED})

EVENT_OF_STATUS: Final = {
    EvaluationStatus.COMPLETED: EventType.COMPLETED,
    EvaluationStatus.REFUSED: EventType.REFUSED,
    EvaluationStatus.FAILED: EventType.FAILED,
    EvaluationStatus.STOPPED: EventType.STOPPED,
}
