"""State PlanEvaluation."""

from __future__ import annotations

from typing import Any

from gavel.aws import clients
from gavel.aws.plan_evaluation import plan_evaluation
from gavel.names import Variable
from handlers.entrance import Door, Event, now, step

door = Door(
    Variable.BUCKET,
    Variable.TABLE,
    Variable.MAX_CONCURRENT_JOBS,
    Variable.MAX_JOBS_PER_JUDGE,
    Variable.MAX_DATASET_BYTES,
    Variable.MODEL_KINDS,
    Variable.REGION,
    Variable.ACCOUNT,
    first=(clients.s3,),
)


@step
def handler(event: Event) -> dict[str, Any]:
    """`{evaluation_id}` → `{evaluation_id, outcome, jobs, rounds, map_results}`."""
    return plan_evaluation(
        event["evaluation_id"],
        bucket=door.bucket,
        table=door.table,
        now=now(),
        limits=door.settings.slot_limits,
        reach=door.settings.reach,
        max_dataset_bytes=door.settings.dataset_limit,
        ceiling=door.settings.ceiling,
    )
