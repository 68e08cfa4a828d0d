from __future__ import annotations

import json
import time
import uuid
from typing import TYPE_CHECKING

import pytest

from local.twin import client

if TYPE_CHECKING:
    from local.twin import State


@pytest.mark.twin
def test_an_upload_into_a_versioned_bucket_names_its_version(twin: State) -> None:
    # Given a versioned bucket whose uploads reach a queue
    name = f"versions-{uuid.uuid4().hex[:8]}"
    s3, sqs, events = client("s3", twin), client("sqs", twin), client("events", twin)
    s3.create_bucket(Bucket=name)
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_notification_configuration(Bucket=name, NotificationConfiguration={"EventBridgeConfiguration": {}})
    queue = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    pattern = {"source": ["aws.s3"], "detail": {"bucket": {"name": [name]}}}
    events.put_rule(Name=name, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": arn}])

    # When an object is uploaded
    version = s3.put_object(Bucket=name, Key="data.jsonl", Body=b"{}")["VersionId"]

    # Then the event names the version that the upload became
    deadline = time.monotonic() + 10
    messages: list[dict[str, str]] = []
    while not messages and time.monotonic() < deadline:
        messages = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=1).get("Messages", [])
    assert json.loads(messages[0]["Body"])["detail"]["object"]["version-id"] == version
