"""State PlanEvaluation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gavel.aws import clients
from gavel.aws.plan_evaluation import plan_evaluation
from gavel.names.deployed import Variable
from gavel.problems import EvaluationRefusedError, EvaluationStoppedError, WayError
from handlers.entrance import Door, Event, now, step

if TYPE_CHECKING:
    from collections.abc import Mapping

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
_WAYS: Final[Mapping[str, type[WayError]]] = {
    "REFUSED": EvaluationRefusedError,
    "STOPPED": EvaluationStoppedError,
}


@step
def handler(event: Event) -> dict[str, Any]:
    """`{evaluation_id, way_by_error}` → `{evaluation_id, outcome, jobs, rounds, map_results}`."""
    planned = plan_evaluation(
        event["evaluation_id"],
        bucket=door.bucket,
        table=door.table,
        now=now(),
        limits=door.settings.slot_limits,
        reach=door.settings.reach,
        max_dataset_bytes=door.settings.dataset_limit,
        ceiling=door.settings.ceiling,
    )
    # An execution that began before the machine asked for it looks at the outcome itself.
    if event.get("way_by_error") and planned["outcome"] in _WAYS:
        raise _WAYS[planned["outcome"]](f"{planned['outcome']}; the head says why")
    return planned
