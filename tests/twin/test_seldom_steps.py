"""What the deployed system does only when something went wrong before, or long after; each step under its own role."""

from __future__ import annotations

import json
import time
import uuid
from typing import TYPE_CHECKING, Any

import pytest

from local.twin import signed_request
from tests.twin.conftest import wait_for
from tests.twin.test_ending import begun, jobs_of, reconcile
from tests.twin.test_front_doors import api

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.twin.conftest import Gavel

pytestmark = pytest.mark.twin

QUESTION = {"prompt": "What is 2 + 2?", "referenceResponse": "4"}
SUITE = """
version: 1
generators: [{model: 'amazon.nova-lite-v1:0', name: lite}]
judges: [{model: 'amazon.nova-pro-v1:0', name: judge}]
metrics: [Correctness]
reuse: false
"""
BROUGHT = """
version: 1
generators: [{source: app, answers: app.jsonl}]
judges: [{model: 'amazon.nova-pro-v1:0', name: judge}]
metrics: [Correctness]
reuse: false
"""


@pytest.fixture
def faults(gavel: Gavel) -> Iterator[Callable[[dict[str, Any]], None]]:
    """Set what goes wrong on Bedrock; cleared afterwards."""
    url = f"{gavel.twin.endpoint}/_gavel/faults"

    def put(what: dict[str, Any]) -> None:
        assert signed_request(gavel.twin, "PUT", url, json_body=what).status_code == 200

    yield put
    signed_request(gavel.twin, "DELETE", url)


def stuck(name: str) -> dict[str, Any]:
    return {"jobs": [{"name": f"^{name}-", "outcome": "stuck"}]}


def set_on_head(gavel: Gavel, evaluation: str, **values: str) -> None:
    """Change an evaluation's head behind everybody's back."""
    gavel.client("dynamodb").update_item(
        TableName=gavel.outputs["TableName"],
        Key={"pk": {"S": f"EVALUATION#{evaluation}"}, "sk": {"S": "HEAD"}},
        UpdateExpression="SET " + ", ".join(f"{name} = :{name}" for name in values),
        ExpressionAttributeValues={f":{name}": {"S": value} for name, value in values.items()},
        ConditionExpression="attribute_exists(pk)",
    )


def test_a_job_that_bedrock_made_and_then_called_taken_is_found_by_its_name(
    gavel: Gavel, faults: Callable[[dict[str, Any]], None]
) -> None:
    name = gavel.put_suite(SUITE)
    faults({"calls": [{"operation": "CreateEvaluationJob", "error": "ConflictException", "times": 1, "when": "after"}]})

    key, _ = gavel.upload(QUESTION, suite=name)

    view = gavel.ended(key)
    assert (view["status"], view["coverage"]) == ("COMPLETED", 1.0)
    assert len(gavel.jobs(view["evaluation_id"])) == 1


def test_a_job_that_may_not_be_looked_at_any_more_is_stopped_and_said_to_have_failed(
    gavel: Gavel, faults: Callable[[dict[str, Any]], None]
) -> None:
    name = gavel.put_suite(SUITE)
    faults(stuck(name))
    with gavel.without(gavel.role_of("check-job"), "bedrock:GetEvaluationJob"):
        key, _ = gavel.upload(QUESTION, suite=name)
        view = gavel.ended(key)

    assert view["status"] == "FAILED"
    assert "bedrock:GetEvaluationJob" in view["reason"]
    wait_for(lambda: {job["status"] for job in gavel.jobs(view["evaluation_id"])} == {"Stopped"} or None)


def test_a_job_that_could_not_be_prepared_is_looked_for_on_bedrock_before_it_counts_as_failed(gavel: Gavel) -> None:
    name = gavel.put_suite(SUITE)
    manifests = f"arn:aws:s3:::{gavel.bucket}/evaluations/{name}-*/manifest.json"
    with gavel.denied(gavel.role_of("start-job"), "s3:GetObject", manifests):
        key, _ = gavel.upload(QUESTION, suite=name)
        view = gavel.ended(key)

    assert (view["status"], view["jobs"]["failed"]) == ("FAILED", 1)
    assert gavel.jobs(view["evaluation_id"]) == []


