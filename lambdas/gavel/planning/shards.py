"""Reads the records of a shard back, with their numbers in the dataset."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from gavel.planning.plan import SHARD_RECORDS
from gavel.results.matching import ShardRecord

if TYPE_CHECKING:
    from collections.abc import Iterator


def shard_records(data: bytes, *, shard: int) -> Iterator[ShardRecord]:
    """The records of shard number `shard` (from 0); record numbers count from 1 over the whole dataset.

    Every shard but the last one is full, so a record's number follows from its place.
    """
    for place, line in enumerate(data.removesuffix(b"\n").split(b"\n")):
        record = json.loads(line)
        answers = record.get("modelResponses")
        yield ShardRecord(
            number=shard * SHARD_RECORDS + place + 1,
            prompt=record["prompt"],
            reference=record.get("referenceResponse"),
            category=record.get("category"),
            response=answers[0]["response"] if answers else None,
        )
