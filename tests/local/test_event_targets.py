"""A rule's Lambda that fails is tried again, and its dead-letter queue has the event when it fails for good."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.local.account import unique

if TYPE_CHECKING:
    from tests.local.account import Account

pytestmark = pytest.mark.twin

COUNTS = """
calls = []

def handler(event, context):
    calls.append(event)
    raise RuntimeError(f"call {len(calls)}")
"""


def dead_letter(account: Account, queue: str) -> dict[str, Any]:
    """The next message of a queue."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        for message in account.aws("sqs").receive_message(QueueUrl=queue).get("Messages", []):
            found: dict[str, Any] = json.loads(message["Body"])
            return found
        time.sleep(0.1)
    pytest.fail("nothing came")


def test_a_rule_s_lambda_is_tried_three_times_and_then_the_event_is_a_dead_letter(account: Account) -> None:
    sqs, events = account.aws("sqs"), account.aws("events")
    queue = sqs.create_queue(QueueName=unique("dead"))["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    function = account.function(COUNTS, DeadLetterConfig={"TargetArn": arn})
    source, rule = unique("source"), unique("rule")
    events.put_rule(Name=rule, EventPattern=json.dumps({"source": [source]}))
    events.put_targets(Rule=rule, Targets=[{"Id": "1", "Arn": function}])

    events.put_events(Entries=[{"Source": source, "DetailType": "t", "Detail": '{"number": 7}'}])

    letter = dead_letter(account, queue)
    assert letter["requestPayload"]["detail"] == {"number": 7}
    assert letter["responsePayload"]["errorMessage"] == "call 3"
