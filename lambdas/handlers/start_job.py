"""State StartJob."""

from __future__ import annotations

from typing import Any

from gavel.aws import clients
from gavel.aws.start_job import start_job
from gavel.names.deployed import Variable
from handlers.entrance import Door, Event, now, step

door = Door(
    Variable.BUCKET,
    Variable.TABLE,
    Variable.BEDROCK_ROLE_ARN,
    Variable.MAX_CONCURRENT_JOBS,
    Variable.MAX_JOBS_PER_JUDGE,
    first=(clients.s3, clients.bedrock),
)


@step
def handler(event: Event) -> dict[str, Any]:
    """`{evaluation_id, job, task_token}` → `{status}`. The token brings it, once the job has ended."""
    return start_job(
        event["evaluation_id"],
        event["job"],
        settings=door.settings,
        bucket=door.bucket,
        table=door.table,
        now=now(),
        token=event.get("task_token"),
    )
