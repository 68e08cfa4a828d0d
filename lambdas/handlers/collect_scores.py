"""State CollectScores."""

from __future__ import annotations

from typing import Any

from gavel.aws import clients
from gavel.aws.collect_scores import collect_scores
from gavel.names.deployed import Variable
from handlers.entrance import Door, Event, now, step

door = Door(Variable.BUCKET, Variable.TABLE, first=(clients.s3,))


@step
def handler(event: Event) -> dict[str, Any]:
    """`{evaluation_id, job}` → `{status, scored, missing}`."""
    return collect_scores(event["evaluation_id"], event["job"], bucket=door.bucket, table=door.table, now=now())
