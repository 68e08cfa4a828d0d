"""State FailEvaluation."""

from __future__ import annotations

from typing import Any

from gavel.aws import clients
from gavel.aws.fail_evaluation import fail_evaluation
from gavel.names.deployed import Variable
from handlers.end_metrics import count_end
from handlers.entrance import Door, Event, now, step

door = Door(
    Variable.BUCKET,
    Variable.TABLE,
    Variable.EVENT_BUS,
    Variable.TOPIC_ARN,
    Variable.REGION,
    first=(clients.bedrock, clients.events, clients.sns),
)


@step
def handler(event: Event) -> dict[str, Any]:
    """`{evaluation_id, error}` → `{evaluation_id, status}`."""
    head = fail_evaluation(
        event["evaluation_id"],
        error=event["error"],
        settings=door.settings,
        table=door.table,
        now=now(),
        count=count_end(door.settings),
    )
    return {"evaluation_id": head["evaluation_id"], "status": head["status"]}
