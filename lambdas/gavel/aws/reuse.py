"""Finished jobs by what they did: their raw output may be read again instead of being paid for again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from gavel.aws import clients
from gavel.aws.failures import translated
from gavel.names import table_keys

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gavel.aws.storage import Bucket
    from gavel.aws.table import EvaluationTable


@dataclass(frozen=True)
class FinishedJob:
    """A job whose scores were collected; `outputs` are the keys of its result files, all below `raw_output`."""

    evaluation_id: str
    job_id: str
    raw_output: str
    outputs: Sequence[str]


def remember(table: EvaluationTable, content_hash: str, job: FinishedJob) -> None:
    """Record that this job did the work of that hash; the latest one is found."""
    with translated():
        clients.table(table.name).update_item(
            Key=_key(content_hash),
            UpdateExpression="SET evaluation_id = :evaluation, job_id = :job, raw_output = :below, outputs = :outputs",
            ExpressionAttributeValues={
                ":evaluation": job.evaluation_id,
                ":job": job.job_id,
                ":below": job.raw_output,
                ":outputs": list(job.outputs),
            },
        )


def find(table: EvaluationTable, bucket: Bucket, content_hash: str, *, besides: str) -> FinishedJob | None:
    """A job of another evaluation than `besides` that did that work and whose result files are all still in S3."""
    with translated():
        answer = clients.table(table.name).get_item(Key=_key(content_hash), ConsistentRead=True)
    item = cast("Mapping[str, Any] | None", answer.get("Item"))
    if item is None or item["evaluation_id"] == besides:
        return None
    job = FinishedJob(item["evaluation_id"], item["job_id"], item["raw_output"], tuple(item["outputs"]))
    return job if set(job.outputs) <= set(bucket.keys(job.raw_output)) else None


def _key(content_hash: str) -> dict[str, str]:
    return {
        table_keys.PARTITION_KEY: table_keys.reuse_partition(content_hash),
        table_keys.SORT_KEY: table_keys.REUSE_SORT,
    }
