"""A suite's schedule says that it is time."""

from __future__ import annotations

from typing import Any, Final

from gavel.aws import clients
from gavel.aws.start_scheduled import start_scheduled
from gavel.names.deployed import Variable
from handlers.entrance import Door, Event, logger, now, step

_TOLD: Final = ("suite", "scheduled_at", "run", "evaluation_id")

door = Door(Variable.BUCKET, Variable.TABLE, Variable.STATE_MACHINE_ARN, first=(clients.s3, clients.step_functions))


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
    # Why a run was refused names its dataset: that stands in the schedule's `last_run`.
    logger.info("scheduled run", **{name: run[name] for name in _TOLD if name in run})
    return run
