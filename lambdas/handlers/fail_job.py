"""State FailJob."""

from __future__ import annotations

from typing import Any

from gavel.aws import clients
from gavel.aws.fail_job import fail_job
from gavel.names.deployed import Variable
from handlers.entrance import Door, Event, now, step

door = Door(Variable.TABLE, first=(clients.bedrock,))


@step
def handler(event: Event) -> dict[str, Any]:
    """`{evaluation_id, job, error}` → `{status}`."""
    return fail_job(event["evaluation_id"], event["job"], error=event["error"], table=door.table, now=now())
