"""State PublishVerdict."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.metrics import MetricUnit

from gavel.aws.publish_verdict import publish_verdict
from gavel.names import Variable
from handlers.entrance import Door, Event, metrics, now, step

door = Door(Variable.BUCKET, Variable.TABLE, Variable.EVENT_BUS)


@metrics.log_metrics
@step
def handler(event: Event) -> dict[str, Any]:
    """`{evaluation_id, outcome}` → `{evaluation_id, status}`."""
    head = publish_verdict(
        event["evaluation_id"], outcome=event["outcome"], settings=door.settings, table=door.table, now=now()
    )
    metrics.add_metric(name=f"Evaluations{head['status'].title()}", unit=MetricUnit.Count, value=1)
    if verdict := head.get("verdict"):
        metrics.add_metric(name=f"Verdicts{verdict['outcome'].title()}", unit=MetricUnit.Count, value=1)
    return {"evaluation_id": head["evaluation_id"], "status": head["status"]}
