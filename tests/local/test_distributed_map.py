"""The Distributed Map reads, runs, tolerates and writes as on AWS."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.local.account import invoke

if TYPE_CHECKING:
    from tests.local.account import Account

pytestmark = pytest.mark.twin

ECHO: dict[str, Any] = {"Echo": {"Type": "Pass", "End": True}}


def distributed(states: dict[str, Any], **fields: Any) -> dict[str, Any]:
    config = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
    processor = {"ProcessorConfig": config, "StartAt": next(iter(states)), "States": states}
    state = {"Type": "Map", "Label": "Items", "ItemProcessor": processor, **fields}
    return state if "Next" in fields else {**state, "End": True}


def reader(bucket: str, key: str = "{% $states.input.key %}") -> dict[str, Any]:
    return {
        "Resource": "arn:aws:states:::s3:getObject",
        "ReaderConfig": {"InputType": "JSONL"},
        "Arguments": {"Bucket": bucket, "Key": key},
    }


def writer(bucket: str, **config: str) -> dict[str, Any]:
    return {
        "Resource": "arn:aws:states:::s3:putObject",
        "Arguments": {"Bucket": bucket, "Prefix": "{% $states.input.prefix %}"},
        **({"WriterConfig": config} if config else {}),
    }


def put_lines(account: Account, bucket: str, *items: Any) -> dict[str, str]:
    body = "".join(json.dumps(item, ensure_ascii=False) + "\n" for item in items)
    account.aws("s3").put_object(Bucket=bucket, Key="in/items.jsonl", Body=body.encode())
    return {"key": "in/items.jsonl", "prefix": "out/runs"}


def read(account: Account, bucket: str, key: str) -> bytes:
    return bytes(account.aws("s3").get_object(Bucket=bucket, Key=key)["Body"].read())


def test_items_are_read_from_json_lines_and_selected_with_jsonata(account: Account) -> None:
    bucket = account.bucket()
    data = put_lines(account, bucket, {"n": 1}, {"n": 2})
    selector = {
        "item": "{% $states.context.Map.Item.Value %}",
        "index": "{% $states.context.Map.Item.Index %}",
        "outer": "{% $outer %}",
        "key": "{% $states.context.Execution.Input.key %}",
    }
    states = {
        "Before": {"Type": "Pass", "Assign": {"outer": "o", "limit": 1}, "Next": "Map"},
        "Map": distributed(ECHO, ItemReader=reader(bucket), ItemSelector=selector, MaxConcurrency="{% $limit %}"),
    }

    output = account.output(states, data)

    key = "in/items.jsonl"
    assert output == [
        {"item": {"n": 1}, "index": 0, "outer": "o", "key": key},
        {"item": {"n": 2}, "index": 1, "outer": "o", "key": key},
    ]


def test_a_line_separator_inside_a_text_does_not_end_a_line(account: Account) -> None:
    bucket = account.bucket()
    data = put_lines(account, bucket, {"text": "a\u2028b\x85c"})

    assert account.output({"Map": distributed(ECHO, ItemReader=reader(bucket))}, data) == [{"text": "a\u2028b\x85c"}]


def test_children_do_not_see_the_variables_of_the_parent(account: Account) -> None:
    states = {
        "Before": {"Type": "Pass", "Assign": {"outer": 1}, "Next": "Map"},
        "Map": distributed({"Read": {"Type": "Pass", "Output": "{% $outer %}", "End": True}}, Items=[1]),
    }

    assert account.run(states)["error"] == "States.ExceedToleratedFailureThreshold"


def test_a_childs_execution_context_is_its_own(account: Account) -> None:
    child = {"Read": {"Type": "Pass", "Output": "{% $states.context.Execution.Input %}", "End": True}}

    assert account.output({"Map": distributed(child, Items=[{"n": 7}])}, {"parent": True}) == [{"n": 7}]


def test_the_maps_output_and_assign_see_its_result(account: Account) -> None:
    states = {
        "Map": distributed(
            ECHO, Items=[1, 2, 3], Assign={"sum": "{% $sum($states.result) %}"}, Output="kept", Next="After"
        ),
        "After": {"Type": "Pass", "Output": {"sum": "{% $sum %}", "input": "{% $states.input %}"}, "End": True},
    }

    assert account.output(states) == {"sum": 6, "input": "kept"}


FAIL_ON_TWO = {
    "Which": {
        "Type": "Choice",
        "Choices": [{"Condition": "{% $states.input = 2 %}", "Next": "Fail"}],
        "Default": "Good",
    },
    "Good": {"Type": "Succeed"},
    "Fail": {"Type": "Fail", "Error": "Two", "Cause": "it was two"},
}


@pytest.mark.parametrize(("tolerated", "status"), [(24, "FAILED"), (25, "SUCCEEDED"), (100, "SUCCEEDED")])
def test_more_failures_than_tolerated_fail_the_map(account: Account, tolerated: int, status: str) -> None:
    state = distributed(FAIL_ON_TWO, Items=[1, 2, 3, 4], ToleratedFailurePercentage="{% " + str(tolerated) + " %}")

    assert account.run({"Map": state})["status"] == status


def test_a_map_that_fails_can_be_caught_by_its_error(account: Account) -> None:
    caught = [
        {
            "ErrorEquals": ["States.ExceedToleratedFailureThreshold"],
            "Output": "{% $states.errorOutput.Error %}",
            "Next": "End",
        }
    ]
    states = {"Map": distributed(FAIL_ON_TWO, Items=[2], Catch=caught), "End": {"Type": "Succeed"}}

    assert account.output(states) == "States.ExceedToleratedFailureThreshold"


def test_the_result_writer_exports_successes_and_failures_and_becomes_the_result(account: Account) -> None:
    bucket = account.bucket()
    data = put_lines(account, bucket, 1, 2, 3)
    state = distributed(
        FAIL_ON_TWO, ItemReader=reader(bucket), ResultWriter=writer(bucket), ToleratedFailurePercentage=100
    )

    result = account.output({"Map": state}, data)

    details = result["ResultWriterDetails"]
    run = result["MapRunArn"].rsplit(":", 1)[-1]
    assert details == {"Bucket": bucket, "Key": f"out/runs/{run}/manifest.json"}
    manifest = json.loads(read(account, bucket, details["Key"]))
    succeeded = json.loads(read(account, bucket, f"out/runs/{run}/SUCCEEDED_0.json"))
    failed = json.loads(read(account, bucket, f"out/runs/{run}/FAILED_0.json"))
    assert [entry["Key"] for entry in manifest["ResultFiles"]["SUCCEEDED"]] == [f"out/runs/{run}/SUCCEEDED_0.json"]
    assert manifest["DestinationBucket"] == bucket
    assert [(child["Status"], child["Output"]) for child in succeeded] == [("SUCCEEDED", "1"), ("SUCCEEDED", "3")]
    assert [(child["Input"], child["Error"], child["Cause"]) for child in failed] == [("2", "Two", "it was two")]


def test_compact_json_lines_hold_the_outputs_alone(account: Account) -> None:
    bucket = account.bucket()
    data = put_lines(account, bucket, {"n": 1}, {"n": 2})
    results = writer(bucket, Transformation="COMPACT", OutputType="JSONL")

    result = account.output({"Map": distributed(ECHO, ItemReader=reader(bucket), ResultWriter=results)}, data)

    folder = result["ResultWriterDetails"]["Key"].rpartition("/")[0]
    assert read(account, bucket, f"{folder}/SUCCEEDED_0.jsonl") == b'{"n": 1}\n{"n": 2}\n'


def test_a_missing_file_is_an_item_reader_failure_that_can_be_caught(account: Account) -> None:
    caught = [{"ErrorEquals": ["States.ItemReaderFailed"], "Output": "caught", "Next": "End"}]
    state = distributed(ECHO, ItemReader=reader(account.bucket(), "no/such.jsonl"), Catch=caught)

    assert account.output({"Map": state, "End": {"Type": "Succeed"}}) == "caught"


def test_the_history_tells_how_each_run_of_a_map_ended(account: Account) -> None:
    again = [{"ErrorEquals": ["States.ItemReaderFailed"], "MaxAttempts": 1, "IntervalSeconds": 1}]
    caught = [{"ErrorEquals": ["States.ALL"], "Next": "Second"}]
    first = distributed(ECHO, ItemReader=reader(account.bucket(), "no/such.jsonl"), Retry=again, Catch=caught)
    second = distributed(ECHO, Items=[1])
    states = {"First": {**first, "Next": "Second"}, "Second": second}

    execution = account.start(account.machine(states))
    account.ended(execution)

    history = account.aws("stepfunctions").get_execution_history(executionArn=execution)["events"]
    assert [event["type"] for event in history if event["type"].startswith("MapRun")] == [
        *("MapRunStarted", "MapRunFailed") * 2,
        *("MapRunStarted", "MapRunSucceeded"),
    ]
    assert {event["mapRunFailedEventDetails"]["error"] for event in history if event["type"] == "MapRunFailed"} == {
        "States.ItemReaderFailed"
    }
    runs = account.aws("stepfunctions").list_map_runs(executionArn=execution)["mapRuns"]
    statuses = [account.aws("stepfunctions").describe_map_run(mapRunArn=run["mapRunArn"])["status"] for run in runs]
    assert sorted(statuses) == ["FAILED", "FAILED", "SUCCEEDED"]


def test_the_machines_role_must_allow_reading_writing_and_starting_children(account: Account) -> None:
    bucket = account.bucket()
    data = put_lines(account, bucket, 1)
    grants = [
        {"Effect": "Allow", "Action": "states:StartExecution", "Resource": "*"},
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/in/*"},
        {"Effect": "Allow", "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{bucket}/out/*"},
    ]
    state = distributed(ECHO, ItemReader=reader(bucket), ResultWriter=writer(bucket))

    errors = [account.run({"Map": state}, data, role=account.role(*grants[:n])).get("error") for n in range(4)]

    assert errors == ["States.Permissions", "States.ItemReaderFailed", "States.ResultWriterFailed", None]


def test_a_child_has_a_history_and_its_lambda_errors_keep_their_names(account: Account, actions: str) -> None:
    execution = account.start(account.machine({"Map": distributed({"Call": invoke(actions)}, Items=[{"do": "raise"}])}))
    account.ended(execution)

    states = account.aws("stepfunctions")
    run = states.list_map_runs(executionArn=execution)["mapRuns"][0]["mapRunArn"]
    child = states.list_executions(mapRunArn=run)["executions"][0]
    history = states.get_execution_history(executionArn=child["executionArn"])["events"]
    kinds = [event["type"] for event in history]
    assert kinds[:2] == ["ExecutionStarted", "TaskStateEntered"]
    assert history[-1]["executionFailedEventDetails"]["error"] == "QuotaFullError"
