"""Reads the records of a shard back, with their numbers in the dataset."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import msgspec

from gavel.results.matching import ShardRecord

if TYPE_CHECKING:
    from collections.abc import Iterator


def number_lines(numbers: list[int]) -> bytes:
    """What stands beside a shard: the number in the dataset (from 1) of each of its records, in their order."""
    return msgspec.json.encode(numbers) + b"\n"


def shard_records(data: bytes, numbers: bytes) -> Iterator[ShardRecord]:
    """The records of a shard, given its JSON Lines and what stands beside them.

    Raises ValueError when the two are of different lengths.
    """
    lines = data.removesuffix(b"\n").split(b"\n") if data else []
    for number, line in zip(json.loads(numbers), lines, strict=True):
        record = json.loads(line)
        answers = record.get("modelResponses")
        yield ShardRecord(
            number=number,
            prompt=record["prompt"],
            reference=record.get("referenceResponse"),
            category=record.get("category"),
            response=answers[0]["response"] if answers else None,
        )
