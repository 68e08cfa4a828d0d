"""Every change of a status, from the table's own stream: none goes back, and an end is the only one."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from gavel.names import table_keys
from gavel.names.statuses import EvaluationStatus, JobStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tests.twin.faults.stage import Stage

type Image = dict[str, dict[str, Any]]

_STATUSES = frozenset({*EvaluationStatus, *JobStatus})


def records(stage: Stage) -> Iterator[dict[str, Any]]:
    """All that the stream holds, in its order."""
    streams = stage.aws("dynamodbstreams")
    for stream in streams.list_streams(TableName=stage.outputs["TableName"])["Streams"]:
        arn = stream["StreamArn"]
        for shard in streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]:
            position = streams.get_shard_iterator(
                StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
            )["ShardIterator"]
            while position:
                page = streams.get_records(ShardIterator=position, Limit=1000)
                if not page["Records"]:
                    break
                yield from page["Records"]
                position = page.get("NextShardIterator")


def regressions(changes: Iterable[dict[str, Any]]) -> dict[str, list[str]]:
    """Sentences about statuses that went back or ends that were changed, by evaluation."""
    found: dict[str, list[str]] = defaultdict(list)
    for change in changes:
        images = change["dynamodb"]
        before, after = images.get("OldImage", {}), images.get("NewImage", {})
        old, new = _text(before, "status"), _text(after, "status")
        partition = images["Keys"][table_keys.PARTITION_KEY]["S"]
        if (
            old not in _STATUSES
            or "rank" not in before
            or not partition.startswith(table_keys.evaluation_partition(""))
        ):
            continue
        ranks = _rank(before), _rank(after)
        if ranks[1] < ranks[0] or (ranks[0] == EvaluationStatus.COMPLETED.rank and new != old):
            what = images["Keys"][table_keys.SORT_KEY]["S"]
            found[partition.removeprefix(table_keys.evaluation_partition(""))].append(
                f"{what} went from {old} to {new}"
            )
    return found


def _text(image: Image, name: str) -> str:
    return str(image.get(name, {}).get("S", ""))


def _rank(image: Image) -> int:
    return int(image.get("rank", {}).get("N", -1))
