"""What becomes of a run of a schedule: it starts, or it is skipped, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from gavel.schedules.schedule import Overlap


class Run(StrEnum):
    """How a run of a schedule went."""

    STARTED = "started"
    OVERLAPPED = "skipped: overlap"
    MISSED = "skipped: missed"
    REFUSED = "refused"


@dataclass(frozen=True)
class Ruling:
    """What a run comes to, and why in one sentence (empty when it starts)."""

    run: Run
    reason: str = ""


def rule(*, scheduled_at: str, now: str, start_within_minutes: int, overlap: Overlap, going_on: str | None) -> Ruling:
    """Whether a run starts; times as ISO 8601, `going_on` is an evaluation of the suite that has not ended, or None.

    A run that is too late is missed, whatever goes on: what the late start would measure belongs to the next run.
    """
    late = datetime.fromisoformat(now) - datetime.fromisoformat(scheduled_at)
    if late > timedelta(minutes=start_within_minutes):
        minutes = int(late.total_seconds() // 60)
        return Ruling(Run.MISSED, f"it came {minutes} minutes late, and {start_within_minutes} are allowed")
    if going_on is not None and overlap is Overlap.SKIP:
        return Ruling(Run.OVERLAPPED, f"evaluation {going_on} has not ended yet")
    return Ruling(Run.STARTED)
