"""What one call checks of a dataset, and that more than that is no fault of the dataset's."""

from __future__ import annotations

import dataclasses
import gzip
import json
from typing import TYPE_CHECKING

import duckdb
import pytest

from gavel.aws import dataset_check
from gavel.aws.dataset_check import DatasetCheck, TooLargeError, check_dataset
from gavel.names import object_keys
from tests.aws.builders import record
from tests.aws.test_answer_files import SUITE

if TYPE_CHECKING:
    from pathlib import Path

    from tests.aws.conftest import Stage

MOST_HERE = 20_000


@pytest.fixture(autouse=True)
def _a_smaller_door(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dataset_check, "MOST_UNCOMPRESSED", MOST_HERE)


def put(stage: Stage, key: str, data: bytes) -> str:
    stage.bucket.put(key, data, content_type="application/octet-stream")
    version = stage.bucket.version(key)
    assert version is not None
    return version


def zipped(size: int) -> bytes:
    """JSON Lines of so many bytes at least, which take a fraction of that."""
    line = json.dumps(record(1)).encode() + b"\n"
    return gzip.compress(line * (size // len(line) + 1))


def check(stage: Stage, key: str, data: bytes, *, limit: int, suite: str = "default") -> DatasetCheck | None:
    settings = dataclasses.replace(stage.settings, max_dataset_bytes=str(limit))
    return check_dataset(key, put(stage, key, data), suite, bucket=stage.bucket, settings=settings, budget=False)


def test_a_compressed_dataset_beyond_the_door_and_within_the_deployments_limit_is_not_called_invalid(
    stage: Stage,
) -> None:
    with pytest.raises(TooLargeError, match=r"gavel validate.*start its evaluation"):
        check(stage, "datasets/default/q.jsonl.gz", zipped(2 * MOST_HERE), limit=10 * MOST_HERE)


def test_a_table_that_unpacks_beyond_the_door_is_not_called_invalid(stage: Stage, tmp_path: Path) -> None:
    with duckdb.connect() as connection:
        rows = "SELECT repeat('why? ', 100) || i AS prompt FROM range(100) AS t(i)"
        connection.execute(f"COPY ({rows}) TO '{tmp_path}/q.parquet' (FORMAT parquet)")
    data = (tmp_path / "q.parquet").read_bytes()
    assert len(data) < MOST_HERE

    with pytest.raises(TooLargeError, match="uncompressed"):
        check(stage, "datasets/default/q.parquet", data, limit=10 * MOST_HERE)


def test_a_dataset_is_not_called_invalid_when_its_suite_cannot_be_used_either(stage: Stage) -> None:
    put(stage, object_keys.suite_key("mine"), b"version: 2")

    with pytest.raises(TooLargeError):
        check(stage, "datasets/mine/q.jsonl.gz", zipped(2 * MOST_HERE), limit=10 * MOST_HERE, suite="mine")


def test_a_dataset_beyond_the_deployments_own_limit_is_refused_with_its_reason(stage: Stage) -> None:
    found = check(stage, "datasets/default/q.jsonl.gz", zipped(MOST_HERE), limit=MOST_HERE // 2)

    assert found is not None
    assert [problem.reason for problem in found.problems.listed] == [
        "is too large: it holds more than 10,000 bytes of uncompressed data"
    ]


@pytest.mark.parametrize("name", ["one.jsonl", "one.jsonl.gz"])
def test_answers_beyond_the_door_are_not_called_invalid(stage: Stage, name: str) -> None:
    put(stage, object_keys.suite_key("mine"), SUITE.replace("one.jsonl", name).encode())
    put(
        stage,
        object_keys.answers_key("mine", "two.csv"),
        b'prompt,response,modelIdentifier\n"What is 1 + 1?",uno,two\n',
    )
    row = {**record(1), "modelResponses": [{"response": "two " * MOST_HERE, "modelIdentifier": "one"}]}
    data = json.dumps(row).encode()
    put(stage, object_keys.answers_key("mine", name), gzip.compress(data) if name.endswith(".gz") else data)

    with pytest.raises(TooLargeError, match="answers"):
        check(stage, "datasets/mine/q.jsonl", json.dumps(record(1)).encode(), limit=10 * MOST_HERE, suite="mine")
