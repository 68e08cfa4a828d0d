"""Message and event of an end, on the deployed system, as a subscriber and a pipeline get them."""

from __future__ import annotations

import json
import re
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests import schemas
from tests.twin.conftest import wait_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.twin.conftest import Gavel

pytestmark = pytest.mark.twin

SUITE = """
version: 1
generators: [{source: my-app, name: app}]
judges: [{model: amazon.nova-pro-v1:0, name: pro}]
metrics: [Correctness]
gates: [{metric: Correctness, min: 0.99}, {min_coverage: 0.5}]
"""


def record(number: int) -> dict[str, Any]:
    answer = {"response": "I do not know anything about that.", "modelIdentifier": "my-app"}
    return {"prompt": f"What is {number} + 4?", "referenceResponse": f"{number + 4}", "modelResponses": [answer]}


@pytest.fixture
def messages(gavel: Gavel) -> Callable[[str], Callable[[], dict[str, Any]]]:
    """Subscribe to what is told of a suite unless it passes; the answer waits for the first message."""

    def message_of(suite: str) -> Callable[[], dict[str, Any]]:
        sqs, topic = gavel.client("sqs"), gavel.outputs["TopicArn"]
        url = sqs.create_queue(QueueName=f"messages-{suite}")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        allow = {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": arn,
            "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
        wanted = json.dumps({"suite": [suite], "outcome": [{"anything-but": "PASS"}]})
        gavel.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"FilterPolicy": wanted})

        def look() -> dict[str, Any] | None:
            received = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=1).get("Messages", [])
            return json.loads(received[0]["Body"]) if received else None

        return lambda: wait_for(look)

    return message_of


def test_a_subscriber_reads_the_verdict_and_the_event_fits_its_schema(
    gavel: Gavel, messages: Callable[[str], Callable[[], dict[str, Any]]], events: Callable[[str], dict[str, Any]]
) -> None:
    suite = gavel.put_suite(SUITE)
    message_of = messages(suite)
    key, _ = gavel.upload(*(record(number) for number in range(30)), suite=suite)
    view = gavel.ended(key)

    event, message = events(view["evaluation_id"]), message_of()

    assert schemas.problems(schemas.event_schema(event["detail-type"]), event["detail"]) == []
    assert message["Subject"] == f"Gavel: gates FAIL - suite {suite}"
    assert "FAIL: gate 1, Correctness at least 0.99" in message["Message"]
    assert view["evaluation_id"] in message["Message"]
    assert "What is" not in message["Message"]
    attributes = {name: item["Value"] for name, item in message["MessageAttributes"].items()}
    assert attributes == {"suite": suite, "status": "COMPLETED", "outcome": "FAIL"}


def test_a_refusal_says_why(
    gavel: Gavel, messages: Callable[[str], Callable[[], dict[str, Any]]], events: Callable[[str], dict[str, Any]]
) -> None:
    suite = gavel.put_suite(SUITE)
    message_of = messages(suite)
    key, _ = gavel.upload({"prompt": " "}, suite=suite, name=f"blank-{uuid.uuid4().hex[:6]}")
    view = gavel.ended(key)

    event, message = events(view["evaluation_id"]), message_of()

    assert schemas.problems(schemas.event_schema(event["detail-type"]), event["detail"]) == []
    assert message["Subject"] == f"Gavel: evaluation REFUSED - suite {suite}"
    assert "Reason: " in message["Message"]


def test_alarms_and_dashboard_are_deployed(gavel: Gavel) -> None:
    cloudwatch = gavel.client("cloudwatch")

    alarms = cloudwatch.describe_alarms(AlarmNamePrefix="gavel-twin-")["MetricAlarms"]

    assert {tuple(alarm["AlarmActions"]) for alarm in alarms} == {(gavel.outputs["TopicArn"],)}
    assert "gavel-twin-executions-ended-badly" in {alarm["AlarmName"] for alarm in alarms}
    assert "gavel-twin" in {board["DashboardName"] for board in cloudwatch.list_dashboards()["DashboardEntries"]}


def test_the_rule_in_the_documentation_lets_everything_through_but_a_pass(gavel: Gavel) -> None:
    guide = (Path(__file__).parents[2] / "docs" / "events.md").read_text(encoding="utf-8")
    (pattern,) = re.findall(r"--event-pattern '([^']+)'", guide)
    bridge = gavel.client("events")

    def matches(detail_type: str, **facts: Any) -> bool:
        (example,) = schemas.schema(schemas.event_schema(detail_type))["examples"]
        event = {
            "id": "1",
            "account": "123456789012",
            "source": "gavel",
            "time": "2026-01-02T03:04:05Z",
            "region": "us-east-1",
            "resources": [],
            "detail-type": detail_type,
            "detail": {name: value for name, value in {**example, **facts}.items() if value is not None},
        }
        found: bool = bridge.test_event_pattern(EventPattern=pattern, Event=json.dumps(event))["Result"]
        return found

    assert not matches("Evaluation Completed", verdict={"outcome": "PASS"})
    assert not matches("Evaluation Completed", suite="another")
    assert matches("Evaluation Completed")
    assert matches("Evaluation Completed", verdict={"outcome": "INCONCLUSIVE"})
    assert matches("Evaluation Completed", verdict=None)
    assert [kind for kind in ("Refused", "Failed", "Stopped") if not matches(f"Evaluation {kind}")] == []
