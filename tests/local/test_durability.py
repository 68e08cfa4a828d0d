"""A durable twin that was killed goes on: all that it acknowledged is there, and what it was doing has failed."""

from __future__ import annotations

import os
import signal
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from local import twin as local_twin
from local.settings import Settings
from tests.local.account import Account, invoke

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.twin


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    """Settings of a durable twin of the test's own."""
    own = Settings(state_dir=tmp_path, idle_minutes=5, durable=True)
    yield own
    local_twin.down(own)


def kill(state: local_twin.State) -> None:
    """The server and the processes of its Lambdas."""
    os.killpg(state.pid, signal.SIGKILL)


def table(account: Account) -> str:
    account.aws("dynamodb").create_table(
        TableName="table",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return "table"


def test_a_killed_twin_goes_on_with_its_stores_and_fails_what_it_was_doing(settings: Settings) -> None:
    # Given something in every kind of store, and an execution that waits
    first = local_twin.up(settings)
    account = Account(first)
    bucket, function = account.bucket(), account.function()
    s3, queues = account.aws("s3"), account.aws("sqs")
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    versions = [s3.put_object(Bucket=bucket, Key="key", Body=text)["VersionId"] for text in (b"old", b"new")]
    s3.put_object_tagging(Bucket=bucket, Key="key", Tagging={"TagSet": [{"Key": "k", "Value": "v"}]})
    account.aws("dynamodb").put_item(TableName=table(account), Item={"pk": {"S": "item"}})
    queue = queues.create_queue(QueueName="queue")["QueueUrl"]
    queues.send_message(QueueUrl=queue, MessageBody="message")
    account.aws("events").put_rule(Name="rule", EventPattern='{"source": ["test"]}')
    account.aws("events").put_targets(
        Rule="rule", Targets=[{"Id": "queue", "Arn": f"arn:aws:sqs:{first.region}:{first.account}:queue"}]
    )
    machine = account.machine({"Wait": {"Type": "Wait", "Seconds": 100_000, "End": True}})
    waiting = account.start(machine)
    done = account.start(account.machine({"Call": invoke(function)}))
    account.ended(done)

    # When it is killed and started again
    kill(first)
    second = local_twin.up(settings)

    # Then clients that were made before find everything
    assert second.pid != first.pid
    assert (second.endpoint, second.access_key_id) == (first.endpoint, first.access_key_id)
    assert [s3.get_object(Bucket=bucket, Key="key", VersionId=one)["Body"].read() for one in versions] == [
        b"old",
        b"new",
    ]
    assert s3.get_object_tagging(Bucket=bucket, Key="key")["TagSet"] == [{"Key": "k", "Value": "v"}]
    assert account.aws("dynamodb").get_item(TableName="table", Key={"pk": {"S": "item"}})["Item"]
    account.aws("events").put_events(Entries=[{"Source": "test", "DetailType": "t", "Detail": "{}"}])
    assert len(messages(queues, queue, 2)) == 2
    lost, kept = (account.aws("stepfunctions").describe_execution(executionArn=arn) for arn in (waiting, done))
    assert (lost["status"], lost["error"]) == ("FAILED", "States.Runtime")
    assert kept["status"] == "SUCCEEDED"
    # ... and it works on
    assert account.ended(account.start(account.machine({"Call": invoke(function)})))["status"] == "SUCCEEDED"


def test_no_write_that_was_acknowledged_is_lost(settings: Settings) -> None:
    account = Account(local_twin.up(settings))
    name, acknowledged = table(account), list[int]()
    dynamodb = local_twin.client("dynamodb", account.state, retries={"total_max_attempts": 1})

    def write() -> None:
        for number in range(100_000):
            try:
                dynamodb.put_item(TableName=name, Item={"pk": {"S": str(number)}})
            except (BotoCoreError, ClientError):
                return
            acknowledged.append(number)

    writer = threading.Thread(target=write)
    writer.start()
    while len(acknowledged) < 20:
        time.sleep(0.01)
    kill(account.state)
    writer.join()
    local_twin.up(settings)

    items = [item for page in dynamodb.get_paginator("scan").paginate(TableName=name) for item in page["Items"]]
    found = {int(item["pk"]["S"]) for item in items}
    assert set(acknowledged) <= found
    assert len(found) <= len(acknowledged) + 1  # the write whose answer never came may have been made


def test_down_forgets_a_killed_twin_and_a_new_one_is_empty(settings: Settings) -> None:
    account = Account(local_twin.up(settings))
    account.bucket()
    kill(account.state)

    assert local_twin.survives(settings)
    assert not local_twin.down(settings)

    assert not local_twin.survives(settings)
    assert Account(local_twin.up(settings)).aws("s3").list_buckets()["Buckets"] == []


def messages(queues: Any, queue: str, count: int) -> list[str]:
    """So many messages of a queue, or those that came within ten seconds."""
    found: list[str] = []
    deadline = time.monotonic() + 10
    while len(found) < count and time.monotonic() < deadline:
        received = queues.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
        found += [message["Body"] for message in received]
    return found
