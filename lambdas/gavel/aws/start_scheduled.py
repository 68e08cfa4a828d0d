"""Starts the evaluation of a suite whose schedule says that it is time, unless its rules say otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gavel.aws import schedules
from gavel.aws.schedule_items import ScheduleItems
from gavel.aws.start_evaluation import SCHEDULE, Start, keyed, start_evaluation
from gavel.names import identities
from gavel.schedules.rules import Ruling, Run, rule

if TYPE_CHECKING:
    from gavel.aws.settings import Settings
    from gavel.aws.storage import Bucket
    from gavel.aws.table import EvaluationTable

# Evaluations of the suite looked at for one that goes on; older ones were ended long ago.
_LOOKED_AT: Final = 20


def start_scheduled(
    suite: str, scheduled_at: str, *, settings: Settings, bucket: Bucket, table: EvaluationTable, now: str
) -> dict[str, Any]:
    """Start the run of that time; the same run any number of times is one evaluation.

    The answer says how it went, and so does the schedule's `last_run`.
    """
    schedule = schedules.read(suite, table)
    if schedule is None or not schedule.enabled:
        # Scheduler may deliver once more what was deleted or switched off meanwhile.
        return {"suite": suite, "scheduled_at": scheduled_at, "run": Run.REFUSED.value, "reason": "no schedule is on"}
    last = (ScheduleItems(table.name).get(suite) or {}).get("last_run") or {}
    if last.get("scheduled_at") == scheduled_at and last["run"] != Run.STARTED.value:
        # Ruled upon before: what was skipped stays skipped, whenever it is delivered again.
        return {"suite": suite, **last}
    key = f"{suite}/{suite}/{scheduled_at}"
    own = identities.evaluation_id(suite, *keyed(settings.bucket, key, by=SCHEDULE))
    # A run that is delivered again has been ruled upon: what it started goes on.
    ruling = Ruling(Run.STARTED)
    if table.head(own) is None:
        ruling = rule(
            scheduled_at=scheduled_at,
            now=now,
            start_within_minutes=schedule.start_within_minutes,
            overlap=schedule.overlap,
            going_on=_going_on(suite, own, table),
        )
    facts: dict[str, Any] = {"scheduled_at": scheduled_at, "at": now}
    if ruling.run is Run.STARTED:
        version = bucket.version(schedule.dataset)
        if version is None:
            ruling = Ruling(Run.REFUSED, f"there is no dataset {schedule.dataset}")
        else:
            start = Start(
                dataset_key=schedule.dataset,
                dataset_version=version,
                suite=suite,
                started_by=SCHEDULE,
                idempotency_key=key,
            )
            started = start_evaluation(start, settings=settings, bucket=bucket, table=table, now=now)
            facts["evaluation_id"] = started.evaluation_id
    facts |= {"run": ruling.run.value} | ({"reason": ruling.reason} if ruling.reason else {})
    ScheduleItems(table.name).note_run(suite, facts)
    return {"suite": suite, **facts}


def _going_on(suite: str, own: str, table: EvaluationTable) -> str | None:
    """Another evaluation of the suite that has not ended; None when there is none."""
    page = table.evaluations(limit=_LOOKED_AT, suite=suite)
    unfinished = (str(head["evaluation_id"]) for head in page.items if "ended_at" not in head)
    return next((evaluation for evaluation in unfinished if evaluation != own), None)
