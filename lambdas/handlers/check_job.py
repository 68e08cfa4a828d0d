"""State CheckJob."""

from __future__ import annotations

from typing import Any

from gavel.aws import clients
from gavel.aws.check_job import check_job
from gavel.names.deployed import Variable
from handlers.entrance import Door, Event, now, step

door = Door(Variable.TABLE, first=(clients.bedrock,))


@step
def handler(event: Event) -> dict[str, Any]:
    """`{evaluation_id, job, looks}` → `{status, job_arn, wait_seconds}`."""
    return check_job(event["evaluation_id"], event["job"], looks=event["looks"], table=door.table, now=now())
