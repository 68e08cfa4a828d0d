"""Whether an evaluation has come to the phase in which a kill is to meet it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gavel.names import object_keys, table_keys
from gavel.names.statuses import EvaluationStatus, JobStatus
from tests.twin.kills.plan import Phase

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.twin.kills.place import Place

_STATUSES: Final[Mapping[Phase, frozenset[str]]] = {
    Phase.PLANNED: frozenset({EvaluationStatus.RUNNING, EvaluationStatus.SUMMARIZING}),
    Phase.SUMMARIZING: frozenset({EvaluationStatus.SUMMARIZING}),
}


def reached(place: Place, phase: Phase, key: str) -> bool:
    """Whether the evaluation of a dataset is there, or has ended and will not come there any more."""
    if phase is Phase.UPLOADED:
        return True
    if phase is Phase.ASKED:
        # The emulator's own log says it at once; the answer to a question would come too late.
        return any(name.startswith(f"{object_keys.suite_of_dataset_key(key)}-") for name in place.starts())
    head = next(iter(place.heads(key)), None)
    if head is None:
        return False
    if phase in {Phase.HEADED, Phase.BEGUN} or EvaluationStatus(head["status"]).final:
        return True
    if phase in _STATUSES:
        return head["status"] in _STATUSES[phase]
    return phase not in {Phase.UNANNOUNCED, Phase.ENDED} and _of_jobs(place, phase, head["evaluation_id"])


def _of_jobs(place: Place, phase: Phase, evaluation: str) -> bool:
    partition = table_keys.evaluation_partition(evaluation)
    # Read first: a job that has money reserved by then, and no item after that, is surely not recorded yet.
    reserved = place.items(partition, table_keys.RESERVATION_SORT_PREFIX) if phase is Phase.RESERVED else []
    jobs = {item["job_id"]: item["status"] for item in place.items(partition, table_keys.JOB_SORT_PREFIX)}
    if phase is Phase.RESERVED:
        return any(item["sk"].removeprefix(table_keys.RESERVATION_SORT_PREFIX) not in jobs for item in reserved)
    return any(phase is Phase.STARTED or status == JobStatus.COLLECTED for status in jobs.values())
