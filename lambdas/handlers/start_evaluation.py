"""An upload below `datasets/` starts an evaluation."""

from __future__ import annotations

from typing import Any

from gavel.aws import clients
from gavel.aws.start_evaluation import UPLOAD, Start, start_evaluation
from gavel.names.deployed import Variable
from gavel.names.object_keys import suite_of_dataset_key
from handlers.entrance import Door, Event, logger, now, step

door = Door(Variable.BUCKET, Variable.TABLE, Variable.STATE_MACHINE_ARN, first=(clients.s3, clients.step_functions))


@step
def handler(event: Event) -> dict[str, Any]:
    """Answer an EventBridge event `Object Created` of S3 with the evaluation it means."""
    item = event["detail"]["object"]
    key = item["key"]
    start = Start(
        dataset_key=key,
        dataset_version=item.get("version-id", "null"),
        suite=suite_of_dataset_key(key),
        started_by=UPLOAD,
    )
    started = start_evaluation(start, settings=door.settings, bucket=door.bucket, table=door.table, now=now())
    logger.info("evaluation started", started=started.evaluation_id, new=started.created)
    return {"evaluation_id": started.evaluation_id, "created": started.created}
