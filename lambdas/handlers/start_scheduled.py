"""A suite's schedule says that it is time."""

from __future__ import annotations

from typing import Any

from gavel.aws.start_scheduled import start_scheduled
from gavel.names import Variable
from handlers.entrance import Door, Event, logger, now, step

door = Door(Variable.BUCKET, Variable.TABLE, Variable.STATE_MACHINE_ARN)


@step
def handler(event: Event) -> dict[str, Any]:
    """`{suite, scheduled_at}` from EventBridge Scheduler → how the run went."""
    run = start_scheduled(
        event["suite"],
        event["scheduled_at"],
        settings=door.settings,
        bucket=door.bucket,
        table=door.table,
        now=now(),
    )
    logger.info("scheduled run", **run)
    return run