def test_a_job_that_a_stop_missed_is_stopped_by_whoever_looks_at_it_next(
    gavel: Gavel, faults: Callable[[dict[str, Any]], None]
) -> None:
    name = gavel.put_suite(SUITE)
    faults(stuck(name))
    key, _ = gavel.upload(QUESTION, suite=name)
    evaluation = begun(gavel, key)
    wait_for(lambda: jobs_of(gavel, evaluation).get("started") or None)
    reconcile(gavel)
    assert {job["status"] for job in gavel.jobs(evaluation)} == {"InProgress"}  # its evaluation lives

    set_on_head(gavel, evaluation, stop_requested_at="2026-01-31T00:00:00.000Z")

    assert gavel.ended(key)["status"] == "STOPPED"
    wait_for(lambda: {job["status"] for job in gavel.jobs(evaluation)} == {"Stopped"} or None)


def test_a_job_that_was_lost_from_sight_is_stopped_when_the_evaluation_fails(
    gavel: Gavel, faults: Callable[[dict[str, Any]], None]
) -> None:
    name = gavel.put_suite(SUITE)
    faults(stuck(name))
    machine = gavel.client("stepfunctions").describe_state_machine(stateMachineArn=gavel.outputs["StateMachineArn"])
    called = machine["stateMachineArn"].replace(":states:", ":lambda:").replace(":stateMachine:", ":function:")
    unreachable = [f"{called}-{function}" for function in ("check-job", "fail-job", "summarize-evaluation")]
    with gavel.denied(machine["roleArn"].rpartition("/")[2], "lambda:InvokeFunction", *unreachable):
        key, _ = gavel.upload(QUESTION, suite=name)
        view = gavel.ended(key)

    assert view["status"] == "FAILED"
    wait_for(lambda: {job["status"] for job in gavel.jobs(view["evaluation_id"])} == {"Stopped"} or None)


def test_an_evaluation_that_was_never_started_is_started_by_the_reconciler(gavel: Gavel) -> None:
    name = gavel.put_suite(SUITE)
    with gavel.without(gavel.role_of("start-evaluation"), "states:StartExecution"):
        key, _ = gavel.upload(QUESTION, suite=name)
        evaluation = begun(gavel, key)
        time.sleep(2)  # Lambda's own two further attempts
        assert gavel.get(f"/evaluations/{evaluation}")["status"] == "STARTING"

        set_on_head(gavel, evaluation, created_at="2026-01-31T00:00:00.000Z")
        report = reconcile(gavel)

    assert report["restarted"] == 1
    assert gavel.ended(key)["status"] == "COMPLETED"


def test_bedrocks_records_of_an_evaluation_that_ended_long_ago_are_deleted(gavel: Gavel) -> None:
    key, _ = gavel.upload(QUESTION, suite=gavel.put_suite(SUITE))
    evaluation = gavel.ended(key)["evaluation_id"]
    assert len(gavel.jobs(evaluation)) == 1

    set_on_head(gavel, evaluation, unfinished_sk=f"2026-01-31T00:00:00.000Z#{evaluation}")
    report = reconcile(gavel)

    assert report["records_deleted"] == 1
    wait_for(lambda: gavel.jobs(evaluation) == [] or None)


def test_the_api_compares_estimates_with_answers_and_deletes_a_suite(gavel: Gavel) -> None:
    name = gavel.put_suite(SUITE)
    ended = [gavel.ended(gavel.upload(QUESTION, suite=name)[0])["evaluation_id"] for _ in range(2)]
    status, compared = api(gavel, "POST", "/comparisons", {"a": ended[0], "b": ended[1]})
    assert (status, len(compared["comparisons"]) > 0) == (200, True)

    brought = gavel.put_suite(BROUGHT)
    line = json.dumps({"prompt": QUESTION["prompt"], "response": "4", "modelIdentifier": "app"})
    gavel.client("s3").put_object(Bucket=gavel.bucket, Key=f"answers/{brought}/app.jsonl", Body=f"{line}\n".encode())
    key, _ = gavel.upload(QUESTION, suite=brought, name=uuid.uuid4().hex)
    status, estimate = api(gavel, "POST", "/estimates", {"dataset": key})
    assert status == 200, estimate
    gavel.ended(key)

    assert api(gavel, "DELETE", f"/suites/{brought}")[0] == 204
    assert api(gavel, "GET", f"/suites/{brought}")[0] == 404
