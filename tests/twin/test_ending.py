"""Evaluations that do not end by themselves: stopped by a person, aborted, or hit by a process that dies."""

from __future__ import annotations

import json
import os
import random
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from local.twin import signed_request
from tests.twin.conftest import wait_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.twin.conftest import Gavel

pytestmark = pytest.mark.twin

QUESTION = {"prompt": "What is 2 + 2?", "referenceResponse": "4"}
TWO = """
version: 1
generators: [{model: 'amazon.nova-lite-v1:0', name: lite}, {model: 'amazon.nova-micro-v1:0', name: micro}]
judges: [{model: 'amazon.nova-pro-v1:0', name: judge}]
metrics: [Correctness]
reuse: false
"""


@pytest.fixture
def faults(gavel: Gavel) -> Iterator[Callable[..., None]]:
    """Set what happens to Bedrock's jobs by their names; cleared afterwards."""
    url = f"{gavel.twin.endpoint}/_gavel/faults"

    def put(*jobs: dict[str, Any]) -> None:
        assert signed_request(gavel.twin, "PUT", url, json_body={"jobs": jobs}).status_code == 200

    yield put
    signed_request(gavel.twin, "DELETE", url)


def begun(gavel: Gavel, key: str) -> str:
    """Id of the evaluation that the upload of `key` started."""

    def look() -> str | None:
        heads = gavel.get("/evaluations?limit=100")["evaluations"]
        return next((head["evaluation_id"] for head in heads if head["dataset_key"] == key), None)

    return wait_for(look)


def jobs_of(gavel: Gavel, evaluation: str) -> dict[str, int]:
    counts: dict[str, int] = gavel.get(f"/evaluations/{evaluation}")["jobs"]
    return counts


def reconcile(gavel: Gavel) -> dict[str, Any]:
    """One run of the deployed reconciler."""
    answer = gavel.client("lambda").invoke(FunctionName="gavel-twin-reconcile", Payload=b"{}")
    report: dict[str, Any] = json.loads(answer["Payload"].read())
    assert "FunctionError" not in answer, report
    return report


def workers(pid: int) -> list[int]:
    """Processes of the twin's Lambdas."""
    found = []
    for folder in Path("/proc").iterdir():
        try:
            if folder.name.isdigit() and (folder / "stat").read_text().rpartition(")")[2].split()[1] == str(pid):
                found.append(int(folder.name))
        except OSError:  # it has ended meanwhile
            continue
    return found


def hanging(gavel: Gavel) -> list[str]:
    """Whatever is left in the index of evaluations whose end was not announced, and every running Bedrock job."""
    table = gavel.client("dynamodb")
    open_ones = table.query(
        TableName=gavel.outputs["TableName"],
        IndexName="unfinished",
        KeyConditionExpression="unfinished_pk = :open",
        ExpressionAttributeValues={":open": {"S": "OPEN"}},
    )["Items"]
    pages = gavel.client("bedrock").get_paginator("list_evaluation_jobs").paginate()
    running = [
        job["jobName"] for page in pages for job in page["jobSummaries"] if job["status"] in {"InProgress", "Stopping"}
    ]
    return [item["unfinished_sk"]["S"] for item in open_ones] + running


def test_a_stopped_evaluation_keeps_what_was_done_and_says_so(
    gavel: Gavel, events: Callable[[str], dict[str, Any]], faults: Callable[..., None]
) -> None:
    # Given an evaluation of two jobs, one of which never ends by itself
    name = gavel.put_suite(TWO)
    faults({"name": f"^{name}-.*-g1-", "outcome": "stuck"})
    key, _ = gavel.upload(QUESTION, suite=name)
    evaluation = begun(gavel, key)
    wait_for(lambda: jobs_of(gavel, evaluation).get("collected") or None)

    answer = signed_request(gavel.twin, "POST", f"{gavel.outputs['ApiUrl']}/evaluations/{evaluation}/stop")

    view = gavel.ended(key)
    assert answer.status_code == 202
    assert (view["status"], view["coverage"]) == ("STOPPED", 0.5)
    assert (view["jobs"]["collected"], view["jobs"]["stopped"]) == (1, 1)
    assert {job["status"] for job in gavel.jobs(evaluation)} == {"Completed", "Stopped"}
    assert [item["model"] for item in view["summaries"] if item["n"]] == ["lite"]
    assert events(evaluation)["detail-type"] == "Evaluation Stopped"


def test_an_aborted_execution_ends_its_evaluation_and_its_jobs_without_anybody_s_help(
    gavel: Gavel, events: Callable[[str], dict[str, Any]], faults: Callable[..., None]
) -> None:
    name = gavel.put_suite(TWO)
    faults({"name": f"^{name}-", "outcome": "stuck"})
    key, _ = gavel.upload(QUESTION, suite=name)
    evaluation = begun(gavel, key)
    wait_for(lambda: jobs_of(gavel, evaluation).get("started") == 2 or None)

    # When somebody stops the execution, which no state can catch
    arn = gavel.outputs["StateMachineArn"].replace(":stateMachine:", ":execution:") + f":{evaluation}"
    gavel.client("stepfunctions").stop_execution(executionArn=arn)

    # Then the rule for bad ends calls the reconciler
    view = gavel.ended(key)
    assert view["status"] == "FAILED"
    assert "ended as ABORTED" in view["reason"]
    assert events(evaluation)["detail-type"] == "Evaluation Failed"
    wait_for(lambda: {job["status"] for job in gavel.jobs(evaluation)} == {"Stopped"} or None)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="finds the Lambdas' processes in /proc")
def test_lambdas_killed_at_random_points_leave_nothing_hanging_after_one_reconcile(gavel: Gavel) -> None:
    # Given several evaluations that run at once
    chance = random.Random(4711)  # noqa: S311 - a seeded choice of whom to kill
    name = gavel.put_suite(TWO)
    keys = [gavel.upload({**QUESTION, "category": f"c{number}"}, suite=name)[0] for number in range(4)]
    evaluations = [begun(gavel, key) for key in keys]

    # When their Lambdas' processes die under them, one after the other
    killed = 0
    for _ in range(12):
        time.sleep(chance.uniform(0.1, 0.8))
        for pid in chance.sample(processes := workers(gavel.twin.pid), min(2, len(processes))):
            os.kill(pid, signal.SIGKILL)
            killed += 1
    states = gavel.client("stepfunctions")
    machine = gavel.outputs["StateMachineArn"]
    wait_for(lambda: not states.list_executions(stateMachineArn=machine, statusFilter="RUNNING")["executions"] or None)

    # Then every evaluation has its end, each job once, and nothing runs on
    reconcile(gavel)
    wait_for(lambda: hanging(gavel) == [] or None)
    assert killed >= 10
    for evaluation in evaluations:
        assert gavel.get(f"/evaluations/{evaluation}")["status"] in {"COMPLETED", "FAILED"}
        names = [job["jobName"] for job in gavel.jobs(evaluation)]
        assert sorted(names) == sorted(set(names))
