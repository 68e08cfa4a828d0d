"""Failures on the deployed system tell nothing of a dataset; `python -m proofs privacy` plays many more."""

from __future__ import annotations

import json
import socket
import time
from typing import TYPE_CHECKING

import pytest

from proofs.privacy import acts, places, play
from proofs.privacy.canaries import Canary, Field
from proofs.privacy.places import documents
from proofs.privacy.search import found
from proofs.privacy.system import Ears, System
from proofs.privacy.traces import DAEMON, heard

if TYPE_CHECKING:
    from pathlib import Path

    from local.settings import Settings
    from tests.twin.conftest import Gavel

pytestmark = pytest.mark.twin


@pytest.fixture
def system(gavel: Gavel, twin_settings: Settings) -> System:
    return System(gavel.twin, twin_settings, gavel.outputs)


def test_failures_leave_no_canary_where_none_may_be(system: System, tmp_path: Path) -> None:
    hunt, wrong = play(system, tmp_path, acts.SHORT, lambda _line: None)

    assert (hunt.broken, wrong) == ((), [])
    assert hunt.found[places.OBJECTS, Field.PROMPT]
    assert hunt.found[places.DEAD_LETTERS, Field.FILE]
    silent = {place for place in places.PLACES if not hunt.read[place]}
    assert silent <= {
        places.OTHER_LOGS,
        places.TRACES,
        places.COMMANDS,
        places.REFUSALS,
        places.CATALOG,
        places.METRICS,
    }


def test_what_is_planted_in_a_place_of_the_deployed_system_is_found_there(system: System) -> None:
    canary = Canary(Field.PROMPT)
    machine, table = system.outputs["StateMachineArn"], system.outputs["TableName"]
    with heard() as segments:
        ears = Ears.open(system)
        plant(system, canary.text, canary.name, machine=machine, table=table)
        hits = {one.place for one in documents(system, ears, segments) if found(one.data, [canary])}

    assert hits >= {
        places.LAMBDA_LOGS, places.EMBEDDED_METRICS, places.METRICS, places.TRACES, places.EXECUTIONS,
        places.DEAD_LETTERS, places.TABLE, places.KEYS, places.OBJECTS, places.REFUSALS, places.COMMANDS,
        "EventBridge: Gavel's events", "EventBridge: S3's events", "EventBridge: Step Functions' events",
        "SNS: messages",
    }  # fmt: skip


def plant(system: System, text: str, name: str, *, machine: str, table: str) -> None:
    """Write a text into each place that somebody outside of AWS can write into."""
    logs, group = system.client("logs"), "/aws/lambda/gavel-twin-api"
    logs.create_log_stream(logGroupName=group, logStreamName=name)
    lines = ("a line with " + text, json.dumps({"_aws": {}, "generator": name}).replace(" ", ""))
    logs.put_log_events(
        logGroupName=group,
        logStreamName=name,
        logEvents=[{"timestamp": int(time.time() * 1000), "message": line} for line in lines],
    )
    system.client("cloudwatch").put_metric_data(
        Namespace="Gavel",
        MetricData=[{"MetricName": "Planted", "Value": 1, "Dimensions": [{"Name": "a", "Value": name}]}],
    )
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as daemon:
        daemon.sendto(text.encode(), DAEMON)
    system.client("stepfunctions").start_execution(
        stateMachineArn=machine, name=name[:40], input=json.dumps({"a": text})
    )
    system.client("sqs").send_message(QueueUrl=system.outputs["DeadLettersUrl"], MessageBody=text)
    system.client("dynamodb").put_item(
        TableName=table, Item={"pk": {"S": "PLANTED"}, "sk": {"S": "PLANTED"}, "text": {"S": text}}
    )
    system.put(f"planted/{name}", text.encode())
    system.client("s3").delete_object(Bucket=system.bucket, Key=f"planted/{name}")
    detail = json.dumps({"evaluation_id": "planted", "text": text})
    system.client("events").put_events(Entries=[{"Source": "gavel", "DetailType": "Planted", "Detail": detail}])
    system.client("sns").publish(TopicArn=system.outputs["TopicArn"], Message=text)
    system.refusals.append(("GET /planted", text.encode()))
    system.commands.append(("gavel planted", text.encode()))
