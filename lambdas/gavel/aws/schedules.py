"""Schedules: EventBridge Scheduler keeps the time, the table what was asked for and how the last run went."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from gavel.aws import clients
from gavel.aws.failures import code_of, message_of, translated
from gavel.aws.schedule_items import Item, ScheduleItems
from gavel.problems import InvalidInputError, Problem, Problems, TryLaterError
from gavel.schedules.schedule import Overlap, Schedule, check_expression, rate_interval

if TYPE_CHECKING:
    from gavel.aws.settings import Settings
    from gavel.aws.table import EvaluationTable

# Words that Scheduler puts its own values in place of ("Adding context attributes in EventBridge Scheduler").
_SCHEDULED_TIME: Final = "<aws.scheduler.scheduled-time>"
_RETRIES: Final = 10


def put(schedule: Schedule, *, settings: Settings, table: EvaluationTable, now: str) -> None:
    """Create a suite's schedule or put it in place of the one that is there; the same again changes nothing.

    Raises InvalidInputError for an expression or a time zone that Scheduler does not take.
    """
    check_expression(schedule.expression)
    interval = rate_interval(schedule.expression)
    if interval and read(schedule.suite, table) == schedule:
        return  # written again, a rate would count from now
    request: dict[str, Any] = {
        "GroupName": settings.schedule_group,
        "Name": schedule.suite,
        "ScheduleExpression": schedule.expression,
        "ScheduleExpressionTimezone": schedule.timezone,
        "State": "ENABLED" if schedule.enabled else "DISABLED",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        # Without a start a rate begins at once (EventBridge Scheduler user guide, "Rate-based schedules").
        **({"StartDate": datetime.fromisoformat(now) + interval} if interval else {}),
        "Target": {
            "Arn": settings.schedule_target_arn,
            "RoleArn": settings.schedule_role_arn,
            "Input": json.dumps({"suite": schedule.suite, "scheduled_at": _SCHEDULED_TIME}),
            "DeadLetterConfig": {"Arn": settings.dead_letters_arn},
            "RetryPolicy": {
                "MaximumEventAgeInSeconds": schedule.start_within_minutes * 60,
                "MaximumRetryAttempts": _RETRIES,
            },
        },
    }
    try:
        with translated():
            try:
                clients.scheduler().create_schedule(**request)
            except ClientError as error:
                if code_of(error) != "ConflictException":
                    raise
                clients.scheduler().update_schedule(**request)
    except ClientError as error:
        if code_of(error) == "ConflictException":  # another caller is at it this moment
            raise TryLaterError(f"UpdateSchedule: {code_of(error)}") from error
        if code_of(error) != "ValidationException" or "role" in message_of(error).lower():
            raise
        problems = Problems()
        reason = "is an expression or a time zone that EventBridge Scheduler does not take"
        problems.add(Problem("schedule", None, "expression", reason, "check both, such as Europe/Berlin"))
        raise InvalidInputError(problems) from error
    # Only now: the table shows no schedule that nobody keeps. Whoever dies in between has not answered, and is asked
    # again; a run that comes before finds no schedule, and starts nothing.
    ScheduleItems(table.name).put(schedule.suite, {**schedule.to_json(), "updated_at": now})


def view(suite: str, table: EvaluationTable) -> dict[str, Any] | None:
    """A suite's schedule with its last run; None when it has none."""
    item = ScheduleItems(table.name).get(suite)
    return None if item is None else _shown(item)


def all_schedules(table: EvaluationTable) -> list[dict[str, Any]]:
    """The schedules of all suites, by name."""
    return [_shown(item) for item in ScheduleItems(table.name).all()]


def delete(suite: str, *, settings: Settings, table: EvaluationTable) -> bool:
    """Delete a suite's schedule; False when it has none."""
    known = ScheduleItems(table.name).get(suite) is not None
    try:
        with translated():
            clients.scheduler().delete_schedule(GroupName=settings.schedule_group, Name=suite)
    except ClientError as error:
        if code_of(error) != "ResourceNotFoundException":
            raise
    ScheduleItems(table.name).delete(suite)
    return known


def read(suite: str, table: EvaluationTable) -> Schedule | None:
    """A suite's schedule; None when it has none."""
    item = ScheduleItems(table.name).get(suite)
    if item is None:
        return None
    known = {name: item[name] for name in Schedule.__dataclass_fields__ if name in item}
    return Schedule(**{**known, "overlap": Overlap(item["overlap"])})


def _shown(item: Item) -> dict[str, Any]:
    return {**item, "last_run": item.get("last_run")}
