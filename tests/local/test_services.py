"""What Gavel relies on in the emulated services, and no shim puts right."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.local.account import policy, unique

if TYPE_CHECKING:
    from tests.local.account import Account

pytestmark = pytest.mark.twin


def queue(account: Account) -> tuple[str, str]:
    """URL and ARN of a new queue that EventBridge may send to."""
    sqs = account.aws("sqs")
    url = sqs.create_queue(QueueName=unique("queue"))["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    send = {
        "Effect": "Allow",
        "Action": "sqs:SendMessage",
        "Resource": arn,
        "Principal": {"Service": "events.amazonaws.com"},
    }
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy(send)})
    return url, arn


def received(account: Account, url: str, seconds: float = 10) -> list[dict[str, Any]]:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        messages = account.aws("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        if messages:
            return [json.loads(message["Body"]) for message in messages]
        time.sleep(0.1)
    return []


def test_a_rule_hands_on_matching_events_through_its_input_transformer(account: Account) -> None:
    url, arn = queue(account)
    events, source, rule = account.aws("events"), unique("source"), unique("rule")
    events.put_rule(Name=rule, EventPattern=json.dumps({"source": [source], "detail": {"verdict": ["FAIL"]}}))
    transformer = {"InputPathsMap": {"v": "$.detail.verdict"}, "InputTemplate": '{"text": "verdict <v>"}'}
    events.put_targets(Rule=rule, Targets=[{"Id": "1", "Arn": arn, "InputTransformer": transformer}])

    for verdict in ("PASS", "FAIL"):
        entry = {"Source": source, "DetailType": "T", "Detail": json.dumps({"verdict": verdict})}
        assert events.put_events(Entries=[entry])["FailedEntryCount"] == 0

    assert received(account, url) == [{"text": "verdict FAIL"}]


def test_a_lambda_that_fails_asynchronously_is_tried_three_times_and_ends_in_its_dead_letter_queue(
    account: Account,
) -> None:
    url, arn = queue(account)
    function = account.function(DeadLetterConfig={"TargetArn": arn})

    account.aws("lambda").invoke(FunctionName=function, InvocationType="Event", Payload=b'{"do": "raise"}')

    assert received(account, url)
    reply = account.aws("lambda").invoke(FunctionName=function, Payload=b"{}")
    assert json.loads(reply["Payload"].read())["calls"] == 4


def test_a_write_whose_condition_fails_is_refused_and_an_index_is_read_in_order(account: Account) -> None:
    table, dynamodb = unique("table"), account.aws("dynamodb")
    key = [{"AttributeName": "pk", "KeyType": "HASH"}]
    index_key = [{"AttributeName": "g", "KeyType": "HASH"}, {"AttributeName": "at", "KeyType": "RANGE"}]
    dynamodb.create_table(
        TableName=table,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=key,
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "g", "at")],
        GlobalSecondaryIndexes=[
            {"IndexName": "listing", "KeySchema": index_key, "Projection": {"ProjectionType": "ALL"}}
        ],
    )
    for pk, at in (("a", "2"), ("b", "3"), ("c", "1")):
        dynamodb.put_item(TableName=table, Item={"pk": {"S": pk}, "g": {"S": "all"}, "at": {"S": at}})

    with pytest.raises(ClientError, match="ConditionalCheckFailedException"):
        dynamodb.put_item(TableName=table, Item={"pk": {"S": "a"}}, ConditionExpression="attribute_not_exists(pk)")
    found = dynamodb.query(
        TableName=table,
        IndexName="listing",
        KeyConditionExpression="g = :g",
        ExpressionAttributeValues={":g": {"S": "all"}},
        ScanIndexForward=False,
    )
    assert [item["pk"]["S"] for item in found["Items"]] == ["b", "a", "c"]


def test_an_object_is_read_in_the_version_that_is_asked_for(account: Account) -> None:
    bucket, s3 = account.bucket(), account.aws("s3")
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    versions = [s3.put_object(Bucket=bucket, Key="k", Body=body)["VersionId"] for body in (b"first", b"second")]

    assert s3.get_object(Bucket=bucket, Key="k", VersionId=versions[0])["Body"].read() == b"first"
