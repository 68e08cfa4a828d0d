"""Shards in the bucket: a dataset for Bedrock each, and beside it the numbers of its records."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gavel.names.object_keys import record_numbers_key
from gavel.planning.shards import number_lines, shard_records
from gavel.problems import UnusableResultsError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gavel.aws.storage import Bucket
    from gavel.results.matching import ShardRecord

_JSONL = "application/x-ndjson"


def write_shard(bucket: Bucket, key: str, lines: bytes, numbers: Sequence[int]) -> None:
    """Write the JSON Lines of a shard, and the number of each of its records."""
    bucket.put(record_numbers_key(key), number_lines(list(numbers)), content_type="application/json")
    bucket.put(key, lines, content_type=_JSONL)


def read_shard(bucket: Bucket, key: str) -> list[ShardRecord] | None:
    """The records of a shard, or None when it is not there."""
    lines, numbers = bucket.read(key), bucket.read(record_numbers_key(key))
    return None if lines is None or numbers is None else list(shard_records(lines, numbers))


def kept_shard(bucket: Bucket, key: str) -> list[ShardRecord]:
    """The records of a shard that a job of this evaluation was started with; raises UnusableResultsError if gone."""
    records = read_shard(bucket, key)
    if records is None:
        raise UnusableResultsError(f"the shard {key} is gone")
    return records
